//! What needs a process of its own: start-up times, which are different the second time, and memory.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use clack_host::prelude::PluginEntry;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::table::Measurement;
use super::{Plugins, load, median};
use crate::host::performance::{Performance, Segment};
use crate::host::{self, Diagnostics, Format, Mode, Session};

/// The argument with which the bench starts itself as a probe.
pub const COMMAND: &str = "probe";

/// How often start-up is measured.
const STARTS: usize = 5;

/// The numbers of instances whose memory is measured.
const INSTANCES: [usize; 3] = [1, 10, 50];

/// The longest that networks may take to load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Times from nothing to a plug-in that plays, in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
struct StartUp {
    /// Opening the library and reading what plug-ins it holds.
    scan: f64,
    /// Making an instance.
    create: f64,
    /// From making an instance until its networks are loaded; nothing for a plug-in without networks.
    networks: Option<f64>,
}

/// Does what the bench asks a process of its own to do: `startup PATH`, `memory PATH INSTANCES`, `load PATH BLOCK
/// MINUTES`, or `burn`. Answers on standard output, as JSON.
///
/// # Errors
/// If it cannot be done.
pub fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["startup", path] => println!("{}", serde_json::to_string(&start_up(Path::new(path))?)?),
        ["memory", path, instances] => println!("{}", memory(Path::new(path), instances.parse()?)?),
        ["load", path, block, minutes] => {
            let run = load::play(Path::new(path), block.parse()?, minutes.parse()?)?;
            println!("{}", serde_json::to_string(&run)?);
        }
        ["burn"] => load::burn(),
        _ => return Err(anyhow!("a probe is asked for start-up, memory or what a load does, not {arguments:?}")),
    }
    Ok(())
}

fn start_up(path: &Path) -> Result<StartUp> {
    let milliseconds = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    // SAFETY: loading a plug-in runs its code; these are ours.
    let entry = unsafe { PluginEntry::load(path.as_os_str()) }.map_err(|error| anyhow!("{error}"))?;
    let factory = entry.get_plugin_factory().context("the library has no plug-in factory")?;
    factory.plugin_descriptor(0).context("the library holds no plug-in")?;
    let scan = milliseconds(start);

    let start = Instant::now();
    let instance = host::load(Format::Clap, path)?;
    let create = milliseconds(start);
    let mut session = Session::new(instance)?.in_mode(Mode::Live)?;
    let mut networks = None;
    while Diagnostics::read(path).is_ok() && networks.is_none() {
        session.perform(&Performance { route: vec![Segment::rolling(0.0, 1.0)], ..Performance::default() })?;
        if Diagnostics::read(path)?.networks & 0b11 == 0b11 {
            networks = Some(milliseconds(start));
        }
        ensure!(start.elapsed() < PATIENCE, "the networks are not loaded after {} s", PATIENCE.as_secs());
    }
    Ok(StartUp { scan, create, networks })
}

/// Resident memory in megabytes that `instances` instances add, once they have played for two seconds.
fn memory(path: &Path, instances: usize) -> Result<f64> {
    let before = resident()?;
    let mut sessions = Vec::new();
    for _ in 0..instances {
        sessions.push(Session::new(host::load(Format::Clap, path)?)?);
    }
    let performance = Performance { route: vec![Segment::rolling(0.0, 96.0)], ..Performance::default() };
    for session in &mut sessions {
        session.perform(&performance)?;
    }
    Ok(resident()? - before)
}

/// Resident memory of this process in megabytes.
fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("there is no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Measures start-up and memory of both plug-ins, each in a fresh process.
///
/// # Errors
/// If a process fails.
pub fn measure(plugins: &Plugins) -> Result<Vec<Measurement>> {
    let starts = |path: &Path| -> Result<Vec<StartUp>> { (0..STARTS).map(|_| ask(&["startup"], path, &[])).collect() };
    let (ours, baseline) = (starts(&plugins.continuo)?, starts(&plugins.passthrough)?);
    let middle = |starts: &[StartUp], of: fn(&StartUp) -> f64| median(starts.iter().map(of).collect());
    let mut measurements = Vec::new();
    for (name, of) in [("scan", (|s| s.scan) as fn(&StartUp) -> f64), ("create an instance", |s| s.create)] {
        measurements.push(Measurement::new(name, "ms", middle(&ours, of)).against(middle(&baseline, of)));
    }
    let ready = median(ours.iter().filter_map(|start| start.networks).collect());
    measurements.push(Measurement::new("networks ready after creation", "ms", ready));
    for instances in INSTANCES {
        let each = |path: &Path| -> Result<f64> {
            let total: f64 = ask(&["memory"], path, &[&instances.to_string()])?;
            Ok(total / instances as f64)
        };
        let name = format!("memory per instance of {instances}");
        let measurement = Measurement::new(name, "MB", each(&plugins.continuo)?);
        measurements.push(measurement.against(each(&plugins.passthrough)?));
    }
    Ok(measurements)
}

/// Asks a process of its own.
pub(super) fn ask<T: DeserializeOwned>(what: &[&str], path: &Path, rest: &[&str]) -> Result<T> {
    let output = Command::new(std::env::current_exe()?).arg(COMMAND).args(what).arg(path).args(rest).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the probe {what:?} of {} failed: {}", path.display(), said.trim());
    // The plug-in may log before the answer.
    let answer = String::from_utf8_lossy(&output.stdout);
    let line = answer.lines().last().with_context(|| format!("the probe {what:?} said nothing"))?;
    serde_json::from_str(line).with_context(|| format!("the probe {what:?} said {line}"))
}
