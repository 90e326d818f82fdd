//! Whatever a file holds is refused in one line, or read as a chart that can be written and read again.

use continuo_fuzz::{Seeds, cases};
use continuo_music::Chart;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::{Format, read};

fn seeds(ending: &str) -> Seeds {
    Seeds::of(&["tests/cases"], ending)
}

fn is_sound(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    match read(name, bytes, Some(0)) {
        Err(error) => prop_assert!(!error.is_empty() && !error.contains('\n'), "{}", error),
        Ok(found) => {
            let chart = &found.chart;
            prop_assert_eq!(chart.clone().sensible(), chart.clone());
            prop_assert_eq!(Chart::read(&chart.to_string()).0.to_string(), chart.to_string());
            prop_assert!(read("again.musicxml", Format::MusicXml.write(chart).as_bytes(), None).is_ok());
            prop_assert!(found.remarks.iter().all(|remark| !remark.contains('\n')));
        }
    }
    Ok(())
}

#[test]
fn seeds_are_read_or_refused() {
    for ending in ["musicxml", "mxl", "cho", "mid"] {
        for (name, bytes) in seeds(ending).iter() {
            is_sound(name, bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_score_is_refused_or_read(bytes in seeds("musicxml").damaged()) {
        is_sound("song.musicxml", &bytes)?;
    }

    #[test]
    fn any_compressed_score_is_refused_or_read(bytes in seeds("mxl").damaged()) {
        is_sound("song.mxl", &bytes)?;
    }

    #[test]
    fn any_song_is_refused_or_read(bytes in seeds("cho").damaged()) {
        is_sound("song.cho", &bytes)?;
        is_sound("song.txt", &bytes)?;
    }

    #[test]
    fn any_midi_file_is_refused_or_read(bytes in seeds("mid").damaged()) {
        is_sound("song.mid", &bytes)?;
    }
}
