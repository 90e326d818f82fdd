//! A model as a tract plan. Of a step model one call makes one step of each of several sequences, the states in the
//! caller's hands; a model of whole sequences reads one at once.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::prelude::*;

use super::operators;

/// What a model must look like (docs/models.md). The states of a step model are its own affair: every input `NAME_in`
/// is one, and comes back as the output `NAME_out` of the same shape. *N* sequences are read at once: one in some
/// models, any number in others. A model of whole sequences has no states, and *N* is any number of steps of one.
#[derive(Debug)]
pub struct Shape {
    /// The network's role, which is also its file's name.
    pub role: &'static str,
    /// Names and lengths of the inputs `[N, length]` that are its features, side by side; the last is longer than it
    /// says here by the style block, which is as long as the network has conditions.
    pub inputs: &'static [(&'static str, usize)],
    /// Names and lengths of the outputs `[N, length]`.
    pub outputs: &'static [(&'static str, usize)],
    /// Whether a whole sequence is read at once.
    pub whole: bool,
}

impl Shape {
    /// Length of all features without the style block.
    const fn features(&self) -> usize {
        let (mut sum, mut index) = (0, 0);
        while index < self.inputs.len() {
            sum += self.inputs[index].1;
            index += 1;
        }
        sum
    }
}

/// What one of a model's inputs takes.
#[derive(Clone, Debug)]
enum Input {
    /// These of the features.
    Features(Range<usize>),
    /// The next state.
    State,
}

/// The largest file that is loaded, and the most values of all its states: far above any sensible network.
const MAX_FILE_BYTES: usize = 64 << 20;
const MAX_STATE: usize = 4 << 20;

/// How far a value may depend on whether its sequence was read alone, as a share of it.
const MIXED: f32 = 1e-2;

/// A loaded step model. Immutable: share it between threads and instances through `Arc`.
pub struct Plan {
    runnable: Arc<TypedRunnableModel>,
    shape: &'static Shape,
    /// Length of the features.
    features: usize,
    /// What each of the model's inputs takes.
    inputs: Vec<Input>,
    /// Where each output of the shape, and after them each state, lies in the model's outputs.
    outputs: Vec<usize>,
    /// The shape of each state.
    states: Vec<Vec<usize>>,
    /// Along which axis each state has its sequences, where any number of them can be read at once.
    batch: Option<Vec<usize>>,
}

/// One step of one sequence: what it reads, and the state that it advances.
pub type Step<'a, F> = (F, &'a mut State);

/// What a step model remembers between steps. Cloning shares the tensors, which no step changes in place: a snapshot
/// costs nanoseconds.
#[derive(Clone, Debug)]
pub struct State(TVec<TValue>);

/// The outputs of one step, in the order of the shape.
#[derive(Debug)]
pub struct Outputs {
    /// Each with the rows of all steps that were made at once.
    tensors: TVec<TValue>,
    row: usize,
    rows: usize,
}

impl Outputs {
    /// Output `index` of the shape.
    pub fn get(&self, index: usize) -> Result<&[f32], String> {
        values(&self.tensors[index], self.row, self.rows)
    }
}

/// Part `part` of the `parts` of a tensor.
fn values(tensor: &Tensor, part: usize, parts: usize) -> Result<&[f32], String> {
    let values =
        tensor.try_as_plain_ram().and_then(|plain| plain.as_slice::<f32>()).map_err(|error| error.to_string())?;
    let size = values.len() / parts;
    let values = &values[part * size..(part + 1) * size];
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
        let mut framework = tract_onnx::onnx();
        operators::register(&mut framework);
        let proto = framework.proto_model_for_read(&mut &*onnx).map_err(unreadable)?;
        let graph = proto.graph.as_ref().ok_or("it holds no network")?;
        let output_names: Vec<String> = graph.output.iter().map(|output| output.name.clone()).collect();
        let model = framework.model_for_proto_model(&proto).map_err(unreadable)?;
        let input_names: Vec<String> = (model.input_outlets().map_err(unreadable)?.iter())
            .map(|outlet| model.node(outlet.node).name.clone())
            .collect();
        // The weights of our own operators are theirs by now: what made them is left out before it is computed again.
        let model = (model.into_typed().and_then(TypedModel::into_compact))
            .and_then(TypedModel::into_decluttered)
            .map_err(unreadable)?;

        let (mut given, mut states) = (vec![None; shape.inputs.len()], Vec::new());
        for (index, name) in input_names.iter().enumerate() {
            let dimensions = Dimensions::of(model.input_fact(index).map_err(unreadable)?, "input", name)?;
            match (shape.inputs.iter().position(|(known, _)| known == name), name.strip_suffix("_in")) {
                (Some(known), _) => given[known] = Some(dimensions),
                (None, Some(state)) => states.push((format!("{state}_out"), dimensions)),
                (None, None) => return Err(format!("it asks for an input `{name}` that this version does not know")),
            }
        }
        let (mut columns, mut features, mut is_batched) = (vec![0..0; given.len()], 0, false);
        for (index, (&(name, least), dimensions)) in shape.inputs.iter().zip(given).enumerate() {
            let dimensions: Dimensions = dimensions.ok_or_else(|| format!("it has no input `{name}`"))?;
            let is_last = index + 1 == shape.inputs.len();
            let width = match dimensions.sizes[..] {
                [1, width] if width == least || width > least && is_last => width,
                _ => {
                    let styles = if is_last { " + its styles" } else { "" };
                    return Err(format!("its input `{name}` is {dimensions}, and must be [1, {least}{styles}]"));
                }
            };
            columns[index] = features..features + width;
            features += width;
            if index > 0 && is_batched != dimensions.batch.is_some() {
                return Err(format!("its `{name}` is not of as many sequences as `{}`", shape.inputs[0].0));
            }
            is_batched = dimensions.batch.is_some();
        }
        if let Some((name, _)) = states.iter().find(|(_, state)| state.batch.is_some() != is_batched) {
            return Err(format!("its `{name}` is not of as many sequences as `{}`", shape.inputs[0].0));
        }
        if shape.whole && (!states.is_empty() || !is_batched) {
            return Err("it does not read a whole sequence at once, of any length and without a state".into());
        }
        let input = |name: &String| match shape.inputs.iter().position(|(known, _)| known == name) {
            Some(known) => Input::Features(columns[known].clone()),
            None => Input::State,
        };
        let inputs = input_names.iter().map(input).collect();
        let size = states.iter().try_fold(0usize, |sum, (_, dimensions)| {
            let size = dimensions.sizes.iter().try_fold(1usize, |size, &dimension| size.checked_mul(dimension))?;
            sum.checked_add(size)
        });
        if size.is_none_or(|size| size > MAX_STATE) {
            return Err(format!("its states have more than {MAX_STATE} values, which cannot be right"));
        }

        let rows = |size| Dimensions { sizes: vec![1, size], batch: is_batched.then_some(0) };
        let expected = shape.outputs.iter().map(|&(name, size)| (name.to_string(), rows(size)));
        let mut outputs = Vec::new();
        for (name, expected) in expected.chain(states.iter().cloned()) {
            let index =
                output_names.iter().position(|output| *output == name).ok_or(format!("it has no output `{name}`"))?;
            let dimensions = Dimensions::of(model.output_fact(index).map_err(unreadable)?, "output", &name)?;
            if dimensions != expected {
                return Err(format!("its output `{name}` is {dimensions}, and must be {expected}"));
            }
            outputs.push(index);
        }
        let batch = states.iter().map(|(_, dimensions)| dimensions.batch).collect::<Option<Vec<usize>>>();
        let batch = batch.filter(|_| is_batched);
        let runnable = model.into_optimized().and_then(|model| model.into_runnable()).map_err(unreadable)?;
        let states = states.into_iter().map(|(_, dimensions)| dimensions.sizes).collect();
        Ok(Self { runnable, shape, features, inputs, outputs, states, batch })
    }

    /// The first steps of a plan are several times slower, and show whether it computes at all.
    fn warm_up(&self) -> Result<(), String> {
        let mut state = self.initial_state();
        for _ in 0..3 {
            let outputs = self.step(&vec![0.0; self.features], &mut state)?;
            (0..self.shape.outputs.len()).try_for_each(|index| outputs.get(index).map(drop))?;
        }
        if self.shape.whole { Ok(()) } else { self.check_sequences() }
    }

    /// Sees to it that sequences which are read at once do not mix: an axis of time would look the same.
    fn check_sequences(&self) -> Result<(), String> {
        let row = |value: f32| vec![value; self.features];
        let mut states = [self.initial_state(), self.initial_state()];
        let mut steps: Vec<_> =
            [0.0, 1.0].into_iter().zip(&mut states).map(|(value, state)| (row(value), state)).collect();
        let together = self.step_all(&mut steps)?;
        for (outputs, value) in together.iter().zip([0.0, 1.0]) {
            let alone = self.step(&row(value), &mut self.initial_state())?;
            for index in 0..self.shape.outputs.len() {
                let pairs = outputs.get(index)?.iter().zip(alone.get(index)?);
                if pairs.into_iter().any(|(ours, expected)| (ours - expected).abs() > MIXED * (1.0 + expected.abs())) {
                    return Err("it mixes the sequences that it reads at once".into());
                }
            }
        }
        Ok(())
    }

    /// The state in which nothing has been heard.
    pub fn initial_state(&self) -> State {
        State(self.states.iter().map(|shape| Tensor::zero::<f32>(shape).unwrap_or_default().into()).collect())
    }

    /// Length of what a step reads.
    pub fn features(&self) -> usize {
        self.features
    }

    /// How many conditions the network tells apart: the size of its style block.
    pub fn conditions(&self) -> usize {
        self.features - self.shape.features()
    }

    /// One step: reads `features`, advances `state`.
    ///
    /// # Errors
    /// When `features` have the wrong length or are not finite: `state` is as before. When the plan fails or computes
    /// nonsense: `state` is of no more use.
    pub fn step(&self, features: &[f32], state: &mut State) -> Result<Outputs, String> {
        self.run(&mut [(features, state)])?.pop().ok_or_else(|| "a step failed".into())
    }

    /// One step of each of several sequences, as [`Plan::step`] makes it: at once where the model can, which takes a
    /// fraction of the time, for its weights are read once for all.
    ///
    /// # Errors
    /// As for one step.
    pub fn step_all<F: AsRef<[f32]>>(&self, steps: &mut [Step<F>]) -> Result<Vec<Outputs>, String> {
        let at_once = if self.batch.is_some() { steps.len().max(1) } else { 1 };
        let mut outputs = Vec::with_capacity(steps.len());
        for steps in steps.chunks_mut(at_once) {
            outputs.append(&mut self.run(steps)?);
        }
        Ok(outputs)
    }

    /// Reads a whole sequence of `rows`: the outputs of each of its steps.
    ///
    /// # Errors
    /// As for one step; of the length of the sequence alone none.
    pub fn read<F: AsRef<[f32]>>(&self, rows: Vec<F>) -> Result<Vec<Outputs>, String> {
        let mut none = vec![State(TVec::new()); rows.len()];
        let mut steps: Vec<Step<F>> = rows.into_iter().zip(&mut none).collect();
        if steps.is_empty() { Ok(Vec::new()) } else { self.run(&mut steps) }
    }

    fn run<F: AsRef<[f32]>>(&self, steps: &mut [Step<F>]) -> Result<Vec<Outputs>, String> {
        let failed = |error: TractError| format!("a step failed ({})", root_cause(&error));
        let rows = steps.len();
        for (row, _) in steps.iter() {
            let row = row.as_ref();
            if row.len() != self.features {
                return Err(format!("{} features were given, and {} are needed", row.len(), self.features));
            }
            if !row.iter().all(|value| value.is_finite()) {
                return Err("a feature is not a number".into());
            }
        }
        let mut states = self.joined(steps).map_err(failed)?.into_iter();
        let mut inputs = TVec::new();
        for input in &self.inputs {
            match input {
                Input::Features(columns) => {
                    let mut own = Vec::with_capacity(rows * columns.len());
                    steps.iter().for_each(|(row, _)| own.extend_from_slice(&row.as_ref()[columns.clone()]));
                    inputs.push(Tensor::from_shape(&[rows, columns.len()], &own).map_err(failed)?.into());
                }
                Input::State => inputs.extend(states.next()),
            }
        }
        let results = catch_unwind(AssertUnwindSafe(|| self.runnable.run(inputs)))
            .map_err(|_| "a step failed".to_string())?
            .map_err(failed)?;
        let mut tensors: TVec<TValue> = self.outputs.iter().map(|&index| results[index].clone()).collect();
        drop(results);
        let states: TVec<TValue> = tensors.drain(self.shape.outputs.len()..).collect();
        let parted = |index: usize, row: usize| match &self.batch {
            Some(axes) if rows > 1 => states[index].slice(axes[index], row, row + 1).map(TValue::from),
            _ => Ok(states[index].clone()),
        };
        let parts = (0..rows).map(|row| (0..states.len()).map(|index| parted(index, row)).collect());
        let parts: Vec<TVec<TValue>> = parts.collect::<TractResult<_>>().map_err(failed)?;
        for ((_, state), part) in steps.iter_mut().zip(parts) {
            state.0 = part;
        }
        Ok((0..rows).map(|row| Outputs { tensors: tensors.clone(), row, rows }).collect())
    }

    /// The states of all sequences. Those of one are taken, so that an operator that has them alone can go on in place.
    fn joined<F>(&self, steps: &mut [Step<F>]) -> TractResult<TVec<TValue>> {
        match (&self.batch, steps) {
            (Some(axes), steps @ [_, _, ..]) => (axes.iter().enumerate())
                .map(|(index, &axis)| {
                    let states: Vec<&Tensor> =
                        steps.iter().filter_map(|(_, state)| state.0.get(index)).map(|state| &**state).collect();
                    Tensor::stack_tensors(axis, &states).map(TValue::from)
                })
                .collect(),
            (_, steps) => Ok(steps.first_mut().map(|(_, state)| std::mem::take(&mut state.0)).unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Plan")
            .field("role", &self.shape.role)
            .field("states", &self.states)
            .finish_non_exhaustive()
    }
}

/// The shape of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dimensions {
    /// Along each axis; 1 along the one of the sequences.
    sizes: Vec<usize>,
    /// The axis along which any number of sequences may lie.
    batch: Option<usize>,
}

impl Dimensions {
    fn of(fact: &TypedFact, kind: &str, name: &str) -> Result<Self, String> {
        if fact.datum_type != f32::datum_type() {
            return Err(format!("its {kind} `{name}` is not float32"));
        }
        let (mut sizes, mut batch) = (Vec::new(), None);
        for (axis, dimension) in fact.shape.iter().enumerate() {
            sizes.push(match dimension {
                TDim::Val(size) if *size >= 0 => *size as usize,
                TDim::Sym(_) if batch.is_none() => {
                    batch = Some(axis);
                    1
                }
                _ => return Err(format!("its {kind} `{name}` has no fixed shape (export it with T = 1)")),
            });
        }
        Ok(Self { sizes, batch })
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |(axis, size): (usize, &usize)| match self.batch {
            Some(batch) if batch == axis => "N".to_owned(),
            _ => size.to_string(),
        };
        let sizes: Vec<String> = self.sizes.iter().enumerate().map(size).collect();
        write!(formatter, "[{}]", sizes.join(", "))
    }
}

fn root_cause(error: &TractError) -> String {
    let cause = error.root_cause().to_string();
    cause.lines().next().unwrap_or("no reason given").chars().take(160).collect()
}
