//! The player of the melody: answers the musician, trades bars, fills rests, or plays on over the chords, phrase by
//! phrase.

mod bounds;
mod draw;
mod entry;
mod line;
mod motif;
mod reach;
mod returns;
#[cfg(test)]
mod tests;

use crate::controls::{LeadMode, Player};
use crate::improviser::chance::random::Purpose;
use crate::improviser::listening::{LeadNote, Listener};
use crate::improviser::memory::{Ground, PieceSoFar, Recall};
use crate::improviser::players::context::FrameContext;
use crate::improviser::players::feel;
use crate::improviser::players::plays::{BassKeys, Plays};
use crate::music::time::TICKS_PER_FRAME;
use crate::music::{Chord, Moment, Tick};
use crate::network::Networks;
use crate::score::NoteCue;

use bounds::{Bounds, Compass, QUICKEST};
use draw::{Next, Wish, draw, echo};
use entry::Span;
use line::{Followed, Line, Place, Reader};
use motif::{Variation, last_motif, taken_up, upbeat};
use returns::OwnPhrases;

/// By how much softer Lead plays while the musician does.
const ASIDE: i32 = 14;
/// By how many semitones a phrase arches at most; some sag a little instead.
const ARCH: f32 = 10.0;

/// Plays the melody. `Clone` is a snapshot.
#[derive(Clone, Debug)]
pub struct Soloist {
    reader: Reader,
    piece: PieceSoFar,
    followed: Followed,
    /// The line from which a phrase that begins in the coming frame goes on.
    ready: Option<Line>,
    mode: LeadMode,
    /// The number of the phrase that was answered last.
    answered: Option<u32>,
    phrase: Option<Phrase>,
    /// Lead's own line and the number of the musician's phrase from which it went on, while it may be taken up again.
    own: Option<(u32, Line)>,
    /// Its phrases so far.
    phrases: OwnPhrases,
    /// Before this no phrase begins.
    resume: Tick,
    /// When the last note of Lead ends, and its key.
    sounds_until: Tick,
    last_key: Option<u8>,
    /// Whether the musician has broken in.
    interrupted: bool,
    /// Whether what sounds is to end with the frame that was decided last.
    breaks_off: bool,
}

/// A phrase that is being played.
#[derive(Clone, Debug)]
struct Phrase {
    mode: LeadMode,
    line: Line,
    /// The number of the musician's phrase before it.
    after: u32,
    /// That phrase, to go by without a network.
    model: Vec<LeadNote>,
    compass: Compass,
    start: Tick,
    /// When the next note begins, and when the phrase is over.
    onset: Tick,
    end: Tick,
    /// See [`Bounds::arch`].
    arch: f32,
    /// What is left of what it takes up.
    motif: Vec<Wish>,
    /// The key of its last note, or of the one before it in the line.
    before: Option<u8>,
    /// Its notes.
    notes: Vec<LeadNote>,
}

impl Soloist {
    /// A soloist that has heard nothing.
    pub fn new(networks: &Networks) -> Self {
        Self {
            reader: Reader::new(networks),
            piece: PieceSoFar::default(),
            followed: Followed::default(),
            ready: None,
            mode: LeadMode::default(),
            answered: None,
            phrase: None,
            own: None,
            phrases: OwnPhrases::default(),
            resume: Tick::MIN,
            sounds_until: Tick::MIN,
            last_key: None,
            interrupted: false,
            breaks_off: false,
        }
    }

    fn lines(&mut self) -> impl Iterator<Item = &mut Line> {
        let playing = self.phrase.as_mut().map(|phrase| &mut phrase.line);
        playing.into_iter().chain(self.own.as_mut().map(|(_, line)| line))
    }

    /// A phrase of another mode, or out of its turn, is over.
    fn follow_mode(&mut self, context: &FrameContext) {
        self.mode = context.controls.lead_mode;
        if self.phrase.as_ref().is_some_and(|phrase| phrase.mode != self.mode) || !entry::lasts(context) {
            (self.phrase, self.resume) = (None, Tick::MIN);
        }
    }

    /// A frame begins, whatever Lead does in it.
    fn follow_frame(&mut self, context: &FrameContext) {
        self.reader.remember_chord(context);
        self.breaks_off = std::mem::take(&mut self.interrupted) && self.sounds_until > context.tick();
    }

    /// Begins a phrase, if Lead is ready for one.
    fn begin(&mut self, context: &FrameContext, chord: Chord, listener: &Listener) -> Option<Phrase> {
        let line = self.ready.take()?;
        let Span { start, end, resume } = entry::begins(context, listener, self.answered, self.resume)?;
        let (after, model) = listener.phrase();
        (self.answered, self.resume) = (Some(after), resume);
        let compass = Compass::of(context);
        let mut phrase = Phrase {
            mode: self.mode,
            line,
            after,
            model: model.to_vec(),
            compass,
            start,
            onset: start,
            end,
            arch: ARCH * (1.4 * context.random.uniform(Purpose::Contour, 0) - 0.4),
            motif: Vec::new(),
            // Without a breath between them, two phrases are one line.
            before: self.last_key.filter(|&key| {
                start < self.sounds_until.saturating_add(TICKS_PER_FRAME) && compass.keys().contains(key.into())
            }),
            notes: Vec::new(),
        };
        let bounds = phrase.bounds(context, chord, listener);
        let draw = |number| context.random.uniform(Purpose::Motif, number);
        if let Some(motif) = last_motif(model, context.tick()).filter(|_| draw(0) < context.controls.motif) {
            let beat = context.position.meter.beat_ticks();
            let wait = (upbeat(motif, &bounds) - context.ticks_into_bar()).rem_euclid(beat);
            phrase.motif = taken_up(motif, Variation::drawn(draw(1)), start + wait, &bounds);
            phrase.onset += wait;
        } else if let Some(again) = self.phrases.come_back(start, &bounds, draw(2), context.controls.motif) {
            let end = entry::traded_bars(context).map_or(again.end, |bars| bars.end.min(again.end));
            (phrase.onset, phrase.end, phrase.motif) = (again.start, end, again.wishes);
            self.resume = again.next.map_or(resume, |next| next.min(resume)).max(end);
        }
        Some(phrase)
    }

    /// Plays what begins in the frame, and returns the phrase unless that was its last note.
    fn play(
        &mut self,
        mut phrase: Phrase,
        context: &FrameContext,
        chord: Chord,
        listener: &Listener,
        out: &mut Vec<NoteCue>,
    ) -> Option<Phrase> {
        phrase.onset = phrase.onset.max(context.tick());
        let frame_end = context.tick() + TICKS_PER_FRAME;
        while phrase.onset < frame_end.min(phrase.end) {
            let bounds = phrase.bounds(context, chord, listener);
            let reach = bounds.reach(phrase.before) & phrase.compass.keys();
            if (reach & bounds.demand(phrase.onset, false)).is_empty() {
                phrase.onset = frame_end;
                break;
            }
            let next = self.next_note(&mut phrase, &bounds)?;
            let note = LeadNote { key: next.key, onset: phrase.onset, length: next.length };
            phrase.line.put_down(note);
            self.piece.play(note, Ground { position: context.position, chord: Some(chord) });
            out.push(cue(&bounds, note));
            (self.sounds_until, self.last_key) = (note.onset + note.length, Some(note.key));
            phrase.notes.push(note);
            phrase.before = Some(next.key);
            phrase.onset += next.time;
            if next.ends {
                self.own = Some((phrase.after, phrase.line));
                self.phrases.keep(phrase.notes);
                return None;
            }
        }
        (phrase.onset < phrase.end).then_some(phrase)
    }

    /// What is recalled of lines that have been as this one is at `place`, and how much it counts: what was played
    /// before, as far as the musician wants it, and the piece so far.
    fn recalled(&self, line: &Line, place: Place, bounds: &Bounds) -> Vec<(Recall, f32)> {
        let junction = line.junction(place, bounds.compass.key(0));
        let FrameContext { memory, controls, .. } = bounds.context;
        // A figure is several choices in a row; by the root, the middle of the knob is heard as a middle.
        let before = (controls.memory > 0.0).then(|| (memory.recall_note(junction), controls.memory.sqrt()));
        let so_far = controls.learn_tune.then(|| (self.piece.recall(junction), 1.0));
        before.into_iter().chain(so_far).collect()
    }

    fn next_note(&mut self, phrase: &mut Phrase, bounds: &Bounds) -> Option<Next> {
        let place = Place {
            onset: phrase.onset,
            position: bounds.context.position,
            chord: Some(bounds.chord),
            next_chord: bounds.context.next_chord.map(|(tick, chord)| (tick, Some(chord))),
        };
        let logits = self.reader.read(&mut phrase.line, place, bounds.context, phrase.compass.octaves);
        if logits.is_none() {
            let echo = echo(&phrase.model, phrase.notes.len(), bounds, phrase.onset, phrase.before);
            match phrase.motif.first_mut() {
                Some(wish) => *wish = wish.or(echo),
                None => phrase.motif.push(echo),
            }
        }
        let number = (phrase.notes.len() as u32, phrase.before);
        let recalled = self.recalled(&phrase.line, place, bounds);
        let next = draw(logits.as_ref(), &recalled, (&phrase.line, place), bounds, &phrase.motif, number);
        if !phrase.motif.is_empty() {
            phrase.motif.remove(0);
        }
        next
    }
}

impl Plays for Soloist {
    /// Follows what the musician plays, and gets ready for a phrase if it is time for one in the frame: Lead
    /// goes on from its own line, or from the musician's phrase.
    fn prepare(&mut self, context: &FrameContext, listener: &Listener) {
        self.piece.listen(listener, |onset| self.reader.place_of(onset, context).ground());
        self.follow_mode(context);
        self.ready = None;
        if context.chord.is_none() || !context.controls.player(Player::Lead).on {
            return;
        }
        let phrase = listener.phrase();
        self.reader.follow(&mut self.followed, (phrase.0, listener.ended_notes().1), context);
        if self.phrase.is_none() && entry::begins(context, listener, self.answered, self.resume).is_some() {
            let goes_on = |of: u32| self.mode == LeadMode::Continuous || of == phrase.0;
            self.ready = Some(match self.own.take().filter(|(of, _)| goes_on(*of)) {
                Some((_, line)) => line,
                None => self.reader.line_after(&self.followed, phrase, context),
            });
        }
    }

    fn decide(&mut self, context: &FrameContext, listener: &Listener, _: Option<BassKeys>, out: &mut Vec<NoteCue>) {
        let Some(chord) = context.chord else { return self.rest(context) };
        self.follow_frame(context);
        let phrase = self.phrase.take().or_else(|| self.begin(context, chord, listener));
        self.phrase = phrase.and_then(|phrase| self.play(phrase, context, chord, listener, out));
    }

    fn rest(&mut self, context: &FrameContext) {
        self.follow_frame(context);
        (self.phrase, self.own, self.resume) = (None, None, Tick::MIN);
    }

    /// The musician has broken in.
    fn breaks_off(&self) -> bool {
        self.breaks_off
    }

    /// No further note, if Lead plays only in rests.
    fn hear_lead(&mut self) {
        match self.mode {
            LeadMode::Continuous => return,
            LeadMode::Answer => self.phrase = None,
            LeadMode::Fills => {
                self.phrase = None;
                self.resume = Tick::MIN;
                self.interrupted = true;
            }
            LeadMode::TradeTwos | LeadMode::TradeFours | LeadMode::TradeEights => {}
        }
        self.own = None;
    }

    fn exchange(&mut self, networks: &Networks) {
        if !self.reader.exchange(networks) {
            return;
        }
        self.followed = Followed::default();
        self.lines().for_each(Line::forget_states);
    }

    fn lose_place(&mut self) {
        self.reader.lose_place();
        self.followed = Followed::default();
        (self.phrase, self.own, self.phrases) = (None, None, OwnPhrases::default());
        (self.resume, self.sounds_until) = (Tick::MIN, Tick::MIN);
    }

    fn arrive(&mut self, delta: Tick) {
        self.followed.shift(delta);
        self.piece.arrive(delta);
    }

    fn jump(&mut self, delta: Tick) {
        self.reader.shift(delta);
        self.piece.jump(delta);
        self.lines().for_each(|line| line.shift(delta));
        self.resume = self.resume.saturating_add(delta);
        self.sounds_until = self.sounds_until.saturating_add(delta);
        if let Some(phrase) = &mut self.phrase {
            phrase.start += delta;
            phrase.onset += delta;
            phrase.end += delta;
            phrase.notes.iter_mut().for_each(|note| note.onset += delta);
        }
        self.phrases.shift(delta);
    }
}

impl Phrase {
    fn bounds<'a>(&self, context: &'a FrameContext<'a>, chord: Chord, listener: &Listener) -> Bounds<'a> {
        let beat = context.position.meter.beat_ticks();
        let &Self { compass, start, end, arch, .. } = self;
        let quickest = if makes_room(context, listener) { beat } else { QUICKEST };
        Bounds { context, chord, compass, start, end, arch, quickest }
    }
}

/// Whether the musician plays while Lead does: then Lead has few and soft notes.
fn makes_room(context: &FrameContext, listener: &Listener) -> bool {
    let beat = context.position.meter.beat_ticks();
    context.controls.lead_mode == LeadMode::Continuous && listener.rest().is_some_and(|rest| rest < beat)
}

fn cue(bounds: &Bounds, note: LeadNote) -> NoteCue {
    let context = bounds.context;
    let player = context.controls.player(Player::Lead);
    let accent = if context.is_beat() { 4 } else { -2 };
    let room = if bounds.quickest > QUICKEST { ASIDE } else { 0 };
    NoteCue {
        player: Player::Lead,
        channel: player.channel,
        key: note.key,
        velocity: feel::struck(i32::from(context.touch) + accent - room),
        start: Moment::from_tick(note.onset),
        length: Moment::from_tick(note.length),
    }
}
