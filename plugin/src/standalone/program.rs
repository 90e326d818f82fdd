//! The plug-in as the program runs it: the same, but its panel and its blocks are watched.

use std::error::Error;
use std::sync::Arc;

use continuo::Continuo;
use continuo::editor::ContinuoEditor;
use continuo::editor::window;
use nice_plug::context::gui::GuiContext;
use nice_plug::context::process::SendEventError;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{EditorHandle, HostMethods, SpawnedEditor};
use nice_plug::prelude::*;
use nice_plug_egui::baseview;

use super::watch;

/// The plug-in.
pub struct Program(Continuo);

impl Default for Program {
    fn default() -> Self {
        let plugin = Continuo::default();
        watch::attach(plugin.shared());
        Self(plugin)
    }
}

impl Plugin for Program {
    const NAME: &'static str = Continuo::NAME;
    const VENDOR: &'static str = Continuo::VENDOR;
    const URL: &'static str = Continuo::URL;
    const EMAIL: &'static str = Continuo::EMAIL;
    const VERSION: &'static str = Continuo::VERSION;
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = Continuo::AUDIO_IO_LAYOUTS;
    const MIDI_INPUT: MidiConfig = Continuo::MIDI_INPUT;
    const MIDI_OUTPUT: MidiConfig = Continuo::MIDI_OUTPUT;
    const SAMPLE_ACCURATE_AUTOMATION: bool = Continuo::SAMPLE_ACCURATE_AUTOMATION;
    const INPUT_EVENT_CAPACITY: usize = Continuo::INPUT_EVENT_CAPACITY;

    type Editor = Panel;
    type SysExMessage = <Continuo as Plugin>::SysExMessage;
    type BackgroundTask = <Continuo as Plugin>::BackgroundTask;

    fn params(&self) -> Arc<dyn Params> {
        self.0.params()
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Panel> {
        self.0.panel().map(Panel)
    }

    fn filter_state(state: &mut PluginState) {
        Continuo::filter_state(state);
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let activated = self.0.activate(layout, config, &mut Context(context));
        watch::activated();
        activated
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        watch::block();
        self.0.process(buffer, aux, &mut Context(context))
    }

    fn stop_processing(&mut self) {
        self.0.stop_processing();
    }

    fn deactivate(&mut self) {
        self.0.deactivate();
    }
}

/// The framework's context of [`Program`], for the plug-in in it.
struct Context<'a, C>(&'a mut C);

impl<C: ActivateContext<Program>> ActivateContext<Continuo> for Context<'_, C> {
    fn plugin_api(&self) -> PluginApi {
        self.0.plugin_api()
    }

    fn execute(&self, task: ()) {
        self.0.execute(task);
    }

    fn set_latency_samples(&self, samples: u32) {
        self.0.set_latency_samples(samples);
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.0.set_current_voice_capacity(capacity);
    }
}

impl<C: ProcessContext<Program>> ProcessContext<Continuo> for Context<'_, C> {
    fn plugin_api(&self) -> PluginApi {
        self.0.plugin_api()
    }

    fn execute_background(&self, task: ()) {
        self.0.execute_background(task);
    }

    fn execute_gui(&self, task: ()) {
        self.0.execute_gui(task);
    }

    fn transport(&self) -> &Transport {
        self.0.transport()
    }

    fn next_event(&mut self) -> Option<PluginNoteEvent<Continuo>> {
        self.0.next_event()
    }

    fn try_send_event(
        &mut self,
        event: PluginNoteEvent<Continuo>,
    ) -> Result<(), (PluginNoteEvent<Continuo>, SendEventError)> {
        // What begins at the end would never be ended.
        if watch::is_ending() && matches!(event, NoteEvent::NoteOn { .. }) {
            return Ok(());
        }
        self.0.try_send_event(event)
    }

    fn set_latency_samples(&self, samples: u32) {
        self.0.set_latency_samples(samples);
    }

    fn request_restart(&self) {
        self.0.request_restart();
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.0.set_current_voice_capacity(capacity);
    }
}

/// The panel in a window of its own.
pub struct Panel(ContinuoEditor);

impl Editor for Panel {
    type Handle = PanelHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<PanelHandle>, Box<dyn Error>> {
        let spawned = self.0.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host);
        let SpawnedEditor { handle, window } = spawned.inspect_err(|error| watch::no_panel(&error.to_string()))?;
        Ok(SpawnedEditor { handle: PanelHandle(handle), window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.0.size()
    }
}

/// The open window.
pub struct PanelHandle(window::PanelHandle);

impl EditorHandle for PanelHandle {
    type Window = baseview::Window;
    type Error = baseview::Error;

    fn run_until_closed(open: Self::Window) -> Result<(), Self::Error> {
        let closed = window::PanelHandle::run_until_closed(open);
        watch::panel_closed();
        closed
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Self::Window) -> Result<(), Self::Error> {
        self.0.set_parent(parent, window)
    }

    fn show(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.0.show(window)
    }

    fn hide(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.0.hide(window)
    }

    fn set_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Result<(), Self::Error> {
        self.0.set_size(new_size, window)
    }

    fn host_main_thread_callback(&self, window: &Self::Window) {
        self.0.host_main_thread_callback(window);
    }

    fn state_changed(&self) {
        self.0.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized_value: f32) {
        self.0.param_value_changed(id, normalized_value);
    }

    fn param_modulation_changed(&self, id: &str, modulation_offset: f32) {
        self.0.param_modulation_changed(id, modulation_offset);
    }
}
