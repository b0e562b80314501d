//! Integers of any size.

/// Most words of a number: beyond that the time to write it, which is quadratic, is no longer worth it. 32,768 bits.
pub(super) const MOST_WORDS: usize = 1024;

/// Digits that fit into a word together.
const GROUP: u32 = 9;

/// The decimal digits of a number of big-endian words of 32 bits.
pub(super) fn digits(mut words: Vec<u32>) -> String {
    let mut groups = Vec::with_capacity(words.len().saturating_mul(32) / 29 + 1);
    let mut from = 0;
    while let Some(rest) = words.get_mut(from..).filter(|rest| !rest.is_empty()) {
        let mut remainder = 0u64;
        for word in rest.iter_mut() {
            let dividend = remainder << 32 | u64::from(*word);
            let base = u64::from(10u32.pow(GROUP));
            // The remainder is below the base, so the quotient fits into a word.
            *word = u32::try_from(dividend / base).unwrap_or(u32::MAX);
            remainder = dividend % base;
        }
        groups.push(remainder);
        from += rest.iter().take_while(|word| **word == 0).count();
    }
    let mut text = String::with_capacity(groups.len().saturating_mul(9));
    for group in groups.iter().rev() {
        match text.is_empty() {
            true => text.push_str(&group.to_string()),
            false => text.push_str(&format!("{group:09}")),
        }
    }
    if text.is_empty() { "0".into() } else { text }
}

/// The big-endian words of 32 bits of a number in decimal digits; `None`: there is something else than digits.
pub(super) fn words(digits: &str) -> Option<Vec<u32>> {
    // From the last word to the first one.
    let mut words: Vec<u32> = Vec::with_capacity(digits.len() / 9 + 1);
    let bytes = digits.as_bytes();
    let (first, rest) = bytes.split_at_checked(bytes.len() % 9)?;
    for group in std::iter::once(first).chain(rest.chunks(9)).filter(|group| !group.is_empty()) {
        let mut carry = 0u64;
        for byte in group {
            carry = carry * 10 + u64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        let base = 10u64.pow(u32::try_from(group.len()).ok()?);
        for word in &mut words {
            // Below 2^32 times 10^9, and less than that beside it.
            let product = u64::from(*word) * base + carry;
            *word = u32::try_from(product & u64::from(u32::MAX)).ok()?;
            carry = product >> 32;
        }
        if carry > 0 {
            words.push(u32::try_from(carry).ok()?);
        }
    }
    words.reverse();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_all_sizes() {
        let cases: &[(&[u32], &str)] = &[
            (&[], "0"),
            (&[0], "0"),
            (&[0, 0, 7], "7"),
            (&[1_000_000_000], "1000000000"),
            (&[1, 0], "4294967296"),
            (&[u32::MAX, u32::MAX], "18446744073709551615"),
            (&[1, 0, 0], "18446744073709551616"),
            (&[0x8ee9_0ff6 >> 31, 0], "4294967296"),
        ];
        for (words, expected) in cases {
            assert_eq!(digits(words.to_vec()), *expected);
        }
        assert_eq!(digits(vec![1, 0x8ee9_0ff6, 0xc373_e0ee, 0x4e3f_0ad2]), "123456789012345678901234567890");
        assert_eq!(digits(vec![u32::MAX; MOST_WORDS]).len(), 9865);
    }

    #[test]
    fn digits_become_words() {
        assert_eq!(words("123456789012345678901234567890").unwrap(), [1, 0x8ee9_0ff6, 0xc373_e0ee, 0x4e3f_0ad2]);
        assert_eq!(words("0"), Some(Vec::new()));
        assert_eq!(words("4294967296"), Some(vec![1, 0]));
        assert_eq!(words("1x"), None);
    }

    proptest! {
        #[test]
        fn digits_and_words_are_the_same_number(text in "[1-9][0-9]{0,200}") {
            prop_assert_eq!(digits(words(&text).unwrap()), text);
        }

        #[test]
        fn as_another_writer_has_it(number: u128) {
            let words = [96, 64, 32, 0].map(|by| (number >> by & u128::from(u32::MAX)) as u32);
            prop_assert_eq!(digits(words.to_vec()), number.to_string());
        }
    }
}
