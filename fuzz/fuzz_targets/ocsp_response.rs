//! Answers of OCSP responders: what is accepted is what a slow reading finds in them, and with the signature nothing that was not
//! signed.
#![no_main]

use gateway_ocsp::fuzz::{MADE, asked, judged};
use libfuzzer_sys::fuzz_target;

/// Answers that somebody entitled has signed.
const SIGNED: [&[u8]; 5] = [
    include_bytes!("../../gateway/ocsp/testdata/good.der"),
    include_bytes!("../../gateway/ocsp/testdata/good-by-key.der"),
    include_bytes!("../../gateway/ocsp/testdata/delegated.der"),
    include_bytes!("../../gateway/ocsp/testdata/revoked.der"),
    include_bytes!("../../gateway/ocsp/testdata/no-end.der"),
];

fuzz_target!(|data: &[u8]| {
    if let Ok(verdict) = judged(data, false) {
        let (revoked, this, next) = slow(data).expect("a slow reading finds an answer");
        assert_eq!(verdict.revoked, revoked);
        let now = text(MADE + 60 + 300);
        assert!(this.as_slice() <= now.as_bytes(), "not from the future");
        assert_eq!(text(verdict.this_update).as_bytes(), this);
        assert_eq!(verdict.next_update.map(|next| text(next).into_bytes()), next);
        assert!(next.is_none_or(|next| next.as_slice() > text(MADE + 60).as_bytes()), "not out of date");
    }
    if judged(data, true).is_ok() {
        assert!(SIGNED.iter().any(|answer| part(answer) == part(data)), "nobody signed this");
    }
});

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        (digits.iter().fold(0usize, |all, digit| all.saturating_mul(256) + usize::from(*digit)), rest)
    };
    rest.split_at_checked(length).map(|(content, rest)| (tag, content, rest))
}

/// All elements of a content.
fn elements(mut content: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut all = Vec::new();
    while !content.is_empty() {
        let (tag, inner, rest) = element(content)?;
        all.push((tag, inner));
        content = rest;
    }
    Some(all)
}

fn only(content: &[u8], tag: u8) -> Option<&[u8]> {
    match elements(content)?[..] {
        [(found, inner)] if found == tag => Some(inner),
        _ => None,
    }
}

/// The elements of `BasicOCSPResponse`.
fn basic(der: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let [(10, [0]), (0xA0, bytes)] = elements(only(der, 0x30)?)?[..] else { return None };
    let [(6, _), (4, basic)] = elements(only(bytes, 0x30)?)?[..] else { return None };
    elements(only(basic, 0x30)?)
}

/// The content of what is signed.
fn part(der: &[u8]) -> Option<&[u8]> {
    basic(der)?.first().map(|(_, data)| *data)
}

/// Whether the certificate is revoked, and from when until when that is known, as the answer writes it.
fn slow(der: &[u8]) -> Option<(bool, Vec<u8>, Option<Vec<u8>>)> {
    let (name, key, serial) = asked()?;
    let data = elements(part(der)?)?;
    let answers = data.iter().find(|(tag, _)| *tag == 0x30)?.1;
    for (_, answer) in elements(answers)? {
        let answer = elements(answer)?;
        let [(0x30, id), (status, _), (24, this), rest @ ..] = answer.as_slice() else { return None };
        let id = elements(id)?;
        let [(0x30, algorithm), (4, of_name), (4, of_key), (2, number)] = id.as_slice() else { return None };
        let sha1 = elements(algorithm)?.first() == Some(&(6, &[0x2B, 14, 3, 2, 26][..]));
        if sha1 && (*of_name, *of_key, *number) == (name, key, serial) {
            let next = rest.iter().find(|(tag, _)| *tag == 0xA0);
            let next = next.map(|(_, next)| only(next, 24).unwrap_or_default().to_vec());
            return match status & 0x1F {
                0 | 1 => Some((status & 0x1F == 1, this.to_vec(), next)),
                _ => None,
            };
        }
    }
    None
}

/// A `GeneralizedTime` in UTC.
fn text(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut year, mut left) = (1970, day);
    while left < 0 {
        year -= 1;
        left += if leap(year) { 366 } else { 365 };
    }
    while left >= if leap(year) { 366 } else { 365 } {
        left -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}{month:02}{:02}{:02}{:02}{:02}Z", left + 1, second / 3600, second / 60 % 60, second % 60)
}
