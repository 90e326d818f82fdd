//! A take: everything that was played to the plug-in and everything that came back, with its place in time.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::performance::Segment;
use super::{Input, Output, Played};

/// Moments in a tick: the resolution at which positions are compared (960 to the quarter note).
pub const MOMENTS_PER_TICK: f64 = 40.0;

/// Something that came out of the plug-in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples since the start of the take.
    pub sample: u64,
    /// Index of the process call in which it came.
    pub block: usize,
    /// Index of the route's segment in which it came.
    pub segment: usize,
    /// Ticks of the performance: song position while it rolls, else the position in the jam.
    pub position: f64,
    /// What it is.
    pub played: Played,
}

/// Something that was played to the plug-in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputEvent {
    /// Samples since the start of the take.
    pub sample: u64,
    /// Index of the process call in which it went in.
    pub block: usize,
    /// What it is.
    pub input: Input,
}

/// A note that came out, from its note-on to its note-off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Samples since the start of the take.
    pub start: u64,
    /// Sample of its note-off; `None` if it had none.
    pub end: Option<u64>,
    /// Position of its start, in ticks (see [`Event::position`]).
    pub position: f64,
    /// Position of its note-off.
    pub end_position: Option<f64>,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// MIDI velocity, 1–127.
    pub velocity: u8,
}

/// What was recorded.
#[derive(Clone, Debug)]
pub struct Take {
    /// Samples per second.
    pub sample_rate: f64,
    /// What came out, in the order in which it came.
    pub events: Vec<Event>,
    /// What went in, in order.
    pub inputs: Vec<InputEvent>,
    /// Left and right.
    pub audio: [Vec<f32>; 2],
    /// First sample of each segment of the route.
    pub segments: Vec<u64>,
    /// Process calls made.
    pub blocks: usize,
    /// Process calls whose events were not in order of sample.
    pub unsorted_blocks: usize,
    /// Events beyond the end of their block.
    pub stray_events: usize,
    /// Notes that began and came as MIDI messages.
    pub midi_notes: usize,
    /// The tick with which each segment begins.
    first_ticks: Vec<f64>,
    /// Samples in a tick, segment by segment.
    per_tick: Vec<f64>,
}

/// What is wrong with the note-ons and note-offs of a take, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A note-off for a key that did not sound.
    OffWithoutOn {
        /// Samples since the start of the take.
        sample: u64,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// A note-on for a key that sounds already.
    OnWhileOn {
        /// Samples since the start of the take.
        sample: u64,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// A key that still sounds at the end.
    Stuck {
        /// Sample of its note-on.
        sample: u64,
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
}

impl Mismatch {
    /// Whether the key sounded at the end, which it may if the take ended in the middle of the music.
    pub fn is_stuck(&self) -> bool {
        matches!(self, Self::Stuck { .. })
    }
}

impl Take {
    /// A take of nothing yet.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            sample_rate,
            events: Vec::new(),
            inputs: Vec::new(),
            audio: [Vec::new(), Vec::new()],
            segments: Vec::new(),
            blocks: 0,
            unsorted_blocks: 0,
            stray_events: 0,
            midi_notes: 0,
            first_ticks: Vec::new(),
            per_tick: Vec::new(),
        }
    }

    /// Samples recorded so far.
    pub fn samples(&self) -> u64 {
        self.audio[0].len() as u64
    }

    /// Samples in a tick at `sample` of the take.
    pub fn samples_per_tick(&self, sample: u64) -> f64 {
        let segment = self.segments.partition_point(|first| *first <= sample).saturating_sub(1);
        self.per_tick.get(segment).copied().unwrap_or(1.0)
    }

    /// The tick of the performance at `sample` of the take (see [`Event::position`]).
    pub fn tick_at(&self, sample: u64) -> f64 {
        let segment = self.segments.partition_point(|first| *first <= sample).saturating_sub(1);
        match (self.segments.get(segment), self.first_ticks.get(segment), self.per_tick.get(segment)) {
            (Some(first), Some(tick), Some(per_tick)) => tick + (sample - first) as f64 / per_tick,
            _ => 0.0,
        }
    }

    pub(super) fn begin_segment(&mut self, segment: Segment, samples_per_tick: f64) {
        self.segments.push(self.samples());
        self.first_ticks.push(segment.first_tick());
        self.per_tick.push(samples_per_tick);
    }

    pub(super) fn note_input(&mut self, offset: u64, input: Input) {
        self.inputs.push(InputEvent { sample: self.samples() + offset, block: self.blocks, input });
    }

    pub(super) fn note_block(&mut self, output: &Output, frames: usize) {
        let start = self.samples();
        let segment = self.segments.len() - 1;
        self.unsorted_blocks += usize::from(!output.events.is_sorted_by_key(|event| event.0));
        for &(offset, played) in &output.events {
            // A block without samples has its one moment.
            self.stray_events += usize::from(offset as usize >= frames.max(1));
            let sample = start + u64::from(offset);
            let into = (sample - self.segments[segment]) as f64 / self.per_tick[segment];
            let position = self.first_ticks[segment] + into;
            self.events.push(Event { sample, block: self.blocks, segment, position, played });
        }
        for (channel, block) in self.audio.iter_mut().zip(&output.audio) {
            channel.extend_from_slice(&block[..frames]);
        }
        self.blocks += 1;
    }

    /// The notes on `channel` (or on all), in order of start. A note-off ends the oldest sounding note of its key.
    pub fn notes(&self, channel: impl Into<Option<u8>>) -> Vec<Note> {
        let wanted = channel.into();
        let mut notes: Vec<Note> = Vec::new();
        let mut sounding: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
        for event in &self.events {
            match event.played {
                Played::NoteOn { channel, key, velocity } if wanted.is_none_or(|wanted| wanted == channel) => {
                    sounding.entry((channel, key)).or_default().push(notes.len());
                    let (start, position) = (event.sample, event.position);
                    notes.push(Note { start, end: None, position, end_position: None, channel, key, velocity });
                }
                Played::NoteOff { channel, key, .. } => {
                    if let Some(open) = sounding.get_mut(&(channel, key)).filter(|open| !open.is_empty()) {
                        let note = &mut notes[open.remove(0)];
                        (note.end, note.end_position) = (Some(event.sample), Some(event.position));
                    }
                }
                _ => (),
            }
        }
        notes
    }

    /// What is wrong with note-ons and note-offs, `but_for` the channels on which the musician's own notes pass
    /// through (there, an overlap or a missing note-off may be the musician's).
    pub fn mismatches(&self, but_for: &[u8]) -> Vec<Mismatch> {
        let mut sounding: BTreeMap<(u8, u8), u64> = BTreeMap::new();
        let mut mismatches = Vec::new();
        for &Event { sample, played, .. } in &self.events {
            match played {
                Played::NoteOn { channel, key, .. } if !but_for.contains(&channel) => {
                    let sounds = sounding.insert((channel, key), sample).is_some();
                    mismatches.extend(sounds.then_some(Mismatch::OnWhileOn { sample, channel, key }));
                }
                Played::NoteOff { channel, key, .. } if !but_for.contains(&channel) => {
                    let silent = sounding.remove(&(channel, key)).is_none();
                    mismatches.extend(silent.then_some(Mismatch::OffWithoutOn { sample, channel, key }));
                }
                _ => (),
            }
        }
        let stuck = sounding.into_iter().map(|((channel, key), sample)| Mismatch::Stuck { sample, channel, key });
        mismatches.extend(stuck);
        mismatches
    }

    /// What happened musically, free of samples and blocks: for each segment the notes' beginnings and ends with their
    /// positions in moments (1/960 of a quarter note), in order. Two takes of the same music are equal here whatever
    /// the sample rate and the block size.
    pub fn score(&self) -> Vec<ScoreLine> {
        let mut score: Vec<ScoreLine> = self
            .events
            .iter()
            .filter_map(|event| {
                let (on, channel, key, velocity) = match event.played {
                    Played::NoteOn { channel, key, velocity } => (true, channel, key, velocity),
                    Played::NoteOff { channel, key, .. } => (false, channel, key, 0),
                    _ => return None,
                };
                // Not rounded: what a loop ends lies halfway between two moments, and a sample's rounding to either
                // side.
                let moment = (event.position * MOMENTS_PER_TICK + 0.25).floor() as i64;
                Some(ScoreLine { segment: event.segment, moment, on, channel, key, velocity })
            })
            .collect();
        score.sort();
        score
    }

    /// SHA-256 of [`Take::score`], in hexadecimal.
    pub fn hash(&self) -> String {
        hash_of(&self.score())
    }
}

/// A line of [`Take::score`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScoreLine {
    /// Index of the route's segment.
    pub segment: usize,
    /// Position in moments (1/960 of a quarter note).
    pub moment: i64,
    /// Whether a note begins, else one ends.
    pub on: bool,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// MIDI velocity, 1–127; 0 for an end.
    pub velocity: u8,
}

/// SHA-256 of a score, in hexadecimal.
pub fn hash_of(score: &[ScoreLine]) -> String {
    let mut hasher = Sha256::new();
    for line in score {
        hasher.update((line.segment as u64).to_le_bytes());
        hasher.update(line.moment.to_le_bytes());
        hasher.update([u8::from(line.on), line.channel, line.key, line.velocity]);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const ON: Played = Played::NoteOn { channel: 1, key: 60, velocity: 90 };
    const OFF: Played = Played::NoteOff { channel: 1, key: 60, velocity: 0 };

    /// A take at `sample_rate` of events at these ticks, in one segment from tick 0, 120 to the minute.
    pub(crate) fn take(sample_rate: f64, events: &[(f64, Played)]) -> Take {
        let per_tick = sample_rate / 48.0;
        let mut output = Output::new(200_000);
        for &(tick, played) in events {
            output.push((tick * per_tick).round() as u32, played);
        }
        let mut take = Take::new(sample_rate);
        take.begin_segment(Segment::rolling(0.0, 48.0), per_tick);
        take.note_block(&output, 200_000);
        take
    }

    #[test]
    fn a_take_has_the_same_hash_at_every_sample_rate() {
        let events = [(0.25, ON), (7.3, OFF), (13.0, ON), (19.975, OFF)];
        let hashes = [44_100.0, 48_000.0, 96_000.0, 192_000.0].map(|rate| take(rate, &events).hash());
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    }

    #[test]
    fn a_note_that_is_a_fortieth_of_a_tick_later_changes_the_hash() {
        let hash = |start: f64| take(48_000.0, &[(start, ON), (10.0, OFF)]).hash();
        assert_ne!(hash(1.0), hash(1.025));
    }

    #[test]
    fn a_note_reaches_from_its_note_on_to_its_note_off() {
        let notes = take(48_000.0, &[(1.0, ON), (10.0, OFF), (12.0, ON)]).notes(1);
        assert_eq!(
            notes.iter().map(|note| (note.start, note.end)).collect::<Vec<_>>(),
            [(1000, Some(10_000)), (12_000, None)]
        );
    }

    #[test]
    fn the_notes_of_another_channel_are_left_out() {
        assert!(take(48_000.0, &[(1.0, ON), (10.0, OFF)]).notes(2).is_empty());
    }

    #[test]
    fn every_kind_of_mismatch_is_told() {
        let found = take(48_000.0, &[(1.0, OFF), (2.0, ON), (3.0, ON)]).mismatches(&[]);
        let (channel, key) = (1, 60);
        assert_eq!(
            found,
            [
                Mismatch::OffWithoutOn { sample: 1000, channel, key },
                Mismatch::OnWhileOn { sample: 3000, channel, key },
                Mismatch::Stuck { sample: 3000, channel, key },
            ]
        );
    }

    #[test]
    fn events_out_of_order_and_beyond_their_block_are_counted() {
        let mut output = Output::new(64);
        output.push(40, ON);
        output.push(10, OFF);
        output.push(64, ON);
        let mut take = Take::new(48_000.0);
        take.begin_segment(Segment::rolling(0.0, 1.0), 1000.0);
        take.note_block(&output, 64);
        assert_eq!((take.unsorted_blocks, take.stray_events), (1, 1));
    }
}
