//! The networks as files: the built-in ones, a folder of one's own, and what happens when a file is broken.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{probe, probe_slowed};
use sha2::{Digest, Sha256};

const GRU: u32 = 1;
const TRANSFORMER: u32 = 2;
const OWN: u32 = 3;

const ALL: u32 = 0b1111;
const HARMONIST: u32 = 0b001;
const SOLOIST: u32 = 0b010;
/// What all families have alike: harmonizer and texture network.
const COMMON: u32 = 0b1100;

/// The networks that the plug-in is built with, the GRUs where a family has its own.
fn sources() -> impl Iterator<Item = PathBuf> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let names = [("gru", "harmonist"), ("gru", "soloist"), ("bidirectional-gru", "harmonizer"), ("vae", "texture")];
    let file = move |(folder, name): (&str, &str), kind| models.join(folder).join(format!("{name}.{kind}"));
    names.into_iter().flat_map(move |name| ["onnx", "json"].map(|kind| file(name, kind)))
}

/// A folder with copies of the networks and their cards, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self::at(std::env::temp_dir().join(format!("continuo-models-{name}-{}", std::process::id())))
    }

    fn at(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        for file in sources() {
            let copy = folder.join(file.file_name().unwrap());
            fs::copy(&file, copy).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
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
    assert_eq!(probed.networks, ALL, "{}", probed.said);
    assert_plays(&probed, "built in");
}

#[test]
fn a_folder_with_the_same_networks_plays_the_same() {
    let probed = Folder::new("same").probe();
    assert_eq!(probed.networks, ALL, "{}", probed.said);
    assert_eq!(probed.hash, probe(&["--bars", "8"], &[]).hash);
}

#[test]
fn a_network_that_is_cut_off_is_named_and_the_band_plays_by_rule() {
    let folder = Folder::new("cut");
    let bytes = fs::read(folder.file("harmonist.onnx")).unwrap();
    fs::write(folder.file("harmonist.onnx"), &bytes[..bytes.len() / 2]).unwrap();
    let probed = folder.probe();
    assert_eq!(probed.networks, SOLOIST | COMMON);
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
    assert_eq!(probed.networks, HARMONIST | COMMON);
    assert!(probed.said.contains("soloist"), "it is named: {}", probed.said);
    assert_plays(&probed, "without the soloist");
}

#[test]
fn a_missing_card_and_a_card_that_is_no_json_are_named() {
    let folder = Folder::new("cards");
    fs::remove_file(folder.file("harmonist.json")).unwrap();
    fs::write(folder.file("soloist.json"), "{").unwrap();
    let probed = folder.probe();
    assert_eq!(probed.networks, COMMON);
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
fn a_variable_that_is_empty_is_as_one_that_is_not_set() {
    let empty = ["CONTINUO_MODELS", "XDG_DATA_HOME"].map(|name| (name, ""));
    let probed = probe(&["--bars", "8"], &empty);
    assert_eq!((probed.networks, probed.origins, &*probed.said), (ALL, [GRU; 2], ""));
}

#[test]
fn a_folder_that_says_not_from_where_is_named_and_the_built_in_networks_play() {
    for set in ["GRU", "Own folder"] {
        let probed = probe(&["--set", &format!("network={set}")], &[("CONTINUO_MODELS", "models/gru")]);
        assert_eq!((probed.networks, probed.origins), (ALL, [GRU; 2]), "{set}");
        assert!(probed.said.contains("CONTINUO_MODELS is \"models/gru\""), "{set}: {}", probed.said);
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_a_folder_and_a_file_too_large_in_the_place_of_a_network_are_named_and_nothing_waits() {
    type Put = fn(&Path);
    let pipe: Put = |path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let folder: Put = |path| fs::create_dir(path).unwrap();
    let large: Put = |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    for (put, reason) in [(pipe, "it is a pipe, not a file"), (folder, "it is a folder, not a file"), (large, "1 TB")] {
        for file in ["harmonist.onnx", "harmonist.json"] {
            let own = Folder::new("kinds");
            fs::remove_file(own.file(file)).unwrap();
            put(&own.file(file));
            let probed = own.probe();
            assert_eq!(probed.networks, SOLOIST | COMMON);
            assert!(probed.said.contains(&format!("{file}: it")), "{}", probed.said);
            assert!(probed.said.contains(reason), "{}", probed.said);
        }
    }
}

#[test]
fn each_set_of_networks_plays_another_music_and_says_so() {
    let [gru, transformer] =
        ["GRU", "Transformer"].map(|set| probe(&["--bars", "8", "--set", &format!("network={set}")], &[]));
    assert_eq!((gru.origins, transformer.origins), ([GRU; 2], [TRANSFORMER; 2]));
    assert_eq!(gru.hash, probe(&["--bars", "8"], &[]).hash, "the GRU is the default");
    assert_ne!(gru.hash, transformer.hash);
    assert_plays(&transformer, "the Transformer");
    assert_eq!(transformer.said, "");
}

/// In two bars of eight the Transformer plays, in the others the GRU.
const THERE_AND_BACK: [&str; 6] = ["--bars", "8", "--change", "200:network=Transformer", "--change", "400:network=GRU"];

#[test]
fn switching_while_playing_counts_from_a_frame_on_and_leaves_nothing_behind() {
    let usual = probe(&["--bars", "8"], &[]);
    for format in ["clap", "vst3"] {
        let switched = probe(&[THERE_AND_BACK.as_slice(), &["--format", format]].concat(), &[]);
        assert_eq!((switched.mismatches, switched.misses), (0, 0), "{format}: {switched:?}");
        assert_eq!(switched.origins, [GRU; 2]);
        assert_ne!(switched.hash, usual.hash, "{format}: the Transformer is heard");
        assert_plays(&switched, format);
        let slow = probe_slowed(&THERE_AND_BACK, 15);
        assert_eq!(slow.hash, switched.hash, "{format}: when the worker wakes does not matter");
    }
}

#[test]
fn switching_live_misses_no_plan() {
    let arguments = ["--bars", "3", "--live", "--change", "80:network=Transformer", "--change", "200:network=GRU"];
    for attempt in 1.. {
        let live = probe(&arguments, &[]);
        assert_eq!((live.mismatches, live.origins), (0, [GRU; 2]));
        // Another process may hold up this one; then another attempt is made.
        if live.misses == 0 {
            return;
        }
        assert!(attempt < 3, "the machine was too busy for live playing three times ({} plans late)", live.misses);
    }
}

#[test]
fn a_folder_among_the_users_data_is_read_when_it_is_chosen() {
    let data = std::env::temp_dir().join(format!("continuo-data-{}", std::process::id()));
    let folder = Folder::at(data.join("continuo").join("models"));
    let home = [("XDG_DATA_HOME", data.to_str().unwrap())];
    let own = ["--bars", "8", "--set", "network=Own folder"];

    let whole = probe(&own, &home);
    assert_eq!(whole.origins, [OWN; 2], "{}", whole.said);
    assert_eq!(whole.hash, probe(&["--bars", "8"], &[]).hash, "the same networks play the same");
    let later = probe(&["--bars", "8", "--change", "200:network=Own folder"], &home);
    assert_eq!((later.origins, later.mismatches, later.misses), ([OWN; 2], 0, 0), "{}", later.said);

    fs::remove_file(folder.file("soloist.json")).unwrap();
    let part = probe(&own, &home);
    assert_eq!(part.origins, [OWN, GRU]);
    assert!(part.said.contains("soloist.json") && part.said.contains("built-in soloist plays"), "{}", part.said);
    assert_plays(&part, "with the built-in soloist");

    let _ = fs::remove_dir_all(&data);
    let none = probe(&own, &home);
    assert_eq!((none.origins, none.networks), ([GRU; 2], ALL));
    assert!(none.said.contains("harmonist.onnx") && none.said.contains(data.to_str().unwrap()), "{}", none.said);
    assert_plays(&none, "with the built-in networks");
}

#[test]
fn the_named_folder_plays_for_the_default_and_no_other_set() {
    let folder = Folder::new("named");
    let environment = [("CONTINUO_MODELS", folder.0.to_str().unwrap())];
    for (set, origin) in [("GRU", OWN), ("Transformer", TRANSFORMER), ("Own folder", OWN)] {
        let probed = probe(&["--set", &format!("network={set}")], &environment);
        assert_eq!(probed.origins, [origin; 2], "{set}: {}", probed.said);
    }
}

#[test]
fn by_rule_alone_the_band_is_deterministic_too() {
    let by_rule = || probe(&["--bars", "8"], &[("CONTINUO_MODELS", "/no/such/folder")]).hash;
    assert_eq!(by_rule(), by_rule());
}
