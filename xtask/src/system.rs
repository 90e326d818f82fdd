//! What the machine is: its operating system, package manager and terminal.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Whether a package manager of the Debian family looks after this machine.
pub fn is_debian_like() -> bool {
    let Ok(release) = fs::read_to_string("/etc/os-release") else { return false };
    let named = release
        .lines()
        .filter(|line| line.starts_with("ID=") || line.starts_with("ID_LIKE="))
        .any(|line| line.contains("debian") || line.contains("ubuntu"));
    named && succeeds("dpkg-query", &["--version"])
}

/// Whether `program` with `arguments` starts and exits with success.
pub fn succeeds(program: &str, arguments: &[impl AsRef<OsStr>]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether the Debian package `name` is installed.
pub fn has_package(name: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", name])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

/// Runs `apt-get` with `arguments` as root, by `sudo` where that is needed. Returns whether it succeeded.
pub fn apt_get(arguments: &[&str]) -> Result<bool> {
    let mut command = if is_root() {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    } else {
        let mut command = Command::new("sudo");
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    };
    let status = command.args(arguments).status().with_context(|| {
        let program = command.get_program().to_string_lossy();
        format!("`{program}` could not be started; run the command above as root by hand, then try again")
    })?;
    Ok(status.success())
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether a person sits at the other end.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question that is answered by yes (the default) or no. The end of the input is a no.
pub fn ask(question: &str) -> Result<bool> {
    eprint!("{question} [Y/n] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    let answered = io::stdin().read_line(&mut answer)? > 0;
    Ok(answered && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}
