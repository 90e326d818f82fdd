use proptest::prelude::*;

use super::*;
use crate::SlashChord;

fn read(text: &str) -> Chart {
    let (chart, remarks) = Chart::read(text);
    assert!(remarks.is_empty(), "{text}: {remarks:?}");
    chart
}

fn remarks(text: &str) -> Vec<String> {
    Chart::read(text).1.iter().map(Remark::to_string).collect()
}

/// Tick and symbol of each chord of the bar at `index`.
fn chords(chart: &Chart, index: usize) -> Vec<(Tick, &str)> {
    let Content::Chords(chords) = chart.content(index) else { return Vec::new() };
    chords.iter().map(|(tick, symbol)| (*tick, symbol.as_ref().map_or("-", Symbol::written))).collect()
}

#[test]
fn the_symbols_of_a_bar_share_it() {
    let chart = read("Dm7 G7 | C . . F6/9 | / / A7b9/C# / | N.C.");
    assert_eq!(chords(&chart, 0), [(0, "Dm7"), (48, "G7")]);
    assert_eq!(chords(&chart, 1), [(0, "C"), (72, "F6/9")]);
    assert_eq!(chords(&chart, 2), [(48, "A7b9/C#")]);
    assert_eq!(chords(&chart, 3), [(0, "-")]);
    assert_eq!(chords(&read("6/8 C F"), 0), [(0, "C"), (36, "F")]);
    assert_eq!(chords(&read("3/4 C / F"), 0), [(0, "C"), (48, "F")]);
}

#[test]
fn empty_bars_are_open_and_double_barlines_are_one() {
    let open = |text: &str| read(text).bars.iter().map(Bar::is_open).collect::<Vec<_>>();
    assert_eq!(open("| C | | D |"), [false, true, false]);
    assert_eq!(open("C || D |]"), [false, false]);
    assert_eq!(open("| C |\n| D |"), [false, false]);
    assert_eq!(open("C | _ | D"), [false, true, false]);
    assert_eq!(open("| | |"), [true, true]);
    assert_eq!(open(" \n |\n"), [false; 0]);
}

#[test]
fn marks_stand_before_the_chords_of_their_bar() {
    let chart = read("# Tune\n[A] |: 3/4 Am | % |1. E7 :|2. Am ||\n[B] 4/4 Dm :| x3");
    assert_eq!((chart.title.as_str(), chart.bars.len()), ("Tune", 5));
    assert_eq!([0, 4].map(|index| chart.bars[index].section.as_str()), ["A", "B"]);
    assert!(chart.bars[0].opens && chart.bars[1].content == Content::AsBefore);
    assert_eq!(chart.bars[2].ending, Ending::of([1]));
    assert_eq!((chart.bars[2].times, chart.bars[4].times), (Some(2), Some(3)));
    assert_eq!([0, 3, 4].map(|index| chart.length_of(index)), [72, 72, 96]);
    let chart = read("(1/4) G7 | C");
    assert_eq!((chart.pickup, chart.number(1), chart.length_of(0), chart.length_of(1)), (Some(24), 1, 24, 96));
}

#[test]
fn what_is_wrong_is_said_with_its_bar_and_the_rest_is_read() {
    let (chart, _) = Chart::read("C | Xyz | G7 what | F");
    assert_eq!([0, 2, 3].map(|index| chords(&chart, index).len()), [1, 1, 1]);
    assert!(chart.bars[1].is_open());
    assert_eq!(
        remarks("C | Xyz"),
        ["Bar 2: \"Xyz\" is no chord that is known; write it like Dm7, Bbmaj7, F#m7b5 or G7/B, or N.C."]
    );
    assert_eq!(
        remarks("C F G"),
        ["Bar 1: 3 symbols do not share it evenly; write 4, one for each beat, with / where the chord before goes on"]
    );
    let said = |text: &str| remarks(text).len();
    assert_eq!(["%", "C | (1/4) D", "(7/4) C", "3/7 C", "C :| x12", ":| C", "# a\n# b\nC"].map(said), [1; 7]);
    assert_eq!(said(&"C|".repeat(MOST_BARS + 9)), 1);
}

#[test]
fn a_bar_is_read_by_itself_and_keeps_its_repeats() {
    let chart = read("[A] |: C | D :|");
    let bar = read_bar(&chart, 1, " Em7 A7 ").unwrap();
    assert_eq!((bar.times, write_bar(&Chart { bars: vec![bar], ..Chart::default() }, 0).as_str()), (Some(2), "Em7 A7"));
    assert_eq!(read_bar(&chart, 0, "F").unwrap().section, "A");
    assert!(read_bar(&chart, 1, "").unwrap().is_open() && read_bar(&chart, 1, "%").is_ok());
    let error = |text: &str| read_bar(&chart, 1, text).unwrap_err().to_string();
    assert!(error("C | D").starts_with("Bar 2: it is one bar"));
    assert!(error("Q").starts_with("Bar 2: \"Q\" is no chord"));
    assert!(read_bar(&chart, 0, "%").is_err() && read_bar(&chart, 9, "C").is_err());
}

#[test]
fn a_chart_is_written_as_one_would_type_it() {
    let typed =
        "# Tune\n[A]\n| (1/4) G7 |: C / / F | % | 1. Dm7 G7 :|\n| 2. N.C. | 3/4 _ :| x3 | C |\n[B]\n| 6/8 / F |\n";
    assert_eq!(read(typed).to_string(), typed);
    assert_eq!(read("").to_string(), "");
}

prop_compose! {
    fn symbol()(index in 0usize..144, bass in 0u8..12, form in 0usize..4) -> Symbol {
        let chord = crate::Chord::from_index(index).unwrap();
        match form {
            0 => Symbol::from(SlashChord { chord, bass }),
            1 => format!("{chord}/9").parse().unwrap_or(Symbol::from(SlashChord::from(chord))),
            2 => format!("{}Δ", crate::pitch::Spelling::common(chord.root)).parse().unwrap(),
            _ => Symbol::from(SlashChord::from(chord)),
        }
    }
}

fn content() -> impl Strategy<Value = Content> {
    let chord = (0i64..16, prop::option::weighted(0.9, symbol())).prop_map(|(frame, symbol)| (6 * frame, symbol));
    let chords = prop::collection::vec(chord, 0..4).prop_map(|mut chords| {
        chords.sort_by_key(|(tick, _)| *tick);
        chords.dedup_by_key(|(tick, _)| *tick);
        Content::Chords(chords)
    });
    prop_oneof![1 => Just(Content::Open), 1 => Just(Content::AsBefore), 6 => chords]
}

prop_compose! {
    fn bar()(
        section in prop_oneof![4 => Just(String::new()), 1 => "[A-Za-z0-9 #é]{0,6}"],
        meter in prop::option::weighted(0.2, (1u8..=16, prop::sample::select(vec![2u8, 4, 8, 16]))),
        opens in prop::bool::weighted(0.1),
        times in prop::option::weighted(0.1, 2u8..=9),
        ending in prop::option::weighted(0.1, prop::collection::vec(1u8..=9, 1..3)),
        content in content(),
    ) -> Bar {
        let meter = meter.map(|(numerator, denominator)| Meter { numerator, denominator });
        Bar { section, meter, opens, times, ending: ending.and_then(Ending::of), content, ..Bar::default() }
    }
}

prop_compose! {
    fn chart()(
        title in "[A-Za-z# é]{0,12}", pickup in prop::option::of(1i64..16), bars in prop::collection::vec(bar(), 0..24),
    ) -> Chart {
        Chart { title, pickup: pickup.map(|frames| 6 * frames), bars, ..Chart::default() }.sensible()
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(chart in chart()) {
        let text = chart.to_string();
        let (read, remarks) = Chart::read(&text);
        prop_assert_eq!(&remarks, &[], "{}", text);
        prop_assert_eq!(read, chart, "{}", text);
    }

    #[test]
    fn each_bar_is_read_by_itself_as_it_was(chart in chart()) {
        for index in 0..chart.bars.len() {
            prop_assert_eq!(read_bar(&chart, index, &write_bar(&chart, index)), Ok(chart.bars[index].clone()));
        }
    }

    #[test]
    fn whatever_is_typed_is_read_or_said(text in r"[A-Hbm7#/|:\[\] .%x0-9N_()\n,-]{0,60}") {
        let (chart, _) = Chart::read(&text);
        prop_assert_eq!(chart.clone().sensible(), chart.clone());
        prop_assert_eq!(Chart::read(&chart.to_string()).0, chart.clone());
        prop_assert!(chart.order().len() <= 9 * chart.bars.len());
        super::super::Chorus::of(&chart);
    }
}
