//! The player who decides the harmony: which chord stands in the next frame, what would answer each note that the
//! musician may play there, and what is planned after it.

use super::OUTLOOK_CHORDS;
use super::choice::{Choice, Reaction, Recent, Weights};
use super::key_belief::KeyBelief;
use super::listener::Listener;
use super::past::{Advisor, Grounds, Past};
use super::random::Random;
use super::spot::Spot;
use crate::controls::Controls;
use crate::music::{Chord, PitchClass, SlashChord, Tick};
use crate::network::Networks;
use crate::network::features::Note;

/// Frames that are planned beyond the decided one.
const PLANNED_FRAMES: i64 = 16;
/// The band plays on for so many bars after the musician has stopped.
const BARS_ALONE: Tick = 8;

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
    /// What the bass plays where the chord begins: its root, or another pitch class.
    pub bass: Option<PitchClass>,
    /// Whether the chord begins in the frame.
    pub changes: bool,
    /// The chord under a note of each pitch class, if the musician plays it in the frame.
    pub under: [Option<Chord>; 12],
    /// Chord changes expected after the frame, soonest first.
    pub planned: Planned,
}

/// Chord changes to come, soonest first: first tick and chord.
pub type Planned = [Option<(Tick, SlashChord)>; OUTLOOK_CHORDS];

/// Decides the harmony frame by frame. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Harmonist {
    advisor: Advisor,
    /// Up to the frame before the one that has just ended.
    past: Past,
    /// The chords of the frame that has just ended and of the one that begins now.
    committed: [Option<SlashChord>; 2],
    /// What notes would have asked for in those two frames.
    reactions: [Reactions; 2],
    recent: Recent,
    planned: Planned,
}

/// The chord that a note of each pitch class asks for.
type Reactions = [Option<Reaction>; 12];

impl Harmonist {
    /// A harmonist that has heard nothing.
    pub fn new(networks: &Networks) -> Self {
        Self {
            advisor: Advisor::of(networks),
            past: Past::default(),
            committed: [None; 2],
            reactions: [Reactions::default(); 2],
            recent: Recent::default(),
            planned: [None; OUTLOOK_CHORDS],
        }
    }

    /// Goes on with another network, which has heard nothing but knows the chord, the key and the notes of late.
    pub fn exchange(&mut self, networks: &Networks) {
        self.advisor = Advisor::of(networks);
        self.past.forget_states();
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
        let grounds = Grounds::of(&self.advisor, controls, keys);

        let mut past = self.past.clone();
        let heard = past.read(&grounds, before, listener.last_frame(), self.committed[0])?.here;

        let mut ahead = past.clone();
        let early = listener.early().map_or(Note::Hidden, Note::Onset);
        let expected = ahead.read(&grounds, now, early, self.committed[1])?.next;

        let weights = match self.advisor {
            Advisor::Network(_) => &Weights::NETWORK,
            Advisor::Rules => &Weights::RULES,
        };
        let choice = Choice::new(weights, controls, keys, ahead.heard(), listener.held_chord());
        let standing = ahead.standing().map(|standing| standing.chord);
        let harmony = (!self.rests(situation)).then(|| {
            let harmony = choice.harmony(&expected, &ahead, &self.recent, random(next));
            let corrected = || {
                let struck = usize::from(listener.last_frame().onset()?);
                // A chord that began after the note is an answer to it already.
                let reaction = self.reactions[0][struck].filter(|_| ahead.age() > 1)?;
                choice.heeds(&reaction, controls.follow).then(|| choice.over_bass(reaction.chord, &heard, random(next)))
            };
            if Some(harmony.chord) == standing { corrected().unwrap_or(harmony) } else { harmony }
        });
        let chord = harmony.map(|harmony| harmony.chord);
        let changes = chord != standing;

        let mut reactions = Reactions::default();
        let mut under = [chord; 12];
        if let Some(chord) = chord.filter(|_| !choice.is_made()) {
            for class in 0..12 {
                let advice = ahead.clone().read(&grounds, next, Note::Onset(class), harmony)?.here;
                let reaction = choice.reaction(&advice, class, chord);
                let heeded = reaction.filter(|reaction| choice.heeds(reaction, 1.0));
                under[usize::from(class)] = Some(heeded.map_or(chord, |reaction| reaction.chord));
                reactions[usize::from(class)] = reaction;
            }
        }

        let mut recent = self.recent;
        if let Some(chord) = chord.filter(|_| changes) {
            recent.push(chord);
        }
        let has_come = |&(tick, _): &(Tick, SlashChord)| tick <= next.tick();
        let planned = match harmony {
            None => [None; OUTLOOK_CHORDS],
            // The plan of a sixteenth ago still stands.
            Some(_) if !changes && !next.begins_eighth() && !self.planned[0].as_ref().is_some_and(has_come) => {
                self.planned
            }
            Some(harmony) => {
                let grounds = Grounds { mix: grounds.mix.pure(), ..grounds };
                plan(&grounds, ahead, next, harmony, &choice, recent, random)?
            }
        };

        self.past = past;
        self.recent = recent;
        self.planned = planned;
        self.committed = [self.committed[1], harmony];
        self.reactions = [self.reactions[1], reactions];
        Ok(Harmony { chord, bass: harmony.map(|harmony| harmony.bass), changes, under, planned })
    }

    /// Whether the band rests: nothing was heard yet, or for many bars; it enters with a beat.
    fn rests(&self, situation: &Situation) -> bool {
        let bars = BARS_ALONE * situation.next.position.meter.bar_ticks();
        let alone = situation.listener.silence().is_none_or(|silence| silence >= bars);
        let plays = self.committed[1].is_some();
        alone || (!plays && !situation.next.begins_beat())
    }
}

/// What is expected after `harmony` in the frame at `spot` if the musician lets the band go on; `future` is what comes
/// before that frame.
fn plan(
    grounds: &Grounds,
    mut future: Past,
    spot: Spot,
    mut harmony: SlashChord,
    choice: &Choice,
    mut recent: Recent,
    random: &impl Fn(Spot) -> Random,
) -> Result<Planned, String> {
    let mut planned = [None; OUTLOOK_CHORDS];
    let mut free = planned.iter_mut();
    for frames in 0..PLANNED_FRAMES {
        let expected = future.read(grounds, spot.plus(frames), Note::Hidden, Some(harmony))?.next;
        let next = spot.plus(frames + 1);
        let coming = choice.harmony(&expected, &future, &recent, random(next));
        if coming.chord != harmony.chord {
            recent.push(coming.chord);
            match free.next() {
                Some(change) => *change = Some((next.tick(), coming)),
                None => break,
            }
        }
        harmony = coming;
    }
    Ok(planned)
}
