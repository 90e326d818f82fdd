//! The CLAP side of the host.

mod browser;
mod contexts;

use std::cell::RefCell;
use std::ffi::{CString, OsStr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::note_ports::{HostNotePorts, HostNotePortsImpl, NoteDialects, NotePortRescanFlags};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer, ParamInfoFlags,
    ParamRescanFlags, PluginParams,
};
use clack_extensions::preset_discovery::HostPresetLoad;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::{HostState, HostStateImpl, PluginState};
use clack_host::events::event_types::{
    MidiEvent, NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::io::TryPushError;
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, Match};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};

pub use browser::{Browser, FoundPreset, Location, has_factory};
pub use contexts::{Context as StateContext, RemotePage};

use super::spy;
use super::{Block, Format, Input, Instance, Mode, Output, Parameter, Played, Processor, Setup, Transport};

/// What the plug-in asks of the host from any thread.
#[derive(Default)]
struct Shared {
    callback: AtomicBool,
    /// The size that the panel is to have: width in the upper half.
    size: AtomicU64,
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {}
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, new_size: GuiSize) -> Result<(), HostError> {
        self.size.store(u64::from(new_size.width) << 32 | u64::from(new_size.height), Ordering::Release);
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _was_destroyed: bool) {}
}

/// Something that a plug-in tells its host on the main thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// That its parameters have other values.
    Values,
    /// That its parameters have other texts.
    Texts,
    /// That its project is not as it was saved.
    Dirty,
    /// That it has loaded a preset.
    Loaded(Location, Option<String>),
    /// That it could not load a preset, and why.
    NotLoaded(Location, Option<String>, String),
}

/// What the plug-in tells the host on the main thread; a headless host has nothing to refresh, and takes it down.
#[derive(Default)]
struct MainThread {
    told: RefCell<Vec<Told>>,
}

impl MainThread {
    fn take_down(&self, told: Told) {
        self.told.borrow_mut().push(told);
    }
}

impl MainThreadHandler<'_> for MainThread {}

impl HostParamsImplMainThread for MainThread {
    fn rescan(&self, flags: ParamRescanFlags) {
        if flags.contains(ParamRescanFlags::VALUES) {
            self.take_down(Told::Values);
        }
        if flags.contains(ParamRescanFlags::TEXT) {
            self.take_down(Told::Texts);
        }
    }

    fn clear(&self, _id: ClapId, _flags: ParamClearFlags) {}
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {
        self.take_down(Told::Dirty);
    }
}

impl HostLatencyImpl for MainThread {
    fn changed(&self) {}
}

impl HostNotePortsImpl for MainThread {
    fn supported_dialects(&self) -> NoteDialects {
        NoteDialects::CLAP | NoteDialects::MIDI
    }
    fn rescan(&self, _flags: NotePortRescanFlags) {}
}

impl HostAudioPortsImpl for MainThread {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        false
    }
    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

/// The host that a CLAP plug-in sees.
struct Host;

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Self::Shared<'_>) {
        builder
            .register::<HostParams>()
            .register::<HostState>()
            .register::<HostLatency>()
            .register::<HostNotePorts>()
            .register::<HostAudioPorts>()
            .register::<HostPresetLoad>()
            .register::<HostGui>();
    }
}

/// The range of a parameter in CLAP's own terms.
#[derive(Clone, Copy, Debug)]
struct Range {
    id: u32,
    least: f64,
    most: f64,
}

impl Range {
    fn plain(self, normalised: f64) -> f64 {
        self.least + normalised.clamp(0.0, 1.0) * (self.most - self.least)
    }

    fn normalised(self, plain: f64) -> f64 {
        if self.most > self.least { (plain - self.least) / (self.most - self.least) } else { 0.0 }
    }
}

/// The ranges of all parameters, in order of number.
#[derive(Clone, Debug, Default)]
struct Ranges(Vec<Range>);

impl Ranges {
    fn get(&self, id: u32) -> Option<Range> {
        self.0.binary_search_by_key(&id, |range| range.id).ok().map(|index| self.0[index])
    }
}

/// An instance of a CLAP plug-in.
pub struct ClapInstance {
    instance: PluginInstance<Host>,
    params: Option<PluginParams>,
    state: Option<PluginState>,
    gui: Option<PluginGui>,
    ranges: Ranges,
}

impl ClapInstance {
    /// Loads the first plug-in in the library at `path`.
    ///
    /// # Errors
    /// If the library is no CLAP, holds no plug-in, or the plug-in makes no instance.
    pub fn load(path: &Path) -> Result<Self> {
        // SAFETY: loading a plug-in runs its code; this one is ours.
        let entry = unsafe { PluginEntry::load(AsRef::<OsStr>::as_ref(path)) }
            .map_err(|error| anyhow!("{} does not load as CLAP: {error}", path.display()))?;
        let factory = entry.get_plugin_factory().context("the library has no plug-in factory")?;
        let descriptor = factory.plugin_descriptor(0).context("the library holds no plug-in")?;
        let id = descriptor.id().context("the plug-in has no id")?;
        let info = HostInfo::new("Continuo test host", "Continuo", "", env!("CARGO_PKG_VERSION"))?;
        let mut instance =
            PluginInstance::<Host>::new(|()| Shared::default(), |_| MainThread::default(), &entry, id, &info)?;
        let handle = instance.plugin_handle();
        let (params, state, gui) = (handle.get_extension(), handle.get_extension(), handle.get_extension());
        let mut this = Self { instance, params, state, gui, ranges: Ranges::default() };
        this.ranges = this.read_ranges();
        Ok(this)
    }

    fn each_parameter(&mut self, mut take: impl FnMut(clack_extensions::params::ParamInfo)) {
        let Some(params) = self.params else { return };
        let handle = self.instance.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        for index in 0..params.count(&handle) {
            if let Some(info) = params.get_info(&handle, index, &mut buffer) {
                take(info);
            }
        }
    }

    fn read_ranges(&mut self) -> Ranges {
        let mut ranges = Vec::new();
        self.each_parameter(|info| {
            ranges.push(Range { id: info.id.get(), least: info.min_value, most: info.max_value });
        });
        ranges.sort_by_key(|range| range.id);
        Ranges(ranges)
    }
}

impl Instance for ClapInstance {
    fn format(&self) -> Format {
        Format::Clap
    }

    fn as_clap(&mut self) -> Option<&mut ClapInstance> {
        Some(self)
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        self.each_parameter(|info| {
            let range = Range { id: info.id.get(), least: info.min_value, most: info.max_value };
            let stepped = info.flags.contains(ParamInfoFlags::IS_STEPPED);
            parameters.push(Parameter {
                id: range.id,
                name: String::from_utf8_lossy(info.name).into_owned(),
                group: String::from_utf8_lossy(info.module).into_owned(),
                steps: if stepped { (range.most - range.least) as u32 } else { 0 },
                default: range.normalised(info.default_value),
                automatable: info.flags.contains(ParamInfoFlags::IS_AUTOMATABLE),
                hidden: info.flags.contains(ParamInfoFlags::IS_HIDDEN),
            });
        });
        parameters
    }

    fn value(&mut self, id: u32) -> Option<f64> {
        let range = self.ranges.get(id)?;
        let plain = self.params?.get_value(&self.instance.plugin_handle(), ClapId::from_raw(id)?)?;
        Some(range.normalised(plain))
    }

    fn value_of_text(&mut self, id: u32, text: &str) -> Option<f64> {
        let range = self.ranges.get(id)?;
        let text = CString::new(text).ok()?;
        let plain = self.params?.text_to_value(&self.instance.plugin_handle(), ClapId::from_raw(id)?, &text)?;
        Some(range.normalised(plain))
    }

    fn text_of_value(&mut self, id: u32, value: f64) -> Option<String> {
        let plain = self.ranges.get(id)?.plain(value);
        let mut buffer = [0; 256];
        let handle = self.instance.plugin_handle();
        let text = self.params?.value_to_text(&handle, ClapId::from_raw(id)?, plain, &mut buffer).ok()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn set_values(&mut self, values: &[(u32, f64)]) {
        let mut events = EventBuffer::new();
        for &(id, value) in values {
            if let (Some(range), Some(id)) = (self.ranges.get(id), ClapId::from_raw(id)) {
                events.push(&ParamValueEvent::new(0, id, Pckn::match_all(), range.plain(value)));
            }
        }
        if let (Some(params), Some(mut handle)) = (self.params, self.instance.inactive_plugin_handle()) {
            params.flush(&mut handle, &events.as_input(), &mut OutputEvents::void());
        }
    }

    fn set_values_unprocessed(&mut self, values: &[(u32, f64)]) {
        self.set_values(values);
    }

    fn activate(&mut self, setup: Setup) -> Result<Box<dyn Processor>> {
        let handle = self.instance.plugin_handle();
        if let Some(render) = handle.get_extension::<PluginRender>() {
            let live = setup.announced_mode() == Mode::Live;
            let mode = if live { RenderMode::Realtime } else { RenderMode::Offline };
            render.set(&handle, mode)?;
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: setup.sample_rate,
            min_frames_count: 1,
            max_frames_count: setup.max_block as u32,
        };
        let stopped = self.instance.activate(|_, _| (), configuration)?;
        let started = stopped.start_processing().map_err(|error| anyhow!("{error}"))?;
        Ok(Box::new(ClapProcessor {
            processor: started.into(),
            ports: AudioPorts::with_capacity(2, 1),
            events: EventBuffer::with_capacity(1 << 14),
            ranges: self.ranges.clone(),
        }))
    }

    fn deactivate(&mut self, processor: Box<dyn Processor>) {
        drop(processor);
        self.instance.try_deactivate().expect("the processor is gone, so nothing keeps the instance active");
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let state = self.state.context("the plug-in keeps no state")?;
        state.save(&self.instance.plugin_handle(), &mut bytes)?;
        Ok(bytes)
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let extension = self.state.context("the plug-in keeps no state")?;
        let mut reader = state;
        Ok(extension.load(&self.instance.plugin_handle(), &mut reader)?)
    }

    fn latency(&mut self) -> u32 {
        let handle = self.instance.plugin_handle();
        handle.get_extension::<PluginLatency>().map_or(0, |latency| latency.get(&handle))
    }

    fn idle(&mut self) {
        if self.instance.access_shared_handler(|shared| shared.callback.swap(false, Ordering::AcqRel)) {
            self.instance.call_on_main_thread_callback();
        }
        let wanted = self.instance.access_shared_handler(|shared| shared.size.swap(0, Ordering::AcqRel));
        if let (Some(gui), 1..) = (self.gui, wanted) {
            let size = GuiSize { width: (wanted >> 32) as u32, height: wanted as u32 };
            // A panel that refuses what it has asked for stays as it is.
            let _ = gui.set_size(&self.instance.plugin_handle(), size);
        }
    }

    fn take_dirty(&mut self) -> usize {
        self.take_told().iter().filter(|told| **told == Told::Dirty).count()
    }

    fn open_panel(&mut self, parent: u32) -> Result<(u32, u32)> {
        let gui = self.gui.context("the plug-in has no panel")?;
        let handle = self.instance.plugin_handle();
        let configuration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        if !gui.is_api_supported(&handle, configuration) {
            bail!("the plug-in's panel does not go into an X11 window");
        }
        gui.create(&handle, configuration)?;
        let size = gui.get_size(&handle).context("the panel has no size")?;
        // SAFETY: the caller keeps the parent window open until `close_panel`.
        unsafe { gui.set_parent(&handle, Window::from_x11_handle(parent.into()))? };
        // Embedded panels may not implement it; they show once they have a parent.
        let _ = gui.show(&handle);
        Ok((size.width, size.height))
    }

    fn panel_size(&mut self) -> Result<(u32, u32)> {
        let size = self.gui.and_then(|gui| gui.get_size(&self.instance.plugin_handle()));
        size.map(|size| (size.width, size.height)).context("the panel has no size")
    }

    fn resize_panel(&mut self, width: u32, height: u32) -> Result<(u32, u32)> {
        let gui = self.gui.context("the plug-in has no panel")?;
        let handle = self.instance.plugin_handle();
        ensure!(gui.can_resize(&handle), "the panel cannot be resized");
        let size = gui.adjust_size(&handle, GuiSize { width, height }).context("the panel knows no size near it")?;
        gui.set_size(&handle, size)?;
        Ok((size.width, size.height))
    }

    fn close_panel(&mut self) {
        if let Some(gui) = self.gui {
            gui.destroy(&self.instance.plugin_handle());
        }
    }
}

/// The processing side of a [`ClapInstance`].
struct ClapProcessor {
    processor: PluginAudioProcessor<Host>,
    ports: AudioPorts,
    events: EventBuffer,
    ranges: Ranges,
}

impl Processor for ClapProcessor {
    fn process(&mut self, block: &Block<'_>, output: &mut Output) -> Result<()> {
        self.events.clear();
        for &(sample, input) in block.events {
            push_input(&mut self.events, &self.ranges, sample, input);
        }
        output.events.clear();
        let Output { audio: [left, right], events, lost, midi_notes } = output;
        let mut sink = Sink { events, lost, midi_notes, ranges: &self.ranges };
        let mut audio = self.ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                [&mut left[..block.frames], &mut right[..block.frames]].into_iter(),
            ),
        }]);
        let transport = block.transport.map(transport_event);
        let processor = self.processor.as_started_mut()?;
        let mut sink = OutputEvents::from_buffer(&mut sink);
        let events = self.events.as_input();
        spy::watch(|| {
            processor.process(
                &InputAudioBuffers::empty(),
                &mut audio,
                &events,
                &mut sink,
                Some(block.steady),
                transport.as_ref(),
            )
        })?;
        Ok(())
    }

    fn reset(&mut self) {
        self.processor.reset();
    }
}

impl Drop for ClapProcessor {
    fn drop(&mut self) {
        self.processor.ensure_processing_stopped();
    }
}

fn push_input(events: &mut EventBuffer, ranges: &Ranges, sample: u32, input: Input) {
    let note = |channel: u8, key: u8| Pckn::new(0u16, channel, key, Match::All);
    match input {
        Input::NoteOn { channel, key, velocity } => {
            events.push(&NoteOnEvent::new(sample, note(channel, key), f64::from(velocity) / 127.0));
        }
        Input::NoteOff { channel, key } => events.push(&NoteOffEvent::new(sample, note(channel, key), 0.0)),
        Input::Controller { channel, number, value } => {
            events.push(&MidiEvent::new(sample, 0, [0xb0 | channel, number, value]));
        }
        Input::PitchBend { channel, value } => {
            let [low, high] = [(value & 0x7f) as u8, (value >> 7) as u8];
            events.push(&MidiEvent::new(sample, 0, [0xe0 | channel, low, high]));
        }
        Input::Midi(data) => events.push(&MidiEvent::new(sample, 0, data)),
        Input::Parameter { id, value } => {
            if let (Some(range), Some(id)) = (ranges.get(id), ClapId::from_raw(id)) {
                events.push(&ParamValueEvent::new(sample, id, Pckn::match_all(), range.plain(value)));
            }
        }
    }
}

fn transport_event(transport: &Transport) -> TransportEvent {
    let mut flags = TransportFlags::empty();
    let told = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_SECONDS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(told, transport.valid);
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::IS_RECORDING, transport.recording);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.looping.is_some());
    let seconds = |beats: f64| SecondsTime::from_float(beats * 60.0 / transport.tempo);
    let (loop_start, loop_end) = transport.looping.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(transport.beats),
        song_pos_seconds: seconds(transport.beats),
        tempo: transport.tempo,
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(loop_start),
        loop_end_beats: BeatTime::from_float(loop_end),
        loop_start_seconds: seconds(loop_start),
        loop_end_seconds: seconds(loop_end),
        bar_start: BeatTime::from_float(transport.bar_start),
        bar_number: transport.bar,
        time_signature_numerator: transport.meter.0,
        time_signature_denominator: transport.meter.1,
    }
}

/// Takes the plug-in's output events without taking memory.
struct Sink<'a> {
    events: &'a mut Vec<(u32, Played)>,
    lost: &'a mut usize,
    midi_notes: &'a mut usize,
    ranges: &'a Ranges,
}

impl clack_host::events::io::OutputEventBuffer for Sink<'_> {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        let byte = |part: Match<u16>| part.into_specific().map_or(255, |part| part as u8);
        let sample = event.header().time();
        let played = match event.as_core_event() {
            Some(CoreEventSpace::NoteOn(note)) => Played::NoteOn {
                channel: byte(note.channel()),
                key: byte(note.key()),
                velocity: (note.velocity() * 127.0).round() as u8,
            },
            Some(CoreEventSpace::NoteOff(note)) => {
                let velocity = (note.velocity() * 127.0).round() as u8;
                Played::NoteOff { channel: byte(note.channel()), key: byte(note.key()), velocity }
            }
            Some(CoreEventSpace::NoteEnd(note)) => {
                Played::NoteEnd { channel: byte(note.channel()), key: byte(note.key()) }
            }
            Some(CoreEventSpace::Midi(message)) => {
                let played = midi_played(message.data());
                *self.midi_notes += usize::from(matches!(played, Played::NoteOn { .. }));
                played
            }
            Some(CoreEventSpace::ParamValue(change)) => {
                let id = change.param_id().map_or(u32::MAX, ClapId::get);
                let value = self.ranges.get(id).map_or(0.0, |range| range.normalised(change.value()));
                Played::Parameter { id, value }
            }
            _ => return Ok(()),
        };
        if self.events.len() == self.events.capacity() {
            *self.lost += 1;
            return Err(TryPushError::new());
        }
        self.events.push((sample, played));
        Ok(())
    }
}

/// What a MIDI message from the plug-in means.
fn midi_played(data: [u8; 3]) -> Played {
    let [status, key, velocity] = data;
    let channel = status & 0x0f;
    match status & 0xf0 {
        0x90 if velocity > 0 => Played::NoteOn { channel, key, velocity },
        0x80 | 0x90 => Played::NoteOff { channel, key, velocity },
        _ => Played::Midi(data),
    }
}
