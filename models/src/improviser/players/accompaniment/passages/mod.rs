//! Passages: bars in a row that people played, with all who played there.
//!
//! They are data (`models/passages`, with their provenance), from the training split of the corpus. Like patterns they
//! say when, what, how long and how loud, and nothing of pitch.

mod choice;
mod reading;

use std::sync::OnceLock;

use super::patterns::{Stroke, Tone, Touch};
use super::textures::Struck;
use crate::music::texture::{Measure, Part};
use crate::music::{Drum, Style};

pub use choice::{Chosen, Wanted};

/// The bars of one player, each with its strokes in order.
pub type Bars<T> = Vec<Box<[Stroke<T>]>>;

/// Bars in a row of one piece.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The idiom to which it belongs; `None`: it fits all of its style.
    idiom: Option<String>,
    measure: Measure,
    /// Quarter notes per minute; `None`: it is not known.
    tempo: Option<u16>,
    drums: Option<Bars<Drum>>,
    chords: Option<Bars<Touch>>,
    bass: Option<Bars<Tone>>,
    /// What is known of each bar.
    bars: Vec<About>,
    /// How many strokes each part has among those of its kind: the fewest (0) to the most (1).
    fullness: [f32; Part::ALL.len()],
}

/// What is known of a bar. Slots are a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct About {
    /// Where chords begin; 0: it is not known.
    changes: u32,
    /// Where the melody struck in the bar before; 0: nowhere, or it is not known.
    onsets: u32,
    /// Where the kick is struck, and where the bass.
    kick: u32,
    bass: u32,
    /// Whether it is a fill of the drummer.
    is_fill: bool,
}

/// What a player plays of a passage.
pub trait InPassage: Struck {
    /// Its bars; `None`: it rests there.
    fn bars(passage: &Passage) -> Option<&Bars<Self>>;
}

impl Passage {
    /// Who plays in it.
    fn players(&self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(|part| self.strokes_in_bar(*part).is_some())
    }

    /// How many strokes the player of `part` has in a bar; `None`: it rests.
    fn strokes_in_bar(&self, part: Part) -> Option<f32> {
        fn count<T>(bars: Option<&Bars<T>>) -> Option<usize> {
            bars.map(|bars| bars.iter().map(|bar| bar.len()).sum())
        }
        let strokes = match part {
            Part::Drums => count(self.drums.as_ref()),
            Part::Chords => count(self.chords.as_ref()),
            Part::Bass => count(self.bass.as_ref()),
        };
        Some(strokes? as f32 / self.bars.len() as f32)
    }
}

impl InPassage for Drum {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.drums.as_ref()
    }
}

impl InPassage for Touch {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.chords.as_ref()
    }
}

impl InPassage for Tone {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.bass.as_ref()
    }
}

/// The passages of a style.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Vec<Passage>);

/// The passages of `style`. The first call reads its file, which takes a millisecond or two.
pub fn of_style(style: Style) -> &'static Shelf {
    static SHELVES: [OnceLock<Shelf>; Style::ALL.len()] = [const { OnceLock::new() }; Style::ALL.len()];
    SHELVES[style as usize].get_or_init(|| {
        style.passages().map_or_else(Shelf::default, |file| {
            reading::inflated(file).and_then(|text| reading::read(&text)).expect("the tests read the files that ship")
        })
    })
}
