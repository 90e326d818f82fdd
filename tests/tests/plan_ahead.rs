//! How far ahead the band plans: with what it begins, and what more of it is good for.

mod common;

use common::{BAR, id, melody, open_at, perform, tune};
use continuo_tests::host::performance::Segment;
use continuo_tests::host::{Blocks, Diagnostics, Format, Habits, Instance, Mode, Pacing, Performance, Setup, load};
use std::time::Duration;

/// The frames by which the band plans ahead.
fn plan_ahead(instance: &mut dyn Instance) -> u32 {
    (instance.value(id("plan_ahead")).unwrap() * 3.0).round() as u32 + 1
}

fn instance(format: Format) -> Box<dyn Instance> {
    load(format, &common::library(format)).unwrap()
}

fn activated(instance: &mut dyn Instance, max_block: usize, mode: Mode) -> u32 {
    let setup = Setup { sample_rate: 44_100.0, max_block, mode, habits: Habits::default() };
    let processor = instance.activate(setup).unwrap();
    instance.idle();
    let ahead = plan_ahead(instance);
    instance.deactivate(processor);
    ahead
}

#[test]
fn a_new_instance_plans_as_far_ahead_as_its_blocks_ask_for_and_keeps_to_that() {
    for format in Format::ALL {
        for (max_block, mode, ahead) in [
            (64, Mode::Live, 1),
            (2048, Mode::Live, 1),
            (4096, Mode::Live, 2),
            (16_384, Mode::Live, 4),
            (16_384, Mode::Offline, 1),
        ] {
            let mut fresh = instance(format);
            assert_eq!(activated(&mut *fresh, max_block, mode), ahead, "{format:?}, {mode:?}, blocks of {max_block}");
            for other in [64, 16_384] {
                assert_eq!(
                    activated(&mut *fresh, other, Mode::Live),
                    ahead,
                    "{format:?}: it does not change by itself"
                );
            }
        }
    }
}

#[test]
fn a_project_plans_as_far_ahead_as_it_was_saved_with() {
    for format in Format::ALL {
        let mut fresh = instance(format);
        activated(&mut *fresh, 4096, Mode::Live);
        let saved = fresh.save().unwrap();
        let mut opened = instance(format);
        opened.load(&saved).unwrap();
        assert_eq!(activated(&mut *opened, 64, Mode::Live), 2, "{format:?}");
        let usual = instance(format).save().unwrap();
        let mut opened = instance(format);
        opened.load(&usual).unwrap();
        assert_eq!(activated(&mut *opened, 16_384, Mode::Live), 1, "{format:?}");
    }
}

#[test]
fn a_host_that_renders_ahead_in_bursts_hears_every_plan() {
    let library = common::library(Format::Clap);
    let performance = Performance { route: vec![Segment::rolling(0.0, 3.0 * BAR)], ..tune(3) };
    for attempt in 1.. {
        let session = open_at(Format::Clap, Blocks::Of(256), 48_000.0).in_mode(Mode::Live).unwrap();
        let session = session.with(&[("plan_ahead", "4")]).unwrap();
        // Three frames at once, at 120 to the minute.
        let mut session = session.paced(Pacing::Ahead(Duration::from_millis(375)));
        let before = Diagnostics::read(&library).unwrap();
        perform(&mut session, &performance);
        let counted = Diagnostics::read(&library).unwrap().since(&before);
        assert!(counted.plans > 40, "{} plans", counted.plans);
        if counted.misses == 0 {
            break;
        }
        assert!(attempt < 3, "{} of {} plans late, three times", counted.misses, counted.plans);
    }
}

#[test]
fn a_state_that_is_loaded_while_audio_plays_is_heard_as_one() {
    const CHANNELS: [[&str; 2]; 2] = [["3", "4"], ["7", "8"]];
    let states = CHANNELS.map(|[chords, bass]| {
        let settings = [("chords_channel", chords), ("bass_channel", bass), ("humanise", "0 %"), ("lead_on", "Off")];
        let settings = [settings.as_slice(), &[("voices_on", "Off"), ("style_a", "Pop"), ("wait", "0 ms")]].concat();
        open_at(Format::Clap, Blocks::Of(64), 48_000.0).with(&settings).unwrap().instance().save().unwrap()
    });
    let bars = 64;
    let performance =
        Performance { notes: melody(bars), route: vec![Segment::rolling(0.0, bars as f64 * BAR)], ..tune(bars) };
    let mut session = open_at(Format::Clap, Blocks::Of(64), 48_000.0);
    session.instance().load(&states[0]).unwrap();
    let (instance, player) = session.split();
    let (take, loads) = std::thread::scope(|scope| {
        let playing = scope.spawn(|| player.perform(&performance).unwrap());
        let mut loads = 0;
        while !playing.is_finished() {
            loads += 1;
            instance.load(&states[loads % 2]).unwrap();
        }
        (playing.join().unwrap(), loads)
    });
    assert!(loads > 100, "{loads} loads");
    let notes = [2, 3, 6, 7].map(|channel| take.notes(channel));
    assert!(notes.iter().all(|notes| notes.len() > 10), "both states are heard");
    let frames = notes
        .map(|notes| -> Vec<i64> { notes.iter().map(|note| (note.start as f64 / 6000.0).floor() as i64).collect() });
    let of = |state: usize| frames[2 * state].iter().chain(&frames[2 * state + 1]);
    let shared: Vec<_> = of(0).filter(|frame| of(1).any(|other| other == *frame)).collect();
    assert!(shared.is_empty(), "frames {shared:?} are of both states");
}
