//! What main and panel write and audio reads: always the newest, always whole, and nobody waits.

use triple_buffer::{Input, Output, triple_buffer};

/// The writers' end, for main and panel behind a lock of theirs.
#[derive(Debug)]
pub struct Published<T: Send>(Input<T>);

impl<T: Clone + Default + Send> Default for Published<T> {
    fn default() -> Self {
        Self::new(&T::default())
    }
}

impl<T: Clone + Send> Published<T> {
    /// One that nobody reads yet, and that holds `now`.
    pub fn new(now: &T) -> Self {
        Self(triple_buffer(now).0)
    }

    /// Main, panel: from now on the reader sees `value`. What it saw before is dropped here.
    pub fn write(&mut self, value: T) {
        self.0.write(value);
    }

    /// Main: a reader for the audio thread, which sees `now` to begin with. From now on only this one sees what is
    /// written; allocates.
    pub fn reader(&mut self, now: &T) -> Newest<T> {
        let (published, read) = triple_buffer(now);
        self.0 = published;
        Newest { read, is_new: true }
    }
}

/// The audio thread's end. Nothing here waits, and nothing allocates if cloning does not.
#[derive(Debug)]
pub struct Newest<T: Send> {
    read: Output<T>,
    is_new: bool,
}

impl<T: Clone + Send> Newest<T> {
    /// Audio: what was written last, unless that has been taken.
    pub fn newest(&mut self) -> Option<T> {
        self.is_new |= self.read.update();
        self.is_new.then(|| self.read.output_buffer().clone())
    }

    /// Audio: what was written last has been taken, until something else is written.
    pub fn take(&mut self) {
        self.is_new = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_is_still_new() {
        let mut published = Published::default();
        let mut reader = published.reader(&1);
        assert_eq!([reader.newest(), reader.newest()], [Some(1); 2]);
        reader.take();
        assert_eq!(reader.newest(), None);
        published.write(2);
        published.write(3);
        assert_eq!(reader.newest(), Some(3), "the newest");
    }

    #[test]
    fn of_two_readers_the_later_one_sees_what_is_written() {
        let mut published = Published::default();
        let mut earlier = published.reader(&1);
        let mut later = published.reader(&1);
        published.write(2);
        assert_eq!((earlier.newest(), later.newest()), (Some(1), Some(2)));
    }
}
