//! The computer around the standalone program, as its panel shows it and changes it: sound, MIDI, transport, recorder.
//! Plain data one way, wishes the other. In a plug-in format all of it is the host's, and there is no machine.

use std::fmt::Debug;
use std::path::PathBuf;

use continuo_models::music::Meter;
use serde::{Deserialize, Serialize};

/// What an instance runs on. Main and panel; never audio.
pub trait Machine: Debug + Send + Sync {
    /// How everything stands now.
    fn status(&self) -> Status;
    /// Asks for a change. It is made soon, by another thread; [`Machine::status`] shows what became of it.
    fn ask(&self, wish: Wish);
}

/// Where sound goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// To JACK if a server runs, else to a sound card.
    #[default]
    Auto,
    /// To the JACK server, or PipeWire in its place.
    Jack,
    /// To a sound card.
    Card,
    /// Nowhere.
    Nowhere,
}

/// A place for sound, as the musician chooses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The way there.
    pub way: Way,
    /// The sound card; empty: the system's default one.
    pub card: String,
}

impl Place {
    /// How it reads in a list.
    pub fn name(&self) -> String {
        match (self.way, &*self.card) {
            (Way::Auto, _) => "Automatic".to_owned(),
            (Way::Jack, _) => "JACK".to_owned(),
            (Way::Card, "") => "Default sound card".to_owned(),
            (Way::Card, card) => card.to_owned(),
            (Way::Nowhere, _) => "No sound".to_owned(),
        }
    }
}

/// How sound runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sound {
    /// The places that can be chosen.
    pub places: Vec<Place>,
    /// The one that is chosen.
    pub place: Place,
    /// Where sound really goes; `None`: nowhere.
    pub open: Option<String>,
    /// The sample rates that can be chosen, in Hertz; none: the place has its own.
    pub rates: Vec<u32>,
    /// The one that is chosen; `None`: whichever is best.
    pub chosen_rate: Option<u32>,
    /// The rate, in Hertz.
    pub rate: u32,
    /// The lengths of a block that can be chosen, in samples; none: the place has its own.
    pub blocks: Vec<u32>,
    /// The one that is chosen; `None`: whichever is best.
    pub chosen_block: Option<u32>,
    /// Samples in a block.
    pub block: u32,
    /// From a key that is struck to its sound, in milliseconds, as far as the system says.
    pub latency_ms: Option<f32>,
    /// From a sound card's input to its output, in milliseconds, where the system says.
    pub round_trip_ms: Option<f32>,
    /// Blocks that were not ready in time.
    pub dropouts: u64,
    /// Blocks that were asked for too late, though nobody has told of a dropout.
    pub late: u64,
    /// Whether ports are connected by themselves; `None`: there is nothing to connect.
    pub connects: Option<bool>,
}

/// A MIDI port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Whether it is wanted.
    pub is_on: bool,
}

/// The transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    /// Whether the song runs; if not, the band rests.
    pub plays: bool,
    /// The meter that is set.
    pub meter: Meter,
}

/// The recorder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorder {
    /// For how many seconds it has recorded; `None`: it does not.
    pub seconds: Option<u64>,
    /// Where recordings lie; `None`: the system does not say where.
    pub folder: Option<PathBuf>,
}

/// How everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The sound.
    pub sound: Sound,
    /// The MIDI ports to play on.
    pub inputs: Vec<Port>,
    /// The MIDI ports to play to.
    pub outputs: Vec<Port>,
    /// What other programs can connect with, in a sentence.
    pub own_ports: String,
    /// The transport.
    pub transport: Transport,
    /// The recorder.
    pub recorder: Recorder,
    /// Where the messages of libraries go.
    pub log: Option<PathBuf>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            sound: Sound::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            own_ports: String::new(),
            transport: Transport { plays: true, meter: Meter::default() },
            recorder: Recorder::default(),
            log: None,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Sound is to go there.
    Place(Place),
    /// At this rate; `None`: whichever is best.
    Rate(Option<u32>),
    /// In blocks of so many samples; `None`: whichever is best.
    Block(Option<u32>),
    /// The MIDI port of this name is to be played on, or not.
    Input(String, bool),
    /// The MIDI port of this name is to get what is played, or not.
    Output(String, bool),
    /// Ports are to be connected by themselves, or not.
    Connect(bool),
    /// The song is to begin, or to stand.
    Play(bool),
    /// The song is to be in this meter.
    Meter(Meter),
    /// Recording is to begin, or to end.
    Record(bool),
}

/// What is preferred of the machine on this computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preferred {
    /// The way of the sound.
    pub way: Way,
    /// The sound card; empty: the system's default one.
    pub card: String,
    /// Samples per second; 0: whichever are best.
    pub rate: u32,
    /// Samples in a block; 0: whichever are best.
    pub block: u32,
    /// Whether ports are connected by themselves.
    pub connect: bool,
    /// The MIDI ports that are not played on.
    pub inputs_off: Vec<String>,
    /// Those of programs that are played on.
    pub inputs_on: Vec<String>,
    /// The MIDI ports that get what is played.
    pub outputs_on: Vec<String>,
}

impl Default for Preferred {
    fn default() -> Self {
        Self {
            way: Way::Auto,
            card: String::new(),
            rate: 0,
            block: 0,
            connect: true,
            inputs_off: Vec::new(),
            inputs_on: Vec::new(),
            outputs_on: Vec::new(),
        }
    }
}
