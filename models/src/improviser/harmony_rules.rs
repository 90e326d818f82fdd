//! Harmony by rule, for when there is no network: the diatonic chord that covers what was heard of late and follows
//! well on the chord before.

use super::key_belief::KeyBelief;
use super::past::Past;
use crate::music::{Chord, Key, Quality, Style};
use crate::network::features::Note;
use crate::network::harmonist::HarmonistLogits;

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

/// Which chord the rules advise in the frame with `note` in it: the mean of what they advise in each key,
/// weighed by the belief in it.
pub fn advise(past: &Past, note: Note, style: Style, keys: &KeyBelief) -> HarmonistLogits {
    let heard = past.heard();
    let cover = |chord: Chord| -> f32 {
        let now = note.pitch_class().map_or(0.0, |class| if chord.contains(class) { 0.25 } else { -0.25 });
        chord.tones().iter().map(|class| heard[usize::from(class)]).sum::<f32>() + now
    };
    let mut chances = [0.0; Chord::VOCABULARY];
    for (index, &belief) in keys.weights().iter().enumerate().filter(|(_, belief)| **belief > 1e-3) {
        let key = Key::from_index(index);
        let before = past.chord().and_then(|chord| key.degree(chord.root));
        let weigh = |degree: u8| {
            let chord = diatonic(key, degree, style);
            let follows = before.map_or(0.0, |before| FOLLOWS[usize::from(before)][usize::from(degree)]);
            (chord.index(), (7.0 * cover(chord) + USUAL[usize::from(degree)] + follows).exp())
        };
        let weights: [(usize, f32); 7] = std::array::from_fn(|degree| weigh(degree as u8));
        let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
        for (chord, weight) in weights {
            chances[chord] += belief * weight / sum;
        }
    }
    let mut logits =
        HarmonistLogits { change: [0.0; 2], chord: chances.map(|chance| chance.max(1e-12).ln()), note: [0.0; 25] };
    let clash = past.chord().map_or(1.0, |chord| 0.5 - cover(chord));
    logits.change[1] = 4.0 * clash - 0.3;
    logits
}

/// The chord on a degree of the key, 0–6, with a seventh where the style likes it.
fn diatonic(key: Key, degree: u8, style: Style) -> Chord {
    let quality = if key.is_minor() { MINOR } else { MAJOR }[usize::from(degree)];
    let root = key.class_of_degree(degree);
    let sevenths = matches!(style, Style::Jazz | Style::Latin | Style::Blues);
    let seventh = match quality {
        _ if degree == 4 || (degree == 6 && key.is_minor()) => Quality::Dominant,
        Quality::Major => Quality::MajorSeventh,
        Quality::Minor => Quality::MinorSeventh,
        Quality::Diminished => Quality::HalfDiminished,
        other => other,
    };
    Chord::new(root, if sevenths { seventh } else { quality })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::sampler::likeliest;

    fn advised(heard: &[u8], key: Key, style: Style) -> Option<Chord> {
        let mut past = Past::default();
        for &class in heard {
            past.commit(Note::Onset(class), None);
        }
        let logits = advise(&past, Note::Hidden, style, &KeyBelief::certain(key));
        likeliest(&logits.chord, |_| true).and_then(Chord::from_index)
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
        let change = |chord: &str| {
            let mut past = Past::default();
            for class in [0, 4, 7] {
                past.commit(Note::Onset(class), chord.parse().ok());
            }
            advise(&past, Note::Hidden, Style::Pop, &KeyBelief::certain(Key::major(0))).change[1]
        };
        assert!(change("Bdim") > 0.0 && change("C") < 0.0);
    }
}
