//! Files of the musician's own: judged before they are opened and before they are read, because behind a path may lie
//! anything. A pipe waits for ever, a device never ends, and a file may be larger than the memory.

use std::fmt;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// Why a file is not read. Its text goes behind the file's name and a colon.
#[derive(Debug)]
pub enum Refusal {
    /// The system refuses.
    System(io::Error),
    /// It is something else: a folder, a pipe, a device.
    NoFile(&'static str),
    /// It has more than the allowed bytes.
    TooLarge {
        /// Bytes that it has.
        size: u64,
        /// Bytes that it may have.
        limit: u64,
    },
}

/// Opens the regular file at `path`, which may have at most `limit` bytes.
///
/// # Errors
/// If it is not there, is anything but a regular file, or has more bytes.
pub fn open(path: &Path, limit: u64) -> Result<File, Refusal> {
    // To open a pipe is to wait for its other end, and to open a device may do anything: so it is judged first.
    judge(&fs::metadata(path)?, limit)?;
    let file = File::open(path)?;
    judge(&file.metadata()?, limit)?;
    Ok(file)
}

/// The bytes of the regular file at `path`, at most `limit`.
///
/// # Errors
/// As [`open`], or if it cannot be read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    let size = open(path, limit)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)? as u64;
    if size > limit { Err(Refusal::TooLarge { size, limit }) } else { Ok(bytes) }
}

fn judge(metadata: &fs::Metadata, limit: u64) -> Result<(), Refusal> {
    if !metadata.is_file() {
        return Err(Refusal::NoFile(kind(metadata.file_type())));
    }
    let size = metadata.len();
    if size > limit { Err(Refusal::TooLarge { size, limit }) } else { Ok(()) }
}

#[cfg(unix)]
fn kind(file: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match file {
        file if file.is_dir() => "a folder",
        file if file.is_fifo() => "a pipe",
        file if file.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn kind(file: FileType) -> &'static str {
    if file.is_dir() { "a folder" } else { "a device" }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Refusal::System(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::System(error) => write!(f, "it cannot be opened ({error})"),
            Refusal::NoFile(kind) => write!(f, "it is {kind}, not a file"),
            Refusal::TooLarge { size, limit } => {
                write!(f, "it has {}, more than the {} that are read", Size(*size), Size(*limit))
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// A number of bytes as people say it.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
        if self.0 < 1000 {
            return write!(f, "{} bytes", self.0);
        }
        let (mut value, mut unit) = (self.0 as f64 / 1e3, 0);
        while value >= 1000.0 && unit + 1 < UNITS.len() {
            (value, unit) = (value / 1e3, unit + 1);
        }
        write!(f, "{} {}", (value * 10.0).floor() / 10.0, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env::temp_dir;
    use std::path::PathBuf;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = temp_dir().join(format!("continuo-files-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What is left in the folder for temporary files does no harm.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_of_the_allowed_size_is_read_and_a_larger_one_refused_with_both_sizes() {
        let folder = Folder::new("size");
        let path = folder.0.join("file");
        fs::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"1234");
        assert_eq!(read(&path, 3).unwrap_err().to_string(), "it has 4 bytes, more than the 3 bytes that are read");
    }

    #[test]
    fn a_file_of_terabytes_is_refused_before_it_is_read() {
        let folder = Folder::new("large");
        let path = folder.0.join("file");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let refusal = read(&path, 64_000_000).unwrap_err().to_string();
        assert_eq!(refusal, "it has 1 TB, more than the 64 MB that are read");
    }

    #[test]
    fn what_is_no_file_is_named_by_its_kind() {
        let folder = Folder::new("kind");
        assert_eq!(read(&folder.0, 9).unwrap_err().to_string(), "it is a folder, not a file");
        let absent = read(&folder.0.join("absent"), 9).unwrap_err().to_string();
        assert!(absent.starts_with("it cannot be opened ("), "{absent}");
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_a_socket_and_a_device_are_refused_and_nothing_waits() {
        let folder = Folder::new("pipe");
        let pipe = folder.0.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let socket = folder.0.join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.0.join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for (path, kind) in
            [(&pipe, "a pipe"), (&link, "a pipe"), (&socket, "a socket"), (&"/dev/zero".into(), "a device")]
        {
            assert_eq!(read(path, 9).unwrap_err().to_string(), format!("it is {kind}, not a file"));
        }
    }
}
