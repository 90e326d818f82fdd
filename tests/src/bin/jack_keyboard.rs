//! A musician at the JACK server that the environment names, for the tests of the standalone program: plays a scale
//! on `keys:out` as soon as that is connected, hears what comes to `keys:in`, and says when the connection ends what
//! it heard. With arguments, the name of an instrument and its MIDI channel (0–15), it is an instrument that only
//! plays; with a third one, the number of a controller, it moves that up and down instead; or, with `preset:` before
//! it, the number of a preset, it recalls that and does nothing else.

use std::collections::HashSet;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jack::contrib::ClosureProcessHandler;
use jack::jack_sys::{RAW_MIDI_TYPE, jack_midi_clear_buffer, jack_midi_event_write};
use jack::{Client, ClientOptions, Control, MidiIn, Port, PortFlags, PortSpec, ProcessScope};

const KEYS: [u8; 8] = [60, 62, 64, 65, 67, 69, 71, 72];
/// How long it waits for a connection, and how long for its end.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// What was heard.
#[derive(Default)]
struct Heard {
    notes: AtomicUsize,
    /// Notes that have begun and not ended.
    sounding: AtomicUsize,
    /// A bit for each channel.
    channels: AtomicU32,
}

/// A MIDI output; an instrument's makes its notes itself.
struct Out {
    is_instrument: bool,
}

// SAFETY: type and size are those of JACK's own MIDI ports.
unsafe impl PortSpec for Out {
    fn jack_port_type(&self) -> &str {
        RAW_MIDI_TYPE
    }

    fn jack_flags(&self) -> PortFlags {
        if self.is_instrument { PortFlags::IS_OUTPUT | PortFlags::IS_TERMINAL } else { PortFlags::IS_OUTPUT }
    }

    fn jack_buffer_size(&self) -> std::ffi::c_ulong {
        0
    }
}

/// The buffer of `port` in this cycle, empty.
fn clear(port: &Port<Out>, scope: &ProcessScope) -> *mut c_void {
    // SAFETY: the port is ours, and it is a MIDI port.
    unsafe {
        let buffer = port.buffer(scope.n_frames());
        jack_midi_clear_buffer(buffer);
        buffer
    }
}

/// Writes a message into a buffer of this cycle. One that JACK has no room for is not played: there is room for a few.
fn write(buffer: *mut c_void, message: &[u8]) {
    // SAFETY: the buffer is a MIDI port's of this cycle, and JACK copies the message.
    unsafe { jack_midi_event_write(buffer, 0, message.as_ptr().cast_mut(), message.len()) };
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let instrument = arguments.next();
    let channel: u8 = arguments.next().map_or(Ok(0), |channel| channel.parse())?;
    let third = arguments.next();
    let preset = third.as_deref().and_then(|third| third.strip_prefix("preset:"));
    let preset: Option<u8> = preset.map(str::parse).transpose()?;
    let controller = third.as_deref().filter(|_| preset.is_none());
    let controller: Option<u8> = controller.map(str::parse).transpose()?;
    let wanted = if instrument.is_some() { 1 } else { 2 };
    let name = instrument.as_deref().unwrap_or("keys");
    let (client, _) = Client::new(name, ClientOptions::NO_START_SERVER).context("there is no JACK server")?;
    let out = client.register_port("out", Out { is_instrument: instrument.is_some() })?;
    let ear = client.register_port("in", MidiIn::default())?;
    let (played, listened) = (out.clone_unowned(), ear.clone_unowned());
    let heard = Arc::new(Heard::default());
    let hears = Arc::clone(&heard);
    // A note each quarter of a second, struck for half of it.
    let half = client.sample_rate() as u64 / 8;
    let (mut now, mut halves) = (0, 0);
    let mut sounding = HashSet::new();
    let play = move |_: &Client, scope: &ProcessScope| {
        for event in ear.iter(scope) {
            match event.bytes {
                [status, key, velocity] if status & 0xF0 == 0x90 && *velocity > 0 => {
                    hears.notes.fetch_add(1, Relaxed);
                    hears.channels.fetch_or(1 << (status & 0x0F), Relaxed);
                    sounding.insert((status & 0x0F, *key));
                }
                [status, key, _] if matches!(status & 0xF0, 0x80 | 0x90) => {
                    sounding.remove(&(status & 0x0F, *key));
                }
                _ => {}
            }
        }
        hears.sounding.store(sounding.len(), Relaxed);
        let is_connected = out.connected_count().is_ok_and(|count| count > 0);
        now += u64::from(scope.n_frames());
        let buffer = clear(&out, scope);
        if is_connected && now >= half * (halves + 1) {
            // Up in two seconds, and down.
            let value = ((halves % 32).min(32 - halves % 32) * 8).min(127) as u8;
            let key = KEYS[(halves / 2) as usize % KEYS.len()];
            let status = if halves % 2 == 0 { 0x90 } else { 0x80 };
            match (controller, preset) {
                (Some(controller), _) => write(buffer, &[0xB0 | channel, controller, value]),
                (None, Some(preset)) if halves == 0 => {
                    // The bank of presets, whatever programs recall.
                    write(buffer, &[0xB0 | channel, 0, 2]);
                    write(buffer, &[0xC0 | channel, preset - 1]);
                }
                (None, Some(_)) => {}
                (None, None) => write(buffer, &[status | channel, key, 90]),
            }
            halves += 1;
        } else if !is_connected {
            now = half * halves;
        }
        Control::Continue
    };
    let client = client.activate_async((), ClosureProcessHandler::new(play))?;
    println!("ready");
    let connections = || -> Result<usize> { Ok(played.connected_count()? + listened.connected_count()?) };
    let wait = |what: &str, until: &dyn Fn() -> Result<bool>| -> Result<()> {
        let began = Instant::now();
        while !until()? {
            ensure!(began.elapsed() < PATIENCE, "{what}");
            thread::sleep(PAUSE);
        }
        Ok(())
    };
    wait("nobody connected the ports", &|| Ok(connections()? == wanted))?;
    wait("the connection did not end", &|| Ok(connections()? == 0))?;
    let answer = serde_json::json!({
        "notes": heard.notes.load(Relaxed),
        "sounding": heard.sounding.load(Relaxed),
        "channels": heard.channels.load(Relaxed),
    });
    println!("{answer}");
    client.deactivate()?;
    Ok(())
}
