//! Heads of frames of Dubbo2, and what a connection speaks by its first bytes: as a slow reading has them, the same in any pieces;
//! what is a head is written as it was.
#![no_main]

use gateway_dubbo_codec::detect::{DECISIVE, Opening, detect};
use gateway_dubbo_codec::event::Event;
use gateway_dubbo_codec::frame::{Flags, FrameError, HEAD, Head, Status};
use gateway_fuzz::token;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((limit, bytes)) = data.split_first_chunk::<2>() else { return };
    let limit = u32::from(u16::from_be_bytes(*limit)) << 8;
    let whole = Head::parse(bytes, limit);
    assert_eq!(whole, slow(bytes, limit));
    for cut in 0..bytes.len().min(HEAD) {
        let part = Head::parse(&bytes[..cut], limit);
        assert!(part == Ok(None) || part == Err(FrameError::Magic) && whole == part, "{part:?} with {cut} bytes");
    }
    if let Ok(Some(head)) = whole {
        assert_eq!(head.encode(), bytes[..HEAD]);
        assert_eq!(Head::parse(&bytes[..HEAD], limit), whole, "what follows counts");
        let body = &bytes[HEAD..];
        let serialization = head.flags.serialization();
        let event = Event::parse(serialization, body);
        if event != Event::Other && matches!(serialization.0, 2 | 23) {
            assert_eq!(Event::parse(serialization, event.body(serialization)), event);
        }
    }
    opening(bytes);
});

fn slow(bytes: &[u8], limit: u32) -> Result<Option<Head>, FrameError> {
    if bytes.iter().zip([0xda, 0xbb]).any(|(found, magic)| *found != magic) {
        return Err(FrameError::Magic);
    }
    if bytes.len() < 16 {
        return Ok(None);
    }
    let number = |from: usize, to: usize| bytes[from..to].iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    let (flags, id, len) = (Flags(bytes[2]), number(4, 12), number(12, 16));
    if len >= 1 << 31 || len > u64::from(limit) {
        return Err(FrameError::Length { flags, id, announced: len as u32 as i32, limit });
    }
    let status = Status::from_code(bytes[3]);
    assert_eq!(status.code(), bytes[3]);
    Ok(Some(Head { flags, status, id, len: len as u32 }))
}

/// Decided once, it stays so; and it is what the bytes are.
fn opening(bytes: &[u8]) {
    let found = detect(bytes);
    for cut in 0..bytes.len().min(DECISIVE + 1) {
        let part = detect(&bytes[..cut]);
        assert!(part == Opening::Partial || part == found, "{part:?} with {cut} bytes, then {found:?}");
    }
    assert!(found != Opening::Partial || bytes.len() < DECISIVE, "not decided with {}", bytes.len());
    let begins = |start: &[u8]| bytes.starts_with(start);
    let word = bytes.split(|b| *b == b' ').next().unwrap_or_default();
    match found {
        Opening::Dubbo2 => assert!(begins(&[0xda, 0xbb])),
        Opening::Tls => assert!(begins(&[0x16, 3])),
        Opening::Http2 => assert!(begins(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        Opening::Http1 => assert!(token(word) && word.len() < bytes.len() && word.to_ascii_uppercase() == word),
        Opening::Partial | Opening::Unknown => {
            assert!(!begins(&[0xda, 0xbb]) && !begins(&[0x16, 3]) && !begins(b"GET ") && !begins(b"POST "));
        }
    }
}
