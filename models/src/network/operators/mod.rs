//! The operators of contract 3 in tract: layers whose weights commute with transposition, each weight held once.
//!
//! In a file they are functions of the domain `continuo`, whose bodies are ordinary ONNX, so that any runtime can run
//! the file; here each is one operator. What they compute has the same bits on every processor.

mod arithmetic;
mod fourier;
mod gru;
mod heads;
mod norm;
mod pitch_linear;
mod transformer;
mod width;

use std::fmt::Debug;

use tract_onnx::Onnx;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

use gru::{Gru, GruSequence};
use heads::{Experts, Heads};
use norm::Norm;
use pitch_linear::PitchLinear;
use transformer::{Layer, TwoWayLayer};

/// Makes the operators known to `framework`.
pub(super) fn register(framework: &mut Onnx) {
    let operators = &mut framework.op_register;
    operators.insert("PitchLinear", |_, node| Ok(declared(Declaration::Linear { by_channel: by_channel(node)? })));
    operators.insert("PitchGru", |_, node| Ok(declared(Declaration::Gru { by_channel: by_channel(node)? })));
    operators.insert("PitchGruSequence", |_, node| {
        let (by_channel, backward) = (by_channel(node)?, backward(node)?);
        Ok(declared(Declaration::GruSequence { by_channel, backward }))
    });
    operators.insert("PitchTransformer", |_, _| Ok(declared(Declaration::Transformer)));
    operators.insert("PitchEncoder", |_, _| Ok(declared(Declaration::Encoder)));
    operators.insert("PitchNorm", |_, _| Ok(declared(Declaration::Norm)));
    operators.insert("PitchExperts", |_, node| Ok(declared(Declaration::Experts { last: last_pitch(node)? })));
    operators.insert("PitchHeads", |_, node| Ok(declared(Declaration::Heads { sizes: node.get_attr_tvec("sizes")? })));
}

fn declared(declaration: Declaration) -> (Box<dyn InferenceOp>, Vec<String>) {
    (expand(declaration), Vec::new())
}

/// Whether the classes of a channel lie together in what comes in, so that the file has to transpose it.
fn by_channel(node: &NodeProto) -> TractResult<bool> {
    Ok(node.get_attr_tvec::<i64>("perm")?[..] == [0, 2, 1])
}

/// Whether a sequence is read from its last row.
fn backward(node: &NodeProto) -> TractResult<bool> {
    Ok(node.get_attr_tvec::<i64>("directions")?[..] == [1])
}

/// Where in the features the last pitch begins.
fn last_pitch(node: &NodeProto) -> TractResult<usize> {
    node.get_attr_tvec("begin")?.first().copied().context("the last pitch begins nowhere")
}

/// The first of the weights of a `PitchGruSequence` that read the state: rows and the map of the rows come before.
const RECURRENT: usize = 5;

/// An operator as a file has it: with its weights as inputs.
#[derive(Clone, Debug)]
enum Declaration {
    Linear { by_channel: bool },
    Gru { by_channel: bool },
    GruSequence { by_channel: bool, backward: bool },
    Transformer,
    Encoder,
    Norm,
    Experts { last: usize },
    Heads { sizes: TVec<usize> },
}

impl Declaration {
    /// The number of inputs that change from step to step; the weights come after them.
    fn changing(&self) -> usize {
        match self {
            Self::Linear { .. } | Self::GruSequence { .. } | Self::Encoder | Self::Norm | Self::Heads { .. } => 1,
            Self::Gru { .. } | Self::Experts { .. } => 2,
            Self::Transformer => 3,
        }
    }

    /// The shapes of the outputs.
    fn outputs(&self, inputs: &[TVec<TDim>]) -> TractResult<TVec<TVec<TDim>>> {
        let input = |index: usize| inputs.get(index).cloned().context("too few inputs");
        let first = input(0)?;
        let rows: TDim = first.iter().take(first.len().saturating_sub(1)).product();
        let size = |index: usize| input(index)?.first().cloned().context("weights without rows");
        Ok(match self {
            Self::Linear { .. } => tvec![tvec![rows, size(1)? * width::CLASSES + size(2)?]],
            Self::GruSequence { .. } => {
                let gates = size(RECURRENT)? * width::CLASSES + size(RECURRENT + 1)?;
                tvec![tvec![rows, gates / gru::GATES]]
            }
            Self::Gru { .. } => tvec![input(1)?],
            Self::Transformer => tvec![first, input(2)?],
            Self::Encoder | Self::Norm => tvec![first],
            Self::Experts { .. } => tvec![tvec![rows, heads::PITCHES.to_dim()]],
            Self::Heads { sizes } => sizes.iter().map(|&size| tvec![rows.clone(), size.to_dim()]).collect(),
        })
    }

    /// The layer with its weights.
    fn layer(&self, mut constants: Constants) -> TractResult<Arc<dyn Step>> {
        let layer: Arc<dyn Step> = match self {
            Self::Linear { by_channel } => Arc::new(PitchLinear::read(&mut constants, true, *by_channel)?),
            Self::Gru { by_channel } => Arc::new(Gru::read(&mut constants, *by_channel)?),
            Self::GruSequence { by_channel, backward } => {
                Arc::new(GruSequence::read(&mut constants, *by_channel, *backward)?)
            }
            Self::Transformer => Arc::new(Layer::read(&mut constants)?),
            Self::Encoder => Arc::new(TwoWayLayer::read(&mut constants)?),
            Self::Norm => Arc::new(Norm::read(&mut constants)?),
            Self::Experts { last } => Arc::new(Experts { last: *last }),
            Self::Heads { sizes } => Arc::new(Heads::read(&mut constants, sizes.to_vec())?),
        };
        ensure!(constants.0.next().is_none(), "there are more weights than {} takes", self.name());
        Ok(layer)
    }
}

impl Expansion for Declaration {
    fn name(&self) -> StaticName {
        match self {
            Self::Linear { .. } => "PitchLinear",
            Self::Gru { .. } => "PitchGru",
            Self::GruSequence { .. } => "PitchGruSequence",
            Self::Transformer => "PitchTransformer",
            Self::Encoder => "PitchEncoder",
            Self::Norm => "PitchNorm",
            Self::Experts { .. } => "PitchExperts",
            Self::Heads { .. } => "PitchHeads",
        }
        .into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(match self {
            Self::Transformer => 2,
            Self::Heads { sizes } => sizes.len(),
            _ => 1,
        })
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_output_arity(outputs, self.nboutputs()?)?;
        for output in outputs {
            solver.equals(&output.datum_type, f32::datum_type())?;
        }
        solver.given_all(inputs.iter().map(|input| &input.shape), move |solver, shapes| {
            for (output, shape) in outputs.iter().zip(self.outputs(&shapes)?) {
                solver.equals(&output.shape, shape)?;
            }
            Ok(())
        })
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        ensure!(inputs.len() >= self.changing(), "{} has too few inputs", self.name());
        let (changing, weights) = inputs.split_at(self.changing());
        let constants = weights.iter().map(|&outlet| constant(model, outlet)).collect::<TractResult<Vec<_>>>()?;
        let step = self.layer(Constants(constants.into_iter()))?;
        let shapes = (inputs.iter())
            .map(|&outlet| Ok(model.outlet_fact(outlet)?.shape.to_tvec()))
            .collect::<TractResult<Vec<_>>>()?;
        let outputs = self.outputs(&shapes)?.into_iter().map(|shape| f32::fact(&shape)).collect();
        model.wire_node(prefix, Operator { name: self.name(), step, outputs }, changing)
    }
}

/// The value of an outlet that depends on constants alone.
fn constant(model: &TypedModel, outlet: OutletId) -> TractResult<TValue> {
    if let Some(value) = &model.outlet_fact(outlet)?.konst {
        return Ok(value.clone().into_tvalue());
    }
    let node = model.node(outlet.node);
    ensure!(!node.inputs.is_empty(), "`{}` changes, and weights must not", node.name);
    let inputs = node.inputs.iter().map(|&input| constant(model, input)).collect::<TractResult<TVec<_>>>()?;
    let values = node.op.eval_out_of_plan(inputs)?.with_context(|| format!("`{}` is no constant", node.name))?;
    values.into_iter().nth(outlet.slot).context("an outlet is missing")
}

/// The weights of an operator, one after another.
struct Constants(std::vec::IntoIter<TValue>);

/// A matrix as a file has it.
struct Rows {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Rows {
    fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.columns..][..self.columns]
    }
}

impl Constants {
    fn next(&mut self) -> TractResult<TValue> {
        self.0.next().context("weights are missing")
    }

    fn matrix(&mut self) -> TractResult<Rows> {
        let tensor = self.next()?;
        let &[rows, columns] = tensor.shape() else { bail!("weights of shape {:?}", tensor.shape()) };
        Ok(Rows { rows, columns, values: floats(&tensor)?.to_vec() })
    }

    fn vector(&mut self, size: usize) -> TractResult<Vec<f32>> {
        let tensor = self.next()?;
        ensure!(tensor.shape() == [size], "weights of shape {:?}, and {size} are needed", tensor.shape());
        Ok(floats(&tensor)?.to_vec())
    }

    /// Places among `size` values.
    fn places(&mut self, size: usize) -> TractResult<Vec<usize>> {
        let tensor = self.next()?.cast_to::<i64>()?.into_owned();
        let places = tensor.try_as_plain_ram()?;
        let place = |&place: &i64| usize::try_from(place).ok().filter(|&place| place < size);
        places.as_slice::<i64>()?.iter().map(place).collect::<Option<_>>().context("a place lies outside")
    }
}

fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}

/// A layer that reads one step of one or several sequences, or a sequence at once.
trait Step: Debug + Send + Sync {
    /// Its outputs; every input has the shape that was declared.
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>>;
}

/// A layer as an operator of tract.
#[derive(Clone, Debug)]
struct Operator {
    name: StaticName,
    step: Arc<dyn Step>,
    outputs: TVec<TypedFact>,
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.step, &other.step)
    }
}

impl Eq for Operator {}

impl Op for Operator {
    fn name(&self) -> StaticName {
        self.name.clone()
    }

    op_as_typed_op!();
}

impl EvalOp for Operator {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.step.step(inputs)
    }
}

impl TypedOp for Operator {
    as_op!();

    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(self.outputs.clone())
    }
}

/// Numbers between −1 and 1 without a pattern.
#[cfg(test)]
fn noise(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
}
