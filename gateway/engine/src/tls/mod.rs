//! TLS towards clients: which certificate a connection is shown, what it must show itself, and what was agreed.
//!
//! An `ssl` object compiles to an [`Identity`] with its configurations ready; the snapshot's [`Certificates`] find it by the name
//! a client asks for. Connections hold what they were given, so a change touches none of them.

mod accept;
mod certificates;
mod client;
mod describe;
mod facts;
mod identity;
mod servers;
mod session;
mod staple;
#[cfg(test)]
mod tests;

pub use rustls::CipherSuite;

pub use self::accept::{Failed, accept};
pub use self::certificates::Certificates;
pub use self::client::{ClientAuth, Untrusted};
pub use self::facts::Facts;
pub use self::identity::{Identity, Pattern, SOON};
pub(crate) use self::servers::clear;
pub use self::servers::{Terms, TlsServers, Unusable, Versions, cipher_suite};
pub use self::session::{Alpn, ClientCheck, TlsSession};
pub use self::staple::{Staple, StapleStatus, Stapler};

/// Seconds since 1970.
pub fn unix_seconds() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}
