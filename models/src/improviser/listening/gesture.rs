//! Keys that the hand sweeps over in one movement: glissandi and rolled chords.

use super::keyboard::Keyboard;
use crate::music::Tick;
use crate::music::time::TICKS_PER_FRAME;

/// The most ticks between two keys of a sweep, and of a glissando.
const SWEEP: (Tick, Tick) = (3, 2);
/// The most ticks from the first to the last key of a rolled chord.
const ROLL: Tick = 2 * TICKS_PER_FRAME;
/// The most semitones from key to key in a glissando: between black keys.
const NEIGHBOURS: u8 = 3;
/// The fewest keys of a glissando; fewer are an ornament.
const SHORTEST_GLISSANDO: u32 = 5;

/// Keys struck one soon after the other in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Gesture {
    /// When the first key went down.
    pub first: Tick,
    /// The newest key.
    pub key: u8,
    /// All of them, one bit each.
    pub keys: u128,
    last: Tick,
    rises: Option<bool>,
    /// Whether it ran fast and over neighbouring keys so far.
    glides: bool,
}

impl Gesture {
    /// A gesture that may begin with `key`.
    pub fn new(key: u8, tick: Tick) -> Self {
        Self { first: tick, key, keys: 1 << key, last: tick, rises: None, glides: true }
    }

    /// Goes on to `key`, if that is a part of the same movement; otherwise returns false and stays as it is.
    pub fn goes_on(&mut self, key: u8, tick: Tick) -> bool {
        let rises = key > self.key;
        if key == self.key || tick - self.last > SWEEP.0 || self.rises.is_some_and(|before| before != rises) {
            return false;
        }
        self.glides &= key.abs_diff(self.key) <= NEIGHBOURS && tick - self.last <= SWEEP.1;
        self.keys |= 1 << key;
        (self.rises, self.key, self.last) = (Some(rises), key, tick);
        true
    }

    /// A run over neighbouring keys that are let go at once, too fast to be a scale.
    pub fn is_glissando(&self, keyboard: &Keyboard) -> bool {
        let (keys, held) = (self.keys.count_ones(), (self.keys & keyboard.fingers()).count_ones());
        self.glides && keys >= SHORTEST_GLISSANDO && 2 * held <= keys
    }

    /// A chord whose notes came one after the other from below, and are all held.
    pub fn is_rolled_chord(&self, keyboard: &Keyboard) -> bool {
        self.rises == Some(true)
            && self.keys.count_ones() >= 3
            && self.last - self.first <= ROLL
            && self.keys & !keyboard.fingers() == 0
    }

    /// Moves the past by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        self.first += delta;
        self.last += delta;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays `keys`, so many ticks apart, each held until the next but one, or on if it `holds`.
    fn sweep(keys: &[u8], ticks: Tick, holds: bool) -> (Gesture, Keyboard) {
        let mut keyboard = Keyboard::default();
        let mut gesture = Gesture::new(keys[0], 0);
        for (index, &key) in keys.iter().enumerate() {
            let tick = index as Tick * ticks;
            keyboard.press(0, key, tick);
            if !holds && index > 1 {
                keyboard.release(0, keys[index - 2]);
            }
            if index > 0 && !gesture.goes_on(key, tick) {
                gesture = Gesture::new(key, tick);
            }
        }
        (gesture, keyboard)
    }

    #[test]
    fn a_fast_run_over_white_or_black_keys_is_a_glissando() {
        let glides = |keys: &[u8], ticks, holds| {
            let (gesture, keyboard) = sweep(keys, ticks, holds);
            gesture.is_glissando(&keyboard)
        };
        assert!(glides(&[60, 62, 64, 65, 67, 69, 71, 72], 1, false));
        assert!(glides(&[90, 87, 85, 82, 80, 78], 2, false));
        assert!(!glides(&[60, 62, 64, 65, 67, 69, 71, 72], 3, false), "thirty-seconds are a scale");
        assert!(!glides(&[60, 62, 60, 62, 60, 62, 60], 1, false), "a trill is none");
        assert!(!glides(&[60, 64, 67, 72, 76], 1, false), "an arpeggio is none");
        assert!(!glides(&[58, 60, 62, 65, 67], 0, true), "a close chord is none");
    }

    #[test]
    fn held_notes_of_an_arpeggio_are_a_rolled_chord_unless_it_is_slow() {
        let rolled = |keys: &[u8], ticks| {
            let (gesture, keyboard) = sweep(keys, ticks, true);
            gesture.is_rolled_chord(&keyboard)
        };
        assert!(rolled(&[48, 55, 60, 64], 3));
        assert!(!rolled(&[48, 55, 60, 64], 6));
        assert!(!rolled(&[48, 55], 2));
        let (gesture, mut keyboard) = sweep(&[48, 55, 60, 64], 3, true);
        keyboard.release(0, 48);
        assert!(!gesture.is_rolled_chord(&keyboard));
    }
}
