//! The player of the melody: when the musician pauses, it answers the phrase.

use std::sync::Arc;

use super::listener::{LeadNote, Listener};
use super::memory::{Junction, Trail, step_between};
use super::past::{States, StyleMix};
use super::random::Purpose;
use super::sampler::{Freedom, sample};
use super::scene::Scene;
use super::spot::Spot;
use crate::controls::{Controls, Player};
use crate::music::pitch::{KeyRange, nearest};
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{BarPosition, Chord, Moment, PitchClassSet, Style, Tick};
use crate::network::features::{PitchMemory, TIME_CLASSES};
use crate::network::plan::State;
use crate::network::soloist::{DECAYS, LOWEST, LastNote, PITCHES, SoloistAttributes, SoloistInput, SoloistLogits};
use crate::network::{Networks, SoloistNetwork};
use crate::score::NoteCue;

/// Notes of the musician's phrase that are read before the answer.
const PRIMED_NOTES: usize = 24;
/// Chord changes that are remembered.
const REMEMBERED_CHORDS: usize = 32;
/// Semitones around the musician's middle, moved by the register, within which the answer stays.
const REACH: i32 = 12;
/// The keys that a register can move the answer to.
const KEYS: KeyRange = KeyRange::new(24, 108);
/// Semitones from the ends of the network's keys within which no middle lies, so that an answer has an octave and more
/// to move in.
const MARGIN: i32 = 7;
/// Log-odds against a note at the end of the reach; they grow with the square of the distance.
const FAR: f32 = 2.0;
/// Log-odds in favour of a chord tone on a beat.
const ON_BEAT: f32 = 1.2;
/// Log-odds against a note outside the scale, in the styles that have such notes, unless the musician says how many
/// there are to be.
const CHROMATIC: f32 = 1.5;
const NUCLEUS: f32 = 0.95;
const PITCH_HEAT: f32 = 0.9;

/// Answers the musician's phrases. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Soloist {
    network: Option<Arc<SoloistNetwork>>,
    /// The number of the phrase that was answered last.
    answered: Option<u32>,
    answer: Option<Answer>,
    /// First tick and chord of each change of late.
    chords: Vec<(Tick, Option<Chord>)>,
}

/// An answer that is being played.
#[derive(Clone, Debug)]
struct Answer {
    line: Line,
    /// When the next note begins, and when the answer is over.
    onset: Tick,
    end: Tick,
    /// The musician's phrase, for an answer by rule.
    phrase: Vec<LeadNote>,
    /// How many notes the answer has.
    played: usize,
}

/// A melody as the network reads it.
#[derive(Clone, Debug)]
struct Line {
    states: States,
    /// The same line, read without style and attributes.
    free: Option<State>,
    last: Option<LeadNote>,
    /// The key of the note before the last.
    before: Option<u8>,
    trail: Trail,
    memories: [PitchMemory; DECAYS.len()],
    since_rest: usize,
}

/// What comes next in the line.
struct Next {
    key: u8,
    length: Tick,
    /// Ticks to the note after it.
    time: Tick,
}

/// What a note must know about its place.
#[derive(Clone, Copy)]
struct Place {
    onset: Tick,
    position: BarPosition,
    chord: Option<Chord>,
    next_chord: Option<(Tick, Option<Chord>)>,
}

impl Soloist {
    /// A soloist that has heard nothing.
    pub fn new(networks: &Networks) -> Self {
        Self { network: networks.soloist.clone(), answered: None, answer: None, chords: Vec::new() }
    }

    /// Goes on with another network, in the midst of an answer too.
    pub fn exchange(&mut self, networks: &Networks) {
        self.network = networks.soloist.clone();
        if let Some(answer) = &mut self.answer {
            answer.line.states = States::default();
            answer.line.free = None;
        }
    }

    /// The musician plays again: no further note.
    pub fn stop(&mut self) {
        self.answer = None;
    }

    /// The song goes on at another place that was not announced.
    pub fn lose_place(&mut self) {
        self.answer = None;
        self.chords.clear();
    }

    /// The song goes on `delta` ticks later than it would have.
    pub fn jump(&mut self, delta: Tick) {
        for (tick, _) in &mut self.chords {
            *tick += delta;
        }
        if let Some(answer) = &mut self.answer {
            answer.onset += delta;
            answer.end += delta;
            if let Some(last) = &mut answer.line.last {
                last.onset += delta;
            }
        }
    }

    /// Appends the notes that begin in the scene's frame to `out`.
    pub fn decide(&mut self, scene: &Scene, listener: &Listener, out: &mut Vec<NoteCue>) {
        self.remember_chord(scene);
        let Some(chord) = scene.chord.filter(|_| scene.controls.player(Player::Lead).on) else {
            self.answer = None;
            return;
        };
        if self.answer.is_none() {
            self.begin(scene, listener);
        }
        let Some(mut answer) = self.answer.take() else { return };
        answer.onset = answer.onset.max(scene.tick());
        let frame_end = scene.tick() + TICKS_PER_FRAME;
        while answer.onset < frame_end {
            let place = Place {
                onset: answer.onset,
                position: scene.position,
                chord: Some(chord),
                next_chord: scene.next_chord.map(|(tick, chord)| (tick, Some(chord))),
            };
            let next = self.next_note(&mut answer, scene, place, chord);
            out.push(cue(scene, place, &next));
            answer.played += 1;
            answer.onset += next.time;
            if answer.onset >= answer.end {
                return;
            }
        }
        self.answer = Some(answer);
    }

    fn remember_chord(&mut self, scene: &Scene) {
        if self.chords.last().is_none_or(|(_, chord)| *chord != scene.chord) {
            if self.chords.len() == REMEMBERED_CHORDS {
                self.chords.remove(0);
            }
            self.chords.push((scene.tick(), scene.chord));
        }
    }

    /// Begins an answer with the next beat if a phrase has ended that has none yet. It goes on from the phrase as if
    /// that had been played in the register of the answer.
    fn begin(&mut self, scene: &Scene, listener: &Listener) {
        let spot = Spot { frame: scene.frame, position: scene.position };
        let Some((number, phrase)) = listener.ended_phrase() else { return };
        if self.answered == Some(number) || !spot.begins_beat() {
            return;
        }
        self.answered = Some(number);
        let (first, last) = (phrase[0], phrase[phrase.len() - 1]);
        let bar = scene.position.meter.bar_ticks();
        let length = (last.onset + last.length - first.onset).clamp(bar, 4 * bar);
        let mut answer = Answer {
            line: Line::default(),
            onset: scene.tick(),
            end: scene.tick() + length,
            phrase: phrase.to_vec(),
            played: 0,
        };
        let register = i32::from(scene.controls.player(Player::Lead).register);
        let in_register = |note: LeadNote| LeadNote { key: octaves_away(note.key, register), ..note };
        for &note in &phrase[phrase.len().saturating_sub(PRIMED_NOTES)..] {
            let place = self.place_of(note.onset, scene);
            if self.read(&mut answer.line, place, scene).is_none() {
                break;
            }
            answer.line.put_down(in_register(note));
        }
        answer.line.last = Some(in_register(last));
        self.answer = Some(answer);
    }

    /// The place of a note of the musician's, with the chords that the band played to it.
    fn place_of(&self, onset: Tick, scene: &Scene) -> Place {
        let after = self.chords.partition_point(|&(tick, _)| tick <= onset);
        Place {
            onset,
            position: scene.position.at(onset),
            chord: after.checked_sub(1).and_then(|index| self.chords[index].1),
            next_chord: self.chords.get(after).copied(),
        }
    }

    /// What the network says about the note at `place`; `None` without a network that works.
    fn read(&mut self, line: &mut Line, place: Place, scene: &Scene) -> Option<SoloistLogits> {
        let network = self.network.as_ref()?;
        let Line { states, free, last, before, memories, since_rest, .. } = line;
        let rested = last.is_some_and(|last| place.onset - (last.onset + last.length) >= 24);
        if rested {
            *since_rest = 0;
        }
        let octaves = Compass::of(scene).octaves;
        let last = last.map(|last| LastNote {
            key: octaves_away(last.key, -octaves),
            before: before.map(|before| octaves_away(before, -octaves)),
            length: last.length,
            time: place.onset - last.onset,
        });
        let read = |style, attributes, state: &mut State| {
            let input = SoloistInput {
                last,
                position: place.position,
                tick: place.onset,
                chord: place.chord,
                next_chord: place.next_chord,
                memories,
                phrase: *since_rest,
                style,
                attributes,
            };
            network.step(&input, state)
        };
        let wanted = attributes(scene.controls);
        let told = states.step(
            StyleMix::of(scene.controls),
            || network.initial_state(),
            |style, state| read(Some(style), wanted, state),
            |ours, theirs, share| ours.mixed(theirs, share),
        );
        let free = free.get_or_insert_with(|| network.initial_state());
        let logits = told.and_then(|told| Ok(told.guided(&read(None, SoloistAttributes::default(), free)?)));
        if logits.is_err() {
            // A network that fails once is not asked again.
            self.network = None;
        }
        logits.ok()
    }

    fn next_note(&mut self, answer: &mut Answer, scene: &Scene, place: Place, chord: Chord) -> Next {
        let next = match self.read(&mut answer.line, place, scene) {
            Some(mut logits) => {
                recall(&mut logits, &answer.line, place, scene);
                draw(&logits, answer, scene, place, chord)
            }
            None => echo(answer, scene, place, chord),
        };
        answer.line.put_down(LeadNote { key: next.key, onset: place.onset, length: next.length });
        next
    }
}

impl Default for Line {
    fn default() -> Self {
        Self {
            states: States::default(),
            free: None,
            last: None,
            before: None,
            trail: Trail::default(),
            memories: DECAYS.map(PitchMemory::new),
            since_rest: 0,
        }
    }
}

impl Line {
    fn put_down(&mut self, note: LeadNote) {
        self.memories.iter_mut().for_each(|memory| memory.hear(note.key % 12));
        self.since_rest += 1;
        self.before = self.last.map(|last| last.key);
        self.trail.put_down(self.last, note);
        self.last = Some(note);
    }
}

/// What the melody is to be like.
fn attributes(controls: &Controls) -> SoloistAttributes {
    SoloistAttributes {
        density: controls.lead_density(),
        register: controls.lead_register(),
        chromaticism: controls.lead_chromaticism,
        syncopation: controls.syncopation,
        mode: controls.mode,
    }
}

/// `key` moved by `octaves`, as far as the keyboard goes.
fn octaves_away(key: u8, octaves: i32) -> u8 {
    let class = i32::from(key % 12);
    (i32::from(key) + 12 * octaves).clamp(class, 108 + class) as u8
}

/// Where an answer lies.
#[derive(Clone, Copy, Debug)]
struct Compass {
    /// The key around which it moves, by [`REACH`] at most.
    centre: i32,
    /// How many octaves higher it sounds than the network's keys, because those do not reach so far.
    octaves: i32,
}

impl Compass {
    /// Around the musician's own middle, moved by the register.
    fn of(scene: &Scene) -> Self {
        let register = i32::from(scene.controls.player(Player::Lead).register);
        let centre = (i32::from(scene.player_centre) + 12 * register)
            .clamp(i32::from(KEYS.low) + REACH, i32::from(KEYS.high) - REACH);
        let (lowest, highest) = (i32::from(LOWEST) + MARGIN, i32::from(LOWEST) + PITCHES as i32 - 1 - MARGIN);
        let octaves = ((centre - highest + 11).max(0) / 12) - ((lowest - centre + 11).max(0) / 12);
        Self { centre, octaves }
    }

    /// The key of a pitch of the network.
    fn key(self, pitch: usize) -> i32 {
        i32::from(LOWEST) + pitch as i32 + 12 * self.octaves
    }

    fn reaches(self, key: i32) -> bool {
        (key - self.centre).abs() <= REACH
    }
}

/// The pitch classes that an answer may use.
struct Palette {
    chord: PitchClassSet,
    scale: PitchClassSet,
    chromatic: bool,
}

impl Palette {
    fn of(scene: &Scene, chord: Chord) -> Self {
        let key = scene.key;
        let locked = scene.controls.key_lock;
        let scale = if locked { scene.allowed() } else { key.scale().union(chord.tones()) };
        let chord = chord.tones().intersection(if locked { scale } else { PitchClassSet::ALL });
        Self {
            chord: if chord.is_empty() { scale } else { chord },
            scale,
            chromatic: !locked
                && (scene.controls.lead_chromaticism.is_some()
                    || matches!(scene.style, Style::Jazz | Style::Blues | Style::Latin)),
        }
    }
}

/// Mixes what the musician has gone on with after a line like this into what the network says.
fn recall(logits: &mut SoloistLogits, line: &Line, place: Place, scene: &Scene) {
    let junction = Junction {
        trail: &line.trail,
        step: step_between(line.last, place.onset),
        into_bar: place.position.ticks_into_bar(place.onset),
        lowest: Compass::of(scene).key(0),
    };
    // A turn is several choices in a row; by the root, the middle of the knob is heard as a middle.
    scene.memory.recall_note(logits, junction, scene.controls.memory.sqrt());
}

/// Draws the next note from the network's logits: when the one after it begins first, because the last note of an
/// answer is a chord tone.
fn draw(logits: &SoloistLogits, answer: &Answer, scene: &Scene, place: Place, chord: Chord) -> Next {
    let controls = scene.controls;
    let temperature = controls.temperature;
    let number = answer.played as u32;

    let freedom = Freedom { temperature: 0.8 * temperature, nucleus: NUCLEUS };
    // A frame has room for two notes, no more.
    let slow_enough = |class: usize| TIME_CLASSES[class] >= TICKS_PER_FRAME / 2;
    let time = sample(&logits.time, slow_enough, freedom, scene.random.uniform(Purpose::Time, number));
    let time = time.map_or(12, |class| TIME_CLASSES[class]);
    let ends = place.onset + time >= answer.end;

    let (palette, compass) = (Palette::of(scene, chord), Compass::of(scene));
    let chromatic = if controls.lead_chromaticism.is_none() { CHROMATIC } else { 0.0 };
    let on_beat = scene.is_beat() && place.onset == scene.tick();
    let mut pitches = logits.pitch;
    for (index, logit) in pitches.iter_mut().enumerate() {
        let class = index as u8 % 12;
        if palette.chord.contains(class) {
            *logit += if on_beat { ON_BEAT } else { 0.0 };
        } else if !palette.scale.contains(class) {
            *logit -= chromatic;
        }
        let distance = (compass.key(index) - compass.centre) as f32 / REACH as f32;
        *logit -= FAR * distance * distance;
    }
    let allowed = |index: usize| {
        let class = index as u8 % 12;
        let fits = palette.chord.contains(class) || (!ends && (palette.chromatic || palette.scale.contains(class)));
        fits && compass.reaches(compass.key(index))
    };
    let freedom = Freedom { temperature: PITCH_HEAT * temperature, nucleus: NUCLEUS };
    let pitch = sample(&pitches, allowed, freedom, scene.random.uniform(Purpose::Pitch, number));
    let key = pitch.map_or_else(|| nearest(chord.root, compass.centre as u8), |index| compass.key(index) as u8);

    let freedom = Freedom { temperature: 0.6 * temperature, nucleus: NUCLEUS };
    let length = sample(&logits.length, |_| true, freedom, scene.random.uniform(Purpose::Length, number));
    let length = length.map_or(time, |class| TIME_CLASSES[class]).min(time);
    Next { key, length: if ends { length.clamp(12, 48) } else { length }, time }
}

/// The next note by rule: the musician's phrase again, moved so that it begins on a chord tone, in the scale, with
/// chord tones on the beats and at the end.
fn echo(answer: &Answer, scene: &Scene, place: Place, chord: Chord) -> Next {
    let (palette, centre) = (Palette::of(scene, chord), Compass::of(scene).centre);
    let up = 12 * i32::from(scene.controls.player(Player::Lead).register);
    let notes = &answer.phrase;
    let index = answer.played % notes.len();
    let note = notes[index];
    let time = match notes.get(index + 1) {
        Some(after) => (after.onset - note.onset).clamp(TICKS_PER_FRAME / 2, 96),
        None => (note.length.clamp(1, 96) + TICKS_PER_FRAME - 1) / TICKS_PER_FRAME * TICKS_PER_FRAME,
    };
    let ends = place.onset + time >= answer.end;
    let first = i32::from(notes[0].key) + up;
    let shift = i32::from(closest(palette.chord, first)) - first;
    let target = centre + (i32::from(note.key) + up + shift - centre).clamp(-REACH + 2, REACH - 2);
    let on_beat = scene.is_beat() && place.onset == scene.tick();
    let key = KEYS.fold(closest(if ends || on_beat { palette.chord } else { palette.scale }, target));
    Next { key, length: note.length.clamp(1, if ends { 48 } else { time }), time }
}

/// The key in `classes` closest to `key`; of two, the upper.
fn closest(classes: PitchClassSet, key: i32) -> u8 {
    let key = key.clamp(0, 127);
    let away = |distance: i32| {
        [key + distance, key - distance]
            .into_iter()
            .find(|&key| (0..128).contains(&key) && classes.contains(key as u8 % 12))
    };
    (0..12).find_map(away).unwrap_or(key) as u8
}

fn cue(scene: &Scene, place: Place, next: &Next) -> NoteCue {
    let player = scene.controls.player(Player::Lead);
    let accent = if scene.is_beat() { 4 } else { -2 };
    NoteCue {
        player: Player::Lead,
        channel: player.channel,
        key: next.key,
        velocity: (i32::from(scene.touch) + accent).clamp(1, 127) as u8,
        start: Moment::from_tick(place.onset),
        length: Moment::from_tick(next.length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::scene::tests::scene;

    fn compass(player_centre: u8, register: i8) -> Compass {
        let mut controls = Controls::default();
        controls.players[Player::Lead as usize].register = register;
        Compass::of(&Scene { player_centre, ..scene(&controls, 0) })
    }

    #[test]
    fn the_answer_lies_around_the_musicians_middle_moved_by_the_register() {
        let centres = |middle| [-2, -1, 0, 1, 2].map(|register| compass(middle, register).centre);
        assert_eq!(centres(64), [40, 52, 64, 76, 88]);
        assert_eq!(centres(110), [86, 96, 96, 96, 96], "as far as the keys of a melody go");
    }

    #[test]
    fn an_answer_has_more_than_an_octave_of_the_networks_keys_wherever_it_lies() {
        for middle in 0..128 {
            for register in -2..=2 {
                let compass = compass(middle, register);
                let keys: Vec<i32> =
                    (0..PITCHES).map(|pitch| compass.key(pitch)).filter(|&key| compass.reaches(key)).collect();
                assert!(keys.len() > 12 && keys.iter().all(|&key| (24..=108).contains(&key)), "{middle} {register}");
            }
        }
        assert_eq!([60, 72, 88, 89, 94].map(|middle| compass(middle, 0).octaves), [0, 0, 0, 1, 1]);
        assert_eq!([43, 42, 38].map(|middle| compass(middle, 0).octaves), [0, -1, -1]);
    }

    #[test]
    fn a_key_keeps_its_pitch_class_wherever_it_is_moved() {
        for key in 0..128 {
            for octaves in -4..=4 {
                assert_eq!(octaves_away(key, octaves) % 12, key % 12);
            }
        }
        assert_eq!(octaves_away(60, 1), 72);
    }
}
