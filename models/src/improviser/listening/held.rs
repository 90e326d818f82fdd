//! The harmony that the musician holds, by hand or by pedal.

use super::keyboard::{Keyboard, keys_of};
use crate::music::pitch::class_of;
use crate::music::{Chord, PitchClassSet, SlashChord, Tick};

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

/// What the left hand has laid down under the pedal, until it lays down another harmony.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    harmony: Option<SlashChord>,
    /// What only the pedal holds counts if it was struck then or later.
    since: Option<Tick>,
}

impl Held {
    /// The harmony as the keys of `sound` stand, if `struck` were the newest of them.
    pub fn with(self, sound: &Sound, struck: u128) -> Self {
        let since = self.replaced_at(sound, struck & sound.left).or(self.since);
        Self { harmony: read(sound, since), since }
    }

    /// The harmony.
    pub fn harmony(&self) -> Option<SlashChord> {
        self.harmony
    }

    /// When a new harmony began with the keys `struck` by the left hand, if one did: they are a chord by themselves, or
    /// foreign to the old one, or lie under all that sounded of something that was none.
    fn replaced_at(&self, sound: &Sound, struck: u128) -> Option<Tick> {
        let begins = keys_of(struck).map(|key| sound.keyboard.onset(key)).min()?;
        let classes: PitchClassSet = keys_of(struck).map(class_of).collect();
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

/// The chord of the left hand; failing that, of what is held under the lead; failing that, of all that is held.
fn read(sound: &Sound, since: Option<Tick>) -> Option<SlashChord> {
    let keyboard = sound.keyboard;
    let struck_after = |keys: u128, tick: Tick| keys_of(keys).filter(move |&key| keyboard.onset(key) >= tick);
    let fingers = || struck_after(keyboard.fingers(), sound.earliest);
    let left: Vec<u8> =
        struck_after(keyboard.sounding() & !keyboard.fingers(), since.unwrap_or(sound.earliest).max(sound.earliest))
            .chain(fingers())
            .filter(|&key| sound.left >> key & 1 == 1)
            .collect();
    let under_lead: Vec<u8> = fingers().filter(|&key| sound.lead.is_none_or(|lead| key < lead)).collect();
    // A third is a chord if the left hand plays nothing else, but not as two notes of a melody.
    [(left, 2), (under_lead, 3), (fingers().collect(), 3)].into_iter().find_map(|(keys, fewest)| {
        let classes: PitchClassSet = keys.iter().map(|&key| class_of(key)).collect();
        if classes.len() < fewest { None } else { Chord::recognise(&keys) }
    })
}
