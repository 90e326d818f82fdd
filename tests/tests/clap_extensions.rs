//! What only CLAP hosts can ask for: presets in their browsers, states for a purpose, pages for controllers.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{BAR, id, json_of, library, open, perform, run, tune};
use continuo_tests::host::clap::{Browser, ClapInstance, FoundPreset, Location, StateContext, Told, has_factory};
use continuo_tests::host::performance::Segment;
use continuo_tests::host::{Format, Instance, Performance, Played, Session};
use serde_json::{Value, json};

fn fresh() -> ClapInstance {
    ClapInstance::load(&library(Format::Clap)).unwrap()
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("continuo-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The presets that come with Continuo, as their files say.
fn factory() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/presets");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.iter().map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

fn own_preset(name: &str, swing: f32) -> String {
    let tags = json!({ "style": ["jazz"], "mood": ["blue"] });
    let params = json!({ "swing": swing, "style_a": "latin" });
    let of = "continuo-preset";
    json!({ "format": of, "name": name, "description": "Mine.", "author": "Ada", "tags": tags, "params": params })
        .to_string()
}

fn text(instance: &mut ClapInstance, name: &str) -> String {
    let value = instance.value(id(name)).unwrap();
    instance.text_of_value(id(name), value).unwrap()
}

#[test]
fn a_hosts_browser_finds_every_preset_of_the_factory_with_what_is_said_of_it() {
    let browser = Browser::of(&library(Format::Clap)).unwrap();
    let [extension] = &browser.extensions[..] else { panic!("one kind of file: {:?}", browser.extensions) };
    assert!(!extension.contains('.'), "hosts know an extension by its last dot: {extension}");
    let found: Vec<&FoundPreset> = browser.presets.iter().filter(|preset| preset.is_factory).collect();
    assert_eq!(found.len(), factory().len());
    for (index, (preset, said)) in found.into_iter().zip(factory()).enumerate() {
        assert_eq!((&preset.location, preset.key.as_deref()), (&Location::Plugin, Some(&*(index + 1).to_string())));
        assert_eq!((&json!(preset.name), &json!(preset.description)), (&said["name"], &said["description"]));
        assert_eq!(preset.plugins, ["clap org.continuo.continuo"]);
        assert_eq!((preset.creators.len(), preset.is_own), (1, false));
        let tags = said["tags"].as_object().unwrap().values().flat_map(|words| words.as_array().unwrap());
        let tags: BTreeSet<String> = tags.map(|word| word.as_str().unwrap().to_owned()).collect();
        assert!(tags.is_subset(&preset.features) && preset.features.contains("note-effect"), "{preset:?}");
    }
}

#[test]
fn a_hosts_browser_finds_the_musicians_own_presets_and_hears_what_is_wrong_with_a_file() {
    if let Ok(folder) = std::env::var("CONTINUO_TEST_BROWSER") {
        // In the process that is started below, in which the musician's data lie elsewhere.
        let browser = Browser::of(&library(Format::Clap)).unwrap();
        let own: Vec<&FoundPreset> = browser.presets.iter().filter(|preset| preset.is_own).collect();
        let [mine] = &own[..] else { panic!("one of them can be read: {own:?}") };
        assert_eq!((mine.name.as_str(), mine.description.as_str()), ("Mine", "Mine."));
        assert_eq!((&mine.creators[..], mine.key.as_deref()), (&["Ada".to_owned()][..], None));
        assert!(mine.features.contains("jazz") && mine.features.contains("blue") && !mine.is_factory, "{mine:?}");
        assert!(matches!(&mine.location, Location::File(file) if file.starts_with(&folder)), "{mine:?}");
        assert!(mine.is_favourite);
        let favourites = browser.presets.iter().filter(|preset| preset.is_factory && preset.is_favourite);
        assert_eq!(favourites.map(|preset| preset.key.as_deref()).collect::<Vec<_>>(), [Some("2")]);
        let [error] = &browser.errors[..] else { panic!("{:?}", browser.errors) };
        assert!(error.contains("broken") && error.contains("is no preset"), "{error}");
        return;
    }
    let folder = Folder::new("browser");
    let presets = folder.0.join("continuo/presets");
    fs::create_dir_all(&presets).unwrap();
    fs::write(presets.join("mine.continuo-preset"), own_preset("Mine", 0.5)).unwrap();
    fs::write(presets.join("broken.continuo-preset"), "no JSON").unwrap();
    fs::write(presets.join("letter.txt"), "Dear Bob").unwrap();
    let preferences = folder.0.join("continuo/preferences.json");
    fs::write(preferences, r#"{ "version": 1, "favourites": ["factory/2", "own/mine"] }"#).unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "a_hosts_browser_finds_the_musicians_own_presets_and_hears_what_is_wrong_with_a_file"]);
    again.env("XDG_DATA_HOME", &folder.0).env("XDG_CONFIG_HOME", &folder.0);
    again.env("CONTINUO_TEST_BROWSER", &folder.0);
    let ended = run(&mut again, std::time::Duration::from_secs(60));
    assert_eq!(ended.code, Some(0), "{} {}", ended.answer, ended.said);
    assert!(ended.answer.contains("1 passed"), "{}", ended.answer);
}

#[test]
fn a_preset_of_the_factory_is_loaded_as_one_step_and_heard() {
    let mut instance = fresh();
    let channel = instance.value_of_text(id("bass_channel"), "12").unwrap();
    let values = [(id("scene"), 0.5), (id("preset"), 3.0 / 128.0), (id("bass_channel"), channel)];
    instance.set_values(&values);
    instance.take_told();
    for (index, said) in factory().into_iter().enumerate() {
        let key = (index + 1).to_string();
        instance.load_preset(&Location::Plugin, Some(&key)).unwrap();
        let told = instance.take_told();
        assert_eq!(told, [Told::Values, Told::Dirty, Told::Loaded(Location::Plugin, Some(key))]);
        let saved = json_of(&instance.save().unwrap());
        for (id, value) in said["params"].as_object().unwrap() {
            let set = saved["params"][id].as_object().unwrap().values().next().unwrap();
            let is_same = match (set.as_f64(), value.as_f64()) {
                (Some(set), Some(value)) => (set - value).abs() < 1e-6,
                _ => set == value,
            };
            assert!(is_same, "{}, {id}: {set} instead of {value}", said["name"]);
        }
    }
    assert_eq!(["scene", "preset"].map(|name| instance.value(id(name))), [Some(0.0); 2], "what is loaded is heard");
    assert_eq!(instance.value(id("bass_channel")), Some(channel), "where notes go is the project's");
}

#[test]
fn a_preset_in_a_file_is_loaded_and_one_that_is_none_changes_nothing_and_the_host_hears_why() {
    let folder = Folder::new("load");
    let mine = Location::File(folder.file("mine.continuo-preset", &own_preset("Mine", 0.5)));
    let broken = Location::File(folder.file("broken.continuo-preset", "no JSON"));
    let mut instance = fresh();
    instance.load_preset(&mine, None).unwrap();
    assert_eq!(instance.take_told(), [Told::Values, Told::Dirty, Told::Loaded(mine, None)]);
    assert_eq!((text(&mut instance, "swing"), text(&mut instance, "style_a")), ("50 %".to_owned(), "Latin".to_owned()));

    let before = instance.save().unwrap();
    let nowhere = Location::File(folder.0.join("nowhere.continuo-preset"));
    let within = Location::File(folder.0.clone());
    let cases = [(&broken, None), (&nowhere, None), (&within, None)];
    let keys = [(&Location::Plugin, None), (&Location::Plugin, Some("0")), (&Location::Plugin, Some("9999"))];
    for (location, key) in cases.into_iter().chain(keys).chain([(&Location::Plugin, Some("jazz"))]) {
        assert!(instance.load_preset(location, key).is_err(), "{location:?}, {key:?}");
        let told = instance.take_told();
        let [Told::NotLoaded(of, by, why)] = &told[..] else { panic!("{told:?}") };
        assert_eq!((of, by.as_deref()), (location, key));
        assert!(why.len() > 20 && !why.contains('\n'), "{why}");
        assert_eq!(instance.save().unwrap(), before, "{location:?}, {key:?}");
    }
}

#[test]
fn a_preset_that_is_loaded_while_audio_plays_leaves_no_note_behind() {
    let mut session = open(Format::Clap);
    let mut sounding = BTreeSet::new();
    let mut listen = |session: &mut Session, segment: Segment| {
        let take = perform(session, &Performance { route: vec![segment], ..tune(8) });
        for event in &take.events {
            match event.played {
                Played::NoteOn { channel, key, .. } => assert!(sounding.insert((channel, key)), "{event:?}"),
                Played::NoteOff { channel, key, .. } => assert!(sounding.remove(&(channel, key)), "{event:?}"),
                _ => {}
            }
        }
        sounding.len()
    };
    const PART: f64 = 0.9 * BAR;
    let mut most = 0;
    for index in 0..8 {
        // In the midst of a bar: where it ends, a band may end its notes.
        most = most.max(listen(&mut session, Segment::rolling(index as f64 * PART, PART)));
        let key = (index * 5 + 1).to_string();
        session.instance().as_clap().unwrap().load_preset(&Location::Plugin, Some(&key)).unwrap();
    }
    assert!(most > 2, "the band sounds when a preset is loaded");
    assert_eq!(listen(&mut session, Segment::last_breath()), 0);
}

#[test]
fn hosts_that_know_presets_and_pages_by_the_names_of_their_drafts_find_them() {
    let instance = fresh();
    let names = [
        c"clap.preset-load/2",
        c"clap.preset-load.draft/2",
        c"clap.remote-controls/2",
        c"clap.remote-controls.draft/2",
        c"clap.state-context/2",
    ];
    for name in names {
        assert!(instance.has_extension(name), "{name:?}");
    }
    assert!(!instance.has_extension(c"clap.preset-load.draft/1"));
    for name in [c"clap.preset-discovery-factory/2", c"clap.preset-discovery-factory/draft-2"] {
        assert!(has_factory(&library(Format::Clap), name).unwrap(), "{name:?}");
    }
}

/// An instance in which everything is as in no other.
fn odd() -> ClapInstance {
    let mut instance = fresh();
    let parameters = instance.parameters();
    let odd = parameters.iter().filter(|parameter| !parameter.hidden);
    let odd: Vec<(u32, f64)> =
        odd.map(|parameter| (parameter.id, if parameter.default < 0.5 { 1.0 } else { 0.0 })).collect();
    instance.set_values(&odd);
    instance
}

#[test]
fn a_state_for_a_project_or_a_copy_is_the_whole_state() {
    let mut instance = odd();
    let whole = instance.save().unwrap();
    for context in [StateContext::Project, StateContext::Duplicate] {
        assert_eq!(instance.save_for(context).unwrap(), whole, "{context:?}");
        let mut other = fresh();
        other.load_for(context, &whole).unwrap();
        assert_eq!(other.save().unwrap(), whole, "{context:?}");
    }
}

#[test]
fn a_state_that_is_saved_or_loaded_as_a_preset_leaves_the_project_what_is_its_own() {
    let (whole, preset) = (odd().save().unwrap(), odd().save_for(StateContext::Preset).unwrap());
    let of_project = ["plan_ahead", "keep_memory", "programs", "thru", "preview", "left_hand", "bass_channel", "tempo"];
    for name in of_project {
        assert_eq!(json_of(&preset)["params"].get(name), None, "{name}");
    }
    let loaded = |load: &dyn Fn(&mut ClapInstance)| {
        let mut instance = fresh();
        let before = of_project.map(|name| text(&mut instance, name));
        load(&mut instance);
        assert_eq!(of_project.map(|name| text(&mut instance, name)), before);
        assert_eq!(text(&mut instance, "style_a"), text(&mut odd(), "style_a"));
        json_of(&instance.save().unwrap())
    };
    let as_preset = StateContext::Preset;
    let ways = [
        loaded(&|instance| instance.load_for(as_preset, &whole).unwrap()),
        loaded(&|instance| instance.load(&preset).unwrap()),
        loaded(&|instance| instance.load_for(as_preset, &preset).unwrap()),
    ];
    assert_eq!(ways[0], ways[1], "as CLAP has it");
    assert_eq!(ways[0], ways[2], "as CLAP has it");
    let mut broken = fresh();
    assert!(broken.load_for(as_preset, b"no state").is_err());
}

#[test]
fn every_parameter_that_can_be_automated_is_on_a_page_for_controllers() {
    let mut instance = fresh();
    let pages = instance.remote_pages().unwrap();
    let names: Vec<(&str, &str)> = pages.iter().map(|page| (page.section.as_str(), page.name.as_str())).collect();
    let expected = [
        ("Band", "Band"),
        ("Band", "Harmony"),
        ("Band", "Melody"),
        ("Performance", "Scene and preset"),
        ("Performance", "Listening"),
        ("Performance", "Sound"),
        ("Players", "Voices and Chords"),
        ("Players", "Bass and Lead"),
    ];
    assert_eq!(names[..expected.len()], expected);
    let on_pages: Vec<u32> = pages.iter().flat_map(|page| page.parameters.into_iter().flatten()).collect();
    let once: BTreeSet<u32> = on_pages.iter().copied().collect();
    assert_eq!(once.len(), on_pages.len(), "each once");
    let parameters = instance.parameters();
    for parameter in parameters.iter().filter(|parameter| parameter.automatable) {
        assert!(once.contains(&parameter.id), "{}", parameter.name);
    }
    assert!(once.iter().all(|id| parameters.iter().any(|parameter| parameter.id == *id)));
}
