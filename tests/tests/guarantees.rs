//! What the controls promise holds in every note of the band, over thousands of random performances. The improviser is
//! played to in logical time; its plans are what the plug-in delivers, which the other tests see to.

use std::sync::{Arc, OnceLock};

use continuo_models::music::time::frame_start;
use continuo_models::music::{BarPosition, Key, Meter, Style, Tick};
use continuo_models::{
    AnswerRow, Controls, Cue, Family, FrameStart, Heard, Improviser, Networks, NoteCue, Player, PlayerControls,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Frames of a performance: six bars of 4/4.
const FRAMES: i64 = 96;

/// The networks that are built in, loaded once, or none: then the band plays by rule.
fn networks(built_in: bool) -> Arc<Networks> {
    static NETWORKS: OnceLock<Arc<Networks>> = OnceLock::new();
    if built_in {
        Arc::clone(NETWORKS.get_or_init(|| Arc::new(Networks::built_in(Family::default()).0)))
    } else {
        Arc::default()
    }
}

/// A note of the musician: first tick, length, key.
type Struck = (Tick, Tick, u8);

/// What the band plans to the musician's `notes`, frame by frame.
fn plans(notes: &[Struck], meter: Meter, controls: Controls, built_in: bool) -> (Vec<NoteCue>, Vec<AnswerRow>) {
    let mut heard: Vec<(Tick, bool, Heard)> = Vec::new();
    for &(tick, length, key) in notes {
        heard.push((tick, true, Heard::NoteOn { tick, channel: 0, key, velocity: 80 }));
        heard.push((tick + length, false, Heard::NoteOff { tick: tick + length, channel: 0, key }));
    }
    heard.sort_by_key(|&(tick, on, _)| (tick, on));
    let mut heard = heard.into_iter().peekable();
    let mut band = Improviser::new(networks(built_in));
    let mut cues = Vec::new();
    for next in 0..FRAMES {
        while let Some((_, _, event)) = heard.next_if(|&(tick, _, _)| tick < frame_start(next - 1)) {
            band.hear(event);
        }
        let position = BarPosition { bar_start: 0, meter }.at(frame_start(next));
        band.decide(&FrameStart { frame: next - 1, next, position, tempo: 120.0, controls }, &mut cues);
    }
    let notes = cues.iter().filter_map(|cue| if let Cue::Note(note) = cue { Some(*note) } else { None });
    let answers = cues.iter().filter_map(|cue| if let Cue::Answers(row) = cue { Some(*row) } else { None });
    (notes.collect(), answers.collect())
}

fn struck() -> impl Strategy<Value = Vec<Struck>> {
    prop::collection::vec((0..FRAMES * 6, 1i64..60, 36u8..90), 0..60)
}

prop_compose! {
    fn controls()(
        style in select(Style::ALL.to_vec()), other in select(Style::ALL.to_vec()), blend in 0f32..1.0,
        temperature in 0f32..2.0, follow in 0f32..1.0, seed: u32, key in 0usize..24, scale in 1u16..0x1000,
        drawn: bool, density in 0f32..1.0, registers in prop::array::uniform4(-2i8..=2), humanise in 0f32..1.0,
    ) -> Controls {
        let usual = Controls::default();
        let mut players = usual.players;
        for (player, register) in players.iter_mut().zip(registers) {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_note_leaves_the_locked_scale(
        struck in struck(), controls in controls(), numerator in 2u8..8, built_in in prop::bool::weighted(0.03),
    ) {
        let controls = Controls { key_lock: true, ..controls };
        let (notes, _) = plans(&struck, Meter { numerator, denominator: 4 }, controls, built_in);
        let allowed = controls.allowed();
        for note in notes {
            prop_assert!(allowed.contains(note.key % 12), "{note:?} is not in the scale");
        }
    }

    #[test]
    fn every_note_lasts_and_can_be_played_and_belongs_to_one_who_plays(
        struck in struck(), controls in controls(), on in prop::array::uniform4(any::<bool>()),
        built_in in prop::bool::weighted(0.03),
    ) {
        let mut controls = controls;
        for (player, on) in controls.players.iter_mut().zip(on) {
            player.on = on;
        }
        let (notes, _) = plans(&struck, Meter::default(), controls, built_in);
        for note in notes {
            prop_assert!(controls.player(note.player).on, "{note:?} of one who rests");
            prop_assert!(note.player != Player::Voices && note.channel == controls.player(note.player).channel);
            prop_assert!(note.key < 128 && (1..128).contains(&note.velocity) && note.length.0 > 0, "{note:?}");
        }
    }

    #[test]
    fn answers_stay_within_two_octaves_beyond_their_register(
        struck in struck(), controls in controls(), built_in in prop::bool::weighted(0.03),
    ) {
        let (_, answers) = plans(&struck, Meter::default(), controls, built_in);
        let register = controls.player(Player::Voices).register;
        let farthest = 24 + 12 * register.unsigned_abs();
        prop_assert_eq!(answers.len(), FRAMES as usize);
        for row in answers {
            for offset in row.ways.into_iter().flatten().flatten() {
                prop_assert!(offset.unsigned_abs() <= farthest, "{offset} semitones at register {register}");
            }
        }
    }
}
