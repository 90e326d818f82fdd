//! Where sound goes: every way is tried before the framework takes it, because the framework fails without a word.

use continuo_options::live::{Backend, Live};
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, Device, HostId, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange};
use jack::{Client, ClientOptions, ClientStatus, PortFlags};

use super::midi::{self, Direction};

#[cfg(all(unix, not(target_os = "macos")))]
const CARDS: HostId = HostId::Alsa;
#[cfg(target_os = "macos")]
const CARDS: HostId = HostId::CoreAudio;
#[cfg(target_os = "windows")]
const CARDS: HostId = HostId::Wasapi;

/// Samples per second that are wished for, the best first, and samples in a block.
const RATES: [u32; 3] = [48_000, 44_100, 96_000];
const PERIOD: u32 = 512;
/// JACK may change its block while we play; the framework takes blocks up to this length or the present one.
const JACK_PERIOD: u32 = 2048;

/// A way for sound and MIDI that works.
#[derive(Debug)]
pub struct Connection {
    /// Which options the framework gets for it.
    pub arguments: Vec<String>,
    /// What the musician should know of it, a sentence each.
    pub state: Vec<String>,
    /// What is missing, a sentence each.
    pub problems: Vec<String>,
    /// There is no sound and no MIDI.
    pub is_silent: bool,
}

impl Connection {
    /// The way that `options` ask for; `backend` is what they want.
    ///
    /// # Errors
    /// If there is none: one sentence that says what to do.
    pub fn find(options: &Live, backend: Backend) -> Result<Self, String> {
        match backend {
            Backend::Jack => Self::jack(options),
            Backend::Cards => Self::card(options),
            Backend::Dummy => Ok(Self::none(options)),
            Backend::Auto => Self::jack(options).or_else(|no_jack| {
                Self::card(options).or_else(|no_card| {
                    let problem = format!(
                        "There is neither sound nor MIDI, only the panel: {no_jack}, and {no_card}. To play, mend one \
                         of them and start Continuo again."
                    );
                    Ok(Self { problems: vec![problem], state: vec![], ..Self::none(options) })
                })
            }),
        }
    }

    /// The panel alone.
    fn none(options: &Live) -> Self {
        let (rate, period) = (options.sample_rate.unwrap_or(RATES[0]), options.period_size.unwrap_or(PERIOD));
        Self {
            arguments: arguments(Backend::Dummy, rate, period),
            state: vec!["There is neither sound nor MIDI, only the panel, as you asked.".into()],
            problems: vec![],
            is_silent: true,
        }
    }

    fn jack(options: &Live) -> Result<Self, String> {
        let client = jack_client("continuo")?;
        let (rate, block) = (client.sample_rate(), client.buffer_size());
        let mut arguments = arguments(Backend::Jack, rate, block.max(JACK_PERIOD));
        let mut state = vec![format!("Sound goes to JACK, {rate} Hz in blocks of {block}.")];
        for (direction, option, wanted) in [
            (Direction::In, "--connect-jack-midi-input", &options.connect_jack_midi_input),
            (Direction::Out, "--connect-jack-midi-output", &options.connect_jack_midi_output),
        ] {
            let ports = midi_ports(&client, direction);
            let wanted = wanted.as_deref().map(|wanted| midi::find(&ports, wanted, direction)).transpose()?;
            arguments.extend(wanted.map(|port| format!("{option}={port}")));
            state.push(midi::sentence(direction, wanted, &Ok(ports.clone()), option));
        }
        // The framework connects the outputs to these and to nothing else; PipeWire has none of the name.
        let is_heard = client.port_by_name("system:playback_1").is_some();
        let unheard =
            "JACK has no \"system:playback_1\": connect Continuo's outputs to your loudspeakers by a patch bay.";
        Ok(Self { arguments, state, problems: if is_heard { vec![] } else { vec![unheard.into()] }, is_silent: false })
    }

    fn card(options: &Live) -> Result<Self, String> {
        let device = card(options.output_device.as_deref())?;
        let name = name(&device);
        let (rate, period) = open(&device, &name, options)?;
        let mut arguments = arguments(Backend::Cards, rate, period);
        arguments.extend(options.output_device.as_ref().map(|_| format!("--output-device={name}")));
        let mut state = vec![format!("Sound goes to \"{name}\", {rate} Hz in blocks of {period}.")];
        for (direction, option, wanted) in [
            (Direction::In, "--midi-input", &options.midi_input),
            (Direction::Out, "--midi-output", &options.midi_output),
        ] {
            let ports = midi::system_ports(direction);
            let wanted = match (wanted, &ports) {
                (Some(wanted), Ok(ports)) => Some(midi::find(ports, wanted, direction)?),
                (Some(wanted), Err(problem)) => return Err(format!("{option} \"{wanted}\" cannot be: {problem}")),
                (None, _) => None,
            };
            arguments.extend(wanted.map(|port| format!("{option}={port}")));
            state.push(midi::sentence(direction, wanted, &ports, option));
        }
        Ok(Self { arguments, state, problems: vec![], is_silent: false })
    }
}

fn arguments(backend: Backend, rate: u32, period: u32) -> Vec<String> {
    let backend = backend.name();
    vec![format!("--backend={backend}"), format!("--sample-rate={rate}"), format!("--period-size={period}")]
}

/// The names of the sound cards.
///
/// # Errors
/// If the system has no sound: one sentence.
pub fn card_names() -> Result<Vec<String>, String> {
    let devices = host()?.output_devices().map_err(|error| format!("the sound cards cannot be listed ({error})"))?;
    Ok(devices.map(|device| name(&device)).collect())
}

/// Keeps ALSA from writing to the error stream: its own messages would come between ours, several lines for each try.
/// Counts for this thread.
pub fn hush() {
    #[cfg(target_os = "linux")]
    let _ = alsa::Output::local_error_handler();
}

fn host() -> Result<cpal::Host, String> {
    cpal::host_from_id(CARDS).map_err(|error| format!("this system has no sound ({error})"))
}

fn name(device: &Device) -> String {
    device.description().map_or_else(|_| "nameless".to_owned(), |description| description.name().to_owned())
}

/// The sound card called `wanted`, or the default one.
fn card(wanted: Option<&str>) -> Result<Device, String> {
    let host = host()?;
    let Some(wanted) = wanted else {
        return host.default_output_device().ok_or_else(|| "there is no sound card".to_owned());
    };
    let mut devices = host.output_devices().map_err(|error| format!("the sound cards cannot be listed ({error})"))?;
    devices.find(|device| name(device) == wanted).ok_or_else(|| match card_names() {
        Ok(names) if !names.is_empty() => {
            format!("there is no sound card \"{wanted}\"; there are \"{}\"", names.join("\", \""))
        }
        _ => format!("there is no sound card at all, so not \"{wanted}\""),
    })
}

/// Opens `device` for a moment, as the framework will: the rate and the length of a block at which it can be opened.
fn open(device: &Device, name: &str, options: &Live) -> Result<(u32, u32), String> {
    let configs = device.supported_output_configs().map_err(|error| {
        format!("the sound card \"{name}\" cannot be opened ({error}): plug it in, or close the program that has it")
    })?;
    let configs: Vec<_> = configs.collect();
    let (config, rate, period) = choose(&configs, options)
        .map_err(|takes| format!("the sound card \"{name}\" does not run as you ask; {takes}"))?;
    let stream =
        StreamConfig { channels: config.channels(), sample_rate: rate, buffer_size: BufferSize::Fixed(period) };
    device
        .build_output_stream_raw(stream, config.sample_format(), |_, _| {}, |_| {}, None)
        .map(|_| (rate, period))
        .map_err(|error| format!("the sound card \"{name}\" cannot be opened ({error}): close the program that has it"))
}

/// Among the ways in which a card runs the one that is asked for: its configuration, rate and length of a block.
///
/// # Errors
/// If there is none: what it takes instead.
fn choose<'a>(
    configs: &'a [SupportedStreamConfigRange],
    options: &Live,
) -> Result<(&'a SupportedStreamConfigRange, u32, u32), String> {
    let configs: Vec<_> = configs.iter().filter_map(|config| Some((config, blocks(config)?))).collect();
    let takes = |rate: u32| {
        let fitting = configs.iter().filter(move |(config, blocks)| {
            (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate)
                && options.period_size.is_none_or(|period| (blocks.0..=blocks.1).contains(&period))
        });
        // The framework, too, prefers floating point.
        fitting.min_by_key(|(config, _)| config.sample_format() != SampleFormat::F32)
    };
    let rates = match options.sample_rate {
        Some(rate) => vec![rate],
        None => RATES.into_iter().chain(configs.iter().map(|(config, _)| config.max_sample_rate())).collect(),
    };
    let found = rates.into_iter().find_map(|rate| Some((rate, takes(rate)?)));
    let Some((rate, (config, blocks))) = found else {
        let rates = configs.iter().map(|(config, _)| (config.min_sample_rate(), config.max_sample_rate()));
        return Err(match (span(rates), span(configs.iter().map(|(_, blocks)| *blocks))) {
            (Some(rates), Some(blocks)) => format!("it takes {rates} Hz and blocks of {blocks} samples"),
            _ => "it does not say how it runs".to_owned(),
        });
    };
    Ok((config, rate, options.period_size.unwrap_or(PERIOD.clamp(blocks.0, blocks.1))))
}

/// From the least to the most of `ranges`, in words.
fn span(ranges: impl Iterator<Item = (u32, u32)>) -> Option<String> {
    let (least, most) = ranges.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
    Some(if least == most { least.to_string() } else { format!("{least} to {most}") })
}

/// The shortest and the longest block.
type Blocks = (u32, u32);

/// The blocks of `config`; the framework takes none where they are not known.
fn blocks(config: &SupportedStreamConfigRange) -> Option<Blocks> {
    match config.buffer_size() {
        SupportedBufferSize::Range { min, max } => Some((*min, *max)),
        SupportedBufferSize::Unknown => None,
    }
}

/// The MIDI ports of JACK.
///
/// # Errors
/// If no server runs: one sentence.
pub fn jack_midi_ports(direction: Direction) -> Result<Vec<String>, String> {
    jack_client("continuo-ports").map(|client| midi_ports(&client, direction))
}

fn jack_client(name: &str) -> Result<Client, String> {
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

/// The ports with which Continuo's port for `direction` can be connected.
fn midi_ports(client: &Client, direction: Direction) -> Vec<String> {
    let flags = match direction {
        Direction::In => PortFlags::IS_OUTPUT,
        Direction::Out => PortFlags::IS_INPUT,
    };
    client.ports(None, Some("midi"), flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn chosen(configs: &[SupportedStreamConfigRange], options: &[&str]) -> Result<(SampleFormat, u32, u32), String> {
        let options = Live::parse_from([&["continuo-live"], options].concat());
        choose(configs, &options).map(|(config, rate, period)| (config.sample_format(), rate, period))
    }

    fn card(rates: (u32, u32), blocks: (u32, u32), format: SampleFormat) -> SupportedStreamConfigRange {
        let blocks = SupportedBufferSize::Range { min: blocks.0, max: blocks.1 };
        SupportedStreamConfigRange::new(2, rates.0, rates.1, blocks, format)
    }

    #[test]
    fn a_card_runs_as_asked_or_as_it_can() {
        let usual = [
            card((8_000, 192_000), (32, 4_096), SampleFormat::I16),
            card((44_100, 48_000), (64, 2_048), SampleFormat::F32),
        ];
        assert_eq!(chosen(&usual, &[]), Ok((SampleFormat::F32, 48_000, 512)));
        assert_eq!(chosen(&usual, &["-r", "96000"]), Ok((SampleFormat::I16, 96_000, 512)));
        assert_eq!(chosen(&usual, &["-p", "32"]), Ok((SampleFormat::I16, 48_000, 32)));
        let odd = [card((44_100, 44_100), (1_024, 2_048), SampleFormat::I32)];
        assert_eq!(chosen(&odd, &[]), Ok((SampleFormat::I32, 44_100, 1_024)));
        let slow = [card((16_000, 32_000), (16, 64), SampleFormat::I32)];
        assert_eq!(chosen(&slow, &[]), Ok((SampleFormat::I32, 32_000, 64)));
    }

    #[test]
    fn a_rate_or_block_that_the_card_does_not_take_is_answered_with_what_it_takes() {
        let odd = [card((44_100, 44_100), (1_024, 2_048), SampleFormat::I32)];
        for options in [["-r", "48000"], ["-p", "512"]] {
            assert_eq!(chosen(&odd, &options).unwrap_err(), "it takes 44100 Hz and blocks of 1024 to 2048 samples");
        }
        assert!(chosen(&[], &[]).is_err());
    }
}
