//! Chunked bodies: decoded only if the grammar allows one reading, to the same bytes whatever pieces they come in, and what
//! is encoded decodes to what it was.
#![no_main]

use bytes::Bytes;
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::headers::{HeaderName, Headers};
use gateway_fuzz::{fields, line};
use gateway_http1::{CHUNK_EXTENSIONS, CHUNK_LINE, Chunked, Limits, Refuse, encode};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits::REQUEST;

fuzz_target!(|data: &[u8]| {
    let whole = decode(data, usize::MAX);
    for piece in [1, 2, 3, 7, 64, 1000] {
        same(data, &whole, piece);
    }
    match (&whole, slow(data)) {
        (Ok(got), Reading::Whole(want)) => {
            assert!(got.done && got.body == want.body && got.used == want.used);
        }
        (Ok(got), Reading::Part) => assert!(!got.done, "the end was seen where none is"),
        (Ok(_), Reading::Bad) => panic!("accepted, though it is no chunked body"),
        (Err(refuse), Reading::Whole(want)) => {
            let over = data.len() > LIMITS.field || want.fields > LIMITS.fields || want.longest > CHUNK_LINE;
            assert!(over || want.twice || want.extensions > CHUNK_EXTENSIONS, "{refuse} for a good body");
        }
        (Err(_), _) => {}
    }
    if let Ok(got) = whole {
        encoded(got);
    }
});

struct Body {
    body: Vec<u8>,
    used: usize,
    done: bool,
    decoder: Chunked,
}

/// Decodes `data`, given in pieces of so many bytes.
fn decode(data: &[u8], piece: usize) -> Result<Body, Refuse> {
    let mut out = Body { body: Vec::new(), used: 0, done: false, decoder: Chunked::default() };
    for part in data.chunks(piece.min(data.len().max(1))) {
        let mut bytes = part.to_vec();
        let got = out.decoder.decode(&mut bytes, &LIMITS)?;
        assert!(got.start + got.len <= bytes.len() && got.used <= bytes.len());
        assert!(got.done || got.used == bytes.len(), "bytes left over before the end");
        out.body.extend_from_slice(&bytes[got.start..got.start + got.len]);
        out.used += got.used;
        out.done = got.done;
        // What a chunk has announced counts at once.
        let due = out.decoder.total().checked_sub(out.body.len() as u64);
        assert!(due == Some(0) || (due.is_some() && !got.done));
        if got.done {
            break;
        }
    }
    Ok(out)
}

fn same(data: &[u8], whole: &Result<Body, Refuse>, piece: usize) {
    match (decode(data, piece), whole) {
        (Ok(got), Ok(want)) => {
            let (used, done) = (want.used, want.done);
            assert!(got.body == want.body && (got.used, got.done) == (used, done), "in pieces of {piece}");
            let (names, wanted) = (names(&got), names(want));
            assert_eq!(names, wanted);
            assert_eq!(trailers(&got, &names), trailers(want, &wanted));
        }
        (Err(got), Err(want)) => assert_eq!(got.status, want.status, "in pieces of {piece}"),
        // A long trailer section that drips is looked at now and then only.
        (Ok(mut got), Err(_)) if data.len() >= 1000 && !got.done => {
            let more = got.decoder.decode(&mut [b'\n'; 1100], &LIMITS);
            assert!(more.is_err(), "in pieces of {piece}");
        }
        (got, want) => panic!("{} in pieces of {piece}, {} whole", got.is_ok(), want.is_ok()),
    }
}

/// Names of the trailers, which a decoder gives only to those who know them.
fn names(body: &Body) -> Vec<HeaderName> {
    const NAMES: [&str; 12] = [
        "x-a",
        "x-b",
        "etag",
        "digest",
        "server-timing",
        "grpc-status",
        "x",
        "a",
        "content-length",
        "host",
        "x_a",
        "expires",
    ];
    if body.done { NAMES.iter().filter_map(|n| HeaderName::new(n).ok()).collect() } else { Vec::new() }
}

fn trailers(body: &Body, names: &[HeaderName]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let kept = body.decoder.trailers(names)?;
    assert!(!kept.is_empty());
    for (n, _) in kept.iter() {
        let n = n.text().to_ascii_lowercase();
        assert!(n != b"content-length" && n != b"host" && !n.contains(&b'_'), "a trailer that changes the request");
    }
    Some(kept.iter().map(|(n, v)| (n.text().to_vec(), v.to_vec())).collect())
}

enum Reading {
    Whole(Slow),
    /// Nothing is wrong with the lines that are there.
    Part,
    Bad,
}

#[derive(Default)]
struct Slow {
    body: Vec<u8>,
    used: usize,
    /// Trailer fields.
    fields: usize,
    /// A trailer that would decide about framing or routing comes twice, which is refused as in a head.
    twice: bool,
    /// The longest chunk line.
    longest: usize,
    /// Bytes of all extensions.
    extensions: usize,
}

/// The chunked body at the beginning of `data`, read line by line as RFC 9112 section 7.1 has it.
fn slow(data: &[u8]) -> Reading {
    let mut out = Slow::default();
    let mut rest = data;
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n");
        let Some((text, after)) = line(rest) else { return if end.is_some() { Reading::Bad } else { Reading::Part } };
        let end = text.iter().position(|b| *b == b';').unwrap_or(text.len());
        let (digits, extension) = text.split_at(end);
        let good = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
        let size = std::str::from_utf8(digits).ok().and_then(|d| u64::from_str_radix(d, 16).ok()).filter(|_| good);
        let Some(size) = size.and_then(|n| i64::try_from(n).ok()) else { return Reading::Bad };
        if extension.iter().any(|b| (*b < b' ' && *b != b'\t') || *b == 0x7f) {
            return Reading::Bad;
        }
        out.longest = out.longest.max(text.len());
        out.extensions += extension.len();
        if size == 0 {
            let Some((all, after)) = fields(after) else { return Reading::Part };
            out.fields = all.len();
            let times = |name: &str| all.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).count();
            out.twice = ["host", "content-length", "transfer-encoding"].iter().any(|name| times(name) > 1);
            out.used = data.len() - after.len();
            return Reading::Whole(out);
        }
        let Some((body, behind)) = usize::try_from(size).ok().and_then(|size| after.split_at_checked(size)) else {
            return Reading::Part;
        };
        out.body.extend_from_slice(body);
        rest = match behind {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Reading::Part,
            _ => return Reading::Bad,
        };
    }
}

/// The body as chunks again, in pieces of several kinds, decodes to itself.
fn encoded(got: Body) {
    let mut body = got.body;
    if body.first() == Some(&b'L') {
        // Longer than a pooled buffer.
        body = body.iter().copied().cycle().take(80 << 10).collect();
    }
    let names: Vec<HeaderName> =
        ["x-a", "x-b", "etag", "x", "a"].iter().filter_map(|n| HeaderName::new(n).ok()).collect();
    let trailers: Option<Headers> = got.decoder.trailers(&names);
    for piece in [1usize, 5, 17, 90 << 10] {
        if body.len() / piece > 500 {
            continue;
        }
        let mut wire = Vec::new();
        let count = body.len().div_ceil(piece).max(1);
        for i in 0..count {
            let part = body.get(i * piece..).unwrap_or_default();
            let part = &part[..part.len().min(piece)];
            let last = i + 1 == count;
            let mut buf = Buf::take();
            let chunk =
                if i % 2 == 0 && buf.append(part) { Chunk::Buf(buf) } else { Bytes::copy_from_slice(part).into() };
            encode::chunk(chunk, last, trailers.as_ref().filter(|_| last), |c| wire.extend_from_slice(c.as_slice()));
        }
        let wide = decode(&wire, usize::MAX);
        let Ok(again) = wide else { panic!("what was encoded is refused") };
        assert!(again.done && again.used == wire.len() && again.body == body);
        let text =
            |h: Option<Headers>| h.map(|h| h.iter().map(|(n, v)| (n.text().to_vec(), v.to_vec())).collect::<Vec<_>>());
        assert_eq!(text(again.decoder.trailers(&names)), text(got.decoder.trailers(&names)));
    }
}
