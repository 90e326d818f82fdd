//! Judges the band on lead sheets. `cargo xtask eval` builds and runs it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use continuo_models::music::Style;
use continuo_models::{Controls, Networks};
use continuo_tests::eval::corpus::{self, Piece};
use continuo_tests::eval::harmony::{self, System};
use continuo_tests::eval::melody;

/// Judge the band on lead sheets: gzip JSONL, one piece per line (docs/models.md tells the format and the measures).
#[derive(Parser)]
#[command(name = "eval", bin_name = "cargo xtask eval", version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The chords that the improviser plays to melodies that arrive in real time
    Harmony {
        #[command(flatten)]
        sheets: Sheets,
        /// Judge only this follow, from anticipating (0) to reacting (1), instead of both ends
        #[arg(long)]
        follow: Option<f32>,
        /// From always the likeliest (0) to wild (2)
        #[arg(long, default_value_t = Controls::default().temperature)]
        temperature: f32,
    },
    /// Bits per note of the soloist, against a bigram
    Melody {
        #[command(flatten)]
        sheets: Sheets,
        /// Files whose train split the bigram is counted on (the same files, if not given)
        #[arg(long, value_name = "FILE.jsonl.gz", num_args = 1..)]
        train: Vec<PathBuf>,
    },
}

#[derive(Args)]
struct Sheets {
    /// Files of lead sheets
    #[arg(long, value_name = "FILE.jsonl.gz", required = true, num_args = 1..)]
    corpus: Vec<PathBuf>,
    /// Which part of them; tune on `valid` alone
    #[arg(long, value_enum, default_value_t = Split::Test)]
    split: Split,
    /// At most so many pieces
    #[arg(long)]
    limit: Option<usize>,
    /// Play every piece in this style instead of its own
    #[arg(long, value_parser = style)]
    style: Option<Style>,
    /// Networks to judge instead of the built-in ones
    #[arg(long, value_name = "FOLDER")]
    networks: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Split {
    Train,
    Valid,
    Test,
}

impl Split {
    fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }
}

fn style(name: &str) -> Result<Style, String> {
    let names = Style::ALL.map(|style| style.name()).join(", ");
    Style::ALL.into_iter().find(|style| style.name() == name).ok_or(format!("choose one of {names}"))
}

impl Sheets {
    fn read(&self, split: Split, files: &[PathBuf]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for file in files {
            pieces.extend(corpus::read(file, split.name())?);
        }
        if pieces.is_empty() {
            bail!("there is no piece with a melody in the split `{}`", split.name());
        }
        Ok(pieces)
    }

    fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces = self.read(self.split, &self.corpus)?;
        pieces.truncate(self.limit.unwrap_or(usize::MAX));
        Ok(pieces)
    }

    fn networks(&self) -> Networks {
        let (networks, problems) = self.networks.as_deref().map_or_else(Networks::built_in, Networks::from_folder);
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        networks
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eval: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.what {
        What::Harmony { sheets, follow, temperature } => {
            let pieces: Vec<Piece> = sheets.pieces()?.into_iter().filter(|piece| !piece.chords.is_empty()).collect();
            let mut systems = vec![System::Human, System::TonicHeld];
            for follow in follow.map_or(vec![0.0, 1.0], |follow| vec![follow]) {
                systems.extend([System::Improviser(follow), System::Answers(follow)]);
            }
            let networks = Arc::new(sheets.networks());
            let rows = harmony::evaluate(&networks, &pieces, &systems, |piece| Controls {
                style_a: sheets.style.or(piece.style).unwrap_or(Style::Pop),
                temperature,
                ..Controls::default()
            });
            println!("{} pieces of the {} split, first 256 frames each\n", pieces.len(), sheets.split.name());
            println!("{}", harmony::table(&rows));
        }
        What::Melody { ref sheets, ref train } => {
            let pieces = sheets.pieces()?;
            let train = sheets.read(Split::Train, if train.is_empty() { &sheets.corpus } else { train })?;
            let networks = sheets.networks();
            let network = networks.soloist.context("there is no soloist to judge")?;
            let style = |piece: &Piece| sheets.style.or(piece.style);
            let ours = melody::network_bits(&network, &pieces, style).map_err(anyhow::Error::msg)?;
            let bigram = melody::bigram_bits(&train, &pieces);
            println!(
                "{} pieces of the {} split, first 256 notes each; bits per note\n",
                pieces.len(),
                sheets.split.name()
            );
            println!("{:10}{:>8}{:>8}{:>8}{:>8}", "", "pitch", "length", "time", "total");
            for (name, bits) in [("soloist", ours), ("bigram", bigram)] {
                println!("{name:10}{:8.2}{:8.2}{:8.2}{:8.2}", bits.pitch, bits.length, bits.time, bits.total());
            }
        }
    }
    Ok(())
}
