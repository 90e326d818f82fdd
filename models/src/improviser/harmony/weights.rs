//! How much each reason for a chord weighs.

use serde::{Deserialize, Serialize};

use crate::controls::{Controls, MAX_LEVEL};
use crate::music::Spot;

/// How much each reason for a choice weighs, and how freely it is made. Log-odds, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Factor of how much likelier another harmony is than the standing one.
    pub likelier: f32,
    /// Factor of the advised log-odds for a chord to begin in the frame.
    pub change: f32,
    /// Factor of what the style asks for before the harmony moves in that place of the bar.
    pub hold: f32,
    /// What is asked for where no beat begins.
    pub hold_off_beat: f32,
    /// What each level of the chord rate adds to that, and takes from it, in all places.
    pub rate: f32,
    /// Against a chord for each time that it was among the last changes.
    pub repetition: f32,
    /// Against going back and forth between two chords once more.
    pub circle: f32,
    /// Factor of the log-probability that the first chord lies in the key.
    pub in_key: f32,
    /// Factor of what the style says for each move of the harmony.
    pub moves: f32,
    /// Factor of what is expected of the changes.
    pub expected: f32,
    /// For the root in the bass.
    pub root: f32,
    /// For what was planned, against what a note asks for, where the band follows half.
    pub reluctance: f32,
    /// What the chord that a note asks for must be ahead to take its place although the beat of the note has gone by.
    pub late: f32,
    /// Share of the temperature at which it is drawn whether a chord begins: a wild chord is colour, a wild rhythm is
    /// chatter.
    pub rhythm_heat: f32,
    /// Share of the temperature at which the chord is drawn.
    pub chord_heat: f32,
    /// Share of the temperature at which its colour is drawn: a sixth or a seventh, or none.
    pub colour_heat: f32,
    /// Share of the temperature at which the bass is drawn.
    pub bass_heat: f32,
    /// The likeliest chords and basses with this probability together stay in play.
    pub nucleus: f32,
}

impl Weights {
    /// For the advice of a network. Tuned on the `valid` split.
    pub const NETWORK: Self = Self {
        likelier: 1.0,
        change: 0.0,
        hold: 1.0,
        hold_off_beat: 4.0,
        rate: 0.7,
        repetition: 0.0,
        circle: 0.0,
        in_key: 1.0,
        moves: 0.5,
        expected: 1.0,
        root: 1.0,
        reluctance: 1.0,
        late: 1.0,
        rhythm_heat: 0.15,
        chord_heat: 0.3,
        colour_heat: 1.0,
        bass_heat: 0.5,
        nucleus: 0.92,
    };

    /// For the advice of the rules, which say themselves when a chord begins, and ask for none in answer to a note.
    pub const RULES: Self = Self {
        likelier: 0.0,
        change: 1.0,
        hold: 0.0,
        hold_off_beat: 0.0,
        rate: 0.0,
        repetition: 0.15,
        circle: 1.5,
        in_key: 0.0,
        moves: 0.0,
        expected: 1.0,
        root: 1.0,
        reluctance: f32::INFINITY,
        late: 0.0,
        rhythm_heat: 0.3,
        chord_heat: 0.55,
        colour_heat: 0.55,
        bass_heat: 0.5,
        nucleus: 0.92,
    };

    /// For a network that says itself when a chord begins, as the rules do: what is asked beyond that is to be better
    /// than this.
    pub const ALONE: Self = Self { expected: 0.0, reluctance: 1.0, chord_heat: 0.3, colour_heat: 0.3, ..Self::RULES };

    /// What is asked for at `spot` before another harmony takes the place of the standing one.
    pub(super) fn hold(&self, spot: Spot, controls: &Controls) -> f32 {
        let [style, other] = [controls.style_a, controls.style_b].map(|style| style.character().harmonic_rhythm);
        let rhythm = style.blended(other, controls.style_blend);
        let begins = spot.begins_bar() || spot.begins_beat();
        let asked = if begins { self.hold * rhythm.at(spot) } else { self.hold_off_beat };
        let rate = controls.chord_rate.map_or(0.0, |level| f32::from(MAX_LEVEL) / 2.0 - f32::from(level));
        asked + self.rate * rate
    }
}
