//! What is saved as it is: the bar that the musician has captured of the band, and what he has made of the sections of
//! the song.

use continuo_models::{Arrangement, Captured};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attached::{Attached, Saved};
use crate::repair::{self, Findings};
use crate::seam::{Known, Shared};

/// The captured bar of the project; an empty one, if none was captured.
pub type CapturedField = Attached<SavedBar>;
/// As it is saved, under the field `captured`: each player's strokes as in the files of styles.
pub type SavedBar = Plain<Captured>;
/// The musician's arrangement of the project.
pub type ArrangementField = Attached<SavedArrangement>;
/// As it is saved, under the field `arrangement`.
pub type SavedArrangement = Plain<Arrangement>;

/// What is saved as it is. A list that is empty by default is read element by element.
pub trait AsItIs: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static {
    /// Where an instance knows it.
    fn known(shared: &Shared) -> &Known<Self>;

    /// The same with what cannot be brought into range.
    fn sensible(self) -> Self;
}

impl AsItIs for Captured {
    fn known(shared: &Shared) -> &Known<Self> {
        &shared.captured
    }

    fn sensible(self) -> Self {
        self.sensible()
    }
}

impl AsItIs for Arrangement {
    fn known(shared: &Shared) -> &Known<Self> {
        &shared.arrangement
    }

    fn sensible(self) -> Self {
        self.sensible()
    }
}

/// Something as it is saved. Read from any JSON; what is wrong costs itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value", bound = "T: AsItIs")]
pub struct Plain<T> {
    read: T,
    /// The same as it was saved, with what is not known.
    whole: Value,
}

impl<T: AsItIs> From<Value> for Plain<T> {
    fn from(saved: Value) -> Self {
        Self::repaired(saved).0
    }
}

impl<T> From<Plain<T>> for Value {
    fn from(saved: Plain<T>) -> Self {
        saved.whole
    }
}

impl<T: AsItIs> Plain<T> {
    /// What can be read of it, and what was wrong.
    pub fn repaired(saved: Value) -> (Self, Findings) {
        let model = json!(T::default());
        let repaired = repair::repaired(saved, &model, &repair::reading(&model, T::sensible));
        let read: T = serde_json::from_value(repaired.value).unwrap_or_default();
        (Self { read: read.sensible(), whole: repaired.whole }, repaired.findings)
    }
}

impl<T: AsItIs> Saved for Plain<T> {
    type Of = T;

    fn known(shared: &Shared) -> &Known<T> {
        T::known(shared)
    }

    fn read(&self) -> T {
        self.read.clone()
    }

    fn with(&self, now: &T) -> Self {
        let mut whole = json!(now);
        let unknown = repair::unknown_fields(self.whole.clone(), &whole);
        if let Value::Object(fields) = &mut whole {
            fields.extend(unknown);
        }
        Self { read: now.clone(), whole }
    }

    fn is_nothing(&self) -> bool {
        self.whole.is_null() || self.whole == json!(T::default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use continuo_models::Draw;
    use continuo_models::music::Letter;
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

    #[test]
    fn an_arrangement_comes_back_and_what_is_wrong_in_it_costs_itself() {
        let params = ContinuoParams::default();
        let saved = || params.serialize_fields()["arrangement"].clone();
        let load = |json: &str| params.deserialize_fields(&[("arrangement".to_owned(), json.to_owned())].into());
        assert_eq!(saved(), "null");
        let json = r#"{"locks":[{"bass":0,"chords":2,"drums":0,"letter":"B","seed":9}],"order":["A","B","A"]}"#;
        load(json);
        let arrangement = params.arrangement.newest();
        assert_eq!(arrangement.lock(Letter::of(1)).map(|draw| (draw.seed, draw.chords)), Some((9, 2)));
        assert_eq!(plain(&saved()), plain(json));
        let wrong = r#"{"order":["A","?","C",7],"locks":[{"letter":"D"},{"seed":3}],"tempi":[1]}"#;
        load(wrong);
        let arrangement = params.arrangement.newest();
        assert_eq!(arrangement.order, [Letter::A, Letter::of(2)]);
        assert_eq!(arrangement.locks.len(), 1);
        params.arrangement.set(Arc::new(Arrangement::clone(&arrangement).with_lock_turned(Letter::A, Draw::default())));
        assert_eq!(
            (&plain(&saved())["tempi"], plain(&saved())["locks"].as_array().map(Vec::len)),
            (&json!([1]), Some(2))
        );
    }
}
