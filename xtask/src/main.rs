//! The developer's commands. `cargo xtask help` lists them; each one judges its options, then sets up what it needs,
//! then builds, and only then begins.

mod bundle;
mod cargo;
mod checks;
mod dependencies;
mod install;
mod notices;
mod python;
mod rooms;
mod setup;
mod system;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use continuo_options::bench::Bench;
use continuo_options::demo::Demo;
use continuo_options::eval::Eval;
use continuo_options::live::Live;

use cargo::Target;
use install::Places;
use setup::Purpose;

/// The developer's commands of Continuo
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// Install missing system packages without asking first
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the system packages that are missing
    Setup,
    /// Build the CLAP and VST3 bundles into target/bundled
    Bundle {
        /// Also build the plug-in that fails on purpose, which tests load, into target/bundled/faults
        #[arg(long)]
        faults: bool,
    },
    /// Build the bundles and copy them into your CLAP and VST3 folders
    Install,
    Demo(Box<Demo>),
    /// Draw which room of the house uses which, into docs/rooms.svg
    Rooms,
    /// Check formatting, lints, documentation and dependencies, and run every test against the built plug-in
    Test {
        /// Check the training package alone, with the tests that need PyTorch: gigabytes are installed into target
        #[arg(long)]
        training: bool,
    },
    /// Write assets/notices.txt, which the bundles carry: the licences and credits of what others made
    Notices,
    Bench(Bench),
    Eval(Box<Eval>),
    Live(Box<Live>),
}

/// The flag that is for us alone.
const YES: &str = "--yes";

/// Of the `arguments` behind our own name, those for the program that does the work: what follows the command.
///
/// They have been judged; so what is called like our own flag is that, because no option takes such a value.
fn forwarded(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.filter(|argument| argument != YES);
    // The command's name.
    drop(arguments.next());
    arguments.collect()
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let set_up = |purposes: &[Purpose]| setup::ensure(purposes, cli.yes);
    let run = |program: &'static str| cargo::run(Target::Tests(program), &forwarded(env::args_os().skip(1)));
    let play = |program: &'static str| {
        set_up(&[Purpose::Build])?;
        bundle::build_and_write()?;
        run(program)
    };
    match &cli.command {
        Command::Setup => {
            set_up(&Purpose::ALL)?;
            println!("Everything that the other commands need is installed.");
        }
        Command::Bundle { faults } => {
            set_up(&[Purpose::Build])?;
            let bundles = if *faults { bundle::build_and_write_for_tests()? } else { bundle::build_and_write()? };
            println!("Bundled {} and {}", bundles.clap.display(), bundles.vst3.display());
        }
        Command::Install => {
            let places = Places::prepare()?;
            set_up(&[Purpose::Build])?;
            let installed = places.install(&bundle::build_and_write()?)?;
            println!("Installed {} and {}", installed.clap.display(), installed.vst3.display());
        }
        Command::Rooms => println!("Drew {}", rooms::draw()?),
        Command::Demo(_) => return play("demo"),
        Command::Test { training } => {
            set_up(&[Purpose::Build, Purpose::Test])?;
            return Ok(if *training { checks::run_training() } else { checks::run_all() });
        }
        Command::Notices => {
            notices::write()?;
            println!("Wrote {}", notices::path().display());
        }
        Command::Bench(_) => return play("bench"),
        Command::Eval(_) => {
            set_up(&[Purpose::Build])?;
            bundle::build_and_write_for_tests()?;
            return run("eval");
        }
        Command::Live(options) => {
            options.wanted().unwrap_or_else(|error| error.exit());
            set_up(&[Purpose::Build, Purpose::Live])?;
            cargo::build(false)?;
            return cargo::run(Target::Live, &forwarded(env::args_os().skip(1)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn refused(arguments: &[&str]) -> Option<String> {
        let parsed = Cli::try_parse_from([&["xtask"], arguments].concat());
        parsed.err().map(|error| error.to_string())
    }

    #[test]
    fn the_definitions_of_the_options_agree_with_themselves() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_knows_help_and_yes_and_no_word_too_many() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(refused(&[name, "--help"]).unwrap().contains("Usage: cargo xtask"), "{name}");
            assert!(refused(&[name, "--yes", "--help"]).unwrap().contains(YES), "{name}");
            assert!(refused(&[name, "too", "many"]).unwrap().contains("too"), "{name}");
        }
        for arguments in [
            &["demo", "--yes"][..],
            &["--yes", "test"],
            &["live", "--yes"],
            &["bench", "--bars", "2", "--yes"],
            &["test", "--training"],
        ] {
            assert_eq!(refused(arguments), None, "{arguments:?}");
        }
    }

    #[test]
    fn a_bad_option_is_refused_by_name() {
        for (word, arguments) in [
            ("--style", &["demo", "--style", "polka"][..]),
            ("--key", &["demo", "--key", "K minor"]),
            ("--temperature", &["demo", "--temperature", "NaN"]),
            ("--blend", &["demo", "--blend", "-0.1"]),
            ("--play", &["demo", "--play", "/nonexistent/file.mid"]),
            ("--out", &["demo", "--out", "/dev/null"]),
            ("--out", &["demo", "--out", ""]),
            ("--play", &["demo", "--track", "1"]),
            ("--seed", &["demo", "--seed", "0"]),
            ("--engrave", &["demo", "--engrave", "--swing", "1"]),
            ("--bars", &["bench", "--bars", "0"]),
            ("--load-minutes", &["bench", "--load-minutes", "0"]),
            ("--out", &["bench", "--out", "/"]),
            ("--corpus", &["eval", "harmony"]),
            ("--corpus", &["eval", "harmony", "--corpus", "/nonexistent"]),
            ("--family", &["eval", "live", "--family", "lstm"]),
            ("--wait", &["eval", "harmony", "--wait", "NaN"]),
            ("--limit", &["eval", "voicing", "--limit", "0"]),
            ("--sample-rate", &["live", "--sample-rate", "0"]),
            ("--period-size", &["live", "--period-size", "0"]),
            ("frobnicate", &["frobnicate"]),
        ] {
            let error = refused(arguments).unwrap_or_else(|| panic!("{arguments:?} is taken"));
            assert!(error.starts_with("error: ") && error.contains(word), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn the_program_gets_what_follows_the_command_but_for_our_flag() {
        let forwarded = |arguments: &[&str]| forwarded(arguments.iter().map(OsString::from));
        assert_eq!(forwarded(&["--yes", "demo", "--style", "jazz"]), ["--style", "jazz"]);
        assert_eq!(forwarded(&["eval", "live", "--yes", "--seed", "3"]), ["live", "--seed", "3"]);
        assert!(forwarded(&["demo"]).is_empty());
    }
}
