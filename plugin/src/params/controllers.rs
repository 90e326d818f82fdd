//! Learnt controllers: which MIDI controller moves what, saved with the project.
//!
//! A controller is learnt on its channel, and may count on any; several may move one thing, and one several. What it
//! moves is a parameter, by its ID, or an [`Action`], by its own. An ID that is not known here is kept and moves
//! nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::number;
use crate::repair::{self, Fields, Findings, Verdict};
use crate::scenes::SCENES;
use crate::seam::{MOST_CONTROLLERS as MOST, Newest, Published};

/// The version in which they are saved.
const VERSION: u32 = 1;

/// The first controller that is a message to the channel.
const FIRST_MODE: u8 = 120;

/// What a controller may do besides moving a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Recalls the next scene that holds something; after the last the first.
    NextScene,
    /// Recalls the one before.
    PreviousScene,
    /// Recalls the next preset of the bank; after the last the first.
    NextPreset,
    /// Recalls the one before.
    PreviousPreset,
    /// Ends every note.
    Panic,
    /// Recalls a scene, by its number; 0 is the panel.
    Scene(u8),
}

impl Action {
    /// Those that have no number.
    pub const ALL: [Action; 5] =
        [Action::NextScene, Action::PreviousScene, Action::NextPreset, Action::PreviousPreset, Action::Panic];

    /// The ID under which it is saved. No parameter has it.
    pub fn id(self) -> &'static str {
        const SCENE: [&str; SCENES + 1] = [
            "recall_panel",
            "recall_scene_1",
            "recall_scene_2",
            "recall_scene_3",
            "recall_scene_4",
            "recall_scene_5",
            "recall_scene_6",
            "recall_scene_7",
            "recall_scene_8",
        ];
        match self {
            Action::NextScene => "next_scene",
            Action::PreviousScene => "previous_scene",
            Action::NextPreset => "next_preset",
            Action::PreviousPreset => "previous_preset",
            Action::Panic => "panic",
            Action::Scene(number) => SCENE[usize::from(number).min(SCENES)],
        }
    }

    /// What the musician calls it.
    pub fn name(self) -> String {
        match self {
            Action::NextScene => "Next scene".to_owned(),
            Action::PreviousScene => "Previous scene".to_owned(),
            Action::NextPreset => "Next preset".to_owned(),
            Action::PreviousPreset => "Previous preset".to_owned(),
            Action::Panic => "Panic".to_owned(),
            Action::Scene(0) => "The panel's scene".to_owned(),
            Action::Scene(number) => format!("Scene {number}"),
        }
    }

    /// The action with this ID.
    pub fn of_id(id: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter().chain((0..=SCENES as u8).map(Action::Scene));
        all.find(|action| action.id() == id)
    }
}

/// Whether a controller can be learnt: not those that belong to others (bank, data entry and parameter numbers), nor
/// messages to the channel.
pub fn can_be_learnt(controller: u8) -> bool {
    controller < FIRST_MODE && !matches!(controller, 0 | 6 | 32 | 38 | 96..=101)
}

/// A learnt controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The MIDI channel, 0–15; `None`: any.
    pub channel: Option<u8>,
    /// The controller's number.
    pub controller: u8,
    /// The ID of a parameter, or of an [`Action`].
    pub moves: String,
}

impl Learnt {
    fn is_valid(&self) -> bool {
        self.channel.is_none_or(|channel| channel < 16) && can_be_learnt(self.controller)
    }

    /// Whether it is this one that is moved.
    pub fn is(&self, channel: u8, controller: u8) -> bool {
        self.controller == controller && self.channel.is_none_or(|own| own == channel)
    }
}

/// What a controller moves, for the audio thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// The parameter with this [`number`].
    Parameter(u32),
    /// It does that.
    Action(Action),
}

/// A learnt controller, for the audio thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The MIDI channel, 0–15; `None`: any.
    pub channel: Option<u8>,
    /// The controller's number.
    pub controller: u8,
    /// What it moves.
    pub moves: Moves,
}

impl Entry {
    fn of(learnt: &Learnt) -> Self {
        let Learnt { channel, controller, moves } = learnt;
        let moves = Action::of_id(moves).map_or_else(|| Moves::Parameter(number(moves)), Moves::Action);
        Self { channel: *channel, controller: *controller, moves }
    }
}

/// The learnt controllers in the order of [`Controllers::learnt`].
pub type Table = [Option<Entry>; MOST];

/// The learnt controllers of one instance. Main and panel read and write them, behind a mutex that the audio thread
/// never touches; audio reads what was written last, and asks [`Controllers::drives`] at any time.
pub struct Controllers {
    kept: Mutex<Kept>,
    /// By channel, one bit for each controller that moves something; the higher half behind the lower one.
    driving: [[AtomicU64; 2]; 16],
}

struct Kept {
    saved: Saved,
    published: Published<Table>,
}

impl Default for Controllers {
    fn default() -> Self {
        let kept = Mutex::new(Kept { saved: Saved::default(), published: Published::new(&[None; MOST]) });
        Self { kept, driving: [const { [const { AtomicU64::new(0) }; 2] }; 16] }
    }
}

impl Controllers {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Saved)) {
        let mut kept = self.kept();
        change(&mut kept.saved);
        let table = kept.saved.table();
        kept.published.write(table);
        for (channel, halves) in (0u8..).zip(&self.driving) {
            let is_driven = |&controller: &u8| {
                table
                    .iter()
                    .flatten()
                    .any(|entry| entry.controller == controller && entry.channel.is_none_or(|own| own == channel))
            };
            let bits = (0..128u8).filter(is_driven).fold(0u128, |bits, controller| bits | 1 << controller);
            halves[0].store(bits as u64, Ordering::Relaxed);
            halves[1].store((bits >> 64) as u64, Ordering::Relaxed);
        }
    }

    /// Any thread, audio too: whether `controller` (0–127) on `channel` moves something.
    pub fn drives(&self, channel: u8, controller: u8) -> bool {
        let half = &self.driving[usize::from(channel & 15)][usize::from(controller >> 6 & 1)];
        half.load(Ordering::Relaxed) >> (controller & 63) & 1 != 0
    }

    /// Main, panel: those that move something, in the order in which they were learnt.
    pub fn learnt(&self) -> Vec<Learnt> {
        self.kept().saved.learnt().cloned().collect()
    }

    /// Main, panel: learns one more. `false`: it is known, or there are [`MOST`] already.
    pub fn learn(&self, new: Learnt) -> bool {
        let is_new = {
            let kept = self.kept();
            new.is_valid() && kept.saved.learnt().count() < MOST && kept.saved.learnt().all(|known| *known != new)
        };
        if is_new {
            self.change(|saved| saved.controllers.push(Place { learnt: Some(new), loaded: None }));
        }
        is_new
    }

    /// Main, panel: forgets one.
    pub fn forget(&self, known: &Learnt) {
        self.change(|saved| saved.controllers.retain(|place| place.learnt.as_ref() != Some(known)));
    }

    /// Main, panel: forgets all that move something here.
    pub fn forget_all(&self) {
        self.change(|saved| saved.controllers.retain(|place| place.learnt.is_none()));
    }

    /// Main, panel: those that move something are `learnt` again. What else is known of one that is among them stays.
    pub fn restore(&self, learnt: &[Learnt]) {
        self.change(|saved| {
            let mut before = std::mem::take(&mut saved.controllers);
            saved.controllers.extend(learnt.iter().map(|learnt| {
                let known = before.iter().position(|place| place.learnt.as_ref() == Some(learnt));
                let new = || Place { learnt: Some(learnt.clone()), loaded: None };
                known.map_or_else(new, |known| before.remove(known))
            }));
            saved.controllers.extend(before.into_iter().filter(|place| place.learnt.is_none()));
        });
    }

    /// Main, panel: `known` counts on `channel` from now on; `None`: on any.
    pub fn listen_on(&self, known: &Learnt, channel: Option<u8>) {
        let new = Learnt { channel, ..known.clone() };
        self.change(|saved| {
            let is_known = saved.learnt().any(|other| *other == new);
            if let Some(place) = saved.controllers.iter_mut().find(|place| place.learnt.as_ref() == Some(known)) {
                *place = Place { learnt: (!is_known).then_some(new), loaded: None };
            }
            saved.controllers.retain(|place| place.learnt.is_some() || place.loaded.is_some());
        });
    }

    /// Main: a reader for the audio thread. From now on only this one sees what is written; allocates.
    pub fn reader(&self) -> Newest<Table> {
        let mut kept = self.kept();
        let table = kept.saved.table();
        kept.published.reader(&table)
    }
}

/// Controllers as they are saved, under the field `controllers`. Read from any JSON; what is wrong with it is kept, and
/// moves nothing.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct Saved {
    version: u32,
    controllers: Vec<Place>,
    /// What else a newer Continuo has saved.
    #[serde(flatten)]
    unknown: Fields,
}

#[derive(Clone)]
struct Place {
    learnt: Option<Learnt>,
    /// All that was loaded, if there was more than is known: it is written back.
    loaded: Option<Value>,
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.loaded {
            Some(loaded) => loaded.serialize(serializer),
            None => self.learnt.serialize(serializer),
        }
    }
}

impl Default for Saved {
    fn default() -> Self {
        Self { version: VERSION, controllers: Vec::new(), unknown: Fields::new() }
    }
}

impl From<Value> for Saved {
    fn from(saved: Value) -> Self {
        Self::repaired(saved, &mut Vec::new())
    }
}

impl Saved {
    fn learnt(&self) -> impl Iterator<Item = &Learnt> {
        self.controllers.iter().filter_map(|place| place.learnt.as_ref()).take(MOST)
    }

    fn table(&self) -> Table {
        let mut learnt = self.learnt();
        std::array::from_fn(|_| learnt.next().map(Entry::of))
    }

    fn repaired(saved: Value, remarks: &mut Vec<String>) -> Self {
        let model = json!({ "version": VERSION, "controllers": [] });
        let judge = |at: &str, value: &Value| match at {
            "/controllers/-" => Verdict::Valid,
            "/version" if value.as_u64().is_some_and(|version| version <= VERSION.into()) => Verdict::Valid,
            _ => Verdict::Unknown,
        };
        let mut repaired = repair::repaired(saved, &model, &judge);
        let unknown = repair::unknown_fields(repaired.whole, &repaired.value);
        let Value::Array(saved) = repaired.value["controllers"].take() else { unreachable!("as the model has it") };
        let places: Vec<Place> = saved.into_iter().map(Place::read).collect();
        let strange = places.iter().filter(|place| place.learnt.is_none()).count();
        let mut names = repaired.findings.unknown;
        if strange > 0 {
            names.push(format!("{strange} of {} controllers", places.len()));
        }
        let learnt = places.len() - strange;
        if learnt > MOST {
            names.push(format!("controllers {} to {learnt}", MOST + 1));
        }
        remarks.extend(Findings { unknown: names, ..Findings::default() }.remark("The saved controllers"));
        Self { version: VERSION, controllers: places, unknown }
    }
}

impl Place {
    fn read(saved: Value) -> Self {
        let learnt = serde_json::from_value(saved.clone()).ok().filter(Learnt::is_valid);
        let is_whole = learnt.as_ref().is_some_and(|learnt| json!(learnt) == saved);
        Self { learnt, loaded: (!is_whole).then_some(saved) }
    }
}

impl<'a> PersistentField<'a, Saved> for Controllers {
    fn set(&self, saved: Saved) {
        self.change(|kept| *kept = saved);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&self.kept().saved)
    }
}

/// Saved controllers, whole or broken, as they are to be loaded; remarks say what is wrong with them. `None`, as older
/// states have it, is none at all.
pub fn repaired(saved: Option<&str>, remarks: &mut Vec<String>) -> String {
    repair::field(saved, ["The saved controllers cannot be read", "none is learnt now"], remarks, Saved::repaired)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::ContinuoParams;

    fn learnt(channel: Option<u8>, controller: u8, moves: &str) -> Learnt {
        Learnt { channel, controller, moves: moves.to_owned() }
    }

    fn saved(controllers: &Controllers) -> String {
        controllers.map(|saved| serde_json::to_string(saved).unwrap())
    }

    #[test]
    fn several_controllers_move_one_thing_and_one_moves_several() {
        let controllers = Controllers::default();
        let all = [learnt(Some(0), 74, "swing"), learnt(None, 1, "swing"), learnt(None, 1, "next_scene")];
        for one in &all {
            assert!(controllers.learn(one.clone()) && !controllers.learn(one.clone()), "once");
        }
        assert_eq!(controllers.learnt(), all);
        let mut reader = controllers.reader();
        let table = reader.newest().unwrap();
        reader.take();
        assert_eq!(table[0].unwrap().moves, Moves::Parameter(number("swing")));
        assert_eq!(table[2].unwrap().moves, Moves::Action(Action::NextScene));
        assert!(reader.newest().is_none());
        assert!(controllers.drives(0, 74) && !controllers.drives(1, 74) && controllers.drives(9, 1));
        controllers.forget(&all[0]);
        assert!(!controllers.drives(0, 74) && reader.newest().is_some());
        controllers.forget_all();
        assert!(controllers.learnt().is_empty() && !controllers.drives(9, 1));
    }

    #[test]
    fn a_controller_counts_on_its_channel_or_on_any() {
        let controllers = Controllers::default();
        let (one, any) = (learnt(Some(2), 74, "swing"), learnt(None, 74, "swing"));
        controllers.learn(one.clone());
        controllers.listen_on(&one, None);
        assert_eq!(controllers.learnt(), std::slice::from_ref(&any));
        controllers.learn(one.clone());
        controllers.listen_on(&one, None);
        assert_eq!(controllers.learnt(), [any], "two would be the same");
    }

    #[test]
    fn what_belongs_to_others_is_not_learnt() {
        for controller in [0, 6, 38, 98, 101, 120, 127, 200] {
            assert!(!Controllers::default().learn(learnt(None, controller, "swing")), "{controller}");
        }
        let controllers = Controllers::default();
        (1..6).chain(7..32).chain(33..38).chain(39..96).for_each(|controller| {
            controllers.learn(learnt(None, controller, "swing"));
        });
        assert_eq!(controllers.learnt().len(), MOST);
    }

    #[test]
    fn no_action_has_the_id_or_the_number_of_a_parameter_or_of_another() {
        let params = ContinuoParams::default();
        let mut numbers: BTreeSet<u32> = params.param_map().iter().map(|(id, ..)| number(id)).collect();
        for action in Action::ALL.into_iter().chain((0..=8).map(Action::Scene)) {
            assert!(numbers.insert(number(action.id())), "{action:?}");
            assert_eq!(Action::of_id(action.id()), Some(action));
        }
    }

    #[test]
    fn they_are_saved_as_they_are_and_what_is_not_known_stays() {
        let controllers = Controllers::default();
        controllers.learn(learnt(Some(15), 64, "freeze"));
        controllers.learn(learnt(None, 7, "preview_gain"));
        let whole = saved(&controllers);
        let (again, mut remarks) = (Controllers::default(), Vec::new());
        again.set(serde_json::from_str(&repaired(Some(&whole), &mut remarks)).unwrap());
        assert_eq!((again.learnt(), saved(&again), remarks), (controllers.learnt(), whole, vec![]));

        let newer = json!({ "version": 1, "controllers": [
            { "channel": null, "controller": 7, "moves": "reverb", "curve": 2 },
            { "channel": 99, "controller": 7, "moves": "swing" },
            "wheel",
            { "channel": 3, "controller": 64, "moves": "freeze" },
        ], "pages": [1] });
        let mut remarks = Vec::new();
        let loaded = repaired(Some(&newer.to_string()), &mut remarks);
        assert!(remarks.len() == 1 && remarks[0].contains("2 of 4") && remarks[0].contains("pages"), "{remarks:?}");
        again.set(serde_json::from_str(&loaded).unwrap());
        assert_eq!(again.learnt(), [learnt(None, 7, "reverb"), learnt(Some(3), 64, "freeze")]);
        assert_eq!(serde_json::from_str::<Value>(&saved(&again)).unwrap(), newer);
        again.forget_all();
        assert_eq!(serde_json::from_str::<Value>(&saved(&again)).unwrap()["controllers"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_are_no_controllers_is_none() {
        let none = saved(&Controllers::default());
        for json in ["", "%", "[]"] {
            let mut remarks = Vec::new();
            assert_eq!((repaired(Some(json), &mut remarks), remarks.len()), (none.clone(), 1), "{json}");
        }
        assert_eq!(repaired(None, &mut Vec::new()), none);
    }
}
