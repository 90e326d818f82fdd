//! A layer of gated recurrent units (Cho et al. 2014).

use multiversion::multiversion;
use tract_onnx::tract_hir::internal::*;

use super::arithmetic::{sigmoid, tanh};
use super::pitch_linear::PitchLinear;
use super::width::CLASSES;
use super::width::Width;
use super::{Constants, Step, floats};

/// Reset, update, new.
const GATES: usize = 3;

/// A layer: it reads a row and its state, and gives the state after it.
#[derive(Debug)]
pub(super) struct Gru {
    inputs: PitchLinear,
    recurrent: PitchLinear,
}

impl Gru {
    /// The layer whose maps, of the row and of the state, come next in `constants`.
    pub fn read(constants: &mut Constants, by_channel: bool) -> TractResult<Self> {
        let inputs = PitchLinear::read(constants, true, by_channel)?;
        let recurrent = PitchLinear::read(constants, true, false)?;
        let Width { channels, plain } = recurrent.source();
        let gates = Width { channels: GATES * channels, plain: GATES * plain };
        ensure!(recurrent.target() == gates && inputs.target() == gates, "gates that do not fit their state");
        Ok(Self { inputs, recurrent })
    }
}

impl Step for Gru {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let state = floats(&inputs[1])?;
        let heard = self.inputs.apply(floats(&inputs[0])?);
        let kept = self.recurrent.apply(state);
        let width = self.recurrent.source();
        let mut after = vec![0.0; state.len()];
        let size = width.size();
        for (index, after) in after.chunks_exact_mut(size).enumerate() {
            let gates = index * GATES * size..(index + 1) * GATES * size;
            advance(&heard[gates.clone()], &kept[gates], &state[index * size..][..size], width, after);
        }
        Ok(tvec![Tensor::from_shape(inputs[1].shape(), &after)?.into_tvalue()])
    }
}

/// The state after a step, from what its gates are told by the row that was heard and by the state that was kept.
#[multiversion(targets("x86_64+avx2"))]
fn advance(heard: &[f32], kept: &[f32], before: &[f32], width: Width, after: &mut [f32]) {
    let parts = (0..CLASSES).map(|class| (class * width.channels, width.channels));
    for (first, size) in parts.chain([(CLASSES * width.channels, width.plain)]) {
        let (heard, kept) = (&heard[GATES * first..][..GATES * size], &kept[GATES * first..][..GATES * size]);
        let ((heard_reset, heard), (kept_reset, kept)) = (heard.split_at(size), kept.split_at(size));
        let ((heard_update, heard_new), (kept_update, kept_new)) = (heard.split_at(size), kept.split_at(size));
        let (before, after) = (&before[first..][..size], &mut after[first..][..size]);
        for unit in 0..size {
            let reset = sigmoid(heard_reset[unit] + kept_reset[unit]);
            let update = sigmoid(heard_update[unit] + kept_update[unit]);
            let new = tanh(heard_new[unit] + reset * kept_new[unit]);
            after[unit] = new + update * (before[unit] - new);
        }
    }
}
