//! Fields between HTTP/2 and the engine, both ways and on both sides: they arrive as a slow reading has them, those of a
//! connection stay behind, and what is written is accepted again as the same.
#![no_main]

use gateway_engine::exchange::{Exchange, Framing, Origin};
use gateway_fuzz::HOP;
use gateway_fuzz::Slow;
use gateway_fuzz::http2::{Grouped, fields, grouped, pairs, passed, request, with_exchange};
use gateway_http1::Limits;
use gateway_http2::fuzz;
use http::HeaderMap;
use http::request::Parts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((flags, text)) = data.split_first() else { return };
    let ended = flags & 1 == 1;
    if let Some(parts) = request(text) {
        with_exchange(|x| {
            if fuzz::read(&parts, ended, &mut x.req) {
                onwards(x, &parts, ended);
            }
        });
    }
    let lines = text.iter().position(|b| *b == b'\n').map_or(text, |end| &text[end + 1..]);
    if let Some(map) = fields(lines) {
        with_exchange(|x| answer(x, &map));
        trailers(&map);
        with_exchange(|x| answer_of_http1(x, &map));
    }
});

/// A request for an upstream that speaks HTTP/2 as well.
fn onwards(x: &Exchange, parts: &Parts, ended: bool) {
    let sent = fuzz::upstream_head(x).expect("what came by HTTP/2 has a form in it").into_parts().0;
    assert_eq!(sent.method, parts.method);
    let path = |parts: &Parts| parts.uri.path_and_query().map(|p| p.as_str().to_owned());
    assert_eq!(path(&sent), path(parts));
    let host = match parts.uri.authority() {
        Some(authority) => authority.as_str().as_bytes(),
        None => parts.headers["host"].as_bytes(),
    };
    assert_eq!(sent.uri.authority().map(|a| a.as_str().as_bytes()), Some(host));

    let mut expected = passed(&parts.headers);
    expected.entry(b"x-forwarded-host".to_vec()).or_insert_with(|| vec![host.to_vec()]);
    let mut got = grouped(pairs(&sent.headers));
    let te = got.remove(&b"te"[..]);
    assert!(te.is_none_or(|te| te == [b"trailers"]));
    if let Some(length) = got.remove(&b"content-length"[..]) {
        assert!(!ended || length == [b"0"]);
        assert_eq!(length.len(), 1);
    }
    assert_eq!(got, expected);

    let big = sent.headers.len() > 90 || got.iter().any(|(n, v)| n.len() + v.concat().len() > 8000);
    if !big {
        with_exchange(|again| assert!(fuzz::read(&sent, ended, &mut again.req), "{sent:?} is refused"));
    }
}

/// What a client gets of an upstream's fields.
fn answer(x: &mut Exchange, map: &HeaderMap) {
    if !fuzz::read_answer(map, &mut x.resp.head) {
        return;
    }
    let seen: Vec<_> = x.resp.head.iter().map(|(n, v)| (n.text().to_vec(), v.to_vec())).collect();
    assert_eq!(grouped(seen.iter().map(|(n, v)| (&n[..], &v[..]))), trimmed(map));
    let mut expected = trimmed(map);
    expected.retain(|name, _| !NEVER.iter().any(|never| never.as_bytes() == name));
    given(x, expected);
}

/// The same of an upstream that speaks HTTP/1.1.
fn answer_of_http1(x: &mut Exchange, map: &HeaderMap) {
    let mut text = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in pairs(map) {
        text.extend([name, b": ", value, b"\r\n"].concat());
    }
    text.extend(b"\r\n");
    let Ok(Some(_)) = gateway_http1::response(&text, false, &Limits::RESPONSE, &mut x.resp.head) else { return };
    let slow = Slow::head(&text).expect("accepted, though it is no head");
    let mut expected = grouped(slow.fields.iter().copied());
    expected.retain(|name, _| !slow.hop(name) && !NEVER.iter().any(|never| never.as_bytes() == name));
    given(x, expected);
}

/// The head that the client gets, besides what the gateway says itself.
fn given(x: &mut Exchange, mut expected: Grouped) {
    x.resp.status = 200;
    x.resp.framing = Framing::Stream;
    x.resp.origin = Origin::Upstream;
    let sent = fuzz::answer(x);
    let mut got = grouped(pairs(sent.headers()));
    for own in ["server", "date"] {
        assert!(got.contains_key(own.as_bytes()));
        if !expected.contains_key(own.as_bytes()) {
            got.remove(own.as_bytes());
        }
    }
    expected.retain(|_, values| !values.is_empty());
    assert_eq!(got, expected);
}

fn trailers(map: &HeaderMap) {
    // An underscore may be read as a hyphen, and the codec takes more for a name than a token.
    let plain = |name: &[u8]| gateway_fuzz::token(name) && !name.contains(&b'_');
    let safe = |name: &[u8]| (name.starts_with(b"grpc-") || name.starts_with(b"x-own")) && plain(name);
    let whole = trimmed(map);
    if let Some(sent) = fuzz::trailers(map) {
        let got = sent.as_ref().map_or_else(Grouped::new, |sent| grouped(pairs(sent)));
        for (name, values) in &got {
            let begins = name.starts_with(b"content-") || name.starts_with(b"x-forwarded-");
            let banned = HOP.iter().chain(&UNSAFE).any(|n| n.as_bytes() == name);
            assert!(!begins && !banned, "{} got through", name.escape_ascii());
            assert_eq!(whole.get(name), Some(values));
        }
        for name in whole.keys().filter(|name| safe(name)) {
            assert!(got.contains_key(name), "{} is lost", name.escape_ascii());
        }
    }
}

/// Fields as the engine keeps them: without white space around values.
fn trimmed(map: &HeaderMap) -> Grouped {
    grouped(pairs(map).map(|(n, v)| (n, gateway_fuzz::trim(v))))
}

/// What a client over HTTP/2 never gets from an upstream.
const NEVER: [&str; 8] =
    ["connection", "keep-alive", "proxy-connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer"];

/// What decides about a message or its sender, and so cannot come behind it.
const UNSAFE: [&str; 9] = [
    "host",
    "authorization",
    "cookie",
    "set-cookie",
    "x-real-ip",
    "forwarded",
    "max-forwards",
    "cache-control",
    "range",
];
