//! Files are saved, renamed, deleted, brought back and exchanged, and what goes wrong is said.

use proptest::prelude::*;

use super::super::library::{Library, Shelf};
use super::super::{Preset, factory};
use super::*;
use crate::preferences::Kept;

/// A folder of its own, removed at the end.
struct Rig {
    data: PathBuf,
    folder: Folder,
}

impl Rig {
    fn new(name: &str) -> Self {
        let data = std::env::temp_dir().join(format!("continuo-presets-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&data);
        Self { folder: Folder::new(data.clone()), data }
    }

    fn save(&self, name: &str, swing: f32, replace: bool) -> Outcome {
        self.folder.run(Errand::Save { preset: Box::new(preset(name, swing)), replace })
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.data.join("presets").join(file);
        folders::write(&file, text.as_bytes()).unwrap();
    }

    fn names(&self) -> Vec<String> {
        names(&self.folder.run(Errand::Read))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.data);
    }
}

fn preset(name: &str, swing: f32) -> Preset {
    let mut preset = factory()[0].clone();
    (preset.name, preset.controls.swing) = (name.to_owned(), swing);
    preset
}

fn names(outcome: &Outcome) -> Vec<String> {
    outcome.own.iter().map(|own| own.preset.name.clone()).collect()
}

fn said(outcome: &Outcome) -> &str {
    outcome.said.as_deref().unwrap_or_default()
}

#[test]
fn what_is_saved_is_there_by_name() {
    let rig = Rig::new("saved");
    assert!(rig.names().is_empty());
    rig.save("Zebra", 0.5, false);
    let outcome = rig.save("abc", 0.25, false);
    assert_eq!(names(&outcome), ["abc", "Zebra"]);
    assert_eq!(outcome.own[0].preset, preset("abc", 0.25));
    assert_eq!((said(&outcome), outcome.problems.len()), ("\"abc\" is saved.", 0));
}

#[test]
fn one_of_the_same_name_is_replaced_only_when_asked_and_comes_back() {
    let rig = Rig::new("replaced");
    rig.save("Mine", 0.25, false);
    let refused = rig.save("Mine", 0.5, false);
    assert!(said(&refused).contains("once more"), "{}", said(&refused));
    assert_eq!(refused.own[0].preset.controls.swing, 0.25);
    let replaced = rig.save("Mine", 0.5, true);
    assert_eq!((names(&replaced).len(), replaced.own[0].preset.controls.swing, replaced.deleted), (1, 0.5, 1));
    let back = rig.folder.run(Errand::Restore);
    assert_eq!((names(&back), back.deleted), (vec!["Mine".to_owned(); 2], 0));
    assert!(back.problems[0].contains("Several presets are called \"Mine\""), "{:?}", back.problems);
}

#[test]
fn what_is_deleted_comes_back_the_last_one_first() {
    let rig = Rig::new("deleted");
    rig.save("One", 0.1, false);
    let own = rig.save("Two", 0.2, false).own;
    own.iter().for_each(|own| drop(rig.folder.run(Errand::Delete(own.file.clone()))));
    assert!(rig.names().is_empty());
    assert_eq!(names(&rig.folder.run(Errand::Restore)), ["Two"]);
    let all = rig.folder.run(Errand::Restore);
    assert_eq!((names(&all), all.own), (vec!["One".to_owned(), "Two".to_owned()], own));
    assert!(said(&rig.folder.run(Errand::Restore)).starts_with("Nothing"));
}

#[test]
fn a_renamed_preset_has_its_name_in_the_file_too() {
    let rig = Rig::new("renamed");
    rig.save("Taken", 0.0, false);
    let own = rig.save("Before", 0.5, false).own;
    let (tags, description) = (own[0].preset.tags.clone(), own[0].preset.description.clone());
    let rename = |name: &str| {
        let (file, name) = (own[0].file.clone(), name.to_owned());
        rig.folder.run(Errand::Describe { file, name, description: description.clone(), tags: tags.clone() })
    };
    assert!(said(&rename("Taken")).contains("there already"));
    assert!(said(&rename(" ")).contains("needs a name"));
    let renamed = rename(" After ");
    assert_eq!(names(&renamed), ["After", "Taken"]);
    assert!(!own[0].file.exists() && name_of(&renamed.own[0].file) == "After");
}

#[test]
fn a_preset_is_described_anew_where_it_lies() {
    let rig = Rig::new("described");
    let own = rig.save("Mine", 0.5, false).own;
    let tags = Tags { mood: Tags::words("Warm, , warm,blue "), ..own[0].preset.tags.clone() };
    let describe = || Errand::Describe {
        file: own[0].file.clone(),
        name: "Mine".to_owned(),
        description: "For the evening.".to_owned(),
        tags: tags.clone(),
    };
    let after = rig.folder.run(describe());
    assert!(said(&after).contains("described anew"));
    let [one] = &after.own[..] else { panic!("one, at its place: {:?}", after.own) };
    assert_eq!((&one.file, one.preset.description.as_str()), (&own[0].file, "For the evening."));
    assert_eq!(one.preset.tags.mood, ["warm", "blue"]);
    assert_eq!(rig.folder.run(describe()).said, None, "nothing new");
}

#[test]
fn what_cannot_be_read_is_named_and_costs_itself() {
    let rig = Rig::new("broken");
    rig.save("Whole", 0.5, false);
    rig.write("midi.json", "{}");
    rig.write("half.json", "{ \"format\": \"continuo-pre");
    rig.write("notes.txt", "no preset, and not meant as one");
    rig.write("huge.json", &" ".repeat(LARGEST as usize + 1));
    rig.write("nameless.json", "{ \"format\": \"continuo-preset\", \"params\": { \"style_a\": \"polka\" } }");
    let outcome = rig.folder.run(Errand::Read);
    assert_eq!(names(&outcome), ["nameless", "Whole"], "a preset without a name is called as its file");
    for file in ["midi.json", "half.json", "huge.json", "polka"] {
        assert!(outcome.problems.iter().any(|problem| problem.contains(file)), "{file}: {:?}", outcome.problems);
    }
    assert_eq!(outcome.problems.len(), 4);
}

#[test]
fn a_place_that_cannot_be_written_is_said_and_nothing_is_lost() {
    let rig = Rig::new("blocked");
    fs::create_dir_all(&rig.data).unwrap();
    fs::write(rig.data.join("presets"), "a file in the way").unwrap();
    let outcome = rig.save("Mine", 0.5, false);
    assert!(said(&outcome).contains("is not written") && said(&outcome).contains("Check its rights"));
    assert!(outcome.own.is_empty());
}

#[test]
fn what_is_exported_is_imported_elsewhere_and_once() {
    let (here, there) = (Rig::new("here"), Rig::new("there"));
    let exported = here.folder.run(Errand::Export(Box::new(preset("Gift", 0.75))));
    let path = said(&exported).split(" is in ").nth(1).unwrap().to_owned();
    for written in [path.clone(), format!("\"{path}\""), format!("file://{path}")] {
        assert_eq!(names(&there.folder.run(Errand::Import(written))), ["Gift"]);
    }
    let other = here.folder.run(Errand::Export(Box::new(preset("Gift", 0.25))));
    assert!(other.own.is_empty());
    assert_eq!(names(&there.folder.run(Errand::Import(path))), ["Gift", "Gift"], "what differs is taken in beside it");
    let nothing = there.folder.run(Errand::Import("/no/such/file.json".to_owned()));
    assert!(said(&nothing).contains("/no/such/file.json"), "{}", said(&nothing));
}

#[test]
fn without_a_path_the_folder_for_it_is_imported_and_emptied() {
    let rig = Rig::new("inbox");
    let empty = rig.folder.run(Errand::Import(String::new()));
    assert!(said(&empty).contains("import"), "{}", said(&empty));
    rig.write("../import/a.json", &preset("A", 0.5).write());
    rig.write("../import/b.json", "no preset");
    let outcome = rig.folder.run(Errand::Import(String::new()));
    assert_eq!(names(&outcome), ["A"]);
    assert!(said(&outcome).contains("Imported \"A\"") && said(&outcome).contains("b.json"), "{}", said(&outcome));
    assert!(!rig.data.join("import/a.json").exists() && rig.data.join("import/b.json").exists());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_preset_is_called_it_has_a_file(name in "\\PC{0,80}") {
        let file = as_file(&name);
        prop_assert!(!file.is_empty() && file.chars().count() <= LONGEST_NAME + 1);
        prop_assert!(!file.contains(['/', '\\', ':', '.', '*', '?', '"', '<', '>', '|']) && file.trim() == file);
    }
}

#[test]
fn names_that_systems_keep_for_themselves_are_no_names_of_files() {
    for name in ["con", "NUL", "Com1", "lpt9", ""] {
        assert!(as_file(name).starts_with('_'), "{name}");
    }
    assert_eq!(as_file("Late Set"), "Late Set");
}

/// What is on the shelf when all that was begun is done.
fn settled(library: &Library, revision: u64) -> std::sync::Arc<Shelf> {
    for _ in 0..5000 {
        let shelf = library.shelf();
        if shelf.revision > revision {
            return shelf;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("nothing comes of it");
}

#[test]
fn the_shelf_shows_what_came_of_an_errand_and_favourites_are_kept() {
    let rig = Rig::new("shelf");
    let preferences: &'static Kept = Box::leak(Box::new(Kept::at(None)));
    let library = Library::at(Some(rig.data.clone()), preferences);
    library.run(Errand::Save { preset: Box::new(preset("Mine", 0.5)), replace: false });
    let shelf = settled(&library, 0);
    assert_eq!((shelf.own.len(), shelf.said.as_str()), (1, "\"Mine\" is saved."));
    let mark = shelf.own[0].mark();
    assert_eq!(mark, "own/Mine");
    for is_favourite in [true, false] {
        library.run(Errand::Favour(mark.clone()));
        assert_eq!(library.shelf().favourites.contains(&mark), is_favourite);
        assert_eq!(preferences.get().favourites.contains(&mark), is_favourite);
    }
    let nowhere = Library::at(None, preferences);
    nowhere.run(Errand::Read);
    assert!(nowhere.shelf().said.contains("HOME"));
}
