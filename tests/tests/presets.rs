//! Every preset that comes with Continuo, heard: sixteen bars with a tune. `cargo test --release --workspace --test
//! presets -- --nocapture` prints what was measured.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{fs, thread};

use common::{BAR, BEAT, BEFORE, json_of, note, open, perform, state_of};
use continuo_models::controls::Choice;
use continuo_models::music::{Key, Mode, PitchClassSet};
use continuo_models::{Controls, Player};
use continuo_tests::host::performance::{PlayedNote, Segment};
use continuo_tests::host::{Format, Note, Performance};
use serde_json::{Value, json};

/// How long each preset plays.
const BARS: usize = 16;

/// A preset as its file says, and two takes of it that differ in the seed.
struct Heard {
    name: String,
    /// Its parameters, as far as it says something of them.
    params: Value,
    takes: [Listened; 2],
}

/// What one take was like.
struct Listened {
    /// The notes of each player, in order.
    notes: Vec<Vec<Note>>,
    /// Loudness of the built-in sound, in LUFS.
    loudness: f64,
    profile: Profile,
}

fn files() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/presets");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|file| file.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let read = |file: &Path| -> Value { serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap() };
    files.iter().map(|file| (file.file_stem().unwrap().to_string_lossy().into_owned(), read(file))).collect()
}

/// All presets, heard once for all tests here.
static HEARD: LazyLock<Vec<Heard>> = LazyLock::new(|| {
    let (files, next, heard) = (files(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((name, preset)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let params = &preset["params"];
                    let seed = params["seed"].as_u64().unwrap_or(1);
                    let takes = [seed, seed + 1000].map(|seed| listen(params, seed));
                    heard.lock().unwrap().push(Heard { name: name.clone(), params: params.clone(), takes });
                }
            });
        }
    });
    let mut heard = heard.into_inner().unwrap();
    heard.sort_by(|a, b| a.name.cmp(&b.name));
    heard
});

/// The key in which the tune is played: the one that the preset locks, or C major.
fn key(params: &Value) -> Key {
    let at = |id: &str| Key::ids().iter().position(|known| *known == id).expect("a key");
    match (&params["key_lock"], &params["key"]) {
        (Value::Bool(true), Value::String(id)) => Key::at(at(id)),
        _ => Key { tonic: 0, mode: Mode::Major },
    }
}

/// Sixteen bars for a right hand: phrases of three bars, each with a bar's rest after its last note.
fn tune(key: Key) -> Vec<PlayedNote> {
    // Degrees of the scale, and beats; a degree of 0 is a rest.
    const PHRASES: [&[(i32, f64)]; 4] = [
        &[
            (5, 1.0),
            (3, 0.5),
            (4, 0.5),
            (5, 1.0),
            (8, 1.0),
            (6, 0.5),
            (7, 0.5),
            (8, 1.0),
            (5, 2.0),
            (4, 1.0),
            (3, 0.5),
            (2, 0.5),
            (3, 2.0),
            (0, 4.0),
        ],
        &[
            (3, 1.5),
            (4, 0.5),
            (5, 1.0),
            (3, 1.0),
            (6, 1.0),
            (5, 0.5),
            (4, 0.5),
            (3, 2.0),
            (2, 1.0),
            (4, 0.5),
            (3, 0.5),
            (2, 2.0),
            (0, 4.0),
        ],
        &[
            (6, 1.0),
            (6, 0.5),
            (7, 0.5),
            (8, 2.0),
            (7, 1.0),
            (6, 0.5),
            (5, 0.5),
            (6, 2.0),
            (4, 1.0),
            (5, 0.5),
            (6, 0.5),
            (5, 2.0),
            (0, 4.0),
        ],
        &[
            (5, 1.0),
            (3, 0.5),
            (4, 0.5),
            (5, 1.0),
            (8, 1.0),
            (7, 1.0),
            (6, 0.5),
            (5, 0.5),
            (4, 2.0),
            (3, 1.0),
            (2, 0.5),
            (2, 0.5),
            (1, 2.0),
            (0, 4.0),
        ],
    ];
    let steps = if key.mode == Mode::Major { [0, 2, 4, 5, 7, 9, 11] } else { [0, 2, 3, 5, 7, 8, 10] };
    let tonic = 60 + (i32::from(key.tonic) + 5) % 12 - 5;
    let mut notes = Vec::new();
    let mut at = 0.0;
    for &(degree, beats) in PHRASES.iter().flat_map(|phrase| phrase.iter()) {
        if degree > 0 {
            let pitch = tonic + (degree - 1) / 7 * 12 + steps[(degree - 1) as usize % 7];
            notes.push(note(at * BEAT, beats * BEAT - 1.0, pitch as u8));
        }
        at += beats;
    }
    notes
}

/// The preset in the built plug-in, with another seed.
fn listen(params: &Value, seed: u64) -> Listened {
    let mut session = open(Format::Clap);
    let mut state = json_of(&session.instance().save().unwrap());
    let set = |state: &mut Value, id: &str, value: &Value| {
        let saved = state["params"][id].as_object_mut().unwrap_or_else(|| panic!("there is no parameter {id}"));
        saved.values_mut().for_each(|saved| *saved = value.clone());
    };
    for (id, _, saved) in BEFORE {
        state["params"][id] = serde_json::from_str(saved).unwrap();
    }
    for (id, value) in params.as_object().unwrap() {
        set(&mut state, id, value);
    }
    set(&mut state, "seed", &json!(seed));
    set(&mut state, "preview", &json!(true));
    session.instance().load(&state_of(&state)).unwrap();
    let route = vec![Segment::rolling(0.0, BARS as f64 * BAR)];
    let take = perform(&mut session, &Performance { notes: tune(key(params)), route, ..Performance::default() });
    let notes: Vec<Vec<Note>> = Player::ALL.iter().map(|player| take.notes(player.kind().channel)).collect();
    let profile = Profile::of(&notes, key(params));
    Listened { notes, loudness: loudness(&take.audio, take.sample_rate), profile }
}

/// Loudness after ITU-R BS.1770-4: K-weighted, in gated blocks of 400 ms, in LUFS. At 48 kHz.
fn loudness(audio: &[Vec<f32>; 2], sample_rate: f64) -> f64 {
    assert_eq!(sample_rate, 48_000.0, "the filters are for this rate");
    let shelf = (
        [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85],
        [-1.690_659_293_182_41, 0.732_480_774_215_85],
    );
    let high_pass = ([1.0, -2.0, 1.0], [-1.990_047_454_833_98, 0.990_072_250_366_21]);
    let weighted = audio.each_ref().map(|channel| {
        let samples: Vec<f64> = channel.iter().map(|&sample| f64::from(sample)).collect();
        filtered(&filtered(&samples, shelf), high_pass)
    });
    let (block, step) = (19_200, 4_800);
    let count = (weighted[0].len() - block) / step;
    let power = |n: usize| -> f64 {
        let of = |channel: &Vec<f64>| channel[n * step..n * step + block].iter().map(|s| s * s).sum::<f64>();
        weighted.iter().map(of).sum::<f64>() / block as f64
    };
    let powers: Vec<f64> = (0..count).map(power).collect();
    let level = |power: f64| -0.691 + 10.0 * power.log10();
    let mean = |gate: f64| {
        let loud: Vec<f64> = powers.iter().copied().filter(|&power| level(power) > gate).collect();
        level(loud.iter().sum::<f64>() / loud.len() as f64)
    };
    mean(mean(-70.0) - 10.0)
}

fn filtered(samples: &[f64], (b, a): ([f64; 3], [f64; 2])) -> Vec<f64> {
    let (mut z1, mut z2) = (0.0, 0.0);
    let step = |&x: &f64| {
        let y = b[0] * x + z1;
        (z1, z2) = (b[1] * x - a[0] * y + z2, b[2] * x - a[1] * y);
        y
    };
    samples.iter().map(step).collect()
}

/// What the notes of a take are like: how often each thing happens, one table for each way of looking at it.
struct Profile(Vec<Counts>);

/// How often something is done, by player and by what it is.
type Counts = BTreeMap<(usize, i64), f64>;

impl Profile {
    fn of(notes: &[Vec<Note>], key: Key) -> Self {
        let mut tables = vec![Counts::new(); 8];
        for (player, notes) in notes.iter().enumerate() {
            let mut before: Option<&Note> = None;
            for note in notes {
                let length = note.end_position.map_or(BAR, |end| end - note.position);
                let pitch = i64::from(note.key) - i64::from(key.tonic);
                let ticks = note.position.round() as i64;
                let together = notes.iter().filter(|other| (other.position - note.position).abs() < 2.0).count();
                let leap = before.map_or(0, |before| i64::from(note.key) - i64::from(before.key));
                let facets = [
                    0,
                    ticks.rem_euclid(BAR as i64) / 6,
                    ticks.rem_euclid(BEAT as i64) / 2,
                    (length.max(1.0).log2() * 2.0).round() as i64,
                    pitch.rem_euclid(12),
                    i64::from(note.key) / 6,
                    leap.clamp(-13, 13),
                    together as i64,
                ];
                for (table, facet) in tables.iter_mut().zip(facets) {
                    *table.entry((player, facet)).or_default() += 1.0;
                }
                before = Some(note);
            }
        }
        Self(tables)
    }

    /// How different two takes are, from 0 (alike in every way) to 1 (in none): the mean over the tables of what they
    /// do not have in common, as a share of what either has.
    fn distance(&self, other: &Self) -> f64 {
        let apart = |(a, b): (&Counts, &Counts)| {
            let facets: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            let of = |counts: &Counts, facet| counts.get(facet).copied().unwrap_or(0.0);
            let (mut common, mut either) = (0.0, 0.0);
            for facet in facets {
                common += of(a, facet).min(of(b, facet));
                either += of(a, facet).max(of(b, facet));
            }
            if either == 0.0 { 0.0 } else { 1.0 - common / either }
        };
        self.0.iter().zip(&other.0).map(apart).sum::<f64>() / self.0.len() as f64
    }
}

impl Heard {
    /// Whether `player` is on.
    fn has(&self, player: Player) -> bool {
        let said = &self.params[format!("{}_on", player.kind().id)];
        // The drummer came later than presets.
        if player == Player::Drums { *said == json!(true) } else { *said != json!(false) }
    }

    /// The notes of `player` in the first take.
    fn notes(&self, player: Player) -> &[Note] {
        &self.takes[0].notes[player as usize]
    }

    /// All notes of the band in the first take that have a pitch.
    fn band(&self) -> impl Iterator<Item = &Note> {
        Player::pitched().flat_map(|player| self.notes(player))
    }

    /// Which notes the key lock allows, if it is on.
    fn locked(&self) -> Option<PitchClassSet> {
        let key = key(&self.params);
        let controls = Controls {
            key_lock: self.params["key_lock"] == json!(true),
            key,
            scale: self.params["scale"].as_u64().unwrap_or(0) as u16,
            ..Controls::default()
        };
        controls.key_lock.then(|| controls.allowed())
    }

    /// Whether it asks for many notes from outside the key: level 4 or 5 of 5.
    fn is_chromatic(&self) -> bool {
        ["tension", "lead_chromaticism"].iter().any(|id| self.params[id].as_u64() >= Some(4))
    }

    /// The share of the notes of the band that are in the key of the tune, or in the scale of the lock.
    fn share_in_key(&self) -> f64 {
        let tonic = key(&self.params).tonic;
        let inside = self.locked().unwrap_or(PitchClassSet::over(tonic, &[0, 2, 4, 5, 7, 9, 11]));
        let count = self.band().filter(|note| inside.contains(note.key)).count();
        count as f64 / self.band().count() as f64
    }

    /// By how much its two takes differ.
    fn own_distance(&self) -> f64 {
        self.takes[0].profile.distance(&self.takes[1].profile)
    }

    /// By how much it differs from another preset: where their takes are most alike.
    fn distance(&self, other: &Self) -> f64 {
        let pairs = self.takes.iter().flat_map(|take| other.takes.iter().map(move |other| (take, other)));
        pairs.map(|(take, other)| take.profile.distance(&other.profile)).fold(1.0, f64::min)
    }
}

/// The mean loudness of all presets.
fn usual_loudness() -> f64 {
    HEARD.iter().map(|heard| heard.takes[0].loudness).sum::<f64>() / HEARD.len() as f64
}

#[test]
fn every_preset_is_in_key() {
    for heard in HEARD.iter() {
        // By chance it would be 7 of 12.
        let least = match (heard.locked(), heard.is_chromatic()) {
            (Some(_), _) => 1.0,
            (None, false) => 0.9,
            (None, true) => 0.67,
        };
        let share = heard.share_in_key();
        assert!(share >= least, "{}: {share:.2} of the notes are in the key", heard.name);
    }
}

#[test]
fn nobody_who_is_on_is_silent_and_nobody_else_plays() {
    let bar_of = |position: f64| (position / BAR) as usize;
    for heard in HEARD.iter() {
        for player in Player::ALL {
            let notes = heard.notes(player);
            let name = format!("{}: {}", heard.name, player.kind().name);
            if !heard.has(player) {
                assert!(notes.is_empty(), "{name} is off");
                continue;
            }
            let sounds = |bars: std::ops::Range<usize>| {
                let last = |note: &Note| note.end_position.map_or(BARS, bar_of);
                notes.iter().any(|note| bar_of(note.position) < bars.end && last(note) >= bars.start)
            };
            match player {
                Player::Voices => {
                    let answered = |own: &PlayedNote| notes.iter().any(|note| (note.position - own.start).abs() < 0.1);
                    assert!(tune(key(&heard.params)).iter().all(answered), "{name} leave notes without an answer");
                }
                Player::Lead => {
                    // Where it has its turn, and in one of the musician's rests, there is one in four bars.
                    let turns: &[usize] = match heard.params["lead_mode"].as_str() {
                        Some("trade4") => &[4, 12],
                        Some("trade8") => &[8, 12],
                        _ => &[0, 4, 8, 12],
                    };
                    for &first in turns {
                        assert!(sounds(first..first + 4), "{name} rests in the four bars from {}", first + 1);
                    }
                }
                _ => {
                    let silent: Vec<usize> = (1..BARS).filter(|&bar| !sounds(bar..bar + 1)).collect();
                    assert!(silent.len() <= 1, "{name} rests in the bars {silent:?}");
                }
            }
        }
    }
}

#[test]
fn no_preset_overloads_an_instrument() {
    for heard in HEARD.iter() {
        for player in Player::ALL {
            let notes = heard.notes(player);
            let name = format!("{}: {}", heard.name, player.kind().name);
            for bar in 0..BARS {
                let count = notes.iter().filter(|note| (note.position / BAR) as usize == bar).count();
                assert!(count <= 48, "{name} strikes {count} notes in bar {}", bar + 1);
            }
            for note in notes {
                let together = notes.iter().filter(|other| {
                    other.position <= note.position && other.end_position.is_none_or(|end| end > note.position)
                });
                assert!(together.count() <= 6, "{name} holds more keys than a hand has fingers");
                // A brush is softer than a finger, a stick louder.
                let (softest, loudest) = if player.kind().has_pitches { (20, 120) } else { (8, 126) };
                assert!((softest..=loudest).contains(&note.velocity), "{name} strikes with {}", note.velocity);
                assert!((24..=96).contains(&note.key), "{name} strikes the key {}", note.key);
            }
        }
    }
}

#[test]
fn every_preset_is_about_as_loud_as_the_others() {
    let usual = usual_loudness();
    for heard in HEARD.iter() {
        let beyond = heard.takes[0].loudness - usual;
        assert!(beyond.abs() <= 3.5, "{} is {beyond:+.1} dB from the others", heard.name);
    }
}

/// The measure tells a preset from itself with another seed less than from any other: where it does not, one of the
/// two is superfluous.
#[test]
fn every_preset_differs_from_every_other_by_more_than_two_takes_of_one_do() {
    for (n, heard) in HEARD.iter().enumerate() {
        for other in &HEARD[..n] {
            let (apart, own) = (heard.distance(other), heard.own_distance().max(other.own_distance()));
            assert!(apart > own, "{} and {}: {apart:.3}, takes of one: {own:.3}", heard.name, other.name);
        }
    }
}

/// What `docs/presets.md` shows.
#[test]
fn table() {
    let usual = usual_loudness();
    println!("| preset | notes: Voices, Chords, Bass, Lead, Drums | in key | dB | own | nearest | |");
    println!("|---|---|---|---|---|---|---|");
    for heard in HEARD.iter() {
        let counts = Player::ALL.map(|player| heard.notes(player).len().to_string()).join(", ");
        let others = HEARD.iter().filter(|other| other.name != heard.name);
        let nearest = others.map(|other| (heard.distance(other), &other.name)).min_by(|a, b| a.0.total_cmp(&b.0));
        let (distance, name) = nearest.expect("there are several");
        let (share, louder) = (100.0 * heard.share_in_key(), heard.takes[0].loudness - usual);
        let (own, preset) = (heard.own_distance(), &heard.name);
        println!("| {preset} | {counts} | {share:.0} % | {louder:+.1} | {own:.2} | {distance:.2} | {name} |");
    }
}
