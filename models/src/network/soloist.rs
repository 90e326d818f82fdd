//! The soloist network: one step per note, which pitch, how long, and when the next one.

use super::conditions::Conditions;
use super::features::{Blocks, CHORD, LEVELS, METER, MODE, PITCH_CLASSES, PitchMemory, TIMES, time_class};
use super::mix;
use super::plan::{Outputs, Plan, Shape, State, Step};
use crate::controls::Level;
use crate::music::pitch::ascent;
use crate::music::{BarPosition, Chord, Mode, Style, Tick};

/// Number of pitches.
pub const PITCHES: usize = 60;
/// The MIDI key of pitch 0.
pub const LOWEST: u8 = 36;

/// How fast the memories of [`SoloistInput::memories`] fade, in order.
pub const DECAYS: [f64; 2] = [0.95, 0.99];

/// The largest interval that is told from larger ones, in semitones.
const WIDEST: i32 = 24;
const INTERVALS: usize = 2 * WIDEST as usize + 1;
const TICKS_IN_BEAT: usize = 24;
const UNTIL_BOUNDS: [Tick; 8] = [6, 12, 24, 36, 48, 72, 96, 192];
const UNTIL: usize = UNTIL_BOUNDS.len() + 1;
const PHRASE: usize = 12;

/// Length of the feature vector without its style block.
pub const FEATURES: usize = PITCH_CLASSES
    + 2 * CHORD
    + DECAYS.len() * PITCH_CLASSES
    + PITCHES
    + INTERVALS
    + PITCH_CLASSES
    + 2 * TIMES
    + METER
    + TICKS_IN_BEAT
    + 2
    + UNTIL
    + PHRASE
    + 4 * LEVELS
    + MODE;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "soloist",
    inputs: &[("features", FEATURES)],
    outputs: &[("logits_pitch", PITCHES), ("logits_length", TIMES), ("logits_time", TIMES)],
    whole: false,
};

/// The note before the one that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastNote {
    /// MIDI key, 0–127.
    pub key: u8,
    /// MIDI key of the note before it; `None`: it was the first.
    pub before: Option<u8>,
    /// Sounding length in ticks.
    pub length: Tick,
    /// Ticks from its onset to the onset of the note that is asked for.
    pub time: Tick,
}

impl LastNote {
    /// The place of the interval that led to the note, taken after folding.
    fn interval_index(self) -> Option<usize> {
        let interval = pitch_index(self.key) as i32 - pitch_index(self.before?) as i32;
        Some((interval.clamp(-WIDEST, WIDEST) + WIDEST) as usize)
    }
}

/// How far guided logits lie from free ones, on the way to and beyond those of the style (1).
const STYLE_GUIDANCE: f32 = 2.5;
/// How far they lie from those of the style, on the way to and beyond those with attributes (1).
const ATTRIBUTE_GUIDANCE: f32 = 4.0;

/// What the melody is to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoloistAttributes {
    /// Notes per quarter note.
    pub density: Level,
    /// Mean pitch.
    pub register: Level,
    /// Share of the notes that lie outside the key.
    pub chromaticism: Level,
    /// Share of the notes that begin off the beat and sound over the next beat.
    pub syncopation: Level,
    /// Major or minor; `None` leaves it free.
    pub mode: Option<Mode>,
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
    /// Pitch classes of the notes before, with [`DECAYS`].
    pub memories: &'a [PitchMemory; DECAYS.len()],
    /// Notes since the last rest of a quarter note or more.
    pub phrase: usize,
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
    /// What the melody is to be like.
    pub attributes: SoloistAttributes,
}

impl SoloistInput<'_> {
    /// The feature vector.
    fn features(&self, conditions: &Conditions) -> Vec<f32> {
        let mut features = vec![0.0; FEATURES + conditions.count()];
        let class = self.last.map(|last| last.key % 12);
        let over_root = class.zip(self.chord).map(|(class, chord)| usize::from(ascent(chord.root, class)));
        let next = self.next_chord.map(|(tick, chord)| (tick - self.tick, chord)).filter(|(wait, _)| *wait <= 192);
        let until = next.map_or(UNTIL_BOUNDS.len(), |(wait, _)| UNTIL_BOUNDS.partition_point(|&bound| bound < wait));
        let next_chord = next.map_or(self.chord, |(_, chord)| chord);
        let mut blocks = Blocks::new(&mut features);
        blocks.class(class).chord(self.chord).chord(next_chord);
        for memory in self.memories {
            blocks.values(&memory.normalised());
        }
        blocks
            .one_hot(PITCHES, self.last.map(|last| pitch_index(last.key)))
            .one_hot(INTERVALS, self.last.and_then(LastNote::interval_index))
            .one_hot(PITCH_CLASSES, over_root)
            .one_hot(TIMES, self.last.map(|last| time_class(last.length)))
            .one_hot(TIMES, self.last.map(|last| time_class(last.time)))
            .meter(self.position, self.tick)
            .one_hot(TICKS_IN_BEAT, Some((self.position.ticks_into_bar(self.tick) % 24) as usize))
            .flag(self.chord.is_none())
            .flag(next_chord.is_none())
            .one_hot(UNTIL, Some(until))
            .one_hot(PHRASE, Some(self.phrase.min(PHRASE - 1)))
            .style(self.style, conditions)
            .level(self.attributes.density)
            .level(self.attributes.register)
            .level(self.attributes.chromaticism)
            .level(self.attributes.syncopation)
            .mode(self.attributes.mode);
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
    /// The same with every value changed.
    pub fn map(self, change: impl Fn(f32) -> f32 + Copy) -> Self {
        Self { pitch: self.pitch.map(change), length: self.length.map(change), time: self.time.map(change) }
    }

    /// `(1 − share) · self + share · other`, value by value.
    pub fn mixed(mut self, other: &Self, share: f32) -> Self {
        mix(&mut self.pitch, &other.pitch, share);
        mix(&mut self.length, &other.length, share);
        mix(&mut self.time, &other.time, share);
        self
    }

    /// What was said in a style and with attributes, away from what is said in that style without them, and both away
    /// from what is said `free`ly, farther than music in the corpus goes: so a style is unmistakable and a knob does
    /// what it says (classifier-free guidance, Ho & Salimans 2022).
    pub fn guided(self, styled: &Self, free: &Self) -> Self {
        self.mixed(styled, 1.0 - ATTRIBUTE_GUIDANCE / STYLE_GUIDANCE).mixed(free, 1.0 - STYLE_GUIDANCE)
    }
}

/// The loaded network.
#[derive(Debug)]
pub struct SoloistNetwork {
    plan: Plan,
    conditions: Conditions,
}

impl SoloistNetwork {
    /// Loads the network from an ONNX file's bytes and the conditions of its card; the error follows on the file's
    /// name.
    pub fn load(onnx: &[u8], conditions: Conditions) -> Result<Self, String> {
        let plan = Plan::load(onnx, &SHAPE)?;
        conditions.check(plan.conditions())?;
        Ok(Self { plan, conditions })
    }

    /// What the network reads.
    pub fn features(&self, input: &SoloistInput) -> Vec<f32> {
        input.features(&self.conditions)
    }

    /// The state before the first note.
    pub fn initial_state(&self) -> State {
        self.plan.initial_state()
    }

    /// Reads the onset of one note and advances `state`; see [`Plan::step`] for errors.
    pub fn step(&self, input: &SoloistInput, state: &mut State) -> Result<SoloistLogits, String> {
        logits(&self.plan.step(&self.features(input), state)?)
    }

    /// Reads the onset of one note in each of several sequences; see [`Plan::step_all`].
    pub fn step_all(&self, steps: Vec<Step<SoloistInput>>) -> Result<Vec<SoloistLogits>, String> {
        let mut steps: Vec<_> = steps.into_iter().map(|(input, state)| (self.features(&input), state)).collect();
        self.plan.step_all(&mut steps)?.iter().map(logits).collect()
    }
}

fn logits(outputs: &Outputs) -> Result<SoloistLogits, String> {
    let mut logits = SoloistLogits { pitch: [0.0; PITCHES], length: [0.0; TIMES], time: [0.0; TIMES] };
    logits.pitch.copy_from_slice(outputs.get(0)?);
    logits.length.copy_from_slice(outputs.get(1)?);
    logits.time.copy_from_slice(outputs.get(2)?);
    #[cfg(test)]
    let logits = logits.map(super::noise::shaken);
    Ok(logits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_vector_is_full() {
        assert_eq!(FEATURES + 11, 408, "with eleven conditions");
    }

    #[test]
    fn keys_fold_by_octaves_into_the_range() {
        let folded: Vec<_> = [0, 35, 36, 95, 96, 107, 127].map(pitch_index).into();
        assert_eq!(folded, [0, 11, 0, 59, 48, 59, 55]);
    }

    fn interval(before: u8, key: u8) -> Option<usize> {
        LastNote { key, before: Some(before), length: 24, time: 24 }.interval_index()
    }

    #[test]
    fn intervals_are_taken_after_folding_and_large_ones_are_one() {
        assert_eq!(interval(60, 60), Some(24));
        assert_eq!(interval(60, 64), Some(28));
        assert_eq!(interval(90, 40), Some(0));
        assert_eq!(interval(95, 96), Some(24 - 11), "96 is folded to 84");
        assert_eq!(LastNote { key: 60, before: None, length: 24, time: 24 }.interval_index(), None);
    }
}
