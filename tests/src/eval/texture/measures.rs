//! What bars are like, all together, beside people's.

use std::collections::{BTreeSet, HashMap};

use continuo_models::music::texture::{Cells, Grid, Measure, Part, SLOTS};
use serde::Serialize;

use super::corpus::Piece;
use crate::eval::bootstrap::{self, Interval};

/// How often parts are put together anew to find out how much they seem to agree by chance.
const SHUFFLES: usize = 8;

/// A mean over the pieces, and how far the bars spread about it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: Interval,
    /// The standard deviation of the bars.
    pub spread: f64,
}

/// What the bars of one part are like.
#[derive(Clone, Debug, Serialize)]
pub struct Likeness {
    /// Bars.
    pub bars: usize,
    /// Pieces.
    pub pieces: usize,
    /// Hits per quarter note.
    pub density: Option<Spread>,
    /// Share of the struck slots that are off the beat before a beat that is silent.
    pub syncopation: Option<Spread>,
    /// Mean velocity of a bar, 0 to 1.
    pub velocity: Option<Spread>,
    /// Standard deviation of the velocities within a bar.
    pub dynamics: Option<Spread>,
    /// F1 of the cells against people's in the same bar: mean over the pieces.
    pub f1: Option<Interval>,
    /// Different bars among a thousand.
    pub distinct: f64,
    /// Bars of the longest run of one bar: mean over the pieces.
    pub repeats: Option<Interval>,
    /// Bars of the longest run that a piece of another group has too: mean over the pieces.
    pub copied: Option<Interval>,
}

/// The bars of a part, piece by piece: those that people strike, and those that are made in their places.
pub type OfPieces<'a> = Vec<(&'a Piece, Vec<Cells>, Vec<Grid>)>;

/// What the bars are like.
pub fn likeness(bars: &OfPieces, part: Part, known: &Runs) -> Likeness {
    let all: Vec<&Grid> = bars.iter().flat_map(|(_, _, bars)| bars).collect();
    let spread = |of: &dyn Fn(&Grid) -> Option<f64>| {
        let values: Vec<f64> = all.iter().filter_map(|grid| of(grid)).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64;
        let of_piece =
            |(_, _, bars): &(&Piece, Vec<Cells>, Vec<Grid>)| crate::eval::report::mean(bars.iter().filter_map(of));
        let mean = bootstrap::mean(&bars.iter().map(of_piece).collect::<Vec<_>>())?;
        Some(Spread { mean, spread: variance.sqrt() })
    };
    let different: BTreeSet<Cells> = all.iter().map(|grid| grid.cells()).collect();
    let cells = |bars: &[Grid]| bars.iter().map(Grid::cells).collect::<Vec<_>>();
    let runs = |of: &dyn Fn(&Piece, &[Cells]) -> usize| {
        let long = bars.iter().filter(|(_, _, bars)| !bars.is_empty());
        bootstrap::mean(&long.map(|(piece, _, bars)| Some(of(piece, &cells(bars)) as f64)).collect::<Vec<_>>())
    };
    Likeness {
        bars: all.len(),
        pieces: bars.iter().filter(|(_, _, bars)| !bars.is_empty()).count(),
        density: spread(&|grid| Some(f64::from(grid.density()))),
        syncopation: spread(&|grid| Some(f64::from(grid.syncopation(part)))),
        velocity: spread(&|grid| grid.loudness().map(f64::from)),
        dynamics: spread(&|grid| {
            let mean = grid.loudness()?;
            let square = grid.hits().iter().map(|(_, feel)| (feel.velocity - mean).powi(2)).sum::<f32>();
            Some(f64::from((square / grid.hits().len() as f32).sqrt()))
        }),
        f1: bootstrap::mean(&bars.iter().map(alike).collect::<Vec<_>>()),
        distinct: 1000.0 * different.len() as f64 / all.len().max(1) as f64,
        repeats: runs(&|_, bars| bars.chunk_by(|one, other| one == other).map(<[Cells]>::len).max().unwrap_or(0)),
        copied: runs(&|piece, bars| known.longest(&piece.group, bars)),
    }
}

/// F1 of all bars of a piece together.
fn alike((_, own, made): &(&Piece, Vec<Cells>, Vec<Grid>)) -> Option<f64> {
    let made: Vec<Cells> = made.iter().map(Grid::cells).collect();
    let shared: usize = own.iter().zip(&made).map(|(own, made)| own.shared(made)).sum();
    let all: usize = own.iter().chain(&made).map(Cells::count).sum();
    (all > 0).then(|| 2.0 * shared as f64 / all as f64)
}

impl Likeness {
    /// How far it is from people's: means and spreads, in people's spreads, on average. Too much counts as too little
    /// does.
    pub fn off(&self, people: &Self) -> Option<f64> {
        let pairs = [
            (&self.density, &people.density),
            (&self.syncopation, &people.syncopation),
            (&self.velocity, &people.velocity),
            (&self.dynamics, &people.dynamics),
        ];
        let off = pairs.into_iter().filter_map(|(ours, theirs)| {
            let (ours, theirs) = ours.as_ref().zip(theirs.as_ref())?;
            let unit = theirs.spread.max(1e-3);
            Some(((ours.mean.mean - theirs.mean.mean).abs() + (ours.spread - theirs.spread).abs()) / unit / 2.0)
        });
        crate::eval::report::mean(off)
    }
}

/// Runs of bars of known pieces.
pub struct Runs {
    /// Where each bar stands: piece and number.
    places: HashMap<Cells, Vec<(usize, usize)>>,
    groups: Vec<String>,
}

impl Runs {
    /// Those of a part of `pieces`.
    pub fn of(pieces: &[Piece], part: Part) -> Self {
        let mut places: HashMap<Cells, Vec<(usize, usize)>> = HashMap::new();
        for (number, piece) in pieces.iter().enumerate() {
            let bars = piece.bars.iter().filter_map(|bar| bar.parts[part as usize].as_ref());
            bars.enumerate().for_each(|(index, bar)| places.entry(bar.cells()).or_default().push((number, index)));
        }
        Self { places, groups: pieces.iter().map(|piece| piece.group.clone()).collect() }
    }

    /// The longest run of `bars`, other than of one and the same bar, that a piece of another group than `group` has.
    fn longest(&self, group: &str, bars: &[Cells]) -> usize {
        let mut before: HashMap<(usize, usize), (usize, bool)> = HashMap::new();
        let mut longest = 0;
        for (index, bar) in bars.iter().enumerate() {
            let differs = index > 0 && bars[index - 1] != *bar;
            let mut here = HashMap::new();
            for &(piece, place) in self.places.get(bar).map_or(&[][..], Vec::as_slice) {
                if self.groups[piece] == group {
                    continue;
                }
                let run = place.checked_sub(1).and_then(|last| before.get(&(piece, last)));
                let (length, changes) = run.map_or((1, false), |&(length, changes)| (length + 1, changes || differs));
                if changes {
                    longest = longest.max(length);
                }
                here.insert((piece, place), (length, changes));
            }
            before = here;
        }
        longest
    }
}

/// How two of those who strike go together.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interlock {
    /// Bars in which both strike.
    pub bars: usize,
    /// Mutual information of their onsets given the place in the bar, in millibits a slot, beyond what bars have that
    /// do not belong together.
    pub beyond_chance: f64,
}

/// The onsets of two in each bar, by piece.
pub type Onsets = Vec<(usize, Measure, u32, u32)>;

/// How well they go together; `None`: there are no two pieces.
pub fn interlock(bars: &Onsets) -> Option<Interlock> {
    let pieces: BTreeSet<usize> = bars.iter().map(|bar| bar.0).collect();
    if pieces.len() < 2 {
        return None;
    }
    let own = information(bars.iter().map(|&(_, measure, one, other)| (measure, one, other)));
    // The other's bars from elsewhere.
    let apart: f64 = (1..=SHUFFLES)
        .map(|shuffle| {
            let step = shuffle * bars.len() / (SHUFFLES + 1);
            let mixed = bars.iter().enumerate().filter_map(|(index, &(piece, measure, one, _))| {
                let elsewhere = (0..bars.len()).map(|on| &bars[(index + step + on) % bars.len()]);
                let mut others = elsewhere.filter(|other| other.0 != piece && other.1 == measure);
                others.next().map(|other| (measure, one, other.3))
            });
            information(mixed)
        })
        .sum();
    Some(Interlock { bars: bars.len(), beyond_chance: 1000.0 * (own - apart / SHUFFLES as f64) })
}

/// The mutual information of the onsets given measure and slot, in bits a slot.
fn information(bars: impl Iterator<Item = (Measure, u32, u32)>) -> f64 {
    let mut counts = [[[0u32; 4]; SLOTS]; Measure::ALL.len()];
    for (measure, one, other) in bars {
        for (slot, counts) in counts[measure as usize].iter_mut().enumerate().take(measure.slots()) {
            counts[((one >> slot & 1) << 1 | other >> slot & 1) as usize] += 1;
        }
    }
    let (mut sum, mut slots) = (0.0, 0.0);
    for [neither, second, first, both] in counts.into_iter().flatten() {
        let all = f64::from(neither + second + first + both);
        let with = |count: u32, one: u32, other: u32| {
            let (count, expected) = (f64::from(count), f64::from(one) * f64::from(other) / all);
            if count > 0.0 { count * (count / expected).log2() } else { 0.0 }
        };
        if all > 0.0 {
            sum += with(both, first + both, second + both)
                + with(first, first + both, neither + first)
                + with(second, neither + second, second + both)
                + with(neither, neither + second, neither + first);
            slots += all;
        }
    }
    if slots > 0.0 { sum / slots } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_strikes_together_has_information_and_who_does_not_has_none() {
        let word = |index: u32| index.wrapping_mul(2_654_435_761) >> 8 & 0xff_ffff;
        let bars = |other: fn(u32) -> u32| -> Onsets {
            (0..400).map(|index| (index as usize / 40, Measure::Four, word(index), other(index))).collect()
        };
        let together = interlock(&bars(|index| index.wrapping_mul(2_654_435_761) >> 8 & 0xff_ffff)).unwrap();
        let apart = interlock(&bars(|index| (index + 7777).wrapping_mul(2_246_822_519) >> 8 & 0xff_ffff)).unwrap();
        assert!(together.beyond_chance > 800.0, "{together:?}");
        assert!(apart.beyond_chance.abs() < 20.0, "{apart:?}");
    }
}
