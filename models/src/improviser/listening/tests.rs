use proptest::prelude::*;

use super::*;
use crate::music::Key;

fn on(tick: Tick, key: u8) -> Heard {
    Heard::NoteOn { tick, channel: 0, key, velocity: 90 }
}

fn off(tick: Tick, key: u8) -> Heard {
    Heard::NoteOff { tick, channel: 0, key }
}

/// The lead line of the first `frames` frames.
fn lead_line(events: &[Heard], frames: Frame) -> Vec<Note> {
    let mut listener = Listener::default();
    let mut events = events.iter().peekable();
    (1..=frames)
        .map(|frame| {
            while let Some(heard) = events.next_if(|heard| heard.tick() < frame_start(frame)) {
                listener.hear(heard);
            }
            listener.advance(frame_start(frame));
            listener.last_frame()
        })
        .collect()
}

use Note::{Held, Onset, Rest};

#[test]
fn a_note_is_an_onset_then_held_then_a_rest() {
    assert_eq!(lead_line(&[on(6, 60), off(17, 60)], 4), [Rest, Onset(0), Held(0), Rest]);
}

#[test]
fn an_onset_up_to_two_ticks_early_belongs_to_the_next_frame() {
    assert_eq!(lead_line(&[on(4, 60), off(12, 60)], 3), [Rest, Onset(0), Rest]);
    assert_eq!(lead_line(&[on(3, 60), off(11, 60)], 3), [Onset(0), Held(0), Rest]);
}

#[test]
fn the_highest_note_is_the_lead() {
    let chord = [on(0, 48), on(0, 52), on(1, 72), off(6, 72), off(6, 48), off(6, 52)];
    assert_eq!(lead_line(&chord, 1), [Onset(0)]);
    let lower = [on(0, 76), on(6, 60), off(12, 60), off(12, 76)];
    assert_eq!(lead_line(&lower, 2), [Onset(4), Held(4)]);
}

#[test]
fn a_legato_line_goes_down_as_well_as_up() {
    let line = [on(0, 64), on(6, 62), off(8, 64), on(12, 60), off(13, 62), off(18, 60)];
    assert_eq!(lead_line(&line, 3), [Onset(4), Onset(2), Onset(0)]);
}

#[test]
fn a_left_hand_chord_in_a_rest_of_the_melody_is_no_melody() {
    let mut events = Vec::new();
    for (index, key) in [72, 74, 76, 77].into_iter().enumerate() {
        events.extend([on(6 * index as Tick, key), off(6 * index as Tick + 5, key)]);
    }
    events.extend([on(24, 48), on(24, 52), on(24, 55), on(36, 43)]);
    assert_eq!(lead_line(&events, 7)[4..], [Rest, Rest, Rest]);
}

#[test]
fn the_chord_under_the_lead_is_recognised() {
    let mut listener = Listener::default();
    for (tick, key) in [(0, 50), (0, 53), (1, 57), (1, 60), (2, 76)] {
        listener.hear(&on(tick, key));
    }
    listener.advance(12);
    assert_eq!(listener.held_chord(), "Dm7".parse().ok());
    for key in [53, 57, 60] {
        listener.hear(&off(13, key));
    }
    assert_eq!(listener.held_chord(), None);
}

#[test]
fn fingers_that_leave_a_chord_one_by_one_spell_no_other() {
    let mut listener = Listener::default();
    for key in [50, 53, 55, 59, 76] {
        listener.hear(&on(0, key));
    }
    let g7 = "G7".parse().ok();
    for (tick, gone, left) in [(12, 59, g7), (14, 53, g7), (20, 55, None)] {
        listener.hear(&off(tick, gone));
        listener.advance(tick + 1);
        assert_eq!(listener.held_chord(), left, "at {tick}");
    }
    for key in [43, 53, 58] {
        listener.hear(&on(24, key));
    }
    listener.hear(&off(24, 50));
    assert_eq!(listener.held_chord(), "Gm7".parse().ok(), "what is struck is read anew");
}

#[test]
fn a_phrase_ends_a_beat_after_its_last_note() {
    let mut listener = Listener::default();
    for (index, key) in [60, 62, 64, 65].into_iter().enumerate() {
        listener.hear(&on(12 * index as Tick, key));
        listener.hear(&off(12 * index as Tick + 10, key));
    }
    listener.advance(69);
    assert_eq!(listener.ended_phrase(), None);
    listener.advance(72);
    let (_, phrase) = listener.ended_phrase().unwrap();
    assert_eq!(phrase[1], LeadNote { key: 62, onset: 12, length: 10 });
    assert_eq!(phrase.len(), 4);
    listener.hear(&on(73, 60));
    assert_eq!(listener.ended_phrase(), None);
}

#[test]
fn three_notes_are_no_phrase() {
    let mut listener = Listener::default();
    for (index, key) in [60, 62, 64].into_iter().enumerate() {
        listener.hear(&on(12 * index as Tick, key));
        listener.hear(&off(12 * index as Tick + 10, key));
    }
    listener.advance(480);
    assert_eq!(listener.ended_phrase(), None);
}

#[test]
fn a_jump_back_keeps_what_was_heard() {
    let mut listener = Listener::default();
    for (index, key) in [60, 64, 67, 72].into_iter().enumerate() {
        listener.hear(&on(6 * index as Tick, key));
        listener.hear(&off(6 * index as Tick + 5, key));
    }
    listener.advance(30);
    listener.jump(0);
    assert_eq!(listener.silence(), Some(7));
    listener.advance(24);
    assert_eq!(listener.ended_phrase().map(|(_, phrase)| phrase.len()), Some(4));
    assert_eq!(listener.belief().key().map(|(key, _)| key), Some(Key::major(0)));
}

/// Notes as (tick, ticks held, key) on `channel`, as events in order; what ends comes before what begins.
fn notes(channel: u8, notes: &[(Tick, Tick, u8)]) -> Vec<Heard> {
    let velocity = 90;
    let events = notes.iter().flat_map(|&(tick, length, key)| {
        [Heard::NoteOn { tick, channel, key, velocity }, Heard::NoteOff { tick: tick + length, channel, key }]
    });
    in_order(events.collect())
}

fn in_order(mut events: Vec<Heard>) -> Vec<Heard> {
    events.sort_by_key(|heard| (heard.tick(), matches!(heard, Heard::NoteOn { .. })));
    events
}

/// A line in notes of equal length, each held to the next.
fn line(start: Tick, length: Tick, keys: &[u8]) -> Vec<Heard> {
    let at = |index| start + index as Tick * length;
    notes(0, &keys.iter().enumerate().map(|(index, &key)| (at(index), length - 1, key)).collect::<Vec<_>>())
}

fn chord(tick: Tick, length: Tick, keys: &[u8]) -> Vec<Heard> {
    notes(0, &keys.iter().map(|&key| (tick, length, key)).collect::<Vec<_>>())
}

/// A listener that has heard `events`, the frames passing as they do in the band, until `tick`.
fn heard(events: Vec<Heard>, tick: Tick) -> Listener {
    let mut listener = Listener::default();
    for heard in in_order(events).iter().filter(|heard| heard.tick() < tick) {
        listener.hear(heard);
    }
    listener.advance(tick);
    listener
}

/// The pitch classes of the lead line, one for each onset.
fn melody(events: Vec<Heard>) -> Vec<PitchClass> {
    let events = in_order(events);
    let frames = events.last().unwrap().tick() / TICKS_PER_FRAME + 2;
    lead_line(&events, frames).into_iter().filter_map(Note::onset).collect()
}

/// The first bars of Mozart's sonata K. 545: both hands in treble clef.
fn sonata() -> Vec<Heard> {
    let right = [(0, 47, 72), (48, 23, 76), (72, 23, 79), (96, 35, 71), (132, 5, 72), (138, 5, 74), (144, 40, 72)];
    let left = [60, 67, 64, 67, 60, 67, 64, 67, 62, 67, 65, 67, 60, 67, 64, 67];
    [notes(0, &right), line(0, 12, &left)].concat()
}

#[test]
fn an_alberti_bass_is_no_melody_even_close_under_it() {
    assert_eq!(melody(sonata()), [0, 4, 7, 11, 0, 2, 0]);
}

#[test]
fn the_melody_of_block_chords_is_on_top() {
    // "Auld Lang Syne" in four parts.
    let parts = [[43, 55, 59, 62], [48, 55, 64, 67], [48, 55, 64, 67], [48, 60, 64, 67], [50, 59, 65, 71]];
    let chords = parts.iter().enumerate().flat_map(|(index, keys)| chord(24 * index as Tick, 22, keys));
    assert_eq!(melody(chords.collect()), [2, 7, 7, 7, 11]);
    // The same with all notes in one hand.
    let close = [[55, 59, 62], [60, 64, 67], [60, 64, 67], [60, 64, 69], [65, 67, 71]];
    let chords = close.iter().enumerate().flat_map(|(index, keys)| chord(24 * index as Tick, 22, keys));
    assert_eq!(melody(chords.collect()), [2, 7, 7, 9, 11]);
}

#[test]
fn octaves_in_the_right_hand_are_one_line_over_the_chords_of_the_left() {
    let tune = [72, 74, 76, 77, 79, 77, 76, 74];
    let octaves = [line(0, 12, &tune), line(0, 12, &tune.map(|key| key - 12))].concat();
    assert_eq!(melody(octaves.clone()), tune.map(class_of));
    let both = [octaves, chord(0, 46, &[43, 48, 52]), chord(48, 46, &[43, 47, 53])].concat();
    assert_eq!(melody(both.clone()), tune.map(class_of));
    assert_eq!(heard(both, 72).held_harmony().map(|held| held.to_string()).as_deref(), Some("G7"));
}

#[test]
fn a_player_of_one_hand_is_the_lead_high_or_low() {
    let tune = [0, 4, 7, 12, 11, 9, 7, 5, 4, 2, 0, 5, 2, 7, 0];
    for low in [24, 36, 48, 60, 84, 108] {
        assert_eq!(melody(line(0, 12, &tune.map(|step| low + step))), tune.map(|step| class_of(low + step)), "{low}");
    }
}

#[test]
fn a_line_may_go_down_by_octaves_in_steps() {
    let scale: Vec<u8> = (36..=84).rev().filter(|key| Key::major(0).scale().contains(class_of(*key))).collect();
    assert_eq!(melody(line(0, 6, &scale)), scale.iter().map(|&key| class_of(key)).collect::<Vec<_>>());
}

#[test]
fn stride_and_chords_in_the_rests_of_the_melody_are_no_melody() {
    let tune = [(0, 20, 74), (24, 20, 77), (48, 20, 81), (144, 20, 79), (168, 20, 76), (192, 40, 72)];
    let bass = [(0, 22, 38), (48, 22, 33), (96, 22, 43), (144, 22, 38), (192, 22, 36)];
    let chords = [24, 72, 120, 168].map(|tick| chord(tick, 20, &[53, 57, 60]));
    let events = [notes(0, &tune), notes(0, &bass), chords.concat()].concat();
    assert_eq!(melody(events), tune.map(|(_, _, key)| class_of(key)));
}

#[test]
fn a_left_hand_that_comps_alone_is_no_melody_however_long() {
    let comp = (0..32).flat_map(|beat| chord(24 * beat, 20, &[[48, 52, 57], [50, 53, 55]][beat as usize / 4 % 2]));
    let comp: Vec<Heard> = comp.collect();
    assert!(melody(comp.clone()).is_empty());
    let entry = line(32 * 24, 12, &[67, 69, 71, 72]);
    assert_eq!(melody([comp, entry].concat()), [7, 9, 11, 0]);
}

#[test]
fn the_left_hand_may_have_a_channel_of_its_own() {
    // Hands crossed.
    let left = notes(3, &[(0, 90, 76), (0, 90, 79), (0, 90, 84)]);
    let right = line(0, 12, &[60, 62, 64, 65, 67, 65, 64]);
    let mut listener = Listener::default();
    listener.play_on(Channels { left: Some(3), ..Channels::default() });
    let mut lead = Vec::new();
    let events = in_order([left, right].concat());
    let mut events = events.iter().peekable();
    for frame in 1..14 {
        while let Some(heard) = events.next_if(|heard| heard.tick() < frame_start(frame)) {
            listener.hear(heard);
        }
        listener.advance(frame_start(frame));
        lead.extend(listener.last_frame().onset());
        assert_eq!(listener.held_harmony().map(|held| held.to_string()).as_deref(), Some("C/E"));
    }
    assert_eq!(lead, [0, 2, 4, 5, 7, 5, 4]);
}

#[test]
fn a_key_that_is_struck_again_before_it_was_let_go_is_a_new_note() {
    let repeated = [on(0, 67), on(12, 67), off(13, 67), on(24, 67), off(30, 67), off(31, 67)];
    assert_eq!(melody(repeated.to_vec()), [7, 7, 7]);
}

#[test]
fn only_the_top_of_a_rolled_chord_is_melody() {
    let start = line(0, 12, &[67, 69, 71]);
    let keys = [48, 55, 60, 64, 72];
    let roll: Vec<_> = keys.iter().enumerate().map(|(index, &key)| (36 + 2 * index as Tick, 40, key)).collect();
    let listener = heard([start, notes(0, &roll)].concat(), 140);
    let keys: Vec<u8> = listener.ended_phrase().unwrap().1.iter().map(|note| note.key).collect();
    assert_eq!(keys, [67, 69, 71, 72]);
    // Nothing is known of the hands yet, and the roll begins in one frame and ends in the next.
    let alone = heard(notes(0, &roll), 60);
    assert_eq!(alone.held_harmony().map(|held| held.to_string()).as_deref(), Some("C"));
    assert_eq!((alone.newest(), alone.player().phrase), (Some(0), 2));
}

#[test]
fn a_glissando_is_a_run_up_to_its_last_note_and_says_nothing_about_the_key() {
    let tune = line(0, 12, &[66, 70, 73, 71, 70, 68, 65, 66]);
    let white = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79];
    let run: Vec<_> = white.iter().enumerate().map(|(index, &key)| (96 + index as Tick, 2, key)).collect();
    let listener = heard([tune, notes(0, &run), line(120, 12, &[78])].concat(), 160);
    assert_eq!(listener.belief().key().map(|(key, _)| key), Some(Key::major(6)));
    let keys: Vec<u8> = listener.ended_phrase().unwrap().1.iter().map(|note| note.key).collect();
    assert_eq!(keys, [66, 70, 73, 71, 70, 68, 65, 66, 79, 78]);
}

#[test]
fn what_the_pedal_holds_is_harmony_until_the_next_one() {
    let mut events = vec![Heard::Pedal { tick: 0, channel: 0, down: true }];
    events.extend(line(0, 96, &[76, 77]));
    for (bar, keys) in [[36, 43, 52, 48], [41, 48, 57, 53]].iter().enumerate() {
        events.extend(line(96 * bar as Tick, 12, keys));
    }
    let read = |tick| heard(events.clone(), tick).held_harmony().map(|held| held.to_string());
    assert_eq!(read(30).as_deref(), Some("C"));
    assert_eq!(read(90).as_deref(), Some("C"));
    assert_eq!(read(132).as_deref(), Some("F"));
}

/// A melody of one phrase whose last note has been let go, on `channel`, with a pedal down on another one.
fn phrase_with_pedal(channels: Channels, channel: u8, pedal: u8) -> Listener {
    let mut listener = Listener::default();
    listener.play_on(channels);
    listener.hear(&Heard::Pedal { tick: 0, channel: pedal, down: true });
    let keys = [60, 62, 64, 65].into_iter().enumerate().map(|(index, key)| (12 * index as Tick, 10, key));
    for heard in in_order(notes(channel, &keys.collect::<Vec<_>>())) {
        listener.hear(&heard);
    }
    listener.advance(36 + 10 + PHRASE_REST + 1);
    listener
}

#[test]
fn a_pedal_holds_what_is_played_on_its_channel_or_in_its_zone() {
    let plain = Channels::default();
    let mut mpe = Channels::default();
    mpe.zones.configure(0, 5);
    for (channels, channel, pedal, holds) in [
        (plain, 0, 0, true),
        (plain, 0, 1, false),
        (plain, 3, 0, false),
        (mpe, 3, 0, true),
        (mpe, 3, 4, false),
        (mpe, 8, 0, false),
    ] {
        let listener = phrase_with_pedal(channels, channel, pedal);
        assert_eq!(listener.ended_phrase().is_none(), holds, "a note on {channel}, the pedal on {pedal}");
        assert_eq!(listener.keyboard.sounds(65), holds, "a note on {channel}, the pedal on {pedal}");
    }
}

#[test]
fn drums_are_not_heard() {
    let pads = notes(9, &[(0, 90, 36), (0, 90, 40), (0, 90, 43), (24, 6, 38)]);
    let listener = heard(pads.clone(), 60);
    assert_eq!((listener.held_harmony(), listener.silence(), listener.last_frame()), (None, None, Rest));
    let tune = line(0, 12, &[67, 69, 71, 72]);
    let [alone, with_drums] = [tune.clone(), in_order([tune, pads].concat())].map(|events| heard(events, 60));
    assert_eq!(format!("{with_drums:?}"), format!("{alone:?}"));
}

#[test]
fn a_chord_is_known_in_the_frame_in_which_it_is_struck() {
    for (keys, symbol) in [
        (&[48, 52, 55][..], "C"),
        (&[52, 55, 60], "C/E"),
        (&[50, 53, 57, 60], "Dm7"),
        (&[53, 55, 59, 62], "G7/F"),
        (&[53, 57, 59], "G7/F"),
        (&[43, 50, 60], "Gsus4"),
        (&[47, 50, 53, 57], "Bm7b5"),
    ] {
        let mut listener = heard(line(0, 12, &[72, 74, 76]), 46);
        for &key in keys {
            listener.hear(&on(48, key));
        }
        assert_eq!(listener.held_harmony().map(|held| held.to_string()).as_deref(), Some(symbol));
    }
}

#[test]
fn two_notes_of_the_left_hand_are_a_chord_as_a_third_or_with_the_right_hands_help() {
    let left = [chord(0, 20, &[48, 52, 55]), line(0, 12, &[72, 74, 76, 77])].concat();
    let read = |keys: &[u8], lead: u8| {
        let events = [left.clone(), chord(48, 40, keys), chord(48, 40, &[lead])].concat();
        heard(events, 60).held_harmony().map(|held| held.to_string())
    };
    assert_eq!(read(&[48, 52], 74).as_deref(), Some("C"));
    assert_eq!(read(&[52, 58], 72).as_deref(), Some("C7/E"));
    assert_eq!(read(&[52, 58], 78).as_deref(), Some("F#7/E"));
    assert_eq!(read(&[48, 58], 76).as_deref(), Some("C7"));
    assert_eq!(read(&[48, 58], 74), None);
}

#[test]
fn the_portrait_follows_the_player() {
    assert_eq!(Listener::default().player().rests_for, LONGEST_REST);
    let eighths: Vec<u8> = [72, 74, 76, 77].repeat(12);
    let busy = heard(line(0, 12, &eighths), 576).player();
    assert!((busy.density - 2.0).abs() < 0.3, "{busy:?}");
    assert_eq!((busy.register, busy.touch, busy.rests_for, busy.phrase), (75, 90, 1, 1));
    let rested = heard(line(0, 12, &eighths), 576 + 96).player();
    assert_eq!((rested.rests_for, rested.phrase), (97, 1));
    assert!(rested.density < 1.0, "{rested:?}");
}

fn storm() -> impl Strategy<Value = Vec<Heard>> {
    let tick = prop_oneof![0i64..2000, any::<i64>().prop_map(|tick| tick >> 16)];
    let event =
        (tick, 0u8..255, any::<u8>(), any::<u8>(), 0u8..3).prop_map(
            |(tick, channel, key, velocity, kind)| match kind {
                0 => Heard::NoteOn { tick, channel, key, velocity },
                1 => Heard::NoteOff { tick, channel, key },
                _ => Heard::Pedal { tick, channel, down: velocity > 127 },
            },
        );
    prop::collection::vec(event, 0..400)
}

proptest! {
    #[test]
    fn no_storm_of_events_breaks_it(events in storm(), left in prop::option::of(0u8..16)) {
        let mut listener = Listener::default();
        listener.play_on(Channels { left, ..Channels::default() });
        for heard in &events {
            listener.hear(heard);
            let phrase = listener.phrases.whole().unwrap_or_default();
            prop_assert!(phrase.len() <= 64 && phrase.iter().all(|note| note.length > 0 && note.key < 128));
            prop_assert!(listener.silence().is_none_or(|ticks| ticks >= 0));
            let player = listener.player();
            prop_assert!((1..=127).contains(&player.touch) && player.register < 128);
            prop_assert!((0.0..=4.0).contains(&player.density) && (0..=LONGEST_REST).contains(&player.rests_for));
            let _ = (listener.held_harmony(), listener.ended_phrase(), listener.newest());
        }
    }

    #[test]
    fn a_line_over_chords_of_the_left_hand_is_heard_note_for_note(
        steps in prop::collection::vec(-5i32..=5, 8..40),
        low in 36u8..50,
        gap in 8u8..20,
        roots in prop::collection::vec(0u8..7, 8),
    ) {
        let floor = i32::from(low + 16 + gap);
        let keys = steps.iter().scan(floor + 7, |key, step| {
            *key = (*key + step).clamp(floor, floor + 16);
            Some(*key as u8)
        });
        let keys: Vec<u8> = keys.collect();
        let chords = (0..keys.len() as Tick / 4).flat_map(|bar| {
            let root = low + roots[bar as usize % 8];
            chord(48 * bar, 44, &[root, root + 4, root + 7])
        });
        let events = [line(0, 12, &keys), chords.collect()].concat();
        prop_assert_eq!(melody(events), keys.iter().map(|&key| class_of(key)).collect::<Vec<_>>());
    }
}
