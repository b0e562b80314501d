//! Finding a main file to work with: the one that is there, one left by a crash, a new one, or one restored.

use std::sync::Arc;

use super::copy::{self, Found, SecondCopy};
use super::database::Db;
use super::overlay::Overlay;
use super::{MAIN, MAIN_NEW, Options, apply, record, recover};
use crate::disk::Disk;
use crate::{JournalRecord, SetAside, StoreError};

/// A main file that is open, and what happened on the way.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) note: Option<SetAside>,
    /// Over memory only, since the disk is full.
    pub(super) detached: bool,
    /// The copy has a hole, and is written anew before anything else is written.
    pub(super) holed: bool,
}

pub(super) fn open_main(disk: &dyn Disk, options: &Options) -> Result<Opened, StoreError> {
    let fail = |e| StoreError::io(format!("opening {MAIN}"), e);
    let file = match disk.open(MAIN).map_err(fail)? {
        Some(file) => file,
        None => match adopt_new(disk, options)? {
            Some(opened) => return Ok(opened),
            None => return restore(disk, options, &format!("{MAIN} is missing")),
        },
    };
    match Db::open(Arc::clone(&file), MAIN, options.cache_bytes) {
        Ok(db) => {
            // Left behind by a crash while it was written; the main file is good.
            disk.remove(MAIN_NEW).map_err(|e| StoreError::io(format!("removing {MAIN_NEW}"), e))?;
            Ok(Opened { db, note: None, detached: false, holed: false })
        }
        Err(StoreError::Corrupt(reason)) => restore(disk, options, &reason),
        Err(StoreError::Full) => {
            tracing::error!(dir = disk.place(), "the disk is full: the store can be read, and not written");
            let overlay = Arc::new(Overlay::new(file).map_err(fail)?);
            let db = Db::open(overlay, MAIN, options.cache_bytes)?;
            Ok(Opened { db, note: None, detached: true, holed: false })
        }
        Err(other) => Err(other),
    }
}

/// Without a main file: one that was written whole and had not got its name yet, or a new one if there is no trace
/// of an earlier store.
fn adopt_new(disk: &dyn Disk, options: &Options) -> Result<Option<Opened>, StoreError> {
    let fail = |e| StoreError::io(format!("creating {MAIN}"), e);
    let whole = match disk.open(MAIN_NEW).map_err(fail)? {
        Some(file) => match Db::open(file, MAIN_NEW, options.cache_bytes) {
            Ok(db) => Some(db),
            Err(StoreError::Corrupt(_)) => None,
            Err(other) => return Err(other),
        },
        None => None,
    };
    let db = match whole {
        Some(db) => db,
        None if disk.open(copy::NAME).map_err(fail)?.is_some() => return Ok(None),
        None => Db::create(disk, MAIN_NEW, options.cache_bytes, [], [], 0)?,
    };
    disk.rename(MAIN_NEW, MAIN).and_then(|()| disk.sync_names()).map_err(fail)?;
    Ok(Some(Opened { db, note: None, detached: false, holed: false }))
}

pub(super) fn restore(disk: &dyn Disk, options: &Options, reason: &str) -> Result<Opened, StoreError> {
    let (db, note) = recover::recover(disk, options.cache_bytes, (options.clock)(), reason)?;
    Ok(Opened { db, note: Some(note), detached: false, holed: false })
}

/// Brings main file and copy to the same revision. The copy is behind after a loss of power: it gets what the
/// journal has, or will be written anew. It is ahead if the main file was found at an older state than the one it
/// had acknowledged (redb keeps two, and falls back if the newer one is damaged): then the copy has the difference.
pub(super) fn align(disk: &dyn Disk, options: &Options, opened: Opened) -> Result<(Opened, SecondCopy), StoreError> {
    // A main file that was just restored is not what this copy goes on from.
    if opened.detached || opened.note.is_some() {
        return Ok((opened, SecondCopy::absent()));
    }
    let revision = opened.db.revision()?;
    let (mut copy, reaches) = match SecondCopy::open(disk)? {
        Found::Whole(copy, reaches) => (copy, reaches),
        Found::Absent => {
            if revision > 0 {
                tracing::warn!(dir = disk.place(), "{} is missing, and is written anew", copy::NAME);
            }
            return Ok((opened, SecondCopy::absent()));
        }
        Found::Torn { whole_to, reaches, .. } if reaches > whole_to && reaches > revision => {
            return restored(disk, options, opened.db, revision, reaches);
        }
        Found::Torn { whole_to, damage, .. } if synced(&opened.db, whole_to, revision)? => {
            let note = recover::set_copy_aside(disk, (options.clock)(), damage)?;
            return Ok((Opened { note: Some(note), ..opened }, SecondCopy::absent()));
        }
        Found::Torn { copy, whole_to, reaches, damage } => {
            tracing::warn!(dir = disk.place(), damage, "the second copy of the store was not written to its end");
            if reaches > whole_to || !copy.cut() {
                return Ok((Opened { holed: true, ..opened }, SecondCopy::absent()));
            }
            (copy, whole_to)
        }
        Found::Damaged { reaches, .. } if reaches > revision => {
            return restored(disk, options, opened.db, revision, reaches);
        }
        Found::Damaged { damage, .. } => {
            let note = recover::set_copy_aside(disk, (options.clock)(), damage)?;
            return Ok((Opened { note: Some(note), ..opened }, SecondCopy::absent()));
        }
    };
    let db = opened.db;
    if reaches == revision {
        return Ok((Opened { db, ..opened }, copy));
    }
    if reaches < revision {
        let missing = db.journal(reaches + 1, usize::MAX)?;
        if missing.len() as u64 == revision - reaches && follow(&missing, reaches) {
            copy.append(&missing.iter().map(record::encode_journal).collect::<Vec<_>>());
        } else {
            copy = SecondCopy::absent();
        }
        return Ok((Opened { db, ..opened }, copy));
    }

    let mut later = copy::read(disk)?.map(|found| found.journal).unwrap_or_default();
    later.retain(|record| record.revision > revision);
    if later.is_empty() || !follow(&later, revision) {
        return restored(disk, options, db, revision, reaches);
    }
    let reason = behind(revision, reaches);
    apply::redo(&db, &later)?;
    let outcome = format!("the second copy had the missing transactions ({}), which are written again", later.len());
    tracing::error!(dir = disk.place(), reason, "THE STORE WAS DAMAGED and is restored: {outcome}");
    let note = SetAside { what: MAIN.into(), reason, outcome, restored: true };
    Ok((Opened { db, note: Some(note), ..opened }, copy))
}

/// Whether the copy had been synced beyond `whole_to`, for what follows it is so much older than the newest revision that no loss of
/// power can have taken it.
fn synced(db: &Db, whole_to: u64, revision: u64) -> Result<bool, StoreError> {
    const SURELY_MS: u64 = 10_000;
    if whole_to >= revision {
        return Ok(false);
    }
    let time = |from| Ok::<_, StoreError>(db.journal(from, 1)?.first().map(|record| record.unix_ms));
    let (Some(lost), Some(newest)) = (time(whole_to + 1)?, time(revision)?) else { return Ok(false) };
    Ok(newest.saturating_sub(lost) >= SURELY_MS)
}

/// The main file does not have what was acknowledged: a new one is written from both.
fn restored(
    disk: &dyn Disk,
    options: &Options,
    db: Db,
    revision: u64,
    reaches: u64,
) -> Result<(Opened, SecondCopy), StoreError> {
    drop(db);
    Ok((restore(disk, options, &behind(revision, reaches))?, SecondCopy::absent()))
}

fn behind(revision: u64, reaches: u64) -> String {
    format!("{MAIN} is at revision {revision}, and revision {reaches} was acknowledged")
}

/// Whether the records are those of the revisions after `revision`, one by one.
fn follow(records: &[JournalRecord], revision: u64) -> bool {
    records.iter().zip(revision + 1..).all(|(record, expected)| record.revision == expected)
}
