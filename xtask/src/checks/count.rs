//! How many tests ran, over everything that runs tests.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Tests that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Count {
    /// Runs tests, shows what they print, and adds up what they counted. Returns whether the command succeeded.
    pub fn run(&mut self, tests: &mut Command) -> Result<bool> {
        let started = tests.stdout(Stdio::piped()).spawn();
        let mut child =
            started.with_context(|| format!("{} could not be started", tests.get_program().to_string_lossy()))?;
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let line = line?;
            println!("{line}");
            *self += Self::of_line(&line);
        }
        Ok(child.wait()?.success())
    }

    /// Runs tests beside others, shows what they have printed once they are done, and counts them. Returns also whether
    /// the command succeeded.
    pub fn of(tests: &mut Command) -> Result<(Self, bool)> {
        let done = tests.output();
        let done = done.with_context(|| format!("{} could not be started", tests.get_program().to_string_lossy()))?;
        let (said, printed) = (String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout));
        eprint!("{said}");
        print!("{printed}");
        let mut count = Self::default();
        printed.lines().for_each(|line| count += Self::of_line(line));
        Ok((count, done.status.success()))
    }

    /// What a closing line counts: `test result: ok. 7 passed; 0 failed; 1 ignored; …` of a Rust test binary,
    /// `1 failed, 7 passed in 2.01s` of pytest. Other lines count nothing.
    fn of_line(line: &str) -> Self {
        let mut count = Self::default();
        let rust = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")).map(|(_, counts)| counts);
        let took = |time: &str| time.split_once('s').is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok());
        let python = || line.rsplit_once(" in ").filter(|(_, time)| took(time)).map(|(counts, _)| counts);
        for part in rust.or_else(python).unwrap_or_default().split([';', ',']) {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => count.passed += number,
                "failed" | "error" | "errors" => count.failed += number,
                "ignored" | "skipped" => count.skipped += number,
                _ => {}
            }
        }
        count
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_rust_and_of_python_add_up() {
        let mut count = Count::default();
        for line in [
            "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "573 passed in 4.09s",
            "1 failed, 20 passed, 2 skipped, 1 error in 61.20s (0:01:01)",
        ] {
            count += Count::of_line(line);
        }
        assert_eq!(count, Count { passed: 602, failed: 5, skipped: 3 });
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["test rings::a_full_ring_counts ... ok", "7 passed; 3 failed", "read 7 passed in 2 rooms", ""] {
            assert_eq!(Count::of_line(line), Count::default(), "{line}");
        }
    }
}
