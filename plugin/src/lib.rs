//! Continuo as a plug-in: when and how notes are delivered. This file only wires.

// The library with faults is built from these files too; their own tests need not run twice.
#![cfg(not(all(test, feature = "faults")))]

pub mod bank;
pub mod before;
pub mod charts;
mod clap_entry;
pub mod diagnostics;
pub mod editor;
mod faults;
pub mod folders;
mod guard;
mod loaders;
pub mod machine;
pub mod params;
pub mod preferences;
pub mod presets;
pub mod preview;
mod priority;
pub mod processor;
pub mod repair;
pub mod routing;
pub mod scenes;
pub mod seam;
pub mod song_clock;
pub mod state;
pub mod tempo;
pub mod trigger;
mod vst3_entry;
pub mod worker;

use std::cell::RefCell;
use std::ffi::CStr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use nice_plug::context::process::SendEventError;
use nice_plug::prelude::*;

use diagnostics::TOTALS;
use editor::ContinuoEditor;
use guard::caught;
use params::{ContinuoParams, GuardedParams};
use processor::Processor;
use processor::output::{Event, Sent};
use seam::Shared;
use song_clock::HostTime;
use worker::{NetworksKept, Start, Worker};

/// How long activation waits for the networks, so that the first frames do not miss.
const NETWORKS_PATIENCE: Duration = Duration::from_secs(2);

/// What the musician hears of it when the plug-in has failed at a block.
const AFTER_FAILURE: &str = "All notes were ended, and it plays on.";

/// Its name, and who made it.
const VENDOR: &CStr = c"Continuo";
/// By which hosts know it. Frozen: projects, and the VST3 class ID, depend on it.
const CLAP_ID: &CStr = c"org.continuo.continuo";
/// Where the plug-in is at home.
const URL: &CStr = c"https://continuo.org";
/// Whom to write to.
const EMAIL: &CStr = c"mail@continuo.org";

/// A text of ours without its terminator.
const fn text(terminated: &'static CStr) -> &'static str {
    match terminated.to_str() {
        Ok(text) => text,
        Err(_) => panic!("our texts are UTF-8"),
    }
}

/// One instance of the plug-in.
pub struct Continuo {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    networks: Arc<NetworksKept>,
    worker: Option<Worker>,
    /// Made when the plug-in is activated first, and kept: it knows what still sounds.
    processor: Option<Processor>,
}

impl Default for Continuo {
    fn default() -> Self {
        TOTALS.instances.fetch_add(1, Ordering::Relaxed);
        let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
        params.stamp.attach(Arc::clone(&shared));
        params.memory.attach(&params, &shared);
        params.chart.attach(Arc::clone(&shared));
        params.captured.attach(Arc::clone(&shared));
        params.arrangement.attach(Arc::clone(&shared));
        Inside { params: Arc::clone(&params), shared: Arc::clone(&shared) }.note();
        Self { params, shared, networks: Arc::default(), worker: None, processor: None }
    }
}

/// What the entry points of the formats know of an instance, which is behind the framework.
#[derive(Clone)]
struct Inside {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
}

thread_local! {
    /// Of the instance that was made last on this thread: the framework makes it, and gives no way to it.
    static MADE_LAST: RefCell<(Weak<ContinuoParams>, Weak<Shared>)> =
        const { RefCell::new((Weak::new(), Weak::new())) };
}

impl Inside {
    fn note(&self) {
        MADE_LAST.set((Arc::downgrade(&self.params), Arc::downgrade(&self.shared)));
    }

    /// Of the instance that was made last on this thread; `None`: it is gone.
    fn made_last() -> Option<Self> {
        MADE_LAST.with_borrow(|(params, shared)| Some(Self { params: params.upgrade()?, shared: shared.upgrade()? }))
    }

    /// Audio: an entry point has failed at a block, and something that was played may be lost. The next block ends all
    /// notes.
    fn fail_block(&self) {
        self.shared.tell_panic(&"the log says why", "Continuo has failed at a block", AFTER_FAILURE);
        self.shared.request_panic();
    }
}

impl Drop for Continuo {
    fn drop(&mut self) {
        TOTALS.instances.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Continuo {
    fn start(&mut self, sample_rate: f64, offline: bool, longest_block: u32) {
        self.worker = None;
        // Of a project, and once it has played, what is set stands: a bounce has what was heard. For a host that
        // renders the callback waits, so its blocks ask for nothing.
        let is_new = self.processor.is_none() && self.shared.loading.newest() == 0;
        if is_new && !offline && self.params.plan_ahead.value() == 1 {
            self.params.plan_ahead_for(longest_block, sample_rate);
        }
        let processor =
            self.processor.get_or_insert_with(|| Processor::new(Arc::clone(&self.params), Arc::clone(&self.shared)));
        let chosen = self.params.network.value().0.for_all();
        let reshapes = self.params.controls().reshapes();
        match Worker::start(Arc::clone(&self.shared), Arc::clone(&self.networks), chosen, reshapes) {
            Ok((worker, played, cues)) => {
                processor.connect(sample_rate, offline, played, cues);
                if worker.wait_until_ready(NETWORKS_PATIENCE) == Start::Late {
                    self.shared.notify("The networks take long to load; until then the band holds back.");
                }
                self.worker = Some(worker);
            }
            Err(error) => {
                processor.connect(sample_rate, offline, seam::played_ring(1).0, seam::cue_ring(1).1);
                self.shared.notify(format!("The band cannot play: the system gives it no thread ({error})."));
            }
        }
    }

    /// Main thread, while no block is played: gets ready for blocks of up to `longest_block` samples at `sample_rate`
    /// Hertz. The standalone program's way; hosts go through the framework.
    pub fn prepare(&mut self, sample_rate: u32, longest_block: u32) {
        self.guarded(|plugin| plugin.start(f64::from(sample_rate), false, longest_block));
    }

    /// Audio: plays a block of as many samples as `left` and `right` have. The standalone program's way; hosts go
    /// through the framework.
    pub fn play_block(&mut self, host: &HostTime, left: &mut [f32], right: &mut [f32], around: &mut impl Around) {
        left.fill(0.0);
        right.fill(0.0);
        let length = left.len().min(right.len());
        let mut channels = [&mut left[..length], &mut right[..length]];
        if self.guarded(|plugin| plugin.play(host, length as u32, &mut channels, around)).is_none() {
            channels.into_iter().for_each(|channel| channel.fill(0.0));
        }
    }

    fn play(&mut self, host: &HostTime, length: u32, channels: &mut [&mut [f32]], around: &mut impl Around) {
        let begun = Instant::now();
        let Some(processor) = &mut self.processor else { return };
        processor.begin_block(begun, length);
        processor.process(host, length, || around.next_input());
        if let [left, right, ..] = channels {
            processor.render_preview(left, right);
        }
        processor.played().iter().for_each(|(offset, event)| around.hear(*offset, event));
        processor.output().send(|event| around.send(event));
        processor.note_load(begun.elapsed(), length);
    }

    /// Audio: where the song was at the first sample of the last block, in quarter notes, and its tempo then in quarter
    /// notes per minute.
    pub fn song_time(&self) -> Option<(f64, f32)> {
        self.processor.as_ref().map(Processor::song_time)
    }

    /// The parameters, and what is saved beside them.
    pub fn parameters(&self) -> Arc<dyn Params> {
        Arc::new(GuardedParams::new(Arc::clone(&self.params), Arc::clone(&self.shared)))
    }

    /// What the instance's threads share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The panel, for a window that is yet to be opened.
    pub fn panel(&self) -> Option<ContinuoEditor> {
        editor::create(Arc::clone(&self.params), Arc::clone(&self.shared))
    }

    /// Runs `act`; no panic of it crosses into the host. After one, all notes end and the instance goes on.
    fn guarded<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let result = caught(|| act(self));
        if let Err(panic) = &result {
            self.shared.tell_panic(panic, "Continuo has failed", AFTER_FAILURE);
            if let Some(processor) = &mut self.processor {
                // If that fails too, the next block does the same again.
                let _ = caught(|| processor.recover());
            }
        }
        result.ok()
    }
}

/// What lies around an instance while it plays a block. Belongs to the audio thread.
pub trait Around {
    /// What the musician plays next, in order of time.
    fn next_input(&mut self) -> Option<NoteEvent<()>>;
    /// Is told what the musician played, from outside or on the panel, so many samples into the block; in order of
    /// time.
    fn hear(&mut self, offset: u32, event: &NoteEvent<()>);
    /// Takes an event that happens in the block, in order of time.
    fn send(&mut self, event: &Event) -> Sent;
}

/// A host, through the framework.
struct InHost<'a, C>(&'a mut C);

impl<C: ProcessContext<Continuo>> Around for InHost<'_, C> {
    fn next_input(&mut self) -> Option<NoteEvent<()>> {
        self.0.next_event()
    }

    fn hear(&mut self, _: u32, _: &NoteEvent<()>) {}

    fn send(&mut self, event: &Event) -> Sent {
        match self.0.try_send_event(event.note_event()) {
            Err((_, SendEventError::HostBufferFull)) => Sent::Full,
            _ => Sent::Done,
        }
    }
}

impl Plugin for Continuo {
    const NAME: &'static str = "Continuo";
    const VENDOR: &'static str = text(VENDOR);
    const URL: &'static str = text(URL);
    const EMAIL: &'static str = text(EMAIL);
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    // Hosts do not load a plug-in without audio, and one that makes no sound at all leaves its user wondering.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: NonZeroU32::new(2), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    // Beyond it, the framework would allocate on the audio thread.
    const INPUT_EVENT_CAPACITY: usize = 12_288;

    type Editor = ContinuoEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.parameters()
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<ContinuoEditor> {
        self.guarded(|plugin| plugin.panel()).flatten()
    }

    fn filter_state(state: &mut PluginState) {
        state::migrate_guarded(state);
    }

    fn activate(&mut self, _: &AudioIOLayout, config: &BufferConfig, _: &mut impl ActivateContext<Self>) -> bool {
        let (sample_rate, offline) = (f64::from(config.sample_rate), config.process_mode == ProcessMode::Offline);
        self.guarded(|plugin| plugin.start(sample_rate, offline, config.max_buffer_size)).is_some()
    }

    fn reset(&mut self) {
        self.guarded(|plugin| plugin.processor.as_mut().map(Processor::reset));
    }

    fn deactivate(&mut self) {
        // What sounds cannot be ended now: hosts end it themselves. Should they go on, the next block does.
        self.guarded(|plugin| {
            plugin.worker = None;
            plugin.processor.as_mut().map(Processor::reset);
        });
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let silence = |buffer: &mut Buffer| buffer.as_slice().iter_mut().for_each(|channel| channel.fill(0.0));
        let done = self.guarded(|plugin| {
            silence(buffer);
            let (host, length) = (HostTime::from(context.transport()), buffer.samples() as u32);
            plugin.play(&host, length, buffer.as_slice(), &mut InHost(context));
        });
        if done.is_none() {
            silence(buffer);
        }
        ProcessStatus::KeepAlive
    }
}

impl ClapPlugin for Continuo {
    const CLAP_ID: &'static str = text(CLAP_ID);
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Improvises with you: chords, bass, harmony and melody as MIDI");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::NoteEffect, ClapFeature::Instrument, ClapFeature::Utility];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        params::add_remote_controls(&self.params, context);
    }
}

clap_wrapper::export_vst3!();
clap_wrapper::export_auv2!();
