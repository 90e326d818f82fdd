//! A bar of the band that the musician has captured.

use serde::{Deserialize, Serialize};

use super::{Stroke, Tone, Touch};
use crate::music::{Drum, Meter, Tick};

/// The last tick of a bar at which a stroke can be kept.
const LAST: Tick = u8::MAX as Tick;
/// The most strokes of a player that are kept.
const MOST: usize = 256;

/// What the players struck in a bar, stroke by stroke, as in the files of styles. Who struck nothing has no bar here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Captured {
    /// The meter of the bar.
    pub meter: Meter,
    /// What Chords struck.
    pub chords: Vec<Stroke<Touch>>,
    /// What Bass struck.
    pub bass: Vec<Stroke<Tone>>,
    /// What Drums struck.
    pub drums: Vec<Stroke<Drum>>,
}

/// A player's part of it.
pub trait Kept: Copy + 'static {
    /// The strokes of the player.
    fn of(captured: &Captured) -> &Vec<Stroke<Self>>;
    /// The same, to be changed.
    fn of_mut(captured: &mut Captured) -> &mut Vec<Stroke<Self>>;
}

macro_rules! kept {
    ($($field:ident: $touch:ty,)+) => {$(
        impl Kept for $touch {
            fn of(captured: &Captured) -> &Vec<Stroke<Self>> {
                &captured.$field
            }

            fn of_mut(captured: &mut Captured) -> &mut Vec<Stroke<Self>> {
                &mut captured.$field
            }
        }
    )+};
}
kept! { chords: Touch, bass: Tone, drums: Drum, }

impl Captured {
    /// Whether nobody struck anything.
    pub fn is_empty(&self) -> bool {
        self.chords.is_empty() && self.bass.is_empty() && self.drums.is_empty()
    }

    /// What a player struck, from tick `start` on; `None`, where it has no bar of `meter`.
    pub fn strokes<T: Kept>(&self, meter: Meter, start: Tick) -> Option<Vec<(Tick, Stroke<T>)>> {
        let own = Some(T::of(self)).filter(|strokes| !strokes.is_empty() && self.meter == meter)?;
        let inside = own.iter().filter(|stroke| Tick::from(stroke.at) < meter.bar_ticks());
        Some(inside.map(|stroke| (start + Tick::from(stroke.at), *stroke)).collect())
    }

    /// Takes down what a player strikes in a bar that begins at `start`, each stroke with its first tick.
    pub fn take_down<T: Kept>(&mut self, start: Tick, strokes: &[(Tick, Stroke<T>)]) {
        let kept = strokes.iter().filter(|(at, _)| (start..=start + LAST).contains(at));
        *T::of_mut(self) = kept.map(|&(at, stroke)| Stroke { at: (at - start) as u8, from: 0, ..stroke }).collect();
    }

    /// The same with a meter that there is, each player's strokes in order, and no more of them than a bar may have.
    pub fn sensible(mut self) -> Self {
        fn order<T>(strokes: &mut Vec<Stroke<T>>) {
            strokes.sort_by_key(|stroke| stroke.at);
            strokes.truncate(MOST);
        }
        order(&mut self.chords);
        order(&mut self.bass);
        order(&mut self.drums);
        let Meter { numerator, denominator } = self.meter;
        self.meter = Meter { numerator: numerator.clamp(1, 64), denominator: denominator.clamp(1, 64) };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_struck_is_struck_again_at_another_bar_of_the_meter() {
        let stroke = |at: u8, touch: Touch, accent: i8| Stroke { at, touch, length: 9, from: 30, accent };
        let struck =
            [(970, stroke(10, Touch::Fifth, -3)), (1008, stroke(48, Touch::Up, 8)), (2000, stroke(0, Touch::Low, 0))];
        let mut captured = Captured::default();
        captured.take_down(960, &struck);
        let again = captured.strokes::<Touch>(Meter::default(), 96).unwrap();
        let plain = |at, touch, accent| (96 + Tick::from(at), Stroke { from: 0, ..stroke(at, touch, accent) });
        assert_eq!(again, [plain(10, Touch::Fifth, -3), plain(48, Touch::Up, 8)]);
        assert_eq!(captured.strokes::<Touch>(Meter { numerator: 3, denominator: 4 }, 96), None);
        assert_eq!(captured.strokes::<Tone>(Meter::default(), 96), None, "Bass had no bar");
    }

    #[test]
    fn a_bar_is_saved_as_the_files_of_styles_have_it() {
        let mut captured = Captured::default();
        captured.drums.push(Stroke { at: 24, touch: Drum::SideStick, length: 0, from: 0, accent: -4 });
        let json = serde_json::to_string(&captured).unwrap();
        assert!(json.contains(r#""drums":[[24,"side_stick",0,0,-4]]"#), "{json}");
        assert_eq!(serde_json::from_str::<Captured>(&json).unwrap(), captured);
    }
}
