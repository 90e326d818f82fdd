//! Every MIDI port of the system at once: those that come are opened, those that go are closed, and what is played goes
//! out on a thread of its own.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use continuo::machine::{Port, Preferred};
use continuo::seam::Part;

use super::system::{Sink, System};
use super::{Bytes, Direction, is_circle, sentence};
use crate::standalone::engine::{Leaving, Links};
use crate::standalone::messages;
use crate::standalone::recorder::name as part_name;

/// How often it is looked for what leaves, while somebody listens and while nobody does.
const PAUSE: Duration = Duration::from_millis(1);
const IDLE: Duration = Duration::from_millis(50);

/// Somewhere to play to.
struct Output {
    name: String,
    /// Whose notes it gets; `None`: all.
    part: Option<Part>,
    is_own: bool,
    sink: Box<dyn Sink>,
}

#[derive(Default)]
struct Outputs {
    open: Mutex<Vec<Output>>,
    has_ended: AtomicBool,
}

impl Outputs {
    fn open(&self) -> MutexGuard<'_, Vec<Output>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ports. The main thread's. All close when it is dropped.
pub struct Hub {
    system: Box<dyn System>,
    links: Arc<Links>,
    /// The ports that options name: no others are opened.
    only: [Option<String>; 2],
    inputs: Vec<(String, Box<dyn Send>)>,
    /// Ports that did not open: they are tried again when they come anew.
    refused: Vec<String>,
    outputs: Arc<Outputs>,
    /// Names, and what is wrong, as they were last seen.
    seen: [Result<Vec<String>, String>; 2],
    own_ports: String,
    has_begun: bool,
}

impl Hub {
    /// Ports of `system`; `only` those that options name, in and out, if they do.
    pub fn new(system: Box<dyn System>, links: Arc<Links>, only: [Option<String>; 2]) -> Self {
        let outputs = Arc::<Outputs>::default();
        let (heard, listening) = (Arc::clone(&links), Arc::clone(&outputs));
        let thread = thread::Builder::new().name("continuo MIDI".into()).spawn(move || deliver(&heard, &listening));
        if let Err(error) = thread {
            messages::tell(&format!("Nothing goes to MIDI ports: the system gives no thread for it ({error})."));
        }
        Self {
            system,
            links,
            only,
            inputs: Vec::new(),
            refused: Vec::new(),
            outputs,
            seen: [Ok(Vec::new()), Ok(Vec::new())],
            own_ports: String::new(),
            has_begun: false,
        }
    }

    /// Makes the ports with which other programs connect: one for all that is played, and one for each player.
    pub fn offer(&mut self) {
        let parts = [None].into_iter().chain(Part::all().filter(|part| *part != Part::You).map(Some));
        for part in parts {
            let name = format!("Continuo {}", part.map_or("all", part_name));
            match self.system.offer(&name) {
                Ok(sink) => self.outputs.open().push(Output { name, part, is_own: true, sink }),
                Err(problem) => {
                    self.own_ports = format!("No port for each player: {problem}.");
                    break;
                }
            }
        }
        if self.own_ports.is_empty() {
            self.own_ports = "Other programs can connect with \"Continuo all\" and a port for each player.".to_owned();
        }
        self.note_listeners();
    }

    /// Looks which ports there are now, and opens and closes as `preferred`. What comes and goes after the first time
    /// is told.
    pub fn look(&mut self, preferred: &Preferred) {
        for direction in [Direction::In, Direction::Out] {
            let names = self.system.names(direction);
            let names = names.map(|names| names.into_iter().filter(|name| !is_circle(name)).collect());
            self.seen[direction as usize] = names;
        }
        let wanted = self.wanted(Direction::In, preferred);
        let there = self.names(Direction::In).to_vec();
        self.refused.retain(|name| there.contains(name));
        self.inputs.retain(|(name, _)| {
            let stays = wanted.contains(name);
            if !there.contains(name) {
                messages::tell(&format!("The MIDI port \"{name}\" is gone; it is played on again when it is back."));
            }
            stays
        });
        for name in wanted {
            if self.inputs.iter().any(|(open, _)| *open == name) || self.refused.contains(&name) {
                continue;
            }
            match self.system.hear(&name, &self.links) {
                Ok(input) => {
                    if self.has_begun {
                        messages::tell(&format!("You can play on the MIDI port \"{name}\"."));
                    }
                    self.inputs.push((name, input));
                }
                Err(problem) => {
                    messages::tell(&format!("The MIDI port \"{name}\" cannot be opened: {problem}."));
                    self.refused.push(name);
                }
            }
        }
        self.look_out(preferred);
        self.has_begun = true;
    }

    fn look_out(&mut self, preferred: &Preferred) {
        let wanted = self.wanted(Direction::Out, preferred);
        self.outputs.open().retain_mut(|output| {
            let stays = output.is_own || wanted.contains(&output.name);
            if !stays {
                Bytes::ends_of_all().for_each(|bytes| output.sink.send(&bytes));
            }
            stays
        });
        for name in wanted {
            if self.outputs.open().iter().any(|output| output.name == name) {
                continue;
            }
            match self.system.open(&name) {
                Ok(sink) => self.outputs.open().push(Output { name, part: None, is_own: false, sink }),
                Err(problem) => messages::tell(&format!("The MIDI port \"{name}\" cannot be opened: {problem}.")),
            }
        }
        self.note_listeners();
    }

    fn note_listeners(&self) {
        self.links.is_listened_to.store(!self.outputs.open().is_empty(), Relaxed);
    }

    fn names(&self, direction: Direction) -> &[String] {
        self.seen[direction as usize].as_deref().unwrap_or(&[])
    }

    /// The names of the ports that are to be open.
    fn wanted(&self, direction: Direction, preferred: &Preferred) -> Vec<String> {
        let is_wanted = |name: &&String| match (&self.only[direction as usize], direction) {
            (Some(only), _) => *name == only,
            (None, Direction::In) => !lists(&preferred.inputs_off, name),
            (None, Direction::Out) => lists(&preferred.outputs_on, name),
        };
        self.names(direction).iter().filter(is_wanted).cloned().collect()
    }

    /// For the panel: the ports and whether they are open.
    pub fn ports(&self, direction: Direction) -> Vec<Port> {
        let open = self.open(direction);
        let port = |name: &String| Port { name: name.clone(), is_on: open.contains(name) };
        self.names(direction).iter().map(port).collect()
    }

    /// From now on the panel chooses, not the option.
    pub fn forget_option(&mut self, direction: Direction) {
        self.only[direction as usize] = None;
    }

    fn open(&self, direction: Direction) -> Vec<String> {
        match direction {
            Direction::In => self.inputs.iter().map(|(name, _)| name.clone()).collect(),
            Direction::Out => {
                let open = self.outputs.open();
                open.iter().filter(|output| !output.is_own).map(|output| output.name.clone()).collect()
            }
        }
    }

    /// What other programs can connect with.
    pub fn own_ports(&self) -> &str {
        &self.own_ports
    }

    /// What the musician should know, a sentence for each direction.
    pub fn sentences(&self) -> [String; 2] {
        let options = [(Direction::In, "--midi-input"), (Direction::Out, "--midi-output")];
        options.map(|(direction, option)| {
            sentence(direction, &self.open(direction), &self.seen[direction as usize], option)
        })
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.outputs.has_ended.store(true, Relaxed);
        self.links.is_listened_to.store(false, Relaxed);
        for output in self.outputs.open().iter_mut() {
            Bytes::ends_of_all().for_each(|bytes| output.sink.send(&bytes));
        }
        self.outputs.open().clear();
    }
}

/// Whether `list` has the port `name`, whatever number ALSA gives it today.
pub fn lists(list: &[String], name: &str) -> bool {
    list.iter().any(|listed| stem(listed) == stem(name))
}

/// A port's name without the address with which ALSA ends it.
pub fn stem(name: &str) -> &str {
    let address = name.rsplit(' ').next().unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = address.split_once(':').is_some_and(|(client, port)| is_number(client) && is_number(port));
    if is_address { name[..name.len() - address.len()].trim_end() } else { name }
}

/// Sends what leaves when its time has come.
fn deliver(links: &Links, outputs: &Outputs) {
    while !outputs.has_ended.load(Relaxed) {
        let Some(Leaving { at, part, bytes }) = links.leaving.pop() else {
            thread::sleep(if links.is_listened_to.load(Relaxed) { PAUSE } else { IDLE });
            continue;
        };
        thread::sleep(Duration::from_nanos(at.saturating_sub(links.now())));
        for output in outputs.open().iter_mut() {
            if output.part.is_none_or(|of| of == part) {
                output.sink.send(&bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::Player;
    use continuo_models::music::Meter;

    use super::*;
    use crate::standalone::engine::Arrived;
    use crate::standalone::transport::Transport;

    /// Ports that a test plugs in and out. What is sent to one comes back to the test.
    #[derive(Clone, Default)]
    struct Cables(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<(String, Bytes)>>>);

    struct Cable(String, Cables);

    impl Sink for Cable {
        fn send(&mut self, bytes: &Bytes) {
            self.1.1.lock().unwrap().push((self.0.clone(), *bytes));
        }
    }

    impl System for Cables {
        fn names(&mut self, _: Direction) -> Result<Vec<String>, String> {
            Ok(self.0.lock().unwrap().clone())
        }

        /// Plays a note at once.
        fn hear(&mut self, name: &str, links: &Arc<Links>) -> Result<Box<dyn Send>, String> {
            let bytes = Bytes::read(&[0x90, name.len() as u8, 100]).unwrap();
            links.arrived.push(Arrived { at: links.now(), bytes }).unwrap();
            Ok(Box::new(()))
        }

        fn open(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
            Ok(Box::new(Cable(name.to_owned(), self.clone())))
        }

        fn offer(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
            self.open(name)
        }
    }

    fn hub(plugged: &[&str]) -> (Cables, Hub, Arc<Links>) {
        let cables = Cables::default();
        cables.plug(plugged);
        let links = Links::new(Transport::new(None, Meter::default()));
        let hub = Hub::new(Box::new(cables.clone()), Arc::clone(&links), [None, None]);
        (cables, hub, links)
    }

    impl Cables {
        fn plug(&self, names: &[&str]) {
            *self.0.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
        }
    }

    fn on(hub: &Hub, direction: Direction) -> Vec<String> {
        hub.ports(direction).into_iter().filter(|port| port.is_on).map(|port| port.name).collect()
    }

    #[test]
    fn every_input_is_heard_at_once_and_so_is_one_that_comes_and_one_that_comes_back() {
        let (cables, mut hub, links) = hub(&["Keys", "Midi Through 14:0", "Pads!"]);
        let preferred = Preferred::default();
        hub.look(&preferred);
        assert_eq!(on(&hub, Direction::In), ["Keys", "Pads!"]);
        assert_eq!(links.arrived.len(), 2);
        for (plugged, open, heard) in [(&["Keys"][..], &["Keys"][..], 2), (&["Keys", "Pads!"], &["Keys", "Pads!"], 3)] {
            cables.plug(plugged);
            hub.look(&preferred);
            assert_eq!(on(&hub, Direction::In), open);
            assert_eq!(links.arrived.len(), heard);
        }
    }

    #[test]
    fn an_input_that_was_switched_off_stays_off_whatever_its_address() {
        let (_, mut hub, _) = hub(&["Keys 24:0", "Pads 28:0"]);
        hub.look(&Preferred { inputs_off: vec!["Keys 20:0".to_owned()], ..Preferred::default() });
        assert_eq!(on(&hub, Direction::In), ["Pads 28:0"]);
    }

    #[test]
    fn a_port_that_an_option_names_is_the_only_one_until_the_panel_chooses() {
        let (_, mut hub, _) = hub(&["Keys", "Pads"]);
        hub.only = [Some("Pads".to_owned()), None];
        hub.look(&Preferred::default());
        assert_eq!(on(&hub, Direction::In), ["Pads"]);
        hub.forget_option(Direction::In);
        hub.look(&Preferred::default());
        assert_eq!(on(&hub, Direction::In), ["Keys", "Pads"]);
    }

    #[test]
    fn each_player_has_a_port_of_its_own_and_a_chosen_output_gets_all() {
        let (cables, mut hub, links) = hub(&["Synth"]);
        hub.look(&Preferred { outputs_on: vec!["Synth".to_owned()], ..Preferred::default() });
        hub.offer();
        let bass = Part::Player(Player::Bass);
        let bytes = Bytes::read(&[0x93, 36, 80]).unwrap();
        links.leaving.push(Leaving { at: links.now(), part: bass, bytes }).unwrap();
        let sent = || cables.1.lock().unwrap().clone();
        let begun = std::time::Instant::now();
        while sent().len() < 3 && begun.elapsed() < Duration::from_secs(10) {
            thread::sleep(PAUSE);
        }
        let expected = ["Synth", "Continuo all", "Continuo Bass"].map(|name| (name.to_owned(), bytes));
        assert_eq!(sent(), expected);
    }

    #[test]
    fn what_no_longer_gets_anything_is_left_silent() {
        let (cables, mut hub, _) = hub(&["Synth"]);
        hub.look(&Preferred { outputs_on: vec!["Synth".to_owned()], ..Preferred::default() });
        hub.look(&Preferred::default());
        assert_eq!(on(&hub, Direction::Out), Vec::<String>::new());
        assert_eq!(cables.1.lock().unwrap().len(), 32);
    }
}
