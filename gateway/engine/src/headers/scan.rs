//! Byte scans that every protocol's parser and the checked constructor of values share: eight bytes a step, without `unsafe`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The index of the first byte from `at` on that may not stand in a field value: a control other than HTAB, or DEL
/// (RFC 9110 section 5.5); `bytes.len()` if there is none.
#[inline]
pub fn value_end(bytes: &[u8], at: usize) -> usize {
    let mut at = control(bytes, at);
    while bytes.get(at) == Some(&b'\t') {
        at = control(bytes, at + 1);
    }
    at
}

/// The index of the first control or DEL from `at` on; `bytes.len()` if there is none.
#[inline]
pub fn control(bytes: &[u8], at: usize) -> usize {
    let mut rest = bytes.get(at..).unwrap_or_default();
    while let Some((pair, next)) = rest.split_first_chunk() {
        let pair = u128::from_le_bytes(*pair);
        let (first, second) = (controls(pair as u64), controls((pair >> 64) as u64));
        if first | second != 0 {
            let place = if first != 0 { lowest(first) } else { 8 + lowest(second) };
            return bytes.len() - rest.len() + place;
        }
        rest = next;
    }
    control_near(bytes, bytes.len() - rest.len())
}

/// Like [`value_end`] for a request target: also stops at a space, `#` and bytes from 0x80 on.
#[inline]
pub fn target_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let word = word(bytes, at);
        // Below 0x21 covers the controls and the space; the zeros behind the end among them.
        let low = word.wrapping_sub(ONES * 0x21) & !word;
        let hit = (low | word | delete(word) | equal(word, b'#')) & HIGH;
        if hit != 0 {
            return (at + lowest(hit)).min(bytes.len());
        }
        at += 8;
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

/// Eight bytes from `at` on, the first one lowest; zeros stand for those behind the end.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => u64::from_le_bytes(*word),
        None => last_word(bytes, at),
    }
}

/// The high bit of each byte equal to `b`; exact for the lowest hit.
#[inline]
pub(crate) const fn equal(word: u64, b: u8) -> u64 {
    let x = word ^ (ONES * b as u64);
    x.wrapping_sub(ONES) & !x & HIGH
}

/// Which byte the lowest hit is of.
#[inline]
pub(crate) const fn lowest(hits: u64) -> usize {
    (hits.trailing_zeros() / 8) as usize
}

/// The high bit of each byte below 0x20 or equal to 0x7f. Borrows run upwards only, so the lowest hit is exact.
#[inline]
const fn controls(word: u64) -> u64 {
    (word.wrapping_sub(ONES * 0x20) | delete(word)) & !word & HIGH
}

/// Has the high bit set of each byte equal to 0x7f, where the byte's own is not set. (Seven bits and one never carry.)
#[inline]
const fn delete(word: u64) -> u64 {
    (word & !HIGH).wrapping_add(ONES) & !word
}

/// The last, less than eight bytes: out of the last eight where there are so many.
#[cold]
#[inline(never)]
fn last_word(bytes: &[u8], at: usize) -> u64 {
    let have = bytes.len().saturating_sub(at);
    match bytes.last_chunk() {
        _ if have == 0 => 0,
        // Fewer than eight, else there would be a whole word.
        Some(word) => u64::from_le_bytes(*word) >> (8 * (8 - have.min(8))),
        None => bytes.iter().skip(at).rev().fold(0, |word, b| (word << 8) | u64::from(*b)),
    }
}

/// The same with less than sixteen bytes left.
fn control_near(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let hit = controls(word(bytes, at));
        if hit != 0 {
            // It may be one of the zeros behind the end.
            return (at + lowest(hit)).min(bytes.len());
        }
        at += 8;
    }
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
        }

        #[test]
        fn what_is_trimmed_has_no_space_around_it(text in "[ \ta-c]{0,12}") {
            let got = trim(text.as_bytes());
            prop_assert_eq!(got, text.trim_matches([' ', '\t']).as_bytes());
        }
    }
}
