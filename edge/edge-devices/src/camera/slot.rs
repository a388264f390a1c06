//! A place for one frame: the newest. Never a queue, so a slow reader sees the present and not the past.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use domain::frame::Frame;

/// The newest frame of a camera. Shared by reference between the camera's thread and its readers.
#[derive(Debug, Default)]
pub struct LatestFrame {
    newest: Mutex<Option<Frame>>,
    changed: Condvar,
}

impl LatestFrame {
    /// An empty slot.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the frame and wakes every waiting reader.
    pub fn put(&self, frame: Frame) {
        *self.lock() = Some(frame);
        self.changed.notify_all();
    }

    /// The newest frame, if there has been one.
    pub fn newest(&self) -> Option<Frame> {
        self.lock().clone()
    }

    /// Waits for a frame whose number is above `after_number`, at most `timeout`. Frames are numbered from 1, so 0 takes
    /// any frame.
    pub fn wait_newer(&self, after_number: u64, timeout: Duration) -> Option<Frame> {
        let not_newer =
            |newest: &mut Option<Frame>| newest.as_ref().is_none_or(|frame| frame.number <= after_number);
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, not_newer);
        let (newest, _) = waited.expect("no holder of this lock can panic");
        newest.clone().filter(|frame| frame.number > after_number)
    }

    /// Forgets the frame, as when the camera is lost: nobody should take an old picture for the present.
    pub fn clear(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Frame>> {
        self.newest.lock().expect("no holder of this lock can panic")
    }
}
