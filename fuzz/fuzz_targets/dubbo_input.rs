//! What is read of a connection of Dubbo2, cut into frames: as a slow reading has them, in whatever pieces the bytes come.
#![no_main]

use gateway_dubbo::fuzz::frames;
use libfuzzer_sys::fuzz_target;

/// Bodies may be so long here.
const LIMIT: u32 = 100_000;

fuzz_target!(|data: &[u8]| {
    let Some((first, plan)) = data.split_first() else { return };
    let wire = wire(plan);
    let expected = slow(&wire);
    for piece in [usize::from(*first) + 1, 1, 17, 4099, 66_000] {
        // Byte by byte takes long where much is to be read.
        if piece > 1 || wire.len() < 4096 {
            assert!(frames(&wire, piece, LIMIT) == expected, "in pieces of {piece}");
        }
    }
});

/// Bytes as they are, or frames: a length in two bytes behind a zero makes one of that many bytes.
fn wire(plan: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = plan;
    while let [kind, more @ ..] = rest {
        rest = match (kind, more) {
            (0, [a, b, c, more @ ..]) if out.len() < 300_000 => {
                let len = usize::from(u16::from_be_bytes([*a, *b])) * 2;
                out.extend([0xda, 0xbb, *c, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
                out.extend((len as u32).to_be_bytes());
                out.extend((0..len).map(|n| (n * 7 + usize::from(*c)) as u8));
                more
            }
            (other, more) => {
                out.push(*other);
                more
            }
        };
    }
    out
}

fn slow(mut bytes: &[u8]) -> (Vec<(Vec<u8>, Vec<u8>)>, bool) {
    let mut all = Vec::new();
    loop {
        if bytes.iter().zip([0xda, 0xbb]).any(|(found, magic)| *found != magic) {
            return (all, true);
        }
        if bytes.len() < 16 {
            return (all, false);
        }
        let len = bytes[12..16].iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        if len > u64::from(LIMIT) {
            return (all, true);
        }
        let end = 16 + len as usize;
        if end > bytes.len() {
            return (all, false);
        }
        all.push((bytes[..16].to_vec(), bytes[16..end].to_vec()));
        bytes = &bytes[end..];
    }
}
