//! The panel, opened for real by a host in an X11 window, on a screen without a monitor.

mod common;

use std::path::Path;

use common::run_probe;
use continuo_tests::host::screen::Server;
use serde::Deserialize;

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

/// Opens the panel on a screen of its own.
fn panel(arguments: &[&str]) -> Panel {
    let server = Server::start().unwrap_or_else(|error| panic!("{error:#}"));
    let (answer, said) = run_probe(&[&["panel"], arguments].concat(), &[("DISPLAY", &server.display)]);
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

#[test]
fn the_panel_opens_and_closes_many_times_under_automation() {
    for format in ["clap", "vst3"] {
        let panel = panel(&["--format", format, "--rounds", "12", "--open-ms", "400"]);
        assert!(panel.notes > 0 && panel.mismatches == 0, "{panel:?}");
    }
}
