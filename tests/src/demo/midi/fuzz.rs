//! Whatever a MIDI file holds is read or named.

use continuo_fuzz::{Seeds, cases};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::tests::file;
use super::{chunks, events, read};
use crate::demo;

fn seeds() -> Seeds {
    Seeds::of(&["tests/cases", "assets/performances"], ".mid")
}

/// What holds for every file: each byte is read or named, and what is read can be played.
fn is_sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(file) = chunks::read(bytes) else { return Ok(()) };
    prop_assert_eq!(file.accounted(), bytes.len());
    prop_assert!(file.passed_over == 0 || !file.remarks.is_empty());
    let strikes = file.tracks.iter().flat_map(|track| &track.events);
    let strikes = strikes.filter(|(_, event)| matches!(event, events::Event::NoteOn { .. })).count();
    let Ok(score) = read(bytes, None) else { return Ok(()) };
    // What stands in brackets behind these words.
    let number = |words: &str| -> usize {
        let behind = score.remarks.iter().find_map(|remark| remark.split_once(words));
        behind.and_then(|(_, count)| count.split(')').next()?.parse().ok()).unwrap_or(0)
    };
    let named = number("drums on channel 10 (") + number("notes that several tracks have (");
    prop_assert_eq!(score.notes.len() + named, strikes, "{:?}", score.remarks);
    prop_assert!(score.notes.iter().all(|note| note.length > 0.0 && note.start >= 0.0));
    for values in [
        score.tempos.iter().map(|value| value.0).collect(),
        score.meters.iter().map(|value| value.0).collect::<Vec<_>>(),
    ] {
        prop_assert!(values[0] == 0.0 && values.windows(2).all(|pair| pair[0] < pair[1]));
    }
    let bars = score.bars();
    prop_assert!(bars.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start < pair[0].end));
    let route = demo::performance(&score).route;
    prop_assert!(route.iter().all(|segment| segment.ticks > 0.0 && segment.tempo > 0.0));
    Ok(())
}

#[test]
fn seeds_are_read_or_named() {
    for (name, bytes) in seeds().iter() {
        is_sound(bytes).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_file_is_read_or_named(bytes in seeds().damaged()) {
        is_sound(&bytes)?;
        // As the events of a track whose head is whole.
        is_sound(&file(&bytes))?;
    }
}
