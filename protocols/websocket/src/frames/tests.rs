use super::*;
use proptest::prelude::*;

/// A frame as a peer would write it.
pub(crate) fn frame(side: Side, first: u8, payload: &[u8]) -> Vec<u8> {
    let masked = if side == Side::Client { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(masked | n as u8),
        n @ 126..=0xffff => {
            out.push(masked | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(masked | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    match side {
        Side::Server => out.extend(payload),
        Side::Client => {
            let mask = [1, 2, 3, 4];
            out.extend(mask);
            out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        }
    }
    out
}

/// Reads a whole stream; gives the heads, or what is wrong and where.
fn read(side: Side, most: u64, bytes: &[u8]) -> Result<Vec<Head>, (usize, Violation)> {
    let (mut frames, mut heads, mut at) = (Frames::new(side, most), Vec::new(), 0);
    while at < bytes.len() {
        match frames.next(&bytes[at..]).map_err(|violation| (at, violation))? {
            Found::Payload(n) => at += n,
            Found::Head(head) => {
                at += head.size;
                heads.push(head);
            }
            Found::Part => break,
        }
    }
    Ok(heads)
}

#[test]
fn a_whole_message_is_passed_over_as_its_head_and_payload_would_be() {
    let mut found = 0;
    for side in [Side::Client, Side::Server] {
        for first in 0..=255 {
            for (len, most) in [(0, 0), (1, 1), (2, 1), (125, 0), (126, 0)] {
                let bytes = frame(side, first, &vec![7; len]);
                for before in [&[][..], &frame(side, 0x01, b"part"), &frame(side, 0x88, b""), &bytes[..2]] {
                    for after in [0, 1] {
                        let mut bytes = bytes.clone();
                        bytes.resize(bytes.len() + after, 0);
                        let mut frames = Frames::new(side, most);
                        let mut at = 0;
                        while at < before.len() {
                            match frames.next(&before[at..]) {
                                Ok(Found::Head(head)) => at += head.size,
                                Ok(Found::Payload(n)) => at += n,
                                _ => break,
                            }
                        }
                        let (untouched, mut slow) = (format!("{frames:?}"), frames.clone());
                        if !frames.whole(&bytes) {
                            assert_eq!(format!("{frames:?}"), untouched);
                            continue;
                        }
                        found += 1;
                        let Ok(Found::Head(head)) = slow.next(&bytes) else { panic!("{first:#x} begins no frame") };
                        if head.len > 0 {
                            assert_eq!(slow.next(&bytes[head.size..]), Ok(Found::Payload(len)));
                        }
                        assert_eq!(head.size + len, bytes.len());
                        assert_eq!(format!("{frames:?}"), format!("{slow:?}"));
                    }
                }
            }
        }
    }
    assert!(found > 0);
}

#[test]
fn heads_of_every_length_are_read() {
    for len in [0, 1, 125, 126, 0xffff, 0x1_0000] {
        for side in [Side::Client, Side::Server] {
            let bytes = frame(side, 0x82, &vec![7; len]);
            let head = Head::parse(&bytes).unwrap().unwrap();
            assert_eq!((head.len, head.size + len), (len as u64, bytes.len()));
            assert_eq!((head.fin, head.opcode, head.mask.is_some()), (true, opcode::BINARY, side == Side::Client));
            for cut in 0..head.size {
                assert_eq!(Head::parse(&bytes[..cut]), Ok(None), "{cut} of {}", head.size);
            }
        }
    }
}

#[test]
fn what_no_side_may_say_is_no_head() {
    let long = |n: u64| [&[0x82, 127][..], &n.to_be_bytes()].concat();
    for (what, bytes) in [
        ("data kind 3", vec![0x83, 0]),
        ("data kind 7", vec![0x87, 0]),
        ("control kind 11", vec![0x8b, 0]),
        ("control kind 15", vec![0x8f, 0]),
        ("a ping in pieces", vec![0x09, 0]),
        ("a long close", vec![0x88, 126, 0, 126]),
        ("a short length in the middle form", vec![0x82, 126, 0, 125]),
        ("a middle length in the long form", long(0xffff)),
        ("a length beyond all", long(1 << 63)),
    ] {
        assert!(matches!(Head::parse(&bytes), Err(Violation::Protocol(_))), "{what}");
    }
    assert!(Head::parse(&[0xf2, 0]).unwrap().is_some(), "the reserved bits are an extension's");
}

#[test]
fn frames_stand_where_they_may() {
    let s = |first: u8, payload: &[u8]| frame(Side::Server, first, payload);
    let good = [s(1, b"a"), s(0x89, b"p"), s(0, b"b"), s(0x80, b"c"), s(0x82, b""), s(0x88, b"")].concat();
    assert_eq!(read(Side::Server, 3, &good).unwrap().len(), 6);
    assert!(matches!(read(Side::Client, 0, &s(0x81, b"a")), Err((0, Violation::Protocol(_)))), "no mask");
    let masked = frame(Side::Client, 0x81, b"a");
    assert!(matches!(read(Side::Server, 0, &masked), Err((0, Violation::Protocol(_)))), "a mask");
    for (what, frames) in [
        ("more of nothing", [s(0x89, b""), s(0x80, b"a")]),
        ("a message in a message", [s(1, b"a"), s(0x81, b"b")]),
        ("behind the last", [s(0x88, b""), s(0x81, b"b")]),
    ] {
        let at = frames[0].len();
        assert!(
            matches!(read(Side::Server, 0, &frames.concat()), Err((n, Violation::Protocol(_))) if n == at),
            "{what}"
        );
    }
}

#[test]
fn a_message_may_be_as_long_as_is_said_and_no_longer() {
    let s = |first: u8, payload: &[u8]| frame(Side::Server, first, payload);
    let whole = s(0x82, &[0; 10]);
    assert!(read(Side::Server, 10, &whole).is_ok());
    assert_eq!(read(Side::Server, 9, &whole), Err((0, Violation::TooLong)));
    let parts = [s(2, &[0; 6]), s(0x89, &[0; 100]), s(0x80, &[0; 5])];
    assert!(read(Side::Server, 11, &parts.concat()).is_ok(), "control frames do not count");
    let at = parts[0].len() + parts[1].len();
    assert_eq!(read(Side::Server, 10, &parts.concat()), Err((at, Violation::TooLong)));
    let two = [s(0x82, &[0; 10]), s(0x82, &[0; 10])].concat();
    assert!(read(Side::Server, 10, &two).is_ok(), "each message by itself");
    let mut frames = Frames::new(Side::Server, 9);
    assert_eq!(frames.next(&whole), Err(Violation::TooLong));
    assert_eq!(frames.next(&whole[2..]), Ok(Found::Payload(10)), "where it ends is known");
}

#[test]
fn the_gateways_own_frames_are_what_the_side_would_send() {
    assert_eq!(control(Side::Server, opcode::CLOSE, &1001u16.to_be_bytes()), [0x88, 2, 3, 0xe9]);
    let sent = control(Side::Client, opcode::PING, b"12345678");
    let head = Head::parse(&sent).unwrap().unwrap();
    let mask = head.mask.unwrap();
    let payload: Vec<u8> = sent[head.size..].iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
    assert_eq!((head.opcode, head.fin, payload.as_slice()), (opcode::PING, true, &b"12345678"[..]));
}

proptest! {
    #[test]
    fn what_was_written_is_read(side in prop_oneof![Just(Side::Client), Just(Side::Server)],
                                messages in prop::collection::vec((any::<bool>(), prop::collection::vec(0usize..70_000, 1..4)), 0..6)) {
        let (mut bytes, mut lens) = (Vec::new(), Vec::new());
        for (text, parts) in &messages {
            for (n, len) in parts.iter().enumerate() {
                let fin = if n + 1 == parts.len() { 0x80 } else { 0 };
                let kind = match (n, text) { (0, true) => 1, (0, false) => 2, _ => 0 };
                bytes.extend(frame(side, fin | kind, &vec![0x55; *len]));
                lens.push(*len as u64);
            }
        }
        let heads = read(side, 0, &bytes).unwrap();
        prop_assert_eq!(heads.iter().map(|h| h.len).collect::<Vec<_>>(), lens);
    }

    #[test]
    fn nothing_read_is_beyond_what_came(bytes in prop::collection::vec(any::<u8>(), 0..200), client in any::<bool>()) {
        let side = if client { Side::Client } else { Side::Server };
        let _ = read(side, 1000, &bytes);
    }
}
