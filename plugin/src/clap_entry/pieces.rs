//! Cuts a block where the host changes a parameter or the transport in the midst of it, or a learnt controller moves.
//!
//! The framework would cut it too, but it makes up what it tells of the later pieces: their barlines count from the
//! song's beginning, and the position that a transport event gives is moved on by where the event lies. Here each piece
//! is a block of its own, with the transport as the host has it.

use std::cell::UnsafeCell;
use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_MIDI, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_PARAM_VALUE, CLAP_EVENT_TRANSPORT,
    CLAP_TRANSPORT_HAS_BEATS_TIMELINE, CLAP_TRANSPORT_HAS_SECONDS_TIMELINE, CLAP_TRANSPORT_HAS_TEMPO,
    CLAP_TRANSPORT_HAS_TIME_SIGNATURE, CLAP_TRANSPORT_IS_PLAYING, clap_event_header, clap_event_midi,
    clap_event_transport, clap_input_events,
};
use clap_sys::fixedpoint::{CLAP_BEATTIME_FACTOR, CLAP_SECTIME_FACTOR};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use super::input::{Event, each_from};
use crate::guard::guarded;

/// The most channels of an output that are passed on; the plug-in has two.
const CHANNELS: usize = 16;

/// Calls `process` for each piece of `block`, with the sample at which the piece begins, until one fails. `block` has
/// events, and is of 1 sample or more, at `sample_rate` Hertz. `drives`: whether a controller on a channel moves
/// something.
///
/// # Safety
/// `block` and all that it points to is as hosts give it.
pub unsafe fn each_piece(
    block: &clap_process,
    sample_rate: f64,
    drives: impl Fn(u8, u8) -> bool,
    mut process: impl FnMut(&clap_process, u32) -> clap_process_status,
) -> clap_process_status {
    // SAFETY: what the host gives is read and passed on within the call; the places below outlive the calls that use
    // them.
    unsafe {
        let mut transport = block.transport.as_ref().map(|&transport| (transport, 0));
        let (mut start, mut first) = (0, 0);
        loop {
            let mut count = 0;
            let mut end = block.frames_count;
            // How many events come before the sample of the last one.
            let (mut last, mut before) = (start, 0);
            for event in each_from(block.in_events, first) {
                if !event.is_null() && (*event).time > last {
                    (last, before) = ((*event).time, count);
                }
                if !event.is_null() && (*event).time > start && cuts(event, &drives) {
                    // What comes at the same sample is the next piece's.
                    (end, count) = (last, before);
                    break;
                }
                if !event.is_null() && is_core(event, CLAP_EVENT_TRANSPORT) {
                    transport = Some((*event.cast(), start));
                }
                count += 1;
            }
            let now = transport.map(|(transport, at)| advanced(transport, start - at, sample_rate));
            let events =
                Events { host: block.in_events, first, count, start, shifted: UnsafeCell::new(std::mem::zeroed()) };
            let list = events.list();
            let mut channels = [ptr::null_mut(); CHANNELS];
            let mut output = block.audio_outputs.as_ref().copied();
            if let Some(output) = &mut output {
                from_sample(output, &mut channels, start);
            }
            let piece = clap_process {
                steady_time: block.steady_time.saturating_add(i64::from(start) * i64::from(block.steady_time >= 0)),
                frames_count: end - start,
                transport: now.as_ref().map_or(ptr::null(), ptr::from_ref),
                audio_outputs: output.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
                audio_outputs_count: u32::from(output.is_some() && block.audio_outputs_count > 0),
                in_events: &list,
                ..*block
            };
            let status = process(&piece, start);
            if status == CLAP_PROCESS_ERROR || end == block.frames_count {
                return status;
            }
            (start, first) = (end, first + count);
        }
    }
}

/// Whether what comes before `event` must be processed before it counts.
///
/// # Safety
/// `event` points to as many bytes as its header says.
unsafe fn cuts(event: *const clap_event_header, drives: impl Fn(u8, u8) -> bool) -> bool {
    // SAFETY: as said above; a MIDI event says that it is one.
    unsafe {
        let changes = [CLAP_EVENT_PARAM_VALUE, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_TRANSPORT];
        changes.iter().any(|&kind| is_core(event, kind))
            || is_core(event, CLAP_EVENT_MIDI) && {
                let [status, controller, _] = (*event.cast::<clap_event_midi>()).data;
                status & 0xf0 == 0xb0 && drives(status & 0x0f, controller & 0x7f)
            }
    }
}

/// # Safety
/// `event` points to a header.
unsafe fn is_core(event: *const clap_event_header, kind: u16) -> bool {
    // SAFETY: as said above.
    unsafe { ((*event).space_id, (*event).type_) == (CLAP_CORE_EVENT_SPACE_ID, kind) }
}

/// `transport` as it is `samples` later.
fn advanced(mut transport: clap_event_transport, samples: u32, sample_rate: f64) -> clap_event_transport {
    let told = transport.flags;
    let has = |flags: u32| told & flags == flags;
    let seconds = f64::from(samples) / sample_rate;
    if !has(CLAP_TRANSPORT_IS_PLAYING) {
        return transport;
    }
    if has(CLAP_TRANSPORT_HAS_TEMPO | CLAP_TRANSPORT_HAS_BEATS_TIMELINE) {
        // The tempo changes by as much with each sample.
        let mean = transport.tempo + transport.tempo_inc * f64::from(samples) / 2.0;
        let beats = seconds * mean / 60.0 * CLAP_BEATTIME_FACTOR as f64;
        let before = transport.song_pos_beats;
        transport.song_pos_beats = before.saturating_add(beats.round() as i64);
        if has(CLAP_TRANSPORT_HAS_TIME_SIGNATURE) {
            pass_barlines(&mut transport, before);
        }
    }
    if has(CLAP_TRANSPORT_HAS_SECONDS_TIMELINE) {
        let passed = seconds * CLAP_SECTIME_FACTOR as f64;
        transport.song_pos_seconds = transport.song_pos_seconds.saturating_add(passed.round() as i64);
    }
    transport.tempo += transport.tempo_inc * f64::from(samples);
    transport
}

/// Moves the barline of `transport` on by the bars that have begun since the song was at `before`: a host whose block
/// begins now would tell of the last one. What was no barline stays as it is.
fn pass_barlines(transport: &mut clap_event_transport, before: i64) {
    let (beats, of) = (i64::from(transport.tsig_num), i64::from(transport.tsig_denom.max(1)));
    let bar = 4 * CLAP_BEATTIME_FACTOR * beats / of;
    if bar > 0 && (0..bar).contains(&before.saturating_sub(transport.bar_start)) {
        let bars = (transport.song_pos_beats - transport.bar_start) / bar;
        transport.bar_start += bars * bar;
        transport.bar_number = transport.bar_number.saturating_add(bars as i32);
    }
}

/// Fills the outputs of `block` with zeros.
///
/// # Safety
/// `block` and all that it points to is as hosts give it.
pub unsafe fn silence(block: &clap_process) {
    // SAFETY: the host has `frames_count` samples for each channel that is there.
    unsafe {
        for output in (0..block.audio_outputs_count as usize).map(|index| &*block.audio_outputs.add(index)) {
            let channels = if output.data32.is_null() { 0 } else { output.channel_count as usize };
            let samples = (0..channels).map(|index| *output.data32.add(index)).filter(|samples| !samples.is_null());
            samples.for_each(|samples| samples.write_bytes(0, block.frames_count as usize));
        }
    }
}

/// Lets `output` begin at sample `start`; `channels` is the place for its new pointers.
///
/// # Safety
/// `output` is as hosts give it, and longer than `start`.
unsafe fn from_sample(output: &mut clap_audio_buffer, channels: &mut [*mut f32; CHANNELS], start: u32) {
    if start == 0 || output.data32.is_null() {
        return;
    }
    output.channel_count = output.channel_count.min(CHANNELS as u32);
    for (index, channel) in channels.iter_mut().enumerate().take(output.channel_count as usize) {
        // SAFETY: the host has a pointer for each channel, each null or to all samples of the block.
        unsafe {
            let whole = *output.data32.add(index);
            *channel = if whole.is_null() { whole } else { whole.add(start as usize) };
        }
    }
    output.data32 = channels.as_mut_ptr();
}

/// The events of a piece, at their samples in it. The transport's are left out: the piece has its transport.
struct Events {
    host: *const clap_input_events,
    first: u32,
    count: u32,
    start: u32,
    /// Where an event is given its new time. The framework is done with one before it asks for the next.
    shifted: UnsafeCell<Event>,
}

impl Events {
    fn list(&self) -> clap_input_events {
        clap_input_events { ctx: (&raw const *self).cast_mut().cast(), size: Some(size), get: Some(get) }
    }

    /// Event number `index` of the piece; null: there is none, or it is the transport's.
    ///
    /// # Safety
    /// While the host's list is alive, and not before the framework is done with the event that it had last.
    unsafe fn event(&self, index: u32) -> *const clap_event_header {
        // SAFETY: the host's list is called as the host has it.
        unsafe {
            let Some(get) = (*self.host).get else { return ptr::null() };
            let event = get(self.host, self.first + index);
            if event.is_null() || is_core(event, CLAP_EVENT_TRANSPORT) {
                return ptr::null();
            }
            if self.start == 0 {
                return event;
            }
            let Some(copy) = Event::copied(event, (*event).time.saturating_sub(self.start)) else {
                return ptr::null();
            };
            *self.shifted.get() = copy;
            self.shifted.get().cast()
        }
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: `list` is from `Events::list`.
    guarded(|| unsafe { (*(*list).ctx.cast::<Events>()).count }, 0)
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as above.
    guarded(|| unsafe { (*(*list).ctx.cast::<Events>()).event(index) }, ptr::null())
}

#[cfg(test)]
mod tests {
    use clap_sys::events::{CLAP_EVENT_NOTE_ON, CLAP_TRANSPORT_HAS_TIME_SIGNATURE, clap_event_note};
    use clap_sys::process::CLAP_PROCESS_CONTINUE;

    use super::*;

    /// What the framework would be told of a piece: its first sample, its length, position and bar in quarter notes,
    /// and each event's time and key.
    type Told = (u32, u32, Option<(f64, f64)>, Vec<(u32, i16)>);

    fn note(kind: u16, time: u32, key: i16) -> Event {
        let size = size_of::<clap_event_note>() as u32;
        let header = clap_event_header { size, time, space_id: CLAP_CORE_EVENT_SPACE_ID, type_: kind, flags: 0 };
        Event { note: clap_event_note { header, note_id: -1, port_index: 0, channel: 0, key, velocity: 0.5 } }
    }

    /// The song at `beats`, at 120 quarter notes per minute in a bar that began at `bar`.
    fn transport(time: u32, beats: f64, bar: f64) -> clap_event_transport {
        let fixed = |beats: f64| (beats * CLAP_BEATTIME_FACTOR as f64) as i64;
        // SAFETY: numbers only.
        let blank: clap_event_transport = unsafe { std::mem::zeroed() };
        let header = clap_event_header {
            size: size_of::<clap_event_transport>() as u32,
            time,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_: CLAP_EVENT_TRANSPORT,
            flags: 0,
        };
        let flags = CLAP_TRANSPORT_HAS_TEMPO
            | CLAP_TRANSPORT_HAS_BEATS_TIMELINE
            | CLAP_TRANSPORT_HAS_TIME_SIGNATURE
            | CLAP_TRANSPORT_IS_PLAYING;
        clap_event_transport {
            header,
            flags,
            song_pos_beats: fixed(beats),
            bar_start: fixed(bar),
            tempo: 120.0,
            ..blank
        }
    }

    fn told(events: &[Event], at: Option<clap_event_transport>) -> Vec<Told> {
        unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
            // SAFETY: the context is the slice.
            unsafe { (&*(*list).ctx.cast::<&[Event]>()).len() as u32 }
        }
        unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
            // SAFETY: as above; every event begins with its header.
            unsafe { &raw const (&(*(*list).ctx.cast::<&[Event]>()))[index as usize].header }
        }
        let list = clap_input_events { ctx: (&raw const events).cast_mut().cast(), size: Some(size), get: Some(get) };
        let (mut left, mut right) = ([0f32; 512], [0f32; 512]);
        let mut channels = [left.as_mut_ptr(), right.as_mut_ptr()];
        // SAFETY: numbers only, and pointers that are null; the host's side is alive while it is used.
        unsafe {
            let mut output =
                clap_audio_buffer { data32: channels.as_mut_ptr(), channel_count: 2, ..std::mem::zeroed() };
            let block = clap_process {
                frames_count: 512,
                transport: at.as_ref().map_or(ptr::null(), ptr::from_ref),
                audio_outputs: &mut output,
                audio_outputs_count: 1,
                in_events: &list,
                ..std::mem::zeroed()
            };
            let mut told = Vec::new();
            let is_wheel = |channel, controller| (channel, controller) == (2, 1);
            each_piece(&block, 48_000.0, is_wheel, |piece, start| {
                for channel in 0..2 {
                    let samples = *(*piece.audio_outputs).data32.add(channel);
                    (0..piece.frames_count as usize).for_each(|sample| *samples.add(sample) += 1.0);
                }
                let quarters = |fixed: i64| fixed as f64 / CLAP_BEATTIME_FACTOR as f64;
                let song = piece.transport.as_ref().map(|at| (quarters(at.song_pos_beats), quarters(at.bar_start)));
                let event = |event: *const clap_event_header| ((*event).time, (*event.cast::<clap_event_note>()).key);
                told.push((
                    start,
                    piece.frames_count,
                    song,
                    each_from(piece.in_events, 0).filter(|event| !event.is_null()).map(event).collect(),
                ));
                CLAP_PROCESS_CONTINUE
            });
            let wrong = left.iter().chain(&right).position(|&sample| sample != 1.0);
            assert_eq!(wrong, None, "every sample is processed once");
            told
        }
    }

    #[test]
    fn a_block_without_changes_is_one_piece() {
        let events = [note(CLAP_EVENT_NOTE_ON, 0, 60), note(CLAP_EVENT_NOTE_ON, 511, 61)];
        assert_eq!(told(&events, Some(transport(0, 7.0, 5.5))), [(0, 512, Some((7.0, 5.5)), vec![(0, 60), (511, 61)])]);
        assert_eq!(told(&[], None), [(0, 512, None, vec![])]);
    }

    #[test]
    fn each_change_begins_a_piece_and_the_song_goes_on_in_it_with_the_hosts_barline() {
        let events = [
            note(CLAP_EVENT_PARAM_VALUE, 0, 1),
            note(CLAP_EVENT_NOTE_ON, 100, 60),
            note(CLAP_EVENT_PARAM_VALUE, 240, 2),
            note(CLAP_EVENT_PARAM_VALUE, 240, 3),
            note(CLAP_EVENT_NOTE_ON, 300, 61),
            note(CLAP_EVENT_PARAM_MOD, 480, 4),
        ];
        let pieces = [
            (0, 240, Some((7.0, 5.5)), vec![(0, 1), (100, 60)]),
            (240, 240, Some((7.01, 5.5)), vec![(0, 2), (0, 3), (60, 61)]),
            (480, 32, Some((7.02, 5.5)), vec![(0, 4)]),
        ];
        let told = told(&events, Some(transport(0, 7.0, 5.5)));
        assert_eq!(told.len(), pieces.len());
        for (told, piece) in told.into_iter().zip(pieces) {
            let (beats, wanted) = (told.2.unwrap().0, piece.2.unwrap().0);
            assert!((beats - wanted).abs() < 1e-6, "{beats} instead of {wanted}");
            assert_eq!((told.0, told.1, told.2.unwrap().1, told.3), (piece.0, piece.1, piece.2.unwrap().1, piece.3));
        }
    }

    #[test]
    fn a_piece_behind_a_barline_tells_of_it_as_a_block_would() {
        // 240 samples are a hundredth of a quarter note; a bar of 1/64 is a sixteenth of one.
        let at = |beats, bar| clap_event_transport { tsig_num: 1, tsig_denom: 64, ..transport(0, beats, bar) };
        let barlines = |bar| -> Vec<f64> {
            let events = [note(CLAP_EVENT_PARAM_VALUE, 240, 1), note(CLAP_EVENT_PARAM_VALUE, 480, 2)];
            told(&events, Some(at(7.0, bar))).into_iter().map(|piece| piece.2.unwrap().1).collect()
        };
        assert_eq!(barlines(6.953125), [6.953125, 6.953125, 7.015625]);
        assert_eq!(barlines(6.5), [6.5; 3], "that was no barline");
    }

    #[test]
    fn a_learnt_controller_cuts_and_what_comes_at_its_sample_is_the_next_pieces() {
        let midi = |time, data| {
            let size = size_of::<clap_event_midi>() as u32;
            let type_ = CLAP_EVENT_MIDI;
            let header = clap_event_header { size, time, space_id: CLAP_CORE_EVENT_SPACE_ID, type_, flags: 0 };
            // SAFETY: numbers only; what is behind the event is zero.
            let mut event: Event = unsafe { std::mem::zeroed() };
            // SAFETY: as above; it is large enough.
            unsafe { *(&raw mut event).cast() = clap_event_midi { header, port_index: 0, data } };
            event
        };
        let events = [
            midi(50, [0xb0, 1, 64]),
            midi(60, [0x92, 1, 64]),
            note(CLAP_EVENT_NOTE_ON, 100, 60),
            note(CLAP_EVENT_NOTE_ON, 240, 61),
            midi(240, [0xb2, 1, 64]),
        ];
        let told = told(&events, None);
        let pieces: Vec<_> = told.iter().map(|(start, length, _, events)| (*start, *length, events.len())).collect();
        assert_eq!(pieces, [(0, 240, 3), (240, 272, 2)]);
    }

    #[test]
    fn a_transport_event_says_where_the_song_is_at_its_own_sample() {
        let moves = Event { transport: transport(96, 20.0, 18.0) };
        let told = told(&[moves, note(CLAP_EVENT_NOTE_ON, 200, 60)], Some(transport(0, 7.0, 5.5)));
        assert_eq!(told, [(0, 96, Some((7.0, 5.5)), vec![]), (96, 416, Some((20.0, 18.0)), vec![(104, 60)])]);
    }
}
