//! Voice leading: what theory books forbid, and how far voices move, in real chorales and in what the band plays to
//! their sopranos.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use continuo_models::improviser::players::voices::answering::Answering;
use continuo_models::music::{Moment, Style, Tick};
use continuo_models::{Controls, Cue, Improviser, Networks, Player};
use continuo_options::eval::Split;
use serde::{Deserialize, Serialize};

use super::corpus::{Piece, Reading, each_record};
use super::harmony::rehearse;
use super::measures::FRAMES;
use super::report::{Table, number, progress};

/// The parts of a chorale, from the highest down.
const PARTS: [&str; 4] = ["soprano", "alto", "tenor", "bass"];

/// The most voices that are told apart.
const VOICES: usize = 5;

/// What happens from one sonority to the next, summed. Voices are counted from the highest down.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VoiceLeading {
    /// Whose voices.
    pub who: String,
    /// From one sonority to another.
    pub changes: usize,
    /// Two voices that move in the same direction from a perfect fifth (or its compound) to another.
    pub fifths: usize,
    /// The same from an octave or a unison.
    pub octaves: usize,
    /// Neighbouring voices of which the lower one lies higher, in the sonority that is reached.
    pub crossings: usize,
    /// Semitones moved by each voice, and how often it might have.
    pub motion: [(usize, usize); VOICES],
}

impl VoiceLeading {
    fn of(who: impl Into<String>) -> Self {
        Self { who: who.into(), ..Self::default() }
    }

    /// Adds what follows from `sonorities`, the keys of the voices from the highest down. Where a voice comes or goes,
    /// none is led.
    pub fn add(&mut self, sonorities: &[Vec<u8>]) {
        for pair in sonorities.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            if from != to && from.len() == to.len() {
                self.change(from, to);
            }
        }
    }

    fn change(&mut self, from: &[u8], to: &[u8]) {
        self.changes += 1;
        self.crossings += to.windows(2).filter(|pair| pair[0] < pair[1]).count();
        for (voice, moved) in self.motion.iter_mut().zip(from.iter().zip(to)) {
            *voice = (voice.0 + usize::from(moved.0.abs_diff(*moved.1)), voice.1 + 1);
        }
        for upper in 0..from.len() {
            for lower in upper + 1..from.len() {
                let apart = |keys: &[u8]| keys[upper].abs_diff(keys[lower]) % 12;
                let similar = from[upper].cmp(&to[upper]) == from[lower].cmp(&to[lower]) && from[upper] != to[upper];
                match (similar && apart(from) == apart(to), apart(to)) {
                    (true, 7) => self.fifths += 1,
                    (true, 0) => self.octaves += 1,
                    _ => (),
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Chorale {
    #[serde(default)]
    split: Option<Split>,
    #[serde(default)]
    parts: BTreeMap<String, Vec<Vec<i64>>>,
}

/// The voice leading of the first `limit` chorales of a split: records whose parts are soprano, alto, tenor and bass. A
/// sonority is what sounds when any part begins a note and all four sing.
///
/// # Errors
/// If nothing in a file is understood, or there is no chorale.
pub fn chorales<P: AsRef<Path>>(files: &[P], split: Split, limit: usize) -> Result<Reading<VoiceLeading>> {
    let mut leading = VoiceLeading::of("chorales: four parts");
    let (mut count, mut skipped) = (0, Vec::new());
    for file in files {
        skipped.extend(each_record(file.as_ref(), |chorale: Chorale| {
            let parts: Vec<&Vec<Vec<i64>>> = PARTS.iter().filter_map(|&part| chorale.parts.get(part)).collect();
            if parts.len() == PARTS.len() && chorale.split.is_none_or(|own| own == split) && count < limit {
                ensure!(parts.iter().all(|part| part.iter().all(|note| is_note(note))), "a part has what is no note");
                leading.add(&sonorities(&parts));
                count += 1;
            }
            Ok(())
        })?);
    }
    ensure!(count > 0, "there is no piece with the parts {}", PARTS.join(", "));
    Ok(Reading { found: leading, skipped })
}

fn is_note(note: &[i64]) -> bool {
    matches!(note, [_, length, 0..128, ..] if *length > 0)
}

fn sonorities(parts: &[&Vec<Vec<i64>>]) -> Vec<Vec<u8>> {
    let mut onsets: Vec<Tick> = parts.iter().flat_map(|part| part.iter().map(|note| note[0])).collect();
    onsets.sort_unstable();
    onsets.dedup();
    let sung = |part: &[Vec<i64>], tick: Tick| {
        let before = part.partition_point(|note| note[0] <= tick);
        let note = before.checked_sub(1).map(|index| &part[index])?;
        (tick < note[0] + note[1]).then_some(note[2] as u8)
    };
    onsets.into_iter().filter_map(|tick| parts.iter().map(|part| sung(part, tick)).collect()).collect()
}

/// What is listened to of the band.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ensemble {
    /// Chords, from strike to strike.
    Chords,
    /// The same over the note that Bass strikes with it.
    WithBass,
    /// The melody with Voices at its fullest, from note to note.
    Voices,
}

impl Ensemble {
    fn name(self) -> &'static str {
        match self {
            Ensemble::Chords => "Chords",
            Ensemble::WithBass => "Chords and Bass",
            Ensemble::Voices => "a melody with Voices",
        }
    }
}

/// Whom to listen to: styles that strike whole chords, and those in which Voices leads as a choir does.
const LISTENED: [(Style, Ensemble); 6] = [
    (Style::Hymn, Ensemble::Chords),
    (Style::Hymn, Ensemble::WithBass),
    (Style::Classical, Ensemble::Chords),
    (Style::Classical, Ensemble::WithBass),
    (Style::Hymn, Ensemble::Voices),
    (Style::Baroque, Ensemble::Voices),
];

/// The voice leading of the band to the melodies of `pieces`. The notes of Chords are voices as they lie, from the
/// highest down.
pub fn band(networks: &Arc<Networks>, pieces: &[Piece]) -> Vec<VoiceLeading> {
    let mut rows = Vec::new();
    for (style, ensemble) in LISTENED {
        let mut leading = VoiceLeading::of(format!("{style}: {}", ensemble.name()));
        let mut controls = Controls { style_a: style, humanise: 0.0, wait: 0.0, ..Controls::default() };
        controls.players[Player::Voices].density = 1.0;
        let bar = progress(&leading.who, pieces.len());
        for piece in bar.wrap_iter(pieces.iter()) {
            let sonorities = match ensemble {
                Ensemble::Voices => answered(networks, piece, controls),
                _ => struck(networks, piece, controls, ensemble == Ensemble::WithBass),
            };
            leading.add(&sonorities);
        }
        rows.push(leading);
    }
    rows
}

/// What Chords strikes together, strike by strike, and under it the note `with_bass` of the moment.
fn struck(networks: &Arc<Networks>, piece: &Piece, controls: Controls, with_bass: bool) -> Vec<Vec<u8>> {
    let mut strikes: BTreeMap<Moment, (Vec<u8>, Option<u8>)> = BTreeMap::new();
    let band = Improviser::new(Arc::clone(networks));
    rehearse(band, piece, piece.frames().min(FRAMES), controls, |_, _, event| {
        for cue in event.cues() {
            let Cue::Note(note) = cue else { continue };
            let (chord, bass) = strikes.entry(note.start).or_default();
            match note.player {
                Player::Chords => chord.push(note.key),
                Player::Bass => *bass = Some(note.key),
                _ => (),
            }
        }
    });
    let strikes = strikes.into_values().filter(|(chord, bass)| chord.len() > 2 && (bass.is_some() || !with_bass));
    strikes
        .map(|(mut chord, bass)| {
            chord.sort_unstable_by(|a, b| b.cmp(a));
            chord.extend(bass.filter(|_| with_bass));
            chord
        })
        .collect()
}

/// Each note of the melody with its answers.
fn answered(networks: &Arc<Networks>, piece: &Piece, controls: Controls) -> Vec<Vec<u8>> {
    let mut onsets = piece.melody.iter().peekable();
    let mut sonorities = Vec::new();
    let mut answering = Answering::default();
    let band = Improviser::new(Arc::clone(networks));
    rehearse(band, piece, piece.frames().min(FRAMES), controls, |next, _, event| {
        let mut cues = event.cues().iter();
        let row = cues.find_map(|cue| if let Cue::Answers(row) = cue { Some(*row) } else { None });
        while let Some(note) = onsets.next_if(|note| note.frame() <= next) {
            let reply = row.and_then(|row| answering.reply(&row, note.onset, 0, note.key));
            sonorities.push(reply.map_or(vec![note.key], |reply| reply.answer.keys().collect()));
        }
    });
    sonorities
}

/// The rows beside each other.
pub fn table(rows: &[VoiceLeading]) -> Table {
    let mut table = Table::new(&[
        "voice leading",
        "changes",
        "fifths/100",
        "octaves/100",
        "crossings/100",
        "semitones: 1st",
        "2nd",
        "3rd",
        "4th",
        "5th",
    ]);
    for row in rows {
        let per_hundred =
            |count: usize| number((row.changes > 0).then(|| 100.0 * count as f64 / row.changes as f64), 1);
        let counts = [row.fifths, row.octaves, row.crossings].map(per_hundred);
        let motion = row.motion.map(|(sum, count)| number((count > 0).then(|| sum as f64 / count as f64), 2));
        table.row([row.who.clone(), row.changes.to_string()].into_iter().chain(counts).chain(motion));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(sonorities: &[[u8; 3]]) -> VoiceLeading {
        let mut leading = VoiceLeading::default();
        leading.add(&sonorities.iter().map(|keys| keys.to_vec()).collect::<Vec<_>>());
        leading
    }

    #[test]
    fn parallels_are_counted_and_contrary_and_oblique_motion_is_not() {
        let counts = |sonorities: &[[u8; 3]]| {
            let leading = leading(sonorities);
            (leading.fifths, leading.octaves)
        };
        assert_eq!(counts(&[[67, 64, 60], [69, 65, 62]]), (1, 0));
        assert_eq!(counts(&[[72, 64, 60], [74, 65, 62]]), (0, 1));
        assert_eq!(counts(&[[79, 64, 60], [69, 65, 62]]), (0, 0));
        assert_eq!(counts(&[[67, 64, 60], [67, 65, 60]]), (0, 0));
    }

    #[test]
    fn motion_is_counted_voice_by_voice_and_repetition_is_no_change() {
        let leading = leading(&[[67, 64, 60], [67, 64, 60], [69, 65, 60], [62, 65, 57]]);
        assert_eq!((leading.changes, leading.crossings), (2, 1));
        assert_eq!(leading.motion[..3], [(9, 2), (1, 2), (3, 2)]);
    }

    #[test]
    fn a_sonority_is_what_all_four_sing_when_one_begins() {
        let note = |onset: i64, length: i64, key: i64| vec![onset, length, key];
        let parts = [
            vec![note(0, 48, 72)],
            vec![note(0, 24, 67), note(24, 24, 69)],
            vec![note(0, 24, 64), note(24, 24, 65)],
            vec![note(0, 36, 48)],
        ];
        let parts: Vec<_> = parts.iter().collect();
        assert_eq!(sonorities(&parts), [[72, 67, 64, 48], [72, 69, 65, 48]]);
    }
}
