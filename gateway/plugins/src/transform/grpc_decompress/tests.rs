use super::*;
use crate::testkit::{Kit, Outcome, deflate, gzip};
use gateway_engine::settings::Settings;
use proptest::prelude::*;
use serde_json::{Value, json};

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

/// A call whose head ends in these lines.
fn call(kit: &Kit, lines: &str) -> Box<Exchange> {
    let mut x = kit.exchange(&format!("POST /a.Echo/Say HTTP/1.1\nContent-Type: application/grpc{lines}"));
    x.req.grpc = true;
    x.req.framing = Framing::Stream;
    x
}

/// What becomes of a body that comes in pieces of so many bytes.
fn passed(kit: &Kit, x: &mut Exchange, body: &[u8], piece: usize) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::new();
    for part in body.chunks(piece) {
        let mut part = Chunk::from(Bytes::copy_from_slice(part));
        kit.pass(x, &mut part, false)?;
        out.extend_from_slice(part.as_slice());
    }
    let mut end = Chunk::from(Bytes::new());
    kit.pass(x, &mut end, true)?;
    out.extend_from_slice(end.as_slice());
    Ok(out)
}

fn through(conf: Value, coding: &str, body: &[u8]) -> Result<Vec<u8>, WireError> {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, conf);
    let mut x = call(&kit, &format!("\ngrpc-encoding: {coding}"));
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    passed(&kit, &mut x, body, 7)
}

#[test]
fn messages_go_on_without_their_compression() {
    let plain = [frame(0, b"one"), frame(0, b"two"), frame(0, b"")].concat();
    for (coding, press) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("deflate", deflate)] {
        let body = [frame(1, &press(b"one")), frame(0, b"two"), frame(1, &press(b""))].concat();
        for piece in [1, 3, 1000] {
            let kit = Kit::new();
            let plugin = kit.plugin(NAME, json!({}));
            let mut x = call(&kit, &format!("\ngrpc-encoding: {coding}"));
            x.req.framing = Framing::Length(body.len() as u64);
            assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
            assert_eq!((x.req.framing, kit.request_field(&x, "grpc-encoding")), (Framing::Stream, None));
            assert_eq!(passed(&kit, &mut x, &body, piece).unwrap(), plain, "{coding}, {piece}");
        }
        // Another plugin has collected the body.
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({}));
        let mut x = call(&kit, &format!("\ngrpc-encoding: {coding}"));
        (x.req.collected, x.req.framing) = (Some(body.clone().into()), Framing::Length(body.len() as u64));
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
        assert_eq!(x.req.collected.as_deref(), Some(&plain[..]));
        assert_eq!(x.req.framing, Framing::Length(plain.len() as u64));
    }
}

#[test]
fn what_is_not_compressed_passes_as_it_is() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({}));
    for lines in ["", "\ngrpc-encoding: identity", "\ngrpc-encoding:"] {
        let mut x = call(&kit, lines);
        x.req.framing = Framing::Length(9);
        assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
        assert_eq!(x.req.framing, Framing::Length(9), "{lines}");
        assert_eq!(passed(&kit, &mut x, b"\x02 no frame", 3).unwrap(), b"\x02 no frame");
    }
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/json\ngrpc-encoding: snappy");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert_eq!(kit.request_field(&x, "grpc-encoding").as_deref(), Some("snappy"));
}

#[test]
fn other_codings_are_refused() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({}));
    for lines in ["\ngrpc-encoding: snappy", "\ngrpc-encoding: GZIP", "\ngrpc-encoding: gzip\ngrpc-encoding: gzip"] {
        let Outcome::Exit(exit) = kit.access(&plugin, &mut call(&kit, lines)) else { panic!("{lines}") };
        assert_eq!(exit.status, 501);
        assert_eq!(Kit::field(&exit, "grpc-accept-encoding").as_deref(), Some("identity,gzip,deflate"));
    }
}

#[test]
fn broken_messages_and_those_that_grow_too_much_end_the_call() {
    use WireError::{Protocol, TooLarge};
    let broken = Err(Protocol("a compressed message is broken"));
    let none = Err(Protocol("no messages of gRPC"));
    let zipped = gzip(&[7; 5000]);
    for body in [&b""[..], b"none", &zipped[..zipped.len() - 1], &[&zipped[..], b"x"].concat()] {
        assert_eq!(through(json!({}), "gzip", &frame(1, body)), broken, "{body:?}");
    }
    assert_eq!(through(json!({}), "deflate", &frame(1, &zipped)), broken);
    assert_eq!(through(json!({}), "gzip", &frame(2, &zipped)), none);
    assert_eq!(through(json!({}), "gzip", &frame(1, &zipped)[..20]), none);
    assert_eq!(through(json!({"max_message_size": 5000}), "gzip", &frame(1, &zipped)), Ok(frame(0, &[7; 5000])));
    assert_eq!(through(json!({"max_message_size": 4999}), "gzip", &frame(1, &zipped)), Err(TooLarge));
    assert_eq!(through(json!({"max_message_size": 4999}), "gzip", &frame(0, &[7; 5000])), Err(TooLarge));
    // Each message is short, all of them are not.
    let bomb = frame(1, &gzip(&vec![0; 60_000]));
    assert!(bomb.len() < 200);
    let conf = json!({"max_message_size": 60_000});
    assert!(through(conf.clone(), "gzip", &bomb).is_ok());
    assert_eq!(through(conf.clone(), "gzip", &bomb.repeat(2)), Err(TooLarge));
    // What a collected body is answered with.
    let kit = Kit::new();
    for (body, status) in [(bomb.repeat(2), 413), (frame(1, b"none"), 400)] {
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = call(&kit, "\ngrpc-encoding: gzip");
        x.req.collected = Some(body.into());
        let Outcome::Exit(exit) = kit.access(&plugin, &mut x) else { panic!("{status}") };
        assert_eq!(exit.status, status);
    }
    let mut settings = Settings::default();
    settings.limits.grpc_message_bytes = 4999;
    let kit = Kit::with(json!({}), settings);
    let plugin = kit.plugin(NAME, json!({}));
    let mut x = call(&kit, "\ngrpc-encoding: gzip");
    assert!(matches!(kit.access(&plugin, &mut x), Outcome::Next));
    assert_eq!(passed(&kit, &mut x, &frame(1, &zipped), 100), Err(TooLarge));
}

#[test]
fn configurations() {
    let kit = Kit::new();
    kit.plugin(NAME, json!({"max_message_size": 8_388_608}));
    kit.refuses(NAME, json!({"max_message_size": 0}), "max_message_size");
    kit.refuses(NAME, json!({"max_message_size": "8m"}), "max_message_size");
}

proptest! {
    #[test]
    fn what_was_compressed_comes_back(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..5),
    ) {
        let framed = |(pressed, message): &(bool, Vec<u8>)| if *pressed { frame(1, &gzip(message)) } else { frame(0, message) };
        let body: Vec<u8> = messages.iter().flat_map(framed).collect();
        let plain: Vec<u8> = messages.iter().flat_map(|(_, message)| frame(0, message)).collect();
        prop_assert_eq!(through(json!({}), "gzip", &body), Ok(plain));
    }

    #[test]
    fn whatever_comes_it_never_panics(body in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = through(json!({}), "gzip", &body);
        let _ = through(json!({}), "deflate", &frame(1, &body));
    }
}
