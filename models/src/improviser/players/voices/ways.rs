//! The ways to answer one pitch class, regardless of what was played before.

use crate::controls::MAX_LEVEL;
use crate::music::Chord;
use crate::music::pitch::{PitchClass, PitchClassSet, transposed};
use crate::score::{ANSWER_VOICES, ANSWER_WAYS};

/// Semitones from the played note to each voice, the nearest first; 0 is no voice.
type Way = [i8; ANSWER_VOICES];

/// What a scale tone outside the chord costs at each level of tension.
const OUTSIDE: [i32; 5] = [0, 3, 6, 10, 20];

/// The distances of the first voice in semitones, from a third to a sixth; the second has the same, or an octave more.
const FIRST: [u8; 7] = [3, 4, 5, 6, 7, 8, 9];

/// Those that may go in parallel with the line.
const THIRDS_AND_SIXTHS: [u8; 4] = [3, 4, 8, 9];

/// How many of the ways may have the same first voice: if it is forbidden when the note comes, there are others.
const ALIKE: usize = 3;

/// The farthest that the second and the third voice lie.
const FARTHEST: [u8; 2] = [16, 21];

/// How far neighbouring voices lie apart.
const SPACING: std::ops::RangeInclusive<u8> = 3..=9;

/// Where the voices lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// Above the note, not below.
    pub up: bool,
    /// How many octaves farther away than next to the note.
    pub octaves: u8,
}

impl Side {
    /// Below the note, or above it if the register is raised; an octave farther with each further step.
    pub fn of(register: i8) -> Self {
        let up = register > 0;
        Self { up, octaves: (register.unsigned_abs() - u8::from(up)).min(2) }
    }
}

/// A pitch class that might be played, and what may answer it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The pitch class.
    pub class: PitchClass,
    /// Where the voices lie.
    pub side: Side,
    /// What may sound at all.
    pub allowed: PitchClassSet,
    /// The scale, with the tones of the chord.
    pub scale: PitchClassSet,
    /// The chord under the note.
    pub chord: Option<Chord>,
    /// From thirds and sixths of the scale (0) to chord tones (4).
    pub tension: u8,
}

impl Place {
    /// The best ways to answer with so many voices, the best first; what is left over is silent. If so many do not
    /// fit, with fewer. Voices outside the scale only where none inside it is allowed.
    pub fn ways(&self, voices: usize) -> [Way; ANSWER_WAYS] {
        let chord = self.chord.filter(|_| self.tension >= super::CHORDAL);
        let best_tones = chord.filter(|_| self.tension == MAX_LEVEL).map_or(self.scale, |chord| chord.tones());
        let best_firsts: &[u8] = if chord.is_some() { &FIRST } else { &THIRDS_AND_SIXTHS };
        let tiers = [(best_tones, best_firsts), (self.scale, &FIRST), (PitchClassSet::ALL, &FIRST)];
        let tiers = tiers.map(|(tones, firsts)| (tones.intersection(self.allowed), firsts));
        // A fifth alone would have to be silent where it is forbidden.
        let suffices = |&(tones, firsts): &(PitchClassSet, &[u8])| {
            firsts.iter().any(|&first| first != 7 && self.fits(tones, first))
        };
        let (tones, firsts) = tiers.into_iter().find(suffices).unwrap_or(tiers[2]);

        let mut best = Best::default();
        for &first in firsts.iter().filter(|&&first| self.fits(tones, first)) {
            let alike = self.ways_from(first, tones, voices);
            for (price, way) in alike.prices.into_iter().zip(alike.ways).take(ALIKE) {
                best.add(price, way);
            }
        }
        best.ways
    }

    /// The best ways whose first voice has this distance.
    fn ways_from(&self, first: u8, tones: PitchClassSet, voices: usize) -> Best {
        let mut best = Best::default();
        let after = |distance: u8, farthest: u8| {
            let reach = distance + SPACING.start()..=(distance + SPACING.end()).min(farthest);
            reach.filter(|&distance| self.fits(tones, distance))
        };
        let price = self.first_price(first);
        best.add(price + LACKING * (voices as i32 - 1), self.way([first, 0, 0]));
        for second in after(first, FARTHEST[0]).filter(|second| voices > 1 && FIRST.contains(&(second % 12))) {
            let price = price + self.further_price(&[first], second);
            let lacking = LACKING * (voices as i32 - 2) + self.incomplete(&[first, second]);
            best.add(price + lacking, self.way([first, second, 0]));
            for third in after(second, FARTHEST[1]).filter(|_| voices > 2) {
                let price = price + self.further_price(&[first, second], third);
                best.add(price + self.incomplete(&[first, second, third]), self.way([first, second, third]));
            }
        }
        best
    }

    fn fits(&self, tones: PitchClassSet, distance: u8) -> bool {
        tones.contains(self.voice(distance))
    }

    fn way(&self, distances: [u8; ANSWER_VOICES]) -> Way {
        distances.map(|distance| {
            let offset = if distance == 0 { 0 } else { (distance + 12 * self.side.octaves) as i8 };
            if self.side.up { offset } else { -offset }
        })
    }

    fn voice(&self, distance: u8) -> PitchClass {
        transposed(self.class, if self.side.up { i32::from(distance) } else { -i32::from(distance) })
    }

    /// Thirds are best, then sixths; fourths and fifths are hollow.
    fn first_price(&self, distance: u8) -> i32 {
        let consonance = match distance {
            3 | 4 => 0,
            8 | 9 => 2,
            5 | 7 => 4,
            _ => 7,
        };
        consonance + self.foreign(distance)
    }

    /// What the pitch class of a voice costs by itself.
    fn foreign(&self, distance: u8) -> i32 {
        let class = self.voice(distance);
        let Some(chord) = self.chord.filter(|chord| !chord.contains(class)) else { return 0 };
        // A semitone above a chord tone is what teachers call an avoid note.
        let grates = chord.contains(transposed(class, -1));
        OUTSIDE[usize::from(self.tension.min(MAX_LEVEL))] + if grates { 5 } else { 0 }
    }

    /// What a voice costs beyond the `others`, which lie nearer to the note.
    fn further_price(&self, others: &[u8], distance: u8) -> i32 {
        let to_note = match distance % 12 {
            0 => 4,
            3 | 4 | 8 | 9 => 0,
            5 | 7 => 1,
            6 => 4,
            2 | 10 => 6,
            _ => 14,
        };
        let to_others: i32 = others
            .iter()
            .map(|other| match (distance - other) % 12 {
                0 => 10,
                3 | 4 | 8 | 9 => 0,
                5 | 7 => 1,
                6 => 2,
                2 | 10 => 3,
                _ => 9,
            })
            .sum();
        to_note + to_others + self.foreign(distance) + i32::from(distance) / 4
    }

    /// What it costs that the note and its voices do not tell the chord; of chordal voices only.
    fn incomplete(&self, distances: &[u8]) -> i32 {
        let Some(chord) = self.chord.filter(|_| self.tension >= super::CHORDAL) else { return 0 };
        let sounding: PitchClassSet = distances.iter().map(|&distance| self.voice(distance)).collect();
        let sounding = sounding.union(PitchClassSet::from_bits(1 << self.class));
        2 * chord.guide_tones().without(sounding).len() as i32
    }
}

/// More than any way with all its voices costs.
const LACKING: i32 = 200;

/// The cheapest ways so far, the cheapest first; of equals, the one that came first.
struct Best {
    prices: [i32; ANSWER_WAYS],
    ways: [Way; ANSWER_WAYS],
}

impl Default for Best {
    fn default() -> Self {
        Self { prices: [i32::MAX; ANSWER_WAYS], ways: [Way::default(); ANSWER_WAYS] }
    }
}

impl Best {
    fn add(&mut self, price: i32, way: Way) {
        let Some(place) = self.prices.iter().position(|&other| price < other) else { return };
        self.prices[place..].rotate_right(1);
        self.ways[place..].rotate_right(1);
        (self.prices[place], self.ways[place]) = (price, way);
    }
}
