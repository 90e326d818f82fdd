//! Progressions of four bars as features: which key they are in makes no difference.

use continuo_models::music::pitch::ascent;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chord, Frame};

use super::classifier::hash;
use super::corpus::Piece;
use super::measures::begins_bar;

/// The bars of a progression.
const BARS: usize = 4;

/// The longest run of chords that is a feature.
const LONGEST: usize = 3;

/// A chord, or none, that stands for so many frames from a place in its bar on, in frames.
#[derive(Clone, Copy)]
struct Stretch {
    chord: Option<Chord>,
    place: u64,
    length: u64,
}

/// The features of every whole four bars of `chords`, side by side, as hashes, as often as they occur: steps from root
/// to root, qualities, durations and places in the bar, alone and in runs, and which bars are alike. Bars before the
/// first chord are passed over.
pub fn features(piece: &Piece, chords: &[Option<Chord>]) -> Vec<Vec<u64>> {
    let begun = chords.iter().position(Option::is_some).unwrap_or(chords.len());
    let mut bars: Vec<usize> = (0..chords.len()).filter(|&frame| begins_bar(piece, frame as Frame)).collect();
    bars.retain(|&bar| bar >= begun || bars_after(piece, bar) > begun);
    bars.windows(BARS + 1).step_by(BARS).map(|lines| of_window(piece, chords, lines)).collect()
}

/// The frame of the barline after the bar that begins in frame `bar`.
fn bars_after(piece: &Piece, bar: usize) -> usize {
    let position = piece.position(frame_start(bar as Frame));
    bar + (position.meter.bar_ticks() / TICKS_PER_FRAME) as usize
}

fn of_window(piece: &Piece, chords: &[Option<Chord>], lines: &[usize]) -> Vec<u64> {
    let frames = lines[0]..lines[lines.len() - 1];
    let mut stretches: Vec<Stretch> = Vec::new();
    for frame in frames {
        match stretches.last_mut() {
            Some(last) if last.chord == chords[frame] => last.length += 1,
            _ => {
                let tick = frame_start(frame as Frame);
                let place = (piece.position(tick).ticks_into_bar(tick) / TICKS_PER_FRAME) as u64;
                stretches.push(Stretch { chord: chords[frame], place, length: 1 });
            }
        }
    }
    let quality = |stretch: &Stretch| stretch.chord.map_or(12, |chord| chord.quality as u64);
    let step = |pair: &[Stretch]| match (pair[0].chord, pair[1].chord) {
        (Some(from), Some(to)) => u64::from(ascent(from.root, to.root)),
        _ => 12,
    };
    let steps: Vec<u64> = stretches.windows(2).map(step).collect();
    let qualities: Vec<u64> = stretches.iter().map(quality).collect();
    let lengths: Vec<u64> = stretches.iter().map(|stretch| stretch.length).collect();
    let places: Vec<u64> = stretches.iter().map(|stretch| stretch.place).collect();
    // A step with the qualities on either side.
    let moves: Vec<u64> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step * 13 + qualities[index]) * 13 + qualities[index + 1])
        .collect();
    let mut all = Vec::new();
    for (kind, sequence) in (0..).zip([&steps, &qualities, &lengths, &places, &moves]) {
        for size in 1..=LONGEST {
            all.extend(sequence.windows(size).map(|gram| hash(kind, gram)));
        }
    }
    for (index, &quality) in qualities.iter().enumerate() {
        all.push(hash(5, &[quality, lengths[index]]));
        all.push(hash(6, &[places[index], lengths[index]]));
    }
    for (index, &step) in steps.iter().enumerate() {
        all.push(hash(7, &[step, places[index + 1]]));
    }
    all.push(hash(8, &[stretches.len() as u64]));
    for one in 0..BARS {
        for other in one + 1..BARS {
            let bar = |index: usize| &chords[lines[index]..lines[index + 1]];
            all.push(hash(9, &[one as u64, other as u64, u64::from(bar(one) == bar(other))]));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::eval::measures::tests::frames;

    fn of(spans: &[(&str, usize)]) -> Vec<Vec<u64>> {
        let piece = made_up("a", &[(0, 1200, 60)], &[]);
        features(&piece, &frames(spans))
    }

    #[test]
    fn the_key_makes_no_difference_and_the_rhythm_does() {
        let in_c = of(&[("C", 32), ("F", 16), ("G7", 16), ("C", 16)]);
        assert_eq!(in_c.len(), 1);
        assert_eq!(in_c, of(&[("Eb", 32), ("Ab", 16), ("Bb7", 16), ("Eb", 16)]));
        assert_ne!(in_c, of(&[("C", 32), ("F", 8), ("G7", 24), ("C", 16)]));
        assert_ne!(in_c, of(&[("C", 32), ("F", 16), ("G", 16), ("C", 16)]));
    }

    #[test]
    fn progressions_lie_side_by_side_from_the_first_chord_on() {
        assert_eq!(of(&[("C", 144)]).len(), 2);
        assert_eq!(of(&[("–", 20), ("C", 64)]).len(), 1);
        assert_eq!(of(&[("–", 100)]).len(), 0);
    }
}
