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
    /// Frames of what was committed since a rewrite began.
    waiting: Option<Vec<u8>>,
}

impl SecondCopy {
    /// A copy that has to be written first.
    pub(super) fn absent() -> Self {
        Self { stale: true, ..Self::fresh() }
    }

    fn fresh() -> Self {
        Self { file: None, len: 0, base_len: 0, stale: false, dirty: false, waiting: None }
    }

    /// Looks for a copy in the directory and reads it through: damage of it must come out while the main file is there to write
    /// it anew.
    pub(super) fn open(disk: &dyn Disk) -> Result<Found, StoreError> {
        let Some(file) = disk.open(NAME).map_err(|e| StoreError::io(format!("opening {NAME}"), e))? else {
            return Ok(Found::Absent);
        };
        let looked = look(&*file)?;
        let copy = |len| Self { file: Some(Arc::clone(&file)), len, base_len: looked.base, ..Self::fresh() };
        let Some(damage) = looked.damage else { return Ok(Found::Whole(copy(looked.len), looked.revision)) };
        // Everything that can still be read, so that what the main file lacks is not thrown away.
        let newest = read(disk)?.map_or(0, |found| found.revision);
        if looked.base == 0 {
            return Ok(Found::Damaged { reaches: newest, damage });
        }
        Ok(Found::Torn { copy: copy(looked.len), whole_to: looked.revision, reaches: newest, damage })
    }

    /// Cuts off what is behind the frames that are whole; `false`: that failed.
    pub(super) fn cut(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.set_size(self.len).is_ok())
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

    /// The sync failed: what is on the disk is unknown.
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
        *self = Self { file: Some(new.file), len: new.len + waiting.len() as u64, base_len: new.len, ..Self::fresh() };
        Ok(())
    }
}

/// A copy as it was found.
pub(super) enum Found {
    Absent,
    /// It reaches to this revision.
    Whole(SecondCopy, u64),
    /// Its records are whole, and what was appended is not: as a loss of power leaves it, which takes what was not synced yet.
    Torn {
        /// As it would be once it has been cut.
        copy: SecondCopy,
        /// The revision up to which nothing is missing.
        whole_to: u64,
        /// The newest revision that it tells of.
        reaches: u64,
        /// What is wrong.
        damage: String,
    },
    /// What was synced is not whole: the disk is to blame.
    Damaged {
        /// The newest revision that it tells of.
        reaches: u64,
        /// What is wrong.
        damage: String,
    },
}

/// What one look from end to end finds.
struct Looked {
    /// Where the records end; 0: they are not whole.
    base: u64,
    /// How far it is whole.
    len: u64,
    /// The revision of the last frame up to there.
    revision: u64,
    damage: Option<String>,
}

fn look(file: &dyn DiskFile) -> Result<Looked, StoreError> {
    let fail = |e| StoreError::io(format!("reading {NAME}"), e);
    let mut reader = Reader::new(file).map_err(fail)?;
    let mut looked = Looked { base: 0, len: 0, revision: 0, damage: None };
    let mut records = 0u64;
    while looked.len < reader.size && looked.damage.is_none() {
        let at = looked.len;
        let Some((Some(payload), next)) = reader.frame(at).map_err(fail)? else {
            looked.damage = Some(format!("{NAME} is damaged {at} bytes from its beginning"));
            break;
        };
        let mut body = Input(payload.get(1..).unwrap_or_default());
        match (at, payload.first().copied().unwrap_or_default()) {
            (0, _) => match header(payload) {
                Some(FORMAT) => {}
                Some(found) => return Err(StoreError::Newer { what: NAME.into(), found, known: FORMAT }),
                None => looked.damage = Some(format!("{NAME} has no beginning")),
            },
            (_, RECORD) if looked.base == 0 => records += 1,
            (_, END) if looked.base == 0 => match body.u64().zip(body.u64()) {
                Some((revision, count)) if count == records => (looked.base, looked.revision) = (next, revision),
                _ => looked.damage = Some(format!("{NAME} does not have as many records as it says")),
            },
            (_, TXN) if looked.base > 0 && body.u64() == Some(looked.revision + 1) => looked.revision += 1,
            _ => {
                looked.damage = Some(format!("{NAME} has something {at} bytes from its beginning that does not follow"))
            }
        }
        if looked.damage.is_none() {
            looked.len = next;
        }
    }
    if looked.base == 0 && looked.damage.is_none() {
        looked.damage = Some(format!("{NAME} ends before its records do"));
    }
    Ok(looked)
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
    /// Which transaction deleted what is not there any more.
    pub(super) deleted: BTreeMap<String, u64>,
    /// The transactions in it, which the records already contain.
    pub(super) journal: Vec<JournalRecord>,
    /// The last revision it reaches without a gap.
    pub(super) revision: u64,
    /// Whether the records are exactly those of `revision`; if not, some are missing.
    pub(super) exact: bool,
    /// A frame was lost.
    broken: bool,
    /// What is wrong with the file, if anything. If the records are exact nevertheless, later ones may be lost.
    pub(super) damage: Option<String>,
}

/// Reads what is whole of the copy, behind damage too; `None` if there is none, or nothing in it can be read.
pub(super) fn read(disk: &dyn Disk) -> Result<Option<Recovered>, StoreError> {
    let fail = |e| StoreError::io(format!("reading {NAME}"), e);
    let Some(file) = disk.open(NAME).map_err(fail)? else { return Ok(None) };
    let mut reader = Reader::new(&*file).map_err(fail)?;
    let size = reader.size;
    let mut found = Recovered::default();
    let (mut offset, mut ended, mut any) = (0, false, false);
    let mut hole: Option<u64> = None;
    while offset < size {
        let (payload, next) = match reader.frame(offset).map_err(fail)? {
            Some((payload, next)) => (payload, next),
            // Its length is part of what is damaged: the next frame is looked for.
            None => match reader.next_whole(offset + 1).map_err(fail)? {
                Some(next) => (None, next),
                None => break,
            },
        };
        if payload.is_some()
            && let Some(at) = hole.take()
        {
            // One damaged frame does not hide the others; what is between is missing, though.
            found.lack(|| format!("{NAME} is damaged {at} bytes from its beginning"));
        }
        match payload {
            Some(payload) if offset == 0 => match header(payload) {
                Some(FORMAT) => any = true,
                Some(format) => return Err(StoreError::Newer { what: NAME.into(), found: format, known: FORMAT }),
                None => found.lack(|| format!("{NAME} has no beginning")),
            },
            Some(payload) => {
                any = true;
                if let Err(damage) = found.take(payload, &mut ended) {
                    found.lack(|| damage);
                }
            }
            None => _ = hole.get_or_insert(offset),
        }
        offset = next;
    }
    if !any {
        return Ok(None);
    }
    if !ended {
        found.lack(|| format!("{NAME} ends before its records do"));
    } else if (hole.is_some() || offset != size) && found.damage.is_none() {
        // Nothing whole comes behind it: the records are those of an earlier revision, and all of them.
        found.damage = Some(format!("{NAME} is damaged after revision {}", found.revision));
    }
    Ok(Some(found))
}

impl Recovered {
    /// Something is missing from now on.
    fn lack(&mut self, what: impl FnOnce() -> String) {
        self.exact = false;
        self.broken = true;
        self.damage.get_or_insert_with(what);
    }

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
                self.exact = !self.broken && count == self.records.len() as u64;
                if !self.exact {
                    self.damage = Some(format!("{NAME} has {} of {count} records", self.records.len()));
                }
            }
            TXN => {
                let entry = record::decode_journal(body).ok_or_else(unreadable)?;
                if entry.revision <= self.revision {
                    return Err(format!("{NAME} goes back to revision {}", entry.revision));
                }
                if entry.revision != self.revision + 1 {
                    self.exact = false;
                    self.damage = Some(format!("{NAME} has a gap after revision {}", self.revision));
                }
                self.revision = entry.revision;
                for change in &entry.changes {
                    match &change.after {
                        Some(kv) => {
                            self.deleted.remove(&change.key);
                            self.records.insert(change.key.clone(), kv.clone());
                        }
                        None => {
                            self.records.remove(&change.key);
                            self.deleted.insert(change.key.clone(), entry.revision);
                        }
                    }
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

/// Reads frames of a file, of which a part is in memory.
struct Reader<'f> {
    file: &'f dyn DiskFile,
    size: u64,
    /// What is in memory, and where in the file it lies.
    part: Vec<u8>,
    from: u64,
}

/// A frame's payload, `None` if that is damaged, and where the next one begins.
type Framed<'r> = Option<(Option<&'r [u8]>, u64)>;

impl<'f> Reader<'f> {
    fn new(file: &'f dyn DiskFile) -> std::io::Result<Reader<'f>> {
        Ok(Reader { file, size: file.size()?, part: Vec::new(), from: 0 })
    }

    /// So many bytes at `offset`, which are in the file.
    fn bytes(&mut self, offset: u64, len: u64) -> std::io::Result<&[u8]> {
        const AT_ONCE: u64 = 1 << 20;
        let there = offset >= self.from && offset + len <= self.from + self.part.len() as u64;
        if !there {
            let wanted = len.max(AT_ONCE).min(self.size.saturating_sub(offset));
            self.part.resize(usize::try_from(wanted).unwrap_or(usize::MAX), 0);
            self.from = offset;
            self.file.read_at(offset, &mut self.part)?;
        }
        let at = usize::try_from(offset - self.from).unwrap_or(usize::MAX);
        Ok(self.part.get(at..).and_then(|rest| rest.get(..usize::try_from(len).ok()?)).unwrap_or_default())
    }

    /// The frame at `offset`; `None` if there is no whole one.
    fn frame(&mut self, offset: u64) -> std::io::Result<Framed<'_>> {
        if offset + AROUND as u64 > self.size {
            return Ok(None);
        }
        let mut head = Input(self.bytes(offset, 8)?);
        let (len, crc) = (head.u32().unwrap_or(0), head.u32().unwrap_or(0));
        let next = offset + u64::from(len) + AROUND as u64;
        // Zeros, as a lost write leaves them, would pass for an empty payload.
        if len == 0 || next > self.size {
            return Ok(None);
        }
        let both = self.bytes(offset + 8, u64::from(len) + 4)?;
        let Some((payload, tail)) = both.split_last_chunk::<4>() else { return Ok(None) };
        if u32::from_le_bytes(*tail) != len {
            return Ok(None);
        }
        Ok(Some(((crc32fast::hash(payload) == crc).then_some(payload), next)))
    }

    /// Where the next whole frame from `offset` on begins.
    fn next_whole(&mut self, mut offset: u64) -> std::io::Result<Option<u64>> {
        // All of the rest, so that a length that is none does not make it read here and there.
        self.part = Vec::new();
        self.bytes(offset, self.size.saturating_sub(offset))?;
        while offset < self.size {
            if matches!(self.frame(offset)?, Some((Some(_), _))) {
                return Ok(Some(offset));
            }
            offset += 1;
        }
        Ok(None)
    }
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
