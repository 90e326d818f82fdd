//! Whether a section comes back: what the band strikes in A A B A, while the chords change elsewhere and the musician
//! strikes elsewhere each time.

use continuo_models::controls::BarSource;
use continuo_models::improviser::players::accompaniment::drawing::{Asked, Drawing};
use continuo_models::music::Style;
use continuo_models::music::texture::{Grid, Part};
use serde::Serialize;

use super::corpus::Piece;
use super::systems::{USUAL_TEMPO, f1, random_seed};
use crate::eval::report::{Table, number};

/// Bars of a section, and of A A B A.
const SECTION: usize = 8;
const ROUND: usize = 4 * SECTION;

/// How alike sections are: the F1 of the strokes of their bars, on the mean.
#[derive(Clone, Debug, Serialize)]
pub struct Return {
    /// The style.
    pub style: Style,
    /// The part.
    pub part: &'static str,
    /// Patterns, or real bars.
    pub source: &'static str,
    /// In the changes and under the hands of so many pieces.
    pub pieces: usize,
    /// A and A, right after it and after the bridge.
    pub again: f64,
    /// A and B.
    pub bridge: f64,
}

/// What is struck of each part and from each source, in the bars of `pieces`: their changes and what is played in them.
/// Each has a seed of its own, and the knobs are in the middle.
pub fn judge(pieces: &[Piece]) -> Vec<Return> {
    let sources = [(BarSource::Library, "library"), (BarSource::Played, "real bars")];
    let kinds = Style::ALL.into_iter().flat_map(|style| Part::ALL.map(|part| (style, part)));
    let all = kinds.flat_map(|(style, part)| sources.map(|source| (style, part, source)));
    all.filter_map(|(style, part, (source, name))| {
        let rounds: Vec<Vec<Grid>> = (pieces.iter())
            .filter(|piece| piece.style == style && piece.bars.iter().any(|bar| bar.parts[part as usize].is_some()))
            .map(|piece| round(piece, part, source))
            .filter(|round| round.len() == ROUND)
            .collect();
        let mean = |pairs: &[(usize, usize)]| {
            let sections = rounds.iter().flat_map(|round| pairs.iter().map(move |pair| (round, pair)));
            let bars = sections.flat_map(|(round, (one, other))| {
                (0..SECTION).map(move |bar| (round[one * SECTION + bar].cells(), round[other * SECTION + bar].cells()))
            });
            let struck = bars.filter(|(one, other)| one.count() + other.count() > 0);
            let (sum, count) = struck.fold((0.0, 0), |(sum, count), (one, other)| (sum + f1(&one, &other), count + 1));
            sum / f64::from(count.max(1))
        };
        (!rounds.is_empty()).then(|| Return {
            style,
            part: ["drums", "chords", "bass"][part as usize],
            source: name,
            pieces: rounds.len(),
            again: mean(&[(0, 1), (0, 3)]),
            bridge: mean(&[(0, 2), (1, 2), (3, 2)]),
        })
    })
    .collect()
}

/// Once through A A B A in the bars of `piece`, from its first one on, over and over.
fn round(piece: &Piece, part: Part, source: BarSource) -> Vec<Grid> {
    let Some(measure) = piece.bars.first().map(|bar| bar.measure) else { return Vec::new() };
    let bars = piece.bars.iter().filter(|bar| bar.measure == measure).cycle().take(ROUND);
    let asked: Vec<Asked> = (bars.enumerate())
        .map(|(number, bar)| Asked {
            densities: [0.5; Part::ALL.len()],
            changes: bar.changes,
            onsets: bar.hand_before,
            number,
            is_end: number % SECTION + 1 == SECTION,
        })
        .collect();
    let tempo = piece.tempo.unwrap_or(USUAL_TEMPO);
    let (style, seed) = (piece.style, random_seed(&piece.id));
    Drawing { source, style, measure, tempo, seed, vary: 0.0, drift: 1.0, lock: 0 }.drawn(part, &asked)
}

/// How alike sections are, as a table.
pub fn table(returns: &[Return]) -> Table {
    let mut table = Table::new(&["A A B A", "pieces", "A again", "A in B"]);
    for of in returns {
        let name = format!("{} {}: {}", of.style, of.part, of.source);
        table.row([name, of.pieces.to_string(), number(Some(of.again), 3), number(Some(of.bridge), 3)]);
    }
    table
}
