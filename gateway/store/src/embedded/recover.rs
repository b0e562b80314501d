//! What is done about a main file that cannot be trusted: it is kept aside as it is, and a new one is written from
//! the second copy and from what can still be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::copy::{self, Recovered};
use super::database::{Db, Scanned, guarded};
use super::overlay::Overlay;
use super::{MAIN, MAIN_NEW};
use crate::disk::Disk;
use crate::{JournalRecord, Kv, SetAside, StoreError};

/// A new main file in place of one that is damaged or missing, and what there is to tell about it.
pub(super) fn recover(
    disk: &dyn Disk,
    cache_bytes: usize,
    now_ms: u64,
    reason: &str,
) -> Result<(Db, SetAside), StoreError> {
    let salvaged = salvage(disk, cache_bytes)?;
    let copied = copy::read(disk)?;
    let copy_damaged = match &copied {
        Some(copied) => copied.damage.is_some(),
        None => disk.open(copy::NAME).map_err(|e| StoreError::io(format!("opening {}", copy::NAME), e))?.is_some(),
    };
    let main_exists = salvaged.is_some();
    let state = merge(copied, salvaged.flatten());
    let State { records, journal, revision, restored, said } = state;
    let db = Db::create(disk, MAIN_NEW, cache_bytes, records.into_values().map(Ok), journal, revision)?;

    // The new file is whole and synced before the old one loses its name: a crash between the two renames leaves
    // the new file under its first name, where the next start finds it.
    let fail = |e| StoreError::io(format!("setting {MAIN} aside"), e);
    let mut kept = Vec::new();
    if main_exists {
        kept.push(keep(disk, MAIN, now_ms)?);
    }
    disk.rename(MAIN_NEW, MAIN).and_then(|()| disk.sync_names()).map_err(fail)?;
    if copy_damaged {
        kept.push(keep(disk, copy::NAME, now_ms)?);
        disk.sync_names().map_err(fail)?;
    }
    let kept =
        if kept.is_empty() { String::new() } else { format!("; the damaged bytes are kept in {}", kept.join(", ")) };
    let told = SetAside { what: MAIN.into(), reason: reason.to_owned(), outcome: format!("{said}{kept}"), restored };
    if restored {
        tracing::error!(
            dir = disk.place(),
            reason = told.reason,
            "THE STORE WAS DAMAGED and is restored: {}",
            told.outcome
        );
    } else {
        tracing::error!(dir = disk.place(), reason = told.reason, "THE STORE IS DAMAGED: {}", told.outcome);
    }
    Ok((db, told))
}

/// Keeps a damaged copy aside; the main file is whole.
pub(super) fn set_copy_aside(disk: &dyn Disk, now_ms: u64, reason: String) -> Result<SetAside, StoreError> {
    let aside = keep(disk, copy::NAME, now_ms)?;
    disk.sync_names().map_err(|e| StoreError::io(format!("setting {} aside", copy::NAME), e))?;
    let outcome = format!("{MAIN} has every record, and a new copy is written; the damaged bytes are kept in {aside}");
    tracing::error!(dir = disk.place(), reason, "THE SECOND COPY OF THE STORE WAS DAMAGED: {outcome}");
    Ok(SetAside { what: copy::NAME.into(), reason, outcome, restored: true })
}

/// Gives a damaged file a name under which nothing touches it any more.
fn keep(disk: &dyn Disk, name: &str, now_ms: u64) -> Result<String, StoreError> {
    let fail = |e| StoreError::io(format!("setting {name} aside"), e);
    let mut aside = format!("{name}.corrupt-{now_ms}");
    let mut again = 1;
    while disk.open(&aside).map_err(fail)?.is_some() {
        aside = format!("{name}.corrupt-{now_ms}-{again}");
        again += 1;
    }
    disk.rename(name, &aside).map_err(fail)?;
    Ok(aside)
}

/// What can be read of the main file.
#[derive(Default)]
struct Salvage {
    records: BTreeMap<String, Kv>,
    journal: Vec<JournalRecord>,
    revision: Option<u64>,
    /// Keys under which there is something that is not a record.
    damaged: Vec<String>,
    /// Every key was seen.
    complete: bool,
}

/// Reads the damaged main file over an overlay, which leaves its bytes as they are. The outer `None`: there is no
/// such file; the inner: nothing of it can be read.
fn salvage(disk: &dyn Disk, cache_bytes: usize) -> Result<Option<Option<Salvage>>, StoreError> {
    let fail = |e| StoreError::io(format!("reading {MAIN}"), e);
    let Some(file) = disk.open(MAIN).map_err(fail)? else { return Ok(None) };
    let overlay = Arc::new(Overlay::new(file).map_err(fail)?);
    let db = match Db::open_checked(overlay, MAIN, cache_bytes, false) {
        Ok(db) => db,
        Err(newer @ StoreError::Newer { .. }) => return Err(newer),
        Err(_) => return Ok(Some(None)),
    };
    let mut found = Salvage { revision: db.revision().ok(), ..Salvage::default() };
    let scanned = db.scan(b"", &mut |scanned| {
        match scanned {
            Scanned::Good(kv) => {
                found.records.insert(kv.key.clone(), kv);
            }
            Scanned::Damaged { key, .. } => found.damaged.push(String::from_utf8_lossy(key).into_owned()),
        }
        true
    });
    let seen = found.records.len() + found.damaged.len();
    found.complete = scanned.is_ok() && db.count().is_ok_and(|count| count == seen);
    found.journal = db.journal(0, usize::MAX).unwrap_or_default();
    // Closing writes, which a damaged file can upset too.
    let _ = guarded("closing", move || {
        drop(db);
        Ok(())
    });
    Ok(Some(Some(found)))
}

/// The state to go on with.
struct State {
    records: BTreeMap<String, Kv>,
    journal: Vec<JournalRecord>,
    revision: u64,
    restored: bool,
    said: String,
}

fn merge(copied: Option<Recovered>, salvaged: Option<Salvage>) -> State {
    let (copied, salvaged) = match (copied, salvaged) {
        (Some(copy), None) if copy.exact => return from_copy(copy),
        (Some(copy), Some(main)) if copy.exact && main.revision.is_none_or(|r| r <= copy.revision) => {
            return from_copy(copy);
        }
        (copied, Some(main))
            if main.complete
                && main.damaged.is_empty()
                && main.revision.is_some_and(|r| copied.as_ref().is_none_or(|copy| copy.revision <= r)) =>
        {
            let Salvage { records, journal, revision, .. } = main;
            let revision = revision.unwrap_or_default();
            let said = format!("every record up to revision {revision} could be read");
            return State { records, journal, revision, restored: true, said };
        }
        (copied, salvaged) => (copied.unwrap_or_default(), salvaged.unwrap_or_default()),
    };

    // Neither side has it all. The newer record of each key is the better one; a key that only one side has was deleted since,
    // if the other has been read to its end and has nothing under it, or knows of the deletion.
    let mut records = copied.records;
    if salvaged.complete {
        let read = salvaged.revision.unwrap_or(0);
        records.retain(|key, kv| {
            kv.mod_revision > read || salvaged.records.contains_key(key) || salvaged.damaged.contains(key)
        });
    }
    for (key, kv) in salvaged.records {
        if copied.deleted.get(&key).is_some_and(|at| *at > kv.mod_revision) {
            continue;
        }
        if records.get(&key).is_none_or(|other| other.mod_revision <= kv.mod_revision) {
            records.insert(key, kv);
        }
    }
    let newest = records.values().map(|kv| kv.mod_revision).max().unwrap_or(0);
    let revision = newest.max(copied.revision).max(salvaged.revision.unwrap_or(0));
    let journal = if salvaged.journal.is_empty() { copied.journal } else { salvaged.journal };
    let mut said = match records.len() {
        0 => "nothing could be read, and THE CONFIGURATION IS EMPTY".to_owned(),
        count => format!("{count} records could be read, and OTHERS MAY BE MISSING OR OLD"),
    };
    if !salvaged.damaged.is_empty() {
        let shown = salvaged.damaged.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
        said = format!("{said} ({} damaged, such as {shown})", salvaged.damaged.len());
    }
    State { records, journal, revision, restored: false, said }
}

fn from_copy(copy: Recovered) -> State {
    let Recovered { records, mut journal, revision, damage, .. } = copy;
    journal.drain(..journal.len().saturating_sub(super::apply::JOURNAL_RECORDS));
    let said = match &damage {
        None => format!("the second copy has every record up to revision {revision}"),
        Some(damage) => {
            format!("the second copy has every record up to revision {revision}, LATER ONES ARE LOST ({damage})")
        }
    };
    State { records, journal, revision, restored: damage.is_none(), said }
}
