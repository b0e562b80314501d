//! The second copy: one file that holds every record as it once was, and every transaction since.
//!
//! The main file alone makes a write lasting. This file is for the day when the main file cannot be read: it is
//! appended to after each commit, synced a moment later by the thread that tends it, and written anew when the
//! transactions in it outgrow the records. It is a sequence of frames, `length | crc32 | payload | length`, the
//! payload's first byte naming its kind; the second length lets the end be read without the beginning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::JOURNAL_RECORDS;
use super::database::FORMAT;
use super::record::{self, Input};
use crate::disk::{Disk, DiskFile};
use crate::{JournalRecord, Kv, StoreError};

pub(super) const NAME: &str = "store.copy";
pub(super) const NEW_NAME: &str = "store.copy.new";

const HEADER: u8 = b'H';
const RECORD: u8 = b'R';
const END: u8 = b'E';
const TXN: u8 = b'T';

/// Frame bytes around a payload.
const AROUND: usize = 12;
/// Below this, a copy is never written anew for its size.
const SMALLEST_REWRITE: u64 = 8 << 20;
/// Transactions that may wait in memory while the copy is written anew.
const WAITING_BYTES: usize = 64 << 20;

/// The copy as the writer of the store sees it.
pub(super) struct SecondCopy {
    file: Option<Arc<dyn DiskFile>>,
    /// Where the next frame goes.
    len: u64,
    /// Where the transactions begin.
    base_len: u64,
    /// Not in step with the main file: nothing is appended until it has been written anew.
    stale: bool,
    /// Appended to since the last sync.
    dirty: bool,
    /// Found in the directory, and not read through yet.
    unread: bool,
    /// Frames of what was committed since a rewrite began.
    waiting: Option<Vec<u8>>,
}

impl SecondCopy {
    /// A copy that has to be written first.
    pub(super) fn absent() -> Self {
        Self { file: None, len: 0, base_len: 0, stale: true, dirty: false, unread: false, waiting: None }
    }

    /// The copy in the directory and the revision it reaches to; `None` if there is none whose end can be read.
    pub(super) fn open(disk: &dyn Disk) -> Result<Option<(Self, u64)>, StoreError> {
        let Some(file) = disk.open(NAME).map_err(|e| StoreError::io(format!("opening {NAME}"), e))? else {
            return Ok(None);
        };
        let Some((len, revision)) = end(&*file) else { return Ok(None) };
        // How much of it are records is not known without reading it: take it for all, so that it grows by as much
        // again before it is rewritten.
        Ok(Some((
            Self { file: Some(file), len, base_len: len, stale: false, dirty: false, unread: true, waiting: None },
            revision,
        )))
    }

    /// Adds committed transactions. The copy is allowed to fail: it is then stale, and no one's write with it.
    pub(super) fn append(&mut self, entries: &[Vec<u8>]) {
        if entries.is_empty() || (self.stale && self.waiting.is_none()) {
            return;
        }
        let mut frames = Vec::with_capacity(entries.iter().map(|e| e.len() + AROUND + 1).sum());
        for entry in entries {
            put_frame(&mut frames, TXN, |out| out.extend_from_slice(entry));
        }
        if let Some(waiting) = &mut self.waiting {
            if waiting.len() + frames.len() > WAITING_BYTES {
                self.waiting = None;
            } else {
                waiting.extend_from_slice(&frames);
            }
        }
        let Some(file) = self.file.as_ref().filter(|_| !self.stale) else { return };
        match file.write_at(self.len, &frames) {
            Ok(()) => {
                self.len += frames.len() as u64;
                self.dirty = true;
            }
            Err(error) => {
                tracing::warn!(%error, "the second copy of the store cannot be written; it will be written anew");
                let _ = file.set_size(self.len);
                self.stale = true;
            }
        }
    }

    /// The file to sync, if something was written to it since the last time.
    pub(super) fn take_dirty(&mut self) -> Option<Arc<dyn DiskFile>> {
        std::mem::take(&mut self.dirty).then(|| self.file.clone()).flatten()
    }

    /// The file and how much of it is to be read through, once after it was found: damage of the copy must come out
    /// while the main file is there to write it anew.
    pub(super) fn take_unread(&mut self) -> Option<(Arc<dyn DiskFile>, u64)> {
        std::mem::take(&mut self.unread).then(|| self.file.clone().map(|file| (file, self.len))).flatten()
    }

    /// The sync failed, or damage was found: what is on the disk is unknown.
    pub(super) fn distrust(&mut self) {
        self.stale = true;
    }

    /// Whether there is something for the thread that tends the copy.
    pub(super) fn wants_rewrite(&self) -> bool {
        self.stale || self.len - self.base_len > self.base_len.max(SMALLEST_REWRITE)
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// From now on what is committed waits for the new file as well.
    pub(super) fn begin_rewrite(&mut self) {
        self.waiting = Some(Vec::new());
    }

    pub(super) fn give_up_rewrite(&mut self) {
        self.waiting = None;
    }

    /// Completes `new`, whose records are synced, with what was committed meanwhile, and puts it in place.
    pub(super) fn finish_rewrite(&mut self, disk: &dyn Disk, new: NewCopy) -> Result<(), StoreError> {
        let fail = |e| StoreError::io(format!("writing {NEW_NAME}"), e);
        let Some(waiting) = self.waiting.take() else {
            return Err(StoreError::Invalid("too much was written while the second copy was".into()));
        };
        if !waiting.is_empty() {
            new.file.write_at(new.len, &waiting).and_then(|()| new.file.sync()).map_err(fail)?;
        }
        // From here on the old file may have lost its name.
        self.stale = true;
        disk.rename(NEW_NAME, NAME).and_then(|()| disk.sync_names()).map_err(fail)?;
        *self = Self {
            file: Some(new.file),
            len: new.len + waiting.len() as u64,
            base_len: new.len,
            stale: false,
            dirty: false,
            unread: false,
            waiting: None,
        };
        Ok(())
    }
}

/// A copy being written.
pub(super) struct NewCopy {
    file: Arc<dyn DiskFile>,
    len: u64,
    buffer: Vec<u8>,
    count: u64,
}

impl NewCopy {
    pub(super) fn create(disk: &dyn Disk) -> Result<Self, StoreError> {
        let file = disk.create(NEW_NAME).map_err(|e| StoreError::io(format!("creating {NEW_NAME}"), e))?;
        let mut new = Self { file, len: 0, buffer: Vec::with_capacity(512 << 10), count: 0 };
        put_frame(&mut new.buffer, HEADER, |out| out.extend_from_slice(&FORMAT.to_le_bytes()));
        Ok(new)
    }

    pub(super) fn record(&mut self, kv: &Kv) -> Result<(), StoreError> {
        put_frame(&mut self.buffer, RECORD, |out| {
            record::put_bytes(out, kv.key.as_bytes());
            record::put_record(out, kv);
        });
        self.count += 1;
        if self.buffer.len() > 256 << 10 { self.flush() } else { Ok(()) }
    }

    /// Ends the records, which are those of `revision`, and makes them lasting.
    pub(super) fn end(&mut self, revision: u64) -> Result<(), StoreError> {
        let count = self.count;
        put_frame(&mut self.buffer, END, |out| {
            out.extend_from_slice(&revision.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        });
        self.flush()?;
        self.file.sync().map_err(|e| StoreError::io(format!("syncing {NEW_NAME}"), e))
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.file.write_at(self.len, &self.buffer).map_err(|e| StoreError::io(format!("writing {NEW_NAME}"), e))?;
        self.len += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// What a copy says.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub(super) records: BTreeMap<String, Kv>,
    /// The transactions in it, which the records already contain.
    pub(super) journal: Vec<JournalRecord>,
    /// The last revision it reaches without a gap.
    pub(super) revision: u64,
    /// Whether the records are exactly those of `revision`; if not, some are missing.
    pub(super) exact: bool,
    /// What is wrong with the file, if anything. If the records are exact nevertheless, later ones may be lost.
    pub(super) damage: Option<String>,
}

/// Reads the copy as far as it goes; `None` if there is none, or nothing in it can be read.
pub(super) fn read(disk: &dyn Disk) -> Result<Option<Recovered>, StoreError> {
    let fail = |e| StoreError::io(format!("reading {NAME}"), e);
    let Some(file) = disk.open(NAME).map_err(fail)? else { return Ok(None) };
    let size = file.size().map_err(fail)?;
    let mut found = Recovered::default();
    let mut offset = 0;
    let mut ended = false;
    while let Some((payload, next)) = frame_at(&*file, offset, size) {
        let taken = match (&payload, offset) {
            (Some(payload), 0) => match header(payload) {
                Some(FORMAT) => Ok(()),
                Some(format) => return Err(StoreError::Newer { what: NAME.into(), found: format, known: FORMAT }),
                None => return Ok(None),
            },
            (Some(payload), _) => found.take(payload, &mut ended),
            // One damaged record does not hide the others; a missing transaction does, those after it build on it.
            (None, _) if ended => break,
            (None, _) => Ok(()),
        };
        if let Err(damage) = taken {
            found.damage = Some(damage);
            break;
        }
        offset = next;
    }
    if offset == 0 {
        return Ok(None);
    }
    if !ended {
        found.damage = Some(format!("{NAME} ends before its records do"));
    } else if offset != size && found.damage.is_none() {
        found.damage = Some(format!("{NAME} is damaged after revision {}", found.revision));
    }
    Ok(Some(found))
}

impl Recovered {
    fn take(&mut self, payload: &[u8], ended: &mut bool) -> Result<(), String> {
        let unreadable = || format!("{NAME} has a frame that cannot be read");
        let (kind, body) = payload.split_first().ok_or_else(unreadable)?;
        let mut input = Input(body);
        match *kind {
            RECORD => {
                let kv = input.text().and_then(|key| input.record(key)).ok_or_else(unreadable)?;
                self.records.insert(kv.key.clone(), kv);
            }
            END => {
                let (revision, count) = input.u64().zip(input.u64()).ok_or_else(unreadable)?;
                (*ended, self.revision) = (true, revision);
                self.exact = count == self.records.len() as u64;
                if !self.exact {
                    self.damage = Some(format!("{NAME} has {} of {count} records", self.records.len()));
                }
            }
            TXN => {
                let entry = record::decode_journal(body).ok_or_else(unreadable)?;
                if entry.revision != self.revision + 1 {
                    return Err(format!("{NAME} has a gap after revision {}", self.revision));
                }
                self.revision = entry.revision;
                for change in &entry.changes {
                    match &change.after {
                        Some(kv) => self.records.insert(change.key.clone(), kv.clone()),
                        None => self.records.remove(&change.key),
                    };
                }
                self.journal.push(entry);
                // Only the last ones are ever asked for; dropping them in bulk keeps this linear.
                if self.journal.len() > 2 * JOURNAL_RECORDS {
                    self.journal.drain(..JOURNAL_RECORDS);
                }
            }
            _ => return Err(unreadable()),
        }
        Ok(())
    }
}

/// The frame at `offset`, without its payload if that is damaged, and where the next one begins; `None` if there is
/// no whole frame.
fn frame_at(file: &dyn DiskFile, offset: u64, size: u64) -> Option<(Option<Vec<u8>>, u64)> {
    let mut head = [0; 8];
    (offset + AROUND as u64 <= size).then_some(())?;
    file.read_at(offset, &mut head).ok()?;
    let mut input = Input(&head);
    let (len, crc) = (input.u32()?, input.u32()?);
    let next = offset + u64::from(len) + AROUND as u64;
    (next <= size).then_some(())?;
    let mut payload = vec![0; usize::try_from(len).ok()? + 4];
    file.read_at(offset + 8, &mut payload).ok()?;
    let tail = payload.split_off(payload.len() - 4);
    // Zeros, as a lost write leaves them, would pass for an empty payload.
    (len != 0 && Input(&tail).u32()? == len).then_some(())?;
    Some(((crc32fast::hash(&payload) == crc).then_some(payload), next))
}

/// Whether the first `len` bytes are whole frames, beginning with a header.
pub(super) fn is_whole(file: &dyn DiskFile, len: u64, stop: &dyn Fn() -> bool) -> bool {
    let mut offset = 0;
    while offset < len && !stop() {
        match frame_at(file, offset, len) {
            Some((Some(payload), next)) if offset != 0 || header(&payload) == Some(FORMAT) => offset = next,
            _ => return false,
        }
    }
    true
}

/// Where the last frame ends and which revision it is about; `None` if the end is torn.
fn end(file: &dyn DiskFile) -> Option<(u64, u64)> {
    let size = file.size().ok()?;
    let mut tail = [0; 4];
    file.read_at(size.checked_sub(4)?, &mut tail).ok()?;
    let start = size.checked_sub(u64::from(u32::from_le_bytes(tail)) + AROUND as u64)?;
    let (payload, next) = frame_at(file, start, size)?;
    let payload = payload?;
    let (kind, body) = payload.split_first()?;
    let revision = matches!(*kind, END | TXN).then(|| Input(body).u64()).flatten()?;
    (next == size).then_some((size, revision))
}

fn header(payload: &[u8]) -> Option<u32> {
    payload.strip_prefix(&[HEADER]).and_then(|body| Input(body).u32())
}

fn put_frame(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    out.push(kind);
    body(out);
    let payload = out.get(start + 8..).unwrap_or_default();
    // Bounded far below 4 GiB, as its journal entry or record is.
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let crc = crc32fast::hash(payload).to_le_bytes();
    out.splice(start..start + 4, len);
    out.splice(start + 4..start + 8, crc);
    out.extend_from_slice(&len);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_length_at_both_ends() {
        let mut out = Vec::new();
        put_frame(&mut out, TXN, |out| out.extend_from_slice(b"abc"));
        assert_eq!(out.len(), AROUND + 4);
        assert_eq!(out[..4], 4u32.to_le_bytes());
        assert_eq!(out[12..], 4u32.to_le_bytes());
        assert_eq!(&out[8..12], b"Tabc");
    }
}
