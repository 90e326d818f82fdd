//! The networks that are built in.

use super::Role;

/// The files of a built-in family, each with its name.
type Files = &'static [(&'static str, &'static [u8])];

/// The networks that every family has alike, by the folders of this crate in which they lie.
const COMMON: &[(&str, Files)] = &[
    (
        "bidirectional-gru",
        &[
            ("harmonizer.onnx", include_bytes!("../../bidirectional-gru/harmonizer.onnx")),
            ("harmonizer.json", include_bytes!("../../bidirectional-gru/harmonizer.json")),
        ],
    ),
    (
        "vae",
        &[
            ("texture.onnx", include_bytes!("../../vae/texture.onnx")),
            ("texture.json", include_bytes!("../../vae/texture.json")),
        ],
    ),
];

/// The table of families: what the musician calls each, its folder in this crate, and the roles for which it has a
/// network there.
macro_rules! families {
    ($($(#[$doc:meta])* $family:ident $label:literal in $folder:literal: $($role:literal)+;)+) => {
        /// The families of networks that are built in: the same contract, trained on the same corpus, another
        /// architecture. No more than labels: whatever is done with a network is done alike.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Family {
            #[default]
            $($(#[$doc])* $family),+
        }

        impl Family {
            /// Every family; the default is the first.
            pub const ALL: [Family; COUNT] = [$(Family::$family),+];
        }

        const COUNT: usize = [$($label),+].len();
        const LABELS: [&str; COUNT] = [$($label),+];
        const FOLDERS: [&str; COUNT] = [$($folder),+];
        const FILES: [Files; COUNT] = [$(&[$(
            (concat!($role, ".onnx"), include_bytes!(concat!("../../", $folder, "/", $role, ".onnx"))),
            (concat!($role, ".json"), include_bytes!(concat!("../../", $folder, "/", $role, ".json"))),
        )+]),+];
    };
}

families! {
    /// Gated recurrent units: the quicker.
    Gru "GRU" in "gru": "harmonist" "soloist";
    /// Attention over the last steps.
    Transformer "Transformer" in "transformer": "harmonist" "soloist";
}

impl Family {
    /// The name under which the user knows the family.
    pub fn name(self) -> &'static str {
        LABELS[self as usize]
    }

    /// The family's folder in this crate.
    pub fn folder(self) -> &'static str {
        FOLDERS[self as usize]
    }

    /// The folder in this crate of the network that the family has for `role`: its own, or that of those that all
    /// families have alike.
    pub fn folder_of(self, role: Role) -> &'static str {
        let name = format!("{role}.onnx");
        let common = COMMON.iter().find(|(_, files)| named(files, &name).is_some());
        common.map_or(self.folder(), |(folder, _)| folder)
    }

    /// The built-in file of its own called `name`.
    pub(super) fn file(self, name: &str) -> Option<&'static [u8]> {
        named(FILES[self as usize], name)
    }
}

/// The built-in file called `name` of those that every family has alike.
pub(super) fn common_file(name: &str) -> Option<&'static [u8]> {
    COMMON.iter().find_map(|(_, files)| named(files, name))
}

fn named(files: Files, name: &str) -> Option<&'static [u8]> {
    files.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}
