//! A plug-in of the same framework that does nothing but pass its notes through: the baseline of the bench, and, since
//! it can offend on purpose, the proof that the callback safety spy sees what it should.

use std::ffi::c_void;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use nice_plug::prelude::*;

/// What the plug-in does in each process call that a callback must not do.
#[derive(Enum, PartialEq, Clone, Copy, Debug)]
enum Offence {
    /// Nothing.
    None,
    /// Takes memory and gives it back.
    Memory,
    /// Locks a mutex of libc's.
    Lock,
    /// Makes a system call.
    #[name = "System call"]
    SystemCall,
}

#[derive(Params)]
struct Settings {
    /// The deliberate offence.
    #[id = "offence"]
    offence: EnumParam<Offence>,
}

struct Passthrough {
    settings: Arc<Settings>,
    mutex: Box<libc::pthread_mutex_t>,
}

impl Default for Passthrough {
    fn default() -> Self {
        Self {
            settings: Arc::new(Settings { offence: EnumParam::new("Offence", Offence::None) }),
            mutex: Box::new(libc::PTHREAD_MUTEX_INITIALIZER),
        }
    }
}

impl Plugin for Passthrough {
    const NAME: &'static str = "Passthrough";
    const VENDOR: &'static str = "Continuo";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: NonZeroU32::new(2), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;

    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.settings.clone()
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        match self.settings.offence.value() {
            Offence::None => (),
            Offence::Memory => drop(black_box(vec![0u8; 64])),
            // SAFETY: the mutex is initialised, never moved and unlocked by its owner.
            Offence::Lock => unsafe {
                libc::pthread_mutex_lock(&mut *self.mutex);
                libc::pthread_mutex_unlock(&mut *self.mutex);
            },
            Offence::SystemCall => drop(black_box(fs::metadata("/"))),
        }
        for channel in buffer.as_slice() {
            channel.fill(0.0);
        }
        while let Some(event) = context.next_event() {
            // An output queue that is full is the host's affair.
            let _ = context.try_send_event(event);
        }
        ProcessStatus::KeepAlive
    }
}

impl ClapPlugin for Passthrough {
    const CLAP_ID: &'static str = "org.continuo.passthrough";
    const CLAP_DESCRIPTION: Option<&'static str> = None;
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[ClapFeature::NoteEffect];
}

nice_export_clap!(Passthrough);
clap_wrapper::export_vst3!();

unsafe extern "system" {
    fn clap_wrapper_own_GetPluginFactory() -> *mut c_void;
}

/// The wrapper's factory, which has another name in this workspace (`.cargo/config.toml`).
#[unsafe(no_mangle)]
extern "system" fn clap_wrapper_GetPluginFactory() -> *mut c_void {
    // SAFETY: a plain call.
    unsafe { clap_wrapper_own_GetPluginFactory() }
}
