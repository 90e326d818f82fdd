//! A harmonizer that is hardly one, as the floor: the tonic of the tracked key, held.

use continuo_models::music::{Chord, Frame, Key, Quality};

use super::corpus::Piece;
use super::measures::sounding;

/// How well each degree fits a major and a minor key: Krumhansl & Kessler 1982.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// The tonic triad of the key that fits best to what sounded before each beat.
pub fn tonic_held(piece: &Piece, frames: Frame) -> Vec<Option<Chord>> {
    let melody = sounding(piece, frames);
    let mut heard = [0.0; 12];
    let mut chord = None;
    (0..frames)
        .map(|frame| {
            let position = piece.position(6 * frame);
            if position.ticks_into_bar(6 * frame) % position.meter.beat_ticks() < 6 {
                chord = best_key(&heard).map(tonic);
            }
            if let Some(class) = melody[frame as usize] {
                heard[usize::from(class)] += 1.0;
            }
            chord
        })
        .collect()
}

fn tonic(key: Key) -> Chord {
    Chord::new(key.tonic, if key.is_minor() { Quality::Minor } else { Quality::Major })
}

fn best_key(heard: &[f64; 12]) -> Option<Key> {
    if heard.iter().all(|&weight| weight == 0.0) {
        return None;
    }
    let correlation = |key: &Key| {
        let profile = &PROFILES[usize::from(key.is_minor())];
        let mean = profile.iter().sum::<f64>() / 12.0;
        let length = profile.iter().map(|weight| (weight - mean).powi(2)).sum::<f64>().sqrt();
        let fit = (0..12).map(|class| heard[(class + usize::from(key.tonic)) % 12] * (profile[class] - mean));
        fit.sum::<f64>() / length
    };
    Key::ALL.into_iter().max_by(|a, b| correlation(a).total_cmp(&correlation(b)))
}
