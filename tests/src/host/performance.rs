//! What is played to the plug-in: notes and controllers at song positions, and the way that the song takes.

/// A note at a song position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayedNote {
    /// Start in ticks (24 to the quarter note), with a hand's fraction.
    pub start: f64,
    /// Length in ticks; positive.
    pub length: f64,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127.
    pub key: u8,
    /// MIDI velocity, 1–127.
    pub velocity: u8,
}

/// Something other than a note at a song position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// When, in ticks.
    pub at: f64,
    /// What.
    pub input: super::Input,
}

/// How the song moves for a while. Position is in ticks (24 to the quarter note).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// What the transport does.
    pub motion: Motion,
    /// How long, in ticks at `tempo`.
    pub ticks: f64,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Time signature: beats in a bar and the note value of a beat.
    pub meter: (u16, u16),
    /// The loop that the host shows, first and last tick.
    pub looping: Option<(f64, f64)>,
    /// The tick at which the first bar of this meter begins.
    pub bar_origin: f64,
    /// Other bars from a tick on in the midst of the segment: a host that does not cut its blocks there.
    pub then: Option<Bars>,
    /// What the host does to the instance just before.
    pub before: Option<Interruption>,
}

/// Bars that begin at a tick of the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    /// The song position, in ticks, from which on the host shows them.
    pub from: f64,
    /// The tick at which one of them begins.
    pub origin: f64,
    /// Time signature.
    pub meter: (u16, u16),
}

/// What a host does to an instance between two blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Resets it, as on a panic or a jump.
    Reset,
    /// Deactivates and activates it, as when the audio device changes.
    Reactivate,
}

/// What the transport does in a [`Segment`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// The song plays from this tick on. Notes and changes at the positions passed are played.
    Rolling {
        /// Song position at the start.
        from: f64,
    },
    /// The song stands at this tick, and what the performance has from `jam_from` on is played all the same: one jams
    /// without the host's transport.
    Stopped {
        /// Song position that the host shows.
        at: f64,
        /// The tick of the performance with which the jam begins.
        jam_from: f64,
    },
    /// As `Stopped`, in a host that gives no transport at all.
    Absent {
        /// The tick of the performance with which the jam begins.
        jam_from: f64,
    },
}

impl Segment {
    /// The song plays from `from` for `ticks`, at 120 in 4/4.
    pub fn rolling(from: f64, ticks: f64) -> Self {
        Self {
            motion: Motion::Rolling { from },
            ticks,
            tempo: 120.0,
            meter: (4, 4),
            looping: None,
            bar_origin: 0.0,
            then: None,
            before: None,
        }
    }

    /// The song stands at `at` for `ticks`, while the performance from `jam_from` on is played.
    pub fn stopped(at: f64, jam_from: f64, ticks: f64) -> Self {
        Self { motion: Motion::Stopped { at, jam_from }, ..Self::rolling(0.0, ticks) }
    }

    /// The end of a performance: the host resets the instance and gives it a moment too short for a new note.
    pub fn last_breath() -> Self {
        Self { motion: Motion::Absent { jam_from: 1e6 }, ..Self::rolling(0.0, 2.0) }.after(Interruption::Reset)
    }

    /// The same at another tempo.
    pub fn at_tempo(self, tempo: f64) -> Self {
        Self { tempo, ..self }
    }

    /// The same in another meter.
    pub fn in_meter(self, meter: (u16, u16)) -> Self {
        Self { meter, ..self }
    }

    /// The same with a loop shown.
    pub fn with_loop(self, start: f64, end: f64) -> Self {
        Self { looping: Some((start, end)), ..self }
    }

    /// The same after the host has interrupted the instance.
    pub fn after(self, interruption: Interruption) -> Self {
        Self { before: Some(interruption), ..self }
    }

    /// Whether the song rolls on into `next` as if nothing had happened, but for tempo and meter.
    pub fn goes_on_in(&self, next: &Segment) -> bool {
        let rolling = [self.motion, next.motion].iter().all(|motion| matches!(motion, Motion::Rolling { .. }));
        rolling && next.before.is_none() && (self.first_tick() + self.ticks - next.first_tick()).abs() < 1e-6
    }

    /// The tick of the performance with which the segment begins.
    pub fn first_tick(&self) -> f64 {
        match self.motion {
            Motion::Rolling { from } => from,
            Motion::Stopped { jam_from, .. } | Motion::Absent { jam_from } => jam_from,
        }
    }
}

/// A performance: what is played where, and the way that the song takes through it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Performance {
    /// Notes, in any order.
    pub notes: Vec<PlayedNote>,
    /// Controllers and automation, in any order.
    pub changes: Vec<Change>,
    /// The song's way, one segment after the other. Held notes are let go at the end of each, unless the song rolls on
    /// in the next one.
    pub route: Vec<Segment>,
}

impl Performance {
    /// Plays `notes` once through in 4/4 at `tempo`, then lets the song run on for a bar.
    pub fn of_notes(notes: Vec<PlayedNote>, tempo: f64) -> Self {
        let end = notes.iter().map(|note| note.start + note.length).fold(0.0, f64::max);
        let bars = (end / 96.0).ceil() + 1.0;
        Self { notes, changes: Vec::new(), route: vec![Segment::rolling(0.0, bars * 96.0).at_tempo(tempo)] }
    }

    /// The inputs of segment number `index` of the route: ticks since its start and event, in order. A note that is
    /// held beyond the segment is let go at its end, or in a later segment into which the song rolls on.
    pub fn inputs_of(&self, index: usize) -> Vec<(f64, super::Input)> {
        use super::Input;
        let segment = &self.route[index];
        let first = segment.first_tick();
        let last = first + segment.ticks;
        let goes_on = |index: usize| self.route.get(index + 1).is_some_and(|next| self.route[index].goes_on_in(next));
        let begun = (0..index).rev().take_while(|before| goes_on(*before)).last().unwrap_or(index);
        let begun = self.route[begun].first_tick();
        let is_last = !goes_on(index);
        let within = |tick: f64| (first..last).contains(&tick);
        let mut inputs = Vec::new();
        for change in self.changes.iter().filter(|change| within(change.at)) {
            inputs.push((change.at - first, 1, change.input));
        }
        for note in self.notes.iter().filter(|note| (begun..last).contains(&note.start)) {
            let PlayedNote { start, length, channel, key, velocity } = *note;
            let end = start + length;
            if start >= first {
                inputs.push((start - first, 2, Input::NoteOn { channel, key, velocity }));
            }
            // What ends with a segment ends in it.
            if (end > first || start >= first) && (end <= last || is_last) {
                inputs.push(((end - first).min(segment.ticks), 0, Input::NoteOff { channel, key }));
            }
        }
        inputs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        inputs.into_iter().map(|(tick, _, input)| (tick, input)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Input;

    fn performance() -> Performance {
        let note = |start, length, key| PlayedNote { start, length, channel: 0, key, velocity: 100 };
        let pedal = Input::Controller { channel: 0, number: 64, value: 127 };
        Performance {
            notes: vec![note(0.0, 20.0, 60), note(20.0, 50.0, 62), note(96.0, 10.0, 64)],
            changes: vec![Change { at: 20.0, input: pedal }],
            route: Vec::new(),
        }
    }

    fn inputs(route: &[Segment]) -> Vec<Vec<(f64, Input)>> {
        let performance = Performance { route: route.to_vec(), ..performance() };
        (0..route.len()).map(|index| performance.inputs_of(index)).collect()
    }

    #[test]
    fn a_note_off_comes_before_a_change_and_a_change_before_a_note_on() {
        let inputs = inputs(&[Segment::rolling(0.0, 96.0)]).concat();
        let at_20: Vec<_> = inputs.iter().filter(|(tick, _)| *tick == 20.0).map(|(_, input)| *input).collect();
        assert!(matches!(at_20[..], [Input::NoteOff { .. }, Input::Controller { .. }, Input::NoteOn { .. }]));
    }

    #[test]
    fn a_note_that_is_held_beyond_the_segment_is_let_go_at_its_end() {
        let inputs = inputs(&[Segment::rolling(10.0, 30.0)]).concat();
        assert_eq!(inputs.last(), Some(&(30.0, Input::NoteOff { channel: 0, key: 62 })));
    }

    #[test]
    fn a_segment_plays_what_lies_in_it_and_nothing_else() {
        let inputs = inputs(&[Segment::rolling(90.0, 20.0)]).concat();
        assert_eq!(inputs.len(), 2);
        assert_eq!(inputs[0], (6.0, Input::NoteOn { channel: 0, key: 64, velocity: 100 }));
    }

    #[test]
    fn a_jam_plays_what_lies_where_it_begins() {
        let jam = Segment::stopped(500.0, 90.0, 20.0);
        assert_eq!(inputs(&[jam]), inputs(&[Segment::rolling(90.0, 20.0)]));
    }

    #[test]
    fn a_note_is_held_over_a_change_of_tempo_and_let_go_at_a_jump() {
        let off = |key| Input::NoteOff { channel: 0, key };
        let [first, second] = [Segment::rolling(0.0, 40.0), Segment::rolling(40.0, 50.0).at_tempo(90.0)];
        let over = inputs(&[first, second]);
        assert!(!over[0].contains(&(40.0, off(62))));
        assert_eq!(over[1], [(30.0, off(62))]);
        let jump = inputs(&[first, Segment::rolling(60.0, 30.0)]);
        assert_eq!((jump[0].last(), jump[1].len()), (Some(&(40.0, off(62))), 0));
    }
}
