//! What the host plays to the plug-in, on its way to the framework.
//!
//! Hosts carry events in blocks of no samples, and in flushes, which are meant for parameters. The framework drops them
//! there. Here they wait for the first sample that is processed. And an event that a host puts behind the end of its
//! block is brought back into it: the framework would split the block there, and write beyond it. Of a choice that has
//! grown a VST3 host tells the step: the framework gets the value.

use std::cell::UnsafeCell;

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI, CLAP_EVENT_NOTE_CHOKE, CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_NOTE_OFF,
    CLAP_EVENT_NOTE_ON, CLAP_EVENT_PARAM_VALUE, CLAP_EVENT_TRANSPORT, clap_event_header, clap_event_midi,
    clap_event_note, clap_event_note_expression, clap_event_param_mod, clap_event_param_value, clap_event_transport,
    clap_input_events,
};

use crate::diagnostics::TOTALS;
use crate::guard::guarded;
use crate::params::GrownChoices;

/// The most events that wait. What ends something finds room when what begins something does so no more.
const CAPACITY: usize = 4096;

/// An event of any kind that the framework knows.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Event {
    pub header: clap_event_header,
    pub note: clap_event_note,
    expression: clap_event_note_expression,
    midi: clap_event_midi,
    pub value: clap_event_param_value,
    modulation: clap_event_param_mod,
    pub transport: clap_event_transport,
}

impl Event {
    /// A copy of `event` at another time; `None`: it is longer than what the framework knows.
    ///
    /// # Safety
    /// `event` points to as many bytes as its header says.
    pub unsafe fn copied(event: *const clap_event_header, time: u32) -> Option<Self> {
        // SAFETY: no more is copied than there is, nor than fits.
        unsafe {
            let size = (*event).size as usize;
            if !(size_of::<clap_event_header>()..=size_of::<Self>()).contains(&size) {
                return None;
            }
            let mut copy = std::mem::zeroed::<Self>();
            std::ptr::copy_nonoverlapping(event.cast::<u8>(), (&raw mut copy).cast(), size);
            copy.header.time = time;
            Some(copy)
        }
    }
}

/// Events that came while nothing was processed.
pub struct Waiting(Vec<Event>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Vec::with_capacity(CAPACITY))
    }
}

impl Waiting {
    /// Takes in what the musician plays from `events`; parameters and transport are left to the framework, which takes
    /// them at any time. What finds no room is counted.
    ///
    /// # Safety
    /// `events` is null or a list as hosts give it.
    pub unsafe fn take_in(&mut self, events: *const clap_input_events) {
        // SAFETY: the list is called as its host has it.
        unsafe {
            for event in each(events) {
                let Some(is_end) = played(event) else { continue };
                let room = if is_end { CAPACITY } else { CAPACITY / 2 };
                match Event::copied(event, 0).filter(|_| self.0.len() < room) {
                    Some(event) => self.0.push(event),
                    None => _ = TOTALS.overflowed.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
                }
            }
        }
    }

    /// Forgets them: they have been processed, or the host has ended everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What waits, and after it the `host`'s own events of a block of `frames` samples, 1 or more.
    pub fn before<'a>(&'a self, host: *const clap_input_events, frames: u32, grown: &'a GrownChoices) -> Joined<'a> {
        Joined { first: &self.0, last: frames - 1, ..Joined::of(host, grown) }
    }
}

/// The events of `list`, which may be null.
///
/// # Safety
/// `list` is null or a list as hosts give it.
unsafe fn each(list: *const clap_input_events) -> impl Iterator<Item = *const clap_event_header> {
    // SAFETY: as said above.
    unsafe { each_from(list, 0).filter(|event| !event.is_null()) }
}

/// The events of `list`, which may be null, from number `first` on. Some may be null.
///
/// # Safety
/// `list` is null or a list as hosts give it.
pub unsafe fn each_from(list: *const clap_input_events, first: u32) -> impl Iterator<Item = *const clap_event_header> {
    // SAFETY: the list is called as its host has it.
    unsafe {
        let calls = list.as_ref().and_then(|list| list.size.zip(list.get));
        let count = calls.map_or(0, |(size, _)| size(list));
        let event = move |index| calls.map_or(std::ptr::null(), |(_, get)| get(list, index));
        (first..count).map(event)
    }
}

/// Whether an event is something that the musician plays (`Some`), and whether it ends something.
///
/// # Safety
/// `event` points to as many bytes as its header says.
unsafe fn played(event: *const clap_event_header) -> Option<bool> {
    // SAFETY: a MIDI event says that it is one.
    unsafe {
        match ((*event).space_id, (*event).type_) {
            (CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE) => Some(true),
            (CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_NOTE_ON | CLAP_EVENT_NOTE_EXPRESSION) => Some(false),
            (CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI) => {
                let [status, _, value] = (*event.cast::<clap_event_midi>()).data;
                // Note-offs, and the ends that controllers bring: pedals up, all notes off.
                Some(matches!((status & 0xf0, value), (0x80, _) | (0x90 | 0xb0, 0)))
            }
            _ => None,
        }
    }
}

/// Events that waited, and those of a block.
pub struct Joined<'a> {
    first: &'a [Event],
    host: *const clap_input_events,
    /// The last sample of the block.
    last: u32,
    /// The choices that the host knows by their steps.
    grown: &'a GrownChoices,
    /// Where an event from behind the block, or with a step, is put right. The framework is done with one before it
    /// asks for the next, but keeps the last transport.
    mended: UnsafeCell<Event>,
    mended_transport: UnsafeCell<Event>,
}

impl<'a> Joined<'a> {
    /// The `host`'s events alone.
    pub fn of(host: *const clap_input_events, grown: &'a GrownChoices) -> Self {
        // SAFETY: numbers only, and pointers that are null.
        let blank = || UnsafeCell::new(unsafe { std::mem::zeroed() });
        Self { first: &[], host, last: u32::MAX, grown, mended: blank(), mended_transport: blank() }
    }

    /// The list that the framework is given in the place of the host's. It holds for as long as `self` does.
    pub fn list(&self) -> clap_input_events {
        clap_input_events { ctx: (&raw const *self).cast_mut().cast(), size: Some(size), get: Some(get) }
    }

    /// How many events there are.
    ///
    /// # Safety
    /// While the host's list is alive.
    unsafe fn size(&self) -> u32 {
        // SAFETY: the host's list is called as the host has it.
        let host = unsafe { self.host.as_ref().and_then(|host| host.size).map_or(0, |size| size(self.host)) };
        self.first.len() as u32 + host
    }

    /// Event number `index`; null: there is none.
    ///
    /// # Safety
    /// As for [`Joined::size`], and not before the framework is done with the event that it had last.
    unsafe fn event(&self, index: u32) -> *const clap_event_header {
        // SAFETY: the host's list is called as the host has it; every variant of an event begins with its header, and
        // no other reference to the two places exists.
        unsafe {
            if let Some(event) = self.first.get(index as usize) {
                return &raw const event.header;
            }
            let Some(get) = self.host.as_ref().and_then(|host| host.get) else { return std::ptr::null() };
            let event = get(self.host, index - self.first.len() as u32);
            if event.is_null() {
                return event;
            }
            let is = |kind| ((*event).space_id, (*event).type_) == (CLAP_CORE_EVENT_SPACE_ID, kind);
            let is_step = is(CLAP_EVENT_PARAM_VALUE)
                && self.grown.last_step((*event.cast::<clap_event_param_value>()).param_id).is_some();
            if (*event).time <= self.last && !is_step {
                return event;
            }
            let place = if is(CLAP_EVENT_TRANSPORT) { self.mended_transport.get() } else { self.mended.get() };
            // What is longer than any event of CLAP is not one that the framework reads.
            let Some(mut copy) = Event::copied(event, (*event).time.min(self.last)) else { return std::ptr::null() };
            if is_step {
                copy.value.value = self.grown.value_at(copy.value.param_id, copy.value.value);
            }
            *place = copy;
            place.cast()
        }
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: `list` is from `Joined::list`.
    guarded(|| unsafe { (*(*list).ctx.cast::<Joined>()).size() }, 0)
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as above.
    let event = guarded(|| unsafe { (*(*list).ctx.cast::<Joined>()).event(index) }, std::ptr::null());
    if event.is_null() { &raw const NOTHING } else { event }
}

/// An event of nobody's, in the place of one that is not there: where nothing is processed, the framework reads
/// whatever it is given.
static NOTHING: clap_event_header = clap_event_header {
    size: size_of::<clap_event_header>() as u32,
    time: 0,
    space_id: u16::MAX,
    type_: u16::MAX,
    flags: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn note(type_: u16, time: u32, key: i16) -> clap_event_note {
        let size = size_of::<clap_event_note>() as u32;
        let header = clap_event_header { size, time, space_id: CLAP_CORE_EVENT_SPACE_ID, type_, flags: 0 };
        clap_event_note { header, note_id: -1, port_index: 0, channel: 0, key, velocity: 0.5 }
    }

    /// A host's list of these notes.
    fn list(notes: &Vec<clap_event_note>) -> clap_input_events {
        unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
            // SAFETY: the context is the vector.
            unsafe { (&*(*list).ctx.cast::<Vec<clap_event_note>>()).len() as u32 }
        }
        unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
            // SAFETY: as above.
            unsafe { &raw const (&*(*list).ctx.cast::<Vec<clap_event_note>>())[index as usize].header }
        }
        clap_input_events { ctx: (&raw const *notes).cast_mut().cast(), size: Some(size), get: Some(get) }
    }

    /// Time and key of each event that the framework would see.
    fn seen(waiting: &Waiting, host: &clap_input_events, frames: u32) -> Vec<(u32, i16)> {
        let grown = GrownChoices::default();
        let joined = waiting.before(host, frames, &grown);
        let list = joined.list();
        // SAFETY: all lists are alive, and hold notes.
        unsafe { each(&list).map(|event| ((*event).time, (*event.cast::<clap_event_note>()).key)).collect() }
    }

    #[test]
    fn what_came_in_a_block_of_no_samples_comes_before_the_next_block() {
        let mut waiting = Waiting::default();
        let empty = vec![note(CLAP_EVENT_NOTE_OFF, 5, 60), note(CLAP_EVENT_NOTE_ON, 9, 61)];
        // SAFETY: the list is alive.
        unsafe { waiting.take_in(&list(&empty)) };
        let block = vec![note(CLAP_EVENT_NOTE_ON, 3, 62)];
        assert_eq!(seen(&waiting, &list(&block), 64), [(0, 60), (0, 61), (3, 62)]);
        waiting.clear();
        assert_eq!(seen(&waiting, &list(&block), 64), [(3, 62)]);
    }

    #[test]
    fn an_event_behind_its_block_comes_at_the_last_sample() {
        let block = vec![note(CLAP_EVENT_NOTE_ON, 63, 60), note(CLAP_EVENT_NOTE_ON, 64, 61)];
        assert_eq!(seen(&Waiting::default(), &list(&block), 64), [(63, 60), (63, 61)]);
    }

    #[test]
    fn a_step_of_a_choice_that_has_grown_arrives_as_its_value() {
        let (size, type_) = (size_of::<clap_event_param_value>() as u32, CLAP_EVENT_PARAM_VALUE);
        let header = clap_event_header { size, time: 9, space_id: CLAP_CORE_EVENT_SPACE_ID, type_, flags: 0 };
        let told = |id: &str, value| {
            let (param_id, cookie) = (crate::params::number(id), std::ptr::null_mut());
            let (note_id, port_index, channel, key) = (-1, -1, -1, -1);
            clap_event_param_value { header, param_id, cookie, note_id, port_index, channel, key, value }
        };
        let heard = |told: clap_event_param_value| {
            unsafe extern "C" fn one(_: *const clap_input_events) -> u32 {
                1
            }
            unsafe extern "C" fn it(list: *const clap_input_events, _: u32) -> *const clap_event_header {
                // SAFETY: the context is the event.
                unsafe { (*list).ctx.cast::<clap_event_header>().cast_const() }
            }
            let host = clap_input_events { ctx: (&raw const told).cast_mut().cast(), size: Some(one), get: Some(it) };
            let grown = GrownChoices::by_one("style_a", 11);
            let joined = Joined::of(&host, &grown);
            // SAFETY: all lists are alive, and hold a parameter's value.
            let event = unsafe { *get(&joined.list(), 0).cast::<clap_event_param_value>() };
            (event.header.time, event.value)
        };
        assert_eq!([0.0, 1.0, 14.0, 20.0].map(|step| heard(told("style_a", step)).1), [0.0, 11.0, 7.0, 10.0]);
        assert_eq!(heard(told("key", 14.0)), (9, 14.0));
    }

    #[test]
    fn note_offs_find_room_when_note_ons_do_not() {
        let mut waiting = Waiting::default();
        let many = |type_| (0..3000).map(|index| note(type_, 0, index % 128)).collect::<Vec<_>>();
        let (ons, offs) = (many(CLAP_EVENT_NOTE_ON), many(CLAP_EVENT_NOTE_OFF));
        // SAFETY: the lists are alive.
        unsafe {
            waiting.take_in(&list(&ons));
            waiting.take_in(&list(&offs[..2048].to_vec()));
        }
        assert_eq!(waiting.0.len(), CAPACITY);
    }
}
