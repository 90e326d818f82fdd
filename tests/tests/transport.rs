//! Hosts move the song in odd ways: the band follows, and what it plays stays in time.

mod common;

use std::collections::BTreeSet;

use common::{BAR, BASS, CHORDS, VOICES, ended, melody, open, open_at, perform, tune};
use continuo_tests::host::performance::{Change, Motion, PlayedNote, Segment};
use continuo_tests::host::{Blocks, Diagnostics, Format, Input, Note, Performance, Session, Take};

/// The notes of Chords and Bass.
fn band_notes(take: &Take) -> usize {
    take.notes(CHORDS).len() + take.notes(BASS).len()
}

/// By how many ticks a note lies off the host's grid of sixteenths, from −3 to 3.
fn off_grid(note: &Note) -> f64 {
    note.position - (note.position / 6.0).round() * 6.0
}

/// A band that plays exactly on the grid of sixteenths: no hand trembles, no chord waits or gives way, and nobody plays
/// triplets.
const STRICT: [(&str, &str); 4] =
    [("humanise", "0 %"), ("wait", "0 ms"), ("hand_at_once", "Off"), ("bar_source", "Patterns")];

/// A session with it.
fn strict(format: Format) -> Session {
    open(format).with(&STRICT).unwrap()
}

/// Plays offline in either format; every note has its end, and no plan is missed.
fn perform_everywhere(performance: &Performance, check: impl Fn(&Take)) {
    for format in Format::ALL {
        let library = common::library(format);
        let mut session = strict(format);
        let before = Diagnostics::read(&library).unwrap();
        let take = perform(&mut session, performance);
        assert_eq!(Diagnostics::read(&library).unwrap().since(&before).misses, 0, "{format:?}");
        assert_eq!(take.mismatches(&[]), vec![], "{format:?}");
        check(&take);
    }
}

fn route(route: Vec<Segment>) -> Performance {
    Performance { route, ..tune(8) }
}

#[test]
fn one_can_jam_while_the_transport_stands() {
    for format in Format::ALL {
        let take = perform(&mut open(format), &route(vec![Segment::stopped(0.0, 0.0, 6.0 * BAR)]));
        assert!(band_notes(&take) > 4, "{format:?}: the band plays on a tempo of its own");
        assert!(!take.notes(VOICES).is_empty(), "{format:?}");
    }
}

#[test]
fn one_can_jam_in_a_host_without_transport() {
    let absent = Segment { motion: Motion::Absent { jam_from: 0.0 }, ..Segment::rolling(0.0, 6.0 * BAR) };
    for format in Format::ALL {
        let take = perform(&mut open(format), &route(vec![absent]));
        assert!(band_notes(&take) > 4, "{format:?}");
    }
}

#[test]
fn without_humanising_the_band_plays_on_the_grid_of_the_host() {
    for (tempo, rate) in [(60.0, 44_100.0), (120.0, 48_000.0), (171.5, 96_000.0)] {
        let mut session = open_at(Format::Clap, Blocks::Of(333), rate).with(&STRICT).unwrap();
        let take = perform(&mut session, &route(vec![Segment::rolling(0.0, 6.0 * BAR).at_tempo(tempo)]));
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        assert!(notes.len() > 4);
        let samples_per_tick = rate * 60.0 / tempo / 24.0;
        for note in notes {
            let off_grid = (note.position / 6.0 - (note.position / 6.0).round()).abs() * 6.0 * samples_per_tick;
            assert!(off_grid <= 1.0, "{note:?} is {off_grid} samples off the sixteenth");
        }
    }
}

#[test]
fn the_band_follows_a_song_that_starts_in_the_middle_or_before_its_beginning() {
    for from in [-2.0 * BAR, -7.3, 3.7, 1000.4] {
        let mut performance = tune(8);
        for note in &mut performance.notes {
            note.start += from;
        }
        performance.route = vec![Segment::rolling(from, 4.0 * BAR)];
        let take = perform(&mut open(Format::Clap), &performance);
        assert!(band_notes(&take) > 4, "from {from}");
    }
}

#[test]
fn a_tempo_change_is_followed_without_a_break() {
    let tempos = [60.0, 90.0, 61.3, 200.0, 120.0, 40.0, 300.0, 120.0];
    let bars = tempos.into_iter().enumerate();
    let bars: Vec<_> = bars.map(|(bar, tempo)| Segment::rolling(bar as f64 * BAR, BAR).at_tempo(tempo)).collect();
    for format in Format::ALL {
        let mut session = open(format).with(&[("humanise", "0 %"), ("wait", "0 ms")]).unwrap();
        let take = perform(&mut session, &route(bars.clone()));
        let played: BTreeSet<usize> = take.events.iter().map(|event| event.segment).collect();
        assert_eq!(played.len(), bars.len(), "{format:?}: the band plays in every bar");
        assert!(band_notes(&take) > 8, "{format:?}");
    }
}

#[test]
fn a_ramp_of_the_tempo_is_followed_on_the_grid() {
    // From 80 to 160 and back, a new tempo with every 32nd.
    let tempo = |piece: u32| 80.0 + 80.0 * (1.0 - (f64::from(piece) / 64.0 - 1.0).abs());
    let ramp = (0..128).map(|piece| Segment::rolling(f64::from(piece) * 3.0, 3.0).at_tempo(tempo(piece)));
    let notes = (0..16).map(|beat| common::note(f64::from(beat) * 24.0, 2.0, 60 + [0, 4, 7, 12][beat as usize % 4]));
    let performance = Performance { notes: notes.collect(), route: ramp.collect(), ..Performance::default() };
    perform_everywhere(&ended(performance), |take| {
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        assert!(notes.len() > 8);
        let worst = notes.iter().map(|note| off_grid(note).abs()).fold(0.0, f64::max);
        assert!(worst < 0.25, "{worst} ticks off the sixteenth");
    });
}

#[test]
fn a_change_of_meter_moves_the_barlines() {
    let (common_time, jig, odd) = (4.0 * 96.0, 4.0 * 72.0, 4.0 * 84.0);
    let mut performance = tune(12);
    performance.route = vec![
        Segment::rolling(0.0, common_time),
        Segment { bar_origin: common_time, ..Segment::rolling(common_time, jig).in_meter((6, 8)) },
        Segment { bar_origin: common_time + jig, ..Segment::rolling(common_time + jig, odd).in_meter((7, 8)) },
        Segment::last_breath(),
    ];
    perform_everywhere(&performance, |take| {
        for (first, bar) in [(0.0, 96.0), (common_time, 72.0), (common_time + jig, 84.0)] {
            let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
            let begins = |barline: f64| notes.iter().any(|note| (note.position - barline).abs() < 0.5);
            let begun = (0..4).filter(|number| begins(first + f64::from(*number) * bar)).count();
            assert!(begun >= 3, "{begun} of 4 bars of {bar} ticks begin with a note of the band");
        }
    });
}

#[test]
fn wherever_the_song_is_punched_in_the_band_is_on_the_grid() {
    for from in [-2.0 * BAR, -7.3, 3.7, 50.0, 1000.4] {
        let mut performance = tune(4);
        for note in &mut performance.notes {
            note.start += from;
        }
        let meter = |meter| Segment::rolling(from, 3.0 * BAR).in_meter(meter);
        performance.route =
            vec![meter((4, 4)), Segment::stopped(from, from, 50.0), meter((3, 4)), Segment::last_breath()];
        perform_everywhere(&performance, |take| {
            let rolling = |note: &&Note| note.start < take.segments[1] || note.start >= take.segments[2];
            let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
            let notes: Vec<&Note> = notes.iter().filter(rolling).collect();
            assert!(notes.len() > 4, "from {from}");
            let worst = notes.iter().map(|note| off_grid(note).abs()).fold(0.0, f64::max);
            assert!(worst < 0.1, "from {from}: {worst} ticks off the sixteenth");
        });
    }
}

/// A host without transport, for `ticks` at `tempo`, while the performance from `jam_from` on is played.
fn absent(jam_from: f64, ticks: f64, tempo: f64) -> Segment {
    Segment { motion: Motion::Absent { jam_from }, ..Segment::rolling(0.0, ticks).at_tempo(tempo) }
}

#[test]
fn where_no_host_leads_the_knob_does() {
    for format in Format::ALL {
        let mut session = strict(format).with(&[("tempo", "87.5 bpm")]).unwrap();
        let take = perform(&mut session, &route(vec![absent(0.0, 6.0 * BAR, 87.5)]));
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        assert!(notes.len() > 4, "{format:?}");
        assert!(notes.iter().all(|note| off_grid(note).abs() < 0.02), "{format:?}: {notes:?}");
    }
}

#[test]
fn the_knob_moves_the_tempo_and_the_song_goes_on() {
    let value = (60.0 - 30.0) / 270.0;
    let turn = Change { at: 2.0 * BAR - 3.0, input: Input::Parameter { id: common::id("tempo"), value } };
    let mut performance =
        route(vec![absent(0.0, 2.0 * BAR, 120.0), absent(2.0 * BAR, 4.0 * BAR, 60.0), Segment::last_breath()]);
    performance.changes.push(turn);
    perform_everywhere(&performance, |take| {
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        assert!(notes.iter().filter(|note| note.position > 2.0 * BAR).count() > 4);
        // The turn counts from the next frame on, whose call lies half a tick before the segment's end.
        assert!(notes.iter().all(|note| off_grid(note).abs() < 0.3), "{notes:?}");
    });
}

#[test]
fn taps_set_tempo_and_beat() {
    let tap = |at, value| Change { at, input: Input::Parameter { id: common::id("tap"), value } };
    // At a hundred to the minute, where the song on its own would be at 120.
    let mut performance = route(vec![absent(0.0, 12.0 * BAR, 100.0), Segment::last_breath()]);
    for beat in 6..14 {
        performance.changes.extend([tap(f64::from(beat) * 24.0, 1.0), tap(f64::from(beat) * 24.0 + 4.0, 0.0)]);
    }
    perform_everywhere(&performance, |take| {
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        let later: Vec<&Note> = notes.iter().filter(|note| note.position > 6.0 * BAR).collect();
        assert!(later.len() > 8);
        assert!(later.iter().all(|note| off_grid(note).abs() < 0.3), "{later:?}");
    });
}

#[test]
fn the_band_follows_a_musician_who_speeds_up() {
    let tempo = |beat: u32| 90.0 + 20.0 * ((f64::from(beat) - 16.0) / 32.0).clamp(0.0, 1.0);
    let beats = (0..64).map(|beat| absent(f64::from(beat) * 24.0, 24.0, tempo(beat)));
    let mut notes = Vec::new();
    for beat in 0..64 {
        let at = f64::from(beat) * 24.0;
        // Up to 20 ms to either side.
        let hand = f64::from(beat * 7 % 11 - 5) / 6.0;
        notes.push(common::note((at + hand).max(0.0), 8.0, 60 + [0, 4, 7, 5, 2][beat as usize % 5]));
        if beat % 4 == 2 {
            notes.push(common::note(at + 12.0 - hand, 8.0, 64));
        }
    }
    let performance = Performance { notes, route: beats.collect(), ..Performance::default() };
    let mean = |follow: &str| {
        let mut session = strict(Format::Clap).with(&[("tempo", "90 bpm"), ("follow_tempo", follow)]).unwrap();
        let take = perform(&mut session, &ended(performance.clone()));
        assert_eq!(take.mismatches(&[]), vec![]);
        let notes = [take.notes(CHORDS), take.notes(BASS)].concat();
        let later: Vec<f64> =
            notes.iter().filter(|note| note.position > 12.5 * BAR).map(|note| off_grid(note).abs()).collect();
        assert!(later.len() > 10);
        later.iter().sum::<f64>() / later.len() as f64
    };
    let (following, not) = (mean("On"), mean("Off"));
    println!(
        "at the new tempo off the musician's sixteenths by {following:.2} ticks in the mean; without following by \
         {not:.2}"
    );
    // A tick lasts 25 ms at this tempo.
    assert!(following < 1.0 && not > 1.2, "{following} {not}");
}

#[test]
fn every_meter_is_played() {
    for meter in [(3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 2), (1, 64), (64, 1), (13, 16)] {
        let take = perform(&mut open(Format::Clap), &route(vec![Segment::rolling(0.0, 6.0 * BAR).in_meter(meter)]));
        assert!(band_notes(&take) > 3, "{meter:?}");
    }
}

#[test]
fn a_loop_of_any_length_is_survived() {
    // Shorter than a frame, off the grid, longer than the song, backwards.
    for (start, end) in [(0.0, 1.0), (3.3, 17.9), (0.0, 6.0), (95.9, 96.1), (0.0, 1e7), (100.0, 50.0)] {
        let length: f64 = if end > start { f64::min(end - start, 96.0) } else { 96.0 };
        let passes = (192.0 / length).ceil().min(60.0) as usize;
        let third = length / 3.0;
        let notes = vec![PlayedNote { start: start + third, ..common::note(start, third, 64) }];
        let pass = Segment::rolling(start, length).with_loop(start, end);
        for format in Format::ALL {
            let looped =
                ended(Performance { notes: notes.clone(), route: vec![pass; passes], ..Performance::default() });
            let take = perform(&mut open(format), &looped);
            let answered: BTreeSet<u64> = take.notes(VOICES).iter().map(|answer| answer.start).collect();
            assert_eq!(answered.len(), passes, "{format:?}, {start} to {end}: an answer in each pass");
            assert_eq!(take.mismatches(&[]), vec![], "{format:?}, {start} to {end}");
        }
    }
}

#[test]
fn nonsense_from_the_host_is_survived() {
    let mut odd = Vec::new();
    for tempo in [1e-3, 0.5, 1e4, 1e6] {
        // As many ticks as take about a tenth of a second.
        odd.push(Segment::rolling(0.0, tempo * 24.0 / 600.0).at_tempo(tempo));
    }
    odd.push(Segment::rolling(1e9, 24.0));
    odd.push(Segment::rolling(-1e9, 24.0));
    odd.push(Segment::rolling(0.0, 24.0).in_meter((0, 4)));
    odd.push(Segment::rolling(0.0, 24.0).in_meter((4, 3)));
    for format in Format::ALL {
        let mut session = open(format);
        perform(&mut session, &Performance { route: odd.clone(), notes: melody(1), ..Performance::default() });
        let take = perform(&mut session, &route(vec![Segment::rolling(0.0, 4.0 * BAR)]));
        assert!(band_notes(&take) > 2, "{format:?}: afterwards it plays as ever");
    }
}

#[test]
fn at_a_tempo_that_cannot_be_followed_the_band_plays_on_and_it_is_counted() {
    for format in Format::ALL {
        for tempo in [2.0, 4.9, 1001.0, 4000.0] {
            // The same notes at the same times as at 120.
            let scale = tempo / 120.0;
            let mut performance = tune(4);
            for note in &mut performance.notes {
                (note.start, note.length) = (note.start * scale, note.length * scale);
            }
            performance.route = vec![Segment::rolling(0.0, 4.0 * BAR * scale).at_tempo(tempo), Segment::last_breath()];
            let library = common::library(format);
            let before = Diagnostics::read(&library).unwrap();
            let take = perform(&mut open(format), &performance);
            let counted = Diagnostics::read(&library).unwrap().since(&before);
            assert!(band_notes(&take) > 8, "{format:?} at {tempo}: {} notes", band_notes(&take));
            assert_eq!(take.mismatches(&[]), vec![], "{format:?} at {tempo}");
            assert!(counted.doubts > 0, "{format:?} at {tempo}");
        }
    }
}

#[test]
fn a_position_that_jitters_by_a_sample_is_no_jump() {
    // Some hosts round the position anew in each block: here 16 times in a bar, by up to a sample to either side.
    const SAMPLE: f64 = 1.0 / 1000.0;
    let jittered = (0..64).map(|block| {
        let jitter = [0.0, 0.9, -0.9, 0.4][block % 4] * SAMPLE;
        Segment::rolling(block as f64 * 6.0 + jitter, 6.0)
    });
    // Short notes, so that none is held across the blocks, at whose end this host lets keys go.
    let performance = |route: Vec<Segment>| {
        let notes =
            (0..16).map(|beat| common::note(f64::from(beat) * 24.0, 4.0, 60 + [0, 4, 7, 12][beat as usize % 4]));
        Performance { notes: notes.collect(), route, ..Performance::default() }
    };
    let keys = |take: &Take| -> Vec<(u8, u8)> {
        let notes = take.notes(None).into_iter().filter(|note| note.channel != common::MUSICIAN);
        notes.map(|note| (note.channel, note.key)).collect()
    };
    let smooth = perform(&mut open(Format::Clap), &performance(vec![Segment::rolling(0.0, 64.0 * 6.0)]));
    let take = perform(&mut open(Format::Clap), &performance(jittered.collect()));
    assert!(!keys(&smooth).is_empty());
    assert_eq!(keys(&take), keys(&smooth));
}

#[test]
fn it_plays_at_every_sample_rate() {
    for rate in [8_000.0, 22_050.0, 44_100.0, 176_400.0, 384_000.0] {
        for format in Format::ALL {
            let take =
                perform(&mut open_at(format, Blocks::Of(1024), rate), &route(vec![Segment::rolling(0.0, 2.0 * BAR)]));
            assert!(band_notes(&take) > 1, "{format:?} at {rate} Hz");
        }
    }
}
