//! The options of the demo.

use std::path::PathBuf;

use clap::{Args, Parser, value_parser};
use continuo_music::{Key, Style};

use crate::values::{self, target};

/// The most bytes of a chart.
pub const LARGEST_CHART: u64 = 16_000_000;

/// The most bytes of a MIDI file; an hour of dense music has a few million.
pub const LARGEST_MIDI: u64 = 64_000_000;

/// Play performances to the built plug-in; each gets a folder with take.mid, take.wav and take.png, and all together a
/// report.txt and report.json
///
/// Without --play these are the performances in assets/performances, each twice through, with the charts of both times
/// beside that of people; each player alone and the band in each style play twelve bars, and the band in each style
/// with bars from each source eight: sheet.png and sources.png, and a MIDI file each in the folders sheet and sources.
#[derive(Clone, Debug, Parser)]
#[command(name = "demo", bin_name = "cargo xtask demo", version)]
pub struct Demo {
    /// What is played, and how.
    #[command(flatten)]
    pub playing: Playing,
    /// Write the MIDI files of assets/performances anew from the tunes beside them, and stop
    #[arg(long, conflicts_with = "Playing")]
    pub engrave: bool,
}

/// What is played, and how.
#[derive(Args, Clone, Debug)]
pub struct Playing {
    /// Play this MIDI file instead
    #[arg(long, value_parser = values::input_file(LARGEST_MIDI), value_name = "FILE.mid")]
    pub play: Option<PathBuf>,
    /// Play only this track of the file, counted from 1
    #[arg(long, requires = "play", value_parser = values::count, value_name = "NUMBER")]
    pub track: Option<usize>,
    /// Have the band follow this chart: MusicXML, ChordPro, MIDI or text (docs/charts.md)
    #[arg(long, value_parser = values::chart_file(LARGEST_CHART), value_name = "FILE")]
    pub chart: Option<PathBuf>,
    /// The style
    #[arg(long, value_name = "NAME")]
    pub style: Option<Style>,
    /// A second style to blend in
    #[arg(long, value_name = "NAME")]
    pub style_b: Option<Style>,
    /// How much of the second style, 0 to 1 (0.5 if a second style is given)
    #[arg(long, value_parser = values::share, allow_negative_numbers = true)]
    pub blend: Option<f32>,
    /// From always the likeliest (0) to wild (2)
    #[arg(long, value_parser = values::temperature, allow_negative_numbers = true)]
    pub temperature: Option<f32>,
    /// From anticipating (0) to reacting (1)
    #[arg(long, value_parser = values::share, allow_negative_numbers = true)]
    pub follow: Option<f32>,
    /// How much the band plays, 0 to 1
    #[arg(long, value_parser = values::share, allow_negative_numbers = true)]
    pub density: Option<f32>,
    /// From straight (0) to full triplets (1)
    #[arg(long, value_parser = values::share, allow_negative_numbers = true)]
    pub swing: Option<f32>,
    /// Deviation of timing and loudness, 0 to 1
    #[arg(long, value_parser = values::share, allow_negative_numbers = true)]
    pub humanise: Option<f32>,
    /// Keep the band in this key, such as "C major" or "F#m"
    #[arg(long)]
    pub key: Option<Key>,
    /// Another take: 1 to 9999
    #[arg(long, value_parser = value_parser!(u32).range(1..=9999))]
    pub seed: Option<u32>,
    /// Let a player rest: voices, chords, bass and so on; may be given several times
    #[arg(long, value_name = "PLAYER")]
    pub without: Vec<String>,
    /// Where to write [default: target/demo]
    #[arg(
        long,
        value_parser = values::output_folder(),
        value_name = "FOLDER",
        default_value_os_t = target("demo"),
        hide_default_value = true
    )]
    pub out: PathBuf,
}
