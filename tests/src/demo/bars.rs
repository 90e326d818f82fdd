//! Bars: where they begin and end as the meters say.

use continuo_models::music::Meter;
use continuo_models::music::time::TICKS_PER_QUARTER;

/// A bar of a piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Counted from 1.
    pub number: usize,
    /// Its first tick.
    pub start: f64,
    /// The tick after its last.
    pub end: f64,
    /// Its time signature.
    pub meter: Meter,
}

/// Differences in ticks that no ear and no grid tells apart.
const SAME: f64 = 0.5;

/// The bars up to `end`, each as its meter says; the last is whole. `meters` are first tick and time signature, in
/// order, the first at 0. Where a new meter begins within a bar, a new bar does.
pub fn bars(meters: &[(f64, Meter)], end: f64) -> Vec<Bar> {
    let mut bars = Vec::new();
    let (mut start, mut meter, mut next) = (0.0, Meter::default(), 0);
    while start < end - SAME {
        while let Some((_, now)) = meters.get(next).filter(|(at, _)| *at <= start + SAME) {
            meter = *now;
            next += 1;
        }
        let whole = start + bar_ticks(meter);
        let stop = meters.get(next).map_or(whole, |(at, _)| whole.min(*at));
        bars.push(Bar { number: bars.len() + 1, start, end: stop, meter });
        start = stop;
    }
    bars
}

/// The length of a bar, exactly: the band counts whole ticks, of which a bar of 7/64 has ten and a half.
pub fn bar_ticks(meter: Meter) -> f64 {
    4.0 * TICKS_PER_QUARTER as f64 * f64::from(meter.numerator) / f64::from(meter.denominator)
}

/// The number of the bar of `meters` in which `tick` lies. Ticks of years are reckoned as soon as those of minutes.
pub fn bar_at(meters: &[(f64, Meter)], tick: f64) -> usize {
    let tick = tick.max(0.0) + SAME;
    let ends = meters[1..].iter().map(|(at, _)| *at).chain([f64::INFINITY]);
    let stretches = meters.iter().zip(ends).take_while(|((start, _), _)| *start <= tick);
    let count = |(start, end): (f64, f64), meter| {
        let whole = (tick - start) / bar_ticks(meter);
        if tick < end { whole.floor() + 1.0 } else { ((end - start - SAME) / bar_ticks(meter)).ceil() }
    };
    stretches.map(|(&(start, meter), end)| count((start, end), meter) as usize).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALTZ: Meter = Meter { numerator: 3, denominator: 4 };

    fn starts(meters: &[(f64, Meter)], end: f64) -> Vec<f64> {
        bars(meters, end).iter().map(|bar| bar.start).collect()
    }

    #[test]
    fn bars_follow_the_meters() {
        assert_eq!(starts(&[(0.0, Meter::default()), (192.0, WALTZ)], 300.0), [0.0, 96.0, 192.0, 264.0]);
    }

    #[test]
    fn a_meter_in_mid_bar_begins_a_bar() {
        let meters = [(0.0, Meter::default()), (24.0, WALTZ), (97.0, Meter::default())];
        assert_eq!(starts(&meters, 200.0), [0.0, 24.0, 96.0, 97.0, 193.0]);
    }

    #[test]
    fn a_bar_is_found_by_its_ticks() {
        let meters = [(0.0, Meter::default()), (192.0, WALTZ)];
        assert_eq!([0.0, 95.0, 96.0, 191.0, 263.0, 264.0].map(|tick| bar_at(&meters, tick)), [1, 1, 2, 2, 3, 4]);
        assert_eq!([23.0, 24.0, 96.0, 97.0].map(|tick| bar_at(&[(0.0, WALTZ), (24.0, WALTZ)], tick)), [1, 2, 3, 3]);
        assert_eq!(bar_at(&meters, 192.0 + 72.0 * 1e9), 1_000_000_003);
    }
}
