//! What is planned where the band follows a chart.

use super::harmonist::Harmony;
use super::{OUTLOOK_CHORDS, Planned};
use crate::improviser::tune::chart::{Guidance, Here};
use crate::music::Tick;
use crate::music::time::TICKS_PER_QUARTER;

/// So far ahead a chart is certain in which nothing changes.
const FAR: Tick = 256 * TICKS_PER_QUARTER;

/// The changes expected after the frame `here`, of which `own` is the band's own mind, and the first tick at which they
/// may still change: of what is `coming`, what the chart gives is certain; what it leaves open is as the band has it.
pub fn planned(here: &Here, coming: &[(Tick, Guidance)], own: &Harmony) -> (Planned, Tick) {
    let is_open = here.guidance() == Guidance::Open;
    let first_given = coming.iter().find(|(_, guidance)| *guidance != Guidance::Open).map(|&(tick, _)| tick);
    let mine = own.planned.iter().flatten().copied();
    let mine = mine.filter(|&(tick, _)| is_open && first_given.is_none_or(|first| tick < first));
    let next_open = coming.iter().position(|(_, guidance)| *guidance == Guidance::Open);
    let until_open = &coming[..next_open.unwrap_or(coming.len())];
    let given = until_open.iter().filter_map(|&(tick, guidance)| Some((tick, guidance.chord()?)));

    let all: Vec<_> = mine.chain(given).collect();
    let mut planned: Planned = [None; OUTLOOK_CHORDS];
    planned.iter_mut().zip(&all).for_each(|(place, &change)| *place = Some(change));
    let end = all.get(OUTLOOK_CHORDS).map(|&(tick, _)| tick);
    let end = end.or(next_open.map(|index| coming[index].0)).or(coming.last().map(|&(tick, _)| tick));
    let certain = if is_open { own.certain } else { end.unwrap_or(own.certain + FAR) };
    (planned, certain)
}
