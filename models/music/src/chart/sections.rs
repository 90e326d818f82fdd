//! The sections of a chart: as its marks say, or as its chords come again.

use super::{Chart, Content};
use crate::Tick;
use crate::form::{self, Letter, Section};

/// So many of four bars are the same where a section comes again: its end may lead elsewhere.
const ALIKE: (usize, usize) = (3, 4);
/// A marked section that is longer is more than one.
const LONGEST: usize = 12;

/// What stands at the beginning and in the middle of a bar: a root and whether its third is minor, or that the band
/// rests. `None`: nobody knows.
type Outline = [Option<Option<(u8, bool)>>; 2];

impl Chart {
    /// The sections of a chorus, in the order in which they are played. Where two different marks are written, they
    /// say which sections there are, and those with one name are alike ("A1" is an A); else a section has eight bars,
    /// and is alike to an earlier one that has its chords.
    pub fn sections(&self) -> Vec<Section> {
        let order = self.order();
        let mut marks = order.iter().map(|&index| name_of(&self.bars[index].section)).filter(|name| !name.is_empty());
        let first = marks.next();
        if marks.any(|mark| Some(mark) != first) { self.marked(&order) } else { self.alike(&order) }
    }

    fn marked(&self, order: &[usize]) -> Vec<Section> {
        let mut sections: Vec<(&str, usize)> = Vec::new();
        for &index in order {
            let mark = &self.bars[index].section;
            match sections.last_mut().filter(|_| mark.is_empty()) {
                Some((_, bars)) => *bars += 1,
                None => sections.push((name_of(mark), 1)),
            }
        }
        let letters = letters_of(sections.iter().map(|(name, _)| *name));
        let parts = |bars: usize| if bars > LONGEST { form::lengths(bars as Tick) } else { vec![bars as Tick] };
        let section =
            |(letter, bars): (Letter, usize)| parts(bars).into_iter().map(move |bars| Section { letter, bars });
        letters.into_iter().zip(sections).flat_map(|(letter, (_, bars))| section((letter, bars))).collect()
    }

    fn alike(&self, order: &[usize]) -> Vec<Section> {
        if order.is_empty() || order.iter().all(|&index| *self.content(index) == Content::Open) {
            return if order.is_empty() { Vec::new() } else { form::usual(order.len() as Tick) };
        }
        let outlines = self.outlines(order);
        let mut rest = &outlines[..];
        let mut found: Vec<&[Outline]> = Vec::new();
        let section = |bars: Tick| {
            let (own, later) = rest.split_at(bars as usize);
            rest = later;
            let known = found.iter().position(|other| are_alike(own, other));
            let letter = Letter::of(known.unwrap_or(found.len()));
            if known.is_none() {
                found.push(own);
            }
            Section { letter, bars }
        };
        form::lengths(order.len() as Tick).into_iter().map(section).collect()
    }

    fn outlines(&self, order: &[usize]) -> Vec<Outline> {
        let mut standing = None;
        let outline = |&index: &usize| {
            let Content::Chords(chords) = self.content(index) else {
                standing = None;
                return Outline::default();
            };
            let length = self.length_of(index);
            let mut until = |tick: Tick| {
                for (_, symbol) in chords.iter().filter(|(at, _)| *at <= tick) {
                    let chord = symbol.as_ref().map(|symbol| symbol.chord().chord);
                    standing = Some(chord.map(|chord| (chord.root, chord.quality.is_minor())));
                }
                standing
            };
            let outline = [until(0), until(length / 2)];
            until(length);
            outline
        };
        order.iter().map(outline).collect()
    }
}

/// The name of a mark without what tells apart sections that are alike: "A" of "A1" and of "A'".
fn name_of(mark: &str) -> &str {
    let name = mark.trim_end_matches(|sign: char| sign.is_ascii_digit() || "'’′ ".contains(sign));
    if name.is_empty() { mark } else { name }
}

/// A letter for each of `names`, the same for the same: that which it is, or one that is none of them.
fn letters_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<Letter> {
    let own = |name: &str| {
        let mut signs = name.chars();
        let sign = signs.next().filter(|_| signs.next().is_none())?;
        Letter::try_from(sign.to_ascii_uppercase()).ok()
    };
    let taken: Vec<Letter> = names.clone().filter_map(own).collect();
    let mut free = (0..Letter::COUNT).map(Letter::of).filter(|letter| !taken.contains(letter));
    let mut named: Vec<(&str, Letter)> = Vec::new();
    let letter = |name| {
        let known = named.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
        known.or_else(|| own(name)).unwrap_or_else(|| {
            let letter = free.next().unwrap_or(Letter::A);
            named.push((name, letter));
            letter
        })
    };
    names.map(letter).collect()
}

/// Whether two sections have the same chords, but perhaps for their ends.
fn are_alike(one: &[Outline], other: &[Outline]) -> bool {
    let is_known = |outline: &Outline| outline.iter().all(Option::is_some);
    let same = one.iter().zip(other).filter(|(one, other)| one == other && is_known(one)).count();
    one.len() == other.len() && ALIKE.1 * same >= ALIKE.0 * one.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(text: &str) -> String {
        let (chart, remarks) = Chart::read(text);
        assert!(remarks.is_empty(), "{remarks:?}");
        let written = |section: &Section| format!("{}{}", section.letter, section.bars);
        chart.sections().iter().map(written).collect::<Vec<_>>().join(" ")
    }

    const A: &str = "| C | Am7 | Dm7 | G7 | C | Am7 | Dm7 G7 | C ";
    /// The same with another end.
    const A2: &str = "| C | Am7 | Dm7 | G7 | C | Am7 | F | Bb7 ";
    const B: &str = "| E7 | % | A7 | % | D7 | % | G7 | % ";

    #[test]
    fn sections_with_the_same_chords_have_the_same_letter_whatever_their_ends() {
        assert_eq!(sections(&format!("{A}{A2}{B}{A}|")), "A8 A8 B8 A8");
        assert_eq!(sections(&format!("{A}{B}{A}{B}|")), "A8 B8 A8 B8");
        assert_eq!(sections("| C | F | C | % | F | % | C | % | G7 | F | C | G7 |"), "A12");
        assert_eq!(sections(&format!("|: {} :| x2 {B}|", &A[1..])), "A8 A8 B8");
        assert_eq!(sections(""), "");
    }

    #[test]
    fn of_open_bars_the_usual_form_is_assumed_and_what_nobody_knows_is_like_nothing() {
        let open = "| _ | _ | _ | _ | _ | _ | _ | _ ";
        assert_eq!(sections(&format!("{}|", open.repeat(4))), "A8 A8 B8 A8");
        assert_eq!(sections(&format!("{A}{open}{open}{A}|")), "A8 B8 C8 A8");
    }

    #[test]
    fn marks_say_which_sections_there_are() {
        let tune = format!("[Intro]\n| C | G7 \n[A1]\n{A}\n[A2]\n{A2}\n[B]\n{A}\n[Intro]\n| C | G7 |");
        assert_eq!(sections(&tune), "C2 A8 A8 B8 C2");
        assert_eq!(sections(&format!("[A]\n{A}{A2}\n[B]\n{B}|")), "A8 A8 B8", "sixteen bars are two sections");
        assert_eq!(sections(&format!("[A]\n{A}{A2}{B}{A}|")), "A8 A8 B8 A8", "one mark for all of it says nothing");
    }
}
