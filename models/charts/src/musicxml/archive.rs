//! What is in a zip archive, as compressed scores are. The crates that read zip bring more of the house's other
//! dependencies to be built anew than the format is long: a list at the end says what lies where.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// The largest file that is unpacked, in bytes.
const LARGEST: u64 = 1 << 26;

/// The heads of a file, of its entry in the list, and of the list's end; and how long they are without names.
const FILE: (&[u8], usize) = (b"PK\x03\x04", 30);
const ENTRY: (&[u8], usize) = (b"PK\x01\x02", 46);
const END: (&[u8], usize) = (b"PK\x05\x06", 22);

/// A zip archive. Not read are encrypted files, archives over 4 GB, and packings other than the usual one.
pub struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    /// 0 is stored, 8 deflated.
    packing: u16,
    packed: usize,
    at: usize,
}

impl<'a> Archive<'a> {
    /// The archive in `bytes`.
    ///
    /// # Errors
    /// If it has no list of its files.
    pub fn of(bytes: &'a [u8]) -> Result<Self, String> {
        // A remark may stand behind the end.
        let end = bytes.windows(END.0.len()).rposition(|signs| signs == END.0);
        let end = end.ok_or("cannot be unpacked: it breaks off before its end; export it anew")?;
        let mut place = number(bytes, end + 16, 4).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        while let Some(entry) = bytes.get(place..).filter(|rest| rest.starts_with(ENTRY.0)) {
            let field = |at, length| number(entry, at, length).unwrap_or(0);
            let (name, extra, remark) = (field(28, 2), field(30, 2), field(32, 2));
            let Some(letters) = entry.get(ENTRY.1..ENTRY.1 + name) else { break };
            let name = String::from_utf8_lossy(letters).into_owned();
            entries.push(Entry { name, packing: field(10, 2) as u16, packed: field(20, 4), at: field(42, 4) });
            place += ENTRY.1 + letters.len() + extra + remark;
        }
        Ok(Self { bytes, entries })
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The file called `name`.
    ///
    /// # Errors
    /// If there is none, or it cannot be unpacked.
    pub fn unpacked(&self, name: &str) -> Result<Vec<u8>, String> {
        let broken = || format!("cannot be unpacked: \"{name}\" in it is broken; export it anew");
        let entry = self.entries.iter().find(|entry| entry.name == name).ok_or_else(broken)?;
        let head = self.bytes.get(entry.at..).filter(|head| head.starts_with(FILE.0)).ok_or_else(broken)?;
        let around = number(head, 26, 2).zip(number(head, 28, 2)).ok_or_else(broken)?;
        let packed = head.get(FILE.1 + around.0 + around.1..).ok_or_else(broken)?;
        let packed = packed.get(..entry.packed).ok_or_else(broken)?;
        let mut unpacked = Vec::new();
        let read = match entry.packing {
            0 => packed.take(LARGEST + 1).read_to_end(&mut unpacked),
            8 => DeflateDecoder::new(packed).take(LARGEST + 1).read_to_end(&mut unpacked),
            _ => {
                return Err(format!(
                    "cannot be unpacked: \"{name}\" in it is packed in an unusual way; export it anew"
                ));
            }
        };
        read.map_err(|_| broken())?;
        if unpacked.len() as u64 > LARGEST {
            return Err(format!("is larger than {} MB when unpacked", LARGEST >> 20));
        }
        Ok(unpacked)
    }
}

/// The number of `length` bytes at `at`, the lowest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}
