//! What a drummer does, and what it leaves alone.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::controls::{BarSource, Controls, Cymbal, LeadMode};
use crate::improviser::players::rehearsal::{Chart, any_chart};
use crate::improviser::players::seats;
use crate::music::{Kit, Style};
use crate::network::Networks;

fn played(chart: &Chart) -> Vec<NoteCue> {
    let (mut drummer, listener) = (Drummer::default(), Listener::default());
    chart.play(|context, out| {
        drummer.prepare(context, &listener);
        drummer.decide(context, &listener, None, out);
    })
}

fn chart(bars: usize, style: Style) -> Chart {
    Chart::new(&vec!["C"; bars].join("|"), "C major", (4, 4), style)
}

fn with_drums() -> impl Iterator<Item = Style> {
    Style::ALL.into_iter().filter(|style| patterns::of_style(*style).drums.is_some())
}

fn tick(cue: &NoteCue) -> Tick {
    cue.start.ticks() as Tick
}

fn drum(cue: &NoteCue) -> Drum {
    Kit::default().drum_at(cue.key).unwrap()
}

/// The strokes of each bar of 4/4: tick, key, velocity.
fn by_bar(cues: &[NoteCue], bars: Tick) -> Vec<Vec<(Tick, u8, u8)>> {
    let of = |bar: Tick| cues.iter().filter(move |cue| tick(cue).div_euclid(96) == bar);
    (0..bars).map(|bar| of(bar).map(|cue| (tick(cue) - 96 * bar, cue.key, cue.velocity)).collect()).collect()
}

/// A line for each drum of each bar: a sign for each sixteenth or triplet, from `.` over soft (`-`) to loud (`X`).
fn written(chart: &Chart, cues: &[NoteCue]) -> String {
    let bar_ticks = chart.meter.bar_ticks();
    let mut text = String::new();
    for bar in 0..chart.bars {
        let here: Vec<&NoteCue> = cues.iter().filter(|cue| tick(cue).div_euclid(bar_ticks) == bar).collect();
        let drums: BTreeSet<Drum> = here.iter().map(|cue| drum(cue)).collect();
        text += &format!("{}\n", bar + 1);
        for one in drums {
            let sign = |at: Tick| match here.iter().find(|cue| tick(cue) == bar * bar_ticks + at && drum(cue) == one) {
                None => '.',
                Some(cue) if cue.velocity < 45 => '-',
                Some(cue) if cue.velocity < 90 => 'x',
                Some(_) => 'X',
            };
            let grid = (0..bar_ticks).filter(|at| [0, 6, 8, 12, 16, 18].contains(&(at % 24)));
            let row: String =
                grid.map(|at| if at % 24 == 0 { format!(" {}", sign(at)) } else { sign(at).into() }).collect();
            text += &format!("  {:<11}{row}\n", format!("{one:?}"));
        }
    }
    text
}

#[test]
fn each_style_keeps_time_in_its_own_manner() {
    let mut text = String::new();
    for style in with_drums() {
        for (bars, meter) in [(9, (4, 4)), (4, (3, 4)), (4, (6, 8))] {
            let chart = Chart::new(&vec!["C"; bars].join("|"), "C major", meter, style);
            text += &format!("{style}, {}/{}\n{}\n", meter.0, meter.1, written(&chart, &played(&chart)));
        }
    }
    insta::assert_snapshot!(text);
}

/// Checks the places of `drum` in the first bar of two and in the second, wherever `style` is in `idiom`.
fn keeps_clave(style: Style, idiom: &str, clave: Drum, places: [&[Tick]; 2]) {
    let mut seen = 0;
    for seed in 0..24 {
        let mut chart = chart(16, style);
        (chart.controls.seed, chart.controls.fills) = (seed, 0.0);
        if patterns::of_style(style).idioms.of(&chart.context(0)) != Some(idiom) {
            continue;
        }
        seen += 1;
        for (bar, struck) in by_bar(&played(&chart), 16).into_iter().enumerate() {
            let struck: BTreeSet<Tick> = struck
                .into_iter()
                .filter(|(_, key, _)| Kit::default().drum_at(*key) == Some(clave))
                .map(|(at, ..)| at)
                .collect();
            assert!(places[bar % 2].iter().all(|at| struck.contains(at)), "{style}, bar {bar}: {struck:?}");
        }
    }
    assert!(seen > 2, "{style} has the idiom {idiom} now and then");
}

#[test]
fn son_and_bossa_go_on_over_their_claves_of_two_bars() {
    keeps_clave(Style::Latin, "son", Drum::Claves, [&[24, 48], &[0, 36, 72]]);
    keeps_clave(Style::Bossa, "bossa", Drum::SideStick, [&[0, 36, 72], &[24, 60]]);
}

#[test]
fn a_drummer_rests_with_the_band() {
    let chart = chart(4, Style::Jazz);
    let (mut drummer, listener) = (Drummer::default(), Listener::default());
    let cues = chart.play(|context, out| {
        let chord = context.chord.filter(|_| (96..288).contains(&context.tick()));
        drummer.decide(&FrameContext { chord, ..*context }, &listener, None, out);
    });
    let ticks: BTreeSet<Tick> = cues.iter().map(tick).collect();
    assert!(ticks.first() == Some(&96) && ticks.last().is_some_and(|last| *last < 288), "{ticks:?}");
}

#[test]
fn a_drummer_ends_with_the_band() {
    for style in with_drums() {
        let chart = chart(6, style);
        let (mut drummer, listener) = (Drummer::default(), Listener::default());
        let cues = chart.play(|context, out| {
            drummer.decide(&FrameContext { ends: Some(4 * 96), ..*context }, &listener, None, out);
        });
        assert_eq!(cues.last().map(tick), Some(4 * 96), "{style}");
    }
}

#[test]
fn fills_come_where_sections_end_and_nowhere_else() {
    for style in with_drums() {
        for seed in 0..8 {
            let bars = |fills: f32| {
                let mut chart = chart(16, style);
                (chart.controls.seed, chart.controls.fills) = (seed, fills);
                by_bar(&played(&chart), 16)
            };
            let (plain, filled) = (bars(0.0), bars(0.5));
            let others: Vec<usize> = (0..16).filter(|bar| plain[*bar] != filled[*bar]).collect();
            assert!([7, 15].iter().all(|bar| others.contains(bar)), "{style}: {others:?}");
            // The fill, and the bar to which it leads.
            assert!(others.iter().all(|bar| [3, 4, 7, 0].contains(&(bar % 8))), "{style}: {others:?}");
        }
    }
}

#[test]
fn bars_that_are_varied_are_filled_all_the_same() {
    let last_bar = |vary: f32| {
        let mut chart = chart(8, Style::Pop);
        chart.controls.players[Player::Drums].vary = vary;
        let bar = by_bar(&played(&chart), 8).remove(7);
        // Feet go on as they were.
        let is_of_hands = |key: u8| ![Some(Drum::Kick), Some(Drum::PedalHat)].contains(&Kit::default().drum_at(key));
        bar.into_iter().filter(|(at, key, _)| *at >= 72 && is_of_hands(*key)).collect::<Vec<_>>()
    };
    assert_eq!(last_bar(0.5), last_bar(0.0));
}

#[test]
fn a_fill_leads_to_a_crash() {
    for style in [Style::Pop, Style::Blues, Style::Electronic, Style::Game] {
        let mut chart = chart(9, style);
        chart.controls.fill_complexity = 0.5;
        let crash = played(&chart).into_iter().find(|cue| drum(cue) == Drum::Crash);
        assert!(crash.is_some_and(|crash| tick(&crash) % 96 == 0), "{style}");
    }
}

#[test]
fn a_fill_that_people_played_leads_to_a_crash_too() {
    for style in [Style::Pop, Style::Funk] {
        let crashes = (0..8).filter(|seed| {
            let mut chart = chart(9, style);
            (chart.controls.seed, chart.controls.bar_source) = (*seed, BarSource::Played);
            let bars = by_bar(&played(&chart), 9);
            bars[8].iter().any(|(at, key, _)| *at == 0 && Kit::default().drum_at(*key) == Some(Drum::Crash))
        });
        assert!(crashes.count() > 4, "{style}");
    }
}

/// The fills that are written, in the order in which they are played.
fn fills(chart: &Chart) -> Vec<&'static Fill> {
    let (mut drummer, listener, mut fills) = (Drummer::default(), Listener::default(), Vec::new());
    chart.play(|context, out| {
        drummer.prepare(context, &listener);
        drummer.decide(context, &listener, None, out);
        if context.ticks_into_bar() == 0 {
            fills.extend(drummer.filling.map(|filling| filling.fill()));
        }
    });
    fills
}

#[test]
fn no_fill_comes_twice_in_a_row() {
    for (style, seed) in with_drums().flat_map(|style| (0..4).map(move |seed| (style, seed))) {
        let mut chart = chart(32, style);
        chart.controls.seed = seed;
        let fills = fills(&chart);
        let different = |pair: &[&Fill]| !std::ptr::eq(pair[0], pair[1]);
        assert!(fills.len() > 3 && fills.windows(2).all(different), "{style}, seed {seed}");
    }
}

#[test]
fn complex_fills_come_where_they_are_asked_for() {
    for style in with_drums() {
        let complexity = |fill_complexity: f32| {
            let of_seed = |seed| {
                let mut chart = chart(16, style);
                chart.controls = Controls { fill_complexity, seed, ..chart.controls };
                fills(&chart).iter().map(|fill| f32::from(fill.complexity)).sum::<f32>() / fills(&chart).len() as f32
            };
            (0..24).map(of_seed).sum::<f32>() / 24.0
        };
        assert!(complexity(0.0) + 10.0 < complexity(1.0), "{style}: {} and {}", complexity(0.0), complexity(1.0));
    }
}

#[test]
fn a_drummer_fills_before_the_musician_takes_over() {
    let bars = |lead_mode| {
        let mut chart = chart(8, Style::Pop);
        chart.controls.lead_mode = lead_mode;
        by_bar(&played(&chart), 8)
    };
    let (alone, trading) = (bars(LeadMode::Answer), bars(LeadMode::TradeTwos));
    assert!([1, 5].iter().all(|bar| alone[*bar] != trading[*bar]));
}

#[test]
fn density_makes_it_sparse_or_busy() {
    for style in with_drums() {
        let strokes = |density| {
            let strokes = |seed| {
                let mut chart = chart(8, style);
                chart.controls = Controls { density, seed, ..chart.controls };
                played(&chart).len()
            };
            (0..8).map(strokes).sum::<usize>()
        };
        let (sparse, usual, busy) = (strokes(0.0), strokes(0.5), strokes(1.0));
        assert!(sparse < usual && usual < busy, "{style}: {sparse}, {usual}, {busy}");
    }
}

#[test]
fn ghosts_are_soft_and_accents_loud() {
    for style in with_drums() {
        let velocities: BTreeSet<u8> = played(&chart(16, style)).iter().map(|cue| cue.velocity).collect();
        let (softest, loudest) = (velocities.first().unwrap(), velocities.last().unwrap());
        assert!(loudest - softest >= 35 && velocities.len() >= 5, "{style}: {velocities:?}");
    }
}

#[test]
fn the_knob_of_loudness_moves_every_stroke() {
    let velocities = |drums_loudness| {
        let mut chart = chart(8, Style::Pop);
        chart.controls.drums_loudness = drums_loudness;
        played(&chart).iter().map(|cue| u32::from(cue.velocity)).sum::<u32>()
    };
    assert!(velocities(0.0) < velocities(0.5) && velocities(0.5) < velocities(1.0));
}

#[test]
fn time_is_kept_on_the_cymbal_that_is_asked_for() {
    for style in with_drums() {
        let drums = |cymbal| -> BTreeSet<Drum> {
            let mut chart = chart(16, style);
            (chart.controls.cymbal, chart.controls.fills) = (Some(cymbal), 0.0);
            played(&chart).iter().map(drum).collect()
        };
        assert!(drums(Cymbal::Ride).is_disjoint(&[Drum::ClosedHat, Drum::OpenHat].into()), "{style}");
        assert!(drums(Cymbal::HiHat).is_disjoint(&[Drum::Ride, Drum::RideBell].into()), "{style}");
    }
}

#[test]
fn brushes_and_sticks_take_each_others_place() {
    for drum in Drum::ALL {
        let held = |beaters| beaters::held(stroke(0, drum), None, Some(beaters)).map(|stroke| stroke.touch);
        assert!(![Some(Drum::Snare), Some(Drum::SideStick)].contains(&held(Beaters::Brushes)));
        assert!(![Some(Drum::BrushTap), Some(Drum::BrushSwirl)].contains(&held(Beaters::Sticks)));
    }
}

/// What `players` play together.
fn together(chart: &Chart, players: &[Player]) -> Vec<NoteCue> {
    let mut band = seats::all(&Networks::default());
    band.retain(|seat| players.contains(&seat.player));
    let mut chart = chart.clone();
    for (player, own) in chart.controls.players.iter_mut() {
        own.on = players.contains(&player);
    }
    chart.play(|context, out| {
        let mut notes = Vec::new();
        seats::decide(&mut band, context, &Listener::default(), &mut notes);
        out.append(&mut notes);
    })
}

/// In how many places where `player` strikes one of `drums` is struck, of 16 charts.
fn shared(style: Style, player: Player, drums: &[Drum], players: &[Player], where_: impl Fn(Tick) -> bool) -> usize {
    let shared = |seed| {
        let mut chart = chart(16, style);
        (chart.controls.seed, chart.controls.density) = (seed, 0.7);
        let own: BTreeSet<Tick> = together(&chart, &[player]).iter().map(tick).filter(|at| where_(*at)).collect();
        let cues = together(&chart, players);
        let struck = cues.iter().filter(|cue| cue.player == Player::Drums && drums.contains(&drum(cue)));
        struck.map(tick).collect::<BTreeSet<_>>().intersection(&own).count()
    };
    (0..16).map(shared).sum()
}

#[test]
fn the_kick_joins_bass_off_the_beat() {
    for style in [Style::Pop, Style::Electronic, Style::Latin] {
        let shared = |players: &[Player]| shared(style, Player::Bass, &[Drum::Kick], players, |at| at % 24 != 0);
        let (alone, with_bass) = (shared(&[Player::Drums]), shared(&[Player::Bass, Player::Drums]));
        assert!(with_bass > alone, "{style}: {with_bass} with Bass, {alone} without");
    }
}

#[test]
fn the_snare_makes_way_for_chords() {
    let shared = |players: &[Player]| shared(Style::Jazz, Player::Chords, &[Drum::Snare], players, |_| true);
    let (alone, with_chords) = (shared(&[Player::Drums]), shared(&[Player::Chords, Player::Drums]));
    assert!(with_chords < alone, "{with_chords} with Chords, {alone} without");
}

#[test]
fn nobody_plays_otherwise_for_the_drummer() {
    for style in Style::ALL {
        let others = |players: &[Player]| -> Vec<NoteCue> {
            let cues = together(&chart(8, style), players);
            cues.into_iter().filter(|cue| cue.player != Player::Drums).collect()
        };
        let band = [Player::Chords, Player::Bass, Player::Lead];
        assert_eq!(others(&band), others(&[&band[..], &[Player::Drums]].concat()), "{style}");
    }
}

#[test]
fn a_drummer_strikes_harder_where_the_musician_strikes_bar_for_bar() {
    let mut onsets = Onsets::default();
    let position = chart(4, Style::Pop).context(0).position;
    for bar in 0..4 {
        onsets.fade();
        onsets.hear(Some(96 * bar + 37), 96 * bar, position);
    }
    assert!(onsets.accent(36) >= 6 && onsets.accent(48) == 0);
    (0..4).for_each(|_| onsets.fade());
    assert_eq!(onsets.accent(36), 0, "what was long ago is forgotten");
}

proptest! {
    #[test]
    fn it_strikes_nothing_outside_its_kit_and_nothing_twice(
        mut chart in any_chart(), kit in prop::sample::select(Kit::ALL.to_vec()),
        fills in 0f32..=1.0, fill_complexity in 0f32..=1.0, beaters in prop::option::of(Just(Beaters::Brushes)),
    ) {
        chart.controls = Controls { kit, fills, fill_complexity, beaters, ..chart.controls };
        let kit = Drum::ALL.map(|drum| kit.key_of(drum));
        let mut struck = BTreeSet::new();
        for cue in played(&chart) {
            prop_assert!(kit.contains(&cue.key) && (1..128).contains(&cue.velocity) && cue.length.0 > 0);
            prop_assert_eq!(cue.start, Moment::from_tick(tick(&cue)));
            prop_assert!(struck.insert((cue.start.0, cue.key)), "{cue:?}");
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

    #[test]
    fn the_same_take_twice_is_the_same(chart in any_chart()) {
        prop_assert_eq!(played(&chart), played(&chart));
    }
}
