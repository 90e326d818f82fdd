//! What VST3 wants to know of a plug-in and CLAP has no place for: an extension of `clap-wrapper` (its `vst3.h`).

use std::ffi::{CStr, c_char};
use std::ptr;

/// The name of the extension.
pub const FACTORY_ID: &CStr = c"clap.plugin-factory-info-as-vst3/0";

/// Texts of the factory. Where one is null, the wrapper takes or makes up something.
#[repr(C)]
pub struct FactoryInfo {
    vendor: *const c_char,
    vendor_url: *const c_char,
    email_contact: *const c_char,
    get_vst3_info: Option<unsafe extern "C" fn(*const FactoryInfo, u32) -> *const PluginInfo>,
}

/// Texts of the plug-in.
#[repr(C)]
pub struct PluginInfo {
    vendor: *const c_char,
    /// The class ID, as 16 bytes; null: made from the CLAP id, as it has been from the beginning.
    component_id: *const [u8; 16],
    /// The sub-categories. The wrapper's own translation sorts a note effect in among the synthesizers.
    features: *const c_char,
}

// SAFETY: the pointers are to constants.
unsafe impl Sync for FactoryInfo {}
// SAFETY: as above.
unsafe impl Sync for PluginInfo {}

/// What the wrapper is given.
pub static FACTORY: FactoryInfo = FactoryInfo {
    vendor: ptr::null(),
    vendor_url: crate::URL.as_ptr(),
    email_contact: crate::EMAIL.as_ptr(),
    get_vst3_info: Some(plugin_info),
};

static PLUGIN: PluginInfo =
    PluginInfo { vendor: ptr::null(), component_id: ptr::null(), features: c"Instrument|Tools".as_ptr() };

unsafe extern "C" fn plugin_info(_: *const FactoryInfo, index: u32) -> *const PluginInfo {
    if index == 0 { &raw const PLUGIN } else { ptr::null() }
}
