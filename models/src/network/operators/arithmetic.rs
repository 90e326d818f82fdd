//! Sums and curves in plain arithmetic, in one order of summation and without fused steps: the bits of a result do not
//! depend on the processor, on its vector instructions, nor on how many rows are computed at once.
//!
//! Loops are written out: the closures of iterators would be compiled without the caller's vector instructions.

use multiversion::multiversion;

/// Columns that are summed side by side: two vectors of AVX2, four of SSE or NEON.
pub const LANES: usize = 16;

/// A matrix that rows are multiplied with, packed in panels of [`LANES`] columns, the last one filled up with zeros.
#[derive(Clone, Debug)]
pub struct Matrix {
    rows: usize,
    width: usize,
    panels: Vec<[f32; LANES]>,
}

impl Matrix {
    /// A matrix of `rows` by `columns`, with `value(row, column)`.
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let panel = |first: usize, row: usize| {
            std::array::from_fn(|lane| if first + lane < columns { value(row, first + lane) as f32 } else { 0.0 })
        };
        let width = columns.next_multiple_of(LANES);
        let places = (0..width).step_by(LANES).flat_map(|first| (0..rows).map(move |row| (first, row)));
        // As large as it will be: it stays as long as the process.
        let mut panels = Vec::with_capacity(rows * width / LANES);
        panels.extend(places.map(|(first, row)| panel(first, row)));
        Self { rows, width, panels }
    }

    /// Values in a row that is multiplied.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Values in a row that comes out: the columns, filled up to whole panels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Each of the rows in `x`, multiplied with the matrix, into the row of [`Matrix::width`] values in `out`.
    pub fn multiply(&self, x: &[f32], out: &mut [f32]) {
        multiply(self, 0, x, out, self.width);
    }
}

/// A matrix of complex numbers, each part of each number once. In a row of such numbers all real parts come first.
#[derive(Clone, Debug)]
pub struct ComplexMatrix {
    /// The real parts, and below them the imaginary ones.
    parts: Matrix,
    columns: usize,
}

impl ComplexMatrix {
    /// A matrix of `rows` by `columns` complex numbers, with the real and the imaginary part `value(row, column)`.
    pub fn new(rows: usize, columns: usize, value: impl Fn(usize, usize) -> [f64; 2]) -> Self {
        Self { parts: Matrix::new(2 * rows, columns, |row, column| value(row % rows, column)[row / rows]), columns }
    }

    /// Values in a row that is multiplied.
    pub fn rows(&self) -> usize {
        self.parts.rows
    }

    /// Values in a row that comes out: both parts of the columns, filled up.
    pub fn width(&self) -> usize {
        self.columns + self.parts.width
    }

    /// Each of the rows in `x`, multiplied with the matrix, into the row of [`ComplexMatrix::width`] values in `out`.
    pub fn multiply(&self, x: &[f32], out: &mut [f32]) {
        let (rows, width) = (self.parts.rows, self.width());
        let mut conjugate = x.to_vec();
        for row in conjugate.chunks_exact_mut(rows.max(1)) {
            row[rows / 2..].iter_mut().for_each(|value| *value = -*value);
        }
        multiply(&self.parts, 0, &conjugate, out, width);
        // The imaginary parts lie where the real ones were filled up.
        if let Some(out) = out.get_mut(self.columns..) {
            multiply(&self.parts, rows / 2, x, out, width);
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn multiply(matrix: &Matrix, turn: usize, x: &[f32], out: &mut [f32], stride: usize) {
    multiply_here(matrix, turn, x, out, stride);
}

/// Each of the rows in `x`, multiplied with the matrix that begins with its row `turn` and ends with those before, into
/// rows of `out` that lie `stride` values apart. With the instructions of its caller.
#[inline(always)]
fn multiply_here(matrix: &Matrix, turn: usize, x: &[f32], out: &mut [f32], stride: usize) {
    let rows = matrix.rows;
    if rows == 0 {
        return;
    }
    // Most features are zeros: row by row those are passed over. Adding nothing changes no bit.
    let is_sparse = 2 * x.iter().filter(|value| **value == 0.0).count() > x.len();
    let count = x.len() / rows;
    let together = if is_sparse { 0 } else { count / 4 * 4 };
    for row in (0..together).step_by(4) {
        for (index, panel) in matrix.panels.chunks_exact(rows).enumerate() {
            tile::<4, 1>(&x[row * rows..], panel, turn, &mut out[row * stride + index * LANES..], stride);
        }
    }
    for row in together..count {
        let x = &x[row * rows..];
        let four = matrix.panels.chunks_exact(4 * rows);
        let (done, left) = (four.len() * 4, four.remainder());
        for (index, panels) in four.enumerate() {
            tile::<1, 4>(x, panels, turn, &mut out[row * stride + 4 * index * LANES..], stride);
        }
        for (index, panel) in left.chunks_exact(rows).enumerate() {
            tile::<1, 1>(x, panel, turn, &mut out[row * stride + (done + index) * LANES..], stride);
        }
    }
}

/// `R` rows times `P` panels that begin with their row `turn`: as many sums as the registers hold.
#[inline(always)]
fn tile<const R: usize, const P: usize>(
    x: &[f32],
    panels: &[[f32; LANES]],
    turn: usize,
    out: &mut [f32],
    stride: usize,
) {
    let rows = panels.len() / P;
    let x: [&[f32]; R] = std::array::from_fn(|row| &x[row * rows..][..rows]);
    let panels: [&[[f32; LANES]]; P] = std::array::from_fn(|panel| &panels[panel * rows..][..rows]);
    let mut sums = [[[0.0f32; LANES]; P]; R];
    add(x.map(|x| &x[..rows - turn]), panels.map(|panel| &panel[turn..]), &mut sums);
    add(x.map(|x| &x[rows - turn..]), panels.map(|panel| &panel[..turn]), &mut sums);
    for (row, sums) in sums.iter().enumerate() {
        out[row * stride..][..P * LANES].copy_from_slice(sums.as_flattened());
    }
}

/// Adds the products of rows and panels to `sums`.
#[inline(always)]
fn add<const R: usize, const P: usize>(
    x: [&[f32]; R],
    panels: [&[[f32; LANES]]; P],
    sums: &mut [[[f32; LANES]; P]; R],
) {
    for index in 0..x[0].len() {
        if R == 1 && x[0][index] == 0.0 {
            continue;
        }
        for row in 0..R {
            let value = x[row][index];
            for panel in 0..P {
                for lane in 0..LANES {
                    sums[row][panel][lane] += value * panels[panel][index][lane];
                }
            }
        }
    }
}

/// The sum of `values`.
#[inline(always)]
pub fn total(values: &[f32]) -> f32 {
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    let mut sums = [0.0f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    folded(sums) + rest
}

/// The largest of `values`.
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    let chunks = values.chunks_exact(LANES);
    let larger = |ours: f32, theirs: f32| if theirs > ours { theirs } else { ours };
    let mut most = [f32::NEG_INFINITY; LANES];
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, larger);
    for chunk in chunks {
        for lane in 0..LANES {
            most[lane] = larger(most[lane], chunk[lane]);
        }
    }
    most.into_iter().fold(rest, larger)
}

/// Sums of products of `ours` and `theirs`, of the same length.
#[inline(always)]
pub fn dot(ours: &[f32], theirs: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (ours, theirs) = (ours.chunks_exact(LANES), theirs.chunks_exact(LANES));
    let rest: f32 = ours.remainder().iter().zip(theirs.remainder()).map(|(ours, theirs)| ours * theirs).sum();
    for (ours, theirs) in ours.zip(theirs) {
        for lane in 0..LANES {
            sums[lane] += ours[lane] * theirs[lane];
        }
    }
    folded(sums) + rest
}

/// The sum of all lanes, halves first.
#[inline(always)]
fn folded(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The hyperbolic tangent as a rational function (that of Eigen), to a few units in the last place.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    const NUMERATOR: [f32; 7] =
        [-2.760_768_5e-16, 2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619_3e-4, 4.893_524_6e-3];
    const DENOMINATOR: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];
    let x = x.clamp(-9.0, 9.0);
    let square = x * x;
    x * polynomial(NUMERATOR, square) / polynomial(DENOMINATOR, square)
}

/// The polynomial of `coefficients`, that of the highest power first, at `x`.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    let mut sum = 0.0;
    for coefficient in coefficients {
        sum = sum * x + coefficient;
    }
    sum
}

/// The logistic function.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

/// The exponential function of what is not above zero (that of Cephes), to a few units in the last place.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, in the last bits.
    const WHOLE: f32 = 12_582_912.0;
    const COEFFICIENTS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let whole = shifted - WHOLE;
    // The logarithm of 2 in two parts, of which the first is exact.
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    (polynomial(COEFFICIENTS, rest) * rest * rest + rest + 1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_those_of_the_library_to_a_few_units_in_the_last_place() {
        for step in -4000..=4000 {
            let x = step as f32 * 0.01;
            assert!((tanh(x) - x.tanh()).abs() < 4e-7, "tanh({x}) = {}", tanh(x));
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 4e-7, "sigmoid({x}) = {}", sigmoid(x));
            let below = -x.abs();
            assert!((exp(below) / below.exp() - 1.0).abs() < 4e-7, "exp({below}) = {}", exp(below));
        }
        assert!(exp(-1e9) < 1e-37);
    }

    const ROWS: usize = 37;
    const COLUMNS: usize = 85;

    fn weight(row: usize, column: usize) -> f64 {
        ((row * 31 + column * 17) % 23) as f64 - 11.0
    }

    fn matrix_and_rows() -> (Matrix, Vec<f32>) {
        let x = (0..11 * ROWS).map(|index| ((index * 7) % 10) as f32 / 7.0).collect();
        (Matrix::new(ROWS, COLUMNS, weight), x)
    }

    #[test]
    fn the_bits_are_the_same_with_any_instructions() {
        let (matrix, x) = matrix_and_rows();
        let mut out = [vec![0.0; 11 * matrix.width()], vec![0.0; 11 * matrix.width()]];
        matrix.multiply(&x, &mut out[0]);
        multiply_here(&matrix, 0, &x, &mut out[1], matrix.width());
        assert_eq!(out[0], out[1]);
    }

    #[test]
    fn complex_numbers_are_multiplied_as_such_to_the_bits_of_a_plain_matrix() {
        let part = |row: usize, column: usize| [weight(row, column), weight(column, row + 5)];
        let complex = ComplexMatrix::new(ROWS, COLUMNS, part);
        let plain = Matrix::new(2 * ROWS, 2 * COLUMNS, |row, column| {
            let [real, imaginary] = part(row % ROWS, column % COLUMNS);
            match (row < ROWS, column < COLUMNS) {
                (true, true) | (false, false) => real,
                (true, false) => imaginary,
                (false, true) => -imaginary,
            }
        });
        let (_, x) = matrix_and_rows();
        let x = &x[..10 * ROWS];
        let mut out = [vec![0.0; 5 * complex.width()], vec![0.0; 5 * plain.width()]];
        complex.multiply(x, &mut out[0]);
        plain.multiply(x, &mut out[1]);
        for (ours, theirs) in out[0].chunks(complex.width()).zip(out[1].chunks(plain.width())) {
            assert_eq!(ours[..2 * COLUMNS], theirs[..2 * COLUMNS]);
        }
    }

    #[test]
    fn rows_are_multiplied_as_if_each_was_alone() {
        let (matrix, x) = matrix_and_rows();
        let mut together = vec![0.0; 11 * matrix.width()];
        matrix.multiply(&x, &mut together);
        for (x, together) in x.chunks(ROWS).zip(together.chunks(matrix.width())) {
            let mut alone = vec![0.0; matrix.width()];
            matrix.multiply(x, &mut alone);
            assert_eq!(together, alone);
            for (column, &value) in alone.iter().enumerate().take(COLUMNS) {
                let expected: f64 = (0..ROWS).map(|row| f64::from(x[row]) * weight(row, column)).sum();
                assert!((f64::from(value) - expected).abs() < 1e-4);
            }
        }
    }
}
