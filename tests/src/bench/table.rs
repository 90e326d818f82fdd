//! The table of measurements: as text, as CSV, and against an older one.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What Continuo took.
    pub value: f64,
    /// What the pass-through plug-in took, where that makes sense.
    pub baseline: Option<f64>,
}

impl Measurement {
    /// A measurement without a baseline.
    ///
    /// # Panics
    /// If the name has a comma, which the CSV file could not hold.
    pub fn new(name: impl Into<String>, unit: &str, value: f64) -> Self {
        let name = name.into();
        assert!(!name.contains(','), "a comma in \"{name}\"");
        Self { name, unit: unit.to_owned(), value, baseline: None }
    }

    /// The same with a baseline.
    pub fn against(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// How many times the baseline; `None` without one.
    pub fn ratio(&self) -> Option<f64> {
        self.baseline.filter(|baseline| *baseline > 0.0).map(|baseline| self.value / baseline)
    }
}

/// All measurements of a run, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(pub Vec<Measurement>);

/// The first line of the CSV file.
const HEADER: &str = "measurement,unit,continuo,pass-through,ratio";

impl Table {
    /// The table as CSV.
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{HEADER}\n");
        for row in &self.0 {
            let field = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
            csv +=
                &format!("{},{},{:.4},{},{}\n", row.name, row.unit, row.value, field(row.baseline), field(row.ratio()));
        }
        csv
    }

    /// Reads a table that [`Table::to_csv`] wrote.
    ///
    /// # Errors
    /// If it is none, with the line.
    pub fn from_csv(csv: &str) -> Result<Self> {
        let mut lines = csv.lines();
        ensure!(lines.next() == Some(HEADER), "the first line is not \"{HEADER}\"");
        let read = |line: &str| -> Result<Measurement> {
            let fields: Vec<&str> = line.split(',').collect();
            ensure!(fields.len() == 5, "there are {} fields, not 5", fields.len());
            let baseline = if fields[3].is_empty() { None } else { Some(fields[3].parse()?) };
            Ok(Measurement { name: fields[0].into(), unit: fields[1].into(), value: fields[2].parse()?, baseline })
        };
        let rows = lines.map(|line| read(line).with_context(|| format!("the line \"{line}\"")));
        Ok(Self(rows.collect::<Result<_>>()?))
    }

    /// What has changed since `before`, as text. Ratios are compared where there are any, since they hold on any
    /// machine.
    pub fn compared_with(&self, before: &Table) -> String {
        let older: BTreeMap<&str, &Measurement> = before.0.iter().map(|row| (row.name.as_str(), row)).collect();
        let mut text = format!("{:54} {:>10} {:>10} {:>8}\n", "measurement", "before", "now", "change");
        for row in &self.0 {
            let Some(old) = older.get(row.name.as_str()) else {
                text += &format!("{:54} {:>10} {:>10.3} {:>8}\n", row.name, "-", row.value, "new");
                continue;
            };
            let (was, is) = match (old.ratio(), row.ratio()) {
                (Some(was), Some(is)) => (was, is),
                _ => (old.value, row.value),
            };
            let change = if was == 0.0 { 0.0 } else { (is / was - 1.0) * 100.0 };
            text += &format!("{:54} {was:>10.3} {is:>10.3} {change:>+7.1}%\n", row.name);
        }
        for row in before.0.iter().filter(|row| self.0.iter().all(|new| new.name != row.name)) {
            text += &format!("{:54} {:>10.3} {:>10} {:>8}\n", row.name, row.value, "-", "gone");
        }
        text
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:54} {:>10} {:8} {:>12} {:>8}", "measurement", "continuo", "", "pass-through", "ratio")?;
        for row in &self.0 {
            let baseline = row.baseline.map_or(String::new(), |value| format!("{value:.3}"));
            let ratio = row.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}"));
            writeln!(f, "{:54} {:>10.3} {:8} {baseline:>12} {ratio:>8}", row.name, row.value, row.unit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table(vec![Measurement::new("callback", "µs", 12.5).against(2.5), Measurement::new("models", "MB", 3.25)])
    }

    #[test]
    fn a_table_reads_back_from_csv() {
        assert_eq!(Table::from_csv(&table().to_csv()).unwrap(), table());
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        assert!(Table::from_csv("a,b\n").is_err());
        let error = Table::from_csv(&format!("{HEADER}\nonly,two\n")).unwrap_err();
        assert!(format!("{error:#}").contains("only,two"));
    }

    #[test]
    fn a_comparison_goes_by_ratios_where_there_are_any() {
        let mut now = table();
        now.0[0] = Measurement::new("callback", "µs", 30.0).against(5.0);
        let text = now.compared_with(&table());
        assert!(text.lines().any(|line| line.starts_with("callback") && line.contains("+20.0%")), "{text}");
    }

    #[test]
    fn rows_that_came_or_went_are_named() {
        let (old, mut now) = (table(), table());
        now.0[1].name = "size".into();
        let text = now.compared_with(&old);
        assert!(text.lines().any(|line| line.starts_with("size") && line.contains("new")));
        assert!(text.lines().any(|line| line.starts_with("models") && line.contains("gone")));
    }
}
