//! The bytes of a record and of a journal entry.
//!
//! All numbers are little-endian. A record is `crc32 | length | created | modified | expires (0: never) | value`;
//! the checksum covers the key and everything after itself, so that a value under the wrong key is damage too.

use std::sync::Arc;

use crate::{Change, JournalRecord, Kv, Origin};

const HEAD: usize = 4 + 4 + 3 * 8;

/// The record of `kv`, as the table keeps it under its key.
pub(super) fn encode(kv: &Kv) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + kv.value.len());
    out.extend_from_slice(&[0; 4]);
    put_record(&mut out, kv);
    let crc = checksum(kv.key.as_bytes(), out.get(4..).unwrap_or_default());
    out.splice(..4, crc.to_le_bytes());
    out
}

/// The record under `key`, or what is wrong with it.
pub(super) fn decode(key: &[u8], bytes: &[u8]) -> Result<Kv, &'static str> {
    let (crc, rest) = bytes.split_first_chunk::<4>().ok_or("shorter than a record's head")?;
    if checksum(key, rest) != u32::from_le_bytes(*crc) {
        return Err("its checksum does not match");
    }
    let key = std::str::from_utf8(key).map_err(|_| "its key is not UTF-8")?;
    let mut input = Input(rest);
    let kv = input.record(key.to_owned()).ok_or("its length does not match")?;
    if input.0.is_empty() { Ok(kv) } else { Err("its length does not match") }
}

/// The bytes of a journal entry; a checksum goes around them where they are kept.
pub(super) fn encode_journal(record: &JournalRecord) -> Vec<u8> {
    let values = |kv: &Option<Kv>| kv.as_ref().map_or(0, |kv| HEAD + kv.value.len());
    let size = record.changes.iter().map(|c| 8 + c.key.len() + values(&c.before) + values(&c.after)).sum::<usize>();
    let mut out = Vec::with_capacity(64 + size);
    out.extend_from_slice(&record.revision.to_le_bytes());
    out.extend_from_slice(&record.unix_ms.to_le_bytes());
    put_bytes(&mut out, record.origin.who.as_bytes());
    put_bytes(&mut out, record.origin.from.as_bytes());
    put_len(&mut out, record.changes.len());
    for change in &record.changes {
        put_bytes(&mut out, change.key.as_bytes());
        out.push(u8::from(change.before.is_some()) | u8::from(change.after.is_some()) << 1);
        for kv in [&change.before, &change.after].into_iter().flatten() {
            put_record(&mut out, kv);
        }
    }
    out
}

/// The entry in `bytes`; `None` if they are not exactly one.
pub(super) fn decode_journal(bytes: &[u8]) -> Option<JournalRecord> {
    let mut input = Input(bytes);
    let revision = input.u64()?;
    let unix_ms = input.u64()?;
    let origin = Origin { who: input.text()?, from: input.text()? };
    let count = input.u32()?;
    let mut changes = Vec::new();
    for _ in 0..count {
        let key = input.text()?;
        let sides = input.byte()?;
        let before = if sides & 1 != 0 { Some(input.record(key.clone())?) } else { None };
        let after = if sides & 2 != 0 { Some(input.record(key.clone())?) } else { None };
        changes.push(Change { key, before, after });
    }
    input.0.is_empty().then_some(JournalRecord { revision, unix_ms, origin, changes })
}

/// `length | created | modified | expires | value`.
pub(super) fn put_record(out: &mut Vec<u8>, kv: &Kv) {
    put_len(out, kv.value.len());
    out.extend_from_slice(&kv.create_revision.to_le_bytes());
    out.extend_from_slice(&kv.mod_revision.to_le_bytes());
    out.extend_from_slice(&kv.expires_ms.unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&kv.value);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Keys and values are bounded far below 4 GiB before they come here ([`super::apply`]).
fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}

fn checksum(key: &[u8], rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(rest);
    hasher.finalize()
}

/// What is left to read of some bytes.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*first))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*first))
    }

    fn take(&mut self, len: u32) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let len = self.u32()?;
        Some(std::str::from_utf8(self.take(len)?).ok()?.to_owned())
    }

    pub(super) fn record(&mut self, key: String) -> Option<Kv> {
        let len = self.u32()?;
        let create_revision = self.u64()?;
        let mod_revision = self.u64()?;
        let expires_ms = Some(self.u64()?).filter(|&at| at != 0);
        Some(Kv { key, value: Arc::from(self.take(len)?), create_revision, mod_revision, expires_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kv(key: String) -> impl Strategy<Value = Kv> {
        (any::<Vec<u8>>(), any::<u64>(), any::<u64>(), proptest::option::of(1u64..)).prop_map(move |(v, c, m, e)| Kv {
            key: key.clone(),
            value: v.into(),
            create_revision: c,
            mod_revision: m,
            expires_ms: e,
        })
    }

    fn change() -> impl Strategy<Value = Change> {
        "[a-z/é]{1,12}".prop_flat_map(|key| {
            let side = || proptest::option::of(kv(key.clone()));
            (Just(key.clone()), side(), side()).prop_map(|(key, before, after)| Change { key, before, after })
        })
    }

    proptest! {
        #[test]
        fn a_record_comes_back(kv in kv("/apisix/routes/1".into())) {
            prop_assert_eq!(decode(kv.key.as_bytes(), &encode(&kv)), Ok(kv));
        }

        #[test]
        fn any_changed_byte_of_a_record_is_seen(kv in kv("/k".into()), at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = encode(&kv);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decode(b"/k", &bytes).is_err());
            prop_assert!(decode(b"/l", &encode(&kv)).is_err());
        }

        #[test]
        fn a_cut_record_is_seen(kv in kv("/k".into()), at: prop::sample::Index) {
            let bytes = encode(&kv);
            prop_assert!(decode(b"/k", &bytes[..at.index(bytes.len())]).is_err());
        }

        #[test]
        fn a_journal_entry_comes_back(
            revision: u64, unix_ms: u64, who: String, from: String, changes in proptest::collection::vec(change(), 0..4)
        ) {
            let record = JournalRecord { revision, unix_ms, origin: Origin { who, from }, changes };
            prop_assert_eq!(decode_journal(&encode_journal(&record)), Some(record));
        }

        #[test]
        fn no_bytes_upset_the_decoders(bytes: Vec<u8>) {
            let _ = decode(b"/k", &bytes);
            let _ = decode_journal(&bytes);
        }
    }
}
