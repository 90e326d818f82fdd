//! How many samples the plug-in takes, path by path, over block sizes.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::host::performance::{Performance, Segment};
use crate::host::{Blocks, Diagnostics, Format, Input, Mode, Played, Session, Take, bundles};

/// The block sizes of the table.
pub const BLOCK_SIZES: [usize; 6] = [1, 32, 64, 512, 1024, 4096];

/// One row of the table: what one block size does on one path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What the time passes between.
    pub path: &'static str,
    /// Samples in a block.
    pub block: usize,
    /// Notes measured.
    pub notes: usize,
    /// Samples, in the middle and at worst.
    pub median: u64,
    /// The most samples.
    pub worst: u64,
}

/// Plays `performance` in blocks of each size and measures, on every path:
/// - from a played note to its copy in the output;
/// - from a played note to the answer of Voices;
/// - from the sample at which a planned note sounds in blocks of one sample, its own, to that at which it sounds here.
///
/// # Errors
/// If the plug-in does not load or process.
pub fn measure(performance: &Performance, settings: &[(&str, &str)]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut reference: Option<Vec<u64>> = None;
    for block in BLOCK_SIZES {
        let mut session = Session::open(Format::Clap)?.in_blocks(Blocks::Of(block))?.with(settings)?;
        let take = session.perform(performance)?;
        for (path, wanted) in [("played note to its copy", 0), ("played note to Voices", 1)] {
            let strike = |input: Input| matches!(input, Input::NoteOn { .. });
            let answer = |played: Played| matches!(played, Played::NoteOn { channel, .. } if channel == wanted);
            rows.push(row(path, block, delays(&take, strike, answer)));
        }
        let planned = planned(&take);
        let own = reference.get_or_insert_with(|| planned.clone());
        let late = planned.iter().zip(own.iter()).map(|(sample, own)| sample.abs_diff(*own)).collect();
        rows.push(row("planned note to sounding", block, late));
    }
    Ok(rows)
}

/// How a performance went in real time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Live {
    /// Seconds played.
    pub seconds: f64,
    /// Samples in a block.
    pub block: usize,
    /// Frames that were planned.
    pub plans: u64,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// How long before its frame a plan arrived, on average, in milliseconds.
    pub mean_lead_ms: f64,
    /// The same at worst.
    pub worst_lead_ms: f64,
}

/// Plays the first `ticks` of `performance` by the wall clock, as a musician would, in blocks of `block` samples.
///
/// # Errors
/// If the plug-in does not load or process.
pub fn live(performance: &Performance, settings: &[(&str, &str)], ticks: f64, block: usize) -> Result<Live> {
    let first = performance.route.first().context("the performance has no way through the song")?;
    let route = vec![Segment { ticks: ticks.min(first.ticks), ..*first }];
    let performance = Performance { route, ..performance.clone() };
    let mut session = Session::open(Format::Clap)?.in_blocks(Blocks::Of(block))?.with(settings)?.in_mode(Mode::Live)?;
    let library = bundles::library(Format::Clap)?;
    let before = Diagnostics::read(&library)?;
    let take = session.perform(&performance)?;
    let counted = Diagnostics::read(&library)?.since(&before);
    Ok(Live {
        seconds: take.samples() as f64 / take.sample_rate,
        block,
        plans: counted.plans,
        misses: counted.misses,
        mean_lead_ms: counted.mean_lead_us as f64 / 1e3,
        worst_lead_ms: counted.worst_lead_us as f64 / 1e3,
    })
}

fn row(path: &'static str, block: usize, mut delays: Vec<u64>) -> Row {
    delays.sort_unstable();
    let median = delays.get(delays.len() / 2).copied().unwrap_or(0);
    Row { path, block, notes: delays.len(), median, worst: delays.last().copied().unwrap_or(0) }
}

/// For each `answer` that came out, the samples since the last thing that was played and that `asks` for one.
pub(crate) fn delays(take: &Take, asks: impl Fn(Input) -> bool, answer: impl Fn(Played) -> bool) -> Vec<u64> {
    let mut played: VecDeque<u64> =
        take.inputs.iter().filter(|event| asks(event.input)).map(|event| event.sample).collect();
    let mut delays = Vec::new();
    let mut last = None;
    for event in &take.events {
        while played.front().is_some_and(|sample| *sample <= event.sample) {
            last = played.pop_front();
        }
        delays.extend(last.filter(|_| answer(event.played)).map(|last| event.sample - last));
    }
    delays
}

/// The samples at which the planned players (Chords, Bass, Lead) begin their notes, in order of channel, key and time.
fn planned(take: &Take) -> Vec<u64> {
    let mut notes: Vec<(u8, u8, u64)> = take
        .events
        .iter()
        .filter_map(|event| match event.played {
            Played::NoteOn { channel: channel @ 2..=4, key, .. } => Some((channel, key, event.sample)),
            _ => None,
        })
        .collect();
    notes.sort_unstable();
    notes.into_iter().map(|(_, _, sample)| sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_middle_and_the_worst() {
        let row = row("path", 64, vec![0, 7, 0, 0, 2]);
        assert_eq!((row.notes, row.median, row.worst), (5, 0, 7));
    }

    #[test]
    fn a_path_without_notes_says_so() {
        assert_eq!(row("path", 64, Vec::new()).notes, 0);
    }
}
