//! A door for fuzz targets into what is written to upstreams.

use gateway_engine::exchange::Exchange;

/// The head of `x.req` as an HTTP/1.1 upstream gets it before anything of the body is in hand.
pub fn upstream_head(x: &Exchange) -> Vec<u8> {
    crate::up::head(x)
}
