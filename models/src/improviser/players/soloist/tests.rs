use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::controls::Controls;
use crate::improviser::players::rehearsal::{Chart, any_chart};
use crate::music::time::frame_at;
use crate::music::{Frame, PitchClassSet, Spot, Style};
use crate::network::Family;
use crate::score::Heard;

const MODES: [LeadMode; 6] = [
    LeadMode::Answer,
    LeadMode::Continuous,
    LeadMode::Fills,
    LeadMode::TradeTwos,
    LeadMode::TradeFours,
    LeadMode::TradeEights,
];

fn networks() -> &'static Networks {
    static NETWORKS: OnceLock<Networks> = OnceLock::new();
    NETWORKS.get_or_init(|| Networks::built_in(Family::Gru).0)
}

/// A melody: first tick, key and length of each note.
type Melody = Vec<(Tick, u8, Tick)>;

/// What Lead plays to `melody`, phrase by phrase, and the frames in which it breaks off.
struct Performance {
    phrases: Vec<Vec<NoteCue>>,
    broken_off: Vec<Frame>,
}

impl Performance {
    fn of(networks: &Networks, chart: &Chart, melody: &Melody) -> Self {
        let mut events: Vec<Heard> = Vec::new();
        for &(tick, key, length) in melody {
            events.push(Heard::NoteOn { tick, channel: 0, key, velocity: 80 });
            events.push(Heard::NoteOff { tick: tick + length, channel: 0, key });
        }
        events.sort_by_key(|heard| (heard.tick(), matches!(heard, Heard::NoteOn { .. })));
        let (mut soloist, mut listener) = (Soloist::new(networks), Listener::default());
        let mut events = events.into_iter().peekable();
        let mut performance = Self { phrases: vec![Vec::new()], broken_off: Vec::new() };
        chart.play(|context, out| {
            let now = context.tick() - TICKS_PER_FRAME;
            while let Some(heard) = events.next_if(|heard| heard.tick() < now) {
                if listener.hear(&heard) {
                    soloist.hear_lead();
                }
            }
            listener.advance(now);
            if soloist.phrase.is_none() {
                performance.phrases.push(Vec::new());
            }
            soloist.prepare(context, &listener);
            soloist.decide(context, &listener, None, out);
            if soloist.breaks_off() {
                performance.broken_off.push(context.frame);
            }
            let begun = out.iter().filter(|cue| cue.start >= Moment::from_tick(context.tick()));
            performance.phrases.last_mut().unwrap().extend(begun);
        });
        performance.phrases.retain(|phrase| !phrase.is_empty());
        performance
    }

    fn notes(&self) -> Vec<NoteCue> {
        self.phrases.concat()
    }
}

fn onset(cue: &NoteCue) -> Tick {
    cue.start.ticks() as Tick
}

fn end(cue: &NoteCue) -> Tick {
    onset(cue) + cue.length.ticks() as Tick
}

/// Four notes of a tune at the beginning of each of `bars`.
fn tune(bars: &[Tick]) -> Melody {
    let notes = [(0, 72, 10), (12, 74, 10), (24, 76, 20), (48, 79, 22)];
    bars.iter().flat_map(|bar| notes.map(|(tick, key, length)| (bar * 96 + tick, key, length))).collect()
}

fn turnaround(style: Style, lead_mode: LeadMode) -> Chart {
    let mut chart = Chart::new(
        "C A7 | Dm7 G7 | Em7 A7 | Dm7 G7 | C | F Fm | C G7 | C | C A7 | Dm7 G7 | Em7 A7 | Dm7 G7 | C | F Fm | C G7 | C",
        "C major",
        (4, 4),
        style,
    );
    chart.controls = Controls { lead_mode, style_a: style, ..chart.controls };
    chart
}

/// Bars in which one of `notes` sounds.
fn sounding_bars(notes: &[NoteCue]) -> Vec<Tick> {
    (0..64).filter(|bar| notes.iter().any(|note| onset(note) < (bar + 1) * 96 && end(note) > bar * 96)).collect()
}

fn bands() -> [Networks; 2] {
    [networks().clone(), Networks::default()]
}

#[test]
fn in_trading_lead_fills_its_bars_and_is_silent_in_the_musicians() {
    for band in bands() {
        for (mode, bars) in [(LeadMode::TradeTwos, 2), (LeadMode::TradeFours, 4), (LeadMode::TradeEights, 8)] {
            for motif in [0.0, 1.0] {
                let mut chart = turnaround(Style::Jazz, mode);
                chart.controls.motif = motif;
                let notes = Performance::of(&band, &chart, &tune(&[0, 1, 4, 8, 9])).notes();
                let own: Vec<Tick> = (0..16).filter(|bar| bar / bars % 2 == 1).collect();
                let sounding = sounding_bars(&notes);
                assert!(sounding.iter().all(|bar| own.contains(bar)), "{mode:?} {sounding:?}");
                assert!(sounding.len() * 5 >= own.len() * 4, "{mode:?} {sounding:?}");
                for turn in own.iter().filter(|bar| (*bar + 1) % bars == 0) {
                    let last = notes.iter().rev().find(|note| onset(note) < (turn + 1) * 96).unwrap();
                    assert!(end(last) - onset(last) >= 24 && end(last) > turn * 96, "{mode:?} {last:?}");
                }
            }
        }
    }
}

#[test]
fn an_answer_waits_until_a_bar_has_begun_without_the_musician() {
    let phrase = |bar: Tick| [0, 12, 24, 36].map(|tick| (bar * 96 + tick, 72 + (tick / 12) as u8, 10));
    let answers = |bars: &[Tick]| {
        let melody: Melody = bars.iter().flat_map(|&bar| phrase(bar)).collect();
        Performance::of(networks(), &turnaround(Style::Jazz, LeadMode::Answer), &melody).notes()
    };
    assert_eq!(answers(&(0..16).collect::<Vec<_>>()), [], "half a bar is a breath");
    let first = answers(&[0]).first().map(onset);
    assert!(first.is_some_and(|first| (96 + 24..96 + 48).contains(&first)), "{first:?}");
}

#[test]
fn fills_begin_half_a_beat_after_the_musician_and_break_off_when_he_plays() {
    for band in bands() {
        let chart = turnaround(Style::Pop, LeadMode::Fills);
        let melody = tune(&[0, 2, 3, 6, 8]);
        let performance = Performance::of(&band, &chart, &melody);
        let notes = performance.notes();
        assert!(notes.len() > 8, "{notes:?}");
        for note in &notes {
            // What is decided for a frame knows what was played until the frame before.
            let known = onset(note) / 6 * 6 - 6;
            let released =
                melody.iter().filter(|(tick, ..)| *tick < known).map(|(tick, _, length)| tick + length).max();
            assert!(released.is_some_and(|released| known - released >= 12), "{note:?}");
            let cut = performance.broken_off.iter().map(|frame| frame * 6).find(|tick| *tick > onset(note));
            let next = melody.iter().map(|(tick, ..)| *tick).find(|tick| *tick > onset(note));
            if let Some(next) = next.filter(|next| end(note) > next + 12) {
                assert!(cut.is_some_and(|cut| cut <= next + 12), "{note:?} sounds on after {next}");
            }
        }
    }
}

#[test]
fn a_continuous_lead_plays_all_along_with_breaths_and_softer_under_the_musician() {
    for band in bands() {
        for style in [Style::Jazz, Style::Pop] {
            let chart = turnaround(style, LeadMode::Continuous);
            let performance = Performance::of(&band, &chart, &tune(&[0, 1, 2, 3]));
            let notes = performance.notes();
            assert!(performance.phrases.len() >= 3, "{style:?}");
            let with: Vec<_> = notes.iter().filter(|note| (12..3 * 96 + 70).contains(&onset(note))).collect();
            let without: Vec<_> = notes.iter().filter(|note| onset(note) > 5 * 96).collect();
            assert!(without.len() > 15, "{} notes in {style:?}", without.len());
            assert!(with.iter().all(|note| without.iter().all(|other| note.velocity <= other.velocity)));
            assert!(sounding_bars(&notes).len() >= 12, "{style:?}: {:?}", sounding_bars(&notes));
        }
    }
}

#[test]
fn with_a_motif_lead_begins_in_the_musicians_rhythm() {
    for band in bands() {
        let mut chart = turnaround(Style::Pop, LeadMode::TradeTwos);
        chart.controls.motif = 1.0;
        for seed in 0..8 {
            chart.controls.seed = seed;
            let notes = Performance::of(&band, &chart, &tune(&[1])).notes();
            let onsets: Vec<Tick> = notes[..4].iter().map(onset).collect();
            assert_eq!(onsets, [192, 204, 216, 240], "seed {seed}");
        }
    }
}

/// A melody of any kind: rests, notes that overlap, off the grid.
fn any_melody() -> impl Strategy<Value = Melody> {
    prop::collection::vec((1i64..60, 40u8..90, 1i64..60), 0..40).prop_map(|notes| {
        let onsets = notes.iter().scan(0, |tick, (wait, ..)| {
            *tick += wait;
            Some(*tick)
        });
        onsets.zip(&notes).map(|(tick, &(_, key, length))| (tick, key, length)).collect()
    })
}

fn any_style_of_lead() -> impl Strategy<Value = (LeadMode, f32, u8, bool, f32, u16, Option<u8>)> {
    (
        prop::sample::select(MODES.to_vec()),
        0f32..=2.0,
        2u8..=24,
        any::<bool>(),
        prop::sample::select(vec![0.0f32, 0.5, 1.0]),
        prop_oneof![Just(0u16), 1u16..0x1000],
        prop::option::of(0u8..5),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_phrase_ever_breaks_a_bound(
        mut chart in any_chart(), melody in any_melody(), lead in any_style_of_lead(),
        by_rule in prop::bool::weighted(0.3),
    ) {
        let (mode, temperature, max_leap, strong_tones, motif, scale, chromaticism) = lead;
        chart.controls = Controls {
            lead_mode: mode, temperature, max_leap, strong_tones, motif, scale, style_a: chart.style,
            lead_chromaticism: chromaticism, ..chart.controls
        };
        chart.bars = chart.bars.max(20);
        let rules = Networks::default();
        let performance = Performance::of(if by_rule { &rules } else { networks() }, &chart, &melody);
        for phrase in &performance.phrases {
            for note in phrase {
                let context = chart.context(frame_at(onset(note)));
                let key = i32::from(note.key);
                prop_assert!(context.allowed().contains(note.key % 12), "{note:?} is not allowed");
                prop_assert!(Compass::of(&context).keys().contains(key), "{note:?} is out of the compass");
                let tones = chart.chord_at(onset(note)).tones().intersection(context.allowed());
                let tones = if tones.is_empty() { context.allowed() } else { tones };
                if strong_tones && (Spot { frame: context.frame, position: context.position }).is_strong() {
                    prop_assert!(tones.contains(note.key % 12), "{note:?} on a strong beat over {tones:?}");
                }
                prop_assert!(note.length.0 > 0);
            }
            for pair in phrase.windows(2) {
                prop_assert!(pair[0].key.abs_diff(pair[1].key) <= max_leap, "{pair:?}");
                prop_assert!(end(&pair[0]) <= onset(&pair[1]), "{pair:?} overlap");
                prop_assert!(onset(&pair[1]) - onset(&pair[0]) >= QUICKEST);
            }
        }
    }
}

#[test]
fn a_scale_of_one_note_is_kept_too() {
    let mut chart = turnaround(Style::Jazz, LeadMode::Continuous);
    chart.controls = Controls { key_lock: true, scale: 1, max_leap: 2, ..chart.controls };
    let notes = Performance::of(networks(), &chart, &tune(&[0])).notes();
    assert!(!notes.is_empty());
    assert!(notes.iter().all(|note| PitchClassSet::over(0, &[0]).contains(note.key % 12)));
}

#[test]
fn phrases_move_breathe_and_come_to_rest_on_a_chord_tone() {
    for style in Style::ALL {
        let (mut notes, mut repeated, mut phrases) = (0, 0, 0);
        for seed in 0..6 {
            let mut chart = turnaround(style, LeadMode::Continuous);
            chart.controls.seed = seed;
            let performance = Performance::of(networks(), &chart, &tune(&[0]));
            let whole = performance.phrases.len() - 1;
            for phrase in &performance.phrases[..whole] {
                let (first, last) = (phrase[0], phrase[phrase.len() - 1]);
                assert!(end(&last) - onset(&first) <= 4 * 96 + 12, "{style:?} {phrase:?}");
                assert!(last.length >= Moment::from_tick(48), "{style:?} {last:?}");
                assert!(chart.chord_at(onset(&last)).contains(last.key % 12), "{style:?} {last:?}");
                repeated += phrase.windows(2).filter(|pair| pair[0].key == pair[1].key).count();
                notes += phrase.len();
            }
            phrases += whole;
        }
        assert!((24..48).contains(&phrases), "{phrases} phrases in {style:?}");
        assert!(repeated * 6 < notes, "{repeated} of {notes} keys come again in {style:?}");
    }
}
