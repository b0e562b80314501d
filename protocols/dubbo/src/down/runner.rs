//! Tasks that take calls through the pipeline, one call after the other: a task for each call would cost more than what it does.

use super::task;
use gateway_engine::pipeline;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Most tasks of a worker that wait for a call.
const IDLE: usize = 256;

thread_local! {
    /// Those that wait, of this worker.
    static WAITING: RefCell<Vec<Rc<Place>>> = const { RefCell::new(Vec::new()) };
}

/// Where a task finds its next call.
#[derive(Default)]
struct Place {
    call: Cell<Option<task::Call>>,
    waker: RefCell<Option<Waker>>,
    /// Its task is gone: with its runtime, or by a panic.
    gone: Cell<bool>,
}

/// Runs a call in a task that waits for one, else in a new one.
pub(super) fn run(call: task::Call) {
    let waiting = WAITING.with_borrow_mut(|waiting| {
        while let Some(place) = waiting.pop() {
            if !place.gone.get() {
                return Some(place);
            }
        }
        None
    });
    match waiting {
        Some(place) => {
            place.call.set(Some(call));
            if let Some(waker) = &*place.waker.borrow() {
                waker.wake_by_ref();
            }
        }
        None => _ = tokio::task::spawn_local(work(call)),
    }
}

/// A task: this call, and those that come after it.
async fn work(mut call: task::Call) {
    let me = Here(Rc::default());
    loop {
        // Here, not in a future of its own, which would be copied to its place.
        let mut down = call.begin();
        let how = {
            let mut exchange = pin!(pipeline::run(&mut call.x, &mut down));
            poll_fn(|cx| pipeline::poll_contained(exchange.as_mut(), cx)).await
        };
        call.end(how, down);
        if !wait(&me.0) {
            return;
        }
        call = poll_fn(|cx| match me.0.call.take() {
            Some(call) => Poll::Ready(call),
            None => {
                let mut waker = me.0.waker.borrow_mut();
                if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        })
        .await;
    }
}

/// Says that a task waits; `false`: enough do.
fn wait(place: &Rc<Place>) -> bool {
    WAITING.with_borrow_mut(|waiting| {
        let room = waiting.len() < IDLE;
        if room {
            waiting.push(Rc::clone(place));
        }
        room
    })
}

/// The place of a task that is there.
struct Here(Rc<Place>);

impl Drop for Here {
    fn drop(&mut self) {
        self.0.gone.set(true);
        // A call that it will not take any more: it is counted no longer.
        drop(self.0.call.take());
    }
}
