//! Voicings: how a chord is spaced over the keys, and how one leads to the next.
//!
//! Voice leading is solved exactly: of every path through the candidates of the coming chords the cheapest is found by
//! dynamic programming (Viterbi 1967), where a path's price is the motion of its voices and what theory books forbid.

use super::chord::{Chord, Quality};
use super::key::Key;
use super::pitch::{KeyRange, PitchClass, PitchClassSet, ascent, class_of};

/// How the notes of a chord are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Texture {
    /// Three or four notes within an octave.
    Close,
    /// Guide tones with colour and without the root, which is left to the bass; close, or with the second voice from
    /// the top dropped an octave.
    Rootless,
    /// Three notes: seventh chords without their fifth, or, where it is altered, without their root.
    Shell,
    /// Three or four notes over more than an octave, wide below and close above.
    Wide,
    /// Four parts, as a choir sings them: mostly root in the bass, nothing missing, upper voices within an octave.
    Chorale,
}

/// The most notes in a voicing.
pub const MAX_NOTES: usize = 4;

/// One to four MIDI keys, from the lowest up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Voicing {
    keys: [u8; MAX_NOTES],
    len: u8,
}

impl Voicing {
    /// The voicing of `keys`, of which the first four count. Sorted, each once.
    ///
    /// # Panics
    /// If `keys` is empty.
    pub fn new(keys: &[u8]) -> Self {
        assert!(!keys.is_empty(), "a voicing has a note");
        let mut sorted = [u8::MAX; MAX_NOTES];
        let mut len = 0;
        for &key in keys.iter().take(MAX_NOTES) {
            if !sorted[..len].contains(&key) {
                sorted[len] = key;
                len += 1;
            }
        }
        sorted[..len].sort_unstable();
        Self { keys: sorted, len: len as u8 }
    }

    /// The keys, from the lowest up.
    pub fn keys(&self) -> &[u8] {
        &self.keys[..usize::from(self.len)]
    }

    /// The lowest key.
    pub fn lowest(&self) -> u8 {
        self.keys[0]
    }

    /// The highest key.
    pub fn highest(&self) -> u8 {
        self.keys[usize::from(self.len) - 1]
    }

    /// The pitch classes that sound.
    pub fn classes(&self) -> PitchClassSet {
        self.keys().iter().map(|&key| class_of(key)).collect()
    }
}

/// Where and how chords are to be voiced.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// How the notes are spaced.
    pub texture: Texture,
    /// The keys to use; at least two octaves, or some chords are voiced with fewer notes.
    pub range: KeyRange,
    /// The highest key that does not get in the way of the melody; higher ones cost.
    pub ceiling: u8,
    /// The key: its leading tone is not doubled.
    pub key: Key,
    /// The notes from which colours (ninths, thirteenths) may be taken.
    pub colours: PitchClassSet,
    /// A voicing not to use for the first chord, for the sake of variety.
    pub avoid: Option<Voicing>,
}

/// A voicing for each of a sequence of chords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The voicings, one for each chord.
    pub voicings: Vec<Voicing>,
    /// The price of the path: the least there is over the candidates.
    pub cost: i32,
}

/// The cheapest voicings for `chords` (the present one first, up to four are worth while) after `last`. Of several the
/// same price, the one that was listed first. Empty if `chords` is empty.
pub fn lead(last: Option<&Voicing>, chords: &[Chord], space: &Space) -> Path {
    let layers: Vec<Vec<Candidate>> =
        chords.iter().enumerate().map(|(step, &chord)| candidates(chord, space, step == 0)).collect();
    let Some(first) = layers.first() else { return Path { voicings: Vec::new(), cost: 0 } };

    // For each candidate of the layer that was reached: the cheapest price of a path that ends there.
    let mut prices: Vec<i32> = first
        .iter()
        .map(|candidate| candidate.cost + last.map_or(0, |last| motion(last, &candidate.voicing, space)))
        .collect();
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(layers.len());
    for pair in layers.windows(2) {
        let (from, to) = (&pair[0], &pair[1]);
        let (best, next): (Vec<usize>, Vec<i32>) = to
            .iter()
            .map(|candidate| {
                let (index, price) = cheapest(
                    from.iter()
                        .zip(&prices)
                        .map(|(old, price)| price + motion(&old.voicing, &candidate.voicing, space)),
                );
                (index, price + candidate.cost)
            })
            .unzip();
        came_from.push(best);
        prices = next;
    }

    let (mut index, cost) = cheapest(prices.into_iter());
    let mut voicings = vec![layers[layers.len() - 1][index].voicing];
    for (layer, best) in layers.iter().zip(&came_from).rev() {
        index = best[index];
        voicings.push(layer[index].voicing);
    }
    voicings.reverse();
    Path { voicings, cost }
}

/// The index and the value of the least of `prices`; the first of equals.
fn cheapest(prices: impl Iterator<Item = i32>) -> (usize, i32) {
    prices.enumerate().fold((0, i32::MAX), |best, (index, price)| if price < best.1 { (index, price) } else { best })
}

/// A way to voice a chord, and its price regardless of what comes before.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    voicing: Voicing,
    cost: i32,
}

/// Every way to voice `chord` in `space`; never empty.
fn candidates(chord: Chord, space: &Space, first: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |keys: &[u8]| {
        let voicing = Voicing::new(keys);
        if space.range.contains(voicing.lowest()) && space.range.contains(voicing.highest()) {
            found.push(Candidate { voicing, cost: price(&voicing, chord, space) });
        }
    };
    match space.texture {
        Texture::Chorale => {
            for (bass, upper) in chorale_shapes(chord) {
                for low in space.range.keys_of(bass).take(2) {
                    for rotation in 0..3 {
                        let upper = [upper[rotation], upper[(rotation + 1) % 3], upper[(rotation + 2) % 3]];
                        for tenor in KeyRange::new(low + 3, low + 19).keys_of(upper[0]) {
                            let close = stack(tenor, &upper);
                            add(&[low, close[0], close[1], close[2]]);
                            if close[1] >= low + 15 {
                                add(&[low, close[1] - 12, close[0], close[2]]);
                            }
                        }
                    }
                }
            }
        }
        texture => {
            let spells = |shape: &[PitchClass]| chord.guide_tones().is_subset(shape.iter().copied().collect());
            for shape in shapes(chord, texture, space.colours).into_iter().filter(|shape| spells(shape)) {
                for low in space.range.keys_of(shape[0]) {
                    let keys = stack(low, &shape);
                    let keys = &keys[..shape.len()];
                    add(keys);
                    if texture == Texture::Rootless && keys.len() == 4 && keys[2] >= 12 {
                        add(&[keys[2] - 12, keys[0], keys[1], keys[3]]);
                    }
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
        let keys: Vec<u8> =
            chord.tones().iter().map(|class| space.range.fold(super::pitch::nearest(class, middle))).collect();
        let voicing = Voicing::new(&keys);
        found.push(Candidate { voicing, cost: price(&voicing, chord, space) });
    }
    found
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

/// The bass and the three upper voices of a four-part chord, the upper ones in any rotation.
fn chorale_shapes(chord: Chord) -> Vec<(PitchClass, [PitchClass; 3])> {
    let (root, third, fifth) = (chord.root, chord.third(), chord.fifth());
    match (chord.seventh(), chord.quality.has_perfect_fifth()) {
        (None, true) => vec![
            (root, [root, third, fifth]),
            (root, [third, root, fifth]),
            (third, [root, fifth, root]),
            (third, [fifth, root, fifth]),
        ],
        (None, false) => {
            vec![(root, [root, third, fifth]), (third, [root, third, fifth]), (third, [third, root, fifth])]
        }
        (Some(seventh), complete) => vec![
            (root, [third, fifth, seventh]),
            (root, [fifth, third, seventh]),
            (root, if complete { [root, third, seventh] } else { [third, seventh, fifth] }),
            (third, [root, fifth, seventh]),
            (third, [fifth, root, seventh]),
            (seventh, [root, third, fifth]),
        ],
    }
}

/// Below these keys an interval of so many semitones between neighbours is mud: the arranger's low interval limits,
/// from a semitone to a fifth.
const LOW_LIMITS: [u8; 7] = [55, 53, 51, 48, 46, 46, 41];

/// The price of `voicing` by itself.
fn price(voicing: &Voicing, chord: Chord, space: &Space) -> i32 {
    let keys = voicing.keys();
    let mut cost = 0;

    // A tessitura to come back to, out of the melody's way.
    let middle = (i32::from(space.range.low) + i32::from(space.range.high)) / 2;
    let sum: i32 = keys.iter().map(|&key| i32::from(key)).sum();
    cost += (sum / keys.len() as i32 - middle).abs() / 2;
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
    if doubled(space.key.leading_tone()) && chord.contains(space.key.leading_tone()) {
        cost += 8;
    }
    if chord.seventh().is_some_and(doubled) {
        cost += 6;
    }
    if space.texture == Texture::Chorale {
        let bass = class_of(voicing.lowest());
        cost += match () {
            () if bass == chord.root => 0,
            () if bass == chord.third() => 4,
            () if Some(bass) == chord.seventh() => 5,
            () => 9,
        };
        // Air above the bass, upper neighbours within an octave.
        cost += (7 - i32::from(keys[1] - keys[0])).max(0) / 2;
        cost += keys.windows(2).skip(1).map(|pair| 4 * i32::from((pair[1] - pair[0]).saturating_sub(12))).sum::<i32>();
        cost += 2 * chord.tones().without(voicing.classes()).len() as i32;
    }
    cost
}

/// The price of going from `old` to `new`: the motion of every voice, and more for leaps, crossed voices and
/// parallel fifths and octaves.
fn motion(old: &Voicing, new: &Voicing, space: &Space) -> i32 {
    let distance = |a: u8, b: u8| i32::from(a.abs_diff(b));
    let (a, b) = (old.keys(), new.keys());
    let top = distance(old.highest(), new.highest());
    let mut cost = (top - 4).max(0) * 2;
    if a.len() != b.len() {
        let nearest = |key: u8, others: &[u8]| others.iter().map(|&other| distance(key, other)).min().unwrap_or(0);
        let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
        return cost + 2 + many.iter().map(|&key| nearest(key, few)).sum::<i32>();
    }
    let parallels = match space.texture {
        Texture::Chorale => 12,
        Texture::Close | Texture::Wide => 2,
        Texture::Rootless | Texture::Shell => 0,
    };
    for voice in 0..a.len() {
        let step = distance(a[voice], b[voice]);
        cost += step + (step - 7).max(0);
        if voice > 0 && b[voice] < a[voice - 1] || voice + 1 < a.len() && b[voice] > a[voice + 1] {
            cost += 2;
        }
        for below in 0..voice {
            let (before, after) = (a[voice] - a[below], b[voice] - b[below]);
            let moved = a[voice] != b[voice] && (a[voice] < b[voice]) == (a[below] < b[below]);
            if moved && before % 12 == after % 12 && matches!(after % 12, 0 | 7) {
                cost += parallels;
            }
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXTURES: [Texture; 5] = [Texture::Close, Texture::Rootless, Texture::Shell, Texture::Wide, Texture::Chorale];

    fn space(texture: Texture) -> Space {
        let key = Key::major(0);
        let range = KeyRange::new(45, 74);
        Space { texture, range, ceiling: 74, key, colours: key.scale(), avoid: None }
    }

    fn chords(symbols: &str) -> Vec<Chord> {
        symbols.split(' ').map(|symbol| symbol.parse().unwrap()).collect()
    }

    fn names(path: &Path) -> Vec<String> {
        let name = |voicing: &Voicing| {
            voicing.keys().iter().map(|&key| crate::music::pitch::key_name(key)).collect::<Vec<_>>().join(" ")
        };
        path.voicings.iter().map(name).collect()
    }

    fn any_chords() -> impl Strategy<Value = Vec<Chord>> {
        prop::collection::vec((0usize..144).prop_map(|index| Chord::from_index(index).unwrap()), 1..=4)
    }

    fn any_texture() -> impl Strategy<Value = Texture> {
        (0usize..TEXTURES.len()).prop_map(|index| TEXTURES[index])
    }

    /// The price of always taking the next voicing that is cheapest at the moment.
    fn greedy(chords: &[Chord], space: &Space) -> i32 {
        let mut last: Option<Voicing> = None;
        let mut cost = 0;
        for (step, &chord) in chords.iter().enumerate() {
            let step = lead(last.as_ref(), &[chord], &Space { avoid: space.avoid.filter(|_| step == 0), ..*space });
            cost += step.cost;
            last = Some(step.voicings[0]);
        }
        cost
    }

    #[test]
    fn a_jazz_cadence_moves_by_step_over_guide_tones() {
        let path = lead(None, &chords("Dm7 G7 Cmaj7"), &space(Texture::Rootless));
        for pair in path.voicings.windows(2) {
            assert!(pair[0].highest().abs_diff(pair[1].highest()) <= 2, "{:?}", names(&path));
        }
    }

    #[test]
    fn a_chorale_has_four_voices_and_no_parallels() {
        let path = lead(None, &chords("C F G C"), &space(Texture::Chorale));
        for voicing in &path.voicings {
            assert_eq!(voicing.keys().len(), 4, "{:?}", names(&path));
        }
        for pair in path.voicings.windows(2) {
            for high in 0..4 {
                for low in 0..high {
                    let (a, b) = (pair[0].keys(), pair[1].keys());
                    let interval = (b[high] - b[low]) % 12;
                    let parallel = a[high] != b[high] && (a[high] - a[low]) % 12 == interval;
                    assert!(!(parallel && matches!(interval, 0 | 7)), "{:?}", names(&path));
                }
            }
        }
    }

    #[test]
    fn what_is_to_be_avoided_is_avoided() {
        let chord = chords("C");
        let first = lead(None, &chord, &space(Texture::Close)).voicings[0];
        let other = lead(Some(&first), &chord, &Space { avoid: Some(first), ..space(Texture::Close) }).voicings[0];
        assert_ne!(first, other);
    }

    #[test]
    fn no_chords_give_no_voicings() {
        assert_eq!(lead(None, &[], &space(Texture::Close)), Path { voicings: Vec::new(), cost: 0 });
    }

    proptest! {
        #[test]
        fn planning_ahead_never_costs_more_than_greed(chords in any_chords(), texture in any_texture()) {
            let space = space(texture);
            prop_assert!(lead(None, &chords, &space).cost <= greedy(&chords, &space));
        }

        #[test]
        fn a_path_costs_what_its_parts_cost(chords in any_chords(), texture in any_texture()) {
            let space = space(texture);
            let path = lead(None, &chords, &space);
            let own: i32 = path.voicings.iter().zip(&chords).map(|(voicing, &chord)| price(voicing, chord, &space)).sum();
            let led: i32 = path.voicings.windows(2).map(|pair| motion(&pair[0], &pair[1], &space)).sum();
            prop_assert_eq!(path.cost, own + led);
        }

        #[test]
        fn a_voicing_spells_its_chord_in_range(
            chords in any_chords(),
            texture in any_texture(),
            key in 0usize..24,
            low in 36u8..60,
            ceiling in 50u8..90,
        ) {
            let key = Key::from_index(key);
            let range = KeyRange::new(low, low + 24);
            let space = Space { texture, range, ceiling, key, colours: key.locked_scale(), avoid: None };
            for (voicing, chord) in lead(None, &chords, &space).voicings.iter().zip(&chords) {
                prop_assert!(range.contains(voicing.lowest()) && range.contains(voicing.highest()));
                prop_assert!(chord.guide_tones().is_subset(voicing.classes()), "{chord}: {voicing:?}");
                let foreign = voicing.classes().without(chord.tones());
                prop_assert!(foreign.is_subset(space.colours) && (foreign.is_empty() || texture == Texture::Rootless));
                prop_assert!(voicing.keys().len() >= 3, "{chord}: {voicing:?}");
            }
        }
    }
}
