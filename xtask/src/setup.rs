//! Finding and installing the system packages that are missing.

use std::env;

use anyhow::{Result, bail};
use continuo_input::environment;

use crate::system;

/// What a package is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Building the plug-in, the standalone program and the tests.
    Build,
    /// Running the standalone program.
    Live,
    /// Opening the panel without a screen, as the tests do.
    Test,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 3] = [Purpose::Build, Purpose::Live, Purpose::Test];
}

/// How to see whether something is there.
enum Probe {
    /// Every one of these programs starts.
    Programs(&'static [&'static str]),
    /// This program succeeds with these arguments.
    Success(&'static str, &'static [&'static str]),
    /// `pkg-config` knows this library.
    Library(&'static str),
    /// The Debian package is installed; not checked on other systems.
    Package,
}

/// Something that must be installed.
struct Need {
    purpose: Purpose,
    /// The package on Debian and Ubuntu.
    package: &'static str,
    why: &'static str,
    probe: Probe,
}

const fn need(purpose: Purpose, package: &'static str, why: &'static str, probe: Probe) -> Need {
    Need { purpose, package, why, probe }
}

/// What Linux machines need. macOS and Windows bring all of it with their compilers.
const NEEDS: &[Need] = &[
    need(
        Purpose::Build,
        "build-essential",
        "a C and C++ compiler and a linker, for the VST3 wrapper",
        Probe::Programs(&["cc", "c++"]),
    ),
    need(Purpose::Build, "pkg-config", "finds the audio libraries", Probe::Programs(&["pkg-config"])),
    need(Purpose::Build, "libasound2-dev", "ALSA, which the standalone program links", Probe::Library("alsa")),
    need(Purpose::Build, "libjack-jackd2-dev", "JACK, which the standalone program links", Probe::Library("jack")),
    need(Purpose::Live, "libegl1", "draws the panel", Probe::Package),
    need(Purpose::Live, "libgl1-mesa-dri", "draws the panel", Probe::Package),
    need(Purpose::Live, "libx11-xcb1", "opens the panel's window", Probe::Package),
    need(Purpose::Live, "libxkbcommon-x11-0", "reads the keyboard in the panel", Probe::Package),
    need(Purpose::Live, "libxcb-xkb1", "reads the keyboard in the panel", Probe::Package),
    need(
        Purpose::Test,
        "python3-venv",
        "an environment for the training package and the checks' tools",
        Probe::Success("python3", &["-c", "import ensurepip, venv"]),
    ),
    need(
        Purpose::Test,
        "jackd2",
        "a JACK server without a sound card, for the standalone program",
        Probe::Programs(&["jackd"]),
    ),
    need(Purpose::Test, "xvfb", "a screen in memory on which the tests open the panel", Probe::Programs(&["Xvfb"])),
    need(Purpose::Test, "dbus", "a bus for screen readers and the panel", Probe::Programs(&["dbus-daemon"])),
    need(Purpose::Test, "at-spi2-core", "says on that bus which panels there are to read", Probe::Package),
    need(Purpose::Test, "libegl1", "draws the panel", Probe::Package),
    need(Purpose::Test, "libegl-mesa0", "draws the panel without a graphics card", Probe::Package),
    need(Purpose::Test, "libgl1-mesa-dri", "draws the panel without a graphics card", Probe::Package),
    need(Purpose::Test, "libx11-xcb1", "opens the panel's window", Probe::Package),
    need(Purpose::Test, "libxkbcommon-x11-0", "reads the keyboard in the panel", Probe::Package),
    need(Purpose::Test, "libxcb-xkb1", "reads the keyboard in the panel", Probe::Package),
];

impl Need {
    fn is_met(&self, debian: bool) -> bool {
        match self.probe {
            Probe::Programs(programs) => programs.iter().all(|program| is_on_path(program)),
            Probe::Success(program, arguments) => system::succeeds(program, arguments),
            Probe::Library(library) => system::succeeds("pkg-config", &["--exists", library]),
            Probe::Package => !debian || system::has_package(self.package),
        }
    }
}

/// Installs what is missing for `purposes`. Asks first, unless `yes` or nobody is there to answer.
pub fn ensure(purposes: &[Purpose], yes: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let debian = system::is_debian_like();
    let mut missing: Vec<&Need> = Vec::new();
    for need in NEEDS.iter().filter(|need| purposes.contains(&need.purpose)) {
        if missing.iter().all(|other| other.package != need.package) && !need.is_met(debian) {
            missing.push(need);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }

    eprintln!("Missing on this machine:");
    for need in &missing {
        eprintln!("  {:22} {}", need.package, need.why);
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !debian {
        bail!(
            "please install the above with your package manager (the names are Debian's), then run this command again"
        );
    }
    let by_hand = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    eprintln!("To install them: {}{by_hand}", if system::is_root() { "" } else { "sudo " });
    if !yes && system::is_interactive() && !system::ask("Shall I?")? {
        bail!("nothing was installed; run the command above, then try again");
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&packages);
    // A failed update is no reason to stop: the lists that are there may do.
    if !system::apt_get(&["update", "--quiet"])? {
        eprintln!("warning: the package lists could not be refreshed");
    }
    if !system::apt_get(&install)? {
        bail!("the packages could not be installed (see above); is the network there? To try by hand: {by_hand}");
    }
    Ok(())
}

/// Whether `program` is in a folder of `PATH`.
fn is_on_path(program: &str) -> bool {
    environment::value("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_exist_is_missing() {
        assert!(!is_on_path("no-such-program-anywhere"));
    }

    #[test]
    #[cfg(unix)]
    fn the_shell_is_found() {
        assert!(is_on_path("sh"));
    }

    #[test]
    fn every_package_has_a_reason_of_one_line() {
        for need in NEEDS {
            assert!(!need.why.is_empty() && need.why.len() < 70, "{}", need.package);
        }
    }
}
