//! What the musician sets: the musical parameters as they stand at the start of a frame.
//!
//! Each is declared here, once: its field and default, how hosts and saved states know it, its values, how it reads and
//! morphs, and what the panel says of it. The plug-in's parameters, repair, morphing and scenes follow.

mod choice;
mod level;
mod morph;
pub mod parameter;
pub mod players;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::music::{Key, Kit, Mode, PitchClassSet, Style};

pub use level::{Level, MAX_LEVEL};

pub use choice::Choice;
pub use parameter::Parameter;
pub use players::{Player, PlayerMap};

use choice::Form;
use parameter::{Channel, Plain, Section, Text};

/// How Chords strikes its chords, whatever the style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Manner {
    /// Held, and struck anew with each chord.
    Sustained,
    /// Note by note.
    Broken,
    /// Across the strings.
    Strummed,
}

/// On what Drums keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cymbal {
    /// The hi-hat.
    HiHat,
    /// The ride cymbal.
    Ride,
}

/// With what Drums strikes the snare drum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Beaters {
    /// Sticks.
    Sticks,
    /// Brushes.
    Brushes,
}

/// Where the bars of those who strike come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BarSource {
    /// The patterns of the style.
    Library,
    /// Bars that people played, where the style has some.
    Played,
}

/// When Lead plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LeadMode {
    /// In answer to a phrase, when the musician pauses.
    #[default]
    Answer,
    /// All the time, over the chords.
    Continuous,
    /// In the musician's rests, only as long as they last.
    Fills,
    /// Every other two bars, counted from the beginning of the song; the musician has the first two.
    TradeTwos,
    /// The same with four bars.
    TradeFours,
    /// The same with eight bars.
    TradeEights,
}

/// How much there is of something.
const AMOUNTS: Text = Text::Names(&["Free", "Very low", "Low", "Medium", "High", "Very high"]);
/// How fast something goes.
const SPEEDS: Text = Text::Names(&["Free", "Very slow", "Slow", "Medium", "Fast", "Very fast"]);
/// The highest number of a roll.
pub const MAX_ROLL: u8 = u8::MAX;
/// The last bar at which a variation may stand still.
pub const MAX_LOCK: u16 = 9999;
/// The step of the highest level; 0 is free.
const LEVELS: i32 = MAX_LEVEL as i32 + 1;

/// Declares controls, in the order in which scenes are saved: for each its field, its default, and the parameter by
/// which it is set. The name in brackets is the [`Section`] of those that follow. `as` says what a value is reckoned as
/// where its type does not.
macro_rules! controls {
    (
        $(#[$meta:meta])* $controls:ident $parameters:ident $(with $others:ident: $map:ty = $made:expr)?;
        $([$section:ident] $(
            $(#[doc = $doc:literal])+ $field:ident: $type:ty $(as $reckoned:ident)? = $default:expr, $row:expr;
        )+)+
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $controls {
            $($($(#[doc = $doc])+ pub $field: $type,)+)+
            $(
                /// The players' settings.
                pub $others: $map,
            )?
        }

        impl Default for $controls {
            fn default() -> Self {
                Self { $($($field: $default,)+)+ $($others: $made)? }
            }
        }

        /// The parameters of what stands above, in its order.
        pub const $parameters: &[Parameter<$controls>] = &[$($(Parameter {
            section: Section::$section,
            get: |controls| Plain::plain(reckoned!(controls.$field $($reckoned)?)),
            set: |controls, plain| controls.$field = set!(plain $($reckoned)?),
            ..$row
        }),+),+];
    };
}

macro_rules! reckoned {
    ($controls:ident.$field:ident) => {
        $controls.$field
    };
    ($controls:ident.$field:ident $reckoned:ident) => {
        $reckoned($controls.$field)
    };
}

macro_rules! set {
    ($plain:ident) => {
        Plain::of($plain)
    };
    ($plain:ident $reckoned:ident) => {
        <$reckoned as Plain>::of($plain).0
    };
}

controls! {
    /// The settings of one player.
    PlayerControls PLAYER_PARAMETERS;

    [Player]
    /// Whether the player plays.
    on: bool = true, Parameter::switch("on", "").on_panel("on");
    /// How much the player plays, 0 (sparse) to 1 (busy). Of Lead, exactly 0.5 leaves it to the style; elsewhere it is
    /// the network's level of notes per quarter note ([`Controls::lead_density`]).
    density: f32 = 0.5, Parameter::share("density", "density")
        .hint("How much this player plays: left is sparse, right is busy.");
    /// Octaves by which the player's range is moved, −2 to 2.
    register: i8 = 0, Parameter::whole("register", "register", -2, 2).reads(Text::Octaves)
        .hint("Moves this player up or down by octaves.");
    /// MIDI channel, 0–15.
    channel: u8 as Channel = 0, Parameter::whole("channel", "channel", 1, 16).of_project()
        .reads(Text::Numbered("Channel "))
        .hint("The MIDI channel on which this player goes out, to a sound of its own.");
    /// How far the player's bars stray from its patterns, 0 (they are the patterns) to 1: of those who have patterns.
    vary: f32 = 0.0, Parameter::share("vary", "vary")
        .hint("How far this player strays from its patterns, bar by bar. Left: it plays them as they are.");
    /// How fast the player's variation moves on from bar to bar, 0 (it is the same in every bar) to 1 (it is new in
    /// every bar).
    drift: f32 = 1.0, Parameter::share("drift", "drift")
        .hint("How fast this player's variation moves on. Left: the same in every bar. Right: new in every bar.");
    /// Which of the player's draws of bars and of their variations is played; 0 is the first.
    roll: u8 = 0, Parameter::whole("roll", "roll", 0, MAX_ROLL as i32)
        .reads(Text::Or { none: "First", prefix: "Roll " })
        .hint("Which of its draws this player plays: each number has bars and variations of its own.");
    /// The bar of the song, counted from 1, at whose variation the player stands still; 0: it moves on.
    lock: u16 = 0, Parameter::whole("lock", "lock", 0, MAX_LOCK as i32).of_project()
        .reads(Text::Or { none: "Free", prefix: "Bar " })
        .hint("This player's variation stands still at that of one bar, while the others move on.");
}

controls! {
    /// Every musical parameter, as it stood at the start of a frame. Plain old data: it crosses the ring between
    /// threads. A saved one that lacks a value gets its default.
    Controls PARAMETERS with players: PlayerMap<PlayerControls> = PlayerMap::of(|player| PlayerControls {
        channel: player.kind().channel,
        ..PlayerControls::default()
    });

    [Band]
    /// The first style.
    style_a: Style = Style::Pop, Parameter::choice::<Style>("style_a", "Style A", 11).with_styles()
        .hint("What the band plays like.");
    /// The second style.
    style_b: Style = Style::Jazz, Parameter::choice::<Style>("style_b", "Style B", 11).with_styles()
        .hint("A second style to blend in, for crossovers.");
    /// 0 is all `style_a`, 1 all `style_b`; between them the networks' logits are mixed.
    style_blend: f32 = 0.0, Parameter::share("style_blend", "Style blend").with_styles()
        .hint("How much of each style: left is all A, right is all B.");
    /// 0 (always the likeliest) to 2 (wild); 1 is as in the corpus.
    temperature: f32 = 0.8, Parameter::number("temperature", "Temperature", 0.0, 2.0).rounded(0.01, "")
        .hint("How daring the band is: low plays what is likeliest, high surprises you.");
    /// 0: anticipate (decide from what is expected); 1: react (decide from the newest notes).
    follow: f32 = 0.7, Parameter::share("follow", "Follow")
        .hint("Low: the band leads and expects where you are going. High: it goes where your newest notes go.");
    /// How often the chords change.
    chord_rate: Level = None, Parameter::whole("chord_rate", "Chord rate", 0, LEVELS).reads(SPEEDS)
        .hint("How often the chords change, from hardly ever to on every beat. Free: as the style and your playing \
               have it.");
    /// How many of the chord tones lie outside the key: the tension of the harmony. Voices is diatonic at its lower
    /// levels and chordal at the higher.
    chromaticism: Level = None, Parameter::whole("tension", "Tension", 0, LEVELS).reads(AMOUNTS)
        .hint("How far the chords leave the key, from plain to rich. Free: as the style and your playing have it.");
    /// Whether chords and melody are to be of major or of minor pieces; `None` leaves it free.
    mode: Option<Mode> = None, Parameter::choice::<Option<Mode>>("mode", "Mode", 3)
        .hint("Harmony and melody as in major or as in minor pieces. Free: as you play.");

    [Melody]
    /// How many notes of Lead lie outside the key.
    lead_chromaticism: Level = None, Parameter::whole("lead_chromaticism", "Lead chromaticism", 0, LEVELS)
        .reads(AMOUNTS)
        .hint("How many notes of the melody lie outside the key. Free: as the style has it.");
    /// How many notes of Lead begin off the beat and sound over the next one.
    syncopation: Level = None, Parameter::whole("syncopation", "Lead syncopation", 0, LEVELS).reads(AMOUNTS)
        .hint("How often the melody anticipates the beat. Free: as the style has it.");

    [Band]
    /// Whether every note of the band stays in the scale of `key`.
    key_lock: bool = false, Parameter::switch("key_lock", "Key lock")
        .hint("Keeps every note of the band in the scale of the key, or in the one that you draw on the Band page.");
    /// The key for `key_lock`.
    key: Key = Key { tonic: 0, mode: Mode::Major }, Parameter::choice::<Key>("key", "Key", 24)
        .hint("The key for the key lock; a drawn scale moves along with it.");

    [Scale]
    /// The scale for `key_lock`, if the musician has drawn one: bit *n* allows the note *n* semitones above the tonic
    /// of `key`, 0–11. Without any bit it is the key's own.
    scale: u16 = 0, Parameter::whole("scale", "Scale", 0, 0xfff).reads(Text::Steps)
        .hint("Click a note to take it into the scale of the key lock, or out.");

    [Listening]
    /// The channel of the musician's left hand, 0–15; `None`: the hands are told apart by ear.
    left_hand: Option<u8> = None, Parameter::whole("left_hand", "Left hand", 0, 16).of_project()
        .reads(Text::Or { none: "By ear", prefix: "Channel " })
        .hint("Your left hand gives the chords, if it plays any. By ear: the band tells your hands apart; or its notes \
               come on a channel of their own.");

    [Plan]
    /// For how many frames ahead what is planned is certain, 1–16, unless the musician's left hand says otherwise.
    commit: u8 = 1, Parameter::whole("commit", "Commit", 1, 16).on_panel("Certain ahead")
        .reads(Text::Counted("sixteenth"))
        .hint("For how many sixteenths the band keeps to its plan. Low: it turns at once with you. High: you can rely \
               on what is shown above.");
    /// For how many milliseconds a chord that may begin waits for the musician's note, 0–60.
    wait: f32 = 12.0, Parameter::number("wait", "Wait", 0.0, 60.0).rounded(1.0, " ms")
        .hint("How long a new chord may wait for your note, to go with it rather than before it.");
    /// Bars of the form that ends with a cadence: 8, 12, 16 or 32; `None`: there is no form.
    form: Option<u8> as Form = None, Parameter::choice::<Form>("form", "Form", 5)
        .hint("After so many bars the band makes a cadence and begins the form again. Free: no form.");
    /// Whether the band is to come to an end: a cadence into one of the next barlines, and no further change.
    cadence: bool = false, Parameter::switch("cadence", "Cadence").momentary().on_panel("End")
        .hint("The band comes to an end with a cadence at one of the next bars, and stays there.");
    /// How often a cycle of chords may come in a row; 0: as often as it likes.
    max_repeats: u8 = 0, Parameter::whole("max_repeats", "Most repeats", 0, 16)
        .reads(Text::Or { none: "Free", prefix: "" })
        .hint("How often the same round of chords may come in a row. Free: as often as it likes.");

    [Comping]
    /// How Chords strikes; `None` leaves it to the style.
    manner: Option<Manner> = None, Parameter::choice::<Option<Manner>>("chords_manner", "Chords manner", 4)
        .hint("How the chords are struck: as the style has it, held, note by note, or strummed.");

    [Solo]
    /// When Lead plays.
    lead_mode: LeadMode = LeadMode::Answer, Parameter::choice::<LeadMode>("lead_mode", "Lead mode", 6)
        .hint("In answer to your phrases, all the time, in your rests only, or in turns with you by bars.");
    /// The chance, 0–1, that Lead takes up the musician's motif, and else that it comes back to a phrase of its own.
    motif: f32 = 0.3, Parameter::share("motif", "Motif")
        .hint("How often Lead takes up what you have just played and turns it, or comes back to a phrase of its own.");
    /// The largest leap of Lead in semitones, 2–24.
    max_leap: u8 = 12, Parameter::whole("max_leap", "Largest leap", 2, 24).reads(Text::Counted("semitone"))
        .hint("The widest step of Lead's line, in semitones: 2 goes by step, 12 is an octave.");
    /// Whether Lead has only chord tones on strong beats.
    strong_tones: bool = true, Parameter::switch("strong_tones", "Strong chord tones")
        .hint("On strong beats Lead plays only notes of the chord: safe and clear.");

    [Take]
    /// How much the band plays like this musician: from all as in the corpus (0) to all as the musician has played
    /// so far (1).
    memory: f32 = 0.0, Parameter::share("memory", "Memory")
        .hint("Left: the band plays as it has learnt from its corpus. Right: it takes up what you have played so far.");
    /// Whether the band repeats what it played last, moved to new chords if they come.
    freeze: bool = false, Parameter::switch("freeze", "Freeze").momentary()
        .hint("The band repeats what it has just played, and moves it to your chords, until you let go.");

    [Band]
    /// How much the whole band plays, 0 to 1; 0.5 is usual. Scales the players' own densities.
    density: f32 = 0.5, Parameter::share("density", "Density")
        .hint("How many notes the whole band plays.");
    /// Chooses among equally good takes. The same seed gives the same take. Another take has one that is out of the
    /// musician's range.
    seed: u32 = 1, Parameter::whole("seed", "Seed", 1, 9999)
        .hint("One number, one take: the same seed and the same playing give the same notes.");
    /// Deviation of timing and loudness, 0 (exactly on the grid) to 1.
    humanise: f32 = 0.3, Parameter::share("humanise", "Humanise")
        .hint("Small deviations of timing and loudness, as a hand makes them.");
    /// How late off-beat eighths come: 0 straight, 1 a full triplet.
    swing: f32 = 0.0, Parameter::share("swing", "Swing")
        .hint("How late the off-beat eighths come: from straight to a full triplet.");

    [Chart]
    /// Whether the band follows the chart, where there is one.
    follow_chart: bool = true, Parameter::switch("follow_chart", "Follow chart").of_project()
        .hint("The band plays the chords of your chart, from its first bar on. Your left hand still comes first.");
    /// Whether the band learns the tune while it is played, and knows its chords the next time.
    learn_tune: bool = true, Parameter::switch("learn_tune", "Learn the tune").of_project()
        .hint("When your tune comes again, the band knows its chords, and Lead its turns, as long as you play it. Play \
            something else, and the band goes with you.");

    [Drums]
    /// How hard Drums strikes beside the musician, 0 to 1; 0.5 is as hard.
    drums_loudness: f32 = 0.5, Parameter::share("drums_loudness", "Drums loudness")
        .hint("How hard the drummer strikes beside you: left softly, right hard.");
    /// How often Drums fills the end of a section, 0 (never) to 1; from 0.5 on as each phrase of eight bars ends.
    fills: f32 = 0.5, Parameter::share("fills", "Fills")
        .hint("How often the drummer fills the end of a phrase. Left: never.");
    /// How much Drums plays in its fills, 0 (a stroke or two) to 1.
    fill_complexity: f32 = 0.4, Parameter::share("fill_complexity", "Fill complexity")
        .hint("Left: a fill is a stroke or two. Right: it runs over the whole kit.");
    /// On what Drums keeps time; `None` leaves it to the style.
    cymbal: Option<Cymbal> = None, Parameter::choice::<Option<Cymbal>>("cymbal", "Cymbal", 3)
        .hint("On what the drummer keeps time: as the style has it, on the hi-hat, or on the ride cymbal.");
    /// With what Drums strikes the snare drum; `None` leaves it to the style.
    beaters: Option<Beaters> = None, Parameter::choice::<Option<Beaters>>("brushes", "Brushes", 3)
        .hint("Sticks or brushes, or as the style has it.");
    /// On which keys Drums plays.
    kit: Kit = Kit::default(), Parameter::choice::<Kit>("kit", "Kit", 3).of_project()
        .hint("The kit behind the drummer's channel: on which key each of its drums lies.");

    [Feel]
    /// Whether the style says how late off-beat eighths come, and not `swing`.
    swing_by_style: bool = true, Parameter::switch("swing_by_style", "Swing as the style")
        .hint("The style says how much the off-beat eighths swing, and the tempo with it. Turn Swing, or move it by a \
               controller, and the knob says so; automation of Swing waits until this is off.");
    /// How far loudness follows the phrase, the section and the musician: 0 not at all, 0.5 as people's, to 1.
    dynamics: f32 = 0.5, Parameter::share("dynamics", "Dynamics")
        .hint("How far the band's loudness follows the phrase and you. Left: everything is equally loud.");

    [Bars]
    /// Where the bars of Chords, Bass and Drums come from.
    bar_source: BarSource = BarSource::Played, Parameter::choice::<BarSource>("bar_source", "Bars", 2)
        .hint("What Chords, Bass and Drums strike: bars that people played, where the style has some, or the patterns \
               of the style.");
    /// Where on the morph pad, between two bars, 0 to 1: to the right are the captured bar and the musician's onsets.
    morph_x: f32 = 0.0, Parameter::share("morph_x", "Morph X")
        .hint("To the right, Chords, Bass and Drums turn to the bar that you have captured, or to what you play now.");
    /// The same between two others: up are the bar of another style and the musician's onsets.
    morph_y: f32 = 0.0, Parameter::share("morph_y", "Morph Y")
        .hint("Upwards, Chords, Bass and Drums turn to the bar of another style, or to what you play now.");
    /// The style at a corner of the morph pad.
    morph_style: Style = Style::Jazz, Parameter::choice::<Style>("morph_style", "Morph style", 13)
        .hint("The style whose bar stands at the upper left corner of the pad.");
    /// Whether a movement on the morph pad counts from the next beat on, and not from the next bar.
    morph_by_beat: bool = false, Parameter::switch("morph_by_beat", "Morph by beat")
        .hint("A movement on the pad counts from the next beat on. Off: from the next bar.");

    [Hand]
    /// Whether Chords, Bass and Voices go with a chord of the left hand in the moment in which it is struck.
    hand_at_once: bool = true, Parameter::switch("hand_at_once", "Hand at once").of_project()
        .hint("Chords, Bass and Voices go with a chord of your left hand in the moment in which you strike it. Off: a \
               little later.");

    [Song]
    /// Whether the section that plays is to be played again when it ends.
    vamp: bool = false, Parameter::switch("vamp", "Vamp").momentary()
        .hint("The section that plays is played again and again, with its chords if you have a chart, until you let go.");
}

impl Player {
    /// What is declared of the player: only pitches have a register, and only who has patterns strays from them.
    pub fn parameters(self) -> impl Iterator<Item = &'static Parameter<PlayerControls>> {
        PLAYER_PARAMETERS.iter().filter(move |parameter| match parameter.about.id {
            "register" => self.kind().has_pitches,
            "vary" | "drift" | "roll" | "lock" => self.kind().has_patterns,
            _ => true,
        })
    }

    /// By which hosts and saved states know the player's parameter `about`.
    pub fn id_of(self, about: &parameter::About) -> String {
        format!("{}_{}", self.kind().id, about.id)
    }
}

/// What is called for at the moment: found when the program is built, because audio asks for it in each frame and the
/// whole table is cold by then.
const MOMENTARY: [&Parameter<Controls>; momentary_in(PARAMETERS)] = {
    let mut found = [&PARAMETERS[0]; momentary_in(PARAMETERS)];
    let (mut of_all, mut of_found) = (0, 0);
    while of_all < PARAMETERS.len() {
        if PARAMETERS[of_all].momentary {
            found[of_found] = &PARAMETERS[of_all];
            of_found += 1;
        }
        of_all += 1;
    }
    found
};

const fn momentary_in(parameters: &[Parameter<Controls>]) -> usize {
    let (mut index, mut count) = (0, 0);
    while index < parameters.len() {
        count += parameters[index].momentary as usize;
        index += 1;
    }
    count
}

impl Controls {
    /// The controls with every value in its range, and what is not a number at its default. The seed may be any: that
    /// of another take is none that the musician can set.
    pub fn sensible(mut self) -> Self {
        let seed = self.seed;
        for parameter in PARAMETERS {
            let value = parameter.of(&self);
            parameter.put(&mut self, value);
        }
        for (_, player) in self.players.iter_mut() {
            for parameter in PLAYER_PARAMETERS {
                let value = parameter.of(player);
                parameter.put(player, value);
            }
        }
        Self { seed, ..self }
    }

    /// The controls with what the musician calls for at the moment as it is in `panel`.
    pub fn at_the_moment_of(mut self, panel: &Self) -> Self {
        for parameter in MOMENTARY {
            parameter.put(&mut self, parameter.of(panel));
        }
        self
    }

    /// The controls in the project of `other`: with the channels on which it hears and plays, and its chart followed as
    /// there.
    pub fn in_project_of(mut self, other: &Self) -> Self {
        for parameter in PARAMETERS.iter().filter(|parameter| parameter.of_project) {
            parameter.put(&mut self, parameter.of(other));
        }
        for (player, own) in self.players.iter_mut() {
            for parameter in PLAYER_PARAMETERS.iter().filter(|parameter| parameter.of_project) {
                parameter.put(own, parameter.of(other.player(player)));
            }
        }
        self
    }

    /// The controls with every player off.
    pub fn resting(mut self) -> Self {
        for (_, player) in self.players.iter_mut() {
            player.on = false;
        }
        self
    }

    /// The pitch classes that the band may play: those of the lock, or all.
    pub fn allowed(&self) -> PitchClassSet {
        let drawn = u32::from(self.scale & 0xfff) << (self.key.tonic % 12);
        match (self.key_lock, drawn) {
            (false, _) => PitchClassSet::ALL,
            (true, 0) => self.key.locked_scale(),
            (true, drawn) => PitchClassSet::from_bits((drawn | drawn >> 12) as u16),
        }
    }

    /// The settings of `player`.
    pub fn player(&self, player: Player) -> &PlayerControls {
        &self.players[player]
    }

    /// Whether the band is to play what lies between bars.
    pub fn reshapes(&self) -> bool {
        self.morph_x > 0.0 || self.morph_y > 0.0
    }

    /// How much `player` plays, 0 to 1: its own density, scaled by the band's.
    pub fn density(&self, player: Player) -> f32 {
        (self.player(player).density * self.density * 2.0).clamp(0.0, 1.0)
    }

    /// The level of Lead's notes per quarter note: free in the middle of its knob and of the band's.
    pub fn lead_density(&self) -> Level {
        let density = self.density(Player::Lead);
        (density != 0.5).then(|| (density * f32::from(MAX_LEVEL)).round() as u8)
    }

    /// The level of Lead's mean pitch: the register of its knob, free in the middle.
    pub fn lead_register(&self) -> Level {
        let register = self.player(Player::Lead).register;
        (register != 0).then(|| (register.clamp(-2, 2) + 2) as u8)
    }
}

/// `value` in `range`, or `usual` if it is not a number.
pub(crate) fn in_range(value: f32, range: RangeInclusive<f32>, usual: f32) -> f32 {
    if value.is_nan() { usual } else { value.clamp(*range.start(), *range.end()) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// Controls with any value that each parameter may have, often the least or the greatest.
        pub(crate) fn any_controls()(
            shares in prop::collection::vec(
                prop_oneof![0.0f64..=1.0, Just(0.0), Just(1.0)],
                PARAMETERS.len() + Player::COUNT * PLAYER_PARAMETERS.len(),
            )
        ) -> Controls {
            fn put<C: Default>(parameters: &[Parameter<C>], controls: &mut C, shares: &mut impl Iterator<Item = f64>) {
                for (parameter, share) in parameters.iter().zip(shares) {
                    let (least, most) = parameter.about.kind.range();
                    let value = least + share * (most - least);
                    let is_number = matches!(parameter.about.kind, parameter::Kind::Number { .. });
                    parameter.put(controls, if is_number { value } else { value.round() });
                }
            }
            let (mut controls, mut shares) = (Controls::default(), shares.into_iter());
            put(PARAMETERS, &mut controls, &mut shares);
            for (_, player) in controls.players.iter_mut() {
                put(PLAYER_PARAMETERS, player, &mut shares);
            }
            controls
        }
    }

    proptest! {
        #[test]
        fn what_is_in_range_is_sensible(controls in any_controls()) {
            prop_assert_eq!(controls.sensible(), controls);
        }
    }

    #[test]
    fn what_is_beyond_its_range_is_brought_into_it_and_no_number_is_the_default() {
        let mut wild =
            Controls { temperature: 9.0, swing: f32::NAN, chord_rate: Some(200), max_leap: 0, ..Controls::default() };
        wild.key.tonic = 15;
        wild.players[Player::Bass] = PlayerControls {
            density: -1.0,
            register: 9,
            channel: 77,
            vary: 2.0,
            drift: -1.0,
            lock: 20_000,
            ..PlayerControls::default()
        };
        wild.form = Some(7);
        let sensible = wild.sensible();
        assert_eq!((sensible.temperature, sensible.swing, sensible.chord_rate), (2.0, 0.0, Some(MAX_LEVEL)));
        assert_eq!((sensible.max_leap, sensible.key.tonic, sensible.form), (2, 3, None));
        let bass = PlayerControls {
            density: 0.0,
            register: 2,
            channel: 15,
            vary: 1.0,
            drift: 0.0,
            lock: MAX_LOCK,
            ..PlayerControls::default()
        };
        assert_eq!(sensible.players[Player::Bass], bass);
        let another_take = Controls { seed: u32::MAX, ..Controls::default() };
        assert_eq!(another_take.sensible(), another_take);
    }

    #[test]
    fn every_parameter_has_an_id_of_its_own_and_says_what_it_does() {
        let ids: BTreeSet<&str> = PARAMETERS.iter().map(|parameter| parameter.about.id).collect();
        assert_eq!(ids.len(), PARAMETERS.len());
        for parameter in PARAMETERS {
            assert!(parameter.about.hint.ends_with('.'), "{}", parameter.about.id);
        }
    }

    fn with_lead(band: f32, own: f32, register: i8) -> Controls {
        let mut controls = Controls { density: band, ..Controls::default() };
        let lead = &mut controls.players[Player::Lead];
        (lead.density, lead.register) = (own, register);
        controls
    }

    #[test]
    fn the_bands_density_scales_the_players_own() {
        let density = |band, own| with_lead(band, own, 0).density(Player::Lead);
        assert_eq!(density(0.5, 0.7), 0.7);
        assert_eq!(density(0.0, 0.7), 0.0);
        assert_eq!(density(1.0, 0.7), 1.0);
    }

    #[test]
    fn the_lock_is_the_keys_scale_or_the_one_that_was_drawn() {
        let key = Key { tonic: 9, mode: Mode::Minor };
        let controls = Controls { key, scale: 0b0100_1010_1001, ..Controls::default() };
        assert_eq!(controls.allowed(), PitchClassSet::ALL);
        let locked = Controls { key_lock: true, ..controls };
        assert_eq!(locked.allowed(), PitchClassSet::over(9, &[0, 3, 5, 7, 10]));
        assert_eq!(Controls { scale: 0, ..locked }.allowed(), key.locked_scale());
    }

    #[test]
    fn knobs_in_the_middle_leave_lead_free_and_the_others_have_a_level() {
        let density = |band, own| with_lead(band, own, 0).lead_density();
        assert_eq!(density(0.5, 0.5), None);
        assert_eq!([0.0, 0.2, 0.51, 0.8, 1.0].map(|own| density(0.5, own)), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(density(0.9, 0.5), Some(4));
        let register = |register| with_lead(0.5, 0.5, register).lead_register();
        assert_eq!([-2, -1, 0, 1, 2].map(register), [Some(0), Some(1), None, Some(3), Some(4)]);
    }
}
