//! How urgent the system takes the worker for: above everything but audio, where it lets us.

use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::seam::Urgency;

/// On the scale of `thread-priority`, above what programs get and below what audio does. On macOS the scale is the
/// system's own, which ends at 47.
const RAISED: u8 = if cfg!(target_os = "macos") { 45 } else { 80 };

/// Asks the system to take the present thread for urgent, or for as usual again. What it is taken for now.
pub fn set(urgent: bool) -> Urgency {
    if !urgent {
        usual();
        return Urgency::Usual;
    }
    if real_time() {
        return Urgency::RealTime;
    }
    let raised = ThreadPriority::Crossplatform(RAISED.try_into().expect("it is less than 100"));
    if set_current_thread_priority(raised).is_ok() { Urgency::Raised } else { Urgency::Usual }
}

/// Real time of the lowest priority: audio has a higher one. Not where the system ends a process whose threads take
/// too much of it at once, as it may for a worker that is behind.
#[cfg(target_os = "linux")]
fn real_time() -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours and lives through the call.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_RTTIME, &mut limit) } == 0;
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    let is_unlimited = known && limit.rlim_cur == libc::RLIM_INFINITY;
    is_unlimited && set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy).is_ok()
}

#[cfg(target_os = "linux")]
fn usual() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    /// What stands for a niceness of 0.
    const USUAL: u8 = 47;
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    let usual = ThreadPriority::Crossplatform(USUAL.try_into().expect("it is less than 100"));
    // What cannot be changed stays as the system has it.
    let _ = set_thread_priority_and_policy(thread_native_id(), usual, policy);
}

#[cfg(not(target_os = "linux"))]
fn real_time() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn usual() {
    const USUAL: u8 = if cfg!(target_os = "macos") { 31 } else { 50 };
    let usual = ThreadPriority::Crossplatform(USUAL.try_into().expect("it is less than 100"));
    // What cannot be changed stays as the system has it.
    let _ = set_current_thread_priority(usual);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_system_allows_a_thread_is_as_usual_again_afterwards() {
        let urgency = std::thread::spawn(|| {
            set(true);
            set(false)
        });
        assert_eq!(urgency.join().unwrap(), Urgency::Usual);
    }
}
