//! A JACK server of the tests' own.

use std::process::{Command, id};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Running, live, run, soon};

/// How long a server, and who plays at it, may take to start on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A JACK server without a sound card. It ends when this is dropped.
pub struct Jack {
    /// Its process.
    pub server: Running,
    name: String,
    _alone: MutexGuard<'static, ()>,
}

/// Servers that start at the same time get in each other's way.
static ONE_SERVER: Mutex<()> = Mutex::new(());

impl Jack {
    /// Starts one, whose name has this in it.
    pub fn start(name: &str) -> Self {
        Self::start_called(format!("continuo-{name}-{}", id()))
    }

    /// The same server once more, when it has ended.
    pub fn restart(self) -> Self {
        let name = self.name.clone();
        drop(self);
        Self::start_called(name)
    }

    fn start_called(name: String) -> Self {
        let mut command = Command::new("jackd");
        command.args(["--no-realtime", "--no-mlock", "--name", &name]);
        command.args(["-d", "dummy", "--rate", "44100", "--period", "256"]);
        let alone = ONE_SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        let jack = Self { server: Running::start(&mut command), name, _alone: alone };
        let lists = || {
            let listed = run(jack.for_program(&mut live()).arg("--connect-jack-midi-input="), SOON);
            (listed.code == Some(0)).then_some(())
        };
        let listed = soon(SOON, lists);
        assert!(listed.is_some(), "the server takes no clients: {}", jack.server.said());
        jack
    }

    /// Its ports, and under each those that are connected with it.
    pub fn connections(&self) -> String {
        run(self.for_program(Command::new("jack_lsp").arg("-c")), SOON).answer
    }

    /// An instrument of this name at it, which plays with these further arguments.
    pub fn instrument(&self, arguments: &[&str]) -> Running {
        let mut keyboard = Command::new(env!("CARGO_BIN_EXE_jack_keyboard"));
        let keyboard = Running::start(self.for_program(&mut keyboard).args(arguments));
        keyboard.wait_for("ready", SOON);
        keyboard
    }

    /// Tells `command` of the server.
    pub fn for_program<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("JACK_DEFAULT_SERVER", &self.name)
    }
}
