//! The page of the chart: the lead sheet, the bar that is changed, the whole as text, and its files.

use std::sync::Arc;

use continuo_charts::Format;
use continuo_models::music::Chart;
use continuo_models::music::chart::text::{read_bar, write_bar};
use continuo_models::music::chart::{Bar, Content};
use egui::{Id, Rect, ScrollArea, TextEdit, Ui, UiBuilder, pos2, vec2};
use nice_plug::prelude::ParamSetter;

use crate::charts::ChartErrand;
use crate::params::ContinuoParams;

use super::button;
use super::chart_learned::{Learned, Wish};
use super::hint::Hint;
use super::layout::{BETWEEN, cell, split};
use super::request::Request;
use super::setting::{Control, Listed};
use super::view::View;
use super::{chart_learned, chart_sheet, paint, status_line, stepper, switch, text_field, theme};

/// The width of the lead sheet, in points.
const SHEET: f32 = 688.0;
const ROW: f32 = 25.0;
/// The bars of the song with which a chart may begin.
const FIRST_BARS: u16 = 999;

/// What the page remembers while the panel is open.
#[derive(Clone, Debug, Default)]
struct State {
    /// The chart and what was learned, to see whether they are others; and both together, as they are shown.
    seen: Arc<Chart>,
    learned: Option<Learned>,
    shown: Arc<Chart>,
    chosen: Option<usize>,
    /// What is written for the chosen bar, and for the whole.
    bar: String,
    text: String,
    path: String,
    /// What is wrong with what was written last; empty: nothing.
    said: String,
}

fn id() -> Id {
    Id::unique("page of the chart")
}

/// Shows the page in `rect`. Returns what was asked for besides parameters and the chart.
pub fn show(ui: &mut Ui, rect: Rect, params: &ContinuoParams, setter: &ParamSetter, view: &View) -> Option<Request> {
    paint::card(ui.painter(), rect);
    let chart = params.chart.newest();
    let mut state: State = ui.data(|data| data.get_temp(id())).unwrap_or_default();
    state.follow(&chart, view.learned.as_ref());
    let inside = rect.shrink(theme::INSET);
    let (left, side) = split(inside, SHEET);
    let (sheet, learned) = left.split_top_bottom_at_y(left.bottom() - ROW - BETWEEN);
    if let Some(index) = chart_sheet::show(ui, sheet, &state.shown, &chart, view.bars, state.chosen) {
        state.choose(index);
    }
    let learned = learned.with_min_y(learned.bottom() - ROW);
    let mut forgets = None;
    let mut changed = match chart_learned::show(ui, learned, &chart, &state.shown, view.learned.as_ref()) {
        Some(Wish::Change(changed)) => Some(changed),
        Some(Wish::LearnAgain(changed)) => {
            forgets = Some(Request::ForgetTune);
            Some(changed).filter(|changed| *changed != *chart)
        }
        None => None,
    };
    let row = |number: usize| {
        let top = side.top() + number as f32 * (ROW + BETWEEN);
        Rect::from_min_size(pos2(side.left(), top), vec2(side.width(), ROW))
    };
    for (id, label, from, to) in [("follow_chart", "Follow", 0.0, 0.25), ("learn_tune", "Learn", 0.28, 0.51)] {
        let setting = Control { param: params.control(id), setter };
        switch::show(ui, cell(row(0), from, to), label, Hint::of_click(id), theme::YOU, &setting);
    }
    if let Some(first_bar) = begins(ui, cell(row(0), 0.55, 1.0), chart.first_bar) {
        changed = Some(Chart { first_bar, ..Chart::clone(&chart) });
    }
    changed = state.bar_row(ui, row(1), &chart).or(changed);
    let whole = Rect::from_min_max(row(2).min, row(5).max - vec2(0.0, ROW + BETWEEN));
    changed = state.whole(ui, whole, row(5), &chart).or(changed);
    let request = state.files(ui, row(6), &chart, params.controls().left_hand);
    let line = Rect::from_min_max(pos2(side.left(), row(6).bottom()), side.max);
    let said = if state.said.is_empty() { &view.chart_said } else { &state.said };
    status_line::show(ui, line, "Chart status", said, theme::WARNING);
    if let Some(chart) = changed.map(Arc::new) {
        params.chart.set(Arc::clone(&chart));
        state.written(chart);
    }
    ui.data_mut(|data| data.insert_temp(id(), state));
    request.map(Request::Chart).or(forgets)
}

/// The bar of the song with which the chart begins. Returns another one that was chosen.
fn begins(ui: &mut Ui, rect: Rect, first_bar: u16) -> Option<u16> {
    let texts: Vec<String> = (1..=FIRST_BARS).map(|bar| format!("From bar {bar}")).collect();
    let setting = Listed::new(&texts, usize::from(first_bar.min(FIRST_BARS - 1)));
    let hint = Hint::turn("Chart begins", "The bar of the song with which the first chorus of the chart begins.");
    stepper::show(ui, rect, hint, &setting);
    setting.chosen().map(|bar| bar as u16)
}

impl State {
    /// Where the chart is another one than was shown, what is written follows.
    fn follow(&mut self, chart: &Arc<Chart>, learned: Option<&Learned>) {
        if self.learned.as_ref() != learned {
            self.learned = learned.cloned();
            self.shown = chart_learned::filled(&self.seen, learned);
            self.chosen = self.chosen.filter(|index| *index < self.shown.bars.len());
        }
        if !Arc::ptr_eq(&self.seen, chart) {
            self.written(Arc::clone(chart));
            self.text = chart.to_string();
            self.said.clear();
        }
    }

    /// The chart is `chart` now; of the whole, what is written stays.
    fn written(&mut self, chart: Arc<Chart>) {
        self.shown = chart_learned::filled(&chart, self.learned.as_ref());
        self.chosen = self.chosen.filter(|index| *index < self.shown.bars.len());
        self.bar = self.chosen.map_or_else(String::new, |index| write_bar(&self.shown, index));
        if self.said.is_empty() {
            self.text = chart.to_string();
        }
        self.seen = chart;
    }

    fn choose(&mut self, index: usize) {
        self.chosen = Some(index);
        self.bar = write_bar(&self.shown, index);
        self.said.clear();
    }

    /// The chosen bar: its chords to write, and what can be done with it. Returns the changed chart.
    fn bar_row(&mut self, ui: &mut Ui, row: Rect, chart: &Chart) -> Option<Chart> {
        let hint = Hint::click(
            "Chords of the bar",
            "The chords of the bar that is chosen on the left: they share it evenly. Enter takes them over.",
        );
        let prompt = if self.chosen.is_some() { "Dm7 G7" } else { "Click a bar" };
        let field = text_field::show(ui, cell(row, 0.0, 0.5), hint, prompt, &mut self.bar);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let is = self.chosen.is_some();
        let ink = if is { theme::TEXT } else { theme::FAINT };
        let hint = Hint::click("Set bar", "Takes over the chords that are written on the left.");
        let sets = button::show(ui, cell(row, 0.5, 0.64), "Set", hint, ink).clicked();
        let hint = Hint::click("Open bar", "Leaves the bar to the band: it decides the chords.");
        let opens = button::show(ui, cell(row, 0.64, 0.81), "Open", hint, ink).clicked();
        let is_locked = self.chosen.is_some_and(|index| self.shown.bars[index].is_locked);
        let hint = Hint::click("Lock bar", "What the band learns of the tune leaves a locked bar as it is.");
        let label = if is_locked { "Unlock" } else { "Lock" };
        let locks = button::show(ui, cell(row, 0.81, 1.0), label, hint, ink).clicked();
        let index = self.chosen?;
        let bar = self.shown.bars[index].clone();
        let bar = if sets || entered {
            match read_bar(&self.shown, index, &self.bar) {
                Ok(bar) => bar,
                Err(remark) => {
                    self.said = remark.to_string();
                    return None;
                }
            }
        } else if opens {
            Bar { content: Content::Open, ..bar }
        } else if locks {
            Bar { is_locked: !is_locked, ..bar }
        } else {
            return None;
        };
        self.said.clear();
        Some(chart_learned::with_bar(chart, &self.shown, index, bar))
    }

    /// The whole chart as text, to be typed or pasted. Returns the changed chart.
    fn whole(&mut self, ui: &mut Ui, rect: Rect, row: Rect, chart: &Chart) -> Option<Chart> {
        let hint = Hint::click(
            "Chart as text",
            "Chords in bars: Dm7 G7 | Cmaj7 | % | … Repeats |: :| x3, endings 1. and 2., sections [A], meters 3/4, \
             N.C., / goes on, _ is open.",
        );
        ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(hint.name), |ui| {
            ScrollArea::vertical().max_height(rect.height()).auto_shrink(false).show(ui, |ui| {
                let edit = TextEdit::multiline(&mut self.text)
                    .id_salt("text")
                    .hint_text("Type or paste: Dm7 G7 | Cmaj7 | % | …")
                    .desired_width(rect.width())
                    .min_size(rect.size())
                    .font(theme::regular(theme::BODY));
                let response = ui.add(edit).accessible_name(hint.name);
                hint.attach(response);
            });
        });
        let hint = Hint::click("Use chart", "The band follows what is written above, from its next frame on.");
        let uses = button::show(ui, cell(row, 0.0, 0.5), "Use this text", hint, theme::TEXT).clicked();
        let hint = Hint::click("Clear chart", "No chart: the band decides all chords. Undo brings it back.");
        let clears = button::show(ui, cell(row, 0.5, 1.0), "Clear", hint, theme::TEXT).clicked();
        if clears {
            self.said.clear();
            return Some(Chart { first_bar: chart.first_bar, ..Chart::default() });
        }
        if !uses {
            return None;
        }
        let (mut changed, remarks) = Chart::read(&self.text);
        self.said = remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        changed.first_bar = chart.first_bar;
        // A bar that is as it was comes from where it came.
        for (bar, before) in
            changed.bars.iter_mut().zip(&chart.bars).filter(|(bar, before)| bar.content == before.content)
        {
            (bar.origin, bar.is_locked) = (before.origin, before.is_locked);
        }
        Some(changed)
    }

    /// Import and export. Returns what is to be done.
    fn files(&mut self, ui: &mut Ui, row: Rect, chart: &Arc<Chart>, left_hand: Option<u8>) -> Option<ChartErrand> {
        let hint = Hint::click(
            "Import chart from",
            "The path of a file: MusicXML, ChordPro, MIDI or text. Empty: the newest in the folder \"import\" beside \
             your presets.",
        );
        text_field::show(ui, cell(row, 0.0, 0.36), hint, "Path of a file", &mut self.path);
        let hint = Hint::click("Import chart", "The band follows the chart in the file at the path on the left.");
        let mut errand = None;
        if button::show(ui, cell(row, 0.36, 0.52), "Import", hint, theme::TEXT).clicked() {
            self.said.clear();
            errand = Some(ChartErrand::Import { path: std::mem::take(&mut self.path), left_hand });
        }
        for (format, from, to) in
            [(Format::Text, 0.52, 0.64), (Format::MusicXml, 0.64, 0.83), (Format::ChordPro, 0.83, 1.0)]
        {
            let name = format!("Export chart as {}", format.name());
            let hint = Hint::click(&name, "Writes the chart to a file in the folder \"exports\" beside your presets.");
            if button::show(ui, cell(row, from, to), format.name(), hint, theme::TEXT).clicked() {
                self.said.clear();
                errand = Some(ChartErrand::Export(Arc::clone(chart), format));
            }
        }
        errand
    }
}
