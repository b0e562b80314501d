//! The process's own bounds: open files and memory.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use gateway_engine::snapshot::{Pressure, Shared};
use gateway_engine::tls::unix_seconds;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, Limits};

/// How often memory is looked at: not more often than workers, at their tick, do what they were told.
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

/// How many client connections the process may hold. `open_files` is what the system allows; what is open already counts as
/// used.
pub(super) fn connections(config: &Config, open_files: u64) -> usize {
    // Each worker still opens what its runtime polls with.
    let own = files_in_use().saturating_add(config.workers as u64 * FILES_OF_A_WORKER);
    let fit = fitting(open_files, own, config.limits.fd_reserve, config.limits.admin_connections as u64);
    match config.limits.connections {
        0 => fit,
        wanted => {
            if wanted > fit {
                tracing::warn!(
                    wanted,
                    fit,
                    open_files,
                    "gateway.limits.connections is more than the limit on open files serves, as each may need a second one for its upstream; raise the limit (ulimit -n, LimitNOFILE=)"
                );
            }
            wanted
        }
    }
}

/// Files that the runtime of a worker opens: its poll, the doorbell of that, and one that is kept to be given up.
const FILES_OF_A_WORKER: u64 = 4;

/// Each client connection may need a second file, for its connection to an upstream. Left alone are the files in use (`own`) and
/// a reserve: `percent` of all, but no less than the Admin API's connections need, as far as that is at most a quarter of all.
fn fitting(open_files: u64, own: u64, percent: u8, admin: u64) -> usize {
    let share = open_files / 100 * u64::from(percent) + open_files % 100 * u64::from(percent) / 100;
    let reserve = share.max(admin.min(open_files / 4));
    let left = open_files.saturating_sub(own).saturating_sub(reserve);
    usize::try_from(left / 2).unwrap_or(usize::MAX).max(1)
}

/// Files this process has open; a guess where the system does not say.
fn files_in_use() -> u64 {
    fs::read_dir("/proc/self/fd").map_or(64, |files| files.count() as u64)
}

/// Watches the memory of the process for as long as it lives. Without a limit there is nothing to watch.
pub(super) fn memory(shared: Arc<Shared>, limits: &Limits) {
    let Some(limit) = limit(limits.memory_bytes as u64) else { return };
    let bounds = Bounds::new(limit, limits);
    tokio::spawn(async move {
        let mut told = Relief::NONE;
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let Some(used) = resident() else { return };
            let relief = told.next(used, &bounds);
            if relief != told {
                tracing::warn!(used, soft = bounds.soft, hard = bounds.hard, pressure = ?relief.pressure, cut_above = relief.cut_above, "memory");
                shared.set_pressure(relief.pressure);
                shared.set_cut_above(relief.cut_above);
                told = relief;
            }
        }
    });
}

/// Drops old snapshots soon after no worker holds them.
pub(super) fn retired(shared: Arc<Shared>) {
    // Workers look at what is new every quarter of a second.
    const EACH: Duration = Duration::from_millis(500);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EACH).await;
            shared.drop_retired();
        }
    });
}

/// Names the certificates that end soon, again and again until they are replaced. What has just been stored is named then.
pub(super) fn certificates(shared: Arc<Shared>) {
    const EACH: Duration = Duration::from_secs(12 * 3600);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EACH).await;
            let now = unix_seconds();
            shared.snapshot().certificates.all().iter().for_each(|identity| identity.warn_of_its_end(now));
        }
    });
}

/// From how many bytes on something is done.
struct Bounds {
    soft: u64,
    hard: u64,
}

impl Bounds {
    fn new(limit: u64, limits: &Limits) -> Bounds {
        let share = |percent: u8| limit / 100 * u64::from(percent);
        Bounds { soft: share(limits.memory_soft), hard: share(limits.memory_hard) }
    }
}

/// What workers are told to do about memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Relief {
    pressure: Pressure,
    cut_above: usize,
}

impl Relief {
    const NONE: Relief = Relief { pressure: Pressure::None, cut_above: usize::MAX };

    /// The largest exchanges are cut first, and then smaller ones for as long as that was not enough.
    fn next(self, used: u64, bounds: &Bounds) -> Relief {
        let pressure = if used >= bounds.soft { Pressure::Full } else { Pressure::None };
        let cut_above = match self.cut_above {
            _ if used < bounds.hard => usize::MAX,
            usize::MAX => LARGEST,
            before => (before / 4).max(SMALLEST),
        };
        Relief { pressure, cut_above }
    }
}

/// What an exchange may hold when memory has just become short: few hold as much as that.
const LARGEST: usize = 64 << 20;

/// What any exchange may hold: to cut those that hold less would hardly help.
const SMALLEST: usize = 16 << 10;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_06_each_connection_has_a_second_file_and_the_reserve_stays() {
        let cases = [
            // All, in use, reserve in percent, the Admin API's: what fits.
            ((20480, 40, 20, 256), 8172),
            ((1024, 24, 20, 256), 372),
            ((1000, 0, 20, 100), 400),
            ((256, 40, 20, 256), 76),
            ((64, 60, 20, 256), 1),
            ((0, 0, 20, 256), 1),
            ((1_000_000, 0, 90, 256), 50_000),
        ];
        for ((all, own, percent, admin), expected) in cases {
            assert_eq!(fitting(all, own, percent, admin), expected, "{all} {own} {percent} {admin}");
        }
        assert!(fitting(u64::MAX, 0, 20, 256) > 1 << 60);
        assert!(files_in_use() > 2);
    }

    #[test]
    fn slow_08_the_largest_are_cut_first_and_only_while_memory_is_short() {
        let bounds = Bounds { soft: 90, hard: 95 };
        let mut relief = Relief::NONE;
        let mut next = |used| {
            relief = relief.next(used, &bounds);
            (relief.pressure, relief.cut_above)
        };
        assert_eq!(next(89), (Pressure::None, usize::MAX));
        assert_eq!(next(90), (Pressure::Full, usize::MAX));
        assert_eq!(next(94), (Pressure::Full, usize::MAX));
        let cuts: Vec<usize> = (0..8).map(|_| next(95).1 >> 10).collect();
        assert_eq!(cuts, [65536, 16384, 4096, 1024, 256, 64, 16, 16]);
        assert_eq!(next(94), (Pressure::Full, usize::MAX));
        assert_eq!(next(99), (Pressure::Full, LARGEST), "from the beginning");
        assert_eq!(next(10), (Pressure::None, usize::MAX));
    }
}
