//! The scenes: a button for each, a slider under them for what lies between, and what a click on one does.

use egui::accesskit::{Live, Role};
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::params::controllers::Action;
use crate::scenes::SCENES;

use super::button::{self, Face};
use super::hint::Hint;
use super::setting::Setting;
use super::slider::{self, HANDLE_RADIUS, Track};
use super::{choice, learn_offer, theme};

/// The settings of the strip.
pub struct Settings<'a> {
    /// The scene that is called for, from 0, the panel itself.
    pub scene: &'a dyn Setting,
    /// When a change takes effect.
    pub change: &'a dyn Setting,
}

/// What there is and what plays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenes {
    /// Which scenes hold something.
    pub filled: [bool; SCENES],
    /// The place in force and the one that is called for (see [`crate::scenes`]).
    pub places: [f32; 2],
    /// What lies under the scenes then, by the name of the preset; empty: the knobs.
    pub presets: [String; 2],
}

/// What is to happen to a scene, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is to hold what the knobs say.
    Store(usize),
    /// The knobs are to say what it holds.
    Edit(usize),
    /// It is to be empty.
    Clear(usize),
}

/// What a click on a scene does, once one of the buttons on the right was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Store,
    Edit,
    Clear,
}

impl Act {
    const ALL: [Act; 3] = [Act::Store, Act::Edit, Act::Clear];

    fn label(self) -> &'static str {
        match self {
            Act::Store => "Store",
            Act::Edit => "Edit",
            Act::Clear => "Clear",
        }
    }

    fn hint(self) -> Hint<'static> {
        match self {
            Act::Store => Hint::click(
                "Store scene",
                "Then click a scene: it keeps everything as the knobs stand. Shift-click on a scene does the same.",
            ),
            Act::Edit => Hint::click(
                "Edit scene",
                "Then click a scene: the knobs turn to what it keeps, so that you can change it and store it again.",
            ),
            Act::Clear => Hint::click("Clear scene", "Then click a scene: it is empty again."),
        }
    }

    fn prompt(self) -> &'static str {
        match self {
            Act::Store => "Click a scene to keep the knobs in.",
            Act::Edit => "Click a scene to bring to the knobs.",
            Act::Clear => "Click a scene to empty.",
        }
    }

    fn wish(self, index: usize) -> Wish {
        match self {
            Act::Store => Wish::Store(index),
            Act::Edit => Wish::Edit(index),
            Act::Clear => Wish::Clear(index),
        }
    }
}

const BUTTON: egui::Vec2 = vec2(45.0, 26.0);
const STEP: f32 = BUTTON.x + 4.0;
const NAMES: [&str; SCENES + 1] =
    ["Panel", "Scene 1", "Scene 2", "Scene 3", "Scene 4", "Scene 5", "Scene 6", "Scene 7", "Scene 8"];

/// The width of the buttons of the scenes, in points.
const BUTTONS_WIDTH: f32 = STEP * SCENES as f32 + BUTTON.x;

/// Shows the strip in `rect`. Returns what is to happen to a scene.
pub fn show(ui: &mut Ui, rect: Rect, scenes: &Scenes, settings: &Settings) -> Option<Wish> {
    let armed = ui.make_persistent_id("scene act");
    let mut act: Option<Act> = ui.data(|data| data.get_temp(armed)).unwrap_or_default();
    let mut wish = None;

    for number in 0..=SCENES {
        let place = Rect::from_min_size(rect.min + vec2(STEP * number as f32, 0.0), BUTTON);
        if scene_button(ui, place, number, scenes, act) {
            let shift = ui.input(|input| input.modifiers.shift).then_some(Act::Store);
            match (number.checked_sub(1), act.or(shift)) {
                (Some(index), Some(act)) => wish = Some(act.wish(index)),
                _ => settings.scene.change(number as f32 / SCENES as f32),
            }
            act = None;
        }
    }
    let half = BUTTON.x / 2.0 - HANDLE_RADIUS;
    let track = Rect::from_min_size(
        rect.min + vec2(half, BUTTON.y + 3.0),
        vec2(BUTTONS_WIDTH - 2.0 * half, rect.height() - BUTTON.y - 3.0),
    );
    let hint = Hint::turn("Morph", "From the panel through the scenes: between two of them the music lies between.");
    slider::show(ui, track, hint, Track::Fade, settings.scene);

    let right = rect.with_min_x(rect.left() + BUTTONS_WIDTH + 20.0);
    let list =
        Rect::from_min_max(pos2(right.right() - 112.0, right.top()), pos2(right.right(), right.top() + BUTTON.y));
    let width = (list.left() - right.left() - 10.0 - 2.0 * 6.0) / 3.0;
    for (n, offered) in Act::ALL.into_iter().enumerate() {
        let left = right.left() + n as f32 * (width + 6.0);
        let place = Rect::from_min_size(pos2(left, right.top()), vec2(width, BUTTON.y));
        let hint = offered.hint();
        let response = button::sense(ui, place, &hint);
        if response.clicked() {
            act = (act != Some(offered)).then_some(offered);
        }
        let on = act == Some(offered);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, hint.name));
        button::press(ui, place, offered.label(), &response, Face::light(theme::WARNING, on));
        hint.attach(response);
    }
    let hint =
        Hint::click("Scene change", "When another scene begins: at once, with the next beat, or with the next bar.");
    choice::show(ui, list, hint, settings.change);
    let line = Rect::from_min_max(pos2(right.left(), right.top() + BUTTON.y), right.max);
    status(ui, line, act.map_or_else(|| says(scenes), |act| act.prompt().to_owned()), act.is_some());

    ui.data_mut(|data| data.insert_temp(armed, act));
    wish
}

/// The button of a scene; 0 is the panel. Lit as much as it plays, ringed if it is called for. Returns whether it was
/// clicked.
fn scene_button(ui: &mut Ui, rect: Rect, number: usize, scenes: &Scenes, act: Option<Act>) -> bool {
    let filled = number.checked_sub(1).is_none_or(|index| scenes.filled[index]);
    let text = match (number, filled) {
        (0, _) => "Play what the knobs say.",
        (_, true) => "Recall this scene.",
        (_, false) => "Nothing is stored here yet; it plays what the knobs say.",
    };
    let handling = if number == 0 { "" } else { "Shift-click to store what the knobs say." };
    let hint = Hint { name: NAMES[number], text, handling };
    let response = button::sense(ui, rect, &hint);
    let [now, called_for] = scenes.places;
    let share = (1.0 - (now - number as f32).abs()).max(0.0);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, share >= 0.5, hint.name));
    let ink = if filled { theme::TEXT } else { theme::FAINT };
    let label = if number == 0 { "Panel".to_owned() } else { number.to_string() };
    button::press(ui, rect, &label, &response, Face { ink, light: Some(theme::YOU), lit: share });
    let ring = match act {
        Some(_) if number > 0 => Some(theme::WARNING),
        None if called_for != now && called_for == number as f32 => Some(theme::YOU),
        _ => None,
    };
    if let Some(ring) = ring {
        ui.painter().rect_stroke(rect, theme::CORNER, Stroke::new(1.5, ring), StrokeKind::Inside);
    }
    if filled && number > 0 {
        let ink = if share > 0.5 { theme::GROUND } else { theme::YOU };
        ui.painter().circle_filled(rect.right_top() + vec2(-8.0, 8.0), 2.2, ink);
    }
    let clicked = response.clicked();
    learn_offer::offer_action(ui, &response, Action::Scene(number as u8));
    hint.attach(response);
    clicked
}

fn status(ui: &Ui, rect: Rect, text: String, asks: bool) {
    let response = ui.interact(rect, ui.make_persistent_id("Scene status"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Scene status"));
    let (font, ink) = (theme::regular(theme::LABEL), if asks { theme::WARNING } else { theme::DIM });
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, &text, font, ink);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(text);
        node.set_live(Live::Polite);
    });
}

/// What plays and what is to come.
fn says(scenes: &Scenes) -> String {
    let [now, called_for] = scenes.places;
    let [preset, next] = &scenes.presets;
    let under = |preset: &str| if preset.is_empty() { "the knobs".to_owned() } else { format!("“{preset}”") };
    let name = |place: f32, preset: &str| match place {
        0.0 => under(preset),
        place => format!("scene {place}"),
    };
    let plays = match now {
        0.0 if preset.is_empty() => "The knobs play".to_owned(),
        0.0 => format!("{} plays", under(preset)),
        now if now.fract() == 0.0 => format!("Scene {now} plays"),
        now => format!("Between {} and {}", name(now.floor(), preset), name(now.ceil(), preset)),
    };
    let recalls = (called_for - now).abs() >= 1.0 && called_for.fract() == 0.0;
    let changes = preset != next && (now == 0.0 || called_for == 0.0);
    match (recalls || changes, now.fract() == 0.0 && (now > 0.0 || !preset.is_empty())) {
        (true, _) => format!("{plays}, then {}", name(called_for, next)),
        (false, true) => format!("{plays}; the knobs wait"),
        (false, false) => plays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plays_is_said_with_what_is_to_come() {
        for (places, text) in [
            ([0.0, 0.0], "The knobs play"),
            ([3.0, 3.0], "Scene 3 plays; the knobs wait"),
            ([0.0, 5.0], "The knobs play, then scene 5"),
            ([2.0, 0.0], "Scene 2 plays, then the knobs"),
            ([0.5, 0.5], "Between the knobs and scene 1"),
            ([2.25, 2.5], "Between scene 2 and scene 3"),
        ] {
            assert_eq!(says(&Scenes { places, ..Scenes::default() }), text);
        }
    }

    #[test]
    fn a_preset_that_plays_is_named() {
        for (places, presets, text) in [
            ([0.0, 0.0], ["Noir", "Noir"], "“Noir” plays; the knobs wait"),
            ([0.0, 0.0], ["", "Noir"], "The knobs play, then “Noir”"),
            ([0.0, 0.0], ["Noir", ""], "“Noir” plays, then the knobs"),
            ([2.0, 0.0], ["Noir", "Blue"], "Scene 2 plays, then “Blue”"),
            ([2.0, 2.0], ["Noir", "Blue"], "Scene 2 plays; the knobs wait"),
            ([0.5, 0.5], ["Noir", "Noir"], "Between “Noir” and scene 1"),
        ] {
            let scenes = Scenes { places, presets: presets.map(str::to_owned), ..Scenes::default() };
            assert_eq!(says(&scenes), text);
        }
    }
}
