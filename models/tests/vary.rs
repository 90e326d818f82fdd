//! *Vary*: bars that stray to others, as far as is asked for and no farther.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{networks, notes, ode_to_joy, play, rules};
use continuo_models::music::{Meter, Style};
use continuo_models::{Controls, Cue, Improviser, Networks, Player, Role};

const BARS: i64 = 16;

fn controls(style: Style, vary: f32, seed: u32) -> Controls {
    let mut controls = Controls { style_a: style, seed, humanise: 0.0, temperature: 0.5, ..Controls::default() };
    controls.players.iter_mut().for_each(|(_, player)| player.vary = vary);
    controls
}

fn played(networks: &Arc<Networks>, controls: Controls, meter: Meter) -> Vec<Cue> {
    let frames = BARS * meter.bar_ticks() / 6;
    play(&mut Improviser::new(Arc::clone(networks)), &ode_to_joy(), 0..frames, meter, |_| controls)
}

/// When the players strike who have patterns.
fn struck(cues: &[Cue]) -> BTreeSet<(usize, i64)> {
    let notes = notes(cues).filter(|note| note.player.kind().has_patterns);
    notes.map(|note| (note.player as usize, note.start.0)).collect()
}

/// The share of the strokes that only one of two takes has.
fn distance(one: &[Cue], other: &[Cue]) -> f64 {
    let [one, other] = [struck(one), struck(other)];
    one.symmetric_difference(&other).count() as f64 / (one.len() + other.len()) as f64
}

#[test]
fn nobody_needs_a_network_to_vary() {
    let mut without = (*networks()).clone();
    without.take(Role::Texture, &rules());
    let without = Arc::new(without);
    for style in Style::ALL {
        for vary in [0.0, 0.5, 1.0] {
            let take = |networks| played(networks, controls(style, vary, 3), Meter::default());
            assert_eq!(take(&without), take(&networks()), "{style}");
        }
    }
}

#[test]
fn the_more_a_player_varies_the_farther_it_strays() {
    const AMOUNTS: [f32; 4] = [0.25, 0.5, 0.75, 1.0];
    let mut far = [0.0; AMOUNTS.len()];
    for style in Style::ALL {
        let take = |vary| played(&networks(), controls(style, vary, 1), Meter::default());
        let usual = take(0.0);
        far.iter_mut().zip(AMOUNTS).for_each(|(far, amount)| *far += distance(&usual, &take(amount)));
    }
    let far = far.map(|sum| sum / Style::ALL.len() as f64);
    assert!(far.is_sorted_by(|less, more| less < more), "{far:?}");
    assert!(far[0] < 0.05 && far[3] > 0.1, "{far:?}");
}

#[test]
fn the_same_seed_varies_alike_and_another_seed_otherwise() {
    let take = |seed| played(&networks(), controls(Style::Pop, 0.7, seed), Meter::default());
    assert_eq!(take(1), take(1));
    assert!(distance(&take(1), &take(2)) > 0.05);
}

#[test]
fn a_snapshot_varies_on_as_the_original_does() {
    let meter = Meter::default();
    let controls = controls(Style::Game, 0.8, 5);
    let mut original = Improviser::new(networks());
    play(&mut original, &ode_to_joy(), 0..73, meter, |_| controls);
    let mut snapshot = original.clone();
    let [rest, again] =
        [&mut original, &mut snapshot].map(|band| play(band, &ode_to_joy(), 73..200, meter, |_| controls));
    assert_eq!(rest, again);
}

#[test]
fn bars_of_any_length_vary_and_nobody_falls_silent() {
    for (numerator, denominator) in [(3, 4), (6, 8), (12, 8), (5, 4), (7, 8), (2, 4), (6, 4)] {
        let meter = Meter { numerator, denominator };
        let cues = played(&networks(), controls(Style::Pop, 1.0, 2), meter);
        for player in [Player::Chords, Player::Bass] {
            let bar = meter.bar_ticks() as f64;
            let bars: BTreeSet<i64> = notes(&cues)
                .filter(|note| note.player == player)
                .map(|note| (note.start.ticks() / bar).floor() as i64)
                .collect();
            assert!(bars.len() as i64 > BARS / 2, "{numerator}/{denominator}: {player:?} plays in {bars:?}");
        }
    }
}
