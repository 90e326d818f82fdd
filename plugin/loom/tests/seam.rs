//! What holds of the seam in whatever order two threads come to it.

use continuo_loom::{Doubt, Doubts, Known, Loading, Memory, Signal};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::{model, thread};

#[test]
fn a_signal_is_taken_once_and_what_was_written_before_is_seen() {
    model(|| {
        let shared = Arc::new((Signal::default(), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let panel = thread::spawn(move || {
            theirs.1.store(7, Ordering::Relaxed);
            theirs.0.raise();
        });
        let (signal, written) = &*shared;
        let taken = signal.take();
        assert!(!taken || written.load(Ordering::Relaxed) == 7);
        panel.join().unwrap();
        assert_eq!(signal.take(), !taken);
    });
}

#[test]
fn of_two_signals_none_is_lost() {
    model(|| {
        let signal = Arc::new(Signal::default());
        let theirs = Arc::clone(&signal);
        let panel = thread::spawn(move || {
            theirs.raise();
            theirs.raise();
        });
        let early = signal.take();
        panel.join().unwrap();
        let late = signal.take();
        assert!((early || late) && !signal.take());
    });
}

#[test]
fn each_doubt_is_told_once_whenever_it_is_raised() {
    model(|| {
        let doubts = Arc::new(Doubts::default());
        let theirs = Arc::clone(&doubts);
        let audio = thread::spawn(move || {
            for doubt in [Doubt::Tempo, Doubt::Standing, Doubt::Tempo] {
                theirs.raise(doubt);
            }
        });
        let mut told: Vec<Doubt> = (0..2).filter_map(|_| doubts.take_new()).collect();
        audio.join().unwrap();
        told.extend(std::iter::from_fn(|| doubts.take_new()));
        assert!(matches!(told[..], [Doubt::Tempo, Doubt::Standing] | [Doubt::Standing, Doubt::Tempo]), "{told:?}");
    });
}

#[test]
fn what_audio_reads_is_of_one_state_or_nothing() {
    model(|| {
        let shared = Arc::new((Loading::default(), [AtomicU32::new(0), AtomicU32::new(0)]));
        let theirs = Arc::clone(&shared);
        let main = thread::spawn(move || {
            let (loading, parts) = &*theirs;
            for state in 1..=2 {
                loading.during(|| parts.iter().for_each(|part| part.store(state, Ordering::Relaxed)));
            }
        });
        let (loading, parts) = &*shared;
        let read = || loading.whole(|loads| (loads, parts.each_ref().map(|part| part.load(Ordering::Relaxed))));
        if let Some((loads, parts)) = read() {
            assert_eq!(parts, [loads; 2]);
        }
        main.join().unwrap();
        assert_eq!(read(), Some((2, [2; 2])));
    });
}

#[test]
fn a_memory_comes_to_the_band_with_the_controls_of_its_state() {
    model(|| {
        let shared = Arc::new((Loading::default(), AtomicU32::new(0), Known::default()));
        let theirs = Arc::clone(&shared);
        let main = thread::spawn(move || {
            let (loading, controls, memory) = &*theirs;
            loading.during(|| {
                controls.store(1, Ordering::Relaxed);
                memory.bring(Arc::new(Memory(1)), loading.newest());
            });
        });
        let (loading, controls, memory) = &*shared;
        // A frame, as audio calls it and the worker decides it.
        let frame = || {
            let (loads, controls) = loading.whole(|loads| (loads, controls.load(Ordering::Relaxed)))?;
            let brought = memory.take_brought(loads);
            assert!(brought.is_none() || controls == 1);
            memory.publish(brought.as_ref().unwrap_or(&Arc::new(Memory(9))));
            brought
        };
        let early = frame();
        main.join().unwrap();
        let late = frame();
        assert!(early.is_some() != late.is_some(), "it is taken once");
    });
}

#[test]
fn what_is_brought_is_taken_once_and_not_overwritten_before() {
    model(|| {
        let memory = Arc::new(Known::default());
        let theirs = Arc::clone(&memory);
        let main = thread::spawn(move || theirs.bring(Arc::new(Memory(1)), 0));
        memory.publish(&Arc::new(Memory(9)));
        let early = memory.take_brought(0);
        main.join().unwrap();
        if early.is_none() {
            assert_eq!(*memory.newest(), Memory(1));
        }
        let late = memory.take_brought(0);
        let taken: Vec<u32> = [early, late].into_iter().flatten().map(|memory| memory.0).collect();
        assert_eq!(taken, [1]);
    });
}
