//! The player of the accompaniment.

use super::comping_patterns::{Touch, comping};
use super::patterns::{Bar, Stroke, stroke};
use super::random::Purpose;
use super::scene::Scene;
use crate::controls::Player;
use crate::music::pitch::{KeyRange, ascent, class_of};
use crate::music::time::TICKS_PER_FRAME;
use crate::music::voicing::{Space, Texture, Voicing, lead};
use crate::music::{Chord, Moment, Quality, Style, Tick};
use crate::score::NoteCue;

/// The keys that the accompaniment may use at any register.
const KEYS: KeyRange = KeyRange::new(36, 84);
/// A chord that was struck so many ticks early need not be struck again when it begins.
const EARLIEST: Tick = 12;
/// The longest that a stroke sounds, in ticks: the harmony may turn another way than was planned.
const LONGEST: Tick = 48;
/// How far apart the strings of a strummed chord are at most, in milliseconds.
const STRUM: f32 = 9.0;

/// Strikes the harmonist's chords in the patterns of the style, at the latest when they begin, with the nearest
/// voicing. Once in a while, or when a bar goes by on one chord, it looks for another variant.
#[derive(Clone, Debug, Default)]
pub struct Comper {
    bar: Bar,
    voicing: Option<Voicing>,
    /// The chord of `voicing`.
    chord: Option<Chord>,
    /// When `chord` was struck before it began.
    early: Option<Tick>,
}

impl Comper {
    /// Appends the notes that begin in the scene's frame to `out`.
    pub fn decide(&mut self, scene: &Scene, out: &mut Vec<NoteCue>) {
        let patterns = comping(scene.style);
        let bar_begins = self.bar.follow(scene, patterns, Purpose::Comping);
        let Some(chord) = scene.chord else {
            *self = Self { bar: self.bar, voicing: self.voicing, ..Self::default() };
            return;
        };
        let tick = scene.tick();
        let is_due = self.chord == Some(chord);
        let struck_early = self.early.is_some_and(|early| (tick - EARLIEST..tick).contains(&early));
        if struck_early && !is_due && !scene.chord_changes {
            return;
        }
        let begins = scene.chord_changes || !is_due;
        if !is_due {
            self.voice(chord, scene, None);
        } else if !begins && self.looks_elsewhere(scene, bar_begins) {
            self.voice(chord, scene, self.voicing);
        }
        self.early = None;

        let density = scene.density(Player::Chords);
        let mut strokes: Vec<_> = self.bar.strokes(scene, patterns, Purpose::Comping, density).collect();
        strokes.retain(|&(at, _)| at >= tick);
        if begins && is_due && struck_early {
            strokes.retain(|&(at, _)| at > tick);
        } else if begins {
            match strokes.first_mut() {
                Some((at, first)) if *at == tick => first.touch = at_beginning(first.touch),
                // The pattern is silent where the chord begins.
                _ => strokes.insert(0, (tick, sudden(scene.style))),
            }
        }
        let barline = tick - scene.ticks_into_bar() + bar_ticks(scene);
        for (index, (at, stroke)) in strokes.iter().enumerate().take_while(|(_, (at, _))| *at < tick + TICKS_PER_FRAME)
        {
            let again = |&&(_, other): &&(Tick, Stroke<Touch>)| {
                stroke.length == 0 || matches!(stroke.touch, Touch::Step(_)) && other.touch == stroke.touch
            };
            let next = strokes[index + 1..].iter().find(again).map_or(barline, |next| next.0);
            self.strike(chord, stroke, *at, next, scene, out);
        }
    }

    /// Whether to voice a standing chord anew: most often as a bar begins, and in a hymn at any half bar.
    fn looks_elsewhere(&self, scene: &Scene, bar_begins: bool) -> bool {
        let chance = match scene.style {
            Style::Hymn if scene.is_beat() && scene.ticks_into_bar() == bar_ticks(scene) / 2 => 0.5,
            Style::Jazz | Style::Latin if bar_begins => 0.6,
            _ if bar_begins => 0.4,
            _ => 0.0,
        };
        scene.random.uniform(Purpose::Voicing, 0) < chance
    }

    /// Finds the voicing of `chord`, with an eye on the chord after it.
    fn voice(&mut self, chord: Chord, scene: &Scene, avoid: Option<Voicing>) {
        let after = scene.next_chord.map(|(_, next)| next).filter(|&next| next != chord);
        let mut chords = vec![chord];
        chords.extend(after);
        let path = lead(self.voicing.as_ref(), &chords, &Space { avoid, ..space(scene) });
        self.voicing = path.voicings.first().copied();
        self.chord = Some(chord);
        self.early = None;
    }

    /// Plays `stroke` at tick `at`; `next` is when the next stroke takes its place, or the next like it if it rings on.
    fn strike(
        &mut self,
        mut chord: Chord,
        stroke: &Stroke<Touch>,
        at: Tick,
        next: Tick,
        scene: &Scene,
        out: &mut Vec<NoteCue>,
    ) {
        let mut end = match Tick::from(stroke.length) {
            0 => next.min(at + LONGEST),
            length if matches!(stroke.touch, Touch::Step(_)) => next.min(at + length),
            length => at + length,
        };
        let change = scene.next_chord.filter(|&(change, _)| change > at);
        match change {
            Some((change, coming)) if stroke.touch == Touch::Early && change <= at + EARLIEST => {
                self.voice(coming, scene, None);
                self.early = Some(at);
                chord = coming;
            }
            Some((change, _)) => end = end.min(change),
            None => {}
        }
        let Some(voicing) = self.voicing else { return };
        let notes = notes(stroke.touch, &voicing, chord, &space(scene));
        let spread = scene.moments(STRUM * scene.controls.humanise);
        let chords = scene.controls.player(Player::Chords);
        for (string, key) in notes.into_iter().filter(|&key| scene.allowed().contains(class_of(key))).enumerate() {
            let delay = if matches!(stroke.touch, Touch::Down | Touch::Up) { spread * string as i64 } else { 0 };
            let start = Moment(Moment::from_tick(at).0 + delay);
            out.push(NoteCue {
                player: Player::Chords,
                channel: chords.channel,
                key,
                velocity: (i32::from(scene.touch) - 12 + i32::from(stroke.accent)).clamp(16, 120) as u8,
                start,
                length: Moment((Moment::from_tick(end).0 - start.0).max(1)),
            });
        }
    }
}

fn bar_ticks(scene: &Scene) -> Tick {
    scene.position.meter.bar_ticks()
}

/// What to strike when a chord begins where the pattern has no stroke.
fn sudden(style: Style) -> Stroke<Touch> {
    match style {
        Style::Classical | Style::Baroque | Style::Romantic | Style::Game => stroke(0, Touch::Step(0)),
        Style::Folk => stroke(0, Touch::Down),
        Style::Latin => stroke(0, Touch::Block).length(10),
        Style::Electronic => stroke(0, Touch::Block).length(6),
        _ => stroke(0, Touch::Block),
    }
}

/// What a stroke strikes instead when a chord begins with it: figures begin anew, and half a chord becomes a whole one.
fn at_beginning(touch: Touch) -> Touch {
    match touch {
        Touch::Step(_) => Touch::Step(0),
        Touch::Upper | Touch::Early => Touch::Block,
        Touch::Up => Touch::Down,
        touch => touch,
    }
}

/// Where the accompaniment lies.
fn space(scene: &Scene) -> Space {
    let texture = scene.style.texture();
    let home = match texture {
        Texture::Close => KeyRange::new(48, 72),
        Texture::Rootless => KeyRange::new(48, 73),
        Texture::Shell => KeyRange::new(47, 72),
        Texture::Wide => KeyRange::new(41, 70),
        Texture::Chorale => KeyRange::new(43, 72),
    };
    let width = home.high - home.low;
    let low = home.shifted(scene.controls.player(Player::Chords).register).low.clamp(KEYS.low, KEYS.high - width);
    let range = KeyRange::new(low, low + width);
    let ceiling = scene.player_centre.saturating_sub(2).clamp(low + width / 2 + 2, range.high);
    Space { texture, range, ceiling, key: scene.key, colours: scene.key.scale(), avoid: None }
}

/// The keys that `touch` strikes, in the order of a strum.
fn notes(touch: Touch, voicing: &Voicing, chord: Chord, space: &Space) -> Vec<u8> {
    let keys = voicing.keys();
    let (range, ceiling) = (space.range, space.ceiling);
    let dyad = |upper: u8| {
        let root = KeyRange::new(range.low.max(KEYS.low), range.low + 11).fold(48 + chord.root);
        vec![root, root + upper]
    };
    match touch {
        Touch::Block | Touch::Down | Touch::Early => keys.to_vec(),
        Touch::Upper => keys[usize::from(keys.len() > 1)..].to_vec(),
        Touch::Up => keys[usize::from(keys.len() > 1)..].iter().rev().copied().collect(),
        Touch::Low => vec![voicing.lowest()],
        Touch::Step(step) => {
            // Beyond the top, the chord goes on upwards.
            let above =
                |last: u8, index: usize| last + 1 + ascent(class_of(last + 1), class_of(keys[index % keys.len()]));
            let step = usize::from(step);
            let key = (keys.len()..=step).fold(keys[step.min(keys.len() - 1)], above);
            vec![if key > ceiling + 3 { key - 12 } else { key }]
        }
        Touch::Fifth => dyad(chord.quality.intervals()[2]),
        Touch::Sixth => dyad(sixth(chord.quality)),
    }
}

/// The upper note of the shuffle over a root: a sixth over major, a seventh over minor, the fifth where neither fits.
fn sixth(quality: Quality) -> u8 {
    match quality {
        Quality::Major | Quality::Sixth | Quality::Dominant | Quality::MajorSeventh | Quality::MinorSixth => 9,
        Quality::Minor | Quality::MinorSeventh => 10,
        quality => quality.intervals()[2],
    }
}
