//! What was heard of the tune, bar by bar, in the order in which it was played.

use std::collections::VecDeque;
use std::sync::Arc;

use super::harmonizer::ChorusFrame;
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{BarPosition, Frame, Meter, SlashChord, Spot, Tick};
use crate::network::features::Note;
use crate::network::harmonizer::Given;

/// The most bars that are remembered: two of the longest choruses.
const MOST_BARS: usize = 128;
/// So many bars ago a change is still a habit: the longest pattern of two-bar changes, twice.
const HABIT: usize = 4;

/// What was heard in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeardFrame {
    /// The melody.
    pub note: Note,
    /// The harmony, if the musician or a chart has given it.
    pub given: Option<SlashChord>,
    /// Whether it is not what was learned.
    pub departs: bool,
}

/// A bar as it was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct HeardBar {
    /// Its number in the song, from 0.
    pub number: Tick,
    /// Its meter.
    pub meter: Meter,
    /// By their place in the bar. What came before the first frame that was heard is silence.
    pub frames: Vec<HeardFrame>,
}

impl HeardBar {
    /// The place of `spot` in its bar, in frames.
    pub fn place_of(spot: Spot) -> usize {
        (spot.position.ticks_into_bar(spot.tick()) / TICKS_PER_FRAME) as usize
    }

    /// A bar in which nothing was heard.
    pub fn silent(meter: Meter) -> Self {
        Self { number: 0, meter, frames: Vec::new() }
    }

    fn new(spot: Spot) -> Self {
        Self { number: spot.bar_number(), meter: spot.position.meter, frames: Vec::new() }
    }

    fn put(&mut self, place: usize, frame: HeardFrame) {
        self.frames.resize(place, HeardFrame::default());
        self.frames.push(frame);
    }

    /// Its length in frames as its meter has it.
    pub fn length(&self) -> usize {
        (self.meter.bar_ticks() as usize).div_ceil(TICKS_PER_FRAME as usize)
    }

    /// The same, `semitones` higher.
    pub fn transposed(&self, semitones: i32) -> Self {
        let frames = self.frames.iter().map(|&frame| HeardFrame {
            note: frame.note.transposed(semitones),
            given: frame.given.map(|chord| chord.transposed(semitones)),
            ..frame
        });
        Self { frames: frames.collect(), ..*self }
    }

    /// Whether most of it is not what was learned.
    pub fn departs(&self) -> bool {
        2 * self.frames.iter().filter(|frame| frame.departs).count() > self.frames.len()
    }

    /// Whether another harmony was given in the frame at `place` than last in the bar before it.
    fn changes_at(&self, place: usize) -> bool {
        let given = self.frames.get(place).and_then(|frame| frame.given);
        given.is_some() && self.frames[..place].iter().rev().find_map(|frame| frame.given) != given
    }

    /// Whether any melody was heard in it.
    pub fn sounds(&self) -> bool {
        self.frames.iter().any(|frame| frame.note.pitch_class().is_some())
    }
}

/// The bars that were heard, the newest last. Takes a bounded amount of memory; `Clone` shares the bars.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    bars: VecDeque<Arc<HeardBar>>,
    open: Option<HeardBar>,
    last: Option<Spot>,
    /// How many bars have ended.
    count: usize,
}

/// What the song did between two frames that were heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether a felt beat has ended.
    pub ends_beat: bool,
    /// By how many frames it has jumped.
    pub jump: Frame,
}

impl Heard {
    /// What leads to `spot`, which is heard next.
    pub fn step_to(&self, spot: Spot) -> Step {
        let jump = self.last.map_or(0, |last| spot.frame - last.frame - 1);
        Step { ends_beat: self.last.is_some() && (jump != 0 || spot.begins_beat() || spot.begins_bar()), jump }
    }

    /// Takes in the frame at `spot`. Returns whether that ended a bar.
    pub fn hear(&mut self, spot: Spot, frame: HeardFrame) -> bool {
        let Step { jump, .. } = self.step_to(spot);
        let place = HeardBar::place_of(spot);
        let goes_on = |bar: &HeardBar| {
            jump == 0 && !spot.begins_bar() && bar.meter == spot.position.meter && bar.frames.len() <= place
        };
        let ended = self.open.take_if(|bar| !goes_on(bar));
        let has_ended = ended.is_some();
        if let Some(bar) = ended {
            self.bars.push_back(Arc::new(bar));
            self.count += 1;
            if self.bars.len() > MOST_BARS {
                self.bars.pop_front();
            }
        }
        self.open.get_or_insert_with(|| HeardBar::new(spot)).put(place, frame);
        self.last = Some(spot);
        has_ended
    }

    /// Whether in one of the last bars another harmony was given in the place of `spot`.
    pub fn changed_at(&self, spot: Spot) -> bool {
        let (meter, place) = (spot.position.meter, HeardBar::place_of(spot));
        self.bars.iter().rev().take(HABIT).any(|bar| bar.meter == meter && bar.changes_at(place))
    }

    /// The bars that have ended and are remembered, the newest last.
    pub fn bars(&self) -> &VecDeque<Arc<HeardBar>> {
        &self.bars
    }

    /// The bar that has begun and not ended.
    pub fn open(&self) -> Option<&HeardBar> {
        self.open.as_ref()
    }

    /// How many bars have ended since the beginning.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// The frames of `bars`, as if they followed on each other from the beginning of a song.
pub fn in_a_row<'a>(bars: impl IntoIterator<Item = &'a HeardBar>) -> Vec<ChorusFrame> {
    let mut chorus = Vec::new();
    for bar in bars {
        let first = chorus.len() as Frame;
        let position = BarPosition { bar_start: frame_start(first), meter: bar.meter };
        chorus.extend((0..bar.length()).map(|place| {
            let HeardFrame { note, given, .. } = bar.frames.get(place).copied().unwrap_or_default();
            let spot = Spot { frame: first + place as Frame, position };
            ChorusFrame { spot, note, given: given.map_or(Given::Open, Given::Chord) }
        }));
    }
    chorus
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::music::Chord;

    /// Frame `frame` of a song in 4/4.
    pub(in crate::improviser::tune) fn spot(frame: Frame) -> Spot {
        Spot { frame: 0, position: BarPosition { bar_start: 0, meter: Meter::default() } }.plus(frame)
    }

    pub(in crate::improviser::tune) fn heard(note: Note) -> HeardFrame {
        HeardFrame { note, ..HeardFrame::default() }
    }

    fn bars(heard: &Heard) -> Vec<(Tick, usize)> {
        heard.bars().iter().map(|bar| (bar.number, bar.frames.len())).collect()
    }

    #[test]
    fn a_bar_ends_with_the_first_frame_of_the_next() {
        let mut record = Heard::default();
        let ended: Vec<Frame> = (-2..34).filter(|&frame| record.hear(spot(frame), heard(Note::Onset(0)))).collect();
        assert_eq!(ended, [0, 16, 32]);
        assert_eq!(bars(&record), [(-1, 16), (0, 16), (1, 16)]);
        // What was not heard of a bar is silence.
        assert_eq!(record.bars()[0].frames[13].note, Note::Rest);
    }

    #[test]
    fn a_jump_ends_the_bar_and_bars_stay_in_the_order_in_which_they_were_played() {
        let mut record = Heard::default();
        for frame in (0..32).chain(0..17) {
            record.hear(spot(frame), heard(Note::Rest));
        }
        assert_eq!(bars(&record), [(0, 16), (1, 16), (0, 16)]);
        assert_eq!(record.step_to(spot(0)), Step { ends_beat: true, jump: -17 });
        assert_eq!(record.step_to(spot(17)), Step { ends_beat: false, jump: 0 });
    }

    #[test]
    fn where_the_harmony_has_changed_it_may_change_again_for_four_bars() {
        let chords = ["C", "F"].map(|symbol| SlashChord::from(symbol.parse::<Chord>().unwrap()));
        let mut record = Heard::default();
        let mut known = Vec::new();
        for frame in 0..7 * 16 {
            // On the third beat of the first bar, and then it stands.
            let given = Some(chords[usize::from(frame >= 8)]);
            record.hear(spot(frame), HeardFrame { given, ..HeardFrame::default() });
            if frame % 16 == 1 {
                known.push([4, 8].map(|place| record.changed_at(spot(frame - 1 + place))));
            }
        }
        let (changed, stood) = ([false, true], [false, false]);
        assert_eq!(known, [stood, changed, changed, changed, changed, stood, stood]);
    }

    #[test]
    fn no_more_than_the_newest_bars_are_remembered() {
        let mut record = Heard::default();
        for frame in 0..200 * 16 {
            record.hear(spot(frame), heard(Note::Rest));
        }
        assert_eq!((record.bars().len(), record.count()), (MOST_BARS, 199));
        assert_eq!(record.bars().back().map(|bar| bar.number), Some(198));
    }

    #[test]
    fn bars_in_a_row_follow_on_each_other_and_keep_their_places() {
        let bar =
            HeardBar { number: 7, meter: Meter { numerator: 3, denominator: 4 }, frames: vec![heard(Note::Onset(2))] };
        let chorus = in_a_row([&bar, &bar.transposed(1)]);
        assert_eq!(chorus.len(), 24);
        assert!(chorus[12].spot.begins_bar() && !chorus[11].spot.begins_bar());
        assert_eq!([chorus[0].note, chorus[12].note, chorus[13].note], [Note::Onset(2), Note::Onset(3), Note::Rest]);
    }
}
