//! The changes that a style knows by heart, expected of the song: less certain than a chart, for nobody has said that
//! they are there, nor in which key.
//!
//! The notes of the melody say how likely each key is in which they might be played, as a Bayesian filter has it; and
//! the chord that stands there in the changes gets likelier, the more so the surer the key. (What a network advises
//! says nothing of the key: it has heard what the band itself has played.) Whole numbers of the grid of
//! `chance/grid.rs`, so that it is the same on every processor and in every key.

use crate::controls::Controls;
use crate::improviser::chance::grid::{GRID, exp, ln, logit_of, steps, weight};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::listening::key_belief::{KeyBelief, usual_note};
use crate::music::{Changes, Chord, Key, Mode, Spot, Tick};
use crate::network::features::Note;
use crate::network::style_mix::StyleMix;

/// How much likelier a harmony gets, as log-odds, if it is certain that it stands in the changes; and its colour there.
const HARMONY: f32 = 4.0;
const COLOUR: f32 = 2.0;

/// How usual each degree is in the melody of a blues in major and in minor, in semitones above the tonic:
/// log-probability in steps of the grid, counted in the sixteen of twelve bars on the training split.
const NOTES: [[i32; 12]; 2] = [
    [-93, -248, -172, -162, -160, -151, -248, -110, -231, -142, -185, -227],
    [-88, -399, -183, -110, -329, -113, -161, -147, -246, -258, -150, -258],
];
/// How much of that counts where a note begins, and in each further frame in which it sounds: notes hang together.
const ONSET: (i32, i32) = (3, 4);
const HELD: (i32, i32) = (1, 12);
/// What is against a key in each beat in which the left hand gives a chord that has no place in its changes; and
/// against all other changes.
const ANOTHER_CHORD: i32 = -2 * GRID as i32;
const OTHER_CHANGES: i32 = -(GRID as i32) / 2;
/// So much less likely than the likeliest key is each at the most: so the band is out of a wrong one within a chorus.
const MOST: i32 = 8 * GRID as i32;
/// What speaks against other changes where the form has the bars of these: among lead sheets of twelve bars, 14 to 3.
const ODDS: i32 = 3 * GRID as i32 / 2;
/// By the notes of late no key is less likely.
const LEAST_CHANCE: f32 = 0.02;
/// A minor third may be a blue one in major.
const BLUE_THIRDS: f32 = 0.5;
/// The key is asked for anew with each bar, and with each note of the first few.
const FEW: u32 = 6;

/// The changes that are expected, and where the song is in them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    changes: &'static Changes,
    /// A bar of the song with which they begin.
    first: Tick,
    seed: u32,
    /// The mode that is asked for.
    mode: Option<Mode>,
}

impl Expected {
    /// What the style knows by heart, from the first bar of the song on.
    pub fn of(controls: &Controls) -> Option<Self> {
        let changes = StyleMix::of(controls).main().character().changes.as_ref()?;
        Some(Self { changes, first: 0, seed: controls.seed, mode: controls.mode }.from_bar(0))
    }

    /// The same, where they begin with the bar `first` of the song: there, and again and again before and after it.
    pub fn from_bar(self, first: Tick) -> Self {
        let bars = self.changes.bars();
        Self { first: first.rem_euclid(bars) - bars, ..self }
    }

    /// The same, so many `bars` later.
    pub fn later(self, bars: Tick) -> Self {
        self.from_bar(self.first + bars)
    }

    /// Whether a form of so many bars has the changes.
    pub fn fits(&self, bars: usize) -> bool {
        bars as Tick % self.changes.bars() == 0
    }

    /// Whether they are expected though nothing was heard of them.
    pub fn is_usual(&self) -> bool {
        self.changes.usual
    }

    /// What stands in the frame at `spot` in C, and in C minor.
    fn chords(&self, spot: Spot) -> [Option<Chord>; 2] {
        let chorus = (spot.bar_number() - self.first).div_euclid(self.changes.bars());
        let draw = Random::new(self.seed, chorus).uniform(Purpose::Changes, 0);
        [false, true].map(|minor| {
            let chorus = self.changes.chorus(minor, draw)?;
            chorus.slot(chorus.place(spot, self.first)?).chord().map(|slash| slash.chord)
        })
    }

    /// The chord that stands at `spot` in each key, in the order of [`Key::ALL`].
    fn in_keys(&self, spot: Spot) -> impl Iterator<Item = Option<Chord>> {
        let chords = self.chords(spot);
        (0..24).map(move |key| chords[key / 12].map(|chord| chord.transposed(key as i32)))
    }

    /// How usual the mode is, in steps of the grid.
    fn rarity(&self, minor: bool) -> i32 {
        if let Some(mode) = self.mode {
            return if (mode == Mode::Minor) == minor { 0 } else { -2 * MOST };
        }
        let [ours, other] = [minor, !minor].map(|minor| self.changes.weight_of(minor));
        steps(logit_of(ours / (ours + other)))
    }
}

/// How far the expected changes are believed to be in each key, and not to be there at all. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Bearings {
    /// The changes are in this key, in the order of [`Key::ALL`]: in steps of the grid; the best of all is 0.
    keys: [i32; 24],
    /// They are others in this key.
    others: [i32; 24],
    /// How many notes have begun.
    onsets: u32,
    /// How likely each key of the changes is, and in which units.
    shares: ([u64; 24], u64),
}

impl Default for Bearings {
    fn default() -> Self {
        Self { keys: [0; 24], others: [0; 24], onsets: 0, shares: ([0; 24], 1) }
    }
}

impl Bearings {
    /// Takes in what was heard of the melody in a frame.
    pub fn hear(&mut self, note: Note) {
        let (class, (part, whole)) = match note {
            Note::Onset(class) => (class, ONSET),
            Note::Held(class) => (class, HELD),
            Note::Rest | Note::Hidden => return,
        };
        self.onsets = self.onsets.saturating_add(u32::from(note.onset().is_some()));
        let other = |index| steps(logit_of(usual_note(class, Key::from_index(index))));
        for index in 0..24 {
            let degree = (usize::from(class) + 24 - index) % 12;
            self.keys[index] += NOTES[index / 12][degree] * part / whole;
            self.others[index] += other(index) * part / whole;
        }
        self.level();
    }

    /// Takes in that the musician has given `chord` at `spot`.
    pub fn hear_chord(&mut self, expected: &Expected, spot: Spot, chord: Chord) {
        for (score, stands) in self.keys.iter_mut().zip(expected.in_keys(spot)) {
            let is_it = stands.is_some_and(|stands| stands.harmony() == chord.harmony());
            *score += if is_it { 0 } else { ANOTHER_CHORD };
        }
        self.others.iter_mut().for_each(|score| *score += OTHER_CHANGES);
        self.level();
    }

    fn level(&mut self) {
        let best = self.keys.iter().chain(&self.others).copied().max().unwrap_or(0);
        let level = |score: &mut i32| *score = (*score - best).max(-MOST);
        self.keys.iter_mut().chain(&mut self.others).for_each(level);
    }

    /// Settles how likely each key is for the frame at `next`, given what else is believed of the `keys`.
    pub fn settle(&mut self, expected: &Expected, keys: &KeyBelief, next: Spot) {
        if !next.begins_bar() && self.onsets > FEW {
            return;
        }
        let believed = keys.weights();
        let chance = |chance: f32| steps(logit_of(chance.max(LEAST_CHANCE))) / 2;
        let score = |index: usize| {
            let blue = if index < 12 { BLUE_THIRDS * believed[index + 12] } else { 0.0 };
            self.keys[index] + chance(believed[index] + blue) + expected.rarity(index >= 12)
        };
        let scores: [i32; 24] = std::array::from_fn(score);
        let others = (0..24).map(|index| self.others[index] + chance(believed[index]) - ODDS);
        let others = others.max().filter(|_| !expected.is_usual());
        let best = scores.iter().copied().chain(others).max().unwrap_or(0);
        let weigh = |score: i32| weight((best - score) as f32);
        let shares = scores.map(weigh);
        self.shares = (shares, shares.iter().sum::<u64>() + others.map_or(0, weigh));
    }

    /// The key in which the changes are believed to be: on a tonic that is likelier than not, in its likelier mode.
    pub fn key(&self) -> Option<Key> {
        let (shares, sum) = &self.shares;
        let tonic = (0..12).find(|&tonic| 2 * (shares[tonic] + shares[tonic + 12]) > *sum)?;
        let is_minor = shares[tonic + 12] > shares[tonic];
        Some(Key::from_index(tonic + if is_minor { 12 } else { 0 }))
    }

    /// Makes the chord that stands in the changes at `spot` likelier among `logits`, by `factor` times as much as it is
    /// to be.
    pub fn weigh(&self, expected: &Expected, spot: Spot, factor: f32, logits: &mut [f32; Chord::VOCABULARY]) {
        let (shares, sum) = self.shares;
        let mut harmonies = [0; Chord::HARMONIES];
        let mut colours = [0; Chord::VOCABULARY];
        for (share, chord) in shares.into_iter().zip(expected.in_keys(spot)) {
            let Some(chord) = chord else { continue };
            harmonies[chord.harmony()] += share;
            colours[chord.index()] += share;
        }
        let likelier = |share: u64, by: f32| match share {
            0 => 0.0,
            share => ln(1.0 + f64::from(exp(by) - 1.0) * share as f64 / sum as f64) as f32,
        };
        let harmonies = harmonies.map(|share| likelier(share, HARMONY));
        for chord in (0..Chord::NONE_INDEX).filter_map(Chord::from_index) {
            let index = chord.index();
            logits[index] += factor * (harmonies[chord.harmony()] + likelier(colours[index], COLOUR));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::heard::tests::spot;
    use super::*;
    use crate::music::{PitchClass, Style};

    fn expected(style_a: Style) -> Expected {
        Expected::of(&Controls { style_a, ..Controls::default() }).unwrap()
    }

    /// The bearings of one who has heard these notes, a beat each.
    fn bearings(style: Style, classes: &[PitchClass]) -> Bearings {
        let mut bearings = Bearings::default();
        for (beat, &class) in (0..).zip(classes) {
            for note in [Note::Onset(class), Note::Held(class), Note::Held(class), Note::Held(class)] {
                bearings.hear(note);
            }
            bearings.settle(&expected(style), &KeyBelief::default(), spot(4 * beat + 4));
        }
        bearings.settle(&expected(style), &KeyBelief::default(), spot(0));
        bearings
    }

    /// A blues in C: its blue notes, and where it comes home.
    const BLUES: [PitchClass; 16] = [0, 3, 4, 0, 7, 10, 7, 0, 3, 5, 6, 5, 3, 0, 10, 0];
    const HYMN: [PitchClass; 16] = [4, 4, 5, 7, 7, 5, 4, 2, 0, 11, 2, 4, 5, 9, 11, 0];

    #[test]
    fn a_blues_is_heard_in_its_key() {
        for up in 0..12 {
            let key = bearings(Style::Blues, &BLUES.map(|class| (class + up) % 12)).key();
            assert_eq!(key.map(|key| key.tonic), Some(up));
        }
    }

    #[test]
    fn where_it_is_not_usual_it_must_be_heard_to_be_a_blues() {
        assert_eq!(bearings(Style::Jazz, &BLUES).key().map(|key| key.tonic), Some(0));
        assert_eq!(bearings(Style::Jazz, &HYMN).key(), None);
        assert!(bearings(Style::Blues, &HYMN).key().is_some());
    }

    #[test]
    fn the_chord_of_the_changes_gets_likelier_where_it_stands() {
        let (bearings, expected) = (bearings(Style::Blues, &BLUES), expected(Style::Blues));
        let likeliest = |bar: i64| {
            let mut logits = [0.0; Chord::VOCABULARY];
            bearings.weigh(&expected, spot(16 * bar), 1.0, &mut logits);
            let best = (0..Chord::NONE_INDEX).max_by_key(|&index| steps(logits[index])).and_then(Chord::from_index);
            best.unwrap().to_string()
        };
        assert_eq!([0, 4, 6, 8, 12].map(likeliest), ["C7", "F7", "C7", "G7", "C7"]);
        assert_eq!([-12, -8, -1].map(likeliest)[..2], ["C7", "F7"], "they come before the first bar too");
    }

    #[test]
    fn what_the_left_hand_plays_says_the_key_at_once() {
        let (mut bearings, expected) = (Bearings::default(), expected(Style::Blues));
        for beat in 0..2 {
            bearings.hear_chord(&expected, spot(4 * beat), "Eb7".parse().unwrap());
        }
        bearings.settle(&expected, &KeyBelief::default(), spot(8));
        assert_eq!(bearings.key(), Some(Key::major(3)));
    }

    #[test]
    fn a_form_of_another_length_has_other_changes() {
        assert_eq!(
            [8, 12, 16, 24, 32].map(|bars| expected(Style::Blues).fits(bars)),
            [false, true, false, true, false]
        );
        assert!(Expected::of(&Controls { style_a: Style::Pop, ..Controls::default() }).is_none());
    }
}
