use super::*;
use crate::controls::Controls;
use crate::improviser::players::accompaniment::patterns::{Touch, stroke};
use crate::improviser::players::rehearsal::Chart;
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{Meter, Style};
use crate::network::Family;
use crate::score::Heard;

const CHORDS: (Player, Purpose) = (Player::Chords, Purpose::Comping);

/// What Chords strikes, bar by bar, from the bars' first ticks on, where `controls` are as they are in each frame.
fn struck(
    chart: &Chart,
    reshaping: &mut Reshaping<Touch>,
    listener: &Listener,
    controls: impl Fn(i64) -> Controls,
) -> Vec<Vec<(Tick, Touch)>> {
    let mut groove = Groove::default();
    let (mut bars, bar) = (vec![Vec::new(); chart.bars as usize], chart.meter.bar_ticks());
    for frame in 0..chart.bars * bar / TICKS_PER_FRAME {
        let controls = controls(frame);
        let context = FrameContext { controls: &controls, ..chart.context(frame) };
        reshaping.prepare(&context, listener, &mut groove, CHORDS);
        let patterns = &of_style(context.style).chords;
        groove.follow(&context, patterns, CHORDS.0, CHORDS.1);
        let strokes = reshaping.of(groove.strokes(&context, patterns, CHORDS.1));
        let number = (frame_start(frame) / bar) as usize;
        bars[number].extend(strokes.due().map(|(_, at, stroke)| (at % bar, stroke.touch)));
    }
    bars
}

fn chart(style: Style) -> Chart {
    Chart::new(&["C"; 8].join("|"), "C major", (4, 4), style)
}

fn at(x: f32, y: f32) -> Controls {
    Controls { morph_x: x, morph_y: y, morph_style: Style::Blues, ..Controls::default() }
}

fn played(reshaping: &mut Reshaping<Touch>, listener: &Listener, controls: Controls) -> Vec<Vec<(Tick, Touch)>> {
    struck(&chart(Style::Pop), reshaping, listener, |_| controls)
}

fn captured() -> Arc<Captured> {
    let strokes = vec![stroke(0, Touch::Fifth), stroke(18, Touch::Up), stroke(50, Touch::Step(7))];
    Arc::new(Captured { chords: strokes, ..Captured::default() })
}

/// A musician who struck in every bar so far at these ticks.
fn heard(ticks: &[Tick]) -> Listener {
    let mut listener = Listener::default();
    for tick in (0..8).flat_map(|bar| ticks.iter().map(move |tick| bar * 96 + tick)) {
        listener.hear(&Heard::NoteOn { tick, channel: 0, key: 72, velocity: 80 });
        listener.hear(&Heard::NoteOff { tick: tick + 3, channel: 0, key: 72 });
    }
    listener
}

fn with_network() -> Reshaping<Touch> {
    Reshaping::new(&Networks::built_in(Family::Gru).0)
}

#[test]
fn at_home_the_bars_are_the_sources() {
    let own = played(&mut Reshaping::default(), &Listener::default(), Controls::default());
    let mut reshaping = with_network();
    reshaping.capture(&captured());
    assert_eq!(played(&mut reshaping, &heard(&[0, 30]), at(0.0, 0.0)), own);
}

#[test]
fn every_other_corner_is_its_bar_stroke_for_stroke_and_needs_no_network() {
    let mut reshaping = Reshaping::default();
    reshaping.capture(&captured());
    let bar = vec![(0, Touch::Fifth), (18, Touch::Up), (50, Touch::Step(7))];
    assert_eq!(played(&mut reshaping, &Listener::default(), at(1.0, 0.0)), vec![bar; 8]);
    let blues = struck(&chart(Style::Blues), &mut Reshaping::default(), &Listener::default(), |_| Controls::default());
    assert_eq!(played(&mut reshaping, &Listener::default(), at(0.0, 1.0)), blues);
    let with_you = played(&mut reshaping, &heard(&[0, 36, 72]), at(1.0, 1.0));
    assert!(with_you[1..].iter().all(|bar| *bar == [(0, Touch::Block), (36, Touch::Block), (72, Touch::Block)]));
}

#[test]
fn a_corner_without_a_bar_of_the_meter_is_the_bar_itself() {
    let own = played(&mut Reshaping::default(), &Listener::default(), Controls::default());
    let mut reshaping = Reshaping::default();
    assert_eq!(played(&mut reshaping, &Listener::default(), at(1.0, 0.0)), own, "nothing was captured");
    let three = Captured { meter: Meter { numerator: 3, denominator: 4 }, ..Captured::clone(&captured()) };
    reshaping.capture(&Arc::new(three));
    assert_eq!(played(&mut reshaping, &Listener::default(), at(1.0, 0.0)), own);
    assert_eq!(played(&mut reshaping, &Listener::default(), at(1.0, 1.0)), own, "the musician played nothing");
}

#[test]
fn without_a_network_the_nearest_corner_is_struck_and_with_one_what_lies_between() {
    let mut without = Reshaping::default();
    without.capture(&captured());
    let nearest = |x| played(&mut without.clone(), &Listener::default(), at(x, 0.2));
    assert_eq!((nearest(0.3), nearest(0.7)), (nearest(0.0), nearest(1.0)));
    let mut with = with_network();
    with.capture(&captured());
    let mut between = |x| played(&mut with, &Listener::default(), at(x, 0.0));
    let (own, middle, other) = (between(0.0), between(0.5), between(1.0));
    assert!(middle != own && middle != other);
    assert_eq!(between(0.5), middle, "the same each time");
}

#[test]
fn the_pad_is_followed_from_the_next_bar_or_beat_on() {
    let mut reshaping = Reshaping::default();
    reshaping.capture(&captured());
    let own = played(&mut Reshaping::default(), &Listener::default(), Controls::default());
    let moved = |by_beat: bool| {
        let controls = |frame: i64| Controls { morph_by_beat: by_beat, ..at(f32::from(u8::from(frame >= 17)), 0.0) };
        struck(&chart(Style::Pop), &mut reshaping.clone(), &Listener::default(), controls)
    };
    let (bars, beats) = (moved(false), moved(true));
    assert_eq!((&bars[1], &bars[2][0]), (&own[1], &(0, Touch::Fifth)));
    let after_the_beat = |bar: &[(Tick, Touch)]| bar.iter().filter(|(at, _)| *at >= 24).copied().collect::<Vec<_>>();
    assert_eq!(after_the_beat(&beats[1]), [(50, Touch::Step(7))]);
}

#[test]
fn another_roll_is_another_draw_and_the_same_number_the_same_again() {
    let rolled = |roll: u8, vary: f32| {
        let mut controls = Controls::default();
        (controls.players[Player::Chords].roll, controls.players[Player::Chords].vary) = (roll, vary);
        played(&mut with_network(), &Listener::default(), controls)
    };
    for vary in [0.0, 0.7] {
        assert_ne!(rolled(1, vary), rolled(0, vary), "vary {vary}");
        assert_eq!(rolled(1, vary), rolled(1, vary));
    }
}

#[test]
fn what_is_struck_can_be_captured_and_is_struck_again() {
    let mut reshaping = with_network();
    let mut controls = Controls::default();
    controls.players[Player::Chords].vary = 0.6;
    let bars = played(&mut reshaping, &Listener::default(), controls);
    let mut captured = Captured::default();
    reshaping.tell(&mut captured);
    reshaping.capture(&Arc::new(captured));
    let again = played(&mut reshaping, &Listener::default(), at(1.0, 0.0));
    assert_eq!(again[0], bars[7]);
}
