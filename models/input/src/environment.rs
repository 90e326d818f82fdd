//! Variables of the environment. One that is set but empty counts as one that is not set.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The value of the variable `name`, if it is set and not empty.
pub fn value(name: &str) -> Option<OsString> {
    set(env::var_os(name))
}

/// The folder that the variable `name` names.
///
/// # Errors If it is not set, or names no absolute path: a relative one would lie wherever the program happens to
/// stand, which in a host is anywhere. The XDG specification has it ignored, too.
pub fn folder(name: &'static str) -> Result<PathBuf, NoFolder> {
    absolute(name, env::var_os(name))
}

/// What [`folder`] makes of `value`, the variable's value if it is set.
///
/// # Errors
/// As [`folder`].
pub fn absolute(name: &'static str, value: Option<OsString>) -> Result<PathBuf, NoFolder> {
    let path = PathBuf::from(set(value).ok_or(NoFolder::Unset(name))?);
    if path.is_absolute() { Ok(path) } else { Err(NoFolder::Relative(name, path)) }
}

fn set(value: Option<OsString>) -> Option<OsString> {
    value.filter(|value| !value.is_empty())
}

/// Why a variable names no folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFolder {
    /// The variable of this name is not set, or empty.
    Unset(&'static str),
    /// The variable of this name holds a relative path.
    Relative(&'static str, PathBuf),
}

impl fmt::Display for NoFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoFolder::Unset(name) => {
                write!(f, "the environment variable {name} is not set; set it to a folder's whole path")
            }
            NoFolder::Relative(name, path) => write!(
                f,
                "the environment variable {name} is \"{}\", which says not from where; write the folder's whole path",
                path.display()
            ),
        }
    }
}

impl std::error::Error for NoFolder {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(set(Some("".into())), None);
        assert_eq!(set(Some("x".into())), Some("x".into()));
        assert_eq!(set(None), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_is_an_absolute_path() {
        let folder = |value: &str| absolute("PLACE", Some(value.into()));
        assert_eq!(folder("/here"), Ok("/here".into()));
        assert_eq!(folder(""), Err(NoFolder::Unset("PLACE")));
        for relative in ["here", "./here", "~/here", " "] {
            assert_eq!(folder(relative), Err(NoFolder::Relative("PLACE", relative.into())));
        }
        assert!(folder("here").unwrap_err().to_string().contains("PLACE is \"here\""));
    }
}
