//! When Lead may begin a phrase, by its mode, and how long it lasts.

use std::ops::Range;

use crate::controls::LeadMode;
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::Listener;
use crate::improviser::players::context::FrameContext;
use crate::music::{Spot, Tick};

/// A phrase to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// When it may begin.
    pub start: Tick,
    /// When it must have ended.
    pub end: Tick,
    /// When the next one may begin.
    pub resume: Tick,
}

/// Lead's bars when it trades with the musician, if it is in them.
pub(super) fn traded_bars(context: &FrameContext) -> Option<Range<Tick>> {
    let bars = match context.controls.lead_mode {
        LeadMode::TradeTwos => 2,
        LeadMode::TradeFours => 4,
        LeadMode::TradeEights => 8,
        LeadMode::Answer | LeadMode::Continuous | LeadMode::Fills => return None,
    };
    let position = context.position.at(context.tick());
    let bar = position.meter.bar_ticks();
    let index = position.bar_start.div_euclid(bar);
    let start = position.bar_start - index.rem_euclid(bars) * bar;
    (index.div_euclid(bars).rem_euclid(2) == 1).then_some(start..start + bars * bar)
}

/// Whether a phrase that was begun in the present mode may go on.
pub(super) fn lasts(context: &FrameContext) -> bool {
    match context.controls.lead_mode {
        LeadMode::Answer | LeadMode::Continuous | LeadMode::Fills => true,
        LeadMode::TradeTwos | LeadMode::TradeFours | LeadMode::TradeEights => traded_bars(context).is_some(),
    }
}

/// The phrase that begins in the frame, if it is time for one: not before `resume`, and in answer only to another
/// phrase than the one `answered`.
pub(super) fn begins(context: &FrameContext, listener: &Listener, answered: Option<u32>, resume: Tick) -> Option<Span> {
    let spot = Spot { frame: context.frame, position: context.position };
    let meter = context.position.meter;
    let (now, bar, beat) = (context.tick(), meter.bar_ticks(), meter.beat_ticks());
    let rests = listener.rest().is_none_or(|rest| rest >= beat / 2);
    let (bars, limit) = match context.controls.lead_mode {
        LeadMode::Answer if !spot.begins_beat() || is_awaited(context, listener) => return None,
        LeadMode::Answer => return answer(context, listener, answered),
        // While the musician plays, Lead keeps silent for another bar.
        LeadMode::Continuous if rests || now >= resume.saturating_add(bar) => (2..=4, None),
        LeadMode::Fills
            if rests && listener.rest().is_some() && !(spot.begins_bar() && is_awaited(context, listener)) =>
        {
            (1..=2, None)
        }
        LeadMode::Continuous | LeadMode::Fills => return None,
        LeadMode::TradeTwos | LeadMode::TradeFours | LeadMode::TradeEights => (2..=4, Some(traded_bars(context)?.end)),
    };
    if now < resume || !spot.begins_eighth() {
        return None;
    }
    let draw = |number, range: Range<Tick>| {
        let share = context.random.uniform(Purpose::Phrase, number);
        range.start + (share * (range.end - range.start) as f32) as Tick
    };
    // What begins with the last beat of a bar is an upbeat.
    let first_bar = context.position.at(now + beat - 1).bar_start;
    let close = first_bar.max(context.position.at(now).bar_start) + bar * draw(0, *bars.start()..*bars.end() + 1);
    match limit {
        Some(limit) if now + 2 * beat > limit => None,
        // A rest of Lead's bars that is too short for a phrase of its own belongs to this one.
        Some(limit) if close + 2 * bar > limit => Some(Span { start: now, end: limit, resume: limit }),
        _ => {
            let end = (close - beat * draw(1, 1..3)).max(now + 2 * beat);
            Some(Span { start: now, end, resume: (close + beat / 2 * draw(2, -1..3)).max(end) })
        }
    }
}

/// Whether the musician may come back in this beat: after a breath one comes back with a bar, and none has begun
/// without him yet.
fn is_awaited(context: &FrameContext, listener: &Listener) -> bool {
    let (into, bar) = (context.ticks_into_bar(), context.position.meter.bar_ticks());
    let barline = context.tick() - if into == 0 { bar } else { into };
    !listener.rests_over(barline)
}

/// The answer to the phrase that has ended, as long as that, from one bar to four.
fn answer(context: &FrameContext, listener: &Listener, answered: Option<u32>) -> Option<Span> {
    let (number, phrase) = listener.ended_phrase()?;
    if answered == Some(number) {
        return None;
    }
    let (first, last) = (phrase.first()?, phrase.last()?);
    let bar = context.position.meter.bar_ticks();
    let end = context.tick() + (last.onset + last.length - first.onset).clamp(bar, 4 * bar);
    Some(Span { start: context.tick(), end, resume: context.tick() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::Controls;
    use crate::improviser::players::context::tests::context;

    /// The bars of the first 20 in which Lead may play.
    fn bars(mode: LeadMode) -> Vec<i64> {
        let controls = Controls { lead_mode: mode, ..Controls::default() };
        (0..20).filter(|bar| traded_bars(&context(&controls, 16 * bar + 5)).is_some()).collect()
    }

    #[test]
    fn the_musician_has_the_first_bars_and_lead_as_many_after_them() {
        assert_eq!(bars(LeadMode::TradeTwos), [2, 3, 6, 7, 10, 11, 14, 15, 18, 19]);
        assert_eq!(bars(LeadMode::TradeFours), [4, 5, 6, 7, 12, 13, 14, 15]);
        assert_eq!(bars(LeadMode::TradeEights), [8, 9, 10, 11, 12, 13, 14, 15]);
        assert!(bars(LeadMode::Answer).is_empty());
    }

    #[test]
    fn the_last_phrase_of_a_turn_ends_with_it() {
        for (seed, first) in (0..50).zip([64, 66, 70, 80].into_iter().cycle()) {
            let controls = Controls { lead_mode: LeadMode::TradeFours, seed, ..Controls::default() };
            let (mut now, mut resume) = (first, Tick::MIN);
            let mut ends = Vec::new();
            while now < 8 * 16 {
                if let Some(span) = begins(&context(&controls, now), &Listener::default(), None, resume) {
                    ends.push(span.end);
                    assert!(span.end <= 8 * 96 && span.resume >= span.end, "{span:?}");
                    (now, resume) = (span.end / 6, span.resume);
                }
                now += 1;
            }
            assert_eq!(ends.last(), Some(&(8 * 96)), "{ends:?}");
        }
    }

    #[test]
    fn phrases_without_end_are_two_to_four_bars_long_with_breaths_between() {
        let controls = Controls { lead_mode: LeadMode::Continuous, ..Controls::default() };
        let (mut resume, mut end) = (0, 0);
        for frame in 0..4000 {
            let context = context(&controls, frame);
            let Some(span) = begins(&context, &Listener::default(), None, resume).filter(|span| span.start >= end)
            else {
                continue;
            };
            assert!((96..=4 * 96).contains(&(span.end - span.start)), "{span:?}");
            assert!((12..=96).contains(&(span.resume - span.end)), "{span:?}");
            (resume, end) = (span.resume, span.end);
        }
    }
}
