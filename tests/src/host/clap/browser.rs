//! A host's browser of presets: where a library has them, what it says of each, and how one is loaded.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clack_extensions::preset_discovery::prelude::{
    FileType, Flags, IndexerImpl, LocationInfo, MetadataReceiverImpl, PluginPresetLoad, PresetDiscoveryFactory,
    Provider, Soundpack, Timestamp, UniversalPluginId,
};
use clack_extensions::preset_discovery::{HostPresetLoadImpl, preset_data};
use clack_host::prelude::*;

use super::{ClapInstance, MainThread, Told};

/// Where a preset is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// In the library.
    Plugin,
    /// In a file of its own.
    File(PathBuf),
}

impl Location {
    fn of(location: preset_data::Location<'_>) -> Self {
        let path = location.file_path().map(|path| PathBuf::from(path.to_string_lossy().into_owned()));
        path.map_or(Self::Plugin, Self::File)
    }

    fn path(&self) -> Result<Option<CString>> {
        match self {
            Self::Plugin => Ok(None),
            Self::File(path) => Ok(Some(CString::new(path.to_str().context("paths are UTF-8 here")?)?)),
        }
    }
}

/// What a library says of a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPreset {
    /// Where it is.
    pub location: Location,
    /// By which it is asked for where one place holds several.
    pub key: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Who made it.
    pub creators: Vec<String>,
    /// By which it is found.
    pub features: BTreeSet<String>,
    /// The plug-ins for which it is made.
    pub plugins: Vec<String>,
    /// Whether it comes with the plug-in.
    pub is_factory: bool,
    /// Whether it is the musician's own.
    pub is_own: bool,
    /// Whether the musician likes it.
    pub is_favourite: bool,
}

/// All that a library has told of its presets.
#[derive(Debug, Default)]
pub struct Browser {
    /// Extensions of their files.
    pub extensions: Vec<String>,
    /// Names of the places that hold them.
    pub places: Vec<String>,
    /// The presets, in the order in which they were told.
    pub presets: Vec<FoundPreset>,
    /// What was said of files that are no presets.
    pub errors: Vec<String>,
}

impl Browser {
    /// Asks the library at `path` for its presets, as a host does when it scans.
    ///
    /// # Errors
    /// If the library does not load, has no presets to tell of, or tells of places that are none.
    pub fn of(path: &Path) -> Result<Self> {
        // SAFETY: loading a plug-in runs its code; this one is ours.
        let entry = unsafe { PluginEntry::load(AsRef::<OsStr>::as_ref(path)) }
            .map_err(|error| anyhow!("{} does not load as CLAP: {error}", path.display()))?;
        let factory: PresetDiscoveryFactory = entry.get_factory().context("the library tells of no presets")?;
        let info = HostInfo::new("Continuo test host", "Continuo", "", env!("CARGO_PKG_VERSION"))?;
        let mut browser = Self::default();
        for descriptor in &factory {
            let id = descriptor.id().context("a provider has no id")?;
            let mut provider = Provider::instantiate(Declared::default(), &entry, id, &info)?;
            if provider.descriptor().id() != Some(id) {
                bail!("the provider says that it is another one");
            }
            let Declared { extensions, places } = std::mem::take(provider.indexer_mut());
            for (name, location, flags) in places {
                for location in files_in(location, &extensions)? {
                    let mut receiver = Receiver { location: location.clone(), flags, browser: &mut browser };
                    match location.path()? {
                        None => provider.get_metadata(preset_data::Location::Plugin, &mut receiver),
                        Some(path) => {
                            provider.get_metadata(preset_data::Location::File { path: &path }, &mut receiver);
                        }
                    }
                }
                browser.places.push(name);
            }
            browser.extensions.extend(extensions);
        }
        Ok(browser)
    }
}

/// Whether the library at `path` has the factory of this name.
///
/// # Errors
/// If the library is no CLAP.
pub fn has_factory(path: &Path, id: &CStr) -> Result<bool> {
    // SAFETY: loading a plug-in runs its code; this one is ours.
    let entry = unsafe { PluginEntry::load(AsRef::<OsStr>::as_ref(path)) }
        .map_err(|error| anyhow!("{} does not load as CLAP: {error}", path.display()))?;
    // SAFETY: a plain call of a library that is loaded and initialised.
    Ok(entry.raw_entry().get_factory.is_some_and(|get| unsafe { !get(id.as_ptr()).is_null() }))
}

/// The files of presets in a folder, in order; what is no folder is one place.
fn files_in(location: Location, extensions: &[String]) -> Result<Vec<Location>> {
    let Location::File(folder) = &location else { return Ok(vec![location]) };
    let metadata = fs::metadata(folder).with_context(|| format!("{} is not there", folder.display()))?;
    if !metadata.is_dir() {
        return Ok(vec![location]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let extension = file.extension().and_then(OsStr::to_str).unwrap_or_default();
        if extensions.iter().any(|known| known == extension) {
            files.push(Location::File(file));
        }
    }
    files.sort();
    Ok(files)
}

/// What a provider declares.
#[derive(Default)]
struct Declared {
    extensions: Vec<String>,
    places: Vec<(String, Location, Flags)>,
}

fn owned(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}

impl IndexerImpl for Declared {
    fn declare_filetype(&mut self, file_type: FileType) -> Result<(), HostError> {
        self.extensions.extend(file_type.file_extension.map(owned));
        Ok(())
    }

    fn declare_location(&mut self, place: LocationInfo) -> Result<(), HostError> {
        self.places.push((owned(place.name), Location::of(place.location), place.flags));
        Ok(())
    }

    fn declare_soundpack(&mut self, _: Soundpack) -> Result<(), HostError> {
        Ok(())
    }
}

/// Takes down what is said of the presets at one location.
struct Receiver<'a> {
    location: Location,
    flags: Flags,
    browser: &'a mut Browser,
}

impl Receiver<'_> {
    fn last(&mut self) -> &mut FoundPreset {
        self.browser.presets.last_mut().expect("a preset is begun before anything is said of it")
    }
}

impl MetadataReceiverImpl for Receiver<'_> {
    fn on_error(&mut self, _: i32, error: Option<&CStr>) {
        self.browser.errors.push(error.map(owned).unwrap_or_default());
    }

    fn begin_preset(&mut self, name: Option<&CStr>, key: Option<&CStr>) -> Result<(), HostError> {
        self.browser.presets.push(FoundPreset {
            location: self.location.clone(),
            key: key.map(owned),
            name: name.map(owned).unwrap_or_default(),
            description: String::new(),
            creators: Vec::new(),
            features: BTreeSet::new(),
            plugins: Vec::new(),
            is_factory: false,
            is_own: false,
            is_favourite: false,
        });
        let flags = self.flags;
        self.set_flags(flags);
        Ok(())
    }

    fn add_plugin_id(&mut self, id: UniversalPluginId) {
        let plugin = format!("{} {}", owned(id.abi), owned(id.id));
        self.last().plugins.push(plugin);
    }

    fn set_soundpack_id(&mut self, _: &CStr) {}

    fn set_flags(&mut self, flags: Flags) {
        let last = self.last();
        last.is_factory = flags.contains(Flags::IS_FACTORY_CONTENT);
        last.is_own = flags.contains(Flags::IS_USER_CONTENT);
        last.is_favourite = flags.contains(Flags::IS_FAVORITE);
    }

    fn add_creator(&mut self, creator: &CStr) {
        self.last().creators.push(owned(creator));
    }

    fn set_description(&mut self, description: &CStr) {
        self.last().description = owned(description);
    }

    fn set_timestamps(&mut self, _: Option<Timestamp>, _: Option<Timestamp>) {}

    fn add_feature(&mut self, feature: &CStr) {
        self.last().features.insert(owned(feature));
    }

    fn add_extra_info(&mut self, _: &CStr, _: &CStr) {}
}

impl HostPresetLoadImpl for MainThread {
    fn on_error(&self, location: preset_data::Location<'_>, key: Option<&CStr>, _: i32, error: Option<&CStr>) {
        let error = error.map(owned).unwrap_or_default();
        self.take_down(Told::NotLoaded(Location::of(location), key.map(owned), error));
    }

    fn loaded(&self, location: preset_data::Location<'_>, key: Option<&CStr>) {
        self.take_down(Told::Loaded(Location::of(location), key.map(owned)));
    }
}

impl ClapInstance {
    /// Has the plug-in load a preset, as a host's browser does.
    ///
    /// # Errors
    /// If it cannot, or says that it did not.
    pub fn load_preset(&mut self, location: &Location, key: Option<&str>) -> Result<()> {
        let handle = self.instance.plugin_handle();
        let load: PluginPresetLoad = handle.get_extension().context("the plug-in loads no presets")?;
        let (path, key) = (location.path()?, key.map(CString::new).transpose()?);
        let location =
            path.as_deref().map_or(preset_data::Location::Plugin, |path| preset_data::Location::File { path });
        Ok(load.load_from_location(&handle, location, key.as_deref())?)
    }

    /// Whether the plug-in has the extension of this name.
    pub fn has_extension(&self, id: &CStr) -> bool {
        let plugin = self.instance.raw_instance();
        // SAFETY: a plain call of a live plug-in, on its main thread.
        plugin.get_extension.is_some_and(|get| unsafe { !get(plugin, id.as_ptr()).is_null() })
    }

    /// What the plug-in has told since the last time.
    pub fn take_told(&mut self) -> Vec<Told> {
        self.instance.access_handler(|main| main.told.take())
    }
}
