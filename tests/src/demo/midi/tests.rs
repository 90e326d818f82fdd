//! What files say, of whatever program they are. The files in `tests/cases` were made after reports about other
//! programs.

use std::fs;
use std::path::Path;

use continuo_models::music::Mode;
use proptest::prelude::*;

use super::notes::in_one_hand;
use super::*;
use crate::demo;
use crate::host::Input;

fn case(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name).with_extension("mid");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn score(name: &str) -> Score {
    read(&case(name), None).unwrap()
}

fn meter(numerator: u8, denominator: u8) -> Meter {
    Meter { numerator, denominator }
}

/// Bars that are played, with the one for the last word.
fn bars_played(score: &Score) -> usize {
    score.bars().len() + 1
}

fn says(score: &Score, words: &str) -> bool {
    score.remarks.iter().any(|remark| remark.contains(words))
}

fn note(start: f64, length: f64, key: u8) -> PlayedNote {
    PlayedNote { start, length, channel: 0, key, velocity: 80 }
}

fn written(notes: &[PlayedNote]) -> Vec<u8> {
    let tracks = [Track { name: "melody", program: 0, notes }];
    let meters = [(0.0, meter(6, 8)), (144.0, meter(3, 4))];
    let keys = [(0.0, Key::minor(9)), (144.0, Key::major(3))];
    write(&Head { title: "A tune", tempos: &[(0.0, 84.0), (30.0, 60.0)], meters: &meters, keys: &keys }, &tracks)
        .unwrap()
}

/// A file of one track in format 0 with 24 units to the quarter note, whose end mark is added.
pub(super) fn file(events: &[u8]) -> Vec<u8> {
    let track = [events, &[0, 0xff, 0x2f, 0]].concat();
    let head = *b"MThd\0\0\0\x06\0\0\0\x01\0\x18MTrk";
    [&head[..], &(track.len() as u32).to_be_bytes(), &track].concat()
}

/// A beat of middle C.
const BEAT: [u8; 8] = [0, 0x90, 60, 90, 24, 0x80, 60, 64];

#[test]
fn what_is_written_reads_back() {
    let notes = [note(0.0, 12.0, 60), note(12.0, 6.0, 60), note(12.5, 24.0, 64), note(150.0, 24.0, 66)];
    let score = read(&written(&notes), None).unwrap();
    assert_eq!(score.notes, notes);
    assert_eq!(score.meters, [(0.0, meter(6, 8)), (144.0, meter(3, 4))]);
    assert_eq!(score.keys, [(0.0, Key::minor(9)), (144.0, Key::major(3))]);
    assert_eq!(score.title.as_deref(), Some("A tune"));
    let tempos: Vec<_> = score.tempos.iter().map(|&(at, tempo)| (at, tempo.round())).collect();
    assert_eq!(tempos, [(0.0, 84.0), (30.0, 60.0)]);
}

#[test]
fn a_track_can_be_chosen() {
    let bytes = written(&[note(0.0, 12.0, 60)]);
    assert!(format!("{:#}", read(&bytes, Some(1)).unwrap_err()).contains("no notes"));
    assert_eq!(read(&bytes, Some(2)).unwrap().notes.len(), 1);
    assert!(format!("{:#}", read(&bytes, Some(9)).unwrap_err()).contains("1 to 2"));
}

#[test]
fn a_meter_counts_wherever_it_stands() {
    let [again, once] = ["meter-said-again-in-a-later-track", "meter-said-once"].map(score);
    assert_eq!(again.meters, [(0.0, meter(4, 4)), (384.0, meter(3, 4))]);
    assert_eq!([&again, &once].map(bars_played), [13, 13]);
    assert_eq!(again, once);
}

#[test]
fn the_piece_ends_with_its_music() {
    let score = score("meter-after-the-end");
    assert_eq!(score.bars().len(), 8);
    let performance = demo::performance(&score);
    let seconds: f64 = performance.route.iter().map(|segment| segment.ticks / 24.0 * 60.0 / segment.tempo).sum();
    assert!((seconds - 18.5).abs() < 0.01, "{seconds}");
}

#[test]
fn the_tempo_is_120_until_the_file_says_another() {
    let score = score("tempo-not-at-zero");
    assert_eq!(score.tempos, [(0.0, 120.0), (384.0, 60.0)]);
    assert!(score.tempo_changes());
    let route = demo::performance(&score).route;
    assert_eq!(
        route[..2].iter().map(|segment| (segment.first_tick(), segment.tempo)).collect::<Vec<_>>(),
        [(0.0, 120.0), (384.0, 60.0)]
    );
    assert!(route[0].goes_on_in(&route[1]));
    assert!((score.seconds(768.0) - 24.0).abs() < 1e-9);
}

#[test]
fn running_status_over_meta_events_costs_no_note() {
    let score = score("running-status-over-meta");
    assert_eq!(score.notes.len(), 32);
    assert!(score.notes.iter().all(|note| (note.length - 23.0).abs() < 1.1), "and no end");
}

#[test]
fn a_track_that_breaks_off_is_named_with_its_bar() {
    let score = score("cut-off-in-mid-track");
    assert_eq!(score.notes.len(), 30);
    assert!(says(&score, "track 2 breaks off after bar 8"), "{:?}", score.remarks);
}

#[test]
fn an_overwritten_track_is_read_and_named() {
    let score = score("track-head-overwritten");
    assert_eq!(score.notes.len(), 64);
    assert!(says(&score, "the head of track 3 is overwritten"), "{:?}", score.remarks);
}

#[test]
fn a_key_with_eight_sharps_is_ignored_and_said() {
    let score = score("eight-sharps");
    assert_eq!(score.keys, []);
    assert!(says(&score, "8 sharps"), "{:?}", score.remarks);
    assert_eq!(demo::harmony::key_of(&score.notes), Key { tonic: 0, mode: Mode::Major });
}

#[test]
fn a_title_in_latin_1_is_read_and_said() {
    let score = score("title-in-latin-1");
    assert_eq!(score.title.as_deref(), Some("Für Elise © 2008"));
    assert!(says(&score, "Latin-1"));
}

#[test]
fn bars_and_beats_follow_every_meter() {
    let score = score("six-eight-then-four-four");
    assert_eq!(bars_played(&score), 13);
    let route = demo::performance(&score).route;
    let told: Vec<_> =
        route[..2].iter().map(|segment| (segment.first_tick(), segment.bar_origin, segment.meter)).collect();
    assert_eq!(told, [(0.0, 0.0, (6, 8)), (288.0, 288.0, (4, 4))]);
}

#[test]
fn a_file_without_time_is_refused() {
    assert!(format!("{:#}", read(&case("division-zero"), None).unwrap_err()).contains("division is 0"));
}

#[test]
fn a_meter_that_cannot_be_is_ignored_and_said() {
    let score = score("meter-4-512");
    assert_eq!((&score.meters[..], bars_played(&score)), (&[(0.0, meter(4, 4))][..], 9));
    assert!(says(&score, "4/512"), "{:?}", score.remarks);
}

#[test]
fn a_missing_end_costs_one_note() {
    let score = score("one-note-off-missing");
    assert_eq!(score.notes.len(), 32);
    let long = score.notes.iter().filter(|note| note.length > 24.0).count();
    assert_eq!(long, 1);
}

#[test]
fn every_value_that_cannot_be_is_ignored_and_said() {
    for (event, said) in [
        (&[0, 0xff, 0x51, 3, 0, 0, 0][..], "a tempo of 0 in bar 1"),
        (&[0, 0xff, 0x51, 3, 0, 0, 1], "a tempo of 60000000.0"),
        (&[0, 0xff, 0x51, 2, 1, 1], "tempos, meters or keys of a wrong length (1)"),
        (&[0, 0xff, 0x58, 4, 0, 2, 24, 8], "the meter 0/4"),
        (&[0, 0xff, 0x58, 4, 200, 2, 24, 8], "the meter 200/4"),
        (&[0, 0xff, 0x58, 4, 4, 200, 24, 8], "the meter 4/2^200"),
        (&[0, 0xff, 0x59, 2, 0xf8, 0], "8 flats"),
        (&[0, 0xff, 0x59, 2, 1, 7], "mode 7"),
        (&[0, 0x90, 200, 90], "messages that cannot be (1)"),
        (&[0, 0xf4], "messages that cannot be (1)"),
        (&[0, 0x99, 38, 90, 24, 0x89, 38, 0], "drums on channel 10 (1)"),
        (&[0, 0x90, 72, 90], "notes without an end (1)"),
        (&[0, 0xe0, 0, 64, 0, 0xc0, 5], "program changes (1), pitch bends (1)"),
    ] {
        let score = read(&file(&[event, &BEAT, &BEAT].concat()), None).unwrap();
        let ours: Vec<_> = score.notes.iter().filter(|note| note.key == 60).map(|note| note.length).collect();
        assert_eq!(ours, [24.0, 24.0], "{said}");
        assert!(says(&score, said), "{said}: {:?}", score.remarks);
        assert_eq!((score.tempo(), score.meters[0].1, score.keys.len()), (120.0, meter(4, 4), 0));
    }
}

#[test]
fn a_piece_that_lasts_for_hours_is_refused() {
    let late = file(&[&BEAT[..], &[0xff, 0xff, 0xff, 0x7f, 0x90, 60, 90, 24, 60, 0]].concat());
    assert!(format!("{:#}", read(&late, None).unwrap_err()).contains("minutes"));
}

#[test]
fn without_notes_it_is_said_what_there_is() {
    let error = format!("{:#}", read(&file(&[0, 0x99, 38, 90, 24, 38, 0]), None).unwrap_err());
    assert!(error.contains("no notes") && error.contains("drums on channel 10 (1)"), "{error}");
}

#[test]
fn an_mpe_zone_keeps_its_channels_and_has_a_tenth_one() {
    let zone = [0, 0xb0, 101, 0, 0, 100, 6, 0, 6, 15];
    let notes = [0, 0x91, 60, 90, 0, 0x99, 64, 80, 24, 0x81, 60, 0, 0, 0x89, 64, 0];
    let score = read(&file(&[&zone[..], &notes].concat()), None).unwrap();
    assert_eq!(score.notes.iter().map(|note| note.channel).collect::<Vec<_>>(), [1, 9]);
    let sent = |number, value| Input::Controller { channel: 0, number, value };
    let inputs: Vec<Input> = score.changes.iter().map(|change| change.input).collect();
    assert_eq!(inputs, [sent(101, 0), sent(100, 6), sent(6, 15)]);
    assert!(score.remarks.is_empty(), "{:?}", score.remarks);
}

#[test]
fn an_upper_zone_has_its_channels_from_above() {
    let zone = [0, 0xbf, 101, 0, 0, 100, 6, 0, 6, 3];
    let notes = [0, 0x9e, 60, 90, 0, 0x92, 62, 90, 0, 0x99, 64, 80, 24, 0x8e, 60, 0, 0, 0x82, 62, 0, 0, 0x89, 64, 0];
    let score = read(&file(&[&zone[..], &notes].concat()), None).unwrap();
    assert_eq!(score.notes.iter().map(|note| (note.channel, note.key)).collect::<Vec<_>>(), [(14, 60), (0, 62)]);
}

#[test]
fn without_a_zone_there_is_one_hand_and_drums_are_none_of_it() {
    // Data entry for another parameter configures nothing.
    let other = [0, 0xb0, 101, 0, 0, 100, 0, 0, 6, 15];
    let notes = [0, 0x91, 60, 90, 0, 0x99, 64, 80, 24, 0x81, 60, 0, 0, 0x89, 64, 0];
    let score = read(&file(&[&other[..], &notes].concat()), None).unwrap();
    assert_eq!(score.notes.iter().map(|note| (note.channel, note.key)).collect::<Vec<_>>(), [(0, 60)]);
    assert!(says(&score, "drums on channel 10 (1), controllers (3)"));
}

#[test]
fn the_pedal_is_played_and_up_at_the_end() {
    let pedal = [0, 0xb3, 64, 127];
    let score = read(&file(&[&pedal[..], &BEAT].concat()), None).unwrap();
    let sent = |value| Input::Controller { channel: 0, number: 64, value };
    let changes: Vec<_> = score.changes.iter().map(|change| (change.at, change.input)).collect();
    assert_eq!(changes, [(0.0, sent(127)), (24.0, sent(0))]);
}

proptest! {
    #[test]
    fn notes_come_back_as_they_were_written(
        notes in prop::collection::vec((0u32..4000, 1u32..200, 0u8..128, 1u8..128), 1..80),
    ) {
        let notes: Vec<PlayedNote> = notes.iter().map(|&(start, length, key, velocity)| PlayedNote {
            start: f64::from(start), length: f64::from(length), channel: 0, key, velocity,
        }).collect();
        let (notes, _) = in_one_hand(notes);
        prop_assert_eq!(read(&written(&notes), None).unwrap().notes, notes);
    }
}
