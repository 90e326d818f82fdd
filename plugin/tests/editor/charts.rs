//! The page of the chart.

use std::sync::Arc;

use continuo::charts::ChartErrand;
use continuo::editor::chart_learned::Learned;
use continuo::editor::request::Request;
use continuo::editor::undo::Undo;
use continuo::editor::view::View;
use continuo::seam::Shared;
use continuo_charts::Format;
use continuo_models::music::Chart;
use continuo_models::music::chart::Origin;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::host::Host;
use crate::pictures::{at_scales, playing};
use crate::{Bench, whole_panel};

const TUNE: &str =
    "# Tune\n[A]\n|: 4/4 Dm7 G7/B | Cmaj7 / / A7 | % | 1. N.C. :|\n| 2. _ | / F6/9 |\n[B]\n| Bbm7 | 3/4 Eb7 :| x3\n";

fn chart() -> Chart {
    let mut chart = Chart::read(TUNE).0;
    let origins = [Origin::Typed, Origin::File, Origin::LeftHand, Origin::Learned];
    chart.bars.iter_mut().zip(origins.into_iter().cycle()).for_each(|(bar, origin)| bar.origin = origin);
    chart.bars[1].is_locked = true;
    chart
}

/// The panel with the page open, in a host with a chart.
fn page(view: View, chart: Chart, scale: f32) -> (Arc<Host>, Harness<'static, Bench>) {
    let (host, mut harness) = whole_panel(view, scale);
    host.params().chart.set(Arc::new(chart));
    click(&mut harness, "Chart");
    (host, harness)
}

fn click(harness: &mut Harness<Bench>, name: &str) {
    harness.get_by_label(name).click_accesskit();
    harness.run();
}

/// Writes `text` into the field called `name`, in the place of what is there.
fn write(harness: &mut Harness<Bench>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run();
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run();
}

fn value(harness: &Harness<Bench>, name: &str) -> String {
    harness.get_by_label(name).accesskit_node().value().unwrap_or_default()
}

#[test]
fn the_page_of_the_chart() {
    let view = View { bars: Some([1, 2]), ..playing() };
    at_scales("panel_chart", &[0.75, 1.0, 1.5, 2.0], |scale| {
        let mut harness = page(View { scale, ..view.clone() }, chart(), scale).1;
        click(&mut harness, "Bar 6");
        harness
    });
}

/// What the band has learned of eight bars, from the ninth of the song on.
fn learned(agrees: bool) -> Option<Learned> {
    let mut chart = Chart { first_bar: 8, ..Chart::read("4/4 C | Am7 | Dm7 G7 | C | F | Fm6 | C / A7 / | Dm7 G7").0 };
    chart.bars.iter_mut().for_each(|bar| bar.origin = Origin::Learned);
    chart.bars[4].origin = Origin::LeftHand;
    Some(Learned { chart: Arc::new(chart), agrees })
}

/// A chart of eight bars, of which the second is typed and the last was learned before.
fn half() -> Chart {
    let mut chart = Chart { first_bar: 8, ..Chart::read("4/4 _ | Em7 | _ | _ | _ | _ | _ | G7").0 };
    chart.bars[7].origin = Origin::Learned;
    chart
}

#[test]
fn the_page_with_what_was_learned() {
    let view = View { bars: Some([4, 5]), learned: learned(true), ..playing() };
    at_scales("panel_chart_learned", &[1.0], |scale| page(View { scale, ..view.clone() }, half(), scale).1);
}

#[test]
fn what_was_learned_is_shown_beside_what_is_given_and_kept() {
    let (host, mut harness) = page(View { learned: learned(true), ..View::default() }, half(), 1.0);
    let chart = || host.params().chart.newest();
    assert_eq!(value(&harness, "Learned"), "8 bars learned from bar 9");
    assert_eq!(value(&harness, "Bar 1"), "C, learned, not kept");
    assert_eq!(value(&harness, "Bar 2"), "Em7, typed");
    assert_eq!(value(&harness, "Bar 5"), "F, left hand, not kept");
    assert_eq!(value(&harness, "Bar 8"), "Dm7 G7, learned, not kept");
    assert!(chart().bars[0].is_open());
    click(&mut harness, "Keep");
    let kept = "| 4/4 C | Em7 | Dm7 G7 | C |\n| F | Fm6 | C A7 | Dm7 G7 |\n";
    assert_eq!(chart().to_string(), kept);
    assert_eq!(value(&harness, "Bar 1"), "C, learned");
    let before = chart();
    click(&mut harness, "Keep");
    assert!(Arc::ptr_eq(&before, &chart()), "there is nothing new");
    harness.state_mut().requests.clear();
    click(&mut harness, "Learn again");
    assert_eq!(chart().to_string(), "| 4/4 _ | Em7 | _ | _ |\n| _ | _ | _ | _ |\n");
    assert_eq!(harness.state().requests, [Request::ForgetTune]);
}

#[test]
fn of_what_was_learned_one_bar_alone_is_taken() {
    let (host, mut harness) = page(View { learned: learned(false), ..View::default() }, Chart::default(), 1.0);
    let text = || host.params().chart.newest().to_string();
    click(&mut harness, "Bar 2");
    click(&mut harness, "Lock bar");
    assert_eq!(text(), "| 4/4 _ | Am7 | _ | _ |\n| _ | _ | _ | _ |\n");
    assert_eq!(value(&harness, "Bar 2"), "Am7, learned, locked");
    assert_eq!(value(&harness, "Bar 3"), "Dm7 G7, learned, not kept");
    click(&mut harness, "Bar 3");
    write(&mut harness, "Chords of the bar", "Dm7b5 G7");
    click(&mut harness, "Set bar");
    assert_eq!(text(), "| 4/4 _ | Am7 | Dm7b5 G7 | _ |\n| _ | _ | _ | _ |\n");
    assert_eq!(host.params().chart.newest().first_bar, 8);
}

#[test]
fn a_form_of_open_bars_is_set_by_hand() {
    let (host, mut harness) = page(View::default(), Chart::default(), 1.0);
    click(&mut harness, "Open form");
    assert_eq!(*host.params().chart.newest(), Chart::open(16));
}

#[test]
fn the_page_without_a_chart() {
    at_scales("panel_chart_empty", &[1.0], |scale| page(playing(), Chart::default(), scale).1);
}

#[test]
fn each_bar_says_what_it_holds_where_that_comes_from_and_whether_it_plays() {
    let harness = page(View { bars: Some([1, 2]), ..View::default() }, chart(), 1.0).1;
    assert_eq!(value(&harness, "Bar 1"), "Dm7 G7/B, typed");
    assert_eq!(value(&harness, "Bar 2"), "Cmaj7 / / A7, from a file, locked, plays now");
    assert_eq!(value(&harness, "Bar 3"), "as the bar before, left hand, comes next");
    assert_eq!(value(&harness, "Bar 5"), "open");
}

#[test]
fn a_bar_that_is_clicked_is_written_anew_opened_and_locked() {
    let (host, mut harness) = page(View::default(), chart(), 1.0);
    let chart = || host.params().chart.newest();
    click(&mut harness, "Bar 4");
    write(&mut harness, "Chords of the bar", "Em7b5 A7");
    click(&mut harness, "Set bar");
    assert_eq!(value(&harness, "Bar 4"), "Em7b5 A7, typed");
    assert!(chart().bars[3].ending.is_some() && chart().bars[3].times.is_some(), "repeats stay");
    click(&mut harness, "Lock bar");
    assert!(chart().bars[3].is_locked);
    click(&mut harness, "Open bar");
    assert!(chart().bars[3].is_open());
    write(&mut harness, "Chords of the bar", "Q7");
    let before = chart();
    click(&mut harness, "Set bar");
    assert_eq!(chart(), before);
    assert!(
        value(&harness, "Chart status").starts_with("Bar 4: \"Q7\" is no chord"),
        "{}",
        value(&harness, "Chart status")
    );
}

#[test]
fn a_whole_chart_is_typed_and_cleared() {
    let (host, mut harness) = page(View::default(), chart(), 1.0);
    let text = harness.get_by_role_and_label(Role::MultilineTextInput, "Chart as text");
    assert_eq!(text.accesskit_node().value().as_deref(), Some(TUNE));
    text.focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run();
    harness.event(egui::Event::Paste("Dm7 G7/B | Cmaj7 | H7".to_owned()));
    harness.run();
    click(&mut harness, "Use chart");
    let chart = host.params().chart.newest();
    assert_eq!(chart.to_string(), "| Dm7 G7/B | Cmaj7 | _ |\n");
    assert!(value(&harness, "Chart status").starts_with("Bar 3: "));
    click(&mut harness, "Clear chart");
    assert!(host.params().chart.newest().is_empty());
}

#[test]
fn files_are_asked_for() {
    let (host, mut harness) = page(View::default(), chart(), 1.0);
    harness.state_mut().requests.clear();
    write(&mut harness, "Import chart from", "/songs/tune.musicxml");
    click(&mut harness, "Import chart");
    click(&mut harness, "Export chart as ChordPro");
    let exported = ChartErrand::Export(host.params().chart.newest(), Format::ChordPro);
    let imported = ChartErrand::Import { path: "/songs/tune.musicxml".into(), left_hand: None };
    assert_eq!(harness.state().requests, [Request::Chart(imported), Request::Chart(exported)]);
}

#[test]
fn what_is_done_to_the_chart_is_undone_and_done_again() {
    let (host, gui) = Host::new();
    let undo = Undo::new(host.shared_params(), Shared::new());
    let _gui = undo.context(gui);
    let field = &host.params().chart;
    undo.begin(0);
    field.set(Arc::new(chart()));
    undo.end();
    assert_eq!(undo.steps().back, 1);
    undo.undo();
    assert!(field.newest().is_empty());
    undo.redo();
    assert_eq!(*field.newest(), chart());
}
