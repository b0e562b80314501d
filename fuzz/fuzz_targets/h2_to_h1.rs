//! An HTTP/2 request for an HTTP/1.1 upstream: what is written reads back, by a slow reading and by the strict one, as one
//! request of the same structure and nothing more.
#![no_main]

use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::Headers;
use gateway_fuzz::http2::{grouped, passed, request, with_exchange};
use gateway_fuzz::{Declared, Slow};
use gateway_http1::Limits;
use http::request::Parts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((flags, text)) = data.split_first() else { return };
    let Some(parts) = request(text) else { return };
    let ended = flags & 1 == 1;
    if ended && parts.headers.get("content-length").is_some_and(|n| n.as_bytes().iter().any(|b| *b != b'0')) {
        // The codec has refused it.
        return;
    }
    with_exchange(|x| {
        if gateway_http2::fuzz::read(&parts, ended, &mut x.req) {
            written(x, &parts, ended);
        }
    });
});

fn written(x: &Exchange, parts: &Parts, ended: bool) {
    let text = gateway_http1::fuzz::upstream_head(x);
    let slow = Slow::head(&text).expect("no head was written");
    assert_eq!(slow.len, text.len(), "more than a head was written");
    let path = parts.uri.path_and_query().map_or("", |p| p.as_str());
    assert_eq!(slow.first, [parts.method.as_str().as_bytes(), path.as_bytes(), b"HTTP/1.1"]);

    let host = parts.uri.authority().map(|a| a.as_str().as_bytes());
    let host = host.or_else(|| parts.headers.get("host").map(|h| h.as_bytes())).expect("accepted without a host");
    assert_eq!(slow.all("host"), [host]);
    let length = parts.headers.get("content-length").map(|n| n.to_str().unwrap().parse().unwrap());
    let framing = match length {
        _ if ended => length.map_or(Declared::Nothing, |_| Declared::Length(0)),
        Some(n) => Declared::Length(n),
        None => Declared::Chunked,
    };
    assert_eq!(slow.framing(1), Some(framing));

    let mut fields = grouped(slow.fields.iter().copied());
    for own in ["host", "content-length", "transfer-encoding"] {
        fields.remove(own.as_bytes());
    }
    let mut expected = passed(&parts.headers);
    expected.entry(b"x-forwarded-host".to_vec()).or_insert_with(|| vec![host.to_vec()]);
    assert_eq!(fields, expected);
    strictly(&text, x, framing);
}

/// The reader of clients' requests accepts it as the same one.
fn strictly(text: &[u8], x: &Exchange, framing: Declared) {
    let wide = Limits { request_line: 20 << 10, field: 20 << 10, head: 200 << 10, fields: 200, ..Limits::REQUEST };
    let mut head = Headers::new();
    let read = gateway_http1::request(text, &wide, &mut head);
    let Ok(Some(read)) = read else { panic!("{read:?} for {}", text.escape_ascii()) };
    assert_eq!(read.len, text.len());
    assert_eq!(head.text(read.method), x.method());
    assert_eq!(head.text(read.target), x.upstream_target());
    assert_eq!(head.text(read.host), x.host());
    assert!(read.keep_alive && !read.expect_continue && !read.websocket);
    let expected = match framing {
        Declared::Nothing | Declared::Length(0) => Framing::None,
        Declared::Length(n) => Framing::Length(n),
        Declared::Chunked => Framing::Stream,
    };
    assert_eq!(read.framing, expected);
}
