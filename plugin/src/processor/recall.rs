//! Which preset and which scene count for which frame.
//!
//! Under the scenes lies a *base*: the panel, or a preset of the bank in its place. A change of scene by less than one
//! is a morph: it goes on from frame to frame. A change by one or more, and any change of the base, is a recall: it
//! waits for the frame, beat or bar that the musician has chosen, and at a jump of the song for nothing. What counts
//! for a frame is settled when the frame is asked for, so that the plan and the switches of its players change as one.
//! It depends on what stands at the starts of frames only, not on blocks.

use std::sync::Arc;

use continuo_models::Controls;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{BarPosition, Frame};
use continuo_models::score::FARTHEST_AHEAD;

use super::settings::Settings;
use crate::bank::Presets;
use crate::params::{Programs, SceneTime};
use crate::scenes::{self, SCENES, Snapshots};
use crate::seam::{Base, Place};

/// What can be recalled, as it stood at one time.
pub struct Held {
    /// What every scene holds.
    pub scenes: Snapshots,
    /// What lies at every number of the bank. Shared with the bank, which keeps it for as long as it is held here:
    /// nothing is freed by the audio thread.
    pub presets: Arc<Presets>,
}

/// The choice of presets and scenes. Belongs to the audio thread.
#[derive(Debug, Default)]
pub struct Recall {
    scene: Called<f32>,
    preset: Called<u8>,
    /// The bank of programs that each channel has selected: the greater of controllers 0 and 32.
    selected: [[u8; 2]; 16],
    /// The place that counts for the present frame.
    now: Place,
    /// The places that count for the frames after it; of those that nobody has asked for yet, the last one's.
    coming: [Place; FARTHEST_AHEAD as usize],
    /// What is in force at the place for which that was found out last: it seldom changes, and is to be found in many
    /// places of memory.
    in_force: Option<(Place, Controls)>,
}

/// What a parameter and MIDI programs call for: whoever has spoken last.
#[derive(Debug, Default)]
struct Called<V> {
    /// Where the parameter stood last.
    parameter: V,
    /// What a program change has called for, until the parameter moves.
    program: Option<V>,
}

impl<V: Copy + PartialEq> Called<V> {
    /// What is called for while the parameter stands at `parameter`.
    fn at(&mut self, parameter: V) -> V {
        if parameter != self.parameter {
            *self = Self { parameter, program: None };
        }
        self.last()
    }

    /// What was called for last.
    fn last(&self) -> V {
        self.program.unwrap_or(self.parameter)
    }
}

impl Recall {
    /// A MIDI controller, of which 0 and 32 select the bank of the programs to come on its channel.
    pub fn select_bank(&mut self, channel: u8, controller: u8, value: u8) {
        let place = [0, 32].iter().position(|selects| *selects == controller);
        if let (Some(place), Some(selected)) = (place, self.selected.get_mut(usize::from(channel))) {
            selected[place] = value;
        }
    }

    /// A MIDI program change. Bank 1 are scenes and bank 2 presets, in the others it recalls one of `programs`. Of
    /// scenes, 0–7 call for them and 8 for the panel; the rest is not for us. Of presets each calls for the one at the
    /// next number: they count from 1.
    pub fn change_program(&mut self, channel: u8, program: u8, programs: Programs) {
        let bank = self.selected.get(usize::from(channel)).and_then(|selected| selected.iter().max());
        let programs = match bank {
            Some(1) => Programs::Scenes,
            Some(2) => Programs::Presets,
            _ => programs,
        };
        match (programs, usize::from(program)) {
            (Programs::Scenes, scene @ 0..SCENES) => self.scene.program = Some((scene + 1) as f32),
            (Programs::Scenes, SCENES) => (self.scene.program, self.preset.program) = (Some(0.0), Some(0)),
            (Programs::Scenes, _) => {}
            (Programs::Presets, _) => self.preset.program = Some(program.min(127) + 1),
        }
    }

    /// What is set, or held, has changed.
    pub fn forget_in_force(&mut self) {
        self.in_force = None;
    }

    /// The song is elsewhere: what is called for counts at once.
    pub fn jump(&mut self, settings: &Settings) {
        self.coming = [self.called_for(settings); FARTHEST_AHEAD as usize];
    }

    /// A frame is called, and `asked` will be asked for, in the bar `bar`. Returns what is in force for the two of
    /// them, of what is `held`.
    pub fn call(&mut self, settings: &Settings, held: &Held, asked: Frame, bar: BarPosition) -> [Controls; 2] {
        self.now = self.coming[0];
        self.coming.copy_within(1.., 0);
        let called_for = self.called_for(settings);
        let (before, from_asked) = self.coming.split_at_mut(usize::from(settings.plan_ahead) - 1);
        let before = before.last().copied().unwrap_or(self.now);
        let place = next(before, called_for, settings.scene_at, begins_with(asked, bar));
        from_asked.fill(place);
        [self.now, place].map(|place| self.in_force(place, settings, held))
    }

    /// What is in force at `place`.
    fn in_force(&mut self, place: Place, settings: &Settings, held: &Held) -> Controls {
        let known = self.in_force.filter(|(known, _)| *known == place);
        let (_, controls) = known.unwrap_or_else(|| (place, self.found_in_force(place, settings, held)));
        self.in_force = Some((place, controls));
        controls
    }

    /// The place that counts for the present frame, and the one that is called for.
    pub fn places(&self) -> [Place; 2] {
        [self.now, place(self.scene.last(), self.preset.last())]
    }

    fn called_for(&mut self, settings: &Settings) -> Place {
        let (scene, preset) = (self.scene.at(settings.scene), self.preset.at(settings.preset));
        place(scene, preset)
    }

    /// The same, found out anew. A number at which there is no preset is the panel. Seldom called, and out of the way
    /// of what is done at every frame.
    #[inline(never)]
    fn found_in_force(&self, place: Place, settings: &Settings, held: &Held) -> Controls {
        let panel = &settings.panel;
        let base = match place.base {
            Base::Panel => *panel,
            Base::Preset(number) => match held.presets.get(usize::from(number).wrapping_sub(1)) {
                Some(Some(preset)) => settings.locks.keep(preset.at_the_moment_of(panel).in_project_of(panel), panel),
                _ => *panel,
            },
        };
        scenes::at(&held.scenes, place.scene, &base)
    }
}

fn place(scene: f32, preset: u8) -> Place {
    let base = if preset == 0 { Base::Panel } else { Base::Preset(preset) };
    Place { base, scene }
}

/// What comes after the place `before`, with a frame that begins a `begun`, when another one is called for.
fn next(before: Place, called_for: Place, scene_at: SceneTime, begun: SceneTime) -> Place {
    let recalls = scene_at <= begun;
    let morphs = (called_for.scene - before.scene).abs() < 1.0;
    Place {
        base: if recalls { called_for.base } else { before.base },
        scene: if recalls || morphs { called_for.scene } else { before.scene },
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

    /// Scenes whose temperatures are tenths of their numbers, over a panel at 0, and presets whose swing is as many
    /// hundredths; some numbers are empty.
    struct Rig {
        settings: Settings,
        held: Held,
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
            let preset = |index: usize| (index < 100).then(|| swinging(index as f32 + 1.0));
            let held = Held { scenes: params.scenes.snapshots(), presets: Arc::new(std::array::from_fn(preset)) };
            Self { settings, held, recall: Recall::default(), frame: 0 }
        }

        fn turn_to(&mut self, place: f32) {
            self.settings.scene = place;
        }

        /// What is in force for the frame that is called and for the one that is asked for.
        fn call(&mut self) -> [Controls; 2] {
            self.frame += 1;
            let asked = self.frame + Frame::from(self.settings.plan_ahead) - 1;
            self.recall.call(&self.settings, &self.held, asked, BAR.at(frame_start(asked)))
        }

        /// The same as places among the scenes.
        fn frame(&mut self) -> [f32; 2] {
            self.call().map(|controls| (controls.temperature * 1e3).round() / 1e2)
        }

        /// The same as numbers of presets; 0: the panel.
        fn presets(&mut self) -> [f32; 2] {
            self.call().map(|controls| (controls.swing * 1e2).round())
        }

        /// The frames that were asked for with each change of the place among the scenes.
        fn changes(&mut self, frames: usize) -> Vec<(Frame, f32)> {
            self.changes_of(frames, Self::frame)
        }

        /// The frames that were asked for with each change of what `each` tells.
        fn changes_of(&mut self, frames: usize, each: impl Fn(&mut Self) -> [f32; 2]) -> Vec<(Frame, f32)> {
            let mut changes = vec![];
            for _ in 0..frames {
                let [now, next] = each(self);
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

    /// A preset, at temperature 0.
    fn swinging(number: f32) -> Controls {
        Controls { swing: number / 100.0, ..warm(0.0) }
    }

    fn scene(scene: f32) -> Place {
        Place { scene, ..Place::default() }
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
            rig.recall.change_program(0, program, Programs::Scenes);
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
        assert_eq!(rig.recall.places(), [scene(0.0), scene(6.0)]);
        rig.recall.jump(&rig.settings);
        assert_eq!(rig.frame(), [6.0, 6.0]);
    }

    #[test]
    fn a_preset_takes_the_place_of_the_panel_when_it_was_chosen_to_and_scenes_lie_upon_it() {
        for (at, frame) in [(SceneTime::Now, 3), (SceneTime::Beat, 4), (SceneTime::Bar, 16)] {
            let mut rig = Rig::new(at);
            rig.changes(2);
            rig.settings.preset = 7;
            assert_eq!(rig.changes_of(30, Rig::presets), [(frame, 7.0)], "{:?}", SceneTime::variants()[at as usize]);
            rig.turn_to(0.5);
            let [_, between] = rig.call();
            let thousandths = [between.swing, between.temperature].map(|share| (share * 1e3).round());
            assert_eq!(thousandths, [35.0, 50.0], "a morph from the preset to the scene");
        }
    }

    #[test]
    fn a_recalled_preset_waits_while_a_morph_goes_on() {
        let mut rig = Rig::new(SceneTime::Bar);
        rig.settings.preset = 7;
        rig.turn_to(0.5);
        assert_eq!(rig.changes(1), [(1, 0.5)]);
        assert_eq!(rig.changes_of(30, Rig::presets), [(16, 4.0)], "half of it");
    }

    #[test]
    fn of_a_preset_the_moment_the_routing_and_what_is_locked_are_the_panels() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.settings.panel = Controls { cadence: true, left_hand: Some(3), style_blend: 0.75, ..warm(0.0) };
        rig.settings.preset = 7;
        rig.settings.locks.style = true;
        let [_, preset] = rig.call();
        assert_eq!((preset.cadence, preset.left_hand, preset.style_blend), (true, Some(3), 0.75));
        assert_eq!(preset.swing, 0.07);
    }

    #[test]
    fn an_empty_number_is_the_panel() {
        let mut rig = Rig::new(SceneTime::Now);
        for number in [0, 101, 128] {
            rig.settings.preset = number;
            assert_eq!(rig.call()[1], warm(0.0));
        }
    }

    #[test]
    fn programs_recall_presets_where_that_is_set_until_the_parameter_moves() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.settings.preset = 3;
        rig.presets();
        for (program, number) in [(0, 1.0), (8, 9.0), (99, 100.0), (127, 0.0)] {
            rig.recall.change_program(0, program, Programs::Presets);
            assert_eq!(rig.presets()[1], number);
        }
        rig.settings.preset = 0;
        rig.recall.change_program(0, 4, Programs::Scenes);
        assert_eq!((rig.presets()[1], rig.recall.places()[1].scene), (0.0, 5.0));
    }

    #[test]
    fn the_program_of_the_panel_is_the_panel_whatever_was_recalled() {
        let mut rig = Rig::new(SceneTime::Now);
        rig.settings.preset = 3;
        rig.turn_to(2.0);
        rig.call();
        rig.recall.change_program(0, 8, Programs::Scenes);
        assert_eq!(rig.call()[1], warm(0.0));
    }

    #[test]
    fn a_channel_selects_what_its_programs_recall() {
        let (preset, scene) = (Place { base: Base::Preset(5), scene: 0.0 }, scene(5.0));
        for (selects, channel, programs, place) in [
            (&[][..], 3, Programs::Scenes, scene),
            (&[(0, 2)], 3, Programs::Scenes, preset),
            (&[(32, 2)], 3, Programs::Scenes, preset),
            (&[(0, 1), (32, 0), (7, 2)], 3, Programs::Presets, scene),
            (&[(0, 2)], 4, Programs::Scenes, scene),
            (&[(0, 2), (0, 0)], 3, Programs::Scenes, scene),
            (&[(0, 77)], 3, Programs::Presets, preset),
        ] {
            let mut rig = Rig::new(SceneTime::Now);
            selects.iter().for_each(|&(controller, value)| rig.recall.select_bank(3, controller, value));
            rig.recall.change_program(channel, 4, programs);
            assert_eq!(rig.recall.places()[1], place, "{selects:?}");
        }
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
