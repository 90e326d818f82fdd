//! For tests: what the networks say, as another processor would say it that is far worse than any.

use std::cell::Cell;

use crate::improviser::chance::grid::{GRID, rounded};
use crate::improviser::chance::random::mix;

/// How far values lie from the grid at most, in steps of it. Kernels differ by a thousandth of that: with so little, a
/// decision on a raw value would hardly ever show.
const FAR: f32 = 0.49;

thread_local! {
    /// The number of the processor, 0 for this one.
    static PROCESSOR: Cell<u64> = const { Cell::new(0) };
    /// Values that were told, and of these the ones that were others than on this processor.
    static TOLD: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Runs `act` on this thread as processor number `number` would. Also gives the share of the values that were others
/// than on this one.
pub fn on_processor<R>(number: u64, act: impl FnOnce() -> R) -> (R, f64) {
    PROCESSOR.set(number);
    TOLD.set((0, 0));
    let result = act();
    PROCESSOR.set(0);
    let (told, others) = TOLD.get();
    (result, others as f64 / told.max(1) as f64)
}

/// Another value that is rounded to the same place on the grid.
pub fn shaken(value: f32) -> f32 {
    let processor = PROCESSOR.get();
    if processor == 0 {
        return value;
    }
    let (told, others) = TOLD.get();
    let uniform = (mix(processor << 32 ^ told) >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
    let other = rounded(value) + FAR * uniform / GRID;
    TOLD.set((told + 1, others + u64::from(other != value)));
    other
}
