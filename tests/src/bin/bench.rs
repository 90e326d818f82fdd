//! Measures the built plug-in. `cargo xtask bench` builds and runs it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use continuo_models::files;
use continuo_options::bench::{Bench, LARGEST_TABLE};
use continuo_tests::bench::table::Table;
use continuo_tests::bench::{Plugins, callback, crowd, load, networks, probe, sizes};
use continuo_tests::demo::performances;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let result = match arguments.next() {
        Some(command) if command == probe::COMMAND => {
            probe::run(&arguments.map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>())
        }
        _ => run(&Bench::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Bench) -> Result<()> {
    let before = options.against.as_ref().map(|path| read(path)).transpose()?;
    let plugins = Plugins::built()?;
    let performances = performances::load_all()?;
    let performance =
        performances.iter().find(|performance| performance.score.meters[0].1.numerator == 4).context("none in four")?;

    eprintln!("Start-up and memory");
    let mut table = Table(probe::measure(&plugins)?);
    eprintln!("Networks");
    table.0.extend(networks::measure(&performance.score)?);
    eprintln!("Callback: {:.0} s in real time", callback::seconds(options.bars));
    table.0.extend(callback::measure(&plugins, &performance.score, options.bars)?);
    eprintln!("{} instances: {:.0} s in real time", crowd::INSTANCES, crowd::SECONDS);
    table.0.extend(crowd::measure(&plugins, &performance.score)?);
    eprintln!("A busy machine: {:.0} s in real time", load::seconds(options.load_minutes.into()));
    table.0.extend(load::measure(&plugins, options.load_minutes.into())?);
    table.0.extend(sizes::measure(&plugins)?);
    print!("{table}");

    let out = &options.out;
    let folder = out.parent().context("the file needs a folder")?;
    let write = || fs::create_dir_all(folder).and_then(|()| fs::write(out, table.to_csv()));
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
    let csv = files::read(path, LARGEST_TABLE).with_context(|| path.display().to_string())?;
    let csv = String::from_utf8(csv).with_context(|| format!("{} is no text", path.display()))?;
    Table::from_csv(&csv).with_context(|| format!("{} is no table of this bench", path.display()))
}
