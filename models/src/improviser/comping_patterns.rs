//! How each style strikes its chords.

use super::patterns::{Patterns, Stroke, stroke};
use crate::music::Style;

/// What a stroke of the accompaniment strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The whole voicing.
    Block,
    /// All but its lowest note.
    Upper,
    /// Its lowest note.
    Low,
    /// One note, counted from the lowest; beyond the highest, the same again an octave higher.
    Step(u8),
    /// The whole voicing from the lowest string to the highest.
    Down,
    /// All but the lowest note, from the highest string down.
    Up,
    /// The whole voicing: of the next chord, if that is about to begin.
    Early,
    /// Root and fifth, low.
    Fifth,
    /// Root and sixth, low: the answer to [`Touch::Fifth`] in a shuffle.
    Sixth,
}

use Touch::{Block, Down, Early, Fifth, Low, Sixth, Step, Up, Upper};

type Strokes = Stroke<Touch>;

/// Single notes at an even pace of `ticks`, named by [`Touch::Step`]. The metre decides which of them remain when the
/// density falls: the beats (of `beat` ticks) longest.
const fn figure<const N: usize>(ticks: u8, beat: u8, notes: [u8; N]) -> [Strokes; N] {
    let mut strokes = [stroke(0, Block); N];
    let mut index = 0;
    while index < N {
        let at = index as u8 * ticks;
        let on_beat = at.is_multiple_of(beat);
        let from = match () {
            () if at == 0 => 0,
            () if on_beat => 5,
            () if at.is_multiple_of(12) || ticks == 8 => 25,
            () => 45,
        };
        let accent = if at == 0 {
            4
        } else if on_beat {
            0
        } else {
            -6
        };
        strokes[index] = stroke(at, Step(notes[index])).from(from).accent(accent);
        index += 1;
    }
    strokes
}

/// The patterns of `style`.
pub fn comping(style: Style) -> &'static Patterns<Touch> {
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

/// The Charleston and its displacements, with pushes into the next chord.
const JAZZ: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Block).length(30),
            stroke(36, Block).length(8).accent(4),
            stroke(72, Block).from(70).length(10).accent(-6),
            stroke(84, Early).from(60).length(16),
        ],
        &[
            stroke(12, Block).length(18).accent(2),
            stroke(36, Block).from(75).length(8).accent(-4),
            stroke(60, Block).from(20).length(20).accent(4),
            stroke(84, Early).from(55).length(16).accent(2),
        ],
        &[
            stroke(0, Block).length(10).accent(2),
            stroke(36, Block).from(15).length(34).accent(4),
            stroke(72, Block).from(72).length(8).accent(-6),
        ],
        &[
            stroke(24, Block).length(8),
            stroke(36, Block).from(65).length(8).accent(-4),
            stroke(72, Block).from(10).length(8),
            stroke(84, Early).from(40).length(20).accent(4),
        ],
        &[stroke(0, Block).length(44), stroke(60, Block).from(25).length(22).accent(2)],
    ],
    three: &[
        &[stroke(0, Block).length(32), stroke(36, Block).from(15).length(24).accent(2)],
        &[stroke(24, Block).length(10), stroke(48, Block).from(20).length(10), stroke(60, Early).from(60).length(16)],
        &[stroke(12, Block).length(22).accent(2), stroke(60, Early).from(35).length(18)],
    ],
    compound: &[
        &[stroke(0, Block).length(30), stroke(60, Early).from(30).length(16).accent(2)],
        &[stroke(24, Block).length(20), stroke(48, Block).from(50).length(10), stroke(60, Early).from(70).length(14)],
    ],
    constancy: 0.15,
};

/// Held chords that turn into pulses as it gets denser.
const POP: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Block).accent(4),
            stroke(12, Upper).from(72).accent(-8),
            stroke(24, Block).from(38).accent(-4),
            stroke(36, Upper).from(68).accent(-8),
            stroke(48, Block).from(12),
            stroke(60, Upper).from(70).accent(-8),
            stroke(72, Block).from(38).accent(-4),
            stroke(84, Upper).from(66).accent(-8),
        ],
        &[
            stroke(0, Block).accent(4),
            stroke(36, Block).from(30),
            stroke(48, Upper).from(78).accent(-8),
            stroke(60, Upper).from(62).accent(-6),
            stroke(72, Block).from(15).accent(-2),
            stroke(84, Upper).from(74).accent(-6),
        ],
        &[
            stroke(0, Low).accent(2),
            stroke(12, Upper).from(45).accent(-6),
            stroke(24, Block).from(20).accent(-4),
            stroke(48, Low).from(10),
            stroke(60, Upper).from(45).accent(-6),
            stroke(72, Block).from(20).accent(-4),
            stroke(84, Upper).from(70).accent(-8),
        ],
    ],
    three: &[
        &[
            stroke(0, Block).accent(4),
            stroke(12, Upper).from(75).accent(-8),
            stroke(24, Upper).from(30).accent(-4),
            stroke(36, Upper).from(65).accent(-8),
            stroke(48, Upper).from(30).accent(-4),
            stroke(60, Upper).from(70).accent(-8),
        ],
        &[stroke(0, Block).accent(4), stroke(36, Block).from(25), stroke(60, Upper).from(60).accent(-6)],
    ],
    compound: &[
        &[
            stroke(0, Block).accent(4),
            stroke(12, Upper).from(62).accent(-8),
            stroke(24, Upper).from(42).accent(-6),
            stroke(36, Block).from(12),
            stroke(48, Upper).from(62).accent(-8),
            stroke(60, Upper).from(42).accent(-6),
        ],
        &[stroke(0, Low), stroke(12, Upper).from(25).accent(-6), stroke(36, Low).from(10), stroke(48, Upper).from(25)],
    ],
    constancy: 0.7,
};

/// Boom-chuck, and strumming.
const FOLK: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Low).length(24),
            stroke(24, Down).from(5).length(12).accent(2),
            stroke(36, Up).from(70).length(10).accent(-8),
            stroke(48, Low).from(15).length(24),
            stroke(72, Down).from(5).length(12).accent(2),
            stroke(84, Up).from(60).length(10).accent(-8),
        ],
        &[
            stroke(0, Down).accent(4),
            stroke(24, Down).from(30),
            stroke(36, Up).from(42).accent(-8),
            stroke(60, Up).from(35).accent(-6),
            stroke(72, Down).from(20),
            stroke(84, Up).from(48).accent(-8),
        ],
        &[
            stroke(0, Low).length(24),
            stroke(24, Down).from(5).length(12).accent(2),
            stroke(48, Low).from(15).length(24),
            stroke(60, Up).from(60).length(10).accent(-8),
            stroke(72, Down).from(5).length(12),
            stroke(84, Up).from(42).length(12).accent(-4),
        ],
    ],
    three: &[
        &[
            stroke(0, Low).length(24).accent(2),
            stroke(24, Down).from(10).length(14),
            stroke(36, Up).from(70).length(10).accent(-8),
            stroke(48, Down).from(10).length(14).accent(-2),
            stroke(60, Up).from(58).length(10).accent(-8),
        ],
        &[stroke(0, Down).accent(4), stroke(24, Down).from(40), stroke(48, Down).from(25), stroke(60, Up).from(50)],
    ],
    compound: &[
        &[
            stroke(0, Low).length(22).accent(2),
            stroke(24, Down).from(10).length(10).accent(-2),
            stroke(36, Low).from(10).length(22),
            stroke(60, Down).from(10).length(10).accent(-2),
        ],
        &[
            stroke(0, Down).accent(4),
            stroke(12, Up).from(75).accent(-8),
            stroke(24, Up).from(40).accent(-6),
            stroke(36, Down).from(15),
            stroke(48, Up).from(75).accent(-8),
            stroke(60, Up).from(40).accent(-6),
        ],
    ],
    constancy: 0.65,
};

/// Alberti bass, and its relatives.
const CLASSICAL: Patterns<Touch> = Patterns {
    four: &[
        &figure(12, 24, [0, 2, 1, 2, 0, 2, 1, 2]),
        &figure(12, 24, [0, 1, 2, 1, 0, 1, 2, 1]),
        &[
            stroke(0, Low).length(24),
            stroke(24, Upper).from(10).length(14).accent(-6),
            stroke(48, Upper).from(10).length(14).accent(-4),
            stroke(72, Upper).from(10).length(14).accent(-6),
            stroke(84, Upper).from(75).length(8).accent(-10),
        ],
    ],
    three: &[
        &figure(12, 24, [0, 2, 1, 2, 1, 2]),
        &[
            stroke(0, Low).length(24),
            stroke(24, Upper).from(10).length(14).accent(-6),
            stroke(48, Upper).from(10).length(14).accent(-6),
        ],
    ],
    compound: &[&figure(12, 36, [0, 1, 2, 0, 1, 2]), &figure(12, 36, [0, 2, 1, 0, 2, 1])],
    constancy: 0.7,
};

/// Broken chords in even notes, as in a prelude.
const BAROQUE: Patterns<Touch> = Patterns {
    four: &[
        &figure(6, 24, [0, 1, 2, 3, 2, 3, 2, 1, 0, 1, 2, 3, 2, 3, 2, 1]),
        &figure(6, 24, [0, 2, 1, 2, 3, 2, 1, 2, 0, 2, 1, 2, 3, 2, 1, 2]),
        &figure(12, 24, [0, 1, 2, 3, 2, 1, 2, 1]),
    ],
    three: &[&figure(12, 24, [0, 1, 2, 3, 2, 1]), &figure(6, 24, [0, 1, 2, 1, 3, 2, 1, 2, 3, 2, 1, 2])],
    compound: &[&figure(12, 36, [0, 1, 2, 3, 2, 1]), &figure(12, 36, [0, 2, 1, 3, 1, 2])],
    constancy: 0.7,
};

/// Single notes that ring on, as under the pedal.
const fn ringing<const N: usize>(mut strokes: [Strokes; N], period: u8) -> [Strokes; N] {
    let mut index = 0;
    while index < N {
        strokes[index].length = period - strokes[index].at % period;
        index += 1;
    }
    strokes
}

/// Wide arpeggios under the pedal, in triplets and in eighths.
const ROMANTIC: Patterns<Touch> = Patterns {
    four: &[
        &ringing(figure(8, 48, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]), 48),
        &ringing(figure(12, 48, [0, 1, 2, 3, 2, 3, 2, 1]), 96),
        &ringing(figure(8, 48, [0, 1, 2, 1, 3, 2, 0, 1, 2, 1, 3, 2]), 48),
    ],
    three: &[
        &ringing(figure(12, 72, [0, 1, 2, 3, 2, 1]), 72),
        &[
            stroke(0, Low).length(72),
            stroke(24, Upper).from(10).length(20).accent(-6),
            stroke(48, Upper).from(10).length(20).accent(-8),
        ],
    ],
    compound: &[&ringing(figure(12, 72, [0, 1, 2, 3, 2, 1]), 72), &ringing(figure(12, 36, [0, 1, 2, 0, 2, 3]), 36)],
    constancy: 0.75,
};

/// Four parts on the beats.
const HYMN: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Block).accent(2),
            stroke(24, Block).from(35).accent(-4),
            stroke(48, Block).from(10),
            stroke(72, Block).from(30).accent(-4),
        ],
        &[stroke(0, Block).accent(2), stroke(48, Block).from(10), stroke(72, Block).from(30).accent(-2)],
        &[stroke(0, Block).accent(2), stroke(24, Block).from(45).accent(-4), stroke(48, Block).from(10)],
    ],
    three: &[
        &[stroke(0, Block).accent(2), stroke(24, Block).from(40).accent(-4), stroke(48, Block).from(25).accent(-2)],
        &[stroke(0, Block).accent(2), stroke(48, Block).from(20).accent(-2)],
    ],
    compound: &[
        &[
            stroke(0, Block).accent(2),
            stroke(24, Block).from(42).accent(-6),
            stroke(36, Block).from(10),
            stroke(60, Block).from(42).accent(-6),
        ],
        &[stroke(0, Block).accent(2), stroke(36, Block).from(10)],
    ],
    constancy: 0.5,
};

/// Notes that stop before the next.
const fn detached<const N: usize>(mut strokes: [Strokes; N], ticks: u8) -> [Strokes; N] {
    let mut index = 0;
    while index < N {
        strokes[index].length = ticks;
        index += 1;
    }
    strokes
}

/// Fast arpeggios, as early sound chips played chords.
const GAME: Patterns<Touch> = Patterns {
    four: &[
        &detached(figure(6, 24, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]), 5),
        &detached(figure(6, 24, [0, 2, 1, 3, 0, 2, 1, 3, 0, 2, 1, 3, 4, 3, 2, 1]), 5),
        &detached(figure(6, 24, [3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 1, 2, 3, 4]), 5),
        &detached(figure(6, 24, [0, 1, 2, 1, 3, 2, 1, 2, 0, 1, 2, 1, 4, 3, 2, 1]), 5),
    ],
    three: &[
        &detached(figure(6, 24, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]), 5),
        &detached(figure(6, 24, [0, 1, 2, 1, 3, 2, 1, 2, 4, 3, 2, 1]), 5),
    ],
    compound: &[
        &detached(figure(6, 36, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]), 5),
        &detached(figure(6, 36, [0, 1, 2, 0, 1, 2, 3, 2, 1, 3, 2, 1]), 5),
    ],
    constancy: 0.5,
};

/// Syncopation between low and high, after the montuno, with pushes into the next chord.
const LATIN: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Block).length(10).accent(4),
            stroke(18, Low).from(75).length(6).accent(-6),
            stroke(24, Upper).from(25).length(10),
            stroke(36, Low).from(10).length(10).accent(2),
            stroke(48, Upper).from(62).length(8).accent(-6),
            stroke(60, Upper).from(10).length(10).accent(2),
            stroke(72, Low).from(40).length(10).accent(-4),
            stroke(84, Early).from(20).length(16).accent(4),
        ],
        &[
            stroke(12, Upper).length(10).accent(4),
            stroke(24, Low).from(55).length(8).accent(-4),
            stroke(36, Upper).from(10).length(10).accent(2),
            stroke(48, Low).from(40).length(8).accent(-4),
            stroke(60, Upper).from(15).length(10).accent(2),
            stroke(84, Early).from(25).length(16).accent(4),
        ],
        &[
            stroke(0, Block).length(16).accent(2),
            stroke(36, Block).from(10).length(10).accent(2),
            stroke(54, Upper).from(60).length(6).accent(-6),
            stroke(60, Upper).from(30).length(12),
            stroke(84, Block).from(45).length(10).accent(2),
        ],
    ],
    three: &[
        &[
            stroke(0, Block).length(10).accent(4),
            stroke(24, Low).from(50).length(8).accent(-4),
            stroke(36, Upper).from(10).length(10),
            stroke(60, Early).from(25).length(14).accent(2),
        ],
        &[stroke(12, Upper).length(10), stroke(36, Upper).from(10).length(10), stroke(60, Early).from(20).length(14)],
    ],
    compound: &[
        &[
            stroke(0, Block).length(10).accent(4),
            stroke(24, Upper).from(15).length(10),
            stroke(36, Low).from(55).length(8).accent(-4),
            stroke(48, Upper).from(15).length(10).accent(2),
            stroke(60, Upper).from(45).length(8).accent(-4),
        ],
        &[
            stroke(12, Upper).length(10),
            stroke(24, Upper).from(40).length(8).accent(-4),
            stroke(36, Block).from(10).length(10).accent(2),
            stroke(60, Early).from(35).length(14).accent(2),
        ],
    ],
    constancy: 0.25,
};

/// The shuffle of fifths and sixths, and stabs against it.
const BLUES: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(0, Fifth).length(12).accent(4),
            stroke(12, Fifth).from(30).length(10).accent(-8),
            stroke(24, Sixth).from(5).length(12),
            stroke(36, Sixth).from(30).length(10).accent(-8),
            stroke(48, Fifth).from(5).length(12).accent(2),
            stroke(60, Fifth).from(30).length(10).accent(-8),
            stroke(72, Sixth).from(5).length(12),
            stroke(84, Sixth).from(30).length(10).accent(-8),
        ],
        &[
            stroke(0, Fifth).length(22).accent(2),
            stroke(24, Upper).from(10).length(8).accent(4),
            stroke(36, Upper).from(55).length(8).accent(-6),
            stroke(48, Fifth).from(15).length(22),
            stroke(72, Upper).from(10).length(8).accent(4),
            stroke(84, Upper).from(45).length(10).accent(-2),
        ],
        &[
            stroke(0, Block).length(20).accent(2),
            stroke(36, Block).from(25).length(8),
            stroke(60, Block).from(45).length(8).accent(-4),
            stroke(72, Block).from(25).length(12),
            stroke(84, Early).from(65).length(14),
        ],
    ],
    three: &[
        &[
            stroke(0, Fifth).length(22).accent(2),
            stroke(24, Upper).from(10).length(10),
            stroke(36, Upper).from(60).length(8).accent(-6),
            stroke(48, Upper).from(20).length(10),
        ],
        &[stroke(0, Block).length(30), stroke(36, Block).from(20).length(10), stroke(60, Early).from(50).length(14)],
    ],
    compound: &[
        &[
            stroke(0, Block).length(12).accent(4),
            stroke(12, Upper).from(38).length(10).accent(-8),
            stroke(24, Upper).from(30).length(10).accent(-6),
            stroke(36, Block).from(5).length(12).accent(2),
            stroke(48, Upper).from(38).length(10).accent(-8),
            stroke(60, Upper).from(30).length(10).accent(-6),
        ],
        &[
            stroke(0, Fifth).length(24),
            stroke(24, Fifth).from(30).length(10).accent(-6),
            stroke(36, Sixth).from(5).length(24),
            stroke(60, Sixth).from(30).length(10).accent(-6),
        ],
    ],
    constancy: 0.6,
};

/// Short stabs between the beats.
const ELECTRONIC: Patterns<Touch> = Patterns {
    four: &[
        &[
            stroke(12, Block).length(6),
            stroke(30, Upper).from(75).length(4).accent(-8),
            stroke(36, Block).from(15).length(6),
            stroke(60, Block).from(5).length(6),
            stroke(78, Upper).from(70).length(4).accent(-8),
            stroke(84, Block).from(15).length(6),
        ],
        &[
            stroke(0, Block).length(8).accent(4),
            stroke(18, Block).from(15).length(8),
            stroke(36, Block).from(15).length(8),
            stroke(54, Block).from(42).length(8),
            stroke(72, Block).from(20).length(8),
            stroke(84, Upper).from(68).length(6).accent(-6),
        ],
        &[
            stroke(12, Block).length(6),
            stroke(18, Upper).from(60).length(4).accent(-8),
            stroke(36, Block).from(10).length(6),
            stroke(54, Block).from(42).length(6).accent(-2),
            stroke(66, Block).from(50).length(6).accent(-2),
            stroke(84, Block).from(10).length(6),
        ],
    ],
    three: &[
        &[stroke(12, Block).length(6), stroke(36, Block).from(10).length(6), stroke(60, Block).from(15).length(6)],
        &[
            stroke(0, Block).length(8).accent(4),
            stroke(18, Block).from(20).length(8),
            stroke(36, Block).from(20).length(8),
            stroke(54, Block).from(40).length(8),
        ],
    ],
    compound: &[
        &[
            stroke(12, Block).length(6),
            stroke(24, Block).from(25).length(6).accent(-4),
            stroke(48, Block).from(5).length(6),
            stroke(60, Block).from(25).length(6).accent(-4),
        ],
        &[stroke(0, Block).length(8), stroke(18, Block).from(20).length(8), stroke(54, Block).from(20).length(8)],
    ],
    constancy: 0.6,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_in_order_within_its_bar_and_has_a_stroke_for_every_density() {
        for style in Style::ALL {
            let patterns = comping(style);
            for (variants, ticks) in [(patterns.four, 96), (patterns.three, 72), (patterns.compound, 72)] {
                assert!(variants.len() > 1, "{style} has one pattern only");
                for strokes in variants {
                    assert!(strokes.windows(2).all(|pair| pair[0].at < pair[1].at), "{style}");
                    assert!(strokes.iter().all(|stroke| stroke.at < ticks), "{style}");
                    assert!(strokes.iter().any(|stroke| stroke.from == 0), "{style}");
                }
            }
        }
    }

    #[test]
    fn no_two_styles_share_a_pattern() {
        let rhythm =
            |strokes: &[Strokes]| strokes.iter().map(|stroke| (stroke.at, stroke.touch, stroke.length)).collect();
        let all: Vec<Vec<_>> = Style::ALL.iter().flat_map(|&style| comping(style).four).map(|s| rhythm(s)).collect();
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| one != other), "{one:?}");
        }
    }
}
