//! Nothing that a host or a musician sends makes the band panic, or play a note that cannot be played.

mod common;

use common::{networks, rules};
use continuo_models::music::time::frame_start;
use continuo_models::music::{BarPosition, Key, Meter, Mode, Moment, Style};
use continuo_models::{Controls, Cue, FrameStart, Heard, Improviser, Player, PlayerControls, Zones};
use proptest::prelude::*;

fn heard() -> impl Strategy<Value = Heard> {
    let tick = prop_oneof![8 => 0i64..4000, 1 => any::<i64>()];
    (tick, any::<u8>(), any::<u8>(), any::<u8>(), 0..4).prop_map(|(tick, channel, key, velocity, kind)| match kind {
        0 | 1 => Heard::NoteOn { tick, channel, key, velocity },
        2 => Heard::NoteOff { tick, channel, key },
        _ => Heard::Pedal { tick, channel, down: velocity > 127 },
    })
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![8 => 0.0f32..=2.0, 1 => any::<f32>(), 1 => Just(f32::NAN)]
}

fn mode_of(minor: bool) -> Mode {
    if minor { Mode::Minor } else { Mode::Major }
}

prop_compose! {
    fn player()(
        on: bool, density in number(), register: i8, channel: u8, vary in number(), drift in number(), roll: u8,
        lock: u16,
    ) -> PlayerControls {
        PlayerControls { on, density, register, channel, vary, drift, roll, lock }
    }
}

prop_compose! {
    fn controls()(
        a in 0..Style::ALL.len(), b in 0..Style::ALL.len(), numbers in prop::collection::vec(number(), 8),
        key_lock: bool, tonic: u8, minor: bool, seed: u32,
        players in prop::collection::vec(player(), Player::COUNT), by_beat: bool,
        levels in prop::array::uniform4(prop::option::of(any::<u8>())), mode in prop::option::of(any::<bool>()),
    ) -> Controls {
        let mut controls = Controls {
            style_a: Style::ALL[a],
            style_b: Style::ALL[b],
            style_blend: numbers[0],
            temperature: numbers[1],
            follow: numbers[2],
            chord_rate: levels[0],
            chromaticism: levels[1],
            mode: mode.map(mode_of),
            lead_chromaticism: levels[2],
            syncopation: levels[3],
            key_lock,
            key: Key { tonic, mode: mode_of(minor) },
            density: numbers[3],
            seed,
            humanise: numbers[4],
            swing: numbers[5],
            morph_x: numbers[6],
            morph_y: numbers[7],
            morph_style: Style::ALL[b],
            morph_by_beat: by_beat,
            ..Controls::default()
        };
        controls.players.iter_mut().zip(players).for_each(|((_, player), own)| *player = own);
        controls
    }
}

prop_compose! {
    fn frame_start_of_a_lying_host()(
        frame in prop_oneof![8 => 0i64..600, 1 => any::<i64>()],
        plan_ahead in prop_oneof![8 => 1u8..=4, 1 => any::<u8>()],
        wraps_after in prop_oneof![8 => Just(None), 1 => any::<i64>().prop_map(Some), 1 => (0i64..600).prop_map(Some)],
        next in prop_oneof![8 => Just(None), 1 => any::<i64>().prop_map(Some), 1 => (0i64..600).prop_map(Some)],
        bar_start in prop_oneof![8 => 0i64..4000, 1 => any::<i64>()],
        numerator: u8, denominator: u8, tempo in number(), controls in controls(),
        zones in prop::collection::vec((any::<u8>(), any::<u8>()), 0..3),
    ) -> FrameStart {
        FrameStart {
            frame,
            plan_ahead,
            wraps_after,
            next: next.unwrap_or(frame.saturating_add(plan_ahead.into())),
            position: BarPosition { bar_start, meter: Meter { numerator, denominator } },
            tempo,
            controls,
            zones: zones.iter().fold(Zones::default(), |mut zones, &(master, members)| {
                zones.configure(master, members);
                zones
            }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_that_is_sent_breaks_the_band(
        calls in prop::collection::vec((prop::collection::vec(heard(), 0..12), frame_start_of_a_lying_host()), 1..40),
        with_networks: bool,
    ) {
        let mut improviser = Improviser::new(if with_networks { networks() } else { rules() });
        let mut cues = Vec::new();
        for (events, start) in calls {
            events.into_iter().for_each(|heard| improviser.hear(heard));
            cues.clear();
            improviser.decide(&start, &mut cues);
            prop_assert_eq!(cues.last(), Some(&Cue::Done(start.next)));
        }
    }

    #[test]
    fn every_note_can_be_played(
        events in prop::collection::vec((0i64..3000, 0u8..16, 20u8..110, 1u8..128, 1i64..200), 0..120),
        numerator in 1u8..13, eighths: bool, controls in controls(), with_networks: bool,
    ) {
        let mut heard: Vec<Heard> = events.iter().flat_map(|&(tick, channel, key, velocity, length)| {
            [Heard::NoteOn { tick, channel, key, velocity }, Heard::NoteOff { tick: tick + length, channel, key }]
        }).collect();
        heard.sort_by_key(Heard::tick);
        let meter = Meter { numerator, denominator: if eighths { 8 } else { 4 } };
        let mut improviser = Improviser::new(if with_networks { networks() } else { rules() });
        let cues = common::play(&mut improviser, &heard, 0..200, meter, |_| controls);
        for (frame, cues) in cues.split_inclusive(|cue| matches!(cue, Cue::Done(_))).enumerate() {
            let first = Moment::from_tick(frame_start(frame as i64 + 1));
            prop_assert!(cues.len() < 250, "{} cues in a frame", cues.len());
            for note in common::notes(cues) {
                prop_assert!(note.key < 128 && note.channel < 16 && (1..128).contains(&note.velocity), "{note:?}");
                prop_assert!(note.length.0 > 0 && note.start >= first, "{note:?} in a frame that begins at {first:?}");
                prop_assert!(note.length <= Moment::from_tick(16 * 96), "{note:?} is endless");
            }
        }
    }
}

#[test]
fn ten_thousand_events_in_a_frame_are_taken_in() {
    let mut improviser = Improviser::new(networks());
    for event in 0..30_000u32 {
        let (channel, key) = ((event % 16) as u8, (event * 7 % 128) as u8);
        improviser.hear(match event % 3 {
            0 => Heard::NoteOn { tick: 1, channel, key, velocity: 100 },
            1 => Heard::NoteOff { tick: 1, channel, key },
            _ => Heard::Pedal { tick: 1, channel, down: event % 2 == 0 },
        });
    }
    let mut cues = Vec::new();
    improviser.decide(&common::start(1, Meter::default(), Controls::default()), &mut cues);
    assert_eq!(cues.last(), Some(&Cue::Done(2)));
}

#[test]
fn a_loop_goes_round_without_losing_the_thread() {
    let mut improviser = Improviser::new(networks());
    let tune = common::ode_to_joy();
    let meter = Meter::default();
    let mut cues = common::play(&mut improviser, &tune, 0..63, meter, |_| Controls::default());
    for _ in 0..3 {
        let around = FrameStart {
            wraps_after: Some(63),
            next: 0,
            position: BarPosition { bar_start: 0, meter },
            ..common::start(63, meter, Controls::default())
        };
        for heard in tune.iter().filter(|heard| (62 * 6..63 * 6).contains(&heard.tick())) {
            improviser.hear(*heard);
        }
        improviser.decide(&around, &mut cues);
        let chord = improviser.outlook().chord;
        assert!(chord.is_some(), "the band goes on over the barline of the loop");
        cues = common::play(&mut improviser, &tune, 0..63, meter, |_| Controls::default());
        assert!(common::notes(&cues).count() > 10);
    }
}
