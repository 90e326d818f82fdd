//! What the musician does, as the band understands it: the lead line frame by frame, the harmony that the left hand
//! holds, the key, the manner of playing, and where a phrase ends.

mod gesture;
mod grasp;
mod hands;
mod held;
pub mod key_belief;
pub(crate) mod keyboard;
mod onsets;
mod phrases;
mod portrait;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::channels::{Channels, RightHand};
use crate::music::pitch::class_of;
use crate::music::time::{EARLY_TICKS, TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_of_onset, frame_start};
use crate::music::{Chord, Frame, PitchClass, PitchClassSet, SlashChord, Tick};
use crate::network::features::Note;
use crate::score::Heard;
use key_belief::KeyBelief;
use keyboard::{Keyboard, keys_of};

use gesture::Gesture;
use hands::Hands;
use held::{Held, Sound};
use onsets::Onsets;
use phrases::{PHRASE_REST, Phrases};
use portrait::Habits;

pub use grasp::Grasp;
pub use phrases::LeadNote;
pub use portrait::{LONGEST_REST, Portrait};

/// Past this, a held key is taken for a note-off that was lost.
const LONGEST_NOTE: Tick = 64 * TICKS_PER_QUARTER;
/// A note that only the pedal holds counts as held for this long.
const PEDAL_TICKS: Tick = 2 * TICKS_PER_QUARTER;
/// A step of the clock beyond this, or back by more than two frames, is a jump to another place in the song.
const LONGEST_STEP: Tick = 256 * TICKS_PER_QUARTER;
/// A silence is gone through in frames up to this many; of a longer one, the rest changes nothing.
const LONGEST_SILENCE: Frame = 64;
/// Semitones below the lead from which on a key that comes and goes under it is another hand's.
const OTHER_VOICE: u8 = 5;

/// Listens to the musician. Takes a bounded amount of memory whatever is played.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    keyboard: Keyboard,
    hands: Hands,
    belief: KeyBelief,
    held: Held,
    phrases: Phrases,
    habits: Habits,
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
    sweep: Option<Sweep>,
    /// When keys went down of late.
    onsets: Onsets,
}

#[derive(Clone, Copy, Debug)]
struct Lead {
    key: u8,
    onset: Tick,
    released: Option<Tick>,
}

/// A gesture, and what was believed before it: only when it has gone on for a while can one tell what it is.
#[derive(Clone, Copy, Debug)]
struct Sweep {
    gesture: Gesture,
    hands: Hands,
    belief: KeyBelief,
}

impl Listener {
    /// From now on each channel is what `channels` say.
    pub fn play_on(&mut self, channels: Channels) {
        self.hands.play_on(channels);
    }

    /// Takes in what the musician did. Returns whether it is a new note of the lead line, as far as one can tell yet.
    /// Drums have no part in any of it.
    pub fn hear(&mut self, heard: &Heard) -> bool {
        match *heard {
            Heard::NoteOn { channel, .. } if self.hands.channels().is_drums(channel) => false,
            Heard::NoteOn { tick, channel, key, velocity } if velocity > 0 => {
                self.advance(tick);
                self.note_on(channel, key & 127, velocity)
            }
            Heard::NoteOn { tick, channel, key, .. } | Heard::NoteOff { tick, channel, key } => {
                self.advance(tick);
                if self.keyboard.release(channel, key & 127) {
                    self.end_lead_note(key & 127);
                }
                false
            }
            Heard::Pedal { tick, channel, down } => {
                self.advance(tick);
                self.keyboard.pedal(self.hands.channels().under_pedal_of(channel), down);
                false
            }
        }
    }

    fn note_on(&mut self, channel: u8, key: u8, velocity: u8) -> bool {
        self.end_lead_note(key);
        self.keyboard.press(channel, key, self.now);
        self.hands.press(channel, key);
        self.struck |= 1 << key;
        self.waiting &= !(1 << key);
        self.habits.hear_stroke(velocity);
        self.onsets.push(self.now);
        if !self.sweep.as_mut().is_some_and(|sweep| sweep.gesture.goes_on(key, self.now)) {
            let gesture = Gesture::new(key, self.now);
            self.sweep = Some(Sweep { gesture, hands: self.hands, belief: self.belief });
        }
        self.new_lead() == Some(key)
    }

    /// If `key` is the lead, its finger has let go of it.
    fn end_lead_note(&mut self, key: u8) {
        if let Some(lead) = self.lead.as_mut().filter(|lead| lead.key == key && lead.released.is_none()) {
            lead.released = Some(self.now);
            self.phrases.end_note(key, self.now - lead.onset);
            self.hands.hear_right_until(self.now);
        }
    }

    /// Lets time pass until `tick`.
    pub fn advance(&mut self, tick: Tick) {
        if tick < self.now - 2 * TICKS_PER_FRAME || tick > self.now + LONGEST_STEP {
            self.jump(tick);
        }
        self.now = self.now.max(tick);
        let target = frame_of_onset(self.now);
        self.open = self.open.max(target - LONGEST_SILENCE);
        while self.open < target {
            self.close_frame();
            self.open += 1;
        }
    }

    /// The song goes on at `tick`: what has been heard keeps its distance from now.
    pub fn jump(&mut self, tick: Tick) {
        let delta = tick - self.now;
        self.keyboard.shift(delta);
        self.hands.shift(delta);
        self.held.shift(delta);
        self.phrases.shift(delta);
        self.now = tick;
        self.open = frame_of_onset(tick);
        if let Some(lead) = &mut self.lead {
            lead.onset += delta;
            lead.released = lead.released.map(|tick| tick + delta);
        }
        if let Some(sweep) = &mut self.sweep {
            sweep.gesture.shift(delta);
            sweep.hands.shift(delta);
        }
        self.onsets.shift(delta);
    }

    /// Settles what was played in the open frame.
    fn close_frame(&mut self) {
        self.reconsider_sweep();
        let above = self.held_lead();
        let top = self.new_lead();
        let before = self.held.harmony();
        self.held = self.held.with(&self.sound(), self.struck);
        self.believe(top, before);
        self.hands.settle(self.struck, above, self.now);
        self.waiting = (self.waiting | self.struck) & !self.hands.left_keys();
        self.struck = 0;
        self.habits.pass_frame(top.is_some());
        self.last = match top {
            Some(key) => {
                self.begin_lead_note(key);
                Note::Onset(class_of(key))
            }
            None => self.go_on(),
        };
        self.weed_out();
    }

    /// The gesture that the keys struck now belong to may turn out to be one chord, or one note with a run-up.
    fn reconsider_sweep(&mut self) {
        let Some(Sweep { gesture, hands, belief }) = self.sweep else { return };
        let glissando = gesture.is_glissando(&self.keyboard);
        if self.struck >> gesture.key & 1 == 0 || !(glissando || gesture.is_rolled_chord(&self.keyboard)) {
            return;
        }
        self.hands.unlearn(&hands);
        self.belief = belief;
        self.phrases.take_back(gesture.first);
        if self.lead.is_some_and(|lead| lead.onset >= gesture.first) {
            self.lead = None;
        }
        self.waiting &= !gesture.keys;
        self.struck |= gesture.keys;
        if glissando {
            self.struck &= !gesture.keys | 1 << gesture.key;
        }
    }

    /// What the open frame says about the key, where `top` begins in the lead line and the left hand may have changed
    /// the harmony `before`. A glissando says nothing.
    fn believe(&mut self, top: Option<u8>, before: Option<SlashChord>) {
        let glides =
            |sweep: &Sweep| self.struck & sweep.gesture.keys != 0 && sweep.gesture.is_glissando(&self.keyboard);
        if self.sweep.as_ref().is_some_and(glides) {
            return;
        }
        if let Some(key) = top {
            self.belief.hear_onset(class_of(key));
        }
        let others: PitchClassSet = keys_of(self.struck).filter(|&key| Some(key) != top).map(class_of).collect();
        others.iter().for_each(|class| self.belief.hear_accompaniment(class));
        let chord = |harmony: Option<SlashChord>| harmony.map(|harmony| harmony.chord);
        if let Some(new) = chord(self.held.harmony()).filter(|&new| Some(new) != chord(before)) {
            self.belief.hear_chord(new);
        }
    }

    /// The chart says what the key is: that is believed as long as nothing was heard.
    pub fn expect(&mut self, belief: &KeyBelief) {
        if self.belief.key().is_none() {
            self.belief = *belief;
        }
    }

    /// The chart has gone on to `chord`: that says what the key is, as a chord of the left hand does.
    pub fn hear_chart(&mut self, chord: Chord) {
        self.belief.hear_chord(chord);
    }

    /// The lead line in a frame in which no note of it begins.
    fn go_on(&mut self) -> Note {
        if self.lead.is_some_and(|lead| lead.released.is_some()) {
            // A lower note of a legato line, or of two voices, goes on when the upper one has ended.
            let below = keys_of(self.waiting & self.keyboard.fingers()).last();
            if let Some(key) = below.filter(|&key| self.hands.left_of(1 << key, None, self.now) == 0) {
                self.hands.hear_lead(key, self.now);
                self.begin_lead_note(key);
            }
        }
        let middle = frame_start(self.open) + TICKS_PER_FRAME / 2;
        match self.lead.filter(|&lead| self.lead_sounds(lead, middle)) {
            Some(lead) => {
                self.belief.hear_held(class_of(lead.key));
                Note::Held(class_of(lead.key))
            }
            None => Note::Rest,
        }
    }

    /// What has come and gone under a lead that is still held was accompaniment.
    fn weed_out(&mut self) {
        let gone = self.waiting & !self.keyboard.fingers();
        self.waiting &= !gone;
        if let Some(lead) = self.lead.filter(|_| self.held_lead().is_some()) {
            let later = |key: u8| self.keyboard.onset(key) > lead.onset + EARLY_TICKS;
            let other = keys_of(gone).filter(|&key| key + OTHER_VOICE <= lead.key && later(key));
            other.for_each(|key| self.hands.hear_accompaniment(key, self.now));
        }
    }

    fn begin_lead_note(&mut self, key: u8) {
        if let Some(lead) = self.lead {
            self.end_lead_note(lead.key);
        }
        let onset = self.keyboard.onset(key);
        let released = (!self.keyboard.is_down(key)).then_some(onset.max(self.now - TICKS_PER_FRAME) + 1);
        self.phrases.push(LeadNote { key, onset, length: released.map_or(1, |end| (end - onset).max(1)) });
        self.lead = Some(Lead { key, onset, released });
        self.habits.hear_lead(key);
        self.waiting &= !(1 << key);
    }

    fn lead_sounds(&self, lead: Lead, tick: Tick) -> bool {
        match lead.released {
            None => tick - lead.onset < LONGEST_NOTE,
            Some(end) => end >= tick || (self.keyboard.sounds(lead.key) && tick - end < PEDAL_TICKS),
        }
    }

    /// The key of the lead line that a finger holds.
    fn held_lead(&self) -> Option<u8> {
        let lead = self.lead.filter(|lead| lead.released.is_none() && self.now - lead.onset < LONGEST_NOTE);
        lead.map(|lead| lead.key).filter(|&key| self.keyboard.is_down(key))
    }

    /// The key that begins in the lead line in the open frame: the highest of the right hand's that are struck, unless
    /// it lies under a lead that is held.
    fn new_lead(&self) -> Option<u8> {
        let above = self.held_lead();
        let right = self.struck & !self.hands.left_of(self.struck, above, self.now);
        keys_of(right).last().filter(|&top| above.is_none_or(|lead| top >= lead))
    }

    /// What sounds now, the open frame included.
    fn sound(&self) -> Sound<'_> {
        let lead = self.held_lead();
        let left = self.hands.left_keys() | self.hands.left_of(self.struck, lead, self.now);
        let lead = lead.max(self.new_lead());
        Sound { keyboard: &self.keyboard, left, lead, earliest: self.now - LONGEST_NOTE }
    }

    /// The lead line in the frame before the open one.
    pub fn last_frame(&self) -> Note {
        self.last
    }

    /// The lead line in the open frame, if a note of it was heard already (a hand is early as often as late).
    pub fn early(&self) -> Option<PitchClass> {
        self.new_lead().map(class_of)
    }

    /// The pitch class of the lead note that sounds now, or ended less than a beat ago.
    pub fn newest(&self) -> Option<PitchClass> {
        let lead = self.lead.filter(|lead| self.now - lead.released.unwrap_or(self.now) < TICKS_PER_QUARTER);
        self.early().or(lead.map(|lead| class_of(lead.key)))
    }

    /// The harmony that the musician's left hand holds, by finger or by pedal; without one, that of at least three
    /// pitch classes under the lead or as a whole.
    pub fn held_harmony(&self) -> Option<SlashChord> {
        self.held.with(&self.sound(), self.struck).harmony()
    }

    /// The same, but of a stroke of the left hand in the open frame only if it is a chord by itself: the rest of it may
    /// still come.
    pub fn landed_harmony(&self) -> Option<SlashChord> {
        let sound = self.sound();
        let landing: PitchClassSet = keys_of(self.struck & sound.left).map(class_of).collect();
        if landing.is_empty() || landing.len() >= grasp::WHOLE { self.held_harmony() } else { self.held.harmony() }
    }

    /// The chord of [`Listener::held_harmony`].
    pub fn held_chord(&self) -> Option<Chord> {
        self.held_harmony().map(|harmony| harmony.chord)
    }

    /// The last phrase of the lead line and its number, if it has ended: at least four notes, and silence for a beat.
    pub fn ended_phrase(&self) -> Option<(u32, &[LeadNote])> {
        let lead = self.lead?;
        let released = lead.released?;
        let rest = if self.keyboard.has_pedal(lead.key) { 2 * PHRASE_REST } else { PHRASE_REST };
        let ended = self.now - released >= rest && self.new_lead().is_none();
        self.phrases.whole().filter(|_| ended).map(|notes| (self.phrases.number(), notes))
    }

    /// The newest phrase of the lead line and its number, whether it has ended or not.
    pub fn phrase(&self) -> (u32, &[LeadNote]) {
        (self.phrases.number(), self.phrases.notes())
    }

    /// Ticks since the lead line fell silent: 0 while it sounds, `None` if there was none.
    pub fn rest(&self) -> Option<Tick> {
        let silent = self.lead?.released.filter(|_| self.new_lead().is_none());
        Some(silent.map_or(0, |released| (self.now - released).max(0)))
    }

    /// Whether the lead line, if there is one, had fallen silent by `tick` and nothing of it has begun since: not with
    /// that tick either.
    pub fn rests_over(&self, tick: Tick) -> bool {
        let released = self.lead.and_then(|lead| lead.released).filter(|_| self.new_lead().is_none());
        released.is_some_and(|released| released <= tick && self.now > tick + EARLY_TICKS)
    }

    /// How many notes of the lead line have ended so far, and those of the phrase that have.
    pub fn ended_notes(&self) -> (u32, &[LeadNote]) {
        let sounding = usize::from(self.lead.is_some_and(|lead| lead.released.is_none()));
        let notes = self.phrases.notes();
        (self.phrases.count().wrapping_sub(sounding as u32), &notes[..notes.len().saturating_sub(sounding)])
    }

    /// Which notes would be taken for the right hand's if they were struck now.
    pub fn right_hand(&self) -> RightHand {
        let lead = self.held_lead();
        let lowest = (0..128).find(|&key| self.hands.left_of(1 << key, lead, self.now) == 0).unwrap_or(127);
        let (chords_below, joined_from) = self.hands.borders_of_chords(lead, self.now);
        RightHand { lowest, chords_below, joined_from, ..self.hands.channels().right_hand() }
    }

    /// The belief about the key.
    pub fn belief(&self) -> &KeyBelief {
        &self.belief
    }

    /// When a key went down last, of whichever hand.
    pub fn last_onset(&self) -> Option<Tick> {
        self.onsets.last()
    }

    /// When keys went down in `span`, of whichever hand, as far as that is remembered; in order.
    pub fn onsets(&self, span: Range<Tick>) -> impl Iterator<Item = Tick> {
        self.onsets.within(span)
    }

    /// Ticks since the musician did anything that sounds; `None` if nothing was ever heard.
    pub fn silence(&self) -> Option<Tick> {
        let holds = self.keyboard.held().any(|key| self.now - self.keyboard.onset(key) < LONGEST_NOTE);
        let since = self.lead.and_then(|lead| lead.released).into_iter().chain(self.last_onset()).max()?;
        Some(if holds { 0 } else { (self.now - since).max(0) })
    }

    /// How the musician has played of late.
    pub fn player(&self) -> Portrait {
        let rests_for = match self.lead {
            _ if self.new_lead().is_some() => 0,
            Some(lead) if self.lead_sounds(lead, self.now) => 0,
            Some(lead) => (self.now - lead.released.unwrap_or(lead.onset)).clamp(0, LONGEST_REST),
            None => LONGEST_REST,
        };
        let sounding = self.lead.filter(|&lead| self.lead_sounds(lead, self.now)).map(|lead| lead.key);
        let since = self.now - TICKS_PER_QUARTER;
        let late = self.phrases.notes().iter().rev().take_while(|note| note.onset + note.length > since);
        let lowest = late.map(|note| note.key).chain(sounding).chain(self.new_lead()).min();
        self.habits.portrait(rests_for, self.phrases.number(), lowest)
    }
}
