//! A host full of instances that all play in real time.

use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use super::Plugins;
use super::table::Measurement;
use super::timed;
use crate::demo::midi::Score;
use crate::host::performance::{Performance, Segment};
use crate::host::{self, Blocks, Diagnostics, Format, Mode, Session};

/// Instances in the host.
pub const INSTANCES: usize = 50;

/// Seconds of song that each plays.
pub const SECONDS: f64 = 20.0;

/// Samples in a block.
const BLOCK: usize = 512;

/// Quarter notes per minute.
const TEMPO: f64 = 120.0;

/// Plays the beginning of `score` to [`INSTANCES`] instances at once, each with an audio thread of its own and all four
/// players, and counts what came late.
///
/// # Errors
/// If a plug-in does not load or process.
pub fn measure(plugins: &Plugins, score: &Score) -> Result<Vec<Measurement>> {
    let ticks = SECONDS / 60.0 * TEMPO * 24.0;
    let notes = score.notes.iter().filter(|note| note.start < ticks).copied().collect();
    let route = vec![Segment::rolling(0.0, ticks).at_tempo(TEMPO)];
    let performance = Performance { notes, changes: Vec::new(), route };
    let baseline = play(&plugins.passthrough, &[], &performance)?;
    let before = Diagnostics::read(&plugins.continuo)?;
    let ours = play(&plugins.continuo, &[("preview", "Off")], &performance)?;
    let counted = Diagnostics::read(&plugins.continuo)?.since(&before);
    let named = |what: &str, unit, value| Measurement::new(format!("{INSTANCES} instances: {what}"), unit, value);
    Ok(vec![
        named("host and plug-ins of a core at 120 bpm", "%", ours * 100.0).against(baseline * 100.0),
        named("plans", "", counted.plans as f64),
        named("plans missed", "", counted.misses as f64),
        named("late notes", "", counted.late_cues as f64),
        named("shortest lead of a plan", "ms", counted.worst_lead_us as f64 / 1e3),
    ])
}

/// Processor time of the whole process per time that passed.
fn play(path: &Path, settings: &[(&str, &str)], performance: &Performance) -> Result<f64> {
    let open = |_| -> Result<Session> {
        let session = Session::new(host::load(Format::Clap, path)?)?.with(settings)?;
        session.in_blocks(Blocks::Of(BLOCK))?.in_mode(Mode::Live)
    };
    let mut sessions: Vec<Session> = (0..INSTANCES).map(open).collect::<Result<_>>()?;
    let (start, processor) = (Instant::now(), timed::seconds(libc::CLOCK_PROCESS_CPUTIME_ID));
    thread::scope(|scope| {
        let threads: Vec<_> = sessions
            .iter_mut()
            .map(|session| {
                let (_, player) = session.split();
                scope.spawn(|| player.perform(performance).map(drop))
            })
            .collect();
        let ends = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("an audio thread panicked"))?);
        ends.collect::<Result<()>>()
    })?;
    Ok((timed::seconds(libc::CLOCK_PROCESS_CPUTIME_ID) - processor) / start.elapsed().as_secs_f64())
}
