use std::collections::BTreeSet;
use std::thread;

use proptest::prelude::*;

use super::*;

fn on(tick: Tick, key: u8) -> Heard {
    Heard::NoteOn { tick, channel: 0, key, velocity: 64 }
}

fn off(tick: Tick, key: u8) -> Heard {
    Heard::NoteOff { tick, channel: 0, key }
}

fn drain(receiver: &mut PlayedReceiver) -> Vec<Played> {
    receiver.collect()
}

#[test]
fn note_ons_leave_room_for_note_offs() {
    let (mut sender, mut receiver) = played_ring(64);
    for n in 0..64 {
        sender.heard(on(n, n as u8));
    }
    assert_eq!(sender.take_overflowed(), 32);
    for n in 0..32 {
        sender.heard(off(n, n as u8));
    }
    let received = drain(&mut receiver);
    assert_eq!(received.iter().filter(|event| matches!(event, Played::Heard(Heard::NoteOff { .. }))).count(), 32);
}

#[test]
fn note_offs_that_find_no_room_arrive_later_and_before_anything_else() {
    let (mut sender, mut receiver) = played_ring(4);
    for key in 0..10 {
        sender.heard(off(0, key));
    }
    sender.heard(Heard::Pedal { tick: 0, channel: 3, down: false });
    drain(&mut receiver);
    let mut later = Vec::new();
    for _ in 0..4 {
        sender.heard(on(9, 100));
        later.extend(drain(&mut receiver));
    }
    let offs: Vec<u8> = later
        .iter()
        .filter_map(|event| match event {
            Played::Heard(Heard::NoteOff { key, .. }) => Some(*key),
            _ => None,
        })
        .collect();
    assert_eq!(offs, (4..10).collect::<Vec<u8>>());
    let pedal = later.iter().position(|event| matches!(event, Played::Heard(Heard::Pedal { channel: 3, .. })));
    let first_on = later.iter().position(|event| matches!(event, Played::Heard(Heard::NoteOn { .. })));
    assert!(pedal.unwrap() < first_on.unwrap());
}

#[test]
fn a_jump_is_never_lost_and_the_last_one_counts() {
    let (mut sender, mut receiver) = played_ring(2);
    sender.heard(off(0, 1));
    sender.heard(off(0, 2));
    sender.jump(1, 0);
    sender.jump(2, 0);
    drain(&mut receiver);
    sender.heard(off(0, 3));
    assert_eq!(drain(&mut receiver), [Played::Jump { epoch: 2, tick: 0 }, Played::Heard(off(0, 3))]);
}

#[test]
fn how_a_fork_turned_is_told_though_there_was_no_room() {
    let (mut sender, mut receiver) = played_ring(2);
    sender.heard(off(0, 1));
    sender.heard(off(0, 2));
    sender.turned(4, Some(7));
    assert_eq!(drain(&mut receiver), [Played::Heard(off(0, 1)), Played::Heard(off(0, 2))]);
    sender.heard(off(0, 3));
    let turned = Played::Turned { frame: 4, turn: Some(7) };
    assert_eq!(drain(&mut receiver), [turned, Played::Heard(off(0, 3))]);
    assert_eq!(sender.take_overflowed(), 0);
}

#[test]
fn a_chord_that_was_struck_is_told_though_there_was_no_room_behind_the_turn_before_it() {
    let (mut sender, mut receiver) = played_ring(2);
    let chord: SlashChord = SlashChord { chord: "F".parse().unwrap(), bass: 9 };
    sender.heard(off(0, 1));
    sender.heard(off(0, 2));
    sender.turned(4, None);
    sender.struck(4, chord);
    drain(&mut receiver);
    sender.flush(0);
    assert_eq!(drain(&mut receiver), [Played::Turned { frame: 4, turn: None }, Played::Struck { frame: 4, chord }]);
    assert_eq!(sender.take_overflowed(), 0);
}

#[test]
fn of_a_pedal_that_finds_no_room_the_last_movement_counts() {
    for last in [true, false] {
        let (mut sender, mut receiver) = played_ring(2);
        sender.heard(off(0, 1));
        sender.heard(off(0, 2));
        for down in [last, !last, last] {
            sender.heard(Heard::Pedal { tick: 0, channel: 4, down });
        }
        drain(&mut receiver);
        sender.jump(1, 9);
        let pedal = Played::Heard(Heard::Pedal { tick: 9, channel: 4, down: last });
        assert_eq!(drain(&mut receiver), [pedal, Played::Jump { epoch: 1, tick: 9 }]);
        assert_eq!(sender.take_overflowed(), 0);
    }
}

#[test]
fn a_receiver_knows_whether_anybody_sends_and_gets_what_was_sent_last() {
    let (mut sender, mut receiver) = cue_ring(4);
    assert!(receiver.has_sender());
    let cue = StampedCue { epoch: 1, cue: Cue::Done(7) };
    assert_eq!(sender.try_send(cue), Ok(()));
    drop(sender);
    assert!(!receiver.has_sender());
    assert_eq!(receiver.next(), Some(cue));
}

/// What the callback does with its end of the ring; of the worker's, only how much it takes matters.
#[derive(Clone, Debug)]
enum Act {
    On(u8),
    Off(u8),
    Pedal(u8, bool),
    Turned(Frame),
    Jump,
    Drain(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u8..6).prop_map(Act::On),
        4 => (0u8..6).prop_map(Act::Off),
        2 => (0u8..3, any::<bool>()).prop_map(|(channel, down)| Act::Pedal(channel, down)),
        1 => (0i64..9).prop_map(Act::Turned),
        1 => Just(Act::Jump),
        3 => (1usize..6).prop_map(Act::Drain),
    ]
}

/// What whoever follows the ring knows.
#[derive(Debug, Default, PartialEq)]
struct Known {
    held: BTreeSet<u8>,
    pedals: BTreeSet<u8>,
    turned: Option<Frame>,
    epoch: u32,
}

impl Known {
    fn follow(&mut self, played: Played) {
        match played {
            Played::Heard(Heard::NoteOn { key, .. }) => drop(self.held.insert(key)),
            Played::Heard(Heard::NoteOff { key, .. }) => drop(self.held.remove(&key)),
            Played::Heard(Heard::Pedal { channel, down: true, .. }) => drop(self.pedals.insert(channel)),
            Played::Heard(Heard::Pedal { channel, down: false, .. }) => drop(self.pedals.remove(&channel)),
            Played::Turned { frame, .. } => self.turned = Some(frame),
            Played::Jump { epoch, .. } => *self = Self { epoch, turned: None, ..std::mem::take(self) },
            Played::Frame(_) | Played::Struck { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_room_the_worker_knows_in_the_end_what_was_played(
        acts in prop::collection::vec(act(), 0..120), capacity in 1usize..12,
    ) {
        let (mut sender, mut receiver) = played_ring(capacity);
        let (mut played, mut heard) = (Known::default(), Known::default());
        for (tick, act) in acts.into_iter().enumerate() {
            let tick = tick as Tick;
            let all = match act {
                Act::On(key) => Played::Heard(on(tick, key)),
                Act::Off(key) => Played::Heard(off(tick, key)),
                Act::Pedal(channel, down) => Played::Heard(Heard::Pedal { tick, channel, down }),
                Act::Turned(frame) => Played::Turned { frame, turn: None },
                Act::Jump => Played::Jump { epoch: played.epoch + 1, tick },
                Act::Drain(count) => {
                    receiver.by_ref().take(count).for_each(|played| heard.follow(played));
                    continue;
                }
            };
            match all {
                Played::Heard(heard) => sender.heard(heard),
                Played::Turned { frame, turn } => sender.turned(frame, turn),
                Played::Jump { epoch, tick } => sender.jump(epoch, tick),
                Played::Frame(_) | Played::Struck { .. } => unreachable!("there is none"),
            }
            // A note-on may be refused, and a turn may come too late; both are counted.
            let refused = sender.take_overflowed() > 0;
            if !(refused && matches!(act, Act::On(_))) {
                played.follow(all);
            }
        }
        while !sender.flush(0) {
            receiver.by_ref().for_each(|played| heard.follow(played));
        }
        receiver.for_each(|played| heard.follow(played));
        prop_assert_eq!(heard, played);
    }
}

#[test]
fn two_threads_at_full_speed_lose_no_note_off() {
    const NOTES: i64 = 200_000;
    let (mut sender, mut receiver) = played_ring(256);
    let worker = thread::spawn(move || {
        let (mut sounding, mut last_tick, mut heard) = (BTreeSet::new(), 0, 0u64);
        loop {
            match receiver.next() {
                Some(Played::Heard(Heard::NoteOn { tick, key, .. })) => {
                    assert!(tick >= last_tick, "in order");
                    last_tick = tick;
                    sounding.insert(key);
                    heard += 1;
                }
                Some(Played::Heard(Heard::NoteOff { key, .. })) => {
                    sounding.remove(&key);
                }
                Some(Played::Jump { .. }) => return (sounding, heard),
                Some(_) => {}
                None => thread::yield_now(),
            }
        }
    });
    for n in 0..NOTES {
        let key = (n % 120) as u8;
        sender.heard(on(n, key));
        sender.heard(off(n, key));
    }
    // Give what waits a chance to go, as the following blocks would, then end.
    while !sender.flush(NOTES) {
        thread::yield_now();
    }
    let refused = sender.take_overflowed();
    sender.jump(1, NOTES);
    while !sender.flush(NOTES) {
        thread::yield_now();
    }
    let (sounding, heard) = worker.join().unwrap();
    assert!(sounding.is_empty(), "still sounding: {sounding:?}");
    assert_eq!(heard + refused, NOTES as u64, "every note-on was delivered or counted");
}
