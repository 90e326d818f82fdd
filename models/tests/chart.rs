//! The band follows a chart.

mod common;

use std::sync::Arc;

use common::{bands, melody, networks, notes, ode_to_joy, play, start, watch};
use continuo_models::music::pitch::class_of;
use continuo_models::music::{Chart, Frame, Meter, SlashChord};
use continuo_models::{Controls, Cue, FrameStart, Heard, Improviser, LeadMode, Networks, Player};

const TUNE: &str = "| Dm7 G7/B | Cmaj7 | N.C. | _ |";

fn chart(text: &str) -> Arc<Chart> {
    let (chart, remarks) = Chart::read(text);
    assert!(remarks.is_empty(), "{remarks:?}");
    Arc::new(chart)
}

fn following(networks: Arc<Networks>, text: &str) -> Improviser {
    let mut improviser = Improviser::new(networks);
    improviser.follow_chart(chart(text));
    improviser
}

fn chord(symbol: &str) -> Option<SlashChord> {
    Some(symbol.parse().unwrap())
}

/// The harmony that is decided for each of `frames` while `events` are played.
fn harmonies(
    improviser: &mut Improviser,
    events: &[Heard],
    frames: std::ops::Range<Frame>,
    controls: Controls,
) -> Vec<Option<SlashChord>> {
    watch(improviser, events, frames, controls, |improviser| improviser.harmony().slash_chord())
}

/// What the chart gives in the two choruses that begin with the second frame that is decided; `None`: it is open.
fn given(frame: Frame) -> Option<Option<SlashChord>> {
    match frame.rem_euclid(64) {
        0..8 => Some(chord("Dm7")),
        8..16 => Some(chord("G7/B")),
        16..32 => Some(chord("Cmaj7")),
        32..48 => Some(None),
        _ => None,
    }
}

#[test]
fn every_band_plays_the_chords_of_the_chart_from_its_first_bar_on() {
    for networks in bands() {
        for events in [Vec::new(), ode_to_joy()] {
            let mut improviser = following(networks.clone(), TUNE);
            let played = harmonies(&mut improviser, &events, -1..127, Controls::default());
            for (frame, harmony) in played.into_iter().enumerate() {
                match given(frame as Frame) {
                    Some(given) => assert_eq!(harmony, given, "frame {frame}"),
                    None => assert!(harmony.is_some(), "the band decides what is open: frame {frame}"),
                }
            }
        }
    }
}

#[test]
fn nobody_waits_for_a_first_note_where_there_is_a_chart() {
    let controls = Controls { lead_mode: LeadMode::Continuous, ..Controls::default() };
    let mut improviser = following(networks(), "| Dm7 | G7 | Cmaj7 | A7 |");
    let cues = play(&mut improviser, &[], -1..128, Meter::default(), |_| controls);
    for player in [Player::Chords, Player::Bass, Player::Lead] {
        let first = notes(&cues).filter(|note| note.player == player).map(|note| note.start.ticks()).next();
        assert!(first.is_some_and(|first| first < 96.0), "{player:?} begins in bar 1: {first:?}");
    }
    let trade = Controls { lead_mode: LeadMode::TradeTwos, ..Controls::default() };
    let mut improviser = following(networks(), "| Dm7 | G7 | Cmaj7 | A7 |");
    let cues = play(&mut improviser, &[], -1..64, Meter::default(), |_| trade);
    let lead: Vec<f64> =
        notes(&cues).filter(|note| note.player == Player::Lead).map(|note| note.start.ticks()).collect();
    assert!(!lead.is_empty() && lead.iter().all(|&start| start >= 192.0), "Lead has the second two bars: {lead:?}");
}

#[test]
fn where_the_chart_has_no_chord_the_band_rests() {
    let mut improviser = following(networks(), "| C | N.C. |");
    let cues = play(&mut improviser, &ode_to_joy(), -1..31, Meter::default(), |_| Controls::default());
    let late = |note: &&continuo_models::NoteCue| note.start.ticks() >= 96.0 && note.player != Player::Lead;
    assert_eq!(notes(&cues).filter(late).count(), 0);
    assert!(notes(&cues).count() > 4);
}

#[test]
fn answers_and_bass_are_in_the_harmony_of_the_chart() {
    let text = "| Ebmaj7 | F7 | Bbm7 | Eb7/G |";
    let mut improviser = following(networks(), text);
    for (frame, harmony) in harmonies(&mut improviser, &[], -1..63, Controls::default()).into_iter().enumerate() {
        let chart = ["Ebmaj7", "F7", "Bbm7", "Eb7/G"].map(chord)[frame / 16];
        assert_eq!(harmony, chart, "frame {frame}");
    }
    assert_eq!(improviser.harmony().under, [chord("Eb7").map(|slash| slash.chord); 12]);
    let mut improviser = following(networks(), text);
    let cues = play(&mut improviser, &ode_to_joy(), -1..63, Meter::default(), |_| Controls::default());
    assert!(!cues.iter().any(|cue| matches!(cue, Cue::Fork(_))), "no chord waits");
    let first_of_bar = |bar: i64| {
        let mut bass = notes(&cues).filter(|note| note.player == Player::Bass);
        let first = bass.find(|note| (note.start.ticks() / 96.0 + 0.01) as i64 == bar);
        first.map(|note| class_of(note.key))
    };
    assert_eq!([0, 1, 2, 3].map(first_of_bar), [3, 5, 10, 7].map(Some));
}

#[test]
fn the_left_hand_comes_before_the_chart() {
    let hold = |key| Heard::NoteOn { tick: 90, channel: 1, key, velocity: 80 };
    let events = [48, 52, 55].map(hold);
    let controls = Controls { left_hand: Some(1), ..Controls::default() };
    let mut improviser = following(networks(), "| Dm7 | G7 |");
    let played = harmonies(&mut improviser, &events, -1..31, controls);
    assert_eq!((played[8], played[20]), (chord("Dm7"), chord("C")));
}

#[test]
fn what_comes_is_shown_and_certain_up_to_the_next_open_bar() {
    let mut improviser = following(networks(), TUNE);
    harmonies(&mut improviser, &[], -1..4, Controls::default());
    let outlook = improviser.outlook();
    assert_eq!(outlook.planned[0], Some((48, chord("G7/B").unwrap())));
    assert_eq!(outlook.planned[1], Some((96, chord("Cmaj7").unwrap())));
    assert_eq!((outlook.planned[2], outlook.certain), (None, 288));
    assert_eq!((outlook.bars, outlook.key.map(|key| key.to_string())), (Some([0, 1]), Some("C major".into())));
    let mut one = following(networks(), "| C |");
    harmonies(&mut one, &[], -1..4, Controls::default());
    assert!(one.outlook().planned.iter().all(Option::is_none) && one.outlook().certain > 96);
    harmonies(&mut improviser, &[], 4..50, Controls::default());
    let coming = improviser.outlook().planned;
    assert!(coming.iter().flatten().any(|&change| change == (384, chord("Dm7").unwrap())), "{coming:?}");
}

#[test]
fn a_chart_that_is_not_followed_or_empty_changes_nothing() {
    let run = |text: &str, follow_chart| {
        let controls = Controls { follow_chart, ..Controls::default() };
        play(&mut following(networks(), text), &ode_to_joy(), 0..128, Meter::default(), |_| controls)
    };
    let free = play(&mut Improviser::new(networks()), &ode_to_joy(), 0..128, Meter::default(), |_| Controls::default());
    assert_eq!(run("", true), free);
    assert_eq!(run(TUNE, false), free);
    assert_ne!(run(TUNE, true), free);
}

#[test]
fn who_asks_for_an_end_gets_it_whatever_the_chart_says() {
    let controls = Controls { cadence: true, ..Controls::default() };
    let mut improviser = following(networks(), "| Ebm7 | Ab7 |");
    harmonies(&mut improviser, &ode_to_joy(), -1..16, Controls::default());
    let played = harmonies(&mut improviser, &ode_to_joy(), 16..80, controls);
    assert!(played.last().unwrap().is_none(), "the band has come to its end");
}

#[test]
fn a_loop_and_a_seek_are_where_the_song_is() {
    let mut improviser = following(networks(), "| C | F | G | Am |");
    let mut cues = Vec::new();
    let mut decide = |frame: Frame, next: Frame| {
        let wraps_after = (next != frame + 1).then_some(frame);
        let straight = start(next - 1, Meter::default(), Controls::default());
        improviser.decide(&FrameStart { frame, wraps_after, ..straight }, &mut cues);
        improviser.harmony().slash_chord()
    };
    let looped: Vec<_> = (15..48).map(|frame| decide(frame, frame + 1)).collect();
    assert_eq!((looped[0], looped[32]), (chord("F"), chord("Am")));
    assert_eq!(decide(48, 16), chord("F"), "the song wraps to bar 2");
    assert_eq!(decide(320, 321), chord("C"), "a seek to bar 21");
}

#[test]
fn the_same_calls_give_the_same_cues_and_a_snapshot_goes_on() {
    let controls = Controls { temperature: 1.2, ..Controls::default() };
    for networks in bands() {
        let run = |improviser: &mut Improviser, frames| {
            play(improviser, &ode_to_joy(), frames, Meter::default(), |_| controls)
        };
        let mut first = following(networks.clone(), TUNE);
        run(&mut first, 0..100);
        let mut snapshot = first.clone();
        let rest = run(&mut first, 100..200);
        assert_eq!(run(&mut snapshot, 100..200), rest);
        let mut again = following(networks, TUNE);
        run(&mut again, 0..100);
        assert_eq!(run(&mut again, 100..200), rest);
        again.restart();
        again.remember(Arc::default());
        assert_eq!(harmonies(&mut again, &melody(&[]), -1..1, controls)[1], chord("Dm7"), "the chart stays");
    }
}
