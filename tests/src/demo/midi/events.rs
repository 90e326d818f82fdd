//! The events of a track, read as a player reads them: what cannot be is passed over, and counted.
//!
//! `midly`, which writes our files, takes running status for ended by a meta event and then drops the rest of the track
//! without a word. So the bytes are walked here: every byte is part of an event or is told as left.

/// An event of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A key goes down.
    NoteOn {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
        /// MIDI velocity, 1–127.
        velocity: u8,
    },
    /// A key comes up.
    NoteOff {
        /// MIDI channel, 0–15.
        channel: u8,
        /// MIDI key, 0–127.
        key: u8,
    },
    /// A controller moves.
    Controller {
        /// MIDI channel, 0–15.
        channel: u8,
        /// Its number, 0–127.
        number: u8,
        /// Its value, 0–127.
        value: u8,
    },
    /// The track's name, as it stands in the file.
    Name(&'a [u8]),
    /// Microseconds per quarter note.
    Tempo(u32),
    /// A time signature: beats, and the power of two of the note value of a beat.
    Meter(u8, u8),
    /// A key signature: sharps (flats if negative), and 1 for minor.
    Key(i8, u8),
    /// Something that is not played.
    Other(Other),
}

/// Something that is not played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// The choice of a sound.
    Program,
    /// A pitch bend.
    Bend,
    /// Pressure on a key or on all keys.
    Pressure,
    /// A system-exclusive message.
    Exclusive,
    /// A text, a marker, lyrics.
    Text,
    /// Any other meta event.
    Meta,
    /// A tempo, meter or key that is too short or too long to be one.
    Misshapen,
}

/// How a track ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the mark that ends tracks.
    Marked,
    /// Between two events, without the mark.
    Unmarked,
    /// In an event, or before bytes that are none.
    BrokenOff,
}

/// A track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track<'a> {
    /// The events with their positions, in units of the file.
    pub events: Vec<(u64, Event<'a>)>,
    /// The position up to which it was read.
    pub end: u64,
    /// How it ends.
    pub ending: Ending,
    /// Bytes that were read.
    pub read: usize,
    /// The positions of messages that cannot be, and were passed over.
    pub impossible: Vec<u64>,
}

/// What stands at a place of a track.
enum Item<'a> {
    Event(Event<'a>),
    /// A message with values that no message has.
    Impossible,
    End,
}

/// Reads the events of a track up to its end mark, or as far as they make sense. A message that cannot be is passed
/// over if the track then goes on to its end mark; if it does not, the track breaks off there.
pub fn read(bytes: &[u8]) -> Track<'_> {
    let mut scan = Scan { bytes, place: 0, running: None };
    let (mut now, mut events, mut impossible) = (0u64, Vec::new(), Vec::new());
    let mut doubtful = None;
    let mut read = 0;
    let ending = loop {
        if scan.place == bytes.len() {
            break Ending::Unmarked;
        }
        let Some((delta, item)) = scan.delta().and_then(|delta| Some((delta, scan.item()?))) else {
            break Ending::BrokenOff;
        };
        let before = now;
        now += u64::from(delta);
        match item {
            Item::Event(event) => events.push((now, event)),
            Item::Impossible => {
                doubtful.get_or_insert((events.len(), before, read));
                impossible.push(now);
            }
            Item::End => {
                read = scan.place;
                break Ending::Marked;
            }
        }
        read = scan.place;
    };
    match doubtful.filter(|_| ending != Ending::Marked) {
        Some((count, end, read)) => {
            events.truncate(count);
            Track { events, end, ending: Ending::BrokenOff, read, impossible: Vec::new() }
        }
        None => Track { events, end: now, ending, read, impossible },
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    place: usize,
    running: Option<u8>,
}

impl<'a> Scan<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.place)?;
        self.place += 1;
        Some(byte)
    }

    /// A number of one to four bytes, seven bits each.
    fn delta(&mut self) -> Option<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let byte = self.byte()?;
            number = number << 7 | u32::from(byte & 127);
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    /// As many bytes as the number before them says.
    fn block(&mut self) -> Option<&'a [u8]> {
        let length = self.delta()? as usize;
        let block = self.bytes.get(self.place..self.place.checked_add(length)?)?;
        self.place += length;
        Some(block)
    }

    fn item(&mut self) -> Option<Item<'a>> {
        let first = *self.bytes.get(self.place)?;
        let status = match first {
            // Running status goes on over meta events and system-exclusive messages: many programs write it so.
            0..128 => self.running?,
            _ => self.byte()?,
        };
        match status {
            0xff => {
                let kind = self.byte()?;
                let block = self.block()?;
                Some(if kind == 0x2f { Item::End } else { Item::Event(meta(kind, block)) })
            }
            0xf0 | 0xf7 => self.block().map(|_| Item::Event(Event::Other(Other::Exclusive))),
            // What only a cable carries.
            0xf1..=0xfe => Some(Item::Impossible),
            _ => {
                self.running = Some(status);
                self.message(status)
            }
        }
    }

    fn message(&mut self, status: u8) -> Option<Item<'a>> {
        let channel = status & 15;
        let one = self.byte()?;
        let two = if matches!(status >> 4, 0xc | 0xd) { 0 } else { self.byte()? };
        if one > 127 || two > 127 {
            return Some(Item::Impossible);
        }
        Some(Item::Event(match status >> 4 {
            0x8 => Event::NoteOff { channel, key: one },
            0x9 if two == 0 => Event::NoteOff { channel, key: one },
            0x9 => Event::NoteOn { channel, key: one, velocity: two },
            0xb => Event::Controller { channel, number: one, value: two },
            0xc => Event::Other(Other::Program),
            0xe => Event::Other(Other::Bend),
            _ => Event::Other(Other::Pressure),
        }))
    }
}

fn meta(kind: u8, block: &[u8]) -> Event<'_> {
    match (kind, block) {
        (0x03, name) => Event::Name(name),
        (0x51, &[a, b, c]) => Event::Tempo(u32::from_be_bytes([0, a, b, c])),
        (0x58, &[numerator, power, ..]) => Event::Meter(numerator, power),
        (0x59, &[sharps, minor]) => Event::Key(sharps as i8, minor),
        (0x51 | 0x58 | 0x59, _) => Event::Other(Other::Misshapen),
        (0x01..=0x0f, _) => Event::Other(Other::Text),
        _ => Event::Other(Other::Meta),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: [u8; 4] = [0, 0xff, 0x2f, 0];

    fn notes(bytes: &[u8]) -> usize {
        read(bytes).events.iter().filter(|(_, event)| matches!(event, Event::NoteOn { .. })).count()
    }

    #[test]
    fn running_status_goes_on_over_meta_events_and_exclusive_messages() {
        let bytes = [&[0, 0x90, 60, 90, 0, 0xff, 1, 1, 65, 5, 60, 0, 0, 0xf0, 1, 0xf7, 0, 62, 90], &END[..]].concat();
        let track = read(&bytes);
        assert_eq!((notes(&bytes), track.ending, track.read), (2, Ending::Marked, bytes.len()));
    }

    #[test]
    fn a_message_with_impossible_values_is_passed_over_where_the_track_goes_on() {
        let bytes = [&[0, 0x90, 60, 0xc8, 0, 62, 90, 0, 0xf8, 0, 0x90, 64, 90], &END[..]].concat();
        let track = read(&bytes);
        assert_eq!((notes(&bytes), track.ending, track.impossible.len()), (2, Ending::Marked, 2));
    }

    #[test]
    fn where_nothing_makes_sense_any_more_the_track_breaks_off() {
        let track = read(&[0, 0x90, 60, 90, 7, 60, 0xc8, 0, 62, 90, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!((track.events.len(), track.ending, track.read), (1, Ending::BrokenOff, 4));
        assert!(track.impossible.is_empty());
    }

    #[test]
    fn a_data_byte_without_a_status_is_no_event() {
        assert_eq!(read(&[0, 60, 90]).ending, Ending::BrokenOff);
    }

    #[test]
    fn a_tempo_of_two_bytes_is_misshapen() {
        let track = read(&[0, 0xff, 0x51, 2, 7, 8, 0, 0xff, 0x2f, 0]);
        assert_eq!(track.events, [(0, Event::Other(Other::Misshapen))]);
    }
}
