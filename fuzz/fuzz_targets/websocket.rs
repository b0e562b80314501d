//! Frames of a WebSocket: passed on as a slow reading of the protocol allows, the same whatever pieces they come in; and what the
//! gateway puts in stands between two frames.
#![no_main]

use gateway_fuzz::cuts;
use gateway_websocket::fuzz::passed;
use libfuzzer_sys::fuzz_target;

/// What the sender was asked.
const PING: [u8; 8] = *b"ping\0\0\0\x01";

fuzz_target!(|data: &[u8]| {
    let Some((&[how, limit], bytes)) = data.split_first_chunk::<2>() else { return };
    let (client, judges, asked) = (how & 1 != 0, how & 2 != 0, how & 4 != 0);
    let most = if judges { u64::from(limit) * 8 } else { 0 };
    let ping = (judges && asked).then_some(PING);
    let slow = Slow::read(bytes, client, judges, most, ping);
    let whole = passed(client, judges, most, ping, [bytes].into_iter());
    if judges {
        assert_eq!((&whole.bytes, whole.code), (&slow.passed, slow.code));
    } else {
        assert_eq!((whole.bytes.as_slice(), whole.code), (bytes, None));
    }
    for cut in cuts(bytes.len()) {
        let (a, b) = bytes.split_at(cut);
        same(&whole, &passed(client, judges, most, ping, [a, b].into_iter()));
    }
    same(&whole, &passed(client, judges, most, ping, bytes.chunks(1)));
    let can = slow.between && !slow.closed && (judges || slow.code.is_none());
    assert_eq!(whole.close.is_some(), can, "{slow:?}");
    if let Some(close) = whole.close {
        let then = Slow::read(&[whole.bytes, close].concat(), client, false, 0, None);
        assert!(then.code.is_none() && then.closed && then.between, "{then:?}");
    }
});

/// The same but for the mask of the gateway's own frame.
fn same(one: &gateway_websocket::fuzz::Passed, other: &gateway_websocket::fuzz::Passed) {
    assert_eq!((&one.bytes, one.code, one.close.is_some()), (&other.bytes, other.code, other.close.is_some()));
}

/// A stream of frames, read slowly from its beginning.
#[derive(Debug, Default)]
struct Slow {
    /// What may be passed on.
    passed: Vec<u8>,
    code: Option<u16>,
    /// What is passed on ends with a frame.
    between: bool,
    /// A close frame is among it.
    closed: bool,
}

impl Slow {
    fn read(bytes: &[u8], client: bool, judges: bool, most: u64, mut ping: Option<[u8; 8]>) -> Slow {
        let mut out = Slow { between: true, ..Slow::default() };
        let (mut rest, mut open, mut message) = (bytes, false, 0u64);
        // What stands behind a last word is for nobody.
        while let Some((kind, fin, head, len, mask)) = match parse(rest) {
            _ if out.closed && out.between => None,
            Ok(found) => found,
            Err(()) => {
                out.code = Some(1002);
                None
            }
        } {
            if let Some(payload) = ping
                && (kind, len, mask.is_some(), out.closed) == (10, 8, client, false)
            {
                let Some(said) = rest.get(head..head + 8) else { break };
                let mask = mask.unwrap_or_default();
                if (0..8).all(|n| said[n] ^ mask[n % 4] == payload[n]) {
                    ping = None;
                    rest = &rest[head + 8..];
                    continue;
                }
            }
            let data = kind < 8;
            if mask.is_some() != client || data && (kind == 0) != open {
                out.code = Some(1002);
                break;
            }
            if data {
                message = if kind == 0 { message.saturating_add(len) } else { len };
                open = !fin;
                if most > 0 && message > most {
                    out.code = Some(1009);
                    break;
                }
            }
            out.closed |= kind == 8;
            let there = (rest.len() - head).min(usize::try_from(len).unwrap());
            out.passed.extend_from_slice(&rest[..head + there]);
            out.between = there as u64 == len;
            rest = &rest[head + there..];
        }
        // Where heads are not judged they are passed on as they come.
        out.between &= judges || rest.is_empty();
        out
    }
}

/// Kind, last, length of the head, length of the payload, mask; `None`: not whole.
type Parsed = (u8, bool, usize, u64, Option<[u8; 4]>);

fn parse(bytes: &[u8]) -> Result<Option<Parsed>, ()> {
    let [a, b, more @ ..] = bytes else { return Ok(None) };
    let (kind, fin, short) = (a & 15, a >> 7 == 1, b & 127);
    if ![0, 1, 2, 8, 9, 10].contains(&kind) || kind >= 8 && (!fin || short > 125) {
        return Err(());
    }
    let wide = [0, 2, 8][usize::from(short.saturating_sub(125))];
    let Some(length) = more.get(..wide) else { return Ok(None) };
    let len = match wide {
        0 => u64::from(short),
        _ => length.iter().fold(0, |n, b| n << 8 | u64::from(*b)),
    };
    if wide == 2 && len < 126 || wide == 8 && !(65536..1 << 63).contains(&len) {
        return Err(());
    }
    if b >> 7 == 0 {
        return Ok(Some((kind, fin, 2 + wide, len, None)));
    }
    let mask = more.get(wide..wide + 4).and_then(|m| m.try_into().ok());
    Ok(mask.map(|mask| (kind, fin, 6 + wide, len, Some(mask))))
}
