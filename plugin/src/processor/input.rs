//! What the musician plays: heard, answered at once, passed on, and let go.

use continuo_models::{Fork, Heard, Improviser, Player};
use nice_plug::prelude::NoteEvent;

use super::output::{Event, Message};
use super::{PLAYED_IN_BLOCK, Processor, stage};
use crate::seam::Part;

/// Answers are a little softer than the note that they answer.
const ANSWER_LOUDNESS: f32 = 0.85;

const PEDAL: u8 = 64;
const ALL_SOUND_OFF: u8 = 120;
const ALL_CONTROLLERS_OFF: u8 = 121;
pub(super) const ALL_NOTES_OFF: u8 = 123;
/// Omni and poly mode, which end all notes too.
const LAST_MODE: u8 = 127;

impl Processor {
    /// What the musician played in the block, in order of time: each event with its samples into the block. More than
    /// a hand can play is left out.
    pub fn played(&self) -> &[(u32, NoteEvent<()>)] {
        &self.played_in_block
    }

    pub(super) fn note_played(&mut self, at: u32, event: NoteEvent<()>) {
        if self.played_in_block.len() < PLAYED_IN_BLOCK {
            self.played_in_block.push((at, event));
        }
    }

    pub(super) fn take_input(&mut self, at: u32, event: NoteEvent<()>) {
        self.note_played(at, event);
        match event {
            event if self.take_learnt(at, &event) => {}
            // A note-on without loudness is MIDI's other way to say note-off.
            NoteEvent::NoteOn { voice_id, channel, key, velocity, .. } if velocity > 0.0 => {
                if let (Some(channel @ 0..16), Some(key @ 0..128)) = (channel.number(), key.number()) {
                    let velocity = velocity.min(1.0);
                    let stage = &mut stage(&mut self.output, &self.shared, at);
                    if self.sounding.press(stage, voice_id, channel, key, velocity, self.params.thru.value()) {
                        self.hear_and_answer(at, channel, key, velocity);
                    }
                }
            }
            NoteEvent::NoteOff { channel, key, velocity, .. } => {
                self.release_at(at, channel.number(), key.number(), velocity.clamp(0.0, 1.0));
            }
            NoteEvent::NoteOn { channel, key, .. } | NoteEvent::Choke { channel, key, .. } => {
                self.release(at, channel.number(), key.number());
            }
            event => {
                match event {
                    NoteEvent::MidiCC { channel, cc, value, .. } => self.take_controller(at, channel & 15, cc, value),
                    NoteEvent::MidiProgramChange { channel, program, .. } => {
                        self.recall.change_program(channel & 15, program, self.settings.programs);
                    }
                    _ => {}
                }
                if self.params.thru.value() {
                    self.output.begin(Event { offset: at, part: Part::You, message: Message::Through(event) });
                }
            }
        }
    }

    pub(super) fn take_controller(&mut self, at: u32, channel: u8, controller: u8, value: f32) {
        let step = (value * 127.0).round() as u8;
        self.zones.read(channel, controller, step);
        self.recall.select_bank(channel, controller, step);
        match controller {
            PEDAL => self.move_pedal(at, channel, value >= 0.5),
            ALL_CONTROLLERS_OFF => self.move_pedal(at, channel, false),
            ALL_SOUND_OFF => {
                self.release(at, Some(channel), None);
                self.move_pedal(at, channel, false);
            }
            ALL_NOTES_OFF..=LAST_MODE => self.release(at, Some(channel), None),
            _ => {}
        }
    }

    pub(super) fn hear_and_answer(&mut self, at: u32, channel: u8, key: u8, velocity: f32) {
        self.own_tempo.hear(&self.clock, self.clock.now() + i64::from(at));
        let channels = self.channels();
        self.shared.activity.note(channels.is_drums(channel));
        let tick = self.clock.tick_at(at);
        let loudness = (velocity * 127.0).round().clamp(1.0, 127.0) as u8;
        self.played.heard(Heard::NoteOn { tick, channel, key, velocity: loudness });
        let place = self.frame_of(at, tick);
        let waits = |fork: &Fork, frame| fork.awaits(frame, channel, key);
        if place.is_some_and(|(epoch, frame)| self.schedule.open_fork(epoch).is_some_and(|fork| waits(fork, frame))) {
            self.turn(Some(key % 12));
        }
        self.grasp(at, tick, channel, key, place);
        if self.playback.plays() || !self.controls.player(Player::Voices).on {
            return;
        }
        let fallback;
        let row = match place.and_then(|(epoch, frame)| self.schedule.answers(epoch, frame)) {
            Some(row) => row,
            None => {
                let frame = self.clock.frame();
                fallback = Improviser::fallback_answers(frame, &self.controls, self.zones.zones());
                &fallback
            }
        };
        let Some(reply) = self.answering.reply(row, tick, channel, key) else { return };
        let stage = &mut stage(&mut self.output, &self.shared, at);
        if let Some((channel, key)) = reply.instead_of {
            self.sounding.end_answers(stage, channel, key);
        }
        let velocity = (velocity * ANSWER_LOUDNESS).max(1.0 / 127.0);
        for voice in reply.answer.voices.into_iter().flatten() {
            self.sounding.answer(stage, (channel, key), row.channel, voice, velocity);
        }
    }

    /// Keys come up; `None` stands for every channel or key.
    pub(super) fn release(&mut self, at: u32, channel: Option<u8>, key: Option<u8>) {
        self.release_at(at, channel, key, 0.0);
    }

    /// The same, as fast as `velocity` (0 to 1) says.
    pub(super) fn release_at(&mut self, at: u32, channel: Option<u8>, key: Option<u8>, velocity: f32) {
        let range =
            |number: Option<u8>, all: u8| number.map_or(0..all, |number| number..number.saturating_add(1).min(all));
        for channel in range(channel, 16) {
            for key in range(key, 128) {
                if self.sounding.is_held(channel, key) {
                    let stage = &mut stage(&mut self.output, &self.shared, at);
                    self.sounding.release(stage, channel, key, velocity);
                    self.left_hand.release(channel, key);
                    self.played.heard(Heard::NoteOff { tick: self.clock.tick_at(at), channel, key });
                }
            }
        }
    }

    /// The sustain pedal. Hosts report some movements twice and some not at all: whether it is down is the listener's
    /// to know.
    pub(super) fn move_pedal(&mut self, at: u32, channel: u8, down: bool) {
        self.left_hand.pedal(self.channels().under_pedal_of(channel), down);
        self.played.heard(Heard::Pedal { tick: self.clock.tick_at(at), channel, down });
    }
}
