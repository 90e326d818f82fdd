//! Verdicts as tables.

use continuo_options::eval::System;

use super::Verdict;
use super::told_apart::GOOD_ENOUGH;
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
    let told = verdicts.iter().any(|verdict| verdict.told_apart.is_some());
    header.extend(told.then_some("told from people"));
    let mut table = Table::new(&header);
    for verdict in verdicts {
        let values = |index: usize| of_pieces(verdict, move |measures| measures.right.values().nth(index).flatten());
        let mut cells: Vec<String> =
            (0..Right::TITLES.len()).map(|index| interval(bootstrap::mean(&values(index)), false)).collect();
        if let Some(other) = against {
            let differs = other.name != verdict.name;
            cells.push(interval(difference(verdict, other).filter(|_| differs), true));
        }
        if told {
            cells.push(interval(verdict.told_apart, false));
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
    // No share is above 1, and a 0 before the point says nothing.
    let bare = |value: f64| match signed {
        true => format!("{value:+.3}").replace("0.", ".").replace('-', "−"),
        false if value > 0.9995 => "1.00".to_owned(),
        false => format!("{value:.3}").replace("0.", "."),
    };
    interval.map_or(number(None, 0), |Interval { mean, low, high }| {
        format!("{} [{} {}]", bare(mean), bare(low), bare(high))
    })
}

/// Whether what the classifier says counts, by what it says of the rule that is its yardstick.
pub fn trust(rule: &Verdict, lessons: usize) -> String {
    let Some(Interval { mean, .. }) = rule.told_apart else {
        return "Nothing was learned to tell progressions apart by.".to_owned();
    };
    let counts = if mean >= GOOD_ENOUGH { "so it counts" } else { "so it does not count" };
    format!(
        "Told from people: share of progressions of four bars that are told right; .5 is perfect.\n\
         The classifier, which learned from {lessons} pieces, tells \"{}\" {mean:.2}, {counts} \
         (at least {GOOD_ENOUGH}).",
        rule.title
    )
}

/// How the harmony moves.
pub fn idiom(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&[&["idiom"], Idiom::TITLES].concat());
    for verdict in verdicts {
        table.row([verdict.title.clone()].into_iter().chain(verdict.mean.idiom.values().map(brief)));
    }
    table
}

/// How much more or less of it there is than among people, if they are judged too; and of note-in-chord. What people
/// have nothing of, answers, is left out.
pub fn distances(verdicts: &[Verdict]) -> Option<Table> {
    let people = verdicts.iter().find(|verdict| verdict.name == System::Human.name())?;
    let values = |verdict: &Verdict| {
        let Measures { idiom, fit, .. } = verdict.mean;
        idiom.values().chain([fit.note_in_chord])
    };
    let titles = Idiom::TITLES.iter().chain(&["in chord"]).zip(values(people));
    let titles: Vec<&str> = titles.filter(|(_, theirs)| theirs.is_some()).map(|(title, _)| *title).collect();
    let mut table = Table::new(&[&["less people's"], &titles[..]].concat());
    for verdict in verdicts.iter().filter(|verdict| verdict.name != people.name) {
        let pairs = values(verdict).zip(values(people)).filter_map(|(ours, theirs)| Some((ours, theirs?)));
        let cells = pairs.map(|(ours, theirs)| brief(ours.map(|ours| ours - theirs)).replace('-', "−"));
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

#[cfg(test)]
mod tests {
    use super::super::tests::verdict;
    use super::*;

    #[test]
    fn distances_are_those_from_people_wherever_they_stand_and_answers_have_none() {
        let [rule, people] = [System::FollowNote, System::Human].map(verdict);
        let table = distances(&[rule.clone(), people]).unwrap().to_string();
        assert_eq!(table.lines().count(), 2);
        assert!(!table.contains("Voices") && table.contains(&rule.title), "{table}");
        assert!(distances(&[rule]).is_none());
    }

    #[test]
    fn an_interval_is_short_and_a_difference_has_its_sign() {
        let difference = Some(Interval { mean: 0.036, low: -0.018, high: 0.055 });
        assert_eq!(interval(difference, true), "+.036 [−.018 +.055]");
        assert_eq!(interval(Some(Interval { mean: 0.379, low: 0.3, high: 1.0 }), false), ".379 [.300 1.00]");
        assert_eq!(interval(None, true), "–");
    }
}
