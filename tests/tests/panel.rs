//! The panel, opened for real by a host in an X11 window, on a screen without a monitor.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::run_probe;
use continuo_tests::host::screen::Server;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the probe says of the panel.
#[derive(Debug, Deserialize)]
struct Panel {
    width: u32,
    height: u32,
    colours: usize,
    share_of_commonest: f64,
    notes: usize,
    mismatches: usize,
}

/// What the probe says of a panel that is resized: its sizes, and how much detail it has at each.
#[derive(Debug, Deserialize)]
struct Sizes {
    told: (u32, u32),
    opened: (u32, u32),
    granted: (u32, u32),
    dragged: (u32, u32),
    chosen: (u32, u32),
    again: (u32, u32),
    details: [f64; 4],
}

/// A folder for preferences of which nobody else knows, with these in it.
fn preferences(name: &str, preferences: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("preferences-{name}"));
    fs::create_dir_all(folder.join("continuo")).unwrap();
    fs::write(folder.join("continuo/preferences.json"), preferences).unwrap();
    folder
}

/// Opens the panel on a screen of its own.
fn panel(arguments: &[&str]) -> Panel {
    let server = Server::start().unwrap_or_else(|error| panic!("{error:#}"));
    let liked = preferences("seen", r#"{ "tour_seen": true }"#);
    let environment = [("DISPLAY", server.display.as_str()), ("XDG_CONFIG_HOME", liked.to_str().unwrap())];
    let (answer, said) = run_probe(&[&["panel"], arguments].concat(), &environment);
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer} {said}"))
}

/// Something is drawn: many colours, none of which fills the window.
fn assert_drawn(panel: &Panel) {
    assert!(panel.width >= 400 && panel.height >= 300, "{panel:?}");
    assert!(panel.colours > 50, "{panel:?}");
    assert!(panel.share_of_commonest < 0.9, "{panel:?}");
}

#[test]
fn the_panel_is_drawn_while_the_plug_in_plays() {
    for format in ["clap", "vst3"] {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("panel-{format}.png"));
        let panel =
            panel(&["--format", format, "--still", "--open-ms", "4000", "--picture", picture.to_str().unwrap()]);
        assert_drawn(&panel);
        assert!(panel.notes > 0, "{panel:?}");
    }
}

/// Places on the panel, in points of its drawing.
mod at {
    pub const STORE: &str = "887,198";
    pub const FIRST_SCENE: &str = "477,198";
    pub const PLAY_PAGE: &str = "60,198";
    pub const PRESETS_PAGE: &str = "297,198";
    pub const LOCK_STYLE: &str = "890,477";
    pub const UNDO: &str = "603,32";
}

#[test]
fn the_host_hears_that_its_project_has_changed_when_what_is_saved_and_no_parameter_has() {
    for format in ["clap", "vst3"] {
        let server = Server::start().unwrap_or_else(|error| panic!("{error:#}"));
        let liked = preferences("unsaved", r#"{ "tour_seen": true }"#);
        let environment = [("DISPLAY", server.display.as_str()), ("XDG_CONFIG_HOME", liked.to_str().unwrap())];
        let clicks = [
            (at::STORE, false),
            (at::FIRST_SCENE, true),
            (at::PRESETS_PAGE, false),
            (at::LOCK_STYLE, true),
            (at::PLAY_PAGE, false),
            (at::UNDO, true),
        ];
        let places = clicks.iter().flat_map(|(place, _)| ["--at", place]);
        let arguments: Vec<&str> = ["click", "--format", format].into_iter().chain(places).collect();
        let (answer, said) = run_probe(&arguments, &environment);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer} {said}"));
        assert_eq!(answer["before"], 0, "{format}: to look is no change");
        assert_eq!(answer["told"], json!(clicks.map(|(_, told)| told)), "{format}");
    }
}

#[test]
fn the_panel_opens_and_closes_many_times_under_automation() {
    for format in ["clap", "vst3"] {
        let panel = panel(&["--format", format, "--rounds", "12", "--open-ms", "400"]);
        assert!(panel.notes > 0 && panel.mismatches == 0, "{panel:?}");
    }
}

#[test]
fn the_panel_has_the_size_that_host_system_and_musician_want_and_keeps_it() {
    for (format, dpi) in [("clap", 96), ("vst3", 96), ("clap", 192)] {
        let name = format!("{format}-{dpi}");
        let server = Server::start().unwrap_or_else(|error| panic!("{error:#}"));
        let (liked, pictures) =
            (preferences(&name, r#"{ "tour_seen": true }"#), Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name));
        fs::create_dir_all(&pictures).unwrap();
        let environment = [("DISPLAY", server.display.as_str()), ("XDG_CONFIG_HOME", liked.to_str().unwrap())];
        let dpi_text = dpi.to_string();
        let arguments = ["resize", "--format", format, "--dpi", &dpi_text, "--pictures", pictures.to_str().unwrap()];
        let (answer, said) = run_probe(&arguments, &environment);
        let sizes: Sizes = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer} {said}"));

        let unit = f64::from(dpi) / 96.0;
        let at = |scale: f64| ((1160.0 * scale * unit).round() as u32, (674.0 * scale * unit).round() as u32);
        assert_eq!(
            (sizes.told, sizes.opened),
            (at(1.0), at(1.0)),
            "{name}: the host is told before the window is shown"
        );
        // The largest of this shape that is not wider than what was dragged, or the smallest that there is.
        let expected = if dpi == 96 { (1500, 872) } else { at(0.75) };
        assert_eq!((sizes.granted, sizes.dragged), (expected, expected), "{name}: as the host drags it");
        assert_eq!((sizes.chosen, sizes.again), (at(1.5), at(1.5)), "{name}: as the musician has chosen");
        assert!(sizes.details.iter().all(|&detail| detail > 0.02), "{name}: {:?}", sizes.details);
        let kept = fs::read_to_string(liked.join("continuo/preferences.json")).unwrap();
        assert!(kept.contains("\"panel_scale\": 1.5"), "{kept}");
    }
}
