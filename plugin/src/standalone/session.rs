//! What was set musically, kept from one time to the next: the plug-in's whole state, and the meter.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use continuo::seam::Shared;
use continuo::{Continuo, folders, state};
use continuo_models::music::Meter;
use nice_plug::params::InternalParamMut;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{Param, ParamPtr, Params, Plugin, PluginState};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const FILE: &str = "last-session.json";

/// The file; `None`: the system does not say where it could lie.
pub fn file() -> Option<PathBuf> {
    Some(folders::configuration()?.join(FILE))
}

#[derive(Serialize, Deserialize)]
struct Saved {
    meter: Meter,
    state: Value,
}

/// The parameters, and how the plug-in is told that they change.
#[derive(Clone)]
pub struct Session {
    params: Arc<dyn Params>,
    shared: Arc<Shared>,
    pointers: Arc<HashMap<String, ParamPtr>>,
}

impl Session {
    /// The state of `plugin`.
    pub fn of(plugin: &Continuo) -> Self {
        let params = plugin.parameters();
        let pointers = params.param_map().into_iter().map(|(id, pointer, _)| (id, pointer)).collect();
        Self { params, shared: Arc::clone(plugin.shared()), pointers: Arc::new(pointers) }
    }

    /// Whether `param` is one of the plug-in's.
    pub fn has(&self, param: ParamPtr) -> bool {
        self.pointers.values().any(|known| *known == param)
    }

    /// Main, panel: the state as it is.
    pub fn state(&self) -> PluginState {
        let value = |param: &ParamPtr| {
            // SAFETY: the parameters live as long as `self.params`.
            unsafe {
                match *param {
                    ParamPtr::FloatParam(param) => ParamValue::F32((*param).unmodulated_plain_value()),
                    ParamPtr::IntParam(param) => ParamValue::I32((*param).unmodulated_plain_value()),
                    ParamPtr::BoolParam(param) => ParamValue::Bool((*param).unmodulated_plain_value()),
                    ParamPtr::EnumParam(param) => match (*param).unmodulated_plain_id() {
                        Some(id) => ParamValue::String(id.to_owned()),
                        None => ParamValue::I32((*param).unmodulated_plain_value()),
                    },
                }
            }
        };
        PluginState {
            version: Continuo::VERSION.to_owned(),
            params: self.pointers.iter().map(|(id, param)| (id.clone(), value(param))).collect(),
            fields: self.params.serialize_fields(),
        }
    }

    /// Main, panel: puts `state`, whole or broken, in the place of what is set.
    pub fn set_state(&self, mut state: PluginState) {
        Continuo::filter_state(&mut state);
        self.shared.loading.during(|| {
            for (id, value) in &state.params {
                let Some(param) = self.pointers.get(id) else { continue };
                // SAFETY: as above; the values are atomics.
                unsafe {
                    match (*param, value) {
                        (ParamPtr::FloatParam(param), ParamValue::F32(value)) => {
                            (*param)._internal_set_plain_value(*value);
                        }
                        (ParamPtr::IntParam(param), ParamValue::I32(value)) => {
                            (*param)._internal_set_plain_value(*value);
                        }
                        (ParamPtr::BoolParam(param), ParamValue::Bool(value)) => {
                            (*param)._internal_set_plain_value(*value);
                        }
                        (ParamPtr::EnumParam(param), ParamValue::I32(value)) => {
                            (*param)._internal_set_plain_value(*value);
                        }
                        (ParamPtr::EnumParam(param), ParamValue::String(id)) => {
                            // The state was repaired: it is known.
                            (*param).set_from_id(id);
                        }
                        // The state was repaired: there is none.
                        _ => {}
                    }
                }
            }
            self.params.deserialize_fields(&state.fields);
        });
    }

    /// Sets what was kept in `file`. `None`: nothing was, or it cannot be read; then it is put aside, which is told.
    pub fn load(&self, file: &Path) -> Option<Meter> {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(_) => Vec::new(),
        };
        let read = serde_json::from_slice::<Saved>(&text).ok().and_then(|saved| {
            let json = serde_json::to_vec(&saved.state).ok()?;
            let state = state::readable(&json).unwrap_or(json);
            Some((saved.meter, serde_json::from_slice::<PluginState>(&state).ok()?))
        });
        let Some((meter, state)) = read else {
            let aside = file.with_extension("unreadable.json");
            // Without the copy, nothing is lost but what could not be read.
            let _ = fs::rename(file, &aside);
            self.shared
                .notify(format!("How you left it the last time cannot be read; it lies in \"{}\".", aside.display()));
            return None;
        };
        self.set_state(state);
        Some(meter)
    }

    /// Keeps what is set in `file`.
    ///
    /// # Errors
    /// If it cannot be written: what the musician should read.
    pub fn save(&self, file: &Path, meter: Meter) -> Result<(), String> {
        let write = || {
            let saved = Saved { meter, state: serde_json::to_value(self.state())? };
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            let new = file.with_extension(format!("{}.new", std::process::id()));
            fs::write(&new, serde_json::to_vec_pretty(&saved)?)?;
            fs::rename(new, file)
        };
        write().map_err(|error: std::io::Error| {
            format!("What is set is not kept for the next time: \"{}\" cannot be written ({error}).", file.display())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(session: &Session, id: &str) -> ParamValue {
        session.state().params.remove(id).unwrap()
    }

    #[test]
    fn what_is_set_is_there_the_next_time_and_what_is_broken_is_put_aside() {
        let folder = std::env::temp_dir().join(format!("continuo-session-{}", std::process::id()));
        let file = folder.join("deeper").join(FILE);
        let session = Session::of(&Continuo::default());
        assert_eq!(session.load(&file), None);
        let mut state = session.state();
        state.params.insert("seed".to_owned(), ParamValue::I32(77));
        state.params.insert("tempo".to_owned(), ParamValue::F32(93.0));
        session.set_state(state);
        let meter = Meter { numerator: 3, denominator: 4 };
        session.save(&file, meter).unwrap();

        let plugin = Continuo::default();
        let next = Session::of(&plugin);
        assert_eq!(next.load(&file), Some(meter));
        assert!(matches!(value(&next, "seed"), ParamValue::I32(77)));
        assert!(matches!(value(&next, "tempo"), ParamValue::F32(93.0)));
        let json = |session: &Session| serde_json::to_value(session.state()).unwrap();
        assert_eq!(json(&next), json(&session), "to the last bit");

        fs::write(&file, "no JSON").unwrap();
        assert_eq!(next.load(&file), None);
        assert_eq!(fs::read_to_string(file.with_extension("unreadable.json")).unwrap(), "no JSON");
        assert!(plugin.shared().notices().iter().any(|notice| notice.text.contains("cannot be read")));
        fs::remove_dir_all(folder).unwrap();
    }
}
