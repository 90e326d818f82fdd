//! Plays performances to the built plug-in and writes down what comes back. `cargo xtask demo` builds and runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use continuo_models::music::{Key, Style};
use continuo_tests::demo::names::Names;
use continuo_tests::demo::performances::{self, Performance};
use continuo_tests::demo::report::Report;
use continuo_tests::demo::settings::{PlayerName, Settings};
use continuo_tests::demo::{self, latency, midi, sheet};
use continuo_tests::options;

/// Seconds of the first performance that are played in real time.
const LIVE_SECONDS: f64 = 8.0;

/// The most bytes of a MIDI file; an hour of dense music has a few.
const LARGEST: u64 = 64 << 20;

/// Play performances to the built plug-in; each gets a folder with take.mid, take.wav and take.png, and all together a
/// report.txt and report.json. Without --play these are the performances in assets/performances; and each player alone and
/// the band in each style play twelve bars: sheet.png, and a MIDI file each in the folder sheet.
#[derive(Parser)]
#[command(name = "demo", bin_name = "cargo xtask demo", version)]
struct Cli {
    /// Play this MIDI file instead
    #[arg(long, value_parser = options::input_file(), value_name = "FILE.mid")]
    play: Option<PathBuf>,
    /// Play only this track of the file, counted from 1
    #[arg(long, requires = "play", value_parser = options::count, value_name = "NUMBER")]
    track: Option<usize>,
    /// The style
    #[arg(long, value_parser = options::style, value_name = "NAME")]
    style: Option<Style>,
    /// A second style to blend in
    #[arg(long, value_parser = options::style, value_name = "NAME")]
    style_b: Option<Style>,
    /// How much of the second style, 0 to 1 (0.5 if a second style is given)
    #[arg(long, value_parser = options::share, allow_negative_numbers = true)]
    blend: Option<f32>,
    /// From always the likeliest (0) to wild (2)
    #[arg(long, value_parser = options::temperature, allow_negative_numbers = true)]
    temperature: Option<f32>,
    /// From anticipating (0) to reacting (1)
    #[arg(long, value_parser = options::share, allow_negative_numbers = true)]
    follow: Option<f32>,
    /// How much the band plays, 0 to 1
    #[arg(long, value_parser = options::share, allow_negative_numbers = true)]
    density: Option<f32>,
    /// From straight (0) to full triplets (1)
    #[arg(long, value_parser = options::share, allow_negative_numbers = true)]
    swing: Option<f32>,
    /// Deviation of timing and loudness, 0 to 1
    #[arg(long, value_parser = options::share, allow_negative_numbers = true)]
    humanise: Option<f32>,
    /// Keep the band in this key, such as "C major" or "F#m"
    #[arg(long)]
    key: Option<Key>,
    /// Another take: 1 to 9999
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=9999))]
    seed: Option<u32>,
    /// Let a player rest: voices, chords, bass or lead; may be given several times
    #[arg(long, value_name = "PLAYER")]
    without: Vec<PlayerName>,
    /// Where to write
    #[arg(long, value_parser = options::output_folder(), value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write the MIDI files of assets/performances anew from the tunes beside them, and stop
    #[arg(long, exclusive = true)]
    engrave: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    if cli.engrave {
        for path in performances::engrave_all()? {
            println!("Wrote {}", path.display());
        }
        return Ok(());
    }
    let performances = match &cli.play {
        Some(path) => vec![own(path, cli.track)?],
        None => performances::load_all()?,
    };
    let out = cli.out.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/demo"));
    fs::create_dir_all(&out).with_context(|| format!("{} could not be made", out.display()))?;
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
        let Performance { name, score, .. } = performance;
        let settings = cli.settings().or(&performance.settings);
        eprintln!("Playing {} ({})", score.title.as_deref().unwrap_or(name), settings.caption());
        for remark in &score.remarks {
            eprintln!("  {remark}");
        }
        if score.tempo_changes() {
            eprintln!("  its tempo changes: it begins with {:.0} bpm, and the band follows", score.tempo());
        }
        let recording = demo::record(score, &settings)?;
        let summary = recording.write(&out.join(folder), name, score, &settings)?;
        eprintln!("  {:.0} s of music, {:.0} times real time", summary.seconds, summary.real_time_factor);
        summaries.push(summary);
    }
    if cli.play.is_none() {
        eprintln!("Playing each player alone, and each style");
        sheet::record(&performances, &cli.settings(), &out)?;
    }
    eprintln!("Measuring latency over block sizes");
    let first = &performances[0];
    let texts = cli.settings().or(&first.settings).parameters();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
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
    let size = fs::metadata(path).with_context(|| format!("{} could not be read", path.display()))?.len();
    ensure!(size <= LARGEST, "{} is too large for a MIDI file: {} MB", path.display(), size >> 20);
    let bytes = fs::read(path).with_context(|| format!("{} could not be read", path.display()))?;
    let score = midi::read(&bytes, track).with_context(|| format!("{} cannot be played", path.display()))?;
    let name = path.file_stem().context("the file has no name")?.to_string_lossy().into_owned();
    Ok(Performance { name, score, settings: Settings::default() })
}

impl Cli {
    fn settings(&self) -> Settings {
        Settings {
            style: self.style,
            style_b: self.style_b,
            blend: self.blend.or(self.style_b.map(|_| 0.5)),
            temperature: self.temperature,
            follow: self.follow,
            density: self.density,
            swing: self.swing,
            humanise: self.humanise,
            seed: self.seed,
            key: self.key,
            without: self.without.clone(),
        }
    }
}
