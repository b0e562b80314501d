//! Doors for fuzz targets into what lies between field blocks and the engine: heads go in and come out in the `http` crate's
//! form, and on their way are blocks.

use crate::down::answer::{self, Shape};
use crate::down::decode::{Limits, decode};
use crate::hpack::{Decoder, Encoder, kind, kind_of};
use crate::names;
use crate::up::drive::Answers;
use crate::up::request;
use gateway_engine::exchange::{Exchange, Framing, Request};
use gateway_engine::headers::Headers;
use gateway_engine::settings::Settings;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Reads a client's head into `req`, with `ended` one without a body, as under the default settings; `false`: it is refused.
pub fn read(parts: &Parts, ended: bool, req: &mut Request) -> bool {
    let (mut encoder, mut block) = (Encoder::default(), Vec::new());
    let mut put = |kind, name: &[u8], value: &[u8]| encoder.field(kind, name, value, false, &mut block);
    put(kind::METHOD, b":method", parts.method.as_str().as_bytes());
    put(kind::SCHEME, b":scheme", parts.uri.scheme_str().unwrap_or("http").as_bytes());
    if let Some(authority) = parts.uri.authority() {
        put(kind::AUTHORITY, b":authority", authority.as_str().as_bytes());
    }
    put(kind::PATH, b":path", parts.uri.path_and_query().map_or("", |p| p.as_str()).as_bytes());
    write(&parts.headers, &mut encoder, &mut block);
    matches!(decode(&mut Decoder::new(4096), &block, ended, &Limits::of(&Settings::default()), req), Ok(Ok(_)))
}

/// Reads a block as a client's head, whatever it is.
pub fn read_block(block: &[u8], ended: bool, req: &mut Request) -> bool {
    matches!(decode(&mut Decoder::new(4096), block, ended, &Limits::of(&Settings::default()), req), Ok(Ok(_)))
}

/// The head of `x.req` as an HTTP/2 upstream gets it before anything of the body is in hand.
pub fn upstream_head(x: &Exchange) -> Option<http::Request<()>> {
    let length = if let Framing::Length(n) = x.req.framing { Some(n) } else { None };
    let (mut encoder, mut block) = (Encoder::default(), Vec::new());
    request::Head::of(x)?.write(false, length, &mut encoder, &mut block);
    let (pseudo, fields) = parse(&block)?;
    let get = |name: &str| pseudo.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let mut uri = http::uri::Parts::default();
    uri.scheme = get(":scheme")?.parse().ok();
    uri.authority = get(":authority")?.parse().ok();
    uri.path_and_query = get(":path")?.parse().ok();
    let uri = http::Uri::from_parts(uri).ok()?;
    let mut request = http::Request::builder().method(get(":method")?).uri(uri).body(()).ok()?;
    *request.headers_mut() = fields;
    Some(request)
}

/// Adds an upstream's fields to `into`; `false`: one may not stand there.
pub fn read_answer(fields: &HeaderMap, into: &mut Headers) -> bool {
    let (mut encoder, mut block) = (Encoder::default(), Vec::new());
    encoder.status(200, &mut block);
    write(fields, &mut encoder, &mut block);
    Answers::read(&mut Decoder::new(4096), &block, into)
}

/// The head of `x.resp` as a client gets it before anything of the body is in hand.
pub fn answer(x: &Exchange) -> http::Response<()> {
    let (mut encoder, mut block) = (Encoder::default(), Vec::new());
    answer::head(x, x.resp.status, &Shape::of(x, 0, false, false), true, &mut encoder, &mut block);
    let mut response = http::Response::new(());
    if let Some((_, fields)) = parse(&block) {
        *response.headers_mut() = fields;
    }
    response
}

/// Fields behind a body from a peer and to the other: what that gets of them, if anything; `None`: they are malformed.
pub fn trailers(fields: &HeaderMap) -> Option<Option<HeaderMap>> {
    let (mut encoder, mut block) = (Encoder::default(), Vec::new());
    write(fields, &mut encoder, &mut block);
    let came = crate::down::trailers(&mut Decoder::new(4096), &block, usize::MAX, usize::MAX).ok()??;
    let mut kept = Headers::new();
    crate::line::pass_trailers(&came, &mut kept);
    let sent = names::trailers(&kept).and_then(|sent| {
        let (mut encoder, mut block) = (Encoder::default(), Vec::new());
        sent.fields().iter().for_each(|f| names::field(&mut encoder, &mut block, &sent, f));
        parse(&block).map(|(_, fields)| fields)
    });
    Some(sent)
}

fn write(fields: &HeaderMap, encoder: &mut Encoder, block: &mut Vec<u8>) {
    for (n, v) in fields {
        let n = n.as_str().as_bytes();
        encoder.field(kind_of(n), n, v.as_bytes(), false, block);
    }
}

/// Pseudo-headers, and the rest.
type Parsed = (Vec<(String, String)>, HeaderMap);

fn parse(block: &[u8]) -> Option<Parsed> {
    let (mut pseudo, mut fields, mut fine) = (Vec::new(), HeaderMap::new(), true);
    let read = Decoder::new(4096).decode(block, |got| {
        if got.kind >= kind::AUTHORITY {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            pseudo.push((text(got.name), text(got.value)));
            return;
        }
        match (HeaderName::from_bytes(got.name), HeaderValue::from_bytes(got.value)) {
            (Ok(n), Ok(v)) => {
                fields.append(n, v);
            }
            _ => fine = false,
        }
    });
    (read.is_ok() && fine).then_some((pseudo, fields))
}
