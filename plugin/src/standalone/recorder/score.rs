//! A recording as a MIDI file: a track with tempo and meter, and a track for each part.

use std::io;
use std::path::Path;

use continuo::seam::Part;
use continuo_models::music::Meter;
use midly::live::LiveEvent;
use midly::num::{u15, u24, u28};
use midly::{Format, Header, MetaMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};

use super::tape::{Taped, What};

/// Ticks in a quarter note.
const TICKS: u16 = 960;
/// Tempi, in microseconds in a quarter note, that differ by less are the same.
const SAME_TEMPO: u32 = 3;
/// The song has jumped if it is farther than this, in quarter notes, from where it ought to be.
const JUMP: f64 = 0.5;

/// Where the song was.
#[derive(Clone, Copy, Debug)]
struct Point {
    sample: u64,
    /// In the file.
    ticks: f64,
    quarters: f64,
    tempo: f64,
    meter: Meter,
}

/// What was played, as it grows.
pub struct Score {
    rate: f64,
    points: Vec<Point>,
    messages: Vec<(u64, Part, crate::standalone::midi::Bytes)>,
}

impl Score {
    /// An empty one of sound at `rate` Hertz.
    pub fn new(rate: u32) -> Self {
        Self { rate: rate.into(), points: Vec::new(), messages: Vec::new() }
    }

    /// Takes in what happened next.
    pub fn add(&mut self, taped: Taped) {
        match taped.what {
            What::Message(part, bytes) => self.messages.push((taped.sample, part, bytes)),
            What::Time { quarters, tempo, meter } => self.add_point(taped.sample, quarters, tempo.into(), meter),
        }
    }

    fn add_point(&mut self, sample: u64, quarters: f64, tempo: f64, meter: Meter) {
        let tempo = if tempo > 0.0 { tempo } else { 120.0 };
        let ticks = match self.points.last() {
            // The first barline lies where a sequencer draws one.
            None => quarters.rem_euclid(quarters_in_bar(meter)) * f64::from(TICKS),
            Some(last) => {
                let expected = (sample - last.sample) as f64 / self.rate * last.tempo / 60.0;
                let gone = quarters - last.quarters;
                let gone = if (gone - expected).abs() < JUMP { gone.max(0.0) } else { expected };
                last.ticks + gone * f64::from(TICKS)
            }
        };
        self.points.push(Point { sample, ticks, quarters, tempo, meter });
    }

    /// The tick of the file at `sample`.
    fn tick_at(&self, sample: u64) -> u32 {
        let after = self.points.partition_point(|point| point.sample <= sample);
        let Some(from) = self.points.get(after.saturating_sub(1)) else { return 0 };
        let samples = sample as f64 - from.sample as f64;
        let pace = match self.points.get(after) {
            Some(to) if to.sample > from.sample => (to.ticks - from.ticks) / (to.sample - from.sample) as f64,
            _ => from.tempo / 60.0 / self.rate * f64::from(TICKS),
        };
        (from.ticks + samples * pace).round().max(0.0) as u32
    }

    /// Writes the file as one: whoever reads it meanwhile has the old one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut tracks = vec![self.conductor()];
        let names: Vec<&str> = Part::all().map(super::name).collect();
        for (part, name) in Part::all().zip(&names) {
            tracks.push(self.track(part, name.as_bytes()));
        }
        let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS)));
        let mut bytes = Vec::new();
        Smf { header, tracks }.write_std(&mut bytes)?;
        let new = path.with_extension("mid.new");
        std::fs::write(&new, bytes)?;
        std::fs::rename(new, path)
    }

    fn conductor(&self) -> Track<'static> {
        let mut track = Timed::new(b"Continuo");
        let (mut tempo, mut meter) = (0u32, None);
        for (n, point) in self.points.iter().enumerate() {
            let tick = point.ticks.round() as u32;
            if meter != Some(point.meter) {
                meter = Some(point.meter);
                let (beats, note) = (point.meter.numerator, point.meter.denominator.trailing_zeros() as u8);
                track.add(tick, TrackEventKind::Meta(MetaMessage::TimeSignature(beats, note, 24, 8)));
            }
            let pace = match self.points.get(n + 1) {
                Some(to) if to.sample > point.sample && to.ticks > point.ticks => {
                    let seconds = (to.sample - point.sample) as f64 / self.rate;
                    seconds / (to.ticks - point.ticks) * f64::from(TICKS) * 1e6
                }
                _ => 60e6 / point.tempo,
            };
            let pace = pace.round().clamp(1.0, 16_777_215.0) as u32;
            if pace.abs_diff(tempo) >= SAME_TEMPO {
                tempo = pace;
                track.add(tick, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(pace))));
            }
        }
        track.end()
    }

    fn track<'a>(&'a self, part: Part, name: &'a [u8]) -> Track<'a> {
        let mut track = Timed::new(name);
        for (sample, _, bytes) in self.messages.iter().filter(|(_, of, _)| *of == part) {
            if let Ok(LiveEvent::Midi { channel, message }) = LiveEvent::parse(bytes.as_slice()) {
                track.add(self.tick_at(*sample), TrackEventKind::Midi { channel, message });
            }
        }
        track.end()
    }
}

fn quarters_in_bar(meter: Meter) -> f64 {
    4.0 * f64::from(meter.numerator.max(1)) / f64::from(meter.denominator.max(1))
}

/// A track that is written in order of time.
struct Timed<'a> {
    track: Track<'a>,
    now: u32,
}

impl<'a> Timed<'a> {
    fn new(name: &'a [u8]) -> Self {
        let mut timed = Self { track: Track::new(), now: 0 };
        timed.add(0, TrackEventKind::Meta(MetaMessage::TrackName(name)));
        timed
    }

    fn add(&mut self, tick: u32, kind: TrackEventKind<'a>) {
        let tick = tick.max(self.now);
        self.track.push(TrackEvent { delta: u28::new(tick - self.now), kind });
        self.now = tick;
    }

    fn end(mut self) -> Track<'a> {
        self.add(self.now, TrackEventKind::Meta(MetaMessage::EndOfTrack));
        self.track
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standalone::midi::Bytes;

    fn time(sample: u64, quarters: f64, tempo: f32) -> Taped {
        Taped { sample, what: What::Time { quarters, tempo, meter: Meter::default() } }
    }

    #[test]
    fn a_note_lies_on_the_beat_on_which_it_was_played() {
        let mut score = Score::new(48_000);
        score.add(time(0, 6.0, 120.0));
        score.add(time(24_000, 7.0, 60.0));
        // Two beats into the bar; half a beat later; a beat of the slower tempo after that.
        for (sample, tick) in [(0, 1920), (12_000, 2400), (24_000, 2880), (72_000, 3840)] {
            assert_eq!(score.tick_at(sample), tick);
        }
    }

    #[test]
    fn after_a_jump_of_the_song_the_file_goes_on() {
        let mut score = Score::new(48_000);
        score.add(time(0, 8.0, 120.0));
        score.add(time(48_000, 0.0, 120.0));
        assert_eq!(score.tick_at(48_000), 1920);
        assert_eq!(score.tick_at(72_000), 2880);
    }

    #[test]
    fn each_part_has_a_track_and_the_first_one_tempo_and_meter() {
        let mut score = Score::new(48_000);
        score.add(time(0, 0.0, 90.0));
        for (part, sample) in Part::all().zip((0..).step_by(32_000)) {
            for (at, bytes) in [(sample, [0x91, 60, 100]), (sample + 16_000, [0x81, 60, 0])] {
                let bytes = Bytes::read(&bytes).unwrap();
                score.add(Taped { sample: at, what: What::Message(part, bytes) });
            }
        }
        let path = std::env::temp_dir().join(format!("continuo-score-{}.mid", std::process::id()));
        score.write(&path).unwrap();
        let file = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        let smf = Smf::parse(&file).unwrap();
        assert_eq!(smf.tracks.len(), 1 + Part::COUNT);
        let has = |wanted: &TrackEventKind| smf.tracks[0].iter().any(|event| event.kind == *wanted);
        assert!(has(&TrackEventKind::Meta(MetaMessage::Tempo(u24::new(666_667)))));
        assert!(has(&TrackEventKind::Meta(MetaMessage::TimeSignature(4, 2, 24, 8))));
        for (n, track) in smf.tracks[1..].iter().enumerate() {
            let notes: Vec<u32> = track
                .iter()
                .scan(0, |now, event| {
                    *now += event.delta.as_int();
                    Some((*now, matches!(event.kind, TrackEventKind::Midi { .. })))
                })
                .filter_map(|(now, is_midi)| is_midi.then_some(now))
                .collect();
            // At 90 to the minute 32 000 samples are a quarter note.
            let begin = 960 * n as u32;
            assert_eq!(notes, [begin, begin + 480]);
        }
    }
}
