//! The harmony of a whole chorus: what the harmonizer network says of every beat, and the likeliest sequence of chords
//! under it that keeps what is given.
//!
//! Decoded from likelihood, and as people move, colour and change chords in the style: what the likeliest sequence does
//! too often or too seldom beside them is taken back in part. Nothing is weighed in that could be hedged. The melody is
//! moved to where its first note is a C before the network hears it, and the chords back: so the same tune in another
//! key gets the same chords in that key, to the bit.

use super::changes::{Bearings, Expected};
use super::decoding::{self, Moves, likeliest};
use super::repeats::together;
use crate::controls::Controls;
use crate::improviser::chance::grid::{rounded, steps};
use crate::improviser::listening::key_belief::KeyBelief;
use crate::music::pitch::transposed;
use crate::music::style::Harmonization;
use crate::music::{Chord, PitchClass, PitchClassSet, SlashChord, Spot};
use crate::network::HarmonizerNetwork;
use crate::network::features::Note;
use crate::network::harmonist::{HarmonistAttributes, HarmonyLogits};
use crate::network::harmonizer::{Beat, Given, Request, SLOTS};
use crate::network::style_mix::StyleMix;

/// A frame of a chorus: what was heard in it, and what is known of its harmony.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChorusFrame {
    /// Where it lies.
    pub spot: Spot,
    /// The melody.
    pub note: Note,
    /// The harmony.
    pub given: Given,
}

/// What the harmony is to be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// The styles; `None` is "unknown".
    pub mix: Option<StyleMix>,
    /// How often chords change, how chromatic they are, and the mode.
    pub attributes: HarmonistAttributes,
    /// The pitch classes that chords and basses may have, except where they are given.
    pub allowed: PitchClassSet,
    /// The changes that are expected, where the chorus is the beginning of a song.
    pub expected: Option<Expected>,
    /// How the styles harmonize.
    pub harmonization: Harmonization,
}

impl Wish {
    /// What the controls ask for.
    pub fn of(controls: &Controls) -> Self {
        let &Controls { style_a, style_b, style_blend, chord_rate, chromaticism, mode, .. } = controls;
        let [ours, theirs] = [style_a, style_b].map(|style| &style.character().harmonization);
        Self {
            mix: Some(StyleMix::of(controls)),
            attributes: HarmonistAttributes { chord_rate, chromaticism, mode },
            allowed: controls.allowed(),
            expected: None,
            harmonization: ours.blended(theirs, style_blend),
        }
    }
}

impl Default for Wish {
    /// Nothing is asked for.
    fn default() -> Self {
        Self {
            mix: None,
            attributes: HarmonistAttributes::default(),
            allowed: PitchClassSet::ALL,
            expected: None,
            harmonization: Harmonization::default(),
        }
    }
}

/// How much the log-probability of a chord weighs in each of its beats; that of a change weighs 1. From `valid`, as the
/// other weights: the right roots are found most often.
const LIKELIHOOD: i64 = 4;
/// Log-odds for a change, in steps of the grid: with them chords change as often as people's in every source.
const READINESS: i64 = 64;
/// Log-odds for the root in the bass in each beat, in steps of the grid: with them some basses are others, and as many
/// are right as if none was.
const ROOT: i64 = -48;

/// The harmony of each frame of `chorus`, of which each follows on the one before; about 64 bars at most, for the time
/// that it takes grows with the square of the length. Where it is given it is kept; elsewhere there is always a chord,
/// which begins on a beat. Pure: the same chorus gets the same harmony everywhere, and one that lies so many semitones
/// higher the same harmony as much higher.
///
/// # Errors
/// When the network fails.
pub fn harmonize(
    network: &HarmonizerNetwork,
    chorus: &[ChorusFrame],
    wish: &Wish,
) -> Result<Vec<Option<SlashChord>>, String> {
    let up = reference(chorus);
    let moved: Vec<ChorusFrame> = chorus.iter().map(|frame| frame.transposed(-up)).collect();
    let allowed: PitchClassSet = wish.allowed.iter().map(|class| transposed(class, -up)).collect();
    let (beats, firsts) = beats(&moved);
    let mut said = together(&beats, &said(network, &beats, wish)?);
    if let Some(expected) = &wish.expected {
        expect(expected, &moved, &firsts, &mut said);
    }
    let spots: Vec<Spot> = firsts.iter().map(|&first| moved[first].spot).collect();
    let harmony = decode(&beats, &spots, &said, &wish.harmonization, allowed);
    let ends = firsts.iter().skip(1).copied().chain([moved.len()]);
    let mut out = Vec::with_capacity(moved.len());
    for ((chord, &first), end) in harmony.into_iter().zip(&firsts).zip(ends) {
        out.extend(moved[first..end].iter().map(|frame| match frame.given {
            Given::Open => chord,
            given => given.chord(),
        }));
    }
    Ok(out.into_iter().map(|chord| chord.map(|chord| chord.transposed(up))).collect())
}

impl ChorusFrame {
    /// The same, `semitones` higher.
    pub fn transposed(self, semitones: i32) -> Self {
        let given = match self.given {
            Given::Chord(chord) => Given::Chord(chord.transposed(semitones)),
            given => given,
        };
        Self { note: self.note.transposed(semitones), given, ..self }
    }
}

/// The pitch class that moves with the chorus: the first that is heard, or that a chord is given on.
fn reference(chorus: &[ChorusFrame]) -> i32 {
    let heard = chorus.iter().find_map(|frame| frame.note.pitch_class());
    let given = || chorus.iter().find_map(|frame| frame.given.chord()).map(|chord| chord.chord.root);
    heard.or_else(given).map_or(0, i32::from)
}

/// The beats of a chorus, and the index of the frame in which each begins. The harmony of most of its frames is given
/// for a beat.
fn beats(chorus: &[ChorusFrame]) -> (Vec<Beat>, Vec<usize>) {
    let begins = |&index: &usize| {
        let spot = chorus[index].spot;
        index == 0 || spot.begins_bar() || spot.begins_beat()
    };
    let firsts: Vec<usize> = (0..chorus.len()).filter(begins).collect();
    let barlines = chorus.iter().skip(1).filter(|frame| frame.spot.begins_bar()).count();
    let mut number = 0;
    let beat = |(at, &first): (usize, &usize)| {
        let frames = &chorus[first..firsts.get(at + 1).copied().unwrap_or(chorus.len())];
        let ChorusFrame { spot, .. } = frames[0];
        number += usize::from(first > 0 && spot.begins_bar());
        let mut notes = [None; SLOTS];
        notes.iter_mut().zip(frames).for_each(|(slot, frame)| *slot = Some(frame.note));
        let most = |given: &Given| 2 * frames.iter().filter(|frame| frame.given == *given).count();
        let given = frames.iter().map(|frame| frame.given).find(|given| most(given) >= frames.len());
        Beat {
            notes,
            position: spot.position,
            tick: spot.tick(),
            number,
            left: barlines - number,
            given: given.unwrap_or_default(),
        }
    };
    (firsts.iter().enumerate().map(beat).collect(), firsts)
}

/// What the network says of each beat, on the grid.
fn said(network: &HarmonizerNetwork, beats: &[Beat], wish: &Wish) -> Result<Vec<HarmonyLogits>, String> {
    let ask = |style| {
        let said = network.read(beats, Request { style, attributes: wish.attributes })?;
        Ok::<_, String>(said.into_iter().map(|logits| logits.map(rounded)).collect::<Vec<_>>())
    };
    let Some((first, second)) = wish.mix.map(StyleMix::conditions) else { return ask(None) };
    let ours = ask(Some(first))?;
    let Some((other, share)) = second else { return Ok(ours) };
    let theirs = ask(Some(other))?;
    Ok(ours.into_iter().zip(&theirs).map(|(ours, theirs)| ours.mixed(theirs, share)).collect())
}

/// Makes the chords likelier of the changes that are expected, in what is said of the beats of `chorus` that begin with
/// the frames `firsts`.
fn expect(expected: &Expected, chorus: &[ChorusFrame], firsts: &[usize], said: &mut [HarmonyLogits]) {
    let Some(first) = chorus.first() else { return };
    let mut bearings = Bearings::default();
    chorus.iter().for_each(|frame| bearings.hear(frame.note));
    for &first in firsts {
        if let Given::Chord(given) = chorus[first].given {
            bearings.hear_chord(expected, chorus[first].spot, given.chord);
        }
    }
    bearings.settle(expected, &KeyBelief::default(), first.spot);
    for (said, &first) in said.iter_mut().zip(firsts) {
        bearings.weigh(expected, chorus[first].spot, 1.0, &mut said.chord);
    }
}

/// The harmony of each beat; they begin at these spots.
fn decode(
    beats: &[Beat],
    spots: &[Spot],
    said: &[HarmonyLogits],
    harmonization: &Harmonization,
    allowed: PitchClassSet,
) -> Vec<Option<SlashChord>> {
    let Harmonization { moves, qualities, rhythm } = harmonization;
    let chord = |class| Chord::from_index(class).filter(|chord| chord.tones().is_subset(allowed));
    let free: Vec<bool> = (0..Chord::VOCABULARY).map(|class| chord(class).is_some()).collect();
    let qualities = qualities.map(on_grid);
    let sums = |((beat, &spot), said): ((&Beat, &Spot), &HarmonyLogits)| {
        let may = |class: usize| match beat.given {
            Given::Open => free[class],
            given => class == Chord::index_of(given.chord().map(|given| given.chord)),
        };
        let [stands, begins] = said.change.map(on_grid);
        let quality = |class| Chord::from_index(class).map_or(0, |chord| qualities[chord.quality as usize]);
        let chord = |class| may(class).then(|| LIKELIHOOD * (on_grid(said.chord[class]) + quality(class)));
        let begins = begins - stands + READINESS - on_grid(rhythm.at(spot));
        decoding::Beat { chords: std::array::from_fn(chord), begins }
    };
    let sums: Vec<decoding::Beat> = beats.iter().zip(spots).zip(said).map(sums).collect();
    let classes = likeliest(&sums, &Moves::of(|from, to| on_grid(moves.of(from, to))));
    let mut out = Vec::with_capacity(beats.len());
    for same in classes.chunk_by(|one, other| one == other) {
        let here = out.len()..out.len() + same.len();
        let over_bass = |chord: Chord| SlashChord { chord, bass: bass(chord, &said[here.clone()], allowed) };
        let chord = Chord::from_index(same[0]).map(over_bass);
        out.extend(beats[here].iter().map(|beat| if beat.given == Given::Open { chord } else { beat.given.chord() }));
    }
    out
}

fn on_grid(logit: f32) -> i64 {
    steps(logit).into()
}

/// The likeliest bass of a chord in the beats of which this is said.
fn bass(chord: Chord, said: &[HarmonyLogits], allowed: PitchClassSet) -> PitchClass {
    let first = 12 * usize::from(chord.root);
    let over_root = |up: usize| said.iter().map(|said| on_grid(said.bass[first + up])).sum::<i64>();
    let class = |up: usize| transposed(chord.root, up as i32);
    let others = (1..12).filter(|&up| allowed.contains(class(up)));
    let best = others.map(|up| (over_root(up), up)).max_by_key(|&(sum, up)| (sum, std::cmp::Reverse(up)));
    let least = over_root(0) + ROOT * said.len() as i64;
    let is_better = |&(sum, _): &(i64, usize)| sum > least || !allowed.contains(chord.root);
    class(best.filter(is_better).map_or(0, |(_, up)| up))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use proptest::prelude::*;

    use super::*;
    use crate::music::{BarPosition, Frame, Meter};
    use crate::network::noise::on_processor;
    use crate::network::{Family, Networks};

    const BAR: usize = 16;

    fn network() -> Arc<HarmonizerNetwork> {
        static NETWORKS: OnceLock<Networks> = OnceLock::new();
        let networks = NETWORKS.get_or_init(|| Networks::built_in(Family::default()).0);
        networks.get().expect("it is built in")
    }

    fn frame(frame: Frame, note: Note) -> ChorusFrame {
        let position = BarPosition { bar_start: 0, meter: Meter::default() };
        ChorusFrame { spot: Spot { frame: 0, position }.plus(frame), note, given: Given::Open }
    }

    /// A chorus in 4/4 of notes that are held for a beat each; `None`: a rest.
    fn chorus(beats: &[Option<PitchClass>]) -> Vec<ChorusFrame> {
        let notes = beats.iter().flat_map(|note| match *note {
            Some(class) => [Note::Onset(class), Note::Held(class), Note::Held(class), Note::Rest],
            None => [Note::Rest; 4],
        });
        (0..).zip(notes).map(|(at, note)| frame(at, note)).collect()
    }

    fn harmony(chorus: &[ChorusFrame], wish: &Wish) -> Vec<Option<SlashChord>> {
        harmonize(&network(), chorus, wish).unwrap()
    }

    fn chord(symbol: &str) -> SlashChord {
        SlashChord::from(symbol.parse::<Chord>().unwrap())
    }

    /// Two bars of *Ode to Joy* in C, and two that come again.
    fn ode() -> Vec<ChorusFrame> {
        let bars = [[4, 4, 5, 7], [7, 5, 4, 2], [0, 0, 2, 4], [4, 2, 2, 2]];
        chorus(&bars.iter().chain(&bars).flatten().map(|&class| Some(class)).collect::<Vec<_>>())
    }

    prop_compose! {
        fn any_chorus()(
            beats in prop::collection::vec(prop::option::weighted(0.8, 0u8..12), 1..40),
            given in prop::collection::vec((0usize..160, 0usize..145, 0u8..12), 0..20),
        ) -> Vec<ChorusFrame> {
            let mut chorus = chorus(&beats);
            for (at, class, bass) in given {
                let length = chorus.len();
                chorus[at % length].given = match Chord::from_index(class) {
                    Some(chord) => Given::Chord(SlashChord { chord, bass }),
                    None => Given::NoChord,
                };
            }
            chorus
        }
    }

    prop_compose! {
        fn any_wish()(
            levels in prop::array::uniform2(prop::option::of(0u8..=4)), blend in prop::option::of(0f32..=1.0),
        ) -> Wish {
            let [chord_rate, chromaticism] = levels;
            let controls = |style_blend| Controls { style_blend, chord_rate, chromaticism, ..Controls::default() };
            let wish = Wish::of(&controls(blend.unwrap_or_default()));
            Wish { mix: wish.mix.filter(|_| blend.is_some()), ..wish }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_given_is_kept_and_every_other_frame_has_a_chord(chorus in any_chorus(), wish in any_wish()) {
            for (frame, chord) in chorus.iter().zip(harmony(&chorus, &wish)) {
                match frame.given {
                    Given::Open => prop_assert!(chord.is_some() || chorus.iter().any(|f| f.given == Given::NoChord)),
                    given => prop_assert_eq!(chord, given.chord()),
                }
            }
        }

        #[test]
        fn the_same_tune_higher_has_the_same_chords_as_much_higher(
            chorus in any_chorus(), wish in any_wish(), up in 0i32..12,
        ) {
            let higher: Vec<ChorusFrame> = chorus.iter().map(|frame| frame.transposed(up)).collect();
            let expected: Vec<_> =
                harmony(&chorus, &wish).into_iter().map(|chord| chord.map(|chord| chord.transposed(up))).collect();
            prop_assert_eq!(harmony(&higher, &wish), expected);
        }

        #[test]
        fn every_processor_finds_the_same_chords(chorus in any_chorus(), wish in any_wish(), number in 1u64..100) {
            let ours = harmony(&chorus, &wish);
            let (theirs, others) = on_processor(number, || harmony(&chorus, &wish));
            prop_assert!(others > 0.5, "{others}");
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn chords_begin_on_beats_and_lie_in_what_is_allowed(
            beats in prop::collection::vec(prop::option::weighted(0.8, 0u8..12), 1..40), key in 0usize..24,
        ) {
            let allowed = crate::music::Key::from_index(key).locked_scale();
            let chords = harmony(&chorus(&beats), &Wish { allowed, ..Wish::default() });
            for (at, pair) in chords.windows(2).enumerate() {
                prop_assert!(pair[0] == pair[1] || (at + 1) % 4 == 0);
            }
            for chord in chords.into_iter().flatten() {
                prop_assert!(chord.chord.tones().is_subset(allowed) && allowed.contains(chord.bass));
            }
        }
    }

    #[test]
    fn bars_that_come_again_get_the_same_roots_as_before() {
        let chords = harmony(&ode(), &Wish::default());
        let roots: Vec<_> = chords.iter().map(|chord| chord.map(|chord| chord.chord.root)).collect();
        let same = (0..4 * BAR).filter(|&at| roots[at] == roots[at + 4 * BAR]).count();
        assert!(same >= 3 * BAR, "{same} of {} frames", 4 * BAR);
    }

    #[test]
    fn a_chord_that_is_given_off_the_beat_sounds_there_and_no_longer() {
        let mut ode = ode();
        ode[6].given = Given::Chord(chord("Ab7"));
        let chords = harmony(&ode, &Wish::default());
        assert_eq!(chords[6], Some(chord("Ab7")));
        assert!([5, 7].into_iter().all(|at| chords[at] != Some(chord("Ab7"))));
    }

    #[test]
    fn nothing_has_no_harmony_and_silence_has_one() {
        assert_eq!(harmony(&[], &Wish::default()), []);
        assert!(harmony(&chorus(&[None; 8]), &Wish::default()).iter().all(Option::is_some));
    }
}
