//! *Vary*: a bar that is like the pattern's, and another one each time.
//!
//! The network codes the bar (a variational autoencoder: Kingma & Welling 2014, "Auto-encoding variational Bayes"; for
//! bars of music: Roberts et al. 2018, "A hierarchical latent vector model"), the code is turned towards another one
//! that is drawn by seed, bar and player, and what is likely there is struck. What the network misses of the bar itself
//! is kept, and fades: without *Vary* the bar is itself, to the stroke.

use super::super::patterns::Stroke;
use super::super::textures::{OnGrid, Strokes};
use super::between::Between;
use super::corners::Shaped;
use crate::controls::PlayerControls;
use crate::improviser::chance::grid::{exp, rounded};
use crate::improviser::chance::random::{Purpose, Random};
use crate::music::Tick;
use crate::music::texture::{CELLS, Cell, Feel, Grid, Measure, Part};
use crate::music::time::frame_at;
use crate::network::TextureNetwork;
use crate::network::texture::{Asked, CODE, Code, Said};

impl Between<'_> {
    /// `strokes`, varied by `amount`, 0 to 1. A bar that is longer than a measure is varied measure by measure.
    pub(super) fn varied<T: Shaped>(
        &self,
        network: &TextureNetwork,
        strokes: &[(Tick, Stroke<T>)],
        amount: f32,
    ) -> Result<Strokes<T>, String> {
        let (measure, starts) = self.measures();
        let measures: Vec<OnGrid<T>> = starts.map(|start| Self::on_grid(strokes, start, measure)).collect();
        let place = self.place(T::PART, measure);
        let asked = |own: &OnGrid<T>| Asked { bar: own.grid.cells(), shift: [0.0; CODE], place };
        let plain = network.read(&measures.iter().map(asked).collect::<Vec<_>>())?;
        let turned = measures.iter().zip(&plain).enumerate().map(|(number, (own, said))| Asked {
            shift: shift(&said.code, amount, &self.strayed(number as u32)),
            ..asked(own)
        });
        let moved = network.read(&turned.collect::<Vec<_>>())?;
        let varied = measures.iter().zip(plain.iter().zip(&moved)).flat_map(|(own, (plain, moved))| {
            let end = self.end.min(own.start() + measure.ticks());
            own.strokes(&between(&own.grid, plain, moved, amount, T::PART), end)
        });
        Ok(varied.collect())
    }

    /// The code towards which measure `number` of the bar strays: drawn by seed, roll and player, in each bar anew, or
    /// on the way from one draw to the next where the player drifts more slowly.
    fn strayed(&self, number: u32) -> Code {
        let PlayerControls { drift, roll, lock, .. } = *self.context.controls.player(self.player);
        let (bar, ticks) = (self.context.bar_of_song(), self.context.position.meter.bar_ticks());
        let at = |other: Tick| {
            let frame = frame_at(self.start + (other - bar) * ticks);
            let random = Random::new(self.context.controls.seed, frame).variant(roll.into());
            drawn(random, (self.player as u32) << 4 | number)
        };
        let here = if lock == 0 { bar } else { Tick::from(lock) - 1 };
        drifted(here, drift, at)
    }
}

/// Where in bar number `bar` a walk is that goes on by `drift` draws from bar to bar: at one of the draws that
/// `drawn` gives, or between two.
pub fn drifted(bar: Tick, drift: f32, drawn: impl Fn(Tick) -> Code) -> Code {
    let place = bar as f64 * f64::from(drift.clamp(0.0, 1.0));
    let (draw, on) = (place.floor(), (place - place.floor()) as f32);
    let draw = draw as Tick;
    if on == 0.0 { drawn(draw) } else { mixed(&drawn(draw), &drawn(draw + 1), on) }
}

/// Between two codes, from the one (`share` 0) to the other (1): by weights over the root of their squares, so that
/// what lies between two drawn codes is as far from the middle as they are.
pub fn mixed(code: &Code, other: &Code, share: f32) -> Code {
    let stays = 1.0 - share;
    let norm = (stays * stays + share * share).sqrt();
    std::array::from_fn(|index| (stays * code[index] + share * other[index]) / norm)
}

/// Code `number` of those that are drawn in a frame: each of its numbers is about normal.
pub fn drawn(random: Random, number: u32) -> Code {
    std::array::from_fn(|index| random.deviate(Purpose::Vary, (number << 12) + 3 * index as u32))
}

/// What turns `code` towards `other`: all the way at an `amount` of 1, and as far from the middle all along.
pub fn shift(code: &Code, amount: f32, other: &Code) -> Code {
    let amount = amount.clamp(0.0, 1.0);
    let stays = (1.0 - amount * amount).sqrt();
    std::array::from_fn(|index| (stays - 1.0) * code[index] + amount * other[index])
}

/// The bar `own`, of which the network says `plain`, changed by an `amount` of 0 to 1 to the one of which it says
/// `moved`: what is as likely as not or likelier, after what it misses of the bar is added as far as that has not faded.
pub fn between(own: &Grid, plain: &Said, moved: &Said, amount: f32, part: Part) -> Grid {
    let struck = own.cells();
    let chance = |cell: Cell| {
        let missed = f32::from(u8::from(struck.contains(cell))) - sigmoid(plain.hits[cell.index()]);
        sigmoid(moved.hits[cell.index()]) + (1.0 - amount) * missed
    };
    let mut grid = Grid::silent(own.measure);
    grid.swing = own.swing;
    for cell in likely(own.measure, part, chance) {
        grid.strike(cell, feel_of(own, Some(moved), cell));
    }
    // Nobody falls silent for the sake of a change.
    if grid.hits().is_empty() { own.clone() } else { grid }
}

/// The cells of `measure` that are as likely as not or likelier; the likeliest in a slot, where `part` strikes one
/// thing at a time.
pub fn likely(measure: Measure, part: Part, chance: impl Fn(Cell) -> f32) -> Vec<Cell> {
    let cells: Vec<(Cell, f32)> = (0..CELLS)
        .map(Cell::at)
        .take_while(|cell| cell.slot < measure.slots())
        .map(|cell| (cell, chance(cell)))
        .filter(|(_, chance)| *chance >= 0.5)
        .collect();
    let slots = cells.chunk_by(|one, other| one.0.slot == other.0.slot).flat_map(|here| {
        let likeliest = here.iter().max_by(|one, other| one.1.total_cmp(&other.1)).map(|(cell, _)| *cell);
        let is_left_out = move |cell: Cell| part.is_single() && Some(cell) != likeliest;
        here.iter().map(|(cell, _)| *cell).filter(move |cell| !is_left_out(*cell))
    });
    slots.collect()
}

/// The feel of a hit: the bar's own, or what the network says, on the grid of decisions.
pub fn feel_of(own: &Grid, said: Option<&Said>, cell: Cell) -> Feel {
    let index = cell.index();
    let said = || {
        said.map_or(Feel { velocity: 0.5, offset: 0.0, length: 1.0 }, |said| Feel {
            velocity: rounded(said.velocity[index]),
            offset: rounded(said.offset[index]),
            length: rounded(said.length[index]),
        })
    };
    own.hits().iter().find(|(other, _)| *other == cell).map_or_else(said, |(_, feel)| *feel)
}

/// The chance that a logit stands for.
pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + exp(-rounded(logit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(hits: impl Fn(usize) -> f32) -> Said {
        let all = |value: f32| Box::new([value; CELLS]);
        let hits = Box::new(std::array::from_fn(hits));
        Said { code: [0.0; CODE], hits, velocity: all(0.5), offset: all(0.0), length: all(1.0) }
    }

    fn bar(cells: &[usize]) -> Grid {
        let mut grid = Grid::silent(Measure::Four);
        for &index in cells {
            grid.strike(Cell::at(index), Feel { velocity: 0.7, offset: 0.1, length: 0.3 });
        }
        grid
    }

    proptest! {
        #[test]
        fn a_bar_that_is_not_varied_is_itself_whatever_the_network_says(
            cells in prop::collection::vec(0..CELLS, 1..30),
            logits in prop::collection::vec(-9f32..9.0, CELLS),
        ) {
            let (own, said) = (bar(&cells), said(|index| logits[index]));
            let again = between(&own, &said, &said, 0.0, Part::Drums);
            prop_assert_eq!(again, own);
        }

        #[test]
        fn who_strikes_one_thing_at_a_time_goes_on_doing_so(
            cells in prop::collection::vec(0..24usize, 1..10),
            logits in prop::collection::vec(-9f32..9.0, 2 * CELLS),
            amount in 0f32..=1.0,
        ) {
            let own = bar(&cells.iter().map(|slot| slot * 9 + slot % 9).collect::<Vec<_>>());
            let [plain, moved] = [0, CELLS].map(|first| said(|index| logits[first + index]));
            let slots: Vec<usize> =
                between(&own, &plain, &moved, amount, Part::Bass).hits().iter().map(|(cell, _)| cell.slot).collect();
            prop_assert!(!slots.is_empty() && slots.is_sorted_by(|one, other| one < other), "{:?}", slots);
        }

        #[test]
        fn codes_turn_from_the_one_to_the_other(
            code in prop::array::uniform24(-3f32..3.0),
            other in prop::array::uniform24(-3f32..3.0),
        ) {
            let at = |amount| {
                let shift = shift(&code, amount, &other);
                std::array::from_fn::<f32, CODE, _>(|index| code[index] + shift[index])
            };
            prop_assert_eq!(at(0.0), code);
            prop_assert!(at(1.0).iter().zip(&other).all(|(ours, theirs)| (ours - theirs).abs() < 1e-5));
        }

        #[test]
        fn a_walk_is_a_function_of_the_bar_and_the_slower_the_nearer_bars_are(
            bar in -1000i64..10_000, drift in 0f32..=1.0, seed: u32,
        ) {
            let draw = |bar: Tick| drawn(Random::new(seed, bar), 0);
            let at = |bar, drift| drifted(bar, drift, draw);
            prop_assert_eq!((at(bar, 1.0), at(bar, 0.0)), (draw(bar), draw(0)));
            let distance = |one: Code, other: Code| {
                one.iter().zip(&other).map(|(one, other)| (one - other) * (one - other)).sum::<f32>().sqrt()
            };
            // Half a turn of draws whose length is 7 at the most is the farthest that a draw's way goes.
            let step = distance(at(bar, drift), at(bar + 1, drift));
            prop_assert!(step <= 40.0 * drift + 1e-3, "{step} at {drift}");
        }
    }
}
