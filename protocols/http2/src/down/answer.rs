//! The head of an answer, made of its parsed form.

use bytes::Bytes;
use gateway_engine::exchange::time::tellable;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{Field, Headers, name};
use gateway_engine::worker::now_ms;
use http::header::{CONTENT_LENGTH, DATE, SERVER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use std::cell::RefCell;
use std::time::SystemTime;

/// What is known of an answer's body when its head is written.
pub(crate) struct Shape {
    /// The head is all there is.
    pub(super) bodiless: bool,
    /// How long it is said to be.
    pub(super) length: Option<u64>,
}

impl Shape {
    /// `first` bytes are in hand, with `last` all of them and nothing behind.
    #[inline]
    pub(crate) fn of(x: &Exchange, first: u64, last: bool, to_head: bool) -> Shape {
        let status = x.resp.status;
        let bodiless = to_head || status < 200 || matches!(status, 204 | 304);
        let length = match x.resp.framing {
            Framing::Tunnel => None,
            Framing::Length(n) if bodiless => to_head.then_some(n),
            _ if bodiless => None,
            // The stream's end says it.
            Framing::None if first == 0 => None,
            _ if last => Some(first),
            Framing::Length(n) => Some(n),
            _ => None,
        };
        Shape { bodiless, length }
    }
}

/// The head of `x.resp` with `status`; gives how many bytes it stands for, too.
pub(crate) fn head(x: &Exchange, status: u16, shape: &Shape, tokens: bool) -> (Response<()>, u64) {
    let from = &x.resp.head;
    let mut fields = HeaderMap::with_capacity(from.fields().len() + 3);
    let mut sent = 9;
    if tokens && from.present() & name::SERVER.bit() == 0 {
        fields.append(SERVER, HeaderValue::from_static("gateway"));
        sent += 17;
    }
    // An answer without a body may tell the length of the one it stands for.
    let told = shape.bodiless && shape.length.is_none() && status != 204 && status >= 200;
    let never = if told { NEVER & !name::CONTENT_LENGTH.bit() } else { NEVER };
    sent += copy(from, never, &mut fields);
    if from.present() & name::DATE.bit() == 0 {
        fields.append(DATE, date());
        sent += 37;
    }
    if let Some(n) = shape.length {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(n));
        sent += 20;
    }
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = fields;
    (response, sent)
}

/// Copies fields that are passed on, but for those in the set `never`; gives how many bytes they are. The block they lie in is
/// copied once for all of them.
fn copy(from: &Headers, never: u64, into: &mut HeaderMap) -> u64 {
    let block = Bytes::copy_from_slice(from.block());
    let mut sent = 0;
    for f in from.fields() {
        if f.flags & (Field::DEAD | Field::HOP) != 0 || never >> (f.id & 63) & 1 != 0 {
            continue;
        }
        let (at, end) = (f.val as usize, f.val as usize + f.vlen as usize);
        if end > block.len() {
            continue;
        }
        // What HTTP/2 does not allow was judged when it came; what is left over is left out.
        let (Ok(n), Ok(v)) =
            (HeaderName::from_bytes(from.name(f).text()), HeaderValue::from_maybe_shared(block.slice(at..end)))
        else {
            continue;
        };
        sent += u64::from(f.vlen) + u64::from(f.nlen) + 4;
        into.append(n, v);
    }
    sent
}

/// Trailers as the codec takes them; `None` where there are none.
pub(crate) fn trailers(from: &Headers) -> Option<HeaderMap> {
    let mut fields = HeaderMap::with_capacity(from.fields().len());
    copy(from, NEVER, &mut fields);
    (!fields.is_empty()).then_some(fields)
}

/// Names that HTTP/2 does not have, or that are made from the framing, whatever a plugin has set.
const NEVER: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::CONTENT_LENGTH.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit()
    | name::TE.bit()
    | name::TRAILER.bit();

/// The date, rendered once a second.
fn date() -> HeaderValue {
    let second = now_ms() / 1000;
    NOW.with_borrow_mut(|now| match now {
        Some((known, value)) if *known == second => value.clone(),
        _ => {
            let text = httpdate::fmt_http_date(tellable(SystemTime::now()));
            let value = HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static(""));
            *now = Some((second, value.clone()));
            value
        }
    })
}

thread_local! {
    static NOW: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
}
