//! What the harmony must hold to, exactly: the lock, cadences where they are due, and no cycle of chords too often.
//!
//! Each frame has a set of chords that may stand in it. As every chord may follow on every other, what is still to come
//! never forbids a chord before its time: the sets of the frames are all that forward filtering (Papadopoulos et al.
//! 2011, "Finite-length Markov processes with constraints") leaves to be done, and a chord drawn from them never leads
//! to a dead end.

use crate::controls::Controls;
use crate::music::{Chord, Key, PitchClassSet, Spot, Tick};

/// The longest cycle that counts as one, in chords.
const LONGEST_CYCLE: usize = 8;
/// The most repeats that can be asked about.
const MOST_REPEATS: usize = 16;
/// Chord changes that are remembered.
const REMEMBERED: usize = LONGEST_CYCLE * (MOST_REPEATS + 1);

/// A set of chords of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chords([bool; Chord::NONE_INDEX]);

impl Chords {
    /// The chords of which `belongs` is true.
    pub fn with(belongs: impl Fn(Chord) -> bool) -> Self {
        let mut chords = [false; Chord::NONE_INDEX];
        for (index, member) in chords.iter_mut().enumerate() {
            *member = Chord::from_index(index).is_some_and(&belongs);
        }
        Self(chords)
    }

    /// Whether the set has the chord.
    pub fn contains(&self, chord: Chord) -> bool {
        self.0[chord.index()]
    }

    /// Those that are also in `other`, if there are any; else the set itself.
    fn narrowed(self, other: impl Fn(Chord) -> bool) -> Self {
        let both = Self::with(|chord| self.contains(chord) && other(chord));
        if both.0.contains(&true) { both } else { self }
    }
}

/// What a cadence asks of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    /// The dominant stands.
    Dominant,
    /// The tonic stands.
    Tonic,
}

/// The chords of one frame.
#[derive(Clone, Copy, Debug)]
pub struct Permitted {
    /// Those that may stand.
    pub stand: Chords,
    /// Those that may begin.
    pub begin: Chords,
}

impl Permitted {
    /// Whether the frame may have `chord` after `standing`, the chord of the frame before it.
    pub fn allow(&self, chord: Chord, standing: Option<Chord>) -> bool {
        if Some(chord) == standing { self.stand.contains(chord) } else { self.begin.contains(chord) }
    }
}

/// What chords may stand rests on besides the controls and the chords so far. `Clone` is a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// Where the cadence that was asked for arrives.
    arrival: Option<Tick>,
    /// Whether the form has changes of its own: then it ends as they do.
    has_changes: bool,
    /// How many bars of the song are no bars of the form, for they were played again.
    repeated: Tick,
}

impl Constraints {
    /// Takes note, before the frame at `spot` is decided, of whether the musician asks for an end, whether changes are
    /// expected, and how many bars were played again.
    pub fn follow(&mut self, spot: Spot, controls: &Controls, has_changes: bool, repeated: Tick) {
        (self.has_changes, self.repeated) = (has_changes, repeated);
        let bar = spot.position.meter.bar_ticks();
        let barline = spot.tick() - spot.position.ticks_into_bar(spot.tick()) + bar;
        // There must be room for the dominant.
        let next = if barline - spot.tick() >= bar / 2 { barline } else { barline + bar };
        self.arrival = controls.cadence.then(|| self.arrival.unwrap_or(next));
    }

    /// The song goes on `delta` ticks later than it would have.
    pub fn jump(&mut self, delta: Tick) {
        self.arrival = self.arrival.map(|arrival| arrival + delta);
    }

    /// The barline at which the cadence arrives that was asked for.
    pub fn arrival(&self) -> Option<Tick> {
        self.arrival
    }

    /// Whether the band has come to its end in the frame at `spot`: the last chord has had its bar.
    pub fn is_over(&self, spot: Spot) -> bool {
        self.arrival.is_some_and(|arrival| spot.tick() >= arrival + spot.position.meter.bar_ticks())
    }

    /// The chords of the frame at `spot`, in `key`, after those of `cycles`.
    pub fn permitted(&self, spot: Spot, key: Key, controls: &Controls, cycles: &Cycles) -> Permitted {
        let allowed = controls.allowed();
        let locked = Chords::with(|chord| chord.tones().is_subset(allowed));
        // A scale may be drawn so that no chord fits; what the players may sound of the others is locked all the same.
        let locked = if locked.0.contains(&true) { locked } else { Chords::with(|chord| shares_most(chord, allowed)) };
        let stand = match self.duty(spot, controls) {
            Some(Duty::Dominant) => locked.narrowed(|chord| is_dominant(chord, key, allowed)),
            Some(Duty::Tonic) => locked.narrowed(|chord| is_tonic(chord, key, allowed)),
            None => locked,
        };
        let most = usize::from(controls.max_repeats);
        let begin = if most == 0 { stand } else { stand.narrowed(|chord| !cycles.closes(chord, most)) };
        Permitted { stand, begin }
    }

    /// What a cadence asks of the frame at `spot`: the dominant for the second half of the bar before the tonic, which
    /// is the last bar of a form, or the one into which the band was asked to end.
    fn duty(&self, spot: Spot, controls: &Controls) -> Option<Duty> {
        let (bar, into) = (spot.position.meter.bar_ticks(), spot.position.ticks_into_bar(spot.tick()));
        let barline = spot.tick() - into;
        let late = into >= bar / 2;
        if let Some(arrival) = self.arrival {
            return match arrival {
                arrival if arrival <= spot.tick() => Some(Duty::Tonic),
                arrival if late && arrival == barline + bar => Some(Duty::Dominant),
                _ => None,
            };
        }
        let form = Tick::from(controls.form.filter(|_| !self.has_changes)?);
        match form - (barline.div_euclid(bar) - self.repeated).rem_euclid(form) {
            2 if late => Some(Duty::Dominant),
            1 if spot.begins_bar() => Some(Duty::Tonic),
            _ => None,
        }
    }
}

/// Whether the chord leads to the tonic: the triad or seventh of the fifth degree or the diminished ones of the leading
/// tone; where the scale has no leading tone, any chord on the fifth degree.
fn is_dominant(chord: Chord, key: Key, allowed: PitchClassSet) -> bool {
    let (fifth, leading) = ((key.tonic + 7) % 12, key.leading_tone());
    let leads = chord.contains(leading) || !allowed.contains(leading);
    leads && !chord.contains(key.tonic) && (chord.root == fifth || chord.root == leading)
}

/// Whether the chord is at home: on the tonic, with the third of the key where the scale has it, and without the
/// seventh of a dominant.
fn is_tonic(chord: Chord, key: Key, allowed: PitchClassSet) -> bool {
    let third = (key.tonic + if key.is_minor() { 3 } else { 4 }) % 12;
    let fits = chord.contains(third) || !allowed.contains(third);
    chord.root == key.tonic && fits && (key.is_minor() || !chord.contains((key.tonic + 10) % 12))
}

/// Whether as many tones of the chord are `allowed` as a chord can have.
fn shares_most(chord: Chord, allowed: PitchClassSet) -> bool {
    let shared = |chord: Chord| chord.tones().intersection(allowed).len();
    let most = (0..Chord::NONE_INDEX).filter_map(Chord::from_index).map(shared).max();
    Some(shared(chord)) == most
}

/// The last chord changes, oldest first; no two alike in a row.
#[derive(Clone, Debug, Default)]
pub struct Cycles(Vec<Chord>);

impl Cycles {
    /// A frame has `chord`: the last one goes on, or comes again after a rest, or another begins.
    pub fn push(&mut self, chord: Chord) {
        if self.0.last() == Some(&chord) {
            return;
        }
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(chord);
    }

    /// Whether some cycle would have come more than `most` times in a row if `chord` began now.
    fn closes(&self, chord: Chord, most: usize) -> bool {
        (2..=LONGEST_CYCLE).any(|length| {
            let needed = length * (most + 1);
            let Some(first) = (self.0.len() + 1).checked_sub(needed) else { return false };
            let at = |index: usize| self.0.get(index).copied().unwrap_or(chord);
            (first + length..first + needed).all(|index| at(index) == at(index - length))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::{BarPosition, Frame, Meter};

    fn spot(frame: Frame) -> Spot {
        let position = BarPosition { bar_start: 0, meter: Meter::default() };
        Spot { frame: 0, position }.plus(frame)
    }

    fn chord(symbol: &str) -> Chord {
        symbol.parse().unwrap()
    }

    fn after<'a>(symbols: impl IntoIterator<Item = &'a str>) -> Cycles {
        let mut cycles = Cycles::default();
        symbols.into_iter().for_each(|symbol| cycles.push(chord(symbol)));
        cycles
    }

    fn beginning(cycles: &Cycles, controls: &Controls) -> Chords {
        Constraints::default().permitted(spot(0), controls.key, controls, cycles).begin
    }

    fn standing(constraints: &Constraints, frame: Frame, controls: &Controls) -> Vec<String> {
        let permitted = constraints.permitted(spot(frame), controls.key, controls, &Cycles::default());
        let chords = (0..Chord::NONE_INDEX).filter_map(Chord::from_index);
        chords.filter(|&chord| permitted.stand.contains(chord)).map(|chord| chord.to_string()).collect()
    }

    #[test]
    fn a_form_ends_with_the_dominant_and_the_tonic_of_its_last_bar() {
        let controls = Controls { form: Some(8), ..Controls::default() };
        let constraints = Constraints::default();
        let dominants = standing(&constraints, 6 * 16 + 8, &controls);
        assert!(dominants.contains(&"G7".into()) && !dominants.contains(&"C".into()), "{dominants:?}");
        let tonics = standing(&constraints, 7 * 16, &controls);
        assert!(tonics.contains(&"C".into()) && !tonics.iter().any(|chord| !chord.starts_with('C')), "{tonics:?}");
        for free in [6 * 16 + 7, 7 * 16 + 1, 8 * 16] {
            assert_eq!(standing(&constraints, free, &controls).len(), Chord::NONE_INDEX, "{free}");
        }
        assert_eq!(standing(&constraints, 15 * 16, &controls), tonics, "the form comes again");
    }

    #[test]
    fn who_asks_for_an_end_gets_it_at_a_barline_with_room_for_the_dominant() {
        for (asked, arrival) in [(0, 16), (8, 16), (9, 32), (16, 32)] {
            let mut constraints = Constraints::default();
            let controls = Controls { cadence: true, ..Controls::default() };
            (asked..asked + 3).for_each(|frame| constraints.follow(spot(frame), &controls, false, 0));
            assert!(standing(&constraints, arrival - 1, &controls).contains(&"G7".into()));
            assert!(standing(&constraints, arrival, &controls).contains(&"C".into()));
            assert!(!standing(&constraints, arrival + 15, &controls).contains(&"G7".into()), "no further change");
            assert!(!constraints.is_over(spot(arrival + 15)) && constraints.is_over(spot(arrival + 16)));
            constraints.follow(spot(40), &Controls::default(), false, 0);
            assert!(!constraints.is_over(spot(100)), "the musician has thought better of it");
        }
    }

    #[test]
    fn a_cycle_comes_as_often_as_is_allowed() {
        let controls = Controls { max_repeats: 2, ..Controls::default() };
        let cycle = ["C", "Am", "F", "G"].into_iter().cycle();
        for played in 0..11 {
            let next = cycle.clone().nth(played).unwrap();
            assert!(beginning(&after(cycle.clone().take(played)), &controls).contains(chord(next)));
        }
        let cycles = after(cycle.take(11));
        let permitted = Constraints::default().permitted(spot(0), controls.key, &controls, &cycles);
        assert!(!permitted.begin.contains(chord("G")) && permitted.begin.contains(chord("G7")));
        assert!(permitted.stand.contains(chord("G")));
        assert!(!permitted.allow(chord("G"), Some(chord("F"))) && permitted.allow(chord("G"), Some(chord("G"))));
    }

    #[test]
    fn a_chord_that_goes_on_or_comes_again_after_a_rest_is_no_change() {
        let controls = Controls { max_repeats: 1, ..Controls::default() };
        let begin = beginning(&after(["C", "Am", "Am", "C"]), &controls);
        assert!(!begin.contains(chord("Am")) && begin.contains(chord("C")));
    }

    proptest! {
        #[test]
        fn no_draw_from_the_terms_repeats_a_cycle_too_often(
            draws in prop::collection::vec(0usize..3, 60),
            most in 1u8..4,
        ) {
            let controls = Controls { max_repeats: most, ..Controls::default() };
            let chords = ["C", "F", "G"].map(chord);
            let mut cycles = Cycles::default();
            let mut played: Vec<Chord> = Vec::new();
            for draw in draws {
                let begin = beginning(&cycles, &controls);
                let fits = |chord: &&Chord| played.last() != Some(chord) && begin.contains(**chord);
                let Some(&next) = chords[draw..].iter().chain(&chords).find(fits) else { break };
                cycles.push(next);
                played.push(next);
            }
            for length in 2..=LONGEST_CYCLE {
                let whole = length * (usize::from(most) + 1);
                let repeats = |window: &[Chord]| window[length..] == window[..whole - length];
                prop_assert!(!played.windows(whole).any(repeats), "{played:?}");
            }
        }

        #[test]
        fn there_is_always_a_chord_to_begin(
            scale in 0u16..0x1000,
            key in 0usize..24,
            frame in 0i64..256,
            cadence: bool,
        ) {
            let controls = Controls {
                key_lock: true,
                key: Key::from_index(key),
                scale,
                form: Some(8),
                cadence,
                max_repeats: 1,
                ..Controls::default()
            };
            let mut constraints = Constraints::default();
            constraints.follow(spot(0), &controls, false, 0);
            let permitted = constraints.permitted(spot(frame), controls.key, &controls, &after(["C", "F", "C", "F"]));
            let chords: Vec<Chord> = (0..Chord::NONE_INDEX).filter_map(Chord::from_index).collect();
            prop_assert!(chords.iter().any(|&chord| permitted.begin.contains(chord)));
            let allowed = controls.allowed();
            let any_fits = chords.iter().any(|chord| chord.tones().is_subset(allowed));
            for &chord in chords.iter().filter(|&&chord| permitted.stand.contains(chord)) {
                prop_assert!(!any_fits || chord.tones().is_subset(allowed));
            }
        }
    }
}
