//! What a project remembers of presets: what is locked, and which preset its knobs were turned to last.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Preset;
use super::locks::Locks;
use crate::repair::{self, Findings};
use crate::seam::Revision;

/// The version in which it is saved.
const VERSION: u32 = 1;

/// What is saved, under the field `presets`: JSON of any kind, of which what is not known is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Saved(Value);

impl Default for Saved {
    fn default() -> Self {
        Self(json!(Known::default()))
    }
}

/// What is remembered in an instance. Main and panel read and write; audio reads the locks, which are one atomic.
#[derive(Default)]
pub struct Remembered {
    locks: AtomicU8,
    revision: Revision,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    current: Option<Preset>,
    /// All that was loaded.
    loaded: Value,
}

impl Remembered {
    /// Nothing yet. `revision` counts the changes of the locks.
    pub fn new(revision: &Revision) -> Self {
        Self { revision: revision.clone(), ..Self::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is locked. Audio may call it.
    pub fn locks(&self) -> Locks {
        Locks::of_bits(self.locks.load(Ordering::Relaxed))
    }

    /// Main, panel: locks and unlocks.
    pub fn set_locks(&self, locks: Locks) {
        self.locks.store(locks.bits(), Ordering::Relaxed);
        self.revision.advance();
    }

    /// Main, panel: the preset that the knobs were turned to last, as it was then.
    pub fn current(&self) -> Option<Preset> {
        self.kept().current.clone()
    }

    /// Main, panel: the knobs were turned to `current`.
    pub fn set_current(&self, current: Option<Preset>) {
        self.kept().current = current;
    }
}

impl<'a> PersistentField<'a, Saved> for Remembered {
    fn set(&self, Saved(saved): Saved) {
        let (known, loaded) = read(saved, &mut Vec::new());
        self.set_locks(known.locks);
        *self.kept() = Kept { current: known.preset(&mut Vec::new()), loaded };
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        let kept = self.kept();
        let current = kept.current.as_ref().and_then(|preset| serde_json::from_str(&preset.write()).ok());
        let mut saved = kept.loaded.clone();
        if !saved.is_object() {
            saved = json!({});
        }
        for (name, value) in [("version", json!(VERSION)), ("current", current.unwrap_or_default())] {
            saved[name] = value;
        }
        match (json!(self.locks()), &mut saved["locks"]) {
            (Value::Object(locks), Value::Object(saved)) => saved.extend(locks),
            (locks, saved) => *saved = locks,
        }
        f(&Saved(saved))
    }
}

/// What is known of `saved`, and all of it; `remarks` name what is wrong.
fn read(saved: Value, remarks: &mut Vec<String>) -> (Known, Value) {
    let model = json!(Known::default());
    let repaired = repair::repaired(saved, &model, &repair::reading(&model, |known: Known| known));
    remarks.extend(Findings { missing: Vec::new(), ..repaired.findings }.remark("What the project knows of presets"));
    (serde_json::from_value(repaired.value).unwrap_or_default(), repaired.whole)
}

/// What is saved of presets, whole or broken, as it is to be loaded; remarks say what is wrong with it. `None`, as
/// older states have it, is nothing locked and nothing loaded.
pub fn repaired(saved: Option<&str>, remarks: &mut Vec<String>) -> String {
    let told = ["What the project knew of presets cannot be read", "nothing is locked"];
    repair::field(saved, told, remarks, |saved, remarks| {
        let (known, whole) = read(saved, remarks);
        known.preset(remarks);
        Saved(whole)
    })
}

/// What is known of what is saved.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    version: u32,
    locks: Locks,
    current: Value,
}

impl Default for Known {
    fn default() -> Self {
        Self { version: VERSION, locks: Locks::default(), current: Value::Null }
    }
}

impl Known {
    /// The preset that was loaded last.
    fn preset(&self, remarks: &mut Vec<String>) -> Option<Preset> {
        if self.current.is_null() {
            return None;
        }
        let read = Preset::read(&self.current.to_string(), remarks);
        read.map_err(|error| remarks.push(format!("What the project was last set to {error}"))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::factory;
    use super::*;

    fn loaded(saved: Value) -> Remembered {
        let remembered = Remembered::default();
        remembered.set(Saved(saved));
        remembered
    }

    fn saved(remembered: &Remembered) -> Value {
        remembered.map(|saved| saved.0.clone())
    }

    #[test]
    fn what_is_locked_and_loaded_is_there_again() {
        let remembered = Remembered::default();
        remembered.set_locks(Locks { key: true, ..Locks::default() });
        remembered.set_current(Some(factory()[0].clone()));
        let again = loaded(saved(&remembered));
        assert_eq!(again.locks(), Locks { key: true, ..Locks::default() });
        assert_eq!(again.current().as_ref(), Some(&factory()[0]));
        assert_eq!(saved(&again), saved(&remembered));
    }

    #[test]
    fn what_is_wrong_has_its_default_and_what_is_not_known_stays() {
        let later = json!({ "version": 9, "locks": { "style": true, "key": 7, "tempo": true }, "mood": "blue" });
        let remembered = loaded(later);
        assert_eq!(remembered.locks(), Locks { style: true, ..Locks::default() });
        assert_eq!(remembered.current(), None);
        let written = saved(&remembered);
        assert_eq!((&written["mood"], &written["locks"]["tempo"]), (&json!("blue"), &json!(true)));
        for broken in [json!(null), json!([]), json!("x"), json!({ "current": { "format": "midi" } })] {
            let remembered = loaded(broken);
            assert_eq!((remembered.locks(), remembered.current()), (Locks::default(), None));
        }
        let mut remarks = Vec::new();
        repaired(Some(r#"{ "locks": { "key": 7 }, "current": { "format": "midi" } }"#), &mut remarks);
        assert!(remarks[0].contains("locks.key (7)") && remarks[1].contains("is no preset"), "{remarks:?}");
        for saved in [None, Some("no JSON")] {
            let again: Value = serde_json::from_str(&repaired(saved, &mut remarks)).unwrap();
            assert_eq!(loaded(again).locks(), Locks::default());
        }
        assert_eq!(remarks.len(), 3, "{remarks:?}");
    }
}
