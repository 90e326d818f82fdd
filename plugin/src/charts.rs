//! Charts in the musician's files: read and written on threads of their own, so that the panel waits for none.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use continuo_charts::{Format, Found};
use continuo_input::files;
use continuo_models::music::Chart;

use crate::folders;
use crate::loaders;
use crate::params::ChartField;
use crate::presets::folder::as_file;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;
/// How files end that are looked for where no path is written.
const ENDINGS: [&str; 11] = ["musicxml", "mxl", "xml", "cho", "crd", "chopro", "chordpro", "pro", "mid", "midi", "txt"];

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartErrand {
    /// Follow the chart in a file.
    Import {
        /// Its path; empty: the newest one in the folder for what is imported.
        path: String,
        /// The channel of the musician's left hand: what a MIDI file has there are the chords.
        left_hand: Option<u8>,
    },
    /// Write this chart to a file of this kind.
    Export(Arc<Chart>, Format),
}

/// What came of it: what the musician should read, and the chart that was read.
type Outcome = (String, Option<Chart>);

/// The files of one instance's chart. Panel; never audio.
#[derive(Default)]
pub struct ChartFiles(Mutex<State>);

#[derive(Default)]
struct State {
    said: String,
    coming: VecDeque<Receiver<Outcome>>,
}

impl ChartFiles {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins what is asked for.
    pub fn run(&self, errand: ChartErrand) {
        let data = folders::data();
        let mut state = self.state();
        match loaders::spawn(move || run(errand, data.as_deref())) {
            Ok(coming) => state.coming.push_back(coming),
            Err(error) => state.said = format!("Nothing was done: the system gives no thread ({error}). Try again."),
        }
    }

    /// Takes in what has come, the newest last: `chart` is the one that was read. Returns what the musician should
    /// read.
    pub fn take_in(&self, chart: &ChartField) -> String {
        let mut state = self.state();
        while let Some(coming) = state.coming.front() {
            match coming.try_recv() {
                Ok((said, found)) => {
                    if let Some(found) = found {
                        let first_bar = chart.newest().first_bar;
                        chart.set(Arc::new(Chart { first_bar, ..found }));
                    }
                    state.said = said;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => "The file could not be read. Try again.".clone_into(&mut state.said),
            }
            state.coming.pop_front();
        }
        state.said.clone()
    }
}

fn run(errand: ChartErrand, data: Option<&Path>) -> Outcome {
    match errand {
        ChartErrand::Import { path, left_hand } => match import(path.trim(), left_hand, data) {
            Ok((file, Found { chart, remarks })) => {
                let said = format!("\"{}\" is the chart now.", name_of(&file));
                let all: Vec<String> = std::iter::once(said).chain(remarks).collect();
                (all.join(" "), Some(chart))
            }
            Err(error) => (error, None),
        },
        ChartErrand::Export(chart, format) => (export(&chart, format, data).unwrap_or_else(|error| error), None),
    }
}

fn import(path: &str, left_hand: Option<u8>, data: Option<&Path>) -> Result<(PathBuf, Found), String> {
    let file = match path.trim_matches(['"', '\'']) {
        "" => newest(&data.ok_or_else(no_place)?.join("import"))?,
        path => PathBuf::from(path.strip_prefix("file://").unwrap_or(path)),
    };
    let bytes = files::read(&file, LARGEST).map_err(|error| format!("\"{}\": {error}.", file.display()))?;
    let found = continuo_charts::read(&file.to_string_lossy(), &bytes, left_hand);
    let found = found.map_err(|error| format!("\"{}\" {error}.", name_of(&file)))?;
    Ok((file, found))
}

/// The chart in `folder` that was changed last.
fn newest(folder: &Path) -> Result<PathBuf, String> {
    // So that there is a folder to put them into.
    let _ = fs::create_dir_all(folder);
    let entries =
        fs::read_dir(folder).map_err(|error| format!("\"{}\" cannot be read ({error}).", folder.display()))?;
    let is_chart = |file: &PathBuf| {
        let ending = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        ENDINGS.contains(&ending.as_str())
    };
    let charts = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_chart);
    let changed = |file: &PathBuf| (fs::metadata(file).and_then(|data| data.modified()).ok(), file.clone());
    charts.max_by_key(changed).ok_or_else(|| {
        format!("There is no chart in \"{}\". Put one there, or write the path of a file.", folder.display())
    })
}

fn export(chart: &Chart, format: Format, data: Option<&Path>) -> Result<String, String> {
    if chart.is_empty() {
        return Err("There is no chart to write. Type one first.".to_owned());
    }
    let name = if chart.title.is_empty() { "Chart" } else { &chart.title };
    let file = data.ok_or_else(no_place)?.join("exports").join(format!("{}.{}", as_file(name), format.ending()));
    let refused = |error: io::Error| format!("\"{}\" is not written ({error}). Check its folder.", file.display());
    folders::write(&file, format.write(chart).as_bytes()).map_err(refused)?;
    Ok(format!("The chart is in {}", file.display()))
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn no_place() -> String {
    "The system does not say where your data lie. Set HOME, or write the path of a file.".to_owned()
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn a_chart_that_was_exported_is_imported_and_what_is_wrong_is_said() {
        let data = env::temp_dir().join(format!("continuo-charts-{}", std::process::id()));
        let import = |path: &str| run(ChartErrand::Import { path: path.to_owned(), left_hand: None }, Some(&data));
        assert!(import("").0.starts_with("There is no chart in"));
        let chart = Arc::new(Chart::read("# Tune\n| 4/4 Dm7 G7 | Cmaj7 |\n").0);
        for format in Format::ALL {
            let (said, _) = run(ChartErrand::Export(Arc::clone(&chart), format), Some(&data));
            let path = said.strip_prefix("The chart is in ").unwrap();
            let (said, found) = import(path);
            assert_eq!(found.map(|found| found.to_string()), Some(chart.to_string()), "{said}");
        }
        fs::copy(data.join("exports/Tune.txt"), data.join("import/Tune.txt")).unwrap();
        assert_eq!(import("").0, "\"Tune.txt\" is the chart now.");
        fs::write(data.join("import/none.mid"), "no").unwrap();
        let path = data.join("import/none.mid");
        assert!(import(&path.to_string_lossy()).0.starts_with("\"none.mid\" is no whole MIDI file"));
        assert!(run(ChartErrand::Export(Arc::default(), Format::Text), Some(&data)).0.contains("no chart"));
        fs::remove_dir_all(data).unwrap();
    }
}
