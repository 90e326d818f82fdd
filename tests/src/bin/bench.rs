//! Measures the built plug-in. `cargo xtask bench` builds and runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use continuo_tests::bench::table::Table;
use continuo_tests::bench::{Plugins, callback, crowd, networks, probe, sizes};
use continuo_tests::demo::performances;
use continuo_tests::options;

/// Measure the built plug-in in the headless host, beside one that only passes notes through; writes CSV.
#[derive(Parser)]
#[command(name = "bench", bin_name = "cargo xtask bench", version)]
struct Cli {
    /// Compare with the CSV file of an older run
    #[arg(long, value_parser = options::input_file(), value_name = "FILE.csv")]
    against: Option<PathBuf>,
    /// Where to write
    #[arg(long, value_parser = options::output_file(), value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Bars that are played in real time at each block size; two seconds each
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    bars: u32,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let result = match arguments.next() {
        Some(command) if command == probe::COMMAND => {
            probe::run(&arguments.map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>())
        }
        _ => run(&Cli::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let before = cli.against.as_ref().map(|path| read(path)).transpose()?;
    let plugins = Plugins::built()?;
    let performances = performances::load_all()?;
    let performance =
        performances.iter().find(|performance| performance.score.meters[0].1.numerator == 4).context("none in four")?;

    eprintln!("Start-up and memory");
    let mut table = Table(probe::measure(&plugins)?);
    eprintln!("Networks");
    table.0.extend(networks::measure(&performance.score)?);
    eprintln!("Callback: {:.0} s in real time", callback::seconds(cli.bars));
    table.0.extend(callback::measure(&plugins, &performance.score, cli.bars)?);
    eprintln!("{} instances: {:.0} s in real time", crowd::INSTANCES, crowd::SECONDS);
    table.0.extend(crowd::measure(&plugins, &performance.score)?);
    table.0.extend(sizes::measure(&plugins)?);
    print!("{table}");

    let out =
        cli.out.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench/latest.csv"));
    let folder = out.parent().context("the file needs a folder")?;
    let write = || fs::create_dir_all(folder).and_then(|()| fs::write(&out, table.to_csv()));
    write().with_context(|| format!("{} could not be written", out.display()))?;
    if let Some(before) = before {
        print!(
            "\nAgainst the older run (ratios to the pass-through plug-in where there are any)\n{}",
            table.compared_with(&before)
        );
    }
    println!("\nDone: {} measurements in {}", table.0.len(), out.canonicalize()?.display());
    Ok(())
}

fn read(path: &Path) -> Result<Table> {
    let csv = fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    Table::from_csv(&csv).with_context(|| format!("{} is no table of this bench", path.display()))
}
