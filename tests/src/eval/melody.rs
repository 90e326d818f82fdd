//! Bits per note of the soloist against n-grams, on the same notes.

use anyhow::{Error, Result};
use continuo_models::improviser::memory::{LENGTH_TRUST, PITCH_TRUST, TIME_TRUST, until_the_next};
use continuo_models::music::Style;
use continuo_models::network::SoloistNetwork;
use continuo_models::network::features::time_class;
use continuo_models::network::soloist::{LOWEST, SoloistAttributes, pitch_index};
use serde::Serialize;

use super::corpus::Piece;
use super::line::Line;
use super::ngram::{Counts, Mixture, Observed, Weights, contexts};
use super::report::{Table, number, progress};
use super::tokens::{Kind, Token};
use super::trust::{self, Foretold};

/// The first notes of each piece count.
pub const NOTES: usize = 256;

/// What is predicted of a note: its pitch, its length, the time to the next.
const HEADS: usize = 3;

/// Bits and the number of tokens that they code, for the pitch, the length and the time to the next note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits {
    sums: [f64; HEADS],
    counts: [usize; HEADS],
}

/// Bits per note.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PerNote {
    /// Of the pitch, given the time.
    pub pitch: f64,
    /// Of the sounding length.
    pub length: f64,
    /// Of the time to the next onset.
    pub time: f64,
    /// Of all three.
    pub total: f64,
}

impl Bits {
    fn add(&mut self, head: usize, bits: f64) {
        self.sums[head] += bits;
        self.counts[head] += 1;
    }

    /// Of all of `parts` together, note by note.
    pub fn per_note<'a>(parts: impl IntoIterator<Item = &'a Bits>) -> PerNote {
        let mut all = Bits::default();
        for part in parts {
            for head in 0..HEADS {
                all.sums[head] += part.sums[head];
                all.counts[head] += part.counts[head];
            }
        }
        let [pitch, length, time] = std::array::from_fn(|head| all.sums[head] / all.counts[head].max(1) as f64);
        PerNote { pitch, length, time, total: pitch + length + time }
    }
}

/// What the soloist needs to code a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoloistBits {
    /// The network alone: pitch, length and time each for itself.
    pub alone: Bits,
    /// The same, where a length is known to end with the next note.
    pub joint: Bits,
    /// As Lead plays: with the piece so far, and a note as a whole, pitch after time and length after both.
    pub with_piece: Bits,
}

/// What was foretold of held-out notes, for [`trust::fitted`].
#[derive(Debug, Default)]
pub struct Evidence {
    times: Vec<Foretold<{ TIME_TRUST.len() }>>,
    pitches: Vec<Foretold<{ PITCH_TRUST.len() }>>,
    lengths: Vec<Foretold<{ LENGTH_TRUST.len() }>>,
}

impl Evidence {
    /// The trust that fits it best, beside what is built in.
    pub fn fitted(&self) -> Table {
        trust::table(&[
            ("time", &trust::fitted(&self.times), &TIME_TRUST),
            ("pitch", &trust::fitted(&self.pitches), &PITCH_TRUST),
            ("length", &trust::fitted(&self.lengths), &LENGTH_TRUST),
        ])
    }
}

/// What the soloist needs to code the notes of each of `pieces`, with its style given; the attributes are left free.
/// What it was told goes to `evidence`.
///
/// # Errors
/// When the network fails.
pub fn soloist_bits(
    network: &SoloistNetwork,
    pieces: &[Piece],
    style: impl Fn(&Piece) -> Option<Style>,
    mut evidence: Option<&mut Evidence>,
) -> Result<Vec<SoloistBits>> {
    let bar = progress("soloist: bits per note", pieces.len());
    let mut of = |piece: &Piece| -> Result<SoloistBits, String> {
        let changes = piece.changes();
        let (mut state, mut line, mut all) = (network.initial_state(), Line::default(), SoloistBits::default());
        for (index, &note) in piece.melody.iter().enumerate().take(NOTES) {
            let input = line.input(piece, &changes, note.onset, style(piece), SoloistAttributes::default());
            let said = network.step(&input, &mut state)?;
            let recall = line.recall(piece, &changes, note.onset);
            let pitch = pitch_index(note.key);
            all.alone.add(0, bits(&said.pitch, pitch));
            all.alone.add(1, bits(&said.length, time_class(note.length)));
            all.joint.add(0, bits(&said.pitch, pitch));
            let time = piece.melody.get(index + 1).map(|next| next.onset - note.onset);
            if let Some(evidence) = &mut evidence {
                evidence.pitches.push(Foretold::new(&said.pitch, &recall.pitches(time), pitch));
            }
            let mut pitches = said.pitch;
            recall.mix_pitch(&mut pitches, time, 1.0);
            all.with_piece.add(0, bits(&pitches, pitch));
            if let Some(time) = time {
                let class = time_class(time);
                all.alone.add(2, bits(&said.time, class));
                all.joint.add(2, bits(&said.time, class));
                let (key, length) = (i32::from(LOWEST) + pitch as i32, time_class(note.length.min(time)));
                let (mut times, mut lengths) = (said.time, until_the_next(&said.length, time));
                all.joint.add(1, bits(&lengths, length));
                if let Some(evidence) = &mut evidence {
                    evidence.times.push(Foretold::new(&times, &recall.times(), class));
                    evidence.lengths.push(Foretold::new(&lengths, &recall.lengths(time, key), length));
                }
                recall.mix_time(&mut times, 1.0);
                recall.mix_length(&mut lengths, (time, key), 1.0);
                all.with_piece.add(2, bits(&times, class));
                all.with_piece.add(1, bits(&lengths, length));
            } else {
                let length = bits(&said.length, time_class(note.length));
                all.joint.add(1, length);
                all.with_piece.add(1, length);
            }
            line.put_down(piece, &changes, note);
        }
        Ok(all)
    };
    bar.wrap_iter(pieces.iter()).map(|piece| of(piece).map_err(Error::msg)).collect()
}

fn bits(logits: &[f32], index: usize) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    (sum.ln() - f64::from(logits[index] - most)) / std::f64::consts::LN_2
}

/// The n-gram, for each of the three heads: over pitches and intervals, mixed; over lengths; over times.
#[derive(Debug)]
pub struct NgramModel([Head; HEADS]);

#[derive(Debug)]
struct Head {
    streams: Vec<Stream>,
    /// Of the streams as they were counted on the training pieces.
    alone: Mixture,
    /// Of those and of the streams as they are counted in the piece itself, up to the note.
    with_piece: Mixture,
}

/// One kind of token.
#[derive(Debug)]
struct Stream {
    kind: Kind,
    counts: Counts,
    weights: Weights,
    /// For counts of the piece so far.
    own_weights: Weights,
}

impl NgramModel {
    /// Counts on `train`, and finds the weights on `valid`.
    pub fn learn(train: &[Piece], valid: &[Piece]) -> Self {
        let kinds: [&[Kind]; HEADS] = [&[Kind::Pitch, Kind::Interval], &[Kind::Length], &[Kind::Time]];
        let bar = progress("n-grams: counting", kinds.iter().map(|kinds| kinds.len()).sum());
        let heads = kinds.map(|kinds| {
            let learn = |&kind: &Kind| {
                let stream = Stream::learn(kind, train, valid);
                bar.inc(1);
                stream
            };
            let streams: Vec<Stream> = kinds.iter().map(learn).collect();
            let held_out: Vec<Vec<[f64; 2]>> = valid.iter().flat_map(|piece| probabilities(&streams, piece)).collect();
            let places: Vec<usize> = valid.iter().flat_map(|piece| 0..tokens(kinds[0], piece).len()).collect();
            let fit = |predictors: usize, of: fn(&Vec<[f64; 2]>) -> Vec<f64>| {
                let held_out: Vec<_> = places.iter().copied().zip(held_out.iter().map(of)).collect();
                Mixture::fitted(predictors, &held_out)
            };
            let alone = fit(streams.len(), |note| note.iter().map(|pair| pair[0]).collect());
            let with_piece = fit(2 * streams.len(), |note| note.as_flattened().to_vec());
            Head { streams, alone, with_piece }
        });
        bar.finish_and_clear();
        Self(heads)
    }

    /// What it needs to code the notes of `piece`: as it is, and when it also learns from the piece as it goes.
    pub fn bits(&self, piece: &Piece) -> [Bits; 2] {
        let (mut alone, mut with_piece) = (Bits::default(), Bits::default());
        for (index, head) in self.0.iter().enumerate() {
            for (before, note) in probabilities(&head.streams, piece).into_iter().enumerate() {
                let counted: Vec<f64> = note.iter().map(|pair| pair[0]).collect();
                alone.add(index, -head.alone.probability(before, &counted).log2());
                with_piece.add(index, -head.with_piece.probability(before, note.as_flattened()).log2());
            }
        }
        [alone, with_piece]
    }
}

fn tokens(kind: Kind, piece: &Piece) -> Vec<Token> {
    kind.tokens(&piece.melody, NOTES)
}

/// For each note of the piece and each stream: the probability by the training counts, and by the piece so far.
fn probabilities(streams: &[Stream], piece: &Piece) -> Vec<Vec<[f64; 2]>> {
    let each: Vec<Vec<[f64; 2]>> =
        streams.iter().map(|stream| stream.probabilities(&tokens(stream.kind, piece))).collect();
    let notes = each.first().map_or(0, Vec::len);
    (0..notes)
        .map(|note| {
            // No interval leads to the first note: there every stream says what the first one does.
            let of =
                |own: &Vec<[f64; 2]>| (note + own.len()).checked_sub(notes).map_or(each[0][note], |place| own[place]);
            each.iter().map(of).collect()
        })
        .collect()
}

impl Stream {
    fn learn(kind: Kind, train: &[Piece], valid: &[Piece]) -> Self {
        let size = kind.size();
        let sequences: Vec<Vec<Token>> = train.iter().map(|piece| kind.tokens(&piece.melody, usize::MAX)).collect();
        let counts = Counts::of(&sequences, size);
        let (mut held_out, mut own) = (Vec::new(), Vec::new());
        for piece in valid {
            let mut so_far = Counts::default();
            contexts(&tokens(kind, piece), size, |context, token| {
                held_out.push(Observed::new(&counts, context, token));
                own.push(Observed::new(&so_far, context, token));
                so_far.add(context, token);
            });
        }
        let (weights, own_weights) = (Weights::fitted(size, &held_out), Weights::fitted(size, &own));
        Self { kind, counts, weights, own_weights }
    }

    fn probabilities(&self, sequence: &[Token]) -> Vec<[f64; 2]> {
        let mut so_far = Counts::default();
        let mut all = Vec::with_capacity(sequence.len());
        contexts(sequence, self.kind.size(), |context, token| {
            all.push([
                self.weights.probability(&self.counts, context, token),
                self.own_weights.probability(&so_far, context, token),
            ]);
            so_far.add(context, token);
        });
        all
    }
}

/// Pieces that belong together, and what each system needs to code them.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The style or the source.
    pub name: String,
    /// How many pieces are judged.
    pub pieces: usize,
    /// How many training pieces belong to the group.
    pub train_pieces: usize,
    /// The network alone.
    pub network: PerNote,
    /// The network, where a length is known to end with the next note.
    pub network_joint: PerNote,
    /// The network with the piece so far, as Lead plays.
    pub network_with_piece: PerNote,
    /// The n-gram, if one was learned.
    pub ngram: Option<PerNote>,
    /// The n-gram that also learns from the piece so far.
    pub ngram_with_piece: Option<PerNote>,
    /// The share of the n-gram's bits that the network saves.
    pub saving: Option<f64>,
}

/// The groups of pieces by style and by source, and all together. `network` and `ngram` go with `pieces`;
/// without n-grams there is nothing to compare with.
pub fn groups(train: &[Piece], pieces: &[Piece], network: &[SoloistBits], ngram: Option<&[[Bits; 2]]>) -> Vec<Group> {
    let styles = Style::ALL.map(|style| (style.id().to_owned(), Some(style)));
    let of_style = styles.map(|(name, style)| (name, Box::new(move |piece: &Piece| piece.style == style) as Belongs));
    let mut sources: Vec<&String> = pieces.iter().map(|piece| &piece.source).collect();
    sources.sort();
    sources.dedup();
    let of_source = sources.into_iter().cloned().map(|source| {
        let name = format!("from {source}");
        (name, Box::new(move |piece: &Piece| piece.source == source) as Belongs)
    });
    let all = ("all".to_owned(), Box::new(|_: &Piece| true) as Belongs);
    let group = |(name, belongs): (String, Belongs)| {
        let own: Vec<usize> = (0..pieces.len()).filter(|&index| belongs(&pieces[index])).collect();
        let of = |bits: fn(&SoloistBits) -> &Bits| Bits::per_note(own.iter().map(|&index| bits(&network[index])));
        let alone = of(|bits| &bits.alone);
        let of_ngram = |kind: usize| ngram.map(|ngram| Bits::per_note(own.iter().map(|&index| &ngram[index][kind])));
        let [ngram, ngram_with_piece] = [0, 1].map(of_ngram);
        Group {
            name,
            pieces: own.len(),
            train_pieces: train.iter().filter(|piece| belongs(piece)).count(),
            saving: ngram.map(|ngram| 1.0 - alone.total / ngram.total),
            network: alone,
            network_joint: of(|bits| &bits.joint),
            network_with_piece: of(|bits| &bits.with_piece),
            ngram,
            ngram_with_piece,
        }
    };
    of_style.into_iter().chain(of_source).chain([all]).map(group).filter(|group| group.pieces > 0).collect()
}

type Belongs = Box<dyn Fn(&Piece) -> bool>;

/// A row for each system, group by group.
pub fn table(groups: &[Group]) -> Table {
    let mut table =
        Table::new(&["bits per note", "pieces", "training", "system", "pitch", "length", "time", "total", "saving"]);
    for group in groups {
        let counts = [group.name.clone(), group.pieces.to_string(), group.train_pieces.to_string()];
        let saving = group.saving.map_or(String::new(), |saving| format!("{:.1} %", 100.0 * saving));
        let rows = [
            (counts, "network alone", Some(group.network), saving),
            (Default::default(), "network, length after time", Some(group.network_joint), String::new()),
            (Default::default(), "network and the piece so far", Some(group.network_with_piece), String::new()),
            (Default::default(), "n-gram", group.ngram, String::new()),
            (Default::default(), "n-gram and the piece so far", group.ngram_with_piece, String::new()),
        ];
        for (counts, system, bits, saving) in rows {
            let Some(PerNote { pitch, length, time, total }) = bits else { continue };
            let bits = [pitch, length, time, total].map(|bits| number(Some(bits), 2));
            table.row(counts.into_iter().chain([system.to_owned()]).chain(bits).chain([saving]));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// A scale up and down, a quarter each, beginning on `key`.
    fn scale(id: &str, key: u8, notes: i64) -> Piece {
        let steps = [0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2];
        let melody: Vec<_> = (0..notes).map(|n| (24 * n, 24, key + steps[n as usize % steps.len()])).collect();
        made_up(id, &melody, &[])
    }

    fn model() -> NgramModel {
        let train: Vec<Piece> = (0..6).map(|n| scale("train", 48 + n, 60)).collect();
        NgramModel::learn(&train, &[scale("valid", 50, 60), scale("valid", 55, 60)])
    }

    #[test]
    fn equal_chances_of_four_are_two_bits() {
        assert!((bits(&[0.5; 4], 3) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_learned_costs_few_bits_in_a_new_key_too() {
        let [bits, _] = model().bits(&scale("test", 60, 60));
        let per_note = Bits::per_note([&bits]);
        assert!(per_note.pitch < 1.0, "intervals predict it: {per_note:?}");
        assert!(per_note.time < 0.2 && per_note.length < 0.2, "{per_note:?}");
    }

    #[test]
    fn a_piece_that_repeats_itself_predicts_itself() {
        // Leaps that the training pieces do not have.
        let leaps = [60, 73, 61, 82, 70, 51];
        let melody: Vec<_> = (0..120).map(|n| (24 * n, 24, leaps[n as usize % 6])).collect();
        let [alone, with_piece] = model().bits(&made_up("test", &melody, &[])).map(|bits| Bits::per_note([&bits]));
        assert!(with_piece.pitch < 0.7 * alone.pitch, "{with_piece:?} against {alone:?}");
    }

    #[test]
    fn groups_tell_their_training_pieces_and_the_saving() {
        let (train, test) = ([scale("train", 48, 60)], [scale("test", 60, 60)]);
        let half = Bits { sums: [30.0; HEADS], counts: [60; HEADS] };
        let whole = Bits { sums: [60.0; HEADS], counts: [60; HEADS] };
        let soloist = SoloistBits { alone: half, ..SoloistBits::default() };
        let groups = groups(&train, &test, &[soloist], Some(&[[whole, half]]));
        let names: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.train_pieces)).collect();
        assert_eq!(names, [("pop", 1), ("from made-up", 1), ("all", 1)]);
        assert!(groups[0].saving.is_some_and(|saving| (saving - 0.5).abs() < 1e-12));
    }

    #[test]
    fn every_note_has_a_pitch_and_a_length_and_every_note_but_the_last_a_time() {
        let [bits, _] = model().bits(&scale("test", 60, 20));
        assert_eq!(bits.counts, [20, 20, 19]);
    }
}
