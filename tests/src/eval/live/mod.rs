//! The band under live conditions: a simulated musician plays through the built plug-in in the headless host.

mod chords;
pub mod delays;
pub mod left_hand;
pub mod matrix;
pub mod musician;

use anyhow::Result;
use continuo_models::Family;
use continuo_models::music::Frame;
use serde::Serialize;

use super::corpus::Piece;
use super::measures::{FRAMES, Fit, Measures, Right};
use super::recovery::{Jumping, Recovery};
use super::report::{Table, number, progress};
use crate::demo::settings::Settings;
use crate::host::{Decisions, Diagnostics, Format, Session, bundles};
use delays::{Delays, Distribution};
use left_hand::Together;
use musician::{Hands, Sitting};

/// Every so many pieces are played with both hands.
const BOTH_HANDS: usize = 3;

/// Frames of the sitting that is played under every condition: a form of eight bars.
const MATRIX_FRAMES: Frame = 128;

/// What is judged: the networks, and the take.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The networks that play.
    pub family: Family,
    /// The seed of the plug-in and of the musician.
    pub seed: u32,
    /// Whether the band goes with the left hand at once.
    pub at_once: bool,
}

impl Setting {
    /// The plug-in's parameters for `piece`: exactly on the grid, so that delays can be told, and without its sound.
    pub fn parameters(&self, piece: &Piece) -> Vec<(String, String)> {
        let (style, seed) = (piece.style, Some(self.seed));
        let mut parameters = Settings { style, seed, humanise: Some(0.0), ..Settings::default() }.parameters();
        parameters.push(("preview".to_owned(), "Off".to_owned()));
        parameters.push(("hand_at_once".to_owned(), if self.at_once { "On" } else { "Off" }.to_owned()));
        parameters.push(("network".to_owned(), self.family.name().to_owned()));
        parameters
    }

    /// What is played under every condition: the beginning of `piece` with both hands.
    pub fn sitting(&self, piece: &Piece) -> Sitting {
        musician::play(piece, piece.frames().min(MATRIX_FRAMES), Hands::Both, true, u64::from(self.seed))
    }
}

/// The chords of one who plays, against the melody and against those of people.
#[derive(Clone, Debug, Serialize)]
pub struct Harmony {
    /// Who plays, and what is heard.
    pub who: &'static str,
    /// So many pieces.
    pub pieces: usize,
    /// The means over the pieces.
    pub mean: Measures,
}

/// What came of the sittings.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// People, and the band with what it hears.
    pub harmony: Vec<Harmony>,
    /// Beats from the melody's change of key to the note-in-chord from before; `None`: never.
    pub recovery_beats: Option<usize>,
    /// The counts behind it.
    pub recovery: Recovery,
    /// How soon the band is in the chord that the left hand strikes.
    pub left_hand: Together,
    /// Delays in samples.
    pub delays: Vec<Distribution>,
    /// Frames decided, plans that were missed, and notes that came late.
    pub plans: u64,
    /// Plans that had not arrived when they were needed.
    pub misses: u64,
    /// Notes that came after their start.
    pub late: u64,
    /// Events that found no room, and panics.
    pub lost: u64,
    /// Notes without an end, and ends without a note.
    pub stuck: usize,
}

/// Plays to the built plug-in, offline: each piece once through and astray, and without a left hand once more with a
/// change of key.
///
/// # Errors
/// If the plug-in is not built, does not load or fails.
pub fn judge(pieces: &[Piece], setting: Setting) -> Result<Verdict> {
    let mut session = Session::open(Format::Clap)?;
    let library = bundles::library(Format::Clap)?;
    let before = Diagnostics::read(&library)?;
    let decisions = Decisions::follow(&library)?;
    let (mut delays, mut recovery, mut stuck) = (Delays::default(), Recovery::default(), 0);
    let mut left_hand = Together::default();
    let [mut people, mut to_melody, mut to_both] = [const { Vec::new() }; 3];
    let bar = progress("sittings", pieces.len());
    for (index, piece) in bar.wrap_iter(pieces.iter()).enumerate() {
        let hands = if index % BOTH_HANDS == BOTH_HANDS - 1 { Hands::Both } else { Hands::Right };
        let seed = u64::from(setting.seed) << 32 | index as u64;
        let parameters = setting.parameters(piece);
        let texts: Vec<(&str, &str)> = parameters.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        session.set(&texts)?;
        let mut sit = |sitting: &Sitting| -> Result<_> {
            decisions.fetch()?;
            let take = session.perform(&sitting.performance)?;
            delays.add(&take);
            stuck += take.mismatches(&[]).len();
            let decided = chords::decided(&decisions, sitting)?;
            if hands == Hands::Both {
                left_hand.add(sitting, &take, &decided);
            }
            Ok(decided)
        };
        let sitting = musician::play(piece, piece.frames().min(FRAMES), hands, true, seed);
        let heard = sit(&sitting)?;
        people.push(Measures::of(&sitting.meant, &super::measures::classes(&piece.chord_frames(sitting.frames))));
        let band = if hands == Hands::Both { &mut to_both } else { &mut to_melody };
        band.push(Measures::of(&sitting.meant, &heard));
        if let Some(jumping) = Jumping::of(piece).filter(|_| hands == Hands::Right) {
            let sitting = musician::play(&jumping.piece, jumping.frames(), hands, false, seed);
            recovery.add(&jumping, &sit(&sitting)?);
        }
    }
    let counted = Diagnostics::read(&library)?.since(&before);
    let harmony = |who, all: Vec<Measures>| Harmony { who, pieces: all.len(), mean: Measures::mean(all.iter()) };
    Ok(Verdict {
        harmony: vec![
            harmony("people", people),
            harmony("the band to a melody", to_melody),
            harmony("the band to melody and left hand", to_both),
        ],
        recovery_beats: recovery.beats(),
        recovery,
        left_hand,
        delays: delays.distributions(),
        plans: counted.plans,
        misses: counted.misses,
        late: counted.late_cues,
        lost: counted.dropped + counted.overflowed + counted.panics,
        stuck,
    })
}

/// The verdict's tables.
pub fn tables(verdict: &Verdict) -> String {
    let mut harmony = Table::new(&[&["chords as decided", "pieces"], Right::TITLES, Fit::TITLES].concat());
    for Harmony { who, pieces, mean } in verdict.harmony.iter().filter(|harmony| harmony.pieces > 0) {
        let cells = mean.right.values().chain(mean.fit.values()).map(|value| number(value, 3));
        harmony.row([(*who).to_owned(), pieces.to_string()].into_iter().chain(cells));
    }
    let recovery = verdict.recovery_beats.map_or("never".to_owned(), |beats| format!("after {beats} beats"));
    let Verdict { plans, misses, late, lost, stuck, .. } = verdict;
    format!(
        "{harmony}\n{}\nBack in tune after a change of key: {recovery}\n\
         {plans} plans, {misses} missed; {late} late notes, {lost} lost events, {stuck} stuck notes\n\n{}",
        left_hand::table(&verdict.left_hand),
        delays::table(&verdict.delays)
    )
}
