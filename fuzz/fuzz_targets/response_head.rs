//! The head of an upstream's answer: accepted only if the grammar allows one reading, the same whatever pieces it comes in,
//! and what is written to the client reads back as the same answer.
#![no_main]

use gateway_engine::exchange::Framing;
use gateway_engine::headers::{Field, Headers, name};
use gateway_engine::plugin::phrase;
use gateway_fuzz::{Declared, Slow, cuts, line};
use gateway_http1::encode::{FRAMING, Pieces};
use gateway_http1::{Limits, Refuse, ResponseHead, response};
use libfuzzer_sys::fuzz_target;

type Parsed = Result<Option<ResponseHead>, Refuse>;

fuzz_target!(|data: &[u8]| {
    for to_head in [false, true] {
        let (head, got) = parse(data, to_head);
        in_pieces(data, to_head, &got);
        let Ok(Some(got)) = got else { continue };
        assert!(got.len <= data.len());
        reads_as(&head, &got, &data[..got.len], to_head);
        reads_back(&head, &got, to_head);
    }
});

fn parse(bytes: &[u8], to_head: bool) -> (Headers, Parsed) {
    let mut head = Headers::new();
    let got = response(bytes, to_head, &Limits::RESPONSE, &mut head);
    (head, got)
}

/// A part of an answer's head is neither whole nor refused, unless the whole is refused.
fn in_pieces(data: &[u8], to_head: bool, whole: &Parsed) {
    for cut in cuts(data.len()) {
        match (parse(&data[..cut], to_head).1, whole) {
            (Ok(None), _) | (Err(_), Err(_)) => {}
            (Ok(Some(part)), Ok(Some(whole))) => assert!(part == *whole && cut >= part.len, "other with {cut} bytes"),
            (part, whole) => panic!("{part:?} with {cut} bytes, then {whole:?}"),
        }
    }
    if let Ok(Some(whole)) = whole {
        assert_eq!(parse(&data[..whole.len], to_head).1.as_ref(), Ok(&Some(whole.clone())), "what follows counts");
    }
}

/// `head` and `got` say what the text says, read slowly.
fn reads_as(head: &Headers, got: &ResponseHead, text: &[u8], to_head: bool) {
    let (first, _) = line(text).expect("accepted without a line");
    assert!(first.len() >= 12 && first.starts_with(b"HTTP/1.") && first[7].is_ascii_digit() && first[8] == b' ');
    assert!(first.get(12).is_none_or(|b| *b == b' ') && first[9..12].iter().all(u8::is_ascii_digit));
    assert!(!first.iter().any(|b| (*b < b' ' && *b != b'\t') || *b == 0x7f));
    let minor = u8::from(first[7] != b'0');
    let status: u16 = std::str::from_utf8(&first[9..12]).unwrap().parse().unwrap();
    assert!((100..=599).contains(&status) && got.status == status);

    let slow = Slow::head(text).expect("accepted, though it is no head");
    assert_eq!(slow.len, text.len());
    let fields: Vec<_> = head.iter().map(|(n, v)| (n.text(), v)).collect();
    assert_eq!(fields, slow.fields);
    let bodiless = to_head || status < 200 || matches!(status, 204 | 304);
    let declared = slow.framing(minor).expect("accepted, though its length is not one thing only");
    assert_eq!(
        got.framing,
        match declared {
            _ if status == 101 => Framing::Tunnel,
            _ if bodiless => Framing::None,
            Declared::Nothing => Framing::Close,
            Declared::Length(0) => Framing::None,
            Declared::Length(n) => Framing::Length(n),
            Declared::Chunked => Framing::Stream,
        }
    );
    let options = slow.options();
    let said = |option: &str| options.iter().any(|o| o == option.as_bytes());
    let kept = !said("close") && (minor > 0 || said("keep-alive")) && got.framing != Framing::Close;
    assert_eq!(got.keep_alive, kept);
    assert!(!got.upgrade || (said("upgrade") && !slow.all("upgrade").is_empty()));
    for f in head.fields() {
        let n = head.name(f).text();
        let tells = n.eq_ignore_ascii_case(b"content-length") && (to_head || status == 304);
        assert_eq!(f.flags & Field::HOP != 0, slow.hop(n) && !tells, "{}", String::from_utf8_lossy(n));
    }
}

/// What is written to an HTTP/1.1 client is an answer of the same structure.
fn reads_back(head: &Headers, got: &ResponseHead, to_head: bool) {
    let bodiless = to_head || got.status < 200 || matches!(got.status, 204 | 304);
    let told = bodiless && got.status != 204 && got.status >= 200;
    let never = if told { FRAMING & !name::CONTENT_LENGTH.bit() } else { FRAMING };
    let start = format!("HTTP/1.1 {} {}\r\n", got.status, phrase(got.status));
    let framing = match got.framing {
        Framing::Length(n) => format!("Content-Length: {n}\r\n"),
        // The client gets chunks where the upstream closes.
        Framing::Stream | Framing::Close => "Transfer-Encoding: chunked\r\n".to_owned(),
        Framing::None if !bodiless => "Content-Length: 0\r\n".to_owned(),
        _ => String::new(),
    };
    let mut pieces = Pieces::new();
    pieces.push(start.as_bytes());
    pieces.fields(head, never, 0);
    pieces.push(framing.as_bytes());
    if got.framing == Framing::Tunnel {
        pieces.line(b"Connection: Upgrade\r\nUpgrade: ", head.get(name::UPGRADE).unwrap_or(b"websocket"));
    }
    pieces.push(b"\r\n");
    let text = pieces.to_vec();

    let wide = Limits { field: 200 << 10, head: 200 << 10, fields: 2000, ..Limits::RESPONSE };
    let mut second = Headers::new();
    let again = response(&text, to_head, &wide, &mut second);
    let Ok(Some(again)) = again else { panic!("{again:?} for {}", text.escape_ascii()) };
    assert_eq!((again.len, again.status), (text.len(), got.status));
    assert_eq!(again.framing, if got.framing == Framing::Close { Framing::Stream } else { got.framing });
    assert!(again.keep_alive);
    assert_eq!(again.upgrade, got.framing == Framing::Tunnel);
    let passed = |head: &Headers| -> Vec<(Vec<u8>, Vec<u8>)> {
        let kept = head.fields().iter().filter(|f| f.flags & Field::HOP == 0 && never >> (f.id & 63) & 1 == 0);
        kept.map(|f| (head.name(f).text().to_vec(), head.value(f).to_vec())).collect()
    };
    assert_eq!(passed(&second), passed(head));
}
