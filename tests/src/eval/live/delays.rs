//! How many samples each kind of answer takes.

use serde::Serialize;

use crate::demo::latency::delays;
use crate::eval::report::Table;
use crate::host::take::MOMENTS_PER_TICK;
use crate::host::{Input, Note, Played, Take};

/// What an answer is, and from when to when its delay reaches.
const KINDS: [&str; KIND_COUNT] = [
    "your note to its copy",
    "your note to Voices",
    "your release to the end of Voices",
    "Chords after their tick",
    "Bass after its tick",
    "Lead after its tick",
];

const KIND_COUNT: usize = 6;

/// The channel of Voices, and those of Chords, Bass and Lead.
const VOICES: u8 = 1;
const PLANNED: [u8; 3] = [2, 3, 4];

/// The delays of every kind of answer in samples, over any number of takes.
#[derive(Clone, Debug, Default)]
pub struct Delays([Vec<u64>; KIND_COUNT]);

/// The delays of one kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// From what to what.
    pub path: &'static str,
    /// How many there were.
    pub answers: usize,
    /// Samples: the least, the middle, that under which 95 % lie, and the most.
    pub samples: Option<[u64; 4]>,
}

impl Delays {
    /// Adds those of `take`, in which humanise and swing are off. A planned note is measured from the tick in which it
    /// sounds, since the players' patterns and the soloist know of no finer unit.
    pub fn add(&mut self, take: &Take) {
        let strike = |input: Input| matches!(input, Input::NoteOn { .. });
        let touch = |input: Input| matches!(input, Input::NoteOn { .. } | Input::NoteOff { .. });
        let begins = |on: u8| move |played: Played| matches!(played, Played::NoteOn { channel, .. } if channel == on);
        let ends = |played: Played| matches!(played, Played::NoteOff { channel: VOICES, .. });
        self.0[0].extend(delays(take, strike, begins(0)));
        self.0[1].extend(delays(take, strike, begins(VOICES)));
        self.0[2].extend(delays(take, touch, ends));
        for (kind, channel) in (3..).zip(PLANNED) {
            self.0[kind].extend(take.notes(channel).iter().map(|note| after_its_tick(take, note)));
        }
    }

    /// The distributions, kind by kind.
    pub fn distributions(mut self) -> Vec<Distribution> {
        let kinds = KINDS.into_iter().zip(&mut self.0);
        kinds
            .map(|(path, samples)| {
                samples.sort_unstable();
                let at = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
                let spread = (!samples.is_empty()).then(|| [0.0, 0.5, 0.95, 1.0].map(at));
                Distribution { path, answers: samples.len(), samples: spread }
            })
            .collect()
    }
}

/// The samples from the tick at which `note` is planned to the note. A sample's rounding to either side is none.
fn after_its_tick(take: &Take, note: &Note) -> u64 {
    let into_tick = note.position - (note.position + 0.5 / MOMENTS_PER_TICK).floor();
    let per_tick = take.samples_per_tick(note.start);
    (into_tick.max(0.0) * per_tick).round() as u64
}

/// The distributions as a table.
pub fn table(distributions: &[Distribution]) -> Table {
    let mut table = Table::new(&["delay in samples", "answers", "min", "median", "p95", "max"]);
    for Distribution { path, answers, samples } in distributions {
        let cells = match samples {
            Some(samples) => samples.map(|count| count.to_string()),
            None => std::array::from_fn(|_| "–".to_owned()),
        };
        table.row([(*path).to_owned(), answers.to_string()].into_iter().chain(cells));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_has_its_ends_its_middle_and_its_tail() {
        let mut delays = Delays::default();
        delays.0[1] = (0..=100).rev().collect();
        let voices = &delays.distributions()[1];
        assert_eq!((voices.answers, voices.samples), (101, Some([0, 50, 95, 100])));
    }

    #[test]
    fn what_nobody_answered_has_no_delay() {
        let distributions = Delays::default().distributions();
        assert!(distributions.iter().all(|kind| kind.samples.is_none() && kind.answers == 0));
        assert!(table(&distributions).to_string().contains('–'));
    }
}
