//! States that are loaded. One value that the framework cannot read would have it refuse all of them, so such values
//! are put aside before it sees them. And while it puts one value after the other into its place, audio takes none.
//! What was saved as a preset leaves the project's own settings as they are.

use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::sync::OnceLock;

use clap_sys::ext::state::clap_plugin_state;
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::{clap_istream, clap_ostream};

use super::instance;
use crate::Inside;
use crate::guard::{caught, guarded};
use crate::state::{self, context};

/// Bytes before a state that say how long it is.
const LENGTH: usize = size_of::<u64>();
/// The most bytes that are read at a time: a broken length must not ask for memory that nobody needs.
const CHUNK: usize = 1 << 16;

/// The framework's state extension, and ours.
static STATE: OnceLock<(clap_plugin_state, clap_plugin_state)> = OnceLock::new();

/// Our extension in place of the framework's.
pub fn extension(theirs: clap_plugin_state) -> &'static clap_plugin_state {
    &STATE.get_or_init(|| (theirs, clap_plugin_state { load: Some(load), ..theirs })).1
}

unsafe extern "C" fn load(plugin: *const clap_plugin, stream: *const clap_istream) -> bool {
    // SAFETY: the host's arguments are what CLAP says.
    guarded(|| unsafe { load_readable(plugin, stream, false) }, false)
}

/// Loads the state in `stream`: whole, or `as_preset`, or as one if it was saved so.
///
/// # Safety
/// As for CLAP's load.
pub unsafe fn load_readable(plugin: *const clap_plugin, stream: *const clap_istream, as_preset: bool) -> bool {
    let Some(load) = STATE.get().and_then(|(theirs, _)| theirs.load) else { return false };
    // SAFETY: the host's stream is what CLAP says, and ours outlives the call.
    unsafe {
        let Some(saved) = read_saved(stream) else { return false };
        let Inside { params, shared } = &instance(plugin).inside;
        let look_through = || {
            let readable = state::readable(&saved[LENGTH..]);
            let json = readable.as_deref().unwrap_or(&saved[LENGTH..]);
            let preset = context::in_project(json, as_preset, || save_json(plugin));
            (preset.is_some(), preset.or(readable))
        };
        let (is_preset, readable) = caught(look_through).unwrap_or_else(|panic| {
            shared.tell_panic(&panic, "The saved state was not looked through", "It is read as it is.");
            (false, None)
        });
        let saved = readable.map_or(saved, |json| framed(&json));
        let mut rest = saved.as_slice();
        let stream = clap_istream { ctx: (&raw mut rest).cast(), read: Some(read) };
        shared.loading.during(|| {
            let loaded = load(plugin, &stream);
            if loaded && is_preset {
                params.scenes.restore(params.scenes.saved().in_project_of(&params.controls()));
            }
            loaded
        })
    }
}

/// The state as the framework saves it; `None`: it does not.
///
/// # Safety
/// `plugin` is an instance, on the main thread.
pub unsafe fn save_json(plugin: *const clap_plugin) -> Option<Vec<u8>> {
    let save = STATE.get().and_then(|(theirs, _)| theirs.save)?;
    let mut saved: Vec<u8> = Vec::new();
    let stream = clap_ostream { ctx: (&raw mut saved).cast(), write: Some(write) };
    // SAFETY: as said above; the stream outlives the call.
    let is_saved = unsafe { save(plugin, &stream) } && saved.len() >= LENGTH;
    is_saved.then(|| saved.split_off(LENGTH))
}

/// A state as it is saved: with its length before it.
pub fn framed(json: &[u8]) -> Vec<u8> {
    [&(json.len() as u64).to_le_bytes(), json].concat()
}

unsafe extern "C" fn write(stream: *const clap_ostream, bytes: *const c_void, size: u64) -> i64 {
    let take = || {
        // SAFETY: the stream is ours, and there are as many bytes as is said.
        unsafe {
            let bytes = slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(size).ok()?);
            (*(*stream).ctx.cast::<Vec<u8>>()).extend_from_slice(bytes);
        }
        i64::try_from(size).ok()
    };
    guarded(take, None).unwrap_or(-1)
}

/// The length and as much of the state as there is; `None` if the stream breaks off before or fails.
///
/// # Safety
/// `stream` is null or a stream as CLAP has it.
unsafe fn read_saved(stream: *const clap_istream) -> Option<Vec<u8>> {
    // SAFETY: as said above; no more is written than there is room for.
    unsafe {
        let read = stream.as_ref()?.read?;
        let mut saved = Vec::new();
        let mut wanted = LENGTH;
        while saved.len() < wanted {
            let before = saved.len();
            saved.resize(wanted.min(before + CHUNK), 0);
            let room = saved.len() - before;
            let count = usize::try_from(read(stream, saved[before..].as_mut_ptr().cast(), room as u64)).ok()?;
            saved.truncate(before + count.min(room));
            if count == 0 {
                break;
            }
            if wanted == LENGTH && saved.len() == LENGTH {
                let length = u64::from_le_bytes(saved[..LENGTH].try_into().ok()?);
                wanted = LENGTH.saturating_add(usize::try_from(length).ok()?);
            }
        }
        (saved.len() >= LENGTH).then_some(saved)
    }
}

unsafe extern "C" fn read(stream: *const clap_istream, buffer: *mut c_void, size: u64) -> i64 {
    let copy = || {
        // SAFETY: the stream is ours, and the buffer has room for as much as is asked for.
        unsafe {
            let rest = &mut *(*stream).ctx.cast::<&[u8]>();
            let count = usize::try_from(size).map_or(rest.len(), |size| size.min(rest.len()));
            ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count);
            *rest = &rest[count..];
            count as i64
        }
    };
    guarded(copy, -1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a stream that holds `bytes`.
    fn read_of(mut bytes: &[u8]) -> Option<Vec<u8>> {
        let stream = clap_istream { ctx: (&raw mut bytes).cast(), read: Some(read) };
        // SAFETY: the stream is as CLAP has it.
        unsafe { read_saved(&stream) }
    }

    #[test]
    fn a_state_is_read_to_its_length_or_as_far_as_it_goes() {
        let long = [(3 * CHUNK as u64).to_le_bytes().as_slice(), &vec![7; 3 * CHUNK]].concat();
        assert_eq!(read_of(&long), Some(long.clone()));
        assert_eq!(read_of(&[&*long, b"more"].concat()), Some(long.clone()));
        assert_eq!(read_of(&long[..CHUNK]), Some(long[..CHUNK].to_vec()));
        assert_eq!(read_of(&[255; 20]), Some(vec![255; 20]), "no memory is taken for what is not there");
        assert_eq!(read_of(&long[..LENGTH - 1]), None);
        // SAFETY: a null pointer is allowed.
        assert_eq!(unsafe { read_saved(ptr::null()) }, None);
    }
}
