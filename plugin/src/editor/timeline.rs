//! The chords that are planned, over the beats of the bars to come, and up to where the plan is certain.

use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{BarPosition, Meter, Tick};
use egui::accesskit::Role;
use egui::{Align2, Color32, CornerRadius, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::chord_view::ChordText;
use super::{paint, theme};

/// How far the timeline looks ahead, in ticks: two bars of 4/4.
const AHEAD: Tick = 8 * TICKS_PER_QUARTER;
/// How far it looks back.
const BEHIND: Tick = TICKS_PER_QUARTER;

/// A stretch of time under one chord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first tick; `None`: before anything that is shown.
    pub start: Option<Tick>,
    /// The chord; `None`: no chord.
    pub chord: Option<ChordText>,
}

/// What is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The tick that sounds now.
    pub now: Tick,
    /// The bar that sounds now.
    pub bar: BarPosition,
    /// The chord now, then the planned ones, in order.
    pub stretches: Vec<Stretch>,
    /// The first tick at which it may still change.
    pub certain: Tick,
}

impl Default for Plan {
    fn default() -> Self {
        Self { now: 0, certain: 0, bar: BarPosition { bar_start: 0, meter: Meter::default() }, stretches: Vec::new() }
    }
}

/// Shows the plan in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, plan: &Plan) {
    paint::card(ui.painter(), rect);
    let response = ui.interact(rect, ui.make_persistent_id("Planned chords"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Planned chords"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken(plan)));

    let inside = rect.shrink(theme::INSET);
    let painter = ui.painter_at(rect.shrink2(vec2(theme::INSET - 2.0, 0.0)));
    let scale = Scale { left: inside.left(), width: inside.width(), now: plan.now };
    painter.text(inside.left_top(), Align2::LEFT_TOP, "Planned", theme::regular(theme::LABEL), theme::DIM);
    paint_beats(&painter, inside, &scale, plan);
    let blocks =
        Rect::from_min_max(pos2(inside.left(), inside.top() + 20.0), pos2(inside.right(), inside.bottom() - 17.0));
    for (n, stretch) in plan.stretches.iter().enumerate() {
        let start = stretch.start.unwrap_or(Tick::MIN);
        let end = plan.stretches.get(n + 1).and_then(|next| next.start).unwrap_or(Tick::MAX);
        let from = scale.x(start);
        let to = scale.x(end);
        if to - from > 3.0 {
            let block = Rect::from_min_max(pos2(from, blocks.top()), pos2(to - 3.0, blocks.bottom()));
            let sounds = start <= plan.now && plan.now < end;
            paint_block(&painter, block, stretch.chord.as_ref(), sounds, end == Tick::MAX);
        }
    }
    let x = scale.x(plan.now);
    if plan.certain > plan.now && !plan.stretches.is_empty() {
        painter.hline(
            x..=scale.x(plan.certain),
            blocks.bottom() + 1.5,
            Stroke::new(2.0, theme::YOU.gamma_multiply(0.7)),
        );
    }
    painter.vline(x, inside.top() + 14.0..=inside.bottom() - 13.0, Stroke::new(1.5, theme::YOU));
    painter.text(pos2(x, inside.top() + 12.0), Align2::CENTER_BOTTOM, "now", theme::regular(theme::SMALL), theme::YOU);
}

/// From ticks to points.
struct Scale {
    left: f32,
    width: f32,
    now: Tick,
}

impl Scale {
    /// The place of `tick`, at most at the ends of the scale.
    fn x(&self, tick: Tick) -> f32 {
        let offset = tick.saturating_sub(self.now).clamp(-BEHIND, AHEAD) + BEHIND;
        self.left + self.width * offset as f32 / (BEHIND + AHEAD) as f32
    }
}

fn paint_beats(painter: &Painter, inside: Rect, scale: &Scale, plan: &Plan) {
    let beat = plan.bar.meter.beat_ticks();
    let first = plan.now - BEHIND;
    let mut tick = first - plan.bar.ticks_into_bar(first).rem_euclid(beat);
    while tick <= plan.now + AHEAD {
        let into_bar = plan.bar.ticks_into_bar(tick);
        if tick >= first && into_bar % beat == 0 {
            let barline = into_bar == 0;
            let x = scale.x(tick);
            let (length, ink) = if barline { (6.0, theme::DIM) } else { (4.0, theme::TRACK) };
            let y = inside.bottom() - 13.0;
            painter.vline(x, y - length..=y, Stroke::new(1.0, ink));
            let fits = inside.x_range().shrink(5.0).contains(x);
            let number = (into_bar / beat + 1).to_string();
            let (font, ink) = if barline {
                (theme::semibold(theme::SMALL), theme::TEXT)
            } else {
                (theme::regular(theme::SMALL), theme::FAINT)
            };
            if fits {
                painter.text(pos2(x, inside.bottom() + 2.0), Align2::CENTER_BOTTOM, number, font, ink);
            }
        }
        // A bar need not be whole beats: the next beat is the next one of its bar, or the next barline.
        tick += beat.min(plan.bar.meter.bar_ticks() - into_bar);
    }
}

fn paint_block(painter: &Painter, block: Rect, chord: Option<&ChordText>, sounds: bool, open: bool) {
    let corner = if open { CornerRadius { nw: 5, sw: 5, ne: 0, se: 0 } } else { theme::CORNER };
    let (fill, edge) =
        if sounds { (theme::HOVERED, theme::TRACK) } else { (theme::RAISED.gamma_multiply(0.55), theme::EDGE) };
    painter.rect(block, corner, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let Some(chord) = chord else { return };
    let room = block.width() - 12.0;
    let symbol = painter.layout_no_wrap(chord.symbol.clone(), theme::semibold(theme::HEADING), Color32::PLACEHOLDER);
    let numeral = painter.layout_no_wrap(chord.numeral.clone(), theme::regular(theme::LABEL), Color32::PLACEHOLDER);
    let ink = if sounds { theme::TEXT } else { theme::DIM };
    if symbol.size().x <= room {
        painter.galley(block.left_top() + vec2(8.0, 4.0), symbol, ink);
    }
    if numeral.size().x <= room {
        let place = pos2(block.left() + 8.0, block.bottom() - 4.0 - numeral.size().y);
        painter.galley(place, numeral, if sounds { theme::DIM } else { theme::FAINT });
    }
}

/// The plan, for assistive technology: "F in 2 beats, C in 4 beats".
fn spoken(plan: &Plan) -> String {
    let planned: Vec<String> = plan
        .stretches
        .iter()
        .filter_map(|stretch| {
            let ahead = stretch.start?.checked_sub(plan.now).filter(|&ticks| ticks > 0)?;
            let symbol = stretch.chord.as_ref().map_or("no chord", |chord| &chord.symbol);
            let beats = ahead as f32 / plan.bar.meter.beat_ticks() as f32;
            Some(format!("{symbol} in {} beats", (beats * 10.0).round() / 10.0))
        })
        .collect();
    if planned.is_empty() { "nothing planned".to_owned() } else { planned.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(symbol: &str) -> Option<ChordText> {
        Some(ChordText { symbol: symbol.into(), numeral: String::new() })
    }

    #[test]
    fn the_scale_runs_from_behind_now_to_ahead() {
        let scale = Scale { left: 10.0, width: 90.0, now: 240 };
        assert_eq!(scale.x(240 - BEHIND), 10.0);
        assert_eq!(scale.x(240 + AHEAD), 100.0);
        assert_eq!(scale.x(Tick::MAX), 100.0, "what has no end goes to the edge");
        assert_eq!(scale.x(Tick::MIN), 10.0);
    }

    #[test]
    fn the_plan_is_said_in_beats_from_now() {
        let stretches = vec![
            Stretch { start: None, chord: chord("C") },
            Stretch { start: Some(72), chord: chord("F") },
            Stretch { start: Some(132), chord: None },
        ];
        let plan = Plan { now: 24, stretches, ..Plan::default() };
        assert_eq!(spoken(&plan), "F in 2 beats, no chord in 4.5 beats");
        assert_eq!(spoken(&Plan::default()), "nothing planned");
    }
}
