//! The callback's time and the share of a processor that the whole plug-in takes, in real time.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use super::Plugins;
use super::table::Measurement;
use super::timed::Timed;
use crate::demo::midi::Score;
use crate::host::performance::{Performance, Segment};
use crate::host::{self, Blocks, Format, Mode, Session};

/// The block sizes at which the callback is timed.
pub const BLOCK_SIZES: [usize; 2] = [64, 512];

/// Quarter notes per minute.
const TEMPO: f64 = 120.0;

/// Process calls at the start that are not counted: the memory's pages are touched for the first time there.
const WARM_UP: usize = 50;

/// What one plug-in took at one block size.
struct Run {
    /// Microseconds per call, from the shortest to the longest.
    times: Vec<f64>,
    /// Processor time of the whole process per time that passed.
    load: f64,
}

impl Run {
    fn quantile(&self, share: f64) -> f64 {
        let index = ((self.times.len() as f64 * share) as usize).min(self.times.len().saturating_sub(1));
        self.times.get(index).copied().unwrap_or(0.0)
    }
}

/// Plays `score` for `bars` bars of 4/4 in real time to both plug-ins, at every block size.
///
/// # Errors
/// If a plug-in does not load or process.
pub fn measure(plugins: &Plugins, score: &Score, bars: u32) -> Result<Vec<Measurement>> {
    let ticks = f64::from(bars) * 96.0;
    let notes = score.notes.iter().filter(|note| note.start < ticks).copied().collect();
    let route = vec![Segment::rolling(0.0, ticks).at_tempo(TEMPO)];
    let performance = Performance { notes, changes: Vec::new(), route };
    let mut measurements = Vec::new();
    for block in BLOCK_SIZES {
        let baseline = play(&plugins.passthrough, &performance, block)?;
        let ours = play(&plugins.continuo, &performance, block)?;
        for (name, share) in [("p50", 0.5), ("p99.9", 0.999), ("max", 1.0)] {
            let measurement = Measurement::new(format!("callback {name}, {block} frames"), "µs", ours.quantile(share));
            measurements.push(measurement.against(baseline.quantile(share)));
        }
        let deadline = block as f64 / 48_000.0 * 1e6;
        measurements.push(
            Measurement::new(
                format!("callback p99.9 of the block's duration, {block} frames"),
                "%",
                ours.quantile(0.999) / deadline * 100.0,
            )
            .against(baseline.quantile(0.999) / deadline * 100.0),
        );
        let load = Measurement::new(format!("processor share at 120 bpm, {block} frames"), "%", ours.load * 100.0);
        measurements.push(load.against(baseline.load * 100.0));
    }
    Ok(measurements)
}

fn play(path: &Path, performance: &Performance, block: usize) -> Result<Run> {
    let (timed, times) = Timed::new(host::load(Format::Clap, path)?);
    let mut session = Session::new(Box::new(timed))?.in_blocks(Blocks::Of(block))?.in_mode(Mode::Live)?;
    times.take();
    let (start, processor) = (Instant::now(), processor_seconds());
    session.perform(performance)?;
    let load = (processor_seconds() - processor) / start.elapsed().as_secs_f64();
    let mut times = times.take().split_off(WARM_UP);
    times.sort_by(f64::total_cmp);
    Ok(Run { times, load })
}

/// Seconds of processor time that this process has taken on all its threads.
fn processor_seconds() -> f64 {
    let mut usage = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is ours and lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut usage) };
    usage.tv_sec as f64 + usage.tv_nsec as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_taken_from_the_sorted_times() {
        let run = Run { times: (0..1000).map(f64::from).collect(), load: 0.0 };
        assert_eq!([run.quantile(0.5), run.quantile(0.999), run.quantile(1.0)], [500.0, 999.0, 999.0]);
        assert_eq!(Run { times: Vec::new(), load: 0.0 }.quantile(0.5), 0.0);
    }

    #[test]
    fn work_takes_processor_time() {
        let before = processor_seconds();
        let start = Instant::now();
        while start.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        assert!(processor_seconds() > before);
    }
}
