//! A guest is a player more, by a row in the table, a file and a seat: it plays with the others. Run with the feature
//! `guest-player`.

#![cfg(feature = "guest-player")]

mod common;

use std::collections::BTreeSet;

use common::{notes, ode_to_joy, play, rules};
use continuo_models::music::{Meter, Tick};
use continuo_models::{Controls, Cue, Improviser, NoteCue, Player};

fn played(controls: Controls) -> Vec<Cue> {
    play(&mut Improviser::new(rules()), &ode_to_joy(), 0..96, Meter::default(), |_| controls)
}

fn of(player: Player) -> impl FnMut(&&NoteCue) -> bool {
    move |note| note.player == player
}

#[test]
fn the_guest_plays_on_its_own_channel_as_long_as_it_is_on() {
    let straight = Controls { humanise: 0.0, ..Controls::default() };
    let cues = played(straight);
    let beats: BTreeSet<Tick> = notes(&cues).filter(of(Player::Clave)).map(|note| note.start.ticks() as Tick).collect();
    assert!(beats.len() > 20 && beats.iter().all(|tick| tick % 24 == 0), "{beats:?}");
    assert!(notes(&cues).filter(of(Player::Clave)).all(|note| note.channel == 10));
    let mut off = straight;
    off.players[Player::Clave].on = false;
    assert_eq!(notes(&played(off)).filter(of(Player::Clave)).count(), 0);
    let mut moved = straight;
    moved.players[Player::Clave].channel = 12;
    assert!(notes(&played(moved)).filter(of(Player::Clave)).all(|note| note.channel == 12));
}

#[test]
fn the_others_play_as_they_do_without_the_guest() {
    let mut without = Controls::default();
    without.players[Player::Clave].on = false;
    let others = |controls| -> Vec<Cue> {
        let is_its_own = |cue: &Cue| matches!(cue, Cue::Note(note) if note.player == Player::Clave);
        played(controls).into_iter().filter(|cue| !is_its_own(cue)).collect()
    };
    assert_eq!(others(Controls::default()), others(without));
}

#[test]
fn sticks_of_the_guest_stay_sticks_under_key_lock_and_when_the_band_is_frozen() {
    let mut improviser = Improviser::new(rules());
    let locked = Controls { key_lock: true, scale: 0b1001_0001, ..Controls::default() };
    let cues = play(&mut improviser, &ode_to_joy(), 0..128, Meter::default(), |frame| Controls {
        freeze: frame >= 64,
        ..locked
    });
    let keys: BTreeSet<u8> = notes(&cues).filter(of(Player::Clave)).map(|note| note.key).collect();
    assert_eq!(keys, [75].into());
    let others = notes(&cues).filter(|note| note.player.kind().has_pitches);
    assert!(others.into_iter().all(|note| locked.allowed().contains(note.key % 12)));
}
