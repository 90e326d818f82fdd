use proptest::prelude::*;

use super::*;

/// A preset that can be told from others.
fn own(name: &str, swing: f32) -> Preset {
    let text = json!({ "format": "continuo-preset", "name": name, "params": { "swing": swing }, "colour": "red" });
    Preset::read(&text.to_string(), &mut Vec::new()).unwrap()
}

fn saved(bank: &Bank) -> Value {
    bank.map(|saved| json!(saved))
}

fn loaded(json: &Value) -> (Bank, Vec<String>) {
    let (bank, mut remarks) = (Bank::default(), Vec::new());
    bank.set(serde_json::from_str(&repaired(Some(&json.to_string()), &mut remarks)).unwrap());
    (bank, remarks)
}

fn factory() -> usize {
    presets::factory().len()
}

#[test]
fn to_begin_with_it_is_the_factorys_in_its_order_and_all_instances_share_it() {
    let bank = Bank::default();
    for (index, preset) in presets::factory().iter().enumerate() {
        assert_eq!(bank.get(index + 1).as_ref(), Some(preset));
        assert_eq!(bank.presets()[index], Some(preset.controls()));
    }
    assert_eq!((bank.get(0), bank.get(factory() + 1), bank.get(NUMBERS + 1)), (None, None, None));
    assert!(Arc::ptr_eq(&bank.presets(), &Bank::default().presets()));
    assert_eq!(saved(&bank), json!({ "version": 1, "factory": factory(), "presets": {} }));
}

#[test]
fn what_audio_reads_is_small() {
    assert!(size_of::<Presets>() <= 32 << 10, "{} bytes for one bank", size_of::<Presets>());
}

#[test]
fn the_reader_sees_what_was_put_last_and_frees_nothing() {
    let bank = Bank::default();
    let mut reader = bank.reader();
    let swing = |presets: &Presets, number: usize| presets[number - 1].map(|preset| preset.swing);
    let mut last = reader.newest().unwrap();
    for swung in [0.25, 0.5, 0.75] {
        bank.put(128, Some(own("Mine", swung)));
        bank.put(1, None);
        let newest = reader.newest().unwrap();
        assert_eq!((swing(&newest, 128), swing(&newest, 1)), (Some(swung), None));
        assert!(Arc::strong_count(&last) > 1, "somebody else has what audio lets go of");
        last = newest;
    }
    bank.put(0, None);
    bank.put(129, Some(own("Nowhere", 1.0)));
    assert_eq!(swing(&reader.newest().unwrap(), 128), Some(0.75));
    drop((last, reader));
    bank.put(2, None);
    assert!(bank.kept().held.len() <= 3, "what nobody reads is let go");
}

#[test]
fn what_is_put_is_saved_with_its_content_and_the_factorys_in_its_place_is_not() {
    let bank = Bank::default();
    bank.put(1, None);
    bank.put(2, Some(own("Mine", 0.5)));
    bank.put(90, Some(own("Far", 0.25)));
    let presets = saved(&bank)["presets"].clone();
    assert_eq!((&presets["1"], &presets["2"]["name"]), (&Value::Null, &json!("Mine")));
    assert_eq!((&presets["90"]["params"]["swing"], &presets["90"]["colour"]), (&json!(0.25), &json!("red")));
    let (again, remarks) = loaded(&saved(&bank));
    assert_eq!((again.presets(), saved(&again)), (bank.presets(), saved(&bank)));
    assert_eq!(remarks.len(), 2, "what the presets hold and nobody knows: {remarks:?}");
    for number in [1, 2] {
        again.put(number, presets::factory().get(number - 1).cloned());
    }
    again.put(90, None);
    assert_eq!(saved(&again), saved(&Bank::default()));
}

#[test]
fn presets_that_the_factory_has_had_since_have_no_number_in_an_older_project() {
    let json = json!({ "version": 1, "factory": 1, "presets": {} });
    let (bank, remarks) = loaded(&json);
    assert_eq!((bank.name(1), bank.get(2)), (Some(presets::factory()[0].name.clone()), None));
    assert_eq!((bank.presets()[1], remarks), (None, vec![]));
    bank.put(2, presets::factory().get(1).cloned());
    assert_eq!(saved(&bank)["presets"]["2"]["name"], json!(presets::factory()[1].name), "content and all");
    bank.put(2, None);
    assert_eq!(saved(&bank), json, "as it was");
}

#[test]
fn a_factory_that_is_larger_than_ours_is_remarked_on_and_stays_as_large() {
    let json = json!({ "version": 1, "factory": 100, "presets": {} });
    let (bank, remarks) = loaded(&json);
    assert!(remarks.len() == 1 && remarks[0].contains("100"), "{remarks:?}");
    assert_eq!((bank.presets(), saved(&bank)), (Bank::default().presets(), json));
}

#[test]
fn numbers_are_called_by_their_presets_and_found_by_name_or_number() {
    let bank = Bank::default();
    bank.put(7, Some(own("12 bars of Blues", 0.5)));
    bank.put(12, Some(own("Noir", 0.5)));
    bank.put(13, Some(own("noir", 0.5)));
    bank.put(14, None);
    for (number, text) in [(0, "Panel"), (7, "7 12 bars of Blues"), (13, "13 noir"), (14, "14 (empty)")] {
        assert_eq!((bank.text(number), bank.number_of(text)), (text.to_owned(), Some(number)));
    }
    for (text, number) in [
        (" panel ", Some(0)),
        ("12 BARS OF BLUES", Some(7)),
        ("noir", Some(12)),
        ("12", Some(12)),
        ("128", Some(128)),
        ("129", None),
        ("Polka", None),
        ("", None),
    ] {
        assert_eq!(bank.number_of(text), number, "{text}");
    }
    assert_eq!(bank.text(-1), "");
}

#[test]
fn what_is_wrong_is_remarked_on_kept_and_costs_nothing_else() {
    let json = json!({
        "version": 9,
        "factory": factory(),
        "presets": { "1": 7, "2": { "format": "midi" }, "3": own("Mine", 0.5).write(), "0": {}, "07": {}, "x": 1 },
        "folders": ["A"],
    });
    let (bank, remarks) = loaded(&json);
    assert_eq!((bank.get(1), bank.get(2), bank.get(3)), (None, None, None));
    let remarks = remarks.join("\n");
    for part in
        ["preset 1 is no preset", "preset 2 is", "preset 3 is", "presets.0", "presets.07", "version (9)", "folders"]
    {
        assert!(remarks.contains(part), "{part}: {remarks}");
    }
    let mut expected = json.clone();
    expected["version"] = json!(1);
    assert_eq!(saved(&bank), expected);
}

#[test]
fn what_is_no_bank_is_the_factorys() {
    let usual = saved(&Bank::default());
    for (json, remarks) in [(None, 0), (Some("%"), 1), (Some("[]"), 1), (Some("{}"), 1), (Some(r#"{"factory":-3}"#), 1)]
    {
        let mut said = Vec::new();
        assert_eq!(serde_json::from_str::<Value>(&repaired(json, &mut said)).unwrap()["presets"], usual["presets"]);
        assert_eq!(said.len(), remarks, "{json:?}: {said:?}");
    }
}

proptest! {
    #[test]
    fn a_bank_is_saved_as_it_is_and_twice_alike(
        puts in prop::collection::vec((1usize..=NUMBERS, prop::option::of(0.0f32..=1.0)), 0..12)
    ) {
        let bank = Bank::default();
        for (number, swing) in puts {
            bank.put(number, swing.map(|swing| own("Any", swing)));
        }
        let (again, _) = loaded(&saved(&bank));
        prop_assert_eq!(again.presets(), bank.presets());
        prop_assert_eq!(saved(&again), saved(&bank));
    }
}

#[test]
fn a_preset_is_given_the_first_number_at_which_nothing_is_kept() {
    let (bank, _) = loaded(&json!({ "version": 1, "factory": 100, "presets": { "3": null, "101": "no preset" } }));
    let numbers = ["One", "Two", "One"].map(|name| bank.give_number(&own(name, 0.5)));
    assert_eq!(numbers, [Some(3), Some(102), Some(3)], "and once only");
    assert_eq!(saved(&bank)["presets"]["101"], json!("no preset"));
}
