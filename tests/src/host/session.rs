//! A session: an instance with the habits of a host, ready to play.

use anyhow::{Context, Result};
use continuo_models::music::Chart;
use serde_json::{Value, json};

use super::habits::Habits;
use super::performance::{Interruption, Performance};
use super::player::{Blocks, Pacing, Player};
use super::take::Take;
use super::{Format, Instance, Mode, Output, Setup, bundles, load, parameter_id, saved};

/// An active instance and the player that plays to it. It deactivates the instance when it is dropped.
pub struct Session {
    instance: Box<dyn Instance>,
    player: Player,
}

impl Session {
    /// Loads the built plug-in in `format` and makes it ready: 48 kHz, blocks of 512, offline, as fast as possible.
    ///
    /// # Errors
    /// If there is no built plug-in or it does not load.
    pub fn open(format: Format) -> Result<Self> {
        Self::new(load(format, &bundles::library(format)?)?)
    }

    /// Makes `instance` ready, as [`Session::open`].
    ///
    /// # Errors
    /// If it refuses.
    pub fn new(instance: Box<dyn Instance>) -> Result<Self> {
        let habits = Habits::default();
        let setup = Setup { sample_rate: 48_000.0, max_block: 512, mode: Mode::Offline, habits };
        let mut session = Self { instance, player: Player::new(setup) };
        session.activate()?;
        Ok(session)
    }

    /// The same at another sample rate.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn at_rate(mut self, sample_rate: f64) -> Result<Self> {
        self.player.setup.sample_rate = sample_rate;
        self.reactivate()?;
        Ok(self)
    }

    /// The same with other block sizes.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn in_blocks(mut self, blocks: Blocks) -> Result<Self> {
        self.player.setup.max_block = blocks.largest();
        self.player.output = Output::new(blocks.largest());
        self.player.blocks = blocks;
        self.reactivate()?;
        Ok(self)
    }

    /// The same live or offline. Live goes by the wall clock; use [`Session::paced`] to let it run ahead.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn in_mode(mut self, mode: Mode) -> Result<Self> {
        self.player.setup.mode = mode;
        self.player.pacing = if mode == Mode::Live { Pacing::Realtime } else { Pacing::Fast };
        self.reactivate()?;
        Ok(self)
    }

    /// The same in a host with other habits.
    ///
    /// # Errors
    /// If the instance refuses.
    pub fn with_habits(mut self, habits: Habits) -> Result<Self> {
        self.player.setup.habits = habits;
        self.reactivate()?;
        Ok(self)
    }

    /// The same at another pace.
    pub fn paced(mut self, pacing: Pacing) -> Self {
        self.player.pacing = pacing;
        self
    }

    /// The same with parameters set by the user's texts: the plug-in's own parameter name and the text.
    ///
    /// # Errors
    /// If there is no such parameter or it does not understand the text.
    pub fn with(mut self, settings: &[(&str, &str)]) -> Result<Self> {
        self.set(settings)?;
        Ok(self)
    }

    /// Sets parameters by the user's texts, as [`Session::with`], between two performances.
    ///
    /// # Errors
    /// If there is no such parameter or it does not understand the text.
    pub fn set(&mut self, settings: &[(&str, &str)]) -> Result<()> {
        let mut values = Vec::new();
        for (name, text) in settings {
            let id = parameter_id(name);
            let value = self
                .instance
                .value_of_text(id, text)
                .with_context(|| format!("the plug-in has no parameter `{name}` or does not understand `{text}`"))?;
            values.push((id, value));
        }
        self.deactivate();
        self.instance.set_values(&values);
        self.activate()
    }

    /// The band follows `chart`, as in a project that has it.
    ///
    /// # Errors
    /// If the plug-in does not save or load its state.
    pub fn follow_chart(&mut self, chart: &Chart) -> Result<()> {
        self.load_field("chart", &json!({ "text": chart.to_string(), "first_bar": chart.first_bar }))
    }

    /// Loads the present state with another persisted field `name`.
    ///
    /// # Errors
    /// When the state cannot be saved or loaded.
    pub fn load_field(&mut self, name: &str, field: &Value) -> Result<()> {
        let mut state = saved::json_of(&self.instance.save()?)?;
        state["fields"][name] = field.to_string().into();
        self.instance.load(&saved::state_of(&state))
    }

    /// The instance.
    pub fn instance(&mut self) -> &mut dyn Instance {
        self.instance.as_mut()
    }

    /// The instance for the main thread and the player for an audio thread.
    pub fn split(&mut self) -> (&mut dyn Instance, &mut Player) {
        (self.instance.as_mut(), &mut self.player)
    }

    /// How the instance is activated.
    pub fn setup(&self) -> Setup {
        self.player.setup
    }

    /// Activates the instance if it is not active.
    ///
    /// # Errors
    /// If it refuses.
    pub fn activate(&mut self) -> Result<()> {
        if self.player.processor.is_none() {
            self.player.processor = Some(self.instance.activate(self.player.setup)?);
            self.player.steady = 0;
        }
        Ok(())
    }

    /// Deactivates the instance if it is active.
    pub fn deactivate(&mut self) {
        if let Some(processor) = self.player.processor.take() {
            self.instance.deactivate(processor);
        }
    }

    fn reactivate(&mut self) -> Result<()> {
        self.deactivate();
        self.activate()
    }

    /// Plays `performance` and takes down what comes back.
    ///
    /// # Errors
    /// If the plug-in fails to process or to activate.
    pub fn perform(&mut self, performance: &Performance) -> Result<Take> {
        let mut take = self.player.begin();
        for (index, segment) in performance.route.iter().enumerate() {
            match segment.before {
                Some(Interruption::Reset) => self.player.reset()?,
                Some(Interruption::Reactivate) => self.reactivate()?,
                None => (),
            }
            let instance = &mut self.instance;
            self.player.play(index, performance, &mut take, &mut || instance.idle())?;
        }
        Ok(take)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.deactivate();
    }
}
