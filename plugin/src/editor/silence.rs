//! *Nothing sounds?*: why, as far as Continuo can tell, and what to do about it.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::hint::Hint;
use super::overlay::{self, Overlay};
use super::text::{self, Look};
use super::{button, theme};

/// What is known of an instance. Plain data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// It is the standalone program.
    pub standalone: bool,
    /// There is a sound device, as far as Continuo is to know.
    pub has_sound: bool,
    /// Blocks of audio came lately.
    pub processes: bool,
    /// Keys that the musician has struck.
    pub notes: u64,
    /// Pads struck on the drum channel.
    pub drums: u64,
    /// The host plays and cannot be followed.
    pub doubted: bool,
    /// The networks are not loaded yet.
    pub loads: bool,
    /// A network is missing.
    pub lacks_network: bool,
    /// How many players are on.
    pub players: usize,
    /// The built-in sound is on.
    pub preview: bool,
    /// The built-in sound is turned down all the way.
    pub preview_is_down: bool,
    /// The host drops notes that are not MIDI messages, or silences them, and they are none.
    pub wants_midi: bool,
}

impl Default for Facts {
    /// A band that is heard.
    fn default() -> Self {
        Self {
            standalone: false,
            has_sound: true,
            processes: true,
            notes: 1,
            drums: 0,
            doubted: false,
            loads: false,
            lacks_network: false,
            players: 4,
            preview: true,
            preview_is_down: false,
            wants_midi: false,
        }
    }
}

/// Why something is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no sound device.
    NoDevice,
    /// The host sends no blocks.
    NoBlocks,
    /// The networks are being loaded.
    Loading,
    /// No key was struck.
    NoInput,
    /// Only drums came in.
    OnlyDrums,
    /// No player is on.
    NobodyPlays,
    /// The built-in sound is off.
    PreviewOff,
    /// The built-in sound is too soft to be heard.
    PreviewDown,
    /// The host wants MIDI messages.
    NotMidi,
    /// The host cannot be followed.
    Doubted,
    /// A network is missing.
    NoNetwork,
}

/// Whether something holds, where these are the facts.
type Holds = fn(&Facts) -> bool;

impl Reason {
    const ALL: [(Self, Holds); 11] = [
        (Self::NoDevice, |facts| !facts.has_sound),
        (Self::NoBlocks, |facts| !facts.processes && facts.has_sound),
        (Self::Loading, |facts| facts.loads && facts.processes),
        (Self::NoInput, |facts| facts.notes == 0 && facts.drums == 0),
        (Self::OnlyDrums, |facts| facts.notes == 0 && facts.drums > 0),
        (Self::NobodyPlays, |facts| facts.players == 0),
        (Self::PreviewOff, |facts| !facts.preview),
        (Self::PreviewDown, |facts| facts.preview && facts.preview_is_down),
        (Self::NotMidi, |facts| facts.wants_midi),
        (Self::Doubted, |facts| facts.doubted),
        (Self::NoNetwork, |facts| facts.lacks_network && !facts.loads),
    ];

    /// Everything that keeps a band from being heard of which `facts` are known, the plainest first.
    pub fn of(facts: &Facts) -> Vec<Self> {
        Self::ALL.into_iter().filter(|(_, holds)| holds(facts)).map(|(reason, _)| reason).collect()
    }

    /// What is the matter, and what to do.
    fn texts(self, facts: &Facts) -> [&'static str; 2] {
        match self {
            Self::NoDevice => [
                "There is no sound device.",
                "Choose one on the page Setup, or start a sound server; the panel and its keys work meanwhile.",
            ],
            Self::NoBlocks if facts.standalone => [
                "The sound device takes no sound.",
                "Another program may hold it. Choose another device on the page Setup, or close that program.",
            ],
            Self::NoBlocks => [
                "The host does not run the plug-in.",
                "Switch its sound engine, the track and the plug-in on; some hosts wait until the track is armed or \
                 the transport runs.",
            ],
            Self::Loading => ["The band is still loading.", "That takes a few seconds after it was opened."],
            Self::NoInput if facts.standalone => [
                "No note has arrived yet.",
                "Play on the keys at the bottom of the panel, or choose your keyboard on the page Setup.",
            ],
            Self::NoInput => [
                "No note has arrived yet.",
                "Arm the track, choose your keyboard as its MIDI input, and switch its monitoring on.",
            ],
            Self::OnlyDrums => [
                "Only notes on channel 10 have arrived, and these are drums.",
                "Have your keyboard send on channel 1; or choose channel 10 as left hand: Band, Time.",
            ],
            Self::NobodyPlays => ["All players are off.", "Switch one on, on the page Play."],
            Self::PreviewOff if facts.standalone => {
                ["The preview sound is off.", "Switch it on at the top, or connect the MIDI output to instruments."]
            }
            Self::PreviewOff => [
                "The preview sound is off.",
                "Switch it on at the top; or give each player an instrument: Setup, Routing says how.",
            ],
            Self::PreviewDown => ["The preview sound is turned down.", "Turn it up at the top, beside its switch."],
            Self::NotMidi => {
                ["This host does not play the band's notes as they go out.", "Switch MIDI notes on: Band, Time."]
            }
            Self::Doubted => [
                "The host's position or tempo cannot be followed.",
                "The band keeps time by itself. Let the host be the timebase, at a tempo from 5 to 1000.",
            ],
            Self::NoNetwork => [
                "A network is missing; rules play in its place.",
                "Choose GRU as networks: Band, Plan. A notice says what is wrong with your own.",
            ],
        }
    }
}

/// From one reason to the next, in points.
const LINE: f32 = 46.0;

/// What is said where nothing is the matter here.
const NOTHING: [&str; 2] = [
    "Continuo hears you and plays.",
    "So look behind it: is the track's sound on and turned up, and does each instrument listen to its player's channel? \
     Lead waits until you pause.",
];

/// Shows a button that asks, called `name`, in `rect`.
pub fn button(ui: &mut Ui, rect: Rect, label: &str, name: &str) {
    let hint = Hint::click(name, "Says what may be amiss, and what to do about it.");
    if button::show(ui, rect, label, hint, theme::TEXT).clicked() {
        overlay::toggle(ui, Overlay::Silence);
    }
}

/// Shows the answer in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, facts: &Facts) {
    let body = overlay::card(ui, rect, "Nothing sounds?", "What Continuo can tell, as it stands now");
    let reasons = Reason::of(facts);
    let mut told: Vec<[&str; 2]> = reasons.iter().map(|reason| reason.texts(facts)).collect();
    if told.is_empty() {
        told.push(NOTHING);
    }
    for (n, texts) in told.into_iter().enumerate() {
        let top = body.top() + 18.0 + n as f32 * LINE;
        line(ui, Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), 40.0)), n, texts);
    }
}

fn line(ui: &mut Ui, rect: Rect, n: usize, [what, remedy]: [&str; 2]) {
    let response = ui.interact(rect, ui.make_persistent_id(("reason", n)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{what} {remedy}")));
    ui.painter().circle_filled(rect.left_top() + vec2(4.0, 10.0), 3.0, theme::WARNING);
    let (upper, lower) = rect.with_min_x(rect.left() + 18.0).split_top_bottom_at_y(rect.top() + 20.0);
    let font = theme::semibold(theme::BODY);
    ui.painter().text(upper.left_center(), Align2::LEFT_CENTER, what, font, theme::TEXT);
    text::show(ui, lower, remedy, &Look::line(theme::regular(theme::BODY), theme::DIM));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_itself() {
        let fine = Facts::default();
        assert_eq!(Reason::of(&fine), []);
        for (facts, reason) in [
            (Facts { has_sound: false, ..fine }, Reason::NoDevice),
            (Facts { processes: false, ..fine }, Reason::NoBlocks),
            (Facts { loads: true, ..fine }, Reason::Loading),
            (Facts { notes: 0, ..fine }, Reason::NoInput),
            (Facts { notes: 0, drums: 3, ..fine }, Reason::OnlyDrums),
            (Facts { players: 0, ..fine }, Reason::NobodyPlays),
            (Facts { preview: false, ..fine }, Reason::PreviewOff),
            (Facts { preview_is_down: true, ..fine }, Reason::PreviewDown),
            (Facts { wants_midi: true, ..fine }, Reason::NotMidi),
            (Facts { doubted: true, ..fine }, Reason::Doubted),
            (Facts { lacks_network: true, ..fine }, Reason::NoNetwork),
        ] {
            assert_eq!(Reason::of(&facts), [reason]);
        }
    }

    #[test]
    fn what_follows_from_something_plainer_is_not_said() {
        let mute = Facts { has_sound: false, processes: false, loads: true, lacks_network: true, ..Facts::default() };
        assert_eq!(Reason::of(&mute), [Reason::NoDevice]);
        let both = Facts { drums: 2, notes: 5, preview: false, preview_is_down: true, ..Facts::default() };
        assert_eq!(Reason::of(&both), [Reason::PreviewOff]);
    }

    #[test]
    fn every_reason_says_what_to_do() {
        for standalone in [false, true] {
            let facts = Facts { standalone, ..Facts::default() };
            for (reason, _) in Reason::ALL {
                let [what, remedy] = reason.texts(&facts);
                assert!(what.ends_with('.') && remedy.ends_with('.') && remedy.len() > 20, "{reason:?}");
            }
        }
    }
}
