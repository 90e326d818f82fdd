//! The improviser: listens, decides frame by frame, and hands out cues.

mod bass_patterns;
pub mod bassist;
pub mod choice;
pub mod comper;
mod comping_patterns;
pub mod harmonist;
pub mod harmony_rules;
pub mod key_belief;
pub mod keyboard;
pub mod listener;
pub mod past;
mod patterns;
pub mod performer;
pub mod random;
#[cfg(test)]
mod rehearsal;
pub mod sampler;
pub mod scene;
pub mod soloist;
pub mod spot;
pub mod voices;

use std::sync::Arc;

use crate::controls::{Controls, Player, in_range};
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{Chord, Frame, Key, Meter, Moment, PitchClass, SlashChord, Style, Tick};
use crate::network::Networks;
use crate::score::{AnswerRow, Cue, FrameStart, Heard, NoteCue};

use bassist::Bassist;
use comper::Comper;
use harmonist::{Harmonist, Harmony, Planned, Situation};
use key_belief::KeyBelief;
use listener::Listener;
use random::{Purpose, Random};
use scene::Scene;
use soloist::Soloist;
use spot::Spot;
use voices::Voices;

/// The most planned chord changes that an [`Outlook`] shows.
pub const OUTLOOK_CHORDS: usize = 8;

/// What the band believes and intends, for display. Plain old data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outlook {
    /// The frame that was decided last.
    pub frame: Frame,
    /// The key that the band believes to be in.
    pub key: Option<Key>,
    /// The chord of `frame`.
    pub chord: Option<Chord>,
    /// Its bass.
    pub bass: Option<PitchClass>,
    /// Chord changes expected after it, soonest first.
    pub planned: Planned,
}

impl Outlook {
    /// The chord of `frame` over its bass.
    pub fn slash_chord(&self) -> Option<SlashChord> {
        self.chord.zip(self.bass).map(|(chord, bass)| SlashChord { chord, bass })
    }
}

/// The band as a pure state machine. Its output depends only on the calls made since [`Improviser::new`] or
/// [`Improviser::restart`], never on when they are made. `Clone` is a snapshot (microseconds).
#[derive(Clone, Debug)]
pub struct Improviser {
    networks: Arc<Networks>,
    listener: Listener,
    harmonist: Harmonist,
    comper: Comper,
    bassist: Bassist,
    soloist: Soloist,
    voices: Voices,
    key: Option<Key>,
    harmony: Harmony,
    /// The frames decided by the last two calls, as they follow in playing order; the newest last.
    decided: Option<[Spot; 2]>,
    /// Where the song is about to jump.
    jump: Option<Jump>,
    /// Room for a frame's notes.
    notes: Vec<NoteCue>,
}

/// From a tick that will not come, straight to another.
#[derive(Clone, Copy, Debug)]
struct Jump {
    from: Tick,
    to: Tick,
}

impl Improviser {
    /// A band that has heard nothing.
    pub fn new(networks: Arc<Networks>) -> Self {
        Self {
            listener: Listener::default(),
            harmonist: Harmonist::new(&networks),
            comper: Comper::default(),
            bassist: Bassist::default(),
            soloist: Soloist::new(&networks),
            voices: Voices::default(),
            key: None,
            harmony: Harmony::default(),
            decided: None,
            jump: None,
            notes: Vec::new(),
            networks,
        }
    }

    /// Forgets everything, as after [`Improviser::new`].
    pub fn restart(&mut self) {
        *self = Self::new(Arc::clone(&self.networks));
    }

    /// Goes on with other networks: what was heard, decided and begun stays; only what the old networks had in mind goes.
    pub fn exchange(&mut self, networks: &Arc<Networks>) {
        if !Arc::ptr_eq(&self.networks, networks) {
            self.harmonist.exchange(networks);
            self.soloist.exchange(networks);
            self.networks = Arc::clone(networks);
        }
    }

    /// Takes in what the musician did. Call in order of `tick`.
    pub fn hear(&mut self, heard: Heard) {
        let heard = within_reach(heard);
        let (Heard::NoteOn { tick, .. } | Heard::NoteOff { tick, .. } | Heard::Pedal { tick, .. }) = heard;
        if self.jump.is_some_and(|jump| !(jump.from - TICKS_PER_FRAME..jump.from).contains(&tick)) {
            self.arrive();
        }
        if self.listener.hear(&heard) {
            self.soloist.stop();
        }
    }

    /// Decides the frame `start.next` and appends its cues to `cues`, [`Cue::Done`] last: the answers, the releases,
    /// then the notes of Chords, Bass and Lead. What was heard at or after the first tick of `start.frame` must not
    /// have been passed to [`Improviser::hear`] yet.
    pub fn decide(&mut self, start: &FrameStart, cues: &mut Vec<Cue>) {
        let done = Cue::Done(start.next);
        let start = sensible(start);
        let (before, now, next) = self.follow(&start);
        self.listener.advance(now.tick());

        let controls = &start.controls;
        let believed = self.listener.belief().key().map(|(key, _)| key);
        let key = if controls.key_lock { controls.key } else { believed.unwrap_or(controls.key) };
        let keys =
            if controls.key_lock { KeyBelief::certain(key) } else { self.listener.belief().hinted(controls.key) };
        let situation = Situation { listener: &self.listener, controls, keys, before, now, next };
        let harmony = self.harmonist.decide(&situation, |spot| Random::new(controls.seed, spot.frame));
        self.key = if controls.key_lock { Some(key) } else { believed };
        self.harmony = harmony;

        cues.push(Cue::Answers(self.answers(&harmony, next, key, controls)));
        self.play(&start, &harmony, next, key);
        let first = Moment::from_tick(next.tick());
        if harmony.changes && !next.begins_beat() {
            // A correction: the notes of the beat were to last longer.
            cues.extend([Player::Chords, Player::Bass].map(|player| Cue::Release { player, at: first }));
        }
        cues.extend(self.notes.iter().filter(|note| is_playable(note, first)).copied().map(Cue::Note));
        cues.push(done);
    }

    /// Keeps up with the song, and says where the frame that has ended, the one that begins and the one to decide lie.
    fn follow(&mut self, start: &FrameStart) -> (Spot, Spot, Spot) {
        let next = Spot { frame: start.next, position: start.position };
        let announced = self.decided.filter(|[_, now]| now.frame == start.frame);
        let [before, now] = announced.unwrap_or_else(|| {
            let now = next.plus(start.frame - next.frame);
            [now.plus(-1), now]
        });
        if announced.is_some() {
            self.arrive();
        } else if self.decided.is_some() {
            self.soloist.lose_place();
        }
        let follows = now.frame + 1 == next.frame;
        self.jump = (!follows).then_some(Jump { from: now.plus(1).tick(), to: next.tick() });
        self.decided = Some([now, next]);
        (before, now, next)
    }

    /// If the song was about to jump, it does so now: what was heard and what is being played keep their distance from
    /// the present.
    fn arrive(&mut self) {
        if let Some(Jump { from, to }) = self.jump.take() {
            self.listener.advance(from);
            self.listener.jump(to);
            self.soloist.jump(to - from);
        }
    }

    fn answers(&mut self, harmony: &Harmony, next: Spot, key: Key, controls: &Controls) -> AnswerRow {
        let voices = controls.player(Player::Voices);
        if !voices.on {
            return AnswerRow::silent(next.frame);
        }
        let under = |class: u8| harmony.under[usize::from(class % 12)];
        self.voices.answers(next.frame, voices.channel, under, key, controls)
    }

    /// Fills `self.notes` with what Chords, Bass and Lead begin in the frame at `next`.
    fn play(&mut self, start: &FrameStart, harmony: &Harmony, next: Spot, key: Key) {
        let controls = &start.controls;
        let scene = Scene {
            frame: next.frame,
            position: next.position,
            chord: harmony.chord,
            bass: harmony.bass,
            chord_changes: harmony.changes,
            next_chord: harmony.planned[0].map(|(tick, coming)| (tick, coming.chord)),
            next_bass: harmony.planned[0].map(|(_, coming)| coming.bass),
            key,
            style: style_of_bar(controls, next),
            touch: self.listener.touch(),
            player_centre: self.listener.centre(),
            tempo: start.tempo,
            controls,
            random: Random::new(controls.seed, next.frame),
        };
        self.notes.clear();
        if controls.player(Player::Chords).on {
            self.comper.decide(&scene, &mut self.notes);
        }
        if controls.player(Player::Bass).on {
            self.bassist.decide(&scene, &mut self.notes);
        }
        self.soloist.decide(&scene, &self.listener, &mut self.notes);
        performer::play(&scene, &mut self.notes);
    }

    /// What the band believes and intends.
    pub fn outlook(&self) -> Outlook {
        let frame = self.decided.map_or(0, |[_, next]| next.frame);
        let Harmony { chord, bass, planned, .. } = self.harmony;
        Outlook { frame, key: self.key, chord, bass, planned }
    }

    /// The harmony of the frame that was decided last.
    pub fn harmony(&self) -> &Harmony {
        &self.harmony
    }

    /// The answers when no plan has arrived: a third below in the locked scale, or in C major. Takes no memory and no
    /// time to speak of, so that the audio thread may call it.
    pub fn fallback_answers(frame: Frame, controls: &Controls) -> AnswerRow {
        voices::fallback_answers(frame, controls)
    }
}

/// The style of the patterns in the bar of `spot`: one of two, drawn per bar.
fn style_of_bar(controls: &Controls, spot: Spot) -> Style {
    let bar = spot.position.at(spot.tick()).bar_start;
    let draw = Random::new(controls.seed, bar).uniform(Purpose::Style, 0);
    if draw < controls.style_blend { controls.style_b } else { controls.style_a }
}

fn is_playable(note: &NoteCue, first: Moment) -> bool {
    note.key < 128 && note.channel < 16 && (1..128).contains(&note.velocity) && note.length.0 > 0 && note.start >= first
}

/// The farthest tick in either direction that the band takes seriously: some four hundred years of music.
const FARTHEST: Tick = 1 << 40;

/// What a host sends, with nonsense replaced by something near that makes sense.
fn sensible(start: &FrameStart) -> FrameStart {
    let frame = |frame: Frame| frame.clamp(-FARTHEST / TICKS_PER_FRAME, FARTHEST / TICKS_PER_FRAME);
    let mut start = *start;
    start.frame = frame(start.frame);
    start.next = frame(start.next);
    start.position.bar_start = start.position.bar_start.clamp(-FARTHEST, FARTHEST);
    let Meter { numerator, denominator } = start.position.meter;
    start.position.meter = Meter { numerator: numerator.clamp(1, 64), denominator: denominator.clamp(1, 64) };
    start.position = start.position.at(frame_start(start.next));
    start.tempo = in_range(start.tempo, 10.0..=1000.0, 120.0);
    start.controls = start.controls.sensible();
    start
}

fn within_reach(mut heard: Heard) -> Heard {
    let (Heard::NoteOn { tick, .. } | Heard::NoteOff { tick, .. } | Heard::Pedal { tick, .. }) = &mut heard;
    *tick = (*tick).clamp(-FARTHEST, FARTHEST);
    heard
}
