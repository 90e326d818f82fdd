//! The page for playing: styles, the whole band, and its players.

use continuo_models::Player;
use egui::{Rect, Ui, UiBuilder};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::seam::Part;

use super::hint::Hint;
use super::layout::split;
use super::setting::{Bound, Setting};
use super::theme::GAP;
use super::view::View;
use super::{band, player_strip, style_selector};

/// The height of the upper row, in points.
const CONTROLS: f32 = 124.0;

/// Shows the page in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let (controls, players) = rect.split_top_bottom_at_y(rect.top() + CONTROLS);
    let players = players.with_min_y(players.top() + GAP);
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
    let room = players.width() - GAP * (Player::COUNT - 1) as f32;
    let share = (room - player_strip::character_width(melody.len())) / Player::COUNT as f32;
    let width = player_strip::WIDTH.min(share);
    let mut left = players.left();
    for player in Player::ALL {
        // Lead has what the others leave.
        let (character, width) = match player {
            Player::Lead => (melody.as_slice(), room - width * (Player::COUNT - 1) as f32),
            _ => ([].as_slice(), width),
        };
        let right = left + width;
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
        let name = player.kind().name;
        let group = UiBuilder::new().max_rect(rect).id_salt(name).accessibility_label(name);
        ui.scope_builder(group.accessibility_role(egui::accesskit::Role::Group), |ui| {
            player_strip::show(ui, rect, player, sounding, &settings);
        });
    }
}
