//! The contact sheets: each player alone and the band in each style, twelve bars each, on one picture; and the band in
//! each style with bars from each source, eight bars each, on another.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use continuo_models::Player;
use continuo_models::controls::BarSource;
use continuo_models::music::Style;

use super::midi::Score;
use super::performances::Performance;
use super::settings::Settings;
use super::{Page, Recording, roll};

/// A sheet.
struct Sheet {
    /// The name of its picture, and of the folder of its takes.
    name: &'static str,
    /// Bars of each performance; the band has one more for its last word.
    bars: usize,
    /// The width of a quarter note with which they fit into one system.
    quarter: f64,
    /// How large each is drawn, and how many beside each other.
    scale: f64,
    columns: usize,
}

const PLAYERS_AND_STYLES: Sheet = Sheet { name: "sheet", bars: 12, quarter: 32.0, scale: 0.6, columns: 2 };
const SOURCES: Sheet = Sheet { name: "sources", bars: 8, quarter: 46.0, scale: 0.45, columns: 3 };

/// The first sheet: each player alone, then all of them in each style.
fn players_and_styles() -> Vec<(String, Settings)> {
    let alone = Player::ALL.map(|player| {
        let without = Player::ALL.into_iter().filter(|other| *other != player).collect();
        (format!("{player:?} alone"), Settings { without, ..Settings::default() })
    });
    let together = Style::ALL.map(|style| {
        let settings = Settings { style: Some(style), ..Settings::default() };
        (format!("The band, {style}"), settings)
    });
    alone.into_iter().chain(together).collect()
}

/// The second one: each style with patterns, with real bars, and with real bars that are varied.
fn sources() -> Vec<(String, Settings)> {
    let sources = [
        ("patterns", BarSource::Library, None),
        ("real bars", BarSource::Played, None),
        ("real bars varied", BarSource::Played, Some(0.5)),
    ];
    let in_style = |style: Style| {
        sources.map(|(name, bars, vary)| {
            let settings = Settings { style: Some(style), bars: Some(bars), vary, ..Settings::default() };
            (format!("{style}, {name}"), settings)
        })
    };
    Style::ALL.into_iter().flat_map(in_style).collect()
}

/// The performances of a sheet of `bars` bars each: the beginnings of `tunes`, `each` of them for so many of `all` in
/// turn. `settings` say what these do not.
fn performances(
    all: Vec<(String, Settings)>,
    (tunes, each): (&[Performance], usize),
    settings: &Settings,
    bars: usize,
) -> Vec<Performance> {
    let tunes = tunes.iter().cycle().flat_map(|tune| std::iter::repeat_n(tune, each));
    let all = all.into_iter().zip(tunes);
    all.map(|((name, own), tune)| {
        let own = own.or(settings);
        // A tune's own settings belong to its own style.
        let settings = if own.style.is_some() { own } else { own.or(&tune.settings) };
        let score = beginning(&tune.score, bars);
        let title = score.title.as_ref().map_or(name.clone(), |title| format!("{name}: {title}"));
        Performance { name: file_name(&name), score: Score { title: Some(title), ..score }, settings, tune: None }
    })
    .collect()
}

fn file_name(name: &str) -> String {
    name.to_lowercase().replace(',', "").replace(' ', "-")
}

/// The first `bars` of a score.
fn beginning(score: &Score, bars: usize) -> Score {
    let end = score.bars().get(bars - 1).map_or(f64::INFINITY, |bar| bar.end);
    let mut score = score.clone();
    score.notes.retain(|note| note.start < end);
    score.notes.iter_mut().for_each(|note| note.length = note.length.min(end - note.start));
    score.changes.retain(|change| change.at <= end);
    score.tempos.retain(|(at, _)| *at < end);
    score.meters.retain(|(at, _)| *at < end);
    score.keys.retain(|(at, _)| *at < end);
    score
}

/// Plays the performances of both sheets and writes `sheet.png` and `sources.png`, and a MIDI file of each, in folders
/// of these names, to `out`.
///
/// # Errors
/// If the plug-in does not play or leaves a note stuck, or something cannot be written.
pub fn record(tunes: &[Performance], settings: &Settings, out: &Path) -> Result<()> {
    let in_turn = performances(players_and_styles(), (tunes, 1), settings, PLAYERS_AND_STYLES.bars);
    PLAYERS_AND_STYLES.record(in_turn, out)?;
    SOURCES.record(performances(sources(), (tunes, SOURCES.columns), settings, SOURCES.bars), out)
}

impl Sheet {
    fn record(&self, performances: Vec<Performance>, out: &Path) -> Result<()> {
        let folder = out.join(self.name);
        fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
        let mut takes: Vec<(Performance, Recording, Page)> = Vec::new();
        for performance in performances {
            let Performance { name, score, settings, .. } = &performance;
            let recording = super::record(score, settings, None)?;
            ensure!(recording.unpaired() == 0, "{name} has stuck notes");
            let page = recording.page(name, score, settings);
            let path = folder.join(name).with_extension("mid");
            fs::write(&path, recording.midi(&page.title, score)?)
                .with_context(|| format!("{} could not be written", path.display()))?;
            takes.push((performance, recording, page));
        }
        let rolls: Vec<_> =
            takes.iter().map(|(performance, take, page)| take.roll(page, &performance.score, self.quarter)).collect();
        let path = out.join(self.name).with_extension("png");
        let picture = roll::draw_sheet(&rolls, self.scale, self.columns)?;
        fs::write(&path, picture).with_context(|| format!("{} could not be written", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::performances::load_all;

    fn in_turn(all: Vec<(String, Settings)>, each: usize) -> Vec<Performance> {
        performances(all, (&load_all().unwrap(), each), &Settings::default(), 12)
    }

    #[test]
    fn every_style_is_heard_with_every_source_on_one_tune() {
        let all = in_turn(sources(), 3);
        assert_eq!(all.len(), 3 * Style::ALL.len());
        for (group, style) in all.chunks(3).zip(Style::ALL) {
            assert!(group.iter().all(|one| one.settings.style == Some(style)), "{style}");
            assert!(group.iter().all(|one| one.score.notes == group[0].score.notes), "{style}");
        }
    }

    #[test]
    fn every_player_plays_alone_and_every_style_with_all_of_them() {
        let performances = in_turn(players_and_styles(), 1);
        for (performance, player) in performances.iter().zip(Player::ALL) {
            let resting = performance.settings.without.clone();
            assert_eq!(resting.len(), Player::COUNT - 1);
            assert!(!resting.contains(&player));
        }
        let styles: Vec<_> =
            performances[Player::COUNT..].iter().map(|performance| performance.settings.style).collect();
        assert_eq!(styles, Style::ALL.map(Some));
        assert!(performances[Player::COUNT..].iter().all(|performance| performance.settings.without.is_empty()));
    }

    #[test]
    fn a_performance_has_twelve_bars_and_every_name_is_another_one() {
        let performances = in_turn(players_and_styles(), 1);
        for (index, performance) in performances.iter().enumerate() {
            let bar = performance.score.meters[0].1.bar_ticks() as f64;
            let last = performance.score.end();
            assert!(last > 9.0 * bar && last <= 12.0 * bar, "{}: {last}", performance.name);
            assert!(performances[..index].iter().all(|other| other.name != performance.name));
        }
    }
}
