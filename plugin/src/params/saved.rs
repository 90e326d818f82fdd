//! What is saved beside the parameters, the scenes, the memory and the chart.

use continuo_models::controls::parameter::{About, Parameter};
use continuo_models::controls::{Controls, PARAMETERS, Player};
use serde::{Deserialize, Serialize};

use crate::before;
use crate::presets::values;
use crate::repair::Fields;

/// The version in which states are saved now.
///
/// - 0: `style_blend` was called `blend`; there was no version.
/// - 1: there was no `chord_rate`, `tension`, `mode`, `lead_chromaticism`, `syncopation` and `network`.
/// - 2: there was nothing of what the band listens to, plans, keeps and repeats: `left_hand`, `commit`, `lead_mode`,
///   `memory`, `scene` and their like.
/// - 3: there was no `notes_as_midi`.
/// - 4: there was no `plan_ahead`.
/// - 5: there was no bank, and neither `preset`, `programs` nor `metronome`.
/// - 6: there was no chart, and no `follow_chart`.
/// - 7: no tune was learned, and there was no `learn_tune`.
/// - 8: nobody played drums, loudness followed no phrase, and there was no `swing_by_style` and no `count_in`.
/// - 9: Chords, Bass and Drums played patterns alone, and there was no `bar_source` and no `hand_at_once`; a variation
///   was new in each bar, and bars were not morphed.
/// - 10: sections had no order of the musician's, and there was no `vamp`.
/// - 11: as now.
///
/// The field `memory` has a version of its own, and need not be there.
pub const VERSION: u32 = 11;

/// What of [`before::controls`] is not what begins today: values of parameters by ID, without their types.
pub fn unsaid() -> Fields {
    fn differing<'a, C: Default + 'a>(
        parameters: impl Iterator<Item = &'a Parameter<C>>,
        [before, now]: [&C; 2],
        id: impl Fn(&About) -> String,
    ) -> Fields {
        let differs = |parameter: &&Parameter<C>| parameter.of(before) != parameter.of(now);
        let value = |parameter: &Parameter<C>| values::plain(&parameter.about.kind, parameter.of(before));
        parameters.filter(differs).map(|parameter| (id(&parameter.about), value(parameter))).collect()
    }
    let (before, now) = (before::controls(), Controls::default());
    let mut unsaid = differing(PARAMETERS.iter(), [&before, &now], |about| about.id.to_owned());
    for player in Player::ALL {
        let own = [before.player(player), now.player(player)];
        unsaid.extend(differing(player.parameters(), own, |about| player.id_of(about)));
    }
    unsaid
}

/// What is saved beside the parameters, under the field `state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The version of the state.
    pub version: u32,
    /// What was wrong with a state that was loaded, for the musician to read. Never saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What else a newer Continuo has saved with the stamp.
    #[serde(flatten)]
    pub unknown: Fields,
}

impl Default for Stamp {
    fn default() -> Self {
        Self { version: VERSION, remarks: Vec::new(), unknown: Fields::new() }
    }
}

/// What of a saved state this Continuo does not know, under the field `unknown`. It is saved again, and put back where
/// it came from by a Continuo that knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unknown {
    /// Values of parameters by ID: of unknown ones, or not valid ones. The parameter has its default then.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub params: Fields,
    /// Persisted fields.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
}
