//! Which presets are shown: by words that one writes, or by tags that one clicks.

use std::collections::BTreeSet;

use egui::{Rect, Ui, vec2};

use crate::presets::{Preset, Tags};

use super::hint::Hint;
use super::setting::Listed;
use super::{choice, paint, text_field};

/// What is asked of the presets that are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that stand somewhere in it.
    pub search: String,
    /// A tag of each kind; empty: any.
    pub tags: [String; KINDS.len()],
    /// Whose they are.
    pub whose: Whose,
}

/// Whose presets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// All.
    #[default]
    All,
    /// Those with a star.
    Favourites,
    /// Those that come with Continuo.
    Factory,
    /// The musician's own.
    Own,
}

impl Whose {
    const ALL: [Whose; 4] = [Whose::All, Whose::Favourites, Whose::Factory, Whose::Own];
}

type Words = fn(&Tags) -> &Vec<String>;

/// The kinds of tags: what the list is called, and the words of a preset.
const KINDS: [(&str, Words); 5] = [
    ("Style", |tags| &tags.style),
    ("Mood", |tags| &tags.mood),
    ("How much", |tags| &tags.density),
    ("Players", |tags| &tags.players),
    ("Good for", |tags| &tags.use_for),
];

/// Between two fields, in points.
const SPACE: f32 = 8.0;
const FIELD: f32 = 24.0;
const LABELLED: f32 = FIELD + 19.0;

impl Filter {
    /// Whether `preset` is as asked for.
    pub fn takes(&self, preset: &Preset, is_own: bool, is_favourite: bool) -> bool {
        let whose = match self.whose {
            Whose::All => true,
            Whose::Favourites => is_favourite,
            Whose::Factory => !is_own,
            Whose::Own => is_own,
        };
        let has_tag = |((_, words), wanted): (&(&str, Words), &String)| {
            wanted.is_empty() || words(&preset.tags).iter().any(|word| word.to_lowercase() == *wanted)
        };
        whose && KINDS.iter().zip(&self.tags).all(has_tag) && self.finds(preset)
    }

    fn finds(&self, preset: &Preset) -> bool {
        if self.search.trim().is_empty() {
            return true;
        }
        let tags = KINDS.iter().flat_map(|(_, words)| words(&preset.tags)).map(String::as_str);
        let all: Vec<&str> = [&*preset.name, &*preset.description, &*preset.author].into_iter().chain(tags).collect();
        let all = all.join(" ").to_lowercase();
        self.search.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }
}

/// Shows the filter in `rect`, with the tags of `presets` to choose from; `count` of them are shown. Returns the room
/// below.
pub fn show<'a>(
    ui: &mut Ui,
    rect: Rect,
    filter: &mut Filter,
    presets: impl Iterator<Item = &'a Preset> + Clone,
    count: usize,
) -> Rect {
    let search = Rect::from_min_size(rect.min, vec2(rect.width(), FIELD));
    let hint =
        Hint::click("Search presets", "Words of the name, the description or the tags. The lists below do the same.");
    let prompt = if count == 1 { "Search (1 preset)".to_owned() } else { format!("Search ({count} presets)") };
    text_field::show(ui, search, hint, &prompt, &mut filter.search);

    let width = (rect.width() - SPACE) / 2.0;
    let place = |n: usize| {
        let (column, row) = ((n % 2) as f32, (n / 2) as f32);
        let from = search.left_bottom() + vec2(column * (width + SPACE), SPACE + row * (LABELLED + SPACE));
        Rect::from_min_size(from, vec2(width, LABELLED))
    };
    for (n, (label, words)) in KINDS.iter().enumerate() {
        let known: BTreeSet<String> =
            presets.clone().flat_map(|p| words(&p.tags)).map(|word| word.to_lowercase()).collect();
        let texts: Vec<String> = std::iter::once("Any".to_owned()).chain(known).collect();
        let index = texts.iter().skip(1).position(|word| *word == filter.tags[n]).map_or(0, |place| place + 1);
        let setting = Listed::new(&texts, index);
        let name = format!("Presets: {label}");
        list(ui, place(n), label, Hint::click(&name, "Shows presets with this tag only."), &setting);
        filter.tags[n] = if setting.at() == 0 { String::new() } else { texts[setting.at()].clone() };
    }
    let texts = ["All", "Favourites", "Factory", "My own"].map(str::to_owned);
    let index = Whose::ALL.iter().position(|whose| *whose == filter.whose).unwrap_or(0);
    let setting = Listed::new(&texts, index);
    let hint = Hint::click("Presets: whose", "All, those with a star, those that come with Continuo, or your own.");
    list(ui, place(KINDS.len()), "Whose", hint, &setting);
    filter.whose = Whose::ALL[setting.at()];
    rect.with_min_y(place(KINDS.len()).bottom() + SPACE)
}

fn list(ui: &mut Ui, rect: Rect, label: &str, hint: Hint, setting: &Listed) {
    let field = paint::label(ui.painter(), rect, label, FIELD);
    choice::show(ui, field, hint, setting);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::factory;

    fn shown(filter: &Filter) -> Vec<&'static str> {
        factory()
            .iter()
            .filter(|preset| filter.takes(preset, false, false))
            .map(|preset| preset.name.as_str())
            .collect()
    }

    #[test]
    fn every_word_must_stand_somewhere_in_any_case() {
        let search = |words: &str| shown(&Filter { search: words.to_owned(), ..Filter::default() });
        assert_eq!(search("").len(), factory().len());
        assert_eq!(search("  CAMPFIRE strummed "), ["Campfire in D"]);
        assert!(search("jazz").len() > search("jazz trading").len());
        assert!(search("jazz zither").is_empty());
    }

    #[test]
    fn tags_do_what_words_do() {
        let mut filter = Filter::default();
        filter.tags[0] = "hymn".to_owned();
        let hymns = shown(&filter);
        assert!(hymns.contains(&"Sunday Hymn") && !hymns.contains(&"Late Set"));
        filter.tags[3] = "lead".to_owned();
        assert!(shown(&filter).len() < hymns.len());
    }

    #[test]
    fn whose_presets_are_shown_can_be_chosen() {
        let preset = &factory()[0];
        for (whose, expected) in [
            (Whose::All, [true, true, true]),
            (Whose::Favourites, [false, false, true]),
            (Whose::Factory, [true, false, true]),
            (Whose::Own, [false, true, false]),
        ] {
            let filter = Filter { whose, ..Filter::default() };
            let takes =
                [(false, false), (true, false), (false, true)].map(|(own, star)| filter.takes(preset, own, star));
            assert_eq!(takes, expected, "{whose:?}");
        }
    }
}
