//! Hands on the panel's piano: pointer, fingers, and the computer's keys in two rows.
//!
//! A key of the computer is known by its place where the window tells that, and else by the letter on it. Of no key is
//! told while Shift or Caps Lock makes another letter of it: so what is held then ends, for its end would not be told.

use egui::{Event, Key, PointerButton, Pos2, TouchDeviceId, TouchId, TouchPhase};

/// The lower row from C on, and the upper one from the C above it.
const LOWER: [Key; 12] =
    [Key::Z, Key::S, Key::X, Key::D, Key::C, Key::V, Key::G, Key::B, Key::H, Key::N, Key::J, Key::M];
const UPPER: [Key; 17] = [
    Key::Q,
    Key::Num2,
    Key::W,
    Key::Num3,
    Key::E,
    Key::R,
    Key::Num5,
    Key::T,
    Key::Num6,
    Key::Y,
    Key::Num7,
    Key::U,
    Key::I,
    Key::Num9,
    Key::O,
    Key::Num0,
    Key::P,
];

/// An octave down and up, softer and louder.
const OCTAVE_KEYS: [Key; 2] = [Key::K, Key::L];
const LOUDNESS_KEYS: [Key; 2] = [Key::A, Key::F];
/// While it is down, keys that come up go on sounding.
const PEDAL: Key = Key::Num1;

/// The lowest octave in which the lower row may lie: it begins with C1.
const LOWEST_OCTAVE: usize = 1;
/// The octaves in which it may lie.
pub const OCTAVES: usize = 6;

/// How loud the computer's keys play, and the MIDI velocity that it is.
pub const LOUDNESS: [(&str, u8); 6] = [("pp", 33), ("p", 49), ("mp", 64), ("mf", 80), ("f", 96), ("ff", 112)];

/// The keys of the computer that play, or change how those play.
pub fn letters() -> impl Iterator<Item = Key> {
    LOWER.into_iter().chain(UPPER).chain(OCTAVE_KEYS).chain(LOUDNESS_KEYS).chain([PEDAL])
}

/// A key goes down as hard as this (above 0 to 1) or, at 0, comes up.
pub type Stroke = (u8, f32);

/// What holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Pointer,
    Finger(TouchDeviceId, TouchId),
    Letter(Key),
    /// The pedal, of each key.
    Pedal(u8),
}

/// What is held, and how the computer's keys play.
#[derive(Clone, Debug)]
pub struct Hands {
    holds: Vec<(Holder, u8)>,
    /// Whether the pointer has gone down on the piano and not come up since.
    presses: bool,
    /// The computer's keys that are down.
    down: Vec<Key>,
    /// The octave of the lower row, counted from the lowest that it can have.
    pub octave: usize,
    /// The place in [`LOUDNESS`].
    pub loudness: usize,
    strokes: Vec<Stroke>,
}

impl Default for Hands {
    fn default() -> Self {
        let (octave, loudness) = (2, 3);
        Self { holds: Vec::new(), presses: false, down: Vec::new(), octave, loudness, strokes: Vec::new() }
    }
}

impl Hands {
    /// Plays what has happened. `key_at` gives the key at a place, and how hard it is struck there; `letters`: whether
    /// the computer's keys play.
    pub fn play(&mut self, events: &[Event], letters: bool, key_at: impl Fn(Pos2) -> Option<Stroke>) {
        if !letters {
            self.lift_letters();
        }
        // Systems that repeat a held key say that it comes up and goes down again, at once.
        let (mut up, mut has_focus) = (Vec::new(), true);
        for event in events {
            match *event {
                Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } => {
                    let touches = self.holds.iter().any(|(holder, _)| matches!(holder, Holder::Finger(..)));
                    let key = key_at(pos).filter(|_| !touches);
                    self.presses = key.is_some();
                    self.move_to(Holder::Pointer, key);
                }
                Event::PointerMoved(pos) if self.presses => self.move_to(Holder::Pointer, key_at(pos)),
                Event::PointerButton { button: PointerButton::Primary, pressed: false, .. } | Event::PointerGone => {
                    self.presses = false;
                    self.lift(Holder::Pointer);
                }
                Event::Touch { device_id, id, phase, pos, .. } => {
                    let finger = Holder::Finger(device_id, id);
                    match phase {
                        TouchPhase::Start => self.move_to(finger, key_at(pos)),
                        // A finger that has come down elsewhere is not for the piano.
                        TouchPhase::Move if self.held_by(finger).is_some() => self.move_to(finger, key_at(pos)),
                        TouchPhase::Move => {}
                        TouchPhase::End | TouchPhase::Cancel => self.lift(finger),
                    }
                }
                Event::Key { key, physical_key, pressed: true, modifiers, .. } if letters => {
                    let key = physical_key.unwrap_or(key);
                    up.retain(|&other| other != key);
                    if !modifiers.ctrl && !modifiers.alt && !modifiers.command && !self.down.contains(&key) {
                        self.strike_letter(key);
                    }
                }
                Event::Key { key, physical_key, pressed: false, .. } => up.push(physical_key.unwrap_or(key)),
                Event::ModifiersChanged(modifiers) if modifiers.shift => self.lift_letters(),
                Event::Text(ref text) if text.chars().any(char::is_uppercase) => self.lift_letters(),
                // Some window systems take the focus away for a moment before they give it.
                Event::WindowFocused(focused) => has_focus = focused,
                _ => {}
            }
        }
        if !has_focus {
            self.lift_letters();
        }
        for key in up {
            self.down.retain(|&other| other != key);
            self.lift(Holder::Letter(key));
            if key == PEDAL {
                self.lift_where(|holder| matches!(holder, Holder::Pedal(_)));
            }
        }
    }

    /// Everything comes up.
    pub fn lift_all(&mut self) {
        self.presses = false;
        self.down.clear();
        while let Some(&(holder, _)) = self.holds.last() {
            self.lift(holder);
        }
    }

    /// What was played since the last call, in order.
    pub fn take_strokes(&mut self) -> Vec<Stroke> {
        std::mem::take(&mut self.strokes)
    }

    /// The MIDI key that the computer's `key` plays.
    pub fn key_of(&self, key: Key) -> Option<u8> {
        let place = |row: &[Key]| row.iter().position(|&known| known == key);
        let above_c = place(&LOWER).or_else(|| Some(12 + place(&UPPER)?))?;
        Some((12 * (self.octave + LOWEST_OCTAVE + 1) + above_c) as u8)
    }

    /// The computer's key that plays the MIDI key `key`.
    pub fn letter_of(&self, key: u8) -> Option<Key> {
        LOWER.into_iter().chain(UPPER).find(|&letter| self.key_of(letter) == Some(key))
    }

    /// The lowest key of the lower row, in words.
    pub fn octave_text(octave: usize) -> String {
        format!("C{}", octave + LOWEST_OCTAVE)
    }

    fn strike_letter(&mut self, key: Key) {
        if let Some(struck) = self.key_of(key) {
            let velocity = f32::from(LOUDNESS[self.loudness.min(LOUDNESS.len() - 1)].1) / 127.0;
            self.move_to(Holder::Letter(key), Some((struck, velocity)));
        }
        let step = |value: usize, keys: [Key; 2], count: usize| match keys.iter().position(|&known| known == key) {
            Some(0) => value.saturating_sub(1),
            Some(_) => (value + 1).min(count - 1),
            None => value,
        };
        self.octave = step(self.octave, OCTAVE_KEYS, OCTAVES);
        self.loudness = step(self.loudness, LOUDNESS_KEYS, LOUDNESS.len());
        self.down.push(key);
    }

    fn lift_letters(&mut self) {
        self.down.clear();
        self.lift_where(|holder| matches!(holder, Holder::Letter(_) | Holder::Pedal(_)));
    }

    fn lift_where(&mut self, is_meant: impl Fn(Holder) -> bool) {
        while let Some(holder) = self.holds.iter().map(|(holder, _)| *holder).find(|holder| is_meant(*holder)) {
            self.lift(holder);
        }
    }

    fn held_by(&self, holder: Holder) -> Option<u8> {
        self.holds.iter().find(|(other, _)| *other == holder).map(|&(_, key)| key)
    }

    /// `holder` holds this key now, and no other one.
    fn move_to(&mut self, holder: Holder, to: Option<Stroke>) {
        if self.held_by(holder) == to.map(|(key, _)| key) {
            return;
        }
        self.lift(holder);
        if let Some((key, velocity)) = to {
            self.holds.push((holder, key));
            self.strokes.push((key, velocity));
        }
    }

    /// `holder` lets go. The key comes up unless somebody else holds it too.
    fn lift(&mut self, holder: Holder) {
        let Some(key) = self.held_by(holder) else { return };
        self.holds.retain(|(other, _)| *other != holder);
        if self.down.contains(&PEDAL) && self.held_by(Holder::Pedal(key)).is_none() {
            self.holds.push((Holder::Pedal(key), key));
        }
        if self.holds.iter().all(|&(_, other)| other != key) {
            self.strokes.push((key, 0.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::{Modifiers, pos2};
    use proptest::prelude::*;

    use super::*;

    /// A piano with a key of one point for each number; the lower, the louder.
    fn key_at(at: Pos2) -> Option<Stroke> {
        ((0.0..128.0).contains(&at.x) && (0.0..=1.0).contains(&at.y)).then_some((at.x as u8, at.y.max(0.1)))
    }

    fn play(hands: &mut Hands, events: &[Event]) -> Vec<Stroke> {
        hands.play(events, true, key_at);
        hands.take_strokes()
    }

    fn button(x: f32, y: f32, pressed: bool) -> Event {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        Event::PointerButton { pos: pos2(x, y), button, pressed, modifiers }
    }

    fn letter(key: Key, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    fn touch(id: u64, phase: TouchPhase, x: f32) -> Event {
        Event::Touch { device_id: TouchDeviceId(0), id: TouchId(id), phase, pos: pos2(x, 0.5), force: None }
    }

    #[test]
    fn a_pointer_that_slides_plays_key_after_key_and_ends_where_it_leaves() {
        let mut hands = Hands::default();
        let moved = |x: f32, y: f32| Event::PointerMoved(pos2(x, y));
        let events = [button(60.0, 1.0, true), moved(60.5, 0.9), moved(61.0, 0.5), moved(61.0, 7.0)];
        assert_eq!(play(&mut hands, &events), [(60, 1.0), (60, 0.0), (61, 0.5), (61, 0.0)]);
        let events = [moved(62.0, 0.5), button(62.0, 0.5, false), moved(63.0, 0.5)];
        assert_eq!(play(&mut hands, &events), [(62, 0.5), (62, 0.0)], "it came back");
    }

    #[test]
    fn a_click_is_played_even_between_two_looks() {
        let mut hands = Hands::default();
        assert_eq!(play(&mut hands, &[button(60.0, 0.5, true), button(60.0, 0.5, false)]), [(60, 0.5), (60, 0.0)]);
    }

    #[test]
    fn several_fingers_play_and_the_pointer_that_follows_one_of_them_does_not() {
        let mut hands = Hands::default();
        let events = [touch(1, TouchPhase::Start, 60.0), button(60.0, 0.5, true), touch(2, TouchPhase::Start, 64.0)];
        assert_eq!(play(&mut hands, &events), [(60, 0.5), (64, 0.5)]);
        let events = [touch(1, TouchPhase::Move, 62.0), touch(2, TouchPhase::Cancel, 64.0), button(62.0, 0.5, false)];
        assert_eq!(play(&mut hands, &events), [(60, 0.0), (62, 0.5), (64, 0.0)]);
        assert_eq!(play(&mut hands, &[touch(1, TouchPhase::End, 62.0)]), [(62, 0.0)]);
    }

    #[test]
    fn two_rows_of_letters_are_two_octaves() {
        let mut hands = Hands::default();
        let keys = [Key::Z, Key::S, Key::M, Key::Q, Key::Num2, Key::P].map(|key| hands.key_of(key));
        assert_eq!(keys, [48, 49, 59, 60, 61, 76].map(Some));
        play(&mut hands, &[letter(Key::L, true), letter(Key::F, true)]);
        let velocity = f32::from(LOUDNESS[4].1) / 127.0;
        assert_eq!(play(&mut hands, &[letter(Key::Z, true)]), [(60, velocity)]);
        assert_eq!(hands.letter_of(60), Some(Key::Z));
    }

    #[test]
    fn a_letter_that_the_system_repeats_is_held() {
        let mut hands = Hands::default();
        assert_eq!(play(&mut hands, &[letter(Key::Z, true)]).len(), 1);
        assert_eq!(play(&mut hands, &[letter(Key::Z, true)]), [], "as some systems repeat");
        assert_eq!(play(&mut hands, &[letter(Key::Z, false), letter(Key::Z, true)]), [], "as others do");
        assert_eq!(play(&mut hands, &[letter(Key::Z, false)]), [(48, 0.0)]);
    }

    #[test]
    fn a_key_is_known_by_its_place_where_the_window_tells_it() {
        let (mut hands, modifiers) = (Hands::default(), Modifiers::NONE);
        let of_qwertz =
            |pressed| Event::Key { key: Key::Y, physical_key: Some(Key::Z), pressed, repeat: false, modifiers };
        assert_eq!(play(&mut hands, &[of_qwertz(true)]), [(48, play_velocity())]);
        assert_eq!(play(&mut hands, &[of_qwertz(false)]), [(48, 0.0)]);
    }

    fn play_velocity() -> f32 {
        f32::from(LOUDNESS[Hands::default().loudness].1) / 127.0
    }

    #[test]
    fn while_the_pedal_is_down_keys_go_on_sounding_whoever_plays_them() {
        let mut hands = Hands::default();
        play(&mut hands, &[letter(PEDAL, true), letter(Key::Z, true), button(60.0, 1.0, true)]);
        assert_eq!(play(&mut hands, &[letter(Key::Z, false), button(60.0, 1.0, false)]), []);
        assert_eq!(play(&mut hands, &[letter(Key::Z, true)]), [(48, play_velocity())], "it is struck again");
        assert_eq!(play(&mut hands, &[letter(PEDAL, false)]), [(60, 0.0)], "and held");
        assert_eq!(play(&mut hands, &[letter(Key::Z, false)]), [(48, 0.0)]);
        play(&mut hands, &[letter(PEDAL, true), letter(Key::Z, true), letter(Key::Z, false)]);
        assert_eq!(play(&mut hands, &[Event::WindowFocused(false)]), [(48, 0.0)], "its end may not be told");
    }

    #[test]
    fn what_a_letter_holds_ends_when_its_end_may_not_be_told() {
        let shift = Event::ModifiersChanged(Modifiers::SHIFT);
        for event in [shift, Event::Text("Z".to_owned()), Event::WindowFocused(false)] {
            let mut hands = Hands::default();
            play(&mut hands, &[letter(Key::Z, true)]);
            assert_eq!(play(&mut hands, std::slice::from_ref(&event)), [(48, 0.0)], "{event:?}");
        }
        let mut hands = Hands::default();
        play(&mut hands, &[letter(Key::Z, true)]);
        hands.play(&[], false, key_at);
        assert_eq!(hands.take_strokes(), [(48, 0.0)], "the keys are the host's again");
    }

    #[test]
    fn a_click_that_brings_the_focus_is_played() {
        let mut hands = Hands::default();
        let events = [button(60.0, 0.5, true), Event::WindowFocused(false), Event::WindowFocused(true)];
        assert_eq!(play(&mut hands, &events), [(60, 0.5)]);
        assert_eq!(play(&mut hands, &[Event::WindowFocused(false)]), [], "the pointer's end is told all the same");
        assert_eq!(play(&mut hands, &[button(60.0, 0.5, false)]), [(60, 0.0)]);
    }

    #[test]
    fn shortcuts_are_not_played() {
        let undo =
            Event::Key { key: Key::Z, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::CTRL };
        assert_eq!(play(&mut Hands::default(), &[undo]), []);
    }

    #[test]
    fn a_key_that_two_hold_comes_up_with_the_last() {
        let mut hands = Hands::default();
        play(&mut hands, &[letter(Key::Q, true), button(60.0, 0.5, true)]);
        assert_eq!(play(&mut hands, &[letter(Key::Q, false)]), []);
        assert_eq!(play(&mut hands, &[button(60.0, 0.5, false)]), [(60, 0.0)]);
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let keys = prop::sample::select(letters().collect::<Vec<_>>());
        let phase =
            prop::sample::select(vec![TouchPhase::Start, TouchPhase::Move, TouchPhase::End, TouchPhase::Cancel]);
        let event = prop_oneof![
            (-5.0f32..140.0, -0.5f32..1.5, any::<bool>()).prop_map(|(x, y, down)| button(x, y, down)),
            (-5.0f32..140.0, -0.5f32..1.5).prop_map(|(x, y)| Event::PointerMoved(pos2(x, y))),
            Just(Event::PointerGone),
            (0u64..4, phase, -5.0f32..140.0).prop_map(|(id, phase, x)| touch(id, phase, x)),
            (keys, any::<bool>()).prop_map(|(key, down)| letter(key, down)),
            Just(Event::ModifiersChanged(Modifiers::SHIFT)),
            Just(Event::WindowFocused(false)),
        ];
        prop::collection::vec(event, 0..12)
    }

    proptest! {
        #[test]
        fn whatever_happens_every_key_comes_up(looks in prop::collection::vec((events(), any::<bool>()), 0..20)) {
            let mut hands = Hands::default();
            let mut held = [false; 128];
            let mut sound = |strokes: Vec<Stroke>| strokes.into_iter().for_each(|(key, velocity)| {
                let is_end = velocity == 0.0;
                assert!(!is_end || held[usize::from(key)], "an end without a beginning");
                held[usize::from(key)] = !is_end;
            });
            for (events, letters) in looks {
                hands.play(&events, letters, key_at);
                sound(hands.take_strokes());
            }
            hands.lift_all();
            sound(hands.take_strokes());
            prop_assert_eq!(held.iter().position(|&held| held), None);
        }
    }
}
