//! Presets for the browsers of hosts: the factory's, which are in the library, and the musician's own files.
//!
//! A preset of the factory is asked for by its number, which is final: that is its load key.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::{fs, ptr};

use clap_sys::factory::preset_discovery::*;
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;

use super::presets::{NO_SYSTEM_ERROR, read_file, text};
use crate::guard::guarded;
use crate::preferences;
use crate::presets::library::{Own, Shelf};
use crate::presets::{self, Preset, file, folder};
use crate::{CLAP_ID, VENDOR};

const ID: &CStr = c"org.continuo.presets";
const ABI: &CStr = c"clap";
/// What hosts sort the presets by beside their tags: what the plug-in is.
const FEATURES: [&CStr; 2] = [c"note-effect", c"instrument"];

/// Whether a host asks for this factory, by its name or by the one that it had before.
pub fn is_meant(id: &CStr) -> bool {
    id == CLAP_PRESET_DISCOVERY_FACTORY_ID || id == CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT
}

pub static FACTORY: clap_preset_discovery_factory =
    clap_preset_discovery_factory { count: Some(count), get_descriptor: Some(descriptor), create: Some(create) };

static DESCRIPTOR: clap_preset_discovery_provider_descriptor = clap_preset_discovery_provider_descriptor {
    clap_version: CLAP_VERSION,
    id: ID.as_ptr(),
    name: c"Continuo's presets".as_ptr(),
    vendor: VENDOR.as_ptr(),
};

/// A provider as the host holds it.
#[repr(C)]
struct Provider {
    /// What the host calls. First, so that a pointer to it is one to all of this.
    provider: clap_preset_discovery_provider,
    /// Lives longer than the provider.
    indexer: *const clap_preset_discovery_indexer,
}

unsafe extern "C" fn count(_: *const clap_preset_discovery_factory) -> u32 {
    1
}

unsafe extern "C" fn descriptor(
    _: *const clap_preset_discovery_factory,
    index: u32,
) -> *const clap_preset_discovery_provider_descriptor {
    if index == 0 { &raw const DESCRIPTOR } else { ptr::null() }
}

unsafe extern "C" fn create(
    _: *const clap_preset_discovery_factory,
    indexer: *const clap_preset_discovery_indexer,
    id: *const c_char,
) -> *const clap_preset_discovery_provider {
    let make = || {
        // SAFETY: hosts pass a null-terminated text, or null.
        if indexer.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != ID {
            return ptr::null();
        }
        let provider = clap_preset_discovery_provider {
            desc: &raw const DESCRIPTOR,
            provider_data: ptr::null_mut(),
            init: Some(init),
            destroy: Some(destroy),
            get_metadata: Some(get_metadata),
            get_extension: Some(get_extension),
        };
        Box::into_raw(Box::new(Provider { provider, indexer })).cast_const().cast()
    };
    guarded(make, ptr::null())
}

unsafe extern "C" fn init(provider: *const clap_preset_discovery_provider) -> bool {
    // SAFETY: the provider is ours, and its indexer is alive.
    guarded(|| unsafe { declare(&*(*provider.cast::<Provider>()).indexer) }.is_some(), false)
}

unsafe extern "C" fn destroy(provider: *const clap_preset_discovery_provider) {
    // SAFETY: the provider is ours, and the host will not use it again.
    guarded(|| unsafe { drop(Box::from_raw(provider.cast_mut().cast::<Provider>())) }, ());
}

unsafe extern "C" fn get_extension(_: *const clap_preset_discovery_provider, _: *const c_char) -> *const c_void {
    ptr::null()
}

unsafe extern "C" fn get_metadata(
    _: *const clap_preset_discovery_provider,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    receiver: *const clap_preset_discovery_metadata_receiver,
) -> bool {
    // SAFETY: the host passes a null-terminated text, or null, and a receiver.
    let tell = || unsafe {
        let receiver = Receiver { host: receiver.as_ref()?, favourites: preferences::kept().get().favourites };
        match kind {
            CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN => {
                for (index, preset) in presets::factory().iter().enumerate() {
                    receiver.tell(preset, Source::Factory(index))?;
                }
            }
            CLAP_PRESET_DISCOVERY_LOCATION_FILE if !location.is_null() => {
                let location = CStr::from_ptr(location);
                match read_file(location) {
                    Ok((preset, _)) => receiver.tell(&preset, Source::File(Path::new(location.to_str().ok()?)))?,
                    Err(error) => receiver.fail(&error)?,
                }
            }
            _ => return None,
        }
        Some(())
    };
    guarded(tell, None).is_some()
}

/// Declares to `indexer` where presets are; `None`: it does not take that.
///
/// # Safety
/// The indexer is as CLAP has it.
unsafe fn declare(indexer: &clap_preset_discovery_indexer) -> Option<()> {
    let extension = text(file::EXTENSION);
    let filetype = clap_preset_discovery_filetype {
        name: c"Continuo preset".as_ptr(),
        description: c"What the band is to play like".as_ptr(),
        file_extension: extension.as_ptr(),
    };
    let factory = clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
        name: c"Continuo".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
        location: ptr::null(),
    };
    let folder = own_folder().and_then(|folder| CString::new(folder.to_str()?).ok());
    // SAFETY: as said above; what is passed outlives the calls.
    unsafe {
        let (declare_filetype, declare_location) = (indexer.declare_filetype?, indexer.declare_location?);
        let taken = declare_filetype(indexer, &filetype) && declare_location(indexer, &factory);
        let own = |location: &CStr| clap_preset_discovery_location {
            flags: CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
            name: c"My presets".as_ptr(),
            kind: CLAP_PRESET_DISCOVERY_LOCATION_FILE,
            location: location.as_ptr(),
        };
        let own_taken = folder.as_deref().is_none_or(|folder| declare_location(indexer, &own(folder)));
        (taken && own_taken).then_some(())
    }
}

/// Where the musician's own presets lie; `None`: there is no such folder, and none can be made. Hosts watch a folder
/// that they are told of, and refuse one that is not there: so it is made.
fn own_folder() -> Option<PathBuf> {
    let folder = folder::own()?;
    fs::create_dir_all(&folder).ok()?;
    Some(folder)
}

/// Where a preset is.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Among the factory's, at this place, from 0.
    Factory(usize),
    /// In a file of its own.
    File(&'a Path),
}

/// Who takes what is known of the presets at one location.
struct Receiver<'a> {
    host: &'a clap_preset_discovery_metadata_receiver,
    /// By what preferences know the presets that the musician likes best.
    favourites: Vec<String>,
}

impl Receiver<'_> {
    /// Tells of `preset`. `None`: the host has had enough.
    ///
    /// # Safety
    /// The receiver is as CLAP has it.
    unsafe fn tell(&self, preset: &Preset, source: Source) -> Option<()> {
        let (key, creator, mark, content) = match source {
            Source::Factory(index) => {
                let key = Some(text(&(index + 1).to_string()));
                let mark = Shelf::mark_of_factory(index);
                (key, VENDOR.to_owned(), mark, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT)
            }
            Source::File(file) => {
                let mark = Own { file: file.to_owned(), preset: preset.clone() }.mark();
                (None, text(&preset.author), mark, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT)
            }
        };
        let favourite = if self.favourites.contains(&mark) { CLAP_PRESET_DISCOVERY_IS_FAVORITE } else { 0 };
        let plugin = clap_universal_plugin_id { abi: ABI.as_ptr(), id: CLAP_ID.as_ptr() };
        let host = self.host;
        // SAFETY: as said above; the texts outlive the calls.
        unsafe {
            let load_key = key.as_ref().map_or(ptr::null(), |key| key.as_ptr());
            if !(host.begin_preset?)(host, text(&preset.name).as_ptr(), load_key) {
                return None;
            }
            (host.add_plugin_id?)(host, &plugin);
            (host.set_flags?)(host, content | favourite);
            if !creator.is_empty() {
                (host.add_creator?)(host, creator.as_ptr());
            }
            if !preset.description.is_empty() {
                (host.set_description?)(host, text(&preset.description).as_ptr());
            }
            for feature in FEATURES {
                (host.add_feature?)(host, feature.as_ptr());
            }
            for tag in preset.tags.all() {
                (host.add_feature?)(host, text(tag).as_ptr());
            }
        }
        Some(())
    }

    /// Tells that a preset could not be read.
    ///
    /// # Safety
    /// As for [`Receiver::tell`].
    unsafe fn fail(&self, error: &str) -> Option<()> {
        // SAFETY: as said above; the text outlives the call.
        unsafe { (self.host.on_error?)(self.host, NO_SYSTEM_ERROR, text(error).as_ptr()) };
        None
    }
}
