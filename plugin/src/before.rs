//! What projects from before meant by what they do not say.

use continuo_models::controls::{BarSource, Controls, Player};

/// What a state, a scene or a preset meant before there was what it does not say. Where that is not what begins today,
/// it says so here, so that everything sounds as it did.
pub fn controls() -> Controls {
    let mut before = Controls {
        learn_tune: false,
        swing_by_style: false,
        dynamics: 0.0,
        bar_source: BarSource::Library,
        hand_at_once: false,
        ..Controls::default()
    };
    before.players[Player::Drums].on = false;
    before
}
