//! HTTP/1.1: a strict codec, and the two sides of a connection that drive the engine with it.
//!
//! The codec is functions on bytes: [`request()`], [`response()`], [`Chunked`], [`proxy_protocol()`]. One principle rules
//! it: everything is parsed once, strictly, into a structure, and what is sent on is written from that structure; what two
//! recipients could understand differently is refused, so no ambiguity can pass.

mod body;
mod chunked;
mod date;
mod down;
pub mod encode;
mod fields;
mod framing;
pub mod fuzz;
mod limits;
mod proxy_protocol;
mod request;
mod response;
mod up;

pub use chunked::{Chunked, Decoded};
pub use down::{Preface, serve};
pub use framing::content_length;
pub use gateway_engine::authority::{Authority, authority};
pub use limits::{CHUNK_EXTENSIONS, CHUNK_LINE, CONNECTION_TOKENS, Limits, METHOD, Refuse};
pub use proxy_protocol::{Proxied, V1_MAX, V2_MAX, proxy_protocol};
pub use request::{RequestHead, request};
pub use response::{ResponseHead, response};
pub use up::H1Connector;
