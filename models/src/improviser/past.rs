//! What the harmonist has read so far, and the advice that it draws from it.

use std::sync::Arc;

use super::harmony_rules;
use super::key_belief::KeyBelief;
use super::spot::Spot;
use crate::controls::Controls;
use crate::music::{Chord, Style};
use crate::network::HarmonistNetwork;
use crate::network::features::{Note, PitchMemory};
use crate::network::harmonist::{HarmonistInput, HarmonistLogits};
use crate::network::plan::State;

/// Two styles and how much of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleMix {
    a: Style,
    b: Style,
    /// Share of `b`, 0–1.
    blend: f32,
}

impl StyleMix {
    /// The mix that the controls ask for.
    pub fn of(controls: &Controls) -> Self {
        Self { a: controls.style_a, b: controls.style_b, blend: controls.style_blend.clamp(0.0, 1.0) }
    }

    /// All of the style that weighs more.
    pub fn pure(self) -> Self {
        Self { blend: if self.blend > 0.5 { 1.0 } else { 0.0 }, ..self }
    }

    /// The style that weighs more.
    pub fn main(self) -> Style {
        if self.blend > 0.5 { self.b } else { self.a }
    }

    /// The first condition, and the second with its share if both count.
    pub fn conditions(self) -> (Style, Option<(Style, f32)>) {
        if self.blend <= 0.0 || self.a == self.b {
            (self.a, None)
        } else if self.blend >= 1.0 {
            (self.b, None)
        } else {
            (self.a, Some((self.b, self.blend)))
        }
    }
}

/// States of one network under one condition, or under two that are mixed.
#[derive(Clone, Debug, Default)]
pub struct States(Vec<(Style, State)>);

impl States {
    /// Makes one step under each condition of `mix` and mixes what comes out. A condition that is new goes on from
    /// what another one has heard, or from `initial`.
    pub fn step<T>(
        &mut self,
        mix: StyleMix,
        initial: impl Fn() -> State,
        mut step: impl FnMut(Style, &mut State) -> Result<T, String>,
        blend: impl Fn(T, &T, f32) -> T,
    ) -> Result<T, String> {
        let (first, second) = mix.conditions();
        for style in std::iter::once(first).chain(second.map(|(style, _)| style)) {
            if !self.0.iter().any(|(known, _)| *known == style) {
                let state = self.0.first().map_or_else(&initial, |(_, state)| state.clone());
                self.0.push((style, state));
            }
        }
        self.0.retain(|(known, _)| *known == first || second.is_some_and(|(style, _)| style == *known));
        let mut of = |style: Style| {
            let state = self.0.iter_mut().find(|(known, _)| *known == style).map(|(_, state)| state);
            state.map_or_else(|| Err("a state is missing".into()), |state| step(style, state))
        };
        let mixed = of(first)?;
        match second {
            None => Ok(mixed),
            Some((style, share)) => Ok(blend(mixed, &of(style)?, share)),
        }
    }
}

/// Where the harmonist's advice comes from.
#[derive(Clone, Debug)]
pub enum Advisor {
    /// The network.
    Network(Arc<HarmonistNetwork>),
    /// Rules, in the keys that the band believes to be in.
    Rules,
}

/// Everything that was heard and decided before a frame. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Past {
    states: States,
    fast: PitchMemory,
    slow: PitchMemory,
    note: Note,
    chord: Option<Chord>,
    age: u32,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            states: States::default(),
            fast: PitchMemory::new(0.94),
            slow: PitchMemory::new(0.99),
            note: Note::Rest,
            chord: None,
            age: 0,
        }
    }
}

impl Past {
    /// The chord of the last frame.
    pub fn chord(&self) -> Option<Chord> {
        self.chord
    }

    /// For how many frames it has stood.
    pub fn age(&self) -> u32 {
        self.age
    }

    /// Pitch classes of the lead line of late; they sum to 1 once anything has been heard.
    pub fn heard(&self) -> [f32; 12] {
        self.fast.normalised()
    }

    /// Reads the next frame, at `spot`, with `note` in it, and tells which chord is advised there.
    ///
    /// # Errors
    /// When the network fails; the past is then of no more use to it.
    pub fn read(
        &mut self,
        advisor: &Advisor,
        note: Note,
        spot: Spot,
        mix: StyleMix,
        keys: &KeyBelief,
    ) -> Result<HarmonistLogits, String> {
        let Advisor::Network(network) = advisor else {
            return Ok(harmony_rules::advise(self, note, mix.main(), keys));
        };
        let Self { states, fast, slow, note: previous, chord, age } = self;
        states.step(
            mix,
            || network.initial_state(),
            |style, state| {
                let input = HarmonistInput {
                    note,
                    fast,
                    slow,
                    chord: *chord,
                    age: *age,
                    previous: *previous,
                    position: spot.position,
                    tick: spot.tick(),
                    style: Some(style),
                };
                network.step(&input, state)
            },
            |ours, theirs, share| ours.mixed(theirs, share),
        )
    }

    /// Puts down what the frame that was read held: its melody and its chord.
    pub fn commit(&mut self, note: Note, chord: Option<Chord>) {
        if let Some(class) = note.pitch_class() {
            self.fast.hear(class);
            self.slow.hear(class);
        }
        self.note = note;
        self.age = if chord == self.chord { self.age.saturating_add(1) } else { 1 };
        self.chord = chord;
    }

    /// Forgets the network's states, so that another advisor can go on.
    pub fn forget_states(&mut self) {
        self.states = States::default();
    }
}
