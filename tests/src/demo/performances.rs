//! The performances that come with Continuo: tunes as they are written and as a hand plays them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use continuo_models::files;
use continuo_models::music::Chart;
use continuo_options::demo::LARGEST_CHART;

use super::midi::{Head, Track};
use super::settings::Settings;
use super::{abc, hand, midi};

/// A performance that comes with Continuo.
#[derive(Clone, Debug)]
pub struct Performance {
    /// Its file name without extension.
    pub name: String,
    /// What is played, from its MIDI file.
    pub score: midi::Score,
    /// What the band is set to, from the tune's own file.
    pub settings: Settings,
    /// The tune as it is written; `None`: it is a file of the musician's own.
    pub tune: Option<Tune>,
}

/// A tune as it is written.
#[derive(Clone, Debug)]
pub struct Tune {
    /// The length of a time through in ticks, with the rests at its end.
    pub length: f64,
    /// The chords that people play to it, if there is a file of them beside it.
    pub chart: Option<Chart>,
}

/// The folder of the performances.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/performances")
}

/// The tunes (`.abc`) in `folder`, in order of name.
///
/// # Errors
/// If the folder cannot be read or has none.
pub fn tunes(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} could not be read", folder.display()))?;
    let mut tunes: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "abc"))
        .collect();
    ensure!(!tunes.is_empty(), "there are no performances in {}", folder.display());
    tunes.sort();
    Ok(tunes)
}

/// Loads every performance of [`folder`].
///
/// # Errors
/// If one is not as expected.
pub fn load_all() -> Result<Vec<Performance>> {
    let load = |path: PathBuf| -> Result<Performance> {
        let tune = read_tune(&path)?;
        let midi = path.with_extension("mid");
        let bytes = fs::read(&midi).with_context(|| format!("{} could not be read", midi.display()))?;
        let score = midi::read(&bytes, None).with_context(|| format!("{} is of no use", midi.display()))?;
        let name = path.file_stem().context("a tune has a name")?.to_string_lossy().into_owned();
        let settings = Settings::of_tune(&tune).with_context(|| format!("{}", path.display()))?;
        let chart = path.with_extension("txt");
        let chart = chart.is_file().then(|| read_chart(&chart)).transpose()?;
        let length = tune.voices[0].length as f64;
        Ok(Performance { name, score, settings, tune: Some(Tune { length, chart }) })
    };
    tunes(&folder())?.into_iter().map(load).collect()
}

/// Reads a tune's own file.
///
/// # Errors
/// If it is not there or not understood.
pub fn read_tune(path: &Path) -> Result<abc::Tune> {
    let text = fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    abc::parse(&text).with_context(|| format!("{} is not understood", path.display()))
}

/// Reads a chart.
///
/// # Errors
/// If it is not there or has no chords.
pub fn read_chart(path: &Path) -> Result<Chart> {
    let bytes = files::read(path, LARGEST_CHART).with_context(|| path.display().to_string())?;
    let found = continuo_charts::read(&path.to_string_lossy(), &bytes, None);
    let found = found.map_err(|error| anyhow!("{} {error}", path.display()))?;
    found.remarks.iter().for_each(|remark| eprintln!("  {remark}"));
    Ok(found.chart)
}

/// The MIDI file of a tune that a hand plays: one track a voice.
///
/// # Errors
/// If the tune does not fit into a MIDI file.
pub fn engrave(tune: &abc::Tune) -> Result<Vec<u8>> {
    let voices: Vec<_> =
        tune.voices.iter().enumerate().map(|(index, voice)| hand::play(tune, voice, index as u64)).collect();
    let tracks: Vec<Track<'_>> =
        tune.voices.iter().zip(&voices).map(|(voice, notes)| Track { name: &voice.name, program: 0, notes }).collect();
    let head = Head {
        title: &tune.title,
        tempos: &[(0.0, tune.tempo)],
        meters: &tune.meters.iter().map(|&(tick, meter)| (tick as f64, meter)).collect::<Vec<_>>(),
        keys: &[(0.0, tune.key)],
    };
    midi::write(&head, &tracks)
}

/// Writes the MIDI file of every tune anew, beside it, and gives their paths.
///
/// # Errors
/// If a tune is not understood or a file cannot be written.
pub fn engrave_all() -> Result<Vec<PathBuf>> {
    let engrave = |path: PathBuf| -> Result<PathBuf> {
        let midi = path.with_extension("mid");
        fs::write(&midi, engrave(&read_tune(&path)?)?)
            .with_context(|| format!("{} could not be written", midi.display()))?;
        Ok(midi)
    };
    tunes(&folder())?.into_iter().map(engrave).collect()
}

#[cfg(test)]
mod tests {
    use continuo_models::music::Meter;
    use continuo_models::music::chart::Chorus;

    use super::*;

    /// Every performance with its tune.
    fn all() -> Vec<(Performance, abc::Tune)> {
        let tunes = tunes(&folder()).unwrap();
        load_all().unwrap().into_iter().zip(tunes.iter().map(|path| read_tune(path).unwrap())).collect()
    }

    #[test]
    fn the_midi_files_are_what_the_tunes_engrave_to() {
        for path in tunes(&folder()).unwrap() {
            let engraved = engrave(&read_tune(&path).unwrap()).unwrap();
            assert!(fs::read(path.with_extension("mid")).unwrap() == engraved, "run the demo with --engrave: {path:?}");
        }
    }

    #[test]
    fn a_performance_in_four_one_swung_and_one_in_six_eight_have_sixteen_bars_or_more() {
        let all = all();
        assert!(all.len() >= 3);
        for (performance, tune) in &all {
            let bars = tune.voices[0].length / tune.meter().bar_ticks();
            assert!(bars >= 16, "{} has {bars} bars", performance.name);
        }
        let has = |meter: (u8, u8), swung: bool| {
            all.iter().any(|(_, tune)| {
                tune.meter() == Meter { numerator: meter.0, denominator: meter.1 }
                    && (tune.setting("swing").unwrap_or("0") != "0") == swung
            })
        };
        assert!(has((4, 4), false) && has((4, 4), true) && has((6, 8), false));
    }

    #[test]
    fn every_performance_leaves_room_for_an_answer() {
        for (performance, tune) in all() {
            let notes = &tune.voices[0].notes;
            let longest = notes.windows(2).map(|pair| pair[1].start - (pair[0].start + pair[0].length)).max().unwrap();
            assert!(longest >= tune.meter().bar_ticks(), "{}: longest rest {longest} ticks", performance.name);
        }
    }

    #[test]
    fn the_chart_of_a_tune_is_as_long_as_the_tune() {
        for (performance, tune) in all() {
            let chart = performance.tune.unwrap().chart.unwrap();
            assert_eq!(Chorus::of(&chart).unwrap().length(), tune.voices[0].length, "{}", performance.name);
            assert_eq!(chart.meter_at(0), tune.meter());
        }
    }

    #[test]
    fn the_voices_of_a_tune_are_equally_long() {
        for (performance, tune) in all() {
            assert!(tune.voices.iter().all(|voice| voice.length == tune.voices[0].length), "{}", performance.name);
        }
    }

    #[test]
    fn the_hand_is_loud_and_soft() {
        for (performance, _) in all() {
            let velocities: Vec<u8> = performance.score.notes.iter().map(|note| note.velocity).collect();
            let (least, most) = (velocities.iter().min().unwrap(), velocities.iter().max().unwrap());
            assert!(most - least >= 25, "{}: {least} to {most}", performance.name);
        }
    }
}
