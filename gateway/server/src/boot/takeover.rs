//! One process takes over from another without a refused connection: `gateway --takeover`, for a new binary or a key that takes
//! a restart.
//!
//! The new one reads its configuration, then tells the old one (SIGUSR2), which closes its control plane and lets go of the store
//! but goes on proxying. The new one opens the store and listens beside the old one (SO_REUSEPORT); once it serves, it tells the
//! old one to end (SIGTERM), which drains as ever. If the new one fails on the way, the old one finds the store free again and
//! takes it back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_store::disk::Directory;
use gateway_store::{Embedded, Memory, Options, Store, StoreError};
use rustix::process::{Pid, Signal, kill_process};

use super::{BootError, ControlPlane, Gateway};
use crate::config::Provider;

/// How long the old process may take to let go of the store.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the new process looks whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// How long the old process leaves the store alone, for the new one to take it.
const GRACE: Duration = Duration::from_secs(2);

/// How often it looks after that whether the new one is gone.
const LOOK_BACK: Duration = Duration::from_millis(250);

/// Opens the store, taking it from the process that has it where that is wanted; that process, to be relieved later.
///
/// # Errors
/// The store's own; whoever has it does not let go; what is in memory alone cannot be taken over.
pub(super) fn open(provider: Provider, dir: &Path, takeover: bool) -> Result<(Arc<dyn Store>, Option<Pid>), BootError> {
    if takeover && provider == Provider::Api {
        return Err("--takeover: what `/configs` has put lives in the other process alone; start this one without it, and put the configuration again".into());
    }
    let pid = match open_once(provider, dir) {
        Err(StoreError::Locked { pid, .. }) if takeover => pid,
        opened => return Ok((opened?, None)),
    };
    let former = pid.parse().ok().filter(|pid| *pid > 1).and_then(Pid::from_raw);
    let former = former.ok_or_else(|| format!("{} is in use, and it is not known by whom", dir.display()))?;
    tracing::info!(pid, "taking over");
    kill_process(former, Signal::USR2).map_err(|e| format!("process {pid} has the store and cannot be told: {e}"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match open_once(provider, dir) {
            Err(StoreError::Locked { .. }) if Instant::now() < until => std::thread::sleep(LOOK),
            Err(StoreError::Locked { .. }) => {
                return Err(format!("process {pid} did not let go of {} within {PATIENCE:?}", dir.display()).into());
            }
            opened => return Ok((opened?, Some(former))),
        }
    }
}

fn open_once(provider: Provider, dir: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match provider {
        Provider::Embedded => Arc::new(Embedded::open(dir, Options::default())?),
        // Nothing lies there but logs and the admin key, which belong to one process all the same.
        Provider::File(_) | Provider::Api => Arc::new(Memory::beside(Directory::open(dir)?)),
    })
}

/// This process serves: the old one may end.
pub(super) fn relieve(former: Pid) {
    if let Err(error) = kill_process(former, Signal::TERM) {
        tracing::warn!(%error, pid = former.as_raw_nonzero(), "the process that was taken over cannot be told to end");
    }
}

/// Waits until it is time to look whether the store is free again; for ever where nothing was handed over.
pub(super) async fn look(handed_over: Option<Instant>) {
    match handed_over {
        Some(at) => tokio::time::sleep(GRACE.saturating_sub(at.elapsed()).max(LOOK_BACK)).await,
        None => std::future::pending().await,
    }
}

impl Gateway {
    /// Another process takes over: the control plane closes and the store is let go of; traffic goes on.
    pub(super) async fn hand_over(&mut self) {
        if self.handed_over.is_some() {
            return;
        }
        self.gate.close().await;
        if let Err(error) = self.state.store().hand_over() {
            tracing::error!(%error, "the store is let go of, not without trouble");
        }
        self.handed_over = Some(Instant::now());
        tracing::info!("another process takes over: from here on this one only proxies");
    }

    /// Whoever took over has not told this process to end. If it is gone, everything is as before.
    pub(super) fn take_back(&mut self) {
        match self.state.store().take_back() {
            Ok(()) => {}
            Err(StoreError::Locked { .. }) => return,
            Err(error) => {
                tracing::error!(%error, "who took over is gone, but has changed what is stored: restart this process");
                self.handed_over = None;
                return;
            }
        }
        self.handed_over = None;
        self.gate = super::Gate::default();
        let (config, log) = (&self.started, &self.access_log);
        let bound = ControlPlane::bind(config, &self.dir, false);
        match bound.and_then(|plane| plane.serve(config, &self.shared, &self.state, &self.ready, log, &self.gate)) {
            Ok(admin) => {
                self.admin = admin;
                tracing::error!("who took over is gone: this process goes on as before");
            }
            Err(error) => {
                tracing::error!(%error, "who took over is gone; this process proxies without a control plane")
            }
        }
    }
}
