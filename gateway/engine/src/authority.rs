//! `Host` and the authority of an absolute target (RFC 9110 section 4.2.3, RFC 3986 section 3.2).

use std::cell::RefCell;
use std::net::Ipv6Addr;

/// What an authority's text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// How long the host is, without port and without a final dot.
    pub host: usize,
    /// It holds capitals: what is compared is its lower case.
    pub capitals: bool,
}

/// Reads an authority: a registered name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. `None` for
/// everything else, user information among it. Remembers what it has judged last: a thread serves few hosts, and they come
/// again and again.
#[inline]
pub fn authority(text: &[u8]) -> Option<Authority> {
    SEEN.with_borrow_mut(|seen| {
        let place = text.len().wrapping_add(usize::from(*text.last()?)) % seen.len();
        // Below the number of places.
        let seen = &mut seen[place];
        match seen.text.get(..seen.len) {
            Some(known) if known == text => Some(seen.said),
            _ => {
                let said = judge(text)?;
                if let Some(room) = seen.text.get_mut(..text.len()) {
                    room.copy_from_slice(text);
                    (seen.len, seen.said) = (text.len(), said);
                }
                Some(said)
            }
        }
    })
}

/// A good authority and what it says.
#[derive(Clone, Copy)]
struct Seen {
    text: [u8; 40],
    len: usize,
    said: Authority,
}

thread_local! {
    // An empty text is no authority and never asked for.
    static SEEN: RefCell<[Seen; 16]> =
        const { RefCell::new([Seen { text: [0; 40], len: 0, said: Authority { host: 0, capitals: false } }; 16]) };
}

fn judge(text: &[u8]) -> Option<Authority> {
    if text.first() == Some(&b'[') {
        return address(text);
    }
    let (mut classes, mut len) = (0, text.len());
    for (i, b) in text.iter().enumerate() {
        // The table has an entry for every byte.
        let class = CLASSES[*b as usize];
        classes |= class;
        if class >= COLON {
            len = i;
            break;
        }
    }
    let (host, rest) = text.split_at_checked(len)?;
    if classes & BAD != 0 || !port(rest) {
        return None;
    }
    let host = host.strip_suffix(b".").unwrap_or(host).len();
    (host > 0).then_some(Authority { host, capitals: classes & CAPITAL != 0 })
}

/// `[` IPv6 `]`, and perhaps a port.
#[cold]
fn address(text: &[u8]) -> Option<Authority> {
    let close = text.iter().position(|b| *b == b']')?;
    let inner = std::str::from_utf8(text.get(1..close)?).ok()?;
    inner.parse::<Ipv6Addr>().ok()?;
    port(text.get(close + 1..)?)
        .then_some(Authority { host: close + 1, capitals: inner.bytes().any(|b| b.is_ascii_uppercase()) })
}

/// Nothing, or a colon and one to five digits up to 65535.
#[inline]
fn port(text: &[u8]) -> bool {
    match text {
        [] => true,
        // Texts of the same length compare as their numbers do.
        [b':', digits @ ..] if matches!(digits.len(), 1..=5) => {
            digits.iter().all(u8::is_ascii_digit) && (digits.len() < 5 || digits <= &b"65535"[..])
        }
        _ => false,
    }
}

const CAPITAL: u8 = 1;
/// The host ends here.
const COLON: u8 = 2;
const BAD: u8 = 4;

/// Letters, digits, `-._~` and those sub-delimiters that mean nothing anywhere else. A percent sign is refused: it would be
/// compared undecoded here and decoded by others.
static CLASSES: [u8; 256] = {
    let mut table = [BAD; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b'A'..=b'Z' => CAPITAL,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => 0,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b';' | b'=' => 0,
            b':' => COLON,
            _ => BAD,
        };
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn h1_27_what_a_host_may_be() {
        let good: &[(&str, &str)] = &[
            ("a", "a"),
            ("example.com", "example.com"),
            ("example.com.", "example.com"),
            ("example.com.:80", "example.com"),
            ("Example.COM:8080", "Example.COM"),
            ("v1_test-api.com", "v1_test-api.com"),
            (".foo.com", ".foo.com"),
            ("127.0.0.1:1", "127.0.0.1"),
            ("127.0.0.1:65535", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[2001:DB8::1]:443", "[2001:DB8::1]"),
            ("[::ffff:1.2.3.4]:0", "[::ffff:1.2.3.4]"),
        ];
        for (text, host) in good {
            let got = authority(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(&text[..got.host], *host);
            assert_eq!(got.capitals, host.bytes().any(|b| b.is_ascii_uppercase()), "{text}");
        }
        let bad: &[&[u8]] = &[
            b"",
            b".",
            b":80",
            b"a b",
            b" a",
            b"a/b",
            b"u@a",
            b"a?b",
            b"a#b",
            b"a,b",
            b"a\\b",
            b"a\xc3\xa4",
            b"a%41",
            b"a:",
            b"a:x",
            b"a:-1",
            b"a:+1",
            b"a:65536",
            b"a:000080",
            b"a:80:80",
            b"a:80 ",
            b"[::1",
            b"[]",
            b"[::1]x",
            b"[::1]:",
            b"[1.2.3.4]",
            b"[fe80::1%25eth0]",
            b"::1",
            b"a\0",
            b"a\t",
            b"\"a\"",
            b"a\x7f",
            b"a<b",
            b"a|b",
        ];
        for text in bad {
            assert_eq!(authority(text), None, "{:?}", String::from_utf8_lossy(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_would_be_judged(texts in proptest::collection::vec("[a-bA:.1]{0,5}|[a-z.]{39,42}", 0..60)) {
            for text in texts.iter().chain(texts.iter().rev()) {
                prop_assert_eq!(authority(text.as_bytes()), judge(text.as_bytes()), "{}", text);
            }
        }

        #[test]
        fn any_bytes_may_be_judged(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(got) = authority(&text) {
                prop_assert!(got.host <= text.len() && got.host > 0);
                prop_assert!(text.iter().all(|b| (0x21..0x7f).contains(b)));
            }
        }
    }
}
