//! The longest run of (interval, rhythm) that a melody has in common with a corpus.

use serde::Serialize;

use super::corpus::{Note, Piece};
use super::report::{Table, mean, number};
use super::tokens::moves;

/// Runs are compared up to this length; no piece that is judged is longer.
const LONGEST: usize = 1024;
/// Stands between pieces; no melody has it.
const END: u16 = u16::MAX;

/// A suffix array (Manber & Myers 1993) over all melodies of a corpus.
#[derive(Debug)]
pub struct Index<'a> {
    pieces: &'a [Piece],
    /// The moves of all pieces, one after another.
    moves: Vec<u16>,
    /// The piece of each move.
    piece_of: Vec<u32>,
    /// Where each suffix begins, in lexicographic order.
    suffixes: Vec<u32>,
}

/// A run that a melody has in common with a piece of the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// How many moves; notes are one more.
    pub moves: usize,
    /// The piece that has it too.
    pub piece: &'a Piece,
}

impl<'a> Index<'a> {
    /// The index of `pieces`.
    pub fn new(pieces: &'a [Piece]) -> Self {
        let (mut all, mut piece_of) = (Vec::new(), Vec::new());
        for (number, piece) in (0..).zip(pieces) {
            all.extend(moves(&piece.melody));
            all.push(END);
            piece_of.resize(all.len(), number);
        }
        let mut suffixes: Vec<u32> = (0..all.len() as u32).filter(|&start| all[start as usize] != END).collect();
        suffixes.sort_unstable_by(|&a, &b| limited(&all, a).cmp(limited(&all, b)));
        Self { pieces, moves: all, piece_of, suffixes }
    }

    /// The longest run of `melody` that occurs in a piece of another group.
    pub fn longest(&self, melody: &[Note], group: &str) -> Option<Run<'a>> {
        let own = moves(melody);
        let mut longest: Option<Run> = None;
        for start in 0..own.len() {
            let query = &own[start..];
            if longest.is_some_and(|run| query.len() <= run.moves) {
                break;
            }
            let place = self.suffixes.partition_point(|&suffix| limited(&self.moves, suffix) < query);
            // The farther from there, the shorter the common beginning: the first of another group is the best.
            let (below, above) = self.suffixes.split_at(place);
            for side in [&mut below.iter().rev() as &mut dyn Iterator<Item = &u32>, &mut above.iter()] {
                for &suffix in side {
                    let moves = self.common(suffix, query);
                    if moves <= longest.map_or(0, |run| run.moves) {
                        break;
                    }
                    if self.piece(suffix).group != group {
                        longest = Some(Run { moves, piece: self.piece(suffix) });
                        break;
                    }
                }
            }
        }
        longest
    }

    fn piece(&self, suffix: u32) -> &'a Piece {
        &self.pieces[self.piece_of[suffix as usize] as usize]
    }

    fn common(&self, suffix: u32, query: &[u16]) -> usize {
        self.moves[suffix as usize..].iter().zip(query).take_while(|(a, b)| a == b).count()
    }
}

/// What a set of melodies has in common with a corpus, in notes: a run of *n* moves has *n* + 1 notes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Copies {
    /// How many melodies there are.
    pub melodies: usize,
    /// The mean over the melodies of the longest run of each.
    pub mean: Option<f64>,
    /// Nineteen of twenty melodies have no longer run.
    pub most: usize,
    /// The longest run of all.
    pub longest: usize,
    /// Which melody has it, and which piece of the corpus.
    pub found: Option<(String, String)>,
}

impl Copies {
    /// Of `melodies`, each with its name and its group.
    pub fn of<'a>(index: &Index, melodies: impl IntoIterator<Item = (&'a str, &'a str, &'a [Note])>) -> Self {
        let mut runs = Vec::new();
        for (name, group, melody) in melodies {
            let run = index.longest(melody, group);
            let found = run.map(|run| (name.to_owned(), format!("{} {}", run.piece.source, run.piece.id)));
            runs.push((run.map_or(0, |run| run.moves + 1), found));
        }
        runs.sort_by_key(|(notes, _)| *notes);
        let (longest, found) = runs.last().cloned().unwrap_or_default();
        Self {
            melodies: runs.len(),
            mean: mean(runs.iter().map(|(notes, _)| *notes as f64)),
            most: runs.get(runs.len() * 19 / 20).map_or(0, |(notes, _)| *notes),
            longest,
            found,
        }
    }
}

/// A row for each set of melodies.
pub fn table(sets: &[(&str, &Copies)]) -> Table {
    let mut table = Table::new(&["longest run in the training pieces", "melodies", "mean", "95 %", "longest", "found"]);
    for (name, copies) in sets {
        let found = copies.found.as_ref().map_or_else(String::new, |(own, other)| format!("{own} in {other}"));
        let Copies { melodies, most, longest, .. } = copies;
        let numbers = [melodies.to_string(), number(copies.mean, 1), most.to_string(), longest.to_string()];
        table.row([(*name).to_owned()].into_iter().chain(numbers).chain([found]));
    }
    table
}

fn limited(moves: &[u16], start: u32) -> &[u16] {
    let start = start as usize;
    &moves[start..(start + LONGEST).min(moves.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn melody(id: &str, keys: &[u8]) -> Piece {
        let notes: Vec<_> = keys.iter().zip(0..).map(|(&key, index)| (24 * index, 24, key)).collect();
        made_up(id, &notes, &[])
    }

    fn corpus() -> Vec<Piece> {
        vec![melody("one", &[60, 62, 64, 65, 67, 60, 71]), melody("two", &[60, 67, 62, 69, 64, 71, 48])]
    }

    #[test]
    fn the_longest_run_is_found_in_any_key() {
        let corpus = corpus();
        let index = Index::new(&corpus);
        // Five notes of "two", a third higher.
        let run = index.longest(&melody("q", &[50, 61, 71, 66, 73, 68, 75, 76]).melody, "q").unwrap();
        assert_eq!((run.piece.id.as_str(), run.moves), ("two", 4));
    }

    #[test]
    fn another_rhythm_is_no_copy() {
        let corpus = corpus();
        let notes: Vec<_> = [60, 62, 64, 65, 67].iter().zip(0..).map(|(&key, n)| (12 * n, 12, key)).collect();
        assert!(Index::new(&corpus).longest(&made_up("q", &notes, &[]).melody, "q").is_none());
    }

    #[test]
    fn pieces_of_the_own_group_do_not_count() {
        let corpus = corpus();
        let index = Index::new(&corpus);
        let own = &corpus[0];
        assert_eq!(index.longest(&own.melody, "q").map(|run| run.moves), Some(6));
        assert!(index.longest(&own.melody, "one").is_none_or(|run| run.piece.id == "two" && run.moves < 3));
    }

    #[test]
    fn the_longest_run_of_a_set_is_told_with_where_it_was_found() {
        let corpus = corpus();
        let (short, long) = (melody("short", &[60, 62, 50]), melody("long", &[60, 62, 64, 65, 50]));
        let melodies = [&short, &long].map(|piece| (piece.id.as_str(), piece.group.as_str(), &piece.melody[..]));
        let copies = Copies::of(&Index::new(&corpus), melodies);
        assert_eq!((copies.longest, copies.mean), (4, Some(3.0)));
        assert_eq!(copies.found, Some(("long".into(), "made-up one".into())));
    }

    #[test]
    fn a_run_does_not_go_on_from_one_piece_to_the_next() {
        let corpus = [melody("one", &[60, 62, 64]), melody("two", &[64, 65, 67])];
        let run = Index::new(&corpus).longest(&melody("q", &[60, 62, 64, 65, 67]).melody, "q").map(|run| run.moves);
        assert_eq!(run, Some(2));
    }
}
