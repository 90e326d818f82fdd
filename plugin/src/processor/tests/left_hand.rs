//! A chord of the left hand sounds in the band as it is struck.

use continuo_models::music::SlashChord;
use continuo_models::{Fork, Ground, RightHand, Way};
use proptest::prelude::*;

use super::*;

const HANDS: RightHand = RightHand { lowest: 70, chords_below: 140, joined_from: 100, by_channel: false, not_on: 0 };
const CHORDS: Part = Part::Player(Player::Chords);
const BASS: Part = Part::Player(Player::Bass);

/// Answers of a frame that was planned on C.
pub fn on_c(frame: Frame) -> AnswerRow {
    let harmony = Some(SlashChord { chord: "C".parse().unwrap(), bass: 0 });
    let ground = Ground { harmony, yields: true, ..Ground::default() };
    AnswerRow { right_hand: HANDS, ground, ..answers(frame) }
}

/// The band waits for the left hand, for a twelfth of a frame.
pub fn fork(frame: Frame) -> Cue {
    let until = Moment(frame * 240 + 20);
    Cue::Fork(Fork { frame, until, right_hand: HANDS, is_for_left_hand: true })
}

/// C E G for a quarter note and two, over C for all of them.
fn waltz(frame: Frame) -> Vec<Cue> {
    let mut cues = vec![Cue::Answers(on_c(frame))];
    if frame % 4 == 0 {
        cues.extend([60, 64, 67].map(|key| note(Player::Chords, key, frame * 240, 960)));
        cues.push(note(Player::Bass, 36, frame * 240, 960));
    }
    cues
}

/// The same, but for the first of each four frames it waits.
fn waiting(frame: Frame) -> Vec<Cue> {
    let mut cues = waltz(frame);
    if frame % 4 == 0 {
        cues.splice(1..1, [fork(frame), Cue::On(Way { fork: frame, turns: Way::ALL })]);
    }
    cues
}

/// The keys that `part` strikes.
fn struck(rig: &Rig, part: Part) -> Vec<(i64, u8)> {
    rig.notes(part).into_iter().filter(|(.., on)| *on).map(|(sample, key, _)| (sample, key)).collect()
}

#[test]
fn what_sounds_goes_to_the_chord_in_the_sample_of_its_last_key_and_what_is_planned_follows() {
    let mut rig = Rig::new(waltz);
    rig.play(5 * FRAME);
    rig.block(&rig.host(true), 500, &[on(100, 41), on(200, 45), on(300, 48)]);
    let at = 5 * FRAME + 300;
    assert_eq!(struck(&rig, CHORDS)[3..], [(at, 65), (at, 69)], "C stays");
    assert_eq!(struck(&rig, BASS)[1..], [(at, 41)]);
    assert_eq!(rig.struck, [(5, "F".to_owned())]);
    let ends = rig.notes(CHORDS).into_iter().filter(|(sample, _, on)| *sample == at && !on);
    assert_eq!(ends.map(|(_, key, _)| key).collect::<Vec<_>>(), [64, 67]);
    rig.play(4 * FRAME);
    assert_eq!(sounding(&rig.log).map(|left| left > 0), Ok(true));
}

#[test]
fn two_keys_are_taken_for_a_chord_when_no_third_has_come_for_a_while() {
    let mut rig = Rig::new(waltz);
    rig.play(5 * FRAME);
    rig.block(&rig.host(true), 500, &[on(0, 45), on(200, 48)]);
    rig.play(FRAME);
    // The first is in the first tick of the frame, which is a thousand samples long.
    assert_eq!(struck(&rig, CHORDS)[3..], [(5 * FRAME + 1500, 69)], "of C E G the G goes to A");
    assert_eq!(rig.struck, [(5, "Am".to_owned())]);
}

#[test]
fn a_melody_and_a_chord_that_stands_move_nothing() {
    for keys in [[72, 76, 79], [48, 52, 55]] {
        let mut rig = Rig::new(waltz);
        rig.play(5 * FRAME);
        rig.block(&rig.host(true), 500, &keys.map(|key| on(0, key)));
        rig.play(2 * FRAME);
        assert_eq!((rig.notes(CHORDS).len(), rig.struck.len()), (3, 0), "{keys:?}");
    }
}

#[test]
fn a_plan_that_arrives_after_the_hand_has_landed_is_played_in_its_chord() {
    for asleep in [false, true] {
        let mut rig = Rig::new(waltz);
        rig.play(7 * FRAME - 500);
        rig.planner = if asleep { None } else { Some(waltz) };
        rig.block(&rig.host(true), 500, &[]);
        rig.block(&rig.host(true), 500, &[on(0, 41), on(0, 45), on(0, 48)]);
        rig.planner = Some(waltz);
        rig.play(2 * FRAME);
        let strokes: Vec<_> = struck(&rig, CHORDS).into_iter().filter(|(sample, _)| *sample == 8 * FRAME).collect();
        assert_eq!(strokes.iter().map(|(_, key)| *key).collect::<Vec<_>>(), [60, 65, 69], "asleep: {asleep}");
    }
}

#[test]
fn the_band_waits_for_the_hand_and_strikes_with_it() {
    // On time; late; without another chord; not at all.
    for (keys, at, expected) in [
        ([41, 45, 48], Some(200), [60, 65, 69]),
        ([41, 45, 48], Some(400), [60, 65, 69]),
        ([48, 52, 55], Some(200), [60, 64, 67]),
        ([0; 3], None, [60, 64, 67]),
    ] {
        let mut rig = Rig::new(waiting);
        rig.play(8 * FRAME);
        let input: Vec<_> = at.into_iter().flat_map(|at| keys.map(|key| on(at, key))).collect();
        rig.block(&rig.host(true), 500, &input);
        rig.play(FRAME);
        let strokes = struck(&rig, CHORDS);
        let sample = 8 * FRAME + i64::from(at.unwrap_or(500));
        let there = strokes.iter().filter(|(sample, _)| *sample >= 8 * FRAME).copied().collect::<Vec<_>>();
        assert_eq!(there, expected.map(|key| (sample, key)), "{keys:?} {at:?}");
    }
}

#[test]
fn a_hand_that_is_landing_is_waited_for_until_it_has_landed() {
    let mut rig = Rig::new(waiting);
    rig.play(8 * FRAME);
    rig.block(&rig.host(true), 1000, &[on(400, 41), on(600, 45), on(900, 48)]);
    rig.play(FRAME);
    let there: Vec<_> = struck(&rig, CHORDS).into_iter().filter(|(sample, _)| *sample >= 8 * FRAME).collect();
    assert_eq!(there, [60, 65, 69].map(|key| (8 * FRAME + 900, key)));
    assert_eq!(rig.turns.len(), 1, "the fork of the frame before");
}

proptest! {
    #[test]
    fn whatever_the_hand_strikes_every_note_ends_and_lands_in_the_chord(
        strokes in prop::collection::vec((0u32..11_000, prop::collection::vec(36u8..60, 1..5)), 1..6),
        length in 100u32..2000,
    ) {
        let mut rig = Rig::new(waiting);
        rig.play(4 * FRAME);
        let first = rig.sample;
        while rig.sample < first + 12_000 {
            let from = (rig.sample - first) as u32;
            let mut input: Vec<NoteEvent<()>> = strokes
                .iter()
                .flat_map(|(at, keys)| keys.iter().map(move |&key| (*at, key)))
                .filter(|(at, _)| (from..from + length).contains(at))
                .map(|(at, key)| on(at - from, key))
                .collect();
            input.sort_by_key(|event| event.timing());
            rig.block(&rig.host(true), length, &input);
        }
        prop_assert!(sounding(&rig.log).is_ok());
        let last = rig.struck.last().map_or("C", |(_, chord)| chord).to_owned();
        let chord: continuo_models::music::Chord = last.split('/').next().unwrap_or_default().parse().unwrap();
        // What sounds at the end stands in the last chord.
        let mut keys = BTreeSet::new();
        for (_, key, on) in rig.notes(CHORDS) {
            if on { keys.insert(key); } else { keys.remove(&key); }
        }
        prop_assert!(keys.iter().all(|key| chord.contains(key % 12)), "{keys:?} in {last}");
    }
}
