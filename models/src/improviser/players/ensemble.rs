//! The players together, on every way that the harmony may go.
//!
//! Where a chord waits for the musician's note, the players play every answer ahead of time: as planned, and on each of
//! the other chords that a note may ask for. The note, or that there is none, decides which of them is heard and goes
//! on.

use std::sync::Arc;

use super::context::FrameContext;
use super::performer;
use super::plays::Plays;
use super::seats::{self, Seat};
use super::strokes::captured::Captured;
use super::tape::Tape;
use crate::controls::Player;
use crate::ground::Yielding;
use crate::improviser::harmony::Alternatives;
use crate::improviser::listening::Listener;
use crate::music::{Frame, Meter, Moment, SlashChord, Tick};
use crate::network::Networks;
use crate::score::{AnswerRow, Cue, Fork, NoteCue, Turn, Way};

/// The players. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Ensemble {
    players: Players,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Players {
    seats: Vec<Seat>,
    tape: Tape,
}

/// A fork that has not turned yet.
#[derive(Clone, Debug)]
struct Open {
    /// The turns after which everything goes as planned.
    planned: Way,
    others: Vec<Other>,
    /// Frames that are decided before it is known how it turned.
    uncertain: u8,
}

#[derive(Clone, Debug)]
struct Other {
    way: Way,
    chord: SlashChord,
    players: Players,
}

impl Open {
    /// A fork in `frame` from which all turns go on as planned.
    fn nowhere_else(frame: Frame, uncertain: u8) -> Self {
        Self { planned: Way { fork: frame, turns: Way::ALL }, others: Vec::new(), uncertain }
    }

    /// Puts those of the `cues` first that need not wait for the turn, and says how many: where there is only one way
    /// to go, who has no pitches plays the same on it whatever the harmony is.
    fn go_on(&self, cues: &mut [Cue]) -> usize {
        let goes_on = |cue: &Cue| match cue {
            Cue::Note(NoteCue { player, .. }) | Cue::Release { player, .. } => {
                self.others.is_empty() && !player.kind().has_pitches
            }
            _ => false,
        };
        cues.sort_by_key(|cue| !goes_on(cue));
        cues.partition_point(goes_on)
    }
}

impl Ensemble {
    /// Players who have played nothing.
    pub fn new(networks: &Networks) -> Self {
        Self { players: Players { seats: seats::all(networks), tape: Tape::default() }, open: None }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Players> {
        let others = self.open.iter_mut().flat_map(|open| &mut open.others);
        std::iter::once(&mut self.players).chain(others.map(|other| &mut other.players))
    }

    fn each(&mut self, act: impl Fn(&mut dyn Plays)) {
        self.all().flat_map(|players| &mut players.seats).for_each(|seat| act(seat.plays.as_mut()));
    }

    /// Goes on with other networks.
    pub fn exchange(&mut self, networks: &Networks) {
        self.each(|plays| plays.exchange(networks));
    }

    /// From the next bar on, this is the bar that the musician has captured.
    pub fn capture(&mut self, captured: &Arc<Captured>) {
        self.each(|plays| plays.capture(captured));
    }

    /// What the players strike in their bar of `meter`, as everything is planned.
    pub fn struck(&self, meter: Meter) -> Captured {
        let mut struck = Captured { meter, ..Captured::default() };
        self.players.seats.iter().for_each(|seat| seat.plays.tell(&mut struck));
        struck
    }

    /// The musician plays a note of melody.
    pub fn hear_lead(&mut self) {
        self.each(|plays| plays.hear_lead());
    }

    /// The song goes on at another place that was not announced.
    pub fn lose_place(&mut self) {
        self.each(|plays| plays.lose_place());
        self.all().for_each(|players| players.tape = Tape::default());
    }

    /// What is decided goes on `delta` ticks later than it would have.
    pub fn jump(&mut self, delta: Tick) {
        self.each(|plays| plays.jump(delta));
    }

    /// What is heard goes on `delta` ticks later than it would have.
    pub fn arrive(&mut self, delta: Tick) {
        self.each(|plays| plays.arrive(delta));
    }

    /// The fork in `frame` has turned. Returns the chord that is played from there on, if it is not the planned one.
    pub fn turn(&mut self, frame: Frame, turn: Turn) -> Option<SlashChord> {
        let open = self.open.take_if(|open| open.planned.fork == frame)?;
        let Other { chord, players, .. } = open.others.into_iter().find(|other| other.way.is_taken(turn))?;
        self.players = players;
        Some(chord)
    }

    /// What was decided of the last `frames` gives way to another harmony: no chord waits any more.
    pub fn give_way(&mut self, by: &Yielding, frames: usize) {
        self.settle();
        self.players.seats.iter_mut().for_each(|seat| seat.plays.give_way(by));
        self.players.tape.give_way(by, frames);
    }

    /// A fork that is open goes on as planned.
    pub fn settle(&mut self) {
        self.open = None;
    }

    /// Freezes or thaws before a frame is decided.
    pub fn freeze(&mut self, freeze: bool, meter: Meter) {
        self.all().for_each(|players| players.tape.freeze(freeze, meter));
    }

    /// The harmony of what is repeated in the next frame, if the band is frozen.
    pub fn frozen_harmony(&self) -> Option<SlashChord> {
        self.players.tape.harmony()
    }

    /// Whether a fork may open in the next frame: the last one has turned.
    pub fn may_fork(&self) -> bool {
        self.open.is_none()
    }

    /// Appends the cues of the frame to `cues`; `standing` is the harmony before it. With `fork`, it opens
    /// there, and the alternatives are played as well, if there are any; how it turned is known `plan_ahead` frames
    /// later. `answers` gives what Voices answers under another chord.
    #[allow(clippy::too_many_arguments)]
    pub fn play(
        &mut self,
        context: &FrameContext,
        standing: Option<SlashChord>,
        fork: Option<(Fork, Option<&Alternatives>)>,
        plan_ahead: u8,
        listener: &Listener,
        answers: impl Fn(SlashChord) -> AnswerRow,
        cues: &mut Vec<Cue>,
    ) {
        // Nobody said how the last one turned in time: it went as planned.
        self.open.take_if(|open| open.uncertain == 0);
        if let Some(open) = &mut self.open {
            open.uncertain -= 1;
        }
        // Before the ways part, so that what they have in common is read once.
        self.all().for_each(|players| players.prepare(context, listener));
        if let Some((fork, alternatives)) = fork {
            self.open = match alternatives {
                Some(alternatives) => self.forked(fork.frame, alternatives, plan_ahead),
                None => Some(Open::nowhere_else(fork.frame, plan_ahead)),
            };
            cues.extend(self.open.is_some().then_some(Cue::Fork(fork)));
        }
        let first = cues.len();
        self.players.play(context, listener, cues);
        if let Some(open) = &self.open {
            let waiting = first + open.go_on(&mut cues[first..]);
            cues.insert(waiting, Cue::On(open.planned));
        }
        for Other { way, chord, players } in self.open.iter_mut().flat_map(|open| &mut open.others) {
            cues.extend([Cue::On(*way), Cue::Answers(answers(*chord))]);
            // The note may ask for what stands.
            let begins = fork.is_some() && standing != Some(*chord);
            let next_chord = context.next_chord.filter(|(_, next)| *next != chord.chord);
            let context = FrameContext {
                chord: Some(chord.chord),
                bass: Some(chord.bass),
                chord_changes: begins,
                unforeseen: begins,
                next_chord,
                ..*context
            };
            players.play(&context, listener, cues);
        }
    }

    /// The ways from a fork in `frame`; `None` if there is only one.
    fn forked(&self, frame: Frame, alternatives: &Alternatives, uncertain: u8) -> Option<Open> {
        let mut planned = Way { fork: frame, turns: 1 << 12 };
        let mut others: Vec<Other> = Vec::new();
        for (class, alternative) in alternatives.iter().enumerate() {
            let way = match alternative {
                None => &mut planned,
                Some(chord) => match others.iter().position(|other| other.chord == *chord) {
                    Some(index) => &mut others[index].way,
                    None => {
                        let way = Way { fork: frame, turns: 0 };
                        others.push(Other { way, chord: *chord, players: self.players.clone() });
                        let last = others.len() - 1;
                        &mut others[last].way
                    }
                },
            };
            way.turns |= 1 << class;
        }
        (!others.is_empty()).then_some(Open { planned, others, uncertain })
    }
}

impl Players {
    fn prepare(&mut self, context: &FrameContext, listener: &Listener) {
        if !self.tape.repeats() {
            self.seats.iter_mut().for_each(|seat| seat.plays.prepare(context, listener));
        }
    }

    /// Appends the releases, then the notes that begin in the frame.
    fn play(&mut self, context: &FrameContext, listener: &Listener, cues: &mut Vec<Cue>) {
        let first = Moment::from_tick(context.tick());
        if context.unforeseen {
            // What was struck before was to last longer.
            cues.extend(Player::accompaniment().map(|player| Cue::Release { player, at: first }));
        } else {
            self.release(cues, first, |plays| plays.ends_with_chord(context));
        }
        let mut notes = Vec::new();
        if !self.tape.play(context, &mut notes) {
            seats::decide(&mut self.seats, context, listener, &mut notes);
            self.release(cues, first, |plays| plays.breaks_off());
            performer::play(context, &mut notes);
            self.tape.take_down(context, &notes);
        }
        cues.extend(notes.into_iter().filter(|note| is_playable(note, first)).map(Cue::Note));
    }

    /// Ends at `at` what the players sound for whom `ends` holds.
    fn release(&self, cues: &mut Vec<Cue>, at: Moment, ends: impl Fn(&dyn Plays) -> bool) {
        let ending = self.seats.iter().filter(|seat| ends(seat.plays.as_ref()));
        cues.extend(ending.map(|seat| Cue::Release { player: seat.player, at }));
    }
}

fn is_playable(note: &NoteCue, first: Moment) -> bool {
    note.key < 128 && note.channel < 16 && (1..128).contains(&note.velocity) && note.length.0 > 0 && note.start >= first
}
