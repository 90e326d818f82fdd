//! Which section of the song a bar belongs to: as the chart has it, else the form, else A A B A with another bridge
//! each time; in the order that the musician gives them; and again, for as long as he holds one.
//!
//! Who strikes draws by section: the same letter has the same idiom and the same passage again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::controls::{Controls, Player};
use crate::music::form::{self, PHRASE};
use crate::music::time::{TICKS_PER_FRAME, frame_start};
use crate::music::{BarPosition, Frame, Letter, Section, Spot, Tick};
use crate::score::FARTHEST_AHEAD;

/// The most sections that have an order of the musician's own.
pub const MOST_ORDERED: usize = 16;
/// Sections of a round where nothing says otherwise, and the bridge among them.
const FREE: usize = 4;
const BRIDGE: usize = 2;

/// By what the bars of a section are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draw {
    /// The seed of the take.
    pub seed: u32,
    /// Which draw Chords plays.
    pub chords: u8,
    /// Which one Bass.
    pub bass: u8,
    /// Which one Drums.
    pub drums: u8,
}

impl Draw {
    /// As `controls` have it.
    pub fn of(controls: &Controls) -> Self {
        let roll = |player| controls.player(player).roll;
        Self { seed: controls.seed, chords: roll(Player::Chords), bass: roll(Player::Bass), drums: roll(Player::Drums) }
    }

    /// Which draw `player` plays; 0, if it draws no bars.
    pub fn roll(&self, player: Player) -> u8 {
        match player {
            Player::Chords => self.chords,
            Player::Bass => self.bass,
            Player::Drums => self.drums,
            _ => 0,
        }
    }
}

/// A section that is drawn as it was, whatever the seed and the rolls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Its letter.
    pub letter: Letter,
    /// By what it is drawn.
    #[serde(flatten)]
    pub draw: Draw,
}

/// What the musician has made of the sections: plain data, of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    /// The letters of a round in the order in which they are played; none: as the form has them. It counts where the
    /// form has as many sections, and where there is no form.
    pub order: Vec<Letter>,
    /// Those that are locked, each letter once.
    pub locks: Vec<Lock>,
}

impl Arrangement {
    /// By what `letter` is drawn, if it is locked.
    pub fn lock(&self, letter: Letter) -> Option<Draw> {
        self.locks.iter().find(|lock| lock.letter == letter).map(|lock| lock.draw)
    }

    /// The same with `letter` drawn by `draw`, or as ever if it was locked.
    pub fn with_lock_turned(mut self, letter: Letter, draw: Draw) -> Self {
        let count = self.locks.len();
        self.locks.retain(|lock| lock.letter != letter);
        if self.locks.len() == count {
            self.locks.push(Lock { letter, draw });
        }
        self.sensible()
    }

    /// The same with the section at place `from` of `round` moved to place `to`.
    pub fn with_moved(mut self, round: &Round, from: usize, to: usize) -> Self {
        let mut order = round.letters().to_vec();
        if round.is_whole && from < order.len() && to < order.len() {
            let moved = order.remove(from);
            order.insert(to, moved);
            self.order = if order[..] == round.own_letters()[..] { Vec::new() } else { order };
        }
        self
    }

    /// The same with no more than there may be, and one lock for a letter.
    pub fn sensible(mut self) -> Self {
        self.order.truncate(MOST_ORDERED);
        self.locks.sort_by_key(|lock| lock.letter);
        self.locks.dedup_by_key(|lock| lock.letter);
        self
    }
}

/// One time through the sections, as the panel shows it. Plain old data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The sections in their order, and the letters that they have by themselves; of many, those around the present
    /// one.
    shown: [(Section, Letter); MOST_ORDERED],
    count: usize,
    /// The place of the one that plays.
    pub now: usize,
    /// The bar of it, from 0.
    pub bar: Tick,
    /// Whether these are all of them.
    pub is_whole: bool,
}

impl Default for Round {
    fn default() -> Self {
        Sections::default().round(0, None)
    }
}

impl Round {
    /// The sections in their order.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = Section> {
        self.shown[..self.count].iter().map(|(section, _)| *section)
    }

    /// Their letters.
    pub fn letters(&self) -> Vec<Letter> {
        self.sections().map(|section| section.letter).collect()
    }

    /// The letters that they have where the musician has given them no order.
    fn own_letters(&self) -> Vec<Letter> {
        self.shown[..self.count].iter().map(|(_, own)| *own).collect()
    }
}

/// Where a bar lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InSection {
    /// The section.
    pub section: Section,
    /// Its bar, from 0.
    pub bar: Tick,
    /// By what it is drawn, if it is locked.
    pub lock: Option<Draw>,
}

impl InSection {
    /// The bar in its phrase of eight bars, from 0.
    pub fn bar_of_phrase(&self) -> Tick {
        self.bar % PHRASE
    }

    /// Whether the section ends with the bar.
    pub fn is_last(&self) -> bool {
        self.bar + 1 == self.section.bars
    }
}

/// The sections of the song as they stand at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Sections<'a> {
    /// What the musician has made of them.
    pub arrangement: &'a Arrangement,
    /// Those of the chart, and the bar of the form with which a chorus begins.
    pub tune: Option<(&'a [Section], Tick)>,
    /// How many bars of the song are bars again that were played before.
    pub repeated: Tick,
}

impl Default for Sections<'_> {
    fn default() -> Self {
        static NONE: Arrangement = Arrangement { order: Vec::new(), locks: Vec::new() };
        Self { arrangement: &NONE, tune: None, repeated: 0 }
    }
}

impl Sections<'_> {
    /// Where bar number `bar` of the song lies, counted from 0. `form` is how many bars the musician's form has, for
    /// where there is no chart.
    pub fn at(&self, bar: Tick, form: Option<u8>) -> InSection {
        let Placed { sections, order, place, bar } = self.placed(bar, form);
        let section = ordered(&sections, order, place);
        InSection { section, bar, lock: self.arrangement.lock(section.letter) }
    }

    /// The round in which the bar lies.
    pub fn round(&self, bar: Tick, form: Option<u8>) -> Round {
        let Placed { sections, order, place, bar } = self.placed(bar, form);
        let first = place / MOST_ORDERED * MOST_ORDERED;
        let count = (sections.len() - first).min(MOST_ORDERED);
        let shown = std::array::from_fn(|number| {
            let place = first + number.min(count - 1);
            (ordered(&sections, order, place), sections[place].letter)
        });
        Round { shown, count, now: place - first, bar, is_whole: sections.len() <= MOST_ORDERED }
    }

    fn placed(&self, bar: Tick, form: Option<u8>) -> Placed<'_> {
        let order = &self.arrangement.order[..];
        let bar = bar - self.repeated - self.tune.map_or(0, |(_, first)| first);
        let (sections, is_free) = match (self.tune, form) {
            (Some((sections, _)), _) if bar >= 0 && !sections.is_empty() => (Cow::Borrowed(sections), false),
            (None, Some(bars)) => (Cow::Owned(form::usual(bars.into())), false),
            // Before the chart begins there is no form either.
            _ => (Cow::Owned(free(bar, order.len())), true),
        };
        let order = if is_free || order.len() == sections.len() { order } else { &[] };
        let mut bar = bar.rem_euclid(sections.iter().map(|section| section.bars).sum());
        let mut place = 0;
        while bar >= sections[place].bars {
            bar -= sections[place].bars;
            place += 1;
        }
        Placed { sections, order, place, bar }
    }
}

/// A place in a round.
struct Placed<'a> {
    /// The sections of the round, with the letters that they have by themselves.
    sections: Cow<'a, [Section]>,
    /// Those that the musician has given them; none: he has not.
    order: &'a [Letter],
    place: usize,
    /// The bar in the section.
    bar: Tick,
}

/// The section at `place`, with the letter that `order` gives it.
fn ordered(sections: &[Section], order: &[Letter], place: usize) -> Section {
    let section = sections[place];
    Section { letter: order.get(place).copied().unwrap_or(section.letter), ..section }
}

/// The round in which `bar` lies where no form is known: A A B A, with another bridge each time, or as many sections as
/// the musician has `ordered`.
fn free(bar: Tick, ordered: usize) -> Vec<Section> {
    let count = if ordered == 0 { FREE } else { ordered };
    let round = bar.div_euclid(PHRASE * count as Tick);
    let bridge = Letter::of(1 + round.rem_euclid(Letter::COUNT as Tick - 1) as usize);
    let letter = |place: usize| if place % FREE == BRIDGE { bridge } else { Letter::A };
    (0..count).map(|place| Section { letter: letter(place), bars: PHRASE }).collect()
}

/// Sections that are played again while the musician holds them. `Clone` is a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vamp {
    /// The bar of the song that was decided last, and where it lies.
    last: Option<(Tick, InSection)>,
    /// How many bars were played again so far.
    repeated: Tick,
    /// The first bar of the song that is not played again, after some that are.
    until: Option<Tick>,
    /// The frames that were decided last, the newest first.
    decided: [Decided; FARTHEST_AHEAD as usize + 2],
}

/// A frame, as it was decided.
#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    frame: Frame,
    /// By how many bars it is later in the song than in its form.
    repeated: Tick,
    /// Whether it is played again.
    is_again: bool,
}

impl Vamp {
    /// The frame at `next` is to be decided, while the musician holds the section or does not; `sections` are those
    /// that there are, where so many bars were played again.
    pub fn follow<'a>(&mut self, next: Spot, is_held: bool, form: Option<u8>, sections: impl Fn(Tick) -> Sections<'a>) {
        let bar = next.bar_number();
        match self.last {
            Some((last, _)) if last == bar => {}
            Some((last, before)) if last + 1 == bar => {
                let ends = sections(self.repeated).at(bar, form).bar == 0;
                if ends && is_held {
                    self.repeated += before.section.bars;
                    self.until = Some(bar + before.section.bars);
                }
                self.until = self.until.filter(|until| bar < *until);
            }
            // The song is elsewhere, and its form with it.
            _ => (self.repeated, self.until) = (0, None),
        }
        self.last = Some((bar, sections(self.repeated).at(bar, form)));
        self.decided.rotate_right(1);
        self.decided[0] = Decided { frame: next.frame, repeated: self.repeated, is_again: self.until.is_some() };
    }

    fn decided(&self, frame: Frame) -> Decided {
        let known = self.decided.into_iter().find(|decided| decided.frame == frame);
        known.unwrap_or(Decided { frame, ..self.decided[0] })
    }

    /// How many bars were played again before the frame that was decided last.
    pub fn repeated(&self) -> Tick {
        self.repeated
    }

    /// Where `spot`, which was decided of late, is in the form: earlier, by what was played again.
    pub fn in_form(&self, spot: Spot) -> Spot {
        let BarPosition { bar_start, meter } = spot.position;
        let frames = self.decided(spot.frame).repeated * meter.bar_ticks() / TICKS_PER_FRAME;
        let position = BarPosition { bar_start: bar_start - frame_start(frames), meter };
        Spot { frame: spot.frame - frames, position }
    }

    /// Whether what is played at `spot`, which was decided of late, is played again.
    pub fn is_again(&self, spot: Spot) -> bool {
        self.decided(spot.frame).is_again
    }

    /// Where the frame that was decided last lies.
    pub fn here(&self) -> Option<InSection> {
        self.last.map(|(_, here)| here)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::music::{Chart, Meter};

    fn letters(sections: &Sections, form: Option<u8>, bars: std::ops::Range<Tick>) -> String {
        bars.map(|bar| sections.at(bar, form).section.letter.to_string()).collect()
    }

    fn order(letters: &str) -> Vec<Letter> {
        letters.chars().map(|letter| Letter::try_from(letter).unwrap()).collect()
    }

    #[test]
    fn without_a_form_it_is_a_a_b_a_with_another_bridge_each_time() {
        let phrases = letters(&Sections::default(), None, -32..96).chars().step_by(8).collect::<String>();
        assert_eq!(phrases, "AAZAAABAAACAAADA");
        let here = Sections::default().at(23, None);
        assert_eq!((here.bar, here.is_last(), here.bar_of_phrase()), (7, true, 7));
    }

    #[test]
    fn a_form_has_its_sections_and_a_chart_leads() {
        assert_eq!(letters(&Sections::default(), Some(16), 4..36), "AAAABBBBBBBBAAAAAAAABBBBBBBBAAAA");
        let last = |bar| Sections::default().at(bar, Some(12)).is_last();
        assert_eq!([11, 23].map(last), [true; 2]);
        let chart = Chart::read("[A]\n|C|F|\n[B]\n|G|F|C|").0.sections();
        let sections = Sections { tune: Some((&chart, 3)), ..Sections::default() };
        assert_eq!(letters(&sections, Some(16), 0..13), "AAAAABBBAABBB");
        assert!(sections.at(2, None).is_last(), "what comes before the chart leads to it");
    }

    #[test]
    fn the_musicians_order_counts_where_it_fits_and_where_there_is_no_form() {
        let arrangement = Arrangement { order: order("ABA"), ..Arrangement::default() };
        let sections = Sections { arrangement: &arrangement, ..Sections::default() };
        assert_eq!(letters(&sections, None, 0..56).chars().step_by(8).collect::<String>(), "ABAABAA");
        assert_eq!(letters(&sections, Some(16), 0..16), "AAAAAAAABBBBBBBB", "two sections are as the form has them");
        let round = sections.round(13, None);
        assert_eq!((round.letters(), round.now, round.bar), (order("ABA"), 1, 5));
    }

    #[test]
    fn a_section_is_moved_and_moved_back() {
        let round = |arrangement: &Arrangement| Sections { arrangement, ..Sections::default() }.round(0, Some(32));
        let none = Arrangement::default();
        let moved = none.clone().with_moved(&round(&none), 2, 1);
        assert_eq!(round(&moved).letters(), order("ABAA"));
        assert_eq!(moved.clone().with_moved(&round(&moved), 1, 2), none);
        assert_eq!(none.clone().with_moved(&round(&none), 2, 4), none, "beyond the last there is nothing");
    }

    #[test]
    fn a_lock_is_turned_on_and_off_and_a_letter_has_one() {
        let draw = |seed| Draw { seed, drums: 3, ..Draw::default() };
        let [a, b] = [Letter::A, Letter::of(1)];
        let locked = Arrangement::default().with_lock_turned(b, draw(7)).with_lock_turned(a, draw(8));
        assert_eq!([a, b].map(|letter| locked.lock(letter).map(|draw| draw.seed)), [Some(8), Some(7)]);
        assert_eq!(locked.clone().with_lock_turned(b, draw(9)).lock(b), None);
        let json = serde_json::to_string(&locked).unwrap();
        assert!(json.contains(r#"{"letter":"A","seed":8,"chords":0,"bass":0,"drums":3}"#), "{json}");
        assert_eq!(serde_json::from_str::<Arrangement>(&json).unwrap(), locked);
    }

    #[test]
    fn of_many_sections_those_around_the_present_one_are_shown_and_stay_where_they_are() {
        let many = vec![Section { letter: Letter::A, bars: 2 }; 20];
        let sections = Sections { tune: Some((&many, 0)), ..Sections::default() };
        let round = sections.round(35, None);
        assert_eq!((round.sections().len(), round.now, round.bar, round.is_whole), (4, 1, 1, false));
        assert_eq!(Arrangement::default().with_moved(&round, 0, 1), Arrangement::default());
    }

    fn spot(bar: Tick) -> Spot {
        Spot { frame: 16 * bar, position: BarPosition { bar_start: 96 * bar, meter: Meter::default() } }
    }

    /// The places of `bars` in the form, where the section is held in those that `holds` names.
    fn form_bars(bars: std::ops::Range<Tick>, holds: impl Fn(Tick) -> bool) -> Vec<Tick> {
        let mut vamp = Vamp::default();
        let place = |bar| {
            let sections = |repeated| Sections { repeated, ..Sections::default() };
            vamp.follow(spot(bar), holds(bar), None, sections);
            vamp.in_form(spot(bar)).bar_number()
        };
        bars.map(place).collect()
    }

    #[test]
    fn a_section_is_played_again_as_long_as_it_is_held_and_then_the_song_goes_on() {
        let played = form_bars(0..40, |bar| (12..25).contains(&bar));
        let expected = (0..16).chain(8..16).chain(8..24);
        assert_eq!(played, expected.collect::<Vec<_>>());
        assert_eq!(form_bars(0..16, |bar| bar < 8), (0..16).collect::<Vec<_>>(), "let go before the end, it goes on");
    }

    #[test]
    fn what_is_played_again_is_no_news_and_a_jump_of_the_song_is_one_of_its_form() {
        let mut vamp = Vamp::default();
        let mut follow = |bar, is_held| {
            vamp.follow(spot(bar), is_held, None, |repeated| Sections { repeated, ..Sections::default() });
            (vamp.is_again(spot(bar)), vamp.in_form(spot(bar)).bar_number())
        };
        let again: Vec<bool> = (0..20).map(|bar| follow(bar, bar == 8).0).collect();
        assert!((0..20).all(|bar| again[bar] == (8..16).contains(&bar)), "{again:?}");
        assert_eq!(follow(4, false), (false, 4));
    }

    proptest! {
        #[test]
        fn held_or_not_bars_follow_each_other_or_their_section_begins_again(
            holds in prop::collection::vec(any::<bool>(), 64), first in -20i64..20,
        ) {
            let bars = form_bars(first..first + 64, |bar| holds[(bar - first) as usize]);
            for pair in bars.windows(2) {
                let again = pair[1] % 8 == 0 && pair[1] == pair[0] - 7;
                prop_assert!(pair[1] == pair[0] + 1 || again, "{bars:?}");
            }
        }
    }
}
