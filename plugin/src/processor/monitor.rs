//! Plays what leaves the plug-in on the built-in sound, and the clicks of metronome and sticks.

use continuo_models::music::Kit;
use continuo_models::{Channels, Timbre};

use super::metronome::Click;
use super::output::{Event, Message};
use crate::preview::{self, Preview};
use crate::seam::Part;

/// The share of the way to a new level that is gone in each stretch of [`STRETCH`] samples.
const GLIDE: f32 = 0.25;

/// The samples for which a level stands, at most.
const STRETCH: usize = 64;

/// How the built-in sound is heard.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// Whether it plays notes. Clicks sound all the same.
    pub on: bool,
    /// Its loudness, in decibels.
    pub gain_db: f32,
    /// The kit on whose keys Drums plays.
    pub kit: Kit,
    /// What the musician's channels are: pads have the keys of General MIDI.
    pub channels: Channels,
}

/// The built-in sound, and the switch and level that it is heard with. Belongs to the audio thread; never allocates
/// after it was made.
pub struct Monitor {
    preview: Preview,
    click: preview::Click,
    /// The level that was set last, in decibels and as a factor.
    level: (f32, f32),
    gain: f32,
    was_on: bool,
    /// Whether anything may be heard. While nothing is, its voices are left alone: they lie in many places of memory.
    sounds: bool,
}

impl Monitor {
    /// A silent one, at `sample_rate` Hertz.
    pub fn new(sample_rate: f32) -> Self {
        let (preview, click) = (Preview::new(sample_rate), preview::Click::new(sample_rate));
        Self { preview, click, level: (0.0, 1.0), gain: 0.0, was_on: false, sounds: false }
    }

    /// Lets all notes go, without their note-offs.
    pub fn release_all(&mut self) {
        self.preview.release_all();
    }

    /// Renders a block into `left` and `right`, which must be silent: the notes of `events` and the `clicks`, at their
    /// samples. When notes are off, they fade and no new ones begin.
    pub fn render(
        &mut self,
        events: &[Event],
        clicks: &[Click],
        hearing: &Hearing,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        if self.was_on && !hearing.on {
            self.preview.release_all();
        }
        self.was_on = hearing.on;
        if hearing.gain_db != self.level.0 {
            self.level = (hearing.gain_db, 10f32.powf(hearing.gain_db / 20.0));
        }
        let target = self.level.1;
        let begins = |event: &Event| matches!(event.message, Message::NoteOn { .. });
        self.sounds |= !clicks.is_empty() || hearing.on && events.iter().any(begins);
        if !self.sounds {
            self.gain = target;
            return;
        }
        let length = left.len().min(right.len());
        let (mut events, mut clicks) = (events.iter().peekable(), clicks.iter().peekable());
        let mut from = 0;
        loop {
            let note = events.peek().map(|event| event.offset);
            let click = clicks.peek().map(|click| click.offset);
            let next = [note, click].into_iter().flatten().min();
            let to = next.map_or(length, |next| (next as usize).clamp(from, length));
            self.render_until(target, &mut left[from..to], &mut right[from..to]);
            from = to;
            if next.is_none() {
                self.sounds = self.preview.sounds() || self.click.sounds();
                return;
            }
            if click == next {
                clicks.next().into_iter().for_each(|click| self.click.start(click.accent, click.by));
            } else {
                events.next().into_iter().for_each(|event| self.sound(event, hearing));
            }
        }
    }

    fn sound(&mut self, event: &Event, hearing: &Hearing) {
        match event.message {
            Message::NoteOn { channel, key, velocity } if hearing.on => {
                let velocity = (velocity * 127.0).clamp(1.0, 127.0) as u8;
                let general_midi = |key| hearing.kit.drum_at(key).map_or(key, |drum| Kit::default().key_of(drum));
                match event.part {
                    Part::You if hearing.channels.is_drums(channel) => self.preview.strike(key, velocity),
                    Part::Player(player) if player.kind().timbre == Timbre::Kit => {
                        self.preview.strike(general_midi(key), velocity);
                    }
                    part => self.preview.note_on(part, key, velocity),
                }
            }
            Message::NoteOff { key, .. } => self.preview.note_off(event.part, key),
            _ => {}
        }
    }

    fn render_until(&mut self, target: f32, left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.chunks_mut(STRETCH).zip(right.chunks_mut(STRETCH)) {
            self.gain += GLIDE * (target - self.gain);
            self.preview.add_to(left, right, self.gain);
            self.click.add_to(left, right, self.gain);
        }
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Player;
    use continuo_models::music::Drum;

    use super::*;
    use crate::preview::Clicker;

    fn note(offset: u32, on: bool) -> Event {
        let message = if on {
            Message::NoteOn { channel: 0, key: 60, velocity: 0.8 }
        } else {
            Message::NoteOff { channel: 0, key: 60, velocity: 0.0 }
        };
        Event { offset, part: Part::You, message }
    }

    fn render(monitor: &mut Monitor, events: &[Event], on: bool) -> Vec<f32> {
        let (mut left, mut right) = (vec![0.0; 9600], vec![0.0; 9600]);
        monitor.render(events, &[], &hearing(on), &mut left, &mut right);
        left
    }

    fn hearing(on: bool) -> Hearing {
        Hearing { on, gain_db: 0.0, kit: Kit::default(), channels: Channels::default() }
    }

    #[test]
    fn a_tom_is_a_tom_on_the_keys_of_every_kit_and_a_pad_is_one_too() {
        let heard = |part, kit: Kit, channel| {
            let (mut left, mut right) = (vec![0.0; 9600], vec![0.0; 9600]);
            let message = Message::NoteOn { channel, key: kit.key_of(Drum::LowTom), velocity: 0.8 };
            let events = [Event { offset: 0, part, message }];
            Monitor::new(48_000.0).render(&events, &[], &Hearing { kit, ..hearing(true) }, &mut left, &mut right);
            left
        };
        let usual = heard(Player::Drums.into(), Kit::default(), 9);
        assert!(usual.iter().any(|sample| sample.abs() > 0.01));
        for kit in Kit::ALL {
            assert_eq!(heard(Player::Drums.into(), kit, 9), usual, "{kit:?}");
        }
        assert_eq!(heard(Part::You, Kit::default(), 9), usual);
        assert_ne!(heard(Part::You, Kit::default(), 0), usual, "a key of the piano");
    }

    #[test]
    fn a_note_sounds_from_its_sample_on() {
        let mut monitor = Monitor::new(48_000.0);
        let left = render(&mut monitor, &[note(5000, true)], true);
        assert!(left[..5000].iter().all(|sample| *sample == 0.0));
        assert!(left[5000..].iter().any(|sample| sample.abs() > 0.01));
    }

    #[test]
    fn a_click_sounds_from_its_sample_on_and_with_the_built_in_sound_off_too() {
        let mut monitor = Monitor::new(48_000.0);
        let (mut left, mut right) = (vec![0.0; 9600], vec![0.0; 9600]);
        let clicks = [Click { offset: 5000, accent: true, by: Clicker::Metronome }];
        monitor.render(&[note(4000, true)], &clicks, &hearing(false), &mut left, &mut right);
        assert_eq!(left.iter().position(|sample| *sample != 0.0), Some(5000));
    }

    #[test]
    fn switching_it_off_lets_notes_fade_and_begins_no_new_ones() {
        let mut monitor = Monitor::new(48_000.0);
        render(&mut monitor, &[note(0, true)], true);
        for _ in 0..20 {
            render(&mut monitor, &[note(0, true)], false);
        }
        assert!(render(&mut monitor, &[], false).iter().all(|sample| *sample == 0.0));
    }
}
