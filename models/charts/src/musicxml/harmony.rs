//! Chord symbols of MusicXML.

use continuo_music::chart::Symbol;
use continuo_music::{Chord, Quality};
use roxmltree::Node;

use super::{child, children, number, text};

/// The kinds of MusicXML as people write them.
const KINDS: [(&str, &str); 29] = [
    ("major", ""),
    ("minor", "m"),
    ("augmented", "aug"),
    ("diminished", "dim"),
    ("dominant", "7"),
    ("major-seventh", "maj7"),
    ("minor-seventh", "m7"),
    ("diminished-seventh", "dim7"),
    ("augmented-seventh", "aug7"),
    ("half-diminished", "m7b5"),
    ("major-minor", "m(maj7)"),
    ("major-sixth", "6"),
    ("minor-sixth", "m6"),
    ("dominant-ninth", "9"),
    ("major-ninth", "maj9"),
    ("minor-ninth", "m9"),
    ("dominant-11th", "11"),
    ("major-11th", "maj11"),
    ("minor-11th", "m11"),
    ("dominant-13th", "13"),
    ("major-13th", "maj13"),
    ("minor-13th", "m13"),
    ("suspended-second", "sus2"),
    ("suspended-fourth", "sus4"),
    ("power", "5"),
    // What others call so.
    ("dominant-seventh", "7"),
    ("min", "m"),
    ("maj", ""),
    ("pedal", ""),
];

/// The kind of a quality.
pub fn kind_of(quality: Quality) -> &'static str {
    match quality {
        Quality::Major => "major",
        Quality::Minor => "minor",
        Quality::Diminished => "diminished",
        Quality::Augmented => "augmented",
        Quality::Suspended => "suspended-fourth",
        Quality::Sixth => "major-sixth",
        Quality::Dominant => "dominant",
        Quality::MajorSeventh => "major-seventh",
        Quality::MinorSeventh => "minor-seventh",
        Quality::MinorSixth => "minor-sixth",
        Quality::HalfDiminished => "half-diminished",
        Quality::DiminishedSeventh => "diminished-seventh",
    }
}

/// The symbol that a harmony stands for; `None` in it is no chord.
///
/// # Errors
/// What cannot be read of it.
pub fn read(harmony: Node) -> Result<Option<Symbol>, String> {
    let kind = child(harmony, "kind");
    let name = kind.and_then(|kind| kind.text()).unwrap_or("major").trim();
    if name == "none" {
        return Ok(None);
    }
    let root = child(harmony, "root").and_then(|root| note(root, "root-step", "root-alter"));
    let root = root.ok_or("it has a chord without a root, which is not read; write its name")?;
    let bass = child(harmony, "bass").and_then(|bass| note(bass, "bass-step", "bass-alter"));
    let bass = bass.map_or_else(String::new, |bass| format!("/{bass}"));
    let shown = kind.and_then(|kind| kind.attribute("text")).filter(|shown| !shown.is_empty());
    let known = KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, suffix)| *suffix);
    let degrees: String = children(harmony, "degree").filter_map(degree).collect();
    let meant = known.map(|suffix| format!("{root}{suffix}{degrees}"));
    // As it is shown, if that is the chord that is meant.
    let shown = shown.map(|shown| format!("{root}{shown}"));
    let chord = |text: &String| text.parse::<Chord>().ok();
    let is_meant =
        |shown: &String| chord(shown).is_some() && meant.as_ref().is_none_or(|meant| chord(meant) == chord(shown));
    let name = shown.clone().filter(is_meant).or(meant).unwrap_or_else(|| format!("{root} {name}"));
    let symbol = format!("{name}{bass}");
    symbol.parse().map(Some).map_err(|_| format!("\"{symbol}\" is no chord that is known; it is left out"))
}

/// The name of a note.
fn note(node: Node, step: &'static str, alter: &'static str) -> Option<String> {
    let step = text(node, step).filter(|step| step.len() == 1 && ("A"..="G").contains(step))?;
    let alter = number(node, alter).unwrap_or(0.0).round().clamp(-2.0, 2.0) as i32;
    Some(format!("{step}{}", if alter > 0 { "#" } else { "b" }.repeat(alter.unsigned_abs() as usize)))
}

/// A degree that is added, altered or left out, as people write it.
fn degree(degree: Node) -> Option<String> {
    let value = text(degree, "degree-value")?;
    let sign = match number(degree, "degree-alter").unwrap_or(0.0) {
        alter if alter > 0.0 => "#",
        alter if alter < 0.0 => "b",
        _ => "",
    };
    match text(degree, "degree-type")? {
        "subtract" => Some(format!("no{value}")),
        _ if sign.is_empty() => Some(format!("add{value}")),
        _ => Some(format!("({sign}{value})")),
    }
}
