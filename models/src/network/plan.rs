//! A step model as a tract plan: one call, one step, the state in the caller's hands.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::prelude::*;

/// What a step model must look like (docs/models.md). Its states are its own affair: every input `NAME_in` is one, and
/// comes back as the output `NAME_out` of the same shape.
#[derive(Debug)]
pub struct Shape {
    /// The network's role, which is also its file's name.
    pub role: &'static str,
    /// Length of the input `features`, `[1, features]`.
    pub features: usize,
    /// Names and lengths of the outputs `[1, length]`.
    pub outputs: &'static [(&'static str, usize)],
}

/// The largest file that is loaded, and the most values of all its states: far above any sensible network.
const MAX_FILE_BYTES: usize = 64 << 20;
const MAX_STATE: usize = 4 << 20;

/// A loaded step model. Immutable: share it between threads and instances through `Arc`.
pub struct Plan {
    runnable: Arc<TypedRunnableModel>,
    shape: &'static Shape,
    inputs: Vec<Input>,
    /// Where each output of the shape, and after them each state, lies in the model's outputs.
    outputs: Vec<usize>,
    initial: State,
}

#[derive(Clone, Copy)]
enum Input {
    Features,
    State(usize),
}

/// What a step model remembers between steps. Cloning shares the tensors, which no step changes in place: a snapshot
/// costs nanoseconds.
#[derive(Clone, Debug)]
pub struct State(TVec<TValue>);

/// The outputs of one step, in the order of the shape.
#[derive(Debug)]
pub struct Outputs(TVec<TValue>);

impl Outputs {
    /// Output `index` of the shape.
    pub fn get(&self, index: usize) -> Result<&[f32], String> {
        values(&self.0[index])
    }
}

fn values(tensor: &Tensor) -> Result<&[f32], String> {
    let values =
        tensor.try_as_plain_ram().and_then(|plain| plain.as_slice::<f32>()).map_err(|error| error.to_string())?;
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err("it computes values that are not numbers".into())
    }
}

impl Plan {
    /// Compiles an ONNX file and warms it up. The error says what does not fit, in words that follow on a file's name.
    pub fn load(onnx: &[u8], shape: &'static Shape) -> Result<Self, String> {
        if onnx.len() > MAX_FILE_BYTES {
            return Err(format!(
                "it has {} MB, and more than {} MB cannot be right",
                onnx.len() >> 20,
                MAX_FILE_BYTES >> 20
            ));
        }
        // A damaged file can trip tract's own assertions.
        let plan = catch_unwind(|| Self::compile(onnx, shape))
            .map_err(|_| "it is damaged: reading it failed".to_string())??;
        plan.warm_up()?;
        Ok(plan)
    }

    fn compile(onnx: &[u8], shape: &'static Shape) -> Result<Self, String> {
        let unreadable = |error: TractError| format!("it cannot be read as an ONNX network ({})", root_cause(&error));
        let framework = tract_onnx::onnx();
        let proto = framework.proto_model_for_read(&mut &*onnx).map_err(unreadable)?;
        let graph = proto.graph.as_ref().ok_or("it holds no network")?;
        let output_names: Vec<String> = graph.output.iter().map(|output| output.name.clone()).collect();
        let model = framework.model_for_proto_model(&proto).map_err(unreadable)?;
        let input_names: Vec<String> = (model.input_outlets().map_err(unreadable)?.iter())
            .map(|outlet| model.node(outlet.node).name.clone())
            .collect();
        let model = model.into_typed().and_then(TypedModel::into_decluttered).map_err(unreadable)?;

        let mut states = Vec::new();
        let mut inputs = Vec::with_capacity(input_names.len());
        for (index, name) in input_names.iter().enumerate() {
            let dimensions = dimensions(model.input_fact(index).map_err(unreadable)?, "input", name)?;
            inputs.push(match name.strip_suffix("_in") {
                _ if name == "features" && dimensions == [1, shape.features] => Input::Features,
                _ if name == "features" => {
                    return Err(format!("its input `features` is {dimensions:?}, and must be [1, {}]", shape.features));
                }
                Some(state) => {
                    states.push((format!("{state}_out"), dimensions));
                    Input::State(states.len() - 1)
                }
                None => return Err(format!("it asks for an input `{name}` that this version does not know")),
            });
        }
        if !inputs.iter().any(|input| matches!(input, Input::Features)) {
            return Err("it has no input `features`".into());
        }
        let size = states.iter().try_fold(0usize, |sum, (_, dimensions)| {
            let size = dimensions.iter().try_fold(1usize, |size, &dimension| size.checked_mul(dimension))?;
            sum.checked_add(size)
        });
        if size.is_none_or(|size| size > MAX_STATE) {
            return Err(format!("its states have more than {MAX_STATE} values, which cannot be right"));
        }

        let expected = shape.outputs.iter().map(|&(name, size)| (name.to_string(), vec![1, size]));
        let mut outputs = Vec::new();
        for (name, expected) in expected.chain(states.iter().cloned()) {
            let index =
                output_names.iter().position(|output| *output == name).ok_or(format!("it has no output `{name}`"))?;
            let dimensions = dimensions(model.output_fact(index).map_err(unreadable)?, "output", &name)?;
            if dimensions != expected {
                return Err(format!("its output `{name}` is {dimensions:?}, and must be {expected:?}"));
            }
            outputs.push(index);
        }
        let initial = (states.iter())
            .map(|(_, dimensions)| Tensor::zero::<f32>(dimensions).map(TValue::from))
            .collect::<TractResult<_>>()
            .map_err(unreadable)?;
        let runnable = model.into_optimized().and_then(|model| model.into_runnable()).map_err(unreadable)?;
        Ok(Self { runnable, shape, inputs, outputs, initial: State(initial) })
    }

    /// The first steps of a plan are several times slower, and show whether it computes at all.
    fn warm_up(&self) -> Result<(), String> {
        let mut state = self.initial_state();
        for _ in 0..3 {
            let outputs = self.step(&vec![0.0; self.shape.features], &mut state)?;
            (0..self.shape.outputs.len()).try_for_each(|index| outputs.get(index).map(drop))?;
        }
        Ok(())
    }

    /// The state in which nothing has been heard.
    pub fn initial_state(&self) -> State {
        self.initial.clone()
    }

    /// One step: reads `features`, advances `state`. After an error `state` is as before.
    ///
    /// # Errors
    /// When `features` have the wrong length or are not finite, and when the plan fails or computes nonsense.
    pub fn step(&self, features: &[f32], state: &mut State) -> Result<Outputs, String> {
        if features.len() != self.shape.features {
            return Err(format!("{} features were given, and {} are needed", features.len(), self.shape.features));
        }
        if !features.iter().all(|value| value.is_finite()) {
            return Err("a feature is not a number".into());
        }
        let input = Tensor::from_shape(&[1, features.len()], features).map_err(|error| error.to_string())?;
        let input = TValue::from(input);
        let inputs = (self.inputs.iter())
            .map(|slot| match *slot {
                Input::Features => input.clone(),
                Input::State(index) => state.0[index].clone(),
            })
            .collect();
        let mut results = catch_unwind(AssertUnwindSafe(|| self.runnable.run(inputs)))
            .map_err(|_| "a step failed".to_string())?
            .map_err(|error| format!("a step failed ({})", root_cause(&error)))?;
        let mut ordered: TVec<TValue> = self.outputs.iter().map(|&index| results[index].clone()).collect();
        results.clear();
        let new: TVec<TValue> = ordered.drain(self.shape.outputs.len()..).collect();
        new.iter().try_for_each(|tensor| values(tensor).map(drop))?;
        state.0 = new;
        Ok(Outputs(ordered))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Plan")
            .field("role", &self.shape.role)
            .field("state", &self.initial.0)
            .finish_non_exhaustive()
    }
}

fn dimensions(fact: &TypedFact, kind: &str, name: &str) -> Result<Vec<usize>, String> {
    if fact.datum_type != f32::datum_type() {
        return Err(format!("its {kind} `{name}` is not float32"));
    }
    match fact.shape.as_concrete() {
        Some(shape) => Ok(shape.to_vec()),
        None => Err(format!("its {kind} `{name}` has no fixed shape (export it with T = 1)")),
    }
}

fn root_cause(error: &TractError) -> String {
    let cause = error.root_cause().to_string();
    cause.lines().next().unwrap_or("no reason given").chars().take(160).collect()
}
