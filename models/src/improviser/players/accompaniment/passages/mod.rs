//! Passages: bars in a row that people played, with all who played there.
//!
//! They are data (`models/passages`, with their provenance), from the training split of the corpus. Like patterns they
//! say when, what, how long and how loud, and nothing of pitch.

mod choice;
mod fills;
mod reading;

use std::sync::OnceLock;

use super::patterns::{Stroke, Tone, Touch};
use super::textures::Struck;
use crate::music::texture::{Measure, Part};
use crate::music::{Drum, Style};

pub use choice::{Chosen, PLAYERS, Wanted};

/// The bars of one player, each with its strokes in order.
pub type Bars<T> = Vec<Box<[Stroke<T>]>>;

/// What a player does in a passage: as it is written, and read when it is first played.
#[derive(Clone, Debug)]
struct Line<T> {
    text: &'static str,
    read: OnceLock<Bars<T>>,
}

/// Bars in a row of one piece.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The idiom to which it belongs; `None`: it fits all of its style.
    idiom: Option<&'static str>,
    measure: Measure,
    /// Quarter notes per minute; `None`: it is not known.
    tempo: Option<u16>,
    drums: Option<Line<Drum>>,
    chords: Option<Line<Touch>>,
    bass: Option<Line<Tone>>,
    /// What is known of each bar.
    bars: Box<[About]>,
    /// Strokes of each part in a bar; `None`: it rests.
    strokes: [Option<f32>; Part::ALL.len()],
    /// How many these are among those of its kind: the fewest (0) to the most (1).
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
    /// Strokes of the drummer, at most 255.
    drums: u8,
}

/// What a player plays of a passage.
pub trait InPassage: Struck {
    /// Its bars; `None`: it rests there.
    fn bars(passage: &Passage) -> Option<&Bars<Self>>;
}

impl Passage {
    /// Who plays in it.
    fn players(&self) -> usize {
        self.strokes.iter().flatten().count()
    }
}

impl InPassage for Drum {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.drums.as_ref().map(|line| line.bars(passage.measure, reading::drum))
    }
}

impl InPassage for Touch {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.chords.as_ref().map(|line| line.bars(passage.measure, reading::row))
    }
}

impl InPassage for Tone {
    fn bars(passage: &Passage) -> Option<&Bars<Self>> {
        passage.bass.as_ref().map(|line| line.bars(passage.measure, reading::row))
    }
}

impl<T: Struck> Line<T> {
    fn bars(&self, measure: Measure, touch: impl Fn(u8) -> Option<T>) -> &Bars<T> {
        // It was read once, with the file.
        self.read.get_or_init(|| reading::bars(self.text, measure, touch).unwrap_or_default())
    }
}

/// The passages of a style.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Box<[Passage]>);

/// The passages of `style`, one copy in a process. The first call reads its file, which takes some milliseconds; what a
/// player does in a passage is read when it is first played.
pub fn of_style(style: Style) -> &'static Shelf {
    static SHELVES: [OnceLock<Shelf>; Style::ALL.len()] = [const { OnceLock::new() }; Style::ALL.len()];
    SHELVES[style as usize].get_or_init(|| {
        let read = |file| reading::read(file).expect("the tests read the files that ship");
        style.passages().map_or_else(Shelf::default, read)
    })
}
