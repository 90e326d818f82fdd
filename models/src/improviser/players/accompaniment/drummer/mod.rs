//! The drummer.

mod beaters;
mod filling;
mod interplay;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::groove::{Groove, density};
use super::patterns::{self, Fill, Stroke, stroke};
use super::reshaping::Reshaping;
use crate::controls::{Beaters, Player, in_range};
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel;
use crate::improviser::players::plays::{BassKeys, Plays};
use crate::improviser::players::strokes::captured::Captured;
use crate::music::{Drum, Moment, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

use filling::{Filling, TIME};
use interplay::Onsets;

/// How long a stroke sounds, in ticks: a drum rings as it will.
const LENGTH: Tick = 6;
/// How much louder or softer than the musician a drummer may be set, in MIDI velocity.
const LOUDNESS: f32 = 36.0;
/// How loud a drummer is beside the musician who is not asked for more: fifteen sixteenths.
const BELOW_YOU: (i32, i32) = (15, 16);
/// Above this, MIDI velocities come half as near to the loudest: what humanise and dynamics add has room.
const LOUD: i32 = 96;
/// What ends a piece without a fill before it.
const END: [Stroke<Drum>; 2] = [stroke(0, Drum::Kick), stroke(0, Drum::Crash)];

/// Keeps time in the patterns of the style as long as the band has a chord, fills where sections end, and ends with the
/// band.
#[derive(Clone, Debug, Default)]
pub struct Drummer {
    groove: Groove,
    reshaping: Reshaping<Drum>,
    /// That of the bar.
    filling: Option<Filling>,
    last_fill: Option<&'static Fill>,
    /// What is struck on the barline to which a fill leads.
    landing: Option<(Tick, &'static [Stroke<Drum>])>,
    onsets: Onsets,
}

impl Plays for Drummer {
    fn prepare(&mut self, context: &FrameContext, listener: &Listener) {
        self.onsets.hear(listener.last_onset(), context.tick(), context.position);
        let whose = (Player::Drums, Purpose::Drums);
        if let Some(patterns) = &patterns::of_style(context.style).drums {
            self.groove.may_fill(filling::comes(&drawing(context)));
            self.groove.prepare(context, listener, patterns, whose);
        }
        self.reshaping.prepare(context, listener, &mut self.groove, whose);
    }

    fn decide(&mut self, context: &FrameContext, _: &Listener, _: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let style = patterns::of_style(context.style);
        let Some(patterns) = &style.drums else {
            (self.filling, self.landing) = (None, None);
            return;
        };
        let tick = context.tick();
        let landing = self.landing.filter(|(barline, _)| *barline == tick).map(|(_, strokes)| strokes);
        let drawing = drawing(context);
        self.groove.may_fill(filling::comes(&drawing));
        if self.groove.follow(context, patterns, Player::Drums, Purpose::Drums) {
            self.onsets.fade();
            let (fills, idiom, meter) = (style.fills.as_ref(), style.idioms.of(context), context.position.meter);
            // What was played may be a fill as it is, and leads where the style's longest does.
            let played = fills.filter(|_| self.groove.is_fill()).and_then(|fills| fills.of(meter).last());
            let written = fills.filter(|_| !self.groove.is_fill());
            self.filling = written.and_then(|fills| Filling::of_bar(&drawing, fills, idiom, self.last_fill));
            let fill = self.filling.map(|filling| filling.fill());
            self.last_fill = fill.or(self.last_fill);
            let barline = tick - context.ticks_into_bar() + meter.bar_ticks();
            self.landing = fill.or(played).map(|fill| (barline, &fill.landing[..]));
        }
        if context.chord.is_none() || context.ends.is_some_and(|end| end < tick) {
            return;
        }
        let mut strokes = self.reshaping.of(self.groove.strokes(context, patterns, Purpose::Drums));
        if let Some(filling) = self.filling {
            strokes = strokes.changed(|strokes| filling.filled(strokes, density(context, Player::Drums)));
        }
        let kick = strokes.all().filter(|stroke| stroke.touch == Drum::Kick).map(|stroke| stroke.accent).min();
        let of_a_band = strokes.of_a_band;
        let due = strokes.due().map(|(_, at, stroke)| (at, stroke));
        let mut struck = match (landing, context.ends == Some(tick)) {
            (landing, true) => landing.unwrap_or(&END).iter().map(|&stroke| (tick, stroke)).collect(),
            (Some(landing), false) if !landing.is_empty() => {
                let stays = |(at, stroke): &(Tick, Stroke<Drum>)| {
                    *at != tick || !TIME.contains(&stroke.touch) && !landing.iter().any(|own| own.touch == stroke.touch)
                };
                landing.iter().map(|&stroke| (tick, stroke)).chain(due.filter(stays)).collect()
            }
            // Who played together fits as it is.
            _ if of_a_band => due.collect(),
            _ => interplay::fitted(due, context, out, kick),
        };
        self.sweep(context, &mut struck);
        self.strike(context, &struck, out);
    }

    fn exchange(&mut self, networks: &Networks) {
        self.reshaping.exchange(networks);
    }

    fn capture(&mut self, captured: &Arc<Captured>) {
        self.reshaping.capture(captured);
    }

    fn tell(&self, struck: &mut Captured) {
        self.reshaping.tell(struck);
    }

    fn arrive(&mut self, delta: Tick) {
        self.onsets.shift(delta);
    }

    fn jump(&mut self, delta: Tick) {
        self.filling = self.filling.map(|filling| filling.later(delta));
        self.landing = self.landing.map(|(barline, strokes)| (barline + delta, strokes));
    }

    fn lose_place(&mut self) {
        (self.filling, self.landing) = (None, None);
        self.reshaping.lose_place();
    }
}

impl Drummer {
    /// One that has played nothing.
    pub fn new(networks: &Networks) -> Self {
        Self { reshaping: Reshaping::new(networks), ..Self::default() }
    }

    /// Brushes go round where they are asked for and the pattern has none: once in half a bar.
    fn sweep(&self, context: &FrameContext, struck: &mut Vec<(Tick, Stroke<Drum>)>) {
        let half = context.position.meter.bar_ticks() / 2;
        let is_half = context.ticks_into_bar() == 0 || context.is_beat() && context.ticks_into_bar() == half;
        let sweeps = struck.iter().any(|(_, stroke)| stroke.touch == Drum::BrushSwirl);
        if context.controls.beaters == Some(Beaters::Brushes) && is_half && !sweeps {
            struck.push((context.tick(), beaters::swirl()));
        }
    }

    /// Appends the strokes to `out`; of two on one key at a time, the louder.
    fn strike(&self, context: &FrameContext, struck: &[(Tick, Stroke<Drum>)], out: &mut Vec<NoteCue>) {
        let controls = context.controls;
        let louder = (LOUDNESS * (2.0 * in_range(controls.drums_loudness, 0.0..=1.0, 0.5) - 1.0)).round() as i32;
        let first = out.len();
        for &(at, stroke) in struck {
            let Some(stroke) = beaters::held(stroke, controls.cymbal, controls.beaters) else { continue };
            let accent = self.onsets.accent(context.position.ticks_into_bar(at));
            let velocity = bent(stroke.loudness(context.touch) * BELOW_YOU.0 / BELOW_YOU.1 + louder + accent);
            let (key, start) = (controls.kit.key_of(stroke.touch), Moment::from_tick(at));
            match out[first..].iter_mut().find(|cue| cue.key == key && cue.start == start) {
                Some(cue) => cue.velocity = cue.velocity.max(velocity),
                None => out.push(NoteCue {
                    player: Player::Drums,
                    channel: controls.player(Player::Drums).channel,
                    key,
                    velocity,
                    start,
                    length: Moment::from_tick(LENGTH),
                }),
            }
        }
    }
}

/// The same, with the numbers by which a drummer draws a bar.
fn drawing<'a>(context: &FrameContext<'a>) -> FrameContext<'a> {
    FrameContext { random: context.of_beginning(Player::Drums), ..*context }
}

/// A MIDI velocity that a stick has, of one that may be beyond.
fn bent(velocity: i32) -> u8 {
    feel::struck(velocity.min(LOUD) + (velocity - LOUD).max(0) / 2)
}
