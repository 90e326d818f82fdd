//! The options of the standalone program.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum, value_parser};

use crate::values;

/// Meters that notes are written in.
const DENOMINATORS: [&str; 6] = ["1", "2", "4", "8", "16", "32"];

/// Continuo as a program of its own: it plays to the sound card, or to JACK, and takes MIDI from there.
#[derive(Clone, Debug, Parser)]
#[command(name = "continuo-live", version, after_help = AFTER_HELP)]
pub struct Live {
    /// Where sound and MIDI go; `auto` takes JACK if a server runs, else a sound card, else the panel alone until there
    /// is one [default: what was chosen in the panel, or auto]
    #[arg(short, long, value_enum)]
    pub backend: Option<Backend>,
    /// The sound card; "" lists those that there are
    #[arg(long, value_name = "NAME")]
    pub output_device: Option<String>,
    /// Samples per second of the sound card; JACK has its own [default: 48000, or what the card takes]
    #[arg(short = 'r', long, value_name = "HZ", value_parser = value_parser!(u32).range(8_000..=384_000))]
    pub sample_rate: Option<u32>,
    /// Samples in a block of the sound card; JACK has its own [default: 512, or what the card takes]
    #[arg(short, long, value_name = "SAMPLES", value_parser = value_parser!(u32).range(16..=8_192))]
    pub period_size: Option<u32>,
    /// The only MIDI port to play on, or a part of its name, without JACK; "" lists those that there are [default: all]
    #[arg(long, value_name = "PORT")]
    pub midi_input: Option<String>,
    /// The MIDI port that gets what is played, or a part of its name, without JACK; "" lists those that there are
    #[arg(long, value_name = "PORT")]
    pub midi_output: Option<String>,
    /// The only JACK port to play on; "" lists those that there are [default: all hardware]
    #[arg(long, value_name = "PORT")]
    pub connect_jack_midi_input: Option<String>,
    /// The JACK port that gets what is played; "" lists those that there are
    #[arg(long, value_name = "PORT")]
    pub connect_jack_midi_output: Option<String>,
    /// The audio layout by its number; "" lists those that there are
    #[arg(short = 'l', long, value_name = "NUMBER", value_parser = layout)]
    pub audio_layout: Option<String>,
    /// The tempo until the knob, a tap or your playing gives another [default: the knob's]
    #[arg(long, value_name = "BPM", value_parser = tempo)]
    pub tempo: Option<f32>,
    /// Beats in a bar [default: as the last time, or 4]
    #[arg(long, value_name = "BEATS", value_parser = value_parser!(u8).range(1..=32))]
    pub timesig_num: Option<u8>,
    /// The note that is a beat [default: as the last time, or 4]
    #[arg(long, value_name = "NOTE", value_parser = DENOMINATORS)]
    pub timesig_denom: Option<String>,
    /// How large the panel is, in place of the system's scale: 1 is 96 dots per inch, 2 is twice that
    #[arg(long, value_name = "SCALE", value_parser = scale)]
    pub dpi_scale: Option<f64>,
    /// Begins as new, not as you left it the last time
    #[arg(long)]
    pub fresh: bool,
    /// Records from the start, as the button in the panel does
    #[arg(long)]
    pub record: bool,
}

const AFTER_HELP: &str = "\
What libraries say goes to continuo-live.log in Continuo's folder for your data \
(~/.local/share/continuo, ~/Library/Application Support/continuo or %APPDATA%\\continuo); recordings go to the folder \
recordings beside it.
Exit codes: 0 you closed it; 1 it could not start; 2 an option is wrong.";

/// Where sound and MIDI go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// JACK if a server runs, else the sound card, else the panel alone
    Auto,
    /// The JACK server, or PipeWire in its place
    Jack,
    /// The system's sound cards and MIDI ports
    #[cfg_attr(all(unix, not(target_os = "macos")), value(name = "alsa"))]
    #[cfg_attr(target_os = "macos", value(name = "core-audio"))]
    #[cfg_attr(target_os = "windows", value(name = "wasapi"))]
    Cards,
    /// The panel alone, without sound and MIDI
    Dummy,
}

impl Backend {
    /// Its name on the command line.
    pub fn name(self) -> String {
        values::name(self)
    }
}

/// How many audio layouts the plug-in has.
pub const LAYOUTS: usize = 1;

fn layout(text: &str) -> anyhow::Result<String> {
    let is_known = text.is_empty() || text.parse().is_ok_and(|number| (1..=LAYOUTS).contains(&number));
    anyhow::ensure!(is_known, "there is no such layout; \"\" lists those that there are");
    Ok(text.to_owned())
}

fn tempo(text: &str) -> anyhow::Result<f32> {
    values::within(text, 5.0, 1000.0)
}

fn scale(text: &str) -> anyhow::Result<f64> {
    Ok(values::within(text, 0.5, 4.0)?.into())
}

impl Live {
    /// The backend that is asked for: the one that is named, else the one that takes the other options; `None`: none
    /// is.
    ///
    /// # Errors
    /// If an option has no effect with it.
    pub fn wanted(&self) -> Result<Option<Backend>, clap::Error> {
        self.backend_for_all().map_err(|sentence| Self::command().error(ErrorKind::ArgumentConflict, sentence))
    }

    fn backend_for_all(&self) -> Result<Option<Backend>, String> {
        let places = [
            ("--midi-input", self.midi_input.is_some()),
            ("--midi-output", self.midi_output.is_some()),
            ("--output-device", self.output_device.is_some()),
        ];
        let clock = [("--sample-rate", self.sample_rate.is_some()), ("--period-size", self.period_size.is_some())];
        let jack = [
            ("--connect-jack-midi-input", self.connect_jack_midi_input.is_some()),
            ("--connect-jack-midi-output", self.connect_jack_midi_output.is_some()),
        ];
        let given = |options: &[(&'static str, bool)]| options.iter().find(|(_, given)| *given).map(|(name, _)| *name);
        let refused = |option, why: &str| Err(format!("{option} has no effect {why}; leave it out"));
        let named = self.backend.unwrap_or(Backend::Auto);
        match (named, given(&[&places[..], &clock].concat()), given(&jack)) {
            (Backend::Auto, Some(one), Some(other)) => {
                Err(format!("{one} is for the sound card, {other} for JACK; choose one of them"))
            }
            (Backend::Auto, Some(_), None) => Ok(Some(Backend::Cards)),
            (Backend::Auto, None, Some(_)) => Ok(Some(Backend::Jack)),
            (Backend::Jack, Some(option @ ("--midi-input" | "--midi-output")), _) => {
                Err(format!("{option} has no effect with JACK; use --connect-jack-{}", &option[2..]))
            }
            (Backend::Jack, Some(option), _) => refused(option, "with JACK, which has its own"),
            (Backend::Cards, _, Some(option)) => refused(option, "without JACK"),
            (Backend::Dummy, _, _) => match given(&[&places[..], &jack].concat()) {
                Some(option) => refused(option, "without sound and MIDI"),
                None => Ok(self.backend),
            },
            _ => Ok(self.backend),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(options: &[&str]) -> Result<Live, String> {
        Live::try_parse_from([&["continuo-live"], options].concat()).map_err(|error| error.to_string())
    }

    fn wanted(options: &[&str]) -> Result<Option<Backend>, String> {
        parsed(options).unwrap().backend_for_all()
    }

    #[test]
    fn numbers_that_no_sound_card_has_are_refused_with_the_range() {
        for (option, bad, range) in [
            ("--sample-rate", &["0", "-1", "7999", "1e9", "48000.5", "NaN", ""][..], "8000..=384000"),
            ("--period-size", &["0", "15", "8193", "-512", "x"], "16..=8192"),
            ("--tempo", &["0", "4.9", "1001", "NaN", "inf", "-inf", "fast"], "5 to 1000"),
            ("--timesig-num", &["0", "33", "-4"], "1..=32"),
            ("--timesig-denom", &["0", "3", "64"], "1, 2, 4, 8, 16, 32"),
            ("--dpi-scale", &["0", "0.4", "5", "NaN", "big"], "0.5 to 4"),
            ("--audio-layout", &["0", "2", "-1", "stereo"], "\"\" lists"),
        ] {
            for value in bad {
                let error = parsed(&[&format!("{option}={value}")]).unwrap_err();
                assert!(error.contains(option), "{option} {value}: {error}");
                // What is no number at all is answered without the range.
                assert!(error.contains(range) || value.parse::<i64>().is_err(), "{option} {value}: {error}");
            }
        }
        assert!(parsed(&["--sample-rate", "44100", "--period-size", "64", "--tempo", "90.5"]).is_ok());
    }

    #[test]
    fn options_choose_their_backend_and_one_without_effect_is_refused() {
        assert_eq!(wanted(&[]), Ok(None));
        assert_eq!(wanted(&["--backend", "auto"]), Ok(Some(Backend::Auto)));
        assert_eq!(wanted(&["--sample-rate", "44100"]), Ok(Some(Backend::Cards)));
        assert_eq!(wanted(&["--midi-input", ""]), Ok(Some(Backend::Cards)));
        assert_eq!(wanted(&["--connect-jack-midi-input", "a:b"]), Ok(Some(Backend::Jack)));
        assert_eq!(wanted(&["--backend", "dummy", "--period-size", "64"]), Ok(Some(Backend::Dummy)));
        for options in [
            &["--midi-input", "a", "--connect-jack-midi-input", "b"][..],
            &["--backend", "jack", "--sample-rate", "44100"],
            &["--backend", "jack", "--midi-output", "a"],
            &["--backend", "dummy", "--midi-input", "a"],
            &["--backend", "dummy", "--sample-rate", "44100", "--output-device", "a"],
            &["--backend", "dummy", "--connect-jack-midi-output", "a"],
        ] {
            let error = wanted(options).unwrap_err();
            assert!(error.starts_with("--") && !error.contains('\n'), "{options:?}: {error}");
        }
    }
}
