//! Ways between bars: across the morph pad, and from bar to bar of a player who drifts.

use continuo_models::controls::BarSource;
use continuo_models::improviser::chance::random::{Purpose, Random};
use continuo_models::improviser::players::accompaniment::drawing::{Asked as AskedBar, Drawing};
use continuo_models::improviser::players::accompaniment::reshaping::chances::{likely, sigmoid};
use continuo_models::improviser::players::accompaniment::reshaping::morph::{self, mixed};
use continuo_models::improviser::players::accompaniment::reshaping::pad::{CORNERS, Pad};
use continuo_models::music::Style;
use continuo_models::music::texture::{Cell, Cells, Grid, Measure, Part, ROWS};
use continuo_models::network::TextureNetwork;
use continuo_models::network::texture::{Asked, CODE, Code, Place, Said};
use serde::Serialize;

use super::corpus::Piece;
use super::rank::spearman;
use super::systems::f1;
use crate::eval::report::{Table, number};

/// Ways of each kind, and steps on each.
const WAYS: usize = 200;
const STEPS: usize = 10;
/// Bars of a drift, and how far they are varied.
const BARS: u16 = 33;
const VARIED: f32 = 0.5;
const TEMPO: f32 = 110.0;
/// The drifts that are walked.
const DRIFTS: [f32; 5] = [0.0, 0.1, 0.25, 0.5, 1.0];

/// How ways lead from the one end to the other, on the mean.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Walk {
    /// Ways.
    pub ways: usize,
    /// Cells that differ between the ends.
    pub apart: f64,
    /// The rank correlation of how far one has gone with how far one is from the first bar.
    pub spearman: f64,
    /// The largest step over the mean step, on ways with a change a step at least: on others a step of one change is
    /// more than the mean.
    pub largest: f64,
    /// The largest step over the least that it could be.
    pub over_least: f64,
    /// Strokes in the middle over those at the ends.
    pub middle: f64,
    /// The share of ways whose ends are the bars themselves.
    pub exact: f64,
}

/// How far bars of a drift are from each other: one less their F1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Drift {
    /// The drift.
    pub drift: f32,
    /// From bar to bar.
    pub next: f64,
    /// From a bar to the eighth after it.
    pub eighth: f64,
}

/// The ways of a part.
#[derive(Clone, Debug, Serialize)]
pub struct Paths {
    /// The part.
    pub part: &'static str,
    /// Along an edge of the pad.
    pub edge: Walk,
    /// Along an edge, by what is likelier than not alone.
    pub by_chance: Walk,
    /// From one corner of the pad to the opposite one.
    pub diagonal: Walk,
    /// From any place of the pad to any other.
    pub anywhere: Walk,
    /// From bar to bar.
    pub drifts: Vec<Drift>,
    /// The names of its rows.
    #[serde(skip)]
    pub rows: [&'static str; ROWS],
    /// The first way along an edge between bars that are as far apart as is usual, step by step.
    #[serde(skip)]
    pub example: Vec<Cells>,
}

/// Four bars of a part, and how the network is asked between them.
struct Corners<'a> {
    bars: [Grid; CORNERS],
    part: Part,
    place: Place,
    network: &'a TextureNetwork,
}

impl Corners<'_> {
    fn read(&self, asked: &[(Cells, Code)]) -> Result<Vec<Said>, String> {
        let place = self.place;
        self.network.read(&asked.iter().map(|&(bar, shift)| Asked { bar, shift, place }).collect::<Vec<_>>())
    }

    fn at(&self, pad: Pad) -> Cells {
        let bars = self.bars.each_ref().map(Grid::cells);
        morph::between(bars, (self.part, Measure::Four), pad, |asked| self.read(asked)).unwrap_or_default()
    }

    /// What is likelier than not at `share` of the way from the first bar to the second.
    fn likely_at(&self, share: f32) -> Cells {
        let ends = [0, 1].map(|end| self.bars[end].cells());
        let Ok(said) = self.read(&ends.map(|cells| (cells, [0.0; CODE]))) else { return ends[0] };
        let code = mixed(&said[0].code, &said[1].code, share);
        let away: Code = std::array::from_fn(|index| code[index] - said[0].code[index]);
        let Ok(moved) = self.read(&[(ends[0], away)]) else { return ends[0] };
        let missed = |end: usize, cell: Cell| {
            f32::from(u8::from(ends[end].contains(cell))) - sigmoid(said[end].hits[cell.index()])
        };
        let chance = |cell: Cell| {
            let kept = (1.0 - share) * missed(0, cell) + share * missed(1, cell);
            sigmoid(moved[0].hits[cell.index()]) + kept
        };
        likely(Measure::Four, self.part, chance).into_iter().collect()
    }
}

/// How far the bars of a player are from each other who strays by half from one real bar, and goes on by `drift`.
fn drifting(drift: f32, style: Style, part: Part, seed: u32) -> (f64, f64) {
    let asked = AskedBar { densities: [0.5; 3], changes: 1, number: 1, ..AskedBar::default() };
    let bar = |lock: u16| -> Option<Cells> {
        let source = BarSource::Played;
        let (measure, tempo, vary) = (Measure::Four, TEMPO, VARIED);
        let drawing = Drawing { source, style, measure, tempo, seed, vary, drift, lock };
        drawing.drawn(part, &[asked]).first().map(Grid::cells)
    };
    let bars: Vec<Cells> = (1..=BARS).filter_map(bar).collect();
    let apart = |by: usize| mean(bars.iter().zip(&bars[by..]).map(|(one, other)| 1.0 - f1(one, other)));
    (apart(1), apart(8))
}

/// The ways of each part between bars of `pieces`.
pub fn walk(pieces: &[Piece], network: &TextureNetwork) -> Vec<Paths> {
    Part::ALL.into_iter().filter_map(|part| of_part(part, pieces, network)).collect()
}

fn of_part(part: Part, pieces: &[Piece], network: &TextureNetwork) -> Option<Paths> {
    let bars: Vec<(&Piece, &Grid)> = (pieces.iter())
        .flat_map(|piece| piece.bars.iter().map(move |bar| (piece, bar)))
        .filter(|(_, bar)| bar.measure == Measure::Four)
        .filter_map(|(piece, bar)| Some((piece, bar.parts[part as usize].as_ref()?)))
        .collect();
    if bars.len() < 2 {
        return None;
    }
    let corners: Vec<(Random, Corners)> = (0..WAYS)
        .map(|way| {
            let random = Random::new(1, way as i64);
            let drawn = |draw: u32| bars[(random.uniform(Purpose::Phrase, draw) * bars.len() as f32) as usize];
            let place = Place { style: Some(drawn(0).0.style), ..Place::new(part, Measure::Four) };
            let bars = std::array::from_fn(|corner| drawn(corner as u32).1.clone());
            (random, Corners { bars, part, place, network })
        })
        .collect();
    let ways = |at: &dyn Fn(&Corners, Random, f32) -> Cells, ends: Option<[usize; 2]>| {
        let path = |(random, corners): &(Random, Corners)| {
            let path: Vec<Cells> = (0..=STEPS).map(|step| at(corners, *random, step as f32 / STEPS as f32)).collect();
            let is_exact = ends.is_none_or(|ends| [path[0], path[STEPS]] == ends.map(|end| corners.bars[end].cells()));
            (path, is_exact)
        };
        summed(&corners.iter().map(path).collect::<Vec<_>>())
    };
    let along_edge = |corners: &Corners, share: f32| corners.at(Pad { x: share, y: 0.0 });
    let anywhere = |corners: &Corners, random: Random, share: f32| {
        let [from_x, from_y, to_x, to_y] = std::array::from_fn(|draw| random.uniform(Purpose::Contour, draw as u32));
        let on = |from: f32, to: f32| from + (to - from) * share;
        corners.at(Pad { x: on(from_x, to_x), y: on(from_y, to_y) })
    };
    let drifts = DRIFTS.into_iter().map(|drift| {
        let apart: Vec<(f64, f64)> = (corners.iter().take(WAYS / 4).enumerate())
            .map(|(seed, (_, corners))| drifting(drift, corners.place.style.unwrap_or(Style::Pop), part, seed as u32))
            .collect();
        let (next, eighth) = (mean(apart.iter().map(|apart| apart.0)), mean(apart.iter().map(|apart| apart.1)));
        Drift { drift, next, eighth }
    });
    let edge = ways(&|corners, _, share| along_edge(corners, share), Some([0, 1]));
    let is_usual =
        |corners: &&Corners| corners.bars[0].cells().differing(&corners.bars[1].cells()) as f64 >= edge.apart;
    let example = corners.iter().map(|(_, corners)| corners).find(is_usual);
    let steps = |corners| (0..=STEPS).map(|step| along_edge(corners, step as f32 / STEPS as f32)).collect();
    Some(Paths {
        part: ["drums", "chords", "bass"][part as usize],
        edge,
        by_chance: ways(&|corners, _, share| corners.likely_at(share), Some([0, 1])),
        diagonal: ways(&|corners, _, share| corners.at(Pad { x: share, y: share }), Some([0, 3])),
        anywhere: ways(&anywhere, None),
        drifts: drifts.collect(),
        rows: part.rows(),
        example: example.map(steps).unwrap_or_default(),
    })
}

fn summed(paths: &[(Vec<Cells>, bool)]) -> Walk {
    let mut walk = Walk { ways: paths.len(), ..Walk::default() };
    let (mut spearmans, mut largest, mut over_least) = (vec![], vec![], vec![]);
    for (path, _) in paths {
        let steps: Vec<usize> = path.windows(2).map(|pair| pair[0].differing(&pair[1])).collect();
        let (most, all) = (steps.iter().copied().max().unwrap_or(0), steps.iter().sum::<usize>());
        if all == 0 {
            continue;
        }
        let away: Vec<f64> = path.iter().map(|bar| path[0].differing(bar) as f64).collect();
        let places: Vec<f64> = (0..path.len()).map(|place| place as f64).collect();
        spearmans.push(spearman(&places, &away));
        over_least.push(most as f64 / all.div_ceil(STEPS) as f64);
        if all >= STEPS {
            largest.push(most as f64 * STEPS as f64 / all as f64);
        }
    }
    walk.apart = mean(paths.iter().map(|(path, _)| path[0].differing(&path[STEPS]) as f64));
    walk.spearman = mean(spearmans.into_iter());
    walk.largest = mean(largest.into_iter());
    walk.over_least = mean(over_least.into_iter());
    let strokes = |bar: &Cells| bar.count() as f64;
    walk.middle = mean(paths.iter().map(|(path, _)| strokes(&path[STEPS / 2])))
        / mean(paths.iter().map(|(path, _)| (strokes(&path[0]) + strokes(&path[STEPS])) / 2.0));
    walk.exact = mean(paths.iter().map(|(_, is_exact)| f64::from(u8::from(*is_exact))));
    walk
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}

/// The ways across the pad.
pub fn walks(paths: &[Paths]) -> Table {
    let mut table = Table::new(&[
        "part, way",
        "ways",
        "apart",
        "spearman",
        "largest / mean",
        "largest / least",
        "middle",
        "ends exact",
    ]);
    for of_part in paths {
        let ways = [
            ("edge", of_part.edge),
            ("edge, by chance alone", of_part.by_chance),
            ("diagonal", of_part.diagonal),
            ("anywhere", of_part.anywhere),
        ];
        for (name, walk) in ways {
            table.row([
                format!("{}: {name}", of_part.part),
                walk.ways.to_string(),
                number(Some(walk.apart), 1),
                number(Some(walk.spearman), 3),
                number(Some(walk.largest), 2),
                number(Some(walk.over_least), 2),
                number(Some(walk.middle), 2),
                number(Some(walk.exact), 3),
            ]);
        }
    }
    table
}

/// How far bars are from each other that drift.
pub fn drifts(paths: &[Paths]) -> Table {
    let header: Vec<String> = DRIFTS.iter().map(|drift| format!("{drift}")).collect();
    let header: Vec<&str> = std::iter::once("1 − F1 at a drift of").chain(header.iter().map(String::as_str)).collect();
    let mut table = Table::new(&header);
    for of_part in paths {
        for (name, of) in [("next", (|drift| drift.next) as fn(&Drift) -> f64), ("eighth", |drift| drift.eighth)] {
            let cells = of_part.drifts.iter().map(|drift| number(Some(of(drift)), 2));
            table.row(std::iter::once(format!("{}: {name} bar", of_part.part)).chain(cells));
        }
    }
    table
}
