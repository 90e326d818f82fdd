//! A field to write in.

use egui::{Align2, Rect, Response, TextEdit, Ui, UiBuilder, vec2};

use super::hint::Hint;
use super::{paint, theme};

/// Shows `text` in `rect`, to be written in, or `prompt` while there is none.
pub fn show(ui: &mut Ui, rect: Rect, hint: Hint, prompt: &str, text: &mut String) -> Response {
    let field = ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(hint.name), |ui| {
        let edit = TextEdit::singleline(text)
            .id_salt("text")
            .hint_text(prompt)
            .desired_width(rect.width())
            .min_size(vec2(0.0, rect.height()))
            .align(Align2::LEFT_CENTER)
            .font(theme::regular(theme::BODY));
        ui.add_sized(rect.size(), edit).accessible_name(hint.name)
    });
    let response = field.inner;
    paint::focus(ui.painter(), &response, rect, theme::CORNER);
    hint.attach(response)
}
