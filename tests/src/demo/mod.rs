//! The demo: performances are played to the built plug-in, block by block, and what comes back is written down as
//! MIDI, as sound and as a picture, with a report.

pub mod abc;
pub mod hand;
pub mod harmony;
pub mod latency;
pub mod midi;
pub mod parts;
pub mod performances;
pub mod report;
pub mod roll;
pub mod settings;
pub mod sheet;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use continuo_models::music::pitch::key_name;
use continuo_models::music::{BarPosition, Key, Meter, Numeral};

use crate::host::performance::{Motion, Performance, Segment};
use crate::host::{Blocks, Diagnostics, Format, Session, Take, bundles};
use harmony::Label;
use midi::{Score, Track};
use parts::Part;
use report::{PartSummary, Summary};
use roll::Roll;
use settings::Settings;

/// Samples per second.
pub const SAMPLE_RATE: f64 = 48_000.0;

/// Samples in a block.
pub const BLOCK: usize = 512;

/// Ticks for which the song stands still at the end, so that what sounds comes to its end.
const AFTERMATH: f64 = 24.0;

/// A take with what is needed to show it.
pub struct Recording {
    /// Who played what.
    pub parts: Vec<Part>,
    /// The chords.
    pub chords: Vec<Label>,
    /// The key of the piece.
    pub key: Key,
    /// Its last tick.
    pub end: f64,
    /// What was recorded.
    pub take: Take,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// Seconds that it took.
    pub elapsed: f64,
}

/// What stands on the picture of a take.
#[derive(Clone, Debug)]
pub struct Page {
    /// The title.
    pub title: String,
    /// Key, meter, tempo and settings.
    pub caption: String,
    /// First tick, symbol and Roman numeral of each chord.
    pub chords: Vec<(f64, String, String)>,
}

/// The score as a host plays it: once through at its first tempo, in its meters, and a bar more for the last word.
pub fn performance(score: &Score) -> Performance {
    let last = score.notes.iter().map(|note| note.start + note.length).fold(0.0, f64::max);
    let mut route = Vec::new();
    let mut end = 0.0;
    for (index, &(start, meter)) in score.meters.iter().enumerate() {
        let bar = meter.bar_ticks() as f64;
        end = match score.meters.get(index + 1) {
            Some((next, _)) => *next,
            None => start + (((last - start) / bar).ceil() + 1.0).max(1.0) * bar,
        };
        let segment = Segment::rolling(start, end - start).at_tempo(score.tempo).in_meter(written(meter));
        route.push(Segment { bar_origin: start, ..segment });
    }
    let meter = score.meters.last().map_or(Meter::default(), |last| last.1);
    route.push(Segment::stopped(end, end, AFTERMATH).at_tempo(score.tempo).in_meter(written(meter)));
    Performance { notes: score.notes.clone(), changes: Vec::new(), route }
}

fn written(meter: Meter) -> (u16, u16) {
    (meter.numerator.into(), meter.denominator.into())
}

/// Plays `score` to the built CLAP, offline, in blocks of [`BLOCK`] samples.
///
/// # Errors
/// If the plug-in is not built, does not load or does not understand a setting.
pub fn record(score: &Score, settings: &Settings) -> Result<Recording> {
    let texts = settings.parameters();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut session = Session::open(Format::Clap)?.at_rate(SAMPLE_RATE)?.in_blocks(Blocks::Of(BLOCK))?.with(&texts)?;
    let performance = performance(score);
    let library = bundles::library(Format::Clap)?;
    let (before, start) = (Diagnostics::read(&library)?, Instant::now());
    let take = session.perform(&performance)?;
    let elapsed = start.elapsed().as_secs_f64();
    let counted = Diagnostics::read(&library)?.since(&before);

    let end = performance
        .route
        .iter()
        .filter(|segment| matches!(segment.motion, Motion::Rolling { .. }))
        .map(|segment| segment.first_tick() + segment.ticks)
        .fold(0.0, f64::max);
    let ticks_per_sample = score.tempo * 24.0 / 60.0 / SAMPLE_RATE;
    let parts = parts::split(&take, ticks_per_sample, end);
    let bar = BarPosition { bar_start: 0, meter: score.meters[0].1 };
    let chords = harmony::read(&parts[2].notes, &parts[3].notes, bar, end);
    let key = score.key.unwrap_or_else(|| harmony::key_of(&score.notes));
    Ok(Recording { parts, chords, key, end, take, misses: counted.misses, elapsed })
}

impl Recording {
    /// Writes `take.mid`, `take.wav` and `take.png` into `folder` and says what came of it.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn write(&self, folder: &Path, name: &str, score: &Score, settings: &Settings) -> Result<Summary> {
        fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
        let put = |file: &str, bytes: &[u8]| {
            let path = folder.join(file);
            fs::write(&path, bytes).with_context(|| format!("{} could not be written", path.display()))
        };
        let page = self.page(name, score, settings);
        put("take.mid", &self.midi(&page.title, score)?)?;
        write_wav(&folder.join("take.wav"), &self.take)?;
        put("take.png", &roll::draw(&self.roll(&page, score, roll::QUARTER))?)?;

        let Page { title, chords: labelled, .. } = page;
        let meter = score.meters[0].1;
        let bars = (self.end / meter.bar_ticks() as f64).round() as usize;
        let seconds = self.end / 24.0 * 60.0 / score.tempo;
        Ok(Summary {
            name: name.to_owned(),
            title,
            tempo: score.tempo,
            key: self.key,
            settings: settings.clone(),
            bars,
            chords: labelled.iter().map(|(_, symbol, numeral)| format!("{symbol} {numeral}")).collect(),
            different_chords: self.chords.iter().map(|label| label.chord.index()).collect::<BTreeSet<_>>().len(),
            chords_per_bar: self.chords.len() as f64 / bars.max(1) as f64,
            parts: self.parts.iter().map(|part| self.summary(part)).collect(),
            misses: self.misses,
            late_echoes: parts::late_echoes(&self.take),
            mismatches: self.take.mismatches(&[0]).len(),
            hash: self.take.hash(),
            seconds,
            real_time_factor: seconds / self.elapsed.max(1e-9),
        })
    }

    /// The take as a MIDI file.
    ///
    /// # Errors
    /// If it does not fit into one.
    pub fn midi(&self, title: &str, score: &Score) -> Result<Vec<u8>> {
        let tracks: Vec<Track<'_>> = self
            .parts
            .iter()
            .map(|part| Track { name: part.name(), program: part.program(), notes: &part.notes })
            .collect();
        midi::write(title, score.tempo, &score.meters, Some(self.key), &tracks)
    }

    /// What stands on the take's picture.
    pub fn page(&self, name: &str, score: &Score, settings: &Settings) -> Page {
        let title = score.title.clone().unwrap_or_else(|| name.to_owned());
        let chords = self.chords.iter().enumerate().map(|(index, label)| {
            let next = self.chords.get(index + 1).map(|next| next.chord);
            let numeral = Numeral::leading_to(label.chord, next, self.key);
            (label.start, label.chord.symbol(self.key), numeral.to_string())
        });
        let meter = score.meters[0].1;
        let caption = format!(
            "{} · {}/{} · {:.0} bpm · {}",
            self.key,
            meter.numerator,
            meter.denominator,
            score.tempo,
            settings.caption()
        );
        Page { title, caption, chords: chords.collect() }
    }

    /// The take as a picture in which a quarter note is at least so wide.
    pub fn roll<'a>(&'a self, page: &'a Page, score: &'a Score, quarter: f64) -> Roll<'a> {
        let Page { title, caption, chords } = page;
        Roll { title, caption, parts: &self.parts, meters: &score.meters, chords, end: self.end, quarter }
    }

    fn summary(&self, part: &Part) -> PartSummary {
        let keys = || part.notes.iter().map(|note| note.key);
        let velocities = || part.notes.iter().map(|note| note.velocity);
        PartSummary {
            name: part.name(),
            notes: part.notes.len(),
            chord_tones: harmony::chord_tone_share(&part.notes, &self.chords),
            range: keys().min().zip(keys().max()).map(|(low, high)| (key_name(low), key_name(high))),
            velocities: velocities().min().zip(velocities().max()),
        }
    }
}

fn write_wav(path: &Path, take: &Take) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: take.sample_rate as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let write = || -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for (left, right) in take.audio[0].iter().zip(&take.audio[1]) {
            for sample in [left, right] {
                writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
            }
        }
        writer.finalize()
    };
    write().with_context(|| format!("{} could not be written", path.display()))
}
