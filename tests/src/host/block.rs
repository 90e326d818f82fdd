//! One process call: what goes in and what comes out, in the terms of neither format.

/// Where the song is at the first sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Whether the song moves.
    pub playing: bool,
    /// Whether the host marks what follows as valid: without it, it only says that it plays.
    pub valid: bool,
    /// Whether the host records.
    pub recording: bool,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Time signature: beats in a bar and the note value of a beat.
    pub meter: (u16, u16),
    /// Song position in quarter notes; negative in a count-in.
    pub beats: f64,
    /// The first position of the bar, in quarter notes.
    pub bar_start: f64,
    /// The number of the bar, 0 for the first.
    pub bar: i32,
    /// The loop, start and end in quarter notes, while it is on.
    pub looping: Option<(f64, f64)>,
}

/// Something that happens at a sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A key goes down.
    NoteOn {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// MIDI velocity, 1–127.
        velocity: u8,
    },
    /// A key comes up.
    NoteOff {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// A controller moves.
    Controller {
        /// MIDI channel, 0–15.
        channel: u8,
        /// Controller number, 0–127.
        number: u8,
        /// New value, 0–127.
        value: u8,
    },
    /// The pitch wheel moves.
    PitchBend {
        /// MIDI channel, 0–15.
        channel: u8,
        /// New position, 0–16383; 8192 is the middle.
        value: u16,
    },
    /// A MIDI message as it is. In VST3, which knows none, what the host makes of it: a note with its velocity (that of
    /// the release too), a controller, a program change; anything else is left out.
    Midi([u8; 3]),
    /// The host automates a parameter.
    Parameter {
        /// The parameter's number.
        id: u32,
        /// Normalised value, 0–1.
        value: f64,
    },
}

/// What the plug-in sends back, apart from audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Played {
    /// A note begins.
    NoteOn {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// MIDI velocity, 1–127.
        velocity: u8,
    },
    /// A note ends.
    NoteOff {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// How fast the key came up, 0–127.
        velocity: u8,
    },
    /// The plug-in is done with a played note (CLAP only).
    NoteEnd {
        /// MIDI channel, 0–15; 255 for any.
        channel: u8,
        /// MIDI key, 0–127; 255 for any.
        key: u8,
    },
    /// A MIDI message other than a note: controller, bend, pressure.
    Midi([u8; 3]),
    /// The plug-in changed a parameter of its own.
    Parameter {
        /// The parameter's number.
        id: u32,
        /// Normalised value, 0–1.
        value: f64,
    },
}

/// One process call's input.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Samples to process; 0 carries events only.
    pub frames: usize,
    /// Samples processed since activation.
    pub steady: u64,
    /// Where the song is; `None`: the host has no transport.
    pub transport: Option<&'a Transport>,
    /// Sample in the block and event, in order of sample.
    pub events: &'a [(u32, Input)],
}

/// One process call's output. It is made once and used for every block, so that no memory is taken while processing.
#[derive(Debug)]
pub struct Output {
    /// Left and right; the first `frames` samples of each are this block's.
    pub audio: [Vec<f32>; 2],
    /// Sample in the block and event, in the order in which the plug-in sent them.
    pub events: Vec<(u32, Played)>,
    /// Events for which there was no room.
    pub lost: usize,
    /// Notes that began and came as MIDI messages.
    pub midi_notes: usize,
}

impl Output {
    /// Room for blocks of `max_block` samples.
    pub fn new(max_block: usize) -> Self {
        let (audio, events) = ([vec![0.0; max_block], vec![0.0; max_block]], Vec::with_capacity(1 << 16));
        Self { audio, events, lost: 0, midi_notes: 0 }
    }

    /// Takes an event that comes by another way than the others, behind those up to its sample.
    pub fn insert(&mut self, sample: u32, played: Played) {
        let place = self.events.partition_point(|(other, _)| *other <= sample);
        if self.events.len() < self.events.capacity() {
            self.events.insert(place, (sample, played));
        } else {
            self.lost += 1;
        }
    }

    /// Takes an event, or counts it if there is no room.
    pub fn push(&mut self, sample: u32, played: Played) {
        if self.events.len() < self.events.capacity() {
            self.events.push((sample, played));
        } else {
            self.lost += 1;
        }
    }
}
