//! Where networks of the musician's own lie.

use std::path::PathBuf;

use continuo_input::environment::{self, NoFolder};

use crate::folders;

/// A folder of networks that play in the place of the built-in ones.
const MODELS: &str = "CONTINUO_MODELS";

/// What is said when there is no place for networks of one's own.
const NO_FOLDER: &str = "There is no folder for networks of your own: the system does not say where your data lie. The \
                         built-in networks play until you name a folder in CONTINUO_MODELS.";

/// The folder that [`MODELS`] names, or what is wrong with it. `None` if the variable is not set.
pub fn named() -> Option<Result<PathBuf, String>> {
    match environment::folder(MODELS) {
        Err(NoFolder::Unset(_)) => None,
        Err(problem) => Some(Err(format!("The built-in networks play: {problem}."))),
        Ok(folder) => Some(Ok(folder)),
    }
}

/// The folder for networks of one's own: the one that is [`named`], else the one among the user's data.
///
/// # Errors
/// If what is named is no absolute path, or the system does not say where the user's data are: what the musician should
/// read.
pub fn own() -> Result<PathBuf, String> {
    named().unwrap_or_else(|| Ok(folders::data().ok_or(NO_FOLDER)?.join("models")))
}
