//! Whether a classifier that has seen other bars tells those of people from those that a system strikes in their
//! places. It hears the score alone, not the feel: which rows are struck together, one after another, and where.

use std::collections::BTreeSet;

use continuo_models::music::Style;
use continuo_models::music::texture::{Cell, Grid, Part, SLOTS};
use serde::Serialize;

use super::corpus::Piece;
use super::systems::{Row, Systems, struck};
use crate::eval::bootstrap::{self, Interval};
use crate::eval::classifier::{Classifier, hash};
use crate::eval::report;

/// The classifier counts only if it tells what is shuffled from people as often as this.
pub const GOOD_ENOUGH: f64 = 0.75;
/// The most bars of people from which it learns.
const MOST_LESSONS: usize = 6000;
/// Rows that are struck within so many slots of each other belong together.
const NEAR: usize = 6;

/// What is judged as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// One part.
    Drums,
    /// One part.
    Chords,
    /// One part.
    Bass,
    /// All parts of bars that have more than one.
    Together,
}

impl Unit {
    /// All.
    pub const ALL: [Self; 4] = [Self::Drums, Self::Chords, Self::Bass, Self::Together];

    /// The parts of a bar that count, if they are there.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Drums => &[Part::Drums],
            Self::Chords => &[Part::Chords],
            Self::Bass => &[Part::Bass],
            Self::Together => &Part::ALL,
        }
    }

    /// Whether a bar is judged.
    pub fn has(self, parts: &[Option<Grid>; 3]) -> bool {
        let count = self.parts().iter().filter(|&&part| parts[part as usize].is_some()).count();
        if self == Self::Together { count > 1 } else { count == 1 }
    }

    /// The bars of a piece that are judged.
    fn bars(self, piece: &Piece) -> Vec<usize> {
        (0..piece.bars.len()).filter(|&index| self.has(&piece.bars[index].parts)).collect()
    }

    /// What people strike there.
    fn own(self, piece: &Piece, index: usize) -> [Option<Grid>; 3] {
        Part::ALL.map(|part| piece.bars[index].parts[part as usize].clone().filter(|_| self.parts().contains(&part)))
    }

    /// What `row` strikes there in the place of a bar; `None`, if it leaves out what people strike.
    pub fn made(self, systems: &Systems, row: Row, piece: &Piece, index: usize) -> Option<[Option<Grid>; 3]> {
        let own = &piece.bars[index].parts;
        let made = Part::ALL.map(|part| {
            let counts = self.parts().contains(&part) && own[part as usize].is_some();
            counts.then(|| systems.strike(row, piece, index, part)).flatten()
        });
        let is_whole = self.parts().iter().all(|&part| made[part as usize].is_some() == own[part as usize].is_some());
        (self.has(own) && is_whole).then_some(made)
    }
}

/// The features of a bar, as hashes, as often as they occur.
pub fn features(parts: &[Option<Grid>; 3]) -> Vec<u64> {
    let measure = parts.iter().flatten().map(|grid| grid.measure).next().unwrap_or_default();
    let mut hits = struck(parts);
    hits.sort_by_key(|&(row, Cell { slot, .. })| (slot, row));
    let word = |value: usize| value as u64;
    let mut all = vec![hash(0, &[word(hits.len())])];
    let mut rows: Vec<(usize, u32)> = Vec::new();
    for (index, &(row, Cell { slot, .. })) in hits.iter().enumerate() {
        all.push(hash(1, &[word(row), word(slot)]));
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, slots)) => *slots |= 1 << slot,
            None => rows.push((row, 1 << slot)),
        }
        for &(other, Cell { slot: after, .. }) in
            hits[index + 1..].iter().take_while(|(_, cell)| cell.slot <= slot + NEAR)
        {
            if after == slot {
                all.push(hash(2, &[word(row), word(other), word(slot)]));
                all.push(hash(3, &[word(row), word(other)]));
            } else {
                all.push(hash(4, &[word(row), word(other), (measure.tick(after) - measure.tick(slot)) as u64]));
            }
        }
    }
    rows.sort_unstable();
    for (index, &(row, slots)) in rows.iter().enumerate() {
        all.push(hash(5, &[word(row), u64::from(slots.count_ones())]));
        all.push(hash(6, &[word(row), u64::from(slots)]));
        for half in [0, SLOTS / 2] {
            all.push(hash(7, &[word(row), word(half), u64::from(slots >> half & 0xfff)]));
        }
        for beat in (0..SLOTS).step_by(6) {
            all.push(hash(8, &[word(row), u64::from(slots >> beat & 0x3f)]));
        }
        for &(other, others) in &rows[index + 1..] {
            all.push(hash(9, &[word(row), word(other)]));
            all.push(hash(10, &[word(row), word(other), u64::from((slots & others).count_ones())]));
            for beat in (0..SLOTS).step_by(6) {
                let beats = [slots, others].map(|slots| u64::from(slots >> beat & 0x3f));
                all.push(hash(11, &[word(row), word(other), beats[0], beats[1]]));
            }
        }
    }
    all
}

/// Somebody who has learned to tell the bars of one row from people's.
pub struct Ear {
    unit: Unit,
    row: Row,
    classifier: Classifier,
}

impl Ear {
    /// Learns from the bars of `train` that are of no group of `pieces`, of all styles: what goes together does so in
    /// each, and every bar of people has one beside it that is made for its place. `None`: there is nothing to learn.
    pub fn learn(systems: &Systems, train: &[Piece], pieces: &[Piece], unit: Unit, row: Row) -> Option<Self> {
        let groups: BTreeSet<&str> = pieces.iter().map(|piece| piece.group.as_str()).collect();
        let others = train.iter().filter(|piece| !groups.contains(piece.group.as_str()));
        let all: Vec<(&Piece, usize)> =
            others.flat_map(|piece| unit.bars(piece).into_iter().map(move |index| (piece, index))).collect();
        let count = all.len().min(MOST_LESSONS);
        let lessons = (0..count).map(|lesson| all[lesson * all.len() / count]).filter_map(|(piece, index)| {
            let made = unit.made(systems, row, piece, index)?;
            Some([(features(&unit.own(piece, index)), 0), (features(&made), 1)])
        });
        let examples: Vec<_> = lessons.flatten().collect();
        (!examples.is_empty()).then(|| Self { unit, row, classifier: Classifier::learn(&examples, 2) })
    }

    /// The share of the bars of `style` that are told right, of people's and of those that are made half each: mean
    /// over the pieces.
    pub fn told(&self, systems: &Systems, pieces: &[Piece], style: Style) -> Option<Interval> {
        let right = |parts: &[Option<Grid>; 3], class: usize| {
            f64::from(u8::from(self.classifier.posterior(&features(parts))[class] > 0.5))
        };
        let shares = pieces.iter().filter(|piece| piece.style == style).map(|piece| {
            report::mean(self.unit.bars(piece).into_iter().filter_map(|index| {
                let made = self.unit.made(systems, self.row, piece, index)?;
                Some((right(&self.unit.own(piece, index), 0) + right(&made, 1)) / 2.0)
            }))
        });
        bootstrap::mean(&shares.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::texture::{Feel, Measure};

    use super::super::corpus::Bar;
    use super::super::systems::Edges;
    use super::*;

    /// Bars of drums: the kick where the bits of a word say so, and the snare `after` it.
    fn piece(number: usize, after: usize) -> Piece {
        let bar = |index: usize| {
            let word = (number * 31 + index * 7 + 1).wrapping_mul(2_654_435_761) >> 7;
            let mut grid = Grid::silent(Measure::Four);
            for slot in (0..SLOTS).step_by(3).filter(|slot| word >> slot & 1 == 1 || *slot == 0) {
                for (row, slot) in [(0, slot), (1, (slot + after) % SLOTS)] {
                    grid.strike(Cell { slot, row }, Feel { velocity: 0.6, offset: 0.0, length: 0.0 });
                }
            }
            Bar {
                number: index,
                measure: Measure::Four,
                parts: [Some(grid), None, None],
                changes: 0,
                hand: 0,
                hand_before: 0,
                is_end: false,
            }
        };
        Piece {
            id: number.to_string(),
            source: "us".into(),
            group: number.to_string(),
            split: None,
            style: Style::Pop,
            tempo: None,
            bars: (0..20).map(bar).collect(),
        }
    }

    fn told(row: Row) -> f64 {
        let (train, pieces): (Vec<_>, Vec<_>) =
            (0..60).map(|number| piece(number, 2)).partition(|own| own.id.len() > 1);
        let edges = Edges::of(&train);
        let systems = Systems::new(&train, &edges, None);
        let ear = Ear::learn(&systems, &train, &pieces, Unit::Drums, row).unwrap();
        ear.told(&systems, &pieces, Style::Pop).unwrap().mean
    }

    #[test]
    fn rows_that_do_not_belong_together_are_told_and_people_are_not_told_from_themselves() {
        assert!(told(Row::Shuffled) > 0.9, "{}", told(Row::Shuffled));
        assert_eq!(told(Row::People), 0.5);
        assert!((0.3..0.7).contains(&told(Row::BarBefore)), "{}", told(Row::BarBefore));
    }

    #[test]
    fn nothing_is_learned_from_the_groups_that_are_judged() {
        let pieces: Vec<Piece> = (0..9).map(|number| piece(number, 2)).collect();
        let edges = Edges::of(&pieces);
        let systems = Systems::new(&pieces, &edges, None);
        assert!(Ear::learn(&systems, &pieces, &pieces, Unit::Drums, Row::Shuffled).is_none());
    }

    #[test]
    fn it_hears_what_is_struck_and_not_how() {
        let own = piece(3, 2).bars.remove(4).parts;
        let mut softly = own.clone();
        let grid = own[0].as_ref().unwrap();
        let mut other = Grid::silent(grid.measure);
        for &(cell, feel) in grid.hits() {
            other.strike(cell, Feel { velocity: feel.velocity / 2.0, offset: 0.3, ..feel });
        }
        softly[0] = Some(other);
        assert_eq!(features(&own), features(&softly));
        assert_ne!(features(&own), features(&piece(3, 3).bars.remove(4).parts));
    }

    #[test]
    fn a_unit_has_the_bars_in_which_its_parts_strike() {
        let parts = piece(0, 2).bars.remove(0).parts;
        let has = |unit: Unit| unit.has(&parts);
        assert_eq!(Unit::ALL.map(has), [true, false, false, false]);
        let both = [parts[0].clone(), parts[0].clone(), None];
        assert!(Unit::Together.has(&both) && Unit::Chords.has(&both) && !Unit::Bass.has(&both));
    }
}
