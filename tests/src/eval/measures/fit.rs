//! How chords fit the melody, and how many notes they share with those that people wrote. Chords of four notes share
//! more, and who runs after the notes fits: nothing is to be decoded for this.
//!
//! CTnCTR, PCS, MCTD and CHE: Yeh et al. 2021, "Automatic melody harmonization with triad chords: a comparative study",
//! section 5.1.

use std::f64::consts::PI;

use continuo_models::music::pitch::ascent;
use continuo_models::music::{Chord, Frame, PitchClass};

use super::{begins_bar, begins_beat, measures, share, sounding};
use crate::eval::corpus::Piece;
use crate::eval::report;

measures! {
    /// Shared notes, and how the chords fit the melody.
    Fit {
        /// Share of frames with a human chord with which three or more pitch classes are shared.
        agreement: "agreement",
        /// The same from the first note on: before it nobody can know.
        agreement_from_first_note: "from 1st note",
        /// Share of frames with melody and chord where the melody's pitch class is a chord tone.
        note_in_chord: "note-in-chord",
        /// Share of notes that are chord tones or are followed by a note at most two semitones away.
        ctnctr: "CTnCTR",
        /// Pitch consonance score, −1 to 1: mean over the frames with melody and chord, and over the chord tones, of 1
        /// for a unison, a third, a perfect fifth or a sixth of the melody over the tone, 0 for a perfect fourth, −1
        /// otherwise.
        pcs: "PCS",
        /// Melody-chord tonal distance: mean over the frames with melody and chord of the distance in tonal space.
        mctd: "MCTD",
        /// Chord histogram entropy: of the chords by duration, in nats.
        che: "CHE",
        /// Share of changes, of colour too, that come with a felt beat.
        on_beat: "on beat",
        /// Such changes per bar.
        changes_per_bar: "per bar",
    }
}

impl Fit {
    /// Judges `chords` against the `human` ones, frame by frame.
    pub fn of(piece: &Piece, human: &[Option<Chord>], chords: &[Option<Chord>]) -> Self {
        let frames = chords.len() as Frame;
        let melody = sounding(piece, frames);
        let first = melody.iter().position(Option::is_some).unwrap_or(chords.len());
        let told = |from: usize| (from..chords.len()).filter(|&frame| human[frame].is_some());
        let agrees = |frame: &usize| shared(chords[*frame], human[*frame]) >= 3;
        let both: Vec<(Chord, PitchClass)> =
            chords.iter().zip(&melody).filter_map(|(chord, class)| chord.zip(*class)).collect();
        let changes: Vec<usize> = (1..chords.len()).filter(|&frame| chords[frame] != chords[frame - 1]).collect();
        let bars = (0..frames).filter(|&frame| begins_bar(piece, frame)).count();
        Self {
            agreement: share(told(0), agrees),
            agreement_from_first_note: share(told(first), agrees),
            note_in_chord: share(both.iter(), |(chord, class)| chord.contains(*class)),
            ctnctr: chord_tone_ratio(piece, chords),
            pcs: report::mean(both.iter().map(|&(chord, class)| consonance(chord, class))),
            mctd: report::mean(both.iter().map(|&(chord, class)| tonal_distance(chord, class))),
            che: entropy(chords),
            on_beat: share(changes.iter(), |&&frame| begins_beat(piece, frame as Frame)),
            changes_per_bar: Some(changes.len() as f64 / bars.max(1) as f64),
        }
    }
}

fn shared(ours: Option<Chord>, theirs: Option<Chord>) -> usize {
    ours.zip(theirs).map_or(0, |(ours, theirs)| ours.tones().intersection(theirs.tones()).len())
}

fn chord_tone_ratio(piece: &Piece, chords: &[Option<Chord>]) -> Option<f64> {
    let notes = piece.melody.iter().enumerate().filter_map(|(index, note)| {
        let chord = chords.get(usize::try_from(note.frame()).ok()?).copied().flatten()?;
        let by_step = piece.melody.get(index + 1).is_some_and(|next| next.key.abs_diff(note.key) <= 2);
        Some(chord.contains(note.key % 12) || by_step)
    });
    share(notes, |proper| *proper)
}

/// How consonant a note of `class` is over `chord`: the mean over the chord tones, which lie below it.
fn consonance(chord: Chord, class: PitchClass) -> f64 {
    const SCORES: [f64; 12] = [1.0, -1.0, -1.0, 1.0, 1.0, 0.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0];
    let tones = chord.tones();
    tones.iter().map(|tone| SCORES[usize::from(ascent(tone, class))]).sum::<f64>() / tones.len() as f64
}

/// The distance of a note of `class` from `chord` in tonal space.
fn tonal_distance(chord: Chord, class: PitchClass) -> f64 {
    let tones = chord.tones();
    let mut difference = tonal_position(class);
    for tone in tones.iter() {
        for (own, other) in difference.iter_mut().zip(tonal_position(tone)) {
            *own -= other / tones.len() as f64;
        }
    }
    difference.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Where a pitch class lies on the circles of fifths, of minor thirds and of major thirds: Harte et al. 2006,
/// "Detecting harmonic change in musical audio".
fn tonal_position(class: PitchClass) -> [f64; 6] {
    let turn = |radius: f64, angle: f64| {
        let angle = angle * f64::from(class);
        [radius * angle.sin(), radius * angle.cos()]
    };
    let ([a, b], [c, d], [e, f]) = (turn(1.0, 7.0 * PI / 6.0), turn(1.0, 3.0 * PI / 2.0), turn(0.5, 2.0 * PI / 3.0));
    [a, b, c, d, e, f]
}

fn entropy(chords: &[Option<Chord>]) -> Option<f64> {
    let mut counts = [0usize; Chord::VOCABULARY];
    chords.iter().flatten().for_each(|chord| counts[chord.index()] += 1);
    let total: usize = counts.iter().sum();
    let part = |count: usize| {
        let share = count as f64 / total as f64;
        -share * share.ln()
    };
    (total > 0).then(|| counts.into_iter().filter(|&count| count > 0).map(part).sum())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chord, near};
    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::eval::measures::classes;

    fn fit(piece: &Piece, chords: &[Option<Chord>]) -> Fit {
        Fit::of(piece, &classes(&piece.chord_frames(chords.len() as Frame)), chords)
    }

    #[test]
    fn a_chord_tone_is_consonant_and_a_semitone_over_one_is_not() {
        // E over C, E, G: a major third, a unison, a major sixth; F: a fourth, a semitone, a minor seventh.
        assert_eq!(consonance(chord("C"), 4), 1.0);
        assert_eq!(consonance(chord("C"), 5), -2.0 / 3.0);
    }

    #[test]
    fn a_chord_tone_is_nearer_in_tonal_space_than_a_foreign_note() {
        // Computed from the definition with other software.
        for (class, distance) in [(0, 1.0293), (4, 1.1777), (6, 2.3553), (7, 1.0691)] {
            near(Some(tonal_distance(chord("C"), class)), distance);
        }
    }

    #[test]
    fn every_measure_of_a_made_up_piece_is_right() {
        // C, D (left by step), E, B (left by a leap) and C, a quarter each, over C; then E over F.
        let notes: Vec<_> = [60, 62, 64, 71, 60, 64].iter().zip(0..).map(|(&key, n)| (24 * n, 24, key)).collect();
        let piece = made_up("a", &notes, &[(0, 96, "C"), (96, 48, "Am")]);
        let chords: Vec<_> = (0..24).map(|frame| Some(chord(if frame < 20 { "C" } else { "F" }))).collect();
        let measures = fit(&piece, &chords);
        near(measures.agreement, 16.0 / 24.0);
        near(measures.note_in_chord, 3.0 / 6.0);
        near(measures.ctnctr, 4.0 / 6.0);
        near(measures.che, -(5.0f64 / 6.0 * (5.0f64 / 6.0).ln() + 1.0 / 6.0 * (1.0f64 / 6.0).ln()));
        near(measures.on_beat, 1.0);
        near(measures.changes_per_bar, 0.5);
    }

    #[test]
    fn before_the_first_note_agreement_counts_in_one_of_two_measures() {
        let piece = made_up("a", &[(96, 96, 60)], &[(0, 192, "C")]);
        let chords: Vec<_> = (0..32).map(|frame| (frame >= 16).then(|| chord("C"))).collect();
        let measures = fit(&piece, &chords);
        near(measures.agreement, 0.5);
        near(measures.agreement_from_first_note, 1.0);
    }
}
