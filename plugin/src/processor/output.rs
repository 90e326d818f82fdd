//! The events that leave the plug-in in a block: in order, bounded, and never at the cost of a note-off.

use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

use crate::seam::Part;

/// The most events that wait to be sent. Half of it is for ends: each of 16 × 128 keys can owe one note-off and one
/// note-end, so that half of it always suffices.
const CAPACITY: usize = 8192;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message {
    /// A key sounds.
    NoteOn {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// Loudness, above 0 to 1.
        velocity: f32,
    },
    /// A key sounds no more.
    NoteOff {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// How fast the key came up, 0 to 1.
        velocity: f32,
    },
    /// The host is told that an input note has ended, so that it may forget it.
    NoteEnd {
        /// The host's number for the note.
        voice: VoiceID,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// Something else of the musician's, passed through.
    Through(NoteEvent<()>),
}

/// A message, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples into the block.
    pub offset: u32,
    /// Whose it is.
    pub part: Part,
    /// What happens.
    pub message: Message,
}

impl Event {
    /// The event as the framework sends it.
    pub fn note_event(&self) -> NoteEvent<()> {
        let (timing, voice_id) = (self.offset, VoiceID::Wildcard);
        let (number, pitch) = (Channel::Number, Key::Number);
        match self.message {
            Message::NoteOn { channel, key, velocity } => {
                NoteEvent::NoteOn { timing, voice_id, channel: number(channel), key: pitch(key), velocity }
            }
            Message::NoteOff { channel, key, velocity } => {
                NoteEvent::NoteOff { timing, voice_id, channel: number(channel), key: pitch(key), velocity }
            }
            Message::NoteEnd { voice, channel, key } => {
                NoteEvent::VoiceTerminated { timing, voice_id: voice, channel: number(channel), key: pitch(key) }
            }
            Message::Through(event) => retimed(event, timing),
        }
    }
}

/// The host's answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was taken, or cannot ever be.
    Done,
    /// The host has no room before the next block.
    Full,
}

/// The events of the block, in the order in which they happen. What the host has no room for is sent at the start of
/// the next block. Never allocates after it was made.
pub struct Output {
    events: Vec<Event>,
    /// How many of them were left over from the last block.
    carried: usize,
    dropped: u64,
}

impl Default for Output {
    fn default() -> Self {
        Self { events: Vec::with_capacity(CAPACITY), carried: 0, dropped: 0 }
    }
}

impl Output {
    /// Begins a block: what is left over comes at its first sample.
    pub fn begin_block(&mut self) {
        self.carried = self.events.len();
        for event in &mut self.events {
            event.offset = 0;
        }
    }

    /// Adds something that begins (a note-on, a controller); `false` and a count when there is no room for it.
    pub fn begin(&mut self, event: Event) -> bool {
        let fits = self.events.len() < CAPACITY / 2;
        if fits {
            self.events.push(event);
        } else {
            self.dropped += 1;
        }
        fits
    }

    /// Adds something that ends what has begun: there is always room for it.
    pub fn end(&mut self, event: Event) {
        debug_assert!(self.events.len() < CAPACITY, "more ends than keys");
        if self.events.len() < CAPACITY {
            self.events.push(event);
        }
    }

    /// The events that happened in this block.
    pub fn fresh(&self) -> &[Event] {
        &self.events[self.carried.min(self.events.len())..]
    }

    /// Sends everything to the host, until it has no more room.
    pub fn send(&mut self, mut to_host: impl FnMut(&Event) -> Sent) {
        debug_assert!(self.events.is_sorted_by_key(|event| event.offset), "events out of order");
        let sent = self.events.iter().position(|event| to_host(event) == Sent::Full).unwrap_or(self.events.len());
        self.events.drain(..sent);
    }

    /// How many events found no room since the last call.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

/// `event` at another time.
fn retimed(mut event: NoteEvent<()>, to: u32) -> NoteEvent<()> {
    use NoteEvent as E;
    match &mut event {
        E::NoteOn { timing, .. }
        | E::NoteOff { timing, .. }
        | E::Choke { timing, .. }
        | E::VoiceTerminated { timing, .. }
        | E::PolyModulation { timing, .. }
        | E::MonoAutomation { timing, .. }
        | E::PolyPressure { timing, .. }
        | E::PolyVolume { timing, .. }
        | E::PolyPan { timing, .. }
        | E::PolyTuning { timing, .. }
        | E::PolyVibrato { timing, .. }
        | E::PolyExpression { timing, .. }
        | E::PolyBrightness { timing, .. }
        | E::MidiChannelPressure { timing, .. }
        | E::MidiPitchBend { timing, .. }
        | E::MidiCC { timing, .. }
        | E::MidiProgramChange { timing, .. }
        | E::MidiSysEx { timing, .. } => *timing = to,
        _ => {}
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(offset: u32) -> Event {
        Event { offset, part: Part::You, message: Message::NoteOn { channel: 0, key: 60, velocity: 1.0 } }
    }

    fn off(offset: u32) -> Event {
        Event { offset, part: Part::You, message: Message::NoteOff { channel: 0, key: 60, velocity: 0.0 } }
    }

    #[test]
    fn what_the_host_has_no_room_for_comes_at_the_start_of_the_next_block() {
        let mut output = Output::default();
        output.begin_block();
        for offset in 0..4 {
            assert!(output.begin(on(offset)));
        }
        let mut room = 2;
        output.send(|_| {
            room -= 1;
            if room >= 0 { Sent::Done } else { Sent::Full }
        });
        output.begin_block();
        output.end(off(7));
        assert_eq!(output.fresh(), [off(7)]);
        let mut sent = Vec::new();
        output.send(|event| {
            sent.push(event.offset);
            Sent::Done
        });
        assert_eq!(sent, [0, 0, 7]);
    }

    #[test]
    fn beginnings_leave_room_for_ends() {
        let mut output = Output::default();
        output.begin_block();
        let begun = (0..10_000).filter(|_| output.begin(on(0))).count();
        assert_eq!(output.take_dropped(), 10_000 - begun as u64);
        for _ in 0..16 * 128 * 2 {
            output.end(off(1));
        }
        assert_eq!(output.fresh().len(), begun + 4096);
    }
}
