//! Drives the built plug-in in a process of its own and says what came of it, in JSON: for tests that set environment
//! variables which the plug-in reads when it is loaded, and for what could take the process down with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use continuo_options::values;
use continuo_tests::host::faults::{Faults, Place};
use continuo_tests::host::performance::{Change, Interruption, Motion, PlayedNote, Segment};
use continuo_tests::host::screen::Screen;
use continuo_tests::host::{
    Diagnostics, Format, Input, Instance, Mode, Pacing, Performance, Session, Take, bundles, parameter_id,
};

/// Drives the built plug-in in a process of its own and says what came of it.
#[derive(Parser)]
struct Options {
    /// The format through which to drive it.
    #[arg(long, value_enum, default_value = "clap", global = true)]
    format: FormatName,
    /// Have the plug-in that fails on purpose fail: the place, how often it is passed before, and how often it fails.
    #[arg(long, value_name = "PLACE:AFTER:TIMES", global = true)]
    fault: Option<Fault>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a scale to it.
    Perform {
        /// Bars to play.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
        bars: u32,
        /// A parameter to set before: its name and the user's text.
        #[arg(long, value_name = "NAME=TEXT")]
        set: Vec<Setting>,
        /// A parameter that changes at a tick.
        #[arg(long, value_name = "TICK:NAME=TEXT")]
        change: Vec<TimedSetting>,
        /// Play in real time, not as fast as possible.
        #[arg(long)]
        live: bool,
    },
    /// Opens and closes its panel on the X server of `DISPLAY`, while it plays and its parameters are automated.
    Panel {
        /// How often to open the panel.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        rounds: u32,
        /// How many instances there are; the panels of all of them are opened, and the first one plays.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        instances: u32,
        /// How long to leave it open, in milliseconds.
        #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u64).range(..=600_000))]
        open_ms: u64,
        /// Where to write a picture of it as it is before it is closed for the last time.
        #[arg(long, value_parser = values::output_file())]
        picture: Option<PathBuf>,
        /// Leave the parameters alone.
        #[arg(long)]
        still: bool,
    },
    /// Opens its panel on the X server of `DISPLAY` and clicks at places of its drawing, one after the other. Tells of
    /// each whether the host was told then that its project is not as it was saved.
    Click {
        /// Places, in points of the drawing at 100 %.
        #[arg(long, value_name = "X,Y", required = true)]
        at: Vec<Point>,
    },
    /// Opens its panel on the X server of `DISPLAY`, resizes it as a host and by its own buttons, and opens it again.
    Resize {
        /// The pixels of an inch that the screen is said to have.
        #[arg(long, default_value_t = 96)]
        dpi: u32,
        /// A folder for a picture of each size.
        #[arg(long)]
        pictures: Option<PathBuf>,
    },
}

/// A place of the drawing, in points.
#[derive(Clone, Copy, Debug)]
struct Point {
    x: i16,
    y: i16,
}

impl FromStr for Point {
    type Err = anyhow::Error;

    fn from_str(argument: &str) -> Result<Self> {
        let (x, y) = argument.split_once(',').context("there is no `,`")?;
        Ok(Self { x: x.parse()?, y: y.parse()? })
    }
}

/// A parameter and the user's text for a value of it.
#[derive(Clone, Debug)]
struct Setting {
    name: String,
    text: String,
}

impl FromStr for Setting {
    type Err = anyhow::Error;

    fn from_str(argument: &str) -> Result<Self> {
        let (name, text) = argument.split_once('=').context("there is no `=`")?;
        Ok(Self { name: name.to_owned(), text: text.to_owned() })
    }
}

/// A place, and what [`Faults::arm`] is told of it.
#[derive(Clone, Copy, Debug)]
struct Fault {
    place: Place,
    after: u32,
    times: u32,
}

impl FromStr for Fault {
    type Err = anyhow::Error;

    fn from_str(argument: &str) -> Result<Self> {
        let mut parts = argument.split(':');
        let mut part = || parts.next().context("there are not three parts");
        let place = Place::from_str(part()?, true).map_err(anyhow::Error::msg)?;
        Ok(Self { place, after: part()?.parse()?, times: part()?.parse()? })
    }
}

/// A [`Setting`] from a tick on.
#[derive(Clone, Debug)]
struct TimedSetting {
    at: f64,
    setting: Setting,
}

impl FromStr for TimedSetting {
    type Err = anyhow::Error;

    fn from_str(argument: &str) -> Result<Self> {
        let (tick, setting) = argument.split_once(':').context("there is no `:`")?;
        Ok(Self { at: values::tick(tick)?, setting: setting.parse()? })
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Clap,
    Vst3,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let format = match options.format {
        FormatName::Clap => Format::Clap,
        FormatName::Vst3 => Format::Vst3,
    };
    if let Some(Fault { place, after, times }) = options.fault {
        Faults::of(format)?.arm(place, after, times)?;
    }
    let session = Session::open(format)?;
    let answer = match options.command {
        Command::Perform { bars, set, change, live } => perform(session, bars, &set, &change, live)?,
        Command::Click { at } => click(session, &at)?,
        Command::Resize { dpi, pictures } => resize(session, dpi, pictures.as_deref())?,
        Command::Panel { rounds, instances, open_ms, picture, still } => {
            let others = (1..instances).map(|_| Session::open(format)).collect::<Result<_>>()?;
            panel(session, others, rounds, open_ms, picture, still)?
        }
    };
    println!("{answer}");
    Ok(())
}

fn perform(
    session: Session,
    bars: u32,
    set: &[Setting],
    changes: &[TimedSetting],
    live: bool,
) -> Result<serde_json::Value> {
    let settings: Vec<(&str, &str)> = set.iter().map(|Setting { name, text }| (&**name, &**text)).collect();
    let mut session = session.with(&[("preview", "Off")])?.with(&settings)?;
    if live {
        session = session.in_mode(Mode::Live)?;
    }
    let instance = session.instance();
    let format = instance.format();
    let mut performance = scale(bars);
    for TimedSetting { at, setting: Setting { name, text } } in changes {
        let id = parameter_id(name);
        let value = instance.value_of_text(id, text).with_context(|| format!("`{name}` does not know `{text}`"))?;
        performance.changes.push(Change { at: *at, input: Input::Parameter { id, value } });
    }
    // The reset ends what still sounds, in a moment too short for a new note.
    let end = Segment { motion: Motion::Absent { jam_from: 1e6 }, ..Segment::rolling(0.0, 2.0) };
    performance.route.push(end.after(Interruption::Reset));
    let take = session.perform(&performance)?;
    let totals = Diagnostics::read(&bundles::library(format)?)?;
    let notes = [1u8, 2, 3, 4].map(|channel| take.notes(channel).len());
    Ok(serde_json::json!({
        "hash": take.hash(),
        "notes": notes,
        "mismatches": take.mismatches(&[]).len(),
        "misses": totals.misses,
        "networks": totals.networks,
        "origins": totals.origins,
    }))
}

fn panel(
    session: Session,
    mut others: Vec<Session>,
    rounds: u32,
    open_ms: u64,
    picture: Option<PathBuf>,
    still: bool,
) -> Result<serde_json::Value> {
    let screen = Screen::connect()?;
    let mut session = session.in_mode(Mode::Live)?.paced(Pacing::Realtime);
    let (instance, player) = session.split();
    let mut performance = scale(((u64::from(rounds) * (open_ms + 100)) / 2000 + 2) as u32);
    if !still {
        performance.changes = automation(instance, performance.route[0].ticks);
    }
    let mut seen = None;
    let take = thread::scope(|scope| -> Result<Take> {
        let audio = scope.spawn(|| player.perform(&performance));
        for _ in 0..rounds {
            let window = screen.open_window(1400, 1000)?;
            let (width, height) = instance.open_panel(window)?;
            let mut windows = Vec::new();
            for other in &mut others {
                let window = screen.open_window(1400, 1000)?;
                other.instance().open_panel(window)?;
                windows.push(window);
            }
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(open_ms) {
                others.iter_mut().for_each(|other| other.instance().idle());
                idle_for(instance, Duration::from_millis(5));
            }
            seen = Some((width, height, screen.picture(width as u16, height as u16)?));
            for (other, window) in others.iter_mut().zip(windows) {
                other.instance().close_panel();
                screen.close_window(window)?;
            }
            instance.close_panel();
            screen.close_window(window)?;
            idle_for(instance, Duration::from_millis(20));
        }
        audio.join().expect("the audio thread does not panic")
    })?;
    let (width, height, seen) = seen.context("the panel was never opened")?;
    if let Some(path) = picture {
        fs::write(&path, seen.png()?).with_context(|| format!("{} could not be written", path.display()))?;
    }
    Ok(serde_json::json!({
        "width": width,
        "height": height,
        "colours": seen.colours(),
        "share_of_commonest": seen.share_of_commonest(),
        "notes": take.notes(None).len(),
        "mismatches": take.mismatches(&[]).iter().filter(|mismatch| !mismatch.is_stuck()).count(),
        "panics": Diagnostics::read(&bundles::library(instance.format())?)?.panics,
    }))
}

fn click(mut session: Session, places: &[Point]) -> Result<serde_json::Value> {
    let screen = Screen::connect()?;
    let (instance, _) = session.split();
    let window = screen.open_window(1400, 1000)?;
    instance.open_panel(window)?;
    idle_for(instance, Duration::from_millis(1500));
    let before = instance.take_dirty();
    let mut told = Vec::new();
    for &Point { x, y } in places {
        screen.click(x, y)?;
        idle_for(instance, Duration::from_millis(700));
        told.push(instance.take_dirty() > 0);
    }
    instance.close_panel();
    screen.close_window(window)?;
    Ok(serde_json::json!({ "before": before, "told": told }))
}

/// The places of the name and of the button for 150 % in *About*, in points of the drawing.
const NAME: (f64, f64) = (60.0, 32.0);
const LARGER: (f64, f64) = (62.0, 576.0);

fn resize(mut session: Session, dpi: u32, pictures: Option<&Path>) -> Result<serde_json::Value> {
    let screen = Screen::connect()?;
    screen.set_dpi(dpi)?;
    let (instance, _) = session.split();
    let mut details = Vec::new();
    let mut look = |instance: &mut dyn Instance, name: &str| -> Result<(u32, u32)> {
        idle_for(instance, Duration::from_millis(1200));
        let (width, height) = instance.panel_size()?;
        // As much of it as the screen has room for.
        let picture = screen.picture(width.min(2560) as u16, height.min(1600) as u16)?;
        details.push(picture.detail());
        if let Some(folder) = pictures {
            fs::write(folder.join(format!("{name}.png")), picture.png()?)?;
        }
        Ok((width, height))
    };
    let window = screen.open_window(2560, 1600)?;
    let told = instance.open_panel(window)?;
    let opened = look(instance, "opened")?;
    let granted = instance.resize_panel(1500, 1500)?;
    let dragged = look(instance, "dragged")?;
    let pixels = f64::from(dragged.0) / 1160.0;
    for (x, y) in [NAME, LARGER] {
        screen.click((x * pixels) as i16, (y * pixels) as i16)?;
        idle_for(instance, Duration::from_millis(500));
    }
    let chosen = look(instance, "chosen")?;
    instance.close_panel();
    let again = instance.open_panel(window)?;
    look(instance, "again")?;
    instance.close_panel();
    screen.close_window(window)?;
    Ok(serde_json::json!({
        "told": told,
        "opened": opened,
        "granted": granted,
        "dragged": dragged,
        "chosen": chosen,
        "again": again,
        "details": details,
    }))
}

/// What a host's event loop does for a while.
fn idle_for(instance: &mut dyn Instance, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        instance.idle();
        thread::sleep(Duration::from_millis(5));
    }
}

/// Ten changes of a parameter in each beat.
fn automation(instance: &mut dyn Instance, ticks: f64) -> Vec<Change> {
    let parameters = instance.parameters().into_iter().filter(|parameter| parameter.automatable && !parameter.hidden);
    let ids: Vec<u32> = parameters.map(|parameter| parameter.id).collect();
    let count = (ticks / 2.4) as usize;
    let change = |index: usize| {
        let value = (index * 7 % 11) as f64 / 10.0;
        Change { at: index as f64 * 2.4, input: Input::Parameter { id: ids[index * 13 % ids.len()], value } }
    };
    (0..count).map(change).collect()
}

/// A scale in quarters up and down, slightly behind the beat, with a bar's rest after every three bars.
fn scale(bars: u32) -> Performance {
    const KEYS: [u8; 12] = [60, 62, 64, 65, 67, 69, 71, 72, 71, 67, 64, 62];
    let beats = (0..bars * 4).filter(|beat| beat % 16 < 12);
    let notes = beats.map(|beat| PlayedNote {
        start: f64::from(beat) * 24.0 + 0.25,
        length: 22.0,
        channel: 0,
        key: KEYS[(beat % 16) as usize],
        velocity: 96,
    });
    let route = vec![Segment::rolling(0.0, f64::from(bars) * 96.0)];
    Performance { notes: notes.collect(), route, ..Performance::default() }
}
