//! A session: an active instance that plays a performance block by block.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::performance::{Interruption, Motion, Performance, Segment};
use super::take::Take;
use super::{Block, Format, Input, Instance, Mode, Output, Processor, Setup, Transport, bundles, load};

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
}

/// An active instance with the habits of a host. It deactivates the instance when it is dropped.
pub struct Session {
    instance: Box<dyn Instance>,
    processor: Option<Box<dyn Processor>>,
    setup: Setup,
    blocks: Blocks,
    pacing: Pacing,
    output: Output,
    steady: u64,
    blocks_done: usize,
    origin: Option<Instant>,
}

impl Session {
    /// Loads the built plug-in in `format` and makes it ready: 48 kHz, blocks of 512, offline, as fast as possible.
    ///
    /// # Errors
    /// If there is no built plug-in or it does not load.
    pub fn open(format: Format) -> Result<Self> {
        Self::new(load(format, &bundles::library(format)?)?)
    }

    /// Makes `instance` ready, as [`Session::open`].
    ///
    /// # Errors
    /// If it refuses.
    pub fn new(instance: Box<dyn Instance>) -> Result<Self> {
        let setup = Setup { sample_rate: 48_000.0, max_block: 512, mode: Mode::Offline };
        let mut session = Self {
            instance,
            processor: None,
            setup,
            blocks: Blocks::Of(512),
            pacing: Pacing::Fast,
            output: Output::new(512),
            steady: 0,
            blocks_done: 0,
            origin: None,
        };
        session.activate()?;
        Ok(session)
    }

    /// The same at another sample rate.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn at_rate(mut self, sample_rate: f64) -> Result<Self> {
        self.setup.sample_rate = sample_rate;
        self.reactivate()?;
        Ok(self)
    }

    /// The same with other block sizes.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn in_blocks(mut self, blocks: Blocks) -> Result<Self> {
        self.setup.max_block = blocks.largest();
        self.output = Output::new(blocks.largest());
        self.blocks = blocks;
        self.reactivate()?;
        Ok(self)
    }

    /// The same live or offline. Live goes by the wall clock; use [`Session::paced`] to let it run ahead.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn in_mode(mut self, mode: Mode) -> Result<Self> {
        self.setup.mode = mode;
        self.pacing = if mode == Mode::Live { Pacing::Realtime } else { Pacing::Fast };
        self.reactivate()?;
        Ok(self)
    }

    /// The same at another pace.
    pub fn paced(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// The same with parameters set by the user's texts: the plug-in's own parameter name and the text.
    ///
    /// # Errors
    /// If there is no such parameter or it does not understand the text.
    pub fn with(mut self, settings: &[(&str, &str)]) -> Result<Self> {
        self.set(settings)?;
        Ok(self)
    }

    /// Sets parameters by the user's texts, as [`Session::with`], between two performances.
    ///
    /// # Errors
    /// If there is no such parameter or it does not understand the text.
    pub fn set(&mut self, settings: &[(&str, &str)]) -> Result<()> {
        let mut values = Vec::new();
        for (name, text) in settings {
            let id = super::parameter_id(name);
            let value = self
                .instance
                .value_of_text(id, text)
                .with_context(|| format!("the plug-in has no parameter `{name}` or does not understand `{text}`"))?;
            values.push((id, value));
        }
        self.deactivate();
        self.instance.set_values(&values);
        self.activate()
    }

    /// The instance.
    pub fn instance(&mut self) -> &mut dyn Instance {
        self.instance.as_mut()
    }

    /// How the instance is activated.
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// Activates the instance if it is not active.
    ///
    /// # Errors
    /// If it refuses.
    pub fn activate(&mut self) -> Result<()> {
        if self.processor.is_none() {
            self.processor = Some(self.instance.activate(self.setup)?);
            self.steady = 0;
        }
        Ok(())
    }

    /// Deactivates the instance if it is active.
    pub fn deactivate(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.instance.deactivate(processor);
        }
    }

    fn reactivate(&mut self) -> Result<()> {
        self.deactivate();
        self.activate()
    }

    /// Plays `performance` and takes down what comes back.
    ///
    /// # Errors
    /// If the plug-in fails to process or to activate.
    pub fn perform(&mut self, performance: &Performance) -> Result<Take> {
        let mut take = Take::new(self.setup.sample_rate);
        self.origin = Some(Instant::now());
        for segment in &performance.route {
            match segment.before {
                Some(Interruption::Reset) => self.processor()?.reset(),
                Some(Interruption::Reactivate) => self.reactivate()?,
                None => (),
            }
            let inputs = performance.inputs_of(segment);
            self.play_segment(segment, &inputs, &mut take)?;
        }
        Ok(take)
    }

    fn processor(&mut self) -> Result<&mut Box<dyn Processor>> {
        self.processor.as_mut().context("the instance is not active")
    }

    fn play_segment(&mut self, segment: &Segment, inputs: &[(f64, Input)], take: &mut Take) -> Result<()> {
        let per_tick = self.setup.sample_rate * 60.0 / segment.tempo / 24.0;
        let frames = ((segment.ticks * per_tick).round() as usize).max(1);
        let inputs: Vec<(usize, Input)> =
            inputs.iter().map(|(tick, input)| (((tick * per_tick).round() as usize).min(frames - 1), *input)).collect();
        take.begin_segment(*segment, per_tick);
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
            let transport = transport_at(segment, done as f64 / per_tick);
            if self.pacing == Pacing::Realtime {
                self.await_wall_clock(take.samples());
            }
            let steady = self.steady;
            let block = Block { frames: count, steady, transport: transport.as_ref(), events: &events };
            let Self { processor, output, .. } = self;
            processor.as_mut().context("the instance is not active")?.process(&block, output)?;
            take.note_block(output, count);
            self.steady += count as u64;
            self.blocks_done += 1;
            done += count;
            if self.blocks_done.is_multiple_of(64) {
                self.instance.idle();
            }
        }
        Ok(())
    }

    /// Waits until an audio device would ask for the block that starts `samples` after the performance's start.
    fn await_wall_clock(&self, samples: u64) {
        let due = Duration::from_secs_f64(samples as f64 / self.setup.sample_rate);
        if let Some(wait) = self.origin.and_then(|origin| due.checked_sub(origin.elapsed())) {
            thread::sleep(wait);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.deactivate();
    }
}

/// The transport that the host shows `ticks` after the start of `segment`.
fn transport_at(segment: &Segment, ticks: f64) -> Option<Transport> {
    let (playing, position) = match segment.motion {
        Motion::Rolling { from } => (true, from + ticks),
        Motion::Stopped { at, .. } => (false, at),
        Motion::Absent { .. } => return None,
    };
    let bar_ticks = 96.0 * f64::from(segment.meter.0) / f64::from(segment.meter.1);
    // A barline that falls between two samples belongs to the one before which it is heard.
    let bar = ((position - segment.bar_origin) / bar_ticks + 1e-9).floor();
    Some(Transport {
        playing,
        recording: false,
        tempo: segment.tempo,
        meter: segment.meter,
        beats: position / 24.0,
        bar_start: (segment.bar_origin + bar * bar_ticks) / 24.0,
        bar: bar as i32,
        looping: segment.looping.map(|(start, end)| (start / 24.0, end / 24.0)),
    })
}
