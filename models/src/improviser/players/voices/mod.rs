//! The player who harmonises each note that the musician plays.
//!
//! Before a frame begins, a row of answers to each pitch class is worked out ([`answers`]): a few ways, the best first.
//! Which one joins best is known only when the note comes, and is decided then, at its sample ([`answering`]).
//!
//! **Tension** ([`Controls::chromaticism`]) says what the voices are made of. At its two lowest levels, and left free,
//! they are diatonic: thirds and sixths of the scale that go along with the line. From the middle level on they are
//! chordal: chord tones, each voice staying near where it was; at the highest level nothing else, unless only the fifth
//! lies near the note.

pub mod answering;
mod ways;

use crate::channels::{Channels, RightHand, Zones};
use crate::controls::{Controls, Player};
use crate::music::pitch::{KeyRange, PitchClass, PitchClassSet};
use crate::music::{Chord, Frame, Key, Style};
use crate::score::AnswerRow;
use ways::{Place, Side};

/// Above these densities there are two voices, and three.
const MORE_VOICES: [f32; 2] = [1.0 / 3.0, 2.0 / 3.0];

/// The lowest answer, E3: under it close intervals are mud.
const LOWEST: u8 = 52;

/// The lowest answer when there are three voices.
const LOWEST_OF_THREE: u8 = 48;

/// The highest answer, the last key of a piano.
const HIGHEST: u8 = 108;

/// What an unchosen tension amounts to.
const USUAL_TENSION: u8 = 1;

/// From this tension on the voices are chordal.
const CHORDAL: u8 = 2;

/// What Voices must know about a frame, besides the chords.
#[derive(Clone, Copy, Debug)]
pub struct AnswerContext<'a> {
    /// The frame.
    pub frame: Frame,
    /// The key that the band believes to be in, or the locked one.
    pub key: Key,
    /// The style of the frame.
    pub style: Style,
    /// Whose notes are answered.
    pub right_hand: RightHand,
    /// The parameters at the decision.
    pub controls: &'a Controls,
}

/// The answers for a frame, none if Voices is off; `chord_for` tells the chord under a note of the given pitch class.
pub fn answers(context: &AnswerContext, chord_for: impl Fn(PitchClass) -> Option<Chord>) -> AnswerRow {
    let &AnswerContext { frame, key, style, right_hand, controls } = context;
    let settings = controls.player(Player::Voices);
    if !settings.on {
        return AnswerRow::silent(frame);
    }
    let tension = controls.chromaticism.unwrap_or(USUAL_TENSION);
    let density = controls.density(Player::Voices);
    let voices = 1 + MORE_VOICES.iter().filter(|&&least| density > least).count();
    let row = AnswerRow {
        channel: settings.channel,
        right_hand,
        strict: style.character().strict,
        goes_along: tension < CHORDAL,
        ..AnswerRow::silent(frame)
    };
    filled(row, Side::of(settings.register), voices, |class, side| {
        let chord = chord_for(class);
        let scale = chord.map_or(key.scale(), |chord| scale_under(chord, key));
        Place { class, side, allowed: controls.allowed(), scale, chord, tension }
    })
}

/// The answers when no plan has arrived: a third below in the locked scale, or in C major. No allocation, so that the
/// audio thread may call it.
pub fn fallback_answers(frame: Frame, controls: &Controls, zones: Zones) -> AnswerRow {
    let channel = controls.player(Player::Voices).channel;
    let scale = if controls.key_lock { controls.allowed() } else { Key::major(0).scale() };
    let right_hand = Channels { left: controls.left_hand, zones }.right_hand();
    let row = AnswerRow { channel, right_hand, goes_along: true, ..AnswerRow::silent(frame) };
    filled(row, Side::of(0), 1, |class, side| Place { class, side, allowed: scale, scale, chord: None, tension: 0 })
}

/// `row` with the ways to answer each class with so many voices.
fn filled(mut row: AnswerRow, side: Side, voices: usize, place: impl Fn(PitchClass, Side) -> Place) -> AnswerRow {
    let lowest = if voices > 2 { LOWEST_OF_THREE } else { LOWEST };
    // Who lowers the voices by octaves wants them there.
    row.range = KeyRange::new(if side.up { lowest } else { lowest - 12 * side.octaves }, HIGHEST);
    for (class, ways) in (0..).zip(&mut row.ways) {
        *ways = place(class, side).ways(voices);
    }
    row
}

/// The scale of `key` as it is under `chord`: an altered degree of the chord takes the place of the scale's own.
fn scale_under(chord: Chord, key: Key) -> PitchClassSet {
    let altered: PitchClassSet = chord.tones().without(key.scale());
    let letter = |class: PitchClass| key.alteration(class).letter();
    let kept = key.scale().iter().filter(|&class| !altered.iter().any(|altered| letter(altered) == letter(class)));
    kept.collect::<PitchClassSet>().union(chord.tones())
}

#[cfg(test)]
mod tests;
