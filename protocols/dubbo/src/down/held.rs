//! What the consumers of a worker have it hold of calls that are not whole, all together: each may be as long as a call, and there may be many.

use std::cell::Cell;

/// So much in bytes, and whoever adds to it is cut.
const MOST: usize = 256 << 20;

/// Consumers of which less is held are not.
const LITTLE: usize = 64 << 10;

thread_local! {
    static ALL: Cell<usize> = const { Cell::new(0) };
}

/// One consumer's part of it, in bytes.
#[derive(Default)]
pub(super) struct Held(usize);

impl Held {
    /// Whether there is a part.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.0 > 0
    }

    /// It is so much now. `true`: that is too much beside what is held of others.
    #[cold]
    pub(super) fn set(&mut self, bytes: usize) -> bool {
        let all = ALL.with(|all| {
            all.set(all.get().saturating_sub(self.0).saturating_add(bytes));
            all.get()
        });
        self.0 = bytes;
        bytes >= LITTLE && all > MOST
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.any() {
            self.set(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_adds_to_too_much_is_cut_unless_it_is_little() {
        let mut all: Vec<Held> = (0..32).map(|_| Held::default()).collect();
        assert!(all.iter_mut().all(|held| !held.set(8 << 20)));
        let (mut small, mut large) = (Held::default(), Held::default());
        assert!(!small.set(1000) && large.set(LITTLE));
        all.pop();
        assert!(!large.set(LITTLE + 1) && large.any());
        drop((all, large));
        assert!(!small.set(200 << 20));
    }
}
