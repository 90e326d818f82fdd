//! The band learns the tune: when it comes again, its chords are known.

mod common;

use std::sync::Arc;

use common::{networks, rules, watch};
use continuo_models::music::{Chart, Frame, SlashChord, Tick};
use continuo_models::{Controls, Heard, Improviser};

const BAR: Frame = 16;
/// The bars of the tune.
const BARS: usize = 8;
/// Four quarter notes a bar.
const TUNE: [[u8; 4]; BARS] = [
    [60, 64, 67, 64],
    [69, 65, 69, 72],
    [71, 67, 62, 67],
    [72, 67, 64, 60],
    [69, 64, 60, 64],
    [62, 65, 69, 65],
    [67, 71, 74, 71],
    [72, 71, 69, 67],
];
/// Bars of another tune, in another key.
const ELSEWHERE: [u8; 4] = [66, 70, 73, 68];

/// These bars from the first on.
fn played(bars: impl IntoIterator<Item = [u8; 4]>) -> Vec<Heard> {
    let quarter = |(number, key): (Tick, u8)| {
        let (tick, end) = (24 * number, 24 * number + 20);
        [Heard::NoteOn { tick, channel: 0, key, velocity: 80 }, Heard::NoteOff { tick: end, channel: 0, key }]
    };
    (0..).zip(bars.into_iter().flatten()).flat_map(quarter).collect()
}

fn choruses(count: usize) -> Vec<[u8; 4]> {
    TUNE.repeat(count)
}

/// The frames in which these bars are decided.
fn frames(bars: usize) -> std::ops::Range<Frame> {
    -1..bars as Frame * BAR - 1
}

/// The harmony of each frame while `events` are played, and whether it is one that the band knew.
fn harmonies(
    improviser: &mut Improviser,
    events: &[Heard],
    bars: usize,
    controls: Controls,
) -> Vec<(Option<SlashChord>, bool)> {
    let show = |improviser: &Improviser| (improviser.harmony().slash_chord(), improviser.outlook().bars.is_some());
    watch(improviser, events, frames(bars), controls, show)
}

/// In how many frames of each bar the band knew what comes.
fn known(harmonies: &[(Option<SlashChord>, bool)]) -> Vec<usize> {
    harmonies.chunks(BAR as usize).map(|bar| bar.iter().filter(|(_, known)| *known).count()).collect()
}

/// A band that plays these chords whatever it hears.
fn bound_by(chart: &Chart) -> Improviser {
    let mut chart = Chart { first_bar: 0, ..chart.clone() };
    chart.bars.iter_mut().for_each(|bar| bar.is_locked = true);
    let mut improviser = Improviser::new(networks());
    improviser.follow_chart(Arc::new(chart));
    improviser
}

fn open_form() -> Arc<Chart> {
    Arc::new(Chart::read(&"| _ ".repeat(BARS)).0)
}

#[test]
fn a_tune_that_comes_again_is_known_after_three_bars_and_gets_the_chords_that_were_learned() {
    let mut improviser = Improviser::new(networks());
    let first = harmonies(&mut improviser, &played(choruses(2)), 2 * BARS, Controls::default());
    let known = known(&first);
    assert!(known[..BARS].iter().all(|&frames| frames == 0), "{known:?}");
    assert!(known[BARS + 3..].iter().all(|&frames| frames == BAR as usize), "{known:?}");
    let learned = improviser.learned().expect("a chorus was learned");
    assert_eq!((learned.bars.len(), learned.first_bar), (BARS, 0));

    let given = harmonies(&mut bound_by(learned), &played(choruses(1)), BARS, Controls::default());
    for frame in 3 * BAR as usize..BARS * BAR as usize {
        assert_eq!(first[BARS * BAR as usize + frame].0, given[frame].0, "frame {frame}");
    }
}

#[test]
fn a_form_that_is_given_is_known_from_the_first_bar_of_the_second_chorus_on() {
    let mut improviser = Improviser::new(networks());
    improviser.follow_chart(open_form());
    let learning = harmonies(&mut improviser, &played(choruses(2)), 2 * BARS, Controls::default());
    let mut online = Improviser::new(networks());
    online.follow_chart(open_form());
    let controls = Controls { learn_tune: false, ..Controls::default() };
    let online = harmonies(&mut online, &played(choruses(2)), 2 * BARS, controls);
    let (one, two) = learning.split_at(BARS * BAR as usize);
    assert_eq!(one, online.split_at(BARS * BAR as usize).0, "the first time there is nothing to know");
    let learned = improviser.learned().expect("a chorus was learned");
    let given = harmonies(&mut bound_by(learned), &played(choruses(1)), BARS, Controls::default());
    let agree = (4..two.len()).filter(|&frame| two[frame].0 == given[frame].0).count();
    assert_eq!(agree, two.len() - 4, "from the second beat on");
}

#[test]
fn who_plays_something_else_is_followed_within_a_beat_and_finds_the_chart_again() {
    let mut bars = choruses(3);
    let away = 2 * BARS + 2..2 * BARS + 5;
    bars[away.clone()].fill(ELSEWHERE);
    let mut improviser = Improviser::new(networks());
    let known = known(&harmonies(&mut improviser, &played(bars), 3 * BARS, Controls::default()));
    let full = BAR as usize;
    assert_eq!(known[away.start - 1], full, "{known:?}");
    assert!(known[away.start] <= 6 && known[away.start + 1] == 0, "{known:?}");
    assert!(known[away.end..away.end + 2].iter().any(|&frames| frames > 0), "{known:?}");
    assert_eq!(known[away.end + 2], full, "{known:?}");
}

#[test]
fn what_was_changed_is_learned_with_the_next_chorus() {
    let mut bars = choruses(4);
    for chorus in 1..4 {
        bars[chorus * BARS + 4..chorus * BARS + 8].fill(ELSEWHERE);
    }
    let mut improviser = Improviser::new(networks());
    improviser.follow_chart(open_form());
    let learned = |improviser: &Improviser| improviser.learned().cloned();
    let charts = watch(&mut improviser, &played(bars), frames(4 * BARS), Controls::default(), learned);
    let mut charts: Vec<Arc<Chart>> = charts.into_iter().flatten().collect();
    charts.dedup();
    assert!(charts.len() >= 2, "{charts:?}");
    let [before, after] = [&charts[0], &charts[charts.len() - 1]].map(|chart| &chart.bars);
    assert_ne!(before[5].content, after[5].content);
}

#[test]
fn without_a_network_or_when_it_is_not_wanted_nothing_is_learned() {
    let off = Controls { learn_tune: false, ..Controls::default() };
    for (networks, controls) in [(rules(), Controls::default()), (networks(), off)] {
        let mut improviser = Improviser::new(networks);
        let harmonies = harmonies(&mut improviser, &played(choruses(3)), 3 * BARS, controls);
        assert!(known(&harmonies).iter().all(|&frames| frames == 0));
        assert!(improviser.learned().is_none());
    }
}

#[test]
fn the_same_tune_higher_is_learned_as_much_higher() {
    let higher = choruses(2).into_iter().map(|bar| bar.map(|key| key + 6));
    let [here, there] = [played(choruses(2)), played(higher)]
        .map(|events| harmonies(&mut Improviser::new(networks()), &events, 2 * BARS, Controls::default()));
    let moved = here.iter().map(|&(chord, known)| (chord.map(|chord| chord.transposed(6)), known));
    assert!(moved.eq(there));
}

#[test]
fn a_song_that_begins_anew_is_learned_anew() {
    let mut improviser = Improviser::new(networks());
    harmonies(&mut improviser, &played(choruses(2)), 2 * BARS, Controls::default());
    assert!(improviser.learned().is_some());
    improviser.restart();
    assert!(improviser.learned().is_none());
}

#[test]
fn a_form_too_long_to_be_heard_at_once_is_not_learned() {
    for (bars, is_learned) in [(64, true), (128, false)] {
        let mut improviser = Improviser::new(networks());
        improviser.follow_chart(Arc::new(Chart::read(&"| _ ".repeat(bars)).0));
        harmonies(&mut improviser, &played(choruses(bars / BARS)), bars + 1, Controls::default());
        assert_eq!(improviser.learned().is_some_and(|chart| chart.bars.len() == bars), is_learned, "{bars} bars");
    }
}

#[test]
fn silence_and_noise_do_no_harm() {
    let noise = (0..400).map(|n: u32| (n * n * 7 % 31) as u8 + 50).collect::<Vec<_>>();
    let bars = noise.chunks(4).map(|bar| [bar[0], bar[1], bar[2], bar[3]]);
    for events in [Vec::new(), played(bars)] {
        harmonies(&mut Improviser::new(networks()), &events, 110, Controls::default());
    }
}
