//! How much may come and where it goes: quotas, limits of bodies, shares of upstreams, copies, and what requests are told apart by.

pub(crate) mod client_control;
pub(crate) mod example_plugin;
pub(crate) mod limit_count;
pub(crate) mod proxy_buffering;
pub(crate) mod proxy_control;
pub(crate) mod proxy_mirror;
pub(crate) mod real_ip;
pub(crate) mod request_id;
pub(crate) mod traffic_label;
pub(crate) mod traffic_split;
mod weighted;
pub(crate) mod windows;
