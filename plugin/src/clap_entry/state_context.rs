//! States that are saved and loaded for a purpose: a project and a copy of the instance hold everything, a preset of
//! the host's what `state::context` leaves to it.

use clap_sys::ext::state_context::*;
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::{clap_istream, clap_ostream};

use super::state::{framed, load_readable, save_json};
use crate::guard::guarded;
use crate::state::context;

pub static EXTENSION: clap_plugin_state_context = clap_plugin_state_context { save: Some(save), load: Some(load) };

unsafe extern "C" fn save(
    plugin: *const clap_plugin,
    stream: *const clap_ostream,
    purpose: clap_plugin_state_context_type,
) -> bool {
    // SAFETY: the host's arguments are what CLAP says.
    let save = || unsafe {
        let whole = save_json(plugin)?;
        let json = if purpose == CLAP_STATE_CONTEXT_FOR_PRESET { context::as_preset(&whole)? } else { whole };
        write_all(stream.as_ref()?, &framed(&json))
    };
    guarded(save, None).is_some()
}

unsafe extern "C" fn load(
    plugin: *const clap_plugin,
    stream: *const clap_istream,
    purpose: clap_plugin_state_context_type,
) -> bool {
    // SAFETY: the host's arguments are what CLAP says.
    guarded(|| unsafe { load_readable(plugin, stream, purpose == CLAP_STATE_CONTEXT_FOR_PRESET) }, false)
}

/// Writes all of `bytes`; `None`: the stream takes no more.
///
/// # Safety
/// The stream is as CLAP has it.
unsafe fn write_all(stream: &clap_ostream, mut bytes: &[u8]) -> Option<()> {
    let write = stream.write?;
    while !bytes.is_empty() {
        // SAFETY: as said above.
        let count = unsafe { write(stream, bytes.as_ptr().cast(), bytes.len() as u64) };
        let taken = usize::try_from(count).ok().filter(|count| (1..=bytes.len()).contains(count))?;
        bytes = &bytes[taken..];
    }
    Some(())
}
