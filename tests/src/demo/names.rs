//! Names of the folders that takes are written to: whatever a piece is called, nothing is written outside, and no take
//! over another.

use std::collections::BTreeSet;

use super::midi::in_one_line;

/// What some system does not allow in names.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// Names that are devices on Windows, with or without an extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What the demo itself writes beside the takes.
const TAKEN: [&str; 4] = ["report.txt", "report.json", "sheet", "sheet.png"];

/// The most bytes of a name: file systems have room for 255.
const LONGEST: usize = 120;

/// Names that were given to folders.
pub struct Names(BTreeSet<String>);

impl Default for Names {
    /// No folder has a name yet.
    fn default() -> Self {
        Self(TAKEN.map(String::from).into())
    }
}

impl Names {
    /// A name for the folder of the piece called `name`, which no other folder has, however large its letters.
    pub fn give(&mut self, name: &str) -> String {
        let plain = plain(name);
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        names.find(|name| self.0.insert(name.to_lowercase())).expect("there are more numbers than names")
    }
}

/// The name as every system allows it.
fn plain(name: &str) -> String {
    let mut plain = in_one_line(name).replace(FORBIDDEN, "-").replace('\u{fffd}', "-");
    while plain.len() > LONGEST {
        plain.pop();
    }
    let trimmed = plain.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
    let stem = trimmed.split('.').next().unwrap_or_default().to_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let is_device = DEVICES.contains(&stem.as_str()) || port.is_some_and(|rest| rest.chars().count() == 1);
    match trimmed {
        "" => "take".to_owned(),
        device if is_device => format!("take-{device}"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_usual_name_stays_as_it_is() {
        assert_eq!(Names::default().give("Für Elise No. 2"), "Für Elise No. 2");
    }

    #[test]
    fn two_pieces_of_one_name_have_two_folders() {
        let mut names = Names::default();
        assert_eq!(["Tune", "tune", "Tune"].map(|name| names.give(name)), ["Tune", "tune-2", "Tune-3"]);
        assert_eq!(names.give("report.txt"), "report.txt-2");
    }

    #[test]
    fn names_that_lead_elsewhere_do_not() {
        let name = |name| Names::default().give(name);
        assert_eq!(
            ["..", "", " . ", "../../etc", "C:\\x", "nul.mid", "com1"].map(name),
            ["take", "take", "take", "-..-etc", "C--x", "take-nul.mid", "take-com1",]
        );
    }

    proptest! {
        #[test]
        fn a_name_is_one_step_down(name in "\\PC{0,300}|[./\\\\~a]{0,9}") {
            let given = Names::default().give(&name);
            prop_assert!(!given.is_empty() && given.len() < 200);
            let steps: Vec<Component<'_>> = Path::new(&given).components().collect();
            prop_assert!(matches!(steps[..], [Component::Normal(_)]), "{:?}", steps);
        }
    }
}
