//! The player of the bass line.

use std::sync::Arc;

use super::groove::{Groove, LONGEST};
use super::patterns::{self, Stroke, Tone, stroke};
use super::reshaping::Reshaping;
use crate::controls::{Controls, Player};
use crate::ground::Yielding;
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel;
use crate::improviser::players::plays::{BassKeys, Plays};
use crate::improviser::players::strokes::captured::Captured;
use crate::music::pitch::{KeyRange, PitchClassSet, class_of, nearest};
use crate::music::time::TICKS_PER_QUARTER;
use crate::music::voicing::{HIGHEST_CHORALE_BASS, Texture};
use crate::music::{Chord, Moment, PitchClass, Quality, SlashChord, Style, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

/// The keys of a bass: from the open E string up two octaves and a third.
const KEYS: KeyRange = KeyRange::new(28, 55);
/// Where a bass line is at home, above the lowest key.
const HOME: u8 = 10;
/// A chord whose bass was played so many ticks early need not begin with it.
const EARLIEST: Tick = 24;

/// Plays a line of chord tones, and of notes that lead to the next chord, in the manner of the style. One note at a
/// time; on strong beats always a chord tone.
#[derive(Clone, Debug, Default)]
pub struct Bassist {
    groove: Groove,
    reshaping: Reshaping<Tone>,
    chord: Option<Chord>,
    /// The last note of the line, and the one before it. A leap of an octave is no part of the line.
    last: [Option<u8>; 2],
    ahead: Option<Ahead>,
    /// Those of the frame that was decided last.
    keys: Option<BassKeys>,
}

/// A bass that was played ahead of time.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    at: Tick,
    /// When the harmony is expected.
    due: Tick,
    harmony: SlashChord,
}

impl Plays for Bassist {
    fn prepare(&mut self, context: &FrameContext, listener: &Listener) {
        let (patterns, whose) = (&patterns::of_style(context.style).bass, (Player::Bass, Purpose::Bass));
        self.groove.prepare(context, listener, patterns, whose);
        self.reshaping.prepare(context, listener, &mut self.groove, whose);
    }

    fn decide(&mut self, context: &FrameContext, _: &Listener, _: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let (before, first) = (self.last[0], out.len());
        self.walk_on(context, out);
        let start = Moment::from_tick(context.tick());
        let now = out[first..].iter().find(|note| note.start == start).map(|note| note.key).or(before);
        self.keys = now.map(|now| BassKeys { before: before.unwrap_or(now), now });
    }

    fn ends_with_chord(&self, context: &FrameContext) -> bool {
        self.was_in_vain(context)
    }

    fn bass_keys(&self) -> Option<BassKeys> {
        self.keys
    }

    fn give_way(&mut self, by: &Yielding) {
        if self.chord.is_some() {
            let moved = |key: u8| by.key(Player::Bass, key);
            self.last = self.last.map(|key| key.map(moved));
            self.keys = self.keys.map(|BassKeys { before, now }| BassKeys { before: moved(before), now: moved(now) });
            (self.chord, self.ahead) = (Some(by.harmony().chord), None);
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

impl Bassist {
    /// One that has played nothing.
    pub fn new(networks: &Networks) -> Self {
        Self { reshaping: Reshaping::new(networks), ..Self::default() }
    }

    /// Whether the harmony that was played ahead of time does not come in the frame in which it was due.
    fn was_in_vain(&self, context: &FrameContext) -> bool {
        self.ahead.is_some_and(|ahead| ahead.due == context.tick() && context.chord != Some(ahead.harmony.chord))
    }

    /// Appends the notes that begin in the frame to `out`.
    fn walk_on(&mut self, context: &FrameContext, out: &mut Vec<NoteCue>) {
        let patterns = &patterns::of_style(context.style).bass;
        self.groove.follow(context, patterns, Player::Bass, Purpose::Bass);
        let tick = context.tick();
        let begins = context.chord_changes || self.chord != context.chord || self.was_in_vain(context);
        self.chord = context.chord;
        let Some(chord) = context.chord else {
            self.ahead = None;
            return;
        };
        let harmony = SlashChord { chord, bass: context.bass.unwrap_or(chord.root) };
        let was_ahead =
            self.ahead.is_some_and(|ahead| ahead.harmony == harmony && (tick - EARLIEST..tick).contains(&ahead.at));

        let mut strokes = self.reshaping.of(self.groove.strokes(context, patterns, Purpose::Bass));
        if begins {
            strokes.begin(was_ahead, |_| Tone::Bass, || stroke(0, Tone::Bass));
            self.ahead = None;
        }
        for (place, at, stroke) in strokes.due() {
            let line = Line {
                context,
                chord,
                bass: harmony.bass,
                at,
                until: strokes.next(place, |stroke| stroke.touch != Tone::Again),
                range: range(context),
                last: self.last,
            };
            self.play(&line, stroke, strokes.next(place, |_| true), out);
        }
    }

    /// Plays `stroke` as the line wants it, until the `next` stroke at the latest.
    fn play(&mut self, line: &Line, stroke: Stroke<Tone>, next: Tick, out: &mut Vec<NoteCue>) {
        let Line { context, chord, bass, at, .. } = *line;
        let change = line.change().filter(|&(change, _)| change > at);
        let longest = if stroke.length == 0 { LONGEST } else { Tick::from(stroke.length) };
        let mut end = next.min(at + longest);
        let key = match stroke.touch {
            Tone::Bass => line.tone(bass),
            Tone::Root => line.tone(chord.root),
            Tone::Third => line.tone(chord.third()),
            Tone::Fifth => line.tone(chord.fifth()),
            Tone::Sixth => line.tone(sixth(chord)),
            Tone::Octave => line.octave(),
            Tone::Again => line.again(),
            Tone::Walk => line.walk(),
            Tone::Lead => line.lead().or_else(|| line.tone(chord.fifth())),
            Tone::Ahead => match change {
                Some((change, coming)) if change <= at + EARLIEST && !line.is_strong() && context.is_certain() => {
                    self.ahead = Some(Ahead { at, due: change, harmony: coming });
                    end = change + TICKS_PER_QUARTER / 2;
                    line.tone(coming.bass)
                }
                _ => line.tone(chord.root),
            },
        };
        if let Some((change, _)) = change.filter(|_| self.ahead.is_none_or(|ahead| ahead.at != at)) {
            end = end.min(change);
        }
        let fits = |key: &u8| stroke.touch == Tone::Bass || !line.is_strong() || chord.contains(class_of(*key));
        let key = key.filter(fits).or_else(|| line.tone(chord.root));
        let Some(key) = key else { return };
        if stroke.touch != Tone::Octave {
            self.last = [Some(key), self.last[0]];
        }
        out.push(NoteCue {
            player: Player::Bass,
            channel: context.controls.player(Player::Bass).channel,
            key,
            velocity: feel::struck(stroke.loudness(context.touch) - 4),
            start: Moment::from_tick(at),
            length: Moment::from_tick(end - at),
        });
    }
}

fn range(context: &FrameContext) -> KeyRange {
    keys_in(context.style, context.controls)
}

/// The keys of the bass in `style`.
pub fn keys_in(style: Style, controls: &Controls) -> KeyRange {
    // Under the other parts of a hymn.
    let is_choir = style.character().texture == Texture::Chorale;
    let keys = if is_choir { KeyRange::new(KEYS.low, HIGHEST_CHORALE_BASS) } else { KEYS };
    keys.shifted(controls.player(Player::Bass).register)
}

/// The sixth of a shuffle: over minor a seventh, and over an altered fifth that fifth.
fn sixth(chord: Chord) -> PitchClass {
    match chord.quality {
        quality if !quality.has_perfect_fifth() => chord.fifth(),
        Quality::Minor | Quality::MinorSeventh => (chord.root + 10) % 12,
        Quality::Suspended => chord.root,
        _ => (chord.root + 9) % 12,
    }
}

/// A place in the line for which a note is sought. Every note found is in the range and allowed by the key lock.
struct Line<'a> {
    context: &'a FrameContext<'a>,
    chord: Chord,
    /// What the chord begins with.
    bass: PitchClass,
    at: Tick,
    /// When the line moves on.
    until: Tick,
    range: KeyRange,
    last: [Option<u8>; 2],
}

impl Line<'_> {
    /// Where the line comes from: the last note, or home.
    fn here(&self) -> u8 {
        let home = self.range.low + HOME;
        self.last[0].map_or(home, |last| last.clamp(self.range.low, self.range.high))
    }

    fn allowed(&self, classes: PitchClassSet) -> PitchClassSet {
        classes.intersection(self.context.allowed())
    }

    /// The key of `class` that joins best: near the last note, and not far from home. If the key lock forbids the
    /// class, a chord tone that it allows.
    fn tone(&self, class: PitchClass) -> Option<u8> {
        let class = if self.context.allowed().contains(class) {
            class
        } else {
            let tones = self.allowed(self.chord.tones());
            [self.chord.root, self.chord.fifth(), self.chord.third()]
                .into_iter()
                .find(|&tone| tones.contains(tone))
                .or(tones.iter().next())?
        };
        Some(self.near(class, self.here()))
    }

    /// The key of `class` near `here`, with a pull towards home.
    fn near(&self, class: PitchClass, here: u8) -> u8 {
        let home = self.range.low + HOME;
        let cost = |key: u8| 2 * u32::from(key.abs_diff(here)) + u32::from(key.abs_diff(home));
        self.range.keys_of(class).min_by_key(|&key| cost(key)).unwrap_or_else(|| self.range.fold(nearest(class, here)))
    }

    /// The root an octave away from its place in the line: above, if there is room.
    fn octave(&self) -> Option<u8> {
        let root = self.tone(self.chord.root)?;
        [root + 12, root.saturating_sub(12)].into_iter().find(|&key| self.range.contains(key)).or(Some(root))
    }

    /// The last note again, if that is a chord tone or the beat is weak; else the root.
    fn again(&self) -> Option<u8> {
        let fits = |key: &u8| {
            let class = class_of(*key);
            let sounds_well = self.chord.contains(class) || !self.is_strong();
            self.range.contains(*key) && self.context.allowed().contains(class) && sounds_well
        };
        self.last[0].filter(fits).or_else(|| self.tone(self.chord.root))
    }

    /// The next change of harmony, if it is known.
    fn change(&self) -> Option<(Tick, SlashChord)> {
        let with_bass = |(tick, chord): (Tick, Chord)| {
            (tick, SlashChord { chord, bass: self.context.next_bass.unwrap_or(chord.root) })
        };
        self.context.next_chord.map(with_bass)
    }

    /// The harmony that begins when the line moves on, if it is known.
    fn coming(&self) -> Option<SlashChord> {
        self.change().filter(|&(change, _)| self.at < change && change <= self.until).map(|(_, harmony)| harmony)
    }

    /// A note from which the next bass is reached by step, if the chord changes then: from the side on which the
    /// line is, preferably a note of the scale or a semitone. Where the change may still not come, only a note that
    /// fits without it.
    fn lead(&self) -> Option<u8> {
        let coming = self.coming()?;
        let here = self.here();
        let target = self.near(coming.bass, here);
        let is_certain = self.context.is_certain();
        let fits = self.context.key.scale().union(self.chord.tones());
        let scale = if is_certain { fits.union(coming.chord.tones()) } else { fits };
        let chromatic = if self.context.style.character().chromatic { 2 } else { 9 };
        let around = [-1i32, 1, 2, -2].map(|step| i32::from(target) + step);
        around
            .into_iter()
            .filter_map(|key| u8::try_from(key).ok())
            .filter(|&key| self.range.contains(key) && self.context.allowed().contains(class_of(key)))
            .filter(|&key| is_certain || fits.contains(class_of(key)))
            .min_by_key(|&key| {
                let class = class_of(key);
                let repeated = u32::from(key == here) * 6;
                let foreign = u32::from(!scale.contains(class)) * chromatic;
                let jump = u32::from(key.abs_diff(here).saturating_sub(4));
                // A whole step on the far side of the target is a detour.
                let detour = u32::from((here < target) != (key < target)) * 2;
                let semitone = u32::from(key.abs_diff(target) == 1);
                (2 + repeated + foreign + jump + detour - semitone, key)
            })
    }

    /// The next note of a walking line: towards the next chord's bass if that is known, chord tones on strong beats.
    fn walk(&self) -> Option<u8> {
        if !self.is_strong()
            && let Some(key) = self.lead()
        {
            return Some(key);
        }
        let here = self.here();
        let scale = self.context.key.scale().union(self.chord.tones());
        let candidates = self.allowed(if self.is_strong() { self.chord.tones() } else { scale });
        let target = self.change().map(|(_, coming)| self.near(coming.bass, here));
        // Without a goal the line goes up from the lower half of its range and down from the upper.
        let home = self.range.low + HOME;
        let rises = match target {
            Some(target) if target != here => target > here,
            _ => here <= home + 2,
        };
        (self.range.low..=self.range.high).filter(|&key| candidates.contains(class_of(key))).min_by_key(|&key| {
            let step = i32::from(key.abs_diff(here));
            let ideal = if self.chord.contains(class_of(key)) {
                (step - 4).abs().min((step - 3).abs())
            } else {
                (step - 2).abs()
            };
            let mut cost = 4 * ideal;
            cost += if key == here { 40 } else { 0 };
            cost += if self.last[1] == Some(key) { 16 } else { 0 };
            cost += if (key > here) == rises { 0 } else { 6 };
            cost += if self.chord.contains(class_of(key)) { 0 } else { 5 };
            cost += i32::from(key.abs_diff(home)) / 2;
            cost += (self.context.random.uniform(Purpose::Bass, u32::from(key)) * 8.0) as i32;
            (cost, key)
        })
    }

    /// Whether the note falls on a strong beat: the first of the bar, and the middle one of a bar of an even number of
    /// beats.
    fn is_strong(&self) -> bool {
        let meter = self.context.position.meter;
        let (bar, beat) = (meter.bar_ticks(), meter.beat_ticks());
        let into = self.context.position.ticks_into_bar(self.at);
        into == 0 || bar % (2 * beat) == 0 && into == bar / 2 && bar > 2 * beat
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::players::rehearsal::{Chart, any_chart};
    use crate::music::Style;
    use proptest::prelude::*;

    fn played(chart: &Chart) -> Vec<NoteCue> {
        let mut bassist = Bassist::default();
        chart.play(|context, out| bassist.walk_on(context, out))
    }

    fn tick(cue: &NoteCue) -> Tick {
        cue.start.ticks() as Tick
    }

    #[test]
    fn each_style_moves_in_its_own_manner() {
        let mut text = String::new();
        for (chords, key, meter) in [
            ("C | C | Am7 | Dm7 G7 | C | E7 Am | F G7 | C", "C major", (4, 4)),
            ("Am | Dm | E7 | Am", "A minor", (3, 4)),
            ("G | C D7 | G", "G major", (6, 8)),
        ] {
            for style in Style::ALL {
                let chart = Chart::new(chords, key, meter, style);
                text += &format!("{style}, {}/{}\n{}\n", meter.0, meter.1, chart.written(&played(&chart)));
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_walking_bass_arrives_by_step() {
        for semitones in 0..12 {
            for seed in 0..8 {
                let mut chart =
                    Chart::new("C | Am7 | Dm7 | G7 | Em7 | A7 | Dm7 G7 | C6", "C major", (4, 4), Style::Jazz);
                chart.key.tonic = semitones;
                chart.changes.iter_mut().for_each(|change| change.1 = change.1.transposed(semitones.into()));
                chart.controls.seed = seed;
                chart.controls.density = 0.7;
                if patterns::of_style(Style::Jazz).idioms.of(&chart.context(0)) == Some("two") {
                    continue;
                }
                let cues = played(&chart);
                for &(change, chord) in &chart.changes[1..] {
                    let arrival = cues.iter().position(|cue| tick(cue) == change).unwrap();
                    let (before, root) = (cues[arrival - 1].key, cues[arrival].key);
                    assert_eq!(class_of(root), chord.root);
                    assert!((1..=2).contains(&before.abs_diff(root)), "{}", chart.written(&cues));
                }
            }
        }
    }

    #[test]
    fn a_chord_that_may_not_come_is_approached_by_what_fits_without_it() {
        for (style, seed) in [Style::Jazz, Style::Latin, Style::Bossa]
            .into_iter()
            .flat_map(|style| (0..8).map(move |seed| (style, seed)))
        {
            let mut chart = Chart::new("C | A7 | Dm7 | G7 | Em7 | A7 | Dm7 Db7 | C6", "C major", (4, 4), style);
            chart.controls.seed = seed;
            let mut bassist = Bassist::default();
            let cues =
                chart.play(|context, out| bassist.walk_on(&FrameContext { certain: context.tick(), ..*context }, out));
            let fits =
                |cue: &NoteCue| chart.key.scale().union(chart.chord_at(tick(cue)).tones()).contains(class_of(cue.key));
            assert!(cues.iter().all(fits), "{}", chart.written(&cues));
        }
    }

    #[test]
    fn the_roots_join_smoothly() {
        for style in Style::ALL {
            let chart = Chart::new("C | F | Dm7 | G7 | C | Am | D7 G7 | C", "C major", (4, 4), style);
            let cues = played(&chart);
            let first = |change: &(Tick, Chord)| cues.iter().find(|cue| tick(cue) == change.0).map(|cue| cue.key);
            let roots: Vec<u8> = chart.changes.iter().filter_map(first).collect();
            assert!(roots.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 12), "{}", chart.written(&cues));
        }
    }

    #[test]
    fn a_slash_chord_begins_with_its_bass_and_goes_on_as_usual() {
        for style in Style::ALL {
            let mut chart = Chart::new("C | G | Am | F", "C major", (4, 4), style);
            chart.inversion = 1;
            let cues = played(&chart);
            for &(change, chord) in &chart.changes {
                let in_bar = |cue: &&NoteCue| (change - EARLIEST..change + 96).contains(&tick(cue));
                let classes: Vec<u8> = cues.iter().filter(in_bar).map(|cue| class_of(cue.key)).collect();
                assert!(classes.contains(&chord.third()), "{}", chart.written(&cues));
            }
        }
    }

    proptest! {
        #[test]
        fn every_note_is_in_range_on_the_grid_and_in_the_locked_scale(chart in any_chart()) {
            let controls = &chart.controls;
            let range = KEYS.shifted(controls.player(Player::Bass).register);
            for cue in played(&chart) {
                prop_assert!(range.contains(cue.key), "{cue:?}");
                prop_assert_eq!(cue.start, Moment::from_tick(tick(&cue)));
                prop_assert!(cue.length.0 > 0 && (1..128).contains(&cue.velocity));
                prop_assert!(!controls.key_lock || controls.key.locked_scale().contains(class_of(cue.key)));
            }
        }

        #[test]
        fn strong_beats_have_chord_tones(chart in any_chart()) {
            for cue in played(&chart) {
                let context = chart.context(crate::music::time::frame_at(tick(&cue)));
                let chord = chart.chord_at(tick(&cue));
                let (at, until, bass) = (tick(&cue), tick(&cue), chord.root);
                let line = Line { context: &context, chord, bass, at, until, range: KEYS, last: [None; 2] };
                prop_assert!(!line.is_strong() || line.chord.contains(class_of(cue.key)), "{}", tick(&cue));
            }
        }

        #[test]
        fn each_chord_begins_with_its_bass_or_has_it_from_before(chart in any_chart()) {
            let cues = played(&chart);
            for &(change, chord) in &chart.changes {
                let bass = |cue: &&NoteCue| class_of(cue.key) == chart.bass_of(chord);
                let begins = cues.iter().filter(bass).any(|cue| {
                    let end = tick(cue) + cue.length.ticks() as Tick;
                    tick(cue) == change || (change - EARLIEST..change).contains(&tick(cue)) && end > change
                });
                prop_assert!(begins, "{chord} at {change}");
            }
        }

        #[test]
        fn it_plays_one_note_at_a_time(mut chart in any_chart()) {
            chart.foreseen = true;
            let cues = played(&chart);
            for pair in cues.windows(2) {
                prop_assert!(pair[0].start < pair[1].start);
            }
        }

        #[test]
        fn the_same_take_twice_is_the_same(chart in any_chart()) {
            prop_assert_eq!(played(&chart), played(&chart));
        }
    }
}
