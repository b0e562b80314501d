//! The shared engine: exchanges, routes, plugins, upstreams; knows no wire protocol.
