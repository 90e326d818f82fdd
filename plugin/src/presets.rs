//! Presets: whole settings of the band to begin with, from the factory and of the musician's own.
//!
//! A preset is of the music and its sound, and of nothing else: what [`Controls`] declare, but for what is called for
//! at the moment and for the channels on which the band hears and plays, and the choice of networks. So to load one
//! never re-routes a musician's tracks, and never moves the tempo, the take or the built-in sound.

mod factory;
pub mod file;
pub mod folder;
pub mod library;
pub mod locks;
pub mod project;
pub(crate) mod values;

use continuo_models::{Controls, Player};
use serde::{Deserialize, Serialize};

use crate::scenes;
use crate::seam::NetworkSet;

pub use factory::factory;

/// A preset. Plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// What the musician calls it.
    pub name: String,
    /// What it is, in one line.
    pub description: String,
    /// Who made it.
    pub author: String,
    /// By which it is found.
    pub tags: Tags,
    /// What the band is to do. What a preset does not hold is at its default.
    pub(crate) controls: Controls,
    /// The networks.
    pub(crate) network: NetworkSet,
    /// Scenes that come with it.
    pub(crate) scenes: Option<scenes::Saved>,
    /// What was read, where that is more than the fields above hold.
    pub(crate) loaded: Option<file::Loaded>,
}

/// The words by which a preset is found, each in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    /// Styles.
    pub style: Vec<String>,
    /// How it feels.
    pub mood: Vec<String>,
    /// How much there is of it.
    pub density: Vec<String>,
    /// Who plays.
    pub players: Vec<String>,
    /// What it is good for.
    #[serde(rename = "use")]
    pub use_for: Vec<String>,
}

impl Tags {
    /// What can be said of any preset that has the band do this.
    pub(crate) fn seen_in(controls: &Controls) -> Self {
        let styles = [(controls.style_a, controls.style_blend < 1.0), (controls.style_b, controls.style_blend > 0.0)];
        let mut style: Vec<String> =
            styles.into_iter().filter(|(_, is_heard)| *is_heard).map(|(style, _)| style.id().to_owned()).collect();
        style.dedup();
        let density = match controls.density {
            density if density < 0.4 => "sparse",
            density if density <= 0.6 => "medium",
            _ => "busy",
        };
        let on = Player::ALL.into_iter().filter(|player| controls.player(*player).on);
        Self {
            style,
            density: vec![density.to_owned()],
            players: on.map(|player| player.kind().id.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The words of one kind as a musician writes them, with commas between them: each once, in lower case.
    pub fn words(written: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for word in written.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// All of them, kind by kind.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let kinds = [&self.style, &self.mood, &self.density, &self.players, &self.use_for];
        kinds.into_iter().flatten().map(String::as_str)
    }
}

impl Default for Preset {
    /// Everything as in a fresh instance.
    fn default() -> Self {
        Self {
            name: "Init".to_owned(),
            description: "Everything as it is at the beginning.".to_owned(),
            author: String::new(),
            tags: Tags::default(),
            controls: Controls::default(),
            network: NetworkSet::ALL[0],
            scenes: None,
            loaded: None,
        }
    }
}

impl Preset {
    /// What the band is to do; what no preset holds is at its default. To have it played on a musician's channels, see
    /// [`Controls::in_project_of`].
    pub fn controls(&self) -> Controls {
        self.controls
    }

    /// The networks that it is made for.
    pub fn network(&self) -> NetworkSet {
        self.network
    }

    /// Whether scenes come with it.
    pub fn has_scenes(&self) -> bool {
        self.scenes.is_some()
    }

    /// What is in force when it plays in the place of a panel that stands at `panel`. What is called for at the moment
    /// and where notes go are the panel's. Audio may call it.
    pub fn over(&self, panel: &Controls) -> Controls {
        self.controls.at_the_moment_of(panel).in_project_of(panel)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use continuo_models::PlayerControls;
    use continuo_models::controls::PARAMETERS;
    use continuo_models::controls::parameter::{Kind, Parameter};
    use continuo_models::music::Style;
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// What a preset may hold: any value of each parameter.
        pub(super) fn controls()(shares in prop::collection::vec(0.0f64..=1.0, 64)) -> Controls {
            fn put<C: Default>(parameter: &Parameter<C>, controls: &mut C, share: f64) {
                let (least, most) = parameter.about.kind.range();
                let value = least + share * (most - least);
                let is_number = matches!(parameter.about.kind, Kind::Number { .. });
                parameter.put(controls, if is_number { value } else { value.round() });
            }
            let (mut controls, mut shares) = (Controls::default(), shares.into_iter());
            let of_presets = PARAMETERS.iter().filter(|parameter| parameter.is_of_presets());
            of_presets.zip(&mut shares).for_each(|(parameter, share)| put(parameter, &mut controls, share));
            for (player, own) in controls.players.iter_mut() {
                let of_presets = player.parameters().filter(|parameter| parameter.is_of_presets());
                of_presets.zip(&mut shares).for_each(|(parameter, share)| put(parameter, own, share));
            }
            controls
        }
    }

    #[test]
    fn a_preset_holds_neither_what_is_called_for_at_the_moment_nor_where_notes_go() {
        let params = values::written(&Controls::default(), NetworkSet::ALL[0]);
        for id in ["freeze", "cadence", "left_hand", "bass_channel", "tempo", "scene", "preview", "plan_ahead"] {
            assert!(!params.contains_key(id), "{id}");
        }
        for id in ["style_a", "seed", "scale", "bass_on", "lead_register", "memory", "network"] {
            assert!(params.contains_key(id), "{id}");
        }
    }

    #[test]
    fn the_factory_meets_everything_that_a_preset_can_ask_for() {
        let all: Vec<Controls> = factory().iter().map(Preset::controls).collect();
        let met = |what: &str, is: &dyn Fn(&Controls) -> bool| assert!(all.iter().any(is), "no preset has {what}");
        for style in Style::ALL {
            met(style.id(), &|c| {
                (c.style_a == style && c.style_blend < 1.0) || (c.style_b == style && c.style_blend > 0.0)
            });
        }
        for player in Player::ALL.into_iter().filter(|player| player.kind().channel < 5) {
            let alone = |c: &Controls| c.players.iter().all(|(known, own)| own.on == (known == player));
            met(&format!("{} alone", player.kind().name), &alone);
        }
        met("everybody", &|c| c.players.iter().all(|(_, own)| own.on));
        for parameter in PARAMETERS.iter().filter(|parameter| parameter.is_of_presets() && parameter.about.id != "key")
        {
            let usual = parameter.of(&Controls::default());
            met(&format!("another {}", parameter.about.id), &|c| {
                parameter.of(c) != usual || parameter.about.id == "seed"
            });
            if let Kind::Choice(values) = parameter.about.kind {
                for (index, id) in (values.ids)().iter().enumerate().filter(|_| !parameter.about.id.contains("style")) {
                    met(&format!("{} {id}", parameter.about.id), &|c| parameter.of(c) == index as f64);
                }
            }
        }
        for set in [0, 1].map(|index| NetworkSet::ALL[index]) {
            assert!(factory().iter().any(|preset| preset.network() == set), "no preset plays with {}", set.name());
        }
        assert!(factory().iter().filter(|preset| preset.has_scenes()).count() >= 3);
    }

    #[test]
    fn every_preset_of_the_factory_can_be_found_and_read_about() {
        let names: BTreeSet<&str> = factory().iter().map(|preset| preset.name.as_str()).collect();
        assert_eq!(names.len(), factory().len(), "no two have one name");
        for Preset { name, description, tags, author, controls, .. } in factory() {
            assert!(!description.contains('\n') && description.ends_with('.') && description.len() < 120, "{name}");
            assert_eq!((author.as_str(), tags.density.len()), ("Continuo", 1), "{name}");
            assert!(!tags.mood.is_empty() && !tags.use_for.is_empty(), "{name}");
            let seen = Tags::seen_in(controls);
            assert_eq!(tags.players, seen.players, "{name}");
            let styles = |tags: &Tags| tags.style.iter().cloned().collect::<BTreeSet<String>>();
            assert_eq!(styles(tags), styles(&seen), "{name}");
        }
    }

    #[test]
    fn over_a_panel_a_preset_plays_on_the_channels_of_the_panel() {
        let mut panel = Controls { left_hand: Some(3), freeze: true, ..Controls::default() };
        panel.players[Player::Bass] = PlayerControls { channel: 11, on: false, ..PlayerControls::default() };
        let over =
            Preset { controls: Controls { swing: 0.5, ..Controls::default() }, ..Preset::default() }.over(&panel);
        assert_eq!((over.left_hand, over.freeze, over.swing), (Some(3), true, 0.5));
        let bass = over.player(Player::Bass);
        assert_eq!((bass.channel, bass.on), (11, true));
    }
}
