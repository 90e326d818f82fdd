//! The chart that the band follows: which chord it gives where the song is, and what comes.

use std::sync::Arc;

use crate::controls::Controls;
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::chart::{Chorus, Place, Slot};
use crate::music::{Chart, PitchClassSet, SlashChord, Spot, Tick};

/// How far ahead it is looked for what comes, in changes of the chart.
const FARTHEST: usize = 64;

/// The chart that is given, if one is. Where the song is in it is a function of the spot alone. `Clone` shares it.
#[derive(Clone, Debug, Default)]
pub struct Tune(Option<Arc<Followed>>);

#[derive(Debug)]
struct Followed {
    chart: Arc<Chart>,
    chorus: Chorus,
    belief: KeyBelief,
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

impl Tune {
    /// Follows `chart` from now on; one without bars is none.
    pub fn follow(&mut self, chart: Arc<Chart>) {
        self.0 = Chorus::of(&chart).map(|chorus| {
            let mut belief = KeyBelief::default();
            chorus.chords().for_each(|chord| belief.hear_chord(chord.chord));
            Arc::new(Followed { chart, chorus, belief })
        });
    }

    /// Where the song is in the chart at `spot`, if the chart is followed there: not where the band is to end.
    pub fn at(&self, spot: Spot, controls: &Controls) -> Option<Here<'_>> {
        let followed = self.0.as_deref().filter(|_| controls.follow_chart && !controls.cadence)?;
        let place = followed.chorus.place(spot, followed.chart.first_bar.into())?;
        Some(Here { followed, place, allowed: controls.allowed() })
    }
}

/// A place in the chart.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    followed: &'a Followed,
    place: Place,
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

    /// A chord that the lock of the key forbids is left to the band.
    fn heeded(&self, slot: Slot) -> Guidance {
        match slot {
            Slot::NoChord => Guidance::Silent,
            Slot::Chord(chord) if chord.chord.tones().is_subset(self.allowed) => Guidance::Chord(chord),
            Slot::Open | Slot::Chord(_) => Guidance::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{BarPosition, Frame, Meter};

    fn tune(text: &str) -> Tune {
        let mut tune = Tune::default();
        tune.follow(Arc::new(Chart::read(text).0));
        tune
    }

    fn spot(frame: Frame) -> Spot {
        Spot { frame: 0, position: BarPosition { bar_start: 0, meter: Meter::default() } }.plus(frame)
    }

    fn says(tune: &Tune, frame: Frame, controls: &Controls) -> Guidance {
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
