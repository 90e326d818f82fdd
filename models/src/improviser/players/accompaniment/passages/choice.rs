//! Which passage a phrase plays, and which of its bars.
//!
//! It is a function of the place in the song, of the seed and of what all players know alike, so that they need not
//! agree: the players of a phrase have one passage, and a section that comes again has its passage again.

use std::ptr;

use super::super::patterns::{Place, of_style as patterns_of};
use super::{InPassage, Passage, Shelf};
use crate::controls::Player;
use crate::improviser::chance::random::{Purpose, Random, weighed};
use crate::improviser::players::context::FrameContext;
use crate::music::texture::{Measure, Part};

/// How strictly the fullness of a passage is that of the density knob, its tempo that of the song, and its kick with
/// the bass.
const STRICTNESS: f32 = 144.0;
const TEMPO: f32 = 6.0;
const WITH_BASS: f32 = 0.1;
/// What it costs to leave the order of a passage, and each slot in which it changes chords otherwise, or the musician
/// struck otherwise.
const OUT_OF_ORDER: u32 = 8;
const CHANGE: u32 = 10;
const ONSET: u32 = 1;

/// Who plays each part.
pub const PLAYERS: [Player; Part::ALL.len()] = [Player::Drums, Player::Chords, Player::Bass];
/// Up to so much fuller than asked for a part plays all of its strokes; beyond, the weaker ones are left out by and by.
const FULLER: f32 = 0.25;
const LEFT_OUT: f32 = 2.0;

/// What is wanted of a bar of a passage. Slots are a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Where the musician struck in the bar before.
    pub onsets: u32,
    /// Whether the drummer may fill the bar.
    pub fill: bool,
    /// The fill that he played last.
    pub last_fill: Option<Chosen>,
}

/// A bar of a passage.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    pub(super) passage: &'static Passage,
    pub(super) bar: usize,
}

impl Chosen {
    /// The strokes of the bar; those of the bars after it, where a bar of the song is longer.
    pub fn strokes<T: InPassage>(&self, turn: usize) -> &'static [super::Stroke<T>] {
        let bars = T::bars(self.passage).map_or(&[][..], Vec::as_slice);
        bars.get((self.bar + turn) % bars.len().max(1)).map_or(&[], |bar| bar)
    }

    /// The density at which the strokes of `part` are played, where it is to play as much as `density` says: people's
    /// own (0.5), as far as that is not far too much.
    pub fn density(&self, part: Part, density: f32) -> f32 {
        let fuller = self.passage.fullness[part as usize] - density;
        0.5 - LEFT_OUT * (fuller - FULLER).max(0.0)
    }

    /// Whether it is a fill of its drummer.
    pub fn is_fill(&self) -> bool {
        self.passage.bars[self.bar].is_fill
    }

    /// Whether `other` is the same bar.
    pub fn is(&self, other: &Self) -> bool {
        ptr::eq(self.passage, other.passage) && self.bar == other.bar
    }

    /// Whether drums and hands played it together.
    pub fn is_of_a_band(&self) -> bool {
        self.passage.drums.is_some() && self.passage.players() > 1
    }
}

impl Shelf {
    /// The bar that the player of `T` plays in the frame's bar; `None`: there is no passage that fits.
    pub fn bar<T: InPassage>(&'static self, context: &FrameContext, wanted: Wanted) -> Option<Chosen> {
        let kind = Kind::of(context, PLAYERS[T::PART as usize]);
        let [_, passage] = self.passages(T::PART, &kind, [None; 2]);
        let passage = passage?;
        let fills = T::PART == Part::Drums && wanted.fill && Place::of(context) == Place::Close;
        let fill = fills.then(|| self.fill(context, &kind, passage, wanted.last_fill)).flatten();
        Some(fill.unwrap_or_else(|| Chosen { passage, bar: passage.bar_at(context, wanted, T::PART) }))
    }

    /// A bar that the player of `T` might play in its place, of another passage, which `random` draws: the same one for
    /// all who play together.
    pub fn other<T: InPassage>(
        &'static self,
        context: &FrameContext,
        wanted: Wanted,
        random: Random,
    ) -> Option<Chosen> {
        let own = Kind::of(context, PLAYERS[T::PART as usize]);
        let [band, passage] = self.passages(T::PART, &own, [None; 2]);
        let [_, passage] = self.passages(T::PART, &Kind { random, ..own }, [band, passage]);
        let passage = passage?;
        Some(Chosen { passage, bar: passage.bar_at(context, wanted, T::PART) })
    }

    /// The passage in which a band plays, and that of the player of `part`: none of `but`.
    fn passages(&'static self, part: Part, kind: &Kind, but: [Option<&Passage>; 2]) -> [Option<&'static Passage>; 2] {
        let is_free = |passage: &Passage| !but.iter().flatten().any(|other| ptr::eq(*other, passage));
        let counts = |counts: bool| if counts { 1.0 } else { 0.0 };
        // Those who played together lead; for whom rests there, somebody else does.
        let band = kind.drawn(&self.0, 0, |passage| counts(passage.players() > 1 && is_free(passage)));
        let alone = || {
            kind.drawn(&self.0, 1 + part as u32, |passage| {
                counts(passage.has(part) && is_free(passage)) * passage.goes_with(band)
            })
        };
        [band, band.filter(|passage| passage.has(part)).or_else(alone)]
    }
}

/// Which passages fit in a bar, and what draws among them.
pub(super) struct Kind<'a> {
    measure: Measure,
    idiom: Option<&'a str>,
    /// How full each part is to be.
    densities: [f32; Part::ALL.len()],
    tempo: f32,
    random: Random,
}

impl<'a> Kind<'a> {
    fn of(context: &'a FrameContext, player: Player) -> Self {
        Self {
            measure: Measure::of(context.position.meter),
            idiom: patterns_of(context.style).idioms.of(context),
            densities: PLAYERS.map(|player| context.controls.density(player)),
            // Steps of a tempo that trembles are none.
            tempo: context.tempo.clamp(20.0, 400.0).round(),
            // Who rolls alike goes on playing together.
            random: context.of_section(player),
        }
    }

    /// Whether `passage` fits.
    pub(super) fn has(&self, passage: &Passage) -> bool {
        passage.measure == self.measure && (passage.idiom.is_none() || passage.idiom == self.idiom)
    }

    /// How likely `passage` is: the nearer it comes to density and tempo.
    pub(super) fn weight(&self, passage: &Passage) -> f32 {
        let away = Part::ALL.map(|part| passage.away(part, &self.densities));
        let parts = away.iter().flatten().count().max(1) as f32;
        let away = away.into_iter().flatten().map(|away| away * away).sum::<f32>() / parts;
        let tempo = passage
            .tempo
            .map_or(0.0, |tempo| TEMPO * (f32::from(tempo) - self.tempo) / (f32::from(tempo) + self.tempo));
        1.0 / ((1.0 + STRICTNESS * away) * (1.0 + tempo * tempo))
    }

    /// One of the passages that fit, by how likely each is, and by what else `counts`.
    fn drawn(
        &self,
        passages: &'static [Passage],
        draw: u32,
        counts: impl Fn(&Passage) -> f32,
    ) -> Option<&'static Passage> {
        let weights = (passages.iter().filter(|passage| self.has(passage)))
            .map(|passage| (counts(passage) * self.weight(passage), passage))
            .filter(|(weight, _)| *weight > 0.0);
        weighed(&weights.collect::<Vec<_>>(), self.random.uniform(Purpose::Passage, draw))
    }
}

impl Passage {
    fn has(&self, part: Part) -> bool {
        self.strokes[part as usize].is_some()
    }

    /// By how much `part` plays more in it than is asked for; `None`: it rests.
    fn away(&self, part: Part, densities: &[f32; Part::ALL.len()]) -> Option<f32> {
        self.has(part).then(|| self.fullness[part as usize] - densities[part as usize])
    }

    /// How well its drums go with the bass of `hands`: the more of its notes have the kick, the better. Who is no
    /// drummer goes with all.
    fn goes_with(&self, hands: Option<&Passage>) -> f32 {
        let Some(hands) = hands.filter(|hands| self.drums.is_some() && hands.bass.is_some()) else { return 1.0 };
        let bars = (0..self.bars.len().max(hands.bars.len()))
            .map(|bar| (self.bars[bar % self.bars.len()].kick, hands.bars[bar % hands.bars.len()].bass));
        let (mut both, mut either) = (0, 0);
        for (kick, bass) in bars {
            both += (kick & bass).count_ones();
            either += (kick | bass).count_ones();
        }
        let share = both as f32 / either.max(1) as f32;
        WITH_BASS + share * share
    }

    /// Which of its bars the frame's bar of the song is: the one in its order, or one that goes better with the chords
    /// and the musician.
    fn bar_at(&self, context: &FrameContext, wanted: Wanted, part: Part) -> usize {
        let count = self.bars.len();
        let last = Place::of(context) == Place::Close;
        let own = if last { count - 1 } else { context.section().bar_of_phrase() as usize % count };
        let changes = changes(context, self.measure);
        let differ = |one: u32, other: u32| if one == 0 || other == 0 { 0 } else { (one ^ other).count_ones() };
        let cost = |bar: usize| {
            let about = &self.bars[bar];
            CHANGE * differ(about.changes, changes)
                + ONSET * differ(about.onsets, wanted.onsets)
                + OUT_OF_ORDER * u32::from(bar != own)
        };
        // A phrase ends with its end, and nowhere else.
        let closes = |bar: usize| bar != own && (bar + 1 == count || self.bars[bar].is_fill);
        let chosen =
            if last { own } else { (0..count).filter(|bar| !closes(*bar)).min_by_key(|bar| cost(*bar)).unwrap_or(own) };
        if part != Part::Drums {
            return chosen;
        }
        // The drummer fills where that is wanted.
        let backwards = || (0..count).map(|back| (chosen + count - back) % count);
        let calm = || backwards().find(|bar| !self.bars[*bar].is_fill).unwrap_or(chosen);
        if wanted.fill { chosen } else { calm() }
    }
}

/// The slots of the frame's bar at which chords are known to begin.
fn changes(context: &FrameContext, measure: Measure) -> u32 {
    let start = context.tick() - context.ticks_into_bar();
    measure.slots_at(context.known_changes().map(|tick| tick - start))
}

#[cfg(test)]
mod tests {
    use super::super::of_style;
    use super::*;
    use crate::controls::{BarSource, Controls};
    use crate::improviser::players::accompaniment::patterns::{Tone, Touch};
    use crate::improviser::players::context::tests::context;
    use crate::improviser::sections::{Arrangement, Draw, Sections};
    use crate::music::{Drum, Letter, Style};

    const CALM: Wanted = Wanted { onsets: 0, fill: false, last_fill: None };
    const FILLING: Wanted = Wanted { fill: true, ..CALM };

    fn controls(seed: u32) -> Controls {
        Controls { seed, bar_source: BarSource::Played, ..Controls::default() }
    }

    fn chosen<T: InPassage>(style: Style, controls: &Controls, bar: i64, wanted: Wanted) -> Option<Chosen> {
        let context = FrameContext { style, tempo: 100.0, chord_changes: false, ..context(controls, 16 * bar) };
        of_style(style).bar::<T>(&context, wanted)
    }

    #[test]
    fn who_played_together_plays_together() {
        let mut whole = 0;
        for seed in 0..64 {
            let controls = controls(seed);
            for bar in 0..16 {
                let chords = chosen::<Touch>(Style::Pop, &controls, bar, FILLING).unwrap();
                let bass = chosen::<Tone>(Style::Pop, &controls, bar, FILLING).unwrap();
                assert!(chords.is(&bass), "seed {seed}, bar {bar}");
                let drums = chosen::<Drum>(Style::Game, &controls, bar, FILLING).unwrap();
                let bass = chosen::<Tone>(Style::Game, &controls, bar, FILLING).unwrap();
                whole += usize::from(drums.is(&bass));
            }
        }
        assert!(whole > 500, "{whole} of 1024 bars");
    }

    #[test]
    fn a_section_that_comes_again_has_its_passage_again_and_the_bridge_another_one() {
        let mut others = 0;
        for seed in 0..32 {
            let controls = controls(seed);
            let at = |bar: i64| chosen::<Touch>(Style::Pop, &controls, bar, CALM).unwrap();
            for bar in 0..8 {
                assert!([8, 24, 32].into_iter().all(|later| at(bar).is(&at(bar + later))), "seed {seed}");
            }
            others += usize::from(!ptr::eq(at(0).passage, at(16).passage));
            others += usize::from(!ptr::eq(at(16).passage, at(48).passage));
        }
        assert!(others > 56, "{others} of 64");
    }

    #[test]
    fn a_section_comes_back_as_itself_in_styles_with_idioms_too() {
        for (style, seed) in Style::ALL.into_iter().flat_map(|style| (0..16).map(move |seed| (style, seed))) {
            let controls = controls(seed);
            let at = |bar| {
                chosen::<Drum>(style, &controls, bar, CALM).map(|chosen| (ptr::from_ref(chosen.passage), chosen.bar))
            };
            for bar in [0, 3, 7] {
                assert!([8, 24, 32, 40].into_iter().all(|later| at(bar) == at(bar + later)), "{style}, seed {seed}");
            }
        }
    }

    #[test]
    fn a_locked_section_keeps_its_passage_whatever_the_seed_and_the_roll() {
        let locked = Arrangement::default().with_lock_turned(Letter::A, Draw { seed: 5, bass: 2, ..Draw::default() });
        let sections = Sections { arrangement: &locked, ..Sections::default() };
        let at = |controls: &Controls, sections, bar: i64| {
            let context = context(controls, 16 * bar);
            let context = FrameContext { style: Style::Pop, tempo: 100.0, chord_changes: false, sections, ..context };
            of_style(Style::Pop).bar::<Tone>(&context, CALM).unwrap()
        };
        let mut rolled = controls(5);
        rolled.players[Player::Bass].roll = 2;
        let mut others = 0;
        for seed in 10..42 {
            let controls = controls(seed);
            for bar in [0, 3, 9, 31] {
                assert!(at(&controls, sections, bar).is(&at(&rolled, Sections::default(), bar)), "seed {seed}");
            }
            let bridge = [sections, Sections::default()].map(|sections| at(&controls, sections, 16));
            assert!(bridge[0].is(&bridge[1]), "the bridge is not locked");
            let of_a = [sections, Sections::default()].map(|sections| at(&controls, sections, 0));
            others += usize::from(!of_a[0].is(&of_a[1]));
        }
        assert!(others > 24, "{others} of 32");
    }

    #[test]
    fn a_phrase_ends_with_the_end_of_its_passage() {
        for seed in 0..32 {
            let twelve = Controls { form: Some(12), ..controls(seed) };
            for (controls, bar) in [(controls(seed), 7), (controls(seed), 15), (twelve, 11), (twelve, 23)] {
                let Chosen { passage, bar } = chosen::<Touch>(Style::Romantic, &controls, bar, CALM).unwrap();
                assert_eq!(bar + 1, passage.bars.len());
            }
        }
    }

    #[test]
    fn a_drummer_fills_only_where_that_is_wanted() {
        let fills = |wanted| {
            let bars = (0..32).flat_map(|seed| (0..16).map(move |bar| (seed, bar)));
            bars.filter(|&(seed, bar)| chosen::<Drum>(Style::Pop, &controls(seed), bar, wanted).unwrap().is_fill())
                .count()
        };
        assert_eq!(fills(CALM), 0);
        assert!(fills(FILLING) > 32, "{}", fills(FILLING));
    }

    #[test]
    fn every_passage_is_of_the_idiom_and_the_meter_of_its_section() {
        for (style, seed) in Style::ALL.into_iter().flat_map(|style| (0..32).map(move |seed| (style, seed))) {
            let controls = controls(seed);
            let context = FrameContext { style, ..context(&controls, 0) };
            let idiom = patterns_of(style).idioms.of(&context);
            if let Some(Chosen { passage, .. }) = chosen::<Drum>(style, &controls, 0, CALM) {
                assert!(passage.idiom.is_none() || passage.idiom == idiom, "{style}");
                assert_eq!(passage.measure, Measure::Four);
            }
        }
    }

    #[test]
    fn who_varies_plays_with_the_others_in_another_passage() {
        for seed in 0..32 {
            let controls = controls(seed);
            for bar in 0..16 {
                let context = FrameContext { style: Style::Pop, tempo: 100.0, ..context(&controls, 16 * bar) };
                let random = Random::new(seed, 1000 + bar);
                let chords = of_style(Style::Pop).other::<Touch>(&context, CALM, random).unwrap();
                let bass = of_style(Style::Pop).other::<Tone>(&context, CALM, random).unwrap();
                let own = of_style(Style::Pop).bar::<Touch>(&context, CALM).unwrap();
                assert!(chords.is(&bass) && !ptr::eq(chords.passage, own.passage), "seed {seed}, bar {bar}");
            }
        }
    }

    #[test]
    fn a_bar_of_two_chords_is_played_where_people_had_two() {
        let (mut with, mut without) = (0, 0);
        for seed in 0..200 {
            let controls = controls(seed);
            let alone = FrameContext { style: Style::Pop, chord_changes: true, ..context(&controls, 16) };
            let half = alone.chord.map(|chord| (alone.tick() + 48, chord));
            for (context, count) in [(alone, &mut without), (FrameContext { next_chord: half, ..alone }, &mut with)] {
                let Chosen { passage, bar } = of_style(Style::Pop).bar::<Touch>(&context, CALM).unwrap();
                *count += passage.bars[bar].changes >> 12 & 1;
            }
        }
        assert!(with > without + 20, "{with} and {without} of 200");
    }

    #[test]
    fn a_fast_song_has_fast_passages() {
        let mean = |tempo: f32| {
            let tempi = (0..200).filter_map(|seed| {
                let controls = controls(seed);
                let context = FrameContext { style: Style::Pop, tempo, ..context(&controls, 0) };
                of_style(Style::Pop).bar::<Touch>(&context, CALM)?.passage.tempo.map(f32::from)
            });
            tempi.sum::<f32>() / 200.0
        };
        assert!(mean(60.0) + 10.0 < mean(160.0), "{} and {}", mean(60.0), mean(160.0));
    }
}
