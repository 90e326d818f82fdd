//! How the band's notes get to instruments, host by host: a table.

/// A host, and what to do in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// What it is called.
    pub name: &'static str,
    /// What it, or its kin, calls itself: one of these is in it, in lower case.
    known_by: &'static [&'static str],
    /// Two or three steps, each a sentence or two.
    pub steps: &'static [&'static str],
    /// Whether it takes CLAP's notes for silence or drops them, and wants MIDI messages.
    pub wants_midi: bool,
}

/// Those that are known, the more particular ones first.
static HOSTS: [Host; 11] = [
    Host {
        name: "Standalone",
        known_by: &[STANDALONE_IN_LOWER_CASE],
        steps: &[
            "Choose your keyboard and where the sound goes under Sound, on this page.",
            "For instruments of your own, connect the MIDI output to them and let each listen to one channel.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Bitwig Studio",
        known_by: &["bitwig"],
        steps: &[
            "Keep Continuo on the instrument track that gets your keyboard.",
            "On each further instrument track put a Note Receiver before the instrument, its source Continuo's track \
             behind the plug-in, and a channel filter.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Reaper",
        known_by: &["reaper"],
        steps: &[
            "Put Continuo first on the track that is armed for your keyboard.",
            "Add a send to each instrument's track: audio None, MIDI from a player's channel to channel 1.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Cubase, Nuendo",
        known_by: &["cubase", "nuendo", "steinberg"],
        steps: &[
            "Put Continuo on an instrument track that gets your keyboard.",
            "Add MIDI tracks whose input is Continuo's MIDI output, with Monitor on; the input transformer keeps one \
             channel on each.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Ardour, Mixbus",
        known_by: &["ardour", "mixbus"],
        steps: &[
            "Put Continuo first on a MIDI track, and connect its MIDI output in the track's pin connections.",
            "Connect the track's MIDI output to other MIDI tracks, and choose one channel in each track's channel \
             selector.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Qtractor",
        known_by: &["qtractor"],
        steps: &[
            "Switch MIDI notes on: Band, Time. Qtractor plays other notes of plug-ins silently.",
            "Put Continuo on a MIDI track, connect its output to the instruments' tracks, one channel each.",
            "Then switch the preview sound off.",
        ],
        wants_midi: true,
    },
    Host {
        name: "Carla",
        known_by: &["carla"],
        steps: &[
            "Switch MIDI notes on: Band, Time. Carla drops other notes of plug-ins.",
            "Connect Continuo's MIDI output to the instruments in the patchbay, and let each listen to one channel.",
            "Then switch the preview sound off.",
        ],
        wants_midi: true,
    },
    Host {
        name: "Logic Pro, GarageBand",
        known_by: &["logic", "garageband"],
        steps: &[
            "Logic gets no notes from Continuo yet: run the standalone program beside it.",
            "Choose the IAC bus as its MIDI output, and record from there, one track for each channel.",
        ],
        wants_midi: false,
    },
    Host {
        name: "FL Studio",
        known_by: &["fl studio", "fruity", "image-line"],
        steps: &[
            "In the wrapper's settings of Continuo choose a MIDI output port.",
            "Give each instrument that port as its MIDI input port, and one channel.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Studio One",
        known_by: &["studio one", "presonus", "fender studio"],
        steps: &[
            "Put Continuo on an instrument track that gets your keyboard.",
            "Add instrument tracks whose input is Continuo, one channel each, with Monitor on.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
    Host {
        name: "Ableton Live",
        known_by: &["ableton", "live"],
        steps: &[
            "Put Continuo on a MIDI track. On each instrument's track set MIDI From to that track and, below it, to \
             Continuo; set Monitor to In.",
            "Live merges channels: take one Continuo for each player that you want apart, with the same seed.",
            "Then switch the preview sound off.",
        ],
        wants_midi: false,
    },
];

const STANDALONE_IN_LOWER_CASE: &str = "continuo, standalone";

/// What to do in any other host.
static ANY: Host = Host {
    name: "Your host",
    known_by: &[],
    steps: &[
        "Put Continuo on the track that gets your keyboard.",
        "Let other tracks take their MIDI from it, one channel each, with instruments on them.",
        "Then switch the preview sound off.",
    ],
    wants_midi: false,
};

/// The host that calls itself `name`.
pub fn host(name: &str) -> &'static Host {
    let name = name.to_lowercase();
    HOSTS.iter().find(|host| host.known_by.iter().any(|known| name.contains(known))).unwrap_or(&ANY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::STANDALONE;

    #[test]
    fn hosts_are_known_by_what_they_call_themselves() {
        for (called, name) in [
            ("Bitwig Studio", "Bitwig Studio"),
            ("REAPER", "Reaper"),
            ("Ardour (CLAP-as-VST3)", "Ardour, Mixbus"),
            ("Live (CLAP-as-VST3)", "Ableton Live"),
            ("Qtractor", "Qtractor"),
            ("Studio One", "Studio One"),
            ("Logic Pro", "Logic Pro, GarageBand"),
            (STANDALONE, "Standalone"),
            ("A host of next year", "Your host"),
            ("", "Your host"),
        ] {
            assert_eq!(host(called).name, name, "{called}");
        }
    }

    #[test]
    fn what_hosts_are_known_by_is_in_lower_case_and_nobody_elses() {
        assert_eq!(STANDALONE.to_lowercase(), STANDALONE_IN_LOWER_CASE);
        for row in &HOSTS {
            for known in row.known_by {
                assert_eq!(known.to_lowercase(), *known);
                assert_eq!(host(known), row, "{known}");
            }
        }
    }

    #[test]
    fn every_host_has_two_or_three_steps() {
        assert!(HOSTS.iter().chain([&ANY]).all(|host| (2..=3).contains(&host.steps.len())));
    }
}
