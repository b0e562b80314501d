//! The process's own bounds: open files and memory.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use gateway_engine::snapshot::{Pressure, Shared};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, Limits};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Asks for `wanted` open files; gives how many there may be.
pub(super) fn raise_open_files(wanted: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    let hard = now.maximum.unwrap_or(u64::MAX);
    let have = now.current.unwrap_or(u64::MAX);
    // Never lower than what the operator gave the process.
    let goal = wanted.max(have).min(hard);
    if goal > have {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(goal), maximum: now.maximum });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many client connections the process may hold: each may need a second file for its upstream connection, and a share is
/// kept for everything else.
pub(super) fn connections(config: &Config, open_files: u64) -> usize {
    if config.limits.connections > 0 {
        return config.limits.connections;
    }
    let usable = open_files.saturating_mul(u64::from(100 - config.limits.fd_reserve.min(99))) / 100;
    usize::try_from(usable).unwrap_or(usize::MAX).max(16)
}

/// Watches the memory of the process for as long as it lives. Without a limit there is nothing to watch.
pub(super) fn memory(shared: Arc<Shared>, limits: &Limits) {
    let Some(limit) = limit(limits.memory_bytes as u64) else { return };
    let share = |percent: u8| limit / 100 * u64::from(percent);
    let (soft, hard) = (share(limits.memory_soft), share(limits.memory_hard));
    tokio::spawn(async move {
        let mut before = Pressure::None;
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let Some(used) = resident() else { return };
            let now = if used >= soft { Pressure::Full } else { Pressure::None };
            if now != before {
                tracing::warn!(used, soft, hard, pressed = now == Pressure::Full, "memory");
                shared.set_pressure(now);
                before = now;
            }
        }
    });
}

/// The configured limit, else the control group's.
fn limit(configured: u64) -> Option<u64> {
    if configured > 0 {
        return Some(configured);
    }
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
        // Version 1 of control groups writes "no limit" as a number near 2^63.
        .filter(|bytes| *bytes < 1 << 60)
}

/// Resident memory of the process, in bytes.
pub(crate) fn resident() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
