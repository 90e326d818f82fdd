//! *About*: which version this is, and what the licences of others ask us to show. It covers the panel while it is
//! open.

use std::sync::LazyLock;

use egui::accesskit::Role;
use egui::scroll_area::ScrollArea;
use egui::{
    Align, Align2, Key, Label, Layout, Modifiers, Pos2, Rect, RichText, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use super::button;
use super::hint::Hint;
use super::layout::split;
use super::overlay::{self, Overlay};
use super::request::Request;
use super::{paint, panel_size, theme, tour};

/// What the bundles carry too; `cargo xtask notices` writes it.
const NOTICES: &str = include_str!("../../../assets/notices.txt");

/// The height of a line, in points.
const LINE: f32 = 16.0;
/// The lines that an arrow key scrolls by.
const STEP: f32 = 3.0;

/// A part of the notices: its title and its first line.
type Section = (String, usize);

static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| NOTICES.lines().collect());
static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| sections(&LINES));

/// Whether a line is a rule made of `sign`.
fn is_rule(line: &str, sign: char) -> bool {
    line.len() > 2 && line.chars().all(|c| c == sign)
}

/// The titles between two double rules, as words.
fn sections(lines: &[&str]) -> Vec<Section> {
    let is_title = |window: &[&str]| is_rule(window[0], '=') && !window[1].is_empty() && is_rule(window[2], '=');
    let titles = lines.windows(3).enumerate().filter(|(_, window)| is_title(window));
    let as_words = |title: &str| title.chars().take(1).chain(title.to_lowercase().chars().skip(1)).collect();
    titles.map(|(line, window)| (as_words(window[1]), line)).collect()
}

/// Shows the instrument's name, its left end at `place`: a click on it opens *About*, and closes it. Returns its place.
pub fn name(ui: &mut Ui, place: Pos2) -> Rect {
    let galley = ui.painter().layout_no_wrap("Continuo".into(), theme::semibold(theme::TITLE), theme::TEXT);
    let rect = Align2::LEFT_CENTER.anchor_size(place, galley.size());
    let hint = Hint::click(
        "About",
        "The version, the size of the panel, a tour, and the licences of all that Continuo is made with.",
    );
    let response = button::sense(ui, rect, &hint);
    let open = overlay::open(ui) == Some(Overlay::About);
    if response.clicked() {
        overlay::toggle(ui, Overlay::About);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, hint.name));
    let ink = if response.hovered() || open { theme::YOU } else { theme::TEXT };
    ui.painter().galley_with_override_text_color(rect.min, galley, ink);
    paint::focus(ui.painter(), &response, rect.expand(3.0), theme::CORNER);
    hint.attach(response);
    rect
}

/// Shows *About* in `rect`; the panel is `scale` times as large as by itself. Returns what was asked for.
pub fn show(ui: &mut Ui, rect: Rect, scale: f32) -> Option<Request> {
    let title = concat!("Continuo ", env!("CARGO_PKG_VERSION"));
    let body = overlay::card(ui, rect, title, "What it is made with, and under which licences");
    let (contents, text) = split(body, 200.0);

    let mut jump = None;
    for (n, (title, line)) in SECTIONS.iter().enumerate() {
        let top_left = contents.left_top() + vec2(0.0, 12.0 + n as f32 * 34.0);
        let hint = Hint::click(title, "Goes to this part.");
        if button::show(ui, Rect::from_min_size(top_left, vec2(200.0, 28.0)), title, hint, theme::TEXT).clicked() {
            jump = Some(*line as f32 * LINE);
        }
    }
    let foot = Rect::from_min_max(pos2(contents.left(), contents.bottom() - 130.0), contents.max);
    let sizes = paint::label(ui.painter(), foot, "Size of the panel", 56.0);
    let request = panel_size::show(ui, sizes, scale).map(Request::Resize);
    let hint = Hint::click("Show me around", "The tour: five steps that point at what one needs first.");
    let place = Rect::from_min_max(pos2(foot.left(), foot.bottom() - 30.0), foot.max);
    if button::show(ui, place, "Show me around", hint, theme::TEXT).clicked() {
        overlay::set(ui, None);
        tour::begin(ui);
    }
    ui.scope_builder(UiBuilder::new().max_rect(text.with_min_y(text.top() + 12.0)), |ui| lines(ui, jump));
    request
}

/// The notices, line by line; those that can be seen are laid out. `jump`: from where on, in points.
fn lines(ui: &mut Ui, jump: Option<f32>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let page = ui.available_height() - LINE;
    let by_keys: f32 = [
        (Key::PageUp, page),
        (Key::PageDown, -page),
        (Key::ArrowUp, STEP * LINE),
        (Key::ArrowDown, -STEP * LINE),
        (Key::Home, f32::INFINITY),
        (Key::End, f32::NEG_INFINITY),
    ]
    .into_iter()
    .map(|(key, delta)| if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) { delta } else { 0.0 })
    .sum();
    let mut area = ScrollArea::vertical().auto_shrink(false);
    if let Some(offset) = jump {
        area = area.vertical_scroll_offset(offset);
    }
    area.show_rows(ui, LINE, LINES.len(), |ui, seen| {
        if by_keys != 0.0 {
            ui.scroll_with_delta(vec2(0.0, by_keys.clamp(-1e6, 1e6)));
        }
        for line in &LINES[seen] {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
            let from_the_left = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
            if is_rule(line, '=') || is_rule(line, '-') {
                ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::TRACK));
            } else {
                let text = RichText::new(*line).font(theme::regular(theme::LABEL)).color(theme::DIM);
                ui.scope_builder(from_the_left, |ui| ui.add(Label::new(text).extend()));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notices_have_a_part_for_networks_fonts_and_code() {
        let titles: Vec<&str> = SECTIONS.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(titles, ["Continuo", "Networks and patterns", "Fonts", "Code of others"]);
    }

    #[test]
    fn every_sign_of_the_notices_can_be_drawn() {
        let context = egui::Context::default();
        theme::apply(&context);
        let mut missing = String::new();
        let _ = context.run_ui(egui::RawInput::default(), |ui| {
            let font = theme::regular(theme::LABEL);
            ui.ctx().fonts_mut(|fonts| {
                missing = NOTICES.lines().flat_map(str::chars).filter(|&sign| !fonts.has_glyph(&font, sign)).collect();
            });
        });
        assert_eq!(missing, "");
    }

    #[test]
    fn a_rule_without_a_title_begins_no_part() {
        assert_eq!(sections(&["===", "ONE", "===", "", "===", "two"]), [("One".to_owned(), 0)]);
    }
}
