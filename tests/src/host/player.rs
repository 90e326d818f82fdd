//! The audio side of a session: plays a performance to a processor block by block and takes down what comes back.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::performance::{Bars, Interruption, Motion, Performance, Segment};
use super::take::Take;
use super::{Block, EmptyBlocks, Habits, Input, Output, Processor, Setup, Timebase, Transport};

/// The sizes of the blocks in which a host processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// Always this many samples.
    Of(usize),
    /// These sizes in turn.
    Cycle(Vec<usize>),
}

impl Blocks {
    /// The size of block number `index`, at least 1.
    fn size(&self, index: usize) -> usize {
        match self {
            Blocks::Of(size) => *size,
            Blocks::Cycle(sizes) => sizes[index % sizes.len()],
        }
        .max(1)
    }

    /// The largest size.
    pub fn largest(&self) -> usize {
        match self {
            Blocks::Of(size) => *size,
            Blocks::Cycle(sizes) => sizes.iter().copied().max().unwrap_or(1),
        }
        .max(1)
    }
}

/// How fast blocks follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pacing {
    /// As soon as the one before is done.
    #[default]
    Fast,
    /// By the wall clock, as an audio device asks for them.
    Realtime,
    /// By a clock that goes so many times as fast.
    Times(u16),
    /// By the wall clock, but so much of the song at a time: as fast as it can until it is as far ahead, then not
    /// before the clock has caught up. So do hosts that render ahead.
    Ahead(Duration),
}

/// Plays to a processor. It may move to a thread of its own, as in a host with an audio device.
pub struct Player {
    pub(super) processor: Option<Box<dyn Processor>>,
    pub(super) setup: Setup,
    pub(super) blocks: Blocks,
    pub(super) pacing: Pacing,
    pub(super) output: Output,
    pub(super) steady: u64,
    blocks_done: usize,
    origin: Instant,
}

impl Player {
    /// A player without a processor yet.
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            processor: None,
            setup,
            blocks: Blocks::Of(setup.max_block),
            pacing: Pacing::Fast,
            output: Output::new(setup.max_block),
            steady: 0,
            blocks_done: 0,
            origin: Instant::now(),
        }
    }

    /// Plays `performance` and takes down what comes back.
    ///
    /// # Errors
    /// If the plug-in fails to process, or if the performance asks for a reactivation, which only the main thread can
    /// do ([`super::Session::perform`]).
    pub fn perform(&mut self, performance: &Performance) -> Result<Take> {
        let mut take = self.begin();
        for (index, segment) in performance.route.iter().enumerate() {
            match segment.before {
                Some(Interruption::Reset) => self.reset()?,
                Some(Interruption::Reactivate) => bail!("only the main thread can reactivate an instance"),
                None => (),
            }
            self.play(index, performance, &mut take, &mut || ())?;
        }
        Ok(take)
    }

    /// A take that begins now.
    pub(super) fn begin(&mut self) -> Take {
        self.origin = Instant::now();
        Take::new(self.setup.sample_rate)
    }

    pub(super) fn reset(&mut self) -> Result<()> {
        self.processor.as_mut().context("the instance is not active")?.reset();
        Ok(())
    }

    /// Plays segment number `index` of `performance`. `idle` is called now and then between two blocks.
    pub(super) fn play(
        &mut self,
        index: usize,
        performance: &Performance,
        take: &mut Take,
        idle: &mut dyn FnMut(),
    ) -> Result<()> {
        let segment = &performance.route[index];
        let per_tick = self.setup.sample_rate * 60.0 / segment.tempo / 24.0;
        let frames = ((segment.ticks * per_tick).round() as usize).max(1);
        let sample_of = |tick: f64| ((tick * per_tick).round() as usize).min(frames - 1);
        let inputs: Vec<(usize, Input)> =
            performance.inputs_of(index).into_iter().map(|(tick, input)| (sample_of(tick), input)).collect();
        take.begin_segment(*segment, per_tick);
        let midi_notes = self.output.midi_notes;
        let (mut done, mut next) = (0, 0);
        let mut events = Vec::new();
        while done < frames {
            let count = self.blocks.size(self.blocks_done).min(frames - done);
            events.clear();
            while next < inputs.len() && inputs[next].0 < done + count {
                let offset = (inputs[next].0 - done) as u32;
                events.push((offset, inputs[next].1));
                take.note_input(u64::from(offset), inputs[next].1);
                next += 1;
            }
            let transport = transport_at(segment, done as f64 / per_tick, self.setup.habits.timebase);
            match self.pacing {
                Pacing::Fast => (),
                Pacing::Realtime => self.await_clock(take.samples(), 1.0),
                Pacing::Times(speed) => self.await_clock(take.samples(), f64::from(speed.max(1))),
                Pacing::Ahead(far) => {
                    let ahead = (far.as_secs_f64() * self.setup.sample_rate).max(1.0) as u64;
                    self.await_clock(take.samples() / ahead * ahead, 1.0);
                }
            }
            let processor = self.processor.as_mut().context("the instance is not active")?;
            let block = Block { frames: count, steady: self.steady, transport: transport.as_ref(), events: &events };
            let before = empty_blocks(self.setup.habits, &block);
            for empty in &before {
                processor.process(empty, &mut self.output)?;
                take.note_block(&self.output, 0);
            }
            let events = if before.iter().any(|empty| !empty.events.is_empty()) { &[] } else { block.events };
            processor.process(&Block { events, ..block }, &mut self.output)?;
            take.note_block(&self.output, count);
            self.steady += count as u64;
            self.blocks_done += 1;
            done += count;
            if self.blocks_done.is_multiple_of(64) {
                idle();
            }
        }
        take.midi_notes += self.output.midi_notes - midi_notes;
        Ok(())
    }

    /// Waits until an audio device that runs `speed` times as fast as time would ask for the block that starts
    /// `samples` after the take's start.
    fn await_clock(&self, samples: u64, speed: f64) {
        let due = Duration::from_secs_f64(samples as f64 / self.setup.sample_rate / speed);
        if let Some(wait) = due.checked_sub(self.origin.elapsed()) {
            thread::sleep(wait);
        }
    }
}

/// The blocks without samples that a host with `habits` has processed before `block`.
fn empty_blocks<'a>(habits: Habits, block: &Block<'a>) -> Vec<Block<'a>> {
    let empty = Block { frames: 0, events: &[], ..*block };
    match habits.empty_blocks {
        EmptyBlocks::Between => vec![empty, empty],
        EmptyBlocks::WithEvents if !block.events.is_empty() => vec![Block { events: block.events, ..empty }],
        EmptyBlocks::Never | EmptyBlocks::WithEvents => Vec::new(),
    }
}

/// The transport that a host with the habit `timebase` shows `ticks` after the start of `segment`.
fn transport_at(segment: &Segment, ticks: f64, timebase: Timebase) -> Option<Transport> {
    let (playing, position) = match (segment.motion, timebase) {
        (Motion::Rolling { from }, Timebase::Moving) => (true, from + ticks),
        (Motion::Rolling { from }, Timebase::Frozen) => (true, from),
        (Motion::Rolling { .. }, Timebase::Zero | Timebase::Missing) => (true, 0.0),
        (Motion::Stopped { at, .. }, _) => (false, at),
        (Motion::Absent { .. }, _) => return None,
    };
    let first = Bars { from: f64::NEG_INFINITY, origin: segment.bar_origin, meter: segment.meter };
    let Bars { origin, meter, .. } = segment.then.filter(|bars| position >= bars.from).unwrap_or(first);
    let bar_ticks = 96.0 * f64::from(meter.0) / f64::from(meter.1);
    // The allowance is for a barline that falls between two floating-point numbers.
    let bar = if bar_ticks > 0.0 { ((position - origin) / bar_ticks + 1e-9).floor() } else { 0.0 };
    Some(Transport {
        playing,
        valid: !playing || timebase != Timebase::Missing,
        recording: false,
        tempo: segment.tempo,
        meter,
        beats: position / 24.0,
        bar_start: (origin + bar * bar_ticks) / 24.0,
        bar: bar as i32,
        looping: segment.looping.map(|(start, end)| (start / 24.0, end / 24.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_the_one_that_contains_the_position() {
        let waltz = Segment::rolling(-10.0, 200.0).in_meter((3, 4));
        let bar =
            |ticks| transport_at(&waltz, ticks, Timebase::Moving).map(|transport| (transport.bar, transport.bar_start));
        assert_eq!(bar(0.0), Some((-1, -3.0)));
        assert_eq!(bar(10.0), Some((0, 0.0)));
        assert_eq!(bar(81.0), Some((0, 0.0)));
        assert_eq!(bar(82.0), Some((1, 3.0)));
    }

    #[test]
    fn a_standing_song_shows_one_position() {
        let stopped = Segment::stopped(48.0, 0.0, 100.0);
        let at = |ticks| transport_at(&stopped, ticks, Timebase::Moving);
        assert_eq!(at(0.0), at(77.0));
        assert_eq!(at(5.0).map(|transport| (transport.playing, transport.beats)), Some((false, 2.0)));
    }

    #[test]
    fn a_host_may_keep_the_position_to_itself() {
        let rolling = Segment::rolling(48.0, 100.0);
        let at = |ticks, timebase| transport_at(&rolling, ticks, timebase).map(|told| (told.beats, told.valid));
        assert_eq!(at(24.0, Timebase::Moving), Some((3.0, true)));
        assert_eq!(at(24.0, Timebase::Frozen), Some((2.0, true)));
        assert_eq!(at(24.0, Timebase::Zero), Some((0.0, true)));
        assert_eq!(at(24.0, Timebase::Missing), Some((0.0, false)));
    }

    #[test]
    fn block_sizes_come_in_turn() {
        let blocks = Blocks::Cycle(vec![3, 1, 2]);
        assert_eq!([0, 1, 2, 3].map(|index| blocks.size(index)), [3, 1, 2, 3]);
        assert_eq!(blocks.largest(), 3);
    }
}
