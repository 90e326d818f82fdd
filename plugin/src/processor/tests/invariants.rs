//! What holds whatever a host and a musician do.

use proptest::prelude::*;

use super::*;

/// What a host and a musician may do.
#[derive(Clone, Debug)]
enum Act {
    Press(u32, u8),
    Release(u32, u8),
    Stop,
    Start,
    Seek(f64),
    Reset,
    Panic,
    Sleep(bool),
    Switch(usize, bool),
    Move(usize, i32),
    Recall(u8, f32),
    Listen(Option<u8>),
    Blocks(u8, u32),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (0u32..600, 40u8..90).prop_map(|(at, key)| Act::Press(at, key)),
        (0u32..600, 40u8..90).prop_map(|(at, key)| Act::Release(at, key)),
        Just(Act::Stop),
        Just(Act::Start),
        (-4.0f64..40.0).prop_map(Act::Seek),
        Just(Act::Reset),
        Just(Act::Panic),
        any::<bool>().prop_map(Act::Sleep),
        (0..Player::COUNT, any::<bool>()).prop_map(|(player, on)| Act::Switch(player, on)),
        (0..Player::COUNT, 1i32..=16).prop_map(|(player, channel)| Act::Move(player, channel)),
        (0u8..4, 0.0f32..2.0).prop_map(|(preset, scene)| Act::Recall(preset, scene)),
        prop::option::of(0u8..4).prop_map(Act::Listen),
        (1u8..12, 1u32..3000).prop_map(|(count, length)| Act::Blocks(count, length)),
    ];
    prop::collection::vec(act, 1..80)
}

proptest! {
    #[test]
    fn every_note_on_gets_exactly_one_note_off(acts in acts()) {
        let mut rig = Rig::new(busy);
        let mut playing = true;
        let mut input = Vec::new();
        (1..4).for_each(|number| rig.params.bank.put(number, Some(without(number))));
        rig.params.scenes.store(0, Some(without(0).controls()));
        rig.params.set(number("scene_at"), 0.0);
        for act in acts {
            match act {
                Act::Press(at, key) => input.push(on(at, key)),
                Act::Release(at, key) => input.push(off(at, key)),
                Act::Stop => playing = false,
                Act::Start => playing = true,
                Act::Seek(position) => rig.position = position,
                Act::Reset => rig.processor.reset(),
                Act::Panic => rig.shared.request_panic(),
                Act::Sleep(asleep) => rig.planner = if asleep { None } else { Some(busy) },
                Act::Switch(player, on) => {
                    rig.params.set(number(&format!("{}_on", Player::ALL[player].kind().id)), f32::from(on));
                }
                Act::Move(player, channel) => {
                    let id = format!("{}_channel", Player::ALL[player].kind().id);
                    rig.params.set(number(&id), (channel - 1) as f32 / 15.0);
                }
                Act::Recall(preset, scene) => {
                    rig.params.set(number("preset"), f32::from(preset) / 128.0);
                    rig.params.set(number("scene"), scene / 8.0);
                }
                Act::Listen(preset) => {
                    listening::listen(&rig.shared, preset.map(|_| listening::audition()));
                }
                Act::Blocks(count, length) => {
                    for _ in 0..count {
                        rig.block(&rig.host(playing), length, &std::mem::take(&mut input));
                    }
                }
            }
        }
        rig.shared.listening.to(None);
        rig.planner = Some(nothing);
        let release: Vec<_> = (0..128).map(|key| off(0, key)).collect();
        rig.block(&rig.host(true), 64, &input);
        rig.block(&rig.host(true), 64, &release);
        rig.block(&rig.host(false), 64, &[]);
        rig.block(&rig.host(true), 64, &[]);
        prop_assert_eq!(sounding(&rig.log), Ok(0));
        prop_assert!(rig.log.is_sorted_by_key(|(sample, ..)| *sample));
        prop_assert!((0..128).all(|key| rig.shared.keyboard.mask(key) == 0));
    }

    #[test]
    fn the_worker_knows_what_is_held_whatever_happens(acts in acts()) {
        let mut rig = Rig::new(nothing);
        let mut playing = true;
        let mut input = Vec::new();
        let mut pedals = 0u16;
        for act in acts {
            match act {
                Act::Press(at, key) => input.push(on(at % 64, key)),
                Act::Release(at, key) => input.push(off(at % 64, key)),
                Act::Stop => playing = false,
                Act::Start => playing = true,
                Act::Seek(position) => rig.position = position,
                Act::Reset => rig.processor.reset(),
                Act::Panic => rig.shared.request_panic(),
                Act::Switch(channel, down) => input.push(controller(0, channel as u8, 64, if down { 127 } else { 0 })),
                Act::Move(channel, number) => input.push(controller(0, channel as u8, 110 + number as u8, 0)),
                Act::Sleep(_) | Act::Recall(..) | Act::Listen(_) | Act::Blocks(..) => {}
            }
            let lets_go = matches!(act, Act::Reset | Act::Panic);
            pedals = if lets_go { 0 } else { pedals };
            for event in &input {
                if let NoteEvent::MidiCC { channel, cc, value, .. } = *event {
                    let down = cc == 64 && value >= 0.5;
                    let moves = matches!(cc, 64 | 120 | 121);
                    pedals = if down { pedals | 1 << channel } else { pedals & !(u16::from(moves) << channel) };
                }
            }
            rig.block(&rig.host(playing), 64, &std::mem::take(&mut input));
            let (keys, heard) = rig.hands();
            let held: BTreeSet<(u8, u8)> = (0..16u8)
                .flat_map(|channel| (0..128u8).map(move |key| (channel, key)))
                .filter(|&(channel, key)| rig.processor.sounding.is_held(channel, key))
                .collect();
            prop_assert_eq!((keys, heard), (held, pedals));
        }
    }

    #[test]
    fn what_sounds_does_not_depend_on_the_blocks(
        lengths in prop::collection::vec(1u32..2500, 1..8),
        keys in prop::collection::vec((0u32..60_000, 50u8..80), 0..20),
        plan_ahead in 1..=FARTHEST_AHEAD,
    ) {
        let run = |lengths: &[u32]| {
            let mut rig = planning(plan_ahead, busy);
            for &length in lengths.iter().cycle() {
                let from = rig.sample as u32;
                if from >= 60_000 {
                    break;
                }
                let length = length.min(60_000 - from);
                let mut input: Vec<_> = keys
                    .iter()
                    .flat_map(|&(at, key)| [(at, key, true), (at + 2000, key, false)])
                    .filter(|(at, ..)| (from..from + length).contains(at))
                    .collect();
                input.sort();
                let input: Vec<_> =
                    input.iter().map(|&(at, key, is_on)| (if is_on { on } else { off })(at - from, key)).collect();
                rig.block(&rig.host(true), length, &input);
            }
            (rig.log.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>(), rig.heard)
        };
        prop_assert_eq!(run(&lengths), run(&[512]));
    }
}
