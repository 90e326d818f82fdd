//! The player who decides the harmony: which chord stands in the next frame, what would answer each note that the
//! musician may play there, and what is planned after it.

use super::OUTLOOK_CHORDS;
use super::key_belief::KeyBelief;
use super::listener::Listener;
use super::past::{Advisor, Past, StyleMix};
use super::random::{Purpose, Random};
use super::sampler::{Freedom, happens, likeliest, sample};
use super::spot::Spot;
use crate::controls::{Controls, Player};
use crate::music::{Chord, Key, PitchClassSet, Tick};
use crate::network::Networks;
use crate::network::features::Note;
use crate::network::harmonist::HarmonistLogits;

/// Frames that are planned beyond the decided one.
const PLANNED_FRAMES: i64 = 16;
/// The band plays on for so many bars after the musician has stopped.
const BARS_ALONE: Tick = 8;
/// Chord changes that are remembered, so that the band does not turn in circles.
const REMEMBERED: usize = 6;
/// Harmonic rhythm is drawn cooler than the chords: a wild chord is colour, a wild rhythm is chatter.
const RHYTHM_HEAT: f32 = 0.5;
/// Chords are drawn cooler than the network believes them: at 1 it wanders.
const CHORD_HEAT: f32 = 0.55;
/// Log-odds against a chord for each time that it was among the last changes.
const WEARINESS: f32 = 0.15;
const NUCLEUS: f32 = 0.92;
/// Log-odds against a change on the first beat of a bar, on its middle, and on any other beat: harmony moves with the
/// bar, and a network that doubts its own chord would rather try another on every beat. Tuned, as are the weights
/// below, on the `valid` split for as many changes per bar as people make.
const FIRST_BEAT: f32 = -1.5;
const MIDDLE: f32 = -0.5;
const WEAK_BEAT: f32 = 1.8;
/// Log-odds for a chord in the keys that are believed in, for one that holds all that was heard of late, and for a
/// change from one that holds nothing of it.
const KEY_WEIGHT: f32 = 1.5;
const NOTE_WEIGHT: f32 = 2.5;
const CLASH: f32 = 1.5;
/// Log-odds against a change of colour over the same root: it moves nothing.
const COLOUR: f32 = 1.5;
/// Log-odds that a correction an eighth after the beat needs when the band follows as closely as it can.
const CORRECTION: f32 = 0.8;
/// Log-odds that another chord under an answered note needs.
const ANSWER: f32 = -3.0;

/// What the harmonist must know about the frame to decide.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What was heard before `now`.
    pub listener: &'a Listener,
    /// The parameters at `now`.
    pub controls: &'a Controls,
    /// The keys that the band believes to be in, or the locked one.
    pub keys: KeyBelief,
    /// The frame that has just ended.
    pub before: Spot,
    /// The frame that begins now; its chord was decided before.
    pub now: Spot,
    /// The frame to decide.
    pub next: Spot,
}

/// What the harmonist decided.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Harmony {
    /// The chord of the frame; `None`: the band rests.
    pub chord: Option<Chord>,
    /// Whether it begins in the frame.
    pub changes: bool,
    /// The chord under a note of each pitch class, if the musician plays it in the frame.
    pub under: [Option<Chord>; 12],
    /// Chord changes expected after the frame, soonest first.
    pub planned: [Option<(Tick, Chord)>; OUTLOOK_CHORDS],
}

/// Decides the harmony frame by frame. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Harmonist {
    advisor: Advisor,
    /// Up to the frame before the one that begins now.
    past: Past,
    /// The chords of the frame that has just ended and of the one that begins now.
    committed: [Option<Chord>; 2],
    recent: Recent,
    planned: [Option<(Tick, Chord)>; OUTLOOK_CHORDS],
}

/// The last chords, newest first.
#[derive(Clone, Copy, Debug, Default)]
struct Recent([Option<Chord>; REMEMBERED]);

impl Recent {
    fn push(&mut self, chord: Chord) {
        self.0.rotate_right(1);
        self.0[0] = Some(chord);
    }

    /// Log-odds against a return to `chord`: it was there a moment ago, and above all if two chords alternate.
    fn weariness(&self, chord: Chord) -> f32 {
        let times = self.0.iter().filter(|&&recent| recent == Some(chord)).count();
        let circles = self.0[1] == Some(chord) && self.0[3] == Some(chord) && self.0[0] == self.0[2];
        WEARINESS * times as f32 + if circles { 1.5 } else { 0.0 }
    }
}

impl Harmonist {
    /// A harmonist that has heard nothing.
    pub fn new(networks: &Networks) -> Self {
        let advisor = networks.harmonist.clone().map_or(Advisor::Rules, Advisor::Network);
        Self {
            advisor,
            past: Past::default(),
            committed: [None; 2],
            recent: Recent::default(),
            planned: [None; OUTLOOK_CHORDS],
        }
    }

    /// Decides the frame `situation.next`. Call once for every frame, in playing order.
    pub fn decide(&mut self, situation: &Situation, random: impl Fn(Spot) -> Random) -> Harmony {
        self.attempt(situation, &random).unwrap_or_else(|_| {
            // A network that fails once is not asked again.
            self.advisor = Advisor::Rules;
            self.past.forget_states();
            self.attempt(situation, &random).unwrap_or_default()
        })
    }

    fn attempt(&mut self, situation: &Situation, random: &impl Fn(Spot) -> Random) -> Result<Harmony, String> {
        let &Situation { listener, controls, ref keys, before, now, next } = situation;
        let advisor = &self.advisor;
        let mix = StyleMix::of(controls);

        let mut past = self.past.clone();
        let heard = past.read(advisor, listener.last_frame(), before, mix, keys)?;
        let heard = Heard { logits: heard, before: past.chord(), note: listener.last_frame() };
        past.commit(listener.last_frame(), self.committed[0]);

        let mut ahead = past.clone();
        let note = listener.early().map_or(Note::Hidden, Note::Onset);
        ahead.read(advisor, note, now, mix, keys)?;
        ahead.commit(note, self.committed[1]);

        let mut future = ahead.clone();
        let advice = future.read(advisor, Note::Hidden, next, mix, keys)?;

        let held = listener.held_chord().filter(|&chord| allowed(chord, controls));
        // The rules know the key and the notes already, and decide once per beat.
        let (opinion, follow) = match advisor {
            Advisor::Network(_) => (Opinion::of(keys, ahead.heard()), controls.follow),
            Advisor::Rules => (Opinion::default(), 0.0),
        };
        let choice = Choice { controls, held, opinion, follow };
        let chord = if self.rests(situation) {
            None
        } else if let Some(correction) = choice.correction(&heard, before, next, &ahead) {
            Some(correction)
        } else {
            Some(choice.chord(&advice, &ahead, next, &self.recent, random(next)))
        };
        let changes = chord != ahead.chord();

        let mut under = [chord; 12];
        if let Some(chord) = chord.filter(|_| choice.held.is_none() && controls.player(Player::Voices).on) {
            for class in (0..12).filter(|&class| !chord.contains(class)) {
                let note = Note::Onset(class);
                let logits = ahead.clone().read(advisor, note, next, mix, keys)?;
                let heard = Heard { logits, before: ahead.chord(), note };
                under[usize::from(class)] = choice.better(&heard, chord, ANSWER).or(Some(chord));
            }
        }

        let mut recent = self.recent;
        if let Some(chord) = chord.filter(|_| changes) {
            recent.push(chord);
        }
        future.commit(Note::Hidden, chord);
        let planned = if chord.is_none() {
            [None; OUTLOOK_CHORDS]
        } else if !changes && !next.begins_eighth() {
            // The plan of a sixteenth ago still stands.
            self.planned
        } else {
            plan(advisor, future, next, situation, &choice, recent, random)?
        };

        self.past = past;
        self.recent = recent;
        self.planned = planned;
        self.committed = [self.committed[1], chord];
        Ok(Harmony { chord, changes, under, planned })
    }

    /// Whether the band rests: nothing was heard yet, or for many bars; it enters with a beat.
    fn rests(&self, situation: &Situation) -> bool {
        let bars = BARS_ALONE * situation.next.position.meter.bar_ticks();
        let alone = situation.listener.silence().is_none_or(|silence| silence >= bars);
        let plays = self.committed[1].is_some();
        alone || (!plays && !situation.next.begins_beat())
    }
}

/// What is expected after `spot` if the musician lets the band go on.
fn plan(
    advisor: &Advisor,
    mut future: Past,
    spot: Spot,
    situation: &Situation,
    choice: &Choice,
    mut recent: Recent,
    random: &impl Fn(Spot) -> Random,
) -> Result<[Option<(Tick, Chord)>; OUTLOOK_CHORDS], String> {
    let mix = StyleMix::of(situation.controls).pure();
    let mut planned = [None; OUTLOOK_CHORDS];
    let mut free = planned.iter_mut();
    for frames in 1..=PLANNED_FRAMES {
        let spot = spot.plus(frames);
        let advice = future.read(advisor, Note::Hidden, spot, mix, &situation.keys)?;
        let chord = choice.chord(&advice, &future, spot, &recent, random(spot));
        if future.chord() != Some(chord) {
            recent.push(chord);
            match free.next() {
                Some(change) => *change = Some((spot.tick(), chord)),
                None => break,
            }
        }
        future.commit(Note::Hidden, Some(chord));
    }
    Ok(planned)
}

/// Whether the lock lets the chord through.
fn allowed(chord: Chord, controls: &Controls) -> bool {
    !controls.key_lock || chord.tones().is_subset(controls.key.locked_scale())
}

/// How a chord is chosen from advice.
struct Choice<'a> {
    controls: &'a Controls,
    held: Option<Chord>,
    opinion: Opinion,
    follow: f32,
}

/// What key and notes of late say about each chord. The network knows them too, but what it believes of the key it
/// holds on to; the product of both (Hinton 2002, "Training products of experts") is right more often.
#[derive(Clone, Copy)]
struct Opinion {
    chords: [f32; Chord::VOCABULARY],
    /// Log-odds for a change from each chord.
    change: [f32; Chord::VOCABULARY],
}

impl Default for Opinion {
    fn default() -> Self {
        Self { chords: [0.0; Chord::VOCABULARY], change: [0.0; Chord::VOCABULARY] }
    }
}

impl Opinion {
    /// The opinion after `heard`, pitch classes that sum to 1, in `keys`.
    fn of(keys: &KeyBelief, heard: [f32; 12]) -> Self {
        let mut opinion = Self::default();
        let believed: Vec<(PitchClassSet, f32)> = (keys.weights().iter().enumerate())
            .filter(|(_, belief)| **belief > 0.01)
            .map(|(index, &belief)| (Key::from_index(index).locked_scale(), belief))
            .collect();
        for index in 0..Chord::NONE_INDEX {
            let Some(chord) = Chord::from_index(index) else { continue };
            let tones = chord.tones();
            let in_key = believed.iter().filter(|(scale, _)| tones.is_subset(*scale)).map(|(_, belief)| belief);
            let held: f32 = tones.iter().map(|class| heard[usize::from(class)]).sum();
            opinion.chords[index] = KEY_WEIGHT * in_key.sum::<f32>() + NOTE_WEIGHT * (held - 0.05 * tones.len() as f32);
            opinion.change[index] = CLASH * (0.5 - held);
        }
        opinion
    }
}

impl Choice<'_> {
    fn allows(&self, index: usize) -> bool {
        Chord::from_index(index).is_some_and(|chord| allowed(chord, self.controls))
    }

    /// The advice on the chord, together with the opinion.
    fn weighed(&self, advice: &HarmonistLogits) -> [f32; Chord::VOCABULARY] {
        std::array::from_fn(|index| advice.chord[index] + self.opinion.chords[index])
    }

    /// The chord of the frame at `spot`, after `past`.
    fn chord(&self, advice: &HarmonistLogits, past: &Past, spot: Spot, recent: &Recent, random: Random) -> Chord {
        if let Some(held) = self.held {
            return held;
        }
        let standing = past.chord().filter(|&chord| allowed(chord, self.controls));
        match standing {
            Some(standing) if !self.changes(advice, past, spot, random) => standing,
            _ => self.another(advice, standing, recent, random),
        }
    }

    /// Whether the standing chord changes.
    fn changes(&self, advice: &HarmonistLogits, past: &Past, spot: Spot, random: Random) -> bool {
        let bars = past.age() as f32 * 6.0 / spot.position.meter.bar_ticks() as f32;
        let reluctance = match (spot.begins_bar(), spot.is_strong()) {
            (true, _) => FIRST_BEAT,
            (false, true) => MIDDLE,
            (false, false) => WEAK_BEAT,
        };
        let restless = (0.7 * (bars - 2.0)).clamp(0.0, 3.0) + self.opinion.change[Chord::index_of(past.chord())];
        let log_odds = advice.change[1] - advice.change[0] - reluctance + restless;
        spot.begins_beat()
            && happens(log_odds, RHYTHM_HEAT * self.controls.temperature, random.uniform(Purpose::HarmonicRhythm, 0))
    }

    fn another(&self, advice: &HarmonistLogits, standing: Option<Chord>, recent: &Recent, random: Random) -> Chord {
        let mut logits = self.weighed(advice);
        for (index, logit) in logits.iter_mut().enumerate() {
            let Some(chord) = Chord::from_index(index) else { continue };
            let same_root = standing.is_some_and(|standing| standing.root == chord.root);
            *logit -= recent.weariness(chord) + if same_root { COLOUR } else { 0.0 };
        }
        let freedom = Freedom { temperature: CHORD_HEAT * self.controls.temperature, nucleus: NUCLEUS };
        let other = |index| self.allows(index) && Chord::index_of(standing) != index;
        sample(&logits, other, freedom, random.uniform(Purpose::Chord, 0))
            .and_then(Chord::from_index)
            .or(standing)
            .unwrap_or_else(|| tonic(self.controls.key))
    }

    /// A chord for the frame at `next`, an eighth after a beat, if the note that was heard on the beat (the frame at
    /// `beat`) asks for one clearly and the band is to follow.
    fn correction(&self, heard: &Heard, beat: Spot, next: Spot, past: &Past) -> Option<Chord> {
        let standing = past.chord().filter(|_| self.held.is_none() && beat.begins_beat() && next.begins_eighth())?;
        let struck = matches!(heard.note, Note::Onset(_)) && !next.begins_beat() && self.follow > 0.0;
        self.better(heard, standing, CORRECTION / self.follow).filter(|_| struck)
    }

    /// The chord with the note in it that goes best with what was heard, if the log-odds against `standing` exceed `margin`.
    fn better(&self, heard: &Heard, standing: Chord, margin: f32) -> Option<Chord> {
        let chances = heard.chances(&self.weighed(&heard.logits));
        let holds_note = |chord: Chord| heard.note.pitch_class().is_none_or(|class| chord.contains(class));
        let fits = |index| self.allows(index) && Chord::from_index(index).is_some_and(holds_note);
        let best = likeliest(&chances, fits)?;
        let ahead = chances[best] - chances[standing.index()];
        Chord::from_index(best).filter(|&best| best != standing && ahead > margin)
    }
}

/// A frame that was read with its note, and what the network said to it.
struct Heard {
    logits: HarmonistLogits,
    /// The chord before the frame.
    before: Option<Chord>,
    note: Note,
}

impl Heard {
    /// The log-probability of each chord in the frame, whether it changes to it or has it already; `chords` are the
    /// log-odds of the chords if it changes.
    fn chances(&self, chords: &[f32; Chord::VOCABULARY]) -> [f32; Chord::VOCABULARY] {
        let before = Chord::index_of(self.before);
        let most = chords.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let others = (0..Chord::VOCABULARY).filter(|&index| index != before);
        let sum = most + others.map(|index| (chords[index] - most).exp()).sum::<f32>().ln();
        let change = self.logits.change[1] - self.logits.change[0];
        let log_of_share = |log_odds: f32| -(1.0 + (-log_odds).exp()).ln();
        std::array::from_fn(|index| {
            if index == before { log_of_share(-change) } else { log_of_share(change) + chords[index] - sum }
        })
    }
}

fn tonic(key: Key) -> Chord {
    let quality = if key.is_minor() { crate::music::Quality::Minor } else { crate::music::Quality::Major };
    Chord::new(key.tonic, quality)
}
