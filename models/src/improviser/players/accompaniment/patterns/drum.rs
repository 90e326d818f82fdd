//! What a drummer strikes.

use serde::Deserialize;

/// The drums, cymbals and hand percussion, each with its key of General MIDI.
macro_rules! drums {
    ($($(#[doc = $doc:literal])+ $drum:ident = $key:literal,)+) => {
        /// What a stroke of the drummer strikes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Drum {
            $($(#[doc = $doc])+ $drum,)+
        }

        impl Drum {
            /// Every drum.
            pub const ALL: [Self; [$($key),+].len()] = [$(Self::$drum),+];

            /// Its key in General MIDI's percussion map (RP-003), 35–81. Of brushes that map has none: a tap is a
            /// snare, a swirl maracas.
            pub fn general_midi(self) -> u8 {
                match self {
                    $(Self::$drum => $key),+
                }
            }
        }
    };
}

drums! {
    /// The bass drum.
    Kick = 36,
    /// The snare drum.
    Snare = 38,
    /// A stick laid across the snare drum, struck on its rim.
    SideStick = 37,
    /// The hi-hat, closed.
    ClosedHat = 42,
    /// The hi-hat, closed by the foot.
    PedalHat = 44,
    /// The hi-hat, open.
    OpenHat = 46,
    /// The ride cymbal.
    Ride = 51,
    /// Its bell.
    RideBell = 53,
    /// The crash cymbal.
    Crash = 49,
    /// The floor tom.
    LowTom = 43,
    /// The tom between the others.
    MidTom = 47,
    /// The smallest tom.
    HighTom = 50,
    /// Hands that clap.
    Clap = 39,
    /// The cowbell.
    Cowbell = 56,
    /// The tambourine.
    Tambourine = 54,
    /// The shaker.
    Shaker = 70,
    /// The claves.
    Claves = 75,
    /// The small conga, open.
    HighConga = 63,
    /// The small conga, slapped or muted.
    MuteConga = 62,
    /// The large conga, open.
    LowConga = 64,
    /// The small bongo.
    HighBongo = 60,
    /// The large bongo.
    LowBongo = 61,
    /// A timbale.
    Timbale = 65,
    /// A brush that strikes the snare drum.
    BrushTap = 38,
    /// A brush that sweeps round on it.
    BrushSwirl = 70,
}
