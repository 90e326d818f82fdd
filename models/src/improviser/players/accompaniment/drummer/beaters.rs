//! On what a drummer keeps time, and with what he strikes.

use super::super::patterns::{Stroke, stroke};
use crate::controls::{Beaters, Cymbal};
use crate::music::Drum;

/// How much louder a bell is than the cymbal, and softer a brush than a stick, in MIDI velocity.
const BELL: i8 = 6;
const BRUSH: i8 = -12;

/// `stroke` with the time on `cymbal` and struck by `beaters`, as far as they are asked for; `None`: there is nothing
/// to strike.
pub fn held(stroke: Stroke<Drum>, cymbal: Option<Cymbal>, beaters: Option<Beaters>) -> Option<Stroke<Drum>> {
    let stroke = match (cymbal, stroke.touch) {
        (Some(Cymbal::HiHat), Drum::Ride) => on(stroke, Drum::ClosedHat, 0),
        (Some(Cymbal::HiHat), Drum::RideBell) => on(stroke, Drum::ClosedHat, BELL),
        // The foot holds it closed.
        (Some(Cymbal::HiHat), Drum::PedalHat) => return None,
        (Some(Cymbal::Ride), Drum::ClosedHat) => on(stroke, Drum::Ride, 0),
        (Some(Cymbal::Ride), Drum::OpenHat) => on(stroke, Drum::RideBell, 0),
        _ => stroke,
    };
    match (beaters, stroke.touch) {
        (Some(Beaters::Sticks), Drum::BrushTap) => Some(on(stroke, Drum::Snare, 0)),
        (Some(Beaters::Sticks), Drum::BrushSwirl) => None,
        (Some(Beaters::Brushes), Drum::Snare | Drum::SideStick) => Some(on(stroke, Drum::BrushTap, BRUSH)),
        (Some(Beaters::Brushes), Drum::Kick | Drum::PedalHat | Drum::BrushTap | Drum::BrushSwirl) => Some(stroke),
        (Some(Beaters::Brushes), drum) => Some(on(stroke, drum, BRUSH)),
        _ => Some(stroke),
    }
}

/// A sweep over the drum, where brushes are asked for and the pattern has none.
pub fn swirl() -> Stroke<Drum> {
    Stroke { accent: 3 * BRUSH, ..stroke(0, Drum::BrushSwirl) }
}

fn on(stroke: Stroke<Drum>, touch: Drum, louder: i8) -> Stroke<Drum> {
    Stroke { touch, accent: stroke.accent.saturating_add(louder), ..stroke }
}
