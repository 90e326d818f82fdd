//! Draws egui's triangles in software, so that a snapshot is the same on every machine: no graphics driver, no GPU,
//! and integer coverage.

use std::collections::HashMap;

use egui::epaint::{ImageData, Primitive, Vertex};
use egui::{Color32, ColorImage, Context, FullOutput, Mesh, Pos2, Rect, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// Steps in a pixel: positions are rounded to these, so that neighbouring triangles share their edge exactly.
const SUBPIXELS: f32 = 256.0;

/// A renderer for the test harness.
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, ColorImage>,
}

impl TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, patches) in delta.set.drain() {
            for patch in patches {
                let ImageData::Color(image) = patch.image;
                match patch.pos {
                    None => {
                        self.textures.insert(id, (*image).clone());
                    }
                    Some([left, top]) => {
                        let texture = self.textures.get_mut(&id).expect("a patch follows its whole texture");
                        for y in 0..image.size[1] {
                            let from = y * image.size[0];
                            let to = (top + y) * texture.size[0] + left;
                            texture.pixels[to..to + image.size[0]]
                                .copy_from_slice(&image.pixels[from..from + image.size[0]]);
                        }
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, context: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = context.pixels_per_point();
        let size = context.content_rect().size() * scale;
        let mut canvas = RgbaImage::from_pixel(size.x.round() as u32, size.y.round() as u32, Rgba([0, 0, 0, 255]));
        for clipped in context.tessellate(output.shapes.clone(), scale) {
            if let Primitive::Mesh(mesh) = clipped.primitive {
                let texture = self.textures.get(&mesh.texture_id).ok_or("a mesh without its texture")?;
                draw(&mut canvas, &mesh, texture, clipped.clip_rect, scale);
            }
        }
        Ok(canvas)
    }
}

fn draw(canvas: &mut RgbaImage, mesh: &Mesh, texture: &ColorImage, clip: Rect, scale: f32) {
    let bound = |value: f32, limit: u32| ((value * scale).round() as i64).clamp(0, i64::from(limit));
    let clip = [
        bound(clip.left(), canvas.width()),
        bound(clip.top(), canvas.height()),
        bound(clip.right(), canvas.width()),
        bound(clip.bottom(), canvas.height()),
    ];
    for corners in mesh.indices.as_chunks::<3>().0 {
        triangle(canvas, corners.map(|index| &mesh.vertices[index as usize]), texture, clip, scale);
    }
}

fn triangle(canvas: &mut RgbaImage, corners: [&Vertex; 3], texture: &ColorImage, clip: [i64; 4], scale: f32) {
    let place = |pos: Pos2| [(pos.x * scale * SUBPIXELS).round() as i64, (pos.y * scale * SUBPIXELS).round() as i64];
    let mut corners = corners;
    let mut points = corners.map(|corner| place(corner.pos));
    let mut area = cross(points[0], points[1], points[2]);
    if area == 0 {
        return;
    }
    if area < 0 {
        corners.swap(1, 2);
        points.swap(1, 2);
        area = -area;
    }
    let unit = SUBPIXELS as i64;
    let range = |axis: usize, low: i64, high: i64| {
        let values = points.map(|point| point[axis]);
        let first = values.iter().min().expect("three values").div_euclid(unit);
        let last = values.iter().max().expect("three values").div_euclid(unit) + 1;
        first.max(low)..last.min(high)
    };
    for y in range(1, clip[1], clip[3]) {
        for x in range(0, clip[0], clip[2]) {
            let at = [x * unit + unit / 2, y * unit + unit / 2];
            let weights = [(1, 2), (2, 0), (0, 1)].map(|(from, to)| {
                let weight = cross(points[from], points[to], at);
                // A pixel on an edge belongs to the triangle below or to the right of it, and to no other.
                (weight, weight > 0 || weight == 0 && owns(points[from], points[to]))
            });
            if weights.iter().all(|&(_, inside)| inside) {
                let shares = weights.map(|(weight, _)| weight as f32 / area as f32);
                let ink = shade(corners, shares, texture);
                let pixel = canvas.get_pixel_mut(x as u32, y as u32);
                let rest = 255 - u32::from(ink.a());
                for (channel, ink) in pixel.0.iter_mut().zip([ink.r(), ink.g(), ink.b()]) {
                    *channel = (u32::from(ink) + (u32::from(*channel) * rest + 127) / 255).min(255) as u8;
                }
            }
        }
    }
}

/// Twice the signed area of a triangle.
fn cross(a: [i64; 2], b: [i64; 2], c: [i64; 2]) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether the edge is a top or a left one.
fn owns(from: [i64; 2], to: [i64; 2]) -> bool {
    to[1] < from[1] || to[1] == from[1] && to[0] > from[0]
}

/// The colour where the corners have these shares: the corners' colours times the texture's, premultiplied.
fn shade(corners: [&Vertex; 3], shares: [f32; 3], texture: &ColorImage) -> Color32 {
    let mix = |value: fn(&Vertex) -> f32| {
        corners.iter().zip(shares).map(|(corner, share)| value(corner) * share).sum::<f32>()
    };
    let texel = sample(texture, mix(|corner| corner.uv.x), mix(|corner| corner.uv.y));
    let tint = [
        mix(|corner| f32::from(corner.color.r())),
        mix(|corner| f32::from(corner.color.g())),
        mix(|corner| f32::from(corner.color.b())),
        mix(|corner| f32::from(corner.color.a())),
    ];
    let [r, g, b, a] = std::array::from_fn(|n| (tint[n] * texel[n] / 255.0).round() as u8);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

/// The texture between its four nearest texels.
fn sample(texture: &ColorImage, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = texture.size;
    let (x, y) = (u * width as f32 - 0.5, v * height as f32 - 0.5);
    let texel = |x: f32, y: f32| {
        let x = (x.max(0.0) as usize).min(width - 1);
        let y = (y.max(0.0) as usize).min(height - 1);
        texture.pixels[y * width + x].to_array().map(f32::from)
    };
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let corners = [texel(left, top), texel(left + 1.0, top), texel(left, top + 1.0), texel(left + 1.0, top + 1.0)];
    std::array::from_fn(|n| {
        let upper = corners[0][n] * (1.0 - across) + corners[1][n] * across;
        let lower = corners[2][n] * (1.0 - across) + corners[3][n] * across;
        upper * (1.0 - down) + lower * down
    })
}
