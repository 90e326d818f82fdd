//! The chart, as a field of the saved state.

use continuo_models::music::Chart;
use continuo_models::music::chart::Origin;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attached::{Attached, Saved};
use crate::repair::{self, Fields, Findings};
use crate::seam::{Known, Shared};

/// The chart of the project.
pub type ChartField = Attached<SavedChart>;

/// A chart as it is saved, under the field `chart`. Read from any JSON; what is wrong with it is repaired.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct SavedChart {
    #[serde(flatten)]
    written: Written,
    #[serde(flatten)]
    unknown: Fields,
}

/// What is saved of a chart. The lists have a place for each bar; a missing one is as in a bar that was typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    text: String,
    first_bar: u16,
    origins: Vec<Origin>,
    locked: Vec<bool>,
}

impl From<Value> for SavedChart {
    fn from(saved: Value) -> Self {
        Self::repaired(saved).0
    }
}

impl From<&Chart> for Written {
    fn from(chart: &Chart) -> Self {
        let origins = chart.bars.iter().map(|bar| bar.origin).collect();
        let locked = chart.bars.iter().map(|bar| bar.is_locked).collect();
        Self { text: chart.to_string(), first_bar: chart.first_bar, origins, locked }
    }
}

impl SavedChart {
    /// What can be read of it, and what was wrong.
    pub fn repaired(saved: Value) -> (Self, Findings) {
        let model = json!(Written::default());
        let repaired = repair::repaired(saved, &model, &repair::reading(&model, |written: Written| written));
        let mut findings = repaired.findings;
        let written: Written = serde_json::from_value(repaired.value.clone()).unwrap_or_default();
        findings.unknown.extend(Chart::read(&written.text).1.iter().map(ToString::to_string));
        (Self { written, unknown: repair::unknown_fields(repaired.whole, &repaired.value) }, findings)
    }
}

impl Saved for SavedChart {
    type Of = Chart;

    fn known(shared: &Shared) -> &Known<Chart> {
        &shared.chart
    }

    fn read(&self) -> Chart {
        let mut chart = Chart::read(&self.written.text).0;
        chart.first_bar = self.written.first_bar;
        for (index, bar) in chart.bars.iter_mut().enumerate() {
            bar.origin = self.written.origins.get(index).copied().unwrap_or_default();
            bar.is_locked = self.written.locked.get(index).copied().unwrap_or_default();
        }
        chart
    }

    fn with(&self, now: &Chart) -> Self {
        Self { written: Written::from(now), unknown: self.unknown.clone() }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::ContinuoParams;

    fn saved(params: &ContinuoParams) -> String {
        params.serialize_fields()["chart"].clone()
    }

    fn load(params: &ContinuoParams, saved: &str) {
        params.deserialize_fields(&[("chart".to_owned(), saved.to_owned())].into());
    }

    #[test]
    fn a_chart_comes_back_as_it_was_saved_and_a_project_without_one_has_none() {
        let params = ContinuoParams::default();
        assert_eq!(saved(&params), "null");
        let mut chart = Chart::read("# Tune\n[A]\n|: Dm7 G7/B | % | _ :| x3\n").0;
        chart.first_bar = 4;
        (chart.bars[0].origin, chart.bars[1].is_locked) = (Origin::File, true);
        params.chart.set(Arc::new(chart.clone()));
        let json = saved(&params);
        load(&params, "null");
        assert!(params.chart.newest().is_empty());
        load(&params, &json);
        assert_eq!(*params.chart.newest(), chart);
        assert_eq!(saved(&params), json);
    }

    #[test]
    fn what_cannot_be_read_costs_itself_and_what_is_unknown_comes_back() {
        let params = ContinuoParams::default();
        let json = r#"{"text":"C | Xyz | G","first_bar":-1,"origins":["file","guessed",7],"locked":"x","voices":[1]}"#;
        load(&params, json);
        let chart = params.chart.newest();
        assert_eq!((chart.to_string().as_str(), chart.first_bar), ("| C | _ | G |\n", 0));
        assert_eq!(chart.bars[0].origin, Origin::File);
        assert!(saved(&params).starts_with(r#"{"text":"C | Xyz | G""#), "as long as it is the same");
        params.chart.set(Arc::new(Chart::clone(&chart)));
        assert!(saved(&params).starts_with(r#"{"text":"| C | _ | G |\n""#), "{}", saved(&params));
        assert!(saved(&params).ends_with(r#""voices":[1]}"#), "{}", saved(&params));
        let (_, findings) = SavedChart::repaired(serde_json::from_str(json).unwrap());
        assert!(findings.unknown.iter().any(|found| found.starts_with("Bar 2: \"Xyz\"")), "{findings:?}");
        assert!(findings.unknown.iter().any(|found| found.starts_with("first_bar")), "{findings:?}");
    }
}
