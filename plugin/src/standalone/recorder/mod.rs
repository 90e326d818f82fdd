//! Records to a WAV and a MIDI file, on a thread of its own. What is on the disk is whole at any time, but for the last
//! moments.

mod score;
pub mod tape;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use continuo::seam::Part;
use hound::{SampleFormat, WavSpec, WavWriter};
use ringbuf::traits::{Consumer, Observer};

use super::engine::Links;
use super::messages;
use score::Score;
use tape::{Reel, Running};

/// How often what was played goes to the files.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the WAV file is made whole, and the MIDI file.
const WHOLE: Duration = Duration::from_secs(1);
const WHOLE_SCORE: Duration = Duration::from_secs(10);
/// How long the audio thread is given to hand the tape back.
const PATIENCE: Duration = Duration::from_millis(500);
/// A WAV file counts its bytes in 32 bits: the most samples of one channel, with room for its header.
const LONGEST: u64 = (u32::MAX as u64 - 4096) / (2 * size_of::<f32>() as u64);
/// The most recordings in a folder.
const MOST: u32 = 9999;

/// A recording that runs. It ends when this is dropped.
pub struct Recorder {
    running: Arc<Running>,
    samples: Arc<AtomicU64>,
    rate: u32,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins to record what is played at `rate` Hertz, into new files in `folder`.
    ///
    /// # Errors
    /// If they cannot be made: what the musician should read.
    pub fn start(folder: &Path, rate: u32, links: &Arc<Links>) -> Result<Self, String> {
        let cannot =
            |error: &dyn std::fmt::Display| format!("Nothing is recorded: \"{}\" ({error}).", folder.display());
        fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
        let (wav, file) = new_file(folder).map_err(|error| cannot(&error))?;
        let spec = WavSpec { channels: 2, sample_rate: rate, bits_per_sample: 32, sample_format: SampleFormat::Float };
        let writer = WavWriter::new(BufWriter::new(file), spec).map_err(|error| cannot(&error))?;
        let (tape, reel) = tape::tape(rate);
        let (running, samples) = (Arc::clone(&reel.running), Arc::new(AtomicU64::new(0)));
        if !links.tapes.lend(tape) {
            return Err("Nothing is recorded: another recording is about to begin. Try again.".to_owned());
        }
        let (links, counted) = (Arc::clone(links), Arc::clone(&samples));
        let files = Files { writer, score: Score::new(rate), wav, samples: counted };
        let thread = thread::Builder::new()
            .name("continuo recorder".into())
            .spawn(move || record(files, reel, &links))
            .map_err(|error| cannot(&error))?;
        Ok(Self { running, samples, rate, thread: Some(thread) })
    }

    /// For how many seconds it has recorded; `None`: it has ended by itself.
    pub fn seconds(&self) -> Option<u64> {
        (!self.running.has_ended()).then(|| self.samples.load(Relaxed) / u64::from(self.rate))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.running.end();
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, the files are whole up to then.
            let _ = thread.join();
        }
    }
}

/// The name of a part's track.
pub fn name(part: Part) -> &'static str {
    match part {
        Part::You => "You",
        Part::Player(player) => player.kind().name,
    }
}

/// A new file in `folder`, numbered after those that are there.
fn new_file(folder: &Path) -> std::io::Result<(PathBuf, File)> {
    let mut last = None;
    for number in 1..=MOST {
        let path = folder.join(format!("Continuo {number:03}.wav"));
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AlreadyExists.into()))
}

struct Files {
    writer: WavWriter<BufWriter<File>>,
    score: Score,
    wav: PathBuf,
    /// Of one channel, that are written.
    samples: Arc<AtomicU64>,
}

impl Files {
    /// Writes what the tape has brought.
    fn write(&mut self, reel: &mut Reel) -> Result<(), String> {
        while let Some(taped) = reel.events.try_pop() {
            self.score.add(taped);
        }
        for _ in 0..reel.sound.occupied_len() / 2 {
            for sample in [reel.sound.try_pop(), reel.sound.try_pop()].into_iter().flatten() {
                self.writer.write_sample(sample).map_err(|error| self.problem(&error))?;
            }
            self.samples.fetch_add(1, Relaxed);
        }
        if self.samples.load(Relaxed) >= LONGEST {
            return Err("A WAV file cannot be longer: the recording has ended. Begin another one.".to_owned());
        }
        Ok(())
    }

    fn make_whole(&mut self) -> Result<(), String> {
        self.writer.flush().map_err(|error| self.problem(&error))
    }

    fn write_score(&self) -> Result<(), String> {
        let path = self.wav.with_extension("mid");
        self.score.write(&path).map_err(|error| self.problem(&error))
    }

    fn problem(&self, error: &dyn std::fmt::Display) -> String {
        format!(
            "The recording has ended: \"{}\" cannot be written any more ({error}). Is the disk full?",
            self.wav.display()
        )
    }
}

/// Writes until the end. What went wrong is told.
fn record(mut files: Files, mut reel: Reel, links: &Links) {
    let begun = Instant::now();
    let (mut whole, mut whole_score) = (begun, begun);
    let mut went = files.write_score();
    while went.is_ok() && !reel.running.has_ended() {
        thread::sleep(PAUSE);
        went = files.write(&mut reel);
        if went.is_ok() && whole.elapsed() >= WHOLE {
            whole = Instant::now();
            went = files.make_whole();
        }
        if went.is_ok() && whole_score.elapsed() >= WHOLE_SCORE {
            whole_score = Instant::now();
            went = files.write_score();
        }
    }
    reel.running.end();
    let ending = Instant::now();
    while !links.tapes.clear() && ending.elapsed() < PATIENCE {
        thread::sleep(PAUSE / 5);
    }
    links.tapes.withdraw();
    let went = went.and_then(|()| files.write(&mut reel)).and_then(|()| files.make_whole());
    let went = went.and_then(|()| files.write_score());
    let wav = files.wav.clone();
    let finished = files.writer.finalize();
    match (went, finished) {
        (Err(problem), _) => messages::tell(&problem),
        (_, Err(error)) => messages::tell(&format!("The recording \"{}\" is not whole ({error}).", wav.display())),
        (Ok(()), Ok(())) => messages::tell(&format!("Recorded: \"{}\", and as MIDI beside it.", wav.display())),
    }
    if reel.running.lost() > 0 {
        messages::tell("The recording has gaps: the disk was too slow.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_numbered_after_those_that_are_there() {
        let folder = std::env::temp_dir().join(format!("continuo-recorder-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for number in ["001", "002", "003"] {
            let (path, _) = new_file(&folder).unwrap();
            assert_eq!(path, folder.join(format!("Continuo {number}.wav")));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_is_full_ends_the_recording_with_a_word() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let spec =
            WavSpec { channels: 2, sample_rate: 48_000, bits_per_sample: 32, sample_format: SampleFormat::Float };
        let writer = WavWriter::new(BufWriter::new(full), spec).unwrap();
        let (mut tape, mut reel) = tape::tape(48_000);
        let wav = PathBuf::from("/dev/full");
        let mut files = Files { writer, score: Score::new(48_000), wav, samples: Arc::default() };
        let sound = [0.5; 480];
        let mut went = Ok(());
        for _ in 0..100 {
            tape.sound(&sound, &sound);
            went = went.and_then(|()| files.write(&mut reel)).and_then(|()| files.make_whole());
        }
        assert!(went.unwrap_err().contains("Is the disk full?"));
    }

    #[test]
    fn sound_that_nobody_takes_is_counted_as_lost_and_no_block_is_torn() {
        let (mut tape, reel) = tape::tape(100);
        let sound = [0.5; 300];
        for _ in 0..4 {
            tape.sound(&sound, &sound);
        }
        // Ten seconds find room: three blocks.
        assert_eq!((reel.sound.occupied_len(), reel.running.lost()), (1800, 300));
    }
}
