//! What the musician does, as the band understands it: the lead line frame by frame, the chord that the left hand
//! holds, the key, loudness and range, and where a phrase ends.

use super::key_belief::KeyBelief;
use super::keyboard::{Keyboard, keys_of};
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_of_onset, frame_start};
use crate::music::{Chord, Frame, PitchClass, Tick};
use crate::network::features::Note;
use crate::score::Heard;

/// A note of the lead line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadNote {
    /// MIDI key.
    pub key: u8,
    /// When it began.
    pub onset: Tick,
    /// How long a finger held it; positive. Of a note that is still held: until now.
    pub length: Tick,
}

/// The most notes that are remembered of a phrase.
const PHRASE_NOTES: usize = 64;
/// The fewest notes that make a phrase.
const SHORTEST_PHRASE: usize = 4;
/// Silence that ends a phrase.
const PHRASE_REST: Tick = TICKS_PER_QUARTER;
/// Past this, a held key is taken for a note-off that was lost.
const LONGEST_NOTE: Tick = 64 * TICKS_PER_QUARTER;
/// A note that only the pedal holds counts as held for this long.
const PEDAL_TICKS: Tick = 2 * TICKS_PER_QUARTER;
/// A step of the clock beyond this, or back by more than two frames, is a jump to another place in the song.
const LONGEST_STEP: Tick = 256 * TICKS_PER_QUARTER;
/// Semitones below the middle of the lead line from which on a note is accompaniment: alone, and in a struck chord.
const BELOW_LEAD: (f32, f32) = (14.0, 7.0);

/// Listens to the musician. Takes a bounded amount of memory whatever is played.
#[derive(Clone, Debug)]
pub struct Listener {
    keyboard: Keyboard,
    belief: KeyBelief,
    /// The latest tick seen.
    now: Tick,
    /// The frame to which an onset belongs now.
    open: Frame,
    /// Keys struck in the open frame, one bit each.
    struck: u128,
    /// Keys struck under a sounding lead, which become the lead when it ends.
    waiting: u128,
    lead: Option<Lead>,
    /// The lead line in the frame before the open one.
    last: Note,
    phrase: Vec<LeadNote>,
    phrases: u32,
    /// How many lead notes have begun.
    notes: u32,
    touch: Option<f32>,
    centre: Option<f32>,
    /// When a key went down last.
    last_onset: Option<Tick>,
}

#[derive(Clone, Copy, Debug)]
struct Lead {
    key: u8,
    onset: Tick,
    released: Option<Tick>,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            keyboard: Keyboard::default(),
            belief: KeyBelief::default(),
            now: 0,
            open: 0,
            struck: 0,
            waiting: 0,
            lead: None,
            last: Note::Rest,
            phrase: Vec::new(),
            phrases: 0,
            notes: 0,
            touch: None,
            centre: None,
            last_onset: None,
        }
    }
}

impl Listener {
    /// Takes in what the musician did. Returns whether it is a new note of the lead line, as far as one can tell yet.
    pub fn hear(&mut self, heard: &Heard) -> bool {
        match *heard {
            Heard::NoteOn { tick, channel, key, velocity } if velocity > 0 => {
                self.advance(tick);
                self.note_on(channel, key & 127, velocity)
            }
            Heard::NoteOn { tick, channel, key, .. } | Heard::NoteOff { tick, channel, key } => {
                self.advance(tick);
                if self.keyboard.release(channel, key & 127) {
                    self.released(key & 127);
                }
                false
            }
            Heard::Pedal { tick, channel, down } => {
                self.advance(tick);
                self.keyboard.pedal(channel, down);
                false
            }
        }
    }

    fn note_on(&mut self, channel: u8, key: u8, velocity: u8) -> bool {
        self.end_lead_note(key);
        self.keyboard.press(channel, key, self.now);
        self.struck |= 1 << key;
        self.belief.hear_onset(key % 12);
        self.touch = Some(glide(self.touch, velocity.min(127), 0.15));
        self.last_onset = Some(self.now);
        self.melodic_top() == Some(key)
    }

    fn released(&mut self, key: u8) {
        self.end_lead_note(key);
        self.waiting &= !(1 << key);
    }

    /// If `key` is the lead, its finger has let go of it.
    fn end_lead_note(&mut self, key: u8) {
        if let Some(lead) = self.lead.as_mut().filter(|lead| lead.key == key && lead.released.is_none()) {
            lead.released = Some(self.now);
            let length = (self.now - lead.onset).max(1);
            if let Some(note) = self.phrase.last_mut().filter(|note| note.key == key) {
                note.length = length;
            }
        }
    }

    /// Lets time pass until `tick`.
    pub fn advance(&mut self, tick: Tick) {
        if tick < self.now - 2 * TICKS_PER_FRAME || tick > self.now + LONGEST_STEP {
            self.jump(tick);
        }
        self.now = self.now.max(tick);
        let target = frame_of_onset(self.now);
        // A long silence needs no more than its last frames.
        self.open = self.open.max(target - 64);
        while self.open < target {
            self.close_frame();
            self.open += 1;
        }
    }

    /// The song goes on at `tick`: what has been heard keeps its distance from now.
    pub fn jump(&mut self, tick: Tick) {
        let delta = tick - self.now;
        self.keyboard.shift(delta);
        self.now = tick;
        self.open = frame_of_onset(tick);
        if let Some(lead) = &mut self.lead {
            lead.onset += delta;
            lead.released = lead.released.map(|tick| tick + delta);
        }
        for note in &mut self.phrase {
            note.onset += delta;
        }
        self.last_onset = self.last_onset.map(|tick| tick + delta);
    }

    /// Settles the lead line in the open frame.
    fn close_frame(&mut self) {
        let middle = frame_start(self.open) + TICKS_PER_FRAME / 2;
        let top = self.melodic_top();
        self.waiting |= self.struck;
        self.struck = 0;
        if let Some(key) = top {
            self.begin_lead_note(key);
            self.last = Note::Onset(key % 12);
            return;
        }
        if self.lead.is_some_and(|lead| lead.released.is_some()) {
            // A lower note of a legato line, or of two voices, goes on when the upper one has ended.
            let below =
                keys_of(self.waiting).filter(|&key| self.keyboard.is_down(key) && self.is_melodic(key, false)).last();
            if let Some(key) = below {
                self.begin_lead_note(key);
            }
        }
        self.last = match self.lead {
            Some(lead) if self.lead_sounds(lead, middle) => {
                self.belief.hear_held(lead.key % 12);
                Note::Held(lead.key % 12)
            }
            _ => Note::Rest,
        };
    }

    fn lead_sounds(&self, lead: Lead, tick: Tick) -> bool {
        match lead.released {
            None => tick - lead.onset < LONGEST_NOTE,
            Some(end) => end >= tick || (self.keyboard.sounds(lead.key) && tick - end < PEDAL_TICKS),
        }
    }

    /// The highest key struck in the open frame, if it belongs to the lead line.
    fn melodic_top(&self) -> Option<u8> {
        let top = keys_of(self.struck).last()?;
        let under_lead =
            self.lead.is_some_and(|lead| lead.released.is_none() && self.keyboard.is_down(lead.key) && top < lead.key);
        let chord = self.struck.count_ones() >= 3;
        (!under_lead && self.is_melodic(top, chord)).then_some(top)
    }

    /// Whether a key lies where the lead line is, if there has been one lately.
    fn is_melodic(&self, key: u8, in_chord: bool) -> bool {
        let recent = self.lead.is_some_and(|lead| self.now - lead.released.unwrap_or(self.now) < 8 * TICKS_PER_QUARTER);
        let below = if in_chord { BELOW_LEAD.1 } else { BELOW_LEAD.0 };
        self.centre.is_none_or(|centre| !recent || self.phrase.len() < 3 || f32::from(key) >= centre - below)
    }

    fn begin_lead_note(&mut self, key: u8) {
        if let Some(lead) = self.lead.filter(|lead| lead.released.is_none()) {
            self.end_lead_note(lead.key);
        }
        let onset = self.keyboard.onset(key);
        let released = (!self.keyboard.is_down(key)).then_some(onset.max(self.now - TICKS_PER_FRAME) + 1);
        let rest = self.phrase.last().map_or(Tick::MAX, |last| onset - (last.onset + last.length));
        if rest >= PHRASE_REST {
            self.phrase.clear();
            self.phrases = self.phrases.wrapping_add(1);
        } else if self.phrase.len() == PHRASE_NOTES {
            self.phrase.remove(0);
        }
        let length = released.map_or(1, |end| (end - onset).max(1));
        self.phrase.push(LeadNote { key, onset, length });
        self.notes = self.notes.wrapping_add(1);
        self.lead = Some(Lead { key, onset, released });
        self.centre = Some(glide(self.centre, key, 0.12));
        self.waiting &= !(1 << key);
    }

    /// The lead line in the frame before the open one.
    pub fn last_frame(&self) -> Note {
        self.last
    }

    /// The lead line in the open frame, if a note of it was heard already (a hand is early as often as late).
    pub fn early(&self) -> Option<PitchClass> {
        self.melodic_top().map(|key| key % 12)
    }

    /// The pitch class of the lead note that sounds now, or ended less than a beat ago.
    pub fn newest(&self) -> Option<PitchClass> {
        let lead = self.lead.filter(|lead| self.now - lead.released.unwrap_or(self.now) < TICKS_PER_QUARTER);
        self.early().or(lead.map(|lead| lead.key % 12))
    }

    /// The chord of at least three pitch classes that the musician holds, under the lead or as a whole.
    pub fn held_chord(&self) -> Option<Chord> {
        let recent = |key: &u8| self.now - self.keyboard.onset(*key) < LONGEST_NOTE;
        let keys: Vec<u8> = self.keyboard.held().filter(recent).collect();
        let lead = self.lead.filter(|lead| lead.released.is_none()).map(|lead| lead.key);
        let under_lead: Vec<u8> = keys.iter().copied().filter(|&key| lead.is_none_or(|lead| key < lead)).collect();
        [under_lead, keys].into_iter().find_map(|keys| {
            let classes = keys.iter().fold(0u16, |classes, key| classes | 1 << (key % 12));
            if classes.count_ones() < 3 { None } else { Chord::recognise(&keys).map(|found| found.chord) }
        })
    }

    /// The last phrase of the lead line and its number, if it has ended: at least four notes, and silence for a beat.
    pub fn ended_phrase(&self) -> Option<(u32, &[LeadNote])> {
        let released = self.lead?.released?;
        let rest = if self.keyboard.has_pedal() { 2 * PHRASE_REST } else { PHRASE_REST };
        let ended = self.now - released >= rest && self.phrase.len() >= SHORTEST_PHRASE && self.melodic_top().is_none();
        ended.then_some((self.phrases, &self.phrase[..]))
    }

    /// The newest phrase of the lead line and its number, whether it has ended or not.
    pub fn phrase(&self) -> (u32, &[LeadNote]) {
        (self.phrases, &self.phrase)
    }

    /// Ticks since the lead line fell silent: 0 while it sounds, `None` if there was none.
    pub fn rest(&self) -> Option<Tick> {
        let lead = self.lead?;
        let silent = lead.released.filter(|_| self.melodic_top().is_none());
        Some(silent.map_or(0, |released| (self.now - released).max(0)))
    }

    /// How many notes of the lead line have ended so far, and those of the phrase that have.
    pub fn ended_notes(&self) -> (u32, &[LeadNote]) {
        let sounding = usize::from(self.lead.is_some_and(|lead| lead.released.is_none()));
        (self.notes.wrapping_sub(sounding as u32), &self.phrase[..self.phrase.len().saturating_sub(sounding)])
    }

    /// The belief about the key.
    pub fn belief(&self) -> &KeyBelief {
        &self.belief
    }

    /// Ticks since the musician did anything that sounds; `None` if nothing was ever heard.
    pub fn silence(&self) -> Option<Tick> {
        let holds = self.keyboard.held().any(|key| self.now - self.keyboard.onset(key) < LONGEST_NOTE);
        let since = self.lead.and_then(|lead| lead.released).into_iter().chain(self.last_onset).max()?;
        Some(if holds { 0 } else { (self.now - since).max(0) })
    }

    /// The musician's loudness of late, as a MIDI velocity.
    pub fn touch(&self) -> u8 {
        self.touch.unwrap_or(80.0).round().clamp(1.0, 127.0) as u8
    }

    /// The middle of the lead line of late, as a MIDI key.
    pub fn centre(&self) -> u8 {
        self.centre.unwrap_or(67.0).round().clamp(0.0, 127.0) as u8
    }
}

fn glide(from: Option<f32>, to: u8, share: f32) -> f32 {
    let to = f32::from(to);
    from.map_or(to, |from| from + share * (to - from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::Key;

    fn on(tick: Tick, key: u8) -> Heard {
        Heard::NoteOn { tick, channel: 0, key, velocity: 90 }
    }

    fn off(tick: Tick, key: u8) -> Heard {
        Heard::NoteOff { tick, channel: 0, key }
    }

    /// The lead line of the first `frames` frames.
    fn lead_line(events: &[Heard], frames: Frame) -> Vec<Note> {
        let mut listener = Listener::default();
        let mut events = events.iter().peekable();
        (1..=frames)
            .map(|frame| {
                let tick_of = |heard: &Heard| match *heard {
                    Heard::NoteOn { tick, .. } | Heard::NoteOff { tick, .. } | Heard::Pedal { tick, .. } => tick,
                };
                while let Some(heard) = events.next_if(|heard| tick_of(heard) < frame_start(frame)) {
                    listener.hear(heard);
                }
                listener.advance(frame_start(frame));
                listener.last_frame()
            })
            .collect()
    }

    use Note::{Held, Onset, Rest};

    #[test]
    fn a_note_is_an_onset_then_held_then_a_rest() {
        assert_eq!(lead_line(&[on(6, 60), off(17, 60)], 4), [Rest, Onset(0), Held(0), Rest]);
    }

    #[test]
    fn an_onset_up_to_two_ticks_early_belongs_to_the_next_frame() {
        assert_eq!(lead_line(&[on(4, 60), off(12, 60)], 3), [Rest, Onset(0), Rest]);
        assert_eq!(lead_line(&[on(3, 60), off(11, 60)], 3), [Onset(0), Held(0), Rest]);
    }

    #[test]
    fn the_highest_note_is_the_lead() {
        let chord = [on(0, 48), on(0, 52), on(1, 72), off(6, 72), off(6, 48), off(6, 52)];
        assert_eq!(lead_line(&chord, 1), [Onset(0)]);
        let lower = [on(0, 76), on(6, 60), off(12, 60), off(12, 76)];
        assert_eq!(lead_line(&lower, 2), [Onset(4), Held(4)]);
    }

    #[test]
    fn a_legato_line_goes_down_as_well_as_up() {
        let line = [on(0, 64), on(6, 62), off(8, 64), on(12, 60), off(13, 62), off(18, 60)];
        assert_eq!(lead_line(&line, 3), [Onset(4), Onset(2), Onset(0)]);
    }

    #[test]
    fn a_left_hand_chord_in_a_rest_of_the_melody_is_no_melody() {
        let mut events = Vec::new();
        for (index, key) in [72, 74, 76, 77].into_iter().enumerate() {
            events.extend([on(6 * index as Tick, key), off(6 * index as Tick + 5, key)]);
        }
        events.extend([on(24, 48), on(24, 52), on(24, 55), on(36, 43)]);
        assert_eq!(lead_line(&events, 7)[4..], [Rest, Rest, Rest]);
    }

    #[test]
    fn the_chord_under_the_lead_is_recognised() {
        let mut listener = Listener::default();
        for (tick, key) in [(0, 50), (0, 53), (1, 57), (1, 60), (2, 76)] {
            listener.hear(&on(tick, key));
        }
        listener.advance(12);
        assert_eq!(listener.held_chord(), "Dm7".parse().ok());
        for key in [53, 57, 60] {
            listener.hear(&off(13, key));
        }
        assert_eq!(listener.held_chord(), None);
    }

    #[test]
    fn a_phrase_ends_a_beat_after_its_last_note() {
        let mut listener = Listener::default();
        for (index, key) in [60, 62, 64, 65].into_iter().enumerate() {
            listener.hear(&on(12 * index as Tick, key));
            listener.hear(&off(12 * index as Tick + 10, key));
        }
        listener.advance(69);
        assert_eq!(listener.ended_phrase(), None);
        assert_eq!(listener.ended_notes().0, 4);
        listener.advance(72);
        let (_, phrase) = listener.ended_phrase().unwrap();
        assert_eq!(phrase[1], LeadNote { key: 62, onset: 12, length: 10 });
        assert_eq!(phrase.len(), 4);
        listener.hear(&on(73, 60));
        assert_eq!(listener.ended_phrase(), None);
    }

    #[test]
    fn three_notes_are_no_phrase() {
        let mut listener = Listener::default();
        for (index, key) in [60, 62, 64].into_iter().enumerate() {
            listener.hear(&on(12 * index as Tick, key));
            listener.hear(&off(12 * index as Tick + 10, key));
        }
        listener.advance(480);
        assert_eq!(listener.ended_phrase(), None);
    }

    #[test]
    fn a_jump_back_keeps_what_was_heard() {
        let mut listener = Listener::default();
        for (index, key) in [60, 64, 67, 72].into_iter().enumerate() {
            listener.hear(&on(6 * index as Tick, key));
            listener.hear(&off(6 * index as Tick + 5, key));
        }
        listener.advance(30);
        listener.jump(0);
        assert_eq!(listener.silence(), Some(7));
        listener.advance(24);
        assert_eq!(listener.ended_phrase().map(|(_, phrase)| phrase.len()), Some(4));
        assert_eq!(listener.belief().key().map(|(key, _)| key), Some(Key::major(0)));
    }

    fn storm() -> impl Strategy<Value = Vec<Heard>> {
        let tick = prop_oneof![0i64..2000, any::<i64>().prop_map(|tick| tick >> 16)];
        let event =
            (tick, 0u8..255, any::<u8>(), any::<u8>(), 0u8..3).prop_map(|(tick, channel, key, velocity, kind)| {
                match kind {
                    0 => Heard::NoteOn { tick, channel, key, velocity },
                    1 => Heard::NoteOff { tick, channel, key },
                    _ => Heard::Pedal { tick, channel, down: velocity > 127 },
                }
            });
        prop::collection::vec(event, 0..400)
    }

    proptest! {
        #[test]
        fn no_storm_of_events_breaks_it(events in storm()) {
            let mut listener = Listener::default();
            for heard in &events {
                listener.hear(heard);
                prop_assert!(listener.phrase.len() <= PHRASE_NOTES);
                prop_assert!(listener.phrase.iter().all(|note| note.length > 0 && note.key < 128));
                prop_assert!(listener.silence().is_none_or(|ticks| ticks >= 0));
                prop_assert!((1..=127).contains(&listener.touch()) && listener.centre() < 128);
                let _ = (listener.held_chord(), listener.ended_phrase(), listener.newest());
            }
        }
    }
}
