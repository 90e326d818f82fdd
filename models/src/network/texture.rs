//! The texture network: what a player strikes in a bar, as codes and as chances.

use super::conditions::Conditions;
use super::features::{Blocks, LEVELS};
use super::plan::{Plan, Shape, State};
use crate::controls::Level;
use crate::music::Style;
use crate::music::texture::{CELLS, Cells, Measure, Part, SLOTS};

/// Length of the code of a bar.
pub const CODE: usize = 24;
/// Bars of a phrase, of which each bar knows its place.
const PHRASE: usize = 8;

/// Length of what is told besides the bar, without its style block.
const TOLD: usize = Part::ALL.len() + Measure::ALL.len() + 3 * LEVELS + 2 * SLOTS + PHRASE + 1;

/// What the file must look like.
pub const SHAPE: Shape = Shape {
    role: "texture",
    inputs: &[("bar", CELLS), ("shift", CODE), ("conditions", TOLD)],
    outputs: &[("code", CODE), ("hits", CELLS), ("velocity", CELLS), ("offset", CELLS), ("length", CELLS)],
    whole: false,
};

/// A code: where a bar lies among all bars. Of bars that people played, each number is about normal.
pub type Code = [f32; CODE];

/// What is told of a bar besides its strokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose bar it is.
    pub part: Part,
    /// What kind of bar.
    pub measure: Measure,
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
    /// The level of hits per quarter note.
    pub density: Level,
    /// The level of the share of hits off the beat before a silent beat.
    pub syncopation: Level,
    /// The level of the mean velocity.
    pub loudness: Level,
    /// The slots at which chords begin, a bit each; none: not known.
    pub changes: u32,
    /// The slots at which the musician struck in the bar before, a bit each; none: nothing, or not known.
    pub onsets: u32,
    /// Bars since the phrase began.
    pub number: Option<usize>,
    /// Whether a section ends with the bar.
    pub is_end: bool,
}

impl Place {
    /// A place of which nothing else is known.
    pub fn new(part: Part, measure: Measure) -> Self {
        Self {
            part,
            measure,
            style: None,
            density: None,
            syncopation: None,
            loudness: None,
            changes: 0,
            onsets: 0,
            number: None,
            is_end: false,
        }
    }
}

/// A bar, as the network is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// What is struck.
    pub bar: Cells,
    /// What is added to its code.
    pub shift: Code,
    /// What else is known.
    pub place: Place,
}

/// What the network says about a bar, cell by cell: see [`crate::music::texture::Cell::index`]. Cells that the
/// measure does not have say nothing.
#[derive(Clone, Debug)]
pub struct Said {
    /// The code of the bar, before anything was added.
    pub code: Code,
    /// Logits that it is hit.
    pub hits: Box<[f32; CELLS]>,
    /// How loud, 0 to 1, if it is.
    pub velocity: Box<[f32; CELLS]>,
    /// How far from its slot, in sixteenths.
    pub offset: Box<[f32; CELLS]>,
    /// How long, as a share of the time until the next stroke.
    pub length: Box<[f32; CELLS]>,
}

/// The loaded network.
#[derive(Debug)]
pub struct TextureNetwork {
    plan: Plan,
    conditions: Conditions,
}

impl TextureNetwork {
    /// Loads the network from an ONNX file's bytes and the conditions of its card; the error follows on the file's
    /// name.
    pub fn load(onnx: &[u8], conditions: Conditions) -> Result<Self, String> {
        let plan = Plan::load(onnx, &SHAPE)?;
        conditions.check(plan.conditions())?;
        Ok(Self { plan, conditions })
    }

    /// The feature vector of a bar: its cells, what is added to its code, and what else is known.
    pub fn features(&self, asked: &Asked) -> Vec<f32> {
        let mut features = vec![0.0; self.plan.features()];
        let (known, place) = features.split_at_mut(CELLS + CODE);
        asked.bar.iter().for_each(|cell| known[cell.index()] = 1.0);
        known[CELLS..].copy_from_slice(&asked.shift);
        let Place { part, measure, style, density, syncopation, loudness, changes, onsets, number, is_end } =
            asked.place;
        let mut blocks = Blocks::new(place);
        blocks
            .one_hot(Part::ALL.len(), Some(part as usize))
            .one_hot(Measure::ALL.len(), Some(measure as usize))
            .style(style, &self.conditions)
            .level(density)
            .level(syncopation)
            .level(loudness);
        for slots in [changes, onsets] {
            (0..SLOTS).for_each(|slot| _ = blocks.flag(slots >> slot & 1 == 1));
        }
        blocks.one_hot(PHRASE, number.map(|number| number % PHRASE)).flag(is_end);
        features
    }

    /// What the network says about each of some bars, read at once.
    ///
    /// # Errors
    /// When the plan fails or computes nonsense.
    pub fn read(&self, asked: &[Asked]) -> Result<Vec<Said>, String> {
        let mut none: Vec<State> = asked.iter().map(|_| self.plan.initial_state()).collect();
        let mut steps: Vec<_> = asked.iter().map(|asked| self.features(asked)).zip(&mut none).collect();
        let outputs = self.plan.step_all(&mut steps)?;
        let cells = |values: &[f32]| sized(values).map(Box::new);
        let said = outputs.iter().map(|outputs| {
            Ok(Said {
                code: sized(outputs.get(0)?)?,
                hits: cells(outputs.get(1)?)?,
                velocity: cells(outputs.get(2)?)?,
                offset: cells(outputs.get(3)?)?,
                length: cells(outputs.get(4)?)?,
            })
        });
        said.collect()
    }
}

fn sized<const N: usize>(values: &[f32]) -> Result<[f32; N], String> {
    values.try_into().map_err(|_| "it says less than it should".to_owned())
}
