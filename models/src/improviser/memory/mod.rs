//! What the band has learnt of the musician: the notes of the lead line and the chords of the left hand, in the order
//! in which they came. It is asked what followed where the musician played before as is being played now, in whatever
//! key.
//!
//! A variable-order Markov model (Cleary & Witten 1984, "Data compression using adaptive coding and partial string
//! matching"; for musicians: Pachet 2003, "The Continuator") that backs off to the network. It has no tree: what it
//! knows is short enough to be searched for every note.

mod chords;
mod followers;
mod line;
mod piece;
mod recall;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::improviser::listening::{LeadNote, Listener};
use crate::music::Chord;

pub use followers::{Followed, Followers, Seen};
pub use line::{Ground, Junction, Trail, step_between};
pub use piece::{MOST_NOTES_OF_PIECE, PieceSoFar};
pub use recall::{LENGTH_TRUST, PITCH_TRUST, Recall, TIME_TRUST, Trust, trusted, until_the_next};

use line::LineNote;

/// The most notes that are known; older ones are forgotten.
pub const MOST_NOTES: usize = 4096;
/// The most chords that are known; older ones are forgotten.
pub const MOST_CHORDS: usize = 512;
/// The version in which a memory is written.
const VERSION: u32 = 1;
/// Frames for which a chord is held until it is taken for more than a passing one.
const STEADY: u8 = 2;

/// What the musician has played. Bounded, and written in less than 64 kB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Memory {
    /// The lead line, oldest first.
    line: Vec<LineNote>,
    /// The chords of the left hand, oldest first, no two alike in a row.
    chords: Vec<Chord>,
}

impl Memory {
    /// A memory of nothing.
    pub const EMPTY: &'static Self = &Self { line: Vec::new(), chords: Vec::new() };

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty() && self.chords.is_empty()
    }

    /// The musician has played `note` after `before`, if that was of the same phrase.
    pub fn hear_note(&mut self, before: Option<LeadNote>, note: LeadNote) {
        push(&mut self.line, LineNote::new(before, note), MOST_NOTES);
    }

    /// What the musician has gone on with in places like this.
    pub fn recall_note(&self, junction: Junction) -> Recall {
        Recall::of(&self.line, &[], junction)
    }

    /// The musician has gone on to `chord`.
    pub fn hear_chord(&mut self, chord: Chord) {
        if self.chords.last() != Some(&chord) {
            push(&mut self.chords, chord, MOST_CHORDS);
        }
    }
}

fn push<T>(known: &mut Vec<T>, new: T, most: usize) {
    if known.len() >= most {
        known.remove(0);
    }
    known.push(new);
}

fn newest<T>(all: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let older = all.len().saturating_sub(most);
    all.into_iter().skip(older)
}

/// A memory as it is saved.
#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    /// Key, step and length of each note.
    notes: Vec<[u8; 3]>,
    /// Places in the networks' vocabulary.
    chords: Vec<u8>,
}

impl From<Memory> for Written {
    fn from(memory: Memory) -> Self {
        Self {
            version: VERSION,
            notes: memory.line.iter().map(|note| [note.key, note.step, note.length]).collect(),
            chords: memory.chords.iter().map(|chord| chord.index() as u8).collect(),
        }
    }
}

impl TryFrom<Written> for Memory {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { version, notes, chords } = written;
        if version != VERSION {
            return Err(format!("it is of version {version}, and this Continuo reads version {VERSION}"));
        }
        // Of more than a memory can hold the oldest is forgotten, as ever.
        let (notes, chords) = (newest(notes, MOST_NOTES), newest(chords, MOST_CHORDS));
        let line = notes.map(|[key, step, length]| {
            (key < 128 && length > 0).then(|| LineNote::known(key, step, length)).ok_or("it holds a note that is none")
        });
        let chords = chords.map(|index| Chord::from_index(index.into()).ok_or("it holds a chord that is none"));
        Ok(Self { line: line.collect::<Result<_, _>>()?, chords: chords.collect::<Result<_, _>>()? })
    }
}

/// Takes in each note of the listener's lead line once, when it has ended.
#[derive(Clone, Copy, Debug, Default)]
struct Intake {
    /// How many are taken in.
    taken: u32,
}

impl Intake {
    /// The notes that are new, each with the one before it in its phrase.
    fn new_notes<'a>(&mut self, listener: &'a Listener) -> impl Iterator<Item = (Option<LeadNote>, LeadNote)> + 'a {
        let (ended, notes) = listener.ended_notes();
        // The listener may have taken a note back that it heard too soon.
        let new = (ended.wrapping_sub(self.taken) as i32).max(0) as usize;
        self.taken = ended;
        let first = notes.len().saturating_sub(new);
        (first..notes.len()).map(|index| (index.checked_sub(1).map(|before| notes[before]), notes[index]))
    }
}

/// Learns from what the listener understands. `Clone` is a snapshot that shares what is known.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    memory: Arc<Memory>,
    intake: Intake,
    /// The chord that is held, and for how many frames.
    held: Option<(Chord, u8)>,
}

impl Learner {
    /// Goes on from `memory`, with a listener that has heard nothing.
    pub fn new(memory: Arc<Memory>) -> Self {
        Self { memory, ..Self::default() }
    }

    /// What is known.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Knows `memory` from now on, and nothing else.
    pub fn remember(&mut self, memory: Arc<Memory>) {
        self.memory = memory;
    }

    /// Takes in what is new. Call once a frame.
    pub fn listen(&mut self, listener: &Listener) {
        for (before, note) in self.intake.new_notes(listener) {
            Arc::make_mut(&mut self.memory).hear_note(before, note);
        }
        let frames = |chord| self.held.filter(|held| held.0 == chord).map_or(1, |held| held.1.saturating_add(1));
        self.held = listener.held_chord().map(|chord| (chord, frames(chord)));
        if let Some((chord, STEADY)) = self.held {
            Arc::make_mut(&mut self.memory).hear_chord(chord);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::Tick;
    use crate::score::Heard;

    fn memory(notes: &[[u8; 3]], chords: &[u8]) -> Memory {
        Written { version: VERSION, notes: notes.to_vec(), chords: chords.to_vec() }.try_into().unwrap()
    }

    /// What is learnt of the events, a frame at a time.
    fn learnt(events: &[Heard], frames: Tick) -> Memory {
        let (mut listener, mut learner) = (Listener::default(), Learner::default());
        let mut events = events.iter().peekable();
        for frame in 0..frames {
            while let Some(heard) = events.next_if(|heard| heard.tick() < 6 * frame) {
                listener.hear(heard);
            }
            listener.advance(6 * frame);
            learner.listen(&listener);
        }
        Memory::clone(learner.memory())
    }

    fn note(tick: Tick, length: Tick, key: u8) -> [Heard; 2] {
        [Heard::NoteOn { tick, channel: 0, key, velocity: 80 }, Heard::NoteOff { tick: tick + length, channel: 0, key }]
    }

    #[test]
    fn each_note_of_the_lead_is_learnt_once_when_it_has_ended() {
        let mut events = [note(0, 10, 72), note(12, 5, 74), note(18, 20, 76), note(72, 10, 72)].concat();
        events.push(Heard::NoteOn { tick: 84, channel: 0, key: 79, velocity: 80 });
        let learnt = learnt(&events, 40);
        assert_eq!(learnt.line.len(), 4, "the last one is still held");
        assert_eq!(
            learnt,
            memory(&[[72, 0, 10], [74, 12, 5], [76, 6, 20], [72, 0, 10]], &[]),
            "a rest begins a phrase"
        );
    }

    #[test]
    fn a_chord_is_learnt_when_it_is_held_for_two_frames() {
        let chord = |tick, length, keys: [u8; 3]| keys.map(|key| note(tick, length, key)).concat();
        let mut events = [chord(0, 40, [48, 52, 55]), chord(48, 4, [53, 57, 60]), chord(54, 30, [50, 53, 57])].concat();
        events.sort_by_key(Heard::tick);
        let symbols: Vec<String> = learnt(&events, 30).chords.iter().map(Chord::to_string).collect();
        assert_eq!(symbols, ["C", "Dm"]);
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut memory = Memory::default();
        for index in 0..MOST_NOTES + 10 {
            memory.hear_note(None, LeadNote { key: (index % 128) as u8, onset: 0, length: 1 });
            memory.hear_chord(Chord::from_index(index % Chord::NONE_INDEX).unwrap());
        }
        assert_eq!((memory.line.len(), memory.chords.len()), (MOST_NOTES, MOST_CHORDS));
        assert_eq!(memory.line[0].key, 10);
    }

    #[test]
    fn a_full_memory_is_written_in_less_than_64_kb() {
        let full = memory(&[[127, 255, 255]; MOST_NOTES], &[143; MOST_CHORDS]);
        assert!(serde_json::to_string(&full).unwrap().len() < 64_000);
    }

    #[test]
    fn what_is_no_memory_is_refused() {
        let read = |text: &str| serde_json::from_str::<Memory>(text);
        assert!(read(r#"{"version":1,"notes":[[60,0,12]],"chords":[7]}"#).is_ok());
        for text in [
            "%",
            "{}",
            r#"{"version":2,"notes":[],"chords":[]}"#,
            r#"{"version":1,"notes":[[128,0,12]],"chords":[]}"#,
            r#"{"version":1,"notes":[[60,0,0]],"chords":[]}"#,
            r#"{"version":1,"notes":[[60,300,12]],"chords":[]}"#,
            r#"{"version":1,"notes":[],"chords":[144]}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_too_much_the_newest_is_read() {
        let notes: Vec<[u8; 3]> = (0..MOST_NOTES + 2).map(|index| [(index % 128) as u8, 0, 1]).collect();
        assert_eq!(memory(&notes, &[]), memory(&notes[2..], &[]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            notes in prop::collection::vec((0u8..128, any::<u8>(), 1u8..), 0..50),
            chords in prop::collection::vec(0u8..144, 0..50),
        ) {
            let notes: Vec<[u8; 3]> = notes.into_iter().map(|(key, step, length)| [key, step, length]).collect();
            let memory = memory(&notes, &chords);
            let text = serde_json::to_string(&memory).unwrap();
            let again: Memory = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &memory);
            prop_assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
    }
}
