//! Harmonizers that are hardly any, as the floor. They hear the melody in real time: only the notes before the frame
//! that they decide, or that frame's note too, as the band does that reacts to it.

use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chord, Frame, Key, PitchClass, Quality, SlashChord};
use continuo_models::network::features::PitchMemory;

use super::corpus::Piece;
use super::measures::{begins_beat, sounding};

/// How well each degree fits a major and a minor key: Krumhansl & Kessler 1982.
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// The triads of a major and of a minor key that are followed, as semitones above the tonic.
const TRIADS: [[(u8, Quality); 6]; 2] = [
    [
        (0, Quality::Major),
        (2, Quality::Minor),
        (4, Quality::Minor),
        (5, Quality::Major),
        (7, Quality::Major),
        (9, Quality::Minor),
    ],
    [
        (0, Quality::Minor),
        (3, Quality::Major),
        (5, Quality::Minor),
        (7, Quality::Major),
        (8, Quality::Major),
        (10, Quality::Major),
    ],
];

/// What the chord that stands is worth more than another, as a share of what has been heard lately.
const STAY: f32 = 0.15;

/// How fast the memory of what was heard lately fades, per frame. Of 0.7 to 0.94, the best at beat rate on the `valid`
/// splits of neonscribe and pop909.
const DECAY: f64 = 0.8;

/// When a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Once per felt beat, before its note is known.
    Beat,
    /// Once per felt beat, when it is.
    BeatWithNote,
    /// In every frame, before its note is known.
    Sixteenth,
}

/// The tonic triad of the key that fits best to what sounded before each beat.
pub fn tonic_held(piece: &Piece, frames: Frame) -> Vec<Option<Chord>> {
    decide(piece, frames, Pace::Beat, |key, _, _| {
        Chord::new(key.tonic, if key.is_minor() { Quality::Minor } else { Quality::Major })
    })
}

/// The triad of the tracked key that covers most of what was heard lately.
pub fn follow(piece: &Piece, frames: Frame, pace: Pace) -> Vec<Option<Chord>> {
    decide(piece, frames, pace, |key, lately, standing| {
        let triads = TRIADS[usize::from(key.is_minor())].map(|(above, quality)| Chord::new(key.tonic + above, quality));
        let score = |chord: Chord| {
            let heard: f32 = chord.tones().iter().map(|class| lately[usize::from(class)]).sum();
            heard + if standing == Some(chord) { STAY } else { 0.0 }
        };
        triads.into_iter().fold(triads[0], |best, chord| if score(chord) > score(best) { chord } else { best })
    })
}

/// The same chords with a sixth, or a minor seventh over a minor triad: what four notes gain where notes are shared.
pub fn with_sixths(chords: Vec<Option<Chord>>) -> Vec<Option<Chord>> {
    let fuller = |chord: Chord| match chord.quality {
        Quality::Major => Chord { quality: Quality::Sixth, ..chord },
        Quality::Minor => Chord { quality: Quality::MinorSeventh, ..chord },
        _ => chord,
    };
    chords.into_iter().map(|chord| chord.map(fuller)).collect()
}

/// What people wrote in the bar before, as far as it is as long.
pub fn bar_before(piece: &Piece, frames: Frame) -> Vec<Option<SlashChord>> {
    let human = piece.chord_frames(frames);
    let before = |frame: Frame| {
        let tick = frame_start(frame);
        let start = piece.position(tick).bar_start;
        let frame = (piece.position(start - 1).bar_start + tick - start).div_euclid(TICKS_PER_FRAME);
        human.get(usize::try_from(frame).ok()?).copied().flatten()
    };
    (0..frames).map(before).collect()
}

/// Calls `choose` at `pace` with the tracked key, the pitch classes heard lately and the chord that stands.
fn decide(
    piece: &Piece,
    frames: Frame,
    pace: Pace,
    choose: impl Fn(Key, [f32; 12], Option<Chord>) -> Chord,
) -> Vec<Option<Chord>> {
    let melody: Vec<Option<PitchClass>> = sounding(piece, frames);
    let mut heard = [0.0; 12];
    let mut lately = PitchMemory::new(DECAY);
    let mut chord = None;
    (0..frames)
        .map(|frame| {
            let mut decide = |heard: &[f64; 12], lately: &PitchMemory| {
                if pace == Pace::Sixteenth || begins_beat(piece, frame) {
                    chord = best_key(heard).map(|key| choose(key, lately.normalised(), chord)).or(chord);
                }
            };
            if pace != Pace::BeatWithNote {
                decide(&heard, &lately);
            }
            if let Some(class) = melody[frame as usize] {
                heard[usize::from(class)] += 1.0;
                lately.hear(class);
            }
            if pace == Pace::BeatWithNote {
                decide(&heard, &lately);
            }
            chord
        })
        .collect()
}

/// The key whose profile correlates best with the time for which each pitch class has sounded; `None` if none has.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// Two bars of C major in quarters, then two bars of F A C.
    fn tune() -> Piece {
        let keys = [60, 64, 67, 60, 62, 64, 67, 60, 65, 69, 72, 65, 69, 65, 72, 69];
        let notes: Vec<_> = keys.iter().zip(0..).map(|(&key, index)| (24 * index, 24, key)).collect();
        made_up("a", &notes, &[])
    }

    #[test]
    fn the_tonic_is_held_from_the_second_beat_on() {
        let chords = tonic_held(&tune(), 24);
        assert_eq!(chords[..4], [None; 4]);
        assert!(chords[12..].iter().all(|chord| *chord == "C".parse().ok()), "{chords:?}");
    }

    #[test]
    fn the_triad_that_covers_the_notes_is_followed_and_only_at_its_pace() {
        let (beat, sixteenth) = (follow(&tune(), 64, Pace::Beat), follow(&tune(), 64, Pace::Sixteenth));
        assert_eq!((beat[63], sixteenth[63]), ("F".parse().ok(), "F".parse().ok()));
        let changes = |chords: &[Option<Chord>]| -> Vec<usize> {
            (1..chords.len()).filter(|&frame| chords[frame] != chords[frame - 1]).collect()
        };
        assert!(changes(&beat).iter().all(|frame| frame % 4 == 0), "{:?}", changes(&beat));
        assert!(changes(&sixteenth).iter().any(|frame| frame % 4 != 0), "{:?}", changes(&sixteenth));
    }

    #[test]
    fn only_who_waits_for_it_knows_the_note_of_the_frame() {
        let mut other = tune();
        other.melody[15].key = 67;
        for pace in [Pace::Beat, Pace::Sixteenth] {
            assert_eq!(follow(&tune(), 61, pace), follow(&other, 61, pace));
        }
        let knows_the_first = |pace| follow(&tune(), 1, pace)[0].is_some();
        assert_eq!([Pace::Beat, Pace::Sixteenth, Pace::BeatWithNote].map(knows_the_first), [false, false, true]);
    }

    #[test]
    fn a_sixth_is_added_to_major_and_a_seventh_to_minor() {
        let chords = ["F", "Dm", "G7"].map(|symbol| symbol.parse().ok());
        assert_eq!(with_sixths(chords.to_vec()), ["F6", "Dm7", "G7"].map(|symbol| symbol.parse().ok()));
    }

    #[test]
    fn the_bar_before_is_played_a_bar_later() {
        let piece = made_up("a", &[(0, 288, 60)], &[(0, 48, "C"), (48, 48, "F"), (96, 192, "G")]);
        let symbols: Vec<_> = bar_before(&piece, 48).iter().map(|chord| chord.map(|chord| chord.to_string())).collect();
        let at = |frame: usize| symbols[frame].as_deref();
        assert_eq!([at(0), at(15), at(16), at(24), at(32)], [None, None, Some("C"), Some("F"), Some("G")]);
    }
}
