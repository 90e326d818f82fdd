//! Files with damage, for the fuzz targets of everything that reads files: MIDI, ABC, saved states, cards, networks.
//!
//! A target is a property test in a module called `fuzz`, beside the reader that it is for. It takes what
//! [`Seeds::damaged`] makes and says what must hold for whatever comes. Each build runs a number of cases that takes
//! seconds; `PROPTEST_CASES=1000000 cargo test --release --workspace fuzz` runs as many as one likes. What was found is
//! kept: a small file among the seeds, or proptest's own note of it beside the test.

use std::fmt;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Small files from which damaged ones are made.
#[derive(Clone, Debug, Default)]
pub struct Seeds(Arc<[Seed]>);

/// The name and what is in the file.
type Seed = (String, Vec<u8>);

impl Seeds {
    /// Every file in `folders`, paths from the root of the workspace, whose name ends in `ending`.
    ///
    /// # Panics
    /// If a folder holds none.
    pub fn of(folders: &[&str], ending: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut seeds = Vec::new();
        for folder in folders {
            let entries = fs::read_dir(root.join(folder)).expect("a folder of seeds");
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("can be listed").path()).collect();
            paths.retain(|path| path.to_string_lossy().ends_with(ending));
            assert!(!paths.is_empty(), "{folder} holds seeds that end in {ending}");
            paths.sort();
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            seeds.extend(paths.iter().map(|path| (name(path), fs::read(path).expect("a seed can be read"))));
        }
        Self(seeds.into())
    }

    /// The files as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// One of the files with some damage, or, rarely, noise.
    pub fn damaged(&self) -> impl Strategy<Value = Damaged> + use<> {
        let seeds = Arc::clone(&self.0);
        let from_seed = (any::<Index>(), vec(damage(), 1..7)).prop_map(move |(which, damages)| {
            let (name, bytes) = which.get(&seeds);
            let mut bytes = bytes.clone();
            damages.iter().for_each(|damage| damage.apply(&mut bytes, &seeds));
            Damaged { bytes, origin: format!("{name} after {damages:?}") }
        });
        let noise = vec(any::<u8>(), 0..400).prop_map(|bytes| Damaged { origin: format!("{bytes:?}"), bytes });
        prop_oneof![9 => from_seed, 1 => noise]
    }
}

/// How many cases a target runs: `usual`, or as many as the variable `PROPTEST_CASES` of the environment says.
pub fn cases(usual: u32) -> ProptestConfig {
    let of_environment = ProptestConfig::default();
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if asked { of_environment.cases } else { usual }, ..of_environment }
}

/// A file with damage. It shows itself as where it comes from: its bytes may be many.
#[derive(Clone)]
pub struct Damaged {
    bytes: Vec<u8>,
    origin: String,
}

impl Deref for Damaged {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    /// Other bytes in the place of as many.
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Truncate(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    /// From the place on, another file from a place of its own on.
    Splice(Index, Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        4 => (at(), piece()).prop_map(|(at, piece)| Damage::Overwrite(at, piece)),
        3 => (at(), piece()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        1 => at().prop_map(Damage::Truncate),
        2 => (at(), 1usize..24).prop_map(|(at, length)| Damage::Remove(at, length)),
        1 => (at(), 1usize..64).prop_map(|(at, length)| Damage::Repeat(at, length)),
        1 => (at(), at(), at()).prop_map(|(at, other, from)| Damage::Splice(at, other, from)),
    ]
}

/// Bytes that readers stumble over: borders of numbers, signs of text formats, numbers too large; or any.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const BORDERS: &[&[u8]] = &[
        &[0],
        &[0x7f],
        &[0x80],
        &[0xff],
        &[0; 4],
        &[0xff; 4],
        &[0x7f, 0xff, 0xff, 0xff],
        &[0xff, 0xff, 0xff, 0x7f],
        &[0xff; 10],
        b"-",
        b"\"",
        b"\\",
        b"\n",
        b"[",
        b"{",
        b"}",
        b":",
        b"/0",
        b"NaN",
        b"1e999",
        b"99999999999999999999",
        b"-9223372036854775809",
        "é\u{266d}".as_bytes(),
    ];
    prop_oneof![select(BORDERS).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 1..9)]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>, seeds: &[Seed]) {
        // A place may also be the end.
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Damage::Flip(at, bit) => {
                let at = place(at, bytes);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            Damage::Overwrite(at, piece) => {
                let at = place(at, bytes);
                let until = bytes.len().min(at + piece.len());
                bytes.splice(at..until, piece.iter().copied());
            }
            Damage::Insert(at, piece) => {
                let at = place(at, bytes);
                bytes.splice(at..at, piece.iter().copied());
            }
            Damage::Truncate(at) => bytes.truncate(place(at, bytes)),
            Damage::Remove(at, length) => {
                let at = place(at, bytes);
                bytes.drain(at..bytes.len().min(at + length));
            }
            Damage::Repeat(at, length) => {
                let at = place(at, bytes);
                let again = bytes[at..bytes.len().min(at + length)].to_vec();
                bytes.splice(at..at, again);
            }
            Damage::Splice(at, other, from) => {
                let (_, other) = other.get(seeds);
                bytes.truncate(place(at, bytes));
                bytes.extend_from_slice(&other[place(from, other)..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn most_files_are_damaged_and_few_are_noise() {
        let seeds = Seeds::of(&["tests/cases"], ".abc");
        let (damaged, mut runner) = (seeds.damaged(), TestRunner::deterministic());
        let (mut whole, mut near) = (0, 0);
        for _ in 0..400 {
            let file = damaged.new_tree(&mut runner).unwrap().current();
            whole += usize::from(seeds.iter().any(|(_, bytes)| bytes == &*file));
            near += usize::from(seeds.iter().any(|(name, _)| format!("{file:?}").starts_with(name)));
        }
        assert!(whole < 40, "{whole} of 400 are as they were");
        assert!((300..400).contains(&near), "{near} of 400 come from a seed");
    }
}
