//! The hand on the panel's piano: what it plays comes to the callback at the first sample of a block, as what a host
//! brings.
//!
//! A panel sees the pointer, and a touch, some thirty times in a second: a key that goes down and up between two looks
//! is held for [`SHORTEST`] all the same. What has waited for longer than [`STALE`], because nothing was processed, is
//! not played any more. While a host renders nothing is: a bounce is what was heard, and nobody can be in time with it.

use std::time::{Duration, Instant};

use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

use crate::seam::{PanelKeysReader, Stroke};

/// The shortest time for which a key is held, in seconds.
const SHORTEST: f64 = 0.03;

/// A stroke that is older than this is not played.
const STALE: Duration = Duration::from_millis(250);

/// A block, for the hand.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Its first sample, counted on and on.
    pub sample: i64,
    /// Samples per second.
    pub sample_rate: f64,
    /// When it is processed; `None`: not known, and nothing is stale.
    pub now: Option<Instant>,
    /// Whether keys may be played and held: nobody renders, and the panel is there.
    pub plays: bool,
    /// The MIDI channel, 0–15, of keys that go down.
    pub channel: u8,
}

/// Reads the strokes. Belongs to the audio thread; never allocates after it was made.
pub struct PanelHand {
    strokes: PanelKeysReader,
    /// The keys that are down, and those of them that are to come up as soon as they have been held for long enough:
    /// one bit for each.
    held: u128,
    lifted: u128,
    /// When each key went down, as a sample, and on which channel.
    struck: [(i64, u8); 128],
    /// A stroke that waits until the key on which it falls has come up.
    waiting: Option<Stroke>,
}

impl PanelHand {
    /// A hand that holds nothing.
    pub fn new(strokes: PanelKeysReader) -> Self {
        Self { strokes, held: 0, lifted: 0, struck: [(0, 0); 128], waiting: None }
    }

    /// Everything has come up; what was played meanwhile is forgotten.
    pub fn let_go(&mut self) {
        (self.held, self.lifted, self.waiting) = (0, 0, None);
    }

    /// What the hand does next at the start of the block; `None`: nothing more.
    pub fn next(&mut self, moment: &Moment) -> Option<NoteEvent<()>> {
        if !moment.plays {
            self.strokes.by_ref().for_each(drop);
            (self.waiting, self.lifted) = (None, self.held);
        }
        let shortest = if moment.plays { (SHORTEST * moment.sample_rate) as i64 } else { 0 };
        let is_due = |struck: i64| moment.sample - struck >= shortest;
        let mut lifted = self.lifted;
        while lifted != 0 {
            let key = lifted.trailing_zeros() as u8;
            if is_due(self.struck[usize::from(key)].0) {
                return Some(self.lift(key));
            }
            lifted &= lifted - 1;
        }
        while let Some(stroke) = self.waiting.take().or_else(|| self.strokes.next()) {
            let (key, bit) = (stroke.key & 127, 1 << (stroke.key & 127));
            let is_stale = moment.now.is_some_and(|now| now.saturating_duration_since(stroke.at) > STALE);
            if stroke.velocity > 0.0 && !is_stale {
                if self.held & bit != 0 {
                    self.waiting = Some(stroke);
                    return Some(self.lift(key));
                }
                self.held |= bit;
                self.struck[usize::from(key)] = (moment.sample, moment.channel & 15);
                let (timing, voice_id) = (0, VoiceID::Wildcard);
                let (channel, key) = (Channel::Number(moment.channel & 15), Key::Number(key));
                return Some(NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: stroke.velocity });
            }
            if stroke.velocity <= 0.0 && self.held & bit != 0 {
                if is_due(self.struck[usize::from(key)].0) {
                    return Some(self.lift(key));
                }
                self.lifted |= bit;
            }
        }
        None
    }

    fn lift(&mut self, key: u8) -> NoteEvent<()> {
        self.held &= !(1 << key);
        self.lifted &= !(1 << key);
        let (timing, voice_id) = (0, VoiceID::Wildcard);
        let (channel, key) = (Channel::Number(self.struck[usize::from(key)].1), Key::Number(key));
        NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::PanelKeys;

    const BLOCK: Moment = Moment { sample: 0, sample_rate: 48_000.0, now: None, plays: true, channel: 0 };

    fn hand() -> (PanelKeys, PanelHand) {
        let keys = PanelKeys::default();
        let hand = PanelHand::new(keys.reader());
        (keys, hand)
    }

    /// Key and whether it goes down, of all that the hand does at `moment`.
    fn played(hand: &mut PanelHand, moment: Moment) -> Vec<(u8, bool)> {
        let event = |event| match event {
            NoteEvent::NoteOn { key, .. } => (key.number().unwrap(), true),
            NoteEvent::NoteOff { key, .. } => (key.number().unwrap(), false),
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| hand.next(&moment)).map(event).collect()
    }

    #[test]
    fn a_key_that_is_struck_and_let_go_at_once_is_held_for_a_while() {
        let (keys, mut hand) = hand();
        keys.send(60, 0.5);
        keys.send(60, 0.0);
        assert_eq!(played(&mut hand, BLOCK), [(60, true)]);
        assert_eq!(played(&mut hand, Moment { sample: 1000, ..BLOCK }), []);
        assert_eq!(played(&mut hand, Moment { sample: 1440, ..BLOCK }), [(60, false)]);
        assert_eq!(played(&mut hand, Moment { sample: 2880, ..BLOCK }), []);
    }

    #[test]
    fn a_key_that_is_struck_again_comes_up_before() {
        let (keys, mut hand) = hand();
        for velocity in [0.5, 0.0, 0.8] {
            keys.send(60, velocity);
        }
        assert_eq!(played(&mut hand, BLOCK), [(60, true), (60, false), (60, true)]);
        assert_eq!(played(&mut hand, Moment { sample: 48_000, ..BLOCK }), [], "it is held");
    }

    #[test]
    fn a_key_comes_up_on_the_channel_on_which_it_went_down() {
        let (keys, mut hand) = hand();
        keys.send(60, 0.5);
        played(&mut hand, Moment { channel: 3, ..BLOCK });
        keys.send(60, 0.0);
        let up = hand.next(&Moment { sample: 48_000, channel: 0, ..BLOCK });
        assert!(matches!(up, Some(NoteEvent::NoteOff { channel: Channel::Number(3), .. })), "{up:?}");
    }

    #[test]
    fn while_nothing_may_be_played_keys_come_up_and_strokes_are_dropped() {
        let (keys, mut hand) = hand();
        keys.send(60, 0.5);
        assert_eq!(played(&mut hand, BLOCK), [(60, true)]);
        keys.send(64, 0.5);
        assert_eq!(played(&mut hand, Moment { plays: false, ..BLOCK }), [(60, false)]);
        keys.send(60, 0.0);
        keys.send(64, 0.0);
        assert_eq!(played(&mut hand, Moment { sample: 48_000, ..BLOCK }), []);
    }

    #[test]
    fn what_has_waited_for_long_is_not_played_but_what_it_ended_ends() {
        let (keys, mut hand) = hand();
        keys.send(60, 0.5);
        played(&mut hand, BLOCK);
        keys.send(60, 0.0);
        keys.send(64, 0.5);
        let late = Moment { sample: 48_000, now: Some(Instant::now() + STALE * 2), ..BLOCK };
        assert_eq!(played(&mut hand, late), [(60, false)]);
    }
}
