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
