//! Which scene counts for which frame.
//!
//! A change by less than one scene is a morph: it goes on from frame to frame. A change by one or more is a recall: it
//! waits for the frame, beat or bar that the musician has chosen, and at a jump of the song for nothing. What counts
//! for a frame is settled when the frame is asked for, so that the plan and the switches of its players change as one.
//! It depends on what stands at the starts of frames only, not on blocks.

use continuo_models::Controls;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{BarPosition, Frame};
use continuo_models::score::FARTHEST_AHEAD;

use super::settings::Settings;
use crate::params::SceneTime;
use crate::scenes::{self, SCENES, Snapshots};

/// The choice of scenes. Belongs to the audio thread.
#[derive(Debug, Default)]
pub struct Recall {
    /// Where the parameter stood last.
    parameter: f32,
    /// The place that a program change has called for, until the parameter moves.
    program: Option<f32>,
    /// The place that counts for the present frame.
    now: f32,
    /// The places that count for the frames after it; of those that nobody has asked for yet, the last one's.
    coming: [f32; FARTHEST_AHEAD as usize],
}

impl Recall {
    /// A MIDI program change: 0–7 call for the scenes, 8 for the panel; the rest is not for us.
    pub fn change_program(&mut self, program: u8) {
        match usize::from(program) {
            scene @ 0..SCENES => self.program = Some((scene + 1) as f32),
            SCENES => self.program = Some(0.0),
            _ => {}
        }
    }

    /// The song is elsewhere: what is called for counts at once.
    pub fn jump(&mut self, scene: f32) {
        self.coming = [self.called_for(scene); FARTHEST_AHEAD as usize];
    }

    /// A frame is called, and `asked` will be asked for, in the bar `bar`. Returns what is in force for the two of
    /// them, with `scenes`.
    pub fn call(&mut self, settings: &Settings, scenes: &Snapshots, asked: Frame, bar: BarPosition) -> [Controls; 2] {
        self.now = self.coming[0];
        self.coming.copy_within(1.., 0);
        let called_for = self.called_for(settings.scene);
        let (before, from_asked) = self.coming.split_at_mut(usize::from(settings.plan_ahead) - 1);
        let before = before.last().copied().unwrap_or(self.now);
        let changes = (called_for - before).abs() < 1.0 || settings.scene_at <= begins_with(asked, bar);
        let place = if changes { called_for } else { before };
        from_asked.fill(place);
        [self.now, place].map(|place| scenes::at(scenes, place, &settings.panel))
    }

    /// The place that counts for the present frame, and the one that is called for.
    pub fn places(&self) -> [f32; 2] {
        [self.now, self.program.unwrap_or(self.parameter)]
    }

    fn called_for(&mut self, parameter: f32) -> f32 {
        if parameter != self.parameter {
            (self.parameter, self.program) = (parameter, None);
        }
        self.program.unwrap_or(parameter)
    }
}

/// The most that begins with `frame`: a bar, a beat, or the frame alone.
fn begins_with(frame: Frame, bar: BarPosition) -> SceneTime {
    let into_bar = bar.ticks_into_bar(frame_start(frame));
    if into_bar < TICKS_PER_FRAME {
        SceneTime::Bar
    } else if into_bar % bar.meter.beat_ticks() < TICKS_PER_FRAME {
        SceneTime::Beat
    } else {
        SceneTime::Now
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Meter;
    use nice_plug::prelude::Enum;

    use super::*;
    use crate::params::ContinuoParams;

    const BAR: BarPosition = BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } };

    /// Scenes whose temperatures are tenths of their numbers, over a panel at 0.
    struct Rig {
        settings: Settings,
        scenes: Snapshots,
        recall: Recall,
        frame: Frame,
    }

    impl Rig {
        fn new(scene_at: SceneTime) -> Self {
            let params = ContinuoParams::default();
            for index in 0..SCENES {
                params.scenes.store(index, Some(warm((index + 1) as f32)));
            }
            let settings = Settings { scene_at, panel: warm(0.0), ..Settings::read(&params, 0) };
            Self { settings, scenes: params.scenes.snapshots(), recall: Recall::default(), frame: 0 }
        }

        fn turn_to(&mut self, place: f32) {
            self.settings.scene = place;
        }

        /// The places in force for the frame that is called and for the one that is asked for.
        fn frame(&mut self) -> [f32; 2] {
            self.frame += 1;
            let asked = self.frame + Frame::from(self.settings.plan_ahead) - 1;
            let in_force = self.recall.call(&self.settings, &self.scenes, asked, BAR.at(frame_start(asked)));
            in_force.map(|controls| (controls.temperature * 1e3).round() / 1e2)
        }

        /// The frames that were asked for with each change of the place.
        fn changes(&mut self, frames: usize) -> Vec<(Frame, f32)> {
            let mut changes = vec![];
            for _ in 0..frames {
                let [now, next] = self.frame();
                if now != next {
                    changes.push((self.frame, next));
                }
            }
            changes
        }
    }

    fn warm(place: f32) -> Controls {
        Controls { temperature: place / 10.0, ..Controls::default() }
    }

    #[test]
    fn a_recall_waits_for_what_was_chosen() {
        for (at, frame) in [(SceneTime::Now, 3), (SceneTime::Beat, 4), (SceneTime::Bar, 16)] {
            let mut rig = Rig::new(at);
            assert_eq!(rig.changes(2), []);
            rig.turn_to(5.0);
            assert_eq!(rig.changes(30), [(frame, 5.0)], "{:?}", SceneTime::variants()[at as usize]);
        }
    }

    #[test]
    fn a_frame_is_played_as_it_was_asked_for() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.turn_to(2.0);
        assert_eq!(rig.frame(), [0.0, 2.0]);
        rig.turn_to(7.0);
        assert_eq!(rig.frame(), [2.0, 7.0]);
    }

    #[test]
    fn a_frame_is_played_as_it_was_asked_for_however_long_before() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.settings.plan_ahead = 3;
        let places: Vec<_> = [2.0, 7.0, 7.0, 1.0, 1.0, 1.0, 1.0]
            .into_iter()
            .map(|place| {
                rig.turn_to(place);
                rig.frame()
            })
            .collect();
        let expected = [[0.0, 2.0], [0.0, 7.0], [0.0, 7.0], [2.0, 1.0], [7.0, 1.0], [7.0, 1.0], [1.0, 1.0]];
        assert_eq!(places, expected);
    }

    #[test]
    fn a_morph_goes_on_from_frame_to_frame_past_a_scene_too() {
        let mut rig = Rig::new(SceneTime::Bar);
        rig.turn_to(0.9);
        assert_eq!(rig.changes(1), [(1, 0.9)]);
        rig.turn_to(1.5);
        assert_eq!(rig.changes(1), [(2, 1.5)]);
        rig.turn_to(1.0);
        assert_eq!(rig.changes(1), [(3, 1.0)]);
        rig.turn_to(2.0);
        assert_eq!(rig.changes(20), [(16, 2.0)], "from scene to scene is a recall");
    }

    #[test]
    fn a_program_change_counts_until_the_parameter_moves() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.turn_to(3.0);
        rig.frame();
        for (program, place) in [(0, 1.0), (7, 8.0), (8, 0.0), (9, 0.0), (127, 0.0)] {
            rig.recall.change_program(program);
            assert_eq!(rig.frame()[1], place);
        }
        rig.turn_to(4.0);
        assert_eq!(rig.frame()[1], 4.0);
    }

    #[test]
    fn after_a_jump_what_is_called_for_counts_at_once() {
        let mut rig = Rig::new(SceneTime::Bar);
        rig.turn_to(6.0);
        rig.frame();
        assert_eq!(rig.recall.places(), [0.0, 6.0]);
        rig.recall.jump(6.0);
        assert_eq!(rig.frame(), [6.0, 6.0]);
    }

    #[test]
    fn beats_and_bars_of_any_meter_begin_with_their_first_whole_frame() {
        let begun = |meter, frame| begins_with(frame, BarPosition { bar_start: 3, meter });
        let waltz = Meter { numerator: 3, denominator: 4 };
        assert!([1, 13, 25].iter().all(|&frame| begun(waltz, frame) == SceneTime::Bar));
        assert!([5, 9, -3].iter().all(|&frame| begun(waltz, frame) == SceneTime::Beat));
        assert!([0, 2, 3, 4].iter().all(|&frame| begun(waltz, frame) == SceneTime::Now));
    }
}
