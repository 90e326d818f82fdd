//! What the band is set to for a performance.

use anyhow::{Context, Result, bail};
use continuo_models::controls::{BarSource, Choice};
use continuo_models::music::{Key, Style};
use continuo_models::{Controls, Player};
use continuo_options::values::within;
use serde::Serialize;

use super::abc::Tune;

/// What the band is set to. `None` leaves the plug-in's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Settings {
    /// The first style.
    pub style: Option<Style>,
    /// The second style.
    pub style_b: Option<Style>,
    /// The blend of the two, 0–1.
    pub blend: Option<f32>,
    /// 0–2.
    pub temperature: Option<f32>,
    /// 0 (anticipate) to 1 (react).
    pub follow: Option<f32>,
    /// How much the band plays, 0–1.
    pub density: Option<f32>,
    /// 0–1.
    pub swing: Option<f32>,
    /// 0–1.
    pub humanise: Option<f32>,
    /// Where Chords, Bass and Drums have their bars from.
    pub bars: Option<BarSource>,
    /// How far they stray from them, 0–1.
    pub vary: Option<f32>,
    /// The take, 1–9999.
    pub seed: Option<u32>,
    /// The key to which the band is locked.
    pub key: Option<Key>,
    /// The players that rest.
    pub without: Vec<Player>,
}

impl Settings {
    /// The settings in the `%%` lines of a tune.
    ///
    /// # Errors
    /// If one is unknown or its value is not allowed.
    pub fn of_tune(tune: &Tune) -> Result<Self> {
        let mut settings = Self::default();
        for (name, value) in &tune.settings {
            let read = || -> Result<Self> {
                let mut settings = settings.clone();
                match name.as_str() {
                    "style" => settings.style = Some(value.parse()?),
                    "temperature" => settings.temperature = Some(within(value, 0.0, 2.0)?),
                    "swing" => settings.swing = Some(within(value, 0.0, 1.0)?),
                    "density" => settings.density = Some(within(value, 0.0, 1.0)?),
                    "seed" => settings.seed = Some(value.parse()?),
                    _ => bail!("there is no such setting"),
                }
                Ok(settings)
            };
            settings = read().with_context(|| format!("%%{name} {value}"))?;
        }
        Ok(settings)
    }

    /// These settings, and those of `others` where these say nothing.
    pub fn or(self, others: &Settings) -> Self {
        Self {
            style: self.style.or(others.style),
            style_b: self.style_b.or(others.style_b),
            blend: self.blend.or(others.blend),
            temperature: self.temperature.or(others.temperature),
            follow: self.follow.or(others.follow),
            density: self.density.or(others.density),
            swing: self.swing.or(others.swing),
            humanise: self.humanise.or(others.humanise),
            bars: self.bars.or(others.bars),
            vary: self.vary.or(others.vary),
            seed: self.seed.or(others.seed),
            key: self.key.or(others.key),
            without: if self.without.is_empty() { others.without.clone() } else { self.without },
        }
    }

    /// Parameter names and texts for the plug-in.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut texts: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, text: Option<String>| texts.extend(text.map(|text| (name.to_owned(), text)));
        let percent = |share: f32| format!("{} %", share * 100.0);
        add("style_a", self.style.map(|style| style.name().to_owned()));
        add("style_b", self.style_b.map(|style| style.name().to_owned()));
        add("style_blend", self.blend.map(percent));
        add("temperature", self.temperature.map(|value| value.to_string()));
        add("follow", self.follow.map(percent));
        add("density", self.density.map(percent));
        add("swing", self.swing.map(percent));
        add("swing_by_style", self.swing.map(|_| "Off".to_owned()));
        add("humanise", self.humanise.map(percent));
        add("bar_source", self.bars.map(|bars| BarSource::names()[bars.index()].to_owned()));
        for player in Player::ALL.into_iter().filter(|player| player.kind().has_patterns) {
            add(&format!("{}_vary", player.kind().id), self.vary.map(percent));
        }
        add("seed", self.seed.map(|seed| seed.to_string()));
        add("key", self.key.map(|key| key.to_string()));
        add("key_lock", self.key.map(|_| "On".to_owned()));
        for player in &self.without {
            let parameter = format!("{}_on", player.kind().id);
            add(&parameter, Some("Off".to_owned()));
        }
        texts
    }

    /// The settings in one line, for a caption; what is not set shows as the plug-in's default.
    pub fn caption(&self) -> String {
        let defaults = Controls::default();
        let style = self.style.unwrap_or(defaults.style_a).id();
        let styles = match (self.style_b, self.blend) {
            (other, Some(blend)) if blend > 0.0 => {
                let other = other.unwrap_or(defaults.style_b).id();
                format!("{style} + {:.0} % {other}", blend * 100.0)
            }
            _ => style.to_owned(),
        };
        let mut caption = format!("{styles}, temperature {}", self.temperature.unwrap_or(defaults.temperature));
        if let Some(swing) = self.swing.filter(|swing| *swing > 0.0) {
            caption += &format!(", swing {:.0} %", swing * 100.0);
        }
        if let Some(key) = self.key {
            caption += &format!(", locked to {key}");
        }
        caption += &format!(", seed {}", self.seed.unwrap_or(defaults.seed));
        caption
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_goes_before_what_the_tune_says() {
        let tune = Settings { style: Some(Style::Folk), swing: Some(0.5), ..Settings::default() };
        let both = Settings { style: Some(Style::Jazz), ..Settings::default() }.or(&tune);
        assert_eq!((both.style, both.swing), (Some(Style::Jazz), Some(0.5)));
    }

    #[test]
    fn a_resting_player_is_switched_off() {
        let settings = Settings { without: vec![Player::Bass], ..Settings::default() };
        assert_eq!(settings.parameters(), [("bass_on".to_owned(), "Off".to_owned())]);
    }
}
