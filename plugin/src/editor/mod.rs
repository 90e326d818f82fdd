//! The panel: one widget a file, all of them plain functions of what they show.
//!
//! `mod` ties the panel to the plug-in framework; `panel` lays it out, and a `_page` each what lies in its middle;
//! `view` reads what it shows; `setting` and `gesture` change parameters; the other files are widgets, painters and
//! measures.

pub mod about;
pub mod band;
pub mod band_page;
mod bars_card;
pub mod button;
pub mod chart_bar;
pub mod chart_learned;
pub mod chart_page;
pub mod chart_sheet;
pub mod checklist;
pub mod choice;
pub mod chord_view;
pub mod controllers_card;
pub mod deadline_meter;
pub mod detents;
pub mod drum_staff;
pub mod drums_card;
pub mod feel_card;
pub mod gesture;
pub mod groove_page;
pub mod hands;
pub mod header;
pub mod hint;
pub mod keyboard;
pub mod keys_card;
pub mod kit_card;
pub mod knob;
pub mod layout;
pub mod lead_card;
pub mod learn;
pub mod learn_menu;
pub mod learn_offer;
pub mod learn_prompt;
pub mod mark;
pub mod memory_card;
pub mod midi_names;
pub mod morph_card;
pub mod notices;
pub mod overlay;
pub mod pad;
pub mod paint;
pub mod panel;
pub mod panel_size;
pub mod plan_card;
pub mod play_page;
pub mod player_strip;
pub mod preset_bar;
pub mod preset_card;
pub mod preset_filter;
pub mod preset_list;
pub mod presets_page;
pub mod request;
pub mod routing_card;
pub mod scale_card;
pub mod scenes_strip;
#[cfg(target_os = "linux")]
pub mod screen_reader;
mod sections_strip;
pub mod setting;
pub mod setup_page;
pub mod silence;
pub mod slider;
pub mod sound_card;
pub mod status_line;
pub mod stepper;
pub mod style_selector;
pub mod swing;
pub mod switch;
pub mod symbols;
pub mod tabs;
pub mod take_card;
pub mod text;
pub mod text_field;
pub mod theme;
pub mod time_card;
pub mod timeline;
pub mod tour;
pub mod transport_bar;
pub mod undo;
pub mod undo_bar;
pub mod vary_card;
pub mod view;
pub mod window;

use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Rgba, Ui};
use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{Frame, KeyCapture, NiceEguiApp, RepaintNotifier};

use crate::charts::ChartFiles;
use crate::guard::caught;
use crate::params::{ContinuoParams, Programs};
use crate::preferences;
use crate::presets::library::{Errand, Library, library};
use crate::seam::{Command, STANDALONE, Shared};

use request::Request;
use undo::Undo;
use view::{History, View};
use window::{Alive, Follower, Sizing};

/// How often the panel looks for something new to show, while something moves and while nothing does.
const REPAINT: Duration = Duration::from_millis(33);
const REPAINT_IDLE: Duration = Duration::from_millis(66);

pub use window::ContinuoEditor;

/// Makes the editor. The window opens when the host asks for it.
pub fn create(params: Arc<ContinuoParams>, shared: Arc<Shared>) -> Option<ContinuoEditor> {
    Some(ContinuoEditor::new(params, shared))
}

/// The panel as the framework runs it: on the thread of its window, while that is open.
pub struct PanelApp {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    sizing: Arc<Sizing>,
    follower: Follower,
    undo: Arc<Undo>,
    charts: Arc<ChartFiles>,
    /// Until the window is there.
    alive: Option<Alive>,
    /// Has the panel drawn.
    repaint: RepaintNotifier,
    gui: Option<GuiContext>,
    history: History,
    last: View,
    keys: Keys,
    /// What programs recalled when the panel was drawn last.
    programs: Option<Programs>,
}

impl NiceEguiApp for PanelApp {
    fn build(&mut self, context: Context, gui: GuiContext, frame: &mut Frame) -> Result<(), HandlerError> {
        if gui.plugin_api() == PluginApi::Standalone {
            self.shared.surroundings.set_host(STANDALONE);
        }
        self.gui = Some(self.undo.context(gui));
        if let Some(alive) = self.alive.take() {
            alive.hold();
        }
        let built = caught(|| {
            theme::apply(&context);
            #[cfg(target_os = "linux")]
            screen_reader::ScreenReader::attach(&context, self.repaint.clone());
            frame.set_clear_color(Rgba::from(theme::GROUND));
            self.keys = Keys::default();
            frame.set_key_capture(self.keys.capture());
        });
        library().run(Errand::Read);
        if let Err(panic) = built {
            self.shared.tell_panic(&panic, "The panel could not be set up", "It may look strange.");
        }
        Ok(())
    }

    fn editor_closed(&mut self) {
        self.gui = None;
        self.shared.listening.to(None);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        let keys = Keys::wanted(ui.ctx(), self.last.keys_play.play);
        if std::mem::replace(&mut self.keys, keys) != keys {
            frame.set_key_capture(keys.capture());
        }
        if let Err(panic) = caught(|| self.draw(ui, frame)) {
            self.shared.tell_panic(&panic, "The panel could not be drawn", "It tries again; the band plays on.");
            // If even that fails, there is an empty window, and the next frame.
            let _ = caught(|| panel::show_failure(ui, &panic));
            ui.ctx().request_repaint_after(REPAINT_IDLE);
        }
    }
}

impl PanelApp {
    fn new(
        params: Arc<ContinuoParams>,
        shared: Arc<Shared>,
        sizing: Arc<Sizing>,
        undo: Arc<Undo>,
        charts: Arc<ChartFiles>,
        alive: Option<Alive>,
        repaint: RepaintNotifier,
    ) -> Self {
        let (follower, history, last, keys, programs) = Default::default();
        Self {
            params,
            shared,
            sizing,
            undo,
            charts,
            follower,
            alive,
            repaint,
            gui: None,
            history,
            last,
            keys,
            programs,
        }
    }

    fn draw(&mut self, ui: &mut Ui, frame: &Frame) {
        self.follower.follow(ui.ctx(), frame, &self.sizing);
        let Some(gui) = &self.gui else { return };
        self.undo.begin(self.shared.loading.newest());
        // A chart that has come from a file can be undone.
        let chart_said = self.charts.take_in(&self.params.chart);
        let view = View {
            scale: self.sizing.scale(),
            is_new: !preferences::kept().get().tour_seen,
            shelf: library().shelf(),
            steps: self.undo.steps(),
            keys_play: keys_play(gui.plugin_api()),
            chart_said,
            ..View::read(&self.shared, &self.params, &mut self.history)
        };
        ui.ctx().request_repaint_after(if view == self.last { REPAINT_IDLE } else { REPAINT });
        let request = panel::show(ui, &self.params, &gui.param_setter(), &view);
        self.undo.end();
        let programs = self.params.recall.programs.value();
        if self.programs.replace(programs).is_some_and(|before| before != programs) {
            // They have other names now.
            self.shared.unsaved.note();
        }
        match request {
            Some(Request::Resize(scale)) => {
                if let Err(error) = frame.baseview_window().resize(self.sizing.size_at(scale)) {
                    self.shared.notify(format!("The panel stays as large as it is: {error}."));
                }
            }
            Some(Request::Chart(errand)) => self.charts.run(errand),
            Some(request) => fulfil(request, &self.shared, &self.undo, library()),
            None => {}
        }
        play(ui.ctx(), &self.shared);
        self.last = view;
    }
}

/// Hands on to the band what was played on the panel.
pub fn play(context: &Context, shared: &Shared) {
    shared.panel_keys.note_drawn();
    for (key, velocity) in keyboard::take_strokes(context) {
        // What finds no room is not heard; nobody takes it then.
        shared.panel_keys.send(key, velocity);
    }
}

/// Whether the computer's keys play, as the musician likes it.
fn keys_play(api: PluginApi) -> keys_card::Keys {
    let preferences = preferences::kept().get();
    match api {
        PluginApi::Standalone => keys_card::Keys { play: preferences.keys_play_in_program, in_host: false },
        PluginApi::Clap | PluginApi::Vst3 => keys_card::Keys { play: preferences.keys_play_in_host, in_host: true },
    }
}

/// Does what was asked for on the panel.
pub fn fulfil(request: Request, shared: &Shared, undo: &Undo, library: &Library) {
    match request {
        Request::Listen(to) => shared.listening.to(to.map(|trial| *trial)),
        Request::Library(errand) => library.run(errand),
        Request::Undo => undo.undo(),
        Request::Redo => undo.redo(),
        Request::Compare(slot) => undo.compare(slot),
        Request::CopySetting => undo.copy(),
        Request::Panic => shared.request_panic(),
        Request::Tell(text) => shared.notify(text),
        Request::DismissNotices(number) => shared.dismiss_notices(number),
        Request::EndTour => {
            let kept = preferences::kept().change(|preferences| preferences.tour_seen = true);
            kept.unwrap_or_else(|error| shared.notify(error));
        }
        // The window's, and the instance's own files.
        Request::Resize(_) | Request::Chart(_) => {}
        Request::ResetWorst => shared.meters.reset_worst(),
        Request::Machine(wish) => {
            if let Some(machine) = shared.machine() {
                machine.ask(wish);
            }
        }
        Request::KeysPlay(keys_card::Keys { play, in_host }) => {
            let kept = preferences::kept().change(|preferences| match in_host {
                true => preferences.keys_play_in_host = play,
                false => preferences.keys_play_in_program = play,
            });
            if let Err(error) = kept {
                shared.notify(error);
            }
        }
        Request::ForgetTune => {
            if !shared.send(Command::ForgetTune) {
                shared.notify("The band is busy: what it has learned of the tune is still there. Try again.");
            }
        }
        Request::ClearMemory => {
            if shared.send(Command::ClearMemory) {
                shared.unsaved.note();
            } else {
                shared.notify("The band is busy: what it has learnt was not cleared. Try again.");
            }
        }
    }
}

/// The keys that the panel takes. Every other key is the host's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Keys {
    /// All: one writes.
    all: bool,
    /// Those that undo and do again: Ctrl is down.
    with_command: bool,
    /// Those that play the piano.
    letters: bool,
}

impl Keys {
    fn wanted(context: &Context, letters: bool) -> Self {
        let with_command = context.input(|input| input.modifiers.command);
        Self { all: context.text_edit_focused(), with_command, letters }
    }

    fn capture(self) -> KeyCapture {
        /// Those that work the panel while one of its controls has the focus.
        const WORK: [&str; 13] = [
            "Tab",
            "Enter",
            "Escape",
            "ArrowUp",
            "ArrowDown",
            "ArrowLeft",
            "ArrowRight",
            "Home",
            "End",
            "PageUp",
            "PageDown",
            "Delete",
            "Backspace",
        ];
        const COMMANDS: [&str; 4] = ["z", "Z", "y", "Y"];
        if self.all {
            return KeyCapture::CaptureAll;
        }
        let commands: &[&str] = if self.with_command { &COMMANDS } else { &[] };
        let work = WORK.iter().chain(commands).map(|name| (*name).to_owned());
        let letters = hands::letters().filter(|_| self.letters).map(|key| key.name().to_lowercase());
        KeyCapture::CaptureKeys(work.chain(letters).filter_map(|name| name.parse().ok()).collect())
    }
}
