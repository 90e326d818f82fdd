use continuo_music::chart::Content;
use continuo_music::{Meter, Tick};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format as MidiFormat, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::*;

const TUNE: &str = "# Tune & <Co>\n[A]\n| 4/4 (1/4) C7 |: Fmaj7 / / Dm7b5 | % | 1. Gm7 C13(b9)/Bb :|\n| 2. N.C. | 3/4 / F6/9 / |\n\
                    [B]\n| _ | / | Ebm(maj7) :| x3\n";

fn chart(text: &str) -> Chart {
    let (chart, remarks) = Chart::read(text);
    assert!(remarks.is_empty(), "{remarks:?}");
    chart
}

fn found(name: &str, bytes: &[u8]) -> Found {
    read(name, bytes, None).unwrap_or_else(|error| panic!("{name} {error}"))
}

#[test]
fn what_is_written_to_a_file_is_read_as_it_was() {
    let tune = chart(TUNE);
    for format in Format::ALL {
        let written = format.write(&tune);
        let found = found(&format!("tune.{}", format.ending()), written.as_bytes());
        assert_eq!((found.chart.to_string().as_str(), found.remarks.len()), (TUNE, 0), "{written}");
        assert!(found.chart.bars.iter().all(|bar| bar.origin == Origin::File));
    }
}

fn score(measures: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE score-partwise PUBLIC \"-//Recordare//DTD MusicXML 4.0 Partwise//EN\" \
         \"http://www.musicxml.org/dtds/partwise.dtd\"><score-partwise><part-list/><part id=\"P0\"/>\
         <part id=\"P1\">{measures}</part></score-partwise>"
    )
}

fn harmony(root: &str, kind: &str, more: &str) -> String {
    format!("<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind>{more}</harmony>")
}

#[test]
fn chord_symbols_of_a_score_stand_where_its_notes_do() {
    let attributes =
        "<attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>";
    let note = "<note><rest/><duration>4</duration></note>";
    let degree = "<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter><degree-type>add</degree-type></degree>\
                  <bass><bass-step>B</bass-step><bass-alter>-1</bass-alter></bass>";
    let measures = [
        format!(
            "<measure>{attributes}{}{note}{}<forward><duration>2</duration></forward></measure>",
            harmony("C", "major-sixth", ""),
            harmony("G", "dominant", degree)
        ),
        format!(
            "<measure>{note}<backup><duration>4</duration></backup>{}</measure>",
            harmony("D", "minor", "<offset>4</offset>")
        ),
        "<measure><note><rest/><duration>6</duration></note></measure>".to_owned(),
        format!("<measure>{}</measure>", harmony("A", "none", "")),
    ];
    let found = found("song.musicxml", score(&measures.concat()).as_bytes());
    assert_eq!(found.chart.to_string(), "| 3/4 C6 / G7(b9)/Bb | / / Dm | / | N.C. |\n");
    assert!(found.remarks.is_empty(), "{:?}", found.remarks);
}

#[test]
fn what_a_score_says_that_a_chart_cannot_is_said() {
    let measures = [
        format!("<measure>{}</measure>", harmony("C", "Neapolitan", "")),
        format!("<measure>{}</measure>", harmony("G", "dominant", "")),
        "<measure><harmony><function>V</function><kind>major</kind></harmony></measure>".to_owned(),
        format!("<measure>{}<sound dacapo=\"yes\"/></measure>", harmony("Q", "major", "")),
        "<measure><direction><direction-type><words>D.C.</words></direction-type><sound dacapo=\"yes\"/></direction></measure>"
            .to_owned(),
    ];
    let found = found("song.xml", score(&measures.concat()).as_bytes());
    assert_eq!(found.remarks.len(), 4, "{:?}", found.remarks);
    assert!(found.remarks.iter().all(|remark| remark.starts_with("Bar ")));
    let error = |text: &str| read("song.xml", text.as_bytes(), None).unwrap_err();
    assert_eq!(error(&score("<measure/>")), "has no chord symbols");
    assert!(error("<score-timewise/>").contains("part by part"));
    assert!(error("<svg/>").contains("no MusicXML"));
    assert!(error("<score-partwise>").starts_with("is no XML"));
}

#[test]
fn jumps_of_a_score_are_written_out() {
    let direction = |inside: &str| format!("<direction><direction-type>{inside}</direction-type></direction>");
    let sound = |what: &str| format!("<direction><direction-type><words/></direction-type><sound {what}/></direction>");
    let measure = |inside: String| format!("<measure>{inside}</measure>");
    let score_of = |marks: [String; 5]| {
        let chords = ["C", "D", "E", "F", "G"].map(|root| harmony(root, "major", ""));
        let measures: String = chords.into_iter().zip(marks).map(|(chord, mark)| measure(mark + &chord)).collect();
        found("song.musicxml", score(&measures).as_bytes())
    };
    let none = String::new;
    let signs = [direction("<segno/>"), direction("<coda/>"), sound("dalsegno=\"1\""), direction("<coda/>"), none()];
    let said = [sound("segno=\"1\""), sound("tocoda=\"1\""), sound("dalsegno=\"1\""), sound("coda=\"1\""), none()];
    for marks in [signs, said] {
        let found = score_of(marks);
        assert_eq!(found.chart.to_string(), "| C | D | E | C |\n| D | F | G |\n");
        assert!(found.remarks.is_empty(), "{:?}", found.remarks);
    }
    let fine = [none(), sound("fine=\"yes\""), sound("dacapo=\"no\""), none(), sound("dacapo=\"yes\"")];
    assert_eq!(score_of(fine).chart.to_string(), "| C | D | E | F |\n| G | C | D |\n");
    let lost = score_of([none(), none(), sound("dalsegno=\"1\""), none(), none()]);
    assert_eq!((lost.chart.bars.len(), lost.remarks.len()), (5, 1));
}

#[test]
fn slash_heads_are_no_hindrance() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/slash-heads.musicxml")).unwrap();
    let text = found("slash-heads.musicxml", &bytes).chart.to_string();
    assert_eq!(text, "# T\n| 4/4 C | Am | Dm7 | G7 |\n| C | Am | Dm7 | G7 |\n");
}

#[test]
fn songs_in_chordpro_give_their_grids_or_their_chords() {
    let song = "{title: Song}\n{time: 3/4}\n{start_of_grid shape=\"1+4x2+4\"}\nA  | C . G7 | F~Bb | x2 :|\n|: Am | % :| x3\n{end_of_grid}\n\
                [C]Words that [Q]nobody reads\n";
    let found = found("song.cho", song.as_bytes());
    assert_eq!(found.chart.title, "Song");
    assert_eq!(found.chart.bars[0].meter, Some(Meter { numerator: 3, denominator: 4 }));
    assert_eq!(found.chart.bars.last().map(|bar| (bar.times, bar.content.clone())), Some((Some(3), Content::AsBefore)));

    let song = "{soc}\nOh [C]hey [Am]ho\n{eoc}\n[F]Verse [*]with [G7/B]words\n{chorus}\n";
    let found = self::found("song.chordpro", song.as_bytes());
    assert_eq!(found.chart.to_string(), "[Chorus]\n| C | Am | F | G7/B |\n[Chorus]\n| C | Am |\n");
    assert_eq!(found.remarks.len(), 1, "{:?}", found.remarks);
    let song = "[|] [C]Oh [F] hey [|] [Am]ho [|]\n";
    assert_eq!(self::found("song.pro", song.as_bytes()).chart.to_string(), "| C F | Am |\n");
}

/// A MIDI file of one track, in ticks of 24 to the quarter note.
fn midi(events: &[(Tick, TrackEventKind<'_>)]) -> Vec<u8> {
    let mut last = 0;
    let mut track: Vec<TrackEvent> = events
        .iter()
        .map(|&(tick, kind)| {
            let delta = u28::new((tick - last) as u32);
            last = tick;
            TrackEvent { delta, kind }
        })
        .collect();
    track.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    let header = Header::new(MidiFormat::SingleTrack, Timing::Metrical(u15::new(24)));
    let mut bytes = Vec::new();
    Smf { header, tracks: vec![track] }.write_std(&mut bytes).unwrap();
    bytes
}

#[test]
fn names_of_chords_among_the_texts_of_a_midi_file_are_its_chart() {
    let marker = |name: &'static str| TrackEventKind::Meta(MetaMessage::Marker(name.as_bytes()));
    let lyric = |word: &'static str| TrackEventKind::Meta(MetaMessage::Lyric(word.as_bytes()));
    let meter = TrackEventKind::Meta(MetaMessage::TimeSignature(3, 2, 24, 8));
    let bytes = midi(&[
        (0, meter),
        (0, lyric("la")),
        (0, marker("Dm7")),
        (40, marker("G7/B")),
        (72, lyric("A")),
        (144, marker("N.C.")),
        (216, marker("Verse")),
    ]);
    let found = found("song.mid", &bytes);
    assert_eq!(found.chart.to_string(), "| 3/4 Dm7 / / / / / / G7/B / / / / | / | N.C. |\n");
    assert!(found.remarks.is_empty());
}

/// A file of one track, in which each bar of so many keys is held by a channel.
fn holding(name: &'static str, bars: &[(u8, &[u8])]) -> Vec<u8> {
    let mut events = vec![(0, TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())))];
    for (start, &(channel, keys)) in (0..).map(|bar| 96 * bar as Tick).zip(bars) {
        let strike = |key: u8, vel: u8| {
            let message = MidiMessage::NoteOn { key: u7::new(key), vel: u7::new(vel) };
            TrackEventKind::Midi { channel: u4::new(channel), message }
        };
        events.extend(keys.iter().map(|&key| (start + 1, strike(key, 80))));
        events.extend(keys.iter().map(|&key| (start + 95, strike(key, 0))));
    }
    midi(&events)
}

#[test]
fn chords_that_a_track_holds_are_a_chart_where_none_is_named() {
    let bars: [(u8, &[u8]); 4] = [(1, &[48, 52, 55]), (1, &[48, 53, 57]), (1, &[47, 53, 55]), (1, &[48, 52, 55])];
    let found = found("song.mid", &holding("", &bars));
    assert_eq!(found.chart.to_string(), "| 4/4 C | F/C | G7/B | C |\n");
    assert!(found.remarks[0].contains("track 1"));
    let tempo = TrackEventKind::Meta(MetaMessage::Tempo(u24::new(500_000)));
    assert!(read("song.mid", &midi(&[(0, tempo)]), None).unwrap_err().starts_with("names no chords"));
}

#[test]
fn a_clip_on_the_channel_of_the_left_hand_is_its_chart() {
    let bars: [(u8, &[u8]); 4] = [(1, &[48, 52, 55]), (4, &[41, 45]), (1, &[47, 53, 55]), (4, &[43, 47])];
    let bytes = holding("Song", &bars);
    let read = |left_hand| {
        let Found { chart, remarks } = read("song.mid", &bytes, left_hand).unwrap();
        (chart.to_string(), remarks[0].contains("left hand"))
    };
    assert_eq!(read(Some(4)), ("# Song\n| 4/4 _ | F | / | G |\n".to_owned(), true));
    let fullest = ("# Song\n| 4/4 C | / | G7/B | / |\n".to_owned(), false);
    assert_eq!([read(None), read(Some(7))], [fullest.clone(), fullest]);
    let found = found("song.mid", &holding("Left Hand", &[(3, &[48, 52])]));
    assert_eq!(found.chart.to_string(), "# Left Hand\n| 4/4 C |\n");
}

#[test]
fn a_file_without_chords_is_no_chart() {
    assert!(
        read("notes.txt", b"hello world", None).unwrap_err().starts_with("has no chords that can be read (Bar 1: ")
    );
    assert!(read("song.mxl", b"PK\x03\x04", None).unwrap_err().starts_with("cannot be unpacked"));
    assert!(read("song.mid", b"MThd", None).unwrap_err().starts_with("is no whole MIDI file"));
}

#[test]
fn a_compressed_score_is_unpacked() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/compressed.mxl")).unwrap();
    assert_eq!(found("compressed.mxl", &bytes).chart.to_string(), "# Packed\n| 4/4 C | G7/B |\n");
    assert!(read("cut.mxl", &bytes[..bytes.len() - 30], None).unwrap_err().contains("breaks off"));
}
