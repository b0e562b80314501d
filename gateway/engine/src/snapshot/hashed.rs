//! A persistent hash table for very many objects: cloning it is cloning one pointer, and a change copies the one bucket it
//! touches and the few branches above it that an older version still shares.
//!
//! Sixteen ways a branch, up to [`FULL`] objects a bucket: a million objects lie four branches deep, of which all but the last are
//! in a cache, so that finding one costs its bucket, which is one piece of memory, and itself. A bucket that overflows becomes a branch; nothing is ever rehashed
//! as a whole, so no change waits for the others.

use std::sync::Arc;

use smallvec::SmallVec;

const BITS: u32 = 4;
const WAYS: usize = 1 << BITS;

/// Objects a bucket holds before it becomes a branch.
const FULL: usize = 32;

/// Few buckets hold more than the room they have in themselves.
type Bucket<T> = SmallVec<[Slot<T>; 24]>;

/// Objects by their hashes, which the caller makes: keyed, where the objects' names come from outside.
pub(super) struct Hashed<T> {
    root: Node<T>,
}

enum Node<T> {
    Branch(Arc<[Node<T>; WAYS]>),
    Bucket(Arc<Bucket<T>>),
}

struct Slot<T> {
    hash: u64,
    object: Arc<T>,
}

impl<T> Hashed<T> {
    /// The object put last of those with this hash that `is` takes for the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<&Arc<T>> {
        let (mut node, mut rest) = (&self.root, hash);
        loop {
            match node {
                Node::Branch(below) => {
                    node = &below[way(rest)];
                    rest >>= BITS;
                }
                Node::Bucket(slots) => {
                    let found = slots.iter().rev().find(|slot| slot.hash == hash && is(&slot.object));
                    return found.map(|slot| &slot.object);
                }
            }
        }
    }

    /// Puts an object beside those of the same hash.
    pub(super) fn put(&mut self, hash: u64, object: Arc<T>) {
        let (mut node, mut depth) = (&mut self.root, 0);
        loop {
            let full = matches!(node, Node::Bucket(slots) if slots.len() >= FULL && depth < u64::BITS / BITS);
            if full {
                node.split(depth);
            }
            match node {
                Node::Branch(below) => {
                    node = &mut Arc::make_mut(below)[way(hash >> (depth * BITS))];
                    depth += 1;
                }
                Node::Bucket(slots) => {
                    let slots = Arc::make_mut(slots);
                    if slots.len() == slots.capacity() {
                        // Doubling would leave a third of a big table empty.
                        slots.reserve_exact(4);
                    }
                    slots.push(Slot { hash, object });
                    return;
                }
            }
        }
    }

    /// Takes the object out that is the same as this one, if it is there.
    pub(super) fn remove(&mut self, hash: u64, object: &Arc<T>) {
        let (mut node, mut rest) = (&mut self.root, hash);
        loop {
            match node {
                Node::Branch(below) => {
                    node = &mut Arc::make_mut(below)[way(rest)];
                    rest >>= BITS;
                }
                Node::Bucket(slots) => {
                    if let Some(at) = slots.iter().position(|slot| Arc::ptr_eq(&slot.object, object)) {
                        // The others keep their order: the last one wins.
                        Arc::make_mut(slots).remove(at);
                    }
                    return;
                }
            }
        }
    }
}

impl<T> Node<T> {
    /// A bucket `depth` branches down becomes a branch.
    fn split(&mut self, depth: u32) {
        let Node::Bucket(slots) = self else { return };
        let mut buckets: [Bucket<T>; WAYS] = Default::default();
        for slot in slots.iter() {
            buckets[way(slot.hash >> (depth * BITS))].push(slot.clone());
        }
        *self = Node::Branch(Arc::new(buckets.map(|bucket| Node::Bucket(Arc::new(bucket)))));
    }
}

/// Below [`WAYS`].
#[allow(clippy::cast_possible_truncation)]
fn way(hash: u64) -> usize {
    hash as usize & (WAYS - 1)
}

impl<T> Default for Hashed<T> {
    fn default() -> Self {
        Hashed { root: Node::Bucket(Arc::default()) }
    }
}

impl<T> Clone for Hashed<T> {
    fn clone(&self) -> Self {
        Hashed { root: self.root.clone() }
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        match self {
            Node::Branch(below) => Node::Branch(Arc::clone(below)),
            Node::Bucket(slots) => Node::Bucket(Arc::clone(slots)),
        }
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Slot { hash: self.hash, object: Arc::clone(&self.object) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(table: &Hashed<u64>, hash: u64) -> Option<u64> {
        table.find(hash, |_| true).map(|v| **v)
    }

    #[test]
    fn an_old_version_stays_as_it_was() {
        let mut table = Hashed::default();
        let objects: Vec<Arc<u64>> = (0..5000).map(Arc::new).collect();
        let hash = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for object in &objects {
            table.put(hash(**object), Arc::clone(object));
        }
        let old = table.clone();
        for object in objects.iter().step_by(2) {
            table.remove(hash(**object), object);
        }
        table.put(hash(7), Arc::new(1_000_007));
        for n in 0..5000 {
            assert_eq!(all(&old, hash(n)), Some(n));
            let expected = match n {
                7 => Some(1_000_007),
                n => (n % 2 == 1).then_some(n),
            };
            assert_eq!(all(&table, hash(n)), expected);
        }
        assert_eq!(all(&old, hash(5000)), None);
    }

    #[test]
    fn equal_hashes_are_no_trouble() {
        let mut table = Hashed::default();
        let objects: Vec<Arc<u64>> = (0..100).map(Arc::new).collect();
        for object in &objects {
            table.put(42, Arc::clone(object));
        }
        assert_eq!(table.find(42, |v| *v == 3).map(|v| **v), Some(3));
        assert_eq!(all(&table, 42), Some(99), "the last one wins");
        table.remove(42, &objects[99]);
        assert_eq!(all(&table, 42), Some(98));
    }

    proptest! {
        #[test]
        fn it_is_a_list_searched_from_the_end(ops in prop::collection::vec((any::<bool>(), 0u64..40), 0..400)) {
            // Few hashes, alike in their low bits.
            let hash = |n: u64| (n % 20) << 9;
            let (mut table, mut list) = (Hashed::default(), Vec::<Arc<u64>>::new());
            for (put, n) in ops {
                match list.iter().position(|v| **v == n) {
                    Some(at) if !put => {
                        let gone = list.remove(at);
                        table.remove(hash(n), &gone);
                    }
                    _ => {
                        let object = Arc::new(n);
                        list.push(Arc::clone(&object));
                        table.put(hash(n), object);
                    }
                }
            }
            for n in 0..40 {
                let last = list.iter().rev().find(|v| hash(***v) == hash(n));
                prop_assert_eq!(all(&table, hash(n)), last.map(|v| **v));
                let same = list.iter().rev().find(|v| ***v == n);
                prop_assert_eq!(table.find(hash(n), |v| *v == n).map(|v| **v), same.map(|v| **v));
            }
        }
    }
}
