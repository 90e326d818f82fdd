//! Which keys the musician holds, by hand or by pedal.

use crate::music::Tick;

/// The 128 keys under all 16 channels. What a host can do wrong (note-offs without note-ons, repeated note-ons) leaves
/// it consistent. Takes a fixed amount of memory.
#[derive(Clone, Debug)]
pub struct Keyboard {
    /// The channels on which each key is down, one bit each.
    down: [u16; 128],
    /// The channels on which each key is up but sounds on by the pedal.
    sustained: [u16; 128],
    /// The channels whose pedal is down.
    pedals: u16,
    onset: [Tick; 128],
    /// The channel on which each key went down last.
    channel: [u8; 128],
    /// The keys that are down, one bit each.
    held: u128,
}

impl Default for Keyboard {
    fn default() -> Self {
        Self { down: [0; 128], sustained: [0; 128], pedals: 0, onset: [0; 128], channel: [0; 128], held: 0 }
    }
}

impl Keyboard {
    /// A key goes down.
    pub fn press(&mut self, channel: u8, key: u8, tick: Tick) {
        let key = usize::from(key & 127);
        self.channel[key] = channel & 15;
        let channel = 1 << (channel & 15);
        self.down[key] |= channel;
        self.sustained[key] &= !channel;
        self.onset[key] = tick;
        self.held |= 1 << key;
    }

    /// A key comes up. Returns whether no channel holds it any longer, and one did before.
    pub fn release(&mut self, channel: u8, key: u8) -> bool {
        let (key, channel) = (usize::from(key & 127), 1 << (channel & 15));
        if self.down[key] & channel == 0 {
            return false;
        }
        self.down[key] &= !channel;
        self.sustained[key] |= self.pedals & channel;
        if self.down[key] == 0 {
            self.held &= !(1 << key);
        }
        self.down[key] == 0
    }

    /// The pedals of `channels` (one bit each) move.
    pub fn pedal(&mut self, channels: u16, down: bool) {
        if down {
            self.pedals |= channels;
        } else {
            self.pedals &= !channels;
            for sustained in &mut self.sustained {
                *sustained &= !channels;
            }
        }
    }

    /// Whether a finger holds the key.
    pub fn is_down(&self, key: u8) -> bool {
        self.held >> (key & 127) & 1 == 1
    }

    /// Whether a finger or the pedal holds the key.
    pub fn sounds(&self, key: u8) -> bool {
        self.is_down(key) || self.sustained[usize::from(key & 127)] != 0
    }

    /// Whether the pedal is down on the channel on which the key went down last.
    pub fn has_pedal(&self, key: u8) -> bool {
        self.pedals >> self.channel[usize::from(key & 127)] & 1 == 1
    }

    /// The keys that fingers hold, from below.
    pub fn held(&self) -> impl Iterator<Item = u8> {
        keys_of(self.held)
    }

    /// The keys that fingers hold, one bit each.
    pub fn fingers(&self) -> u128 {
        self.held
    }

    /// The keys that fingers or the pedal hold, one bit each.
    pub fn sounding(&self) -> u128 {
        let sustained = (0..128).filter(|&key| self.sustained[key] != 0);
        sustained.fold(self.held, |keys, key| keys | 1 << key)
    }

    /// When the key last went down.
    pub fn onset(&self, key: u8) -> Tick {
        self.onset[usize::from(key & 127)]
    }

    /// Moves the past by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        for onset in &mut self.onset {
            *onset += delta;
        }
    }
}

/// The keys whose bits are set, from below.
pub fn keys_of(mut bits: u128) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let key = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (key < 128).then_some(key as u8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pedal_holds_what_the_fingers_let_go() {
        let mut keyboard = Keyboard::default();
        keyboard.press(0, 60, 5);
        keyboard.pedal(1, true);
        assert!(keyboard.release(0, 60));
        assert!(!keyboard.is_down(60) && keyboard.sounds(60));
        keyboard.pedal(1, false);
        assert!(!keyboard.sounds(60));
    }

    #[test]
    fn a_key_is_up_when_every_channel_let_it_go() {
        let mut keyboard = Keyboard::default();
        keyboard.press(0, 60, 5);
        keyboard.press(9, 60, 5);
        assert!(!keyboard.release(0, 60));
        assert!(keyboard.is_down(60));
        assert!(keyboard.release(9, 60));
        assert!(!keyboard.release(9, 60), "a second note-off is nothing new");
    }

    #[test]
    fn held_keys_are_listed_from_below() {
        let mut keyboard = Keyboard::default();
        for key in [127, 60, 0] {
            keyboard.press(3, key, 0);
        }
        assert_eq!(keyboard.held().collect::<Vec<_>>(), [0, 60, 127]);
    }
}
