//! The standalone program: it judges its options, tries what the framework will open, says what it found, and runs the
//! plug-in under the framework's own host.
//!
//! The framework meets most failures with silence. So nothing that can fail is left to it: `sound` and `midi` try
//! first, `program` sees the panel open and close, `watch` sees sound break off, and `messages` tells all of it.

mod messages;
mod midi;
mod program;
mod sound;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use continuo_options::live::Live;
use nice_plug::prelude::{NonZeroU32, Plugin, nice_export_standalone_with_args};

use midi::Direction;
use program::Program;
use sound::Connection;

/// Runs the program. Its exit codes: see its help.
pub fn run() -> ExitCode {
    let options = Live::parse();
    let backend = options.wanted().unwrap_or_else(|error| error.exit());
    sound::hush();
    if let Some(names) = list(&options) {
        return match names {
            Ok(names) => {
                names.iter().for_each(|name| println!("{name}"));
                if names.is_empty() {
                    eprintln!("There is none.");
                }
                ExitCode::SUCCESS
            }
            Err(problem) => failed(&problem),
        };
    }
    let connection = match Connection::find(&options, backend) {
        Ok(connection) => connection,
        Err(problem) => return failed(&problem),
    };
    messages::hear_the_framework();
    watch::begin(connection.is_silent);
    connection.problems.iter().for_each(|problem| messages::tell(problem));
    messages::tell(&connection.state.join(" "));
    let ended_well = nice_export_standalone_with_args::<Program, _>(arguments(&options, connection));
    messages::flush();
    if ended_well && !watch::is_broken() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("error: {problem}");
    ExitCode::FAILURE
}

/// What an option asks to have listed by its empty value.
fn list(options: &Live) -> Option<Result<Vec<String>, String>> {
    let asks = |option: &Option<String>| option.as_deref() == Some("");
    match options {
        _ if asks(&options.audio_layout) => Some(Ok(layouts())),
        _ if asks(&options.output_device) => Some(sound::card_names()),
        _ if asks(&options.midi_input) => Some(midi::system_ports(Direction::In)),
        _ if asks(&options.midi_output) => Some(midi::system_ports(Direction::Out)),
        _ if asks(&options.connect_jack_midi_input) => Some(sound::jack_midi_ports(Direction::In)),
        _ if asks(&options.connect_jack_midi_output) => Some(sound::jack_midi_ports(Direction::Out)),
        _ => None,
    }
}

/// The audio layouts, each with its number.
fn layouts() -> Vec<String> {
    let count = |channels: Option<NonZeroU32>| channels.map_or(0, NonZeroU32::get);
    let layouts = Program::AUDIO_IO_LAYOUTS.iter().zip(1..);
    layouts
        .map(|(layout, number)| {
            let (inputs, outputs) = (count(layout.main_input_channels), count(layout.main_output_channels));
            format!("{number}: {} ({inputs} in, {outputs} out)", layout.name())
        })
        .collect()
}

/// What the framework's own command line is to be.
fn arguments(options: &Live, connection: Connection) -> Vec<String> {
    let mut arguments = vec![Program::NAME.to_lowercase()];
    arguments.extend(connection.arguments);
    arguments.extend(options.audio_layout.iter().map(|layout| format!("--audio-layout={layout}")));
    arguments.push(format!("--tempo={}", options.tempo));
    arguments.push(format!("--timesig-num={}", options.timesig_num));
    arguments.push(format!("--timesig-denom={}", options.timesig_denom));
    arguments
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
}
