//! Consistent hashing on a ketama-like ring, point for point the one of APISIX, so that a fleet of both maps a key to the
//! same node.

use std::sync::Arc;

use super::balance::{Balance, Tried, gcd};
use super::nodes::Member;

/// Points on the ring for a node whose weight is the gcd of all weights.
const POINTS: u64 = 160;

/// The most points of one ring, 8 MiB. Past it the weights are scaled down: a weight of a million beside a 1 asks for
/// gigabytes otherwise.
const MAX_POINTS: u64 = 1 << 20;

/// A ring, built when the node set changes and shared by all workers.
#[derive(Debug)]
pub struct Ring {
    /// (point, index of the node), ascending.
    points: Box<[(u32, u32)]>,
}

impl Ring {
    /// The ring of `members`; `id` gives the `host:port` text of each node. Weight 0 has no points, unless all have weight
    /// 0: then all count as 1.
    pub fn new<'a>(members: &[Member], id: impl Fn(&Member) -> &'a str) -> Self {
        let all_zero = members.iter().all(|m| m.weight == 0);
        let weight = |m: &Member| if all_zero { 1 } else { u64::from(m.weight) };
        let step = members.iter().fold(0, |g, m| gcd(g, weight(m))).max(1);
        let total: u64 = members.iter().map(|m| weight(m) / step).sum::<u64>().saturating_mul(POINTS);
        let mut points = Vec::with_capacity(total.min(MAX_POINTS) as usize);
        for member in members {
            let mut count = weight(member) / step * POINTS;
            if total > MAX_POINTS && count > 0 {
                count = (u128::from(count) * u128::from(MAX_POINTS) / u128::from(total)).max(1) as u64;
            }
            // The original joins host and port by NUL, and does so to every colon of the text.
            let text: Vec<u8> = id(member).bytes().map(|b| if b == b':' { 0 } else { b }).collect();
            let mut base = crc32fast::Hasher::new();
            base.update(&text);
            let mut point = 0u32;
            for _ in 0..count {
                let mut hash = base.clone();
                hash.update(&point.to_le_bytes());
                point = hash.finalize();
                points.push((point, member.index));
            }
        }
        points.sort_unstable();
        Self { points: points.into() }
    }

    /// How many points the ring has; each takes 8 bytes.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is no node on the ring.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The place of `key` on the ring: the first point that is not below its hash.
    fn find(&self, key: &[u8]) -> usize {
        let hash = crc32fast::hash(key);
        let at = self.points.partition_point(|(point, _)| *point < hash);
        if at == self.points.len() { 0 } else { at }
    }

    /// The nodes met on the way round the ring, starting at `key`; a node is met once for each of its points.
    fn walk(&self, key: &[u8]) -> impl Iterator<Item = usize> + '_ {
        // `find` answers an index that `points` has, or 0 for an empty ring.
        let (before, after) = self.points.split_at(self.find(key));
        after.iter().chain(before).map(|(_, node)| *node as usize)
    }
}

/// Sends equal keys to the same node as long as it is there.
#[derive(Debug)]
pub struct Chash {
    ring: Arc<Ring>,
    members: Box<[Member]>,
}

impl Chash {
    /// Picks on `ring`, which was built of `members`.
    pub fn new(ring: Arc<Ring>, members: &[Member]) -> Self {
        Self { ring, members: members.into() }
    }
}

impl Balance for Chash {
    fn pick(&mut self, key: Option<&[u8]>, tried: &Tried) -> Option<usize> {
        // Whoever is tried is walked past, point by point; that all are is worth knowing before going round.
        if !tried.is_empty() && self.members.iter().all(|m| tried.contains(m.index())) {
            return None;
        }
        self.ring.walk(key.unwrap_or_default()).find(|node| !tried.contains(*node))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(nodes: &[(&str, u32)]) -> (Ring, Vec<Member>) {
        let members: Vec<Member> =
            nodes.iter().enumerate().map(|(i, (_, w))| Member { index: i as u32, weight: *w }).collect();
        (Ring::new(&members, |m| nodes[m.index()].0), members)
    }

    #[test]
    fn vectors_of_the_original() {
        let nodes = [("127.0.0.1:1980", 1), ("127.0.0.1:1981", 2), ("10.0.0.3:80", 1)];
        let (ring, members) = ring(&nodes);
        assert_eq!(ring.len(), 640);
        assert_eq!(ring.points[..3], [(4_676_813, 0), (4_707_425, 0), (5_952_309, 1)]);
        // key, crc32, node, index on the ring, the next other node
        let cases: &[(&str, u32, usize, usize, usize)] = &[
            ("a", 3_904_355_907, 1, 570, 0),
            ("b", 1_908_338_681, 2, 301, 1),
            ("1", 2_212_294_583, 1, 337, 2),
            ("2", 450_215_437, 0, 68, 1),
            ("hello", 907_060_870, 0, 149, 1),
            ("192.168.1.1", 2_286_285_663, 0, 346, 1),
            ("/index.html", 3_928_116_034, 1, 576, 0),
            ("user-42", 2_097_592_435, 2, 322, 0),
        ];
        let ring = Arc::new(ring);
        let mut chash = Chash::new(Arc::clone(&ring), &members);
        for (key, crc, node, at, next) in cases {
            assert_eq!(crc32fast::hash(key.as_bytes()), *crc, "{key}");
            assert_eq!(ring.find(key.as_bytes()), *at, "{key}");
            assert_eq!(chash.pick(Some(key.as_bytes()), &Tried::new()), Some(*node), "{key}");
            assert_eq!(chash.pick(Some(key.as_bytes()), &[*node].into_iter().collect()), Some(*next), "{key}");
            assert_eq!(chash.pick(Some(key.as_bytes()), &[0, 1, 2].into_iter().collect()), None, "{key}");
        }
    }

    #[test]
    fn the_proven_cases_of_a_loopback_client() {
        let three = ["127.0.0.1:1980", "127.0.0.1:1981", "127.0.0.1:1982"];
        for (nodes, expected) in [(&three[..2], 0), (&three[..], 2)] {
            let nodes: Vec<_> = nodes.iter().map(|n| (*n, 1)).collect();
            let (ring, members) = ring(&nodes);
            assert_eq!(Chash::new(Arc::new(ring), &members).pick(Some(b"127.0.0.1"), &Tried::new()), Some(expected));
        }
    }

    #[test]
    fn weights_0() {
        let (one, _) = ring(&[("a:1", 1), ("b:1", 0), ("c:1", 0)]);
        assert!(one.points.iter().all(|(_, n)| *n == 0) && one.len() == 160);
        let (all, _) = ring(&[("a:1", 0), ("b:1", 0)]);
        assert_eq!(all.len(), 320);
        let (none, _) = ring(&[]);
        assert!(none.is_empty() && none.walk(b"x").next().is_none());
    }

    #[test]
    fn the_ring_is_bounded_and_keeps_every_node() {
        let (ring, _) = ring(&[("a:1", u32::MAX), ("b:1", 1), ("c:1", 7)]);
        assert!(ring.len() as u64 <= MAX_POINTS + 3);
        for node in 0..3 {
            assert!(ring.points.iter().any(|(_, n)| *n == node));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_lost_node_moves_only_its_own_keys(count in 2usize..7, gone in 0usize..7, keys in prop::collection::vec("[a-z0-9]{1,12}", 1..50)) {
            let gone = gone % count;
            let names: Vec<String> = (0..count).map(|i| format!("10.0.0.{i}:80")).collect();
            let all: Vec<_> = names.iter().map(|n| (n.as_str(), 1)).collect();
            let left: Vec<_> = all.iter().copied().filter(|(n, _)| *n != names[gone]).collect();
            let ((before, members), (after, _)) = (ring(&all), ring(&left));
            let mut chash = Chash::new(Arc::new(before), &members);
            for key in keys {
                let was = chash.pick(Some(key.as_bytes()), &Tried::new()).unwrap();
                let is = left[after.walk(key.as_bytes()).next().unwrap()].0;
                if was != gone {
                    prop_assert_eq!(all[was].0, is);
                }
                // A node that is only down is skipped at pick time: the same mapping as if it were gone.
                let skipped = chash.pick(Some(key.as_bytes()), &[gone].into_iter().collect()).unwrap();
                prop_assert_eq!(all[skipped].0, is);
            }
        }
    }
}
