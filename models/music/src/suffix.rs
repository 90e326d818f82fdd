//! What stands behind the root of a chord symbol, as people write it: `-7`, `Δ`, `ø`, `6/9`, `7(b9,#11)`, `madd9`.

use super::pitch::PitchClassSet;

/// The signs of music and their look-alikes, in letters that everybody can type.
pub(super) fn plain(text: &str) -> String {
    let plain = text.trim().chars().filter_map(|sign| match sign {
        '♯' => Some('#'),
        '♭' => Some('b'),
        '°' | '˚' | 'º' | '○' | '◦' => Some('o'),
        'Ø' | '⌀' | '∅' => Some('ø'),
        '△' | '∆' | '▵' | '▲' | '^' => Some('Δ'),
        '−' | '–' | '—' | '‐' | '‑' | '⁻' => Some('-'),
        '＋' | '⁺' => Some('+'),
        '⁵' => Some('5'),
        '⁶' => Some('6'),
        '⁷' => Some('7'),
        '⁹' => Some('9'),
        '♮' | '*' | '’' | '\'' => None,
        other => Some(other),
    });
    plain.collect()
}

/// The tones that `suffix` asks for, in semitones above the root. `None`: it is not understood.
pub(super) fn tones(suffix: &str) -> Option<PitchClassSet> {
    let mut tones = Tones::default();
    let mut rest = suffix;
    let mut before = None;
    while !rest.is_empty() {
        let after = tones.take(rest, before)?;
        before = rest[..rest.len() - after.len()].chars().last();
        rest = after;
    }
    Some(tones.all())
}

/// The tones of a chord while its symbol is read, in semitones above the root.
struct Tones {
    third: Option<u8>,
    fifth: Option<u8>,
    seventh: Option<u8>,
    others: PitchClassSet,
    /// What a 7 means.
    usual_seventh: u8,
    /// Whether a number was read: only then does `-` or `+` before a number alter a tone.
    is_numbered: bool,
}

impl Default for Tones {
    fn default() -> Self {
        let (third, fifth) = (Some(4), Some(7));
        Self { third, fifth, seventh: None, others: PitchClassSet::EMPTY, usual_seventh: 10, is_numbered: false }
    }
}

const HALF_DIMINISHED: &[&str] = &["halfdiminished", "halfdim", "half-dim", "hdim", "ø"];
const DIMINISHED: &[&str] = &["diminished", "dim", "Dim", "DIM", "o", "0"];
const AUGMENTED: &[&str] = &["augmented", "aug", "Aug", "AUG"];
const MAJOR: &[&str] = &["major", "Major", "MAJOR", "maj", "Maj", "MAJ", "Ma", "MA", "Δ", "j"];
const MINOR: &[&str] = &["minor", "Minor", "MINOR", "min", "Min", "MIN", "mi", "Mi", "MI", "m"];
const ALTERED: &[&str] = &["altered", "alt", "Alt", "ALT"];
/// Longer ones before those with which they begin.
const NUMBERS: &[&str] = &["69", "6/9", "6,9", "13", "11", "9", "7", "6", "5", "4", "2"];
const DEGREES: &[&str] = &["13", "11", "9", "7", "6", "5", "4", "3", "2"];

impl Tones {
    /// Takes the next sign of `rest`, which stands after `before`; gives what comes after it, or `None` if it is no
    /// sign of a chord.
    fn take<'a>(&mut self, rest: &'a str, before: Option<char>) -> Option<&'a str> {
        if let Some((_, after)) = one_of(rest, HALF_DIMINISHED) {
            (self.third, self.fifth, self.seventh) = (Some(3), Some(6), Some(10));
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, DIMINISHED) {
            (self.third, self.fifth, self.usual_seventh) = (Some(3), Some(6), 9);
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, AUGMENTED) {
            self.fifth = Some(8);
            return Some(after);
        }
        if let Some((sign, after)) = one_of(rest, MAJOR).or_else(|| short_major(rest)) {
            self.usual_seventh = 11;
            if sign == "Δ" || self.seventh.is_some() {
                self.seventh = Some(11);
            }
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, MINOR) {
            self.third = Some(3);
            return Some(after);
        }
        if let Some(after) = rest.strip_prefix("dom") {
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, &["sus", "Sus", "SUS"]) {
            let (which, after) = one_of(after, &["2sus4", "4sus2", "24", "42", "2", "4"]).unwrap_or(("4", after));
            self.third = None;
            self.others = self.others.union(match which {
                "2" => set(2),
                "4" => set(5),
                _ => set(2).union(set(5)),
            });
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, &["add", "Add", "ADD"]) {
            let after = after.trim_start_matches([' ', '(']);
            let (sign, after) = one_of(after, &["b", "#", "+", "-"]).unwrap_or(("", after));
            let (degree, after) = one_of(after, DEGREES)?;
            self.others = self.others.union(set((above(degree) + 12).saturating_add_signed(shift(sign)) % 12));
            return Some(after);
        }
        if let Some((_, after)) = one_of(rest, &["omit", "Omit", "OMIT", "no", "No", "NO"]) {
            let (degree, after) = one_of(after.trim_start_matches([' ', '(']), &["3", "5", "1"])?;
            match degree {
                "3" => self.third = None,
                "5" => self.fifth = None,
                _ => {}
            }
            return Some(one_of(after, &["rd", "th"]).map_or(after, |(_, after)| after));
        }
        if let Some((_, after)) = one_of(rest, ALTERED) {
            self.seventh = Some(10);
            return Some(after);
        }
        self.take_sign(rest).or_else(|| self.take_number(rest, before)).or_else(|| rest.strip_prefix(ASIDE))
    }

    /// `b9`, `#11`, `+5`, `5-`, and `+` and `-` by themselves.
    fn take_sign<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        if let Some((sign, after)) = rest.strip_prefix('5').and_then(|rest| one_of(rest, &["+", "-"]))
            && !after.starts_with(|next: char| next.is_ascii_digit())
        {
            self.fifth = Some(7u8.saturating_add_signed(shift(sign)));
            return Some(after);
        }
        let (sign, after) = one_of(rest, &["b", "#", "+", "-"])?;
        let altered = one_of(after, &["13", "11", "9", "6", "5", "4", "2"]);
        match (sign, altered) {
            ("b" | "#", None) => None,
            // After a root, - is minor and + is augmented.
            ("-", _) if altered.is_none() || !self.is_numbered => {
                self.third = Some(3);
                Some(after)
            }
            ("+", _) if altered.is_none() || !self.is_numbered => {
                self.fifth = Some(8);
                Some(after)
            }
            (_, Some(("5", after))) => {
                self.fifth = Some(7u8.saturating_add_signed(shift(sign)));
                Some(after)
            }
            (_, Some((degree, after))) => {
                self.others = self.others.union(set(above(degree).saturating_add_signed(shift(sign))));
                Some(after)
            }
            (_, None) => None,
        }
    }

    /// A number; one that stands aside, in brackets or after a stroke, brings no seventh along.
    fn take_number<'a>(&mut self, rest: &'a str, before: Option<char>) -> Option<&'a str> {
        let (number, after) = one_of(rest, NUMBERS)?;
        let is_first = !std::mem::replace(&mut self.is_numbered, true) && self.seventh.is_none();
        let is_aside = matches!(before, Some('(' | '/'));
        let brings_seventh = match number {
            "7" => self.seventh.is_none(),
            "9" | "11" | "13" => !is_aside && is_first,
            _ => false,
        };
        if brings_seventh {
            self.seventh = Some(self.usual_seventh);
        }
        match number {
            "69" | "6/9" | "6,9" => self.others = self.others.union(set(9)).union(set(2)),
            "5" if is_first && self.third == Some(4) => self.third = None,
            "4" if is_first => (self.third, self.others) = (None, self.others.union(set(5))),
            "5" | "7" => {}
            number => self.others = self.others.union(set(above(number))),
        }
        Some(after)
    }

    fn all(&self) -> PitchClassSet {
        let tones: PitchClassSet = [Some(0), self.third, self.fifth, self.seventh].into_iter().flatten().collect();
        tones.union(self.others)
    }
}

/// What stands between the signs.
const ASIDE: [char; 9] = [' ', '(', ')', ',', ';', '.', '/', '[', ']'];

/// `ma` and `M`, where nothing else begins with them.
fn short_major(rest: &str) -> Option<(&'static str, &str)> {
    if let Some(after) = rest.strip_prefix("ma") {
        let is_other = ["dd", "ug", "lt"].iter().any(|other| after.starts_with(other));
        return (!is_other).then_some(("ma", after));
    }
    let after = rest.strip_prefix('M')?;
    (!after.starts_with(['i', 'I'])).then_some(("M", after))
}

/// The first of `signs` with which `text` begins, and the rest of it.
fn one_of<'a>(text: &'a str, signs: &[&'static str]) -> Option<(&'static str, &'a str)> {
    signs.iter().find_map(|&sign| Some((sign, text.strip_prefix(sign)?)))
}

fn set(interval: u8) -> PitchClassSet {
    PitchClassSet::over(0, &[interval])
}

fn shift(sign: &str) -> i8 {
    match sign {
        "#" | "+" => 1,
        "b" | "-" => -1,
        _ => 0,
    }
}

/// Semitones above the root, as a symbol without a sign means them.
fn above(degree: &str) -> u8 {
    match degree {
        "2" | "9" => 2,
        "3" => 4,
        "4" | "11" => 5,
        "5" => 7,
        "6" | "13" => 9,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chord;

    #[test]
    fn every_quality_is_read_in_the_spellings_that_people_use() {
        let spellings = [
            ("C", "C Cmaj CM Cma Cmajor C(add9) Cadd9 C2 Cadd2 C/9 C5 Cno3"),
            ("Cm", "Cm C- Cmin Cmi CMI Cminor Cm(add9) Cmadd9 C– Cm(maj7) CmM7 C-Δ CmΔ7 Cmmaj7 C-maj7"),
            ("Cdim", "C° Co Cdim C0 Cº Cm(b5) CDIM"),
            ("Caug", "C+ Caug C(#5) C5+ C(♯5)"),
            ("Csus4", "Csus Csus4 C4 Csus2sus4 C(sus4) Csus2 C7sus C7sus4 C9sus4 C13sus Csus7 C7susb9"),
            ("C6", "C6 C6/9 C69 C6(9) C6add9 C(6) Cmaj6"),
            ("C7", "C7 C9 C11 C13 C7alt Calt C7#9 C7b9 C7(b9,#11) C7(♭9) C7+9 C7-9 C7(13) Cdom7 C⁷ C7/9 C13#11"),
            ("C7", "C+7 C7+ C7#5 Caug7 C7+5 C9#5 C7(#5,b9) C7b5 C7(b5) C7-5 C9(#11) C7b13"),
            ("Cmaj7", "Cmaj7 CΔ CΔ7 C△7 C∆ CM7 Cma7 CMA7 CMaj7 C^7 C^ Cj7 C7M Cmaj9 Cmaj13 CΔ9 Cmaj7(#11) CΔ#5"),
            ("Cm7", "Cm7 C-7 Cmi7 Cmin7 CMI7 Cm9 Cm11 C-9 Cm7(9) C−7 Cminor7"),
            ("Cm6", "Cm6 C-6 Cm69 Cm6/9 Cmin6"),
            ("Cm7b5", "Cø Cø7 CØ Cm7b5 Cm7(b5) C-7b5 Cm7-5 Cmin7♭5 Chalfdim7"),
            ("Cdim7", "C°7 Co7 Cdim7 C07"),
        ];
        for (symbol, spellings) in spellings {
            for spelling in spellings.split(' ') {
                let read: Result<Chord, _> = spelling.parse();
                assert_eq!(read.map(|chord| chord.to_string()), Ok(symbol.to_owned()), "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_no_symbol_is_not_understood() {
        for suffix in ["x", "oda", "horus", "b", "#", "7?", "add", "adda", "7#", "omit", "♪", "maj7é"] {
            assert_eq!(tones(&plain(suffix)), None, "{suffix}");
        }
    }
}
