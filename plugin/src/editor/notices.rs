//! What the musician should read: the oldest notice that was not dismissed, or a first hint.

use egui::accesskit::{Live, Role};
use egui::text::LayoutJob;
use egui::{Align2, Color32, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

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
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Notice"));
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

    let label = if notices.len() > 1 { "Next" } else { "OK" };
    let dismiss =
        Rect::from_min_max(pos2(inside.right() - 54.0, rect.top() + 9.0), pos2(inside.right(), rect.bottom() - 9.0));
    let body = Rect::from_min_max(pos2(inside.left() + 24.0, rect.top()), pos2(dismiss.left() - 10.0, rect.bottom()));
    lines(ui, body, text, theme::TEXT);
    response.on_hover_text(text);
    let hint = Hint::click("Dismiss notice", "I have read this.");
    button::show(ui, dismiss, label, hint, theme::TEXT).clicked().then_some(notice.number)
}

/// `text` in the middle of `rect`'s height: in two lines, or in three smaller ones if it is long.
pub(super) fn lines(ui: &Ui, rect: Rect, text: &str, ink: Color32) {
    let layout = |size: f32, max_rows: usize| {
        let mut job = LayoutJob::simple(text.to_owned(), theme::regular(size), ink, rect.width());
        job.wrap.max_rows = max_rows;
        ui.painter().layout_job(job)
    };
    let mut galley = layout(theme::LABEL, 2);
    if galley.elided {
        galley = layout(theme::SMALL, 3);
    }
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left(), top), galley, ink);
}
