//! How wide a vector is that holds pitch classes and plain values.

/// Places on the circle.
pub const CLASSES: usize = 12;

/// Size of a vector: channels of 12 values each, and after them the values that transposition leaves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// How many channels.
    pub channels: usize,
    /// How many plain values.
    pub plain: usize,
}

impl Width {
    /// Number of values.
    pub const fn size(self) -> usize {
        CLASSES * self.channels + self.plain
    }
}
