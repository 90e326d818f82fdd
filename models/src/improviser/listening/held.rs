//! The harmony that the musician holds, by hand or by pedal.

use super::keyboard::{Keyboard, keys_of};
use crate::music::pitch::class_of;
use crate::music::{Chord, PitchClassSet, SlashChord, Tick};

/// A third is a chord if the left hand plays nothing else, but not as two notes of a melody.
const FEWEST: usize = 2;

/// What sounds when the harmony is read.
#[derive(Clone, Copy, Debug)]
pub struct Sound<'a> {
    /// The keys.
    pub keyboard: &'a Keyboard,
    /// The keys of the left hand, one bit each, whether they sound or not.
    pub left: u128,
    /// The key of the lead line that is held.
    pub lead: Option<u8>,
    /// Keys that were struck before this are held by mistake.
    pub earliest: Tick,
}

/// What the left hand has laid down, until it lays down another harmony or has let go of it all: fingers that leave a
/// chord one by one spell no other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    harmony: Option<SlashChord>,
    /// The keys of the left hand from which that was read and which have sounded since, one bit each.
    keys: u128,
    /// What only the pedal holds counts if it was struck then or later.
    since: Option<Tick>,
}

impl Held {
    /// The harmony as the keys of `sound` stand, if `struck` were the newest of them.
    pub fn with(self, sound: &Sound, struck: u128) -> Self {
        let since = self.replaced_at(sound, struck & sound.left).or(self.since);
        let left = left_hand(sound, since);
        if left & (struck | !self.keys) == 0 && classes(left).len() >= FEWEST {
            return Self { keys: left, since, ..self };
        }
        let of_left = spelled(left, FEWEST);
        Self { harmony: of_left.or_else(|| spelled_otherwise(sound)), keys: of_left.map_or(0, |_| left), since }
    }

    /// The harmony.
    pub fn harmony(&self) -> Option<SlashChord> {
        self.harmony
    }

    /// When a new harmony began with the keys `struck` by the left hand, if one did: they are a chord by themselves, or
    /// foreign to the old one, or lie under all that sounded of something that was none.
    fn replaced_at(&self, sound: &Sound, struck: u128) -> Option<Tick> {
        let begins = keys_of(struck).map(|key| sound.keyboard.onset(key)).min()?;
        let classes = classes(struck);
        let new = match self.harmony {
            Some(harmony) => !classes.is_subset(harmony.chord.tones()),
            None => keys_of(sound.keyboard.sounding() & sound.left).next() == keys_of(struck).next(),
        };
        (new || classes.len() >= 3).then_some(begins)
    }

    /// Moves the past by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        self.since = self.since.map(|tick| tick + delta);
    }
}

/// The keys that the left hand holds, by finger or by a pedal under which they were struck at `since` or later.
fn left_hand(sound: &Sound, since: Option<Tick>) -> u128 {
    let (fingers, all) = (sound.keyboard.fingers(), sound.keyboard.sounding());
    let under_pedal = struck_after(sound, all & !fingers, since.unwrap_or(sound.earliest));
    (struck_after(sound, fingers, sound.earliest) | under_pedal) & sound.left
}

/// The chord of what is held under the lead; failing that, of all that is held.
fn spelled_otherwise(sound: &Sound) -> Option<SlashChord> {
    let fingers = struck_after(sound, sound.keyboard.fingers(), sound.earliest);
    let under_lead = sound.lead.map_or(fingers, |lead| fingers & ((1 << lead) - 1));
    spelled(under_lead, 3).or_else(|| spelled(fingers, 3))
}

/// Those of `keys` that were struck at `tick` or later, and are not held by mistake.
fn struck_after(sound: &Sound, keys: u128, tick: Tick) -> u128 {
    let earliest = tick.max(sound.earliest);
    keys_of(keys).filter(|&key| sound.keyboard.onset(key) >= earliest).fold(0, |keys, key| keys | 1 << key)
}

/// The chord that `keys` of at least `fewest` pitch classes spell.
fn spelled(keys: u128, fewest: usize) -> Option<SlashChord> {
    let held = classes(keys);
    keys_of(keys).next().filter(|_| held.len() >= fewest).and_then(|lowest| Chord::of_classes(held, class_of(lowest)))
}

fn classes(keys: u128) -> PitchClassSet {
    keys_of(keys).map(class_of).collect()
}
