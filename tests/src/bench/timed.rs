//! An instance whose process calls are timed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;

use crate::host::{Block, Format, Instance, Output, Parameter, Processor, Setup};

/// What one process call took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// When it began.
    pub at: Instant,
    /// The processor's time that the other threads of the process had had by then, in seconds.
    pub others: f64,
    /// By the wall clock: with the time in which the system ran something else.
    pub wall: f64,
    /// Of the processor's time.
    pub processor: f64,
}

/// The times of process calls, in order.
#[derive(Clone, Debug, Default)]
pub struct Times(Arc<Mutex<Vec<Call>>>);

impl Times {
    /// The times so far, which are forgotten.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

/// Seconds that `clock` shows.
pub(super) fn seconds(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is ours and lives through the call.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// An instance like the one inside, but for the clock.
pub struct Timed {
    inner: Box<dyn Instance>,
    times: Times,
}

impl Timed {
    /// Times `inner`.
    pub fn new(inner: Box<dyn Instance>) -> (Self, Times) {
        let times = Times::default();
        (Self { inner, times: times.clone() }, times)
    }
}

impl Instance for Timed {
    fn format(&self) -> Format {
        self.inner.format()
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        self.inner.parameters()
    }

    fn value(&mut self, id: u32) -> Option<f64> {
        self.inner.value(id)
    }

    fn value_of_text(&mut self, id: u32, text: &str) -> Option<f64> {
        self.inner.value_of_text(id, text)
    }

    fn text_of_value(&mut self, id: u32, value: f64) -> Option<String> {
        self.inner.text_of_value(id, value)
    }

    fn set_values(&mut self, values: &[(u32, f64)]) {
        self.inner.set_values(values);
    }

    fn set_values_unprocessed(&mut self, values: &[(u32, f64)]) {
        self.inner.set_values_unprocessed(values);
    }

    fn activate(&mut self, setup: Setup) -> Result<Box<dyn Processor>> {
        let inner = self.inner.activate(setup)?;
        Ok(Box::new(TimedProcessor { inner, times: self.times.clone() }))
    }

    fn deactivate(&mut self, processor: Box<dyn Processor>) {
        self.inner.deactivate(processor);
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }

    fn latency(&mut self) -> u32 {
        self.inner.latency()
    }

    fn idle(&mut self) {
        self.inner.idle();
    }

    fn take_dirty(&mut self) -> usize {
        self.inner.take_dirty()
    }

    fn open_panel(&mut self, parent: u32) -> Result<(u32, u32)> {
        self.inner.open_panel(parent)
    }

    fn panel_size(&mut self) -> Result<(u32, u32)> {
        self.inner.panel_size()
    }

    fn resize_panel(&mut self, width: u32, height: u32) -> Result<(u32, u32)> {
        self.inner.resize_panel(width, height)
    }

    fn close_panel(&mut self) {
        self.inner.close_panel();
    }
}

struct TimedProcessor {
    inner: Box<dyn Processor>,
    times: Times,
}

impl Processor for TimedProcessor {
    fn process(&mut self, block: &Block<'_>, output: &mut Output) -> Result<()> {
        let others = seconds(libc::CLOCK_PROCESS_CPUTIME_ID) - seconds(libc::CLOCK_THREAD_CPUTIME_ID);
        let (at, processor) = (Instant::now(), seconds(libc::CLOCK_THREAD_CPUTIME_ID));
        let result = self.inner.process(block, output);
        let processor = (seconds(libc::CLOCK_THREAD_CPUTIME_ID) - processor) * 1e6;
        self.times.push(Call { at, others, wall: at.elapsed().as_secs_f64() * 1e6, processor });
        result
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
