//! A musician at the JACK server that the environment names, for the tests of the standalone program: plays a scale
//! on `keys:out` as soon as that is connected, hears what comes to `keys:in`, and says when the connection ends what
//! it heard.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jack::contrib::ClosureProcessHandler;
use jack::{Client, ClientOptions, Control, MidiIn, MidiOut, ProcessScope, RawMidi};

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

fn main() -> Result<()> {
    let (client, _) = Client::new("keys", ClientOptions::NO_START_SERVER).context("there is no JACK server")?;
    let mut out = client.register_port("out", MidiOut::default())?;
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
        let mut writer = out.writer(scope);
        if is_connected && now >= half * (halves + 1) {
            let key = KEYS[(halves / 2) as usize % KEYS.len()];
            let status = if halves % 2 == 0 { 0x90 } else { 0x80 };
            // A note that JACK has no room for is not played: there is room for one.
            let _ = writer.write(&RawMidi { time: 0, bytes: &[status, key, 90] });
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
    wait("nobody connected the ports", &|| Ok(connections()? == 2))?;
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
