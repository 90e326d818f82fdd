//! Layers of Transformers (Vaswani et al. 2017): attention over the last steps, or over a whole sequence in both
//! directions, then a feed-forward net.

use multiversion::multiversion;
use tract_onnx::tract_hir::internal::*;

use super::arithmetic::{LANES, dot, exp, largest, total};
use super::norm::Norm;
use super::pitch_linear::PitchLinear;
use super::width::CLASSES;
use super::width::Width;
use super::{Constants, Step, floats};

/// What both kinds of layers are made of.
#[derive(Debug)]
struct Parts {
    before_attention: Norm,
    query_key_value: PitchLinear,
    /// What is added to a score, by head and by how far off the key lies, `[heads, context]`.
    biases: Vec<f32>,
    heads: usize,
    context: usize,
    mixed: PitchLinear,
    before_inner: Norm,
    widened: PitchLinear,
    narrowed: PitchLinear,
    /// Where in a row the values of the heads lie, one head after another.
    order: Vec<usize>,
}

impl Parts {
    /// The parts whose weights come next in `constants`.
    fn read(constants: &mut Constants) -> TractResult<Self> {
        let before_attention = Norm::read(constants)?;
        let query_key_value = PitchLinear::read(constants, false, false)?;
        let biases = constants.matrix()?;
        let (heads, context) = (biases.rows, biases.columns);
        let mixed = PitchLinear::read(constants, true, false)?;
        let before_inner = Norm::read(constants)?;
        let widened = PitchLinear::read(constants, true, false)?;
        let narrowed = PitchLinear::read(constants, true, false)?;
        let width = query_key_value.source();
        let three = Width { channels: 3 * width.channels, plain: 3 * width.plain };
        ensure!(
            query_key_value.target() == three
                && [mixed.source(), mixed.target(), widened.source(), narrowed.target()] == [width; 4]
                && narrowed.source() == widened.target()
                && [before_attention.size(), before_inner.size()] == [width.size(); 2],
            "maps of a layer that do not fit each other"
        );
        ensure!(
            heads > 0 && context > 0 && width.channels.is_multiple_of(heads) && width.plain.is_multiple_of(heads),
            "{heads} heads that do not share {width:?}"
        );
        let order = head_order(width, heads);
        Ok(Self {
            before_attention,
            query_key_value,
            biases: biases.values,
            heads,
            context,
            mixed,
            before_inner,
            widened,
            narrowed,
            order,
        })
    }

    /// The biases of a head.
    fn biases(&self, head: usize) -> &[f32] {
        &self.biases[head * self.context..][..self.context]
    }

    /// The queries, keys or values in what one row was projected to, one head after another.
    fn by_head(&self, projected: &[f32], part: usize) -> Vec<f32> {
        let Width { channels, plain } = self.query_key_value.source();
        let place = |&place: &usize| match place.checked_sub(CLASSES * channels) {
            None => (3 * (place / channels) + part) * channels + place % channels,
            Some(rest) => 3 * CLASSES * channels + part * plain + rest,
        };
        self.order.iter().map(|own| projected[place(own)]).collect()
    }

    /// The rows after the layer, from what the heads read for each of `rows`.
    fn after(&self, rows: &[f32], read: &[f32]) -> Vec<f32> {
        let size = self.size();
        let mut mixed = vec![0.0; rows.len()];
        for (mixed, read) in mixed.chunks_exact_mut(size).zip(read.chunks_exact(size)) {
            self.order.iter().zip(read).for_each(|(&place, &value)| mixed[place] = value);
        }
        let attended = sum(rows, &self.mixed.apply(&mixed));
        let mut inner = self.widened.apply(&self.before_inner.apply_all(&attended));
        inner.iter_mut().for_each(|value| *value = value.max(0.0));
        sum(&attended, &self.narrowed.apply(&inner))
    }

    /// Number of values in a row.
    fn size(&self) -> usize {
        self.order.len()
    }
}

/// A layer that goes from step to step: it reads a row, the number of steps so far and the ring of their keys and
/// values, and gives the row after it and the ring with one step more.
#[derive(Debug)]
pub(super) struct Layer(Parts);

impl Layer {
    /// The layer whose weights come next in `constants`.
    pub fn read(constants: &mut Constants) -> TractResult<Self> {
        Ok(Self(Parts::read(constants)?))
    }
}

/// Where in a vector of `width` the values of the heads lie: each has a share of the channels, with all classes, and of
/// the plain values.
fn head_order(width: Width, heads: usize) -> Vec<usize> {
    let (channels, plain) = (width.channels / heads, width.plain / heads);
    let of_head = |head: usize| {
        let classes = (0..CLASSES).flat_map(move |class| {
            (0..channels).map(move |channel| class * width.channels + head * channels + channel)
        });
        classes.chain((0..plain).map(move |place| CLASSES * width.channels + head * plain + place))
    };
    (0..heads).flat_map(of_head).collect()
}

impl Step for Layer {
    fn step(&self, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let parts = &self.0;
        let (size, context) = (parts.size(), parts.context);
        // The ring is written in place unless a snapshot has it too.
        let mut ring = inputs.remove(2).into_tensor();
        let (row, steps) = (floats(&inputs[0])?, floats(&inputs[1])?);
        let mut plain = ring.try_as_plain_ram_mut()?;
        let past = plain.as_slice_mut::<f32>()?;
        let &[steps] = steps else { bail!("{} numbers of steps", steps.len()) };
        ensure!(row.len() == size && past.len() == 2 * context * size, "a row and a past that do not fit the layer");
        ensure!(steps >= 0.0, "{steps} steps");
        let (newest, filled) = ((steps % context as f32) as usize, (steps as usize).saturating_add(1).min(context));

        let projected = parts.query_key_value.apply(&parts.before_attention.apply(row));
        let [query, key, value] = [0, 1, 2].map(|part| parts.by_head(&projected, part));
        let share = size / parts.heads;
        let (keys, values) = past.split_at_mut(context * size);
        let mut read = vec![0.0; size];
        let mut weights = vec![0.0; filled];
        for head in 0..parts.heads {
            let mine = head * share..(head + 1) * share;
            let [keys, values] = [(&mut *keys, &key), (&mut *values, &value)].map(|(past, new)| {
                let past = &mut past[head * context * share..][..context * share];
                past[newest * share..][..share].copy_from_slice(&new[mine.clone()]);
                &*past
            });
            let biases = parts.biases(head);
            for (place, weight) in weights.iter_mut().enumerate() {
                *weight = biases[if place > newest { newest + context - place } else { newest - place }];
            }
            attend(&query[mine.clone()], [keys, values], &mut weights, &mut read[mine]);
        }
        let out = parts.after(row, &read);
        Ok(tvec![Tensor::from_shape(inputs[0].shape(), &out)?.into_tvalue(), ring.into_tvalue()])
    }
}

/// A layer that reads a whole sequence of rows at once, in both directions, and gives the rows after it.
#[derive(Debug)]
pub(super) struct TwoWayLayer {
    parts: Parts,
    /// Steps beyond which all keys are as far off. The biases go from so many steps back to so many ahead.
    reach: usize,
}

impl TwoWayLayer {
    /// The layer whose weights come next in `constants`.
    pub fn read(constants: &mut Constants) -> TractResult<Self> {
        let parts = Parts::read(constants)?;
        ensure!(!parts.context.is_multiple_of(2), "{} biases, and none is in the middle", parts.context);
        Ok(Self { reach: parts.context / 2, parts })
    }
}

impl Step for TwoWayLayer {
    fn step(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (parts, reach) = (&self.parts, self.reach);
        let (rows, size) = (floats(&inputs[0])?, parts.size());
        ensure!(rows.len().is_multiple_of(size), "rows that do not fit the layer");
        let steps = rows.len() / size;
        let share = size / parts.heads;
        let projected = parts.query_key_value.apply(&parts.before_attention.apply_all(rows));
        // One head after another, and in each one step after another.
        let [queries, keys, values] = [0, 1, 2].map(|part| {
            let mut all = vec![0.0; rows.len()];
            for (step, projected) in projected.chunks_exact(3 * size).enumerate() {
                for (head, mine) in parts.by_head(projected, part).chunks_exact(share).enumerate() {
                    all[(head * steps + step) * share..][..share].copy_from_slice(mine);
                }
            }
            all
        });
        let mut read = vec![0.0; rows.len()];
        let mut weights = vec![0.0; steps];
        for head in 0..parts.heads {
            let biases = parts.biases(head);
            let [queries, keys, values] =
                [&queries, &keys, &values].map(|all| &all[head * steps * share..][..steps * share]);
            for (step, query) in queries.chunks_exact(share).enumerate() {
                for (place, weight) in weights.iter_mut().enumerate() {
                    *weight = biases[(reach + place).saturating_sub(step).min(2 * reach)];
                }
                attend(query, [keys, values], &mut weights, &mut read[step * size + head * share..][..share]);
            }
        }
        Ok(tvec![Tensor::from_shape(inputs[0].shape(), &parts.after(rows, &read))?.into_tvalue()])
    }
}

fn sum(ours: &[f32], theirs: &[f32]) -> Vec<f32> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours + theirs).collect()
}

/// What a head with `query` reads of `[context, share]` keys and values; as many places count as there are `weights`,
/// which hold what is added to the score of each.
#[multiversion(targets("x86_64+avx2"))]
fn attend(query: &[f32], [keys, values]: [&[f32]; 2], weights: &mut [f32], read: &mut [f32]) {
    let share = query.len();
    let scale = (share as f32).sqrt().recip();
    for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(share)) {
        *weight += dot(query, key) * scale;
    }
    let most = largest(weights);
    for weight in weights.iter_mut() {
        *weight = exp(*weight - most);
    }
    let all = total(weights);
    for first in (0..share).step_by(LANES) {
        let here = LANES.min(share - first);
        let mut sums = [0.0f32; LANES];
        for (weight, values) in weights.iter().zip(values.chunks_exact(share)) {
            match values[first..].first_chunk::<LANES>() {
                Some(values) => {
                    for lane in 0..LANES {
                        sums[lane] += weight * values[lane];
                    }
                }
                None => {
                    for (sum, value) in sums.iter_mut().zip(&values[first..]) {
                        *sum += weight * value;
                    }
                }
            }
        }
        for (read, sum) in read[first..].iter_mut().zip(&sums[..here]) {
            *read = sum / all;
        }
    }
}
