//! What lies between two settings of everything.

use crate::music::Style;

use super::{Controls, in_range};

/// From `from` (`share` 0) to `to` (1), exact at both ends.
fn between(from: f32, to: f32, share: f32) -> f32 {
    if share < 0.5 { from + (to - from) * share } else { to - (to - from) * (1.0 - share) }
}

impl Controls {
    /// What lies between `self` (`share` 0) and `other` (1). What is continuous moves evenly; what goes in steps or is
    /// chosen from a list switches in the middle. Styles are blended where two styles suffice for that.
    pub fn morphed(&self, other: &Self, share: f32) -> Self {
        let share = in_range(share, 0.0..=1.0, 0.0);
        let nearer = if share < 0.5 { self } else { other };
        if share == 0.0 || share == 1.0 {
            return *nearer;
        }
        let (style_a, style_b, style_blend) = self.styles_between(other, share);
        let mut players = nearer.players;
        for (player, settings) in players.iter_mut() {
            settings.density = between(self.player(player).density, other.player(player).density, share);
        }
        let between = |of: fn(&Self) -> f32| between(of(self), of(other), share);
        Self {
            style_a,
            style_b,
            style_blend,
            temperature: between(|controls| controls.temperature),
            follow: between(|controls| controls.follow),
            wait: between(|controls| controls.wait),
            motif: between(|controls| controls.motif),
            memory: between(|controls| controls.memory),
            density: between(|controls| controls.density),
            humanise: between(|controls| controls.humanise),
            swing: between(|controls| controls.swing),
            players,
            ..*nearer
        }
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
    use crate::controls::{FORMS, LeadMode, Manner, Player};
    use crate::music::{Key, Mode};

    prop_compose! {
        fn controls()(dials in prop::array::uniform12(0.0f32..=1.0), picks in prop::array::uniform8(0u8..=255)) -> Controls {
            let style = |pick: u8| Style::ALL[usize::from(pick) % Style::ALL.len()];
            let mut controls = Controls {
                style_a: style(picks[0]),
                style_b: style(picks[1]),
                style_blend: if picks[2] & 1 == 0 { dials[0].round() } else { dials[0] },
                temperature: 2.0 * dials[1],
                follow: dials[2],
                wait: 60.0 * dials[3],
                motif: dials[4],
                memory: dials[5],
                density: dials[6],
                humanise: dials[7],
                swing: dials[8],
                chord_rate: (picks[3] & 1 == 0).then_some(picks[3] % 5),
                key_lock: picks[4] & 1 == 0,
                key: Key { tonic: picks[4] % 12, mode: if picks[4] & 2 == 0 { Mode::Major } else { Mode::Minor } },
                scale: u16::from(picks[5]),
                form: FORMS.get(usize::from(picks[5] % 5)).copied(),
                commit: 1 + picks[6] % 16,
                manner: [None, Some(Manner::Broken), Some(Manner::Strummed)][usize::from(picks[6] % 3)],
                lead_mode: [LeadMode::Answer, LeadMode::Fills, LeadMode::TradeFours][usize::from(picks[7] % 3)],
                max_leap: 2 + picks[7] % 23,
                seed: u32::from(picks[7]),
                ..Controls::default()
            };
            for (player, settings) in controls.players.iter_mut() {
                let n = player as usize;
                settings.on = picks[n] & 4 == 0;
                settings.density = dials[8 + n % 4];
                settings.channel = picks[n] & 15;
            }
            controls
        }
    }

    fn dials(controls: &Controls) -> Vec<f32> {
        let own = [
            controls.temperature / 2.0,
            controls.follow,
            controls.wait / 60.0,
            controls.motif,
            controls.memory,
            controls.density,
            controls.humanise,
            controls.swing,
        ];
        own.into_iter().chain(controls.players.iter().map(|(_, player)| player.density)).collect()
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
        let mut players = from.players;
        for player in Player::ALL {
            players[player].density = like.player(player).density;
        }
        let Controls { style_a, style_b, style_blend, temperature, follow, wait, motif, memory, density, .. } = *like;
        let (humanise, swing) = (like.humanise, like.swing);
        Controls {
            style_a,
            style_b,
            style_blend,
            temperature,
            follow,
            wait,
            motif,
            memory,
            density,
            humanise,
            swing,
            players,
            ..*from
        }
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
