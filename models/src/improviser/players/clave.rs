//! A player for tests: it shows what it takes to add one.

use super::context::FrameContext;
use super::plays::{BassKeys, Plays};
use crate::controls::Player;
use crate::improviser::listening::Listener;
use crate::music::Moment;
use crate::score::NoteCue;

/// General MIDI's claves.
const CLAVES: u8 = 75;

/// Strikes a stick on each beat.
#[derive(Clone, Debug, Default)]
pub struct Clave;

impl Plays for Clave {
    fn decide(&mut self, context: &FrameContext, _: &Listener, _: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let start = Moment::from_tick(context.tick());
        let (player, channel) = (Player::Clave, context.controls.player(Player::Clave).channel);
        let strike = NoteCue { player, channel, key: CLAVES, velocity: context.touch, start, length: Moment(80) };
        out.extend(context.is_beat().then_some(strike));
    }
}
