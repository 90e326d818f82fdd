//! Sound and MIDI as they come and go: what is chosen is opened, what breaks off is left and found again, and the panel
//! is told. On a thread of its own, which owns them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use continuo::folders;
use continuo::machine::{Machine, Place, Preferred, Recorder as RecorderStatus, Sound, Status, Way, Wish};
use continuo::preferences::Kept;
use continuo::seam::Shared;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::engine::{Engine, Lent, Links};
use super::midi::hub::{Hub, lists, stem};
use super::midi::system::{Midir, System};
use super::midi::{self, Direction};
use super::recorder::Recorder;
use super::sound::{Asked, Output, card, jack};
use super::{log, messages};

/// How often it is looked what has come and gone.
const PAUSE: Duration = Duration::from_millis(500);
/// Of so many looks one goes to MIDI ports, one to the list of sound cards.
const MIDI: u64 = 2;
const LIST: u64 = 6;
/// So many looks lie between two tries to open sound that is missing: more each time that it only seems to be there.
const SOONEST: u64 = 4;
const LATEST: u64 = 120;
/// How long sound and MIDI are given to end.
const ENDING: Duration = Duration::from_secs(3);

/// With what the studio begins.
pub struct Plan {
    /// Where sound is to go.
    pub place: Place,
    /// Whether it is to go nowhere else: options say so.
    pub is_strict: bool,
    /// How it is to run.
    pub asked: Asked,
    /// The system's MIDI ports that options name, in and out.
    pub ports: [Option<String>; 2],
    /// JACK's.
    pub jack_ports: [Option<String>; 2],
    /// Whether there is to be any MIDI.
    pub has_midi: bool,
    /// What was chosen in the panel.
    pub preferred: Preferred,
    /// Where that is kept.
    pub preferences: &'static Kept,
}

enum Order {
    Wish(Wish),
    End(Sender<()>),
}

/// The studio as others see it.
#[derive(Clone)]
pub struct Front {
    orders: Sender<Order>,
    status: Arc<Mutex<Status>>,
    links: Arc<Links>,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Front").finish_non_exhaustive()
    }
}

impl Front {
    /// Opens what `plan` says, with `engine`. Returns when sound runs. Who it is, and whether there is any sound.
    ///
    /// # Errors
    /// If that is strict and cannot be opened: one sentence.
    pub fn open(engine: Engine, links: Arc<Links>, shared: Arc<Shared>, plan: Plan) -> Result<(Self, bool), String> {
        let (orders, received) = unbounded();
        let status = Arc::<Mutex<Status>>::default();
        let front = Self { orders, status: Arc::clone(&status), links: Arc::clone(&links) };
        let (opened, is_open) = bounded(1);
        let begin = move || {
            card::hush();
            let mut studio = match Studio::open(engine, links, shared, plan, status) {
                Ok(studio) => studio,
                Err(problem) => return drop(opened.send(Err(problem))),
            };
            // Somebody waits for it.
            let _ = opened.send(Ok(studio.has_sound()));
            studio.run(&received);
        };
        let thread = thread::Builder::new().name("continuo studio".into()).spawn(begin);
        thread.map_err(|error| format!("the system gives no thread for sound ({error})"))?;
        let has_sound = is_open.recv().map_err(|_| "sound and MIDI have failed; the log says why".to_owned())??;
        Ok((front, has_sound))
    }

    /// Closes sound and MIDI. `false`: they do not end.
    pub fn close(&self) -> bool {
        let (ended, has_ended) = bounded(1);
        self.orders.send(Order::End(ended)).is_ok() && has_ended.recv_timeout(ENDING).is_ok()
    }
}

fn locked(status: &Mutex<Status>) -> MutexGuard<'_, Status> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine for Front {
    fn status(&self) -> Status {
        let mut status = locked(&self.status).clone();
        status.transport = self.links.transport.status();
        status
    }

    fn ask(&self, wish: Wish) {
        match wish {
            Wish::Play(plays) => self.links.transport.play(plays),
            Wish::Meter(meter) => self.links.transport.set_meter(meter),
            // A studio that has ended has nothing to change.
            wish => drop(self.orders.send(Order::Wish(wish))),
        }
    }
}

struct Studio {
    links: Arc<Links>,
    shared: Arc<Shared>,
    /// The engine is here while nobody has it lent.
    home: (Sender<Box<Engine>>, Receiver<Box<Engine>>),
    output: Option<Output>,
    hub: Option<Hub>,
    recorder: Option<Recorder>,
    plan: Plan,
    cards: Vec<String>,
    status: Arc<Mutex<Status>>,
    /// The look at which sound that is missing is tried next, and the looks between two tries.
    next_try: u64,
    pause: u64,
}

impl Studio {
    fn open(
        engine: Engine,
        links: Arc<Links>,
        shared: Arc<Shared>,
        plan: Plan,
        status: Arc<Mutex<Status>>,
    ) -> Result<Self, String> {
        let home = unbounded();
        // The channel's other end is beside this one.
        let _ = home.0.send(Box::new(engine));
        let mut studio = Self {
            links,
            shared,
            home,
            output: None,
            hub: None,
            recorder: None,
            plan,
            cards: Vec::new(),
            status,
            next_try: 0,
            pause: SOONEST,
        };
        if studio.plan.is_strict {
            studio.open_sound(&studio.plan.place.clone())?;
            studio.open_midi()?;
            messages::mention(&studio.sentences().join(" "));
        } else {
            let mut told = studio.open_sound_or_clock();
            // Without options there is nothing that could be missing.
            let _ = studio.open_midi();
            messages::show(&told.join(" "));
            told.extend(studio.sentences());
            messages::mention(&told.join(" "));
        }
        studio.list_cards();
        studio.publish();
        Ok(studio)
    }

    fn has_sound(&self) -> bool {
        !matches!(self.output, None | Some(Output::Clock(_)))
    }

    fn open_sound(&mut self, place: &Place) -> Result<(), String> {
        self.output = None;
        let lend = || {
            // Whoever had it has dropped it, and this studio holds the other end of the channel.
            let engine = self.home.1.recv().expect("the engine is at home");
            Lent::new(engine, self.home.0.clone())
        };
        self.output = Some(Output::open(place, self.plan.asked, &lend, &self.links)?);
        Ok(())
    }

    /// Opens sound where it is to go, else at the default card if it is to go to another one, else nowhere. Returns
    /// what is wrong.
    fn open_sound_or_clock(&mut self) -> Vec<String> {
        let place = self.plan.place.clone();
        let Err(problem) = self.open_sound(&place) else { return Vec::new() };
        let another = Place { way: Way::Card, card: String::new() };
        if place.way == Way::Card && !place.card.is_empty() && self.open_sound(&another).is_ok() {
            return vec![format!("Sound cannot go where you chose: {problem}.")];
        }
        let nowhere = Place { way: Way::Nowhere, card: String::new() };
        let silent = self.open_sound(&nowhere).err();
        let mut told = vec![format!(
            "There is no sound: connect a sound card or start JACK, and it is found by itself. Until then you play to \
             the picture. ({problem}.)"
        )];
        told.extend(silent.map(|problem| format!("It does not play: {problem}.")));
        told
    }

    /// Opens the MIDI ports that go with the sound.
    fn open_midi(&mut self) -> Result<(), String> {
        self.hub = None;
        let is_jack = match &mut self.output {
            Some(Output::Jack(jack)) => {
                let [input, output] = &self.plan.jack_ports;
                jack.connect_only([input.as_deref(), output.as_deref()])?;
                jack.look(&self.plan.preferred, false);
                // PipeWire, and bridges, have the system's ports in JACK already.
                if jack.has_midi_hardware() || self.plan.jack_ports.iter().any(Option::is_some) {
                    return Ok(());
                }
                true
            }
            _ => false,
        };
        if !self.plan.has_midi {
            return Ok(());
        }
        let mut system = Midir::default();
        let only = if is_jack { [None, None] } else { find_ports(&mut system, &self.plan.ports)? };
        let mut hub = Hub::new(Box::new(system), Arc::clone(&self.links), only);
        hub.look(&self.plan.preferred);
        if !is_jack {
            hub.offer();
        }
        self.hub = Some(hub);
        Ok(())
    }

    /// What the musician should know of sound and MIDI, a sentence each.
    fn sentences(&self) -> Vec<String> {
        let mut sentences = match &self.output {
            Some(Output::Jack(jack)) => return jack.sentences(),
            Some(Output::Card(card)) => {
                vec![format!("Sound goes to \"{}\", {} Hz in blocks of {}.", card.name, card.rate, card.block)]
            }
            Some(Output::Clock(_)) if self.plan.place.way == Way::Nowhere && !self.plan.has_midi => {
                vec!["There is neither sound nor MIDI, only the panel, as you asked.".to_owned()]
            }
            Some(Output::Clock(_)) if self.plan.place.way == Way::Nowhere => {
                vec!["There is no sound, as you asked.".to_owned()]
            }
            _ => Vec::new(),
        };
        sentences.extend(self.hub.iter().flat_map(Hub::sentences));
        sentences
    }

    fn run(&mut self, orders: &Receiver<Order>) {
        let mut looks = 0;
        loop {
            match orders.recv_timeout(PAUSE) {
                Ok(Order::Wish(wish)) => self.grant(wish),
                Ok(Order::End(ended)) => {
                    self.end();
                    // Who asked may have lost patience.
                    let _ = ended.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {
                    looks += 1;
                    self.look(looks);
                }
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
            self.publish();
        }
    }

    fn end(&mut self) {
        self.recorder = None;
        self.output = None;
        self.hub = None;
        if let Ok(mut engine) = self.home.1.try_recv() {
            engine.rest();
        }
    }

    fn look(&mut self, looks: u64) {
        if self.recorder.as_ref().is_some_and(|recorder| recorder.seconds().is_none()) {
            self.recorder = None;
        }
        if let Some(Output::Card(card)) = &mut self.output {
            card.watch(&self.links.blocks);
        }
        if self.output.as_ref().is_some_and(Output::is_broken) {
            self.lose_sound();
        } else if looks >= self.next_try && self.is_elsewhere() {
            let seems_there = self.can_return();
            if seems_there {
                self.reopen();
            }
            // What seems to be there and does not open is tried ever more seldom.
            self.pause = if seems_there && self.is_elsewhere() { (2 * self.pause).min(LATEST) } else { SOONEST };
            self.next_try = looks + self.pause;
        }
        if let Some(Output::Jack(jack)) = &mut self.output {
            jack.look(&self.plan.preferred, true);
        }
        if looks.is_multiple_of(MIDI)
            && let Some(hub) = &mut self.hub
        {
            hub.look(&self.plan.preferred);
        }
        if looks.is_multiple_of(LIST) {
            self.list_cards();
        }
    }

    fn lose_sound(&mut self) {
        let what = match &self.output {
            Some(Output::Jack(_)) => "the JACK server is gone".to_owned(),
            output => {
                let name = output.as_ref().and_then(Output::name).unwrap_or_default();
                format!("the sound card \"{name}\" is gone")
            }
        };
        messages::tell(&format!("Sound has broken off: {what}."));
        self.reopen();
    }

    /// Whether sound does not go where it is to go.
    fn is_elsewhere(&self) -> bool {
        let place = &self.plan.place;
        match &self.output {
            None | Some(Output::Clock(_)) => place.way != Way::Nowhere,
            Some(Output::Card(card)) => place.way == Way::Card && !place.card.is_empty() && card.name != place.card,
            Some(Output::Jack(_)) => false,
        }
    }

    /// Whether sound that went elsewhere can go where it is to go, or, from nowhere, to another place.
    fn can_return(&self) -> bool {
        let place = &self.plan.place;
        let can_open = |card: &str| card::can_be_opened(card, self.plan.asked);
        match place.way {
            Way::Nowhere => false,
            Way::Jack => jack::can_be_opened(),
            Way::Auto => jack::can_be_opened() || can_open(""),
            Way::Card => can_open(&place.card) || !self.has_sound() && can_open(""),
        }
    }

    /// Opens sound and MIDI anew, and tells what became of it. The song goes on.
    fn reopen(&mut self) {
        if self.recorder.take().is_some() {
            messages::tell("The recording has ended, because sound has changed.");
        }
        let was_silent = !self.has_sound() && self.output.is_some();
        let mut told = self.open_sound_or_clock();
        if was_silent && !self.has_sound() && !told.is_empty() {
            // It was told before.
            told.clear();
        }
        if let Err(problem) = self.open_midi() {
            told.push(format!("A MIDI port is missing: {problem}."));
        }
        if self.has_sound() {
            told.extend(self.sentences());
        }
        messages::tell(&told.join(" "));
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Place(place) => {
                (self.plan.preferred.way, self.plan.preferred.card) = (place.way, place.card.clone());
                // Another card has other rates.
                (self.plan.asked, self.plan.preferred.rate, self.plan.preferred.block) = (Asked::default(), 0, 0);
                (self.plan.place, self.plan.has_midi) = (place, true);
                self.reopen();
            }
            Wish::Rate(rate) => {
                self.plan.asked.rate = rate;
                self.plan.preferred.rate = rate.unwrap_or(0);
                self.reopen();
            }
            Wish::Block(block) => {
                self.plan.asked.block = block;
                self.plan.preferred.block = block.unwrap_or(0);
                self.reopen();
            }
            Wish::Input(name, on) => {
                put(&mut self.plan.preferred.inputs_off, &name, !on);
                put(&mut self.plan.preferred.inputs_on, &name, on);
                self.choose_port(Direction::In, &name, on);
            }
            Wish::Output(name, on) => {
                put(&mut self.plan.preferred.outputs_on, &name, on);
                self.choose_port(Direction::Out, &name, on);
            }
            Wish::Connect(on) => {
                self.plan.preferred.connect = on;
                if let Some(Output::Jack(jack)) = &mut self.output {
                    jack.look_anew(&self.plan.preferred);
                }
            }
            Wish::Record(true) => return self.record(),
            Wish::Record(false) => return self.recorder = None,
            Wish::Play(_) | Wish::Meter(_) => return,
        }
        let kept = self.plan.preferred.clone();
        if let Err(problem) = self.plan.preferences.change(|preferences| preferences.machine = kept) {
            messages::tell(&problem);
        }
    }

    fn choose_port(&mut self, direction: Direction, name: &str, on: bool) {
        if let Some(Output::Jack(jack)) = &mut self.output {
            jack.forget_option(direction);
            if jack.ports(direction).iter().any(|port| port.name == name) {
                if on {
                    jack.connect(direction, name)
                } else {
                    jack.disconnect(direction, name)
                }
                return;
            }
        }
        if let Some(hub) = &mut self.hub {
            hub.forget_option(direction);
            hub.look(&self.plan.preferred);
        }
    }

    fn record(&mut self) {
        let Some(output) = self.output.as_ref().filter(|_| self.recorder.is_none()) else { return };
        let started = match folders::recordings() {
            Some(folder) => Recorder::start(&folder, output.rate_and_block().0, &self.links),
            None => Err("Nothing is recorded: the system does not say where your files lie.".to_owned()),
        };
        match started {
            Ok(recorder) => self.recorder = Some(recorder),
            Err(problem) => messages::tell(&problem),
        }
    }

    fn list_cards(&mut self) {
        self.cards = card::names().unwrap_or_default();
    }

    /// Shows the panel how everything stands.
    fn publish(&self) {
        let ports = |direction| {
            let mut ports = match &self.output {
                Some(Output::Jack(jack)) => jack.ports(direction),
                _ => Vec::new(),
            };
            ports.extend(self.hub.iter().flat_map(|hub| hub.ports(direction)));
            ports
        };
        let own_ports = match (&self.output, &self.hub) {
            (Some(Output::Jack(_)), _) => "JACK has a MIDI port for all that is played and one for each player.",
            (_, Some(hub)) => hub.own_ports(),
            _ => "",
        };
        let status = Status {
            sound: self.sound(),
            inputs: ports(Direction::In),
            outputs: ports(Direction::Out),
            own_ports: own_ports.to_owned(),
            transport: self.links.transport.status(),
            recorder: RecorderStatus {
                seconds: self.recorder.as_ref().and_then(Recorder::seconds),
                folder: folders::recordings(),
            },
            log: log::place(),
        };
        self.shared.surroundings.set_has_sound(self.has_sound());
        *locked(&self.status) = status;
    }

    fn sound(&self) -> Sound {
        let place = |way| Place { way, card: String::new() };
        let mut places = vec![place(Way::Auto), place(Way::Jack)];
        places.extend(self.cards.iter().map(|card| Place { way: Way::Card, card: card.clone() }));
        places.push(place(Way::Nowhere));
        if !places.contains(&self.plan.place) {
            places.insert(2, self.plan.place.clone());
        }
        let (rate, block) = self.output.as_ref().map_or((0, 0), Output::rate_and_block);
        let (rates, blocks) = match &self.output {
            Some(Output::Card(card)) => (card.rates.clone(), card.blocks.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        Sound {
            places,
            place: self.plan.place.clone(),
            open: self.output.as_ref().and_then(Output::name).map(str::to_owned),
            rates,
            chosen_rate: self.plan.asked.rate,
            rate,
            blocks,
            chosen_block: self.plan.asked.block,
            block,
            latency_ms: match &self.output {
                Some(Output::Jack(jack)) => Some(jack.latency_ms()),
                Some(Output::Card(card)) => Some(card.latency_ms()),
                _ => None,
            },
            round_trip_ms: match &self.output {
                Some(Output::Jack(jack)) => jack.round_trip_ms(),
                _ => None,
            },
            dropouts: self.links.dropouts.load(std::sync::atomic::Ordering::Relaxed),
            late: self.links.late.load(std::sync::atomic::Ordering::Relaxed),
            connects: matches!(self.output, Some(Output::Jack(_))).then_some(self.plan.preferred.connect),
        }
    }
}

/// The ports that `wanted` names or a part of them does.
fn find_ports(system: &mut dyn System, wanted: &[Option<String>; 2]) -> Result<[Option<String>; 2], String> {
    let mut find = |direction: Direction, option: &str| {
        let Some(wanted) = &wanted[direction as usize] else { return Ok(None) };
        let names = system.names(direction);
        let names = names.map_err(|problem| format!("{option} \"{wanted}\" cannot be: {problem}"))?;
        midi::find(&names, wanted, direction).map(|name| Some(name.to_owned()))
    };
    Ok([find(Direction::In, "--midi-input")?, find(Direction::Out, "--midi-output")?])
}

/// Puts `name` on `list`, or takes it off.
fn put(list: &mut Vec<String>, name: &str, on: bool) {
    match (on, lists(list, name)) {
        (true, false) => list.push(name.to_owned()),
        (false, true) => list.retain(|listed| stem(listed) != stem(name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
