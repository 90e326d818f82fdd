//! The bounds of a phrase, which are exact whatever the network says: the allowed scale, the compass, the largest leap,
//! and chord tones on strong beats and at the end.
//!
//! None of them ever gives way to another. A note that could not keep them all is not played: it waits for the next
//! frame. When a key is chosen, the time to the next note is known, so only keys
//! (and only times) are in play from which the next note can keep its bounds over the chord that is planned there; so
//! waiting is left for chords that come unforeseen. What can be empty is given a wider meaning instead: where the lock
//! leaves no tone of a chord, every note of the lock counts as one.

use super::reach::{Keys, open};
use crate::controls::Player;
use crate::improviser::players::context::FrameContext;
use crate::music::pitch::KeyRange;
use crate::music::time::{TICKS_PER_FRAME, frame_at};
use crate::music::{Chord, PitchClassSet, Spot, Tick};
use crate::network::soloist::{LOWEST, PITCHES};

/// Semitones around the musician's middle, moved by the register, within which a phrase stays.
pub(super) const REACH: i32 = 12;
/// The keys that a register can move a phrase to.
const KEYS: KeyRange = KeyRange::new(24, 108);
/// Semitones from the ends of the network's keys within which no middle lies, so that a phrase has an octave and more
/// to move in.
const MARGIN: i32 = 7;
/// The shortest time between two notes: a frame has room for two, no more.
pub(super) const QUICKEST: Tick = TICKS_PER_FRAME / 2;

/// Where a phrase lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compass {
    /// The key around which it moves, by [`REACH`] at most.
    pub centre: i32,
    /// How many octaves higher it sounds than the network's keys, because those do not reach so far.
    pub octaves: i32,
}

impl Compass {
    /// Around the musician's own middle, moved by the register.
    pub fn of(context: &FrameContext) -> Self {
        let register = i32::from(context.controls.player(Player::Lead).register);
        let centre = (i32::from(context.player_centre) + 12 * register)
            .clamp(i32::from(KEYS.low) + REACH, i32::from(KEYS.high) - REACH);
        let (lowest, highest) = (i32::from(LOWEST) + MARGIN, i32::from(LOWEST) + PITCHES as i32 - 1 - MARGIN);
        let octaves = ((centre - highest + 11).max(0) / 12) - ((lowest - centre + 11).max(0) / 12);
        Self { centre, octaves }
    }

    /// The key of a pitch of the network.
    pub fn key(self, pitch: usize) -> i32 {
        i32::from(LOWEST) + pitch as i32 + 12 * self.octaves
    }

    /// Its keys, all of which the network has.
    pub fn keys(self) -> Keys {
        Keys::between(self.centre - REACH, self.centre + REACH) & Keys::between(self.key(0), self.key(PITCHES - 1))
    }
}

/// The pitch classes that a phrase may use over a chord.
pub(super) struct Palette {
    /// Where a chord tone is due.
    pub chord: PitchClassSet,
    /// The scale of the moment.
    pub scale: PitchClassSet,
    /// Elsewhere.
    pub passing: PitchClassSet,
}

impl Palette {
    fn of(context: &FrameContext, chord: Chord) -> Self {
        let locked = context.controls.key_lock;
        let scale = if locked { context.allowed() } else { context.key.scale().union(chord.tones()) };
        let tones = chord.tones().intersection(context.allowed());
        let chromatic =
            !locked && (context.controls.lead_chromaticism.is_some() || context.style.character().chromatic);
        Self {
            chord: if tones.is_empty() { scale } else { tones },
            scale,
            passing: if chromatic { PitchClassSet::ALL } else { scale },
        }
    }
}

/// What bounds the notes of a phrase, as far as it can be seen from one frame.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub context: &'a FrameContext<'a>,
    /// The chord of the frame.
    pub chord: Chord,
    pub compass: Compass,
    /// When the phrase began.
    pub start: Tick,
    /// When it is over.
    pub end: Tick,
    /// By how many semitones its middle lies higher than its ends are to.
    pub arch: f32,
    /// The shortest time between two notes that is drawn.
    pub quickest: Tick,
}

impl Bounds<'_> {
    /// The chord at `tick`, as far as it is decided or planned.
    pub fn chord_at(&self, tick: Tick) -> Chord {
        self.context.next_chord.filter(|(change, _)| *change <= tick).map_or(self.chord, |(_, chord)| chord)
    }

    /// The pitch classes over the chord at `tick`.
    pub fn palette_at(&self, tick: Tick) -> Palette {
        Palette::of(self.context, self.chord_at(tick))
    }

    /// Whether a note at `onset` after which the next would begin `time` later is the last: less than the length of a
    /// last note would be left for that.
    pub fn ends(&self, onset: Tick, time: Tick) -> bool {
        onset + time + self.cadence() > self.end
    }

    /// The shortest last note: two beats, or one in a phrase of a bar.
    pub fn cadence(&self) -> Tick {
        let meter = self.context.position.meter;
        let beats = if self.end - self.start > meter.bar_ticks() { 2 } else { 1 };
        beats * meter.beat_ticks()
    }

    /// Whether a note at `onset` must have a chord tone, being `last` or not.
    fn is_anchored(&self, onset: Tick, last: bool) -> bool {
        let spot = Spot { frame: self.context.frame, position: self.context.position };
        let strong = spot.plus(frame_at(onset) - spot.frame).is_strong();
        last || (strong && self.context.controls.strong_tones) || self.ends(onset, QUICKEST)
    }

    /// The key around which the phrase moves at `onset`.
    pub fn middle(&self, onset: Tick) -> f32 {
        let share = (onset - self.start) as f32 / (self.end - self.start).max(1) as f32;
        let height = 4.0 * share * (1.0 - share) - 0.5;
        self.compass.centre as f32 + height * self.arch
    }

    /// The keys that a note at `onset` may have for itself.
    pub fn demand(&self, onset: Tick, last: bool) -> Keys {
        let palette = self.palette_at(onset);
        Keys::of(if self.is_anchored(onset, last) { palette.chord } else { palette.passing }) & self.compass.keys()
    }

    /// The keys within a leap of the note before, if there is one.
    pub fn reach(&self, before: Option<u8>) -> Keys {
        let leap = i32::from(self.context.controls.max_leap);
        before.map(i32::from).map_or(Keys::ALL, |key| Keys::between(key - leap, key + leap))
    }

    /// The keys of a note at `onset`, after one with the key `before`, from which a note `time` later keeps its bounds.
    pub fn open(&self, onset: Tick, time: Tick, before: Option<u8>) -> Keys {
        let last = self.ends(onset, time);
        let here = self.reach(before) & self.demand(onset, last);
        if last { here } else { open(&[here, self.demand(onset + time, false)], self.context.controls.max_leap) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;

    fn compass(player_centre: u8, register: i8) -> Compass {
        let mut controls = Controls::default();
        controls.players[Player::Lead].register = register;
        Compass::of(&FrameContext { player_centre, ..context(&controls, 0) })
    }

    #[test]
    fn the_answer_lies_around_the_musicians_middle_moved_by_the_register() {
        let centres = |middle| [-2, -1, 0, 1, 2].map(|register| compass(middle, register).centre);
        assert_eq!(centres(64), [40, 52, 64, 76, 88]);
        assert_eq!(centres(110), [86, 96, 96, 96, 96], "as far as the keys of a melody go");
    }

    #[test]
    fn a_phrase_has_more_than_an_octave_of_the_networks_keys_wherever_it_lies() {
        for middle in 0..128 {
            for register in -2..=2 {
                let keys: Vec<u8> = compass(middle, register).keys().iter().collect();
                assert!(keys.len() > 12 && keys.iter().all(|key| (24..=108).contains(key)), "{middle} {register}");
            }
        }
        assert_eq!([60, 72, 88, 89, 94].map(|middle| compass(middle, 0).octaves), [0, 0, 0, 1, 1]);
        assert_eq!([43, 42, 38].map(|middle| compass(middle, 0).octaves), [0, -1, -1]);
    }
}
