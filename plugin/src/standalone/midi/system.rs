//! The system's MIDI ports, through `midir`: ALSA's sequencer, CoreMIDI or WinMM.

use std::sync::Arc;

use midir::{Ignore, MidiIO, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};

use super::{Bytes, Direction};
use crate::standalone::engine::{Arrived, Links};

const CLIENT: &str = "Continuo";

/// MIDI ports that come and go. The main thread's.
pub trait System: Send {
    /// The ports that there are, each with a name of its own.
    ///
    /// # Errors
    /// If there is no MIDI at all: one sentence.
    fn names(&mut self, direction: Direction) -> Result<Vec<String>, String>;
    /// Hears what is played on the port `name`, until what is returned is dropped.
    ///
    /// # Errors
    /// If the port cannot be opened.
    fn hear(&mut self, name: &str, links: &Arc<Links>) -> Result<Box<dyn Send>, String>;
    /// Opens the port `name` to play to.
    ///
    /// # Errors
    /// If it cannot be opened.
    fn open(&mut self, name: &str) -> Result<Box<dyn Sink>, String>;
    /// Makes a port with which other programs connect.
    ///
    /// # Errors
    /// If the system has none.
    fn offer(&mut self, name: &str) -> Result<Box<dyn Sink>, String>;
}

/// Where messages go. It closes when it is dropped.
pub trait Sink: Send {
    /// Sends a message now. One that a port does not take is lost, as on a cable.
    fn send(&mut self, bytes: &Bytes);
}

impl Sink for MidiOutputConnection {
    fn send(&mut self, bytes: &Bytes) {
        // A port that is gone is closed the next time that ports are looked for.
        let _ = MidiOutputConnection::send(self, bytes.as_slice());
    }
}

/// The system's.
#[derive(Default)]
pub struct Midir {
    /// To look which ports there are; each open port has a client of its own.
    input: Option<MidiInput>,
    output: Option<MidiOutput>,
}

fn cannot(error: impl std::fmt::Display) -> String {
    format!("the system's MIDI cannot be reached ({error})")
}

/// The names of the ports of `midi` in their order; what has the name of one before gets a number.
fn names_of<M: MidiIO>(midi: &M) -> Vec<(String, M::Port)> {
    let mut named: Vec<(String, M::Port)> = Vec::new();
    for port in midi.ports() {
        let Ok(name) = midi.port_name(&port) else { continue };
        let numbered = |number: usize| if number == 1 { name.clone() } else { format!("{name} ({number})") };
        let free = (1..).map(numbered).find(|name| named.iter().all(|(known, _)| known != name));
        named.extend(free.map(|name| (name, port)));
    }
    named
}

fn port_of<M: MidiIO>(midi: &M, name: &str) -> Result<M::Port, String> {
    let found = names_of(midi).into_iter().find(|(known, _)| known == name);
    found.map(|(_, port)| port).ok_or_else(|| "it is gone".to_owned())
}

impl Midir {
    fn input(&mut self) -> Result<&MidiInput, String> {
        if self.input.is_none() {
            self.input = Some(MidiInput::new(CLIENT).map_err(cannot)?);
        }
        self.input.as_ref().ok_or_else(String::new)
    }

    fn output(&mut self) -> Result<&MidiOutput, String> {
        if self.output.is_none() {
            self.output = Some(MidiOutput::new(CLIENT).map_err(cannot)?);
        }
        self.output.as_ref().ok_or_else(String::new)
    }
}

impl System for Midir {
    fn names(&mut self, direction: Direction) -> Result<Vec<String>, String> {
        fn only_names<P>(named: Vec<(String, P)>) -> Vec<String> {
            named.into_iter().map(|(name, _)| name).collect()
        }
        Ok(match direction {
            Direction::In => only_names(names_of(self.input()?)),
            Direction::Out => only_names(names_of(self.output()?)),
        })
    }

    fn hear(&mut self, name: &str, links: &Arc<Links>) -> Result<Box<dyn Send>, String> {
        let mut client = MidiInput::new(CLIENT).map_err(cannot)?;
        client.ignore(Ignore::All);
        let port = port_of(&client, name)?;
        let links = Arc::clone(links);
        let hear = move |_: u64, bytes: &[u8], (): &mut ()| {
            if let Some(bytes) = Bytes::read(bytes) {
                // Thousands that wait are no music any more.
                let _ = links.arrived.push(Arrived { at: links.now(), bytes });
            }
        };
        let connection: MidiInputConnection<()> =
            client.connect(&port, "input", hear, ()).map_err(|error| error.to_string())?;
        Ok(Box::new(connection))
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
        let client = MidiOutput::new(CLIENT).map_err(cannot)?;
        let port = port_of(&client, name)?;
        Ok(Box::new(client.connect(&port, "output").map_err(|error| error.to_string())?))
    }

    #[cfg(unix)]
    fn offer(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
        use midir::os::unix::VirtualOutput;
        let client = MidiOutput::new(CLIENT).map_err(cannot)?;
        Ok(Box::new(client.create_virtual(name).map_err(|error| error.to_string())?))
    }

    #[cfg(not(unix))]
    fn offer(&mut self, _: &str) -> Result<Box<dyn Sink>, String> {
        Err("this system has no MIDI ports of programs: use a loopback driver such as loopMIDI".to_owned())
    }
}
