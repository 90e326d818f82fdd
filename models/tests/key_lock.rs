//! With the key locked, every note of the band lies in the scale.

mod common;

use common::{networks, notes, play, rules};
use continuo_models::music::{Key, Meter, Style};
use continuo_models::{Controls, Cue, Heard, Improviser, NoteCue, PlayerControls, PlayerMap};
use proptest::prelude::*;

/// The notes whose keys are pitches: a drum is an instrument.
fn pitched(cues: &[Cue]) -> impl Iterator<Item = &NoteCue> {
    notes(cues).filter(|note| note.player.kind().has_pitches)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_note_leaves_the_locked_scale(
        lines in prop::collection::vec((40u8..90, 1i64..9, any::<bool>()), 10..60),
        chords in prop::collection::vec((0i64..1200, prop::collection::vec(36u8..60, 3..5)), 0..6),
        key in 0usize..24, style in 0..Style::ALL.len(), temperature in 0.0f32..2.0, blend in 0.0f32..1.0, seed: u32,
        with_networks: bool,
        levels in prop::array::uniform4(prop::option::of(0u8..5)), register in -2i8..=2,
    ) {
        let key_of = |key, length, rest| if rest && length > 5 { 0 } else { key };
        let line: Vec<_> = lines.iter().map(|&(key, length, rest)| (key_of(key, length, rest), length)).collect();
        let mut heard = common::melody(&line);
        for (tick, keys) in &chords {
            for &key in keys {
                heard.push(Heard::NoteOn { tick: *tick, channel: 1, key, velocity: 70 });
                heard.push(Heard::NoteOff { tick: tick + 80, channel: 1, key });
            }
        }
        heard.sort_by_key(Heard::tick);
        let key = Key::ALL[key];
        let controls = Controls {
            key_lock: true, key, temperature, style_blend: blend, seed, style_a: Style::ALL[style], density: 1.0,
            chord_rate: levels[0], chromaticism: levels[1], lead_chromaticism: levels[2], syncopation: levels[3],
            ..Controls::default()
        };
        let players = PlayerMap::of(|player| PlayerControls { register, ..*controls.player(player) });
        let controls = Controls { players, ..controls };
        let mut improviser = Improviser::new(if with_networks { networks() } else { rules() });
        let cues = play(&mut improviser, &heard, 0..280, Meter::default(), |_| controls);
        let scale = key.locked_scale();
        for note in pitched(&cues) {
            prop_assert!(scale.contains(note.key % 12), "{note:?} in {key}");
        }
        for cue in &cues {
            let Cue::Answers(row) = cue else { continue };
            for (class, ways) in row.ways.iter().enumerate() {
                for &offset in ways.iter().flatten().filter(|&&offset| offset != 0) {
                    let answer = (class as i32 + i32::from(offset)).rem_euclid(12) as u8;
                    prop_assert!(scale.contains(answer), "class {class} is answered by {answer} in {key}");
                }
            }
        }
    }
}

#[test]
fn turning_the_lock_on_takes_effect_at_once() {
    let key = Key::minor(6);
    let controls = |frame| Controls { key_lock: frame >= 100, key, temperature: 1.5, ..Controls::default() };
    let cues = play(&mut Improviser::new(networks()), &common::ode_to_joy(), 0..250, Meter::default(), controls);
    let late: Vec<_> = pitched(&cues).filter(|note| note.start.ticks() >= 102.0 * 6.0).collect();
    assert!(late.len() > 50);
    assert!(late.iter().all(|note| key.locked_scale().contains(note.key % 12)));
}
