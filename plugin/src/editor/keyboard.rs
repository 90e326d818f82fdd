//! A piano of 88 keys: what you play, and what each player plays, in its colour and shape. It is played by pointer,
//! fingers and the computer's keys.

use continuo_models::Player;
use egui::accesskit::Role;
use egui::{
    Align2, Color32, Context, CornerRadius, Id, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::seam::Part;

use super::hands::{self, Hands};
use super::keys_card::Keys;
use super::{mark, paint, symbols, theme};

/// A white key at rest: darker than ivory, so that the players' colours stand out.
pub const IVORY: Color32 = Color32::from_rgb(0x3d, 0x43, 0x4c);
const EBONY: Color32 = Color32::from_rgb(0x15, 0x17, 0x1b);
const LOWEST: u8 = 21;
const HIGHEST: u8 = 108;
const WHITE_KEYS: f32 = 52.0;
/// How much of the piano's depth the black keys take.
const BLACK_SHARE: f32 = 0.54;

/// Which parts sound each of the 128 keys, as [`Part::bit`]s.
pub type Masks = [u8; 128];

/// Whether a MIDI key, or the pitch class that it has, is a black one.
pub fn is_black(key: u8) -> bool {
    matches!(key % 12, 1 | 3 | 6 | 8 | 10)
}

/// White keys below `key` on the piano.
fn whites_below(key: u8) -> usize {
    (LOWEST..key).filter(|&key| !is_black(key)).count()
}

/// Where the key above `whites` white ones lies in `rect`, if a white key is `width` wide.
fn place(rect: Rect, width: f32, whites: usize, black: bool) -> Rect {
    let left = rect.left() + whites as f32 * width;
    if black {
        let half = width * 0.31;
        Rect::from_min_max(pos2(left - half, rect.top()), pos2(left + half, rect.top() + rect.height() * BLACK_SHARE))
    } else {
        Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom()))
    }
}

/// Where `key` (21–108) lies in the piano that fills `rect`.
fn key_rect(rect: Rect, key: u8) -> Rect {
    place(rect, rect.width() / WHITE_KEYS, whites_below(key), is_black(key))
}

/// Where the key of pitch class `class` lies in an octave from C to B that fills `rect`.
pub fn octave_key(rect: Rect, class: u8) -> Rect {
    const MIDDLE_C: u8 = 60;
    let whites = whites_below(MIDDLE_C + class % 12) - whites_below(MIDDLE_C);
    place(rect, rect.width() / 7.0, whites, is_black(class))
}

/// Loudness at the upper end of a key; at the lower one it is 1.
const SOFTEST: f32 = 0.2;

/// The key at `at` in the piano that fills `rect`, and how hard it is struck there: the lower, the harder.
fn key_at(rect: Rect, at: Pos2) -> Option<hands::Stroke> {
    let keys = |black| (LOWEST..=HIGHEST).filter(move |&key| is_black(key) == black);
    // Black keys lie above.
    keys(true).chain(keys(false)).map(|key| (key, key_rect(rect, key))).find(|(_, place)| place.contains(at)).map(
        |(key, place)| {
            let depth = ((at.y - place.top()) / place.height()).clamp(0.0, 1.0);
            (key, SOFTEST + (1.0 - SOFTEST) * depth)
        },
    )
}

/// What is played on the piano, kept in the window: with the window it is gone.
#[derive(Clone, Default)]
struct Played {
    hands: Hands,
    /// When the piano was shown last, as the window counts.
    shown: u64,
}

fn with_played<R>(context: &Context, act: impl FnOnce(&mut Played) -> R) -> R {
    let id = Id::unique("played on the panel");
    let mut played: Played = context.data(|data| data.get_temp(id)).unwrap_or_default();
    let result = act(&mut played);
    context.data_mut(|data| data.insert_temp(id, played));
    result
}

/// The hands on the piano, to show and to set how they play.
pub fn with_hands<R>(context: &Context, act: impl FnOnce(&mut Hands) -> R) -> R {
    with_played(context, |played| act(&mut played.hands))
}

/// What was played on the piano since the last call, in order. After each time that the panel is shown: a piano that is
/// not shown holds no key.
pub fn take_strokes(context: &Context) -> Vec<hands::Stroke> {
    with_played(context, |played| {
        if played.shown != context.cumulative_frame_nr() {
            played.hands.lift_all();
        }
        played.hands.take_strokes()
    })
}

/// Shows the piano in `rect`, and plays it.
pub fn show(ui: &mut Ui, rect: Rect, masks: &Masks, keys: Keys) {
    let response = ui.interact(rect, ui.make_persistent_id("Keyboard"), Sense::click_and_drag());
    if keys.play && keys.in_host && ui.memory(|memory| memory.focused().is_none()) {
        // Without a focus the window leaves keys to the host.
        response.request_focus();
    }
    let letters = keys.play && !ui.ctx().text_edit_focused();
    let events = ui.input(|input| input.events.clone());
    let layer = ui.layer_id();
    let hands = with_played(ui.ctx(), |played| {
        // In a second pass of the same frame everything has been heard already.
        if ui.ctx().current_pass_index() == 0 {
            let is_on_top = |at: &Pos2| ui.ctx().layer_id_at(*at).is_none_or(|top| top == layer);
            let key_at = |at: Pos2| Some(at).filter(is_on_top).and_then(|at| key_at(rect, at));
            played.hands.play(&events, letters, key_at);
        }
        played.shown = ui.ctx().cumulative_frame_nr();
        played.hands.clone()
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Keyboard"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken(masks)));

    let painter = ui.painter();
    for black in [false, true] {
        for key in (LOWEST..=HIGHEST).filter(|&key| is_black(key) == black) {
            paint_key(painter, rect, key, masks[usize::from(key)]);
        }
    }
    if letters {
        (LOWEST..=HIGHEST).for_each(|key| paint_letter(painter, rect, key, &hands, masks[usize::from(key)]));
    }
    for key in LOWEST..=HIGHEST {
        paint_marks(painter, rect, key, masks[usize::from(key)]);
    }
    beyond(painter, rect, masks);
    paint::focus(painter, &response, rect.expand(2.0), theme::CORNER);
}

/// The computer's key that plays `key`, at the lower end of it.
fn paint_letter(painter: &Painter, piano: Rect, key: u8, hands: &Hands, mask: u8) {
    // The players' shapes go before.
    let Some(letter) = hands.letter_of(key).filter(|_| mask & !Part::You.bit() == 0) else { return };
    let rect = key_rect(piano, key);
    let (place, align) = if is_black(key) {
        (rect.center_bottom() - vec2(0.0, 1.0), Align2::CENTER_BOTTOM)
    } else {
        let above_name = if key.is_multiple_of(12) { 14.0 } else { 3.0 };
        (rect.center_bottom() - vec2(0.0, above_name), Align2::CENTER_BOTTOM)
    };
    let ink = if mask & Part::You.bit() != 0 { theme::GROUND } else { theme::DIM };
    painter.text(place, align, letter.symbol_or_name(), theme::regular(theme::SMALL), ink);
}

fn paint_key(painter: &Painter, piano: Rect, key: u8, mask: u8) {
    let black = is_black(key);
    let rect = key_rect(piano, key).shrink2(vec2(if black { 0.0 } else { 0.5 }, 0.0));
    let corner = CornerRadius { nw: 0, ne: 0, sw: 3, se: 3 };
    let you = mask & Part::You.bit() != 0;
    let fill = match (you, black) {
        (true, _) => theme::YOU,
        (false, true) => EBONY,
        (false, false) => IVORY,
    };
    painter.rect(rect, corner, fill, Stroke::new(1.0, theme::GROUND), StrokeKind::Outside);
    if key.is_multiple_of(12) && mask & Part::from(Player::Bass).bit() == 0 {
        let ink = if you { theme::GROUND } else { theme::FAINT };
        let place = rect.center_bottom() - vec2(0.0, 3.0);
        let octave = format!("C{}", i32::from(key) / 12 - 1);
        painter.text(place, Align2::CENTER_BOTTOM, octave, theme::regular(theme::SMALL), ink);
    }
}

/// The shapes of the players that sound `key`. Each has a height of its own, so that two on one key are both seen.
fn paint_marks(painter: &Painter, piano: Rect, key: u8, mask: u8) {
    let black = is_black(key);
    let rect = key_rect(piano, key);
    let (first, step, radius) = if black {
        (rect.top() + 8.0, 10.5, 3.8)
    } else {
        (piano.top() + piano.height() * BLACK_SHARE + 6.5, 8.8, 4.2)
    };
    for (n, player) in Player::pitched().enumerate() {
        if mask & Part::from(player).bit() != 0 {
            let centre = pos2(rect.center().x, first + n as f32 * step);
            mark::paint(painter, player, centre, radius, theme::player_colour(player), Stroke::new(1.2, theme::GROUND));
        }
    }
}

/// An arrow at the end of the piano beyond which a note sounds.
fn beyond(painter: &Painter, rect: Rect, masks: &Masks) {
    let pitched = Player::pitched().fold(Part::You.bit(), |parts, player| parts | Part::from(player).bit());
    let sounds = |keys: std::ops::RangeInclusive<usize>| masks[keys].iter().any(|&mask| mask & pitched != 0);
    let font = theme::semibold(theme::HEADING);
    if sounds(0..=usize::from(LOWEST) - 1) {
        painter.text(rect.left_center() + vec2(3.0, 0.0), Align2::LEFT_CENTER, "‹", font.clone(), theme::WARNING);
    }
    if sounds(usize::from(HIGHEST) + 1..=127) {
        painter.text(rect.right_center() - vec2(3.0, 0.0), Align2::RIGHT_CENTER, "›", font, theme::WARNING);
    }
}

/// What sounds, for assistive technology: "you C4 E4, Bass C2".
fn spoken(masks: &Masks) -> String {
    // What has no pitch lies on the drum staff.
    let has_pitches = |part: &Part| !matches!(part, Part::Player(player) if !player.kind().has_pitches);
    let parts = Part::all().filter(has_pitches).filter_map(|part| {
        let keys: Vec<String> =
            (0..128).filter(|&key| masks[usize::from(key)] & part.bit() != 0).map(symbols::key_name).collect();
        let name = match part {
            Part::You => "you",
            Part::Player(player) => player.kind().name,
        };
        (!keys.is_empty()).then(|| format!("{name} {}", keys.join(" ")))
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "silent".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIANO: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(520.0, 100.0) };

    #[test]
    fn the_piano_fills_its_rectangle() {
        assert_eq!(key_rect(PIANO, LOWEST).left(), 0.0);
        assert_eq!(key_rect(PIANO, HIGHEST).right(), 520.0);
    }

    #[test]
    fn a_black_key_stands_between_its_white_neighbours() {
        let (c, c_sharp, d) = (key_rect(PIANO, 60), key_rect(PIANO, 61), key_rect(PIANO, 62));
        assert_eq!(c.right(), d.left());
        assert!(c.center().x < c_sharp.center().x && c_sharp.center().x < d.center().x);
    }

    #[test]
    fn the_lower_a_key_is_struck_the_louder_it_is() {
        let (white, black) = (key_rect(PIANO, 60), key_rect(PIANO, 61));
        assert_eq!(key_at(PIANO, white.left_bottom() + vec2(1.0, -0.001)).map(|(key, _)| key), Some(60));
        assert_eq!(key_at(PIANO, black.center()).map(|(key, _)| key), Some(61), "it lies above");
        let loudness = |y: f32| key_at(PIANO, pos2(white.left() + 1.0, y)).unwrap().1;
        assert_eq!(loudness(0.0), SOFTEST);
        assert!(loudness(50.0) < loudness(99.0) && loudness(100.0) == 1.0);
        assert_eq!(key_at(PIANO, pos2(-1.0, 50.0)), None);
    }

    #[test]
    fn an_octave_fills_its_rectangle() {
        let octave = Rect::from_min_size(pos2(30.0, 5.0), vec2(70.0, 40.0));
        assert!((octave_key(octave, 0).left() - 30.0).abs() < 0.01);
        assert!((octave_key(octave, 11).right() - 100.0).abs() < 0.01);
        assert!((octave_key(octave, 3).center().x - 50.0).abs() < 0.01);
    }

    #[test]
    fn what_sounds_is_said_part_by_part() {
        let mut masks = [0; 128];
        assert_eq!(spoken(&masks), "silent");
        masks[60] = Part::You.bit() | Part::from(Player::Voices).bit();
        masks[36] = Part::from(Player::Bass).bit() | Part::from(Player::Drums).bit();
        assert_eq!(spoken(&masks), "you C4, Voices C4, Bass C2");
    }
}
