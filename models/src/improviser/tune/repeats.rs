//! Bars that come again: what is said of one of them is said of the others too.

use crate::network::features::Note;
use crate::network::harmonist::HarmonyLogits;
use crate::network::harmonizer::{Beat, Given};

/// How much of what is said of a bar is what is said on average of all bars with its melody. From `valid`: right roots
/// are found more often, and such bars have the same root as often as people's.
const SHARE: f32 = 0.5;
/// A bar is known by its melody if so many notes begin in it.
const NOTES: usize = 2;

/// What is `said` of each beat, [`SHARE`] of it on average in all bars with the same melody; bars of which a chord is
/// given are left alone.
pub fn together(beats: &[Beat], said: &[HarmonyLogits]) -> Vec<HarmonyLogits> {
    let bars: Vec<(&[Beat], &[HarmonyLogits])> = beats
        .chunk_by(|one, other| one.number == other.number)
        .scan(said, |rest, bar| rest.split_off(..bar.len()).map(|said| (bar, said)))
        .collect();
    let mut out = Vec::with_capacity(said.len());
    for (bar, own) in &bars {
        let alike = |(other, _): &&(&[Beat], _)| is_known(bar) && is_known(other) && is_alike(bar, other);
        let alike: Vec<&[HarmonyLogits]> = bars.iter().filter(alike).map(|(_, said)| *said).collect();
        out.extend((0..own.len()).map(|at| {
            let counted = (1u16..).zip(&alike);
            let mean = counted.fold(own[at], |mean, (count, said)| mean.mixed(&said[at], 1.0 / f32::from(count)));
            own[at].mixed(&mean, SHARE)
        }));
    }
    out
}

fn is_known(bar: &[Beat]) -> bool {
    let begins = |note: &&Note| matches!(note, Note::Onset(_));
    let notes = bar.iter().flat_map(|beat| beat.notes.iter().flatten()).filter(begins).count();
    notes >= NOTES && bar.iter().all(|beat| beat.given == Given::Open)
}

fn is_alike(bar: &[Beat], other: &[Beat]) -> bool {
    let melody = |beat: &Beat| (beat.notes, beat.position.meter, beat.tick - beat.position.bar_start);
    bar.iter().map(melody).eq(other.iter().map(melody))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{BarPosition, Chord, Meter};
    use crate::network::harmonizer::SLOTS;

    /// Bars of two beats in each of which a note begins.
    fn beats(bars: &[[u8; 2]]) -> Vec<Beat> {
        let beat = |(number, bar): (usize, &[u8; 2])| {
            let position = BarPosition { bar_start: 48 * number as i64, meter: Meter { numerator: 2, denominator: 4 } };
            [0, 1].map(|at| {
                let mut notes = [None; SLOTS];
                notes[0] = Some(Note::Onset(bar[at]));
                let tick = position.bar_start + 24 * at as i64;
                Beat { notes, position, tick, number, left: bars.len() - 1 - number, given: Given::Open }
            })
        };
        bars.iter().enumerate().flat_map(beat).collect()
    }

    /// Of each beat, so much for the first chord.
    fn said(values: &[f32]) -> Vec<HarmonyLogits> {
        let logits = |&value: &f32| HarmonyLogits {
            change: [0.0, value],
            chord: std::array::from_fn(|class| if class == 0 { value } else { 0.0 }),
            bass: [0.0; 144],
        };
        values.iter().map(logits).collect()
    }

    fn heard(beats: &[Beat], values: &[f32]) -> Vec<f32> {
        together(beats, &said(values)).iter().map(|said| said.chord[0]).collect()
    }

    #[test]
    fn half_of_what_is_said_of_a_bar_is_said_of_all_with_its_melody() {
        let beats = beats(&[[0, 4], [2, 2], [0, 4], [4, 0]]);
        let heard = heard(&beats, &[8.0, 4.0, 1.0, 2.0, 0.0, 0.0, 3.0, 5.0]);
        assert_eq!(heard, [6.0, 3.0, 1.0, 2.0, 2.0, 1.0, 3.0, 5.0]);
    }

    #[test]
    fn bars_of_which_a_chord_is_given_say_nothing_of_others() {
        let mut beats = beats(&[[0, 4], [0, 4]]);
        beats[2].given = Given::Chord("C".parse::<Chord>().unwrap().into());
        assert_eq!(heard(&beats, &[8.0, 4.0, 0.0, 0.0]), [8.0, 4.0, 0.0, 0.0]);
    }
}
