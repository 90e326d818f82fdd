//! The callback safety spy: counts what a real-time callback must not do, while the plug-in processes.
//!
//! Three nets, each proven by a plug-in that offends on purpose (`tests/callback_safety.rs`):
//! - **Memory**: an executable that calls [`crate::interpose!`] defines `malloc` and its kin, so that every library
//!   that is loaded into it takes memory through counters.
//! - **Locks and waits of libc**: likewise `pthread_mutex_lock`, `pthread_cond_wait` and their kin.
//! - **System calls**: Linux's Syscall User Dispatch (`prctl`, since 5.11) turns the first system call in a process
//!   call into a signal, which is noted; the call then goes through. A lock of Rust's `std` that has to wait, a sleep,
//!   a log line or a file is a system call. Not seen: calls that the vDSO answers without the kernel, such as reading
//!   the clock, and a lock of `std` that is free.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// What a callback did that it must not do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offences {
    /// Calls that take, resize or free memory.
    pub memory: u64,
    /// Calls of libc's locks, conditions and semaphores.
    pub locks: u64,
    /// System calls by number, the first of each process call.
    pub system_calls: BTreeMap<i64, u64>,
    /// Process calls watched.
    pub watched: u64,
}

impl Offences {
    /// Whether there were none.
    pub fn none(&self) -> bool {
        self.memory == 0 && self.locks == 0 && self.system_calls.is_empty()
    }
}

/// Says which process calls are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    Off,
    On,
    Inside,
}

thread_local! {
    static WATCH: Cell<Watch> = const { Cell::new(Watch::Off) };
    static MEMORY: Cell<u64> = const { Cell::new(0) };
    static LOCKS: Cell<u64> = const { Cell::new(0) };
    static WATCHED: Cell<u64> = const { Cell::new(0) };
    static SYSTEM_CALLS: RefCell<BTreeMap<i64, u64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs the plug-in's process call `call`, watched if this thread is within [`during`].
pub(super) fn watch<R>(call: impl FnOnce() -> R) -> R {
    if WATCH.get() == Watch::Off {
        return call();
    }
    dispatch::prepare();
    WATCH.set(Watch::Inside);
    dispatch::block();
    let result = call();
    let system_call = dispatch::allow();
    WATCH.set(Watch::On);
    WATCHED.set(WATCHED.get() + 1);
    if let Some(number) = system_call {
        SYSTEM_CALLS.with_borrow_mut(|calls| *calls.entry(number).or_default() += 1);
    }
    result
}

/// Runs `session` and says what the process calls that it makes on this thread did wrong.
pub fn during<R>(session: impl FnOnce() -> R) -> (R, Offences) {
    MEMORY.set(0);
    LOCKS.set(0);
    WATCHED.set(0);
    SYSTEM_CALLS.set(BTreeMap::new());
    WATCH.set(Watch::On);
    let result = session();
    WATCH.set(Watch::Off);
    let offences = Offences {
        memory: MEMORY.get(),
        locks: LOCKS.get(),
        system_calls: SYSTEM_CALLS.take(),
        watched: WATCHED.get(),
    };
    (result, offences)
}

/// Whether the kernel can report system calls.
pub fn sees_system_calls() -> bool {
    dispatch::prepare()
}

/// Counts a call that takes or gives back memory, if it comes from inside a watched process call.
#[doc(hidden)]
pub fn count_memory() {
    if WATCH.get() == Watch::Inside {
        MEMORY.set(MEMORY.get() + 1);
    }
}

/// Counts a call of a lock, if it comes from inside a watched process call.
#[doc(hidden)]
pub fn count_lock() {
    if WATCH.get() == Watch::Inside {
        LOCKS.set(LOCKS.get() + 1);
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod dispatch {
    //! Syscall User Dispatch: <https://docs.kernel.org/admin-guide/syscall-user-dispatch.html>.

    use std::cell::{Cell, UnsafeCell};
    use std::ffi::{c_int, c_void};
    use std::mem::MaybeUninit;

    const PR_SET_SYSCALL_USER_DISPATCH: c_int = 59;
    const PR_SYS_DISPATCH_ON: libc::c_ulong = 1;
    const ALLOW: u8 = 0;
    const BLOCK: u8 = 1;
    const NONE: i64 = -1;

    thread_local! {
        static READY: Cell<Option<bool>> = const { Cell::new(None) };
        /// Read by the kernel at each system call of this thread.
        static SELECTOR: UnsafeCell<u8> = const { UnsafeCell::new(ALLOW) };
        static SEEN: Cell<i64> = const { Cell::new(NONE) };
    }

    /// Sets the dispatch up for this thread; says whether the kernel has it.
    pub fn prepare() -> bool {
        if let Some(ready) = READY.get() {
            return ready;
        }
        // SAFETY: the handler only touches this thread's own flags and its context; the selector lives as long as the
        // thread does.
        let ready = unsafe {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            action.sa_sigaction = on_system_call as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize;
            action.sa_flags = libc::SA_SIGINFO;
            let none: libc::c_ulong = 0;
            libc::sigaction(libc::SIGSYS, &action, std::ptr::null_mut()) == 0
                && libc::prctl(
                    PR_SET_SYSCALL_USER_DISPATCH,
                    PR_SYS_DISPATCH_ON,
                    none,
                    none,
                    SELECTOR.with(UnsafeCell::get),
                ) == 0
        };
        READY.set(Some(ready));
        ready
    }

    fn select(state: u8) {
        // SAFETY: only this thread and the kernel on its behalf read or write it.
        SELECTOR.with(|selector| unsafe { selector.get().write_volatile(state) });
    }

    /// From now on a system call of this thread raises the signal.
    pub fn block() {
        if READY.get() == Some(true) {
            SEEN.set(NONE);
            select(BLOCK);
        }
    }

    /// System calls go through again; the number of the one that was seen.
    pub fn allow() -> Option<i64> {
        select(ALLOW);
        Some(SEEN.get()).filter(|number| *number != NONE)
    }

    extern "C" fn on_system_call(_signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        select(ALLOW);
        // SAFETY: the kernel hands over a valid context whose instruction pointer is just behind the two bytes of
        // `syscall`, with all registers as before it: going back makes the call again, and now it goes through.
        unsafe {
            let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
            SEEN.set(registers[libc::REG_RAX as usize]);
            registers[libc::REG_RIP as usize] -= 2;
            let _ = info;
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod dispatch {
    //! No way to see system calls here.

    pub fn prepare() -> bool {
        false
    }
    pub fn block() {}
    pub fn allow() -> Option<i64> {
        None
    }
}

/// Defines functions of libc's locks that count and pass on.
#[doc(hidden)]
#[macro_export]
macro_rules! counted_locks {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            static REAL: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
            const NEXT: *mut c_void = -1isize as *mut c_void;
            count_lock();
            let mut real = REAL.load(Ordering::Relaxed);
            if real.is_null() {
                real = unsafe { dlsym(NEXT, concat!(stringify!($name), "\0").as_ptr().cast()) };
                REAL.store(real, Ordering::Relaxed);
            }
            let real: unsafe extern "C" fn($($kind),*) -> c_int = unsafe { std::mem::transmute(real) };
            unsafe { real($($argument),*) }
        }
    )*};
}

/// Has the executable that calls it (once, at the top of a file) take the place of libc's memory and lock functions,
/// for itself and for every library that it loads.
#[macro_export]
macro_rules! interpose {
    () => {
        mod interposed {
            use std::ffi::{c_int, c_void};
            use std::sync::atomic::{AtomicPtr, Ordering};

            use $crate::host::spy::{count_lock, count_memory};

            unsafe extern "C" {
                fn __libc_malloc(size: usize) -> *mut c_void;
                fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
                fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
                fn __libc_free(block: *mut c_void);
                fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
                fn dlsym(library: *mut c_void, name: *const std::ffi::c_char) -> *mut c_void;
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
                count_memory();
                unsafe { __libc_malloc(size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
                count_memory();
                unsafe { __libc_calloc(count, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
                count_memory();
                unsafe { __libc_realloc(block, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn free(block: *mut c_void) {
                if !block.is_null() {
                    count_memory();
                }
                unsafe { __libc_free(block) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
                count_memory();
                unsafe { __libc_memalign(alignment, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn posix_memalign(block: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
                const OUT_OF_MEMORY: c_int = 12;
                count_memory();
                unsafe {
                    *block = __libc_memalign(alignment, size);
                    if (*block).is_null() { OUT_OF_MEMORY } else { 0 }
                }
            }

            $crate::counted_locks! {
                pthread_mutex_lock(mutex: *mut c_void);
                pthread_mutex_trylock(mutex: *mut c_void);
                pthread_mutex_timedlock(mutex: *mut c_void, until: *const c_void);
                pthread_mutex_unlock(mutex: *mut c_void);
                pthread_rwlock_rdlock(lock: *mut c_void);
                pthread_rwlock_wrlock(lock: *mut c_void);
                pthread_rwlock_unlock(lock: *mut c_void);
                pthread_cond_wait(condition: *mut c_void, mutex: *mut c_void);
                pthread_cond_timedwait(condition: *mut c_void, mutex: *mut c_void, until: *const c_void);
                pthread_cond_signal(condition: *mut c_void);
                pthread_cond_broadcast(condition: *mut c_void);
                sem_wait(semaphore: *mut c_void);
                sem_trywait(semaphore: *mut c_void);
                sem_post(semaphore: *mut c_void);
            }
        }
    };
}
