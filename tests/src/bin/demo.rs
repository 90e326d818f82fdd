//! Plays performances to the built plug-in and writes down what comes back. `cargo xtask demo` builds and runs it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use continuo_models::{Player, files};
use continuo_options::demo::{Demo, LARGEST_MIDI, Playing};
use continuo_tests::demo::names::Names;
use continuo_tests::demo::performances::{self, Performance};
use continuo_tests::demo::report::{Report, Summary};
use continuo_tests::demo::settings::Settings;
use continuo_tests::demo::{self, latency, midi, sheet};

/// Seconds of the first performance that are played in real time.
const LIVE_SECONDS: f64 = 8.0;

fn main() -> ExitCode {
    match run(&Demo::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Demo) -> Result<()> {
    if options.engrave {
        for path in performances::engrave_all()? {
            println!("Wrote {}", path.display());
        }
        return Ok(());
    }
    let options = &options.playing;
    let settings = settings(options)?;
    let performances = match &options.play {
        Some(path) => vec![own(path, options.track)?],
        None => performances::load_all()?,
    };
    let chart = options.chart.as_deref().map(performances::read_chart).transpose()?;
    let out = &options.out;
    fs::create_dir_all(out).with_context(|| format!("{} could not be made", out.display()))?;
    let out = out.canonicalize()?;

    let mut names = Names::default();
    let folders: Vec<String> = performances.iter().map(|performance| names.give(&performance.name)).collect();
    let takes =
        folders.iter().flat_map(|folder| ["take.mid", "take.wav", "take.png"].map(|file| out.join(folder).join(file)));
    for path in takes.chain([out.join("report.txt"), out.join("report.json")]) {
        ensure!(!path.is_dir(), "{} is a folder, and a file is to be written there", path.display());
    }

    let mut summaries = Vec::new();
    for (performance, folder) in performances.iter().zip(&folders) {
        let Performance { name, tune, .. } = performance;
        let length = tune.as_ref().map(|tune| tune.length);
        let once = || performance.score.clone();
        let score = &length.map_or_else(once, |length| once().twice(length));
        let settings = settings.clone().or(&performance.settings);
        eprintln!("Playing {} ({})", score.title.as_deref().unwrap_or(name), settings.caption());
        // Of our own performances we know what is in them.
        for remark in score.remarks.iter().filter(|_| options.play.is_some()) {
            eprintln!("  {remark}");
        }
        if score.tempo_changes() {
            eprintln!("  its tempo changes: it begins with {:.0} bpm, and the band follows", score.tempo());
        }
        let recording = demo::record(score, &settings, chart.as_ref())?;
        let people = tune.as_ref().and_then(|tune| tune.chart.as_ref()).map(|chart| ("people", chart));
        let given = chart.as_ref().map(|chart| ("chart", chart));
        let charts: Vec<_> = people.into_iter().chain(given).collect();
        let charts = recording.columns(score, &charts, length);
        let summary = Summary { charts, ..recording.write(&out.join(folder), name, score, &settings)? };
        eprintln!("  {:.0} s of music, {:.0} times real time", summary.seconds, summary.real_time_factor);
        summaries.push(summary);
    }
    if options.play.is_none() {
        eprintln!("Playing each player alone, each style, and each source of bars");
        sheet::record(&performances, &settings, &out)?;
    }
    eprintln!("Measuring latency over block sizes");
    let first = &performances[0];
    let texts = settings.or(&first.settings).parameters();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let first_performance = demo::performance(&first.score);
    let latency = latency::measure(&first_performance, &texts)?;
    eprintln!("Playing {LIVE_SECONDS:.0} s in real time");
    let live_ticks = LIVE_SECONDS / 60.0 * first.score.tempo() * 24.0;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        method: format!(
            "The built CLAP in a headless host, offline, {} Hz, blocks of {} samples.",
            demo::SAMPLE_RATE,
            demo::BLOCK
        ),
        performances: summaries,
        latency,
        live: latency::live(&first_performance, &texts, live_ticks, demo::BLOCK)?,
    };
    print!("{report}");
    fs::write(out.join("report.txt"), report.to_string())?;
    fs::write(out.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    let bad = report.performances.iter().filter(|summary| summary.mismatches + summary.late_echoes > 0).count();
    ensure!(bad == 0, "{bad} takes have stuck or late notes: see {}", out.join("report.txt").display());
    let takes = match performances.len() {
        1 => "1 take".to_owned(),
        several => format!("{several} takes"),
    };
    println!("\nDone: {takes} with sound, MIDI and picture in {}", out.display());
    Ok(())
}

/// The musician's own file.
fn own(path: &Path, track: Option<usize>) -> Result<Performance> {
    let bytes = files::read(path, LARGEST_MIDI).with_context(|| path.display().to_string())?;
    let score = midi::read(&bytes, track).with_context(|| format!("{} cannot be played", path.display()))?;
    let name = path.file_stem().context("the file has no name")?.to_string_lossy().into_owned();
    Ok(Performance { name, score, settings: Settings::default(), tune: None })
}

/// What the band is set to.
fn settings(options: &Playing) -> Result<Settings> {
    let without: Result<Vec<Player>, String> = options.without.iter().map(|id| Player::from_id(id)).collect();
    Ok(Settings {
        style: options.style,
        style_b: options.style_b,
        blend: options.blend.or(options.style_b.map(|_| 0.5)),
        temperature: options.temperature,
        follow: options.follow,
        density: options.density,
        swing: options.swing,
        humanise: options.humanise,
        seed: options.seed,
        key: options.key,
        without: without.map_err(|error| anyhow!("--without: {error}"))?,
        ..Settings::default()
    })
}
