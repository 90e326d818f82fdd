//! The pages of the panel, and which of them is open.

use egui::accesskit::Role;
use egui::{Id, Rect, Ui, WidgetInfo, vec2};

use super::button::{self, Face};
use super::hint::Hint;
use super::theme;

/// Between two tabs, in points.
const SPACE: f32 = 4.0;

/// A page of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// What one sets while playing: styles, knobs, players.
    #[default]
    Play,
    /// How the band listens, plans and learns.
    Band,
    /// What the band strikes, and how it feels.
    Groove,
    /// The chords of the tune.
    Chart,
    /// Presets to choose from.
    Presets,
    /// What Continuo is connected to: sound, MIDI, controllers, the host.
    Setup,
}

impl Page {
    const ALL: [Page; 6] = [Page::Play, Page::Band, Page::Groove, Page::Chart, Page::Presets, Page::Setup];

    fn name(self) -> &'static str {
        match self {
            Page::Play => "Play",
            Page::Band => "Band",
            Page::Groove => "Groove",
            Page::Chart => "Chart",
            Page::Presets => "Presets",
            Page::Setup => "Setup",
        }
    }

    fn hint(self) -> Hint<'static> {
        let text = match self {
            Page::Play => "Styles, knobs and the players.",
            Page::Band => "Tempo, plan, memory, what Lead may do, and the scale.",
            Page::Groove => "The drummer, swing, and how loudness moves.",
            Page::Chart => "The chords of your tune, for the band to follow.",
            Page::Presets => "Whole settings to begin with, and your own.",
            Page::Setup => "Sound, MIDI, controllers and routing.",
        };
        Hint::click(self.name(), text)
    }
}

fn id(ui: &Ui) -> Id {
    ui.make_persistent_id("open page")
}

/// Opens `page`.
pub fn open(ui: &Ui, page: Page) {
    ui.data_mut(|data| data.insert_temp(id(ui), page));
}

/// Where the tab of `page` is, of those in `rect`.
pub fn place(rect: Rect, page: Page) -> Rect {
    let width = (rect.width() + SPACE) / Page::ALL.len() as f32 - SPACE;
    Rect::from_min_size(rect.min + vec2(page as usize as f32 * (width + SPACE), 0.0), vec2(width, rect.height()))
}

/// Shows a tab for each page in `rect`. Returns the page that is open.
pub fn show(ui: &mut Ui, rect: Rect) -> Page {
    let mut page: Page = ui.data(|data| data.get_temp(id(ui))).unwrap_or_default();
    for tab in Page::ALL {
        let place = place(rect, tab);
        let hint = tab.hint();
        let response = button::sense(ui, place, &hint);
        if response.clicked() {
            page = tab;
            open(ui, page);
        }
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, page == tab, hint.name));
        button::press(ui, place, tab.name(), &response, Face::light(theme::YOU, page == tab));
        hint.attach(response);
    }
    page
}
