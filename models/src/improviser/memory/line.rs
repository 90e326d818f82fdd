//! The lead line: what the musician has gone on with after notes like the last ones, whatever the key.

use super::Memory;
use super::followers::{Followers, ORDER};
use crate::improviser::listening::LeadNote;
use crate::music::Tick;
use crate::network::features::{TIME_CLASSES, TIMES, time_class};
use crate::network::soloist::{PITCHES, SoloistLogits};

/// A rest that begins a phrase.
const PHRASE_REST: Tick = 24;
/// What the first note of a phrase has in the place of a step.
const AFTER_REST: u8 = 0;
/// Ticks from the last note of a phrase to the next phrase, when the band plays on.
const BREATH: Tick = 48;

/// A note as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineNote {
    /// MIDI key, 0–127.
    pub key: u8,
    /// Ticks from the onset of the note before; [`AFTER_REST`] if the note begins a phrase.
    pub step: u8,
    /// Sounding length in ticks, at least 1.
    pub length: u8,
}

impl LineNote {
    pub fn new(before: Option<LeadNote>, note: LeadNote) -> Self {
        let length = note.length.clamp(1, TIME_CLASSES[TIMES - 1]) as u8;
        Self { key: note.key, step: step_between(before, note.onset), length }
    }
}

/// How a note at `onset` follows `before`: ticks from onset to onset, at most 192, or 0 after a rest of a quarter note
/// or more, and if there is none before.
pub fn step_between(before: Option<LeadNote>, onset: Tick) -> u8 {
    before
        .filter(|before| onset - (before.onset + before.length) < PHRASE_REST)
        .map_or(AFTER_REST, |before| (onset - before.onset).clamp(1, TIME_CLASSES[TIMES - 1]) as u8)
}

/// Whether two steps are meant to be the same, as far as hands keep time.
fn alike(one: u8, other: u8) -> bool {
    (one == AFTER_REST) == (other == AFTER_REST) && one.abs_diff(other) <= 1 + one.min(other) / 8
}

/// The last notes of a line that is being played.
#[derive(Clone, Debug, Default)]
pub struct Trail(Vec<LineNote>);

impl Trail {
    /// `note` follows `before`, if there was one.
    pub fn put_down(&mut self, before: Option<LeadNote>, note: LeadNote) {
        super::push(&mut self.0, LineNote::new(before, note), ORDER);
    }
}

/// Where a line goes on.
#[derive(Clone, Copy, Debug)]
pub struct Junction<'a> {
    /// The notes before.
    pub trail: &'a Trail,
    /// How the next note follows them; see [`step_between`].
    pub step: u8,
    /// Ticks from the barline to the next note.
    pub into_bar: Tick,
    /// The MIDI key of pitch 0.
    pub lowest: i32,
}

impl Memory {
    /// Mixes into what the network says about the next note what the musician has gone on with in places like this, by
    /// `share`, 0–1. Where the musician has not been, the logits stay as they are.
    pub fn recall_note(&self, logits: &mut SoloistLogits, junction: Junction, share: f32) {
        let Some(last) = junction.trail.0.last().filter(|_| share > 0.0) else { return };
        let mut pitches = Followers::<PITCHES>::new();
        let mut lengths = Followers::<TIMES>::new();
        let mut times = Followers::<TIMES>::new();
        for index in 1..self.line.len() {
            let agreeing = self.agreement(index, junction);
            if agreeing == 0 {
                continue;
            }
            let note = self.line[index];
            let key = i32::from(last.key) + i32::from(note.key) - i32::from(self.line[index - 1].key);
            if let Ok(pitch) = usize::try_from(key - junction.lowest) {
                pitches.count(pitch, agreeing);
            }
            lengths.count(time_class(note.length.into()), agreeing);
            if let Some(after) = self.line.get(index + 1) {
                let time = if after.step == AFTER_REST { BREATH } else { after.step.into() };
                times.count(time_class(on_grid(junction.into_bar, time)), agreeing);
            }
        }
        pitches.mix_into(&mut logits.pitch, share);
        lengths.mix_into(&mut logits.length, share);
        times.mix_into(&mut logits.time, share);
    }

    /// How many notes before note `index` agree with the trail: the steps, and but for the key in which they are the
    /// pitches too.
    fn agreement(&self, index: usize, Junction { trail, step, .. }: Junction) -> usize {
        if !alike(self.line[index].step, step) {
            return 0;
        }
        let before = self.line[..index].iter().rev().zip(trail.0.iter().rev());
        let interval = |(ours, theirs): (&LineNote, &LineNote)| i32::from(ours.key) - i32::from(theirs.key);
        let mut agreeing = 0;
        let mut moved = None;
        for pair in before {
            if moved.is_some_and(|moved| moved != interval(pair)) {
                break;
            }
            moved = Some(interval(pair));
            agreeing += 1;
            if !alike(pair.0.step, pair.1.step) {
                break;
            }
        }
        agreeing
    }
}

/// The time nearest to `time` that ends on a sixteenth or on a triplet eighth, counted from the barline, where a hand
/// meant to be; `into_bar` is where it begins.
fn on_grid(into_bar: Tick, time: Tick) -> Tick {
    let end = into_bar + time;
    let nearest = |grid: Tick| (end + grid / 2).div_euclid(grid) * grid;
    let (sixteenth, triplet) = (nearest(6), nearest(8));
    let meant = if (triplet - end).abs() < (sixteenth - end).abs() { triplet } else { sixteenth };
    if meant > into_bar { meant - into_bar } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::chance::sampler::likeliest;
    use crate::network::soloist::LOWEST;

    const EVEN: SoloistLogits = SoloistLogits { pitch: [0.0; PITCHES], length: [0.0; TIMES], time: [0.0; TIMES] };

    /// Notes as key, step to the next one, and length.
    fn line(notes: &[(u8, Tick, Tick)]) -> Vec<LeadNote> {
        let mut onset = 0;
        let place = |&(key, step, length): &(u8, Tick, Tick)| {
            onset += step;
            LeadNote { key, onset: onset - step, length }
        };
        notes.iter().map(place).collect()
    }

    fn memory(notes: &[LeadNote]) -> Memory {
        let mut memory = Memory::default();
        for (index, &note) in notes.iter().enumerate() {
            memory.hear_note(index.checked_sub(1).map(|before| notes[before]), note);
        }
        memory
    }

    /// What is recalled at `onset` after `notes`.
    fn recalled(memory: &Memory, notes: &[LeadNote], onset: Tick, share: f32) -> SoloistLogits {
        let mut trail = Trail::default();
        for (index, &note) in notes.iter().enumerate() {
            trail.put_down(index.checked_sub(1).map(|before| notes[before]), note);
        }
        let step = step_between(notes.last().copied(), onset);
        let mut logits = EVEN;
        let junction = Junction { trail: &trail, step, into_bar: onset % 96, lowest: LOWEST.into() };
        memory.recall_note(&mut logits, junction, share);
        logits
    }

    const LICK: [(u8, Tick, Tick); 5] = [(60, 12, 11), (66, 6, 5), (61, 6, 6), (70, 18, 9), (69, 6, 6)];

    fn best(logits: &[f32]) -> usize {
        likeliest(logits, |_| true).unwrap()
    }

    #[test]
    fn a_lick_is_known_in_every_key_and_with_the_timing_of_a_hand() {
        let memory = memory(&line(&LICK));
        let heard = line(&[(65, 13, 10), (71, 5, 5), (66, 7, 6)]);
        let logits = recalled(&memory, &heard, 24, 1.0);
        assert_eq!(best(&logits.pitch) + usize::from(LOWEST), 75);
        assert_eq!(TIME_CLASSES[best(&logits.time)], 18);
        assert_eq!(TIME_CLASSES[best(&logits.length)], 9);
    }

    #[test]
    fn another_rhythm_is_another_lick() {
        let memory = memory(&line(&LICK));
        let heard = line(&[(60, 12, 11), (66, 24, 5), (61, 24, 6)]);
        assert_eq!(recalled(&memory, &heard, 60, 1.0), EVEN);
    }

    #[test]
    fn the_knob_at_nothing_and_a_memory_of_nothing_change_nothing() {
        let heard = line(&LICK[..3]);
        assert_eq!(recalled(&memory(&line(&LICK)), &heard, 24, 0.0), EVEN);
        assert_eq!(recalled(Memory::EMPTY, &heard, 24, 1.0), EVEN);
        assert_eq!(recalled(&memory(&line(&LICK)), &[], 0, 1.0), EVEN);
    }

    #[test]
    fn after_a_rest_the_next_phrase_is_known_however_long_the_rest_was() {
        let phrases = line(&[(60, 12, 11), (62, 96, 12), (72, 12, 11), (71, 12, 11)]);
        let logits = recalled(&memory(&phrases), &line(&[(50, 12, 11), (52, 0, 12)]), 48, 1.0);
        assert_eq!(best(&logits.pitch) + usize::from(LOWEST), 62);
    }

    #[test]
    fn a_hands_timing_is_drawn_to_the_grid() {
        assert_eq!([10, 11, 12, 13, 14].map(|time| on_grid(0, time)), [12; 5]);
        assert_eq!([15, 16].map(|time| on_grid(24, time)), [16; 2]);
        assert_eq!(on_grid(16, 9), 8);
        assert_eq!([1, 2].map(|time| on_grid(0, time)), [1, 2], "what is shorter than the grid stays");
    }
}
