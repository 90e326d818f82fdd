//! Presets that a host's browser asks for: whole at one frame, and one step of the host's undo.

use std::ffi::{CStr, c_char};

use clap_sys::ext::preset_load::*;
use clap_sys::factory::preset_discovery::*;
use clap_sys::plugin::clap_plugin;

use super::presets::{NO_SYSTEM_ERROR, read_file, text};
use super::{host_extension, instance, mark_dirty, rescan_values};
use crate::guard::guarded;
use crate::presets::{self, Preset};

/// Whether a host asks for this extension, by its name or by the one that it had before.
pub fn is_meant(id: &CStr) -> bool {
    id == CLAP_EXT_PRESET_LOAD || id == CLAP_EXT_PRESET_LOAD_COMPAT
}

pub static EXTENSION: clap_plugin_preset_load = clap_plugin_preset_load { from_location: Some(from_location) };

/// A preset, by where the host has found it, and what is wrong with it.
///
/// # Safety
/// The texts are null or null-terminated.
unsafe fn find(kind: u32, location: *const c_char, key: *const c_char) -> Result<(Preset, Vec<String>), String> {
    // SAFETY: as said above.
    let of = |text: *const c_char| (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    match (kind, of(location), of(key)) {
        (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, _, Some(key)) => {
            let number: Option<usize> = key.to_str().ok().and_then(|key| key.parse().ok());
            let preset = number.and_then(|number| presets::factory().get(number.checked_sub(1)?));
            let missing = || format!("This Continuo has no preset {}. A newer one may.", key.to_string_lossy());
            Ok((preset.cloned().ok_or_else(missing)?, Vec::new()))
        }
        (CLAP_PRESET_DISCOVERY_LOCATION_FILE, Some(file), _) => read_file(file),
        _ => Err("The host does not say which preset it wants. Choose one in Continuo's panel.".to_owned()),
    }
}

unsafe extern "C" fn from_location(
    plugin: *const clap_plugin,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    key: *const c_char,
) -> bool {
    // SAFETY: the host means an instance, on the main thread, and passes texts as CLAP says; its own extensions are
    // what their names say.
    let load = || unsafe {
        let instance = instance(plugin);
        let (inside, host) = (&instance.inside, instance.host);
        let told = host_extension::<clap_host_preset_load>(host, CLAP_EXT_PRESET_LOAD)
            .or_else(|| host_extension(host, CLAP_EXT_PRESET_LOAD_COMPAT));
        let (preset, remarks) = match find(kind, location, key) {
            Ok(found) => found,
            Err(error) => {
                if let Some(on_error) = told.and_then(|told| told.on_error) {
                    on_error(host, kind, location, key, NO_SYSTEM_ERROR, text(&error).as_ptr());
                }
                return false;
            }
        };
        remarks.into_iter().for_each(|remark| inside.shared.notify(remark));
        inside.shared.loading.during(|| inside.params.put(&preset));
        rescan_values(host);
        mark_dirty(host);
        if let Some(loaded) = told.and_then(|told| told.loaded) {
            loaded(host, kind, location, key);
        }
        true
    };
    guarded(load, false)
}
