//! What `gzip` and `brotli` have in common: which answers are compressed, what is said about it, and how much memory it may take.

use std::cell::Cell;

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing, Version};
use gateway_engine::headers::{Headers, name};
use serde::Deserialize;
use serde_json::Value;

use crate::conf::int;

/// The fields that both configurations have.
#[derive(Deserialize)]
pub(crate) struct Conf {
    /// A list, or `*`.
    types: Value,
    #[serde(deserialize_with = "int")]
    min_length: u64,
    http_version: f64,
    #[serde(default)]
    vary: bool,
}

/// Which answers are compressed.
pub(crate) struct Rule {
    /// Media types; `None`: all.
    types: Option<Box<[Box<[u8]>]>>,
    min_length: u64,
    http10: bool,
    vary: bool,
}

impl Rule {
    pub(crate) fn new(conf: Conf) -> Rule {
        let types = conf.types.as_array().map(|types| types.iter().filter_map(Value::as_str));
        Rule {
            types: types.map(|types| types.map(|t| t.as_bytes().into()).collect()),
            min_length: conf.min_length,
            http10: conf.http_version < 1.05,
            vary: conf.vary,
        }
    }

    /// Whether the answer of this exchange may be compressed, whatever its client understands.
    fn suits(&self, x: &Exchange) -> bool {
        let head = &x.resp.head;
        let encoded = head.get(name::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity"));
        if encoded || x.method() == b"HEAD" || x.req.grpc || (x.req.version == Version::Http10 && !self.http10) {
            return false;
        }
        if matches!(x.resp.status, ..200 | 204..=206 | 304) {
            // There is no body, or a part of one.
            return false;
        }
        let whole = match x.resp.framing {
            Framing::None | Framing::Tunnel => false,
            Framing::Length(length) => length >= self.min_length,
            Framing::Stream | Framing::Close => true,
        };
        whole && self.has_type(head) && !head.get_all(name::CACHE_CONTROL).any(|line| listed(line, b"no-transform"))
    }

    fn has_type(&self, head: &Headers) -> bool {
        let kind = head.get(name::CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        if kind.get(..16).is_some_and(|k| k.eq_ignore_ascii_case(b"application/grpc")) {
            return false;
        }
        self.types.as_ref().is_none_or(|types| types.iter().any(|t| t.eq_ignore_ascii_case(kind)))
    }

    /// Whether the answer is to be compressed with the coding; then its head says so. `wildcard`: `*` asks for the coding too.
    pub(crate) fn begin(&self, x: &mut Exchange, coding: &'static str, wildcard: bool) -> bool {
        if !self.suits(x) {
            return false;
        }
        let asked = accepts(&x.req.head, coding.as_bytes(), wildcard);
        let head = &mut x.resp.head;
        if self.vary && !head.get_all(name::VARY).any(|line| listed(line, b"accept-encoding")) {
            // The text is the program's own.
            let _ = head.join(name::VARY, b"Accept-Encoding");
        }
        if asked {
            describe(x, coding);
        }
        asked
    }
}

/// The head of an answer whose body gets another coding.
fn describe(x: &mut Exchange, coding: &'static str) {
    let head = &mut x.resp.head;
    head.set_static(name::CONTENT_ENCODING, coding);
    for stale in [name::CONTENT_LENGTH, name::ACCEPT_RANGES] {
        head.remove(stale);
    }
    match head.get(name::ETAG).map(weak) {
        Some(Some(etag)) => drop(head.set(name::ETAG, &etag)),
        Some(None) => drop(head.remove(name::ETAG)),
        None => {}
    }
    x.resp.body_changes = true;
}

/// The validator of a body with another coding: no longer byte for byte (RFC 9110 §8.8.1). `None`: it was none.
fn weak(etag: &[u8]) -> Option<Vec<u8>> {
    let (is_weak, quoted) = etag.strip_prefix(b"W/").map_or((false, etag), |rest| (true, rest));
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'"') {
        return None;
    }
    Some(if is_weak { etag.to_vec() } else { [b"W/", etag].concat() })
}

/// Whether a list of tokens, parameters aside, holds one.
fn listed(line: &[u8], token: &[u8]) -> bool {
    line.split(|b| *b == b',').any(|entry| entry.trim_ascii().eq_ignore_ascii_case(token))
}

/// Whether `Accept-Encoding` asks for a coding (RFC 9110 §12.5.3): by its name, or else by `*`.
fn accepts(head: &Headers, coding: &[u8], wildcard: bool) -> bool {
    let mut all = None;
    for entry in head.get_all(name::ACCEPT_ENCODING).flat_map(|line| line.split(|b| *b == b',')) {
        let mut parts = entry.split(|b| *b == b';');
        let token = parts.next().unwrap_or_default().trim_ascii();
        let refused = || parts.clone().any(|parameter| is_zero(parameter.trim_ascii()));
        if token.eq_ignore_ascii_case(coding) {
            return !refused();
        }
        if token == b"*" {
            all = Some(!refused());
        }
    }
    wildcard && all.unwrap_or(false)
}

/// `q=0`, `q=0.0`, …
fn is_zero(parameter: &[u8]) -> bool {
    let value =
        parameter.split_first().filter(|(q, _)| q.eq_ignore_ascii_case(&b'q')).map(|(_, rest)| rest.trim_ascii_start());
    let value = value.and_then(|v| v.strip_prefix(b"=")).map(|v| v.trim_ascii());
    value.is_some_and(|v| !v.is_empty() && v.iter().all(|b| matches!(b, b'0' | b'.')))
}

/// Compresses a body piece by piece.
pub(crate) trait Encoder {
    /// The bytes that are ready after `piece`: all of it, so that nobody waits for what has come; with `last` the end too. `None`: it
    /// cannot go on.
    fn piece(&mut self, piece: &[u8], last: bool) -> Option<Vec<u8>>;
}

/// An encoder at work on an exchange.
#[derive(Default)]
pub(crate) struct Work {
    /// Which instance: the route and a global rule may each have one.
    owner: usize,
    encoder: Option<(Box<dyn Encoder>, Held)>,
}

impl Work {
    pub(crate) fn begin(x: &mut Exchange, owner: usize, encoder: Box<dyn Encoder>, held: Held) {
        *x.state::<Work>() = Work { owner, encoder: Some((encoder, held)) };
    }

    /// An answer begins: what `owner` had begun on one that was given up is of no use.
    pub(crate) fn forget(x: &mut Exchange, owner: usize) {
        if x.peek_state::<Work>().is_some_and(|work| work.owner == owner) {
            *x.state::<Work>() = Work::default();
        }
    }

    /// Sends a piece of the body through the encoder, if `owner` has one.
    pub(crate) fn piece(x: &mut Exchange, owner: usize, piece: &mut Chunk, last: bool) {
        if x.peek_state::<Work>().is_none_or(|work| work.owner != owner) {
            return;
        }
        let work = x.state::<Work>();
        let Some((encoder, _)) = &mut work.encoder else { return };
        if piece.is_empty() && !last {
            return;
        }
        // An encoder that gave up leaves a body without its end: its client can tell.
        *piece = encoder
            .piece(piece.as_slice(), last)
            .map_or_else(Chunk::empty, |encoded| Chunk::from(Bytes::from(encoded)));
        if last {
            *work = Work::default();
        }
    }
}

thread_local! {
    static IN_USE: Cell<usize> = const { Cell::new(0) };
}

/// Memory that the encoders of one worker may take together, in bytes. Above, answers go out as they are.
pub(crate) const MOST_MEMORY: usize = 128 << 20;

/// A share of the memory for encoders, given back when it is dropped.
pub(crate) struct Held(usize);

impl Held {
    /// A share of so many bytes; `None` where there is no room left.
    pub(crate) fn take(bytes: usize) -> Option<Held> {
        let all = IN_USE.get().checked_add(bytes).filter(|all| *all <= MOST_MEMORY)?;
        IN_USE.set(all);
        Some(Held(bytes))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        IN_USE.set(IN_USE.get().saturating_sub(self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_ask_by_name_or_by_the_wildcard() {
        let asks = |line: &str, wildcard: bool| {
            let mut head = Headers::new();
            head.append(name::ACCEPT_ENCODING, line.as_bytes()).unwrap();
            accepts(&head, b"br", wildcard)
        };
        let cases = [
            ("br", true, true),
            ("gzip, BR", true, true),
            ("*", true, false),
            ("gzip, *", true, false),
            ("gzip", false, false),
            ("gzip, deflate", false, false),
            ("gzip;q=0.5, br;q=0.6", true, true),
            ("gzip;q=0.5, br;q=0", false, false),
            ("br ; Q = 0.000 , gzip", false, false),
            ("*, br;q=0", false, false),
            ("*;q=0", false, false),
            ("gzip;q=0.8, deflate, sdch;q=0.6, *;q=0.1", true, false),
            ("bro", false, false),
            ("", false, false),
        ];
        for (line, with, without) in cases {
            assert_eq!((asks(line, true), asks(line, false)), (with, without), "{line}");
        }
        assert!(!accepts(&Headers::new(), b"br", true));
    }

    #[test]
    fn validators_become_weak_or_go() {
        let cases: &[(&[u8], Option<&[u8]>)] = &[
            (b"\"a\"", Some(b"W/\"a\"")),
            (b"W/\"a\"", Some(b"W/\"a\"")),
            (b"a", None),
            (b"\"a\"b\"", None),
            (b"\"", None),
            (b"", None),
        ];
        for (etag, expected) in cases {
            assert_eq!(weak(etag).as_deref(), *expected, "{etag:?}");
        }
    }

    #[test]
    fn memory_is_shared_out_and_given_back() {
        let first = Held::take(MOST_MEMORY - 1).unwrap();
        assert!(Held::take(2).is_none());
        let second = Held::take(1).unwrap();
        drop((first, second));
        assert!(Held::take(MOST_MEMORY).is_some());
    }
}
