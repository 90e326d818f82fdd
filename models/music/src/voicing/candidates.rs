//! The voicings among which a path is sought, by texture.

use super::price::price;
use super::{MAX_NOTES, Space, Texture, Voicing};
use crate::chord::{Chord, Quality};
use crate::pitch::{KeyRange, PitchClass, PitchClassSet, ascent, class_of, nearest};

/// How far above the bass the tenor of a chorale lies at most.
const WIDEST: u8 = 24;
/// From how wide a range at the lower end of the whole the bass of a chorale takes its notes.
const BASS_RANGE: u8 = 17;
/// How far the bass moves from a chord to the next at most, if another player has it.
const BASS_LEAP: u8 = 9;

/// A way to voice a chord, and its price regardless of what comes before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub voicing: Voicing,
    pub cost: i32,
}

/// Every way to voice `chord` in `space`; never empty. `first`: the chord is the first of its path.
pub(super) fn candidates(chord: Chord, space: &Space, first: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |keys: &[u8]| {
        let voicing = Voicing::new(keys);
        found.push(Candidate { voicing, cost: price(&voicing, chord, space) });
    };
    if space.texture == Texture::Chorale {
        for bass in basses(chord, space, first) {
            four_parts(chord, bass, space.range, &mut add);
        }
    } else {
        let mut add_within = |keys: &[u8]| {
            if keys.iter().all(|&key| space.range.contains(key)) {
                add(keys);
            }
        };
        let spells = |shape: &[PitchClass]| chord.guide_tones().is_subset(shape.iter().copied().collect());
        for shape in shapes(chord, space.texture, space.colours).into_iter().filter(|shape| spells(shape)) {
            for low in space.range.keys_of(shape[0]) {
                let keys = stack(low, &shape);
                let keys = &keys[..shape.len()];
                add_within(keys);
                if space.texture == Texture::Rootless && keys.len() == 4 && keys[2] >= 12 {
                    // Drop 2: the second voice from the top, an octave lower.
                    add_within(&[keys[2] - 12, keys[0], keys[1], keys[3]]);
                }
            }
        }
    }
    if let Some(avoid) = space.avoid.filter(|_| first)
        && found.iter().any(|candidate| candidate.voicing != avoid)
    {
        found.retain(|candidate| candidate.voicing != avoid);
    }
    if found.is_empty() {
        let middle = space.range.low + (space.range.high - space.range.low) / 2;
        let keys: Vec<u8> = chord.tones().iter().map(|class| space.range.fold(nearest(class, middle))).collect();
        let voicing = Voicing::new(&keys);
        found.push(Candidate { voicing, cost: price(&voicing, chord, space) });
    }
    found
}

/// The keys that the lowest part of a chorale may sing.
fn basses(chord: Chord, space: &Space, first: bool) -> Vec<u8> {
    let among = |low: u8, high: u8| (low..=high).filter(|&key| chord.contains(class_of(key))).collect();
    match space.bass {
        Some(bass) if first => vec![bass],
        Some(bass) => among(bass.saturating_sub(BASS_LEAP), bass + BASS_LEAP),
        None => among(space.range.low, space.range.low + BASS_RANGE),
    }
}

/// Every way to sing `chord` over `bass` with the upper parts in `range`: root, guide tones, and no seventh twice.
fn four_parts(chord: Chord, bass: u8, range: KeyRange, add: &mut impl FnMut(&[u8])) {
    let under = class_of(bass);
    // Over a bass from outside the chord there is no room for all of a seventh chord.
    let root = PitchClassSet::from_bits(if chord.contains(under) { 1 << chord.root } else { 0 });
    let needed = chord.guide_tones().union(root);
    let tones: Vec<PitchClass> = chord.tones().iter().collect();
    let tenors = KeyRange::new((bass + 3).max(range.low), bass.saturating_add(WIDEST).min(range.high));
    for &tenor in &tones {
        for (&alto, &soprano) in tones.iter().flat_map(|alto| tones.iter().map(move |soprano| (alto, soprano))) {
            let classes = [under, tenor, alto, soprano];
            let times = |tone: PitchClass| classes.iter().filter(|&&class| class == tone).count();
            let most = |tone: PitchClass| {
                if tone == chord.root {
                    3
                } else if Some(tone) == chord.seventh() {
                    1
                } else {
                    2
                }
            };
            if !needed.is_subset(classes.into_iter().collect()) || tones.iter().any(|&tone| times(tone) > most(tone)) {
                continue;
            }
            for low in tenors.keys_of(tenor) {
                let upper = stack(low, &classes[1..]);
                if range.contains(upper[2]) {
                    add(&[bass, upper[0], upper[1], upper[2]]);
                }
            }
        }
    }
}

/// The keys of `classes`, each the next above the one before, from `low` up. Only as many as there are classes count.
fn stack(low: u8, classes: &[PitchClass]) -> [u8; MAX_NOTES] {
    let mut keys = [low; MAX_NOTES];
    for index in 1..classes.len() {
        let step = ascent(class_of(keys[index - 1]), classes[index]);
        keys[index] = keys[index - 1].saturating_add(if step == 0 { 12 } else { step });
    }
    keys
}

/// Pitch classes from the lowest voice up, for every texture but the chorale.
fn shapes(chord: Chord, texture: Texture, colours: PitchClassSet) -> Vec<Vec<PitchClass>> {
    let (root, third, fifth) = (chord.root, chord.third(), chord.fifth());
    let rotations = |classes: &[PitchClass]| -> Vec<Vec<PitchClass>> {
        (0..classes.len()).map(|turn| [&classes[turn..], &classes[..turn]].concat()).collect()
    };
    let Some(seventh) = chord.seventh() else {
        return match texture {
            Texture::Wide => vec![
                vec![root, fifth, third],
                vec![root, fifth, root, third],
                vec![third, root, fifth],
                vec![fifth, third, root],
                vec![root, fifth, third, root],
            ],
            Texture::Rootless => {
                let mut shapes = rotations(&[root, third, fifth]);
                shapes.push(vec![fifth, third, root]);
                let colour = |interval| Some((root + interval) % 12).filter(|&class| colours.contains(class));
                let sixth_or_seventh = if chord.quality.is_minor() { colour(10) } else { colour(9) };
                if let (Some(ninth), Some(other), true) =
                    (colour(2), sixth_or_seventh, chord.quality.has_perfect_fifth())
                {
                    shapes.extend([vec![third, fifth, ninth], vec![third, other, ninth]]);
                }
                shapes
            }
            Texture::Close | Texture::Shell | Texture::Chorale => rotations(&[root, third, fifth]),
        };
    };
    match texture {
        Texture::Wide => vec![
            vec![root, fifth, seventh, third],
            vec![root, seventh, third, fifth],
            vec![root, fifth, third, seventh],
            vec![third, root, fifth, seventh],
            vec![fifth, third, seventh],
        ],
        Texture::Shell if !chord.quality.has_perfect_fifth() => {
            [rotations(&[third, fifth, seventh]), vec![vec![third, seventh, fifth]]].concat()
        }
        Texture::Shell => {
            [rotations(&[root, third, seventh]), vec![vec![root, seventh, third], vec![third, seventh, root]]].concat()
        }
        Texture::Rootless => {
            let ninth = ninth(chord, colours).unwrap_or(root);
            let thirteenth = (root + 9) % 12;
            let fifth = match chord.quality {
                Quality::Dominant if colours.contains(thirteenth) && colours.contains((root + 2) % 12) => thirteenth,
                _ => fifth,
            };
            vec![
                vec![third, fifth, seventh, ninth],
                vec![seventh, ninth, third, fifth],
                vec![third, seventh, ninth],
                vec![seventh, third, fifth],
                vec![third, seventh, fifth],
            ]
        }
        Texture::Close | Texture::Chorale => {
            let mut shapes = rotations(&[root, third, fifth, seventh]);
            if chord.quality.has_perfect_fifth() {
                shapes.extend(rotations(&[root, third, seventh]));
            }
            shapes
        }
    }
}

/// The ninth that goes with the chord, if the key has it: natural, or flat over a dominant.
fn ninth(chord: Chord, colours: PitchClassSet) -> Option<PitchClass> {
    let (natural, flat) = ((chord.root + 2) % 12, (chord.root + 1) % 12);
    match chord.quality {
        Quality::HalfDiminished | Quality::DiminishedSeventh => None,
        _ if colours.contains(natural) => Some(natural),
        Quality::Dominant if colours.contains(flat) => Some(flat),
        _ => None,
    }
}
