//! The player who decides the harmony: which chord stands in the next frame, what would answer each note that the
//! musician may play there, and what is planned after it.

use super::advisor::{Advice, AdviceSource, Advisor};
use super::choice::{ChordChoice, Reaction, Recent};
use super::constraints::{Chords, Constraints, Permitted};
use super::history::History;
use super::lookahead::{FUTURES, Future, HORIZON, Lookahead, SHORT_HORIZON, planned_at};
use super::weights::Weights;
use super::{Alternatives, OUTLOOK_CHORDS, Planned};
use crate::controls::{Controls, Player};
use crate::improviser::chance::grid::probabilities;
use crate::improviser::chance::random::Random;
use crate::improviser::listening::Listener;
use crate::improviser::listening::key_belief::KeyBelief;
use crate::improviser::memory::Memory;
use crate::improviser::tune::changes::{Bearings, Expected};
use crate::improviser::tune::chart::Guidance;
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{Chord, Frame, Key, PitchClass, SlashChord, Spot, Tick};
use crate::network::Networks;
use crate::network::features::Note;
use crate::network::harmonist::HarmonyLogits;

/// The band plays on for so many bars after the musician has stopped.
const BARS_ALONE: Tick = 8;
/// The chord waits where a note is at least this likely.
const LIKELY: f32 = 0.25;
/// A musician who has been silent for this many bars is not waited for.
const BARS_PATIENT: Tick = 1;

/// What the harmonist must know about the frame to decide.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What was heard before `now`.
    pub listener: &'a Listener,
    /// The parameters at `now`.
    pub controls: &'a Controls,
    /// The key that the band believes to be in, or the locked one.
    pub key: Key,
    /// The keys that it believes to be in.
    pub keys: KeyBelief,
    /// What the musician has played so far.
    pub memory: &'a Memory,
    /// The harmony that is given, if it is: the band takes it.
    pub given: Option<SlashChord>,
    /// What the chart says of the frame to decide.
    pub guidance: Guidance,
    /// The changes that are expected, if the song is in them.
    pub expected: Option<Expected>,
    /// How many bars of the song are no bars of its form, for they were played again.
    pub repeated: Tick,
    /// Whether the band plays though the musician does not: somebody has given the chart.
    pub plays_alone: bool,
    /// The frame that has just ended, the one that begins now, those that were decided after it, and the one to decide:
    /// at least three, as the song goes through them.
    pub path: &'a [Spot],
    /// Whether the chord may wait for the musician's note there.
    pub may_wait: bool,
}

impl Situation<'_> {
    /// The frame to decide.
    fn next(&self) -> Spot {
        self.path[self.path.len() - 1]
    }
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
    /// What the band plays instead if that note comes in time, where the chord waits for it.
    pub alternatives: Option<Alternatives>,
    /// Chord changes expected after the frame, soonest first.
    pub planned: Planned,
    /// The first tick at which what is planned may still change.
    pub certain: Tick,
}

impl Harmony {
    /// The chord over its bass.
    pub fn slash_chord(&self) -> Option<SlashChord> {
        self.chord.zip(self.bass).map(|(chord, bass)| SlashChord { chord, bass })
    }
}

/// Decides the harmony frame by frame. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Harmonist {
    source: AdviceSource,
    /// For the advice of the network.
    weights: Weights,
    /// Up to the frame before the one that has just ended.
    history: History,
    /// The frame that has just ended, the one that begins now, and those that were decided after it.
    decided: Vec<Decided>,
    recent: Recent,
    constraints: Constraints,
    /// In which keys the changes are expected.
    bearings: Bearings,
    planned: Planned,
    /// The first frame for which nothing is promised.
    certain: Frame,
    /// Frames that were decided since the chord last waited, that one among them.
    since_fork: usize,
}

/// A frame that was decided, and may not have been played yet.
#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    /// What stands in it.
    harmony: Option<SlashChord>,
    /// What notes would have asked for.
    reactions: Reactions,
}

/// The chord that a note of each pitch class asks for.
type Reactions = [Option<Reaction>; 12];

/// What is found out on the way to a decision.
struct Grown {
    history: History,
    ahead: History,
    heard: Advice,
    expected: Advice,
}

impl Harmonist {
    /// A harmonist that has heard nothing, and weighs the advice of a network with `weights`.
    pub fn new(networks: &Networks, weights: Weights) -> Self {
        Self {
            source: AdviceSource::of(networks),
            weights,
            history: History::default(),
            decided: vec![Decided::default()],
            recent: Recent::default(),
            constraints: Constraints::default(),
            bearings: Bearings::default(),
            planned: [None; OUTLOOK_CHORDS],
            certain: Frame::MIN,
            since_fork: usize::MAX,
        }
    }

    /// How the advice of the network is weighed.
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// Goes on with another network, which has heard nothing but knows the chord, the key and the notes of late.
    pub fn exchange(&mut self, networks: &Networks) {
        self.source = AdviceSource::of(networks);
        self.history.forget_states();
    }

    /// The chord that waited was answered: from the frame in which it waited on, `chord` stands.
    pub fn turn(&mut self, chord: SlashChord) {
        for frame in self.decided.iter_mut().rev().take(self.since_fork) {
            frame.harmony = Some(chord);
        }
        self.recent = self.recent.with(chord.chord);
        self.planned = [None; OUTLOOK_CHORDS];
    }

    /// The left hand has struck `chord` in the first of the last `frames` that were decided: it stands from there on.
    pub fn give_way(&mut self, chord: SlashChord, frames: usize) {
        let stood = self.last_decided().harmony;
        self.decided.iter_mut().rev().take(frames).for_each(|frame| frame.harmony = Some(chord));
        if stood.map(|stood| stood.chord) != Some(chord.chord) {
            self.recent = self.recent.with(chord.chord);
        }
        self.planned = [None; OUTLOOK_CHORDS];
    }

    /// The barline with which the band comes to its end, if it was asked to.
    pub fn ends(&self) -> Option<Tick> {
        self.constraints.arrival()
    }

    /// The song goes on `delta` ticks later than it would have.
    pub fn jump(&mut self, delta: Tick) {
        self.constraints.jump(delta);
        self.planned.iter_mut().flatten().for_each(|(tick, _)| *tick += delta);
        self.certain = self.certain.saturating_add(delta / TICKS_PER_FRAME);
    }

    /// Decides the last frame of `situation.path`. Call once for every frame, in playing order.
    pub fn decide(&mut self, situation: &Situation, random: impl Fn(Spot) -> Random) -> Harmony {
        // Where the band begins to plan ahead by more frames, what stood goes on.
        let standing = Decided { reactions: Reactions::default(), ..self.last_decided() };
        self.decided.resize(situation.path.len() - 1, standing);
        let has_changes = situation.expected.is_some();
        self.constraints.follow(situation.next(), situation.controls, has_changes, situation.repeated);
        self.attempt(situation, &random).unwrap_or_else(|_| {
            // A network that fails once is not asked again.
            self.source = AdviceSource::Rules;
            self.history.forget_states();
            self.attempt(situation, &random).unwrap_or_default()
        })
    }

    fn attempt(&mut self, situation: &Situation, random: &impl Fn(Spot) -> Random) -> Result<Harmony, String> {
        let (&Situation { listener, controls, ref keys, .. }, next) = (situation, situation.next());
        let advisor = Advisor::of(&self.source, controls, keys);
        let Grown { history, ahead, heard, expected } = self.read(&advisor, situation)?;
        let weights = match self.source {
            AdviceSource::Network(_) => self.weights,
            AdviceSource::Rules => Weights::RULES,
        };
        let bearings = self.bearings_of(situation);
        let choice = ChordChoice::new(&weights, controls, situation.key, keys, situation.given, situation.memory);
        let choice = choice.expecting(situation.expected, &bearings);
        let permitted = self.constraints.permitted(next, situation.key, controls, ahead.cycles());
        let standing = ahead.standing().map(|standing| standing.chord);

        let frames_ahead = self.decided.len() - 1;
        let waits = self.waits(situation, &choice, &expected);
        // Where the chord waits for a note, what is planned is for the case that none comes.
        let coming = if waits {
            let silence = match listener.last_frame() {
                Note::Onset(class) | Note::Held(class) => Note::Held(class),
                Note::Rest | Note::Hidden => Note::Rest,
            };
            advisor.read(&mut ahead.clone(), next, silence, None)?.here
        } else {
            expected.next
        };
        let future = if self.rests(situation) {
            None
        } else {
            Some(self.future(situation, &advisor, &choice, &permitted, &ahead, &coming, waits, random)?)
        };
        let harmony = future.map(|future| {
            let corrected = || {
                let struck = usize::from(listener.last_frame().onset()?);
                // A chord that began after the note is an answer to it already.
                let reaction = self.decided[0].reactions[struck].filter(|_| ahead.age() as usize > frames_ahead)?;
                let heeds = permitted.begin.contains(reaction.chord) && choice.heeds_late(&reaction, controls.follow);
                heeds.then(|| choice.over_bass(reaction.chord, &heard.here, random(next)))
            };
            let is_free = Some(future.harmony.chord) == standing && next.frame >= self.certain;
            is_free.then(corrected).flatten().unwrap_or(future.harmony)
        });
        let chord = harmony.map(|harmony| harmony.chord);
        let changes = chord != standing;

        let mut reactions = Reactions::default();
        let mut under = [chord; 12];
        let mut alternatives = waits.then_some(Alternatives::default());
        // A chord that a note asks for stands in the next frames too: they are decided before the note is known.
        let after = (1..=frames_ahead as Frame).filter(|_| waits).map(|frames| next.plus(frames));
        let after: Vec<Chords> = after
            .map(|after| self.constraints.permitted(after, situation.key, controls, ahead.cycles()).stand)
            .collect();
        if let Some(planned) = harmony.filter(|_| next.begins_beat() && !choice.is_made()) {
            // Nobody would hear another chord than the one to which they are the melody.
            let voices_alone = !Player::accompaniment().any(|player| controls.player(player).on);
            let mut histories: [History; 12] = std::array::from_fn(|_| ahead.clone());
            let struck = histories.iter_mut().zip(0..).map(|(history, class)| (history, Note::Onset(class), harmony));
            for (class, advice) in (0u8..12).zip(advisor.read_all(next, struck.collect())?) {
                let advice = advice.here;
                let Some(reaction) =
                    choice.reaction(&advice, next, standing, planned.chord, class, &permitted, random(next))
                else {
                    continue;
                };
                reactions[usize::from(class)] = Some(reaction);
                if !choice.heeds(&reaction, controls.follow) {
                    continue;
                }
                if voices_alone {
                    under[usize::from(class)] = Some(reaction.chord);
                }
                if let Some(alternatives) = &mut alternatives
                    && after.iter().all(|after| after.contains(reaction.chord))
                {
                    let stood = ahead.standing().filter(|standing| standing.chord == reaction.chord);
                    let answer = stood.unwrap_or_else(|| choice.over_bass(reaction.chord, &advice, random(next)));
                    alternatives[usize::from(class)] = Some(answer);
                }
            }
        }

        if let Some(chord) = chord.filter(|_| changes) {
            self.recent = self.recent.with(chord);
        }
        // A correction leaves what was planned behind.
        let kept = future.filter(|future| Some(future.harmony) == harmony);
        self.planned = kept.map_or([None; OUTLOOK_CHORDS], |future| future.planned);
        self.certain = if harmony.is_some() { next.frame + Frame::from(controls.commit) } else { Frame::MIN };
        self.since_fork = if alternatives.is_some() { 1 } else { self.since_fork.saturating_add(1) };
        self.history = history;
        self.bearings = bearings;
        self.decided.rotate_left(1);
        self.decided[frames_ahead] = Decided { harmony, reactions };
        Ok(Harmony {
            chord,
            bass: harmony.map(|harmony| harmony.bass),
            changes,
            under,
            alternatives,
            planned: self.planned,
            certain: next.plus(controls.commit.into()).tick(),
        })
    }

    /// The key in which the changes are expected.
    pub fn key(&self) -> Option<Key> {
        self.bearings.key()
    }

    /// In which keys the changes are expected after the frame that has just ended.
    fn bearings_of(&self, situation: &Situation) -> Bearings {
        let (&Situation { listener, ref keys, ref expected, .. }, next) = (situation, situation.next());
        let Some(expected) = expected else { return Bearings::default() };
        let mut bearings = self.bearings.clone();
        bearings.hear(listener.last_frame());
        if let Some(given) = listener.held_harmony().filter(|_| next.begins_beat()) {
            bearings.hear_chord(expected, next, given.chord);
        }
        bearings.settle(expected, keys, next);
        bearings
    }

    /// The frame that was decided last.
    fn last_decided(&self) -> Decided {
        self.decided.last().copied().unwrap_or_default()
    }

    /// Reads the frame that has just ended, and of those that follow what is known.
    fn read(&self, advisor: &Advisor, situation: &Situation) -> Result<Grown, String> {
        let &Situation { listener, path, .. } = situation;
        let mut history = self.history.clone();
        let heard = advisor.read(&mut history, path[0], listener.last_frame(), self.decided[0].harmony)?;
        let mut ahead = history.clone();
        let early = listener.early().map_or(Note::Hidden, Note::Onset);
        let mut expected = advisor.read(&mut ahead, path[1], early, self.decided[1].harmony)?;
        for (&spot, decided) in path.iter().zip(&self.decided).skip(2) {
            expected = advisor.read(&mut ahead, spot, Note::Hidden, decided.harmony)?;
        }
        Ok(Grown { history, ahead, heard, expected })
    }

    /// The harmony of the frame and what is to follow on it: as was planned, or the best of several futures where a
    /// beat begins, or where what the musician played has left none of the plan, or where it has come to nothing.
    #[allow(clippy::too_many_arguments)]
    fn future(
        &self,
        situation: &Situation,
        advisor: &Advisor,
        choice: &ChordChoice,
        permitted: &Permitted,
        ahead: &History,
        coming: &HarmonyLogits,
        waits: bool,
        random: &impl Fn(Spot) -> Random,
    ) -> Result<Future, String> {
        let (&Situation { controls, key, .. }, next) = (situation, situation.next());
        let standing = ahead.standing();
        let promised = planned_at(&self.planned, next.tick()).or(standing);
        let before = standing.map(|standing| standing.chord);
        let promised = promised.filter(|promised| {
            next.frame < self.certain && !choice.is_made() && permitted.allow(promised.chord, before)
        });
        let drawn = |variant: u32| {
            promised.unwrap_or_else(|| {
                choice.harmony(coming, next, ahead, &self.recent, permitted, random(next).variant(variant))
            })
        };
        let first = drawn(0);
        let has_come = self.planned[0].is_some_and(|(tick, _)| tick <= next.tick());
        let stands = standing == Some(first);
        let goes_on = stands && !next.begins_beat() && !has_come;
        // By now it is known how the chord that waited was answered.
        let has_turned = self.since_fork == self.decided.len();
        let is_lost = has_turned && self.planned[0].is_none();
        if choice.is_made() || goes_on && !is_lost {
            // What was planned a moment ago still stands.
            let planned = if choice.is_made() { [None; OUTLOOK_CHORDS] } else { self.planned };
            return Ok(Future::of(first, planned));
        }
        let advisor = Advisor { mix: advisor.mix.pure(), ..advisor.clone() };
        let present = Lookahead {
            advisor: &advisor,
            choice,
            constraints: &self.constraints,
            key,
            controls,
            next,
            before: ahead,
            recent: self.recent,
            promised: &self.planned,
            certain: self.certain,
            horizon: if waits { SHORT_HORIZON } else { HORIZON },
        };
        let beginnings = (0..FUTURES).map(|variant| {
            let harmony = if goes_on { first } else { drawn(variant) };
            (harmony, choice.regret(coming, next, before, harmony.chord))
        });
        let futures = present.imagine(beginnings, |variant, spot| random(spot).variant(variant))?;
        Ok(Future::best(futures).unwrap_or(Future::of(first, self.planned)))
    }

    /// Whether the chord of the frame waits for the musician's note: where a beat begins and a note is likely.
    fn waits(&self, situation: &Situation, choice: &ChordChoice, expected: &Advice) -> bool {
        let (&Situation { listener, controls, may_wait, .. }, next) = (situation, situation.next());
        let is_wanted = controls.wait > 0.0 && controls.follow > 0.0 && controls.commit == 1;
        let bar = next.position.meter.bar_ticks();
        let plays = listener.silence().is_some_and(|silence| silence < BARS_PATIENT * bar);
        let is_likely = || {
            let Some(logits) = expected.note else { return true };
            probabilities(&logits)[1..13].iter().sum::<f32>() > LIKELY
        };
        may_wait && is_wanted && plays && next.begins_beat() && !choice.is_made() && is_likely()
    }

    /// Whether the band rests: nothing was heard yet, or for many bars, and there is no chart to go by; or the chart
    /// has no chord, or the band has come to its end; it enters with a beat, or with the chord that the musician
    /// holds.
    fn rests(&self, situation: &Situation) -> bool {
        let (&Situation { listener, given, guidance, plays_alone, .. }, next) = (situation, situation.next());
        let bars = BARS_ALONE * next.position.meter.bar_ticks();
        let alone = !plays_alone && listener.silence().is_none_or(|silence| silence >= bars);
        let is_silenced = guidance == Guidance::Silent && given.is_none();
        let plays = self.last_decided().harmony.is_some();
        let enters = next.begins_beat() || listener.held_harmony().is_some();
        alone || is_silenced || self.constraints.is_over(next) || (!plays && !enters)
    }
}
