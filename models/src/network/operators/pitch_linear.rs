//! A linear map that commutes with transposition, with each of its weights once: `PitchLinear` of the training.

use std::f64::consts::TAU;

use tract_onnx::tract_hir::internal::*;

use super::Constants;
use super::arithmetic::{ComplexMatrix, Matrix};
use super::fourier::{self, BLOCKS};
use super::width::{CLASSES, Width};

/// The map, in the Fourier basis of the circle of pitch classes: a matrix for each block of the spectra.
#[derive(Clone, Debug)]
pub struct PitchLinear {
    source: Width,
    target: Width,
    /// Whether the classes of a channel lie together in what comes in, as in the features; otherwise, and in what goes
    /// out, the channels of a class do.
    by_channel: bool,
    /// Of frequency 0 and what has no pitch class, and of frequency 6.
    even: [Matrix; 2],
    /// Of the frequencies 1 to 5: a pair of cosine and sine is turned and stretched.
    pairs: [ComplexMatrix; BLOCKS - 2],
}

impl PitchLinear {
    /// The map whose weights come next in `constants`: `[channels out, 12 · channels in + plain in]`, for each interval
    /// up from the class that is heard the channels that are; `[plain out, channels in + plain in]`; and, with
    /// `biased`, the biases of both.
    pub fn read(constants: &mut Constants, biased: bool, by_channel: bool) -> TractResult<Self> {
        let (regular, plain) = (constants.matrix()?, constants.matrix()?);
        let (wide, narrow) = (regular.columns, plain.columns);
        ensure!(wide >= narrow && (wide - narrow) % (CLASSES - 1) == 0, "weights of {wide} and {narrow} columns");
        let channels = (wide - narrow) / (CLASSES - 1);
        ensure!(narrow >= channels, "weights of {wide} and {narrow} columns");
        let source = Width { channels, plain: narrow - channels };
        let target = Width { channels: regular.rows, plain: plain.rows };
        ensure!(source.size() > 0 && target.size() > 0, "weights of {source:?} to {target:?}");
        let biases = if biased {
            [constants.vector(target.channels)?, constants.vector(target.plain)?].concat()
        } else {
            vec![0.0; target.channels + target.plain]
        };
        // The mean over the intervals of the weights from `channel`, times a curve.
        let mean = |out: usize, channel: usize, curve: &[f64; CLASSES]| -> f64 {
            let weights = regular.row(out)[channel..].iter().step_by(channels);
            weights.zip(curve).map(|(&weight, curve)| f64::from(weight) * curve).sum::<f64>() / CLASSES as f64
        };
        let curve = |curve: fn(f64) -> f64, frequency: usize| -> [f64; CLASSES] {
            std::array::from_fn(|turn| curve(TAU * (frequency * turn) as f64 / CLASSES as f64))
        };
        let (one, turning) = (curve(f64::cos, 0), curve(f64::cos, CLASSES / 2));
        let zero = Matrix::new(narrow + 1, target.channels + target.plain, |row, column| {
            match column.checked_sub(target.channels) {
                _ if row == narrow => biases[column].into(),
                Some(out) => plain.row(out)[row].into(),
                None if row < channels => mean(column, row, &one),
                None => regular.row(column)[(CLASSES - 1) * channels + row].into(),
            }
        });
        let six = Matrix::new(channels, target.channels, |row, out| mean(out, row, &turning));
        let pairs = [1, 2, 3, 4, 5].map(|frequency| {
            let curves = [curve(f64::cos, frequency), curve(f64::sin, frequency)];
            ComplexMatrix::new(channels, target.channels, |row, column| {
                curves.each_ref().map(|curve| 2.0 * mean(column, row, curve))
            })
        });
        Ok(Self { source, target, by_channel, even: [zero, six], pairs })
    }

    /// What comes in.
    pub fn source(&self) -> Width {
        self.source
    }

    /// What goes out, of all gates side by side.
    pub fn target(&self) -> Width {
        self.target
    }

    /// A size of each block.
    fn sizes(&self, even: fn(&Matrix) -> usize, pair: fn(&ComplexMatrix) -> usize) -> [usize; BLOCKS] {
        let mut sizes = self.even.iter().map(even).chain(self.pairs.iter().map(pair));
        std::array::from_fn(|_| sizes.next().unwrap_or_default())
    }

    /// The images of the vectors in `x`, one after another: the channels of each class lie together.
    pub fn apply(&self, x: &[f32]) -> Vec<f32> {
        let (source, target) = (self.source, self.target);
        let count = x.len() / source.size();
        let (wide, narrow) =
            (self.sizes(Matrix::rows, ComplexMatrix::rows), self.sizes(Matrix::width, ComplexMatrix::width));
        let mut space = vec![0.0; count * (wide.iter().sum::<usize>() + narrow.iter().sum::<usize>())];
        let mut rest = &mut space[..];
        let mut part = |size: usize| rest.split_off_mut(..count * size).unwrap_or_default();
        let (mut spectra, mut images) = (wide.map(&mut part), narrow.map(&mut part));
        for (index, x) in x.chunks_exact(source.size()).enumerate() {
            let spectrum = each_part(&mut spectra, wide, index);
            // What the biases are multiplied with.
            spectrum[0][source.channels + source.plain] = 1.0;
            fourier::analyse(x, source, self.by_channel, spectrum);
        }
        let ((even, pairs), (image, turned)) = (spectra.split_at(2), images.split_at_mut(2));
        for ((matrix, spectra), images) in self.even.iter().zip(even).zip(image) {
            matrix.multiply(spectra, images);
        }
        for ((matrix, spectra), images) in self.pairs.iter().zip(pairs).zip(turned) {
            matrix.multiply(spectra, images);
        }
        let mut out = vec![0.0; count * target.size()];
        for (index, out) in out.chunks_exact_mut(target.size()).enumerate() {
            let image = each_part(&mut images, narrow, index).map(|block| &*block);
            fourier::synthesise(image, target, out);
        }
        out
    }
}

/// Part `index` of each block, of which each part has a size of its own.
fn each_part<'a>(
    blocks: &'a mut [&mut [f32]; BLOCKS],
    sizes: [usize; BLOCKS],
    index: usize,
) -> [&'a mut [f32]; BLOCKS] {
    let mut sizes = sizes.into_iter();
    blocks.each_mut().map(|block| {
        let size = sizes.next().unwrap_or_default();
        &mut block[index * size..][..size]
    })
}

#[cfg(test)]
mod tests {
    use super::super::noise;
    use super::*;

    const SOURCE: Width = Width { channels: 5, plain: 3 };
    const TARGET: Width = Width { channels: 9, plain: 4 };

    /// Its weights, regular and plain, and biases, as they stand in a file.
    fn weights() -> [Vec<f32>; 4] {
        let (wide, narrow) = (CLASSES * SOURCE.channels + SOURCE.plain, SOURCE.channels + SOURCE.plain);
        let sizes = [TARGET.channels * wide, TARGET.plain * narrow, TARGET.channels, TARGET.plain];
        std::array::from_fn(|index| noise(sizes[index], index))
    }

    fn map(by_channel: bool) -> PitchLinear {
        let [regular, plain, above, below] = weights();
        let matrix = |rows: usize, values: &[f32]| Tensor::from_shape(&[rows, values.len() / rows], values).unwrap();
        let tensors =
            [matrix(TARGET.channels, &regular), matrix(TARGET.plain, &plain), tensor1(&above), tensor1(&below)];
        let values: Vec<TValue> = tensors.map(Tensor::into_tvalue).into();
        PitchLinear::read(&mut Constants(values.into_iter()), true, by_channel).unwrap()
    }

    /// What the map says by its definition.
    fn expected(x: &[f32]) -> Vec<f32> {
        let [regular, plain, above, below] = weights();
        let channels = SOURCE.channels;
        let (wide, narrow) = (regular.len() / TARGET.channels, plain.len() / TARGET.plain);
        let rest = &x[CLASSES * channels..];
        let mut out = Vec::new();
        for class in 0..CLASSES {
            for (weights, bias) in regular.chunks(wide).zip(&above) {
                let heard = (0..CLASSES).flat_map(|turn| {
                    (0..channels).map(move |channel| x[(class + CLASSES - turn) % CLASSES * channels + channel])
                });
                out.push(
                    bias + heard.chain(rest.iter().copied()).zip(weights).map(|(x, weight)| x * weight).sum::<f32>(),
                );
            }
        }
        for (weights, bias) in plain.chunks(narrow).zip(&below) {
            let sum = |channel: usize| (0..CLASSES).map(|class| x[class * channels + channel]).sum();
            let heard = (0..channels).map(sum).chain(rest.iter().copied());
            out.push(bias + heard.zip(weights).map(|(x, weight): (f32, _)| x * weight).sum::<f32>());
        }
        out
    }

    #[test]
    fn the_map_is_circulant_between_channels_and_even_between_them_and_plain_values() {
        let x = noise(SOURCE.size(), 9);
        let difference = |ours: &f32, theirs: f32| (ours - theirs).abs();
        let image = map(false).apply(&x);
        assert_eq!(image.len(), TARGET.size());
        assert!(image.iter().zip(expected(&x)).all(|(ours, theirs)| difference(ours, theirs) < 2e-5));
    }

    #[test]
    fn features_are_read_channel_by_channel() {
        let x = noise(SOURCE.size(), 9);
        let mut features = x.clone();
        for class in 0..CLASSES {
            for channel in 0..SOURCE.channels {
                features[channel * CLASSES + class] = x[class * SOURCE.channels + channel];
            }
        }
        assert_eq!(map(true).apply(&features), map(false).apply(&x));
    }

    #[test]
    fn vectors_that_are_mapped_together_are_mapped_as_if_each_was_alone() {
        let x = noise(7 * SOURCE.size(), 4);
        let map = map(false);
        let alone: Vec<f32> = x.chunks(SOURCE.size()).flat_map(|x| map.apply(x)).collect();
        assert_eq!(map.apply(&x), alone);
    }

    #[test]
    fn weights_that_fit_no_vector_are_refused() {
        let matrix = |rows: usize, columns: usize| Tensor::zero::<f32>(&[rows, columns]).unwrap().into_tvalue();
        for weights in
            [vec![], vec![matrix(2, 30)], vec![matrix(2, 30), matrix(2, 9)], vec![matrix(2, 3), matrix(2, 30)]]
        {
            assert!(PitchLinear::read(&mut Constants(weights.into_iter()), false, false).is_err());
        }
    }
}
