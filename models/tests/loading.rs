//! Networks that are missing, damaged or strange are named, and the band plays by rule.

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use common::{file, notes, ode_to_joy, play};
use continuo_models::music::Meter;
use continuo_models::network::HarmonizerNetwork;
use continuo_models::{Controls, Family, Improviser, Networks, Role};

fn network_file(family: Family, name: &str) -> Vec<u8> {
    let role_of = |role: &Role| name.starts_with(role.name());
    let role = Role::ALL.into_iter().find(role_of).expect("a file of a role");
    file(&format!("{}/{name}", family.folder_of(role)))
}

/// `bytes` with every `old` replaced by `new`, which is as long.
fn replaced(mut bytes: Vec<u8>, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> =
        (0..=bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old.as_bytes())).collect();
    assert!(!places.is_empty(), "{old} is there");
    places.into_iter().for_each(|at| bytes[at..at + new.len()].copy_from_slice(new.as_bytes()));
    bytes
}

/// A folder of its own with the built-in networks in it, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self::of(Family::Gru, name)
    }

    fn of(family: Family, name: &str) -> Self {
        Self::filled(name, |file| network_file(family, file))
    }

    /// With networks of the contract before, as far as it knew their roles.
    fn of_the_contract_before(name: &str) -> Self {
        Self::filled(name, |name| match name.starts_with("harmonist") || name.starts_with("soloist") {
            true => file(&format!("tests/contract-2/{name}")),
            false => network_file(Family::Gru, name),
        })
    }

    fn filled(name: &str, read: impl Fn(&str) -> Vec<u8>) -> Self {
        let path = std::env::temp_dir().join(format!("continuo-loading-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for name in Role::ALL.into_iter().flat_map(|role| ["onnx", "json"].map(|kind| format!("{role}.{kind}"))) {
            fs::write(path.join(&name), read(&name)).unwrap();
        }
        Self(path)
    }

    fn change(&self, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> &Self {
        let path = self.0.join(file);
        fs::write(&path, change(fs::read(&path).unwrap())).unwrap();
        self
    }

    /// Makes the card agree with the file again.
    fn vouch(&self, network: &str) -> &Self {
        use sha2::{Digest, Sha256};
        let onnx = fs::read(self.0.join(format!("{network}.onnx"))).unwrap();
        let sum: String = Sha256::digest(&onnx).iter().map(|byte| format!("{byte:02x}")).collect();
        self.write(network, "/sha256", sum.into())
    }

    /// Changes an entry of a network's card.
    fn write(&self, network: &str, entry: &str, value: serde_json::Value) -> &Self {
        self.change(&format!("{network}.json"), |json| {
            let mut card: serde_json::Value = serde_json::from_slice(&json).unwrap();
            *card.pointer_mut(entry).unwrap() = value;
            card.to_string().into_bytes()
        })
    }

    fn load(&self) -> (Networks, Vec<String>) {
        Networks::from_folder(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn assert_plays(networks: Networks) {
    let mut improviser = Improviser::new(Arc::new(networks));
    let cues = play(&mut improviser, &ode_to_joy(), 0..200, Meter::default(), |_| Controls::default());
    assert!(notes(&cues).count() > 50, "the band plays by rule");
}

/// The only problem of a folder whose harmonist is refused; the band plays.
fn only_problem(folder: &Folder) -> String {
    let (networks, problems) = folder.load();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("harmonist.onnx"), "{}", problems[0]);
    assert!(!networks.has(Role::Harmonist) && networks.has(Role::Soloist));
    assert_plays(networks);
    problems[0].clone()
}

#[test]
fn the_built_in_networks_of_every_family_load_without_a_problem() {
    for family in Family::ALL {
        let (networks, problems) = Networks::built_in(family);
        assert_eq!(problems, [""; 0]);
        assert!(Role::ALL.into_iter().all(|role| networks.has(role)));
        assert!(networks.get::<HarmonizerNetwork>().is_some(), "it is loaded when it is first asked for");
    }
}

#[test]
fn a_family_is_the_label_on_its_cards() {
    for (family, role) in Family::ALL.into_iter().flat_map(|family| Role::ALL.map(|role| (family, role))) {
        let card: serde_json::Value = serde_json::from_slice(&network_file(family, &format!("{role}.json"))).unwrap();
        let (folder, name) = (family.folder_of(role).into(), role.name().into());
        assert_eq!((&card["architecture"]["family"], &card["role"]), (&folder, &name));
    }
}

#[test]
fn the_same_files_load_from_a_folder_whatever_states_they_have() {
    for family in Family::ALL {
        let (networks, problems) = Folder::of(family, &format!("same-{}", family.folder())).load();
        assert_eq!(problems, [""; 0]);
        assert!(Role::ALL.into_iter().all(|role| networks.has(role)));
        assert_plays(networks);
    }
}

#[test]
fn networks_of_the_contract_before_play_on() {
    let (networks, problems) = Folder::of_the_contract_before("before").load();
    assert_eq!(problems, [""; 0]);
    assert!(Role::ALL.into_iter().all(|role| networks.has(role)));
    assert_plays(networks);
}

#[test]
fn a_network_of_another_contract_is_refused() {
    let folder = Folder::new("contract");
    folder.write("harmonist", "/contract", "continuo-1".into());
    let problem = only_problem(&folder);
    assert!(problem.contains("`continuo-1`") && problem.contains("`continuo-3`"), "{problem}");
}

#[test]
fn a_network_of_another_vocabulary_is_refused() {
    let folder = Folder::new("qualities");
    let problem = only_problem(folder.write("harmonist", "/vocabulary/qualities/3", "7sus4".into()));
    assert!(problem.contains("qualities") && problem.contains("7sus4"), "{problem}");
}

#[test]
fn a_network_may_have_been_told_of_styles_that_nobody_knows() {
    let folder = Folder::new("polka");
    let (networks, problems) = folder.write("harmonist", "/styles/0", "polka".into()).load();
    assert_eq!(problems, [""; 0]);
    assert_plays(networks);
}

#[test]
fn a_network_that_was_told_of_more_styles_than_its_card_names_is_refused() {
    let folder = Folder::new("styles");
    let problem = only_problem(folder.write("harmonist", "/styles", serde_json::json!(["pop", "jazz"])));
    assert!(problem.contains("told of 11 styles") && problem.contains("names 2"), "{problem}");
}

#[test]
fn a_state_that_does_not_come_back_is_refused() {
    let folder = Folder::new("state");
    // Names of states differ between exports; the first one of this file is what its card names.
    let card: serde_json::Value = serde_json::from_slice(&network_file(Family::Gru, "harmonist.json")).unwrap();
    let state = card["outputs"].as_object().unwrap().keys().find(|name| name.ends_with("_out")).unwrap().clone();
    let lost = state.replace("_out", "_lost")[..state.len()].to_owned();
    folder.change("harmonist.onnx", |onnx| replaced(onnx, &state, &lost)).vouch("harmonist");
    let problem = only_problem(&folder);
    assert!(problem.contains(&format!("it has no output `{state}`")), "{problem}");
}

#[test]
fn what_is_missing_is_named_with_its_path() {
    let folder = Folder::new("missing");
    fs::remove_file(folder.0.join("harmonist.onnx")).unwrap();
    fs::remove_file(folder.0.join("soloist.json")).unwrap();
    let (networks, problems) = folder.load();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains(&folder.0.join("harmonist.onnx").display().to_string()), "{}", problems[0]);
    assert!(problems[1].contains(&folder.0.join("soloist.json").display().to_string()), "{}", problems[1]);
    assert!(problems.iter().all(|problem| problem.contains("by rule")));
    assert_plays(networks);
}

#[test]
fn a_harmonizer_that_goes_from_step_to_step_is_refused() {
    let folder = Folder::new("steps");
    folder.change("harmonizer.onnx", |_| network_file(Family::Gru, "harmonist.onnx")).vouch("harmonizer");
    let (networks, problems) = folder.load();
    assert!(problems.len() == 1 && problems[0].contains("harmonizer.onnx"), "{problems:?}");
    assert_eq!(Role::ALL.map(|role| networks.has(role)), [true, true, false, true]);
    assert_plays(networks);
}

#[test]
fn a_folder_that_is_not_there_gives_a_problem_for_each_role() {
    let (networks, problems) = Networks::from_folder(&std::env::temp_dir().join("continuo-no-such-folder"));
    assert_eq!(problems.len(), Role::ALL.len());
    assert_plays(networks);
}

#[test]
fn a_damaged_file_is_noticed_by_its_checksum() {
    let folder = Folder::new("damaged");
    folder.change("harmonist.onnx", |mut onnx| {
        let middle = onnx.len() / 2;
        onnx[middle] ^= 0xff;
        onnx
    });
    let problem = only_problem(&folder);
    assert!(problem.contains("damaged"), "{problem}");
}

#[test]
fn a_file_that_is_no_network_is_refused_even_if_its_card_vouches_for_it() {
    for (name, contents) in [
        ("empty", Vec::new()),
        ("text", b"not a network".to_vec()),
        ("half", {
            let mut onnx = network_file(Family::Gru, "harmonist.onnx");
            onnx.truncate(onnx.len() / 2);
            onnx
        }),
    ] {
        let folder = Folder::new(name);
        only_problem(folder.change("harmonist.onnx", |_| contents).vouch("harmonist"));
    }
}

#[test]
fn a_network_in_the_place_of_another_is_refused() {
    let folder = Folder::new("swapped");
    folder.change("harmonist.onnx", |_| network_file(Family::Gru, "soloist.onnx")).vouch("harmonist");
    let problem = only_problem(&folder);
    assert!(problem.contains("it has no output `logits_change`"), "{problem}");
}

#[test]
fn a_network_that_takes_sequences_for_steps_in_time_is_refused() {
    let shape = |values: [i64; 3]| values.map(i64::to_le_bytes).concat();
    let (sequences, time) = (shape([1, -1, 194]), shape([-1, 1, 194]));
    let folder = Folder::of_the_contract_before("time");
    folder.change("harmonist.onnx", |mut onnx| {
        let place = onnx.windows(24).position(|bytes| bytes == sequences).expect("the shape of what the network reads");
        onnx[place..place + 24].copy_from_slice(&time);
        onnx
    });
    only_problem(folder.vouch("harmonist"));
}
