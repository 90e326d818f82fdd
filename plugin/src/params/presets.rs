//! The knobs and presets: what a preset of them is, and how they turn to one.

use nice_plug::prelude::ParamSetter;

use super::changes::Changes;
use super::{ContinuoParams, NetworkChoice};
use crate::presets::{Preset, Tags, values};

impl ContinuoParams {
    /// Main, panel: what the knobs and the scenes say, under `name`. Its tags say what can be seen of it; mood and use
    /// are those of the preset that was loaded last.
    pub fn preset(&self, name: &str) -> Preset {
        let (scenes, controls) = (self.scenes.saved(), values::held(&self.controls()));
        let before = self.presets.current().map(|preset| preset.tags).unwrap_or_default();
        Preset {
            name: name.to_owned(),
            description: String::new(),
            tags: Tags { mood: before.mood, use_for: before.use_for, ..Tags::seen_in(&controls) },
            controls,
            network: self.network.value().0,
            scenes: (!scenes.is_empty()).then_some(scenes),
            ..Preset::default()
        }
    }

    /// Main, panel: whether the knobs stand as after [`ContinuoParams::load`].
    pub fn are_at(&self, preset: &Preset) -> bool {
        let panel = self.controls();
        let wanted = self.presets.locks().keep(preset.over(&panel), &panel);
        self.network.value().0 == preset.network && values::alike(&wanted, &panel)
    }

    /// Main, panel: turns the knobs to what `preset` says, as one gesture for the host, and stores the scenes that it
    /// brings. What is locked stays; the knobs are what plays.
    pub fn load(&self, preset: &Preset, setter: &ParamSetter) {
        self.take_over(preset, |changes| changes.make(setter));
    }

    /// Main: as [`ContinuoParams::load`] where the host itself asks for the preset: it looks at the knobs afterwards.
    pub fn put(&self, preset: &Preset) {
        self.take_over(preset, |changes| changes.put());
    }

    fn take_over(&self, preset: &Preset, make: impl FnOnce(Changes)) {
        let panel = self.controls();
        let wanted = self.presets.locks().keep(preset.over(&panel), &panel);
        let mut changes = self.changes_to(&wanted);
        changes.add(&self.network, NetworkChoice(preset.network));
        // What is loaded is what one hears.
        changes.add(&self.take.scene, 0.0);
        changes.add(&self.recall.preset, 0);
        make(changes);
        self.presets.set_current(Some(preset.clone()));
        if let Some(scenes) = &preset.scenes {
            self.scenes.restore(scenes.clone().in_project_of(&panel));
        }
    }
}
