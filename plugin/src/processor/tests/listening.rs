//! What is listened to before it is chosen.

use super::*;
use crate::seam::{Audition, AuditionEvent, NetworkSet, Trial};

/// A bar in which the musician and the bass play a note each.
pub fn audition() -> Audition {
    let event = |at, part, channel, key, velocity| AuditionEvent { at, part, channel, key, velocity };
    let bass = Part::Player(Player::Bass);
    let events = vec![
        event(0.0, Part::You, 0, 60, 0.8),
        event(1.0, Part::You, 0, 60, 0.0),
        event(2.0, bass, 3, 40, 0.7),
        event(4.0, bass, 3, 40, 0.0),
    ];
    Audition { quarters: 4.0, events }
}

/// The worker has made what is wished for.
pub fn listen(shared: &Shared, audition: Option<Audition>) {
    shared
        .listening
        .to(audition.as_ref().map(|_| Trial { controls: Controls::default(), network: NetworkSet::ALL[0] }));
    if let Some(audition) = audition {
        shared.listening.fulfil(shared.listening.wish().0, audition);
    }
}

const BAR: i64 = 16 * FRAME;

#[test]
fn it_plays_from_the_next_bar_on_over_and_over_until_it_is_over_and_the_band_is_silent_meanwhile() {
    let mut rig = Rig::new(chords);
    rig.play(5 * FRAME);
    listen(&rig.shared, Some(audition()));
    rig.play(30 * FRAME);
    listen(&rig.shared, None);
    rig.play(5 * FRAME);
    let over = 35 * FRAME;
    assert_eq!(
        rig.notes(Part::You),
        [(BAR, 60, true), (BAR + 4 * FRAME, 60, false), (2 * BAR, 60, true), (over, 60, false)]
    );
    let bass = rig.notes(Part::Player(Player::Bass));
    assert_eq!(bass, [(BAR + 8 * FRAME, 40, true), (2 * BAR, 40, false)]);
    let chords = rig.notes(Part::Player(Player::Chords));
    let silent = chords.windows(2).find(|pair| pair[1].0 - pair[0].0 > 2 * FRAME).map(|pair| [pair[0], pair[1]]);
    let called = BAR - 487;
    assert_eq!(silent, Some([(called, 55, false), (over, 51, true)]));
    assert_eq!(sounding(&rig.log), Ok(1));
}

#[test]
fn the_take_goes_on_untouched_meanwhile_and_what_is_played_is_heard_by_the_band() {
    let take = |listens: bool| {
        let mut rig = Rig::new(busy);
        rig.play(5 * FRAME);
        listen(&rig.shared, listens.then(audition));
        rig.play(15 * FRAME);
        rig.block(&rig.host(true), 500, &[on(10, 72)]);
        rig.play(4 * FRAME);
        rig.block(&rig.host(true), 500, &[off(10, 72)]);
        listen(&rig.shared, None);
        rig.play(20 * FRAME);
        let after = rig.log.iter().filter(|(sample, ..)| *sample > 30 * FRAME).copied().collect::<Vec<_>>();
        (rig.heard.clone(), rig.asked.clone(), after)
    };
    assert_eq!(take(true), take(false));
}

#[test]
fn a_song_that_stops_or_jumps_does_not_touch_it_and_a_host_that_renders_ends_it() {
    let mut rig = Rig::new(chords);
    rig.play(5 * FRAME);
    listen(&rig.shared, Some(audition()));
    rig.play(12 * FRAME);
    rig.position = 100.3;
    rig.play(FRAME);
    rig.block(&rig.host(false), 500, &[]);
    rig.play(12 * FRAME);
    assert_eq!(rig.notes(Part::You)[..2], [(BAR, 60, true), (BAR + 4 * FRAME, 60, false)]);
    assert_eq!(rig.notes(Part::Player(Player::Bass))[0], (BAR + 8 * FRAME, 40, true));
    let (played, cues) = (played_ring(256).0, cue_ring(16).1);
    rig.processor.connect(RATE, true, played, cues);
    let begun = rig.log.len();
    rig.play(2 * BAR);
    assert_eq!(sounding(&rig.log), Ok(0));
    let plays =
        |&(_, part, message): &(i64, Part, Message)| part == Part::You && matches!(message, Message::NoteOn { .. });
    assert!(!rig.log[begun..].iter().any(plays));
}

#[test]
fn another_one_takes_its_place_with_a_bar() {
    let mut rig = Rig::new(nothing);
    listen(&rig.shared, Some(audition()));
    rig.play(BAR / 2);
    let mut other = audition();
    other.events.iter_mut().for_each(|event| event.key += 1);
    listen(&rig.shared, Some(other));
    rig.play(BAR);
    let begins = rig.notes(Part::You).into_iter().filter(|(.., on)| *on).collect::<Vec<_>>();
    assert_eq!(begins, [(0, 60, true), (BAR, 61, true)]);
}
