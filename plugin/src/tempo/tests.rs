use continuo_models::music::{Frame, Meter, Moment};
use proptest::prelude::*;

use super::*;
use crate::song_clock::HostTime;

const RATE: f64 = 48_000.0;

/// A band on its own, and what happens to it: everything is given by the sample.
#[derive(Clone, Default)]
struct Jam {
    host: HostTime,
    /// From these samples on, these settings; by sample. The first at 0.
    settings: Vec<(i64, TempoSettings)>,
    onsets: Vec<i64>,
}

/// A frame as it was called: its sample, its number, and the tempo from then on.
type Called = (i64, Frame, f32);

fn settings(tempo: f64, follow: bool) -> TempoSettings {
    TempoSettings { tempo, tap: false, follow }
}

impl Jam {
    fn at(tempo: f64) -> Self {
        Self { settings: vec![(0, settings(tempo, false))], ..Self::default() }
    }

    fn following(tempo: f64, onsets: Vec<i64>) -> Self {
        Self { settings: vec![(0, settings(tempo, true))], onsets, ..Self::default() }
    }

    /// The same with taps at these samples.
    fn tapped(mut self, taps: &[i64]) -> Self {
        let (_, last) = self.settings[self.settings.len() - 1];
        self.settings.extend(taps.iter().flat_map(|&tap| {
            [(tap, TempoSettings { tap: true, ..last }), (tap + 1000, TempoSettings { tap: false, ..last })]
        }));
        self
    }

    /// The frames of `length` samples in blocks of these sizes, over and over; like a host, the loop splits blocks
    /// where settings change.
    fn play(&self, length: i64, blocks: &[i64]) -> (Vec<Called>, SongClock) {
        let (mut clock, mut tempo) = (SongClock::new(RATE), OwnTempo::default());
        let (mut called, mut sample, mut onsets) = (Vec::new(), 0, self.onsets.iter().copied().peekable());
        for &block in blocks.iter().cycle() {
            let end = (sample + block).min(length);
            if sample == length {
                break;
            }
            while sample < end {
                let split = self.settings.iter().map(|(at, _)| *at).find(|at| (sample + 1..end).contains(at));
                let until = split.unwrap_or(end);
                let jumped = clock.begin_block(&self.host, (until - sample) as u32);
                let now = self.settings.iter().rfind(|(at, _)| *at <= sample).unwrap().1;
                tempo.begin_block(&clock, self.host.tempo, now, jumped);
                if jumped {
                    tempo.steer(&mut clock);
                    called.push((sample, clock.frame(), clock.tempo()));
                }
                loop {
                    let upcoming = clock.upcoming();
                    let onset = onsets.peek().copied().filter(|onset| *onset < until);
                    if upcoming.sample < until && onset.is_none_or(|onset| upcoming.sample <= onset) {
                        clock.enter(upcoming);
                        tempo.steer(&mut clock);
                        called.push((upcoming.sample, upcoming.frame, clock.tempo()));
                    } else if let Some(onset) = onset {
                        tempo.hear(&clock, onset);
                        onsets.next();
                    } else {
                        break;
                    }
                }
                sample = until;
            }
        }
        (called, clock)
    }

    fn frames(&self, length: i64) -> Vec<Called> {
        self.play(length, &[512]).0
    }
}

/// Where the song is at `sample` of a jam, in quarter notes.
fn quarters(called: &[Called], sample: i64) -> f64 {
    let next = called.iter().position(|call| call.0 > sample).unwrap();
    let [(from, frame, _), (to, ..)] = [called[next - 1], called[next]];
    let lead = crate::song_clock::CALL_LEAD / MOMENTS_PER_FRAME;
    (frame as f64 - lead + (sample - from) as f64 / (to - from) as f64) / 4.0
}

/// A musician with an unsteady hand.
struct Musician {
    /// Where the quarter notes lie, in samples.
    beats: Vec<f64>,
    random: u64,
}

impl Musician {
    /// Plays as long as `tempi` go, a quarter note each.
    fn at(tempi: impl IntoIterator<Item = f64>, random: u64) -> Self {
        let mut beats = vec![0.0];
        beats.extend(tempi.into_iter().scan(0.0, |at, tempo| {
            *at += 60.0 / tempo * RATE;
            Some(*at)
        }));
        Self { beats, random }
    }

    /// Uniform in −1 to 1.
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Onsets at these quarters of each bar, off by about `jitter` seconds (standard deviation).
    fn plays(&mut self, pattern: &[f64], jitter: f64) -> Vec<i64> {
        let mut onsets = Vec::new();
        for bar in 0..self.beats.len() / 4 {
            for &place in pattern {
                let beat = (bar * 4) as f64 + place;
                let (whole, part) = (beat as usize, beat.fract());
                let Some(&next) = self.beats.get(whole + 1) else { continue };
                let meant = self.beats[whole] + part * (next - self.beats[whole]);
                let hand = (0..3).map(|_| self.chance()).sum::<f64>() * jitter;
                onsets.push((meant + hand * RATE).max(0.0) as i64);
            }
        }
        onsets.sort_unstable();
        onsets
    }

    /// By how many milliseconds the song is off at each of the musician's beats after the first `settled`, without
    /// regard to the sign: the mean and the most.
    fn compare(&self, called: &[Called], settled: usize) -> (f64, f64) {
        let last = called[called.len() - 1].0 as f64;
        let errors: Vec<f64> = (settled..self.beats.len() - 1)
            .take_while(|&beat| self.beats[beat] < last)
            .map(|beat| {
                let length = (self.beats[beat + 1] - self.beats[beat]) / RATE * 1e3;
                (quarters(called, self.beats[beat] as i64) - beat as f64).abs() * length
            })
            .collect();
        (errors.iter().sum::<f64>() / errors.len() as f64, errors.iter().copied().fold(0.0, f64::max))
    }

    fn length(&self) -> i64 {
        self.beats[self.beats.len() - 1] as i64
    }
}

const QUARTERS: [f64; 4] = [0.0, 1.0, 2.0, 3.0];

#[test]
fn the_knob_is_the_tempo_when_the_host_gives_none() {
    let called = Jam::at(90.0).frames(480_000);
    assert!((quarters(&called, 320_000) - 10.0).abs() < 1e-3, "{}", quarters(&called, 320_000));
}

#[test]
fn a_turn_of_the_knob_goes_on_from_where_the_song_is() {
    let jam = Jam { settings: vec![(0, settings(120.0, false)), (48_000, settings(60.0, false))], ..Jam::default() };
    let called = jam.frames(240_000);
    let change = called.iter().find(|call| call.2 == 60.0).unwrap().0;
    assert!((48_000..54_000).contains(&change), "with the next frame: {change}");
    assert!((quarters(&called, change) - change as f64 / 24_000.0).abs() < 1e-3);
    assert!((quarters(&called, change + 96_000) - change as f64 / 24_000.0 - 2.0).abs() < 1e-3);
    assert!(called.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1), "no frame is skipped");
}

#[test]
fn whoever_spoke_last_gives_the_tempo() {
    let clock = SongClock::new(RATE);
    let mut tempo = OwnTempo::default();
    let mut say = |host, knob| {
        tempo.begin_block(&clock, host, settings(knob, false), false);
        tempo.tempo
    };
    assert_eq!(say(Some(140.0), 120.0), 140.0, "the host at first");
    assert_eq!(say(Some(140.0), 90.0), 90.0, "the knob");
    assert_eq!(say(Some(140.0), 90.0), 90.0);
    assert_eq!(say(Some(150.0), 90.0), 150.0, "the host again");
    assert_eq!(say(None, 90.0), 150.0);
    assert_eq!(say(Some(f64::NAN), 80.0), 80.0, "nonsense is nothing said");
}

#[test]
fn taps_give_the_tempo_and_the_beat() {
    // 100 to the minute, far off the song's beat.
    let taps: Vec<i64> = (0..6).map(|tap| 60_000 + tap * 28_800).collect();
    let called = Jam::at(120.0).tapped(&taps).frames(600_000);
    assert_eq!(called.last().unwrap().2, 100.0);
    let place = quarters(&called, 60_000 + 15 * 28_800);
    assert!((place - place.round()).abs() < 0.005, "the beat lies on the tap: {place}");
    assert!(called.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1), "no frame is skipped");
    for pair in called.windows(2).skip(1) {
        let length = (pair[1].0 - pair[0].0) as f64 / 28_800.0 * f64::from(pair[0].2) / 100.0 * 4.0;
        assert!((0.74..1.26).contains(&length), "stretched by a quarter at most: {length}");
    }
}

#[test]
fn the_host_leads_whatever_was_tapped() {
    let host = HostTime { playing: true, tempo: Some(120.0), position: Some(0.0), ..HostTime::default() };
    let (mut clock, mut tempo) = (SongClock::new(RATE), OwnTempo::default());
    for block in 0..100 {
        let host = HostTime { position: Some(f64::from(block) * 480.0 / 24_000.0), ..host };
        let jumped = clock.begin_block(&host, 480);
        assert_eq!(jumped, block == 0);
        let settings = TempoSettings { tempo: 77.0, tap: block % 20 > 10, follow: true };
        tempo.begin_block(&clock, host.tempo, settings, jumped);
        tempo.hear(&clock, clock.now());
        tempo.steer(&mut clock);
        assert_eq!(clock.tempo(), 120.0);
    }
    let stopped = HostTime { playing: false, ..host };
    let jumped = clock.begin_block(&stopped, 480);
    tempo.begin_block(&clock, stopped.tempo, settings(77.0, false), jumped);
    tempo.steer(&mut clock);
    assert_eq!(clock.tempo(), 120.0, "when it stops, its tempo stays");
}

/// 90 for four bars, then over eight bars to 110, and four bars of that.
fn accelerando() -> impl Iterator<Item = f64> {
    (0..64).map(|beat| 90.0 + 20.0 * (f64::from(beat - 16) / 32.0).clamp(0.0, 1.0))
}

#[test]
fn a_musician_who_speeds_up_is_followed() {
    let patterns: [&[f64]; 3] = [&QUARTERS, &[0.0, 1.0, 1.5, 2.0, 3.0, 3.5], &[0.0, 0.5, 1.0, 2.0, 2.5, 3.0]];
    for (seed, pattern) in patterns.into_iter().cycle().take(12).enumerate() {
        let mut musician = Musician::at(accelerando(), seed as u64);
        let onsets = musician.plays(pattern, 0.02);
        let called = Jam::following(90.0, onsets).frames(musician.length());
        let (mean, most) = musician.compare(&called, 4);
        println!("seed {seed}: the song is off by {mean:.1} ms in the mean, by {most:.1} ms at most");
        assert!(mean < 35.0 && most < 120.0, "seed {seed}: {mean} {most}");
        let end = f64::from(called.last().unwrap().2);
        assert!((end - 110.0).abs() < 4.0, "the tempo has arrived: {end}");
        let smooth = called.windows(5).all(|beat| (beat[4].2 / beat[0].2 - 1.0).abs() < 0.055);
        assert!(smooth, "seed {seed}");
    }
}

#[test]
fn a_tempo_that_is_a_little_off_is_found_within_four_bars() {
    for (seed, set) in [92.0, 96.0, 104.0, 108.0].into_iter().enumerate() {
        let mut musician = Musician::at([100.0; 64], seed as u64);
        let onsets = musician.plays(&QUARTERS, 0.015);
        let called = Jam::following(set, onsets).frames(musician.length());
        let (mean, most) = musician.compare(&called, 16);
        println!("set to {set}: off by {mean:.1} ms in the mean, by {most:.1} ms at most");
        assert!(mean < 25.0, "set to {set}: {mean}");
    }
}

#[test]
fn syncopes_runs_and_other_levels_of_the_beat_do_not_pull() {
    let runs: Vec<f64> = (0..16).map(|sixteenth| f64::from(sixteenth) / 4.0).collect();
    let patterns: [(&str, &[f64]); 8] = [
        ("syncopes", &[0.0, 0.75, 1.5, 2.0, 2.75, 3.5]),
        ("tresillo", &[0.0, 1.5, 3.0]),
        ("only off the beat", &[0.5, 1.5, 2.5, 3.5]),
        ("half notes", &[0.0, 2.0]),
        ("runs", &runs),
        ("swing", &[0.0, 1.0, 1.64, 2.0, 3.0, 3.64]),
        ("triplets", &[0.0, 0.33, 0.67, 1.0, 2.0, 2.33, 2.67, 3.0]),
        ("ornaments", &[0.0, 0.88, 1.0, 2.0, 2.9, 3.0]),
    ];
    for (name, pattern) in patterns {
        for seed in 0..4 {
            let mut musician = Musician::at([100.0; 64], seed);
            let onsets = musician.plays(pattern, 0.015);
            let called = Jam::following(100.0, onsets).frames(musician.length());
            let (mean, most) = musician.compare(&called, 4);
            let end = called.last().unwrap().2;
            println!("{name}, seed {seed}: off by {mean:.1} ms in the mean, by {most:.1} ms at most, at last {end:.1}");
            assert!(mean < 35.0 && most < 100.0 && (end - 100.0).abs() < 5.0, "{name}: {mean} {most} {end}");
        }
    }
}

#[test]
fn in_a_rest_the_tempo_holds() {
    let mut musician = Musician::at(accelerando(), 3);
    let onsets: Vec<i64> = musician.plays(&QUARTERS, 0.01);
    let last = onsets[39];
    let called = Jam::following(90.0, onsets[..40].to_vec()).frames(last + 480_000);
    let after: Vec<f32> = called.iter().filter(|call| call.0 > last).map(|call| call.2).collect();
    assert!(after.len() > 40 && after.iter().all(|tempo| *tempo == after[0]));
    assert!((95.0..115.0).contains(&after[0]), "{}", after[0]);
}

#[test]
fn when_following_ends_the_tempo_stays() {
    let mut musician = Musician::at([100.0; 32], 1);
    let mut jam = Jam::following(96.0, musician.plays(&QUARTERS, 0.0));
    jam.settings.push((480_000, settings(96.0, false)));
    let called = jam.frames(musician.length());
    let end = f64::from(called.last().unwrap().2);
    assert!((end - 100.0).abs() < 0.5, "{end}");
}

#[test]
fn in_compound_meters_a_tap_is_a_dotted_quarter() {
    let host = HostTime { signature: Some((6, 8)), ..HostTime::default() };
    let taps: Vec<i64> = (0..5).map(|tap| 10_000 + tap * 36_000).collect();
    let jam = Jam { host, ..Jam::at(100.0) }.tapped(&taps);
    let (called, clock) = jam.play(500_000, &[512]);
    assert_eq!(clock.bar_of(0).meter, Meter { numerator: 6, denominator: 8 });
    assert_eq!(called.last().unwrap().2, 120.0, "80 dotted quarters to the minute");
    let place = clock.position_of(10_000 + 12 * 36_000) / Moment::from_tick(36).0 as f64;
    assert!((place - place.round()).abs() < 0.005, "{place}");
}

proptest! {
    #[test]
    fn blocks_do_not_matter(
        blocks in prop::collection::vec(1i64..=4096, 1..8),
        tempo in 60.0f64..140.0,
        seed: u64,
        follow: bool,
        taps in prop::collection::vec(0i64..400_000, 0..8),
    ) {
        let mut musician = Musician::at((0..24).map(|beat| tempo + f64::from(beat)), seed);
        let onsets = musician.plays(&[0.0, 0.5, 1.0, 1.25, 2.0, 3.1], 0.03);
        let mut jam = Jam { settings: vec![(0, settings(tempo, follow))], onsets, ..Jam::default() };
        let mut taps = taps;
        taps.sort_unstable();
        taps.dedup_by(|next, last| *next - *last < 2000);
        jam = jam.tapped(&taps);
        let length = musician.length().min(500_000);
        prop_assert_eq!(jam.play(length, &blocks).0, jam.play(length, &[1000]).0);
    }

    #[test]
    fn whatever_is_played_and_tapped_the_song_goes_on(
        onsets in prop::collection::vec(0i64..960_000, 0..200),
        taps in prop::collection::vec(0i64..960_000, 0..20),
        tempo in 30.0f64..300.0,
    ) {
        let (mut onsets, mut taps) = (onsets, taps);
        onsets.sort_unstable();
        taps.sort_unstable();
        taps.dedup_by(|next, last| *next - *last < 2000);
        let called = Jam::following(tempo, onsets).tapped(&taps).frames(960_000);
        prop_assert!(called.iter().all(|call| GIVEN.contains(&f64::from(call.2))));
        for pair in called.windows(2).skip(1) {
            prop_assert_eq!(pair[1].1, pair[0].1 + 1);
            // A sixteenth at 300 and squeezed by a quarter, at 30 and stretched by a quarter.
            prop_assert!((1790..=30_010).contains(&(pair[1].0 - pair[0].0)));
        }
    }
}
