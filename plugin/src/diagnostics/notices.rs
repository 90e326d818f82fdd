//! What an instance has told the musician, for tests of what becomes of faults.

use crate::Inside;
use crate::guard::caught;

/// Writes the notices of the instance that was made last on this thread, each with a line feed, as far as there is
/// `room`, and gives how many bytes these are.
///
/// # Safety
/// `out` points to `room` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn continuo_notices(out: *mut u8, room: usize) -> usize {
    let notices = caught(|| Inside::made_last().map_or(Vec::new(), |inside| inside.shared.notices()));
    let text: String = notices.unwrap_or_default().iter().map(|notice| notice.text.clone() + "\n").collect();
    let length = text.len().min(room);
    // SAFETY: the caller vouches for the room.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), out, length) };
    length
}
