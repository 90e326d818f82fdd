//! Charts in MIDI files: names of chords among the texts, or else chords that are held.

use continuo_music::chart::{MOST_BARS, Symbol};
use continuo_music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use continuo_music::{Chart, Chord, Meter, Tick};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

use crate::Found;
use crate::bars::{in_bars, on_grid};

/// The channel of General MIDI's drums.
const DRUMS: u8 = 9;
/// The share of texts of a kind that must be names of chords, or of frames that sound and must hold one.
const MOST_OF_THEM: f64 = 0.5;
/// The latest tick that is believed.
const LATEST: Tick = MOST_BARS as Tick * 32 * TICKS_PER_QUARTER;

/// A chord and its tick; `None`: no chord.
type Change = (Tick, Option<Symbol>);

/// How tracks of a left hand are called, but for dots and letters' size.
const LEFT_HAND: [&str; 4] = ["left", "left hand", "lefthand", "lh"];

/// The chart in a MIDI file: the chords that it names; failing that, those that the left hand holds, which plays on the
/// channel `left_hand` or on a track of that name; failing that, those of the track that holds the most.
///
/// # Errors
/// If it is no MIDI file, or there are no chords in it.
pub fn read(bytes: &[u8], left_hand: Option<u8>) -> Result<Found, String> {
    let film = || "counts time in film frames; export it with musical time".to_owned();
    // The reader does not reckon with every number of film frames that a file may claim.
    let head = bytes.windows(4).position(|signs| signs == b"MThd");
    if head.and_then(|head| bytes.get(head + 12)).is_some_and(|division| division & 0x80 != 0) {
        return Err(film());
    }
    let file = Smf::parse(bytes).map_err(|error| format!("is no whole MIDI file ({error})"))?;
    let Timing::Metrical(resolution) = file.header.timing else { return Err(film()) };
    if resolution.as_int() == 0 {
        return Err("has quarter notes of no length; export it anew".to_owned());
    }
    let per_unit = TICKS_PER_QUARTER as f64 / f64::from(resolution.as_int());
    let mut score = Score::default();
    for (number, track) in file.tracks.iter().enumerate() {
        score.take(number, track, per_unit);
    }
    score.meters.sort_by_key(|(tick, _)| *tick);
    let mut remarks = Vec::new();
    let chords = match (score.named(), score.left(left_hand).or_else(|| score.held())) {
        (Some(chords), _) => chords,
        (None, Some((part, chords))) => {
            let name = score.names.get(part.track).filter(|name| !name.is_empty());
            let name = name.map_or_else(|| format!("track {}", part.track + 1), |name| format!("\"{name}\""));
            let hand = if part.is_left(&score, left_hand) { "the left hand, " } else { "" };
            remarks.push(format!("No chord is named in it: the chords are those that {hand}{name} holds."));
            chords
        }
        (None, None) => return Err("names no chords, and no track of it holds any".to_owned()),
    };
    // The last chord stands for a bar, if no note says how long.
    let end = chords.last().map_or(0, |(tick, _)| tick + TICKS_PER_FRAME).max(score.end);
    let bars = in_bars(&chords, &score.meters, end);
    if bars.len() > MOST_BARS {
        remarks.push(format!("It has more than {MOST_BARS} bars: what comes after them is left out."));
    }
    let title = score.names.into_iter().next().unwrap_or_default();
    Ok(Found { chart: Chart { title, bars, ..Chart::default() }, remarks })
}

/// What of the file bears on chords.
#[derive(Default)]
struct Score {
    names: Vec<String>,
    meters: Vec<(Tick, Meter)>,
    /// Texts by kind: markers, lyrics, texts, cue points.
    texts: [Vec<(Tick, String)>; 4],
    parts: Vec<Part>,
    /// The last tick of a note.
    end: Tick,
}

/// The notes of a track on a channel.
struct Part {
    track: usize,
    channel: u8,
    notes: Vec<Note>,
}

/// Where a note begins, where it has ended, and its key.
type Note = (Tick, Tick, u8);

impl Score {
    fn take(&mut self, number: usize, track: &[midly::TrackEvent], per_unit: f64) {
        let mut units = 0u64;
        let mut sounding: Vec<(u8, u8, Tick)> = Vec::new();
        self.names.push(String::new());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        for event in track {
            units += u64::from(event.delta.as_int());
            let tick = on_grid(units as f64 * per_unit).min(LATEST);
            match event.kind {
                TrackEventKind::Meta(MetaMessage::TrackName(name)) => self.names[number] = text(name),
                TrackEventKind::Meta(MetaMessage::TimeSignature(numerator, power, ..)) => {
                    let meter = Meter { numerator, denominator: 1u8.checked_shl(power.into()).unwrap_or(0) };
                    if (1..=32).contains(&numerator) && power <= 4 {
                        self.meters.push((tick, meter));
                    }
                }
                TrackEventKind::Meta(MetaMessage::Marker(name)) => self.texts[0].push((tick, text(name))),
                TrackEventKind::Meta(MetaMessage::Lyric(name)) => self.texts[1].push((tick, text(name))),
                TrackEventKind::Meta(MetaMessage::Text(name)) => self.texts[2].push((tick, text(name))),
                TrackEventKind::Meta(MetaMessage::CuePoint(name)) => self.texts[3].push((tick, text(name))),
                TrackEventKind::Midi { channel, message } if channel.as_int() != DRUMS => {
                    let (key, is_on) = match message {
                        MidiMessage::NoteOn { key, vel } => (key.as_int(), vel.as_int() > 0),
                        MidiMessage::NoteOff { key, .. } => (key.as_int(), false),
                        _ => continue,
                    };
                    let channel = channel.as_int();
                    if let Some(at) = sounding.iter().position(|&(on, held, _)| (on, held) == (channel, key)) {
                        let (_, _, start) = sounding.swap_remove(at);
                        self.note(number, channel, (start, tick, key));
                    }
                    if is_on {
                        sounding.push((channel, key, tick));
                    }
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, track: usize, channel: u8, note: Note) {
        self.end = self.end.max(note.1);
        match self.parts.iter_mut().find(|part| (part.track, part.channel) == (track, channel)) {
            Some(part) => part.notes.push(note),
            None => self.parts.push(Part { track, channel, notes: vec![note] }),
        }
    }

    /// The chords that texts of one kind name.
    fn named(&self) -> Option<Vec<Change>> {
        let kinds = self.texts.iter().filter_map(|texts| {
            let mut chords: Vec<Change> =
                texts.iter().filter_map(|(tick, text)| Some((*tick, symbol(text)?))).collect();
            let texts = texts.iter().filter(|(_, text)| !text.is_empty()).count();
            let are_names = chords.len() > 1 && chords.len() as f64 >= MOST_OF_THEM * texts as f64;
            chords.sort_by_key(|(tick, _)| *tick);
            are_names.then_some(chords)
        });
        kinds.max_by_key(Vec::len)
    }

    /// The chords of the part that holds the most, and that part.
    fn held(&self) -> Option<(&Part, Vec<Change>)> {
        let parts = self.parts.iter().filter_map(|part| {
            // A third alone is a part that moves, not a chord.
            let (chords, share) = recognised(&part.notes, 3);
            (chords.len() > 1 && share >= MOST_OF_THEM).then_some((part, chords, share))
        });
        // Of equals the first.
        let best = parts.reduce(|best, part| if part.2 > best.2 { part } else { best });
        best.map(|(part, chords, _)| (part, chords))
    }

    /// The chords of the first part of a left hand that plays any, and that part.
    fn left(&self, channel: Option<u8>) -> Option<(&Part, Vec<Change>)> {
        let parts = self.parts.iter().filter(|part| part.is_left(self, channel));
        let mut parts = parts.map(|part| (part, recognised(&part.notes, 2).0));
        parts.find(|(_, chords)| !chords.is_empty())
    }
}

impl Part {
    /// Whether it is a left hand's, which plays on `channel`.
    fn is_left(&self, score: &Score, channel: Option<u8>) -> bool {
        let name = score.names.get(self.track).map(|name| name.to_lowercase().replace('.', ""));
        channel == Some(self.channel) || name.is_some_and(|name| LEFT_HAND.contains(&name.trim()))
    }
}

/// The chords that at least so many keys of `notes` hold, and the share of the time with notes in which they do.
fn recognised(notes: &[Note], least: usize) -> (Vec<Change>, f64) {
    let mut borders: Vec<Tick> = notes.iter().flat_map(|&(start, end, _)| [start, end]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut ordered = notes.to_vec();
    ordered.sort_unstable();
    let (mut next, mut held): (usize, Vec<(Tick, u8)>) = (0, Vec::new());
    let mut chords: Vec<Change> = Vec::new();
    let (mut known, mut all) = (0, 0);
    for pair in borders.windows(2) {
        held.retain(|&(end, _)| end > pair[0]);
        while let Some(&(start, end, key)) = ordered.get(next).filter(|(start, ..)| *start <= pair[0]) {
            next += 1;
            if end > start {
                held.push((end, key));
            }
        }
        let keys: Vec<u8> = held.iter().map(|&(_, key)| key).collect();
        if keys.is_empty() {
            continue;
        }
        all += pair[1] - pair[0];
        let Some(chord) = Some(keys).filter(|keys| keys.len() >= least).and_then(|keys| Chord::recognise(&keys)) else {
            continue;
        };
        known += pair[1] - pair[0];
        let symbol = Some(Symbol::from(chord));
        if chords.last().is_none_or(|(_, last)| *last != symbol) {
            chords.push((pair[0], symbol));
        }
    }
    (chords, known as f64 / all.max(1) as f64)
}

/// The chord that a text names; `None` in it is no chord.
fn symbol(text: &str) -> Option<Option<Symbol>> {
    let text = text.trim_matches(|sign: char| sign.is_whitespace() || sign == '%');
    if matches!(text.to_ascii_lowercase().as_str(), "n.c." | "nc" | "n.c") {
        return Some(None);
    }
    text.parse().ok().map(Some)
}
