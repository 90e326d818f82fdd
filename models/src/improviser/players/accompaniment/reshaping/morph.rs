//! The morph pad: what lies between the bars at its corners.
//!
//! Between two bars a network leads the way (a variational autoencoder: Kingma & Welling 2014, "Auto-encoding
//! variational Bayes"; for bars of music: Roberts et al. 2018, "A hierarchical latent vector model"): their codes are
//! mixed by weights over the root of their squares (so that the mixture is as far from the middle as its ends are), and
//! what is likely there is struck, with what the network misses of the ends faded in and out. That gives a few bars on
//! the way. From one to the next the cells change one by one, those first of which the network is surest, and how far
//! one has gone is counted in such changes: so equal steps of the hand change about equally much, and the ends are the
//! bars themselves. On the pad one goes from left to right below and above, and then up between the two.

use std::collections::BTreeMap;

use super::super::patterns::Stroke;
use super::super::textures::{OnGrid, Strokes};
use super::between::Between;
use super::chances::{feel_of, likely, sigmoid};
use super::corners::{Corners, Shaped};
use super::pad::{CORNERS, Pad, SOURCE};
use crate::improviser::chance::grid::steps;
use crate::music::Tick;
use crate::music::texture::{CELLS, Cell, Cells, Grid, Measure, Part};
use crate::network::TextureNetwork;
use crate::network::texture::{Asked, CODE, Code, Said};

/// Steps from bar to bar on the way between two.
const STEPS: usize = 4;

/// One end of a way: what is struck there, and what the network says of it.
#[derive(Clone)]
struct End {
    cells: Cells,
    code: Code,
    hits: Box<[f32; CELLS]>,
}

/// From one bar to another.
struct Way<'a> {
    ends: [&'a End; 2],
    part: Part,
    measure: Measure,
}

impl Way<'_> {
    /// About which codes the network is asked: those between the ends, each with the bar to which it is added.
    fn asked(&self) -> impl Iterator<Item = (Cells, Code)> {
        let [from, to] = self.ends;
        (1..STEPS).map(move |step| {
            let code = mixed(&from.code, &to.code, share(step));
            (from.cells, std::array::from_fn(|index| code[index] - from.code[index]))
        })
    }

    /// What is struck at `place`, 0 to 1, where the network says `between` of those codes.
    fn at(&self, place: f32, between: &[Said]) -> Cells {
        let bars = self.bars(between);
        let legs: Vec<Vec<Change>> = bars.windows(2).map(|pair| self.changes(&pair[0], &pair[1])).collect();
        let all: usize = legs.iter().map(Vec::len).sum();
        let mut left = (place * all as f32 + 0.5) as usize;
        let (mut cells, mut waiting) = (self.ends[0].cells, Cells::EMPTY);
        for change in legs.into_iter().flatten() {
            if left == 0 {
                break;
            }
            left -= 1;
            change.out.iter().for_each(|cell| waiting.insert(cell));
            change.in_.iter().for_each(|cell| cells.insert(cell));
            // Nobody falls silent for the sake of a change: the last cell waits for another one.
            let stays: Cells = cells.iter().filter(|cell| !waiting.contains(*cell)).collect();
            if !stays.is_empty() {
                (cells, waiting) = (stays, Cells::EMPTY);
            }
        }
        cells
    }

    /// The bars from the one end to the other, each with the logits of its cells.
    fn bars<'b>(&'b self, between: &'b [Said]) -> Vec<(Cells, &'b [f32; CELLS])> {
        let [from, to] = self.ends;
        let missed =
            |end: &End, cell: Cell| f32::from(u8::from(end.cells.contains(cell))) - sigmoid(end.hits[cell.index()]);
        let mut bars = vec![(from.cells, &*from.hits)];
        for (step, said) in (1..).zip(between) {
            let chance = |cell: Cell| {
                let kept = (1.0 - share(step)) * missed(from, cell) + share(step) * missed(to, cell);
                sigmoid(said.hits[cell.index()]) + kept
            };
            let cells = likely(self.measure, self.part, chance).into_iter().collect();
            let before = bars[bars.len() - 1].0;
            bars.push((if cells == Cells::EMPTY { before } else { cells }, &*said.hits));
        }
        bars.push((to.cells, &*to.hits));
        bars
    }

    /// What changes from one bar to the next, the surest first: cell by cell, or slot by slot where a part strikes one
    /// thing at a time.
    fn changes(&self, from: &(Cells, &[f32; CELLS]), to: &(Cells, &[f32; CELLS])) -> Vec<Change> {
        let mut changes: BTreeMap<usize, Change> = BTreeMap::new();
        for cell in (0..CELLS).map(Cell::at).filter(|cell| from.0.contains(*cell) != to.0.contains(*cell)) {
            let place = if self.part.is_single() { cell.slot } else { cell.index() };
            let change = changes.entry(place).or_default();
            let side = if to.0.contains(cell) { &mut change.in_ } else { &mut change.out };
            side.insert(cell);
            let turn = steps(to.1[cell.index()]) - steps(from.1[cell.index()]);
            change.sureness += if to.0.contains(cell) { turn } else { -turn };
        }
        let mut changes: Vec<Change> = changes.into_values().collect();
        changes.sort_by_key(|change| -change.sureness);
        changes
    }
}

/// What changes at once.
#[derive(Clone, Copy, Default)]
struct Change {
    out: Cells,
    in_: Cells,
    /// How far the network turns that way, in steps of the grid of decisions.
    sureness: i32,
}

/// Between two codes, from the one (`share` 0) to the other (1): by weights over the root of their squares, so that
/// what lies between two codes is as far from the middle as they are.
pub fn mixed(code: &Code, other: &Code, share: f32) -> Code {
    let stays = 1.0 - share;
    let norm = (stays * stays + share * share).sqrt();
    std::array::from_fn(|index| (stays * code[index] + share * other[index]) / norm)
}

/// How far a bar between two ends lies from the first.
fn share(step: usize) -> f32 {
    step as f32 / STEPS as f32
}

/// What is struck at `pad` between four `bars` of `part`, of which the network is asked by `read`: about some cells,
/// each with what is added to their code.
///
/// # Errors
/// If `read` fails.
pub fn between(
    bars: [Cells; CORNERS],
    (part, measure): (Part, Measure),
    pad: Pad,
    read: impl Fn(&[(Cells, Code)]) -> Result<Vec<Said>, String>,
) -> Result<Cells, String> {
    // On ways that go side by side, one after the other in the network's one reading.
    let on_ways = |ends: &[[Cells; 2]], place: f32| -> Result<Vec<Cells>, String> {
        if place <= 0.0 || place >= 1.0 {
            return Ok(ends.iter().map(|ends| ends[usize::from(place >= 1.0)]).collect());
        }
        let said = read(&ends.iter().flatten().map(|cells| (*cells, [0.0; CODE])).collect::<Vec<_>>())?;
        let end = |(cells, said): (&Cells, Said)| End { cells: *cells, code: said.code, hits: said.hits };
        let ends: Vec<End> = ends.iter().flatten().zip(said).map(end).collect();
        let ways: Vec<Way> = ends.chunks(2).map(|pair| Way { ends: [&pair[0], &pair[1]], part, measure }).collect();
        let said = read(&ways.iter().flat_map(Way::asked).collect::<Vec<_>>())?;
        Ok(ways.iter().zip(said.chunks(STEPS - 1)).map(|(way, said)| way.at(place, said)).collect())
    };
    let rows: Vec<[Cells; 2]> = match pad.y {
        ..=0.0 => vec![[bars[0], bars[1]]],
        1.0.. => vec![[bars[2], bars[3]]],
        _ => vec![[bars[0], bars[1]], [bars[2], bars[3]]],
    };
    match on_ways(&rows, pad.x)?[..] {
        [below, above] => Ok(on_ways(&[[below, above]], pad.y)?[0]),
        [row, ..] => Ok(row),
        [] => Ok(bars[SOURCE]),
    }
}

impl Between<'_> {
    /// The bar at `pad` between `corners`. A bar that is longer than a measure is morphed measure by measure.
    pub(super) fn morphed<T: Shaped>(
        &self,
        network: &TextureNetwork,
        pad: Pad,
        corners: &Corners<T>,
    ) -> Result<Strokes<T>, String> {
        let (measure, starts) = self.measures();
        let place = self.place(T::PART, measure);
        let read = |asked: &[(Cells, Code)]| {
            network.read(&asked.iter().map(|&(bar, shift)| Asked { bar, shift, place }).collect::<Vec<_>>())
        };
        let mut morphed = Vec::new();
        for start in starts {
            let bars: [OnGrid<T>; CORNERS] =
                std::array::from_fn(|corner| Self::on_grid(corners.at(corner), start, measure));
            let cells = between(bars.each_ref().map(|bar| bar.grid.cells()), (T::PART, measure), pad, read)?;
            let known = OnGrid::new(&known(&bars, pad, &cells), start, measure);
            let own = known.grid.cells();
            let new =
                cells.iter().any(|cell| !own.contains(cell)).then(|| read(&[(cells, [0.0; CODE])])).transpose()?;
            let mut grid = Grid::silent(measure);
            for cell in cells.iter() {
                grid.strike(cell, feel_of(&known.grid, new.as_ref().and_then(|said| said.first()), cell));
            }
            morphed.extend(known.strokes(&grid, self.end.min(start + measure.ticks())));
        }
        Ok(morphed)
    }
}

/// The strokes that the bars at the corners have in `cells`: each as the nearest bar has it, as loud as those together
/// that do. What has no place on the grid is the nearest corner's.
fn known<T: Shaped>(bars: &[OnGrid<T>; CORNERS], pad: Pad, cells: &Cells) -> Strokes<T> {
    let weights = pad.weights();
    let mut nearest: Vec<usize> = (0..CORNERS).filter(|corner| weights[*corner] > 0.0).collect();
    nearest.sort_by(|one, other| weights[*other].total_cmp(&weights[*one]));
    let stroke_in = |corner: usize, cell: Cell| -> Option<(Tick, Stroke<T>)> {
        bars[corner].placed().iter().find(|(own, _)| *own == Some(cell)).map(|(_, stroke)| *stroke)
    };
    let in_cell = |cell: Cell| {
        let having = nearest.iter().filter_map(|&corner| Some((weights[corner], stroke_in(corner, cell)?)));
        let (mut sum, mut all) = (0.0, 0.0);
        for (weight, (_, stroke)) in having.clone() {
            sum += weight * f32::from(stroke.accent);
            all += weight;
        }
        let (_, (at, stroke)) = having.clone().next()?;
        Some((at, Stroke { accent: (sum / all).round() as i8, ..stroke }))
    };
    let beside = bars[pad.nearest()].placed().iter().filter(|(cell, _)| cell.is_none()).map(|(_, stroke)| *stroke);
    let mut known: Strokes<T> = cells.iter().filter_map(in_cell).chain(beside).collect();
    known.sort_by_key(|stroke| stroke.0);
    known
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A network to which a bar is its own code, as far as that goes, and of which it is as unsure as it can be.
    fn read(asked: &[(Cells, Code)]) -> Result<Vec<Said>, String> {
        let said = |(cells, shift): &(Cells, Code)| {
            let own = |index: usize| f32::from(u8::from(cells.contains(Cell::at(index))));
            let code: Code = std::array::from_fn(|index| (0..9).map(|row| own(9 * index + row)).sum::<f32>() - 1.0);
            let hits = std::array::from_fn(|index| (code[index / 9] + shift[index / 9]) * (index % 7) as f32 - 1.5);
            let all = |value: f32| Box::new([value; CELLS]);
            Said { code, hits: Box::new(hits), velocity: all(0.5), offset: all(0.0), length: all(1.0) }
        };
        Ok(asked.iter().map(said).collect())
    }

    fn any_bar(part: Part) -> impl Strategy<Value = Cells> {
        let hits = prop::collection::btree_map(0..24usize, prop::collection::btree_set(0..9usize, 1..4), 1..16);
        hits.prop_map(move |hits| {
            let rows = |rows: &std::collections::BTreeSet<usize>| rows.len().min(if part.is_single() { 1 } else { 3 });
            let cells = hits.iter().flat_map(|(&slot, set)| {
                set.iter().take(rows(set)).map(move |&row| Cell { slot, row }).collect::<Vec<_>>()
            });
            cells.collect()
        })
    }

    fn any_bars() -> impl Strategy<Value = (Part, [Cells; CORNERS])> {
        prop::sample::select(Part::ALL.to_vec())
            .prop_flat_map(|part| (Just(part), prop::array::uniform4(any_bar(part))))
    }

    proptest! {
        #[test]
        fn every_corner_is_its_bar_exactly((part, bars) in any_bars()) {
            for (corner, (x, y)) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].into_iter().enumerate() {
                let pad = Pad { x, y };
                prop_assert_eq!((pad.nearest(), pad.corner()), (corner, Some(corner)));
                prop_assert_eq!(between(bars, (part, Measure::Four), pad, read), Ok(bars[corner]));
            }
        }

        #[test]
        fn along_an_edge_equal_steps_change_equally_much((part, bars) in any_bars()) {
            let at = |step: usize| {
                between(bars, (part, Measure::Four), Pad { x: step as f32 / 100.0, y: 0.0 }, read).unwrap()
            };
            let path: Vec<Cells> = (0..=100).map(at).collect();
            let units = |one: &Cells, other: &Cells| {
                let differing = (0..CELLS).map(Cell::at).filter(|cell| one.contains(*cell) != other.contains(*cell));
                let units: std::collections::BTreeSet<usize> =
                    differing.map(|cell| if part.is_single() { cell.slot } else { cell.index() }).collect();
                units.len()
            };
            let steps: Vec<usize> = path.windows(2).map(|pair| units(&pair[0], &pair[1])).collect();
            let all: usize = steps.iter().sum();
            // One for what is left over in a step, and one where a bar of a single stroke would fall silent.
            prop_assert!(steps.iter().all(|&step| step <= all / 100 + 3), "{:?}", steps);
            prop_assert_eq!((path[0], path[100]), (bars[0], bars[1]));
        }

        #[test]
        fn between_bars_somebody_strikes_and_who_strikes_one_thing_goes_on_doing_so(
            (part, bars) in any_bars(), x in 0f32..=1.0, y in 0f32..=1.0,
        ) {
            let cells = between(bars, (part, Measure::Four), Pad { x, y }, read).unwrap();
            prop_assert!(!cells.is_empty());
            prop_assert!(!part.is_single() || cells.slots().count_ones() as usize == cells.count());
        }
    }

    #[test]
    fn a_network_that_fails_is_said_to() {
        let bars = [Cells::from_iter([Cell { slot: 0, row: 0 }]); CORNERS];
        let failing = |_: &[(Cells, Code)]| Err("no".to_owned());
        assert_eq!(between(bars, (Part::Bass, Measure::Four), Pad { x: 0.5, y: 0.0 }, failing), Err("no".to_owned()));
    }
}
