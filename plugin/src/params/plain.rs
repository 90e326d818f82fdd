//! The bar that the musician has captured of the band, as a field of the saved state.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use continuo_models::Captured;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::repair::{self, Findings};
use crate::seam::{Known, Shared};

/// The captured bar of the project: where the panel changes it, and where it passes into the saved state and out of it.
/// Main and GUI; never audio.
#[derive(Default)]
pub struct CapturedField {
    attached: OnceLock<Arc<Shared>>,
    /// The bar of parameters that belong to no instance.
    own: Known<Captured>,
    /// The bar that was loaded last, and what was saved of it: that is saved again as it is for as long as the bar is
    /// the same, for a newer Continuo may read more of it.
    loaded: Mutex<(Arc<Captured>, SavedBar)>,
}

impl CapturedField {
    /// Main: says whose bar it is.
    pub fn attach(&self, shared: Arc<Shared>) {
        // Attaching twice would be to the same instance.
        let _ = self.attached.set(shared);
    }

    fn known(&self) -> &Known<Captured> {
        self.attached.get().map_or(&self.own, |shared| &shared.captured)
    }

    /// The bar; an empty one, if none was captured.
    pub fn newest(&self) -> Arc<Captured> {
        self.known().newest()
    }

    /// The captured bar is `captured`, for the band from its next bar on.
    pub fn set(&self, captured: Arc<Captured>) {
        self.known().bring(captured, 0);
    }
}

/// A bar as it is saved, under the field `captured`: each player's strokes as in the files of styles. Read from any
/// JSON; a stroke that is none costs itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct SavedBar {
    bar: Captured,
    /// The same as it was saved, with what is not known.
    whole: Value,
}

impl From<Value> for SavedBar {
    fn from(saved: Value) -> Self {
        Self::repaired(saved).0
    }
}

impl From<SavedBar> for Value {
    fn from(saved: SavedBar) -> Self {
        saved.whole
    }
}

impl SavedBar {
    /// What can be read of it, and what was wrong.
    pub fn repaired(saved: Value) -> (Self, Findings) {
        let model = json!(Captured::default());
        let repaired = repair::repaired(saved, &model, &repair::reading(&model, Captured::sensible));
        let bar: Captured = serde_json::from_value(repaired.value).unwrap_or_default();
        (Self { bar: bar.sensible(), whole: repaired.whole }, repaired.findings)
    }

    /// The same of another bar: what is not known of the old one stays.
    fn with(&self, bar: &Captured) -> Self {
        let mut whole = json!(bar);
        let unknown = repair::unknown_fields(self.whole.clone(), &whole);
        if let Value::Object(fields) = &mut whole {
            fields.extend(unknown);
        }
        Self { bar: bar.clone(), whole }
    }
}

impl<'a> PersistentField<'a, Option<SavedBar>> for CapturedField {
    fn set(&self, saved: Option<SavedBar>) {
        let saved = saved.unwrap_or_default();
        let load = self.attached.get().map_or(0, |shared| shared.loading.newest());
        let captured = Arc::new(saved.bar.clone());
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = (Arc::clone(&captured), saved);
        self.known().bring(captured, load);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Option<SavedBar>) -> R,
    {
        let (loaded, saved) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let captured = self.newest();
        let saved = if Arc::ptr_eq(&captured, &loaded) { saved } else { saved.with(&captured) };
        f(&Some(saved).filter(|saved| !saved.whole.is_null() && saved.whole != json!(Captured::default())))
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::ContinuoParams;

    const BAR: &str = r#"{"meter":{"numerator":3,"denominator":4},"chords":[[0,"block",0,0,4],[48,{"step":2},12,0,-3]],
        "bass":[[0,"root",0,0,0]],"drums":[[24,"side_stick",0,0,0]]}"#;

    fn saved(params: &ContinuoParams) -> String {
        params.serialize_fields()["captured"].clone()
    }

    fn load(params: &ContinuoParams, saved: &str) {
        params.deserialize_fields(&[("captured".to_owned(), saved.to_owned())].into());
    }

    fn plain(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_bar_comes_back_stroke_for_stroke_and_a_project_without_one_has_none() {
        let params = ContinuoParams::default();
        assert_eq!(saved(&params), "null");
        let bar: Captured = serde_json::from_str(BAR).unwrap();
        params.captured.set(Arc::new(bar.clone()));
        let json = saved(&params);
        assert_eq!(plain(&json), plain(BAR));
        load(&params, "null");
        assert!(params.captured.newest().is_empty());
        load(&params, &json);
        assert_eq!(*params.captured.newest(), bar);
        assert_eq!(saved(&params), json);
    }

    #[test]
    fn a_stroke_that_is_none_costs_itself_and_what_is_unknown_comes_back() {
        let params = ContinuoParams::default();
        let json = r#"{"meter":{"numerator":4,"denominator":4},"bass":7,"strings":[1],
            "chords":[[48,"up",0,0,0],[0,"hum",0,0,0],[0,"down",0,0,0]]}"#;
        load(&params, json);
        let bar = params.captured.newest();
        assert_eq!(bar.chords.iter().map(|stroke| stroke.at).collect::<Vec<_>>(), [0, 48], "in order");
        assert!(bar.bass.is_empty());
        let as_long_as_it_is_the_same = plain(&saved(&params));
        assert_eq!(as_long_as_it_is_the_same["chords"], plain(json)["chords"]);
        params.captured.set(Arc::new(Captured::clone(&bar)));
        assert_eq!(
            (&plain(&saved(&params))["strings"], plain(&saved(&params))["bass"].is_array()),
            (&json!([1]), true)
        );
        let (_, findings) = SavedBar::repaired(plain(json));
        assert_eq!(findings.unknown, ["bass (7)", "1 of 3 chords", "strings"]);
    }
}
