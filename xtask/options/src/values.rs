//! Values of options on the command line. Each is judged as it is read, so that a bad one costs a line and no work.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};
use continuo_input::files;

/// The name of a value on the command line.
pub fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// `path` in the repository's folder of build results.
pub fn target(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(path)
}

/// A number from `least` to `most`, neither of them negative.
///
/// # Errors
/// If it is none, with the range.
pub fn within(text: &str, least: f32, most: f32) -> Result<f32> {
    let value: f32 =
        text.trim().parse().ok().with_context(|| format!("\"{text}\" is no number from {least} to {most}"))?;
    ensure!((least..=most).contains(&value), "{text} is not from {least} to {most}");
    // Not −0.
    Ok(value.abs())
}

/// A share, 0 to 1.
///
/// # Errors
/// If it is none.
pub fn share(text: &str) -> Result<f32> {
    within(text, 0.0, 1.0)
}

/// A temperature, 0 to 2.
///
/// # Errors
/// If it is none.
pub fn temperature(text: &str) -> Result<f32> {
    within(text, 0.0, 2.0)
}

/// The milliseconds for which a chord may wait, 0 to 60.
///
/// # Errors
/// If it is no such time.
pub fn wait(text: &str) -> Result<f32> {
    within(text, 0.0, 60.0)
}

/// A number of things, at least one.
///
/// # Errors
/// If it is none.
pub fn count(text: &str) -> Result<usize> {
    let count: usize = text.trim().parse().ok().with_context(|| format!("\"{text}\" is no number from 1 up"))?;
    ensure!(count > 0, "at least 1 is needed");
    Ok(count)
}

/// A position in ticks.
///
/// # Errors
/// If it is no finite number.
pub fn tick(text: &str) -> Result<f64> {
    let tick: f64 = text.trim().parse().ok().with_context(|| format!("\"{text}\" is no position in ticks"))?;
    ensure!(tick.is_finite(), "{text} is no position in ticks");
    Ok(tick)
}

/// A file to read: it is there, and a file of at most `limit` bytes, not a folder, a pipe or a device.
pub fn input_file(limit: u64) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| files::open(&path, limit).map(|_| path))
}

/// A chart to read: a file of at most `limit` bytes, of a kind that is read, with chords in it.
pub fn chart_file(limit: u64) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| {
        let bytes = files::read(&path, limit)?;
        let found = continuo_charts::read(&path.to_string_lossy(), &bytes, None);
        found.map_err(|error| anyhow!("it {error}"))?;
        anyhow::Ok(path)
    })
}

/// A folder to read.
pub fn input_folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        // In one line, since that is all that is shown of it.
        fs::read_dir(&path).map_err(|error| anyhow!("it cannot be read: {error}"))?;
        anyhow::Ok(path)
    })
}

/// A folder to write to: it can be made, or is there.
pub fn output_folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        writable_folder(&path)?;
        anyhow::Ok(path)
    })
}

/// A file to write: it can be made, or is a file.
pub fn output_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        ensure!(path.file_name().is_some(), "it names no file");
        match fs::metadata(&path) {
            Ok(kind) => {
                ensure!(kind.is_file(), "it is {}, not a file", what(&kind));
                ensure!(!kind.permissions().readonly(), "it cannot be written to");
            }
            Err(_) => writable_folder(path.parent().unwrap_or(Path::new("")))?,
        }
        anyhow::Ok(path)
    })
}

/// Whether there is such a folder that can be written to, or it could be made.
fn writable_folder(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    match fs::metadata(path) {
        Ok(kind) if !kind.is_dir() => bail!("{} is {}, not a folder", path.display(), what(&kind)),
        Ok(kind) => {
            ensure!(!kind.permissions().readonly(), "{} cannot be written to", path.display());
            Ok(())
        }
        Err(_) => match path.parent() {
            Some(parent) => writable_folder(parent),
            None => bail!("{} cannot be made", path.display()),
        },
    }
}

/// What is there in the place of what was to be.
fn what(kind: &fs::Metadata) -> &'static str {
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => "a folder",
        (_, true) => "a file",
        _ => "a pipe or a device",
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    /// What is said of a path, if it is refused.
    fn refused(parser: impl TypedValueParser<Value = PathBuf> + 'static, path: &Path) -> Option<String> {
        let arg = Arg::new("path").value_parser(parser);
        let result = Command::new("test").arg(arg).try_get_matches_from([Path::new("test"), path]);
        result.err().map(|error| error.to_string())
    }

    #[test]
    fn a_number_that_is_none_or_out_of_range_is_answered_with_the_range() {
        for text in ["3", "hot", "NaN", "inf", "-inf", "-0.1", "1e99", ""] {
            assert!(within(text, 0.0, 2.0).unwrap_err().to_string().contains("0 to 2"), "{text}");
        }
        assert_eq!(within("0.9", 0.0, 2.0).unwrap(), 0.9);
        assert!(count("0").is_err() && count("-3").is_err() && count("1.5").is_err());
        assert!(tick("NaN").is_err() && tick("inf").is_err());
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(refused(input_file(1 << 20), &here.join("Cargo.toml")), None);
        assert!(refused(input_file(1 << 20), here).unwrap().contains("a folder"));
        assert!(refused(input_file(1 << 20), &here.join("nowhere")).unwrap().contains("cannot be opened"));
        assert!(refused(input_file(1), &here.join("Cargo.toml")).unwrap().contains("more than the 1 bytes"));
        #[cfg(unix)]
        assert!(refused(input_file(1 << 20), Path::new("/dev/null")).unwrap().contains("device"));
    }

    #[test]
    fn a_chart_without_chords_is_refused() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tune = here.join("../../assets/performances/greensleeves.txt");
        assert_eq!(refused(chart_file(1 << 20), &tune), None);
        assert!(refused(chart_file(1 << 20), &here.join("Cargo.toml")).unwrap().contains("has no chords"));
        assert!(refused(chart_file(1 << 20), &here.join("nowhere.txt")).unwrap().contains("cannot be opened"));
    }

    #[test]
    fn nothing_is_written_in_the_place_of_something_else() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = here.join("Cargo.toml");
        assert_eq!(refused(output_folder(), &here.join("not/there/yet")), None);
        assert!(refused(output_folder(), &file).unwrap().contains("not a folder"));
        assert!(refused(output_folder(), &file.join("below")).unwrap().contains("not a folder"));
        assert_eq!(refused(output_file(), &here.join("new.csv")), None);
        assert!(refused(output_file(), here).unwrap().contains("a folder"));
        assert!(refused(output_file(), &file.join("below.csv")).unwrap().contains("not a folder"));
    }
}
