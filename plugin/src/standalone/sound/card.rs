//! Sound cards, through `cpal`: which there are, how they run, and the engine on one of them.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Data, Device, ErrorKind, FromSample, HostId, I24, OutputCallbackInfo, SampleFormat, SizedSample,
    Stream, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};

use super::{Asked, BLOCK, Broken, RATES};
use crate::standalone::engine::{LONGEST, Lent, Links};

#[cfg(all(unix, not(target_os = "macos")))]
const CARDS: HostId = HostId::Alsa;
#[cfg(target_os = "macos")]
const CARDS: HostId = HostId::CoreAudio;
#[cfg(target_os = "windows")]
const CARDS: HostId = HostId::Wasapi;

/// Rates and blocks that the panel offers, if the card takes them.
const OFFERED_RATES: [u32; 5] = [44_100, 48_000, 88_200, 96_000, 192_000];
const OFFERED_BLOCKS: [u32; 7] = [32, 64, 128, 256, 512, 1024, 2048];

/// A sound card that plays. It falls silent when this is dropped.
pub struct Card {
    /// Its name.
    pub name: String,
    /// Samples per second.
    pub rate: u32,
    /// Samples in a block, as asked for.
    pub block: u32,
    /// The rates and blocks that it takes, of those that are usual.
    pub rates: Vec<u32>,
    /// As said above.
    pub blocks: Vec<u32>,
    /// Whether sound has broken off.
    pub broken: Broken,
    delay: Arc<AtomicU32>,
    watch: Watch,
    _stream: Stream,
}

impl Card {
    /// Opens the card called `name`, or the default one if that is empty.
    ///
    /// # Errors
    /// If it cannot be opened as `asked`: one sentence that says what to do.
    pub fn open(name: &str, asked: Asked, lend: &dyn Fn() -> Lent, links: &Arc<Links>) -> Result<Self, String> {
        let Chosen { device, name, configs, stream, format, block } = Chosen::find(name, asked)?;
        let StreamConfig { channels, sample_rate: rate, .. } = stream;
        let (broken, delay) = (Broken::default(), Arc::new(AtomicU32::new(0)));
        let mut engine = lend();
        engine.prepare(rate, block);
        let mut player = Player {
            engine,
            channels: usize::from(channels.max(1)),
            left: vec![0.0; LONGEST],
            right: vec![0.0; LONGEST],
            delay: Arc::clone(&delay),
        };
        let (hears, counts) = (broken.clone(), Arc::clone(links));
        let opened = device.build_output_stream_raw(
            stream,
            format,
            move |data, info| player.fill(data, info),
            move |error| match error.kind() {
                ErrorKind::Xrun => {
                    counts.dropouts.fetch_add(1, Relaxed);
                }
                ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
                _ => hears.set(),
            },
            None,
        );
        let stream = opened.map_err(|error| cannot(&name, &error))?;
        match stream.play() {
            Err(error) if error.kind() != ErrorKind::RealtimeDenied => return Err(cannot(&name, &error)),
            _ => {}
        }
        let takes = |asked| choose(&configs, asked).is_ok();
        let rates = OFFERED_RATES.into_iter().filter(|rate| takes(Asked { rate: Some(*rate), block: None })).collect();
        let blocks =
            OFFERED_BLOCKS.into_iter().filter(|block| takes(Asked { rate: Some(rate), block: Some(*block) })).collect();
        let watch = Watch { seen: 0, idle: 0 };
        Ok(Self { name, rate, block, rates, blocks, broken, delay, watch, _stream: stream })
    }

    /// From a key that is struck to its sound, in milliseconds: a block until it is played, and the card's delay.
    pub fn latency_ms(&self) -> f32 {
        let block = self.block as f32 * 1000.0 / self.rate.max(1) as f32;
        block + self.delay.load(Relaxed) as f32 / 1000.0
    }

    /// To be asked every half a second or so: notices if sound is not asked for any more. `blocks` that were asked for
    /// so far.
    pub fn watch(&mut self, blocks: &AtomicU64) {
        if self.watch.is_idle(blocks.load(Relaxed)) {
            self.broken.set();
        }
    }
}

/// Watches whether sound is asked for.
struct Watch {
    seen: u64,
    idle: u32,
}

impl Watch {
    /// For so many looks in a row sound may not be asked for.
    const PATIENCE: u32 = 4;

    fn is_idle(&mut self, blocks: u64) -> bool {
        self.idle = if blocks == self.seen { self.idle + 1 } else { 0 };
        self.seen = blocks;
        self.idle >= Self::PATIENCE
    }
}

/// The engine in the card's callback.
struct Player {
    engine: Lent,
    channels: usize,
    left: Vec<f32>,
    right: Vec<f32>,
    /// In microseconds.
    delay: Arc<AtomicU32>,
}

impl Player {
    fn fill(&mut self, data: &mut Data, info: &OutputCallbackInfo) {
        let stamps = info.timestamp();
        let delay = stamps.playback.duration_since(stamps.callback);
        self.delay.store(delay.as_micros() as u32, Relaxed);
        macro_rules! fill_as {
            ($($format:ident: $sample:ty),*) => {
                match data.sample_format() {
                    $(SampleFormat::$format => self.fill_with::<$sample>(data.as_slice_mut().unwrap_or_default()),)*
                    // What is silent already stays so.
                    _ => {}
                }
            };
        }
        fill_as!(F32: f32, F64: f64, I8: i8, I16: i16, I24: I24, I32: i32, I64: i64, U8: u8, U16: u16, U32: u32,
            U64: u64);
    }

    fn fill_with<T: SizedSample + FromSample<f32>>(&mut self, data: &mut [T]) {
        self.engine.begin((data.len() / self.channels) as u32);
        let mut first = 0;
        for piece in data.chunks_mut(LONGEST * self.channels) {
            let length = piece.len() / self.channels;
            let (left, right) = (&mut self.left[..length], &mut self.right[..length]);
            self.engine.play(first, None, [&mut *left, &mut *right], &mut |_| {});
            first += length as u32;
            for ((frame, left), right) in piece.chunks_exact_mut(self.channels).zip(left).zip(right) {
                match frame {
                    [only] => *only = T::from_sample((*left + *right) / 2.0),
                    [first, second, rest @ ..] => {
                        (*first, *second) = (T::from_sample(*left), T::from_sample(*right));
                        rest.fill(T::EQUILIBRIUM);
                    }
                    [] => {}
                }
            }
        }
    }
}

/// The names of the sound cards.
///
/// # Errors
/// If the system has no sound: one sentence.
pub fn names() -> Result<Vec<String>, String> {
    let devices = host()?.output_devices().map_err(|error| format!("the sound cards cannot be listed ({error})"))?;
    let mut names: Vec<String> = Vec::new();
    for device in devices {
        let name = name(&device);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether the card called `name`, or the default one if that is empty, can be opened as `asked`: it is tried, without
/// the engine.
pub fn can_be_opened(name: &str, asked: Asked) -> bool {
    let Ok(Chosen { device, stream, format, .. }) = Chosen::find(name, asked) else { return false };
    device.build_output_stream_raw(stream, format, |_, _| {}, |_| {}, None).is_ok()
}

/// A card that is there, and how it is to run.
struct Chosen {
    device: Device,
    name: String,
    configs: Vec<SupportedStreamConfigRange>,
    stream: StreamConfig,
    format: SampleFormat,
    block: u32,
}

impl Chosen {
    fn find(name: &str, asked: Asked) -> Result<Self, String> {
        let device = card(name)?;
        let name = self::name(&device);
        let configs: Vec<_> = device.supported_output_configs().map_err(|error| cannot(&name, &error))?.collect();
        let (config, rate, block) = choose(&configs, asked)
            .map_err(|takes| format!("the sound card \"{name}\" does not run as you ask; {takes}"))?;
        let channels = config.channels();
        let buffer_size = match config.buffer_size() {
            SupportedBufferSize::Range { .. } => BufferSize::Fixed(block),
            SupportedBufferSize::Unknown => BufferSize::Default,
        };
        let stream = StreamConfig { channels, sample_rate: rate, buffer_size };
        let format = config.sample_format();
        Ok(Self { device, name, configs, stream, format, block })
    }
}

fn cannot(name: &str, error: &cpal::Error) -> String {
    format!("the sound card \"{name}\" cannot be opened ({error}): plug it in, or close the program that has it")
}

/// Keeps ALSA from writing to the error stream, several lines for each try. Counts for this thread.
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

/// The sound card called `wanted`, or the default one if that is empty.
fn card(wanted: &str) -> Result<Device, String> {
    let host = host()?;
    if wanted.is_empty() {
        return host.default_output_device().ok_or_else(|| "there is no sound card".to_owned());
    }
    let mut devices = host.output_devices().map_err(|error| format!("the sound cards cannot be listed ({error})"))?;
    devices.find(|device| name(device) == wanted).ok_or_else(|| match names() {
        Ok(names) if !names.is_empty() => {
            format!("there is no sound card \"{wanted}\"; there are \"{}\"", names.join("\", \""))
        }
        _ => format!("there is no sound card at all, so not \"{wanted}\""),
    })
}

/// Among the ways in which a card runs the one that is asked for: its configuration, rate and length of a block.
///
/// # Errors
/// If there is none: what it takes instead.
fn choose(
    configs: &[SupportedStreamConfigRange],
    asked: Asked,
) -> Result<(&SupportedStreamConfigRange, u32, u32), String> {
    let configs: Vec<_> = configs.iter().map(|config| (config, blocks(config))).collect();
    let takes = |rate: u32| {
        let fitting = configs.iter().filter(move |(config, blocks)| {
            (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate)
                && asked.block.is_none_or(|block| (blocks.0..=blocks.1).contains(&block))
        });
        fitting.min_by_key(|(config, _)| (config.channels().abs_diff(2), config.sample_format() != SampleFormat::F32))
    };
    let rates = match asked.rate {
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
    Ok((config, rate, asked.block.unwrap_or(BLOCK.clamp(blocks.0, blocks.1))))
}

/// From the least to the most of `ranges`, in words.
fn span(ranges: impl Iterator<Item = (u32, u32)>) -> Option<String> {
    let (least, most) = ranges.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
    Some(if least == most { least.to_string() } else { format!("{least} to {most}") })
}

/// The shortest and the longest block.
type Blocks = (u32, u32);

/// The blocks of `config`; one that does not say has its own, and those are not asked for.
fn blocks(config: &SupportedStreamConfigRange) -> Blocks {
    match config.buffer_size() {
        SupportedBufferSize::Range { min, max } => (*min, *max),
        SupportedBufferSize::Unknown => (BLOCK, BLOCK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        configs: &[SupportedStreamConfigRange],
        rate: Option<u32>,
        block: Option<u32>,
    ) -> Result<(SampleFormat, u32, u32), String> {
        choose(configs, Asked { rate, block }).map(|(config, rate, block)| (config.sample_format(), rate, block))
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
        assert_eq!(chosen(&usual, None, None), Ok((SampleFormat::F32, 48_000, 512)));
        assert_eq!(chosen(&usual, Some(96_000), None), Ok((SampleFormat::I16, 96_000, 512)));
        assert_eq!(chosen(&usual, None, Some(32)), Ok((SampleFormat::I16, 48_000, 32)));
        let odd = [card((44_100, 44_100), (1_024, 2_048), SampleFormat::I32)];
        assert_eq!(chosen(&odd, None, None), Ok((SampleFormat::I32, 44_100, 1_024)));
        let slow = [card((16_000, 32_000), (16, 64), SampleFormat::I32)];
        assert_eq!(chosen(&slow, None, None), Ok((SampleFormat::I32, 32_000, 64)));
    }

    #[test]
    fn a_card_that_does_not_say_its_blocks_is_not_asked_for_others() {
        let silent = SupportedStreamConfigRange::new(2, 8_000, 96_000, SupportedBufferSize::Unknown, SampleFormat::F32);
        assert_eq!(chosen(&[silent], None, None), Ok((SampleFormat::F32, 48_000, BLOCK)));
        assert!(chosen(&[silent], None, Some(64)).is_err());
    }

    #[test]
    fn a_rate_or_block_that_the_card_does_not_take_is_answered_with_what_it_takes() {
        let odd = [card((44_100, 44_100), (1_024, 2_048), SampleFormat::I32)];
        for (rate, block) in [(Some(48_000), None), (None, Some(512))] {
            assert_eq!(chosen(&odd, rate, block).unwrap_err(), "it takes 44100 Hz and blocks of 1024 to 2048 samples");
        }
        assert!(chosen(&[], None, None).is_err());
    }

    #[test]
    fn a_card_that_asks_for_nothing_for_a_while_is_broken() {
        let mut watch = Watch { seen: 0, idle: 0 };
        assert!((1..100).all(|blocks| !watch.is_idle(blocks)));
        let idle: Vec<bool> = (0..Watch::PATIENCE).map(|_| watch.is_idle(99)).collect();
        assert_eq!(idle, [false, false, false, true]);
    }
}
