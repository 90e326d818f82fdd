//! Again, the same; again, different.

mod common;

use common::turned_by_note_and_clock;
use common::{BAR, BASS, CHORDS, DRUMS, LEAD, VOICES, ended, melody_alone, open, open_at, perform, tune};
use continuo_tests::host::performance::{Change, PlayedNote, Segment};
use continuo_tests::host::{Blocks, Format, Input, Performance, Take};

/// The bars of the tune.
const BARS: usize = 4;

/// The tune over and over, with a button pressed in the last bar of each but the last.
fn over_and_over(from: f64, buttons: &[&str]) -> Performance {
    again_and_again(&tune(BARS).notes, from, buttons)
}

/// Notes of so many bars over and over, as [`over_and_over`].
fn again_and_again(notes: &[PlayedNote], from: f64, buttons: &[&str]) -> Performance {
    let mut performance = Performance::default();
    let length = BARS as f64 * BAR;
    for pass in 0..=buttons.len() {
        let start = from + pass as f64 * length;
        performance.notes.extend(notes.iter().map(|note| PlayedNote { start: start + note.start, ..*note }));
    }
    for (pass, button) in buttons.iter().enumerate() {
        let at = from + (pass as f64 + 1.0) * length - BAR / 2.0;
        let press = |at, value| Change { at, input: Input::Parameter { id: common::id(button), value } };
        performance.changes.extend([press(at, 1.0), press(at + 3.0, 0.0)]);
    }
    performance.route = vec![Segment::rolling(from, length * (buttons.len() + 1) as f64)];
    ended(performance)
}

/// What the band begins in each pass of the tune that starts at `from`: moments into the pass, channel, key and
/// loudness.
fn passes(take: &Take, from: f64, passes: usize) -> Vec<Vec<(i64, u8, u8, u8)>> {
    let length = BARS as f64 * BAR;
    let notes = [VOICES, CHORDS, BASS, LEAD, DRUMS].into_iter().flat_map(|channel| take.notes(channel));
    let mut played = vec![Vec::new(); passes];
    for note in notes {
        // A note on the first beat may be played a little early.
        let into = note.position - from + 0.5;
        if let Some(pass) = played.get_mut((into / length) as usize) {
            pass.push((((into.rem_euclid(length) - 0.5) * 40.0).round() as i64, note.channel, note.key, note.velocity));
        }
    }
    played.iter_mut().for_each(|pass| pass.sort_unstable());
    played
}

#[test]
fn the_same_again_is_the_same_note_for_note() {
    for format in Format::ALL {
        for from in [0.0, 7.0 * BAR] {
            let take = perform(&mut open(format), &over_and_over(from, &["again", "again"]));
            let played = passes(&take, from, 3);
            assert!(played[0].len() > 20, "{format:?}");
            assert_eq!(played[1], played[0], "{format:?} from {from}");
            assert_eq!(played[2], played[0], "{format:?} from {from}");
            assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        }
    }
}

#[test]
fn another_take_is_another_one_and_can_be_had_again() {
    let take = perform(&mut open(Format::Clap), &over_and_over(0.0, &["again_new", "again", "again_new"]));
    let played = passes(&take, 0.0, 4);
    assert!(played.iter().all(|pass| pass.len() > 20));
    assert_ne!(played[1], played[0]);
    assert_eq!(played[2], played[1]);
    assert!(played[3] != played[0] && played[3] != played[1]);
    assert_eq!(take.mismatches(&[]), vec![]);
}

#[test]
fn the_block_size_makes_no_difference_to_a_take() {
    for (notes, waits) in [(tune(BARS).notes, false), (melody_alone(BARS).notes, true)] {
        let performance = again_and_again(&notes, 0.0, &["again_new", "again"]);
        let play = |blocks: Blocks| {
            let session = open_at(Format::Clap, blocks, 48_000.0);
            perform(&mut session.with(&[("humanise", "0 %")]).unwrap(), &performance)
        };
        let reference = play(Blocks::Of(512));
        assert!(!waits || turned_by_note_and_clock(&reference).iter().all(|turned| *turned > 0));
        for blocks in [Blocks::Of(64), Blocks::Of(4096), Blocks::Cycle(vec![13, 256, 1, 999])] {
            let what = format!("{blocks:?}");
            assert_eq!(play(blocks).score(), reference.score(), "{what}");
        }
    }
}
