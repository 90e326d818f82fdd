//! Who played what in a take.

use std::collections::{BTreeMap, BTreeSet};

use continuo_models::Player;

use crate::host::performance::PlayedNote;
use crate::host::take::InputEvent;
use crate::host::{Input, Note, Played, Take};

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
        self.player.map_or("You", |player| player.kind().name)
    }

    /// A General MIDI program that suits, counted from 0.
    pub fn program(&self) -> u8 {
        self.player.map_or(0, |player| player.kind().program)
    }
}

/// The parts of a take up to tick `end`: what the musician played, and what came back on the channels that the players
/// have by default. A note that still sounds at `end` ends there.
pub fn split(take: &Take, end: f64) -> Vec<Part> {
    let mut parts = vec![Part { player: None, notes: inputs(take, end) }];
    // With MPE the musician's notes come back on channels that players have as well.
    let copies = strikes(take);
    for player in Player::ALL {
        let channel = player.kind().channel;
        let in_ticks = |note: &Note| {
            let stop = note.end.map_or(end, |sample| take.tick_at(sample)).min(end);
            PlayedNote {
                start: note.position,
                length: stop - note.position,
                channel,
                key: note.key,
                velocity: note.velocity,
            }
        };
        let is_own = |note: &Note| note.position < end && !copies.contains(&(note.start, note.channel, note.key));
        let notes = take.notes(channel).iter().filter(|note| is_own(note)).map(in_ticks).collect();
        parts.push(Part { player: Some(player), notes });
    }
    parts
}

/// What was played to the plug-in. A key that is struck again ends first.
fn inputs(take: &Take, end: f64) -> Vec<PlayedNote> {
    let mut notes: Vec<PlayedNote> = Vec::new();
    let mut sounding: BTreeMap<(u8, u8), usize> = BTreeMap::new();
    for event in &take.inputs {
        let tick = take.tick_at(event.sample);
        let (key, struck) = match event.input {
            Input::NoteOn { channel, key, velocity } => ((channel, key), Some(velocity)),
            Input::NoteOff { channel, key } => ((channel, key), None),
            _ => continue,
        };
        if let Some(index) = sounding.remove(&key) {
            notes[index].length = tick - notes[index].start;
        }
        if let Some(velocity) = struck {
            sounding.insert(key, notes.len());
            notes.push(PlayedNote { start: tick, length: end - tick, channel: key.0, key: key.1, velocity });
        }
    }
    notes
}

/// Note-ons of the musician that did not come back at their very sample and on their channel, which is what the switch
/// "thru" promises.
pub fn late_echoes(take: &Take) -> usize {
    let mut expected = strikes(take);
    for event in &take.events {
        if let Played::NoteOn { channel, key, .. } = event.played {
            expected.remove(&(event.sample, channel, key));
        }
    }
    expected.len()
}

/// Sample, channel and key of the musician's note-ons.
fn strikes(take: &Take) -> BTreeSet<(u64, u8, u8)> {
    let strike = |event: &InputEvent| match event.input {
        Input::NoteOn { channel, key, .. } => Some((event.sample, channel, key)),
        _ => None,
    };
    take.inputs.iter().filter_map(strike).collect()
}

/// The channels on which the musician plays.
pub fn own_channels(take: &Take) -> Vec<u8> {
    let channels: BTreeSet<u8> = strikes(take).into_iter().map(|(_, channel, _)| channel).collect();
    channels.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::take::tests::take;

    #[test]
    fn every_player_a_guest_too_has_a_part_of_its_name() {
        let key = |player: Player| 60 + player as u8;
        let strike = |player: Player| -> [(f64, Played); 2] {
            let (channel, key) = (player.kind().channel, key(player));
            let ends = Played::NoteOff { channel, key, velocity: 0 };
            [(1.0, Played::NoteOn { channel, key, velocity: 90 }), (10.0, ends)]
        };
        let mut events = Player::ALL.map(strike).concat();
        events.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let parts = split(&take(48_000.0, &events), 96.0);
        assert_eq!((parts[0].name(), parts[0].notes.len(), parts.len()), ("You", 0, 1 + Player::COUNT));
        for (player, part) in Player::ALL.into_iter().zip(&parts[1..]) {
            let keys: Vec<u8> = part.notes.iter().map(|note| note.key).collect();
            assert_eq!((part.name(), keys), (player.kind().name, vec![key(player)]));
        }
    }
}
