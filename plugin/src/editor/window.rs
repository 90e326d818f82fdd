//! The window in which the panel lies: how large it is, who may resize it, and how the drawing follows.
//!
//! The drawing is as many points wide and high as ever; egui's zoom makes them fill the window, so that letters and
//! lines are drawn at the pixels that there are.

mod end;

use std::error::Error;
use std::sync::Arc;

use crossbeam::atomic::AtomicCell;
use egui::{Context, ViewportCommand, vec2};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, PhysicalSize};
use nice_plug::editor::{
    Editor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints, SpawnedEditor,
};
use nice_plug_egui::baseview::{self, WindowSize};
use nice_plug_egui::{EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, RepaintNotifier, create_egui_editor};

use crate::charts::ChartFiles;
use crate::params::ContinuoParams;
use crate::preferences::{self, PANEL_SCALES};
use crate::seam::Shared;

use super::PanelApp;
use super::panel::SIZE;
use super::undo::Undo;

pub use end::Alive;

/// The least zoom, whatever the window: letters need some pixels.
const LEAST_ZOOM: f32 = 0.2;

/// How large the panel of an instance is, while its window is open and between. Any thread.
///
/// Sizes are native: in pixels, on macOS in points.
#[derive(Debug)]
pub struct Sizing {
    /// Native units for each point of the drawing at 100 %, as the musician has ordered it.
    ordered: Option<f64>,
    /// The same as the system or the host has it.
    unit: AtomicCell<f64>,
    /// Of the open window; `None`: there is none.
    open: AtomicCell<Option<NativeSize<u32>>>,
    /// How large the panel is, of what it is at 100 %.
    scale: AtomicCell<f32>,
    /// The same as it is remembered.
    remembered: AtomicCell<f32>,
}

impl Sizing {
    /// A panel at `scale`; `ordered`: so many native units for each point, whatever the system says.
    pub fn new(scale: f32, ordered: Option<f64>) -> Self {
        let ordered = ordered.filter(|unit| unit.is_finite() && *unit > 0.0);
        let unit = AtomicCell::new(system_unit().unwrap_or(1.0));
        Self {
            ordered,
            unit,
            open: AtomicCell::new(None),
            scale: AtomicCell::new(scale),
            remembered: AtomicCell::new(scale),
        }
    }

    /// How large the panel is, of what it is at 100 %.
    pub fn scale(&self) -> f32 {
        self.scale.load()
    }

    /// Main: remembers how large the panel is, if the musician has changed that.
    fn remember(&self, shared: &Shared) {
        let scale = self.scale();
        if self.remembered.swap(scale) != scale {
            let remembered = preferences::kept().change(|preferences| preferences.panel_scale = scale);
            remembered.unwrap_or_else(|error| shared.notify(error));
        }
    }

    fn unit(&self) -> f64 {
        self.ordered.unwrap_or_else(|| self.unit.load())
    }

    /// The size of a window in which the panel is at `scale`.
    pub fn size_at(&self, scale: f32) -> NativeSize<u32> {
        let length = |points: f32| (f64::from(points) * f64::from(scale) * self.unit()).round() as u32;
        NativeSize::new(length(SIZE.x), length(SIZE.y))
    }

    /// The size of the window, or of the one that would open.
    fn size(&self) -> NativeSize<u32> {
        self.open.load().unwrap_or_else(|| self.size_at(self.scale()))
    }

    /// How large the panel is in a window of `size`.
    fn scale_in(&self, size: NativeSize<u32>) -> f32 {
        let share = |length: u32, points: f32| f64::from(length) / (f64::from(points) * self.unit());
        share(size.width, SIZE.x).min(share(size.height, SIZE.y)) as f32
    }

    /// The largest panel that fits into `size`, or the smallest one; a size of nothing means the present one.
    fn adjusted(&self, size: NativeSize<u32>) -> NativeSize<u32> {
        if size.width == 0 || size.height == 0 {
            return self.size();
        }
        self.size_at(self.scale_in(size).clamp(*PANEL_SCALES.start(), *PANEL_SCALES.end()))
    }

    /// The window has this size now.
    fn note(&self, window: &WindowSize) {
        let size = NativeSize::from_logical_or_physical(window.logical, window.physical);
        self.open.store(Some(size));
        if cfg!(target_os = "windows") {
            self.unit.store(window.scale_factor);
        }
        self.scale.store(self.scale_in(size).clamp(*PANEL_SCALES.start(), *PANEL_SCALES.end()));
    }

    /// A window that is to open: its scale factor is what the system says, else `suggested`.
    fn set_unit(&self, suggested: Option<f64>) {
        if !cfg!(target_os = "macos") {
            self.unit.store(system_unit().or(suggested).unwrap_or(1.0));
        }
    }
}

/// The pixels for each point, if the system says so before there is a window.
#[cfg(target_os = "linux")]
fn system_unit() -> Option<f64> {
    let (connection, _) = x11rb::connect(None).ok()?;
    let resources = x11rb::resource_manager::new_from_default(&connection).ok()?;
    let dpi: u32 = resources.get_value("Xft.dpi", "").ok().flatten()?;
    (dpi > 0).then(|| f64::from(dpi) / 96.0)
}

#[cfg(not(target_os = "linux"))]
fn system_unit() -> Option<f64> {
    None
}

/// Makes the drawing fill the window. Window thread only.
#[derive(Default)]
pub struct Follower {
    zoom: Option<f32>,
}

impl Follower {
    /// Has the zoom of `context` follow the size of the window, once for each drawing.
    pub fn follow(&mut self, context: &Context, frame: &Frame, sizing: &Sizing) {
        let window = frame.baseview_window().size();
        sizing.note(&window);
        let points = vec2(window.logical.width as f32, window.logical.height as f32);
        let zoom = (points.x / SIZE.x).min(points.y / SIZE.y).max(LEAST_ZOOM);
        let now = context.zoom_factor();
        if self.zoom.is_some_and(|before| before != now) {
            // Where the zoom has changed, the window would be resized with it, were it not told its size.
            context.send_viewport_cmd(ViewportCommand::InnerSize(points / now));
        }
        self.zoom = Some(now);
        if zoom != now {
            context.set_zoom_factor(zoom);
        }
    }
}

/// The plug-in's editor.
pub struct ContinuoEditor {
    pub(super) params: Arc<ContinuoParams>,
    pub(super) shared: Arc<Shared>,
    sizing: Arc<Sizing>,
    /// What was done on the panel, whenever its window was open.
    undo: Arc<Undo>,
    charts: Arc<ChartFiles>,
    repaint: RepaintNotifier,
}

impl ContinuoEditor {
    pub(super) fn new(params: Arc<ContinuoParams>, shared: Arc<Shared>) -> Self {
        let sizing = Arc::new(Sizing::new(preferences::kept().get().panel_scale, None));
        let undo = Undo::new(params.clone(), shared.clone());
        Self { params, shared, sizing, undo, charts: Arc::default(), repaint: RepaintNotifier::new() }
    }

    /// The same with `pixels` for each point of the drawing at 100 %, whatever system and host say.
    #[must_use]
    pub fn with_pixels_per_point(self, pixels: f64) -> Self {
        let sizing = Sizing::new(self.sizing.scale(), Some(pixels));
        Self { sizing: Arc::new(sizing), ..self }
    }

    /// What remembers how large the panel is while its window is open, for a program that ends without closing it.
    pub fn size_keeper(&self) -> Arc<dyn Fn() + Send + Sync> {
        let (sizing, shared) = (Arc::clone(&self.sizing), Arc::clone(&self.shared));
        Arc::new(move || sizing.remember(&shared))
    }
}

impl Editor for ContinuoEditor {
    type Handle = PanelHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<PanelHandle>, Box<dyn Error>> {
        let sizing = &self.sizing;
        sizing.set_unit(fallback_scale_factor);
        let (scale, NativeSize { width, height }) = (sizing.scale(), sizing.size_at(sizing.scale()));
        // A window of X11 does not apply a suggested scale factor to its first size. Elsewhere only the window will
        // know its own.
        let state = if cfg!(target_os = "linux") {
            EguiEditorState::from_size(PhysicalSize::new(width, height), scale)
        } else {
            EguiEditorState::from_size(LogicalSize::new(SIZE.x, SIZE.y), scale)
        };
        let settings = EguiNiceSettings { resize_hint: self.resize_hint(), ..EguiNiceSettings::new() };
        let (host, alive) = end::waiting(host);
        let (params, shared, undo) = (self.params.clone(), self.shared.clone(), self.undo.clone());
        let app = PanelApp::new(params, shared, sizing.clone(), undo, self.charts.clone(), alive, self.repaint.clone());
        let editor = create_egui_editor(state, self.repaint.clone(), settings.with_tile("Continuo"), app);
        let editor = editor.ok_or("the framework makes no editor")?;
        let SpawnedEditor { handle, window } =
            editor.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)?;
        sizing.note(&window.size());
        let (sizing, shared) = (sizing.clone(), self.shared.clone());
        Ok(SpawnedEditor { handle: PanelHandle { handle, sizing, shared }, window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.sizing.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        let bound = |scale: &f32| self.sizing.size_at(*scale);
        let [least, most] = [bound(PANEL_SCALES.start()), bound(PANEL_SCALES.end())];
        let size_constraints = if cfg!(target_os = "linux") {
            let physical = |size: NativeSize<u32>| Some(PhysicalSize::new(size.width, size.height));
            SizeConstraints::physical(physical(least), physical(most))
        } else {
            let logical = |scale: f32| Some(LogicalSize::new(SIZE.x * scale, SIZE.y * scale));
            SizeConstraints::logical(logical(*PANEL_SCALES.start()), logical(*PANEL_SCALES.end()))
        };
        let whole = |points: f32| points as u32;
        ResizeHint {
            preserve_aspect_ratio: true,
            size_constraints,
            ..ResizeHint::RESIZABLE.with_aspect_ratio(whole(SIZE.x), whole(SIZE.y))
        }
    }
}

/// The open window, as the host handles it. How large the panel was last is remembered when it is dropped.
pub struct PanelHandle {
    handle: EguiEditorHandle,
    sizing: Arc<Sizing>,
    shared: Arc<Shared>,
}

impl EditorHandle for PanelHandle {
    type Window = baseview::Window;
    type Error = baseview::Error;

    fn run_until_closed(window: Self::Window) -> Result<(), Self::Error> {
        EguiEditorHandle::run_until_closed(window)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_parent(parent, window)
    }

    fn show(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.show(window)
    }

    fn hide(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.hide(window)
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_size(size, window)?;
        self.sizing.note(&window.size());
        Ok(())
    }

    fn host_main_thread_callback(&self, window: &Self::Window) {
        self.handle.host_main_thread_callback(window);
    }

    fn adjust_size(&self, size: NativeSize<u32>, _: &Self::Window) -> Option<NativeSize<u32>> {
        Some(self.sizing.adjusted(size))
    }

    fn set_fallback_scale_factor(&self, factor: f64, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_fallback_scale_factor(factor, window)?;
        self.sizing.set_unit(Some(factor));
        self.sizing.note(&window.size());
        Ok(())
    }

    fn state_changed(&self) {
        self.handle.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized_value: f32) {
        self.handle.param_value_changed(id, normalized_value);
    }

    fn param_modulation_changed(&self, id: &str, modulation_offset: f32) {
        self.handle.param_modulation_changed(id, modulation_offset);
    }
}

impl Drop for PanelHandle {
    fn drop(&mut self) {
        self.sizing.open.store(None);
        self.sizing.remember(&self.shared);
    }
}
