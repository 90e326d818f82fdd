use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use continuo_models::music::Frame;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

use super::*;
use crate::params::ContinuoParams;
use crate::processor::Processor;
use crate::processor::output::Sent;
use crate::song_clock::HostTime;

fn cue(frame: Frame) -> StampedCue {
    StampedCue { epoch: 0, cue: Cue::Done(frame) }
}

/// Eight bars of a scale, rendered offline in blocks of `length`; what left the plug-in, and how many plans were
/// missed.
fn render(length: u32) -> (Vec<String>, u64) {
    let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
    let mut processor = Processor::new(params, Arc::clone(&shared));
    let (worker, played, cues) =
        Worker::start(Arc::clone(&shared), Arc::default(), NetworkSet::ALL[0].for_all(), false).unwrap();
    assert_eq!(worker.wait_until_ready(Duration::from_secs(60)), Start::Ready);
    processor.connect(48_000.0, true, played, cues);
    let (mut sample, mut events) = (0u32, Vec::new());
    while sample < 16 * 48_000 {
        let host = HostTime {
            playing: true,
            tempo: Some(120.0),
            position: Some(f64::from(sample) / 24_000.0),
            ..HostTime::default()
        };
        let (voice_id, channel) = (VoiceID::Wildcard, Channel::Number(0));
        let note = |number: u32| {
            let key = Key::Number([60, 62, 64, 65, 67, 69, 71, 72][(number / 2 % 8) as usize]);
            let timing = number * 12_000 - sample;
            if number.is_multiple_of(2) {
                NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: 0.7 }
            } else {
                NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
            }
        };
        let mut input = (sample.div_ceil(12_000)..(sample + length).div_ceil(12_000)).map(note);
        processor.process(&host, length, || input.next());
        processor.output().send(|event| {
            events.push(format!("{} {:?} {:?}", sample + event.offset, event.part, event.message));
            Sent::Done
        });
        sample += length;
    }
    (events, shared.meters.misses.load(Relaxed))
}

#[test]
fn offline_every_plan_arrives_and_blocks_do_not_matter() {
    let (events, misses) = render(480);
    assert_eq!(misses, 0);
    assert!(events.iter().any(|event| event.contains("You")));
    for length in [64, 4096, 20_000] {
        let (others, misses) = render(length);
        assert_eq!(misses, 0);
        let both = events.len().min(others.len());
        let last = |events: &[String]| events[both.saturating_sub(1)].clone();
        assert_eq!(events[..both], others[..both], "blocks of {length}, up to {} and {}", last(&events), last(&others));
    }
}

#[test]
fn a_worker_ends_when_it_is_dropped() {
    let (worker, _played, _cues) =
        Worker::start(Shared::new(), Arc::default(), NetworkSet::ALL[0].for_all(), false).unwrap();
    assert_eq!(worker.wait_until_ready(Duration::from_secs(60)), Start::Ready);
    let begun = Instant::now();
    drop(worker);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_full_ring_makes_the_worker_wait_and_loses_nothing() {
    let (mut sender, mut receiver) = cue_ring(4);
    let shared = Shared::new();
    let counted = Arc::clone(&shared);
    let worker = thread::spawn(move || {
        let cues: Vec<_> = (0..1000).map(cue).collect();
        hand_over(&cues, &mut sender, &counted, &AtomicBool::new(false));
    });
    let mut received = Vec::new();
    while received.len() < 1000 {
        match receiver.next() {
            Some(cue) => received.push(cue),
            None => thread::yield_now(),
        }
    }
    worker.join().unwrap();
    assert_eq!(received, (0..1000).map(cue).collect::<Vec<_>>());
    assert!(shared.meters.overflowed.load(Relaxed) > 0);
}

#[test]
fn a_worker_that_waits_for_room_ends_when_it_is_told() {
    let (mut sender, _receiver) = cue_ring(1);
    hand_over(&[cue(0), cue(1)], &mut sender, &Shared::new(), &AtomicBool::new(true));
}
