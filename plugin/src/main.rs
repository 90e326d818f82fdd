//! Continuo as a program of its own: `continuo-live`.

mod standalone;

use std::process::ExitCode;

fn main() -> ExitCode {
    standalone::run()
}
