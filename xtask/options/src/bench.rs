//! The options of the bench.

use std::path::PathBuf;

use clap::{Parser, value_parser};

use crate::values::{self, target};

/// The most bytes of a table.
pub const LARGEST_TABLE: u64 = 10_000_000;

/// Measure the built plug-in in the headless host, beside one that only passes notes through; writes CSV
#[derive(Clone, Debug, Parser)]
#[command(name = "bench", bin_name = "cargo xtask bench", version)]
pub struct Bench {
    /// Compare with the CSV file of an older run
    #[arg(long, value_parser = values::input_file(LARGEST_TABLE), value_name = "FILE.csv")]
    pub against: Option<PathBuf>,
    /// Where to write [default: target/bench/latest.csv]
    #[arg(
        long,
        value_parser = values::output_file(),
        value_name = "FILE.csv",
        default_value_os_t = target("bench/latest.csv"),
        hide_default_value = true
    )]
    pub out: PathBuf,
    /// Bars that are played in real time at each block size, five times over; two seconds each
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..=1000))]
    pub bars: u32,
    /// Minutes of song at each block size while other processes keep every core busy
    #[arg(long, default_value_t = 0.2, value_parser = |text: &str| values::within(text, 0.1, 120.0))]
    pub load_minutes: f32,
}
