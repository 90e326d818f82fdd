//! What the players of a style agree on: one idiom for a section.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::improviser::players::context::FrameContext;

/// The idioms of a style by name, each with how common it is among them. A style may have none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Idioms(BTreeMap<String, f32>);

impl Idioms {
    /// The idiom of the section in which the frame lies: the same for all players, and whenever it is asked for.
    pub fn of(&self, context: &FrameContext) -> Option<&str> {
        // Voices draws no bars, so its numbers are those of all.
        let random = context.of_section(Player::Voices);
        let mut left = random.uniform(Purpose::Idiom, 0) * self.0.values().sum::<f32>();
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
    fn an_idiom_stays_for_its_section_and_comes_back_with_it() {
        let mut bridges = 0;
        for seed in 0..64 {
            let free = heard(&Controls { seed, ..Controls::default() }, 0..64);
            let of_a = |bar: usize| !(16..24).contains(&(bar % 32));
            assert!((0..64).filter(|bar| of_a(*bar)).all(|bar| free[bar] == free[0]));
            assert!(free.chunks(8).all(|section| section.iter().all(|idiom| *idiom == section[0])));
            bridges += usize::from(free[16] != free[0]);
            let blues = heard(&Controls { form: Some(12), seed, ..Controls::default() }, 0..48);
            assert!(blues.iter().all(|idiom| *idiom == blues[0]));
        }
        assert!(bridges > 8, "{bridges} of 64");
    }

    #[test]
    fn the_commoner_idiom_is_heard_more() {
        let of_seed = |seed| heard(&Controls { seed, ..Controls::default() }, 0..1).remove(0);
        let share = (0..2000).map(of_seed).filter(|idiom| idiom == "bossa").count() as f32 / 2000.0;
        assert!((share - 0.75).abs() < 0.05, "{share}");
    }

    #[test]
    fn a_style_without_idioms_has_none() {
        assert_eq!(Idioms::default().of(&context(&Controls::default(), 0)), None);
    }
}
