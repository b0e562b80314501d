//! The head of a request: accepted only if the grammar allows one reading, the same whatever pieces it comes in, and what is
//! written upstream reads back as the same request.
#![no_main]

use gateway_engine::exchange::{Framing, Version};
use gateway_engine::headers::{Field, Headers, name};
use gateway_fuzz::{Declared, Slow, cuts};
use gateway_http1::encode::{FRAMING, Pieces};
use gateway_http1::{Limits, METHOD, Refuse, RequestHead, request};
use libfuzzer_sys::fuzz_target;

type Parsed = Result<Option<RequestHead>, Refuse>;

fuzz_target!(|data: &[u8]| {
    let (head, got) = parse(data, &Limits::REQUEST);
    in_pieces(data, &got);
    let Ok(Some(got)) = got else { return };
    let skipped = if data.starts_with(b"\r\n") { 2 } else { 0 };
    assert!(got.len <= data.len());
    let text = &data[skipped..got.len];
    reads_as(&head, &got, text);
    within_limits(data, &got, text, head.len());
    without_underscores(data, &got, &head);
    let written = [upstream(&head, &got, false), upstream(&head, &got, got.plain)];
    for text in &written {
        reads_back(&head, &got, text);
    }
});

fn parse(bytes: &[u8], limits: &Limits) -> (Headers, Parsed) {
    let mut head = Headers::new();
    let got = request(bytes, limits, &mut head);
    (head, got)
}

/// A part of a request is neither whole nor refused, unless the whole is refused for the same reason.
fn in_pieces(data: &[u8], whole: &Parsed) {
    for cut in cuts(data.len()) {
        match (parse(&data[..cut], &Limits::REQUEST).1, whole) {
            (Ok(None), _) => {}
            (Ok(Some(part)), Ok(Some(whole))) => assert!(part == *whole && cut >= part.len, "other with {cut} bytes"),
            (Err(part), Err(whole)) => {
                let of_length = matches!(part.status, 414 | 431);
                assert!(of_length || part.status == whole.status, "{part} with {cut} bytes, then {whole}");
            }
            (part, whole) => panic!("{part:?} with {cut} bytes, then {whole:?}"),
        }
    }
    if let Ok(Some(whole)) = whole {
        assert_eq!(
            parse(&data[..whole.len], &Limits::REQUEST).1.as_ref(),
            Ok(&Some(whole.clone())),
            "what follows counts"
        );
    }
}

/// `head` and `got` say what the text says, read slowly.
fn reads_as(head: &Headers, got: &RequestHead, text: &[u8]) {
    let slow = Slow::head(text).expect("accepted, though it is no head");
    assert_eq!(slow.len, text.len());
    let [method, target, version] = slow.first;
    assert!(gateway_fuzz::token(method) && method.len() <= METHOD && !matches!(method, b"CONNECT" | b"TRACE"));
    assert_eq!(head.text(got.method), method);
    let minor = match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', d] if d.is_ascii_digit() => u8::from(*d != b'0'),
        _ => panic!("accepted as a version"),
    };
    assert_eq!(got.version, if minor == 0 { Version::Http10 } else { Version::Http11 });

    let fields: Vec<_> = head.iter().map(|(n, v)| (n.text(), v)).collect();
    assert_eq!(fields, slow.fields);
    for f in head.fields() {
        let n = head.name(f).text();
        assert_eq!(f.flags & Field::HOP != 0, slow.hop(n), "{}", String::from_utf8_lossy(n));
    }
    assert_eq!(
        Some(got.framing),
        slow.framing(minor).map(|declared| match declared {
            Declared::Nothing | Declared::Length(0) => Framing::None,
            Declared::Length(n) => Framing::Length(n),
            Declared::Chunked => Framing::Stream,
        })
    );
    let options = slow.options();
    let said = |option: &str| options.iter().any(|o| o == option.as_bytes());
    assert_eq!(got.keep_alive, !said("close") && (minor > 0 || said("keep-alive")));
    assert!(slow.all("expect").iter().all(|e| e.eq_ignore_ascii_case(b"100-continue")));
    assert!(!got.websocket || (method == b"GET" && said("upgrade") && slow.all("upgrade") != [b""]));

    let hosts = slow.all("host");
    assert!(hosts.len() == 1 || (hosts.is_empty() && minor == 0));
    let (authority, path) = split_target(target, method);
    assert_eq!(head.text(got.target), path);
    let authority = authority.or(hosts.first().copied()).unwrap_or_default();
    assert_eq!(head.text(got.authority), authority);
    assert_eq!(head.text(got.host), host(authority));
}

/// The authority of an absolute target, and the target in origin form.
fn split_target<'a>(target: &'a [u8], method: &[u8]) -> (Option<&'a [u8]>, Vec<u8>) {
    assert!(target.iter().all(|b| (0x21..0x7f).contains(b) && *b != b'#'));
    if target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") {
        return (None, target.to_vec());
    }
    let lower = target.to_ascii_lowercase();
    let start = if lower.starts_with(b"http://") { 7 } else { 8 };
    assert!(lower.starts_with(b"http://") || lower.starts_with(b"https://"), "accepted as a target");
    let rest = &target[start..];
    let end = rest.iter().position(|b| b"/?".contains(b)).unwrap_or(rest.len());
    let slash = if rest[end..].starts_with(b"/") { &b""[..] } else { b"/" };
    (Some(&rest[..end]), [slash, &rest[end..]].concat())
}

/// Lower case, without port and final dot. Nothing in it may mean something elsewhere in a URI or a head.
fn host(authority: &[u8]) -> Vec<u8> {
    assert!(
        !authority.iter().any(|b| b"/@?#,\\% \t\"<>|^`{}".contains(b) || *b < 0x21 || *b >= 0x7f),
        "accepted as a host"
    );
    let end = match authority {
        [b'[', ..] => authority.iter().position(|b| *b == b']').expect("a bracket that ends it") + 1,
        _ => authority.iter().position(|b| *b == b':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let digits = port.strip_prefix(b":").unwrap_or_default();
    assert!(port.is_empty() || (!digits.is_empty() && digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit)));
    host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase()
}

/// Under narrow limits a request is accepted exactly if it is within them; else the answer names the limit.
fn within_limits(data: &[u8], got: &RequestHead, text: &[u8], fields: usize) {
    let tight = Limits { request_line: 60, field: 40, head: 160, fields: 4, body: 9, ..Limits::REQUEST };
    let mut lines = text.split_inclusive(|b| *b == b'\n');
    let line = lines.next().map_or(0, <[u8]>::len);
    let field = lines.map(<[u8]>::len).max().unwrap_or_default();
    let long_body = matches!(got.framing, Framing::Length(n) if n > tight.body);
    let over = line > tight.request_line || field > tight.field || text.len() > tight.head || fields > tight.fields;
    match parse(data, &tight).1 {
        Ok(Some(tightly)) => assert!(!over && !long_body && tightly == *got),
        Ok(None) => panic!("whole, and then it is not"),
        Err(refuse) => match refuse.status {
            413 => assert!(long_body),
            414 => assert!(line > tight.request_line),
            431 => assert!(over),
            _ => panic!("{refuse} under narrow limits only"),
        },
    }
}

/// The option drops exactly the fields with an underscore in their names.
fn without_underscores(data: &[u8], got: &RequestHead, head: &Headers) {
    let (kept, again) = parse(data, &Limits { underscores: false, ..Limits::REQUEST });
    assert_eq!(again.map(|a| a.map(|a| a.len)), Ok(Some(got.len)));
    let want: Vec<_> = head.iter().filter(|(n, _)| !n.text().contains(&b'_')).collect();
    assert_eq!(kept.iter().collect::<Vec<_>>(), want);
}

/// The request as the upstream gets it; with `lead` the request line is passed on as it lies in the block.
fn upstream(head: &Headers, got: &RequestHead, lead: bool) -> Vec<u8> {
    const VERSION: &[u8] = b" HTTP/1.1\r\n";
    let mut pieces = Pieces::new();
    let host = match head.text(got.authority) {
        b"" => b"node",
        authority => authority,
    };
    let end = got.target.start() + got.target.len();
    if lead {
        assert_eq!((got.method.start(), got.target.start()), (0, got.method.len() + 1), "no plain line");
        // A minor version above 1 is written anew.
        if head.block().get(end..end + VERSION.len()) == Some(VERSION) {
            pieces.fields(head, FRAMING, end + VERSION.len());
            return whole(&pieces, got);
        }
    }
    pieces.push(head.text(got.method));
    pieces.push(b" ");
    pieces.push(head.text(got.target));
    pieces.push(VERSION);
    pieces.line(b"Host: ", host);
    pieces.fields(head, FRAMING | name::HOST.bit(), 0);
    whole(&pieces, got)
}

/// The framing of the body and the end of the head.
fn whole(pieces: &Pieces<'_>, got: &RequestHead) -> Vec<u8> {
    let length = match got.framing {
        Framing::Length(n) => format!("Content-Length: {n}\r\n"),
        Framing::Stream => "Transfer-Encoding: chunked\r\n".to_owned(),
        _ => String::new(),
    };
    let text = pieces.to_vec();
    assert_eq!(text.len(), pieces.len());
    [&text[..], length.as_bytes(), b"\r\n"].concat()
}

/// What was written is a request of the same structure.
fn reads_back(head: &Headers, got: &RequestHead, text: &[u8]) {
    // A space behind a colon or a `Host` may be new: limits are for what is received.
    let wide = Limits { request_line: 20 << 10, field: 20 << 10, head: 80 << 10, fields: 200, ..Limits::REQUEST };
    let (second, again) = parse(text, &wide);
    let Ok(Some(again)) = again else { panic!("{again:?} for {}", text.escape_ascii()) };
    assert_eq!(again.len, text.len());
    assert_eq!(second.text(again.method), head.text(got.method));
    assert_eq!(second.text(again.target), head.text(got.target));
    assert_eq!(again.framing, got.framing);
    assert!(again.keep_alive && again.version == Version::Http11 && !again.expect_continue);
    if !got.host.is_empty() {
        assert_eq!(second.text(again.host), head.text(got.host));
    }
    let passed = |head: &Headers| -> Vec<(Vec<u8>, Vec<u8>)> {
        let kept = head.fields().iter().filter(|f| f.flags & Field::HOP == 0 && f.id != name::HOST.id());
        kept.map(|f| (head.name(f).text().to_vec(), head.value(f).to_vec())).collect()
    };
    assert_eq!(passed(&second), passed(head));
    let own = second.fields().iter().filter(|f| f.flags & Field::HOP != 0).count();
    assert_eq!(own, usize::from(got.framing != Framing::None), "a field of the client's connection got through");
}
