//! The next note of a phrase, drawn from what the network says.

use super::bounds::{Bounds, REACH};
use super::line::{Line, Place};
use super::reach::{Keys, open_as_far_as_possible};
use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::improviser::chance::sampler::{Freedom, sample};
use crate::improviser::listening::LeadNote;
use crate::improviser::memory::{Recall, until_the_next};
use crate::music::Tick;
use crate::music::time::TICKS_PER_FRAME;
use crate::network::features::{TIME_CLASSES, TIMES, time_class};
use crate::network::soloist::SoloistLogits;

/// Log-odds against a note as far from the phrase's middle as its reach; they grow with the square of the distance.
const FAR: f32 = 3.0;
/// Log-odds against the key of the note before, for each time that it has come in a row.
const AGAIN: f32 = 1.5;
/// Log-odds against the time between the last two notes, for each time in a row beyond [`PULSE`], unless the
/// musician says how many notes there are to be.
const ONWARD: f32 = 0.6;
/// How many times in a row a time between two notes is a rhythm, not yet a drill.
const PULSE: usize = 4;
/// Log-odds in favour of a chord tone on a beat.
const ON_BEAT: f32 = 1.2;
/// Log-odds against a note outside the scale, in the styles that have such notes, unless the musician says how many
/// there are to be.
const CHROMATIC: f32 = 1.5;
/// The longest time between two notes of a phrase, in beats.
const LONGEST_WAIT: Tick = 4;
const NUCLEUS: f32 = 0.95;
const TIME_HEAT: f32 = 0.8;
const PITCH_HEAT: f32 = 0.9;
const LENGTH_HEAT: f32 = 0.6;

/// What a note is to be like, as far as that is settled before it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Ticks to the note after it.
    pub time: Option<Tick>,
    /// How long it sounds.
    pub length: Option<Tick>,
    /// Its key, or the nearest that the bounds allow.
    pub key: Option<i32>,
}

impl Wish {
    /// With what `other` says where this one says nothing.
    pub fn or(self, other: Self) -> Self {
        let Self { time, length, key } = self;
        Self { time: time.or(other.time), length: length.or(other.length), key: key.or(other.key) }
    }
}

/// What comes next in a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub key: u8,
    pub length: Tick,
    /// Ticks to the note after it.
    pub time: Tick,
    /// Whether it is the last.
    pub ends: bool,
}

/// The logits from which a note at `place` in `line` is drawn, from those of the network: what the network cannot know
/// of the phrase, and what taste adds. What is recalled and the bounds come on top of it.
fn inclined(logits: &SoloistLogits, line: &Line, place: Place, bounds: &Bounds) -> SoloistLogits {
    let mut inclined = *logits;
    let palette = bounds.palette_at(place.onset);
    let chromatic = if bounds.context.controls.lead_chromaticism.is_none() { CHROMATIC } else { 0.0 };
    let on_beat = place.position.is_beat(place.onset);
    let middle = bounds.middle(place.onset);
    for (index, logit) in inclined.pitch.iter_mut().enumerate() {
        let class = index as u8 % 12;
        if palette.chord.contains(class) {
            *logit += if on_beat { ON_BEAT } else { 0.0 };
        } else if !palette.scale.contains(class) {
            *logit -= chromatic;
        }
        let distance = (bounds.compass.key(index) as f32 - middle) / REACH as f32;
        *logit -= FAR * distance * distance;
        if line.last.is_some_and(|last| i32::from(last.key) == bounds.compass.key(index)) {
            *logit -= AGAIN * line.same_key as f32;
        }
    }
    let (time, times) = line.pulse();
    if bounds.context.controls.lead_density().is_none() {
        inclined.time[time_class(time)] -= ONWARD * times.saturating_sub(PULSE) as f32;
    }
    inclined
}

/// Draws the note at `place` in `line`, number `number` of the phrase: when the one after it begins first, because
/// that decides which keys are open; the key that goes with that time; and the length that goes with both. Each of
/// `recalled` counts by its share, 0–1. What is settled about the note stands first in `wishes`, then the notes after
/// it. `before` is the key before it in the phrase. `None` if no key is open to it now.
pub(super) fn draw(
    logits: Option<&SoloistLogits>,
    recalled: &[(Recall, f32)],
    (line, place): (&Line, Place),
    bounds: &Bounds,
    wishes: &[Wish],
    (number, before): (u32, Option<u8>),
) -> Option<Next> {
    let &Bounds { context, compass, end, .. } = bounds;
    let random = |purpose| context.random.uniform(purpose, number);
    let freedom = |heat| Freedom { temperature: heat * context.controls.temperature, nucleus: NUCLEUS };
    // Taste comes first: figures that were played are not a matter of it.
    let logits = logits.map(|logits| inclined(logits, line, place, bounds));
    let wish = wishes.first().copied().unwrap_or_default();
    let onset = place.onset;

    let beat = context.position.meter.beat_ticks();
    let pace = bounds.quickest..=LONGEST_WAIT * beat;
    let can_follow = |time: Tick| pace.contains(&time) && !bounds.open(onset, time, before).is_empty();
    let class = |logits: &[f32; TIMES], allowed: &dyn Fn(Tick) -> bool, heat, purpose| {
        sample(logits, |class| allowed(TIME_CLASSES[class]), freedom(heat), random(purpose))
            .map(|class| TIME_CLASSES[class])
    };
    let times = logits.map(|logits| mixed(logits.time, recalled, Recall::mix_time));
    let drawn = || class(&times?, &can_follow, TIME_HEAT, Purpose::Time);
    let time = wish.time.or_else(drawn).unwrap_or(TICKS_WITHOUT_ADVICE);
    let ends = bounds.ends(onset, time);
    let open = open_keys(bounds, onset, time, before, wishes);
    let near = |key: i32| open.closest(key);
    let mix = |recall: &Recall, logits: &mut _, share| recall.mix_pitch(logits, Some(time), share);
    let pitches = logits.map(|logits| mixed(logits.pitch, recalled, mix));
    let drawn = || {
        let allowed = |index: usize| open.contains(compass.key(index));
        let pitch = sample(&pitches?, allowed, freedom(PITCH_HEAT), random(Purpose::Pitch))?;
        near(compass.key(pitch))
    };
    let key = wish.key.and_then(near).or_else(drawn).or_else(|| near(before.map_or(compass.centre, i32::from)))?;

    let mix = |recall: &Recall, logits: &mut _, share| recall.mix_length(logits, (time, key.into()), share);
    let lengths = logits.map(|logits| mixed(until_the_next(&logits.length, time), recalled, mix));
    let drawn = || class(&lengths?, &|length| length <= time, LENGTH_HEAT, Purpose::Length);
    let length = wish.length.or_else(drawn).unwrap_or(time).min(time);
    let left = (end - onset).max(1);
    let length = if ends { length.clamp(bounds.cadence().min(left), (4 * beat).min(left)) } else { length };
    Some(Next { key, length, time, ends })
}

/// `logits` with all that is `recalled`.
fn mixed<const N: usize>(
    mut logits: [f32; N],
    recalled: &[(Recall, f32)],
    mix: impl Fn(&Recall, &mut [f32; N], f32),
) -> [f32; N] {
    recalled.iter().for_each(|(recall, share)| mix(recall, &mut logits, *share));
    logits
}

/// The time to the next note when neither a network nor the musician's phrase says it.
const TICKS_WITHOUT_ADVICE: Tick = 12;

/// The keys for a note at `onset` from which what is settled of the notes after it keeps its bounds: the whole motif,
/// or the note that comes `time` later.
fn open_keys(bounds: &Bounds, onset: Tick, time: Tick, before: Option<u8>, wishes: &[Wish]) -> Keys {
    let mut demands = Vec::with_capacity(wishes.len() + 1);
    let (mut onset, mut time, mut coming) = (onset, Some(time), wishes.iter().skip(1));
    loop {
        let ends = time.is_some_and(|time| bounds.ends(onset, time));
        demands.push(bounds.demand(onset, ends));
        let Some(step) = time.filter(|_| !ends) else { break };
        onset += step;
        time = coming.next().and_then(|wish| wish.time);
    }
    demands[0] = demands[0] & bounds.reach(before);
    open_as_far_as_possible(&demands, bounds.context.controls.max_leap)
}

/// A note by rule, number `number` of the phrase: the musician's own again, moved so that they begin on a chord tone,
/// with chord tones on the beats.
pub(super) fn echo(phrase: &[LeadNote], number: usize, bounds: &Bounds, onset: Tick, before: Option<u8>) -> Wish {
    let phrase = if phrase.is_empty() { &FIGURE } else { phrase };
    let index = number % phrase.len();
    let note = phrase[index];
    let time = match phrase.get(index + 1) {
        Some(after) => (after.onset - note.onset).clamp(bounds.quickest, 96),
        None => (note.length.clamp(1, 96) + TICKS_PER_FRAME - 1) / TICKS_PER_FRAME * TICKS_PER_FRAME,
    };
    let is_open = |time: &Tick| !bounds.open(onset, *time, before).is_empty();
    let time = [time, time + TICKS_PER_FRAME, time + 2 * TICKS_PER_FRAME].into_iter().find(is_open).unwrap_or(time);

    let (palette, centre) = (bounds.palette_at(onset), bounds.compass.centre);
    let closest = |classes, key: i32| Keys::of(classes).closest(key).map_or(key, i32::from);
    let first = i32::from(phrase[0].key) + 12 * i32::from(bounds.context.controls.player(Player::Lead).register);
    let moved = i32::from(note.key) - i32::from(phrase[0].key) + closest(palette.chord, first);
    let on_beat = bounds.context.position.is_beat(onset);
    let target = centre + (moved - centre).clamp(2 - REACH, REACH - 2);
    let key = closest(if on_beat { palette.chord } else { palette.scale }, target);
    Wish { time: Some(time), length: Some(note.length.max(1)), key: Some(key) }
}

/// What is played by rule before the musician has played any melody.
const FIGURE: [LeadNote; 5] = [
    LeadNote { key: 67, onset: 0, length: 20 },
    LeadNote { key: 69, onset: 24, length: 10 },
    LeadNote { key: 71, onset: 36, length: 10 },
    LeadNote { key: 72, onset: 48, length: 32 },
    LeadNote { key: 67, onset: 84, length: 30 },
];
