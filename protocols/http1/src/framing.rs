//! How long a body is (RFC 9112 section 6), decided once and only where it cannot be read in two ways.

use crate::limits::{Refuse, bad, refuse};
use gateway_engine::headers::scan;

/// What the head says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// Neither field is there.
    Nothing,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// What a head declares, by its fields of both names; `minor` is the minor version of its message.
///
/// # Errors
/// When both fields are there; when a value is malformed; when a transfer coding is asked for that is not served (501) or in
/// HTTP/1.0.
#[inline]
pub(crate) fn declared(length: Option<&[u8]>, coding: Option<&[u8]>, minor: u8) -> Result<Declared, Refuse> {
    match (coding, length) {
        (None, None) => Ok(Declared::Nothing),
        (None, Some(length)) => match content_length(length) {
            Some(n) => Ok(Declared::Length(n)),
            None => Err(bad("Content-Length is not a number")),
        },
        (Some(_), Some(_)) => Err(bad("Transfer-Encoding and Content-Length")),
        (Some(_), None) if minor == 0 => Err(bad("Transfer-Encoding in HTTP/1.0")),
        (Some(coding), None) => chunked(coding),
    }
}

/// The number that a `Content-Length` value is: digits only, below 2^63; leading zeros are legal.
pub fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let mut n: u64 = 0;
    for b in value {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (n <= i64::MAX as u64).then_some(n)
}

/// A `Transfer-Encoding` value: only `chunked` is served.
fn chunked(value: &[u8]) -> Result<Declared, Refuse> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(Declared::Chunked);
    }
    // A list that is well formed asks for something that could be served (RFC 9112 section 6.1); anything else is an attack.
    let well_formed = value.split(|b| *b == b',').all(coding);
    Err(if well_formed { refuse(501, "transfer coding not served") } else { bad("malformed Transfer-Encoding") })
}

/// `token *( OWS ";" OWS token BWS "=" BWS token )`. Quoted parameter values are not told apart from tricks, so they are none.
fn coding(member: &[u8]) -> bool {
    let mut parts = scan::trim(member).split(|b| *b == b';').map(scan::trim);
    parts.next().is_some_and(scan::is_token)
        && parts.all(|parameter| {
            let mut halves = parameter.splitn(2, |b| *b == b'=').map(scan::trim);
            halves.next().is_some_and(scan::is_token) && halves.next().is_some_and(scan::is_token)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn h1_06_h1_07_content_length_is_digits_below_two_to_the_63() {
        let good: &[(&str, u64)] = &[
            ("0", 0),
            ("5", 5),
            ("0005", 5),
            ("00000000000000000000000005", 5),
            ("9223372036854775807", i64::MAX as u64),
        ];
        for (text, n) in good {
            assert_eq!(content_length(text.as_bytes()), Some(*n), "{text}");
        }
        let bad = [
            "",
            "+5",
            "-5",
            "0x5",
            "5.0",
            "5e0",
            "\"5\"",
            "5;q",
            "0_5",
            "٥",
            "5 5",
            "5, 5",
            " 5",
            "5 ",
            "\u{b}5",
            "9223372036854775808",
            "18446744073709551621",
            "99999999999999999999",
            "18446744073709551615",
        ];
        for text in bad {
            assert_eq!(content_length(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn h1_03_transfer_codings_other_than_chunked_are_not_served() {
        let cases: &[(&[u8], u16)] = &[
            (b"gzip", 501),
            (b"gzip, chunked", 501),
            (b"identity", 501),
            (b"chunked, chunked", 501),
            (b"chunked;q=1", 501),
            (b"chunked ; a=b", 501),
            (b"chunked,", 400),
            (b",chunked", 400),
            (b"", 400),
            (b"\"chunked\"", 400),
            (b"chunked;", 400),
            (b"chunked;q=\"1\"", 400),
            (b"chunked gzip", 400),
            (b"chun ked", 400),
            (b"\xa0chunked", 400),
            (b"chunked\x80", 400),
        ];
        for (value, status) in cases {
            assert_eq!(chunked(value).map_err(|r| r.status), Err(*status), "{:?}", String::from_utf8_lossy(value));
        }
        for value in [&b"chunked"[..], b"Chunked", b"CHUNKED"] {
            assert_eq!(chunked(value), Ok(Declared::Chunked));
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back(n in 0..=i64::MAX as u64, zeros in 0usize..30) {
            let text = format!("{}{n}", "0".repeat(zeros));
            prop_assert_eq!(content_length(text.as_bytes()), Some(n));
        }

        #[test]
        fn any_value_may_be_judged(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = content_length(&value);
            let _ = chunked(&value);
        }
    }
}
