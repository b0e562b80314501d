//! Query arguments, form fields and cookies, looked up in the raw bytes: nothing is collected into a map for one value.

use std::borrow::Cow;

/// The first value of a query argument in the raw query (without `?`), decoded. A bare name has the empty value.
#[must_use]
pub fn query<'q>(query: &'q [u8], name: &[u8]) -> Option<Cow<'q, [u8]>> {
    pairs(query).find(|(key, _)| names(key, name)).map(|(_, value)| decode(value))
}

/// All values of a query argument or form field, in order.
pub fn query_all<'q>(query: &'q [u8], name: &'q [u8]) -> impl Iterator<Item = Cow<'q, [u8]>> {
    pairs(query).filter(move |(key, _)| names(key, name)).map(|(_, value)| decode(value))
}

/// The first value of a field in an `application/x-www-form-urlencoded` body, decoded: the query's syntax.
#[must_use]
pub fn form<'b>(body: &'b [u8], name: &[u8]) -> Option<Cow<'b, [u8]>> {
    query(body, name)
}

/// The raw pairs of a query or form; empty ones are left out.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    query.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).map(|pair| match memchr::memchr(b'=', pair) {
        Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
        None => (pair, &[][..]),
    })
}

/// Undoes percent-encoding and `+`; a `%` without two hexadecimal digits stays as it is.
#[must_use]
pub fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr2(b'%', b'+', raw) else { return Cow::Borrowed(raw) };
    let (plain, mut rest) = raw.split_at(first);
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(plain);
    loop {
        match rest {
            [] => return Cow::Owned(out),
            [b'+', tail @ ..] => {
                out.push(b' ');
                rest = tail;
            }
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            [b, tail @ ..] => {
                out.push(*b);
                rest = tail;
            }
        }
    }
}

/// The value of a cookie in the bytes of a `Cookie` header (RFC 6265 §4.2.1), the first of that name; quotes stay.
/// Several header lines are asked one by one.
#[must_use]
pub fn cookie<'h>(header: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    header.split(|b| *b == b';').find_map(|pair| {
        let at = memchr::memchr(b'=', pair)?;
        (pair.get(..at)?.trim_ascii() == name).then(|| pair.get(at + 1..).unwrap_or_default().trim_ascii())
    })
}

fn names(raw: &[u8], name: &[u8]) -> bool {
    raw == name || (raw.len() > name.len() || raw.contains(&b'+')) && *decode(raw) == *name
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        // The caller has seen a hexadecimal digit.
        _ => (digit | 0x20).wrapping_sub(b'a' - 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn query_arguments() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("", "a", None),
            ("a=1", "a", Some("1")),
            ("a", "a", Some("")),
            ("a=", "a", Some("")),
            ("&&a=1&", "a", Some("1")),
            ("b=0&a=1&a=2", "a", Some("1")),
            ("ab=1", "a", None),
            ("A=1", "a", None),
            ("a=1=2", "a", Some("1=2")),
            ("a=x%20y+z", "a", Some("x y z")),
            ("%61=1", "a", Some("1")),
            ("a+b=1", "a b", Some("1")),
            ("a=%zz%4", "a", Some("%zz%4")),
            ("a=%C3%A9", "a", Some("é")),
            ("x-api-name=jack", "x-api-name", Some("jack")),
        ];
        for (text, name, expected) in cases {
            let got = query(text.as_bytes(), name.as_bytes());
            assert_eq!(got.as_deref(), expected.map(str::as_bytes), "{name} in {text}");
        }
        assert_eq!(query_all(b"a=1&b=2&a=3", b"a").collect::<Vec<_>>(), [&b"1"[..], b"3"]);
    }

    #[test]
    fn cookies() {
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("a=1; b=2", "b", Some("2")),
            ("a=1;b=2", "b", Some("2")),
            ("a=1; a=2", "a", Some("1")),
            ("A=1", "a", None),
            ("a=\"x y\"", "a", Some("\"x y\"")),
            ("a=b=c", "a", Some("b=c")),
            ("a", "a", None),
            ("a=", "a", Some("")),
            ("aa=1", "a", None),
        ];
        for (text, name, expected) in cases {
            assert_eq!(cookie(text.as_bytes(), name.as_bytes()), expected.map(str::as_bytes), "{name} in {text}");
        }
    }

    proptest! {
        #[test]
        fn encoded_arguments_come_back(name in prop::collection::vec(any::<u8>(), 1..8), value in prop::collection::vec(any::<u8>(), 0..8)) {
            let encode = |bytes: &[u8]| bytes.iter().map(|b| format!("%{b:02X}")).collect::<String>();
            let text = format!("x=1&{}={}", encode(&name), encode(&value));
            prop_assume!(name != b"x");
            let got = query(text.as_bytes(), &name);
            prop_assert_eq!(got.as_deref(), Some(&value[..]));
        }

        #[test]
        fn never_panics(text in prop::collection::vec(any::<u8>(), 0..64), name in prop::collection::vec(any::<u8>(), 0..4)) {
            let _ = query(&text, &name);
            let _ = cookie(&text, &name);
        }
    }
}
