//! Measures of chords against a melody and against the chords that people wrote. Note-in-chord and CTnCTR: Yeh et al.
//! 2021, "Automatic melody harmonization with triad chords".

use continuo_models::music::{Chord, Frame};

use super::corpus::Piece;

/// The first frames of each piece count.
pub const FRAMES: Frame = 256;

/// Measures of one piece or means over many. `None`: not defined there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measures {
    /// Share of frames with a human chord with which three or more pitch classes are shared.
    pub agreement: Option<f64>,
    /// Share of frames with melody and chord where the melody's pitch class is a chord tone.
    pub note_in_chord: Option<f64>,
    /// Share of notes that are chord tones or are left by step.
    pub ctnctr: Option<f64>,
    /// Entropy of the chords by duration, in nats.
    pub entropy: Option<f64>,
    /// Share of changes that come with a felt beat.
    pub on_beat: Option<f64>,
    /// Chord changes per bar.
    pub changes: Option<f64>,
}

/// The number of measures, and their names.
pub const NAMES: [&str; 6] = ["agreement", "note-in-chord", "CTnCTR", "CHE", "on the beat", "changes/bar"];

impl Measures {
    /// The values in the order of [`NAMES`].
    pub fn values(&self) -> [Option<f64>; 6] {
        [self.agreement, self.note_in_chord, self.ctnctr, self.entropy, self.on_beat, self.changes]
    }

    /// Judges `chords`, one per frame, from the first note on.
    pub fn of(piece: &Piece, chords: &[Option<Chord>]) -> Self {
        let frames = chords.len() as Frame;
        let human = piece.chord_frames(frames);
        let melody = sounding(piece, frames);
        let first = melody.iter().position(Option::is_some).unwrap_or(chords.len());
        let told = (first..chords.len()).filter(|&frame| human[frame].is_some());
        let agrees = |frame: &usize| shared(chords[*frame], human[*frame]) >= 3;
        let both = (first..chords.len()).filter_map(|frame| chords[frame].zip(melody[frame]));
        let changes: Vec<usize> = (1..chords.len()).filter(|&frame| chords[frame] != chords[frame - 1]).collect();
        let on_beat = |frame: &usize| {
            let tick = 6 * *frame as i64;
            let position = piece.position(tick);
            position.ticks_into_bar(tick) % position.meter.beat_ticks() < 6
        };
        let bars = (0..frames).filter(|frame| piece.position(6 * frame).ticks_into_bar(6 * frame) < 6).count();
        Self {
            agreement: share(told, agrees),
            note_in_chord: share(both, |(chord, class)| chord.contains(*class)),
            ctnctr: chord_tone_ratio(piece, chords),
            entropy: entropy(chords),
            on_beat: share(changes.iter().copied(), on_beat),
            changes: Some(changes.len() as f64 / bars.max(1) as f64),
        }
    }

    /// The mean over pieces, of each measure over those for which it is defined.
    pub fn mean(all: &[Self]) -> [f64; 6] {
        std::array::from_fn(|index| {
            let values: Vec<f64> = all.iter().filter_map(|measures| measures.values()[index]).collect();
            values.iter().sum::<f64>() / values.len() as f64
        })
    }
}

/// The pitch class that sounds in each frame.
pub fn sounding(piece: &Piece, frames: Frame) -> Vec<Option<u8>> {
    let mut classes = vec![None; frames as usize];
    for note in &piece.melody {
        let first = note.frame().clamp(0, frames);
        let end = ((note.onset + note.length - 3).div_euclid(6) + 1).clamp(first, frames).max((first + 1).min(frames));
        classes[first as usize..end as usize].fill(Some(note.key % 12));
    }
    classes
}

fn shared(ours: Option<Chord>, theirs: Option<Chord>) -> usize {
    ours.zip(theirs).map_or(0, |(ours, theirs)| ours.tones().intersection(theirs.tones()).len())
}

fn share<T>(all: impl Iterator<Item = T>, holds: impl Fn(&T) -> bool) -> Option<f64> {
    let (mut count, mut hits) = (0, 0);
    for item in all {
        count += 1;
        hits += usize::from(holds(&item));
    }
    (count > 0).then(|| hits as f64 / count as f64)
}

fn chord_tone_ratio(piece: &Piece, chords: &[Option<Chord>]) -> Option<f64> {
    let notes = piece.melody.iter().enumerate().filter_map(|(index, note)| {
        let chord = chords.get(usize::try_from(note.frame()).ok()?).copied().flatten()?;
        let by_step = piece.melody.get(index + 1).is_some_and(|next| next.key.abs_diff(note.key) <= 2);
        Some(chord.contains(note.key % 12) || by_step)
    });
    share(notes, |proper| *proper)
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
