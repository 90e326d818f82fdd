//! The blues has its twelve bars.

mod common;

use common::{bands, melody, networks, transposed, watch};
use continuo_models::music::chart::Chart;
use continuo_models::music::{Chord, Frame, Style, Tick};
use continuo_models::{Controls, Heard, Improviser};

/// A blues in C, a chorus long.
const CHORUS: &[&[(u8, Tick)]] = &[
    &[(60, 4), (63, 2), (64, 2), (67, 8)],
    &[(69, 4), (67, 4), (64, 4), (60, 4)],
    &[(60, 4), (63, 2), (64, 2), (67, 8)],
    &[(70, 4), (69, 4), (67, 8)],
    &[(65, 4), (68, 2), (69, 2), (72, 8)],
    &[(75, 4), (72, 4), (69, 4), (65, 4)],
    &[(60, 4), (63, 2), (64, 2), (67, 8)],
    &[(69, 4), (67, 4), (60, 8)],
    &[(71, 4), (74, 4), (77, 4), (74, 4)],
    &[(72, 4), (69, 4), (65, 8)],
    &[(67, 4), (64, 2), (63, 2), (60, 8)],
    &[(60, 8), (0, 8)],
];

fn blues(choruses: usize) -> Vec<Heard> {
    let bars = CHORUS.iter().copied().cycle().take(choruses * CHORUS.len());
    melody(&bars.flatten().copied().collect::<Vec<_>>())
}

fn controls() -> Controls {
    Controls { style_a: Style::Blues, ..Controls::default() }
}

/// The chord of each frame from the first of the song on.
fn chords(improviser: &mut Improviser, events: &[Heard], frames: Frame, controls: Controls) -> Vec<Option<Chord>> {
    watch(improviser, events, -1..frames - 1, controls, |improviser| improviser.harmony().chord)
}

/// The chord that stands in the most frames of each bar.
fn by_bar(chords: &[Option<Chord>]) -> Vec<String> {
    let most = |bar: &[Option<Chord>]| {
        let count = |chord: &Chord| bar.iter().filter(|other| **other == Some(*chord)).count();
        bar.iter().flatten().max_by_key(|chord| count(chord)).map_or(String::new(), Chord::to_string)
    };
    chords.chunks(16).map(most).collect()
}

fn changes(chords: &[Option<Chord>]) -> usize {
    let chords: Vec<Chord> = chords.iter().flatten().copied().collect();
    chords.windows(2).filter(|pair| pair[0].root_and_mode() != pair[1].root_and_mode()).count()
}

#[test]
fn a_blues_gets_its_twelve_bars_in_every_key_it_is_played_in() {
    for up in [0, 3, 8] {
        let mut improviser = Improviser::new(networks());
        let heard = chords(&mut improviser, &transposed(&blues(2), up), 2 * 192, controls());
        let heard: Vec<_> = heard.iter().map(|chord| chord.map(|chord| chord.transposed(-i32::from(up)))).collect();
        for (number, chorus) in heard.chunks(192).enumerate() {
            let bars = by_bar(chorus);
            let place = format!("{up} semitones up, chorus {}: {bars:?}", number + 1);
            for (bar, chord) in
                [(0, "C7"), (2, "C7"), (3, "C7"), (4, "F7"), (5, "F7"), (6, "C7"), (8, "G7"), (10, "C7")]
            {
                assert_eq!(bars[bar], chord, "bar {} {place}", bar + 1);
            }
            assert!((5..=9).contains(&changes(chorus)), "{} changes {place}", changes(chorus));
        }
    }
}

#[test]
fn a_chart_and_the_left_hand_come_before_the_twelve_bars() {
    let mut improviser = Improviser::new(networks());
    improviser.follow_chart(std::sync::Arc::new(Chart::read("| Cm7 | Abmaj7 |").0));
    let heard = by_bar(&chords(&mut improviser, &blues(1), 64, controls()));
    assert_eq!(heard, ["Cm7", "Abmaj7", "Cm7", "Abmaj7"]);
    let mut events = blues(1);
    events.extend([41, 44, 48].map(|key| Heard::NoteOn { tick: 90, channel: 1, key, velocity: 80 }));
    events.sort_by_key(Heard::tick);
    let controls = Controls { left_hand: Some(1), ..controls() };
    let heard = chords(&mut Improviser::new(networks()), &events, 64, controls);
    assert!(heard[24..].iter().all(|chord| *chord == "Fm".parse().ok()), "{heard:?}");
}

#[test]
fn in_jazz_twelve_bars_that_sound_like_a_blues_are_one() {
    let controls = Controls { style_a: Style::Jazz, form: Some(12), ..Controls::default() };
    let heard = chords(&mut Improviser::new(networks()), &blues(2), 2 * 192, controls);
    let bars = by_bar(&heard[192..]);
    assert_eq!([0, 4, 6].map(|bar| bars[bar].as_str()), ["C7", "F7", "C7"], "{bars:?}");
    assert!(["Dm7", "G7"].contains(&bars[8].as_str()) && bars[9] == "G7", "{bars:?}");
}

#[test]
fn another_form_has_no_twelve_bars() {
    let run = |style_a, form| {
        let controls = Controls { style_a, form, ..Controls::default() };
        let heard = chords(&mut Improviser::new(networks()), &blues(1), 192, controls);
        let bars = by_bar(&heard);
        [4, 8].map(|bar| bars[bar].clone()) == ["F7", "G7"].map(String::from) && changes(&heard) < 10
    };
    assert!(run(Style::Blues, None) && run(Style::Blues, Some(12)));
    assert!(!run(Style::Blues, Some(16)) && !run(Style::Jazz, None));
}

#[test]
fn every_band_plays_the_blues_in_a_locked_key_within_its_scale() {
    for networks in bands() {
        let locked = Controls { key_lock: true, ..controls() };
        let heard = chords(&mut Improviser::new(networks), &blues(1), 192, locked);
        let scale = locked.allowed();
        assert!(heard.iter().flatten().all(|chord| chord.tones().is_subset(scale)));
    }
}
