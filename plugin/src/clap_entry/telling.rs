//! Tells the host what learnt controllers move, as its own panel would: each in a gesture, so that a host that records
//! automation takes it, and its knobs follow. The gesture ends when the controller has rested for [`REST`].

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_IS_LIVE, CLAP_EVENT_PARAM_GESTURE_BEGIN, CLAP_EVENT_PARAM_GESTURE_END,
    CLAP_EVENT_PARAM_VALUE, clap_event_header, clap_event_param_gesture, clap_event_param_value,
};

use crate::params::GrownChoices;
use crate::seam::{MOST_CONTROLLERS, ToHostReceiver, Told};

use super::whole::whole;

/// How long after the last movement a gesture ends, in seconds.
const REST: f64 = 0.5;

/// A parameter in a gesture, and the samples since it moved last.
#[derive(Clone, Copy)]
struct Gesture {
    parameter: u32,
    rests: u64,
}

/// What is told and what is to be told. Touched by process and flush only; never allocates after it was made.
pub struct Telling {
    receiver: ToHostReceiver,
    /// What was taken out of the ring, and comes later in the piece.
    next: Option<Told>,
    gestures: Vec<Gesture>,
}

/// How an event reaches the host; `false`: it has no room.
pub type Push<'a> = &'a mut dyn FnMut(&clap_event_header) -> bool;

impl Telling {
    /// Main: tells what `receiver` gets.
    pub fn new(receiver: ToHostReceiver) -> Self {
        Self { receiver, next: None, gestures: Vec::with_capacity(2 * MOST_CONTROLLERS) }
    }

    /// Tells what has moved up to sample `until` of a piece that begins at `start` of the host's block.
    #[inline]
    pub fn tell(&mut self, until: u32, start: u32, grown: &GrownChoices, push: Push) {
        // Seldom is there anything.
        if self.next.is_some() || !self.receiver.is_empty() {
            self.tell_moved(until, start, grown, push);
        }
    }

    fn tell_moved(&mut self, until: u32, start: u32, grown: &GrownChoices, push: Push) {
        while let Some(told) = self.next.take().or_else(|| self.receiver.next()) {
            if told.sample > until {
                self.next = Some(told);
                return;
            }
            let Told { parameter, value, sample } = told;
            let time = sample.saturating_add(start);
            // More than can be learnt at once are told without a gesture.
            let has_room = self.gestures.len() < self.gestures.capacity();
            match self.gestures.iter_mut().find(|gesture| gesture.parameter == parameter) {
                Some(gesture) => gesture.rests = 0,
                None if has_room && push(&gesture(CLAP_EVENT_PARAM_GESTURE_BEGIN, parameter, time).header) => {
                    self.gestures.push(Gesture { parameter, rests: 0 });
                }
                None => {}
            }
            push(&value_at(parameter, grown.step_of(parameter, whole(value)), time).header);
        }
    }

    /// A block of `frames` samples, 1 or more, ends at `sample_rate` Hertz, and with it the gestures that have rested.
    pub fn end_block(&mut self, frames: u32, sample_rate: f64, push: Push) {
        let rest = (REST * sample_rate) as u64;
        self.gestures.retain_mut(|open| {
            open.rests += u64::from(frames);
            let ends = open.rests > rest;
            !(ends && push(&gesture(CLAP_EVENT_PARAM_GESTURE_END, open.parameter, frames - 1).header))
        });
    }

    /// All gestures end: nothing is processed now.
    pub fn end_all(&mut self, push: Push) {
        self.gestures.retain(|open| !push(&gesture(CLAP_EVENT_PARAM_GESTURE_END, open.parameter, 0).header));
    }
}

fn header<E>(type_: u16, time: u32) -> clap_event_header {
    let (size, space_id) = (size_of::<E>() as u32, CLAP_CORE_EVENT_SPACE_ID);
    clap_event_header { size, time, space_id, type_, flags: CLAP_EVENT_IS_LIVE }
}

fn gesture(type_: u16, param_id: u32, time: u32) -> clap_event_param_gesture {
    clap_event_param_gesture { header: header::<clap_event_param_gesture>(type_, time), param_id }
}

fn value_at(param_id: u32, value: f64, time: u32) -> clap_event_param_value {
    let header = header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE, time);
    let (cookie, note_id, port_index, channel, key) = (std::ptr::null_mut(), -1, -1, -1, -1);
    clap_event_param_value { header, param_id, cookie, note_id, port_index, channel, key, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::ToHost;

    /// Type and time of each event.
    fn events(act: impl FnOnce(Push)) -> Vec<(u16, u32)> {
        let mut events = Vec::new();
        act(&mut |event| {
            events.push((event.type_, event.time));
            true
        });
        events
    }

    #[test]
    fn a_movement_is_a_gesture_that_ends_when_the_controller_rests() {
        let to_host = ToHost::default();
        let (mut sender, grown) = (to_host.sender(), GrownChoices::default());
        let mut telling = Telling::new(to_host.receiver());
        sender.tell(Told { parameter: 7, value: 0.25, sample: 10 });
        sender.tell(Told { parameter: 7, value: 0.5, sample: 20 });
        let begins = [(CLAP_EVENT_PARAM_GESTURE_BEGIN, 110), (CLAP_EVENT_PARAM_VALUE, 110)];
        assert_eq!(events(|push| telling.tell(15, 100, &grown, push)), begins);
        assert_eq!(events(|push| telling.tell(u32::MAX, 100, &grown, push)), [(CLAP_EVENT_PARAM_VALUE, 120)]);
        assert_eq!(events(|push| telling.end_block(24_000, 48_000.0, push)), []);
        assert_eq!(events(|push| telling.end_block(64, 48_000.0, push)), [(CLAP_EVENT_PARAM_GESTURE_END, 63)]);
        assert_eq!(events(|push| telling.end_all(push)), []);
    }

    #[test]
    fn an_end_for_which_the_host_has_no_room_comes_later() {
        let to_host = ToHost::default();
        let (mut sender, grown) = (to_host.sender(), GrownChoices::default());
        let mut telling = Telling::new(to_host.receiver());
        sender.tell(Told { parameter: 7, value: 0.25, sample: 10 });
        telling.tell(u32::MAX, 0, &grown, &mut |_| true);
        telling.end_all(&mut |_| false);
        assert_eq!(events(|push| telling.end_all(push)), [(CLAP_EVENT_PARAM_GESTURE_END, 0)]);
    }
}
