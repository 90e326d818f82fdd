//! Harmony by rule, for when there is no network: the diatonic chord that covers what was heard of late and follows
//! well on the chord before.

use super::history::History;
use crate::improviser::chance::grid::{exp, ln};
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{Chord, Key, Quality, Spot, Style};
use crate::network::features::Note;
use crate::network::harmonist::HarmonyLogits;

/// How well one degree follows on another, as log-odds: rows are the degree before, I to VII. The functional cycle
/// tonic, subdominant, dominant (Riemann), with the usual deceptive turn.
const FOLLOWS: [[f32; 7]; 7] = [
    [-1.0, 0.4, -0.6, 1.0, 0.9, 0.7, -1.0],
    [-0.6, -1.0, -0.8, -0.2, 1.4, -0.4, 0.2],
    [-0.8, 0.0, -1.0, 0.8, -0.4, 1.0, -1.0],
    [0.9, 0.3, -0.8, -1.0, 1.2, -0.6, 0.0],
    [1.6, -0.8, -0.8, -0.2, -1.0, 0.7, -1.0],
    [-0.4, 1.0, -0.2, 1.0, 0.3, -1.0, -1.0],
    [1.4, -1.0, 0.2, -1.0, -0.6, 0.4, -1.0],
];
/// How usual each degree is on its own.
const USUAL: [f32; 7] = [0.6, 0.0, -0.8, 0.5, 0.5, 0.1, -1.6];

/// Log-odds for a change on the first beat of a bar, on its middle, on any other beat, and anywhere else: harmony moves
/// with the bar.
const FIRST_BEAT: f32 = 1.2;
const MIDDLE: f32 = 0.2;
const WEAK_BEAT: f32 = -2.1;
const OFF_BEAT: f32 = -100.0;
/// Log-odds for a change that each bar beyond two on one chord adds, and the most that they add.
const RESTLESSNESS: f32 = 0.7;
const MOST_RESTLESS: f32 = 3.0;
/// Log-odds against a bass that is not the root.
const ROOT: f32 = 20.0;

const MAJOR: [Quality; 7] = [
    Quality::Major,
    Quality::Minor,
    Quality::Minor,
    Quality::Major,
    Quality::Major,
    Quality::Minor,
    Quality::Diminished,
];
const MINOR: [Quality; 7] = [
    Quality::Minor,
    Quality::Diminished,
    Quality::Major,
    Quality::Minor,
    Quality::Major,
    Quality::Major,
    Quality::Major,
];

/// What the rules advise in the frame at `spot` with `note` in it: the mean of the chords that they advise in each key,
/// weighed by the belief in it, with the sevenths of `style`; always over the root.
pub fn advise(history: &History, note: Note, spot: Spot, keys: &KeyBelief, style: Style) -> HarmonyLogits {
    let heard = history.heard();
    let standing = history.standing().map(|standing| standing.chord);
    let cover = |chord: Chord| -> f32 {
        let now = note.pitch_class().map_or(0.0, |class| if chord.contains(class) { 0.25 } else { -0.25 });
        chord.tones().iter().map(|class| heard[usize::from(class)]).sum::<f32>() + now
    };
    let mut chances = [0.0; Chord::VOCABULARY];
    for (index, &belief) in keys.weights().iter().enumerate().filter(|(_, belief)| **belief > 1e-3) {
        let key = Key::from_index(index);
        let before = standing.and_then(|chord| key.degree(chord.root));
        let weigh = |degree: u8| {
            let chord = diatonic(key, degree, style);
            let follows = before.map_or(0.0, |before| FOLLOWS[usize::from(before)][usize::from(degree)]);
            (chord.index(), exp(7.0 * cover(chord) + USUAL[usize::from(degree)] + follows))
        };
        let weights: [(usize, f32); 7] = std::array::from_fn(|degree| weigh(degree as u8));
        let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
        for (chord, weight) in weights {
            chances[chord] += belief * weight / sum;
        }
    }
    let clash = standing.map_or(1.0, |chord| 0.5 - cover(chord));
    HarmonyLogits {
        change: [0.0, 4.0 * clash + rhythm(history.age(), spot)],
        chord: chances.map(|chance: f32| ln(chance.max(1e-12).into()) as f32),
        bass: std::array::from_fn(|index| if index % 12 == 0 { 0.0 } else { -ROOT }),
    }
}

/// Log-odds for a change at `spot` from a chord that has stood for `age` frames.
fn rhythm(age: u32, spot: Spot) -> f32 {
    let bars = age as f32 * TICKS_PER_FRAME as f32 / spot.position.meter.bar_ticks() as f32;
    let place = match (spot.begins_bar(), spot.is_strong(), spot.begins_beat()) {
        (true, ..) => FIRST_BEAT,
        (_, true, _) => MIDDLE,
        (.., true) => WEAK_BEAT,
        _ => OFF_BEAT,
    };
    place + (RESTLESSNESS * (bars - 2.0)).clamp(0.0, MOST_RESTLESS)
}

/// The chord on a degree of the key, 0–6, with a seventh where the style likes it.
fn diatonic(key: Key, degree: u8, style: Style) -> Chord {
    let quality = if key.is_minor() { MINOR } else { MAJOR }[usize::from(degree)];
    let root = key.class_of_degree(degree);
    let seventh = match quality {
        _ if degree == 4 || (degree == 6 && key.is_minor()) => Quality::Dominant,
        Quality::Major => Quality::MajorSeventh,
        Quality::Minor => Quality::MinorSeventh,
        Quality::Diminished => Quality::HalfDiminished,
        other => other,
    };
    Chord::new(root, if style.character().sevenths { seventh } else { quality })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::chance::sampler::likeliest;
    use crate::music::{BarPosition, Frame, Meter, SlashChord};

    fn advice(heard: &[u8], chord: Option<&str>, key: Key, style: Style, frame: Frame) -> HarmonyLogits {
        let mut history = History::default();
        for &class in heard {
            history.put_down(Note::Onset(class), chord.map(|chord| SlashChord::from(chord.parse::<Chord>().unwrap())));
        }
        let keys = KeyBelief::certain(key);
        let spot = Spot { frame, position: BarPosition { bar_start: 0, meter: Meter::default() } };
        advise(&history, Note::Hidden, spot, &keys, style)
    }

    fn advised(heard: &[u8], key: Key, style: Style) -> Option<Chord> {
        likeliest(&advice(heard, None, key, style, 0).chord, |_| true).and_then(Chord::from_index)
    }

    #[test]
    fn every_advised_chord_lies_in_the_locked_scale() {
        for key in Key::ALL {
            for degree in 0..7 {
                for style in Style::ALL {
                    let chord = diatonic(key, degree, style);
                    assert!(chord.tones().is_subset(key.locked_scale()), "{chord} in {key}");
                }
            }
        }
    }

    #[test]
    fn the_chord_that_covers_what_was_heard_is_advised() {
        assert_eq!(advised(&[5, 9, 0, 5], Key::major(0), Style::Pop), "F".parse().ok());
        assert_eq!(advised(&[7, 11, 2, 5], Key::major(0), Style::Jazz), "G7".parse().ok());
        assert_eq!(advised(&[9, 0, 4], Key::minor(9), Style::Folk), "Am".parse().ok());
    }

    #[test]
    fn a_chord_that_clashes_with_what_was_heard_wants_to_change() {
        let change = |chord| advice(&[0, 4, 7], Some(chord), Key::major(0), Style::Pop, 8).change[1];
        assert!(change("Bdim") > 0.0 && change("C") < 0.0);
    }

    #[test]
    fn chords_want_to_change_with_the_bar_and_never_off_the_beat() {
        let change = |frame| advice(&[0, 4, 7], Some("F"), Key::major(0), Style::Pop, frame).change[1];
        assert!(change(0) > change(8) && change(8) > change(4));
        assert!([1, 2, 3, 5, 15].into_iter().all(|frame| change(frame) < -50.0));
    }
}
