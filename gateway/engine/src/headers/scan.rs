//! Byte scans that every protocol's parser and the checked constructor of values share: eight bytes a step, without `unsafe`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The index of the first byte from `at` on that may not stand in a field value: a control other than HTAB, or DEL
/// (RFC 9110 section 5.5); `bytes.len()` if there is none.
#[inline]
pub fn value_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let Some(word) = word(bytes, at) else { return value_end_slow(bytes, at) };
        let hit = controls(word);
        if hit == 0 {
            at += 8;
            continue;
        }
        at += (hit.trailing_zeros() / 8) as usize;
        // `word` gave eight bytes from the old `at`, so this index is inside.
        match bytes.get(at) {
            Some(b'\t') => at += 1,
            _ => return at,
        }
    }
}

/// Like [`value_end`] for a request target: also stops at a space, `#` and bytes from 0x80 on.
#[inline]
pub fn target_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let Some(word) = word(bytes, at) else {
            let rest = bytes.get(at..).unwrap_or_default();
            let stop = rest.iter().position(|b| !matches!(b, 0x21..=0x7e) || *b == b'#');
            return at + stop.unwrap_or(rest.len());
        };
        // Below 0x21 covers the controls and the space.
        let low = word.wrapping_sub(ONES * 0x21) & !word & HIGH;
        let hit = low | (word & HIGH) | equal(word, 0x7f) | equal(word, b'#');
        if hit == 0 {
            at += 8;
            continue;
        }
        return at + (hit.trailing_zeros() / 8) as usize;
    }
}

/// Whether `name` is a token (RFC 9110 section 5.6.2): what methods and field names are made of.
#[inline]
pub fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| is_tchar(*b))
}

/// Whether `b` may stand in a token.
#[inline]
pub const fn is_tchar(b: u8) -> bool {
    TCHAR[b as usize]
}

/// `value` without the spaces and tabs around it (OWS, RFC 9110 section 5.6.3).
#[inline]
pub fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The index of the first `needle` among the first bytes from `at` on that are looked at eight a step, as a parser
/// wants it for the colon of a field: `None` if it does not occur.
#[inline]
pub fn find(bytes: &[u8], mut at: usize, needle: u8) -> Option<usize> {
    loop {
        let Some(word) = word(bytes, at) else {
            return bytes.get(at..)?.iter().position(|b| *b == needle).map(|i| at + i);
        };
        let hit = equal(word, needle);
        if hit != 0 {
            return Some(at + (hit.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
}

/// Eight bytes from `at` on, the first one lowest; `None` when fewer are left.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|w| u64::from_le_bytes(*w))
}

/// The high bit of each byte below 0x20 or equal to 0x7f. Borrows run upwards only, so the lowest hit is exact.
#[inline]
const fn controls(word: u64) -> u64 {
    let low = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    low | equal(word, 0x7f)
}

/// The high bit of each byte equal to `b`; exact for the lowest hit.
#[inline]
const fn equal(word: u64, b: u8) -> u64 {
    let x = word ^ (ONES * b as u64);
    x.wrapping_sub(ONES) & !x & HIGH
}

fn value_end_slow(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let stop = rest.iter().position(|b| (*b < 0x20 && *b != b'\t') || *b == 0x7f);
    at + stop.unwrap_or(rest.len())
}

static TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0usize;
    while b < 256 {
        let c = b as u8;
        table[b] = c.is_ascii_alphanumeric()
            || matches!(
                c,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            );
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_at_every_place_is_judged_as_by_the_rule() {
        for len in 1..20 {
            for place in 0..len {
                for b in 0..=255u8 {
                    let mut text = vec![b'a'; len];
                    text[place] = b;
                    let bad = (b < 0x20 && b != b'\t') || b == 0x7f;
                    assert_eq!(value_end(&text, 0), if bad { place } else { len }, "{b:#x} at {place} of {len}");
                    let bad = !(0x21..0x7f).contains(&b) || b == b'#';
                    assert_eq!(target_end(&text, 0), if bad { place } else { len }, "{b:#x} at {place} of {len}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn scans_agree_with_a_naive_one(text in proptest::collection::vec(any::<u8>(), 0..64), at in 0usize..70) {
            let from = at.min(text.len());
            let naive = |stop: &dyn Fn(u8) -> bool| text[from..].iter().position(|b| stop(*b)).map(|i| from + i);
            prop_assert_eq!(value_end(&text, from), naive(&|b| (b < 0x20 && b != 9) || b == 0x7f).unwrap_or(text.len()));
            prop_assert_eq!(target_end(&text, from), naive(&|b| !(0x21..0x7f).contains(&b) || b == b'#').unwrap_or(text.len()));
            prop_assert_eq!(find(&text, from, b':'), naive(&|b| b == b':'));
        }

        #[test]
        fn what_is_trimmed_has_no_space_around_it(text in "[ \ta-c]{0,12}") {
            let got = trim(text.as_bytes());
            prop_assert_eq!(got, text.trim_matches([' ', '\t']).as_bytes());
        }
    }
}
