//! The tour: five steps that point at what one needs first. The panel works meanwhile.

use egui::accesskit::{Live, Role};
use egui::{
    Area, Color32, Id, Key, Modifiers, Order, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::hint::Hint;
use super::tabs::{self, Page};
use super::text::{self, Look};
use super::{button, theme};

/// Where the tour points: places on the panel.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The keys.
    pub keys: Rect,
    /// The styles.
    pub styles: Rect,
    /// The players.
    pub players: Rect,
    /// The tab of the presets.
    pub presets: Rect,
    /// The tab of the setup.
    pub setup: Rect,
}

impl Places {
    /// The place of each step, and what is said there.
    fn steps(&self) -> [(Rect, &'static str, &'static str); 5] {
        [
            (self.keys, "Play", "On your MIDI keyboard, or click these keys. The band answers at once."),
            (self.styles, "Choose a style", "Or blend two of them with the slider."),
            (self.players, "Choose your players", "Each can be switched off, and play more or less, higher or lower."),
            (self.presets, "Try a preset", "Whole settings to begin with; yours can be kept there too."),
            (
                self.setup,
                "Give the band its instruments",
                "What you hear is a plain sound, so that there is one. Setup says how instruments get the notes.",
            ),
        ]
    }
}

/// The size of what is said, in points.
const BUBBLE: egui::Vec2 = vec2(316.0, 118.0);
/// From a place to what is said of it, in points.
const DISTANCE: f32 = 12.0;

fn step_id(ui: &Ui) -> Id {
    ui.make_persistent_id("step of the tour")
}

/// Begins the tour.
pub fn begin(ui: &Ui) {
    tabs::open(ui, Page::Play);
    ui.data_mut(|data| data.insert_temp(step_id(ui), Some(0_usize)));
}

/// Shows the tour if it was begun, or once to somebody who `is_new`, over a panel that fills `panel`. Whether it has
/// ended now.
pub fn show(ui: &mut Ui, panel: Rect, places: &Places, is_new: bool) -> bool {
    let state = step_id(ui);
    // Not there: the tour was not begun yet. Nothing in it: it has ended.
    let step: Option<Option<usize>> = ui.data(|data| data.get_temp(state));
    let at = match step {
        None if is_new => 0,
        None | Some(None) => return false,
        Some(Some(at)) => at,
    };
    let steps = places.steps();
    let (place, title, text) = steps[at.min(steps.len() - 1)];
    let painter = ui.ctx().layer_painter(egui::LayerId::new(Order::Foreground, Id::unique("ring of the tour")));
    painter.rect_stroke(place.expand(4.0), theme::CARD_CORNER, Stroke::new(2.0, theme::YOU), StrokeKind::Outside);
    let bubble = Rect::from_min_size(beside(place, panel), BUBBLE);
    let escape = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let area = Area::new(Id::unique("tour")).order(Order::Foreground).fixed_pos(bubble.min).constrain(false);
    let wish = area.show(ui.ctx(), |ui| say(ui, bubble, (at, steps.len()), title, text)).inner;
    let next = match wish {
        Some(Wish::Next) if at + 1 < steps.len() => Some(at + 1),
        Some(_) => None,
        None if escape => None,
        None => Some(at),
    };
    ui.data_mut(|data| data.insert_temp(state, next));
    next.is_none()
}

/// What the musician wants of the tour.
enum Wish {
    Next,
    Skip,
}

/// Says what is at a place, in `rect`; `at`: which step it is, of how many.
fn say(ui: &mut Ui, rect: Rect, (at, count): (usize, usize), title: &str, text: &str) -> Option<Wish> {
    // Clicks on it are not for what lies below.
    ui.allocate_rect(rect, Sense::click());
    ui.painter().rect(rect, theme::CARD_CORNER, theme::RAISED, Stroke::new(1.5, theme::YOU), StrokeKind::Inside);
    let inside = rect.shrink(theme::INSET);
    let response = ui.interact(inside, Id::unique("said on the tour"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Tour"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(format!("{title}. {text}"));
        node.set_live(Live::Polite);
    });
    let line = |look: Look, top: f32, height: f32, text: &str| {
        text::show(ui, Rect::from_min_size(inside.min + vec2(0.0, top), vec2(inside.width(), height)), text, &look);
    };
    line(Look::line(theme::semibold(theme::HEADING), theme::TEXT), -2.0, 20.0, title);
    line(Look::paragraph(theme::regular(theme::BODY), theme::TEXT, 3), 22.0, 40.0, text);
    let foot = |right: f32, width: f32| {
        Rect::from_min_size(pos2(inside.right() - right, inside.bottom() - 26.0), vec2(width, 26.0))
    };
    for n in 0..count {
        let ink = if n == at { theme::YOU } else { Color32::from_gray(0x60) };
        ui.painter().circle_filled(pos2(inside.left() + 4.0 + n as f32 * 12.0, inside.bottom() - 13.0), 3.0, ink);
    }
    let is_last = at + 1 == count;
    let skip = Hint::click("Skip the tour", "It can be taken again: click the name Continuo.");
    let skips = !is_last && button::show(ui, foot(156.0, 74.0), "Skip", skip, theme::DIM).clicked();
    let next = Hint::click("Next step of the tour", "Goes on; Escape ends it.");
    let goes_on =
        button::show(ui, foot(74.0, 74.0), if is_last { "Done" } else { "Next" }, next, theme::TEXT).clicked();
    match (skips, goes_on) {
        (true, _) => Some(Wish::Skip),
        (_, true) => Some(Wish::Next),
        _ => None,
    }
}

/// Where what is said of `place` has room in `panel`: above it, else below.
fn beside(place: Rect, panel: Rect) -> Pos2 {
    let left = (place.center().x - BUBBLE.x / 2.0).clamp(panel.left() + 8.0, panel.right() - BUBBLE.x - 8.0);
    let above = place.top() - DISTANCE - BUBBLE.y;
    pos2(left, if above >= panel.top() { above } else { place.bottom() + DISTANCE })
}
