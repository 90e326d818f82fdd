//! What was learned of a tune, and the chart of it: open bars are filled, and opened again.

use super::{Bar, Chart, Content, MOST_BARS, Origin, Symbol};
use crate::Meter;
use crate::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER};

impl Chart {
    /// A chart of so many open bars, [`MOST_BARS`] at most: a form of which only the length is known.
    pub fn open(bars: usize) -> Self {
        Self { bars: vec![Bar::default(); bars.min(MOST_BARS)], ..Self::default() }
    }

    /// The chart with what was `learned` in its open bars and in those that it has by ear.
    /// The two lie on each other by the bars of the song with which they begin; what is learned of a chorus of another
    /// length comes again and again. Bars that are not as long, or of which nothing was learned, stay as they are. A
    /// chart without bars becomes what was learned.
    pub fn filled_from(&self, learned: &Chart) -> Self {
        let (own, other) = (self.order(), learned.order());
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return learned.clone();
        }
        let mut filled = self.clone();
        if let Some(meter) = learned.meter().filter(|_| self.bars.iter().all(|bar| bar.meter.is_none())) {
            filled.put_into(meter);
        }
        let mut is_filled = vec![false; self.bars.len()];
        for (place, index) in (0i64..).zip(own) {
            let bar = &filled.bars[index];
            let takes = !bar.is_locked && (bar.is_open() || bar.is_by_ear());
            if !takes || std::mem::replace(&mut is_filled[index], true) {
                continue;
            }
            let place = place + i64::from(self.first_bar) - i64::from(learned.first_bar);
            let place = place.rem_euclid(other.len() as i64) as usize;
            let content = learned.whole_content(&other, place);
            if content != Content::Open && learned.length_of(other[place]) == filled.length_of(index) {
                let bar = &mut filled.bars[index];
                (bar.content, bar.origin) = (content, learned.bars[other[place]].origin);
            }
        }
        filled.sensible()
    }

    /// The chart whose bars that it has by ear are open again: they are to be learned anew.
    pub fn reopened(&self) -> Self {
        let mut chart = self.clone();
        for bar in chart.bars.iter_mut().filter(|bar| bar.is_by_ear()) {
            (bar.content, bar.origin) = (Content::Open, Origin::default());
        }
        chart
    }

    /// The meter, if it is said and stays the same.
    fn meter(&self) -> Option<Meter> {
        let meter = self.bars.first()?.meter?;
        self.bars.iter().all(|bar| bar.meter.is_none_or(|other| other == meter)).then_some(meter)
    }

    /// Of a chart that goes by the song's meter: says that it is `meter`, each chord where it was in its bar.
    fn put_into(&mut self, meter: Meter) {
        let scaled = |tick| tick * meter.bar_ticks() / (4 * TICKS_PER_QUARTER) / TICKS_PER_FRAME * TICKS_PER_FRAME;
        self.pickup = self.pickup.map(scaled);
        for bar in &mut self.bars {
            if let Content::Chords(chords) = &mut bar.content {
                chords.iter_mut().for_each(|(tick, _)| *tick = scaled(*tick));
            }
        }
        self.bars[0].meter = Some(meter);
    }

    /// What is played in the bar that is the `place`th of a chorus in this `order`, from its beginning on: a chord that
    /// goes on from the bar before is named.
    fn whole_content(&self, order: &[usize], place: usize) -> Content {
        let content = self.content(order[place]).clone();
        let Content::Chords(mut chords) = content else { return content };
        if chords.first().is_none_or(|(tick, _)| *tick > 0) {
            let last = |&index: &usize| match self.content(index) {
                Content::Chords(chords) => chords.last().map(|(_, symbol)| Some(symbol.clone())),
                Content::Open | Content::AsBefore => Some(None),
            };
            let standing: Option<Option<Symbol>> = order[..place].iter().rev().find_map(last).flatten();
            match standing {
                Some(symbol) => chords.insert(0, (0, symbol)),
                None if chords.is_empty() => return Content::Open,
                None => {}
            }
        }
        Content::Chords(chords)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chorus;
    use super::*;

    fn chart(text: &str) -> Chart {
        let (chart, remarks) = Chart::read(text);
        assert!(remarks.is_empty(), "{remarks:?}");
        chart
    }

    fn learned(text: &str, first_bar: u16) -> Chart {
        let mut chart = Chart { first_bar, ..chart(text) };
        chart.bars.iter_mut().for_each(|bar| bar.origin = Origin::Learned);
        chart
    }

    fn origins(chart: &Chart) -> Vec<Origin> {
        chart.bars.iter().map(|bar| bar.origin).collect()
    }

    #[test]
    fn open_bars_are_filled_and_typed_ones_left_alone() {
        let filled = chart("C | _ | _ | A7").filled_from(&learned("F | G7 | / | Dm7 G7", 0));
        assert_eq!(filled.to_string(), "| C | G7 | G7 | A7 |\n");
        use Origin::{Learned, Typed};
        assert_eq!(origins(&filled), [Typed, Learned, Learned, Typed]);
    }

    #[test]
    fn who_has_no_chart_gets_what_was_learned() {
        let learned = learned("3/4 C | % | G7 | %", 8);
        assert_eq!(Chart::default().filled_from(&learned), learned);
        assert_eq!(chart("C | _").filled_from(&Chart::default()), chart("C | _"));
    }

    #[test]
    fn what_was_learned_before_is_learned_anew_unless_it_is_locked() {
        let mut before = learned("C | D | E", 0);
        before.bars[1].is_locked = true;
        assert_eq!(before.filled_from(&learned("F | G | A", 0)).to_string(), "| F | D | A |\n");
        assert_eq!(before.reopened().to_string(), "| _ | D | _ |\n");
        assert_eq!(before.reopened().reopened(), before.reopened());
        let typed = chart("C | % | _");
        assert_eq!(typed.reopened(), typed);
    }

    #[test]
    fn bars_lie_on_each_other_as_they_do_in_the_song() {
        let mut form = Chart { first_bar: 6, ..Chart::open(4) };
        assert_eq!(form.filled_from(&learned("C | D | E | F", 5)).to_string(), "| D | E | F | C |\n");
        form.first_bar = 3;
        assert_eq!(form.filled_from(&learned("C | D", 4)).to_string(), "| D | C | D | C |\n");
        let repeated = chart("|: _ | E :| _");
        assert_eq!(repeated.filled_from(&learned("C | D | F | G | A", 0)).to_string(), "|: C | E :| A |\n");
    }

    #[test]
    fn a_chart_without_a_meter_takes_that_of_what_was_learned() {
        let filled = chart("C / G7 / | _").filled_from(&learned("3/4 F | Bb / C", 0));
        assert_eq!(filled.to_string(), "| 3/4 C G7 | Bb / C |\n");
        let filled = chart("3/4 C | _").filled_from(&learned("4/4 F | G", 0));
        assert_eq!(filled.to_string(), "| 3/4 C | _ |\n", "no bar is as long");
    }

    #[test]
    fn what_was_not_learned_stays_open() {
        let filled = Chart::open(4).filled_from(&learned("_ | / F | _ | /", 0));
        assert_eq!(filled.to_string(), "| _ | / F | _ | _ |\n");
    }

    #[test]
    fn an_open_form_is_as_long_as_one_says_and_can_be_played() {
        assert_eq!(Chart::open(12).to_string(), "| _ | _ | _ | _ |\n".repeat(3));
        assert_eq!(Chart::open(9999).bars.len(), MOST_BARS);
        assert!(Chorus::of(&Chart::open(0)).is_none() && Chorus::of(&Chart::open(8)).is_some());
    }
}
