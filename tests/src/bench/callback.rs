//! The callback's time and the share of a processor that the whole plug-in takes, in real time.

use std::path::Path;

use anyhow::Result;

use super::table::Measurement;
use super::timed::{Call, Timed};
use super::{Plugins, median};
use crate::demo::midi::Score;
use crate::host::performance::{Performance, Segment};
use crate::host::{self, Blocks, Format, Mode, Session};

/// The block sizes at which the callback is timed.
pub const BLOCK_SIZES: [usize; 2] = [64, 512];

/// Quarter notes per minute.
const TEMPO: f64 = 120.0;

/// Each plug-in plays so many times, in turn with the others: of each value the median is told, because the machine is
/// busy with something else for some of the time, and not for all of them alike.
const ROUNDS: u32 = 5;

/// The plug-in, and whether its built-in sound plays, if it has one; and what is added to the name of what is measured.
const VARIANTS: [(&str, &str); 2] = [("Off", ""), ("On", " with preview")];

/// Process calls at the start that are not counted: the memory's pages are touched for the first time there.
pub(super) const WARM_UP: usize = 50;

/// What one plug-in took at one block size.
struct Run {
    /// Microseconds per call by the wall clock, and of the processor's time, each from the shortest to the longest.
    wall: Vec<f64>,
    processor: Vec<f64>,
    /// Processor time of the callback and of the plug-in's own threads per time that passed, in the median bar: in some
    /// the machine does something else.
    load: f64,
}

/// Seconds in a bar.
const BAR: f64 = 4.0 * 60.0 / TEMPO;

/// The value that `share` of the `sorted` ones do not exceed; 0 of none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(0.0)
}

/// How long the bench takes with `bars` bars, in seconds.
pub fn seconds(bars: u32) -> f64 {
    f64::from(bars * ROUNDS) * BAR * (BLOCK_SIZES.len() * (1 + VARIANTS.len())) as f64
}

/// Plays `score` for `bars` bars of 4/4 in real time, at every block size and in every round, to the pass-through
/// plug-in and to Continuo with and without its built-in sound.
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
        let mut baseline = Vec::new();
        let mut ours = VARIANTS.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            baseline.push(play(&plugins.passthrough, &[], &performance, block)?);
            for ((sound, _), runs) in VARIANTS.iter().zip(&mut ours) {
                runs.push(play(&plugins.continuo, &[("preview", *sound)], &performance, block)?);
            }
        }
        for ((_, variant), ours) in VARIANTS.iter().zip(&ours) {
            let of = |name: &str, unit, value: &dyn Fn(&Run) -> f64| {
                let typical = |runs: &[Run]| median(runs.iter().map(value).collect());
                Measurement::new(format!("callback {name} {block} frames{variant}"), unit, typical(ours))
                    .against(typical(&baseline))
            };
            for (name, share) in [("p50", 0.5), ("p99.9", 0.999), ("max", 1.0)] {
                measurements.push(of(name, "µs", &|run| quantile(&run.wall, share)));
            }
            // Free of what else the machine does meanwhile, and as a share of the time that there is.
            let time = block as f64 / 48_000.0 * 1e6;
            measurements.push(of("p99.9 work / block", "%", &|run| quantile(&run.processor, 0.999) / time * 100.0));
            measurements.push(of("+ worker of a core at 120 bpm", "%", &|run| run.load * 100.0));
        }
    }
    Ok(measurements)
}

fn play(path: &Path, settings: &[(&str, &str)], performance: &Performance, block: usize) -> Result<Run> {
    let (timed, times) = Timed::new(host::load(Format::Clap, path)?);
    let session = Session::new(Box::new(timed))?.with(settings)?;
    let mut session = session.in_blocks(Blocks::Of(block))?.in_mode(Mode::Live)?;
    times.take();
    session.perform(performance)?;
    let mut calls = times.take();
    let load = load(&calls);
    let calls = calls.split_off(WARM_UP.min(calls.len()));
    let sorted = |of: fn(&Call) -> f64| {
        let mut times: Vec<f64> = calls.iter().map(of).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    Ok(Run { wall: sorted(|call| call.wall), processor: sorted(|call| call.processor), load })
}

/// The load of the median of the whole bars in `calls`: of the host's thread only the callback counts.
fn load(calls: &[Call]) -> f64 {
    let bar = |call: &Call| (call.at.duration_since(calls[0].at).as_secs_f64() / BAR) as u64;
    let bars: Vec<&[Call]> = calls.chunk_by(|one, other| bar(one) == bar(other)).collect();
    let loads = bars.windows(2).map(|pair| {
        let (first, next) = (pair[0][0], pair[1][0]);
        let callback: f64 = pair[0].iter().map(|call| call.processor * 1e-6).sum();
        (next.others - first.others + callback) / next.at.duration_since(first.at).as_secs_f64()
    });
    median(loads.collect())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::timed;
    use super::*;

    #[test]
    fn quantiles_are_taken_from_the_sorted_times() {
        let times: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!([0.5, 0.999, 1.0].map(|share| quantile(&times, share)), [500.0, 999.0, 999.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn the_load_is_that_of_the_median_bar() {
        let begun = Instant::now();
        let call = |index: u32, others: f64| Call {
            at: begun + Duration::from_secs_f64(f64::from(index) * BAR / 4.0),
            others,
            wall: 0.0,
            processor: BAR / 4.0 * 0.25 * 1e6,
        };
        // In the second of three bars another thread is busy all the time.
        let others = |index: u32| if index < 4 { 0.0 } else { f64::from(index.min(8) - 4) * BAR / 4.0 };
        let calls: Vec<Call> = (0..13).map(|index| call(index, others(index))).collect();
        assert!((load(&calls) - 0.25).abs() < 1e-6, "{}", load(&calls));
    }

    #[test]
    fn work_takes_processor_time() {
        let before = timed::seconds(libc::CLOCK_THREAD_CPUTIME_ID);
        let start = Instant::now();
        while start.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        assert!(timed::seconds(libc::CLOCK_THREAD_CPUTIME_ID) > before);
    }
}
