//! The improviser against people and against rules, on melodies that arrive in real time.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chord, Frame, SlashChord, Tick};
use continuo_models::{Controls, Cue, Fork, FrameStart, Heard, Improviser, Networks, Player};
use continuo_options::eval::System;
use serde_json::json;

use super::corpus::Piece;
use super::measures::{FRAMES, Measures, NAMES, classes};
use super::recovery::{Jumping, Recovery};
use super::report::{Table, number, progress};
use super::rules::{Pace, follow, tonic_held};

/// How many of the worst pieces are told.
const WORST: usize = 20;

/// What plays the chords, in words.
fn title(system: System) -> &'static str {
    match system {
        System::Human => "human",
        System::TonicHeld => "rule: tonic of the tracked key held",
        System::FollowBeat => "rule: follow per beat",
        System::FollowSixteenth => "rule: follow per sixteenth",
        System::Anticipate => "network: anticipating",
        System::React => "network: reacting",
        System::Band => "network: the band as it plays",
    }
}

/// What a system played to one piece.
#[derive(Clone, Debug)]
pub struct Played {
    /// The piece.
    pub id: String,
    /// One chord per frame.
    pub chords: Vec<Option<SlashChord>>,
    /// How good it is.
    pub measures: Measures,
}

/// How good a system is.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The system.
    pub system: System,
    /// Piece by piece.
    pub pieces: Vec<Played>,
    /// The means over the pieces.
    pub mean: Measures,
    /// How it follows a jump of the melody; `None` for people, who do not.
    pub recovery: Option<Recovery>,
}

/// Judges a system on the first frames of `pieces`. `controls` are those of the band that plays to a piece.
pub fn judge(
    networks: &Arc<Networks>,
    pieces: &[Piece],
    system: System,
    controls: impl Fn(&Piece) -> Controls,
) -> Verdict {
    let bar = progress(title(system), pieces.len());
    let play = |piece: &Piece, frames: Frame| -> Vec<Option<SlashChord>> {
        let over_root = |chords: Vec<Option<Chord>>| chords.into_iter().map(|chord| chord.map(Into::into)).collect();
        match system {
            System::Human => piece.chord_frames(frames),
            System::TonicHeld => over_root(tonic_held(piece, frames)),
            System::FollowBeat => over_root(follow(piece, frames, Pace::Beat)),
            System::FollowSixteenth => over_root(follow(piece, frames, Pace::Sixteenth)),
            System::Anticipate => {
                improvise(networks, piece, frames, Controls { follow: 0.0, ..controls(piece) }, false)
            }
            System::React => improvise(networks, piece, frames, controls(piece), true),
            System::Band => improvise(networks, piece, frames, controls(piece), false),
        }
    };
    let mut recovery = (system != System::Human).then(Recovery::default);
    let judged: Vec<Played> = bar
        .wrap_iter(pieces.iter())
        .map(|piece| {
            let chords = play(piece, piece.frames().min(FRAMES));
            if let Some((recovery, jumping)) = recovery.as_mut().zip(Jumping::of(piece)) {
                recovery.add(&jumping, &classes(&play(&jumping.piece, jumping.frames())));
            }
            Played { id: piece.id.clone(), measures: Measures::of(piece, &classes(&chords)), chords }
        })
        .collect();
    let measures: Vec<Measures> = judged.iter().map(|played| played.measures).collect();
    Verdict { system, pieces: judged, mean: Measures::mean(&measures), recovery }
}

/// The chord that the band plays in each frame while it hears the melody; with `answers`, that of the answer to each
/// note that asks for another, until the band has changed its own.
fn improvise(
    networks: &Arc<Networks>,
    piece: &Piece,
    frames: Frame,
    mut controls: Controls,
    answers: bool,
) -> Vec<Option<SlashChord>> {
    for player in Player::ALL {
        controls.players[player].on = answers && player == Player::Voices;
    }
    let mut onsets = piece.melody.iter().peekable();
    let mut answered: Option<SlashChord> = None;
    let mut chords: Vec<Option<SlashChord>> = Vec::new();
    rehearse(networks, piece, frames, controls, |frame, improviser, cues| {
        let harmony = improviser.harmony();
        let standing = harmony.slash_chord();
        if cues.is_none() {
            chords[frame as usize..].fill(standing);
            answered = None;
            return;
        }
        if answers {
            answered = answered.filter(|_| !harmony.changes);
            while let Some(note) = onsets.next_if(|note| note.frame() <= frame) {
                let under = harmony.under[usize::from(note.key % 12)];
                let another = under.filter(|&chord| standing.is_some_and(|standing| standing.chord != chord));
                answered = another.map(SlashChord::from).or(answered);
            }
        }
        chords.push(answered.or(standing));
    });
    chords
}

/// Plays the melody of `piece` to a band in logical time. Shows what it has decided for each frame, with its cues, and
/// the frame of each fork that a note turned, without.
pub(super) fn rehearse(
    networks: &Arc<Networks>,
    piece: &Piece,
    frames: Frame,
    controls: Controls,
    mut show: impl FnMut(Frame, &Improviser, Option<&[Cue]>),
) {
    let mut improviser = Improviser::new(Arc::clone(networks));
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
                show(fork.frame, &improviser, None);
            }
        }
        cues.clear();
        let position = piece.position(frame_start(next));
        improviser.decide(&FrameStart::before(next, position, controls), &mut cues);
        fork = cues.iter().find_map(|cue| if let Cue::Fork(fork) = cue { Some(*fork) } else { None }).or(fork);
        show(next, &improviser, Some(&cues));
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

/// The verdicts as a table.
pub fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&[&["system"], &NAMES[..], &["recovery, beats"]].concat());
    for verdict in verdicts {
        let recovery = match &verdict.recovery {
            None => number(None, 0),
            Some(recovery) => recovery.beats().map_or("never".into(), |beats| beats.to_string()),
        };
        let cells = verdict.mean.values().map(|value| number(value, 3));
        table.row([title(verdict.system).to_owned()].into_iter().chain(cells).chain([recovery]));
    }
    table
}

/// Writes `SYSTEM.jsonl` (one line per piece: `id`, and `chords` as [onset, duration, root, quality, bass] in ticks),
/// `panel.json` and `worst.txt` to the folder `out`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(out: &Path, verdicts: &[Verdict]) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("{} could not be made", out.display()))?;
    let save = |name: &str, text: String| {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("{} could not be written", path.display()))
    };
    for verdict in verdicts {
        let lines = verdict.pieces.iter().map(|played| format!("{}\n", line(played)));
        save(&format!("{}.jsonl", verdict.system.name()), lines.collect())?;
    }
    let panel: Vec<_> = verdicts
        .iter()
        .map(|verdict| {
            json!({
                "system": verdict.system,
                "pieces": verdict.pieces.len(),
                "mean": verdict.mean,
                "recovery_beats": verdict.recovery.as_ref().and_then(Recovery::beats),
                "recovery": verdict.recovery,
            })
        })
        .collect();
    save("panel.json", serde_json::to_string_pretty(&panel)?)?;
    save("worst.txt", verdicts.iter().map(worst).collect())
}

fn line(played: &Played) -> serde_json::Value {
    let mut chords = Vec::new();
    let mut first = 0;
    for frames in played.chords.chunk_by(|a, b| a == b) {
        let length = frames.len() as Tick * TICKS_PER_FRAME;
        chords.push(match frames[0] {
            Some(SlashChord { chord, bass }) => json!([first, length, chord.root, chord.quality.name(), bass]),
            None => json!([first, length, -1, "", -1]),
        });
        first += length;
    }
    json!({ "id": played.id, "chords": chords })
}

/// The pieces with the least note-in-chord and agreement together: means hide them.
fn worst(verdict: &Verdict) -> String {
    let score = |played: &&Played| {
        let measures = &played.measures;
        measures.note_in_chord.unwrap_or(1.0) + measures.agreement_from_first_note.unwrap_or(1.0)
    };
    let mut pieces: Vec<&Played> = verdict.pieces.iter().collect();
    pieces.sort_by(|a, b| score(a).total_cmp(&score(b)));
    let mut table = Table::new(&[&["piece"], &NAMES[..]].concat());
    for played in pieces.into_iter().take(WORST) {
        let cells = played.measures.values().map(|value| number(value, 3));
        table.row([played.id.clone()].into_iter().chain(cells));
    }
    format!("{}\n{table}\n", title(verdict.system))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn verdict(system: System) -> Verdict {
        let notes: Vec<_> = (0..32).map(|beat| (24 * beat, 24, [60, 64, 67, 72][beat as usize % 4])).collect();
        let piece = made_up("tune", &notes, &[(0, 384, "C"), (384, 384, "Am7")]);
        judge(&Arc::default(), &[piece], system, |_| Controls::default())
    }

    #[test]
    fn people_agree_with_themselves() {
        let human = verdict(System::Human);
        assert_eq!((human.mean.agreement, human.recovery), (Some(1.0), None));
    }

    #[test]
    fn every_system_plays_a_chord_to_a_chord_of_c() {
        for &system in System::value_variants() {
            let played = &verdict(system).pieces[0];
            assert!(played.chords[60].is_some(), "{system:?}");
            assert!(played.measures.note_in_chord.is_some_and(|share| share > 0.4), "{system:?}: {played:?}");
        }
    }

    #[test]
    fn chords_are_written_with_onset_duration_root_quality_and_bass() {
        let human = line(&verdict(System::Human).pieces[0]);
        assert_eq!(human, json!({ "id": "tune", "chords": [[0, 384, 0, "maj", 0], [384, 384, 9, "min7", 9]] }));
    }
}
