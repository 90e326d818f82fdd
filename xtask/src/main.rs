//! The developer's commands. `cargo xtask help` lists them; each one sets up what it needs before it starts.

mod bundle;
mod cargo;
mod checks;
mod install;
mod python;
mod setup;
mod system;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use cargo::Target;
use install::Places;
use setup::Purpose;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The developer's commands of Continuo")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the system packages that are missing
    Setup {
        /// Install without asking first
        #[arg(long)]
        yes: bool,
    },
    /// Build the CLAP and VST3 bundles into target/bundled
    Bundle,
    /// Build the bundles and copy them into your CLAP and VST3 folders
    Install,
    /// Play the performances of assets/ (or --play FILE.mid) to the built plug-in; writes target/demo
    #[command(disable_help_flag = true)]
    Demo(Forwarded),
    /// Check formatting, lints and documentation, and run every test against the built plug-in
    Test {
        /// Install missing system packages without asking first
        #[arg(long)]
        yes: bool,
    },
    /// Measure the built plug-in in the headless host; writes target/bench/latest.csv
    #[command(disable_help_flag = true)]
    Bench(Forwarded),
    /// Measure the music on lead sheets: harmony, melody, control (styles and knobs), voicing or live (the built plug-in)
    #[command(disable_help_flag = true)]
    Eval(Forwarded),
    /// Open the standalone program with its panel
    #[command(disable_help_flag = true)]
    Live(Forwarded),
}

/// Arguments that are handed on to the program that does the work.
#[derive(Args)]
struct Forwarded {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
    options: Vec<OsString>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Setup { yes } => {
            setup::ensure(&Purpose::ALL, yes)?;
            println!("Everything that the other commands need is installed.");
        }
        Command::Bundle => {
            setup::ensure(&[Purpose::Build], false)?;
            let bundles = bundle::build_and_write()?;
            println!("Bundled {} and {}", bundles.clap.display(), bundles.vst3.display());
        }
        Command::Install => {
            let places = Places::prepare()?;
            setup::ensure(&[Purpose::Build], false)?;
            let installed = places.install(&bundle::build_and_write()?)?;
            println!("Installed {} and {}", installed.clap.display(), installed.vst3.display());
        }
        Command::Demo(forwarded) => {
            setup::ensure(&[Purpose::Build], false)?;
            bundle::build_and_write()?;
            return cargo::run(Target::Tests("demo"), &forwarded.options);
        }
        Command::Test { yes } => {
            setup::ensure(&[Purpose::Build, Purpose::Test], yes)?;
            return Ok(checks::run_all());
        }
        Command::Bench(forwarded) => {
            setup::ensure(&[Purpose::Build], false)?;
            bundle::build_and_write()?;
            return cargo::run(Target::Tests("bench"), &forwarded.options);
        }
        Command::Eval(forwarded) => {
            setup::ensure(&[Purpose::Build], false)?;
            bundle::build_and_write()?;
            return cargo::run(Target::Tests("eval"), &forwarded.options);
        }
        Command::Live(forwarded) => {
            setup::ensure(&[Purpose::Build, Purpose::Live], false)?;
            cargo::build()?;
            return cargo::run(Target::Live, &forwarded.options);
        }
    }
    Ok(ExitCode::SUCCESS)
}
