//! The likeliest sequence of chords (Viterbi 1967), exactly: in whole steps of the grid of `chance/grid.rs`.

use crate::music::Chord;

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

/// The class of each beat in the sequence whose sum is the largest: of what is said of the chord of each beat, and of
/// `begins` where another chord does. Of sequences that are equally likely the one that changes later,
/// and to the lower class. A beat in which no class may be is taken for one in which each may.
pub fn likeliest(beats: &[Beat]) -> Vec<usize> {
    let Some((first, rest)) = beats.split_first() else { return Vec::new() };
    let mut scores = added([0; Chord::VOCABULARY], first);
    // From which class each class of each later beat comes.
    let mut origins: Vec<[u8; Chord::VOCABULARY]> = Vec::with_capacity(rest.len());
    for beat in rest {
        let best = best_of(&scores, None);
        // A change goes to another chord: to the best one it comes from the second.
        let second = best_of(&scores, Some(best));
        let mut origin = [0; Chord::VOCABULARY];
        let mut after = [0; Chord::VOCABULARY];
        for class in 0..Chord::VOCABULARY {
            let before = if class == best { second } else { best };
            let (stands, changes) = (scores[class], scores[before].saturating_add(beat.begins));
            let is_change = changes > stands;
            origin[class] = if is_change { before as u8 } else { class as u8 };
            after[class] = if is_change { changes } else { stands };
        }
        origins.push(origin);
        scores = added(after, beat);
    }
    let mut class = best_of(&scores, None);
    let mut classes = vec![class];
    for origin in origins.iter().rev() {
        class = usize::from(origin[class]);
        classes.push(class);
    }
    classes.reverse();
    classes
}

fn added(mut scores: [i64; Chord::VOCABULARY], beat: &Beat) -> [i64; Chord::VOCABULARY] {
    if beat.chords.iter().any(Option::is_some) {
        for (score, chord) in scores.iter_mut().zip(&beat.chords) {
            *score = chord.map_or(IMPOSSIBLE, |chord| score.saturating_add(chord).max(IMPOSSIBLE));
        }
    }
    scores
}

/// The class with the largest score but `without`; the first of several.
fn best_of(scores: &[i64; Chord::VOCABULARY], without: Option<usize>) -> usize {
    let mut best = usize::from(without == Some(0));
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] && Some(class) != without {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A beat that says something of the first classes, and in which no others may be.
    fn beat(chords: &[i64], begins: i64) -> Beat {
        Beat { chords: std::array::from_fn(|class| chords.get(class).copied()), begins }
    }

    fn sum(beats: &[Beat], classes: &[usize]) -> i64 {
        let chords: i64 = beats.iter().zip(classes).map(|(beat, &class)| beat.chords[class].unwrap()).sum();
        let changes = (1..beats.len()).filter(|&at| classes[at] != classes[at - 1]).map(|at| beats[at].begins);
        chords + changes.sum::<i64>()
    }

    proptest! {
        #[test]
        fn no_sequence_is_likelier(
            said in prop::collection::vec((prop::array::uniform3(-50i64..50), -60i64..20), 1..7),
        ) {
            let beats: Vec<Beat> = said.iter().map(|(chords, begins)| beat(chords, *begins)).collect();
            let ours = likeliest(&beats);
            for number in 0..3usize.pow(beats.len() as u32) {
                let classes: Vec<usize> = (0..beats.len()).map(|at| number / 3usize.pow(at as u32) % 3).collect();
                prop_assert!(sum(&beats, &classes) <= sum(&beats, &ours), "{classes:?} {ours:?}");
            }
        }
    }

    #[test]
    fn a_chord_stands_where_a_change_is_not_worth_it() {
        let beats = [beat(&[10, 0], -5), beat(&[0, 4], -5), beat(&[10, 0], -5)];
        assert_eq!(likeliest(&beats), [0, 0, 0]);
        let eager = [beat(&[10, 0], -1), beat(&[0, 4], -1), beat(&[10, 0], -1)];
        assert_eq!(likeliest(&eager), [0, 1, 0]);
    }

    #[test]
    fn what_may_not_be_is_not_chosen_and_a_beat_without_a_choice_changes_nothing() {
        let mut beats = [beat(&[9, 1], -50), beat(&[9, 1], -50), beat(&[], -50)];
        beats[1].chords[0] = None;
        assert_eq!(likeliest(&beats), [1, 1, 1]);
        assert_eq!(likeliest(&[]), [0; 0]);
    }
}
