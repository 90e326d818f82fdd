//! What a drummer strikes.

use serde::{Deserialize, Serialize};

/// The drums, each with the one that takes its place in a kit that does not have it.
macro_rules! drums {
    ($($(#[doc = $doc:literal])+ $drum:ident $(=> $nearest:ident)?,)+) => {
        /// A drum, a cymbal, or a piece of percussion.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Drum {
            $($(#[doc = $doc])+ $drum,)+
        }

        impl Drum {
            /// Every drum.
            pub const ALL: [Self; [$(stringify!($drum)),+].len()] = [$(Self::$drum),+];

            /// The drum that takes its place in a kit that does not have it; `None`: every kit has it.
            pub fn nearest(self) -> Option<Self> {
                match self {
                    $($(Self::$drum => Some(Self::$nearest),)?)+
                    _ => None,
                }
            }
        }
    };
}

drums! {
    /// The bass drum.
    Kick,
    /// The snare drum.
    Snare,
    /// A stick laid across the snare drum, struck on its rim.
    SideStick => Snare,
    /// The hi-hat, closed.
    ClosedHat,
    /// The hi-hat, closed by the foot.
    PedalHat => ClosedHat,
    /// The hi-hat, open.
    OpenHat => ClosedHat,
    /// The ride cymbal.
    Ride => ClosedHat,
    /// Its bell.
    RideBell => Ride,
    /// The crash cymbal.
    Crash => OpenHat,
    /// The floor tom.
    LowTom => Kick,
    /// The tom between the others.
    MidTom => LowTom,
    /// The smallest tom.
    HighTom => MidTom,
    /// Hands that clap.
    Clap => Snare,
    /// The cowbell.
    Cowbell => RideBell,
    /// The tambourine.
    Tambourine => ClosedHat,
    /// The shaker.
    Shaker => ClosedHat,
    /// The claves.
    Claves => SideStick,
    /// The small conga, open.
    HighConga => HighTom,
    /// The small conga, slapped.
    MuteConga => HighConga,
    /// The large conga, open.
    LowConga => MidTom,
    /// The small bongo.
    HighBongo => HighConga,
    /// The large bongo.
    LowBongo => LowConga,
    /// A timbale.
    Timbale => HighTom,
    /// A brush that strikes the snare drum.
    BrushTap => Snare,
    /// A brush that sweeps round on it.
    BrushSwirl => Shaker,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drum_leads_to_one_that_every_kit_has() {
        for drum in Drum::ALL {
            let steps = std::iter::successors(Some(drum), |drum| drum.nearest()).take(Drum::ALL.len() + 1);
            assert!(steps.count() <= Drum::ALL.len(), "{drum:?}");
        }
    }
}
