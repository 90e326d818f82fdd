//! The VST3 entry point: the wrapper's, and what the wrapper leaves out.
//!
//! `clap-wrapper` makes a VST3 of the CLAP in this library. Hosts get its objects behind ours ([`front`]), which pass
//! everything on and see to the rest:
//!
//! - **A block says whether it is rendered.** The wrapper reads it before activation only; Ardour before 8.7 says it in
//!   each block only.
//! - **A parameter that is set while nothing is processed is in the state** that is saved next. The wrapper waits for a
//!   block to bring it.
//! - **All changes of a parameter or controller arrive**, and none is rounded down on its way: see [`changes`].
//! - **The wrapper's controllers in the guise of parameters are hidden**, and its programs have the names of what they
//!   do.
//!
//! So that ours come first, the wrapper's factory is built under another name (`.cargo/config.toml`), and the function
//! that hosts call finds [`clap_wrapper_GetPluginFactory`] in its place.

mod changes;
mod front;
mod programs;

use std::ffi::c_void;
use std::ptr;

use vst3::Steinberg::Vst::IComponent;
use vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3, IPluginFactory3Trait,
    IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo, TUID, kInternalError, kInvalidArgument,
    kNoInterface, tresult,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use crate::guard::guarded;
use front::Front;

unsafe extern "system" {
    /// The wrapper's own factory, with one reference more.
    fn clap_wrapper_own_GetPluginFactory() -> *mut IPluginFactory;
}

/// The wrapper's line on the error stream about each instance's audio ports goes nowhere: `build.rs` has the linker put
/// these in the place of C's functions, for this library alone.
#[cfg(target_os = "linux")]
mod silence {
    use std::ffi::{c_char, c_int, c_void};

    #[unsafe(no_mangle)]
    extern "C" fn __wrap_fprintf(_stream: *mut c_void, _format: *const c_char) -> c_int {
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn __wrap___fprintf_chk(_stream: *mut c_void, _flag: c_int, _format: *const c_char) -> c_int {
        0
    }
}

/// What `GetPluginFactory` gives to hosts; null when there is nothing to give.
#[unsafe(no_mangle)]
extern "system" fn clap_wrapper_GetPluginFactory() -> *mut IPluginFactory {
    let make = || {
        // SAFETY: the wrapper hands over a reference, or null.
        let theirs = unsafe { ComPtr::from_raw(clap_wrapper_own_GetPluginFactory()) };
        let factory = theirs.and_then(|theirs| theirs.cast::<IPluginFactory3>()).map(|theirs| Factory { theirs });
        let ours = factory.and_then(|factory| ComWrapper::new(factory).to_com_ptr::<IPluginFactory>());
        ours.map_or(ptr::null_mut(), ComPtr::into_raw)
    };
    guarded(make, ptr::null_mut())
}

/// Methods that go to the wrapper's object as they are: nothing in them could panic.
macro_rules! passed_on {
    ($to:ident: $($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        unsafe fn $name(&self, $($argument: $kind),*) -> $result {
            // SAFETY: the host's arguments go on as they are.
            unsafe { self.$to.$name($($argument),*) }
        }
    )*};
}
use passed_on;

/// The factory: the wrapper's, with fronts before the instances that it makes.
struct Factory {
    theirs: ComPtr<IPluginFactory3>,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

impl IPluginFactoryTrait for Factory {
    passed_on! { theirs:
        getFactoryInfo(info: *mut PFactoryInfo) -> tresult;
        countClasses() -> i32;
        getClassInfo(index: i32, info: *mut PClassInfo) -> tresult;
    }

    unsafe fn createInstance(&self, class: FIDString, interface: FIDString, object: *mut *mut c_void) -> tresult {
        if interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: the interface that is asked for is the one that comes; the host gives room for a pointer.
        let make = || unsafe {
            *object = ptr::null_mut();
            let mut theirs: *mut c_void = ptr::null_mut();
            let made = self.theirs.createInstance(class, IComponent::IID.as_ptr().cast(), &mut theirs);
            let Some(theirs) = ComPtr::from_raw(theirs.cast::<IComponent>()) else { return made };
            let front = Front::before(theirs).and_then(|front| ComWrapper::new(front).to_com_ptr::<FUnknown>());
            let Some(front) = front else { return kNoInterface };
            let unknown = front.as_ptr();
            ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast::<TUID>(), object)
        };
        guarded(make, kInternalError)
    }
}

impl IPluginFactory2Trait for Factory {
    passed_on! { theirs: getClassInfo2(index: i32, info: *mut PClassInfo2) -> tresult; }
}

impl IPluginFactory3Trait for Factory {
    passed_on! { theirs:
        getClassInfoUnicode(index: i32, info: *mut PClassInfoW) -> tresult;
        setHostContext(context: *mut FUnknown) -> tresult;
    }
}
