//! The player of the accompaniment.

use std::sync::Arc;

use super::groove::{Groove, LONGEST};
use super::manner::{beginning, in_manner};
use super::patterns::{self, Stroke, Touch};
use super::reshaping::Reshaping;
use crate::controls::{Controls, Manner, Player};
use crate::ground::Yielding;
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel;
use crate::improviser::players::plays::{BassKeys, Plays};
use crate::improviser::players::strokes::captured::Captured;
use crate::music::pitch::{KeyRange, ascent, class_of};
use crate::music::style::Revoicing;
use crate::music::voicing::{HIGHEST_CHORALE_BASS, Space, Texture, Voicing, lead};
use crate::music::{Chord, Moment, Quality, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

/// The keys that the accompaniment may use at any register.
const KEYS: KeyRange = KeyRange::new(36, 84);
/// A chord that was struck so many ticks early need not be struck again when it begins.
const EARLIEST: Tick = 12;
/// Where the accompaniment begins at the lowest to stay under a low melody, and how many semitones it needs.
const LOWEST: u8 = 43;
const ROOM: u8 = 14;
/// How far apart the strings of a strummed chord are at most, in milliseconds.
const STRUM: f32 = 9.0;

/// Strikes the harmonist's chords in the patterns of the style, or in the manner that is asked for, at the latest when
/// they begin, with the nearest voicing. When a bar goes by on one chord, it may look for another voicing.
#[derive(Clone, Debug, Default)]
pub struct Comper {
    groove: Groove,
    reshaping: Reshaping<Touch>,
    voicing: Option<Voicing>,
    /// The chord of `voicing`.
    chord: Option<Chord>,
    /// When `chord` is expected to begin, if it was struck before that.
    early: Option<Tick>,
}

impl Plays for Comper {
    fn prepare(&mut self, context: &FrameContext, listener: &Listener) {
        let (patterns, whose) = (&patterns::of_style(context.style).chords, (Player::Chords, Purpose::Comping));
        self.groove.prepare(context, listener, patterns, whose);
        self.reshaping.prepare(context, listener, &mut self.groove, whose);
    }

    fn decide(&mut self, context: &FrameContext, _: &Listener, bass: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        self.comp(context, bass, out);
    }

    fn ends_with_chord(&self, context: &FrameContext) -> bool {
        let was_in_vain = self.early.is_some_and(|due| due <= context.tick()) && self.chord != context.chord;
        // What it sounds was to last for the bar.
        let lasts = context.controls.manner == Some(Manner::Sustained);
        was_in_vain || context.chord_changes && lasts
    }

    fn give_way(&mut self, by: &Yielding) {
        if self.chord.is_some() {
            let moved = |keys: &[u8]| keys.iter().map(|&key| by.key(Player::Chords, key)).collect::<Vec<u8>>();
            self.voicing = self.voicing.map(|voicing| Voicing::new(&moved(voicing.keys())));
            (self.chord, self.early) = (Some(by.harmony().chord), None);
        }
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

    fn lose_place(&mut self) {
        self.reshaping.lose_place();
    }
}

impl Comper {
    /// One that has played nothing.
    pub fn new(networks: &Networks) -> Self {
        Self { reshaping: Reshaping::new(networks), ..Self::default() }
    }

    /// Appends the notes that begin in the frame, over `bass` if Bass plays, to `out`.
    fn comp(&mut self, context: &FrameContext, bass: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let patterns = &patterns::of_style(context.style).chords;
        let bar_begins = self.groove.follow(context, patterns, Player::Chords, Purpose::Comping);
        let Some(chord) = context.chord else {
            (self.chord, self.early) = (None, None);
            return;
        };
        let tick = context.tick();
        let is_due = self.chord == Some(chord);
        let struck_early = self.early.is_some_and(|due| (tick..tick + EARLIEST).contains(&due));
        if struck_early && !is_due && !context.chord_changes && self.early != Some(tick) {
            return;
        }
        let begins = context.chord_changes || !is_due;
        let is_over =
            context.melody.is_some() && self.voicing.is_some_and(|own| own.highest() > space(context, bass).ceiling);
        if !is_due || is_over {
            self.voice(chord, context, bass, None);
        } else if !begins && self.looks_elsewhere(context, bar_begins) {
            self.voice(chord, context, bass, self.voicing);
        }
        self.early = None;

        let mut strokes = self.reshaping.of(self.groove.strokes(context, patterns, Purpose::Comping));
        let (bar_start, barline) = (strokes.bar_start, strokes.barline);
        if let Some(manner) = context.controls.manner {
            strokes = strokes.changed(|strokes| in_manner(manner, strokes, bar_start, barline));
        }
        if begins {
            strokes.begin(is_due && struck_early, at_beginning, || sudden(context, barline));
        }
        for (place, at, stroke) in strokes.due() {
            let again = |other: &Stroke<Touch>| {
                stroke.length == 0 || matches!(stroke.touch, Touch::Step(_)) && other.touch == stroke.touch
            };
            self.strike(chord, &stroke, at, strokes.next(place, again), context, bass, out);
        }
    }

    /// Whether to voice a standing chord anew: as restlessly as its style is.
    fn looks_elsewhere(&self, context: &FrameContext, bar_begins: bool) -> bool {
        let Revoicing { bar, half_bar } = context.style.character().revoicing;
        let at_middle = context.is_beat() && context.ticks_into_bar() == bar_ticks(context) / 2;
        let chance = |is_there: bool, chance: f32| if is_there { chance } else { 0.0 };
        let chance = chance(bar_begins, bar).max(chance(at_middle, half_bar));
        context.random.uniform(Purpose::Voicing, 0) < chance
    }

    /// Finds the voicing of `chord`, with an eye on the chord after it.
    fn voice(&mut self, chord: Chord, context: &FrameContext, bass: Option<BassKeys>, avoid: Option<Voicing>) {
        let after = context.next_chord.map(|(_, next)| next).filter(|&next| next != chord);
        let mut chords = vec![chord];
        chords.extend(after);
        let space = space(context, bass);
        let under = bass.filter(|_| space.bass.is_some());
        let whole = |voicing: Voicing, bass: Option<u8>| bass.map_or(voicing, |bass| voicing.over(bass));
        let last =
            self.voicing.zip(self.chord).map(|(voicing, chord)| (whole(voicing, under.map(|keys| keys.before)), chord));
        let avoid = avoid.map(|voicing| whole(voicing, under.map(|keys| keys.now)));
        let path = lead(last, &chords, &Space { avoid, ..space });
        let own = |voicing: &Voicing| if space.bass.is_some() { voicing.upper() } else { *voicing };
        self.voicing = path.voicings.first().map(own);
        self.chord = Some(chord);
        self.early = None;
    }

    /// Plays `stroke` at tick `at`; `next` is when the next stroke takes its place, or the next like it if it rings on.
    #[allow(clippy::too_many_arguments)]
    fn strike(
        &mut self,
        mut chord: Chord,
        stroke: &Stroke<Touch>,
        at: Tick,
        next: Tick,
        context: &FrameContext,
        bass: Option<BassKeys>,
        out: &mut Vec<NoteCue>,
    ) {
        let mut end = match Tick::from(stroke.length) {
            0 => next.min(at + LONGEST),
            length if matches!(stroke.touch, Touch::Step(_)) => next.min(at + length),
            length => at + length,
        };
        let change = context.next_chord.filter(|&(change, _)| change > at);
        match change {
            Some((change, coming))
                if stroke.touch == Touch::Early && change <= at + EARLIEST && context.is_certain() =>
            {
                self.voice(coming, context, bass, None);
                self.early = Some(change);
                chord = coming;
                // However short it is: nobody strikes the chord when it begins.
                end = end.max(change + 1);
            }
            Some((change, _)) => end = end.min(change),
            None => {}
        }
        let Some(voicing) = self.voicing else { return };
        let space = space(context, bass);
        let top = space.ceiling + if context.melody.is_some() { 1 } else { 3 };
        let notes = notes(stroke.touch, &voicing, chord, space.range, top);
        let spread = context.moments(STRUM * context.controls.humanise);
        let chords = context.controls.player(Player::Chords);
        for (string, key) in notes.into_iter().filter(|&key| context.allowed().contains(class_of(key))).enumerate() {
            let delay = if matches!(stroke.touch, Touch::Down | Touch::Up) { spread * string as i64 } else { 0 };
            let start = Moment(Moment::from_tick(at).0 + delay);
            out.push(NoteCue {
                player: Player::Chords,
                channel: chords.channel,
                key,
                velocity: feel::struck(stroke.loudness(context.touch) - 12),
                start,
                length: Moment((Moment::from_tick(end).0 - start.0).max(1)),
            });
        }
    }
}

/// The keys of the accompaniment wherever it lies, under the `melody` if that sounds.
pub fn keys_under(melody: Option<u8>, controls: &Controls) -> KeyRange {
    let register = controls.player(Player::Chords).register;
    let ceiling =
        melody.map_or(KEYS.high, |melody| melody.saturating_add_signed(12 * register.max(0)).saturating_sub(2));
    KeyRange::new(KEYS.low, ceiling.clamp(LOWEST + ROOM, KEYS.high))
}

fn bar_ticks(context: &FrameContext) -> Tick {
    context.position.meter.bar_ticks()
}

/// What to strike when a chord begins where the pattern has no stroke.
fn sudden(context: &FrameContext, barline: Tick) -> Stroke<Touch> {
    if let Some(manner) = context.controls.manner {
        return beginning(manner, barline - context.tick());
    }
    patterns::of_style(context.style).entrance
}

/// What a stroke strikes instead when a chord begins with it: figures begin anew, and half a chord becomes a whole one.
fn at_beginning(touch: Touch) -> Touch {
    match touch {
        Touch::Step(_) => Touch::Step(0),
        Touch::Upper | Touch::Early => Touch::Block,
        Touch::Up => Touch::Down,
        touch => touch,
    }
}

/// Where the accompaniment lies, over the keys of Bass if it plays.
fn space(context: &FrameContext, bass: Option<BassKeys>) -> Space {
    let texture = context.style.character().texture;
    let home = match texture {
        Texture::Close => KeyRange::new(48, 72),
        Texture::Rootless => KeyRange::new(48, 73),
        Texture::Shell => KeyRange::new(47, 72),
        Texture::Wide => KeyRange::new(41, 70),
        // Over a bass there are three parts to sing, which it does not cross.
        Texture::Chorale if bass.is_some() => KeyRange::new(HIGHEST_CHORALE_BASS, 76),
        Texture::Chorale => KeyRange::new(43, 72),
    };
    let width = home.high - home.low;
    let register = context.controls.player(Player::Chords).register;
    let low = home.shifted(register).low.clamp(KEYS.low, KEYS.high - width);
    // A choir has one bass.
    let bass = bass.map(|keys| keys.now).filter(|_| texture == Texture::Chorale);
    let (range, ceiling) = match context.melody {
        // Under the note that sounds, as far as there is room above the mud; whoever wants the chords octaves higher
        // has them above it.
        Some(melody) => {
            let melody = melody.saturating_add_signed(12 * register.max(0));
            let lowest = if bass.is_some() { low } else { low.min(LOWEST) };
            let ceiling = melody.saturating_sub(2).clamp(lowest + ROOM, low + width);
            (KeyRange::new(low.min(ceiling - ROOM), ceiling), ceiling)
        }
        None => (
            KeyRange::new(low, low + width),
            context.player_centre.saturating_sub(2).clamp(low + width / 2 + 2, low + width),
        ),
    };
    Space { texture, range, ceiling, key: context.key, colours: context.key.scale(), avoid: None, bass }
}

/// The keys that `touch` strikes in `range`, in the order of a strum; figures go up to `top`.
fn notes(touch: Touch, voicing: &Voicing, chord: Chord, range: KeyRange, top: u8) -> Vec<u8> {
    let keys = voicing.keys();
    let dyad = |upper: u8| {
        let root = KeyRange::new(range.low.max(KEYS.low), range.low + 11).fold(48 + chord.root);
        let root = if root + upper > top { root - 12 } else { root };
        vec![root, root + upper]
    };
    match touch {
        Touch::Block | Touch::Down | Touch::Early => keys.to_vec(),
        Touch::Upper => keys[usize::from(keys.len() > 1)..].to_vec(),
        Touch::Up => keys[usize::from(keys.len() > 1)..].iter().rev().copied().collect(),
        Touch::Low => vec![voicing.lowest()],
        Touch::Step(step) => {
            // Beyond the top, the chord goes on upwards.
            let above =
                |last: u8, index: usize| last + 1 + ascent(class_of(last + 1), class_of(keys[index % keys.len()]));
            let step = usize::from(step);
            let key = (keys.len()..=step).fold(keys[step.min(keys.len() - 1)], above);
            let excess = key.saturating_sub(top.min(KEYS.high));
            vec![key - 12 * excess.div_ceil(12)]
        }
        Touch::Fifth => dyad(chord.quality.intervals()[2]),
        Touch::Sixth => dyad(sixth(chord.quality)),
    }
}

/// The upper note of the shuffle over a root: a sixth over major, a seventh over minor, the fifth where neither fits.
fn sixth(quality: Quality) -> u8 {
    match quality {
        Quality::Major | Quality::Sixth | Quality::Dominant | Quality::MajorSeventh | Quality::MinorSixth => 9,
        Quality::Minor | Quality::MinorSeventh => 10,
        quality => quality.intervals()[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::rehearsal::{Chart, any_chart};
    use crate::music::Style;
    use proptest::prelude::*;

    const TURNAROUND: &str = "C | C | Am7 | Dm7 G7 | C | E7 Am | F G7 | C";

    fn comped(chart: &Chart) -> Vec<NoteCue> {
        let mut comper = Comper::default();
        chart.play(|context, out| comper.comp(context, None, out))
    }

    fn rhythm(cues: &[NoteCue], bar: Tick) -> Vec<Tick> {
        let ticks =
            cues.iter().map(|cue| cue.start.ticks() as Tick).filter(|tick| (bar * 96..bar * 96 + 96).contains(tick));
        let mut ticks: Vec<Tick> = ticks.map(|tick| tick - bar * 96).collect();
        ticks.dedup();
        ticks
    }

    #[test]
    fn each_style_plays_in_its_own_manner() {
        let mut text = String::new();
        for (chords, key, meter) in [
            (TURNAROUND, "C major", (4, 4)),
            ("Am | Dm | E7 | Am", "A minor", (3, 4)),
            ("G | C D7 | G", "G major", (6, 8)),
        ] {
            for style in Style::ALL {
                let chart = Chart::new(chords, key, meter, style);
                text += &format!("{style}, {}/{}\n{}\n", meter.0, meter.1, chart.written(&comped(&chart)));
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_bossa_keeps_to_its_clave_of_two_bars() {
        for seed in 0..16 {
            let mut chart = Chart::new(&["C"; 16].join("|"), "C major", (4, 4), Style::Bossa);
            chart.controls.seed = seed;
            if patterns::of_style(Style::Bossa).idioms.of(&chart.context(0)) == Some("samba") {
                continue;
            }
            let cues = comped(&chart);
            for bar in 0..16 {
                let (struck, clave) = (rhythm(&cues, bar), if bar % 2 == 0 { 36 } else { 24 });
                assert!(struck.contains(&clave), "{}", chart.written(&cues));
            }
        }
    }

    #[test]
    fn each_manner_is_recognisable_in_every_style() {
        for style in Style::ALL {
            let played = |manner| {
                let mut chart = Chart::new("C | F | G | C", "C major", (4, 4), style);
                chart.controls.manner = Some(manner);
                comped(&chart)
            };
            let sustained = played(Manner::Sustained);
            assert!((0..4).all(|bar| rhythm(&sustained, bar) == [0]), "{style}");
            assert!(sustained.iter().all(|cue| cue.length == Moment::from_tick(96)), "{style}");
            let broken = played(Manner::Broken);
            assert!(broken.windows(2).all(|pair| pair[0].start < pair[1].start), "{style}: one note at a time");
            let strummed = played(Manner::Strummed);
            let gaps = (0..4)
                .flat_map(|bar| rhythm(&strummed, bar).windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>());
            assert!(gaps.into_iter().all(|gap| gap >= 12), "{style}: no faster than a hand");
        }
    }

    #[test]
    fn density_makes_it_sparse_or_busy() {
        for style in Style::ALL {
            let strokes = |density| {
                let strokes = |seed| {
                    let mut chart = Chart::new("C | F | G | C | C | F | G | C", "C major", (4, 4), style);
                    chart.controls = Controls { density, seed, ..chart.controls };
                    let cues = comped(&chart);
                    (0..8).map(|bar| rhythm(&cues, bar).len()).sum::<usize>()
                };
                (0..8).map(strokes).sum::<usize>()
            };
            let (sparse, usual, busy) = (strokes(0.0), strokes(0.5), strokes(1.0));
            assert!(sparse < usual && usual <= busy, "{style}: {sparse}, {usual}, {busy}");
        }
    }

    #[test]
    fn no_bar_is_played_more_than_five_times_running() {
        for style in Style::ALL {
            let chart = Chart::new(&["C"; 64].join("|"), "C major", (4, 4), style);
            let cues = comped(&chart);
            let bar = |bar: Tick| -> Vec<(Tick, u8)> {
                let inside = cues.iter().filter(|cue| (cue.start.ticks() as Tick).div_euclid(96) == bar);
                inside.map(|cue| (cue.start.ticks() as Tick - bar * 96, cue.key)).collect()
            };
            let bars: Vec<_> = (0..64).map(bar).collect();
            assert!(bars.windows(6).all(|bars| bars.iter().any(|bar| *bar != bars[0])), "{style}");
        }
    }

    #[test]
    fn a_strum_spreads_its_strings_only_when_humanised() {
        let mut chart = Chart::new("C | F | G | C", "C major", (4, 4), Style::Folk);
        let on_grid =
            |chart: &Chart| comped(chart).iter().all(|cue| cue.start == Moment::from_tick(cue.start.ticks() as Tick));
        assert!(on_grid(&chart));
        chart.controls.humanise = 1.0;
        assert!(!on_grid(&chart));
    }

    proptest! {
        #[test]
        fn every_note_is_in_range_on_the_grid_and_in_the_locked_scale(chart in any_chart()) {
            let controls = &chart.controls;
            for cue in comped(&chart) {
                prop_assert!(KEYS.contains(cue.key), "{cue:?}");
                prop_assert_eq!(cue.start, Moment::from_tick(cue.start.ticks() as Tick));
                prop_assert!(cue.length.0 > 0 && (1..128).contains(&cue.velocity));
                prop_assert!(!controls.key_lock || controls.key.locked_scale().contains(class_of(cue.key)));
            }
        }

        #[test]
        fn it_lies_under_the_note_that_sounds(mut chart in any_chart(), melody in LOWEST + ROOM + 2..90) {
            let register = &mut chart.controls.players[Player::Chords].register;
            *register = (*register).min(0);
            let mut comper = Comper::default();
            let cues = chart.play(|context, out| {
                comper.comp(&FrameContext { melody: Some(melody), ..*context }, None, out);
            });
            prop_assert!(cues.iter().all(|cue| cue.key < melody), "{}", chart.written(&cues));
        }

        #[test]
        fn each_chord_is_struck_when_it_begins_or_just_before(chart in any_chart()) {
            let cues = comped(&chart);
            for &(tick, chord) in &chart.changes {
                let stroke = cues.iter().filter(|cue| {
                    let (start, end) = (cue.start.ticks() as Tick, (cue.start.0 + cue.length.0) / 40);
                    start == tick || (tick - EARLIEST..tick).contains(&start) && end > tick
                });
                let stroke: Vec<_> = stroke.collect();
                prop_assert!(!stroke.is_empty(), "{chord} at {tick}");
                prop_assert!(stroke.iter().any(|cue| chord.contains(class_of(cue.key))), "{chord} at {tick}");
            }
        }

        #[test]
        fn the_same_take_twice_is_the_same(chart in any_chart()) {
            prop_assert_eq!(comped(&chart), comped(&chart));
        }
    }
}
