//! Texts that may be longer than their place: they end in an ellipsis there, and the tooltip has the whole.

use egui::text::LayoutJob;
use egui::{Align2, Color32, FontId, Rect, Sense, Ui};

/// How often a text may be broken, and how it looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// The font.
    pub font: FontId,
    /// The colour.
    pub ink: Color32,
    /// Where in its place it stands.
    pub align: Align2,
    /// The most lines.
    pub lines: usize,
}

impl Look {
    /// One line, from the left, in the middle of its place's height.
    pub const fn line(font: FontId, ink: Color32) -> Self {
        Self { font, ink, align: Align2::LEFT_CENTER, lines: 1 }
    }

    /// As many lines as `lines`, from the top left.
    pub const fn paragraph(font: FontId, ink: Color32, lines: usize) -> Self {
        Self { font, ink, align: Align2::LEFT_TOP, lines }
    }
}

/// Shows `text` in `rect`, shortened if it must be. Returns what it covers.
pub fn show(ui: &Ui, rect: Rect, text: &str, look: &Look) -> Rect {
    let mut job = LayoutJob::simple(text.to_owned(), look.font.clone(), look.ink, rect.width());
    job.wrap.max_rows = look.lines;
    job.wrap.break_anywhere = look.lines == 1;
    let galley = ui.painter().layout_job(job);
    let is_short = !galley.elided;
    let place = look.align.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(place.min, galley, look.ink);
    if !is_short {
        ui.interact(rect, ui.make_persistent_id(("text", text)), Sense::hover()).on_hover_text(text);
    }
    place
}
