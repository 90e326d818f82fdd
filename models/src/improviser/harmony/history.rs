//! What the harmonist has read so far, and the advice that it draws from it.

use std::sync::Arc;

use super::constraints::Cycles;
use super::rules;
use crate::controls::Controls;
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::Spot;
use crate::music::{SlashChord, Style};
use crate::network::features::{Note, PitchMemory};
use crate::network::harmonist::{DECAYS, HarmonistAttributes, HarmonistInput, HarmonyLogits, NOTES, Standing};
use crate::network::plan::State;
use crate::network::{HarmonistNetwork, Networks};

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

    /// The next of `values` as it is under the first condition, mixed with the one after it if there is a second.
    ///
    /// # Errors
    /// When there are too few values.
    pub fn mixed<T>(self, values: &mut impl Iterator<Item = T>, blend: impl Fn(T, &T, f32) -> T) -> Result<T, String> {
        let mut next = || values.next().ok_or_else(|| "a condition was not read".to_string());
        let first = next()?;
        match self.conditions().1 {
            None => Ok(first),
            Some((_, share)) => Ok(blend(first, &next()?, share)),
        }
    }
}

/// States of one network under one condition, or under two that are mixed.
#[derive(Clone, Debug, Default)]
pub struct States(Vec<(Style, State)>);

impl States {
    /// The state under each condition of `mix`, in order. A condition that is new goes on from what another one has
    /// heard, or from `initial`; one that is not asked for is forgotten.
    pub fn under(
        &mut self,
        mix: StyleMix,
        initial: impl FnOnce() -> State,
    ) -> impl Iterator<Item = (Style, &mut State)> {
        let (first, second) = mix.conditions();
        let known = std::mem::take(&mut self.0);
        let other = known.first().map_or_else(initial, |(_, state)| state.clone());
        let state = |style: Style| known.iter().find(|(known, _)| *known == style).map_or(&other, |(_, state)| state);
        let styles = std::iter::once(first).chain(second.map(|(style, _)| style));
        self.0 = styles.map(|style| (style, state(style).clone())).collect();
        self.0.iter_mut().map(|(style, state)| (*style, state))
    }
}

/// Where the harmonist's advice comes from.
#[derive(Clone, Debug)]
pub enum AdviceSource {
    /// The network.
    Network(Arc<HarmonistNetwork>),
    /// Rules, in the keys that the band believes to be in.
    Rules,
}

impl AdviceSource {
    /// The network of `networks`, or rules if it is not there.
    pub fn of(networks: &Networks) -> Self {
        networks.harmonist.clone().map_or(Self::Rules, Self::Network)
    }
}

/// Who advises the harmonist, and what it is told besides the history.
#[derive(Clone, Debug)]
pub struct Advisor<'a> {
    /// Where the advice comes from.
    pub source: &'a AdviceSource,
    /// The styles.
    pub mix: StyleMix,
    /// What the harmony is to be like.
    pub attributes: HarmonistAttributes,
    /// The keys that the band believes to be in.
    pub keys: &'a KeyBelief,
}

impl<'a> Advisor<'a> {
    /// What the controls ask for.
    pub fn of(source: &'a AdviceSource, controls: &Controls, keys: &'a KeyBelief) -> Self {
        let &Controls { chord_rate, chromaticism, mode, .. } = controls;
        let attributes = HarmonistAttributes { chord_rate, chromaticism, mode };
        Self { source, mix: StyleMix::of(controls), attributes, keys }
    }
}

/// The harmony that is advised after a frame was read.
#[derive(Clone, Debug)]
pub struct Advice {
    /// In that frame, with what is known of its note.
    pub here: HarmonyLogits,
    /// In the frame after it, before its note.
    pub next: HarmonyLogits,
    /// Of the melody in the frame after it, as [`Note::from_index`] counts; `None`: nobody knows.
    pub note: Option<[f32; NOTES]>,
}

/// A history, the note that it reads in its next frame, and the chord that the band plays there.
pub type Reading<'a> = (&'a mut History, Note, Option<SlashChord>);

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

    /// Reads the next frame, at `spot`, with `note` in it, and puts down that the band plays `chord` there.
    ///
    /// # Errors
    /// When the network fails; the history is then of no more use to it.
    pub fn read(
        &mut self,
        advisor: &Advisor,
        spot: Spot,
        note: Note,
        chord: Option<SlashChord>,
    ) -> Result<Advice, String> {
        Self::read_all(advisor, spot, vec![(self, note, chord)])?.pop().ok_or_else(|| "nothing was read".into())
    }

    /// Reads the same frame in each of several histories: quicker than one after another.
    ///
    /// # Errors
    /// As for one of them.
    pub fn read_all(advisor: &Advisor, spot: Spot, mut readings: Vec<Reading>) -> Result<Vec<Advice>, String> {
        let advice = match advisor.source {
            AdviceSource::Network(network) => Self::ask(network, advisor, spot, &mut readings)?,
            AdviceSource::Rules => readings.iter().map(|reading| Self::look_up(advisor, spot, reading)).collect(),
        };
        for (history, note, chord) in readings {
            history.put_down(note, chord);
        }
        Ok(advice)
    }

    fn ask(
        network: &HarmonistNetwork,
        advisor: &Advisor,
        spot: Spot,
        readings: &mut [Reading],
    ) -> Result<Vec<Advice>, String> {
        let unset = HarmonistAttributes::default();
        let is_guided = advisor.attributes != unset;
        let mut steps = Vec::new();
        for (history, note, _) in readings.iter_mut() {
            let Self { states, free, memories, note: previous, standing, age, .. } = &mut **history;
            let input = HarmonistInput {
                note: *note,
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
                attributes: unset,
            };
            *free = is_guided.then(|| free.take().unwrap_or_else(|| states.clone()));
            let told = (states, advisor.attributes);
            for (states, attributes) in std::iter::once(told).chain(free.as_mut().map(|free| (free, unset))) {
                for (style, state) in states.under(advisor.mix, || network.initial_state()) {
                    steps.push((HarmonistInput { style: Some(style), attributes, ..input }, state));
                }
            }
        }
        let mut logits = network.step_all(steps)?.into_iter();
        let mut next = || advisor.mix.mixed(&mut logits, |ours, theirs, share| ours.mixed(theirs, share));
        let advice = readings.iter().map(|_| {
            let told = next()?;
            let logits = if is_guided { told.guided(&next()?) } else { told };
            Ok(Advice { here: logits.here, next: logits.next, note: Some(logits.note) })
        });
        advice.collect()
    }

    fn look_up(advisor: &Advisor, spot: Spot, (history, note, chord): &Reading) -> Advice {
        let here = rules::advise(history, *note, spot, advisor);
        let mut after = Self::clone(history);
        after.put_down(*note, *chord);
        let next = rules::advise(&after, Note::Hidden, spot.plus(1), advisor);
        Advice { here, next, note: None }
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
