//! Verdicts as files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use continuo_models::music::time::TICKS_PER_FRAME;
use continuo_models::music::{SlashChord, Tick};
use serde_json::json;

use super::tables::difference;
use super::{Played, Verdict};
use crate::eval::bootstrap;
use crate::eval::measures::{Fit, Right};
use crate::eval::recovery::Recovery;
use crate::eval::report::{Table, number};

/// How many of the worst pieces are told.
const WORST: usize = 20;

/// Writes `SYSTEM.jsonl` (one line per piece: `id`, `measures`, and `chords` as [onset, duration, root, quality, bass]
/// in ticks), `panel.json` and `worst.txt` to the folder `out`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(out: &Path, verdicts: &[Verdict], against: Option<&Verdict>) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("{} could not be made", out.display()))?;
    let save = |name: &str, text: String| {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("{} could not be written", path.display()))
    };
    for verdict in verdicts {
        let lines = verdict.pieces.iter().map(|played| format!("{}\n", line(played)));
        save(&format!("{}.jsonl", verdict.name), lines.collect())?;
    }
    let panel: Vec<_> = verdicts.iter().map(|verdict| summary(verdict, against)).collect();
    save("panel.json", serde_json::to_string_pretty(&panel)?)?;
    save("worst.txt", verdicts.iter().map(worst).collect())
}

fn summary(verdict: &Verdict, against: Option<&Verdict>) -> serde_json::Value {
    let interval = |of: fn(&Played) -> Option<f64>| bootstrap::mean(&verdict.pieces.iter().map(of).collect::<Vec<_>>());
    json!({
        "system": verdict.name,
        "pieces": verdict.pieces.len(),
        "mean": verdict.mean,
        "intervals": {
            "root": interval(|played| played.measures.right.root),
            "root_and_mode": interval(|played| played.measures.right.root_and_mode),
            "function": interval(|played| played.measures.right.function),
        },
        "root_less": against.map(|other| json!({ "system": other.name, "interval": difference(verdict, other) })),
        "told_from_people": verdict.told_apart,
        "recovery_beats": verdict.recovery.as_ref().and_then(Recovery::beats),
        "recovery": verdict.recovery,
    })
}

fn line(played: &Played) -> serde_json::Value {
    let mut chords = Vec::new();
    let mut first = 0;
    for frames in played.chords.chunk_by(|a, b| a == b) {
        let length = frames.len() as Tick * TICKS_PER_FRAME;
        chords.push(match frames[0] {
            Some(SlashChord { chord, bass }) => json!([first, length, chord.root, chord.quality.name(), bass]),
            None => json!([first, length, -1, "", -1]),
        });
        first += length;
    }
    json!({ "id": played.id, "measures": played.measures, "chords": chords })
}

/// The pieces with the fewest right roots: means hide them.
fn worst(verdict: &Verdict) -> String {
    let root = |played: &&Played| played.measures.right.root.unwrap_or(1.0);
    let mut pieces: Vec<&Played> = verdict.pieces.iter().collect();
    pieces.sort_by(|a, b| root(a).total_cmp(&root(b)));
    let mut table = Table::new(&[&["piece"], Right::TITLES, Fit::TITLES].concat());
    for Played { id, measures, .. } in pieces.into_iter().take(WORST) {
        let cells = measures.right.values().chain(measures.fit.values()).map(|value| number(value, 3));
        table.row([id.clone()].into_iter().chain(cells));
    }
    format!("{}\n{table}\n", verdict.title)
}

#[cfg(test)]
mod tests {
    use continuo_options::eval::System;

    use super::super::tests::verdict;
    use super::*;

    #[test]
    fn chords_are_written_with_onset_duration_root_quality_and_bass() {
        let human = line(&verdict(System::Human).pieces[0]);
        assert_eq!(human["id"], "tune");
        assert_eq!(human["chords"], json!([[0, 384, 0, "maj", 0], [384, 384, 9, "min7", 9]]));
    }
}
