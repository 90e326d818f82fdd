use proptest::prelude::*;

use super::*;

/// A host that plays from `start` (quarter notes), with one tempo, and perhaps a loop.
#[derive(Clone, Debug)]
struct Host {
    sample_rate: f64,
    tempo: f64,
    start: f64,
    cycle: Option<(f64, f64)>,
    /// The most by which the reported position is off, in samples.
    tremble: f64,
}

impl Host {
    fn new(start: f64) -> Self {
        Self { sample_rate: 48_000.0, tempo: 120.0, start, cycle: None, tremble: 0.0 }
    }

    fn time(&self, sample: i64) -> HostTime {
        let per_quarter = self.sample_rate * 60.0 / self.tempo;
        let noise = if self.tremble > 0.0 { self.tremble * ((sample as f64) * 12.9898).sin() } else { 0.0 };
        let mut position = self.start + (sample as f64 + noise) / per_quarter;
        if let Some((start, end)) = self.cycle
            && position >= end
        {
            position = start + (position - end) % (end - start);
        }
        HostTime {
            playing: true,
            tempo: Some(self.tempo),
            position: Some(position),
            bar_start: Some((position / 4.0).floor() * 4.0),
            signature: Some((4, 4)),
            cycle: self.cycle,
        }
    }
}

/// Everything that a clock reports: the sample, the frame, and whether it jumped there.
fn run(host: &Host, blocks: &[u32]) -> Vec<(i64, Frame, bool)> {
    let mut clock = SongClock::new(host.sample_rate);
    let (mut sample, mut calls) = (0, Vec::new());
    for &length in blocks {
        if clock.begin_block(&host.time(sample), length) {
            calls.push((sample, clock.frame(), true));
        }
        sample += i64::from(length);
        while clock.upcoming().sample < sample {
            let upcoming = clock.upcoming();
            clock.enter(upcoming);
            calls.push((upcoming.sample, upcoming.frame, false));
        }
    }
    calls
}

/// `total` samples in blocks of the given lengths, over and over.
fn cut(total: u32, lengths: &[u32]) -> Vec<u32> {
    let mut left = total;
    let mut blocks = Vec::new();
    for &length in lengths.iter().cycle() {
        if left == 0 {
            break;
        }
        blocks.push(length.min(left));
        left -= length.min(left);
    }
    blocks
}

#[test]
fn frames_are_called_just_before_their_first_tick_and_never_twice() {
    let calls = run(&Host::new(0.0), &cut(48_000, &[256]));
    let frames: Vec<Frame> = calls.iter().map(|call| call.1).collect();
    assert_eq!(frames, (0..9).collect::<Vec<_>>());
    // A sixteenth at 120 bpm lasts 6000 samples; 19.5 moments are 487.5.
    assert_eq!(calls[1], (5513, 1, false));
}

#[test]
fn a_position_on_the_grid_belongs_to_its_tick_at_any_rate() {
    for sample_rate in [8_000.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        let host = Host { sample_rate, ..Host::new(0.0) };
        let mut clock = SongClock::new(sample_rate);
        clock.begin_block(&host.time(0), 1 << 24);
        for tick in 0..200 {
            while clock.upcoming().frame <= frame_at(tick) {
                clock.enter(clock.upcoming());
            }
            let exact = tick as f64 / 24.0 * 0.5 * sample_rate;
            for sample in [exact.floor(), exact.round(), exact.ceil()] {
                assert_eq!(clock.tick_at(sample as u32), tick, "{sample_rate} Hz");
            }
        }
    }
}

#[test]
fn a_loop_wraps_at_its_end_without_a_jump() {
    let host = Host { cycle: Some((1.0, 3.0)), ..Host::new(0.0) };
    let calls = run(&host, &cut(48_000 * 4, &[512]));
    assert_eq!(calls.iter().filter(|call| call.2).count(), 1, "only the start is a jump");
    let frames: Vec<Frame> = calls.iter().map(|call| call.1).take(22).collect();
    let expected: Vec<Frame> = (0..12).chain(4..12).chain(4..6).collect();
    assert_eq!(frames, expected);
}

#[test]
fn a_host_that_does_not_wrap_after_all_is_a_jump() {
    let host = Host::new(0.0);
    let mut clock = SongClock::new(host.sample_rate);
    let mut jumps = 0;
    for block in 0..100 {
        let time = HostTime { cycle: Some((0.0, 1.0)), ..host.time(block * 480) };
        jumps += u32::from(clock.begin_block(&time, 480));
        while clock.upcoming().sample < clock.now() + 480 {
            clock.enter(clock.upcoming());
        }
    }
    assert_eq!(jumps, 2, "the start, and the surprise");
    assert_eq!(clock.frame(), 100 * 480 / 6000);
}

#[test]
fn start_stop_and_seek_are_jumps() {
    let host = Host::new(8.0);
    let mut clock = SongClock::new(host.sample_rate);
    let stopped = HostTime { playing: false, ..host.time(0) };
    assert!(clock.begin_block(&stopped, 512), "the beginning");
    assert!(!clock.begin_block(&stopped, 512), "standing still is not a jump");
    assert!(clock.begin_block(&host.time(0), 512), "start");
    assert_eq!(clock.frame(), 32);
    assert!(!clock.begin_block(&host.time(512), 512));
    assert!(clock.begin_block(&host.time(20_000), 512), "seek");
    assert!(clock.begin_block(&stopped, 512), "stop");
    assert_eq!(clock.frame(), 0);
}

#[test]
fn without_a_host_the_song_runs_by_itself() {
    let mut clock = SongClock::new(48_000.0);
    assert!(clock.begin_block(&HostTime::default(), 512));
    assert!(!clock.host_leads());
    let mut frames = 0;
    for _ in 0..94 {
        assert!(!clock.begin_block(&HostTime::default(), 512));
        while clock.upcoming().sample < clock.now() + 512 {
            clock.enter(clock.upcoming());
            frames += 1;
        }
    }
    assert_eq!(frames, 8, "a second at 120 bpm");
}

#[test]
fn a_change_of_tempo_goes_on_from_where_the_song_is() {
    let mut clock = SongClock::new(48_000.0);
    let at = |position: f64, tempo: f64| HostTime {
        playing: true,
        tempo: Some(tempo),
        position: Some(position),
        ..HostTime::default()
    };
    clock.begin_block(&at(0.0, 120.0), 24_000);
    while clock.upcoming().sample < 24_000 {
        clock.enter(clock.upcoming());
    }
    assert!(!clock.begin_block(&at(1.0, 60.0), 24_000));
    assert_eq!(clock.sample_at(Moment(960 + 480)), 24_000 + 24_000);
}

#[test]
fn a_barline_that_contradicts_the_bars_is_believed_when_said_twice() {
    let mut clock = SongClock::new(48_000.0);
    let at = |position: f64, bar_start: f64, signature| HostTime {
        playing: true,
        tempo: Some(120.0),
        position: Some(position),
        bar_start: Some(bar_start),
        signature: Some(signature),
        cycle: None,
    };
    clock.begin_block(&at(0.0, 0.0, (4, 4)), 24_000);
    clock.begin_block(&at(1.0, 1.0, (4, 4)), 24_000);
    assert_eq!(clock.bar_of(0).bar_start, 0, "once may be a mistake");
    clock.begin_block(&at(2.0, 1.0, (4, 4)), 24_000);
    assert_eq!(clock.bar_of(4).bar_start, 24);
    clock.begin_block(&at(3.0, 3.0, (3, 4)), 24_000);
    assert_eq!(clock.bar_of(12).bar_start, 72, "a new meter begins with its barline");
}

#[test]
fn the_lead_says_how_long_the_worker_has() {
    let mut clock = SongClock::new(48_000.0);
    clock.begin_block(&Host::new(0.0).time(0), 512);
    assert_eq!(clock.upcoming().lead, 6);
    let mut late = SongClock::new(48_000.0);
    late.begin_block(&Host::new(5.0 / 24.0).time(0), 512);
    assert_eq!((late.frame(), late.upcoming().lead), (0, 1));
    let mut uneven = SongClock::new(48_000.0);
    let host = Host { cycle: Some((0.0, 26.0 / 24.0)), ..Host::new(1.0) };
    uneven.begin_block(&host.time(0), 512);
    assert_eq!((uneven.frame(), uneven.upcoming().lead, uneven.upcoming().wraps), (4, 2, true));
}

proptest! {
    #[test]
    fn blocks_do_not_matter(
        lengths in prop::collection::vec(1u32..5000, 1..12),
        sample_rate in prop::sample::select(vec![44_100.0, 48_000.0, 96_000.0]),
        tempo in 30.0f64..300.0,
        start in -8.0f64..64.0,
        loops: bool,
        tremble in 0.0f64..2.0,
    ) {
        let cycle = loops.then(|| (start.ceil(), start.ceil() + 2.0));
        let host = Host { sample_rate, tempo, start, cycle, tremble: 0.0 };
        let total = 200_000;
        let whole = run(&host, &cut(total, &[1024]));
        prop_assert_eq!(&run(&host, &cut(total, &lengths)), &whole);
        // Trembling positions neither jump nor call twice.
        let trembling = run(&Host { tremble, ..host }, &cut(total, &lengths));
        prop_assert_eq!(trembling.iter().filter(|call| call.2).count(), 1);
        prop_assert!((trembling.len() as i64 - whole.len() as i64).abs() <= 1);
    }

    #[test]
    fn frames_follow_each_other_and_every_sample_has_a_tick_of_its_frame(
        lengths in prop::collection::vec(1u32..3000, 1..8),
        tempo in 20.0f64..400.0,
        start in -4.0f64..8.0,
    ) {
        let host = Host { tempo, ..Host::new(start) };
        let mut clock = SongClock::new(host.sample_rate);
        let mut sample = 0;
        let mut last_tick = Tick::MIN;
        for length in cut(60_000, &lengths) {
            prop_assert_eq!(clock.begin_block(&host.time(sample), length), sample == 0);
            for offset in 0..length {
                while clock.upcoming().sample <= sample + i64::from(offset) {
                    let before = clock.frame();
                    clock.enter(clock.upcoming());
                    prop_assert_eq!(clock.frame(), before + 1);
                }
                let tick = clock.tick_at(offset);
                prop_assert_eq!(frame_at(tick), clock.frame());
                prop_assert!(tick >= last_tick);
                last_tick = tick;
            }
            sample += i64::from(length);
        }
    }

    #[test]
    fn nonsense_does_no_harm(
        times in prop::collection::vec(
            (
                any::<bool>(),
                prop::option::of(any::<f64>()),
                prop::option::of(any::<f64>()),
                prop::option::of(any::<f64>()),
                prop::option::of((any::<i32>(), any::<i32>())),
                prop::option::of((any::<f64>(), any::<f64>())),
                1u32..10_000,
            ),
            1..40,
        ),
    ) {
        let mut clock = SongClock::new(48_000.0);
        for (playing, tempo, position, bar_start, signature, cycle, length) in times {
            clock.begin_block(&HostTime { playing, tempo, position, bar_start, signature, cycle }, length);
            let mut calls = 0;
            while clock.upcoming().sample < clock.now() + i64::from(length) {
                clock.enter(clock.upcoming());
                calls += 1;
                prop_assert!(calls < 100, "frames without end");
            }
            let tick = clock.tick_at(length - 1);
            prop_assert_eq!(frame_at(tick), clock.frame());
            let bar = clock.bar_of(clock.frame());
            prop_assert!((0..bar.meter.bar_ticks()).contains(&bar.ticks_into_bar(tick)));
        }
    }
}
