//! What might be struck in the place of a bar that people played: a real bar that fits, or one that is made.

use std::cell::RefCell;
use std::collections::HashMap;

use continuo_models::controls::BarSource;
use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::improviser::players::accompaniment::drawing::{Asked as AskedBar, Drawing};
use continuo_models::music::Style;
use continuo_models::music::texture::{Cell, Cells, Grid, Measure, Part, ROWS};
use continuo_models::network::TextureNetwork;
use continuo_models::network::texture::{Asked, CODE, Place};
pub use continuo_options::eval::Row;

use super::corpus::{Bar, Piece, slots};
use super::turned::{between, drawn, shift};

/// Levels of an attribute.
pub const LEVELS: usize = 5;
/// The attributes of a bar that have levels.
const ATTRIBUTES: usize = 3;
/// The most real bars of a style, measure and part that are looked through, or learned from.
pub const MOST_BARS: usize = 3000;
/// Bars of a phrase.
const PHRASE: usize = 8;
/// The tempo of a piece that says none.
pub const USUAL_TEMPO: f32 = 110.0;
/// How far the band varies its bars.
const VARIED: f32 = 0.5;

/// The four edges between the levels of each attribute, part by part.
#[derive(Clone, Debug)]
pub struct Edges([[[f32; LEVELS - 1]; ATTRIBUTES]; Part::ALL.len()]);

fn attributes(grid: &Grid, part: Part) -> [f32; ATTRIBUTES] {
    [grid.density(), grid.syncopation(part), grid.loudness().unwrap_or_default()]
}

impl Edges {
    /// Those by which as many bars of `pieces` have each level.
    pub fn of(pieces: &[Piece]) -> Self {
        Self(Part::ALL.map(|part| {
            let mut values: [Vec<f32>; ATTRIBUTES] = Default::default();
            for grid in pieces.iter().flat_map(|piece| &piece.bars).filter_map(|bar| bar.parts[part as usize].as_ref())
            {
                values.iter_mut().zip(attributes(grid, part)).for_each(|(values, value)| values.push(value));
            }
            values.map(|mut values| {
                values.sort_by(f32::total_cmp);
                std::array::from_fn(|edge| values.get((edge + 1) * values.len() / LEVELS).copied().unwrap_or_default())
            })
        }))
    }

    /// The level of each attribute of a bar: density, syncopation, loudness.
    pub fn levels(&self, grid: &Grid, part: Part) -> [usize; ATTRIBUTES] {
        let values = attributes(grid, part);
        let edges = &self.0[part as usize];
        std::array::from_fn(|index| edges[index].iter().filter(|edge| values[index] > **edge).count())
    }
}

/// What a real bar has to fit.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    levels: [usize; ATTRIBUTES],
    changes: u32,
    hand_before: u32,
    /// What the other parts strike.
    others: [u32; Part::ALL.len()],
    place: usize,
    is_end: bool,
}

impl Wanted {
    fn of(bar: &Bar, grid: &Grid, part: Part, edges: &Edges) -> Self {
        let others = Part::ALL.map(|other| if other == part { 0 } else { slots(bar, other) });
        let levels = edges.levels(grid, part);
        let Bar { changes, hand_before, is_end, number, .. } = *bar;
        Self { levels, changes, hand_before, others, place: number % PHRASE, is_end }
    }

    /// How badly another fits.
    fn distance(&self, other: &Self) -> f32 {
        // What is not known of one of them fits.
        let differ =
            |one: u32, other: u32| if one == 0 || other == 0 { 0.0 } else { (one ^ other).count_ones() as f32 };
        let levels: usize = self.levels.iter().zip(&other.levels).map(|(one, other)| one.abs_diff(*other)).sum();
        let others: f32 = self.others.iter().zip(&other.others).map(|(one, other)| differ(*one, *other)).sum();
        let flag = |differs: bool, cost: f32| if differs { cost } else { 0.0 };
        2.0 * levels as f32
            + 0.25 * differ(self.changes, other.changes)
            + 0.25 * differ(self.hand_before, other.hand_before)
            + 0.5 * others
            + flag(self.is_end != other.is_end, 2.0)
            + flag(self.place != other.place, 0.25)
    }
}

/// A bar among those of which one may be taken.
struct Candidate<'a> {
    piece: &'a Piece,
    bar: &'a Bar,
    cells: Cells,
    wanted: Wanted,
}

impl<'a> Candidate<'a> {
    fn grid(&self, part: Part) -> &'a Grid {
        self.bar.parts[part as usize].as_ref().expect("a candidate strikes")
    }
}

type Kind = (Part, Style, Measure);

/// Real bars by part, style and measure.
struct Shelves<'a>(HashMap<Kind, Vec<Candidate<'a>>>);

impl<'a> Shelves<'a> {
    fn of(pieces: &'a [Piece], edges: &Edges) -> Self {
        let mut shelves: HashMap<Kind, Vec<Candidate>> = HashMap::new();
        for piece in pieces {
            for bar in &piece.bars {
                for (part, grid) in Part::ALL.into_iter().zip(&bar.parts) {
                    if let Some(grid) = grid {
                        let shelf = shelves.entry((part, piece.style, bar.measure)).or_default();
                        let wanted = Wanted::of(bar, grid, part, edges);
                        shelf.push(Candidate { piece, bar, cells: grid.cells(), wanted });
                    }
                }
            }
        }
        for shelf in shelves.values_mut() {
            let count = shelf.len();
            let mut number = 0;
            shelf.retain(|_| {
                number += 1;
                count <= MOST_BARS || number * MOST_BARS / count != (number - 1) * MOST_BARS / count
            });
        }
        Self(shelves)
    }

    fn shelf(&self, part: Part, piece: &Piece, bar: &Bar) -> &[Candidate<'a>] {
        self.0.get(&(part, piece.style, bar.measure)).map_or(&[], Vec::as_slice)
    }
}

/// The systems, and what they know.
pub struct Systems<'a> {
    edges: &'a Edges,
    /// Bars to take.
    known: Shelves<'a>,
    network: Option<&'a TextureNetwork>,
    drawn: RefCell<HashMap<(String, Part), Vec<Grid>>>,
}

impl<'a> Systems<'a> {
    /// Those that know the bars of `train`, and `network` if there is one.
    pub fn new(train: &'a [Piece], edges: &'a Edges, network: Option<&'a TextureNetwork>) -> Self {
        Self { edges, known: Shelves::of(train, edges), network, drawn: RefCell::default() }
    }

    /// What `row` strikes for `part` in the place of bar `index` of `piece`, where people strike something; `None`, if
    /// they do not, or nothing can be struck.
    pub fn strike(&self, row: Row, piece: &Piece, index: usize, part: Part) -> Option<Grid> {
        let bar = &piece.bars[index];
        let own = bar.parts[part as usize].as_ref()?;
        match row {
            Row::People => Some(own.clone()),
            Row::Shuffled => self.shuffled(piece, bar, part),
            Row::Retrieval => self.retrieved(piece, bar, own, part),
            Row::BarBefore => {
                let before = index.checked_sub(1).map(|before| &piece.bars[before])?;
                let follows = before.number + 1 == bar.number && before.measure == bar.measure;
                before.parts[part as usize].clone().filter(|_| follows)
            }
            Row::Nearest => self.nearest(piece, bar, own, part),
            Row::Library => self.of_band(BarSource::Library, 0.0, piece, index, part),
            Row::Played => self.of_band(BarSource::Played, 0.0, piece, index, part),
            Row::LibraryVaried => self.of_band(BarSource::Library, VARIED, piece, index, part),
            Row::PlayedVaried => self.of_band(BarSource::Played, VARIED, piece, index, part),
            // Nothing of the bar that the network misses is kept.
            Row::Rebuilt => self.turned(piece, bar, own, part, own, (0.0, 1.0)),
            Row::Prior => self.turned(piece, bar, own, part, &Grid::silent(bar.measure), (1.0, 1.0)),
            Row::Varied => {
                let retrieved = self.retrieved(piece, bar, own, part)?;
                self.turned(piece, bar, own, part, &retrieved, (0.5, 0.5))
            }
        }
    }

    fn shuffled(&self, piece: &Piece, bar: &Bar, part: Part) -> Option<Grid> {
        // Of the same source too: whoever sounds another way is told by that. Of other pieces, for one drummer's bars
        // fit each other.
        let fits = |other: &&Candidate| other.piece.source == piece.source && other.piece.group != piece.group;
        let shelf: Vec<&Candidate> = self.known.shelf(part, piece, bar).iter().filter(fits).collect();
        let mut grid = Grid::silent(bar.measure);
        for row in 0..ROWS {
            let uniform = random(piece, bar).uniform(Purpose::Style, (part as usize * ROWS + row) as u32);
            let other = shelf.get((uniform * shelf.len() as f32) as usize)?;
            let hits = other.grid(part).hits().iter().filter(|(cell, _)| cell.row == row);
            for &(cell, feel) in hits {
                let is_free = !part.is_single() || grid.cells().slots() >> cell.slot & 1 == 0;
                is_free.then(|| grid.strike(cell, feel));
            }
        }
        Some(grid)
    }

    fn retrieved(&self, piece: &Piece, bar: &Bar, own: &Grid, part: Part) -> Option<Grid> {
        let wanted = Wanted::of(bar, own, part, self.edges);
        let others = self.known.shelf(part, piece, bar).iter().filter(|other| other.piece.group != piece.group);
        let distances: Vec<(f32, &Candidate)> = others.map(|other| (wanted.distance(&other.wanted), other)).collect();
        let least = distances.iter().map(|(distance, _)| *distance).min_by(f32::total_cmp)?;
        // Of those that fit as well, one by chance.
        let best: Vec<&Candidate> =
            distances.iter().filter(|(distance, _)| *distance <= least).map(|(_, other)| *other).collect();
        let uniform = random(piece, bar).uniform(Purpose::Phrase, part as u32);
        best.get((uniform * best.len() as f32) as usize).map(|best| best.grid(part).clone())
    }

    fn nearest(&self, piece: &Piece, bar: &Bar, own: &Grid, part: Part) -> Option<Grid> {
        let own = own.cells();
        let others = self.known.shelf(part, piece, bar).iter().filter(|other| other.piece.group != piece.group);
        let best = others.max_by(|one, other| f1(&one.cells, &own).total_cmp(&f1(&other.cells, &own)))?;
        Some(best.grid(part).clone())
    }

    /// What the network makes of `from` under the conditions of the bar `own` of people: turned towards a code drawn by
    /// chance by the first amount, what it misses faded by the second.
    fn turned(
        &self,
        piece: &Piece,
        bar: &Bar,
        own: &Grid,
        part: Part,
        from: &Grid,
        (turned, faded): (f32, f32),
    ) -> Option<Grid> {
        let network = self.network?;
        let [density, syncopation, loudness] = self.edges.levels(own, part).map(|level| Some(level as u8));
        let place = Place {
            style: Some(piece.style),
            density,
            syncopation,
            loudness,
            changes: bar.changes,
            onsets: bar.hand_before,
            number: Some(bar.number % PHRASE),
            is_end: bar.is_end,
            ..Place::new(part, bar.measure)
        };
        let asked = Asked { bar: from.cells(), shift: [0.0; CODE], place };
        let plain = network.read(&[asked]).ok()?.pop()?;
        let shift = shift(&plain.code, turned, &drawn(random(piece, bar), part as u32));
        let moved = network.read(&[Asked { shift, ..asked }]).ok()?.pop()?;
        Some(between(from, &plain, &moved, faded, part)).filter(|grid| !grid.hits().is_empty())
    }

    fn of_band(&self, source: BarSource, vary: f32, piece: &Piece, index: usize, part: Part) -> Option<Grid> {
        let measure = piece.bars[index].measure;
        let key = (format!("{} {measure:?} {source:?} {vary}", piece.id), part);
        let mut drawn = self.drawn.borrow_mut();
        let bars = drawn.entry(key).or_insert_with(|| {
            let tempo = piece.tempo.unwrap_or(USUAL_TEMPO);
            let seed = random_seed(&piece.id);
            let drawing = Drawing { source, style: piece.style, measure, tempo, seed, vary, drift: 1.0, lock: 0 };
            drawing.drawn(part, &piece.bars.iter().map(|bar| self.asked(bar)).collect::<Vec<_>>())
        });
        bars.get(index).cloned().filter(|grid| !grid.hits().is_empty())
    }

    /// What the band is told of a bar: how much people play, and what is around it.
    fn asked(&self, bar: &Bar) -> AskedBar {
        let density = |part: Part| {
            let level = bar.parts[part as usize].as_ref().map(|grid| self.edges.levels(grid, part)[0]);
            level.map_or(0.5, |level| (level as f32 + 0.5) / LEVELS as f32)
        };
        let Bar { changes, hand_before: onsets, number, is_end, .. } = *bar;
        AskedBar { densities: Part::ALL.map(density), changes, onsets, number, is_end }
    }
}

/// F1 of two sets of cells.
pub fn f1(one: &Cells, other: &Cells) -> f64 {
    2.0 * one.shared(other) as f64 / (one.count() + other.count()).max(1) as f64
}

/// A number that goes with a name.
pub fn random_seed(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The random numbers of a bar.
pub fn random(piece: &Piece, bar: &Bar) -> Random {
    Random::new(random_seed(&piece.id), bar.number as i64)
}

/// The hits of all parts together, each row of each part with a number of its own.
pub fn struck(parts: &[Option<Grid>; 3]) -> Vec<(usize, Cell)> {
    let all = parts.iter().enumerate().filter_map(|(part, grid)| Some((part, grid.as_ref()?)));
    all.flat_map(|(part, grid)| grid.hits().iter().map(move |(cell, _)| (part * ROWS + cell.row, *cell))).collect()
}
