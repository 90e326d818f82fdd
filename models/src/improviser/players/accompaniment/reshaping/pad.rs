//! The morph pad: four corners, and a place between them.

use crate::controls::Controls;

/// The corners of the pad: below left and right, above left and right.
pub const CORNERS: usize = 4;
/// The bar that the source gives.
pub const SOURCE: usize = 0;

/// A place on the pad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pad {
    /// From left (0) to right (1).
    pub x: f32,
    /// From below (0) to above (1).
    pub y: f32,
}

impl Pad {
    /// Where `controls` put it.
    pub fn of(controls: &Controls) -> Self {
        Self { x: controls.morph_x.clamp(0.0, 1.0), y: controls.morph_y.clamp(0.0, 1.0) }
    }

    /// Whether it is the corner of the source's own bar.
    pub fn is_home(self) -> bool {
        self == Self::default()
    }

    /// How near each corner is; together they are 1.
    pub fn weights(self) -> [f32; CORNERS] {
        let Self { x, y } = self;
        [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]
    }

    /// The corner that is nearest; of several, the first.
    pub fn nearest(self) -> usize {
        usize::from(self.x > 0.5) + 2 * usize::from(self.y > 0.5)
    }

    /// The corner that it is, if it is one.
    pub fn corner(self) -> Option<usize> {
        let is_end = |share: f32| share == 0.0 || share == 1.0;
        (is_end(self.x) && is_end(self.y)).then(|| self.nearest())
    }
}
