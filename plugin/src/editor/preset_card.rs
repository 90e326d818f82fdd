//! The preset that one looks at: what it is, and what can be done with it and with those of one's own.

use egui::{Align2, Color32, Rect, Ui, pos2, vec2};

use crate::presets::Preset;
use crate::presets::locks::Locks;

use super::button::{self, Face};
use super::hint::Hint;
use super::preset_bar::Way;
use super::setting::Listed;
use super::text::{self, Look};
use super::{switch, text_field, theme};

/// What the musician has written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// A name for what is to be saved.
    pub name: String,
    /// What it is, in a line.
    pub description: String,
    /// The words by which it is found: style, mood and use, each parted by commas.
    pub tags: [String; 3],
    /// From where to import.
    pub path: String,
}

/// What the card shows.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// The preset that one looks at.
    pub preset: Option<&'a Preset>,
    /// Whether it is the musician's own.
    pub is_own: bool,
    /// Its number in the project.
    pub number: Option<usize>,
    /// Whether it is listened to.
    pub is_heard: bool,
    /// Whether something deleted can be brought back.
    pub can_restore: bool,
}

/// What the musician wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Look at the one before or after.
    Go(Way),
    /// Load it.
    Load,
    /// Listen to it, or stop listening.
    Listen,
    /// Save the knobs under the name that is written.
    Save,
    /// Give it the name, the line and the words that are written.
    Rename,
    /// Delete it.
    Delete,
    /// Bring back what was deleted last.
    Restore,
    /// Import from the path that is written.
    Import,
    /// Export it.
    Export,
    /// Give it a number in the project.
    Number,
}

const ROW: f32 = 22.0;
/// Between rows, and between what is in them.
const GAP: f32 = 3.0;
const SPACE: f32 = 6.0;
/// Where the first row begins.
const TOP: f32 = 76.0;

/// Shows the card in `rect`.
pub fn show(ui: &mut Ui, rect: Rect, card: &Card, written: &mut Written, locks: &mut Locks) -> Option<Wish> {
    about(ui, rect, card.preset);
    let mut wish = None;
    let mut ask = |clicked: bool, asked: Wish| {
        if clicked {
            wish = Some(asked);
        }
    };
    let row = |number: usize| {
        let top = rect.top() + TOP + number as f32 * (ROW + GAP);
        Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), ROW))
    };
    let possible = |is: bool| if is { theme::TEXT } else { theme::FAINT };
    let any = card.preset.is_some();

    let hint = Hint::click("Look at the previous", "The preset before this one in the list.");
    ask(button::show(ui, cell(row(0), 0.0, 0.12), "<", hint, theme::TEXT).clicked(), Wish::Go(Way::Back));
    let hint = Hint::click("Look at the next", "The preset after this one in the list.");
    ask(button::show(ui, cell(row(0), 0.12, 0.24), ">", hint, theme::TEXT).clicked(), Wish::Go(Way::Forth));
    let hint = Hint::click(
        "Listen",
        "Plays the last bars that you played with this preset, over and over from the next bar on; nothing is loaded. \
         Click again, and it is as before.",
    );
    let place = cell(row(0), 0.24, 0.62);
    let response = button::sense(ui, place, &hint);
    ask(response.clicked() && any, Wish::Listen);
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Switch, any, card.is_heard, hint.name));
    let label = if card.is_heard { "Listening" } else { "Listen first" };
    button::press(ui, place, label, &response, Face { ink: possible(any), ..Face::light(theme::YOU, card.is_heard) });
    hint.attach(response);
    let hint = Hint::click(
        "Load preset",
        "Turns the knobs to this preset. What is locked below stays. Undo brings back what was.",
    );
    ask(button::show(ui, cell(row(0), 0.62, 1.0), "Load", hint, possible(any)).clicked() && any, Wish::Load);

    let hint = Hint::click("Preset name", "How the preset is called that you save or rename.");
    text_field::show(ui, cell(row(1), 0.0, 0.4), hint, "Name", &mut written.name);
    let hint = Hint::click("Preset description", "What the preset is that you save, in one line.");
    text_field::show(ui, cell(row(1), 0.4, 1.0), hint, "What it is, in a line", &mut written.description);

    for (n, (name, prompt, text)) in [
        (
            "Preset style",
            "Style",
            "More words for the style, with commas between them. The band's own styles are said anyway.",
        ),
        ("Preset mood", "Mood", "Words for how it feels, with commas between them: warm, playful."),
        ("Preset use", "Good for", "Words for what it is good for, with commas between them: jam, song."),
    ]
    .into_iter()
    .enumerate()
    {
        let place = cell(row(2), n as f32 / 3.0, (n + 1) as f32 / 3.0);
        text_field::show(ui, place, Hint::click(name, text), prompt, &mut written.tags[n]);
    }

    let hint = Hint::click("Save preset", "Keeps the knobs and the scenes under this name, in your folder.");
    ask(button::show(ui, cell(row(3), 0.0, 0.2), "Save", hint, theme::TEXT).clicked(), Wish::Save);
    let own = card.is_own;
    for (n, label, hint, is, asked) in [
        (
            1,
            "Rename",
            Hint::click("Rename preset", "Gives the chosen preset of your own this name, this line and these words."),
            own,
            Wish::Rename,
        ),
        (
            2,
            "Delete",
            Hint::click("Delete preset", "Deletes the chosen preset of your own. It can be brought back."),
            own,
            Wish::Delete,
        ),
        (
            3,
            "Undelete",
            Hint::click("Undelete preset", "Brings back the preset that was deleted or replaced last."),
            card.can_restore,
            Wish::Restore,
        ),
        (
            4,
            "Export",
            Hint::click("Export preset", "Writes the chosen preset to a file that you can give away."),
            any,
            Wish::Export,
        ),
    ] {
        let place = cell(row(3), n as f32 * 0.2, (n + 1) as f32 * 0.2);
        ask(button::show(ui, place, label, hint, possible(is)).clicked() && is, asked);
    }

    let hint =
        Hint::click("Import from", "The path of a file or a folder. Empty: the folder \"import\" beside your presets.");
    text_field::show(ui, cell(row(4), 0.0, 0.6), hint, "Path of a preset to import", &mut written.path);
    let hint = Hint::click("Import presets", "Takes in the preset at the path on the left, or all in that folder.");
    ask(button::show(ui, cell(row(4), 0.6, 0.8), "Import", hint, theme::TEXT).clicked(), Wish::Import);
    let hint = Hint::click(
        "Number preset",
        "Gives the chosen preset a number in this project, by which automation and MIDI programs recall it.",
    );
    let label = card.number.map_or_else(|| "Number".to_owned(), |number| format!("No. {number}"));
    let is = any && card.number.is_none();
    ask(button::show(ui, cell(row(4), 0.8, 1.0), &label, hint, possible(is)).clicked() && is, Wish::Number);

    stay(ui, Rect::from_min_size(row(5).min, vec2(rect.width(), 18.0)), locks);
    wish
}

/// The part of a row between two shares of its width, with a space behind it.
fn cell(row: Rect, from: f32, to: f32) -> Rect {
    let at = |share: f32| row.left() + share * (row.width() + SPACE);
    Rect::from_x_y_ranges(at(from)..=at(to) - SPACE, row.y_range())
}

/// What stays while presets change.
fn stay(ui: &mut Ui, place: Rect, locks: &mut Locks) {
    ui.painter().text(
        place.left_center(),
        Align2::LEFT_CENTER,
        "Stay as they are",
        theme::regular(theme::LABEL),
        theme::DIM,
    );
    for (n, label, name, text, lock) in [
        (0, "Style", "Lock style", "The styles and their blend stay while presets change.", &mut locks.style),
        (1, "Key", "Lock key", "Key, key lock, scale and mode stay while presets change.", &mut locks.key),
        (
            2,
            "Players",
            "Lock players",
            "Who plays, how much and how high stays while presets change.",
            &mut locks.players,
        ),
    ] {
        let texts = ["Off".to_owned(), "On".to_owned()];
        let setting = Listed::new(&texts, (*lock).into());
        let place = cell(place, 0.28 + 0.24 * n as f32, 0.28 + 0.24 * (n + 1) as f32).shrink2(vec2(6.0, 0.0));
        switch::show(ui, place, label, Hint::click(name, text), theme::YOU, &setting);
        *lock = setting.at() == 1;
    }
}

/// The name, who made it, what it is, and its tags.
fn about(ui: &Ui, rect: Rect, preset: Option<&Preset>) {
    let line = |top: f32, height: f32| Rect::from_min_size(rect.min + vec2(0.0, top), vec2(rect.width(), height));
    let heading = |ink: Color32| Look::line(theme::semibold(theme::HEADING), ink);
    let Some(preset) = preset else {
        text::show(ui, line(0.0, 20.0), "Choose a preset", &heading(theme::DIM));
        return;
    };
    let (name, by) = line(0.0, 20.0).split_left_right_at_fraction(0.65);
    text::show(ui, name, &preset.name, &heading(theme::TEXT));
    if !preset.author.is_empty() {
        let look = Look::line(theme::regular(theme::LABEL), theme::DIM);
        text::show(ui, by, &format!("by {}", preset.author), &Look { align: Align2::RIGHT_CENTER, ..look });
    }
    let look = Look::paragraph(theme::regular(theme::BODY), theme::TEXT, 2);
    text::show(ui, line(22.0, 34.0), &preset.description, &look);
    let tags = &preset.tags;
    let scenes = preset.has_scenes().then(|| "brings scenes".to_owned());
    let words = [&tags.style, &tags.mood, &tags.density, &tags.players, &tags.use_for];
    let words: Vec<String> = words.into_iter().flatten().cloned().chain(scenes).collect();
    text::show(ui, line(57.0, 15.0), &words.join(" · "), &Look::line(theme::regular(theme::SMALL), theme::DIM));
}
