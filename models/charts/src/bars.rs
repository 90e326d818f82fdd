//! Chords in time, put into bars.

use continuo_music::chart::{Bar, Content, MOST_BARS, Symbol};
use continuo_music::time::TICKS_PER_FRAME;
use continuo_music::{Meter, Tick};

/// `tick` on the grid of frames.
pub fn on_grid(tick: f64) -> Tick {
    let frame = TICKS_PER_FRAME as f64;
    // What is no number, or none that a song has, is 0.
    if tick.is_finite() { (tick / frame).round().clamp(0.0, 1e9) as Tick * TICKS_PER_FRAME } else { 0 }
}

/// A meter whose bars have this length, a whole number of frames.
pub fn meter_of(length: Tick) -> Meter {
    let (unit, denominator) =
        [(24, 4), (12, 8), (6, 16)].into_iter().find(|(unit, _)| length % unit == 0).unwrap_or((6, 16));
    Meter { numerator: (length / unit).clamp(1, 32) as u8, denominator }
}

/// The chords of a bar as it is written, of which `chords` begin in it: those at one tick are the last of them. Before
/// the first chord of all, a bar is open.
pub fn content(mut chords: Vec<(Tick, Option<Symbol>)>, has_begun: bool) -> Content {
    chords.sort_by_key(|(tick, _)| *tick);
    chords.reverse();
    chords.dedup_by_key(|(tick, _)| *tick);
    chords.reverse();
    if chords.is_empty() && !has_begun { Content::Open } else { Content::Chords(chords) }
}

/// The bars of a piece that ends at `end`, in which `chords` begin and `meters` change, each at its tick, in order.
pub fn in_bars(chords: &[(Tick, Option<Symbol>)], meters: &[(Tick, Meter)], end: Tick) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let (mut start, mut meter) = (0, Meter::default());
    let (mut chords, mut meters) = (chords.iter().peekable(), meters.iter().peekable());
    let mut said = None;
    while start < end && bars.len() <= MOST_BARS {
        while let Some((_, new)) = meters.next_if(|(tick, _)| *tick <= start) {
            meter = *new;
        }
        // A meter that changes in mid-bar makes a short one.
        let next = start + meter.bar_ticks();
        let next = meters.peek().map_or(next, |(tick, _)| next.min((*tick).max(start + TICKS_PER_FRAME)));
        let written = if next - start == meter.bar_ticks() { meter } else { meter_of(next - start) };
        let mut own = Vec::new();
        while let Some((tick, symbol)) = chords.next_if(|(tick, _)| *tick < next) {
            own.push((tick - start, symbol.clone()));
        }
        let content = content(own, bars.iter().any(|bar| !bar.is_open()));
        bars.push(Bar { meter: (said.replace(written) != Some(written)).then_some(written), ..Bar::of(content) });
        start = next;
    }
    bars
}
