//! What the players strike, bar by bar, against people, against real bars that fit, and against bars that do not belong
//! together.

pub mod corpus;
mod hands;
pub mod levels;
pub mod measures;
pub mod paths;
pub mod picture;
mod rank;
pub mod returns;
pub mod systems;
pub mod tables;
pub mod told;
mod turned;

use std::collections::BTreeMap;

use continuo_models::music::Style;
use continuo_models::music::texture::{Cells, Grid, Part};
use continuo_models::network::TextureNetwork;
use serde::Serialize;

use self::corpus::{Bar, Piece};
use self::measures::{Interlock, Likeness, OfPieces, Onsets, Runs, interlock, likeness};
use self::systems::{Edges, Row, Systems};
use self::told::{Ear, Unit};
use super::bootstrap::Interval;
use super::report::progress;

/// What is judged of a style.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The style.
    pub style: Style,
    /// Row by row.
    pub rows: Vec<OfRow>,
}

/// What one row strikes in a style.
#[derive(Clone, Debug, Serialize)]
pub struct OfRow {
    /// Whose bars they are.
    pub row: Row,
    /// What the bars of each part are like.
    pub parts: BTreeMap<&'static str, Likeness>,
    /// How often bars are told from people's, part by part and together; .5 cannot be told.
    pub told: BTreeMap<&'static str, Interval>,
    /// How those who strike go together.
    pub interlock: BTreeMap<&'static str, Interlock>,
}

/// The name of a unit in tables.
pub fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Drums => "drums",
        Unit::Chords => "chords",
        Unit::Bass => "bass",
        Unit::Together => "together",
    }
}

/// Two that may go together, and how to tell what each strikes in a bar.
type Pair = (&'static str, Side, Side);

/// The slots in which somebody strikes in a bar, a bit each.
type Side = fn(&Bar, &[Option<Grid>; 3]) -> u32;

fn of_drum<const ROW: usize>(parts: &[Option<Grid>; 3]) -> u32 {
    of(parts, Part::Drums, |cells| cells.slots_of(ROW))
}

fn of(parts: &[Option<Grid>; 3], part: Part, slots: impl Fn(Cells) -> u32) -> u32 {
    parts[part as usize].as_ref().map_or(0, |grid| slots(grid.cells()))
}

/// Who is to go together with whom.
const PAIRS: [Pair; 5] = [
    ("kick–bass", |_, parts| of_drum::<0>(parts), |_, parts| of(parts, Part::Bass, |cells| cells.slots())),
    ("snare–chords", |_, parts| of_drum::<1>(parts), |_, parts| of(parts, Part::Chords, |cells| cells.slots())),
    ("hand–drums", |bar, _| bar.hand, |_, parts| of(parts, Part::Drums, |cells| cells.slots())),
    ("hand–chords", |bar, _| bar.hand, |_, parts| of(parts, Part::Chords, |cells| cells.slots())),
    (
        "chords–bass",
        |_, parts| of(parts, Part::Chords, |cells| cells.slots()),
        |_, parts| of(parts, Part::Bass, |cells| cells.slots()),
    ),
];

/// Judges `rows` on `pieces`, style by style; what is learned and taken is from `train`, and made by `network`.
pub fn judge<'a>(
    train: &'a [Piece],
    pieces: &'a [Piece],
    rows: &[Row],
    network: Option<&'a TextureNetwork>,
) -> Vec<Verdict> {
    let edges = Edges::of(if train.is_empty() { pieces } else { train });
    let systems = Systems::new(train, &edges, network);
    let runs = Part::ALL.map(|part| Runs::of(train, part));
    let styles: Vec<Style> =
        Style::ALL.into_iter().filter(|style| pieces.iter().any(|piece| piece.style == *style)).collect();
    let bar = progress("textures", styles.len() * rows.len());
    let of_row = |style: Style, row: Row, ears: &[(Unit, Ear)]| {
        let made: Vec<(&'a Piece, Vec<[Option<Grid>; 3]>)> = (pieces.iter())
            .filter(|piece| piece.style == style)
            .map(|piece| {
                let bars =
                    (0..piece.bars.len()).map(|index| Part::ALL.map(|part| systems.strike(row, piece, index, part)));
                (piece, bars.collect())
            })
            .collect();
        let parts = Part::ALL.into_iter().zip([Unit::Drums, Unit::Chords, Unit::Bass]).map(|(part, unit)| {
            let of_piece = |(piece, bars): &(&'a Piece, Vec<[Option<Grid>; 3]>)| {
                let both = piece.bars.iter().zip(bars).filter_map(|(own, made)| {
                    Some((own.parts[part as usize].as_ref()?.cells(), made[part as usize].clone()?))
                });
                let (own, made): (Vec<Cells>, Vec<Grid>) = both.unzip();
                (*piece, own, made)
            };
            let of_pieces: OfPieces = made.iter().map(of_piece).collect();
            (name(unit), likeness(&of_pieces, part, &runs[part as usize]))
        });
        let told = ears.iter().filter_map(|(unit, ear)| Some((name(*unit), ear.told(&systems, pieces, style)?)));
        let interlocks = PAIRS.into_iter().filter_map(|(name, one, other)| {
            let onsets: Onsets = (made.iter().enumerate())
                .flat_map(|(number, (piece, bars))| {
                    piece.bars.iter().zip(bars).map(move |(bar, parts)| (number, bar, parts))
                })
                .map(|(number, bar, parts)| (number, bar.measure, one(bar, parts), other(bar, parts)))
                .filter(|(_, _, one, other)| *one != 0 && *other != 0)
                .collect();
            Some((name, interlock(&onsets)?))
        });
        let verdict = OfRow {
            row,
            parts: parts.filter(|(_, likeness)| likeness.bars > 0).collect(),
            told: told.collect(),
            interlock: interlocks.collect(),
        };
        bar.inc(1);
        verdict
    };
    let mut verdicts: Vec<Verdict> = styles.iter().map(|&style| Verdict { style, rows: Vec::new() }).collect();
    for &row in rows {
        let ear = |unit: Unit| Some((unit, Ear::learn(&systems, train, pieces, unit, row)?));
        let ears: Vec<(Unit, Ear)> = Unit::ALL.into_iter().filter(|_| row != Row::People).filter_map(ear).collect();
        verdicts.iter_mut().for_each(|verdict| verdict.rows.push(of_row(verdict.style, row, &ears)));
    }
    verdicts
}
