//! Stretches of a piece, and one after another.

use continuo_models::music::Tick;

use super::{Note, Piece, Span};

impl Piece {
    /// What lies from tick `from` up to tick `to`, as a piece that begins at 0: notes that begin there, and the chords
    /// that stand, as long as there is room for them.
    pub fn stretch(&self, from: Tick, to: Tick) -> Self {
        let begins = |note: &&Note| (from..to).contains(&note.onset);
        let note = |note: &Note| Note { onset: note.onset - from, length: note.length.min(to - note.onset), ..*note };
        let span = |span: &Span| {
            let (onset, end) = (span.onset.max(from), (span.onset + span.length).min(to));
            (onset < end).then(|| Span { onset: onset - from, length: end - onset, ..*span })
        };
        let inner = self.bars.iter().filter(|bar| (from + 1..=to).contains(*bar));
        Self {
            melody: self.melody.iter().filter(begins).map(note).collect(),
            chords: self.chords.iter().filter_map(span).collect(),
            bars: std::iter::once(&self.position(from).bar_start).chain(inner).map(|bar| bar - from).collect(),
            meter: since(&self.meter, |meter| &mut meter.0, from, to),
            keys: since(&self.keys, |key| &mut key.0, from, to),
            ..self.clone()
        }
    }

    /// The piece up to tick `at`, and from there on `next`.
    pub fn then(&self, at: Tick, next: &Self) -> Self {
        let mut piece = self.stretch(0, at);
        piece.melody.extend(next.melody.iter().map(|note| Note { onset: note.onset + at, ..*note }));
        piece.chords.extend(next.chords.iter().map(|span| Span { onset: span.onset + at, ..*span }));
        piece.bars.retain(|bar| *bar < at);
        for bar in next.bars.iter().map(|bar| bar + at) {
            if piece.bars.last().is_none_or(|last| *last < bar) {
                piece.bars.push(bar);
            }
        }
        piece
            .meter
            .extend(next.meter.iter().map(|&(tick, numerator, denominator)| (tick + at, numerator, denominator)));
        piece.keys.extend(next.keys.iter().map(|&(tick, key)| (tick + at, key)));
        piece
    }
}

/// The values that hold from `from` up to `to`, each since its tick: the first one since 0.
fn since<T: Copy>(values: &[T], tick: fn(&mut T) -> &mut Tick, from: Tick, to: Tick) -> Vec<T> {
    let moved = values.iter().map(|value| {
        let mut value = *value;
        *tick(&mut value) -= from;
        value
    });
    let mut kept: Vec<T> = Vec::new();
    for mut value in moved {
        let at = *tick(&mut value);
        if at <= 0 {
            *tick(&mut value) = 0;
            kept.clear();
        }
        if at < to - from {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::tests::made_up;
    use super::*;

    fn tune() -> Piece {
        let notes: Vec<_> = (0..16).map(|beat| (24 * beat, 24, 60 + beat as u8)).collect();
        made_up("tune", &notes, &[(0, 192, "C"), (192, 192, "G")])
    }

    #[test]
    fn a_stretch_has_the_notes_that_begin_in_it_and_the_chords_that_stand() {
        let part = tune().stretch(108, 220);
        let notes: Vec<_> = part.melody.iter().map(|note| (note.onset, note.length, note.key)).collect();
        assert_eq!(notes, [(12, 24, 65), (36, 24, 66), (60, 24, 67), (84, 24, 68), (108, 4, 69)]);
        let chords: Vec<_> = part.chords.iter().map(|span| (span.onset, span.length)).collect();
        assert_eq!((chords, part.bars.clone()), (vec![(0, 84), (84, 28)], vec![-12, 84]));
        assert_eq!(part.position(30).bar_start, -12);
        assert!(part.key_at(50).is_some());
    }

    #[test]
    fn two_stretches_in_a_row_are_the_piece() {
        for at in [96, 100, 192] {
            let again = tune().then(at, &tune().stretch(at, 384));
            assert_eq!(again.melody, tune().melody.iter().map(|note| cut(*note, at)).collect::<Vec<_>>());
            assert_eq!(again.chord_frames(64), tune().chord_frames(64));
            assert!((0..384).all(|tick| again.position(tick) == tune().position(tick)));
        }
    }

    fn cut(note: Note, at: Tick) -> Note {
        if note.onset < at { Note { length: note.length.min(at - note.onset), ..note } } else { note }
    }

    #[test]
    fn a_piece_with_a_pick_up_comes_again_in_whole_bars() {
        let mut tune = tune();
        tune.bars = vec![24, 120, 216, 312, 408];
        let twice = tune.stretch(0, 288).then(288, &tune.stretch(0, 288));
        let bars: Vec<_> = (0..24).map(|beat| twice.position(24 * beat).bar_start).collect();
        let expected: Vec<_> = (0..24).map(|beat: Tick| 24 + 96 * (beat - 1).div_euclid(4)).collect();
        assert_eq!(bars, expected);
        assert_eq!(twice.melody.len(), 24);
    }
}
