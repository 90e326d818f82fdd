//! The panel for screen readers: what egui would tell the window layer of it goes to the accessibility bus (AT-SPI,
//! over D-Bus), and what is asked there comes back. The window layer has no part in it.
//!
//! Nothing is told until somebody listens: without a bus, or with nobody on it, a drawing costs what it does anyway.
//! Linux only: elsewhere a window has to answer for its contents itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use accesskit_unix::Adapter;
use egui::accesskit::{ActionHandler, ActionRequest, ActivationHandler, DeactivationHandler, Node, Role, TreeUpdate};
use egui::{Context, Event, FullOutput, Plugin, RawInput};
use nice_plug_egui::RepaintNotifier;

/// What the thread of the bus and that of the window tell each other.
struct Line {
    /// Whether somebody listens.
    heard: AtomicBool,
    /// What was asked and not yet passed on.
    asked: Mutex<Vec<ActionRequest>>,
    /// Has the panel drawn.
    repaint: RepaintNotifier,
}

/// The end of the line that lies on the thread of the bus.
struct Listener(Arc<Line>);

impl ActivationHandler for Listener {
    fn request_initial_tree(&mut self) -> Option<TreeUpdate> {
        // The next drawing tells all of it.
        self.0.heard.store(true, Ordering::Relaxed);
        self.0.repaint.request_repaint();
        None
    }
}

impl DeactivationHandler for Listener {
    fn deactivate_accessibility(&mut self) {
        self.0.heard.store(false, Ordering::Relaxed);
    }
}

impl ActionHandler for Listener {
    fn do_action(&mut self, request: ActionRequest) {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.0.repaint.request_repaint();
    }
}

/// Reads a panel out, for as long as its window is open.
pub struct ScreenReader {
    line: Arc<Line>,
    adapter: Adapter,
    enabled: bool,
    focused: bool,
}

impl ScreenReader {
    /// Has the panel of `context` read out; `repaint` has it drawn.
    pub fn attach(context: &Context, repaint: RepaintNotifier) {
        let line = Arc::new(Line { heard: AtomicBool::new(false), asked: Mutex::default(), repaint });
        let listener = || Listener(line.clone());
        let adapter = Adapter::new(listener(), listener(), listener());
        context.add_plugin(Self { line, adapter, enabled: false, focused: false });
    }
}

impl Plugin for ScreenReader {
    fn debug_name(&self) -> &'static str {
        "screen reader"
    }

    fn input_hook(&mut self, context: &Context, input: &mut RawInput) {
        let heard = self.line.heard.load(Ordering::Relaxed);
        if heard != std::mem::replace(&mut self.enabled, heard) {
            if heard { context.enable_accesskit() } else { context.disable_accesskit() }
        }
        let mut asked = self.line.asked.lock().unwrap_or_else(PoisonError::into_inner);
        input.events.extend(asked.drain(..).map(Event::AccessKitActionRequest));
        if input.focused != std::mem::replace(&mut self.focused, input.focused) {
            self.adapter.update_window_focus_state(input.focused);
        }
    }

    fn output_hook(&mut self, _: &Context, output: &mut FullOutput) {
        let Some(mut update) = output.platform_output.accesskit_update.take() else { return };
        let root = update.tree.as_ref().map(|tree| tree.root);
        for (id, node) in &mut update.nodes {
            if Some(*id) == root {
                node.set_label("Continuo");
            } else {
                name_value(node);
            }
        }
        self.adapter.update_if_active(|| update);
    }
}

/// The bus has a place for values in words only where they can be edited: elsewhere they become part of the name.
fn name_value(node: &mut Node) {
    if matches!(node.role(), Role::Label | Role::TextRun | Role::TextInput | Role::MultilineTextInput) {
        return;
    }
    if let (Some(label), Some(value)) = (node.label(), node.value())
        && !value.is_empty()
    {
        node.set_label(format!("{label}: {value}"));
    }
}
