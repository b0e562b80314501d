//! Requests and answers, changed on their way.

pub(crate) mod brotli;
mod coding;
pub(crate) mod decode;
mod dubbo;
pub(crate) mod dubbo_bridge;
pub(crate) mod dubbo_proxy;
pub(crate) mod dubbo_to_http;
pub(crate) mod echo;
pub(crate) mod example_plugin;
pub(crate) mod fault_injection;
pub(crate) mod fields;
pub(crate) mod grpc_decompress;
pub(crate) mod grpc_frames;
pub(crate) mod grpc_transcode;
pub(crate) mod grpc_web;
pub(crate) mod gzip;
pub(crate) mod http_dubbo;
pub(crate) mod mocking;
pub(crate) mod proxy_rewrite;
pub(crate) mod redirect;
pub(crate) mod response_rewrite;
pub(crate) mod target;

pub use self::dubbo::described::Described as DubboDescribed;

use std::time::Duration;

use gateway_engine::exchange::{Exchange, Framing};

/// How much of the body has to be collected before a plugin can go on that `needs` it; `None`: it is there, or there is none.
pub(crate) fn missing_body(needs: bool, x: &Exchange) -> Option<usize> {
    let missing = needs && x.req.collected.is_none() && x.req.framing != Framing::None;
    missing.then(|| x.worker().settings().max_post_args_bytes)
}

/// Waits on the worker's runtime; the request's own connection alone stands still.
pub(crate) async fn pause(seconds: f64) {
    if let Ok(time) = Duration::try_from_secs_f64(seconds)
        && !time.is_zero()
    {
        tokio::time::sleep(time).await;
    }
}
