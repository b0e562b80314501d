//! The worker's clock and timers. The clock is read once a turn of the runtime, not once a request; a deadline is one store into
//! a slab that the tick sweeps, so a request arms no timer.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    /// In milliseconds, and in microseconds.
    static NOW: (Cell<u64>, Cell<u64>) = const { (Cell::new(1), Cell::new(0)) };
}

/// The monotonic clock in milliseconds since the process began (from 1), as of this turn of the thread's runtime.
pub fn now_ms() -> u64 {
    NOW.with(|(ms, _)| ms.get())
}

/// The same clock in microseconds (from 0).
pub fn now_us() -> u64 {
    NOW.with(|(_, us)| us.get())
}

/// The same clock, read now: for threads that are no workers.
pub fn clock_ms() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
}

/// The same in microseconds (from 0): for moments within a turn.
pub fn clock_us() -> u64 {
    u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Reads the clock; called when the runtime wakes, and on the tick (a saturated runtime yields without parking).
pub fn tick_clock() {
    let passed = START.elapsed();
    let us = passed.as_secs().wrapping_mul(1_000_000).wrapping_add(passed.subsec_micros().into());
    NOW.with(|now| {
        now.0.set(us / 1000 + 1);
        now.1.set(us);
    });
}

/// All timers of a worker.
pub(super) struct Deadlines {
    slots: RefCell<Vec<Slot>>,
    free: RefCell<Vec<u32>>,
    /// When the next one is due that does not wait for a tick; [`NEVER`]: there is none.
    alarm_ms: Cell<u64>,
    /// Who looks after those.
    alarmed: RefCell<Option<Waker>>,
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            slots: RefCell::default(),
            free: RefCell::default(),
            alarm_ms: Cell::new(NEVER),
            alarmed: RefCell::default(),
        }
    }
}

struct Slot {
    at_ms: u64,
    /// Its owner wants to be woken then, and not at the tick that follows; of no meaning once it is past.
    exact_ms: u64,
    /// Since when the owner has nothing to do; [`NEVER`]: it is busy.
    idle_since_ms: u64,
    waker: Option<Waker>,
}

impl Slot {
    const EMPTY: Slot = Slot { at_ms: NEVER, exact_ms: NEVER, idle_since_ms: NEVER, waker: None };
}

const NEVER: u64 = u64::MAX;

/// Which idle owners are due before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Early {
    Nobody,
    /// Who has idled for so many milliseconds.
    Idle(u64),
    /// Who has idled longest: one in eight.
    Oldest,
}

impl Deadlines {
    /// Wakes the tasks whose time is up, and those of the idle that have to go `early`; with `all` every task, so that it looks
    /// about.
    pub(super) fn sweep(&self, now: u64, early: Early, all: bool) {
        let idle_ms = match early {
            Early::Nobody => NEVER,
            Early::Idle(ms) => ms,
            Early::Oldest => self.oldest(now),
        };
        // A waker may run code that touches the slab: collect first. Nobody is due in most sweeps.
        let (mut due, mut alarm) = (Vec::new(), NEVER);
        for slot in self.slots.borrow_mut().iter_mut() {
            if slot.exact_ms > now {
                alarm = alarm.min(slot.exact_ms);
            }
            if slot.idle_since_ms.saturating_add(idle_ms) <= now {
                slot.at_ms = slot.at_ms.min(now);
            }
            if all || slot.at_ms <= now {
                due.extend(slot.waker.clone());
            }
        }
        self.alarm_ms.set(alarm);
        for waker in due {
            waker.wake();
        }
    }

    /// Wakes those whose time is up between two ticks, for ever; sleeps while nobody asks for that.
    pub(super) async fn alarms(&self) {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        let mut until = NEVER;
        poll_fn(|cx| {
            *self.alarmed.borrow_mut() = Some(cx.waker().clone());
            loop {
                let at = self.alarm_ms.get();
                if at == NEVER {
                    until = NEVER;
                    return Poll::Pending;
                }
                tick_clock();
                if at <= now_ms() {
                    self.sweep(now_ms(), Early::Nobody, false);
                    continue;
                }
                if at != until {
                    until = at;
                    let left = Duration::from_millis(at - now_ms());
                    sleep.as_mut().reset(tokio::time::Instant::now() + left);
                }
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                // The clock may still be a fraction behind.
                until = NEVER;
            }
        })
        .await
    }

    /// How long those that have idled longest have idled.
    fn oldest(&self, now: u64) -> u64 {
        let slots = self.slots.borrow();
        let mut since: Vec<u64> = slots.iter().map(|s| s.idle_since_ms).filter(|ms| *ms != NEVER).collect();
        if since.is_empty() {
            return NEVER;
        }
        let last = since.len().div_ceil(8) - 1;
        let (_, last, _) = since.select_nth_unstable(last);
        now.saturating_sub(*last)
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

    /// [`watch`](Deadline::watch) and [`arm`](Deadline::arm) in one, for whoever waits for something else meanwhile.
    pub fn wait(&self, waker: &Waker, at_ms: u64) {
        let mut slots = self.all.slots.borrow_mut();
        let Some(slot) = slots.get_mut(self.slot as usize) else { return };
        (slot.at_ms, slot.idle_since_ms) = (at_ms, NEVER);
        if !slot.waker.as_ref().is_some_and(|w| w.will_wake(waker)) {
            slot.waker = Some(waker.clone());
        }
    }

    /// If the time set turns out to be this one, it is met to the millisecond and not at the tick that follows.
    pub fn exact(&self, at_ms: u64) {
        if let Some(slot) = self.all.slots.borrow_mut().get_mut(self.slot as usize) {
            slot.exact_ms = at_ms;
        }
        if at_ms < self.all.alarm_ms.get() {
            self.all.alarm_ms.set(at_ms);
            if let Some(waker) = &*self.all.alarmed.borrow() {
                waker.wake_by_ref();
            }
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
        all.sweep(now_ms() + 49, Early::Nobody, false);
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        assert!(!deadline.expired());
        all.sweep(now_ms() + 50, Early::Nobody, false);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        deadline.disarm();
        all.sweep(now_ms() + 1000, Early::Nobody, false);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        all.sweep(now_ms(), Early::Nobody, true);
        assert_eq!(count.0.load(Ordering::Relaxed), 2, "all are woken, due or not");
    }

    #[test]
    fn under_pressure_the_idle_are_due_early_and_the_busy_are_not() {
        let all = Rc::new(Deadlines::default());
        let (idle, busy) = (Deadline::new(&all), Deadline::new(&all));
        idle.arm_idle(60_000);
        busy.arm_in(60_000);
        all.sweep(now_ms() + 4_999, Early::Idle(5_000), false);
        assert!(!idle.expired());
        all.sweep(now_ms(), Early::Idle(0), false);
        assert!(idle.expired());
        assert!(!busy.expired());
    }

    #[test]
    fn slow_06_those_that_have_idled_longest_go_first() {
        let all = Rc::new(Deadlines::default());
        let many: Vec<_> = (0..16).map(|_| Deadline::new(&all)).collect();
        for (n, slot) in all.slots.borrow_mut().iter_mut().enumerate() {
            (slot.at_ms, slot.idle_since_ms) = (NEVER - 1, 1000 - n as u64);
        }
        many[15].arm(NEVER - 1);
        all.sweep(2000, Early::Oldest, false);
        let due = |at: usize| all.slots.borrow()[at].at_ms <= 2000;
        assert_eq!(
            (0..16).filter(|n| due(*n)).collect::<Vec<_>>(),
            [13, 14],
            "two of fifteen; the busy one is left alone"
        );
        drop(many);
        all.sweep(2000, Early::Oldest, false);
    }

    #[tokio::test]
    async fn an_exact_deadline_waits_for_no_tick() {
        tick_clock();
        let all = Rc::new(Deadlines::default());
        let (late, early) = (Deadline::new(&all), Deadline::new(&all));
        for (deadline, ms) in [(&late, 60_000), (&early, 20)] {
            deadline.arm_in(ms);
            deadline.exact(now_ms() + ms);
        }
        let due = poll_fn(|cx| {
            early.watch(cx.waker());
            if early.expired() { Poll::Ready(()) } else { Poll::Pending }
        });
        let woken = async {
            tokio::select! {
                biased;
                () = due => true,
                () = all.alarms() => false,
            }
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), woken).await, Ok(true));
        assert!(!late.expired());
        all.sweep(now_ms(), Early::Nobody, false);
        assert!(all.alarm_ms.get() > now_ms() + 10_000, "the other one is the next");
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
