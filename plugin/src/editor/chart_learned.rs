//! What the band has learned of the tune, below the lead sheet: to keep, to learn again, or a form to be learned.

use std::sync::Arc;

use continuo_models::music::Chart;
use continuo_models::music::chart::{Bar, Origin};
use egui::{Id, Rect, Ui};

use super::hint::Hint;
use super::layout::cell;
use super::setting::Listed;
use super::{button, status_line, stepper, theme};

/// The lengths of forms that can be chosen, in bars.
const FORMS: [usize; 6] = [4, 8, 12, 16, 24, 32];
/// The one that is offered first.
const USUAL: usize = 3;

/// What the band has learned of the tune.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// Its chords, from the bar of the song on in which the chorus began first. The same `Arc` as long as it stays.
    pub chart: Arc<Chart>,
    /// Whether the musician plays what was learned: else the band is with the musician.
    pub agrees: bool,
}

/// The chart that is shown: `chart` with what was learned in its open bars.
pub fn filled(chart: &Arc<Chart>, learned: Option<&Learned>) -> Arc<Chart> {
    learned.map_or_else(|| Arc::clone(chart), |learned| Arc::new(chart.filled_from(&learned.chart)))
}

/// Whether the bar at `index` of `shown` is that of `chart`, and not only learned.
pub fn is_kept(chart: &Chart, shown: &Chart, index: usize) -> bool {
    let Some(bar) = shown.bars.get(index) else { return true };
    let is_learned = matches!(bar.origin, Origin::Learned | Origin::LeftHand) && !bar.is_open();
    !is_learned || chart.bars.get(index).is_some_and(|own| own.content == bar.content)
}

/// `chart` with `bar` in the place of the one at `index` of `shown`: of what was only learned nothing else is taken.
pub fn with_bar(chart: &Chart, shown: &Chart, index: usize, bar: Bar) -> Chart {
    let mut changed = shown.clone();
    for (place, own) in changed.bars.iter_mut().enumerate().filter(|(place, _)| !is_kept(chart, shown, *place)) {
        let before = chart.bars.get(place).cloned().unwrap_or_default();
        (own.content, own.origin) = (before.content, before.origin);
    }
    changed.bars[index] = bar;
    changed.sensible()
}

/// What is to become of what was learned.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// The chart is this one from now on.
    Change(Chart),
    /// The chart is this one, and the band forgets what it has learned.
    LearnAgain(Chart),
}

/// Shows what was learned in `row`, and what can be done with it.
pub fn show(ui: &mut Ui, row: Rect, chart: &Chart, shown: &Chart, learned: Option<&Learned>) -> Option<Wish> {
    let said = match learned {
        None => "Play the tune through, and the band learns it.".to_owned(),
        Some(Learned { chart, agrees }) => {
            let (bars, first) = (chart.bars.len(), chart.first_bar + 1);
            let how = if *agrees { "" } else { "; now it follows you" };
            format!("{bars} bars learned from bar {first}{how}")
        }
    };
    status_line::show(ui, cell(row, 0.0, 0.42), "Learned", &said, theme::DIM);
    let mut ask = |from: f32, to: f32, label: &str, hint: Hint, is_possible: bool| {
        let ink = if is_possible { theme::TEXT } else { theme::FAINT };
        button::show(ui, cell(row, from, to), label, hint, ink).clicked() && is_possible
    };
    let has_new = (0..shown.bars.len()).any(|index| !is_kept(chart, shown, index));
    let hint = Hint::click("Keep", "What was learned becomes the project's. Bars that you typed or locked stay.");
    let keeps = ask(0.42, 0.52, "Keep", hint, has_new);
    let reopened = chart.reopened();
    let hint = Hint::click(
        "Learn again",
        "The band forgets what it has learned, and bars that were kept of it are open again, but for locked ones.",
    );
    let reopens = ask(0.52, 0.67, "Learn again", hint, learned.is_some() || reopened != *chart);
    let hint =
        Hint::click("Open form", "A chart of so many open bars: the form is yours, the chords are to be learned.");
    let opens = ask(0.85, 1.0, "Open form", hint, true);

    let id = Id::unique("bars of the open form");
    let at: usize = ui.data(|data| data.get_temp(id)).unwrap_or(USUAL);
    let texts = FORMS.map(|bars| format!("{bars} bars"));
    let setting = Listed::new(&texts, at);
    stepper::show(ui, cell(row, 0.67, 0.85), Hint::turn("Bars of the form", "How many bars Open form has."), &setting);
    let at = setting.chosen().unwrap_or(at).min(FORMS.len() - 1);
    ui.data_mut(|data| data.insert_temp(id, at));

    if keeps {
        Some(Wish::Change(shown.clone()))
    } else if reopens {
        Some(Wish::LearnAgain(reopened))
    } else {
        let (title, first_bar) = (chart.title.clone(), chart.first_bar);
        opens.then(|| Wish::Change(Chart { title, first_bar, ..Chart::open(FORMS[at]) }))
    }
}
