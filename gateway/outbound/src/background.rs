//! Work that no request waits for: sending logs, looking after tokens, mirroring.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// A thread of its own for tasks that belong to no worker. It is started with the first task and ends with the process; a
/// process has one ([`gateway_engine::plugin::States`] keeps it, hence the `Default`).
///
/// [`gateway_engine::plugin::States`]: https://docs.rs/gateway-engine
#[derive(Debug, Default)]
pub struct Background {
    runtime: OnceLock<Option<Runtime>>,
}

impl Background {
    /// Starts a task. `false` where the system refuses the thread: nothing runs then, and the error is logged.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        let handle = self.handle();
        if let Some(handle) = &handle {
            handle.spawn(task);
        }
        handle.is_some()
    }

    /// Where its tasks run; `None` where the system refuses the thread.
    pub fn handle(&self) -> Option<Handle> {
        let runtime = self.runtime.get_or_init(|| {
            let made = Builder::new_multi_thread()
                .worker_threads(1)
                .max_blocking_threads(2)
                .thread_name("background")
                .enable_all()
                .build();
            made.map_err(|error| tracing::error!(%error, "there is no thread for background work")).ok()
        });
        runtime.as_ref().map(|r| r.handle().clone())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Dropped inside of another runtime it may not wait for its threads.
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_runs_without_a_runtime_around() {
        let background = Background::default();
        let (said, hear) = std::sync::mpsc::channel();
        assert!(background.spawn(async move { said.send(7).unwrap() }));
        assert_eq!(hear.recv().unwrap(), 7);
    }
}
