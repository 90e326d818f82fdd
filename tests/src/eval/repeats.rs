//! How much a melody repeats itself.

use serde::Serialize;

use super::corpus::Note;
use super::report::{Table, mean, number};
use super::tokens::moves;

/// So many notes in a row that came before are a phrase that comes again.
const PHRASE: usize = 6;

/// How much melodies repeat themselves: (interval, time) by (interval, time), in whatever key.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Repeats {
    /// The share of the notes that go on a phrase that came before; the mean over the melodies.
    pub share: Option<f64>,
    /// The longest run of notes that came before; the mean over the melodies.
    pub longest: Option<f64>,
}

impl Repeats {
    /// Of `melodies`.
    pub fn of<'a>(melodies: impl IntoIterator<Item = &'a [Note]>) -> Self {
        let runs: Vec<Vec<usize>> = melodies.into_iter().map(runs).filter(|runs| !runs.is_empty()).collect();
        let share =
            |runs: &Vec<usize>| runs.iter().filter(|&&run| run + 1 >= PHRASE).count() as f64 / runs.len() as f64;
        let longest = |runs: &Vec<usize>| runs.iter().max().map_or(0.0, |&run| (run + 1) as f64);
        Self { share: mean(runs.iter().map(share)), longest: mean(runs.iter().map(longest)) }
    }
}

/// For each move of `melody`: how many moves up to it came before, one after another.
fn runs(melody: &[Note]) -> Vec<usize> {
    let moves = moves(melody);
    let mut longest = vec![0; moves.len()];
    // Of the move before: how long the run is that ends there and at each place.
    let mut before = vec![0; moves.len() + 1];
    for (place, here) in moves.iter().enumerate() {
        for earlier in (0..place).rev() {
            before[earlier + 1] = if moves[earlier] == *here { before[earlier] + 1 } else { 0 };
            longest[place] = longest[place].max(before[earlier + 1]);
        }
        before[0] = 0;
    }
    longest
}

/// A row for each set of melodies.
pub fn table(sets: &[(&str, Repeats)]) -> Table {
    let mut table = Table::new(&["repeats of the melody's own phrases", "share of the notes", "longest run"]);
    for (name, Repeats { share, longest }) in sets {
        table.row([(*name).to_owned(), number(*share, 2), number(*longest, 1)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn melody(keys: &[u8]) -> Vec<Note> {
        (0..).zip(keys).map(|(index, &key)| Note { onset: 24 * index, length: 24, key }).collect()
    }

    #[test]
    fn a_phrase_that_comes_again_is_found_in_any_key() {
        let runs = runs(&melody(&[60, 62, 65, 64, 67, 50, 52, 55, 54, 57]));
        assert_eq!(runs, [0, 0, 0, 1, 0, 1, 2, 3, 4], "the rise by three comes again in the phrase itself");
    }

    #[test]
    fn only_whole_phrases_count() {
        let once = Repeats::of([&melody(&[60, 62, 65, 64, 67, 71, 50, 52, 55, 54, 57, 61])[..]]);
        assert_eq!((once.share, once.longest), (Some(1.0 / 11.0), Some(6.0)));
        assert_eq!(Repeats::of([&melody(&[60, 62, 65])[..]]).share, Some(0.0));
    }
}
