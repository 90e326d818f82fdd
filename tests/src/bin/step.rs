//! Runs an exported network in tract: how long a step takes, how long it loads, and how far it is from the fixture that
//! the training wrote. Prints JSON; `models/training` calls it.

use std::collections::BTreeMap;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use continuo_models::files;
use continuo_models::network::plan::{Outputs, Plan, Shape};
use continuo_models::network::{LARGEST_NETWORK, harmonist, harmonizer, soloist};
use continuo_options::values;
use serde::Deserialize;
use serde_json::json;

/// Runs an exported network in tract and prints what came of it as JSON.
#[derive(Parser)]
struct Options {
    /// `harmonist.onnx`, `soloist.onnx` or `harmonizer.onnx`
    #[arg(value_parser = values::input_file(LARGEST_NETWORK))]
    network: PathBuf,
    /// The steps and logits to compare it with
    #[arg(long, value_parser = values::input_file(LARGEST_FIXTURE), value_name = "FILE.json")]
    fixture: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Fixture {
    sequences: Vec<Sequence>,
}

#[derive(Deserialize)]
struct Sequence {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    features: Sparse,
    logits: BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct Sparse {
    index: Vec<usize>,
    value: Vec<f32>,
}

/// The most bytes of a fixture.
const LARGEST_FIXTURE: u64 = 1_000_000_000;

const ROUNDS: usize = 200;
/// Few enough for a round to end within one slice of a busy machine's time.
const STEPS: usize = 10;
/// The same of a network that reads a whole sequence at once: 32 bars of four beats.
const WHOLE_ROUNDS: usize = 20;
const WHOLE_STEPS: usize = 128;

fn main() -> Result<()> {
    let options = Options::parse();
    let name = options.network.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let shape: &'static Shape = match name {
        "harmonist" => &harmonist::SHAPE,
        "soloist" => &soloist::SHAPE,
        "harmonizer" => &harmonizer::SHAPE,
        other => bail!("`{other}` is neither `harmonist` nor `soloist` nor `harmonizer`"),
    };
    let bytes =
        files::read(&options.network, LARGEST_NETWORK).with_context(|| format!("{}", options.network.display()))?;
    let began = Instant::now();
    let plan = Plan::load(&bytes, shape).map_err(|problem| anyhow!("{}: {problem}", options.network.display()))?;
    let load = began.elapsed();
    let differences = options.fixture.map(|path| differences(&plan, shape, &path)).transpose()?;
    println!(
        "{}",
        json!({
            "load_ms": rounded(load.as_secs_f64() * 1e3),
            "us_per_step": rounded(fastest(&plan, shape)? * 1e6),
            "differences": differences,
        })
    );
    Ok(())
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Seconds per step: the least of several rounds, for other programs share the machine.
fn fastest(plan: &Plan, shape: &Shape) -> Result<f64> {
    let (rounds, steps) = if shape.whole { (WHOLE_ROUNDS, WHOLE_STEPS) } else { (ROUNDS, STEPS) };
    let rows = vec![vec![0.0; plan.features()]; steps];
    let mut round = || -> Result<f64> {
        let began = Instant::now();
        run(plan, shape, rows.clone())?;
        Ok(began.elapsed().as_secs_f64() / steps as f64)
    };
    iter::repeat_with(&mut round).take(rounds).try_fold(f64::MAX, |least, time| Ok(least.min(time?)))
}

/// What the network says to a sequence of rows.
fn run(plan: &Plan, shape: &Shape, rows: Vec<Vec<f32>>) -> Result<Vec<Outputs>> {
    if shape.whole {
        return plan.read(rows).map_err(|problem| anyhow!(problem));
    }
    let mut state = plan.initial_state();
    rows.iter().map(|row| plan.step(row, &mut state).map_err(|problem| anyhow!(problem))).collect()
}

/// Largest difference of each head over the sequences of the fixture.
fn differences(plan: &Plan, shape: &Shape, path: &Path) -> Result<BTreeMap<String, f32>> {
    let text = files::read(path, LARGEST_FIXTURE).with_context(|| format!("{}", path.display()))?;
    let fixture: Fixture = serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
    let mut worst = BTreeMap::new();
    for sequence in &fixture.sequences {
        let rows = sequence.steps.iter().map(|step| {
            let mut features = vec![0.0; plan.features()];
            for (&index, &value) in step.features.index.iter().zip(&step.features.value) {
                *features.get_mut(index).context("a feature lies outside the vector")? = value;
            }
            Ok(features)
        });
        let outputs = run(plan, shape, rows.collect::<Result<_>>()?)?;
        for (step, outputs) in sequence.steps.iter().zip(outputs) {
            for (place, (name, _)) in shape.outputs.iter().enumerate() {
                let name = name.trim_start_matches("logits_");
                let expected =
                    step.logits.get(name).with_context(|| format!("{} tells no `{name}`", path.display()))?;
                let got = outputs.get(place).map_err(|problem| anyhow!(problem))?;
                let difference = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                let most = worst.entry(name.to_string()).or_insert(0.0f32);
                *most = most.max(difference);
            }
        }
    }
    Ok(worst)
}
