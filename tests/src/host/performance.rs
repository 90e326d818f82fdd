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
    /// What the host does to the instance just before.
    pub before: Option<Interruption>,
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
    /// The song's way, one segment after the other. Held notes are let go at the end of each.
    pub route: Vec<Segment>,
}

impl Performance {
    /// Plays `notes` once through in 4/4 at `tempo`, then lets the song run on for a bar.
    pub fn of_notes(notes: Vec<PlayedNote>, tempo: f64) -> Self {
        let end = notes.iter().map(|note| note.start + note.length).fold(0.0, f64::max);
        let bars = (end / 96.0).ceil() + 1.0;
        Self { notes, changes: Vec::new(), route: vec![Segment::rolling(0.0, bars * 96.0).at_tempo(tempo)] }
    }

    /// The inputs of one segment: ticks since its start and event, in order. A note that is held beyond the segment is
    /// let go at its end.
    pub fn inputs_of(&self, segment: &Segment) -> Vec<(f64, super::Input)> {
        use super::Input;
        let first = segment.first_tick();
        let within = |tick: f64| (first..first + segment.ticks).contains(&tick);
        let mut inputs = Vec::new();
        for change in self.changes.iter().filter(|change| within(change.at)) {
            inputs.push((change.at - first, 1, change.input));
        }
        for note in self.notes.iter().filter(|note| within(note.start)) {
            let PlayedNote { channel, key, velocity, .. } = *note;
            let start = note.start - first;
            inputs.push((start, 2, Input::NoteOn { channel, key, velocity }));
            inputs.push(((start + note.length).min(segment.ticks), 0, Input::NoteOff { channel, key }));
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

    #[test]
    fn a_note_off_comes_before_a_change_and_a_change_before_a_note_on() {
        let inputs = performance().inputs_of(&Segment::rolling(0.0, 96.0));
        let at_20: Vec<_> = inputs.iter().filter(|(tick, _)| *tick == 20.0).map(|(_, input)| *input).collect();
        assert!(matches!(at_20[..], [Input::NoteOff { .. }, Input::Controller { .. }, Input::NoteOn { .. }]));
    }

    #[test]
    fn a_note_that_is_held_beyond_the_segment_is_let_go_at_its_end() {
        let inputs = performance().inputs_of(&Segment::rolling(10.0, 30.0));
        assert_eq!(inputs.last(), Some(&(30.0, Input::NoteOff { channel: 0, key: 62 })));
    }

    #[test]
    fn a_segment_plays_what_lies_in_it_and_nothing_else() {
        let inputs = performance().inputs_of(&Segment::rolling(90.0, 20.0));
        assert_eq!(inputs.len(), 2);
        assert_eq!(inputs[0], (6.0, Input::NoteOn { channel: 0, key: 64, velocity: 100 }));
    }

    #[test]
    fn a_jam_plays_what_lies_where_it_begins() {
        let jam = Segment::stopped(500.0, 90.0, 20.0);
        assert_eq!(performance().inputs_of(&jam), performance().inputs_of(&Segment::rolling(90.0, 20.0)));
    }
}
