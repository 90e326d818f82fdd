//! How the musician likes Continuo on this computer, whatever the project: one file among the user's configuration.
//! The band never hears of it.

use std::fs;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::folders;
use crate::machine::Preferred;
use crate::repair;

const FILE: &str = "preferences.json";

/// The version in which preferences are written.
const VERSION: u32 = 1;

/// How large the panel may be, of the size that it has by itself.
pub const PANEL_SCALES: RangeInclusive<f32> = 0.75..=2.0;

/// What is preferred. A field is named once and means the same for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    version: u32,
    /// How large the panel is, of the size that it has by itself: one of [`PANEL_SCALES`].
    pub panel_scale: f32,
    /// Whether the musician has been shown around.
    pub tour_seen: bool,
    /// The presets that the musician likes best, by what the browser knows them by.
    pub favourites: Vec<String>,
    /// Where the standalone program's sound and MIDI go.
    pub machine: Preferred,
    /// Whether the computer's keys play the piano in a host.
    pub keys_play_in_host: bool,
    /// The same in the standalone program.
    pub keys_play_in_program: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        let (favourites, machine) = Default::default();
        let (keys_play_in_host, keys_play_in_program) = (false, true);
        let (panel_scale, tour_seen) = (1.0, false);
        Self { version: VERSION, panel_scale, tour_seen, favourites, machine, keys_play_in_host, keys_play_in_program }
    }
}

impl Preferences {
    fn sensible(self) -> Self {
        let is_scale = self.panel_scale.is_finite() && self.panel_scale > 0.0;
        let scale = if is_scale { self.panel_scale } else { Self::default().panel_scale };
        Self { version: VERSION, panel_scale: scale.clamp(*PANEL_SCALES.start(), *PANEL_SCALES.end()), ..self }
    }
}

/// The file of preferences. Main and panel; never audio: it reads and writes files behind a mutex. What another program
/// writes meanwhile, and what a newer Continuo has written, stays.
pub struct Kept {
    /// `None`: the system does not say where configuration lies, and what is preferred lasts as long as the process.
    file: Option<PathBuf>,
    now: Mutex<Option<Preferences>>,
}

/// The preferences of this process, which all instances share.
pub fn kept() -> &'static Kept {
    static KEPT: LazyLock<Kept> = LazyLock::new(|| Kept::at(folders::configuration().map(|folder| folder.join(FILE))));
    &KEPT
}

impl Kept {
    /// Those in `file`, which need not be there.
    pub fn at(file: Option<PathBuf>) -> Self {
        Self { file, now: Mutex::default() }
    }

    fn now(&self) -> MutexGuard<'_, Option<Preferences>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is preferred. The file is read once; one that cannot be read counts as none.
    pub fn get(&self) -> Preferences {
        let mut now = self.now();
        now.get_or_insert_with(|| self.file.as_deref().map_or_else(Preferences::default, |file| read(file).0)).clone()
    }

    /// Changes what is preferred, for this process and those to come.
    ///
    /// # Errors
    /// If it cannot be written: what the musician should read. For this process it counts all the same.
    pub fn change(&self, change: impl FnOnce(&mut Preferences)) -> Result<(), String> {
        let mut now = self.now();
        let Some(file) = &self.file else {
            change(now.get_or_insert_default());
            return Ok(());
        };
        let (mut preferences, mut whole) = read(file);
        change(&mut preferences);
        if let (Value::Object(whole), Value::Object(fields)) = (&mut whole, json!(preferences)) {
            whole.extend(fields);
        }
        *now = Some(preferences);
        let written =
            serde_json::to_vec_pretty(&whole).map_err(Into::into).and_then(|json| folders::write(file, &json));
        written.map_err(|error: std::io::Error| {
            format!("What you prefer is not kept: \"{}\" cannot be written ({error}).", file.display())
        })
    }
}

/// What `file` says, and all that is in it. A file that is no JSON object is kept beside the one to come.
fn read(file: &Path) -> (Preferences, Value) {
    let model = json!(Preferences::default());
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return (Preferences::default(), model),
        Err(_) => String::new(),
    };
    let saved = match serde_json::from_str(&text) {
        Ok(saved @ Value::Object(_)) => saved,
        _ => {
            // Without the copy nothing is lost but what could not be read.
            let _ = fs::rename(file, file.with_extension("unreadable.json"));
            return (Preferences::default(), model);
        }
    };
    let repaired = repair::repaired(saved, &model, &repair::reading(&model, Preferences::sensible));
    (serde_json::from_value(repaired.value).unwrap_or_default(), repaired.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("continuo-preferences-{name}-{}", std::process::id()));
            Self(folder)
        }

        fn file(&self) -> PathBuf {
            self.0.join("continuo").join(FILE)
        }

        fn write(&self, text: &str) {
            fs::create_dir_all(self.file().parent().unwrap()).unwrap();
            fs::write(self.file(), text).unwrap();
        }

        fn kept(&self) -> Kept {
            Kept::at(Some(self.file()))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What is left in the folder for temporary files does no harm.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_changed_is_there_the_next_time() {
        let folder = Folder::new("again");
        assert_eq!(folder.kept().get(), Preferences::default());
        folder.kept().change(|preferences| preferences.panel_scale = 1.5).unwrap();
        folder.kept().change(|preferences| preferences.tour_seen = true).unwrap();
        let expected = Preferences { panel_scale: 1.5, tour_seen: true, ..Preferences::default() };
        assert_eq!(folder.kept().get(), expected);
    }

    #[test]
    fn without_a_place_for_them_they_last_as_long_as_the_process() {
        let kept = Kept::at(None);
        kept.change(|preferences| preferences.tour_seen = true).unwrap();
        assert!(kept.get().tour_seen);
    }

    #[test]
    fn what_is_wrong_has_its_default_and_what_is_not_known_stays() {
        let folder = Folder::new("newer");
        folder.write(r#"{ "version": 9, "panel_scale": -1, "tour_seen": true, "theme": { "name": "light" } }"#);
        let kept = folder.kept();
        assert_eq!(kept.get(), Preferences { tour_seen: true, ..Preferences::default() });
        kept.change(|preferences| preferences.panel_scale = 2.0).unwrap();
        let whole: Value = serde_json::from_str(&fs::read_to_string(folder.file()).unwrap()).unwrap();
        assert_eq!((&whole["theme"]["name"], &whole["panel_scale"]), (&json!("light"), &json!(2.0)));
    }

    #[test]
    fn the_panel_is_never_too_small_to_read_or_too_large_to_show() {
        for (saved, scale) in
            [("0.01", 0.75), ("0.5", 0.75), ("1.3", 1.3), ("2.5", 2.0), ("1e30", 2.0), ("\"big\"", 1.0)]
        {
            let folder = Folder::new("scale");
            folder.write(&format!(r#"{{ "panel_scale": {saved} }}"#));
            assert_eq!(folder.kept().get().panel_scale, scale, "{saved}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_beside() {
        let folder = Folder::new("broken");
        folder.write("no JSON");
        folder.kept().change(|preferences| preferences.tour_seen = true).unwrap();
        assert!(folder.kept().get().tour_seen);
        assert_eq!(fs::read_to_string(folder.file().with_extension("unreadable.json")).unwrap(), "no JSON");
    }

    #[test]
    fn what_cannot_be_written_is_said_and_counts_until_the_end() {
        let folder = Folder::new("blocked");
        fs::create_dir_all(folder.file().join("in the way")).unwrap();
        let blocked = Kept::at(Some(folder.file().join("in the way").join(FILE).join("deeper")));
        fs::write(folder.file().join("in the way").join(FILE), "a file").unwrap();
        let said = blocked.change(|preferences| preferences.tour_seen = true).unwrap_err();
        assert!(said.contains("cannot be written"), "{said}");
        assert!(blocked.get().tour_seen);
    }
}
