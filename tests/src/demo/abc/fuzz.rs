//! Whatever a text holds is read as a tune or refused by name.

use continuo_fuzz::{Seeds, cases};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::{Tune, parse};

fn seeds() -> Seeds {
    Seeds::of(&["tests/cases", "assets/performances"], ".abc")
}

/// What holds for every text: its notes can be played in order, or one line says what is not understood.
fn read(text: &str) -> Result<Option<Tune>, TestCaseError> {
    match parse(text) {
        Ok(tune) => {
            for voice in &tune.voices {
                prop_assert!(voice.notes.is_sorted_by_key(|note| note.start));
                prop_assert!(voice.notes.iter().all(|note| note.length > 0 && note.key < 128));
                let ends = voice.notes.iter().map(|note| note.start + note.length);
                prop_assert!(ends.max().unwrap_or(0) <= voice.length);
            }
            Ok(Some(tune))
        }
        Err(error) => {
            let said = format!("{error:#}");
            let named = ["line ", "at the end", "no music", "K:"].iter().any(|words| said.contains(words));
            prop_assert!(named && said.lines().count() == 1, "{}", said);
            Ok(None)
        }
    }
}

#[test]
fn seeds_are_read() {
    for (name, bytes) in seeds().iter() {
        let read = read(std::str::from_utf8(bytes).unwrap());
        assert!(read.unwrap_or_else(|failure| panic!("{name}: {failure}")).is_some(), "{name}");
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_file_is_read_or_refused_by_name(bytes in seeds().damaged()) {
        read(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn no_note_of_a_tune_is_lost(
        music in prop::collection::vec(
            prop_oneof![
                "[A-Ga-gzxZ][,']{0,2}[0-9]{0,2}[/]?[0-9]?",
                "[\\^_=]{1,2}[a-g]",
                "\\[[CEGceg]{1,3}\\]2?",
                prop::sample::select(vec![
                    "|", " ", "\n", "-", ">", "<", "!p!", "!<(!", "!<)!", "[M:3/4]", "M:6/8\n", "[K:Gm]", "[L:1/4]",
                    "[V:2]", "V:1\n", "\"Am7\"", "%", "]", "[", "Z2",
                ]).prop_map(String::from),
                "\\PC{0,4}",
            ],
            0..40,
        ),
    ) {
        let text = format!("M:4/4\nL:1/8\nK:C\nC8 |\n{}", music.concat());
        if let Some(tune) = read(&text)? {
            // As many notes as letters of notes, but for those that ties make one of.
            let struck: usize = tune.voices.iter().map(|voice| voice.notes.len()).sum();
            let written = letters_of_notes(&text);
            let all = struck == written || (struck < written && text.contains('-'));
            prop_assert!(all, "{} of {}", struck, written);
        }
    }
}

/// How many letters of notes stand in the music behind the three fields of the head.
fn letters_of_notes(text: &str) -> usize {
    let lines = text.lines().skip(3).map(|line| line.split('%').next().unwrap_or_default());
    let is_field = |line: &str| {
        let (line, known) = (line.trim_start(), |c: char| "MKLVTNXCr".contains(c));
        line.starts_with(known) && line[1..].starts_with(':')
    };
    let lines = lines.filter(|line| !is_field(line));
    let plain: String = lines.map(|line| without(&without(line, '[', ':'), '"', '"')).collect();
    without(&plain, '!', '!').chars().filter(|c| "ABCDEFGabcdefg".contains(*c)).count()
}

/// The line without what stands between two signs; a field in brackets is known by its colon.
fn without(line: &str, open: char, close: char) -> String {
    let mut rest = line;
    let mut kept = String::new();
    while let Some((start, inside)) = rest.match_indices(open).find_map(|(start, _)| {
        let inside = &rest[start + open.len_utf8()..];
        let is_field = inside.chars().nth(1) == Some(':');
        (close != ':' || is_field).then_some((start, inside))
    }) {
        kept.push_str(&rest[..start]);
        let end = inside.find(if close == ':' { ']' } else { close }).map_or(inside.len(), |end| end + 1);
        rest = &inside[end..];
    }
    kept + rest
}
