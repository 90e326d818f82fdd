//! An accessibility bus of the tests' own, and somebody on it who reads what programs show, as a screen reader does.

use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::time::Duration;
use std::{env, fs};

use serde::de::DeserializeOwned;
use zbus::block_on;
use zbus::connection::{Builder, Connection};
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

use super::Running;

/// How long a bus, and who answers on it, may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const ACTION: &str = "org.a11y.atspi.Action";
const VALUE: &str = "org.a11y.atspi.Value";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The window of a program.
pub const FRAME: u32 = 23;
/// A page to choose.
pub const TAB: u32 = 37;
/// A knob.
pub const SLIDER: u32 = 51;
/// A switch.
pub const SWITCH: u32 = 62;

/// Where session buses look up who starts the accessibility bus.
const STARTER: &str = "/usr/share/dbus-1/services/org.a11y.Bus.service";

/// A session bus on which the accessibility bus starts when it is asked for. Both end when this is dropped.
pub struct Session {
    _daemon: Running,
    /// For the environment variable `DBUS_SESSION_BUS_ADDRESS` of those who are to find it.
    pub address: String,
    folder: PathBuf,
}

impl Session {
    /// Starts one; `None`, and a word about it, if what that needs is not installed.
    pub fn start(name: &str) -> Option<Self> {
        let is_installed = |program: &str| {
            env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|at| at.join(program).is_file()))
        };
        if !is_installed("dbus-daemon") || !Path::new(STARTER).is_file() {
            eprintln!(
                "{name} was skipped: dbus-daemon and at-spi2-core are not there; `cargo xtask setup` installs them"
            );
            return None;
        }
        let folder = env::temp_dir().join(format!("continuo-bus-{name}-{}", id()));
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--nosyslog", "--print-address=2"]);
        command.env("HOME", &folder).env("XDG_RUNTIME_DIR", &folder).env("GSETTINGS_BACKEND", "memory");
        command.env_remove("DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("AT_SPI_BUS_ADDRESS");
        let daemon = Running::start(&mut command);
        daemon.wait_for("guid=", SOON);
        let said = daemon.said();
        let address = said.lines().find(|line| line.contains("guid=")).expect("a line of its own").to_owned();
        Some(Self { _daemon: daemon, address, folder })
    }

    /// Somebody who listens on it.
    pub fn reader(&self) -> Reader {
        let session = Reader { bus: connect(&self.address) };
        let bus = Node::new("org.a11y.Bus", "/org/a11y/bus");
        let address: String = session.call(&bus, "org.a11y.Bus", "GetAddress", &());
        let () = session.call(&bus, PROPERTIES, "Set", &("org.a11y.Status", "IsEnabled", Value::from(true)));
        Reader { bus: connect(&address) }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn connect(address: &str) -> Connection {
    let builder = Builder::address(address).expect("a bus gives its address");
    block_on(builder.method_timeout(SOON).build()).expect("a bus takes connections")
}

/// A screen reader: it knows only what the bus tells it.
pub struct Reader {
    bus: Connection,
}

/// Something that a program shows, by its name on the bus.
#[derive(Clone, Debug)]
pub struct Node {
    program: String,
    path: OwnedObjectPath,
}

/// What is told of something that is shown.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where to ask for more.
    pub node: Node,
    /// What kind of thing it is: one of the numbers below, or another.
    pub role: u32,
    /// What it is called.
    pub name: String,
    /// Whether it is the chosen one, or on.
    pub chosen: bool,
}

impl Told {
    /// Whether this is its name, with or without what it stands at.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.split(": ").next() == Some(name)
    }
}

impl Node {
    fn new(program: &str, path: &str) -> Self {
        let path = OwnedObjectPath::try_from(path).expect("a path of objects");
        Self { program: program.to_owned(), path }
    }
}

impl Reader {
    /// The windows of the programs that are there; `None`: one of them went while it was asked.
    fn windows(&self) -> Option<Vec<Node>> {
        let desktop = Node::new("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
        let windows = self.children(&desktop)?.iter().map(|program| self.children(program)).collect::<Option<Vec<_>>>();
        Some(windows?.concat())
    }

    /// How many windows are there.
    pub fn count(&self) -> usize {
        self.windows().map_or(usize::MAX, |windows| windows.len())
    }

    /// All that is shown, window by window; `None`: something went while it was asked.
    pub fn read(&self) -> Option<Vec<Told>> {
        let mut told = Vec::new();
        for window in self.windows()? {
            self.read_into(window, &mut told)?;
        }
        Some(told)
    }

    fn read_into(&self, node: Node, told: &mut Vec<Told>) -> Option<()> {
        let role = self.ask(&node, ACCESSIBLE, "GetRole", &())?;
        let name = String::try_from(self.property(&node, ACCESSIBLE, "Name")?).ok()?;
        let states: Vec<u32> = self.ask(&node, ACCESSIBLE, "GetState", &())?;
        let children = self.children(&node)?;
        // Checked, pressed, selected.
        let chosen = states.first().is_some_and(|states| states & (1 << 4 | 1 << 20 | 1 << 23) != 0);
        told.push(Told { node, role, name, chosen });
        children.into_iter().try_for_each(|child| self.read_into(child, told))
    }

    /// Does with it what a click would.
    pub fn press(&self, node: &Node) -> bool {
        self.call(node, ACTION, "DoAction", &(0i32,))
    }

    /// The number that it stands at.
    pub fn value(&self, node: &Node) -> Option<f64> {
        f64::try_from(self.property(node, VALUE, "CurrentValue")?).ok()
    }

    /// Asks that it stand at another number.
    pub fn set_value(&self, node: &Node, value: f64) {
        self.call(node, PROPERTIES, "Set", &(VALUE, "CurrentValue", Value::from(value)))
    }

    fn children(&self, node: &Node) -> Option<Vec<Node>> {
        let children: Vec<(String, OwnedObjectPath)> = self.ask(node, ACCESSIBLE, "GetChildren", &())?;
        Some(children.into_iter().map(|(program, path)| Node { program, path }).collect())
    }

    fn property(&self, node: &Node, interface: &str, name: &str) -> Option<OwnedValue> {
        self.ask(node, PROPERTIES, "Get", &(interface, name))
    }

    fn call<T, B>(&self, node: &Node, interface: &str, method: &str, body: &B) -> T
    where
        T: DeserializeOwned + Type,
        B: serde::Serialize + DynamicType,
    {
        self.try_call(node, interface, method, body).unwrap_or_else(|error| panic!("{interface}.{method}: {error}"))
    }

    fn ask<T, B>(&self, node: &Node, interface: &str, method: &str, body: &B) -> Option<T>
    where
        T: DeserializeOwned + Type,
        B: serde::Serialize + DynamicType,
    {
        self.try_call(node, interface, method, body).ok()
    }

    fn try_call<T, B>(&self, node: &Node, interface: &str, method: &str, body: &B) -> zbus::Result<T>
    where
        T: DeserializeOwned + Type,
        B: serde::Serialize + DynamicType,
    {
        let (program, path) = (node.program.as_str(), node.path.as_str());
        let answer = block_on(self.bus.call_method(Some(program), path, Some(interface), method, body))?;
        answer.body().deserialize()
    }
}
