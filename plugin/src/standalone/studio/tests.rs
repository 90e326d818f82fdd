use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use continuo::Continuo;
use continuo::seam::Part;
use continuo_models::music::Meter;
use nice_plug::plugin::ParamValue;

use super::*;
use crate::standalone::engine::Arrived;
use crate::standalone::midi::Bytes;
use crate::standalone::session::Session;
use crate::standalone::transport::Transport;

const SOON: Duration = Duration::from_secs(20);

fn soon(until: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !until() && begun.elapsed() < SOON {
        thread::sleep(Duration::from_millis(5));
    }
    until()
}

fn nowhere() -> Plan {
    Plan {
        place: Place { way: Way::Nowhere, card: String::new() },
        is_strict: true,
        asked: Asked { rate: Some(48_000), block: Some(256) },
        ports: [None, None],
        jack_ports: [None, None],
        has_midi: false,
        preferred: Preferred::default(),
        preferences: Box::leak(Box::new(Kept::at(None))),
    }
}

#[test]
fn settings_song_and_hands_outlast_a_change_of_the_sound() {
    let plugin = Continuo::default();
    let (shared, session) = (Arc::clone(plugin.shared()), Session::of(&plugin));
    let links = Links::new(Transport::new(None, Meter { numerator: 3, denominator: 4 }));
    let plan = nowhere();
    let kept = plan.preferences;
    let engine = Engine::new(plugin, Arc::clone(&links));
    let (front, has_sound) = Front::open(engine, Arc::clone(&links), Arc::clone(&shared), plan).unwrap();
    assert!(!has_sound && !shared.surroundings.has_sound());
    let mut state = session.state();
    state.params.insert("seed".to_owned(), ParamValue::I32(77));
    session.set_state(state);
    let play = |key: u8, velocity: u8| {
        let bytes = Bytes::read(&[0x90, key, velocity]).unwrap();
        links.arrived.push(Arrived { at: links.now(), bytes }).unwrap();
    };
    let sounds = |key: u8| shared.keyboard.sounds(key, Part::You);
    play(60, 100);
    assert!(soon(|| sounds(60)), "what is played is heard");

    for (wish, rate, block) in [(Wish::Rate(Some(44_100)), 44_100, 256), (Wish::Block(Some(64)), 44_100, 64)] {
        front.ask(wish);
        assert!(soon(|| (front.status().sound.rate, front.status().sound.block) == (rate, block)));
        assert!(soon(|| !sounds(60)), "no key hangs");
        let blocks = links.blocks.load(Relaxed);
        assert!(soon(|| links.blocks.load(Relaxed) > blocks + 3), "blocks go on");
        assert!(soon(|| shared.position.bar().meter == Meter { numerator: 3, denominator: 4 }));
        play(60, 100);
        assert!(soon(|| sounds(60)), "what is played is heard at {rate} Hz in blocks of {block}");
    }
    assert!(matches!(session.state().params["seed"], ParamValue::I32(77)));
    let machine = kept.get().machine;
    assert_eq!((machine.rate, machine.block), (44_100, 64));
    assert!(front.close());
    assert!(!front.close(), "it closes once");
}

#[test]
fn a_transport_that_stands_silences_the_band_and_not_the_musician() {
    let plugin = Continuo::default();
    let shared = Arc::clone(plugin.shared());
    let links = Links::new(Transport::new(Some(300.0), Meter::default()));
    let engine = Engine::new(plugin, Arc::clone(&links));
    let (front, _) = Front::open(engine, Arc::clone(&links), Arc::clone(&shared), nowhere()).unwrap();
    let play = |key: u8| {
        let bytes = Bytes::read(&[0x90, key, 90]).unwrap();
        links.arrived.push(Arrived { at: links.now(), bytes }).unwrap();
    };
    let band = || (0..128).any(|key| shared.keyboard.mask(key) & !Part::You.bit() != 0);
    [60, 64, 67].into_iter().for_each(play);
    assert!(soon(band), "the band plays");
    front.ask(Wish::Play(false));
    assert!(soon(|| !band() && shared.rests()));
    play(72);
    assert!(soon(|| shared.keyboard.sounds(72, Part::You)));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        assert!(!band(), "the band rests");
        thread::sleep(Duration::from_millis(5));
    }
    front.ask(Wish::Play(true));
    [60, 64, 67].into_iter().for_each(play);
    assert!(soon(band), "the band plays again");
    front.close();
}
