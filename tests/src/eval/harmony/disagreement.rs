//! Disagreement on purpose: eight bars of the second chorus are those of another tune. How soon is the band with the
//! player, and how soon is it back on what it knows, once he is?

use continuo_models::music::time::frame_start;
use continuo_models::music::{Frame, SlashChord};
use serde::Serialize;

use super::choruses::Twice;
use crate::eval::corpus::Piece;
use crate::eval::measures::{begins_bar, begins_beat};
use crate::eval::report::{Table, number};

/// The bars that are others.
const CHANGED: usize = 8;
/// The fewest bars of the tune around them.
const AROUND: usize = 4;
/// With the player is who has this share of the right roots of one who knows no tune; back on the chart, who plays this
/// share of the roots that he would have played anyway.
const THERE: f64 = 0.9;
/// Beats over which that is taken: a bar.
const WINDOW: usize = 4;

/// A piece in whose second chorus other bars stand.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Both choruses.
    pub both: Piece,
    /// The same without the notes of the first: who hears this knows no tune, and draws the same.
    pub unheard: Piece,
    /// The frames that are others, counted in both choruses, and the end of the second.
    changed: [Frame; 2],
    end: Frame,
}

impl Changed {
    /// The piece at `index`, with the bars in the middle of the next one of another tune whose bars are as long.
    /// `None`: it is too short, or there is none.
    pub fn of(twice: &[Twice], index: usize) -> Option<Self> {
        let Twice { piece, frames, once, .. } = &twice[index];
        let [first, end] = middle(&twice[index], AROUND)?;
        let others = twice[index + 1..].iter().chain(&twice[..index]).filter(|other| other.piece.group != piece.group);
        let lengths = |piece: &Piece, [first, end]: [Frame; 2]| -> Vec<Frame> {
            (first..end)
                .filter(|&frame| begins_bar(piece, frame))
                .map(|frame| frame - first)
                .chain([end - first])
                .collect()
        };
        let own = lengths(once, [first, end]);
        let mut others = others.filter_map(|other| Some((other, middle(other, 0)?)));
        let (other, place) = others.find(|(other, place)| lengths(&other.once, *place) == own)?;
        let cut = |piece: &Piece, [first, end]: [Frame; 2]| piece.stretch(frame_start(first), frame_start(end));
        let rest = cut(once, [end, *frames]);
        let again =
            cut(once, [0, first]).then(frame_start(first), &cut(&other.once, place)).then(frame_start(end), &rest);
        let mut silent = once.clone();
        silent.melody.clear();
        let [both, unheard] = [once, &silent].map(|before| before.then(frame_start(*frames), &again));
        Some(Self { both, unheard, changed: [frames + first, frames + end], end: 2 * frames })
    }
}

/// The frames of the bars in the middle of a chorus, with at least so many around them.
fn middle(twice: &Twice, around: usize) -> Option<[Frame; 2]> {
    let bars = twice.bars();
    let spare = bars.len().checked_sub(CHANGED + around)? + around;
    let first = spare / 2;
    Some([bars[first], bars.get(first + CHANGED).copied().unwrap_or(twice.frames)])
}

/// Frames in which something holds, and all: over any number of pieces.
type Count = (u32, u32);

/// What is counted by beats, or by bars.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve(Vec<Count>);

impl Curve {
    fn add(&mut self, at: usize, holds: bool) {
        self.0.resize(self.0.len().max(at + 1), (0, 0));
        let (hits, all) = &mut self.0[at];
        (*hits, *all) = (*hits + u32::from(holds), *all + 1);
    }

    /// The share from place to place; `None`: nothing was counted.
    fn share(&self, places: std::ops::Range<usize>) -> Option<f64> {
        let counted = self.0.get(places.start.min(self.0.len())..places.end.min(self.0.len()))?;
        let (hits, all) = counted.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        (all > 0).then(|| f64::from(hits) / f64::from(all))
    }
}

/// How a band that knows the tune takes it that it is another one for a while: pooled over the pieces, because one has
/// too few frames to tell a beat by.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Disagreement {
    pieces: usize,
    /// Beat by beat of the changed bars, in how many frames with a chord of people its root is right: the band's; that
    /// of the band that knows no tune; that of the chorus that nobody changed.
    right: Curve,
    unknowing: Curve,
    unmoved: Curve,
    /// In how many frames the band plays the same root as the one that knows no tune.
    same: Curve,
    /// Bar by bar after them, in how many frames the band plays the root that it plays in the chorus that nobody
    /// changed.
    back: Curve,
}

impl Disagreement {
    /// Adds what the band played to `changed`, frame by frame of both choruses, and what one did who `never` heard the
    /// first; and what the band played in a second chorus that nobody changed.
    pub fn add(
        &mut self,
        changed: &Changed,
        played: &[Option<SlashChord>],
        never: &[Option<SlashChord>],
        unchanged: &[Option<SlashChord>],
    ) {
        let Changed { both, changed: [first, end], end: last, .. } = changed;
        let root = |chords: &[Option<SlashChord>], frame: Frame| chords[frame as usize].map(|slash| slash.chord.root);
        let human = both.chord_frames(*last);
        let undisturbed = |frame: Frame| root(unchanged, frame - (last - unchanged.len() as Frame));
        self.pieces += 1;
        let mut beats = 0usize;
        for frame in *first..*end {
            beats += usize::from(begins_beat(both, frame));
            let beat = beats.saturating_sub(1);
            self.same.add(beat, root(played, frame) == root(never, frame));
            if let Some(right) = root(&human, frame) {
                self.right.add(beat, root(played, frame) == Some(right));
                self.unknowing.add(beat, root(never, frame) == Some(right));
                self.unmoved.add(beat, undisturbed(frame) == Some(right));
            }
        }
        let mut bars = 0usize;
        for frame in *end..*last {
            bars += usize::from(begins_bar(both, frame));
            self.back.add(bars.saturating_sub(1), root(played, frame) == undisturbed(frame));
        }
    }

    /// Beats after the change until the band has, over the bar that then begins, 90 % of the right roots of one who
    /// knows no tune; `None` if it never has.
    pub fn with_the_player(&self) -> Option<usize> {
        let share = |curve: &Curve, beat: usize| curve.share(beat..beat + WINDOW);
        (0..self.right.0.len()).find(|&beat| {
            share(&self.right, beat).zip(share(&self.unknowing, beat)).is_some_and(|(own, goal)| own >= THERE * goal)
        })
    }

    /// Bars after the changed ones until the band plays in a bar 90 % of the roots that it would have played; `None` if
    /// it never does.
    pub fn back_on_the_chart(&self) -> Option<usize> {
        (0..self.back.0.len()).find(|&bar| self.back.share(bar..bar + 1).is_some_and(|share| share >= THERE))
    }

    /// It, as a table with two lines of what it comes to. `None`: there were no such pieces.
    pub fn table(&self) -> Option<String> {
        if self.pieces == 0 {
            return None;
        }
        let header = ["changed bars", "beat 1", "beat 2", "beat 3", "beat 4", "bar 2", "bars 3–8"];
        let places = [0..1, 1..2, 2..3, 3..4, 4..8, 8..usize::MAX];
        let mut table = Table::new(&header);
        for (title, curve) in [
            ("root right, band", &self.right),
            ("root right, knows no tune", &self.unknowing),
            ("root right, had nothing changed", &self.unmoved),
            ("as who knows no tune", &self.same),
        ] {
            let shares = places.iter().map(|places| number(curve.share(places.clone()), 2));
            table.row([title.to_owned()].into_iter().chain(shares));
        }
        let mut after = Table::new(&["after them", "bar 1", "bar 2", "bar 3", "bar 4"]);
        let shares = (0..4).map(|bar| number(self.back.share(bar..bar + 1), 2));
        after.row(["as if nothing had changed".to_owned()].into_iter().chain(shares));
        let count =
            |count: Option<usize>, what: &str| count.map_or("never".to_owned(), |n| format!("after {n} {what}"));
        Some(format!(
            "Of {} pieces {CHANGED} bars of chorus 2 are those of another tune: with the player {}, back on the chart \
             {}.\n\n{table}\n{after}",
            self.pieces,
            count(self.with_the_player(), "beats"),
            count(self.back_on_the_chart(), "bars"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Tick;

    use super::*;
    use crate::eval::corpus::tests::made_up;
    use crate::eval::harmony::extent::Extent;

    /// Sixteen bars of one note and one chord.
    fn tune(id: &str, key: u8, chord: &'static str) -> Piece {
        let notes: Vec<_> = (0..64).map(|beat: Tick| (24 * beat, 24, key)).collect();
        made_up(id, &notes, &[(0, 1536, chord)])
    }

    fn root(symbol: &str, frames: usize) -> Vec<Option<SlashChord>> {
        vec![symbol.parse().ok(); frames]
    }

    /// What is found out of a band that goes with the player so many beats late, and is back so many bars late.
    fn judged(beats: usize, bars: usize) -> Disagreement {
        let pieces = [tune("c", 60, "C"), tune("f sharp", 66, "F#")];
        let twice: Vec<Twice> = pieces.iter().filter_map(|piece| Twice::of(piece, Extent::Opening)).collect();
        let changed = Changed::of(&twice, 0).unwrap();
        let late = [root("C", 4 * beats), root("F#", 128 - 4 * beats + 16 * bars)].concat();
        let played = [root("C", 256 + 64), late, root("C", 64 - 16 * bars)].concat();
        let mut disagreement = Disagreement::default();
        disagreement.add(&changed, &played, &root("F#", 512), &root("C", 256));
        disagreement
    }

    #[test]
    fn the_bars_in_the_middle_of_the_second_chorus_are_another_tunes() {
        let pieces = [tune("c", 60, "C"), tune("c again", 60, "C"), tune("f sharp", 66, "F#")];
        let mut twice: Vec<Twice> = pieces.iter().filter_map(|piece| Twice::of(piece, Extent::Opening)).collect();
        let changed = Changed::of(&twice, 1).unwrap();
        let others: Vec<Tick> =
            changed.both.melody.iter().filter(|note| note.key == 66).map(|note| note.onset).collect();
        assert_eq!((others[0], others.len(), changed.both.melody.len()), (1536 + 384, 32, 128));
        assert_eq!(changed.unheard.melody.len(), 64);
        let roots = |frame: usize| changed.both.chord_frames(512)[frame].map(|slash| slash.chord.root);
        assert_eq!([319, 320, 447, 448].map(roots), [0, 6, 6, 0].map(Some));
        assert!(Changed::of(&twice[2..], 0).is_none(), "there is no other");
        twice[2].once.bars = (0..22).map(|bar| 72 * bar).collect();
        assert!(Changed::of(&twice[1..], 0).is_none(), "its bars are shorter");
    }

    #[test]
    fn who_leaves_and_returns_late_is_so_late() {
        for (beats, bars) in [(0, 0), (1, 2), (5, 1)] {
            let judged = judged(beats, bars);
            assert_eq!((judged.with_the_player(), judged.back_on_the_chart()), (Some(beats), Some(bars)));
        }
        let stubborn = judged(32, 4);
        assert_eq!((stubborn.with_the_player(), stubborn.back_on_the_chart()), (None, None));
        assert!(stubborn.table().unwrap().contains("with the player never, back on the chart never"));
        assert_eq!(Disagreement::default().table(), None);
    }
}
