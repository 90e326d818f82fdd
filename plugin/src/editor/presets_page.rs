//! The page of presets: what to look for, the list, and the one that is looked at.

use continuo_models::music::Style;
use egui::accesskit::{Live, Role};
use egui::{Id, Rect, Sense, Ui, WidgetInfo};
use nice_plug::prelude::ParamSetter;

use crate::params::ContinuoParams;
use crate::presets::library::{Errand, Shelf};
use crate::presets::{self, Preset, Tags};
use crate::seam::Trial;

use super::hint::Hint;
use super::layout::split;
use super::preset_bar::Way;
use super::preset_card::{self, Card, Written};
use super::preset_filter::{self, Filter};
use super::preset_list::{self, Act, Row, Which};
use super::request::Request;
use super::setting::Bound;
use super::text::{self, Look};
use super::view::View;
use super::{choice, paint, stepper, theme};

/// The height of the line that says what came of something, in points.
const STATUS: f32 = 18.0;

/// The height of a field, in points.
const FIELD: f32 = 24.0;

/// What the page remembers while the panel is open.
#[derive(Clone, Debug, Default)]
struct State {
    is_open: bool,
    filter: Filter,
    chosen: Option<Which>,
    written: Written,
    is_heard: bool,
    /// The name under which was saved when it was there already: to save once more replaces it.
    refused: Option<String>,
}

fn id() -> Id {
    Id::unique("page of presets")
}

fn state(ui: &Ui) -> State {
    ui.data(|data| data.get_temp(id())).unwrap_or_default()
}

fn keep(ui: &Ui, state: State) {
    ui.data_mut(|data| data.insert_temp(id(), state));
}

/// Shows the page in `rect`. Returns what was asked for besides parameters.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    paint::card(ui.painter(), rect);
    let mut state = state(ui);
    let mut request = (!std::mem::replace(&mut state.is_open, true)).then_some(Request::Library(Errand::Read));
    let shelf = &*view.shelf;
    let inside = rect.shrink(theme::INSET);
    let (filters, rest) = split(inside, 212.0);
    let (list, card) = split(rest, 420.0);

    let rows = rows(shelf, &state.filter);
    let all = presets::factory().iter().chain(shelf.own.iter().map(|own| &own.preset));
    let below = preset_filter::show(ui, filters, &mut state.filter, all, rows.len());
    recalled(ui, below, params, setter);

    let act = preset_list::show(ui, list, &rows, state.chosen.as_ref(), &view.preset.name);
    let mut load = None;
    match act {
        Some(Act::Choose(which)) => request = state.choose(which, params, shelf).or(request),
        Some(Act::Load(which)) => {
            request = state.choose(which.clone(), params, shelf).or(request);
            load = Some(which);
        }
        Some(Act::Favour(mark)) => request = Some(Request::Library(Errand::Favour(mark))),
        None => {}
    }

    let preset = state.chosen.as_ref().and_then(|which| preset_of(which, shelf));
    let is_own = matches!(state.chosen, Some(Which::Own(_))) && preset.is_some();
    let number = preset.and_then(|preset| params.bank.number_at(preset));
    let shown = Card { preset, is_own, number, is_heard: state.is_heard, can_restore: shelf.deleted > 0 };
    let (above, line) = card.split_top_bottom_at_y(card.bottom() - STATUS);
    let mut locks = params.presets.locks();
    let wish = preset_card::show(ui, above, &shown, &mut state.written, &mut locks);
    if locks != params.presets.locks() {
        params.presets.set_locks(locks);
        if state.is_heard {
            request = Some(Request::Listen(heard(preset, params)));
        }
    }
    status(ui, line, shelf);
    match wish {
        Some(preset_card::Wish::Load) => load.clone_from(&state.chosen),
        Some(preset_card::Wish::Go(way)) => {
            let place = rows.iter().position(|row| Some(&row.which) == state.chosen.as_ref());
            if let Some(row) = beside(&rows, place, way) {
                request = state.choose(row.which.clone(), params, shelf).or(request);
            }
        }
        Some(preset_card::Wish::Listen) => {
            state.is_heard = !state.is_heard;
            request = Some(Request::Listen(if state.is_heard { heard(preset, params) } else { None }));
        }
        Some(preset_card::Wish::Number) => {
            request = preset.and_then(|preset| give_number(preset, params)).or(request);
        }
        Some(wish) => request = state.errand(wish, preset, params).map(Request::Library).or(request),
        None => {}
    }
    if let Some(preset) = load.and_then(|which| preset_of(&which, shelf)) {
        params.load(preset, setter);
        if std::mem::take(&mut state.is_heard) {
            request = Some(Request::Listen(None));
        }
    }
    keep(ui, state);
    request
}

/// Another page is open: nothing is listened to any more. Returns what was asked for.
pub fn leave(ui: &Ui) -> Option<Request> {
    let mut state = state(ui);
    if !std::mem::take(&mut state.is_open) {
        return None;
    }
    let was_heard = std::mem::take(&mut state.is_heard);
    keep(ui, state);
    was_heard.then_some(Request::Listen(None))
}

/// Loads the preset before or after the one that was loaded last, among those that the page shows.
pub fn turn(ui: &Ui, way: Way, params: &ContinuoParams, setter: &ParamSetter, view: &View) {
    let mut state = state(ui);
    let rows = rows(&view.shelf, &state.filter);
    let place = rows.iter().position(|row| row.preset.name == view.preset.name);
    if let Some(row) = beside(&rows, place, way) {
        params.load(row.preset, setter);
        state.look_at(row.which.clone(), row.preset);
        keep(ui, state);
    }
}

/// The row before or after the one at `place`, around the ends; without one the first or the last.
fn beside<'a, 'b>(rows: &'b [Row<'a>], place: Option<usize>, way: Way) -> Option<&'b Row<'a>> {
    let count = rows.len();
    let to = match (place, way) {
        (None, Way::Forth) => 0,
        (None, Way::Back) => count.checked_sub(1)?,
        (Some(place), Way::Forth) => (place + 1) % count,
        (Some(place), Way::Back) => (place + count - 1) % count,
    };
    rows.get(to)
}

/// The presets that `filter` takes: the factory's in their order, then the musician's own.
fn rows<'a>(shelf: &'a Shelf, filter: &Filter) -> Vec<Row<'a>> {
    let factory = presets::factory()
        .iter()
        .enumerate()
        .map(|(index, preset)| (Which::Factory(index), preset, Shelf::mark_of_factory(index)));
    let own = shelf.own.iter().map(|own| (Which::Own(own.file.clone()), &own.preset, own.mark()));
    let all = factory.chain(own).map(|(which, preset, mark)| {
        let is_favourite = shelf.favourites.contains(&mark);
        Row { which, preset, mark, is_favourite }
    });
    all.filter(|row| filter.takes(row.preset, matches!(row.which, Which::Own(_)), row.is_favourite)).collect()
}

fn preset_of<'a>(which: &Which, shelf: &'a Shelf) -> Option<&'a Preset> {
    match which {
        Which::Factory(index) => presets::factory().get(*index),
        Which::Own(file) => shelf.own.iter().find(|own| own.file == *file).map(|own| &own.preset),
    }
}

/// Gives `preset` a number of the project. Returns what the musician should read.
fn give_number(preset: &Preset, params: &ContinuoParams) -> Option<Request> {
    let taken = "All 128 numbers of this project are taken: no preset can be given another.";
    params.bank.give_number(preset).is_none().then_some(Request::Tell(taken))
}

/// What is heard while `preset` is listened to: as if it were loaded.
fn heard(preset: Option<&Preset>, params: &ContinuoParams) -> Option<Box<Trial>> {
    let (panel, locks) = (params.controls(), params.presets.locks());
    preset.map(|preset| {
        let controls = locks.keep(preset.over(&panel), &panel);
        Box::new(Trial { controls, network: preset.network() })
    })
}

impl State {
    /// Looks at `which`, and listens to it if something is listened to.
    fn choose(&mut self, which: Which, params: &ContinuoParams, shelf: &Shelf) -> Option<Request> {
        let preset = preset_of(&which, shelf)?;
        self.look_at(which, preset);
        self.is_heard.then(|| Request::Listen(heard(Some(preset), params)))
    }

    fn look_at(&mut self, which: Which, preset: &Preset) {
        self.chosen = Some(which);
        self.written.name.clone_from(&preset.name);
        self.written.description.clone_from(&preset.description);
        let Tags { style, mood, use_for, .. } = &preset.tags;
        self.written.tags = [style, mood, use_for].map(|words| words.join(", "));
        self.refused = None;
    }

    /// `tags` with the words that are written. The band's own styles are said of what plays them, and of nothing else.
    fn described(&self, tags: &Tags) -> Tags {
        let is_own = |word: &String| Style::ALL.iter().any(|style| style.id() == word);
        let [more, mood, use_for] = self.written.tags.each_ref().map(|written| Tags::words(written));
        let (own, more) =
            (tags.style.iter().filter(|word| is_own(word)), more.into_iter().filter(|word| !is_own(word)));
        let style = own.cloned().chain(more).collect();
        let written = |words: Vec<String>, before: &Vec<String>| {
            // What was never shown cannot have been cleared.
            if words.is_empty() && self.chosen.is_none() { before.clone() } else { words }
        };
        let (mood, use_for) = (written(mood, &tags.mood), written(use_for, &tags.use_for));
        Tags { style, mood, use_for, ..tags.clone() }
    }

    /// What is asked of the library.
    fn errand(&mut self, wish: preset_card::Wish, preset: Option<&Preset>, params: &ContinuoParams) -> Option<Errand> {
        let file = match &self.chosen {
            Some(Which::Own(file)) => Some(file.clone()),
            _ => None,
        };
        let name = self.written.name.trim().to_owned();
        Some(match wish {
            preset_card::Wish::Save => {
                let mut preset = params.preset(&name);
                preset.description = self.written.description.trim().to_owned();
                preset.tags = self.described(&preset.tags);
                let replace = self.refused.replace(name.clone()) == Some(name);
                Errand::Save { preset: Box::new(preset), replace }
            }
            preset_card::Wish::Rename => {
                let (description, tags) = (self.written.description.trim().to_owned(), self.described(&preset?.tags));
                Errand::Describe { file: file?, name, description, tags }
            }
            preset_card::Wish::Delete => Errand::Delete(file?),
            preset_card::Wish::Restore => Errand::Restore,
            preset_card::Wish::Import => Errand::Import(std::mem::take(&mut self.written.path)),
            preset_card::Wish::Export => Errand::Export(Box::new(preset?.clone())),
            preset_card::Wish::Go(_)
            | preset_card::Wish::Load
            | preset_card::Wish::Listen
            | preset_card::Wish::Number => return None,
        })
    }
}

/// What automation and program changes recall.
fn recalled(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter) {
    let (preset, programs) = rect.split_left_right_at_fraction(0.55);
    let field = paint::label(ui.painter(), preset.with_max_x(preset.right() - 4.0), "Automation plays", FIELD);
    let hint = Hint::turn(
        "Recalled preset",
        "The preset that plays in the place of the knobs, by its number. It is for automation: to turn the knobs to a \
         preset, load it.",
    );
    stepper::show(ui, field, hint, &Bound { param: &params.recall.preset, setter });
    let field = paint::label(ui.painter(), programs.with_min_x(programs.left() + 4.0), "Programs recall", FIELD);
    let hint =
        Hint::click("Programs recall", "What MIDI program changes recall: the eight scenes, or presets by number.");
    choice::show(ui, field, hint, &Bound { param: &params.recall.programs, setter });
}

/// What came of the last errand, or what is wrong with files.
fn status(ui: &mut Ui, rect: Rect, shelf: &Shelf) {
    let said = if shelf.said.is_empty() { shelf.problems.first().map_or("", String::as_str) } else { &shelf.said };
    let response = ui.interact(rect, ui.make_persistent_id("Presets status"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Presets status"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(said);
        node.set_live(Live::Polite);
    });
    text::show(ui, rect, said, &Look::line(theme::regular(theme::LABEL), theme::WARNING));
    if !said.is_empty() {
        let all: Vec<&str> = std::iter::once(said).chain(shelf.problems.iter().map(String::as_str)).collect();
        let more = if shelf.said.is_empty() { shelf.problems.join("\n") } else { all.join("\n") };
        response.on_hover_text(more);
    }
}
