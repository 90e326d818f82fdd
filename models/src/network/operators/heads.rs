//! The heads: one linear map, whose values are dealt out to the outputs.

use tract_onnx::tract_hir::internal::*;

use super::pitch_linear::PitchLinear;
use super::width::CLASSES;
use super::{Constants, Step, floats};

/// The heads of a network.
#[derive(Debug)]
pub(super) struct Heads {
    map: PitchLinear,
    /// Which value of the map each value of the outputs is.
    order: Vec<usize>,
    sizes: Vec<usize>,
}

impl Heads {
    /// Heads of these `sizes`, whose map and order come next in `constants`.
    pub fn read(constants: &mut Constants, sizes: Vec<usize>) -> TractResult<Self> {
        let map = PitchLinear::read(constants, true, false)?;
        let order = constants.places(map.target().size())?;
        ensure!(sizes.iter().sum::<usize>() == order.len(), "heads of {} values, and not {sizes:?}", order.len());
        Ok(Self { map, order, sizes })
    }
}

impl Step for Heads {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let size = self.map.target().size();
        let values = self.map.apply(floats(&inputs[0])?);
        let mut order = &self.order[..];
        let output = |&count: &usize| {
            let (mine, rest) = order.split_at(count);
            order = rest;
            let rows = values.chunks_exact(size);
            let dealt: Vec<f32> = rows.clone().flat_map(|row| mine.iter().map(|&place| row[place])).collect();
            Ok(Tensor::from_shape(&[rows.len(), count], &dealt)?.into_tvalue())
        };
        self.sizes.iter().map(output).collect()
    }
}

/// Number of pitches.
pub(super) const PITCHES: usize = 60;
/// The largest interval that is told from larger ones.
const WIDEST: usize = 24;
const INTERVALS: usize = 2 * WIDEST + 1;

/// Logits of pitches as a product of three experts (Hinton 2002): on the pitch class, on the interval from the last
/// pitch, if there is one, and on the register.
#[derive(Debug)]
pub(super) struct Experts {
    /// Where in the features the last pitch begins, one of [`PITCHES`].
    pub last: usize,
}

impl Step for Experts {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let &[rows, size] = inputs[1].shape() else { bail!("features of shape {:?}", inputs[1].shape()) };
        ensure!(self.last + PITCHES <= size, "the last pitch lies outside the features");
        ensure!(inputs[0].shape() == [rows, CLASSES + INTERVALS + PITCHES], "experts of shape {:?}", inputs[0].shape());
        let experts = floats(&inputs[0])?.chunks_exact(CLASSES + INTERVALS + PITCHES);
        let mut logits = Vec::with_capacity(rows * PITCHES);
        for (experts, features) in experts.zip(floats(&inputs[1])?.chunks_exact(size)) {
            let (classes, experts) = experts.split_at(CLASSES);
            let (intervals, registers) = experts.split_at(INTERVALS);
            let last = &features[self.last..][..PITCHES];
            let loudest = |most: usize, pitch: usize| if last[pitch] > last[most] { pitch } else { most };
            let (from, told) = ((0..PITCHES).fold(0, loudest), last.iter().sum::<f32>());
            logits.extend(registers.iter().enumerate().map(|(pitch, register)| {
                let interval = (pitch + WIDEST).saturating_sub(from).min(INTERVALS - 1);
                (classes[pitch % CLASSES] + register) + intervals[interval] * told
            }));
        }
        Ok(tvec![Tensor::from_shape(&[rows, PITCHES], &logits)?.into_tvalue()])
    }
}

impl Step for PitchLinear {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let values = self.apply(floats(&inputs[0])?);
        let size = self.target().size();
        Ok(tvec![Tensor::from_shape(&[values.len() / size, size], &values)?.into_tvalue()])
    }
}
