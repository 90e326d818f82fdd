//! Which hand plays what: told apart by ear, or by channel.

use super::keyboard::keys_of;
use crate::channels::{Channels, RightHand};
use crate::music::Tick;
use crate::music::time::TICKS_PER_QUARTER;

/// What was heard of a hand longer ago than this says nothing about where it is.
const LAPSE: Tick = 8 * TICKS_PER_QUARTER;
/// The widest stroke of one hand in semitones.
const SPAN: u8 = 14;
/// Semitones below the middle of the right hand from which on a note is the left hand's, if that was not heard of late:
/// a single note, and the middle of a chord.
const BELOW_RIGHT: (f32, f32) = (14.0, 10.0);
/// So many semitones below its last note, the right hand may still go on.
const RIGHT_LEAP: f32 = 9.0;
/// The middle of a chord below this is the left hand's, if nothing else is known.
const LEFT_ALONE: f32 = 57.0;
/// Notes of the right hand that say where it is.
const SETTLED: u32 = 3;

/// Where a hand is of late, in MIDI keys.
#[derive(Clone, Copy, Debug)]
struct Reach {
    low: f32,
    high: f32,
    middle: f32,
    newest: f32,
    /// When it was heard last.
    last: Tick,
}

impl Reach {
    fn of(key: u8, now: Tick) -> Self {
        let key = f32::from(key);
        Self { low: key, high: key, middle: key, newest: key, last: now }
    }

    /// The reach goes out to a new key quickly and comes back slowly.
    fn stretch(&mut self, key: u8, now: Tick) {
        let key = f32::from(key);
        self.low += if key < self.low { 0.5 } else { 0.06 } * (key - self.low);
        self.high += if key > self.high { 0.5 } else { 0.06 } * (key - self.high);
        self.middle += 0.12 * (key - self.middle);
        self.newest = key;
        self.last = now;
    }

    fn is_recent(&self, now: Tick) -> bool {
        now - self.last < LAPSE
    }
}

/// The musician's two hands. By ear, the border between them lies half way between where each of them is, so that it
/// follows the player; a player of one line has only a right hand, wherever it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hands {
    channels: Channels,
    /// The keys that the left hand struck last, one bit each.
    left_keys: u128,
    left: Option<Reach>,
    right: Option<Reach>,
    /// Strokes of the right hand.
    strokes: u32,
    /// When the left hand played a chord or under a sounding lead last: no melody is like that.
    accompanied: Option<Tick>,
}

impl Hands {
    /// What each channel is.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// From now on each channel is what `channels` say.
    pub fn play_on(&mut self, channels: Channels) {
        self.channels = channels;
    }

    /// A key goes down.
    pub fn press(&mut self, channel: u8, key: u8) {
        self.left_keys = self.left_keys & !(1 << key) | u128::from(self.channels.is_left(channel)) << key;
    }

    /// The keys that the left hand struck last, one bit each.
    pub fn left_keys(&self) -> u128 {
        self.left_keys
    }

    /// Whether the musician plays the hands on channels of their own.
    pub fn are_told(&self) -> bool {
        self.channels.tell_hands()
    }

    /// Of the keys that are struck together while `lead` is held, those of the left hand.
    pub fn left_of(&self, struck: u128, lead: Option<u8>, now: Tick) -> u128 {
        if self.are_told() {
            return struck & self.left_keys;
        }
        let Some((low, top)) = ends(struck) else { return 0 };
        let under = lead.filter(|&lead| top < lead);
        let (left, right) = (self.left_of_late(now), self.right_of_late(now));
        let far_under = under.map(|lead| f32::from(lead) - BELOW_RIGHT.0);
        let border = match (left, right) {
            (Some(left), Some(right)) => Some((left.high + right.low) / 2.0),
            (Some(left), None) => Some((left.high + 0.5).max(far_under.unwrap_or(0.0))),
            (None, Some(right)) => Some((right.middle - BELOW_RIGHT.0).min(right.newest - RIGHT_LEAP)),
            (None, None) => far_under,
        };
        let together = top - low <= SPAN;
        let joined = right.is_some_and(|right| left.is_some() && f32::from(top) >= right.low);
        if struck.count_ones() >= 3 && together && !joined {
            let limit = match (left, right) {
                (Some(_), _) => border,
                _ if under.is_some() => return struck,
                (None, Some(right)) => Some(right.middle - BELOW_RIGHT.1),
                (None, None) => Some(LEFT_ALONE),
            };
            let middle = f32::from(low + top) / 2.0;
            return if limit.is_some_and(|limit| middle < limit) { struck } else { 0 };
        }
        match border {
            Some(border) if !is_octave_of_right(struck, left, border) => below(struck, border),
            None if !together => below_widest_gap(struck),
            _ => 0,
        }
    }

    /// What [`RightHand`] must know so that it tells chords that are struck while `lead` is held as [`Hands::left_of`]
    /// does: `chords_below` and `joined_from`.
    pub fn borders_of_chords(&self, lead: Option<u8>, now: Tick) -> (u8, u8) {
        let (left, right) = (self.left_of_late(now), self.right_of_late(now));
        let limit = match (left, right) {
            (Some(left), Some(right)) => (left.high + right.low) / 2.0,
            (Some(left), None) => (left.high + 0.5).max(lead.map_or(0.0, |lead| f32::from(lead) - BELOW_RIGHT.0)),
            (None, _) if lead.is_some() => 127.0,
            (None, Some(right)) => right.middle - BELOW_RIGHT.1,
            (None, None) => LEFT_ALONE,
        };
        let joined = right.filter(|_| left.is_some()).map_or(128.0, |right| right.low.ceil());
        ((2.0 * limit).ceil() as u8, joined as u8)
    }

    /// The keys that were struck together while `lead` was held are no longer in question.
    pub fn settle(&mut self, struck: u128, lead: Option<u8>, now: Tick) {
        let left = self.left_of(struck, lead, now);
        self.left_keys = self.left_keys & !struck | left;
        keys_of(left).for_each(|key| stretch(&mut self.left, key, now));
        if left.count_ones() >= 3 || (left != 0 && lead.is_some()) {
            self.accompanied = Some(now);
        }
        let right = struck & !left;
        if ends(right).is_some_and(|(_, top)| lead.is_none_or(|lead| top > lead)) {
            keys_of(right).for_each(|key| stretch(&mut self.right, key, now));
            self.strokes = self.strokes.saturating_add(1);
        }
    }

    /// What was learnt since the hands were as `before` was a mistake.
    pub fn unlearn(&mut self, before: &Hands) {
        *self = Self { channels: self.channels, left_keys: self.left_keys, ..*before };
    }

    /// A key that was in question came and went under a lead that sounds on: it was the left hand's.
    pub fn hear_accompaniment(&mut self, key: u8, now: Tick) {
        stretch(&mut self.left, key, now);
        self.accompanied = Some(now);
    }

    /// The right hand plays `key`, which was in question.
    pub fn hear_lead(&mut self, key: u8, now: Tick) {
        stretch(&mut self.right, key, now);
    }

    /// The right hand has held a key until now.
    pub fn hear_right_until(&mut self, now: Tick) {
        if let Some(right) = &mut self.right {
            right.last = now;
        }
    }

    /// Moves the past by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        for reach in [&mut self.left, &mut self.right].into_iter().flatten() {
            reach.last += delta;
        }
        self.accompanied = self.accompanied.map(|tick| tick + delta);
    }

    fn left_of_late(&self, now: Tick) -> Option<Reach> {
        let accompanies = self.accompanied.is_some_and(|tick| now - tick < LAPSE);
        self.left.filter(|left| left.is_recent(now) && (accompanies || self.right_of_late(now).is_some()))
    }

    fn right_of_late(&self, now: Tick) -> Option<Reach> {
        self.right.filter(|right| right.is_recent(now) && self.strokes >= SETTLED)
    }
}

impl RightHand {
    /// Of the keys that are struck together, those of the left hand, as far as one can tell by ear.
    pub fn left_of(&self, struck: u128) -> u128 {
        let Some((low, top)) = ends(struck) else { return 0 };
        let together = top - low <= SPAN;
        if struck.count_ones() >= 3 && together && top < self.joined_from {
            return if low + top < self.chords_below { struck } else { 0 };
        }
        match self.lowest {
            0 if together => 0,
            0 => below_widest_gap(struck),
            lowest => struck & ((1 << lowest) - 1),
        }
    }
}

fn stretch(reach: &mut Option<Reach>, key: u8, now: Tick) {
    reach.get_or_insert(Reach::of(key, now)).stretch(key, now);
}

/// Whether the keys are two an octave apart, of which the upper one is the right hand's and the left one is not near.
fn is_octave_of_right(struck: u128, left: Option<Reach>, border: f32) -> bool {
    ends(struck).is_some_and(|(low, top)| {
        struck.count_ones() == 2
            && top - low == 12
            && f32::from(top) >= border
            && left.is_none_or(|left| f32::from(low) > left.high)
    })
}

/// The lowest and the highest of the keys.
fn ends(keys: u128) -> Option<(u8, u8)> {
    (keys != 0).then(|| (keys.trailing_zeros() as u8, 127 - keys.leading_zeros() as u8))
}

fn below(keys: u128, border: f32) -> u128 {
    keys_of(keys).filter(|&key| f32::from(key) < border).fold(0, |below, key| below | 1 << key)
}

fn below_widest_gap(keys: u128) -> u128 {
    let gaps = keys_of(keys).zip(keys_of(keys).skip(1));
    let widest = gaps.fold((0, 0), |widest, (low, high)| widest.max((high - low, high)));
    below(keys, f32::from(widest.1))
}
