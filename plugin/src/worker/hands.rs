//! What the musician holds.

use continuo_models::Heard;
use continuo_models::music::Tick;

/// Which keys and pedals the musician holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Hands {
    /// By channel and key: the velocity, 0 for a key that is up.
    keys: Vec<u8>,
    pedals: u16,
}

impl Default for Hands {
    fn default() -> Self {
        Self { keys: vec![0; 16 * 128], pedals: 0 }
    }
}

impl Hands {
    /// Takes in what the musician did.
    pub fn follow(&mut self, heard: Heard) {
        let place = |channel: u8, key: u8| usize::from(channel & 15) << 7 | usize::from(key & 127);
        match heard {
            Heard::NoteOn { channel, key, velocity, .. } => self.keys[place(channel, key)] = velocity.max(1),
            Heard::NoteOff { channel, key, .. } => self.keys[place(channel, key)] = 0,
            Heard::Pedal { channel, down, .. } => {
                let bit = 1 << (channel & 15);
                self.pedals = if down { self.pedals | bit } else { self.pedals & !bit };
            }
        }
    }

    /// What has to happen at `tick` so that these hands become `other`: ends first.
    pub fn changes_to(&self, other: &Hands, tick: Tick) -> Vec<Heard> {
        let place = |index: usize| ((index >> 7) as u8, (index & 127) as u8);
        let mut changes = Vec::new();
        for index in 0..self.keys.len() {
            let (channel, key) = place(index);
            if self.keys[index] > 0 && other.keys[index] == 0 {
                changes.push(Heard::NoteOff { tick, channel, key });
            }
        }
        for channel in 0..16 {
            let down = other.pedals & 1 << channel != 0;
            if (self.pedals & 1 << channel != 0) != down {
                changes.push(Heard::Pedal { tick, channel, down });
            }
        }
        for index in 0..self.keys.len() {
            let (channel, key) = place(index);
            if self.keys[index] == 0 && other.keys[index] > 0 {
                changes.push(Heard::NoteOn { tick, channel, key, velocity: other.keys[index] });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_that_have_moved_are_told_ends_first() {
        let (mut then, mut now) = (Hands::default(), Hands::default());
        then.follow(Heard::NoteOn { tick: 0, channel: 1, key: 60, velocity: 80 });
        now.follow(Heard::NoteOn { tick: 0, channel: 1, key: 64, velocity: 70 });
        now.follow(Heard::Pedal { tick: 0, channel: 2, down: true });
        let changes = then.changes_to(&now, 5);
        assert_eq!(
            changes,
            [
                Heard::NoteOff { tick: 5, channel: 1, key: 60 },
                Heard::Pedal { tick: 5, channel: 2, down: true },
                Heard::NoteOn { tick: 5, channel: 1, key: 64, velocity: 70 },
            ]
        );
        changes.into_iter().for_each(|heard| then.follow(heard));
        assert_eq!(then, now);
    }
}
