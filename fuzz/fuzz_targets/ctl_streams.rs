//! What gatewayctl reads of WebSockets, of gRPC and of streams of lines: the same in any pieces, and as a slow reading has it.
#![no_main]

use gatewayctl::parsers::{grpc, lines, websocket};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&size, bytes)) = data.split_first() else { return };
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(size % 16) + 1).collect();

    let (whole, fault) = websocket(&[bytes]);
    assert_eq!((whole.clone(), fault.clone()), websocket(&pieces));
    let (slow, good) = frames(bytes);
    assert!(whole.len() <= slow, "{whole:?}: {slow} frames");
    // A fault of a frame is one for both.
    assert!(good || fault.is_some(), "{whole:?}");

    let mut expected: Vec<Vec<u8>> =
        bytes.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end().to_vec()).collect();
    expected.retain(|line| !line.trim_ascii().is_empty());
    let trimmed = |pieces: &[&[u8]]| -> Vec<Vec<u8>> {
        lines(pieces).iter().map(|line| line.trim_ascii_end().to_vec()).collect()
    };
    assert_eq!(trimmed(&[bytes]), expected);
    assert_eq!(trimmed(&pieces), expected);

    let (mut at, mut lengths) = (0_usize, Vec::new());
    while let Some(head) = bytes.get(at..at + 5) {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if bytes.len() - at - 5 < length {
            break;
        }
        lengths.push(length);
        at += 5 + length;
    }
    assert_eq!(grpc(bytes), lengths);
});

/// How many whole frames a server could have sent, and whether what follows could be the beginning of one.
fn frames(bytes: &[u8]) -> (usize, bool) {
    let (mut at, mut count) = (0, 0);
    while let Some(&[first, second]) = bytes.get(at..at + 2) {
        let (code, short) = (first & 0x0f, usize::from(second & 0x7f));
        if first & 0x70 != 0 || second & 0x80 != 0 || !matches!(code, 0..=2 | 8..=10) {
            // The code is looked at once the frame is whole; the bits at once.
            return (count, first & 0x70 == 0 && second & 0x80 == 0);
        }
        let extra = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(head) = bytes.get(at + 2..at + 2 + extra) else { break };
        let length =
            if extra == 0 { short as u64 } else { head.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) };
        if length > 1 << 20 {
            return (count, true);
        }
        let end = at + 2 + extra + length as usize;
        if bytes.len() < end {
            break;
        }
        (at, count) = (end, count + 1);
    }
    (count, true)
}
