//! *Vary*: a bar that is like the pattern's, and another one each time.
//!
//! The network codes the bar (a variational autoencoder: Kingma & Welling 2014, "Auto-encoding variational Bayes"; for
//! bars of music: Roberts et al. 2018, "A hierarchical latent vector model"), the code is turned towards another one
//! that is drawn by seed, bar and player, and what is likely there is struck. What the network misses of the bar itself
//! is kept, and fades: without *Vary* the bar is itself, to the stroke.

use std::sync::Arc;

use super::groove::{self, Groove};
use super::passages::InPassage;
use super::patterns::{Patterns, Stroke};
use super::textures::{OnGrid, Struck};
use crate::controls::Player;
use crate::improviser::chance::grid::{exp, rounded};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel;
use crate::music::Tick;
use crate::music::texture::{CELLS, Cell, Feel, Grid, Measure, Part};
use crate::music::time::frame_at;
use crate::network::texture::{Asked, CODE, Code, Place, Said};
use crate::network::{Networks, TextureNetwork};

/// Bars of a phrase.
const PHRASE: Tick = feel::PHRASE as Tick;

/// Varies the bars of a player. A clone shares the bar that it is in.
#[derive(Clone, Debug)]
pub struct Variation<T> {
    networks: Networks,
    bar: Option<Varied<T>>,
}

#[derive(Clone, Debug)]
struct Varied<T> {
    /// The first tick of the bar.
    start: Tick,
    strokes: Arc<[(Tick, Stroke<T>)]>,
}

impl<T> Default for Variation<T> {
    fn default() -> Self {
        Self { networks: Networks::default(), bar: None }
    }
}

impl<T: InPassage> Variation<T> {
    /// Varies by the network of `networks`, which is loaded when it is needed.
    pub fn new(networks: &Networks) -> Self {
        Self { networks: networks.clone(), bar: None }
    }

    /// Goes on with other networks, from the next bar on.
    pub fn exchange(&mut self, networks: &Networks) {
        self.networks = networks.clone();
    }

    /// As a bar begins in the frame, finds out what is struck there: once for all ways on which it may go on.
    pub fn prepare(
        &mut self,
        context: &FrameContext,
        listener: &Listener,
        groove: &mut Groove,
        patterns: &Patterns<T>,
        (player, purpose): (Player, Purpose),
    ) {
        let controls = context.controls.player(player);
        if !controls.on || controls.vary <= 0.0 {
            self.bar = None;
            return;
        }
        groove.follow(context, patterns, player, purpose);
        let strokes = groove.strokes(context, patterns, purpose);
        let start = strokes.bar_start;
        if self.bar.as_ref().is_some_and(|bar| bar.start == start) {
            return;
        }
        self.bar = self.networks.get::<TextureNetwork>().and_then(|network| {
            let of = Bar { context, listener, player, start, end: strokes.barline };
            // A network that fails says nothing: then the bar is itself.
            let strokes = of.varied(&network, strokes.timed(), controls.vary).ok()?.into();
            Some(Varied { start, strokes })
        });
    }

    /// What is struck in a bar: `strokes`, or what was found in their place.
    pub fn of(&self, strokes: groove::Strokes<T>) -> groove::Strokes<T> {
        match self.bar.as_ref().filter(|bar| bar.start == strokes.bar_start) {
            Some(varied) => strokes.changed(|_| varied.strokes.to_vec()),
            None => strokes,
        }
    }

    /// The song goes on at another place that was not announced.
    pub fn lose_place(&mut self) {
        self.bar = None;
    }
}

/// A bar that is varied.
struct Bar<'a> {
    context: &'a FrameContext<'a>,
    listener: &'a Listener,
    player: Player,
    start: Tick,
    end: Tick,
}

impl Bar<'_> {
    /// Its strokes, varied by `amount`, 0 to 1. A bar that is longer than a measure is varied measure by measure.
    fn varied<T: Struck>(
        &self,
        network: &TextureNetwork,
        strokes: &[(Tick, Stroke<T>)],
        amount: f32,
    ) -> Result<Vec<(Tick, Stroke<T>)>, String> {
        let measure = Measure::of(self.context.position.meter);
        let starts = (self.start..self.end).step_by(measure.ticks() as usize);
        let measures: Vec<OnGrid<T>> = starts
            .map(|start| {
                let inside = |at: Tick| (start..start + measure.ticks()).contains(&at);
                let own: Vec<_> = strokes.iter().filter(|(at, _)| inside(*at)).copied().collect();
                OnGrid::new(&own, start, measure)
            })
            .collect();
        let place = self.place(T::PART, measure);
        let asked = |own: &OnGrid<T>| Asked { bar: own.grid.cells(), shift: [0.0; CODE], place };
        let plain = network.read(&measures.iter().map(asked).collect::<Vec<_>>())?;
        let turned = measures.iter().zip(&plain).enumerate().map(|(number, (own, said))| Asked {
            shift: shift(&said.code, amount, &self.drawn(number as u32)),
            ..asked(own)
        });
        let moved = network.read(&turned.collect::<Vec<_>>())?;
        let varied = measures.iter().zip(plain.iter().zip(&moved)).flat_map(|(own, (plain, moved))| {
            let end = self.end.min(own.start() + measure.ticks());
            own.strokes(&between(&own.grid, plain, moved, amount, T::PART), end)
        });
        Ok(varied.collect())
    }

    /// What the network is told of the bar.
    fn place(&self, part: Part, measure: Measure) -> Place {
        let (context, start) = (self.context, self.start);
        let slots = |ticks: &mut dyn Iterator<Item = Tick>, start: Tick| {
            let inside = ticks.map(|tick| tick - start).filter(|tick| (0..measure.ticks()).contains(tick));
            inside.fold(0, |slots, tick| slots | 1 << measure.nearest(tick))
        };
        let begins = context.chord_changes.then_some(context.tick());
        let changes = begins.into_iter().chain(context.next_chord.map(|(tick, _)| tick));
        let before = self.listener.phrase().1.iter().map(|note| note.onset);
        let number = context.bar_number().rem_euclid(PHRASE);
        Place {
            style: Some(context.style),
            changes: slots(&mut { changes }, start),
            onsets: slots(&mut { before }, 2 * start - self.end),
            number: Some(number as usize),
            is_end: number == PHRASE - 1,
            ..Place::new(part, measure)
        }
    }

    /// A code drawn by seed, place and player, for measure `number` of the bar.
    fn drawn(&self, number: u32) -> Code {
        drawn(Random::new(self.context.controls.seed, frame_at(self.start)), (self.player as u32) << 4 | number)
    }
}

/// Code `number` of those that are drawn in a frame: each of its numbers is about normal.
pub fn drawn(random: Random, number: u32) -> Code {
    std::array::from_fn(|index| random.deviate(Purpose::Variation, (number << 12) + 3 * index as u32))
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
    let cells: Vec<(Cell, f32)> = (0..CELLS)
        .map(Cell::at)
        .take_while(|cell| cell.slot < own.measure.slots())
        .map(|cell| (cell, chance(cell)))
        .filter(|(_, chance)| *chance >= 0.5)
        .collect();
    let mut grid = Grid::silent(own.measure);
    grid.swing = own.swing;
    for here in cells.chunk_by(|one, other| one.0.slot == other.0.slot) {
        let likeliest = here.iter().max_by(|one, other| one.1.total_cmp(&other.1)).map(|(cell, _)| *cell);
        let is_left_out = |cell: Cell| part.is_single() && Some(cell) != likeliest;
        for &(cell, _) in here.iter().filter(|(cell, _)| !is_left_out(*cell)) {
            grid.strike(cell, feel(own, moved, cell));
        }
    }
    // Nobody falls silent for the sake of a change.
    if grid.hits().is_empty() { own.clone() } else { grid }
}

/// The feel of a hit: the bar's own, or what the network says, on the grid of decisions.
fn feel(own: &Grid, moved: &Said, cell: Cell) -> Feel {
    let index = cell.index();
    let said = || Feel {
        velocity: rounded(moved.velocity[index]),
        offset: rounded(moved.offset[index]),
        length: rounded(moved.length[index]),
    };
    own.hits().iter().find(|(other, _)| *other == cell).map_or_else(said, |(_, feel)| *feel)
}

/// The chance that a logit stands for.
fn sigmoid(logit: f32) -> f32 {
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
    }
}
