//! Each style as its players know it: what makes a walking bass, a clave or a backbeat, in patterns and in what people
//! played.

use std::collections::BTreeSet;

use super::patterns;
use crate::controls::{BarSource, Player};
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::rehearsal::Chart;
use crate::improviser::players::seats;
use crate::music::{Drum, Kit, Style, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

/// Takes of each idiom.
const TAKES: usize = 12;
/// Chords for 16 bars, which are one section.
const CHANGES: &str = "C | Am7 | Dm7 | G7 | C | E7 | Am | D7 | Dm7 | G7 | C | F | Dm7 | G7 | C | G7";
/// Sixteenths of a bar, and its beats.
const BAR: Tick = 96;
const BEATS: [Tick; 4] = [0, 24, 48, 72];
const SNARES: [Drum; 4] = [Drum::Snare, Drum::SideStick, Drum::BrushTap, Drum::Clap];
const TIME: [Drum; 5] = [Drum::ClosedHat, Drum::OpenHat, Drum::PedalHat, Drum::Ride, Drum::RideBell];
const SOURCES: [BarSource; 2] = [BarSource::Library, BarSource::Played];

/// A band's take, without fills.
struct Take {
    chart: Chart,
    cues: Vec<NoteCue>,
}

impl Take {
    fn of(chart: Chart, melody: impl Fn(Tick) -> Option<u8>) -> Self {
        let mut band = seats::all(&Networks::default());
        band.retain(|seat| seat.player != Player::Lead);
        let cues = chart.play(|context, out| {
            let context = FrameContext { melody: melody(context.tick()), ..*context };
            band.iter_mut().for_each(|seat| seat.plays.prepare(&context, &Listener::default()));
            let mut notes = Vec::new();
            seats::decide(&mut band, &context, &Listener::default(), &mut notes);
            out.append(&mut notes);
        });
        Self { chart, cues }
    }

    /// The notes of a bar that are meant, with the tick in it.
    fn notes<'a>(
        &'a self,
        bar: Tick,
        is_meant: impl Fn(&NoteCue) -> bool + 'a,
    ) -> impl Iterator<Item = (Tick, &'a NoteCue)> {
        let cues = self.cues.iter().map(move |cue| (cue.start.ticks() as Tick - BAR * bar, cue));
        cues.filter(move |(at, cue)| (0..BAR).contains(at) && is_meant(cue))
    }

    /// Where the player strikes in a bar.
    fn of_player(&self, bar: Tick, player: Player) -> BTreeSet<Tick> {
        self.notes(bar, |cue| cue.player == player).map(|(at, _)| at).collect()
    }

    /// Whether the player strikes as the bar begins, or ahead of it.
    fn begins(&self, bar: Tick, player: Player) -> bool {
        let is_ahead = |at: &Tick| *at >= 72;
        self.of_player(bar, player).contains(&0) || self.of_player(bar - 1, player).iter().any(is_ahead)
    }

    /// Where one of `drums` is struck in a bar.
    fn of_drums(&self, bar: Tick, drums: &[Drum]) -> BTreeSet<Tick> {
        let is_one = |cue: &NoteCue| drum(cue).is_some_and(|drum| drums.contains(&drum));
        self.notes(bar, is_one).map(|(at, _)| at).collect()
    }
}

fn drum(cue: &NoteCue) -> Option<Drum> {
    Kit::default().drum_at(cue.key).filter(|_| cue.player == Player::Drums)
}

/// Takes of `style` in `idiom`, if it has such.
fn takes(style: Style, idiom: Option<&str>, source: BarSource) -> Vec<Take> {
    takes_under(style, idiom, source, |_| None)
}

/// The same under a melody.
fn takes_under(style: Style, idiom: Option<&str>, source: BarSource, melody: fn(Tick) -> Option<u8>) -> Vec<Take> {
    let charts = (1..200).filter_map(|seed| {
        let mut chart = Chart::new(CHANGES, "C major", (4, 4), style);
        (chart.controls.seed, chart.controls.bar_source, chart.controls.fills) = (seed, source, 0.0);
        let own = patterns::of_style(style).idioms.of(&chart.context(0));
        (idiom.is_none() || own == idiom).then_some(chart)
    });
    charts.take(TAKES).map(|chart| Take::of(chart, melody)).collect()
}

/// Every bar of the takes.
fn bars(takes: &[Take]) -> impl Iterator<Item = (&Take, Tick)> {
    takes.iter().flat_map(|take| (0..take.chart.bars).map(move |bar| (take, bar)))
}

/// The share of the bars of `takes` for which it `holds`.
fn share(takes: &[Take], holds: impl Fn(&Take, Tick) -> bool) -> f32 {
    bars(takes).filter(|(take, bar)| holds(take, *bar)).count() as f32 / bars(takes).count() as f32
}

/// The mean over the bars.
fn mean(takes: &[Take], of: impl Fn(&Take, Tick) -> f32) -> f32 {
    bars(takes).map(|(take, bar)| of(take, bar)).sum::<f32>() / bars(takes).count() as f32
}

fn has(struck: &BTreeSet<Tick>, ticks: &[Tick]) -> bool {
    ticks.iter().all(|tick| struck.contains(tick))
}

/// Of all strokes of `player` the share that is on one of `ticks`.
fn share_on(takes: &[Take], player: Player, is_there: impl Fn(Tick) -> bool) -> f32 {
    let all = || bars(takes).flat_map(|(take, bar)| take.of_player(bar, player));
    all().filter(|at| is_there(*at)).count() as f32 / all().count().max(1) as f32
}

#[track_caller]
fn reads(style: Style, source: BarSource, what: &str, found: f32, range: std::ops::RangeInclusive<f32>) {
    println!("{style} {source:?} | {what} | {found:.2}");
    assert!(range.contains(&found), "{style}, {source:?}: {what}: {found:.2}, not {range:?}");
}

#[test]
fn a_jazz_bass_walks_in_quarters_and_leads_to_the_next_chord() {
    for source in SOURCES {
        for idiom in ["swing", "freddie"] {
            let takes = takes(Style::Jazz, Some(idiom), source);
            let walks = share(&takes, |take, bar| has(&take.of_player(bar, Player::Bass), &BEATS));
            reads(Style::Jazz, source, "bass in quarters", walks, 0.9..=1.0);
            let leads = share(&takes, |take, bar| {
                let last = take.notes(bar, |cue| cue.player == Player::Bass).filter(|(at, _)| *at >= 72).last();
                let next = take.notes(bar + 1, |cue| cue.player == Player::Bass).next();
                last.zip(next).is_none_or(|((_, last), (_, next))| last.key.abs_diff(next.key) <= 2)
            });
            reads(Style::Jazz, source, "bass comes to the next bar by step", leads, 0.75..=1.0);
            let firm = share(&takes, |take, bar| {
                let strong = |at: Tick| at % 48 == 0;
                let own = take.notes(bar, |cue| cue.player == Player::Bass).filter(|(at, _)| strong(*at));
                let chord = |at| take.chart.chord_at(bar * BAR + at);
                own.into_iter().all(|(at, cue)| chord(at).contains(cue.key % 12))
            });
            reads(Style::Jazz, source, "a chord tone on one and three", firm, 1.0..=1.0);
        }
        let two = takes(Style::Jazz, Some("two"), source);
        let strokes = mean(&two, |take, bar| take.of_player(bar, Player::Bass).len() as f32);
        reads(Style::Jazz, source, "strokes of a bass in two", strokes, 1.8..=3.2);
    }
}

#[test]
fn jazz_chords_are_sparse_and_off_the_beat_and_a_guitar_plays_four_to_the_bar() {
    for source in SOURCES {
        let swing = takes(Style::Jazz, Some("swing"), source);
        let strokes = mean(&swing, |take, bar| take.of_player(bar, Player::Chords).len() as f32);
        reads(Style::Jazz, source, "strokes of Chords", strokes, 1.2..=3.0);
        let off = share_on(&swing, Player::Chords, |at| at % 24 != 0);
        reads(Style::Jazz, source, "Chords off the beat", off, 0.4..=0.9);
        let freddie = takes(Style::Jazz, Some("freddie"), source);
        let four = share(&freddie, |take, bar| has(&take.of_player(bar, Player::Chords), &[24, 72]));
        reads(Style::Jazz, source, "guitar on two and four", four, 0.95..=1.0);
    }
}

#[test]
fn jazz_drums_ride_in_swung_time_with_the_foot_on_two_and_four() {
    for source in SOURCES {
        let swing = takes(Style::Jazz, Some("swing"), source);
        let rides = share(&swing, |take, bar| take.of_drums(bar, &TIME).len() >= 4);
        reads(Style::Jazz, source, "time is kept", rides, 0.9..=1.0);
        let foot = share(&swing, |take, bar| {
            has(&take.of_drums(bar, &[Drum::PedalHat, Drum::ClosedHat, Drum::OpenHat]), &[24, 72])
        });
        reads(Style::Jazz, source, "hi-hat on two and four", foot, 0.6..=1.0);
    }
    assert!(Style::Jazz.character().swing.at(120.0) > 0.6);
}

/// How much likelier a stroke of one side of the clave is in bars of that side than in the others, where bars of an
/// even number have the strokes `even` and the others those `odd`.
fn leans(takes: &[Take], struck: impl Fn(&Take, Tick) -> BTreeSet<Tick>, [even, odd]: [&[Tick]; 2]) -> f32 {
    let hits =
        |take: &Take, bar: Tick, side: &[Tick]| struck(take, bar).iter().filter(|at| side.contains(at)).count() as f32;
    mean(takes, |take, bar| {
        let (own, other) = if bar % 2 == 0 { (even, odd) } else { (odd, even) };
        hits(take, bar, own) / own.len() as f32 - hits(take, bar, other) / other.len() as f32
    })
}

#[test]
fn a_son_has_one_clave_of_two_bars_through_all_parts() {
    for source in SOURCES {
        let son = takes(Style::Latin, Some("son"), source);
        // Two strokes, then three; the montuno begins on the beat in the bar of two, and beside it in that of three.
        let drums = leans(
            &son,
            |take, bar| take.of_drums(bar, &[Drum::Claves, Drum::SideStick, Drum::Cowbell, Drum::Snare]),
            [&[48], &[36]],
        );
        reads(
            Style::Latin,
            source,
            "drums lean to the clave",
            drums,
            if source == BarSource::Library { 0.5 } else { -0.1 }..=1.0,
        );
        let chords = leans(&son, |take, bar| take.of_player(bar, Player::Chords), [&[24], &[12]]);
        reads(Style::Latin, source, "montuno leans to the clave", chords, 0.1..=1.0);
        let bass = share(&son, |take, bar| has(&take.of_player(bar, Player::Bass), &[36, 72]));
        reads(Style::Latin, source, "tumbao", bass, 0.8..=1.0);
        let ahead = share(&son, |take, bar| {
            let four = take.notes(bar, |cue| cue.player == Player::Bass).find(|(at, _)| *at == 72);
            let coming = take.chart.chord_at((bar + 1) * BAR);
            four.is_none_or(|(_, cue)| bar + 1 == take.chart.bars || cue.key % 12 == coming.root)
        });
        reads(Style::Latin, source, "the bass is ahead of the chord", ahead, 0.9..=1.0);
    }
}

#[test]
fn a_bossa_has_its_clave_over_the_surdo_of_the_thumb() {
    for source in SOURCES {
        let bossa = takes(Style::Bossa, Some("bossa"), source);
        let clave: [&[Tick]; 2] = [&[36, 72], &[24, 60]];
        let chords = leans(&bossa, |take, bar| take.of_player(bar, Player::Chords), clave);
        reads(Style::Bossa, source, "guitar leans to the clave", chords, 0.5..=1.0);
        let drums = leans(&bossa, |take, bar| take.of_drums(bar, &[Drum::SideStick]), clave);
        reads(Style::Bossa, source, "stick is not against the clave", drums, -0.1..=1.0);
        let thumb =
            share(&bossa, |take, bar| take.begins(bar, Player::Bass) && has(&take.of_player(bar, Player::Bass), &[48]));
        reads(Style::Bossa, source, "bass on one and three", thumb, 0.95..=1.0);
        let kick = share(&bossa, |take, bar| has(&take.of_drums(bar, &[Drum::Kick]), &[0, 48]));
        reads(Style::Bossa, source, "kick on one and three", kick, 0.8..=1.0);
    }
}

#[test]
fn a_samba_leans_on_two_and_four_and_runs_in_sixteenths() {
    for source in SOURCES {
        let samba = takes(Style::Bossa, Some("samba"), source);
        let bass = share(&samba, |take, bar| {
            let loud = |tick: Tick| {
                take.notes(bar, |cue| cue.player == Player::Bass)
                    .find(|(at, _)| *at == tick)
                    .map(|(_, cue)| cue.velocity)
            };
            loud(24).is_some_and(|two| loud(0).is_none_or(|one| two > one))
        });
        reads(Style::Bossa, source, "samba: bass leans on two", bass, 0.95..=1.0);
        let kick = share(&samba, |take, bar| has(&take.of_drums(bar, &[Drum::Kick, Drum::LowTom]), &[24, 72]));
        reads(Style::Bossa, source, "samba: surdo on two and four", kick, 0.6..=1.0);
        let runs = mean(&samba, |take, bar| take.of_player(bar, Player::Drums).len() as f32);
        reads(Style::Bossa, source, "samba: places that are struck", runs, 9.0..=16.0);
    }
}

#[test]
fn blues_shuffles() {
    for source in SOURCES {
        let shuffle = takes(Style::Blues, Some("shuffle"), source);
        let eighths = share_on(&shuffle, Player::Drums, |at| [0, 8, 12, 16].contains(&(at % 24)));
        reads(Style::Blues, source, "shuffle: drums in eighths that swing", eighths, 0.85..=1.0);
        let back = share(&shuffle, |take, bar| has(&take.of_drums(bar, &SNARES), &[24, 72]));
        reads(Style::Blues, source, "shuffle: backbeat", back, 0.55..=1.0);
        let quarters = mean(&shuffle, |take, bar| {
            let bass = take.of_player(bar, Player::Bass);
            BEATS.iter().filter(|beat| bass.contains(beat)).count() as f32
        });
        reads(Style::Blues, source, "shuffle: beats that the bass strikes", quarters, 3.0..=4.0);
        let slow = takes(Style::Blues, Some("slow"), source);
        let triplets =
            share(&slow, |take, bar| take.of_player(bar, Player::Drums).iter().any(|at| [8, 16].contains(&(at % 24))));
        reads(Style::Blues, source, "slow: drums in triplets", triplets, 0.9..=1.0);
        let boogie = takes(Style::Blues, Some("boogie"), source);
        let runs = mean(&boogie, |take, bar| take.of_player(bar, Player::Bass).len() as f32);
        reads(Style::Blues, source, "boogie: strokes of the bass", runs, 6.0..=8.0);
    }
    assert!(Style::Blues.character().swing.at(110.0) > 0.7);
}

#[test]
fn funk_has_the_one_and_sixteenths_with_ghosts_around_the_backbeat() {
    for source in SOURCES {
        let funk = takes(Style::Funk, Some("funk"), source);
        let one =
            share(&funk, |take, bar| take.of_drums(bar, &[Drum::Kick]).contains(&0) && take.begins(bar, Player::Bass));
        reads(Style::Funk, source, "kick and bass on the One", one, 0.85..=1.0);
        let back = share(&funk, |take, bar| has(&take.of_drums(bar, &SNARES), &[24, 72]));
        reads(Style::Funk, source, "backbeat", back, 0.7..=1.0);
        let ghosts = mean(&funk, |take, bar| {
            take.notes(bar, |cue| drum(cue) == Some(Drum::Snare) && cue.velocity < 60).count() as f32
        });
        reads(Style::Funk, source, "ghosts of the snare", ghosts, 1.0..=7.0);
        let sixteenths = share_on(&funk, Player::Bass, |at| at % 12 == 6);
        reads(Style::Funk, source, "bass on sixteenths", sixteenths, 0.25..=0.7);
    }
}

#[test]
fn electronic_music_has_four_on_the_floor_and_breaks_have_not() {
    for source in SOURCES {
        let floor = |idiom| {
            let takes = takes(Style::Electronic, Some(idiom), source);
            share(&takes, |take, bar| has(&take.of_drums(bar, &[Drum::Kick]), &BEATS))
        };
        reads(Style::Electronic, source, "four on the floor", floor("four"), 0.9..=1.0);
        reads(Style::Electronic, source, "breaks on the floor", floor("break"), 0.0..=0.2);
        let takes = takes(Style::Electronic, Some("four"), source);
        let off = share(&takes, |take, bar| take.of_drums(bar, &TIME).iter().filter(|at| *at % 24 == 12).count() >= 2);
        reads(Style::Electronic, source, "hi-hat between the beats", off, 0.8..=1.0);
    }
}

#[test]
fn pop_has_a_backbeat_and_its_bass_stands_with_the_kick() {
    for source in SOURCES {
        let takes = takes(Style::Pop, None, source);
        let back = share(&takes, |take, bar| has(&take.of_drums(bar, &SNARES), &[24, 72]));
        reads(Style::Pop, source, "backbeat", back, 0.6..=1.0);
        let one = share(&takes, |take, bar| take.of_player(bar, Player::Bass).contains(&0));
        reads(Style::Pop, source, "bass on one", one, 0.9..=1.0);
        let kick = mean(&takes, |take, bar| {
            let (bass, kick) = (take.of_player(bar, Player::Bass), take.of_drums(bar, &[Drum::Kick]));
            bass.intersection(&kick).count() as f32 / bass.len().max(1) as f32
        });
        reads(Style::Pop, source, "of the bass's strokes with the kick", kick, 0.5..=1.0);
    }
}

#[test]
fn a_hymn_moves_in_all_parts_together() {
    for source in SOURCES {
        let takes = takes(Style::Hymn, None, source);
        let together = mean(&takes, |take, bar| {
            let (bass, chords) = (take.of_player(bar, Player::Bass), take.of_player(bar, Player::Chords));
            let beats = bass.union(&chords).filter(|at| *at % 24 == 0).count();
            bass.intersection(&chords).filter(|at| *at % 24 == 0).count() as f32 / beats.max(1) as f32
        });
        reads(Style::Hymn, source, "beats on which all parts move", together, 0.75..=1.0);
        let whole = mean(&takes, |take, bar| {
            let chords = take.of_player(bar, Player::Chords);
            let full = chords.iter().filter(|at| {
                take.notes(bar, |cue| cue.player == Player::Chords).filter(|(own, _)| own == *at).count() >= 2
            });
            full.count() as f32 / chords.len().max(1) as f32
        });
        reads(Style::Hymn, source, "whole chords", whole, 0.7..=1.0);
    }
}

/// A melody in eighths that goes up and down.
fn melody(tick: Tick) -> Option<u8> {
    const WAY: [u8; 8] = [67, 69, 71, 72, 74, 72, 71, 69];
    Some(WAY[(tick / 12).rem_euclid(8) as usize])
}

#[test]
fn baroque_chords_stay_below_the_melody_and_the_bass_moves() {
    for source in SOURCES {
        let takes = takes_under(Style::Baroque, None, source, melody);
        let below = share(&takes, |take, bar| {
            let mut chords = take.notes(bar, |cue| cue.player == Player::Chords);
            chords.all(|(at, cue)| cue.key < melody(bar * BAR + at).unwrap())
        });
        reads(Style::Baroque, source, "below the melody", below, 1.0..=1.0);
        let moves = mean(&takes, |take, bar| {
            (take.of_player(bar, Player::Bass).len() + take.of_player(bar, Player::Chords).len()) as f32
        });
        reads(Style::Baroque, source, "strokes of both hands", moves, 5.0..=20.0);
    }
}

/// The share of the strokes of Chords that are one note.
fn single(takes: &[Take]) -> f32 {
    let (mut single, mut all) = (0, 0);
    for (take, bar) in bars(takes) {
        for at in take.of_player(bar, Player::Chords) {
            all += 1;
            single += usize::from(
                take.notes(bar, |cue| cue.player == Player::Chords).filter(|(own, _)| *own == at).count() == 1,
            );
        }
    }
    single as f32 / all.max(1) as f32
}

#[test]
fn classical_and_romantic_hands_break_chords_into_figures() {
    for (style, source) in
        [Style::Classical, Style::Romantic].into_iter().flat_map(|style| SOURCES.map(|source| (style, source)))
    {
        let takes = takes(style, None, source);
        reads(style, source, "single notes of figures", single(&takes), 0.3..=1.0);
        let one = share(&takes, |take, bar| take.of_player(bar, Player::Bass).contains(&0));
        reads(style, source, "bass on one", one, 0.9..=1.0);
    }
    let wide = |style| {
        let takes = takes(style, None, BarSource::Library);
        mean(&takes, |take, bar| {
            let keys: Vec<u8> = take.notes(bar, |cue| cue.player == Player::Chords).map(|(_, cue)| cue.key).collect();
            keys.iter().max().zip(keys.iter().min()).map_or(0.0, |(high, low)| f32::from(high - low))
        })
    };
    assert!(wide(Style::Romantic) > wide(Style::Classical), "{} and {}", wide(Style::Romantic), wide(Style::Classical));
}

#[test]
fn folk_has_its_bass_on_one_and_three_and_chords_between() {
    for source in SOURCES {
        let takes = takes(Style::Folk, None, source);
        let bass = share_on(&takes, Player::Bass, |at| at % 24 == 0);
        reads(Style::Folk, source, "bass on beats", bass, 0.65..=1.0);
        let beats = share_on(&takes, Player::Chords, |at| at % 24 == 0);
        reads(Style::Folk, source, "Chords on beats", beats, 0.6..=1.0);
    }
}

#[test]
fn a_game_goes_on_in_a_steady_pulse() {
    for source in SOURCES {
        let takes = takes(Style::Game, None, source);
        let pulse = share(&takes, |take, bar| {
            let struck: BTreeSet<Tick> = [Player::Chords, Player::Bass, Player::Drums]
                .iter()
                .flat_map(|player| take.of_player(bar, *player))
                .collect();
            has(&struck, &BEATS)
        });
        reads(Style::Game, source, "somebody on every beat", pulse, 0.7..=1.0);
        let straight = share(&takes, |take, bar| {
            let all = [Player::Chords, Player::Bass]
                .iter()
                .flat_map(|player| take.of_player(bar, *player))
                .collect::<Vec<_>>();
            all.iter().all(|at| at % 6 == 0)
        });
        reads(Style::Game, source, "in sixteenths", straight, 0.7..=1.0);
    }
}
