//! Who played what in a take.

use std::collections::BTreeMap;

use continuo_models::Player;

use crate::host::performance::PlayedNote;
use crate::host::{Played, Take};

/// Someone who plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Who; `None` is the musician.
    pub player: Option<Player>,
    /// The notes in order of start, in ticks.
    pub notes: Vec<PlayedNote>,
}

impl Part {
    /// The name on tracks and legends.
    pub fn name(&self) -> &'static str {
        match self.player {
            None => "You",
            Some(Player::Voices) => "Voices",
            Some(Player::Chords) => "Chords",
            Some(Player::Bass) => "Bass",
            Some(Player::Lead) => "Lead",
        }
    }

    /// A General MIDI program that suits, counted from 0.
    pub fn program(&self) -> u8 {
        match self.player {
            None => 0,
            Some(Player::Voices) => 48,
            Some(Player::Chords) => 4,
            Some(Player::Bass) => 32,
            Some(Player::Lead) => 11,
        }
    }
}

/// The parts of a take up to tick `end`: what the musician played on channel 0, and what came back on the channels
/// 1–4 that the players have by default. A note that still sounds at `end` ends there.
pub fn split(take: &Take, ticks_per_sample: f64, end: f64) -> Vec<Part> {
    let mut parts = vec![Part { player: None, notes: inputs(take, ticks_per_sample, end) }];
    for (channel, player) in (1u8..).zip(Player::ALL) {
        let in_ticks = |note: &crate::host::Note| {
            let length = note.end.map_or(f64::INFINITY, |end| (end - note.start) as f64 * ticks_per_sample);
            PlayedNote {
                start: note.position,
                length: length.min(end - note.position),
                channel,
                key: note.key,
                velocity: note.velocity,
            }
        };
        let notes = take.notes(channel).iter().filter(|note| note.position < end).map(in_ticks).collect();
        parts.push(Part { player: Some(player), notes });
    }
    parts
}

/// What was played to the plug-in.
fn inputs(take: &Take, ticks_per_sample: f64, end: f64) -> Vec<PlayedNote> {
    use crate::host::Input;
    let mut notes: Vec<PlayedNote> = Vec::new();
    let mut sounding: BTreeMap<u8, usize> = BTreeMap::new();
    for event in &take.inputs {
        let tick = event.sample as f64 * ticks_per_sample;
        match event.input {
            Input::NoteOn { channel, key, velocity } => {
                sounding.insert(key, notes.len());
                notes.push(PlayedNote { start: tick, length: end - tick, channel, key, velocity });
            }
            Input::NoteOff { key, .. } => {
                if let Some(index) = sounding.remove(&key) {
                    notes[index].length = tick - notes[index].start;
                }
            }
            _ => {}
        }
    }
    notes
}

/// Note-ons of the musician that did not come back at their very sample, which is what the switch "thru" promises.
pub fn late_echoes(take: &Take) -> usize {
    use crate::host::Input;
    let mut expected: Vec<(u64, u8)> = take
        .inputs
        .iter()
        .filter_map(|event| match event.input {
            Input::NoteOn { key, .. } => Some((event.sample, key)),
            _ => None,
        })
        .collect();
    for event in &take.events {
        if let Played::NoteOn { channel: 0, key, .. } = event.played
            && let Some(index) = expected.iter().position(|wanted| *wanted == (event.sample, key))
        {
            expected.swap_remove(index);
        }
    }
    expected.len()
}
