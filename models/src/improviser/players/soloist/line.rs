//! A melody as the network reads it, note by note.

use std::sync::Arc;

use super::bounds::Compass;
use crate::controls::{Controls, Player};
use crate::improviser::chance::grid::rounded;
use crate::improviser::listening::LeadNote;
use crate::improviser::memory::{Ground, Junction, Trail, step_between};
use crate::improviser::players::context::FrameContext;
use crate::music::{BarPosition, Chord, Tick};
use crate::network::features::PitchMemory;
use crate::network::plan::State;
use crate::network::soloist::{DECAYS, LastNote, SoloistAttributes, SoloistInput, SoloistLogits};
use crate::network::style_mix::{States, StyleMix};
use crate::network::{Networks, SoloistNetwork};

/// Notes of the musician's phrase that are read at once, if it was not followed from its beginning.
const CAUGHT_UP: usize = 24;
/// Chord changes that are remembered.
const REMEMBERED_CHORDS: usize = 32;

/// Melody that was played, by the musician or by Lead.
#[derive(Clone, Debug)]
pub(super) struct Line {
    states: States,
    /// The same line, read without attributes, while there are any.
    styled: Option<States>,
    /// The same line, read without style and attributes.
    free: Option<State>,
    /// The note before.
    pub last: Option<LeadNote>,
    /// The key of the note before the last.
    before: Option<u8>,
    /// What is compared with lines that went on.
    trail: Trail,
    memories: [PitchMemory; DECAYS.len()],
    since_rest: usize,
    /// How many times in a row the last key has come.
    pub same_key: usize,
    /// How many times in a row the last two notes' distance in time has come.
    same_time: usize,
    time: Tick,
}

/// What a note must know about its place.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub onset: Tick,
    pub position: BarPosition,
    pub chord: Option<Chord>,
    pub next_chord: Option<(Tick, Option<Chord>)>,
}

impl Place {
    /// What a note there stands on.
    pub fn ground(self) -> Ground {
        Ground { position: self.position, chord: self.chord }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self {
            states: States::default(),
            styled: None,
            free: None,
            last: None,
            before: None,
            trail: Trail::default(),
            memories: DECAYS.map(PitchMemory::new),
            since_rest: 0,
            same_key: 0,
            same_time: 0,
            time: 0,
        }
    }
}

impl Line {
    /// Goes on with `note`.
    pub fn put_down(&mut self, note: LeadNote) {
        self.memories.iter_mut().for_each(|memory| memory.hear(note.key % 12));
        self.since_rest += 1;
        self.same_key = if self.last.is_some_and(|last| last.key == note.key) { self.same_key + 1 } else { 1 };
        let time = self.last.map_or(0, |last| note.onset - last.onset);
        self.same_time = if time == self.time { self.same_time + 1 } else { 1 };
        self.time = time;
        self.before = self.last.map(|last| last.key);
        self.trail.put_down(self.last, note);
        self.last = Some(note);
    }

    /// Where it goes on with the note at `place`; `lowest` is the MIDI key of the network's first pitch.
    pub fn junction(&self, place: Place, lowest: i32) -> Junction<'_> {
        let into_bar = place.position.ticks_into_bar(place.onset);
        let step = step_between(self.last, place.onset);
        Junction { trail: &self.trail, step, into_bar, chord: place.chord, lowest }
    }

    /// The time between the last two notes, and how many times in a row it has come.
    pub fn pulse(&self) -> (Tick, usize) {
        (self.time, self.same_time)
    }

    /// The line as another network begins to read it.
    pub fn forget_states(&mut self) {
        (self.states, self.styled, self.free) = (States::default(), None, None);
    }

    /// Moves what was played by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        if let Some(last) = &mut self.last {
            last.onset += delta;
        }
    }
}

/// The musician's phrase, as if it was played in the register of Lead: read note by note while it is played, so that
/// little is left to do when Lead takes over.
#[derive(Clone, Debug, Default)]
pub(super) struct Followed {
    /// The phrase's number, and the register in octaves.
    which: (u32, i32),
    /// The musician's note that was read last.
    last: Option<LeadNote>,
    line: Line,
}

impl Followed {
    /// Moves what was played by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        self.line.shift(delta);
        if let Some(last) = &mut self.last {
            last.onset += delta;
        }
    }
}

/// Reads lines with the network over the chords of late.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    network: Option<Arc<SoloistNetwork>>,
    /// First tick and chord of each change of late.
    chords: Vec<(Tick, Option<Chord>)>,
}

impl Reader {
    /// A reader that knows no chord.
    pub fn new(networks: &Networks) -> Self {
        Self { network: networks.get(), chords: Vec::new() }
    }

    /// Goes on with another network. Whether it is another.
    pub fn exchange(&mut self, networks: &Networks) -> bool {
        let before = std::mem::replace(&mut self.network, networks.get());
        before.as_ref().map(Arc::as_ptr) != self.network.as_ref().map(Arc::as_ptr)
    }

    /// Forgets the chords.
    pub fn lose_place(&mut self) {
        self.chords.clear();
    }

    /// Moves the chords by `delta` ticks.
    pub fn shift(&mut self, delta: Tick) {
        self.chords.iter_mut().for_each(|(tick, _)| *tick += delta);
    }

    /// Takes down the chord of the frame.
    pub fn remember_chord(&mut self, context: &FrameContext) {
        if self.chords.last().is_none_or(|(_, chord)| *chord != context.chord) {
            if self.chords.len() == REMEMBERED_CHORDS {
                self.chords.remove(0);
            }
            self.chords.push((context.tick(), context.chord));
        }
    }

    /// Goes on with the musician's phrase `number` as far as `notes`, its newest.
    pub fn follow(&mut self, followed: &mut Followed, (number, notes): (u32, &[LeadNote]), context: &FrameContext) {
        let register = i32::from(context.controls.player(Player::Lead).register);
        let octaves = Compass::of(context).octaves;
        let which = (number, register);
        let read = notes.iter().rposition(|note| Some(*note) == followed.last && which == followed.which);
        if read.is_none() {
            *followed = Followed { which, ..Followed::default() };
        }
        let new = read.map_or(notes.len().saturating_sub(CAUGHT_UP), |last| last + 1);
        for &note in &notes[new..] {
            let place = self.place_of(note.onset, context);
            if self.read(&mut followed.line, place, context, octaves).is_none() {
                break;
            }
            followed.line.put_down(LeadNote { key: octaves_away(note.key, register), ..note });
            followed.last = Some(note);
        }
    }

    /// The line that goes on from the musician's phrase `number` with all of its `notes`, of which some are `followed`.
    pub fn line_after(&mut self, followed: &Followed, phrase: (u32, &[LeadNote]), context: &FrameContext) -> Line {
        let mut followed = followed.clone();
        self.follow(&mut followed, phrase, context);
        followed.line
    }

    /// The place of a note of the musician's, with the chords that the band played to it.
    pub fn place_of(&self, onset: Tick, context: &FrameContext) -> Place {
        let after = self.chords.partition_point(|&(tick, _)| tick <= onset);
        Place {
            onset,
            position: context.position.at(onset),
            chord: after.checked_sub(1).and_then(|index| self.chords[index].1),
            next_chord: self.chords.get(after).copied(),
        }
    }

    /// What the network says about the note at `place` in a line that sounds `octaves` higher than the network's keys;
    /// `None` without a network that works.
    pub fn read(
        &mut self,
        line: &mut Line,
        place: Place,
        context: &FrameContext,
        octaves: i32,
    ) -> Option<SoloistLogits> {
        let network = self.network.as_ref()?;
        let Line { states, styled, free, last, before, memories, since_rest, .. } = line;
        let rested = last.is_some_and(|last| place.onset - (last.onset + last.length) >= 24);
        if rested {
            *since_rest = 0;
        }
        let last = last.map(|last| LastNote {
            key: octaves_away(last.key, -octaves),
            before: before.map(|before| octaves_away(before, -octaves)),
            length: last.length,
            time: place.onset - last.onset,
        });
        let (mix, wanted, unset) = (StyleMix::of(context.controls), attributes(context.controls), Default::default());
        let input = SoloistInput {
            last,
            position: place.position,
            tick: place.onset,
            chord: place.chord,
            next_chord: place.next_chord,
            memories,
            phrase: *since_rest,
            style: None,
            attributes: unset,
        };
        *styled = (wanted != unset).then(|| styled.take().unwrap_or_else(|| states.clone()));
        let told = (states, wanted);
        let mut steps = Vec::new();
        for (states, attributes) in std::iter::once(told).chain(styled.as_mut().map(|styled| (styled, unset))) {
            for (style, state) in states.under(mix, || network.initial_state()) {
                steps.push((SoloistInput { style: Some(style), attributes, ..input }, state));
            }
        }
        steps.push((input, free.get_or_insert_with(|| network.initial_state())));
        let guided = |logits: Vec<SoloistLogits>| {
            let mut logits = logits.into_iter().map(|logits| logits.map(rounded));
            let mut next = || mix.mixed(&mut logits, |ours, theirs, share| ours.mixed(theirs, share));
            let told = next()?;
            let styled = if wanted == unset { told } else { next()? };
            let free = logits.next().ok_or("a line was not read")?;
            Ok::<_, String>(told.guided(&styled, &free))
        };
        let logits = network.step_all(steps).and_then(guided);
        if logits.is_err() {
            // A network that fails once is not asked again.
            self.network = None;
        }
        logits.ok()
    }
}

/// What the melody is to be like.
fn attributes(controls: &Controls) -> SoloistAttributes {
    SoloistAttributes {
        density: controls.lead_density(),
        register: controls.lead_register(),
        chromaticism: controls.lead_chromaticism,
        syncopation: controls.syncopation,
        mode: controls.mode,
    }
}

/// `key` moved by `octaves`, as far as the keyboard goes.
fn octaves_away(key: u8, octaves: i32) -> u8 {
    let class = i32::from(key % 12);
    (i32::from(key) + 12 * octaves).clamp(class, 108 + class) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_pitch_class_wherever_it_is_moved() {
        for key in 0..128 {
            for octaves in -4..=4 {
                assert_eq!(octaves_away(key, octaves) % 12, key % 12);
            }
        }
        assert_eq!(octaves_away(60, 1), 72);
    }
}
