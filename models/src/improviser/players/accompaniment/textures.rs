//! The strokes of a bar on the grid of textures, and strokes again.

use super::patterns::{Stroke, Tone, Touch};
use crate::music::texture::{Cell, Feel, Grid, Measure, Part};
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{Drum, Tick};

/// The velocity of a stroke without an accent, on the grid.
const USUAL_VELOCITY: i32 = 80;
/// The largest MIDI velocity.
const LOUDEST: f32 = 127.0;
/// From this share of the time until the next stroke on, a stroke sounds until then.
const LEGATO: f32 = 0.9;
/// Ticks that a stroke sounds at the least.
const SHORTEST: Tick = 3;

/// What a player does with a stroke, as a row of the grid.
pub trait Struck: Copy + PartialEq + 'static {
    /// Whose rows they are.
    const PART: Part;

    /// Its row; `None`: the grid has none for it.
    fn row(self) -> Option<usize>;

    /// What is struck in `row` where others do as in `bar`.
    fn of_row(row: usize, bar: &[Self]) -> Self;

    /// Whether it is of the next chord, early.
    fn is_ahead(self) -> bool {
        false
    }
}

impl Struck for Touch {
    const PART: Part = Part::Chords;

    fn row(self) -> Option<usize> {
        let name = match self {
            Touch::Step(step) => return Some(usize::from(step.min(4))),
            Touch::Block | Touch::Down => "whole",
            Touch::Upper | Touch::Up => "upper",
            Touch::Low | Touch::Fifth | Touch::Sixth => "low",
            Touch::Early => "whole_ahead",
        };
        Self::PART.row(name)
    }

    fn of_row(row: usize, bar: &[Self]) -> Self {
        // Who strums goes on strumming, and a shuffle has its fifth and sixth.
        let has = |touch| bar.contains(&touch);
        match Self::PART.rows()[row] {
            "whole" if has(Touch::Down) => Touch::Down,
            "whole" => Touch::Block,
            "upper" if has(Touch::Up) => Touch::Up,
            "upper" => Touch::Upper,
            "low" if has(Touch::Fifth) => Touch::Fifth,
            "low" => Touch::Low,
            "whole_ahead" => Touch::Early,
            _ => Touch::Step(row as u8),
        }
    }

    fn is_ahead(self) -> bool {
        self == Touch::Early
    }
}

impl Struck for Tone {
    const PART: Part = Part::Bass;

    fn row(self) -> Option<usize> {
        Self::PART.row(match self {
            Tone::Bass | Tone::Root => "root",
            Tone::Fifth => "fifth",
            Tone::Third => "third",
            Tone::Sixth => "sixth",
            Tone::Octave => "octave",
            Tone::Lead => "below",
            Tone::Ahead => "ahead",
            Tone::Walk | Tone::Again => "again",
        })
    }

    fn of_row(row: usize, bar: &[Self]) -> Self {
        match Self::PART.rows()[row] {
            "root" => Tone::Root,
            "fifth" => Tone::Fifth,
            "third" => Tone::Third,
            "sixth" => Tone::Sixth,
            "octave" => Tone::Octave,
            // The line says from which side it comes.
            "below" | "above" => Tone::Lead,
            "ahead" => Tone::Ahead,
            _ if bar.contains(&Tone::Walk) => Tone::Walk,
            _ => Tone::Again,
        }
    }
}

impl Struck for Drum {
    const PART: Part = Part::Drums;

    fn row(self) -> Option<usize> {
        Self::PART.row(match self {
            Drum::Kick => "kick",
            Drum::Snare | Drum::SideStick | Drum::BrushTap | Drum::Clap => "snare",
            Drum::ClosedHat | Drum::PedalHat => "closed_hat",
            Drum::OpenHat => "open_hat",
            Drum::LowTom => "low_tom",
            Drum::MidTom => "mid_tom",
            Drum::HighTom => "high_tom",
            Drum::Crash => "crash",
            Drum::Ride | Drum::RideBell => "ride",
            _ => return None,
        })
    }

    fn of_row(row: usize, bar: &[Self]) -> Self {
        // Of those that share a row the one that the bar has.
        const USUAL: [Drum; 14] = [
            Drum::Kick,
            Drum::Snare,
            Drum::SideStick,
            Drum::BrushTap,
            Drum::Clap,
            Drum::ClosedHat,
            Drum::PedalHat,
            Drum::OpenHat,
            Drum::LowTom,
            Drum::MidTom,
            Drum::HighTom,
            Drum::Crash,
            Drum::Ride,
            Drum::RideBell,
        ];
        let mut of_row = USUAL.into_iter().filter(|drum| drum.row() == Some(row));
        let usual = of_row.next().unwrap_or(Drum::Snare);
        if bar.contains(&usual) { usual } else { of_row.find(|drum| bar.contains(drum)).unwrap_or(usual) }
    }
}

/// Strokes with their first ticks, in order.
pub type Strokes<T> = Vec<(Tick, Stroke<T>)>;

/// A stroke with its first tick, and its cell if it has one.
pub type Placed<T> = (Option<Cell>, (Tick, Stroke<T>));

/// The strokes of a bar, or of what a longer bar has in the place of one, on the grid.
#[derive(Clone, Debug)]
pub struct OnGrid<T> {
    /// As the networks see it.
    pub grid: Grid,
    /// The first tick.
    start: Tick,
    /// The strokes, each with its cell: none, where the grid has no row for it or another one is there.
    strokes: Vec<Placed<T>>,
}

impl<T: Struck> OnGrid<T> {
    /// Puts `strokes` on the grid of a `measure` that begins at `start`.
    pub fn new(strokes: &[(Tick, Stroke<T>)], start: Tick, measure: Measure) -> Self {
        let mut grid = Grid::silent(measure);
        let end = start + measure.ticks();
        let mut on_grid = Vec::with_capacity(strokes.len());
        for (index, &(at, stroke)) in strokes.iter().enumerate() {
            let slot = measure.nearest(at - start);
            let gap = strokes[index + 1..].iter().map(|next| next.0).find(|next| *next > at).unwrap_or(end) - at;
            let length = if stroke.length == 0 { 1.0 } else { (f32::from(stroke.length) / gap as f32).min(1.0) };
            let feel = Feel {
                velocity: (USUAL_VELOCITY + i32::from(stroke.accent)) as f32 / LOUDEST,
                offset: (at - start - measure.tick(slot)) as f32 / TICKS_PER_FRAME as f32,
                length: if T::PART == Part::Drums { 0.0 } else { length },
            };
            let cell = stroke.touch.row().map(|row| Cell { slot, row }).filter(|&cell| grid.strike(cell, feel));
            on_grid.push((cell, (at, stroke)));
        }
        Self { grid, start, strokes: on_grid }
    }

    /// The strokes of the bar in which `grid` is struck: the bar's own where it has them, and those that the grid knows
    /// nothing of; none from the tick `end` on.
    pub fn strokes(&self, grid: &Grid, end: Tick) -> Strokes<T> {
        let touches: Vec<T> = self.strokes.iter().map(|(_, (_, stroke))| stroke.touch).collect();
        let struck = grid.cells();
        let is_kept = |cell: &Option<Cell>| cell.is_none_or(|cell| struck.contains(cell));
        let mut strokes: Strokes<T> =
            self.strokes.iter().filter(|(cell, _)| is_kept(cell)).map(|(_, stroke)| *stroke).collect();
        let (loudness, accent) = (grid.loudness().unwrap_or_default(), self.mean_accent());
        let own = self.grid.cells();
        for &(cell, feel) in grid.hits().iter().filter(|(cell, _)| !own.contains(*cell)) {
            let at = self.start + grid.measure.tick(cell.slot);
            let next = grid.hits().iter().map(|(other, _)| other.slot).find(|&other| other > cell.slot);
            let gap = next.map_or(grid.measure.ticks(), |next| grid.measure.tick(next)) - grid.measure.tick(cell.slot);
            let length = match feel.length {
                LEGATO.. => 0,
                length => ((length * gap as f32) as Tick).clamp(SHORTEST, Tick::from(u8::MAX)),
            };
            let stroke = Stroke {
                at: grid.measure.tick(cell.slot) as u8,
                touch: T::of_row(cell.row, &touches),
                length: if T::PART == Part::Drums { 0 } else { length as u8 },
                from: 0,
                accent: (accent + (feel.velocity - loudness) * LOUDEST).clamp(-40.0, 40.0) as i8,
            };
            strokes.push((at, stroke));
        }
        strokes.retain(|(at, _)| *at < end);
        strokes.sort_by_key(|(at, _)| *at);
        strokes
    }

    /// The strokes, each with its cell if it has one.
    pub fn placed(&self) -> &[Placed<T>] {
        &self.strokes
    }

    /// The first tick.
    pub fn start(&self) -> Tick {
        self.start
    }

    fn mean_accent(&self) -> f32 {
        let sum: i32 = self.strokes.iter().map(|(_, (_, stroke))| i32::from(stroke.accent)).sum();
        sum as f32 / self.strokes.len().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::improviser::players::accompaniment::patterns::{Patterns, of_style};
    use crate::music::Style;

    /// Every bar of the library, from tick `start` on.
    fn bars<T: Struck>(patterns: &Patterns<T>, start: Tick) -> Vec<(Strokes<T>, Measure)> {
        let families = [
            (&patterns.four, Measure::Four),
            (&patterns.three, Measure::Three),
            (&patterns.compound, Measure::Compound),
        ];
        let strokes = families.into_iter().flat_map(|(family, measure)| {
            let bars = family.bars.iter().flat_map(|bar| std::iter::once(&bar.strokes).chain(&bar.second));
            bars.map(move |bar| {
                let struck = |stroke: &Stroke<T>| (start + Tick::from(stroke.at), *stroke);
                (bar.iter().map(struck).collect(), measure)
            })
        });
        strokes.collect()
    }

    fn come_back<T: Struck + std::fmt::Debug>(patterns: &Patterns<T>) -> [usize; 2] {
        let (mut off_grid, mut all) = (0, 0);
        for (strokes, measure) in bars(patterns, 960) {
            let on_grid = OnGrid::new(&strokes, 960, measure);
            assert_eq!(on_grid.strokes(&on_grid.grid, 960 + measure.ticks()), strokes);
            let known = strokes.iter().filter(|(_, stroke)| stroke.touch.row().is_some()).count();
            all += known;
            off_grid += known - on_grid.grid.hits().len();
        }
        [off_grid, all]
    }

    #[test]
    fn every_bar_of_the_library_goes_to_the_grid_and_comes_back_as_it_was() {
        for style in Style::ALL {
            let patterns = of_style(style);
            let drums = patterns.drums.as_ref().map_or([0, 0], come_back);
            for [off_grid, all] in [come_back(&patterns.chords), come_back(&patterns.bass), drums] {
                assert!(5 * off_grid <= all, "{style}: {off_grid} of {all} strokes have no place on the grid");
            }
        }
    }

    fn any_grid(part: Part) -> impl Strategy<Value = Grid> {
        let hits = prop::collection::btree_map(0..24usize, (0..9usize, 0f32..=1.0, 0f32..=1.0), 0..12);
        (prop::sample::select(Measure::ALL.to_vec()), hits).prop_map(move |(measure, hits)| {
            let mut grid = Grid::silent(measure);
            for (slot, (row, velocity, length)) in hits {
                // Which side of the next bass it is on is the line's affair.
                let row = if part == Part::Bass && row == 6 { 5 } else { row };
                grid.strike(Cell { slot, row }, Feel { velocity, offset: 0.0, length });
            }
            grid
        })
    }

    fn is_read_as_struck<T: Struck>(grid: &Grid) -> bool {
        let silent = OnGrid::<T>::new(&[], 0, grid.measure);
        let strokes = silent.strokes(grid, grid.measure.ticks());
        OnGrid::new(&strokes, 0, grid.measure).grid.cells() == grid.cells()
    }

    #[test]
    fn every_drum_that_the_grid_knows_has_its_row_again() {
        for drum in Drum::ALL {
            if let Some(row) = drum.row() {
                assert_eq!((Drum::of_row(row, &[drum]), Drum::of_row(row, &[]).row()), (drum, Some(row)));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_struck_from_a_grid_lies_on_it_again(chords in any_grid(Part::Chords), bass in any_grid(Part::Bass)) {
            prop_assert!(is_read_as_struck::<Touch>(&chords) && is_read_as_struck::<Tone>(&bass));
        }

        #[test]
        fn strokes_in_any_order_of_rows_and_lengths_come_back(
            strokes in prop::collection::vec((0u8..96, 0u8..9, 0u8..96, -8i8..8), 0..16)
        ) {
            let touches = [
                Touch::Block, Touch::Upper, Touch::Low, Touch::Step(7), Touch::Down, Touch::Up, Touch::Early,
                Touch::Fifth, Touch::Sixth,
            ];
            let struck = |&(at, touch, length, accent): &(u8, u8, u8, i8)| {
                let stroke = Stroke { at, touch: touches[usize::from(touch)], length, from: 0, accent };
                (480 + Tick::from(at), stroke)
            };
            let mut strokes: Strokes<Touch> = strokes.iter().map(struck).collect();
            strokes.sort_by_key(|stroke| stroke.0);
            let on_grid = OnGrid::new(&strokes, 480, Measure::Four);
            prop_assert_eq!(on_grid.strokes(&on_grid.grid, 480 + 96), strokes);
        }
    }
}
