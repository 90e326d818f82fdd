//! What becomes of the bar that the source gives before it is struck: it is morphed towards other bars, and some of its
//! beats are varied.

mod between;
pub mod chances;
mod corners;
pub mod morph;
pub mod pad;
#[cfg(test)]
mod tests;
pub mod vary;
mod with_you;

use std::sync::Arc;

use super::groove::{self, Groove};
use super::patterns::{Stroke, of_style};
use super::textures::Strokes;
use crate::controls::{Player, PlayerControls};
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::strokes::captured::Captured;
use crate::music::Tick;
use crate::network::{Networks, TextureNetwork};

use between::Between;
use corners::Corners;
pub use corners::Shaped;
use pad::Pad;
use vary::Others;

/// Reshapes the bars of a player. A clone shares the bar that it is in.
#[derive(Clone, Debug)]
pub struct Reshaping<T> {
    networks: Networks,
    /// The bar that the musician has captured.
    captured: Arc<Captured>,
    /// The bars of the style at a corner of the pad.
    other: Groove,
    bar: Option<Bar<T>>,
}

/// The bar that a player is in.
#[derive(Clone, Debug)]
struct Bar<T> {
    /// Its first tick.
    start: Tick,
    /// As what it was made.
    shape: Shape,
    /// The bars at the corners, if they were asked for, and those by which it is varied.
    corners: Option<Arc<Corners<T>>>,
    others: Option<Arc<Others<T>>>,
    /// Whether it was to be another one than the source gives.
    is_wanted: bool,
    /// Whether it is.
    is_other: bool,
    strokes: Arc<[(Tick, Stroke<T>)]>,
}

/// What a bar is made by, besides the bars at the corners.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    pad: Pad,
    vary: f32,
    drift: f32,
    roll: u8,
    lock: u16,
}

impl<T> Default for Reshaping<T> {
    fn default() -> Self {
        Self { networks: Networks::default(), captured: Arc::default(), other: Groove::default(), bar: None }
    }
}

impl<T: Shaped> Reshaping<T> {
    /// Reshapes by the network of `networks`, which is loaded when it is needed.
    pub fn new(networks: &Networks) -> Self {
        Self { networks: networks.clone(), ..Self::default() }
    }

    /// Goes on with other networks, from the next bar on.
    pub fn exchange(&mut self, networks: &Networks) {
        self.networks = networks.clone();
    }

    /// From the next bar on, the captured bar is this one.
    pub fn capture(&mut self, captured: &Arc<Captured>) {
        self.captured = Arc::clone(captured);
    }

    /// As a bar begins in the frame, or a beat where the pad is followed by beats, finds out what is struck there: once
    /// for all ways on which it may go on.
    pub fn prepare(
        &mut self,
        context: &FrameContext,
        listener: &Listener,
        groove: &mut Groove,
        (player, purpose): (Player, Purpose),
    ) {
        let controls = context.controls.player(player);
        let patterns = T::patterns(of_style(context.style)).filter(|_| controls.on);
        let Some(patterns) = patterns else {
            self.bar = None;
            return;
        };
        let start = context.tick() - context.ticks_into_bar();
        let PlayerControls { vary, drift, roll, lock, .. } = *controls;
        let now = Shape { pad: Pad::of(context.controls), vary, drift, roll, lock };
        // A loop of one bar comes to the same bar again, to which much may have happened.
        let stays = |bar: &Bar<T>| context.ticks_into_bar() > 0 || bar.shape == now && now.pad.is_home();
        let bar = self.bar.take().filter(|bar| bar.start == start && stays(bar));
        let turns = context.controls.morph_by_beat && context.is_beat();
        let pad = bar.as_ref().filter(|_| !turns).map_or(now.pad, |bar| bar.shape.pad);
        let is_wanted = vary > 0.0 || !pad.is_home();
        if bar.as_ref().is_some_and(|bar| (bar.shape.pad, bar.is_wanted) == (pad, is_wanted)) {
            self.bar = bar;
            return;
        }
        groove.follow(context, patterns, player, purpose);
        let own = groove.strokes(context, patterns, purpose);
        let (mut corners, mut others) = bar.map_or((None, None), |bar| (bar.corners, bar.others));
        if !pad.is_home() && corners.is_none() {
            let source = own.timed().into();
            corners = Some(Arc::new(self.corners(context, listener, source, (start, own.barline), (player, purpose))));
        }
        if vary > 0.0 && others.is_none() {
            others = Some(Arc::new(Others::new(context, groove, patterns, (player, purpose))));
        }
        let of = Between { context, listener, player, start, end: own.barline };
        let reshaped = || of.reshaped(&self.networks, own.timed(), pad, corners.as_deref(), others.as_deref());
        let strokes = is_wanted.then(reshaped).flatten();
        let is_other = strokes.is_some();
        let strokes = strokes.map_or_else(|| own.timed().into(), Into::into);
        let shape = Shape { pad, ..now };
        self.bar = Some(Bar { start, shape, corners, others, is_wanted, is_other, strokes });
    }

    fn corners(
        &mut self,
        context: &FrameContext,
        listener: &Listener,
        source: Arc<[(Tick, Stroke<T>)]>,
        (start, end): (Tick, Tick),
        (player, purpose): (Player, Purpose),
    ) -> Corners<T> {
        let styled = FrameContext { style: context.controls.morph_style, ..*context };
        let style = T::patterns(of_style(styled.style)).map(|patterns| {
            self.other.prepare(&styled, listener, patterns, (player, purpose));
            self.other.strokes(&styled, patterns, purpose).timed().into()
        });
        let captured = self.captured.strokes(context.position.meter, start);
        let onsets = listener.onsets(2 * start - end..start).map(|tick| tick + end - start);
        let with_you = with_you::strokes(onsets, start, context.position.meter);
        Corners::new(source, [captured, style, with_you])
    }

    /// What is struck in a bar: `strokes`, or what was found in their place.
    pub fn of(&self, strokes: groove::Strokes<T>) -> groove::Strokes<T> {
        match self.bar.as_ref().filter(|bar| bar.is_other && bar.start == strokes.bar_start) {
            Some(bar) => strokes.changed(|_| bar.strokes.to_vec()),
            None => strokes,
        }
    }

    /// Takes down what is struck in the bar that the player is in, as it was found when the bar began.
    pub fn tell(&self, struck: &mut Captured) {
        if let Some(bar) = &self.bar {
            struck.take_down(bar.start, &bar.strokes);
        }
    }

    /// The song goes on at another place that was not announced.
    pub fn lose_place(&mut self) {
        self.bar = None;
    }
}

impl Between<'_> {
    /// The bar at `pad`, `own` where nothing draws it away, and varied. `None`: it is `own`.
    fn reshaped<T: Shaped>(
        &self,
        networks: &Networks,
        own: &[(Tick, Stroke<T>)],
        pad: Pad,
        corners: Option<&Corners<T>>,
        others: Option<&Others<T>>,
    ) -> Option<Strokes<T>> {
        // One bar alone is struck as it is.
        let network = pad.corner().is_none().then(|| networks.get::<TextureNetwork>()).flatten();
        let morphed = corners.filter(|_| !pad.is_home()).map(|corners| {
            // Without a network, or where it fails, the nearest corner is struck.
            let between = network.as_deref().and_then(|network| self.morphed(network, pad, corners).ok());
            between.unwrap_or_else(|| corners.at(pad.nearest()).to_vec())
        });
        let amount = self.context.controls.player(self.player).vary;
        let varied = others.map(|others| others.varied(morphed.as_deref().unwrap_or(own), amount));
        varied.or(morphed)
    }
}
