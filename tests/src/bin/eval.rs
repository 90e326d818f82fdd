//! Judges the band on lead sheets. `cargo xtask eval` builds and runs it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use anyhow::{Context, Error, Result, anyhow, ensure};
use clap::{Parser, ValueEnum};
use continuo_models::improviser::Weights;
use continuo_models::music::Style;
use continuo_models::music::style::Harmonization;
use continuo_models::network::{SoloistNetwork, TextureNetwork};
use continuo_models::{Controls, Family, Networks};
use continuo_options::eval::{Eval, FamilyName, Judged, Learned, Sheets, Sitting, Split, System, What};
use continuo_options::values;
use continuo_tests::eval::copies::{self, Copies, Index};
use continuo_tests::eval::corpus::{self, Note, Piece, Reading};
use continuo_tests::eval::harmony::choruses::{Choruses, Row, Twice};
use continuo_tests::eval::harmony::disagreement::Disagreement;
use continuo_tests::eval::harmony::extent::Extent;
use continuo_tests::eval::harmony::{self, tables, told_apart};
use continuo_tests::eval::line::{self, Stretch, solo};
use continuo_tests::eval::live::matrix::Condition;
use continuo_tests::eval::melody::{self, Evidence, NOTES, NgramModel};
use continuo_tests::eval::phrasing::{self, Phrasing};
use continuo_tests::eval::report::progress;
use continuo_tests::eval::retrieval::Library;
use continuo_tests::eval::{control, knobs, lead, live, measures, texture, voicing};
use serde_json::json;

/// One take of `live` under one condition, as JSON; `live` asks for it
#[derive(Parser)]
struct Take {
    #[command(flatten)]
    sitting: Sitting,
    #[command(flatten)]
    condition: Condition,
}

/// What a [`Take`] is asked for by, in the place of what is judged.
const TAKE: &str = "take";

fn reading(sheets: &Sheets) -> Result<Reading<Vec<Piece>>> {
    let mut reading = corpus::read_split(&sheets.corpus, sheets.split)?;
    reading.found.truncate(sheets.limit.unwrap_or(usize::MAX));
    Ok(reading)
}

/// The pieces to judge on; what is skipped is named.
fn pieces(sheets: &Sheets) -> Result<Vec<Piece>> {
    Ok(named(reading(sheets)?))
}

/// Pieces to learn from and to tune on, which are not those that are judged. `None`: there are none, which is said, and
/// what has to be learned is left out.
fn to_learn(sheets: &Sheets, learned: &Learned) -> Result<Option<[Vec<Piece>; 2]>> {
    if !learned.train.is_empty() {
        return Ok(Some(named(corpus::read_to_learn(&learned.train)?)));
    }
    // What is skipped in the files that are judged on has been named.
    let learned = corpus::read_beside(&sheets.corpus)?.found;
    if learned.is_none() {
        eprintln!("What is learned from other pieces is left out: name files to learn from with --train.");
    }
    Ok(learned)
}

fn write(sheets: &Sheets, name: &str, results: &serde_json::Value) -> Result<()> {
    let Some(out) = &sheets.out else { return Ok(()) };
    fs::create_dir_all(out).with_context(|| format!("{} could not be made", out.display()))?;
    write_text(&out.join(name), &serde_json::to_string_pretty(results)?)
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} could not be written", path.display()))?;
    written(path);
    Ok(())
}

fn family(name: FamilyName) -> Family {
    match name {
        FamilyName::Gru => Family::Gru,
        FamilyName::Transformer => Family::Transformer,
    }
}

fn networks(judged: &Judged) -> Networks {
    let built_in = || Networks::built_in(family(judged.family));
    let (networks, problems) = judged.networks.as_deref().map_or_else(built_in, Networks::from_folder);
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    networks
}

fn setting(sitting: &Sitting) -> live::Setting {
    live::Setting { family: family(sitting.family), seed: sitting.seed, at_once: !sitting.later }
}

/// What makes this program play one take of the first piece.
fn arguments(sitting: &Sitting) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![TAKE.into(), "--corpus".into()];
    arguments.extend(sitting.sheets.corpus.iter().map(|path| path.clone().into_os_string()));
    let (split, family) = (values::name(sitting.sheets.split), values::name(sitting.family));
    let rest = ["--split", &split, "--family", &family, "--seed", &sitting.seed.to_string()];
    arguments.extend(rest.map(OsString::from));
    arguments.extend(sitting.later.then(|| OsString::from("--later")));
    arguments
}

/// What was found; what was skipped is named.
fn named<T>(reading: Reading<T>) -> T {
    reading.skipped.iter().for_each(|skipped| eprintln!("skipped {skipped}"));
    reading.found
}

fn written(path: &Path) {
    println!("Wrote {}", path.display());
}

fn main() -> ExitCode {
    let result = match env::args_os().nth(1) {
        // Its name stands for the program's.
        Some(first) if first == TAKE => take(&Take::parse_from(env::args_os().skip(1))),
        _ => run(&Eval::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eval: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Eval) -> Result<()> {
    match &options.what {
        What::Harmony {
            sheets,
            judged,
            system,
            against,
            weigh,
            learned,
            classifier,
            hand,
            choruses,
            harmonization,
            whole,
            charts,
            style,
            follow,
            wait,
            temperature,
        } => {
            let usual = Controls::default();
            let controls = |piece: &Piece| Controls {
                style_a: style.or(piece.style).unwrap_or(Style::Pop),
                temperature: temperature.unwrap_or(usual.temperature),
                follow: *follow,
                wait: wait.unwrap_or(usual.wait),
                ..Controls::default()
            };
            let systems = if system.is_empty() { System::value_variants() } else { system };
            let learns = classifier.is_some() || systems.contains(&System::NearestTune);
            let train = if learns { to_learn(sheets, learned)?.map(|[train, _]| train) } else { None };
            let setup = harmony::Setup {
                networks: Arc::new(networks(judged)),
                weights: weights(weigh)?,
                controls: &controls,
                hand: *hand,
                extent: if *whole { Extent::Whole } else { Extent::Opening },
                harmonizations: harmonization.as_deref().map_or(Ok(HashMap::new()), harmonizations)?,
                library: train.as_deref().map(Library::new),
            };
            let lessons = train.as_deref().zip(*classifier);
            let asked = Asked { systems, against: *against, lessons, choruses: *choruses, charts: charts.unwrap_or(0) };
            judge_harmony(sheets, &setup, &asked)
        }
        What::Melody { sheets, judged, learned, style, fit } => judge_melody(sheets, judged, learned, *style, *fit),
        What::Control { sheets, judged, learned, bars, solos } => {
            judge_control(sheets, judged, learned, usize::from(*bars), usize::from(*solos))
        }
        What::Voicing { sheets, judged } => judge_voicing(sheets, judged),
        What::Texture { sheets, judged, learned, row } => judge_texture(sheets, judged, learned, row),
        What::Live(sitting) => judge_live(sitting),
    }
}

/// Those of the band, but for the ones that are given.
fn weights(given: &[String]) -> Result<Weights> {
    let mut weights = json!(Weights::NETWORK);
    for text in given {
        let (name, value) = text.split_once('=').with_context(|| format!("--weigh {text}: NAME=VALUE is needed"))?;
        let value: f32 = value.parse().with_context(|| format!("--weigh {text}: {value:?} is no number"))?;
        weights[name] = json!(value);
    }
    serde_json::from_value(weights).map_err(|error| anyhow!("--weigh: {error}"))
}

/// How the harmonizer is to harmonize, by style.
fn harmonizations(path: &Path) -> Result<HashMap<Style, Harmonization>> {
    let read = || -> Result<HashMap<Style, Harmonization>> {
        let named: HashMap<String, Harmonization> = serde_json::from_str(&fs::read_to_string(path)?)?;
        named.into_iter().map(|(style, harmonization)| Ok((style.parse()?, harmonization))).collect()
    };
    read().with_context(|| format!("--harmonization {}", path.display()))
}

/// What is to be known of the harmony.
struct Asked<'a> {
    systems: &'a [System],
    /// The one with which the others are compared.
    against: System,
    /// Pieces for a classifier to learn from, and how many of them.
    lessons: Option<(&'a [Piece], usize)>,
    choruses: u8,
    /// How many pieces are printed.
    charts: usize,
}

fn judge_harmony(sheets: &Sheets, setup: &harmony::Setup, asked: &Asked) -> Result<()> {
    let twice = asked.choruses > 1;
    let systems: Vec<System> = Row::ALL.into_iter().map(Row::system).filter(|of| asked.systems.contains(of)).collect();
    ensure!(!twice || !systems.is_empty(), "--choruses 2 judges human, follow-note, alone, band and harmonizer alone");
    let read = pieces(sheets)?;
    let (mut pieces, others): (Vec<_>, Vec<_>) = read.into_iter().partition(Piece::has_human_chords);
    if !others.is_empty() {
        eprintln!("{} pieces without chords of people are left out", others.len());
    }
    if twice {
        let before = pieces.len();
        pieces.retain(|piece| Twice::of(piece, setup.extent).is_some());
        if pieces.len() < before {
            eprintln!("{} pieces without a whole bar are left out", before - pieces.len());
        }
    }
    ensure!(!pieces.is_empty(), "no piece has chords of people");
    let lessons = asked.lessons.map(|(train, count)| told_apart::lessons(train, &pieces, count));
    let is_known = |system: &System| *system != System::NearestTune || setup.library.is_some();
    let judge = |&system: &System| {
        let mut verdict = setup.judge(&pieces, system);
        if let Some(lessons) = lessons.as_ref().filter(|_| system != System::Human) {
            verdict.told_apart = told_apart::told_apart(setup, lessons, system, &pieces, &verdict.pieces);
        }
        verdict
    };
    let Choruses { verdicts, disagreement } = if twice {
        setup.judge_twice(&pieces, &systems, lessons.as_deref())
    } else {
        let verdicts = asked.systems.iter().filter(|system| is_known(system)).map(judge).collect();
        Choruses { verdicts, disagreement: None }
    };
    let against = verdicts.iter().find(|verdict| verdict.name == asked.against.name());
    let each = if twice { ", twice in a row, in whole bars" } else { "" };
    println!("{} pieces, {}{each}\n", pieces.len(), setup.extent);
    println!("{}", tables::right(&verdicts, against));
    if let Some(lessons) = &lessons {
        let rule = verdicts.iter().find(|verdict| verdict.name == told_apart::YARDSTICK.name()).cloned();
        let rule = rule.unwrap_or_else(|| judge(&told_apart::YARDSTICK));
        println!("{}\n", tables::trust(&rule, lessons.len()));
    }
    println!("{}", tables::idiom(&verdicts));
    if let Some(distances) = tables::distances(&verdicts) {
        println!("{distances}");
    }
    println!("{}", tables::fit(&verdicts));
    if let Some(table) = disagreement.as_ref().and_then(Disagreement::table) {
        println!("{table}");
    }
    let choruses = [Row::First, Row::Second].map(Row::name);
    let mut shown: Vec<_> = verdicts.iter().filter(|verdict| choruses.contains(&verdict.name)).collect();
    if shown.is_empty() {
        shown.extend(verdicts.last());
    }
    print!("{}", harmony::charts::charts(&pieces, &shown, asked.charts));
    if let Some(out) = &sheets.out {
        harmony::files::write(out, &verdicts, against)?;
        written(out);
    }
    match disagreement {
        Some(disagreement) => write(sheets, "disagreement.json", &json!(disagreement)),
        None => Ok(()),
    }
}

fn judge_voicing(sheets: &Sheets, judged: &Judged) -> Result<()> {
    let reading = reading(sheets)?;
    let mut chorales = voicing::chorales(&sheets.corpus, sheets.split, reading.found.len())?;
    chorales.skipped.retain(|skipped| !reading.skipped.contains(skipped));
    let pieces = named(reading);
    let mut rows = vec![named(chorales)];
    rows.extend(voicing::band(&Arc::new(networks(judged)), &pieces));
    println!("{} sopranos\n\n{}", pieces.len(), voicing::table(&rows));
    write(sheets, "voicing.json", &json!(rows))
}

fn judge_texture(sheets: &Sheets, judged: &Judged, learned: &Learned, row: &[texture::systems::Row]) -> Result<()> {
    let read = |files: &[PathBuf]| -> Result<Vec<texture::corpus::Piece>> {
        let all = files.iter().map(|file| texture::corpus::read(file).map(named)).collect::<Result<Vec<_>>>()?;
        Ok(all.into_iter().flatten().collect())
    };
    let (mut pieces, mut train): (Vec<_>, Vec<_>) = read(&sheets.corpus)?
        .into_iter()
        .filter(|piece| piece.split.is_none_or(|split| [sheets.split, Split::Train].contains(&split)))
        .partition(|piece| piece.split.is_none_or(|split| split == sheets.split));
    if !learned.train.is_empty() {
        train = read(&learned.train)?.into_iter().filter(|piece| piece.split != Some(Split::Test)).collect();
    }
    pieces.truncate(sheets.limit.unwrap_or(usize::MAX));
    train.retain(|piece| pieces.iter().all(|judged| judged.group != piece.group));
    ensure!(!pieces.is_empty(), "there is no piece with drums, comping or a bass in the split `{:?}`", sheets.split);
    if train.is_empty() {
        eprintln!("What is learned from other pieces is left out: name files to learn from with --train.");
    }
    let network = networks(judged).get::<TextureNetwork>();
    let rows = if row.is_empty() { &texture::systems::Row::ALL[..] } else { row };
    let verdicts = texture::judge(&train, &pieces, rows, network.as_deref());
    println!("{} pieces; {} to learn from and to take bars of\n", pieces.len(), train.len());
    println!("{}\n{}", texture::tables::bars(&verdicts), texture::tables::interlock(&verdicts));
    if let Some(network) = network.as_deref() {
        let paths = texture::paths::walk(&pieces, network);
        println!("{}\n{}", texture::paths::walks(&paths), texture::paths::drifts(&paths));
        write(sheets, "texture-paths.json", &json!(paths))?;
        if let Some(out) = &sheets.out {
            write_text(&out.join("texture-paths.svg"), &texture::picture::ways(&paths))?;
        }
    }
    let levels = texture::levels::turn();
    println!("{}", texture::levels::table(&levels));
    write(sheets, "texture-levels.json", &json!(levels))?;
    let returns = texture::returns::judge(&pieces);
    println!("{}", texture::returns::table(&returns));
    write(sheets, "texture-returns.json", &json!(returns))?;
    write(sheets, "texture.json", &json!(verdicts))
}

fn judge_live(sitting: &Sitting) -> Result<()> {
    let pieces = pieces(&sitting.sheets)?;
    let verdict = live::judge(&pieces, setting(sitting))?;
    println!(
        "{} pieces, first {} frames each, in the built CLAP\n\n{}",
        pieces.len(),
        measures::FRAMES,
        live::tables(&verdict)
    );
    let matrix = live::matrix::run(&arguments(sitting))?;
    println!("{}", live::matrix::table(&matrix));
    write(&sitting.sheets, "live.json", &json!({ "sittings": verdict, "determinism": matrix }))?;
    ensure!(verdict.stuck == 0, "{} notes are stuck", verdict.stuck);
    let broken = matrix.iter().filter(|row| !row.holds()).count();
    ensure!(broken == 0, "the take is not as it has to be under {broken} of {} conditions", matrix.len());
    Ok(())
}

fn take(take: &Take) -> Result<()> {
    // The command that asks for the take has named what is skipped.
    let (pieces, setting) = (reading(&take.sitting.sheets)?.found, setting(&take.sitting));
    let parameters = setting.parameters(&pieces[0]);
    let texts: Vec<(&str, &str)> = parameters.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let sitting = setting.sitting(&pieces[0]);
    println!("{}", serde_json::to_string(&live::matrix::take(&sitting.performance, &texts, take.condition)?)?);
    Ok(())
}

fn judge_melody(sheets: &Sheets, judged: &Judged, learned: &Learned, style: Option<Style>, fit: bool) -> Result<()> {
    let pieces = pieces(sheets)?;
    let network = networks(judged).get::<SoloistNetwork>().context("there is no soloist to judge")?;
    let style = |piece: &Piece| style.or(piece.style);
    let mut evidence = fit.then(Evidence::default);
    let ours = melody::soloist_bits(&network, &pieces, style, evidence.as_mut())?;
    if let Some(evidence) = evidence {
        println!("{}", evidence.fitted());
    }
    let learned = to_learn(sheets, learned)?;
    let train = learned.as_ref().map_or(&[][..], |[train, _]| train);
    let ngrams = learned.as_ref().map(|[train, valid]| {
        let ngram = NgramModel::learn(train, valid);
        let bar = progress("n-grams: bits per note", pieces.len());
        bar.wrap_iter(pieces.iter()).map(|piece| ngram.bits(piece)).collect::<Vec<_>>()
    });
    let groups = melody::groups(train, &pieces, &ours, ngrams.as_deref());
    println!("{} pieces, first {NOTES} notes each\n\n{}", pieces.len(), melody::table(&groups));
    let mut results = json!({ "bits_per_note": groups });
    results["solos"] = judge_solos(&Arc::new(networks(judged)), &pieces, train, style)?;
    write(sheets, "melody.json", &results)
}

/// How solos over `pieces` are phrased, and how much of `train` they copy, beside the pieces themselves.
fn judge_solos(
    networks: &Arc<Networks>,
    pieces: &[Piece],
    train: &[Piece],
    style: impl Fn(&Piece) -> Option<Style>,
) -> Result<serde_json::Value> {
    let network = networks.get::<SoloistNetwork>().context("there is no soloist to judge")?;
    let numbered = || {
        let bar = progress("soloist: solos", pieces.len());
        let stretch = |piece: &Piece| {
            let (first, last) = (piece.melody[0].onset, piece.melody[piece.melody.len() - 1].onset);
            Stretch { from: first, until: last + 1, notes: NOTES }
        };
        (1..).zip(bar.wrap_iter(pieces.iter())).map(move |(seed, piece)| (seed, piece, stretch(piece)))
    };
    let solos = |piece_so_far: bool| -> Result<Vec<Vec<Note>>> {
        let of = |(seed, piece, stretch): (u32, &Piece, Stretch)| {
            let condition = line::Condition { style: style(piece), piece_so_far, ..line::Condition::default() };
            solo(&network, piece, stretch, condition, seed)
        };
        numbered().map(|numbered| of(numbered).map_err(Error::msg)).collect()
    };
    let of_lead = |returns: bool| {
        let of = |(seed, piece, stretch)| lead::solo(networks, piece, stretch, (style(piece), returns), seed);
        numbered().map(of).collect()
    };
    let people = pieces.iter().map(|piece| piece.melody[..piece.melody.len().min(NOTES)].to_vec());
    let sets = [
        ("solos of the network alone", solos(false)?),
        ("solos with the piece so far", solos(true)?),
        ("Lead in the band, coming back to nothing", of_lead(false)),
        ("Lead in the band", of_lead(true)),
        ("people's melodies", people.collect()),
    ];
    let phrasing = sets.each_ref().map(|(set, melodies)| {
        (*set, Phrasing::of(pieces.iter().zip(melodies).map(|(piece, melody)| (piece, &melody[..]))))
    });
    println!("{}", phrasing::table(&phrasing));
    let mut results = json!({ "phrasing": phrasing });
    if !train.is_empty() {
        let index = Index::new(train);
        let names: Vec<String> = pieces.iter().map(|piece| format!("{} {}", piece.source, piece.id)).collect();
        let copies = sets.each_ref().map(|(set, melodies)| {
            let named = names.iter().zip(pieces).zip(melodies);
            let named = named.map(|((name, piece), melody)| (name.as_str(), piece.group.as_str(), &melody[..]));
            (*set, Copies::of(&index, named))
        });
        println!("{}", copies::table(&copies.each_ref().map(|(set, copies)| (*set, copies))));
        results["longest_copy_in_notes"] = json!(copies);
    }
    Ok(results)
}

fn judge_control(sheets: &Sheets, judged: &Judged, learned: &Learned, bars: usize, solos: usize) -> Result<()> {
    let pieces = pieces(sheets)?;
    let train = to_learn(sheets, learned)?.map_or(Vec::new(), |[train, _]| train);
    let networks = networks(judged);
    let soloist = networks.get::<SoloistNetwork>().context("there is no soloist to judge")?;
    ensure!(
        !control::Window::all(&pieces, bars).is_empty(),
        "no piece has chords and {bars} bars with a melody in them to play over"
    );
    let styles = control::styles(&soloist, &train, &pieces, bars, solos)?;
    match &styles {
        Some(check) => println!("{}\n{}", check.styles_table(), check.blends_table()),
        None => println!("There are not two styles with enough pieces to tell one from the other.\n"),
    }
    let knobs = knobs::turn(&networks, &pieces, bars, solos)?;
    println!("{}", knobs::table(&knobs));
    write(sheets, "control.json", &json!({ "styles": styles, "knobs": knobs }))
}
