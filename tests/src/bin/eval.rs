//! Judges the band on lead sheets. `cargo xtask eval` builds and runs it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Error, Result, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use continuo_models::music::Style;
use continuo_models::{Controls, Family, Networks};
use continuo_tests::eval::copies::{self, Copies, Index};
use continuo_tests::eval::corpus::{self, Note, Piece, Reading, Split};
use continuo_tests::eval::harmony::{self, System};
use continuo_tests::eval::line::{self, Stretch, solo};
use continuo_tests::eval::live::matrix::Condition;
use continuo_tests::eval::melody::{self, NOTES, NgramModel};
use continuo_tests::eval::report::progress;
use continuo_tests::eval::{control, knobs, live, measures, voicing};
use continuo_tests::options;
use serde_json::json;

/// Judge the band on lead sheets: gzip JSONL, one piece per line (docs/models.md tells the format and the measures).
#[derive(Parser)]
#[command(name = "eval", bin_name = "cargo xtask eval", version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The chords of the improviser, of people and of rules, to melodies that arrive in real time
    Harmony {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        choice: Choice,
        /// Judge only this one; may be given several times
        #[arg(long, value_enum, value_name = "NAME")]
        system: Vec<System>,
        /// Play every piece in this style instead of its own
        #[arg(long, value_parser = options::style, value_name = "NAME")]
        style: Option<Style>,
        /// From anticipating (0) to reacting (1), for the systems `react` and `band`
        #[arg(long, value_parser = options::share, allow_negative_numbers = true, default_value_t = 1.0)]
        follow: f32,
        /// Milliseconds that a chord waits for the note, 0 to 60, for the same systems; the plug-in's default, if not given
        #[arg(long, value_parser = options::wait, allow_negative_numbers = true, value_name = "MS")]
        wait: Option<f32>,
        /// From always the likeliest (0) to wild (2); the plug-in's default, if not given
        #[arg(long, value_parser = options::temperature, allow_negative_numbers = true)]
        temperature: Option<f32>,
    },
    /// Bits per note of the soloist, against n-grams; and the longest phrase that it copies
    Melody {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        choice: Choice,
        /// Files whose train split the n-grams are counted on (the same files, if not given)
        #[arg(long, value_parser = options::input_file(), value_name = "FILE.jsonl.gz", num_args = 1..)]
        train: Vec<PathBuf>,
        /// Give the network this style instead of each piece's own
        #[arg(long, value_parser = options::style, value_name = "NAME")]
        style: Option<Style>,
    },
    /// Whether styles and knobs do what they say
    Control {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        choice: Choice,
        /// Length of a solo
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
        bars: u16,
        /// Solos per style, blend and level
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
        solos: u16,
    },
    /// Voice leading: parallels, motion and crossings in real chorales, and in what the band plays to their sopranos
    Voicing {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        choice: Choice,
    },
    /// The built plug-in under a simulated musician: harmony, recovery, delays, stuck notes, and whether a take is the same
    /// under every condition; fails if a note is stuck or a take differs without a late plan
    Live(Live),
    /// One take of `live` under one condition, as JSON; `live` asks for it
    #[command(hide = true)]
    Take {
        #[command(flatten)]
        live: Live,
        #[command(flatten)]
        condition: Condition,
    },
}

#[derive(Args)]
struct Live {
    #[command(flatten)]
    sheets: Sheets,
    /// Which of the built-in networks play
    #[arg(long, value_parser = family, value_name = "NAME", default_value = "gru")]
    family: Family,
    /// Another musician and another take
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9999))]
    seed: u32,
}

#[derive(Args)]
struct Sheets {
    /// Files of lead sheets; one that knows no splits is taken whole
    #[arg(long, value_parser = options::input_file(), value_name = "FILE.jsonl.gz", required = true, num_args = 1..)]
    corpus: Vec<PathBuf>,
    /// Which part of them; tune on `valid` alone
    #[arg(long, value_enum, default_value_t = Split::Test)]
    split: Split,
    /// At most so many pieces
    #[arg(long, visible_alias = "pieces", value_parser = options::count, allow_negative_numbers = true)]
    limit: Option<usize>,
    /// Where to write the results as JSON, and chords piece by piece
    #[arg(long, value_parser = options::output_folder(), value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Who is judged.
#[derive(Args)]
struct Choice {
    /// Which of the built-in networks to judge
    #[arg(long, value_parser = family, value_name = "NAME", default_value = "gru")]
    family: Family,
    /// Networks to judge instead of the built-in ones
    #[arg(long, value_parser = options::input_folder(), value_name = "FOLDER")]
    networks: Option<PathBuf>,
}

fn family(name: &str) -> Result<Family> {
    let found = Family::ALL.into_iter().find(|family| family.name().eq_ignore_ascii_case(name));
    found.with_context(|| format!("choose one of {}", Family::ALL.map(Family::name).join(", ").to_lowercase()))
}

impl Sheets {
    /// The pieces to judge on; what is skipped is named.
    fn pieces(&self) -> Result<Vec<Piece>> {
        Ok(named(self.reading()?))
    }

    fn reading(&self) -> Result<Reading<Vec<Piece>>> {
        let mut reading = corpus::read_split(&self.corpus, self.split)?;
        reading.found.truncate(self.limit.unwrap_or(usize::MAX));
        Ok(reading)
    }

    /// Pieces to learn from and to tune on, which must not be those that are judged.
    fn to_learn(&self, files: &[PathBuf]) -> Result<[Vec<Piece>; 2]> {
        // What is skipped in the files that are judged on has been named.
        let learned = match files {
            [] => corpus::read_to_learn(&self.corpus)?.found,
            files => named(corpus::read_to_learn(files)?),
        };
        let whole = learned[0].iter().find(|piece| piece.split.is_none() && files.is_empty());
        if let Some(piece) = whole {
            bail!("`{}` knows no splits, and who learns from it cannot be judged on it", piece.source);
        }
        Ok(learned)
    }

    fn write(&self, name: &str, results: &serde_json::Value) -> Result<()> {
        let Some(out) = &self.out else { return Ok(()) };
        fs::create_dir_all(out).with_context(|| format!("{} could not be made", out.display()))?;
        let path = out.join(name);
        fs::write(&path, serde_json::to_string_pretty(results)?)
            .with_context(|| format!("{} could not be written", path.display()))?;
        written(&path);
        Ok(())
    }
}

impl Choice {
    fn networks(&self) -> Networks {
        let (networks, problems) =
            self.networks.as_deref().map_or_else(|| Networks::built_in(self.family), Networks::from_folder);
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        networks
    }
}

impl Live {
    fn setting(&self) -> live::Setting {
        live::Setting { family: self.family, seed: self.seed }
    }

    /// What makes this program play one take of the first piece.
    fn arguments(&self) -> Result<Vec<OsString>> {
        let split = self.sheets.split.to_possible_value().context("a split has a name")?;
        let mut arguments: Vec<OsString> = vec!["take".into(), "--corpus".into()];
        arguments.extend(self.sheets.corpus.iter().map(|path| path.clone().into_os_string()));
        let rest = ["--split", split.get_name(), "--family", self.family.name(), "--seed", &self.seed.to_string()];
        arguments.extend(rest.map(OsString::from));
        Ok(arguments)
    }
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
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eval: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    match &cli.what {
        What::Harmony { sheets, choice, system, style, follow, wait, temperature } => {
            let pieces = sheets.pieces()?;
            let systems = if system.is_empty() { System::value_variants() } else { system };
            let networks = Arc::new(choice.networks());
            let usual = Controls::default();
            let controls = |piece: &Piece| Controls {
                style_a: style.or(piece.style).unwrap_or(Style::Pop),
                temperature: temperature.unwrap_or(usual.temperature),
                follow: *follow,
                wait: wait.unwrap_or(usual.wait),
                ..Controls::default()
            };
            let verdicts: Vec<_> =
                systems.iter().map(|&system| harmony::judge(&networks, &pieces, system, controls)).collect();
            println!(
                "{} pieces, first {} frames each\n\n{}",
                pieces.len(),
                measures::FRAMES,
                harmony::table(&verdicts)
            );
            if let Some(out) = &sheets.out {
                harmony::write(out, &verdicts)?;
                written(out);
            }
            Ok(())
        }
        What::Melody { sheets, choice, train, style } => judge_melody(sheets, choice, train, *style),
        What::Control { sheets, choice, bars, solos } => {
            judge_control(sheets, choice, usize::from(*bars), usize::from(*solos))
        }
        What::Voicing { sheets, choice } => judge_voicing(sheets, choice),
        What::Live(live) => judge_live(live),
        What::Take { live, condition } => take(live, *condition),
    }
}

fn judge_voicing(sheets: &Sheets, choice: &Choice) -> Result<()> {
    let reading = sheets.reading()?;
    let mut chorales = voicing::chorales(&sheets.corpus, sheets.split, reading.found.len())?;
    chorales.skipped.retain(|skipped| !reading.skipped.contains(skipped));
    let pieces = named(reading);
    let mut rows = vec![named(chorales)];
    rows.extend(voicing::band(&Arc::new(choice.networks()), &pieces));
    println!("{} sopranos\n\n{}", pieces.len(), voicing::table(&rows));
    sheets.write("voicing.json", &json!(rows))
}

fn judge_live(live: &Live) -> Result<()> {
    let pieces = live.sheets.pieces()?;
    let verdict = live::judge(&pieces, live.setting())?;
    println!(
        "{} pieces, first {} frames each, in the built CLAP\n\n{}",
        pieces.len(),
        measures::FRAMES,
        live::tables(&verdict)
    );
    let matrix = live::matrix::run(&live.arguments()?)?;
    println!("{}", live::matrix::table(&matrix));
    live.sheets.write("live.json", &json!({ "sittings": verdict, "determinism": matrix }))?;
    ensure!(verdict.stuck == 0, "{} notes are stuck", verdict.stuck);
    let broken = matrix.iter().filter(|row| !row.holds()).count();
    ensure!(broken == 0, "the take is not as it has to be under {broken} of {} conditions", matrix.len());
    Ok(())
}

fn take(live: &Live, condition: Condition) -> Result<()> {
    // The command that asks for the take has named what is skipped.
    let pieces = live.sheets.reading()?.found;
    let parameters = live.setting().parameters(&pieces[0]);
    let texts: Vec<(&str, &str)> = parameters.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let sitting = live.setting().sitting(&pieces[0]);
    println!("{}", serde_json::to_string(&live::matrix::take(&sitting.performance, &texts, condition)?)?);
    Ok(())
}

fn judge_melody(sheets: &Sheets, choice: &Choice, train: &[PathBuf], style: Option<Style>) -> Result<()> {
    let pieces = sheets.pieces()?;
    let [train, valid] = sheets.to_learn(train)?;
    let network = choice.networks().soloist.context("there is no soloist to judge")?;
    let style = |piece: &Piece| style.or(piece.style);
    let ours = melody::network_bits(&network, &pieces, style)?;
    let ngram = NgramModel::learn(&train, &valid);
    let bar = progress("n-grams: bits per note", pieces.len());
    let ngrams: Vec<_> = bar.wrap_iter(pieces.iter()).map(|piece| ngram.bits(piece)).collect();
    let groups = melody::groups(&train, &pieces, &ours, &ngrams);
    println!("{} pieces, first {NOTES} notes each\n\n{}", pieces.len(), melody::table(&groups));

    let index = Index::new(&train);
    let name = |piece: &Piece| format!("{} {}", piece.source, piece.id);
    let bar = progress("soloist: solos", pieces.len());
    let mut solos: Vec<(String, &str, Vec<Note>)> = Vec::new();
    for (seed, piece) in (1..).zip(bar.wrap_iter(pieces.iter())) {
        let condition = line::Condition { style: style(piece), ..line::Condition::default() };
        let stretch = Stretch {
            from: piece.melody[0].onset,
            until: piece.melody[piece.melody.len() - 1].onset + 1,
            notes: NOTES,
        };
        let melody = solo(&network, piece, stretch, condition, seed).map_err(Error::msg)?;
        solos.push((format!("solo over {}", name(piece)), &piece.group, melody));
    }
    let ours = Copies::of(&index, solos.iter().map(|(name, group, melody)| (name.as_str(), *group, &melody[..])));
    let people: Vec<(String, &Piece)> = pieces.iter().map(|piece| (name(piece), piece)).collect();
    let people = people
        .iter()
        .map(|(name, piece)| (name.as_str(), piece.group.as_str(), &piece.melody[..piece.melody.len().min(NOTES)]));
    let people = Copies::of(&index, people);
    println!("{}", copies::table(&[("solos of the network", &ours), ("human pieces of other groups", &people)]));
    let copies = json!({ "solos": ours, "people": people });
    sheets.write("melody.json", &json!({ "bits_per_note": groups, "longest_copy_in_notes": copies }))
}

fn judge_control(sheets: &Sheets, choice: &Choice, bars: usize, solos: usize) -> Result<()> {
    let pieces = sheets.pieces()?;
    let [train, _] = sheets.to_learn(&[])?;
    let networks = choice.networks();
    let soloist = networks.soloist.as_deref().context("there is no soloist to judge")?;
    ensure!(
        !control::Window::all(&pieces, bars).is_empty(),
        "no piece has chords and {bars} bars with a melody in them to play over"
    );
    let styles = control::styles(soloist, &train, &pieces, bars, solos)?;
    match &styles {
        Some(check) => println!("{}\n{}", check.styles_table(), check.blends_table()),
        None => println!("There are not two styles with enough pieces to tell one from the other.\n"),
    }
    let knobs = knobs::turn(&networks, &pieces, bars, solos)?;
    println!("{}", knobs::table(&knobs));
    sheets.write("control.json", &json!({ "styles": styles, "knobs": knobs }))
}
