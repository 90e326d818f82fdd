//! Whatever a saved state holds is refused or loaded as a whole one.

use std::collections::BTreeMap;

use continuo_fuzz::{Seeds, cases};
use nice_plug::params::Params;
use nice_plug::plugin::PluginState;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::tests::{known, leaves};
use super::{is_valid, readable};
use crate::params::ContinuoParams;

fn seeds() -> Seeds {
    Seeds::of(&["tests/cases"], ".json")
}

/// What a host gives us to load; `None`: the framework refuses it.
fn read(bytes: &[u8]) -> Option<PluginState> {
    serde_json::from_slice(readable(bytes).as_deref().unwrap_or(bytes)).ok()
}

/// What holds for every state that is loaded: what is saved then has every parameter in its range, and is left as it is
/// when it is loaded.
fn is_whole(loaded: PluginState) -> Result<(), TestCaseError> {
    let saved = known(loaded);
    for (id, param, _) in ContinuoParams::default().param_map() {
        let value = saved.params.get(&id);
        prop_assert!(value.is_some_and(|value| is_valid(param, value)), "{} is {:?}", id, value);
    }
    // The stamp tells what was wrong with the state that was loaded.
    let without_stamp = |state: &PluginState| -> BTreeMap<String, Value> {
        leaves(state).into_iter().filter(|(path, _)| !path.starts_with("/fields/state/")).collect()
    };
    let again = known(serde_json::from_str(&serde_json::to_string(&saved).unwrap()).unwrap());
    prop_assert_eq!(without_stamp(&again), without_stamp(&saved));
    Ok(())
}

#[test]
fn seeds_are_loaded() {
    for (name, bytes) in seeds().iter() {
        is_whole(read(bytes).unwrap_or_else(|| panic!("{name} is refused")))
            .unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..cases(600) })]

    #[test]
    fn any_state_is_refused_or_loaded_as_a_whole_one(bytes in seeds().damaged()) {
        if let Some(state) = read(&bytes) {
            is_whole(state)?;
        }
    }
}
