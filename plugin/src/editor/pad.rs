//! A pad: two settings in one plane, with a name in each corner, a rail for each setting beside it.

use egui::accesskit::Role;
use egui::{Align2, Color32, CursorIcon, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::hint::Hint;
use super::setting::Setting;
use super::{gesture, theme};

/// The width of a rail, in points.
const RAIL: f32 = 14.0;
/// The radius of what marks the place.
const PLACE: f32 = 7.0;

/// One of the two settings.
pub struct Axis<'a> {
    /// What it is and does.
    pub hint: Hint<'a>,
    /// The setting.
    pub setting: &'a dyn Setting,
}

/// What stands in a corner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corner {
    /// Its name.
    pub name: String,
    /// Whether there is something.
    pub is_there: bool,
}

/// Shows the pad in `rect`: `across` from left to right, `up` from below to above; `corners` below left and right,
/// above left and right. The plane is dragged, and reset by a double-click; the rails are handled like sliders, by
/// keyboard and assistive technology too.
pub fn show(ui: &mut Ui, rect: Rect, name: &str, [across, up]: [Axis; 2], corners: &[Corner; 4]) {
    let plane = Rect::from_min_max(pos2(rect.left() + RAIL, rect.top()), pos2(rect.right(), rect.bottom() - RAIL));
    let below = Rect::from_min_max(plane.left_bottom(), rect.max);
    let beside = Rect::from_min_max(rect.min, plane.left_bottom());
    let inner = plane.shrink(PLACE);

    // Keys go to the rails.
    let response = ui.interact(plane, ui.make_persistent_id(name), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, name));
    let settings = [across.setting, up.setting];
    let is_moved = response.drag_started() || response.clicked();
    if response.double_clicked() {
        settings.iter().for_each(|setting| setting.change(setting.default()));
    } else if is_moved || response.dragged() {
        if is_moved {
            settings.iter().for_each(|setting| setting.begin());
        }
        if let Some(Pos2 { x, y }) = response.interact_pointer_pos() {
            settings[0].set(((x - inner.left()) / inner.width()).clamp(0.0, 1.0));
            settings[1].set(((inner.bottom() - y) / inner.height()).clamp(0.0, 1.0));
        }
        if response.clicked() {
            settings.iter().for_each(|setting| setting.end());
        }
    }
    if response.drag_stopped() {
        settings.iter().for_each(|setting| setting.end());
    }
    let rails = [(&across, below, inner.width()), (&up, beside, inner.height())];
    let responses = rails.map(|(axis, rail, travel)| {
        let response = gesture::turned(ui, rail, axis.hint.name, axis.setting, travel);
        axis.hint.attach(response)
    });

    let painter = ui.painter();
    painter.rect(plane, theme::CORNER, theme::WELL, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    let line = Stroke::new(1.0, theme::EDGE);
    painter.hline(plane.x_range().shrink(1.0), plane.center().y, line);
    painter.vline(plane.center().x, plane.y_range().shrink(1.0), line);
    let [x, y] = settings.map(|setting| setting.value());
    let at = |x: f32, y: f32| pos2(inner.left() + x * inner.width(), inner.bottom() - y * inner.height());
    for (corner, (align, right, top)) in corners.iter().zip([
        (Align2::LEFT_BOTTOM, 0.0, 0.0),
        (Align2::RIGHT_BOTTOM, 1.0, 0.0),
        (Align2::LEFT_TOP, 0.0, 1.0),
        (Align2::RIGHT_TOP, 1.0, 1.0),
    ]) {
        let near = (1.0 - (x - right).abs()) * (1.0 - (y - top).abs());
        let ink = if corner.is_there { theme::DIM.lerp_to_gamma(theme::TEXT, near) } else { theme::FAINT };
        let place = align.pos_in_rect(&plane.shrink2(vec2(9.0, 6.0)));
        painter.text(place, align, &corner.name, theme::regular(theme::LABEL), ink);
        glow(painter, at(right, top), at(x, y), if corner.is_there { near } else { 0.0 });
    }
    for (response, (_, rail, _), share) in
        responses.iter().zip(rails).zip([x, y]).map(|((response, rail), share)| (response, rail, share))
    {
        let (from, to, centre) = if rail == below {
            (pos2(inner.left(), rail.center().y), pos2(inner.right(), rail.center().y), at(share, 0.0).x)
        } else {
            (pos2(rail.center().x, inner.bottom()), pos2(rail.center().x, inner.top()), at(0.0, share).y)
        };
        painter.line_segment([from, to], Stroke::new(2.0, theme::TRACK));
        let handle = if rail == below { pos2(centre, rail.center().y) } else { pos2(rail.center().x, centre) };
        let fill = if response.hovered() || response.dragged() { theme::TEXT } else { theme::DIM };
        painter.circle(handle, 4.0, fill, Stroke::new(1.5, theme::CARD));
        if response.has_focus() {
            painter.circle_stroke(handle, 6.5, Stroke::new(1.5, theme::YOU));
        }
    }
    let [modulated_x, modulated_y] = settings.map(|setting| setting.modulated());
    if (modulated_x, modulated_y) != (x, y) {
        painter.circle_filled(at(modulated_x, modulated_y), 3.0, theme::YOU);
    }
    let fill = if response.hovered() || response.dragged() { theme::YOU } else { theme::YOU.gamma_multiply(0.88) };
    painter.circle(at(x, y), PLACE, fill, Stroke::new(2.0, theme::WELL));
    let hint = Hint { name, text: across.hint.text, handling: "Drag; double-click for the bar itself." };
    let _ = response.on_hover_cursor(CursorIcon::Move).on_hover_text(format!("{}. {}", hint.name, hint.handling));
}

/// A line from a corner to the place, the stronger the nearer it is.
fn glow(painter: &Painter, corner: Pos2, place: Pos2, near: f32) {
    let ink: Color32 = theme::YOU.gamma_multiply(0.5 * near);
    painter.line_segment([corner, place], Stroke::new(1.0 + near, ink));
}
