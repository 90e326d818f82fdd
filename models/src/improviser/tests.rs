//! The band decides alike on every processor: on nothing but what the networks say to the step of the grid.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;

use super::*;
use crate::controls::LeadMode;
use crate::music::{BarPosition, Chord, Meter};
use crate::network::Family;
use crate::network::noise::on_processor;

const FRAMES: Frame = 72;

fn networks(family: Family) -> Arc<Networks> {
    static NETWORKS: OnceLock<[Arc<Networks>; Family::ALL.len()]> = OnceLock::new();
    let loaded = NETWORKS.get_or_init(|| Family::ALL.map(|family| Arc::new(Networks::built_in(family).0)));
    Arc::clone(&loaded[family as usize])
}

/// Notes of these gaps, lengths (in ticks) and keys.
fn heard(notes: &[(Tick, Tick, u8)]) -> Vec<Heard> {
    let mut onset = 0;
    let mut heard: Vec<Heard> = Vec::new();
    for &(gap, length, key) in notes {
        onset += gap;
        heard.push(Heard::NoteOn { tick: onset, channel: 0, key, velocity: 90 });
        heard.push(Heard::NoteOff { tick: onset + length, channel: 0, key });
    }
    heard.sort_by_key(Heard::tick);
    heard
}

/// Plays to a band with these networks for [`FRAMES`]; calls `then` after each decision with its cues.
fn play(family: Family, notes: &[(Tick, Tick, u8)], controls: Controls, mut then: impl FnMut(&Improviser, &[Cue])) {
    let mut heard = heard(notes).into_iter().peekable();
    let (mut improviser, mut cues) = (Improviser::new(networks(family)), Vec::new());
    for frame in 0..FRAMES {
        while let Some(heard) = heard.next_if(|heard| heard.tick() < frame_start(frame)) {
            improviser.hear(heard);
        }
        let next = frame + 1;
        let position = BarPosition { bar_start: 0, meter: Meter::default() }.at(frame_start(next));
        cues.clear();
        improviser.decide(&FrameStart::before(next, position, controls), &mut cues);
        then(&improviser, &cues);
    }
}

/// All that the band hands out.
fn played(family: Family, notes: &[(Tick, Tick, u8)], controls: Controls) -> Vec<Cue> {
    let mut all = Vec::new();
    play(family, notes, controls, |_, cues| all.extend_from_slice(cues));
    all
}

#[test]
fn a_band_that_starts_anew_weighs_as_before() {
    let mut improviser = Improviser::weighing(networks(Family::Gru), Weights::ALONE);
    improviser.restart();
    assert_eq!(improviser.harmonist.weights(), Weights::ALONE);
    assert_ne!(Improviser::new(networks(Family::Gru)).harmonist.weights(), Weights::ALONE);
}

/// The bars of a song without a musician, by the chart: the chord with which each begins, where the section is held in
/// the bars that `holds` says, and the change that was expected when the bar before it ended.
fn by_chart(text: &str, bars: Tick, holds: impl Fn(Tick) -> bool) -> Vec<(String, Option<(Tick, String)>)> {
    let (mut improviser, mut cues) = (Improviser::new(networks(Family::Gru)), Vec::new());
    improviser.follow_chart(Arc::new(Chart::read(text).0));
    let mut begun = Vec::new();
    for next in 1..16 * bars {
        let position = BarPosition { bar_start: 0, meter: Meter::default() }.at(frame_start(next));
        let controls = Controls { vamp: holds(next / 16), ..Controls::default() };
        let expected = improviser.harmony().planned[0].map(|(tick, chord)| (tick, chord.to_string()));
        cues.clear();
        improviser.decide(&FrameStart::before(next, position, controls), &mut cues);
        if next % 16 == 0 {
            begun.push((
                improviser.harmony().slash_chord().map_or_else(String::new, |chord| chord.to_string()),
                expected,
            ));
        }
    }
    begun
}

#[test]
fn a_section_that_is_held_comes_again_with_its_chords_and_nobody_is_surprised() {
    let begun = by_chart("[A]\n| C | F |\n[B]\n| G | Am |\n", 9, |bar| (3..6).contains(&bar));
    let chords: Vec<&str> = begun.iter().map(|(chord, _)| chord.as_str()).collect();
    assert_eq!(chords, ["F", "G", "Am", "G", "Am", "C", "F", "G"]);
    for (bar, (chord, expected)) in (1..).zip(&begun) {
        // Who lets go with the barline is a surprise.
        if bar != 6 {
            assert_eq!(*expected, Some((96 * bar, chord.clone())), "bar {bar}");
        }
    }
}

#[test]
fn a_tune_that_was_learned_has_its_sections() {
    let (mut improviser, mut cues) = (Improviser::new(networks(Family::Gru)), Vec::new());
    improviser.follow_chart(Arc::new(Chart::open(16)));
    let controls = Controls { left_hand: Some(1), ..Controls::default() };
    // Eight chords, twice.
    let roots = [0, 9, 2, 7, 4, 9, 5, 7];
    let mut letters = Vec::new();
    for frame in 0..16 * 18 {
        let tick = frame_start(frame);
        let position = BarPosition { bar_start: 0, meter: Meter::default() }.at(frame_start(frame + 1));
        improviser.decide(&FrameStart::before(frame + 1, position, controls), &mut cues);
        let root = 48 + roots[(frame / 16 % 8) as usize];
        let hand = [(0, root + 24), (1, root), (1, root + 4), (1, root + 7)];
        for (channel, key) in hand {
            match frame % 16 {
                0 => improviser.hear(Heard::NoteOn { tick, channel, key, velocity: 90 }),
                15 => improviser.hear(Heard::NoteOff { tick, channel, key }),
                _ => {}
            }
        }
        let now: String = improviser.outlook().round.letters().iter().map(ToString::to_string).collect();
        if letters.last() != Some(&now) {
            letters.push(now);
        }
    }
    let learned = improviser.learned().map(|chart| chart.to_string());
    assert_eq!(letters, ["AB", "AA"], "{learned:?}");
}

prop_compose! {
    fn controls()(
        styles in prop::array::uniform2(0..Style::ALL.len()), blend in prop_oneof![Just(0.0f32), 0.1f32..0.9],
        dials in prop::array::uniform3(0f32..=1.0), temperature in 0f32..=1.5,
        levels in prop::array::uniform3(prop::option::of(0u8..=4)), seed: u32, alone: bool,
    ) -> Controls {
        let [follow, memory, density] = dials;
        let [chord_rate, chromaticism, lead_chromaticism] = levels;
        let [style_a, style_b] = styles.map(|style| Style::ALL[style]);
        let lead_mode = if alone { LeadMode::Continuous } else { LeadMode::Answer };
        Controls {
            style_a, style_b, style_blend: blend, follow, memory, density, temperature, chord_rate, chromaticism,
            lead_chromaticism, lead_mode, seed, ..Controls::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn the_same_tune_in_another_key_gets_the_same_chords_in_that_key(
        notes in prop::collection::vec(
            (prop::sample::select(vec![6i64, 12, 24, 24, 36, 48]), 3i64..40, 55u8..77),
            8..24,
        ),
        controls in controls(),
        up in 1i32..12,
    ) {
        let chords = |up: i32| {
            let key_moved = |key: u8| (i32::from(key) + up) as u8;
            let moved: Vec<_> = notes.iter().map(|&(gap, length, key)| (gap, length, key_moved(key))).collect();
            let mut chords = Vec::new();
            play(Family::Gru, &moved, controls, |improviser, _| {
                let harmony = improviser.harmony();
                let back = |chord: Option<Chord>| chord.map(|chord| chord.transposed(-up));
                let alternatives = harmony.alternatives.unwrap_or_default();
                let mut asked: Vec<_> = alternatives.iter().map(|asked| back(asked.map(|asked| asked.chord))).collect();
                asked.rotate_left(up as usize);
                chords.push((back(harmony.chord), asked));
            });
            chords
        };
        let (here, there) = (chords(0), chords(up));
        let apart = here.iter().zip(&there).position(|(here, there)| here != there);
        prop_assert_eq!(apart, None, "the first frame in which they differ");
    }

    #[test]
    fn what_is_rounded_alike_is_decided_alike(
        notes in prop::collection::vec(
            (prop::sample::select(vec![6i64, 12, 12, 24, 24, 36, 48]), 3i64..40, 48u8..84),
            8..24,
        ),
        controls in controls(),
        is_transformer in prop::bool::weighted(0.25),
        processor in 1u64..1000,
    ) {
        let family = Family::ALL[usize::from(is_transformer)];
        let (here, _) = on_processor(0, || played(family, &notes, controls));
        let (elsewhere, others) = on_processor(processor, || played(family, &notes, controls));
        prop_assert!(others > 0.9, "only {others} of the values are others");
        prop_assert!(here.iter().any(|cue| matches!(cue, Cue::Note(_))), "there is music");
        prop_assert_eq!(here, elsewhere);
    }
}
