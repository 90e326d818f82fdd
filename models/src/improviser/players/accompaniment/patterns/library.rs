//! The patterns that ship, in the file of each style: read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Fills, Idioms, Patterns, Stroke, Tone, Touch};
use crate::music::{Drum, Style};

/// What the players who strike have for a style.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StylePatterns {
    /// What the style is like: see [`Style::character`].
    #[serde(rename = "style")]
    _style: IgnoredAny,
    /// What Chords strikes when a chord begins where the pattern has no stroke.
    pub entrance: Stroke<Touch>,
    /// The idioms of the style, of which all players play the same one.
    #[serde(default)]
    pub idioms: Idioms,
    /// Where the patterns are from, by the names that they give as their source.
    pub provenance: BTreeMap<String, Provenance>,
    /// How Chords strikes.
    pub chords: Patterns<Touch>,
    /// How Bass moves.
    pub bass: Patterns<Tone>,
    /// What Drums strikes; `None`: the style has no drummer.
    pub drums: Option<Patterns<Drum>>,
    /// What it strikes where a section ends.
    pub fills: Option<Fills>,
}

/// Where patterns are from.
#[derive(Clone, Debug, Deserialize)]
pub struct Provenance {
    /// The collection, or who wrote them.
    pub source: String,
    /// Its licences.
    pub licence: String,
    /// Pieces whose licence asks for it, with composer and source.
    #[serde(default)]
    pub credits: Vec<String>,
}

/// The patterns of `style`. The first call reads the files of all styles, which takes some milliseconds.
pub fn of_style(style: Style) -> &'static StylePatterns {
    static LIBRARY: LazyLock<[StylePatterns; Style::ALL.len()]> = LazyLock::new(|| {
        Style::ALL.map(|style| serde_json::from_str(style.file()).expect("the tests read the files that ship"))
    });
    &LIBRARY[style as usize]
}

#[cfg(test)]
mod tests {
    use super::super::Family;
    use super::*;
    use crate::music::Meter;

    /// The families of a player, with the ticks of their bars.
    fn families<T>(patterns: &Patterns<T>) -> [(&Family<T>, u8); 3] {
        [(&patterns.four, 96), (&patterns.three, 72), (&patterns.compound, 72)]
    }

    fn is_sound<T: Copy + PartialEq>(family: &Family<T>, ticks: u8, idioms: &Idioms) -> bool {
        let strokes = family.bars.iter().flat_map(|bar| std::iter::once(&bar.strokes).chain(&bar.second));
        let in_idiom = |idiom: Option<&str>| family.bars.iter().filter(|bar| bar.fits(idiom)).count();
        idioms.choices().into_iter().all(|idiom| in_idiom(idiom) > 1)
            && family.bars.iter().all(|bar| bar.idiom.as_deref().is_none_or(|of| idioms.choices().contains(&Some(of))))
            && (0.0..1.0).contains(&family.constancy)
            && family.bars.iter().all(|bar| bar.weight > 0.0 && bar.weight.is_finite())
            && strokes.clone().flatten().all(|stroke| stroke.at < ticks && stroke.from <= 100)
            && strokes.clone().all(|strokes| strokes.iter().any(|stroke| stroke.from == 0))
    }

    #[test]
    fn every_style_with_drums_has_fills_that_end_with_their_bar() {
        for style in Style::ALL.into_iter().filter(|style| of_style(*style).drums.is_some()) {
            let fills = of_style(style).fills.as_ref().unwrap();
            for (numerator, denominator) in [(4, 4), (3, 4), (6, 8)] {
                let fills = fills.of(Meter { numerator, denominator });
                assert!(fills.iter().filter(|fill| fill.idiom.is_none()).count() > 2, "{style}");
                for fill in fills {
                    assert!(fill.strokes.iter().all(|stroke| stroke.at < fill.length), "{style}: {fill:?}");
                    assert!(fill.strokes.windows(2).all(|pair| pair[0].at <= pair[1].at), "{style}: {fill:?}");
                    assert!(fill.landing.iter().all(|stroke| stroke.at == 0), "{style}: {fill:?}");
                    assert!(of_style(style).provenance.contains_key(&fill.source), "{style}: {fill:?}");
                }
            }
        }
    }

    /// Whether nothing is struck together: a hand has one touch at a time, a drummer one stroke for each drum.
    fn is_of_one_hand<T: Copy>(family: &Family<T>, may_follow: impl Fn(&Stroke<T>, &Stroke<T>) -> bool) -> bool {
        let mut bars = family.bars.iter().flat_map(|bar| std::iter::once(&bar.strokes).chain(&bar.second));
        bars.all(|strokes| strokes.windows(2).all(|pair| pair[0].at < pair[1].at || may_follow(&pair[0], &pair[1])))
    }

    #[test]
    fn every_style_has_sound_patterns_for_every_family_of_meters() {
        for style in Style::ALL {
            let StylePatterns { idioms, chords, bass, drums, .. } = of_style(style);
            for (family, ticks) in families(chords) {
                let is_sound = is_sound(family, ticks, idioms) && is_of_one_hand(family, |_, _| false);
                assert!(is_sound, "chords of {style}");
            }
            for (family, ticks) in families(bass) {
                let is_sound = is_sound(family, ticks, idioms) && is_of_one_hand(family, |_, _| false);
                assert!(is_sound, "bass of {style}");
            }
            for (family, ticks) in drums.iter().flat_map(families) {
                let together = |one: &Stroke<Drum>, other: &Stroke<Drum>| one.at == other.at && one.touch < other.touch;
                assert!(is_sound(family, ticks, idioms) && is_of_one_hand(family, together), "drums of {style}");
            }
        }
    }

    #[test]
    fn a_chord_that_is_struck_early_sounds_into_its_time() {
        for style in Style::ALL {
            for (family, ticks) in families(&of_style(style).chords) {
                let strokes = family.bars.iter().flat_map(|bar| bar.strokes.iter().chain(bar.second.iter().flatten()));
                let early = strokes.filter(|stroke| stroke.touch == Touch::Early && stroke.length > 0);
                assert!(early.into_iter().all(|stroke| stroke.at + stroke.length > ticks), "{style}");
            }
        }
    }

    #[test]
    fn a_bar_says_nothing_that_is_not_understood() {
        const KNOWN: [&str; 9] = ["weight", "source", "idiom", "strokes", "second", "piece", "tick", "pieces", "bars"];
        for style in Style::ALL {
            let file: serde_json::Value = serde_json::from_str(style.file()).unwrap();
            let families = ["chords", "bass", "drums"].into_iter().filter_map(|player| file.get(player)?.as_object());
            for (family, content) in families.flatten() {
                for bar in content["bars"].as_array().unwrap() {
                    let unknown = bar.as_object().unwrap().keys().find(|key| !KNOWN.contains(&key.as_str()));
                    assert_eq!(unknown, None, "{style}, {family}");
                }
            }
        }
    }

    #[test]
    fn every_pattern_says_where_it_is_from() {
        for style in Style::ALL {
            let StylePatterns { provenance, chords, bass, drums, .. } = of_style(style);
            let of_chords = families(chords).into_iter().flat_map(|(family, _)| &family.bars).map(|bar| &bar.source);
            let of_bass = families(bass).into_iter().flat_map(|(family, _)| &family.bars).map(|bar| &bar.source);
            let of_drums = drums.iter().flat_map(families).flat_map(|(family, _)| &family.bars).map(|bar| &bar.source);
            for source in of_chords.chain(of_bass).chain(of_drums) {
                let origin = &provenance[source];
                assert!(!origin.source.is_empty() && !origin.licence.is_empty(), "{style}: {source}");
                assert!(!origin.licence.contains("Attribution") || !origin.credits.is_empty(), "{style}: {source}");
            }
        }
    }

    #[test]
    fn no_two_styles_share_a_pattern_that_was_written_for_one() {
        let written = |style| {
            let bars = of_style(style).chords.four.bars.iter().filter(|bar| bar.source == "written");
            bars.map(move |bar| (style, &bar.strokes, &bar.second))
        };
        let all: Vec<_> = Style::ALL.into_iter().flat_map(written).collect();
        for (index, (style, strokes, second)) in all.iter().enumerate() {
            let is_same = |other: &&(Style, _, _)| other.0 != *style && (&other.1, &other.2) == (strokes, second);
            assert_eq!(all[index + 1..].iter().find(is_same), None, "{style}");
        }
    }
}
