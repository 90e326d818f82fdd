//! What a line of melody has gone on with where it was as it is now: a cache of melody.
//!
//! Prediction by partial matching (Cleary & Witten 1984) that backs off to the network: from what stood in the same
//! place of the bar, over notes after one note that agrees, to those after six. A continuation comes as a whole: the
//! pitch is asked for once the time to the next note is known, and the length when both are.
//!
//! How far each level is trusted was found by expectation-maximisation on the split `valid` of the corpus, with the
//! notes of each piece so far and the GRU soloist: `cargo xtask eval melody --split valid --fit` prints it.

use super::followers::{Followers, Seen};
use super::line::{Junction, LineNote, ORDER, Parallel, alike};
use crate::improviser::chance::grid::{logit_of, probabilities};
use crate::music::Tick;
use crate::network::features::{TIME_CLASSES, TIMES, time_class};
use crate::network::soloist::PITCHES;

/// How many notes agree at least, level by level.
const AGREEING: [usize; 5] = [1, 2, 3, 4, 6];

/// The levels from which a time is foretold: the same place in the bar; that, after the same step; two notes that
/// agree, three, …
pub const TIME_LEVELS: usize = AGREEING.len() + 1;
/// The levels from which a pitch is foretold, three for every number of notes that agree: over another harmony; over
/// the same, moved with it; and as they are.
pub const PITCH_LEVELS: usize = 3 * AGREEING.len();
/// The levels from which a length is foretold: any note; one with the same time to the next; that, and one note that
/// agrees, two, …
pub const LENGTH_LEVELS: usize = AGREEING.len() + 2;

/// How far a level is trusted. What the network finds unlikely: seen once, seen more often; then what it finds fitting.
pub type Trust = [f32; 4];

/// The probability by the network from which on what followed is fitting.
const FITTING: f32 = 0.05;

/// How far each level of the time to the next note is trusted; `TIME_LEVELS` says how they follow on each other.
pub const TIME_TRUST: [Trust; TIME_LEVELS] = [
    [0.07, 0.02, 0.16, 0.13],
    [0.13, 0.12, 0.23, 0.30],
    [0.02, 0.01, 0.11, 0.09],
    [0.13, 0.09, 0.23, 0.22],
    [0.26, 0.24, 0.35, 0.46],
    [0.56, 0.62, 0.61, 0.76],
];
/// How far each level of the pitch is trusted; `PITCH_LEVELS` says how they follow on each other.
pub const PITCH_TRUST: [Trust; PITCH_LEVELS] = [
    [0.00, 0.00, 0.09, 0.02],
    [0.02, 0.02, 0.11, 0.05],
    [0.11, 0.09, 0.19, 0.17],
    [0.02, 0.01, 0.14, 0.07],
    [0.04, 0.04, 0.18, 0.08],
    [0.20, 0.23, 0.25, 0.34],
    [0.02, 0.05, 0.19, 0.19],
    [0.05, 0.10, 0.24, 0.14],
    [0.31, 0.27, 0.29, 0.33],
    [0.10, 0.07, 0.24, 0.18],
    [0.22, 0.12, 0.32, 0.45],
    [0.33, 0.48, 0.29, 0.41],
    [0.26, 0.35, 0.54, 0.58],
    [0.44, 0.69, 0.51, 0.64],
    [0.42, 0.49, 0.39, 0.47],
];
/// How far each level of the length is trusted; `LENGTH_LEVELS` says how they follow on each other.
pub const LENGTH_TRUST: [Trust; LENGTH_LEVELS] = [
    [0.70, 0.56, 0.68, 0.61],
    [0.23, 0.44, 0.51, 0.68],
    [0.22, 0.29, 0.27, 0.35],
    [0.22, 0.36, 0.30, 0.43],
    [0.29, 0.51, 0.37, 0.54],
    [0.38, 0.58, 0.41, 0.53],
    [0.58, 0.71, 0.48, 0.58],
];

/// Which value of a [`Trust`] counts.
pub fn trusted(Seen { times, fit, .. }: Seen) -> usize {
    2 * usize::from(fit >= FITTING) + usize::from(times > 1.0)
}

/// Where lines have been as at a junction.
pub struct Recall {
    parallels: Vec<Parallel>,
    into_bar: Tick,
    lowest: i32,
}

impl Recall {
    /// In `others`, and in what came before in the line that goes on. The notes of its context foretell no more of
    /// themselves than how long notes sound, or a figure that has begun to repeat itself would never end.
    pub(super) fn of(others: &[LineNote], own: &[LineNote], junction: Junction) -> Self {
        let context = own.len().saturating_sub(ORDER);
        let own = Parallel::all(own, junction).enumerate();
        let own = own.map(|(index, note)| if index < context { note } else { note.apart() });
        let parallels = Parallel::all(others, junction).chain(own).collect();
        Self { parallels, into_bar: junction.into_bar, lowest: junction.lowest }
    }

    /// What has followed of the times to the next note.
    pub fn times(&self) -> Followers<TIMES, TIME_LEVELS> {
        let mut times = Followers::default();
        for parallel in &self.parallels {
            let Some(time) = parallel.time_from(self.into_bar).map(time_class) else { continue };
            if parallel.in_place {
                times.count(time, 0);
                if parallel.agreeing > 0 {
                    times.count(time, 1);
                }
            }
            (2..=grade(parallel.agreeing)).for_each(|level| times.count(time, level));
        }
        times
    }

    /// What has followed of the pitches of notes with this `time` to the next; `None`: with any.
    pub fn pitches(&self, time: Option<Tick>) -> Followers<PITCHES, PITCH_LEVELS> {
        let mut pitches = Followers::default();
        for parallel in self.parallels.iter().filter(|parallel| time.is_none_or(|time| has_time(parallel, time))) {
            let Some(Ok(pitch)) = parallel.key.map(|key| usize::try_from(key - self.lowest)) else { continue };
            for level in 0..grade(parallel.agreeing) {
                pitches.count(pitch, 3 * level + usize::from(!parallel.elsewhere));
                if parallel.unmoved && !parallel.elsewhere {
                    pitches.count(pitch, 3 * level + 2);
                }
            }
        }
        pitches
    }

    /// What has followed of the lengths of notes with this `time` to the next and this MIDI `key`. A note that lasted
    /// until the next one does so again.
    pub fn lengths(&self, time: Tick, key: i32) -> Followers<TIMES, LENGTH_LEVELS> {
        let mut lengths = Followers::default();
        let whole = time_class(time);
        for parallel in &self.parallels {
            let Some(wait) = parallel.wait else { continue };
            let length = time_class(parallel.length.into());
            let length = if length == time_class(wait.into()) { whole } else { length };
            if length > whole {
                continue;
            }
            lengths.count(length, 0);
            if has_time(parallel, time) {
                lengths.count(length, 1);
                if parallel.key == Some(key) {
                    (0..grade(parallel.agreeing)).for_each(|level| lengths.count(length, 2 + level));
                }
            }
        }
        lengths
    }

    /// Mixes into what is said of the time to the next note what has followed in places like this, by `share`, 0–1.
    /// Where no line has been, the logits stay as they are.
    pub fn mix_time(&self, logits: &mut [f32; TIMES], share: f32) {
        self.times().mix_into(logits, share, |level, seen| TIME_TRUST[level][trusted(seen)]);
    }

    /// The same of the pitch of a note that has this `time` to the next one.
    pub fn mix_pitch(&self, logits: &mut [f32; PITCHES], time: Option<Tick>, share: f32) {
        self.pitches(time).mix_into(logits, share, |level, seen| PITCH_TRUST[level][trusted(seen)]);
    }

    /// The same of the length of a note that has this `time` to the next one and this MIDI `key`.
    pub fn mix_length(&self, logits: &mut [f32; TIMES], (time, key): (Tick, i32), share: f32) {
        self.lengths(time, key).mix_into(logits, share, |level, seen| LENGTH_TRUST[level][trusted(seen)]);
    }
}

/// How many of the levels of [`AGREEING`] are reached.
fn grade(agreeing: usize) -> usize {
    AGREEING.partition_point(|&least| least <= agreeing)
}

fn has_time(parallel: &Parallel, time: Tick) -> bool {
    parallel.wait.is_some_and(|wait| alike(wait, time.clamp(1, TIME_CLASSES[TIMES - 1]) as u8))
}

/// What is said of the length of a note, if the next one begins `time` later: what would be longer ends there.
pub fn until_the_next(lengths: &[f32; TIMES], time: Tick) -> [f32; TIMES] {
    let whole = time_class(time);
    let mut chances = probabilities(lengths);
    chances[whole] = chances[whole..].iter().sum();
    chances[whole + 1..].fill(0.0);
    chances.map(logit_of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::improviser::chance::sampler::likeliest;
    use crate::improviser::listening::LeadNote;
    use crate::improviser::memory::{Ground, MOST_NOTES_OF_PIECE, Memory, PieceSoFar, Trail, step_between};
    use crate::music::{BarPosition, Chord, Meter, Quality};
    use crate::network::soloist::LOWEST;

    const BAR: BarPosition = BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } };
    const C: Option<Chord> = Some(Chord::new(0, Quality::Major));
    const GROUND: Ground = Ground { position: BAR, chord: C };

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

    fn piece(notes: &[LeadNote]) -> PieceSoFar {
        let mut piece = PieceSoFar::default();
        notes.iter().for_each(|&note| piece.hear(note, GROUND));
        piece
    }

    /// The same, as Lead's own line.
    fn own_piece(notes: &[LeadNote]) -> PieceSoFar {
        let mut piece = PieceSoFar::default();
        notes.iter().for_each(|&note| piece.play(note, GROUND));
        piece
    }

    fn trail(notes: &[LeadNote]) -> Trail {
        let mut trail = Trail::default();
        for (index, &note) in notes.iter().enumerate() {
            trail.put_down(index.checked_sub(1).map(|before| notes[before]), note);
        }
        trail
    }

    /// Where a line goes on at `onset` after `notes`.
    fn at<'a>(trail: &'a Trail, notes: &[LeadNote], onset: Tick) -> Junction<'a> {
        let step = step_between(notes.last().copied(), onset);
        Junction { trail, step, into_bar: onset.rem_euclid(96), chord: C, lowest: LOWEST.into() }
    }

    /// The likeliest time, key and length of the next note, one after another.
    fn continuation(recall: &Recall) -> (Tick, u8, Tick) {
        let best = |logits: &[f32]| likeliest(logits, |_| true).unwrap();
        let (mut times, mut pitches, mut lengths) = ([0.0; TIMES], [0.0; PITCHES], [0.0; TIMES]);
        recall.mix_time(&mut times, 1.0);
        let time = TIME_CLASSES[best(&times)];
        recall.mix_pitch(&mut pitches, Some(time), 1.0);
        let key = LOWEST + best(&pitches) as u8;
        recall.mix_length(&mut lengths, (time, key.into()), 1.0);
        (time, key, TIME_CLASSES[best(&lengths)])
    }

    const LICK: [(u8, Tick, Tick); 5] = [(60, 12, 11), (66, 6, 5), (61, 6, 6), (70, 18, 9), (69, 6, 6)];

    #[test]
    fn a_lick_is_known_in_every_key_and_with_the_timing_of_a_hand() {
        let memory = memory(&line(&LICK));
        let heard = line(&[(65, 13, 10), (71, 5, 5), (66, 7, 6)]);
        let recall = memory.recall_note(at(&trail(&heard), &heard, 24));
        assert_eq!(continuation(&recall), (18, 75, 9));
    }

    #[test]
    fn another_rhythm_is_another_lick() {
        let memory = memory(&line(&LICK));
        let heard = line(&[(60, 12, 11), (66, 24, 5), (61, 24, 6)]);
        let recall = memory.recall_note(at(&trail(&heard), &heard, 60));
        let (mut times, mut pitches) = ([0.0; TIMES], [0.0; PITCHES]);
        recall.mix_time(&mut times, 1.0);
        recall.mix_pitch(&mut pitches, None, 1.0);
        assert_eq!((times, pitches), ([0.0; TIMES], [0.0; PITCHES]));
    }

    #[test]
    fn nothing_known_and_nothing_shared_change_nothing() {
        let heard = line(&LICK[..3]);
        let trail = trail(&heard);
        let (known, unknown) = (memory(&line(&LICK)), Memory::default());
        for (memory, share) in [(&known, 0.0), (&unknown, 1.0)] {
            let (mut times, mut pitches, mut lengths) = ([0.5; TIMES], [0.5; PITCHES], [0.5; TIMES]);
            let recall = memory.recall_note(at(&trail, &heard, 24));
            recall.mix_time(&mut times, share);
            recall.mix_pitch(&mut pitches, Some(18), share);
            recall.mix_length(&mut lengths, (18, 70), share);
            assert_eq!((times, pitches, lengths), ([0.5; TIMES], [0.5; PITCHES], [0.5; TIMES]));
        }
    }

    #[test]
    fn after_a_rest_the_next_phrase_is_known_however_long_the_rest_was() {
        let phrases = line(&[(60, 12, 11), (62, 96, 12), (72, 12, 11), (71, 12, 11)]);
        let heard = line(&[(50, 12, 11), (52, 0, 12)]);
        let recall = memory(&phrases).recall_note(at(&trail(&heard), &heard, 48));
        assert_eq!(continuation(&recall).1, 62);
    }

    #[test]
    fn of_two_continuations_the_pitch_and_the_length_are_those_of_the_time_that_was_drawn() {
        let ways = [(62, 12, 11), (64, 12, 11), (67, 24, 6), (62, 12, 11), (64, 12, 11), (65, 6, 5), (60, 12, 11)];
        let known = piece(&line(&ways));
        let heard = line(&[(62, 12, 11), (64, 12, 11)]);
        let trail = trail(&heard);
        let recall = known.recall(at(&trail, &heard, 24));
        for (time, key, length) in [(24, 67, 6), (6, 65, 5)] {
            let (mut pitches, mut lengths) = ([0.0; PITCHES], [0.0; TIMES]);
            recall.mix_pitch(&mut pitches, Some(time), 1.0);
            recall.mix_length(&mut lengths, (time, key), 1.0);
            let best = |logits: &[f32]| likeliest(logits, |_| true).unwrap();
            assert_eq!((best(&pitches) as i32 + i32::from(LOWEST), TIME_CLASSES[best(&lengths)]), (key, length));
        }
    }

    #[test]
    fn the_rhythm_of_a_place_in_the_bar_is_known_before_any_note_agrees() {
        let bars: Vec<_> = [60, 64, 57, 62].into_iter().flat_map(|key| [(key, 36, 30), (key + 1, 60, 50)]).collect();
        let recall = piece(&line(&bars)).recall(at(&Trail::default(), &[], 4 * 96));
        let mut times = [0.0; TIMES];
        recall.mix_time(&mut times, 1.0);
        assert_eq!(TIME_CLASSES[likeliest(&times, |_| true).unwrap()], 36);
    }

    #[test]
    fn a_piece_of_any_length_is_known_from_its_newest_notes() {
        let notes: Vec<_> = (0..3 * MOST_NOTES_OF_PIECE as Tick).map(|index| (60 + (index % 7) as u8, 12, 6)).collect();
        let notes = line(&notes);
        let trail = trail(&notes);
        let known = piece(&notes).recall(at(&trail, &notes, 12 * notes.len() as Tick));
        assert_eq!(known.parallels.len(), MOST_NOTES_OF_PIECE);
    }

    #[test]
    fn a_figure_is_trusted_over_the_chord_to_which_it_belongs() {
        let figure = line(&[(60, 12, 11), (62, 12, 11), (64, 12, 11), (67, 12, 11)]);
        let (known, moved) = (piece(&figure), moved(&figure[..3], 5));
        let trail = trail(&moved);
        let chance = |root| {
            let mut pitches = [0.0; PITCHES];
            let chord = Some(Chord::new(root, Quality::Minor));
            known.recall(Junction { chord, ..at(&trail, &moved, 36) }).mix_pitch(&mut pitches, None, 1.0);
            pitches[72 - usize::from(LOWEST)]
        };
        assert!(chance(5) > chance(7) + 0.3, "{} and {}", chance(5), chance(7));
    }

    #[test]
    fn a_figure_does_not_foretell_its_own_repetition() {
        let drill = line(&[(60, 12, 11), (64, 12, 11)].repeat(3));
        let trail = trail(&drill);
        let said = |piece: &PieceSoFar| {
            let mut pitches = [0.0; PITCHES];
            piece.recall(at(&trail, &drill, 72)).mix_pitch(&mut pitches, None, 1.0);
            pitches
        };
        assert_eq!(said(&own_piece(&drill)), [0.0; PITCHES]);
        assert_ne!(said(&piece(&drill)), [0.0; PITCHES], "the musician's figure is taken up");
        let twice = [drill.clone(), drill.iter().map(|note| LeadNote { onset: note.onset + 72, ..*note }).collect()];
        assert_ne!(said(&own_piece(&twice.concat())), [0.0; PITCHES], "and so is an earlier one of Lead's");
    }

    #[test]
    fn one_drill_does_not_foretell_the_other() {
        let drill = line(&[(60, 12, 11); 20]);
        let trail = trail(&drill);
        let chance = |known: &[LeadNote]| {
            let mut pitches = [0.0; PITCHES];
            own_piece(known).recall(at(&trail, &drill, 240)).mix_pitch(&mut pitches, Some(12), 1.0);
            probabilities(&pitches)[60 - usize::from(LOWEST)]
        };
        assert!(chance(&drill) < 0.5, "{}", chance(&drill));
    }

    #[test]
    fn what_would_sound_longer_ends_with_the_next_note() {
        let lengths = probabilities(&until_the_next(&[0.0; TIMES], 24));
        let even = 1.0 / TIMES as f32;
        assert!((lengths[22] - even).abs() < 1e-3 && lengths[24] < 1e-6);
        assert!((lengths[23] - even * (TIMES - 23) as f32).abs() < 1e-2);
    }

    /// A line of any kind: key, step and length of each note.
    fn any_line() -> impl Strategy<Value = Vec<LeadNote>> {
        let note = (50u8..70, prop::sample::select(vec![6, 8, 12, 13, 24, 60]), 1i64..30);
        prop::collection::vec(note, 0..60).prop_map(|notes| line(&notes))
    }

    fn moved(notes: &[LeadNote], up: u8) -> Vec<LeadNote> {
        notes.iter().map(|&note| LeadNote { key: note.key + up, ..note }).collect()
    }

    proptest! {
        #[test]
        fn chances_stay_chances(known in any_line(), heard in any_line(), time in 1i64..100, share in 0f32..=1.0) {
            let trail = trail(&heard);
            let onset = heard.last().map_or(0, |last| last.onset + 12);
            let recall = piece(&known).recall(at(&trail, &heard, onset));
            let (mut times, mut pitches) = ([0.0; TIMES], [0.0; PITCHES]);
            let mut lengths = until_the_next(&[0.0; TIMES], time);
            recall.mix_time(&mut times, share);
            recall.mix_pitch(&mut pitches, Some(time), share);
            recall.mix_length(&mut lengths, (time, 60), share);
            let sum = |logits: &[f32]| logits.iter().map(|logit| f64::from(*logit).exp()).sum::<f64>();
            let untouched = |logits: &[f32]| logits.iter().all(|&logit| logit == 0.0);
            prop_assert!(untouched(&times) || (sum(&times) - 1.0).abs() < 1e-4, "{}", sum(&times));
            prop_assert!(untouched(&pitches) || (sum(&pitches) - 1.0).abs() < 1e-4, "{}", sum(&pitches));
            prop_assert!((sum(&lengths) - 1.0).abs() < 1e-4, "{}", sum(&lengths));
            let longer = lengths[time_class(time) + 1..].iter().all(|&logit| logit < -20.0);
            prop_assert!(longer, "no note sounds into the next");
        }

        #[test]
        fn what_is_recalled_moves_with_the_music_exactly(known in any_line(), heard in any_line(), up in 0u8..24) {
            let recalled = |known: &[LeadNote], heard: &[LeadNote], lowest: i32, root: u8| {
                let trail = trail(heard);
                let onset = heard.last().map_or(0, |last| last.onset + 12);
                let mut piece = PieceSoFar::default();
                for (index, &note) in known.iter().enumerate() {
                    let chord = Some(Chord::new((root + 5 * (index as u8 / 4 % 2)) % 12, Quality::Major));
                    piece.hear(note, Ground { chord, ..GROUND });
                }
                let chord = Some(Chord::new(root % 12, Quality::Minor));
                let recall = piece.recall(Junction { lowest, chord, ..at(&trail, heard, onset) });
                let (mut times, mut pitches, mut lengths) = ([0.0; TIMES], [0.0; PITCHES], [0.0; TIMES]);
                recall.mix_time(&mut times, 1.0);
                recall.mix_pitch(&mut pitches, Some(12), 1.0);
                recall.mix_length(&mut lengths, (12, lowest + 20), 1.0);
                (times, pitches, lengths)
            };
            let moved = recalled(&moved(&known, up), &moved(&heard, up), 40 + i32::from(up), 3 + up);
            prop_assert_eq!(recalled(&known, &heard, 40, 3), moved);
        }
    }
}
