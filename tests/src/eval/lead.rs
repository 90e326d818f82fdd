//! What Lead plays by itself in the band, over the chords of a piece.

use std::sync::Arc;

use continuo_models::music::Style;
use continuo_models::music::time::frame_of_onset;
use continuo_models::{Controls, Cue, Improviser, LeadMode, Networks, Player};

use super::corpus::{Note, Piece};
use super::harmony::choruses::chart_of;
use super::harmony::{only, rehearse};
use super::line::Stretch;

/// The solo that Lead plays without end in this style over the chart of `piece`, at temperature 1, to the tick; without
/// `returns` it never comes back to a phrase. Another `seed` gives another.
pub fn solo(
    networks: &Arc<Networks>,
    piece: &Piece,
    stretch: Stretch,
    (style, returns): (Option<Style>, bool),
    seed: u32,
) -> Vec<Note> {
    let frames = frame_of_onset(stretch.until) + 1;
    let mut band = Improviser::new(Arc::clone(networks));
    band.follow_chart(Arc::new(chart_of(piece, &piece.chord_frames(frames))));
    let usual = Controls::default();
    let controls = Controls {
        style_a: style.unwrap_or(usual.style_a),
        lead_mode: LeadMode::Continuous,
        temperature: 1.0,
        swing: 0.0,
        swing_by_style: false,
        humanise: 0.0,
        motif: if returns { usual.motif } else { 0.0 },
        seed,
        ..usual
    };
    let mut silent = piece.clone();
    silent.melody.clear();
    let mut notes = Vec::new();
    rehearse(band, &silent, frames, only(controls, &[Player::Lead]), |_, _, event| {
        notes.extend(event.cues().iter().filter_map(|cue| match cue {
            Cue::Note(note) if note.player == Player::Lead => {
                Some(Note { onset: note.start.ticks() as i64, length: note.length.ticks() as i64, key: note.key })
            }
            _ => None,
        }));
    });
    notes.retain(|note| (stretch.from..stretch.until).contains(&note.onset));
    notes.truncate(stretch.notes);
    notes
}
