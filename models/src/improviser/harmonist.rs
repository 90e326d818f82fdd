//! The player who decides the harmony: which chord stands in the next frame, what would answer each note that the
//! musician may play there, and what is planned after it.

use super::OUTLOOK_CHORDS;
use super::key_belief::KeyBelief;
use super::listener::Listener;
use super::past::{Advisor, Past, StyleMix};
use super::random::{Purpose, Random};
use super::sampler::{Freedom, happens, likeliest, sample};
use super::spot::Spot;
use crate::controls::Controls;
use crate::music::{Chord, Key, PitchClass, Tick};
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
/// The networks are too open-minded at temperature 1; see docs/models.md for what was measured.
const CHORD_HEAT: f32 = 0.65;
const NUCLEUS: f32 = 0.92;
/// Log-odds that a change off the beat needs.
const OFF_BEAT: f32 = 2.0;

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
        0.15 * times as f32 + if circles { 1.5 } else { 0.0 }
    }
}

impl Harmonist {
    /// A harmonist that has heard nothing.
    pub fn new(networks: &Networks) -> Self {
        let advisor = networks.harmonist.clone().map_or(Advisor::Rules, Advisor::Network);
        Self { advisor, past: Past::default(), committed: [None; 2], recent: Recent::default() }
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
        past.read(advisor, listener.last_frame(), before, mix, keys)?;
        past.commit(listener.last_frame(), self.committed[0]);

        let mut ahead = past.clone();
        let note = listener.early().map_or(Note::Hidden, Note::Onset);
        ahead.read(advisor, note, now, mix, keys)?;
        ahead.commit(note, self.committed[1]);

        let mut future = ahead.clone();
        let mut advice = future.read(advisor, Note::Hidden, next, mix, keys)?;
        let follow = controls.follow.clamp(0.0, 1.0);
        if let Some(class) = listener.newest().filter(|_| follow > 0.0) {
            let reaction = ahead.clone().read(advisor, Note::Held(class), next, mix, keys)?;
            advice = advice.mixed(&reaction, follow);
        }

        let choice = Choice { controls, keys, held: listener.held_chord().filter(|&chord| allowed(chord, controls)) };
        let chord = if self.rests(situation) {
            None
        } else {
            Some(choice.chord(&advice, &ahead, next, &self.recent, random(next)))
        };
        let changes = chord != ahead.chord();

        let mut under = [chord; 12];
        if chord.is_some() && choice.held.is_none() && controls.players[0].on {
            for class in (0..12).filter(|&class| chord.is_some_and(|chord| !chord.contains(class))) {
                let reaction = ahead.clone().read(advisor, Note::Onset(class), next, mix, keys)?;
                under[usize::from(class)] = choice.reaction(&reaction, class).or(chord);
            }
        }

        let mut recent = self.recent;
        if let Some(chord) = chord.filter(|_| changes) {
            recent.push(chord);
        }
        future.commit(Note::Hidden, chord);
        let planned = if chord.is_some() {
            plan(advisor, future, next, mix, &choice, recent, random)?
        } else {
            [None; OUTLOOK_CHORDS]
        };

        self.past = past;
        self.recent = recent;
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
    mix: StyleMix,
    choice: &Choice,
    mut recent: Recent,
    random: &impl Fn(Spot) -> Random,
) -> Result<[Option<(Tick, Chord)>; OUTLOOK_CHORDS], String> {
    let mut planned = [None; OUTLOOK_CHORDS];
    let mut free = planned.iter_mut();
    for frames in 1..=PLANNED_FRAMES {
        let spot = spot.plus(frames);
        let advice = future.read(advisor, Note::Hidden, spot, mix.pure(), choice.keys)?;
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
    keys: &'a KeyBelief,
    held: Option<Chord>,
}

impl Choice<'_> {
    fn allows(&self, index: usize) -> bool {
        Chord::from_index(index).is_some_and(|chord| allowed(chord, self.controls))
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
        let log_odds = advice.change[1] - advice.change[0] + (0.7 * (bars - 2.0)).clamp(0.0, 3.0);
        if spot.begins_beat() {
            happens(log_odds, RHYTHM_HEAT * self.controls.temperature, random.uniform(Purpose::HarmonicRhythm, 0))
        } else {
            self.controls.follow > 0.5
                && spot.begins_eighth()
                && past.age() > 2
                && log_odds > OFF_BEAT / self.controls.follow
        }
    }

    fn another(&self, advice: &HarmonistLogits, standing: Option<Chord>, recent: &Recent, random: Random) -> Chord {
        let mut logits = advice.chord;
        for chord in recent.0.into_iter().flatten() {
            logits[chord.index()] = advice.chord[chord.index()] - recent.weariness(chord);
        }
        let freedom = Freedom { temperature: CHORD_HEAT * self.controls.temperature, nucleus: NUCLEUS };
        let other = |index| self.allows(index) && Chord::index_of(standing) != index;
        sample(&logits, other, freedom, random.uniform(Purpose::Chord, 0))
            .and_then(Chord::from_index)
            .or(standing)
            .unwrap_or_else(|| tonic(self.controls.key))
    }

    /// The chord under a note of `class` that the standing chord lacks, if the advice is to change for it.
    fn reaction(&self, advice: &HarmonistLogits, class: PitchClass) -> Option<Chord> {
        let with_note =
            |index| self.allows(index) && Chord::from_index(index).is_some_and(|chord| chord.contains(class));
        let changes = advice.change[1] > advice.change[0];
        likeliest(&advice.chord, with_note).filter(|_| changes).and_then(Chord::from_index)
    }
}

fn tonic(key: Key) -> Chord {
    let quality = if key.is_minor() { crate::music::Quality::Minor } else { crate::music::Quality::Major };
    Chord::new(key.tonic, quality)
}
