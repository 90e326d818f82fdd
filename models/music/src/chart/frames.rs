//! A chart of what stands in the frames of a song.

use super::{Bar, Chart, Content, Slot, Symbol};
use crate::time::{TICKS_PER_FRAME, frame_start};
use crate::{Frame, Meter, Tick};

impl Chart {
    /// A chart of bars, of each its meter and what stands in each of its frames. A bar of another length than its meter
    /// says is written in sixteenths. Where a bar is open in part, the chord before goes on.
    pub fn of_frames(bars: impl IntoIterator<Item = (Meter, Vec<Slot>)>) -> Self {
        let mut said = None;
        let bar = |(meter, slots): (Meter, Vec<Slot>)| {
            let frames = slots.len() as Frame;
            let sixteenths = Meter { numerator: frames.clamp(1, 32) as u8, denominator: 16 };
            let meter = if meter.bar_ticks() == frame_start(frames) { meter } else { sixteenths };
            Bar { meter: (said.replace(meter) != Some(meter)).then_some(meter), ..Bar::of(content(&slots)) }
        };
        Self { bars: bars.into_iter().map(bar).collect(), ..Self::default() }.sensible()
    }
}

fn content(slots: &[Slot]) -> Content {
    if slots.iter().all(|slot| *slot == Slot::Open) {
        return Content::Open;
    }
    let mut standing = Slot::Open;
    let mut chords: Vec<(Tick, Option<Symbol>)> = Vec::new();
    for (tick, &slot) in (0..).map(|frame| frame * TICKS_PER_FRAME).zip(slots) {
        if slot != Slot::Open && slot != standing {
            standing = slot;
            chords.push((tick, slot.chord().map(Symbol::from)));
        }
    }
    Content::Chords(chords)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_written_with_what_stands_in_their_frames() {
        let slot = |sign: char| match sign {
            '_' => Slot::Open,
            '-' => Slot::NoChord,
            root => Slot::Chord(root.to_string().parse().unwrap()),
        };
        let bar = |meter: (u8, u8), signs: &str| {
            (Meter { numerator: meter.0, denominator: meter.1 }, signs.chars().map(slot).collect())
        };
        let bars =
            [bar((4, 4), "CCC"), bar((3, 4), "CCCCCCCCFFFF"), bar((3, 4), "____________"), bar((3, 4), "____----GGGG")];
        let chart = Chart::of_frames(bars);
        assert_eq!(chart.to_string(), "| 3/16 C | 3/4 C / F | _ | / N.C. G |\n");
        assert_eq!(Chart::read(&chart.to_string()).0, chart);
    }
}
