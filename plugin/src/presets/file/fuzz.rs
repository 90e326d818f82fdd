//! Whatever a file of a preset holds is refused with a line for the musician, or read as a whole preset.

use continuo_fuzz::{Seeds, cases};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::super::Preset;

fn seeds() -> Seeds {
    Seeds::of(&["assets/presets"], ".json")
}

/// What holds for every file: it is refused in one line, or what is written of it says the same, with all that was not
/// known.
fn is_sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut remarks = Vec::new();
    match Preset::read(&String::from_utf8_lossy(bytes), &mut remarks) {
        Err(error) => prop_assert!(error.starts_with("is no preset") && !error.contains('\n'), "{}", error),
        Ok(preset) => {
            let controls = preset.controls();
            prop_assert_eq!(controls.sensible(), controls);
            let written = preset.write();
            let again = Preset::read(&written, &mut Vec::new()).map_err(TestCaseError::fail)?;
            prop_assert_eq!(again.write(), written);
            prop_assert_eq!(again.controls(), controls);
        }
    }
    Ok(())
}

#[test]
fn seeds_are_read_without_a_remark() {
    for (name, bytes) in seeds().iter() {
        let mut remarks = Vec::new();
        let read = Preset::read(&String::from_utf8_lossy(bytes), &mut remarks);
        assert!(read.is_ok() && remarks.is_empty(), "{name}: {read:?} {remarks:?}");
        is_sound(bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(400) })]

    #[test]
    fn any_file_is_refused_or_read_as_a_whole_preset(bytes in seeds().damaged()) {
        is_sound(&bytes)?;
    }
}
