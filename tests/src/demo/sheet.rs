//! The contact sheet: each player alone and the band in each style, twelve bars each, on one picture.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use continuo_models::Player;
use continuo_models::music::Style;

use super::midi::Score;
use super::performances::Performance;
use super::settings::Settings;
use super::{Page, Recording, roll};

/// Bars of each performance; the band has one more for its last word.
const BARS: usize = 12;

/// The width of a quarter note with which they fit into one system.
const QUARTER: f64 = 32.0;

/// The performances of the sheet: the beginnings of `tunes` in turn, first for each player alone, then for all of them
/// in each style. `settings` say what neither player nor style does.
fn performances(tunes: &[Performance], settings: &Settings) -> Vec<Performance> {
    let alone = Player::ALL.map(|player| {
        let without = Player::ALL.into_iter().filter(|other| *other != player).collect();
        (format!("{player:?} alone"), Settings { without, ..Settings::default() })
    });
    let together = Style::ALL.map(|style| {
        let settings = Settings { style: Some(style), ..Settings::default() };
        (format!("The band, {style}"), settings)
    });
    let all = alone.into_iter().chain(together).zip(tunes.iter().cycle());
    all.map(|((name, own), tune)| {
        let own = own.or(settings);
        // A tune's own settings belong to its own style.
        let settings = if own.style.is_some() { own } else { own.or(&tune.settings) };
        let score = beginning(&tune.score);
        let title = score.title.as_ref().map_or(name.clone(), |title| format!("{name}: {title}"));
        Performance { name: file_name(&name), score: Score { title: Some(title), ..score }, settings, tune: None }
    })
    .collect()
}

fn file_name(name: &str) -> String {
    name.to_lowercase().replace(',', "").replace(' ', "-")
}

/// The first bars of a score.
fn beginning(score: &Score) -> Score {
    let end = score.bars().get(BARS - 1).map_or(f64::INFINITY, |bar| bar.end);
    let mut score = score.clone();
    score.notes.retain(|note| note.start < end);
    score.notes.iter_mut().for_each(|note| note.length = note.length.min(end - note.start));
    score.changes.retain(|change| change.at <= end);
    score.tempos.retain(|(at, _)| *at < end);
    score.meters.retain(|(at, _)| *at < end);
    score.keys.retain(|(at, _)| *at < end);
    score
}

/// Plays the performances of the sheet and writes `sheet.png` and a MIDI file each, in the folder `sheet`, to `out`.
///
/// # Errors
/// If the plug-in does not play or leaves a note stuck, or something cannot be written.
pub fn record(tunes: &[Performance], settings: &Settings, out: &Path) -> Result<()> {
    let folder = out.join("sheet");
    fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    let mut takes: Vec<(Performance, Recording, Page)> = Vec::new();
    for performance in performances(tunes, settings) {
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
        takes.iter().map(|(performance, take, page)| take.roll(page, &performance.score, QUARTER)).collect();
    let path = out.join("sheet.png");
    fs::write(&path, roll::draw_sheet(&rolls)?).with_context(|| format!("{} could not be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::performances::load_all;

    #[test]
    fn every_player_plays_alone_and_every_style_with_all_of_them() {
        let performances = performances(&load_all().unwrap(), &Settings::default());
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
        let performances = performances(&load_all().unwrap(), &Settings::default());
        for (index, performance) in performances.iter().enumerate() {
            let bar = performance.score.meters[0].1.bar_ticks() as f64;
            let last = performance.score.end();
            assert!(last > 9.0 * bar && last <= 12.0 * bar, "{}: {last}", performance.name);
            assert!(performances[..index].iter().all(|other| other.name != performance.name));
        }
    }
}
