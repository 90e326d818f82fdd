//! Voicings: how a chord is spaced over the keys.

/// How the notes of a chord are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Texture {
    /// Three or four notes within an octave.
    Close,
    /// Guide tones with colour and without the root, which is left to the bass; also spread by dropping the second
    /// voice from the top an octave.
    Rootless,
    /// Root or fifth with the guide tones: seventh chords of three or four notes.
    Shell,
    /// Three or four notes spread over more than an octave, wide below and close above.
    Wide,
    /// Four parts, as a choir sings them.
    Chorale,
}
