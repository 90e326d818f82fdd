//! A musician for the tests: plays notes to an improviser frame by frame, in logical time.

#![allow(dead_code)]

use std::path::Path;
use std::sync::{Arc, OnceLock};

use continuo_models::music::time::frame_start;
use continuo_models::music::{BarPosition, Frame, Meter, Tick};
use continuo_models::{Controls, Cue, Family, FrameStart, Heard, Improviser, Networks, NoteCue};

/// The default networks that are built in, loaded once.
pub fn networks() -> Arc<Networks> {
    built_in(Family::default())
}

/// The networks of `family` that are built in, loaded once.
pub fn built_in(family: Family) -> Arc<Networks> {
    static NETWORKS: OnceLock<[Arc<Networks>; Family::ALL.len()]> = OnceLock::new();
    let loaded = NETWORKS.get_or_init(|| {
        Family::ALL.map(|family| {
            let (networks, problems) = Networks::built_in(family);
            assert!(problems.is_empty(), "{problems:?}");
            Arc::new(networks)
        })
    });
    Arc::clone(&loaded[family as usize])
}

/// Every band that can be: with each family of networks, and by rule.
pub fn bands() -> impl Iterator<Item = Arc<Networks>> {
    Family::ALL.into_iter().map(built_in).chain([rules()])
}

/// No networks: the band plays by rule.
pub fn rules() -> Arc<Networks> {
    Arc::new(Networks::default())
}

/// A file of the crate.
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A melody as events: key, and length in sixteenths; key 0 is a rest.
pub fn melody(notes: &[(u8, Tick)]) -> Vec<Heard> {
    let mut tick = 0;
    let mut events = Vec::new();
    for &(key, sixteenths) in notes {
        if key > 0 {
            events.push(Heard::NoteOn { tick, channel: 0, key, velocity: 84 });
            events.push(Heard::NoteOff { tick: tick + 6 * sixteenths - 1, channel: 0, key });
        }
        tick += 6 * sixteenths;
    }
    events
}

/// "Ode to Joy" (Beethoven, 1824), 16 bars in C.
pub fn ode_to_joy() -> Vec<Heard> {
    let half = |end: [(u8, Tick); 3]| {
        let mut bars: Vec<(u8, Tick)> =
            [64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64].into_iter().map(|key| (key, 4)).collect();
        bars.extend(end);
        bars
    };
    let (open, closed) = ([(64, 6), (62, 2), (62, 8)], [(62, 6), (60, 2), (60, 8)]);
    let middle = [
        (62, 4),
        (62, 4),
        (64, 4),
        (60, 4),
        (62, 4),
        (64, 2),
        (65, 2),
        (64, 4),
        (60, 4),
        (62, 4),
        (64, 2),
        (65, 2),
        (64, 4),
        (62, 4),
        (60, 4),
        (62, 4),
        (55, 8),
    ];
    let mut tune = half(open);
    tune.extend(half(closed));
    tune.extend(middle);
    tune.extend(half(closed));
    melody(&tune)
}

pub fn transposed(events: &[Heard], semitones: i8) -> Vec<Heard> {
    let mut events = events.to_vec();
    for heard in &mut events {
        if let Heard::NoteOn { key, .. } | Heard::NoteOff { key, .. } = heard {
            *key = key.saturating_add_signed(semitones).min(127);
        }
    }
    events
}

/// The start of `frame` when the song goes on in `meter`.
pub fn start(frame: Frame, meter: Meter, controls: Controls) -> FrameStart {
    let next = frame + 1;
    let position = BarPosition { bar_start: 0, meter }.at(frame_start(next));
    FrameStart::before(next, position, controls)
}

/// Plays `events` from frame `frames.start` on and returns every cue.
pub fn play(
    improviser: &mut Improviser,
    events: &[Heard],
    frames: std::ops::Range<Frame>,
    meter: Meter,
    controls: impl Fn(Frame) -> Controls,
) -> Vec<Cue> {
    let first = frame_start(frames.start - 1);
    let mut events = events.iter().filter(|heard| heard.tick() >= first).peekable();
    let mut cues = Vec::new();
    for frame in frames {
        while let Some(heard) = events.next_if(|heard| heard.tick() < frame_start(frame)) {
            improviser.hear(*heard);
        }
        improviser.decide(&start(frame, meter, controls(frame)), &mut cues);
    }
    cues
}

/// What `show` sees of the improviser after each of `frames` while `events` are played in 4/4.
pub fn watch<T>(
    improviser: &mut Improviser,
    events: &[Heard],
    frames: std::ops::Range<Frame>,
    controls: Controls,
    mut show: impl FnMut(&Improviser) -> T,
) -> Vec<T> {
    let mut events = events.iter().peekable();
    let mut cues = Vec::new();
    let decide = |frame| {
        while let Some(heard) = events.next_if(|heard| heard.tick() < frame_start(frame)) {
            improviser.hear(*heard);
        }
        improviser.decide(&start(frame, Meter::default(), controls), &mut cues);
        show(improviser)
    };
    frames.map(decide).collect()
}

pub fn notes(cues: &[Cue]) -> impl Iterator<Item = &NoteCue> {
    cues.iter().filter_map(|cue| if let Cue::Note(note) = cue { Some(note) } else { None })
}
