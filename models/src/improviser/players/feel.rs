//! How people time and weigh what they strike: what was measured of them, `models/feel.json` (`python -m
//! continuo_training feel`; figures in `docs/models.md`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::music::{Drum, Style};

/// The sixteenths of a beat.
pub const SLOTS: usize = 4;
/// The bars of a phrase.
pub const PHRASE: usize = 8;
/// Where no style has a row of its own.
const ALL: &str = "all";
/// Above this, MIDI velocities come half as near to the loudest: what humanise and dynamics add has room.
const LOUD: i32 = 112;

/// How one drum is struck in one place of the beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "(f32, f32, f32)")]
pub struct Habit {
    /// How much later than the others, in milliseconds.
    pub late: f32,
    /// The deviation from that, in milliseconds.
    pub spread: f32,
    /// The deviation of the velocity from that of the same stroke in other bars.
    pub loudness: f32,
}

impl From<(f32, f32, f32)> for Habit {
    fn from((late, spread, loudness): (f32, f32, f32)) -> Self {
        Self { late, spread, loudness }
    }
}

/// Of players: the lowest tenth, the median, the highest tenth.
pub type Range = [f32; 3];

/// How loudness moves with pianists, in MIDI velocity.
#[derive(Clone, Debug, Deserialize)]
pub struct Pianists {
    /// The deviation of phrases from each other.
    pub phrase: Range,
    /// That of the bars of a phrase.
    pub bar: Range,
    /// From the softest bar of a phrase to the loudest.
    #[cfg(test)]
    pub range: Range,
    /// The deviation of the strokes of a bar.
    pub stroke: Range,
    /// How much louder a stroke is than its bar: on the first beat, in the middle, on the other beats, on off-beat
    /// eighths, elsewhere.
    pub accents: [f32; 5],
}

/// How loudness moves with drummers.
#[derive(Clone, Debug, Deserialize)]
pub struct Drummers {
    /// How much louder each bar of a phrase is than the phrase.
    pub arc: [f32; PHRASE],
    /// The softest that they strike, but for slips.
    pub softest: u8,
}

/// What was measured.
#[derive(Clone, Debug, Deserialize)]
pub struct Feel {
    timing: BTreeMap<String, BTreeMap<Drum, [Option<Habit>; SLOTS]>>,
    /// How much of its deviation a stroke has in common with those at the same time: a correlation.
    pub together: f32,
    /// Pianists.
    pub pianists: Pianists,
    /// Drummers.
    pub drummers: Drummers,
}

/// What was measured of people. The first call reads it.
pub fn of_people() -> &'static Feel {
    static FEEL: LazyLock<Feel> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../feel.json")).expect("the tests read the file that ships")
    });
    &FEEL
}

/// As hard as somebody of the band strikes who is to strike with a MIDI velocity that may be none: no softer than
/// drummers strike who mean to be heard, and hardly ever as hard as can be.
pub fn struck(velocity: i32) -> u8 {
    let bent = velocity.min(LOUD) + (velocity - LOUD).max(0) / 2;
    bent.clamp(of_people().drummers.softest.into(), 127) as u8
}

/// How drummers of `style` strike `drum` in a sixteenth of the beat, 0–3; of a drum that none of them has, the one next
/// to it.
pub fn habit(style: Style, drum: Drum, slot: usize) -> Habit {
    type Habits = [[Habit; SLOTS]; Drum::ALL.len()];
    static HABITS: LazyLock<Vec<Habits>> = LazyLock::new(|| {
        let of_style = |style| Drum::ALL.map(|drum| std::array::from_fn(|slot| of_people().found(style, drum, slot)));
        Style::ALL.into_iter().map(of_style).collect()
    });
    HABITS[style as usize][drum as usize][slot % SLOTS]
}

impl Feel {
    fn found(&self, style: Style, drum: Drum, slot: usize) -> Habit {
        let conditions = || style.character().conditions.iter().map(String::as_str).chain([ALL]);
        let nearer = std::iter::successors(Some(drum), |drum| drum.nearest());
        let mut rows = nearer.flat_map(|drum| conditions().filter_map(move |style| self.timing.get(style)?.get(&drum)));
        rows.find_map(|row| row[slot]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drum_has_a_habit_in_every_place_within_what_an_ear_takes_for_together() {
        for (style, drum) in Style::ALL.into_iter().flat_map(|style| Drum::ALL.map(|drum| (style, drum))) {
            for slot in 0..SLOTS {
                let Habit { late, spread, loudness } = habit(style, drum, slot);
                assert!(late.abs() < 25.0 && (5.0..30.0).contains(&spread) && loudness > 0.0, "{style}, {drum:?}");
            }
        }
    }

    #[test]
    fn nobody_strikes_too_softly_to_be_heard_and_loud_strokes_keep_their_order() {
        assert_eq!([-20, 1, 60, LOUD].map(struck), [struck(1), struck(1), 60, LOUD as u8]);
        assert!(struck(1) > 10 && struck(127) < struck(135) && struck(1000) == 127);
    }
}
