//! The standalone program: a small host of its own around the plug-in.
//!
//! `engine` plays blocks; `sound` asks it for them (JACK, a sound card, or a clock in their place); `midi` brings what
//! is played and takes what sounds; `studio` opens and closes both as they come and go; `recorder` writes files;
//! `session` keeps what is set; `window` shows the panel; `messages` and `log` say what is ours and put away what is
//! not.

mod ending;
mod engine;
mod log;
mod messages;
mod midi;
mod recorder;
mod session;
mod sound;
mod studio;
mod timing;
mod transport;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use continuo::editor::ContinuoEditor;
use continuo::machine::{Machine, Place, Way, Wish};
use continuo::seam::STANDALONE;
use continuo::{Continuo, preferences};
use continuo_models::music::Meter;
use continuo_options::live::{Backend, Live};
use nice_plug::prelude::{NonZeroU32, Plugin};

use ending::Ending;
use engine::{Engine, Links};
use midi::Direction;
use midi::system::{Midir, System};
use session::Session;
use sound::{Asked, card, jack};
use studio::{Front, Plan};
use transport::Transport;

/// Runs the program. Its exit codes: see its help.
pub fn run() -> ExitCode {
    let options = Live::parse();
    let backend = options.wanted().unwrap_or_else(|error| error.exit());
    log::begin();
    card::hush();
    if let Some(names) = list(&options) {
        return match names {
            Ok(names) => {
                names.iter().for_each(|name| println!("{name}"));
                if names.is_empty() {
                    log::say("There is none.");
                }
                ExitCode::SUCCESS
            }
            Err(problem) => failed(&problem),
        };
    }
    let plugin = Continuo::default();
    let session = Session::of(&plugin);
    messages::show_in(plugin.shared());
    let kept = session::file().filter(|_| !options.fresh).and_then(|file| session.load(&file));
    let links = Links::new(Transport::new(options.tempo, meter(&options, kept)));
    let (shared, panel) = (Arc::clone(plugin.shared()), plugin.panel());
    let engine = Engine::new(plugin, Arc::clone(&links));
    let plan = plan(&options, backend);
    let is_silent = !plan.has_midi;
    let (front, has_sound) = match Front::open(engine, Arc::clone(&links), Arc::clone(&shared), plan) {
        Ok(opened) => opened,
        Err(problem) => return failed(&problem),
    };
    shared.surroundings.set_host(STANDALONE);
    shared.run_on(Arc::new(front.clone()));
    if options.record {
        front.ask(Wish::Record(true));
    }
    let panel = panel.map(|panel| match options.dpi_scale {
        Some(scale) => panel.with_pixels_per_point(scale),
        None => panel,
    });
    let keep_size = panel.as_ref().map_or_else(|| Arc::new(|| {}) as _, ContinuoEditor::size_keeper);
    let (session_kept, once) = (session.clone(), Arc::default());
    let ending = Ending { shared, links: Arc::clone(&links), front, session: session_kept, keep_size, once };
    ending.at_interrupt();
    let shown = match panel {
        Some(panel) => window::show(&panel, session, links).map_err(|error| error.to_string()),
        None => Err("it could not be made".to_owned()),
    };
    match shown {
        Ok(()) => ending.end(0),
        Err(error) => {
            let why = format!("The panel cannot be shown ({error}): it needs a screen and OpenGL.");
            if !has_sound || is_silent {
                messages::tell(&format!("{why} Without sound and panel there is nothing to do."));
                ending.end(1);
            }
            messages::tell(&format!("{why} Continuo plays without it until you press Ctrl+C."));
            ending.wait()
        }
    }
}

fn failed(problem: &str) -> ExitCode {
    log::say(&format!("error: {problem}"));
    ExitCode::FAILURE
}

/// What an option asks to have listed by its empty value.
fn list(options: &Live) -> Option<Result<Vec<String>, String>> {
    let asks = |option: &Option<String>| option.as_deref() == Some("");
    match options {
        _ if asks(&options.audio_layout) => Some(Ok(layouts())),
        _ if asks(&options.output_device) => Some(card::names()),
        _ if asks(&options.midi_input) => Some(Midir::default().names(Direction::In)),
        _ if asks(&options.midi_output) => Some(Midir::default().names(Direction::Out)),
        _ if asks(&options.connect_jack_midi_input) => Some(jack::ports(Direction::In)),
        _ if asks(&options.connect_jack_midi_output) => Some(jack::ports(Direction::Out)),
        _ => None,
    }
}

/// The audio layouts, each with its number.
fn layouts() -> Vec<String> {
    let count = |channels: Option<NonZeroU32>| channels.map_or(0, NonZeroU32::get);
    let layouts = Continuo::AUDIO_IO_LAYOUTS.iter().zip(1..);
    layouts
        .map(|(layout, number)| {
            let (inputs, outputs) = (count(layout.main_input_channels), count(layout.main_output_channels));
            format!("{number}: {} ({inputs} in, {outputs} out)", layout.name())
        })
        .collect()
}

/// The meter to begin in: what options say, else what was `kept`.
fn meter(options: &Live, kept: Option<Meter>) -> Meter {
    let kept = kept.unwrap_or_default();
    let denominator = options.timesig_denom.as_ref().and_then(|note| note.parse().ok());
    Meter {
        numerator: options.timesig_num.unwrap_or(kept.numerator),
        denominator: denominator.unwrap_or(kept.denominator),
    }
}

/// Where sound and MIDI are to go: what options say, else what was chosen in the panel.
fn plan(options: &Live, backend: Option<Backend>) -> Plan {
    let preferences = preferences::kept();
    let preferred = preferences.get().machine;
    let chosen = |value: u32| (value > 0).then_some(value);
    let way = match backend {
        None => preferred.way,
        Some(Backend::Auto) => Way::Auto,
        Some(Backend::Jack) => Way::Jack,
        Some(Backend::Cards) => Way::Card,
        Some(Backend::Dummy) => Way::Nowhere,
    };
    let (card, asked) = match backend {
        None => (preferred.card.clone(), Asked { rate: chosen(preferred.rate), block: chosen(preferred.block) }),
        Some(_) => (
            options.output_device.clone().unwrap_or_default(),
            Asked { rate: options.sample_rate, block: options.period_size },
        ),
    };
    Plan {
        place: Place { way, card },
        is_strict: !matches!(backend, None | Some(Backend::Auto)),
        asked,
        ports: [options.midi_input.clone(), options.midi_output.clone()],
        jack_ports: [options.connect_jack_midi_input.clone(), options.connect_jack_midi_output.clone()],
        has_midi: backend != Some(Backend::Dummy),
        preferred,
        preferences,
    }
}

#[cfg(test)]
mod tests {
    use continuo_options::live::LAYOUTS;

    use super::*;

    #[test]
    fn the_layouts_are_those_that_can_be_chosen() {
        assert_eq!(layouts().len(), LAYOUTS);
        assert_eq!(layouts()[0], "1: Stereo (0 in, 2 out)");
    }

    #[test]
    fn options_go_before_what_was_kept() {
        let options = |given: &[&str]| Live::parse_from([&["continuo-live"], given].concat());
        let kept = Some(Meter { numerator: 6, denominator: 8 });
        assert_eq!(meter(&options(&[]), None), Meter::default());
        assert_eq!(meter(&options(&[]), kept), Meter { numerator: 6, denominator: 8 });
        assert_eq!(meter(&options(&["--timesig-num", "3"]), kept), Meter { numerator: 3, denominator: 8 });
    }
}
