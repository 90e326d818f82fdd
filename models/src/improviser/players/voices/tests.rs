use proptest::prelude::*;

use super::answering::{Answer, Answering};
use super::*;
use crate::channels::{RightHand, Zones};
use crate::music::leading::{crossings, parallels};
use crate::music::pitch::{class_of, transposed};
use crate::score::ANSWER_VOICES;

const STRICT: [Style; 4] = [Style::Classical, Style::Baroque, Style::Romantic, Style::Hymn];

fn controls(register: i8, density: f32, tension: Option<u8>) -> Controls {
    let mut controls = Controls { chromaticism: tension, ..Controls::default() };
    let voices = &mut controls.players[Player::Voices];
    (voices.register, voices.density) = (register, density);
    controls
}

fn row(chord: &str, style: Style, controls: &Controls) -> AnswerRow {
    let context = AnswerContext { frame: 0, key: Key::major(0), style, right_hand: RightHand::default(), controls };
    let chord = chord.parse().ok();
    answers(&context, |_| chord)
}

/// The voices under `key`, or over it, as distances from it.
fn distances(row: &AnswerRow, key: u8) -> Vec<i16> {
    row.answer(key, None).voices.iter().flatten().map(|&voice| i16::from(voice) - i16::from(key)).collect()
}

/// The notes and voices of a melody, each note in a frame of its own, all over one chord each.
fn sung(melody: &[(u8, usize)], key: Key, style: Style, controls: &Controls) -> Vec<Answer> {
    let mut answering = Answering::default();
    let sing = |(index, &(note, chord)): (usize, &(u8, usize))| {
        let context = AnswerContext { frame: index as Frame, key, style, right_hand: RightHand::default(), controls };
        let row = answers(&context, |_| Chord::from_index(chord));
        answering.reply(&row, 6 * index as i64, 0, note).map(|reply| reply.answer)
    };
    melody.iter().enumerate().filter_map(sing).collect()
}

/// The parts that sound in both of two answers, the note first.
fn common_parts(before: &Answer, after: &Answer) -> (Vec<u8>, Vec<u8>) {
    let voices = before.voices.iter().zip(&after.voices).filter_map(|(before, after)| before.zip(*after));
    std::iter::once((before.key, after.key)).chain(voices).unzip()
}

/// How far all voices move in all, and how far they move against the note.
fn motion(answers: &[Answer]) -> (i32, i32) {
    let steps = answers.windows(2).map(|pair| {
        let (before, after) = common_parts(&pair[0], &pair[1]);
        let step = |part: usize| i32::from(after[part]) - i32::from(before[part]);
        let voices = 1..before.len();
        (
            voices.clone().map(|part| step(part).abs()).sum::<i32>(),
            voices.map(|part| (step(part) - step(0)).abs()).sum::<i32>(),
        )
    });
    steps.fold((0, 0), |sum, step| (sum.0 + step.0, sum.1 + step.1))
}

fn in_thirds(melody: &[u8], chord: &str) -> Vec<(u8, usize)> {
    let chord: Chord = chord.parse().unwrap();
    melody.iter().map(|&key| (key, chord.index())).collect()
}

#[test]
fn density_says_how_many_voices_there_are() {
    for (density, voices) in [(0.0, 1), (0.3, 1), (0.4, 2), (0.6, 2), (0.7, 3), (1.0, 3)] {
        let row = row("C", Style::Pop, &controls(0, density, Some(4)));
        assert!([72, 76, 79].iter().all(|&key| distances(&row, key).len() == voices), "{density}");
    }
}

#[test]
fn chord_tones_are_answered_by_chord_tones() {
    let row = row("C", Style::Pop, &controls(0, 0.5, Some(4)));
    assert_eq!(distances(&row, 79), [-3, -7], "E and C under G");
    assert_eq!(distances(&row, 76), [-4, -9], "C and G under E");
    assert_eq!(distances(&row, 72), [-5, -8], "G and E under C");
}

#[test]
fn without_tension_a_line_goes_in_thirds_and_sixths_of_the_scale() {
    let scale: Vec<u8> = vec![72, 74, 76, 77, 79, 81, 83, 84, 83, 81, 79, 77, 76, 74, 72];
    for tension in [Some(0), Some(1), None] {
        let answers = sung(&in_thirds(&scale, "C"), Key::major(0), Style::Pop, &controls(0, 0.2, tension));
        let intervals: Vec<u8> = answers.iter().map(|answer| answer.key - answer.voices[0].unwrap()).collect();
        assert!(intervals.iter().all(|interval| [3, 4, 8, 9].contains(interval)), "{tension:?}: {intervals:?}");
        let voices = answers.iter().filter_map(|answer| answer.voices[0]);
        assert!(voices.map(class_of).all(|class| Key::major(0).scale().contains(class)));
    }
}

#[test]
fn low_tension_goes_along_with_the_line_and_high_tension_stays_with_the_chord() {
    let arpeggio = in_thirds(&[72, 79, 76, 84, 79, 76, 88, 72], "C");
    let sung = |tension| sung(&arpeggio, Key::major(0), Style::Pop, &controls(0, 0.5, Some(tension)));
    let (diatonic, chordal) = (sung(0), sung(4));
    assert!(motion(&diatonic).1 < motion(&chordal).1, "{diatonic:?} {chordal:?}");
    assert!(motion(&chordal).0 < motion(&diatonic).0);
    let chord: Chord = "C".parse().unwrap();
    assert!(chordal.iter().flat_map(|answer| answer.voices).flatten().all(|voice| chord.contains(class_of(voice))));
}

#[test]
fn an_altered_degree_of_the_chord_takes_the_place_of_the_scales_own() {
    let context = AnswerContext {
        frame: 0,
        key: Key::minor(9),
        style: Style::Pop,
        right_hand: RightHand::default(),
        controls: &controls(0, 0.2, Some(0)),
    };
    let row = answers(&context, |_| "E7".parse().ok());
    assert_eq!(distances(&row, 71), [-3], "G# under B");
}

#[test]
fn a_raised_register_answers_from_above() {
    let row = row("C", Style::Pop, &controls(1, 0.2, None));
    assert_eq!(distances(&row, 60), [4], "E over C");
    assert_eq!(distances(&row, 64), [3], "G over E");
}

#[test]
fn a_lowered_register_answers_lower_and_may_go_lower() {
    let low = |register| row("C", Style::Pop, &controls(register, 0.2, None));
    assert_eq!([-2, -1, 0, 1, 2].map(|register| low(register).range.low), [28, 40, 52, 52, 52]);
    assert_eq!(distances(&low(-1), 76), [-16]);
}

#[test]
fn a_note_an_octave_away_is_answered_an_octave_away() {
    let row = row("Am", Style::Pop, &controls(0, 0.9, Some(3)));
    assert_eq!(distances(&row, 72), distances(&row, 84));
}

#[test]
fn the_same_note_over_the_same_chord_has_the_same_answer() {
    for style in Style::ALL {
        let notes = sung(&in_thirds(&[76, 76, 76], "Am7"), Key::major(0), style, &controls(0, 0.9, None));
        assert!(notes.iter().all(|answer| *answer == notes[0]), "{style}");
    }
}

#[test]
fn of_a_struck_chord_the_highest_note_is_answered() {
    let row = row("C", Style::Pop, &Controls::default());
    let mut answering = Answering::default();
    assert!(answering.reply(&row, 0, 0, 72).is_some());
    let top = answering.reply(&row, 24, 0, 76).unwrap();
    assert_eq!(top.instead_of, None);
    assert!(answering.reply(&row, 25, 0, 72).is_none(), "under the top");
    let above = answering.reply(&row, 25, 0, 79).unwrap();
    assert_eq!(above.instead_of, Some((0, 76)));
    assert!(answering.reply(&row, 30, 0, 72).is_some(), "the line goes on downwards");
}

#[test]
fn the_fallback_is_a_third_below_in_the_scale() {
    let row = fallback_answers(3, &Controls::default(), Zones::default());
    assert_eq!((row.frame, row.channel), (3, 1));
    let thirds: Vec<_> = [72, 74, 76, 77, 79, 81, 83].iter().flat_map(|&key| distances(&row, key)).collect();
    assert_eq!(thirds, [-3, -3, -4, -3, -3, -4, -4]);
}

#[test]
fn the_fallback_stays_in_every_key() {
    for key in Key::ALL {
        let row = fallback_answers(0, &Controls { key_lock: true, key, ..Controls::default() }, Zones::default());
        for class in key.scale().iter() {
            let offset = row.ways[usize::from(class)][0][0];
            assert!(matches!(offset, -3 | -4), "{key}");
            assert!(key.locked_scale().contains(transposed(class, offset.into())), "{key}");
        }
    }
}

/// A melody, and a chord under each note.
fn any_melody() -> impl Strategy<Value = Vec<(u8, usize)>> {
    prop::collection::vec((40u8..100, 0usize..145), 2..40)
}

/// A melody that mostly goes by step, over chords that stand for a while.
fn likely_melody() -> impl Strategy<Value = Vec<(u8, usize)>> {
    let step = (-5i16..=5, 0usize..144, 0u8..4);
    prop::collection::vec(step, 2..60).prop_map(|steps| {
        let mut here = (72i16, 0);
        let mut go = |(by, chord, change): (i16, usize, u8)| {
            here = ((here.0 + by).clamp(64, 90), if change == 0 { chord } else { here.1 });
            (here.0 as u8, here.1)
        };
        steps.into_iter().map(&mut go).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn strict_styles_have_no_parallels(
        melody in prop_oneof![any_melody(), likely_melody()], key in 0usize..24, style in 0usize..4,
        register in -2i8..=2,
        density in 0f32..=1.0, tension in prop::option::of(0u8..=4),
    ) {
        let controls = controls(register, density, tension);
        for pair in sung(&melody, Key::from_index(key), STRICT[style], &controls).windows(2) {
            let (before, after) = common_parts(&pair[0], &pair[1]);
            prop_assert_eq!(parallels(&before, &after).forbidden(), 0, "{:?}", pair);
        }
    }

    #[test]
    fn voices_do_not_cross_and_stay_in_range(
        melody in any_melody(), key in 0usize..24, style in 0..Style::ALL.len(), register in -2i8..=2,
        density in 0f32..=1.0,
        tension in prop::option::of(0u8..=4),
    ) {
        let controls = controls(register, density, tension);
        let lowest = if register > 0 { 48 } else { 48 + 12 * register };
        for answer in sung(&melody, Key::from_index(key), Style::ALL[style], &controls) {
            let mut parts: Vec<u8> = answer.keys().collect();
            if register <= 0 {
                parts.reverse();
            }
            prop_assert_eq!(crossings(&parts), 0, "{:?}", answer);
            prop_assert!(answer.keys().skip(1).all(|voice| (lowest as u8..=108).contains(&voice)), "{:?}", answer);
        }
    }

    #[test]
    fn answers_stay_in_the_locked_scale_even_in_one_that_was_drawn(
        melody in any_melody(), key in 0usize..24, style in 0..Style::ALL.len(), scale in 0u16..4096,
        density in 0f32..=1.0,
        tension in prop::option::of(0u8..=4),
    ) {
        let key = Key::from_index(key);
        let controls = Controls { key_lock: true, key, scale, ..controls(0, density, tension) };
        for answer in sung(&melody, key, Style::ALL[style], &controls) {
            let allowed = controls.allowed();
            prop_assert!(answer.keys().skip(1).all(|voice| allowed.contains(class_of(voice))), "{:?}", answer);
        }
    }

    #[test]
    fn in_a_key_every_note_of_a_usual_line_has_its_first_voice(
        melody in likely_melody(), key in 0usize..24, style in 0..Style::ALL.len(), density in 0f32..=1.0, lock: bool,
        tension in prop::option::of(0u8..=4),
    ) {
        let key = Key::from_index(key);
        let controls = Controls { key_lock: lock, key, ..controls(0, density, tension) };
        // Under key lock the harmonist brings only chords of the scale.
        let is_allowed = |chord: Chord| chord.tones().is_subset(controls.allowed());
        let fits = |chord: usize| Chord::from_index(chord).is_none_or(is_allowed);
        let fitting = |(note, chord)| (note, if fits(chord) { chord } else { Chord::NONE_INDEX });
        let melody: Vec<_> = melody.into_iter().map(fitting).collect();
        for answer in sung(&melody, key, Style::ALL[style], &controls) {
            prop_assert!(answer.keys().count() > 1, "{:?}", answer);
        }
    }
}

/// How many of the wanted voices are silent for the sake of a strict style, per hundred.
#[test]
fn strict_styles_silence_few_voices() {
    let line = [72u8, 74, 76, 77, 79, 81, 79, 77, 76, 79, 84, 83, 81, 79, 77, 76, 74, 71, 72, 67, 72];
    let chords =
        ["C", "G7", "C", "F", "C", "F", "C", "Dm", "C", "C", "C", "G", "F", "C", "Dm", "C", "G", "G7", "C", "Em", "C"];
    let melody: Vec<(u8, usize)> =
        line.iter().zip(chords).map(|(&key, chord)| (key, chord.parse::<Chord>().unwrap().index())).collect();
    for tension in 0..=4 {
        let sung = sung(&melody, Key::major(0), Style::Hymn, &controls(0, 1.0, Some(tension)));
        let silent = sung.iter().map(|answer| ANSWER_VOICES + 1 - answer.keys().count()).sum::<usize>();
        assert!(silent * 20 <= sung.len() * ANSWER_VOICES, "tension {tension}: {silent} silent, {sung:?}");
    }
}
