//! The chart that the band follows, given or learned: which chord it gives where the song is, and what comes.

use std::sync::Arc;

use super::agreement::Agreement;
use super::changes::Expected;
use super::harmonizer::Wish;
use super::heard::HeardFrame;
use super::learner::{Learned, Lesson, Told, TuneLearner};
use crate::controls::Controls;
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::chart::{Chorus, Place, Slot};
use crate::music::{Chart, PitchClassSet, Section, SlashChord, Spot, Tick};
use crate::network::Networks;
use crate::network::features::Note;

/// How far ahead it is looked for what comes, in changes of the chart.
const FARTHEST: usize = 64;

/// What is known of the tune: the chart that is given, if one is, and what was learned of it by ear. Where the song is
/// in a chart is a function of the spot alone. `Clone` is a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Tune {
    given: Arc<Chart>,
    learner: TuneLearner,
    agreement: Agreement,
    followed: Option<Arc<Followed>>,
    /// Whether what is given, and what was learned, is followed.
    switches: [bool; 2],
}

#[derive(Debug)]
struct Followed {
    chorus: Chorus,
    sections: Vec<Section>,
    belief: KeyBelief,
    /// The bar of the song with which it begins.
    first: Tick,
    /// Whether somebody has given it, and the band has not only heard it.
    is_given: bool,
    learned: Option<Arc<Learned>>,
}

/// What a chart says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guidance {
    /// There is none, or it has not begun: the band listens first.
    #[default]
    Free,
    /// Nothing, but the band plays.
    Open,
    /// The band rests.
    Silent,
    /// This is the harmony.
    Chord(SlashChord),
}

impl Guidance {
    /// The harmony that the chart gives.
    pub fn chord(self) -> Option<SlashChord> {
        if let Self::Chord(chord) = self { Some(chord) } else { None }
    }
}

impl Followed {
    /// `given`, whose open bars are as they were `learned`, or what was learned alone.
    fn of(given: &Chart, learned: Option<Arc<Learned>>) -> Option<Self> {
        let is_given = !given.is_empty();
        let (chart, first) = match &learned {
            Some(learned) if !is_given => ((*learned.chart).clone(), learned.first()),
            Some(learned) => (given.filled_from(&learned.chart), given.first_bar.into()),
            None => (given.clone(), given.first_bar.into()),
        };
        let chorus = Chorus::of(&chart)?;
        let mut belief = KeyBelief::default();
        chorus.chords().for_each(|chord| belief.hear_chord(chord.chord));
        Some(Self { chorus, sections: chart.sections(), belief, first, is_given, learned })
    }
}

impl Tune {
    /// Follows the given `chart` from now on; one without bars is none.
    pub fn follow(&mut self, chart: Arc<Chart>) {
        self.given = chart;
        self.settle();
    }

    /// The same tune, of which nothing was heard yet.
    pub fn unheard(&self) -> Self {
        let (given, switches) = (Arc::clone(&self.given), self.switches);
        let mut tune = Self { given, switches, ..Self::default() };
        tune.settle();
        tune
    }

    /// Goes by `controls`, takes in the frame at `spot`, in which this was heard of the melody and of the left hand,
    /// and learns of it if it `is_new` and not played once more; the frame at `next` is to be decided.
    pub fn hear(
        &mut self,
        (spot, is_new): (Spot, bool),
        note: Note,
        left_hand: Option<SlashChord>,
        next: Spot,
        networks: &Networks,
        controls: &Controls,
    ) {
        self.heed(controls);
        let slot = self.place(spot).map_or(Slot::Open, |(followed, place)| followed.chorus.slot(place));
        if let Slot::ByEar(chord) = slot {
            let learned = self.followed.as_ref().and_then(|followed| followed.learned.as_ref());
            let melody = learned.map(|learned| learned.melody(spot)).unwrap_or_default();
            let sure = self.learner.is_in_it().unwrap_or(learned.is_none());
            self.agreement.hear(spot, note, chord.chord, melody, sure);
        }
        let charted = if let Slot::Chord(chord) = slot { Some(chord) } else { None };
        let given = left_hand.or(charted);
        let told = self.told(spot);
        let (wish, expected) = (Wish::of(controls), Expected::of(controls));
        let networks = controls.learn_tune.then_some(networks);
        let lesson = Lesson { networks, wish: &wish, told, expected, agrees: self.agreement.holds() };
        let frame = HeardFrame { note, given, ..HeardFrame::default() };
        if is_new && self.learner.hear(spot, frame, &lesson) {
            self.settle();
        }
        self.agreement.settle(next, self.learner.is_in_it().unwrap_or(true));
    }

    /// The form that a chart with open bars has, in the bars of `spot`.
    fn told(&self, spot: Spot) -> Option<Told> {
        let followed = self.followed.as_ref().filter(|followed| followed.is_given && followed.chorus.is_open())?;
        let period = followed.chorus.bars_of(spot.position.meter.bar_ticks())?;
        Some(Told { period, first: followed.first })
    }

    /// The changes that the style knows by heart, if the song may be in them where the frame at `next` is decided: in a
    /// form that they fit; and, if they are usual, where nobody knows the form, from the bar on with which the tune has
    /// begun.
    pub fn expected(&self, next: Spot, controls: &Controls) -> Option<Expected> {
        let expected = Expected::of(controls)?;
        let asked = controls.form.map(|bars| Told { period: bars.into(), first: 0 });
        let looped = self.learner.cycle().filter(|looped| expected.fits(looped.period));
        let first = match self.told(next).or(looped).or(asked).or_else(|| self.learner.form()) {
            Some(form) => expected.fits(form.period).then_some(form.first)?,
            None if expected.is_usual() => self.learner.first().unwrap_or_else(|| next.bar_number()),
            None => return None,
        };
        Some(expected.from_bar(first))
    }

    /// Whether a harmony that the left hand gives is likely to be another one from the beat at `next` on: with a bar,
    /// where it changed in one of the last bars, and where the chart that is followed has another one.
    pub fn may_change(&self, next: Spot, controls: &Controls) -> bool {
        let charted = |spot| self.at(spot, controls).and_then(|here| here.guidance().chord());
        let changes = || self.learner.changed_at(next) || charted(next) != charted(next.plus(-1));
        next.begins_bar() || next.begins_beat() && changes()
    }

    /// Goes by `controls`.
    fn heed(&mut self, controls: &Controls) {
        let switches = [controls.follow_chart, controls.learn_tune];
        if std::mem::replace(&mut self.switches, switches) != switches {
            self.settle();
        }
    }

    /// The chart is what is given and what was learned, as far as they are followed.
    fn settle(&mut self) {
        let [follows, learns] = self.switches;
        let learned = self.learner.learned().filter(|_| learns).cloned();
        let none = Chart::default();
        self.followed = Followed::of(if follows { &self.given } else { &none }, learned).map(Arc::new);
        if !self.agreement.holds() {
            self.agreement = Agreement::default();
        }
    }

    /// What was learned of the tune. The same `Arc` as long as nothing else is learned.
    pub fn learned(&self) -> Option<&Arc<Chart>> {
        self.learner.learned().map(|learned| &learned.chart)
    }

    /// The sections of a chorus of the chart that is followed, in bars as in that of `spot`, and the bar with which the
    /// first one begins. `None`: no chart is followed, or it has other bars.
    pub fn sections(&self, spot: Spot) -> Option<(&[Section], Tick)> {
        let followed = self.followed.as_deref()?;
        followed.chorus.bars_of(spot.position.meter.bar_ticks())?;
        Some((&followed.sections, followed.first))
    }

    /// Whether the musician plays what was learned.
    pub fn agrees(&self) -> bool {
        self.agreement.holds()
    }

    fn place(&self, spot: Spot) -> Option<(&Followed, Place)> {
        let followed = self.followed.as_deref()?;
        Some((followed, followed.chorus.place(spot, followed.first)?))
    }

    /// Where the song is in the chart at `spot`, if the chart is followed there: not where the band is to end.
    pub fn at(&self, spot: Spot, controls: &Controls) -> Option<Here<'_>> {
        let (followed, place) = self.place(spot).filter(|_| !controls.cadence)?;
        let agrees = self.agreement.holds();
        // What the band only has by ear is not there as long as the musician does not agree.
        (followed.is_given || agrees).then(|| Here { followed, place, agrees, allowed: controls.allowed() })
    }
}

/// A place in the chart.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    followed: &'a Followed,
    place: Place,
    /// Whether the musician plays as the band has it by ear.
    agrees: bool,
    /// The pitch classes that the band may play.
    allowed: PitchClassSet,
}

impl<'a> Here<'a> {
    /// What the chart says of the frame.
    pub fn guidance(&self) -> Guidance {
        self.heeded(self.followed.chorus.slot(self.place))
    }

    /// The changes to come, in order, each with its first tick; not the same twice in a row. As far as it is looked.
    pub fn coming(&self) -> impl Iterator<Item = (Tick, Guidance)> {
        let mut standing = self.guidance();
        let coming = self.followed.chorus.coming(self.place).take(FARTHEST);
        let coming = coming.map(|(tick, slot)| (tick, self.heeded(slot)));
        coming.filter(move |&(_, guidance)| std::mem::replace(&mut standing, guidance) != guidance)
    }

    /// What one believes of the key who knows the whole chart.
    pub fn belief(&self) -> &'a KeyBelief {
        &self.followed.belief
    }

    /// The bars of the frame and after it, by their places among the written ones.
    pub fn bars(&self) -> [usize; 2] {
        self.followed.chorus.written_bars(self.place)
    }

    /// Whether somebody has given the chart, and the band has not only heard it.
    pub fn is_given(&self) -> bool {
        self.followed.is_given
    }

    /// Whether somebody has given the chord of the frame.
    pub fn is_told(&self) -> bool {
        matches!(self.followed.chorus.slot(self.place), Slot::Chord(_))
    }

    /// A chord that the lock of the key forbids is left to the band.
    fn heeded(&self, slot: Slot) -> Guidance {
        let is_allowed = |chord: SlashChord| chord.chord.tones().is_subset(self.allowed);
        match slot {
            Slot::NoChord => Guidance::Silent,
            Slot::Chord(chord) if is_allowed(chord) => Guidance::Chord(chord),
            Slot::ByEar(chord) if self.agrees && is_allowed(chord) => Guidance::Chord(chord),
            Slot::Open | Slot::Chord(_) | Slot::ByEar(_) => Guidance::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::heard::tests::spot;
    use super::*;
    use crate::music::Frame;

    fn tune(text: &str) -> Tune {
        let mut tune = Tune::default();
        tune.heed(&Controls::default());
        tune.follow(Arc::new(Chart::read(text).0));
        tune
    }

    fn says(tune: &Tune, frame: Frame, controls: &Controls) -> Guidance {
        let mut tune = tune.clone();
        tune.heed(controls);
        tune.at(spot(frame), controls).map_or(Guidance::Free, |here| here.guidance())
    }

    fn chord(symbol: &str) -> Guidance {
        Guidance::Chord(symbol.parse().unwrap())
    }

    #[test]
    fn a_chart_guides_from_its_bar_on_while_it_is_followed() {
        let controls = Controls::default();
        let tune = tune("Dm7 G7/B | | N.C.");
        let said = [0, 8, 16, 32, 48].map(|frame| says(&tune, frame, &controls));
        assert_eq!(said, [chord("Dm7"), chord("G7/B"), Guidance::Open, Guidance::Silent, chord("Dm7")]);
        assert_eq!(says(&tune, -1, &controls), Guidance::Free);
        for controls in [Controls { follow_chart: false, ..controls }, Controls { cadence: true, ..controls }] {
            assert_eq!(says(&tune, 0, &controls), Guidance::Free);
        }
        let mut none = tune.clone();
        none.follow(Arc::default());
        assert_eq!(says(&none, 0, &controls), Guidance::Free);
    }

    #[test]
    fn what_the_lock_forbids_is_left_to_the_band() {
        let controls = Controls { key_lock: true, ..Controls::default() };
        let tune = tune("C | A7 | Dm7");
        assert_eq!([0, 16, 32].map(|frame| says(&tune, frame, &controls)), [chord("C"), Guidance::Open, chord("Dm7")]);
    }

    #[test]
    fn what_comes_is_said_once_and_chorus_after_chorus() {
        let tune = tune("C | C G7 | |");
        let here = tune.at(spot(3), &Controls::default()).unwrap();
        let coming: Vec<_> = here.coming().take(4).collect();
        assert_eq!(coming, [(144, chord("G7")), (192, Guidance::Open), (288, chord("C")), (432, chord("G7"))]);
        assert_eq!(here.bars(), [0, 1]);
        assert_eq!(tune.at(spot(40), &Controls::default()).unwrap().bars(), [2, 0]);
        assert!(self::tune("C | C").at(spot(0), &Controls::default()).unwrap().coming().next().is_none());
    }

    #[test]
    fn its_sections_are_those_of_the_chart_that_is_followed() {
        let (a, b) = ("| C | F ".repeat(4), "| G | D ".repeat(4));
        let mut tune = tune(&format!("{a}{b}{a}|"));
        let letters = |tune: &Tune| {
            let (sections, first) = tune.sections(spot(0))?;
            Some((sections.iter().map(|section| section.letter.to_string()).collect::<String>(), first))
        };
        assert_eq!(letters(&tune), Some(("ABA".to_owned(), 0)));
        let later = Chart { first_bar: 4, ..Chart::clone(&tune.given) };
        tune.follow(Arc::new(later));
        assert_eq!(letters(&tune), Some(("ABA".to_owned(), 4)));
        tune.heed(&Controls { follow_chart: false, ..Controls::default() });
        assert_eq!(letters(&tune), None);
        assert_eq!(letters(&self::tune("3/4 C | 4/4 F |")), None, "its bars are not the song's");
    }

    #[test]
    fn the_chart_tells_its_key() {
        let key = |text: &str| {
            let tune = tune(text);
            let here = tune.at(spot(0), &Controls::default()).unwrap();
            here.belief().key().unwrap().0.to_string()
        };
        assert_eq!(key("Fm7 | Bbm7 | Eb7 | Abmaj7 | Dbmaj7 | Eb7 | Abmaj7 | %"), "Ab major");
        assert_eq!(key("Am | Dm | E7 | Am"), "A minor");
    }
}
