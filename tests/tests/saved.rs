//! What was saved is never lost: a state as version 4 saved it, with eight scenes, a memory, and every parameter off
//! its default, is opened and sounds as it did; and one of a newer Continuo comes back whole from this one.

mod common;

use common::{BAR, BEFORE, id, json_of, library, open, perform, state_of, tune};
use continuo_models::Controls;
use continuo_models::controls::BarSource;
use continuo_tests::host::performance::Change;
use continuo_tests::host::{Format, Input, Performance, load};
use serde_json::{Map, Value, json};

/// As the plug-in saved it then. Never to be changed.
const SAVED: &str = include_str!("../cases/state-version-4.json");
/// What [`hash`] was of it then. It changes with what the band plays, and with nothing else.
const HASH: &str = "18bb136d9d8b2efb518e5993fd204fe2ddd9eb9aeb95dd63f43d07e0c25db6fa";

fn fixture() -> Value {
    serde_json::from_str(SAVED).unwrap()
}

/// What the plug-in saves after it has loaded `json`.
fn saved_again(format: Format, json: &Value) -> Value {
    let mut instance = load(format, &library(format)).unwrap();
    instance.load(&state_of(json)).unwrap();
    json_of(&instance.save().unwrap())
}

/// Hash of a take in which every scene of the state is recalled, a bar each.
fn hash(format: Format, json: &Value) -> String {
    let mut session = open(format);
    session.instance().load(&state_of(json)).unwrap();
    session.set(&[("cadence", "Off"), ("freeze", "Off"), ("left_hand", "By ear")]).unwrap();
    let recall = |bar: u32| Change {
        at: (f64::from(bar) - 0.5) * BAR,
        input: Input::Parameter { id: id("scene"), value: f64::from(bar) / 8.0 },
    };
    let take = perform(&mut session, &Performance { changes: (1..=8).map(recall).collect(), ..tune(9) });
    assert!(take.events.len() > 200, "{format:?}: it plays");
    take.hash()
}

/// The persisted field `name` of a state.
fn field(state: &Value, name: &str) -> Value {
    serde_json::from_str(state["fields"][name].as_str().unwrap()).unwrap()
}

/// `state` with the persisted field `name` changed.
fn with_field(mut state: Value, name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut field = field(&state, name);
    change(&mut field);
    state["fields"][name] = field.to_string().into();
    state
}

/// How many players there were.
const FOUR: usize = 4;

/// What a scene holds of each player since.
const SINCE: [(&str, f64); 4] = [("vary", 0.0), ("drift", 1.0), ("roll", 0.0), ("lock", 0.0)];

/// What it holds of the fifth, who came later.
fn no_drummer() -> Value {
    with_what_came_since(json!({ "on": false, "density": 0.5, "register": 0, "channel": 9 }))
}

/// What a scene says of a player, and what it does not say.
fn with_what_came_since(mut player: Value) -> Value {
    for (name, value) in SINCE {
        let value = if matches!(name, "roll" | "lock") { json!(value as u16) } else { json!(value) };
        player.as_object_mut().unwrap().entry(name).or_insert(value);
    }
    player
}

/// What a scene that does not say it means.
fn unsaid() -> Value {
    let before = Controls {
        learn_tune: false,
        swing_by_style: false,
        dynamics: 0.0,
        bar_source: BarSource::Library,
        hand_at_once: false,
        ..Controls::default()
    };
    serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap()
}

/// `state` as it is saved now: what has been added since is as in a fresh instance, and that as it was before there was
/// a choice.
fn brought_up_to_date(mut state: Value) -> Value {
    let fresh = json_of(&load(Format::Clap, &library(Format::Clap)).unwrap().save().unwrap());
    state["params"]["learn_tune"] = json!({ "bool": false });
    for (id, _, saved) in BEFORE {
        state["params"][id] = serde_json::from_str(saved).unwrap();
    }
    for part in ["params", "fields"] {
        for (name, value) in fresh[part].as_object().unwrap().iter().filter(|(name, _)| *name != "unknown") {
            state[part].as_object_mut().unwrap().entry(name).or_insert_with(|| value.clone());
        }
    }
    let before = [("plan_ahead", json!({ "i32": 1 })), ("preset", json!({ "i32": 0 }))];
    for (id, value) in before.into_iter().chain([("programs", json!({ "string": "scenes" }))]) {
        assert_eq!(state["params"][id], value, "{id}");
    }
    let state = with_field(state, "state", |stamp| stamp["version"] = field(&fresh, "state")["version"].clone());
    with_field(state, "scenes", |scenes| {
        for scene in scenes["scenes"].as_array_mut().unwrap().iter_mut().filter_map(Value::as_object_mut) {
            for (name, value) in unsaid().as_object().unwrap() {
                scene.entry(name).or_insert_with(|| value.clone());
            }
            let players = scene["players"].as_array_mut().unwrap();
            for player in players.iter_mut().take(FOUR) {
                *player = with_what_came_since(player.take());
            }
            if players.len() == FOUR {
                players.push(no_drummer());
            }
        }
    })
}

/// [`SAVED`] as a newer Continuo might save it, that has more of everything.
fn newer() -> Value {
    let mut state = fixture();
    state["params"]["reverb"] = json!({ "f32": 0.25 });
    state["fields"]["tunes"] = "[\"Blue\"]".into();
    let state = with_field(state, "state", |stamp| stamp["mood"] = "blue".into());
    let state = with_field(state, "memory", |memory| memory["words"] = json!(["la", "li"]));
    with_field(state, "scenes", |scenes| {
        scenes["names"] = json!(["Verse", "Chorus"]);
        for scene in scenes["scenes"].as_array_mut().unwrap() {
            scene["reverb"] = json!({ "mix": 0.25 });
            let players = scene["players"].as_array_mut().unwrap();
            players[0]["pan"] = json!(-1);
            players.push(no_drummer());
            players.push(json!({ "on": true, "density": 0.5, "register": 0, "channel": 10 }));
        }
    })
}

/// [`newer`] with values of enumerations that only a newer Continuo knows.
fn newer_values() -> Value {
    let mut state = newer();
    state["params"]["style_b"] = json!({ "string": "bossa" });
    with_field(state, "scenes", |scenes| {
        scenes["scenes"][2]["style_a"] = "Bossa".into();
        scenes["scenes"][5]["lead_mode"] = json!({ "TradeBars": 3 });
    })
}

/// What a newer Continuo makes of a state that this one has saved: what was kept is in its place again.
fn put_back(mut state: Value) -> Value {
    let kept = state["fields"].as_object_mut().unwrap().remove("unknown").unwrap();
    let kept: Value = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    let part = |name: &str| kept.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    for (id, value) in part("params") {
        let kind = if value.is_string() { "string" } else { "f32" };
        state["params"][id] = json!({ kind: value });
    }
    for (name, field) in part("fields") {
        state["fields"][name] = field;
    }
    opened(state)
}

/// `state` with its persisted fields as JSON, so that only what they say is compared.
fn opened(mut state: Value) -> Value {
    let names: Vec<String> = state["fields"].as_object().unwrap().keys().cloned().collect();
    let fields: Map<String, Value> = names.into_iter().map(|name| (name.clone(), field(&state, &name))).collect();
    state["fields"] = fields.into();
    state
}

#[test]
fn a_state_of_version_4_comes_back_as_it_was() {
    for format in Format::ALL {
        let mut again = saved_again(format, &fixture());
        assert_eq!(again["fields"].as_object_mut().unwrap().remove("unknown"), Some("{}".into()), "{format:?}");
        assert_eq!(opened(again), opened(brought_up_to_date(fixture())), "{format:?}");
    }
}

#[test]
fn a_state_of_version_4_sounds_as_it_did_and_so_it_does_after_a_newer_continuo() {
    for format in Format::ALL {
        assert_eq!(hash(format, &fixture()), HASH, "{format:?}");
        assert_eq!(hash(format, &newer()), HASH, "{format:?}: what is unknown is not heard");
        assert_eq!(hash(format, &saved_again(format, &newer())), HASH, "{format:?}: nor when it is saved again");
    }
}

#[test]
fn what_a_newer_continuo_has_saved_comes_back_to_it() {
    for format in Format::ALL {
        for state in [newer(), newer_values()] {
            let once = saved_again(format, &state);
            assert_eq!(put_back(once.clone()), opened(brought_up_to_date(state)), "{format:?}");
            assert_eq!(saved_again(format, &once), once, "{format:?}: as often as it is opened");
        }
    }
}

#[test]
fn one_value_of_a_kind_that_nobody_knows_costs_only_itself() {
    for format in Format::ALL {
        let mut broken = fixture();
        broken["params"]["seed"] = json!({ "i64": 7 });
        broken["fields"]["tunes"] = json!(["Blue"]);
        let mut again = saved_again(format, &broken);
        let unknown = field(&again, "unknown");
        assert_eq!(unknown, json!({ "params": { "seed": { "i64": 7 } }, "fields": { "tunes": "[\"Blue\"]" } }));
        again["fields"].as_object_mut().unwrap().remove("unknown");
        again["params"]["seed"] = fixture()["params"]["seed"].clone();
        assert_eq!(opened(again), opened(brought_up_to_date(fixture())), "{format:?}");
    }
}
