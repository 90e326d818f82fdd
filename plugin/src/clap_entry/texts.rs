//! Parameters' values as texts, and back. What the framework does there is done here, where a panic can be caught.

use std::ffi::{CStr, c_char};

use clap_sys::id::clap_id;
use clap_sys::plugin::clap_plugin;

use super::instance;
use super::whole::whole;
use crate::guard::guarded;

pub unsafe extern "C" fn text_of_value(
    plugin: *const clap_plugin,
    id: clap_id,
    value: f64,
    out: *mut c_char,
    room: u32,
) -> bool {
    let show = || {
        // SAFETY: the host means an instance.
        let instance = unsafe { instance(plugin) };
        let text = instance.inside.params.text(id, instance.grown.value_at(id, value));
        let Some(text) = text.filter(|_| !out.is_null() && room > 0) else { return false };
        let mut end = text.len().min(room as usize - 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // SAFETY: the host gives room for `room` bytes; the terminator is one of them.
        unsafe {
            out.copy_from_nonoverlapping(text.as_ptr().cast(), end);
            out.add(end).write(0);
        }
        true
    };
    guarded(show, false)
}

pub unsafe extern "C" fn value_of_text(
    plugin: *const clap_plugin,
    id: clap_id,
    text: *const c_char,
    out: *mut f64,
) -> bool {
    let read = || {
        if text.is_null() || out.is_null() {
            return false;
        }
        // SAFETY: the host means an instance, and passes a null-terminated text and room for a value.
        unsafe {
            let instance = instance(plugin);
            let text = CStr::from_ptr(text).to_str().ok();
            let value = text.and_then(|text| instance.inside.params.value_of_text(id, text));
            value.inspect(|&value| *out = instance.grown.step_of(id, whole(value))).is_some()
        }
    };
    guarded(read, false)
}
