//! Where networks of the musician's own lie.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A folder of networks that play in the place of the built-in ones.
const MODELS: &str = "CONTINUO_MODELS";

/// The folder that [`MODELS`] names.
pub fn named() -> Option<PathBuf> {
    std::env::var_os(MODELS).map(PathBuf::from)
}

/// The folder for networks of one's own: the one that is [`named`], else the one among the user's data. `None` if the
/// system does not say where these are.
pub fn own() -> Option<PathBuf> {
    named().or_else(|| Some(data(|name| std::env::var_os(name))?.join("continuo").join("models")))
}

/// Where the system keeps the user's data.
fn data(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path would lie wherever the host happens to stand; the XDG specification has it ignored, too.
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
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
            (vec![], None),
        ] {
            assert_eq!(data_with(&variables), expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
