//! What the players of a style agree on: one idiom for a section.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::players::context::FrameContext;

/// Bars for which an idiom stays, if there is no form that says how long a section is.
const SECTION: i64 = 16;

/// The idioms of a style by name, each with how common it is among them. A style may have none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Idioms(BTreeMap<String, f32>);

impl Idioms {
    /// The idiom of the section in which the frame lies: the same for all players, and whenever it is asked for.
    pub fn of(&self, context: &FrameContext) -> Option<&str> {
        let section = context.bar_of_song().div_euclid(context.controls.form.map_or(SECTION, i64::from));
        let mut left =
            Random::new(context.controls.seed, section).uniform(Purpose::Idiom, 0) * self.0.values().sum::<f32>();
        let drawn = self.0.iter().find(|(_, weight)| {
            left -= **weight;
            left < 0.0
        });
        drawn.or(self.0.last_key_value()).map(|(name, _)| name.as_str())
    }

    /// Every answer that [`Idioms::of`] may give.
    #[cfg(test)]
    pub fn choices(&self) -> Vec<Option<&str>> {
        if self.0.is_empty() { vec![None] } else { self.0.keys().map(|name| Some(name.as_str())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;

    fn idioms() -> Idioms {
        serde_json::from_str(r#"{"samba": 1, "bossa": 3}"#).unwrap()
    }

    fn heard(controls: &Controls, bars: std::ops::Range<i64>) -> Vec<String> {
        let idioms = idioms();
        bars.map(|bar| idioms.of(&context(controls, bar * 16 + 3)).unwrap().to_owned()).collect()
    }

    #[test]
    fn an_idiom_stays_for_its_section() {
        let sixteen = heard(&Controls::default(), 0..320);
        assert!(sixteen.chunks(16).all(|section| section.iter().all(|idiom| *idiom == section[0])));
        let blues = heard(&Controls { form: Some(12), ..Controls::default() }, 0..240);
        assert!(blues.chunks(12).all(|chorus| chorus.iter().all(|idiom| *idiom == chorus[0])));
        assert!(blues.iter().any(|idiom| *idiom != blues[0]));
    }

    #[test]
    fn the_commoner_idiom_is_heard_more() {
        let sections = heard(&Controls::default(), 0..16_000);
        let share = sections.iter().filter(|idiom| *idiom == "bossa").count() as f32 / sections.len() as f32;
        assert!((share - 0.75).abs() < 0.05, "{share}");
    }

    #[test]
    fn a_style_without_idioms_has_none() {
        assert_eq!(Idioms::default().of(&context(&Controls::default(), 0)), None);
    }
}
