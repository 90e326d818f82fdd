//! The deadline meter: how early plans arrive, and what went wrong.

use continuo_models::PerRole;
use egui::accesskit::Role;
use egui::{Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::seam::{NetworkSet, Origin, Urgency};

use super::hint::Hint;
use super::setting::Setting;
use super::{button, paint, stepper, theme};

/// What the band plays by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The networks are being loaded.
    #[default]
    Loading,
    /// These networks, role by role; or rules, where one is missing.
    Networks(PerRole<Origin>),
}

impl Source {
    fn text(self) -> String {
        match self {
            Source::Loading => "loading".to_owned(),
            Source::Networks(origins) => {
                let mut names: Vec<&str> = Vec::new();
                for name in origins.map(|origin| origin.map_or("rules", NetworkSet::name)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                names.join(" + ")
            }
        }
    }

    /// Whether a network is missing.
    fn wants_attention(self) -> bool {
        matches!(self, Source::Networks(origins) if origins.contains(&None))
    }
}

/// What the meter shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Plans made since the instance was made.
    pub plans: u64,
    /// How long before its frame the last plan arrived, in milliseconds.
    pub lead_ms: f32,
    /// The shortest such time.
    pub worst_ms: f32,
    /// The length of a frame in milliseconds.
    pub frame_ms: f32,
    /// Plans that were missing when they were needed.
    pub misses: u64,
    /// Those of them since the band plans as far ahead as it does.
    pub misses_lately: u64,
    /// Notes that arrived after their start.
    pub late: u64,
    /// Events that found no room.
    pub dropped: u64,
    /// What the band plays by.
    pub source: Source,
    /// How urgent the system takes the worker for.
    pub urgency: Urgency,
}

const BAR_WIDTH: f32 = 72.0;
const AHEAD_WIDTH: f32 = 112.0;

/// Shows the meter in `rect`, and how many frames the band plans ahead; where plans were missed, it suggests one more.
/// A click asks for the worst lead to be taken anew: the caller looks at the response.
pub fn show(ui: &mut Ui, rect: Rect, reading: &Reading, plan_ahead: &dyn Setting) -> Response {
    paint::card(ui.painter(), rect);
    let response = ui.interact(rect, ui.make_persistent_id("Deadline meter"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Deadline meter"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken(reading)));
    let inside = rect.shrink2(vec2(theme::INSET, 6.0));

    column(ui, inside, 0.0, "Plans ready", &lead_text(reading), theme::TEXT);
    let frames = plan_ahead.step_at(plan_ahead.value()) + 1;
    lead_bar(ui, pos2(inside.left() + 94.0, inside.center().y), reading, frames as f32 * reading.frame_ms);

    let counts = [("Missed", reading.misses), ("Late", reading.late), ("Dropped", reading.dropped)];
    for (n, (label, count)) in counts.into_iter().enumerate() {
        let ink = if count > 0 { theme::WARNING } else { theme::TEXT };
        column(ui, inside, [180.0, 226.0, 262.0][n], label, &short_count(count), ink);
    }
    let ink = if reading.source.wants_attention() { theme::WARNING } else { theme::TEXT };
    column(ui, inside, 314.0, "Playing by", &reading.source.text(), ink);
    column(ui, inside, 436.0, "Priority", reading.urgency.text(), theme::TEXT);

    paint::focus(ui.painter(), &response, rect, theme::CARD_CORNER);
    Hint {
        name: "Deadline meter",
        text: "How early the band's plans are ready, and the shortest lead so far (the thin line); the bar is as long \
               as the band plans ahead. Missed: no plan in time, the band held its chord. Late and dropped: notes \
               that came too late or found no room. Priority: whether the system lets the band think before other \
               programs.",
        handling: "Click to measure the shortest lead anew.",
    }
    .attach(response.clone());
    let place = Rect::from_min_max(pos2(inside.right() - AHEAD_WIDTH, inside.top()), inside.max);
    ahead(ui, place, reading, plan_ahead);
    response
}

/// How far ahead the band plans, or that it should plan further.
fn ahead(ui: &mut Ui, rect: Rect, reading: &Reading, setting: &dyn Setting) {
    let step = setting.step_at(setting.value());
    if reading.misses_lately > 0 && Some(step) < setting.steps() {
        let more = setting.value_of_step(step + 1);
        let hint = Hint::click(
            "Plan further ahead",
            "Plans were missed. With more time none is, and the band hears you one sixteenth later. It counts at \
             once, and is saved with the project.",
        );
        let label = format!("Plan {} ahead", setting.text(more));
        if button::show(ui, rect, &label, hint, theme::WARNING).clicked() {
            setting.change(more);
        }
        return;
    }
    ui.painter().text(rect.left_top(), Align2::LEFT_TOP, "Plan ahead", theme::regular(theme::SMALL), theme::DIM);
    let hint = Hint::turn(
        "Plan ahead",
        "How many sixteenths the band thinks ahead. More: none of its plans is late, on a busy machine or with long \
         blocks. Less: it hears you sooner. A bounce has what you heard.",
    );
    stepper::show(ui, rect.with_min_y(rect.bottom() - 19.0), hint, setting);
}

fn column(ui: &Ui, inside: Rect, left: f32, label: &str, value: &str, ink: Color32) {
    let painter = ui.painter();
    let top = inside.left_top() + vec2(left, 0.0);
    let bottom = inside.left_bottom() + vec2(left, 0.0);
    painter.text(top, Align2::LEFT_TOP, label, theme::regular(theme::SMALL), theme::DIM);
    painter.text(bottom, Align2::LEFT_BOTTOM, value, theme::regular(theme::BODY), ink);
}

/// The bar of the leads, `longest` milliseconds long.
fn lead_bar(ui: &Ui, left_centre: egui::Pos2, reading: &Reading, longest: f32) {
    let painter = ui.painter();
    let corner = CornerRadius::same(3);
    let bar = Rect::from_min_size(left_centre - vec2(0.0, 3.0), vec2(BAR_WIDTH, 6.0));
    painter.rect_filled(bar, corner, theme::TRACK);
    if reading.plans == 0 || longest <= 0.0 {
        return;
    }
    let at = |ms: f32| bar.left() + bar.width() * (ms / longest).clamp(0.0, 1.0);
    let share = reading.lead_ms / longest;
    let ink = match share {
        share if share <= 0.0 => theme::ALARM,
        share if share < 0.25 => theme::WARNING,
        _ => theme::YOU,
    };
    painter.rect_filled(Rect::from_min_max(bar.min, pos2(at(reading.lead_ms), bar.bottom())), corner, ink);
    painter.vline(at(reading.worst_ms), bar.y_range().expand(4.0), Stroke::new(1.5, theme::DIM));
}

fn lead_text(reading: &Reading) -> String {
    match reading {
        Reading { plans: 0, .. } => "not yet".to_owned(),
        Reading { lead_ms, .. } if *lead_ms < 0.0 => format!("{:.0} ms late", -lead_ms),
        Reading { lead_ms, .. } => format!("{lead_ms:.0} ms early"),
    }
}

fn short_count(count: u64) -> String {
    if count > 9999 { format!("{} k", count / 1000) } else { count.to_string() }
}

fn spoken(reading: &Reading) -> String {
    format!(
        "plans {}, {} missed, {} late, {} dropped, playing by {}, priority {}",
        lead_text(reading),
        reading.misses,
        reading.late,
        reading.dropped,
        reading.source.text(),
        reading.urgency.text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_are_named_where_they_differ() {
        let [gru, transformer, own] = NetworkSet::ALL.map(Some);
        for (origins, text, attention) in [
            ([transformer; 4], "Transformer", false),
            ([own, gru, gru, gru], "Own folder + GRU", false),
            ([None, own, own, own], "rules + Own folder", true),
            ([None; 4], "rules", true),
        ] {
            let source = Source::Networks(origins);
            assert_eq!((source.text(), source.wants_attention()), (text.to_owned(), attention));
        }
    }

    #[test]
    fn a_lead_reads_as_early_or_late() {
        let reading = |lead_ms| Reading { plans: 1, lead_ms, ..Reading::default() };
        assert_eq!(lead_text(&reading(117.6)), "118 ms early");
        assert_eq!(lead_text(&reading(-3.0)), "3 ms late");
        assert_eq!(lead_text(&Reading::default()), "not yet");
    }
}
