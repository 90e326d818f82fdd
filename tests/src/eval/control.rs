//! Whether a style that is asked for is the style that is played: solos of the network, judged by a classifier that
//! learned the styles from people.

use anyhow::{Error, Result};
use continuo_models::music::{Style, Tick};
use continuo_models::network::SoloistNetwork;
use serde::Serialize;

use super::classifier::{Classifier, features};
use super::corpus::{Note, Piece};
use super::line::{Condition, Stretch, solo};
use super::report::{Table, mean, number, progress};

/// A style with so many training pieces is a big one.
const BIG: usize = 200;
/// The fewest notes of a window by which its style is to be recognised.
const FEWEST_NOTES: usize = 16;
/// The most notes of a solo.
const MOST_NOTES: usize = 512;
/// Shares of the second style that are tried.
const BLENDS: [f32; 3] = [0.0, 0.5, 1.0];

/// So many bars of a piece.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The piece.
    pub piece: &'a Piece,
    /// The first tick.
    pub from: Tick,
    /// The tick after the last.
    pub until: Tick,
}

impl<'a> Window<'a> {
    /// The windows of `bars` bars of the pieces that have chords, side by side, with enough melody in them.
    pub fn all(pieces: impl IntoIterator<Item = &'a Piece>, bars: usize) -> Vec<Self> {
        let of_piece = |piece: &'a Piece| {
            let lines = &piece.bars;
            let after_last = match lines[..] {
                [.., before, last] => 2 * last - before,
                _ => lines[0],
            };
            let window = move |first: usize| Self {
                piece,
                from: lines[first],
                until: lines.get(first + bars).copied().unwrap_or(after_last),
            };
            let firsts = (0..lines.len()).step_by(bars).filter(move |first| first + bars <= lines.len());
            firsts.map(window).filter(|window| window.melody().len() >= FEWEST_NOTES)
        };
        pieces.into_iter().filter(|piece| !piece.chords.is_empty()).flat_map(of_piece).collect()
    }

    /// The melody that people wrote there.
    pub fn melody(&self) -> &'a [Note] {
        let first = self.piece.melody.partition_point(|note| note.onset < self.from);
        let end = self.piece.melody.partition_point(|note| note.onset < self.until);
        &self.piece.melody[first..end]
    }

    /// A solo over the chords there, with the piece so far, as Lead plays it.
    ///
    /// # Errors
    /// When the network fails.
    pub fn solo(&self, network: &SoloistNetwork, condition: Condition, seed: u32) -> Result<Vec<Note>> {
        let stretch = Stretch { from: self.from, until: self.until, notes: MOST_NOTES };
        let condition = Condition { piece_so_far: true, ..condition };
        solo(network, self.piece, stretch, condition, seed).map_err(Error::msg)
    }
}

/// `count` of `windows`, evenly spread over them; some several times, if they are fewer.
pub fn spread<'a>(windows: &[Window<'a>], count: usize) -> Vec<Window<'a>> {
    if windows.is_empty() {
        return Vec::new();
    }
    (0..count).map(|index| windows[index * windows.len() / count.min(windows.len()).max(1) % windows.len()]).collect()
}

/// How well styles are recognised.
#[derive(Clone, Debug, Serialize)]
pub struct StyleCheck {
    /// Each big style.
    pub styles: Vec<Recognised>,
    /// Each pair of them.
    pub blends: Vec<Blend>,
}

/// Shares of melodies of a style that the classifier recognises.
#[derive(Clone, Debug, Serialize)]
pub struct Recognised {
    /// The style.
    pub style: Style,
    /// How many windows of people it was learned from.
    pub learned_from: usize,
    /// Of windows of people that it has not seen.
    pub people: Option<f64>,
    /// Of solos over changes of pieces of the style.
    pub own_changes: Option<f64>,
    /// Of solos over changes of pieces of the other styles.
    pub other_changes: Option<f64>,
}

/// How solos in a blend of two styles are judged.
#[derive(Clone, Debug, Serialize)]
pub struct Blend {
    /// The two styles.
    pub styles: [Style; 2],
    /// The mean posterior of either, for none, half and all of the second.
    pub posteriors: [[f64; 2]; BLENDS.len()],
    /// Whether half lies between, for both.
    pub between: bool,
}

/// Teaches a classifier the big styles on `train`, and judges `solos` solos of `bars` bars per style and per blend over
/// changes of `test`. `None`: there are not two big styles.
///
/// # Errors
/// When the network fails.
pub fn styles(
    network: &SoloistNetwork,
    train: &[Piece],
    test: &[Piece],
    bars: usize,
    solos: usize,
) -> Result<Option<StyleCheck>> {
    let of = |pieces: &'_ [Piece], style: Style| pieces.iter().filter(|piece| piece.style == Some(style)).count();
    let windows = |style: Style| Window::all(test.iter().filter(|piece| piece.style == Some(style)), bars);
    let big: Vec<(Style, Vec<Window>)> = Style::ALL
        .into_iter()
        .filter(|&style| of(train, style) >= BIG)
        .map(|style| (style, windows(style)))
        .filter(|(_, windows)| !windows.is_empty())
        .collect();
    if big.len() < 2 {
        return Ok(None);
    }
    let judge = Judge::learn(network, train, &big, bars);
    let pairs: Vec<(usize, usize)> = (0..big.len()).flat_map(|a| (a + 1..big.len()).map(move |b| (a, b))).collect();
    let bar = progress("styles: solos", 2 * big.len() + BLENDS.len() * pairs.len());
    let mut recognised = Vec::new();
    for (class, (style, own)) in big.iter().enumerate() {
        let others: Vec<Window> =
            big.iter().filter(|(other, _)| other != style).flat_map(|(_, windows)| spread(windows, solos)).collect();
        let condition = Condition { style: Some(*style), ..Condition::default() };
        let hits = |posteriors: Vec<Vec<f64>>| {
            mean(posteriors.iter().map(|posterior| f64::from(u8::from(is_most(posterior, class)))))
        };
        let solos = |windows: &[Window]| -> Result<Option<f64>> {
            bar.inc(1);
            Ok(hits(judge.solos(&spread(windows, solos), condition)?))
        };
        recognised.push(Recognised {
            style: *style,
            learned_from: judge.learned_from[class],
            people: hits(own.iter().map(|window| judge.posterior(window, window.melody())).collect()),
            own_changes: solos(own)?,
            other_changes: solos(&others)?,
        });
    }
    let mut blends = Vec::new();
    for (a, b) in pairs {
        // Half of the solos over changes of either style, whatever the blend.
        let half = |class: usize| spread(&big[class].1, solos.div_ceil(2));
        let changes = [half(a), half(b)].concat();
        let styles = [big[a].0, big[b].0];
        let mut posteriors = [[0.0; 2]; BLENDS.len()];
        for (blend, means) in BLENDS.into_iter().zip(&mut posteriors) {
            let condition = match blend {
                0.0 => Condition { style: Some(styles[0]), ..Condition::default() },
                1.0 => Condition { style: Some(styles[1]), ..Condition::default() },
                _ => Condition { style: Some(styles[0]), blend: Some((styles[1], blend)), ..Condition::default() },
            };
            let judged = judge.solos(&changes, condition)?;
            *means = [a, b].map(|class| mean(judged.iter().map(|posterior| posterior[class])).unwrap_or(0.0));
            bar.inc(1);
        }
        let [none, half, all] = posteriors;
        let between = none[0] > half[0] && half[0] > all[0] && none[1] < half[1] && half[1] < all[1];
        blends.push(Blend { styles, posteriors, between });
    }
    bar.finish_and_clear();
    Ok(Some(StyleCheck { styles: recognised, blends }))
}

/// The classifier and the network that it judges.
struct Judge<'a> {
    network: &'a SoloistNetwork,
    classifier: Classifier,
    learned_from: Vec<usize>,
}

impl<'a> Judge<'a> {
    fn learn(network: &'a SoloistNetwork, train: &[Piece], big: &[(Style, Vec<Window>)], bars: usize) -> Self {
        let mut examples = Vec::new();
        let mut learned_from = vec![0; big.len()];
        let bar = progress("styles: the classifier learns", train.len());
        for piece in bar.wrap_iter(train.iter()) {
            let Some(class) = big.iter().position(|(style, _)| piece.style == Some(*style)) else { continue };
            let changes = piece.changes();
            for window in Window::all([piece], bars) {
                examples.push((features(piece, &changes, window.melody()), class));
                learned_from[class] += 1;
            }
        }
        Self { network, classifier: Classifier::learn(&examples, big.len()), learned_from }
    }

    fn posterior(&self, window: &Window, melody: &[Note]) -> Vec<f64> {
        self.classifier.posterior(&features(window.piece, &window.piece.changes(), melody))
    }

    /// The posteriors of a solo over each of `windows`.
    fn solos(&self, windows: &[Window], condition: Condition) -> Result<Vec<Vec<f64>>> {
        let of =
            |(window, seed): (&Window, u32)| Ok(self.posterior(window, &window.solo(self.network, condition, seed)?));
        windows.iter().zip(1..).map(of).collect()
    }
}

fn is_most(posterior: &[f64], class: usize) -> bool {
    posterior.iter().all(|&other| other <= posterior[class])
}

impl StyleCheck {
    /// The shares as a table, with their means.
    pub fn styles_table(&self) -> Table {
        let mut table =
            Table::new(&["style", "learned from", "people", "solos, own changes", "solos, changes of others"]);
        let columns: [fn(&Recognised) -> Option<f64>; 3] =
            [|style| style.people, |style| style.own_changes, |style| style.other_changes];
        for style in &self.styles {
            let head = [style.style.id().to_owned(), style.learned_from.to_string()];
            table.row(head.into_iter().chain(columns.map(|of| number(of(style), 2))));
        }
        let means = columns.map(|of| number(mean(self.styles.iter().filter_map(of)), 2));
        table.row(
            [format!("mean (chance: {:.2})", 1.0 / self.styles.len() as f64), String::new()].into_iter().chain(means),
        );
        table
    }

    /// The blends as a table.
    pub fn blends_table(&self) -> Table {
        let mut table = Table::new(&["posterior of A / B at blend", "0", "0.5", "1", "halfway is between"]);
        for Blend { styles: [a, b], posteriors, between } in &self.blends {
            let cells = posteriors.map(|[a, b]| format!("{a:.2} / {b:.2}"));
            let verdict = if *between { "yes" } else { "no" };
            table.row([format!("{a} / {b}")].into_iter().chain(cells).chain([verdict.to_owned()]));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::tests::made_up;

    fn piece(bars: i64, chords: &[(Tick, Tick, &str)]) -> Piece {
        let notes: Vec<_> = (0..4 * bars).map(|beat| (24 * beat, 24, 60)).collect();
        let mut piece = made_up("a", &notes, chords);
        piece.bars.truncate(bars as usize);
        piece
    }

    #[test]
    fn a_piece_is_cut_into_windows_side_by_side() {
        let piece = piece(33, &[(0, 96, "C")]);
        let cuts: Vec<_> = Window::all([&piece], 16).iter().map(|window| (window.from, window.until)).collect();
        assert_eq!(cuts, [(0, 16 * 96), (16 * 96, 32 * 96)]);
        assert_eq!(Window::all([&piece], 11).last().map(|window| window.until), Some(33 * 96), "the last bar counts");
        assert!(Window::all([&piece], 34).is_empty());
    }

    #[test]
    fn without_chords_there_is_nothing_to_play_over() {
        assert!(Window::all([&piece(32, &[])], 16).is_empty());
    }

    #[test]
    fn windows_are_spread_evenly_and_used_again_if_they_are_few() {
        let piece = piece(64, &[(0, 96, "C")]);
        let windows = Window::all([&piece], 16);
        let firsts = |count| spread(&windows, count).iter().map(|window| window.from / 96).collect::<Vec<_>>();
        assert_eq!(firsts(2), [0, 32]);
        assert_eq!(firsts(6), [0, 16, 32, 48, 0, 16]);
        assert!(spread(&[], 3).is_empty());
    }
}
