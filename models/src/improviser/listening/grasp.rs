//! The chord that the left hand strikes, told in the moment in which it lands.

use super::held::{Held, Sound};
use super::keyboard::{Keyboard, keys_of};
use crate::channels::RightHand;
use crate::music::pitch::class_of;
use crate::music::{PitchClassSet, SlashChord, Tick};

/// So many pitch classes, struck together, are a chord by themselves: nobody waits for another.
pub(super) const WHOLE: usize = 3;

/// What the left hand has in its grasp, read as the listener reads it (`Held`), but key by key. Which keys are the
/// left hand's is told by [`RightHand`], as it was when the frame was planned.
///
/// Belongs to the audio thread; takes no memory after it was made, and a few microseconds at most.
#[derive(Clone, Debug, Default)]
pub struct Grasp {
    keyboard: Keyboard,
    right_hand: RightHand,
    held: Held,
    /// The keys that the left hand has struck before, one bit each, whether they sound or not.
    left: u128,
    /// Those that either hand strikes together now, and those of them that a channel tells to be the left hand's.
    struck: u128,
    told: u128,
    /// Counts what is pressed: of time, only the order matters.
    presses: Tick,
}

impl Grasp {
    /// A key goes down that is no drum's: the first of a stroke, or one that belongs to it.
    pub fn press(&mut self, right_hand: RightHand, channel: u8, key: u8, begins: bool) {
        if begins {
            self.settle();
        }
        self.right_hand = right_hand;
        self.presses += 1;
        self.keyboard.press(channel, key, self.presses);
        let bit = 1 << (key & 127);
        self.struck |= bit;
        let is_told = right_hand.by_channel && !right_hand.plays(channel, key);
        self.told = if is_told { self.told | bit } else { self.told & !bit };
    }

    /// A key comes up.
    pub fn release(&mut self, channel: u8, key: u8) {
        self.keyboard.release(channel, key & 127);
    }

    /// The pedals of `channels` (one bit each) move.
    pub fn pedal(&mut self, channels: u16, down: bool) {
        self.keyboard.pedal(channels, down);
    }

    /// The stroke is over: what was struck is held from then on.
    fn settle(&mut self) {
        (self.held, self.left) = (self.held_now(), self.left & !self.struck | self.landed());
        self.struck = 0;
    }

    /// The keys of the left hand in the stroke.
    fn landed(&self) -> u128 {
        if self.right_hand.by_channel { self.struck & self.told } else { self.right_hand.left_of(self.struck) }
    }

    fn held_now(&self) -> Held {
        let left = self.left & !self.struck | self.landed();
        let lead = keys_of(self.keyboard.fingers() & !left).last();
        self.held.with(&Sound { keyboard: &self.keyboard, left, lead, earliest: Tick::MIN }, self.struck)
    }

    /// Whether `key` is of the left hand in the present stroke.
    pub fn has_landed(&self, key: u8) -> bool {
        self.landed() >> (key & 127) & 1 == 1
    }

    /// Whether what has landed is a chord by itself.
    pub fn is_whole(&self) -> bool {
        let classes: PitchClassSet = keys_of(self.landed()).map(class_of).collect();
        classes.len() >= WHOLE
    }

    /// The chord that is held with what was struck, if it spells one.
    pub fn chord(&self) -> Option<SlashChord> {
        self.held_now().harmony()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::improviser::listening::Listener;
    use crate::music::Chord;
    use crate::music::time::frame_start;
    use crate::score::Heard;

    /// The left hand plays below C4.
    const BY_EAR: RightHand =
        RightHand { lowest: 60, by_channel: false, not_on: 0, chords_below: 120, joined_from: 60 };

    fn strike(grasp: &mut Grasp, keys: &[u8]) -> Option<String> {
        keys.iter().enumerate().for_each(|(index, &key)| grasp.press(BY_EAR, 0, key, index == 0));
        grasp.chord().map(|chord| chord.to_string())
    }

    #[test]
    fn a_chord_is_told_with_its_last_key_and_stays_while_its_fingers_leave_it() {
        let mut grasp = Grasp::default();
        assert_eq!(strike(&mut grasp, &[48, 52, 72, 55]).as_deref(), Some("C"));
        assert!(grasp.is_whole() && grasp.has_landed(52) && !grasp.has_landed(72));
        grasp.release(0, 55);
        assert_eq!(grasp.chord().map(|chord| chord.to_string()).as_deref(), Some("C"));
        assert_eq!(strike(&mut grasp, &[45]).as_deref(), Some("Am"), "with the fingers that have stayed");
        [48, 52].iter().for_each(|&key| grasp.release(0, key));
        assert_eq!(strike(&mut grasp, &[45, 48]).as_deref(), Some("Am"));
        assert!(!grasp.is_whole(), "a third may be all, or the beginning of more");
    }

    #[test]
    fn in_a_melody_no_hand_lands() {
        let mut grasp = Grasp::default();
        strike(&mut grasp, &[60, 64, 67]);
        assert!(!grasp.is_whole() && ![60, 64, 67].iter().any(|&key| grasp.has_landed(key)));
    }

    #[test]
    fn where_channels_tell_the_hands_they_may_cross() {
        let right_hand = RightHand { by_channel: true, not_on: 1 << 3, ..RightHand::default() };
        let mut grasp = Grasp::default();
        for (index, key) in [72, 76, 79].into_iter().enumerate() {
            grasp.press(right_hand, 3, key, index == 0);
            grasp.press(right_hand, 0, key - 30, false);
        }
        assert_eq!(grasp.chord().map(|chord| chord.to_string()).as_deref(), Some("C"));
    }

    proptest! {
        #[test]
        fn a_hand_that_plays_chords_is_told_as_the_listener_tells_it(
            chords in prop::collection::vec(0usize..144, 1..8),
        ) {
            let (mut grasp, mut listener) = (Grasp::default(), Listener::default());
            for (index, chord) in chords.into_iter().enumerate() {
                let chord = Chord::from_index(chord).unwrap();
                let tick = frame_start(8 * index as i64);
                let keys: Vec<u8> = chord.tones().iter().map(|class| 40 + class).chain([84]).collect();
                listener.advance(tick);
                let right_hand = listener.right_hand();
                for (index, &key) in keys.iter().enumerate() {
                    listener.hear(&Heard::NoteOn { tick, channel: 0, key, velocity: 80 });
                    grasp.press(right_hand, 0, key, index == 0);
                }
                prop_assert_eq!(grasp.chord(), listener.held_harmony());
                for &key in &keys {
                    listener.hear(&Heard::NoteOff { tick: tick + 36, channel: 0, key });
                    grasp.release(0, key);
                }
            }
        }
    }
}
