//! The calls of one connection that wait for their answers.

use bytes::Bytes;
use gateway_dubbo_codec::frame::Head;
use std::cell::RefCell;
use std::task::{Context, Waker};

/// Calls by place. An id is a place and how often that was taken, so that an answer that comes late, or twice, finds nobody.
#[derive(Default)]
pub(crate) struct Calls(RefCell<Slots>);

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Slot {
    turn: u32,
    taken: bool,
    task: Option<Waker>,
    answer: Option<(Head, Bytes)>,
}

/// A call's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    slot: u32,
    turn: u32,
}

impl Key {
    /// The id that goes over the wire.
    pub(crate) fn id(self) -> u64 {
        u64::from(self.turn) << 32 | u64::from(self.slot)
    }

    fn of(id: u64) -> Key {
        // Cut to the two halves.
        Key { slot: id as u32, turn: (id >> 32) as u32 }
    }
}

/// A place that no call has: the ids of calls that have no answer.
const NOBODY: u32 = u32::MAX;

impl Calls {
    /// A place for one more.
    pub(crate) fn open(&self) -> Key {
        let slots = &mut *self.0.borrow_mut();
        let slot = slots.free.pop().unwrap_or_else(|| {
            slots.all.push(Slot::default());
            // There is memory for far fewer.
            (slots.all.len() - 1) as u32
        });
        let mut turn = 0;
        if let Some(place) = slots.all.get_mut(slot as usize) {
            place.taken = true;
            turn = place.turn;
        }
        Key { slot, turn }
    }

    /// An id that no answer will be found by.
    pub(crate) fn nobody(&self) -> u64 {
        Key { slot: NOBODY, turn: 0 }.id()
    }

    /// The answer to a call, if it is here; else the task is woken when it comes.
    pub(crate) fn answer(&self, key: Key, cx: &Context<'_>) -> Option<(Head, Bytes)> {
        let slots = &mut *self.0.borrow_mut();
        let slot = slots.find(key)?;
        let answer = slot.answer.take();
        if answer.is_some() {
            slots.free(key);
        } else if !slot.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            slot.task = Some(cx.waker().clone());
        }
        answer
    }

    /// Nobody waits for this one any more.
    pub(crate) fn forget(&self, key: Key) {
        self.0.borrow_mut().free(key);
    }

    /// An answer came. `false`: to no call that waits.
    pub(crate) fn answered(&self, head: Head, body: Bytes) -> bool {
        let slots = &mut *self.0.borrow_mut();
        let Some(slot) = slots.find(Key::of(head.id)).filter(|slot| slot.answer.is_none()) else { return false };
        slot.answer = Some((head, body));
        if let Some(task) = &slot.task {
            task.wake_by_ref();
        }
        true
    }

    /// There will be no answers any more: whoever waits looks at that.
    pub(crate) fn end(&self) {
        self.0
            .borrow()
            .all
            .iter()
            .filter(|slot| slot.taken)
            .filter_map(|slot| slot.task.as_ref())
            .for_each(Waker::wake_by_ref);
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        let slots = self.0.borrow();
        slots.all.len() - slots.free.len()
    }
}

impl Slots {
    fn find(&mut self, key: Key) -> Option<&mut Slot> {
        self.all.get_mut(key.slot as usize).filter(|slot| slot.taken && slot.turn == key.turn)
    }

    fn free(&mut self, key: Key) {
        let Some(slot) = self.find(key) else { return };
        let turn = slot.turn.wrapping_add(1);
        // The waker stays: the next call of this place is often of the same task.
        (slot.turn, slot.taken, slot.answer) = (turn, false, None);
        self.free.push(key.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_dubbo_codec::frame::{Flags, Serialization, Status};

    fn head(id: u64) -> Head {
        Head { flags: Flags::response(Serialization::HESSIAN2), status: Status::Ok, id, len: 0 }
    }

    #[test]
    fn an_answer_finds_its_call_once_and_late_ones_nobody() {
        let calls = Calls::default();
        let cx = Context::from_waker(Waker::noop());
        let (a, b) = (calls.open(), calls.open());
        assert_ne!(a.id(), b.id());
        assert!(calls.answer(a, &cx).is_none());
        assert!(calls.answered(head(b.id()), Bytes::from_static(b"b")));
        // Twice.
        assert!(!calls.answered(head(b.id()), Bytes::from_static(b"c")));
        assert_eq!(calls.answer(b, &cx).map(|(_, body)| body), Some(Bytes::from_static(b"b")));
        assert!(!calls.answered(head(b.id()), Bytes::new()));
        calls.forget(a);
        // Its place is taken again, by another turn.
        let again = [calls.open(), calls.open()];
        assert!(again.iter().all(|key| *key != a && *key != b));
        assert!(!calls.answered(head(a.id()), Bytes::new()));
        assert!(!calls.answered(head(calls.nobody()), Bytes::new()));
        assert_eq!(calls.len(), 2);
        again.iter().for_each(|key| calls.forget(*key));
        assert_eq!(calls.len(), 0);
    }
}
