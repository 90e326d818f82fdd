//! The conditions under which a network was trained.

use serde::Deserialize;

use crate::music::Style;

/// What a network can be told to play like: the names on its card, any number of them, in the order of its style block.
/// Immutable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Conditions {
    names: Vec<String>,
    /// The place of the condition that comes nearest to each style.
    nearest: [Option<usize>; Style::ALL.len()],
}

impl Conditions {
    /// How many there are: the size of the style block.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The place of the first of the style's conditions that the network was told of. `None`: of none of them; the
    /// style block is then all zeros, as in training where the style was withheld.
    pub fn nearest(&self, style: Style) -> Option<usize> {
        self.nearest[style as usize]
    }

    /// Sees to it that a file which reads `count` conditions goes with these.
    ///
    /// # Errors
    /// If it does not: words that follow on the file's name.
    pub fn check(&self, count: usize) -> Result<(), String> {
        if count == self.count() {
            Ok(())
        } else {
            Err(format!("it was told of {count} styles, but its card names {}", self.count()))
        }
    }
}

impl TryFrom<Vec<String>> for Conditions {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        if let Some(name) = names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name)) {
            return Err(format!("its styles have `{name}` twice"));
        }
        let nearest = Style::ALL.map(|style| {
            let place = |condition: &String| names.iter().position(|name| name == condition);
            style.character().conditions.iter().find_map(place)
        });
        Ok(Self { names, nearest })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Conditions with these names.
    pub(crate) fn conditions(names: &[&str]) -> Conditions {
        names.iter().map(|name| name.to_string()).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn a_style_is_where_its_name_stands() {
        let few = conditions(&["pop", "polka", "jazz"]);
        assert_eq!((few.count(), few.nearest(Style::Pop), few.nearest(Style::Jazz)), (3, Some(0), Some(2)));
    }

    #[test]
    fn a_style_that_was_not_told_is_left_open() {
        assert_eq!(conditions(&["pop"]).nearest(Style::Hymn), None);
        assert_eq!(conditions(&[]).nearest(Style::Pop), None);
    }

    #[test]
    fn the_nearest_condition_that_is_known_stands_for_a_style() {
        let nearest = |names: &[&str]| conditions(names).nearest(Style::Bossa);
        let of_bossa = &Style::Bossa.character().conditions;
        let [nearer, farther] = [1, 2].map(|place| &*of_bossa[place]);
        assert_eq!(nearest(&[farther, nearer]), Some(1));
        assert_eq!(nearest(&[farther, "hymn"]), Some(0));
        assert_eq!(nearest(&[farther, nearer, "bossa"]), Some(2), "once a network knows the style itself");
    }

    #[test]
    fn a_name_stands_once() {
        let problem = serde_json::from_str::<Conditions>(r#"["pop", "jazz", "pop"]"#).unwrap_err().to_string();
        assert!(problem.contains("`pop` twice"), "{problem}");
    }
}
