use super::price::{ERROR, price};
use super::*;
use crate::leading::{overlaps, parallels};
use crate::pitch::PitchClass;
use proptest::prelude::*;

const TEXTURES: [Texture; 5] = [Texture::Close, Texture::Rootless, Texture::Shell, Texture::Wide, Texture::Chorale];

fn space(texture: Texture) -> Space {
    let key = Key::major(0);
    let range = KeyRange::new(45, 74);
    Space { texture, range, ceiling: 74, key, colours: key.scale(), avoid: None, bass: None }
}

fn chords(symbols: &str) -> Vec<Chord> {
    symbols.split(' ').map(|symbol| symbol.parse().unwrap()).collect()
}

fn names(path: &Path) -> Vec<String> {
    let name =
        |voicing: &Voicing| voicing.keys().iter().map(|&key| crate::pitch::key_name(key)).collect::<Vec<_>>().join(" ");
    path.voicings.iter().map(name).collect()
}

fn any_chords() -> impl Strategy<Value = Vec<Chord>> {
    prop::collection::vec((0usize..144).prop_map(|index| Chord::from_index(index).unwrap()), 1..=4)
}

fn any_texture() -> impl Strategy<Value = Texture> {
    (0usize..TEXTURES.len()).prop_map(|index| TEXTURES[index])
}

/// The price of always taking the next voicing that is cheapest at the moment.
fn greedy(chords: &[Chord], space: &Space) -> i32 {
    let mut last: Option<(Voicing, Chord)> = None;
    let mut cost = 0;
    for (step, &chord) in chords.iter().enumerate() {
        let step = lead(last, &[chord], &Space { avoid: space.avoid.filter(|_| step == 0), ..*space });
        cost += step.cost;
        last = Some((step.voicings[0], chord));
    }
    cost
}

#[test]
fn a_jazz_cadence_moves_by_step_over_guide_tones() {
    let path = lead(None, &chords("Dm7 G7 Cmaj7"), &space(Texture::Rootless));
    for pair in path.voicings.windows(2) {
        assert!(pair[0].highest().abs_diff(pair[1].highest()) <= 2, "{:?}", names(&path));
    }
}

#[test]
fn a_chorale_has_four_voices_and_no_parallels() {
    let path = lead(None, &chords("C F G C"), &space(Texture::Chorale));
    for voicing in &path.voicings {
        assert_eq!(voicing.keys().len(), 4, "{:?}", names(&path));
    }
    for pair in path.voicings.windows(2) {
        assert_eq!(parallels(pair[0].keys(), pair[1].keys()).forbidden(), 0, "{:?}", names(&path));
    }
}

#[test]
fn what_is_to_be_avoided_is_avoided() {
    let chord = chords("C");
    let first = lead(None, &chord, &space(Texture::Close)).voicings[0];
    let other =
        lead(Some((first, chord[0])), &chord, &Space { avoid: Some(first), ..space(Texture::Close) }).voicings[0];
    assert_ne!(first, other);
}

#[test]
fn no_chords_give_no_voicings() {
    assert_eq!(lead(None, &[], &space(Texture::Close)), Path { voicings: Vec::new(), cost: 0 });
}

#[test]
fn jazz_leaves_the_root_to_the_bass_and_drops_the_second_voice() {
    let chords = chords("Dm7 G7 Cmaj7 A7 Dm7 G7 Cmaj7 Cmaj7");
    let space = Space { range: KeyRange::new(48, 73), ..space(Texture::Rootless) };
    let path = lead(None, &chords, &space);
    for (voicing, chord) in path.voicings.iter().zip(&chords) {
        assert!(!voicing.classes().contains(chord.root), "{:?}", names(&path));
    }
    // E G B D, with B an octave lower.
    let drop_2 = Voicing::new(&[47, 52, 55, 62]);
    let low = Space { range: KeyRange::new(45, 70), ..space };
    assert!(candidates(chords[2], &low, true).iter().any(|candidate| candidate.voicing == drop_2));
}

#[test]
fn a_chorale_resolves_its_leading_tone_and_its_sevenths() {
    for cadence in ["Dm7 G7 C", "F G7 Am", "C Bdim C", "G7 C", "Em Am7 D7 G7"] {
        let path = lead(None, &chords(cadence), &space(Texture::Chorale));
        assert!(path.cost < ERROR, "{cadence}: {:?}", names(&path));
    }
    let path = lead(None, &chords("G7 C"), &space(Texture::Chorale));
    let (dominant, tonic) = (path.voicings[0], path.voicings[1]);
    let goes = |class: PitchClass, by: i16| {
        let parts = dominant.keys().iter().zip(tonic.keys());
        let mut moving = parts.filter(|(from, _)| class_of(**from) == class);
        moving.all(|(from, to)| i16::from(*to) - i16::from(*from) == by)
    };
    assert!(goes(11, 1) && (goes(5, -1) || goes(5, 0)), "{:?}", names(&path));
}

#[test]
fn a_chorale_is_sung_over_the_bass_that_another_player_has() {
    for bass in 28..=55 {
        let space = Space { bass: Some(bass), ..space(Texture::Chorale) };
        let path = lead(None, &chords("G7 C"), &space);
        assert_eq!((path.voicings[0].lowest(), path.voicings[0].keys().len()), (bass, 4), "{:?}", names(&path));
        let upper = path.voicings[0].upper();
        assert_eq!(upper.keys().len(), 3);
        assert!(upper.keys().iter().all(|&key| space.range.contains(key)));
        assert_eq!(upper.over(bass), path.voicings[0]);
    }
}

/// Whether there is a path through the candidates of `chords` after `last` without any error, by trying them all.
fn exists_without_errors(last: Option<(Voicing, Chord)>, chords: &[Chord], space: &Space, first: bool) -> bool {
    let Some((&chord, rest)) = chords.split_first() else { return true };
    candidates(chord, space, first).iter().any(|candidate| {
        let step = last.map_or(0, |last| motion(last, (candidate.voicing, chord), space));
        candidate.cost + step < ERROR && exists_without_errors(Some((candidate.voicing, chord)), rest, space, false)
    })
}

/// Chords as they follow each other in a key: its triads and sevenths, and secondary dominants.
fn chords_of_a_key() -> impl Strategy<Value = Vec<Chord>> {
    let symbols = [
        "C", "Dm", "Em", "F", "G", "Am", "Bdim", "G7", "Dm7", "Am7", "Fmaj7", "Cmaj7", "D7", "E7", "A7", "C7", "Gsus4",
    ];
    prop::collection::vec(prop::sample::select(symbols.to_vec()).prop_map(|symbol| symbol.parse().unwrap()), 2..=3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_chorale_has_an_error_only_if_every_path_has(
        chords in prop_oneof![any_chords(), chords_of_a_key()], start in 0usize..17,
        bass in prop::option::of(30u8..=55),
    ) {
        let space = Space { bass, ..space(Texture::Chorale) };
        let before = "C".parse().unwrap();
        let starts = candidates(before, &Space { bass: None, ..space }, true);
        let last = Some((starts[start % starts.len()].voicing, before));
        let chords = &chords[..chords.len().min(3)];
        let path = lead(last, chords, &space);
        prop_assert_eq!(path.cost < ERROR, exists_without_errors(last, chords, &space, true), "{:?}", names(&path));
        if path.cost < ERROR {
            let before = last.map(|(voicing, _)| voicing).into_iter();
            let all: Vec<Voicing> = before.chain(path.voicings.iter().copied()).collect();
            for pair in all.windows(2).filter(|pair| pair.iter().all(|voicing| voicing.keys().len() == 4)) {
                let (from, to) = (pair[0].keys(), pair[1].keys());
                prop_assert_eq!(parallels(from, to).forbidden() + overlaps(from, to), 0, "{:?}", names(&path));
            }
        }
    }

    #[test]
    fn a_chorale_of_triads_and_the_dominant_is_sung_without_errors(
        chords in prop::collection::vec(prop::sample::select(chords("C Dm Em F G Am G7")), 1..=4),
    ) {
        let path = lead(None, &chords, &space(Texture::Chorale));
        prop_assert!(path.cost < ERROR, "{:?}", names(&path));
    }
}

proptest! {
    #[test]
    fn planning_ahead_never_costs_more_than_greed(chords in any_chords(), texture in any_texture()) {
        let space = space(texture);
        prop_assert!(lead(None, &chords, &space).cost <= greedy(&chords, &space));
    }

    #[test]
    fn a_path_costs_what_its_parts_cost(chords in any_chords(), texture in any_texture()) {
        let space = space(texture);
        let path = lead(None, &chords, &space);
        let own: i32 = path.voicings.iter().zip(&chords).map(|(voicing, &chord)| price(voicing, chord, &space)).sum();
        let steps = path.voicings.windows(2).zip(chords.windows(2));
        let led: i32 = steps.map(|(to, of)| motion((to[0], of[0]), (to[1], of[1]), &space)).sum();
        prop_assert_eq!(path.cost, own + led);
    }

    #[test]
    fn a_voicing_spells_its_chord_in_range(
        chords in any_chords(),
        texture in any_texture(),
        key in 0usize..24,
        low in 36u8..60,
        ceiling in 50u8..90,
    ) {
        let key = Key::from_index(key);
        let range = KeyRange::new(low, low + 24);
        let space = Space { texture, range, ceiling, key, colours: key.locked_scale(), avoid: None, bass: None };
        for (voicing, chord) in lead(None, &chords, &space).voicings.iter().zip(&chords) {
            prop_assert!(range.contains(voicing.lowest()) && range.contains(voicing.highest()));
            prop_assert!(chord.guide_tones().is_subset(voicing.classes()), "{chord}: {voicing:?}");
            let foreign = voicing.classes().without(chord.tones());
            prop_assert!(foreign.is_subset(space.colours) && (foreign.is_empty() || texture == Texture::Rootless));
            prop_assert!(voicing.keys().len() >= 3, "{chord}: {voicing:?}");
        }
    }
}
