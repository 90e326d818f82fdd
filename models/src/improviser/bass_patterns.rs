//! How each style moves its bass.

use super::patterns::{Patterns, stroke};
use crate::music::Style;

/// What a stroke of the bass plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The bass of the harmony, with which its chord begins: the root, or what lies under a slash chord.
    Bass,
    /// The root, near the last note.
    Root,
    /// The fifth, near the last note.
    Fifth,
    /// The third, near the last note.
    Third,
    /// The sixth of a shuffle; a seventh over minor.
    Sixth,
    /// The root an octave above its place in the line, or below.
    Octave,
    /// The next note of a line towards the next chord: chord tones on strong beats, steps between.
    Walk,
    /// A step or a semitone away from the next chord's bass, if the chord is about to change; else the fifth.
    Lead,
    /// The bass of the next chord, if that is about to begin; else the root.
    Ahead,
    /// The last note again.
    Again,
}

use Tone::{Again, Ahead, Fifth, Lead, Octave, Root, Sixth, Third, Walk};

/// The patterns of `style`.
pub fn bass_line(style: Style) -> &'static Patterns<Tone> {
    match style {
        Style::Jazz => &JAZZ,
        Style::Pop => &POP,
        Style::Folk => &FOLK,
        Style::Classical => &CLASSICAL,
        Style::Baroque => &BAROQUE,
        Style::Romantic => &ROMANTIC,
        Style::Hymn => &HYMN,
        Style::Game => &GAME,
        Style::Latin => &LATIN,
        Style::Blues => &BLUES,
        Style::Electronic => &ELECTRONIC,
    }
}

/// Walking in quarters, in two when sparse, with skips when busy.
const JAZZ: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).accent(2),
            stroke(24, Walk).from(22),
            stroke(48, Walk).from(5),
            stroke(72, Walk).from(22),
            stroke(84, Again).from(80).length(10).accent(-12),
        ],
        &[
            stroke(0, Root).accent(2),
            stroke(12, Again).from(82).length(10).accent(-12),
            stroke(24, Walk).from(22),
            stroke(48, Walk).from(5),
            stroke(72, Walk).from(22),
        ],
    ],
    three: &[
        &[stroke(0, Root).accent(2), stroke(24, Walk).from(30), stroke(48, Walk).from(22)],
        &[stroke(0, Root).accent(2), stroke(24, Walk).from(30), stroke(48, Walk).from(22), stroke(60, Again).from(80)],
    ],
    compound: &[
        &[stroke(0, Root).accent(2), stroke(24, Walk).from(55), stroke(36, Walk).from(10), stroke(60, Walk).from(40)],
        &[stroke(0, Root).accent(2), stroke(36, Walk).from(10), stroke(60, Walk).from(55)],
    ],
    constancy: 0.6,
};

const POP: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).accent(4),
            stroke(12, Again).from(75).accent(-6),
            stroke(24, Again).from(62).accent(-4),
            stroke(36, Root).from(32).accent(-2),
            stroke(48, Root).from(8),
            stroke(60, Again).from(70).accent(-6),
            stroke(72, Fifth).from(52).accent(-4),
            stroke(84, Lead).from(40).accent(-4),
        ],
        &[
            stroke(0, Root).accent(4),
            stroke(36, Again).from(30).accent(-2),
            stroke(48, Again).from(8),
            stroke(60, Again).from(70).accent(-6),
            stroke(72, Root).from(60).accent(-4),
            stroke(84, Fifth).from(45).accent(-4),
        ],
    ],
    three: &[
        &[
            stroke(0, Root).accent(4),
            stroke(36, Fifth).from(60).accent(-4),
            stroke(48, Fifth).from(30).accent(-4),
            stroke(60, Lead).from(70).accent(-6),
        ],
        &[stroke(0, Root).accent(4), stroke(36, Again).from(25).accent(-4), stroke(60, Lead).from(60).accent(-4)],
    ],
    compound: &[
        &[
            stroke(0, Root).accent(4),
            stroke(24, Again).from(55).accent(-6),
            stroke(36, Root).from(8),
            stroke(60, Lead).from(50),
        ],
        &[stroke(0, Root).accent(4), stroke(36, Fifth).from(8), stroke(60, Fifth).from(60).accent(-6)],
    ],
    constancy: 0.7,
};

/// Root and fifth, with a run up to the next chord.
const FOLK: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).length(30).accent(2),
            stroke(48, Fifth).from(8).length(30),
            stroke(72, Lead).from(62).accent(-4),
        ],
        &[
            stroke(0, Root).length(30).accent(2),
            stroke(48, Fifth).from(8).length(22),
            stroke(72, Third).from(66).accent(-4),
            stroke(84, Lead).from(66).accent(-4),
        ],
    ],
    three: &[
        &[stroke(0, Root).length(40).accent(2), stroke(48, Lead).from(48).accent(-4)],
        &[stroke(0, Root).length(40).accent(2), stroke(48, Fifth).from(55).accent(-4)],
    ],
    compound: &[
        &[stroke(0, Root).length(24).accent(2), stroke(36, Fifth).from(8).length(24)],
        &[
            stroke(0, Root).length(24).accent(2),
            stroke(36, Fifth).from(8).length(22),
            stroke(60, Lead).from(48).accent(-4),
        ],
    ],
    constancy: 0.6,
};

const CLASSICAL: Patterns<Tone> = Patterns {
    four: &[
        &[stroke(0, Root), stroke(48, Root).from(25).accent(-4), stroke(72, Lead).from(65).accent(-6)],
        &[stroke(0, Root), stroke(48, Third).from(30).accent(-4), stroke(72, Lead).from(50).accent(-6)],
        &[stroke(0, Root).length(24), stroke(48, Octave).from(30).length(24).accent(-4)],
    ],
    three: &[&[stroke(0, Root), stroke(48, Lead).from(52).accent(-6)], &[stroke(0, Root).length(48)]],
    compound: &[
        &[stroke(0, Root), stroke(36, Fifth).from(25).accent(-4)],
        &[stroke(0, Root), stroke(36, Root).from(15).accent(-4), stroke(60, Lead).from(55).accent(-6)],
    ],
    constancy: 0.6,
};

/// A continuo line that seldom rests.
const BAROQUE: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root),
            stroke(12, Walk).from(72).accent(-6),
            stroke(24, Walk).from(15).accent(-2),
            stroke(36, Walk).from(70).accent(-6),
            stroke(48, Walk).from(5),
            stroke(60, Walk).from(58).accent(-6),
            stroke(72, Walk).from(15).accent(-2),
            stroke(84, Walk).from(52).accent(-6),
        ],
        &[
            stroke(0, Root),
            stroke(24, Octave).from(15).accent(-2),
            stroke(36, Walk).from(55).accent(-6),
            stroke(48, Walk).from(5),
            stroke(72, Walk).from(15).accent(-2),
            stroke(84, Walk).from(60).accent(-6),
        ],
    ],
    three: &[
        &[
            stroke(0, Root),
            stroke(24, Walk).from(15).accent(-2),
            stroke(36, Walk).from(65).accent(-6),
            stroke(48, Walk).from(15).accent(-2),
            stroke(60, Walk).from(55).accent(-6),
        ],
        &[stroke(0, Root), stroke(24, Octave).from(25).accent(-2), stroke(48, Walk).from(10).accent(-2)],
    ],
    compound: &[
        &[
            stroke(0, Root),
            stroke(24, Walk).from(45).accent(-4),
            stroke(36, Walk).from(5),
            stroke(48, Walk).from(72).accent(-6),
            stroke(60, Walk).from(45).accent(-4),
        ],
        &[stroke(0, Root), stroke(24, Fifth).from(45).accent(-4), stroke(36, Walk).from(5), stroke(60, Walk).from(40)],
    ],
    constancy: 0.5,
};

const ROMANTIC: Patterns<Tone> = Patterns {
    four: &[
        &[stroke(0, Root).length(90).accent(2), stroke(48, Fifth).from(45).length(44).accent(-6)],
        &[stroke(0, Root).length(90).accent(2), stroke(72, Lead).from(55).accent(-6)],
        &[stroke(0, Root).length(46).accent(2), stroke(48, Octave).from(25).length(46).accent(-6)],
    ],
    three: &[
        &[stroke(0, Root).length(70).accent(2)],
        &[stroke(0, Root).length(46).accent(2), stroke(48, Fifth).from(50).accent(-6)],
    ],
    compound: &[
        &[stroke(0, Root).length(70).accent(2)],
        &[stroke(0, Root).length(36).accent(2), stroke(36, Fifth).from(20).length(34).accent(-6)],
    ],
    constancy: 0.7,
};

const HYMN: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root),
            stroke(24, Third).from(55).accent(-4),
            stroke(48, Root).from(8).accent(-2),
            stroke(72, Walk).from(38).accent(-4),
        ],
        &[stroke(0, Root), stroke(48, Third).from(12).accent(-2), stroke(72, Walk).from(45).accent(-4)],
        &[stroke(0, Root), stroke(24, Again).from(40).accent(-4), stroke(48, Fifth).from(8).accent(-2)],
    ],
    three: &[
        &[stroke(0, Root), stroke(24, Again).from(42).accent(-4), stroke(48, Walk).from(30).accent(-4)],
        &[stroke(0, Root), stroke(48, Third).from(30).accent(-4)],
    ],
    compound: &[
        &[stroke(0, Root), stroke(36, Root).from(8), stroke(60, Walk).from(45).accent(-6)],
        &[stroke(0, Root), stroke(36, Third).from(8)],
    ],
    constancy: 0.4,
};

const GAME: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(12, Octave).from(30).length(8).accent(-4),
            stroke(24, Root).from(8).length(10),
            stroke(36, Octave).from(30).length(8).accent(-4),
            stroke(48, Root).from(5).length(10).accent(2),
            stroke(60, Octave).from(30).length(8).accent(-4),
            stroke(72, Root).from(8).length(10),
            stroke(84, Lead).from(30).length(10).accent(-4),
        ],
        &[
            stroke(0, Root).length(16).accent(4),
            stroke(18, Root).from(15).length(16),
            stroke(36, Fifth).from(15).length(10),
            stroke(48, Root).from(5).length(16).accent(2),
            stroke(66, Octave).from(30).length(16),
            stroke(84, Fifth).from(15).length(10),
        ],
    ],
    three: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(12, Octave).from(45).length(8).accent(-4),
            stroke(24, Fifth).from(15).length(10),
            stroke(36, Octave).from(45).length(8).accent(-4),
            stroke(48, Fifth).from(15).length(10),
            stroke(60, Lead).from(45).length(10).accent(-4),
        ],
        &[stroke(0, Root).length(16).accent(4), stroke(36, Octave).from(20).length(16)],
    ],
    compound: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(24, Octave).from(25).length(8).accent(-4),
            stroke(36, Root).from(5).length(10).accent(2),
            stroke(60, Lead).from(25).length(8).accent(-4),
        ],
        &[stroke(0, Root).length(22).accent(4), stroke(36, Fifth).from(10).length(22)],
    ],
    constancy: 0.6,
};

/// The tumbao, which plays the next chord's root a beat early, and the bossa.
const LATIN: Patterns<Tone> = Patterns {
    four: &[
        &[stroke(0, Root).from(60).length(24), stroke(36, Fifth).length(34), stroke(72, Ahead).accent(4)],
        &[
            stroke(0, Root).from(45).length(30),
            stroke(36, Fifth).length(22),
            stroke(60, Fifth).from(70).length(10).accent(-6),
            stroke(72, Ahead).accent(4),
        ],
        &[
            stroke(0, Root).length(34).accent(2),
            stroke(36, Fifth).from(15).length(12).accent(-4),
            stroke(48, Fifth).from(5).length(34),
            stroke(84, Ahead).from(20).length(12).accent(-2),
        ],
    ],
    three: &[
        &[stroke(0, Root).length(34).accent(2), stroke(36, Fifth).from(10).length(22), stroke(60, Ahead).from(35)],
        &[stroke(0, Root).length(34), stroke(48, Fifth).from(15).length(22)],
    ],
    compound: &[
        &[stroke(0, Root).length(22), stroke(24, Fifth).from(20).length(22), stroke(48, Octave).from(10).length(22)],
        &[stroke(0, Root).length(30), stroke(36, Fifth).from(8).length(22), stroke(60, Ahead).from(35).length(12)],
    ],
    constancy: 0.75,
};

/// The boogie: root, third, fifth, sixth.
const BLUES: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).accent(4),
            stroke(12, Again).from(65).length(10).accent(-8),
            stroke(24, Third).from(20),
            stroke(36, Again).from(65).length(10).accent(-8),
            stroke(48, Fifth).from(5).accent(2),
            stroke(60, Again).from(65).length(10).accent(-8),
            stroke(72, Sixth).from(20),
            stroke(84, Lead).from(55).length(10).accent(-6),
        ],
        &[
            stroke(0, Root).accent(4),
            stroke(24, Walk).from(20),
            stroke(48, Walk).from(5).accent(2),
            stroke(72, Walk).from(20),
            stroke(84, Again).from(65).length(10).accent(-8),
        ],
        &[
            stroke(0, Root).accent(4),
            stroke(12, Again).from(60).length(10).accent(-8),
            stroke(24, Fifth).from(20),
            stroke(48, Octave).from(5).accent(2),
            stroke(72, Fifth).from(20),
            stroke(84, Lead).from(55).length(10).accent(-6),
        ],
    ],
    three: &[
        &[stroke(0, Root).accent(4), stroke(24, Third).from(30), stroke(48, Fifth).from(15)],
        &[stroke(0, Root).accent(4), stroke(24, Walk).from(30), stroke(48, Walk).from(15)],
    ],
    compound: &[
        &[
            stroke(0, Root).accent(4),
            stroke(24, Again).from(40).length(10),
            stroke(36, Fifth).from(5),
            stroke(60, Lead).from(35),
        ],
        &[stroke(0, Root).accent(4), stroke(24, Third).from(40), stroke(36, Fifth).from(5), stroke(60, Sixth).from(35)],
    ],
    constancy: 0.6,
};

/// Octaves, rolling sixteenths and off-beats on one root.
const ELECTRONIC: Patterns<Tone> = Patterns {
    four: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(12, Octave).from(15).length(10),
            stroke(24, Root).from(15).length(10),
            stroke(36, Octave).from(15).length(10),
            stroke(48, Root).from(5).length(10).accent(2),
            stroke(60, Octave).from(15).length(10),
            stroke(72, Root).from(15).length(10),
            stroke(84, Octave).from(15).length(10),
        ],
        &[
            stroke(0, Root).from(40).length(5).accent(2),
            stroke(6, Again).from(70).length(5).accent(-8),
            stroke(12, Root).length(10).accent(2),
            stroke(18, Again).from(70).length(5).accent(-8),
            stroke(36, Again).from(10).length(10).accent(2),
            stroke(42, Again).from(62).length(5).accent(-8),
            stroke(60, Again).from(5).length(10).accent(2),
            stroke(66, Again).from(70).length(5).accent(-8),
            stroke(84, Again).from(10).length(10).accent(2),
            stroke(90, Octave).from(55).length(5).accent(-4),
        ],
        &[
            stroke(0, Root).length(14).accent(4),
            stroke(18, Again).from(15).length(14),
            stroke(36, Again).from(15).length(14),
            stroke(54, Again).from(35).length(14),
            stroke(72, Octave).from(20).length(14),
            stroke(84, Fifth).from(45).length(10),
        ],
    ],
    three: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(12, Octave).from(20).length(10),
            stroke(36, Octave).from(10).length(10),
            stroke(60, Octave).from(20).length(10),
        ],
        &[
            stroke(0, Root).length(14).accent(4),
            stroke(18, Again).from(20).length(14),
            stroke(36, Again).from(15).length(14),
        ],
    ],
    compound: &[
        &[
            stroke(0, Root).length(10).accent(4),
            stroke(24, Octave).from(20).length(10),
            stroke(36, Root).from(5).length(10),
            stroke(60, Octave).from(20).length(10),
        ],
        &[
            stroke(0, Root).length(16).accent(4),
            stroke(18, Again).from(25).length(16),
            stroke(36, Again).from(10).length(16),
        ],
    ],
    constancy: 0.7,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::patterns::Stroke;

    #[test]
    fn every_line_is_in_order_within_its_bar_and_has_a_stroke_for_every_density() {
        for style in Style::ALL {
            let patterns = bass_line(style);
            for (variants, ticks) in [(patterns.four, 96), (patterns.three, 72), (patterns.compound, 72)] {
                assert!(variants.len() > 1, "{style} has one line only");
                for strokes in variants {
                    let strokes: &[Stroke<Tone>] = strokes;
                    assert!(strokes.windows(2).all(|pair| pair[0].at < pair[1].at), "{style}");
                    assert!(strokes.iter().all(|stroke| stroke.at < ticks), "{style}");
                    assert!(strokes.iter().any(|stroke| stroke.from == 0), "{style}");
                }
            }
        }
    }
}
