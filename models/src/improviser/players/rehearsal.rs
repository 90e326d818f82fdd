//! A player of the band plays a chord chart by itself: for tests, and for reading what it plays.

use super::context::{FrameContext, tests::context};
use crate::controls::{BarSource, Controls, Manner};
use crate::music::pitch::key_name;
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{BarPosition, Chord, Frame, Key, Meter, PitchClass, Style, Tick};
use crate::score::NoteCue;

/// What is to be played.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub key: Key,
    pub meter: Meter,
    pub style: Style,
    pub controls: Controls,
    /// The chord changes: first tick and chord, no two alike in a row.
    pub changes: Vec<(Tick, Chord)>,
    /// Which tone of each chord its bass is: 0 the root, 1 the third, …
    pub inversion: usize,
    /// Whether the players know the next change before it comes.
    pub foreseen: bool,
    pub bars: Tick,
}

impl Chart {
    /// A chart written as "C | Dm7 G7 | C", the chords of a bar of even length, played exactly on the grid, in
    /// patterns.
    pub fn new(chords: &str, key: &str, meter: (u8, u8), style: Style) -> Self {
        let meter = Meter { numerator: meter.0, denominator: meter.1 };
        let mut changes: Vec<(Tick, Chord)> = Vec::new();
        let bars: Vec<Vec<&str>> = chords.split('|').map(|bar| bar.split_whitespace().collect()).collect();
        for (bar, symbols) in bars.iter().enumerate() {
            for (index, symbol) in symbols.iter().enumerate() {
                let into =
                    meter.bar_ticks() * index as Tick / symbols.len() as Tick / TICKS_PER_FRAME * TICKS_PER_FRAME;
                let chord = symbol.parse().unwrap();
                if changes.last().is_none_or(|last| last.1 != chord) {
                    changes.push((bar as Tick * meter.bar_ticks() + into, chord));
                }
            }
        }
        let controls = Controls { humanise: 0.0, bar_source: BarSource::Library, ..Controls::default() };
        let bars = bars.len() as Tick;
        Self { key: key.parse().unwrap(), meter, style, controls, changes, inversion: 0, foreseen: true, bars }
    }

    /// The chord that stands at `tick`.
    pub fn chord_at(&self, tick: Tick) -> Chord {
        self.changes.iter().rev().find(|change| change.0 <= tick).unwrap_or(&self.changes[0]).1
    }

    /// What the bass plays where `chord` begins.
    pub fn bass_of(&self, chord: Chord) -> PitchClass {
        chord.tone(self.inversion)
    }

    /// What is known in `frame`.
    pub fn context(&self, frame: Frame) -> FrameContext<'_> {
        let tick = frame_start(frame);
        let next_chord = self.changes.iter().copied().find(|change| self.foreseen && change.0 > tick);
        FrameContext {
            frame,
            position: BarPosition { bar_start: 0, meter: self.meter }.at(tick),
            chord: Some(self.chord_at(tick)),
            chord_changes: self.changes.iter().any(|change| change.0 == tick),
            bass: Some(self.bass_of(self.chord_at(tick))),
            next_chord,
            next_bass: next_chord.map(|(_, chord)| self.bass_of(chord)),
            certain: if self.foreseen { Tick::MAX } else { 0 },
            key: self.key,
            style: self.style,
            ..context(&self.controls, frame)
        }
    }

    /// Everything that `player` plays.
    pub fn play(&self, mut player: impl FnMut(&FrameContext, &mut Vec<NoteCue>)) -> Vec<NoteCue> {
        let mut cues = Vec::new();
        for frame in 0..self.bars * self.meter.bar_ticks() / TICKS_PER_FRAME {
            let before = cues.len();
            player(&self.context(frame), &mut cues);
            let frame = frame_start(frame) as f64..frame_start(frame + 1) as f64;
            assert!(cues[before..].iter().all(|cue| frame.contains(&cue.start.ticks())), "cues belong to their frame");
        }
        cues
    }

    /// `cues` as text, a line for each bar: the tick in the bar, the notes, and how many ticks they sound.
    pub fn written(&self, cues: &[NoteCue]) -> String {
        let mut text = String::new();
        for bar in 0..self.bars {
            let (start, end) = (bar * self.meter.bar_ticks(), (bar + 1) * self.meter.bar_ticks());
            let chords = self.changes.iter().filter(|change| (start..end).contains(&change.0));
            let symbols: Vec<String> = chords.map(|change| change.1.symbol(self.key)).collect();
            let mut line = format!("{:<12}", symbols.join(" "));
            for tick in start..end {
                let stroke: Vec<_> = cues.iter().filter(|cue| cue.start.ticks() as Tick == tick).collect();
                let names: Vec<_> = stroke.iter().map(|cue| key_name(cue.key)).collect();
                if let Some(longest) = stroke.iter().map(|cue| cue.length.ticks() as Tick).max() {
                    line += &format!(" {}:{}({longest})", tick - start, names.join("."));
                }
            }
            text += line.trim_end();
            text += "\n";
        }
        text
    }
}

/// Charts of any kind: random chords at random frames, any key, meter and style, any density, register and seed, in
/// patterns or in bars that people played.
pub(crate) fn any_chart() -> impl proptest::strategy::Strategy<Value = Chart> {
    use proptest::prelude::*;
    let meters = prop::sample::select(vec![(4u8, 4u8), (3, 4), (6, 8), (12, 8), (2, 4), (5, 4), (7, 8), (6, 4)]);
    let changes = prop::collection::vec((prop::sample::select(vec![4i64, 8, 16, 12, 3, 1, 32]), 0usize..144), 1..12);
    let manners = vec![None, Some(Manner::Sustained), Some(Manner::Broken), Some(Manner::Strummed)];
    let manners = prop::sample::select(manners);
    let settings = (0f32..=1.0, 0f32..=1.0, -2i8..=2, any::<u32>(), any::<bool>(), 0usize..4, manners);
    (meters, changes, settings, 0usize..24, 0..Style::ALL.len(), any::<[bool; 2]>()).prop_map(
        |(meter, steps, (band, own, register, seed, lock, inversion, manner), key, style, [foreseen, played])| {
            let key = Key::from_index(key);
            let mut chart = Chart::new("C", "C major", meter, Style::ALL[style]);
            chart.changes.clear();
            let mut tick = 0;
            for (frames, index) in steps {
                // Under key lock the harmonist brings only chords of the scale.
                let fits = |chord: &Chord| !lock || chord.tones().is_subset(key.locked_scale());
                let chord = (index..index + 144).filter_map(|index| Chord::from_index(index % 144)).find(fits);
                if let Some(chord) = chord.filter(|&chord| chart.changes.last().is_none_or(|last| last.1 != chord)) {
                    chart.changes.push((tick, chord));
                    tick += frames * TICKS_PER_FRAME;
                }
            }
            chart.bars = tick / chart.meter.bar_ticks() + 2;
            (chart.key, chart.foreseen, chart.inversion) = (key, foreseen, inversion);
            let controls = &mut chart.controls;
            (controls.density, controls.seed, controls.key_lock, controls.key) = (band, seed, lock, key);
            controls.manner = manner;
            controls.bar_source = if played { BarSource::Played } else { BarSource::Library };
            for (_, player) in controls.players.iter_mut() {
                (player.density, player.register) = (own, register);
            }
            chart
        },
    )
}
