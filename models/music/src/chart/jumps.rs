//! Jumps that are no repeats: *da capo*, *dal segno*, to the coda, *al fine*. A chart has none: what is played after
//! the jump is written out behind it, without repeats.

use super::text::Remark;
use super::{Bar, Chart, Content, MOST_BARS};

/// Where one jumps in a chart. Bars go by their places among the written ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jumps {
    /// The bar to which *dal segno* leads.
    pub segno: Option<usize>,
    /// The bar after which one goes on with the coda, once one has jumped back.
    pub to_coda: Option<usize>,
    /// The first bar of the coda; failing that, it is the section of this name.
    pub coda: Option<usize>,
    /// The bar with which it ends, once one has jumped back.
    pub fine: Option<usize>,
    /// The jump back.
    pub back: Option<Back>,
}

/// A jump back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// The bar after which one jumps.
    pub after: usize,
    /// Whether it leads to the segno, and not to the beginning.
    pub to_segno: bool,
    /// How it goes on, if that is said.
    pub al: Option<Al>,
}

/// Up to where it goes after a jump back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Al {
    /// To the end that is marked.
    Fine,
    /// To the mark from which one goes on with the coda.
    Coda,
}

impl Jumps {
    /// `chart` as it is played: after the bar from which one jumps stands what comes then.
    ///
    /// # Errors
    /// If a mark is missing or in the wrong place, or it is too long.
    pub fn written_out(&self, chart: &Chart) -> Result<Chart, Remark> {
        let Some(Back { after, to_segno, al }) = self.back.filter(|back| back.after < chart.bars.len()) else {
            return Ok(chart.clone());
        };
        let number = chart.number(after);
        let error = |reason: &str| Remark { bar: Some(number), reason: reason.to_owned() };
        let section = |name: &str| chart.bars.iter().position(|bar| bar.section.eq_ignore_ascii_case(name));
        let first = if to_segno {
            let segno = self.segno.or_else(|| section("segno")).filter(|segno| *segno <= after);
            segno.ok_or_else(|| error("D.S. leads to a Segno before it; write Segno at the beginning of that bar"))?
        } else {
            usize::from(chart.pickup.is_some())
        };
        let coda = self.coda.or_else(|| section("coda"));
        let by_coda = al == Some(Al::Coda) || al.is_none() && self.to_coda.is_some() && coda.is_some();
        let (last, rest) = if by_coda {
            let mark = self.to_coda.filter(|mark| *mark >= first);
            let mark =
                mark.ok_or_else(|| error("it goes to the coda from a mark; write To Coda at the end of a bar"))?;
            let coda = coda.filter(|coda| *coda > after && *coda > mark);
            (mark, coda.ok_or_else(|| error("there is no coda after it; write [Coda] before its first bar"))?)
        } else if al == Some(Al::Fine) || self.fine.is_some() {
            let fine = self.fine.filter(|fine| *fine >= first);
            let fine = fine.ok_or_else(|| error("it ends with a mark; write Fine at the end of a bar"))?;
            (fine, chart.bars.len())
        } else {
            (after, after + 1)
        };
        let mut out = Chart { bars: chart.bars[..=after].to_vec(), ..chart.clone() };
        let mut before = after;
        for index in chart.walk(first, last + 1, true) {
            let bar = Bar { opens: false, times: None, ending: None, ..chart.bars[index].clone() };
            out.go_on(chart, before, index, bar);
            before = index;
        }
        for index in rest..chart.bars.len() {
            let mut bar = chart.bars[index].clone();
            // A repeat that nobody opens begins here, and not among what was written out.
            let next = chart.bars[index..].iter().find(|bar| bar.opens || bar.times.is_some());
            bar.opens |= index == rest && next.is_some_and(|bar| bar.times.is_some());
            out.go_on(chart, before, index, bar);
            before = index;
        }
        if out.bars.len() > MOST_BARS {
            return Err(error(&format!("with what comes after its jump it has more than {MOST_BARS} bars")));
        }
        Ok(out)
    }
}

impl Chart {
    /// Adds `bar`, which is the one at `index` of `chart`, after the one that was there at `before`: with its meter and
    /// its chords if those are not what they were there.
    fn go_on(&mut self, chart: &Chart, before: usize, index: usize, mut bar: Bar) {
        let meter = chart.meter_at(index);
        bar.meter = (meter != self.meter_at(self.bars.len())).then_some(meter);
        if before + 1 != index && bar.content == Content::AsBefore {
            bar.content = chart.content(index).clone();
        }
        self.bars.push(bar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let (chart, remarks) = Chart::read(text);
        assert!(remarks.is_empty(), "{remarks:?}");
        let text = chart.to_string();
        assert_eq!(Chart::read(&text).0, chart);
        text.replace('\n', " ").trim_end().to_owned()
    }

    #[test]
    fn da_capo_plays_from_the_beginning_without_repeats() {
        assert_eq!(read("C | F Fine | G D.C. al Fine"), "| C | F | G | C | | F |");
        assert_eq!(read("C | F | G D.C."), "| C | F | G | C | | F | G |");
        assert_eq!(read("|: C |1. D :|2. E Fine | G D.C."), "|: C | 1. D :| 2. E | G | | C | E |");
        assert_eq!(read("(1/4) G7 | C | F | D.C."), "| (1/4) G7 | C | F | C | | F |");
    }

    #[test]
    fn dal_segno_leads_to_its_sign_and_to_the_coda() {
        assert_eq!(
            read("C | Segno D | E To Coda | F D.S. al Coda\n[Coda]\nG | A"),
            "| C | D | E | F | | D | E | [Coda] | G | A |"
        );
        assert_eq!(read("C | Segno 3/4 D | E D.S."), "| C | 3/4 D | E | D | | E |");
        assert_eq!(read("4/4 C To Coda | 3/4 D D.C. | Coda E :|"), "| 4/4 C | 3/4 D | 4/4 C |: 3/4 E :|");
    }

    #[test]
    fn a_bar_as_the_one_before_is_so_after_a_jump_too() {
        assert_eq!(read("C | Segno % | F D.S. al Fine | G Fine"), "| C | % | F | C | | F | G |");
    }

    #[test]
    fn a_jump_whose_marks_are_missing_is_said_and_the_chart_is_read() {
        let said = |text: &str| {
            let (chart, remarks) = Chart::read(text);
            assert_eq!(chart.bars.len(), 2, "{chart}");
            let [remark] = &remarks[..] else { panic!("{remarks:?}") };
            remark.to_string()
        };
        assert!(said("C | D D.S.").starts_with("Bar 2: D.S. leads to a Segno before it"));
        assert!(said("C | D D.C. al Fine").contains("write Fine"));
        assert!(said("C | D D.C. al Coda").contains("write To Coda"));
        assert!(said("C To Coda | D D.C. al Coda").contains("write [Coda]"));
        assert!(Chart::read("C D.C. | D D.C.").1[0].to_string().contains("only one jump"));
        let long = format!("{}C D.C.", "C | ".repeat(MOST_BARS - 1));
        assert!(Chart::read(&long).1[0].to_string().contains("more than 512 bars"));
    }
}
