//! What a host asks of a plug-in's state beside the project, and of its knobs for a controller's.

use anyhow::{Context as _, Result};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_extensions::state_context::{PluginStateContext, StateContextType};
use clack_host::prelude::*;

use super::ClapInstance;

/// What a state is saved or loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A project.
    Project,
    /// A copy of the instance.
    Duplicate,
    /// A preset of the host's.
    Preset,
}

impl Context {
    fn raw(self) -> StateContextType {
        match self {
            Self::Project => StateContextType::ForProject,
            Self::Duplicate => StateContextType::ForDuplicate,
            Self::Preset => StateContextType::ForPreset,
        }
    }
}

/// A page of parameters for the eight knobs of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePage {
    /// The section that it belongs to.
    pub section: String,
    /// Its name.
    pub name: String,
    /// The parameters; `None`: a knob without one.
    pub parameters: [Option<u32>; 8],
}

impl ClapInstance {
    /// Its state for `context`.
    ///
    /// # Errors
    /// If it has none, or does not save it.
    pub fn save_for(&mut self, context: Context) -> Result<Vec<u8>> {
        let handle = self.instance.plugin_handle();
        let extension: PluginStateContext = handle.get_extension().context("the plug-in knows no contexts")?;
        let mut bytes = Vec::new();
        extension.save(&handle, &mut bytes, context.raw())?;
        Ok(bytes)
    }

    /// Restores a state for `context`.
    ///
    /// # Errors
    /// If it knows no contexts, or says that it could not.
    pub fn load_for(&mut self, context: Context, state: &[u8]) -> Result<()> {
        let handle = self.instance.plugin_handle();
        let extension: PluginStateContext = handle.get_extension().context("the plug-in knows no contexts")?;
        let mut reader = state;
        Ok(extension.load(&handle, &mut reader, context.raw())?)
    }

    /// Its pages for controllers.
    ///
    /// # Errors
    /// If it has none, or does not give one.
    pub fn remote_pages(&mut self) -> Result<Vec<RemotePage>> {
        let handle = self.instance.plugin_handle();
        let extension: PluginRemoteControls = handle.get_extension().context("the plug-in has no pages")?;
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let mut buffer = RemoteControlsPageBuffer::new();
        let mut pages = Vec::new();
        for index in 0..extension.count(&handle) {
            let page = extension.get(&handle, index, &mut buffer).context("a page is missing")?;
            pages.push(RemotePage {
                section: text(page.section_name),
                name: text(page.page_name),
                parameters: page.param_ids.map(|id| id.map(ClapId::get)),
            });
        }
        Ok(pages)
    }
}
