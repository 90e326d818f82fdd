//! A first listen: the band plays, in key when it is told to, and more than one chord.

mod common;

use std::collections::BTreeSet;

use common::{BAR, BASS, CHORDS, DRUMS, LEAD, VOICES, left_hand_chords, melody, open, perform, tune};
use continuo_models::music::Kit;
use continuo_tests::host::performance::Segment;
use continuo_tests::host::{Format, Note, Performance, Take};

const BARS: usize = 8;
const C_MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];

fn band(take: &Take) -> Vec<Note> {
    [VOICES, CHORDS, BASS, LEAD].into_iter().flat_map(|channel| take.notes(channel)).collect()
}

/// Left-hand chords in C major.
fn comping() -> Performance {
    let route = vec![Segment::rolling(0.0, BARS as f64 * BAR)];
    Performance { notes: left_hand_chords(BARS), route, ..Performance::default() }
}

#[test]
fn chords_and_bass_accompany_from_the_second_bar_on() {
    for format in Format::ALL {
        let take = perform(&mut open(format), &comping());
        for (name, channel) in [("Chords", CHORDS), ("Bass", BASS)] {
            let notes = take.notes(channel);
            let bars: BTreeSet<usize> = notes.iter().map(|note| (note.position / BAR) as usize).collect();
            let silent: Vec<usize> = (1..BARS).filter(|bar| !bars.contains(bar)).collect();
            assert!(silent.len() <= 1, "{format:?}: {name} is silent in the bars {silent:?}");
        }
    }
}

#[test]
fn with_key_lock_every_note_of_the_band_is_in_the_key() {
    for (key, shift) in [("C major", 0), ("Eb major", 3), ("F# major", 6), ("A minor", 0)] {
        for temperature in ["0.5", "1.0", "2.0"] {
            let settings = [("key_lock", "On"), ("key", key), ("temperature", temperature)];
            let take = perform(&mut open(Format::Clap).with(&settings).unwrap(), &tune(BARS));
            let notes = band(&take);
            assert!(notes.len() > 20);
            // The minor scale may raise its sixth and seventh degrees.
            let raised: &[u8] = if key.ends_with("minor") { &[6, 8] } else { &[] };
            let outside: Vec<Note> = notes
                .into_iter()
                .filter(|note| {
                    let degree = (note.key + 12 - shift) % 12;
                    !C_MAJOR.contains(&degree) && !raised.contains(&degree)
                })
                .collect();
            // The first frame is answered by rule in the locked key, too.
            assert_eq!(outside, vec![], "{key} at temperature {temperature}");
        }
    }
}

#[test]
fn without_key_lock_the_band_finds_the_key_of_the_musician() {
    let take = perform(&mut open(Format::Clap), &tune(BARS));
    let notes: Vec<Note> = band(&take).into_iter().filter(|note| note.position >= 2.0 * BAR).collect();
    let inside = notes.iter().filter(|note| C_MAJOR.contains(&(note.key % 12))).count();
    let share = inside as f64 / notes.len() as f64;
    assert!(share > 0.8, "{share:.2} of {} notes are in C major", notes.len());
}

/// The pitch classes that Chords sounds in each half bar.
fn half_bars(take: &Take) -> Vec<BTreeSet<u8>> {
    let notes = take.notes(CHORDS);
    (0..2 * BARS)
        .map(|half| {
            let within = notes.iter().filter(|note| (note.position / 48.0) as usize == half);
            within.map(|note| note.key % 12).collect()
        })
        .collect()
}

#[test]
fn the_accompaniment_has_several_different_chords() {
    let different: BTreeSet<BTreeSet<u8>> = half_bars(&perform(&mut open(Format::Clap), &tune(BARS)))
        .into_iter()
        .filter(|chord| chord.len() >= 3)
        .collect();
    assert!(different.len() >= 3, "{different:?}");
}

#[test]
fn the_bass_lies_below_the_chords() {
    let take = perform(&mut open(Format::Clap), &tune(BARS));
    let mean = |channel| {
        let notes = take.notes(channel);
        notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / notes.len() as f64
    };
    assert!(mean(BASS) + 7.0 < mean(CHORDS), "{} and {}", mean(BASS), mean(CHORDS));
}

#[test]
fn lead_answers_when_the_musician_pauses() {
    let mut performance = tune(2);
    // Two bars played, six bars of rest, over chords that Chords goes on playing.
    performance.notes.retain(|note| note.start < 2.0 * BAR);
    performance.route = vec![Segment::rolling(0.0, 8.0 * BAR)];
    let take = perform(&mut open(Format::Clap).with(&[("lead_density", "100 %")]).unwrap(), &performance);
    let answers = take.notes(LEAD);
    assert!(answers.len() >= 3, "{answers:?}");
    assert!(answers.iter().all(|note| note.position > 1.5 * BAR), "it waits until the musician pauses: {answers:?}");
}

#[test]
fn a_player_that_is_off_is_silent() {
    let players = [("voices_on", VOICES), ("chords_on", CHORDS), ("bass_on", BASS), ("lead_on", LEAD)];
    for (name, channel) in players.into_iter().chain([("drums_on", DRUMS)]) {
        let take = perform(&mut open(Format::Clap).with(&[(name, "Off")]).unwrap(), &tune(BARS));
        assert!(take.notes(channel).is_empty(), "{name}");
    }
}

#[test]
fn each_player_plays_on_the_channel_that_is_set() {
    let settings = [("voices_channel", "7"), ("chords_channel", "9"), ("bass_channel", "11"), ("drums_channel", "13")];
    let take = perform(&mut open(Format::Clap).with(&settings).unwrap(), &tune(4));
    for channel in [6, 8, 10, 12] {
        assert!(!take.notes(channel).is_empty(), "channel {}", channel + 1);
    }
    for channel in [VOICES, CHORDS, BASS, DRUMS] {
        assert!(take.notes(channel).is_empty(), "channel {}", channel + 1);
    }
}

#[test]
fn drums_keep_to_the_keys_of_their_kit_whatever_key_and_register_the_band_has() {
    for kit in Kit::ALL {
        let settings = [("kit", kit.name()), ("key_lock", "On"), ("key", "F# major")];
        let take = perform(&mut open(Format::Clap).with(&settings).unwrap(), &tune(BARS));
        let played: BTreeSet<u8> = take.notes(DRUMS).iter().map(|note| note.key).collect();
        assert!(played.len() > 2 && played.iter().all(|key| kit.drum_at(*key).is_some()), "{kit:?}: {played:?}");
    }
}

#[test]
fn the_register_moves_a_player_by_octaves() {
    let mean = |register: &str| {
        let take = perform(&mut open(Format::Clap).with(&[("chords_register", register)]).unwrap(), &tune(4));
        let notes = take.notes(CHORDS);
        notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / notes.len() as f64
    };
    let (low, high) = (mean("-1"), mean("+1"));
    assert!(high - low > 12.0, "{low} and {high}");
}

#[test]
fn style_and_temperature_change_the_music() {
    // Melody alone: a left hand would say which chord to play.
    let alone = Performance { notes: melody(BARS), ..tune(BARS) };
    let hash = |settings: &[(&str, &str)]| perform(&mut open(Format::Clap).with(settings).unwrap(), &alone).hash();
    let usual = hash(&[]);
    assert_ne!(hash(&[("style_a", "Baroque")]), usual);
    assert_ne!(hash(&[("temperature", "1.8")]), usual);
}

#[test]
fn the_built_in_sound_is_heard_when_it_is_on_and_not_when_it_is_off() {
    for format in Format::ALL {
        let loudest = |preview: &str| {
            let mut session = open(format).with(&[("preview", preview)]).unwrap();
            let take = perform(&mut session, &Performance { notes: melody(1), ..tune(1) });
            take.audio.iter().flatten().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()))
        };
        let (on, off) = (loudest("On"), loudest("Off"));
        assert!((0.01..=1.0).contains(&on), "{format:?}: {on}");
        assert_eq!(off, 0.0, "{format:?}");
    }
}
