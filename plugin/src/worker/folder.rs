//! Where networks of the musician's own lie.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use continuo_input::environment::{self, NoFolder};

/// A folder of networks that play in the place of the built-in ones.
const MODELS: &str = "CONTINUO_MODELS";

/// What is said when there is no place for networks of one's own.
const NO_FOLDER: &str = "There is no folder for networks of your own: the system does not say where your data lie. The \
                         built-in networks play until you name a folder in CONTINUO_MODELS.";

/// The folder that [`MODELS`] names, or what is wrong with it. `None` if the variable is not set.
pub fn named() -> Option<Result<PathBuf, String>> {
    match environment::folder(MODELS) {
        Err(NoFolder::Unset(_)) => None,
        Err(problem) => Some(Err(format!("The built-in networks play: {problem}."))),
        Ok(folder) => Some(Ok(folder)),
    }
}

/// The folder for networks of one's own: the one that is [`named`], else the one among the user's data.
///
/// # Errors
/// If what is named is no absolute path, or the system does not say where the user's data are: what the musician should
/// read.
pub fn own() -> Result<PathBuf, String> {
    named().unwrap_or_else(|| {
        let data = data(|name| env::var_os(name)).ok_or(NO_FOLDER)?;
        Ok(data.join("continuo").join("models"))
    })
}

/// Where the system keeps the user's data.
fn data(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name| environment::absolute(name, variable(name)).ok();
    let in_home = |path: &str| Some(folder("HOME")?.join(Path::new(path)));
    if cfg!(target_os = "windows") {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        in_home("Library/Application Support")
    } else {
        folder("XDG_DATA_HOME").or_else(|| in_home(".local/share"))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn data_with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        data(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_users_data_lie_where_the_system_says() {
        let home = ("HOME", "/home/ada");
        for (variables, expected) in [
            (vec![home, ("XDG_DATA_HOME", "/data")], Some("/data")),
            (vec![home], Some("/home/ada/.local/share")),
            (vec![home, ("XDG_DATA_HOME", "")], Some("/home/ada/.local/share")),
            (vec![home, ("XDG_DATA_HOME", "data")], Some("/home/ada/.local/share")),
            (vec![("HOME", "")], None),
            (vec![("HOME", "ada")], None),
            (vec![], None),
        ] {
            assert_eq!(data_with(&variables), expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
