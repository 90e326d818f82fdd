//! What the panel shows, read once for each repaint.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use continuo_models::music::numeral::Numeral;
use continuo_models::music::time::{TICKS_PER_FRAME, TICKS_PER_QUARTER, frame_start};
use continuo_models::music::{Key, SlashChord, Tick};
use continuo_models::{Controls, Outlook, Player, Role};
use nice_plug::params::Param;

use crate::machine::Status;
use crate::params::ContinuoParams;
use crate::presets::library::Shelf;
use crate::routing;
use crate::seam::{Base, Notice, STANDALONE, Shared, Stream};

use super::chart_learned::Learned;
use super::chord_view::{ChordText, Now};
use super::deadline_meter::{Reading, Source};
use super::header::Pulse;
use super::keyboard::Masks;
use super::keys_card::Keys;
use super::learn::Controllers;
use super::morph_card;
use super::preset_bar;
use super::scenes_strip::Scenes;
use super::silence::Facts;
use super::timeline::{Plan, Stretch};
use super::undo::Steps;

/// Blocks that have not come for so long do not come.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// Everything on the panel that is not a parameter. Plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The song's pulse.
    pub pulse: Pulse,
    /// The chord now.
    pub now: Now,
    /// The chords planned.
    pub plan: Plan,
    /// The scenes.
    pub scenes: Scenes,
    /// The bars of the chart that play now and next, by their places among the written ones.
    pub bars: Option<[usize; 2]>,
    /// What the band has learned of the tune.
    pub learned: Option<Learned>,
    /// What the band strikes.
    pub groove: morph_card::Struck,
    /// What came of the chart's files.
    pub chart_said: String,
    /// What sounds.
    pub keys: Masks,
    /// Whether the computer's keys play.
    pub keys_play: Keys,
    /// The controllers that are learnt.
    pub controllers: Controllers,
    /// The deadline meter.
    pub reading: Reading,
    /// The preset that was loaded last.
    pub preset: preset_bar::Current,
    /// The presets of the musician's own.
    pub shelf: Arc<Shelf>,
    /// What can be undone.
    pub steps: Steps,
    /// What should be read, oldest first.
    pub notices: Vec<Notice>,
    /// What the host calls itself.
    pub host: String,
    /// What is known of why nothing sounds.
    pub facts: Facts,
    /// How large the panel is, of what it is by itself.
    pub scale: f32,
    /// Whether the musician is to be shown around.
    pub is_new: bool,
    /// How sound runs.
    pub stream: Stream,
    /// The standalone program's machine; `None` in a host.
    pub machine: Option<Status>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            pulse: Pulse::default(),
            now: Now::default(),
            plan: Plan::default(),
            scenes: Scenes::default(),
            bars: None,
            learned: None,
            groove: morph_card::Struck::default(),
            chart_said: String::new(),
            keys: [0; 128],
            keys_play: Keys::default(),
            controllers: Controllers::default(),
            reading: Reading::default(),
            preset: preset_bar::Current::default(),
            shelf: Arc::default(),
            steps: Steps::default(),
            notices: Vec::new(),
            host: String::new(),
            facts: Facts::default(),
            scale: 1.0,
            is_new: false,
            stream: Stream::default(),
            machine: None,
        }
    }
}

impl View {
    /// Reads what the threads have published. GUI thread only; never waits for the audio thread.
    pub fn read(shared: &Shared, params: &ContinuoParams, history: &mut History) -> Self {
        let outlook = shared.outlook();
        let position = &shared.position;
        let now = frame_start(position.frame());
        let Controls { key_lock, key, .. } = params.controls();
        let key = if key_lock { Some(key) } else { outlook.key };
        history.follow(&outlook);
        let stretches = history.stretches(&outlook);
        let sounding = stretches.iter().rev().find(|(start, _)| start.is_none_or(|start| start <= now));
        let tempo = position.tempo();
        let (meters, places) = (&shared.meters, shared.places.get());
        Self {
            pulse: Pulse { tempo, meter: position.bar().meter, host_plays: position.host_plays() },
            now: Now {
                chord: sounding.and_then(|(_, chord)| *chord).map(|chord| write(chord, key)),
                key: key.map(|key| key.to_string()),
                locked: key_lock,
            },
            plan: Plan {
                now,
                bar: position.bar(),
                stretches: stretches
                    .iter()
                    .map(|&(start, chord)| Stretch { start, chord: chord.map(|chord| write(chord, key)) })
                    .collect(),
                certain: outlook.certain,
            },
            scenes: Scenes {
                filled: params.scenes.snapshots().map(|scene| scene.is_some()),
                places: places.map(|place| place.scene),
                presets: places.map(|place| name_of(place.base, params)),
            },
            bars: outlook.bars,
            learned: Some(shared.learned.newest())
                .filter(|chart| !chart.is_empty())
                .map(|chart| Learned { chart, agrees: outlook.agrees }),
            groove: morph_card::Struck {
                now: shared.struck.newest(),
                bar: outlook.bar,
                round: outlook.round,
                draw: outlook.draw,
                has_network: meters.plans.load(Relaxed) == 0 || shared.playing.get()[Role::Texture as usize].is_some(),
            },
            keys: std::array::from_fn(|key| shared.keyboard.mask(key as u8)),
            keys_play: Keys::default(),
            controllers: Controllers {
                learnt: params.controllers.learnt().into_iter().zip((0..).map(|n| shared.pick_ups.get(n))).collect(),
                moved: shared.last_moved.get(),
            },
            reading: Reading {
                plans: meters.plans.load(Relaxed),
                lead_ms: meters.lead_ms.load(Relaxed),
                worst_ms: meters.worst_lead_ms.load(Relaxed),
                frame_ms: if tempo > 0.0 {
                    60_000.0 / tempo * TICKS_PER_FRAME as f32 / TICKS_PER_QUARTER as f32
                } else {
                    0.0
                },
                misses: meters.misses.load(Relaxed),
                misses_lately: meters.misses_lately.load(Relaxed),
                late: meters.late_cues.load(Relaxed),
                dropped: meters.dropped.load(Relaxed) + meters.overflowed.load(Relaxed),
                source: match meters.plans.load(Relaxed) {
                    0 => Source::Loading,
                    _ => Source::Networks(shared.playing.get()),
                },
                urgency: shared.urgency.get(),
            },
            preset: current(params),
            notices: shared.notices(),
            host: shared.surroundings.host().to_owned(),
            facts: facts(shared, params, history.processes(shared.activity.blocks())),
            stream: shared.stream.get(),
            machine: shared.machine().map(|machine| machine.status()),
            ..Self::default()
        }
    }
}

/// The preset that was loaded last.
fn current(params: &ContinuoParams) -> preset_bar::Current {
    let current = params.presets.current().map(|preset| {
        let changed = !params.are_at(&preset);
        preset_bar::Current { name: preset.name, changed }
    });
    current.unwrap_or_default()
}

/// What lies under the scenes, by the name of the preset; empty: the knobs.
fn name_of(base: Base, params: &ContinuoParams) -> String {
    match base {
        Base::Panel => String::new(),
        Base::Preset(number) => params.bank.name(number.into()).unwrap_or_default(),
    }
}

/// What is known of why nothing sounds; `processes`: blocks come.
fn facts(shared: &Shared, params: &ContinuoParams, processes: bool) -> Facts {
    let Shared { activity, surroundings, meters, .. } = shared;
    // Whoever plays in the scene that is next to what is in force.
    let [place, _] = shared.places.get();
    let scene = (place.scene.round() as usize).checked_sub(1);
    let stored = scene.and_then(|scene| params.scenes.snapshots().get(scene).copied().flatten());
    let controls = stored.unwrap_or_else(|| params.controls());
    let (host, gain) = (surroundings.host(), params.preview_gain.unmodulated_normalized_value());
    Facts {
        standalone: host == STANDALONE,
        has_sound: surroundings.has_sound(),
        processes,
        notes: activity.notes(),
        drums: activity.drums(),
        doubted: activity.doubted(),
        loads: meters.plans.load(Relaxed) == 0,
        lacks_network: shared.playing.get().contains(&None),
        players: match (place.base, scene) {
            // What was recalled has players of its own.
            (Base::Preset(_), None) => Player::COUNT,
            _ => Player::ALL.iter().filter(|&&player| controls.player(player).on).count(),
        },
        preview: params.preview.value(),
        preview_is_down: gain == 0.0,
        wants_midi: routing::host(host).wants_midi && !params.notes_as_midi.value(),
    }
}

fn write(chord: SlashChord, key: Option<Key>) -> ChordText {
    ChordText {
        symbol: key.map_or_else(|| chord.to_string(), |key| chord.symbol(key)),
        numeral: key.map_or_else(String::new, |key| Numeral::of(chord.chord, key).to_string()),
    }
}

/// The chords of late with their first ticks: an [`Outlook`] does not say since when its chord stands. The first may
/// have begun before anything known.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    stretches: Vec<(Option<Tick>, Option<SlashChord>)>,
    decided: Tick,
    /// How many blocks there were, and when that was new.
    blocks: (u64, Option<Instant>),
}

impl Default for History {
    fn default() -> Self {
        Self { stretches: vec![(None, None)], decided: 0, blocks: (0, None) }
    }
}

impl History {
    /// As many changes as fit into the past that the timeline shows, at one in a frame.
    const LENGTH: usize = 8;

    /// Takes in the newest outlook.
    pub fn follow(&mut self, outlook: &Outlook) {
        let (decided, chord) = (frame_start(outlook.frame), outlook.slash_chord());
        if decided < self.decided {
            // The song jumped back: what came before is of no interest.
            self.stretches = vec![(None, chord)];
        }
        if self.stretches.last().is_none_or(|&(_, last)| last != chord) {
            self.stretches.push((Some(decided), chord));
            let surplus = self.stretches.len().saturating_sub(Self::LENGTH);
            self.stretches.drain(..surplus);
        }
        self.decided = decided;
    }

    /// Takes in how many `blocks` there were. Whether some came lately.
    fn processes(&mut self, blocks: u64) -> bool {
        if blocks != self.blocks.0 {
            self.blocks = (blocks, Some(Instant::now()));
        }
        self.blocks.1.is_some_and(|last| last.elapsed() < SILENT_AFTER)
    }

    /// First tick and chord of every stretch of time, past and planned, in order.
    fn stretches(&self, outlook: &Outlook) -> Vec<(Option<Tick>, Option<SlashChord>)> {
        let planned = outlook.planned.iter().flatten().map(|&(tick, chord)| (Some(tick), Some(chord)));
        let stretches: Vec<_> = self.stretches.iter().copied().chain(planned).collect();
        if stretches.iter().all(|(_, chord)| chord.is_none()) { Vec::new() } else { stretches }
    }
}

#[cfg(test)]
mod tests {
    use continuo_models::music::{Chord, Quality};

    use super::super::silence::Reason;
    use super::*;
    use crate::params::number;

    fn outlook(frame: i64, root: u8) -> Outlook {
        let chord = Some(Chord { root, quality: Quality::Major });
        Outlook { frame, chord, bass: Some(root), ..Outlook::default() }
    }

    #[test]
    fn a_chord_stands_since_the_frame_in_which_it_was_first_seen() {
        let mut history = History::default();
        for (frame, root) in [(1, 0), (2, 0), (3, 7), (4, 7)] {
            history.follow(&outlook(frame, root));
        }
        let starts: Vec<_> = history.stretches(&outlook(4, 7)).iter().map(|stretch| stretch.0).collect();
        assert_eq!(starts, [None, Some(6), Some(18)]);
    }

    #[test]
    fn a_jump_back_forgets_the_past() {
        let mut history = History::default();
        history.follow(&outlook(8, 0));
        history.follow(&outlook(9, 7));
        history.follow(&outlook(0, 5));
        let last = outlook(0, 5);
        assert_eq!(history.stretches(&last), [(None, last.slash_chord())]);
    }

    #[test]
    fn only_the_chords_of_late_are_kept() {
        let mut history = History::default();
        for frame in 1..100 {
            history.follow(&outlook(frame, (frame % 12) as u8));
        }
        let last = outlook(99, 3);
        let stretches = history.stretches(&last);
        assert_eq!(stretches.len(), History::LENGTH);
        assert_eq!(stretches.last(), Some(&(Some(99 * 6), last.slash_chord())));
    }

    #[test]
    fn nothing_heard_is_nothing_planned() {
        assert!(History::default().stretches(&Outlook::default()).is_empty());
    }

    #[test]
    fn the_view_of_a_fresh_instance_is_quiet() {
        let view = View::read(&Shared::new(), &ContinuoParams::default(), &mut History::default());
        assert_eq!(View { facts: Facts::default(), ..view }, View::default());
    }

    #[test]
    fn why_nothing_sounds_is_read_from_what_came_in_and_what_is_set() {
        let (shared, params, mut history) = (Shared::new(), ContinuoParams::default(), History::default());
        let mut reasons = || Reason::of(&View::read(&shared, &params, &mut history).facts);
        assert_eq!(reasons(), [Reason::NoBlocks, Reason::NoInput]);
        shared.activity.block(false);
        assert_eq!(reasons(), [Reason::Loading, Reason::NoInput]);
        shared.meters.plans.store(1, Relaxed);
        shared.playing.set(Default::default());
        shared.activity.note(true);
        assert!(reasons().contains(&Reason::OnlyDrums));
        shared.activity.note(false);
        shared.surroundings.set_host("Qtractor");
        shared.surroundings.set_has_sound(false);
        params.set(number("preview"), 0.0);
        for player in Player::ALL {
            params.set(number(&format!("{}_on", player.kind().id)), 0.0);
        }
        let expected = [Reason::NoDevice, Reason::NobodyPlays, Reason::PreviewOff, Reason::NotMidi];
        assert_eq!(reasons()[..4], expected);
    }
}
