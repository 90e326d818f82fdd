//! Texts in MIDI files, whose encoding nobody states.

/// The most letters of a title.
const LONGEST: usize = 120;

/// What the bytes 0x80–0x9f mean in Windows-1252, which most programs that do not write UTF-8 have written; the rest of
/// it is Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}', '\u{fffd}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
];

/// Reads a text: UTF-8, UTF-16 with its mark, else Windows-1252. Gives it in one line without control characters, and
/// whether its encoding had to be guessed. `None` if nothing is left.
pub fn read(bytes: &[u8]) -> Option<(String, bool)> {
    let (text, guessed) = match bytes {
        [0xff, 0xfe, units @ ..] => (utf_16(units, u16::from_le_bytes), false),
        [0xfe, 0xff, units @ ..] => (utf_16(units, u16::from_be_bytes), false),
        _ => match str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (bytes.iter().map(|&byte| windows(byte)).collect(), true),
        },
    };
    let text = in_one_line(&text);
    (!text.is_empty()).then_some((text, guessed))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The text with its words one space apart, without control characters and marks that turn the direction of writing,
/// and not too long.
pub fn in_one_line(text: &str) -> String {
    let visible = |letter: &char| {
        !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            && !matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).filter(visible);
    let words = letters.collect::<String>();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Option<(String, bool)> {
        read(bytes)
    }

    #[test]
    fn every_usual_encoding_is_read() {
        let title = "Für Elise".to_owned();
        assert_eq!(text("Für Elise".as_bytes()), Some((title.clone(), false)));
        assert_eq!(text(b"F\xfcr Elise"), Some((title.clone(), true)));
        assert_eq!(text(b"\xff\xfeF\0\xfc\0r\0 \0E\0l\0i\0s\0e\0"), Some((title.clone(), false)));
        assert_eq!(text(b"\xfe\xff\0F\0\xfc\0r\0 \0E\0l\0i\0s\0e"), Some((title, false)));
        assert_eq!(text(b"\x93So\x94 \x96 what"), Some(("“So” – what".to_owned(), true)));
    }

    #[test]
    fn a_title_is_one_line_of_visible_letters() {
        assert_eq!(text(b"  A\ttune\r\nin\x00 two\x1b[31m  ").unwrap().0, "A tune in two [31m");
        assert_eq!(text("a\u{202e}b\u{feff}c".as_bytes()).unwrap().0, "abc");
        assert_eq!(text(b"\0 \n"), None);
        assert_eq!(text(&[b'x'; 5000]).unwrap().0.chars().count(), LONGEST + 1);
    }
}
