//! How melodies return to their own phrases, and how they arrive in chords.

use continuo_models::music::Chord;
use serde::Serialize;

use super::corpus::{Note, Piece};
use super::report::{Table, mean, number};
use super::tokens::moves;

/// So many notes in a row that came before are a phrase that comes again.
const PHRASE: usize = 6;
/// The widest step, in semitones.
const STEP: u8 = 2;

/// Of melodies; means over those with more than one note.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Phrasing {
    /// The share of the notes that go on a phrase that came before, (interval, time) by (interval, time) in whatever
    /// key.
    pub repeats: Option<f64>,
    /// The longest run of notes that came before.
    pub longest: Option<f64>,
    /// The share of the first notes over a new chord that are tones of it.
    pub tones: Option<f64>,
    /// The share of them that are tones of it and reached by a step or less.
    pub by_step: Option<f64>,
}

impl Phrasing {
    /// Of `melodies`, each over the chords of a piece.
    pub fn of<'a>(melodies: impl IntoIterator<Item = (&'a Piece, &'a [Note])>) -> Self {
        let melodies: Vec<_> = melodies.into_iter().filter(|(_, melody)| melody.len() > 1).collect();
        let runs: Vec<Vec<usize>> = melodies.iter().map(|(_, melody)| runs(melody)).collect();
        let repeats =
            |runs: &Vec<usize>| runs.iter().filter(|&&run| run + 1 >= PHRASE).count() as f64 / runs.len() as f64;
        let longest = |runs: &Vec<usize>| runs.iter().max().map_or(0.0, |&run| (run + 1) as f64);
        let arrivals: Vec<_> = melodies.iter().filter_map(|(piece, melody)| arrivals(piece, melody)).collect();
        Self {
            repeats: mean(runs.iter().map(repeats)),
            longest: mean(runs.iter().map(longest)),
            tones: mean(arrivals.iter().map(|arrivals| arrivals[0])),
            by_step: mean(arrivals.iter().map(|arrivals| arrivals[1])),
        }
    }
}

/// For each move of `melody`: how many moves up to it came before, one after another.
fn runs(melody: &[Note]) -> Vec<usize> {
    let moves = moves(melody);
    let mut longest = vec![0; moves.len()];
    // How long the run is that ends with the move before, and in each earlier place.
    let mut before = vec![0; moves.len() + 1];
    for (place, here) in moves.iter().enumerate() {
        for earlier in (0..place).rev() {
            before[earlier + 1] = if moves[earlier] == *here { before[earlier] + 1 } else { 0 };
            longest[place] = longest[place].max(before[earlier + 1]);
        }
    }
    longest
}

/// Of the first notes over a new chord, the share that are tones of it, and of those that are also reached by step;
/// `None`: there are none.
fn arrivals(piece: &Piece, melody: &[Note]) -> Option<[f64; 2]> {
    let changes = piece.changes();
    let chord = |note: &Note| changes.around(note.onset).0;
    let arrival = |pair: &[Note]| -> Option<(Note, Note, Chord)> {
        let (before, now) = (chord(&pair[0])?, chord(&pair[1])?);
        (before != now).then_some((pair[0], pair[1], now))
    };
    let arrivals: Vec<_> = melody.windows(2).filter_map(arrival).collect();
    let is_tone = |(_, note, chord): &(Note, Note, Chord)| chord.contains(note.key % 12);
    let by_step = |(before, note, _): &(Note, Note, Chord)| before.key.abs_diff(note.key) <= STEP;
    let tones = arrivals.iter().filter(|arrival| is_tone(arrival));
    let of_all = |count: usize| count as f64 / arrivals.len() as f64;
    let shares = [tones.clone().count(), tones.filter(|arrival| by_step(arrival)).count()].map(of_all);
    (!arrivals.is_empty()).then_some(shares)
}

/// A row for each set of melodies.
pub fn table(sets: &[(&str, Phrasing)]) -> Table {
    let mut table =
        Table::new(&["phrasing", "notes of phrases that return", "longest return", "new chord: tones", "by step"]);
    for (name, Phrasing { repeats, longest, tones, by_step }) in sets {
        let numbers = [number(*repeats, 2), number(*longest, 1), number(*tones, 2), number(*by_step, 2)];
        table.row([(*name).to_owned()].into_iter().chain(numbers));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn piece(keys: &[u8]) -> Piece {
        let notes: Vec<_> = (0..).zip(keys).map(|(index, &key)| (24 * index, 24, key)).collect();
        made_up("a", &notes, &[(0, 96, "C"), (96, 96, "F"), (192, 96, "G")])
    }

    #[test]
    fn a_phrase_that_comes_again_is_found_in_any_key() {
        let runs = runs(&piece(&[60, 62, 65, 64, 67, 50, 52, 55, 54, 57]).melody);
        assert_eq!(runs, [0, 0, 0, 1, 0, 1, 2, 3, 4], "the rise by three comes again in the phrase itself");
    }

    #[test]
    fn only_whole_phrases_count() {
        let piece = piece(&[60, 62, 65, 64, 67, 71, 50, 52, 55, 54, 57, 61]);
        let phrasing = Phrasing::of([(&piece, &piece.melody[..])]);
        assert_eq!((phrasing.repeats, phrasing.longest), (Some(1.0 / 11.0), Some(6.0)));
    }

    #[test]
    fn where_a_chord_is_new_its_tones_and_the_step_to_them_count() {
        // G to A over F, by step; A to B over G, by step; then C to F by a leap, and A to A flat.
        let into = |keys: &[u8]| {
            let piece = piece(keys);
            let phrasing = Phrasing::of([(&piece, &piece.melody[..])]);
            (phrasing.tones, phrasing.by_step)
        };
        assert_eq!(into(&[60, 64, 65, 67, 69, 67, 65, 69, 71]), (Some(1.0), Some(1.0)));
        assert_eq!(into(&[60, 64, 67, 72, 65, 65, 67, 69, 68]), (Some(0.5), Some(0.0)));
    }
}
