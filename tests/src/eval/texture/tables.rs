//! Verdicts on textures as tables.

use super::measures::Spread;
use super::systems::Row;
use super::told::{GOOD_ENOUGH, Unit};
use super::{OfRow, PAIRS, Verdict, name};
use crate::eval::bootstrap::Interval;
use crate::eval::report::{Table, number};

fn spread(spread: Option<Spread>) -> String {
    spread.map_or("–".into(), |spread| format!("{:.2} ± {:.2}", spread.mean.mean, spread.spread))
}

fn interval(interval: Option<&Interval>) -> String {
    interval.map_or("–".into(), |it| format!("{:.2} [{:.2}–{:.2}]", it.mean, it.low, it.high))
}

/// What the bars of each style and part are like, and how often they are told from people's. In brackets, where the
/// classifier does not tell what is shuffled often enough to count.
pub fn bars(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&[
        "style, part, row",
        "bars",
        "pieces",
        "told [95 %]",
        "density",
        "syncopation",
        "velocity",
        "dynamics",
        "off",
        "F1",
        "distinct",
        "repeats",
        "copied",
    ]);
    for (verdict, unit) in verdicts.iter().flat_map(|verdict| Unit::ALL.map(|unit| (verdict, unit))) {
        let part = name(unit);
        let of = |row: Row| verdict.rows.iter().find(|own| own.row == row);
        let yardstick = of(Row::Shuffled).and_then(|row| row.told.get(part));
        let counts = yardstick.is_some_and(|told| told.mean >= GOOD_ENOUGH);
        let people = of(Row::People).and_then(|row| row.parts.get(part));
        for row in &verdict.rows {
            let (told, likeness) = (row.told.get(part), row.parts.get(part));
            if told.is_none() && likeness.is_none() {
                continue;
            }
            let told = interval(told);
            let told = if counts || told == "–" { told } else { format!("({told})") };
            let whole = |value: Option<usize>| value.map_or("–".into(), |value| value.to_string());
            table.row([
                format!("{} {part}: {}", verdict.style, row.row.title()),
                whole(likeness.map(|own| own.bars)),
                whole(likeness.map(|own| own.pieces)),
                told,
                spread(likeness.and_then(|own| own.density)),
                spread(likeness.and_then(|own| own.syncopation)),
                spread(likeness.and_then(|own| own.velocity)),
                spread(likeness.and_then(|own| own.dynamics)),
                number(likeness.zip(people).and_then(|(own, people)| own.off(people)), 2),
                number(likeness.and_then(|own| own.f1).map(|f1| f1.mean), 3),
                number(likeness.map(|own| own.distinct), 0),
                number(likeness.and_then(|own| own.repeats).map(|runs| runs.mean), 1),
                number(likeness.and_then(|own| own.copied).map(|runs| runs.mean), 1),
            ]);
        }
    }
    table
}

/// How those who strike go together: millibits a slot beyond chance, and in how many bars both strike.
pub fn interlock(verdicts: &[Verdict]) -> Table {
    let header: Vec<&str> = std::iter::once("beyond chance").chain(PAIRS.map(|pair| pair.0)).collect();
    let mut table = Table::new(&header);
    for verdict in verdicts {
        for row in verdict.rows.iter().filter(|row| !row.interlock.is_empty()) {
            let cell = |row: &OfRow, name: &str| {
                row.interlock.get(name).map_or("–".into(), |own| format!("{:.1} ({})", own.beyond_chance, own.bars))
            };
            let cells = PAIRS.map(|(name, ..)| cell(row, name));
            table.row(std::iter::once(format!("{}: {}", verdict.style, row.row.title())).chain(cells));
        }
    }
    table
}
