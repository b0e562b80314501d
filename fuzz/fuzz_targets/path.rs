//! The path normaliser: one reading of a path for matching and for the upstream, by every way to it.
#![no_main]

use gateway_engine::expr::args;
use gateway_engine::path::{Normal, Options, escape, literal, needs_escape, normalize};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let plain = Options::default();
    let (normal, refused) = match normalized(data, plain) {
        Ok((_, normal)) => (Some(normal), None),
        Err(error) => (None, Some(error)),
    };
    if let Some(normal) = &normal {
        is_normal(normal);
        resolves(data, normal);
        // What goes upstream is what was matched, and is not changed again.
        let sent = escaped(normal);
        assert!(sent.iter().all(|b| (0x21..0x7f).contains(b) && !b"\\?#[]{}|\"<>^`".contains(b)));
        assert_eq!(normalized(&sent, plain), Ok((normal.clone(), normal.clone())));
        assert_eq!(escaped(&sent), sent);
        assert_eq!(*literal(&sent), **normal);
        assert_eq!(needs_escape(normal), sent != *normal || normal.contains(&b'%'));
    }
    for options in [(true, false), (false, true), (true, true)] {
        let (delete_uri_tail_slash, normalize_uri_like_servlet) = options;
        let options = Options { delete_uri_tail_slash, normalize_uri_like_servlet };
        match (normalized(data, options), &normal) {
            (Ok((matching, upstream)), Some(normal)) => {
                assert_eq!(upstream, *normal, "an option changed what is sent");
                let text: &[u8] = match normalize_uri_like_servlet {
                    false => normal.strip_suffix(b"/").unwrap_or(normal),
                    true => normal,
                };
                let segments = text.split(|b| *b == b'/');
                let cut = |s: &[u8]| {
                    s.split(|b| normalize_uri_like_servlet && *b == b';').next().unwrap_or_default().to_vec()
                };
                assert_eq!(matching, segments.map(cut).collect::<Vec<_>>().join(&b'/'));
                assert!(!matching.split(|b| *b == b'/').any(|s| s == b"." || s == b".."));
            }
            // An option may only refuse more.
            (Err(_), Some(_)) => assert!(normalize_uri_like_servlet),
            (got, None) => assert_eq!(got.err(), refused),
        }
    }
    let pattern = literal(data);
    assert_eq!(literal(&pattern), pattern);
    arguments(data);
});

/// What is matched and what is sent, before it is escaped.
fn normalized(raw: &[u8], options: Options) -> Result<(Vec<u8>, Vec<u8>), gateway_engine::path::BadPath> {
    let mut out = b"left over".to_vec();
    let normal = normalize(raw, options, &mut out)?;
    if normal == Normal::Unchanged {
        assert_eq!(escaped(raw), raw);
    }
    Ok((normal.matching(raw, &out).to_vec(), normal.upstream(raw, &out).to_vec()))
}

fn escaped(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    escape(path, &mut out);
    out
}

/// No dot segment, no empty segment, no percent-encoding but the three that stay.
fn is_normal(normal: &[u8]) {
    assert!(normal.starts_with(b"/") && !normal.windows(2).any(|w| w == b"//"));
    assert!(!normal.iter().any(|b| *b == 0 || *b == b'\\'));
    for segment in normal.split(|b| *b == b'/') {
        assert!(segment != b"." && segment != b".." && !segment.starts_with(b"..;"));
        for behind in segment.split(|b| *b == b'%').skip(1) {
            assert!(matches!(behind.get(..2), Some(b"2F" | b"5C" | b"25")));
        }
        for pair in segment.windows(2) {
            let overlong = match pair[0] {
                0xc0 | 0xc1 => true,
                0xe0 => (0x80..0xa0).contains(&pair[1]),
                0xf0 => (0x80..0x90).contains(&pair[1]),
                _ => false,
            };
            assert!(!overlong, "a longer form of what has a shorter one");
        }
    }
}

/// The segments of `normal` are those of `raw`, decoded one by one and resolved on a stack.
fn resolves(raw: &[u8], normal: &[u8]) {
    assert!(raw.iter().all(|b| (0x21..0x7f).contains(b) && !b"?#\\".contains(b)));
    let mut stack: Vec<Vec<u8>> = Vec::new();
    let mut open = true;
    for segment in raw.split(|b| *b == b'/').skip(1) {
        let text = decoded(segment);
        open = matches!(&text[..], b"" | b"." | b"..");
        match &text[..] {
            b"" | b"." => {}
            b".." => drop(stack.pop().expect("accepted above the root")),
            _ => stack.push(text),
        }
    }
    let mut want: Vec<Vec<u8>> = stack;
    if open {
        want.push(Vec::new());
    }
    let got: Vec<Vec<u8>> = normal.split(|b| *b == b'/').skip(1).map(decoded).collect();
    assert_eq!(got, want);
}

/// Every percent-encoding undone.
fn decoded(segment: &[u8]) -> Vec<u8> {
    let mut parts = segment.split(|b| *b == b'%');
    let mut out = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let digits = std::str::from_utf8(part.get(..2).expect("two digits")).expect("digits");
        out.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        out.extend_from_slice(&part[2..]);
    }
    out
}

/// The same bytes as a query.
fn arguments(query: &[u8]) {
    const MOST: usize = 5;
    let all: Vec<_> = args::fields(query).collect();
    for one in &all {
        let name = one.name();
        assert!(one.is(&name) && !one.raw_name.is_empty() && name.len() <= one.raw_name.len());
        assert_eq!(all.iter().find(|other| other.is(&name)).map(|found| found.name()), Some(name));
        assert!(one.value().len() <= one.raw_value.unwrap_or_default().len());
    }
    assert!(args::read(query, MOST).eq(all.iter().copied().take(MOST)));
    assert!(args::decode(query).len() <= query.len());
}
