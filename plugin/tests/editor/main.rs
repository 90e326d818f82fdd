//! The panel: what it looks like, how it is handled, and what assistive technology is told.
//!
//! Pictures are compared with those in `tests/snapshots`; `UPDATE_SNAPSHOTS=1` writes them anew.

mod around;
mod charts;
mod controls;
mod gestures;
mod groove;
#[cfg(feature = "guest-player")]
mod guest_player;
mod host;
mod learning;
mod machine;
mod pages;
mod piano;
mod pictures;
mod presets;
mod raster;
mod undo;

use std::sync::Arc;

use continuo::editor::hands::Stroke;
use continuo::editor::keyboard;
use continuo::editor::panel;
use continuo::editor::request::Request;
use continuo::editor::theme;
use continuo::editor::view::View;
use egui::{Ui, Vec2};
use egui_kittest::{Harness, HarnessBuilder, SnapshotOptions};

use host::Host;
use raster::Raster;

/// A harness with the panel's fonts and style, at `scale` pixels per point.
fn builder<State>(size: Vec2, scale: f32) -> HarnessBuilder<State> {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_context_setup(theme::apply)
        .with_render_cursor(false)
        .with_step_dt(1.0 / 30.0)
        .with_max_steps(60)
        // The drawing is exact; this much allows for a compiler that rounds otherwise.
        .with_options(SnapshotOptions::new().threshold(0.6).max_failed_pixels(20))
        .renderer(Raster::default())
}

/// A widget on the panel's ground.
fn widget<'a>(size: Vec2, scale: f32, mut show: impl FnMut(&mut Ui) + 'a) -> Harness<'a> {
    builder(size, scale).build_ui(move |ui| {
        ui.painter().rect_filled(ui.ctx().content_rect(), 0, theme::GROUND);
        show(ui);
    })
}

/// What a panel under test shows and was asked for.
pub struct Bench {
    view: View,
    requests: Vec<Request>,
    /// What was played on the piano.
    strokes: Vec<Stroke>,
}

/// The whole panel with fresh parameters in a host.
fn whole_panel(view: View, scale: f32) -> (Arc<Host>, Harness<'static, Bench>) {
    whole_panel_in(panel::SIZE, view, scale)
}

/// The same in a window of `size` points.
fn whole_panel_in(size: Vec2, view: View, scale: f32) -> (Arc<Host>, Harness<'static, Bench>) {
    let (host, gui) = Host::new();
    let params = host.clone();
    let harness = builder(size, scale).build_ui_state(
        move |ui, bench: &mut Bench| {
            let request = panel::show(ui, params.params(), &gui.param_setter(), &bench.view);
            bench.requests.extend(request);
            bench.strokes.extend(keyboard::take_strokes(ui.ctx()));
        },
        Bench { view, requests: Vec::new(), strokes: Vec::new() },
    );
    (host, harness)
}
