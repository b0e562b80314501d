//! Which node of a cluster has a key: 16,384 slots, given to nodes in ranges.

use redis::Value;

use super::Address;

/// The slots of a cluster.
pub(super) const SLOTS: u16 = 16_384;

/// Who has which slots.
#[derive(Default)]
pub(super) struct SlotMap {
    /// First and last slot, and who has them; in order.
    ranges: Vec<(u16, u16, Address)>,
    /// Slots that have moved since.
    moved: Vec<(u16, Address)>,
}

/// Beyond so many moved slots a new map is as good.
const MOST_MOVED: usize = 256;

impl SlotMap {
    /// Reads an answer to `CLUSTER SLOTS` by the node at `from`.
    pub(super) fn read(answer: &Value, from: &Address) -> Option<SlotMap> {
        let Value::Array(items) = answer else { return None };
        let mut ranges: Vec<_> = items.iter().filter_map(|item| range(item, from)).collect();
        ranges.sort_by_key(|(first, ..)| *first);
        (!ranges.is_empty()).then_some(SlotMap { ranges, moved: Vec::new() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.moved.is_empty()
    }

    /// Who has a slot.
    pub(super) fn node(&self, slot: u16) -> Option<&Address> {
        if let Some((_, node)) = self.moved.iter().find(|(s, _)| *s == slot) {
            return Some(node);
        }
        let at = self.ranges.partition_point(|(_, last, _)| *last < slot);
        self.ranges.get(at).filter(|(first, ..)| *first <= slot).map(|(.., node)| node)
    }

    /// All nodes that have slots.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Address> {
        self.ranges.iter().map(|(.., node)| node).chain(self.moved.iter().map(|(_, node)| node))
    }

    /// A slot has moved.
    pub(super) fn moved(&mut self, slot: u16, to: Address) {
        if let Some(known) = self.moved.iter_mut().find(|(s, _)| *s == slot) {
            known.1 = to;
        } else if self.moved.len() < MOST_MOVED {
            self.moved.push((slot, to));
        }
    }
}

fn range(item: &Value, from: &Address) -> Option<(u16, u16, Address)> {
    let Value::Array(parts) = item else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = &parts[..] else { return None };
    let [host, Value::Int(port), ..] = &master[..] else { return None };
    let host = match host {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?,
        Value::SimpleString(text) => text,
        _ => "",
    };
    // A node that does not know its own address is where it was asked.
    let host = if host.is_empty() || host == "?" { from.host.clone() } else { host.to_owned() };
    let slot = |n: i64| u16::try_from(n).ok().filter(|s| *s < SLOTS);
    Some((slot(*first)?, slot(*last)?, Address { host, port: u16::try_from(*port).ok()? }))
}

/// The slot of a key: of the part in its first braces, if there is one, else of the whole.
pub(super) fn slot_of(key: &[u8]) -> u16 {
    let tag = key.iter().position(|b| *b == b'{').and_then(|open| {
        let rest = key.get(open + 1..)?;
        let close = rest.iter().position(|b| *b == b'}')?;
        rest.get(..close).filter(|tag| !tag.is_empty())
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => crc << 1 ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_slots_that_redis_gives_them() {
        // As `CLUSTER KEYSLOT` answers.
        let known: [(&[u8], u16); 6] = [
            (b"123456789", 12739),
            (b"foo", 12182),
            (b"foo{}{bar}", 8363),
            (b"foo{{bar}}zap", 4015),
            (b"", 0),
            (b"a{foo}b", 12182),
        ];
        for (key, slot) in known {
            assert_eq!(slot_of(key), slot, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn maps_are_read_and_moves_are_remembered() {
        let node = |host: &str, port: i64| Value::Array(vec![Value::BulkString(host.into()), Value::Int(port)]);
        let range = |first, last, node| Value::Array(vec![Value::Int(first), Value::Int(last), node]);
        let from = Address { host: "h".into(), port: 1 };
        let answer = Value::Array(vec![
            range(100, 200, node("b", 2)),
            range(0, 99, node("", 1)),
            range(0, 99_999, node("x", 1)),
        ]);
        let mut map = SlotMap::read(&answer, &from).unwrap();
        let shown = |map: &SlotMap, slot| map.node(slot).map(ToString::to_string);
        for (slot, expected) in
            [(0, Some("h:1")), (99, Some("h:1")), (100, Some("b:2")), (200, Some("b:2")), (201, None)]
        {
            assert_eq!(shown(&map, slot).as_deref(), expected, "{slot}");
        }
        map.moved(100, Address { host: "c".into(), port: 3 });
        assert_eq!((shown(&map, 100).as_deref(), shown(&map, 101).as_deref()), (Some("c:3"), Some("b:2")));
        for odd in [Value::Nil, Value::Array(vec![]), Value::Array(vec![Value::Int(1)])] {
            assert!(SlotMap::read(&odd, &from).is_none());
        }
    }
}
