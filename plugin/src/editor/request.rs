//! What is asked for on the panel.

/// What the musician asks of the band, besides parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End every note.
    Panic,
    /// The notices up to this number were read.
    DismissNotices(u64),
    /// Take the worst lead anew.
    ResetWorst,
    /// Forget what was learnt of the musician.
    ClearMemory,
}
