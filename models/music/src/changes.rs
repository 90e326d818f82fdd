//! The changes that everybody who plays in a style knows by heart, such as the twelve bars of the blues: written in
//! Roman numerals, for they are the same in every key.

use serde::{Deserialize, Deserializer};

use super::chart::{Chart, Chorus};
use super::pitch::Spelling;
use super::{Chord, Tick};

/// Choruses over one form. They are all as long.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Whether who plays in the style plays over this form, unless it is heard that he does not. Otherwise it must be
    /// known that the form has as many bars, and heard that these are its changes.
    pub usual: bool,
    /// Where the changes are from.
    pub source: String,
    choruses: Vec<Way>,
}

/// One way to play the form.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    /// How common it is.
    weight: f32,
    /// In C.
    #[serde(deserialize_with = "in_c")]
    chords: Chorus,
}

impl Way {
    fn is_minor(&self) -> bool {
        self.chords.chords().next().is_some_and(|chord| chord.chord.quality.is_minor())
    }
}

impl Changes {
    /// How many bars the form has.
    pub fn bars(&self) -> Tick {
        self.choruses.first().map_or(1, |way| way.chords.bars() as Tick)
    }

    /// One of the choruses in C, or in C minor, as `draw`, uniform in 0 to 1, has it; `None`: there is none in that
    /// mode.
    pub fn chorus(&self, minor: bool, draw: f32) -> Option<&Chorus> {
        let mut left = draw * self.weight_of(minor);
        let mut drawn = None;
        for way in self.choruses.iter().filter(|way| way.is_minor() == minor) {
            drawn = Some(&way.chords);
            left -= way.weight;
            if left < 0.0 {
                break;
            }
        }
        drawn
    }

    /// The weight of all choruses in that mode.
    pub fn weight_of(&self, minor: bool) -> f32 {
        self.choruses.iter().filter(|way| way.is_minor() == minor).map(|way| way.weight).sum()
    }
}

/// Reads Roman numerals as a chart has chords, and says them in C.
fn in_c<'de, D: Deserializer<'de>>(text: D) -> Result<Chorus, D::Error> {
    let text = String::deserialize(text)?;
    let word = |word: &str| match word {
        "|" | "%" | "/" => Some(word.to_owned()),
        numeral => symbol_in_c(numeral),
    };
    let words: Option<Vec<String>> = text.split_whitespace().map(word).collect();
    let chart = words.map(|words| Chart::read(&words.join(" "))).filter(|(_, remarks)| remarks.is_empty());
    let chorus = chart.and_then(|(chart, _)| Chorus::of(&chart)).filter(|chorus| !chorus.is_open());
    chorus.ok_or_else(|| serde::de::Error::custom(format!("\"{text}\" are no changes in Roman numerals")))
}

const ROMAN: [(&str, u8); 7] = [("VII", 11), ("III", 4), ("II", 2), ("IV", 5), ("VI", 9), ("I", 0), ("V", 7)];

/// The symbol in C of a chord that is written as a degree of a major scale: "bVI7" is "Ab7", "ii7" is "Dm7".
fn symbol_in_c(numeral: &str) -> Option<String> {
    let degree = numeral.trim_start_matches(['b', '#']);
    let accidental = numeral[..numeral.len() - degree.len()].chars();
    let up: i32 = accidental.map(|sign| if sign == 'b' { -1 } else { 1 }).sum();
    let roman = degree.len() - degree.trim_start_matches(['I', 'V', 'i', 'v']).len();
    let (roman, suffix) = degree.split_at(roman);
    let &(_, class) = ROMAN.iter().find(|(name, _)| *name == roman.to_uppercase())?;
    let minor = roman.to_lowercase() == roman && !suffix.starts_with(['°', 'ø']);
    let root = Spelling::common(super::pitch::transposed(class, up));
    let symbol = format!("{root}{}{suffix}", if minor { "m" } else { "" });
    symbol.parse::<Chord>().is_ok().then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Style;

    fn changes(text: &str) -> serde_json::Result<Changes> {
        serde_json::from_str(text)
    }

    #[test]
    fn numerals_are_degrees_of_a_major_scale() {
        let symbol = |numeral| symbol_in_c(numeral).unwrap_or_default();
        let numerals = ["I7", "ii7", "bVI7", "#iv°7", "viiø7", "iii", "IVmaj7", "V7", "vi6"];
        assert_eq!(numerals.map(symbol), ["C7", "Dm7", "Ab7", "F#°7", "Bø7", "Em", "Fmaj7", "G7", "Am6"]);
        assert_eq!(["Q", "", "IIII", "X7", "I?"].map(symbol), [""; 5]);
    }

    #[test]
    fn a_chorus_is_drawn_as_often_as_it_is_common() {
        let choruses = r#"[{"weight": 3, "chords": "I7 | IV7"}, {"weight": 1, "chords": "I7 V7 | I7"},
            {"weight": 1, "chords": "i7 | iv7"}]"#;
        let changes = changes(&format!(r#"{{"usual": true, "source": "", "choruses": {choruses}}}"#)).unwrap();
        let second = |minor, draw: f32| {
            let chorus = changes.chorus(minor, draw).unwrap();
            chorus.chords().nth(1).unwrap().to_string()
        };
        assert_eq!([0.0, 0.7, 0.8, 0.99].map(|draw| second(false, draw)), ["F7", "F7", "G7", "G7"]);
        assert_eq!((second(true, 0.9).as_str(), changes.bars()), ("Fm7", 2));
    }

    #[test]
    fn what_are_no_changes_is_refused() {
        for chords in ["I7 | H7", "I7 | _", "", "N.C."] {
            let choruses = format!(r#"[{{"weight": 1, "chords": "{chords}"}}]"#);
            assert!(
                changes(&format!(r#"{{"usual": true, "source": "", "choruses": {choruses}}}"#)).is_err(),
                "{chords}"
            );
        }
    }

    #[test]
    fn the_choruses_of_a_style_are_all_as_long() {
        for changes in Style::ALL.iter().filter_map(|style| style.character().changes.as_ref()) {
            assert!(changes.choruses.iter().all(|way| way.chords.bars() as Tick == changes.bars() && way.weight > 0.0));
            assert!(!changes.source.is_empty() && changes.weight_of(false) > 0.0);
        }
    }
}
