//! How a registry is, for people.

use std::time::{Duration, Instant, SystemTime};

use gateway_engine::upstream::RegistryStatus;
use parking_lot::Mutex;

/// How a registry is. Who talks to it notes it here.
#[derive(Debug, Default)]
pub struct Status {
    now: Mutex<(RegistryStatus, Option<Instant>)>,
    /// What the log was told last.
    told: Mutex<String>,
}

/// Most characters of an error that are kept.
const ERROR: usize = 500;

impl Status {
    /// There is a connection to `server`.
    pub fn connected(&self, server: &str) {
        let mut now = self.now.lock();
        now.0.server = Some(server.to_owned());
        now.0.connected = Some(SystemTime::now());
        now.1 = Some(Instant::now());
    }

    /// The connection is gone.
    pub fn lost(&self, error: &str) {
        {
            let mut now = self.now.lock();
            now.0.connected = None;
            now.1 = None;
        }
        self.failed(error);
    }

    /// It has answered.
    pub fn succeeded(&self) {
        self.now.lock().0.succeeded = Some(SystemTime::now());
    }

    /// A service could not be read, or not all of it. The log is told, unless this was the last it was told.
    pub fn unread(&self, service: &str, error: &str) {
        let why = format!("service {service}: {error}");
        let told = std::mem::replace(&mut *self.told.lock(), why.clone());
        if told != why {
            tracing::warn!(
                service,
                error,
                "a registry does not tell all of a service; what is known of it stays in use"
            );
        }
        self.failed(&why);
    }

    /// Something went wrong.
    pub fn failed(&self, error: &str) {
        let mut now = self.now.lock();
        now.0.failures += 1;
        now.0.error = Some((SystemTime::now(), cut(error)));
    }

    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        self.now.lock().1.is_some()
    }

    /// How long the connection has been there.
    pub fn age(&self) -> Option<Duration> {
        self.now.lock().1.map(|since| since.elapsed())
    }

    /// All of it.
    pub fn shown(&self) -> RegistryStatus {
        self.now.lock().0.clone()
    }
}

fn cut(error: &str) -> String {
    error.chars().take(ERROR).collect()
}
