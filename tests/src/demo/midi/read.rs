//! A MIDI file as a player reads it: all its tracks in the order of time, with a word on whatever is not played.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use continuo_models::music::time::TICKS_PER_QUARTER;
use continuo_models::music::{Key, Meter, Mode};

use super::Score;
use super::chunks;
use super::events::{Ending, Event, Other};
use super::notes::{NoteReader, in_one_hand};
use super::text;
use crate::demo::bars::bar_at;
use crate::host::Input;
use crate::host::performance::{Change, PlayedNote};

/// The channel of General MIDI's drum kits.
const DRUMS: u8 = 9;

/// The master channels of the two MPE zones, and the registered parameter that configures them with its controllers.
const MASTERS: [u8; 2] = [0, 15];
const ZONE: u8 = 6;
const DATA_ENTRY: u8 = 6;
const PARAMETER: [u8; 4] = [98, 99, 100, 101];

const PEDAL: u8 = 64;

/// Quarter notes per minute that somebody plays.
const TEMPOS: std::ops::RangeInclusive<f64> = 10.0..=1000.0;

/// The longest piece that is played, in seconds: an hour of sound takes a gigabyte.
const LONGEST: f64 = 3600.0;

/// Reads a MIDI file: all its tracks, or number `track` counted from 1. Drums are left out. Tempo, meter and key count
/// wherever they stand.
///
/// # Errors
/// If it is no MIDI file, its time is not musical (SMPTE), there are no notes in it, or it lasts longer than an hour.
pub fn read(bytes: &[u8], track: Option<usize>) -> Result<Score> {
    let file = chunks::read(bytes)?;
    if let Some(track) = track {
        let tracks = file.tracks.len();
        ensure!((1..=tracks).contains(&track), "it has no track {track}: 1 to {tracks} are there");
    }
    let per_unit = TICKS_PER_QUARTER as f64 / f64::from(file.resolution);
    let mut reader = Reader::default();
    for (index, events) in file.tracks.iter().enumerate() {
        reader.track(index + 1, events, per_unit, track.is_none_or(|wanted| wanted == index + 1));
    }
    reader.finish(file.remarks)
}

/// A remark, and the tick to which it belongs: its bar is known when all meters are.
struct Remark {
    before: String,
    tick: f64,
    after: &'static str,
}

#[derive(Default)]
struct Reader {
    title: Option<(String, bool)>,
    tempos: Vec<(f64, f64)>,
    meters: Vec<(f64, Meter)>,
    keys: Vec<(f64, Key)>,
    notes: Vec<PlayedNote>,
    /// Tick, channel, number and value.
    controllers: Vec<(f64, u8, u8, u8)>,
    endless: usize,
    left_out: BTreeMap<Other, usize>,
    remarks: Vec<Remark>,
}

impl Reader {
    /// Takes a track; its notes only if it is `wanted`.
    fn track(&mut self, number: usize, track: &super::events::Track<'_>, per_unit: f64, wanted: bool) {
        let mut notes = NoteReader::default();
        let mut name = format!("track {number}");
        let (tempos, meters, keys) = (self.tempos.len(), self.meters.len(), self.keys.len());
        for &(units, event) in &track.events {
            let tick = units as f64 * per_unit;
            match event {
                Event::Name(bytes) => {
                    let text = text::read(bytes);
                    if let Some((text, _)) = &text {
                        name = format!("track {number} (\"{text}\")");
                    }
                    if number == 1 && self.title.is_none() {
                        self.title = text;
                    }
                }
                Event::Tempo(micros) => self.tempo(tick, micros),
                Event::Meter(numerator, power) => self.meter(tick, numerator, power),
                Event::Key(sharps, minor) => self.key(tick, sharps, minor),
                Event::NoteOn { channel, key, velocity } if wanted => notes.on(tick, channel, key, velocity),
                Event::NoteOff { channel, key } if wanted => notes.off(tick, channel, key),
                // A zone may be configured in a track of its own.
                Event::Controller { channel, number, value }
                    if wanted || number == DATA_ENTRY || PARAMETER.contains(&number) =>
                {
                    self.controllers.push((tick, channel, number, value));
                }
                Event::Other(kind) if wanted => *self.left_out.entry(kind).or_default() += 1,
                _ => {}
            }
        }
        // Where tracks contradict each other, the first that speaks counts; within a track, the last word.
        settle(&mut self.tempos, tempos);
        settle(&mut self.meters, meters);
        settle(&mut self.keys, keys);
        let (notes, endless) = notes.finish();
        self.notes.extend(notes);
        let end = track.end as f64 * per_unit;
        match track.ending {
            Ending::Marked => self.endless += endless,
            Ending::Unmarked => {
                self.endless += endless;
                self.remark(format!("{name} has no mark at its end, in"), end, "");
            }
            Ending::BrokenOff => self.remark(format!("{name} breaks off after"), end, ": what was there is read"),
        }
        if let Some(first) = track.impossible.first() {
            let count = track.impossible.len();
            let what = format!("{name}: messages that cannot be ({count}) are passed over, the first in");
            self.remark(what, *first as f64 * per_unit, "");
        }
    }

    fn remark(&mut self, before: String, tick: f64, after: &'static str) {
        self.remarks.push(Remark { before, tick, after });
    }

    fn tempo(&mut self, tick: f64, micros: u32) {
        let tempo = 60e6 / f64::from(micros);
        if TEMPOS.contains(&tempo) {
            self.tempos.push((tick, tempo));
        } else {
            let tempo = if micros == 0 { "a tempo of 0".to_owned() } else { format!("a tempo of {tempo:.1}") };
            self.remark(format!("{tempo} in"), tick, " is ignored: nobody plays so");
        }
    }

    fn meter(&mut self, tick: f64, numerator: u8, power: u8) {
        if (1..=64).contains(&numerator) && power <= 6 {
            self.meters.push((tick, Meter { numerator, denominator: 1 << power }));
        } else {
            let denominator = if power < 64 { (1u64 << power).to_string() } else { format!("2^{power}") };
            self.remark(format!("the meter {numerator}/{denominator} in"), tick, " is ignored: nobody counts so");
        }
    }

    fn key(&mut self, tick: f64, sharps: i8, minor: u8) {
        if !(-7..=7).contains(&sharps) || minor > 1 {
            let kind = if sharps < 0 { "flats" } else { "sharps" };
            let mode = if minor > 1 { format!(" and mode {minor}") } else { String::new() };
            let count = sharps.unsigned_abs();
            self.remark(format!("a key of {count} {kind}{mode} in"), tick, " is ignored: there is none");
            return;
        }
        let tonic = (i32::from(sharps) * 7 + if minor == 1 { 9 } else { 0 }).rem_euclid(12);
        let mode = if minor == 1 { Mode::Minor } else { Mode::Major };
        self.keys.push((tick, Key { tonic: tonic as u8, mode }));
    }

    fn finish(mut self, mut remarks: Vec<String>) -> Result<Score> {
        self.controllers.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.keys.dedup_by(|later, earlier| later.1 == earlier.1);
        let meters = map(self.meters, Meter::default());
        for Remark { before, tick, after } in self.remarks {
            remarks.push(format!("{before} bar {}{after}", bar_at(&meters, tick)));
        }
        let zones = Zones::of(&self.controllers);
        let (drums, notes): (Vec<_>, Vec<_>) =
            self.notes.into_iter().partition(|note| note.channel == DRUMS && !zones.contain(DRUMS));
        let notes = notes.into_iter().map(|note| PlayedNote { channel: zones.channel(note.channel), ..note });
        let (notes, doubled) = in_one_hand(notes.collect());
        let (title, guessed) = self.title.map_or((None, false), |(title, guessed)| (Some(title), guessed));
        if guessed {
            remarks.push("its title is no UTF-8; it is read as Latin-1".to_owned());
        }
        remarks
            .extend((doubled > 0).then(|| format!("notes that several tracks have ({doubled}): each is played once")));
        let endless = self.endless;
        remarks.extend((endless > 0).then(|| format!("notes without an end ({endless}): each sounds for a beat")));

        let mut score = Score {
            title,
            tempos: map(self.tempos, 120.0),
            meters,
            keys: self.keys,
            notes,
            changes: Vec::new(),
            remarks,
        };
        let end = score.end();
        let mut others = 0;
        score.changes = changes(&self.controllers, zones, end, &mut others);
        score.remarks.extend(left_out(drums.len(), others, &self.left_out));
        if score.notes.is_empty() {
            let why = score.remarks.iter().map(|remark| format!("; {remark}")).collect::<String>();
            anyhow::bail!("there are no notes in it (drums are left out){why}");
        }
        let seconds = score.seconds(end);
        ensure!(seconds <= LONGEST, "it lasts {:.0} minutes; play a part of it, an hour at most", seconds / 60.0);
        // The piece ends with its music.
        score.tempos.retain(|(tick, _)| *tick < end);
        score.meters.retain(|(tick, _)| *tick < end);
        score.keys.retain(|(tick, _)| *tick < end);
        Ok(score)
    }
}

/// Sorts what a track has added from `first` on into what those before it said: at the same tick, they count.
fn settle<T: Copy>(values: &mut Vec<(f64, T)>, first: usize) {
    let mut own = values.split_off(first);
    own.reverse();
    own.dedup_by_key(|value| value.0);
    own.retain(|(tick, _)| values.iter().all(|(before, _)| before != tick));
    values.extend(own);
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
}

/// Values with the `first` one at tick 0 if there is none, and without those that say nothing new.
fn map<T: Copy + PartialEq>(mut values: Vec<(f64, T)>, first: T) -> Vec<(f64, T)> {
    if values.first().is_none_or(|(tick, _)| *tick > 0.0) {
        values.insert(0, (0.0, first));
    }
    values.dedup_by(|later, earlier| later.1 == earlier.1);
    values
}

/// The channels of MPE zones, one bit each. A zone is known by its configuration message: registered parameter 6 on its
/// master channel, with the number of its member channels.
#[derive(Clone, Copy, Default)]
struct Zones(u16);

impl Zones {
    fn of(controllers: &[(f64, u8, u8, u8)]) -> Self {
        let configurations = configurations(controllers).filter(|(_, _, members)| *members > 0);
        Self(configurations.fold(0, |channels, (_, master, members)| {
            let zone = ((1u32 << (members + 1)) - 1) as u16;
            channels | if master == 0 { zone } else { zone.reverse_bits() }
        }))
    }

    fn contain(self, channel: u8) -> bool {
        self.0 >> channel & 1 == 1
    }

    /// The channel on which a note is played: its own in a zone, else that of the one hand.
    fn channel(self, channel: u8) -> u8 {
        if self.contain(channel) { channel } else { 0 }
    }
}

/// The configurations of MPE zones: index of the controller that completes them, master channel and member channels.
fn configurations(controllers: &[(f64, u8, u8, u8)]) -> impl Iterator<Item = (usize, u8, u8)> {
    let mut parameters = [[127u8; 4]; 16];
    controllers.iter().enumerate().filter_map(move |(index, &(_, channel, number, value))| {
        let chosen = &mut parameters[usize::from(channel & 15)];
        match PARAMETER.iter().position(|&parameter| parameter == number) {
            // A non-registered parameter (98, 99) unselects the registered one.
            Some(place @ 0..2) => (chosen[place], chosen[2], chosen[3]) = (value, 127, 127),
            Some(place) => chosen[place] = value,
            None => {}
        }
        let is_zone = number == DATA_ENTRY && (chosen[2], chosen[3]) == (ZONE, 0) && MASTERS.contains(&channel);
        (is_zone && value < 16).then_some((index, channel, value))
    })
}

/// The controllers that are played: the pedal, up at the `end`, and the configurations of zones. Counts the others.
fn changes(controllers: &[(f64, u8, u8, u8)], zones: Zones, end: f64, others: &mut usize) -> Vec<Change> {
    let change = |at, channel, number, value| Change { at, input: Input::Controller { channel, number, value } };
    let mut changes = Vec::new();
    let mut down = 0u16;
    *others = controllers.len();
    for (index, master, members) in configurations(controllers) {
        let at = controllers[index].0;
        let message = [(101, 0), (100, ZONE), (DATA_ENTRY, members)];
        changes.extend(message.map(|(number, value)| change(at, master, number, value)));
        *others = others.saturating_sub(3);
    }
    let pedal = controllers
        .iter()
        .filter(|(_, channel, number, _)| *number == PEDAL && (*channel != DRUMS || zones.contain(DRUMS)));
    for &(at, channel, number, value) in pedal {
        *others -= 1;
        if at < end {
            let channel = zones.channel(channel);
            changes.push(change(at, channel, number, value));
            down = down & !(1 << channel) | u16::from(value >= 64) << channel;
        }
    }
    changes.extend((0..16).filter(|channel| down >> channel & 1 == 1).map(|channel| change(end, channel, PEDAL, 0)));
    changes
}

/// What is not played, in one remark.
fn left_out(drums: usize, controllers: usize, others: &BTreeMap<Other, usize>) -> Option<String> {
    let count = |kind| others.get(&kind).copied().unwrap_or(0);
    let kinds = [
        (drums, "drums on channel 10"),
        (controllers, "controllers"),
        (count(Other::Program), "program changes"),
        (count(Other::Bend), "pitch bends"),
        (count(Other::Pressure), "pressures"),
        (count(Other::Exclusive), "system-exclusive messages"),
        (count(Other::Text), "texts"),
        (count(Other::Meta), "other meta events"),
        (count(Other::Misshapen), "tempos, meters or keys of a wrong length"),
    ];
    let told: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what} ({count})")).collect();
    (!told.is_empty()).then(|| format!("not played: {}", told.join(", ")))
}
