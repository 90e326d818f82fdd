//! Bits per note of the soloist against a bigram, on the same notes.

use continuo_models::music::Style;
use continuo_models::network::SoloistNetwork;
use continuo_models::network::features::{PitchMemory, TIMES, time_class};
use continuo_models::network::soloist::{LastNote, PITCHES, SoloistInput, pitch_index};

use super::corpus::Piece;

/// The first notes of each piece count.
const NOTES: usize = 256;
const KINDS: usize = 4;

/// Bits per note: of the pitch, of the length and of the time to the next note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bits {
    /// Of the pitch.
    pub pitch: f64,
    /// Of the sounding length.
    pub length: f64,
    /// Of the time to the next onset.
    pub time: f64,
}

impl Bits {
    /// Of all three.
    pub fn total(self) -> f64 {
        self.pitch + self.length + self.time
    }
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, bits: f64) {
        self.sum += bits;
        self.count += 1;
    }

    fn value(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// What the soloist needs to code the notes of `pieces`.
///
/// # Errors
/// When the network fails.
pub fn network_bits(
    network: &SoloistNetwork,
    pieces: &[Piece],
    style: impl Fn(&Piece) -> Option<Style>,
) -> Result<Bits, String> {
    let (mut pitch, mut length, mut time) = (Mean::default(), Mean::default(), Mean::default());
    for piece in pieces {
        let mut state = network.initial_state();
        let mut memory = PitchMemory::new(0.95);
        let mut phrase = 0;
        for (index, note) in piece.melody.iter().enumerate().take(NOTES) {
            let before = index.checked_sub(1).map(|before| piece.melody[before]);
            if let Some(before) = before {
                memory.hear(before.key % 12);
                phrase = if note.onset - before.onset - before.length >= 24 { 0 } else { phrase + 1 };
            }
            let (chord, next_chord) = piece.chords_around(note.onset);
            let input = SoloistInput {
                last: before.map(|before| LastNote {
                    key: before.key,
                    length: before.length,
                    time: note.onset - before.onset,
                }),
                position: piece.position(note.onset),
                tick: note.onset,
                chord,
                next_chord,
                memory: &memory,
                phrase,
                style: style(piece),
            };
            let logits = network.step(&input, &mut state)?;
            pitch.add(bits(&logits.pitch, pitch_index(note.key)));
            length.add(bits(&logits.length, time_class(note.length)));
            if let Some(next) = piece.melody.get(index + 1) {
                time.add(bits(&logits.time, time_class(next.onset - note.onset)));
            }
        }
    }
    Ok(Bits { pitch: pitch.value(), length: length.value(), time: time.value() })
}

fn bits(logits: &[f32], index: usize) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    (sum.ln() - f64::from(logits[index] - most)) / std::f64::consts::LN_2
}

/// What bigrams counted on `train` need to code the notes of `pieces`: of the pitch the better of two, over pitches and
/// over intervals.
pub fn bigram_bits(train: &[Piece], pieces: &[Piece]) -> Bits {
    let [absolute, interval, length, time] = std::array::from_fn(|kind| {
        let mut bigram = Bigram::new();
        train.iter().for_each(|piece| pairs(piece, kind, |before, after| bigram.count(before, after)));
        let mut mean = Mean::default();
        pieces.iter().for_each(|piece| pairs(piece, kind, |before, after| mean.add(bigram.bits(before, after))));
        mean.value()
    });
    Bits { pitch: absolute.min(interval), length, time }
}

const SIZES: [usize; KINDS] = [PITCHES, 2 * PITCHES - 1, TIMES, TIMES];

/// Calls `with` for each token of a kind and the token before it, which is the size of the vocabulary at the beginning.
fn pairs(piece: &Piece, kind: usize, mut with: impl FnMut(usize, usize)) {
    let notes = &piece.melody[..piece.melody.len().min(NOTES)];
    let token = |index: usize| match kind {
        0 => Some(pitch_index(notes[index].key)),
        1 => Some(pitch_index(notes.get(index + 1)?.key) + PITCHES - 1 - pitch_index(notes[index].key)),
        2 => Some(time_class(notes[index].length)),
        _ => Some(time_class(notes.get(index + 1)?.onset - notes[index].onset)),
    };
    let mut before = SIZES[kind];
    for token in (0..notes.len()).map_while(token) {
        with(before, token);
        before = token;
    }
}

/// Mostly the bigram with a little added to every count, and some of the unigram.
struct Bigram {
    pairs: Vec<f64>,
    singles: Vec<f64>,
}

/// More than any vocabulary, with room for the beginning.
const WIDTH: usize = 2 * PITCHES;

impl Bigram {
    fn new() -> Self {
        Self { pairs: vec![0.0; WIDTH * WIDTH], singles: vec![0.0; WIDTH] }
    }

    fn count(&mut self, before: usize, after: usize) {
        self.pairs[before * WIDTH + after] += 1.0;
        self.singles[after] += 1.0;
    }

    fn bits(&self, before: usize, after: usize) -> f64 {
        const ADDED: f64 = 0.1;
        const MIX: f64 = 0.95;
        let row = &self.pairs[before * WIDTH..(before + 1) * WIDTH];
        let bigram = (row[after] + ADDED) / (row.iter().sum::<f64>() + ADDED * WIDTH as f64);
        let unigram = (self.singles[after] + 1.0) / (self.singles.iter().sum::<f64>() + WIDTH as f64);
        -(MIX * bigram + (1.0 - MIX) * unigram).log2()
    }
}
