//! At the sample of a note: which of the ways to answer it joins best. Everything here takes a small, bounded time and
//! no memory, so that the audio thread may do it. It comes here once in a while, when none of this lies in its caches
//! any more: steps that are repeated are functions of their own, not copies in one large one, and so soon read.

use crate::music::Tick;
use crate::music::leading::{is_hidden, parallel};
use crate::score::{ANSWER_VOICES, AnswerRow};

/// Keys that are struck at most so many ticks apart are struck as a chord, of which the highest is the line.
const CHORD: Tick = 1;

/// What each place farther down the row of ways costs, in semitones of motion.
const PLACE: i32 = 3;

/// A voice that is not there costs more than any motion.
const MISSING: i32 = 1000;

/// A note of the musician and what answers it. Plain old data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The musician's MIDI key.
    pub key: u8,
    /// The MIDI key of each voice, the one next to the note first. A voice keeps its index from note to note.
    pub voices: [Option<u8>; ANSWER_VOICES],
}

impl Answer {
    /// The note, then the voices that sound, the nearest first.
    pub fn keys(&self) -> impl Iterator<Item = u8> + '_ {
        std::iter::once(self.key).chain(self.voices.iter().copied().flatten())
    }
}

impl AnswerRow {
    /// The answer to `key` that joins best to the one `before`. In strict styles no two of the note and its voices go
    /// on in parallel fifths or octaves; a voice that could not avoid them is silent.
    pub fn answer(&self, key: u8, before: Option<&Answer>) -> Answer {
        let mut best = (i32::MAX, Answer { key, voices: [None; ANSWER_VOICES] });
        for (place, way) in self.ways[usize::from(key % 12)].iter().enumerate() {
            let least = PLACE * place as i32;
            if best.0 <= least {
                break;
            }
            let (cost, answer) = self.tried(key, way, before);
            if least + cost < best.0 {
                best = (least + cost, answer);
            }
        }
        best.1
    }

    /// The answer in one of the ways, and what it costs wherever the way lies.
    #[inline(never)]
    fn tried(&self, key: u8, way: &[i8; ANSWER_VOICES], before: Option<&Answer>) -> (i32, Answer) {
        let answer = self.sung(key, way, before);
        let missing = answer.voices.iter().filter(|voice| voice.is_none()).count() as i32;
        (MISSING * missing + before.map_or(0, |before| self.motion(before, &answer)), answer)
    }

    /// The answer in one of the ways, without the voices that are out of range or move in forbidden parallels.
    fn sung(&self, key: u8, way: &[i8; ANSWER_VOICES], before: Option<&Answer>) -> Answer {
        let mut answer = Answer { key, voices: [None; ANSWER_VOICES] };
        for (index, &offset) in way.iter().enumerate().filter(|(_, offset)| **offset != 0) {
            let voice =
                u8::try_from(i16::from(key) + i16::from(offset)).ok().filter(|&voice| self.range.contains(voice));
            answer.voices[index] = voice;
            if self.strict && before.is_some_and(|before| is_forbidden(before, &answer, index)) {
                answer.voices[index] = None;
            }
        }
        answer
    }

    /// How far the voices move: along with the note, or by themselves.
    fn motion(&self, before: &Answer, after: &Answer) -> i32 {
        let moved = |from: u8, to: u8| i32::from(to) - i32::from(from);
        let along = if self.goes_along { moved(before.key, after.key) } else { 0 };
        let pairs = before.voices.iter().zip(&after.voices).filter_map(|(before, after)| before.zip(*after));
        let motion: i32 = pairs.map(|(from, to)| (moved(from, to) - along).abs()).sum();
        let outer = before.voices.iter().zip(&after.voices).rev().find_map(|(before, after)| before.zip(*after));
        let hidden = outer.is_some_and(|voice| is_hidden(voice, (before.key, after.key)));
        motion + if self.strict && hidden { 3 } else { 0 }
    }
}

/// Whether voice `index` makes parallel fifths or octaves with the note or with a voice nearer to it.
#[inline(never)]
fn is_forbidden(before: &Answer, after: &Answer, index: usize) -> bool {
    let voice = |index: usize| before.voices[index].zip(after.voices[index]);
    let Some(here) = voice(index) else { return false };
    let note = (before.key, after.key);
    std::iter::once(note).chain((0..index).filter_map(voice)).any(|other| parallel(other, here).is_some())
}

/// What is to sound, and what is to cease for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// Channel and key of a note whose answers end: it turns out to lie under the line, in one chord with this note.
    pub instead_of: Option<(u8, u8)>,
}

/// Remembers what was answered, from note to note. What it says depends on the rows and on the notes since
/// [`Answering::default`] alone. Plain old data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answering {
    /// The note that was answered last: when, on which channel, and how.
    last: Option<(Tick, u8, Answer)>,
    /// What came before the chord of which that note is the highest.
    before: Option<Answer>,
}

impl Answering {
    /// The answer of `row` to a note that is struck at `tick`; `None` if it is not of the lead line: the left hand's,
    /// or under a note that was struck with it.
    pub fn reply(&mut self, row: &AnswerRow, tick: Tick, channel: u8, key: u8) -> Option<Reply> {
        if !row.right_hand.plays(channel, key) {
            return None;
        }
        let chord = self.last.filter(|(last, ..)| (*last - CHORD..=*last + CHORD).contains(&tick));
        if chord.is_some_and(|(.., top)| key < top.key) {
            return None;
        }
        if chord.is_none() {
            self.before = self.last.map(|(.., answer)| answer);
        }
        let answer = row.answer(key, self.before.as_ref());
        self.last = Some((chord.map_or(tick, |(first, ..)| first), channel, answer));
        Some(Reply { answer, instead_of: chord.map(|(_, channel, top)| (channel, top.key)) })
    }
}
