//! Textures: what a player strikes in a bar, on a grid of slots and without any pitch.
//!
//! A *slot* is a place in the bar on which a sixteenth or a triplet may fall, a *row* is what is struck there, and a
//! *cell* is both. The score (which cells are hit) stands apart from the feel (how loud, how far off the slot, how
//! long), so that a hand's timing never moves a hit. docs/models.md ("Textures") has the whole.

mod snapping;

use crate::time::{Meter, TICKS_PER_QUARTER, Tick};

pub use snapping::{EARLY, Snapped, snapped};

/// The slots of the longest measure.
pub const SLOTS: usize = 24;
/// The rows of each part.
pub const ROWS: usize = 9;
/// The cells of a bar of one part: slot by slot, row by row.
pub const CELLS: usize = SLOTS * ROWS;
/// The drums that keep time.
const TIMEKEEPERS: [&str; 3] = ["closed_hat", "open_hat", "ride"];
/// Where the slots of a quarter note lie, in ticks.
const IN_QUARTER: [Tick; 6] = [0, 6, 8, 12, 16, 18];
/// Ticks between the slots of 6/8.
const IN_COMPOUND: Tick = 6;

/// Who plays a bar on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Part {
    /// The drummer.
    Drums,
    /// The accompaniment.
    Chords,
    /// The bass.
    Bass,
}

impl Part {
    /// Every part, in the order of the networks.
    pub const ALL: [Self; 3] = [Self::Drums, Self::Chords, Self::Bass];

    /// What is struck in each row.
    pub fn rows(self) -> [&'static str; ROWS] {
        match self {
            Self::Drums => {
                ["kick", "snare", "closed_hat", "open_hat", "low_tom", "mid_tom", "high_tom", "crash", "ride"]
            }
            Self::Chords => ["step 0", "step 1", "step 2", "step 3", "step 4", "whole", "upper", "low", "whole_ahead"],
            Self::Bass => ["root", "fifth", "third", "sixth", "octave", "below", "above", "ahead", "again"],
        }
    }

    /// The row called `name`.
    pub fn row(self, name: &str) -> Option<usize> {
        self.rows().iter().position(|row| *row == name)
    }

    /// Whether it strikes one thing at a time.
    pub fn is_single(self) -> bool {
        self != Self::Drums
    }
}

/// What a bar on the grid may be. Longer bars are composed of these, shorter ones break off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Measure {
    /// 4/4, and every meter that is neither of the others.
    #[default]
    Four,
    /// 3/4.
    Three,
    /// 6/8.
    Compound,
}

impl Measure {
    /// Every measure, in the order of the networks.
    pub const ALL: [Self; 3] = [Self::Four, Self::Three, Self::Compound];

    /// The measure of which bars of `meter` are composed.
    pub fn of(meter: Meter) -> Self {
        let bar = meter.bar_ticks();
        match () {
            () if meter.is_compound() => Self::Compound,
            () if bar % Self::Three.ticks() == 0 && bar % Self::Four.ticks() != 0 => Self::Three,
            () => Self::Four,
        }
    }

    /// Its length.
    pub fn ticks(self) -> Tick {
        match self {
            Self::Four => 4 * TICKS_PER_QUARTER,
            Self::Three | Self::Compound => 3 * TICKS_PER_QUARTER,
        }
    }

    /// Its slots.
    pub fn slots(self) -> usize {
        match self {
            Self::Four => 24,
            Self::Three => 18,
            Self::Compound => 12,
        }
    }

    /// The tick of a slot.
    pub fn tick(self, slot: usize) -> Tick {
        match self {
            Self::Compound => IN_COMPOUND * slot as Tick,
            _ => TICKS_PER_QUARTER * (slot / IN_QUARTER.len()) as Tick + IN_QUARTER[slot % IN_QUARTER.len()],
        }
    }

    /// The slot that lies nearest to `tick` within the measure; the earlier of two that are equally near.
    pub fn nearest(self, tick: Tick) -> usize {
        (0..self.slots()).min_by_key(|&slot| (self.tick(slot) - tick).abs()).unwrap_or_default()
    }

    /// The slots that lie nearest to `ticks` within the measure, a bit each. What lies outside has none.
    pub fn slots_at(self, ticks: impl Iterator<Item = Tick>) -> u32 {
        let inside = ticks.filter(|tick| (0..self.ticks()).contains(tick));
        inside.fold(0, |slots, tick| slots | 1 << self.nearest(tick))
    }

    /// The slots at which a felt beat begins.
    pub fn is_beat(self, slot: usize) -> bool {
        let beat = if self == Self::Compound { TICKS_PER_QUARTER * 3 / 2 } else { TICKS_PER_QUARTER };
        self.tick(slot) % beat == 0
    }
}

/// A set of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cells([u64; CELLS.div_ceil(64)]);

impl Cells {
    /// None.
    pub const EMPTY: Self = Self([0; CELLS.div_ceil(64)]);

    /// Takes a cell in.
    pub fn insert(&mut self, cell: Cell) {
        self.0[cell.index() / 64] |= 1 << (cell.index() % 64);
    }

    /// Takes a cell out.
    pub fn remove(&mut self, cell: Cell) {
        self.0[cell.index() / 64] &= !(1 << (cell.index() % 64));
    }

    /// How many one of both has and the other has not.
    pub fn differing(&self, other: &Self) -> usize {
        self.count() + other.count() - 2 * self.shared(other)
    }

    /// Whether a cell is among them.
    pub fn contains(&self, cell: Cell) -> bool {
        self.0[cell.index() / 64] >> (cell.index() % 64) & 1 == 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// How many both have.
    pub fn shared(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).map(|(one, other)| (one & other).count_ones() as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The cells, slot by slot.
    pub fn iter(&self) -> impl Iterator<Item = Cell> {
        (0..CELLS).map(Cell::at).filter(|cell| self.contains(*cell))
    }

    /// The slots in which there is one, a bit each.
    pub fn slots(&self) -> u32 {
        self.iter().fold(0, |slots, cell| slots | 1 << cell.slot)
    }

    /// The slots in which there is one of a row, a bit each.
    pub fn slots_of(&self, row: usize) -> u32 {
        let has = |&slot: &usize| self.contains(Cell { slot, row });
        (0..SLOTS).filter(has).fold(0, |slots, slot| slots | 1 << slot)
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut set = Self::EMPTY;
        cells.into_iter().for_each(|cell| set.insert(cell));
        set
    }
}

/// A place of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// 0 to 23.
    pub slot: usize,
    /// 0 to 8.
    pub row: usize,
}

impl Cell {
    /// The cell at `index` of a network's vector.
    pub fn at(index: usize) -> Self {
        Self { slot: index / ROWS, row: index % ROWS }
    }

    /// Its place in a network's vector.
    pub fn index(self) -> usize {
        self.slot * ROWS + self.row
    }
}

/// The feel of a hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feel {
    /// How loud, 0 to 1: MIDI velocity over 127.
    pub velocity: f32,
    /// How far from its slot, in sixteenths: −0.5 to 0.5.
    pub offset: f32,
    /// How long, as a share of the time until the part's next stroke: 0 to 1; of drums 0.
    pub length: f32,
}

/// A bar of one part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// What kind of bar.
    pub measure: Measure,
    /// How late its off-beat eighths come: 0 straight, 1 a full triplet. They are written straight.
    pub swing: f32,
    hits: Vec<(Cell, Feel)>,
}

impl Grid {
    /// A bar in which nothing is struck.
    pub fn silent(measure: Measure) -> Self {
        Self { measure, swing: 0.0, hits: Vec::new() }
    }

    /// Strikes a cell, if it is none that is struck already or that the measure does not have. Whether it was struck.
    pub fn strike(&mut self, cell: Cell, feel: Feel) -> bool {
        let is_there = cell.slot < self.measure.slots() && cell.row < ROWS;
        match self.hits.binary_search_by_key(&cell, |hit| hit.0) {
            Err(place) if is_there => self.hits.insert(place, (cell, feel)),
            _ => return false,
        }
        true
    }

    /// The hits, slot by slot.
    pub fn hits(&self) -> &[(Cell, Feel)] {
        &self.hits
    }

    /// The cells that are struck.
    pub fn cells(&self) -> Cells {
        self.hits.iter().map(|hit| hit.0).collect()
    }

    /// Hits per quarter note.
    pub fn density(&self) -> f32 {
        self.hits.len() as f32 * TICKS_PER_QUARTER as f32 / self.measure.ticks() as f32
    }

    /// The share of the struck slots that lie off the beat while the next beat, around the barline, is silent. Drums
    /// that keep time do not count.
    pub fn syncopation(&self, part: Part) -> f32 {
        let counts = |cell: &Cell| part != Part::Drums || !TIMEKEEPERS.contains(&part.rows()[cell.row]);
        let cells: Cells = self.hits.iter().map(|hit| hit.0).filter(counts).collect();
        let (struck, slots) = (cells.slots(), self.measure.slots());
        let is_off = |&slot: &usize| {
            let next = (slot + 1..=slots).map(|next| next % slots).find(|&next| self.measure.is_beat(next));
            struck >> slot & 1 == 1 && !self.measure.is_beat(slot) && next.is_some_and(|next| struck >> next & 1 == 0)
        };
        (0..slots).filter(is_off).count() as f32 / struck.count_ones().max(1) as f32
    }

    /// The mean velocity of the hits, 0 to 1; `None` without any.
    pub fn loudness(&self) -> Option<f32> {
        let sum: f32 = self.hits.iter().map(|(_, feel)| feel.velocity).sum();
        (!self.hits.is_empty()).then(|| sum / self.hits.len() as f32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid(slots: &[usize]) -> Grid {
        let mut grid = Grid::silent(Measure::Four);
        for &slot in slots {
            grid.strike(Cell { slot, row: 0 }, Feel { velocity: 0.5, offset: 0.0, length: 1.0 });
        }
        grid
    }

    #[test]
    fn meters_are_composed_of_three_measures() {
        let measure = |numerator, denominator| Measure::of(Meter { numerator, denominator });
        assert_eq!([measure(4, 4), measure(5, 4), measure(2, 4), measure(7, 8)], [Measure::Four; 4]);
        assert_eq!([measure(3, 4), measure(6, 4)], [Measure::Three; 2]);
        assert_eq!([measure(6, 8), measure(9, 8), measure(12, 8)], [Measure::Compound; 3]);
    }

    #[test]
    fn every_row_has_a_name_of_its_own() {
        for part in Part::ALL {
            for (row, name) in part.rows().into_iter().enumerate() {
                assert_eq!(part.row(name), Some(row));
            }
        }
    }

    #[test]
    fn an_offbeat_is_syncopated_if_the_next_beat_is_silent() {
        let syncopation = |slots: &[usize]| grid(slots).syncopation(Part::Bass);
        assert_eq!(syncopation(&[0, 6, 12, 18]), 0.0);
        assert_eq!(syncopation(&[0, 3, 6, 9]), 0.25);
        assert_eq!([syncopation(&[3, 21]), syncopation(&[0, 21]), syncopation(&[])], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_cell_is_struck_once_and_only_where_the_measure_has_it() {
        let feel = Feel { velocity: 1.0, offset: 0.0, length: 1.0 };
        let mut grid = Grid::silent(Measure::Compound);
        let struck =
            [(0, 0), (0, 0), (11, 8), (12, 0), (0, 9)].map(|(slot, row)| grid.strike(Cell { slot, row }, feel));
        assert_eq!((struck, grid.hits().len()), ([true, false, true, false, false], 2));
    }

    proptest! {
        #[test]
        fn slots_rise_and_each_is_nearest_to_itself(measure in prop::sample::select(Measure::ALL.to_vec())) {
            let ticks: Vec<Tick> = (0..measure.slots()).map(|slot| measure.tick(slot)).collect();
            prop_assert!(ticks.is_sorted_by(|one, other| one < other) && ticks[ticks.len() - 1] < measure.ticks());
            for (slot, &tick) in ticks.iter().enumerate() {
                prop_assert_eq!(measure.nearest(tick), slot);
            }
        }

        #[test]
        fn a_set_has_what_was_put_in(cells in prop::collection::btree_set(0..CELLS, 0..40)) {
            let set: Cells = cells.iter().map(|&index| Cell::at(index)).collect();
            prop_assert_eq!(set.iter().map(Cell::index).collect::<Vec<_>>(), cells.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!((set.count(), set.shared(&set)), (cells.len(), cells.len()));
        }
    }
}
