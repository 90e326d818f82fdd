//! The CLAP entry point: the framework's, with whole values for stepped parameters.
//!
//! The framework computes the value of a stepped parameter as `normalized · steps` from 32-bit numbers, so that the
//! seventh of ten steps is 6.99999988. The VST3 and AUv2 wrappers take the *floor* of it: a style chosen in the panel
//! would reach the host as the one before, and come back as that. So values pass through [`whole`] here, wherever the plug-in
//! tells one: when it is asked, when it reads a text, and in the events that it sends.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Arc, OnceLock};

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, clap_event_header, clap_event_param_value, clap_input_events,
    clap_output_events,
};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::id::clap_id;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::{CLAP_VERSION, PluginDescriptor, Wrapper, clap_plugin_entry};
use nice_plug::wrapper::setup_logger;

use crate::Continuo;

/// What the framework would have the host call.
#[derive(Clone, Copy)]
struct Framework {
    get_extension: unsafe extern "C" fn(*const clap_plugin, *const c_char) -> *const c_void,
    process: unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status,
}

static FRAMEWORK: OnceLock<Framework> = OnceLock::new();
static DESCRIPTOR: OnceLock<PluginDescriptor> = OnceLock::new();
/// The framework's parameter extension, and ours.
static PARAMS: OnceLock<(clap_plugin_params, clap_plugin_params)> = OnceLock::new();

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(plugin_count),
    get_plugin_descriptor: Some(plugin_descriptor),
    create_plugin: Some(create_plugin),
};

/// The entry point that hosts, and the VST3 and AUv2 wrappers, look for.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
#[used]
pub static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(factory),
};

extern "C" fn init(_: *const c_char) -> bool {
    setup_logger::<Continuo>();
    true
}

extern "C" fn deinit() {}

extern "C" fn factory(id: *const c_char) -> *const c_void {
    // SAFETY: hosts pass a null-terminated text.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        (&raw const FACTORY).cast()
    } else {
        std::ptr::null()
    }
}

fn descriptor() -> &'static PluginDescriptor {
    DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Continuo>)
}

unsafe extern "C" fn plugin_count(_: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(_: *const clap_plugin_factory, index: u32) -> *const clap_plugin_descriptor {
    if index == 0 { descriptor().clap_plugin_descriptor() } else { std::ptr::null() }
}

unsafe extern "C" fn create_plugin(
    _: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: hosts pass a null-terminated text.
    if id.is_null() || unsafe { CStr::from_ptr(id) } != descriptor().clap_id() {
        return std::ptr::null();
    }
    // The wrapper takes this reference back when the host destroys the plug-in.
    // SAFETY: the pointer is to a wrapper that lives until then, and nobody else knows it yet.
    unsafe {
        let plugin = (*Arc::into_raw(Wrapper::<Continuo>::new(host))).clap_plugin.as_ptr();
        if let (Some(get_extension), Some(process)) = ((*plugin).get_extension, (*plugin).process) {
            FRAMEWORK.get_or_init(|| Framework { get_extension, process });
            (*plugin).get_extension = Some(self::get_extension);
            (*plugin).process = Some(self::process);
        }
        plugin
    }
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    let Some(framework) = FRAMEWORK.get() else { return std::ptr::null() };
    // SAFETY: the host's arguments go on as they are; the framework's extension is what its name says.
    unsafe {
        let extension = (framework.get_extension)(plugin, id);
        if extension.is_null() || CStr::from_ptr(id) != CLAP_EXT_PARAMS {
            return extension;
        }
        let (_, ours) = PARAMS.get_or_init(|| {
            let theirs = *extension.cast::<clap_plugin_params>();
            let (get_value, text_to_value, flush) = (Some(value as _), Some(value_of_text as _), Some(flush as _));
            (theirs, clap_plugin_params { get_value, text_to_value, flush, ..theirs })
        });
        (&raw const *ours).cast()
    }
}

unsafe extern "C" fn value(plugin: *const clap_plugin, id: clap_id, out: *mut f64) -> bool {
    // SAFETY: the host's arguments go on as they are; `out` has been written when that succeeds.
    unsafe {
        let known = PARAMS.get().and_then(|(theirs, _)| theirs.get_value).is_some_and(|get| get(plugin, id, out));
        if known {
            *out = whole(*out);
        }
        known
    }
}

unsafe extern "C" fn value_of_text(
    plugin: *const clap_plugin,
    id: clap_id,
    text: *const c_char,
    out: *mut f64,
) -> bool {
    // SAFETY: as above.
    unsafe {
        let read = PARAMS.get().and_then(|(theirs, _)| theirs.text_to_value);
        let understood = read.is_some_and(|read| read(plugin, id, text, out));
        if understood {
            *out = whole(*out);
        }
        understood
    }
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let Some(flush) = PARAMS.get().and_then(|(theirs, _)| theirs.flush) else { return };
    // SAFETY: the host's arguments go on; `listening` outlives the call.
    unsafe {
        if output.is_null() {
            flush(plugin, input, output);
        } else {
            let listening = listening(&output);
            flush(plugin, input, &listening);
        }
    }
}

unsafe extern "C" fn process(plugin: *const clap_plugin, block: *const clap_process) -> clap_process_status {
    let Some(framework) = FRAMEWORK.get() else { return CLAP_PROCESS_ERROR };
    // SAFETY: as above.
    unsafe {
        if block.is_null() || (*block).out_events.is_null() {
            return (framework.process)(plugin, block);
        }
        let mut block = *block;
        let output = block.out_events;
        let listening = listening(&output);
        block.out_events = &listening;
        (framework.process)(plugin, &block)
    }
}

/// A list of output events that makes values whole on their way to the host's `output`.
fn listening(output: &*const clap_output_events) -> clap_output_events {
    clap_output_events { ctx: (&raw const *output).cast_mut().cast(), try_push: Some(push) }
}

unsafe extern "C" fn push(list: *const clap_output_events, event: *const clap_event_header) -> bool {
    // SAFETY: `list` is from `listening`, whose context is the host's list; events are as long as their header says.
    unsafe {
        let output = *(*list).ctx.cast::<*const clap_output_events>();
        let Some(try_push) = (*output).try_push else { return false };
        if (*event).space_id == CLAP_CORE_EVENT_SPACE_ID && (*event).type_ == CLAP_EVENT_PARAM_VALUE {
            let mut event = *event.cast::<clap_event_param_value>();
            event.value = whole(event.value);
            return try_push(output, &event.header);
        }
        try_push(output, event)
    }
}

/// The whole number next to `value`, if only the rounding of 32-bit numbers lies between them.
fn whole(value: f64) -> f64 {
    let nearest = value.round();
    if (value - nearest).abs() <= value.abs() * f64::from(f32::EPSILON) { nearest } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_every_parameter_is_whole() {
        for steps in [1, 4, 10, 15, 23, 9998] {
            for step in 0..=steps {
                let told = f64::from(step as f32 / steps as f32) * f64::from(steps);
                assert_eq!(whole(told), f64::from(step), "{step} of {steps}");
            }
        }
    }

    #[test]
    fn values_in_between_are_left_alone() {
        for value in [0.0, 1e-9, 0.25, 0.999_999, 1.000_001, -35.999] {
            assert_eq!(whole(value), value);
        }
    }
}
