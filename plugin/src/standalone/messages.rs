//! What the program tells the musician: on the terminal and, once there is one, in the panel.

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use continuo::seam::Shared;
use crossbeam::queue::ArrayQueue;
use nice_plug::tracing::field::{Field, Visit};
use nice_plug::tracing::span::{Attributes, Id, Record};
use nice_plug::tracing::{Event, Level, Metadata, Subscriber, subscriber};

/// How often it is looked for what the framework said.
const PAUSE: Duration = Duration::from_millis(100);
/// Messages of the framework that wait; more at once are lost.
const WAITING: usize = 64;
/// Bytes of a message that are kept.
const LENGTH: usize = 400;
/// Said by the framework because the program answers Ctrl+C itself: nothing is wrong.
const EXPECTED: &str = "Error setting close signal callback";

/// What was told, and who shows it.
#[derive(Default)]
struct Told {
    panel: Option<Arc<Shared>>,
    before: Vec<String>,
    framework: HashSet<String>,
}

static TOLD: LazyLock<Mutex<Told>> = LazyLock::new(Mutex::default);
static HEARD: LazyLock<ArrayQueue<Line>> = LazyLock::new(|| ArrayQueue::new(WAITING));

fn told() -> MutexGuard<'static, Told> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Never on the audio thread: tells `text`.
pub fn tell(text: &str) {
    if text.is_empty() {
        return;
    }
    eprintln!("Continuo: {text}");
    let mut told = told();
    match &told.panel {
        Some(panel) => panel.notify(text),
        None => told.before.push(text.to_owned()),
    }
}

/// Shows in the panel of `shared` what was told and will be.
pub fn show_in(shared: &Arc<Shared>) {
    let mut told = told();
    told.before.drain(..).for_each(|text| shared.notify(text));
    told.panel = Some(Arc::clone(shared));
}

/// Tells the warnings and errors of the framework from now on.
pub fn hear_the_framework() {
    if subscriber::set_global_default(Framework).is_err() {
        return;
    }
    // Without the thread its messages are told at the end.
    let _ = thread::Builder::new().name("continuo messages".into()).spawn(|| {
        loop {
            flush();
            thread::sleep(PAUSE);
        }
    });
}

/// Never on the audio thread: tells what the framework has said and is not told yet, each message once.
pub fn flush() {
    while let Some(line) = HEARD.pop() {
        let text = line.text().trim().to_owned();
        if !text.starts_with(EXPECTED) && told().framework.insert(text.clone()) {
            tell(&text);
        }
    }
}

/// Hears what the framework says. That may be on the audio thread, so a message is written into a place of fixed size
/// and told by another thread.
struct Framework;

impl Subscriber for Framework {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line { bytes: [0; LENGTH], length: 0 };
        event.record(&mut line);
        // Where no more can wait, the same was said often enough.
        let _ = HEARD.push(line);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The beginning of a message.
struct Line {
    bytes: [u8; LENGTH],
    length: usize,
}

impl Line {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes[..self.length]).into_owned()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut fits = text.len().min(LENGTH - self.length);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[self.length..self.length + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.length += fits;
        Ok(())
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // A line takes what fits and never fails.
            let _ = write!(self, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nice_plug::tracing::{error, info};

    #[test]
    fn what_was_told_before_and_after_the_panel_is_there_is_in_it_and_the_frameworks_errors_once() {
        let shared = Shared::new();
        subscriber::with_default(Framework, || {
            tell("before");
            show_in(&shared);
            tell("after");
            info!("no news");
            for _ in 0..2 {
                error!("the card {} is gone", 1);
            }
            error!("{EXPECTED} Ctrl-C");
            flush();
        });
        let texts: Vec<String> = shared.notices().into_iter().map(|notice| notice.text).collect();
        assert_eq!(texts, ["before", "after", "the card 1 is gone"]);
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_at_a_letter() {
        let mut line = Line { bytes: [0; LENGTH], length: 0 };
        write!(line, "{}", "♭".repeat(LENGTH)).unwrap();
        assert_eq!(line.text(), "♭".repeat(LENGTH / 3));
    }
}
