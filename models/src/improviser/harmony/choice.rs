//! How the harmonist chooses from what it is advised: when a chord begins, which one, over which bass.

use super::constraints::Permitted;
use super::history::History;
use super::weights::Weights;
use crate::controls::Controls;
use crate::improviser::chance::grid::{exp, ln, steps};
use crate::improviser::chance::random::{Purpose, Random};
use crate::improviser::chance::sampler::{Freedom, happens, likeliest, sample};
use crate::improviser::listening::key_belief::KeyBelief;
use crate::improviser::memory::Memory;
use crate::improviser::tune::changes::{Bearings, Expected};
use crate::music::{Chord, Key, PitchClass, PitchClassSet, Quality, SlashChord, Spot};
use crate::network::harmonist::HarmonyLogits;

/// Chord changes that are remembered, so that the band does not turn in circles.
const REMEMBERED: usize = 6;

/// No chord is less likely to lie in the key.
const LEAST_CHANCE: f32 = 1e-3;

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

/// What is advised on each chord of a set and on each harmony, whose colours the chords are; −∞ on what is not there.
struct Advised {
    chords: [f32; Chord::VOCABULARY],
    harmonies: [f32; Chord::HARMONIES],
}

impl Advised {
    /// From the logits of those chords that `fit`.
    fn of(logits: &[f32; Chord::VOCABULARY], fit: impl Fn(Chord) -> bool) -> Self {
        let fits = |index| Chord::from_index(index).is_some_and(&fit);
        let chords: [f32; Chord::VOCABULARY] =
            std::array::from_fn(|index| if fits(index) { logits[index] } else { f32::NEG_INFINITY });
        let most = chords.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut chances = [0.0; Chord::HARMONIES];
        for chord in (0..Chord::NONE_INDEX).filter_map(Chord::from_index) {
            let logit = chords[chord.index()];
            chances[chord.harmony()] += if logit > f32::NEG_INFINITY { exp(logit - most) } else { 0.0 };
        }
        let logit = |chance: f32| if chance > 0.0 { most + ln(chance.into()) as f32 } else { f32::NEG_INFINITY };
        Self { chords, harmonies: chances.map(logit) }
    }

    /// How likely the likeliest harmony is, apart from `one`.
    fn best_but(&self, one: usize) -> f32 {
        let others = self.harmonies.iter().enumerate().filter(|&(harmony, _)| harmony != one);
        others.map(|(_, &logit)| logit).fold(f32::NEG_INFINITY, f32::max)
    }

    /// The chord that is taken, and its harmony: what `pick` takes of the harmonies as seen from `root`, so that it is
    /// taken alike in every key, in the colour that `colour` takes; but what `stays` has no other colour.
    fn taken(
        &self,
        root: PitchClass,
        stays: Option<Chord>,
        pick: impl Fn(&[f32]) -> Option<usize>,
        colour: impl Fn(&[f32]) -> Option<usize>,
    ) -> Option<(usize, Chord)> {
        let origin = 2 * usize::from(root);
        let mut seen = self.harmonies;
        seen.rotate_left(origin);
        let harmony = (pick(&seen)? + origin) % Chord::HARMONIES;
        let coloured = || {
            let quality = Quality::ALL[colour(&self.colours(harmony))?];
            Some(Chord::new((harmony / 2) as PitchClass, quality))
        };
        let chord = stays.filter(|&standing| standing.harmony() == harmony).or_else(coloured)?;
        Some((harmony, chord))
    }

    /// The colours of `harmony`, in the order of [`Quality::ALL`].
    fn colours(&self, harmony: usize) -> [f32; Quality::ALL.len()] {
        let root = (harmony / 2) as PitchClass;
        Quality::ALL.map(|quality| {
            let chord = Chord::new(root, quality);
            if chord.harmony() == harmony { self.chords[chord.index()] } else { f32::NEG_INFINITY }
        })
    }
}

/// The chord that a note asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reaction {
    /// The chord.
    pub chord: Chord,
    /// How much likelier its harmony is than the planned one, as log-odds.
    lead: f32,
}

/// How a chord is chosen from advice.
#[derive(Clone, Debug)]
pub struct ChordChoice<'a> {
    weights: &'a Weights,
    controls: &'a Controls,
    /// In which the first chord is sought.
    key: Key,
    /// The keys that the band believes to be in.
    keys: &'a KeyBelief,
    /// The harmony that is given, by the musician's left hand above all: it is taken.
    given: Option<SlashChord>,
    /// What the musician has played so far.
    memory: &'a Memory,
    /// The changes that are expected, and in which keys.
    expected: Option<(Expected, &'a Bearings)>,
}

impl<'a> ChordChoice<'a> {
    /// A choice in `key`, where the band believes to be in `keys`, unless it is made already: `given` is taken if the
    /// lock allows it.
    pub fn new(
        weights: &'a Weights,
        controls: &'a Controls,
        key: Key,
        keys: &'a KeyBelief,
        given: Option<SlashChord>,
        memory: &'a Memory,
    ) -> Self {
        let given = given.filter(|given| given.chord.tones().is_subset(controls.allowed()));
        Self { weights, controls, key, keys, given, memory, expected: None }
    }

    /// The same, where these changes are expected.
    pub fn expecting(self, expected: Option<Expected>, bearings: &'a Bearings) -> Self {
        Self { expected: expected.map(|expected| (expected, bearings)), ..self }
    }

    /// How likely each chord is at `spot` after `standing`, by what is advised there, how the style moves, and what is
    /// expected.
    fn likely(&self, advice: &HarmonyLogits, spot: Spot, standing: Option<Chord>) -> [f32; Chord::VOCABULARY] {
        let mut chords = advice.chord;
        if let Some(standing) = standing.filter(|_| self.weights.moves > 0.0) {
            let Controls { style_a, style_b, style_blend, .. } = *self.controls;
            let [style, other] = [style_a, style_b].map(|style| &style.character().moves);
            for chord in (0..Chord::NONE_INDEX).filter_map(Chord::from_index) {
                let (ours, theirs) = (style.of(standing, chord), other.of(standing, chord));
                chords[chord.index()] += self.weights.moves * (ours + style_blend * (theirs - ours));
            }
        }
        if let Some((expected, bearings)) = &self.expected {
            bearings.weigh(expected, spot, self.weights.expected, &mut chords);
        }
        chords
    }

    /// Whether the choice is made already.
    pub fn is_made(&self) -> bool {
        self.given.is_some()
    }

    /// The harmony of the frame at `spot` after `history`, of those that are `permitted`.
    pub fn harmony(
        &self,
        advice: &HarmonyLogits,
        spot: Spot,
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
            permitted.stand.contains(standing.chord) && !self.begins(advice, spot, standing.chord, random)
        });
        stands.unwrap_or_else(|| {
            let before = standing.map(|standing| standing.chord);
            let chord = self.drawn(advice, spot, before, recent, permitted, random);
            standing.filter(|standing| standing.chord == chord).unwrap_or_else(|| self.over_bass(chord, advice, random))
        })
    }

    /// How far, in log-odds, the band would rather have had something else than `harmony` after `standing` in the frame
    /// at `spot`; at least 0.
    pub fn regret(&self, advice: &HarmonyLogits, spot: Spot, standing: Option<Chord>, harmony: Chord) -> f32 {
        let Some(standing) = standing else { return 0.0 };
        let advised = Advised::of(&self.likely(advice, spot, Some(standing)), |_| true);
        let beginning = self.beginning(&advised, advice, spot, standing);
        if standing == harmony {
            return beginning.max(0.0);
        }
        let best = advised.harmonies.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        (-beginning).max(0.0) + best - advised.harmonies[harmony.harmony()]
    }

    /// Log-odds for another harmony to begin at `spot` where `standing` stands: how much likelier one is, less what it
    /// takes.
    fn beginning(&self, advised: &Advised, advice: &HarmonyLogits, spot: Spot, standing: Chord) -> f32 {
        let standing = standing.harmony();
        let likelier = advised.best_but(standing) - advised.harmonies[standing];
        self.weights.likelier * likelier - self.hold(advice, spot)
    }

    /// What is to be said for another harmony before one begins at `spot`.
    fn hold(&self, advice: &HarmonyLogits, spot: Spot) -> f32 {
        self.weights.hold(spot, self.controls) - self.weights.change * (advice.change[1] - advice.change[0])
    }

    fn begins(&self, advice: &HarmonyLogits, spot: Spot, standing: Chord, random: Random) -> bool {
        let heat = self.weights.rhythm_heat * self.controls.temperature;
        let advised = Advised::of(&self.likely(advice, spot, Some(standing)), |_| true);
        let beginning = self.beginning(&advised, advice, spot, standing);
        happens(beginning, heat, random.uniform(Purpose::HarmonicRhythm, 0))
    }

    /// The chord that is due; it may be the standing one, if that may stand: other colours of it are no change.
    fn drawn(
        &self,
        advice: &HarmonyLogits,
        spot: Spot,
        standing: Option<Chord>,
        recent: &Recent,
        permitted: &Permitted,
        random: Random,
    ) -> Chord {
        let mut logits = self.likely(advice, spot, standing);
        self.memory.recall_chord(&mut logits, recent.0.into_iter().flatten(), self.controls.memory);
        for chord in (0..Chord::NONE_INDEX).filter_map(Chord::from_index) {
            logits[chord.index()] -= recent.repetition(chord, self.weights);
        }
        if standing.is_none() {
            self.prefer_in_key(&mut logits, self.keys);
        }
        let advised = Advised::of(&logits, |chord| permitted.allow(chord, standing));
        let root = standing.map_or(self.key.tonic, |standing| standing.root);
        let stays = standing.filter(|&standing| permitted.stand.contains(standing));
        let draw = |logits: &[f32]| {
            let is_there = |index: usize| logits[index] > f32::NEG_INFINITY;
            let freedom = self.freedom(self.weights.chord_heat);
            sample(logits, is_there, freedom, random.uniform(Purpose::Chord, 0))
        };
        let drawn = advised.taken(root, stays, draw, |colours| self.coloured(colours, random));
        let chord = drawn.map(|(_, chord)| chord);
        chord.or(standing).unwrap_or_else(|| tonic(self.key))
    }

    /// One of the colours, as they come: they are no change that could be too many.
    fn coloured(&self, colours: &[f32], random: Random) -> Option<usize> {
        let Controls { style_a, style_b, style_blend, .. } = *self.controls;
        let [style, other] = [style_a, style_b].map(|style| style.character().dominants);
        let mut colours = colours.to_vec();
        colours[Quality::Dominant as usize] += style + style_blend * (other - style);
        let is_there = |index: usize| colours[index] > f32::NEG_INFINITY;
        let freedom = self.freedom(self.weights.colour_heat);
        sample(&colours, is_there, freedom, random.uniform(Purpose::Chord, 2))
    }

    /// Makes the chords likelier whose triads lie in one of `keys`.
    fn prefer_in_key(&self, logits: &mut [f32; Chord::VOCABULARY], keys: &KeyBelief) {
        if self.weights.in_key > 0.0 {
            for chord in (0..Chord::NONE_INDEX).filter_map(Chord::from_index) {
                let chance = keys.chance_of(triad(chord)).max(LEAST_CHANCE);
                logits[chord.index()] += self.weights.in_key * ln(chance.into()) as f32;
            }
        }
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

    /// The chord other than `planned` that is asked for in the frame at `spot` after `standing`, now that `advice`
    /// knows the note of the pitch class `struck` there.
    #[allow(clippy::too_many_arguments)]
    pub fn reaction(
        &self,
        advice: &HarmonyLogits,
        spot: Spot,
        standing: Option<Chord>,
        planned: Chord,
        struck: PitchClass,
        permitted: &Permitted,
        random: Random,
    ) -> Option<Reaction> {
        let stays = standing.filter(|&standing| permitted.stand.contains(standing));
        let mut logits = self.likely(advice, spot, standing);
        if standing.is_none() {
            let mut keys = *self.keys;
            keys.hear_onset(struck);
            self.prefer_in_key(&mut logits, &keys);
        }
        let mut advised = Advised::of(&logits, |chord| chord == planned || permitted.allow(chord, standing));
        if let Some(standing) = stays {
            advised.harmonies[standing.harmony()] += self.hold(advice, spot);
        }
        let likeliest = |logits: &[f32]| likeliest(logits, |index| logits[index] > f32::NEG_INFINITY);
        let colour = |colours: &[f32]| self.coloured(colours, random);
        let (harmony, chord) = advised.taken(planned.root, stays, likeliest, colour)?;
        if harmony == planned.harmony() {
            return None;
        }
        let lead = advised.harmonies[harmony] - advised.harmonies[planned.harmony()];
        Some(Reaction { chord, lead })
    }

    /// Whether a band that is to `follow` (0–1) heeds the reaction.
    pub fn heeds(&self, reaction: &Reaction, follow: f32) -> bool {
        let reluctance = self.weights.reluctance;
        let reacts = !self.is_made() && reluctance.is_finite() && follow > 0.0;
        reacts && steps(reaction.lead) > steps(reluctance * (1.0 - follow) / follow)
    }

    /// Whether it heeds the reaction after the beat to which it belongs.
    pub fn heeds_late(&self, reaction: &Reaction, follow: f32) -> bool {
        self.heeds(reaction, follow) && steps(reaction.lead) > steps(self.weights.late)
    }

    fn freedom(&self, heat: f32) -> Freedom {
        Freedom { temperature: heat * self.controls.temperature, nucleus: self.weights.nucleus }
    }
}

fn triad(chord: Chord) -> PitchClassSet {
    [chord.root, chord.third(), chord.fifth()].into_iter().collect()
}

fn tonic(key: Key) -> Chord {
    Chord::new(key.tonic, if key.is_minor() { Quality::Minor } else { Quality::Major })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::improviser::harmony::constraints::{Constraints, Cycles};
    use crate::music::{BarPosition, Frame, Meter, Style};
    use crate::network::features::Note;

    /// Only how likely each harmony is counts.
    const LIKELIER: Weights = Weights { likelier: 1.0, change: 0.0, moves: 0.0, root: 0.0, ..Weights::NETWORK };
    /// The advice says when a chord begins.
    const TOLD: Weights = Weights { likelier: 0.0, change: 1.0, ..LIKELIER };

    static EVEN: LazyLock<KeyBelief> = LazyLock::new(KeyBelief::default);

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
        ChordChoice::new(weights, controls, controls.key, &EVEN, held.map(SlashChord::from), Memory::EMPTY)
    }

    fn spot(frame: Frame) -> Spot {
        Spot { frame, position: BarPosition { bar_start: 0, meter: Meter::default() } }
    }

    fn permitted(controls: &Controls) -> Permitted {
        Constraints::default().permitted(spot(0), controls.key, controls, &Cycles::default())
    }

    fn after(chord: Option<SlashChord>, frames: usize) -> History {
        let mut history = History::default();
        (0..frames).for_each(|_| history.put_down(Note::Rest, chord));
        history
    }

    fn chosen_at(
        frame: Frame,
        weights: &'static Weights,
        controls: &Controls,
        advice: &HarmonyLogits,
        standing: &str,
    ) -> String {
        let history = after(Some(chord(standing).into()), 4);
        let (choice, recent) = (choice(weights, controls, None), Recent::default());
        let permitted = permitted(controls);
        choice.harmony(advice, spot(frame), &history, &recent, &permitted, Random::new(1, 0)).to_string()
    }

    fn chosen(weights: &'static Weights, controls: &Controls, advice: &HarmonyLogits, standing: &str) -> String {
        chosen_at(0, weights, controls, advice, standing)
    }

    #[test]
    fn a_chord_stands_until_one_is_to_begin() {
        let g = [("G", 5.0), ("C", 0.0)];
        assert_eq!(chosen(&TOLD, &cool(), &advice(-1.0, &g), "C"), "C");
        assert_eq!(chosen(&TOLD, &cool(), &advice(1.0, &g), "C"), "G");
        assert_eq!(chosen(&TOLD, &cool(), &advice(1.0, &[("C", 5.0)]), "C"), "C", "what is drawn may stand already");
    }

    #[test]
    fn another_harmony_begins_where_it_is_likelier_by_what_the_place_asks() {
        let jazz = Controls { style_a: Style::Jazz, ..cool() };
        let ahead = |lead| advice(0.0, &[("G", lead), ("C", 0.0)]);
        let first_lead = |frame, controls: &Controls| {
            let begins = |&lead: &f32| chosen_at(frame, &LIKELIER, controls, &ahead(lead), "C") == "G";
            [0.25, 2.0, 5.0].into_iter().find(begins)
        };
        assert_eq!([0, 8, 4, 6].map(|frame| first_lead(frame, &jazz)), [0.25, 0.25, 2.0, 5.0].map(Some));
        let slow = Controls { chord_rate: Some(0), ..jazz };
        assert_eq!(first_lead(0, &slow), Some(2.0), "who wants few chords asks for more");
    }

    #[test]
    fn the_colours_of_a_harmony_count_together_and_another_colour_is_no_change() {
        let coloured = advice(0.0, &[("F", 1.0), ("G", 0.8), ("G7", 0.9)]);
        assert_eq!(chosen(&LIKELIER, &cool(), &coloured, "C"), "G7");
        assert_eq!(chosen(&LIKELIER, &cool(), &advice(0.0, &[("C6", 3.0), ("C", 0.0)]), "C"), "C");
    }

    #[test]
    fn the_first_chord_is_sought_in_the_key_that_is_believed() {
        let (controls, keys) = (cool(), KeyBelief::certain(Key::major(0)));
        let choice = ChordChoice::new(&LIKELIER, &controls, controls.key, &keys, None, Memory::EMPTY);
        let advice = advice(0.0, &[("F#", 2.0), ("C7", 0.0)]);
        let first = |standing: Option<&str>| {
            let history = after(standing.map(|symbol| chord(symbol).into()), 4);
            let (permitted, random) = (permitted(&controls), Random::new(1, 0));
            choice.harmony(&advice, spot(0), &history, &Recent::default(), &permitted, random).to_string()
        };
        assert_eq!((first(None).as_str(), first(Some("G")).as_str()), ("C7", "F#"), "a seventh may be blue");
        let reaction = choice.reaction(&advice, spot(0), None, chord("G"), 0, &permitted(&controls), Random::new(1, 0));
        assert_eq!(reaction.map(|reaction| reaction.chord), Some(chord("C7")));
    }

    #[test]
    fn a_style_moves_as_its_people_do() {
        let advised = advice(0.0, &[("C", 0.3), ("G", 0.0)]);
        let after_ii = |weights, style_a| chosen(weights, &Controls { style_a, ..cool() }, &advised, "Dm");
        let moving: &'static Weights = &Weights { moves: 0.5, ..LIKELIER };
        assert_eq!([&LIKELIER, moving].map(|weights| after_ii(weights, Style::Jazz)), ["C", "G"]);
        assert_eq!(after_ii(moving, Style::Game), "C", "of which nothing is known");
    }

    #[test]
    fn a_style_may_like_dominant_sevenths() {
        let coloured = advice(0.0, &[("F", 0.3), ("F7", 0.0)]);
        let begun = |style_a| chosen(&LIKELIER, &Controls { style_a, ..cool() }, &coloured, "C");
        assert_eq!([Style::Pop, Style::Blues].map(begun), ["F", "F7"]);
    }

    #[test]
    fn what_is_drawn_is_drawn_alike_in_every_key() {
        let hot = Controls { temperature: 1.0, ..Controls::default() };
        let heated: &'static Weights = &Weights { chord_heat: 1.0, rhythm_heat: 1.0, ..LIKELIER };
        let drawn = |up: i32, seed| {
            let mut advice = HarmonyLogits::EVEN;
            for (index, chord) in (0..Chord::NONE_INDEX).filter_map(Chord::from_index).enumerate() {
                advice.chord[chord.transposed(up).index()] = (index % 7) as f32 / 2.0;
            }
            let history = after(Some(chord("C").transposed(up).into()), 4);
            let (choice, permitted) = (choice(heated, &hot, None), permitted(&hot));
            let random = Random::new(seed, 0);
            choice.harmony(&advice, spot(0), &history, &Recent::default(), &permitted, random).chord.transposed(-up)
        };
        for seed in 0..50 {
            assert!((1..12).all(|up| drawn(up, seed) == drawn(0, seed)), "seed {seed}");
        }
    }

    #[test]
    fn a_bass_other_than_the_root_is_taken_when_it_is_advised_and_fits_the_lock() {
        let mut advice = advice(1.0, &[("G", 5.0)]);
        advice.bass[7 * 12 + 4] = 3.0;
        assert_eq!(chosen(&TOLD, &cool(), &advice, "C"), "G/B");
        let locked = Controls { key_lock: true, key: Key::major(0), ..cool() };
        assert_eq!(chosen(&TOLD, &locked, &advice, "C"), "G/B");
        advice.bass[7 * 12 + 3] = 9.0;
        assert_eq!(chosen(&TOLD, &cool(), &advice, "C"), "G/Bb");
        assert_eq!(chosen(&TOLD, &locked, &advice, "C"), "G/B");
        advice.change[1] = -1.0;
        assert_eq!(chosen(&TOLD, &cool(), &advice, "G"), "G", "the bass is chosen where the chord begins");
    }

    #[test]
    fn the_lock_lets_only_its_own_chords_through() {
        let locked = Controls { key_lock: true, key: Key::major(0), ..cool() };
        assert_eq!(chosen(&TOLD, &locked, &advice(1.0, &[("E7", 5.0), ("Em", 1.0)]), "C"), "Em");
        assert_eq!(chosen(&TOLD, &locked, &advice(-9.0, &[("F", 1.0)]), "E7"), "F", "even if the other stands");
    }

    #[test]
    fn the_chord_that_is_held_is_taken() {
        let controls = cool();
        let history = after(Some(chord("C").into()), 4);
        let choice = choice(&TOLD, &controls, Some(chord("Ab7")));
        let advice = advice(-9.0, &[("G", 5.0)]);
        let (permitted, random) = (permitted(&controls), Random::new(1, 0));
        let harmony = choice.harmony(&advice, spot(0), &history, &Recent::default(), &permitted, random);
        assert_eq!(harmony, chord("Ab7").into());
        let reaction = choice.reaction(&advice, spot(0), None, chord("Ab7"), 0, &permitted, random).unwrap();
        assert!(!choice.heeds(&reaction, 1.0));
    }

    #[test]
    fn a_note_is_followed_to_the_harmony_that_is_likeliest_with_it() {
        let controls = Controls { style_a: Style::Jazz, ..cool() };
        let choice = choice(&LIKELIER, &controls, None);
        let heeded = |planned, lead, follow| {
            let advice = advice(0.0, &[("C", 0.0), ("Dm", -1.0), ("G7", lead)]);
            let (permitted, random) = (permitted(&controls), Random::new(1, 0));
            let standing = Some(chord("C"));
            let reaction = choice.reaction(&advice, spot(4), standing, chord(planned), 7, &permitted, random);
            reaction.filter(|reaction| choice.heeds(reaction, follow)).map(|reaction| reaction.chord)
        };
        assert_eq!(heeded("C", 2.0, 1.0), Some(chord("G7")));
        assert_eq!(heeded("C", 1.0, 1.0), None, "it is not ahead by what a weak beat asks");
        assert_eq!(heeded("Dm", 1.0, 1.0), Some(chord("C")), "and what stands may be asked for");
        assert_eq!(heeded("C", 2.0, 0.5), None, "a band that follows half wants more");
        assert_eq!(heeded("C", 2.0, 0.0), None, "the band anticipates");
        let late = |lead| choice.heeds_late(&Reaction { chord: chord("G"), lead }, 1.0);
        assert!(!late(0.5) && late(1.5), "what comes after its beat must be wanted more");
    }
}
