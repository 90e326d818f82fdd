//! Whether the knobs of the players who strike do what they say, and nothing else: how what they play goes with the
//! knob, from its one end to the other.

use std::collections::BTreeMap;

use continuo_models::controls::BarSource;
use continuo_models::improviser::players::takes::take;
use continuo_models::music::{Style, Tick};
use continuo_models::score::NoteCue;
use continuo_models::{Controls, Player};
use serde::Serialize;

use super::rank::spearman;
use crate::eval::report::{Table, mean, number, progress};

/// Places of the knob, and takes at each.
const PLACES: usize = 9;
const SEEDS: u32 = 6;
/// Bars of a take, and its tempo.
const BARS: Tick = 16;
const TEMPO: f32 = 110.0;
/// Ticks of a bar and of a beat.
const BAR: Tick = 96;
const BEAT: Tick = 24;

/// What is measured of a player in a take.
type Quantity = fn(&[&NoteCue]) -> f64;

/// A knob.
struct Knob {
    name: &'static str,
    player: Player,
    set: fn(&mut Controls, f32),
    /// Which of the quantities is its own.
    own: usize,
}

const QUANTITIES: [(&str, Quantity); 3] = [("strokes", strokes), ("loudness", loudness), ("off the beat", off_beat)];

const KNOBS: [Knob; 4] = [
    Knob {
        name: "drums: density",
        player: Player::Drums,
        set: |controls, to| controls.players[Player::Drums].density = to,
        own: 0,
    },
    Knob {
        name: "chords: density",
        player: Player::Chords,
        set: |controls, to| controls.players[Player::Chords].density = to,
        own: 0,
    },
    Knob {
        name: "bass: density",
        player: Player::Bass,
        set: |controls, to| controls.players[Player::Bass].density = to,
        own: 0,
    },
    Knob { name: "drums: loudness", player: Player::Drums, set: |controls, to| controls.drums_loudness = to, own: 1 },
];

/// How a knob goes with what is played: rank correlations over places and takes.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// The knob.
    pub knob: &'static str,
    /// Where bars come from.
    pub source: &'static str,
    /// With its own quantity: the mean of the styles, and the lowest.
    pub own: f64,
    /// The style of the lowest.
    pub lowest: (f64, Style),
    /// With each quantity, style by style.
    pub styles: Vec<(Style, [f64; QUANTITIES.len()])>,
    /// How far it goes with the others, either way: the mean of the styles.
    pub leak: [Option<f64>; QUANTITIES.len()],
}

/// Turns every knob, in patterns and in real bars.
pub fn turn() -> Vec<Level> {
    let bar = progress("levels", KNOBS.len() * 2 * Style::ALL.len());
    let sources = [("patterns", BarSource::Library), ("real bars", BarSource::Played)];
    let mut levels = Vec::new();
    for ((source, bars), knob) in sources.into_iter().flat_map(|source| KNOBS.iter().map(move |knob| (source, knob))) {
        let of_style = |style| {
            bar.inc(1);
            Some((style, of_style(knob, bars, style)?))
        };
        let styles: Vec<(Style, [f64; QUANTITIES.len()])> = Style::ALL.into_iter().filter_map(of_style).collect();
        let lowest = styles.iter().map(|(style, found)| (found[knob.own], *style));
        let Some(lowest) = lowest.min_by(|one, other| one.0.total_cmp(&other.0)) else { continue };
        levels.push(Level {
            knob: knob.name,
            source,
            own: mean(styles.iter().map(|(_, found)| found[knob.own])).unwrap_or_default(),
            lowest,
            leak: std::array::from_fn(|index| {
                (index != knob.own).then(|| mean(styles.iter().map(|(_, found)| found[index].abs()))).flatten()
            }),
            styles,
        });
    }
    bar.finish_and_clear();
    levels
}

/// How the quantities of the knob's player go with it in `style`; `None`: the style has no such player.
fn of_style(knob: &Knob, bar_source: BarSource, style: Style) -> Option<[f64; QUANTITIES.len()]> {
    let (mut places, mut found) = (Vec::new(), [(); QUANTITIES.len()].map(|()| Vec::new()));
    for (place, seed) in (0..PLACES).flat_map(|place| (1..=SEEDS).map(move |seed| (place, seed))) {
        let mut controls = Controls { seed, bar_source, ..Controls::default() };
        (knob.set)(&mut controls, place as f32 / (PLACES - 1) as f32);
        let cues = take(&controls, style, TEMPO, BARS);
        let own: Vec<&NoteCue> = cues.iter().filter(|cue| cue.player == knob.player).collect();
        if own.is_empty() {
            return None;
        }
        places.push(place as f64);
        found.iter_mut().zip(QUANTITIES).for_each(|(values, (_, of))| values.push(of(&own)));
    }
    Some(found.map(|values| spearman(&places, &values)))
}

/// First ticks at which something is struck, to the nearest sixteenth or triplet: a hand's delays are no strokes.
fn places(cues: &[&NoteCue]) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = cues.iter().map(|cue| cue.start.ticks() as Tick / 2).collect();
    ticks.sort_unstable();
    ticks.dedup();
    ticks
}

/// Strokes in a bar; of drums that are struck together each counts.
fn strokes(cues: &[&NoteCue]) -> f64 {
    let drums = cues.iter().all(|cue| cue.player == Player::Drums);
    (if drums { cues.len() } else { places(cues).len() }) as f64 / BARS as f64
}

/// The loudest stroke of each beat that has one, on the mean.
fn loudness(cues: &[&NoteCue]) -> f64 {
    let mut beats: BTreeMap<Tick, u8> = BTreeMap::new();
    for cue in cues {
        let loudest = beats.entry(cue.start.ticks() as Tick / BEAT).or_default();
        *loudest = cue.velocity.max(*loudest);
    }
    mean(beats.values().map(|velocity| f64::from(*velocity))).unwrap_or_default()
}

/// The share of the strokes that are not on a beat.
fn off_beat(cues: &[&NoteCue]) -> f64 {
    let on_beat = |cue: &&&NoteCue| (cue.start.ticks() as Tick) % BAR % BEAT < BEAT / 6;
    1.0 - cues.iter().filter(on_beat).count() as f64 / cues.len().max(1) as f64
}

/// A row for each knob.
pub fn table(levels: &[Level]) -> Table {
    let header = ["knob, bars", "ρ of its own", "lowest"].into_iter().chain(QUANTITIES.map(|(name, _)| name));
    let mut table = Table::new(&header.collect::<Vec<_>>());
    for level in levels {
        let head = [
            format!("{}, {}", level.knob, level.source),
            number(Some(level.own), 3),
            format!("{} ({})", number(Some(level.lowest.0), 3), level.lowest.1),
        ];
        table.row(head.into_iter().chain(level.leak.map(|leak| number(leak, 3))));
    }
    table
}
