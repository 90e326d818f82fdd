//! A picture of ways along an edge of the morph pad: the bars at both ends, and what is struck between them.

use std::fmt::Write;

use continuo_models::music::texture::{Cell, Cells, ROWS, SLOTS};

use super::paths::Paths;

/// Height of a row, and width of a slot that is a sixteenth or a triplet.
const ROW: usize = 9;
const SLOT: usize = 5;
/// Room left of the first bar, between bars, above all and above each part.
const LEFT: usize = 92;
const GAP: usize = 12;
const TOP: usize = 52;
const HEAD: usize = 26;

/// What is struck in the first bar, in the last one, in both, and in neither.
const STRUCK: [(&str, &str); 4] = [
    ("#c77f00", "of the first bar"),
    ("#1673b8", "of the last bar"),
    ("#23272e", "of both"),
    ("#b0497c", "of neither"),
];

/// Draws the example of each part as SVG.
pub fn ways(paths: &[Paths]) -> String {
    let shown: Vec<&Paths> = paths.iter().filter(|of_part| !of_part.example.is_empty()).collect();
    let steps = shown.iter().map(|of_part| of_part.example.len()).max().unwrap_or(0);
    let (bar, height) = (SLOTS * SLOT + GAP, ROWS * ROW + HEAD);
    let (wide, high) = (LEFT + steps * bar, TOP + shown.len() * height + HEAD);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"sans-serif\" \
         font-size=\"11\" fill=\"#23272e\">\n<rect width=\"{wide}\" height=\"{high}\" fill=\"#ffffff\"/>\n"
    );
    for (index, (colour, name)) in STRUCK.iter().enumerate() {
        let x = LEFT + index * 150;
        let _ = writeln!(svg, r#"<rect x="{x}" y="12" width="10" height="10" fill="{colour}"/>"#);
        let _ = writeln!(svg, r#"<text x="{}" y="21">{name}</text>"#, x + 16);
    }
    for (index, of_part) in shown.iter().enumerate() {
        let top = TOP + index * height;
        let _ = writeln!(svg, r#"<text x="8" y="{}" font-weight="bold">{}</text>"#, top - 6, of_part.part);
        for (row, name) in of_part.rows.into_iter().enumerate() {
            let y = top + row * ROW + ROW - 1;
            let _ = writeln!(svg, r#"<text x="8" y="{y}" font-size="8.5">{}</text>"#, name.replace('_', " "));
        }
        for (step, cells) in of_part.example.iter().enumerate() {
            let x = LEFT + step * bar;
            let share = 100 * step / (steps - 1).max(1);
            let _ = writeln!(svg, r#"<text x="{x}" y="{}" font-size="9">{share} %</text>"#, top - 6);
            strokes(&mut svg, (x, top), cells, [&of_part.example[0], &of_part.example[of_part.example.len() - 1]]);
        }
    }
    svg + "</svg>\n"
}

/// Appends a bar at `(x, y)`, whose strokes are coloured by which of the `ends` have them.
fn strokes(svg: &mut String, (x, y): (usize, usize), cells: &Cells, ends: [&Cells; 2]) {
    let (width, height) = (SLOTS * SLOT, ROWS * ROW);
    let _ = writeln!(svg, r##"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#f4f2ec"/>"##);
    for beat in 1..4 {
        let x = x + beat * width / 4;
        let _ = writeln!(svg, r##"<path d="M{x} {y} v{height}" stroke="#ddd8cb"/>"##);
    }
    for cell in cells.iter() {
        let Cell { slot, row } = cell;
        let (colour, _) = STRUCK[origin(cell, ends)];
        let (x, y) = (x + slot * SLOT, y + row * ROW + 1);
        let _ = writeln!(svg, r#"<rect x="{x}" y="{y}" width="{SLOT}" height="{}" fill="{colour}"/>"#, ROW - 2);
    }
}

/// Which of [`STRUCK`] a stroke is.
fn origin(cell: Cell, [first, last]: [&Cells; 2]) -> usize {
    match (first.contains(cell), last.contains(cell)) {
        (true, false) => 0,
        (false, true) => 1,
        (true, true) => 2,
        (false, false) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_is_of_the_ends_that_have_it() {
        let [one, both, other, none] = [0, 1, 2, 3].map(|slot| Cell { slot, row: 0 });
        let (first, last): (Cells, Cells) = ([one, both].into_iter().collect(), [both, other].into_iter().collect());
        let of = [one, other, both, none].map(|cell| origin(cell, [&first, &last]));
        assert_eq!(of, [0, 1, 2, 3]);
    }
}
