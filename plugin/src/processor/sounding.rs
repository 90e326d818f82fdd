//! The table of everything that sounds: who sounds it, what it answers, and when it ends. Every note-on passes through
//! here, and so does its one note-off.

use continuo_models::music::{Moment, SlashChord};
use continuo_models::{Ground, Player};
use nice_plug::midi::VoiceID;

use super::giving_way::GivingWay;
use super::output::{Event, Message, Output};
use crate::seam::{Keyboard, Part};

/// The most planned notes that sound at once.
const PLANNED: usize = 256;

/// The most answers to one played note.
const ANSWERS: usize = continuo_models::score::ANSWER_VOICES;

/// The identity of a note that sounds. Whoever starts a note keeps it, and may end that note only: a key that was
/// struck again by somebody else is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoteId(u32);

/// One of the 16 × 128 keys that can sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    channel: u8,
    key: u8,
}

impl Place {
    fn new(channel: u8, key: u8) -> Self {
        Self { channel: channel & 15, key: key & 127 }
    }

    fn index(self) -> usize {
        usize::from(self.channel) << 7 | usize::from(self.key)
    }
}

#[derive(Clone, Copy)]
struct Note {
    id: NoteId,
    place: Place,
}

/// A note that a player plays by plan.
#[derive(Clone, Copy)]
struct Planned {
    note: Note,
    part: Part,
    velocity: f32,
    end: Moment,
    /// On which it was planned.
    ground: Ground,
    /// Whether it is about to be struck again at another place.
    moves: bool,
}

/// A key that the musician holds.
#[derive(Clone, Copy)]
struct Held {
    voice: VoiceID,
    /// The note as it was passed through, if it was.
    through: Option<Note>,
    answers: [Option<Note>; ANSWERS],
}

/// A note as a player plays it by plan.
#[derive(Clone, Copy)]
pub struct PlannedNote {
    /// Who plays it.
    pub part: Part,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// How loud, 0 to 1.
    pub velocity: f32,
    /// When it ends.
    pub end: Moment,
    /// On which it was planned.
    pub ground: Ground,
}

/// Everything that sounds. Belongs to the audio thread; never allocates after it was made.
pub struct Sounding {
    /// Who owns each place, if it sounds.
    owners: Box<[Option<(NoteId, Part)>; 2048]>,
    /// How many places of each key each part sounds, for the panel.
    counts: [[u8; 128]; Part::COUNT],
    held: Box<[Option<Held>; 2048]>,
    planned: Vec<Planned>,
    /// What is listened to before it is chosen.
    auditioned: Vec<Note>,
    next_id: u32,
}

impl Default for Sounding {
    fn default() -> Self {
        Self {
            owners: Box::new([None; 2048]),
            counts: [[0; 128]; Part::COUNT],
            held: Box::new([None; 2048]),
            planned: Vec::with_capacity(PLANNED),
            auditioned: Vec::with_capacity(PLANNED),
            next_id: 0,
        }
    }
}

impl Sounding {
    /// The musician strikes a key. `false`: there was no room, and the key counts as not struck.
    pub fn press(
        &mut self,
        stage: &mut Stage,
        voice: VoiceID,
        channel: u8,
        key: u8,
        velocity: f32,
        thru: bool,
    ) -> bool {
        self.release(stage, channel, key, 0.0);
        let place = Place::new(channel, key);
        let through = if thru { self.start(stage, Part::You, place, velocity) } else { None };
        if thru && through.is_none() {
            return false;
        }
        self.held[place.index()] = Some(Held { voice, through, answers: [None; ANSWERS] });
        true
    }

    /// Voices answers the key that the musician has just struck. Nothing sounds twice: an answer on a key that the
    /// musician sounds himself is left out.
    pub fn answer(&mut self, stage: &mut Stage, to: (u8, u8), channel: u8, key: u8, velocity: f32) {
        let place = Place::new(channel, key);
        if self.is_the_musicians(place) {
            return;
        }
        let held = Place::new(to.0, to.1).index();
        let Some(free) = self.held[held].and_then(|held| held.answers.iter().position(Option::is_none)) else { return };
        let answer = self.start(stage, Part::Player(Player::Voices), place, velocity);
        if let Some(held) = &mut self.held[held] {
            held.answers[free] = answer;
        }
    }

    /// The answers to a key that the musician holds end before it does.
    pub fn end_answers(&mut self, stage: &mut Stage, channel: u8, key: u8) {
        let held = self.held[Place::new(channel, key).index()].as_mut();
        let answers = held.map(|held| std::mem::take(&mut held.answers)).unwrap_or_default();
        for note in answers.into_iter().flatten() {
            self.stop(stage, note);
        }
    }

    /// The musician lets a key go, as fast as `velocity` (0 to 1) says: its note and the answers to it end as fast.
    /// Does nothing for a key that is not held.
    pub fn release(&mut self, stage: &mut Stage, channel: u8, key: u8, velocity: f32) {
        let place = Place::new(channel, key);
        if let Some(held) = self.held[place.index()].take() {
            for note in held.through.into_iter().chain(held.answers.into_iter().flatten()) {
                self.stop_at(stage, note, velocity);
            }
            let message = Message::NoteEnd { voice: held.voice, channel: place.channel, key: place.key };
            stage.output.end(Event { offset: stage.offset, part: Part::You, message });
        }
    }

    /// Whether the musician holds the key.
    pub fn is_held(&self, channel: u8, key: u8) -> bool {
        self.held[Place::new(channel, key).index()].is_some()
    }

    /// A player plays a note until `end`, unless the musician sounds its key himself. `false`: there was no room for
    /// it.
    pub fn play(&mut self, stage: &mut Stage, sound: PlannedNote) -> bool {
        let PlannedNote { part, channel, key, velocity, end, ground } = sound;
        // Notes that have lost their key to another owner have had their note-off.
        let owners = &self.owners;
        let owned = |note: Note| owners[note.place.index()].is_some_and(|(id, _)| id == note.id);
        self.planned.retain(|planned| owned(planned.note));
        if self.planned.len() == PLANNED {
            return false;
        }
        let place = Place::new(channel, key);
        if self.is_the_musicians(place) {
            return true;
        }
        // Where a chord of more notes has given way to one of fewer, two have become one.
        let same = self.planned.iter_mut().find(|other| other.note.place == place && other.part == part);
        if let Some(same) = same.filter(|_| ground.has_yielded) {
            same.end = Moment(same.end.0.max(end.0));
            return true;
        }
        match self.start(stage, part, place, velocity) {
            Some(note) => {
                self.planned.push(Planned { note, part, velocity, end, ground, moves: false });
                true
            }
            None => false,
        }
    }

    /// The left hand strikes `chord`: what stands on another ground and ends after `until` is struck again where it
    /// gives way to; what ends before that ends now.
    pub fn give_way(&mut self, stage: &mut Stage, chord: SlashChord, until: Moment) {
        let mut giving = GivingWay::to(chord);
        for index in 0..self.planned.len() {
            let planned = &mut self.planned[index];
            let (Part::Player(player), Some(by)) = (planned.part, giving.way(&planned.ground)) else { continue };
            planned.ground = by.ground();
            let Note { place, .. } = planned.note;
            let key = by.key(player, place.key);
            if key != place.key {
                let note = planned.note;
                (planned.note.place, planned.moves) = (Place { key, ..place }, true);
                self.stop(stage, note);
            }
        }
        let mut index = 0;
        while index < self.planned.len() {
            let Planned { note: Note { place, .. }, part, velocity, end, moves, .. } = self.planned[index];
            let is_taken = self.owners[place.index()].is_some_and(|(_, owner)| owner == part || owner == Part::You);
            let starts = moves && end > until && !is_taken;
            let started = if starts { self.start(stage, part, place, velocity) } else { None };
            match started {
                Some(note) => (self.planned[index].note, self.planned[index].moves) = (note, false),
                None if moves => {
                    self.planned.remove(index);
                    continue;
                }
                None => {}
            }
            index += 1;
        }
    }

    /// A note of an audition begins; without room for it, it is left out.
    pub fn audition(&mut self, stage: &mut Stage, part: Part, (channel, key): (u8, u8), velocity: f32) {
        let owners = &self.owners;
        self.auditioned.retain(|note| owners[note.place.index()].is_some_and(|(id, _)| id == note.id));
        if self.auditioned.len() < PLANNED {
            let started = self.start(stage, part, Place::new(channel, key), velocity);
            self.auditioned.extend(started);
        }
    }

    /// A note of an audition ends.
    pub fn end_auditioned(&mut self, stage: &mut Stage, (channel, key): (u8, u8)) {
        let place = Place::new(channel, key);
        if let Some(index) = self.auditioned.iter().position(|note| note.place == place) {
            let note = self.auditioned.remove(index);
            self.stop(stage, note);
        }
    }

    /// All notes of the audition end.
    pub fn end_audition(&mut self, stage: &mut Stage) {
        while let Some(note) = self.auditioned.pop() {
            self.stop(stage, note);
        }
    }

    /// Lets the planned notes that `part` sounds end at `end` at the latest.
    pub fn end_by(&mut self, part: Part, end: Moment) {
        for planned in self.planned.iter_mut().filter(|planned| planned.part == part) {
            planned.end = planned.end.min(end);
        }
    }

    /// The end of the planned note that ends first; notes of the parts in `keeping` ([`Part::bit`]s) do not end.
    pub fn next_end(&self, keeping: u8) -> Option<Moment> {
        self.planned.iter().filter(|planned| planned.part.bit() & keeping == 0).map(|planned| planned.end).min()
    }

    /// Ends the planned notes that end at `until` or before, but for those of the parts in `keeping`.
    pub fn end_due(&mut self, stage: &mut Stage, until: Moment, keeping: u8) {
        self.end_planned(stage, |planned| planned.end <= until && planned.part.bit() & keeping == 0);
    }

    /// Ends everything that `part` sounds.
    pub fn end_part(&mut self, stage: &mut Stage, part: Part) {
        if part == Part::Player(Player::Voices) {
            for held in 0..self.held.len() {
                let answers = self.held[held].as_mut().map(|held| std::mem::take(&mut held.answers));
                for note in answers.into_iter().flatten().flatten() {
                    self.stop(stage, note);
                }
            }
        } else {
            self.end_planned(stage, |planned| planned.part == part);
        }
    }

    /// Ends everything that the band sounds. The keys that the musician holds go on sounding.
    pub fn end_band(&mut self, stage: &mut Stage) {
        self.end_planned(stage, |_| true);
        self.end_part(stage, Part::Player(Player::Voices));
    }

    /// Ends everything.
    pub fn end_all(&mut self, stage: &mut Stage) {
        self.end_band(stage);
        self.end_audition(stage);
        for channel in 0..16 {
            for key in 0..128 {
                self.release(stage, channel, key, 0.0);
                // Whatever a fault may have left behind.
                let place = Place::new(channel, key);
                if let Some((id, _)) = self.owners[place.index()] {
                    self.stop(stage, Note { id, place });
                }
            }
        }
    }

    fn is_the_musicians(&self, place: Place) -> bool {
        self.owners[place.index()].is_some_and(|(_, part)| part == Part::You)
    }

    fn end_planned(&mut self, stage: &mut Stage, ends: impl Fn(&Planned) -> bool) {
        let mut index = 0;
        while index < self.planned.len() {
            if ends(&self.planned[index]) {
                // In order, so that equal runs give equal events.
                let planned = self.planned.remove(index);
                self.stop(stage, planned.note);
            } else {
                index += 1;
            }
        }
    }

    /// A note-on; before it, a note-off if the place sounds already.
    fn start(&mut self, stage: &mut Stage, part: Part, place: Place, velocity: f32) -> Option<Note> {
        if let Some((id, _)) = self.owners[place.index()] {
            self.stop(stage, Note { id, place });
        }
        let message = Message::NoteOn { channel: place.channel, key: place.key, velocity };
        if !stage.output.begin(Event { offset: stage.offset, part, message }) {
            return None;
        }
        self.next_id = self.next_id.wrapping_add(1);
        let id = NoteId(self.next_id);
        self.owners[place.index()] = Some((id, part));
        let count = &mut self.counts[part.index()][usize::from(place.key)];
        *count += 1;
        if *count == 1 {
            stage.keyboard.set(place.key, part, true);
        }
        Some(Note { id, place })
    }

    /// The note-off of `note`, unless it has had it.
    fn stop(&mut self, stage: &mut Stage, note: Note) {
        self.stop_at(stage, note, 0.0);
    }

    /// The same, of a key that comes up so fast.
    fn stop_at(&mut self, stage: &mut Stage, note: Note, velocity: f32) {
        let owner = &mut self.owners[note.place.index()];
        let Some((_, part)) = owner.filter(|(id, _)| *id == note.id) else { return };
        *owner = None;
        let message = Message::NoteOff { channel: note.place.channel, key: note.place.key, velocity };
        stage.output.end(Event { offset: stage.offset, part, message });
        let count = &mut self.counts[part.index()][usize::from(note.place.key)];
        *count = count.saturating_sub(1);
        if *count == 0 {
            stage.keyboard.set(note.place.key, part, false);
        }
    }
}

/// Where notes go, and when: what every change of [`Sounding`] needs.
pub struct Stage<'a> {
    /// Takes the events.
    pub output: &'a mut Output,
    /// Shows them.
    pub keyboard: &'a Keyboard,
    /// Samples into the block.
    pub offset: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Room {
        sounding: Sounding,
        output: Output,
        keyboard: Keyboard,
    }

    impl Room {
        fn new() -> Self {
            let mut output = Output::default();
            output.begin_block();
            Self { sounding: Sounding::default(), output, keyboard: Keyboard::default() }
        }

        fn with<R>(&mut self, act: impl FnOnce(&mut Sounding, &mut Stage) -> R) -> R {
            act(&mut self.sounding, &mut Stage { output: &mut self.output, keyboard: &self.keyboard, offset: 0 })
        }

        /// The notes so far: key, and `true` for on.
        fn notes(&self) -> Vec<(u8, bool)> {
            let note = |event: &Event| match event.message {
                Message::NoteOn { key, .. } => Some((key, true)),
                Message::NoteOff { key, .. } => Some((key, false)),
                _ => None,
            };
            self.output.fresh().iter().filter_map(note).collect()
        }
    }

    fn planned(part: Part, channel: u8, key: u8, velocity: f32, end: Moment) -> PlannedNote {
        PlannedNote { part, channel, key, velocity, end, ground: Ground::default() }
    }

    const LATER: Moment = Moment(1000);

    #[test]
    fn a_key_struck_again_ends_first_and_belongs_to_its_new_owner() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.play(stage, planned(Part::Player(Player::Chords), 0, 60, 0.5, LATER));
            sounding.play(stage, planned(Part::Player(Player::Bass), 0, 60, 0.5, Moment(2000)));
            sounding.end_due(stage, LATER, 0);
        });
        assert_eq!(room.notes(), [(60, true), (60, false), (60, true)], "the chord may not end the bass's note");
        room.with(|sounding, stage| sounding.end_due(stage, Moment(2000), 0));
        assert_eq!(room.notes().last(), Some(&(60, false)));
        assert_eq!(room.keyboard.mask(60), 0);
    }

    #[test]
    fn answers_end_with_the_note_that_they_answer() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.press(stage, VoiceID::ID(7), 0, 72, 0.8, true);
            sounding.answer(stage, (0, 72), 1, 69, 0.7);
            sounding.release(stage, 0, 72, 0.25);
            sounding.release(stage, 0, 72, 0.25);
        });
        assert_eq!(room.notes(), [(72, true), (69, true), (72, false), (69, false)]);
        let ends = room.output.fresh().iter().filter(|event| matches!(event.message, Message::NoteEnd { .. })).count();
        assert_eq!(ends, 1, "one note-end for one input note");
        let speeds = room.output.fresh().iter().filter_map(|event| match event.message {
            Message::NoteOff { velocity, .. } => Some(velocity),
            _ => None,
        });
        assert_eq!(speeds.collect::<Vec<_>>(), [0.25, 0.25], "as fast as the key came up");
    }

    #[test]
    fn without_thru_a_note_is_answered_and_not_passed_on() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.press(stage, VoiceID::Wildcard, 0, 72, 0.8, false);
            sounding.answer(stage, (0, 72), 1, 69, 0.7);
            sounding.release(stage, 0, 72, 0.25);
        });
        assert_eq!(room.notes(), [(69, true), (69, false)]);
    }

    #[test]
    fn the_band_never_takes_a_key_from_the_musician() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.press(stage, VoiceID::Wildcard, 0, 60, 0.8, true);
            sounding.press(stage, VoiceID::Wildcard, 0, 64, 0.8, true);
            sounding.answer(stage, (0, 64), 0, 60, 0.7);
            sounding.play(stage, planned(Part::Player(Player::Bass), 0, 60, 0.7, LATER));
            sounding.end_due(stage, LATER, 0);
        });
        assert_eq!(room.notes(), [(60, true), (64, true)]);
    }

    #[test]
    fn parts_that_are_kept_do_not_end() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.play(stage, planned(Part::Player(Player::Chords), 0, 60, 0.5, LATER));
            sounding.play(stage, planned(Part::Player(Player::Lead), 0, 80, 0.5, LATER));
            sounding.end_due(stage, LATER, Part::from(Player::Chords).bit());
        });
        assert_eq!(room.notes().last(), Some(&(80, false)));
        assert_eq!(room.sounding.next_end(Part::from(Player::Chords).bit()), None);
        assert_eq!(room.sounding.next_end(0), Some(LATER));
    }

    #[test]
    fn a_release_brings_the_end_of_one_part_forward() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            sounding.play(stage, planned(Part::Player(Player::Chords), 0, 60, 0.5, LATER));
            sounding.play(stage, planned(Part::Player(Player::Lead), 0, 80, 0.5, LATER));
            sounding.end_by(Part::Player(Player::Chords), Moment(300));
            sounding.end_due(stage, Moment(300), 0);
        });
        assert_eq!(room.notes(), [(60, true), (80, true), (60, false)]);
    }

    #[test]
    fn the_end_of_all_ends_all() {
        let mut room = Room::new();
        room.with(|sounding, stage| {
            for key in 0..128 {
                sounding.press(stage, VoiceID::Wildcard, 3, key, 0.5, true);
                sounding.answer(stage, (3, key), 4, key, 0.5);
                sounding.play(stage, planned(Part::Player(Player::Bass), 5, key, 0.5, LATER));
            }
            sounding.end_all(stage);
        });
        let (ons, offs): (Vec<_>, Vec<_>) = room.notes().into_iter().partition(|(_, on)| *on);
        assert_eq!((ons.len(), offs.len()), (384, 384));
        assert!((0..128).all(|key| room.keyboard.mask(key) == 0));
    }
}
