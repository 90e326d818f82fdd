//! Names of notes and keys as the panel writes them.

use nice_plug::prelude::ParamPtr;

use super::setting::Setting;

/// The name of a pitch class, or of that of a MIDI key.
pub fn note_name(class: u8) -> &'static str {
    ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"][usize::from(class % 12)]
}

/// The name of a MIDI key, middle C (60) being C4.
pub fn key_name(key: u8) -> String {
    format!("{}{}", note_name(key), i32::from(key) / 12 - 1)
}

/// `text`, which begins with the name of a note, with the accidental as a musician writes it: "Db major" → "D♭ major".
pub fn with_accidentals(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(note @ 'A'..='G'), Some('b')) => format!("{note}♭{}", letters.as_str()),
        (Some(note @ 'A'..='G'), Some('#')) => format!("{note}♯{}", letters.as_str()),
        _ => text.to_owned(),
    }
}

/// The number in `text`, alone, where what it counts stands beside it.
pub fn number_alone(text: &str) -> String {
    let number = text.split_whitespace().find(|word| word.chars().all(|sign| sign.is_ascii_digit()));
    number.unwrap_or(text).to_owned()
}

/// A setting whose texts the panel writes in another way than hosts.
pub struct Written<'a>(pub &'a dyn Setting, pub fn(&str) -> String);

impl Setting for Written<'_> {
    fn value(&self) -> f32 {
        self.0.value()
    }

    fn modulated(&self) -> f32 {
        self.0.modulated()
    }

    fn default(&self) -> f32 {
        self.0.default()
    }

    fn steps(&self) -> Option<usize> {
        self.0.steps()
    }

    fn text(&self, value: f32) -> String {
        (self.1)(&self.0.text(value))
    }

    fn begin(&self) {
        self.0.begin();
    }

    fn set(&self, value: f32) {
        self.0.set(value);
    }

    fn end(&self) {
        self.0.end();
    }

    fn param(&self) -> Option<ParamPtr> {
        self.0.param()
    }

    fn value_of(&self, text: &str) -> Option<f32> {
        self.0.value_of(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_alone_without_what_it_counts() {
        for (text, number) in [("Channel 3", "3"), ("12 semitones", "12"), ("By ear", "By ear")] {
            assert_eq!(number_alone(text), number);
        }
    }

    #[test]
    fn accidentals_are_written_as_a_musician_writes_them() {
        assert_eq!(with_accidentals("Db major"), "D♭ major");
        assert_eq!(with_accidentals("F# minor"), "F♯ minor");
        assert_eq!(with_accidentals("Bb"), "B♭");
        assert_eq!(with_accidentals("B major"), "B major");
    }

    #[test]
    fn middle_c_is_c4() {
        assert_eq!(key_name(60), "C4");
        assert_eq!(key_name(61), "C♯4");
        assert_eq!(key_name(21), "A0");
    }
}
