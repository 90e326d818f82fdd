//! The audio callback: plays what the worker has planned and answers what the musician plays, at the exact sample.
//!
//! Nothing here allocates, locks, waits (but for a host that renders: see [`patience`]) or makes a system call. In each
//! block the events of four sources are taken in the order of their samples: frames that begin, planned notes that end,
//! planned notes that start, and what the musician plays.
//!
//! **Epochs.** Every uninterrupted pass of the song has a number. A start, a stop, a seek and each wrap of a loop begin
//! a new epoch and void what an older one has planned. The last frames of a loop ask for the first ones already in the
//! epoch to come.
//!
//! **Promises.** At each frame the worker is asked for the one that lies as many frames ahead as the musician has set;
//! that is a promise. A frame whose plan was promised and is not complete when the frame is called is a *miss*. A frame
//! that could not be asked for in time (the first ones after a jump, and one more after a start late in a frame) has no
//! plan by definition, in every mode. In both cases the band falls back: what Chords and Bass sound goes on sounding,
//! and Voices answers by rule.

mod actions;
pub mod giving_way;
mod input;
pub mod left_hand;
mod mapping;
pub mod metronome;
pub mod monitor;
pub mod output;
mod panel_hand;
pub mod patience;
mod playback;
pub mod promises;
pub mod recall;
pub mod retakes;
pub mod schedule;
mod settings;
pub mod sounding;
mod zones;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use continuo_models::improviser::players::voices::answering::Answering;
use continuo_models::music::time::{frame_of_onset, frame_start};
use continuo_models::music::{Frame, Moment, Spot, Tick};
use continuo_models::{Channels, Controls, Cue, FrameStart, Ground, NoteCue, Player, Turn};
use nice_plug::prelude::NoteEvent;

use crate::bank::Presets;
use crate::diagnostics::{TOTALS, count};
use crate::faults::{self, Place};
use crate::params::ContinuoParams;
use crate::preview::Clicker;
use crate::scenes::Snapshots;
use crate::seam::{AuditionEvent, CueReceiver, Doubt, FrameCall, Newest, Part, PlayedSender, Shared, Stream};
use crate::song_clock::{HostTime, MOMENTS_PER_QUARTER, SongClock, Upcoming};
use crate::tempo::{OwnTempo, TempoSettings};
use input::ALL_NOTES_OFF;
use left_hand::{Arriving, LeftHand};
use mapping::Mapping;
use metronome::Metronome;
use monitor::{Hearing, Monitor};
use output::{Event, Message, Output};
use panel_hand::PanelHand;
use patience::Patience;
use playback::Playback;
use promises::{Promise, Promises, Struck};
use recall::{Held, Recall};
use retakes::Retakes;
use schedule::Schedule;
use settings::Settings;
use sounding::{PlannedNote, Sounding, Stage};
use zones::ZoneReader;

/// A frame is asked for only if that is at least this many ticks before it, and the song came at least as many before
/// the next frame: half a frame.
const SHORTEST_LEAD: Tick = 3;

/// The most events of the musician in a block that are kept for a recording.
const PLAYED_IN_BLOCK: usize = 1024;

/// A note that arrives late is still sounded if it is late by at most one frame.
const LATEST: Moment = Moment(240);

/// Chords and bass are held for at most this many bars when plans do not arrive.
const HELD_BARS: Tick = 2;

/// The worker sends the cues of a frame, some hundred where a chord waits, at once: so many samples of a block are time
/// for one of them, so that it does not take longer than others.
const SAMPLES_FOR_CUE: usize = 4;
/// But so many are taken over in the shortest block.
const LEAST_CUES: usize = 8;

/// A frame that lies ahead, and the song's way to it.
struct Asked {
    upcoming: Upcoming,
    /// The last frame before the song wraps on the way.
    wraps_after: Option<Frame>,
    /// Ticks from now to its call.
    lead: Tick,
}

impl Asked {
    /// The frame that comes `frames` (1 at least) after the present one.
    fn ahead(clock: &SongClock, frames: u8) -> Self {
        let mut asked = Self { upcoming: clock.upcoming(), wraps_after: None, lead: 0 };
        let mut before = clock.frame();
        for upcoming in clock.path().take(frames.into()) {
            let wraps_after = asked.wraps_after.or(upcoming.wraps.then_some(before));
            asked = Self { upcoming, wraps_after, lead: asked.lead + upcoming.lead };
            before = upcoming.frame;
        }
        asked
    }
}

/// The callback's state. Belongs to the audio thread.
pub struct Processor {
    params: Arc<ContinuoParams>,
    shared: Arc<Shared>,
    sample_rate: f64,
    played: PlayedSender,
    cues: CueReceiver,
    clock: SongClock,
    /// Why the host is not followed.
    doubt: Option<Doubt>,
    own_tempo: OwnTempo,
    listening: TempoSettings,
    retakes: Retakes,
    promises: Promises,
    schedule: Schedule,
    arriving: Arriving,
    left_hand: LeftHand,
    sounding: Sounding,
    /// What Voices has answered in this epoch.
    answering: Answering,
    output: Output,
    /// Never longer than [`PLAYED_IN_BLOCK`].
    played_in_block: Vec<(u32, NoteEvent<()>)>,
    monitor: Monitor,
    metronome: Metronome,
    hand: PanelHand,
    mapping: Mapping,
    /// When the block is processed; `None`: nobody has said.
    block_at: Option<Instant>,
    /// The choice of presets and scenes.
    recall: Recall,
    scenes: Newest<Snapshots>,
    bank: Newest<Arc<Presets>>,
    /// What scenes and bank held then.
    held: Held,
    /// What is listened to before it is chosen.
    playback: Playback,
    /// What is set, as it stood when the present frame was called.
    settings: Settings,
    /// The revision of the parameters, scenes and bank that was; `None`: they are to be read again.
    revision: Option<u32>,
    /// What is in force in the present frame.
    controls: Controls,
    /// Since when chords and bass are held because plans did not arrive.
    holding: Option<Frame>,
    /// The last frame that was counted as missed.
    missed: Option<(u32, Frame)>,
    zones: ZoneReader,
    /// End everything at the next block: there was no way to send anything when the need arose.
    end_everything: bool,
    patience: Patience,
}

impl Processor {
    /// A processor with no worker at the other end of its rings yet. Allocates everything that it will ever need.
    pub fn new(params: Arc<ContinuoParams>, shared: Arc<Shared>) -> Self {
        let (scenes, bank) = (params.scenes.reader(), params.bank.reader());
        let playback = Playback::new(shared.listening.reader());
        let held = Held { scenes: params.scenes.snapshots(), presets: params.bank.presets() };
        let settings = Settings::read(&params, 0);
        // The files of kits are read by now, and not where the first drum sounds.
        settings.panel.kit.name();
        let hand = PanelHand::new(shared.panel_keys.reader());
        let mapping = Mapping::new(Arc::clone(&params), shared.to_host.sender());
        Self {
            recall: Recall::default(),
            controls: settings.panel,
            scenes,
            bank,
            held,
            playback,
            settings,
            revision: None,
            listening: TempoSettings::from(&params.listening),
            params,
            shared,
            sample_rate: 48_000.0,
            played: crate::seam::played_ring(1).0,
            cues: crate::seam::cue_ring(1).1,
            clock: SongClock::new(48_000.0),
            doubt: None,
            own_tempo: OwnTempo::default(),
            retakes: Retakes::default(),
            promises: Promises::default(),
            schedule: Schedule::default(),
            arriving: Arriving::default(),
            left_hand: LeftHand::default(),
            sounding: Sounding::default(),
            answering: Answering::default(),
            output: Output::default(),
            played_in_block: Vec::with_capacity(PLAYED_IN_BLOCK),
            monitor: Monitor::new(48_000.0),
            metronome: Metronome::default(),
            hand,
            mapping,
            block_at: None,
            holding: None,
            missed: None,
            zones: ZoneReader::default(),
            end_everything: false,
            patience: Patience::default(),
        }
    }

    /// Main thread, while no block is processed: connects the ends of fresh rings. `offline`: the host says that it
    /// renders.
    pub fn connect(&mut self, sample_rate: f64, offline: bool, played: PlayedSender, cues: CueReceiver) {
        (self.played, self.cues) = (played, cues);
        (self.sample_rate, self.patience) = (sample_rate, Patience::new(offline));
        self.shared.set_awaited(offline);
        self.clock = SongClock::new(sample_rate);
        self.playback.rewind();
        (self.own_tempo, self.retakes) = (OwnTempo::default(), Retakes::default());
        self.monitor = Monitor::new(sample_rate as f32);
        self.mapping.forget(&self.shared.pick_ups);
        self.reset();
    }

    /// The next block begins the song anew, and ends what sounds: there is no way to send anything now.
    pub fn reset(&mut self) {
        self.clock.reset();
        self.end_everything = true;
    }

    /// After a panic in [`Processor::process`]: whatever the state, the next block ends everything and begins anew.
    pub fn recover(&mut self) {
        self.schedule.clear();
        self.monitor.release_all();
        self.reset();
    }

    /// Where the song is at the first sample of the block, in quarter notes, and its tempo in quarter notes per minute.
    pub fn song_time(&self) -> (f64, f32) {
        (self.clock.position_of(self.clock.now()) / MOMENTS_PER_QUARTER, self.clock.tempo())
    }

    /// The events to send.
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// A block of `length` samples begins at `now`: finds out whether it may wait for plans. Before
    /// [`Processor::process`].
    pub fn begin_block(&mut self, now: Instant, length: u32) {
        self.patience.begin_block(now, f64::from(length) / self.sample_rate, self.shared.renders_block());
        self.shared.set_awaited(self.patience.waits());
        self.shared.stream.set(Stream { rate: self.sample_rate as u32, block: length });
        self.block_at = Some(now);
    }

    /// Renders the built-in sound of the block's events into `left` and `right`.
    pub fn render_preview(&mut self, left: &mut [f32], right: &mut [f32]) {
        let hearing = Hearing {
            on: self.params.preview.value(),
            gain_db: self.params.preview_gain.value(),
            kit: self.controls.kit,
            channels: self.channels(),
        };
        self.monitor.render(self.output.fresh(), self.metronome.clicks(), &hearing, left, right);
    }

    /// Processes a block of `length` samples. `next_input` gives what the musician plays, in order of time.
    pub fn process(&mut self, host: &HostTime, length: u32, mut next_input: impl FnMut() -> Option<NoteEvent<()>>) {
        self.output.begin_block();
        self.played_in_block.clear();
        self.metronome.begin_block();
        self.shared.meters.apply_reset();
        self.mapping.take_new(&self.shared.pick_ups);
        // As what a host automates, they count for all that happens from the block's first sample on.
        let mut first = next_input();
        while let Some(event) = first.filter(|event| event.timing() == 0 && self.take_learnt(0, event)) {
            self.note_played(0, event);
            first = next_input();
        }
        let mut next_input = || first.take().or_else(&mut next_input);
        let count_in = if self.shared.rests() { 0 } else { self.params.count_in.value().clamp(0, 2) };
        self.clock.set_count_in(count_in as u8);
        let jumped = self.clock.begin_block(host, length);
        self.note_doubt();
        let listening = self.shared.loading.whole(|_| TempoSettings::from(&self.params.listening));
        self.listening = listening.unwrap_or(self.listening);
        self.own_tempo.begin_block(&self.clock, host.tempo, self.listening, jumped);
        self.retakes.watch(&self.params.take);
        if std::mem::take(&mut self.end_everything) {
            self.let_go();
        }
        if self.shared.take_panic_request() {
            self.panic();
        }
        if self.playback.begin_block(!self.patience.waits()) {
            self.sounding.end_audition(&mut stage(&mut self.output, &self.shared, 0));
        }
        if jumped {
            self.jump();
        } else {
            // A plan that is late is wanted whole. Of one that is early, a part in each block is soon enough.
            let is_late = self.promises.present().is_some_and(|promise| !promise.is_kept);
            let share = (length as usize / SAMPLES_FOR_CUE).max(LEAST_CUES);
            self.collect_cues(0, if is_late { usize::MAX } else { share });
        }

        let mut offset = 0;
        let hand = self.hand_at();
        let mut input = self.hand.next(&hand).or_else(&mut next_input);
        loop {
            faults::strike(Place::Callback);
            let frame = self.offset_of(self.clock.upcoming().sample);
            let end = self.next_end().map(|end| self.offset_of(self.clock.sample_at(end)));
            let start = self.schedule.next_start(self.promises.epoch());
            let start = start.map(|start| self.offset_of(self.clock.sample_at(start)));
            let played = input.map(|input| i64::from(input.timing().min(length.saturating_sub(1))));
            let settles = self.left_hand.settles().map(|sample| self.offset_of(sample));
            let turn = self.last_chance().map(|sample| self.offset_of(sample));
            let beat = self.metronome.next().map(|beat| self.offset_of(self.clock.sample_at(beat)));
            let audition = self.playback.next().map(|sample| self.offset_of(sample));
            let next = [Some(frame), settles, end, start, played, turn, beat, audition]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(i64::MAX);
            if next >= i64::from(length) {
                break;
            }
            offset = next.max(offset);
            let at = offset as u32;
            if frame == next {
                self.enter_next_frame(at);
            } else if settles == Some(next) {
                self.settle_stroke(at);
            } else if end == Some(next) {
                let due = self.next_end().unwrap_or_default();
                let keeping = self.kept_parts();
                self.sounding.end_due(&mut stage(&mut self.output, &self.shared, at), due, keeping);
            } else if start == Some(next) {
                if let Some((note, ground)) = self.schedule.take_next_note(self.promises.epoch()) {
                    self.start_note(at, &note, ground);
                }
            } else if played == Some(next) {
                if let Some(event) = input.take() {
                    self.take_input(at, event);
                }
                input = self.hand.next(&hand).or_else(&mut next_input);
            } else if beat == Some(next) {
                let metronome = self.params.metronome.value().then_some(Clicker::Metronome);
                let sticks = self.clock.counts_in(self.clock.frame()).then_some(Clicker::Sticks);
                self.metronome.strike(at, sticks.or(metronome));
            } else if audition == Some(next) {
                self.play_audition(at);
            } else {
                self.turn(None);
            }
        }
        let meters = &self.shared.meters;
        count(&meters.overflowed, &TOTALS.overflowed, self.played.take_overflowed());
        count(&meters.dropped, &TOTALS.dropped, self.output.take_dropped());
    }

    /// Counts and tells that the host cannot be followed, when that begins.
    fn note_doubt(&mut self) {
        let doubt = self.clock.doubt();
        self.shared.activity.block(doubt.is_some());
        if let Some(new) = doubt.filter(|_| doubt != std::mem::replace(&mut self.doubt, doubt)) {
            count(&self.shared.meters.doubts, &TOTALS.doubts, 1);
            self.shared.doubts.raise(new);
        }
    }

    /// Samples from the start of the block to `sample`; at least 0.
    fn offset_of(&self, sample: i64) -> i64 {
        (sample - self.clock.now()).max(0)
    }

    /// The song is elsewhere: what was planned is void, and what the band sounds ends.
    fn jump(&mut self) {
        self.promises.jump();
        self.holding = None;
        self.answering = Answering::default();
        self.schedule.clear();
        self.left_hand.jump();
        self.take_settings();
        self.recall.jump(&self.settings);
        self.sounding.end_band(&mut stage(&mut self.output, &self.shared, 0));
        self.played.jump(self.promises.epoch(), self.clock.tick_at(0));
        self.collect_cues(0, usize::MAX);
        self.call_frame(0, self.clock.upcoming().lead >= SHORTEST_LEAD);
    }

    /// Takes what is set now, if anything has changed.
    fn take_settings(&mut self) {
        let revision = Some(self.params.revision.count());
        if self.revision != revision || self.settings.loads != self.shared.loading.newest() {
            self.read_settings(revision);
        }
    }

    /// Takes what is set now, of which there were `revision` changes; while a saved state is being loaded, what was set
    /// before stands. Seldom called, and out of the way of what is done at every frame.
    #[inline(never)]
    fn read_settings(&mut self, revision: Option<u32>) {
        let read = |loads| (Settings::read(&self.params, loads), self.scenes.newest(), self.bank.newest());
        let Some((settings, scenes, presets)) = self.shared.loading.whole(read) else { return };
        self.revision = revision;
        self.recall.forget_in_force();
        if let Some(scenes) = scenes {
            self.scenes.take();
            self.held.scenes = scenes;
        }
        if let Some(presets) = presets {
            self.bank.take();
            self.held.presets = presets;
        }
        if self.settings.plan_ahead != settings.plan_ahead {
            self.shared.meters.misses_lately.store(0, Ordering::Relaxed);
        }
        self.settings = settings;
    }

    fn enter_next_frame(&mut self, at: u32) {
        let upcoming = self.clock.upcoming();
        self.promises.enter(&upcoming);
        self.schedule.enter(self.promises.epoch(), upcoming.frame, |epoch| self.promises.has(epoch));
        if upcoming.wraps {
            self.holding = None;
            self.answering = Answering::default();
            self.sounding.end_band(&mut stage(&mut self.output, &self.shared, at));
        }
        self.clock.enter(upcoming);
        self.take_settings();
        self.call_frame(at, true);
    }

    /// An audition goes on.
    fn play_audition(&mut self, at: u32) {
        let Some(AuditionEvent { part, channel, key, velocity, .. }) = self.playback.take() else { return };
        let stage = &mut stage(&mut self.output, &self.shared, at);
        if velocity > 0.0 {
            self.sounding.audition(stage, part, (channel, key), velocity);
        } else {
            self.sounding.end_auditioned(stage, (channel, key));
        }
    }

    /// With a bar begins what is to be listened to: the band goes on, and is not heard.
    fn begin_audition(&mut self, at: u32) {
        let frame = self.clock.frame();
        let begins_bar = Spot { frame, position: self.clock.bar_of(frame) }.begins_bar() && !self.patience.waits();
        let sample = self.clock.sample_at(Moment::from_tick(frame_start(frame)));
        let quarter = self.clock.samples(Moment(MOMENTS_PER_QUARTER as i64));
        if begins_bar && self.playback.begin_bar(sample, quarter) {
            let stage = &mut stage(&mut self.output, &self.shared, at);
            self.sounding.end_band(stage);
            self.sounding.end_audition(stage);
        }
    }

    /// A frame begins: see to its plan, and ask for another one if it is not too late.
    fn call_frame(&mut self, at: u32, asks: bool) {
        self.begin_audition(at);
        let frame = self.clock.frame();
        self.own_tempo.steer(&mut self.clock);
        self.promises.follow(self.clock.path());
        let asked = Asked::ahead(&self.clock, self.settings.plan_ahead);
        let bar = self.clock.bar_of(asked.upcoming.frame);
        let [now, next] = self.recall.call(&self.settings, &self.held, asked.upcoming.frame, bar);
        let [now, next] = if self.shared.rests() { [now, next].map(Controls::resting) } else { [now, next] };
        let now = if self.clock.counts_in(frame) { now.resting() } else { now };
        let before = std::mem::replace(&mut self.controls, now);
        self.shared.places.set(self.recall.places());
        for player in Player::ALL {
            if before.player(player).on && !self.controls.player(player).on {
                self.sounding.end_part(&mut stage(&mut self.output, &self.shared, at), player.into());
            }
        }
        let promised = self.promises.present().is_some();
        if promised && self.await_plan(self.promises.epoch(), frame, at) {
            self.holding = None;
        } else {
            self.holding.get_or_insert(frame);
            if promised {
                self.miss(self.promises.epoch(), frame);
            }
        }
        if asks && asked.lead >= SHORTEST_LEAD {
            self.ask(&asked, next);
        }
        self.metronome.enter(&self.clock, at);
        let bar = self.clock.bar_of(frame);
        self.shared.position.set(frame, bar, self.clock.tempo(), self.clock.host_leads());
    }

    /// Asks for a frame, in which `controls` will be in force.
    fn ask(&mut self, asked: &Asked, controls: Controls) {
        let &Asked { upcoming: Upcoming { frame, wraps, sample, .. }, wraps_after, .. } = asked;
        let Settings { networks, plan_ahead, loads, .. } = self.settings;
        // Where the band begins to plan ahead by fewer frames, the frame is promised already.
        let Some(epoch) = self.promises.wanted(plan_ahead, wraps_after.is_some()) else { return };
        let start = FrameStart {
            frame: self.clock.frame(),
            plan_ahead,
            wraps_after,
            next: frame,
            position: self.clock.bar_of(frame),
            tempo: self.clock.tempo(),
            controls,
            zones: self.zones.zones(),
        };
        let (cycle, again) = (self.clock.cycle(), self.retakes.wanted());
        let (networks, counts_in) = (networks.for_all(), self.clock.counts_in(frame));
        if self.played.frame(FrameCall { start, networks, epoch, cycle, again, counts_in, loads }) {
            self.retakes.done();
            self.promises.add(
                plan_ahead,
                Promise { epoch, frame, wraps, due: sample, is_kept: false, struck: Struck::default() },
            );
        }
    }

    fn miss(&mut self, epoch: u32, frame: Frame) {
        if self.missed.replace((epoch, frame)) != Some((epoch, frame)) {
            count(&self.shared.meters.misses, &TOTALS.misses, 1);
            self.shared.meters.misses_lately.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the plan for `frame` is complete. Live it never waits; a host that renders waits for the worker, within
    /// reason.
    fn await_plan(&mut self, epoch: u32, frame: Frame, at: u32) -> bool {
        self.collect_cues(at, usize::MAX);
        if self.patience.waits() && !self.promises.is_kept(epoch, frame) {
            let wait = self.patience.begin_wait();
            while !self.promises.is_kept(epoch, frame) && self.cues.has_sender() && wait.rest() {
                self.collect_cues(at, usize::MAX);
            }
            // A worker that is gone may have sent it with its last breath.
            self.collect_cues(at, usize::MAX);
            self.patience.end_wait(&wait, self.promises.is_kept(epoch, frame));
        }
        self.promises.is_kept(epoch, frame)
    }

    /// Takes over what the worker has sent, as far as `most` cues.
    fn collect_cues(&mut self, at: u32, most: usize) {
        for _ in 0..most {
            let Some(stamped) = self.cues.next() else { return };
            if !self.promises.has(stamped.epoch) {
                self.arriving.way = None;
                continue;
            }
            match stamped.cue {
                Cue::Note(note) => self.plan_note(stamped.epoch, note, at),
                Cue::Answers(row) => self.add_answers(stamped.epoch, row),
                Cue::Release { player, at } => {
                    let is_due = self.schedule.end_by(stamped.epoch, self.arriving.way, player, at);
                    if is_due && stamped.epoch == self.promises.epoch() {
                        self.sounding.end_by(player.into(), at);
                    }
                }
                Cue::Fork(fork) => self.add_fork(stamped.epoch, fork),
                Cue::On(way) => self.arriving.turn_to(way),
                Cue::Done(frame) => {
                    self.arriving.way = None;
                    if (stamped.epoch, frame) == (self.promises.epoch(), self.clock.frame()) {
                        self.holding = None;
                    }
                    let promise = self.promises.keep(stamped.epoch, frame);
                    if let Some(promise) = promise.filter(|_| !self.patience.waits()) {
                        let lead = (promise.due - self.clock.now() - i64::from(at)) as f64 / self.sample_rate;
                        self.shared.meters.set_lead((lead * 1e3) as f32);
                        TOTALS.add_lead((lead * 1e6) as i64);
                    }
                }
            }
        }
    }

    fn plan_note(&mut self, epoch: u32, note: NoteCue, at: u32) {
        if epoch == self.promises.epoch() {
            let late = self.clock.now() + i64::from(at) - self.clock.sample_at(note.start);
            if late > 0 {
                count(&self.shared.meters.late_cues, &TOTALS.late_cues, 1);
                if late as f64 > self.clock.samples(LATEST) {
                    return;
                }
            }
        }
        let (note, ground) = self.overtaken(epoch, note);
        if !self.schedule.add_note(epoch, self.arriving.way, note, ground) {
            count(&self.shared.meters.dropped, &TOTALS.dropped, 1);
        }
    }

    fn start_note(&mut self, at: u32, note: &NoteCue, ground: Ground) {
        let end = Moment(note.start.0.saturating_add(note.length.0.max(1)));
        let is_over = self.clock.sample_at(end) <= self.clock.now() + i64::from(at);
        if self.playback.plays() || !self.controls.player(note.player).on || is_over {
            return;
        }
        let velocity = f32::from(note.velocity.clamp(1, 127)) / 127.0;
        let &NoteCue { player, channel, key, .. } = note;
        let stage = &mut stage(&mut self.output, &self.shared, at);
        if !self.sounding.play(stage, PlannedNote { part: player.into(), channel, key, velocity, end, ground }) {
            count(&self.shared.meters.dropped, &TOTALS.dropped, 1);
        }
    }

    /// The parts whose notes go on sounding past their end, because the plan that follows them is missing.
    fn kept_parts(&self) -> u8 {
        let is_held = self.holding.is_some_and(|since| {
            frame_start(self.clock.frame() - since) < HELD_BARS * self.clock.bar_of(since).meter.bar_ticks()
        });
        let parts = || Player::accompaniment().fold(0, |parts, player| parts | Part::from(player).bit());
        if is_held { parts() } else { 0 }
    }

    fn next_end(&self) -> Option<Moment> {
        self.sounding.next_end(self.kept_parts())
    }

    /// The musician, or the panel, wants silence: end everything, for receivers too that have lost track.
    fn panic(&mut self) {
        self.schedule.clear();
        self.let_go();
        for channel in 0..16 {
            let event = NoteEvent::MidiCC { timing: 0, channel, cc: ALL_NOTES_OFF, value: 0.0 };
            self.output.begin(Event { offset: 0, part: Part::You, message: Message::Through(event) });
        }
    }

    /// Everything ends, and the musician holds nothing any more.
    fn let_go(&mut self) {
        self.release(0, None, None);
        for channel in 0..16 {
            self.move_pedal(0, channel, false);
        }
        self.sounding.end_all(&mut stage(&mut self.output, &self.shared, 0));
        self.hand.let_go();
    }

    /// What the musician's channels are.
    fn channels(&self) -> Channels {
        Channels { left: self.controls.left_hand, zones: self.zones.zones() }
    }

    /// The block, for the hand on the panel's piano. It plays the melody: on the first channel that is the right
    /// hand's.
    fn hand_at(&self) -> panel_hand::Moment {
        let channels = self.channels();
        let is_there = self.block_at.is_none_or(|now| self.shared.panel_keys.is_there(now));
        panel_hand::Moment {
            sample: self.clock.now(),
            sample_rate: self.sample_rate,
            now: self.block_at,
            plays: is_there && !self.patience.waits(),
            channel: channels.right_hand().channel(),
        }
    }

    /// The epoch and frame to which a note at `tick` belongs, whose plan has arrived if it is not late; `None`: one
    /// that nobody has planned.
    fn frame_of(&mut self, at: u32, tick: Tick) -> Option<(u32, Frame)> {
        let frame = self.clock.frame();
        if frame_of_onset(tick) == frame {
            return Some((self.promises.epoch(), frame));
        }
        // The note is early for the next frame.
        let Promise { epoch, frame, .. } = self.promises.next()?;
        if !self.await_plan(epoch, frame, at) {
            self.miss(epoch, frame);
        }
        Some((epoch, frame))
    }

    /// The sample up to which a chord of the present frame waits, if one does; for the left hand, until it has landed.
    fn last_chance(&self) -> Option<i64> {
        let fork = self.schedule.open_fork(self.promises.epoch())?;
        let until = (fork.frame <= self.clock.frame()).then(|| self.clock.sample_at(fork.until))?;
        let lands = self.left_hand.settles().filter(|_| fork.is_for_left_hand);
        Some(lands.map_or(until, |lands| lands.max(until)))
    }

    /// The note has come for which a chord waited, or it has waited long enough.
    fn turn(&mut self, turn: Turn) {
        if let Some(frame) = self.turn_fork(turn) {
            self.played.turned(frame, turn);
        }
    }

    /// The fork that is open turns, if there is one: in that frame.
    fn turn_fork(&mut self, turn: Turn) -> Option<Frame> {
        let frame = self.open_fork()?.frame;
        for (player, end) in self.schedule.turn(turn) {
            self.sounding.end_by(player.into(), end);
        }
        Some(frame)
    }

    /// How much of the block's duration the callback took, for the meter.
    pub fn note_load(&self, took: Duration, length: u32) {
        if !self.patience.waits() && length > 0 {
            let block = f64::from(length) / self.sample_rate;
            self.shared.meters.set_load((took.as_secs_f64() / block) as f32);
        }
    }
}

/// Where notes go at `offset`.
fn stage<'a>(output: &'a mut Output, shared: &'a Shared, offset: u32) -> Stage<'a> {
    Stage { output, keyboard: &shared.keyboard, offset }
}

#[cfg(test)]
mod tests;
