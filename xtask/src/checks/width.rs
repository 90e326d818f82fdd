//! Comments within the width of the source: rustfmt leaves them as they are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cargo;

/// The width of a line, in characters.
const WIDTH: usize = 120;

/// Whether no comment is wider; names those that are. Rows of tables cannot be broken.
pub fn passes() -> Result<bool> {
    let mut wide = Vec::new();
    for folder in ["models", "plugin", "tests", "xtask"] {
        search(&cargo::root().join(folder), &mut wide)?;
    }
    wide.iter().for_each(|place| eprintln!("{place}: a comment is wider than {WIDTH} characters"));
    Ok(wide.is_empty())
}

fn search(folder: &Path, wide: &mut Vec<String>) -> Result<()> {
    let unreadable = || format!("{} could not be read", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_dir() {
            // What is built beside the sources is not ours.
            if path.file_name().is_some_and(|name| name != "target") {
                search(&path, wide)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
            wide.extend(too_wide(&source).map(|line| format!("{}:{line}", path.display())));
        }
    }
    Ok(())
}

/// The numbers of the lines of `source` that are comments and too wide.
fn too_wide(source: &str) -> impl Iterator<Item = usize> {
    (1..).zip(source.lines()).filter(|(_, line)| line.chars().count() > WIDTH && is_comment(line)).map(|(line, _)| line)
}

fn is_comment(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") && !text.trim_start_matches(['/', '!', ' ']).starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_are_too_wide_are_found_and_code_and_rows_of_tables_are_left_to_others() {
        let long = "a ".repeat(WIDTH / 2);
        let source = format!("/// short\n/// {long}\n//! | {long} |\nlet a = \"{long}\";\n    // {long}\n");
        assert_eq!(too_wide(&source).collect::<Vec<_>>(), [2, 5]);
    }

    #[test]
    fn a_character_counts_once_however_it_is_written() {
        assert_eq!(too_wide(&format!("//{}", "é".repeat(WIDTH - 2))).count(), 0);
    }
}
