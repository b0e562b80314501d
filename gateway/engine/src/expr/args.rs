//! Query arguments, form fields and cookies, looked up in the raw bytes: nothing is collected into a map for one value.

use std::borrow::Cow;

/// The arguments of a raw query (without `?`) in order, duplicates included; those without a name are left out, and so is
/// everything behind the first `limit` (`gateway.limits.query_parameters`): it is passed on, not read.
pub fn read(query: &[u8], limit: usize) -> impl Iterator<Item = Arg<'_>> + Clone {
    query.split(|b| *b == b'&').filter_map(Arg::new).take(limit)
}

/// The fields of an `application/x-www-form-urlencoded` body: the query's syntax, without its bound.
pub fn fields(body: &[u8]) -> impl Iterator<Item = Arg<'_>> + Clone {
    read(body, usize::MAX)
}

/// The first field of that name in an `application/x-www-form-urlencoded` body, decoded.
#[must_use]
pub fn form<'b>(body: &'b [u8], name: &[u8]) -> Option<Cow<'b, [u8]>> {
    fields(body).find(|field| field.is(name)).map(|field| field.value())
}

/// One `name=value` as received; decoded only when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg<'a> {
    /// The name, still encoded; not empty.
    pub raw_name: &'a [u8],
    /// The value, still encoded; `None` when there was no `=`.
    pub raw_value: Option<&'a [u8]>,
}

impl<'a> Arg<'a> {
    fn new(text: &'a [u8]) -> Option<Self> {
        let (raw_name, raw_value) = match memchr::memchr(b'=', text) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)),
            None => (text, None),
        };
        (!raw_name.is_empty()).then_some(Arg { raw_name, raw_value })
    }

    /// The decoded name.
    #[must_use]
    pub fn name(&self) -> Cow<'a, [u8]> {
        decode(self.raw_name)
    }

    /// The decoded value; empty when there is none.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        decode(self.raw_value.unwrap_or_default())
    }

    /// Whether the decoded name is `name`.
    #[must_use]
    pub fn is(&self, name: &[u8]) -> bool {
        // Names are short, and hardly ever escaped.
        if !self.raw_name.iter().any(|b| matches!(b, b'%' | b'+')) {
            return *self.raw_name == *name;
        }
        // Decoding never lengthens.
        self.raw_name.len() >= name.len() && *self.name() == *name
    }
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

    fn first<'q>(query: &'q [u8], name: &[u8]) -> Option<Cow<'q, [u8]>> {
        read(query, 100).find(|arg| arg.is(name)).map(|arg| arg.value())
    }

    #[test]
    fn path_09_arguments_are_decoded_when_they_are_read() {
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
            ("=no", "", None),
        ];
        for (text, name, expected) in cases {
            let got = first(text.as_bytes(), name.as_bytes());
            assert_eq!(got.as_deref(), expected.map(str::as_bytes), "{name} in {text}");
            assert_eq!(form(text.as_bytes(), name.as_bytes()), got, "a form is read like a query");
        }
    }

    #[test]
    fn path_09_arguments_keep_their_order_and_so_many_are_read() {
        let query = b"a=1&b=x+y%20z&&=no&a=2&flag&c=%zz%&%61b=&d=1=2";
        let got: Vec<_> = read(query, 100)
            .map(|arg| (String::from_utf8_lossy(&arg.name()).into_owned(), arg.value().into_owned()))
            .collect();
        let expected: [(&str, &[u8]); 7] =
            [("a", b"1"), ("b", b"x y z"), ("a", b"2"), ("flag", b""), ("c", b"%zz%"), ("ab", b""), ("d", b"1=2")];
        assert_eq!(got, expected.map(|(name, value)| (name.to_owned(), value.to_vec())));
        assert!(read(query, 100).any(|arg| arg.raw_name == b"flag" && arg.raw_value.is_none()));
        assert!(matches!(first(query, b"a"), Some(Cow::Borrowed(_))));
        assert_eq!(read(query, 2).count(), 2);

        let many = "x=1&".repeat(100) + "last=1";
        assert_eq!(read(many.as_bytes(), 100).count(), 100);
        assert_eq!(first(many.as_bytes(), b"last"), None);
        assert_eq!(form(many.as_bytes(), b"last").as_deref(), Some(&b"1"[..]));
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
            let got = first(text.as_bytes(), &name);
            prop_assert_eq!(got.as_deref(), Some(&value[..]));
        }

        #[test]
        fn never_panics(text in prop::collection::vec(any::<u8>(), 0..64), name in prop::collection::vec(any::<u8>(), 0..4)) {
            let _ = first(&text, &name);
            prop_assert!(fields(&text).all(|arg| arg.is(&arg.name()) && arg.name().len() <= arg.raw_name.len()));
            let _ = cookie(&text, &name);
        }
    }
}
