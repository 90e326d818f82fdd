//! The improviser against people and against rules, on melodies that arrive in real time.

pub mod charts;
pub mod choruses;
pub mod disagreement;
pub mod extent;
pub mod files;
mod rehearsal;
pub mod tables;
pub mod told_apart;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use continuo_models::improviser::Weights;
use continuo_models::improviser::tune::harmonizer::Wish;
use continuo_models::music::style::Harmonization;
use continuo_models::music::{Chord, Frame, SlashChord, Style};
use continuo_models::{Controls, Improviser, Networks};
use continuo_options::eval::System;

use super::bootstrap::Interval;
use super::corpus::Piece;
use super::hand::{Hand, played};
use super::harmonizer::all_known;
use super::measures::{Measures, classes};
use super::recovery::{Jumping, Recovery};
use super::report::progress;
use super::retrieval::Library;
use super::rules::{Pace, bar_before, follow, tonic_held, with_sixths};
use extent::Extent;
use rehearsal::Performance;
pub use rehearsal::{Event, only, rehearse};

/// What plays the chords, in words.
fn title(system: System) -> &'static str {
    match system {
        System::Human => "people",
        System::BarBefore => "people's bar before",
        System::NearestTune => "nearest tune's chords",
        System::TonicHeld => "rule: tonic held",
        System::FollowBeat => "rule: per beat",
        System::FollowSixteenth => "rule: per sixteenth",
        System::FollowNote => "rule: with beat's note",
        System::FollowSixths => "rule: and with sixths",
        System::Alone => "network alone",
        System::Anticipate => "band, anticipating",
        System::React => "band, reacting",
        System::Band => "band as it plays",
        System::Harmonizer => "harmonizer, all known",
    }
}

/// Whether what plays the chords hears the melody.
fn hears(system: System) -> bool {
    !matches!(system, System::Human | System::BarBefore | System::NearestTune)
}

/// Whom the systems are, and what they hear.
pub struct Setup<'a> {
    /// The networks of the band.
    pub networks: Arc<Networks>,
    /// How the band weighs what they advise.
    pub weights: Weights,
    /// The controls of the band that plays to a piece.
    pub controls: &'a dyn Fn(&Piece) -> Controls,
    /// Who plays what they hear; `None`: it comes as it is written.
    pub hand: Option<Hand>,
    /// How much of each piece is judged.
    pub extent: Extent,
    /// How [`System::Harmonizer`] harmonizes, by style; the others as their files say.
    pub harmonizations: HashMap<Style, Harmonization>,
    /// The tunes that [`System::NearestTune`] knows.
    pub library: Option<Library<'a>>,
}

/// What a system played to one piece.
#[derive(Clone, Debug)]
pub struct Played {
    /// The piece.
    pub id: String,
    /// One chord per frame.
    pub chords: Vec<Option<SlashChord>>,
    /// How good it is.
    pub measures: Measures,
}

/// How good a system is.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its name in files.
    pub name: String,
    /// Its name in tables.
    pub title: String,
    /// Piece by piece, the same pieces in the same order for all.
    pub pieces: Vec<Played>,
    /// The means over the pieces.
    pub mean: Measures,
    /// How it follows a jump of the melody; `None` for who does not hear it.
    pub recovery: Option<Recovery>,
    /// How often a classifier tells it from people; `None` if nobody taught one.
    pub told_apart: Option<Interval>,
}

impl Played {
    fn of(piece: &Piece, performance: Performance) -> Self {
        Self { id: piece.id.clone(), measures: performance.measures(piece), chords: performance.chords }
    }
}

impl Verdict {
    /// Of one that nobody tells apart and that follows no jump.
    fn of(name: String, title: String, pieces: Vec<Played>) -> Self {
        let mean = Measures::mean(pieces.iter().map(|played| &played.measures));
        Self { name, title, pieces, mean, recovery: None, told_apart: None }
    }
}

impl Setup<'_> {
    /// Judges a system on `pieces`.
    pub fn judge(&self, pieces: &[Piece], system: System) -> Verdict {
        let bar = progress(title(system), pieces.len());
        let mut recovery = hears(system).then(Recovery::default);
        let judged: Vec<Played> = bar
            .wrap_iter(pieces.iter())
            .map(|piece| {
                if let Some((recovery, jumping)) = recovery.as_mut().zip(Jumping::of(piece)) {
                    recovery.add(&jumping, &classes(&self.play(&jumping.piece, jumping.frames(), system).chords));
                }
                Played::of(piece, self.play(piece, self.extent.frames(piece), system))
            })
            .collect();
        Verdict { recovery, ..Verdict::of(system.name(), title(system).into(), judged) }
    }

    fn play(&self, piece: &Piece, frames: Frame, system: System) -> Performance {
        let over_root = |chords: Vec<Option<Chord>>| chords.into_iter().map(|chord| chord.map(Into::into)).collect();
        let controls = (self.controls)(piece);
        let written = piece;
        let piece = &self.heard(written);
        let chords = match system {
            System::Human => written.chord_frames(frames),
            System::BarBefore => bar_before(written, frames),
            System::NearestTune => {
                self.library.as_ref().map_or_else(Vec::new, |library| library.chords(written, frames))
            }
            System::TonicHeld => over_root(tonic_held(piece, frames)),
            System::FollowBeat => over_root(follow(piece, frames, Pace::Beat)),
            System::FollowSixteenth => over_root(follow(piece, frames, Pace::Sixteenth)),
            System::FollowNote => over_root(follow(piece, frames, Pace::BeatWithNote)),
            System::FollowSixths => over_root(with_sixths(follow(piece, frames, Pace::BeatWithNote))),
            System::Harmonizer => all_known(&self.networks, piece, frames, &self.wish(&controls)),
            System::React => rehearsal::reacting(self.band(self.weights), piece, frames, controls),
            System::Alone => {
                let controls = Controls { learn_tune: false, ..controls };
                return rehearsal::as_played(self.band(Weights::ALONE), piece, frames, controls);
            }
            System::Anticipate => {
                let controls = Controls { follow: 0.0, ..controls };
                return rehearsal::as_played(self.band(self.weights), piece, frames, controls);
            }
            System::Band => return rehearsal::as_played(self.band(self.weights), piece, frames, controls),
        };
        chords.into()
    }

    /// What the harmonizer is asked for.
    fn wish(&self, controls: &Controls) -> Wish {
        let wish = Wish::of(controls);
        let harmonization = self.harmonizations.get(&controls.style_a).copied();
        Wish { harmonization: harmonization.unwrap_or(wish.harmonization), ..wish }
    }

    fn band(&self, weights: Weights) -> Improviser {
        Improviser::weighing(Arc::clone(&self.networks), weights)
    }

    /// The piece as it is heard.
    fn heard<'p>(&self, written: &'p Piece) -> Cow<'p, Piece> {
        self.hand.map_or_else(|| Cow::Borrowed(written), |hand| Cow::Owned(played(written, hand)))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::eval::corpus::tests::made_up;

    pub(super) fn verdict(system: System) -> Verdict {
        let notes: Vec<_> = (0..32).map(|beat| (24 * beat, 24, [60, 64, 67, 72][beat as usize % 4])).collect();
        let piece = made_up("tune", &notes, &[(0, 384, "C"), (384, 384, "Am7")]);
        let tunes = [made_up("another", &notes, &[(0, 768, "C")])];
        let setup = Setup {
            networks: Arc::default(),
            weights: Weights::NETWORK,
            controls: &|_: &Piece| Controls::default(),
            hand: None,
            extent: Extent::default(),
            harmonizations: HashMap::new(),
            library: Some(Library::new(&tunes)),
        };
        setup.judge(&[piece], system)
    }

    #[test]
    fn people_agree_with_themselves() {
        let human = verdict(System::Human);
        assert_eq!((human.mean.right.root, human.mean.fit.agreement, human.recovery), (Some(1.0), Some(1.0), None));
    }

    #[test]
    fn who_hears_no_network_answers_under_the_chord_that_stands() {
        // The rules have no opinion on a note of the frame.
        let idiom = verdict(System::Band).mean.idiom;
        assert_eq!((idiom.under_another, idiom.grating_answers.is_some()), (Some(0.0), true));
        assert_eq!(verdict(System::FollowNote).mean.idiom.under_another, None);
    }

    #[test]
    fn every_system_plays_a_chord_to_a_chord_of_c() {
        for &system in System::value_variants().iter().filter(|&&system| system != System::Harmonizer) {
            let played = &verdict(system).pieces[0];
            assert!(played.chords[60].is_some(), "{system:?}");
            assert!(played.measures.fit.note_in_chord.is_some_and(|share| share > 0.4), "{system:?}: {played:?}");
        }
    }
}
