//! The panel in a window of its own, and its way to the parameters.

use std::error::Error;
use std::sync::Arc;

use continuo::editor::ContinuoEditor;
use continuo::editor::window::PanelHandle;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::{EditorHandle, SpawnedEditor};
use nice_plug::prelude::{Editor, GuiContextInner, ParamPtr, PluginApi, PluginState};

use super::engine::Links;
use super::session::Session;

/// Shows the panel until it is closed.
///
/// # Errors
/// If it cannot be shown.
pub fn show(editor: &ContinuoEditor, session: Session, links: Arc<Links>) -> Result<(), Box<dyn Error>> {
    let context = GuiContext::new(Arc::new(Panel { session, links }));
    let SpawnedEditor { handle, window } = editor.spawn(None, false, None, context, None)?;
    PanelHandle::run_until_closed(window)?;
    // It lives as long as the window, and keeps then how large that was.
    drop(handle);
    Ok(())
}

/// What the panel asks of its host.
struct Panel {
    session: Session,
    links: Arc<Links>,
}

impl GuiContextInner for Panel {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }

    // Nobody records gestures here.
    unsafe fn raw_begin_set_parameter(&self, _: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // Thousands of changes that wait for a block are more than a hand makes; the newest are wanted.
        if self.session.has(param) {
            self.links.changes.force_push((param, normalized));
        }
    }

    unsafe fn raw_end_set_parameter(&self, _: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        self.session.state()
    }

    fn set_state(&self, state: PluginState) {
        self.session.set_state(state);
    }

    fn request_restart(&self) {}
}
