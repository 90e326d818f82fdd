//! The whole panel: where everything stands, and what was asked for.

use egui::emath::GuiRounding;
use egui::{Align2, Key, Modifiers, Rect, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::ParamSetter;

use crate::faults::{self, Place};
use crate::guard::Panic;
use crate::params::ContinuoParams;
use crate::params::changes::Changes;
use crate::params::controllers::Action;
use crate::presets::Preset;

use super::hands::Hands;
use super::keys_card::Keys;
use super::layout::split;
use super::overlay::{self, Overlay};
use super::request::Request;
use super::scenes_strip::Wish;
use super::setting::{Bound, Control};
use super::tabs::Page;
use super::theme::{GAP, MARGIN};
use super::view::View;
use super::{
    about, band_page, chart_page, chord_view, deadline_meter, drum_staff, groove_page, header, keyboard, keys_card,
    learn, learn_offer, learn_prompt, notices, paint, play_page, preset_bar, presets_page, scenes_strip, setup_page,
    silence, tabs, take_card, theme, timeline, tour, transport_bar, undo_bar,
};

/// The size of the panel, in points.
pub const SIZE: Vec2 = vec2(1160.0, 674.0);

/// The width of the tabs, in points.
const TABS: f32 = 356.0;

/// Where in the window the panel lies: in its middle, if there is room around it, on whole pixels.
fn place(ui: &Ui) -> Rect {
    let window = ui.ctx().content_rect();
    let room = (window.size() - SIZE).max(Vec2::ZERO) / 2.0;
    Rect::from_min_size(window.min + room, SIZE).round_to_pixels(ui.pixels_per_point())
}

/// Shows the panel in the middle of the window and changes parameters through `setter`. Returns what else was asked
/// for.
pub fn show(ui: &mut Ui, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    // The space bar is the host's transport; Enter presses buttons.
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Space));
    ui.painter().rect_filled(ui.ctx().content_rect(), 0, theme::GROUND);
    let mut request = None;
    learn::begin(ui, params, &view.controllers);

    let panel = place(ui);
    let inside = panel.shrink(MARGIN);
    let mut top = inside.top();
    let mut row = |height: f32| {
        let rect = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), height));
        top += height + GAP;
        rect
    };
    let (head, chords, strip, middle, piano, foot) =
        (row(32.0), row(104.0), row(64.0), row(262.0), row(76.0), row(44.0));

    let settings = header::Settings {
        preview: &Bound { param: &params.preview, setter },
        preview_gain: &Bound { param: &params.preview_gain, setter },
    };
    let pulse = view.machine.is_none().then_some(&view.pulse);
    let panic = header::show(ui, head, pulse, &settings);
    learn_offer::offer_action(ui, &panic, Action::Panic);
    if panic.clicked() {
        request = Some(Request::Panic);
    }
    if let Some(way) = preset_bar::show(ui, header::preset_place(head), &view.preset) {
        presets_page::turn(ui, way, params, setter, view);
    }
    let wish = undo_bar::show(ui, header::undo_place(head), &view.steps).or_else(|| undo_bar::keys(ui));
    if let Some(wish) = wish {
        request = turn_back(wish, params, setter).or(request);
    }
    if let Some(machine) = &view.machine {
        let (place, song) = (header::pulse_place(head), (view.plan.now, view.plan.bar));
        let wish = transport_bar::show(ui, place, machine.transport, &machine.recorder, song);
        request = wish.map(Request::Machine).or(request);
    }
    let covered = Rect::from_min_max(chords.min, foot.max);
    match overlay::open(ui) {
        Some(Overlay::About) => return about::show(ui, covered, view.scale).or(request),
        Some(Overlay::Silence) => {
            silence::show(ui, covered, &view.facts);
            return request;
        }
        None => {}
    }

    let (now, plan) = split(chords, 232.0);
    let (plan, take) = split(plan, plan.width() - 264.0 - GAP);
    chord_view::show(ui, now, &view.now);
    timeline::show(ui, plan, &view.plan);
    let control = |id| Control { param: params.control(id), setter };
    let settings = take_card::Settings {
        again: &Bound { param: &params.take.again, setter },
        again_new: &Bound { param: &params.take.again_new, setter },
        freeze: &control("freeze"),
        cadence: &control("cadence"),
    };
    take_card::show(ui, take, &settings);
    faults::strike(Place::Panel);

    let inside = strip.shrink2(vec2(theme::INSET, 9.0));
    paint::card(ui.painter(), strip);
    let tab_row = Rect::from_min_size(inside.min, vec2(TABS, 26.0));
    let page = tabs::show(ui, tab_row);
    let settings = scenes_strip::Settings {
        scene: &Bound { param: &params.take.scene, setter },
        change: &Bound { param: &params.take.scene_at, setter },
    };
    let wish = scenes_strip::show(ui, inside.with_min_x(inside.left() + TABS + 20.0), &view.scenes, &settings);
    if let Some(wish) = wish {
        grant(wish, params, setter);
    }
    match page {
        Page::Play => play_page::show(ui, middle, params, setter, view),
        Page::Band => request = band_page::show(ui, middle, params, setter, view).or(request),
        Page::Groove => request = groove_page::show(ui, middle, params, setter, view).or(request),
        Page::Chart => request = chart_page::show(ui, middle, params, setter, view).or(request),
        Page::Presets => request = presets_page::show(ui, middle, params, setter, view).or(request),
        Page::Setup => request = setup_page::show(ui, middle, params, setter, view).or(request),
    }

    if page != Page::Presets {
        request = presets_page::leave(ui).or(request);
    }

    let (keys, piano) = split(piano, keys_card::WIDTH);
    let metronome = Bound { param: &params.metronome, setter };
    let context = ui.ctx().clone();
    let show = |hands: &mut Hands| keys_card::show(ui, keys, view.keys_play, hands, &metronome);
    if let Some(play) = keyboard::with_hands(&context, show) {
        request = Some(Request::KeysPlay(Keys { play, ..view.keys_play }));
    }
    let (staff, piano) = split(piano, drum_staff::WIDTH);
    drum_staff::show(ui, staff, &view.keys, params.controls().kit);
    keyboard::show(ui, piano, &view.keys, view.keys_play);

    let (meter, notice) = split(foot, 652.0);
    let plan_ahead = Bound { param: &params.plan_ahead, setter };
    if deadline_meter::show(ui, meter, &view.reading, &plan_ahead).clicked() {
        request = Some(Request::ResetWorst);
    }
    if let Some(number) = notices::show(ui, notice, &view.notices) {
        request = Some(Request::DismissNotices(number));
    }
    request = learn_prompt::end(ui, params, notice).map(Request::Tell).or(request);
    let (styles, players) = play_page::places(middle);
    let (presets, setup) = (tabs::place(tab_row, Page::Presets), tabs::place(tab_row, Page::Setup));
    if tour::show(ui, panel, &tour::Places { keys: piano, styles, players, presets, setup }, view.is_new) {
        request = Some(Request::EndTour);
    }
    request
}

/// Shows, in place of all that was drawn of the panel, that it has failed.
pub fn show_failure(ui: &Ui, panic: &Panic) {
    ui.painter().rect_filled(ui.ctx().content_rect(), 0, theme::GROUND);
    let text = format!("The panel could not be drawn ({panic}). It tries again; the band plays on.");
    ui.painter().text(pos2(MARGIN, MARGIN), Align2::LEFT_TOP, text, theme::regular(theme::BODY), theme::ALARM);
}

/// Does what can be done of `wish` with parameters, and asks for the rest.
fn turn_back(wish: undo_bar::Wish, params: &ContinuoParams, setter: &ParamSetter) -> Option<Request> {
    match wish {
        undo_bar::Wish::Undo => Some(Request::Undo),
        undo_bar::Wish::Redo => Some(Request::Redo),
        undo_bar::Wish::Compare(slot) => Some(Request::Compare(slot)),
        undo_bar::Wish::Copy => Some(Request::CopySetting),
        undo_bar::Wish::Init => {
            params.load(&Preset::default(), setter);
            None
        }
    }
}

/// Does to a scene what the musician wishes.
fn grant(wish: Wish, params: &ContinuoParams, setter: &ParamSetter) {
    match wish {
        Wish::Store(index) => params.scenes.store(index, Some(params.controls())),
        Wish::Edit(index) => {
            let snapshot = params.scenes.snapshots().get(index).copied().flatten();
            let mut changes = snapshot.map_or_else(Changes::default, |snapshot| params.changes_to(&snapshot));
            changes.add(&params.take.scene, 0.0);
            changes.add(&params.recall.preset, 0);
            changes.make(setter);
        }
        Wish::Clear(index) => params.scenes.store(index, None),
    }
}
