//! What the musician should read: the oldest notice that was not dismissed, or a first hint.

use egui::accesskit::{Live, Role};
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::seam::Notice;

use super::hint::Hint;
use super::{button, paint, theme};

const FIRST_HINT: &str = "Play, and the band answers. Rest the pointer on a control to read what it does.";

/// Shows the oldest of `notices` in `rect`. Returns its number when the musician has read it.
pub fn show(ui: &mut Ui, rect: Rect, notices: &[Notice]) -> Option<u64> {
    paint::card(ui.painter(), rect);
    let text = notices.first().map_or(FIRST_HINT, |notice| &notice.text);
    let inside = rect.shrink2(vec2(theme::INSET, 0.0));
    let response = ui.interact(rect, ui.make_persistent_id("Notice"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Notice"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(text);
        node.set_live(Live::Polite);
    });

    let Some(notice) = notices.first() else {
        lines(ui, inside, text, theme::DIM);
        return None;
    };
    let sign = pos2(inside.left() + 7.0, inside.center().y);
    let corners = [(0.0, -8.0), (8.5, 6.5), (-8.5, 6.5)].map(|(x, y)| sign + vec2(x, y));
    ui.painter().add(Shape::convex_polygon(corners.to_vec(), theme::WARNING, Stroke::NONE));
    let font = theme::semibold(theme::SMALL);
    ui.painter().text(sign + vec2(0.0, 1.5), Align2::CENTER_CENTER, "!", font, theme::GROUND);

    let label = if notices.len() > 1 { format!("OK, next of {}", notices.len()) } else { "OK".to_owned() };
    let width = if notices.len() > 1 { 102.0 } else { 48.0 };
    let dismiss =
        Rect::from_min_max(pos2(inside.right() - width, rect.top() + 9.0), pos2(inside.right(), rect.bottom() - 9.0));
    let body = Rect::from_min_max(pos2(inside.left() + 24.0, rect.top()), pos2(dismiss.left() - 10.0, rect.bottom()));
    lines(ui, body, text, theme::TEXT);
    response.on_hover_text(text);
    let hint = Hint::click("Dismiss notice", "I have read this.");
    button::show(ui, dismiss, &label, hint, theme::TEXT).clicked().then_some(notice.number)
}

/// `text` in at most two lines, in the middle of `rect`'s height.
fn lines(ui: &Ui, rect: Rect, text: &str, ink: egui::Color32) {
    let mut job = LayoutJob::simple(text.to_owned(), theme::regular(theme::LABEL), ink, rect.width());
    job.wrap = TextWrapping { max_width: rect.width(), max_rows: 2, ..TextWrapping::default() };
    let galley = ui.painter().layout_job(job);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left(), top), galley, ink);
}
