//! What leaves the gateway beside the traffic it proxies: calls to other servers ([`http`], [`redis`]) and work that no request
//! waits for ([`background`]). A plugin never opens a connection of its own.

pub mod background;
pub mod http;
pub mod redis;

pub use self::background::Background;
