//! What leaves the plug-in on its way to the host: whole values for stepped parameters, notes in the dialect that the
//! musician has chosen, and between them what controllers have moved.

use std::cell::UnsafeCell;

use super::input::Event;
use super::telling::Telling;
use super::whole::whole;
use crate::guard::guarded;
use crate::params::GrownChoices;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI, CLAP_EVENT_NOTE_EXPRESSION, CLAP_EVENT_NOTE_OFF, CLAP_EVENT_NOTE_ON,
    CLAP_EVENT_PARAM_VALUE, CLAP_NOTE_EXPRESSION_PRESSURE, clap_event_header, clap_event_midi, clap_event_note,
    clap_event_note_expression, clap_event_param_value, clap_output_events,
};

/// How notes leave the plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// As CLAP's own note events.
    Clap,
    /// As MIDI messages.
    Midi,
}

/// The host's list of output events, and what has to happen to events before they get there.
#[derive(Clone, Copy)]
pub struct Passage<'a> {
    host: *const clap_output_events,
    dialect: Dialect,
    /// The choices that the host knows by their steps.
    grown: &'a GrownChoices,
    /// What controllers have moved in the events' own block, which comes between them.
    telling: Option<&'a UnsafeCell<Telling>>,
    /// The sample of the host's block at which the events' own block begins.
    start: u32,
}

impl<'a> Passage<'a> {
    /// A passage to the list `host`.
    pub fn new(host: *const clap_output_events, dialect: Dialect, grown: &'a GrownChoices) -> Self {
        Self { host, dialect, grown, telling: None, start: 0 }
    }

    /// The same for a piece of the host's block that begins at its sample `start`, with what `telling` gets to know.
    pub fn from(&self, start: u32, telling: &'a UnsafeCell<Telling>) -> Self {
        Self { start, telling: Some(telling), ..*self }
    }

    /// Tells the host what controllers have moved up to sample `until` of the events' own block.
    ///
    /// # Safety
    /// While the host's list is alive, and nobody else has hold of the telling.
    pub unsafe fn tell(&self, until: u32) {
        let Some(telling) = self.telling else { return };
        // SAFETY: as said above.
        unsafe { (*telling.get()).tell(until, self.start, self.grown, &mut |event| self.forward(event)) };
    }

    /// Hands an event to the host as it is; `false`: it has no room.
    ///
    /// # Safety
    /// While the host's list is alive.
    unsafe fn forward(&self, event: &clap_event_header) -> bool {
        // SAFETY: as said above.
        unsafe { self.host.as_ref().and_then(|host| host.try_push).is_some_and(|push| push(self.host, event)) }
    }

    /// The list that the framework is given in the place of the host's. It holds for as long as the passage does.
    pub fn list(&self) -> clap_output_events {
        clap_output_events { ctx: (&raw const *self).cast_mut().cast(), try_push: Some(push) }
    }

    /// Hands `event` to the host; `false`: it has no room.
    ///
    /// # Safety
    /// While the host's list is alive; `event` is as long as its header says.
    unsafe fn push(&self, event: *const clap_event_header) -> bool {
        // SAFETY: as said above.
        unsafe {
            let &Self { host, dialect, grown, start, .. } = self;
            let Some(try_push) = (*host).try_push else { return false };
            self.tell((*event).time);
            let later = if start > 0 { Event::copied(event, (*event).time.saturating_add(start)) } else { None };
            let event = later.as_ref().map_or(event, |later| (&raw const *later).cast());
            if (*event).space_id != CLAP_CORE_EVENT_SPACE_ID {
                return try_push(host, event);
            }
            match ((*event).type_, dialect) {
                (CLAP_EVENT_PARAM_VALUE, _) => {
                    let mut event = *event.cast::<clap_event_param_value>();
                    event.value = grown.step_of(event.param_id, whole(event.value));
                    try_push(host, &event.header)
                }
                (CLAP_EVENT_NOTE_ON, Dialect::Midi) => {
                    let note = &*event.cast::<clap_event_note>();
                    // A note-on without loudness would be a note-off.
                    try_push(
                        host,
                        &message(&note.header, 0x90, note.channel, note.key, seven_bits(note.velocity).max(1)).header,
                    )
                }
                (CLAP_EVENT_NOTE_OFF, Dialect::Midi) => {
                    let note = &*event.cast::<clap_event_note>();
                    try_push(
                        host,
                        &message(&note.header, 0x80, note.channel, note.key, seven_bits(note.velocity)).header,
                    )
                }
                (CLAP_EVENT_NOTE_EXPRESSION, Dialect::Midi) => {
                    let event = &*event.cast::<clap_event_note_expression>();
                    if event.expression_id == CLAP_NOTE_EXPRESSION_PRESSURE {
                        let pressure = seven_bits(event.value);
                        return try_push(
                            host,
                            &message(&event.header, 0xa0, event.channel, event.key, pressure).header,
                        );
                    }
                    // MIDI has no message for the others.
                    try_push(host, &event.header)
                }
                _ => try_push(host, event),
            }
        }
    }
}

unsafe extern "C" fn push(list: *const clap_output_events, event: *const clap_event_header) -> bool {
    // SAFETY: `list` is from `Passage::list`, whose context is the passage; events are as long as their header says.
    guarded(|| unsafe { (*(*list).ctx.cast::<Passage>()).push(event) }, false)
}

/// The MIDI message `status` at the time of `header`.
fn message(header: &clap_event_header, status: u8, channel: i16, key: i16, value: u8) -> clap_event_midi {
    let header = clap_event_header { size: size_of::<clap_event_midi>() as u32, type_: CLAP_EVENT_MIDI, ..*header };
    let data = [status | (channel & 0x0f) as u8, (key & 0x7f) as u8, value];
    clap_event_midi { header, port_index: 0, data }
}

/// A value from 0 to 1 in MIDI's steps.
fn seven_bits(value: f64) -> u8 {
    (value * 127.0).round().clamp(0.0, 127.0) as u8
}

#[cfg(test)]
mod tests {
    use clap_sys::events::CLAP_EVENT_NOTE_END;

    use super::*;

    /// What a host gets in the place of a note event of this type and velocity.
    fn sent(type_: u16, velocity: f64, dialect: Dialect) -> (u16, u32, [u8; 3]) {
        unsafe extern "C" fn take(list: *const clap_output_events, event: *const clap_event_header) -> bool {
            // SAFETY: the context is the place below, and a MIDI event says that it is one.
            unsafe {
                let data =
                    if (*event).type_ == CLAP_EVENT_MIDI { (*event.cast::<clap_event_midi>()).data } else { [0; 3] };
                *(*list).ctx.cast() = ((*event).type_, (*event).time, data);
            }
            true
        }
        let mut taken = (u16::MAX, 0, [0; 3]);
        let host = clap_output_events { ctx: (&raw mut taken).cast(), try_push: Some(take) };
        let header = clap_event_header {
            size: size_of::<clap_event_note>() as u32,
            time: 17,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_,
            flags: 0,
        };
        let note = clap_event_note { header, note_id: -1, port_index: 0, channel: 2, key: 60, velocity };
        let grown = GrownChoices::default();
        let passage = Passage::new(&host, dialect, &grown);
        // SAFETY: lists and event outlive the call.
        assert!(unsafe { push(&passage.list(), &note.header) });
        taken
    }

    #[test]
    fn notes_become_midi_messages_with_their_loudness_and_time() {
        assert_eq!(sent(CLAP_EVENT_NOTE_ON, 0.5, Dialect::Midi), (CLAP_EVENT_MIDI, 17, [0x92, 60, 64]));
        assert_eq!(sent(CLAP_EVENT_NOTE_ON, 0.001, Dialect::Midi), (CLAP_EVENT_MIDI, 17, [0x92, 60, 1]));
        assert_eq!(sent(CLAP_EVENT_NOTE_OFF, 0.25, Dialect::Midi), (CLAP_EVENT_MIDI, 17, [0x82, 60, 32]));
    }

    #[test]
    fn a_value_of_a_choice_that_has_grown_is_told_as_its_step() {
        unsafe extern "C" fn take(list: *const clap_output_events, event: *const clap_event_header) -> bool {
            // SAFETY: the context is the place below; the event is a parameter's.
            unsafe { *(*list).ctx.cast() = (*event.cast::<clap_event_param_value>()).value };
            true
        }
        let grown = GrownChoices::by_one("style_a", 11);
        let mut told = f64::NAN;
        let host = clap_output_events { ctx: (&raw mut told).cast(), try_push: Some(take) };
        let passage = Passage::new(&host, Dialect::Clap, &grown);
        for (id, value, step) in
            [("style_a", 0.0, 0.0), ("style_a", 7.0, 14.0), ("style_a", 11.0, 1.0), ("key", 7.0, 7.0)]
        {
            let header = clap_event_header {
                size: size_of::<clap_event_param_value>() as u32,
                time: 0,
                space_id: CLAP_CORE_EVENT_SPACE_ID,
                type_: CLAP_EVENT_PARAM_VALUE,
                flags: 0,
            };
            let (param_id, cookie) = (crate::params::number(id), std::ptr::null_mut());
            let (note_id, port_index, channel, key) = (-1, -1, -1, -1);
            let event = clap_event_param_value { header, param_id, cookie, note_id, port_index, channel, key, value };
            // SAFETY: lists and event outlive the call.
            assert!(unsafe { push(&passage.list(), &event.header) });
            assert_eq!(told, step, "{value} of {id}");
        }
    }

    #[test]
    fn notes_stay_notes_unless_midi_was_chosen_and_a_note_end_always_does() {
        assert_eq!(sent(CLAP_EVENT_NOTE_ON, 0.5, Dialect::Clap).0, CLAP_EVENT_NOTE_ON);
        assert_eq!(sent(CLAP_EVENT_NOTE_END, 0.0, Dialect::Midi).0, CLAP_EVENT_NOTE_END);
    }
}
