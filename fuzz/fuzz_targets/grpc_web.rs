//! Bodies of gRPC-Web: base64 is decoded as a slow reading by groups has it, messages as one by prefixes, the same in any
//! pieces, and what is encoded decodes to what it was. Bodies of gRPC without compression: as many messages, those that were not compressed
//! as they were, all within the bounds.
#![no_main]

use gateway_plugins::fuzz::{decompressed, messages, to_web_text, web_text};
use libfuzzer_sys::fuzz_target;

/// Messages may be so long here.
const LIMIT: usize = 300;

fuzz_target!(|data: &[u8]| {
    let text = web_text(data, usize::MAX);
    let framed = messages(data, usize::MAX, LIMIT);
    for piece in [1, 2, 3, 4, 5, 7, 64] {
        assert_eq!(web_text(data, piece), text, "in pieces of {piece}");
        assert_eq!(messages(data, piece, LIMIT), framed, "in pieces of {piece}");
    }
    assert_eq!(text, slow_text(data));
    assert_eq!(framed, slow_messages(data));
    for deflate in [false, true] {
        plain(data, deflate);
    }
    for piece in [1, 2, 3, 50] {
        let encoded: Vec<u8> = data.chunks(piece).flat_map(to_web_text).collect();
        assert_eq!(web_text(&encoded, 3).as_deref(), Some(data));
    }
});

/// What becomes of a body whose messages may be compressed.
fn plain(data: &[u8], deflate: bool) {
    let out = decompressed(data, deflate, usize::MAX, LIMIT);
    for piece in [1, 5, 64] {
        assert_eq!(decompressed(data, deflate, piece, LIMIT), out, "in pieces of {piece}");
    }
    let Some(out) = out else { return };
    assert!(out.len() <= 100 * data.len() + LIMIT + 5);
    let came = slow_messages(data).expect("messages");
    let gone = slow_messages(&out).expect("messages, each within the limit");
    assert_eq!(came.len(), gone.len());
    for ((pressed, before), (still, after)) in came.iter().zip(&gone) {
        assert!(!still && (*pressed || before == after));
    }
}

/// Groups of four characters, each of one to three bytes.
fn slow_text(data: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for group in data.chunks(4) {
        let digits = group.iter().take_while(|b| **b != b'=').count();
        if group.len() < 4 || group[digits..].iter().any(|b| *b != b'=') || digits < 2 {
            return None;
        }
        let mut bits = Vec::new();
        for digit in &group[..digits] {
            let value = DIGITS.iter().position(|d| d == digit)?;
            bits.extend((0..6).rev().map(|bit| value >> bit & 1));
        }
        let whole = bits.len() / 8 * 8;
        if bits[whole..].contains(&1) {
            return None;
        }
        out.extend(bits[..whole].chunks(8).map(|byte| byte.iter().fold(0u8, |all, bit| all << 1 | *bit as u8)));
    }
    Some(out)
}

fn slow_messages(mut data: &[u8]) -> Option<Vec<(bool, Vec<u8>)>> {
    let mut all = Vec::new();
    while !data.is_empty() {
        let flag = *data.first().filter(|flag| **flag < 2 || data.len() < 5)?;
        let length = u32::from_be_bytes(data.get(1..5)?.try_into().ok()?) as usize;
        if length > LIMIT {
            return None;
        }
        all.push((flag == 1, data.get(5..5 + length)?.to_vec()));
        data = &data[5 + length..];
    }
    Some(all)
}
