//! The determinism matrix: one sitting under every condition under which a host may run, each in a process of its own.

use std::ffi::OsString;
use std::process::Command;
use std::{env, fmt};

use anyhow::{Context, Result, ensure};
use clap::Args;
use continuo_options::values;
use serde::{Deserialize, Serialize};

use crate::eval::report::{Table, progress};
use crate::host::faults::{Faults, Place};
use crate::host::{Blocks, Diagnostics, Format, Mode, Pacing, Performance, Session, bundles};

/// Slower than nothing, and slower than any deadline of the tempos at which is played.
const SLOW: [u16; 2] = [40, 400];

/// How many times as fast as time a fast host is.
const FAST: u16 = 50;

/// How often a live condition is tried when another process holds the machine up.
const ATTEMPTS: usize = 3;

/// A way to run the plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args, Serialize)]
pub struct Condition {
    /// Samples in a block
    #[arg(long, value_parser = values::count, default_value_t = 512)]
    pub block: usize,
    /// Samples per second
    #[arg(long, value_parser = clap::value_parser!(u32).range(1000..=768_000), default_value_t = 48_000)]
    pub rate: u32,
    /// Live, where the plug-in is not waited for; else offline
    #[arg(long)]
    pub live: bool,
    /// So many times as fast as time; as fast as can be if not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub speed: Option<u16>,
    /// Milliseconds by which the worker is slowed down before each decision, at most: of the plug-in with faults
    #[arg(long, default_value_t = 0, hide = true)]
    pub slow: u16,
}

const USUAL: Condition = Condition { block: 512, rate: 48_000, live: false, speed: None, slow: 0 };

/// Every condition; the first is what the others are held against.
pub fn conditions() -> Vec<Condition> {
    let blocks = [1, 17, 64, 4096].map(|block| Condition { block, ..USUAL });
    let rates = [44_100, 88_200, 96_000, 176_400, 192_000].map(|rate| Condition { rate, ..USUAL });
    let fast = Condition { speed: Some(FAST), ..USUAL };
    let live = |speed, slow| Condition { live: true, speed: Some(speed), slow, block: 64, ..USUAL };
    let live = [live(FAST, 0), live(1, 0), live(1, SLOW[0]), live(1, SLOW[1])];
    [vec![USUAL], blocks.to_vec(), rates.to_vec(), vec![fast], live.to_vec()].concat()
}

impl Condition {
    /// Whether plans may well be late: the worker is slower than the deadline, or the deadline a fraction of what it is
    /// in a performance.
    pub fn is_beyond_the_deadline(self) -> bool {
        self.live && (self.slow >= SLOW[1] || self.speed.is_none_or(|speed| speed > 1))
    }

    /// As options of the command line.
    fn options(self) -> Vec<String> {
        let values = [("--block", self.block.to_string()), ("--rate", self.rate.to_string())];
        let slow = (self.slow > 0).then(|| ("--slow", self.slow.to_string()));
        let mut options: Vec<String> =
            values.into_iter().chain(slow).flat_map(|(name, value)| [name.into(), value]).collect();
        options.extend(self.live.then(|| "--live".into()));
        options.extend(self.speed.into_iter().flat_map(|speed| ["--speed".into(), speed.to_string()]));
        options
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blocks of {}, {} Hz, ", self.block, self.rate)?;
        write!(f, "{}", if self.live { "live" } else { "offline" })?;
        match self.speed {
            None => (),
            Some(1) => write!(f, ", real time")?,
            Some(speed) => write!(f, ", {speed} times real time")?,
        }
        if self.slow > 0 {
            write!(f, ", worker slowed by 0–{} ms", self.slow)?;
        }
        Ok(())
    }
}

/// What came of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Hash of the notes in song time.
    pub hash: String,
    /// Notes of the band.
    pub notes: usize,
    /// Notes without an end, and ends without a note.
    pub stuck: usize,
    /// Frames that were decided.
    pub plans: u64,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// Notes that came after their start.
    pub late: u64,
}

/// Plays `performance` under `condition`, in this process.
///
/// # Errors
/// If the plug-in does not load or process.
pub fn take(performance: &Performance, settings: &[(&str, &str)], condition: Condition) -> Result<Outcome> {
    if condition.slow > 0 {
        Faults::of(Format::Clap)?.arm(Place::SlowWorker, 0, condition.slow.into())?;
    }
    let session = Session::open(Format::Clap)?.at_rate(f64::from(condition.rate))?;
    let mut session = session.in_blocks(Blocks::Of(condition.block))?.with(settings)?;
    if condition.live {
        session = session.in_mode(Mode::Live)?;
    }
    session = session.paced(condition.speed.map_or(Pacing::Fast, Pacing::Times));
    let library = bundles::library(Format::Clap)?;
    let before = Diagnostics::read(&library)?;
    let take = session.perform(performance)?;
    let counted = Diagnostics::read(&library)?.since(&before);
    Ok(Outcome {
        hash: take.hash(),
        notes: take.notes(None).iter().filter(|note| note.channel > 0).count(),
        stuck: take.mismatches(&[]).len(),
        plans: counted.plans,
        misses: counted.misses,
        late: counted.late_cues,
    })
}

/// How a condition compares with the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// The same notes.
    Same,
    /// Plans were late, and are counted: the notes may differ.
    GivenUp,
    /// Other notes, and nothing was late.
    Differs,
}

/// A line of the matrix.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// How the plug-in was run.
    pub condition: Condition,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it is what the first condition gave.
    pub agreement: Agreement,
}

impl Row {
    fn new(condition: Condition, outcome: Outcome, reference: &str) -> Self {
        let agreement = match (outcome.hash == reference, outcome.misses + outcome.late) {
            (true, _) => Agreement::Same,
            (false, 0) => Agreement::Differs,
            (false, _) => Agreement::GivenUp,
        };
        Self { condition, outcome, agreement }
    }

    /// Whether it is as it has to be: no stuck note, and other notes only where plans were late.
    pub fn holds(&self) -> bool {
        self.outcome.stuck == 0 && self.outcome.notes > 0 && self.agreement != Agreement::Differs
    }
}

/// Runs every condition: `arguments` make this program play the sitting and answer with an [`Outcome`] as JSON.
///
/// # Errors
/// If a process fails.
pub fn run(arguments: &[OsString]) -> Result<Vec<Row>> {
    let conditions = conditions();
    let bar = progress("determinism", conditions.len());
    let mut rows: Vec<Row> = Vec::new();
    for condition in bar.wrap_iter(conditions.into_iter()) {
        let mut outcome = ask(arguments, condition)?;
        let reference = rows.first().map_or(outcome.hash.clone(), |first| first.outcome.hash.clone());
        // Another process may hold up this one; then plans are late, the plug-in says so, and another attempt is made.
        let mut attempts = 1;
        while outcome.misses > 0 && !condition.is_beyond_the_deadline() && attempts < ATTEMPTS {
            outcome = ask(arguments, condition)?;
            attempts += 1;
        }
        rows.push(Row::new(condition, outcome, &reference));
    }
    Ok(rows)
}

fn ask(arguments: &[OsString], condition: Condition) -> Result<Outcome> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments).args(condition.options());
    if condition.slow > 0 {
        command.env(bundles::FOLDER, bundles::faulty_folder()?);
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{condition}: {}", said.trim());
    // The plug-in may log before the answer.
    let answer = String::from_utf8_lossy(&output.stdout);
    let line = answer.lines().last().with_context(|| format!("{condition}: there was no answer"))?;
    serde_json::from_str(line).with_context(|| format!("{condition}: the answer was {line}"))
}

/// The matrix as a table.
pub fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&["condition", "notes", "plans", "missed", "late", "stuck", "hash", ""]);
    for Row { condition, outcome, agreement } in rows {
        let verdict = match agreement {
            Agreement::Same => "same",
            Agreement::GivenUp => "plans were late: determinism given up",
            Agreement::Differs => "DIFFERS",
        };
        let counts = [outcome.plans, outcome.misses, outcome.late, outcome.stuck as u64].map(|count| count.to_string());
        let hash = outcome.hash.chars().take(12).collect();
        let cells = [condition.to_string(), outcome.notes.to_string()].into_iter().chain(counts);
        table.row(cells.chain([hash, verdict.to_owned()]));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(hash: &str, misses: u64) -> Outcome {
        Outcome { hash: hash.into(), notes: 10, stuck: 0, plans: 100, misses, late: 0 }
    }

    #[test]
    fn other_notes_are_forgiven_where_plans_were_late_and_nowhere_else() {
        let row = |hash, misses| Row::new(USUAL, outcome(hash, misses), "abc");
        let agreement = |row: Row| (row.agreement, row.holds());
        assert_eq!(agreement(row("abc", 0)), (Agreement::Same, true));
        assert_eq!(agreement(row("xyz", 3)), (Agreement::GivenUp, true));
        assert_eq!(agreement(row("xyz", 0)), (Agreement::Differs, false));
    }

    #[test]
    fn a_stuck_note_is_never_forgiven() {
        let stuck = Outcome { stuck: 1, ..outcome("abc", 0) };
        assert!(!Row::new(USUAL, stuck, "abc").holds());
    }

    #[test]
    fn every_condition_is_another_one() {
        let conditions = conditions();
        for (index, condition) in conditions.iter().enumerate() {
            assert!(!conditions[..index].contains(condition), "{condition}");
        }
        assert_eq!(conditions.iter().filter(|condition| condition.is_beyond_the_deadline()).count(), 2);
    }
}
