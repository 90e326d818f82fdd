//! The band as the worker leads it: an improviser, and what it remembers of the loop that it is in.
//!
//! A pure state machine: its output depends only on the sequence of [`Played`] that it takes.

use std::sync::Arc;

use continuo_models::music::Tick;
use continuo_models::music::time::frame_start;
use continuo_models::{Cue, Heard, Improviser, Memory, Networks, Outlook};

use crate::seam::{Cycle, FrameCall, Played, StampedCue};

/// The band.
///
/// **Loops.** The frame before the turn of a loop asks for the first frame of the loop. The first time, the band keeps a copy
/// of itself as it stands before it decides that; each later time at the turn of the same loop it becomes that copy again. So
/// from the second pass on, a loop with the same playing repeats note for note. Leaving the loop, changing it or jumping
/// forgets the copy.
pub struct Band {
    networks: Arc<Networks>,
    improviser: Improviser,
    hands: Hands,
    memory: Option<(Cycle, Improviser, Hands)>,
    decided: Vec<Cue>,
    cues: Vec<StampedCue>,
}

impl Band {
    /// A band that has heard nothing, and knows of the musician what `learnt` holds.
    pub fn new(networks: Arc<Networks>, learnt: Arc<Memory>) -> Self {
        let mut improviser = Improviser::new(Arc::clone(&networks));
        improviser.remember(learnt);
        Self { improviser, networks, hands: Hands::default(), memory: None, decided: Vec::new(), cues: Vec::new() }
    }

    /// Takes what happened next. After a frame, gives the outlook; the frame's cues are in [`Band::cues`].
    pub fn take(&mut self, played: Played) -> Option<Outlook> {
        match played {
            Played::Heard(heard) => {
                self.hands.follow(heard);
                self.improviser.hear(heard);
                None
            }
            Played::Turned { frame, turn } => {
                self.improviser.turn(frame, turn);
                None
            }
            Played::Jump { .. } => {
                self.forget();
                None
            }
            Played::Frame(call) => {
                self.turn(&call);
                self.improviser.exchange(&self.networks);
                self.decided.clear();
                self.improviser.decide(&call.start, &mut self.decided);
                self.cues.clear();
                self.cues.extend(self.decided.iter().map(|&cue| StampedCue { epoch: call.epoch, cue }));
                Some(self.improviser.outlook())
            }
        }
    }

    /// What was decided for the last frame; the last one is [`Cue::Done`].
    pub fn cues(&self) -> &[StampedCue] {
        &self.cues
    }

    /// What the band has learnt of the musician.
    pub fn learnt(&self) -> &Arc<Memory> {
        self.improviser.memory()
    }

    /// Knows of the musician what `learnt` holds, and nothing else. A loop is learnt anew.
    pub fn remember(&mut self, learnt: Arc<Memory>) {
        self.improviser.remember(learnt);
        self.memory = None;
    }

    /// Forgets everything that was heard, but not what was learnt of the musician.
    pub fn forget(&mut self) {
        self.improviser.exchange(&self.networks);
        self.improviser.restart();
        self.hands = Hands::default();
        self.memory = None;
    }

    /// Goes on with other networks from the next frame on. The music goes on as well.
    pub fn exchange(&mut self, networks: Arc<Networks>) {
        self.networks = networks;
    }

    /// The networks.
    pub fn networks(&self) -> &Arc<Networks> {
        &self.networks
    }

    /// Sees to the memory of the loop before the frame is decided.
    fn turn(&mut self, call: &FrameCall) {
        if self.memory.as_ref().is_some_and(|(cycle, ..)| call.cycle != Some(*cycle)) {
            self.memory = None;
        }
        let (true, Some(cycle)) = (call.wraps, call.cycle) else { return };
        match &self.memory {
            None => self.memory = Some((cycle, self.improviser.clone(), self.hands.clone())),
            Some((_, improviser, hands)) => {
                self.improviser = improviser.clone();
                // The hands of today may not be where those of the copy were.
                for heard in hands.changes_to(&self.hands, frame_start(call.start.frame)) {
                    self.improviser.hear(heard);
                }
            }
        }
    }
}

/// Which keys and pedals the musician holds.
#[derive(Clone, Debug, PartialEq)]
struct Hands {
    /// By channel and key: the velocity, 0 for a key that is up.
    keys: Vec<u8>,
    pedals: u16,
}

impl Default for Hands {
    fn default() -> Self {
        Self { keys: vec![0; 16 * 128], pedals: 0 }
    }
}

impl Hands {
    fn follow(&mut self, heard: Heard) {
        let place = |channel: u8, key: u8| usize::from(channel & 15) << 7 | usize::from(key & 127);
        match heard {
            Heard::NoteOn { channel, key, velocity, .. } => self.keys[place(channel, key)] = velocity.max(1),
            Heard::NoteOff { channel, key, .. } => self.keys[place(channel, key)] = 0,
            Heard::Pedal { channel, down, .. } => {
                let bit = 1 << (channel & 15);
                self.pedals = if down { self.pedals | bit } else { self.pedals & !bit };
            }
        }
    }

    /// What has to happen at `tick` so that these hands become `other`: ends first.
    fn changes_to(&self, other: &Hands, tick: Tick) -> Vec<Heard> {
        let place = |index: usize| ((index >> 7) as u8, (index & 127) as u8);
        let mut changes = Vec::new();
        for index in 0..self.keys.len() {
            let (channel, key) = place(index);
            if self.keys[index] > 0 && other.keys[index] == 0 {
                changes.push(Heard::NoteOff { tick, channel, key });
            }
        }
        for channel in 0..16 {
            let down = other.pedals & 1 << channel != 0;
            if (self.pedals & 1 << channel != 0) != down {
                changes.push(Heard::Pedal { tick, channel, down });
            }
        }
        for index in 0..self.keys.len() {
            let (channel, key) = place(index);
            if self.keys[index] == 0 && other.keys[index] > 0 {
                changes.push(Heard::NoteOn { tick, channel, key, velocity: other.keys[index] });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::{BarPosition, Frame, Meter};
    use continuo_models::{Controls, Family, FrameStart, Player};

    use super::*;
    use crate::seam::NetworkSet;

    const CYCLE: Cycle = Cycle { start: 0, end: 96 };

    fn frame(frame: Frame, next: Frame, epoch: u32, cycle: Option<Cycle>) -> Played {
        let position = BarPosition { bar_start: 0, meter: Meter::default() };
        let start = FrameStart { frame, next, position, tempo: 120.0, controls: Controls::default() };
        let networks = NetworkSet::ALL[0];
        Played::Frame(FrameCall { start, networks, epoch, cycle, wraps: next != frame + 1 })
    }

    fn on(tick: i64, key: u8) -> Played {
        Played::Heard(Heard::NoteOn { tick, channel: 0, key, velocity: 90 })
    }

    fn off(tick: i64, key: u8) -> Played {
        Played::Heard(Heard::NoteOff { tick, channel: 0, key })
    }

    /// Frame `f` of a bar of loop with a tune; its cues.
    fn take_frame(band: &mut Band, epoch: u32, f: Frame) -> Vec<Cue> {
        let next = (f + 1) % 16;
        band.take(frame(f, next, epoch + u32::from(next == 0), Some(CYCLE)));
        let key = 60 + [0, 4, 7, 5][(f / 4) as usize];
        if f % 4 == 0 {
            band.take(on(f * 6, key));
        } else if f % 4 == 3 {
            band.take(off(f * 6, key));
        }
        band.cues().iter().map(|stamped| stamped.cue).collect()
    }

    /// One pass of the loop; the cues of each frame.
    fn pass(band: &mut Band, epoch: u32) -> Vec<Vec<Cue>> {
        (0..16).map(|f| take_frame(band, epoch, f)).collect()
    }

    #[test]
    fn a_loop_repeats_from_its_second_pass_on() {
        let mut band = Band::new(Arc::default(), Arc::default());
        let passes: Vec<_> = (0..4).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!(passes[2], passes[1]);
        assert_eq!(passes[3], passes[1]);
    }

    #[test]
    fn what_is_learnt_outlives_a_jump_and_a_loop_repeats_with_it() {
        let networks = Arc::new(Networks::built_in(Family::Gru).0);
        let mut band = Band::new(networks, Arc::default());
        pass(&mut band, 0);
        band.take(Played::Jump { epoch: 1 });
        assert!(!band.learnt().is_empty());
        let passes: Vec<_> = (1..4).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!(passes[2], passes[1]);
        band.remember(Arc::default());
        assert!(band.learnt().is_empty() && band.memory.is_none());
    }

    #[test]
    fn another_loop_is_another_memory() {
        let mut band = Band::new(Arc::default(), Arc::default());
        pass(&mut band, 0);
        assert!(band.memory.is_some());
        band.take(frame(0, 1, 1, Some(Cycle { start: 0, end: 192 })));
        assert!(band.memory.is_none());
        pass(&mut band, 1);
        band.take(Played::Jump { epoch: 9 });
        assert!(band.memory.is_none());
    }

    #[test]
    fn with_other_networks_the_music_goes_on() {
        let [one, other] = [Family::Gru, Family::Transformer].map(|family| Arc::new(Networks::built_in(family).0));
        let mut band = Band::new(one, Arc::default());
        pass(&mut band, 0);
        let key = band.improviser.outlook().key;
        band.exchange(other);
        let cues = pass(&mut band, 1).concat();
        assert!(key.is_some() && band.improviser.outlook().key.is_some());
        assert!(cues.iter().any(|cue| matches!(cue, Cue::Note(note) if note.player == Player::Chords)));
    }

    #[test]
    fn a_loop_repeats_though_the_networks_change_in_the_midst_of_it() {
        let sets = [Family::Gru, Family::Transformer].map(|family| Arc::new(Networks::built_in(family).0));
        let mut band = Band::new(Arc::clone(&sets[0]), Arc::default());
        let passes: Vec<Vec<Vec<Cue>>> = (0..4)
            .map(|epoch| {
                (0..16)
                    .map(|f| {
                        band.exchange(Arc::clone(&sets[usize::from(f >= 8)]));
                        take_frame(&mut band, epoch, f)
                    })
                    .collect()
            })
            .collect();
        assert_eq!(passes[2], passes[1]);
        assert_eq!(passes[3], passes[1]);
    }

    #[test]
    fn cues_bear_the_epoch_of_the_frame_and_end_with_done() {
        let mut band = Band::new(Arc::default(), Arc::default());
        band.take(frame(15, 0, 7, Some(CYCLE)));
        assert!(band.cues().iter().all(|stamped| stamped.epoch == 7));
        assert_eq!(band.cues().last().map(|stamped| stamped.cue), Some(Cue::Done(0)));
    }

    #[test]
    fn hands_that_have_moved_are_told_ends_first() {
        let (mut then, mut now) = (Hands::default(), Hands::default());
        then.follow(Heard::NoteOn { tick: 0, channel: 1, key: 60, velocity: 80 });
        now.follow(Heard::NoteOn { tick: 0, channel: 1, key: 64, velocity: 70 });
        now.follow(Heard::Pedal { tick: 0, channel: 2, down: true });
        let changes = then.changes_to(&now, 5);
        assert_eq!(
            changes,
            [
                Heard::NoteOff { tick: 5, channel: 1, key: 60 },
                Heard::Pedal { tick: 5, channel: 2, down: true },
                Heard::NoteOn { tick: 5, channel: 1, key: 64, velocity: 70 },
            ]
        );
        changes.into_iter().for_each(|heard| then.follow(heard));
        assert_eq!(then, now);
    }
}
