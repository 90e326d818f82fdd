//! The harmonizer network: a whole chorus at once, which chord on which beat.

use super::conditions::Conditions;
use super::features::{Blocks, CHORD, LEVELS, METER, MODE, Note, PITCH_CLASSES};
use super::harmonist::{BASSES, HarmonistAttributes, HarmonyLogits};
use super::plan::{Plan, Shape};
use crate::music::{BarPosition, Chord, PitchClassSet, SlashChord, Style, Tick};

/// The most frames in a beat: those of a dotted quarter note.
pub const SLOTS: usize = 6;
/// Bars of a phrase, of which each bar knows its place.
const PHRASE: usize = 8;
/// The last bars, of which each knows that it is one.
const ENDING: usize = 4;
/// Beats on either side that count as near.
const AROUND: usize = 4;

/// Length of the feature vector without its style block.
pub const FEATURES: usize = 2 * SLOTS * PITCH_CLASSES
    + 2 * PITCH_CLASSES
    + CHORD
    + PITCH_CLASSES
    + 2 * SLOTS
    + METER
    + PHRASE
    + ENDING
    + 2 * LEVELS
    + MODE
    + 2;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "harmonizer",
    inputs: &[("features", FEATURES)],
    outputs: &[("logits_change", 2), ("logits_chord", Chord::VOCABULARY), ("logits_bass", BASSES)],
    whole: true,
};

/// What is known of the harmony of a beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// It is to be found.
    #[default]
    Open,
    /// There is no chord.
    NoChord,
    /// It is this one.
    Chord(SlashChord),
}

impl Given {
    /// The chord, if it is known and there is one.
    pub fn chord(self) -> Option<SlashChord> {
        if let Self::Chord(chord) = self { Some(chord) } else { None }
    }
}

/// A beat of a chorus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// The melody in each of its frames, at most [`SLOTS`] of them.
    pub notes: [Option<Note>; SLOTS],
    /// Its bar.
    pub position: BarPosition,
    /// Its first tick.
    pub tick: Tick,
    /// Bars since the beginning of the chorus.
    pub number: usize,
    /// Bars until the last one of the chorus.
    pub left: usize,
    /// What is known of its harmony.
    pub given: Given,
}

impl Beat {
    /// Number of frames in which each pitch class sounds.
    fn weights(&self) -> [f32; PITCH_CLASSES] {
        let mut weights = [0.0; PITCH_CLASSES];
        for class in self.notes.iter().flatten().filter_map(|note| note.pitch_class()) {
            weights[usize::from(class)] += 1.0;
        }
        weights
    }
}

/// The weights of the beats together, as shares of all that sounds.
fn shares(weights: &[[f32; PITCH_CLASSES]]) -> [f32; PITCH_CLASSES] {
    let sums: [f32; PITCH_CLASSES] = std::array::from_fn(|class| weights.iter().map(|beat| beat[class]).sum());
    let all = sums.iter().sum::<f32>().max(1.0);
    sums.map(|sum| sum / all)
}

/// What is asked for besides the melody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
    /// What the harmony is to be like.
    pub attributes: HarmonistAttributes,
}

/// The loaded network.
#[derive(Debug)]
pub struct HarmonizerNetwork {
    plan: Plan,
    conditions: Conditions,
}

impl HarmonizerNetwork {
    /// Loads the network from an ONNX file's bytes and the conditions of its card; the error follows on the file's
    /// name.
    pub fn load(onnx: &[u8], conditions: Conditions) -> Result<Self, String> {
        let plan = Plan::load(onnx, &SHAPE)?;
        conditions.check(plan.conditions())?;
        Ok(Self { plan, conditions })
    }

    /// The feature vectors of the beats of a chorus.
    pub fn features(&self, beats: &[Beat], request: Request) -> Vec<Vec<f32>> {
        features(beats, request, &self.conditions)
    }

    /// What the network says of each beat of a chorus: that a chord begins there or stands, which, over which bass.
    ///
    /// # Errors
    /// When the plan fails or computes nonsense.
    pub fn read(&self, beats: &[Beat], request: Request) -> Result<Vec<HarmonyLogits>, String> {
        let logits = self.plan.read(self.features(beats, request))?;
        let logits = logits.iter().map(|outputs| {
            let logits = HarmonyLogits::read(outputs, 0)?;
            #[cfg(test)]
            let logits = logits.map(super::noise::shaken);
            Ok(logits)
        });
        logits.collect()
    }
}

fn features(beats: &[Beat], request: Request, conditions: &Conditions) -> Vec<Vec<f32>> {
    let weights: Vec<_> = beats.iter().map(Beat::weights).collect();
    let whole = shares(&weights);
    let row = |(index, beat): (usize, &Beat)| {
        let mut features = vec![0.0; FEATURES + conditions.count()];
        let mut blocks = Blocks::new(&mut features);
        let heard = beat.notes.map(Option::unwrap_or_default);
        heard.iter().for_each(|note| _ = blocks.class(note.onset()));
        heard.iter().for_each(|note| _ = blocks.class(note.held()));
        let near = &weights[index.saturating_sub(AROUND)..(index + AROUND + 1).min(weights.len())];
        let given = beat.given.chord();
        blocks.values(&shares(near)).values(&whole).chord(given.map(|given| given.chord));
        blocks.classes(given.map_or(PitchClassSet::EMPTY, |given| [given.bass].into_iter().collect()));
        beat.notes.iter().for_each(|&note| _ = blocks.flag(note == Some(Note::Rest)));
        beat.notes.iter().for_each(|&note| _ = blocks.flag(note == Some(Note::Hidden)));
        blocks
            .meter(beat.position, beat.tick)
            .one_hot(PHRASE, Some(beat.number % PHRASE))
            .one_hot(ENDING, Some(beat.left))
            .style(request.style, conditions)
            .level(request.attributes.chord_rate)
            .level(request.attributes.chromaticism)
            .mode(request.attributes.mode)
            .flag(beat.given != Given::Open)
            .flag(beat.given == Given::NoChord);
        features
    };
    beats.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Meter;
    use crate::network::conditions::tests::conditions;

    fn beat(number: usize, left: usize, notes: &[Note], given: Given) -> Beat {
        let mut slots = [None; SLOTS];
        slots.iter_mut().zip(notes).for_each(|(slot, note)| *slot = Some(*note));
        let position = BarPosition { bar_start: 0, meter: Meter::default() };
        Beat { notes: slots, position, tick: 24, number, left, given }
    }

    fn ones(beats: &[Beat]) -> Vec<Vec<usize>> {
        let rows = features(beats, Request::default(), &conditions(&["a", "b"]));
        rows.iter().map(|row| (0..row.len()).filter(|&index| row[index] == 1.0).collect()).collect()
    }

    const HELD: usize = 72;
    const NEAR: usize = 144;
    const WHOLE: usize = 156;
    const CHORD_GIVEN: usize = 168;
    const BASS_GIVEN: usize = 192;
    const REST: usize = 204;
    const UNHEARD: usize = 210;
    const METER_BLOCK: usize = 216;
    const NUMBER: usize = 247;
    const LEFT: usize = 255;
    const GIVEN: usize = 259 + 2 + 12;

    #[test]
    fn every_block_lies_where_the_contract_has_it() {
        let g = Given::Chord(SlashChord { chord: "G".parse().unwrap(), bass: 11 });
        let notes = [Note::Onset(7), Note::Held(7), Note::Rest, Note::Hidden];
        let row = ones(&[beat(9, 2, &notes, g)]).remove(0);
        let melody = [7, HELD + 12 + 7, NEAR + 7, WHOLE + 7];
        let chord = [CHORD_GIVEN + 7, CHORD_GIVEN + 12 + 2, CHORD_GIVEN + 12 + 7, CHORD_GIVEN + 12 + 11];
        let rest = [BASS_GIVEN + 11, REST + 2, UNHEARD + 3, METER_BLOCK + 4, METER_BLOCK + 24 + 2, NUMBER + 1];
        assert_eq!(row, [&melody[..], &chord, &rest, &[LEFT + 2, GIVEN]].concat());
    }

    #[test]
    fn a_beat_without_a_chord_says_so_and_an_open_one_says_nothing() {
        let rows = ones(&[beat(0, 4, &[], Given::NoChord), beat(0, 4, &[], Given::Open)]);
        let bar = [METER_BLOCK + 4, METER_BLOCK + 24 + 2, NUMBER];
        assert_eq!(rows, [[&bar[..], &[GIVEN, GIVEN + 1]].concat(), bar.to_vec()]);
    }

    #[test]
    fn near_is_what_sounds_within_four_beats() {
        let beats: Vec<Beat> = (0..10).map(|at| beat(0, 4, &[Note::Onset(at)], Given::Open)).collect();
        let rows = features(&beats, Request::default(), &conditions(&[]));
        let share = |row: usize| (0..12).map(|class| rows[row][NEAR + class]).filter(|share| *share > 0.0).count();
        assert_eq!((share(0), share(4), share(9)), (5, 9, 5));
        assert_eq!(rows[3][WHOLE..WHOLE + 10], [0.1; 10]);
    }
}
