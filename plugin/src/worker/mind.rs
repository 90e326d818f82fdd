//! An improviser in the time of the song.

use std::sync::Arc;

use continuo_models::improviser::chance::random::seed_of_take;
use continuo_models::music::{Chart, Frame, SlashChord, Tick};
use continuo_models::{Arrangement, Captured, Cue, FrameStart, Heard, Improviser, Memory, Networks, Outlook, Turn};

use super::hands::Hands;

/// What the band has in mind. `Clone` is a snapshot.
#[derive(Clone)]
pub struct Mind {
    improviser: Improviser,
    hands: Hands,
    /// By how many frames the song is ahead of the improviser's own time.
    ahead: Frame,
}

impl Mind {
    /// A mind that has heard nothing, knows of the musician what `learnt` holds, and follows `chart`.
    pub fn new(networks: &Arc<Networks>, learnt: Arc<Memory>, chart: Arc<Chart>) -> Self {
        let mut improviser = Improviser::new(Arc::clone(networks));
        improviser.remember(learnt);
        improviser.follow_chart(chart);
        Self { improviser, hands: Hands::default(), ahead: 0 }
    }

    /// The fork in `frame` has turned. Whether from what was planned.
    pub fn turn(&mut self, frame: Frame, turn: Turn) -> bool {
        self.improviser.turn(frame - self.ahead, turn)
    }

    /// The left hand has struck `chord` in `frame`. Whether what was decided has given way to it.
    pub fn give_way(&mut self, frame: Frame, chord: SlashChord) -> bool {
        self.improviser.give_way(frame - self.ahead, chord)
    }

    /// What the band lets see of it.
    pub fn outlook(&self) -> Outlook {
        self.improviser.outlook().later(self.ahead)
    }

    /// Takes in what the musician did.
    pub fn hear(&mut self, heard: Heard) {
        self.hands.follow(heard);
        self.improviser.hear(heard.later(-self.ahead));
    }

    /// What the musician holds.
    pub fn hands(&self) -> &Hands {
        &self.hands
    }

    /// Moves to where the song is `ahead` frames ahead of the improviser.
    pub fn move_to(&mut self, ahead: Frame) {
        self.ahead = ahead;
    }

    /// By how many frames the song is ahead of the improviser's own time.
    pub fn ahead(&self) -> Frame {
        self.ahead
    }

    /// Lets the hands be where `hands` are at `tick`.
    pub fn catch_up(&mut self, hands: &Hands, tick: Tick) {
        for heard in self.hands.changes_to(hands, tick) {
            self.hear(heard);
        }
    }

    /// Decides a frame, in the numbers of take number `take`, and appends its cues to `cues`.
    pub fn decide(&mut self, start: &FrameStart, take: u32, cues: &mut Vec<Cue>) {
        let mut start = start.later(-self.ahead);
        start.controls.seed = seed_of_take(start.controls.seed, take);
        let first = cues.len();
        self.improviser.decide(&start, cues);
        cues[first..].iter_mut().for_each(|cue| *cue = cue.later(self.ahead));
    }

    /// Goes on with other networks.
    pub fn exchange(&mut self, networks: &Arc<Networks>) {
        self.improviser.exchange(networks);
    }

    /// Follows `chart` from the next frame on.
    pub fn follow_chart(&mut self, chart: Arc<Chart>) {
        self.improviser.follow_chart(chart);
    }

    /// `captured` is the captured bar from the next one on.
    pub fn capture(&mut self, captured: &Arc<Captured>) {
        self.improviser.capture(Arc::clone(captured));
    }

    /// The sections are as in `arrangement` from the next frame on.
    pub fn arrange(&mut self, arrangement: &Arc<Arrangement>) {
        self.improviser.arrange(Arc::clone(arrangement));
    }

    /// What the band strikes in its bar.
    pub fn struck(&self) -> &Arc<Captured> {
        self.improviser.struck()
    }

    /// Forgets what was heard and learned of the tune.
    pub fn forget_tune(&mut self) {
        self.improviser.forget_tune();
    }

    /// What was learned of the tune since the song began.
    pub fn learned(&self) -> Option<&Arc<Chart>> {
        self.improviser.learned()
    }

    /// What was learnt of the musician.
    pub fn learnt(&self) -> &Arc<Memory> {
        self.improviser.memory()
    }

    /// Knows of the musician what `learnt` holds, and nothing else.
    pub fn remember(&mut self, learnt: Arc<Memory>) {
        self.improviser.remember(learnt);
    }
}
