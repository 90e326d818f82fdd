//! Who advises the harmonist: the network, or rules.

use std::sync::Arc;

use super::history::History;
use super::rules;
use crate::controls::Controls;
use crate::improviser::chance::grid::rounded;
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::{SlashChord, Spot};
use crate::network::features::Note;
use crate::network::harmonist::{HarmonistAttributes, HarmonistInput, HarmonyLogits, NOTES};
use crate::network::style_mix::StyleMix;
use crate::network::{HarmonistNetwork, Networks};

/// Where the harmonist's advice comes from.
#[derive(Clone, Debug)]
pub enum AdviceSource {
    /// The network.
    Network(Arc<HarmonistNetwork>),
    /// Rules, in the keys that the band believes to be in.
    Rules,
}

impl AdviceSource {
    /// The network of `networks`, or rules if it is not there.
    pub fn of(networks: &Networks) -> Self {
        networks.get().map_or(Self::Rules, Self::Network)
    }
}

/// Who advises the harmonist, and what it is told besides the history.
#[derive(Clone, Debug)]
pub struct Advisor<'a> {
    /// Where the advice comes from.
    pub source: &'a AdviceSource,
    /// The styles.
    pub mix: StyleMix,
    /// What the harmony is to be like.
    pub attributes: HarmonistAttributes,
    /// The keys that the band believes to be in.
    pub keys: &'a KeyBelief,
}

impl<'a> Advisor<'a> {
    /// What the controls ask for.
    pub fn of(source: &'a AdviceSource, controls: &Controls, keys: &'a KeyBelief) -> Self {
        let &Controls { chord_rate, chromaticism, mode, .. } = controls;
        let attributes = HarmonistAttributes { chord_rate, chromaticism, mode };
        Self { source, mix: StyleMix::of(controls), attributes, keys }
    }

    /// Reads the next frame, at `spot`, with `note` in it, and puts down that the band plays `chord` there.
    ///
    /// # Errors
    /// When the network fails; the history is then of no more use to it.
    pub fn read(
        &self,
        history: &mut History,
        spot: Spot,
        note: Note,
        chord: Option<SlashChord>,
    ) -> Result<Advice, String> {
        self.read_all(spot, vec![(history, note, chord)])?.pop().ok_or_else(|| "nothing was read".into())
    }

    /// Reads the same frame in each of several histories: quicker than one after another.
    ///
    /// # Errors
    /// As for one of them.
    pub fn read_all(&self, spot: Spot, mut readings: Vec<Reading>) -> Result<Vec<Advice>, String> {
        let advice = match self.source {
            AdviceSource::Network(network) => self.ask(network, spot, &mut readings)?,
            AdviceSource::Rules => readings.iter().map(|reading| self.look_up(spot, reading)).collect(),
        };
        for (history, note, chord) in readings {
            history.put_down(note, chord);
        }
        Ok(advice)
    }

    fn ask(&self, network: &HarmonistNetwork, spot: Spot, readings: &mut [Reading]) -> Result<Vec<Advice>, String> {
        let unset = HarmonistAttributes::default();
        let is_guided = self.attributes != unset;
        let mut steps = Vec::new();
        for (history, note, _) in readings.iter_mut() {
            let (input, states, free) = history.step(*note, spot, is_guided);
            let told = (states, self.attributes);
            for (states, attributes) in std::iter::once(told).chain(free.map(|free| (free, unset))) {
                for (style, state) in states.under(self.mix, || network.initial_state()) {
                    steps.push((HarmonistInput { style: Some(style), attributes, ..input }, state));
                }
            }
        }
        let mut logits = network.step_all(steps)?.into_iter().map(|logits| logits.map(rounded));
        let mut next = || self.mix.mixed(&mut logits, |ours, theirs, share| ours.mixed(theirs, share));
        let advice = readings.iter().map(|_| {
            let told = next()?;
            let logits = if is_guided { told.guided(&next()?) } else { told };
            Ok(Advice { here: logits.here, next: logits.next, note: Some(logits.note) })
        });
        advice.collect()
    }

    fn look_up(&self, spot: Spot, (history, note, chord): &Reading) -> Advice {
        let style = self.mix.main();
        let here = rules::advise(history, *note, spot, self.keys, style);
        let mut after = History::clone(history);
        after.put_down(*note, *chord);
        let next = rules::advise(&after, Note::Hidden, spot.plus(1), self.keys, style);
        Advice { here, next, note: None }
    }
}

/// The harmony that is advised after a frame was read.
#[derive(Clone, Debug)]
pub struct Advice {
    /// In that frame, with what is known of its note.
    pub here: HarmonyLogits,
    /// In the frame after it, before its note.
    pub next: HarmonyLogits,
    /// Of the melody in the frame after it, as [`Note::from_index`] counts; `None`: nobody knows.
    pub note: Option<[f32; NOTES]>,
}

/// A history, the note that it reads in its next frame, and the chord that the band plays there.
pub type Reading<'a> = (&'a mut History, Note, Option<SlashChord>);
