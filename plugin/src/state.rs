//! The saved state: its version, the migration of older ones, and the repair of broken ones.

pub mod context;

use std::collections::BTreeMap;

use nice_plug::params::Param;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, Params, PluginState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bank;
use crate::faults::{self, Place};
use crate::guard::caught;
use crate::params::saved::{Stamp, Unknown, VERSION, unsaid};
use crate::params::{ContinuoParams, SavedArrangement, SavedBar, SavedChart, SavedMemory, controllers};
use crate::presets::project;
use crate::repair::{self, Fields, Findings, Verdict};
use crate::scenes;

/// As [`migrate`]; if that panics, the state is read as it is, with a remark.
pub fn migrate_guarded(state: &mut PluginState) {
    let mut migrated =
        PluginState { version: state.version.clone(), params: state.params.clone(), fields: state.fields.clone() };
    match caught(|| migrate(&mut migrated)) {
        Ok(()) => *state = migrated,
        Err(panic) => {
            let remark = format!(
                "The saved state was not brought up to date ({panic}); it is read as it is. Please report this."
            );
            let stamp = Stamp { remarks: vec![remark], ..Stamp::default() };
            state.fields.insert("state".to_owned(), json_of(&stamp).unwrap_or_default());
        }
    }
}

/// Brings a state of any version, whole or broken, into the present shape: every parameter is there, of the right
/// type and in range. What was missing or wrong gets its default and a remark in the [`Stamp`]; what has come since is
/// as it was before ([`unsaid`]). What is not known is kept in the field `unknown`, and put back from there when it is
/// known.
pub fn migrate(state: &mut PluginState) {
    let params = ContinuoParams::default();
    let mut remarks = Vec::new();
    let is_kept_broken = state.fields.get("unknown").is_some_and(|json| serde_json::from_str::<Unknown>(json).is_err());
    let kept = kept_of(state.fields.remove("unknown").as_deref());
    for (name, field) in kept.fields {
        let field = field.as_str().map_or_else(|| field.to_string(), str::to_owned);
        state.fields.entry(name).or_insert(field);
    }
    let (version, stamp) = read_stamp(state.fields.get("state"), &mut remarks);
    if version > VERSION {
        remarks.push(format!(
            "The saved state comes from a newer Continuo (state version {version}, this one knows {VERSION})."
        ));
    }
    if version == 0
        && let Some(blend) = state.params.remove("blend")
    {
        state.params.entry("style_blend".to_owned()).or_insert(blend);
    }
    let (unknown, mut findings) = repair(state, &params, kept.params);
    faults::strike(Place::Loading);
    findings.unknown.extend(is_kept_broken.then(|| "unknown".to_owned()));
    findings.unknown.extend(stamp.keys().map(|name| format!("state.{name}")));
    remarks.extend(findings.remark("The saved state"));
    if version >= VERSION && !findings.missing.is_empty() {
        remarks.push(format!("The saved state lacks {}; the default is used.", findings.missing.join(", ")));
    }
    let learnt = "What the band has learnt of you";
    judge(state, "memory", learnt, |saved| SavedMemory::repaired(saved).1, &mut remarks);
    judge(state, "chart", "The chart", |saved| SavedChart::repaired(saved).1, &mut remarks);
    judge(state, "captured", "The captured bar", |saved| SavedBar::repaired(saved).1, &mut remarks);
    judge(state, "arrangement", "The order of sections", |saved| SavedArrangement::repaired(saved).1, &mut remarks);
    // A project that says nothing of these has none.
    for name in ["chart", "captured", "arrangement"] {
        state.fields.entry(name.to_owned()).or_insert_with(|| "null".to_owned());
    }
    let scenes = scenes::repaired(state.fields.get("scenes").map(String::as_str), &mut remarks);
    let bank = bank::repaired(state.fields.get("bank").map(String::as_str), &mut remarks);
    let controllers = controllers::repaired(state.fields.get("controllers").map(String::as_str), &mut remarks);
    let presets = project::repaired(state.fields.get("presets").map(String::as_str), &mut remarks);
    let stamp = Stamp { version: VERSION, remarks, unknown: stamp };
    let fields = [("scenes", scenes), ("bank", bank), ("presets", presets), ("controllers", controllers)];
    let written = fields.map(|(name, field)| (name, Ok(field)));
    for (name, field) in written.into_iter().chain([("unknown", json_of(&unknown)), ("state", json_of(&stamp))]) {
        state.fields.insert(name.to_owned(), field.unwrap_or_default());
    }
}

/// Remarks on what `judged` finds wrong with the field `name`, which is `subject`. What cannot be read is left out.
fn judge(
    state: &mut PluginState,
    name: &str,
    subject: &str,
    judged: impl Fn(Value) -> Findings,
    remarks: &mut Vec<String>,
) {
    match state.fields.get(name).map(|json| serde_json::from_str::<Value>(json)) {
        None | Some(Ok(Value::Null)) => {}
        Some(Ok(saved @ Value::Object(_))) => remarks.extend(judged(saved).remark(subject)),
        broken => {
            state.fields.remove(name);
            let error =
                broken.and_then(Result::err).map_or("it is no JSON object".to_owned(), |error| error.to_string());
            remarks.push(format!("{subject} cannot be read ({error}); it was left out."));
        }
    }
}

/// The saved state `json` with all that the framework would refuse it for in the field `unknown`, from where
/// [`migrate`] takes it: values of parameters that are of no kind that it has, and persisted fields that are no text.
/// `None`: it can be left as it is, or is no state.
pub fn readable(json: &[u8]) -> Option<Vec<u8>> {
    faults::strike(Place::Loading);
    let mut state: Value = serde_json::from_slice(json).ok()?;
    if !(state["params"].is_object() || state["fields"].is_object()) || PluginState::deserialize(&state).is_ok() {
        return None;
    }
    let (params, fields) = (part(&mut state, "params"), part(&mut state, "fields"));
    let is_readable = |value: &Value| ParamValue::deserialize(value).is_ok();
    let (kept_params, params) = params.into_iter().partition::<Fields, _>(|(_, value)| !is_readable(value));
    let (kept_fields, mut fields) = fields.into_iter().partition::<Fields, _>(|(_, field)| !field.is_string());
    let mut kept = kept_of(fields.remove("unknown").as_ref().and_then(Value::as_str));
    kept.params.extend(kept_params);
    kept.fields.extend(kept_fields);
    fields.insert("unknown".to_owned(), json_of(&kept).ok()?.into());
    serde_json::to_vec(
        &json!({ "version": state["version"].as_str().unwrap_or_default(), "params": params, "fields": fields }),
    )
    .ok()
}

fn json_of(field: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(field)
}

/// The version of a state with this stamp, and what else the stamp holds.
fn read_stamp(saved: Option<&String>, remarks: &mut Vec<String>) -> (u32, Fields) {
    let mut fields = match saved.map(|json| serde_json::from_str(json)) {
        None => return (0, Fields::new()),
        Some(Ok(Value::Object(fields))) => fields,
        Some(_) => Fields::new(),
    };
    fields.remove("remarks");
    let version = fields.remove("version").and_then(|version| version.as_u64()?.try_into().ok());
    let version = version.unwrap_or_else(|| {
        remarks.push("The saved state does not say its version; it is read as the present one.".to_owned());
        VERSION
    });
    (version, fields)
}

/// Gives every parameter of `state` a valid value, and takes what is not known out of it. `kept` are the values that
/// were not known when the state was saved.
fn repair(state: &mut PluginState, params: &ContinuoParams, kept: Fields) -> (Unknown, Findings) {
    let map: BTreeMap<String, ParamPtr> = params.param_map().into_iter().map(|(id, param, _)| (id, param)).collect();
    let model: Fields = map.iter().map(|(id, &param)| (id.clone(), plain(&default_value(param)))).collect();
    let mut saved: Fields = state.params.iter().map(|(id, value)| (id.clone(), plain(value))).collect();
    for (id, value) in kept {
        // Where a value was not valid the default has taken its place, unless another one was set since.
        if saved.get(&id).is_none_or(|now| model.get(&id) == Some(now)) {
            saved.insert(id, value);
        }
    }
    for (id, value) in unsaid() {
        saved.entry(id).or_insert(value);
    }

    let model = Value::Object(model);
    let value_at = |id: &str, value: &Value| map.get(id).and_then(|&param| param_value(param, value));
    let judge = |at: &str, value: &Value| match value_at(&at[1..], value) {
        Some(_) => Verdict::Valid,
        None => Verdict::Unknown,
    };
    let repaired = repair::repaired(saved.into(), &model, &judge);
    let value = |id: &String| value_at(id, &repaired.value[id]);
    state.params = map.keys().filter_map(|id| Some((id.clone(), value(id)?))).collect();
    let Value::Object(mut unknown_params) = repaired.whole else { unreachable!("as the model is") };
    unknown_params.retain(|id, whole| repaired.value.get(id) != Some(whole));

    let mut findings = repaired.findings;
    let known = params.serialize_fields();
    let unknown_fields = state.fields.extract_if(.., |name, _| !known.contains_key(name));
    let unknown_fields: Fields = unknown_fields.map(|(name, field)| (name, field.into())).collect();
    findings.unknown.extend(unknown_fields.keys().cloned());
    (Unknown { params: unknown_params, fields: unknown_fields }, findings)
}

/// The field `unknown`, as far as it can be read.
fn kept_of(saved: Option<&str>) -> Unknown {
    let mut saved: Value = saved.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    Unknown { params: part(&mut saved, "params"), fields: part(&mut saved, "fields") }
}

/// The object `name` in `value`, taken out; empty if there is none.
fn part(value: &mut Value, name: &str) -> Fields {
    match value.get_mut(name).map(Value::take) {
        Some(Value::Object(part)) => part,
        _ => Fields::new(),
    }
}

/// A parameter's value without its type.
fn plain(value: &ParamValue) -> Value {
    match value {
        ParamValue::F32(value) => json!(value),
        ParamValue::I32(value) => json!(value),
        ParamValue::Bool(value) => json!(value),
        ParamValue::String(value) => json!(value),
    }
}

/// The value of `param` that `plain` is, if it is one.
fn param_value(param: ParamPtr, plain: &Value) -> Option<ParamValue> {
    let value = match param {
        ParamPtr::FloatParam(_) => ParamValue::F32(plain.as_f64()? as f32),
        ParamPtr::IntParam(_) => ParamValue::I32(plain.as_i64()?.try_into().ok()?),
        ParamPtr::BoolParam(_) => ParamValue::Bool(plain.as_bool()?),
        ParamPtr::EnumParam(_) => ParamValue::String(plain.as_str()?.to_owned()),
    };
    is_valid(param, &value).then_some(value)
}

fn default_value(param: ParamPtr) -> ParamValue {
    // SAFETY: the callers keep the parameters, to which the pointers point, alive.
    unsafe {
        match param {
            ParamPtr::FloatParam(p) => ParamValue::F32((*p).default_plain_value()),
            ParamPtr::IntParam(p) => ParamValue::I32((*p).default_plain_value()),
            ParamPtr::BoolParam(p) => ParamValue::Bool((*p).default_plain_value()),
            ParamPtr::EnumParam(p) => (*p)
                .unmodulated_plain_id()
                .map_or(ParamValue::I32((*p).default_plain_value()), |id| ParamValue::String(id.to_owned())),
        }
    }
}

fn is_valid(param: ParamPtr, value: &ParamValue) -> bool {
    // SAFETY: as above.
    unsafe {
        match (param, value) {
            (ParamPtr::FloatParam(p), ParamValue::F32(value)) => {
                let (min, max) = ((*p).preview_plain(0.0), (*p).preview_plain(1.0));
                (min..=max).contains(value)
            }
            (ParamPtr::IntParam(p), ParamValue::I32(value)) => {
                ((*p).preview_plain(0.0)..=(*p).preview_plain(1.0)).contains(value)
            }
            (ParamPtr::BoolParam(_), ParamValue::Bool(_)) => true,
            // A fresh parameter is asked, so that setting it does no harm.
            (ParamPtr::EnumParam(p), ParamValue::String(id)) => (*p).set_from_id(id),
            _ => false,
        }
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
