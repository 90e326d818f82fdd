//! An instance as a VST3 host sees it: the wrapper's, behind a front of ours.

use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nice_plug::prelude::Params;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_ as Flag;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::changes::Changes;
use super::passed_on;
use super::programs::{self, Renamed};
use crate::Inside;
use crate::guard::{guarded, watched};
use crate::params::{GrownChoices, number};

/// The front. Threads are those of VST3: audio for `process`, main for all the rest.
pub struct Front {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    requirements: ComPtr<IProcessContextRequirements>,
    controller: ComPtr<IEditController>,
    controller2: ComPtr<IEditController2>,
    units: ComPtr<IUnitInfo>,
    expressions: ComPtr<INoteExpressionController>,
    /// What there is while the instance is initialized. Written by `initialize` and `terminate` only, before and after
    /// which hosts call nothing else.
    ready: UnsafeCell<Option<Ready>>,
    /// Blocks that were processed.
    blocks: AtomicU64,
    /// Values that were set on the controller, and how many blocks had been processed then.
    told: Mutex<BTreeMap<ParamID, (f64, u64)>>,
}

struct Ready {
    inside: Inside,
    grown: GrownChoices,
    mapping: Option<ComPtr<IMidiMapping>>,
    changes: ComWrapper<Changes>,
}

impl Front {
    /// A front before the wrapper's instance; `None`: it lacks what every one of them has.
    pub fn before(component: ComPtr<IComponent>) -> Option<Self> {
        Some(Self {
            processor: component.cast()?,
            requirements: component.cast()?,
            controller: component.cast()?,
            controller2: component.cast()?,
            units: component.cast()?,
            expressions: component.cast()?,
            component,
            ready: UnsafeCell::new(None),
            blocks: AtomicU64::new(0),
            told: Mutex::default(),
        })
    }

    /// What there is while the instance is initialized.
    fn ready(&self) -> Option<&Ready> {
        // SAFETY: nothing else is called while it is written.
        unsafe { (*self.ready.get()).as_ref() }
    }

    /// The instance exists now: gets to know it.
    ///
    /// # Safety
    /// Only in `initialize`.
    unsafe fn get_ready(&self, inside: Inside) {
        let params = inside.params.param_map();
        let ours = |id| params.iter().any(|(name, ..)| number(name) == id);
        // SAFETY: plain calls with memory of ours.
        let infos = unsafe {
            (0..self.controller.getParameterCount()).filter_map(|index| {
                let mut info: ParameterInfo = std::mem::zeroed();
                (self.controller.getParameterInfo(index, &mut info) == kResultOk).then_some(info)
            })
        };
        let controllers = infos.filter(|info| !ours(info.id)).map(|info| (info.id, info.stepCount)).collect();
        let changes = ComWrapper::new(Changes::new(controllers));
        let grown = GrownChoices::of(&inside.params);
        let ready = Ready { inside, grown, mapping: self.component.cast(), changes };
        // SAFETY: the host calls nothing else before this has returned.
        unsafe { *self.ready.get() = Some(ready) };
    }

    /// Puts what was set since the last block into the parameters: no block will bring it before the state is saved.
    fn settle(&self) {
        let blocks = self.blocks.load(Ordering::Relaxed);
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(ready) = self.ready() else { return };
        for (id, (value, at)) in told {
            if at == blocks {
                ready.inside.params.set(id, ready.grown.share_at(id, value) as f32);
            }
        }
    }

    /// Has the wrapper process a block.
    ///
    /// # Safety
    /// `data` is null, or as hosts give it.
    unsafe fn process_block(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: the host's data go on, but for the list of changes, which lives as long as the front.
        unsafe {
            let (Some(ready), Some(data)) = (self.ready(), data.as_ref()) else {
                return self.processor.process(data);
            };
            ready.inside.shared.set_renders_block(data.processMode == ProcessModes_::kOffline as i32);
            let mut data = *data;
            let host = ComRef::from_raw(data.inputParameterChanges);
            if host.is_some_and(|host| ready.changes.take_over(host))
                && let Some(changes) = ready.changes.as_com_ref::<IParameterChanges>()
            {
                data.inputParameterChanges = changes.as_ptr();
            }
            self.processor.process(&mut data)
        }
    }

    /// From now on the host whose `handler` this is hears when programs have other names, if it wants to; null: nobody.
    ///
    /// # Safety
    /// `handler` is null or an object of the host's.
    unsafe fn listen(&self, handler: *mut IComponentHandler) {
        let Some(ready) = self.ready() else { return };
        // SAFETY: as said above; plain calls with memory of ours.
        let (host, lists) = unsafe {
            let lists = (0..self.units.getProgramListCount()).filter_map(|index| {
                let mut info: ProgramListInfo = std::mem::zeroed();
                (self.units.getProgramListInfo(index, &mut info) == kResultOk).then_some(info.id)
            });
            (ComRef::from_raw(handler).and_then(|handler| handler.cast::<IUnitHandler>()), lists.collect())
        };
        let renamed = host.map(|host| Renamed::new(Arc::clone(&ready.inside.params), host, lists));
        ready.inside.shared.unsaved.listen(renamed.map(|renamed| Arc::new(move || renamed.tell()) as _));
    }

    fn is_controller(&self, id: ParamID) -> bool {
        self.ready().is_some_and(|ready| ready.changes.is_controller(id))
    }
}

impl Class for Front {
    type Interfaces = (
        IComponent,
        IAudioProcessor,
        IProcessContextRequirements,
        IEditController,
        IEditController2,
        IUnitInfo,
        INoteExpressionController,
        IMidiMapping,
    );
}

impl IPluginBaseTrait for Front {
    unsafe fn initialize(&self, context: *mut FUnknown) -> tresult {
        // SAFETY: the host's argument goes on; this is `initialize`.
        let begin = || unsafe {
            let result = self.component.initialize(context);
            if let Some(inside) = Inside::made_last().filter(|_| result == kResultOk) {
                self.get_ready(inside);
            }
            result
        };
        guarded(begin, kInternalError)
    }

    unsafe fn terminate(&self) -> tresult {
        // SAFETY: the host calls nothing else any more, unless it initializes the instance anew.
        unsafe {
            guarded(|| self.listen(ptr::null_mut()), ());
            guarded(|| *self.ready.get() = None, ());
            self.component.terminate()
        }
    }
}

impl IComponentTrait for Front {
    passed_on! { component:
        getControllerClassId(class: *mut TUID) -> tresult;
        setIoMode(mode: IoMode) -> tresult;
        getBusCount(media: MediaType, direction: BusDirection) -> i32;
        getBusInfo(media: MediaType, direction: BusDirection, index: i32, bus: *mut BusInfo) -> tresult;
        getRoutingInfo(input: *mut RoutingInfo, output: *mut RoutingInfo) -> tresult;
        activateBus(media: MediaType, direction: BusDirection, index: i32, state: TBool) -> tresult;
        setActive(state: TBool) -> tresult;
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        let load = || {
            self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
            // SAFETY: the host's argument goes on.
            let result = unsafe { self.component.setState(state) };
            if let Some(ready) = self.ready() {
                ready.inside.shared.unsaved.tell();
            }
            result
        };
        guarded(load, kInternalError)
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        let save = || {
            self.settle();
            // SAFETY: as above.
            unsafe { self.component.getState(state) }
        };
        guarded(save, kInternalError)
    }
}

impl IAudioProcessorTrait for Front {
    passed_on! { processor:
        setBusArrangements(
            inputs: *mut SpeakerArrangement, ins: i32, outputs: *mut SpeakerArrangement, outs: i32
        ) -> tresult;
        getBusArrangement(direction: BusDirection, index: i32, arrangement: *mut SpeakerArrangement) -> tresult;
        canProcessSampleSize(size: i32) -> tresult;
        getLatencySamples() -> u32;
        setupProcessing(setup: *mut ProcessSetup) -> tresult;
        setProcessing(state: TBool) -> tresult;
        getTailSamples() -> u32;
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // After an error the host might not take the ends of notes that were sent.
        let failed = kResultOk;
        // SAFETY: the host's data are what VST3 says.
        let (result, has_failed) = watched(|| guarded(|| unsafe { self.process_block(data) }, failed));
        if let Some(ready) = self.ready().filter(|_| has_failed) {
            ready.inside.fail_block();
            // SAFETY: as above.
            unsafe { data.as_ref().into_iter().for_each(|data| silence(data)) };
        }
        if result == kResultOk {
            self.blocks.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl IProcessContextRequirementsTrait for Front {
    passed_on! { requirements: getProcessContextRequirements() -> u32; }
}

impl IEditControllerTrait for Front {
    passed_on! { controller:
        setComponentState(state: *mut IBStream) -> tresult;
        setState(state: *mut IBStream) -> tresult;
        getState(state: *mut IBStream) -> tresult;
        getParameterCount() -> i32;
        getParamValueByString(id: ParamID, text: *mut TChar, value: *mut ParamValue) -> tresult;
        normalizedParamToPlain(id: ParamID, value: ParamValue) -> ParamValue;
        plainParamToNormalized(id: ParamID, value: ParamValue) -> ParamValue;
        getParamNormalized(id: ParamID) -> ParamValue;
        createView(name: FIDString) -> *mut IPlugView;
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        let set = || {
            // SAFETY: the host's argument goes on, and is an object of its own, or null.
            unsafe {
                self.listen(handler);
                self.controller.setComponentHandler(handler)
            }
        };
        guarded(set, kInternalError)
    }

    unsafe fn getParameterInfo(&self, index: i32, info: *mut ParameterInfo) -> tresult {
        // SAFETY: the host gives room for an info, which has been filled in when that succeeds.
        let tell = || unsafe {
            let result = self.controller.getParameterInfo(index, info);
            if result == kResultOk && self.is_controller((*info).id) {
                // Read-only is what hidden implies; a program may not be.
                (*info).flags = match (*info).flags & Flag::kIsProgramChange {
                    0 => Flag::kIsHidden | Flag::kIsReadOnly,
                    program => program | Flag::kIsHidden | Flag::kIsList,
                };
            }
            result
        };
        guarded(tell, kInternalError)
    }

    unsafe fn getParamStringByValue(&self, id: ParamID, value: ParamValue, text: *mut String128) -> tresult {
        // SAFETY: the host gives room for a text.
        unsafe { self.controller.getParamStringByValue(id, value, text) }
    }

    unsafe fn setParamNormalized(&self, id: ParamID, value: ParamValue) -> tresult {
        let set = || {
            if !self.is_controller(id) {
                let blocks = self.blocks.load(Ordering::Relaxed);
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                told.retain(|_, (_, at)| *at == blocks);
                told.insert(id, (value, blocks));
            }
            // SAFETY: the host's arguments go on.
            unsafe { self.controller.setParamNormalized(id, value) }
        };
        guarded(set, kInternalError)
    }
}

impl IEditController2Trait for Front {
    passed_on! { controller2:
        setKnobMode(mode: KnobMode) -> tresult;
        openHelp(only_check: TBool) -> tresult;
        openAboutBox(only_check: TBool) -> tresult;
    }
}

impl IUnitInfoTrait for Front {
    passed_on! { units:
        getUnitCount() -> i32;
        getUnitInfo(index: i32, info: *mut UnitInfo) -> tresult;
        getProgramListCount() -> i32;
        getProgramListInfo(index: i32, info: *mut ProgramListInfo) -> tresult;
        getProgramInfo(list: ProgramListID, program: i32, attribute: FIDString, value: *mut String128) -> tresult;
        hasProgramPitchNames(list: ProgramListID, program: i32) -> tresult;
        getProgramPitchName(list: ProgramListID, program: i32, pitch: i16, name: *mut String128) -> tresult;
        getSelectedUnit() -> UnitID;
        selectUnit(unit: UnitID) -> tresult;
        getUnitByBus(
            media: MediaType, direction: BusDirection, bus: i32, channel: i32, unit: *mut UnitID
        ) -> tresult;
        setUnitProgramData(list_or_unit: i32, program: i32, data: *mut IBStream) -> tresult;
    }

    unsafe fn getProgramName(&self, list: ProgramListID, program: i32, name: *mut String128) -> tresult {
        // SAFETY: the host gives room for a name.
        let tell = || unsafe {
            let result = self.units.getProgramName(list, program, name);
            if let Some(name) = name.as_mut().filter(|_| result == kResultOk) {
                let params = self.ready().map(|ready| &ready.inside.params);
                write(name, &params.map_or_else(String::new, |params| programs::name(params, program)));
            }
            result
        };
        guarded(tell, kInternalError)
    }
}

impl INoteExpressionControllerTrait for Front {
    passed_on! { expressions:
        getNoteExpressionCount(bus: i32, channel: i16) -> i32;
        getNoteExpressionInfo(bus: i32, channel: i16, index: i32, info: *mut NoteExpressionTypeInfo) -> tresult;
        getNoteExpressionStringByValue(
            bus: i32, channel: i16, id: NoteExpressionTypeID, value: NoteExpressionValue, text: *mut String128
        ) -> tresult;
        getNoteExpressionValueByString(
            bus: i32, channel: i16, id: NoteExpressionTypeID, text: *const TChar, value: *mut NoteExpressionValue
        ) -> tresult;
    }
}

impl IMidiMappingTrait for Front {
    unsafe fn getMidiControllerAssignment(
        &self,
        bus: i32,
        channel: i16,
        controller: CtrlNumber,
        id: *mut ParamID,
    ) -> tresult {
        let assign = || {
            let mapping = self.ready().and_then(|ready| ready.mapping.as_ref());
            // SAFETY: the host gives room for an id.
            mapping.map_or(kResultFalse, |mapping| unsafe {
                mapping.getMidiControllerAssignment(bus, channel, controller, id)
            })
        };
        guarded(assign, kInternalError)
    }
}

/// Fills the outputs of `data` with zeros.
///
/// # Safety
/// The host's buffers are there, of the samples and channels that it says.
unsafe fn silence(data: &ProcessData) {
    // SAFETY: as said above; of the two kinds of buffers, the one that the host says is there.
    unsafe {
        for bus in (0..data.numOutputs as usize).filter_map(|index| data.outputs.add(index).as_ref()) {
            let (narrow, wide, count) = (bus.__field0.channelBuffers32, bus.__field0.channelBuffers64, data.numSamples);
            let is_wide = data.symbolicSampleSize == SymbolicSampleSizes_::kSample64 as i32;
            for channel in (0..bus.numChannels as usize).filter(|_| !narrow.is_null()) {
                if is_wide {
                    (*wide.add(channel)).write_bytes(0, count as usize);
                } else {
                    (*narrow.add(channel)).write_bytes(0, count as usize);
                }
            }
        }
    }
}

/// Writes `text` with its terminator, as much of it as there is room for.
fn write(place: &mut String128, text: &str) {
    let room = place.len() - 1;
    place.fill(0);
    for (unit, place) in text.encode_utf16().zip(&mut place[..room]) {
        *place = unit as TChar;
    }
}
