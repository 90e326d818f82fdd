//! What learnt controllers do: they move parameters, recall scenes and presets, and end notes.

use nice_plug::prelude::NoteEvent;

use super::Processor;
use crate::bank::NUMBERS;
use crate::params;
use crate::params::controllers::{Action, can_be_learnt};
use crate::scenes::SCENES;
use crate::seam::Base;

impl Processor {
    /// A controller that was learnt moves what it is to move; `false`: the event is none. It goes no further: a pedal
    /// that freezes the band is not to sustain, and a knob is not to turn an instrument's too.
    pub(super) fn take_learnt(&mut self, at: u32, event: &NoteEvent<()>) -> bool {
        matches!(*event, NoteEvent::MidiCC { channel, cc, value, .. } if self.take_moved(at, (channel, cc), value))
    }

    fn take_moved(&mut self, at: u32, (channel, cc): (u8, u8), value: f32) -> bool {
        let (source, value) = ((channel & 15, cc & 127), (value * 127.0).round().clamp(0.0, 127.0) as u8);
        if can_be_learnt(cc) {
            self.shared.last_moved.set(source.0, source.1, value);
        }
        let Some(called) = self.mapping.take(at, source, value, &self.shared.pick_ups) else { return false };
        self.mapping.actions(called).for_each(|action| self.act(at, action));
        true
    }

    fn act(&mut self, at: u32, action: Action) {
        match action {
            Action::Panic => self.shared.request_panic(),
            Action::Scene(number) => self.recall_scene(at, number),
            Action::NextScene | Action::PreviousScene => {
                let filled = |number: &u8| self.held.scenes[usize::from(*number) - 1].is_some();
                // Another press since the last frame goes on from the one before.
                let parameter = self.params.take.scene.value();
                let is_newer = (parameter - self.settings.scene).abs() >= 0.01;
                let now = if is_newer { parameter } else { self.recall.places()[1].scene } as u8;
                let to = neighbour(now, SCENES as u8, action == Action::NextScene, filled);
                to.into_iter().for_each(|number| self.recall_scene(at, number));
            }
            Action::NextPreset | Action::PreviousPreset => {
                let filled = |number: &u8| self.held.presets[usize::from(*number) - 1].is_some();
                let parameter = self.params.recall.preset.value() as u8;
                let now = match self.recall.places()[1].base {
                    _ if parameter != self.settings.preset => parameter,
                    Base::Preset(number) => number,
                    Base::Panel => 0,
                };
                let to = neighbour(now, NUMBERS as u8, action == Action::NextPreset, filled);
                if let Some(to) = to {
                    self.mapping.set(at, params::number("preset"), f32::from(to) / NUMBERS as f32);
                }
            }
        }
    }

    fn recall_scene(&mut self, at: u32, number: u8) {
        self.mapping.set(at, params::number("scene"), f32::from(number) / SCENES as f32);
    }
}

/// The next number from 1 to `last` after `now` that `is_filled`, or the one before; round and round.
pub(super) fn neighbour(now: u8, last: u8, is_next: bool, is_filled: impl Fn(&u8) -> bool) -> Option<u8> {
    let (now, count) = (u16::from(now), u16::from(last));
    let step = |by: u16| if is_next { now + by - 1 } else { now.max(1) + 2 * count - by - 1 } % count + 1;
    (1..=count).map(|by| step(by) as u8).find(is_filled)
}
