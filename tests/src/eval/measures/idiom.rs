//! How the harmony moves, to be held against how it moves among people. Where their value is exceeded, that is a fault
//! too.

use continuo_models::music::pitch::ascent;
use continuo_models::music::time::{TICKS_PER_FRAME, frame_start};
use continuo_models::music::{Chord, Frame, PitchClass, Quality};

use super::{FRAMES, begins_bar, measures, share};
use crate::eval::corpus::{Note, Piece};
use crate::eval::report;

/// A fourth up or a fifth down.
const FALLING_FIFTH: u8 = 5;

measures! {
    /// A chord *changes* where one of another root or mode (its third minor or not) begins: a sixth or seventh that
    /// comes to a standing chord is colour, and so is a rest between two equal chords.
    Idiom {
        /// Changes in 256 frames with a chord: who is silent does not change.
        changes: "changes",
        /// Share of the chords, from change to change or rest, that stand for a felt beat or less. The last one counts
        /// only if it is longer by then.
        one_beat: "one-beat",
        /// Share of the frames with a chord in which it is a dominant seventh.
        dominant_sevenths: "dom7",
        /// How often, in four bars with a chord, a major triad or dominant seventh is followed by a chord a fifth
        /// below: V to I, in whichever key.
        authentic: "V–I",
        /// Share of the changes that go to another root with three common tones or more.
        to_relative: "relative",
        /// Share of the changes that come with a barline.
        on_barline: "barline",
        /// Share of the frames of bars with the same melody (two notes or more) as one before, in which the root is
        /// that of the last such bar.
        repeated: "same bar",
        /// Whether the last chord stands on the tonic of the written key: of pieces that are over by then.
        ends_on_tonic: "ends on I",
        /// Whether all tones of the first chord are in the written key (in minor with the leading tone).
        begins_in_key: "in key",
        /// Share of the notes that Voices answers under a chord of another root or mode than the one that Chords plays.
        under_another: "Voices",
        /// Share of the notes that Voices answers with a voice that is foreign to the chord that Chords plays and
        /// grates with it: a semitone from one of its tones.
        grating_answers: "grating",
    }
}

/// A chord that stands from one frame to another.
struct Stretch {
    chord: Option<(PitchClass, bool)>,
    first: Frame,
    length: Frame,
}

impl Idiom {
    /// Judges `chords`, frame by frame, but for the answers to them, which it does not know.
    pub fn of(piece: &Piece, chords: &[Option<Chord>]) -> Self {
        let frames = chords.len() as Frame;
        let sounding = || chords.iter().flatten();
        let played = sounding().count() as f64 / frames.max(1) as f64;
        let bars = played * (0..frames).filter(|&frame| begins_bar(piece, frame)).count().max(1) as f64;
        let changes = changes(chords);
        let moves = || chords.windows(2).filter_map(|pair| Some((pair[0]?, pair[1]?)));
        let authentic = moves().filter(|(from, to)| {
            matches!(from.quality, Quality::Major | Quality::Dominant) && ascent(from.root, to.root) == FALLING_FIFTH
        });
        let is_relative = |(from, to, _): &(Chord, Chord, Frame)| {
            from.root != to.root && from.tones().intersection(to.tones()).len() >= 3
        };
        let key = |frame: Frame| piece.key_at(frame_start(frame));
        let end = (frames >= piece.frames()).then(|| sounding().last().zip(key(frames))).flatten();
        let first = chords.iter().position(Option::is_some);
        let begins = first.and_then(|first| chords[first].zip(key(first as Frame)));
        let truth = |holds: bool| f64::from(u8::from(holds));
        Self {
            changes: first.map(|_| changes.len() as f64 * FRAMES as f64 / (played * frames as f64)),
            one_beat: one_beat(piece, chords),
            dominant_sevenths: share(sounding(), |chord| chord.quality == Quality::Dominant),
            authentic: first.map(|_| 4.0 * authentic.count() as f64 / bars),
            to_relative: share(changes.iter().copied(), is_relative),
            on_barline: share(changes.iter(), |(_, _, frame)| begins_bar(piece, *frame)),
            repeated: repeated(piece, chords),
            ends_on_tonic: end.map(|(chord, key)| truth(chord.root == key.tonic)),
            begins_in_key: begins.map(|(chord, key)| truth(chord.tones().is_subset(key.locked_scale()))),
            under_another: None,
            grating_answers: None,
        }
    }
}

/// The changes: from which chord, to which, and in which frame.
fn changes(chords: &[Option<Chord>]) -> Vec<(Chord, Chord, Frame)> {
    let mut last: Option<Chord> = None;
    let mut changes = Vec::new();
    for (frame, chord) in (0..).zip(chords) {
        let Some(chord) = *chord else { continue };
        if let Some(before) = last.filter(|before| before.root_and_mode() != chord.root_and_mode()) {
            changes.push((before, chord, frame));
        }
        last = Some(chord);
    }
    changes
}

fn one_beat(piece: &Piece, chords: &[Option<Chord>]) -> Option<f64> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (frame, chord) in (0..).zip(chords) {
        let chord = chord.map(Chord::root_and_mode);
        match stretches.last_mut() {
            Some(last) if last.chord == chord => last.length += 1,
            _ => stretches.push(Stretch { chord, first: frame, length: 1 }),
        }
    }
    let is_short = |stretch: &Stretch| {
        let beat = piece.position(frame_start(stretch.first)).meter.beat_ticks();
        stretch.length * TICKS_PER_FRAME <= beat
    };
    let end = chords.len() as Frame;
    let known = stretches
        .iter()
        .filter(|stretch| stretch.chord.is_some() && (stretch.first + stretch.length < end || !is_short(stretch)));
    share(known, |stretch| is_short(stretch))
}

fn repeated(piece: &Piece, chords: &[Option<Chord>]) -> Option<f64> {
    let frames = chords.len() as Frame;
    let mut firsts: Vec<Frame> = (0..frames).filter(|&frame| begins_bar(piece, frame)).collect();
    firsts.push(frames);
    let melody = |first: Frame, end: Frame| -> Vec<Note> {
        let start = frame_start(first);
        let inside = piece.melody.iter().filter(|note| (first..end).contains(&note.frame()));
        inside.map(|note| Note { onset: note.onset - start, ..*note }).collect()
    };
    let bars: Vec<_> = firsts.windows(2).map(|bar| (bar[0], bar[1], melody(bar[0], bar[1]))).collect();
    let root = |frame: Frame| chords[frame as usize].map(|chord| chord.root);
    let mut same = Vec::new();
    for (index, (first, end, notes)) in bars.iter().enumerate().filter(|(_, (.., notes))| notes.len() > 1) {
        let earlier = bars[..index].iter().rev();
        let alike =
            earlier.filter(|(from, to, others)| to - from == end - first && others == notes).map(|bar| bar.0).next();
        let Some(before) = alike else { continue };
        same.extend((0..end - first).map(|frame| f64::from(u8::from(root(first + frame) == root(before + frame)))));
    }
    report::mean(same)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{frames, near};
    use super::*;
    use crate::eval::corpus::tests::made_up;

    /// So many bars of 4/4 of whole notes.
    fn whole_notes(bars: i64) -> Piece {
        let notes: Vec<_> = (0..bars).map(|bar| (96 * bar, 96, 60 + bar as u8 % 12)).collect();
        made_up("a", &notes, &[])
    }

    fn idiom(spans: &[(&str, usize)]) -> Idiom {
        let chords = frames(spans);
        Idiom::of(&whole_notes(chords.len() as i64 / 16), &chords)
    }

    #[test]
    fn colour_and_rests_change_nothing() {
        let idiom = idiom(&[("C", 8), ("C7", 8), ("–", 8), ("C6", 8), ("Cm", 16), ("G", 16)]);
        // Two changes, to C minor and to G, in 56 frames with a chord.
        near(idiom.changes, 2.0 * 256.0 / 56.0);
        near(idiom.on_barline, 1.0);
        near(idiom.dominant_sevenths, 8.0 / 56.0);
    }

    #[test]
    fn a_chord_of_a_beat_is_short_unless_it_goes_on_when_the_judge_has_left() {
        // C stands for a bar, F and G for a beat, C for two, and G for one at the end.
        near(idiom(&[("C", 16), ("F", 4), ("G", 4), ("C", 4), ("C7", 4)]).one_beat, 2.0 / 4.0);
        near(idiom(&[("C", 16), ("F", 4), ("G", 8), ("C", 4)]).one_beat, 1.0 / 3.0);
    }

    #[test]
    fn a_major_triad_or_dominant_that_falls_a_fifth_is_v_to_i() {
        // G7–C, C–F, A–Dm and F–B♭maj7; neither Dm–G nor B♭maj7–E♭, which come from no dominant. In 5 bars.
        let falls = [("G7", 8), ("C", 8), ("F", 8), ("A", 8), ("Dm", 8), ("G", 8), ("F", 8), ("Bbmaj7", 8), ("Eb", 16)];
        near(idiom(&falls).authentic, 4.0 * 4.0 / 5.0);
    }

    #[test]
    fn a_move_to_another_root_with_three_common_tones_goes_to_a_relative() {
        // C–Am has two common tones, Am–C6 three, C6–Am7 four, Am7–F two; F–F minor keeps the root.
        near(idiom(&[("C", 8), ("Am", 8), ("C6", 8), ("Am7", 8), ("F", 8), ("Fm", 8)]).to_relative, 2.0 / 5.0);
    }

    #[test]
    fn a_bar_is_held_against_the_last_one_with_the_same_melody() {
        let bar = |first: i64, keys: [u8; 2]| [(96 * first, 48, keys[0]), (96 * first + 48, 48, keys[1])];
        let bars = [bar(0, [60, 64]), bar(1, [62, 65]), bar(2, [60, 64]), bar(3, [60, 64])].concat();
        let piece = made_up("a", &bars, &[]);
        // The third bar is half like the first; the fourth is wholly like the third.
        let chords = frames(&[("C", 16), ("G", 16), ("C7", 8), ("F", 8), ("Cm", 8), ("F", 8)]);
        near(Idiom::of(&piece, &chords).repeated, 0.75);
        // One long note is no melody.
        assert_eq!(Idiom::of(&whole_notes(13), &frames(&[("C", 208)])).repeated, None);
    }

    #[test]
    fn beginning_and_end_are_held_against_the_written_key() {
        let both = |spans: &[(&str, usize)]| {
            let idiom = idiom(spans);
            (idiom.begins_in_key, idiom.ends_on_tonic)
        };
        assert_eq!(both(&[("–", 16), ("F#m", 16), ("Cm", 16)]), (Some(0.0), Some(1.0)));
        assert_eq!(both(&[("Dm7", 16), ("Am", 16)]), (Some(1.0), Some(0.0)));
        // Cut off, it has no end yet.
        assert_eq!(Idiom::of(&whole_notes(4), &frames(&[("C", 32)])).ends_on_tonic, None);
        assert_eq!(Idiom::of(&whole_notes(2), &frames(&[("–", 32)])), Idiom::default());
    }
}
