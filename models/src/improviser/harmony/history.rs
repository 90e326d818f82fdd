//! What was heard and decided so far, with the states of the network that has read it.

use super::constraints::Cycles;
use crate::music::{SlashChord, Spot};
use crate::network::features::{Note, PitchMemory};
use crate::network::harmonist::{DECAYS, HarmonistAttributes, HarmonistInput, Standing};
use crate::network::style_mix::States;

/// Everything that was heard and decided before a frame. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct History {
    states: States,
    /// The same, read without attributes, while there are any.
    free: Option<States>,
    memories: [PitchMemory; DECAYS.len()],
    note: Note,
    standing: Option<SlashChord>,
    age: u32,
    cycles: Cycles,
}

impl Default for History {
    fn default() -> Self {
        Self {
            states: States::default(),
            free: None,
            memories: DECAYS.map(PitchMemory::new),
            note: Note::Rest,
            standing: None,
            age: 0,
            cycles: Cycles::default(),
        }
    }
}

impl History {
    /// The chord of the last frame.
    pub fn standing(&self) -> Option<SlashChord> {
        self.standing
    }

    /// For how many frames it has stood; 0 before the first.
    pub fn age(&self) -> u32 {
        self.age
    }

    /// The chord changes so far.
    pub fn cycles(&self) -> &Cycles {
        &self.cycles
    }

    /// Pitch classes of the lead line of late; they sum to 1 once anything has been heard.
    pub fn heard(&self) -> [f32; 12] {
        self.memories[0].normalised()
    }

    /// What the network reads of the next frame, at `spot`, with `note` in it, without style and attributes; the states
    /// that read it, and those that read it without attributes if it `is_guided`.
    pub(super) fn step(
        &mut self,
        note: Note,
        spot: Spot,
        is_guided: bool,
    ) -> (HarmonistInput<'_>, &mut States, Option<&mut States>) {
        let Self { states, free, memories, note: previous, standing, age, .. } = self;
        let input = HarmonistInput {
            note,
            previous: *previous,
            memories,
            history: Some(Standing {
                chord: standing.map(|standing| standing.chord),
                bass: standing.map(|standing| standing.bass),
                age: *age,
            }),
            position: spot.position,
            tick: spot.tick(),
            style: None,
            attributes: HarmonistAttributes::default(),
        };
        *free = is_guided.then(|| free.take().unwrap_or_else(|| states.clone()));
        (input, states, free.as_mut())
    }

    /// Puts down what a frame held: its melody and its chord.
    pub(super) fn put_down(&mut self, note: Note, chord: Option<SlashChord>) {
        if let Some(class) = note.pitch_class() {
            self.memories.iter_mut().for_each(|memory| memory.hear(class));
        }
        self.note = note;
        let of = |chord: Option<SlashChord>| chord.map(|chord| chord.chord);
        self.age = if of(chord) == of(self.standing) { self.age.saturating_add(1) } else { 1 };
        self.standing = chord;
        of(chord).into_iter().for_each(|chord| self.cycles.push(chord));
    }

    /// Forgets the network's states, so that another one can go on.
    pub fn forget_states(&mut self) {
        (self.states, self.free) = (States::default(), None);
    }
}
