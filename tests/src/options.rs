//! Values of options on the command line. Each is judged as it is read, so that a bad one costs a line and no work.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use clap::builder::{PathBufValueParser, TypedValueParser};
use continuo_models::music::Style;

/// The style called `name`.
///
/// # Errors
/// If there is none, with those that there are.
pub fn style(name: &str) -> Result<Style> {
    Style::ALL
        .into_iter()
        .find(|style| style.name().eq_ignore_ascii_case(name))
        .with_context(|| format!("there is no style \"{name}\"; there are {}", Style::ALL.map(Style::name).join(", ")))
}

/// A number from 0 to `most`.
///
/// # Errors
/// If it is none, with the range.
pub fn within(text: &str, most: f32) -> Result<f32> {
    let value: f32 = text.trim().parse().ok().with_context(|| format!("\"{text}\" is no number from 0 to {most}"))?;
    ensure!((0.0..=most).contains(&value), "{text} is not from 0 to {most}");
    // Not −0.
    Ok(value.abs())
}

/// A share, 0 to 1.
///
/// # Errors
/// If it is none.
pub fn share(text: &str) -> Result<f32> {
    within(text, 1.0)
}

/// A temperature, 0 to 2.
///
/// # Errors
/// If it is none.
pub fn temperature(text: &str) -> Result<f32> {
    within(text, 2.0)
}

/// The milliseconds for which a chord may wait, 0 to 60.
///
/// # Errors
/// If it is no such time.
pub fn wait(text: &str) -> Result<f32> {
    within(text, 60.0)
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

/// A file to read: it is there, and a file, not a folder, a pipe or a device.
pub fn input_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let kind = fs::metadata(&path).map_err(unreadable)?;
        ensure!(kind.is_file(), "it is {}, not a file", what(&kind));
        fs::File::open(&path).map_err(unreadable)?;
        anyhow::Ok(path)
    })
}

/// A folder to read.
pub fn input_folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        fs::read_dir(&path).map_err(unreadable)?;
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

/// In one line, since that is all that is shown of it.
fn unreadable(error: io::Error) -> Error {
    anyhow!("it cannot be read: {error}")
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
    fn refused(
        parser: impl TypedValueParser<Value = PathBuf> + Send + Sync + Clone + 'static,
        path: &Path,
    ) -> Option<String> {
        let arg = Arg::new("path").value_parser(parser);
        let result = Command::new("test").arg(arg).try_get_matches_from([Path::new("test"), path]);
        result.err().map(|error| error.to_string())
    }

    #[test]
    fn a_style_that_does_not_exist_is_answered_with_those_that_do() {
        let error = style("polka").unwrap_err().to_string();
        assert!(error.contains("polka") && error.contains("jazz") && error.contains("electronic"), "{error}");
        assert_eq!(style("Jazz").unwrap(), Style::Jazz);
    }

    #[test]
    fn a_number_that_is_none_or_out_of_range_is_answered_with_the_range() {
        for text in ["3", "hot", "NaN", "inf", "-inf", "-0.1", "1e99", ""] {
            assert!(within(text, 2.0).unwrap_err().to_string().contains("0 to 2"), "{text}");
        }
        assert_eq!(within("0.9", 2.0).unwrap(), 0.9);
        assert!(count("0").is_err() && count("-3").is_err() && count("1.5").is_err());
        assert!(tick("NaN").is_err() && tick("inf").is_err());
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(refused(input_file(), &here.join("Cargo.toml")), None);
        assert!(refused(input_file(), here).unwrap().contains("a folder"));
        assert!(refused(input_file(), &here.join("nowhere")).unwrap().contains("cannot be read"));
        #[cfg(unix)]
        assert!(refused(input_file(), Path::new("/dev/null")).unwrap().contains("device"));
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
