//! Saved JSON is read field by field against a *model*, the JSON of a default: what is missing gets its default, what
//! is not known is kept in its place, and nothing else is touched.
//!
//! An object in the model says which fields are known; an array says how many places there are, and an empty one is a
//! list of any length. Everything else is a value, to be judged by whoever knows what it means. What a field means
//! never changes: a new meaning gets a new name. So what is known of a newer state can be relied on.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of a JSON object.
pub type Fields = Map<String, Value>;

/// The most characters of a value that a remark shows.
const SHOWN: usize = 40;

/// What a saved value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It can be read as it is.
    Valid,
    /// It cannot, but this one in its place.
    OutOfRange(Value),
    /// It cannot be read.
    Unknown,
}

/// What was saved, repaired.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// What can be read: every field of the model.
    pub value: Value,
    /// The same, with all that is not known or not valid in its place, as it is to be written back.
    pub whole: Value,
    /// What was wrong.
    pub findings: Findings,
}

/// Names of what was not as the model has it, each with its value if it is the value that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Neither read nor touched.
    pub unknown: Vec<String>,
    /// Brought into range.
    pub out_of_range: Vec<String>,
    /// At its default.
    pub missing: Vec<String>,
}

impl Findings {
    /// All but what is missing, in one remark for the musician about `subject`; `None` if there is nothing to say.
    pub fn remark(&self, subject: &str) -> Option<String> {
        let part = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
        let unknown = part("not known to this Continuo", &self.unknown);
        let parts: Vec<String> = unknown.into_iter().chain(part("brought into range", &self.out_of_range)).collect();
        (!parts.is_empty()).then(|| format!("{subject}, {}.", parts.join("; ")))
    }
}

/// Repairs `saved` against `model`. `judge` gets each value, and where it is: an RFC 6901 pointer into the model, that
/// ends with `/-` for an element of a list.
pub fn repaired(saved: Value, model: &Value, judge: &dyn Fn(&str, &Value) -> Verdict) -> Repaired {
    let mut repair = Repair { judge, findings: Findings::default() };
    let (value, whole) = repair.mend("", "", saved, model);
    Repaired { value, whole, findings: repair.findings }
}

/// Judges by what is read where a value takes its place in `model`, and by what is `sensible` there.
pub fn reading<T>(model: &Value, sensible: fn(T) -> T) -> impl Fn(&str, &Value) -> Verdict
where
    T: Serialize + DeserializeOwned + Clone + PartialEq,
{
    move |at, value| {
        let mut probe = model.clone();
        let (place, is_element) = at.strip_suffix("/-").map_or((at, false), |list| (list, true));
        match probe.pointer_mut(place) {
            Some(Value::Array(list)) if is_element => list.push(value.clone()),
            Some(place) => *place = value.clone(),
            None => return Verdict::Unknown,
        }
        let Ok(read) = serde_json::from_value::<T>(probe) else { return Verdict::Unknown };
        let mended = sensible(read.clone());
        if mended == read {
            return Verdict::Valid;
        }
        let mended = serde_json::to_value(mended).ok().and_then(|mended| mended.pointer(at).cloned());
        mended.map_or(Verdict::Unknown, Verdict::OutOfRange)
    }
}

/// The fields of `whole` that `value` does not have: those that are not known.
pub fn unknown_fields(whole: Value, value: &Value) -> Fields {
    let Value::Object(mut fields) = whole else { return Fields::new() };
    fields.retain(|name, _| value.get(name).is_none());
    fields
}

/// A saved field, whole or broken, as it is to be loaded: what `read` makes of its JSON, which has remarks for the
/// musician. `None`, as older states have it, is the default, and so is what is no JSON; a remark says that it
/// `was_not_read` (a sentence without its end), and what is `now`.
pub fn field<T: Default + Serialize>(
    saved: Option<&str>,
    [was_not_read, now]: [&str; 2],
    remarks: &mut Vec<String>,
    read: impl FnOnce(Value, &mut Vec<String>) -> T,
) -> String {
    let field = match saved.map(serde_json::from_str) {
        None => T::default(),
        Some(Ok(saved)) => read(saved, remarks),
        Some(Err(error)) => {
            remarks.push(format!("{was_not_read} ({error}); {now}."));
            T::default()
        }
    };
    serde_json::to_string(&field).unwrap_or_default()
}

struct Repair<'a> {
    judge: &'a dyn Fn(&str, &Value) -> Verdict,
    findings: Findings,
}

impl Repair<'_> {
    /// What can be read of `saved`, and what is to be written back. `name` is how the musician is told of it.
    fn mend(&mut self, at: &str, name: &str, saved: Value, model: &Value) -> (Value, Value) {
        match (saved, model) {
            (Value::Object(saved), Value::Object(model)) => self.mend_fields(at, name, saved, model),
            (Value::Array(saved), Value::Array(model)) if model.is_empty() => self.mend_list(at, name, saved),
            (Value::Array(saved), Value::Array(model)) => self.mend_places(at, name, saved, model),
            (saved, model) => match (self.judge)(at, &saved) {
                Verdict::Valid => (saved.clone(), saved),
                Verdict::OutOfRange(mended) => {
                    self.findings.out_of_range.push(shown(name, &saved));
                    (mended, saved)
                }
                Verdict::Unknown => {
                    self.findings.unknown.push(shown(name, &saved));
                    (model.clone(), saved)
                }
            },
        }
    }

    fn mend_fields(&mut self, at: &str, name: &str, mut saved: Fields, model: &Fields) -> (Value, Value) {
        let (mut value, mut whole) = (Fields::new(), Fields::new());
        for (field, model) in model {
            let name = below(name, field);
            let mended = match saved.remove(field) {
                Some(saved) => self.mend(&format!("{at}/{field}"), &name, saved, model),
                None => {
                    self.findings.missing.push(name);
                    (model.clone(), model.clone())
                }
            };
            value.insert(field.clone(), mended.0);
            whole.insert(field.clone(), mended.1);
        }
        self.findings.unknown.extend(saved.keys().map(|field| below(name, field)));
        whole.extend(saved);
        (value.into(), whole.into())
    }

    fn mend_places(&mut self, at: &str, name: &str, saved: Vec<Value>, model: &[Value]) -> (Value, Value) {
        let mut saved = saved.into_iter();
        let (mut value, mut whole) = (Vec::new(), Vec::new());
        for (index, model) in model.iter().enumerate() {
            let name = below(name, index + 1);
            let mended = match saved.next() {
                Some(saved) => self.mend(&format!("{at}/{index}"), &name, saved, model),
                None => {
                    self.findings.missing.push(name);
                    (model.clone(), model.clone())
                }
            };
            value.push(mended.0);
            whole.push(mended.1);
        }
        for extra in saved {
            whole.push(extra);
            self.findings.unknown.push(below(name, whole.len()));
        }
        (value.into(), whole.into())
    }

    /// An element that cannot be read costs itself; how many there are is said.
    fn mend_list(&mut self, at: &str, name: &str, saved: Vec<Value>) -> (Value, Value) {
        let at = format!("{at}/-");
        let read = |element: &Value| match (self.judge)(&at, element) {
            Verdict::Valid => Some(element.clone()),
            Verdict::OutOfRange(_) | Verdict::Unknown => None,
        };
        let value: Vec<Value> = saved.iter().filter_map(read).collect();
        if value.len() < saved.len() {
            self.findings.unknown.push(format!("{} of {} {name}", saved.len() - value.len(), saved.len()));
        }
        (value.into(), saved.into())
    }
}

fn below(name: &str, field: impl std::fmt::Display) -> String {
    if name.is_empty() { field.to_string() } else { format!("{name}.{field}") }
}

fn shown(name: &str, value: &Value) -> String {
    let text = value.to_string();
    let (start, rest) = text.char_indices().nth(SHOWN).map_or((&*text, ""), |(end, _)| (&text[..end], "…"));
    if name.is_empty() { format!("{start}{rest}") } else { format!("{name} ({start}{rest})") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> Value {
        let player = json!({ "on": true });
        json!({ "style": "pop", "tempo": 120, "key": { "tonic": 0 }, "players": [player, player], "notes": [] })
    }

    /// Any string but `polka` is a style; a number up to 200 is one.
    fn judge(at: &str, value: &Value) -> Verdict {
        match (at, value) {
            ("/style", Value::String(style)) if style != "polka" => Verdict::Valid,
            ("/style", _) => Verdict::Unknown,
            ("/players/0/on" | "/players/1/on", Value::Bool(_)) => Verdict::Valid,
            (_, Value::Number(number)) if number.as_u64() <= Some(200) => Verdict::Valid,
            (_, Value::Number(_)) => Verdict::OutOfRange(200.into()),
            _ => Verdict::Unknown,
        }
    }

    fn with(at: &str, value: Value) -> Value {
        let mut saved = model();
        *saved.pointer_mut(at).unwrap() = value;
        saved
    }

    #[test]
    fn what_is_whole_is_left_as_it_is() {
        let players = json!([{ "on": false }, { "on": true }]);
        let saved = json!({ "style": "jazz", "tempo": 90, "key": { "tonic": 7 }, "players": players, "notes": [1, 2] });
        let repaired = repaired(saved.clone(), &model(), &judge);
        assert_eq!(repaired, Repaired { value: saved.clone(), whole: saved, findings: Findings::default() });
        assert_eq!(repaired.findings.remark("The state"), None);
    }

    #[test]
    fn what_is_missing_gets_its_default_whatever_it_is() {
        let saved = json!({ "style": "jazz", "key": {}, "players": [{}] });
        let repaired = repaired(saved, &model(), &judge);
        assert_eq!(repaired.value, with("/style", "jazz".into()));
        assert_eq!(repaired.whole, repaired.value);
        assert_eq!(repaired.findings.missing, ["key.tonic", "notes", "players.1.on", "players.2", "tempo"]);
    }

    #[test]
    fn what_is_not_known_is_kept_in_its_place() {
        let mut saved = with("/style", "polka".into());
        saved["mood"] = json!({ "blue": 1 });
        saved["players"][1]["pan"] = 3.into();
        saved["players"].as_array_mut().unwrap().push(json!({ "on": true }));
        let repaired = repaired(saved.clone(), &model(), &judge);
        assert_eq!((repaired.value, repaired.whole), (model(), saved));
        assert_eq!(repaired.findings.unknown, ["players.2.pan", "players.3", "style (\"polka\")", "mood"]);
    }

    #[test]
    fn what_is_out_of_range_is_brought_into_it_and_kept_too() {
        let saved = with("/tempo", 900.into());
        let repaired = repaired(saved.clone(), &model(), &judge);
        assert_eq!((repaired.value, repaired.whole), (with("/tempo", 200.into()), saved));
        let remark = repaired.findings.remark("Scene 3").unwrap();
        assert!(remark.starts_with("Scene 3, ") && remark.contains("tempo (900)"), "{remark}");
    }

    #[test]
    fn a_bad_element_of_a_list_costs_itself_and_is_counted() {
        let saved = with("/notes", json!([1, "x", 3, 999]));
        let repaired = repaired(saved, &model(), &judge);
        assert_eq!(repaired.value, with("/notes", json!([1, 3])));
        assert_eq!(repaired.findings.unknown, ["2 of 4 notes"]);
    }

    #[test]
    fn of_another_kind_is_not_known() {
        for saved in [json!(null), json!([]), json!("x")] {
            let repaired = repaired(saved.clone(), &model(), &|_, _| Verdict::Unknown);
            assert_eq!((repaired.value, repaired.whole), (model(), saved));
        }
    }

    #[test]
    fn a_long_value_is_cut_short() {
        assert_eq!(shown("style", &"ü".repeat(100).into()), format!("style (\"{}…)", "ü".repeat(39)));
    }

    #[test]
    fn what_can_be_read_in_its_place_is_valid() {
        let model = json!([0, 0]);
        let judge = reading(&model, |pair: (u8, u8)| (pair.0.min(9), pair.1));
        assert_eq!(judge("/0", &7.into()), Verdict::Valid);
        assert_eq!(judge("/0", &77.into()), Verdict::OutOfRange(9.into()));
        assert_eq!(judge("/1", &300.into()), Verdict::Unknown);
        let empty = json!([]);
        let judge = reading(&empty, |list: Vec<u8>| list);
        assert_eq!((judge("/-", &7.into()), judge("/-", &"x".into())), (Verdict::Valid, Verdict::Unknown));
    }
}
