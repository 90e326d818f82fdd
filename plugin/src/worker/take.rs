//! Takes of a song: where the present one began, and how the next one does.

use std::sync::Arc;

use continuo_models::music::time::{frame_of_onset, frame_start};
use continuo_models::music::{Chart, Frame, Spot};
use continuo_models::{Arrangement, Captured, FrameStart, Heard};

use super::hands::Hands;
use super::mind::Mind;
use crate::seam::{Again, FrameCall};

/// How a frame opens a take, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It does not.
    None,
    /// As ever: it is decided by the band as it was.
    Planned,
    /// As the song began: without a plan.
    Unplanned,
    /// It does not, but lies behind one that did, and whose call is yet to come: it has no plan either.
    Ahead,
}

/// The takes of a song.
///
/// A song that starts on a barline has no plan for its first frames, since nobody could have been asked for them. So
/// has each later take of it then; the band begins anew when the first one does, and of what was played before it has
/// only heard what was early for it, as at the song's start.
#[derive(Default)]
pub struct Takes {
    origin: Option<Origin>,
    /// Counts the takes that are to be different.
    number: u32,
    wanted: Option<Again>,
    beginning: Option<Beginning>,
    /// Whether no frame has been called since the song's start.
    is_new: bool,
    /// The frame that was called last.
    now: Frame,
}

/// The band as it was when the take began.
struct Origin {
    /// The first frame, in the improviser's own time.
    frame: Frame,
    mind: Mind,
    /// Whether that frame was decided.
    planned: bool,
}

/// A take that begins with a coming frame, which is not decided.
struct Beginning {
    /// The frame.
    first: Frame,
    /// The frame before it.
    before: Frame,
    /// By how many frames the song jumps between the two.
    jump: Frame,
    /// What the musician holds when it begins, and what was played early for it.
    hands: Hands,
    early: Vec<Heard>,
}

impl Takes {
    /// The song begins now.
    pub fn of_new_song() -> Self {
        Self { is_new: true, ..Self::default() }
    }

    /// Which of the takes that are to be different this is; 0 is the first one.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The song is played by `chart` from now on, in this take and in those to come.
    pub fn follow_chart(&mut self, chart: &Arc<Chart>) {
        if let Some(origin) = &mut self.origin {
            origin.mind.follow_chart(Arc::clone(chart));
        }
    }

    /// `captured` is the captured bar from now on, in the takes to come too.
    pub fn capture(&mut self, captured: &Arc<Captured>) {
        if let Some(origin) = &mut self.origin {
            origin.mind.capture(captured);
        }
    }

    /// The sections are as in `arrangement` from now on, in the takes to come too.
    pub fn arrange(&mut self, arrangement: &Arc<Arrangement>) {
        if let Some(origin) = &mut self.origin {
            origin.mind.arrange(arrangement);
        }
    }

    /// Of the tune nothing is known any more, in the takes to come neither.
    pub fn forget_tune(&mut self) {
        if let Some(origin) = &mut self.origin {
            origin.mind.forget_tune();
        }
    }

    /// The musician did something.
    pub fn hear(&mut self, heard: Heard) {
        match &mut self.beginning {
            Some(Beginning { before, jump, early, .. })
                if self.now == *before && frame_of_onset(heard.tick()) > *before =>
            {
                early.push(heard.later(*jump));
            }
            Some(Beginning { hands, .. }) => hands.follow(heard),
            None => {}
        }
    }

    /// A frame begins: if it is the first one of a take, the band becomes what it was.
    pub fn begin(&mut self, start: &FrameStart, mind: &mut Mind) {
        self.now = start.frame;
        let is_ahead = |first: Frame| start.path().skip(1).any(|frame| frame == first);
        let begins = self.beginning.take_if(|beginning| beginning.first == start.frame || !is_ahead(beginning.first));
        // To a frame that is not ahead any more the song has not come: the take before goes on.
        let begins = begins.filter(|beginning| beginning.first == start.frame);
        if let (Some(Beginning { hands, early, .. }), Some(origin)) = (begins, &self.origin) {
            *mind = origin.mind.clone();
            mind.move_to(start.frame - origin.frame);
            mind.catch_up(&hands, frame_start(start.frame));
            early.into_iter().for_each(|heard| mind.hear(heard));
        }
    }

    /// Before a frame is decided: sees to where the take began, and whether the next one begins with that frame.
    pub fn open(&mut self, call: &FrameCall, mind: &mut Mind) -> Opening {
        self.wanted = call.again.or(self.wanted);
        if call.counts_in {
            return Opening::None;
        }
        let FrameStart { frame, next, position, .. } = call.start;
        let spot = Spot { frame: next, position };
        let goes_straight = call.start.wraps_after.is_none();
        let is_new = std::mem::take(&mut self.is_new) && goes_straight && spot.plus(frame - next).begins_bar();
        if self.origin.is_none() && (is_new || spot.begins_bar()) {
            let first = if is_new { frame } else { next };
            self.origin = Some(Origin { frame: first - mind.ahead(), mind: mind.clone(), planned: !is_new });
        }
        if self.beginning.is_some() {
            return Opening::Ahead;
        }
        if !spot.begins_bar() {
            return Opening::None;
        }
        let (Some(again), Some(origin)) = (self.wanted.take(), &self.origin) else { return Opening::None };
        self.number += u32::from(again == Again::Other);
        if !origin.planned {
            let before = call.start.path().nth(usize::from(call.start.plan_ahead) - 1).unwrap_or(frame);
            let (jump, hands) = (next - before - 1, mind.hands().clone());
            self.beginning = Some(Beginning { first: next, before, jump, hands, early: Vec::new() });
            return Opening::Unplanned;
        }
        let now = std::mem::replace(mind, origin.mind.clone());
        mind.move_to(next - origin.frame);
        mind.catch_up(now.hands(), frame_start(frame));
        Opening::Planned
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::{BarPosition, Meter};
    use continuo_models::score::FARTHEST_AHEAD;
    use continuo_models::{Controls, Cue, Player};
    use proptest::prelude::*;

    use super::super::band::Band;
    use super::*;
    use crate::seam::{NetworkSet, Played};

    /// A bar, in frames.
    const BAR: Frame = 16;

    /// A band to whom a tune of four bars is played, over and over, with a button pressed in some frames.
    struct Session {
        band: Band,
        frame: Frame,
        plan_ahead: u8,
        /// Whether what lies before frame 0 is its count-in.
        counts_in: bool,
    }

    impl Session {
        /// The song starts at `frame`.
        fn start(frame: Frame) -> Self {
            let mut band = Band::new(Arc::default(), Arc::default(), Arc::default());
            band.take(Played::Jump { epoch: 0, tick: frame_start(frame) });
            Self { band, frame, plan_ahead: 1, counts_in: false }
        }

        /// The same, planning ahead by so many frames.
        fn planning(self, plan_ahead: u8) -> Self {
            Self { plan_ahead, ..self }
        }

        /// Plays on for some bars and presses the button in the first frame of the last one. The cues for the frames
        /// that were asked for, as if the first bar of the song were here.
        fn play(&mut self, bars: Frame, again: Option<Again>) -> Vec<Vec<Cue>> {
            let first = self.frame.div_euclid(BAR) * BAR;
            let last = first + bars * BAR;
            let mut cues = Vec::new();
            while self.frame < last {
                let pressed = again.filter(|_| self.frame == last - BAR);
                cues.push(self.frame(pressed).into_iter().map(|cue| cue.later(-first)).collect());
            }
            cues
        }

        fn frame(&mut self, again: Option<Again>) -> Vec<Cue> {
            let frame = self.frame;
            let next = frame + Frame::from(self.plan_ahead);
            let position = BarPosition { bar_start: 0, meter: Meter::default() }.at(frame_start(next));
            let plan_ahead = self.plan_ahead;
            let start = FrameStart { frame, plan_ahead, ..FrameStart::before(next, position, Controls::default()) };
            let networks = NetworkSet::ALL[0].for_all();
            let (cycle, counts_in) = (None, self.counts_in && next < 0);
            let call = FrameCall { start, networks, epoch: 0, cycle, loads: 0, again, counts_in };
            self.band.take(Played::Frame(call));
            let cues = self.band.cues().iter().map(|stamped| stamped.cue).collect();
            let (tick, channel) = (frame_start(frame), 0);
            let key = 60 + [0, 4, 7, 5, 9, 7, 2, 4][(frame / 4).rem_euclid(8) as usize];
            // The last bar of four is a rest.
            if frame.rem_euclid(4 * BAR) < 3 * BAR {
                if frame % 4 == 0 {
                    self.band.take(Played::Heard(Heard::NoteOn { tick, channel, key, velocity: 90 }));
                } else if frame % 4 == 3 {
                    self.band.take(Played::Heard(Heard::NoteOff { tick: tick + 5, channel, key }));
                }
            }
            self.frame += 1;
            cues
        }
    }

    fn notes(cues: &[Vec<Cue>]) -> usize {
        cues.iter().flatten().filter(|cue| matches!(cue, Cue::Note(_))).count()
    }

    #[test]
    fn the_same_playing_gets_the_same_answer_again() {
        for plan_ahead in 1..=FARTHEST_AHEAD {
            let mut session = Session::start(0).planning(plan_ahead);
            let takes: Vec<_> = (0..4).map(|_| session.play(4, Some(Again::Same))).collect();
            assert!(notes(&takes[0]) > 20);
            let asked = 4 * BAR as usize - usize::from(plan_ahead);
            for take in &takes[1..] {
                assert_eq!(take[..asked], takes[0][..asked], "planning {plan_ahead} frames ahead");
            }
        }
    }

    #[test]
    fn each_take_begins_the_chart_anew() {
        let mut session = Session::start(0);
        session.band.follow_chart(&Arc::new(Chart::read("| Dm7 | G7 | Cmaj7 | A7 | F | Bb7 |").0));
        let takes: Vec<_> = (0..3).map(|_| session.play(4, Some(Again::Same))).collect();
        assert!(notes(&takes[0]) > 20);
        assert_eq!(takes[1][..63], takes[0][..63]);
        assert_eq!(takes[2][..63], takes[1][..63]);
    }

    #[test]
    fn nobody_plays_before_a_song_that_is_counted_in_and_each_take_of_it_is_the_same() {
        for plan_ahead in 1..=FARTHEST_AHEAD {
            let mut session = Session { counts_in: true, ..Session::start(-BAR).planning(plan_ahead) };
            let ahead = usize::from(plan_ahead);
            let count_in = session.play(1, None);
            assert_eq!(notes(&count_in[..BAR as usize - ahead]), 0);
            let takes: Vec<_> = (0..3).map(|_| session.play(4, Some(Again::Same))).collect();
            assert!(notes(&takes[0]) > 20);
            for take in &takes[1..] {
                assert_eq!(take[..64 - ahead], takes[0][..64 - ahead], "planning {plan_ahead} frames ahead");
            }
        }
    }

    #[test]
    fn without_being_asked_the_band_goes_on() {
        let mut session = Session::start(0);
        let (first, second) = (session.play(4, None), session.play(4, None));
        assert_ne!(first, second);
    }

    #[test]
    fn another_take_is_another_answer_to_the_same_playing() {
        let mut session = Session::start(0);
        let first = session.play(4, Some(Again::Other));
        let second = session.play(4, Some(Again::Same));
        let third = session.play(4, Some(Again::Other));
        let fourth = session.play(4, None);
        assert!(notes(&second) > 20);
        assert_ne!(first, second);
        assert_eq!(third[..63], second[..63], "the same again is that of the last take");
        assert!(fourth != first && fourth != second);
    }

    #[test]
    fn a_take_of_a_song_that_starts_in_a_bar_begins_with_the_next_barline() {
        for plan_ahead in 1..=FARTHEST_AHEAD {
            let mut session = Session::start(5).planning(plan_ahead);
            session.play(1, None);
            let first = session.play(4, Some(Again::Same));
            assert_eq!(session.frame, 5 * BAR);
            let second = session.play(4, None);
            assert!(notes(&first) > 20);
            // Of the first frames the last ones of the bar before have told.
            let asked = 64 - usize::from(plan_ahead);
            assert_eq!(second[..asked], first[..asked], "planning {plan_ahead} frames ahead");
        }
    }

    #[test]
    fn what_the_old_take_sounds_ends_when_the_new_one_begins() {
        let mut session = Session::start(0);
        let last = session.play(4, Some(Again::Same)).pop().unwrap();
        let released = last.iter().filter(|cue| matches!(cue, Cue::Release { .. })).count();
        assert_eq!((released, last.last()), (Player::planned().count(), Some(&Cue::Done(4 * BAR))));
    }

    #[test]
    fn a_note_that_is_early_for_the_new_take_belongs_to_it() {
        let early = |heard: bool| {
            let mut session = Session::start(0);
            session.play(4, Some(Again::Same));
            if heard {
                let tick = frame_start(4 * BAR) - 1;
                session.band.take(Played::Heard(Heard::NoteOn { tick, channel: 1, key: 40, velocity: 90 }));
            }
            session.play(4, None)
        };
        assert_ne!(early(true), early(false));
    }

    #[test]
    fn planning_further_ahead_the_first_frames_of_a_later_take_have_no_plan_either() {
        let mut session = Session::start(0).planning(3);
        session.play(4, Some(Again::Same));
        let unplanned = session.band.cues().iter().map(|stamped| stamped.cue).collect::<Vec<_>>();
        assert_eq!(unplanned, [Cue::Done(4 * BAR + 2)]);
        assert!(session.frame(None).len() > 1, "the first one that has a plan is asked for when the take begins");
    }

    #[test]
    fn a_seek_begins_a_new_song() {
        let mut session = Session::start(0);
        session.play(4, Some(Again::Other));
        session.play(2, None);
        let mut fresh = Session::start(0);
        session.frame = 0;
        session.band.take(Played::Jump { epoch: 1, tick: 0 });
        assert_eq!(session.play(4, None), fresh.play(4, None));
    }

    proptest! {
        #[test]
        fn every_frame_is_answered_for_itself(
            buttons in prop::collection::vec(prop::option::of(prop::bool::ANY), 1..100), start in -20i64..20,
            plan_ahead in 1..=FARTHEST_AHEAD,
        ) {
            let mut session = Session::start(start).planning(plan_ahead);
            let ahead = Frame::from(plan_ahead);
            for button in buttons {
                let again = button.map(|other| if other { Again::Other } else { Again::Same });
                let next = session.frame + ahead;
                let cues = session.frame(again);
                prop_assert_eq!(cues.last(), Some(&Cue::Done(next)));
                for cue in cues {
                    match cue {
                        Cue::Note(note) => prop_assert!(note.start.0 >= next * 240 && note.start.0 < (next + 1) * 240),
                        Cue::Answers(row) => prop_assert_eq!(row.frame, next),
                        Cue::Release { at, .. } => prop_assert_eq!(at.0, next * 240),
                        Cue::Fork(fork) => prop_assert_eq!(fork.frame, next),
                        Cue::On(way) => prop_assert!((next - ahead..=next).contains(&way.fork)),
                        Cue::Done(frame) => prop_assert_eq!(frame, next),
                    }
                }
            }
        }
    }
}
