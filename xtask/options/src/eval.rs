//! The options of the evaluation.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use continuo_music::Style;
use serde::{Deserialize, Serialize};

use crate::values;

/// The most bytes of a file of lead sheets, packed.
pub const LARGEST_CORPUS: u64 = 4_000_000_000;

/// The most bytes of a file of settings.
pub const LARGEST_JSON: u64 = 1_000_000;

/// Judge the band on lead sheets: gzip JSONL, one piece per line (docs/models.md tells the format and the measures)
#[derive(Clone, Debug, Parser)]
#[command(name = "eval", bin_name = "cargo xtask eval", version)]
pub struct Eval {
    /// What is judged.
    #[command(subcommand)]
    pub what: What,
}

/// What is judged.
#[derive(Clone, Debug, Subcommand)]
#[allow(missing_docs)]
pub enum What {
    /// The chords of the improviser, of people and of rules, to melodies that arrive in real time
    Harmony {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        judged: Judged,
        /// Judge only this one; may be given several times
        #[arg(long, value_enum, value_name = "NAME")]
        system: Vec<System>,
        /// The one with which the others are compared piece by piece
        #[arg(long, value_enum, value_name = "NAME", default_value_t = System::Alone)]
        against: System,
        /// Another weight of the harmonist in the band, by the name of its field; may be given several times
        #[arg(long, value_name = "NAME=VALUE")]
        weigh: Vec<String>,
        #[command(flatten)]
        learned: Learned,
        /// Teach a classifier on so many training pieces to tell progressions of people from those of each system
        #[arg(long, value_parser = values::count, allow_negative_numbers = true, value_name = "PIECES")]
        classifier: Option<usize>,
        /// Have a hand play what the systems hear; the measures go by what is written
        #[arg(long, value_enum, value_name = "NAME")]
        hand: Option<Hand>,
        /// Play every piece so many times in a row, and judge each chorus: human, follow-note, alone, band, harmonizer
        #[arg(long, value_parser = value_parser!(u8).range(1..=2), default_value_t = 1, value_name = "1|2")]
        choruses: u8,
        /// Have the harmonizer harmonize like this instead of as the style files say: JSON, `harmonization` by style
        #[arg(long, value_parser = values::input_file(LARGEST_JSON), value_name = "FILE.json")]
        harmonization: Option<PathBuf>,
        /// Judge whole pieces, of at most 64 bars, instead of the first 256 frames
        #[arg(long)]
        whole: bool,
        /// Print charts of so many pieces, of people and of the last system, or of the band's two choruses
        #[arg(long, value_parser = values::count, allow_negative_numbers = true, value_name = "PIECES")]
        charts: Option<usize>,
        /// Play every piece in this style instead of its own
        #[arg(long, value_name = "NAME")]
        style: Option<Style>,
        /// From anticipating (0) to reacting (1), for the systems `react` and `band`
        #[arg(long, value_parser = values::share, allow_negative_numbers = true, default_value_t = 1.0)]
        follow: f32,
        /// Milliseconds that a chord waits for the note, 0 to 60, for the same systems [default: the plug-in's]
        #[arg(long, value_parser = values::wait, allow_negative_numbers = true, value_name = "MS")]
        wait: Option<f32>,
        /// From always the likeliest (0) to wild (2) [default: the plug-in's]
        #[arg(long, value_parser = values::temperature, allow_negative_numbers = true)]
        temperature: Option<f32>,
    },
    /// Bits per note of the soloist, against n-grams; and the longest phrase that it copies
    Melody {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        judged: Judged,
        #[command(flatten)]
        learned: Learned,
        /// Give the network this style instead of each piece's own
        #[arg(long, value_name = "NAME")]
        style: Option<Style>,
        /// Find, from the pieces that are judged, how far the piece so far is to be trusted, and print it; for `valid`
        #[arg(long)]
        fit: bool,
    },
    /// Whether styles and knobs do what they say
    Control {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        judged: Judged,
        #[command(flatten)]
        learned: Learned,
        /// Length of a solo
        #[arg(long, default_value_t = 16, value_parser = value_parser!(u16).range(1..))]
        bars: u16,
        /// Solos per style, blend and level
        #[arg(long, default_value_t = 32, value_parser = value_parser!(u16).range(1..))]
        solos: u16,
    },
    /// Voice leading: parallels, motion and crossings in real chorales, and in what the band plays to their sopranos
    Voicing {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        judged: Judged,
    },
    /// What Chords, Bass and Drums strike, bar by bar, against people, real bars that fit and bars that are shuffled
    Texture {
        #[command(flatten)]
        sheets: Sheets,
        #[command(flatten)]
        judged: Judged,
        #[command(flatten)]
        learned: Learned,
        /// Judge only these bars; may be given several times. Only `shuffled` says whether the classifier counts
        #[arg(long, value_enum, value_name = "NAME")]
        row: Vec<Row>,
    },
    /// The built plug-in under a simulated musician: harmony, recovery, delays, stuck notes, and whether a take is the
    /// same under every condition; fails if a note is stuck or a take differs without a late plan
    Live(Sitting),
}

/// A simulated musician at the built plug-in.
#[derive(Args, Clone, Debug)]
pub struct Sitting {
    /// What is played.
    #[command(flatten)]
    pub sheets: Sheets,
    /// Which of the built-in networks play
    #[arg(long, value_enum, ignore_case = true, value_name = "NAME", default_value_t = FamilyName::Gru)]
    pub family: FamilyName,
    /// Another musician and another take
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=9999))]
    pub seed: u32,
    /// Have the band go with a chord of the left hand when it plans the next frames, as in projects of before, and not
    /// at once
    #[arg(long)]
    pub later: bool,
}

/// Which pieces, and where the results go.
#[derive(Args, Clone, Debug)]
pub struct Sheets {
    /// Files of lead sheets; one that knows no splits is taken whole
    #[arg(
        long,
        value_parser = values::input_file(LARGEST_CORPUS),
        value_name = "FILE.jsonl.gz",
        required = true,
        num_args = 1..
    )]
    pub corpus: Vec<PathBuf>,
    /// Which part of them; tune on `valid` alone
    #[arg(long, value_enum, default_value_t = Split::Test)]
    pub split: Split,
    /// At most so many pieces
    #[arg(long, visible_alias = "pieces", value_parser = values::count, allow_negative_numbers = true)]
    pub limit: Option<usize>,
    /// Where to write the results as JSON, and chords piece by piece
    #[arg(long, value_parser = values::output_folder(), value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// What the judge learns from: never what is judged.
#[derive(Args, Clone, Debug)]
pub struct Learned {
    /// Files to learn from what is held against the networks, but for their split `test` [default: the same files, as
    /// far as they know splits]
    #[arg(long, value_parser = values::input_file(LARGEST_CORPUS), value_name = "FILE.jsonl.gz", num_args = 1..)]
    pub train: Vec<PathBuf>,
}

/// Who is judged.
#[derive(Args, Clone, Debug)]
pub struct Judged {
    /// Which of the built-in networks to judge
    #[arg(long, value_enum, ignore_case = true, value_name = "NAME", default_value_t = FamilyName::Gru)]
    pub family: FamilyName,
    /// Networks to judge instead of the built-in ones
    #[arg(long, value_parser = values::input_folder(), value_name = "FOLDER")]
    pub networks: Option<PathBuf>,
}

/// A family of built-in networks, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FamilyName {
    /// Gated recurrent units: the quicker
    Gru,
    /// Attention over the last steps
    Transformer,
}

/// How a hand plays what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hand {
    /// Ahead of the beat
    Early,
    /// Behind it
    Late,
    /// Long notes rolled from the octave below
    Rolled,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To learn from
    Train,
    /// To tune on
    Valid,
    /// To judge on, and for nothing else
    Test,
}

/// What plays the chords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// The chords that people wrote
    Human,
    /// Those of the bar before
    BarBefore,
    /// Those of the training piece whose melody is nearest
    NearestTune,
    /// Rule: the tonic triad of the tracked key
    TonicHeld,
    /// Rule: the triad that covers the notes of late, once per beat
    FollowBeat,
    /// The same once per sixteenth
    FollowSixteenth,
    /// Rule: once per beat, and the note of the beat is known
    FollowNote,
    /// The same with a sixth or seventh in every chord
    FollowSixths,
    /// The band whose harmonist trusts its network alone
    Alone,
    /// The band with follow 0: from the notes before only
    Anticipate,
    /// The band, and under each played note the chord of its answer
    React,
    /// The band as it plays
    Band,
    /// The harmonizer, which knows the whole tune before its first chord
    Harmonizer,
}

impl System {
    /// The name on the command line and of the file.
    pub fn name(self) -> String {
        values::name(self)
    }
}

/// Who strikes in the place of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    /// People
    People,
    /// Each row of a part from another bar of the same style
    Shuffled,
    /// The real bar of other pieces that fits best
    Retrieval,
    /// What people struck in the bar before
    BarBefore,
    /// The real bar of other pieces that has the most cells in common: who takes it knows what people strike
    Nearest,
    /// The players' patterns
    Library,
    /// What the network hears in people's bar: its code, and the bar again
    Rebuilt,
    /// A bar of the network by a code drawn by chance, under the conditions of people's
    Prior,
    /// The retrieved bar, its code turned by half: part by part
    Varied,
    /// The patterns with *Vary* in the middle
    LibraryVaried,
    /// Real bars as the band plays them: of the passages that are shipped
    Played,
    /// These with *Vary* in the middle
    PlayedVaried,
}

impl Row {
    /// All, in the order of the tables.
    pub const ALL: [Self; 12] = [
        Self::People,
        Self::Shuffled,
        Self::Retrieval,
        Self::BarBefore,
        Self::Nearest,
        Self::Library,
        Self::Rebuilt,
        Self::Prior,
        Self::Varied,
        Self::LibraryVaried,
        Self::Played,
        Self::PlayedVaried,
    ];

    /// Its name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Shuffled => "shuffled",
            Self::Retrieval => "retrieval",
            Self::BarBefore => "bar before",
            Self::Nearest => "nearest",
            Self::Library => "library",
            Self::Rebuilt => "VAE: rebuilt",
            Self::Prior => "VAE: prior",
            Self::Varied => "VAE: retrieval, turned by ½",
            Self::LibraryVaried => "library, vary ½",
            Self::Played => "real bars",
            Self::PlayedVaried => "real bars, vary ½",
        }
    }
}
