//! The worker's clock and timers. The clock is read once a turn of the runtime, not once a request; a deadline is one store into
//! a slab that the tick sweeps, so a request arms no timer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::Waker;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    static NOW_MS: Cell<u64> = const { Cell::new(1) };
}

/// The monotonic clock in milliseconds since the process began (from 1), as of this turn of the thread's runtime.
pub fn now_ms() -> u64 {
    NOW_MS.with(Cell::get)
}

/// Reads the clock; called when the runtime wakes, and on the tick (a saturated runtime yields without parking).
pub fn tick_clock() {
    let now = u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1;
    NOW_MS.with(|cell| cell.set(now));
}

/// All timers of a worker.
#[derive(Default)]
pub(super) struct Deadlines {
    slots: RefCell<Vec<Slot>>,
    free: RefCell<Vec<u32>>,
}

struct Slot {
    at_ms: u64,
    /// Since when the owner has nothing to do; [`NEVER`]: it is busy.
    idle_since_ms: u64,
    waker: Option<Waker>,
}

impl Slot {
    const EMPTY: Slot = Slot { at_ms: NEVER, idle_since_ms: NEVER, waker: None };
}

const NEVER: u64 = u64::MAX;

impl Deadlines {
    /// Wakes the tasks whose time is up; those that have idled for `idle_ms` are due whatever time they set.
    pub(super) fn sweep(&self, now: u64, idle_ms: u64) {
        // A waker may run code that touches the slab: collect first. Nobody is due in most sweeps.
        let mut due = Vec::new();
        for slot in self.slots.borrow_mut().iter_mut() {
            if slot.idle_since_ms.saturating_add(idle_ms) <= now {
                slot.at_ms = slot.at_ms.min(now);
            }
            if slot.at_ms <= now {
                due.extend(slot.waker.clone());
            }
        }
        for waker in due {
            waker.wake();
        }
    }
}

/// One timer. It does not fire by itself: the task it wakes asks [`Deadline::expired`].
pub struct Deadline {
    all: Rc<Deadlines>,
    slot: u32,
}

impl Deadline {
    pub(super) fn new(all: &Rc<Deadlines>) -> Deadline {
        let mut slots = all.slots.borrow_mut();
        let slot = match all.free.borrow_mut().pop() {
            Some(slot) => {
                if let Some(s) = slots.get_mut(slot as usize) {
                    *s = Slot::EMPTY;
                }
                slot
            }
            None => {
                slots.push(Slot::EMPTY);
                // A worker cannot hold four billion connections.
                u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        Deadline { all: Rc::clone(all), slot }
    }

    /// The task that polls the timer's owner is woken when the time is up. Cheap when it is the same task as before.
    pub fn watch(&self, waker: &Waker) {
        let mut slots = self.all.slots.borrow_mut();
        let Some(slot) = slots.get_mut(self.slot as usize) else { return };
        if !slot.waker.as_ref().is_some_and(|w| w.will_wake(waker)) {
            slot.waker = Some(waker.clone());
        }
    }

    /// Sets the time, by [`now_ms`]'s clock.
    pub fn arm(&self, at_ms: u64) {
        if let Some(slot) = self.all.slots.borrow_mut().get_mut(self.slot as usize) {
            slot.at_ms = at_ms;
            slot.idle_since_ms = NEVER;
        }
    }

    /// The owner has nothing to do: it is due in `ms`, or earlier when the worker needs its place.
    pub fn arm_idle(&self, ms: u64) {
        let now = now_ms();
        if let Some(slot) = self.all.slots.borrow_mut().get_mut(self.slot as usize) {
            slot.at_ms = now.saturating_add(ms);
            slot.idle_since_ms = now;
        }
    }

    /// Sets the time to `ms` from now.
    pub fn arm_in(&self, ms: u64) {
        self.arm(now_ms().saturating_add(ms));
    }

    /// No time is set any more.
    pub fn disarm(&self) {
        self.arm(NEVER);
    }

    /// The time set has come.
    pub fn expired(&self) -> bool {
        self.all.slots.borrow().get(self.slot as usize).is_some_and(|s| s.at_ms <= now_ms())
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let mut slots = self.all.slots.borrow_mut();
        if let Some(slot) = slots.get_mut(self.slot as usize) {
            *slot = Slot::EMPTY;
        }
        drop(slots);
        self.all.free.borrow_mut().push(self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_deadline_wakes_its_task_once_its_time_has_come_and_not_before() {
        let all = Rc::new(Deadlines::default());
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let deadline = Deadline::new(&all);
        deadline.watch(&Waker::from(Arc::clone(&count)));
        deadline.arm(now_ms() + 50);
        all.sweep(now_ms() + 49, NEVER);
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        assert!(!deadline.expired());
        all.sweep(now_ms() + 50, NEVER);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        deadline.disarm();
        all.sweep(now_ms() + 1000, NEVER);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn under_pressure_the_idle_are_due_early_and_the_busy_are_not() {
        let all = Rc::new(Deadlines::default());
        let (idle, busy) = (Deadline::new(&all), Deadline::new(&all));
        idle.arm_idle(60_000);
        busy.arm_in(60_000);
        all.sweep(now_ms() + 4_999, 5_000);
        assert!(!idle.expired());
        all.sweep(now_ms(), 0);
        assert!(idle.expired());
        assert!(!busy.expired());
    }

    #[test]
    fn slots_are_used_again() {
        let all = Rc::new(Deadlines::default());
        drop(Deadline::new(&all));
        let second = Deadline::new(&all);
        assert_eq!(second.slot, 0);
        assert_eq!(all.slots.borrow().len(), 1);
    }
}
