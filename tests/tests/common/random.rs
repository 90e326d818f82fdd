//! Random performances for property tests.

use continuo_tests::host::performance::{Change, Interruption, Motion, PlayedNote, Segment};
use continuo_tests::host::{Input, Instance};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Meters that music is written in.
pub const METERS: [(u16, u16); 7] = [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (13, 16), (5, 32)];

/// Meters that hosts can be set to all the same.
pub const ODD_METERS: [(u16, u16); 4] = [(4, 4), (6, 8), (1, 64), (64, 1)];

/// Where the songs of these tests lie, in ticks.
const SONG: f64 = 960.0;

pub fn notes() -> impl Strategy<Value = Vec<PlayedNote>> {
    let note = (0.0..SONG, 0.1..150.0, 0u8..4, 36u8..84, 1u8..=127)
        .prop_map(|(start, length, channel, key, velocity)| PlayedNote { start, length, channel, key, velocity });
    prop::collection::vec(note, 0..120)
}

/// Pedal, bend, and the messages that end everything, anywhere.
pub fn controllers() -> impl Strategy<Value = Vec<Change>> {
    let input = prop_oneof![
        (0u8..4, any::<bool>()).prop_map(|(channel, down)| Input::Controller {
            channel,
            number: 64,
            value: if down { 127 } else { 0 }
        }),
        (0u8..4, select(vec![1, 7, 120, 123])).prop_map(|(channel, number)| Input::Controller {
            channel,
            number,
            value: 0
        }),
        (0u8..4, 0u16..16384).prop_map(|(channel, value)| Input::PitchBend { channel, value }),
    ];
    prop::collection::vec((0.0..SONG, input).prop_map(|(at, input)| Change { at, input }), 0..20)
}

/// Any parameter, any value, anywhere: which parameter is chosen by index later, as the plug-in tells its parameters.
pub fn storms() -> impl Strategy<Value = Vec<(f64, Index, f64)>> {
    prop_oneof![Just(Vec::new()), prop::collection::vec((0.0..SONG, any::<Index>(), 0.0..=1.0), 1..150),]
}

fn segment(meters: &[(u16, u16)]) -> impl Strategy<Value = Segment> {
    let motion = prop_oneof![
        6 => (0.0..SONG).prop_map(|from| Motion::Rolling { from }),
        1 => (0.0..SONG, 0.0..SONG).prop_map(|(at, jam_from)| Motion::Stopped { at, jam_from }),
        1 => (0.0..SONG).prop_map(|jam_from| Motion::Absent { jam_from }),
    ];
    let meter = select(meters.to_vec());
    let looping = prop::option::of((0.0..SONG, 1.0..400.0));
    let before = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Interruption::Reset)),
        1 => Just(Some(Interruption::Reactivate)),
    ];
    (motion, 1.0..200.0, 40.0..300.0, meter, looping, before).prop_map(
        |(motion, ticks, tempo, meter, looping, before)| Segment {
            motion,
            ticks,
            tempo,
            meter,
            looping: looping.map(|(start, length)| (start, start + length)),
            before,
            ..Segment::rolling(0.0, 0.0)
        },
    )
}

/// A few segments in some of `meters`, some of them played on without a jump, and a last breath.
pub fn route(meters: &[(u16, u16)]) -> impl Strategy<Value = Vec<Segment>> {
    prop::collection::vec((segment(meters), any::<bool>()), 1..7).prop_map(|segments| {
        let mut route: Vec<Segment> = Vec::new();
        for (mut segment, goes_on) in segments {
            if let (true, Some(Segment { motion: Motion::Rolling { from }, ticks, .. })) = (goes_on, route.last()) {
                segment.motion = Motion::Rolling { from: from + ticks };
            }
            route.push(segment);
        }
        route.push(Segment::last_breath());
        route
    })
}

/// The automation of a storm on the parameters of `instance`.
pub fn automation(instance: &mut dyn Instance, storm: &[(f64, Index, f64)]) -> Vec<Change> {
    let parameters = instance.parameters().into_iter().filter(|parameter| parameter.automatable && !parameter.hidden);
    let ids: Vec<u32> = parameters.map(|parameter| parameter.id).collect();
    let change = |&(at, index, value): &(f64, Index, f64)| Change {
        at,
        input: Input::Parameter { id: *index.get(&ids), value },
    };
    storm.iter().map(change).collect()
}
