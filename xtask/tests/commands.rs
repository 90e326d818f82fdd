//! The commands refuse what cannot be before anything is built: cargo is not there in these tests, so whoever builds
//! fails in another way.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

const NO_CARGO: &str = "/nonexistent/cargo";

/// An empty folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("continuo-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The exit code of a command and what it says.
fn xtask(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(arguments).env("CARGO", NO_CARGO).envs(environment.iter().copied()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_bad_option_is_refused_with_exit_code_2() {
    let folder = Folder::new("options");
    fs::write(folder.0.join("file"), "").unwrap();
    for (word, arguments) in [
        ("polka", &["demo", "--style", "polka"][..]),
        ("a folder, not a file", &["demo", "--play", &folder.path("")]),
        ("not a folder", &["demo", "--out", &folder.path("file")]),
        ("not a folder", &["demo", "--out", &folder.path("file/below")]),
        ("a folder, not a file", &["bench", "--out", &folder.path("")]),
        ("8000..=384000", &["live", "--sample-rate", "0"]),
        ("--connect-jack-midi-input", &["live", "--backend", "jack", "--midi-input", "keys"]),
        ("--frob", &["test", "--frob"]),
        ("more", &["setup", "more"]),
    ] {
        let (code, said) = xtask(arguments, &[]);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_installed_where_no_folder_is() {
    let folder = Folder::new("install");
    fs::write(folder.0.join(".clap"), "").unwrap();
    fs::write(folder.0.join("file"), "").unwrap();
    for (word, home) in [
        ("HOME is not set", ""),
        ("HOME is \"home\"", "home"),
        (".clap", &*folder.path("")),
        ("file/.clap", &folder.path("file")),
        ("/proc/continuo/.clap", "/proc/continuo"),
    ] {
        let (code, said) = xtask(&["install"], &[("HOME", home)]);
        assert_eq!((code, said.lines().count()), (Some(1), 1), "{home}: {said}");
        assert!(said.starts_with("error: ") && said.contains(word), "{home}: {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_folders_of_plug_ins_are_made_before_the_build() {
    let folder = Folder::new("made");
    let (code, said) = xtask(&["install", "--yes"], &[("HOME", &folder.path("home"))]);
    assert_eq!(code, Some(1));
    assert!(said.contains("cargo could not be started"), "{said}");
    for made in [".clap", ".vst3"] {
        assert_eq!(fs::read_dir(folder.0.join("home").join(made)).unwrap().count(), 0, "{made}");
    }
}

#[test]
fn a_file_in_the_place_of_the_bundles_is_named_before_the_build() {
    let folder = Folder::new("target");
    fs::write(folder.0.join("bundled"), "").unwrap();
    let (code, said) = xtask(&["bundle"], &[("CARGO_TARGET_DIR", &folder.path(""))]);
    assert_eq!(code, Some(1));
    assert!(said.contains("bundled could not be made"), "{said}");
}
