//! The improviser: listens, decides frame by frame, and hands out cues.

pub mod chance;
pub(crate) mod harmony;
pub mod listening;
pub mod memory;
mod outlook;
pub mod players;
pub mod sections;
#[cfg(test)]
mod tests;
pub mod tune;

use std::sync::Arc;

use crate::channels::{Channels, Zones};
use crate::controls::{Controls, in_range};
use crate::ground::Ground;
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{Chart, Frame, Key, Meter, Moment, SlashChord, Spot, Style, Tick};
use crate::network::{Networks, Role};
use crate::score::{AnswerRow, Cue, FARTHEST_AHEAD, Fork, FrameStart, Heard, Turn};

use chance::random::{Purpose, Random};
pub use harmony::harmonist::Harmony;
pub use harmony::weights::Weights;
pub use outlook::Outlook;

use harmony::guided;
use harmony::harmonist::{Harmonist, Situation};
use listening::Listener;
use listening::key_belief::KeyBelief;
use memory::{Learner, Memory};
use players::accompaniment::{bassist, comper};
use players::context::FrameContext;
use players::ensemble::Ensemble;
use players::strokes::captured::Captured;
use players::voices::{self, AnswerContext};
use sections::{Arrangement, Draw, Round, Sections, Vamp};
use tune::chart::{Guidance, Here, Tune};

/// The band as a pure state machine. Its output depends only on the calls made since [`Improviser::new`], or on its
/// memory, its chart, the captured bar, the arrangement and the calls made since [`Improviser::restart`], never on when
/// they are made. `Clone` is a snapshot (microseconds).
#[derive(Clone, Debug)]
pub struct Improviser {
    networks: Arc<Networks>,
    listener: Listener,
    learner: Learner,
    tune: Tune,
    harmonist: Harmonist,
    ensemble: Ensemble,
    /// The bar that the musician has captured.
    captured: Arc<Captured>,
    /// What the band strikes in its bar.
    struck: Arc<Captured>,
    /// What the musician has made of the sections.
    arrangement: Arc<Arrangement>,
    vamp: Vamp,
    /// The sections where that frame lies, and by what their bars are drawn.
    round: (Round, Draw),
    key: Option<Key>,
    harmony: Harmony,
    /// The bar of the song in which that frame lies.
    bar: Tick,
    /// On which the frame was planned that was decided last.
    ground: Ground,
    /// The bars of the chart in which that frame lies and which come after it.
    bars: Option<[usize; 2]>,
    /// The frames from the one that began with the last call to the one that was decided then, in playing order; empty
    /// before the first call.
    path: Vec<Spot>,
    /// Where the song is about to jump on that path.
    jump: Option<Jump>,
}

/// From a tick that will not come, straight to another.
#[derive(Clone, Copy, Debug)]
struct Jump {
    from: Tick,
    to: Tick,
}

impl Jump {
    /// The jump between two frames that follow each other, if there is one.
    fn between(pair: &[Spot]) -> Option<Self> {
        let &[before, after] = pair else { return None };
        (before.frame + 1 != after.frame).then(|| Self { from: before.plus(1).tick(), to: after.tick() })
    }
}

impl Improviser {
    /// A band that has heard nothing.
    pub fn new(networks: Arc<Networks>) -> Self {
        Self::weighing(networks, Weights::NETWORK)
    }

    /// The same, whose harmonist weighs the network's advice with `weights`: to compare them.
    pub fn weighing(networks: Arc<Networks>, weights: Weights) -> Self {
        Self {
            listener: Listener::default(),
            learner: Learner::default(),
            tune: Tune::default(),
            harmonist: Harmonist::new(&networks, weights),
            ensemble: Ensemble::new(&networks),
            captured: Arc::default(),
            struck: Arc::default(),
            arrangement: Arc::default(),
            vamp: Vamp::default(),
            round: Default::default(),
            key: None,
            harmony: Harmony::default(),
            bar: 0,
            ground: Ground::default(),
            bars: None,
            path: Vec::new(),
            jump: None,
            networks,
        }
    }

    /// Forgets everything, as after [`Improviser::new`], but what it has learnt of the musician, the given chart, the
    /// captured bar and the arrangement.
    pub fn restart(&mut self) {
        let learner = Learner::new(Arc::clone(self.memory()));
        let (tune, weights) = (self.tune.unheard(), self.harmonist.weights());
        let (captured, arrangement) = (Arc::clone(&self.captured), Arc::clone(&self.arrangement));
        *self = Self { learner, tune, arrangement, ..Self::weighing(Arc::clone(&self.networks), weights) };
        self.capture(captured);
    }

    /// From the next bar on, `captured` is the bar at the corner of the morph pad that is the captured one's.
    pub fn capture(&mut self, captured: Arc<Captured>) {
        self.ensemble.capture(&captured);
        self.captured = captured;
    }

    /// From the next frame on the sections are as in `arrangement`; what is drawn counts from the next bar on.
    pub fn arrange(&mut self, arrangement: Arc<Arrangement>) {
        self.arrangement = arrangement;
    }

    /// What the band strikes in the bar of the frame that was decided last: to be captured.
    pub fn struck(&self) -> &Arc<Captured> {
        &self.struck
    }

    /// What the band has learnt of the musician. The same `Arc` as long as nothing is added.
    pub fn memory(&self) -> &Arc<Memory> {
        self.learner.memory()
    }

    /// Knows of the musician what `memory` holds, and nothing else.
    pub fn remember(&mut self, memory: Arc<Memory>) {
        self.learner.remember(memory);
    }

    /// Follows `chart` from the next decision on, wherever [`Controls::follow_chart`] says so; one without bars is
    /// none.
    pub fn follow_chart(&mut self, chart: Arc<Chart>) {
        self.tune.follow(chart);
    }

    /// What was learned of the tune since the song began: a chart, whose bars say where they come from. The same `Arc`
    /// as long as nothing else is learned.
    pub fn learned(&self) -> Option<&Arc<Chart>> {
        self.tune.learned()
    }

    /// Forgets what was heard and learned of the tune.
    pub fn forget_tune(&mut self) {
        self.tune = self.tune.unheard();
    }

    /// Goes on with other networks: what was heard, decided and begun stays; only what the old networks had in mind
    /// goes.
    pub fn exchange(&mut self, networks: &Arc<Networks>) {
        if !Arc::ptr_eq(&self.networks, networks) {
            if !self.networks.share(networks, Role::Harmonist) {
                self.harmonist.exchange(networks);
            }
            if [Role::Soloist, Role::Texture].iter().any(|&role| !self.networks.share(networks, role)) {
                self.ensemble.exchange(networks);
            }
            self.networks = Arc::clone(networks);
        }
    }

    /// Takes in what the musician did. Call in order of `tick`.
    pub fn hear(&mut self, heard: Heard) {
        let heard = heard.at(heard.tick().clamp(-FARTHEST, FARTHEST));
        let ahead = frame_start(self.path.len() as Frame - 1);
        if self.jump.is_some_and(|jump| !(jump.from - ahead..jump.from).contains(&heard.tick())) {
            self.arrive();
        }
        if self.listener.hear(&heard) {
            self.ensemble.hear_lead();
        }
    }

    /// The fork in `frame` has turned. Call it before the call of the frame after the fork: later, and without it,
    /// everything goes as planned. Whether another chord than the planned one holds from there on.
    pub fn turn(&mut self, frame: Frame, turn: Turn) -> bool {
        let Some(chord) = self.ensemble.turn(frame, turn) else { return false };
        self.harmonist.turn(chord);
        (self.harmony.chord, self.harmony.bass) = (Some(chord.chord), Some(chord.bass));
        self.ground.harmony = Some(chord);
        true
    }

    /// The musician's left hand has struck `chord` in `frame`: what was decided from there on has given way to it as
    /// its [`Ground`] says, and no chord waits any more. Call it before the call of the frame after that. Whether the
    /// harmony of the frame that was decided last is another one now.
    pub fn give_way(&mut self, frame: Frame, chord: SlashChord) -> bool {
        self.ensemble.settle();
        let Some(first) = self.path.iter().position(|spot| spot.frame == frame) else { return false };
        let Some(by) = self.ground.giving_way(chord) else { return false };
        let frames = self.path.len() - first;
        self.ground = by.ground();
        self.harmonist.give_way(by.harmony(), frames);
        self.ensemble.give_way(&by, frames);
        (self.harmony.chord, self.harmony.bass) = (Some(by.harmony().chord), Some(by.harmony().bass));
        true
    }

    /// Decides the frame `start.next` and appends its cues to `cues`, [`Cue::Done`] last: the answers, then releases
    /// and notes of Chords, Bass and Lead, on each way that an open fork leaves. What was heard at or after the first
    /// tick of `start.frame` must not have been passed to [`Improviser::hear`] yet.
    pub fn decide(&mut self, start: &FrameStart, cues: &mut Vec<Cue>) {
        let done = Cue::Done(start.next);
        let start = sensible(start);
        let path = self.follow(&start);
        let &[_, now, .., next] = path.as_slice() else { unreachable!("a path leads from frame to frame") };
        let controls = &start.controls;
        self.listener.play_on(Channels { left: controls.left_hand, zones: start.zones });
        self.listener.advance(now.tick());
        self.learner.listen(&self.listener);

        let note = self.listener.last_frame();
        let left_hand = match controls.hand_at_once {
            true => self.listener.landed_harmony(),
            false => self.listener.held_harmony(),
        };
        let (arrangement, tune) = (&*self.arrangement, self.tune.sections(next));
        let sections = |repeated| Sections { arrangement, tune, repeated };
        self.vamp.follow(next, controls.vamp, controls.form, sections);
        let repeated = self.vamp.repeated();
        let heard = (self.vamp.in_form(path[0]), !self.vamp.is_again(path[0]));
        let in_form = self.vamp.in_form(next);
        self.tune.hear(heard, note, left_hand, in_form, &self.networks, controls);
        let here = self.tune.at(in_form, controls);
        let guidance = here.map_or(Guidance::Free, |here| here.guidance());
        let plays_alone = here.is_some_and(|here| here.is_given());
        if let Some(here) = here {
            self.listener.expect(here.belief());
        }
        let expected = self.tune.expected(in_form, controls).map(|expected| expected.later(repeated));
        let of_changes = expected.and_then(|_| self.harmonist.key());
        let believed = of_changes.or(self.listener.belief().key().map(|(key, _)| key));
        let key = if controls.key_lock { controls.key } else { believed.unwrap_or(controls.key) };
        let keys = match controls.key {
            key if controls.key_lock => KeyBelief::certain(key),
            // Nobody has said so.
            key if key == Controls::default().key => *self.listener.belief(),
            key => self.listener.belief().hinted(key),
        };
        self.ensemble.freeze(controls.freeze, next.position.meter);
        let given = left_hand.or(self.ensemble.frozen_harmony()).or(guidance.chord());
        let may_wait = self.ensemble.may_fork();
        let (listener, memory) = (&self.listener, &**self.learner.memory());
        let path = path.as_slice();
        let situation = Situation {
            listener,
            controls,
            key,
            keys,
            memory,
            given,
            guidance,
            expected,
            repeated,
            plays_alone,
            path,
            may_wait,
        };
        let before = std::mem::take(&mut self.harmony);
        self.harmony = self.harmonist.decide(&situation, |spot| Random::new(controls.seed, spot.frame));
        self.bars = here.map(|here| here.bars());
        if let Some(here) = here {
            let coming = self.coming(&here, next, controls);
            (self.harmony.planned, self.harmony.certain) = guided::planned(&here, &coming, &self.harmony);
        }
        let told = guidance.chord().filter(|_| here.is_some_and(|here| here.is_told()));
        let charted = told.filter(|chord| given == Some(*chord) && self.harmony.changes);
        if let Some(SlashChord { chord, .. }) = charted {
            self.listener.hear_chart(chord);
        }
        self.key = if controls.key_lock { Some(key) } else { believed };

        let awaits_hand = left_hand.is_some() && self.tune.may_change(in_form, controls);
        self.play(&start, &before, next, key, awaits_hand, cues);
        cues.push(done);
    }

    /// The changes of the chart that come after the frame at `next`, which is `here` in it: those of the section once
    /// more, where the musician holds it.
    fn coming(&self, here: &Here, next: Spot, controls: &Controls) -> Vec<(Tick, Guidance)> {
        let in_form = self.vamp.in_form(next);
        let later = next.tick() - in_form.tick();
        let coming = here.coming().map(|(tick, guidance)| (tick + later, guidance));
        let Some(held) = self.vamp.here().filter(|_| controls.vamp) else { return coming.collect() };
        let bar = next.position.meter.bar_ticks();
        let start = next.tick() - next.position.ticks_into_bar(next.tick()) - held.bar * bar;
        let end = start + held.section.bars * bar;
        let mut coming: Vec<_> = coming.take_while(|(tick, _)| *tick < end).collect();
        let first = in_form.plus((start - next.tick()).div_euclid(TICKS_PER_FRAME));
        let again = self.tune.at(first, controls).map(|first| first.guidance());
        let standing = coming.last().map_or(here.guidance(), |(_, guidance)| *guidance);
        coming.extend(again.filter(|again| *again != standing).map(|again| (end, again)));
        coming
    }

    /// Keeps up with the song, and says where the frame that has ended, the one that begins, and those after it up to
    /// the one to decide lie.
    fn follow(&mut self, start: &FrameStart) -> Vec<Spot> {
        let next = Spot { frame: start.next, position: start.position };
        let ahead = usize::from(start.plan_ahead);
        let mut path = std::mem::take(&mut self.path);
        if path.len() == ahead + 1 && path[1..].iter().map(|spot| spot.frame).eq(start.path().take(ahead)) {
            if Jump::between(&path[..2]).is_some() {
                self.arrive();
            }
            if let Some(Jump { from, to }) = Jump::between(&path[ahead - 1..]) {
                self.harmonist.jump(to - from);
                self.ensemble.jump(to - from);
            }
        } else {
            if !path.is_empty() {
                self.ensemble.lose_place();
            }
            let frames = std::iter::once(start.frame - 1).chain(start.path().take(ahead));
            path = frames.map(|frame| next.plus(frame - next.frame)).collect();
        }
        path.push(next);
        self.path = path[1..].to_vec();
        self.jump = self.path.windows(2).find_map(Jump::between);
        path
    }

    /// If the song was about to jump, it does so now: what was heard keeps its distance from the present.
    fn arrive(&mut self) {
        if let Some(Jump { from, to }) = self.jump.take() {
            self.listener.advance(from);
            self.listener.jump(to);
            self.ensemble.arrive(to - from);
        }
    }

    /// Appends what the players do in the frame at `next`, after the harmony `before`. `awaits_hand`: the left hand
    /// gives the harmony, and is likely to strike another one there.
    fn play(
        &mut self,
        start: &FrameStart,
        before: &Harmony,
        next: Spot,
        key: Key,
        awaits_hand: bool,
        cues: &mut Vec<Cue>,
    ) {
        let (controls, harmony) = (&start.controls, &self.harmony);
        let foreseen = before.planned[0]
            .is_some_and(|(tick, coming)| tick == next.tick() && Some(coming) == harmony.slash_chord());
        let player = self.listener.player();
        let style = style_of_bar(controls, next);
        let right_hand = self.listener.right_hand();
        let answer_context = AnswerContext { frame: next.frame, key, style, right_hand, controls };
        self.ground = Ground {
            harmony: harmony.slash_chord(),
            allowed: controls.allowed(),
            chords: comper::keys_under(player.lowest, controls),
            bass: bassist::keys_in(style, controls),
            // Who has asked for the end gets it.
            yields: controls.hand_at_once && self.harmonist.ends().is_none(),
            has_yielded: false,
        };
        let ground = self.ground;
        let row = voices::answers(&answer_context, |class| harmony.under[usize::from(class % 12)]);
        cues.push(Cue::Answers(AnswerRow { right_hand, ground, ..row }));
        let context = FrameContext {
            frame: next.frame,
            position: next.position,
            chord: harmony.chord,
            bass: harmony.bass,
            chord_changes: harmony.changes,
            unforeseen: harmony.changes && !foreseen,
            next_chord: harmony.planned[0].map(|(tick, coming)| (tick, coming.chord)),
            next_bass: harmony.planned[0].map(|(_, coming)| coming.bass),
            certain: harmony.certain,
            ends: self.harmonist.ends(),
            key,
            style,
            touch: player.touch,
            player_centre: player.register,
            melody: player.lowest,
            player_density: player.density,
            player_rests: player.rests_for,
            tempo: start.tempo,
            sections: Sections {
                arrangement: &self.arrangement,
                tune: self.tune.sections(next),
                repeated: self.vamp.repeated(),
            },
            memory: self.learner.memory(),
            controls,
            random: Random::new(controls.seed, next.frame),
        };
        let alternatives = harmony.alternatives.as_ref();
        let is_for_left_hand = alternatives.is_none()
            && (awaits_hand && ground.yields && ground.harmony.is_some())
            && self.ensemble.may_fork();
        // The frame after it must know how the fork turned before half of it is over.
        let wait = context.moments(controls.wait).min(Moment::from_tick(TICKS_PER_FRAME / 2).0);
        let until = Moment(Moment::from_tick(next.tick()).0 + wait);
        let fork = (alternatives.is_some() || is_for_left_hand)
            .then_some((Fork { frame: next.frame, until, right_hand, is_for_left_hand }, alternatives));
        let answers = |chord: SlashChord| AnswerRow {
            right_hand,
            ground: Ground { harmony: Some(chord), ..ground },
            ..voices::answers(&answer_context, |_| Some(chord.chord))
        };
        self.ensemble.play(&context, before.slash_chord(), fork, start.plan_ahead, &self.listener, answers, cues);
        if context.is_beat() {
            self.struck = Arc::new(self.ensemble.struck(next.position.meter));
        }
        self.bar = context.bar_of_song();
        self.round = (context.sections.round(self.bar, controls.form), Draw::of(controls));
    }

    /// What the band believes and intends.
    pub fn outlook(&self) -> Outlook {
        let frame = self.path.last().map_or(0, |next| next.frame);
        let Harmony { chord, bass, planned, certain, .. } = self.harmony;
        let (bars, agrees, bar, (round, draw)) = (self.bars, self.tune.agrees(), self.bar, self.round);
        Outlook { frame, bar, key: self.key, chord, bass, planned, certain, bars, agrees, round, draw }
    }

    /// The harmony of the frame that was decided last.
    pub fn harmony(&self) -> &Harmony {
        &self.harmony
    }

    /// The answers when no plan has arrived: a third below in the locked scale, or in C major. Takes no memory and no
    /// time to speak of, so that the audio thread may call it.
    pub fn fallback_answers(frame: Frame, controls: &Controls, zones: Zones) -> AnswerRow {
        voices::fallback_answers(frame, controls, zones)
    }
}

/// The style of the patterns in the bar of `spot`: one of two, drawn per bar.
fn style_of_bar(controls: &Controls, spot: Spot) -> Style {
    let bar = spot.position.at(spot.tick()).bar_start;
    let draw = Random::new(controls.seed, bar).uniform(Purpose::Style, 0);
    if draw < controls.style_blend { controls.style_b } else { controls.style_a }
}

/// The farthest tick in either direction that the band takes seriously: some four hundred years of music.
const FARTHEST: Tick = 1 << 40;

/// What a host sends, with nonsense replaced by something near that makes sense.
fn sensible(start: &FrameStart) -> FrameStart {
    let frame = |frame: Frame| frame.clamp(-FARTHEST / TICKS_PER_FRAME, FARTHEST / TICKS_PER_FRAME);
    let mut start = *start;
    start.frame = frame(start.frame);
    start.next = frame(start.next);
    start.wraps_after = start.wraps_after.map(frame);
    start.plan_ahead = start.plan_ahead.clamp(1, FARTHEST_AHEAD);
    start.position.bar_start = start.position.bar_start.clamp(-FARTHEST, FARTHEST);
    let Meter { numerator, denominator } = start.position.meter;
    start.position.meter = Meter { numerator: numerator.clamp(1, 64), denominator: denominator.clamp(1, 64) };
    start.position = start.position.at(frame_start(start.next));
    start.tempo = in_range(start.tempo, 10.0..=1000.0, 120.0);
    start.controls = start.controls.sensible();
    start
}
