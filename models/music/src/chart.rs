//! A chart: the chords of a tune, bar by bar, as a lead sheet has them.
//!
//! It is kept as it is written, with its repeats and endings; a [`Chorus`] is what is played of it. [`text`] is how
//! one types it.

mod chorus;
mod frames;
mod jumps;
mod learning;
mod order;
mod sections;
mod symbol;
pub mod text;

use serde::{Deserialize, Serialize};

use crate::time::TICKS_PER_FRAME;
use crate::{Meter, Tick};

pub use chorus::{Chorus, Place, Slot};
pub use jumps::{Al, Back, Jumps};
pub use symbol::Symbol;
pub use text::Remark;

/// The most bars that are written in a chart.
pub const MOST_BARS: usize = 512;
/// The most times that bars are played in a row.
pub const MOST_TIMES: u8 = 9;
/// The most letters of a title or a section mark.
pub const MOST_LETTERS: usize = 64;

/// The chords of a tune. Every chart that [`Chart::sensible`] leaves as it is can be written as text and read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// What the tune is called; empty: nobody says.
    pub title: String,
    /// The length of the first bar, if that is a pick-up: it comes before the first chorus, and never again.
    pub pickup: Option<Tick>,
    /// The bar of the song with which the first chorus begins, counted from 0. It is no part of the text.
    pub first_bar: u16,
    /// The bars as they are written.
    pub bars: Vec<Bar>,
}

/// A bar as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// The mark of the section that begins here, such as "A"; empty: none does.
    pub section: String,
    /// The meter from here on, if it is said. A chart that says none goes by the song's; its ticks are those of 4/4.
    pub meter: Option<Meter>,
    /// Whether a repeat begins here.
    pub opens: bool,
    /// How many times the bars from where the repeat began are played, if it ends here: 2 to [`MOST_TIMES`]. Where
    /// there are endings, as often as those say.
    pub times: Option<u8>,
    /// The ending that begins here.
    pub ending: Option<Ending>,
    /// What is played.
    pub content: Content,
    /// Where that comes from.
    pub origin: Origin,
    /// Whether what is learnt leaves the bar as it is.
    pub is_locked: bool,
}

/// The times of a repeat on which an ending is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending(u16);

impl Ending {
    /// The ending of these `times`, counted from 1; `None` if none of them is one of [`MOST_TIMES`].
    pub fn of(times: impl IntoIterator<Item = u8>) -> Option<Self> {
        let of_times = times.into_iter().filter(|time| (1..=MOST_TIMES).contains(time));
        Some(of_times.fold(0, |bits, time| bits | 1 << time)).filter(|&bits| bits != 0).map(Self)
    }

    /// The times, from the first.
    pub fn times(self) -> impl Iterator<Item = u8> {
        (1..=MOST_TIMES).filter(move |&time| self.holds(time))
    }

    /// Whether it is played the `time`th time.
    pub fn holds(self, time: u8) -> bool {
        time <= MOST_TIMES && self.0 >> time & 1 == 1
    }

    /// The last time on which it is played.
    pub fn last(self) -> u8 {
        self.0.ilog2() as u8
    }
}

/// What is played in a bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// What the band likes.
    #[default]
    Open,
    /// The same as in the bar that is written before it.
    AsBefore,
    /// These chords, each from its tick in the bar on, in order; before the first one, the chord of the bar before
    /// goes on. `None` is no chord: the band rests.
    Chords(Vec<(Tick, Option<Symbol>)>),
}

/// Where the chords of a bar come from. An open bar comes from nowhere, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The musician has typed them.
    #[default]
    Typed,
    /// They were read from a file.
    File,
    /// The musician's left hand has played them.
    LeftHand,
    /// The band has learnt them from what was played over them.
    Learned,
}

impl Bar {
    /// A bar of these chords that somebody has typed.
    pub fn of(content: Content) -> Self {
        Self { content, ..Self::default() }
    }

    /// Whether the band decides what is played in it.
    pub fn is_open(&self) -> bool {
        self.content == Content::Open
    }

    /// Whether its chords are what the band believes to have heard, so that they hold as long as the musician agrees.
    pub fn is_by_ear(&self) -> bool {
        matches!(self.origin, Origin::Learned | Origin::LeftHand) && !self.is_locked
    }
}

impl Chart {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// The meter of the bar at `index`, as the chart says; 4/4 if it says nothing.
    pub fn meter_at(&self, index: usize) -> Meter {
        self.bars.iter().take(index + 1).rev().find_map(|bar| bar.meter).unwrap_or_default()
    }

    /// The length of the bar at `index` in ticks.
    pub fn length_of(&self, index: usize) -> Tick {
        self.pickup.filter(|_| index == 0).unwrap_or_else(|| self.meter_at(index).bar_ticks())
    }

    /// The number that musicians give the bar at `index`: the first whole bar is 1, a pick-up is 0.
    pub fn number(&self, index: usize) -> usize {
        if self.pickup.is_some() { index } else { index + 1 }
    }

    /// What is written in the bar at `index`: of a bar that is as the one before, what that holds.
    pub fn content(&self, index: usize) -> &Content {
        let bars = self.bars.get(..=index).unwrap_or_default();
        let written = bars.iter().rev().map(|bar| &bar.content).find(|content| **content != Content::AsBefore);
        written.unwrap_or(&Content::Open)
    }

    /// The chart with what cannot be written left out or brought into range: chords beside the grid of frames or the
    /// bar, bars beyond [`MOST_BARS`], a first bar that is as the one before.
    pub fn sensible(mut self) -> Self {
        self.title = in_a_line(&self.title);
        self.bars.truncate(MOST_BARS);
        for bar in &mut self.bars {
            bar.section = in_a_line(&bar.section.replace(['[', ']', '|'], " "));
            bar.meter = bar.meter.filter(|meter| is_written(*meter));
            bar.times = bar.times.map(|times| times.clamp(2, MOST_TIMES));
        }
        let whole = self.bars.first().map_or(0, |_| self.meter_at(0).bar_ticks());
        let in_frames = |length: Tick| length.clamp(TICKS_PER_FRAME, whole) / TICKS_PER_FRAME * TICKS_PER_FRAME;
        self.pickup = self.pickup.filter(|_| !self.bars.is_empty()).map(in_frames);
        if let Some(first) = self.bars.first_mut().filter(|bar| bar.content == Content::AsBefore) {
            first.content = Content::Open;
        }
        for index in 0..self.bars.len() {
            let length = self.length_of(index);
            if let Content::Chords(chords) = &mut self.bars[index].content {
                let mut last = -1;
                chords.retain(|&(tick, _)| {
                    let fits = tick > last && tick < length && tick % TICKS_PER_FRAME == 0;
                    last = if fits { tick } else { last };
                    fits
                });
            }
        }
        self
    }
}

/// Whether a meter can be written in a chart: its bars are whole frames.
fn is_written(meter: Meter) -> bool {
    let Meter { numerator, denominator } = meter;
    (1..=32).contains(&numerator) && matches!(denominator, 1 | 2 | 4 | 8 | 16)
}

/// `text` without line breaks and other signs that control something, at most [`MOST_LETTERS`] of it.
fn in_a_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(MOST_LETTERS).collect();
    text.trim().to_owned()
}
