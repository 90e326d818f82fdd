//! What the musician holds and where it is played: pedals, channels, drums, MPE, as the built plug-in hears them.

mod common;

use common::{BAR, BASS, CHORDS, LEAD, VOICES, ended, left_hand_chords, note, open, perform, tune};
use continuo_tests::host::performance::{Change, PlayedNote, Segment};
use continuo_tests::host::take::ScoreLine;
use continuo_tests::host::{Format, Input, Performance, Take};

/// What the band played: not what passed through.
fn band(take: &Take) -> Vec<ScoreLine> {
    let players = [VOICES, CHORDS, BASS, LEAD];
    take.score().into_iter().filter(|line| players.contains(&line.channel)).collect()
}

fn controller(at: f64, channel: u8, number: u8, value: u8) -> Change {
    Change { at, input: Input::Controller { channel, number, value } }
}

/// A tune whose left hand strikes short chords on `channel`: which harmony is held depends on the pedal.
fn short_chords(channel: u8, changes: Vec<Change>) -> Performance {
    let chords = [[48, 52, 55], [45, 48, 52], [41, 45, 48], [43, 47, 50]];
    let notes = (0..8).flat_map(|half: usize| {
        chords[half % 4].map(|key| PlayedNote { channel, ..note(half as f64 * 48.0, 10.0, key) })
    });
    ended(Performance { notes: notes.collect(), changes, route: vec![Segment::rolling(-BAR, 7.0 * BAR)] })
}

/// The pedal of `channel`, changed with each chord.
fn pedalling(channel: u8) -> Vec<Change> {
    let half = |half: u32| f64::from(half) * 48.0;
    (0..8)
        .flat_map(|n| [controller(half(n) + 0.1, channel, 64, 0), controller(half(n) + 5.0, channel, 64, 127)])
        .collect()
}

fn played(format: Format, performance: &Performance) -> Vec<ScoreLine> {
    let take = perform(&mut open(format), performance);
    assert_eq!(take.mismatches(&[]), vec![]);
    band(&take)
}

#[test]
fn a_pedal_acts_on_its_own_channel_only() {
    for format in Format::ALL {
        let without = played(format, &short_chords(0, vec![]));
        assert_ne!(played(format, &short_chords(0, pedalling(0))), without, "{format:?}: the pedal is heard");
        assert_eq!(played(format, &short_chords(0, pedalling(5))), without, "{format:?}: another channel's is not");
    }
}

/// The configuration message of a zone, in the bar before the music.
fn zone(master: u8, members: u8) -> [Change; 3] {
    [(-90.0, 101, 0), (-80.0, 100, 6), (-70.0, 6, members)]
        .map(|(at, number, value)| controller(at, master, number, value))
}

#[test]
fn the_pedal_of_an_mpe_master_acts_on_its_zone() {
    for format in Format::ALL {
        let plain = played(format, &short_chords(0, pedalling(0)));
        let in_zone = [&zone(0, 7)[..], &pedalling(0)].concat();
        assert_eq!(played(format, &short_chords(6, in_zone.clone())), plain, "{format:?}: on a member's notes");
        let without = played(format, &short_chords(0, vec![]));
        assert_eq!(played(format, &short_chords(12, in_zone)), without, "{format:?}: not beyond the zone");
    }
}

#[test]
fn controller_121_lifts_the_pedal() {
    let lifted = |number| {
        let mut changes = pedalling(0);
        changes.push(controller(4.0 * BAR + 2.0, 0, number, 0));
        short_chords(0, changes)
    };
    for format in Format::ALL {
        assert_eq!(played(format, &lifted(121)), played(format, &lifted(64)), "{format:?}");
    }
}

#[test]
fn a_pedal_that_is_down_over_a_jump_still_holds() {
    let again = |before: f64| {
        let mut performance = short_chords(0, pedalling(0));
        performance.changes.insert(0, controller(before, 0, 64, 127));
        performance.route.insert(0, Segment::rolling(BAR, BAR));
        performance.route[1].ticks = 2.0 * BAR;
        performance
    };
    for format in Format::ALL {
        let mut held = again(1.5 * BAR);
        held.changes.retain(|change| change.at > 1.4 * BAR || change.at < 0.2);
        let take = perform(&mut open(format), &held);
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        // The same with the pedal pressed after the jump.
        let mut pressed = held.clone();
        pressed.changes.push(controller(0.05, 0, 64, 127));
        let after = |performance: &Performance| -> Vec<ScoreLine> {
            played(format, performance).into_iter().filter(|line| line.segment > 0).collect()
        };
        assert_eq!(after(&held), after(&pressed), "{format:?}: it is down already");
    }
}

#[test]
fn a_left_hand_chord_that_is_held_over_a_jump_is_known_after_it() {
    // The song starts while a chord is held: the chord is what the band plays under the melody.
    for format in Format::ALL {
        let keys = [53, 57, 60, 68];
        let changes = keys.map(|key| Change { at: 90.0, input: Input::NoteOn { channel: 5, key, velocity: 90 } });
        let mut performance = ended(Performance { changes: changes.to_vec(), ..Performance::default() });
        performance.route =
            vec![Segment::rolling(0.0, BAR), Segment::rolling(8.0 * BAR, 2.0 * BAR), Segment::last_breath()];
        let take = perform(&mut open(format).with(&[("left_hand", "6")]).unwrap(), &performance);
        let after =
            take.notes(CHORDS).into_iter().filter(|note| note.position > 8.5 * BAR && note.start >= take.segments[1]);
        let classes: Vec<u8> = after.map(|note| note.key % 12).collect();
        assert!(!classes.is_empty(), "{format:?}");
        assert!(
            classes.iter().all(|class| [5, 9, 0, 8].contains(class)),
            "{format:?}: {classes:?} under F minor-major"
        );
    }
}

/// Of the notes of Chords and Bass that sound in the middle of each frame of `take`, a take of [`tune`], from its
/// second bar on, how many are tones of the chord that the left hand holds; by the place of the frame in the chord.
fn in_the_hands_chord(take: &Take, bars: usize) -> [f64; 8] {
    let held = left_hand_chords(bars);
    std::array::from_fn(|place| {
        let (mut all, mut inside) = (0, 0);
        for half in 2..2 * bars {
            let middle = half as f64 * 48.0 + place as f64 * 6.0 + 3.0;
            let classes: Vec<u8> = held[3 * half..][..3].iter().map(|note| note.key % 12).collect();
            for note in [CHORDS, BASS].into_iter().flat_map(|channel| take.notes(channel)) {
                if note.position <= middle && note.end_position.is_none_or(|end| end > middle) {
                    all += 1;
                    inside += usize::from(classes.contains(&(note.key % 12)));
                }
            }
        }
        f64::from(inside as u32) / f64::from(all.max(1))
    })
}

#[test]
fn a_chord_of_the_left_hand_sounds_in_the_band_from_the_frame_in_which_it_is_struck() {
    for format in Format::ALL {
        let take = |at_once| perform(&mut open(format).with(&[("hand_at_once", at_once)]).unwrap(), &tune(8));
        let (at_once, later) = (in_the_hands_chord(&take("On"), 8), in_the_hands_chord(&take("Off"), 8));
        assert!(at_once.iter().all(|share| *share > 0.95), "{format:?}: {at_once:.2?}");
        assert!(later[..2].iter().all(|share| *share < 0.8), "{format:?}: {later:.2?}");
    }
}

#[test]
fn drums_pass_through_and_do_not_drive_the_harmony() {
    for format in Format::ALL {
        let pads = (0..64)
            .map(|n| PlayedNote { channel: 9, ..note(f64::from(n) * 12.0, 4.0, [36, 42, 38, 46][n as usize % 4]) });
        let mut with_drums = ended(tune(8));
        with_drums.notes.extend(pads);
        let take = perform(&mut open(format).with(&[("drums_on", "Off")]).unwrap(), &with_drums);
        assert_eq!(take.notes(9).len(), 64, "{format:?}: they pass");
        assert_eq!(band(&take), played(format, &ended(tune(8))), "{format:?}");
    }
}

#[test]
fn the_tenth_channel_is_a_hand_where_the_musician_says_so() {
    let chords = |setting| {
        let take = perform(&mut open(Format::Clap).with(&[("left_hand", setting)]).unwrap(), &short_chords(9, vec![]));
        band(&take)
    };
    assert_ne!(chords("10"), chords("1"), "as the left hand's channel it is heard");
}

#[test]
fn after_a_panic_nothing_is_held() {
    // Bypass, reset and the like end a chord for the musician; the band must not go on hearing it.
    let reset = Segment::rolling(4.0 * BAR, 4.0 * BAR).after(continuo_tests::host::performance::Interruption::Reset);
    let chord =
        [48, 52, 55].map(|key| Change { at: 2.0 * BAR, input: Input::NoteOn { channel: 0, key, velocity: 90 } });
    let melody = tune(8).notes.into_iter().filter(|note| note.start >= 4.0 * BAR && note.key > 58).collect();
    let with = |changes: Vec<Change>| Performance {
        notes: Vec::clone(&melody),
        changes,
        route: vec![Segment::rolling(0.0, 4.0 * BAR), reset, Segment::last_breath()],
    };
    let after = |performance: &Performance| -> Vec<ScoreLine> {
        played(Format::Clap, performance).into_iter().filter(|line| line.segment > 0 && line.on).collect()
    };
    assert_eq!(after(&with(chord.to_vec())), after(&with(vec![])));
}
