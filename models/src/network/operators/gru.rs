//! Layers of gated recurrent units (Cho et al. 2014): of one step, and of a whole sequence in either direction.

use multiversion::multiversion;
use tract_onnx::tract_hir::internal::*;

use super::arithmetic::{sigmoid, tanh};
use super::pitch_linear::PitchLinear;
use super::width::CLASSES;
use super::width::Width;
use super::{Constants, Step, floats};

/// Reset, update, new.
pub(super) const GATES: usize = 3;

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

impl Gru {
    /// The states after `states`, one of each sequence, from what the rows in `heard` tell the gates.
    fn after(&self, heard: &[f32], states: &[f32]) -> Vec<f32> {
        let kept = self.recurrent.apply(states);
        let width = self.recurrent.source();
        let size = width.size();
        let mut after = vec![0.0; states.len()];
        let gates = heard.chunks_exact(GATES * size).zip(kept.chunks_exact(GATES * size));
        let states = states.chunks_exact(size).zip(after.chunks_exact_mut(size));
        for ((heard, kept), (before, after)) in gates.zip(states) {
            advance(heard, kept, before, width, after);
        }
        after
    }
}

impl Step for Gru {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let heard = self.inputs.apply(floats(&inputs[0])?);
        let after = self.after(&heard, floats(&inputs[1])?);
        Ok(tvec![Tensor::from_shape(inputs[1].shape(), &after)?.into_tvalue()])
    }
}

/// A layer that reads a whole sequence, from its first row or from its last: the state after each row.
#[derive(Debug)]
pub(super) struct GruSequence {
    layer: Gru,
    backward: bool,
}

impl GruSequence {
    /// The layer whose maps come next in `constants`.
    pub fn read(constants: &mut Constants, by_channel: bool, backward: bool) -> TractResult<Self> {
        Ok(Self { layer: Gru::read(constants, by_channel)?, backward })
    }
}

impl Step for GruSequence {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let heard = self.layer.inputs.apply(floats(&inputs[0])?);
        let size = self.layer.recurrent.source().size();
        let count = heard.len() / (GATES * size);
        let mut out = vec![0.0; count * size];
        let mut state = vec![0.0; size];
        for step in 0..count {
            let row = if self.backward { count - 1 - step } else { step };
            state = self.layer.after(&heard[row * GATES * size..][..GATES * size], &state);
            out[row * size..][..size].copy_from_slice(&state);
        }
        Ok(tvec![Tensor::from_shape(&[count, size], &out)?.into_tvalue()])
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

#[cfg(test)]
mod tests {
    use super::super::noise;
    use super::*;

    const SOURCE: Width = Width { channels: 2, plain: 3 };
    const STATE: Width = Width { channels: 3, plain: 2 };

    fn map(source: Width, seed: usize) -> Vec<TValue> {
        let (channels, plain) = (GATES * STATE.channels, GATES * STATE.plain);
        let matrix = |rows: usize, columns: usize, seed: usize| {
            Tensor::from_shape(&[rows, columns], &noise(rows * columns, seed)).unwrap()
        };
        let regular = matrix(channels, CLASSES * source.channels + source.plain, seed);
        let tensors =
            [regular, matrix(plain, source.channels + source.plain, seed + 1), tensor1(&noise(channels, seed + 2))];
        tensors.into_iter().chain([tensor1(&noise(plain, seed + 3))]).map(Tensor::into_tvalue).collect()
    }

    fn constants() -> Constants {
        Constants([map(SOURCE, 1), map(STATE, 5)].concat().into_iter())
    }

    fn tensor(shape: &[usize], values: &[f32]) -> TValue {
        Tensor::from_shape(shape, values).unwrap().into_tvalue()
    }

    /// The states after each of `rows`, in their order.
    fn sequence(rows: &[f32], backward: bool) -> Vec<f32> {
        let layer = GruSequence::read(&mut constants(), false, backward).unwrap();
        let out = layer.step(tvec![tensor(&[rows.len() / SOURCE.size(), SOURCE.size()], rows)]).unwrap();
        floats(&out[0]).unwrap().to_vec()
    }

    fn reversed(rows: &[f32], size: usize) -> Vec<f32> {
        rows.chunks(size).rev().flatten().copied().collect()
    }

    #[test]
    fn a_sequence_is_read_as_step_by_step_to_the_bit() {
        let rows = noise(9 * SOURCE.size(), 9);
        let step = Gru::read(&mut constants(), false).unwrap();
        let mut state = tensor(&[1, 1, STATE.size()], &vec![0.0; STATE.size()]);
        let mut expected = Vec::new();
        for row in rows.chunks(SOURCE.size()) {
            state = step.step(tvec![tensor(&[1, SOURCE.size()], row), state]).unwrap().remove(0);
            expected.extend_from_slice(floats(&state).unwrap());
        }
        assert_eq!(sequence(&rows, false), expected);
    }

    #[test]
    fn the_way_back_is_the_way_there_of_the_sequence_reversed() {
        let rows = noise(9 * SOURCE.size(), 9);
        let there = sequence(&reversed(&rows, SOURCE.size()), false);
        assert_eq!(sequence(&rows, true), reversed(&there, STATE.size()));
        assert_ne!(sequence(&rows, false), sequence(&rows, true));
    }
}
