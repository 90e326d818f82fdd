//! A drop-down list of things that are on or off, each for itself.

use egui::{ComboBox, PopupCloseBehavior, Rect, Response, Ui, UiBuilder};

use super::hint::Hint;

/// Shows `summary` in `rect`, and on a click, Enter or Space the list of `names`, each on or off. Returns the index of
/// the one that was switched.
pub fn show<'a>(
    ui: &mut Ui,
    rect: Rect,
    summary: &str,
    hint: Hint,
    names: impl IntoIterator<Item = (&'a str, bool)>,
) -> (Response, Option<usize>) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(hint.name), |ui| {
        ui.spacing_mut().interact_size.y = rect.height();
        let mut switched = None;
        let response = ComboBox::from_id_salt("list")
            .selected_text(summary)
            .width(rect.width())
            .truncate()
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show_ui(ui, |ui| {
                for (index, (name, mut is_on)) in names.into_iter().enumerate() {
                    if ui.checkbox(&mut is_on, name).clicked() {
                        switched = Some(index);
                    }
                }
            })
            .response
            .accessible_name(hint.name);
        (hint.attach(response), switched)
    })
    .inner
}
