//! How a manner changes what an accompaniment strikes.

use super::patterns::{Stroke, Touch, stroke};
use crate::controls::Manner;
use crate::music::Tick;

/// Ticks between the notes of a broken chord, and between the strokes of a hand on strings at the least.
const PACE: Tick = 12;
/// The way of a broken chord through its notes.
const WAVE: [u8; 6] = [0, 1, 2, 3, 2, 1];

/// The strokes of a bar from the tick `start` to the tick `end`, with their first ticks in order, as `manner` has them.
pub fn in_manner(
    manner: Manner,
    strokes: &[(Tick, Stroke<Touch>)],
    start: Tick,
    end: Tick,
) -> Vec<(Tick, Stroke<Touch>)> {
    match manner {
        Manner::Sustained => vec![(start, beginning(manner, end - start))],
        Manner::Broken => broken(strokes, end),
        Manner::Strummed => strummed(strokes, start, end),
    }
}

/// The stroke with which a chord begins in `manner`, `left` ticks before the bar ends.
pub fn beginning(manner: Manner, left: Tick) -> Stroke<Touch> {
    match manner {
        Manner::Sustained => stroke(0, Touch::Block).length(left.min(255) as u8),
        Manner::Broken => stroke(0, Touch::Step(0)),
        Manner::Strummed => stroke(0, Touch::Down),
    }
}

/// Whole chords go up and down through their notes until the next stroke; single notes stay.
fn broken(strokes: &[(Tick, Stroke<Touch>)], end: Tick) -> Vec<(Tick, Stroke<Touch>)> {
    let mut notes = Vec::new();
    for (index, &(at, stroke)) in strokes.iter().enumerate() {
        let next = strokes.get(index + 1).map_or(end, |next| next.0);
        if matches!(stroke.touch, Touch::Step(_) | Touch::Low) {
            notes.push((at, stroke));
            continue;
        }
        let places = (at..next).step_by(PACE as usize).zip(WAVE.into_iter().cycle());
        notes.extend(places.map(|(at, step)| (at, Stroke { touch: Touch::Step(step), length: 0, ..stroke })));
    }
    notes
}

/// Down on the beats and up between them, as steadily as a hand; low notes stay.
fn strummed(strokes: &[(Tick, Stroke<Touch>)], start: Tick, end: Tick) -> Vec<(Tick, Stroke<Touch>)> {
    let mut strums: Vec<(Tick, Stroke<Touch>)> = Vec::new();
    for &(at, stroke) in strokes {
        let late = (start - at).rem_euclid(PACE);
        let at = if stroke.touch == Touch::Low { at } else { at + late };
        if at >= end || strums.last().is_some_and(|&(last, _)| at < last + PACE) {
            continue;
        }
        let touch = match stroke.touch {
            Touch::Low => Touch::Low,
            _ if (at - start) % (2 * PACE) == 0 => Touch::Down,
            _ => Touch::Up,
        };
        let length = if matches!(stroke.touch, Touch::Step(_)) { 0 } else { stroke.length };
        strums.push((at, Stroke { touch, length, ..stroke }));
    }
    strums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(strokes: &[(u8, Touch)]) -> Vec<(Tick, Stroke<Touch>)> {
        strokes.iter().map(|&(at, touch)| (960 + Tick::from(at), stroke(at, touch))).collect()
    }

    fn touches(manner: Manner, strokes: &[(u8, Touch)]) -> Vec<(Tick, Touch)> {
        let struck = in_manner(manner, &bar(strokes), 960, 960 + 96);
        struck.into_iter().map(|(at, stroke)| (at - 960, stroke.touch)).collect()
    }

    const MARCH: [(u8, Touch); 4] = [(0, Touch::Low), (24, Touch::Block), (48, Touch::Low), (72, Touch::Upper)];

    #[test]
    fn a_sustained_chord_sounds_for_the_bar() {
        let struck = in_manner(Manner::Sustained, &bar(&MARCH), 960, 960 + 96);
        assert_eq!(struck, [(960, stroke(0, Touch::Block).length(96))]);
    }

    #[test]
    fn a_broken_chord_comes_note_by_note() {
        let step = |at, step| (at, Touch::Step(step));
        let broken = [(0, Touch::Low), step(24, 0), step(36, 1), (48, Touch::Low), step(72, 0), step(84, 1)];
        assert_eq!(touches(Manner::Broken, &MARCH), broken);
        let whole = touches(Manner::Broken, &[(0, Touch::Block)]);
        let wave = [0, 1, 2, 3, 2, 1, 0, 1].map(Touch::Step);
        assert_eq!(whole.iter().map(|note| note.1).collect::<Vec<_>>(), wave);
    }

    #[test]
    fn a_strum_goes_down_on_the_beat_and_up_between() {
        let figure: Vec<_> = (0..16).map(|index| (index * 6, Touch::Step(index % 3))).collect();
        let strums = touches(Manner::Strummed, &figure);
        assert_eq!(strums.len(), 8, "sixteenths are too fast for it");
        assert!(strums.iter().all(|&(at, touch)| touch == if at % 24 == 0 { Touch::Down } else { Touch::Up }));
    }
}
