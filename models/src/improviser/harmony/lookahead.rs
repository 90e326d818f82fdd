//! How the band looks ahead: it imagines several futures, each with what the musician might play, and prefers the one
//! in which it likes best what it plays.

use super::advisor::{Advice, Advisor};
use super::choice::{ChordChoice, Recent};
use super::constraints::Constraints;
use super::history::History;
use super::{OUTLOOK_CHORDS, Planned};
use crate::controls::Controls;
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::chance::sampler::{Freedom, sample};
use crate::music::{Frame, Key, SlashChord, Spot, Tick};
use crate::network::features::Note;
use crate::network::harmonist::NOTES;

/// Frames that are imagined beyond the decided one: three quarter notes.
pub const HORIZON: Frame = 12;
/// And where the chord waits for the musician's note: just so many as the choice of a chord needs, for that note
/// decides how it goes on.
pub const SHORT_HORIZON: Frame = 4;
/// Futures that are imagined.
pub const FUTURES: u32 = 3;

/// Steps of the scale of regret per unit: coarse, so that every processor ranks the futures alike.
const GRID: f32 = 16.0;

/// The change of `planned` that is in force at `tick`, if one of them is.
pub fn planned_at(planned: &Planned, tick: Tick) -> Option<SlashChord> {
    planned.iter().flatten().take_while(|(from, _)| *from <= tick).last().map(|&(_, chord)| chord)
}

/// What all futures of a frame have in common.
#[derive(Clone, Copy)]
pub struct Lookahead<'a> {
    /// What the advice rests on.
    pub advisor: &'a Advisor<'a>,
    /// How chords are chosen.
    pub choice: &'a ChordChoice<'a>,
    /// What they must hold to.
    pub constraints: &'a Constraints,
    /// The key in which chords are permitted.
    pub key: Key,
    /// The parameters.
    pub controls: &'a Controls,
    /// The frame that is decided.
    pub next: Spot,
    /// What came before it.
    pub before: &'a History,
    /// The last chords.
    pub recent: Recent,
    /// What was planned before, of which what lies before the frame `certain` stands.
    pub promised: &'a Planned,
    /// The first frame that is free.
    pub certain: Frame,
    /// Frames that are imagined beyond the decided one.
    pub horizon: Frame,
}

/// A future: what follows on `harmony` in the decided frame, and how much the band regrets it.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// The harmony of the decided frame.
    pub harmony: SlashChord,
    /// The changes after it.
    pub planned: Planned,
    /// Less is better.
    regret: i32,
}

impl Future {
    /// A future that nobody has judged.
    pub fn of(harmony: SlashChord, planned: Planned) -> Self {
        Self { harmony, planned, regret: 0 }
    }

    /// The best of `futures`; of equals the first.
    pub fn best(futures: impl Iterator<Item = Self>) -> Option<Self> {
        futures.reduce(|best, future| if future.regret < best.regret { future } else { best })
    }
}

impl Lookahead<'_> {
    /// Imagines what follows on each of `beginnings`: a harmony of the decided frame and how much the band regrets it.
    /// `random` gives the numbers of each future at each spot.
    ///
    /// # Errors
    /// When the network fails.
    pub fn imagine(
        &self,
        beginnings: impl Iterator<Item = (SlashChord, f32)>,
        random: impl Fn(u32, Spot) -> Random,
    ) -> Result<impl Iterator<Item = Future>, String> {
        let mut rollouts: Vec<Rollout> =
            beginnings.map(|(harmony, regret)| Rollout::new(self, harmony, regret)).collect();
        for frames in 0..self.horizon {
            let open = rollouts.iter_mut().filter(|rollout| !rollout.is_full);
            let readings = open.map(|rollout| (&mut rollout.history, rollout.note, Some(rollout.harmony))).collect();
            let advice = self.advisor.read_all(self.next.plus(frames), readings)?;
            let spot = self.next.plus(frames + 1);
            let open = (0..).zip(&mut rollouts).filter(|(_, rollout)| !rollout.is_full);
            for ((variant, rollout), advice) in open.zip(&advice) {
                rollout.go_on(self, spot, advice, random(variant, spot));
            }
        }
        Ok(rollouts.into_iter().map(|rollout| self.finished(rollout)))
    }

    /// The future that was imagined. Beyond it stands what was planned before, if that joins on.
    fn finished(&self, Rollout { harmony, regret, mut future, .. }: Rollout) -> Future {
        let last = self.next.plus(self.horizon).tick();
        let later = self.promised.iter().flatten().filter(|(tick, _)| *tick > last);
        if planned_at(self.promised, last).or(self.before.standing()) == Some(harmony) {
            let free = future.planned.iter_mut().filter(|change| change.is_none());
            free.zip(later).for_each(|(free, change)| *free = Some(*change));
        }
        future.regret = (regret * GRID).round() as i32;
        future
    }
}

/// A future while it is imagined.
struct Rollout {
    history: History,
    recent: Recent,
    regret: f32,
    future: Future,
    /// The harmony and the musician's note of the frame that is read next.
    harmony: SlashChord,
    note: Note,
    /// Whether there are more changes than are planned: it goes no further.
    is_full: bool,
}

impl Rollout {
    fn new(present: &Lookahead, harmony: SlashChord, regret: f32) -> Self {
        let &Lookahead { before, recent, .. } = present;
        let mut rollout = Self {
            history: before.clone(),
            recent,
            regret,
            future: Future::of(harmony, [None; OUTLOOK_CHORDS]),
            harmony,
            note: Note::Hidden,
            is_full: false,
        };
        let standing = before.standing().map(|standing| standing.chord);
        if standing != Some(harmony.chord) {
            rollout.recent = rollout.recent.with(harmony.chord);
        }
        rollout
    }

    /// Goes on to `spot` after the frame before it was read.
    fn go_on(&mut self, present: &Lookahead, spot: Spot, advice: &Advice, random: Random) {
        let Lookahead { choice, constraints, key, controls, .. } = present;
        let standing = self.harmony;
        let permitted = constraints.permitted(spot, *key, controls, self.history.cycles());
        let promised = planned_at(present.promised, spot.tick()).or(Some(standing));
        let coming = promised
            .filter(|promised| spot.frame < present.certain && permitted.allow(promised.chord, Some(standing.chord)))
            .unwrap_or_else(|| choice.harmony(&advice.next, spot, &self.history, &self.recent, &permitted, random));
        self.regret += choice.regret(&advice.next, spot, Some(standing.chord), coming.chord);
        if coming.chord != standing.chord {
            self.recent = self.recent.with(coming.chord);
            match self.future.planned.iter_mut().find(|change| change.is_none()) {
                Some(change) => *change = Some((spot.tick(), coming)),
                None => self.is_full = true,
            }
        }
        self.harmony = coming;
        self.note = advice.note.map_or(Note::Hidden, |logits| {
            let freedom = Freedom { temperature: 1.0, nucleus: 0.9 };
            // As seen from the root, so that the same is imagined in every key.
            let root = usize::from(standing.chord.root);
            let place = |index: usize| match index {
                0 => 0,
                note => 1 + (note - 1) / 12 * 12 + (note - 1 + root) % 12,
            };
            let seen: [f32; NOTES] = std::array::from_fn(|index| logits[place(index)]);
            let drawn = sample(&seen, |_| true, freedom, random.uniform(Purpose::Listening, 0));
            drawn.map_or(Note::Hidden, |index| Note::from_index(place(index)))
        });
    }
}
