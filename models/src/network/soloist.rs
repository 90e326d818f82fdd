//! The soloist network: one step per note, which pitch, how long, and when the next one.

use super::features::{Blocks, CHORD, METER, PITCH_CLASSES, PitchMemory, STYLE, TIMES, time_class};
use super::plan::{Plan, Shape, State};
use crate::music::{BarPosition, Chord, Style, Tick};

/// Number of pitches.
pub const PITCHES: usize = 60;
/// The MIDI key of pitch 0.
pub const LOWEST: u8 = 36;

const TICKS_IN_BEAT: usize = 24;
const UNTIL_BOUNDS: [Tick; 8] = [6, 12, 24, 36, 48, 72, 96, 192];
const UNTIL: usize = UNTIL_BOUNDS.len() + 1;
const PHRASE: usize = 12;

/// Length of the feature vector.
pub const FEATURES: usize = PITCHES
    + 2 * PITCH_CLASSES
    + 2 * TIMES
    + METER
    + TICKS_IN_BEAT
    + 2 * CHORD
    + UNTIL
    + PITCH_CLASSES
    + PHRASE
    + STYLE;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "soloist",
    features: FEATURES,
    outputs: &[("logits_pitch", PITCHES), ("logits_length", TIMES), ("logits_time", TIMES)],
    states: &["h0", "h1"],
};

/// The note before the one that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastNote {
    /// MIDI key, 0–127.
    pub key: u8,
    /// Sounding length in ticks.
    pub length: Tick,
    /// Ticks from its onset to the onset of the note that is asked for.
    pub time: Tick,
}

/// What the network reads at the onset of a note.
#[derive(Clone, Copy, Debug)]
pub struct SoloistInput<'a> {
    /// The note before; `None` for the first.
    pub last: Option<LastNote>,
    /// The bar.
    pub position: BarPosition,
    /// The onset.
    pub tick: Tick,
    /// The chord at the onset.
    pub chord: Option<Chord>,
    /// The next different chord and its first tick.
    pub next_chord: Option<(Tick, Option<Chord>)>,
    /// Pitch classes of the notes before, decay 0.95.
    pub memory: &'a PitchMemory,
    /// Notes since the last rest of a quarter note or more.
    pub phrase: usize,
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
}

impl SoloistInput<'_> {
    /// The feature vector.
    pub fn features(&self) -> [f32; FEATURES] {
        let mut features = [0.0; FEATURES];
        let pitch = self.last.map(|last| pitch_index(last.key));
        let class = self.last.map(|last| usize::from(last.key % 12));
        let over_root = class.zip(self.chord).map(|(class, chord)| (class + 12 - usize::from(chord.root % 12)) % 12);
        let next = self.next_chord.map(|(tick, chord)| (tick - self.tick, chord)).filter(|(wait, _)| *wait <= 192);
        let until = next.map_or(UNTIL_BOUNDS.len(), |(wait, _)| UNTIL_BOUNDS.partition_point(|&bound| bound < wait));
        Blocks::new(&mut features)
            .one_hot(PITCHES, pitch)
            .one_hot(PITCH_CLASSES, class)
            .one_hot(PITCH_CLASSES, over_root)
            .one_hot(TIMES, self.last.map(|last| time_class(last.length)))
            .one_hot(TIMES, self.last.map(|last| time_class(last.time)))
            .meter(self.position, self.tick)
            .one_hot(TICKS_IN_BEAT, Some((self.position.ticks_into_bar(self.tick) % 24) as usize))
            .chord(self.chord)
            .chord(next.map_or(self.chord, |(_, chord)| chord))
            .one_hot(UNTIL, Some(until))
            .values(&self.memory.normalised())
            .one_hot(PHRASE, Some(self.phrase.min(PHRASE - 1)))
            .style(self.style);
        features
    }
}

/// The pitch of a MIDI key: less 36, folded by octaves into 0–59.
pub fn pitch_index(key: u8) -> usize {
    let class = usize::from(key % 12);
    match key.checked_sub(LOWEST).map(usize::from) {
        None => class,
        Some(index) if index < PITCHES => index,
        Some(_) => PITCHES - 12 + class,
    }
}

/// What the network answers at the onset of a note, as unnormalised log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoloistLogits {
    /// Of each pitch.
    pub pitch: [f32; PITCHES],
    /// Of each class of sounding length.
    pub length: [f32; TIMES],
    /// Of each class of time to the next onset.
    pub time: [f32; TIMES],
}

impl SoloistLogits {
    /// `(1 − share) · self + share · other`, value by value.
    pub fn mixed(mut self, other: &Self, share: f32) -> Self {
        let mix = |ours: &mut [f32], theirs: &[f32]| {
            for (value, other) in ours.iter_mut().zip(theirs) {
                *value += share * (other - *value);
            }
        };
        mix(&mut self.pitch, &other.pitch);
        mix(&mut self.length, &other.length);
        mix(&mut self.time, &other.time);
        self
    }
}

/// The loaded network.
#[derive(Debug)]
pub struct SoloistNetwork {
    plan: Plan,
}

impl SoloistNetwork {
    /// Loads the network from an ONNX file's bytes; the error follows on the file's name.
    pub fn load(onnx: &[u8]) -> Result<Self, String> {
        Ok(Self { plan: Plan::load(onnx, &SHAPE)? })
    }

    /// The state before the first note.
    pub fn initial_state(&self) -> State {
        self.plan.initial_state()
    }

    /// Reads the onset of one note and advances `state`; see [`Plan::step`] for errors.
    pub fn step(&self, input: &SoloistInput, state: &mut State) -> Result<SoloistLogits, String> {
        let outputs = self.plan.step(&input.features(), state)?;
        let mut logits = SoloistLogits { pitch: [0.0; PITCHES], length: [0.0; TIMES], time: [0.0; TIMES] };
        logits.pitch.copy_from_slice(outputs.get(0)?);
        logits.length.copy_from_slice(outputs.get(1)?);
        logits.time.copy_from_slice(outputs.get(2)?);
        Ok(logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_vector_is_full() {
        assert_eq!(FEATURES, 325);
    }

    #[test]
    fn keys_fold_by_octaves_into_the_range() {
        let folded: Vec<_> = [0, 35, 36, 95, 96, 107, 127].map(pitch_index).into();
        assert_eq!(folded, [0, 11, 0, 59, 48, 59, 55]);
    }
}
