//! Every piece twice in a row: what a band has learned of a tune is heard when it comes again.

use std::sync::Arc;

use continuo_models::music::chart::Slot;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chart, Frame, SlashChord, Spot};
use continuo_options::eval::System;

use super::disagreement::{Changed, Disagreement};
use super::extent::Extent;
use super::rehearsal::{Performance, as_played};
use super::told_apart::{Example, told};
use super::{Interval, Played, Setup, Verdict, title};
use crate::eval::corpus::Piece;
use crate::eval::measures::{begins_bar, classes};
use crate::eval::report::progress;

/// What is judged, of what is played in one chorus or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The chords that people wrote.
    People,
    /// The rule that hears the beat's note, in the first chorus.
    Rule,
    /// The network alone, in the first chorus.
    Alone,
    /// The band in the first chorus.
    First,
    /// The band in the second chorus, to which the chords of the first one are given as a chart: who only remembers
    /// what he played.
    Again,
    /// The band in the second chorus.
    Second,
    /// The band in the second chorus, to which the form is given as a chart of open bars: nothing is lost until the
    /// tune is heard to come again.
    FormGiven,
    /// The harmonizer, which knows the chorus and nothing beyond.
    Harmonizer,
    /// The band to which the chords of people are given as a chart: what is lost on the way.
    Given,
}

impl Row {
    /// Every row, in order.
    pub const ALL: [Row; 9] = [
        Row::People,
        Row::Rule,
        Row::Alone,
        Row::First,
        Row::Again,
        Row::Second,
        Row::FormGiven,
        Row::Harmonizer,
        Row::Given,
    ];

    /// The system that plays.
    pub fn system(self) -> System {
        match self {
            Row::People => System::Human,
            Row::Rule => System::FollowNote,
            Row::Alone => System::Alone,
            Row::First | Row::Again | Row::Second | Row::FormGiven | Row::Given => System::Band,
            Row::Harmonizer => System::Harmonizer,
        }
    }

    /// The name in files.
    pub fn name(self) -> String {
        let which = match self {
            Row::First => "-1",
            Row::Again => "-again",
            Row::Second => "-2",
            Row::FormGiven => "-form-given",
            Row::Given => "-given",
            Row::People | Row::Rule | Row::Alone | Row::Harmonizer => "",
        };
        format!("{}{which}", self.system().name())
    }

    fn title(self) -> String {
        match self {
            Row::First => "band, chorus 1",
            Row::Again => "chorus 1 played again",
            Row::Second => "band, chorus 2",
            Row::FormGiven => "chorus 2, form given",
            Row::Given => "band, chart given",
            Row::People | Row::Rule | Row::Alone | Row::Harmonizer => title(self.system()),
        }
        .to_owned()
    }
}

/// A piece that is played twice in a row.
#[derive(Clone, Debug)]
pub struct Twice<'a> {
    /// The piece.
    pub piece: &'a Piece,
    /// The frames of a chorus.
    pub frames: Frame,
    /// A chorus.
    pub once: Piece,
    /// Both.
    pub both: Piece,
}

impl<'a> Twice<'a> {
    /// `None`: there is no whole bar among the frames that count.
    pub fn of(piece: &'a Piece, extent: Extent) -> Option<Self> {
        let frames = chorus(piece, extent)?;
        let end = frame_start(frames);
        let once = piece.stretch(0, end);
        Some(Self { piece, frames, both: once.then(end, &once), once })
    }

    /// The piece with what was played in a chorus of it.
    fn example(&self, played: &Performance) -> Example<'a> {
        (self.piece, classes(&played.chords))
    }

    /// The form as a chart of open bars, from the first barline on.
    fn form(&self) -> Chart {
        let bars = self.bars();
        let position = |frame| self.once.position(frame_start(frame));
        let first = bars.first().map_or(0, |&frame| Spot { frame, position: position(frame) }.bar_number());
        let open = bars.iter().map(|&frame| {
            let meter = position(frame).meter;
            (meter, vec![Slot::Open; (meter.bar_ticks() / TICKS_PER_FRAME) as usize])
        });
        Chart { first_bar: first.try_into().unwrap_or_default(), ..Chart::of_frames(open) }
    }

    /// The first frame of each bar of a chorus, but for a pick-up.
    pub fn bars(&self) -> Vec<Frame> {
        (0..self.frames).filter(|&frame| begins_bar(&self.once, frame)).collect()
    }
}

/// The frames of a chorus: as many whole bars as fit into what counts from the first barline on, no more than there is
/// melody for. The second chorus begins with the same bar and, if the piece has one, the same pick-up, in the last bar
/// of the first.
fn chorus(piece: &Piece, extent: Extent) -> Option<Frame> {
    let mut barlines = (0..=extent.most(piece)).filter(|&frame| begins_bar(piece, frame));
    let pickup = barlines.next()?;
    let mut frames = None;
    for barline in barlines {
        frames = Some(barline - pickup);
        if barline - pickup >= piece.frames() {
            break;
        }
    }
    frames
}

/// `chords`, one per frame, as a chart in the bars of `piece`: none is no chord.
pub fn chart_of(piece: &Piece, chords: &[Option<SlashChord>]) -> Chart {
    let end = chords.len() as Frame;
    let mut firsts: Vec<Frame> = (0..end).filter(|&frame| frame == 0 || begins_bar(piece, frame)).collect();
    firsts.push(end);
    let slot = |chord: &Option<SlashChord>| chord.map_or(Slot::NoChord, Slot::Chord);
    Chart::of_frames(firsts.windows(2).map(|bar| {
        let slots = chords[bar[0] as usize..bar[1] as usize].iter().map(slot).collect();
        (piece.position(frame_start(bar[0])).meter, slots)
    }))
}

/// What came of it.
pub struct Choruses {
    /// Row by row.
    pub verdicts: Vec<Verdict>,
    /// How the band takes it that some bars of the second chorus are others.
    pub disagreement: Option<Disagreement>,
}

impl Setup<'_> {
    /// Judges what `systems` play to `pieces`, twice in a row each; with `lessons`, whether a classifier tells it from
    /// people.
    pub fn judge_twice(&self, pieces: &[Piece], systems: &[System], lessons: Option<&[&Piece]>) -> Choruses {
        let rows: Vec<Row> = Row::ALL.into_iter().filter(|row| systems.contains(&row.system())).collect();
        let twice: Vec<Twice> = pieces.iter().filter_map(|piece| Twice::of(piece, self.extent)).collect();
        let mut played: Vec<Vec<Performance>> = rows.iter().map(|_| Vec::new()).collect();
        let mut disagreement = systems.contains(&System::Band).then(Disagreement::default);
        let bar = progress("two choruses each", twice.len());
        for (index, piece) in bar.wrap_iter(twice.iter().enumerate()) {
            let performances = self.play_twice(piece, &rows);
            let second = rows.iter().position(|row| *row == Row::Second);
            if let Some((disagreement, second)) = disagreement.as_mut().zip(second)
                && let Some(changed) = Changed::of(&twice, index)
            {
                let play = |both| self.play_band(both, 2 * piece.frames, None).chords;
                let [knows, never] = [&changed.both, &changed.unheard].map(play);
                disagreement.add(&changed, &knows, &never, &performances[second].chords);
            }
            played.iter_mut().zip(performances).for_each(|(row, performance)| row.push(performance));
        }
        let told = lessons.map(|lessons| self.told_twice(&rows, lessons, &twice, &played));
        let mut told = told.unwrap_or_else(|| vec![None; rows.len()]).into_iter();
        let verdict = |(row, performances): (&Row, Vec<Performance>)| {
            let pieces = twice.iter().zip(performances).map(|(twice, played)| Played::of(twice.piece, played));
            let verdict = Verdict::of(row.name(), row.title(), pieces.collect());
            Verdict { told_apart: told.next().flatten(), ..verdict }
        };
        Choruses { verdicts: rows.iter().zip(played).map(verdict).collect(), disagreement }
    }

    /// What each of `rows` plays in its chorus.
    fn play_twice(&self, twice: &Twice, rows: &[Row]) -> Vec<Performance> {
        let Twice { frames, once, both, .. } = twice;
        let is_band = |row: &Row| matches!(row, Row::First | Row::Second | Row::Again);
        let band = match rows.iter().any(is_band) {
            true => self.play_band(both, 2 * frames, None),
            false => Performance::default(),
        };
        let play = |row: &Row| match row {
            Row::First => band.stretch(0, *frames),
            Row::Second => band.stretch(*frames, 2 * frames),
            Row::Again => {
                let chart = chart_of(once, &band.chords[..*frames as usize]);
                let heard = self.heard(both).stretch(frame_start(*frames), frame_start(2 * frames));
                self.play_heard(&heard, *frames, Some(chart))
            }
            Row::FormGiven => self.play_band(both, 2 * frames, Some(twice.form())).stretch(*frames, 2 * frames),
            Row::Given => self.play_band(once, *frames, Some(chart_of(once, &once.chord_frames(*frames)))),
            Row::People | Row::Rule | Row::Alone | Row::Harmonizer => self.play(once, *frames, row.system()),
        };
        rows.iter().map(play).collect()
    }

    /// What the band plays to the first frames of a piece, by a chart if one is given.
    fn play_band(&self, piece: &Piece, frames: Frame, chart: Option<Chart>) -> Performance {
        self.play_heard(&self.heard(piece), frames, chart)
    }

    fn play_heard(&self, heard: &Piece, frames: Frame, chart: Option<Chart>) -> Performance {
        let mut band = self.band(self.weights);
        chart.into_iter().for_each(|chart| band.follow_chart(Arc::new(chart)));
        as_played(band, heard, frames, (self.controls)(heard))
    }

    fn told_twice(
        &self,
        rows: &[Row],
        lessons: &[&Piece],
        twice: &[Twice],
        played: &[Vec<Performance>],
    ) -> Vec<Option<Interval>> {
        let lessons: Vec<Twice> = lessons.iter().filter_map(|piece| Twice::of(piece, self.extent)).collect();
        let bar = progress("progressions to learn from", lessons.len());
        let learned: Vec<Vec<Performance>> =
            bar.wrap_iter(lessons.iter()).map(|lesson| self.play_twice(lesson, rows)).collect();
        let told = |(index, row): (usize, &Row)| {
            if *row == Row::People {
                return None;
            }
            let lessons = lessons.iter().zip(&learned).map(|(lesson, played)| lesson.example(&played[index]));
            let judged = twice.iter().zip(&played[index]).map(|(twice, played)| twice.example(played));
            let (lessons, judged): (Vec<Example>, Vec<Example>) = (lessons.collect(), judged.collect());
            told(&lessons, &judged)
        };
        rows.iter().enumerate().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use continuo_models::improviser::Weights;
    use continuo_models::music::Tick;
    use continuo_models::{Controls, Family, Networks};

    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// Bars of quarter notes, and two chords to a bar.
    fn tune(id: &str, bars: Tick, from: Tick) -> Piece {
        let notes: Vec<_> = (0..4 * bars).map(|n| (24 * n, 24, [60, 64, 67, 72][(n + from) as usize % 4])).collect();
        let chords = ["C", "Am7", "F", "G7", "Em"];
        let chords: Vec<_> = (0..2 * bars).map(|n| (48 * n, 48, chords[(n + from) as usize % 5])).collect();
        made_up(id, &notes, &chords)
    }

    fn setup(controls: &dyn Fn(&Piece) -> Controls) -> Setup<'_> {
        Setup {
            networks: Arc::default(),
            weights: Weights::NETWORK,
            controls,
            hand: None,
            extent: Extent::default(),
            harmonizations: HashMap::new(),
            library: None,
        }
    }

    #[test]
    fn a_chorus_has_whole_bars_and_ends_with_a_barline() {
        assert_eq!(Twice::of(&tune("long", 40, 0), Extent::Opening).unwrap().frames, 256);
        assert_eq!(Twice::of(&tune("short", 7, 0), Extent::Opening).unwrap().frames, 112);
        let mut pickup = tune("pick-up", 7, 0);
        pickup.bars = (0..9).map(|bar| 24 + 96 * bar).collect();
        let twice = Twice::of(&pickup, Extent::Opening).unwrap();
        assert_eq!((twice.frames, twice.bars()), (112, (0..7).map(|bar| 4 + 16 * bar).collect()));
        let barlines: Vec<_> = (0..224).filter(|&frame| begins_bar(&twice.both, frame)).collect();
        assert_eq!(barlines, (0..14).map(|bar| 4 + 16 * bar).collect::<Vec<_>>());
    }

    #[test]
    fn the_second_chorus_is_the_first_one_again() {
        let piece = tune("tune", 8, 0);
        let twice = Twice::of(&piece, Extent::Opening).unwrap();
        let again = twice.both.stretch(768, 1536);
        assert_eq!(again.melody, twice.once.melody);
        assert_eq!(twice.both.chord_frames(256)[128..], twice.once.chord_frames(128));
    }

    #[test]
    fn a_chart_that_is_given_is_played_and_people_are_right_in_both_choruses() {
        let controls = |_: &Piece| Controls::default();
        let mut pickup = tune("pick-up", 15, 1);
        pickup.bars = (0..17).map(|bar| 24 + 96 * bar).collect();
        let pieces = [tune("a", 16, 0), pickup];
        let judged = setup(&controls).judge_twice(&pieces, &[System::Human, System::Band], None);
        let names: Vec<&str> = judged.verdicts.iter().map(|verdict| verdict.name.as_str()).collect();
        assert_eq!(names, ["human", "band-1", "band-again", "band-2", "band-form-given", "band-given"]);
        let root = |row: usize| judged.verdicts[row].mean.right.root.unwrap();
        assert_eq!((root(0), root(5)), (1.0, 1.0));
        assert_eq!(judged.verdicts[2].pieces[0].chords, judged.verdicts[1].pieces[0].chords);
        assert!(judged.verdicts.iter().all(|verdict| verdict.pieces[0].chords.len() == 256));
        assert!(judged.verdicts[3].mean.idiom.under_another.is_some() && judged.disagreement.is_some());
    }

    #[test]
    fn who_is_told_the_form_has_the_harmonizers_chords_from_the_second_beat_of_the_second_chorus_on() {
        let controls = |_: &Piece| Controls::default();
        let networks = Arc::new(Networks::built_in(Family::default()).0);
        let setup = Setup { networks, ..setup(&controls) };
        let mut pickup = tune("pick-up", 9, 1);
        pickup.bars = (0..10).map(|bar| 24 + 96 * bar).collect();
        for piece in [tune("tune", 8, 0), pickup] {
            let twice = Twice::of(&piece, Extent::Opening).unwrap();
            let played = setup.play_twice(&twice, &[Row::FormGiven, Row::Harmonizer]);
            let [told, knows] = [&played[0], &played[1]].map(|row| classes(&row.chords));
            let same = told.iter().zip(&knows).skip(4).filter(|(told, knows)| told == knows).count();
            assert!(10 * same >= 9 * (told.len() - 4), "{}: {same} of {}", piece.id, told.len());
        }
    }

    #[test]
    fn a_classifier_tells_the_rule_from_people_in_a_chorus_too() {
        let controls = |_: &Piece| Controls::default();
        let pieces: Vec<Piece> = (0..24).map(|n| tune(&format!("piece {n}"), 12, n)).collect();
        let (judged, lessons) = pieces.split_at(4);
        let lessons: Vec<&Piece> = lessons.iter().collect();
        let judged = setup(&controls).judge_twice(judged, &[System::Human, System::FollowNote], Some(&lessons));
        let told: Vec<_> = judged.verdicts.iter().map(|verdict| verdict.told_apart).collect();
        assert!(told[0].is_none() && told[1].unwrap().mean > 0.8, "{told:?}");
        assert!(judged.disagreement.is_none());
    }
}
