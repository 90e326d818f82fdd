//! The scale in which the band stays: the key's own, or one that the musician draws on an octave of keys.

use continuo_models::music::Key;
use egui::accesskit::Role;
use egui::{Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::hint::Hint;
use super::keyboard::{IVORY, is_black, octave_key};
use super::setting::Setting;
use super::{button, choice, paint, switch, symbols, theme};

/// The settings of the card.
pub struct Settings<'a> {
    /// Whether the band stays in the scale.
    pub key_lock: &'a dyn Setting,
    /// The key.
    pub key: &'a dyn Setting,
    /// The drawn notes: bit *n* is *n* semitones above the tonic; none is the key's own scale.
    pub scale: &'a dyn Setting,
}

/// The scale of `key` as one would draw it.
fn own_scale(key: Key) -> u16 {
    let bits = u32::from(key.locked_scale().bits());
    let tonic = key.tonic % 12;
    ((bits | bits << 12) >> tonic) as u16 & 0xfff
}

/// The drawn scale after a click on the note `interval` semitones above the tonic. What comes to the key's own scale
/// is that.
fn toggled(drawn: u16, own: u16, interval: u8) -> u16 {
    let scale = if drawn == 0 { own } else { drawn } ^ 1 << interval;
    if scale == own { 0 } else { scale }
}

/// Shows the card in `rect`; `key` is what the setting says.
pub fn show(ui: &mut Ui, rect: Rect, key: Key, settings: &Settings) {
    paint::card(ui.painter(), rect);
    let inside = rect.shrink(theme::INSET);
    let locked = settings.key_lock.value() >= 0.5;
    let about = if locked { "The band plays only the lit notes" } else { "Counts while the key is locked" };
    let body = paint::heading(ui.painter(), inside, "Scale", about);
    let lock =
        Rect::from_min_max(pos2(inside.right() - 120.0, inside.top()), pos2(inside.right(), inside.top() + 20.0));
    let hint = Hint::of_click("key_lock");
    switch::show(ui, lock, "Key lock", hint, theme::YOU, settings.key_lock);

    let piano = Rect::from_min_max(body.min + vec2(0.0, 2.0), pos2(body.right() - 140.0, body.bottom()));
    let drawn = settings.scale.step_at(settings.scale.value()) as u16;
    let own = own_scale(key);
    let scale = if drawn == 0 { own } else { drawn };
    // Without the lock the notes are only marked.
    let light = if locked { theme::YOU } else { theme::YOU.lerp_to_gamma(theme::CARD, 0.45) };
    // Black keys last: they lie above.
    for black in [false, true] {
        for class in (0..12).filter(|&class| is_black(class) == black) {
            let interval = (class + 12 - key.tonic % 12) % 12;
            let light = (scale & 1 << interval != 0).then_some(light);
            if note(ui, octave_key(piano, class), class, light, interval == 0) {
                let to = toggled(drawn, own, interval);
                settings.scale.change(settings.scale.value_of_step(usize::from(to)));
            }
        }
    }

    let column = body.with_min_x(body.right() - 122.0);
    let row = |top: f32| Rect::from_min_size(pos2(column.left(), body.top() + top), vec2(column.width(), 28.0));
    let hint = Hint::of_click("key");
    choice::show(ui, row(4.0), hint, &symbols::Written(settings.key, symbols::with_accidentals));
    let hint = Hint::click("As the key", "Lights the notes of the key again.");
    if button::show(ui, row(40.0), "As the key", hint, theme::TEXT).clicked() && drawn != 0 {
        settings.scale.change(0.0);
    }
}

/// One key of the octave, in `light` if it is in the scale. Returns whether it was clicked.
fn note(ui: &mut Ui, rect: Rect, class: u8, light: Option<Color32>, tonic: bool) -> bool {
    let name = format!("Scale {}", symbols::note_name(class));
    let response = ui.interact(rect, ui.make_persistent_id(&name), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, light.is_some(), &name));
    let black = is_black(class);
    let rest = light.unwrap_or(if black { theme::WELL } else { IVORY });
    let fill = if response.hovered() { rest.lerp_to_gamma(theme::DIM, 0.25) } else { rest };
    let painter = ui.painter();
    let key = rect.shrink2(vec2(if black { 0.0 } else { 1.0 }, 0.0));
    let corner = CornerRadius { nw: 0, ne: 0, sw: 4, se: 4 };
    painter.rect(key, corner, fill, Stroke::new(1.5, theme::CARD), StrokeKind::Outside);
    if tonic {
        let ink = if light.is_some() { theme::GROUND } else { theme::DIM };
        painter.circle_filled(key.center_bottom() - vec2(0.0, 9.0), 3.0, ink);
    }
    paint::focus(painter, &response, key.shrink(2.0), theme::CORNER);
    let clicked = response.clicked();
    let text = if tonic {
        "The tonic. Click to take it out of the scale."
    } else {
        "Click to take this note into the scale, or out."
    };
    Hint::click(&name, text).attach(response);
    clicked
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Mode;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_note_clicked_twice_leaves_the_scale_as_it_was(
            tonic in 0u8..12,
            drawn in 0u16..0x1000,
            interval in 0u8..12,
        ) {
            let own = own_scale(Key { tonic, mode: Mode::Minor });
            let there_and_back = toggled(toggled(drawn, own, interval), own, interval);
            let is_lit = |drawn: u16| if drawn == 0 { own } else { drawn };
            prop_assume!(is_lit(drawn) != 1 << interval);
            prop_assert_eq!(is_lit(there_and_back), is_lit(drawn));
        }
    }

    #[test]
    fn the_keys_own_scale_is_drawn_from_its_tonic() {
        assert_eq!(own_scale(Key { tonic: 0, mode: Mode::Major }), 0b1010_1011_0101);
        assert_eq!(own_scale(Key { tonic: 9, mode: Mode::Major }), 0b1010_1011_0101);
        let minor = Key { tonic: 4, mode: Mode::Minor };
        assert_eq!(toggled(0, own_scale(minor), 11), 0b0101_1010_1101);
    }
}
