//! The form of the tune: after how many bars it comes again, found by ear.

use super::heard::{Heard, HeardBar, HeardFrame};
use crate::network::features::Note;

/// The shortest and the longest form, in bars: what comes again sooner is a phrase, whose harmony may well be another.
pub const PERIODS: std::ops::RangeInclusive<usize> = 8..=64;

/// After how many bars the tune comes again, and how many semitones higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Bars.
    pub period: usize,
    /// Semitones, 0–11.
    pub up: u8,
}

/// The belief in each form, and in none: the log of how likely what was heard is under it, in fifths of a nat less
/// that of the likeliest. A filter over beats (Viterbi 1967, forwards only): in each beat the tune may go on as the
/// form says, or take to another form. So the form may change its mind. Whole numbers: every processor believes the
/// same.
#[derive(Clone, Debug)]
pub struct FormBelief {
    /// By period and semitones.
    forms: Vec<[i16; 12]>,
    none: i16,
}

/// What a beat says, from the notes of hands that play a tune again, and of other bars of the same pieces (`valid`),
/// and made weaker, for notes of one beat hang together: a note as before, a note that was another, a note that does
/// not come again; a note that still sounds, as before and as another.
const SAME: i16 = 3;
const OTHER: i16 = -4;
const MISSED: i16 = -2;
const SOUNDS_ON: i16 = 3;
const SOUNDS_OTHER: i16 = -4;
/// How much a single beat may say.
const EVIDENCE: std::ops::RangeInclusive<i16> = -20..=15;
/// What it costs to believe in a form, and to give up one.
const ENTERED: i16 = 15;
const LEFT: i16 = 8;
/// A form that moves the tune to another key is rarer.
const MOVED: i16 = 10;
/// Nothing is thought less likely than this.
const FLOOR: i16 = -150;
/// A form is believed in if it is likelier than none by so much.
const CONVINCED: i16 = 3;

/// What is against tunes of so many bars: most have 8, 16 or 32, and 12 is the blues.
fn rarity(period: usize) -> i16 {
    match period {
        _ if period.is_multiple_of(8) => 0,
        _ if period.is_multiple_of(4) => 2,
        _ if period.is_multiple_of(2) => 7,
        _ => 15,
    }
}

impl Default for FormBelief {
    fn default() -> Self {
        Self { forms: vec![[FLOOR; 12]; PERIODS.end() + 1], none: 0 }
    }
}

impl FormBelief {
    /// Takes in the last beat of the bar that is open in `heard`, of which the frames from `first` on are that beat. To
    /// the form that is `known` one comes back as easily as one leaves it, and as long as the musician `agrees` nothing
    /// speaks against it: one may play something else over it.
    pub fn hear_beat(&mut self, heard: &Heard, first: usize, known: Option<Form>, agrees: bool) {
        let Some(bar) = heard.open() else { return };
        let best = self.forms.iter().flatten().copied().fold(self.none, i16::max);
        let none = self.none.max(best - LEFT);
        let bars = heard.bars().len();
        for period in PERIODS {
            let before = (period <= bars).then(|| &*heard.bars()[bars - period]);
            let before = before.filter(|before| before.meter == bar.meter && before.frames.len() == before.length());
            for up in 0..12 {
                let score = &mut self.forms[period][usize::from(up)];
                let Some(before) = before else {
                    *score = FLOOR;
                    continue;
                };
                let is_known = known == Some(Form { period, up });
                let moved = if up == 0 { 0 } else { MOVED };
                let cost = if is_known { LEFT } else { ENTERED + rarity(period) + moved };
                let evidence = evidence(bar, before, first, up);
                let evidence = if is_known && agrees { evidence.max(0) } else { evidence };
                *score = (*score).max(best - cost) + evidence;
            }
        }
        let best = self.forms.iter().flatten().copied().fold(none, i16::max);
        self.none = (none - best).max(FLOOR);
        self.forms.iter_mut().flatten().for_each(|score| *score = (*score - best).max(FLOOR));
    }

    /// The likeliest form, if one is believed in; the shortest of several.
    pub fn form(&self) -> Option<Form> {
        let mut found: Option<(i16, Form)> = None;
        for period in PERIODS {
            for up in 0..12 {
                let score = self.forms[period][usize::from(up)];
                if score >= self.none + CONVINCED && found.is_none_or(|(best, _)| score > best) {
                    found = Some((score, Form { period, up }));
                }
            }
        }
        found.map(|(_, form)| form)
    }
}

/// What the frames of `bar` from `first` on say for its being `before`, `up` semitones higher. A hand may be a frame
/// early or late.
fn evidence(bar: &HeardBar, before: &HeardBar, first: usize, up: u8) -> i16 {
    let now = |place: usize| bar.frames.get(place).map_or(Note::Rest, |frame: &HeardFrame| frame.note);
    let then = |place: usize| before.frames.get(place).map_or(Note::Rest, |frame| frame.note.transposed(up.into()));
    let around = |place: usize| place.saturating_sub(1)..=place + 1;
    let mut evidence = 0;
    for place in first..bar.frames.len() {
        if let Note::Onset(_) = now(place) {
            let near = || around(place).any(|near| then(near) == now(place));
            evidence += if then(place) == now(place) {
                SAME
            } else if near() {
                0
            } else {
                OTHER
            };
        }
        if let Note::Onset(_) = then(place)
            && !around(place).any(|near| now(near) == then(place))
        {
            evidence += MISSED;
        }
    }
    if let Note::Held(class) = now(first) {
        evidence += if then(first).pitch_class() == Some(class) { SOUNDS_ON } else { SOUNDS_OTHER };
    }
    evidence.clamp(*EVIDENCE.start(), *EVIDENCE.end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::heard::tests::{heard, spot};
    use super::*;

    /// The forms that are believed in after each bar of quarter notes of these classes, four to a bar.
    fn forms(quarters: &[u8]) -> Vec<Option<Form>> {
        let (mut record, mut belief) = (Heard::default(), FormBelief::default());
        let mut forms = Vec::new();
        let notes =
            quarters.iter().flat_map(|&class| [Note::Onset(class), Note::Held(class), Note::Held(class), Note::Rest]);
        for (frame, note) in (0..).zip(notes.chain([Note::Rest])) {
            let spot = spot(frame);
            if record.step_to(spot).ends_beat {
                belief.hear_beat(&record, (frame as usize - 4) % 16, None, false);
            }
            if record.hear(spot, heard(note)) {
                forms.push(belief.form());
            }
        }
        forms
    }

    /// Bars in which no two have much in common.
    fn tune(bars: usize) -> Vec<u8> {
        let mut state = 1u64;
        let draw = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 60) as u8 % 12
        };
        (0..4 * bars).map(draw).collect()
    }

    fn period(form: Option<Form>) -> Option<(usize, u8)> {
        form.map(|form| (form.period, form.up))
    }

    #[test]
    fn a_tune_that_comes_again_is_known_after_three_bars_of_it() {
        for bars in [8, 12, 16, 32] {
            let twice = [tune(bars), tune(bars)].concat();
            let forms = forms(&twice);
            assert!(forms[..bars].iter().all(Option::is_none), "{bars}: {forms:?}");
            assert_eq!(period(forms[bars + 2]), Some((bars, 0)), "{bars}");
            assert_eq!(period(forms[2 * bars - 1]), Some((bars, 0)), "{bars}");
        }
    }

    #[test]
    fn a_tune_that_comes_again_in_another_key_is_known_too() {
        let higher: Vec<u8> = tune(16).iter().map(|class| (class + 2) % 12).collect();
        let forms = forms(&[tune(16), higher].concat());
        assert_eq!(period(forms[19]), Some((16, 2)));
    }

    #[test]
    fn it_changes_its_mind() {
        // A A B A, twice: at first the tune seems to have 8 bars.
        let (a, b) = (tune(8), tune(16)[32..64].to_vec());
        let chorus = [a.clone(), a.clone(), b, a].concat();
        let forms = forms(&[chorus.clone(), chorus].concat());
        assert_eq!(period(forms[11]), Some((8, 0)));
        assert_eq!(period(forms[20]), None);
        assert_eq!(period(forms[63]), Some((32, 0)));
    }

    proptest! {
        #[test]
        fn the_same_tune_higher_has_the_same_form(
            quarters in prop::collection::vec(0u8..12, 16..48), up in 0u8..12,
        ) {
            let twice = [quarters.clone(), quarters].concat();
            let higher: Vec<u8> = twice.iter().map(|class| (class + up) % 12).collect();
            prop_assert_eq!(forms(&twice), forms(&higher));
        }

        #[test]
        fn silence_has_no_form(bars in 1usize..40) {
            let (mut record, mut belief) = (Heard::default(), FormBelief::default());
            for frame in 0..16 * bars as i64 {
                if record.step_to(spot(frame)).ends_beat {
                    belief.hear_beat(&record, (frame as usize - 4) % 16, None, false);
                }
                record.hear(spot(frame), heard(Note::Rest));
            }
            prop_assert_eq!(belief.form(), None);
        }
    }
}
