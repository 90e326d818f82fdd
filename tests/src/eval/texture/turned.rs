//! Bars whose codes are turned: what the network makes of a bar by itself, part by part.

use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::improviser::players::accompaniment::reshaping::chances::{feel_of, likely, sigmoid};
use continuo_models::music::texture::{Cell, Grid, Part};
use continuo_models::network::texture::{Code, Said};

/// Code number `number` of those that are drawn in a bar: each of its numbers is about normal.
pub fn drawn(random: Random, number: u32) -> Code {
    std::array::from_fn(|index| random.deviate(Purpose::Vary, (number << 12) + 3 * index as u32))
}

/// What turns `code` towards `other`: all the way at an `amount` of 1, and as far from the middle all along.
pub fn shift(code: &Code, amount: f32, other: &Code) -> Code {
    let stays = (1.0 - amount * amount).sqrt();
    std::array::from_fn(|index| (stays - 1.0) * code[index] + amount * other[index])
}

/// The bar `own`, of which the network says `plain`, changed by an `amount` of 0 to 1 to the one of which it says
/// `moved`: what is as likely as not or likelier, after what it misses of the bar is added as far as that has not
/// faded.
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
    if grid.hits().is_empty() { own.clone() } else { grid }
}

#[cfg(test)]
mod tests {
    use continuo_models::network::texture::CODE;

    use super::*;

    #[test]
    fn codes_turn_from_the_one_to_the_other() {
        let (code, other) = (drawn(Random::new(1, 0), 0), drawn(Random::new(1, 1), 0));
        let at = |amount| {
            let shift = shift(&code, amount, &other);
            std::array::from_fn::<f32, CODE, _>(|index| code[index] + shift[index])
        };
        assert_eq!(at(0.0), code);
        assert!(at(1.0).iter().zip(&other).all(|(ours, theirs)| (ours - theirs).abs() < 1e-5));
    }
}
