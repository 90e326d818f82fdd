//! How the harmonist chooses from what it is advised: when a chord begins, which one, over which bass.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::constraints::Permitted;
use super::history::History;
use crate::controls::Controls;
use crate::improviser::chance::grid::{exp, ln, steps};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::chance::sampler::{Freedom, happens, likeliest, sample};
use crate::improviser::listening::key_belief::KeyBelief;
use crate::improviser::memory::Memory;
use crate::music::{Chord, Key, PitchClass, PitchClassSet, Quality, SlashChord};
use crate::network::harmonist::HarmonyLogits;

/// How much each reason for a choice weighs, and how freely it is made. Log-odds, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// For a chord to begin, in every frame: calibrates how often the harmony moves.
    pub change: f32,
    /// For a change from a chord that holds nothing of what was heard of late; as much against one from a chord that
    /// holds all of it.
    pub clash: f32,
    /// Factor of the log-probability of the chord itself.
    pub likelihood: f32,
    /// Factor of the log-probability that some chord is meant that shares three tones or more with it: what is likely
    /// to agree rather than to be the very same (minimum Bayes risk, Kumar & Byrne 2004).
    pub agreement: f32,
    /// For a chord that lies in the keys that are believed in.
    pub key: f32,
    /// For a chord that holds all that was heard of late.
    pub note: f32,
    /// Against another chord over the same root: it moves nothing.
    pub colour: f32,
    /// Against a chord for each time that it was among the last changes.
    pub repetition: f32,
    /// Against going back and forth between two chords once more.
    pub circle: f32,
    /// For the root in the bass.
    pub root: f32,
    /// For a chord that holds the note that was struck.
    pub struck: f32,
    /// What another chord must be ahead of the standing one, where a chord is as likely to begin as not, to replace it
    /// when a note is heard and the band follows as closely as it can.
    pub reaction: f32,
    /// Share of the temperature at which it is drawn whether a chord begins: a wild chord is colour, a wild rhythm is
    /// chatter.
    pub rhythm_heat: f32,
    /// Share of the temperature at which the chord is drawn.
    pub chord_heat: f32,
    /// Share of the temperature at which the bass is drawn.
    pub bass_heat: f32,
    /// The likeliest chords and basses with this probability together stay in play.
    pub nucleus: f32,
}

impl Weights {
    /// For the advice of a network. Tuned on the `valid` split.
    pub const NETWORK: Self = Self {
        // Who cannot look ahead must correct itself more often than people change.
        change: 3.5,
        clash: 1.5,
        likelihood: 0.3,
        agreement: 0.7,
        key: 2.0,
        note: 1.0,
        colour: 1.5,
        repetition: 0.15,
        circle: 1.5,
        root: 1.0,
        struck: 0.5,
        reaction: 1.0,
        rhythm_heat: 0.3,
        chord_heat: 0.3,
        bass_heat: 0.5,
        nucleus: 0.92,
    };

    /// For the advice of the rules, which know the key and the notes already, and do not correct themselves.
    pub const RULES: Self = Self {
        change: 0.0,
        clash: 0.0,
        likelihood: 1.0,
        agreement: 0.0,
        key: 0.0,
        note: 0.0,
        reaction: f32::INFINITY,
        chord_heat: 0.55,
        ..Self::NETWORK
    };

    /// For a network whose advice alone counts: what stands on top of it is to be better than this. In numbers of its
    /// own, so that it stays where it is.
    pub const ALONE: Self = Self {
        change: 0.0,
        clash: 0.0,
        likelihood: 1.0,
        agreement: 0.0,
        key: 0.0,
        note: 0.0,
        colour: 1.5,
        repetition: 0.15,
        circle: 1.5,
        root: 1.0,
        struck: 0.5,
        reaction: 1.0,
        rhythm_heat: 0.3,
        chord_heat: 0.3,
        bass_heat: 0.5,
        nucleus: 0.92,
    };
}

/// Chord changes that are remembered, so that the band does not turn in circles.
const REMEMBERED: usize = 6;

/// The last chords, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent([Option<Chord>; REMEMBERED]);

impl Recent {
    /// After `chord` has begun.
    pub fn with(mut self, chord: Chord) -> Self {
        self.0.rotate_right(1);
        self.0[0] = Some(chord);
        self
    }

    /// Log-odds against a return to `chord`: it was there a moment ago, and above all if two chords alternate.
    fn repetition(&self, chord: Chord, weights: &Weights) -> f32 {
        let times = self.0.iter().filter(|&&recent| recent == Some(chord)).count();
        let circles = self.0[1] == Some(chord) && self.0[3] == Some(chord) && self.0[0] == self.0[2];
        weights.repetition * times as f32 + if circles { weights.circle } else { 0.0 }
    }
}

/// What key and notes of late say about each chord. The network knows them too, but what it believes of the key it
/// holds on to; the product of both (Hinton 2002, "Training products of experts") is right more often.
#[derive(Clone, Copy, Debug)]
struct Opinion {
    /// Log-odds for each chord.
    chords: [f32; Chord::VOCABULARY],
    /// Log-odds for a change from each chord.
    change: [f32; Chord::VOCABULARY],
}

impl Opinion {
    /// The opinion after `heard`, pitch classes that sum to 1, in `keys`. Who sets how chromatic the harmony is to be
    /// leaves the key to the network.
    fn of(weights: &Weights, keys: &KeyBelief, heard: [f32; 12], controls: &Controls) -> Self {
        let mut opinion = Self { chords: [0.0; Chord::VOCABULARY], change: [0.0; Chord::VOCABULARY] };
        let key_weight = if controls.chromaticism.is_none() { weights.key } else { 0.0 };
        let believed: Vec<(PitchClassSet, f32)> = (keys.weights().iter().enumerate())
            .filter(|(_, belief)| **belief > 0.01)
            .map(|(index, &belief)| (Key::from_index(index).locked_scale(), belief))
            .collect();
        for index in 0..Chord::NONE_INDEX {
            let Some(chord) = Chord::from_index(index) else { continue };
            let tones = chord.tones();
            let in_key = believed.iter().filter(|(scale, _)| tones.is_subset(*scale)).map(|(_, belief)| belief);
            let held: f32 = tones.iter().map(|class| heard[usize::from(class)]).sum();
            opinion.chords[index] =
                key_weight * in_key.sum::<f32>() + weights.note * (held - 0.05 * tones.len() as f32);
            opinion.change[index] = weights.clash * (0.5 - held);
        }
        opinion
    }
}

/// For each chord, the chords that share three tones or more with it; itself among them.
static RELATIVES: LazyLock<Vec<Vec<usize>>> = LazyLock::new(|| {
    let tones: Vec<PitchClassSet> = (0..Chord::NONE_INDEX).filter_map(Chord::from_index).map(Chord::tones).collect();
    let related = |one: &PitchClassSet, other: &PitchClassSet| one.intersection(*other).len() >= 3;
    tones.iter().map(|one| (0..tones.len()).filter(|&other| related(one, &tones[other])).collect()).collect()
});

/// The chord that a note asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reaction {
    /// The chord.
    pub chord: Chord,
    /// Log-odds against the standing chord: more where a chord is likely to begin anyway.
    lead: f32,
}

/// How a chord is chosen from advice.
#[derive(Clone, Debug)]
pub struct ChordChoice<'a> {
    weights: &'a Weights,
    controls: &'a Controls,
    /// The harmony that is given, by the musician's left hand above all: it is taken.
    given: Option<SlashChord>,
    /// What the musician has played so far.
    memory: &'a Memory,
    opinion: Opinion,
}

impl<'a> ChordChoice<'a> {
    /// A choice after `heard`, pitch classes of late that sum to 1, in `keys`.
    pub fn new(
        weights: &'a Weights,
        controls: &'a Controls,
        keys: &KeyBelief,
        heard: [f32; 12],
        given: Option<SlashChord>,
        memory: &'a Memory,
    ) -> Self {
        let given = given.filter(|given| given.chord.tones().is_subset(controls.allowed()));
        Self { weights, controls, given, memory, opinion: Opinion::of(weights, keys, heard, controls) }
    }

    /// Whether the choice is made already.
    pub fn is_made(&self) -> bool {
        self.given.is_some()
    }

    /// The harmony of a frame after `history`, of those that are `permitted`.
    pub fn harmony(
        &self,
        advice: &HarmonyLogits,
        history: &History,
        recent: &Recent,
        permitted: &Permitted,
        random: Random,
    ) -> SlashChord {
        if let Some(given) = self.given {
            return given;
        }
        let standing = history.standing();
        let stands = standing.filter(|standing| {
            permitted.stand.contains(standing.chord) && !self.begins(advice, standing.chord, random)
        });
        stands.unwrap_or_else(|| {
            let before = standing.map(|standing| standing.chord);
            let chord = self.drawn(advice, before, recent, permitted, random);
            standing.filter(|standing| standing.chord == chord).unwrap_or_else(|| self.over_bass(chord, advice, random))
        })
    }

    /// How far, in log-odds, the band would rather have had something else than `harmony` after `standing`; at least 0.
    pub fn regret(&self, advice: &HarmonyLogits, standing: Option<Chord>, harmony: Chord) -> f32 {
        let Some(standing) = standing else { return 0.0 };
        let beginning = self.beginning(advice, standing);
        if standing == harmony {
            return beginning.max(0.0);
        }
        let weighed = self.weighed(advice);
        let best = weighed.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        (-beginning).max(0.0) + best - weighed[harmony.index()]
    }

    /// Log-odds for a chord to begin where `standing` stands.
    fn beginning(&self, advice: &HarmonyLogits, standing: Chord) -> f32 {
        advice.change[1] - advice.change[0] + self.weights.change + self.opinion.change[standing.index()]
    }

    fn begins(&self, advice: &HarmonyLogits, standing: Chord, random: Random) -> bool {
        let heat = self.weights.rhythm_heat * self.controls.temperature;
        happens(self.beginning(advice, standing), heat, random.uniform(Purpose::HarmonicRhythm, 0))
    }

    /// The chord that is due; it may be the standing one, if that may stand.
    fn drawn(
        &self,
        advice: &HarmonyLogits,
        standing: Option<Chord>,
        recent: &Recent,
        permitted: &Permitted,
        random: Random,
    ) -> Chord {
        let mut advice = *advice;
        self.memory.recall_chord(&mut advice.chord, recent.0.into_iter().flatten(), self.controls.memory);
        let mut logits = self.weighed(&advice);
        for (index, logit) in logits.iter_mut().enumerate() {
            let Some(chord) = Chord::from_index(index).filter(|&chord| Some(chord) != standing) else { continue };
            let same_root = standing.is_some_and(|standing| standing.root == chord.root);
            *logit -= recent.repetition(chord, self.weights) + if same_root { self.weights.colour } else { 0.0 };
        }
        let freedom = self.freedom(self.weights.chord_heat);
        let fits = |index| Chord::from_index(index).is_some_and(|chord| permitted.allow(chord, standing));
        sample(&logits, fits, freedom, random.uniform(Purpose::Chord, 0))
            .and_then(Chord::from_index)
            .or(standing)
            .unwrap_or_else(|| tonic(self.controls.key))
    }

    /// `chord` over its root, unless another bass is clearly advised.
    pub fn over_bass(&self, chord: Chord, advice: &HarmonyLogits, random: Random) -> SlashChord {
        let first = 12 * usize::from(chord.root);
        let mut logits = [0.0; 12];
        logits.copy_from_slice(&advice.bass[first..first + 12]);
        logits[0] += self.weights.root;
        let class = |index: usize| (chord.root + index as u8) % 12;
        let scale = self.controls.allowed();
        let allowed = |index| scale.contains(class(index));
        let bass = sample(&logits, allowed, self.freedom(self.weights.bass_heat), random.uniform(Purpose::Chord, 1));
        SlashChord { chord, bass: bass.map_or(chord.root, class) }
    }

    /// The chord other than `standing` that a note of the class `struck` asks for in the frame of `advice`.
    pub fn reaction(
        &self,
        advice: &HarmonyLogits,
        struck: PitchClass,
        standing: Chord,
        permitted: &Permitted,
    ) -> Option<Reaction> {
        let mut logits = self.weighed(advice);
        for (index, logit) in logits.iter_mut().enumerate() {
            let holds = Chord::from_index(index).is_some_and(|chord| chord.contains(struck));
            *logit += if holds { self.weights.struck } else { 0.0 };
        }
        let fits = |chord: Chord| chord != standing && permitted.begin.contains(chord);
        let best = likeliest(&logits, |index| Chord::from_index(index).is_some_and(fits))?;
        let lead = logits[best] - logits[standing.index()] + self.beginning(advice, standing);
        Some(Reaction { chord: Chord::from_index(best)?, lead })
    }

    /// Whether a band that is to `follow` (0–1) heeds the reaction.
    pub fn heeds(&self, reaction: &Reaction, follow: f32) -> bool {
        !self.is_made() && steps(reaction.lead) > steps(self.weights.reaction / follow)
    }

    /// The advice on each chord, made kind to relatives, together with the opinion.
    fn weighed(&self, advice: &HarmonyLogits) -> [f32; Chord::VOCABULARY] {
        let most = advice.chord.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let chances = advice.chord.map(|logit| exp(logit - most));
        let sum = most + logarithm(chances.iter().sum());
        let mut agreeing = [0.0f32; Chord::VOCABULARY];
        for (chance, relatives) in chances.iter().zip(RELATIVES.iter()) {
            relatives.iter().for_each(|&relative| agreeing[relative] += chance);
        }
        let mut weighed = [f32::NEG_INFINITY; Chord::VOCABULARY];
        for index in 0..Chord::NONE_INDEX {
            weighed[index] = self.weights.likelihood * (advice.chord[index] - sum)
                + self.weights.agreement * (logarithm(agreeing[index]) + most - sum)
                + self.opinion.chords[index];
        }
        weighed
    }

    fn freedom(&self, heat: f32) -> Freedom {
        Freedom { temperature: heat * self.controls.temperature, nucleus: self.weights.nucleus }
    }
}

/// Of a chance that may be none.
fn logarithm(chance: f32) -> f32 {
    ln(f64::from(chance.max(f32::MIN_POSITIVE))) as f32
}

fn tonic(key: Key) -> Chord {
    Chord::new(key.tonic, if key.is_minor() { Quality::Minor } else { Quality::Major })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::improviser::harmony::constraints::{Constraints, Cycles};
    use crate::music::{BarPosition, Meter, Spot};
    use crate::network::features::Note;

    /// Nothing but the advice counts.
    const PLAIN: Weights = Weights {
        change: 0.0,
        clash: 0.0,
        likelihood: 1.0,
        agreement: 0.0,
        key: 0.0,
        note: 0.0,
        colour: 0.0,
        repetition: 0.0,
        circle: 0.0,
        root: 0.0,
        reaction: 0.8,
        ..Weights::NETWORK
    };
    const AGREEING: Weights = Weights { agreement: 1.0, ..PLAIN };

    fn chord(symbol: &str) -> Chord {
        symbol.parse().unwrap()
    }

    /// Logits with the given log-odds for a beginning, and for some chords over all others.
    fn advice(beginning: f32, chords: &[(&str, f32)]) -> HarmonyLogits {
        let mut advice = HarmonyLogits::EVEN;
        advice.change[1] = beginning;
        advice.chord = [-20.0; Chord::VOCABULARY];
        chords.iter().for_each(|(symbol, logit)| advice.chord[chord(symbol).index()] = *logit);
        advice
    }

    fn cool() -> Controls {
        Controls { temperature: 0.0, follow: 1.0, ..Controls::default() }
    }

    fn choice<'a>(weights: &'static Weights, controls: &'a Controls, held: Option<Chord>) -> ChordChoice<'a> {
        ChordChoice::new(weights, controls, &KeyBelief::default(), [0.0; 12], held.map(SlashChord::from), Memory::EMPTY)
    }

    fn permitted(controls: &Controls) -> Permitted {
        let spot = Spot { frame: 0, position: BarPosition { bar_start: 0, meter: Meter::default() } };
        Constraints::default().permitted(spot, controls.key, controls, &Cycles::default())
    }

    fn after(chord: Option<SlashChord>, frames: usize) -> History {
        let mut history = History::default();
        (0..frames).for_each(|_| history.put_down(Note::Rest, chord));
        history
    }

    fn chosen(weights: &'static Weights, controls: &Controls, advice: &HarmonyLogits, standing: &str) -> String {
        let history = after(Some(chord(standing).into()), 4);
        let choice = choice(weights, controls, None);
        choice.harmony(advice, &history, &Recent::default(), &permitted(controls), Random::new(1, 0)).to_string()
    }

    #[test]
    fn a_chord_stands_until_one_is_to_begin() {
        let g = [("G", 5.0), ("C", 0.0)];
        assert_eq!(chosen(&PLAIN, &cool(), &advice(-1.0, &g), "C"), "C");
        assert_eq!(chosen(&PLAIN, &cool(), &advice(1.0, &g), "C"), "G");
        assert_eq!(chosen(&PLAIN, &cool(), &advice(1.0, &[("C", 5.0)]), "C"), "C", "what is drawn may stand already");
    }

    #[test]
    fn kindness_prefers_what_is_likely_to_agree() {
        // Am, Am7, C6 and C agree with each other in three tones; F#dim stands alone.
        let divided = advice(1.0, &[("F#dim", 1.0), ("Am7", 0.9), ("Am", 0.8), ("C6", 0.7), ("C", 0.6)]);
        assert_eq!(chosen(&PLAIN, &cool(), &divided, "G"), "F#dim");
        assert_eq!(chosen(&AGREEING, &cool(), &divided, "G"), "Am7");
    }

    #[test]
    fn every_chord_is_its_own_relative() {
        assert!(RELATIVES.iter().enumerate().all(|(index, relatives)| relatives.contains(&index)));
        assert!(RELATIVES[chord("C").index()].contains(&chord("Am7").index()));
        assert!(!RELATIVES[chord("C").index()].contains(&chord("Am").index()));
    }

    #[test]
    fn a_bass_other_than_the_root_is_taken_when_it_is_advised_and_fits_the_lock() {
        let mut advice = advice(1.0, &[("G", 5.0)]);
        advice.bass[7 * 12 + 4] = 3.0;
        assert_eq!(chosen(&PLAIN, &cool(), &advice, "C"), "G/B");
        let locked = Controls { key_lock: true, key: Key::major(0), ..cool() };
        assert_eq!(chosen(&PLAIN, &locked, &advice, "C"), "G/B");
        advice.bass[7 * 12 + 3] = 9.0;
        assert_eq!(chosen(&PLAIN, &cool(), &advice, "C"), "G/Bb");
        assert_eq!(chosen(&PLAIN, &locked, &advice, "C"), "G/B");
        advice.change[1] = -1.0;
        assert_eq!(chosen(&PLAIN, &cool(), &advice, "G"), "G", "the bass is chosen where the chord begins");
    }

    #[test]
    fn the_lock_lets_only_its_own_chords_through() {
        let locked = Controls { key_lock: true, key: Key::major(0), ..cool() };
        assert_eq!(chosen(&PLAIN, &locked, &advice(1.0, &[("E7", 5.0), ("Em", 1.0)]), "C"), "Em");
        assert_eq!(chosen(&PLAIN, &locked, &advice(-9.0, &[("F", 1.0)]), "E7"), "F", "even if the other stands");
    }

    #[test]
    fn the_chord_that_is_held_is_taken() {
        let controls = cool();
        let history = after(Some(chord("C").into()), 4);
        let choice = choice(&PLAIN, &controls, Some(chord("Ab7")));
        let advice = advice(-9.0, &[("G", 5.0)]);
        let harmony = choice.harmony(&advice, &history, &Recent::default(), &permitted(&controls), Random::new(1, 0));
        assert_eq!(harmony, chord("Ab7").into());
        let reaction = choice.reaction(&advice, 7, chord("Ab7"), &permitted(&controls)).unwrap();
        assert!(!choice.heeds(&reaction, 1.0));
    }

    #[test]
    fn a_note_that_asks_for_another_chord_is_followed_if_a_chord_may_begin() {
        let controls = cool();
        let choice = choice(&PLAIN, &controls, None);
        let heeded = |beginning, follow| {
            let advice = advice(beginning, &[("C", 3.0), ("Dm", 1.0), ("G7", 2.9)]);
            let reaction = choice.reaction(&advice, 2, chord("C"), &permitted(&controls));
            reaction.filter(|reaction| choice.heeds(reaction, follow)).map(|reaction| reaction.chord)
        };
        assert_eq!(heeded(1.0, 1.0), Some(chord("G7")), "it holds the note");
        assert_eq!(heeded(-5.0, 1.0), None, "the note passes");
        assert_eq!(heeded(1.0, 0.0), None, "the band anticipates");
    }
}
