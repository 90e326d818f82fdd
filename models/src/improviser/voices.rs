//! The player who harmonises each note that the musician plays.

use crate::controls::{Controls, Player};
use crate::music::pitch::{PitchClassSet, transposed};
use crate::music::{Chord, Frame, Key, PitchClass};
use crate::score::{ANSWER_VOICES, AnswerRow};

/// From this density on there are two voices.
const TWO_VOICES: f32 = 0.75;

/// The lowest answer, E3: under it close intervals are mud, and what is played there is a left hand's.
const LOWEST: u8 = 52;

/// Works out, before the musician plays, the harmony to each pitch class: a chord tone a third to a sixth away, below the
/// note, or above it if the register is raised. Where no chord tone lies there, a third of the scale.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voices {
    /// The distances that were chosen last, by pitch class; 0: none yet.
    last: [u8; 12],
}

impl Voices {
    /// The answers for `frame`; `chord_for` tells the chord under a note of the given pitch class.
    pub fn answers(
        &mut self,
        frame: Frame,
        channel: u8,
        chord_for: impl Fn(PitchClass) -> Option<Chord>,
        key: Key,
        controls: &Controls,
    ) -> AnswerRow {
        let settings = controls.player(Player::Voices);
        let allowed = controls.allowed();
        let scale = key.scale();
        let two = controls.density(Player::Voices) >= TWO_VOICES;
        let side = Side::of(settings.register);
        let mut row = AnswerRow { channel, lowest: side.lowest(), ..AnswerRow::silent(frame) };
        for class in 0..12 {
            let place = Place { class, side, allowed, scale, chord: chord_for(class) };
            let distance = place.first(self.last[usize::from(class)]);
            self.last[usize::from(class)] = distance;
            let second = if two { place.second(distance) } else { None };
            row.offsets[usize::from(class)] = side.offsets(distance, second);
        }
        row
    }
}

/// The answers when no plan has arrived: a third below in the locked scale, or in C major. No allocation, so that the
/// audio thread may call it.
pub fn fallback_answers(frame: Frame, controls: &Controls) -> AnswerRow {
    let channel = controls.player(Player::Voices).channel;
    let scale = if controls.key_lock { controls.allowed() } else { Key::major(0).scale() };
    let side = Side { up: false, octaves: 0 };
    let mut row = AnswerRow { channel, lowest: side.lowest(), ..AnswerRow::silent(frame) };
    for class in 0..12 {
        let place = Place { class, side, allowed: scale, scale, chord: None };
        row.offsets[usize::from(class)] = side.offsets(place.first(0), None);
    }
    row
}

/// Where the voices lie: above the note or below, and how many octaves farther.
#[derive(Clone, Copy, Debug)]
struct Side {
    up: bool,
    octaves: u8,
}

impl Side {
    fn of(register: i8) -> Self {
        let up = register > 0;
        Self { up, octaves: (register.unsigned_abs() - u8::from(up)).min(2) }
    }

    /// The lowest answer on this side: who lowers the voices by octaves wants them there.
    fn lowest(self) -> u8 {
        if self.up { LOWEST } else { LOWEST - 12 * self.octaves }
    }

    /// The distances as signed semitones from the note.
    fn offsets(self, first: u8, second: Option<u8>) -> [i8; ANSWER_VOICES] {
        let signed = |distance: u8| {
            let distance = (distance + 12 * self.octaves) as i8;
            if self.up { distance } else { -distance }
        };
        let mut offsets = [0; ANSWER_VOICES];
        offsets[0] = signed(first);
        offsets[1] = second.map_or(0, signed);
        offsets
    }
}

/// A note that might be played, and what may answer it.
#[derive(Clone, Copy, Debug)]
struct Place {
    class: PitchClass,
    side: Side,
    allowed: PitchClassSet,
    scale: PitchClassSet,
    chord: Option<Chord>,
}

impl Place {
    fn answer(&self, distance: u8) -> PitchClass {
        transposed(self.class, if self.side.up { i32::from(distance) } else { -i32::from(distance) })
    }

    /// The distance of the first voice, 3–9 semitones. Thirds and sixths are best, and what is near the `last`
    /// distance, so that the voice moves in parallel with the line where the harmony lets it.
    fn first(&self, last: u8) -> u8 {
        let cost = |&distance: &u8| {
            let answer = self.answer(distance);
            let consonance = match distance {
                3 | 4 => 0,
                8 | 9 => 2,
                5 | 7 => 4,
                _ => 7,
            };
            let motion = if last == 0 { 0 } else { u32::from(distance.abs_diff(last)) };
            let foreign = match self.chord {
                Some(chord) if chord.contains(answer) => 0,
                // A third of the scale rather than a distant chord tone; whatever is forbidden, last of all.
                _ if self.scale.contains(answer) => {
                    if self.chord.is_some() {
                        9
                    } else {
                        0
                    }
                }
                _ => 18,
            };
            let forbidden = if self.allowed.contains(answer) { 0 } else { 1000 };
            // Without a chord the harmony is in thirds.
            let parallel = if self.chord.is_none() { 3 * consonance } else { consonance };
            parallel + motion + foreign + forbidden
        };
        // A scale has a note in any seven neighbouring semitones, so that the best is always allowed.
        (3..=9).min_by_key(cost).unwrap_or(3)
    }

    /// The distance of a second voice beyond the first, if there is a chord tone that agrees with both.
    fn second(&self, first: u8) -> Option<u8> {
        let agrees = |distance: u8| (3..=9).contains(&(distance % 12));
        let chord = self.chord?;
        (first + 3..=16)
            .filter(|&distance| agrees(distance) && agrees(distance - first))
            .find(|&distance| chord.contains(self.answer(distance)) && self.allowed.contains(self.answer(distance)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(chord: &str, register: i8, density: f32) -> AnswerRow {
        let mut controls = Controls::default();
        controls.players[Player::Voices as usize].register = register;
        controls.players[Player::Voices as usize].density = density;
        let chord = chord.parse().ok();
        Voices::default().answers(0, 1, |_| chord, Key::major(0), &controls)
    }

    #[test]
    fn chord_tones_are_answered_by_the_next_chord_tone_below() {
        let row = row("C", 0, 0.5);
        assert_eq!(row.offsets[4], [-4, 0, 0, 0], "C under E");
        assert_eq!(row.offsets[7], [-3, 0, 0, 0], "E under G");
        assert_eq!(row.offsets[0], [-8, 0, 0, 0], "E under C");
    }

    #[test]
    fn a_raised_register_answers_from_above() {
        let row = row("C", 1, 0.5);
        assert_eq!(row.offsets[0][0], 4, "E over C");
        assert_eq!(row.offsets[4][0], 3, "G over E");
    }

    #[test]
    fn a_lowered_register_lowers_the_lowest_answer_with_it() {
        let lowest = [-2, -1, 0, 1, 2].map(|register| row("C", register, 0.5).lowest);
        assert_eq!(lowest, [28, 40, 52, 52, 52]);
    }

    #[test]
    fn a_lowered_register_answers_an_octave_lower() {
        assert_eq!(row("C", -1, 0.5).offsets[4][0], -16);
    }

    #[test]
    fn a_high_density_adds_a_second_voice() {
        assert_eq!(row("C", 0, 1.0).offsets[7], [-3, -7, 0, 0], "E and C under G");
    }

    #[test]
    fn the_fallback_is_a_third_below_in_the_scale() {
        let row = fallback_answers(3, &Controls::default());
        assert_eq!((row.frame, row.channel), (3, 1));
        let thirds: Vec<i8> = [0, 2, 4, 5, 7, 9, 11].iter().map(|&class| row.offsets[class][0]).collect();
        assert_eq!(thirds, [-3, -3, -4, -3, -3, -4, -4]);
    }

    #[test]
    fn the_fallback_stays_in_every_key() {
        for key in Key::ALL {
            let row = fallback_answers(0, &Controls { key_lock: true, key, ..Controls::default() });
            for class in key.scale().iter() {
                let offset = row.offsets[usize::from(class)][0];
                assert!(matches!(offset, -3 | -4), "{key}");
                assert!(key.locked_scale().contains(transposed(class, offset.into())), "{key}");
            }
        }
    }

    proptest! {
        #[test]
        fn answers_agree_with_the_note_and_stay_in_a_locked_key(
            chords in prop::collection::vec(0usize..145, 1..6),
            locked: bool,
            key in 0usize..24,
            register in -2i8..=2,
            density in 0f32..=1.0,
        ) {
            let mut controls = Controls { key_lock: locked, key: Key::from_index(key), ..Controls::default() };
            controls.players[Player::Voices as usize].register = register;
            controls.players[Player::Voices as usize].density = density;
            let mut voices = Voices::default();
            for index in chords {
                let row = voices.answers(0, 1, |_| Chord::from_index(index), controls.key, &controls);
                for (class, offsets) in row.offsets.iter().enumerate() {
                    prop_assert!(offsets[0] != 0, "every note is answered");
                    for &offset in offsets.iter().filter(|&&offset| offset != 0) {
                        let answer = transposed(class as u8, offset.into());
                        prop_assert!((3..=9).contains(&(offset.unsigned_abs() % 12)));
                        prop_assert_eq!(offset > 0, register > 0);
                        prop_assert!(!locked || controls.key.locked_scale().contains(answer));
                    }
                }
            }
        }
    }
}
