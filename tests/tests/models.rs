//! The networks as files: the built-in ones, a folder of one's own, and what happens when a file is broken.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::probe;
use sha2::{Digest, Sha256};

const BOTH: u32 = 0b11;
const HARMONIST: u32 = 0b01;
const SOLOIST: u32 = 0b10;

/// The networks that the plug-in is built with.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// A folder with copies of both networks and their cards, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("continuo-models-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for file in ["harmonist.onnx", "harmonist.json", "soloist.onnx", "soloist.json"] {
            fs::copy(sources().join(file), folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn probe(&self) -> common::Probed {
        probe(&["--bars", "8"], &[("CONTINUO_MODELS", self.0.to_str().unwrap())])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Music goes on: Chords and Bass play.
fn assert_plays(probed: &common::Probed, what: &str) {
    let [voices, chords, bass, _] = probed.notes;
    assert!(voices > 0 && chords > 0 && bass > 0, "{what}: {probed:?}");
}

#[test]
fn the_built_in_networks_are_loaded() {
    let probed = probe(&["--bars", "8"], &[]);
    assert_eq!(probed.networks, BOTH, "{}", probed.said);
    assert_plays(&probed, "built in");
}

#[test]
fn a_folder_with_the_same_networks_plays_the_same() {
    let probed = Folder::new("same").probe();
    assert_eq!(probed.networks, BOTH, "{}", probed.said);
    assert_eq!(probed.hash, probe(&["--bars", "8"], &[]).hash);
}

#[test]
fn a_network_that_is_cut_off_is_named_and_the_band_plays_by_rule() {
    let folder = Folder::new("cut");
    let bytes = fs::read(folder.file("harmonist.onnx")).unwrap();
    fs::write(folder.file("harmonist.onnx"), &bytes[..bytes.len() / 2]).unwrap();
    let probed = folder.probe();
    assert_eq!(probed.networks, SOLOIST);
    assert!(probed.said.contains("harmonist"), "it is named: {}", probed.said);
    assert_plays(&probed, "without the harmonist");
}

#[test]
fn a_network_whose_card_agrees_but_whose_graph_is_broken_is_named() {
    let folder = Folder::new("graph");
    let bytes = b"this is no network".to_vec();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.file("soloist.onnx"), &bytes).unwrap();
    let card = fs::read_to_string(folder.file("soloist.json")).unwrap();
    let mut card: serde_json::Value = serde_json::from_str(&card).unwrap();
    card["sha256"] = digest.into();
    fs::write(folder.file("soloist.json"), card.to_string()).unwrap();
    let probed = folder.probe();
    assert_eq!(probed.networks, HARMONIST);
    assert!(probed.said.contains("soloist"), "it is named: {}", probed.said);
    assert_plays(&probed, "without the soloist");
}

#[test]
fn a_missing_card_and_a_card_that_is_no_json_are_named() {
    let folder = Folder::new("cards");
    fs::remove_file(folder.file("harmonist.json")).unwrap();
    fs::write(folder.file("soloist.json"), "{").unwrap();
    let probed = folder.probe();
    assert_eq!(probed.networks, 0);
    assert!(probed.said.contains("harmonist") && probed.said.contains("soloist"), "both are named: {}", probed.said);
    assert_plays(&probed, "by rule alone");
}

#[test]
fn a_folder_that_is_not_there_is_named_and_music_goes_on() {
    let probed = probe(&["--bars", "8"], &[("CONTINUO_MODELS", "/no/such/folder")]);
    assert!(probed.said.contains("/no/such/folder"), "it is named: {}", probed.said);
    assert_plays(&probed, "without the folder");
}

#[test]
fn by_rule_alone_the_band_is_deterministic_too() {
    let by_rule = || probe(&["--bars", "8"], &[("CONTINUO_MODELS", "/no/such/folder")]).hash;
    assert_eq!(by_rule(), by_rule());
}
