//! How the band looks ahead: it imagines several futures, each with what the musician might play, and prefers the one
//! that a critic likes best.

use super::OUTLOOK_CHORDS;
use super::choice::{Choice, Recent};
use super::past::{Grounds, Past};
use super::random::{Purpose, Random};
use super::sampler::{Freedom, sample};
use super::spot::Spot;
use super::terms::Covenant;
use crate::controls::Controls;
use crate::music::{Chord, Frame, Key, SlashChord, Tick};
use crate::network::features::Note;

/// Frames that are imagined beyond the decided one.
const HORIZON: Frame = 16;
/// Futures that are imagined.
pub const FUTURES: u32 = 3;

/// What the critic gives for each frame in which the imagined melody is not in the chord.
const CLASH: f32 = -0.1;
/// For each tone that one chord hands on to the next.
const COMMON_TONE: f32 = 0.15;
/// For a dominant that goes home where a bar begins.
const CADENCE: f32 = 1.0;
/// For each chord that the future has not had yet.
const VARIETY: f32 = 0.2;
/// Steps of the critic's scale per unit: coarse, so that every processor ranks the futures alike.
const GRID: f32 = 16.0;

/// Chord changes to come, soonest first: first tick and chord.
pub type Planned = [Option<(Tick, SlashChord)>; OUTLOOK_CHORDS];

/// The change of `planned` that is in force at `tick`, if one of them is.
pub fn planned_at(planned: &Planned, tick: Tick) -> Option<SlashChord> {
    planned.iter().flatten().take_while(|(from, _)| *from <= tick).last().map(|&(_, chord)| chord)
}

/// What all futures of a frame have in common.
#[derive(Clone, Copy)]
pub struct Present<'a> {
    /// What the advice rests on.
    pub grounds: &'a Grounds<'a>,
    /// How chords are chosen.
    pub choice: &'a Choice<'a>,
    /// What they must hold to.
    pub covenant: &'a Covenant,
    /// The key in which the terms are meant.
    pub key: Key,
    /// The parameters.
    pub controls: &'a Controls,
    /// The frame that is decided.
    pub next: Spot,
    /// What came before it.
    pub before: &'a Past,
    /// The last chords.
    pub recent: Recent,
    /// What was planned before, of which what lies before the frame `certain` stands.
    pub promised: &'a Planned,
    /// The first frame that is free.
    pub certain: Frame,
}

/// A future: what follows on `harmony` in the decided frame, and what the critic gives for it.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// The harmony of the decided frame.
    pub harmony: SlashChord,
    /// The changes after it.
    pub planned: Planned,
    /// More is better.
    score: i32,
}

impl Future {
    /// A future that nobody has judged.
    pub fn of(harmony: SlashChord, planned: Planned) -> Self {
        Self { harmony, planned, score: 0 }
    }

    /// The best of `futures`; of equals the first.
    pub fn best(futures: impl Iterator<Item = Self>) -> Option<Self> {
        futures.reduce(|best, future| if future.score > best.score { future } else { best })
    }
}

impl Present<'_> {
    /// Imagines what follows if the frame has `harmony`, which the band regrets so much; `random` gives the numbers of
    /// each spot.
    ///
    /// # Errors
    /// When the network fails.
    pub fn imagine(
        &self,
        mut harmony: SlashChord,
        regret: f32,
        random: impl Fn(Spot) -> Random,
    ) -> Result<Future, String> {
        let mut past = self.before.clone();
        let (mut covenant, mut recent) = (self.covenant.clone(), self.recent);
        let mut critic = Critic::new(self.key, -regret);
        let mut future = Future::of(harmony, [None; OUTLOOK_CHORDS]);
        let mut free = future.planned.iter_mut();
        if past.standing().map(|standing| standing.chord) != Some(harmony.chord) {
            (recent, covenant) = (recent.with(harmony.chord), covenant.with(harmony.chord));
            critic.hear_change(past.standing().map(|standing| standing.chord), harmony.chord, self.next);
        }
        let mut note = Note::Hidden;
        for frames in 0..HORIZON {
            critic.hear_note(note, harmony.chord);
            let advice = past.read(self.grounds, self.next.plus(frames), note, Some(harmony))?;
            let spot = self.next.plus(frames + 1);
            let numbers = random(spot);
            let terms = covenant.terms(spot, self.key, self.controls);
            let promised = planned_at(self.promised, spot.tick()).or(Some(harmony));
            let coming = promised
                .filter(|promised| spot.frame < self.certain && terms.stand.contains(promised.chord))
                .unwrap_or_else(|| self.choice.harmony(&advice.next, &past, &recent, &terms, numbers));
            critic.add(-self.choice.regret(&advice.next, Some(harmony.chord), coming.chord));
            if coming.chord != harmony.chord {
                (recent, covenant) = (recent.with(coming.chord), covenant.with(coming.chord));
                critic.hear_change(Some(harmony.chord), coming.chord, spot);
                match free.next() {
                    Some(change) => *change = Some((spot.tick(), coming)),
                    None => break,
                }
            }
            harmony = coming;
            note = advice.note.map_or(Note::Hidden, |logits| {
                let freedom = Freedom { temperature: 1.0, nucleus: 0.9 };
                let drawn = sample(&logits, |_| true, freedom, numbers.uniform(Purpose::Listening, 0));
                drawn.map_or(Note::Hidden, Note::from_index)
            });
        }
        future.score = critic.score();
        Ok(future)
    }
}

/// What makes one future better than another: that the band likes what it plays, that the voices can move little, that
/// phrases close, and that there is something new.
#[derive(Clone, Debug)]
struct Critic {
    key: Key,
    sum: f32,
    heard: Vec<Chord>,
}

impl Critic {
    fn new(key: Key, sum: f32) -> Self {
        Self { key, sum, heard: Vec::new() }
    }

    fn add(&mut self, value: f32) {
        self.sum += value;
    }

    fn hear_note(&mut self, note: Note, chord: Chord) {
        if note.pitch_class().is_some_and(|class| !chord.contains(class)) {
            self.add(CLASH);
        }
    }

    fn hear_change(&mut self, from: Option<Chord>, to: Chord, spot: Spot) {
        if let Some(from) = from {
            self.add(COMMON_TONE * from.tones().intersection(to.tones()).len() as f32);
            let dominant = (self.key.tonic + 7) % 12;
            if from.root == dominant && to.root == self.key.tonic && spot.begins_bar() {
                self.add(CADENCE);
            }
        }
        if !self.heard.contains(&to) {
            self.heard.push(to);
            self.add(VARIETY);
        }
    }

    fn score(&self) -> i32 {
        (self.sum * GRID).round() as i32
    }
}
