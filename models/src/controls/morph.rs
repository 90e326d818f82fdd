//! What lies between two settings of everything.

use crate::music::Style;

use super::parameter::{Morph, Parameter};
use super::{Controls, PARAMETERS, PLAYER_PARAMETERS, in_range};

/// From `from` (`share` 0) to `to` (1), exact at both ends.
fn between(from: f32, to: f32, share: f32) -> f32 {
    if share < 0.5 { from + (to - from) * share } else { to - (to - from) * (1.0 - share) }
}

/// Puts what moves evenly of `parameters` between the `ends`.
fn mix<C: Default>(parameters: &[Parameter<C>], ends: [&C; 2], share: f32, mixed: &mut C) {
    for parameter in parameters.iter().filter(|parameter| parameter.morph == Morph::Evenly) {
        let [from, to] = ends.map(|end| parameter.of(end) as f32);
        parameter.put(mixed, between(from, to, share).into());
    }
}

impl Controls {
    /// What lies between `self` (`share` 0) and `other` (1), as each parameter's [`Morph`] says. Styles are blended
    /// where two styles suffice for that.
    pub fn morphed(&self, other: &Self, share: f32) -> Self {
        let share = in_range(share, 0.0..=1.0, 0.0);
        let nearer = if share < 0.5 { self } else { other };
        if share == 0.0 || share == 1.0 {
            return *nearer;
        }
        let mut between = *nearer;
        (between.style_a, between.style_b, between.style_blend) = self.styles_between(other, share);
        mix(PARAMETERS, [self, other], share, &mut between);
        for (player, mixed) in between.players.iter_mut() {
            mix(PLAYER_PARAMETERS, [self.player(player), other.player(player)], share, mixed);
        }
        between
    }

    /// The only style that these controls let the band play, if there is one.
    fn pure_style(&self) -> Option<Style> {
        match self.style_blend {
            blend if blend <= 0.0 || self.style_a == self.style_b => Some(self.style_a),
            blend if blend >= 1.0 => Some(self.style_b),
            _ => None,
        }
    }

    /// Two styles and how they blend. The band knows no blend of three: where there would be one, the styles switch in
    /// the middle.
    fn styles_between(&self, other: &Self, share: f32) -> (Style, Style, f32) {
        if (self.style_a, self.style_b) == (other.style_a, other.style_b) {
            return (self.style_a, self.style_b, between(self.style_blend, other.style_blend, share));
        }
        if let (Some(from), Some(to)) = (self.pure_style(), other.pure_style()) {
            return (from, to, share);
        }
        let nearer = if share < 0.5 { self } else { other };
        (nearer.style_a, nearer.style_b, nearer.style_blend)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::controls::tests::any_controls as controls;

    /// What moves evenly, each from 0 to 1.
    fn dials(controls: &Controls) -> Vec<f32> {
        fn of<C: Default>(parameters: &[Parameter<C>], controls: &C) -> Vec<f32> {
            let even = parameters.iter().filter(|parameter| parameter.morph == Morph::Evenly);
            even.map(|parameter| {
                let (least, most) = parameter.about.kind.range();
                ((parameter.of(controls) - least) / (most - least)) as f32
            })
            .collect()
        }
        let players = controls.players.iter().flat_map(|(_, player)| of(PLAYER_PARAMETERS, player));
        of(PARAMETERS, controls).into_iter().chain(players).collect()
    }

    /// How much of each style the band plays.
    fn weights(controls: &Controls) -> Vec<f32> {
        let weight = |style| {
            let (a, b) = (controls.style_a == style, controls.style_b == style);
            f32::from(a) * (1.0 - controls.style_blend) + f32::from(b) * controls.style_blend
        };
        Style::ALL.into_iter().map(weight).collect()
    }

    /// Everything that switches, of `from` with the dials and styles of `like`.
    fn switches(from: &Controls, like: &Controls) -> Controls {
        fn mix<C: Default>(parameters: &[Parameter<C>], like: &C, controls: &mut C) {
            for parameter in parameters.iter().filter(|parameter| parameter.morph != Morph::AtHalf) {
                parameter.put(controls, parameter.of(like));
            }
        }
        let mut controls = *from;
        mix(PARAMETERS, like, &mut controls);
        for (player, own) in controls.players.iter_mut() {
            mix(PLAYER_PARAMETERS, like.player(player), own);
        }
        controls
    }

    proptest! {
        #[test]
        fn the_ends_are_exact(from in controls(), to in controls()) {
            prop_assert_eq!(from.morphed(&to, 0.0), from);
            prop_assert_eq!(from.morphed(&to, 1.0), to);
            prop_assert_eq!(from.morphed(&to, -3.0), from);
            prop_assert_eq!(from.morphed(&to, f32::NAN), from);
        }

        #[test]
        fn between_equals_nothing_moves(controls in controls(), share in 0.0f32..=1.0) {
            prop_assert_eq!(controls.morphed(&controls, share), controls);
        }

        #[test]
        fn what_is_continuous_lies_between_and_moves_evenly(
            from in controls(), to in controls(), share in 0.0f32..1.0, step in 0.0f32..0.1
        ) {
            let (here, there) = (from.morphed(&to, share), from.morphed(&to, share + step));
            let ends = dials(&from).into_iter().zip(dials(&to));
            for ((here, there), (from, to)) in dials(&here).into_iter().zip(dials(&there)).zip(ends) {
                prop_assert!((from.min(to)..=from.max(to)).contains(&here));
                prop_assert!((there - here).abs() <= step + 1e-5);
            }
        }

        #[test]
        fn what_is_chosen_switches_in_the_middle_and_stays_in_range(
            from in controls(), to in controls(), share in 0.0f32..1.0
        ) {
            let here = from.morphed(&to, share);
            prop_assert_eq!(switches(if share < 0.5 { &from } else { &to }, &here), here);
            prop_assert_eq!(here.sensible(), here);
        }

        #[test]
        fn one_style_passes_evenly_into_another(
            from in controls(), to in controls(), share in 0.0f32..1.0, step in 0.0f32..0.1
        ) {
            let from = Controls { style_blend: 0.0, ..from };
            let to = Controls { style_blend: 1.0, ..to };
            let (here, there) = (from.morphed(&to, share), from.morphed(&to, share + step));
            for (here, there) in weights(&here).into_iter().zip(weights(&there)) {
                prop_assert!((there - here).abs() <= step + 1e-5);
            }
        }
    }
}
