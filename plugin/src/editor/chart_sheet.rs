//! The chart as a lead sheet: four bars to a line, a line for each section at least.

use continuo_models::music::Chart;
use egui::scroll_area::ScrollArea;
use egui::{Align2, Id, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use super::chart_bar::{self, Look, When};
use super::chart_learned::is_kept;
use super::theme;

const BARS_IN_A_LINE: usize = 4;
/// The height of a line and of the mark of a section above it, in points.
const LINE: f32 = 42.0;
const SECTION: f32 = 16.0;
const SPACE: f32 = 3.0;

/// Shows `chart` in `rect`, of which bar and next bar are `bars`; the one at `chosen` is being changed. What is not in
/// `own` is learned only. Returns the bar that was clicked.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    chart: &Chart,
    own: &Chart,
    bars: Option<[usize; 2]>,
    chosen: Option<usize>,
) -> Option<usize> {
    ui.painter().rect(rect, theme::CORNER, theme::GROUND, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    if chart.is_empty() {
        let text = "Type or paste the chords on the right, import a file, or play: the band learns.";
        let font = theme::regular(theme::BODY);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font, theme::DIM);
        return None;
    }
    let mut clicked = None;
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink(6.0)).id_salt("lead sheet"), |ui| {
        ui.spacing_mut().item_spacing.y = SPACE;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for line in lines(chart) {
                let section = &chart.bars[line.start].section;
                let above = if section.is_empty() { 0.0 } else { SECTION };
                let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINE + above), Sense::hover());
                if !section.is_empty() {
                    let font = theme::semibold(theme::LABEL);
                    ui.painter().text(place.left_top(), Align2::LEFT_TOP, section, font, theme::YOU);
                }
                let row = place.with_min_y(place.top() + above);
                follow(ui, place, bars.filter(|[now, _]| line.contains(now)).map(|_| line.start));
                let width = (row.width() - 10.0) / BARS_IN_A_LINE as f32;
                for (column, index) in line.enumerate() {
                    let left = row.left() + width * column as f32;
                    let bar = Rect::from_x_y_ranges(left..=left + width - SPACE, row.y_range());
                    let when = match bars {
                        Some([now, _]) if now == index => When::Now,
                        Some([_, next]) if next == index => When::Next,
                        _ => When::Elsewhere,
                    };
                    let look = Look { when, is_chosen: chosen == Some(index), is_kept: is_kept(own, chart, index) };
                    let response = chart_bar::show(ui, bar, chart, index, &look);
                    clicked = response.clicked().then_some(index).or(clicked);
                }
            }
        });
    });
    clicked
}

/// Where the song has come to another line, it is brought into sight: once, so that one can look elsewhere.
fn follow(ui: &Ui, place: Rect, line: Option<usize>) {
    let Some(line) = line else { return };
    let id = Id::unique("line of the chart that plays");
    let shown = ui.data(|data| data.get_temp::<usize>(id));
    if shown != Some(line) {
        ui.data_mut(|data| data.insert_temp(id, line));
        ui.scroll_to_rect(place, None);
    }
}

/// The lines, each as a range of bars.
fn lines(chart: &Chart) -> Vec<std::ops::Range<usize>> {
    let mut lines: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, bar) in chart.bars.iter().enumerate() {
        match lines.last_mut().filter(|line| line.len() < BARS_IN_A_LINE && bar.section.is_empty()) {
            Some(line) => line.end = index + 1,
            None => lines.push(index..index + 1),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_begins_a_line() {
        let chart = Chart::read("C | D | E | F | G\n[B]\nA | C\n[C]\nD").0;
        assert_eq!(lines(&chart), [0..4, 4..5, 5..7, 7..8]);
    }
}
