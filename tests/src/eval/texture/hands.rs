//! What an accompaniment and a bass strike, as what their notes are to the chords.

use std::collections::{BTreeMap, BTreeSet};

use continuo_models::music::texture::{Cell, Feel, Grid, Measure, Part, snapped};
use continuo_models::music::{Chord, Quality};

use super::corpus::{Note, inside};

/// The share of chord tones below which a bar is melody or has the wrong chord.
const IN_CHORD: f64 = 0.8;
/// The most keys under one chord before a bar is taken for more than one part.
const MOST_KEYS: usize = 9;
/// A bar of more chords is harmony of its own.
const MOST_CHORDS: usize = 4;
/// A bar of a bass with more notes is a figure, not a line.
const MOST_NOTES: usize = 8;
/// The highest key that is taken for a bass in a part of several voices.
const MOST_OF_BASS: u8 = 52;
/// The mean key above which a part is no accompaniment.
const LOWEST_LEAD: f64 = 80.0;
/// A note so many ticks before a chord may be of that chord already.
const AHEAD: f64 = 12.0;
/// Chords and notes are as near as this, in ticks.
const NEAR: f64 = 2.0;
/// The General MIDI programs of basses, counted from 0.
const BASSES: std::ops::Range<u32> = 32..40;
/// What the lower staff of a keyboard part is called.
const LOWER_STAFF: [&str; 8] = ["down", "lower", "lh", "left", "bass", "two", "2", "v1"];

/// How the notes that begin in a bar become a bar on the grid: under which chords, from which tick on, in what kind of
/// bar, and in which part.
pub type Read = fn(&[Note], &[Chorded], f64, Measure, &[Note]) -> Option<Grid>;

/// Notes that are struck together, each with its offset.
type Group = Vec<(Note, f32)>;

/// A chord as it stands in the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Chorded {
    /// First tick.
    pub onset: f64,
    /// The tick after the last.
    pub end: f64,
    /// Root, quality and bass; `None`: no chord.
    pub chord: Option<(u8, Quality, u8)>,
}

impl Chorded {
    fn has(&self, key: u8) -> bool {
        self.chord.is_some_and(|(root, quality, _)| Chord::new(root, quality).contains(key % 12))
    }
}

/// Comping and bass of a piece, as far as it has them.
pub fn who_accompanies(
    source: &str,
    parts: &BTreeMap<String, Vec<Note>>,
    melody: &[Note],
    chords: &[Chorded],
    measures: &[(f64, Measure)],
) -> (Vec<Note>, Vec<Note>) {
    let together = |is: &dyn Fn(&str) -> bool| {
        let mut notes: Vec<Note> =
            parts.iter().filter(|(name, _)| is(name)).flat_map(|(_, part)| part.clone()).collect();
        notes.sort_by(|one, other| one.onset.total_cmp(&other.onset).then(one.key.cmp(&other.key)));
        notes
    };
    let (comping, bass) = match source {
        "pop909" => (together(&|name| name == "PIANO"), None),
        "lieder" => (together(&|name| name.starts_with("piano")), None),
        "quartets" => {
            (together(&|name| ["violin2", "viola", "cello"].contains(&name)), Some(together(&|name| name == "cello")))
        }
        "game" | "gbstudio" | "blasphemer" => {
            let fullest = |is: &dyn Fn(&str) -> bool| {
                let candidates = parts.iter().filter(|(name, _)| is(name)).map(|(_, notes)| without(notes, melody));
                let fitting = |notes: &Vec<Note>| {
                    let bars = measures.iter().filter(|&&(start, measure)| {
                        let own = inside(notes, start, measure);
                        !own.is_empty() && comping_fits(&own, chords, start, measure, notes)
                    });
                    bars.count()
                };
                candidates.max_by_key(fitting).unwrap_or_default()
            };
            let mean =
                |notes: &[Note]| notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / notes.len().max(1) as f64;
            let comps = |name: &str| name != "drums" && !is_bass(name) && mean(&parts[name]) < LOWEST_LEAD;
            (fullest(&comps), Some(together(&is_bass)))
        }
        _ if parts.contains_key("bass") && parts.contains_key("tenor") => {
            (together(&|name| ["alto", "tenor", "bass"].contains(&name)), Some(together(&|name| name == "bass")))
        }
        _ if parts.len() < 2 => (Vec::new(), None),
        _ => (together(&|name| LOWER_STAFF.iter().any(|staff| name.contains(staff))), None),
    };
    let bass = bass.unwrap_or_else(|| lowest(&comping));
    (without(&comping, melody), bass)
}

/// Whether the program in a part's name is that of a bass: `t11c10p36`, `bass:38#2`.
fn is_bass(name: &str) -> bool {
    let name = name.split('#').next().unwrap_or_default();
    let program = name.rsplit(['p', ':']).next().and_then(|program| program.parse().ok());
    program.is_some_and(|program: u32| BASSES.contains(&program))
}

fn comping_fits(own: &[Note], chords: &[Chorded], start: f64, measure: Measure, part: &[Note]) -> bool {
    let places = places(chords, start, measure);
    !places.is_empty() && comping(own, &places, start, measure, part).is_some()
}

/// The notes that do not double the melody.
fn without(notes: &[Note], melody: &[Note]) -> Vec<Note> {
    let doubled: BTreeSet<(i64, u8)> = melody.iter().map(|note| (note.onset as i64, note.key)).collect();
    notes.iter().filter(|note| !doubled.contains(&(note.onset as i64, note.key))).copied().collect()
}

/// The low notes under which nothing sounds.
fn lowest(notes: &[Note]) -> Vec<Note> {
    let (mut chosen, mut sounding): (Vec<Note>, Vec<(f64, u8)>) = (Vec::new(), Vec::new());
    for note in notes {
        sounding.retain(|(end, _)| *end > note.onset);
        let is_same = chosen.last().is_some_and(|last| last.onset == note.onset);
        if note.key <= MOST_OF_BASS && !is_same && sounding.iter().all(|(_, low)| *low >= note.key) {
            chosen.push(*note);
        }
        sounding.push((note.onset + note.length, note.key));
    }
    chosen
}

/// The chords of a bar, and the one after it, if it has some throughout; else none.
pub fn places(chords: &[Chorded], start: f64, measure: Measure) -> Vec<Chorded> {
    let end = start + measure.ticks() as f64;
    let (mut found, mut at) = (Vec::new(), start);
    let first = chords.partition_point(|chord| chord.end <= start);
    for chord in &chords[first..] {
        if chord.onset >= end {
            found.push(*chord);
            break;
        }
        if chord.onset > at + NEAR || chord.chord.is_none() {
            return Vec::new();
        }
        found.push(Chorded { onset: chord.onset.max(start), end: chord.end.min(end), ..*chord });
        at = chord.end;
    }
    if at >= end - NEAR { found } else { Vec::new() }
}

/// The slots at which the chords of a bar begin.
pub fn changes(places: &[Chorded], start: f64, measure: Measure) -> u32 {
    let ticks = places.iter().map(|chord| (chord.onset - start).round() as i64);
    let ticks = ticks.filter(|tick| (0..measure.ticks()).contains(tick));
    ticks.fold(0, |slots, tick| slots | 1 << measure.nearest(tick))
}

/// The notes of a bar by slot, each with its offset, and the swing.
fn groups(notes: &[Note], measure: Measure) -> (BTreeMap<usize, Group>, f32) {
    let ticks: Vec<f64> = notes.iter().map(|note| note.onset).collect();
    let on_grid = snapped(measure, &ticks);
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (note, (slot, offset)) in notes.iter().zip(on_grid.places) {
        groups.entry(slot).or_default().push((*note, offset));
    }
    (groups, on_grid.swing)
}

/// The place of the chord that stands at `tick`.
fn place_at(places: &[Chorded], tick: f64) -> usize {
    places.iter().position(|chord| tick < chord.end).unwrap_or(places.len() - 1)
}

/// The bar of some strokes: row and notes by slot.
fn grid(strokes: &BTreeMap<usize, (usize, Group)>, measure: Measure, swing: f32) -> Grid {
    let mut grid = Grid::silent(measure);
    grid.swing = swing;
    let slots: Vec<usize> = strokes.keys().copied().collect();
    for (index, (&slot, (row, notes))) in strokes.iter().enumerate() {
        let after = slots.get(index + 1).map_or(measure.ticks(), |&next| measure.tick(next));
        let gap = (after - measure.tick(slot)) as f64;
        let mean = |of: fn(&(Note, f32)) -> f32| notes.iter().map(of).sum::<f32>() / notes.len() as f32;
        let longest = notes.iter().map(|(note, _)| note.length).fold(0.0, f64::max);
        let feel = Feel {
            velocity: mean(|(note, _)| f32::from(note.velocity)) / 127.0,
            offset: mean(|(_, offset)| *offset),
            length: (longest / gap).min(1.0) as f32,
        };
        grid.strike(Cell { slot, row: *row }, feel);
    }
    grid
}

fn row(part: Part, name: &str) -> usize {
    part.row(name).expect("the name stands in the list of rows")
}

/// A bar of comping; `None` if it is no accompaniment of its chords.
pub fn comping(notes: &[Note], places: &[Chorded], start: f64, measure: Measure, _: &[Note]) -> Option<Grid> {
    let (groups, swing) = groups(notes, measure);
    let tick = |slot: usize| start + measure.tick(slot) as f64;
    let own = |slot: usize| place_at(places, tick(slot));
    let is_ahead = |slot: usize, group: &[(Note, f32)]| {
        let classes: BTreeSet<u8> = group.iter().map(|(note, _)| note.key % 12).collect();
        let (here, next) = (own(slot), places.get(own(slot) + 1));
        classes.len() > 1
            && places[here].end - AHEAD <= tick(slot)
            && !classes.iter().all(|&class| places[here].has(class))
            && next.is_some_and(|next| classes.iter().all(|&class| next.has(class)))
    };
    if places.iter().filter(|chord| chord.onset < start + measure.ticks() as f64).count() > MOST_CHORDS {
        return None;
    }
    let (mut strokes, mut fitting) = (BTreeMap::new(), 0);
    for (index, chord) in places.iter().enumerate() {
        let mine: Vec<(usize, &Group)> = (groups.iter())
            .map(|(&slot, group)| (slot, group))
            .filter(|(slot, group)| own(*slot) == index && !is_ahead(*slot, group))
            .collect();
        let keys: BTreeSet<u8> = mine.iter().flat_map(|(_, group)| group.iter().map(|(note, _)| note.key)).collect();
        if !mine.is_empty() && !(2..=MOST_KEYS).contains(&keys.len()) {
            return None;
        }
        let keys: Vec<u8> = keys.into_iter().collect();
        let touches: Vec<&str> = mine.iter().map(|(_, group)| touch(group, &keys)).collect();
        let is_chordal = touches.iter().any(|touch| ["whole", "upper"].contains(touch));
        for ((slot, group), touch) in mine.into_iter().zip(touches) {
            fitting += group.iter().filter(|(note, _)| chord.has(note.key)).count();
            let touch = if is_chordal && touch == "step 0" { "low" } else { touch };
            strokes.insert(slot, (row(Part::Chords, touch), group.clone()));
        }
    }
    for (&slot, group) in groups.iter().filter(|(slot, group)| is_ahead(**slot, group)) {
        fitting += group.len();
        strokes.insert(slot, (row(Part::Chords, "whole_ahead"), group.clone()));
    }
    (fitting as f64 >= IN_CHORD * notes.len() as f64).then(|| grid(&strokes, measure, swing))
}

/// What a group strikes of a chord that lies on `keys`.
fn touch(group: &[(Note, f32)], keys: &[u8]) -> &'static str {
    let struck: BTreeSet<u8> = group.iter().map(|(note, _)| note.key).collect();
    let lowest = struck.first().copied();
    if struck.len() == 1 {
        let rank = keys.iter().position(|key| Some(*key) == lowest).unwrap_or_default();
        // Six ranks of a long chord, as it is mined.
        let rank = if keys.len() > 6 { (rank * 5 + (keys.len() - 1) / 2) / (keys.len() - 1) } else { rank };
        return Part::Chords.rows()[rank.min(4)];
    }
    let classes: BTreeSet<u8> = struck.iter().map(|key| key % 12).collect();
    match lowest == keys.first().copied() {
        false => "upper",
        true if classes.len() == 1 && keys.len() > struck.len() => "low",
        true => "whole",
    }
}

/// A bar of a bass; `None` where two notes fall on one slot.
pub fn bass(notes: &[Note], places: &[Chorded], start: f64, measure: Measure, part: &[Note]) -> Option<Grid> {
    let (groups, swing) = groups(notes, measure);
    if notes.len() > MOST_NOTES || groups.len() < notes.len() {
        return None;
    }
    let position = part.partition_point(|note| note.onset < notes[0].onset + start);
    let slots: Vec<usize> = groups.keys().copied().collect();
    let mut strokes = BTreeMap::new();
    for (index, (&slot, group)) in groups.iter().enumerate() {
        let (tick, key) = (start + measure.tick(slot) as f64, group[0].0.key);
        let here = place_at(places, tick);
        let (chord, next) = (places[here], places.get(here + 1));
        let (root, quality, bass) = chord.chord?;
        let after = slots.get(index + 1).map_or(measure.ticks(), |&next| measure.tick(next)) as f64;
        let coming = part.get(position + index + 1).map(|note| note.key);
        let leads = start + after >= chord.end;
        let last = (position + index).checked_sub(1).map(|before| part[before].key);
        let interval = (key + 12 - root) % 12;
        let [_, third, fifth, ..] = quality.intervals()[..] else { return None };
        let step = coming.map(|coming| i32::from(coming) - i32::from(key)).filter(|step| (1..=2).contains(&step.abs()));
        let next_bass = next.and_then(|next| next.chord).map(|(_, _, bass)| bass);
        let name = if tick <= chord.onset + NEAR && (key % 12 == bass || interval == 0) {
            "root"
        } else if next_bass == Some(key % 12) && interval != 0 && chord.end - AHEAD <= tick {
            "ahead"
        } else if let Some(step) = step.filter(|_| leads && interval != 0) {
            if step > 0 { "below" } else { "above" }
        } else if interval == 0 {
            let is_octave = notes[..index].iter().any(|other| other.key % 12 == root && key >= other.key + 12);
            match () {
                () if is_octave => "octave",
                () if last == Some(key) => "again",
                () => "root",
            }
        } else if [third, fifth].contains(&interval) {
            match () {
                () if last == Some(key) => "again",
                () if interval == third => "third",
                () => "fifth",
            }
        } else if (8..12).contains(&interval) {
            "sixth"
        } else {
            step.map_or("again", |step| if step > 0 { "below" } else { "above" })
        };
        strokes.insert(slot, (row(Part::Bass, name), group.clone()));
    }
    Some(grid(&strokes, measure, swing))
}
