//! Phrases of its own to which Lead comes back, as people's melodies do.

use std::collections::VecDeque;
use std::sync::Arc;

use super::bounds::Bounds;
use super::draw::Wish;
use super::motif::misfit;
use crate::improviser::listening::LeadNote;
use crate::music::Tick;

/// So many of the newest phrases are remembered.
const MOST: usize = 32;
/// How many times as likely Lead comes back to a phrase where a form does.
const OF_THE_FORM: f32 = 2.0;
/// The chance that who has come back goes on with what followed there.
const STAYING: f32 = 0.9;
/// Fewer notes are no phrase that one would know again.
const FEWEST: usize = 5;

/// A phrase as it was played.
#[derive(Clone, Debug)]
struct OwnPhrase {
    /// Its notes.
    notes: Arc<[LeadNote]>,
    /// By how much it lies later in the song by now.
    later: Tick,
}

impl OwnPhrase {
    fn onset(&self) -> Tick {
        self.notes[0].onset + self.later
    }

    /// From its first note to the end of its last one.
    fn length(&self) -> Tick {
        let (first, last) = (self.notes[0], self.notes[self.notes.len() - 1]);
        last.onset + last.length - first.onset
    }

    /// How far it is from what the bounds ask for, if it begins at `start`.
    fn misfit(&self, start: Tick, bounds: &Bounds) -> i32 {
        let keys: Vec<i32> = self.notes.iter().map(|note| note.key.into()).collect();
        let onsets: Vec<Tick> = self.notes.iter().map(|note| start + note.onset - self.notes[0].onset).collect();
        misfit(&keys, &onsets, bounds)
    }

    /// Whether it needs to be changed by less than a semitone a note.
    fn fits(&self, start: Tick, bounds: &Bounds) -> bool {
        self.misfit(start, bounds) < self.notes.len() as i32
    }

    /// Its notes, one after another. How long the last one waits is left open.
    fn wishes(&self) -> Vec<Wish> {
        let time = |index: usize| Some(self.notes.get(index + 1)?.onset - self.notes[index].onset);
        let wish = |(index, note): (usize, &LeadNote)| {
            let key = Some(note.key.into());
            Wish { time: time(index), length: Some(note.length), key }
        };
        self.notes.iter().enumerate().map(wish).collect()
    }
}

/// A phrase that comes again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Return {
    /// When its first note begins, and when it is over.
    pub start: Tick,
    pub end: Tick,
    /// When the phrase after it is due, if Lead goes on so.
    pub next: Option<Tick>,
    /// Its notes, one after another. How long the last one waits is left open.
    pub wishes: Vec<Wish>,
}

/// What Lead has played, phrase by phrase, the newest last. `Clone` shares the phrases.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnPhrases {
    known: VecDeque<OwnPhrase>,
    /// The one to which Lead came back last, counted from the first that is known, and by how much later it lay.
    back: Option<(usize, Tick)>,
}

impl OwnPhrases {
    /// A phrase is over.
    pub fn keep(&mut self, notes: Vec<LeadNote>) {
        if notes.len() < FEWEST {
            return;
        }
        if self.known.len() >= MOST {
            self.known.pop_front();
            self.back = self.back.and_then(|(index, later)| Some((index.checked_sub(1)?, later)));
        }
        self.known.push_back(OwnPhrase { notes: notes.into(), later: 0 });
    }

    /// What is decided goes on `delta` ticks later than it would have.
    pub fn shift(&mut self, delta: Tick) {
        self.known.iter_mut().for_each(|phrase| phrase.later += delta);
    }

    /// The phrase to which Lead comes back from `now` on, by a `draw` uniform in 0 to 1: with this `chance`, a higher
    /// one where a form comes back, and a higher one yet if Lead has come back to the phrase before it. `None` if it
    /// plays another, or none fits.
    pub fn come_back(&mut self, now: Tick, bounds: &Bounds, draw: f32, chance: f32) -> Option<Return> {
        let goes_on = self.back.take().filter(|_| draw < STAYING).and_then(|back| self.after(back, now, bounds));
        let comes_back = || {
            let (place, found) = self.best(now, bounds)?;
            (draw < if place == 0 { OF_THE_FORM * chance } else { chance }).then_some(found)
        };
        let (index, start) = goes_on.or_else(comes_back)?;
        let phrase = &self.known[index];
        let later = start - phrase.onset();
        let next = self.known.get(index + 1).map(|next| next.onset() + later);
        let again = Return { start, end: start + phrase.length(), next, wishes: phrase.wishes() };
        self.back = Some((index, later));
        Some(again)
    }

    /// What followed the phrase to which Lead came `back`, if it is due within a beat.
    fn after(&self, (index, later): (usize, Tick), now: Tick, bounds: &Bounds) -> Option<(usize, Tick)> {
        let phrase = self.known.get(index + 1)?;
        let start = phrase.onset() + later;
        let is_due = (now..=now + bounds.context.position.meter.beat_ticks()).contains(&start);
        (is_due && phrase.fits(start, bounds)).then_some((index + 1, start))
    }

    /// The phrase that can begin in its place in the bar, a beat later at most, or a bar where a form comes back, and
    /// when it does: the one that fits what comes best, of such the one whose place in the form this is, and of these
    /// the newest. Before it, what its place in the form is: 0 if it began a multiple of eight bars ago.
    fn best(&self, now: Tick, bounds: &Bounds) -> Option<(usize, (usize, Tick))> {
        let meter = bounds.context.position.meter;
        let (bar, beat) = (meter.bar_ticks(), meter.beat_ticks());
        let candidates = self.known.iter().enumerate().rev().filter_map(|(index, phrase)| {
            let start = now + (phrase.onset() - now).rem_euclid(bar);
            let bars = (start - phrase.onset()) / bar;
            // As a form has it: after eight bars, after four, after two.
            let place = [8, 4, 2].into_iter().position(|period| bars % period == 0).unwrap_or(3);
            let longest = if place == 0 { bar } else { beat };
            let fits = start - now <= longest && phrase.fits(start, bounds);
            fits.then(|| ((phrase.misfit(start, bounds), place), (index, start)))
        });
        candidates.min_by_key(|(fit, _)| *fit).map(|((_, place), found)| (place, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;
    use crate::improviser::players::soloist::bounds::{Compass, QUICKEST};
    use crate::music::{Chord, Quality};

    /// A phrase that begins at `onset` with `first` and goes up by the steps of C major; each has lengths of its own.
    fn phrase(onset: Tick, first: u8) -> Vec<LeadNote> {
        let note = |(at, step): (Tick, u8)| {
            let (onset, length) = (onset + 12 * at, 5 + onset / 96);
            LeadNote { key: first + step, onset, length }
        };
        (0..).zip([0, 2, 4, 5, 7]).map(note).collect()
    }

    fn at<T>(now: Tick, show: impl FnOnce(&Bounds) -> T) -> T {
        let controls = Controls::default();
        let context = context(&controls, now / 6);
        let chord = Chord::new(0, Quality::Major);
        let compass = Compass::of(&context);
        let (start, end, arch, quickest) = (now, now + 192, 0.0, QUICKEST);
        show(&Bounds { context: &context, chord, compass, start, end, arch, quickest })
    }

    fn own(played: &[(Tick, u8)]) -> OwnPhrases {
        let mut own = OwnPhrases::default();
        played.iter().for_each(|&(onset, first)| own.keep(phrase(onset, first)));
        own
    }

    /// Which of the phrases that were played at these ticks with these first keys Lead comes back to over C, and how
    /// long it waits.
    fn comes_back_to(played: &[(Tick, u8)], now: Tick) -> Option<(Tick, Tick)> {
        let mut own = own(played);
        let again = at(now, |bounds| own.come_back(now, bounds, 0.0, 1.0))?;
        let (index, _) = own.back?;
        Some((own.known[index].onset(), again.start - now))
    }

    #[test]
    fn lead_comes_back_to_the_phrase_of_this_place_in_the_form() {
        let eighth = 8 * 96;
        assert_eq!(comes_back_to(&[(0, 60), (2 * 96, 60), (5 * 96, 60)], eighth), Some((0, 0)));
        assert_eq!(comes_back_to(&[(2 * 96, 60), (5 * 96, 60)], eighth), Some((2 * 96, 0)));
        assert_eq!(comes_back_to(&[], eighth), None);
    }

    #[test]
    fn it_waits_a_beat_for_the_place_in_the_bar_and_longer_where_a_form_comes_back() {
        assert_eq!(comes_back_to(&[(12, 60)], 7 * 96), Some((12, 12)));
        assert_eq!(comes_back_to(&[(36, 60)], 7 * 96), None);
        assert_eq!(comes_back_to(&[(36, 60)], 8 * 96), Some((36, 36)));
    }

    #[test]
    fn who_has_come_back_goes_on_with_what_followed() {
        let mut own = own(&[(0, 60), (2 * 96, 60), (4 * 96, 60)]);
        let mut come_back = |now: Tick, draw| at(now, |bounds| own.come_back(now, bounds, draw, 0.3));
        assert_eq!(come_back(8 * 96, 0.0).and_then(|again| again.next), Some(10 * 96));
        assert_eq!(come_back(10 * 96, 0.7).map(|again| (again.start, again.next)), Some((10 * 96, Some(12 * 96))));
        assert_eq!(come_back(12 * 96, 0.95), None, "not always");
        assert_eq!(come_back(13 * 96, 0.7), None, "and then it is elsewhere");
    }

    #[test]
    fn what_fits_the_chord_comes_before_what_fits_the_form() {
        // E flat to B flat over C.
        assert_eq!(comes_back_to(&[(0, 63), (3 * 96, 60)], 8 * 96), Some((3 * 96, 0)));
    }

    #[test]
    fn the_newest_are_remembered_and_a_few_notes_are_no_phrase() {
        let mut own = OwnPhrases::default();
        own.keep(phrase(0, 60)[..FEWEST - 1].to_vec());
        assert!(own.known.is_empty());
        (0..40).for_each(|bar| own.keep(phrase(96 * bar, 60)));
        own.shift(-96);
        assert_eq!((own.known.len(), own.known[0].onset(), own.known[0].length()), (MOST, 7 * 96, 48 + 5 + 8));
    }
}
