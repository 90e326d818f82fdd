//! Presets as C has them, for a host's browser and for what it asks to be loaded.

use std::ffi::{CStr, CString};
use std::path::Path;

use crate::presets::{Preset, folder};

/// What the system says of an error that is not its own. The text tells what it said of one of its own.
pub const NO_SYSTEM_ERROR: i32 = 0;

/// The preset in the file at `location`, and what is wrong with it.
///
/// # Errors
/// What the musician should read.
pub fn read_file(location: &CStr) -> Result<(Preset, Vec<String>), String> {
    let path = location.to_str();
    path.map_or_else(
        |_| Err("The host's name of a preset's file is no UTF-8. Rename the file.".to_owned()),
        |path| folder::read(Path::new(path)),
    )
}

/// `text` as C has it, up to its first zero.
pub fn text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}
