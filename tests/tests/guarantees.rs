//! What the controls promise holds in every note of the band, over thousands of random performances. The improviser is
//! played to in logical time; its plans are what the plug-in delivers, which the other tests see to.

use std::sync::{Arc, OnceLock};

use continuo_models::music::time::frame_start;
use continuo_models::music::{BarPosition, Chord, Key, Meter, Spot, Style, Tick};
use continuo_models::{
    AnswerRow, Controls, Cue, Family, FrameStart, Heard, Improviser, LeadMode, Networks, NoteCue, Player,
    PlayerControls, Way,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Frames of a performance: six bars of 4/4.
const FRAMES: i64 = 96;

/// What the band plays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Networks(Family),
    Rules,
}

impl Means {
    const ALL: [Means; 3] = [Means::Networks(Family::Gru), Means::Networks(Family::Transformer), Means::Rules];

    /// The networks, loaded once.
    fn networks(self) -> Arc<Networks> {
        static LOADED: [OnceLock<Arc<Networks>>; Family::ALL.len()] = [const { OnceLock::new() }; Family::ALL.len()];
        let Means::Networks(family) = self else { return Arc::default() };
        let load = || {
            let (networks, problems) = Networks::built_in(family);
            assert!(problems.is_empty(), "{problems:?}");
            Arc::new(networks)
        };
        Arc::clone(LOADED[family as usize].get_or_init(load))
    }
}

/// Mostly the networks that are shipped: the one that is the default above all, the other, which takes ten times as
/// long, now and then.
fn means() -> impl Strategy<Value = Means> {
    let [gru, transformer, rules] = Means::ALL;
    prop_oneof![13 => Just(gru), 1 => Just(transformer), 6 => Just(rules)]
}

/// A note of the musician: first tick, length, key.
type Struck = (Tick, Tick, u8);

/// What the band plays.
#[derive(Default)]
struct Take {
    notes: Vec<NoteCue>,
    answers: Vec<AnswerRow>,
    /// By frame, from frame 0.
    chords: Vec<Option<Chord>>,
}

impl Take {
    /// The chords, one after another.
    fn changes(&self) -> Vec<Chord> {
        let mut chords: Vec<Chord> = self.chords.iter().flatten().copied().collect();
        chords.dedup();
        chords
    }
}

/// What the band plays to the musician's `notes`. Where a chord waits, the first of the right hand's notes decides.
fn taken(notes: &[Struck], meter: Meter, controls: Controls, means: Means) -> Take {
    let mut heard: Vec<(Tick, bool, Heard)> = Vec::new();
    for &(tick, length, key) in notes {
        heard.push((tick, true, Heard::NoteOn { tick, channel: 0, key, velocity: 80 }));
        heard.push((tick + length, false, Heard::NoteOff { tick: tick + length, channel: 0, key }));
    }
    heard.sort_by_key(|&(tick, on, _)| (tick, on));
    let mut heard = heard.into_iter().peekable();
    let mut band = Improviser::new(means.networks());
    let (mut take, mut cues, mut open) = (Take::default(), Vec::new(), None);
    for next in 0..FRAMES {
        while let Some((_, _, event)) = heard.next_if(|&(tick, _, _)| tick < frame_start(next - 1)) {
            band.hear(event);
        }
        if let Some((frame, turn)) = open.filter(|(frame, _)| *frame == next - 2) {
            let planned = band.harmony().chord;
            band.turn(frame, turn);
            let turned = band.harmony().chord;
            if turned != planned {
                take.chords[frame as usize..].fill(turned);
            }
        }
        let position = BarPosition { bar_start: 0, meter }.at(frame_start(next));
        cues.clear();
        band.decide(&FrameStart::before(next, position, controls), &mut cues);
        take.chords.push(band.harmony().chord);
        let mut way: Option<Way> = None;
        for cue in &cues {
            match *cue {
                Cue::Fork(fork) => {
                    let mut struck: Vec<&Struck> = notes.iter().collect();
                    struck.sort_by_key(|(tick, ..)| *tick);
                    let turn = struck.iter().find(|(tick, _, key)| fork.is_turned_by(*tick, 0, *key));
                    open = Some((fork.frame, turn.map(|(_, _, key)| key % 12)));
                }
                Cue::On(on) => way = Some(on),
                _ if way.is_some_and(|way| !way.is_taken(open.and_then(|(_, turn)| turn))) => {}
                Cue::Note(note) => take.notes.push(note),
                Cue::Answers(row) => take.answers.push(row),
                Cue::Release { player, at } => {
                    let sounds = |note: &&mut NoteCue| note.player == player && note.start < at;
                    let sounding = take.notes.iter_mut().filter(sounds);
                    sounding.for_each(|note| note.length.0 = note.length.0.min(at.0 - note.start.0));
                }
                Cue::Done(_) => {}
            }
        }
    }
    take
}

fn struck() -> impl Strategy<Value = Vec<Struck>> {
    prop::collection::vec((0..FRAMES * 6, 1i64..60, 36u8..90), 0..60)
}

prop_compose! {
    fn controls()(
        style in select(Style::ALL.to_vec()), other in select(Style::ALL.to_vec()), blend in 0f32..1.0,
        temperature in 0f32..2.0, follow in 0f32..1.0, seed: u32, key in 0usize..24, scale in 1u16..0x1000,
        drawn: bool, density in 0f32..1.0, registers in prop::collection::vec(-2i8..=2, Player::COUNT),
        humanise in 0f32..1.0,
    ) -> Controls {
        let usual = Controls::default();
        let mut players = usual.players;
        for ((_, player), register) in players.iter_mut().zip(registers) {
            *player = PlayerControls { register, density, ..*player };
        }
        // A scale that is drawn has notes enough to answer from: five of twelve at the least.
        let scale = if drawn && scale.count_ones() >= 5 { scale } else { 0 };
        Controls {
            style_a: style, style_b: other, style_blend: blend, temperature, follow, seed, key: Key::ALL[key], scale,
            humanise, players, ..usual
        }
    }
}

/// A melody alone: one note after another.
fn melody() -> impl Strategy<Value = Vec<Struck>> {
    prop::collection::vec((0i64..24, 1i64..24, 55u8..90), 0..60).prop_map(|notes| {
        let mut tick = 0;
        let after = |(wait, length, key): (Tick, Tick, u8)| {
            let start = tick + wait;
            tick = start + length;
            (start, length, key)
        };
        notes.into_iter().map(after).collect()
    })
}

/// A melody whose notes come where a chord waits for them: with the beats, or a little early.
fn on_beats() -> impl Strategy<Value = Vec<Struck>> {
    prop::collection::vec((1i64..3, 0i64..3, 55u8..90), 0..24).prop_map(|notes| {
        let mut beat = 0;
        let after = |(beats, early, key): (Tick, Tick, u8)| {
            beat += beats;
            (24 * beat - early, 12, key)
        };
        notes.into_iter().map(after).collect()
    })
}

fn any_mode() -> impl Strategy<Value = LeadMode> {
    use LeadMode::*;
    select(vec![Answer, Continuous, Fills, TradeTwos, TradeFours, TradeEights])
}

/// How often a cycle of two to eight chords comes in a row, at the most.
fn most_rounds(chords: &[Chord]) -> usize {
    let mut most = 1;
    for length in 2..=8 {
        let mut same = 0;
        for index in length..chords.len() {
            same = if chords[index] == chords[index - length] { same + 1 } else { 0 };
            most = most.max(1 + same / length);
        }
    }
    most
}

/// Meters of which eight bars end in time.
fn short_meter() -> impl Strategy<Value = Meter> {
    let meters = vec![(2, 4), (3, 4), (6, 8), (5, 8), (3, 8), (7, 16), (5, 16)];
    select(meters).prop_map(|(numerator, denominator)| Meter { numerator, denominator })
}

/// The first chord that is not due at the end of a form of eight bars, and its tick: the dominant for half a bar, then
/// the tonic.
fn astray(take: &Take, meter: Meter, key: Key) -> Option<(Tick, Chord)> {
    let (bar, dominant) = (meter.bar_ticks(), (key.tonic + 7) % 12);
    let is_due = |tick: Tick, chord: Chord| match tick {
        tick if tick < 7 * bar => chord.root == dominant || chord.root == key.leading_tone(),
        _ => chord.root == key.tonic,
    };
    let spots = (0..=7 * bar).step_by(6).filter(|tick| 2 * tick >= 13 * bar);
    let mut chords = spots.filter_map(|tick| Some(tick).zip(take.chords[(tick / 6) as usize]));
    chords.find(|&(tick, chord)| !is_due(tick, chord))
}

#[test]
fn the_performances_of_these_tests_are_not_silent() {
    let mut runner = TestRunner::deterministic();
    for means in Means::ALL {
        let performances = if means == Means::Networks(Family::Transformer) { 4 } else { 40 };
        let (mut lead, mut band, mut changes, mut answers) = (0, 0, 0, 0);
        for _ in 0..performances {
            let (melody, controls) = (melody(), controls()).new_tree(&mut runner).unwrap().current();
            let controls = Controls { lead_mode: LeadMode::Continuous, ..controls };
            let take = taken(&melody, Meter::default(), controls, means);
            lead += take.notes.iter().filter(|note| note.player == Player::Lead).count();
            band += take.notes.iter().filter(|note| note.player != Player::Lead).count();
            changes += take.changes().len();
            let offsets = take.answers.iter().flat_map(|row| row.ways).flatten().flatten();
            answers += offsets.filter(|offset| *offset != 0).count();
        }
        let each = [lead, band, changes, answers].map(|count| count / performances);
        let enough = each.iter().zip([10, 50, 5, 5000]).all(|(count, least)| *count >= least);
        assert!(enough, "{means:?}: Lead's notes, the others', chords and answers in a performance: {each:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(170))]

    #[test]
    fn lead_has_chord_tones_on_strong_beats_and_leaps_no_farther_than_it_may(
        melody in melody(), controls in controls(), mode in any_mode(), max_leap in 2u8..=24,
        means in means(),
    ) {
        let controls = Controls { lead_mode: mode, max_leap, humanise: 0.0, swing: 0.0, ..controls };
        let take = taken(&melody, Meter::default(), controls, means);
        let lead: Vec<&NoteCue> = take.notes.iter().filter(|note| note.player == Player::Lead).collect();
        for note in &lead {
            let tick = note.start.ticks() as Tick;
            let position = BarPosition { bar_start: 0, meter: Meter::default() };
                let spot = Spot { frame: 0, position }.plus(tick / 6);
            let chord = take.chords[spot.frame as usize];
            let fits = !spot.is_strong() || chord.is_some_and(|chord| chord.contains(note.key % 12));
            prop_assert!(fits, "{note:?} over {chord:?}");
        }
        // Between phrases there is a breath.
        for pair in lead.windows(2).filter(|pair| pair[1].start.0 < pair[0].start.0 + pair[0].length.0 + 240) {
            prop_assert!(pair[0].key.abs_diff(pair[1].key) <= max_leap, "{pair:?}, at most {max_leap}");
        }
    }

    #[test]
    fn no_cycle_comes_more_often_than_it_may_and_a_form_ends_at_home(
        melody in melody(), controls in controls(), max_repeats in 1u8..4, means in means(),
    ) {
        let controls = Controls { max_repeats, ..controls };
        let chords = taken(&melody, Meter::default(), controls, means).changes();
        prop_assert!(most_rounds(&chords) <= max_repeats.into(), "{chords:?}");

        // With bars of two beats a form of eight comes to its end.
        let meter = Meter { numerator: 2, denominator: 4 };
        let controls = Controls { form: Some(8), key_lock: true, scale: 0, max_repeats: 0, ..controls };
        let take = taken(&melody, meter, controls, means);
        let home = take.chords[7 * 8];
        prop_assert!(home.is_none_or(|chord| chord.root == controls.key.tonic), "{home:?} in {:?}", controls.key);
    }

    #[test]
    fn no_cycle_comes_more_often_than_it_may_however_far_ahead_the_band_commits(
        melody in melody(), controls in controls(), max_repeats in 1u8..3, commit in 1u8..=16,
        means in means(),
    ) {
        let controls = Controls { max_repeats, commit, ..controls };
        let chords = taken(&melody, Meter::default(), controls, means).changes();
        prop_assert!(most_rounds(&chords) <= max_repeats.into(), "{chords:?}");
    }

    #[test]
    fn a_form_ends_at_home_in_every_meter(
        melody in melody(), controls in controls(), commit in 1u8..=16, means in means(),
        meter in short_meter(),
    ) {
        let controls = Controls { form: Some(8), key_lock: true, scale: 0, commit, ..controls };
        let take = taken(&melody, meter, controls, means);
        let astray = astray(&take, meter, controls.key);
        prop_assert!(astray.is_none(), "{astray:?} in {:?}", controls.key);
    }

    #[test]
    fn no_note_leaves_the_locked_scale(
        struck in struck(), controls in controls(), numerator in 2u8..8, means in means(),
    ) {
        let controls = Controls { key_lock: true, ..controls };
        let Take { notes, answers, .. } = taken(&struck, Meter { numerator, denominator: 4 }, controls, means);
        let allowed = controls.allowed();
        for note in notes.into_iter().filter(|note| note.player.kind().has_pitches) {
            prop_assert!(allowed.contains(note.key % 12), "{note:?} is not in the scale");
        }
        for row in answers {
            for (class, ways) in (0i8..).zip(row.ways) {
                for offset in ways.into_iter().flatten().filter(|offset| *offset != 0) {
                    let answer = (class + offset).rem_euclid(12);
                    prop_assert!(allowed.contains(answer as u8), "{offset} from {class} is not in the scale");
                }
            }
        }
    }

    #[test]
    fn every_note_lasts_and_can_be_played_and_belongs_to_one_who_plays(
        struck in struck(), controls in controls(), on in prop::collection::vec(any::<bool>(), Player::COUNT),
        means in means(),
    ) {
        let mut controls = controls;
        for ((_, player), on) in controls.players.iter_mut().zip(on) {
            player.on = on;
        }
        let Take { notes, .. } = taken(&struck, Meter::default(), controls, means);
        for note in notes {
            prop_assert!(controls.player(note.player).on, "{note:?} of one who rests");
            prop_assert!(note.player != Player::Voices && note.channel == controls.player(note.player).channel);
            prop_assert!(note.key < 128 && (1..128).contains(&note.velocity) && note.length.0 > 0, "{note:?}");
        }
    }

    #[test]
    fn answers_lie_on_one_side_the_nearest_first_within_two_octaves_beyond_their_register(
        struck in struck(), controls in controls(), means in means(),
    ) {
        let take = taken(&struck, Meter::default(), controls, means);
        let register = controls.player(Player::Voices).register;
        let farthest = 24 + 12 * register.unsigned_abs();
        prop_assert!(take.answers.len() >= FRAMES as usize);
        for row in &take.answers {
            for way in row.ways.iter().flatten() {
                let offsets: Vec<i8> = way.iter().copied().filter(|offset| *offset != 0).collect();
                let is_near = offsets.iter().all(|offset| offset.unsigned_abs() <= farthest);
                prop_assert!(is_near, "{way:?} at register {register}");
                let sides = offsets.iter().map(|offset| offset.signum());
                prop_assert!(sides.clone().min() == sides.max(), "{way:?} is on both sides");
                prop_assert!(offsets.is_sorted_by_key(|offset| offset.unsigned_abs()), "{way:?} is out of order");
            }
        }
        let answers = take.answers.iter().flat_map(|row| row.ways).flatten().flatten();
        let plays = take.chords.iter().flatten().count() >= 16;
        let answered = answers.filter(|offset| *offset != 0).count() > 0;
        prop_assert!(answered || !plays, "the band plays for a bar, and Voices have no answer");
    }
}

// Only with the networks does a chord wait for the musician's note.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_cycle_comes_more_often_than_it_may_where_notes_turn_the_chords(
        melody in on_beats(), controls in controls(), max_repeats in 1u8..3, follow in 0.5f32..1.0,
    ) {
        let controls = Controls { max_repeats, follow, ..controls };
        let chords = taken(&melody, Meter::default(), controls, Means::Networks(Family::Gru)).changes();
        prop_assert!(most_rounds(&chords) <= max_repeats.into(), "{chords:?}");
    }

    #[test]
    fn a_form_ends_at_home_where_notes_turn_the_chords(
        melody in on_beats(), controls in controls(), follow in 0.5f32..1.0, meter in short_meter(),
    ) {
        let controls = Controls { form: Some(8), key_lock: true, scale: 0, follow, ..controls };
        let take = taken(&melody, meter, controls, Means::Networks(Family::Gru));
        let astray = astray(&take, meter, controls.key);
        prop_assert!(astray.is_none(), "{astray:?} in {:?}", controls.key);
    }
}
