//! What leaves the gateway beside the traffic it proxies: calls to other servers ([`http`], [`redis`]), messages that
//! nobody answers ([`frames`]) and work that no request
//! waits for ([`background`]): batches of entries ([`queue`]), files that grow ([`append`]). A plugin never opens a connection of
//! its own.

pub mod append;
pub mod background;
pub mod frames;
pub mod http;
pub mod queue;
pub mod redis;
pub mod sigv4;

pub use self::background::Background;
