//! Tasks that wait for the same thing on one thread.

use std::cell::RefCell;
use std::task::{Context, Waker};

/// The tasks that wait; each is there once.
#[derive(Debug, Default)]
pub struct Waiting(RefCell<Vec<Waker>>);

impl Waiting {
    /// The task is woken by the next [`wake`](Waiting::wake).
    pub fn watch(&self, cx: &Context<'_>) {
        let mut all = self.0.borrow_mut();
        if !all.iter().any(|known| known.will_wake(cx.waker())) {
            all.push(cx.waker().clone());
        }
    }

    /// Wakes all of them, who then wait no more.
    #[inline]
    pub fn wake(&self) {
        if !self.0.borrow().is_empty() {
            self.0.take().into_iter().for_each(Waker::wake);
        }
    }
}
