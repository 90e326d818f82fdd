//! The band as the worker leads it: an improviser, and what it remembers of the loop and of the take that it is in.
//!
//! A pure state machine: its output depends only on the sequence of [`Played`] that it takes.

use std::sync::Arc;

use continuo_models::music::time::frame_start;
use continuo_models::music::{Chart, Moment, Tick};
use continuo_models::{Arrangement, Captured, Cue, Memory, Networks, Outlook, Player};

use super::mind::Mind;
use super::take::{Opening, Takes};
use crate::faults::{self, Place};
use crate::guard::caught;
use crate::seam::{Cycle, FrameCall, Played, StampedCue};

/// The band.
///
/// **Loops.** A frame before the end of a loop asks for the first frame of the loop. The first time, the band keeps
/// a copy of itself as it stands before it decides that; each later time that the same loop wraps it becomes that
/// copy again. So from the second pass on, a loop with the same playing repeats note for note. Leaving the loop,
/// changing it or jumping forgets the copy.
///
/// **Takes.** A take begins with the song: after a start, a stop or a seek; where that was in the midst of a bar, with
/// the next barline. The band keeps a copy of itself as it was then. When it is asked for the take again, it becomes
/// that copy at the next barline, in whose own time the song has not moved on: so the same playing gets the same
/// answer, note for note. For another take the seed is another one.
///
/// **Count-in.** Before a song that is counted in nothing is decided: the band begins with its first bar, having heard
/// what was played before it.
pub struct Band {
    networks: Arc<Networks>,
    chart: Arc<Chart>,
    /// The bar that the musician has captured.
    captured: Arc<Captured>,
    /// What he has made of the sections.
    arrangement: Arc<Arrangement>,
    /// A chart without bars.
    nothing: Arc<Chart>,
    mind: Mind,
    /// The loop that the song is in, and the band as it was before it decided the loop's first frame.
    loop_start: Option<(Cycle, Mind)>,
    takes: Takes,
    decided: Vec<Cue>,
    cues: Vec<StampedCue>,
}

impl Band {
    /// A band that has heard nothing, knows of the musician what `learnt` holds, and follows `chart`.
    pub fn new(networks: Arc<Networks>, learnt: Arc<Memory>, chart: Arc<Chart>) -> Self {
        let mind = Mind::new(&networks, learnt, Arc::clone(&chart));
        let (captured, arrangement, nothing, loop_start, takes, decided, cues) = Default::default();
        Self { networks, chart, captured, arrangement, nothing, mind, loop_start, takes, decided, cues }
    }

    /// Takes what happened next. Gives the outlook if it is another one now: after a frame, whose cues are then in
    /// [`Band::cues`], after a fork that did not turn as planned, and after a chord to which the plan gave way.
    pub fn take(&mut self, played: Played) -> Option<Outlook> {
        match played {
            Played::Heard(heard) => {
                self.takes.hear(heard);
                self.mind.hear(heard);
                None
            }
            Played::Turned { frame, turn } => {
                // What was handed over on every way needs no more cues.
                self.cues.clear();
                self.mind.turn(frame, turn).then(|| self.mind.outlook())
            }
            Played::Struck { frame, chord } => {
                self.cues.clear();
                self.mind.give_way(frame, chord).then(|| self.mind.outlook())
            }
            Played::Jump { tick, .. } => {
                self.begin_anew(tick);
                self.takes = Takes::of_new_song();
                None
            }
            Played::Frame(call) => {
                self.takes.begin(&call.start, &mut self.mind);
                self.wrap(&call);
                let opening = self.takes.open(&call, &mut self.mind);
                self.mind.exchange(&self.networks);
                self.decided.clear();
                if matches!(opening, Opening::Planned | Opening::Unplanned) {
                    let at = Moment::from_tick(frame_start(call.start.next));
                    self.decided.extend(Player::planned().map(|player| Cue::Release { player, at }));
                }
                if call.counts_in || matches!(opening, Opening::Unplanned | Opening::Ahead) {
                    self.decided.push(Cue::Done(call.start.next));
                } else {
                    self.mind.decide(&call.start, self.takes.number(), &mut self.decided);
                }
                faults::strike(Place::Improviser);
                self.cues.clear();
                self.cues.extend(self.decided.iter().map(|&cue| StampedCue { epoch: call.epoch, cue }));
                Some(self.mind.outlook())
            }
        }
    }

    /// What was decided for the last frame; the last one is [`Cue::Done`]. Nothing after a fork has turned
    /// or a chord was struck.
    pub fn cues(&self) -> &[StampedCue] {
        &self.cues
    }

    /// What the band has learnt of the musician.
    pub fn learnt(&self) -> &Arc<Memory> {
        self.mind.learnt()
    }

    /// What the band has learned of the tune since the song began: no bars, if nothing.
    pub fn learned(&self) -> &Arc<Chart> {
        self.mind.learned().unwrap_or(&self.nothing)
    }

    /// Knows of the musician what `learnt` holds, and nothing else. A loop is learnt anew.
    pub fn remember(&mut self, learnt: Arc<Memory>) {
        self.mind.remember(learnt);
        self.loop_start = None;
    }

    /// Follows `chart` from the next frame on, in the loop and in the takes to come too: it is set, and not played.
    pub fn follow_chart(&mut self, chart: &Arc<Chart>) {
        self.chart = Arc::clone(chart);
        let copies = self.loop_start.iter_mut().map(|(_, mind)| mind);
        copies.chain([&mut self.mind]).for_each(|mind| mind.follow_chart(Arc::clone(chart)));
        self.takes.follow_chart(chart);
    }

    /// What the band strikes in its bar.
    pub fn struck(&self) -> &Arc<Captured> {
        self.mind.struck()
    }

    /// `captured` is the captured bar from the next one on, in the loop and in the takes to come too: it is set, and
    /// not played.
    pub fn capture(&mut self, captured: &Arc<Captured>) {
        self.captured = Arc::clone(captured);
        let copies = self.loop_start.iter_mut().map(|(_, mind)| mind);
        copies.chain([&mut self.mind]).for_each(|mind| mind.capture(captured));
        self.takes.capture(captured);
    }

    /// The sections are as in `arrangement` from the next frame on, in the loop and in the takes to come too: it is
    /// set, and not played.
    pub fn arrange(&mut self, arrangement: &Arc<Arrangement>) {
        self.arrangement = Arc::clone(arrangement);
        let copies = self.loop_start.iter_mut().map(|(_, mind)| mind);
        copies.chain([&mut self.mind]).for_each(|mind| mind.arrange(arrangement));
        self.takes.arrange(arrangement);
    }

    /// Forgets what was heard and learned of the tune, in the loop and for the takes to come too.
    pub fn forget_tune(&mut self) {
        let copies = self.loop_start.iter_mut().map(|(_, mind)| mind);
        copies.chain([&mut self.mind]).for_each(Mind::forget_tune);
        self.takes.forget_tune();
    }

    /// Forgets everything that was heard before `tick`, but not what was learnt of the musician, nor what is held.
    fn begin_anew(&mut self, tick: Tick) {
        let mut anew = Mind::new(&self.networks, Arc::clone(self.learnt()), Arc::clone(&self.chart));
        anew.capture(&self.captured);
        anew.arrange(&self.arrangement);
        anew.catch_up(self.mind.hands(), tick);
        self.mind = anew;
        self.loop_start = None;
    }

    /// A band that begins anew in the place of one that has failed at something, at `tick`: it knows what `learnt`
    /// holds, and what the musician holds, unless it fails at that again.
    pub fn after_failure(failed: &Self, learnt: Arc<Memory>, tick: Tick) -> Self {
        let fresh = || {
            let mut band = Self::new(Arc::clone(&failed.networks), Arc::clone(&learnt), Arc::clone(&failed.chart));
            band.capture(&failed.captured);
            band.arrange(&failed.arrangement);
            band
        };
        let mut band = fresh();
        let caught_up = caught(|| band.mind.catch_up(failed.mind.hands(), tick));
        if caught_up.is_ok() { band } else { fresh() }
    }

    /// Goes on with other networks from the next frame on. The music goes on as well.
    pub fn exchange(&mut self, networks: Arc<Networks>) {
        self.networks = networks;
    }

    /// Where the song wraps, the band becomes what it was when the loop began. Call it before the frame is decided.
    fn wrap(&mut self, call: &FrameCall) {
        if self.loop_start.as_ref().is_some_and(|(cycle, ..)| call.cycle != Some(*cycle)) {
            self.loop_start = None;
        }
        let (true, Some(cycle)) = (call.start.wraps(), call.cycle) else { return };
        match &self.loop_start {
            None => self.loop_start = Some((cycle, self.mind.clone())),
            Some((_, mind)) => {
                let now = std::mem::replace(&mut self.mind, mind.clone());
                // The hands of today may not be where those of the copy were.
                self.mind.catch_up(now.hands(), frame_start(call.start.frame));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::improviser::players::accompaniment::patterns::{Touch, stroke};
    use continuo_models::music::{BarPosition, Frame, Letter, Meter};
    use continuo_models::{Controls, Family, FrameStart, Heard, Player};

    use super::*;
    use crate::seam::NetworkSet;

    const CYCLE: Cycle = Cycle { start: 0, end: 96 };

    fn frame(frame: Frame, next: Frame, epoch: u32, cycle: Option<Cycle>) -> Played {
        let position = BarPosition { bar_start: 0, meter: Meter::default() };
        let wraps_after = (next != frame + 1).then_some(frame);
        let start = FrameStart { frame, wraps_after, ..FrameStart::before(next, position, Controls::default()) };
        let networks = NetworkSet::ALL[0].for_all();
        Played::Frame(FrameCall { start, networks, epoch, cycle, loads: 0, again: None, counts_in: false })
    }

    fn on(tick: i64, key: u8) -> Played {
        Played::Heard(Heard::NoteOn { tick, channel: 0, key, velocity: 90 })
    }

    fn off(tick: i64, key: u8) -> Played {
        Played::Heard(Heard::NoteOff { tick, channel: 0, key })
    }

    /// Frame `f` of a bar of loop with a tune; its cues.
    fn take_frame(band: &mut Band, epoch: u32, f: Frame) -> Vec<Cue> {
        let next = (f + 1) % 16;
        band.take(frame(f, next, epoch + u32::from(next == 0), Some(CYCLE)));
        let key = 60 + [0, 4, 7, 5][(f / 4) as usize];
        if f % 4 == 0 {
            band.take(on(f * 6, key));
        } else if f % 4 == 3 {
            band.take(off(f * 6, key));
        }
        band.cues().iter().map(|stamped| stamped.cue).collect()
    }

    /// One pass of the loop; the cues of each frame.
    fn pass(band: &mut Band, epoch: u32) -> Vec<Vec<Cue>> {
        (0..16).map(|f| take_frame(band, epoch, f)).collect()
    }

    #[test]
    fn a_loop_repeats_from_its_second_pass_on() {
        let mut band = Band::new(Arc::default(), Arc::default(), Arc::default());
        let passes: Vec<_> = (0..4).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!(passes[2], passes[1]);
        assert_eq!(passes[3], passes[1]);
    }

    #[test]
    fn what_is_learnt_outlives_a_jump_and_a_loop_repeats_with_it() {
        let networks = Arc::new(Networks::built_in(Family::Gru).0);
        let mut band = Band::new(networks, Arc::default(), Arc::default());
        pass(&mut band, 0);
        band.take(Played::Jump { epoch: 1, tick: 0 });
        assert!(!band.learnt().is_empty());
        let passes: Vec<_> = (1..4).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!(passes[2], passes[1]);
        band.remember(Arc::default());
        assert!(band.learnt().is_empty() && band.loop_start.is_none());
    }

    fn chart(text: &str) -> Arc<Chart> {
        Arc::new(Chart::read(text).0)
    }

    #[test]
    fn a_loop_repeats_by_its_chart_and_one_that_is_set_meanwhile_counts_in_it() {
        let mut band = Band::new(Arc::default(), Arc::default(), chart("| Ebmaj7 Ab7 |"));
        let passes: Vec<_> = (0..3).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!(passes[2], passes[1]);
        let free = Band::new(Arc::default(), Arc::default(), Arc::default()).mind.outlook().bars;
        assert_eq!((band.mind.outlook().bars, free), (Some([0, 0]), None));
        band.follow_chart(&chart("| Bm7 | E7 |"));
        let other: Vec<_> = (3..6).map(|epoch| pass(&mut band, epoch)).collect();
        assert_eq!((other[2] == other[1], other[1] == passes[1]), (true, false));
        assert_eq!(band.mind.outlook().chord.map(|chord| chord.to_string()).as_deref(), Some("Bm7"));
    }

    #[test]
    fn a_captured_bar_outlives_jumps_and_failures_and_a_loop_repeats_with_one_that_is_set_meanwhile() {
        let at_the_corner = |frame: Played| match frame {
            Played::Frame(mut call) => {
                call.start.controls.morph_x = 1.0;
                Played::Frame(call)
            }
            other => other,
        };
        let played = |band: &mut Band, epoch: u32| -> Vec<Vec<Cue>> {
            let frame = |f: Frame| {
                let next = (f + 1) % 16;
                band.take(at_the_corner(frame(f, next, epoch + u32::from(next == 0), Some(CYCLE))));
                band.cues().iter().map(|stamped| stamped.cue).collect()
            };
            (0..16).map(frame).collect()
        };
        let mut band = Band::new(Arc::default(), Arc::default(), chart("| C |"));
        let own: Vec<_> = (0..3).map(|epoch| played(&mut band, epoch)).collect();
        let strokes = vec![stroke(0, Touch::Low), stroke(54, Touch::Low)];
        let captured = Arc::new(Captured { chords: strokes, ..Captured::default() });
        band.capture(&captured);
        let with: Vec<_> = (3..6).map(|epoch| played(&mut band, epoch)).collect();
        assert!(with[1] != own[2] && with[2] == with[1]);
        assert_eq!(band.struck().chords, captured.chords);
        let mut anew = Band::after_failure(&band, Arc::default(), 0);
        anew.take(Played::Jump { epoch: 9, tick: 0 });
        played(&mut anew, 9);
        assert_eq!(anew.struck().chords, captured.chords);
    }

    #[test]
    fn an_arrangement_outlives_jumps_and_failures_and_counts_in_a_loop_and_in_takes() {
        let order = [Letter::of(3), Letter::A];
        let arrangement = Arc::new(Arrangement { order: order.to_vec(), ..Arrangement::default() });
        let letters = |band: &mut Band| {
            pass(band, 0);
            band.mind.outlook().round.letters()
        };
        let mut band = Band::new(Arc::default(), Arc::default(), Arc::default());
        assert_eq!(letters(&mut band).len(), 4);
        band.arrange(&arrangement);
        assert_eq!([letters(&mut band), letters(&mut band)], [order.to_vec(), order.to_vec()]);
        let mut anew = Band::after_failure(&band, Arc::default(), 0);
        anew.take(Played::Jump { epoch: 9, tick: 0 });
        assert_eq!(letters(&mut anew), order);
    }

    #[test]
    fn what_was_learned_of_the_tune_is_forgotten_if_one_asks_for_it() {
        let networks = Arc::new(Networks::built_in(Family::Gru).0);
        let mut band = Band::new(networks, Arc::default(), chart("| _ | _ | _ | _ |"));
        for now in 0..4 * 16 + 2 {
            band.take(frame(now, now + 1, 0, None));
            let key = 60 + [0, 4, 7, 12][(now / 4 % 4) as usize];
            if now % 4 == 0 {
                band.take(on(now * 6, key));
            } else if now % 4 == 3 {
                band.take(off(now * 6, key));
            }
        }
        assert_eq!(band.learned().bars.len(), 4);
        band.forget_tune();
        assert!(band.learned().is_empty());
    }

    #[test]
    fn a_chart_outlives_a_jump_and_a_failure() {
        let mut band = Band::new(Arc::default(), Arc::default(), chart("| Ebm7 |"));
        let decided = |band: &mut Band| {
            band.take(frame(15, 16, 1, None));
            band.mind.outlook().chord.map(|chord| chord.to_string())
        };
        band.take(Played::Jump { epoch: 1, tick: 90 });
        assert_eq!(decided(&mut band).as_deref(), Some("Ebm7"));
        let mut anew = Band::after_failure(&band, Arc::default(), 90);
        assert_eq!(decided(&mut anew).as_deref(), Some("Ebm7"));
    }

    #[test]
    fn another_loop_is_another_memory() {
        let mut band = Band::new(Arc::default(), Arc::default(), Arc::default());
        pass(&mut band, 0);
        assert!(band.loop_start.is_some());
        band.take(frame(0, 1, 1, Some(Cycle { start: 0, end: 192 })));
        assert!(band.loop_start.is_none());
        pass(&mut band, 1);
        band.take(Played::Jump { epoch: 9, tick: 0 });
        assert!(band.loop_start.is_none());
    }

    #[test]
    fn with_other_networks_the_music_goes_on() {
        let [one, other] = [Family::Gru, Family::Transformer].map(|family| Arc::new(Networks::built_in(family).0));
        let mut band = Band::new(one, Arc::default(), Arc::default());
        pass(&mut band, 0);
        let key = band.mind.outlook().key;
        band.exchange(other);
        let cues = pass(&mut band, 1).concat();
        assert!(key.is_some() && band.mind.outlook().key.is_some());
        assert!(cues.iter().any(|cue| matches!(cue, Cue::Note(note) if note.player == Player::Chords)));
    }

    #[test]
    fn a_loop_repeats_though_the_networks_change_in_the_midst_of_it() {
        let sets = [Family::Gru, Family::Transformer].map(|family| Arc::new(Networks::built_in(family).0));
        let mut band = Band::new(Arc::clone(&sets[0]), Arc::default(), Arc::default());
        let passes: Vec<Vec<Vec<Cue>>> = (0..4)
            .map(|epoch| {
                (0..16)
                    .map(|f| {
                        band.exchange(Arc::clone(&sets[usize::from(f >= 8)]));
                        take_frame(&mut band, epoch, f)
                    })
                    .collect()
            })
            .collect();
        assert_eq!(passes[2], passes[1]);
        assert_eq!(passes[3], passes[1]);
    }

    #[test]
    fn cues_bear_the_epoch_of_the_frame_and_end_with_done() {
        let mut band = Band::new(Arc::default(), Arc::default(), Arc::default());
        band.take(frame(15, 0, 7, Some(CYCLE)));
        assert!(band.cues().iter().all(|stamped| stamped.epoch == 7));
        assert_eq!(band.cues().last().map(|stamped| stamped.cue), Some(Cue::Done(0)));
    }
}
