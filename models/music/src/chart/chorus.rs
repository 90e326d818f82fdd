//! A chart as it is played: repeats written out, and what stands at each tick.

use super::{Chart, Content};
use crate::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use crate::{SlashChord, Spot, Tick};

/// The length of a bar of a chart that goes by the song's meter, in the chart's own ticks.
const NOMINAL_BAR: Tick = 4 * TICKS_PER_QUARTER;

/// What a chart says of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// Nothing: the band decides.
    #[default]
    Open,
    /// The band rests.
    NoChord,
    /// This chord stands.
    Chord(SlashChord),
    /// This chord stands as long as the musician does not play something else: the band has it by ear.
    ByEar(SlashChord),
}

impl Slot {
    /// The chord that stands.
    pub fn chord(self) -> Option<SlashChord> {
        match self {
            Self::Chord(chord) | Self::ByEar(chord) => Some(chord),
            Self::Open | Self::NoChord => None,
        }
    }
}

/// One time through a chart. It begins with a bar of the song and is played again and again; where the song is in it
/// is a function of the spot alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chorus {
    /// First tick of each bar, and its place among the written ones.
    bars: Vec<(Tick, usize)>,
    /// What stands from each tick on; the first is at 0, no two alike in a row but where a new bar is said to be.
    slots: Vec<(Tick, Slot)>,
    length: Tick,
    /// What stands in the pick-up, at ticks before the chorus.
    pickup: Vec<(Tick, Slot)>,
    /// The length of its bars, if they are all as long.
    bar: Option<Tick>,
    /// Whether it goes by the song's meter.
    is_free: bool,
}

/// Where the song is in a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Ticks since the chorus began, in the chart's own time; negative in the pick-up.
    at: Tick,
    /// The tick of the song, and the tick of the chart, from which others are reckoned.
    anchor: (Tick, Tick),
    /// The length of the song's bar.
    bar: Tick,
}

impl Chorus {
    /// One time through `chart`; `None` if there is no bar in it.
    pub fn of(chart: &Chart) -> Option<Self> {
        let order = chart.order();
        let is_free = chart.bars.iter().all(|bar| bar.meter.is_none());
        let mut chorus = Self { is_free, ..Self::default() };
        let mut standing = Slot::Open;
        for index in order {
            chorus.bars.push((chorus.length, index));
            standing = put_down(chart, index, chorus.length, standing, &mut chorus.slots);
            chorus.length += chart.length_of(index);
        }
        let &(_, first) = chorus.bars.first()?;
        let bar = chart.length_of(first);
        chorus.bar = chorus.bars.iter().all(|&(_, index)| chart.length_of(index) == bar).then_some(bar);
        if let Some(length) = chart.pickup {
            put_down(chart, 0, -length, Slot::Open, &mut chorus.pickup);
        }
        Some(chorus)
    }

    /// Its length in its own ticks.
    pub fn length(&self) -> Tick {
        self.length
    }

    /// How many bars it has.
    pub fn bars(&self) -> usize {
        self.bars.len()
    }

    /// How many bars it has, if they are counted as a song in bars of this length has them.
    pub fn bars_of(&self, bar: Tick) -> Option<usize> {
        self.bar.filter(|&own| self.is_free || own == bar).map(|_| self.bars.len())
    }

    /// Whether the band must listen to know what stands in it.
    pub fn is_open(&self) -> bool {
        self.slots.iter().any(|(_, slot)| matches!(slot, Slot::Open | Slot::ByEar(_)))
    }

    /// Every chord in it, in order.
    pub fn chords(&self) -> impl Iterator<Item = SlashChord> {
        self.slots.iter().filter_map(|(_, slot)| slot.chord())
    }

    /// Where `spot` is, if the first chorus begins with the song's bar number `first`, counted from 0. `None`: before
    /// the first chorus and its pick-up.
    pub fn place(&self, spot: Spot, first: Tick) -> Option<Place> {
        let bar = spot.position.meter.bar_ticks();
        let into = spot.position.ticks_into_bar(spot.tick());
        let start = spot.tick() - into;
        // Bars are counted as the song has them; a chart of other bars than the song's goes by its own ticks.
        let anchor = match self.bar {
            Some(own) if self.is_free || own == bar => (start, (start.div_euclid(bar) - first) * own),
            own => (first * own.unwrap_or(bar), 0),
        };
        let place = Place { at: 0, anchor, bar: if self.is_free { bar } else { NOMINAL_BAR } };
        let at = place.own_tick(spot.tick());
        let begins = self.pickup.first().map_or(0, |&(tick, _)| tick);
        (at >= begins).then_some(Place { at, ..place })
    }

    /// What stands there.
    pub fn slot(&self, place: Place) -> Slot {
        if place.at < 0 { standing(&self.pickup, place.at) } else { standing(&self.slots, place.at % self.length) }
    }

    /// The bar there and the one after it, by their places among the written ones.
    pub fn written_bars(&self, place: Place) -> [usize; 2] {
        if place.at < 0 {
            return [0, self.bars[0].1];
        }
        let after = self.bars.partition_point(|&(tick, _)| tick <= place.at % self.length);
        [self.bars[after.max(1) - 1].1, self.bars[after % self.bars.len()].1]
    }

    /// What comes after `place`, chorus after chorus: the first tick of the song's frame from which on it holds, and
    /// what stands then. Without end.
    pub fn coming(&self, place: Place) -> impl Iterator<Item = (Tick, Slot)> {
        let rest = self.pickup.iter().copied().filter(move |&(tick, _)| tick > place.at);
        let (round, at) =
            (place.at.div_euclid(self.length).max(0), place.at - place.at.max(0) / self.length * self.length);
        let after = self.slots.partition_point(|&(tick, _)| tick <= at);
        let rounds = (round..).flat_map(move |n| {
            let from = if n == round { after } else { 0 };
            self.slots[from..].iter().map(move |&(tick, slot)| (n * self.length + tick, slot))
        });
        rest.chain(rounds).map(move |(tick, slot)| (place.frame_from(tick), slot))
    }
}

impl Place {
    /// The tick in the chart's own time at `tick` of the song.
    fn own_tick(&self, tick: Tick) -> Tick {
        self.anchor.1 + (tick - self.anchor.0) * NOMINAL_BAR / self.bar
    }

    /// The first tick of the first frame of the song in which `own` has come.
    fn frame_from(&self, own: Tick) -> Tick {
        let tick = self.anchor.0 + up((own - self.anchor.1) * self.bar, NOMINAL_BAR);
        up(tick, TICKS_PER_FRAME) * TICKS_PER_FRAME
    }
}

/// `number` divided by `by`, rounded up.
fn up(number: Tick, by: Tick) -> Tick {
    -(-number).div_euclid(by)
}

/// What stands at `tick`.
fn standing(slots: &[(Tick, Slot)], tick: Tick) -> Slot {
    let after = slots.partition_point(|&(from, _)| from <= tick);
    after.checked_sub(1).map_or(Slot::Open, |index| slots[index].1)
}

/// Adds what the bar at `index` says, which begins at `start`, after `standing`. Returns what stands at its end.
fn put_down(chart: &Chart, index: usize, start: Tick, standing: Slot, slots: &mut Vec<(Tick, Slot)>) -> Slot {
    let mut last = standing;
    let mut push = |tick: Tick, slot: Slot| {
        if slots.is_empty() || last != slot {
            slots.push((tick, slot));
        }
        last = slot;
    };
    match chart.content(index) {
        Content::Open | Content::AsBefore => push(start, Slot::Open),
        Content::Chords(chords) => {
            if chords.first().is_none_or(|&(tick, _)| tick > 0) {
                push(start, standing);
            }
            let length = chart.length_of(index);
            for (tick, symbol) in chords.iter().filter(|(tick, _)| *tick < length) {
                let stands = if chart.bars[index].is_by_ear() { Slot::ByEar } else { Slot::Chord };
                let slot = symbol.as_ref().map_or(Slot::NoChord, |symbol| stands(symbol.chord()));
                push(start + tick, slot);
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::frame_start;
    use crate::{BarPosition, Frame, Meter};

    fn chorus(text: &str) -> Chorus {
        let (chart, remarks) = Chart::read(text);
        assert!(remarks.is_empty(), "{remarks:?}");
        Chorus::of(&chart).unwrap()
    }

    fn spot(frame: Frame, bar_start: Tick, meter: Meter) -> Spot {
        Spot { frame, position: BarPosition { bar_start, meter }.at(frame_start(frame)) }
    }

    const FOUR: Meter = Meter { numerator: 4, denominator: 4 };
    const THREE: Meter = Meter { numerator: 3, denominator: 4 };

    /// What stands in each of `frames` of a song in `meter`, one sign a frame: the root, - or _.
    fn signs(chorus: &Chorus, frames: std::ops::Range<Frame>, first: Tick, meter: Meter) -> String {
        let sign = |frame| match chorus.place(spot(frame, 0, meter), first).map(|place| chorus.slot(place)) {
            None => '.',
            Some(Slot::Open) => '_',
            Some(Slot::NoChord) => '-',
            Some(Slot::Chord(chord) | Slot::ByEar(chord)) => chord.to_string().chars().next().unwrap_or('?'),
        };
        frames.map(sign).collect()
    }

    #[test]
    fn a_chorus_begins_with_its_bar_and_is_played_again() {
        let chorus = chorus("C D | N.C. | | / E");
        let played = "CCCCCCCCDDDDDDDD----------------________________________EEEEEEEE";
        assert_eq!(signs(&chorus, 0..64, 0, FOUR), played);
        assert_eq!(signs(&chorus, 64..128, 0, FOUR), played);
        assert_eq!(signs(&chorus, 16..48, 2, FOUR), format!("{}{}", ".".repeat(16), &played[..16]));
    }

    #[test]
    fn without_a_meter_it_goes_by_the_songs() {
        assert_eq!(signs(&chorus("C D | E"), 0..24, 0, THREE), "CCCCCCDDDDDDEEEEEEEEEEEE");
        assert_eq!(signs(&chorus("4/4 C D | E"), 0..24, 0, THREE), "CCCCCCCCDDDDDDDDEEEEEEEE");
        assert_eq!(signs(&chorus("3/4 C | 2/4 D | E"), 0..36, 0, FOUR), "CCCCCCCCCCCCDDDDDDDDEEEEEEEECCCCCCCC");
    }

    #[test]
    fn a_pickup_comes_before_the_first_chorus_alone() {
        let chorus = chorus("(1/4) G7 | C | F");
        assert_eq!(
            signs(&chorus, 0..48, 1, FOUR),
            format!("{}GGGG{}{}", ".".repeat(12), "C".repeat(16), "F".repeat(16))
        );
        assert_eq!(signs(&chorus, 44..52, 1, FOUR), "FFFFCCCC");
    }

    #[test]
    fn bars_of_the_song_that_lie_off_its_grid_are_still_the_charts() {
        let chorus = chorus("C | D");
        for bar_start in [0, 40, 48, 90] {
            let at = |tick: Tick| {
                let spot = spot(tick.div_euclid(6) + 1, bar_start, FOUR);
                chorus.slot(chorus.place(spot, 0).unwrap())
            };
            assert!(at(bar_start) != at(bar_start + 96) && at(bar_start) == at(bar_start + 192), "{bar_start}");
        }
    }

    #[test]
    fn what_comes_is_said_with_its_frame() {
        for (text, meter) in [("C D | E | | N.C.", FOUR), ("C D | E | F", THREE), ("(1/4) A | 3/4 C D E | 2/4 F", FOUR)]
        {
            let chorus = chorus(text);
            for frame in -16..64 {
                let Some(place) = chorus.place(spot(frame, 0, meter), 0) else { continue };
                let said: Vec<_> = chorus.coming(place).take(5).collect();
                let mut heard = Vec::new();
                let mut last = chorus.slot(place);
                for next in frame + 1.. {
                    let slot = chorus.slot(chorus.place(spot(next, 0, meter), 0).unwrap());
                    if slot != last {
                        heard.push((frame_start(next), slot));
                        last = slot;
                    }
                    if heard.len() == 4 {
                        break;
                    }
                }
                let mut standing = chorus.slot(place);
                let is_new = |&(_, slot): &(Tick, Slot)| std::mem::replace(&mut standing, slot) != slot;
                let changes: Vec<_> = said.into_iter().filter(is_new).collect();
                assert!(
                    heard.starts_with(&changes) || changes.starts_with(&heard),
                    "{text} {frame}: {changes:?} {heard:?}"
                );
            }
        }
    }
}
