use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use continuo_models::controls::{PARAMETERS, PLAYER_PARAMETERS, Parameter};
use continuo_models::music::pitch::KeyRange;
use continuo_models::score::{ANSWER_VOICES, FARTHEST_AHEAD};
use continuo_models::{AnswerRow, Heard, Improviser, PlayerControls};
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::params::{InternalParamMut, Params};

use super::*;
use crate::params::number;
use crate::presets::Preset;
use crate::processor::output::Sent;
use crate::seam::{Base, CueSender, Played, PlayedReceiver, StampedCue, cue_ring, played_ring};

mod controllers;
mod invariants;
mod left_hand;
mod listening;
mod panel;

const RATE: f64 = 48_000.0;
/// A sixteenth at 120 quarter notes per minute.
const FRAME: i64 = 6000;
/// A host, the processor, and at the other end of its rings a planner that answers after each block.
struct Rig {
    processor: Processor,
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    played: PlayedReceiver,
    cues: CueSender,
    /// What is planned for a frame; `None`: the worker is asleep.
    planner: Option<fn(Frame) -> Vec<Cue>>,
    /// What is planned while the worker sleeps.
    backlog: Vec<FrameCall>,
    heard: Vec<Heard>,
    /// The MPE zones and the controls of the last frame call.
    zones: continuo_models::Zones,
    /// The controls of every frame call.
    asked: Vec<Controls>,
    sample: i64,
    position: f64,
    log: Vec<(i64, Part, Message)>,
    turns: Vec<Turn>,
    struck: Vec<(Frame, String)>,
}

impl Rig {
    fn new(planner: fn(Frame) -> Vec<Cue>) -> Self {
        let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
        let mut processor = Processor::new(Arc::clone(&params), Arc::clone(&shared));
        let (played_sender, played) = played_ring(256);
        let (cues, cue_receiver) = cue_ring(4096);
        processor.connect(RATE, false, played_sender, cue_receiver);
        Self {
            processor,
            params,
            shared,
            played,
            cues,
            planner: Some(planner),
            backlog: Vec::new(),
            heard: Vec::new(),
            zones: Default::default(),
            asked: Vec::new(),
            sample: 0,
            position: 0.0,
            log: Vec::new(),
            turns: Vec::new(),
            struck: Vec::new(),
        }
    }

    fn host(&self, playing: bool) -> HostTime {
        HostTime { playing, tempo: Some(120.0), position: Some(self.position), ..HostTime::default() }
    }

    fn block(&mut self, host: &HostTime, length: u32, input: &[NoteEvent<()>]) {
        let mut input = input.iter().copied();
        self.processor.process(host, length, || input.next());
        let (log, start) = (&mut self.log, self.sample);
        self.processor.output().send(|event| {
            log.push((start + i64::from(event.offset), event.part, event.message));
            Sent::Done
        });
        self.sample += i64::from(length);
        self.position += f64::from(length) / RATE * 2.0;
        for played in self.played.by_ref() {
            match played {
                Played::Heard(heard) => self.heard.push(heard),
                Played::Frame(call) => {
                    self.zones = call.start.zones;
                    self.asked.push(call.start.controls);
                    self.backlog.push(call);
                }
                Played::Jump { .. } => self.backlog.clear(),
                Played::Turned { turn, .. } => self.turns.push(turn),
                Played::Struck { frame, chord } => self.struck.push((frame, chord.to_string())),
            }
        }
        if let Some(planner) = self.planner {
            for call in self.backlog.drain(..) {
                for cue in planner(call.start.next).into_iter().chain([Cue::Done(call.start.next)]) {
                    self.cues.try_send(StampedCue { epoch: call.epoch, cue }).unwrap();
                }
            }
        }
    }

    /// Plays on for `samples`, in blocks of 500.
    fn play(&mut self, samples: i64) {
        for _ in 0..samples / 500 {
            self.block(&self.host(true), 500, &[]);
        }
    }

    /// The keys that the worker believes to be held, with their channels, and the pedals, one bit for each channel.
    fn hands(&self) -> (BTreeSet<(u8, u8)>, u16) {
        let (mut keys, mut pedals) = (BTreeSet::new(), 0);
        for &heard in &self.heard {
            match heard {
                Heard::NoteOn { channel, key, .. } => drop(keys.insert((channel, key))),
                Heard::NoteOff { channel, key, .. } => drop(keys.remove(&(channel, key))),
                Heard::Pedal { channel, down: true, .. } => pedals |= 1 << channel,
                Heard::Pedal { channel, down: false, .. } => pedals &= !(1 << channel),
            }
        }
        (keys, pedals)
    }

    fn misses(&self) -> u64 {
        self.shared.meters.misses.load(Ordering::Relaxed)
    }

    /// The notes of `part`: sample, key, and `true` for on.
    fn notes(&self, part: Part) -> Vec<(i64, u8, bool)> {
        let note = |&(sample, whose, message): &(i64, Part, Message)| match message {
            Message::NoteOn { key, .. } if whose == part => Some((sample, key, true)),
            Message::NoteOff { key, .. } if whose == part => Some((sample, key, false)),
            _ => None,
        };
        self.log.iter().filter_map(note).collect()
    }
}

/// How many notes sound at the end of `log`, if every place went on and off in turn.
fn sounding(log: &[(i64, Part, Message)]) -> Result<usize, String> {
    let mut places = BTreeMap::new();
    for &(sample, part, message) in log {
        let (place, on) = match message {
            Message::NoteOn { channel, key, .. } => ((channel, key), true),
            Message::NoteOff { channel, key, .. } => ((channel, key), false),
            _ => continue,
        };
        if places.insert(place, on).unwrap_or(false) == on {
            return Err(format!("{part:?} at {sample}: {message:?} twice"));
        }
    }
    Ok(places.values().filter(|on| **on).count())
}

fn on(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel) = (VoiceID::Wildcard, Channel::Number(0));
    NoteEvent::NoteOn { timing, voice_id, channel, key: Key::Number(key), velocity: 0.8 }
}

fn off(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel) = (VoiceID::Wildcard, Channel::Number(0));
    NoteEvent::NoteOff { timing, voice_id, channel, key: Key::Number(key), velocity: 0.0 }
}

fn controller(timing: u32, channel: u8, cc: u8, value: u8) -> NoteEvent<()> {
    NoteEvent::MidiCC { timing, channel, cc, value: f32::from(value) / 127.0 }
}

fn note(player: Player, key: u8, start: i64, length: i64) -> Cue {
    let (start, length) = (Moment(start), Moment(length));
    Cue::Note(NoteCue { player, channel: player as u8 + 1, key, velocity: 90, start, length })
}

/// Answers that lie as many semitones above as the frame has ones in its number, and two.
fn answers(frame: Frame) -> AnswerRow {
    let mut row = AnswerRow { channel: 1, ..AnswerRow::silent(frame) };
    let mut offsets = [0; ANSWER_VOICES];
    offsets[0] = 2 + (frame & 7) as i8;
    row.ways = std::array::from_fn(|_| std::array::from_fn(|way| if way == 0 { offsets } else { Default::default() }));
    row
}

fn nothing(_: Frame) -> Vec<Cue> {
    Vec::new()
}

fn only_answers(frame: Frame) -> Vec<Cue> {
    vec![Cue::Answers(answers(frame))]
}

/// A chord of one key for each frame, until the next one.
fn chords(frame: Frame) -> Vec<Cue> {
    vec![Cue::Answers(answers(frame)), note(Player::Chords, 48 + (frame & 7) as u8, frame * 240, 240)]
}

/// All players, some notes longer than a frame and some late in it, on a ground that gives way to the left hand.
fn busy(frame: Frame) -> Vec<Cue> {
    let mut cues =
        vec![Cue::Answers(left_hand::on_c(frame)), note(Player::Chords, 48 + (frame & 7) as u8, frame * 240, 240)];
    if frame % 8 == 0 {
        cues.insert(1, left_hand::fork(frame));
    }
    if frame % 4 == 0 {
        cues.push(note(Player::Bass, 36, frame * 240 + 17, 900));
    }
    cues.push(note(Player::Lead, 72 + (frame % 5) as u8, frame * 240 + 111, 333));
    let others = Player::planned().filter(|player| ![Player::Chords, Player::Bass, Player::Lead].contains(player));
    cues.extend(others.map(|player| note(player, 75, frame * 240 + 57, 500)));
    cues
}

/// A preset without one of the players.
fn without(player: usize) -> Preset {
    let params = ContinuoParams::default();
    params.set(number(&format!("{}_on", Player::ALL[player % Player::COUNT].kind().id)), 0.0);
    params.preset("Without")
}

#[test]
fn a_planned_note_sounds_at_its_sample() {
    let mut rig = Rig::new(chords);
    rig.play(4 * FRAME);
    assert_eq!(
        rig.notes(Part::Player(Player::Chords))[..4],
        [(FRAME, 49, true), (2 * FRAME, 49, false), (2 * FRAME, 50, true), (3 * FRAME, 50, false)]
    );
    assert_eq!(rig.misses(), 0);
}

#[test]
fn a_program_change_recalls_a_scene_at_the_next_bar() {
    let mut rig = Rig::new(chords);
    let mut without_chords = rig.params.controls();
    without_chords.players[Player::Chords].on = false;
    rig.params.scenes.store(2, Some(without_chords));
    rig.play(5 * FRAME);
    let change = NoteEvent::MidiProgramChange { timing: 100, channel: 9, program: 2 };
    rig.block(&rig.host(true), 500, &[change]);
    rig.play(27 * FRAME);
    let call = 16 * FRAME - 487;
    assert_eq!(
        rig.notes(Part::Player(Player::Chords)).last(),
        Some(&(call, 55, false)),
        "as the first frame of the bar is called"
    );
    assert_eq!(rig.shared.places.get().map(|place| place.scene), [3.0; 2]);
    assert_eq!(rig.log.iter().filter(|(_, part, _)| *part == Part::You).count(), 1, "it goes on to the output");
}

#[test]
fn a_program_change_recalls_a_preset_at_the_next_bar_where_that_is_set_and_its_plan_and_switches_change_as_one() {
    let mut rig = Rig::new(chords);
    rig.params.bank.put(3, Some(without(Player::Chords as usize)));
    rig.params.set(number("programs"), 1.0);
    rig.play(5 * FRAME);
    let change = NoteEvent::MidiProgramChange { timing: 100, channel: 9, program: 2 };
    rig.block(&rig.host(true), 500, &[change]);
    rig.play(27 * FRAME);
    let call = 16 * FRAME - 487;
    assert_eq!(rig.notes(Part::Player(Player::Chords)).last(), Some(&(call, 55, false)));
    let asked = rig.asked.iter().position(|controls| !controls.player(Player::Chords).on);
    assert_eq!(asked, Some(15), "frame 16 is asked for when frame 15 is called");
    assert_eq!(rig.shared.places.get().map(|place| place.base), [Base::Preset(3); 2]);
}

#[test]
fn an_answer_sounds_at_the_sample_of_its_note_and_ends_with_it() {
    let mut rig = Rig::new(only_answers);
    rig.play(2 * FRAME);
    rig.block(&rig.host(true), 500, &[on(137, 60), off(400, 60)]);
    let at = 2 * FRAME + 137;
    assert_eq!(rig.notes(Part::You), [(at, 60, true), (at + 263, 60, false)]);
    assert_eq!(rig.notes(Part::Player(Player::Voices)), [(at, 64, true), (at + 263, 64, false)]);
    assert!(rig.heard.contains(&Heard::NoteOn { tick: 12, channel: 0, key: 60, velocity: 102 }));
}

#[test]
fn an_answer_below_the_lowest_of_its_row_is_left_out() {
    let mut rig = Rig::new(|frame| vec![Cue::Answers(AnswerRow { range: KeyRange::new(64, 127), ..answers(frame) })]);
    rig.play(2 * FRAME);
    rig.block(&rig.host(true), 500, &[on(137, 59), on(137, 60)]);
    assert_eq!(rig.notes(Part::Player(Player::Voices)).iter().map(|note| note.1).collect::<Vec<_>>(), [64]);
}

#[test]
fn of_a_struck_chord_only_the_highest_note_keeps_its_answers() {
    let mut rig = Rig::new(only_answers);
    rig.play(2 * FRAME);
    rig.block(&rig.host(true), 500, &[on(137, 60), on(137, 67), on(140, 64), off(400, 60), off(400, 67)]);
    let at = 2 * FRAME + 137;
    let ends = [(at, 64, true), (at, 64, false), (at, 71, true), (at + 263, 71, false)];
    assert_eq!(rig.notes(Part::Player(Player::Voices)), ends);
}

#[test]
fn a_note_that_is_early_for_a_frame_gets_the_answer_of_that_frame() {
    let mut rig = Rig::new(only_answers);
    rig.play(2 * FRAME - 1500);
    rig.block(&rig.host(true), 500, &[on(100, 60)]);
    assert_eq!(rig.notes(Part::Player(Player::Voices))[0].1, 60 + 2 + 2);
}

#[test]
fn the_first_frame_falls_back_and_is_not_a_miss() {
    let mut rig = Rig::new(only_answers);
    rig.block(&rig.host(true), 500, &[on(10, 60)]);
    let fallback = Improviser::fallback_answers(0, &Controls::default(), Default::default()).answer(60, None);
    let expected: Vec<u8> = fallback.keys().skip(1).collect();
    let sounded: Vec<u8> = rig.notes(Part::Player(Player::Voices)).iter().map(|note| note.1).collect();
    assert_eq!(sounded, expected);
    assert_eq!(rig.misses(), 0);
}

#[test]
fn a_start_late_in_a_frame_leaves_the_next_one_without_a_plan_and_is_not_a_miss() {
    let mut rig = Rig::new(chords);
    rig.position = 5.0 / 24.0;
    rig.play(2 * FRAME);
    assert_eq!(rig.misses(), 0);
    let first = rig.notes(Part::Player(Player::Chords))[0];
    assert_eq!(first, (2 * FRAME - 5 * FRAME / 6, 50, true), "frame 2 is the first with a plan");
}

#[test]
fn a_missed_plan_is_counted_and_the_chord_held_until_the_next_one() {
    let mut rig = Rig::new(chords);
    rig.play(2 * FRAME);
    let planner = rig.planner.take();
    rig.play(3 * FRAME);
    assert_eq!(rig.misses(), 2);
    // Frame 3 was planned before the worker fell asleep, frames 4 and 5 were not.
    assert_eq!(rig.notes(Part::Player(Player::Chords)).last(), Some(&(3 * FRAME, 51, true)), "held");
    rig.planner = planner;
    rig.play(2 * FRAME);
    let notes = rig.notes(Part::Player(Player::Chords));
    let release = notes.iter().find(|note| note.1 == 51 && !note.2).unwrap();
    assert!((5 * FRAME..=5 * FRAME + 500).contains(&release.0), "{notes:?}");
}

#[test]
fn a_chord_is_not_held_for_ever() {
    let mut rig = Rig::new(chords);
    rig.play(2 * FRAME);
    rig.planner = None;
    rig.play(40 * FRAME);
    assert_eq!(sounding(&rig.log), Ok(0));
}

#[test]
fn stopping_ends_the_band_and_voids_what_was_planned() {
    let mut rig = Rig::new(busy);
    rig.play(5 * FRAME);
    let before = rig.sample;
    rig.planner = Some(nothing);
    let stopped = HostTime { playing: false, ..rig.host(true) };
    for _ in 0..40 {
        rig.block(&stopped, 500, &[]);
    }
    assert_eq!(sounding(&rig.log), Ok(0));
    assert!(rig.log.iter().all(|(sample, ..)| *sample <= before), "nothing sounds after the stop");
}

#[test]
fn the_plan_for_the_start_of_a_loop_sounds_after_the_turn() {
    let mut rig = Rig::new(chords);
    for _ in 0..10 * FRAME / 500 {
        let folded = rig.position % 1.0;
        let host = HostTime { position: Some(folded), cycle: Some((0.0, 1.0)), ..rig.host(true) };
        rig.block(&host, 500, &[]);
    }
    let keys: Vec<u8> =
        rig.notes(Part::Player(Player::Chords)).iter().filter(|note| note.2).map(|note| note.1).collect();
    assert_eq!(keys, [49, 50, 51, 48, 49, 50, 51, 48, 49], "every frame of every pass but the very first");
    assert_eq!(rig.misses(), 0);
    let second_pass = rig.notes(Part::Player(Player::Chords)).into_iter().find(|note| note.1 == 48).unwrap();
    assert!((4 * FRAME..4 * FRAME + 2).contains(&second_pass.0));
}

/// A rig that plans ahead by so many frames.
fn planning(plan_ahead: u8, planner: fn(Frame) -> Vec<Cue>) -> Rig {
    let rig = Rig::new(planner);
    // SAFETY: nothing else uses the parameters.
    unsafe { rig.params.plan_ahead._internal_set_plain_value(plan_ahead.into()) };
    rig
}

#[test]
fn as_many_frames_as_the_band_plans_ahead_have_no_plan_after_a_jump() {
    for plan_ahead in 1..=FARTHEST_AHEAD {
        let mut rig = planning(plan_ahead, chords);
        rig.play(8 * FRAME);
        let first = rig.notes(Part::Player(Player::Chords))[0];
        assert_eq!(first.0, i64::from(plan_ahead) * FRAME);
        assert_eq!(rig.misses(), 0);
    }
}

#[test]
fn a_block_that_is_longer_than_frames_misses_nothing_when_the_band_plans_as_far_ahead() {
    for (plan_ahead, misses) in [(1, true), (2, true), (3, false), (4, false)] {
        let mut rig = planning(plan_ahead, chords);
        (0..20).for_each(|_| rig.block(&rig.host(true), 2 * FRAME as u32 + 2999, &[]));
        assert_eq!(rig.misses() > 0, misses, "planning {plan_ahead} frames ahead");
    }
}

#[test]
fn a_loop_is_planned_over_its_turn_however_far_ahead() {
    for plan_ahead in 1..=FARTHEST_AHEAD {
        let mut rig = planning(plan_ahead, chords);
        for _ in 0..20 * FRAME / 500 {
            let host = HostTime { position: Some(rig.position % 1.0), cycle: Some((0.0, 1.0)), ..rig.host(true) };
            rig.block(&host, 500, &[]);
        }
        let keys: Vec<u8> =
            rig.notes(Part::Player(Player::Chords)).iter().filter(|note| note.2).map(|note| note.1).collect();
        let expected: Vec<u8> = (usize::from(plan_ahead)..20).map(|frame| 48 + frame as u8 % 4).collect();
        assert_eq!(keys[..expected.len()], expected, "planning {plan_ahead} frames ahead");
        assert_eq!(rig.misses(), 0);
    }
}

#[test]
fn a_loop_that_is_switched_in_its_last_frames_leaves_no_note_of_what_was_planned_behind_it() {
    for plan_ahead in 1..=FARTHEST_AHEAD {
        let mut rig = planning(plan_ahead, chords);
        for block in 0..40 * FRAME / 500 {
            // In the midst of the last frame but one.
            let loops = block < 10 * FRAME / 500 + 6;
            let host = HostTime { cycle: loops.then_some((0.0, 3.0)), ..rig.host(true) };
            rig.block(&host, 500, &[]);
        }
        let ahead = i64::from(plan_ahead);
        let struck: Vec<(i64, u8)> = rig
            .notes(Part::Player(Player::Chords))
            .iter()
            .filter(|note| note.2)
            .map(|note| (note.0 / FRAME, note.1))
            .collect();
        let of_frame = |frame: i64| (frame, 48 + (frame & 7) as u8);
        assert!(struck.iter().all(|&(frame, key)| (frame, key) == of_frame(frame)), "{plan_ahead}: {struck:?}");
        let missing = (ahead..39).filter(|&frame| !struck.contains(&of_frame(frame))).count() as i64;
        assert!(missing < ahead.max(2), "{missing} frames without a plan, planning {plan_ahead} ahead");
        assert_eq!(rig.misses(), 0);
    }
}

#[test]
fn who_plans_further_ahead_from_now_on_misses_the_frames_between_and_nothing_else() {
    let mut rig = planning(1, chords);
    rig.play(8 * FRAME);
    for (plan_ahead, unplanned) in [(4, 3), (2, 0), (1, 0), (3, 2)] {
        let struck = rig.notes(Part::Player(Player::Chords)).iter().filter(|note| note.2).count() as i64;
        // SAFETY: as above.
        unsafe { rig.params.plan_ahead._internal_set_plain_value(plan_ahead) };
        rig.play(16 * FRAME);
        let now = rig.notes(Part::Player(Player::Chords)).iter().filter(|note| note.2).count() as i64;
        assert_eq!(now - struck, 16 - unplanned, "planning {plan_ahead} frames ahead");
    }
    assert_eq!(rig.misses(), 0);
}

#[test]
fn of_a_state_that_is_being_loaded_nothing_is_taken_before_all_of_it_is_there() {
    let mut rig = Rig::new(chords);
    rig.play(4 * FRAME);
    let (params, shared) = (Arc::clone(&rig.params), Arc::clone(&rig.shared));
    let before = params.controls();
    shared.loading.during(|| {
        params.set(number("temperature"), 0.75);
        params.scenes.store(0, Some(Controls { temperature: 0.25, ..before }));
        rig.play(2 * FRAME);
        params.set(number("style_blend"), 0.5);
        // SAFETY: the parameters live, and are atomics.
        unsafe { params.take.scene._internal_set_plain_value(0.5) };
        rig.play(2 * FRAME);
    });
    assert_eq!(rig.asked, vec![before; rig.asked.len()]);
    rig.play(FRAME);
    let loaded = Controls { temperature: 1.5, style_blend: 0.5, ..before };
    let scene = Controls { temperature: 0.25, ..before };
    assert_eq!(rig.asked.last(), Some(&loaded.morphed(&scene, 0.5)));
}

#[test]
fn a_reset_ends_everything_in_the_next_block() {
    let mut rig = Rig::new(busy);
    rig.play(5 * FRAME);
    rig.block(&rig.host(true), 500, &[on(0, 60)]);
    rig.processor.reset();
    rig.planner = Some(nothing);
    let before = rig.sample;
    rig.block(&rig.host(true), 500, &[]);
    assert_eq!(sounding(&rig.log), Ok(0));
    assert!(rig.log.iter().all(|(sample, ..)| *sample <= before));
    assert!((0..128).all(|key| rig.shared.keyboard.mask(key) == 0));
}

#[test]
fn any_player_that_is_switched_off_a_guest_too_falls_silent_at_the_next_frame() {
    for player in Player::planned() {
        let mut rig = Rig::new(busy);
        rig.play(4 * FRAME + 1000);
        rig.params.set(number(&format!("{}_on", player.kind().id)), 0.0);
        rig.play(2 * FRAME);
        let notes = rig.notes(player.into());
        assert_eq!(notes.last().map(|note| (note.0 > 4 * FRAME + 1000, note.2)), Some((true, false)), "{player:?}");
        assert!(notes.last().unwrap().0 <= 5 * FRAME, "{player:?}");
    }
}

#[test]
fn every_parameter_of_the_band_at_another_value_changes_what_the_band_gets_and_nothing_else() {
    let all = |controls: &Controls| -> Vec<(String, f64)> {
        let own = |(player, own): (Player, &PlayerControls)| {
            let id = move |parameter: &Parameter<_>| format!("{}_{}", player.kind().id, parameter.about.id);
            PLAYER_PARAMETERS.iter().map(|parameter| (id(parameter), parameter.of(own))).collect::<Vec<_>>()
        };
        let band = PARAMETERS.iter().map(|parameter| (parameter.about.id.to_owned(), parameter.of(controls)));
        band.chain(controls.players.iter().flat_map(own)).collect()
    };
    let declared: BTreeSet<String> = all(&Controls::default()).into_iter().map(|(id, _)| id).collect();
    let mut moved = 0;
    let params = ContinuoParams::default();
    for (id, param, _) in params.param_map() {
        if !declared.contains(&id) {
            continue;
        }
        let mut rig = Rig::new(nothing);
        rig.play(2 * FRAME);
        let before = all(rig.asked.last().unwrap());
        assert_eq!(rig.asked.last(), Some(&Controls::default()));
        // SAFETY: the parameters live until the end.
        let default = unsafe { param.default_normalized_value() };
        rig.params.set(number(&id), if default < 0.5 { 1.0 } else { 0.0 });
        rig.play(3 * FRAME);
        let after = all(rig.asked.last().unwrap());
        let changed: Vec<&String> = before.iter().zip(&after).filter(|(a, b)| a != b).map(|((id, _), _)| id).collect();
        assert_eq!(changed, [&id]);
        moved += 1;
    }
    let of_players: usize = Player::ALL.into_iter().map(|player| player.parameters().count()).sum();
    assert_eq!(moved, PARAMETERS.len() + of_players, "all that are declared");
}

#[test]
fn panic_ends_everything_and_the_band_goes_on() {
    let mut rig = Rig::new(chords);
    rig.play(3 * FRAME + 2000);
    rig.block(&rig.host(true), 500, &[on(0, 60)]);
    rig.shared.request_panic();
    rig.block(&rig.host(true), 500, &[]);
    assert_eq!(sounding(&rig.log), Ok(0));
    assert_eq!(rig.hands(), (BTreeSet::new(), 0), "the worker knows that nothing is held any more");
    rig.play(2 * FRAME);
    assert!(sounding(&rig.log).unwrap() > 0);
}

#[test]
fn thru_can_be_switched_while_a_key_is_down() {
    let mut rig = Rig::new(nothing);
    rig.block(&rig.host(true), 500, &[on(0, 60)]);
    // SAFETY: nothing else uses the parameters.
    unsafe { rig.params.thru._internal_set_plain_value(false) };
    rig.block(&rig.host(true), 500, &[off(0, 60), on(1, 62)]);
    assert_eq!(rig.notes(Part::You), [(0, 60, true), (500, 60, false)]);
}

#[test]
fn the_worker_knows_where_each_pedal_is() {
    let mut rig = Rig::new(nothing);
    let pedals = |rig: &mut Rig, input: &[NoteEvent<()>]| {
        rig.block(&rig.host(true), 500, input);
        rig.hands().1
    };
    assert_eq!(
        pedals(&mut rig, &[controller(0, 0, 64, 0), controller(1, 0, 64, 127), controller(2, 3, 64, 90)]),
        0b1001
    );
    for reset in [121, 120] {
        assert_eq!(
            pedals(&mut rig, &[controller(0, 0, reset, 0)]),
            0b1000,
            "controller {reset} is for its channel alone"
        );
        assert_eq!(pedals(&mut rig, &[controller(0, 0, 64, 127)]), 0b1001, "and the pedal goes down again");
    }
    rig.position = 20.0;
    assert_eq!(pedals(&mut rig, &[controller(0, 0, 64, 127)]), 0b1001, "after a jump too");
    assert_eq!(pedals(&mut rig, &[controller(0, 0, 123, 0)]), 0b1001, "the end of all notes lets pedals be");
}

#[test]
fn every_message_that_ends_all_notes_of_a_channel_does() {
    for number in [120, 123, 124, 125, 126, 127] {
        let mut rig = Rig::new(nothing);
        rig.block(&rig.host(true), 500, &[on(0, 60), on(1, 64), controller(9, 0, number, 0)]);
        assert_eq!(sounding(&rig.log), Ok(0), "controller {number}");
        assert_eq!(rig.hands().0, BTreeSet::new(), "controller {number}");
    }
}

/// A key goes down on another channel than the first.
fn on_channel(timing: u32, channel: u8, key: u8) -> NoteEvent<()> {
    let (voice_id, channel) = (VoiceID::Wildcard, Channel::Number(channel));
    NoteEvent::NoteOn { timing, voice_id, channel, key: Key::Number(key), velocity: 0.8 }
}

#[test]
fn drums_are_passed_on_and_not_answered_unless_their_channel_belongs_to_an_mpe_zone() {
    let mut rig = Rig::new(nothing);
    rig.block(&rig.host(true), 500, &[on_channel(0, 9, 60)]);
    assert_eq!((rig.notes(Part::You).len(), rig.notes(Part::Player(Player::Voices)).len()), (1, 0));
    let zone = [controller(0, 0, 101, 0), controller(0, 0, 100, 6), controller(0, 0, 6, 15)];
    rig.block(&rig.host(true), 500, &zone);
    rig.block(&rig.host(true), 500, &[on_channel(0, 9, 62)]);
    assert_eq!((rig.notes(Part::You).len(), rig.notes(Part::Player(Player::Voices)).len()), (2, 1));
    rig.processor.reset();
    rig.play(FRAME);
    assert_ne!(rig.zones, continuo_models::Zones::default(), "the worker is told with every frame");
}

#[test]
fn a_host_that_cannot_be_followed_is_counted_and_told_once() {
    let mut rig = Rig::new(chords);
    let cases = [(120.0, 0.0, Doubt::Standing), (2000.0, 0.0, Doubt::Tempo), (120.0, f64::NAN, Doubt::Nowhere)];
    for (number, (tempo, position, doubt)) in cases.into_iter().enumerate() {
        for _ in 0..40 {
            let host = HostTime { tempo: Some(tempo), position: Some(position), ..rig.host(true) };
            rig.block(&host, 500, &[]);
        }
        assert_eq!(rig.shared.meters.doubts.load(Ordering::Relaxed), number as u64 + 1);
        assert_eq!((rig.shared.doubts.take_new(), rig.shared.doubts.take_new()), (Some(doubt), None));
    }
    assert!(rig.notes(Part::Player(Player::Chords)).len() > 10, "the band plays on");
}

#[test]
fn ten_thousand_events_in_a_block_are_survived() {
    let mut rig = Rig::new(nothing);
    let storm: Vec<_> = (0..5000).flat_map(|n| [on(n / 20, (n % 128) as u8), off(n / 20, (n % 128) as u8)]).collect();
    rig.block(&rig.host(true), 500, &storm);
    rig.block(&rig.host(true), 500, &[]);
    assert_eq!(sounding(&rig.log), Ok(0));
    assert!(rig.shared.meters.dropped.load(Ordering::Relaxed) > 0, "what did not fit was counted");
    let held = rig.heard.iter().fold(0i64, |held, heard| match heard {
        Heard::NoteOn { .. } => held + 1,
        Heard::NoteOff { .. } => held - 1,
        Heard::Pedal { .. } => held,
    });
    assert!(held <= 0, "the worker holds no key that is up");
}

#[test]
fn strays_and_wildcards_do_no_harm() {
    let mut rig = Rig::new(nothing);
    let wild = NoteEvent::NoteOff {
        timing: 300,
        voice_id: VoiceID::Wildcard,
        channel: Channel::Wildcard,
        key: Key::Wildcard,
        velocity: 0.0,
    };
    rig.block(&rig.host(true), 500, &[off(0, 10), on(5, 60), on(9999, 64), wild]);
    assert_eq!(sounding(&rig.log), Ok(0), "{:?}", rig.log);
    let ends = rig.log.iter().filter(|(.., message)| matches!(message, Message::NoteEnd { .. })).count();
    assert_eq!(ends, 2);
}
