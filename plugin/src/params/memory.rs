//! The band's memory of the musician, as a field of the saved state.

use std::sync::{Arc, OnceLock, Weak};

use continuo_models::Memory;
use nice_plug::params::persist::PersistentField;

use super::ContinuoParams;
use crate::seam::Shared;

/// Where the memory passes into the saved state, if it is to be kept, and out of it. A state without one leaves the
/// band what it knows.
#[derive(Default)]
pub struct MemoryField(OnceLock<(Weak<ContinuoParams>, Arc<Shared>)>);

impl MemoryField {
    /// Main: says which parameters ask for the memory to be kept, and whose memory it is.
    pub fn attach(&self, params: &Arc<ContinuoParams>, shared: &Arc<Shared>) {
        // Attaching twice would be to the same instance.
        let _ = self.0.set((Arc::downgrade(params), Arc::clone(shared)));
    }
}

impl<'a> PersistentField<'a, Option<Memory>> for MemoryField {
    fn set(&self, saved: Option<Memory>) {
        if let (Some(memory), Some((_, shared))) = (saved, self.0.get()) {
            shared.memory.bring(Arc::new(memory));
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Option<Memory>) -> R,
    {
        let is_kept = |params: &Weak<ContinuoParams>| params.upgrade().is_some_and(|all| all.take.keep_memory.value());
        let kept = self.0.get().filter(|(params, _)| is_kept(params));
        f(&kept.map(|(_, shared)| Memory::clone(&shared.memory.newest())))
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
        shared.memory.bring(Arc::new(serde_json::from_str(SAVED).unwrap()));
        params.deserialize_fields(&[("memory".into(), "null".into())].into());
        params.deserialize_fields(&[].into());
        assert!(!shared.memory.newest().is_empty());
    }
}
