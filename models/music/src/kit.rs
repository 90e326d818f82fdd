//! Drum kits: which key each drum is.
//!
//! A kit is a file of `models/kits`, and nothing else. Its place among the kits and its identifier are the file's name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::drum::Drum;

/// The kits, each with its identifier and its file.
macro_rules! kits {
    ($($variant:ident $id:literal $file:literal)+) => {
        /// The kits. Their order is final: automation counts by it.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Kit {
            #[default]
            $($variant),+
        }

        impl Kit {
            /// Every kit, in order.
            pub const ALL: [Kit; COUNT] = [$(Kit::$variant),+];
        }

        const COUNT: usize = [$($id),+].len();
        const IDS: [&str; COUNT] = [$($id),+];
        const FILES: [&str; COUNT] = [$(include_str!($file)),+];
    };
}

// Written by the build script, from the names of the files.
include!(concat!(env!("OUT_DIR"), "/kits.rs"));

/// A kit's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    name: String,
    /// Where the numbers are documented: for readers.
    #[serde(rename = "source")]
    _source: String,
    keys: BTreeMap<Drum, u8>,
}

impl Kit {
    /// The name under which files know the kit, in lower case. Final.
    pub fn id(self) -> &'static str {
        IDS[self as usize]
    }

    /// What the musician calls the kit.
    pub fn name(self) -> &'static str {
        &self.map().name
    }

    /// The MIDI key of `drum`, or of the one next to it that the kit has.
    pub fn key_of(self, drum: Drum) -> u8 {
        let mut nearer = std::iter::successors(Some(drum), |drum| drum.nearest());
        nearer.find_map(|drum| self.map().keys.get(&drum).copied()).unwrap_or_default()
    }

    /// The drum whose key this is; `None`: the kit has none there.
    pub fn drum_at(self, key: u8) -> Option<Drum> {
        self.map().keys.iter().find(|(_, own)| **own == key).map(|(drum, _)| *drum)
    }

    /// The first call reads the files of all kits: not on the audio thread.
    fn map(self) -> &'static Map {
        static MAPS: LazyLock<[Map; COUNT]> =
            LazyLock::new(|| FILES.map(|text| serde_json::from_str(text).expect("the tests read the files that ship")));
        &MAPS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kit_has_what_others_fall_back_on_and_no_two_drums_on_a_key() {
        for kit in Kit::ALL {
            let Map { name, keys, .. } = kit.map();
            let always = Drum::ALL.into_iter().filter(|drum| drum.nearest().is_none());
            assert!(!name.is_empty() && always.into_iter().all(|drum| keys.contains_key(&drum)), "{kit:?}");
            assert!(keys.values().all(|key| *key < 128), "{kit:?}");
            assert_eq!(keys.values().collect::<BTreeSet<_>>().len(), keys.len(), "{kit:?}");
        }
    }

    #[test]
    fn a_drum_that_a_kit_does_not_have_is_played_on_the_next() {
        let keys = |drum| Kit::ALL.map(|kit| kit.key_of(drum));
        assert_eq!(keys(Drum::Kick), [36, 36, 36]);
        assert_eq!(keys(Drum::Cowbell), [56, 53, 61]);
        assert_eq!(keys(Drum::BrushTap), keys(Drum::Snare));
        assert_eq!((Kit::Gm.drum_at(38), Kit::Vdrums.drum_at(56)), (Some(Drum::Snare), None));
    }
}
