//! The chunks of a MIDI file: its head, its tracks, and what is neither.

use anyhow::{Context, Result, bail, ensure};

use super::events::{self, Ending, Track};

/// A MIDI file as it stands. Every byte of it was read, or is one of those `passed_over`, of which `remarks` tell.
#[derive(Clone, Debug, PartialEq)]
pub struct File<'a> {
    /// Units in a quarter note, 1–32767.
    pub resolution: u16,
    /// Its tracks in order.
    pub tracks: Vec<Track<'a>>,
    /// What is wrong with it.
    pub remarks: Vec<String>,
    /// Bytes that are no part of an event, a chunk's head or a wrapper.
    pub passed_over: usize,
    /// Bytes that are read, but for those of the tracks.
    heads: usize,
}

/// Bytes of a chunk's head, and of the heads of a RIFF file before the MIDI file in it.
const HEAD: usize = 8;
const WRAPPER: usize = 20;

/// Reads the chunks of a Standard MIDI File, or of one that is wrapped as RIFF (`.rmi`).
///
/// # Errors
/// If it is no MIDI file, its time is not musical, its tracks are separate songs, or there is none.
pub fn read(bytes: &[u8]) -> Result<File<'_>> {
    ensure!(!bytes.is_empty(), "the file is empty");
    let unwrapped = if bytes.starts_with(b"RIFF") { unwrap(bytes)? } else { bytes };
    let head = unwrapped.strip_prefix(b"MThd").context("it is not a MIDI file: it does not begin with MThd")?;
    let number = |place: usize| Some(u16::from_be_bytes([*head.get(place)?, *head.get(place + 1)?]));
    let length = head.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
    let (Some(length), Some(format), Some(count), Some(division)) = (length, number(4), number(6), number(8)) else {
        bail!("it is not a whole MIDI file: it breaks off in its head")
    };
    ensure!(length >= 6, "it is not a MIDI file: its head has {length} bytes and not 6");
    ensure!(format != 2, "its tracks are separate songs (format 2); export them one by one");
    ensure!(format < 2, "it has format {format}, and MIDI files have 0 or 1");
    ensure!(division & 0x8000 == 0, "its time is in film frames (SMPTE); export it with musical time");
    ensure!(division > 0, "a quarter note has no length in it (its division is 0); export it anew");

    let mut file = File { resolution: division, tracks: Vec::new(), remarks: Vec::new(), passed_over: 0, heads: 14 };
    // The two heads of the wrapper, and the byte that makes its length even.
    let around = bytes.len() - unwrapped.len();
    let wrapper = if around == WRAPPER + 1 { around } else { around.min(WRAPPER) };
    file.heads += wrapper;
    file.pass_over(around - wrapper, "other parts of the RIFF file");
    let first = length.saturating_add(HEAD).min(unwrapped.len());
    file.pass_over(first - 14, "further bytes of its head");
    let mut place = first;
    while place < unwrapped.len() {
        place = file.chunk(unwrapped, place);
    }
    ensure!(!file.tracks.is_empty(), "there is no track in it");
    let found = file.tracks.len();
    if found != usize::from(count) {
        file.remarks.push(format!("its head tells of {count} tracks, {found} are there"));
    }
    Ok(file)
}

/// The MIDI file in a RIFF file.
fn unwrap(bytes: &[u8]) -> Result<&[u8]> {
    ensure!(bytes.get(8..12) == Some(b"RMID"), "it is not a MIDI file, but another kind of RIFF file");
    let mut place = 12;
    while let Some(head) = bytes[place..].first_chunk::<HEAD>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        place += HEAD;
        let end = place.saturating_add(length).min(bytes.len());
        if head.starts_with(b"data") {
            return Ok(&bytes[place..end]);
        }
        place = (end + end % 2).min(bytes.len());
    }
    bail!("it is a RIFF file without a MIDI file in it")
}

/// The kind of a chunk and where it ends, if there is a head at `place`.
fn head(bytes: &[u8], place: usize) -> Option<(&[u8], usize)> {
    let head = bytes.get(place..)?.first_chunk::<HEAD>()?;
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
    Some((&bytes[place..place + 4], (place + HEAD).saturating_add(length)))
}

/// Whether a chunk may begin at `place`, or the file ends there.
fn is_border(bytes: &[u8], place: usize) -> bool {
    place == bytes.len()
        || head(bytes, place).is_some_and(|(kind, end)| kind == b"MTrk" || is_named(kind) && end <= bytes.len())
}

fn is_named(kind: &[u8]) -> bool {
    kind.iter().all(|letter| letter.is_ascii_graphic() || *letter == b' ')
}

/// Where the next track begins between `from` and `to`.
fn next_track(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    bytes.get(from..to)?.windows(4).position(|word| word == b"MTrk").map(|offset| from + offset)
}

impl<'a> File<'a> {
    /// Takes the chunk at `place` and gives the place of the next one.
    fn chunk(&mut self, bytes: &'a [u8], place: usize) -> usize {
        let total = bytes.len();
        match head(bytes, place) {
            Some((b"MTrk", end)) => self.track(bytes, place, end),
            Some((kind, end)) if is_named(kind) && end <= total => {
                let kind = String::from_utf8_lossy(kind).into_owned();
                self.pass_over(end - place, &format!("the chunk {kind:?}, which is no track"));
                end
            }
            garbled => {
                // Where only the four letters are overwritten, the track is there all the same.
                let body = garbled.and_then(|(_, end)| Some((end, bytes.get(place + HEAD..end)?)));
                if let Some((end, track)) = body.map(|(end, body)| (end, events::read(body)))
                    && track.ending == Ending::Marked
                    && place + HEAD + track.read == end
                {
                    let number = self.tracks.len() + 1;
                    self.remarks.push(format!("the head of track {number} is overwritten; it is read all the same"));
                    self.take(track);
                    return end;
                }
                let next = next_track(bytes, place + 1, total).unwrap_or(total);
                self.pass_over(next - place, "bytes between its tracks or at its end, which are no chunk");
                next
            }
        }
    }

    /// Takes the track at `place`, which should end at `end`.
    fn track(&mut self, bytes: &'a [u8], place: usize, end: usize) -> usize {
        let (total, first) = (bytes.len(), place + HEAD);
        let number = self.tracks.len() + 1;
        let mut track = events::read(&bytes[first..end.min(total)]);
        let mut border = end.min(total);
        if track.ending != Ending::Marked && end < total && !is_border(bytes, end) {
            // The length is wrong: the music goes on behind it, or another track begins before.
            let longer = events::read(&bytes[first..]);
            if longer.ending == Ending::Marked {
                border = first + longer.read;
                track = longer;
                self.remarks.push(format!("the length of track {number} is wrong; it is read to its end"));
            }
        }
        let done = first + track.read;
        if let Some(next) = next_track(bytes, done, border) {
            self.remarks.push(format!("the length of track {number} is wrong: another track begins in it"));
            border = next;
        } else if !is_border(bytes, border) {
            border = next_track(bytes, done, total).unwrap_or(border);
        }
        if end > total && track.ending == Ending::Unmarked {
            track.ending = Ending::BrokenOff;
        }
        self.take(track);
        self.pass_over(border - done, &format!("bytes of track {number} behind what could be read"));
        border
    }

    fn take(&mut self, track: Track<'a>) {
        self.heads += HEAD;
        self.tracks.push(track);
    }

    fn pass_over(&mut self, count: usize, what: &str) {
        if count > 0 {
            self.passed_over += count;
            self.remarks.push(format!("passed over: {count} bytes ({what})"));
        }
    }

    /// Bytes that are accounted for: read, or passed over and named. Tests hold it against the bytes that there are.
    #[cfg(test)]
    pub fn accounted(&self) -> usize {
        self.heads + self.passed_over + self.tracks.iter().map(|track| track.read).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: &[u8] = &[0, 0x90, 60, 90, 24, 60, 0, 0, 0xff, 0x2f, 0];

    fn head(format: u16, tracks: u16, division: u16) -> Vec<u8> {
        let numbers = [format, tracks, division].map(u16::to_be_bytes).concat();
        [b"MThd\0\0\0\x06", &numbers[..]].concat()
    }

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [kind, &(body.len() as u32).to_be_bytes()[..], body].concat()
    }

    fn remarks(bytes: &[u8]) -> String {
        let file = read(bytes).unwrap();
        assert_eq!(file.accounted(), bytes.len(), "{:?}", file.remarks);
        file.remarks.join("; ")
    }

    fn refusal(bytes: &[u8]) -> String {
        format!("{:#}", read(bytes).unwrap_err())
    }

    #[test]
    fn a_whole_file_is_read_without_a_remark() {
        assert_eq!(remarks(&[head(1, 2, 96), chunk(b"MTrk", TRACK), chunk(b"MTrk", TRACK)].concat()), "");
    }

    #[test]
    fn what_is_no_midi_file_is_refused_with_the_reason() {
        assert!(refusal(b"").contains("empty"));
        assert!(refusal(b"PNG").contains("not a MIDI file"));
        assert!(refusal(b"RIFF\0\0\0\0WAVEdata").contains("RIFF"));
        assert!(refusal(b"MThd\0\0\0\x06\0\x01").contains("breaks off"));
        assert!(refusal(&head(1, 0, 96)).contains("no track"));
        assert!(refusal(&[head(2, 1, 96), chunk(b"MTrk", TRACK)].concat()).contains("separate songs"));
        assert!(refusal(&[head(1, 1, 0), chunk(b"MTrk", TRACK)].concat()).contains("division is 0"));
        assert!(refusal(&[head(1, 1, 0xe728), chunk(b"MTrk", TRACK)].concat()).contains("SMPTE"));
    }

    #[test]
    fn a_wrapped_file_is_read() {
        let file = [head(0, 1, 96), chunk(b"MTrk", TRACK)].concat();
        let wrapped = [b"RIFF\0\0\0\0RMIDdata", &(file.len() as u32).to_le_bytes()[..], &file].concat();
        assert_eq!(read(&wrapped).unwrap().tracks.len(), 1);
        assert_eq!(remarks(&wrapped), "");
    }

    #[test]
    fn what_is_no_track_is_passed_over_and_named() {
        let file = |more: &[u8]| [&head(0, 1, 96)[..], more].concat();
        let track = chunk(b"MTrk", TRACK);
        assert!(remarks(&file(&[chunk(b"XFIH", b"12345"), track.clone()].concat())).contains("XFIH"));
        assert!(remarks(&file(&[track.clone(), b"\0\x01\x02".to_vec()].concat())).contains("3 bytes"));
        assert!(remarks(&file(&chunk(b"MTrk", &[TRACK, b"rubbish"].concat()))).contains("7 bytes"));
    }

    #[test]
    fn a_count_that_lies_is_named() {
        assert!(remarks(&[head(1, 5, 96), chunk(b"MTrk", TRACK)].concat()).contains("5 tracks, 1"));
    }

    #[test]
    fn a_length_that_lies_does_not_cost_a_track() {
        let (track, other) = (chunk(b"MTrk", TRACK), chunk(b"MTrk", TRACK));
        for length in [3u32, 5, 11, 17, 25, 1000] {
            let mut lying = track.clone();
            lying[4..8].copy_from_slice(&length.to_be_bytes());
            let bytes = [head(1, 2, 96), lying, other.clone()].concat();
            let file = read(&bytes).unwrap();
            assert_eq!(file.tracks.iter().map(|track| track.events.len()).collect::<Vec<_>>(), [2, 2], "{length}");
            assert_eq!(file.accounted(), bytes.len());
            assert_eq!(file.remarks.is_empty(), length == 11, "{:?}", file.remarks);
        }
    }

    #[test]
    fn an_overwritten_head_does_not_cost_the_track() {
        let mut garbled = chunk(b"MTrk", TRACK);
        garbled[..4].copy_from_slice(&[0, 0xff, 0x51, 3]);
        let bytes = [head(1, 2, 96), chunk(b"MTrk", TRACK), garbled].concat();
        assert_eq!(read(&bytes).unwrap().tracks.len(), 2);
        assert!(remarks(&bytes).contains("head of track 2 is overwritten"));
    }

    #[test]
    fn a_track_that_the_file_cuts_off_is_read_as_far_as_it_goes() {
        let whole = [head(0, 1, 96), chunk(b"MTrk", TRACK)].concat();
        assert!(refusal(&whole[..20]).contains("no track"));
        for length in 22..whole.len() {
            let file = read(&whole[..length]).unwrap();
            assert_eq!(file.tracks[0].ending, Ending::BrokenOff, "{length}");
            assert_eq!(file.accounted(), length);
        }
    }
}
