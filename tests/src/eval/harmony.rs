//! The improviser against people and against a rule, on melodies that arrive in real time.

use std::sync::Arc;

use continuo_models::music::time::frame_start;
use continuo_models::music::{Chord, Frame, Tick};
use continuo_models::{Controls, FrameStart, Heard, Improviser, Networks, Player};

use super::corpus::Piece;
use super::measures::{FRAMES, Measures, NAMES};
use super::rules::tonic_held;

/// What plays the chords.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum System {
    /// The chords that people wrote.
    Human,
    /// The tonic triad of the tracked key.
    TonicHeld,
    /// The improviser, with this `follow`.
    Improviser(f32),
    /// The same, and under each played note the chord of its answer.
    Answers(f32),
}

impl System {
    fn name(self) -> String {
        match self {
            System::Human => "human".into(),
            System::TonicHeld => "rule: tonic of the tracked key held".into(),
            System::Improviser(follow) => format!("improviser, follow {follow}"),
            System::Answers(follow) => format!("its answers to the notes, follow {follow}"),
        }
    }
}

/// A line of the result: the system's name and its mean measures.
pub type Row = (String, [f64; 6]);

/// Judges each system on the first frames of `pieces`.
pub fn evaluate(
    networks: &Arc<Networks>,
    pieces: &[Piece],
    systems: &[System],
    controls: impl Fn(&Piece) -> Controls,
) -> Vec<Row> {
    let row = |&system: &System| {
        let judged: Vec<Measures> = pieces
            .iter()
            .map(|piece| {
                let frames = piece.frames().min(FRAMES);
                let chords = match system {
                    System::Human => piece.chord_frames(frames),
                    System::TonicHeld => tonic_held(piece, frames),
                    System::Improviser(follow) => {
                        improvise(networks, piece, frames, Controls { follow, ..controls(piece) }, false)
                    }
                    System::Answers(follow) => {
                        improvise(networks, piece, frames, Controls { follow, ..controls(piece) }, true)
                    }
                };
                Measures::of(piece, &chords)
            })
            .collect();
        (system.name(), Measures::mean(&judged))
    };
    systems.iter().map(row).collect()
}

/// The chord that the band plays in each frame while it hears the melody; with `answers`, that of the answer to each
/// note while the note sounds.
fn improvise(
    networks: &Arc<Networks>,
    piece: &Piece,
    frames: Frame,
    mut controls: Controls,
    answers: bool,
) -> Vec<Option<Chord>> {
    for player in Player::ALL {
        controls.players[player as usize].on = answers && player == Player::Voices;
    }
    let mut improviser = Improviser::new(Arc::clone(networks));
    let events = events(piece);
    let mut events = events.iter().peekable();
    let mut onsets = piece.melody.iter().peekable();
    let mut cues = Vec::new();
    let mut answered: Option<(Tick, Option<Chord>)> = None;
    (0..frames)
        .map(|next| {
            let frame = next - 1;
            while let Some((_, heard)) = events.next_if(|(tick, _)| *tick < frame_start(frame)) {
                improviser.hear(*heard);
            }
            cues.clear();
            let position = piece.position(frame_start(next));
            improviser.decide(&FrameStart { frame, next, position, tempo: 120.0, controls }, &mut cues);
            let harmony = improviser.harmony();
            if answers {
                while let Some(note) = onsets.next_if(|note| note.frame() <= next) {
                    let under = harmony.under[usize::from(note.key % 12)];
                    answered = Some((note.onset + note.length, under));
                }
                if let Some((_, chord)) = answered.filter(|(end, _)| *end > frame_start(next)) {
                    return chord;
                }
            }
            harmony.chord
        })
        .collect()
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

/// The rows as a table.
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![format!("{:42}{}", "", NAMES.map(|name| format!("{name:>15}")).concat())];
    for (name, values) in rows {
        lines.push(format!("{name:42}{}", values.map(|value| format!("{value:>15.3}")).concat()));
    }
    lines.join("\n")
}
