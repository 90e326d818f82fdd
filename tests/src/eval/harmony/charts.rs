//! Charts to read as a musician reads them: what people wrote beside what a system played, bar by bar.

use std::fmt::Write;

use continuo_models::music::time::frame_start;
use continuo_models::music::{Frame, Key, Numeral, SlashChord};

use super::Verdict;
use crate::eval::corpus::Piece;
use crate::eval::measures::{begins_bar, begins_beat};

/// The first `count` pieces, as `verdict` has them beside people.
pub fn charts(pieces: &[Piece], verdict: &Verdict, count: usize) -> String {
    let mut text = String::new();
    for (piece, played) in pieces.iter().zip(&verdict.pieces).take(count) {
        let human = piece.chord_frames(played.chords.len() as Frame);
        let [theirs, ours] = [&human, &played.chords].map(|chords| bars(piece, chords));
        let key = piece.key_at(0).map_or(String::new(), |key| format!(", {key}"));
        let root = played.measures.right.root.map_or(String::new(), |root| format!(", root right {root:.2}"));
        let _ = writeln!(text, "{} {}{key}{root}", piece.source, piece.id);
        let header = ["people", "", &verdict.title, ""].map(str::to_owned);
        let lines: Vec<[String; 4]> = theirs.into_iter().zip(ours).map(|([a, b], [c, d])| [a, b, c, d]).collect();
        let width = |column: usize| {
            let cells = lines.iter().chain([&header]).map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: [usize; 4] = std::array::from_fn(width);
        for (number, line) in
            std::iter::once((String::new(), &header)).chain((1..).map(|number: usize| number.to_string()).zip(&lines))
        {
            let cells = line.iter().zip(widths).map(|(cell, width)| format!("  {cell:width$}"));
            let row = format!("{number:>4}{}", cells.collect::<String>());
            let _ = writeln!(text, "{}", row.trim_end());
        }
        text.push('\n');
    }
    text
}

/// The bars of `chords` as symbols and as Roman numerals in the written key. A token for each beat: what begins there,
/// or a point; chords that begin after a beat stand behind an apostrophe. Nothing new in a bar is `%`.
fn bars(piece: &Piece, chords: &[Option<SlashChord>]) -> Vec<[String; 2]> {
    let mut bars: Vec<[String; 2]> = Vec::new();
    let mut last: Option<SlashChord> = None;
    for (frame, &chord) in (0..).zip(chords) {
        if begins_bar(piece, frame) || bars.is_empty() {
            bars.push(Default::default());
        }
        let Some(bar) = bars.last_mut() else { continue };
        let begins = chord != last || frame == 0;
        last = chord;
        let on_beat = begins_beat(piece, frame);
        let names = if begins { names(piece, chords, frame) } else { [".".to_owned(), ".".to_owned()] };
        for (text, name) in bar.iter_mut().zip(names) {
            if on_beat {
                text.push_str(if text.is_empty() { "" } else { " " });
                text.push_str(&name);
            } else if begins {
                text.push('\'');
                text.push_str(&name);
            }
        }
    }
    let is_still = |text: &str| text.chars().all(|letter| letter == '.' || letter == ' ');
    for text in bars.iter_mut().flatten() {
        // Points at the end say nothing.
        let end = if is_still(text) { 0 } else { text.trim_end_matches([' ', '.']).len() };
        text.truncate(end);
        if text.is_empty() {
            text.push('%');
        }
    }
    bars
}

/// The symbol and the numeral of what begins in `frame`.
fn names(piece: &Piece, chords: &[Option<SlashChord>], frame: Frame) -> [String; 2] {
    let Some(chord) = chords[frame as usize] else { return ["–".to_owned(), "–".to_owned()] };
    let key = piece.key_at(frame_start(frame)).unwrap_or(Key::major(0));
    let after = chords[frame as usize..].iter().flatten().find(|next| next.chord != chord.chord);
    let numeral = Numeral::leading_to(chord.chord, after.map(|next| next.chord), key);
    [chord.symbol(key), numeral.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    #[test]
    fn a_bar_tells_what_begins_on_its_beats_and_after_them() {
        let chords = [(0, 48, "Cmaj7"), (48, 36, "Dm7"), (84, 12, "G7"), (96, 192, "C"), (288, 96, "Em")];
        let piece = made_up("a", &[(0, 384, 60)], &chords);
        let mut chords = piece.chord_frames(64);
        chords[60..].fill(None);
        let told = bars(&piece, &chords);
        let expected = [["Cmaj7 . Dm7 .'G7", "Imaj7 . ii7 .'V7"], ["C", "I"], ["%", "%"], ["Em . . –", "iii . . –"]];
        assert_eq!(told, expected.map(|bar| bar.map(str::to_owned)));
    }
}
