//! The demo: performances are played to the built plug-in, block by block, and what comes back is written down as
//! MIDI, as sound and as a picture, with a report.

pub mod abc;
pub mod bars;
pub mod hand;
pub mod harmony;
pub mod latency;
pub mod midi;
pub mod names;
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
use continuo_models::music::time::frame_at;
use continuo_models::music::{BarPosition, Chart, Frame, Key, Meter, Numeral, SlashChord, Tick};

use crate::host::performance::{Performance, Segment};
use crate::host::{Blocks, Decisions, Diagnostics, Format, Session, Take, bundles};
use crate::lead_sheet::{Column, LeadSheet};
use bars::Bar;
use harmony::Label;
use midi::{Head, Score, Track};
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
    /// The chord of each frame.
    pub frames: Vec<Option<SlashChord>>,
    /// First tick and key, in order, the first at 0: as the file names them, else as its notes suggest.
    pub keys: Vec<(f64, Key)>,
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

/// The score as a host plays it: once through, in its tempos and meters, and a bar more for the last word.
pub fn performance(score: &Score) -> Performance {
    let bars = with_last_word(score);
    let end = bars.last().map_or(0.0, |bar| bar.end);
    let mut starts: Vec<f64> =
        score.tempos.iter().map(|(at, _)| *at).chain(score.meters.iter().map(|(at, _)| *at)).collect();
    starts.retain(|start| *start < end);
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let segment = |start: f64, stop: f64| {
        let (bar_origin, meter) = standing(&score.meters, start);
        let (_, tempo) = standing(&score.tempos, start);
        let segment = Segment::rolling(start, stop - start).at_tempo(tempo).in_meter(written(meter));
        Segment { bar_origin, ..segment }
    };
    let stops = starts.iter().skip(1).copied().chain([end]);
    let mut route: Vec<Segment> = starts.iter().zip(stops).map(|(&start, stop)| segment(start, stop)).collect();
    let last = segment(end, end);
    route.push(Segment::stopped(end, end, AFTERMATH).at_tempo(last.tempo).in_meter(last.meter));
    Performance { notes: score.notes.clone(), changes: score.changes.clone(), route }
}

/// The bars of the score, and one more for the band's last word.
fn with_last_word(score: &Score) -> Vec<Bar> {
    let mut bars = score.bars();
    let (start, meter) = bars.last().map_or((0.0, score.meters[0].1), |last| (last.end, last.meter));
    bars.push(Bar { number: bars.len() + 1, start, end: start + bars::bar_ticks(meter), meter });
    bars
}

/// The value that stands at `tick`, and since when. `values` are in order, the first at 0.
fn standing<T: Copy>(values: &[(f64, T)], tick: f64) -> (f64, T) {
    let index = values.partition_point(|(at, _)| *at <= tick);
    values[index.saturating_sub(1)]
}

fn written(meter: Meter) -> (u16, u16) {
    (meter.numerator.into(), meter.denominator.into())
}

/// Plays `score` to the built CLAP, offline, in blocks of [`BLOCK`] samples; the band follows `chart`, if there is one.
///
/// # Errors
/// If the plug-in is not built, does not load or does not understand a setting.
pub fn record(score: &Score, settings: &Settings, chart: Option<&Chart>) -> Result<Recording> {
    let texts = settings.parameters();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut session = Session::open(Format::Clap)?.at_rate(SAMPLE_RATE)?.in_blocks(Blocks::Of(BLOCK))?.with(&texts)?;
    if let Some(chart) = chart {
        session.follow_chart(chart)?;
    }
    let performance = performance(score);
    let library = bundles::library(Format::Clap)?;
    let decisions = Decisions::follow(&library)?;
    let (before, start) = (Diagnostics::read(&library)?, Instant::now());
    let take = session.perform(&performance)?;
    let elapsed = start.elapsed().as_secs_f64();
    let counted = Diagnostics::read(&library)?.since(&before);

    let end = with_last_word(score).last().map_or(0.0, |bar| bar.end);
    let parts = parts::split(&take, end);
    let frames = decisions.once_through(frame_at(end.ceil() as Tick))?;
    let chords = harmony::labels(&frames, end);
    let mut keys = score.keys.clone();
    if keys.first().is_none_or(|(at, _)| *at > 0.0) {
        keys.insert(0, (0.0, harmony::key_of(&score.notes)));
    }
    Ok(Recording { parts, chords, frames, keys, end, take, misses: counted.misses, elapsed })
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
        let bars = with_last_word(score).len();
        let seconds = score.seconds(self.end);
        Ok(Summary {
            name: name.to_owned(),
            title,
            tempo: score.tempo(),
            tempo_changes: score.tempo_changes(),
            meters: self.meters_by_bar(score),
            key: self.keys[0].1,
            remarks: score.remarks.clone(),
            settings: settings.clone(),
            bars,
            chords: labelled.iter().map(|(_, symbol, numeral)| format!("{symbol} {numeral}")).collect(),
            charts: Vec::new(),
            different_chords: self.chords.iter().map(|label| label.chord.chord.index()).collect::<BTreeSet<_>>().len(),
            chords_per_bar: harmony::changes(&self.chords) as f64 / bars.max(1) as f64,
            parts: self.parts.iter().map(|part| self.summary(part)).collect(),
            misses: self.misses,
            late_echoes: parts::late_echoes(&self.take),
            mismatches: self.unpaired(),
            hash: self.take.hash(),
            seconds,
            real_time_factor: seconds / self.elapsed.max(1e-9),
        })
    }

    /// The chords bar by bar: those of `charts`, each with its title, and the band's; of a tune that is played several
    /// times, of so many ticks each, one time beside the other.
    pub fn columns(&self, score: &Score, charts: &[(&str, &Chart)], length: Option<f64>) -> Vec<Column> {
        let position = |tick: Tick| {
            let (at, meter) = standing(&score.meters, tick as f64);
            BarPosition { bar_start: at.round() as Tick, meter }.at(tick)
        };
        let sheet = LeadSheet { position: &position, key: &|tick| standing(&self.keys, tick as f64).1 };
        let once = length.map_or(self.frames.len(), |length| frame_at(length.round() as Tick) as usize).max(1);
        let given = charts.iter().map(|(title, chart)| sheet.column(title, &sheet.chords(chart, once as Frame)));
        // The last time may lack its last rests, and what lies behind it is the band's last word.
        let times = self.frames.chunks(once).filter(|frames| 2 * frames.len() > once);
        let title = |time: usize| if length.is_some() { format!("chorus {time}") } else { "band".to_owned() };
        let played = (1..).zip(times).map(|(time, frames)| sheet.column(&title(time), frames));
        given.chain(played).collect()
    }

    /// Note-ons of the band without note-off, and the like.
    pub fn unpaired(&self) -> usize {
        self.take.mismatches(&parts::own_channels(&self.take)).len()
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
        let head = Head { title, tempos: &score.tempos, meters: &score.meters, keys: &self.keys };
        midi::write(&head, &tracks)
    }

    /// What stands on the take's picture.
    pub fn page(&self, name: &str, score: &Score, settings: &Settings) -> Page {
        let title = score.title.clone().unwrap_or_else(|| name.to_owned());
        let chords = self.chords.iter().enumerate().map(|(index, label)| {
            let next =
                self.chords[index + 1..].iter().map(|next| next.chord.chord).find(|next| *next != label.chord.chord);
            let (_, key) = standing(&self.keys, label.start);
            let numeral = Numeral::leading_to(label.chord.chord, next, key);
            (label.start, label.chord.symbol(key), numeral.to_string())
        });
        let meters = self.meters_by_bar(score).join(", ");
        let tempo = if score.tempo_changes() { ", its tempo changes" } else { "" };
        let settings = settings.caption();
        let caption = format!("{} · {meters} · {:.0} bpm{tempo} · {settings}", self.keys[0].1, score.tempo());
        Page { title, caption, chords: chords.collect() }
    }

    /// The meters, and the bars from which on they stand: "4/4", "3/4 from bar 5".
    fn meters_by_bar(&self, score: &Score) -> Vec<String> {
        let name = |meter: Meter| format!("{}/{}", meter.numerator, meter.denominator);
        let mut meters: Vec<String> = score.meters.iter().map(|(_, meter)| name(*meter)).collect();
        for (text, (at, _)) in meters.iter_mut().zip(&score.meters).skip(1) {
            *text += &format!(" from bar {}", score.bar_at(*at));
        }
        meters
    }

    /// The take as a picture in which a quarter note is at least so wide.
    pub fn roll<'a>(&'a self, page: &'a Page, score: &'a Score, quarter: f64) -> Roll<'a> {
        let Page { title, caption, chords } = page;
        Roll { title, caption, parts: &self.parts, bars: with_last_word(score), chords, quarter }
    }

    fn summary(&self, part: &Part) -> PartSummary {
        // What has no pitch is in no chord and has no range.
        let pitched = part.player.is_none_or(|player| player.kind().has_pitches);
        let keys = || part.notes.iter().map(|note| note.key).filter(|_| pitched);
        let velocities = || part.notes.iter().map(|note| note.velocity);
        PartSummary {
            name: part.name(),
            notes: part.notes.len(),
            chord_tones: harmony::chord_tone_share(&part.notes, &self.chords).filter(|_| pitched),
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
