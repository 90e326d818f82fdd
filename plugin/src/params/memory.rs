//! The band's memory of the musician, as a field of the saved state.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use continuo_models::Memory;
use continuo_models::improviser::memory::{MOST_CHORDS, MOST_NOTES};
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ContinuoParams;
use crate::repair::{self, Fields, Findings};
use crate::seam::Shared;

/// Where the memory passes into the saved state, if it is to be kept, and out of it. A state without one leaves the
/// band what it knows.
#[derive(Default)]
pub struct MemoryField {
    attached: OnceLock<(Weak<ContinuoParams>, Arc<Shared>)>,
    /// What else a newer Continuo has saved with the memory.
    unknown: Mutex<Fields>,
}

impl MemoryField {
    /// Main: says which parameters ask for the memory to be kept, and whose memory it is.
    pub fn attach(&self, params: &Arc<ContinuoParams>, shared: &Arc<Shared>) {
        // Attaching twice would be to the same instance.
        let _ = self.attached.set((Arc::downgrade(params), Arc::clone(shared)));
    }
}

/// A memory as it is saved, under the field `memory`. Read from any JSON; what is wrong with it is repaired.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct SavedMemory {
    #[serde(flatten)]
    memory: Memory,
    #[serde(flatten)]
    unknown: Fields,
}

impl From<Value> for SavedMemory {
    fn from(saved: Value) -> Self {
        Self::repaired(saved).0
    }
}

impl SavedMemory {
    /// A note or chord that is none costs itself. Also what was wrong.
    pub fn repaired(saved: Value) -> (Self, Findings) {
        let model = json!(Memory::default());
        let repaired = repair::repaired(saved, &model, &repair::reading(&model, |memory: Memory| memory));
        let mut findings = repaired.findings;
        for (name, most) in [("notes", MOST_NOTES), ("chords", MOST_CHORDS)] {
            let count = repaired.value[name].as_array().map_or(0, Vec::len);
            if count > most {
                findings.out_of_range.push(format!("{} {name} too many, the oldest", count - most));
            }
        }
        let unknown = repair::unknown_fields(repaired.whole, &repaired.value);
        (Self { memory: serde_json::from_value(repaired.value).unwrap_or_default(), unknown }, findings)
    }
}

impl<'a> PersistentField<'a, Option<SavedMemory>> for MemoryField {
    fn set(&self, saved: Option<SavedMemory>) {
        if let (Some(SavedMemory { memory, unknown }), Some((_, shared))) = (saved, self.attached.get()) {
            *self.unknown.lock().unwrap_or_else(PoisonError::into_inner) = unknown;
            shared.memory.bring(Arc::new(memory), shared.loading.newest());
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Option<SavedMemory>) -> R,
    {
        let is_kept = |params: &Weak<ContinuoParams>| params.upgrade().is_some_and(|all| all.take.keep_memory.value());
        let kept = self.attached.get().filter(|(params, _)| is_kept(params));
        f(&kept.map(|(_, shared)| SavedMemory {
            memory: Memory::clone(&shared.memory.newest()),
            unknown: self.unknown.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::{ParamPtr, Params};

    use super::*;

    const SAVED: &str = r#"{"version":1,"notes":[[60,0,12],[67,12,11]],"chords":[0,86]}"#;

    fn instance() -> (Arc<ContinuoParams>, Arc<Shared>) {
        let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
        params.memory.attach(&params, &shared);
        (params, shared)
    }

    fn keep(params: &ContinuoParams) {
        // SAFETY: the parameters live until the end of the test.
        unsafe { ParamPtr::BoolParam(&params.take.keep_memory)._internal_set_normalized_value(1.0) };
    }

    #[test]
    fn the_memory_is_saved_only_when_it_is_to_be_kept_and_then_as_it_was_loaded() {
        let (params, shared) = instance();
        let mut fields = params.serialize_fields();
        assert_eq!(fields["memory"], "null");
        fields.insert("memory".into(), SAVED.into());
        params.deserialize_fields(&fields);
        assert!(!shared.memory.newest().is_empty());
        assert_eq!(params.serialize_fields()["memory"], "null");
        keep(&params);
        assert_eq!(params.serialize_fields()["memory"], SAVED);
        assert_eq!(params.serialize_fields()["memory"], SAVED);
    }

    #[test]
    fn a_state_without_a_memory_leaves_the_band_what_it_knows() {
        let (params, shared) = instance();
        shared.memory.bring(Arc::new(serde_json::from_str(SAVED).unwrap()), 0);
        params.deserialize_fields(&[("memory".into(), "null".into())].into());
        params.deserialize_fields(&[].into());
        assert!(!shared.memory.newest().is_empty());
    }

    #[test]
    fn what_is_no_note_and_no_chord_costs_itself_and_what_is_unknown_comes_back() {
        let (params, shared) = instance();
        keep(&params);
        let saved = r#"{"version":2,"notes":[[60,0,12],[200,0,1],"x",[67,12,11]],"chords":[0,144,86],"words":["la"]}"#;
        params.deserialize_fields(&[("memory".into(), saved.into())].into());
        assert_eq!(shared.memory.newest().as_ref(), &serde_json::from_str(SAVED).unwrap());
        let again = format!(r#"{},"words":["la"]}}"#, SAVED.strip_suffix('}').unwrap());
        assert_eq!(params.serialize_fields()["memory"], again);
        let (_, findings) = SavedMemory::repaired(serde_json::from_str(saved).unwrap());
        assert_eq!(findings.unknown, ["1 of 3 chords", "2 of 4 notes", "version (2)", "words"]);
    }

    #[test]
    fn of_too_many_notes_the_newest_are_known() {
        let notes: Vec<[u8; 3]> = (0..MOST_NOTES + 3).map(|index| [(index % 128) as u8, 0, 1]).collect();
        let (saved, findings) = SavedMemory::repaired(json!({ "version": 1, "notes": notes, "chords": [] }));
        assert_eq!(json!(saved)["notes"], json!(notes[3..]));
        assert_eq!(findings.out_of_range, ["3 notes too many, the oldest"]);
    }
}
