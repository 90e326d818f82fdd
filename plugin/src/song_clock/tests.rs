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

/// A host at 120 quarter notes per minute whose bars are these: where each begins to count, its origin, and its meter,
/// all in quarter notes.
type Bars = &'static [(f64, f64, (i32, i32))];

/// What counts as the bar of the frame after each one, with the host's song in blocks of `length`. `cuts`: the host
/// begins a block where its bars change.
fn bars_heard(bars: Bars, tempo: f64, length: u32, cuts: bool) -> Vec<(Frame, BarPosition)> {
    let host = Host { tempo, ..Host::new(0.0) };
    let per_quarter = host.sample_rate * 60.0 / tempo;
    let changes: Vec<i64> = bars.iter().map(|bar| (bar.0 * per_quarter).round() as i64).collect();
    let end = changes[changes.len() - 1] + 300_000;
    let mut clock = SongClock::new(host.sample_rate);
    let (mut sample, mut heard) = (0, Vec::new());
    while sample < end {
        let next = changes.iter().copied().find(|&change| cuts && change > sample).unwrap_or(end);
        let block = i64::from(length).min(next - sample);
        let &(_, origin, (numerator, denominator)) =
            &bars[changes.iter().filter(|&&change| change <= sample).count() - 1];
        let position = sample as f64 / per_quarter;
        let bar = f64::from(numerator) * 4.0 / f64::from(denominator);
        let bar_start = Some(origin + ((position - origin + 1e-9) / bar).floor() * bar);
        let time = HostTime { bar_start, signature: Some((numerator, denominator)), ..host.time(sample) };
        clock.begin_block(&time, block as u32);
        sample += block;
        while clock.upcoming().sample < sample {
            clock.enter(clock.upcoming());
            heard.push((clock.frame(), clock.bar_of(clock.frame() + 1)));
        }
    }
    heard.retain(|(frame, _)| *frame < (end - 40_000) / (per_quarter / 4.0) as i64);
    heard
}

/// Three and a half bars of 4/4 and bars counted anew; odd meters and back; a bar of one beat.
const MOVING_BARS: [Bars; 3] = [
    &[(0.0, 0.0, (4, 4)), (14.0, 14.0, (4, 4))],
    &[(0.0, 0.0, (7, 8)), (7.0, 7.0, (4, 4)), (11.0, 11.0, (5, 8)), (13.5, 13.5, (6, 8))],
    &[(0.0, 0.0, (4, 4)), (9.0, 9.0, (1, 4)), (10.0, 10.0, (3, 4))],
];

#[test]
fn bars_that_move_count_from_the_same_frame_on_in_blocks_of_any_length() {
    for (bars, tempo) in MOVING_BARS.into_iter().flat_map(|bars| [61.3, 120.0, 200.0].map(|tempo| (bars, tempo))) {
        let reference = bars_heard(bars, tempo, 64, true);
        let last = bars[bars.len() - 1];
        let (origin, meter) = ((last.1 * 24.0) as Tick, last.2);
        let (frame, bar) = reference[reference.len() - 1];
        assert_eq!(((bar.bar_start - origin) % bar.meter.bar_ticks(), i32::from(bar.meter.numerator)), (0, meter.0));
        assert!(frame > 0);
        for (length, cuts) in
            [1, 17, 480, 4096, 8192, 16_384].into_iter().flat_map(|length| [(length, true), (length, false)])
        {
            let heard = bars_heard(bars, tempo, length, cuts);
            let differs = heard.iter().zip(&reference).find(|(a, b)| a != b);
            assert_eq!(differs, None, "blocks of {length} at {tempo}, cut: {cuts}");
            assert_eq!(heard.len(), reference.len());
        }
    }
}

#[test]
fn a_meter_that_changes_in_the_midst_of_a_bar_counts_the_same_where_the_host_cuts_its_blocks() {
    let bars: Bars = &[(0.0, 0.0, (4, 4)), (7.0, 0.0, (3, 4)), (14.5, 1.0, (7, 8))];
    let reference = bars_heard(bars, 120.0, 64, true);
    for length in [1, 480, 4096, 8192, 16_384] {
        assert_eq!(bars_heard(bars, 120.0, length, true), reference, "blocks of {length}");
    }
}

#[test]
fn what_cannot_be_the_last_barline_is_none() {
    let mut clock = SongClock::new(48_000.0);
    let at = |position: f64, bar_start: f64| HostTime { bar_start: Some(bar_start), ..Host::new(position).time(0) };
    clock.begin_block(&at(9.0, 1.0), 24_000);
    assert_eq!(clock.bar_of(36).bar_start, 192, "two bars ago, so it is not known");
    for half_beat in 1..20 {
        let position = 9.0 + f64::from(half_beat) / 2.0;
        clock.begin_block(&at(position, position + 0.7), 12_000);
        while clock.upcoming().sample < clock.now() + 12_000 {
            clock.enter(clock.upcoming());
        }
    }
    assert_eq!(clock.bar_of(72).bar_start, 384, "still to come");
}

/// Whether each block of a host jumps that says `time` of the block at a sample, and the frames that are called.
fn follow(length: u32, blocks: i64, time: impl Fn(i64) -> HostTime) -> (usize, Vec<(i64, Frame)>, SongClock) {
    let mut clock = SongClock::new(48_000.0);
    let (mut jumps, mut calls) = (0, Vec::new());
    for block in 0..blocks {
        let sample = block * i64::from(length);
        jumps += usize::from(clock.begin_block(&time(sample), length));
        while clock.upcoming().sample < sample + i64::from(length) {
            let upcoming = clock.upcoming();
            clock.enter(upcoming);
            calls.push((upcoming.sample, upcoming.frame));
        }
    }
    (jumps, calls, clock)
}

#[test]
fn while_the_position_stands_still_the_song_goes_on() {
    let host = Host { tempo: 90.0, ..Host::new(3.0) };
    let moving = follow(64, 3000, |sample| host.time(sample));
    for length in [1, 64, 480, 8192] {
        let (jumps, calls, clock) = follow(length, 192_000 / i64::from(length), |_| host.time(0));
        assert_eq!(jumps, 1, "blocks of {length}: only the start is a jump");
        assert_eq!(calls[..20], moving.1[..20], "blocks of {length}");
        assert_eq!((clock.doubt(), clock.host_leads()), (Some(Doubt::Standing), false));
    }
}

#[test]
fn a_position_that_is_said_of_a_few_blocks_at_a_time_stands_not_still() {
    let host = Host::new(0.0);
    let (jumps, calls, clock) = follow(64, 3000, |sample| host.time(sample / 512 * 512));
    assert_eq!((jumps, clock.doubt()), (1, None));
    assert_eq!(calls[..20], follow(64, 3000, |sample| host.time(sample)).1[..20]);
}

#[test]
fn beyond_the_tempi_that_can_be_played_the_last_one_goes_on() {
    for tempo in [0.0, -3.0, 2.0, 4.99, 1001.0, 1e9, f64::NAN, f64::INFINITY] {
        let fast = Host { tempo: if tempo.is_finite() { tempo.max(0.001) } else { 120.0 }, ..Host::new(2.0) };
        let slow = Host { tempo: 90.0, ..Host::new(0.0) };
        let (jumps, calls, clock) = follow(480, 600, |sample| match sample {
            ..64_000 => slow.time(sample),
            _ => HostTime { tempo: Some(tempo), ..fast.time(sample - 64_000) },
        });
        assert_eq!((jumps, clock.doubt()), (1, Some(Doubt::Tempo)), "{tempo}");
        assert_eq!(calls, follow(480, 600, |sample| slow.time(sample)).1, "{tempo}");
    }
}

#[test]
fn a_host_that_can_be_followed_again_is() {
    let host = Host::new(0.0);
    let (jumps, _, clock) = follow(480, 1000, |sample| match sample {
        ..96_000 => host.time(sample),
        96_000..192_000 => host.time(96_000),
        _ => host.time(sample - 96_000),
    });
    assert_eq!((jumps, clock.doubt(), clock.host_leads()), (2, None, true), "the start, and back to where the host is");
}

#[test]
fn a_host_that_gives_no_tempo_is_followed_by_its_position() {
    let host = Host { tempo: 80.0, ..Host::new(0.0) };
    let (jumps, calls, _) = follow(480, 1000, |sample| HostTime { tempo: None, ..host.time(sample) });
    assert!(jumps <= 2, "{jumps} jumps");
    let told = follow(480, 1000, |sample| host.time(sample)).1;
    assert_eq!(calls[20..40], told[20..40]);
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

#[test]
fn a_song_that_begins_by_itself_is_counted_in_and_one_that_a_host_leads_is_not() {
    let alone = |signature| HostTime { playing: true, signature: Some(signature), ..HostTime::default() };
    for (bars, signature, frame) in [(0, (4, 4), 0), (1, (4, 4), -16), (2, (4, 4), -32), (2, (6, 8), -24)] {
        let mut clock = SongClock::new(48_000.0);
        clock.set_count_in(bars);
        assert!(clock.begin_block(&alone(signature), 512));
        assert_eq!((clock.frame(), clock.counts_in(frame)), (frame, frame < 0), "{bars} bars of {signature:?}");
        assert!(clock.bar_of(frame).ticks_into_bar(frame_start(frame)) == 0 && !clock.counts_in(0));
        clock.begin_block(&Host::new(-4.0).time(0), 512);
        assert!(clock.frame() < 0 && !clock.counts_in(clock.frame()), "the host has a count-in of its own");
    }
    let mut standing = SongClock::new(48_000.0);
    standing.set_count_in(2);
    standing.begin_block(&HostTime::default(), 512);
    assert_eq!(standing.frame(), 0, "what runs while a host stands is no start");
}

#[test]
fn whole_numbers_are_those_of_the_standard_library() {
    let values = [0.0, 0.25, 1.0, 1.5, 2.0 - 1e-9, 123_456.75, 1e15 + 0.5, 1e19, 1e300, f64::INFINITY, f64::NAN];
    for value in values.into_iter().flat_map(|value| [value, -value]) {
        assert_eq!((ceiling(value), floor(value)), (value.ceil() as i64, value.floor() as i64), "{value}");
    }
}
