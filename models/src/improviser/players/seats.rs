//! Who plays what the worker plans.

use super::accompaniment::bassist::Bassist;
use super::accompaniment::comper::Comper;
use super::accompaniment::drummer::Drummer;
#[cfg(feature = "guest-player")]
use super::clave::Clave;
use super::context::FrameContext;
use super::plays::Plays;
use super::soloist::Soloist;
use crate::controls::Player;
use crate::improviser::listening::Listener;
use crate::network::Networks;
use crate::score::NoteCue;

/// A player and its part.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Whose seat it is.
    pub player: Player,
    /// Who sits there.
    pub plays: Box<dyn Plays>,
}

/// Who plays for each player that is planned, in the order in which they decide: Bass before Chords, so that Chords
/// knows over which line it sings, and Drums after them. They have played nothing.
pub fn all(networks: &Networks) -> Vec<Seat> {
    let seat = |player, plays| Seat { player, plays };
    vec![
        seat(Player::Bass, Box::new(Bassist::new(networks))),
        seat(Player::Chords, Box::new(Comper::new(networks))),
        seat(Player::Lead, Box::new(Soloist::new(networks))),
        seat(Player::Drums, Box::new(Drummer::new(networks))),
        #[cfg(feature = "guest-player")]
        seat(Player::Clave, Box::<Clave>::default()),
    ]
}

/// Appends what they all begin in the frame to `out`, in the order of the players' table.
pub fn decide(seats: &mut [Seat], context: &FrameContext, listener: &Listener, out: &mut Vec<NoteCue>) {
    let first = out.len();
    let mut bass = None;
    for Seat { player, plays } in seats {
        if context.controls.player(*player).on {
            plays.decide(context, listener, bass, out);
            bass = plays.bass_keys().or(bass);
        } else {
            plays.rest(context);
        }
    }
    out[first..].sort_by_key(|note| note.player as usize);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::players::rehearsal::Chart;
    use crate::music::leading::{crossings, parallels};
    use crate::music::{Style, Tick};
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    #[test]
    fn everyone_who_is_planned_has_a_seat() {
        let mut seated: Vec<Player> = all(&Networks::default()).into_iter().map(|seat| seat.player).collect();
        seated.sort_unstable_by_key(|player| *player as usize);
        assert_eq!(seated, Player::planned().collect::<Vec<_>>());
    }

    /// What Bass and Chords play.
    fn played(chart: &Chart) -> Vec<NoteCue> {
        let mut seats = all(&Networks::default());
        seats.retain(|seat| seat.player.kind().is_accompaniment);
        chart.play(|context, out| decide(&mut seats, context, &Listener::default(), out))
    }

    /// The four parts at each tick at which one of them begins: a part that is silent has the note that it had.
    fn sonorities(cues: &[NoteCue]) -> Vec<(Tick, Vec<u8>)> {
        let mut ticks: Vec<Tick> = cues.iter().map(|cue| cue.start.ticks() as Tick).collect();
        ticks.sort_unstable();
        ticks.dedup();
        let (mut bass, mut chord) = (Vec::new(), Vec::new());
        let mut heard = Vec::new();
        for tick in ticks {
            let now = |player| cues.iter().filter(move |cue| cue.player == player && cue.start.ticks() as Tick == tick);
            let keys = |player| now(player).map(|cue| cue.key).collect::<Vec<u8>>();
            for (part, keys) in [(&mut bass, keys(Player::Bass)), (&mut chord, keys(Player::Chords))] {
                if !keys.is_empty() {
                    *part = keys;
                }
            }
            heard.push((tick, [bass.clone(), chord.clone()].concat()));
        }
        heard.retain(|(_, parts)| parts.len() == 4);
        heard
    }

    /// Hymns in all keys: chords of a key, two to the bar or one.
    fn any_hymn() -> impl Strategy<Value = Chart> {
        let chords = ["C", "Dm", "Em", "F", "G", "Am", "G7", "Dm7", "C", "F", "G", "Am", "D7", "E7", "A7", "Gsus4"];
        let chords = prop::collection::vec(prop::sample::select(chords.to_vec()), 4..16);
        (chords, 0u8..12, any::<u32>(), 0f32..=1.0, any::<bool>(), 1usize..3).prop_map(
            |(chords, up, seed, density, foreseen, to_the_bar)| {
                let bars: Vec<String> = chords.chunks(to_the_bar).map(|chords| chords.join(" ")).collect();
                let mut chart = Chart::new(&bars.join(" | "), "C major", (4, 4), Style::Hymn);
                chart.key.tonic = up;
                chart.changes.iter_mut().for_each(|change| change.1 = change.1.transposed(up.into()));
                (chart.controls.seed, chart.controls.density, chart.foreseen) = (seed, density, foreseen);
                chart
            },
        )
    }

    #[test]
    fn a_hymn_has_three_voices_over_the_bass() {
        let chart = Chart::new("C | F | G7 | C Am | Dm | G | C", "C major", (4, 4), Style::Hymn);
        let heard = sonorities(&played(&chart));
        assert!(heard.len() >= 7, "{}", chart.written(&played(&chart)));
        assert!(heard.iter().all(|(_, parts)| crossings(parts) == 0));
    }

    /// The voicings are exact as far as one chord ahead; with the turns that come as a surprise, almost no change has a
    /// parallel, and parts never cross.
    #[test]
    fn hymns_have_almost_no_parallels_and_no_crossed_parts() {
        let mut runner = TestRunner::deterministic();
        let (mut changes, mut errors) = (0, 0);
        for _ in 0..300 {
            let chart = any_hymn().new_tree(&mut runner).unwrap().current();
            let cues = played(&chart);
            let heard = sonorities(&cues);
            assert!(heard.iter().all(|(_, parts)| crossings(parts) == 0), "{}", chart.written(&cues));
            errors += heard.windows(2).map(|pair| parallels(&pair[0].1, &pair[1].1).forbidden()).sum::<usize>();
            changes += chart.changes.len() - 1;
        }
        assert!(50 * errors <= changes, "{errors} parallels in {changes} changes");
    }
}
