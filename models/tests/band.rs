//! What the band does when, by rule and with the networks.

mod common;

use std::fmt::Write;
use std::sync::Arc;

use common::{bands, built_in, melody, networks, notes, ode_to_joy, play, rules, start};
use continuo_models::music::time::frame_start;
use continuo_models::music::{Chart, Chord, Frame, Key, Meter, Numeral, SlashChord, Style, Tick};
use continuo_models::{Controls, Cue, Family, Heard, Improviser, Networks, Player, Role};

/// The chord of every decided frame.
fn chords(
    improviser: &mut Improviser,
    events: &[Heard],
    frames: std::ops::Range<Frame>,
    meter: Meter,
    controls: Controls,
) -> Vec<(Frame, Option<Chord>)> {
    let mut events = events.iter().peekable();
    let mut cues = Vec::new();
    frames
        .map(|frame| {
            while let Some(heard) = events.next_if(|heard| heard.tick() < frame_start(frame)) {
                improviser.hear(*heard);
            }
            improviser.decide(&start(frame, meter, controls), &mut cues);
            (frame + 1, improviser.outlook().chord)
        })
        .collect()
}

fn changes(chords: &[(Frame, Option<Chord>)]) -> Vec<(Frame, Option<Chord>)> {
    let mut changes: Vec<(Frame, Option<Chord>)> = Vec::new();
    for &(frame, chord) in chords {
        if changes.last().is_none_or(|(_, last)| *last != chord) {
            changes.push((frame, chord));
        }
    }
    changes
}

fn lead(cues: &[Cue]) -> Vec<(Tick, u8)> {
    notes(cues)
        .filter(|note| note.player == Player::Lead)
        .map(|note| (note.start.ticks().floor() as Tick, note.key))
        .collect()
}

/// Exact timing, so that positions can be compared.
fn exact() -> Controls {
    Controls { humanise: 0.0, ..Controls::default() }
}

#[test]
fn the_band_waits_for_the_musician_and_enters_on_a_beat() {
    for networks in bands() {
        let late: Vec<Heard> = melody(&[(0, 21), (67, 4), (72, 8)]);
        let heard = chords(&mut Improviser::new(networks), &late, 0..40, Meter::default(), exact());
        let first = heard.iter().find(|(_, chord)| chord.is_some()).map(|(frame, _)| *frame);
        assert_eq!(first, Some(24), "the note begins in frame 21, and the next beat is 24");
    }
}

#[test]
fn the_band_rests_when_the_musician_has_been_silent_for_eight_bars() {
    for networks in bands() {
        let one = melody(&[(60, 16)]);
        let heard = chords(&mut Improviser::new(networks), &one, 0..200, Meter::default(), exact());
        assert!(heard.iter().filter(|(frame, _)| (4..140).contains(frame)).all(|(_, chord)| chord.is_some()));
        assert!(heard.iter().filter(|(frame, _)| *frame > 150).all(|(_, chord)| chord.is_none()));
    }
}

#[test]
fn the_chord_that_the_left_hand_holds_is_taken() {
    for networks in bands() {
        let mut events = melody(&[(72, 8), (74, 8), (76, 16)]);
        for key in [44, 48, 51, 54] {
            events.push(Heard::NoteOn { tick: 96, channel: 0, key, velocity: 70 });
        }
        events.sort_by_key(Heard::tick);
        let heard = chords(&mut Improviser::new(networks), &events, 0..30, Meter::default(), exact());
        assert!(heard[18..].iter().all(|(_, chord)| *chord == "Ab7".parse().ok()), "{heard:?}");
    }
}

#[test]
fn what_gives_way_to_a_chord_of_the_left_hand_goes_on_in_it() {
    for networks in bands() {
        let press = |tick, keys: [u8; 3]| keys.map(|key| Heard::NoteOn { tick, channel: 0, key, velocity: 70 });
        let lift = |tick, keys: [u8; 3]| keys.map(|key| Heard::NoteOff { tick, channel: 0, key });
        let (c, f) = ([48, 52, 55], [41, 45, 48]);
        let mut improviser = Improviser::new(networks);
        let mut cues = Vec::new();
        for frame in 0..20 {
            cues.clear();
            improviser.decide(&start(frame, Meter::default(), exact()), &mut cues);
            let struck = match frame {
                0 => press(0, c).to_vec(),
                15 => lift(90, c).to_vec(),
                16 => press(96, f).to_vec(),
                _ => Vec::new(),
            };
            struck.into_iter().for_each(|heard| improviser.hear(heard));
            let harmony = |improviser: &Improviser| improviser.outlook().slash_chord().map(|chord| chord.to_string());
            if frame == 16 {
                let chord = SlashChord { chord: "F".parse().unwrap(), bass: 5 };
                assert_eq!(harmony(&improviser).as_deref(), Some("C"));
                assert!(improviser.give_way(16, chord));
                assert!(!improviser.give_way(16, chord), "it is there");
            }
            if frame >= 16 {
                assert_eq!(harmony(&improviser).as_deref(), Some("F"));
                assert!(!cues.iter().any(|cue| matches!(cue, Cue::Release { .. })), "no stroke for the same chord");
            }
            if frame > 16 {
                let accompaniment = |player| [Player::Chords, Player::Bass].contains(&player);
                let keys = notes(&cues).filter(|note| accompaniment(note.player)).map(|note| note.key);
                assert!(keys.map(|key| key % 12).all(|class| [5, 9, 0, 7, 2].contains(&class)));
            }
        }
    }
}

/// A left hand in four-four that plays C, in the first three bars F from the third beat on, and no more.
fn half_bars() -> Vec<Heard> {
    let [c, f] = [[48, 52, 55], [41, 45, 48]];
    let mut events = Vec::new();
    for bar in 0..10 {
        let second = if bar < 3 { f } else { c };
        for (half, keys) in [(0, c), (1, second)] {
            let tick = 96 * bar + 48 * half;
            events.extend(keys.map(|key| Heard::NoteOn { tick, channel: 0, key, velocity: 70 }));
            events.extend(keys.map(|key| Heard::NoteOff { tick: tick + 45, channel: 0, key }));
        }
    }
    events.sort_by_key(Heard::tick);
    events
}

#[test]
fn the_band_waits_for_the_left_hand_where_it_has_changed_of_late() {
    let mut improviser = Improviser::new(rules());
    let cues = play(&mut improviser, &half_bars(), -1..159, Meter::default(), |_| exact());
    let waits = |frame: Frame| cues.iter().any(|cue| matches!(cue, Cue::Fork(fork) if fork.frame == frame));
    for bar in 2..10 {
        assert!(waits(16 * bar), "a barline may bring another chord: bar {bar}");
        assert_eq!(waits(16 * bar + 8), (2..7).contains(&bar), "the third beat of bar {bar}");
        assert!(!waits(16 * bar + 4) && !waits(16 * bar + 12), "the chord has stood there: bar {bar}");
    }
}

#[test]
fn the_band_waits_for_the_left_hand_where_a_chart_changes_whatever_it_plays_instead() {
    let mut improviser = Improviser::new(rules());
    improviser.follow_chart(Arc::new(Chart::read("| F G | A |").0));
    // From bar 3 on it holds C; what the chart gave before is past by bar 7.
    let held = [48, 52, 55].map(|key| Heard::NoteOn { tick: 3 * 96, channel: 0, key, velocity: 70 });
    let cues = play(&mut improviser, &held, -1..159, Meter::default(), |_| exact());
    let waits = |frame: Frame| cues.iter().any(|cue| matches!(cue, Cue::Fork(fork) if fork.frame == frame));
    for bar in 7..10 {
        let beats = [0, 4, 8, 12].map(|beat| waits(16 * bar + beat));
        assert_eq!(beats, [true, false, bar % 2 == 0, false], "bar {bar}");
        assert!((1..16).filter(|frame| frame % 4 > 0).all(|frame| !waits(16 * bar + frame)), "off the beat: bar {bar}");
    }
}

#[test]
fn drums_do_not_wait_for_a_chord_of_the_left_hand() {
    let mut improviser = Improviser::new(rules());
    let cues = play(&mut improviser, &half_bars(), -1..159, Meter::default(), |_| exact());
    let mut waiting = false;
    let mut waited = Vec::new();
    for cue in &cues {
        match cue {
            Cue::On(_) => waiting = true,
            Cue::Done(_) => waiting = false,
            Cue::Note(note) if waiting => waited.push(note.player),
            _ => {}
        }
    }
    assert!(waited.contains(&Player::Chords) && waited.contains(&Player::Bass));
    assert!(!waited.contains(&Player::Drums));
    assert!(notes(&cues).any(|note| note.player == Player::Drums), "they play");
}

#[test]
fn chords_change_on_the_beat_unless_the_band_reacts() {
    for networks in bands() {
        let by_rule = !networks.has(Role::Harmonist);
        let (mut on_beat, mut off_beat) = (0, 0);
        for (numerator, denominator, beat) in [(4, 4, 4), (6, 8, 6), (3, 4, 4)] {
            let meter = Meter { numerator, denominator };
            let controls = Controls { follow: 0.0, temperature: 1.0, ..exact() };
            let heard = chords(&mut Improviser::new(networks.clone()), &ode_to_joy(), 0..250, meter, controls);
            for (frame, _) in &changes(&heard)[1..] {
                *(if frame % beat == 0 { &mut on_beat } else { &mut off_beat }) += 1;
            }
        }
        // The rules keep to the beat; a network has learned to, more or less.
        let strays = if by_rule { 0 } else { on_beat / 4 };
        assert!(on_beat > 18 && off_beat <= strays, "{off_beat} off the beat, {on_beat} on it");
    }
}

#[test]
fn the_lead_answers_a_phrase_and_ends_on_a_chord_tone() {
    for networks in bands() {
        let phrase = melody(&[(60, 2), (62, 2), (64, 2), (65, 2), (67, 4), (64, 4)]);
        let heard = chords(&mut Improviser::new(networks.clone()), &phrase, 0..100, Meter::default(), exact());
        let cues = play(&mut Improviser::new(networks), &phrase, 0..100, Meter::default(), |_| exact());
        let answer = lead(&cues);
        assert!(answer.len() >= 2, "{answer:?}");
        assert!(answer.iter().all(|&(tick, _)| (120..240).contains(&tick)), "{answer:?}");
        let (tick, key) = *answer.last().unwrap();
        let chord = heard[tick as usize / 6 - 1].1.unwrap();
        assert!(chord.contains(key % 12), "{key} at {tick} over {chord}");
    }
}

#[test]
fn the_lead_falls_silent_when_the_musician_plays_again() {
    for networks in bands() {
        let mut phrase = melody(&[(60, 2), (62, 2), (64, 2), (65, 2), (67, 4), (64, 4), (0, 10), (72, 40)]);
        phrase.retain(|heard| heard.tick() < 1000);
        let cues = play(&mut Improviser::new(networks), &phrase, 0..60, Meter::default(), |_| exact());
        assert!(lead(&cues).iter().all(|&(tick, _)| tick < 26 * 6 + 12), "{:?}", lead(&cues));
    }
}

/// Mean key of the lead's answers to phrases on each degree of C major, and the density with which it answers.
fn answers(networks: &Arc<Networks>, change: impl Fn(&mut Controls)) -> (f32, f32) {
    let mut keys = Vec::new();
    for (seed, step) in (0..).zip([0, 2, 4, 5, 7, 9]) {
        let mut controls = Controls { seed, ..exact() };
        change(&mut controls);
        let phrase: Vec<_> = [60, 62, 64, 65, 67, 64].into_iter().zip([2, 2, 2, 2, 4, 4]).collect();
        let phrase: Vec<_> = phrase.into_iter().map(|(key, length): (u8, Tick)| (key + step, length)).collect();
        let cues =
            play(&mut Improviser::new(networks.clone()), &melody(&phrase), 0..60, Meter::default(), |_| controls);
        keys.extend(lead(&cues).into_iter().map(|(_, key)| f32::from(key - step)));
    }
    (keys.iter().sum::<f32>() / keys.len() as f32, keys.len() as f32 / 6.0)
}

#[test]
fn each_register_answers_about_an_octave_higher() {
    for networks in bands() {
        let means: Vec<f32> = (-2..=2)
            .map(|register| answers(&networks, |controls| controls.players[Player::Lead].register = register).0)
            .collect();
        assert!(means.windows(2).all(|pair| (7.0..17.0).contains(&(pair[1] - pair[0]))), "{means:?}");
        assert!((means[4] - means[0] - 48.0).abs() < 8.0, "{means:?}");
    }
}

#[test]
fn a_busy_lead_plays_more_notes_than_a_sparse_one() {
    for family in Family::ALL {
        let density =
            |density: f32| answers(&built_in(family), |controls| controls.players[Player::Lead].density = density).1;
        let (sparse, busy) = (density(0.0), density(1.0));
        assert!(busy > 1.2 * sparse, "{sparse} and {busy} notes in {}", family.name());
    }
}

#[test]
fn players_that_are_off_are_silent() {
    for player in Player::ALL {
        let mut controls = exact();
        controls.players.iter_mut().for_each(|(_, settings)| settings.on = false);
        controls.players[player].on = true;
        let cues = play(&mut Improviser::new(networks()), &ode_to_joy(), 0..64, Meter::default(), |_| controls);
        assert!(notes(&cues).all(|note| note.player == player));
    }
}

#[test]
fn the_plan_lies_ahead_and_every_chord_of_it_is_new() {
    for networks in bands() {
        let by_rule = !networks.has(Role::Harmonist);
        let mut improviser = Improviser::new(networks);
        for frame in 0..200 {
            let cues = play(&mut improviser, &ode_to_joy(), frame..frame + 1, Meter::default(), |_| exact());
            assert!(!cues.is_empty());
            let outlook = improviser.outlook();
            let mut before = (frame_start(outlook.frame), outlook.chord);
            for (tick, SlashChord { chord, .. }) in outlook.planned.into_iter().flatten() {
                assert!(tick > before.0 && Some(chord) != before.1 && (tick % 24 == 0 || !by_rule), "{outlook:?}");
                before = (tick, Some(chord));
            }
        }
    }
}

#[test]
fn the_outlook_writes_a_chord_with_its_bass() {
    for networks in bands() {
        let mut improviser = Improviser::new(networks);
        for frame in 0..64 {
            play(&mut improviser, &ode_to_joy(), frame..frame + 1, Meter::default(), |_| exact());
            let outlook = improviser.outlook();
            let written = outlook.slash_chord().map(|harmony| harmony.to_string());
            assert_eq!(written.as_ref().is_some(), outlook.chord.is_some());
            assert!(
                outlook
                    .chord
                    .is_none_or(|chord| written.is_some_and(|written| written.starts_with(&chord.to_string())))
            );
        }
    }
}

#[test]
fn ode_to_joy_by_rule() {
    let controls = Controls { style_a: Style::Hymn, temperature: 0.4, ..exact() };
    let heard = chords(&mut Improviser::new(rules()), &ode_to_joy(), 0..255, Meter::default(), controls);
    let mut bars = vec![String::new(); 16];
    for (frame, chord) in changes(&heard) {
        let Some(chord) = chord else { continue };
        let numeral = Numeral::of(chord, Key::major(0));
        let _ = write!(bars[frame as usize / 16], " {}:{chord}={numeral}", frame % 16 / 4 + 1);
    }
    let page: Vec<String> = (1..).zip(bars).map(|(bar, chords)| format!("{bar}{chords}")).collect();
    insta::assert_snapshot!(page.join("\n"));
}
