//! States that are loaded. One value that the framework cannot read would have it refuse all of them, so such values
//! are put aside before it sees them. And while it puts one value after the other into its place, audio takes none.

use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

use clap_sys::ext::state::clap_plugin_state;
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::clap_istream;

use super::instance;
use crate::guard::{caught, guarded};
use crate::state;

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
    guarded(|| unsafe { load_readable(plugin, stream) }, false)
}

/// # Safety
/// As for CLAP's load.
unsafe fn load_readable(plugin: *const clap_plugin, stream: *const clap_istream) -> bool {
    let Some(load) = STATE.get().and_then(|(theirs, _)| theirs.load) else { return false };
    // SAFETY: the host's stream is what CLAP says, and ours outlives the call.
    unsafe {
        let Some(saved) = read_saved(stream) else { return false };
        let readable = caught(|| state::readable(&saved[LENGTH..])).unwrap_or_else(|panic| {
            let shared = &instance(plugin).inside.shared;
            shared.tell_panic(&panic, "The saved state was not looked through", "It is read as it is.");
            None
        });
        let saved = readable.map_or(saved, |json| [&(json.len() as u64).to_le_bytes(), json.as_slice()].concat());
        let mut rest = saved.as_slice();
        let stream = clap_istream { ctx: (&raw mut rest).cast(), read: Some(read) };
        instance(plugin).inside.shared.loading.during(|| load(plugin, &stream))
    }
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
