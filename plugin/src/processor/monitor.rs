//! Plays what leaves the plug-in on the built-in sound, and the clicks of metronome and sticks.

use super::metronome::Click;
use super::output::{Event, Message};
use crate::preview::{self, Preview};

/// The share of the way to a new level that is gone in each stretch of [`STRETCH`] samples.
const GLIDE: f32 = 0.25;

/// The samples for which a level stands, at most.
const STRETCH: usize = 64;

/// The built-in sound, and the switch and level that it is heard with. Belongs to the audio thread; never allocates
/// after it was made.
pub struct Monitor {
    preview: Preview,
    click: preview::Click,
    gain: f32,
    was_on: bool,
}

impl Monitor {
    /// A silent one, at `sample_rate` Hertz.
    pub fn new(sample_rate: f32) -> Self {
        Self { preview: Preview::new(sample_rate), click: preview::Click::new(sample_rate), gain: 0.0, was_on: false }
    }

    /// Lets all notes go, without their note-offs.
    pub fn release_all(&mut self) {
        self.preview.release_all();
    }

    /// Renders a block into `left` and `right`, which must be silent: the notes of `events` and the `clicks`, at their
    /// samples. When it is not `on`, notes fade and no new ones begin; clicks sound all the same.
    pub fn render(
        &mut self,
        events: &[Event],
        clicks: &[Click],
        on: bool,
        gain_db: f32,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        if self.was_on && !on {
            self.preview.release_all();
        }
        self.was_on = on;
        let target = 10f32.powf(gain_db / 20.0);
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
                return;
            }
            if click == next {
                clicks.next().into_iter().for_each(|click| self.click.start(click.accent, click.by));
            } else {
                events.next().into_iter().for_each(|event| self.sound(event, on));
            }
        }
    }

    fn sound(&mut self, event: &Event, on: bool) {
        match event.message {
            Message::NoteOn { key, velocity, .. } if on => {
                self.preview.note_on(event.part, key, (velocity * 127.0).clamp(1.0, 127.0) as u8);
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
    use super::super::metronome::Clicker;
    use super::*;
    use crate::seam::Part;

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
        monitor.render(events, &[], on, 0.0, &mut left, &mut right);
        left
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
        monitor.render(&[note(4000, true)], &clicks, false, 0.0, &mut left, &mut right);
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
