//! What voicings and the steps between them cost.

use super::{Space, Texture, Voicing};
use crate::chord::{Chord, Quality};
use crate::key::Key;
use crate::leading::{is_hidden, overlaps, parallels};
use crate::pitch::{PitchClass, class_of};

/// The price of an error in a chorale: more than a path of any length that is worth while costs otherwise.
pub(super) const ERROR: i32 = 100_000;
/// The price of the worst errors, parallels and overlaps: more than all others that a step can have.
const WORST: i32 = 10 * ERROR;

/// Below these keys an interval of so many semitones between neighbours is mud: the arranger's low interval limits,
/// from a semitone to a fifth.
const LOW_LIMITS: [u8; 7] = [55, 53, 51, 48, 46, 46, 41];

/// The price of `voicing` by itself.
pub(super) fn price(voicing: &Voicing, chord: Chord, space: &Space) -> i32 {
    let keys = voicing.keys();
    let mut cost = 0;

    // A tessitura to come back to, out of the melody's way.
    let middle = (i32::from(space.range.low) + i32::from(space.range.high)) / 2;
    let own = &keys[usize::from(space.bass.is_some())..];
    let sum: i32 = own.iter().map(|&key| i32::from(key)).sum();
    cost += (sum / own.len().max(1) as i32 - middle).abs() / 2;
    cost += 3 * i32::from(voicing.highest().saturating_sub(space.ceiling));

    for pair in keys.windows(2) {
        let interval = usize::from(pair[1] - pair[0]);
        if let Some(&limit) = LOW_LIMITS.get(interval.wrapping_sub(1)) {
            cost += 3 * i32::from(limit.saturating_sub(pair[0]));
        }
    }
    // A minor ninth between any two notes grates, but for the flat ninth of a dominant; a semitone on top less so.
    for (index, &low) in keys.iter().enumerate() {
        let grating = keys[index + 1..].iter().filter(|&&high| high - low == 13).count();
        cost += if chord.quality == Quality::Dominant { 1 } else { 5 } * grating as i32;
    }
    // A semitone on top is sharp, a second at the bottom dull.
    if keys.len() > 2 {
        cost += if keys[keys.len() - 1] - keys[keys.len() - 2] == 1 { 3 } else { 0 };
        cost += if keys[1] - keys[0] < 3 { 3 } else { 0 };
    }
    let doubled = |class: PitchClass| keys.iter().filter(|&&key| class_of(key) == class).count() > 1;
    let leading_tone = space.key.leading_tone();
    let chorale = space.texture == Texture::Chorale;
    if doubled(leading_tone) && chord.contains(leading_tone) {
        cost += if chorale && is_dominant(chord, space.key) { ERROR } else { 8 };
    }
    if chord.seventh().is_some_and(doubled) {
        cost += 6;
    }
    if chorale { cost + chorale_price(keys, chord, space) } else { cost }
}

/// What the four parts of a chorale cost besides: inversions, doublings, gaps.
fn chorale_price(keys: &[u8], chord: Chord, space: &Space) -> i32 {
    let bass = class_of(keys[0]);
    let inversion = match () {
        () if space.bass.is_some() || bass == chord.root => 0,
        () if bass == chord.third() => 4,
        () if Some(bass) == chord.seventh() => 6,
        () => 14,
    };
    let times = |class: PitchClass| keys.iter().filter(|&&key| class_of(key) == class).count() as i32;
    let again = |class: PitchClass| (times(class) - 1).max(0);
    let third = if chord.quality.is_minor() { 2 } else { 4 };
    let doublings = 5 * (again(chord.root) - 1).max(0) + 2 * again(chord.fifth()) + third * again(chord.third());
    let missing = if times(chord.fifth()) == 0 { 4 } else { 0 };
    // Air above the bass.
    let crowd = (7 - i32::from(keys[1] - keys[0])).max(0) / 2;
    inversion + doublings + missing + crowd
}

/// Whether the chord wants to go to the tonic: it has the leading tone, and stands on the dominant or on that tone.
fn is_dominant(chord: Chord, key: Key) -> bool {
    let dominant = (key.tonic + 7) % 12;
    chord.contains(key.leading_tone()) && [dominant, key.leading_tone()].contains(&chord.root)
}

/// The price of going from one voicing of a chord to the next: the motion of every voice, and more for leaps,
/// overlapping voices, parallel fifths and octaves and, in a chorale, tones that are left unresolved.
pub(super) fn motion(old: (Voicing, Chord), new: (Voicing, Chord), space: &Space) -> i32 {
    let distance = |a: u8, b: u8| i32::from(a.abs_diff(b));
    let (a, b) = (old.0.keys(), new.0.keys());
    let top = distance(old.0.highest(), new.0.highest());
    let mut cost = (top - 4).max(0) * 2;
    if a.len() != b.len() {
        let nearest = |key: u8, others: &[u8]| others.iter().map(|&other| distance(key, other)).min().unwrap_or(0);
        let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
        return cost + 2 + many.iter().map(|&key| nearest(key, few)).sum::<i32>();
    }
    for (&from, &to) in a.iter().zip(b) {
        let step = distance(from, to);
        cost += step + (step - 7).max(0);
    }
    let (forbidden, overlaps) = (parallels(a, b).forbidden() as i32, overlaps(a, b) as i32);
    match space.texture {
        Texture::Chorale => {
            let outer = |parts: &[u8]| (parts[0], parts[parts.len() - 1]);
            let ((low, high), (to_low, to_high)) = (outer(a), outer(b));
            let hidden = if is_hidden((low, to_low), (high, to_high)) { 3 } else { 0 };
            cost + hidden + WORST * (forbidden + overlaps) + ERROR * unresolved((a, old.1), (b, new.1), space.key)
        }
        Texture::Close | Texture::Wide => cost + 2 * (overlaps + forbidden),
        Texture::Rootless | Texture::Shell => cost + 2 * overlaps,
    }
}

/// How many parts leave a tone that must be resolved: a seventh goes down by step, the leading tone of a dominant up to
/// the tonic, or each stays. Over the same root it may wait.
fn unresolved(old: (&[u8], Chord), new: (&[u8], Chord), key: Key) -> i32 {
    if old.1.root == new.1.root {
        return 0;
    }
    let is_sixth = matches!(old.1.quality, Quality::Sixth | Quality::MinorSixth);
    let seventh = old.1.seventh().filter(|_| !is_sixth);
    let goes_home = is_dominant(old.1, key) && new.1.contains(key.tonic);
    let parts = old.0.iter().zip(new.0);
    let hanging = parts.filter(|&(&from, &to)| {
        let (class, step) = (class_of(from), i32::from(to) - i32::from(from));
        let falls = Some(class) != seventh || (-2..=0).contains(&step);
        let rises = !goes_home || class != key.leading_tone() || (0..=1).contains(&step);
        !falls || !rises
    });
    hanging.count() as i32
}
