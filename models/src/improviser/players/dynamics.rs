//! How loudness follows the phrase, the section and the musician: as much as with people (`feel`).

use super::context::FrameContext;
use super::feel::{self, PHRASE};
use crate::controls::{Player, in_range};
use crate::improviser::chance::random::{Purpose, Random};
use crate::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_at};
use crate::music::{Moment, Tick};
use crate::score::NoteCue;

/// Phrases rise more often than they fall, from their first bar to their last: between these, in MIDI velocity.
const RISES: (f32, f32) = (-4.0, 10.0);
/// How much of the deviation of bars is left to each, beside rise and arc.
const OWN: f32 = 0.65;
/// How much of the deviation of the strokes of a bar is no accent of the meter.
const FREE: f32 = 0.8;
/// How much louder the band is where the musician leaves room, and softer under many notes.
const ROOM: f32 = 3.0;
/// A rest of so many ticks is room.
const REST: Tick = TICKS_PER_QUARTER;
/// Notes per quarter note that are many.
const MANY_NOTES: f32 = 2.0;

/// By how much `cue` is louder, in MIDI velocity; it is note number `chord` of its stroke.
pub fn of(context: &FrameContext, cue: &NoteCue, chord: u32) -> f32 {
    // Half-way up the knob is as people play.
    let amount = 2.0 * in_range(context.controls.dynamics, 0.0..=1.0, 0.5);
    if amount == 0.0 {
        return 0.0;
    }
    amount * (of_bar(context) + room(context) + of_stroke(context, cue, chord))
}

/// What the whole band has in common in a bar: the level of its phrase, and its place there.
fn of_bar(context: &FrameContext) -> f32 {
    let people = feel::of_people();
    let bar = context.tick() - context.ticks_into_bar();
    let place = context.section().bar_of_phrase();
    let first = bar - place * context.position.meter.bar_ticks();
    let random = |tick: Tick| Random::new(context.controls.seed, frame_at(tick));
    let level = people.pianists.phrase[1] * random(first).deviate(Purpose::Dynamics, 0);
    let rise = RISES.0 + (RISES.1 - RISES.0) * random(first).uniform(Purpose::Dynamics, 3);
    let way = place as f32 / (PHRASE - 1) as f32 - 0.5;
    let own = OWN * people.pianists.bar[1] * random(bar).deviate(Purpose::Dynamics, 4);
    level + rise * way + people.drummers.arc[place as usize] + own
}

fn room(context: &FrameContext) -> f32 {
    let density = (context.player_density / MANY_NOTES).clamp(0.0, 1.0);
    if context.player_rests >= REST { ROOM } else { -ROOM * density }
}

/// What is a stroke's own. Those of Drums are written, or learned, with their accents.
fn of_stroke(context: &FrameContext, cue: &NoteCue, chord: u32) -> f32 {
    if cue.player == Player::Drums {
        return 0.0;
    }
    let people = &feel::of_people().pianists;
    let draw = |draw: u32| context.random.deviate(Purpose::Dynamics, ((cue.player as u32) << 8) + 8 + 4 * draw);
    let own = 0.8 * draw(0) + 0.6 * draw(1 + chord);
    people.accents[metrical(context, cue.start)] + FREE * people.stroke[1] * own
}

/// How strong a place in the bar is: 0 the first beat, 1 the middle, 2 another beat, 3 an off-beat eighth, 4 the rest.
fn metrical(context: &FrameContext, start: Moment) -> usize {
    let meter = context.position.meter;
    let (bar, beat) = (meter.bar_ticks(), meter.beat_ticks());
    match context.position.ticks_into_bar(start.0.div_euclid(Moment::from_tick(1).0)) {
        0 => 0,
        into if 2 * into == bar && into % beat == 0 => 1,
        into if into % beat == 0 => 2,
        into if into % (2 * TICKS_PER_FRAME) == 0 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;

    /// The loudness that the band has in common in each of `bars` bars of 4/4.
    fn bars(controls: &Controls, bars: i64) -> Vec<f32> {
        (0..bars).map(|bar| of_bar(&context(controls, 16 * bar))).collect()
    }

    fn deviation(values: &[f32]) -> f32 {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
    }

    #[test]
    fn loudness_moves_within_the_range_of_people_and_rises_within_a_phrase() {
        let people = &feel::of_people().pianists;
        let bars = bars(&Controls::default(), 8 * 400);
        let phrases: Vec<&[f32]> = bars.chunks(PHRASE).collect();
        let means: Vec<f32> = phrases.iter().map(|phrase| phrase.iter().sum::<f32>() / 8.0).collect();
        let within = phrases.iter().map(|phrase| deviation(phrase)).sum::<f32>() / 400.0;
        let range = |phrase: &&[f32]| {
            let bound = |pick: fn(f32, f32) -> f32| phrase.iter().copied().reduce(pick).unwrap();
            bound(f32::max) - bound(f32::min)
        };
        let range = phrases.iter().map(range).sum::<f32>() / 400.0;
        for (found, of_people) in [(deviation(&means), people.phrase), (within, people.bar), (range, people.range)] {
            assert!((of_people[0]..of_people[2]).contains(&found), "{found} of {of_people:?}");
        }
        let place = |place: usize| phrases.iter().map(|phrase| phrase[place]).sum::<f32>() / 400.0;
        assert!(place(7) > place(0) + 2.0);
    }

    #[test]
    fn the_band_makes_room_and_takes_it() {
        let controls = Controls::default();
        let room = |player_rests, player_density| {
            room(&FrameContext { player_rests, player_density, ..context(&controls, 0) })
        };
        assert!(room(0, 3.0) < room(0, 0.5) && room(0, 0.5) < room(48, 3.0));
    }

    #[test]
    fn a_form_has_its_phrases() {
        let twelve = Controls { form: Some(12), ..Controls::default() };
        let loudness = |bar: i64| of_bar(&context(&twelve, 16 * bar));
        let rise = |from: i64| {
            let rises = (0..256).map(|chorus| loudness(12 * chorus + from + 7) - loudness(12 * chorus + from));
            rises.sum::<f32>() / 256.0
        };
        let [phrases, across] = [0, 5].map(rise);
        assert!(phrases > across + 2.0, "{phrases}, {across}");
    }
}
