//! Charts to read as a musician reads them: what people wrote beside what a system played, bar by bar.

use std::fmt::Write;

use continuo_models::music::{Frame, Key};

use super::Verdict;
use crate::eval::corpus::Piece;
use crate::lead_sheet::{LeadSheet, table};

/// The first `count` pieces, as `verdicts` have them beside people.
pub fn charts(pieces: &[Piece], verdicts: &[&Verdict], count: usize) -> String {
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate().take(count) {
        let sheet = LeadSheet {
            position: &|tick| piece.position(tick),
            key: &|tick| piece.key_at(tick).unwrap_or(Key::major(0)),
        };
        let played = || verdicts.iter().map(|verdict| (&verdict.title, &verdict.pieces[index]));
        let frames = played().map(|(_, played)| played.chords.len()).max().unwrap_or(0);
        let people = sheet.column("people", &piece.chord_frames(frames as Frame));
        let ours = played().map(|(title, played)| sheet.column(title, &played.chords));
        let key = piece.key_at(0).map_or(String::new(), |key| format!(", {key}"));
        let right = played().filter_map(|(_, played)| played.measures.right.root);
        let right: Vec<String> = right.map(|root| format!("{root:.2}")).collect();
        let columns: Vec<_> = std::iter::once(people).chain(ours).collect();
        // A string takes any text.
        let _ = writeln!(text, "{} {}{key}, root right {}", piece.source, piece.id, right.join(" and "));
        let _ = writeln!(text, "{}", table(&columns));
    }
    text
}
