//! What the whole panel looks like, page by page, at the sizes that it may have.

use continuo::editor::morph_card::Struck;
use continuo::editor::silence::Facts;
use continuo::editor::view::View;
use continuo::params::number;
use continuo::seam::Notice;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::groove::bar;
use crate::pictures::{at_scales, playing};
use crate::presets::shelf;
use crate::{Bench, whole_panel};

/// The sizes, of the one that the panel has by itself.
const SIZES: [f32; 4] = [0.75, 1.0, 1.5, 2.0];

/// Pictures of a panel that shows `view`, at every size, after clicks on `names`.
fn pictures(name: &str, view: &View, names: &[&str]) {
    at_scales(name, &SIZES, |scale| clicked(view, names, scale));
}

fn clicked(view: &View, names: &[&str], scale: f32) -> Harness<'static, Bench> {
    let mut harness = whole_panel(View { scale, ..view.clone() }, scale).1;
    for name in names {
        harness.get_by_label(name).click_accesskit();
        harness.run();
    }
    harness
}

#[test]
fn the_whole_panel_while_the_band_plays() {
    pictures("panel_playing", &playing(), &[]);
}

#[test]
fn the_whole_panel_of_a_fresh_instance() {
    pictures("panel_fresh", &View::default(), &[]);
}

#[test]
fn the_page_of_how_the_band_listens_plans_and_learns() {
    pictures("panel_band", &playing(), &["Band"]);
}

#[test]
fn the_page_of_what_the_band_strikes_and_how_it_feels() {
    pictures("panel_groove", &playing(), &["Groove"]);
}

#[test]
fn the_same_page_in_the_midst_of_a_morph() {
    at_scales("panel_groove_morph", &[1.0, 2.0], |scale| {
        let groove = Struck { now: bar(), bar: 11, ..Struck::default() };
        let (host, mut harness) = whole_panel(View { scale, groove, ..playing() }, scale);
        for (id, value) in [("morph_x", 0.68), ("morph_y", 0.44), ("chords_vary", 0.4), ("bass_vary", 0.2)] {
            host.params().set(number(id), value);
        }
        for name in ["Groove", "Capture the bar", "Chords lock", "Section 3: B", "Roll again"] {
            harness.get_by_label(name).click_accesskit();
            harness.run();
        }
        harness
    });
}

#[test]
fn the_keys_of_the_kit() {
    at_scales("panel_groove_kit", &[1.0], |scale| clicked(&playing(), &["Groove", "Keys of the kit"], scale));
}

#[test]
fn the_page_of_presets() {
    let view = View { shelf: shelf(), ..playing() };
    pictures("panel_presets", &view, &["Presets", "Bossa on the Beach"]);
}

#[test]
fn the_page_of_what_continuo_is_connected_to() {
    pictures("panel_setup", &View { host: "Bitwig Studio".into(), ..playing() }, &["Setup"]);
}

#[test]
fn what_continuo_is_made_with_and_under_which_licences() {
    pictures("panel_about", &playing(), &["About"]);
}

#[test]
fn why_nothing_sounds() {
    let facts = Facts { notes: 0, drums: 0, players: 0, preview: false, doubted: true, ..Facts::default() };
    pictures("panel_silence", &View { facts, ..playing() }, &["Nothing sounds?"]);
}

#[test]
fn the_tour_at_its_first_step() {
    pictures("panel_tour", &View { is_new: true, ..View::default() }, &[]);
}

#[test]
fn a_long_list_near_the_bottom_opens_upwards() {
    at_scales("panel_list", &[1.0], |scale| {
        let mut harness = clicked(&playing(), &["Band"], scale);
        harness.get_by_role_and_label(Role::ComboBox, "Key").click_accesskit();
        harness.run();
        harness
    });
}

#[test]
fn a_notice_that_is_too_long_ends_in_an_ellipsis() {
    let text = "Something has happened of which there is very much to tell. ".repeat(12);
    let notices = vec![Notice { number: 1, text }];
    at_scales("panel_notice", &[1.0], |scale| whole_panel(View { notices: notices.clone(), ..playing() }, scale).1);
}
