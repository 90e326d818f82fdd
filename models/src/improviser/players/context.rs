//! What every player of the band knows about the frame that is being decided.

use crate::controls::{Controls, Player};
use crate::improviser::chance::random::Random;
use crate::improviser::listening::LONGEST_REST;
use crate::improviser::memory::Memory;
use crate::improviser::sections::{Draw, InSection, Sections};
use crate::music::time::{MOMENTS_PER_TICK, TICKS_PER_QUARTER, frame_at, frame_start};
use crate::music::{BarPosition, Chord, Frame, Key, Meter, PitchClass, PitchClassSet, Quality, Style, Tick};

/// The frame that is being decided, as the harmonist and the listener describe it to the other players.
#[derive(Clone, Copy, Debug)]
pub struct FrameContext<'a> {
    /// The frame.
    pub frame: Frame,
    /// Where it lies in its bar.
    pub position: BarPosition,
    /// The chord of the frame; `None`: no chord, the band rests.
    pub chord: Option<Chord>,
    /// What the bass plays where that chord begins: its root, or another pitch class.
    pub bass: Option<PitchClass>,
    /// Whether that chord begins in this frame.
    pub chord_changes: bool,
    /// Whether it begins although the players could not know.
    pub unforeseen: bool,
    /// The chord that is expected to follow, and its first tick.
    pub next_chord: Option<(Tick, Chord)>,
    /// What the bass is expected to play there.
    pub next_bass: Option<PitchClass>,
    /// The first tick at which what is expected may still turn out another way.
    pub certain: Tick,
    /// The barline with which the band comes to its end, if it was asked to.
    pub ends: Option<Tick>,
    /// The key that the band believes to be in, or the locked one.
    pub key: Key,
    /// The style of this frame's patterns: `style_a` or `style_b`, drawn per bar by the blend.
    pub style: Style,
    /// The musician's loudness of late, as a MIDI velocity, 1–127.
    pub touch: u8,
    /// The middle of the musician's range of late, as a MIDI key.
    pub player_centre: u8,
    /// The lowest key of the musician's lead line that sounds, or did less than a quarter note ago.
    pub melody: Option<u8>,
    /// Notes of the musician's lead line per quarter note of late.
    pub player_density: f32,
    /// Ticks since the musician's lead line ended; 0 while it sounds. At most 256 quarter notes, as before its first
    /// note.
    pub player_rests: Tick,
    /// Quarter notes per minute.
    pub tempo: f32,
    /// The sections of the song.
    pub sections: Sections<'a>,
    /// What the musician has played so far.
    pub memory: &'a Memory,
    /// The parameters at the decision.
    pub controls: &'a Controls,
    /// This frame's random numbers.
    pub random: Random,
}

impl FrameContext<'_> {
    /// The first tick of the frame.
    pub fn tick(&self) -> Tick {
        frame_start(self.frame)
    }

    /// The ticks at which chords are known to begin: the frame's own, and the next one.
    pub fn known_changes(&self) -> impl Iterator<Item = Tick> {
        let begins = self.chord_changes.then_some(self.tick());
        begins.into_iter().chain(self.next_chord.map(|(tick, _)| tick))
    }

    /// Ticks from the barline to the frame.
    pub fn ticks_into_bar(&self) -> Tick {
        self.position.ticks_into_bar(self.tick())
    }

    /// The frame's bar by its place in the song, counted from 0.
    pub fn bar_of_song(&self) -> Tick {
        (self.tick() - self.ticks_into_bar()).div_euclid(self.position.meter.bar_ticks())
    }

    /// Where the frame's bar lies in the sections of the song.
    pub fn section(&self) -> InSection {
        self.sections.at(self.bar_of_song(), self.controls.form)
    }

    /// The numbers by which `player` draws what is the section's: the same wherever its letter comes again.
    pub fn of_section(&self, player: Player) -> Random {
        let InSection { section, lock, .. } = self.section();
        let draw = lock.unwrap_or_else(|| Draw::of(self.controls));
        Random::new(draw.seed, section.letter.index() as i64).variant(draw.roll(player).into())
    }

    /// The numbers by which `player` draws a bar in the frame with which it begins, for him at least: of a locked
    /// section those of its bar, wherever it comes again. Who rolls alike draws alike.
    pub fn of_beginning(&self, player: Player) -> Random {
        self.of_locked_bar(player).unwrap_or_else(|| self.random.variant(self.controls.player(player).roll.into()))
    }

    /// The same for what is asked in each frame of the bar.
    pub fn of_bar(&self, player: Player) -> Random {
        let start = frame_at(self.tick() - self.ticks_into_bar());
        let own = Random::new(self.controls.seed, start).variant(self.controls.player(player).roll.into());
        self.of_locked_bar(player).unwrap_or(own)
    }

    fn of_locked_bar(&self, player: Player) -> Option<Random> {
        let InSection { bar, lock, .. } = self.section();
        lock.map(|_| self.of_section(player).variant(1 + bar as u32))
    }

    /// Whether the expected chord is certain to come: nobody strikes ahead for one that may not.
    pub fn is_certain(&self) -> bool {
        self.next_chord.is_some_and(|(change, _)| change < self.certain)
    }

    /// Whether a felt beat begins with the frame.
    pub fn is_beat(&self) -> bool {
        self.position.is_beat(self.tick())
    }

    /// The pitch classes that the band may play: those of the locked key, or all.
    pub fn allowed(&self) -> PitchClassSet {
        self.controls.allowed()
    }

    /// `milliseconds` at the frame's tempo, in moments.
    pub fn moments(&self, milliseconds: f32) -> i64 {
        let per_minute = self.tempo * (TICKS_PER_QUARTER * MOMENTS_PER_TICK) as f32;
        (milliseconds * per_minute / 60_000.0) as i64
    }
}

impl<'a> FrameContext<'a> {
    /// The context of `frame` over a C major chord in 4/4, with the band's `controls` and a musician who has not
    /// played.
    pub fn alone(controls: &'a Controls, frame: Frame) -> Self {
        let bar = BarPosition { bar_start: 0, meter: Meter::default() };
        Self {
            frame,
            position: bar.at(frame_start(frame)),
            chord: Some(Chord::new(0, Quality::Major)),
            bass: Some(0),
            chord_changes: frame == 0,
            unforeseen: false,
            next_chord: None,
            next_bass: None,
            certain: 0,
            ends: None,
            key: Key::major(0),
            style: Style::Pop,
            touch: 80,
            player_centre: 72,
            melody: None,
            player_density: 0.0,
            player_rests: LONGEST_REST,
            tempo: 120.0,
            sections: Sections::default(),
            memory: Memory::EMPTY,
            controls,
            random: Random::new(controls.seed, frame),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    /// See [`FrameContext::alone`].
    pub(crate) fn context(controls: &Controls, frame: Frame) -> FrameContext<'_> {
        FrameContext::alone(controls, frame)
    }

    #[test]
    fn a_beat_lasts_960_moments() {
        assert_eq!(context(&Controls::default(), 0).moments(500.0), 960);
    }
}
