//! A machine on which other programs keep every core busy, while one instance plays in real time.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::Plugins;
use super::callback::{WARM_UP, quantile};
use super::probe::{self, COMMAND};
use super::table::Measurement;
use super::timed::Timed;
use crate::demo::midi::Score;
use crate::demo::performances;
use crate::host::performance::{Performance, PlayedNote, Segment};
use crate::host::{self, Blocks, Diagnostics, Format, Mode, Session};

/// The block sizes that are tried.
pub const BLOCK_SIZES: [usize; 3] = [64, 512, 2048];

/// Quarter notes per minute.
const TEMPO: f64 = 120.0;

/// Ticks in a bar of 4/4.
const BAR: f64 = 96.0;

/// What came of one plug-in in blocks of one size.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    /// Microseconds per call by the wall clock, at most and in all calls but one of a thousand.
    max: f64,
    p999: f64,
    /// Whether the host's audio thread ran in real time, as in hosts of musicians.
    is_real_time: bool,
    /// What the plug-in says of its plans; nothing of one that has none.
    counted: Option<Counted>,
}

/// What a plug-in says of its plans.
#[derive(Debug, Serialize, Deserialize)]
struct Counted {
    plans: u64,
    misses: u64,
    late_cues: u64,
    worst_lead_us: i64,
}

/// How long the bench takes with `minutes` of song, in seconds.
pub fn seconds(minutes: f64) -> f64 {
    minutes * 60.0 * (BLOCK_SIZES.len() * 2) as f64
}

/// Plays `minutes` of song to the pass-through plug-in and to Continuo in blocks of every size, each in a process of
/// its own, beside as many processes as there are cores that do nothing but take time.
///
/// # Errors
/// If a process does not start, or a plug-in does not load or process.
pub fn measure(plugins: &Plugins, minutes: f64) -> Result<Vec<Measurement>> {
    let cores = thread::available_parallelism()?.get();
    let _others = (0..cores).map(|_| Burner::start()).collect::<Result<Vec<_>>>()?;
    let mut measurements = Vec::new();
    let mut is_real_time = true;
    for block in BLOCK_SIZES {
        let play =
            |path: &Path| -> Result<Run> { probe::ask(&["load"], path, &[&block.to_string(), &minutes.to_string()]) };
        let (baseline, ours) = (play(&plugins.passthrough)?, play(&plugins.continuo)?);
        is_real_time &= baseline.is_real_time && ours.is_real_time;
        let named = |what: &str, unit, value| Measurement::new(format!("busy {block} frames: {what}"), unit, value);
        let counted = ours.counted.context("the plug-in does not tell of its plans")?;
        measurements.extend([
            named("plans", "", counted.plans as f64),
            named("plans missed", "", counted.misses as f64),
            named("late notes", "", counted.late_cues as f64),
            named("shortest lead of a plan", "ms", counted.worst_lead_us as f64 / 1e3),
            named("callback p99.9", "µs", ours.p999).against(baseline.p999),
            named("callback max", "µs", ours.max).against(baseline.max),
        ]);
    }
    if !is_real_time {
        eprintln!("The system gives the host's audio thread no real time: the callback was held up by other programs.");
    }
    Ok(measurements)
}

/// Does in a process of its own what [`measure`] asks for: plays to the plug-in at `path` for `minutes`, in blocks of
/// `block` samples.
///
/// # Errors
/// If there is no music, or the plug-in does not load or process.
pub fn play(path: &Path, block: usize, minutes: f64) -> Result<Run> {
    let all = performances::load_all()?;
    let score = all.iter().map(|one| &one.score).find(|score| score.meters[0].1.numerator == 4);
    let ticks = minutes * TEMPO * 24.0;
    let notes = over_and_over(score.context("no performance is in four")?, ticks);
    let route = vec![Segment::rolling(0.0, ticks).at_tempo(TEMPO)];
    let performance = Performance { notes, changes: Vec::new(), route };

    let (timed, times) = Timed::new(host::load(Format::Clap, path)?);
    // Its built-in sound is for who has no instruments.
    let settings: &[_] = if Diagnostics::read(path).is_ok() { &[("preview", "Off")] } else { &[] };
    let session = Session::new(Box::new(timed))?.with(settings)?.in_blocks(Blocks::Of(block))?;
    let mut session = session.in_mode(Mode::Live)?;
    times.take();
    let is_real_time = be_audio();
    session.perform(&performance)?;
    let mut wall: Vec<f64> = times.take().iter().skip(WARM_UP).map(|call| call.wall).collect();
    wall.sort_by(f64::total_cmp);
    let counted = Diagnostics::read(path).ok().map(|counted| {
        let Diagnostics { plans, misses, late_cues, worst_lead_us, .. } = counted;
        Counted { plans, misses, late_cues, worst_lead_us }
    });
    Ok(Run { max: quantile(&wall, 1.0), p999: quantile(&wall, 0.999), is_real_time, counted })
}

/// The score again and again, until `ticks`.
fn over_and_over(score: &Score, ticks: f64) -> Vec<PlayedNote> {
    let end = |note: &PlayedNote| note.start + note.length;
    let length = score.notes.iter().map(end).fold(BAR, f64::max);
    let length = (length / BAR).ceil() * BAR;
    let times = (ticks / length).ceil() as usize;
    let notes = (0..times).flat_map(|time| {
        score.notes.iter().map(move |note| PlayedNote { start: note.start + time as f64 * length, ..*note })
    });
    notes.filter(|note| note.start < ticks).collect()
}

/// Takes the present thread for an audio device's: in real time, above the plug-in's worker. Whether the system lets
/// us.
fn be_audio() -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    /// Of 1 to 99: where sound servers put their clients.
    const AUDIO: u8 = 70;
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let priority = ThreadPriority::Crossplatform(AUDIO.try_into().expect("it is less than 100"));
    set_thread_priority_and_policy(thread_native_id(), priority, policy).is_ok()
}

/// A process that keeps a core busy for as long as this lives.
struct Burner(Child);

impl Burner {
    fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let child = command.args([COMMAND, "burn"]).stdin(Stdio::piped()).spawn();
        Ok(Self(child.context("a process that keeps a core busy does not start")?))
    }
}

impl Drop for Burner {
    fn drop(&mut self) {
        // It would end by itself, but the next measurement is to have its core.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps a core busy until whoever started this process is gone.
pub fn burn() -> ! {
    thread::spawn(|| {
        // Whatever comes, or goes wrong, it is the end.
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        std::hint::spin_loop();
    }
}
