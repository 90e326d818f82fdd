//! The drummer.

use super::groove::Groove;
use super::patterns;
use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::plays::{BassKeys, Plays};
use crate::music::{Moment, Tick};
use crate::score::NoteCue;

/// How long a stroke sounds, in ticks: a drum rings as it will.
const LENGTH: Tick = 6;

/// Keeps time in the patterns of the style, as long as the band has a chord: it begins with the band, and rests with it.
#[derive(Clone, Debug, Default)]
pub struct Drummer {
    groove: Groove,
}

impl Plays for Drummer {
    fn decide(&mut self, context: &FrameContext, _: &Listener, _: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let Some(patterns) = &patterns::of_style(context.style).drums else { return };
        self.groove.follow(context, patterns, Player::Drums, Purpose::Drums);
        if context.chord.is_none() {
            return;
        }
        for (_, at, stroke) in self.groove.strokes(context, patterns, Purpose::Drums).due() {
            out.push(NoteCue {
                player: Player::Drums,
                channel: context.controls.player(Player::Drums).channel,
                key: context.controls.kit.key_of(stroke.touch),
                velocity: stroke.loudness(context.touch).clamp(8, 127) as u8,
                start: Moment::from_tick(at),
                length: Moment::from_tick(LENGTH),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::improviser::players::rehearsal::{Chart, any_chart};
    use crate::music::{Drum, Kit, Style};
    use proptest::prelude::*;

    fn played(chart: &Chart) -> Vec<NoteCue> {
        let (mut drummer, listener) = (Drummer::default(), Listener::default());
        chart.play(|context, out| drummer.decide(context, &listener, None, out))
    }

    #[test]
    fn a_drummer_rests_with_the_band() {
        let chart = Chart::new("C | C | C | C", "C major", (4, 4), Style::Jazz);
        let (mut drummer, listener) = (Drummer::default(), Listener::default());
        let cues = chart.play(|context, out| {
            let chord = context.chord.filter(|_| (96..288).contains(&context.tick()));
            drummer.decide(&FrameContext { chord, ..*context }, &listener, None, out);
        });
        let ticks: BTreeSet<Tick> = cues.iter().map(|cue| cue.start.ticks() as Tick).collect();
        assert_eq!((ticks.first(), ticks.last()), (Some(&96), Some(&276)));
    }

    proptest! {
        #[test]
        fn it_strikes_nothing_outside_its_kit(mut chart in any_chart(), kit in prop::sample::select(Kit::ALL.to_vec())) {
            chart.controls.kit = kit;
            let kit = Drum::ALL.map(|drum| kit.key_of(drum));
            for cue in played(&chart) {
                prop_assert!(kit.contains(&cue.key) && (8..128).contains(&cue.velocity) && cue.length.0 > 0);
            }
        }

        #[test]
        fn no_drum_changes_where_the_harmony_the_lock_or_the_register_does(chart in any_chart()) {
            let mut other = chart.clone();
            other.changes.iter_mut().for_each(|change| change.1 = change.1.transposed(5));
            other.controls.key_lock = !other.controls.key_lock;
            other.controls.players.iter_mut().for_each(|(_, player)| player.register = -player.register);
            prop_assert_eq!(played(&chart), played(&other));
        }
    }
}
