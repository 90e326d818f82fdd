//! The objects of ours that a VST3 plug-in talks to.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::time::{Duration, Instant};

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait, TimerInterval,
};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use crate::host::{Input, Output, Played};

/// How many events or points fit into a block's lists without taking memory.
const ROOM: usize = 1 << 15;

/// The host itself, and the handler for edits made in the panel.
#[derive(Default)]
pub struct HostContext {
    dirty: Cell<usize>,
    renamed: Cell<usize>,
}

impl HostContext {
    /// How often the plug-in has said since the last time that the project is not as it was saved.
    pub fn take_dirty(&self) -> usize {
        self.dirty.take()
    }

    /// How many lists of programs it has said since the last time have other names now.
    pub fn take_renamed(&self) -> usize {
        self.renamed.take()
    }
}

impl Class for HostContext {
    type Interfaces = (IHostApplication, IComponentHandler, IComponentHandler2, IUnitHandler);
}

impl IUnitHandlerTrait for HostContext {
    unsafe fn notifyUnitSelection(&self, _unit: UnitID) -> tresult {
        kResultOk
    }
    unsafe fn notifyProgramListChange(&self, _list: ProgramListID, _program: int32) -> tresult {
        self.renamed.set(self.renamed.get() + 1);
        kResultOk
    }
}

impl IComponentHandler2Trait for HostContext {
    unsafe fn setDirty(&self, state: TBool) -> tresult {
        self.dirty.set(self.dirty.get() + usize::from(state != 0));
        kResultOk
    }
    unsafe fn requestOpenEditor(&self, _name: FIDString) -> tresult {
        kNotImplemented
    }
    unsafe fn startGroupEdit(&self) -> tresult {
        kResultOk
    }
    unsafe fn finishGroupEdit(&self) -> tresult {
        kResultOk
    }
}

impl IHostApplicationTrait for HostContext {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the caller gives room for 128 units.
        let name = unsafe { &mut *name };
        name.fill(0);
        for (unit, place) in "Continuo test host".encode_utf16().zip(name.iter_mut()) {
            *place = unit as TChar;
        }
        kResultOk
    }

    unsafe fn createInstance(&self, _class: *mut TUID, _iid: *mut TUID, object: *mut *mut c_void) -> tresult {
        // SAFETY: the caller gives room for a pointer.
        unsafe { *object = ptr::null_mut() };
        kNotImplemented
    }
}

impl IComponentHandlerTrait for HostContext {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }
    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kResultOk
    }
    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }
    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        kResultOk
    }
}

/// A state in memory.
#[derive(Default)]
pub struct Stream {
    bytes: RefCell<Vec<u8>>,
    position: Cell<usize>,
}

impl Stream {
    /// A stream from which `bytes` are read.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes: RefCell::new(bytes), position: Cell::new(0) }
    }

    /// What has been written.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.borrow().clone()
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, read: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = bytes.get(self.position.get()..).unwrap_or_default();
        let taken = rest.len().min(count.max(0) as usize);
        // SAFETY: the caller gives room for `count` bytes and, if not null, for the number read.
        unsafe {
            ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), taken);
            if let Some(read) = read.as_mut() {
                *read = taken as int32;
            }
        }
        self.position.set(self.position.get() + taken);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, written: *mut int32) -> tresult {
        // SAFETY: the caller gives `count` bytes and, if not null, room for the number written.
        unsafe {
            let new = std::slice::from_raw_parts(buffer.cast::<u8>(), count.max(0) as usize);
            let mut bytes = self.bytes.borrow_mut();
            let (start, end) = (self.position.get(), self.position.get() + new.len());
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(new);
            self.position.set(end);
            if let Some(written) = written.as_mut() {
                *written = count;
            }
        }
        kResultOk
    }

    unsafe fn seek(&self, offset: int64, mode: int32, result: *mut int64) -> tresult {
        let base = match mode as u32 {
            IBStream_::IStreamSeekMode_::kIBSeekSet => 0,
            IBStream_::IStreamSeekMode_::kIBSeekCur => self.position.get() as i64,
            _ => self.bytes.borrow().len() as i64,
        };
        self.position.set((base + offset).max(0) as usize);
        // SAFETY: the caller gives room for the position, or null.
        unsafe { self.tell(result) }
    }

    unsafe fn tell(&self, position: *mut int64) -> tresult {
        // SAFETY: the caller gives room for the position, or null.
        if let Some(position) = unsafe { position.as_mut() } {
            *position = self.position.get() as i64;
        }
        kResultOk
    }
}

/// A block's events, in or out.
pub struct EventList(RefCell<Vec<Event>>);

impl Default for EventList {
    fn default() -> Self {
        Self(RefCell::new(Vec::with_capacity(ROOM)))
    }
}

impl EventList {
    /// Forgets the last block's.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Adds a note-on or a note-off.
    #[expect(non_snake_case, reason = "Steinberg's names")]
    pub fn push_note(&self, sample: i32, input: Input) {
        // SAFETY: the structure is numbers only.
        let mut event: Event = unsafe { std::mem::zeroed() };
        event.sampleOffset = sample;
        let (channel, key, velocity, on) = match input {
            Input::NoteOn { channel, key, velocity } => (channel, key, velocity, true),
            Input::NoteOff { channel, key } => (channel, key, 0, false),
            Input::Midi([status, key, velocity]) => {
                (status & 0x0f, key, velocity, status & 0xf0 == 0x90 && velocity > 0)
            }
            _ => return,
        };
        let (channel, pitch, velocity, noteId, tuning) =
            (channel.into(), key.into(), f32::from(velocity) / 127.0, -1, 0.0);
        if on {
            event.r#type = Event_::EventTypes_::kNoteOnEvent as u16;
            event.__field0.noteOn = NoteOnEvent { channel, pitch, tuning, velocity, length: 0, noteId };
        } else {
            event.r#type = Event_::EventTypes_::kNoteOffEvent as u16;
            event.__field0.noteOff = NoteOffEvent { channel, pitch, velocity, noteId, tuning };
        }
        self.0.borrow_mut().push(event);
    }

    /// Hands the events over.
    pub fn drain_into(&self, output: &mut Output) {
        for event in self.0.borrow_mut().drain(..) {
            let sample = event.sampleOffset as u32;
            // SAFETY: the type says which field of the union is meant.
            let played = unsafe {
                match u32::from(event.r#type) {
                    Event_::EventTypes_::kNoteOnEvent => {
                        let NoteOnEvent { channel, pitch, velocity, .. } = event.__field0.noteOn;
                        let velocity = (velocity * 127.0).round() as u8;
                        Played::NoteOn { channel: channel as u8, key: pitch as u8, velocity }
                    }
                    Event_::EventTypes_::kNoteOffEvent => {
                        let NoteOffEvent { channel, pitch, velocity, .. } = event.__field0.noteOff;
                        let velocity = (velocity * 127.0).round() as u8;
                        Played::NoteOff { channel: channel as u8, key: pitch as u8, velocity }
                    }
                    Event_::EventTypes_::kLegacyMIDICCOutEvent => {
                        let message = event.__field0.midiCCOut;
                        let data = [message.controlNumber, message.value as u8, message.value2 as u8];
                        Played::Midi([0xb0 | message.channel as u8, data[0], data[1]])
                    }
                    _ => continue,
                }
            };
            output.push(sample, played);
        }
    }
}

impl Class for EventList {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for EventList {
    unsafe fn getEventCount(&self) -> int32 {
        self.0.borrow().len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let events = self.0.borrow();
        let Some(found) = events.get(index as usize) else { return kInvalidArgument };
        // SAFETY: the caller gives room for an event.
        unsafe { *event = *found };
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        let mut events = self.0.borrow_mut();
        if events.len() == events.capacity() {
            return kOutOfMemory;
        }
        // SAFETY: the caller gives an event.
        events.push(unsafe { *event });
        kResultOk
    }
}

/// A block's changes of one parameter.
#[derive(Default)]
pub struct Queue {
    id: Cell<ParamID>,
    points: RefCell<Vec<(int32, ParamValue)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id.get()
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.borrow().len() as int32
    }

    unsafe fn getPoint(&self, index: int32, sample: *mut int32, value: *mut ParamValue) -> tresult {
        let points = self.points.borrow();
        let Some(point) = points.get(index as usize) else { return kInvalidArgument };
        // SAFETY: the caller gives room for both.
        unsafe { (*sample, *value) = *point };
        kResultOk
    }

    unsafe fn addPoint(&self, sample: int32, value: ParamValue, index: *mut int32) -> tresult {
        let mut points = self.points.borrow_mut();
        // SAFETY: the caller gives room for the index, or null.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = points.len() as int32;
        }
        points.push((sample, value));
        kResultOk
    }
}

/// A block's changes of all parameters. The queues are made once and used for every block.
pub struct ParameterChanges {
    queues: Vec<ComWrapper<Queue>>,
    used: Cell<usize>,
}

impl Default for ParameterChanges {
    fn default() -> Self {
        let queue = || {
            let queue = Queue::default();
            queue.points.borrow_mut().reserve(256);
            ComWrapper::new(queue)
        };
        Self { queues: (0..256).map(|_| queue()).collect(), used: Cell::new(0) }
    }
}

impl ParameterChanges {
    /// Forgets the last block's.
    pub fn clear(&self) {
        for queue in &self.queues[..self.used.get()] {
            queue.points.borrow_mut().clear();
        }
        self.used.set(0);
    }

    /// Adds a point, in order of sample.
    pub fn push(&self, id: ParamID, sample: int32, value: ParamValue) {
        if let Some(queue) = self.queue(id) {
            queue.points.borrow_mut().push((sample, value));
        }
    }

    /// Hands the changes over.
    pub fn drain_into(&self, output: &mut Output) {
        for queue in &self.queues[..self.used.get()] {
            for &(sample, value) in queue.points.borrow().iter() {
                output.insert(sample as u32, Played::Parameter { id: queue.id.get(), value });
            }
        }
    }

    /// The queue of a parameter, a new one if it has none yet and there is room.
    fn queue(&self, id: ParamID) -> Option<&ComWrapper<Queue>> {
        let used = self.used.get();
        if let Some(queue) = self.queues[..used].iter().find(|queue| queue.id.get() == id) {
            return Some(queue);
        }
        let queue = self.queues.get(used)?;
        queue.id.set(id);
        self.used.set(used + 1);
        Some(queue)
    }
}

impl Class for ParameterChanges {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for ParameterChanges {
    unsafe fn getParameterCount(&self) -> int32 {
        self.used.get() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        match self.queues[..self.used.get()].get(index as usize).and_then(ComWrapper::as_com_ref::<IParamValueQueue>) {
            Some(queue) => queue.as_ptr(),
            None => ptr::null_mut(),
        }
    }

    unsafe fn addParameterData(&self, id: *const ParamID, index: *mut int32) -> *mut IParamValueQueue {
        // SAFETY: the caller gives an id and room for the index, or null.
        let (id, index) = unsafe { (*id, index.as_mut()) };
        let Some(queue) = self.queue(id) else { return ptr::null_mut() };
        if let Some(index) = index {
            let place = self.queues.iter().position(|other| other.id.get() == id);
            *index = place.map_or(0, |place| place as int32);
        }
        queue.as_com_ref::<IParamValueQueue>().map_or(ptr::null_mut(), |queue| queue.as_ptr())
    }
}

/// A timer that the panel asked for.
struct Timer {
    handler: ComPtr<ITimerHandler>,
    period: Duration,
    last: Instant,
}

/// The frame around the panel, with the run loop that panels on Linux ask for.
#[derive(Default)]
pub struct Frame {
    timers: RefCell<Vec<Timer>>,
}

impl Frame {
    /// Calls the timers that are due.
    pub fn run_timers(&self) {
        let mut due = Vec::new();
        for timer in self.timers.borrow_mut().iter_mut().filter(|timer| timer.last.elapsed() >= timer.period) {
            timer.last = Instant::now();
            due.push(timer.handler.clone());
        }
        for handler in due {
            // SAFETY: a plain call of a live object.
            unsafe { handler.onTimer() };
        }
    }
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: the caller gives a live view.
        match unsafe { ComRef::from_raw(view) } {
            Some(view) => unsafe { view.onSize(size) },
            None => kInvalidArgument,
        }
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, _handler: *mut IEventHandler, _descriptor: FileDescriptor) -> tresult {
        kNotImplemented
    }

    unsafe fn unregisterEventHandler(&self, _handler: *mut IEventHandler) -> tresult {
        kResultOk
    }

    unsafe fn registerTimer(&self, handler: *mut ITimerHandler, milliseconds: TimerInterval) -> tresult {
        // SAFETY: the caller gives a live handler, which is kept alive until it is unregistered.
        let Some(handler) = (unsafe { ComRef::from_raw(handler) }) else { return kInvalidArgument };
        let period = Duration::from_millis(milliseconds);
        self.timers.borrow_mut().push(Timer { handler: handler.to_com_ptr(), period, last: Instant::now() });
        kResultOk
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        self.timers.borrow_mut().retain(|timer| timer.handler.as_ptr() != handler);
        kResultOk
    }
}
