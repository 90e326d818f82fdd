//! Whether a classifier that has seen other pieces tells progressions of people from those that a system played to the
//! same melodies: .5 is perfect.

use continuo_models::music::{Chord, Frame};
use continuo_options::eval::System;

use super::{Played, Setup};
use crate::eval::bootstrap::{self, Interval};
use crate::eval::classifier::Classifier;
use crate::eval::corpus::Piece;
use crate::eval::measures::classes;
use crate::eval::progressions::features;
use crate::eval::report::{self, progress};

/// The rule by which the classifier is judged itself.
pub const YARDSTICK: System = System::FollowNote;

/// The classifier counts only if it tells that rule from people as often as this.
pub const GOOD_ENOUGH: f64 = 0.75;

/// `count` pieces to learn from, evenly spread over those of `train` that people wrote chords to, in the styles of
/// `judged` and of none of their groups. People and system play the same pieces, so neither is known by its style.
pub fn lessons<'a>(train: &'a [Piece], judged: &[Piece], count: usize) -> Vec<&'a Piece> {
    let fits = |piece: &&Piece| {
        piece.has_human_chords()
            && judged.iter().any(|other| other.style == piece.style)
            && judged.iter().all(|other| other.group != piece.group)
    };
    let all: Vec<&Piece> = train.iter().filter(fits).collect();
    let count = count.min(all.len());
    (0..count).map(|index| all[index * all.len() / count]).collect()
}

/// Whether a classifier that `lessons` have taught tells what `system` `played` to `pieces`; see [`told`].
pub fn told_apart(
    setup: &Setup,
    lessons: &[&Piece],
    system: System,
    pieces: &[Piece],
    played: &[Played],
) -> Option<Interval> {
    let bar = progress("progressions to learn from", lessons.len());
    let lesson = |piece: &&'_ Piece| classes(&setup.play(piece, setup.extent.frames(piece), system).chords);
    let lessons: Vec<Example> = bar.wrap_iter(lessons.iter()).map(|&piece| (piece, lesson(&piece))).collect();
    let judged: Vec<Example> =
        pieces.iter().zip(played).map(|(piece, played)| (piece, classes(&played.chords))).collect();
    told(&lessons, &judged)
}

/// A piece, and what a system played to its first frames.
pub type Example<'a> = (&'a Piece, Vec<Option<Chord>>);

/// The share of the progressions of `judged` that are told right, of people's and of the system's half each, by a
/// classifier that has learned from `lessons`: mean over the pieces. `None`: there is nothing to learn from, or to
/// tell.
pub fn told(lessons: &[Example], judged: &[Example]) -> Option<Interval> {
    let human = |piece: &Piece, frames: usize| classes(&piece.chord_frames(frames as Frame));
    let mut examples = Vec::new();
    for (piece, ours) in lessons {
        for (chords, class) in [(&human(piece, ours.len()), 0), (ours, 1)] {
            examples.extend(features(piece, chords).into_iter().map(|features| (features, class)));
        }
    }
    if [0, 1].iter().any(|class| examples.iter().all(|(_, other)| other != class)) {
        return None;
    }
    let classifier = Classifier::learn(&examples, 2);
    let right = |piece: &Piece, chords: &[Option<Chord>], class: usize| {
        let told = features(piece, chords);
        report::mean(told.iter().map(|features| f64::from(u8::from(classifier.posterior(features)[class] > 0.5))))
    };
    let shares = judged.iter().map(|(piece, ours)| {
        let [people, ours] = [right(piece, &human(piece, ours.len()), 0), right(piece, ours, 1)];
        Some((people? + ours?) / 2.0)
    });
    bootstrap::mean(&shares.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use continuo_models::Controls;
    use continuo_models::improviser::Weights;

    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::eval::harmony::extent::Extent;

    /// Eight bars of a scale, and two chords a bar in the key of C.
    fn pieces(ids: std::ops::Range<usize>) -> Vec<Piece> {
        let piece = |id: usize| {
            let scale = [60, 62, 64, 65, 67, 69, 71, 72];
            let notes: Vec<_> = (0..32).map(|n| (24 * n, 24, scale[(n as usize * (id + 1)) % 8])).collect();
            let chords: Vec<_> =
                (0..16).map(|n| (48 * n, 48, ["Cmaj7", "Dm7", "G7", "Am7", "Fmaj7"][(n as usize + id) % 5])).collect();
            made_up(&format!("piece {id}"), &notes, &chords)
        };
        ids.map(piece).collect()
    }

    fn judged(system: System) -> f64 {
        let controls = |_: &Piece| Controls::default();
        let setup = Setup {
            networks: Arc::default(),
            weights: Weights::NETWORK,
            controls: &controls,
            hand: None,
            extent: Extent::default(),
            harmonizations: HashMap::new(),
            library: None,
        };
        let (train, test) = (pieces(0..20), pieces(20..26));
        let played = setup.judge(&test, system).pieces;
        told_apart(&setup, &lessons(&train, &test, 20), system, &test, &played).unwrap().mean
    }

    #[test]
    fn people_are_not_told_from_people_and_a_rule_is() {
        assert_eq!(judged(System::Human), 0.5);
        assert!(judged(YARDSTICK) > 0.9, "{}", judged(YARDSTICK));
    }

    #[test]
    fn nobody_learns_from_the_groups_that_are_judged() {
        let pieces = pieces(0..10);
        let lessons = lessons(&pieces, &pieces[2..4], 100);
        assert_eq!(lessons.len(), 8);
        assert!(lessons.iter().all(|piece| piece.id != "piece 2"));
        assert!(super::lessons(&pieces, &pieces, 3).is_empty());
    }
}
