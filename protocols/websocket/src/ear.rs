//! Which side of a WebSocket woke its task: each is polled with a waker of its own, so that only the one that has something is
//! asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

/// A side's waker.
pub(crate) struct Ear {
    bell: Arc<Bell>,
    waker: Waker,
}

struct Bell {
    rung: AtomicBool,
    task: Waker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl Ear {
    /// One that wakes `task`, and has something to tell at first.
    pub(crate) fn new(task: &Waker) -> Ear {
        let bell = Arc::new(Bell { rung: AtomicBool::new(true), task: task.clone() });
        Ear { waker: Waker::from(Arc::clone(&bell)), bell }
    }

    /// Whether it wakes `task`.
    pub(crate) fn is_of(&self, task: &Waker) -> bool {
        self.bell.task.will_wake(task)
    }

    /// Whether it has been woken since it was asked last.
    pub(crate) fn heard(&self) -> bool {
        self.bell.rung.load(Ordering::Relaxed) && self.bell.rung.swap(false, Ordering::Acquire)
    }

    /// What its side is polled with.
    pub(crate) fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tells_what_it_has_heard_once_and_wakes_the_task() {
        let task = Ear::new(Waker::noop());
        assert!(task.heard());
        let (one, other) = (Ear::new(task.context().waker()), Ear::new(task.context().waker()));
        assert!(one.is_of(task.context().waker()) && !one.is_of(Waker::noop()));
        assert!(one.heard() && other.heard(), "at first both are asked");
        assert!(!one.heard() && !other.heard() && !task.heard());
        one.context().waker().wake_by_ref();
        assert!(task.heard());
        let kept = one.context().waker().clone();
        kept.wake();
        assert!(task.heard());
        assert!(one.heard() && !one.heard());
        assert!(!other.heard());
    }
}
