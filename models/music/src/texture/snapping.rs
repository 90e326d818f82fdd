//! From what was played to slots: which division of the beat a hand means, and whether it swings.

use super::Measure;
use crate::time::TICKS_PER_QUARTER;

/// A stroke so many ticks before a bar belongs to it.
pub const EARLY: f64 = 3.0;
/// How near, in ticks, strokes lie to slots that are written and not played.
const WRITTEN: f64 = 0.5;
/// By how much triplets must lie nearer than sixteenths, in square ticks.
const ADVANTAGE: f64 = 1.0;
/// What the other beats of the bar count.
const ELSEWHERE: f64 = 0.25;
/// The slots of sixteenths and of triplets in a quarter note, with their ticks.
const SIXTEENTHS: [(usize, f64); 4] = [(0, 0.0), (1, 6.0), (3, 12.0), (5, 18.0)];
const TRIPLETS: [(usize, f64); 3] = [(0, 0.0), (2, 8.0), (4, 16.0)];
/// Slots in a quarter note: the off-beat eighth, the first and the second triplet after the beat.
const IN_QUARTER: usize = 6;
const OFFBEAT: usize = 3;
const FIRST_TRIPLET: usize = 2;
const SECOND_TRIPLET: usize = 4;
/// Ticks of the off-beat eighth, and how many later it comes at full swing.
const EIGHTH: f64 = 12.0;
const SWING: f64 = 4.0;

/// The slots of what was played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapped {
    /// For each stroke its slot, and how far from it, in sixteenths: −0.5 to 0.5.
    pub places: Vec<(usize, f32)>,
    /// How late the off-beat eighths come, 0 to 1. They are written straight.
    pub swing: f32,
}

/// The slots of strokes at `ticks` from the barline, each from [`EARLY`] before it to as much before the next.
pub fn snapped(measure: Measure, ticks: &[f64]) -> Snapped {
    if measure == Measure::Compound {
        let place = |&tick: &f64| {
            let slot = (tick / 6.0).round().clamp(0.0, measure.slots() as f64 - 1.0);
            (slot as usize, offset(tick - 6.0 * slot))
        };
        return Snapped { places: ticks.iter().map(place).collect(), swing: 0.0 };
    }
    let quarter = TICKS_PER_QUARTER as f64;
    let last = (measure.ticks() / TICKS_PER_QUARTER - 1) as f64;
    let beats: Vec<(usize, f64)> = (ticks.iter())
        .map(|tick| ((tick + EARLY) / quarter).floor().clamp(0.0, last))
        .zip(ticks)
        .map(|(beat, tick)| (beat as usize, tick - quarter * beat))
        .collect();
    let divisions = divisions(last as usize + 1, &beats);
    let slots: Vec<(usize, f64)> = beats.iter().map(|&(beat, into)| nearest(divisions[beat], into)).collect();
    let swings = swinging(&beats, &slots);
    let swung: Vec<f64> = beats.iter().zip(&swings).filter(|(_, swings)| **swings).map(|(beat, _)| beat.1).collect();
    let mean = swung.iter().sum::<f64>() / swung.len().max(1) as f64;
    let swing = if swung.is_empty() { 0.0 } else { ((mean - EIGHTH) / SWING).clamp(0.0, 1.0) };
    let places = beats.iter().zip(&slots).zip(&swings).map(|((&(beat, into), &(slot, at)), &swings)| {
        let (slot, at) = if swings { (OFFBEAT, EIGHTH + SWING * swing) } else { (slot, at) };
        (IN_QUARTER * beat + slot, offset(into - at))
    });
    Snapped { places: places.collect(), swing: swing as f32 }
}

/// Ticks as a share of a sixteenth.
fn offset(ticks: f64) -> f32 {
    (ticks / 6.0).clamp(-0.5, 0.5) as f32
}

/// The slots into which each beat is divided: sixteenths, triplets, or all of them where it is written so.
fn divisions(count: usize, beats: &[(usize, f64)]) -> Vec<&'static [(usize, f64)]> {
    const ALL: [(usize, f64); 6] = [(0, 0.0), (1, 6.0), (2, 8.0), (3, 12.0), (4, 16.0), (5, 18.0)];
    let cost = |of: usize, slots: &[(usize, f64)]| -> f64 {
        beats.iter().filter(|(beat, _)| *beat == of).map(|&(_, into)| (into - nearest(slots, into).1).powi(2)).sum()
    };
    let costs: Vec<[f64; 2]> = (0..count).map(|beat| [cost(beat, &SIXTEENTHS), cost(beat, &TRIPLETS)]).collect();
    let all = [0, 1].map(|kind| costs.iter().map(|cost| cost[kind]).sum::<f64>());
    (0..count)
        .map(|beat| {
            let mut own = beats.iter().filter(|(other, _)| *other == beat);
            if own.all(|&(_, into)| (into - nearest(&ALL, into).1).abs() <= WRITTEN) {
                return &ALL[..];
            }
            let [sixteenths, triplets] =
                [0, 1].map(|kind| costs[beat][kind] + ELSEWHERE * (all[kind] - costs[beat][kind]));
            if triplets + ADVANTAGE < sixteenths { &TRIPLETS[..] } else { &SIXTEENTHS[..] }
        })
        .collect()
}

fn nearest(slots: &[(usize, f64)], into: f64) -> (usize, f64) {
    let far = |slot: &&(usize, f64)| (slot.1 - into).abs();
    slots.iter().min_by(|one, other| far(one).total_cmp(&far(other))).copied().unwrap_or_default()
}

/// Which strokes are eighths that swing: those on the second triplet after a beat that has none on the first, in a bar
/// without any eighth halfway.
fn swinging(beats: &[(usize, f64)], slots: &[(usize, f64)]) -> Vec<bool> {
    let has = |slot: usize, beat: Option<usize>| {
        beats.iter().zip(slots).any(|(own, at)| at.0 == slot && beat.is_none_or(|beat| beat == own.0))
    };
    let is_straight = has(OFFBEAT, None);
    let swings = |((beat, _), slot): (&(usize, f64), &(usize, f64))| {
        !is_straight && slot.0 == SECOND_TRIPLET && !has(FIRST_TRIPLET, Some(*beat))
    };
    beats.iter().zip(slots).map(swings).collect()
}

/// The tick of a place in a measure that swings, in the time of what was played.
#[cfg(test)]
fn tick(measure: Measure, (slot, offset): (usize, f32), swing: f32) -> f64 {
    let late =
        if measure != Measure::Compound && slot % IN_QUARTER == OFFBEAT { SWING * f64::from(swing) } else { 0.0 };
    measure.tick(slot) as f64 + late + 6.0 * f64::from(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slots(ticks: &[f64]) -> (Vec<usize>, f32) {
        let Snapped { places, swing } = snapped(Measure::Four, ticks);
        (places.into_iter().map(|place| place.0).collect(), swing)
    }

    #[test]
    fn what_is_written_lies_where_it_is_written() {
        let ticks = [0.0, 6.0, 12.0, 18.0, 24.0, 32.0, 40.0];
        assert_eq!(slots(&ticks), (vec![0, 1, 3, 5, 6, 8, 10], 0.0), "whole triplets do not swing");
    }

    #[test]
    fn a_hand_means_sixteenths_or_triplets_in_a_beat_and_not_both() {
        assert_eq!(slots(&[0.8, 7.1, 13.0, 18.9, 23.2]).0, [0, 1, 3, 5, 6]);
        assert_eq!(slots(&[-0.9, 8.9, 16.8, 24.7, 31.1, 40.9]).0, [0, 2, 4, 6, 8, 10]);
    }

    #[test]
    fn eighths_that_swing_are_written_as_eighths() {
        let (slots, swing) = slots(&[0.0, 16.0, 24.0, 40.2, 48.0, 64.0, 72.0, 87.8]);
        assert_eq!(slots, [0, 3, 6, 9, 12, 15, 18, 21]);
        assert!((swing - 1.0).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn within_reach_of_a_slot_score_and_feel_are_what_was_played(
            measure in prop::sample::select(Measure::ALL.to_vec()),
            ticks in prop::collection::vec(0.0f64..68.9, 1..12),
        ) {
            let Snapped { places, swing } = snapped(measure, &ticks);
            for (&place, played) in places.iter().zip(&ticks) {
                let again = tick(measure, place, swing);
                prop_assert!(place.1.abs() == 0.5 || (again - played).abs() < 1e-4, "{played} became {again}");
            }
        }
    }
}
