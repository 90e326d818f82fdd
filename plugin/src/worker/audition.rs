//! The last bars of the musician, played to another setting of the band, to be listened to.
//!
//! It is the band itself that plays: a processor and a mind of their own, with nobody's clock, which hear the bars as
//! the live ones would. So an audition sounds as the setting would in the song, and takes nothing of what the live band
//! has heard, decided or learnt, but for a copy of its memory. A chart is followed where the bars lie in the song. The
//! same bars, setting, memory, chart, captured bar, arrangement and tempo give the same audition.
//!
//! The band hears the bars twice over, and the second time is what is heard: by then it knows where the tune goes, and
//! its end leads to its beginning, since auditions are played over and over.

use std::sync::Arc;

use continuo_models::improviser::listening::key_belief::KeyBelief;
use continuo_models::music::chart::{Chorus, Slot};
use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};
use continuo_models::music::{BarPosition, Chart, Key, Meter, Mode, Spot, Tick};
use continuo_models::{Arrangement, Captured, Channels, Controls, Heard, Memory, Networks, Zones};
use nice_plug::midi::{self, Channel, VoiceID};
use nice_plug::prelude::NoteEvent;

use super::band::Band;
use super::lately::{BARS, Bar, LONGEST};
use crate::params::ContinuoParams;
use crate::processor::Processor;
use crate::processor::output::{Event, Message, Sent};
use crate::seam::{
    Audition, AuditionEvent, CUES_CAPACITY, CueSender, PLAYED_CAPACITY, Played, PlayedReceiver, Shared, Trial,
    cue_ring, played_ring,
};
use crate::song_clock::{HostTime, TEMPI};

/// Samples per second: fine enough for any note, and as good as any other.
const RATE: f64 = 48_000.0;

/// A note that begins so soon before the bars do, in quarter notes, begins with them: a tick reaches to both sides of
/// its moment.
const EARLY: f64 = 0.5 / TICKS_PER_QUARTER as f64;

/// The degrees of the scale, 0 the tonic, that are played on the beats of each bar if the musician has not played yet.
const PHRASE: [[u8; 4]; BARS] = [[0, 2, 4, 2], [5, 4, 2, 1], [3, 5, 4, 3], [4, 1, 2, 0]];

/// An audition while it is made, a frame at a time. Belongs to the worker.
pub struct Rendering {
    processor: Processor,
    band: Band,
    played: PlayedReceiver,
    cues: CueSender,
    bars: Vec<Bar>,
    tempo: f64,
    /// How long the bars are.
    length: Tick,
    /// The tick to come, of twice the length.
    tick: Tick,
    events: Vec<AuditionEvent>,
}

impl Rendering {
    /// `bars` (none: a phrase of ours in `meter`) are to be played to `trial`, at `tempo` quarter notes per minute, by
    /// a band that plays with `networks`, knows of the musician what `learnt` holds, and follows `chart`.
    pub fn new(
        bars: Vec<Bar>,
        meter: Meter,
        tempo: f32,
        trial: &Trial,
        networks: Arc<Networks>,
        learnt: Arc<Memory>,
        chart: &Chart,
    ) -> Self {
        let (params, shared) = (Arc::new(ContinuoParams::default()), Shared::new());
        params.changes_to(&trial.controls).put();
        let mut processor = Processor::new(params, shared);
        let (played_sender, played) = played_ring(PLAYED_CAPACITY);
        let (cues, cue_receiver) = cue_ring(CUES_CAPACITY);
        processor.connect(RATE, false, played_sender, cue_receiver);
        let bars = if bars.is_empty() { phrase(meter, &trial.controls, chart) } else { bars };
        let length = bars.iter().map(|bar| bar.meter.bar_ticks()).sum();
        let band = Band::new(networks, learnt, Arc::new(chart_of(&bars, length, chart)));
        let tempo = f64::from(tempo).clamp(*TEMPI.start(), *TEMPI.end());
        Self { processor, band, played, cues, bars, tempo, length, tick: 0, events: Vec::new() }
    }

    /// The same with `captured` for the captured bar, and with the sections as in `arrangement`.
    pub fn with(mut self, captured: &Arc<Captured>, arrangement: &Arc<Arrangement>) -> Self {
        self.band.capture(captured);
        self.band.arrange(arrangement);
        self
    }

    /// Plays on by a frame; `Some`: that was the last one.
    pub fn play_on(&mut self) -> Option<Audition> {
        for _ in 0..TICKS_PER_FRAME {
            if self.tick == 2 * self.length {
                return Some(self.end());
            }
            self.play_tick();
            self.tick += 1;
        }
        None
    }

    /// Plays a tick, which is a block, and has the band answer it.
    fn play_tick(&mut self) {
        let (bar_start, bar) = bar_at(&self.bars, self.tick, self.length);
        let into_bar = (self.tick - bar_start) % bar.meter.bar_ticks();
        let mut input = bar.heard.iter().filter(|heard| heard.tick() == into_bar).map(event);
        let quarters = |ticks: Tick| ticks as f64 / TICKS_PER_QUARTER as f64;
        let host = HostTime {
            playing: true,
            tempo: Some(self.tempo),
            position: Some(quarters(self.tick)),
            bar_start: Some(quarters(bar_start)),
            signature: Some((bar.meter.numerator.into(), bar.meter.denominator.into())),
            cycle: None,
        };
        let samples_per_tick = RATE * 60.0 / self.tempo / TICKS_PER_QUARTER as f64;
        let [begin, end] = [self.tick, self.tick + 1].map(|tick| (tick as f64 * samples_per_tick).round() as i64);
        self.processor.process(&host, (end - begin) as u32, || input.next());
        let (length, in_quarters) = (quarters(self.length), self.tempo / 60.0 / RATE);
        let events = &mut self.events;
        self.processor.output().send(|event| {
            take_down(events, event, (begin as f64 + f64::from(event.offset)) * in_quarters - length, length);
            Sent::Done
        });
        for played in self.played.by_ref() {
            self.band.take(played);
            if let Played::Frame(_) = played {
                for &cue in self.band.cues() {
                    // There is room for the cues of many frames, and the processor has taken those of the last one.
                    let _ = self.cues.try_send(cue);
                }
            }
        }
    }

    /// What was played the second time; what still sounds ends.
    fn end(&mut self) -> Audition {
        let quarters = self.length as f64 / TICKS_PER_QUARTER as f64;
        let mut events = std::mem::take(&mut self.events);
        let mut sounding: Vec<AuditionEvent> = Vec::new();
        for event in &events {
            sounding.retain(|other| (other.channel, other.key) != (event.channel, event.key));
            sounding.extend((event.velocity > 0.0).then_some(*event));
        }
        events.extend(sounding.into_iter().map(|event| AuditionEvent { at: quarters, velocity: 0.0, ..event }));
        Audition { quarters, events }
    }
}

/// The bar of `tick`, and where it begins, where `bars` of this `length` come over and over.
fn bar_at(bars: &[Bar], tick: Tick, length: Tick) -> (Tick, &Bar) {
    let mut begin = tick - tick % length;
    let (last, before) = bars.split_last().expect("there are bars");
    for bar in before {
        if tick < begin + bar.meter.bar_ticks() {
            return (begin, bar);
        }
        begin += bar.meter.bar_ticks();
    }
    (begin, last)
}

/// Takes down an event that happens `at` so many quarter notes after the beginning of the second time, which is
/// `length` long.
fn take_down(events: &mut Vec<AuditionEvent>, event: &Event, at: f64, length: f64) {
    let (channel, key, velocity) = match event.message {
        Message::NoteOn { channel, key, velocity } => (channel, key, velocity),
        Message::NoteOff { channel, key, .. } => (channel, key, 0.0),
        _ => return,
    };
    let of_key = |other: &&AuditionEvent| (other.channel, other.key) == (channel, key);
    let sounds = events.iter().rev().find(of_key).is_some_and(|last| last.velocity > 0.0);
    let begins = velocity > 0.0 && (-EARLY..length - EARLY).contains(&at);
    if begins || velocity == 0.0 && sounds {
        events.push(AuditionEvent { at: at.clamp(0.0, length), part: event.part, channel, key, velocity });
    }
}

/// What the musician did, as a host brings it at the first sample of a block.
fn event(heard: &Heard) -> NoteEvent<()> {
    let (timing, voice_id) = (0, VoiceID::Wildcard);
    let place = |channel, key| (Channel::Number(channel), midi::Key::Number(key));
    match *heard {
        Heard::NoteOn { channel, key, velocity, .. } => {
            let ((channel, key), velocity) = (place(channel, key), f32::from(velocity) / 127.0);
            NoteEvent::NoteOn { timing, voice_id, channel, key, velocity }
        }
        Heard::NoteOff { channel, key, .. } => {
            let (channel, key) = place(channel, key);
            NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
        }
        Heard::Pedal { channel, down, .. } => NoteEvent::MidiCC { timing, channel, cc: 64, value: down.into() },
    }
}

/// What `chart` says of `bars`, which are so long together: as a chart of its own, that begins with the first of them.
/// Nothing, if it says nothing of them or has no place for such bars.
fn chart_of(bars: &[Bar], length: Tick, chart: &Chart) -> Chart {
    let Some(chorus) = Chorus::of(chart) else { return Chart::default() };
    let slots = |bar: &Bar| {
        let position = BarPosition { bar_start: bar.at, meter: bar.meter };
        let first = bar.at.div_euclid(TICKS_PER_FRAME) + i64::from(bar.at % TICKS_PER_FRAME != 0);
        let slot = |frame| {
            let place = chorus.place(Spot { frame, position }, chart.first_bar.into());
            place.map_or(Slot::Open, |place| chorus.slot(place))
        };
        (first..first + bar.meter.bar_ticks() / TICKS_PER_FRAME).map(slot).collect()
    };
    let own = Chart::of_frames(bars.iter().map(|bar| (bar.meter, slots(bar))));
    let fits = Chorus::of(&own).is_some_and(|chorus| chorus.length() == length);
    if fits && own.bars.iter().any(|bar| !bar.is_open()) { own } else { Chart::default() }
}

/// The key of a chart that is followed; `None`: there is none.
fn key_of(chart: &Chart, controls: &Controls) -> Option<Key> {
    let chorus = Chorus::of(chart).filter(|_| controls.follow_chart)?;
    let mut belief = KeyBelief::default();
    chorus.chords().for_each(|chord| belief.hear_chord(chord.chord));
    belief.key().map(|(key, _)| key)
}

/// A tune for a musician who has not played yet: a note on each beat from the beginning of the chart on, in the locked
/// key, in that of the chart, or in C.
fn phrase(meter: Meter, controls: &Controls, chart: &Chart) -> Vec<Bar> {
    let locked = controls.key_lock.then_some(controls.key);
    let key = locked.or_else(|| key_of(chart, controls)).unwrap_or(Key { tonic: 0, mode: Mode::Major });
    let (length, beat) = (meter.bar_ticks(), meter.beat_ticks());
    let channel = Channels { left: controls.left_hand, zones: Zones::default() }.right_hand().channel();
    let bar = |(number, degrees): (Tick, [u8; 4])| {
        let at = (Tick::from(chart.first_bar) + number) * length;
        let mut heard = Vec::new();
        for (tick, degree) in (0..length).step_by(beat as usize).zip(degrees.into_iter().cycle()) {
            let above = (i32::from(key.class_of_degree(degree)) - i32::from(key.tonic)).rem_euclid(12) as u8;
            let key = 60 + key.tonic + above;
            heard.push(Heard::NoteOn { tick, channel, key, velocity: 84 });
            heard.push(Heard::NoteOff { tick: (tick + beat).min(length) - 1, channel, key });
        }
        Bar { at, meter, heard }
    };
    let fitting = (LONGEST / length).clamp(1, BARS as Tick) as usize;
    (0..).zip(PHRASE).take(fitting).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use continuo_models::music::Style;
    use continuo_models::{Family, Player};
    use proptest::prelude::*;

    use super::*;
    use crate::seam::{NetworkSet, Part};

    fn trial(controls: Controls) -> Trial {
        Trial { controls, network: NetworkSet::ALL[0] }
    }

    fn render(bars: &[Bar], trial: &Trial) -> Audition {
        render_by(&Chart::default(), bars, trial)
    }

    fn render_by(chart: &Chart, bars: &[Bar], trial: &Trial) -> Audition {
        let networks = Arc::new(Networks::built_in(Family::Gru).0);
        let (bars, meter) = (bars.to_vec(), Meter::default());
        let mut rendering = Rendering::new(bars, meter, 96.0, trial, networks, Arc::default(), chart);
        loop {
            if let Some(audition) = rendering.play_on() {
                return audition;
            }
        }
    }

    fn bar(meter: Meter, keys: &[(Tick, u8)]) -> Bar {
        let notes = keys.iter().flat_map(|&(tick, key)| {
            let on = Heard::NoteOn { tick, channel: 0, key, velocity: 90 };
            [on, Heard::NoteOff { tick: (tick + 20).min(meter.bar_ticks() - 1), channel: 0, key }]
        });
        Bar { at: 0, meter, heard: notes.collect() }
    }

    /// Two bars of a tune.
    fn tune() -> Vec<Bar> {
        let four = Meter::default();
        vec![bar(four, &[(0, 60), (24, 64), (48, 67), (72, 64)]), bar(four, &[(0, 65), (24, 69), (48, 67), (72, 62)])]
    }

    fn notes_of(audition: &Audition, part: Part) -> Vec<(f64, u8)> {
        let begins = audition.events.iter().filter(|event| event.part == part && event.velocity > 0.0);
        begins.map(|event| (event.at, event.key)).collect()
    }

    fn players(audition: &Audition) -> Vec<Player> {
        Player::ALL.into_iter().filter(|&player| !notes_of(audition, player.into()).is_empty()).collect()
    }

    #[test]
    fn what_was_played_is_heard_where_it_was_played_and_the_band_with_it_from_the_beginning() {
        let audition = render(&tune(), &trial(Controls::default()));
        let expected = [60, 64, 67, 64, 65, 69, 67, 62].into_iter().enumerate();
        let heard = notes_of(&audition, Part::You);
        let heard = heard.into_iter().map(|(at, key)| ((at * 1e3).round() as usize, key));
        assert_eq!(heard.collect::<Vec<_>>(), expected.map(|(at, key)| (at * 1000, key)).collect::<Vec<_>>());
        assert_eq!(audition.quarters, 8.0);
        let first = notes_of(&audition, Player::Bass.into())[0].0;
        assert!(first < 1.0, "it knows the tune by then: {first}");
    }

    #[test]
    fn the_same_is_heard_again_and_something_else_in_another_setting() {
        let [swing, bossa] = [Style::Jazz, Style::Bossa]
            .map(|style| trial(Controls { style_a: style, style_b: style, ..Controls::default() }));
        assert_eq!(render(&tune(), &swing), render(&tune(), &swing));
        assert_ne!(render(&tune(), &swing), render(&tune(), &bossa));
    }

    #[test]
    fn only_those_play_who_are_on() {
        let mut controls = Controls::default();
        controls.players.iter_mut().for_each(|(player, own)| own.on = player == Player::Chords);
        assert_eq!(players(&render(&tune(), &trial(controls))), [Player::Chords]);
    }

    #[test]
    fn a_musician_who_has_not_played_hears_a_tune_in_the_locked_key() {
        let key = Key { tonic: 3, mode: Mode::Minor };
        let audition = render(&[], &trial(Controls { key_lock: true, key, ..Controls::default() }));
        let tune = notes_of(&audition, Part::You);
        assert_eq!((tune.len(), audition.quarters), (16, 16.0));
        assert!(tune.iter().all(|(_, note)| key.degree(note % 12).is_some()), "{tune:?}");
        assert_eq!(tune.last().map(|(_, note)| note % 12), Some(3));
    }

    #[test]
    fn a_chart_is_followed_where_the_bars_lie_in_the_song() {
        let mut controls = Controls::default();
        controls.players.iter_mut().for_each(|(player, own)| own.on = player == Player::Bass);
        let chart = Chart { first_bar: 4, ..Chart::read("| C | D | Eb7 | Ab |").0 };
        let mut bars = tune();
        (bars[0].at, bars[1].at) = (10 * 96, 11 * 96);
        let on_bars = |audition: &Audition| {
            let notes = notes_of(audition, Player::Bass.into());
            [0.0, 4.0].map(|bar| notes.iter().find(|(at, _)| *at >= bar - 0.1).map(|(_, key)| key % 12))
        };
        assert_eq!(on_bars(&render_by(&chart, &bars, &trial(controls))), [Some(3), Some(8)]);
        controls.follow_chart = false;
        assert_eq!(render_by(&chart, &bars, &trial(controls)), render(&bars, &trial(controls)));
        let phrase = render_by(&chart, &[], &trial(Controls::default()));
        assert_eq!(notes_of(&phrase, Part::You).len(), 16);
    }

    #[test]
    fn who_has_not_played_hears_a_tune_in_the_key_of_the_chart() {
        let chart = Chart::read("| Ebmaj7 | Fm7 Bb7 | Ebmaj7 | % |").0;
        let tune = notes_of(&render_by(&chart, &[], &trial(Controls::default())), Part::You);
        assert_eq!(tune.last().map(|(_, note)| note % 12), Some(3));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_note_that_begins_ends_and_all_lies_within_the_bars(
            bars in prop::collection::vec((1u8..6, prop::collection::vec((0i64..144, 40u8..90), 1..12)), 1..4)
        ) {
            let bars: Vec<Bar> = bars
                .into_iter()
                .map(|(numerator, mut keys)| {
                    let meter = Meter { numerator, denominator: 4 };
                    keys.iter_mut().for_each(|(tick, _)| *tick %= meter.bar_ticks());
                    keys.sort_unstable();
                    bar(meter, &keys)
                })
                .collect();
            let audition = render(&bars, &trial(Controls::default()));
            prop_assert!(audition.events.is_sorted_by_key(|event| event.at));
            prop_assert!(audition.events.iter().all(|event| (0.0..=audition.quarters).contains(&event.at)));
            let mut sounding = BTreeMap::new();
            for event in &audition.events {
                let before = sounding.insert((event.channel, event.key), event.velocity > 0.0);
                prop_assert_eq!(before.unwrap_or(false), event.velocity == 0.0, "{:?}", event);
            }
            prop_assert!(sounding.values().all(|sounds| !sounds));
        }
    }
}
