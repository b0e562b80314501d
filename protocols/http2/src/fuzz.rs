//! Doors for fuzz targets into what lies between the codec's fields and the engine's.

use crate::down::answer::{self, Shape};
use crate::down::decode::{Limits, decode};
use crate::{names, up};
use gateway_engine::exchange::{Exchange, Framing, Request};
use gateway_engine::headers::Headers;
use gateway_engine::settings::Settings;
use http::HeaderMap;
use http::request::Parts;

/// Reads a client's head into `req`, with `ended` one without a body, as under the default settings; `false`: it is refused.
pub fn read(parts: &Parts, ended: bool, req: &mut Request) -> bool {
    decode(parts, ended, &Limits::of(&Settings::default()), req).is_ok()
}

/// The head of `x.req` as an HTTP/2 upstream gets it before anything of the body is in hand.
pub fn upstream_head(x: &Exchange) -> Option<http::Request<()>> {
    let length = if let Framing::Length(n) = x.req.framing { Some(n) } else { None };
    up::head(x, false, length)
}

/// Adds an upstream's fields to `into`; `false`: one may not stand there.
pub fn read_answer(fields: &HeaderMap, into: &mut Headers) -> bool {
    names::from_codec(fields, into)
}

/// The head of `x.resp` as a client gets it before anything of the body is in hand.
pub fn answer(x: &Exchange) -> http::Response<()> {
    answer::head(x, x.resp.status, &Shape::of(x, 0, false, false), true).0
}

/// Fields behind a body from a peer and to the other, on both sides: what a client or an upstream gets of them.
pub fn trailers(fields: &HeaderMap) -> [Option<HeaderMap>; 2] {
    let mut kept = Headers::new();
    names::trailers_from_codec(fields, &mut kept);
    [answer::trailers(&kept), names::trailers_to_codec(&kept)]
}
