//! How the band's notes are performed: swing, a hand's timing and loudness, and dynamics.

use super::context::FrameContext;
use super::dynamics;
use super::feel::{self, Habit};
use crate::controls::Player;
use crate::improviser::chance::random::Purpose;
use crate::music::time::{MOMENTS_PER_TICK, TICKS_PER_QUARTER};
use crate::music::{Drum, Moment};
use crate::score::NoteCue;

/// Moments in a quarter note.
const QUARTER: i64 = TICKS_PER_QUARTER * MOMENTS_PER_TICK;
/// How late the off-beat eighth comes at full swing: two thirds of the beat instead of half.
const SWING: f32 = (QUARTER * 2 / 3 - QUARTER / 2) as f32;
/// The latest that a hand comes at full humanise, in milliseconds.
const LATENESS: f32 = 20.0;
/// The largest deviation of loudness at full humanise, in MIDI velocity.
const LOUDNESS: f32 = 12.0;
/// How much later than the grid a drummer's strokes come who is neither early nor late, in milliseconds: what is early
/// with people cannot come before its frame.
const EASE: f32 = 10.0;
/// The latest that a drummer comes, in milliseconds.
const LATEST: f32 = 35.0;
/// How much of the deviation of a drum's velocity is not the pattern's.
const OWN: f32 = 0.5;

/// Swings and humanises the cues of the frame, in place, and gives them their dynamics. Starts move only later; ends
/// stay where they are, or swing with the stroke that follows, so that a note never runs into the next. Without swing,
/// humanise and dynamics nothing changes.
pub fn play(context: &FrameContext, cues: &mut [NoteCue]) {
    for index in 0..cues.len() {
        let earlier = &cues[..index];
        // Notes of one stroke share most of its deviation.
        let chord = earlier.iter().filter(|other| other.player == cues[index].player).count() as u32;
        let cue = &mut cues[index];
        let louder = dynamics::of(context, cue, chord);
        let drummer = (cue.player == Player::Drums).then(|| context.controls.kit.drum_at(cue.key)).flatten();
        let (late, deviation) = match drummer {
            Some(drum) => drummed(context, cue, drum),
            None => (lateness(context, cue, chord), loudness(context, cue, chord)),
        };
        let start = cue.start.0 + swing(context, cue.start) + late;
        let end = cue.start.0 + cue.length.0;
        let end = end + swing(context, Moment(end));
        // However late it comes, half of the note is left.
        let shortest = (cue.length.0 / 2).max(1);
        cue.start = Moment(start);
        cue.length = Moment((end - start).max(shortest));
        cue.velocity = feel::struck(i32::from(cue.velocity) + deviation + louder.round() as i32);
    }
}

/// By how many moments `moment` comes later for the swing: the off-beat eighth by all of it, the sixteenths around it
/// by half, and by what sixteenths have of their own. Other divisions of the beat, and compound meters, have a lilt of
/// their own.
fn swing(context: &FrameContext, moment: Moment) -> i64 {
    let meter = context.position.meter;
    if meter.is_compound() || meter.denominator > 4 {
        return 0;
    }
    let bar_start = Moment::from_tick(context.position.bar_start).0;
    let character = context.style.character();
    // The knob is for eighths.
    let (share, of_sixteenths) = match context.controls.swing_by_style {
        true => (character.swing.at(context.tempo), character.sixteenth_swing.at(context.tempo)),
        false => (context.controls.swing.clamp(0.0, 1.0), 0.0),
    };
    let (delay, of_sixteenths) = ((SWING * share) as i64, (SWING / 2.0 * of_sixteenths) as i64);
    match (moment.0 - bar_start).rem_euclid(QUARTER) * 4 {
        sixteenth if sixteenth == QUARTER || sixteenth == 3 * QUARTER => delay / 2 + of_sixteenths,
        eighth if eighth == 2 * QUARTER => delay,
        _ => 0,
    }
}

/// How many moments later a hand strikes: least on the beat, and in the bass.
fn lateness(context: &FrameContext, cue: &NoteCue, chord: u32) -> i64 {
    let on_beat = context.is_beat() && cue.start == Moment::from_tick(context.tick());
    let steadiness = if on_beat { 0.5 } else { 1.0 } * if cue.player == Player::Bass { 0.6 } else { 1.0 };
    let stroke = 0.75 * draw(context, Purpose::Timing, cue.player, 0)
        + 0.25 * draw(context, Purpose::Timing, cue.player, 1 + chord);
    context.moments(LATENESS * context.controls.humanise.clamp(0.0, 1.0) * steadiness * stroke)
}

/// How many moments later a drummer strikes `drum`, and how much louder, in MIDI velocity: as those who were measured,
/// at half of humanise.
fn drummed(context: &FrameContext, cue: &NoteCue, drum: Drum) -> (i64, i32) {
    let humanise = 2.0 * context.controls.humanise.clamp(0.0, 1.0);
    let bar_start = Moment::from_tick(context.position.bar_start).0;
    let beat = Moment::from_tick(context.position.meter.beat_ticks()).0.max(1);
    let slot = ((cue.start.0 - bar_start).rem_euclid(beat) * feel::SLOTS as i64 / beat) as usize;
    let Habit { late, spread, loudness } = feel::habit(context.style, drum, slot);
    let draw = |purpose: Purpose, place: u32| context.random.deviate(purpose, ((cue.player as u32) << 8) + 3 * place);
    // What strokes have in common that fall together, and what is each one's own: of the variance.
    let together = feel::of_people().together;
    let own = 1 + drum as u32;
    let timing = together.sqrt() * draw(Purpose::Timing, 0) + (1.0 - together).sqrt() * draw(Purpose::Timing, own);
    let milliseconds = (humanise * (EASE + late + spread * timing)).clamp(0.0, LATEST);
    let deviation = humanise * OWN * loudness * draw(Purpose::Loudness, own);
    (context.moments(milliseconds), deviation.round() as i32)
}

/// How much louder a hand strikes, in MIDI velocity.
fn loudness(context: &FrameContext, cue: &NoteCue, chord: u32) -> i32 {
    let drawn = 0.6 * draw(context, Purpose::Loudness, cue.player, 0)
        + 0.4 * draw(context, Purpose::Loudness, cue.player, 1 + chord);
    (LOUDNESS * context.controls.humanise.clamp(0.0, 1.0) * (2.0 * drawn - 1.0)).round() as i32
}

/// A number from 0 to 1 for note number `draw` of `player`.
fn draw(context: &FrameContext, purpose: Purpose, player: Player, draw: u32) -> f32 {
    context.random.uniform(purpose, (player as u32) << 8 | draw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;
    use crate::music::{Meter, Style};
    use proptest::prelude::*;

    fn cue(start: i64, length: i64) -> NoteCue {
        let (start, length) = (Moment::from_tick(start), Moment::from_tick(length));
        NoteCue { player: Player::Chords, channel: 2, key: 60, velocity: 80, start, length }
    }

    /// Swing by the knob, and everything as loud as it is struck.
    fn plain() -> Controls {
        Controls { swing_by_style: false, dynamics: 0.0, ..Controls::default() }
    }

    fn played(controls: &Controls, frame: i64, cue: NoteCue) -> NoteCue {
        let mut cues = [cue];
        play(&context(controls, frame), &mut cues);
        cues[0]
    }

    fn swung(swing: f32, start: i64, length: i64) -> (f64, f64) {
        let controls = Controls { swing, humanise: 0.0, ..plain() };
        let cue = played(&controls, start / 6, cue(start, length));
        (cue.start.ticks(), cue.start.ticks() + cue.length.ticks())
    }

    #[test]
    fn full_swing_plays_eighths_as_a_triplet() {
        assert_eq!(swung(1.0, 0, 12), (0.0, 16.0));
        assert_eq!(swung(1.0, 12, 12), (16.0, 24.0));
        assert_eq!(swung(1.0, 108, 12), (112.0, 120.0));
        assert_eq!(swung(0.5, 12, 12), (14.0, 24.0));
    }

    #[test]
    fn sixteenths_swing_by_half_and_triplets_not_at_all() {
        assert_eq!(swung(1.0, 6, 6), (8.0, 16.0));
        assert_eq!(swung(1.0, 18, 6), (20.0, 24.0));
        assert_eq!(swung(1.0, 8, 8), (8.0, 16.0));
    }

    #[test]
    fn compound_meters_do_not_swing() {
        let controls = Controls { swing: 1.0, humanise: 0.0, ..plain() };
        let mut context = context(&controls, 2);
        context.position.meter = Meter { numerator: 6, denominator: 8 };
        let mut cues = [cue(12, 12)];
        play(&context, &mut cues);
        assert_eq!(cues[0], cue(12, 12));
    }

    #[test]
    fn swing_as_the_style_hangs_on_style_and_tempo_and_not_on_the_knob() {
        let controls = Controls { swing: 1.0, humanise: 0.0, dynamics: 0.0, ..Controls::default() };
        let late = |style, tempo| {
            let mut cues = [cue(12, 12)];
            play(&FrameContext { style, tempo, ..context(&controls, 2) }, &mut cues);
            cues[0].start.0 - 12 * MOMENTS_PER_TICK
        };
        assert_eq!(late(Style::Bossa, 120.0), 0);
        assert!(late(Style::Jazz, 250.0) < late(Style::Jazz, 120.0) && late(Style::Jazz, 250.0) > 0);
    }

    #[test]
    fn a_style_may_swing_sixteenths_and_leave_eighths_where_they_are() {
        let late = |swing_by_style: bool, style: Style, start: i64| {
            let controls = Controls { swing_by_style, humanise: 0.0, dynamics: 0.0, ..Controls::default() };
            let mut cues = [cue(start, 6)];
            play(&FrameContext { style, tempo: 95.0, ..context(&controls, start / 6) }, &mut cues);
            cues[0].start.0 - Moment::from_tick(start).0
        };
        assert_eq!([0, 12, 24].map(|start| late(true, Style::Funk, start)), [0; 3]);
        assert!(late(true, Style::Funk, 6) > 0 && late(true, Style::Funk, 6) == late(true, Style::Funk, 18));
        assert_eq!((late(false, Style::Funk, 6), late(true, Style::Bossa, 6)), (0, 0));
    }

    #[test]
    fn drums_are_timed_as_drummers_time_them() {
        let controls = Controls { humanise: 0.5, ..plain() };
        let mean = |key: u8, tick: i64| {
            let late = |bar: i64| {
                let start = 96 * bar + tick;
                let mut cues = [NoteCue { player: Player::Drums, key, ..cue(start, 6) }];
                play(&context(&controls, start / 6), &mut cues);
                cues[0].start.0 - Moment::from_tick(start).0
            };
            (0..500).map(late).sum::<i64>() as f32 / 500.0 / context(&controls, 0).moments(1000.0) as f32 * 1000.0
        };
        let (hat, foot, sixteenth) = (mean(42, 24), mean(44, 24), mean(38, 30));
        assert!(foot < hat && hat < sixteenth, "the foot is early, and so is what is struck on the beat");
        assert!((hat - EASE).abs() < 3.0, "{hat}");
    }

    #[test]
    fn the_notes_of_a_chord_stay_together() {
        let controls = Controls { humanise: 1.0, ..Controls::default() };
        let mut cues = [cue(12, 12), cue(12, 12), cue(12, 12)];
        play(&context(&controls, 2), &mut cues);
        let starts = cues.map(|cue| cue.start.0);
        let spread = starts.iter().max().unwrap() - starts.iter().min().unwrap();
        assert!(spread <= context(&controls, 2).moments(LATENESS / 4.0) + 1, "{starts:?}");
    }

    proptest! {
        #[test]
        fn without_swing_and_humanise_nothing_changes(start in 0i64..960, length in 1i64..96, seed: u32) {
            let controls = Controls { swing: 0.0, humanise: 0.0, seed, ..plain() };
            prop_assert_eq!(played(&controls, start / 6, cue(start, length)), cue(start, length));
        }

        #[test]
        fn notes_come_a_little_late_and_never_early(
            start in 0i64..960,
            length in 1i64..96,
            humanise in 0f32..=1.0,
            swing in 0f32..=1.0,
            seed: u32,
        ) {
            let controls = Controls { swing, humanise, seed, ..plain() };
            let (before, after) = (cue(start, length), played(&controls, start / 6, cue(start, length)));
            let late = after.start.0 - before.start.0;
            let most = context(&controls, 0).moments(LATENESS) + 160;
            prop_assert!((0..=most).contains(&late), "{late}");
            prop_assert!(after.length.0 > 0);
            prop_assert!(after.velocity.abs_diff(before.velocity) <= 12);
        }
    }
}
