//! What controllers are called in MIDI.

/// The names of those that most instruments know.
const NAMES: [(u8, &str); 22] = [
    (1, "modulation"),
    (2, "breath"),
    (4, "foot"),
    (5, "portamento time"),
    (7, "volume"),
    (8, "balance"),
    (10, "pan"),
    (11, "expression"),
    (64, "sustain pedal"),
    (65, "portamento"),
    (66, "sostenuto pedal"),
    (67, "soft pedal"),
    (68, "legato"),
    (69, "hold pedal"),
    (70, "variation"),
    (71, "resonance"),
    (72, "release"),
    (73, "attack"),
    (74, "brightness"),
    (84, "portamento from"),
    (91, "reverb"),
    (93, "chorus"),
];

/// A controller by its number, with its name if it has one: "CC 74 brightness".
pub fn controller(number: u8) -> String {
    match NAMES.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("CC {number} {name}"),
        None => format!("CC {number}"),
    }
}
