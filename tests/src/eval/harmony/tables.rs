//! Verdicts as tables.

use super::Verdict;
use crate::eval::bootstrap::{self, Interval};
use crate::eval::measures::{Fit, Idiom, Measures, Right};
use crate::eval::report::{Table, number};

/// What is right, with the intervals in which 95 % of the bootstrap's means lie; and, against the system of that name,
/// the differences piece by piece.
pub fn right(verdicts: &[Verdict], against: Option<&Verdict>) -> Table {
    let mut header = vec!["right: mean [95 %]"];
    header.extend(Right::TITLES);
    let other = against.map(|other| format!("root − {}", other.title));
    header.extend(other.as_deref());
    let mut table = Table::new(&header);
    for verdict in verdicts {
        let values = |index: usize| of_pieces(verdict, move |measures| measures.right.values().nth(index).flatten());
        let mut cells: Vec<String> =
            (0..Right::TITLES.len()).map(|index| interval(bootstrap::mean(&values(index)), false)).collect();
        if let Some(other) = against {
            let differs = other.name != verdict.name;
            cells.push(interval(difference(verdict, other).filter(|_| differs), true));
        }
        table.row([verdict.title.clone()].into_iter().chain(cells));
    }
    table
}

/// The root right of one system less that of the other, piece by piece.
pub(super) fn difference(one: &Verdict, other: &Verdict) -> Option<Interval> {
    let roots = |verdict| of_pieces(verdict, |measures| measures.right.root);
    let pairs = roots(one).into_iter().zip(roots(other));
    bootstrap::mean(&pairs.map(|(one, other)| Some(one? - other?)).collect::<Vec<_>>())
}

pub(super) fn of_pieces(verdict: &Verdict, of: impl Fn(&Measures) -> Option<f64>) -> Vec<Option<f64>> {
    verdict.pieces.iter().map(|played| of(&played.measures)).collect()
}

fn interval(interval: Option<Interval>, signed: bool) -> String {
    interval.map_or(number(None, 0), |Interval { mean, low, high }| match signed {
        true => format!("{mean:+.3} [{low:+.3}, {high:+.3}]"),
        false => format!("{mean:.3} [{low:.3}, {high:.3}]"),
    })
}

/// How the harmony moves.
pub fn idiom(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&[&["idiom"], Idiom::TITLES].concat());
    for verdict in verdicts {
        table.row([verdict.title.clone()].into_iter().chain(verdict.mean.idiom.values().map(brief)));
    }
    table
}

/// How much more or less of it there is than among people, whose chords are the first row; and of note-in-chord.
pub fn distances(verdicts: &[Verdict]) -> Option<Table> {
    let values = |verdict: &Verdict| {
        let Measures { idiom, fit, .. } = verdict.mean;
        idiom.values().chain([fit.note_in_chord])
    };
    let [people, others @ ..] = verdicts else { return None };
    let mut table = Table::new(&[&["less people's"], Idiom::TITLES, &["in chord"]].concat());
    for verdict in others {
        let pairs = values(verdict).zip(values(people));
        let cells = pairs.map(|(ours, theirs)| match ours.zip(theirs) {
            Some((ours, theirs)) => brief(Some(ours - theirs)).replace(['-'], "−"),
            None => number(None, 0),
        });
        table.row([verdict.title.clone()].into_iter().chain(cells));
    }
    Some(table)
}

/// How the chords fit, and how soon the band is back after a jump.
pub fn fit(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&[&["shared notes and fit"], Fit::TITLES, &["recovery"]].concat());
    for verdict in verdicts {
        let recovery = match &verdict.recovery {
            None => number(None, 0),
            Some(recovery) => recovery.beats().map_or("never".into(), |beats| beats.to_string()),
        };
        let cells = verdict.mean.fit.values().map(|value| number(value, 3));
        table.row([verdict.title.clone()].into_iter().chain(cells).chain([recovery]));
    }
    table
}

/// Three digits.
fn brief(value: Option<f64>) -> String {
    number(value, value.map_or(0, |value| if value.abs() < 9.995 { 2 } else { 1 }))
}
