//! The bank: which preset a project has at which number, from 1 to [`NUMBERS`], for automation and program changes.
//!
//! To begin with it is the factory's, in its order. What the musician puts elsewhere is saved with the project, content
//! and all; of the rest only how many of the factory's there were: number and content of a factory preset are final,
//! and those that come later have no number in a project that was made before. So a project sounds tomorrow, and on
//! another computer, as it does today.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use continuo_models::Controls;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::presets::{self, Preset};
use crate::repair::{self, Fields, Findings, Verdict};
use crate::seam::{Newest, Published, Revision};

/// How many numbers there are.
pub const NUMBERS: usize = 128;

/// The version in which banks are saved.
const VERSION: u32 = 1;

/// The number 0, as a text.
const PANEL: &str = "Panel";

/// What the presets have the band do, from number 1 on; `None`: there is none at the number.
pub type Presets = [Option<Controls>; NUMBERS];

/// The bank of one instance; a clone is the same bank. Main and panel read and write it, behind a mutex that the audio
/// thread never touches; audio reads what was put last.
#[derive(Clone, Default)]
pub struct Bank(Arc<Mutex<Kept>>);

struct Kept {
    saved: Saved,
    presets: Arc<Presets>,
    /// What audio may still hold, so that it is never the last to let go of it.
    held: Vec<Arc<Presets>>,
    /// The way to the newest reader.
    published: Published<Arc<Presets>>,
    revision: Revision,
}

impl Default for Kept {
    fn default() -> Self {
        let saved = Saved::default();
        let presets = saved.presets();
        let (published, revision) = (Published::new(&presets), Revision::default());
        Self { saved, published, presets, held: Vec::new(), revision }
    }
}

impl Bank {
    /// The factory's. `revision` counts its changes.
    pub fn new(revision: &Revision) -> Self {
        Self(Arc::new(Mutex::new(Kept { revision: revision.clone(), ..Kept::default() })))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Main, panel: the preset at `number`.
    pub fn get(&self, number: usize) -> Option<Preset> {
        self.kept().saved.at(number).cloned()
    }

    /// Main, panel: the name of the preset at `number`.
    pub fn name(&self, number: usize) -> Option<String> {
        self.kept().saved.at(number).map(|preset| preset.name.clone())
    }

    /// Main, panel: `preset` has this `number` (1 to [`NUMBERS`]) from now on; `None`: the number is empty, and as the
    /// panel. What is no number is left alone.
    pub fn put(&self, number: usize, preset: Option<Preset>) {
        if (1..=NUMBERS).contains(&number) {
            let mut kept = self.kept();
            kept.saved.put(number, preset);
            kept.publish();
        }
    }

    /// Main, panel: the number at which `preset` lies, as it is.
    pub fn number_at(&self, preset: &Preset) -> Option<usize> {
        let kept = self.kept();
        (1..=NUMBERS).find(|number| kept.saved.at(*number) == Some(preset))
    }

    /// Main, panel: gives `preset` the first number at which there is none, unless it has one. Returns its number;
    /// `None`: all are taken.
    pub fn give_number(&self, preset: &Preset) -> Option<usize> {
        self.number_at(preset).or_else(|| {
            let free = (1..=NUMBERS).find(|number| self.kept().saved.is_free(*number))?;
            self.put(free, Some(preset.clone()));
            Some(free)
        })
    }

    /// Main, panel: what the bank holds, to be [`Bank::restore`]d.
    pub fn saved(&self) -> Saved {
        self.kept().saved.clone()
    }

    /// Main, panel: the bank is as it was.
    pub fn restore(&self, saved: Saved) {
        let mut kept = self.kept();
        kept.saved = saved;
        kept.publish();
    }

    /// Main: what the presets have the band do.
    pub fn presets(&self) -> Arc<Presets> {
        Arc::clone(&self.kept().presets)
    }

    /// Main: a reader for the audio thread. From now on only this one sees what is put; allocates.
    pub fn reader(&self) -> Newest<Arc<Presets>> {
        let Kept { presets, published, .. } = &mut *self.kept();
        published.reader(presets)
    }

    /// Main, panel: how the preset at `number` is called, and the panel, which is 0.
    pub fn text(&self, number: i32) -> String {
        match usize::try_from(number) {
            Ok(0) => PANEL.to_owned(),
            Ok(number) => match self.kept().saved.at(number) {
                Some(preset) => format!("{number} {}", preset.name),
                None => format!("{number} (empty)"),
            },
            Err(_) => String::new(),
        }
    }

    /// Main, panel: the number that `text` means: one of [`Bank::text`], a name in any case, or a number.
    pub fn number_of(&self, text: &str) -> Option<i32> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(PANEL) {
            return Some(0);
        }
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let number = text[..digits].parse().ok().filter(|number| (0..=NUMBERS as i32).contains(number));
        if number.is_some_and(|number| self.text(number) == text) {
            return number;
        }
        let is_called = |name: &str| name.to_lowercase() == text.to_lowercase();
        let kept = self.kept();
        let named = (1..=NUMBERS).find(|number| kept.saved.at(*number).is_some_and(|preset| is_called(&preset.name)));
        named.map_or(number, |number| Some(number as i32))
    }
}

impl Kept {
    fn publish(&mut self) {
        let before = std::mem::replace(&mut self.presets, self.saved.presets());
        self.held.push(before);
        self.published.write(Arc::clone(&self.presets));
        self.revision.advance();
        // Whoever has one of them may hand it on to nobody but us.
        self.held.retain(|presets| Arc::strong_count(presets) > 1);
    }
}

/// A bank as it is saved, under the field `bank`. Read from any JSON; what is wrong with it is repaired.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub struct Saved {
    /// How many of the factory's presets have their numbers.
    factory: usize,
    /// What is at other numbers, or in their place.
    own: BTreeMap<usize, Own>,
    /// What else a newer Continuo has saved: in the bank, and among the numbers.
    unknown: [Fields; 2],
}

/// What the musician has at a number.
#[derive(Clone, Debug, PartialEq)]
enum Own {
    Preset(Box<Preset>),
    Empty,
    /// What is no preset, as it was loaded. It counts as empty.
    Unreadable(Value),
}

impl Default for Saved {
    fn default() -> Self {
        Self { factory: presets::factory().len(), own: BTreeMap::new(), unknown: Default::default() }
    }
}

impl Serialize for Saved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [mut fields, mut numbers] = self.unknown.clone();
        for (number, own) in &self.own {
            numbers.insert(number.to_string(), own.value());
        }
        let known = [("version", json!(VERSION)), ("factory", json!(self.factory)), ("presets", numbers.into())];
        fields.extend(known.map(|(name, value)| (name.to_owned(), value)));
        fields.serialize(serializer)
    }
}

impl Own {
    fn value(&self) -> Value {
        match self {
            Self::Preset(preset) => serde_json::from_str(&preset.write()).unwrap_or_default(),
            Self::Empty => Value::Null,
            Self::Unreadable(loaded) => loaded.clone(),
        }
    }

    fn repaired(number: usize, saved: Value, remarks: &mut Vec<String>) -> Self {
        if saved.is_null() {
            return Self::Empty;
        }
        match Preset::read(&saved.to_string(), remarks) {
            Ok(preset) => Self::Preset(Box::new(preset)),
            Err(error) => {
                remarks.push(format!("What the project has as preset {number} {error} It is kept, and not played."));
                Self::Unreadable(saved)
            }
        }
    }
}

impl From<Value> for Saved {
    fn from(saved: Value) -> Self {
        Self::repaired(saved, &mut Vec::new())
    }
}

impl Saved {
    fn at(&self, number: usize) -> Option<&Preset> {
        match self.own.get(&number) {
            Some(Own::Preset(preset)) => Some(preset),
            Some(_) => None,
            None => self.of_factory(number),
        }
    }

    /// Whether nothing lies at `number`: no preset, nothing that is kept though it cannot be read, and none that a
    /// newer factory has there.
    fn is_free(&self, number: usize) -> bool {
        self.own.get(&number).map_or(number > self.factory, |own| *own == Own::Empty)
    }

    /// The factory's preset at `number`, if it has it in this project.
    fn of_factory(&self, number: usize) -> Option<&'static Preset> {
        presets::factory().get(number.checked_sub(1)?).filter(|_| number <= self.factory)
    }

    fn put(&mut self, number: usize, preset: Option<Preset>) {
        if self.of_factory(number) == preset.as_ref() {
            self.own.remove(&number);
        } else {
            self.own.insert(number, preset.map_or(Own::Empty, |preset| Own::Preset(Box::new(preset))));
        }
    }

    fn presets(&self) -> Arc<Presets> {
        /// The factory's, which instances share.
        static FACTORY: LazyLock<Arc<Presets>> = LazyLock::new(|| {
            let controls = |index: usize| presets::factory().get(index).map(Preset::controls);
            Arc::new(std::array::from_fn(controls))
        });
        if self.own.is_empty() && self.factory >= presets::factory().len() {
            return Arc::clone(&FACTORY);
        }
        Arc::new(std::array::from_fn(|index| self.at(index + 1).map(Preset::controls)))
    }

    fn repaired(saved: Value, remarks: &mut Vec<String>) -> Self {
        let model = json!({ "version": VERSION, "factory": presets::factory().len(), "presets": null });
        let judge = |at: &str, value: &Value| match at {
            "/version" if value.as_u64().is_some_and(|version| version <= VERSION.into()) => Verdict::Valid,
            "/factory" if value.as_u64().is_some_and(|count| count <= NUMBERS as u64) => Verdict::Valid,
            "/presets" if value.is_object() => Verdict::Valid,
            _ => Verdict::Unknown,
        };
        let mut repaired = repair::repaired(saved, &model, &judge);
        let numbers = repaired.value["presets"].take();
        let factory = repaired.value["factory"].as_u64().unwrap_or_default() as usize;
        let unknown = repair::unknown_fields(repaired.whole, &repaired.value);
        let Findings { unknown: mut names, missing, .. } = repaired.findings;
        names.extend(missing.into_iter().map(|name| format!("{name} (missing)")));
        let (mut own, mut strange) = (BTreeMap::new(), Fields::new());
        if let Value::Object(numbers) = numbers {
            for (number, saved) in numbers {
                match number.parse() {
                    Ok(known @ 1..=NUMBERS) if known.to_string() == number => {
                        own.insert(known, Own::repaired(known, saved, remarks));
                    }
                    _ => {
                        names.push(format!("presets.{number}"));
                        strange.insert(number, saved);
                    }
                }
            }
        }
        remarks.extend(Findings { unknown: names, ..Findings::default() }.remark("The saved bank of presets"));
        if factory > presets::factory().len() {
            let (known, later) = (presets::factory().len(), presets::factory().len() + 1);
            remarks.push(format!(
                "The project counts on {factory} factory presets, and this Continuo has {known}: from number {later} on \
                 the panel plays in their place. A newer Continuo has them."
            ));
        }
        Self { factory, own, unknown: [unknown, strange] }
    }
}

impl<'a> PersistentField<'a, Saved> for Bank {
    fn set(&self, saved: Saved) {
        self.restore(saved);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&self.kept().saved)
    }
}

/// A saved bank, whole or broken, as it is to be loaded; remarks say what is wrong with it. `None`, as older states
/// have it, is the factory's.
pub fn repaired(saved: Option<&str>, remarks: &mut Vec<String>) -> String {
    repair::field(
        saved,
        ["The saved bank of presets cannot be read", "it is the factory's now"],
        remarks,
        Saved::repaired,
    )
}

#[cfg(test)]
mod tests;
