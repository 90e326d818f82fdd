//! MIDI ports: which there are, which is meant, and what is said of them.

use midir::{MidiIO, MidiInput, MidiOutput};

/// Seen from the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What the musician plays.
    In,
    /// What the program plays.
    Out,
}

impl Direction {
    fn purpose(self) -> &'static str {
        match self {
            Direction::In => "to play on",
            Direction::Out => "to play to",
        }
    }
}

/// The names of the system's ports.
///
/// # Errors
/// If the system has no MIDI: one sentence.
pub fn system_ports(direction: Direction) -> Result<Vec<String>, String> {
    fn names(midi: impl MidiIO) -> Vec<String> {
        midi.ports().iter().filter_map(|port| midi.port_name(port).ok()).collect()
    }
    const CLIENT: &str = "Continuo";
    match direction {
        Direction::In => MidiInput::new(CLIENT).map(names).map_err(|error| error.to_string()),
        Direction::Out => MidiOutput::new(CLIENT).map(names).map_err(|error| error.to_string()),
    }
    .map_err(|error| format!("the system's MIDI cannot be reached ({error})"))
}

/// The one of `names` that is `wanted`, or of whose name it is a part.
///
/// # Errors
/// If there is none or more than one: one sentence that lists them.
pub fn find<'a>(names: &'a [String], wanted: &str, direction: Direction) -> Result<&'a str, String> {
    let among =
        |names: Vec<&String>| names.into_iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if let Some(name) = names.iter().find(|name| *name == wanted) {
        return Ok(name);
    }
    let part = wanted.to_lowercase();
    let matching: Vec<&String> = names.iter().filter(|name| name.to_lowercase().contains(&part)).collect();
    match matching[..] {
        [name] => Ok(name),
        [] if names.is_empty() => {
            Err(format!("there is no MIDI port {} at all, so not \"{wanted}\"", direction.purpose()))
        }
        [] => {
            let known = among(names.iter().collect());
            Err(format!("there is no MIDI port \"{wanted}\" {}; there are {known}", direction.purpose()))
        }
        _ => Err(format!("\"{wanted}\" is a part of several MIDI ports' names; choose one of {}", among(matching))),
    }
}

/// Says which of `ports` is connected, and which others there are. `option` connects one.
pub fn sentence(
    direction: Direction,
    connected: Option<&str>,
    ports: &Result<Vec<String>, String>,
    option: &str,
) -> String {
    let purpose = direction.purpose();
    let names = match ports {
        Ok(names) => names,
        Err(problem) => return format!("There is no MIDI port {purpose}: {problem}."),
    };
    let others = names.iter().filter(|name| Some(name.as_str()) != connected);
    let others = others.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    match (connected, &*others) {
        (Some(name), "") => format!("The MIDI port {purpose} is \"{name}\"."),
        (Some(name), others) => format!("The MIDI port {purpose} is \"{name}\"; there are also {others}."),
        (None, "") => format!("There is no MIDI port {purpose}."),
        (None, others) => format!("No MIDI port {purpose} is connected; choose one with {option}: {others}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Vec<String> {
        ["Midi Through:0", "Keystation:0", "Keystation:1"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_port_is_found_by_its_name_or_a_part_that_only_it_has() {
        let ports = ports();
        assert_eq!(find(&ports, "Keystation:1", Direction::In), Ok("Keystation:1"));
        assert_eq!(find(&ports, "through", Direction::In), Ok("Midi Through:0"));
        let several = find(&ports, "keystation", Direction::In).unwrap_err();
        assert!(several.contains("Keystation:0") && several.contains("Keystation:1") && !several.contains("Through"));
        let none = find(&ports, "organ", Direction::In).unwrap_err();
        assert!(none.contains("organ") && ports.iter().all(|port| none.contains(port)), "{none}");
        assert!(find(&[], "organ", Direction::Out).is_err());
    }

    #[test]
    fn one_sentence_names_the_connected_port_and_the_others() {
        let ports = Ok(ports());
        for connected in [None, Some("Keystation:0")] {
            let said = sentence(Direction::In, connected, &ports, "--midi-input");
            assert!(ports.as_ref().unwrap().iter().all(|port| said.matches(&**port).count() == 1), "{said}");
            assert_eq!(said.contains("--midi-input"), connected.is_none(), "{said}");
            assert_eq!(said.matches('.').count(), 1, "{said}");
        }
        let none = sentence(Direction::Out, None, &Ok(vec![]), "--midi-output");
        assert_eq!(none, "There is no MIDI port to play to.");
    }
}
