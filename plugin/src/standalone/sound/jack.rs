//! The engine at a JACK server, or at PipeWire in its place: two outputs, a MIDI input, and a MIDI output for all that
//! is played and one for each player.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32};

use continuo::machine::{Port as PortStatus, Preferred};
use continuo::seam::Part;
use continuo::song_clock::HostTime;
use jack::{
    AsyncClient, AudioOut, Client, ClientOptions, ClientStatus, Control, Frames, LatencyType, MidiIn, MidiOut,
    MidiWriter, NotificationHandler, Port, PortFlags, ProcessHandler, ProcessScope, RawMidi, TransportState, Unowned,
};

use super::Broken;
use crate::standalone::engine::{LONGEST, Lent, Links};
use crate::standalone::messages;
use crate::standalone::midi::hub::lists;
use crate::standalone::midi::{self, Bytes, Direction};
use crate::standalone::recorder::name as part_name;

const CLIENT: &str = "continuo";
/// The server may change its block while we play, up to this length or the present one.
const BLOCK: u32 = 2048;

/// A client that plays. It leaves the server when this is dropped.
pub struct Jack {
    client: AsyncClient<Notices, Process>,
    /// Whether the server is gone.
    pub broken: Broken,
    /// Samples in a block, as the server has said last.
    block: Arc<AtomicU32>,
    graph: Arc<AtomicBool>,
    outputs: [Port<Unowned>; 2],
    midi_in: Port<Unowned>,
    midi_out: Port<Unowned>,
    /// The ports that options name.
    only: [Option<String>; 2],
    /// Ports that were seen, so that who disconnects one is not contradicted.
    seen: HashSet<String>,
}

impl Jack {
    /// Opens a client. Nothing is connected yet: see [`Jack::look`].
    ///
    /// # Errors
    /// If there is no server, or it refuses: one sentence.
    pub fn open(lend: &dyn Fn() -> Lent, links: &Arc<Links>) -> Result<Self, String> {
        let client = client(CLIENT)?;
        let cannot = |error: jack::Error| format!("the JACK server refuses ({error})");
        let audio = |name| client.register_port(name, AudioOut::default()).map_err(cannot);
        let midi = |name: &str| client.register_port(name, MidiOut::default()).map_err(cannot);
        let [left, right] = [audio("output_1")?, audio("output_2")?];
        let input = client.register_port("midi_input", MidiIn::default()).map_err(cannot)?;
        let all = midi("midi_output")?;
        let parts = Part::all().map(|part| match part {
            Part::You => Ok(None),
            part => midi(&format!("midi_{}", part_name(part).to_lowercase())).map(Some),
        });
        let parts = parts.collect::<Result<Vec<_>, String>>()?;
        let outputs = [left.clone_unowned(), right.clone_unowned()];
        let (midi_in, midi_out) = (input.clone_unowned(), all.clone_unowned());
        let (rate, length) = (client.sample_rate(), client.buffer_size());
        let mut engine = lend();
        engine.prepare(rate, length.clamp(BLOCK, LONGEST as u32));
        let (broken, block) = (Broken::default(), Arc::new(AtomicU32::new(length)));
        let graph = Arc::new(AtomicBool::new(true));
        let notices = Notices { broken: broken.clone(), links: Arc::clone(links), graph: Arc::clone(&graph) };
        let process = Process { engine, left, right, input, all, parts, block: Arc::clone(&block) };
        let client = client.activate_async(notices, process).map_err(cannot)?;
        let (only, seen) = ([None, None], HashSet::new());
        Ok(Self { client, broken, block, graph, outputs, midi_in, midi_out, only, seen })
    }

    /// Samples per second, and in a block.
    pub fn rate_and_block(&self) -> (u32, u32) {
        (self.client.as_client().sample_rate(), self.block.load(Relaxed))
    }

    /// Connects the ports that options name, and no others of their kind.
    ///
    /// # Errors
    /// If one is not there: one sentence.
    pub fn connect_only(&mut self, wanted: [Option<&str>; 2]) -> Result<(), String> {
        for (direction, wanted) in [Direction::In, Direction::Out].into_iter().zip(wanted) {
            let ports = midi_ports(self.client.as_client(), direction);
            let found = wanted.map(|wanted| midi::find(&ports, wanted, direction)).transpose()?;
            self.only[direction as usize] = found.map(str::to_owned);
            if let Some(port) = found {
                self.connect(direction, port);
            }
        }
        Ok(())
    }

    /// From now on the panel chooses, not the option.
    pub fn forget_option(&mut self, direction: Direction) {
        self.only[direction as usize] = None;
    }

    /// Looks which ports there are, and connects those that were not there before as `preferred`: the outputs with the
    /// loudspeakers, every instrument with the input.
    pub fn look(&mut self, preferred: &Preferred, has_begun: bool) {
        if !self.graph.swap(false, Acquire) || self.broken.is_set() {
            return;
        }
        let client = self.client.as_client();
        if preferred.connect {
            let speakers = client.ports(None, Some("audio"), PortFlags::IS_INPUT | PortFlags::IS_PHYSICAL);
            let new = speakers.iter().any(|name| !self.seen.contains(name));
            let is_free = self.outputs.iter().all(|output| output.connected_count().is_ok_and(|count| count == 0));
            if let (true, true, Some(last)) = (new, is_free, speakers.last()) {
                for (n, output) in self.outputs.iter().enumerate() {
                    let connected = output
                        .name()
                        .and_then(|name| client.connect_ports_by_name(&name, speakers.get(n).unwrap_or(last)));
                    if let Err(error) = connected {
                        messages::tell(&format!("The outputs could not be connected ({error}): use a patch bay."));
                        break;
                    }
                }
            }
            self.seen.extend(speakers);
        }
        for direction in [Direction::In, Direction::Out] {
            for name in midi_ports(self.client.as_client(), direction) {
                let is_known = !self.seen.insert(format!("{direction:?} {name}"));
                if is_known || !self.is_wanted(direction, &name, preferred) {
                    continue;
                }
                self.connect(direction, &name);
                if has_begun {
                    messages::tell(&format!("The MIDI port \"{name}\" is connected."));
                }
            }
        }
        let mut there: HashSet<String> =
            self.client.as_client().ports(None, None, PortFlags::empty()).into_iter().collect();
        for direction in [Direction::In, Direction::Out] {
            there.extend(
                midi_ports(self.client.as_client(), direction).iter().map(|name| format!("{direction:?} {name}")),
            );
        }
        self.seen.retain(|name| there.contains(name));
    }

    /// As [`Jack::look`], as if no port had been seen before.
    pub fn look_anew(&mut self, preferred: &Preferred) {
        self.seen.clear();
        self.graph.store(true, Release);
        self.look(preferred, false);
    }

    fn is_wanted(&self, direction: Direction, name: &str, preferred: &Preferred) -> bool {
        match (&self.only[direction as usize], direction) {
            (Some(only), _) => name == only,
            (None, Direction::In) if lists(&preferred.inputs_off, name) => false,
            (None, Direction::In) => lists(&preferred.inputs_on, name) || preferred.connect && self.is_instrument(name),
            (None, Direction::Out) => lists(&preferred.outputs_on, name),
        }
    }

    /// Whether `name` is hardware, or something that makes its notes itself.
    fn is_instrument(&self, name: &str) -> bool {
        let port = self.client.as_client().port_by_name(name);
        port.is_some_and(|port| port.flags().intersects(PortFlags::IS_PHYSICAL | PortFlags::IS_TERMINAL))
    }

    /// Connects the port called `name`.
    pub fn connect(&self, direction: Direction, name: &str) {
        let client = self.client.as_client();
        let connected = match direction {
            Direction::In => self.midi_in.name().and_then(|own| client.connect_ports_by_name(name, &own)),
            Direction::Out => self.midi_out.name().and_then(|own| client.connect_ports_by_name(&own, name)),
        };
        match connected {
            Ok(()) | Err(jack::Error::PortAlreadyConnected(..)) => {}
            Err(error) => messages::tell(&format!("The MIDI port \"{name}\" could not be connected ({error}).")),
        }
    }

    /// Disconnects the port called `name`.
    pub fn disconnect(&self, direction: Direction, name: &str) {
        let client = self.client.as_client();
        // What is not connected need not be disconnected.
        let _ = match direction {
            Direction::In => self.midi_in.name().and_then(|own| client.disconnect_ports_by_name(name, &own)),
            Direction::Out => self.midi_out.name().and_then(|own| client.disconnect_ports_by_name(&own, name)),
        };
    }

    /// The ports of others, and which of them are connected.
    pub fn ports(&self, direction: Direction) -> Vec<PortStatus> {
        let own = if direction == Direction::In { &self.midi_in } else { &self.midi_out };
        let names = midi_ports(self.client.as_client(), direction).into_iter();
        names.map(|name| PortStatus { is_on: own.is_connected_to(&name).unwrap_or(false), name }).collect()
    }

    /// What the musician should know, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let (rate, block) = self.rate_and_block();
        let mut sentences = vec![format!("Sound goes to JACK, {rate} Hz in blocks of {block}.")];
        if self.outputs.iter().all(|output| output.connected_count().is_ok_and(|count| count == 0)) {
            sentences.push("No loudspeakers are connected: do that in a patch bay.".to_owned());
        }
        let options = [(Direction::In, "--connect-jack-midi-input"), (Direction::Out, "--connect-jack-midi-output")];
        for (direction, option) in options {
            let ports = self.ports(direction);
            let connected: Vec<String> = ports.iter().filter(|port| port.is_on).map(|port| port.name.clone()).collect();
            let names = ports.into_iter().map(|port| port.name).collect();
            sentences.push(midi::sentence(direction, &connected, &Ok(names), option));
        }
        sentences
    }

    /// Whether JACK has the system's MIDI ports too.
    pub fn has_midi_hardware(&self) -> bool {
        let flags = PortFlags::IS_OUTPUT | PortFlags::IS_PHYSICAL;
        !self.client.as_client().ports(None, Some("midi"), flags).is_empty()
    }

    /// From a key to its sound, in milliseconds.
    pub fn latency_ms(&self) -> f32 {
        let (rate, block) = self.rate_and_block();
        let (_, out) = self.outputs[0].get_latency_range(LatencyType::Playback);
        (out.max(block)) as f32 * 1000.0 / rate.max(1) as f32
    }

    /// From a sound card's input to its output, in milliseconds, if there is a card with inputs.
    pub fn round_trip_ms(&self) -> Option<f32> {
        let client = self.client.as_client();
        let worst = |flags, latency| {
            let ports = client.ports(None, Some("audio"), flags | PortFlags::IS_PHYSICAL);
            let ports = ports.iter().filter_map(|name| client.port_by_name(name));
            ports.map(|port| port.get_latency_range(latency).1).max()
        };
        let captured = worst(PortFlags::IS_OUTPUT, LatencyType::Capture)?;
        let played = worst(PortFlags::IS_INPUT, LatencyType::Playback)?;
        Some((captured + played) as f32 * 1000.0 / client.sample_rate().max(1) as f32)
    }
}

/// Whether a server runs that would take Continuo: it is tried, without the engine.
pub fn can_be_opened() -> bool {
    client(CLIENT).is_ok()
}

/// The MIDI ports of JACK.
///
/// # Errors
/// If no server runs: one sentence.
pub fn ports(direction: Direction) -> Result<Vec<String>, String> {
    client("continuo-ports").map(|client| midi_ports(&client, direction))
}

fn client(name: &str) -> Result<Client, String> {
    match Client::new(name, ClientOptions::NO_START_SERVER) {
        Ok((client, status)) if status.is_empty() => Ok(client),
        Ok((_, status)) if status.contains(ClientStatus::NAME_NOT_UNIQUE) => {
            Err(format!("JACK has a client called \"{name}\" already; close the other Continuo first"))
        }
        Ok((_, status)) => Err(format!("the JACK server refuses ({status:?})")),
        Err(jack::Error::LibraryError(_)) => Err("JACK is not installed".into()),
        Err(_) => Err("no JACK server runs (start one, or PipeWire's)".into()),
    }
}

/// The ports of others with which Continuo's port for `direction` can be connected.
fn midi_ports(client: &Client, direction: Direction) -> Vec<String> {
    let flags = match direction {
        Direction::In => PortFlags::IS_OUTPUT,
        Direction::Out => PortFlags::IS_INPUT,
    };
    let mut ports = client.ports(None, Some("midi"), flags);
    ports.retain(|name| !midi::is_circle(name) && !midi::is_circle(name.rsplit(':').next().unwrap_or_default()));
    ports
}

/// What the server says beside sound.
struct Notices {
    broken: Broken,
    links: Arc<Links>,
    /// Whether ports have come or gone.
    graph: Arc<AtomicBool>,
}

impl NotificationHandler for Notices {
    unsafe fn shutdown(&mut self, _: ClientStatus, _: &str) {
        self.broken.set();
    }

    fn port_registration(&mut self, _: &Client, _: u32, _: bool) {
        self.graph.store(true, Release);
    }

    fn xrun(&mut self, _: &Client) -> Control {
        self.links.dropouts.fetch_add(1, Relaxed);
        Control::Continue
    }
}

/// The engine in the server's callback.
struct Process {
    engine: Lent,
    left: Port<AudioOut>,
    right: Port<AudioOut>,
    input: Port<MidiIn>,
    all: Port<MidiOut>,
    /// In the order of [`Part::all`]; the musician has none.
    parts: Vec<Option<Port<MidiOut>>>,
    block: Arc<AtomicU32>,
}

impl ProcessHandler for Process {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        let length = scope.n_frames();
        self.engine.begin(length);
        for event in self.input.iter(scope) {
            if let Some(bytes) = Bytes::read(event.bytes) {
                self.engine.hear(event.time.min(length.saturating_sub(1)), bytes);
            }
        }
        let mut all = self.all.writer(scope);
        let mut parts: [Option<MidiWriter>; Part::COUNT] = Default::default();
        for (writer, port) in parts.iter_mut().zip(&mut self.parts) {
            *writer = port.as_mut().map(|port| port.writer(scope));
        }
        let (left, right) = (self.left.as_mut_slice(scope), self.right.as_mut_slice(scope));
        self.engine.play(0, leading(client), [left, right], &mut |sounds| {
            let message = RawMidi { time: sounds.offset.min(length.saturating_sub(1)), bytes: sounds.bytes.as_slice() };
            // JACK's own buffers have room for more than a hand and a band play in a block.
            let _ = all.write(&message);
            if let Some(Some(writer)) = parts.get_mut(sounds.part.index()) {
                let _ = writer.write(&message);
            }
        });
        Control::Continue
    }

    fn buffer_size(&mut self, _: &Client, size: Frames) -> Control {
        self.block.store(size, Relaxed);
        Control::Continue
    }
}

/// JACK's transport, if it runs and somebody counts its beats: it leads the song then.
fn leading(client: &Client) -> Option<HostTime> {
    let transport = client.transport().query().ok()?;
    let bbt = transport.pos.bbt().filter(|_| transport.state == TransportState::Rolling)?;
    let beat_in_quarters = 4.0 / f64::from(bbt.sig_denom);
    let bar_start = bbt.bar_start_tick / bbt.ticks_per_beat * beat_in_quarters;
    let in_bar = bbt.beat.saturating_sub(1) as f64 + bbt.tick as f64 / bbt.ticks_per_beat;
    Some(HostTime {
        playing: true,
        tempo: Some(bbt.bpm),
        position: Some(bar_start + in_bar * beat_in_quarters),
        bar_start: Some(bar_start),
        signature: Some((bbt.sig_num as i32, bbt.sig_denom as i32)),
        cycle: None,
    })
}
