//! What the panel and headless hosts read: atomics that the audio thread and the worker write.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use atomic_float::AtomicF32;
use continuo_models::Player;
use continuo_models::music::{BarPosition, Frame, Meter};

use super::signal::Signal;

/// Who sounds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The musician.
    You,
    /// One of the band.
    Player(Player),
}

impl Part {
    /// How many parts there are.
    pub const COUNT: usize = 1 + Player::COUNT;

    /// Every part, you first, then the players in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::You).chain(Player::ALL.map(Self::Player))
    }

    /// The part's place in [`Part::all`].
    pub const fn index(self) -> usize {
        match self {
            Self::You => 0,
            Self::Player(player) => 1 + player as usize,
        }
    }

    /// The part's bit in [`Keyboard::mask`].
    pub const fn bit(self) -> u8 {
        const { assert!(Part::COUNT <= u8::BITS as usize) };
        1 << self.index()
    }
}

impl From<Player> for Part {
    fn from(player: Player) -> Self {
        Self::Player(player)
    }
}

/// Which keys sound, and who plays them. Audio writes; anybody reads, key by key.
#[derive(Debug)]
pub struct Keyboard([AtomicU8; 128]);

impl Default for Keyboard {
    fn default() -> Self {
        Self([const { AtomicU8::new(0) }; 128])
    }
}

impl Keyboard {
    /// The parts that sound `key` (0–127) now: [`Part::bit`]s.
    pub fn mask(&self, key: u8) -> u8 {
        self.0[usize::from(key & 127)].load(Ordering::Relaxed)
    }

    /// Whether `part` sounds `key` now.
    pub fn sounds(&self, key: u8, part: Part) -> bool {
        self.mask(key) & part.bit() != 0
    }

    /// Audio: says whether `part` sounds `key`.
    pub fn set(&self, key: u8, part: Part, sounds: bool) {
        let cell = &self.0[usize::from(key & 127)];
        let mask = cell.load(Ordering::Relaxed);
        cell.store(if sounds { mask | part.bit() } else { mask & !part.bit() }, Ordering::Relaxed);
    }

    /// Audio: nothing sounds.
    pub fn clear(&self) {
        for cell in &self.0 {
            cell.store(0, Ordering::Relaxed);
        }
    }
}

/// What lies under the scenes: the panel, or what takes its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// What the knobs say.
    #[default]
    Panel,
    /// The preset at this number of the bank, 1 to 128 (see [`crate::bank`]).
    Preset(u8),
}

impl Base {
    /// As an atomic holds it.
    fn number(self) -> u8 {
        match self {
            Self::Panel => 0,
            Self::Preset(number) => number,
        }
    }

    fn of(number: u8) -> Self {
        match number {
            0 => Self::Panel,
            number => Self::Preset(number),
        }
    }
}

/// Where the music is taken from: what lies under the scenes, and the place among them (see [`crate::scenes`]).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// What lies under the scenes.
    pub base: Base,
    /// The place among the scenes; 0 is the base itself.
    pub scene: f32,
}

/// Which place is in force and which one is called for. Audio writes at every frame, anybody reads; they are not read
/// as one.
#[derive(Debug, Default)]
pub struct Places {
    now: AtomicPlace,
    called_for: AtomicPlace,
}

#[derive(Debug, Default)]
struct AtomicPlace {
    base: AtomicU8,
    scene: AtomicF32,
}

impl AtomicPlace {
    fn set(&self, place: Place) {
        self.base.store(place.base.number(), Ordering::Relaxed);
        self.scene.store(place.scene, Ordering::Relaxed);
    }

    fn get(&self) -> Place {
        Place { base: Base::of(self.base.load(Ordering::Relaxed)), scene: self.scene.load(Ordering::Relaxed) }
    }
}

impl Places {
    /// Audio: a frame begins.
    pub fn set(&self, [now, called_for]: [Place; 2]) {
        self.now.set(now);
        self.called_for.set(called_for);
    }

    /// The place in force, and the one that is called for.
    pub fn get(&self) -> [Place; 2] {
        [self.now.get(), self.called_for.get()]
    }
}

/// How sound runs. Plain data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Samples per second; 0: none were asked for yet.
    pub rate: u32,
    /// Samples in a block.
    pub block: u32,
}

/// How sound runs, for display. Audio writes at every block, anybody reads; the fields are not read as one.
#[derive(Debug, Default)]
pub struct SharedStream {
    rate: AtomicU32,
    block: AtomicU32,
}

impl SharedStream {
    /// Audio: a block begins.
    pub fn set(&self, stream: Stream) {
        self.rate.store(stream.rate, Ordering::Relaxed);
        self.block.store(stream.block, Ordering::Relaxed);
    }

    /// How sound runs.
    pub fn get(&self) -> Stream {
        Stream { rate: self.rate.load(Ordering::Relaxed), block: self.block.load(Ordering::Relaxed) }
    }
}

/// Where the song is, for display. Audio writes at every frame, anybody reads; the fields are not read as one, so a
/// reader may see a frame of the old bar beside the new barline for an instant.
#[derive(Debug, Default)]
pub struct Position {
    frame: AtomicI64,
    bar_start: AtomicI64,
    meter: AtomicU16,
    tempo: AtomicF32,
    host_plays: AtomicBool,
}

impl Position {
    /// Audio: a frame begins.
    pub fn set(&self, frame: Frame, bar: BarPosition, tempo: f32, host_plays: bool) {
        self.frame.store(frame, Ordering::Relaxed);
        self.bar_start.store(bar.bar_start, Ordering::Relaxed);
        let meter = u16::from(bar.meter.numerator) << 8 | u16::from(bar.meter.denominator);
        self.meter.store(meter, Ordering::Relaxed);
        self.tempo.store(tempo, Ordering::Relaxed);
        self.host_plays.store(host_plays, Ordering::Relaxed);
    }

    /// The frame that sounds now.
    pub fn frame(&self) -> Frame {
        self.frame.load(Ordering::Relaxed)
    }

    /// The bar that sounds now.
    pub fn bar(&self) -> BarPosition {
        let [numerator, denominator] = self.meter.load(Ordering::Relaxed).to_be_bytes();
        let meter = if denominator == 0 { Meter::default() } else { Meter { numerator, denominator } };
        BarPosition { bar_start: self.bar_start.load(Ordering::Relaxed), meter }
    }

    /// Quarter notes per minute; 0 before the first frame.
    pub fn tempo(&self) -> f32 {
        self.tempo.load(Ordering::Relaxed)
    }

    /// Whether the host's transport runs; if not, the song runs on a clock of its own.
    pub fn host_plays(&self) -> bool {
        self.host_plays.load(Ordering::Relaxed)
    }
}

/// Counters since the instance was made, and levels. Audio writes all but `plans` and `panics`, which both sides
/// add to; anybody reads.
#[derive(Debug, Default)]
pub struct Meters {
    /// Frames that the worker has decided.
    pub plans: AtomicU64,
    /// Plans that had not arrived when they were needed; the band fell back.
    pub misses: AtomicU64,
    /// Those of them since the band plans as far ahead as it does now, and [`Meters::reset_worst`].
    pub misses_lately: AtomicU64,
    /// Notes that arrived after their start, sounded late or dropped.
    pub late_cues: AtomicU64,
    /// Events that were dropped for want of room in a schedule or in the host's queue. Never a note-off.
    pub dropped: AtomicU64,
    /// Events that did not fit into a ring between the threads. Never a note-off.
    pub overflowed: AtomicU64,
    /// Times that the host played and could not be followed: see [`Doubt`](super::Doubt).
    pub doubts: AtomicU64,
    /// Panics that were caught, in the callback or in the worker.
    pub panics: AtomicU64,
    /// How long before its frame the last plan arrived, in milliseconds of song time.
    pub lead_ms: AtomicF32,
    /// The shortest such time since [`Meters::reset_worst`]; 0 before the first plan.
    pub worst_lead_ms: AtomicF32,
    /// The callback's running time as a share of the block's duration, smoothed, 0–1 and beyond.
    pub load: AtomicF32,
    /// The highest such share since [`Meters::reset_worst`].
    pub peak_load: AtomicF32,
    resets: Signal,
}

impl Meters {
    /// GUI: asks that the worst lead, the peak load and the late misses be taken anew.
    pub fn reset_worst(&self) {
        self.resets.raise();
    }

    /// Audio: begins them anew, if that was asked.
    pub fn apply_reset(&self) {
        if self.resets.take() {
            self.worst_lead_ms.store(0.0, Ordering::Relaxed);
            self.peak_load.store(0.0, Ordering::Relaxed);
            self.misses_lately.store(0, Ordering::Relaxed);
        }
    }

    /// Audio: a plan arrived this many milliseconds before its frame (negative: after its start).
    pub fn set_lead(&self, lead_ms: f32) {
        let worst = self.worst_lead_ms.load(Ordering::Relaxed);
        self.lead_ms.store(lead_ms, Ordering::Relaxed);
        if worst == 0.0 || lead_ms < worst {
            self.worst_lead_ms.store(lead_ms, Ordering::Relaxed);
        }
    }

    /// Audio: a block took this share of its duration.
    pub fn set_load(&self, share: f32) {
        let smoothed = self.load.load(Ordering::Relaxed);
        self.load.store(smoothed + 0.05 * (share - smoothed), Ordering::Relaxed);
        if share > self.peak_load.load(Ordering::Relaxed) {
            self.peak_load.store(share, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_a_key_without_disturbing_each_other() {
        let keyboard = Keyboard::default();
        keyboard.set(60, Part::You, true);
        keyboard.set(60, Player::Bass.into(), true);
        keyboard.set(60, Part::You, false);
        assert!(keyboard.sounds(60, Player::Bass.into()) && !keyboard.sounds(60, Part::You));
        assert_eq!(keyboard.mask(61), 0);
    }

    #[test]
    fn every_part_has_a_bit_of_its_own() {
        let bits = Part::all().map(Part::bit).fold(0, |all, bit| all | bit);
        assert_eq!(bits.count_ones() as usize, Part::COUNT);
    }

    #[test]
    fn places_survive_the_passage() {
        let places = Places::default();
        assert_eq!(places.get(), [Place::default(); 2]);
        for base in [Base::Panel, Base::Preset(1), Base::Preset(128)] {
            let now = Place { base, scene: 2.25 };
            places.set([now, Place::default()]);
            assert_eq!(places.get(), [now, Place::default()]);
        }
    }

    #[test]
    fn the_position_survives_the_passage() {
        let position = Position::default();
        assert_eq!(position.bar().meter, Meter::default(), "before the first frame");
        let bar = BarPosition { bar_start: -144, meter: Meter { numerator: 6, denominator: 8 } };
        position.set(-3, bar, 93.5, true);
        assert_eq!((position.frame(), position.bar(), position.tempo()), (-3, bar, 93.5));
    }

    #[test]
    fn the_worst_lead_is_kept_until_it_is_reset() {
        let meters = Meters::default();
        for lead in [100.0, 20.0, 90.0] {
            meters.set_lead(lead);
        }
        assert_eq!(meters.worst_lead_ms.load(Ordering::Relaxed), 20.0);
        meters.reset_worst();
        meters.apply_reset();
        meters.set_lead(80.0);
        assert_eq!(meters.worst_lead_ms.load(Ordering::Relaxed), 80.0);
    }
}
