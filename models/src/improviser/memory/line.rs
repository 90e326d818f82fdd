//! A line of melody as it is remembered, and how far two of them agree, whatever the key.

use crate::improviser::listening::LeadNote;
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{BarPosition, Chord, PitchClass, Tick};
use crate::network::features::{TIME_CLASSES, TIMES};

/// The longest context, in notes.
pub(super) const ORDER: usize = 6;
/// A longer context of nothing but one key is no figure: one drill would foretell the other, and neither would end.
const DRILL: usize = 2;
/// A rest that begins a phrase.
const PHRASE_REST: Tick = 24;
/// What the first note of a phrase has in the place of a step.
const AFTER_REST: u8 = 0;
/// Ticks from the last note of a phrase to the next phrase, where it is not known how long the rest was.
const BREATH: u8 = 48;
/// The place of a note of which it is not known where in the bar it began.
const NOWHERE: u16 = u16::MAX;
/// Ticks by which a hand misses the grid at most. What lies farther from it is meant to.
const MISSED: Tick = 2;

/// What a note stands on.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// The bar, or another one with barlines in the same places.
    pub position: BarPosition,
    /// The chord.
    pub chord: Option<Chord>,
}

/// The root of the chord under a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Unknown,
    /// `None`: no chord.
    Known(Option<PitchClass>),
}

/// A note as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineNote {
    /// MIDI key, 0–127.
    pub key: u8,
    /// Ticks from the onset of the note before; [`AFTER_REST`] if the note begins a phrase.
    pub step: u8,
    /// Sounding length in ticks, at least 1.
    pub length: u8,
    /// Ticks from the onset of the note before, whether there was a rest or not.
    time: u8,
    /// Ticks from the barline, on the grid if a hand meant that, or [`NOWHERE`].
    place: u16,
    root: Root,
}

impl LineNote {
    /// A note with the step to it, of which no more is known.
    pub fn known(key: u8, step: u8, length: u8) -> Self {
        let time = if step == AFTER_REST { BREATH } else { step };
        Self { key, step, length, time, place: NOWHERE, root: Root::Unknown }
    }

    /// `note`, where `before` was the note before it, if it was of the same phrase.
    pub fn new(before: Option<LeadNote>, note: LeadNote) -> Self {
        Self::known(note.key, step_between(before, note.onset), within_a_byte(note.length))
    }

    /// `note` on its `ground`, where `before` was the note before it, whether there was a rest or not.
    pub fn placed(before: Option<LeadNote>, note: LeadNote, Ground { position, chord }: Ground) -> Self {
        let time = before.map_or(BREATH, |before| within_a_byte(note.onset - before.onset));
        let position = position.at(note.onset);
        let place = meant(position.ticks_into_bar(note.onset)).rem_euclid(position.meter.bar_ticks()) as u16;
        Self { time, place, root: Root::Known(chord.map(|chord| chord.root)), ..Self::new(before, note) }
    }

    /// Whether the note, moved `up`, is known to have stood over another root than that of `chord`.
    fn is_elsewhere(&self, up: i32, chord: Option<Chord>) -> bool {
        let Root::Known(root) = self.root else { return false };
        root.map(|root| (i32::from(root) + up).rem_euclid(12)) != chord.map(|chord| i32::from(chord.root))
    }
}

fn within_a_byte(ticks: Tick) -> u8 {
    ticks.clamp(1, TIME_CLASSES[TIMES - 1]) as u8
}

/// How a note at `onset` follows `before`: ticks from onset to onset, at most 192, or 0 after a rest of a quarter note
/// or more, and if there is none before.
pub fn step_between(before: Option<LeadNote>, onset: Tick) -> u8 {
    before
        .filter(|before| onset - (before.onset + before.length) < PHRASE_REST)
        .map_or(AFTER_REST, |before| within_a_byte(onset - before.onset))
}

/// Whether two steps are meant to be the same, as far as hands keep time.
pub(super) fn alike(one: u8, other: u8) -> bool {
    (one == AFTER_REST) == (other == AFTER_REST) && one.abs_diff(other) <= 1 + one.min(other) / 8
}

/// The last notes of a line that is being played.
#[derive(Clone, Debug, Default)]
pub struct Trail(Vec<LineNote>);

impl Trail {
    /// `note` follows `before`, if there was one.
    pub fn put_down(&mut self, before: Option<LeadNote>, note: LeadNote) {
        super::push(&mut self.0, LineNote::new(before, note), ORDER);
    }

    /// How many of the last notes have the same key.
    fn same_key(&self) -> usize {
        let last = self.0.last().map(|last| last.key);
        self.0.iter().rev().take_while(|note| Some(note.key) == last).count()
    }
}

/// Where a line goes on.
#[derive(Clone, Copy, Debug)]
pub struct Junction<'a> {
    /// The notes before.
    pub trail: &'a Trail,
    /// How the next note follows them; see [`step_between`].
    pub step: u8,
    /// Ticks from the barline to the next note.
    pub into_bar: Tick,
    /// The chord under it.
    pub chord: Option<Chord>,
    /// The MIDI key of pitch 0.
    pub lowest: i32,
}

/// A note that stands in a line as the next one does at a junction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parallel {
    /// Its key, moved as the notes before it have to be so that they are those before the junction. `None`: there are
    /// none.
    pub key: Option<i32>,
    /// Its sounding length in ticks.
    pub length: u8,
    /// Ticks to the onset of the note after it, if that is known.
    pub wait: Option<u8>,
    /// How many notes before it agree.
    pub agreeing: usize,
    /// Whether they agree in pitch as they are, but for octaves.
    pub unmoved: bool,
    /// Whether it stood over another harmony, moved as the notes are, than the junction does.
    pub elsewhere: bool,
    /// Whether it has the same place in the bar.
    pub in_place: bool,
}

impl Parallel {
    /// Of every note of `line`.
    pub fn all<'a>(line: &'a [LineNote], junction: Junction<'a>) -> impl Iterator<Item = Self> + 'a {
        let here = meant(junction.into_bar);
        let same_key = junction.trail.same_key();
        line.iter().enumerate().map(move |(index, note)| {
            let (agreeing, up) = agreement(&line[..=index], junction);
            let agreeing = if agreeing <= same_key { agreeing.min(DRILL) } else { agreeing };
            Self {
                key: up.map(|up| i32::from(note.key) + up),
                length: note.length,
                wait: line.get(index + 1).map(|after| after.time),
                agreeing,
                unmoved: up.is_some_and(|up| up % 12 == 0),
                elsewhere: up.is_some_and(|up| note.is_elsewhere(up, junction.chord)),
                in_place: Tick::from(note.place) == here,
            }
        })
    }

    /// The same note, as if nothing about it agreed.
    pub fn apart(self) -> Self {
        Self { key: None, agreeing: 0, in_place: false, ..self }
    }

    /// The time to the note after it, as it would be at a junction that lies `into_bar`, and as a hand meant it.
    pub fn time_from(&self, into_bar: Tick) -> Option<Tick> {
        self.wait.map(|wait| on_grid(into_bar, wait.into()))
    }
}

/// How many notes before the last one of `line` agree with the trail: the steps, and but for the key in which they are
/// the pitches too; and by how many semitones they have to be moved for that.
fn agreement(line: &[LineNote], Junction { trail, step, .. }: Junction) -> (usize, Option<i32>) {
    let [before @ .., note] = line else { return (0, None) };
    if !alike(note.step, step) {
        return (0, None);
    }
    let (mut agreeing, mut moved) = (0, None);
    for (ours, theirs) in before.iter().rev().zip(trail.0.iter().rev()) {
        let up = i32::from(theirs.key) - i32::from(ours.key);
        if moved.is_some_and(|moved| moved != up) {
            break;
        }
        moved = Some(up);
        agreeing += 1;
        if !alike(ours.step, theirs.step) {
            break;
        }
    }
    (agreeing, moved)
}

/// The tick, counted from a barline, at which a hand that came `into_bar` meant to be: on a sixteenth or on a triplet
/// eighth, if one is near.
fn meant(into_bar: Tick) -> Tick {
    let nearest = |grid: Tick| (into_bar + grid / 2).div_euclid(grid) * grid;
    let off = |tick: Tick| (tick - into_bar).abs();
    let (sixteenth, triplet) = (nearest(TICKS_PER_FRAME), nearest(8));
    let near = if off(triplet) < off(sixteenth) { triplet } else { sixteenth };
    if off(near) <= MISSED { near } else { into_bar }
}

/// The time nearest to `time` that ends where a hand meant to be; `into_bar` is where it begins.
fn on_grid(into_bar: Tick, time: Tick) -> Tick {
    let meant = meant(into_bar + time);
    if meant > into_bar { meant - into_bar } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Meter, Quality};

    const GROUND: Ground = Ground {
        position: BarPosition { bar_start: 0, meter: Meter { numerator: 4, denominator: 4 } },
        chord: Some(Chord::new(0, Quality::Major)),
    };

    #[test]
    fn a_note_is_elsewhere_over_a_chord_that_did_not_move_with_it() {
        let note = LeadNote { key: 60, onset: 0, length: 10 };
        let (placed, unknown) = (LineNote::placed(None, note, GROUND), LineNote::new(None, note));
        let over = |root| Some(Chord::new(root, Quality::Minor));
        assert!(!placed.is_elsewhere(2, over(2)) && !placed.is_elsewhere(-10, over(2)));
        assert!(placed.is_elsewhere(2, over(0)) && placed.is_elsewhere(0, None));
        assert!(!unknown.is_elsewhere(2, over(0)));
    }

    #[test]
    fn a_hands_timing_is_drawn_to_the_grid() {
        assert_eq!([10, 11, 12, 13, 14].map(|time| on_grid(0, time)), [12; 5]);
        assert_eq!([15, 16].map(|time| on_grid(24, time)), [16; 2]);
        assert_eq!(on_grid(16, 9), 8);
        assert_eq!([1, 2].map(|time| on_grid(0, time)), [1, 2], "what is shorter than the grid stays");
        assert_eq!([3, 21, 27].map(|time| on_grid(0, time)), [3, 21, 27], "so is what lies off it");
    }

    #[test]
    fn a_hand_that_is_early_at_a_barline_means_the_barline() {
        let note = |onset| LeadNote { key: 60, onset, length: 10 };
        let place = |into| LineNote::placed(None, note(into), GROUND).place;
        assert_eq!([95, 0, 1, 49].map(place), [0, 0, 0, 48]);
    }

    #[test]
    fn the_rest_between_two_phrases_is_known_where_both_notes_are() {
        let note = |onset| LeadNote { key: 60, onset, length: 10 };
        let after = LineNote::placed(Some(note(0)), note(72), GROUND);
        assert_eq!((after.step, after.time), (AFTER_REST, 72));
        assert_eq!(LineNote::new(None, note(72)).time, BREATH);
    }
}
