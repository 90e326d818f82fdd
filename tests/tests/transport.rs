//! Hosts move the song in odd ways: the band follows, and what it plays stays in time.

mod common;

use std::collections::BTreeSet;

use common::{BAR, BASS, CHORDS, VOICES, ended, melody, open, open_at, perform, tune};
use continuo_tests::host::performance::{Motion, PlayedNote, Segment};
use continuo_tests::host::{Blocks, Format, Performance, Take};

/// The notes of Chords and Bass.
fn band_notes(take: &Take) -> usize {
    take.notes(CHORDS).len() + take.notes(BASS).len()
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
        let mut session = open_at(Format::Clap, Blocks::Of(333), rate).with(&[("humanise", "0 %")]).unwrap();
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
        let mut session = open(format).with(&[("humanise", "0 %")]).unwrap();
        let take = perform(&mut session, &route(bars.clone()));
        let played: BTreeSet<usize> = take.events.iter().map(|event| event.segment).collect();
        assert_eq!(played.len(), bars.len(), "{format:?}: the band plays in every bar");
        assert!(band_notes(&take) > 8, "{format:?}");
    }
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
            assert_eq!(take.notes(VOICES).len(), passes, "{format:?}, {start} to {end}: an answer in each pass");
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
