//! What networks are for.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::conditions::Conditions;
use super::{HarmonistNetwork, HarmonizerNetwork, SoloistNetwork, TextureNetwork};

/// Something for each role, in the order of [`Role::ALL`].
pub type PerRole<T> = [T; COUNT];

/// A network with a role. Immutable once loaded.
pub trait HasRole: Any + Send + Sync {
    /// Which one.
    const ROLE: Role;
}

/// A network of whatever role.
pub(super) type AnyNetwork = Arc<dyn Any + Send + Sync>;

/// What a role is.
struct Row {
    name: &'static str,
    by_rule: &'static str,
    load: fn(&[u8], Conditions) -> Result<AnyNetwork, String>,
}

/// The table of roles: what each is called, how it is done without a network, and the network that plays it.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal, $by_rule:literal, $network:ty;)+) => {
        /// What a network is for. A file of this folder has the network, a row of the table here the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Role {
            $($(#[$doc])* $role),+
        }

        impl Role {
            /// Every role.
            pub const ALL: [Role; COUNT] = [$(Role::$role),+];
        }

        const COUNT: usize = [$($name),+].len();

        const ROWS: [Row; COUNT] = [$(Row {
            name: $name,
            by_rule: $by_rule,
            load: |onnx, conditions| Ok(Arc::new(<$network>::load(onnx, conditions)?)),
        }),+];

        $(impl HasRole for $network {
            const ROLE: Role = Role::$role;
        })+
    };
}

roles! {
    /// Which chord, frame by frame.
    Harmonist "harmonist", "Chords are chosen by rule", HarmonistNetwork;
    /// Melody, note by note.
    Soloist "soloist", "Melody is made by rule", SoloistNetwork;
    /// The chords of a whole chorus at once.
    Harmonizer "harmonizer", "The band does not learn your tune", HarmonizerNetwork;
    /// What the players strike in a bar.
    Texture "texture", "Between corners of the pad the nearest one is struck", TextureNetwork;
}

impl Role {
    /// The name of the role on cards and of its files.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].name
    }

    /// What happens without a network, as a sentence without its end.
    pub(super) fn by_rule(self) -> &'static str {
        ROWS[self as usize].by_rule
    }

    /// Loads a network of the role from an ONNX file's bytes and the conditions of its card.
    pub(super) fn load(self, onnx: &[u8], conditions: Conditions) -> Result<AnyNetwork, String> {
        (ROWS[self as usize].load)(onnx, conditions)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
