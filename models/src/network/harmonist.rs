//! The harmonist network: one step per frame, which chord.

use super::features::{Blocks, CHORD, METER, NOTE, Note, PITCH_CLASSES, PitchMemory, STYLE};
use super::plan::{Plan, Shape, State};
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{BarPosition, Chord, Style, Tick};

const AGES: usize = 8;
const BEAT_FRAMES: usize = 6;

/// Length of the feature vector.
pub const FEATURES: usize = NOTE + 2 * PITCH_CLASSES + CHORD + AGES + NOTE + METER + BEAT_FRAMES + STYLE;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "harmonist",
    features: FEATURES,
    outputs: &[("logits_change", 2), ("logits_chord", Chord::VOCABULARY), ("logits_note", 25)],
    states: &["h0", "h1"],
};

/// What the network reads in one frame.
#[derive(Clone, Copy, Debug)]
pub struct HarmonistInput<'a> {
    /// The melody in the frame.
    pub note: Note,
    /// Pitch classes heard before the frame, decay 0.94.
    pub fast: &'a PitchMemory,
    /// Pitch classes heard before the frame, decay 0.99.
    pub slow: &'a PitchMemory,
    /// The chord of the frame before.
    pub chord: Option<Chord>,
    /// For how many frames that chord has stood; 0 before the first frame.
    pub age: u32,
    /// The melody in the frame before.
    pub previous: Note,
    /// The bar.
    pub position: BarPosition,
    /// The first tick of the frame.
    pub tick: Tick,
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
}

impl HarmonistInput<'_> {
    /// The feature vector.
    pub fn features(&self) -> [f32; FEATURES] {
        let mut features = [0.0; FEATURES];
        let in_bar = self.position.ticks_into_bar(self.tick) / TICKS_PER_FRAME;
        let in_beat = in_bar % if self.position.meter.is_compound() { 6 } else { 4 };
        Blocks::new(&mut features)
            .note(self.note)
            .values(&self.fast.normalised())
            .values(&self.slow.normalised())
            .chord(self.chord)
            .one_hot(AGES, Some(age_class(self.age)))
            .note(self.previous)
            .meter(self.position, self.tick)
            .one_hot(BEAT_FRAMES, Some(in_beat as usize))
            .style(self.style);
        features
    }
}

/// The class of the number of frames for which a chord has stood.
fn age_class(frames: u32) -> usize {
    match frames {
        0 | 1 => 0,
        2 => 1,
        3..=4 => 2,
        5..=8 => 3,
        9..=16 => 4,
        17..=32 => 5,
        33..=64 => 6,
        _ => 7,
    }
}

/// What the network answers in one frame, as unnormalised log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonistLogits {
    /// Of the chord of the frame before: held, or changed.
    pub change: [f32; 2],
    /// Of each chord class, if it changes.
    pub chord: [f32; Chord::VOCABULARY],
    /// Of the note of the next frame.
    pub note: [f32; 25],
}

impl HarmonistLogits {
    /// `(1 − share) · self + share · other`, value by value.
    pub fn mixed(mut self, other: &Self, share: f32) -> Self {
        let mix = |ours: &mut [f32], theirs: &[f32]| {
            for (value, other) in ours.iter_mut().zip(theirs) {
                *value += share * (other - *value);
            }
        };
        mix(&mut self.change, &other.change);
        mix(&mut self.chord, &other.chord);
        mix(&mut self.note, &other.note);
        self
    }
}

/// The loaded network.
#[derive(Debug)]
pub struct HarmonistNetwork {
    plan: Plan,
}

impl HarmonistNetwork {
    /// Loads the network from an ONNX file's bytes; the error follows on the file's name.
    pub fn load(onnx: &[u8]) -> Result<Self, String> {
        Ok(Self { plan: Plan::load(onnx, &SHAPE)? })
    }

    /// The state in which nothing has been heard.
    pub fn initial_state(&self) -> State {
        self.plan.initial_state()
    }

    /// Reads one frame and advances `state`; see [`Plan::step`] for errors.
    pub fn step(&self, input: &HarmonistInput, state: &mut State) -> Result<HarmonistLogits, String> {
        let outputs = self.plan.step(&input.features(), state)?;
        let mut logits = HarmonistLogits { change: [0.0; 2], chord: [0.0; Chord::VOCABULARY], note: [0.0; 25] };
        logits.change.copy_from_slice(outputs.get(0)?);
        logits.chord.copy_from_slice(outputs.get(1)?);
        logits.note.copy_from_slice(outputs.get(2)?);
        Ok(logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_vector_is_full() {
        assert_eq!(FEATURES, 157);
    }

    #[test]
    fn ages_double_from_class_to_class() {
        let classes: Vec<_> = [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 9999].map(age_class).into();
        assert_eq!(classes, [0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
    }
}
