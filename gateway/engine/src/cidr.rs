//! Sets of IP addresses and CIDR blocks, asked on the way of a request: `remote_addrs` of routes, `ipmatch` of
//! expressions, allow and deny lists of plugins.
//!
//! A set is two sorted lists of disjoint ranges, one a family, so that a lookup is one binary search whatever the
//! number of entries. IPv4-mapped IPv6 addresses (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2) are IPv4 here, both as entries
//! and as what is looked up: a dual-stack listener reports IPv4 peers that way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses and blocks, compiled once and immutable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpSet {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
}

/// An entry that is neither an address nor `address/prefix-length`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid ip address: {0}")]
pub struct BadAddress(
    /// The offending text as it was given.
    pub String,
);

impl IpSet {
    /// Compiles a list of addresses (`10.0.0.1`, `::1`) and blocks (`10.0.0.0/8`, `fe80::/10`). Host bits below the
    /// prefix are ignored, as users write `10.1.2.3/8`. The first bad entry is the error.
    pub fn parse<I>(entries: I) -> Result<Self, BadAddress>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for entry in entries {
            let text = entry.as_ref();
            match range(text).ok_or_else(|| BadAddress(text.to_owned()))? {
                Range::V4(lo, hi) => v4.push((lo, hi)),
                Range::V6(lo, hi) => v6.push((lo, hi)),
            }
        }
        Ok(Self { v4: merge(v4), v6: merge(v6) })
    }

    /// Whether the address lies in one of the entries.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        match addr.to_canonical() {
            IpAddr::V4(a) => within(&self.v4, a.to_bits()),
            IpAddr::V6(a) => within(&self.v6, a.to_bits()),
        }
    }

    /// Whether a textual address, as `$remote_addr` has it, lies in the set. Anything else is in no set.
    #[must_use]
    pub fn contains_text(&self, addr: &[u8]) -> bool {
        std::str::from_utf8(addr).ok().and_then(|text| text.parse().ok()).is_some_and(|addr| self.contains(addr))
    }

    /// Whether the set has no entry and so contains nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

enum Range {
    V4(u32, u32),
    V6(u128, u128),
}

fn range(text: &str) -> Option<Range> {
    let (addr, prefix) = match text.split_once('/') {
        Some((addr, prefix)) => (addr, Some(prefix_length(prefix)?)),
        None => (text, None),
    };
    match addr.parse().ok()? {
        IpAddr::V4(a) => range_v4(a, prefix.unwrap_or(32)),
        // A block inside ::ffff:0:0/96 holds IPv4 addresses only; a wider one stays IPv6 (`::/0` is every IPv6 address).
        IpAddr::V6(a) => match (a.to_ipv4_mapped(), prefix.unwrap_or(128)) {
            (Some(mapped), len @ 96..) => range_v4(mapped, len - 96),
            (_, len) => range_v6(a, len),
        },
    }
}

/// Digits only: `u32::from_str` would take a sign.
fn prefix_length(text: &str) -> Option<u32> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn range_v4(addr: Ipv4Addr, len: u32) -> Option<Range> {
    let host = u32::MAX.checked_shr(len).unwrap_or(0);
    (len <= 32).then(|| Range::V4(addr.to_bits() & !host, addr.to_bits() | host))
}

fn range_v6(addr: Ipv6Addr, len: u32) -> Option<Range> {
    let host = u128::MAX.checked_shr(len).unwrap_or(0);
    (len <= 128).then(|| Range::V6(addr.to_bits() & !host, addr.to_bits() | host))
}

/// Sorts, and joins what overlaps.
fn merge<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Box<[(T, T)]> {
    ranges.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (lo, hi) in ranges {
        match out.last_mut() {
            Some(last) if lo <= last.1 => last.1 = last.1.max(hi),
            _ => out.push((lo, hi)),
        }
    }
    out.into_boxed_slice()
}

fn within<T: Ord + Copy>(ranges: &[(T, T)], addr: T) -> bool {
    let after = ranges.partition_point(|&(lo, _)| lo <= addr);
    after.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|&(_, hi)| addr <= hi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_and_addresses() {
        let cases: &[(&[&str], &str, bool)] = &[
            (&[], "127.0.0.1", false),
            (&["127.0.0.1"], "127.0.0.1", true),
            (&["127.0.0.1"], "127.0.0.2", false),
            (&["10.0.0.0/8", "10.1.0.0/16"], "10.255.255.255", true),
            (&["10.1.2.3/8"], "10.0.0.0", true),
            (&["10.0.0.0/8"], "11.0.0.0", false),
            (&["0.0.0.0/0"], "255.255.255.255", true),
            (&["0.0.0.0/0"], "::1", false),
            (&["::/0"], "2001:db8::1", true),
            (&["::/0"], "1.2.3.4", false),
            (&["fe80::/10"], "febf::1", true),
            (&["fe80::/10"], "fec0::1", false),
            (&["::1"], "::1", true),
            (&["10.0.0.0/8"], "::ffff:10.1.1.1", true),
            (&["::ffff:10.0.0.0/104"], "10.1.1.1", true),
            (&["::ffff:10.0.0.1"], "10.0.0.1", true),
        ];
        for (entries, addr, expected) in cases {
            let set = IpSet::parse(*entries).unwrap();
            assert_eq!(set.contains(addr.parse().unwrap()), *expected, "{addr} in {entries:?}");
            assert_eq!(set.contains_text(addr.as_bytes()), *expected, "{addr} in {entries:?}");
        }
        assert!(!IpSet::parse(["0.0.0.0/0"]).unwrap().contains_text(b"unix:"));
    }

    #[test]
    fn bad_entries_are_named() {
        for bad in
            ["", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "::1/129", "fe80::1%eth0", "1.2.3.4/8/8", " ::1"]
        {
            let error = IpSet::parse(["127.0.0.1", bad]).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid ip address: {bad}"));
        }
    }

    proptest! {
        #[test]
        fn same_as_a_scan(blocks in prop::collection::vec((any::<u32>(), 0u32..=32), 0..40), addr in any::<u32>(), near in any::<prop::sample::Index>()) {
            let set = IpSet::parse(blocks.iter().map(|(a, len)| format!("{}/{len}", Ipv4Addr::from_bits(*a)))).unwrap();
            let inside = |x: u32| blocks.iter().any(|(a, len)| (x ^ a).checked_shr(32 - len).unwrap_or(0) == 0);
            let mut probes = vec![addr];
            if !blocks.is_empty() {
                let (a, _) = blocks[near.index(blocks.len())];
                probes.extend([a, a.wrapping_add(1), a.wrapping_sub(1)]);
            }
            for probe in probes {
                prop_assert_eq!(set.contains(IpAddr::V4(Ipv4Addr::from_bits(probe))), inside(probe));
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = IpSet::parse([&text]);
        }
    }
}
