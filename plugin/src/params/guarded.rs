//! The parameters as the framework gets them: a panic in a saved field ends neither the host nor the state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use nice_plug::prelude::*;

use super::ContinuoParams;
use crate::faults::{self, Place};
use crate::guard::caught;
use crate::seam::Shared;

type SavedFields = BTreeMap<String, String>;

/// [`ContinuoParams`] of which no panic comes out.
pub struct GuardedParams {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    /// The fields as they were saved or loaded last.
    last: Mutex<SavedFields>,
}

impl GuardedParams {
    /// The parameters of the instance that `shared` belongs to.
    pub fn new(params: Arc<ContinuoParams>, shared: Arc<Shared>) -> Self {
        Self { params, shared, last: Mutex::default() }
    }
}

// SAFETY: the pointers are to the parameters in the `Arc`, which lives as long as this does.
unsafe impl Params for GuardedParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.params.param_map()
    }

    /// After a panic what was saved or loaded last is saved again: a project must not lose it.
    fn serialize_fields(&self) -> SavedFields {
        let fields = caught(|| {
            faults::strike(Place::Saving);
            self.params.serialize_fields()
        });
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match fields {
            Ok(fields) => *last = fields,
            Err(panic) => {
                let then = "Scenes and memory are saved as they were the last time. Save again.";
                self.shared.tell_panic(&panic, "The state could not be written", then);
            }
        }
        last.clone()
    }

    /// A field that panics costs itself alone.
    fn deserialize_fields(&self, fields: &SavedFields) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(fields);
        for (name, field) in fields {
            let read = caught(|| {
                faults::strike(Place::Loading);
                self.params.deserialize_fields(&[(name.clone(), field.clone())].into());
            });
            if let Err(panic) = read {
                let what = format!("The field `{name}` of the saved state could not be read");
                self.shared.tell_panic(&panic, &what, "It is left as it was.");
            }
        }
    }
}
