//! What real hosts do differently from one another, and from what one would expect after reading the formats'
//! documents.

/// The habits of a host. The default is the host of the books: it says everything, once, where it belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Where the host says whether it is live or offline.
    pub says_mode: SaysMode,
    /// What it tells of the position while the song plays.
    pub timebase: Timebase,
    /// The blocks without samples that it has processed.
    pub empty_blocks: EmptyBlocks,
    /// Whether parameters go through 32-bit numbers on their way (VST3 only).
    pub narrow_parameters: bool,
}

/// Where a host says whether it is live or offline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaysMode {
    /// Before it activates, and in each block where the format has a place for it.
    #[default]
    Everywhere,
    /// In each block only, as Ardour did before 8.7. CLAP has no place for it there: it hears nothing.
    InBlocks,
    /// Nowhere: it renders as fast as it can and calls that live.
    Nowhere,
}

/// What a host tells of the position while the song plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timebase {
    /// Where the song is.
    #[default]
    Moving,
    /// Where it was when it began to play, as Carla does without a timebase.
    Frozen,
    /// Zero, throughout the song.
    Zero,
    /// That it plays, and nothing else: no position, tempo or meter is marked valid.
    Missing,
}

/// The blocks without samples that a host has processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyBlocks {
    /// None.
    #[default]
    Never,
    /// Two before each block, with nothing in them.
    Between,
    /// One before each block that has events, with these events in it: none are left for the block itself.
    WithEvents,
}
