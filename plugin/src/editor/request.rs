//! What is asked for on the panel.

/// What the musician asks of the band, besides parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    /// End every note.
    Panic,
    /// The notices up to this number were read.
    DismissNotices(u64),
    /// Make the panel so large, of what it is at 100 %.
    Resize(f32),
    /// The musician has been shown around.
    EndTour,
    /// Take the worst lead anew.
    ResetWorst,
    /// Forget what was learnt of the musician.
    ClearMemory,
}
