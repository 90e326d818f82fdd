//! How a drummer plays with the others: the kick with Bass, the snare where Chords leaves room, accents with the
//! musician.

use super::super::patterns::{Stroke, stroke};
use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::improviser::players::context::FrameContext;
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use crate::music::{BarPosition, Drum, Moment, Tick};
use crate::score::NoteCue;

/// Sixteenths of the longest bar whose onsets are remembered.
const SLOTS: usize = 32;
/// What an onset counts, and up to what a slot is filled.
const ONSET: u8 = 8;
const FULL: u8 = 2 * ONSET;
/// How much louder the drummer is where the musician strikes bar for bar, in MIDI velocity.
const WITH_YOU: i32 = 12;
/// How much softer than the softest of the bar the kick is where it joins Bass.
const JOINING: i8 = -4;
/// The chance that an optional stroke of the snare makes way for Chords, and that one of the kick does where Bass
/// rests.
const MAKES_WAY: f32 = 0.75;
const RESTS: f32 = 0.35;
/// Where one of these is struck, the kick does not join Bass.
const FIRM: [Drum; 3] = [Drum::Kick, Drum::Snare, Drum::Clap];
/// The first of the draws for these.
const DRAW: u32 = 8192;

/// Where in their bars the musician struck of late. `Clone` is a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Onsets {
    slots: [u8; SLOTS],
    newest: Option<Tick>,
    /// When listening began: a take hears nothing of what came before it.
    since: Option<Tick>,
}

impl Onsets {
    /// Takes note of the musician's `newest` onset at tick `now`, in bars as at `position`.
    pub fn hear(&mut self, newest: Option<Tick>, now: Tick, position: BarPosition) {
        let since = *self.since.get_or_insert(now);
        if newest == self.newest {
            return;
        }
        self.newest = newest;
        let Some(onset) = newest.filter(|onset| *onset >= since) else { return };
        let frames = (position.meter.bar_ticks() / TICKS_PER_FRAME).max(1);
        let frame = (position.ticks_into_bar(onset) + TICKS_PER_FRAME / 2) / TICKS_PER_FRAME % frames;
        if let Some(slot) = self.slots.get_mut(frame as usize) {
            *slot = (*slot + ONSET).min(FULL);
        }
    }

    /// Another bar begins: what was struck longer ago counts less.
    pub fn fade(&mut self) {
        self.slots.iter_mut().for_each(|slot| *slot = *slot * 5 / 8);
    }

    /// What was heard goes on `delta` ticks later.
    pub fn shift(&mut self, delta: Tick) {
        self.newest = self.newest.map(|onset| onset + delta);
        self.since = self.since.map(|since| since + delta);
    }

    /// How much louder than usual a stroke is that falls so many ticks into the bar, in MIDI velocity.
    pub fn accent(&self, ticks_into_bar: Tick) -> i32 {
        let slot = self.slots.get((ticks_into_bar / TICKS_PER_FRAME) as usize).copied().unwrap_or(0);
        // Once is no accent yet.
        i32::from(slot.saturating_sub(ONSET / 2)) * WITH_YOU / i32::from(FULL - ONSET / 2)
    }
}

/// The `strokes` of the frame as they fit what Bass and Chords begin in it, who are among `band`. `kick` is the accent
/// of the softest kick of the bar, if it has any.
pub fn fitted(
    strokes: impl Iterator<Item = (Tick, Stroke<Drum>)>,
    context: &FrameContext,
    band: &[NoteCue],
    kick: Option<i8>,
) -> Vec<(Tick, Stroke<Drum>)> {
    let tick = context.tick();
    let begins = |player: Player| {
        let frame = Moment::from_tick(tick)..Moment::from_tick(tick + TICKS_PER_FRAME);
        let mut own = band.iter().filter(move |cue| cue.player == player && frame.contains(&cue.start));
        own.next().map(|cue| cue.start.0 / Moment::from_tick(1).0)
    };
    let (bass, chords) = (begins(Player::Bass), begins(Player::Chords));
    let plays = |player: Player| context.controls.player(player).on;
    let chance = |draw: u32| context.random.uniform(Purpose::Drums, DRAW + draw);
    let makes_way = |at: Tick, stroke: &Stroke<Drum>| match stroke.touch {
        _ if stroke.from == 0 => false,
        Drum::Snare | Drum::SideStick => chords == Some(at) && chance(0) < MAKES_WAY,
        Drum::Kick => plays(Player::Bass) && bass != Some(at) && chance(1) < RESTS,
        _ => false,
    };
    let mut fitted: Vec<_> = strokes.filter(|(at, stroke)| !makes_way(*at, stroke)).collect();
    let is_free = |at: &Tick| {
        let is_off_beat = context.position.ticks_into_bar(*at) % TICKS_PER_QUARTER != 0;
        let is_taken = |(there, stroke): &(Tick, Stroke<Drum>)| there == at && FIRM.contains(&stroke.touch);
        is_off_beat && !fitted.iter().any(is_taken)
    };
    if let (Some(accent), Some(at)) = (kick, bass.filter(is_free))
        && chance(2) < context.controls.density(Player::Drums)
    {
        fitted.push((at, Stroke { accent: accent.saturating_add(JOINING), ..stroke(0, Drum::Kick) }));
    }
    fitted
}
