//! The presets that come with Continuo: the files of `assets/presets`, each read when the first is asked for.

use std::sync::LazyLock;

use super::Preset;

// `FILES`, written by the build script from the names of the files.
include!(concat!(env!("OUT_DIR"), "/presets.rs"));

/// The presets that come with Continuo, in the order of their numbers. The first call reads them: not on the audio
/// thread.
pub fn factory() -> &'static [Preset] {
    static FACTORY: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &str)| {
            Preset::read(text, &mut Vec::new()).unwrap_or_else(|error| panic!("{name} {error}"))
        };
        FILES.iter().map(read).collect()
    });
    &FACTORY
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What each preset plays, and its place: one line each.
    const FINAL: &str = include_str!("../../../assets/presets/final.txt");

    /// A number of what a file has the band do (Fowler, Noll and Vo, 64 bits).
    fn number_of(text: &str) -> u64 {
        let file: Value = serde_json::from_str(text).unwrap();
        let says = format!("{}{}", file["params"], file["scenes"]);
        says.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }

    #[test]
    fn what_a_preset_plays_and_its_number_are_final() {
        let lines: String = FILES.iter().map(|(name, text)| format!("{name} {:016x}\n", number_of(text))).collect();
        let hint = "projects recall presets by number: what is new goes to the end of assets/presets/final.txt";
        assert!(lines == FINAL, "{hint}; all would be:\n{lines}");
    }
}
