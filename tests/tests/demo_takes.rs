//! The demo on the built plug-in: the chords on its pages are those that the band decided.

mod common;

use std::sync::Mutex;

use common::{BAR, CHORDS, melody};
use continuo_tests::demo::settings::Settings;
use continuo_tests::demo::{self, midi};
use continuo_tests::host::performance::Segment;
use continuo_tests::host::{Blocks, Decisions, Format, Performance, Session, bundles};

/// Decisions are told for the whole process, so one test at a time has its band play.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn the_decisions_of_the_band_do_not_depend_on_blocks_and_explain_its_chords() {
    let _alone = ALONE.lock().unwrap();
    let performance = Performance {
        notes: melody(8),
        route: vec![Segment::rolling(0.0, 8.0 * BAR), Segment::last_breath()],
        ..Performance::default()
    };
    let library = bundles::library(Format::Clap).unwrap();
    let mut first = None;
    for size in [512, 64, 4096] {
        let mut session = Session::open(Format::Clap).unwrap().in_blocks(Blocks::Of(size)).unwrap();
        session.set(&[("style_a", "Pop"), ("humanise", "0 %")]).unwrap();
        let decisions = Decisions::follow(&library).unwrap();
        let take = session.perform(&performance).unwrap();
        let chords = decisions.once_through(8 * 16).unwrap();
        assert!(chords[16..].iter().all(Option::is_some), "after a bar the band has always decided");
        // What Chords strikes is in the chord that was decided for the frame: pop knows no rootless voicings.
        let strikes = take.notes(CHORDS);
        let strikes: Vec<_> = strikes.iter().filter(|note| note.position < 8.0 * BAR - 1.0).collect();
        assert!(strikes.len() > 50);
        for strike in strikes {
            let chord = chords[((strike.position + 0.05) / 6.0) as usize].expect("nobody plays without a chord").chord;
            assert!(chord.contains(strike.key % 12), "{} under {chord} at {}", strike.key, strike.position);
        }
        assert_eq!(*first.get_or_insert_with(|| chords.clone()), chords, "in blocks of {size}");
    }
}

#[test]
fn an_mpe_file_is_played_on_its_channels_and_comes_back_on_them() {
    let _alone = ALONE.lock().unwrap();
    let head = *b"MThd\0\0\0\x06\0\0\0\x01\0\x18MTrk";
    let mut track = vec![0, 0xb0, 101, 0, 0, 100, 6, 0, 6, 15];
    for beat in 0..16u8 {
        // Member channels in turn, among them those of the players and the tenth.
        let (channel, key) = (1 + beat % 15, [60, 64, 67, 72][usize::from(beat % 4)]);
        track.extend([0, 0x90 | channel, key, 90, 24, 0x80 | channel, key, 0]);
    }
    track.extend([0, 0xff, 0x2f, 0]);
    let file = [&head[..], &(track.len() as u32).to_be_bytes(), &track].concat();
    let score = midi::read(&file, None).unwrap();
    let recording = demo::record(&score, &Settings::default(), None).unwrap();
    assert_eq!(recording.parts[0].notes.len(), 16);
    assert_eq!(demo::parts::late_echoes(&recording.take), 0);
    assert!(recording.parts[2].notes.len() > 10, "the band plays to it");
    assert!(!recording.chords.is_empty());
}
