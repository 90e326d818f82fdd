//! MIDI: messages, ports, and what is said of them.

pub mod hub;
pub mod system;

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

/// A message of a channel: a note, a controller and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes([u8; 3]);

impl Bytes {
    /// The message in `bytes`; `None`: it is none of a channel, or broken.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&status, data) = bytes.split_first()?;
        let length = match status & 0xF0 {
            0xC0 | 0xD0 => 1,
            0x80..=0xE0 => 2,
            _ => return None,
        };
        let data = data.get(..length).filter(|data| data.iter().all(|byte| *byte < 0x80))?;
        Some(Self([status, data[0], data.get(1).copied().unwrap_or(0)]))
    }

    /// The bytes of the message.
    pub fn as_slice(&self) -> &[u8] {
        let length = if matches!(self.0[0] & 0xF0, 0xC0 | 0xD0) { 2 } else { 3 };
        &self.0[..length]
    }

    /// The messages that end whatever sounds, channel by channel.
    pub fn ends_of_all() -> impl Iterator<Item = Self> {
        const PEDAL: u8 = 64;
        const ALL_NOTES_OFF: u8 = 123;
        (0..16).flat_map(|channel| [PEDAL, ALL_NOTES_OFF].map(|controller| Self([0xB0 | channel, controller, 0])))
    }
}

/// Whether a port of this name only sends back what it gets, or is Continuo's own: to play on it would make a circle.
pub fn is_circle(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("midi through") || name.starts_with("continuo")
}

/// The one of `names` that is `wanted`, or of whose name it is a part.
///
/// # Errors
/// If there is none or more than one: one sentence that lists them.
pub fn find<'a>(names: &'a [String], wanted: &str, direction: Direction) -> Result<&'a str, String> {
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
            let known = among(names);
            Err(format!("there is no MIDI port \"{wanted}\" {}; there are {known}", direction.purpose()))
        }
        _ => Err(format!("\"{wanted}\" is a part of several MIDI ports' names; choose one of {}", among(matching))),
    }
}

fn among<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("\"{}\"", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Says which of `ports` are connected, and which others there are. `option` connects one.
pub fn sentence(
    direction: Direction,
    connected: &[String],
    ports: &Result<Vec<String>, String>,
    option: &str,
) -> String {
    let purpose = direction.purpose();
    let names = match ports {
        Ok(names) => names,
        Err(problem) => return format!("There is no MIDI port {purpose}: {problem}."),
    };
    let others = among(names.iter().filter(|name| !connected.contains(name)));
    let also = if others.is_empty() { String::new() } else { format!("; there are also {others}") };
    match connected {
        [] if others.is_empty() => format!("There is no MIDI port {purpose}."),
        [] => format!("No MIDI port {purpose} is connected; choose one in the panel or with {option}: {others}."),
        [name] => format!("The MIDI port {purpose} is \"{name}\"{also}."),
        names => format!("The MIDI ports {purpose} are {}{also}.", among(names)),
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
    fn one_sentence_names_the_connected_ports_and_the_others() {
        let ports = Ok(ports());
        for connected in [&[][..], &["Keystation:0"], &["Keystation:0", "Keystation:1"]] {
            let connected: Vec<String> = connected.iter().map(|name| (*name).to_owned()).collect();
            let said = sentence(Direction::In, &connected, &ports, "--midi-input");
            assert!(ports.as_ref().unwrap().iter().all(|port| said.matches(&**port).count() == 1), "{said}");
            assert_eq!(said.contains("--midi-input"), connected.is_empty(), "{said}");
            assert_eq!(said.matches('.').count(), 1, "{said}");
        }
        let none = sentence(Direction::Out, &[], &Ok(vec![]), "--midi-output");
        assert_eq!(none, "There is no MIDI port to play to.");
    }

    #[test]
    fn whole_messages_of_channels_are_read() {
        for (bytes, read) in [
            (&[0x90, 60, 100][..], Some(&[0x90, 60, 100][..])),
            (&[0xC3, 5], Some(&[0xC3, 5])),
            (&[0xD3, 5, 0], Some(&[0xD3, 5])),
            (&[0x90, 60], None),
            (&[0x90, 200, 1], None),
            (&[0xF0, 1, 2], None),
            (&[60, 60, 60], None),
            (&[], None),
        ] {
            assert_eq!(Bytes::read(bytes).as_ref().map(Bytes::as_slice), read, "{bytes:?}");
        }
    }
}
