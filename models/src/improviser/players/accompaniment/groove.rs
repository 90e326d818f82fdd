//! What all who strike have in common: they follow the bar, strike what is due in a frame, and know when the next
//! stroke comes.

use super::passages::{self, Chosen, InPassage, PLAYERS, Wanted};
use super::patterns::{Bar, Patterns, Stroke, is_played, of_style};
use crate::controls::{BarSource, Player};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::sections::Draw;
use crate::music::Tick;
use crate::music::texture::Measure;
use crate::music::time::TICKS_PER_FRAME;

/// The longest that a stroke sounds, in ticks: the harmony may turn another way than was planned.
pub const LONGEST: Tick = 48;
/// A rest of so many ticks is more than the musician's breath.
const BREATH: Tick = 24;
/// After so many ticks of rest the musician waits for no answer.
const DIALOGUE: Tick = 384;
/// By how much the band is sparser while the musician plays many notes.
const BUSY: f32 = 0.1;
/// Notes per quarter note that are many.
const MANY_NOTES: f32 = 2.0;

/// The bar that a player is in, and how much is struck there. `Clone` is a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Groove {
    bar: Bar,
    density: f32,
    /// The frame that a bar began with, while that is decided.
    entered: Option<Tick>,
    /// What people played, if the bar is not of the patterns.
    played: Option<Chosen>,
    wanted: Wanted,
    /// Which draw it plays.
    roll: u8,
}

impl Groove {
    /// Before the ways of the frame part: hears what the musician struck in the last bar, and settles what is struck in
    /// the one that begins.
    pub fn prepare<T: InPassage>(
        &mut self,
        context: &FrameContext,
        listener: &Listener,
        patterns: &Patterns<T>,
        (player, purpose): (Player, Purpose),
    ) {
        if !context.controls.player(player).on {
            return;
        }
        if context.ticks_into_bar() == 0 {
            let meter = context.position.meter;
            let (measure, start) = (Measure::of(meter), context.tick() - meter.bar_ticks());
            self.hear(measure.slots_at(listener.phrase().1.iter().map(|note| note.onset - start)));
        }
        self.follow(context, patterns, player, purpose);
    }

    /// The musician struck in these slots of the last bar, a bit each.
    pub fn hear(&mut self, onsets: u32) {
        self.wanted.onsets = onsets;
    }

    /// Whether a bar that begins may be a fill.
    pub fn may_fill(&mut self, fill: bool) {
        self.wanted.fill = fill;
    }

    /// Whether the bar is a fill as it was played.
    pub fn is_fill(&self) -> bool {
        self.played.is_some_and(|played| played.is_fill())
    }

    /// Keeps up with the song. Whether a bar begins in the frame; asked twice, it says so twice.
    pub fn follow<T: InPassage>(
        &mut self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        player: Player,
        purpose: Purpose,
    ) -> bool {
        self.density = density(context, player);
        let idiom = of_style(context.style).idioms.of(context);
        let section = context.section();
        let roll = section.lock.unwrap_or_else(|| Draw::of(context.controls)).roll(player);
        if context.ticks_into_bar() == 0 {
            // Rolled again, the player draws other bars, in a loop of one bar too; a locked section has its own,
            // whatever came before.
            let is_rolled = std::mem::replace(&mut self.roll, roll) != roll;
            let begins_anew = section.lock.is_some() && section.bar == 0 && !self.bar.is_at(context.tick());
            if is_rolled || begins_anew {
                self.bar = Bar::default();
            }
        }
        let rolled = FrameContext { random: context.of_beginning(player), ..*context };
        if self.bar.follow(&rolled, patterns, idiom, purpose, self.density) {
            self.entered = Some(context.tick());
            let plays = context.controls.bar_source == BarSource::Played;
            self.played = plays.then(|| passages::of_style(context.style).bar::<T>(context, self.wanted)).flatten();
            self.wanted.last_fill = self.played.filter(Chosen::is_fill).or(self.wanted.last_fill);
        }
        self.entered = self.entered.filter(|tick| *tick == context.tick());
        self.entered.is_some()
    }

    /// The strokes of the bar.
    pub fn strokes<T: InPassage>(
        &self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        purpose: Purpose,
    ) -> Strokes<T> {
        let bar_start = context.tick() - context.ticks_into_bar();
        let strokes = match &self.played {
            Some(played) => self.of_passage(played, context, bar_start, purpose),
            None => {
                let random = context.of_bar(PLAYERS[T::PART as usize]);
                self.bar.strokes(context, patterns, (random, purpose), self.density).collect()
            }
        };
        Strokes {
            strokes,
            tick: context.tick(),
            bar_start,
            barline: bar_start + context.position.meter.bar_ticks(),
            of_a_band: self.played.is_some_and(|played| played.is_of_a_band()),
        }
    }

    /// The strokes of another bar that the player might play in the place of this one, which `random` draws: of another
    /// passage in which the same players play, or of another pattern. A fill stays what it is.
    pub fn another<T: InPassage>(
        &self,
        context: &FrameContext,
        patterns: &Patterns<T>,
        purpose: Purpose,
        random: Random,
    ) -> Vec<(Tick, Stroke<T>)> {
        if self.is_fill() {
            return self.strokes(context, patterns, purpose).strokes;
        }
        let passages = || passages::of_style(context.style).other::<T>(context, self.wanted, random);
        let played = self.played.and_then(|_| passages());
        let bar =
            if played.is_some() { self.bar } else { self.bar.other(context, patterns, purpose, self.density, random) };
        Self { bar, played, ..*self }.strokes(context, patterns, purpose).strokes
    }

    /// What is struck of a bar that people played: all of it, but where the player is to play less.
    fn of_passage<T: InPassage>(
        &self,
        played: &Chosen,
        context: &FrameContext,
        start: Tick,
        purpose: Purpose,
    ) -> Vec<(Tick, Stroke<T>)> {
        let meter = context.position.meter;
        let (bar, period) = (meter.bar_ticks(), Measure::of(meter).ticks());
        let random = context.of_bar(PLAYERS[T::PART as usize]);
        let density = played.density(T::PART, self.density);
        (0..=bar / period)
            .flat_map(|turn| {
                let strokes = played.strokes::<T>(turn as usize).iter();
                strokes.map(move |&stroke| (turn * period + Tick::from(stroke.at), stroke))
            })
            .take_while(|(at, _)| *at < bar)
            .filter(|(_, stroke)| is_played(stroke.from, random, purpose, density))
            .map(|(at, stroke)| (start + at, stroke))
            .collect()
    }
}

/// The strokes of a bar, with their first ticks in order.
#[derive(Clone, Debug)]
pub struct Strokes<T> {
    strokes: Vec<(Tick, Stroke<T>)>,
    /// The first tick of the frame.
    tick: Tick,
    /// The first tick of the bar.
    pub bar_start: Tick,
    /// The first tick after it.
    pub barline: Tick,
    /// Whether drums and hands played it together.
    pub of_a_band: bool,
}

impl<T: Copy> Strokes<T> {
    /// The same bar, struck as `change` has it.
    pub fn changed(mut self, change: impl FnOnce(&[(Tick, Stroke<T>)]) -> Vec<(Tick, Stroke<T>)>) -> Self {
        self.strokes = change(&self.strokes);
        self
    }

    /// Each with its first tick.
    pub fn timed(&self) -> &[(Tick, Stroke<T>)] {
        &self.strokes
    }

    /// A chord begins with the frame: what is struck there is what `beginning` makes of it, or `sudden` where the
    /// pattern is silent; nothing, if the chord `was_ahead` of its time.
    pub fn begin(&mut self, was_ahead: bool, beginning: impl FnOnce(T) -> T, sudden: impl FnOnce() -> Stroke<T>) {
        let here = self.strokes.partition_point(|&(at, _)| at < self.tick);
        match self.strokes.get_mut(here).filter(|(at, _)| *at == self.tick) {
            Some(_) if was_ahead => drop(self.strokes.remove(here)),
            Some((_, stroke)) => stroke.touch = beginning(stroke.touch),
            None if was_ahead => {}
            None => self.strokes.insert(here, (self.tick, sudden())),
        }
    }

    /// All of the bar.
    pub fn all(&self) -> impl Iterator<Item = Stroke<T>> {
        self.strokes.iter().map(|&(_, stroke)| stroke)
    }

    /// The strokes that are due in the frame, each with its place in the bar.
    pub fn due(&self) -> impl Iterator<Item = (usize, Tick, Stroke<T>)> {
        let frame = self.tick..self.tick + TICKS_PER_FRAME;
        let strokes = self.strokes.iter().enumerate().map(|(place, &(at, stroke))| (place, at, stroke));
        strokes.filter(move |(_, at, _)| frame.contains(at))
    }

    /// When the next stroke after the one at `place` comes that `is_meant`; else the barline.
    pub fn next(&self, place: usize, is_meant: impl Fn(&Stroke<T>) -> bool) -> Tick {
        self.strokes[place + 1..].iter().find(|(_, stroke)| is_meant(stroke)).map_or(self.barline, |next| next.0)
    }
}

/// How much `player` is to play in the frame, 0 to 1: what its knob says, a little less while the musician plays, and
/// more in his rests.
pub fn density(context: &FrameContext, player: Player) -> f32 {
    let density = context.controls.density(player);
    density + room(context) * (2.0 * density).min(1.0)
}

/// By how much the band is denser for the room that the musician leaves: the less, the more notes he plays.
fn room(context: &FrameContext) -> f32 {
    match context.player_rests {
        ..BREATH => -BUSY * (context.player_density / MANY_NOTES).min(1.0),
        BREATH..DIALOGUE => 0.15,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::accompaniment::patterns::Touch;
    use crate::improviser::players::context::tests::context;
    use crate::improviser::sections::{Arrangement, Sections};
    use crate::music::{Letter, Style};

    /// What Chords strikes in each of `bars` bars of patterns.
    fn patterns(controls: &Controls, sections: Sections, bars: i64) -> Vec<Vec<(Tick, Stroke<Touch>)>> {
        let (mut groove, patterns) = (Groove::default(), &of_style(Style::Pop).chords);
        let bar = |bar: i64| {
            let context = FrameContext { sections, ..context(controls, 16 * bar) };
            groove.follow(&context, patterns, Player::Chords, Purpose::Comping);
            let strokes = groove.strokes(&context, patterns, Purpose::Comping);
            strokes.timed().iter().map(|&(at, stroke)| (at - 96 * bar, stroke)).collect()
        };
        (0..bars).map(bar).collect()
    }

    #[test]
    fn a_locked_section_of_patterns_has_its_bars_each_time_and_whatever_is_rolled() {
        let locked = Arrangement::default().with_lock_turned(Letter::A, Draw { seed: 3, ..Draw::default() });
        let sections = Sections { arrangement: &locked, ..Sections::default() };
        let of_seed = |seed| Controls { seed, bar_source: BarSource::Library, ..Controls::default() };
        let played = [7, 8].map(|seed| patterns(&of_seed(seed), sections, 40));
        for [one, other] in [[0, 8], [0, 24], [8, 32]] {
            assert_eq!(played[0][one..one + 8], played[0][other..other + 8]);
        }
        assert_eq!((&played[0][..16], &played[0][24..]), (&played[1][..16], &played[1][24..]));
        assert_ne!(played[0][16..24], played[1][16..24], "the bridge is not locked");
        let free = patterns(&of_seed(7), Sections::default(), 16);
        assert_ne!(free[..8], free[8..]);
    }

    #[test]
    fn the_band_is_busier_in_the_musicians_rests() {
        let controls = Controls::default();
        let room = |player_rests, player_density| {
            room(&FrameContext { player_rests, player_density, ..context(&controls, 0) })
        };
        assert!(room(0, 4.0) < room(0, 1.0) && room(0, 1.0) < room(1000, 0.0) && room(1000, 0.0) < room(48, 0.0));
    }
}
