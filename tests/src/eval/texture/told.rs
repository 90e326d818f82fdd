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
