//! The likeliest sequence of chords (Viterbi 1967), exactly: in whole steps of the grid of `chance/grid.rs`.

use std::cmp::Reverse;

use crate::music::{Chord, Quality};

/// Whatever is worse than this cannot be.
const IMPOSSIBLE: i64 = i64::MIN / 4;

/// What is said of a beat, in steps of the grid.
#[derive(Clone, Debug)]
pub struct Beat {
    /// Log-probability of each chord class; `None`: it may not be.
    pub chords: [Option<i64>; Chord::VOCABULARY],
    /// Log-odds for a chord to begin.
    pub begins: i64,
}

/// The harmonies, and "no chord".
const HARMONIES: usize = Chord::HARMONIES + 1;

/// What is said for a change from one harmony to another, or to another chord of the same, beside what the beats say:
/// in steps of the grid, by the harmony that stands, then by the one that comes, "no chord" last.
#[derive(Clone, Debug)]
pub struct Moves([[i64; HARMONIES]; HARMONIES]);

impl Moves {
    /// What `of` says of a change from the first chord to the second; of "no chord" nothing is said.
    pub fn of(of: impl Fn(Chord, Chord) -> i64) -> Self {
        let mut moves = [[0; HARMONIES]; HARMONIES];
        let chords =
            || (0..).zip((0..12).flat_map(|root| [Quality::Major, Quality::Minor].map(|of| Chord::new(root, of))));
        for (stands, from) in chords() {
            chords().for_each(|(comes, to): (usize, Chord)| moves[stands][comes] = of(from, to));
        }
        Self(moves)
    }
}

/// The class of each beat in the sequence whose sum is the largest: of what is said of the chord of each beat, and,
/// where another chord begins, of `begins` and of the move. Of sequences that are equally likely the one that changes
/// later, and to the lower class. A beat in which no class may be is taken for one in which each may.
pub fn likeliest(beats: &[Beat], moves: &Moves) -> Vec<usize> {
    let Some((first, rest)) = beats.split_first() else { return Vec::new() };
    let mut scores = added([0; Chord::VOCABULARY], first);
    // From which class each class of each later beat comes.
    let mut origins: Vec<[u8; Chord::VOCABULARY]> = Vec::with_capacity(rest.len());
    for beat in rest {
        let before = Before::of(&scores, moves);
        let mut origin = [0; Chord::VOCABULARY];
        let mut after = [0; Chord::VOCABULARY];
        for class in 0..Chord::VOCABULARY {
            let (changes, from) = before.of_change_to(class);
            let (stands, changes) = (scores[class], changes.saturating_add(beat.begins));
            let is_change = changes > stands;
            origin[class] = if is_change { from as u8 } else { class as u8 };
            after[class] = if is_change { changes } else { stands };
        }
        origins.push(origin);
        scores = added(after, beat);
    }
    let mut class = best(scores.iter().copied().zip(0..)).1;
    let mut classes = vec![class];
    for origin in origins.iter().rev() {
        class = usize::from(origin[class]);
        classes.push(class);
    }
    classes.reverse();
    classes
}

/// A score, and the class that has it.
type Scored = (i64, usize);

/// Nothing.
const NOTHING: Scored = (IMPOSSIBLE, 0);

/// The best chord before a change, whichever comes. What is said for a change depends on the harmonies alone: so for
/// all chords of a harmony together it is the best chord of another harmony, or another chord of the same.
struct Before<'a> {
    moves: &'a Moves,
    /// Of each harmony, the best chord and the second.
    within: [[Scored; 2]; HARMONIES],
    /// For each harmony, the best chord of the others, with its move.
    across: [Scored; HARMONIES],
}

impl<'a> Before<'a> {
    fn of(scores: &[i64; Chord::VOCABULARY], moves: &'a Moves) -> Self {
        let mut within = [[NOTHING; 2]; HARMONIES];
        for (class, &score) in scores.iter().enumerate() {
            let [best, second] = &mut within[harmony_of(class)];
            if score > best.0 {
                *second = std::mem::replace(best, (score, class));
            } else if score > second.0 {
                *second = (score, class);
            }
        }
        let across = std::array::from_fn(|comes| {
            let others = (0..HARMONIES).filter(|&stands| stands != comes);
            best(others.map(|stands| moved(within[stands][0], moves.0[stands][comes])))
        });
        Self { moves, within, across }
    }

    /// The best score with which `class` begins, and after which class.
    fn of_change_to(&self, class: usize) -> Scored {
        let harmony = harmony_of(class);
        let [first, second] = self.within[harmony];
        // A change goes to another chord: to the best one it comes from the second.
        let other = if first.1 == class { second } else { first };
        best([self.across[harmony], moved(other, self.moves.0[harmony][harmony])])
    }
}

fn moved((score, class): Scored, by: i64) -> Scored {
    (score.saturating_add(by), class)
}

/// The harmony of a class; the last is "no chord".
fn harmony_of(class: usize) -> usize {
    Chord::from_index(class).map_or(Chord::HARMONIES, Chord::harmony)
}

/// The largest score, with the lowest class that has it.
fn best(scored: impl IntoIterator<Item = Scored>) -> Scored {
    scored.into_iter().max_by_key(|&(score, class)| (score, Reverse(class))).unwrap_or(NOTHING)
}

fn added(mut scores: [i64; Chord::VOCABULARY], beat: &Beat) -> [i64; Chord::VOCABULARY] {
    if beat.chords.iter().any(Option::is_some) {
        for (score, chord) in scores.iter_mut().zip(&beat.chords) {
            *score = chord.map_or(IMPOSSIBLE, |chord| score.saturating_add(chord).max(IMPOSSIBLE));
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C, Cm and C#: of two harmonies on one root, and one on another; Cm6, another chord of one of them.
    const CLASSES: [usize; 4] = [0, 1, 12, 9];

    fn still() -> Moves {
        Moves::of(|_, _| 0)
    }

    /// A beat that says something of the first of these classes, and in which no others may be.
    fn beat(chords: &[i64], begins: i64) -> Beat {
        let mut beat = Beat { chords: [None; Chord::VOCABULARY], begins };
        CLASSES.iter().zip(chords).for_each(|(&class, &said)| beat.chords[class] = Some(said));
        beat
    }

    fn sum(beats: &[Beat], moves: &Moves, classes: &[usize]) -> i64 {
        let chords: i64 = beats.iter().zip(classes).map(|(beat, &class)| beat.chords[class].unwrap()).sum();
        let changes = (1..beats.len()).filter(|&at| classes[at] != classes[at - 1]);
        let change = |at: usize| beats[at].begins + moves.0[harmony_of(classes[at - 1])][harmony_of(classes[at])];
        chords + changes.map(change).sum::<i64>()
    }

    proptest! {
        #[test]
        fn no_sequence_is_likelier(
            said in prop::collection::vec((prop::array::uniform4(-50i64..50), -60i64..20), 1..6),
            moves in prop::array::uniform4(prop::array::uniform4(-40i64..40)),
        ) {
            let beats: Vec<Beat> = said.iter().map(|(chords, begins)| beat(chords, *begins)).collect();
            let place = |chord: Chord| 2 * usize::from(chord.root == 0) + usize::from(chord.quality.is_minor());
            let moves = Moves::of(|from, to| moves[place(from)][place(to)]);
            let ours = likeliest(&beats, &moves);
            for number in 0..4usize.pow(beats.len() as u32) {
                let class = |at: usize| CLASSES[number / 4usize.pow(at as u32) % 4];
                let classes: Vec<usize> = (0..beats.len()).map(class).collect();
                let [theirs, best] = [&classes, &ours].map(|classes| sum(&beats, &moves, classes));
                prop_assert!(theirs <= best, "{classes:?} {ours:?}");
            }
        }
    }

    #[test]
    fn a_chord_stands_where_a_change_is_not_worth_it() {
        let beats = [beat(&[10, 0], -5), beat(&[0, 4], -5), beat(&[10, 0], -5)];
        assert_eq!(likeliest(&beats, &still()), [0, 0, 0]);
        let eager = [beat(&[10, 0], -1), beat(&[0, 4], -1), beat(&[10, 0], -1)];
        assert_eq!(likeliest(&eager, &still()), [0, 1, 0]);
    }

    #[test]
    fn of_two_chords_the_one_comes_to_which_people_move() {
        let beats = [beat(&[10], -5), beat(&[0, 20, 18], -5)];
        assert_eq!(likeliest(&beats, &still()), [0, 1]);
        let up = Moves::of(|from, to| if from.root != to.root { 3 } else { 0 });
        assert_eq!(likeliest(&beats, &up), [0, 12]);
    }

    #[test]
    fn another_colour_begins_as_often_as_people_change_it() {
        let beats = [beat(&[0, 10], -5), beat(&[0, 0, 0, 8], -5)];
        assert_eq!(likeliest(&beats, &still()), [1, 9]);
        let plain = Moves::of(|from, to| if from.harmony() == to.harmony() { -4 } else { 0 });
        assert_eq!(likeliest(&beats, &plain), [1, 1]);
    }

    #[test]
    fn what_may_not_be_is_not_chosen_and_a_beat_without_a_choice_changes_nothing() {
        let mut beats = [beat(&[9, 1], -50), beat(&[9, 1], -50), beat(&[], -50)];
        beats[1].chords[0] = None;
        assert_eq!(likeliest(&beats, &still()), [1, 1, 1]);
        assert_eq!(likeliest(&[], &still()), [0; 0]);
    }
}
