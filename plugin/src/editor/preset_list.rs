//! The list of presets: a row each, with what it is and a star for those that one likes best.

use std::path::PathBuf;

use egui::accesskit::Role;
use egui::scroll_area::ScrollArea;
use egui::{Align2, Key, Modifiers, Rect, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2};

use crate::presets::Preset;

use super::hint::Hint;
use super::text::{self, Look};
use super::{paint, theme};

/// The height of a row, in points.
const ROW: f32 = 24.0;
/// The width of the star's place, in points.
const STAR: f32 = 26.0;
/// How far the page keys go, in rows.
const PAGE: usize = 8;

/// Which preset it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The factory's at this index, from 0.
    Factory(usize),
    /// The musician's own in this file.
    Own(PathBuf),
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Which preset it is.
    pub which: Which,
    /// What it is.
    pub preset: &'a Preset,
    /// By what preferences know it.
    pub mark: String,
    /// Whether it has the star.
    pub is_favourite: bool,
}

/// What the musician does with the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Look at this one.
    Choose(Which),
    /// Load it.
    Load(Which),
    /// Give it the star, or take it away: by its mark.
    Favour(String),
}

/// Shows `rows` in `rect`, of which `chosen` is looked at and the one called `current` was loaded.
pub fn show(ui: &mut Ui, rect: Rect, rows: &[Row], chosen: Option<&Which>, current: &str) -> Option<Act> {
    ui.painter().rect(rect, theme::CORNER, theme::WELL, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    let hint = Hint {
        name: "List of presets",
        text: "Click to read what it is, double-click to load it.",
        handling: "Arrow keys to choose, Enter to load.",
    };
    let list = ui.interact(rect, ui.make_persistent_id(hint.name), Sense::click());
    let place = rows.iter().position(|row| Some(&row.which) == chosen);
    list.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, hint.name));
    let said = place.map_or_else(|| "none".to_owned(), |place| describe(&rows[place]));
    ui.ctx().accesskit_node_builder(list.id, |node| node.set_value(said));
    let mut act = None;
    let mut moved = None;
    if list.has_focus() {
        (moved, act) = keys(ui, &list, rows, place);
    }
    if rows.is_empty() {
        let font = theme::regular(theme::BODY);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "No preset is like that.", font, theme::DIM);
    }
    let inside = rect.shrink2(vec2(1.0, 2.0));
    ui.scope_builder(UiBuilder::new().max_rect(inside).id_salt("rows of presets"), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().auto_shrink(false);
        if let Some(place) = moved {
            area = area.vertical_scroll_offset((place as f32 * ROW - inside.height() / 2.0).max(0.0));
        }
        area.show_rows(ui, ROW, rows.len(), |ui, seen| {
            for (place, row) in rows.iter().enumerate().take(seen.end).skip(seen.start) {
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
                let shown =
                    Shown { row, place, is_chosen: Some(&row.which) == chosen, is_current: row.preset.name == current };
                act = shown.show(ui, rect).or(act.take());
            }
        });
    });
    paint::focus(ui.painter(), &list, rect, theme::CORNER);
    hint.attach(list);
    act.or_else(|| moved.map(|place| Act::Choose(rows[place].which.clone())))
}

/// To which row the keys go, and what they do.
fn keys(ui: &Ui, list: &egui::Response, rows: &[Row], place: Option<usize>) -> (Option<usize>, Option<Act>) {
    let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = rows.len().saturating_sub(1);
    let here = place.unwrap_or(0);
    let to = [
        (Key::ArrowDown, place.map_or(0, |place| place + 1)),
        (Key::ArrowUp, here.saturating_sub(1)),
        (Key::PageDown, here + PAGE),
        (Key::PageUp, here.saturating_sub(PAGE)),
        (Key::Home, 0),
        (Key::End, last),
    ];
    let to = to.into_iter().find_map(|(key, to)| pressed(key).then_some(to.min(last)));
    let load = place.filter(|_| pressed(Key::Enter)).map(|place| Act::Load(rows[place].which.clone()));
    (to.filter(|_| !rows.is_empty()), load)
}

fn describe(row: &Row) -> String {
    format!("{}: {}", row.preset.name, row.preset.description)
}

struct Shown<'a> {
    row: &'a Row<'a>,
    place: usize,
    is_chosen: bool,
    is_current: bool,
}

impl Shown<'_> {
    fn show(&self, ui: &mut Ui, rect: Rect) -> Option<Act> {
        let Row { which, preset, mark, is_favourite } = self.row;
        let star = Rect::from_min_size(rect.min, vec2(STAR, rect.height()));
        let body = rect.with_min_x(star.right());
        // The list has the focus; its rows are clicked.
        let response = ui.interact(body, ui.scope_id().with(("row", self.place)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, self.is_chosen, &preset.name));
        let painter = ui.painter();
        if self.is_chosen || response.hovered() {
            let fill = if self.is_chosen { theme::HOVERED } else { theme::RAISED };
            painter.rect_filled(rect.shrink2(vec2(1.0, 0.5)), theme::CORNER, fill);
        }
        let font = if self.is_current { theme::semibold(theme::BODY) } else { theme::regular(theme::BODY) };
        let ink = if self.is_current { theme::YOU } else { theme::TEXT };
        let width = body.width() * 0.52;
        let (name, tags) = body.split_left_right_at_x(body.left() + width);
        text::show(ui, name.with_max_x(name.right() - 8.0), &preset.name, &Look::line(font, ink));
        let words: Vec<&str> = [&preset.tags.style, &preset.tags.mood, &preset.tags.density]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let ink = if self.is_chosen { theme::TEXT } else { theme::DIM };
        let look = Look::line(theme::regular(theme::SMALL), ink);
        text::show(ui, tags.with_max_x(tags.right() - 8.0), &words.join(" · "), &look);
        let starred = self.star(ui, star, *is_favourite);
        if starred {
            Some(Act::Favour(mark.clone()))
        } else if response.double_clicked() {
            Some(Act::Load(which.clone()))
        } else {
            response.clicked().then(|| Act::Choose(which.clone()))
        }
    }

    /// The star. Returns whether it was clicked.
    fn star(&self, ui: &Ui, rect: Rect, on: bool) -> bool {
        let response = ui.interact(rect, ui.scope_id().with(("star", self.place)), Sense::CLICK);
        let name = format!("Favourite: {}", self.row.preset.name);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &name));
        let ink = match (on, response.hovered()) {
            (true, _) => theme::WARNING,
            (false, true) => theme::DIM,
            (false, false) => {
                if self.is_chosen {
                    theme::FAINT
                } else {
                    theme::TRACK
                }
            }
        };
        let point = |n: usize| {
            let radius = if n.is_multiple_of(2) { 6.2 } else { 2.6 };
            let (sin, cos) = (n as f32 / 10.0 * std::f32::consts::TAU).sin_cos();
            rect.center() + vec2(sin, -cos) * radius
        };
        // Five rays about a centre: the shape as a whole is not convex.
        for ray in 0..5 {
            let triangle = vec![rect.center(), point(2 * ray + 9), point(2 * ray), point(2 * ray + 1)];
            ui.painter().add(Shape::convex_polygon(triangle, ink, Stroke::NONE));
        }
        response.clicked()
    }
}
