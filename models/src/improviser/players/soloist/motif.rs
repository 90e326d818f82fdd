//! The musician's motif, as Lead takes it up.

use super::bounds::{Bounds, QUICKEST};
use super::draw::Wish;
use super::reach::Keys;
use crate::controls::Player;
use crate::improviser::listening::LeadNote;
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use crate::music::{PitchClassSet, Tick};

/// The fewest and the most notes of a motif.
const NOTES: (usize, usize) = (3, 7);
/// The longest time from its first note to its last.
const LONGEST: Tick = 8 * TICKS_PER_QUARTER;

/// How a motif is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variation {
    /// As it is, in another octave if need be.
    Same,
    /// By steps of the scale, higher or lower.
    Transposed,
    /// Its steps in the scale turned upside down.
    Inverted,
    /// Its rhythm, with keys of the network's.
    Rhythm,
}

impl Variation {
    const ALL: [Self; 4] = [Self::Same, Self::Transposed, Self::Inverted, Self::Rhythm];

    /// One of them, by a `draw` uniform in 0 to 1.
    pub fn drawn(draw: f32) -> Self {
        Self::ALL[((draw * 4.0) as usize).min(3)]
    }
}

/// The last motif of `phrase`: it has a clear end, a note for a beat or more until the next one or until `now`, and
/// begins after the longest wait before that; a phrase begins after a beat's rest.
pub(super) fn last_motif(phrase: &[LeadNote], now: Tick) -> Option<&[LeadNote]> {
    let onset = |index: usize| phrase.get(index).map_or(now, |note| note.onset);
    let last = (NOTES.0 - 1..phrase.len()).rev().find(|&last| onset(last + 1) - onset(last) >= TICKS_PER_QUARTER)?;
    let starts = (last + 1).saturating_sub(NOTES.1)..=last + 1 - NOTES.0;
    let short = starts.rev().filter(|&first| onset(last) - onset(first) <= LONGEST);
    let first =
        short.max_by_key(|&first| if first == 0 { TICKS_PER_QUARTER } else { onset(first) - onset(first - 1) })?;
    Some(&phrase[first..=last])
}

/// Ticks from a beat to the first note of `motif`, on the grid of frames.
pub(super) fn upbeat(motif: &[LeadNote], bounds: &Bounds) -> Tick {
    let position = bounds.context.position;
    let into = motif.first().map_or(0, |first| position.ticks_into_bar(first.onset + TICKS_PER_FRAME / 2));
    into % position.meter.beat_ticks() / TICKS_PER_FRAME * TICKS_PER_FRAME
}

/// The notes of `motif`, varied so that from `start` on they fit the bounds best, and among such with the least change.
pub(super) fn taken_up(motif: &[LeadNote], variation: Variation, start: Tick, bounds: &Bounds) -> Vec<Wish> {
    let mut wishes = rhythm(motif);
    let up = 12 * i32::from(bounds.context.controls.player(Player::Lead).register);
    let keys: Vec<i32> = motif.iter().map(|note| i32::from(note.key) + up).collect();
    let ladder = Ladder::of(bounds.palette_at(start).scale);
    let moved = |steps: i32| -> Vec<i32> {
        let moved = |&key: &i32| match variation {
            Variation::Same => key + 12 * steps,
            Variation::Transposed => ladder.moved(key, steps),
            Variation::Inverted => ladder.moved(ladder.mirrored(key, keys[0]), steps),
            Variation::Rhythm => key,
        };
        keys.iter().map(moved).collect()
    };
    let steps = match variation {
        Variation::Same => -2..=2,
        Variation::Transposed | Variation::Inverted => -7..=7,
        Variation::Rhythm => return wishes,
    };
    let begins = |onset: &mut Tick, wish: &Wish| Some(std::mem::replace(onset, *onset + wish.time.unwrap_or(0)));
    let onsets: Vec<Tick> = wishes.iter().scan(start, begins).collect();
    let new = steps.filter(|steps| variation != Variation::Transposed || steps % 7 != 0);
    let best =
        new.map(|steps| (moved(steps), steps.abs())).min_by_key(|(keys, far)| (misfit(keys, &onsets, bounds), *far));
    for (wish, key) in wishes.iter_mut().zip(best.into_iter().flat_map(|(keys, _)| keys)) {
        wish.key = Some(key);
    }
    wishes
}

/// How many semitones notes with these keys and onsets are away from what the bounds ask for, together.
pub(super) fn misfit(keys: &[i32], onsets: &[Tick], bounds: &Bounds) -> i32 {
    let away = |(&key, &onset): (&i32, &Tick)| {
        let closest = bounds.demand(onset, false).closest(key);
        closest.map_or(128, |closest| (i32::from(closest) - key).abs())
    };
    keys.iter().zip(onsets).map(away).sum()
}

/// The rhythm of `motif` on the grid of sixteenths and triplets. How long its last note waits is left open.
fn rhythm(motif: &[LeadNote]) -> Vec<Wish> {
    let into = |note: &LeadNote| on_grid(note.onset - motif[0].onset);
    let time = |index: usize| Some((into(motif.get(index + 1)?) - into(&motif[index])).max(QUICKEST));
    let wish = |(index, note): (usize, &LeadNote)| {
        let time = time(index);
        let length = on_grid(note.length).clamp(QUICKEST, time.unwrap_or(4 * TICKS_PER_QUARTER));
        Wish { time, length: Some(length), key: None }
    };
    motif.iter().enumerate().map(wish).collect()
}

/// The nearest multiple of a sixteenth or of an eighth triplet.
fn on_grid(ticks: Tick) -> Tick {
    let nearest = |grid: Tick| (ticks + grid / 2).div_euclid(grid) * grid;
    [TICKS_PER_FRAME, 8].map(nearest).into_iter().min_by_key(|near| (near - ticks).abs()).unwrap_or(ticks)
}

/// The keys of a scale as rungs. A key between two belongs to the lower, raised.
struct Ladder(Vec<i32>);

impl Ladder {
    fn of(scale: PitchClassSet) -> Self {
        Self(Keys::of(scale).iter().map(i32::from).collect())
    }

    fn rung(&self, key: i32) -> i32 {
        self.0.partition_point(|&own| own <= key) as i32 - 1
    }

    fn key(&self, rung: i32) -> i32 {
        self.0.get(rung.clamp(0, self.0.len() as i32 - 1) as usize).copied().unwrap_or(0)
    }

    /// `key` as many rungs higher.
    fn moved(&self, key: i32, rungs: i32) -> i32 {
        let rung = self.rung(key);
        self.key(rung + rungs) + key - self.key(rung)
    }

    /// `key` as far on the other side of `axis`.
    fn mirrored(&self, key: i32, axis: i32) -> i32 {
        self.moved(axis, self.rung(axis) - self.rung(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;
    use crate::improviser::players::soloist::bounds::Compass;
    use crate::music::{Chord, Quality};

    fn notes(notes: &[(u8, Tick, Tick)]) -> Vec<LeadNote> {
        notes.iter().map(|&(key, onset, length)| LeadNote { key, onset, length }).collect()
    }

    /// The keys of C D E G taken up from the second bar on over `chord` in C major.
    fn keys(variation: Variation, chord: Chord) -> Vec<Option<i32>> {
        let motif = notes(&[(72, 0, 10), (74, 12, 10), (76, 24, 10), (79, 36, 40)]);
        let controls = Controls::default();
        let context = context(&controls, 16);
        let bounds = Bounds {
            context: &context,
            chord,
            compass: Compass::of(&context),
            start: 96,
            end: 400,
            arch: 0.0,
            quickest: QUICKEST,
        };
        taken_up(&motif, variation, 96, &bounds).iter().map(|wish| wish.key).collect()
    }

    #[test]
    fn a_motif_ends_with_a_beat_and_begins_after_the_longest_wait() {
        let phrase = notes(&[(60, 0, 5), (62, 6, 5), (64, 36, 5), (65, 42, 5), (67, 48, 5), (69, 54, 20)]);
        assert_eq!(last_motif(&phrase, 78), Some(&phrase[2..]));
        assert_eq!(last_motif(&phrase, 60), None, "no end yet");
        assert_eq!(last_motif(&phrase[..2], 78), None, "two notes are no motif");
    }

    #[test]
    fn a_motif_that_fits_stays_as_it_is() {
        let c = Chord::new(0, Quality::Major);
        assert_eq!(keys(Variation::Same, c), [72, 74, 76, 79].map(Some));
        assert_eq!(keys(Variation::Rhythm, c), [None; 4]);
    }

    #[test]
    fn a_motif_moves_along_the_scale_to_the_nearest_place_that_fits() {
        assert_eq!(keys(Variation::Transposed, Chord::new(2, Quality::Minor)), [74, 76, 77, 81].map(Some));
        assert_eq!(keys(Variation::Transposed, Chord::new(7, Quality::Major)), [71, 72, 74, 77].map(Some));
    }

    #[test]
    fn an_inverted_motif_goes_down_as_many_steps() {
        assert_eq!(keys(Variation::Inverted, Chord::new(0, Quality::Major)), [72, 71, 69, 65].map(Some));
    }

    #[test]
    fn a_hands_rhythm_falls_on_sixteenths_or_triplets() {
        assert_eq!([0, 5, 7, 8, 11, 13, 16, 25].map(on_grid), [0, 6, 6, 8, 12, 12, 16, 24]);
    }
}
