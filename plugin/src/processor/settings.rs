//! What is set, as the callback takes it when a frame is called.

use continuo_models::Controls;
use continuo_models::score::FARTHEST_AHEAD;

use crate::bank::NUMBERS;
use crate::params::{ContinuoParams, Programs, SceneTime};
use crate::presets::locks::Locks;
use crate::seam::NetworkSet;

/// All that a frame is decided by, as it stood at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The musical parameters.
    pub panel: Controls,
    /// The scene that is called for, as a place (see [`crate::scenes`]).
    pub scene: f32,
    /// The preset that is called for, by its number in the bank; 0: the panel.
    pub preset: u8,
    /// What stays while presets change.
    pub locks: Locks,
    /// When a change of scene or preset takes effect.
    pub scene_at: SceneTime,
    /// What MIDI program changes recall.
    pub programs: Programs,
    /// The networks.
    pub networks: NetworkSet,
    /// By how many frames the band plans ahead: 1 to [`FARTHEST_AHEAD`].
    pub plan_ahead: u8,
    /// How many saved states had been loaded by then.
    pub loads: u32,
}

impl Settings {
    /// Audio: what is set now, after so many `loads`.
    pub fn read(params: &ContinuoParams, loads: u32) -> Self {
        Self {
            panel: params.controls(),
            // In steps of the parameter, which a host need not keep.
            scene: (params.take.scene.value() * 100.0).round() / 100.0,
            preset: params.recall.preset.value().clamp(0, NUMBERS as i32) as u8,
            locks: params.presets.locks(),
            scene_at: params.take.scene_at.value(),
            programs: params.recall.programs.value(),
            networks: params.network.value().0,
            plan_ahead: params.plan_ahead.value().clamp(1, FARTHEST_AHEAD.into()) as u8,
            loads,
        }
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::number;

    #[test]
    fn whatever_a_frame_is_decided_by_is_counted_when_it_changes() {
        let params = ContinuoParams::default();
        for (id, param, _) in params.param_map() {
            let (before, count) = (Settings::read(&params, 0), params.revision.count());
            // SAFETY: the parameter lives until the end of the test.
            let now = unsafe { param.unmodulated_normalized_value() };
            params.set(number(&id), if now < 0.5 { 1.0 } else { 0.0 });
            let is_read = Settings::read(&params, 0) != before;
            assert!(!is_read || params.revision.count() != count, "{id}");
            params.set(number(&id), now);
        }
        let count = params.revision.count();
        params.presets.set_locks(Locks { key: true, ..Locks::default() });
        assert_ne!(params.revision.count(), count, "locks");
        let count = params.revision.count();
        params.scenes.store(0, Some(params.controls()));
        assert_ne!(params.revision.count(), count, "scenes");
        let count = params.revision.count();
        params.bank.put(1, None);
        assert_ne!(params.revision.count(), count, "bank");
    }
}
