//! What stands in for a host: it takes parameter gestures as a host does, applies them, and remembers them.

use std::sync::{Arc, Mutex};

use continuo::params::ContinuoParams;
use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;

/// A step of a gesture, with the ID of the parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Begin(String),
    Set(String, f32),
    End(String),
}

/// A host that records gestures.
pub struct Host {
    params: Arc<ContinuoParams>,
    steps: Mutex<Vec<Step>>,
}

impl Host {
    /// A host of fresh parameters, and the way that an editor takes to it.
    pub fn new() -> (Arc<Self>, GuiContext) {
        let host = Arc::new(Self { params: Arc::default(), steps: Mutex::default() });
        (host.clone(), GuiContext::new(host))
    }

    /// The parameters.
    pub fn params(&self) -> &ContinuoParams {
        &self.params
    }

    /// The parameters, to be shared.
    pub fn shared_params(&self) -> Arc<ContinuoParams> {
        Arc::clone(&self.params)
    }

    /// The steps since the last call.
    pub fn take_steps(&self) -> Vec<Step> {
        std::mem::take(&mut self.steps.lock().unwrap())
    }

    fn id(&self, param: ParamPtr) -> String {
        let map = self.params.param_map();
        map.into_iter().find(|(_, known, _)| *known == param).expect("a parameter of the plug-in").0
    }

    fn record(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.record(Step::Begin(self.id(param)));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: the pointer is one of `self.params`, as `id` has checked.
        unsafe { param._internal_set_normalized_value(normalized) };
        self.record(Step::Set(self.id(param), normalized));
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.record(Step::End(self.id(param)));
    }

    fn get_state(&self) -> PluginState {
        unreachable!("the panel does not read the state")
    }

    fn set_state(&self, _state: PluginState) {
        unreachable!("the panel does not write the state")
    }

    fn request_restart(&self) {
        unreachable!("the panel does not restart the plug-in")
    }
}
