//! The sections of the song: a block for each, to be locked by a click, moved by dragging, and played again for as long
//! as one holds it.

use std::time::Duration;

use continuo_models::music::{Letter, Section};
use continuo_models::{Arrangement, Round};
use egui::accesskit::{Action, Role};
use egui::{
    Align2, EventFilter, Id, Key, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::hint::Hint;
use super::setting::Setting;
use super::{button, chart_bar, paint, theme};

/// What is to happen to the sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Those with this letter are to stay as they are drawn, or no more.
    Lock(Letter),
    /// The one at a place is to take another place.
    Move {
        /// From here.
        from: usize,
        /// To there.
        to: usize,
    },
}

/// The width of the button that holds a section, and from there to the blocks, in points.
const VAMP: f32 = 62.0;
const BETWEEN: f32 = 8.0;
/// Between two blocks.
const GAP: f32 = 3.0;
/// Who holds a block for so long, in seconds, and moves it by no more than so many points, means no click.
const HOLD: f64 = 0.4;
const MOVED: f32 = 6.0;

/// What is done with a block while the button of the pointer is down on it.
#[derive(Clone, Copy, Debug)]
struct Press {
    since: f64,
    /// The section is played again.
    vamps: bool,
    /// It is dragged.
    moves: bool,
}

/// Shows the sections of `round` in `rect`, with what the musician has made of them. `vamp`: whether the one that plays
/// is to be played again.
pub fn show(ui: &mut Ui, rect: Rect, round: &Round, arrangement: &Arrangement, vamp: &dyn Setting) -> Option<Wish> {
    let (blocks, latch) = rect.split_left_right_at_x(rect.right() - VAMP);
    button::latch(ui, latch, "Vamp", Hint::of_click("vamp"), theme::YOU, vamp);
    let blocks = blocks.with_max_x(blocks.right() - BETWEEN);
    let strip = Strip { blocks, count: round.sections().len(), round, arrangement };
    let wishes: Vec<Wish> =
        round.sections().enumerate().filter_map(|(place, section)| strip.block(ui, place, section, vamp)).collect();
    wishes.last().copied()
}

struct Strip<'a> {
    blocks: Rect,
    count: usize,
    round: &'a Round,
    arrangement: &'a Arrangement,
}

impl Strip<'_> {
    fn step(&self) -> f32 {
        (self.blocks.width() + GAP) / self.count as f32
    }

    fn place_of(&self, place: usize) -> Rect {
        let left = self.blocks.left() + place as f32 * self.step();
        Rect::from_x_y_ranges(left..=left + self.step() - GAP, self.blocks.y_range())
    }

    /// The place that lies under `x`.
    fn place_at(&self, x: f32) -> usize {
        (((x - self.blocks.left()) / self.step()).max(0.0) as usize).min(self.count - 1)
    }

    fn block(&self, ui: &mut Ui, place: usize, section: Section, vamp: &dyn Setting) -> Option<Wish> {
        let id_of = |place: usize| ui.make_persistent_id(("section", place));
        let (rect, id) = (self.place_of(place), id_of(place));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        let (is_now, is_next) = (place == self.round.now, place == (self.round.now + 1) % self.count);
        let is_locked = self.arrangement.lock(section.letter).is_some();

        let was_pressed = ui.data(|data| data.get_temp::<Press>(id.with("press")));
        let press = self.press(ui, &response, was_pressed, is_now, vamp);
        let let_go = was_pressed.filter(|_| press.is_none());
        let to = ui.input(|input| input.pointer.latest_pos()).map(|at| self.place_at(at.x));
        let asked = keys(ui, &response) + assist(ui, &response, (place, self.count, self.round.is_whole));
        let moved = match let_go.filter(|press| press.moves) {
            Some(_) => to,
            None => place.checked_add_signed(asked).filter(|to| *to < self.count),
        };
        let moved = moved.filter(|to| *to != place && self.round.is_whole);
        if let Some(to) = moved.filter(|_| response.has_focus()) {
            ui.memory_mut(|memory| memory.request_focus(id_of(to)));
        }

        let name = format!("Section {}: {}", place + 1, section.letter);
        let hint = Hint {
            name: &name,
            text: "Click to lock it: sections with this letter keep their bars, whatever you roll. Hold the one that \
                   plays, and it is played again.",
            handling: "Drag or arrow keys to move it.",
        };
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_locked, &name));
        let state = [(is_now, "plays now"), (is_next && !is_now, "comes next"), (is_locked, "locked")];
        let state: String = state.iter().filter(|(is, _)| *is).map(|(_, state)| format!(", {state}")).collect();
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(format!("{} bars{state}", section.bars)));
        self.paint(ui, rect, &response, section, [is_now, is_next, is_locked]);
        if press.is_some_and(|press| press.moves)
            && let Some(to) = to.filter(|to| *to != place)
        {
            let target = self.place_of(to);
            let edge = if to > place { target.right() + GAP / 2.0 } else { target.left() - GAP / 2.0 };
            ui.painter().vline(edge, rect.y_range(), Stroke::new(2.5, theme::YOU));
        }
        let is_long = |press: &Press| press.vamps || press.moves || ui.input(|input| input.time) - press.since >= HOLD;
        let is_click = response.clicked() && !let_go.is_some_and(|press| is_long(&press));
        hint.attach(response);
        match moved {
            Some(to) => Some(Wish::Move { from: place, to }),
            None => is_click.then_some(Wish::Lock(section.letter)),
        }
    }

    /// Follows what is done while the button of the pointer is down on a block.
    fn press(
        &self,
        ui: &Ui,
        response: &Response,
        before: Option<Press>,
        is_now: bool,
        vamp: &dyn Setting,
    ) -> Option<Press> {
        let place: Id = response.id.with("press");
        let (time, down, moved) = ui.input(|input| {
            let pointer = &input.pointer;
            let way = pointer.press_origin().zip(pointer.latest_pos()).map_or(0.0, |(from, to)| from.distance(to));
            (input.time, pointer.button_down(PointerButton::Primary), way > MOVED)
        });
        if !(down && response.is_pointer_button_down_on()) {
            if before.is_some_and(|press| press.vamps) {
                vamp.set(0.0);
                vamp.end();
            }
            ui.data_mut(|data| data.remove::<Press>(place));
            return None;
        }
        let mut press = before.unwrap_or(Press { since: time, vamps: false, moves: false });
        press.moves |= moved && !press.vamps && self.round.is_whole;
        let left = HOLD - (time - press.since);
        if is_now && !press.moves && !press.vamps && vamp.value() < 0.5 {
            if left <= 0.0 {
                press.vamps = true;
                vamp.begin();
                vamp.set(1.0);
            } else {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
            }
        }
        ui.data_mut(|data| data.insert_temp(place, press));
        Some(press)
    }

    fn paint(
        &self,
        ui: &Ui,
        rect: Rect,
        response: &Response,
        section: Section,
        [is_now, is_next, is_locked]: [bool; 3],
    ) {
        let painter = ui.painter();
        let fill = if response.hovered() { theme::HOVERED } else { theme::RAISED };
        painter.rect_filled(rect, theme::CORNER, fill);
        if is_now {
            // As far as it has been played.
            let share = (self.round.bar + 1) as f32 / section.bars.max(1) as f32;
            let played = rect.with_max_x(rect.left() + share * rect.width());
            painter.rect_filled(played, theme::CORNER, theme::YOU.gamma_multiply(0.35));
            painter.rect_stroke(rect, theme::CORNER, Stroke::new(1.5, theme::YOU), StrokeKind::Inside);
        } else if is_next {
            painter.circle_filled(rect.left_top() + vec2(5.0, 5.0), 2.0, theme::YOU);
        }
        let letter = section.letter.to_string();
        painter.text(rect.center(), Align2::CENTER_CENTER, letter, theme::semibold(theme::BODY), theme::TEXT);
        if is_locked {
            let at = if rect.width() > 28.0 { rect.right() - 8.0 } else { rect.center().x };
            chart_bar::padlock(painter, pos2(at, rect.top() + 6.0));
        }
        paint::focus(painter, response, rect.expand(1.0), theme::CORNER);
    }
}

/// By how many places the keyboard moves the block that has its focus.
fn keys(ui: &Ui, response: &Response) -> isize {
    if !response.has_focus() {
        return 0;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    ui.input(|input| {
        let presses = |key| input.num_presses(key) as isize;
        presses(Key::ArrowRight) - presses(Key::ArrowLeft)
    })
}

/// The same for assistive technology.
fn assist(ui: &Ui, response: &Response, (place, count, moves): (usize, usize, bool)) -> isize {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        if moves && place + 1 < count {
            node.add_action(Action::Increment);
        }
        if moves && place > 0 {
            node.add_action(Action::Decrement);
        }
    });
    ui.input(|input| {
        let asked = |action| input.num_accesskit_action_requests(response.id, action) as isize;
        asked(Action::Increment) - asked(Action::Decrement)
    })
}
