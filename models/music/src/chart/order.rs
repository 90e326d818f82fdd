//! In which order the bars of a chart are played.

use super::{Chart, MOST_TIMES};

impl Chart {
    /// The bars of a chorus by their place in [`Chart::bars`], repeats written out. A pick-up is none of them.
    pub fn order(&self) -> Vec<usize> {
        self.walk(usize::from(self.pickup.is_some()), self.bars.len(), false)
    }

    /// The bars from `first` up to `end` in the order in which they are played; or as they are the `last_time`, when no
    /// bar is repeated.
    pub(super) fn walk(&self, first: usize, end: usize, last_time: bool) -> Vec<usize> {
        let first_time = |start: usize| if last_time { self.last_time(start) } else { 1 };
        let mut order = Vec::new();
        // Where the repeat began, and which time it is.
        let (mut start, mut time) = (first, first_time(first));
        let mut index = first;
        while let Some(bar) = self.bars[..end].get(index) {
            if bar.opens && start != index {
                (start, time) = (index, first_time(index));
            }
            // Who jumps into an ending plays it.
            if index != first && bar.ending.is_some_and(|ending| !ending.holds(time)) {
                index = self.end_of_ending(index);
                continue;
            }
            order.push(index);
            index += 1;
            if let Some(times) = bar.times {
                if time < self.times_of_repeat(index - 1, start, times) {
                    (index, time) = (start, time + 1);
                } else if self.bars.get(index).is_none_or(|next| next.ending.is_none()) {
                    (start, time) = (index, first_time(index));
                }
            }
        }
        order
    }

    /// The last time of the repeat that begins at `start`, if one does.
    fn last_time(&self, start: usize) -> u8 {
        let mut bars = (start..).zip(&self.bars[start.min(self.bars.len())..]);
        let closes = bars.find(|&(index, bar)| bar.times.is_some() || bar.opens && index > start);
        let times = closes.and_then(|(end, bar)| Some((end, bar.times?)));
        times.map_or(1, |(end, times)| self.times_of_repeat(end, start, times))
    }

    /// The bar after the ending that begins with the bar at `index`: it lasts to the end of a repeat or to the next
    /// ending, a new repeat or section, and at least one bar.
    fn end_of_ending(&self, index: usize) -> usize {
        let begins_else = |index: usize| {
            self.bars.get(index).is_none_or(|bar| bar.ending.is_some() || bar.opens || !bar.section.is_empty())
        };
        let last = (index..).find(|&last| self.bars[last].times.is_some() || begins_else(last + 1));
        last.map_or(self.bars.len(), |last| last + 1)
    }

    /// How many times the repeat is played that began at `start` and ends with the bar at `end`: as its endings say,
    /// or so many `times`.
    fn times_of_repeat(&self, end: usize, start: usize, times: u8) -> u8 {
        let Some(own) = self.bars[start..=end].iter().rev().find_map(|bar| bar.ending) else { return times };
        let before = self.bars[start..=end].iter().filter_map(|bar| bar.ending).count() > 1;
        let mut most = self.bars[start..=end].iter().filter_map(|bar| bar.ending).map(|ending| ending.last()).max();
        let mut next = end + 1;
        while let Some(ending) = self.bars.get(next).and_then(|bar| bar.ending) {
            most = most.max(Some(ending.last()));
            next = self.end_of_ending(next);
        }
        // A first ending alone is left out the last time.
        let is_alone = !before && next == end + 1;
        most.unwrap_or(times).max(if is_alone { own.last() + 1 } else { 0 }).min(MOST_TIMES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(text: &str) -> String {
        let (chart, remarks) = Chart::read(text);
        assert!(remarks.is_empty(), "{remarks:?}");
        let name = |index: usize| match chart.content(index) {
            super::super::Content::Chords(chords) => {
                chords[0].1.as_ref().map_or("-".to_owned(), |chord| chord.written().to_owned())
            }
            _ => "_".to_owned(),
        };
        chart.order().into_iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn repeats_are_played_as_often_as_they_say() {
        assert_eq!(played("C | D"), "C D");
        assert_eq!(played("|: C | D :| E"), "C D C D E");
        assert_eq!(played("C | D :| E"), "C D C D E");
        assert_eq!(played("|: C :| x4 |: D | E :|"), "C C C C D E D E");
        assert_eq!(played("|: C |: D :| E :|"), "C D D E E", "a repeat that nobody opened begins behind the last one");
    }

    #[test]
    fn endings_are_played_on_their_times() {
        assert_eq!(played("|: C | D |1. E :|2. F | G"), "C D E C D F G");
        assert_eq!(played("|: C |1. E :|2. F :| G"), "C E C F G");
        assert_eq!(played("|: C |1,2. E :|3. F | G"), "C E C E C F G");
        assert_eq!(played("|: C |1. D | E :|2. F | G :|3. A"), "C D E C F G C A");
        assert_eq!(played("|: C |1. D :| E"), "C D C E");
        assert_eq!(played("|: C |1. D :|2. E |: F :|"), "C D C E F F");
    }

    #[test]
    fn a_pickup_is_no_part_of_the_chorus() {
        assert_eq!(played("(1/4) G7 | C | F :|"), "C F C F");
    }
}
