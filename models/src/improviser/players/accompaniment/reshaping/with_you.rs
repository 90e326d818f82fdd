//! What a player strikes who plays with the musician: bar for bar, where the musician struck in the last one.

use super::super::patterns::{Stroke, Tone, Touch, stroke};
use super::super::textures::Strokes;
use crate::music::texture::Measure;
use crate::music::{Drum, Meter, Tick};

/// How much softer than on a beat a stroke is that falls between beats, in MIDI velocity.
const BETWEEN: i8 = -8;
/// How much softer the cymbal is than the drums.
const CYMBAL: i8 = -12;

/// A place where the musician struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onset {
    /// Ticks from the beginning of the bar.
    at: u8,
    /// The number of the beat that begins there, from 0 on.
    beat: Option<Tick>,
    /// Whether it falls in the middle of a beat.
    is_offbeat: bool,
}

/// Who strikes with the musician.
pub trait WithYou: Copy {
    /// What is struck at `onsets`, which lie in a bar of `meter`, in order.
    fn with(onsets: &[Onset], meter: Meter) -> Vec<Stroke<Self>>;
}

/// Whole voicings on beats and in their middles, the upper notes elsewhere.
impl WithYou for Touch {
    fn with(onsets: &[Onset], _: Meter) -> Vec<Stroke<Self>> {
        let touch = |onset: &Onset| match onset {
            Onset { beat: Some(_), .. } => stroke(onset.at, Self::Block),
            Onset { is_offbeat: true, .. } => Stroke { accent: BETWEEN, ..stroke(onset.at, Self::Block) },
            _ => Stroke { accent: BETWEEN, ..stroke(onset.at, Self::Upper) },
        };
        onsets.iter().map(touch).collect()
    }
}

/// Root and fifth in turns on the beats that the musician strikes; who strikes none is met at the first onset.
impl WithYou for Tone {
    fn with(onsets: &[Onset], _: Meter) -> Vec<Stroke<Self>> {
        let mut strong: Vec<&Onset> = onsets.iter().filter(|onset| onset.beat.is_some()).collect();
        if strong.is_empty() {
            strong.extend(onsets.first());
        }
        let tones = [Self::Root, Self::Fifth].into_iter().cycle();
        strong.into_iter().zip(tones).map(|(onset, tone)| stroke(onset.at, tone)).collect()
    }
}

/// The hi-hat with every onset, and with it on beats the kick and the snare in turns, as they fall in the bar; in three
/// beats the kick on the first alone.
impl WithYou for Drum {
    fn with(onsets: &[Onset], meter: Meter) -> Vec<Stroke<Self>> {
        let in_three = meter.bar_ticks() == 3 * meter.beat_ticks();
        let drum = |beat: Tick| match beat {
            0 => Self::Kick,
            beat if !in_three && beat % 2 == 0 => Self::Kick,
            _ => Self::Snare,
        };
        let struck = |onset: &Onset| {
            let accent = CYMBAL + if onset.beat.is_some() { 0 } else { BETWEEN };
            let hat = Stroke { accent, ..stroke(onset.at, Self::ClosedHat) };
            onset.beat.map(|beat| stroke(onset.at, drum(beat))).into_iter().chain([hat])
        };
        onsets.iter().flat_map(struck).collect()
    }
}

/// What is struck in the bar of `meter` that begins at `start` where the musician struck at `onsets` (ticks in that
/// bar, in order): on the slots next to them. `None`, where there were none.
pub fn strokes<T: WithYou>(onsets: impl Iterator<Item = Tick>, start: Tick, meter: Meter) -> Option<Strokes<T>> {
    let (measure, beat) = (Measure::of(meter), meter.beat_ticks().max(1));
    let mut slots: Vec<Tick> = onsets
        .map(|tick| {
            let into = (tick - start) % measure.ticks();
            tick - start - into + measure.tick(measure.nearest(into))
        })
        .collect();
    slots.dedup();
    let onset = |at: Tick| {
        Some(Onset {
            at: u8::try_from(at).ok()?,
            beat: (at % beat == 0).then_some(at / beat),
            is_offbeat: at % beat * 2 == beat,
        })
    };
    let onsets: Vec<Onset> = slots.into_iter().filter_map(onset).collect();
    let struck = T::with(&onsets, meter).into_iter().map(|stroke| (start + Tick::from(stroke.at), stroke));
    Some(struck.collect()).filter(|strokes: &Strokes<T>| !strokes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR: Meter = Meter { numerator: 4, denominator: 4 };
    const THREE: Meter = Meter { numerator: 3, denominator: 4 };

    fn struck<T: WithYou>(onsets: &[Tick], meter: Meter) -> Vec<(Tick, T)> {
        let strokes = strokes(onsets.iter().map(|tick| 960 + tick), 960, meter).unwrap_or_default();
        strokes.into_iter().map(|(at, stroke): (Tick, Stroke<T>)| (at - 960, stroke.touch)).collect()
    }

    #[test]
    fn chords_strike_whole_voicings_with_the_musician() {
        let expected = [(0, Touch::Block), (36, Touch::Block), (54, Touch::Upper), (72, Touch::Block)];
        assert_eq!(struck(&[1, 35, 55, 72], FOUR), expected, "on the slots next to what was played");
    }

    #[test]
    fn bass_takes_the_beats_of_the_musician_in_turns() {
        assert_eq!(struck(&[0, 12, 48, 60], FOUR), [(0, Tone::Root), (48, Tone::Fifth)]);
        assert_eq!(struck(&[12, 36], FOUR), [(12, Tone::Root)]);
    }

    #[test]
    fn drums_go_by_the_place_in_the_bar() {
        let (kick, snare, hat) = (Drum::Kick, Drum::Snare, Drum::ClosedHat);
        let expected = [(0, kick), (0, hat), (24, snare), (24, hat), (36, hat), (48, kick), (48, hat)];
        assert_eq!(struck(&[0, 24, 36, 48], FOUR), expected);
        assert_eq!(struck(&[0, 48], THREE), [(0, kick), (0, hat), (48, snare), (48, hat)]);
    }

    #[test]
    fn who_played_nothing_gives_no_bar() {
        assert_eq!(strokes::<Drum>(std::iter::empty(), 0, FOUR), None);
    }
}
