//! The band hears a melody in logical time, and what it decided is looked at frame by frame.

use std::collections::BTreeMap;

use continuo_models::improviser::players::voices::answering::Answering;
use continuo_models::music::pitch::transposed;
use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame, PitchClass, SlashChord, Tick};
use continuo_models::{AnswerRow, Controls, Cue, Fork, FrameStart, Heard, Improviser, Player, Way};

use crate::eval::corpus::Piece;
use crate::eval::measures::{Measures, classes};
use crate::eval::report;

/// What happens to a frame.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It is decided, with these cues.
    Decided(&'a [Cue]),
    /// A fork in it was turned by a note of this class.
    Turned(PitchClass),
}

impl Event<'_> {
    /// The cues of a frame that is decided.
    pub fn cues(&self) -> &[Cue] {
        match self {
            Event::Decided(cues) => cues,
            Event::Turned(_) => &[],
        }
    }
}

/// Plays the melody of `piece` to the band. Shows what happens to each frame, with the band as it is after it.
pub fn rehearse(
    mut improviser: Improviser,
    piece: &Piece,
    frames: Frame,
    controls: Controls,
    mut show: impl FnMut(Frame, &Improviser, Event),
) {
    let events = events(piece);
    let mut events = events.iter().peekable();
    let mut cues = Vec::new();
    let mut fork: Option<Fork> = None;
    for next in 0..frames {
        let frame = next - 1;
        while let Some((tick, heard)) = events.next_if(|(tick, _)| *tick < frame_start(frame)) {
            improviser.hear(*heard);
            if let Heard::NoteOn { channel, key, .. } = *heard
                && let Some(fork) = fork.take_if(|fork| fork.is_turned_by(*tick, channel, key))
            {
                improviser.turn(fork.frame, Some(key % 12));
                show(fork.frame, &improviser, Event::Turned(key % 12));
            }
        }
        cues.clear();
        let position = piece.position(frame_start(next));
        improviser.decide(&FrameStart::before(next, position, controls), &mut cues);
        fork = cues.iter().find_map(|cue| if let Cue::Fork(fork) = cue { Some(*fork) } else { None }).or(fork);
        show(next, &improviser, Event::Decided(&cues));
    }
}

fn events(piece: &Piece) -> Vec<(Tick, Heard)> {
    let mut events: Vec<(Tick, Heard)> = Vec::new();
    for note in &piece.melody {
        let (tick, end, key) = (note.onset, note.onset + note.length, note.key);
        events.push((tick, Heard::NoteOn { tick, channel: 0, key, velocity: 80 }));
        events.push((end, Heard::NoteOff { tick: end, channel: 0, key }));
    }
    events.sort_by_key(|&(tick, heard)| (tick, matches!(heard, Heard::NoteOn { .. })));
    events
}

/// What the band plays.
#[derive(Clone, Debug, Default)]
pub struct Performance {
    /// The chord of each frame.
    pub chords: Vec<Option<SlashChord>>,
    /// The notes that Voices answers, in order.
    answered: Vec<Answered>,
}

/// A note that Voices answers.
#[derive(Clone, Copy, Debug)]
struct Answered {
    frame: Frame,
    /// Under a chord of another root or mode than Chords plays.
    under_another: bool,
    /// With a voice that grates with that.
    grates: bool,
}

impl From<Vec<Option<SlashChord>>> for Performance {
    fn from(chords: Vec<Option<SlashChord>>) -> Self {
        Self { chords, answered: Vec::new() }
    }
}

impl Performance {
    /// The frames from `first` up to `end`, counted from the first one on.
    pub fn stretch(&self, first: Frame, end: Frame) -> Self {
        let inside = self.answered.iter().filter(|note| (first..end).contains(&note.frame));
        Self {
            chords: self.chords[first as usize..end as usize].to_vec(),
            answered: inside.map(|note| Answered { frame: note.frame - first, ..*note }).collect(),
        }
    }

    /// How good it is as the harmony of the first frames of `piece`.
    pub fn measures(&self, piece: &Piece) -> Measures {
        let share =
            |is: fn(&Answered) -> bool| report::mean(self.answered.iter().map(|note| f64::from(u8::from(is(note)))));
        let mut measures = Measures::of(piece, &classes(&self.chords));
        measures.idiom.under_another = share(|note| note.under_another);
        measures.idiom.grating_answers = share(|note| note.grates);
        measures
    }
}

/// What the band plays to the melody of `piece`, Voices beside Chords.
pub fn as_played(improviser: Improviser, piece: &Piece, frames: Frame, controls: Controls) -> Performance {
    let mut chords: Vec<Option<SlashChord>> = Vec::new();
    let (mut rows, mut turns) = (Vec::new(), BTreeMap::new());
    rehearse(
        improviser,
        piece,
        frames,
        only(controls, &[Player::Voices, Player::Chords]),
        |frame, improviser, event| {
            let standing = improviser.harmony().slash_chord();
            match event {
                Event::Turned(class) => {
                    chords[frame as usize..].fill(standing);
                    turns.insert(frame, class);
                }
                Event::Decided(cues) => {
                    chords.push(standing);
                    rows.push((answers(cues), improviser.harmony().under));
                }
            }
        },
    );
    let mut answering = Answering::default();
    let mut answered = Vec::new();
    for note in &piece.melody {
        let frame = note.frame() as usize;
        let Some(standing) = chords.get(frame).copied().flatten() else { continue };
        let (rows, under) = &rows[frame];
        let holds = |way: &Option<Way>| way.is_none_or(|way| way.is_taken(turns.get(&way.fork).copied()));
        let Some((way, row)) = rows.iter().rev().find(|(way, _)| holds(way)) else { continue };
        let Some(reply) = answering.reply(row, note.onset, 0, note.key) else { continue };
        // On a way of its own an answer is under the chord of that way.
        let under = under[usize::from(note.key % 12)].filter(|_| way.is_none()).unwrap_or(standing.chord);
        let voices: Vec<u8> = reply.answer.keys().skip(1).collect();
        if !voices.is_empty() {
            answered.push(Answered {
                frame: frame as Frame,
                under_another: under.root_and_mode() != standing.chord.root_and_mode(),
                grates: voices.iter().any(|voice| grates(voice % 12, standing.chord)),
            });
        }
    }
    Performance { chords, answered }
}

/// The answers for a frame, and on which way they hold.
fn answers(cues: &[Cue]) -> Vec<(Option<Way>, AnswerRow)> {
    let mut on = None;
    let mut rows = Vec::new();
    for cue in cues {
        match cue {
            Cue::On(way) => on = Some(*way),
            Cue::Answers(row) => rows.push((on, *row)),
            _ => (),
        }
    }
    rows
}

/// Whether `class` is foreign to the chord and a semitone from one of its tones.
fn grates(class: PitchClass, chord: Chord) -> bool {
    !chord.contains(class) && [-1, 1].iter().any(|&step| chord.contains(transposed(class, step)))
}

/// The chord that the band plays in each frame; under each note that asks for another, and from there on until the band
/// has changed its own, that other one.
pub fn reacting(improviser: Improviser, piece: &Piece, frames: Frame, controls: Controls) -> Vec<Option<SlashChord>> {
    let mut onsets = piece.melody.iter().peekable();
    let mut answered: Option<SlashChord> = None;
    let mut chords: Vec<Option<SlashChord>> = Vec::new();
    rehearse(improviser, piece, frames, only(controls, &[Player::Voices]), |frame, improviser, event| {
        let harmony = improviser.harmony();
        let standing = harmony.slash_chord();
        if let Event::Turned(_) = event {
            chords[frame as usize..].fill(standing);
            answered = None;
            return;
        }
        answered = answered.filter(|_| !harmony.changes);
        while let Some(note) = onsets.next_if(|note| note.frame() <= frame) {
            let under = harmony.under[usize::from(note.key % 12)];
            let another = under.filter(|&chord| standing.is_some_and(|standing| standing.chord != chord));
            answered = another.map(SlashChord::from).or(answered);
        }
        chords.push(answered.or(standing));
    });
    chords
}

/// `controls` under which just these players play.
pub fn only(mut controls: Controls, play: &[Player]) -> Controls {
    for player in Player::ALL {
        controls.players[player].on = play.contains(&player);
    }
    controls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_note_grates_a_semitone_from_a_tone_of_the_chord() {
        let chord: Chord = "C".parse().unwrap();
        let grating: Vec<PitchClass> = (0..12).filter(|&class| grates(class, chord)).collect();
        assert_eq!(grating, [1, 3, 5, 6, 8, 11]);
    }
}
