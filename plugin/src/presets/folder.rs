//! The folder of presets on the disk. Every function here may wait for it: none is for audio or the panel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use continuo_input::files;

use super::file::EXTENSION;
use super::{Preset, Tags};
use crate::folders;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The most files that are read.
const MOST: usize = 4096;

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 64;

/// A preset of the musician's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// Where it lies.
    pub file: PathBuf,
    /// What is in it.
    pub preset: Preset,
}

impl Own {
    /// By what preferences know it.
    pub fn mark(&self) -> String {
        format!("own/{}", name_of(&self.file))
    }
}

/// What is asked of the library.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// Read the folder: another program may have changed it.
    Read,
    /// Keep this preset.
    Save {
        /// The preset.
        preset: Box<Preset>,
        /// Whether it takes the place of one of its name.
        replace: bool,
    },
    /// Say other things of the preset in `file`.
    Describe {
        /// Where it lies.
        file: PathBuf,
        /// Its name to come.
        name: String,
        /// What it is, in one line.
        description: String,
        /// By which it is found.
        tags: Tags,
    },
    /// Delete the preset in this file.
    Delete(PathBuf),
    /// Bring back the one that was deleted or replaced last.
    Restore,
    /// Take in the preset in the file, or those in the folder, of this path; empty: those in the folder for that.
    Import(String),
    /// Write this preset to a file that can be given away.
    Export(Box<Preset>),
    /// Begin or cease to like the preset that is known by this.
    Favour(String),
}

/// What came of an errand, and what is in the folder now.
pub struct Outcome {
    /// What the musician should read; `None`: nothing new.
    pub said: Option<String>,
    /// The presets, by name.
    pub own: Vec<Own>,
    /// What is wrong with files, a line each.
    pub problems: Vec<String>,
    /// How many can be brought back.
    pub deleted: usize,
}

/// A folder of presets, and what was deleted from it in this process.
pub struct Folder {
    presets: PathBuf,
    /// Beside the presets, and not among them: hosts search those.
    trash: PathBuf,
    imports: PathBuf,
    exports: PathBuf,
    /// Where each deleted file lies now and where it lay, the newest last. Held for as long as an errand runs: one
    /// after the other.
    deleted: Mutex<Vec<(PathBuf, PathBuf)>>,
}

type Said = Result<Option<String>, String>;

impl Folder {
    /// The folders in the one for what is the musician's.
    pub fn new(data: PathBuf) -> Self {
        let folder = |name| data.join(name);
        Self {
            presets: folder("presets"),
            trash: folder("deleted"),
            imports: folder("import"),
            exports: folder("exports"),
            deleted: Mutex::default(),
        }
    }

    /// Does what is asked for, and reads the folder.
    pub fn run(&self, errand: Errand) -> Outcome {
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match errand {
            Errand::Read | Errand::Favour(_) => Ok(None),
            Errand::Save { preset, replace } => self.save(&preset, replace, &mut deleted),
            Errand::Describe { file, name, description, tags } => self.describe(&file, name.trim(), description, tags),
            Errand::Delete(file) => self.delete(&file, &mut deleted),
            Errand::Restore => self.restore(&mut deleted),
            Errand::Import(path) => self.import(path.trim()),
            Errand::Export(preset) => self.export(&preset),
        };
        let (own, problems) = self.read();
        Outcome { said: done.unwrap_or_else(Some), own, problems, deleted: deleted.len() }
    }

    /// Every preset in the folder, and what is wrong with files there.
    fn read(&self) -> (Vec<Own>, Vec<String>) {
        let (mut own, mut problems) = (Vec::new(), Vec::new());
        let files = match listed(&self.presets) {
            Ok(files) => files,
            // Before the first preset there is none.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                problems.push(format!("\"{}\" cannot be read ({error}). Check its rights.", self.presets.display()));
                Vec::new()
            }
        };
        if files.len() > MOST {
            problems.push(format!("There are {} presets, and the first {MOST} are shown.", files.len()));
        }
        for file in files.into_iter().take(MOST) {
            match read(&file) {
                Ok((preset, remarks)) => {
                    problems.extend(remarks);
                    own.push(Own { file, preset });
                }
                Err(problem) => problems.push(problem),
            }
        }
        own.sort_by_cached_key(|own| (own.preset.name.to_lowercase(), own.file.clone()));
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        own.iter().for_each(|own| names.entry(&own.preset.name).or_default().push(name_of(&own.file)));
        for (name, files) in names.into_iter().filter(|(_, files)| files.len() > 1) {
            problems.push(format!("Several presets are called \"{name}\": {}. Rename one.", files.join(", ")));
        }
        (own, problems)
    }

    /// The file of the preset that is called `name`.
    fn called(&self, name: &str) -> Option<PathBuf> {
        self.read().0.into_iter().find(|own| own.preset.name == name).map(|own| own.file)
    }

    fn save(&self, preset: &Preset, replace: bool, deleted: &mut Vec<(PathBuf, PathBuf)>) -> Said {
        let name = &preset.name;
        if name.trim().is_empty() {
            return Err("A preset needs a name: write one, and save again.".to_owned());
        }
        if let Some(file) = self.called(name) {
            if !replace {
                return Err(format!("\"{name}\" is there already. Save once more to replace it, or change the name."));
            }
            self.delete(&file, deleted)?;
        }
        self.put(preset, name)?;
        Ok(Some(format!("\"{name}\" is saved.")))
    }

    /// Writes a preset to a free file. Returns where.
    fn put(&self, preset: &Preset, name: &str) -> Result<PathBuf, String> {
        let file = free(&self.presets, name);
        folders::write(&file, preset.write().as_bytes()).map_err(|error| unwritten(name, &file, &error))?;
        Ok(file)
    }

    fn describe(&self, file: &Path, name: &str, description: String, tags: Tags) -> Said {
        if name.is_empty() {
            return Err("A preset needs a name: write one, and rename again.".to_owned());
        }
        let (mut preset, _) = read(file)?;
        let is_called_so = preset.name == name;
        if is_called_so && preset.description == description && preset.tags == tags {
            return Ok(None);
        }
        if !is_called_so && self.called(name).is_some() {
            return Err(format!("\"{name}\" is there already. Choose another name."));
        }
        let before = std::mem::replace(&mut preset.name, name.to_owned());
        (preset.description, preset.tags) = (description, tags);
        if is_called_so {
            folders::write(file, preset.write().as_bytes()).map_err(|error| unwritten(name, file, &error))?;
            return Ok(Some(format!("\"{name}\" is described anew.")));
        }
        self.put(&preset, name)?;
        fs::remove_file(file).map_err(|error| format!("\"{}\" stays beside it ({error}).", name_of(file)))?;
        Ok(Some(format!("\"{before}\" is called \"{name}\" now.")))
    }

    fn delete(&self, file: &Path, deleted: &mut Vec<(PathBuf, PathBuf)>) -> Said {
        let name = name_of(file);
        let to = free_file(&self.trash, &name);
        let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(file, &to));
        moved.map_err(|error| format!("\"{name}\" is not deleted ({error}). Check the rights of its folder."))?;
        deleted.push((to, file.to_owned()));
        Ok(Some(format!("\"{name}\" is deleted. Undelete brings it back.")))
    }

    fn restore(&self, deleted: &mut Vec<(PathBuf, PathBuf)>) -> Said {
        let Some((from, to)) = deleted.last() else { return Err("Nothing was deleted.".to_owned()) };
        let name = name_of(to);
        let to = if to.exists() { free_file(&self.presets, &name) } else { to.clone() };
        fs::rename(from, to).map_err(|error| format!("\"{name}\" does not come back ({error}). Try again."))?;
        deleted.pop();
        Ok(Some(format!("\"{name}\" is back.")))
    }

    fn import(&self, path: &str) -> Said {
        let inbox = &self.imports;
        let path = match path.trim_matches(['"', '\'']) {
            "" => inbox.clone(),
            path => PathBuf::from(path.strip_prefix("file://").unwrap_or(path)),
        };
        if path == *inbox && !inbox.is_dir() {
            // So that there is a folder to put them into.
            let _ = fs::create_dir_all(inbox);
        }
        let files = if path.is_dir() {
            listed(&path).map_err(|error| format!("\"{}\" cannot be read ({error}).", path.display()))?
        } else {
            vec![path.clone()]
        };
        if files.is_empty() {
            return Err(format!(
                "There are no presets in \"{}\". Put some there, or write a file's path.",
                path.display()
            ));
        }
        let mut known: Vec<Preset> = self.read().0.into_iter().map(|own| own.preset).collect();
        let (mut names, mut problems) = (Vec::new(), Vec::new());
        for file in files {
            match read(&file).and_then(|(preset, _)| self.take_in(preset, &mut known)) {
                Ok(name) => {
                    names.push(format!("\"{name}\""));
                    if file.starts_with(inbox) {
                        // What stays there is taken in once more, and is the same.
                        let _ = fs::remove_file(&file);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        let taken = (!names.is_empty()).then(|| format!("Imported {}.", names.join(", ")));
        let said = taken.into_iter().chain(problems).collect::<Vec<_>>().join(" ");
        if names.is_empty() { Err(said) } else { Ok(Some(said)) }
    }

    /// Takes in a preset, unless it is among those that are `known`. Returns its name.
    fn take_in(&self, preset: Preset, known: &mut Vec<Preset>) -> Result<String, String> {
        let name = preset.name.clone();
        if !known.contains(&preset) {
            self.put(&preset, &name)?;
            known.push(preset);
        }
        Ok(name)
    }

    fn export(&self, preset: &Preset) -> Said {
        let file = self.exports.join(format!("{}.{EXTENSION}", as_file(&preset.name)));
        let written = folders::write(&file, preset.write().as_bytes());
        written.map_err(|error| unwritten(&preset.name, &file, &error))?;
        Ok(Some(format!("\"{}\" is in {}", preset.name, file.display())))
    }
}

/// The folder of the musician's own presets; `None`: the system does not say where the user's data lie. It need not
/// exist.
pub fn own() -> Option<PathBuf> {
    Some(Folder::new(folders::data()?).presets)
}

/// The preset in a file and what is wrong with it. A preset without a name is called as the file.
///
/// # Errors
/// If it cannot be read, or is none: what the musician should read.
pub fn read(file: &Path) -> Result<(Preset, Vec<String>), String> {
    let bytes = files::read(file, LARGEST).map_err(|error| format!("\"{}\": {error}.", file.display()))?;
    let mut remarks = Vec::new();
    let mut preset = Preset::read(&String::from_utf8_lossy(&bytes), &mut remarks)
        .map_err(|error| format!("\"{}\" {error}", file.display()))?;
    if preset.name.is_empty() {
        preset.name = name_of(file);
    }
    Ok((preset, remarks))
}

/// The files that may be presets in a folder, in order.
fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let is_preset = |file: &PathBuf| {
        let ending = file.extension().unwrap_or_default();
        [EXTENSION, "json"].iter().any(|known| ending == *known) && file.is_file()
    };
    let mut files: Vec<_> = entries.filter(is_preset).collect();
    files.sort();
    Ok(files)
}

/// The name of a file without its ending.
pub fn name_of(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// `name` as every system takes it for a file.
pub fn as_file(name: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || " -_'&,()".contains(letter) { letter } else { '_' };
    let name: String = name.chars().map(plain).take(LONGEST_NAME).collect();
    let name = name.trim().to_owned();
    let small = name.to_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| small.strip_prefix(port).is_some_and(|rest| rest.len() == 1));
    let reserved = is_port || ["con", "prn", "aux", "nul"].contains(&small.as_str());
    if name.is_empty() || reserved { format!("_{name}") } else { name }
}

/// A file in `folder` for a preset called `name`, which is not there yet.
fn free(folder: &Path, name: &str) -> PathBuf {
    free_file(folder, &as_file(name))
}

fn free_file(folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2..).map(|number| format!("{stem} {number}.{EXTENSION}"));
    let mut names = std::iter::once(format!("{stem}.{EXTENSION}")).chain(numbered).map(|name| folder.join(name));
    names.find(|file| !file.exists()).unwrap_or_else(|| folder.join(stem))
}

fn unwritten(name: &str, file: &Path, error: &io::Error) -> String {
    let folder = file.parent().unwrap_or(file).display();
    format!("\"{name}\" is not written: \"{folder}\" refuses it ({error}). Check its rights and its room.")
}

#[cfg(test)]
mod tests;
