//! Where the system keeps what belongs to the musician.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use continuo_input::environment;

/// A folder of the system's, for each of its kinds.
#[derive(Clone, Copy)]
struct Kind {
    windows: &'static str,
    in_home_of_macos: &'static str,
    xdg: &'static str,
    in_home: &'static str,
}

const DATA: Kind = Kind {
    windows: "APPDATA",
    in_home_of_macos: "Library/Application Support",
    xdg: "XDG_DATA_HOME",
    in_home: ".local/share",
};
const CONFIGURATION: Kind = Kind { xdg: "XDG_CONFIG_HOME", in_home: ".config", ..DATA };

/// The folder for what the musician makes with Continuo and puts into it: networks, presets. `None`: the system does
/// not say where the user's data lie. It need not exist.
pub fn data() -> Option<PathBuf> {
    continuo(DATA, |name| env::var_os(name))
}

/// The folder for how the musician likes Continuo on this computer; otherwise as [`data`].
pub fn configuration() -> Option<PathBuf> {
    continuo(CONFIGURATION, |name| env::var_os(name))
}

/// Writes a file as one: whoever reads it meanwhile has the old one. Makes its folder if that is not there.
///
/// # Errors
/// If the system refuses.
pub fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&new, bytes)?;
    fs::rename(&new, file)
}

/// The folder for what the standalone program records: in the folder for music, if there is one, else beside the data.
/// `None` as for [`data`].
pub fn recordings() -> Option<PathBuf> {
    recordings_in(|name| env::var_os(name))
}

fn recordings_in(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let home = if cfg!(target_os = "windows") { "USERPROFILE" } else { "HOME" };
    let music = environment::absolute(home, variable(home)).ok().map(|home| home.join("Music"));
    match music.filter(|music| music.is_dir()) {
        Some(music) => Some(music.join("Continuo")),
        None => Some(continuo(DATA, variable)?.join("recordings")),
    }
}

fn continuo(kind: Kind, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name| environment::absolute(name, variable(name)).ok();
    let in_home = |path: &str| Some(folder("HOME")?.join(path));
    let system = if cfg!(target_os = "windows") {
        folder(kind.windows)
    } else if cfg!(target_os = "macos") {
        in_home(kind.in_home_of_macos)
    } else {
        folder(kind.xdg).or_else(|| in_home(kind.in_home))
    };
    Some(system?.join("continuo"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_musicians_lies_where_the_system_says() {
        let home = ("HOME", "/home/ada");
        for (variables, expected) in [
            (vec![home, ("XDG_DATA_HOME", "/data")], Some("/data/continuo")),
            (vec![home], Some("/home/ada/.local/share/continuo")),
            (vec![home, ("XDG_DATA_HOME", "")], Some("/home/ada/.local/share/continuo")),
            (vec![home, ("XDG_DATA_HOME", "data")], Some("/home/ada/.local/share/continuo")),
            (vec![("HOME", "")], None),
            (vec![("HOME", "ada")], None),
            (vec![], None),
        ] {
            let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            assert_eq!(continuo(DATA, value), expected.map(PathBuf::from), "{variables:?}");
        }
    }

    #[test]
    fn what_is_set_lies_apart_from_what_is_made() {
        let value = |name: &str| (name == "HOME").then(|| "/home/ada".into());
        assert_eq!(continuo(CONFIGURATION, value), Some("/home/ada/.config/continuo".into()));
    }

    #[test]
    fn recordings_lie_with_the_music_or_beside_the_data() {
        let home = env::temp_dir().join(format!("continuo-recordings-{}", std::process::id()));
        let value = |name: &str| (name == "HOME").then(|| home.clone().into());
        assert_eq!(recordings_in(value), Some(home.join(".local/share/continuo/recordings")));
        fs::create_dir_all(home.join("Music")).unwrap();
        assert_eq!(recordings_in(value), Some(home.join("Music/Continuo")));
        fs::remove_dir_all(home).unwrap();
    }
}
