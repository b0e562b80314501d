//! Dense numbers for ids: an id has one while an object of it exists or something refers to it.

use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Slots {
    ids: HashMap<Box<str>, Slot>,
    free: Vec<u32>,
    next: u32,
}

struct Slot {
    number: u32,
    holders: u32,
    present: bool,
}

impl Slots {
    /// The number of an id, a new one if it has none.
    pub(super) fn reserve(&mut self, id: &str) -> u32 {
        self.slot(id).number
    }

    /// Whether the id has a number.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.ids.contains_key(id)
    }

    /// An object of this id exists, or does not any more; its number.
    pub(super) fn present(&mut self, id: &str, present: bool) -> u32 {
        let slot = self.slot(id);
        slot.present = present;
        let number = slot.number;
        self.sweep(id);
        number
    }

    /// Something refers to the id.
    pub(super) fn hold(&mut self, id: &str) {
        self.slot(id).holders += 1;
    }

    /// It does not any more.
    pub(super) fn release(&mut self, id: &str) {
        if let Some(slot) = self.ids.get_mut(id) {
            slot.holders = slot.holders.saturating_sub(1);
        }
        self.sweep(id);
    }

    fn slot(&mut self, id: &str) -> &mut Slot {
        if !self.ids.contains_key(id) {
            let number = self.free.pop().unwrap_or_else(|| {
                self.next += 1;
                self.next - 1
            });
            self.ids.insert(id.into(), Slot { number, holders: 0, present: false });
        }
        // Just made sure of.
        #[allow(clippy::expect_used)]
        self.ids.get_mut(id).expect("the id has a slot")
    }

    fn sweep(&mut self, id: &str) {
        if self.ids.get(id).is_some_and(|s| s.holders == 0 && !s.present)
            && let Some(slot) = self.ids.remove(id)
        {
            self.free.push(slot.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_free_again_when_nothing_needs_it() {
        let mut slots = Slots::default();
        assert_eq!(slots.present("a", true), 0);
        slots.hold("a");
        assert_eq!(slots.reserve("b"), 1);
        assert_eq!(slots.present("a", false), 0);
        assert!(slots.knows("a"), "something refers to it still");
        slots.release("a");
        assert!(!slots.knows("a"));
        assert_eq!(slots.reserve("c"), 0);
    }
}
