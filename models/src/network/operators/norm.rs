//! Root-mean-square normalisation (Zhang and Sennrich 2019).

use multiversion::multiversion;
use tract_onnx::tract_hir::internal::*;

use super::arithmetic::dot;
use super::width::CLASSES;
use super::{Constants, Step, floats};

/// What is added to the mean square.
const LEAST: f32 = 1e-6;

/// A normalisation with a gain for each channel and each plain value.
#[derive(Debug)]
pub(super) struct Norm(Vec<f32>);

impl Norm {
    /// The normalisation whose gains, of the channels and of the plain values, come next in `constants`.
    pub fn read(constants: &mut Constants) -> TractResult<Self> {
        let (channels, plain) = (constants.next()?, constants.next()?);
        ensure!(channels.rank() == 1 && plain.rank() == 1, "gains of shape {:?}", channels.shape());
        Ok(Self([floats(&channels)?.repeat(CLASSES), floats(&plain)?.to_vec()].concat()))
    }

    /// Number of values.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// One row, normalised.
    pub fn apply(&self, row: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; row.len()];
        normalise(row, &self.0, &mut out);
        out
    }

    /// Rows one after another, each normalised.
    pub fn apply_all(&self, rows: &[f32]) -> Vec<f32> {
        rows.chunks_exact(self.size()).flat_map(|row| self.apply(row)).collect()
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn normalise(row: &[f32], gains: &[f32], out: &mut [f32]) {
    let root = (dot(row, row) / row.len() as f32 + LEAST).sqrt();
    for ((out, value), gain) in out.iter_mut().zip(row).zip(gains) {
        *out = value / root * gain;
    }
}

impl Step for Norm {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let rows = floats(&inputs[0])?;
        ensure!(rows.len().is_multiple_of(self.size()), "rows that do not fit their gains");
        Ok(tvec![Tensor::from_shape(inputs[0].shape(), &self.apply_all(rows))?.into_tvalue()])
    }
}
