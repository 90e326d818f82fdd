//! What the players played last, to be frozen: repeated bar for bar, moved to new chords if they come.

use std::sync::Arc;

use super::context::FrameContext;
use crate::ground::{Ground, Yielding};
use crate::music::pitch::{class_of, nearest};
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{Chord, Meter, Moment, PitchClass, PitchClassSet, SlashChord};
use crate::score::NoteCue;

/// Bars that are repeated.
const BARS: i64 = 2;
/// Frames that are remembered: two bars of four whole notes.
const REMEMBERED: usize = 128;

/// One frame of a take.
#[derive(Clone, Debug)]
struct Recorded {
    chord: Option<SlashChord>,
    /// Their starts count from the first tick of the frame.
    notes: Vec<NoteCue>,
}

/// The newest frames of a take, oldest first. `Clone` is a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    frames: Vec<Arc<Recorded>>,
    /// While it is frozen: how many of the last frames are repeated, and which of them is next.
    frozen: Option<(usize, usize)>,
}

impl Tape {
    /// Freezes or thaws before a frame is decided. What is frozen is whole bars, as far as so many were played.
    pub fn freeze(&mut self, freeze: bool, meter: Meter) {
        if !freeze {
            self.frozen = None;
        } else if self.frozen.is_none() {
            let frames = |ticks: i64| (ticks / TICKS_PER_FRAME).max(1) as usize;
            let (bar, beat) = (frames(meter.bar_ticks()), frames(meter.beat_ticks()));
            let played = self.frames.len();
            let length = [BARS as usize * bar, bar, beat].into_iter().find(|&length| length <= played);
            self.frozen = length.map(|length| (length, 0));
        }
    }

    fn next(&self) -> Option<&Arc<Recorded>> {
        let (length, next) = self.frozen?;
        self.frames.get(self.frames.len() - length + next)
    }

    /// The harmony of the frame that is repeated next; `None`: nothing is.
    pub fn harmony(&self) -> Option<SlashChord> {
        self.next()?.chord
    }

    /// Whether it plays what comes next.
    pub fn repeats(&self) -> bool {
        self.next().is_some()
    }

    /// Takes down what is played in the frame.
    pub fn take_down(&mut self, context: &FrameContext, notes: &[NoteCue]) {
        if self.frames.len() == REMEMBERED {
            self.frames.remove(0);
        }
        let first = Moment::from_tick(context.tick()).0;
        let notes = notes.iter().map(|note| NoteCue { start: Moment(note.start.0 - first), ..*note }).collect();
        let chord = context.chord.zip(context.bass).map(|(chord, bass)| SlashChord { chord, bass });
        self.frames.push(Arc::new(Recorded { chord, notes }));
    }

    /// What was taken down of the last `frames` has given way to another harmony as it was played.
    pub fn give_way(&mut self, by: &Yielding, frames: usize) {
        if self.frozen.is_none() {
            for recorded in self.frames.iter_mut().rev().take(frames).map(Arc::make_mut) {
                let stood = Ground { harmony: recorded.chord, ..*by.from() };
                if let Some(by) = stood.giving_way(by.harmony()) {
                    recorded.notes.iter_mut().for_each(|note| note.key = by.key(note.player, note.key));
                    recorded.chord = Some(by.harmony());
                }
            }
        }
    }

    /// Plays the next frame of the tape, if it is frozen, and returns whether it is.
    pub fn play(&mut self, context: &FrameContext, out: &mut Vec<NoteCue>) -> bool {
        let Some(taken) = self.next().map(Arc::clone) else { return false };
        let moved = taken.chord.map(|taken| taken.chord).zip(context.chord).filter(|(from, to)| from != to);
        let first = Moment::from_tick(frame_start(context.frame)).0;
        for note in taken.notes.iter().filter(|note| context.controls.player(note.player).on) {
            let key = match (note.player.kind().has_pitches, moved) {
                (false, _) => note.key,
                (true, None) => allowed_key(note.key, context.allowed()),
                (true, Some((from, to))) => allowed_key(moved_key(note.key, from, to), context.allowed()),
            };
            let channel = context.controls.player(note.player).channel;
            out.push(NoteCue { key, channel, start: Moment(first + note.start.0), ..*note });
        }
        self.frozen = self.frozen.map(|(length, next)| (length, (next + 1) % length));
        true
    }
}

/// `key`, heard over `from`, as near as may be with the same part over `to`: a chord tone becomes the chord tone of its
/// degree, another note keeps its distance from the root.
fn moved_key(key: u8, from: Chord, to: Chord) -> u8 {
    let class = class_of(key);
    let degree = (0..from.tones().len()).find(|&degree| from.tone(degree) == class);
    let moved: PitchClass = match degree {
        Some(degree) => to.tone(degree.min(to.tones().len() - 1)),
        None => (class + 12 + to.root - from.root) % 12,
    };
    nearest(moved, key)
}

/// The nearest key to `key` whose class is `allowed`.
fn allowed_key(key: u8, allowed: PitchClassSet) -> u8 {
    let near = allowed.iter().map(|class| nearest(class, key)).min_by_key(|near| (near.abs_diff(key), *near));
    if allowed.contains(class_of(key)) { key } else { near.unwrap_or(key) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::{Controls, Player};
    use crate::improviser::players::context::tests::context;
    use crate::music::{Frame, Key};

    fn note(context: &FrameContext, key: u8) -> NoteCue {
        let start = Moment::from_tick(context.tick());
        NoteCue { player: Player::Chords, channel: 2, key, velocity: 80, start, length: Moment(240) }
    }

    /// A tape on which each frame has a note of its own: bars of C E G B, key by key.
    fn tape(frames: Frame) -> Tape {
        let mut tape = Tape::default();
        let controls = Controls::default();
        for frame in 0..frames {
            let context = context(&controls, frame);
            tape.take_down(&context, &[note(&context, 60 + [0, 4, 7, 11][frame as usize % 4])]);
        }
        tape
    }

    fn frozen(tape: &mut Tape, controls: &Controls, frames: std::ops::Range<Frame>, chord: &str) -> Vec<(i64, u8)> {
        let mut notes = Vec::new();
        for frame in frames {
            let context = FrameContext { chord: chord.parse().ok(), ..context(controls, frame) };
            tape.freeze(controls.freeze, Meter::default());
            assert!(tape.play(&context, &mut notes));
        }
        notes.iter().map(|note| (note.start.0 / 240, note.key)).collect()
    }

    #[test]
    fn what_is_frozen_comes_again_bar_for_bar() {
        let controls = Controls { freeze: true, ..Controls::default() };
        let played = frozen(&mut tape(40), &controls, 40..44, "C");
        assert_eq!(played, [(40, 60), (41, 64), (42, 67), (43, 71)]);
    }

    #[test]
    fn it_moves_with_the_harmony_and_stays_in_the_lock() {
        let controls = Controls { freeze: true, ..Controls::default() };
        let played = frozen(&mut tape(40), &controls, 40..44, "Fm");
        assert_eq!(played.iter().map(|(_, key)| key % 12).collect::<Vec<_>>(), [5, 8, 0, 4]);
        let locked = Controls { key_lock: true, key: Key::major(0), ..controls };
        let played = frozen(&mut tape(40), &locked, 40..44, "Fm");
        assert!(played.iter().all(|(_, key)| Key::major(0).scale().contains(key % 12)), "{played:?}");
    }

    #[test]
    fn a_short_take_is_repeated_as_far_as_it_goes_and_an_empty_one_not_at_all() {
        let controls = Controls { freeze: true, ..Controls::default() };
        assert_eq!(frozen(&mut tape(6), &controls, 6..8, "C"), [(6, 67), (7, 71)]);
        let mut empty = Tape::default();
        let context = context(&controls, 0);
        empty.freeze(true, Meter::default());
        assert!(!empty.play(&context, &mut Vec::new()) && empty.harmony().is_none());
    }
}
