//! The Huffman code of strings (RFC 7541 section 5.2 and appendix B). It is canonical: the lengths of its codes say it all.

/// Lengths in bits of the codes of the 256 symbols. The one of the end of a string, 30 ones, never stands in it.
#[rustfmt::skip]
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

/// Longest code in bits.
const LONGEST: usize = 30;

struct Table {
    /// By the next eight bits: symbol and length of a code that is not longer; length 0: it is longer.
    short: [(u8, u8); 256],
    /// By length: what the first code that is longer is, in 32 bits with the code at their top; and which symbol in order the
    /// first of this length is, less its code.
    limit: [u64; LONGEST + 1],
    base: [i64; LONGEST + 1],
    /// The symbols in the order of their codes.
    order: [u8; 256],
}

static TABLE: Table = table();

const fn table() -> Table {
    let mut t = Table { short: [(0, 0); 256], limit: [0; LONGEST + 1], base: [0; LONGEST + 1], order: [0; 256] };
    let (mut code, mut placed, mut len) = (0u64, 0usize, 1usize);
    while len <= LONGEST {
        t.base[len] = placed as i64 - code as i64;
        let mut symbol = 0;
        while symbol < 256 {
            if LENGTHS[symbol] as usize == len {
                t.order[placed] = symbol as u8;
                placed += 1;
                if len <= 8 {
                    let mut i = 0;
                    while i < 1 << (8 - len) {
                        t.short[((code as usize) << (8 - len)) + i] = (symbol as u8, len as u8);
                        i += 1;
                    }
                }
                code += 1;
            }
            symbol += 1;
        }
        t.limit[len] = code << (32 - len);
        code <<= 1;
        len += 1;
    }
    t
}

/// Appends what `text` stands for. `None`: it is no whole string of the code, or longer than `most` bytes.
pub(super) fn decode(text: &[u8], most: usize, out: &mut Vec<u8>) -> Option<()> {
    // Every symbol has five bits at least.
    let end = out.len() + most;
    out.reserve(most.min(text.len() * 8 / 5 + 1));
    let (mut bits, mut have) = (0u64, 0u32);
    let mut bytes = text.iter();
    loop {
        while have <= 56 {
            let Some(byte) = bytes.next() else { break };
            bits |= u64::from(*byte) << (56 - have);
            have += 8;
        }
        // An index of eight bits.
        let (symbol, len) = TABLE.short[(bits >> 56) as usize];
        let (symbol, len) = if len == 0 { long(bits)? } else { (symbol, u32::from(len)) };
        if len > have {
            break;
        }
        if out.len() >= end {
            return None;
        }
        out.push(symbol);
        bits <<= len;
        have -= len;
    }
    // What is left is padding: fewer than eight bits, all ones.
    let padding = u64::MAX.checked_shl(64 - have).unwrap_or(0);
    (have < 8 && bits == padding).then_some(())
}

#[cold]
fn long(bits: u64) -> Option<(u8, u32)> {
    let top = bits >> 32;
    let len = (9..=LONGEST).find(|len| TABLE.limit.get(*len).is_some_and(|limit| top < *limit));
    // Ones without end are no symbol; at the end of a string they are padding. Longer than what can be there: the caller stops.
    let Some(len) = len else { return (bits >> 56 == 0xff).then_some((0, u64::BITS + 1)) };
    let code = top >> (32 - len);
    let place = TABLE.base.get(len)? + i64::try_from(code).ok()?;
    let symbol = TABLE.order.get(usize::try_from(place).ok()?)?;
    Some((*symbol, u32::try_from(len).ok()?))
}

#[cfg(test)]
pub(crate) fn encode(text: &[u8]) -> Vec<u8> {
    let mut codes = [(0u64, 0u8); 256];
    let mut code = 0u64;
    for len in 1..=LONGEST {
        for (symbol, place) in codes.iter_mut().enumerate() {
            if usize::from(LENGTHS[symbol]) == len {
                *place = (code, len as u8);
                code += 1;
            }
        }
        code <<= 1;
    }
    let mut bits = Vec::new();
    for b in text {
        let (code, len) = codes[usize::from(*b)];
        bits.extend((0..len).rev().map(|i| code >> i & 1 == 1));
    }
    while bits.len() % 8 != 0 {
        bits.push(true);
    }
    bits.chunks(8).map(|byte| byte.iter().fold(0, |n, bit| n << 1 | u8::from(*bit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode(text, 4096, &mut out).map(|()| out)
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        // RFC 7541 appendix C.4 and C.6.
        let cases: [(&[u8], &str); 4] = [
            (&[0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff], "www.example.com"),
            (&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf], "no-cache"),
            (&[0x64, 0x02], "302"),
            (&[0xae, 0xc3, 0x77, 0x1a, 0x4b], "private"),
        ];
        for (coded, text) in cases {
            assert_eq!(read(coded).as_deref(), Some(text.as_bytes()));
            assert_eq!(encode(text.as_bytes()), coded);
        }
    }

    #[test]
    fn padding_is_short_and_all_ones() {
        assert_eq!(read(&[]), Some(Vec::new()));
        assert_eq!(read(&[0x1f]).as_deref(), Some(&b"a"[..]));
        // Zeros, a whole byte of ones, the end of string itself.
        for bad in [
            &[0x18][..],
            &[0x1f, 0xff],
            &[0xff],
            &[0xff; 4],
            &[0xff; 8],
            &[0xff; 9],
            &[0xff; 40],
            &[0xff, 0xff, 0xff, 0xfc],
            &[0xfe],
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_string_that_grows_over_its_bound_is_refused() {
        let coded = encode(&[b'0'; 100]);
        let mut out = b"before".to_vec();
        assert_eq!(decode(&coded, 99, &mut out), None);
        out.truncate(6);
        assert_eq!(decode(&coded, 100, &mut out), Some(()));
        assert_eq!(out.len(), 106);
    }

    /// Any byte, and many of the one that padding is made of.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![2 => any::<u8>(), 1 => Just(0xff)]
    }

    proptest! {
        #[test]
        fn all_texts_come_back(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(read(&encode(&text)), Some(text));
        }

        #[test]
        fn what_is_read_is_written_the_same(coded in proptest::collection::vec(byte(), 0..60)) {
            if let Some(text) = read(&coded) {
                prop_assert_eq!(encode(&text), coded);
            }
        }
    }
}
