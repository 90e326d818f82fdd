//! What a preset holds of the parameters, as saved states have it: a value without its type, by its ID.

use continuo_models::controls::PARAMETERS;
use continuo_models::controls::parameter::{Kind, Parameter};
use continuo_models::{Controls, Player};
use serde_json::{Value, json};

use crate::repair::{Fields, Verdict};
use crate::seam::NetworkSet;

/// The parameter of the plug-in's own that a preset holds.
const NETWORK: &str = "network";

/// How exactly hosts keep a value, as a share of its range.
const EXACT: f64 = 2e-5;

/// What a parameter is set to, and by which ID it is known.
struct Held {
    id: String,
    kind: Kind,
    value: f64,
    put: Put,
}

/// Gives it another value in the controls.
type Put = Box<dyn Fn(&mut Controls, f64)>;

/// Every parameter of `controls` that a preset holds.
fn parameters(controls: &Controls) -> impl Iterator<Item = Held> {
    fn held<C: Default>(parameter: &'static Parameter<C>, id: String, of: &C) -> (String, Kind, f64) {
        (id, parameter.about.kind, parameter.of(of))
    }
    let band = PARAMETERS.iter().filter(|parameter| parameter.is_of_presets()).map(|parameter| {
        let (id, kind, value) = held(parameter, parameter.about.id.to_owned(), controls);
        Held { id, kind, value, put: Box::new(|controls, value| parameter.put(controls, value)) }
    });
    let players = Player::ALL.into_iter().flat_map(|player| {
        let own = player.parameters().filter(|parameter| parameter.is_of_presets());
        own.map(move |parameter| {
            let (id, kind, value) = held(parameter, player.id_of(&parameter.about), controls.player(player));
            let put = move |controls: &mut Controls, value| parameter.put(&mut controls.players[player], value);
            Held { id, kind, value, put: Box::new(put) }
        })
    });
    band.chain(players).collect::<Vec<_>>().into_iter()
}

/// `controls` with what no preset holds at its default.
pub fn held(controls: &Controls) -> Controls {
    let mut only = Controls::default();
    parameters(controls).for_each(|held| (held.put)(&mut only, held.value));
    only
}

/// Whether two controls hold the same, as far as hosts keep values exactly.
pub fn alike(one: &Controls, other: &Controls) -> bool {
    parameters(one).zip(parameters(other)).all(|(one, other)| {
        let (least, most) = one.kind.range();
        (one.value - other.value).abs() <= (most - least) * EXACT
    })
}

/// The values of `controls` and the networks by ID.
pub fn written(controls: &Controls, network: NetworkSet) -> Fields {
    let network = (NETWORK.to_owned(), json!(network.id()));
    parameters(controls).map(|held| (held.id, plain(&held.kind, held.value))).chain([network]).collect()
}

/// What `params` say; what they do not say is at its default.
pub fn read(params: &Value) -> (Controls, NetworkSet) {
    let mut controls = Controls::default();
    for held in parameters(&Controls::default()) {
        if let Some(value) = number(&held.kind, &params[&held.id]) {
            (held.put)(&mut controls, value);
        }
    }
    (controls, network(&params[NETWORK]).unwrap_or(NetworkSet::ALL[0]))
}

/// Judges the value of the parameter `id`.
pub fn judge(id: &str, value: &Value) -> Verdict {
    if id == NETWORK {
        return if network(value).is_some() { Verdict::Valid } else { Verdict::Unknown };
    }
    let Some(Held { kind, .. }) = parameters(&Controls::default()).find(|held| held.id == id) else {
        return Verdict::Unknown;
    };
    let (least, most) = kind.range();
    match number(&kind, value) {
        None => Verdict::Unknown,
        Some(number) if (least..=most).contains(&number) => Verdict::Valid,
        Some(number) => Verdict::OutOfRange(plain(&kind, number.clamp(least, most))),
    }
}

fn network(value: &Value) -> Option<NetworkSet> {
    NetworkSet::ALL.into_iter().find(|set| value.as_str() == Some(set.id()))
}

/// A value of a parameter as it is written. The number is in the range of its kind.
pub fn plain(kind: &Kind, value: f64) -> Value {
    match kind {
        // As short as it can be for a number of 32 bits.
        Kind::Number { .. } => json!((value as f32).to_string().parse::<f64>().unwrap_or(value)),
        Kind::Whole { .. } => json!(value as i64),
        Kind::Switch => json!(value >= 0.5),
        Kind::Choice(values) => json!((values.ids)().get(value as usize)),
    }
}

/// The number that a written value stands for, in its range or not; `None`: it is of another kind.
fn number(kind: &Kind, value: &Value) -> Option<f64> {
    match kind {
        Kind::Number { .. } => value.as_f64().map(|number| f64::from(number as f32)),
        Kind::Whole { .. } => value.as_i64().map(|number| number as f64),
        Kind::Switch => value.as_bool().map(f64::from),
        Kind::Choice(values) => {
            let id = value.as_str()?;
            (values.ids)().iter().position(|known| *known == id).map(|index| index as f64)
        }
    }
}
