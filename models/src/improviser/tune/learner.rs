//! The band learns the tune: what was heard of a chorus gets a harmony from the harmonizer, which hears it as a whole,
//! and is the chart of the next chorus.

use std::sync::Arc;

use super::changes::Expected;
use super::form::{Form, FormBelief};
use super::harmonizer::{ChorusFrame, Wish, harmonize};
use super::heard::{Heard, HeardBar, HeardFrame, in_a_row};
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::chart::{Bar, Content, Origin, Symbol};
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{Chart, Frame, Key, Meter, SlashChord, Spot, Tick};
use crate::network::features::Note;
use crate::network::{HarmonizerNetwork, Networks};

/// The most frames of a chorus that is learned: 64 bars of 6/4. The harmonizer hears it within a frame of the band's.
const MOST_FRAMES: usize = 64 * 24;

/// Listens to the tune, and learns it as soon as it knows after how many bars it comes again, and once more after each
/// chorus. `Clone` is a snapshot.
#[derive(Clone, Debug, Default)]
pub struct TuneLearner {
    heard: Heard,
    /// The place in the open bar at which the newest beat began.
    beat: usize,
    by_ear: FormBelief,
    /// The bar of the song with which the tune began, as far as one can tell.
    first: Option<Tick>,
    /// The bars of the loop that the song is in, and the first of them.
    cycle: Option<Told>,
    learned: Option<Arc<Learned>>,
    /// How many bars had ended when that was learned.
    since: usize,
}

/// A form that the learner need not find: a chart, or the host's loop, has so many bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Bars, at least one.
    pub period: usize,
    /// The bar of the song with which a chorus begins, from 0.
    pub first: Tick,
}

/// What is learned from, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Lesson<'a> {
    /// The harmonizer's among others; `None`: nothing is to be learned.
    pub networks: Option<&'a Networks>,
    /// What the harmony is to be like.
    pub wish: &'a Wish,
    /// The form, if a chart has one.
    pub told: Option<Told>,
    /// The changes that the style knows by heart, if it knows some.
    pub expected: Option<Expected>,
    /// Whether the musician plays over what was learned as if it were right.
    pub agrees: bool,
}

/// A chorus as it was learned.
#[derive(Debug)]
pub struct Learned {
    /// After how many bars it comes again.
    period: usize,
    /// What one must believe of the form to play it; `None`: it was told.
    form: Option<Form>,
    /// The bar of the song with which it began.
    first: Tick,
    meter: Meter,
    /// Its bars as they were heard; `None`: not at all.
    bars: Vec<Option<Arc<HeardBar>>>,
    /// Its chords, a bar for each of its bars; a bar that was not heard is open.
    pub chart: Arc<Chart>,
}

impl Learned {
    /// The bar of the song with which it began.
    pub fn first(&self) -> Tick {
        self.first
    }

    /// The melody that was heard where `spot` is in the chorus: in the frame itself, and in those around it.
    pub fn melody(&self, spot: Spot) -> [Note; 3] {
        let bar = (spot.bar_number() - self.first).rem_euclid(self.period as Tick);
        let place = HeardBar::place_of(spot);
        let note = |place: Option<usize>| {
            let frame = self.bars[bar as usize].as_ref().zip(place).and_then(|(bar, place)| bar.frames.get(place));
            frame.map_or(Note::Rest, |frame| frame.note)
        };
        [note(Some(place)), note(place.checked_sub(1)), note(Some(place + 1))]
    }
}

impl TuneLearner {
    /// Takes in the frame at `spot`. Returns whether another chorus is known now.
    pub fn hear(&mut self, spot: Spot, frame: HeardFrame, lesson: &Lesson) -> bool {
        let step = self.heard.step_to(spot);
        if step.ends_beat {
            let known = self.learned.as_ref().and_then(|learned| learned.form);
            self.by_ear.hear_beat(&self.heard, self.beat, known, lesson.agrees);
            self.beat = HeardBar::place_of(spot);
        }
        if step.jump != 0 {
            self.cycle = looped(spot, step.jump);
        }
        let ended = self.heard.hear(spot, HeardFrame { departs: !lesson.agrees, ..frame });
        if ended && self.first.is_none() {
            self.first = self.heard.bars().back().filter(|bar| bar.sounds()).map(|bar| first_of(bar));
        }
        let known = match lesson.told.or(self.cycle) {
            Some(told) => self.is_over(told, spot, ended).then(|| self.learn(told, None, lesson)),
            None => self.by_ear.form().and_then(|form| {
                let told = Told { period: form.period, first: self.first? };
                let is_new = self.learned.as_ref().is_none_or(|learned| learned.form != Some(form));
                (is_new || self.is_over(told, spot, ended)).then(|| self.learn(told, Some(form), lesson))
            }),
        };
        let Some(learned) = known.flatten() else { return false };
        self.since = self.heard.count();
        self.learned = Some(Arc::new(learned));
        true
    }

    /// What was learned.
    pub fn learned(&self) -> Option<&Arc<Learned>> {
        self.learned.as_ref()
    }

    /// The loop that the song is in.
    pub fn cycle(&self) -> Option<Told> {
        self.cycle
    }

    /// The form, by ear.
    pub fn form(&self) -> Option<Told> {
        Some(Told { period: self.by_ear.form()?.period, first: self.first? })
    }

    /// Whether in one of the last bars the harmony that is given changed where `spot` is in its bar.
    pub fn changed_at(&self, spot: Spot) -> bool {
        self.heard.changed_at(spot)
    }

    /// The bar of the song with which the tune began, once it is known.
    pub fn first(&self) -> Option<Tick> {
        self.first
    }

    /// Whether the song is believed to be in what was learned; `None`: there is no saying.
    pub fn is_in_it(&self) -> Option<bool> {
        let learned = self.learned.as_ref()?;
        if learned.form.is_none() {
            return Some(true);
        }
        self.by_ear.form().map(|form| learned.form == Some(form))
    }

    /// Whether a chorus has ended right before `spot`, and as much was heard since another was learned.
    fn is_over(&self, told: Told, spot: Spot, has_ended: bool) -> bool {
        let Told { period, first } = told;
        let number = spot.bar_number() - first;
        let is_end = number > 0 && number % period as Tick == 0 || self.is_wrap(told, spot);
        has_ended && is_end && (self.learned.is_none() || self.heard.count() - self.since >= period)
    }

    /// Whether the song has just wrapped to the first bar of the loop that is told.
    fn is_wrap(&self, told: Told, spot: Spot) -> bool {
        self.cycle == Some(told) && spot.bar_number() == told.first
    }

    /// The chorus that has just ended, or the bars before now that come again. `None`: there is nothing to learn, or
    /// nobody to learn from.
    fn learn(&self, told: Told, form: Option<Form>, lesson: &Lesson) -> Option<Learned> {
        let Told { period, first } = told;
        if period.saturating_mul(self.heard.bars().back()?.length()) > MOST_FRAMES {
            return None;
        }
        let network = lesson.networks?.get::<HarmonizerNetwork>()?;
        let heard = self.heard.bars();
        let newest = &heard.as_slices();
        let newest: Vec<&Arc<HeardBar>> = newest.0.iter().chain(newest.1).rev().take(period).collect();
        let meter = newest.first()?.meter;
        if newest.iter().any(|bar| bar.meter != meter) {
            return None;
        }
        let before = self.learned.as_deref().filter(|learned| {
            (learned.period, learned.form, learned.first, learned.meter) == (period, form, first, meter)
        });
        let up = i32::from(form.map_or(0, |form| form.up));
        let mut bars = before.map_or_else(|| vec![None; period], |before| before.bars.clone());
        let mut is_new = before.is_none();
        for bar in newest {
            let place = &mut bars[(bar.number - first).rem_euclid(period as Tick) as usize];
            let is_known = before.is_some() && place.as_ref().is_some_and(|known| known.sounds() && !bar.departs());
            if !is_known && (bar.sounds() || place.is_none()) {
                *place = Some(if up == 0 { Arc::clone(bar) } else { Arc::new(bar.transposed(up)) });
                is_new = true;
            }
        }
        if !is_new || !bars.iter().flatten().any(|bar| bar.sounds()) {
            return None;
        }
        let silence = HeardBar::silent(meter);
        let chorus = in_a_row(bars.iter().map(|bar| bar.as_deref().unwrap_or(&silence)));
        let expected = lesson.expected.filter(|expected| expected.fits(period)).map(|expected| expected.from_bar(0));
        let harmony = harmonize(&network, &chorus, &Wish { expected, ..*lesson.wish }).ok()?;
        let chart = Arc::new(Chart {
            first_bar: first.try_into().unwrap_or_default(),
            ..chart(&bars, meter, &chorus, &harmony)
        });
        Some(Learned { period, form, first, meter, bars, chart })
    }
}

/// The loop whose first frame is `spot`, after the song has jumped there by so many frames.
fn looped(spot: Spot, jump: Frame) -> Option<Told> {
    let bar = spot.position.meter.bar_ticks();
    let length = frame_start(-jump);
    let is_whole = spot.begins_bar() && length > 0 && length % bar == 0;
    is_whole.then(|| Told { period: (length / bar) as usize, first: spot.bar_number() })
}

/// The bar of the song with which a tune begins of which `bar` is the first bar that sounds: that one, or the next if
/// there is no more than a pick-up in it.
fn first_of(bar: &HeardBar) -> Tick {
    let silent = bar.frames.iter().take_while(|frame| frame.note.pitch_class().is_none()).count();
    bar.number + Tick::from(2 * silent >= bar.length())
}

/// The chords of a chorus as a chart.
fn chart(
    bars: &[Option<Arc<HeardBar>>],
    meter: Meter,
    chorus: &[ChorusFrame],
    harmony: &[Option<SlashChord>],
) -> Chart {
    let mut belief = KeyBelief::default();
    harmony.chunk_by(|a, b| a == b).filter_map(|same| same[0]).for_each(|chord| belief.hear_chord(chord.chord));
    let key = belief.key().map_or(Key::major(0), |(key, _)| key);
    let length = chorus.len() / bars.len();
    let mut standing = None;
    let bars = bars.iter().zip(harmony.chunks(length)).zip(chorus.chunks(length)).map(|((heard, harmony), frames)| {
        let mut chords = Vec::new();
        for (place, &chord) in harmony.iter().enumerate() {
            if standing != Some(chord) {
                let symbol = chord.map(|chord| Symbol::in_key(chord, key));
                chords.push((place as Tick * TICKS_PER_FRAME, symbol));
                standing = Some(chord);
            }
        }
        let given = frames.iter().filter(|frame| frame.given.chord().is_some()).count();
        let origin = if 2 * given > length { Origin::LeftHand } else { Origin::Learned };
        match heard {
            Some(_) => Bar { origin, ..Bar::of(Content::Chords(chords)) },
            None => {
                standing = None;
                Bar::default()
            }
        }
    });
    let mut bars: Vec<Bar> = bars.collect();
    bars[0].meter = Some(meter);
    Chart { bars, ..Chart::default() }.sensible()
}
