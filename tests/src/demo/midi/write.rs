//! Writing takes and performances as Standard MIDI Files.

use anyhow::{Context, Result};
use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{Key, Meter};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::host::performance::PlayedNote;

/// Units per quarter note in the files that we write: 40 to a tick.
const RESOLUTION: u16 = 960;

/// What the first track of a file says.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The piece's title.
    pub title: &'a str,
    /// First tick and quarter notes per minute, in order, the first at 0.
    pub tempos: &'a [(f64, f64)],
    /// First tick and time signature, in order, the first at 0.
    pub meters: &'a [(f64, Meter)],
    /// First tick and key, in order.
    pub keys: &'a [(f64, Key)],
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

/// Writes a MIDI file: a first track with what `head` says, then `tracks`.
///
/// # Errors
/// If something does not fit into a MIDI file, such as a tempo under 4.
pub fn write(head: &Head<'_>, tracks: &[Track<'_>]) -> Result<Vec<u8>> {
    let Head { title, tempos, meters, keys } = *head;
    let mut head = vec![(0, TrackEventKind::Meta(MetaMessage::TrackName(title.as_bytes())))];
    for &(tick, tempo) in tempos {
        let micros = u24::try_from((60e6 / tempo).round() as u32).context("the tempo does not fit into a MIDI file")?;
        head.push((units(tick), TrackEventKind::Meta(MetaMessage::Tempo(micros))));
    }
    for &(tick, meter) in meters {
        let click = u8::try_from(meter.beat_ticks()).unwrap_or(24);
        let signature = MetaMessage::TimeSignature(meter.numerator, meter.denominator.trailing_zeros() as u8, click, 8);
        head.push((units(tick), TrackEventKind::Meta(signature)));
    }
    for &(tick, key) in keys {
        let signature = MetaMessage::KeySignature(key.signature(), key.is_minor());
        head.push((units(tick), TrackEventKind::Meta(signature)));
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
