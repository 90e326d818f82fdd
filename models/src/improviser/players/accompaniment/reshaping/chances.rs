//! Which cells are struck by what a network says of them, and how.

use crate::improviser::chance::grid::{exp, rounded};
use crate::music::texture::{CELLS, Cell, Feel, Grid, Measure, Part};
use crate::network::texture::Said;

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
