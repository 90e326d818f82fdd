//! A preset as a file: readable JSON. It is read field by field; what is not known is kept and written back.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Preset, values};
use crate::before;
use crate::repair::{self, Fields, Findings, Verdict};
use crate::scenes;

/// What every preset says that it is.
const FORMAT: &str = "continuo-preset";

/// The version in which presets are written.
const VERSION: u32 = 1;

/// How the name of a file with a preset ends. Hosts know an extension by its last dot.
pub const EXTENSION: &str = "continuo-preset";

/// What was read: as it could be understood, and all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    value: Value,
    whole: Value,
}

/// A file as it is written, the fields in an order for readers.
#[derive(Serialize)]
struct File {
    format: Value,
    version: Value,
    name: Value,
    description: Value,
    author: Value,
    tags: Value,
    params: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    scenes: Value,
    #[serde(flatten)]
    unknown: Fields,
}

impl Preset {
    /// The preset in `text`. What it does not say has its default, or is as it was [`before`]; `remarks` name what is
    /// wrong or not known.
    ///
    /// # Errors
    /// If it is no preset: what the musician should read, to go on after the file's name.
    pub fn read(text: &str, remarks: &mut Vec<String>) -> Result<Self, String> {
        let saved: Value = serde_json::from_str(text)
            .map_err(|error| format!("is no preset: it is no JSON ({error}). Save it again where it was made."))?;
        if saved["format"] != FORMAT {
            let asked = "Choose a file that Continuo has saved as a preset.";
            return Err(format!("is no preset: it does not say \"format\": \"{FORMAT}\". {asked}"));
        }
        Ok(Self::repaired(saved, remarks))
    }

    fn repaired(mut saved: Value, remarks: &mut Vec<String>) -> Self {
        let whole_scenes = saved.as_object_mut().and_then(|fields| fields.remove("scenes"));
        let (name, description) = Default::default();
        let model = Self { name, description, controls: before::controls(), ..Self::default() }.value();
        let repaired = repair::repaired(saved, &model, &judge);
        let name = repaired.value["name"].as_str().unwrap_or_default();
        // What is not said has its default, and is no fault.
        let findings = Findings { missing: Vec::new(), ..repaired.findings };
        remarks.extend(findings.remark(&format!("The preset \"{name}\"")));
        let text = |field: &str| repaired.value[field].as_str().unwrap_or_default().to_owned();
        let tags = serde_json::from_value(repaired.value["tags"].clone()).unwrap_or_default();
        let (controls, network) = values::read(&repaired.value["params"]);
        let scenes = whole_scenes.map(|scenes| scenes::Saved::repaired(scenes, remarks));
        Self {
            name: text("name"),
            description: text("description"),
            author: text("author"),
            tags,
            controls,
            network,
            scenes,
            loaded: (repaired.whole != repaired.value)
                .then_some(Loaded { value: repaired.value, whole: repaired.whole }),
        }
    }

    /// The preset as a file holds it. What was read and is not known stands where it stood.
    pub fn write(&self) -> String {
        let mut value = self.value();
        if let Some(Loaded { value: read, whole }) = &self.loaded {
            value = restored(value, read, whole);
        }
        let Value::Object(mut fields) = value else { unreachable!("a preset is an object") };
        let mut field = |name: &str| fields.remove(name).unwrap_or_default();
        let file = File {
            format: field("format"),
            version: field("version"),
            name: field("name"),
            description: field("description"),
            author: field("author"),
            tags: field("tags"),
            params: field("params"),
            scenes: json!(self.scenes),
            unknown: fields,
        };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// All but the scenes, as JSON.
    fn value(&self) -> Value {
        json!({
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "description": self.description,
            "author": self.author,
            "tags": self.tags,
            "params": values::written(&self.controls, self.network),
        })
    }
}

/// `value` with what was read in its place: fields that are not known, and values that were not valid and still are
/// what was understood in their stead.
fn restored(value: Value, read: &Value, whole: &Value) -> Value {
    match (value, read, whole) {
        (Value::Object(mut fields), Value::Object(read), Value::Object(whole)) => {
            for (name, whole) in whole {
                let field = match (fields.remove(name), read.get(name)) {
                    (Some(value), Some(read)) => restored(value, read, whole),
                    (Some(value), None) => value,
                    (None, _) => whole.clone(),
                };
                fields.insert(name.clone(), field);
            }
            fields.into()
        }
        (value, read, whole) => {
            if value == *read {
                whole.clone()
            } else {
                value
            }
        }
    }
}

fn judge(at: &str, value: &Value) -> Verdict {
    let valid = match at {
        "/format" => true,
        "/version" => value.as_u64().is_some_and(|version| version <= VERSION.into()),
        "/name" => value.as_str().is_some_and(|name| !name.trim().is_empty()),
        "/description" | "/author" => value.is_string(),
        _ => match at.strip_prefix("/params/") {
            Some(id) => return values::judge(id, value),
            None => at.starts_with("/tags/") && at.ends_with("/-") && value.is_string(),
        },
    };
    if valid { Verdict::Valid } else { Verdict::Unknown }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use continuo_models::Player;
    use continuo_models::controls::BarSource;
    use proptest::prelude::*;

    use super::super::{Preset, Tags};
    use super::*;
    use crate::seam::NetworkSet;

    fn read(text: &str) -> (Preset, Vec<String>) {
        let mut remarks = Vec::new();
        (Preset::read(text, &mut remarks).unwrap(), remarks)
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("\\PC{0,12}", 0..4)
    }

    prop_compose! {
        fn presets()(
            name in "\\PC*\\S", description in "\\PC*", author in "\\PC*",
            (style, mood, density, players, use_for) in (words(), words(), words(), words(), words()),
            controls in super::super::tests::controls(), network in prop::sample::select(&NetworkSet::ALL[..]),
            scene in prop::option::of(super::super::tests::controls()),
        ) -> Preset {
            let scenes = scene.map(|scene| {
                let scenes = scenes::Scenes::default();
                scenes.store(2, Some(scene));
                scenes.saved()
            });
            let tags = Tags { style, mood, density, players, use_for };
            Preset { name, description, author, tags, controls, network, scenes, loaded: None }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(preset in presets()) {
            let (again, remarks) = read(&preset.write());
            prop_assert_eq!(&remarks, &Vec::<String>::new());
            prop_assert_eq!(again, preset);
        }
    }

    #[test]
    fn what_is_not_said_has_its_default_and_is_no_fault() {
        let (preset, remarks) = read(r#"{ "format": "continuo-preset", "params": { "swing": 0.5 } }"#);
        assert_eq!((preset.controls().swing, preset.controls().temperature), (0.5, 0.8));
        assert_eq!((preset.name.as_str(), remarks), ("", vec![]));
    }

    #[test]
    fn a_preset_from_before_has_no_drummer_and_patterns_and_swings_as_its_knob_stands() {
        let controls = read(r#"{ "format": "continuo-preset", "params": { "swing": 0.5 } }"#).0.controls();
        assert!(!controls.player(Player::Drums).on && !controls.swing_by_style && controls.dynamics == 0.0);
        assert_eq!(controls.bar_source, BarSource::Library);
        assert!(Preset::default().controls().player(Player::Drums).on, "a new one has");
    }

    #[test]
    fn what_is_wrong_is_named_and_costs_nothing_else() {
        let (preset, remarks) = read(
            r#"{ "format": "continuo-preset", "version": 1, "name": "Odd", "tags": { "mood": ["blue", 7] },
                 "params": { "style_a": "polka", "temperature": 9, "swing": 0.25, "bass_on": "yes" } }"#,
        );
        let controls = preset.controls();
        assert_eq!((controls.temperature, controls.swing), (2.0, 0.25));
        assert_eq!(preset.tags.mood, ["blue"]);
        let [remark] = &remarks[..] else { panic!("{remarks:?}") };
        for part in ["\"Odd\"", "style_a (\"polka\")", "bass_on", "temperature (9)", "1 of 2 tags.mood"] {
            assert!(remark.contains(part), "{part}: {remark}");
        }
    }

    #[test]
    fn what_is_not_known_is_written_back_where_it_stood() {
        let text = r#"{ "format": "continuo-preset", "version": 9, "name": "Later", "colour": "red",
            "tags": { "mood": ["blue", 7], "place": ["Rio"] }, "params": { "style_a": "polka", "echo": 0.5 },
            "scenes": { "version": 1, "scenes": [{ "temperature": 1.5, "echo": 1 }] } }"#;
        let (mut preset, _) = read(text);
        preset.name = "Mine".to_owned();
        let written: Value = serde_json::from_str(&preset.write()).unwrap();
        for (at, expected) in [
            ("/name", json!("Mine")),
            ("/version", json!(9)),
            ("/colour", json!("red")),
            ("/tags/mood", json!(["blue", 7])),
            ("/tags/place", json!(["Rio"])),
            ("/params/style_a", json!("polka")),
            ("/params/echo", json!(0.5)),
            ("/scenes/scenes/0/echo", json!(1)),
        ] {
            assert_eq!(written.pointer(at), Some(&expected), "{at}");
        }
        let (again, _) = read(&preset.write());
        assert_eq!(again.write(), preset.write());
    }

    #[test]
    fn what_is_no_preset_is_refused_with_what_to_do() {
        for text in ["", "no JSON", "[]", "{}", r#"{ "format": "midi" }"#, r#"{ "version": 1, "params": {} }"#] {
            let error = Preset::read(text, &mut Vec::new()).unwrap_err();
            assert!(error.starts_with("is no preset: ") && error.ends_with('.') && !error.contains('\n'), "{error}");
        }
    }
}
