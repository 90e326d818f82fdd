//! Samples to song time and back, from the host's transport or on a tempo of its own.
//!
//! The clock counts samples itself. The host's position sets an *anchor* (a sample and the moment that it is); every
//! other position follows from the anchor by one formula, so that it does not depend on how the song is cut into
//! blocks. Anchors are set anew only where the song really jumps or changes its tempo: the positions that hosts report
//! tremble by samples.
//!
//! **When a frame is called.** A frame is called [`CALL_LEAD`] before its first tick, and what is played after the call
//! belongs to its ticks: a tick reaches from almost half a tick before to a little more than half a tick after its own
//! moment, so that notes on the grid land on the same tick at any sample rate and rounding. The border lies between two
//! positions of the 960-per-quarter grid that sequencers use, so that no note of theirs lies on it.
//!
//! **On its own tempo** the song goes on as [`crate::tempo`] says, from frame to frame. A song that begins by itself
//! may be counted in: it begins so many bars before its first one.
//!
//! **Loops** wrap at the same border: [`CALL_LEAD`] before the loop's end the song is [`CALL_LEAD`] before its start.
//!
//! **A host that cannot be followed** (its position stands still while it plays, or its tempo is beyond [`TEMPI`]) is
//! not heeded until it can be: meanwhile the song goes on by itself, from where it is and at its last tempo. See
//! [`Doubt`].

mod bars;

use std::ops::RangeInclusive;

use continuo_models::music::time::{MOMENTS_PER_TICK, TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_at, frame_start};
use continuo_models::music::{BarPosition, Frame, Meter, Moment, Tick};
use nice_plug::prelude::Transport;

use crate::seam::{Cycle, Doubt};
use bars::Bars;

/// How long before its first tick a frame is called, in moments: just under half a tick.
pub const CALL_LEAD: f64 = 19.5;

/// The shortest loop that the band follows; a shorter one is a series of jumps. A quarter note, in moments.
const SHORTEST_CYCLE: f64 = MOMENTS_PER_QUARTER;

/// The tempo when nobody gives one, in quarter notes per minute.
pub const DEFAULT_TEMPO: f64 = 120.0;

/// What the clock believes of a tempo; hosts do send 0 and infinity.
pub const TEMPI: RangeInclusive<f64> = 5.0..=1000.0;

/// Positions beyond this many quarter notes are nonsense.
const FARTHEST: f64 = 1e7;

/// The host's position may differ from ours by this many moments (a quarter of a tick) before it counts as a jump.
const TOLERANCE: f64 = 10.0;

/// While the tempo changes, by this many (three ticks): hosts report the tempo of one point of a ramp.
const RAMP_TOLERANCE: f64 = 120.0;

/// Moments in a quarter note.
pub const MOMENTS_PER_QUARTER: f64 = (TICKS_PER_QUARTER * MOMENTS_PER_TICK) as f64;
/// Moments in a frame.
pub const MOMENTS_PER_FRAME: f64 = (TICKS_PER_FRAME * MOMENTS_PER_TICK) as f64;

/// What the host says about time at the start of a block. Any field may be nonsense.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostTime {
    /// Whether the transport runs.
    pub playing: bool,
    /// Quarter notes per minute.
    pub tempo: Option<f64>,
    /// The position in quarter notes.
    pub position: Option<f64>,
    /// The barline before the position, in quarter notes.
    pub bar_start: Option<f64>,
    /// The time signature.
    pub signature: Option<(i32, i32)>,
    /// The loop, in quarter notes, if it is on.
    pub cycle: Option<(f64, f64)>,
}

impl From<&Transport> for HostTime {
    fn from(transport: &Transport) -> Self {
        Self {
            playing: transport.playing,
            tempo: transport.tempo,
            // A sound card counts samples only; that is no song.
            position: transport.pos_beats.or(transport.pos_seconds).and_then(|_| transport.pos_beats()),
            bar_start: transport.bar_start_pos_beats(),
            signature: transport.time_sig_numerator.zip(transport.time_sig_denominator),
            cycle: transport.loop_range_beats(),
        }
    }
}

/// The host's position stands still when it has done so for this many seconds. For a shorter time it does where a host
/// cuts its blocks and says of each piece what holds for the whole.
const STANDING: f64 = 0.1;

/// What a host that plays said of its position last.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Claim {
    /// In moments.
    position: f64,
    /// The block that said it first, counted like [`SongClock::now`].
    sample: i64,
}

/// Who leads the song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leader {
    /// Nobody yet.
    Nobody,
    /// The host's transport.
    Host,
    /// The clock itself, because the host's transport stands or gives no position.
    Own,
}

/// A frame that is to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upcoming {
    /// The frame.
    pub frame: Frame,
    /// Whether the song wraps to the start of its loop between the frame before and this one.
    pub wraps: bool,
    /// The sample at which it is called, counted like [`SongClock::now`].
    pub sample: i64,
    /// Ticks from the call of the frame before (or from the jump into it) to that.
    pub lead: Tick,
}

/// Where the song is when it enters a frame.
#[derive(Clone, Copy, Debug)]
struct Entry {
    frame: Frame,
    /// The tick at which it enters the frame.
    tick: Tick,
    anchor_sample: i64,
    /// The moment of `anchor_sample`.
    anchor: f64,
}

/// The song's clock. Belongs to the audio thread.
#[derive(Clone, Debug)]
pub struct SongClock {
    sample_rate: f64,
    leader: Leader,
    /// The first sample of the block, counted since the clock was made.
    now: i64,
    block_length: i64,
    /// The frame that was called last.
    entry: Entry,
    moments_per_sample: f64,
    tempo: f64,
    /// The sample at which it was called.
    called: i64,
    bars: Bars,
    /// The loop, in moments.
    cycle: Option<(f64, f64)>,
    claim: Option<Claim>,
    doubt: Option<Doubt>,
    /// By how many bars a song that begins by itself is counted in.
    count_in: u8,
    /// Whether this one was.
    counted_in: bool,
}

impl Entry {
    fn is_before(&self, end: f64) -> bool {
        (self.frame as f64) * MOMENTS_PER_FRAME < end
    }
}

impl SongClock {
    /// A clock at `sample_rate` Hertz that has heard of no host.
    pub fn new(sample_rate: f64) -> Self {
        let mut clock = Self {
            sample_rate: if sample_rate.is_finite() && sample_rate >= 1.0 { sample_rate } else { 48_000.0 },
            leader: Leader::Nobody,
            now: 0,
            block_length: 0,
            entry: Entry { frame: 0, tick: 0, anchor_sample: 0, anchor: 0.0 },
            moments_per_sample: 0.0,
            tempo: DEFAULT_TEMPO,
            called: 0,
            bars: Bars::default(),
            cycle: None,
            claim: None,
            doubt: None,
            count_in: 0,
            counted_in: false,
        };
        clock.set_anchor(0.0, DEFAULT_TEMPO);
        clock
    }

    /// Forgets where the song is: the next block begins with a jump.
    pub fn reset(&mut self) {
        self.leader = Leader::Nobody;
    }

    /// From now on a song that begins by itself, in a transport that plays, is counted in by so many bars.
    pub fn set_count_in(&mut self, bars: u8) {
        self.count_in = bars;
    }

    /// Begins a block of `length` samples. `true`: the song has jumped (started, stopped, been moved), and the frame
    /// that it is in now has to be called at the block's first sample.
    pub fn begin_block(&mut self, host: &HostTime, length: u32) -> bool {
        self.now += self.block_length;
        self.block_length = i64::from(length);
        let position = host.position.filter(|_| host.playing);
        let leader = if position.is_some() { Leader::Host } else { Leader::Own };
        let said =
            position.filter(|position| position.abs() <= FARTHEST).map(|quarters| quarters * MOMENTS_PER_QUARTER);
        self.cycle = host.cycle.filter(|_| leader == Leader::Host).and_then(sane_cycle);
        let expected = self.moment_at(0);
        let pace = self.pace_to(said);
        let moves = self.heed(host, leader, said);
        let tempo = match host.tempo {
            _ if said.is_none() || self.doubt.is_some() => self.tempo,
            Some(tempo) => tempo,
            // A host that gives none goes on as before, unless its position says otherwise.
            None if said.is_some_and(|said| (said - expected).abs() > TOLERANCE / 2.0) => pace.unwrap_or(self.tempo),
            None => self.tempo,
        };
        let tempo_changed = tempo != self.tempo;
        let position = said.filter(|_| moves && self.doubt.is_none()).map(|said| self.folded(said, expected));
        let mut jumped = leader != self.leader;
        if let Some(position) = position {
            let tolerance = if tempo_changed { RAMP_TOLERANCE } else { TOLERANCE.max(2.5 * self.moments_per_sample) };
            jumped |= (position - expected).abs() > tolerance;
        }
        self.leader = leader;
        if jumped {
            self.counted_in = leader == Leader::Own && host.playing && self.count_in > 0;
            let first = if self.counted_in { -self.count_in(host) } else { 0.0 };
            let start = self.wrapped(said.unwrap_or(first));
            self.set_anchor(start, tempo);
            self.called = self.now;
            self.entry.tick = tick_of(start);
            self.entry.frame = frame_at(self.entry.tick);
        } else if tempo_changed || position.is_some_and(|position| (position - expected).abs() > TOLERANCE / 2.0) {
            self.set_anchor(position.unwrap_or(expected), tempo);
        }
        self.read_bar(host, jumped);
        jumped
    }

    /// Why the host, which plays, is not followed now.
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The first sample of the block.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The frame that was called last.
    pub fn frame(&self) -> Frame {
        self.entry.frame
    }

    /// Quarter notes per minute.
    pub fn tempo(&self) -> f32 {
        self.tempo as f32
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> f64 {
        self.sample_rate
    }

    /// The sample at which the present frame was called, counted like [`SongClock::now`].
    pub fn called(&self) -> i64 {
        self.called
    }

    /// Where the song is at `sample`, in moments, if it goes on straight. Counted like [`SongClock::now`].
    pub fn position_of(&self, sample: i64) -> f64 {
        self.position_after(&self.entry, sample)
    }

    /// Lets a song that no host leads go on at `tempo` from the call of the present frame on; `stretch` times as fast,
    /// while it makes for the beat.
    pub fn keep_pace(&mut self, tempo: f64, stretch: f64) {
        let pace = self.moments_per_sample_at(tempo) * stretch;
        if !self.host_leads() && (pace, tempo) != (self.moments_per_sample, self.tempo) {
            (self.entry.anchor, self.entry.anchor_sample) = (self.position_of(self.called), self.called);
            (self.moments_per_sample, self.tempo) = (pace, tempo);
        }
    }

    /// Whether the host's transport leads the song.
    pub fn host_leads(&self) -> bool {
        self.leader == Leader::Host && self.doubt.is_none()
    }

    /// Whether `frame` lies before the song, which is counted in.
    pub fn counts_in(&self, frame: Frame) -> bool {
        self.counted_in && frame < 0
    }

    /// The loop that the song is in.
    pub fn cycle(&self) -> Option<Cycle> {
        let (start, end) = self.cycle.filter(|&(_, end)| self.entry.is_before(end))?;
        Some(Cycle { start: nearest_tick(start), end: nearest_tick(end) })
    }

    /// Where the first tick of `frame` lies in its bar, if the meter goes on.
    pub fn bar_of(&self, frame: Frame) -> BarPosition {
        self.bars.now().at(frame_start(frame))
    }

    /// The tick to which an event at `offset` samples into the block belongs; always one of the frame that was called
    /// last.
    pub fn tick_at(&self, offset: u32) -> Tick {
        let first = frame_start(self.entry.frame);
        tick_of(self.moment_at(i64::from(offset))).clamp(first, first + TICKS_PER_FRAME - 1)
    }

    /// The first sample at or after `moment`, counted like [`SongClock::now`], if the song goes on straight.
    pub fn sample_at(&self, moment: Moment) -> i64 {
        self.sample_after(&self.entry, moment.0 as f64)
    }

    /// How many samples make up `moments`.
    pub fn samples(&self, moments: Moment) -> f64 {
        moments.0 as f64 / self.moments_per_sample
    }

    /// The frame after the present one, and when it is called.
    pub fn upcoming(&self) -> Upcoming {
        self.after(&self.entry)
    }

    /// The frames after the present one in the order in which the song comes to them, if it goes on as it does.
    pub fn path(&self) -> impl Iterator<Item = Upcoming> {
        let mut entry = self.entry;
        std::iter::repeat_with(move || {
            let upcoming = self.after(&entry);
            entry = self.entry_of(&entry, upcoming);
            upcoming
        })
    }

    /// Enters `upcoming`, which must be the present [`SongClock::upcoming`].
    pub fn enter(&mut self, upcoming: Upcoming) {
        self.entry = self.entry_of(&self.entry, upcoming);
        self.called = upcoming.sample;
        if upcoming.wraps {
            self.bars.wrap(self.entry.tick);
        }
        self.bars.enter(self.entry.frame);
    }

    /// The frame after the one that is entered by `entry`.
    fn after(&self, entry: &Entry) -> Upcoming {
        let next = entry.frame + 1;
        let straight = next as f64 * MOMENTS_PER_FRAME;
        match self.cycle {
            Some((start, end)) if entry.is_before(end) && end <= straight => Upcoming {
                frame: frame_at(first_tick(start)),
                wraps: true,
                sample: self.sample_after(entry, end - CALL_LEAD),
                lead: nearest_tick(end) - entry.tick,
            },
            _ => Upcoming {
                frame: next,
                wraps: false,
                sample: self.sample_after(entry, straight - CALL_LEAD),
                lead: frame_start(next) - entry.tick,
            },
        }
    }

    /// How the song enters `upcoming`, which comes after `entry`.
    fn entry_of(&self, entry: &Entry, upcoming: Upcoming) -> Entry {
        let Upcoming { frame, sample, .. } = upcoming;
        match self.cycle.filter(|_| upcoming.wraps) {
            Some((start, end)) => {
                let beyond = self.position_after(entry, sample) - (end - CALL_LEAD);
                let anchor = start - CALL_LEAD + beyond;
                Entry { frame, tick: first_tick(start), anchor_sample: sample, anchor }
            }
            None => Entry { frame, tick: frame_start(frame), ..*entry },
        }
    }

    fn position_after(&self, entry: &Entry, sample: i64) -> f64 {
        entry.anchor + (sample - entry.anchor_sample) as f64 * self.moments_per_sample
    }

    fn sample_after(&self, entry: &Entry, position: f64) -> i64 {
        // The small number keeps a position that is a sample exactly from rounding up to the next one.
        let samples = ceiling((position - entry.anchor) / self.moments_per_sample - 1e-4);
        entry.anchor_sample.saturating_add(samples)
    }

    fn set_anchor(&mut self, moment: f64, tempo: f64) {
        self.entry.anchor = moment;
        self.entry.anchor_sample = self.now;
        self.tempo = tempo;
        self.moments_per_sample = self.moments_per_sample_at(tempo);
    }

    fn moments_per_sample_at(&self, tempo: f64) -> f64 {
        tempo * MOMENTS_PER_QUARTER / 60.0 / self.sample_rate
    }

    /// The moment of the sample at `offset` into the block.
    fn moment_at(&self, offset: i64) -> f64 {
        self.position_of(self.now + offset)
    }

    /// The host's `position` as ours: at the end of a loop it may have wrapped where we have not, or the other way
    /// about.
    fn folded(&self, position: f64, expected: f64) -> f64 {
        let Some((start, end)) = self.cycle else { return position };
        let length = end - start;
        let other = if (end - CALL_LEAD - TOLERANCE..=end + TOLERANCE).contains(&position) {
            position - length
        } else if (start - TOLERANCE..=start + TOLERANCE).contains(&position) {
            position + length
        } else {
            return position;
        };
        if (other - expected).abs() < (position - expected).abs() { other } else { position }
    }

    /// The host's `position` as ours, without regard to where we were.
    fn wrapped(&self, position: f64) -> f64 {
        match self.cycle {
            Some((start, end)) if (end - CALL_LEAD..end).contains(&position) => position - (end - start),
            _ => position,
        }
    }

    /// The tempo at which the host's position has moved to `said` since it moved last, if it can be one.
    fn pace_to(&self, said: Option<f64>) -> Option<f64> {
        let claim = self.claim.filter(|claim| claim.sample < self.now)?;
        let pace = (said? - claim.position) / (self.now - claim.sample) as f64;
        let tempo = pace / self.moments_per_sample_at(1.0);
        Some((tempo * 1e3).round() / 1e3).filter(|tempo| TEMPI.contains(tempo))
    }

    /// Looks whether a host that plays, and gives the position `said`, can be followed, and whether that position
    /// moves.
    fn heed(&mut self, host: &HostTime, leader: Leader, said: Option<f64>) -> bool {
        let (now, before) = (self.now, self.claim);
        self.claim = said.map(|position| match before {
            Some(claim) if claim.position == position => claim,
            _ => Claim { position, sample: now },
        });
        let stood_for = self.claim.map_or(0, |claim| now - claim.sample);
        self.doubt = match host.tempo {
            _ if leader == Leader::Own => None,
            Some(tempo) if !TEMPI.contains(&tempo) => Some(Doubt::Tempo),
            _ if said.is_none() => Some(Doubt::Nowhere),
            _ if stood_for as f64 >= STANDING * self.sample_rate => Some(Doubt::Standing),
            _ => None,
        };
        stood_for == 0
    }

    /// How long a song is counted in, in moments.
    fn count_in(&self, host: &HostTime) -> f64 {
        let bar = host.signature.and_then(sane_meter).unwrap_or_default().bar_ticks();
        Moment::from_tick(Tick::from(self.count_in) * bar).0 as f64
    }

    /// Takes the meter and the barline from the host, unless what it calls the last barline cannot be.
    fn read_bar(&mut self, host: &HostTime, jumped: bool) {
        let meter = host.signature.and_then(sane_meter).unwrap_or_default();
        let leads = self.leader == Leader::Host && (jumped || self.doubt.is_none());
        let said = host.bar_start.zip(host.position).filter(|_| leads);
        let said = said.map(|said| (said.0 * MOMENTS_PER_QUARTER, said.1 * MOMENTS_PER_QUARTER));
        let length = Moment::from_tick(meter.bar_ticks()).0 as f64;
        let said = said.filter(|(barline, position)| (-TOLERANCE..length + TOLERANCE).contains(&(position - barline)));
        // Rounding may call the last barline what is the one before it.
        let bar =
            |(barline, position)| BarPosition { bar_start: nearest_tick(barline), meter }.at(nearest_tick(position));
        let before = if jumped { 0 } else { self.bars.now().bar_start };
        let bar = said.map_or(BarPosition { bar_start: before, meter }, bar);
        if jumped {
            self.bars.begin(self.entry.tick, bar);
        } else {
            self.bars.hear(bar, self.tempo);
        }
    }
}

/// The whole number at or above `value`. The callback asks often; the standard library's way is a call into the
/// system's, as not every processor has an instruction for it.
fn ceiling(value: f64) -> i64 {
    let whole = value as i64;
    whole.saturating_add(i64::from((whole as f64) < value))
}

/// The whole number at or below `value`, in the same way.
fn floor(value: f64) -> i64 {
    let whole = value as i64;
    whole.saturating_sub(i64::from(whole as f64 > value))
}

/// The tick to which a position in moments belongs.
fn tick_of(position: f64) -> Tick {
    floor((position + CALL_LEAD) / MOMENTS_PER_TICK as f64)
}

/// The tick to which a loop's first moment belongs, once the song has wrapped to [`CALL_LEAD`] before it.
fn first_tick(start: f64) -> Tick {
    floor((start + 1e-6) / MOMENTS_PER_TICK as f64)
}

fn nearest_tick(position: f64) -> Tick {
    (position / MOMENTS_PER_TICK as f64).round() as Tick
}

fn sane_cycle((start, end): (f64, f64)) -> Option<(f64, f64)> {
    let sane = start.abs() <= FARTHEST && end.abs() <= FARTHEST;
    let cycle = (start * MOMENTS_PER_QUARTER, end * MOMENTS_PER_QUARTER);
    (sane && cycle.1 - cycle.0 >= SHORTEST_CYCLE).then_some(cycle)
}

fn sane_meter((numerator, denominator): (i32, i32)) -> Option<Meter> {
    let sane = (1..=64).contains(&numerator) && (1..=64).contains(&denominator) && denominator.count_ones() == 1;
    sane.then_some(Meter { numerator: numerator as u8, denominator: denominator as u8 })
}

#[cfg(test)]
mod tests;
