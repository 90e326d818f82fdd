//! The CLAP entry point: the framework's, and what the framework leaves out.
//!
//! - **Whole values** for stepped parameters. The framework computes them as `normalized · steps` from 32-bit numbers,
//!   so that the seventh of ten steps is 6.99999988. The VST3 and AUv2 wrappers take the *floor* of it: a style chosen
//!   in the panel would reach the host as the one before, and come back as that. So values are made whole wherever the
//!   plug-in tells one: when it is asked, when it reads a text, and in the events that it sends.
//! - **Events in blocks of no samples**, and behind the end of their block: see [`input`].
//! - **Changes in the midst of a block**, and what the transport is in the rest of it: see [`pieces`].
//! - **Notes as MIDI**, if the musician wants them so: see [`output`].
//! - **What learnt controllers move**, told to the host: see [`telling`].
//! - **Choices that have grown**: a VST3 host, which is behind a wrapper, is told the step of a value in its place. See
//!   [`GrownChoices`].
//! - **States** of which it cannot read one value: see [`state`].
//! - **Changes of what is no parameter**, told to the host as such of the project.
//! - **Contexts of states**, project or preset: see [`state_context`].
//! - **Presets** for the browsers of hosts: see [`preset_discovery`] and [`preset_load`].
//! - **Texts** of values: see [`texts`].
//! - **VST3's own** texts, which CLAP has no place for: see [`vst3_info`].

mod input;
mod output;
mod pieces;
mod preset_discovery;
mod preset_load;
mod presets;
mod state;
mod state_context;
mod telling;
mod texts;
mod vst3_info;
mod whole;

use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use atomic_float::AtomicF64;
use clap_sys::events::{clap_event_header, clap_input_events, clap_output_events};
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_RESCAN_VALUES, clap_host_params, clap_param_info, clap_plugin_params,
};
use clap_sys::ext::remote_controls::{CLAP_EXT_REMOTE_CONTROLS, CLAP_EXT_REMOTE_CONTROLS_COMPAT};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state, clap_plugin_state};
use clap_sys::ext::state_context::CLAP_EXT_STATE_CONTEXT;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::id::clap_id;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::{CLAP_VERSION, PluginDescriptor, Wrapper, clap_plugin_entry};
use nice_plug::wrapper::setup_logger;

use crate::guard::{guarded, watched};
use crate::params::GrownChoices;
use crate::{Continuo, Inside};
use input::{Joined, Waiting};
use output::{Dialect, Passage};
use telling::Telling;
use whole::whole;

/// What the wrappers that make VST3 and AUv2 of a CLAP say of themselves as hosts.
const WRAPPER_URL: &CStr = c"https://github.com/free-audio/clap-wrapper";
/// What the name of the one for VST3 ends with, or begins with when its own host has none. Case varies.
const VST3_WRAPPER: &str = "clap-as-vst3";

/// What the framework would have the host call.
#[derive(Clone, Copy)]
struct Framework {
    destroy: unsafe extern "C" fn(*const clap_plugin),
    activate: unsafe extern "C" fn(*const clap_plugin, f64, u32, u32) -> bool,
    deactivate: unsafe extern "C" fn(*const clap_plugin),
    get_extension: unsafe extern "C" fn(*const clap_plugin, *const c_char) -> *const c_void,
    on_main_thread: unsafe extern "C" fn(*const clap_plugin),
    process: unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status,
}

/// An instance as the host holds it.
#[repr(C)]
struct Instance {
    /// What the host calls, and the framework's `plugin_data`, by which the framework knows it. First, so that a
    /// pointer to it is one to all of this.
    plugin: clap_plugin,
    inside: Inside,
    /// Lives longer than the instance.
    host: *const clap_host,
    /// In Hertz; set while nothing is processed.
    sample_rate: AtomicF64,
    /// Whether the host is a wrapper. It takes notes as notes only.
    wrapped: bool,
    /// The choices that the host knows by their steps.
    grown: GrownChoices,
    /// Touched by process and flush, which CLAP never calls at the same time, and between them.
    waiting: UnsafeCell<Waiting>,
    /// In the same way.
    telling: UnsafeCell<Telling>,
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
    // Without the logger nothing is lost but its lines.
    guarded(setup_logger::<Continuo>, ());
    true
}

extern "C" fn deinit() {
    // The library may be unloaded next, and with it what they run.
    guarded(crate::loaders::join_all, ());
}

extern "C" fn factory(id: *const c_char) -> *const c_void {
    let find = || {
        if id.is_null() {
            return ptr::null();
        }
        // SAFETY: hosts pass a null-terminated text.
        let id = unsafe { CStr::from_ptr(id) };
        if id == CLAP_PLUGIN_FACTORY_ID {
            (&raw const FACTORY).cast()
        } else if preset_discovery::is_meant(id) {
            (&raw const preset_discovery::FACTORY).cast()
        } else if id == vst3_info::FACTORY_ID {
            (&raw const vst3_info::FACTORY).cast()
        } else {
            ptr::null()
        }
    };
    guarded(find, ptr::null())
}

fn descriptor() -> &'static PluginDescriptor {
    DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Continuo>)
}

unsafe extern "C" fn plugin_count(_: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(_: *const clap_plugin_factory, index: u32) -> *const clap_plugin_descriptor {
    guarded(|| if index == 0 { descriptor().clap_plugin_descriptor() } else { ptr::null() }, ptr::null())
}

unsafe extern "C" fn create_plugin(
    _: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: hosts pass a null-terminated text, or null, and themselves.
    guarded(|| unsafe { create(host, id) }.unwrap_or_else(ptr::null), ptr::null())
}

/// A new instance, for [`destroy`] to take back; `None`: there is no such plug-in, or it could not be made.
///
/// # Safety
/// `id` is null or a null-terminated text, `host` as CLAP has it.
unsafe fn create(host: *const clap_host, id: *const c_char) -> Option<*const clap_plugin> {
    // SAFETY: as said above.
    if id.is_null() || unsafe { CStr::from_ptr(id) } != descriptor().clap_id() {
        return None;
    }
    // The framework takes this reference back when the host destroys the plug-in.
    // SAFETY: the pointer is to a wrapper that lives until then, and nobody else knows it yet.
    let theirs = unsafe { *(*Arc::into_raw(Wrapper::<Continuo>::new(host))).clap_plugin.as_ptr() };
    let inside = Inside::made_last()?;
    let (destroy, activate, deactivate) = (theirs.destroy?, theirs.activate?, theirs.deactivate?);
    let (get_extension, on_main_thread, process) = (theirs.get_extension?, theirs.on_main_thread?, theirs.process?);
    FRAMEWORK.get_or_init(|| Framework { destroy, activate, deactivate, get_extension, on_main_thread, process });
    let plugin = clap_plugin {
        destroy: Some(self::destroy),
        activate: Some(self::activate),
        deactivate: Some(self::deactivate),
        get_extension: Some(self::get_extension),
        on_main_thread: Some(self::on_main_thread),
        process: Some(self::process),
        ..theirs
    };
    // SAFETY: the host's description of itself is alive.
    let (url, name) = unsafe { (text_of((*host).url), text_of((*host).name)) };
    inside.shared.surroundings.set_host(name.as_deref().unwrap_or_default());
    inside.shared.unsaved.attach(Some(callback_of(host)));
    let wrapped = url.as_deref() == WRAPPER_URL.to_str().ok();
    let is_vst3 = wrapped && name.is_some_and(|name| name.to_ascii_lowercase().contains(VST3_WRAPPER));
    let grown = if is_vst3 { GrownChoices::of(&inside.params) } else { GrownChoices::default() };
    let (sample_rate, waiting) = (AtomicF64::new(48_000.0), UnsafeCell::default());
    let telling = UnsafeCell::new(Telling::new(inside.shared.to_host.receiver()));
    let instance = Instance { plugin, inside, host, sample_rate, wrapped, grown, waiting, telling };
    Some(Box::into_raw(Box::new(instance)).cast())
}

/// A host's text; `None`: there is none.
///
/// # Safety
/// `text` is null or null-terminated, and alive.
unsafe fn text_of<'a>(text: *const c_char) -> Option<Cow<'a, str>> {
    // SAFETY: as said above.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy())
}

/// The instance that a host means.
///
/// # Safety
/// `plugin` is from `create_plugin`, and not destroyed yet.
unsafe fn instance<'a>(plugin: *const clap_plugin) -> &'a Instance {
    // SAFETY: the pointer is to the first field of an instance.
    unsafe { &*plugin.cast::<Instance>() }
}

impl Instance {
    /// What waits for samples.
    ///
    /// # Safety
    /// Only within process, flush and deactivate, which hosts never call at the same time, and once in each.
    #[expect(clippy::mut_from_ref, reason = "the host sees to it that there is one at a time")]
    unsafe fn waiting(&self) -> &mut Waiting {
        // SAFETY: as said above.
        unsafe { &mut *self.waiting.get() }
    }

    fn dialect(&self) -> Dialect {
        let as_midi = !self.wrapped && self.inside.params.notes_as_midi.value();
        if as_midi { Dialect::Midi } else { Dialect::Clap }
    }
}

/// What asks the host, from any thread, to call on the main thread.
fn callback_of(host: *const clap_host) -> Box<dyn Fn() + Send + Sync> {
    let address = host as usize;
    Box::new(move || {
        let host = address as *const clap_host;
        // SAFETY: the host lives longer than the instance, which takes this back when it is destroyed; CLAP lets any
        // thread ask.
        unsafe {
            if let Some(request) = (*host).request_callback {
                request(host);
            }
        }
    })
}

unsafe extern "C" fn on_main_thread(plugin: *const clap_plugin) {
    // SAFETY: the host's arguments go on; this is its main thread.
    unsafe {
        if let Some(framework) = FRAMEWORK.get() {
            (framework.on_main_thread)(plugin);
        }
        let tell = || {
            let Instance { inside, host, .. } = instance(plugin);
            if inside.shared.unsaved.take() {
                mark_dirty(*host);
            }
        };
        guarded(tell, ());
    }
}

/// Tells the host that the project is not as it was saved.
///
/// # Safety
/// `host` is the instance's, on the main thread.
unsafe fn mark_dirty(host: *const clap_host) {
    // SAFETY: as said above; the host's extension is what its name says.
    unsafe {
        if let Some(mark) = host_extension::<clap_host_state>(host, CLAP_EXT_STATE).and_then(|state| state.mark_dirty) {
            mark(host);
        }
    }
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: the host will not use the plug-in again.
    unsafe {
        guarded(|| instance(plugin).inside.shared.unsaved.attach(None), ());
        // A failure of ours must not keep the framework from its end.
        if let Some(framework) = FRAMEWORK.get() {
            (framework.destroy)(plugin);
        }
        guarded(|| drop(Box::from_raw(plugin.cast_mut().cast::<Instance>())), ());
    }
}

unsafe extern "C" fn activate(plugin: *const clap_plugin, sample_rate: f64, least: u32, most: u32) -> bool {
    let begin = || {
        let Some(framework) = FRAMEWORK.get() else { return false };
        // SAFETY: the host's arguments go on; nothing is processed now.
        unsafe {
            let Instance { inside, host, sample_rate: known_rate, .. } = instance(plugin);
            known_rate.store(sample_rate, Ordering::Relaxed);
            let plan_ahead = inside.params.plan_ahead.value();
            let done = (framework.activate)(plugin, sample_rate, least, most);
            if inside.params.plan_ahead.value() != plan_ahead {
                rescan_values(*host);
            }
            done
        }
    };
    guarded(begin, false)
}

/// The host's extension with this `id`; `None`: it has none.
///
/// # Safety
/// `host` is an instance's, and `T` what the name says.
unsafe fn host_extension<'a, T>(host: *const clap_host, id: &CStr) -> Option<&'a T> {
    // SAFETY: as said above; extensions live as long as the host.
    unsafe { (*host).get_extension?(host, id.as_ptr()).cast::<T>().as_ref() }
}

/// Has the host ask for the values of the parameters anew.
///
/// # Safety
/// `host` is the instance's, on the main thread.
unsafe fn rescan_values(host: *const clap_host) {
    // SAFETY: as said above; the host's extension is what its name says.
    unsafe {
        if let Some(rescan) = host_extension::<clap_host_params>(host, CLAP_EXT_PARAMS).and_then(|all| all.rescan) {
            rescan(host, CLAP_PARAM_RESCAN_VALUES);
        }
    }
}

unsafe extern "C" fn deactivate(plugin: *const clap_plugin) {
    // SAFETY: the host's arguments go on; nothing is processed now.
    unsafe {
        if let Some(framework) = FRAMEWORK.get() {
            (framework.deactivate)(plugin);
        }
        guarded(|| instance(plugin).waiting().clear(), ());
    }
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    // SAFETY: the host's arguments are what CLAP says.
    guarded(|| unsafe { extension(plugin, id) }, ptr::null())
}

/// The framework's extension, or ours in its place.
///
/// # Safety
/// As for CLAP's get_extension.
unsafe fn extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    let Some(framework) = FRAMEWORK.get().filter(|_| !id.is_null()) else { return ptr::null() };
    // SAFETY: the host passes a null-terminated text.
    let id = unsafe { CStr::from_ptr(id) };
    // SAFETY: the host's arguments go on as they are.
    let theirs = |id: &CStr| unsafe { (framework.get_extension)(plugin, id.as_ptr()) };
    // SAFETY: the framework's extensions are what their names say.
    unsafe {
        if id == CLAP_EXT_PARAMS {
            theirs(id)
                .cast::<clap_plugin_params>()
                .as_ref()
                .map_or(ptr::null(), |theirs| (&raw const *ours(theirs)).cast())
        } else if id == CLAP_EXT_STATE || id == CLAP_EXT_STATE_CONTEXT {
            let theirs = theirs(CLAP_EXT_STATE).cast::<clap_plugin_state>().as_ref();
            theirs.map_or(ptr::null(), |theirs| match state::extension(*theirs) {
                ours if id == CLAP_EXT_STATE => ptr::from_ref(ours).cast(),
                _ => (&raw const state_context::EXTENSION).cast(),
            })
        } else if preset_load::is_meant(id) {
            (&raw const preset_load::EXTENSION).cast()
        } else if id == CLAP_EXT_REMOTE_CONTROLS_COMPAT {
            // The framework knows it by its later name only.
            theirs(CLAP_EXT_REMOTE_CONTROLS)
        } else {
            theirs(id)
        }
    }
}

/// Our extension for parameters in the place of the framework's.
fn ours(theirs: &clap_plugin_params) -> &'static clap_plugin_params {
    let (_, ours) = PARAMS.get_or_init(|| {
        let ours = clap_plugin_params {
            get_info: Some(info),
            get_value: Some(value),
            value_to_text: Some(texts::text_of_value),
            text_to_value: Some(texts::value_of_text),
            flush: Some(flush),
            ..*theirs
        };
        (*theirs, ours)
    });
    ours
}

unsafe extern "C" fn info(plugin: *const clap_plugin, index: u32, out: *mut clap_param_info) -> bool {
    // SAFETY: the host's arguments go on as they are; `out` has been filled in when that succeeds.
    let tell = || unsafe {
        let known = PARAMS.get().and_then(|(theirs, _)| theirs.get_info).is_some_and(|get| get(plugin, index, out));
        let grown = &instance(plugin).grown;
        if let Some(info) = out.as_mut().filter(|_| known) {
            info.max_value = grown.last_step(info.id).unwrap_or(info.max_value);
            info.default_value = grown.step_of(info.id, info.default_value);
        }
        known
    };
    guarded(tell, false)
}

unsafe extern "C" fn value(plugin: *const clap_plugin, id: clap_id, out: *mut f64) -> bool {
    // SAFETY: the host's arguments go on as they are; `out` has been written when that succeeds.
    let read = || unsafe {
        let known = PARAMS.get().and_then(|(theirs, _)| theirs.get_value).is_some_and(|get| get(plugin, id, out));
        if known {
            *out = instance(plugin).grown.step_of(id, whole(*out));
        }
        known
    };
    guarded(read, false)
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    // SAFETY: the host's arguments are what CLAP says.
    let pass = || unsafe {
        instance(plugin).waiting().take_in(input);
        flush_parameters(plugin, input, output);
        let push = output.as_ref().and_then(|output| output.try_push);
        let telling = &mut *instance(plugin).telling.get();
        telling.end_all(&mut |event| push.is_some_and(|push| push(output, event)));
    };
    guarded(pass, ());
}

/// Has the framework take the parameters of `input`, and tell those that it has changed.
///
/// # Safety
/// As for CLAP's flush.
unsafe fn flush_parameters(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    let Some(flush) = PARAMS.get().and_then(|(theirs, _)| theirs.flush) else { return };
    // SAFETY: the host's arguments go on; lists and passage outlive the call.
    unsafe {
        let grown = &instance(plugin).grown;
        let (joined, passage) = (Joined::of(input, grown), Passage::new(output, Dialect::Clap, grown));
        let (events, told) = (joined.list(), passage.list());
        let events = if input.is_null() { input } else { &raw const events };
        flush(plugin, events, if output.is_null() { output } else { &raw const told });
    }
}

unsafe extern "C" fn process(plugin: *const clap_plugin, block: *const clap_process) -> clap_process_status {
    if block.is_null() {
        return CLAP_PROCESS_ERROR;
    }
    // After an error the host would not take the ends of notes that were sent.
    let failed = CLAP_PROCESS_CONTINUE;
    // SAFETY: the host's arguments are what CLAP says.
    let (status, has_failed) = watched(|| guarded(|| unsafe { process_block(plugin, *block) }, failed));
    if has_failed {
        // SAFETY: as above.
        unsafe {
            let instance = instance(plugin);
            instance.inside.fail_block();
            instance.waiting().clear();
            pieces::silence(&*block);
        }
    }
    status
}

/// # Safety
/// As for CLAP's process.
unsafe fn process_block(plugin: *const clap_plugin, mut block: clap_process) -> clap_process_status {
    let Some(framework) = FRAMEWORK.get() else { return CLAP_PROCESS_ERROR };
    // SAFETY: the host's arguments go on; lists outlive the call that they are for.
    unsafe {
        let instance = instance(plugin);
        let waiting = instance.waiting();
        if block.frames_count == 0 {
            waiting.take_in(block.in_events);
            flush_parameters(plugin, block.in_events, block.out_events);
            return CLAP_PROCESS_CONTINUE;
        }
        let whole = Passage::new(block.out_events, instance.dialect(), &instance.grown);
        let joined = waiting.before(block.in_events, block.frames_count, &instance.grown);
        let input = joined.list();
        block.in_events = &input;
        let rate = instance.sample_rate.load(Ordering::Relaxed);
        let drives = |channel, controller| instance.inside.params.controllers.drives(channel, controller);
        let status = pieces::each_piece(&block, rate, drives, |piece, start| {
            let passage = whole.from(start, &instance.telling);
            let output = passage.list();
            let out_events = if block.out_events.is_null() { ptr::null() } else { &raw const output };
            let status = (framework.process)(plugin, &clap_process { out_events, ..*piece });
            passage.tell(u32::MAX);
            status
        });
        let push = block.out_events.as_ref().and_then(|list| list.try_push);
        let mut push = |event: &clap_event_header| push.is_some_and(|push| push(block.out_events, event));
        (*instance.telling.get()).end_block(block.frames_count, rate, &mut push);
        waiting.clear();
        status
    }
}
