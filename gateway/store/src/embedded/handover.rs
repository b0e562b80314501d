//! Another process takes the directory over, and gives it back if it fails.

use std::sync::atomic::Ordering;

use super::copy::SecondCopy;
use super::open::{Opened, open_main};
use super::{Inner, guarded};
use crate::StoreError;

impl Inner {
    /// Syncs, closes, unlocks.
    pub(super) fn hand_over(&self) -> Result<(), StoreError> {
        self.away.store(true, Ordering::Release);
        // What is being written of the copy ends first.
        let _tending = self.tending.lock();
        let mut writer = self.writer.lock();
        if let Some(Err(error)) = writer.copy.take_dirty().map(|file| file.sync()) {
            // Whoever opens it next looks whether it fits the main file.
            tracing::warn!(%error, "the second copy of the store could not be synced");
        }
        writer.copy = SecondCopy::absent();
        let db = self.db.write().take();
        let closed = guarded("closing the store", move || {
            drop(db);
            Ok(())
        });
        self.disk.unlock();
        closed
    }

    /// Locks and opens again, if what is stored is still what was acknowledged here.
    pub(super) fn take_back(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock();
        self.disk.relock()?;
        let opened = open_main(&*self.disk, &self.options).and_then(|opened| Ok((opened.db.revision()?, opened)));
        let (found, Opened { db, detached, .. }) = opened.inspect_err(|_| self.disk.unlock())?;
        if found != writer.revision || detached {
            drop(db);
            self.disk.unlock();
            let ours = writer.revision;
            return Err(StoreError::Invalid(format!("the store is at revision {found}, this process at {ours}")));
        }
        *self.db.write() = Some(db);
        writer.copy = SecondCopy::absent();
        self.away.store(false, Ordering::Release);
        drop(writer);
        self.poke(false);
        Ok(())
    }
}
