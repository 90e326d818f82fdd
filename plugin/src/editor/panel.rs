//! The whole panel: where everything stands, and what was asked for.

use continuo_models::Player;
use egui::{Key, Modifiers, Rect, Ui, UiBuilder, Vec2, pos2, vec2};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::seam::Part;

use super::hint::Hint;
use super::setting::{Bound, Setting};
use super::theme::{GAP, MARGIN};
use super::view::View;
use super::{
    band, chord_view, deadline_meter, header, keyboard, notices, player_strip, style_selector, theme, timeline,
};

/// The size of the panel, in points.
pub const SIZE: Vec2 = vec2(1160.0, 614.0);

/// What the musician asks of the band, besides parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End every note.
    Panic,
    /// The notices up to this number were read.
    DismissNotices(u64),
    /// Take the worst lead anew.
    ResetWorst,
}

/// Shows the panel in the top left of `ui` and changes parameters through `setter`. Returns what else was asked for.
pub fn show(ui: &mut Ui, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    // The space bar is the host's transport; Enter presses buttons.
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Space));
    ui.painter().rect_filled(ui.ctx().content_rect(), 0, theme::GROUND);
    let mut request = None;

    let width = SIZE.x - 2.0 * MARGIN;
    let mut top = MARGIN;
    let mut row = |height: f32| {
        let rect = Rect::from_min_size(pos2(MARGIN, top), vec2(width, height));
        top += height + GAP;
        rect
    };
    let (head, chords, controls, players, piano, foot) =
        (row(32.0), row(104.0), row(124.0), row(126.0), row(92.0), row(44.0));

    let settings = header::Settings {
        networks: &Bound { param: &params.network, setter },
        thru: &Bound { param: &params.thru, setter },
        preview: &Bound { param: &params.preview, setter },
        preview_gain: &Bound { param: &params.preview_gain, setter },
    };
    if header::show(ui, head, &view.pulse, &settings).clicked() {
        request = Some(Request::Panic);
    }

    let (now, plan) = split(chords, 232.0);
    chord_view::show(ui, now, &view.now);
    timeline::show(ui, plan, &view.plan);

    let (style, rest) = split(controls, 272.0);
    let settings = style_selector::Settings {
        style_a: &Bound { param: &params.style_a, setter },
        style_b: &Bound { param: &params.style_b, setter },
        blend: &Bound { param: &params.style_blend, setter },
    };
    style_selector::show(ui, style, &settings);
    let settings = band::Settings {
        temperature: &Bound { param: &params.temperature, setter },
        follow: &Bound { param: &params.follow, setter },
        density: &Bound { param: &params.density, setter },
        swing: &Bound { param: &params.swing, setter },
        humanise: &Bound { param: &params.humanise, setter },
        chord_rate: &Bound { param: &params.chord_rate, setter },
        tension: &Bound { param: &params.tension, setter },
        mode: &Bound { param: &params.mode, setter },
        key_lock: &Bound { param: &params.key_lock, setter },
        key: &Bound { param: &params.key, setter },
        seed: &Bound { param: &params.seed, setter },
    };
    band::show(ui, rest, &settings);

    let melody: [(_, _, &dyn Setting); 2] = [
        (
            "Chromatic",
            Hint::turn(
                "Lead chromaticism",
                "How many notes of the melody lie outside the key. Free: as the style has it.",
            ),
            &Bound { param: &params.melody.chromaticism, setter },
        ),
        (
            "Syncopated",
            Hint::turn("Lead syncopation", "How often the melody anticipates the beat. Free: as the style has it."),
            &Bound { param: &params.melody.syncopation, setter },
        ),
    ];
    let mut left = players.left();
    for player in Player::ALL {
        let (character, right) = match player {
            Player::Lead => (melody.as_slice(), players.right()),
            _ => ([].as_slice(), left + player_strip::WIDTH),
        };
        let rect = Rect::from_x_y_ranges(left..=right, players.y_range());
        left = right + GAP;
        let params = params.player(player);
        let settings = player_strip::Settings {
            on: &Bound { param: &params.on, setter },
            density: &Bound { param: &params.density, setter },
            register: &Bound { param: &params.register, setter },
            channel: &Bound { param: &params.channel, setter },
            character,
        };
        let sounding = view.keys.iter().any(|mask| mask & Part::from(player).bit() != 0);
        let name = theme::player_name(player);
        let group = UiBuilder::new().max_rect(rect).id_salt(name).accessibility_label(name);
        ui.scope_builder(group.accessibility_role(egui::accesskit::Role::Group), |ui| {
            player_strip::show(ui, rect, player, sounding, &settings);
        });
    }

    keyboard::show(ui, piano, &view.keys);

    let (meter, notice) = split(foot, 612.0);
    if deadline_meter::show(ui, meter, &view.reading).clicked() {
        request = Some(Request::ResetWorst);
    }
    if let Some(number) = notices::show(ui, notice, &view.notices) {
        request = Some(Request::DismissNotices(number));
    }
    request
}

/// `rect` in two, the left one `width` wide.
fn split(rect: Rect, width: f32) -> (Rect, Rect) {
    let (left, right) = rect.split_left_right_at_x(rect.left() + width);
    (left, Rect::from_min_max(pos2(right.left() + GAP, right.top()), right.max))
}
