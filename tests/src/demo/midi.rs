//! Standard MIDI files: reading what the musician plays and writing takes.

use std::collections::VecDeque;

use anyhow::{Context, Result, bail, ensure};
use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{Key, Meter, Mode};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::host::performance::PlayedNote;

/// Units per quarter note in the files that we write: 40 to a tick.
const RESOLUTION: u16 = 960;

/// The channel of General MIDI's drum kits.
const DRUMS: u8 = 9;

/// What a MIDI file says, in ticks of 24 to the quarter note.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The first track's name, which is the piece's by convention.
    pub title: Option<String>,
    /// Quarter notes per minute at the start; 120 if the file says nothing.
    pub tempo: f64,
    /// Whether the tempo changes later on. Positions are in ticks, so such a file plays evenly.
    pub tempo_changes: bool,
    /// First tick and time signature, in order, at least one and that at 0.
    pub meters: Vec<(f64, Meter)>,
    /// The key that the file names.
    pub key: Option<Key>,
    /// The notes in order of start, all on channel 0.
    pub notes: Vec<PlayedNote>,
}

/// Reads a MIDI file: all its tracks, or number `track` counted from 1. Drums are left out.
///
/// # Errors
/// If it is no MIDI file, its time is not musical (SMPTE), or there are no notes in it.
pub fn read(bytes: &[u8], track: Option<usize>) -> Result<Score> {
    let smf = Smf::parse(bytes).map_err(|error| anyhow::anyhow!("it is not a MIDI file ({error})"))?;
    let Timing::Metrical(resolution) = smf.header.timing else {
        bail!("its time is in film frames (SMPTE); export it with musical time")
    };
    ensure!(smf.header.format != Format::Sequential, "its tracks are separate songs; export them one by one");
    if let Some(track) = track {
        ensure!(
            (1..=smf.tracks.len()).contains(&track),
            "it has no track {track}: 1 to {} are there",
            smf.tracks.len()
        );
    }
    let per_unit = TICKS_PER_QUARTER as f64 / f64::from(resolution.as_int().max(1));
    let mut score = Score {
        title: None,
        tempo: 120.0,
        tempo_changes: false,
        meters: vec![(0.0, Meter::default())],
        key: None,
        notes: Vec::new(),
    };
    let mut tempos = 0;
    for (index, events) in smf.tracks.iter().enumerate() {
        let wanted = track.is_none_or(|track| track == index + 1);
        let mut reader = NoteReader::default();
        let mut units = 0u64;
        for event in events {
            units += u64::from(event.delta.as_int());
            let tick = units as f64 * per_unit;
            match event.kind {
                TrackEventKind::Meta(MetaMessage::TrackName(name)) if index == 0 && score.title.is_none() => {
                    score.title = Some(String::from_utf8_lossy(name).trim().to_owned()).filter(|name| !name.is_empty());
                }
                TrackEventKind::Meta(MetaMessage::Tempo(micros)) => {
                    if tempos == 0 {
                        score.tempo = 60e6 / f64::from(micros.as_int().max(1));
                    }
                    tempos += 1;
                }
                TrackEventKind::Meta(MetaMessage::TimeSignature(numerator, power, ..)) if power <= 6 => {
                    let meter = Meter { numerator: numerator.clamp(1, 64), denominator: 1 << power };
                    score.meters.retain(|(at, _)| *at < tick);
                    score.meters.push((tick, meter));
                }
                TrackEventKind::Meta(MetaMessage::KeySignature(sharps, minor)) if score.key.is_none() => {
                    let tonic = (i32::from(sharps) * 7 + if minor { 9 } else { 0 }).rem_euclid(12);
                    let mode = if minor { Mode::Minor } else { Mode::Major };
                    score.key = Some(Key { tonic: tonic as u8, mode });
                }
                TrackEventKind::Midi { channel, message } if wanted && channel.as_int() != DRUMS => {
                    reader.take(tick, channel.as_int(), message);
                }
                _ => {}
            }
        }
        score.notes.extend(reader.notes);
    }
    ensure!(!score.notes.is_empty(), "there are no notes in it (drums are left out)");
    score.tempo_changes = tempos > 1;
    score.tempo = score.tempo.clamp(20.0, 400.0);
    score.notes.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.key.cmp(&b.key)));
    Ok(score)
}

/// Pairs note-ons with note-offs.
#[derive(Default)]
struct NoteReader {
    notes: Vec<PlayedNote>,
    /// Channel, key and index of the notes that sound, oldest first.
    sounding: VecDeque<(u8, u8, usize)>,
}

impl NoteReader {
    fn take(&mut self, tick: f64, channel: u8, message: MidiMessage) {
        match message {
            MidiMessage::NoteOn { key, vel } if vel > 0 => {
                self.sounding.push_back((channel, key.as_int(), self.notes.len()));
                // Until its end is read, a note is as long as a beat.
                let length = TICKS_PER_QUARTER as f64;
                self.notes.push(PlayedNote {
                    start: tick,
                    length,
                    channel: 0,
                    key: key.as_int(),
                    velocity: vel.as_int(),
                });
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                let found = self.sounding.iter().position(|&(c, k, _)| (c, k) == (channel, key.as_int()));
                if let Some((_, _, index)) = found.and_then(|position| self.sounding.remove(position)) {
                    self.notes[index].length = (tick - self.notes[index].start).max(0.5);
                }
            }
            _ => {}
        }
    }
}

/// A track to write.
#[derive(Clone, Debug)]
pub struct Track<'a> {
    /// Its name.
    pub name: &'a str,
    /// General MIDI program, counted from 0.
    pub program: u8,
    /// Its notes, in any order; they say the channel.
    pub notes: &'a [PlayedNote],
}

/// Writes a MIDI file: a first track with title, tempo, meters (first tick and time signature) and key, then `tracks`.
///
/// # Errors
/// If something does not fit into a MIDI file, such as a tempo under 4.
pub fn write(
    title: &str,
    tempo: f64,
    meters: &[(f64, Meter)],
    key: Option<Key>,
    tracks: &[Track<'_>],
) -> Result<Vec<u8>> {
    let micros = u24::try_from((60e6 / tempo).round() as u32).context("the tempo does not fit into a MIDI file")?;
    let mut head = vec![
        (0, TrackEventKind::Meta(MetaMessage::TrackName(title.as_bytes()))),
        (0, TrackEventKind::Meta(MetaMessage::Tempo(micros))),
    ];
    for &(tick, meter) in meters {
        let click = u8::try_from(meter.beat_ticks()).unwrap_or(24);
        let signature = MetaMessage::TimeSignature(meter.numerator, meter.denominator.trailing_zeros() as u8, click, 8);
        head.push((units(tick), TrackEventKind::Meta(signature)));
    }
    if let Some(key) = key {
        let signature = MetaMessage::KeySignature(key.signature(), key.is_minor());
        head.push((0, TrackEventKind::Meta(signature)));
    }
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical(u15::new(RESOLUTION))));
    smf.tracks.push(timed(head));
    for track in tracks {
        let mut events = vec![(0, TrackEventKind::Meta(MetaMessage::TrackName(track.name.as_bytes())))];
        if let Some(first) = track.notes.first() {
            let message = MidiMessage::ProgramChange { program: u7::new(track.program) };
            events.push((0, TrackEventKind::Midi { channel: u4::new(first.channel), message }));
        }
        for note in track.notes {
            let (channel, key) = (u4::new(note.channel & 15), u7::new(note.key & 127));
            let on = MidiMessage::NoteOn { key, vel: u7::new(note.velocity & 127) };
            let off = MidiMessage::NoteOff { key, vel: u7::new(64) };
            let start = units(note.start);
            events.push((start, TrackEventKind::Midi { channel, message: on }));
            let end = units(note.start + note.length).max(start + 1);
            events.push((end, TrackEventKind::Midi { channel, message: off }));
        }
        smf.tracks.push(timed(events));
    }
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes)?;
    Ok(bytes)
}

fn units(tick: f64) -> u32 {
    (tick.max(0.0) * f64::from(RESOLUTION) / TICKS_PER_QUARTER as f64).round() as u32
}

/// Events at positions as events after one another. Where several fall together, ends come before beginnings.
fn timed(mut events: Vec<(u32, TrackEventKind<'_>)>) -> Vec<TrackEvent<'_>> {
    let rank = |kind: &TrackEventKind<'_>| match kind {
        TrackEventKind::Meta(_) => 0,
        TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. } => 3,
        TrackEventKind::Midi { message: MidiMessage::NoteOff { .. }, .. } => 2,
        _ => 1,
    };
    events.sort_by_key(|(at, kind)| (*at, rank(kind)));
    let mut now = 0;
    let mut timed = Vec::with_capacity(events.len() + 1);
    for (at, kind) in events {
        timed.push(TrackEvent { delta: u28::new(at - now), kind });
        now = at;
    }
    timed.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    timed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: f64, length: f64, key: u8) -> PlayedNote {
        PlayedNote { start, length, channel: 0, key, velocity: 80 }
    }

    fn written(notes: &[PlayedNote]) -> Vec<u8> {
        let meter = Meter { numerator: 6, denominator: 8 };
        let tracks = [Track { name: "melody", program: 0, notes }];
        write("A tune", 84.0, &[(0.0, meter)], Some(Key::minor(9)), &tracks).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let notes = [note(0.0, 12.0, 60), note(12.0, 6.0, 60), note(12.5, 24.0, 64)];
        let score = read(&written(&notes), None).unwrap();
        assert_eq!(score.notes, notes);
        assert_eq!(score.meters, [(0.0, Meter { numerator: 6, denominator: 8 })]);
        assert_eq!((score.key, score.title.as_deref()), (Some(Key::minor(9)), Some("A tune")));
        assert!((score.tempo - 84.0).abs() < 1e-3 && !score.tempo_changes);
    }

    #[test]
    fn a_repeated_key_keeps_both_notes() {
        let score = read(&written(&[note(0.0, 12.0, 60), note(12.0, 12.0, 60)]), None).unwrap();
        assert_eq!(score.notes.iter().map(|note| note.length).collect::<Vec<_>>(), [12.0, 12.0]);
    }

    #[test]
    fn a_track_can_be_chosen() {
        let bytes = written(&[note(0.0, 12.0, 60)]);
        assert!(format!("{:#}", read(&bytes, Some(1)).unwrap_err()).contains("no notes"));
        assert_eq!(read(&bytes, Some(2)).unwrap().notes.len(), 1);
        assert!(format!("{:#}", read(&bytes, Some(9)).unwrap_err()).contains("1 to 2"));
    }

    #[test]
    fn what_is_no_midi_file_is_refused() {
        assert!(format!("{:#}", read(b"RIFF....", None).unwrap_err()).contains("not a MIDI file"));
        assert!(read(&[], None).is_err());
    }
}
