//! Which modules a crate has, and which of them each one uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

use super::Arrows;

/// The modules of the crate at `source`, by path (the crate itself is empty), and those that each one uses in what is
/// shipped: tests may look everywhere. Other crates of ours that a crate shows as its own modules are among them.
pub fn modules(source: &Path) -> Result<Arrows> {
    let mut files = BTreeMap::new();
    read(source, &mut Vec::new(), &mut files)?;
    let of_tests: Vec<String> = files.iter().flat_map(|(name, file)| modules_of_tests(name, file)).collect();
    files.retain(|name, _| !of_tests.contains(name));
    let mut names: BTreeSet<String> = files.keys().cloned().collect();
    for file in files.get("").iter().flat_map(|file| &file.items) {
        if let syn::Item::Use(ItemUse { tree: UseTree::Rename(tree), .. }) = file {
            names.insert(tree.rename.to_string());
        }
    }
    let mut arrows: Arrows = names.iter().map(|name| (name.clone(), BTreeSet::new())).collect();
    for (name, file) in &files {
        let mut paths = Paths::default();
        paths.visit_file(file);
        let used = paths.0.iter().filter_map(|path| target(name, path, &names)).filter(|to| to != name);
        arrows.entry(name.clone()).or_default().extend(used);
    }
    Ok(arrows)
}

/// The modules that the module `name` has for its tests only.
fn modules_of_tests(name: &str, file: &syn::File) -> Vec<String> {
    let inside =
        |module: &ItemMod| [name, "::", &module.ident.to_string()].concat().trim_start_matches("::").to_owned();
    let modules =
        file.items.iter().filter_map(|item| if let syn::Item::Mod(module) = item { Some(module) } else { None });
    modules.filter(|module| is_of_tests(&module.attrs)).map(inside).collect()
}

fn read(folder: &Path, inside: &mut Vec<String>, files: &mut BTreeMap<String, syn::File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for path in entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()? {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            inside.push(name);
            read(&path, inside, files)?;
            inside.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "main" {
            let own = (!["mod", "lib"].contains(&&*name)).then_some(&name);
            let module = inside.iter().chain(own).cloned().collect::<Vec<_>>().join("::");
            let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let file = syn::parse_file(&text).with_context(|| format!("{} is no Rust", path.display()))?;
            files.insert(module, file);
        }
    }
    Ok(())
}

/// The module that `path` leads to from the module `from`; `None`: out of the crate.
fn target(from: &str, path: &[String], names: &BTreeSet<String>) -> Option<String> {
    let mut here: Vec<&str> = from.split("::").filter(|part| !part.is_empty()).collect();
    let mut path = path.iter().map(String::as_str).peekable();
    match *path.peek()? {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            while path.next_if_eq(&"super").is_some() {
                here.pop();
            }
            here.extend(path);
            return longest(&here, names);
        }
        first => {
            here.push(first);
            names.get(&here.join("::"))?;
            here.pop();
            here.extend(path);
            return longest(&here, names);
        }
    }
    here.extend(path.skip(1));
    longest(&here, names)
}

/// The longest beginning of `path` that is a module.
fn longest(path: &[&str], names: &BTreeSet<String>) -> Option<String> {
    (0..=path.len()).rev().map(|length| path[..length].join("::")).find(|path| names.contains(path))
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    };
    attributes.iter().any(is_test)
}

/// Every path that a file names, but in its tests.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn add(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add(before, &path.tree);
                before.pop();
            }
            UseTree::Name(name) => self.0.push(before.iter().cloned().chain([name.ident.to_string()]).collect()),
            UseTree::Rename(name) => self.0.push(before.iter().cloned().chain([name.ident.to_string()]).collect()),
            UseTree::Glob(_) => self.0.push(before.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(before, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}
