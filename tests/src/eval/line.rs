//! A melody as the soloist reads it, note by note, and melodies of its own.

use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::improviser::chance::sampler::{Freedom, sample};
use continuo_models::improviser::listening::LeadNote;
use continuo_models::improviser::memory::{Ground, Junction, PieceSoFar, Recall, Trail, step_between, until_the_next};
use continuo_models::music::{Style, Tick};
use continuo_models::network::SoloistNetwork;
use continuo_models::network::features::{PitchMemory, TIME_CLASSES};
use continuo_models::network::plan::State;
use continuo_models::network::soloist::{DECAYS, LOWEST, LastNote, SoloistAttributes, SoloistInput, SoloistLogits};

use super::corpus::{Changes, Note, Piece};

/// Silence that begins a new phrase.
const PHRASE_REST: Tick = 24;

/// As the network believes.
pub const AS_BELIEVED: Freedom = Freedom { temperature: 1.0, nucleus: 1.0 };

/// On what condition a melody is played.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Condition {
    /// The style; `None` is "unknown".
    pub style: Option<Style>,
    /// A second style and its share, 0–1.
    pub blend: Option<(Style, f32)>,
    /// What the melody is to be like.
    pub attributes: SoloistAttributes,
    /// Whether the piece so far is heard beside the network, as Lead hears it; each note is then drawn as a whole.
    pub piece_so_far: bool,
}

/// The melody so far.
#[derive(Clone, Debug)]
pub struct Line {
    last: Option<Note>,
    before: Option<Note>,
    memories: [PitchMemory; DECAYS.len()],
    phrase: usize,
    trail: Trail,
    so_far: PieceSoFar,
}

impl Default for Line {
    fn default() -> Self {
        let memories = DECAYS.map(PitchMemory::new);
        Self { last: None, before: None, memories, phrase: 0, trail: Trail::default(), so_far: PieceSoFar::default() }
    }
}

impl Line {
    /// What the network reads at the onset of the next note.
    pub fn input(
        &self,
        piece: &Piece,
        changes: &Changes,
        onset: Tick,
        style: Option<Style>,
        attributes: SoloistAttributes,
    ) -> SoloistInput<'_> {
        let (chord, next_chord) = changes.around(onset);
        let rested = self.last.is_some_and(|last| onset - last.onset - last.length >= PHRASE_REST);
        SoloistInput {
            last: self.last.map(|last| LastNote {
                key: last.key,
                before: self.before.map(|before| before.key),
                length: last.length,
                time: onset - last.onset,
            }),
            position: piece.position(onset),
            tick: onset,
            chord,
            next_chord,
            memories: &self.memories,
            phrase: if rested { 0 } else { self.phrase },
            style,
            attributes,
        }
    }

    /// What Lead recalls of the piece so far at the onset of the next note.
    pub fn recall(&self, piece: &Piece, changes: &Changes, onset: Tick) -> Recall {
        let chord = changes.around(onset).0;
        let step = step_between(self.last.map(lead_note), onset);
        let into_bar = piece.position(onset).ticks_into_bar(onset);
        self.so_far.recall(Junction { trail: &self.trail, step, into_bar, chord, lowest: LOWEST.into() })
    }

    /// The next note, over the bars and chords of `piece`.
    pub fn put_down(&mut self, piece: &Piece, changes: &Changes, note: Note) {
        let ground = Ground { position: piece.position(note.onset), chord: changes.around(note.onset).0 };
        self.so_far.play(lead_note(note), ground);
        self.trail.put_down(self.last.map(lead_note), lead_note(note));
        let rested = self.last.is_some_and(|last| note.onset - last.onset - last.length >= PHRASE_REST);
        self.phrase = if rested { 1 } else { self.phrase + 1 };
        self.memories.iter_mut().for_each(|memory| memory.hear(note.key % 12));
        self.before = self.last.replace(note);
    }
}

fn lead_note(Note { onset, length, key }: Note) -> LeadNote {
    LeadNote { key, onset, length }
}

/// Where a melody begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first onset.
    pub from: Tick,
    /// No note begins here or later.
    pub until: Tick,
    /// The most notes.
    pub notes: usize,
}

/// A melody that the network plays over the chords and bars of `piece`, at temperature 1 and guided as in the band.
/// Another `seed` gives another.
///
/// # Errors
/// When the network fails.
pub fn solo(
    network: &SoloistNetwork,
    piece: &Piece,
    stretch: Stretch,
    condition: Condition,
    seed: u32,
) -> Result<Vec<Note>, String> {
    let changes = piece.changes();
    let mut states = [(); 4].map(|()| network.initial_state());
    let mut line = Line::default();
    let mut notes = Vec::new();
    let mut onset = stretch.from;
    while onset < stretch.until && notes.len() < stretch.notes {
        let [first, second, free, styled] = &mut states;
        let read = |style: Option<Style>, attributes, state: &mut State| {
            network.step(&line.input(piece, &changes, onset, style, attributes), state)
        };
        let mut told: SoloistLogits = read(condition.style, condition.attributes, first)?;
        if let Some((style, share)) = condition.blend {
            told = told.mixed(&read(Some(style), condition.attributes, second)?, share);
        }
        let unset = SoloistAttributes::default();
        let free = read(None, unset, free)?;
        let styled = if condition.attributes == unset { told } else { read(condition.style, unset, styled)? };
        let mut logits = told.guided(&styled, &free);
        let recall = condition.piece_so_far.then(|| line.recall(piece, &changes, onset));
        let random = Random::new(seed, notes.len() as i64);
        let draw = |logits: &[f32], purpose| {
            sample(logits, |_| true, AS_BELIEVED, random.uniform(purpose, 0)).ok_or("nothing can be drawn")
        };
        if let Some(recall) = &recall {
            recall.mix_time(&mut logits.time, 1.0);
        }
        let time = TIME_CLASSES[draw(&logits.time, Purpose::Time)?];
        if let Some(recall) = &recall {
            recall.mix_pitch(&mut logits.pitch, Some(time), 1.0);
        }
        let key = LOWEST + draw(&logits.pitch, Purpose::Pitch)? as u8;
        if let Some(recall) = &recall {
            logits.length = until_the_next(&logits.length, time);
            recall.mix_length(&mut logits.length, (time, key.into()), 1.0);
        }
        let length = TIME_CLASSES[draw(&logits.length, Purpose::Length)?].min(time);
        let note = Note { onset, length, key };
        line.put_down(piece, &changes, note);
        notes.push(note);
        onset += time;
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn the_network_reads_the_last_two_notes_and_the_phrase() {
        let piece = made_up("a", &[(0, 24, 60), (24, 24, 64), (48, 24, 67), (120, 24, 60)], &[(0, 192, "C")]);
        let changes = piece.changes();
        let mut line = Line::default();
        let mut read = Vec::new();
        for &note in &piece.melody {
            let input = line.input(&piece, &changes, note.onset, None, SoloistAttributes::default());
            read.push((input.last.map(|last| (last.key, last.before, last.time)), input.phrase));
            line.put_down(&piece, &changes, note);
        }
        assert_eq!(read[0], (None, 0));
        assert_eq!(read[1], (Some((60, None, 24)), 1));
        assert_eq!(read[2], (Some((64, Some(60), 24)), 2));
        assert_eq!(read[3], (Some((67, Some(64), 72)), 0), "after two beats of rest");
    }
}
