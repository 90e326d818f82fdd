//! Packing the built library as a CLAP and a VST3 bundle; and the one with faults on purpose, for tests.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{cargo, notices, system};

/// The package whose library is bundled.
const PACKAGE: &str = "continuo";

/// Where the bundles lie.
pub struct Bundles {
    /// A file on Linux and Windows, a folder on macOS.
    pub clap: PathBuf,
    /// A folder.
    pub vst3: PathBuf,
    /// The notices beside the CLAP, where that is a file and holds none.
    pub notices: Option<PathBuf>,
}

/// An entry of `bundler.toml`.
#[derive(Deserialize)]
struct Entry {
    /// The bundle's name as the user sees it, without an extension.
    name: String,
}

/// The operating systems that differ in how a bundle is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    const HERE: System = if cfg!(target_os = "macos") {
        System::MacOs
    } else if cfg!(target_os = "windows") {
        System::Windows
    } else {
        System::Linux
    };

    /// The name that cargo gives to the library of the crate `name`.
    fn library(self, name: &str) -> String {
        match self {
            System::Linux => format!("lib{name}.so"),
            System::MacOs => format!("lib{name}.dylib"),
            System::Windows => format!("{name}.dll"),
        }
    }

    /// The library's place in the CLAP called `name`, from the folder of the bundles.
    fn clap(self, name: &str) -> PathBuf {
        match self {
            System::Linux | System::Windows => format!("{name}.clap").into(),
            System::MacOs => format!("{name}.clap/Contents/MacOS/{name}").into(),
        }
    }

    /// The place of the notices of the CLAP called `name`, from the folder of the bundles: beside it, where it is a
    /// file.
    fn clap_notices(self, name: &str) -> PathBuf {
        match self {
            System::Linux | System::Windows => format!("{name}-notices.txt").into(),
            System::MacOs => format!("{name}.clap/Contents/Resources/notices.txt").into(),
        }
    }

    /// The library's place in the VST3 called `name`, from the folder of the bundles.
    fn vst3(self, name: &str) -> PathBuf {
        match self {
            System::Linux => format!("{name}.vst3/Contents/{ARCH}-linux/{name}.so").into(),
            System::MacOs => format!("{name}.vst3/Contents/MacOS/{name}").into(),
            System::Windows if ARCH == "aarch64" => format!("{name}.vst3/Contents/arm64-win/{name}.vst3").into(),
            System::Windows => format!("{name}.vst3/Contents/{ARCH}-win/{name}.vst3").into(),
        }
    }
}

/// Builds the plug-in and writes both bundles into `target/bundled`.
pub fn build_and_write() -> Result<Bundles> {
    // Whether they can be written shows before the build.
    let folder = made(folder())?;
    cargo::build(false)?;
    write(PACKAGE, &folder)
}

/// As [`build_and_write`], and the same of the plug-in with faults on purpose, into `target/bundled/faults`: for tests,
/// which look for it there.
pub fn build_and_write_for_tests() -> Result<Bundles> {
    let [folder, faults] = [made(folder())?, made(folder().join("faults"))?];
    cargo::build(true)?;
    write("continuo_faults", &faults)?;
    write(PACKAGE, &folder)
}

/// The folder of the bundles.
fn folder() -> PathBuf {
    cargo::target_folder().join("bundled")
}

/// `folder`, made if it is missing.
fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    Ok(folder)
}

/// Writes both bundles of the `library` that was built last into `folder`.
fn write(library: &str, folder: &Path) -> Result<Bundles> {
    let name = name()?;
    let system = System::HERE;
    let library = cargo::target_folder().join("release").join(system.library(library));
    let stripped = folder.join(system.library(PACKAGE));
    fs::copy(&library, &stripped)
        .with_context(|| format!("{} could not be copied to {}", library.display(), folder.display()))?;
    strip(&stripped, system);

    for place in [system.clap(&name), system.vst3(&name)] {
        put(&stripped, &folder.join(&place))?;
        if system == System::MacOs {
            write_macos_metadata(&folder.join(&place), &name)?;
        }
    }
    fs::remove_file(&stripped)?;
    let clap_notices = folder.join(system.clap_notices(&name));
    put(&notices::path(), &clap_notices)?;
    put(&notices::path(), &folder.join(format!("{name}.vst3/Contents/Resources/notices.txt")))?;
    let notices = (clap_notices.parent() == Some(folder)).then_some(clap_notices);
    Ok(Bundles { clap: folder.join(format!("{name}.clap")), vst3: folder.join(format!("{name}.vst3")), notices })
}

/// The bundle's name from `bundler.toml`.
fn name() -> Result<String> {
    let path = cargo::root().join("bundler.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
    let mut entries: BTreeMap<String, Entry> =
        toml::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
    let entry = entries.remove(PACKAGE).with_context(|| format!("{} has no entry [{PACKAGE}]", path.display()))?;
    Ok(entry.name)
}

/// Removes the symbols that a host has no use for. A machine without `strip` gets a larger bundle, nothing worse.
fn strip(library: &Path, system: System) {
    let option = match system {
        System::Linux => "--strip-unneeded",
        System::MacOs => "-x",
        System::Windows => return,
    };
    if !system::succeeds("strip", &[OsStr::new(option), library.as_os_str()]) {
        eprintln!("warning: strip is not there or failed; the bundles keep their symbols");
    }
}

/// Copies the file `from` to `to` such that a host that has the old `to` open keeps it whole.
pub fn put(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().expect("a bundle lies in a folder");
    let write = || {
        fs::create_dir_all(folder)?;
        let new = to.with_extension("new");
        fs::copy(from, &new).and_then(|_| fs::rename(&new, to)).inspect_err(|_| {
            // What is left of an attempt is of no use. If it cannot be removed either, the error says enough.
            let _ = fs::remove_file(&new);
        })
    };
    write().with_context(|| format!("{} could not be written; is it in use?", to.display()))
}

/// Writes what makes a folder a bundle on macOS, beside the `binary` in it.
fn write_macos_metadata(binary: &Path, name: &str) -> Result<()> {
    let contents = binary.ancestors().nth(2).expect("the binary lies in Contents/MacOS");
    let version = env!("CARGO_PKG_VERSION");
    fs::write(contents.join("PkgInfo"), "BNDL????")?;
    fs::write(
        contents.join("Info.plist"),
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>CFBundleExecutable</key><string>{name}</string>
  <key>CFBundleIdentifier</key><string>org.continuo.continuo</string>
  <key>CFBundleName</key><string>{name}</string>
  <key>CFBundlePackageType</key><string>BNDL</string>
  <key>CFBundleShortVersionString</key><string>{version}</string>
  <key>CFBundleVersion</key><string>{version}</string>
</dict>
</plist>
"#
        ),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_from_the_bundler_file() {
        assert_eq!(name().unwrap(), "Continuo");
    }

    #[test]
    fn a_linux_bundle_is_laid_out_as_hosts_look_for_it() {
        assert_eq!(System::Linux.clap("Continuo"), Path::new("Continuo.clap"));
        let vst3 = System::Linux.vst3("Continuo");
        assert_eq!(vst3, Path::new("Continuo.vst3/Contents").join(format!("{ARCH}-linux")).join("Continuo.so"));
    }

    #[test]
    fn the_notices_lie_in_a_clap_that_is_a_folder_and_beside_one_that_is_a_file() {
        assert!(System::MacOs.clap_notices("Continuo").starts_with("Continuo.clap"));
        assert_eq!(System::Linux.clap_notices("Continuo").parent(), System::Linux.clap("Continuo").parent());
    }

    #[test]
    fn a_macos_bundle_is_a_folder_with_its_binary_inside() {
        assert_eq!(System::MacOs.clap("Continuo"), Path::new("Continuo.clap/Contents/MacOS/Continuo"));
        assert_eq!(System::MacOs.vst3("Continuo"), Path::new("Continuo.vst3/Contents/MacOS/Continuo"));
    }

    #[test]
    fn putting_a_file_replaces_the_old_one_without_writing_into_it() {
        let folder = std::env::temp_dir().join(format!("xtask-put-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("from"), folder.join("deep/to"));
        fs::write(&from, "old").unwrap();
        put(&from, &to).unwrap();
        let mut opened_before = fs::File::open(&to).unwrap();
        fs::write(&from, "new").unwrap();
        put(&from, &to).unwrap();
        assert_eq!(std::io::read_to_string(&mut opened_before).unwrap(), "old");
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        fs::remove_dir_all(&folder).unwrap();
    }
}
