//! Colours, type and measures of the panel, in one place.
//!
//! The players' colours are in their table: those of Okabe and Ito 2008, "Color universal design", lightened for a dark
//! ground. Each player also has a shape of its own (see [`super::mark`]), so that no meaning rests on colour alone.

use std::sync::Arc;

use continuo_models::Player;
use egui::epaint::text::{FontData, FontDefinitions};
use egui::style::{Selection, WidgetVisuals};
use egui::{Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Visuals, vec2};

/// The ground of the panel.
pub const GROUND: Color32 = Color32::from_rgb(0x13, 0x15, 0x18);
/// The ground of a card.
pub const CARD: Color32 = Color32::from_rgb(0x1b, 0x1e, 0x23);
/// The edge of a card, and hairlines.
pub const EDGE: Color32 = Color32::from_rgb(0x2a, 0x2e, 0x35);
/// What lies deeper than its card: tracks and fields.
pub const WELL: Color32 = Color32::from_rgb(0x11, 0x13, 0x16);
/// What can be grasped: caps, buttons, keys.
pub const RAISED: Color32 = Color32::from_rgb(0x2c, 0x31, 0x39);
/// The same under the pointer.
pub const HOVERED: Color32 = Color32::from_rgb(0x39, 0x3f, 0x49);
/// Unlit tracks and scales.
pub const TRACK: Color32 = Color32::from_rgb(0x3a, 0x40, 0x4a);
/// Text, 13:1 on a card.
pub const TEXT: Color32 = Color32::from_rgb(0xe6, 0xe9, 0xed);
/// Labels, 6:1 on a card.
pub const DIM: Color32 = Color32::from_rgb(0x9d, 0xa5, 0xb0);
/// Scales, 4.5:1 on a card.
pub const FAINT: Color32 = Color32::from_rgb(0x84, 0x8c, 0x97);
/// The musician, and the controls of the whole band.
pub const YOU: Color32 = Color32::from_rgb(0xee, 0xe6, 0xd3);
/// Something wants attention.
pub const WARNING: Color32 = Color32::from_rgb(0xf0, 0xd0, 0x5a);
/// Something went wrong.
pub const ALARM: Color32 = Color32::from_rgb(0xef, 0x7b, 0x6c);

/// Distance from the window's edge to the content, in points.
pub const MARGIN: f32 = 16.0;
/// Distance between cards, in points.
pub const GAP: f32 = 12.0;
/// Distance from a card's edge to its content, in points.
pub const INSET: f32 = 14.0;
/// The corner of a card.
pub const CARD_CORNER: CornerRadius = CornerRadius::same(8);
/// The corner of a control.
pub const CORNER: CornerRadius = CornerRadius::same(5);

/// Sizes of type in points: the chord now.
pub const DISPLAY: f32 = 44.0;
/// Size of the name of the instrument.
pub const TITLE: f32 = 19.0;
/// Size of the names of players and of planned chords.
pub const HEADING: f32 = 15.0;
/// Size of values and buttons.
pub const BODY: f32 = 13.0;
/// Size of labels.
pub const LABEL: f32 = 12.0;
/// Size of scales; nothing is smaller.
pub const SMALL: f32 = 11.0;

const REGULAR: &str = "Inter Regular";
const SEMIBOLD: &str = "Inter SemiBold";
const ACCIDENTALS: &str = "Accidentals";
const BOLD_ACCIDENTALS: &str = "Accidentals Bold";

/// The colour of `player`.
pub fn player_colour(player: Player) -> Color32 {
    let [red, green, blue] = player.kind().colour;
    Color32::from_rgb(red, green, blue)
}

/// Plain type of `size` points.
pub fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Emphasised type of `size` points.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// Gives `context` the fonts and the style of the panel. Call before its first pass.
pub fn apply(context: &Context) {
    context.set_fonts(fonts());
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        style.visuals = visuals();
        style.text_styles = [
            (TextStyle::Small, regular(SMALL)),
            (TextStyle::Body, regular(BODY)),
            (TextStyle::Button, regular(BODY)),
            (TextStyle::Monospace, regular(BODY)),
            (TextStyle::Heading, semibold(HEADING)),
        ]
        .into();
        style.spacing.item_spacing = vec2(8.0, 4.0);
        style.spacing.button_padding = vec2(10.0, 4.0);
        style.spacing.interact_size = vec2(24.0, 24.0);
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.tooltip_width = 280.0;
        style.spacing.icon_width = 12.0;
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.5;
    });
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in [
        (REGULAR, include_bytes!("../../../assets/fonts/Inter-Regular.otf").as_slice()),
        (SEMIBOLD, include_bytes!("../../../assets/fonts/Inter-SemiBold.otf").as_slice()),
        (ACCIDENTALS, include_bytes!("../../../assets/fonts/Accidentals.ttf").as_slice()),
        (BOLD_ACCIDENTALS, include_bytes!("../../../assets/fonts/Accidentals-Bold.ttf").as_slice()),
    ] {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    for (family, letters, accidentals) in [
        (FontFamily::Proportional, REGULAR, ACCIDENTALS),
        (FontFamily::Monospace, REGULAR, ACCIDENTALS),
        (FontFamily::Name(SEMIBOLD.into()), SEMIBOLD, BOLD_ACCIDENTALS),
    ] {
        fonts.families.insert(family, vec![letters.to_owned(), accidentals.to_owned()]);
    }
    fonts
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: CORNER,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(CARD, EDGE, TEXT);
    visuals.widgets.inactive = widget(WELL, EDGE, TEXT);
    visuals.widgets.hovered = widget(RAISED, TRACK, TEXT);
    visuals.widgets.active = widget(HOVERED, TRACK, TEXT);
    visuals.widgets.open = widget(RAISED, TRACK, TEXT);
    visuals.selection = Selection { bg_fill: HOVERED, stroke: Stroke::new(1.0, YOU) };
    visuals.panel_fill = GROUND;
    visuals.window_fill = CARD;
    visuals.window_stroke = Stroke::new(1.0, TRACK);
    visuals.menu_corner_radius = CARD_CORNER;
    visuals.window_corner_radius = CARD_CORNER;
    let shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: Color32::from_black_alpha(110) };
    visuals.popup_shadow = shadow;
    visuals.window_shadow = shadow;
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.1.
    fn luminance(colour: Color32) -> f32 {
        let linear = |channel: u8| {
            let c = f32::from(channel) / 255.0;
            if c <= 0.039_28 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_legible_on_every_ground() {
        for ground in [GROUND, CARD, WELL] {
            for ink in [TEXT, DIM, FAINT, YOU, WARNING, ALARM] {
                assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}: {}", contrast(ink, ground));
            }
        }
    }

    #[test]
    fn players_stand_out_from_the_card_and_from_a_key() {
        for player in Player::ALL {
            assert!(contrast(player_colour(player), CARD) >= 3.0);
            assert!(contrast(player_colour(player), super::super::keyboard::IVORY) >= 3.0, "{player:?}");
        }
    }
}
