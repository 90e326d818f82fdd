//! Continuo as a program of its own: `continuo-live`.

use std::process::ExitCode;

use nice_plug::prelude::nice_export_standalone;

fn main() -> ExitCode {
    if nice_export_standalone::<continuo::Continuo>() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
