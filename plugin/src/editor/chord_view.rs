//! The chord now: its symbol, its function, and the key that the band believes to be in.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{paint, theme};

/// A chord as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChordText {
    /// The chord symbol.
    pub symbol: String,
    /// The Roman numeral in the key; empty when no key is believed.
    pub numeral: String,
}

/// What the band believes now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The chord; `None`: no chord.
    pub chord: Option<ChordText>,
    /// The key, as "C major"; `None`: not known yet.
    pub key: Option<String>,
    /// Whether the key is locked rather than believed.
    pub locked: bool,
}

/// Shows the chord now in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, now: &Now) {
    paint::card(ui.painter(), rect);
    let response = ui.interact(rect, ui.make_persistent_id("Chord now"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Chord now"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken(now)));

    let painter = ui.painter();
    let inside = rect.shrink(theme::INSET);
    let label = theme::regular(theme::LABEL);
    painter.text(inside.left_top(), Align2::LEFT_TOP, "Now", label.clone(), theme::DIM);
    let key = match &now.key {
        Some(key) if now.locked => format!("{key}, locked"),
        Some(key) => key.clone(),
        None => "key not heard yet".to_owned(),
    };
    painter.text(inside.right_top(), Align2::RIGHT_TOP, key, label, theme::DIM);

    let Some(chord) = &now.chord else {
        let font = theme::regular(theme::HEADING);
        painter.text(inside.left_bottom() - vec2(0.0, 16.0), Align2::LEFT_BOTTOM, "No chord", font, theme::FAINT);
        return;
    };
    let numeral = painter.layout_no_wrap(chord.numeral.clone(), theme::semibold(theme::TITLE), theme::YOU);
    let room = inside.width() - if numeral.size().x > 0.0 { numeral.size().x + 14.0 } else { 0.0 };
    let full = painter.layout_no_wrap(chord.symbol.clone(), theme::semibold(theme::DISPLAY), theme::TEXT);
    let size = theme::DISPLAY * (room / full.size().x).min(1.0);
    let symbol = painter.layout_no_wrap(chord.symbol.clone(), theme::semibold(size), theme::TEXT);
    let middle = inside.bottom() - 25.0;
    painter.galley(pos2(inside.left(), middle - symbol.size().y / 2.0), symbol, theme::TEXT);
    painter.galley(pos2(inside.right() - numeral.size().x, middle - numeral.size().y / 2.0), numeral, theme::YOU);
}

fn spoken(now: &Now) -> String {
    let chord = now.chord.as_ref().map_or("no chord".to_owned(), |chord| format!("{} {}", chord.symbol, chord.numeral));
    let key = now.key.as_ref().map_or("key not heard yet".to_owned(), |key| format!("in {key}"));
    format!("{}, {key}", chord.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chord_is_said_with_its_key() {
        let chord = Some(ChordText { symbol: "G7".into(), numeral: "V7".into() });
        assert_eq!(spoken(&Now { chord, key: Some("C major".into()), locked: false }), "G7 V7, in C major");
        assert_eq!(spoken(&Now::default()), "no chord, key not heard yet");
    }
}
