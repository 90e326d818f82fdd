//! What a parameter is: everything about it that is not its value. Hosts, panel, scenes and repair go by this.

use super::choice::Choice;

/// Where a parameter stands in the lists of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// How the whole band plays.
    Band,
    /// How one player plays.
    Player,
    /// What the melody is like.
    Melody,
    /// How the band listens.
    Listening,
    /// What the harmony must hold to.
    Plan,
    /// In which scale the band stays.
    Scale,
    /// How Chords strikes.
    Comping,
    /// When and how Lead plays.
    Solo,
    /// What the band keeps and repeats.
    Take,
    /// Which chart it follows.
    Chart,
    /// What the drummer plays on, and how.
    Drums,
    /// How the band feels time and loudness.
    Feel,
    /// Where the bars of those who strike come from.
    Bars,
    /// How the band goes with the left hand.
    Hand,
    /// How the song goes on.
    Song,
}

/// What a parameter is called, and which values it has.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// By which hosts and saved states know it. Final.
    pub id: &'static str,
    /// The name that hosts show.
    pub name: &'static str,
    /// The name on the panel.
    pub panel_name: &'static str,
    /// What it does to the music, in one or two plain sentences.
    pub hint: &'static str,
    /// The values, and how they read.
    pub kind: Kind,
}

/// The values of a parameter. Each kind is reckoned in numbers: those of [`Kind::range`].
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any number in a range.
    Number {
        /// The least and the greatest.
        range: (f32, f32),
        /// To which hosts and panel round it, if they do.
        step: Option<f32>,
        /// How it reads.
        unit: Unit,
    },
    /// A whole number in a range.
    Whole {
        /// The least and the greatest.
        range: (i32, i32),
        /// How it reads.
        text: Text,
    },
    /// Off (0) or on (1).
    Switch,
    /// One of a list, by its place there.
    Choice(Values),
}

/// How a number reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share, in percent.
    Percent,
    /// The number and this.
    Of(&'static str),
}

/// How a whole number reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// As it is.
    Number,
    /// With its sign, as octaves.
    Octaves,
    /// After this word.
    Numbered(&'static str),
    /// So many of this, which ends in an s where there are more than one.
    Counted(&'static str),
    /// As a set of the twelve steps above a tonic, a bit each; none is the key's own.
    Steps,
    /// By name, from 0 on.
    Names(&'static [&'static str]),
    /// 0 is a word, and the others stand after a prefix.
    Or {
        /// What 0 is.
        none: &'static str,
        /// What stands before the others.
        prefix: &'static str,
    },
}

/// The values of a choice.
#[derive(Clone, Copy, Debug)]
pub struct Values {
    /// How they read.
    pub names: fn() -> &'static [&'static str],
    /// By which saved states know them. Final; new ones come last.
    pub ids: fn() -> &'static [&'static str],
    /// How many there were when the parameter was first published. Final: automation of VST3 hosts goes by it.
    pub published: usize,
}

/// What lies between two scenes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Morph {
    /// It moves evenly.
    Evenly,
    /// The one, then the other.
    AtHalf,
    /// The two styles and their blend, together.
    Styles,
}

/// One parameter of `C`.
#[derive(Clone, Copy)]
pub struct Parameter<C> {
    /// What it is.
    pub about: About,
    /// Where hosts show it.
    pub section: Section,
    /// What lies between two of its values.
    pub morph: Morph,
    /// Whether the musician calls for it at the moment: it is the panel's in every scene.
    pub momentary: bool,
    /// Whether it belongs to the project and not to the music: where notes come from or go to, whether its chart is
    /// followed. A preset leaves it as it is.
    pub of_project: bool,
    pub(super) get: fn(&C) -> f64,
    pub(super) set: fn(&mut C, f64),
}

impl Kind {
    /// The least and the greatest of its numbers.
    pub fn range(&self) -> (f64, f64) {
        match self {
            Self::Number { range: (least, most), .. } => ((*least).into(), (*most).into()),
            Self::Whole { range: (least, most), .. } => ((*least).into(), (*most).into()),
            Self::Switch => (0.0, 1.0),
            Self::Choice(values) => (0.0, ((values.names)().len() - 1) as f64),
        }
    }
}

impl<C: Default> Parameter<C> {
    /// Whether a preset holds it: it is of the music, and neither called for at the moment nor of the project.
    pub fn is_of_presets(&self) -> bool {
        !self.momentary && !self.of_project
    }

    /// Its value in `controls`, as a number.
    pub fn of(&self, controls: &C) -> f64 {
        (self.get)(controls)
    }

    /// Gives it the value next to `value` in `controls`; what is not a number is the default.
    pub fn put(&self, controls: &mut C, value: f64) {
        let (least, most) = self.about.kind.range();
        let value = if value.is_nan() { (self.get)(&C::default()) } else { value.clamp(least, most) };
        (self.set)(controls, value);
    }
}

/// What is said of a parameter where it is declared; the declaration adds how it is read and set.
impl<C> Parameter<C> {
    const fn new(id: &'static str, name: &'static str, kind: Kind, morph: Morph) -> Self {
        let about = About { id, name, panel_name: name, hint: "", kind };
        Self { about, section: Section::Band, morph, momentary: false, of_project: false, get: |_| 0.0, set: |_, _| {} }
    }

    pub(super) const fn number(id: &'static str, name: &'static str, least: f32, most: f32) -> Self {
        Self::new(id, name, Kind::Number { range: (least, most), step: None, unit: Unit::Of("") }, Morph::Evenly)
    }

    pub(super) const fn share(id: &'static str, name: &'static str) -> Self {
        Self::new(id, name, Kind::Number { range: (0.0, 1.0), step: None, unit: Unit::Percent }, Morph::Evenly)
    }

    pub(super) const fn whole(id: &'static str, name: &'static str, least: i32, most: i32) -> Self {
        Self::new(id, name, Kind::Whole { range: (least, most), text: Text::Number }, Morph::AtHalf)
    }

    pub(super) const fn switch(id: &'static str, name: &'static str) -> Self {
        Self::new(id, name, Kind::Switch, Morph::AtHalf)
    }

    pub(super) const fn choice<V: Choice>(id: &'static str, name: &'static str, published: usize) -> Self {
        Self::new(id, name, Kind::Choice(Values { names: V::names, ids: V::ids, published }), Morph::AtHalf)
    }

    /// What it does to the music.
    pub(super) const fn hint(mut self, hint: &'static str) -> Self {
        self.about.hint = hint;
        self
    }

    /// Its name on the panel, where that is another one.
    pub(super) const fn on_panel(mut self, name: &'static str) -> Self {
        self.about.panel_name = name;
        self
    }

    pub(super) const fn rounded(mut self, to: f32, of: &'static str) -> Self {
        if let Kind::Number { step, unit, .. } = &mut self.about.kind {
            (*step, *unit) = (Some(to), Unit::Of(of));
        }
        self
    }

    pub(super) const fn reads(mut self, as_text: Text) -> Self {
        if let Kind::Whole { text, .. } = &mut self.about.kind {
            *text = as_text;
        }
        self
    }

    pub(super) const fn with_styles(mut self) -> Self {
        self.morph = Morph::Styles;
        self
    }

    pub(super) const fn of_project(mut self) -> Self {
        self.of_project = true;
        self
    }

    pub(super) const fn momentary(mut self) -> Self {
        self.momentary = true;
        self
    }
}

/// A value that is reckoned as a number.
pub(super) trait Plain {
    fn plain(self) -> f64;
    /// The value that the number stands for; it is in the range of the parameter.
    fn of(plain: f64) -> Self;
}

macro_rules! plain_numbers {
    ($($number:ty),*) => {$(
        impl Plain for $number {
            fn plain(self) -> f64 {
                self.into()
            }

            fn of(plain: f64) -> Self {
                plain as Self
            }
        }
    )*};
}
plain_numbers!(f32, u8, i8, u16, u32);

impl Plain for bool {
    fn plain(self) -> f64 {
        self.into()
    }

    fn of(plain: f64) -> Self {
        plain >= 0.5
    }
}

/// None is 0, the numbers count from 1.
impl Plain for Option<u8> {
    fn plain(self) -> f64 {
        self.map_or(0.0, |number| f64::from(number) + 1.0)
    }

    fn of(plain: f64) -> Self {
        (plain >= 1.0).then_some((plain - 1.0) as u8)
    }
}

impl<V: Choice> Plain for V {
    fn plain(self) -> f64 {
        self.index() as f64
    }

    fn of(plain: f64) -> Self {
        Self::at(plain as usize)
    }
}

/// A MIDI channel, which counts from 1 for musicians.
#[derive(Clone, Copy)]
pub(super) struct Channel(pub u8);

impl Plain for Channel {
    fn plain(self) -> f64 {
        f64::from(self.0) + 1.0
    }

    fn of(plain: f64) -> Self {
        Self((plain - 1.0) as u8)
    }
}
