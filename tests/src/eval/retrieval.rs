//! What one would play who knows nothing but tunes by heart: the chords of the training piece whose melody is nearest.
//! The whole melody is known before it begins.

use continuo_models::music::pitch::{ascent, transposed};
use continuo_models::music::{Frame, PitchClass, SlashChord};

use super::corpus::Piece;
use super::measures::{FRAMES, sounding};

/// Training pieces with chords, as their melodies sound.
#[derive(Debug)]
pub struct Library<'a>(Vec<(&'a Piece, Vec<Option<PitchClass>>)>);

impl<'a> Library<'a> {
    /// The library of those of `pieces` that have chords of people.
    pub fn new(pieces: &'a [Piece]) -> Self {
        let known = pieces.iter().filter(|piece| piece.has_human_chords());
        Self(known.map(|piece| (piece, sounding(piece, piece.frames().min(FRAMES)))).collect())
    }

    /// The chords of the tune of another group, in the same meter, whose melody, transposed, has the same pitch class
    /// in the most frames; transposed as well. Where that tune is over there are none.
    pub fn chords(&self, piece: &Piece, frames: Frame) -> Vec<Option<SlashChord>> {
        let melody = sounding(piece, frames);
        let fits = |other: &Piece| other.group != piece.group && other.position(0).meter == piece.position(0).meter;
        let matches = self.0.iter().filter(|(other, _)| fits(other)).flat_map(|(other, theirs)| {
            let mut counts = [0usize; 12];
            for (ours, theirs) in melody.iter().zip(theirs).filter_map(|(ours, theirs)| ours.zip(*theirs)) {
                counts[usize::from(ascent(theirs, ours))] += 1;
            }
            (0..12).map(move |semitones| (counts[semitones], semitones as i32, *other))
        });
        let best = matches.reduce(|best, other| if other.0 > best.0 { other } else { best });
        let Some((_, semitones, nearest)) = best else { return vec![None; frames as usize] };
        let moved = |slash: SlashChord| SlashChord {
            chord: slash.chord.transposed(semitones),
            bass: transposed(slash.bass, semitones),
        };
        nearest.chord_frames(frames).into_iter().map(|chord| chord.map(moved)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn tune(id: &str, keys: &[u8], chord: &str) -> Piece {
        let notes: Vec<_> = keys.iter().zip(0..).map(|(&key, index)| (24 * index, 24, key)).collect();
        made_up(id, &notes, &[(0, 24 * keys.len() as i64, chord)])
    }

    #[test]
    fn the_nearest_tune_of_another_group_lends_its_chords_in_the_key_at_hand() {
        let own = tune("own", &[62, 64, 66, 69], "A7");
        let pieces = [own.clone(), tune("far", &[60, 61, 60, 61], "C"), tune("near", &[60, 62, 64, 68], "F")];
        // "near" is a tone lower, but for its last note.
        let chords = Library::new(&pieces).chords(&own, 16);
        let symbols: Vec<_> = chords.iter().map(|chord| chord.map(|chord| chord.to_string())).collect();
        assert_eq!(symbols, vec![Some("G".to_owned()); 16]);
    }
}
