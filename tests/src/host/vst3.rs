//! The VST3 side of the host.

mod objects;

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::ops::RangeInclusive;
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use libloading::{Library, Symbol};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{ComPtr, ComWrapper, Interface};

use self::objects::{EventList, Frame, HostContext, ParameterChanges, Stream};
use super::spy;
use super::{Block, Format, Habits, Input, Instance, Mode, Output, Parameter, Processor, Setup, Transport};

/// Steinberg's controller number for the pitch wheel.
const PITCH_BEND: i16 = 129;

/// Steinberg's controller numbers: those of MIDI, pressure, bend.
const CONTROLLERS: RangeInclusive<i16> = 0..=PITCH_BEND;

/// Held while a library is entered. VST3 has this done on the main thread only, and the wrapper's factory is made
/// without a lock; tests load from many threads at once.
static ENTRANCE: Mutex<()> = Mutex::new(());

/// A loaded library.
struct Module {
    _library: Library,
    factory: ComPtr<IPluginFactory>,
}

impl Module {
    fn load(path: &Path) -> Result<Self> {
        let _alone = ENTRANCE.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: loading a plug-in runs its code; this one is ours. The symbols have the types that VST3 gives them.
        unsafe {
            let library = Library::new(path).with_context(|| format!("{} does not load", path.display()))?;
            let enter: Symbol<unsafe extern "system" fn(*mut c_void) -> bool> = library.get(b"ModuleEntry")?;
            // The handle of a second reference, which is never closed: plug-in threads may outlive their instance.
            let handle = libloading::os::unix::Library::from(Library::new(path)?).into_raw();
            if !enter(handle) {
                bail!("ModuleEntry of {} refuses", path.display());
            }
            let get: Symbol<unsafe extern "system" fn() -> *mut IPluginFactory> = library.get(b"GetPluginFactory")?;
            let factory = ComPtr::from_raw(get()).context("GetPluginFactory gives nothing")?;
            // Hosts keep a factory for as long as they run; it never goes while another thread enters.
            std::mem::forget(factory.clone());
            Ok(Self { _library: library, factory })
        }
    }

    fn audio_class(&self) -> Result<TUID> {
        // SAFETY: plain calls of a live object with memory of ours.
        unsafe {
            for index in 0..self.factory.countClasses() {
                let mut info: PClassInfo = std::mem::zeroed();
                if self.factory.getClassInfo(index, &mut info) == kResultOk
                    && CStr::from_ptr(info.category.as_ptr()).to_bytes() == b"Audio Module Class"
                {
                    return Ok(info.cid);
                }
            }
        }
        bail!("the library holds no VST3 plug-in")
    }

    fn create<I: Interface>(&self, class: &TUID) -> Result<ComPtr<I>> {
        let mut object: *mut c_void = ptr::null_mut();
        // SAFETY: the interface's id is asked for, so what comes back is that interface.
        unsafe {
            self.factory.createInstance(class.as_ptr(), I::IID.as_ptr().cast::<c_char>(), &mut object);
            ComPtr::from_raw(object.cast::<I>()).context("the factory makes no such object")
        }
    }
}

/// What a library says of itself, and of the first plug-in in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Who made it.
    pub vendor: String,
    /// Where it is at home.
    pub url: String,
    /// Whom to write to.
    pub email: String,
    /// The categories, main one first, separated by `|`.
    pub categories: String,
}

/// Reads what the library at `path` says of itself.
///
/// # Errors
/// If it is no VST3, or says nothing of the kind.
pub fn about(path: &Path) -> Result<About> {
    let module = Module::load(path)?;
    let text = |text: &[c_char]| {
        let bytes: Vec<u8> = text.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // SAFETY: plain calls with memory of ours.
    unsafe {
        let (mut factory, mut class): (PFactoryInfo, PClassInfo2) = std::mem::zeroed();
        module.factory.getFactoryInfo(&mut factory);
        let second = module.factory.cast::<IPluginFactory2>().context("the factory is of the first version")?;
        if second.getClassInfo2(0, &mut class) != kResultOk {
            bail!("the first class is not described");
        }
        let (vendor, url, email) = (text(&factory.vendor), text(&factory.url), text(&factory.email));
        Ok(About { vendor, url, email, categories: text(&class.subCategories) })
    }
}

/// An instance of a VST3 plug-in: component and controller, connected.
pub struct Vst3Instance {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    separate_controller: bool,
    /// The parameter behind each (channel, controller), as the plug-in maps them.
    midi: BTreeMap<(u8, i16), ParamID>,
    /// The parameter behind each channel's programs.
    programs: Vec<ParamID>,
    view: Option<ComPtr<IPlugView>>,
    frame: ComWrapper<Frame>,
    // Dropped last: the objects above live in it.
    context: ComWrapper<HostContext>,
    _module: Module,
}

impl Vst3Instance {
    /// Loads the first plug-in in the library at `path` (the `.so` inside the bundle).
    ///
    /// # Errors
    /// If the library is no VST3, holds no plug-in, or the plug-in does not initialize.
    pub fn load(path: &Path) -> Result<Self> {
        let module = Module::load(path)?;
        let class = module.audio_class()?;
        let component = module.create::<IComponent>(&class)?;
        let context = ComWrapper::new(HostContext::default());
        let host = context.to_com_ptr::<FUnknown>().context("the host context is no FUnknown")?;
        // SAFETY: plain calls of live objects in the order that VST3 demands.
        unsafe {
            if component.initialize(host.as_ptr()) != kResultOk {
                bail!("the component does not initialize");
            }
            let processor = component.cast::<IAudioProcessor>().context("the component processes no audio")?;
            let (controller, separate_controller) = match component.cast::<IEditController>() {
                Some(controller) => (controller, false),
                None => {
                    let mut class: TUID = [0; 16];
                    component.getControllerClassId(&mut class);
                    let controller = module.create::<IEditController>(&class)?;
                    if controller.initialize(host.as_ptr()) != kResultOk {
                        bail!("the controller does not initialize");
                    }
                    (controller, true)
                }
            };
            let handler = context.to_com_ptr::<IComponentHandler>().context("no component handler")?;
            controller.setComponentHandler(handler.as_ptr());
            let connections = (component.cast::<IConnectionPoint>(), controller.cast::<IConnectionPoint>());
            if let (true, (Some(one), Some(other))) = (separate_controller, connections) {
                one.connect(other.as_ptr());
                other.connect(one.as_ptr());
            }
            let frame = ComWrapper::new(Frame::default());
            let (midi, programs, view) = (controller_map(&controller), programs(&controller), None);
            let _module = module;
            let mut this = Self {
                component,
                processor,
                controller,
                separate_controller,
                midi,
                programs,
                view,
                frame,
                context,
                _module,
            };
            let state = this.save()?;
            let stream = ComWrapper::new(Stream::of(state));
            if let Some(stream) = stream.to_com_ptr::<IBStream>() {
                this.controller.setComponentState(stream.as_ptr());
            }
            Ok(this)
        }
    }
}

impl Vst3Instance {
    /// How many lists of programs the plug-in has said since the last time have other names now.
    pub fn take_renamed(&self) -> usize {
        self.context.take_renamed()
    }
}

impl Instance for Vst3Instance {
    fn format(&self) -> Format {
        Format::Vst3
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        // SAFETY: plain calls with memory of ours.
        unsafe {
            (0..self.controller.getParameterCount())
                .filter_map(|index| {
                    let mut info: ParameterInfo = std::mem::zeroed();
                    (self.controller.getParameterInfo(index, &mut info) == kResultOk).then(|| Parameter {
                        id: info.id,
                        name: text_of(&info.title),
                        group: String::new(),
                        steps: info.stepCount.max(0) as u32,
                        default: info.defaultNormalizedValue,
                        automatable: info.flags & ParameterInfo_::ParameterFlags_::kCanAutomate != 0,
                        hidden: info.flags & ParameterInfo_::ParameterFlags_::kIsHidden != 0,
                    })
                })
                .collect()
        }
    }

    fn value(&mut self, id: u32) -> Option<f64> {
        // SAFETY: a plain call.
        self.parameters().iter().any(|p| p.id == id).then(|| unsafe { self.controller.getParamNormalized(id) })
    }

    fn value_of_text(&mut self, id: u32, text: &str) -> Option<f64> {
        let mut wide: Vec<TChar> = text.encode_utf16().chain([0]).map(|unit| unit as TChar).collect();
        let mut value = 0.0;
        // SAFETY: the text is terminated and outlives the call.
        let result = unsafe { self.controller.getParamValueByString(id, wide.as_mut_ptr(), &mut value) };
        (result == kResultOk).then_some(value)
    }

    fn text_of_value(&mut self, id: u32, value: f64) -> Option<String> {
        let mut text: String128 = [0; 128];
        // SAFETY: a plain call with memory of ours.
        let result = unsafe { self.controller.getParamStringByValue(id, value, &mut text) };
        (result == kResultOk).then(|| text_of(&text))
    }

    fn set_values(&mut self, values: &[(u32, f64)]) {
        // A VST3 component hears of parameters in `process` only: an empty block carries them, as hosts do it.
        let setup = Setup { sample_rate: 48_000.0, max_block: 32, mode: Mode::Offline, habits: Habits::default() };
        self.set_values_unprocessed(values);
        if let Ok(mut processor) = self.activate(setup) {
            let events: Vec<_> = values.iter().map(|&(id, value)| (0, Input::Parameter { id, value })).collect();
            let block = Block { frames: 0, steady: 0, transport: None, events: &events };
            let carried = processor.process(&block, &mut Output::new(32));
            self.deactivate(processor);
            carried.expect("an empty block is processed");
        }
    }

    fn set_values_unprocessed(&mut self, values: &[(u32, f64)]) {
        for &(id, value) in values {
            // SAFETY: a plain call.
            unsafe { self.controller.setParamNormalized(id, value) };
        }
    }

    fn activate(&mut self, setup: Setup) -> Result<Box<dyn Processor>> {
        let mut process_setup = ProcessSetup {
            processMode: process_mode(setup.announced_mode()),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: setup.max_block as i32,
            sampleRate: setup.sample_rate,
        };
        // SAFETY: plain calls of live objects in the order that VST3 demands.
        unsafe {
            if self.processor.setupProcessing(&mut process_setup) != kResultOk {
                bail!("the plug-in refuses {} Hz in blocks of {}", setup.sample_rate, setup.max_block);
            }
            for (media, direction) in [
                (MediaTypes_::kAudio, BusDirections_::kOutput),
                (MediaTypes_::kEvent, BusDirections_::kInput),
                (MediaTypes_::kEvent, BusDirections_::kOutput),
            ] {
                for bus in 0..self.component.getBusCount(media as i32, direction as i32) {
                    self.component.activateBus(media as i32, direction as i32, bus, 1);
                }
            }
            if self.component.setActive(1) != kResultOk {
                bail!("the plug-in does not activate");
            }
            self.processor.setProcessing(1);
        }
        Ok(Box::new(Vst3Processor::new(self, setup)))
    }

    fn deactivate(&mut self, processor: Box<dyn Processor>) {
        drop(processor);
        // SAFETY: a plain call.
        unsafe { self.component.setActive(0) };
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        let stream = ComWrapper::new(Stream::default());
        let pointer = stream.to_com_ptr::<IBStream>().context("the stream is no IBStream")?;
        // SAFETY: the stream outlives the call.
        if unsafe { self.component.getState(pointer.as_ptr()) } != kResultOk {
            bail!("the plug-in gives no state");
        }
        Ok(stream.bytes())
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let pointer = |state: &[u8]| {
            ComWrapper::new(Stream::of(state.to_vec())).to_com_ptr::<IBStream>().context("the stream is no IBStream")
        };
        let (one, other) = (pointer(state)?, pointer(state)?);
        // SAFETY: the streams outlive the calls.
        unsafe {
            let loaded = self.component.setState(one.as_ptr());
            self.controller.setComponentState(other.as_ptr());
            if loaded != kResultOk {
                bail!("the plug-in refuses the state");
            }
        }
        Ok(())
    }

    fn latency(&mut self) -> u32 {
        // SAFETY: a plain call.
        unsafe { self.processor.getLatencySamples() }
    }

    fn idle(&mut self) {
        self.frame.run_timers();
    }

    fn take_dirty(&mut self) -> usize {
        self.context.take_dirty()
    }

    fn open_panel(&mut self, parent: u32) -> Result<(u32, u32)> {
        // SAFETY: plain calls; the caller keeps the parent window open until `close_panel`.
        unsafe {
            let view = ComPtr::from_raw(self.controller.createView(c"editor".as_ptr())).context("no panel")?;
            let frame = self.frame.to_com_ptr::<IPlugFrame>().context("the frame is no IPlugFrame")?;
            view.setFrame(frame.as_ptr());
            let window = ptr::without_provenance_mut::<c_void>(parent as usize);
            // As hosts do, who open a window of this size first.
            view.getSize(&mut std::mem::zeroed());
            if view.attached(window, c"X11EmbedWindowID".as_ptr()) != kResultOk {
                bail!("the plug-in's panel does not go into an X11 window");
            }
            self.view = Some(view);
            self.panel_size()
        }
    }

    fn panel_size(&mut self) -> Result<(u32, u32)> {
        let view = self.view.as_ref().context("the panel is not open")?;
        // SAFETY: plain calls of a live view.
        unsafe {
            let mut size: ViewRect = std::mem::zeroed();
            ensure!(view.getSize(&mut size) == kResultOk, "the panel has no size");
            Ok(((size.right - size.left) as u32, (size.bottom - size.top) as u32))
        }
    }

    fn resize_panel(&mut self, width: u32, height: u32) -> Result<(u32, u32)> {
        let view = self.view.as_ref().context("the panel is not open")?;
        let mut size = ViewRect { left: 0, top: 0, right: width as i32, bottom: height as i32 };
        // SAFETY: plain calls of a live view.
        unsafe {
            ensure!(view.canResize() == kResultOk, "the panel cannot be resized");
            ensure!(view.checkSizeConstraint(&mut size) == kResultOk, "the panel knows no size near it");
            ensure!(view.onSize(&mut size) == kResultOk, "the panel does not take the size");
        }
        Ok((size.right as u32, size.bottom as u32))
    }

    fn close_panel(&mut self) {
        if let Some(view) = self.view.take() {
            // SAFETY: plain calls; the view has been attached.
            unsafe {
                view.removed();
                view.setFrame(ptr::null_mut());
            }
        }
    }
}

impl Drop for Vst3Instance {
    fn drop(&mut self) {
        self.close_panel();
        // SAFETY: the last calls of live objects, in the order that VST3 demands.
        unsafe {
            let connections = (self.component.cast::<IConnectionPoint>(), self.controller.cast::<IConnectionPoint>());
            if let (true, (Some(one), Some(other))) = (self.separate_controller, connections) {
                one.disconnect(other.as_ptr());
                other.disconnect(one.as_ptr());
            }
            self.controller.setComponentHandler(ptr::null_mut());
            if self.separate_controller {
                self.controller.terminate();
            }
            self.component.terminate();
        }
    }
}

/// The parameter behind each (channel, controller), as the plug-in maps them.
fn controller_map(controller: &ComPtr<IEditController>) -> BTreeMap<(u8, i16), ParamID> {
    let mut map = BTreeMap::new();
    let Some(mapping) = controller.cast::<IMidiMapping>() else { return map };
    for channel in 0..16u8 {
        for number in CONTROLLERS {
            let mut id = 0;
            // SAFETY: a plain call with memory of ours.
            if unsafe { mapping.getMidiControllerAssignment(0, channel.into(), number, &mut id) } == kResultOk {
                map.insert((channel, number), id);
            }
        }
    }
    map
}

/// The parameters that change programs, in the order of their channels.
fn programs(controller: &ComPtr<IEditController>) -> Vec<ParamID> {
    let changes_program = |info: &ParameterInfo| info.flags & ParameterInfo_::ParameterFlags_::kIsProgramChange != 0;
    // SAFETY: plain calls with memory of ours.
    let infos = unsafe {
        (0..controller.getParameterCount()).filter_map(|index| {
            let mut info: ParameterInfo = std::mem::zeroed();
            (controller.getParameterInfo(index, &mut info) == kResultOk).then_some(info)
        })
    };
    infos.filter(changes_program).map(|info| info.id).collect()
}

fn process_mode(mode: Mode) -> i32 {
    match mode {
        Mode::Live => ProcessModes_::kRealtime as i32,
        Mode::Offline => ProcessModes_::kOffline as i32,
    }
}

fn text_of(text: &[TChar]) -> String {
    let units: Vec<u16> = text.iter().copied().take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// The processing side of a [`Vst3Instance`].
struct Vst3Processor {
    processor: ComPtr<IAudioProcessor>,
    setup: Setup,
    controllers: BTreeMap<(u8, i16), ParamID>,
    programs: Vec<ParamID>,
    events_in: ComWrapper<EventList>,
    events_out: ComWrapper<EventList>,
    changes_in: ComWrapper<ParameterChanges>,
    changes_out: ComWrapper<ParameterChanges>,
}

// SAFETY: VST3 has the processor called from whatever thread the host processes on; the lists are only touched by it.
unsafe impl Send for Vst3Processor {}

impl Vst3Processor {
    fn new(instance: &Vst3Instance, setup: Setup) -> Self {
        Self {
            processor: instance.processor.clone(),
            setup,
            controllers: instance.midi.clone(),
            programs: instance.programs.clone(),
            events_in: ComWrapper::new(EventList::default()),
            events_out: ComWrapper::new(EventList::default()),
            changes_in: ComWrapper::new(ParameterChanges::default()),
            changes_out: ComWrapper::new(ParameterChanges::default()),
        }
    }

    fn put_in(&self, sample: i32, input: Input) {
        match input {
            Input::NoteOn { .. } | Input::NoteOff { .. } => self.events_in.push_note(sample, input),
            Input::Midi([status, one, two]) => {
                let channel = status & 0x0f;
                match status & 0xf0 {
                    0x80 | 0x90 => self.events_in.push_note(sample, input),
                    0xb0 => self.put_controller(sample, channel, one.into(), f64::from(two) / 127.0),
                    0xc0 => self.put_program(sample, channel, one),
                    0xe0 => {
                        let value = u16::from(two) << 7 | u16::from(one);
                        self.put_controller(sample, channel, PITCH_BEND, f64::from(value) / 16383.0);
                    }
                    _ => (),
                }
            }
            Input::Parameter { id, value } => self.put_parameter(id, sample, value),
            Input::Controller { channel, number, value } => {
                self.put_controller(sample, channel, number.into(), f64::from(value) / 127.0);
            }
            Input::PitchBend { channel, value } => {
                self.put_controller(sample, channel, PITCH_BEND, f64::from(value) / 16383.0);
            }
        }
    }

    fn put_controller(&self, sample: i32, channel: u8, number: i16, value: f64) {
        if let Some(id) = self.controllers.get(&(channel, number)) {
            self.put_parameter(*id, sample, value);
        }
    }

    fn put_program(&self, sample: i32, channel: u8, program: u8) {
        if let Some(id) = self.programs.get(usize::from(channel)) {
            self.put_parameter(*id, sample, f64::from(program) / 127.0);
        }
    }

    fn put_parameter(&self, id: ParamID, sample: i32, value: f64) {
        let value = if self.setup.habits.narrow_parameters { f64::from(value as f32) } else { value };
        self.changes_in.push(id, sample, value);
    }
}

impl Processor for Vst3Processor {
    fn process(&mut self, block: &Block<'_>, output: &mut Output) -> Result<()> {
        self.events_in.clear();
        self.events_out.clear();
        self.changes_in.clear();
        self.changes_out.clear();
        for &(sample, input) in block.events {
            self.put_in(sample as i32, input);
        }
        let mut channels = [output.audio[0].as_mut_ptr(), output.audio[1].as_mut_ptr()];
        let mut bus = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        let mut context = block.transport.map(|transport| process_context(transport, block, self.setup.sample_rate));
        let lists = (
            self.changes_in.to_com_ptr::<IParameterChanges>().context("no parameter changes")?,
            self.changes_out.to_com_ptr::<IParameterChanges>().context("no parameter changes")?,
            self.events_in.to_com_ptr::<IEventList>().context("no event list")?,
            self.events_out.to_com_ptr::<IEventList>().context("no event list")?,
        );
        let mut data = ProcessData {
            processMode: process_mode(self.setup.block_mode()),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.frames as i32,
            numInputs: 0,
            numOutputs: 1,
            inputs: ptr::null_mut(),
            outputs: &mut bus,
            inputParameterChanges: lists.0.as_ptr(),
            outputParameterChanges: lists.1.as_ptr(),
            inputEvents: lists.2.as_ptr(),
            outputEvents: lists.3.as_ptr(),
            processContext: context.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
        };
        // SAFETY: everything that `data` points to outlives the call.
        let result = spy::watch(|| unsafe { self.processor.process(&mut data) });
        if result != kResultOk {
            bail!("the plug-in fails to process ({result})");
        }
        output.events.clear();
        self.events_out.drain_into(output);
        self.changes_out.drain_into(output);
        Ok(())
    }

    fn reset(&mut self) {
        // SAFETY: plain calls; VST3 hosts reset by switching processing off and on.
        unsafe {
            self.processor.setProcessing(0);
            self.processor.setProcessing(1);
        }
    }
}

impl Drop for Vst3Processor {
    fn drop(&mut self) {
        // SAFETY: a plain call.
        unsafe { self.processor.setProcessing(0) };
    }
}

fn process_context(transport: &Transport, block: &Block<'_>, sample_rate: f64) -> ProcessContext {
    use ProcessContext_::StatesAndFlags_ as Flag;
    let mut state = Flag::kContTimeValid;
    let told = Flag::kProjectTimeMusicValid | Flag::kBarPositionValid | Flag::kTempoValid | Flag::kTimeSigValid;
    for (on, flag) in [
        (transport.valid, told),
        (transport.playing, Flag::kPlaying),
        (transport.recording, Flag::kRecording),
        (transport.looping.is_some(), Flag::kCycleActive | Flag::kCycleValid),
    ] {
        if on {
            state |= flag;
        }
    }
    let (start, end) = transport.looping.unwrap_or_default();
    // SAFETY: the structure is numbers only; those that are not set below stay 0 and are not marked valid.
    let blank: ProcessContext = unsafe { std::mem::zeroed() };
    ProcessContext {
        state,
        sampleRate: sample_rate,
        projectTimeSamples: (transport.beats * 60.0 / transport.tempo * sample_rate).round() as i64,
        continousTimeSamples: block.steady as i64,
        projectTimeMusic: transport.beats,
        barPositionMusic: transport.bar_start,
        cycleStartMusic: start,
        cycleEndMusic: end,
        tempo: transport.tempo,
        timeSigNumerator: transport.meter.0.into(),
        timeSigDenominator: transport.meter.1.into(),
        ..blank
    }
}
