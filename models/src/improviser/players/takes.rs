//! Takes of those who strike, alone, for those who judge them.

use super::context::FrameContext;
use super::{performer, seats};
use crate::controls::{Controls, Player};
use crate::improviser::listening::Listener;
use crate::music::time::{TICKS_PER_FRAME, frame_at, frame_start};
use crate::music::{BarPosition, Chord, Key, Meter, Quality, Style, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

/// The chords of a take, a bar each, over and over.
const CHANGES: [(u8, Quality); 4] =
    [(0, Quality::Major), (9, Quality::Minor), (2, Quality::Minor), (7, Quality::Dominant)];

/// What Chords, Bass and Drums play in `bars` bars of 4/4 at `tempo` quarter notes per minute, as `controls` have it
/// and nobody plays with them: in the order of their beginnings.
pub fn take(controls: &Controls, style: Style, tempo: f32, bars: Tick) -> Vec<NoteCue> {
    let (meter, listener) = (Meter::default(), Listener::default());
    let mut band = seats::all(&Networks::default());
    band.retain(|seat| seat.player != Player::Lead);
    let chord = |bar: Tick| {
        let (root, quality) = CHANGES[bar.rem_euclid(CHANGES.len() as Tick) as usize];
        Chord::new(root, quality)
    };
    let mut cues = Vec::new();
    for frame in 0..frame_at(bars * meter.bar_ticks()) {
        let bar = frame_start(frame) / meter.bar_ticks();
        let (here, next) = (chord(bar), chord(bar + 1));
        let context = FrameContext {
            position: BarPosition { bar_start: 0, meter }.at(frame_start(frame)),
            chord: Some(here),
            bass: Some(here.root),
            chord_changes: frame_start(frame) % meter.bar_ticks() < TICKS_PER_FRAME,
            next_chord: Some(((bar + 1) * meter.bar_ticks(), next)),
            next_bass: Some(next.root),
            certain: Tick::MAX,
            key: Key::major(0),
            style,
            tempo,
            ..FrameContext::alone(controls, frame)
        };
        let mut notes = Vec::new();
        band.iter_mut().for_each(|seat| seat.plays.prepare(&context, &listener));
        seats::decide(&mut band, &context, &listener, &mut notes);
        performer::play(&context, &mut notes);
        cues.append(&mut notes);
    }
    cues
}
