//! What is played on the panel's piano, and the metronome.

use std::time::{Duration, Instant};

use super::*;
use crate::preview::Clicker;
use crate::processor::metronome::Click;

impl Rig {
    /// Plays a block, and whether it is live.
    fn live_block(&mut self, now: Instant, length: u32) {
        self.processor.begin_block(now, length);
        self.block(&self.host(true), length, &[]);
    }
}

#[test]
fn what_is_played_on_the_panel_is_heard_and_answered_in_the_same_block() {
    let mut rig = Rig::new(only_answers);
    rig.play(2 * FRAME);
    rig.shared.panel_keys.send(60, 0.8);
    rig.play(500);
    let at = 2 * FRAME;
    assert_eq!(rig.notes(Part::You), [(at, 60, true)]);
    assert_eq!(rig.notes(Part::Player(Player::Voices)), [(at, 64, true)]);
    assert!(rig.heard.contains(&Heard::NoteOn { tick: 12, channel: 0, key: 60, velocity: 102 }));
    rig.shared.panel_keys.send(60, 0.0);
    rig.play(2 * FRAME);
    assert_eq!(sounding(&rig.log), Ok(0));
}

#[test]
fn it_is_the_same_as_what_a_host_brings_at_the_same_samples() {
    let mut panel = Rig::new(busy);
    let mut host = Rig::new(busy);
    for block in 0..240 {
        let (on_panel, on_host) = match block % 30 {
            3 => (Some((60 + block as u8 % 7, 0.8)), vec![on(0, 60 + block as u8 % 7)]),
            12 => (Some((60 + (block as u8 - 9) % 7, 0.0)), vec![off(0, 60 + (block as u8 - 9) % 7)]),
            _ => (None, vec![]),
        };
        if let Some((key, velocity)) = on_panel {
            assert!(panel.shared.panel_keys.send(key, velocity));
        }
        panel.block(&panel.host(true), 500, &[]);
        host.block(&host.host(true), 500, &on_host);
    }
    assert_eq!(panel.notes(Part::You).len(), 16);
    assert_eq!(format!("{:?}", panel.log), format!("{:?}", host.log));
    assert_eq!(panel.heard, host.heard);
}

#[test]
fn the_panel_plays_the_melody_where_channels_tell_the_hands_apart() {
    let mut rig = Rig::new(nothing);
    rig.params.set(number("left_hand"), 1.0 / 16.0);
    rig.play(2 * FRAME);
    rig.shared.panel_keys.send(60, 0.8);
    rig.play(500);
    assert!(matches!(rig.heard.last(), Some(Heard::NoteOn { channel: 1, key: 60, .. })), "{:?}", rig.heard);
}

#[test]
fn no_key_of_the_panel_hangs_whatever_ends_it() {
    type End = fn(&mut Rig);
    let ends: [(&str, End); 5] = [
        ("the key comes up", |rig| assert!(rig.shared.panel_keys.send(60, 0.0))),
        ("panic", |rig| rig.shared.request_panic()),
        ("reset", |rig| rig.processor.reset()),
        ("the panel is gone", |rig| {
            let later = Instant::now() + Duration::from_secs(2);
            rig.live_block(later, 500);
        }),
        ("the host renders", |rig| rig.processor.patience = Patience::new(true)),
    ];
    for (what, end) in ends {
        let mut rig = Rig::new(nothing);
        rig.shared.panel_keys.note_drawn();
        rig.live_block(Instant::now(), 500);
        rig.shared.panel_keys.send(60, 0.8);
        rig.live_block(Instant::now(), 500);
        assert_eq!(rig.notes(Part::You).len(), 1, "{what}");
        rig.play(FRAME);
        end(&mut rig);
        rig.block(&rig.host(true), 500, &[]);
        assert_eq!((sounding(&rig.log), rig.hands().0.len()), (Ok(0), 0), "{what}");
    }
}

#[test]
fn what_was_played_while_nothing_was_processed_is_not_played_later() {
    let mut rig = Rig::new(nothing);
    rig.shared.panel_keys.send(60, 0.8);
    let later = Instant::now() + Duration::from_millis(400);
    rig.shared.panel_keys.note_drawn();
    rig.live_block(later, 500);
    assert_eq!(rig.notes(Part::You), []);
}

/// The clicks of two bars in blocks of these lengths: sample, and whether a bar begins.
fn clicks(lengths: &[u32], meter: (i32, i32), playing: bool) -> Vec<(i64, bool)> {
    let mut rig = Rig::new(nothing);
    rig.params.set(number("metronome"), 1.0);
    let mut clicks = Vec::new();
    for &length in lengths.iter().cycle() {
        let start = rig.sample;
        if start >= 200_000 {
            break;
        }
        let bar = f64::from(meter.0) * 4.0 / f64::from(meter.1);
        let bar_start = Some((rig.position / bar).floor() * bar);
        let host = HostTime { signature: Some(meter), bar_start, ..rig.host(playing) };
        rig.block(&host, length, &[]);
        let click = |&Click { offset, accent, .. }: &Click| (start + i64::from(offset), accent);
        clicks.extend(rig.processor.metronome.clicks().iter().map(click));
    }
    clicks.retain(|&(sample, _)| sample < 192_000);
    clicks
}

#[test]
fn the_metronome_clicks_on_every_beat_at_its_sample_in_blocks_of_any_size() {
    let quarters: Vec<_> = (0..8).map(|beat| (beat * 24_000, beat % 4 == 0)).collect();
    for lengths in [&[500][..], &[64], &[1, 999, 17], &[48_000], &[200_000]] {
        assert_eq!(clicks(lengths, (4, 4), true), quarters, "{lengths:?}");
    }
    let dotted: Vec<_> = (0..6).map(|beat| (beat * 36_000, beat % 2 == 0)).filter(|&(at, _)| at < 192_000).collect();
    assert_eq!(clicks(&[512], (6, 8), true), dotted);
}

#[test]
fn the_metronome_clicks_while_the_band_keeps_time_by_itself() {
    assert_eq!(clicks(&[512], (4, 4), false).len(), 8);
}

#[test]
fn a_metronome_that_is_off_is_silent_and_none_leaves_as_midi() {
    let mut rig = Rig::new(nothing);
    rig.play(FRAME * 8);
    assert_eq!(rig.processor.metronome.clicks(), []);
    rig.params.set(number("metronome"), 1.0);
    rig.play(FRAME * 8);
    assert_eq!(rig.log.len(), 0);
}

#[test]
fn sticks_count_a_song_in_and_the_band_is_there_on_its_first_beat() {
    for (bars, band) in [(0.0, FRAME), (0.5, 16 * FRAME), (1.0, 32 * FRAME)] {
        let mut rig = Rig::new(busy);
        rig.params.set(number("count_in"), bars);
        let host = HostTime { playing: true, signature: Some((4, 4)), ..HostTime::default() };
        let mut sticks = Vec::new();
        for _ in 0..36 * FRAME / 500 {
            let start = rig.sample;
            rig.block(&host, 500, &[]);
            sticks.extend(
                rig.processor.metronome.clicks().iter().map(|click| (start + i64::from(click.offset), click.by)),
            );
        }
        let expected: Vec<_> = (0..(bars * 8.0) as i64).map(|beat| (beat * 4 * FRAME, Clicker::Sticks)).collect();
        assert_eq!(sticks, expected);
        assert_eq!(rig.notes(Part::Player(Player::Chords)).first().map(|note| note.0), Some(band));
        assert_eq!(rig.misses(), 0);
    }
}

#[test]
fn while_the_song_is_counted_in_voices_rests_and_what_is_played_passes() {
    let mut rig = Rig::new(only_answers);
    rig.params.set(number("count_in"), 0.5);
    let host = HostTime { playing: true, signature: Some((4, 4)), ..HostTime::default() };
    for (at, expected) in [(0, 0), (20, 1)] {
        while rig.sample < at * FRAME {
            rig.block(&host, 500, &[]);
        }
        rig.block(&host, 500, &[on(100, 60)]);
        rig.block(&host, 500, &[off(100, 60)]);
        let ons = |part| rig.notes(part).iter().filter(|note| note.2).count();
        assert_eq!((ons(Part::You) > 0, ons(Part::Player(Player::Voices))), (true, expected));
    }
}
