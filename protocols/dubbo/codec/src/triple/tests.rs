use super::attachments::{Converted, Value, convert, field, fields, is_reserved, restored};
use super::*;
use crate::hessian::tree::tests::trees;
use crate::hessian::tree::{Decoder, NodeId, Tree};
use crate::hessian::write::Writer;
use proptest::prelude::*;

const LIMITS: Limits = Limits { depth: 1000, classes: 4096, nodes: 1 << 20 };
const MOST: usize = 8 << 20;
const TARGET: Target<'static> = Target { path: "a.B", version: "", group: "g", method: "m" };

fn message(framed: &[u8]) -> &[u8] {
    let frame = Frame::only(framed).unwrap();
    assert!(!frame.compressed);
    frame.message
}

#[test]
fn a_call_is_a_message_and_a_call_again() {
    let body = b"\x052.0.2\x03a.B\x050.0.0\x01m\x18Ljava/lang/String;I[B[[Z\x01a\x92\x21z\x78H\x04path\x03a.BZ";
    let framed = request(body, LIMITS, MOST).unwrap();
    let expected: &[u8] = b"\x0a\x08hessian4\x12\x02\x01a\x12\x01\x92\x12\x02\x21z\x12\x01\x78\
        \x1a\x10java.lang.String\x1a\x03int\x1a\x02[B\x1a\x03[[Z";
    assert_eq!(message(&framed), expected);
    let more = [("k", Value::Text("ö".into())), ("b", Value::Binary(b"\0\xff"[..].into()))];
    let (again, at) = call(expected, &TARGET, more, LIMITS, MOST).unwrap();
    let wire = "\x052.0.2\x03a.B\x050.0.0\x01m\x18Ljava/lang/String;I[B[[Z\x01a";
    let tail = b"\x92\x21z\x78H\x04path\x03a.B\x09interface\x03a.B\x05group\x01g\x01k\x01\xc3\xb6\x01b\x22\0\xffZ";
    assert_eq!(again, [wire.as_bytes(), tail].concat());
    assert_eq!(again[at], b'H');
}

#[test]
fn messages_that_wrap_nothing_are_told_from_those_that_do() {
    let call = |message: &[u8]| call(message, &TARGET, [], LIMITS, 1000).map(drop);
    // { 1: "w" }, { 1: 7 }, nothing at all, a length beyond the end, a group, field 0, a number without an end.
    for protobuf in [&b"\x0a\x01w"[..], b"\x08\x07", b"", b"\x0a\x7fx", b"\x0b", b"\x02\x00", b"\x0a\x80\x80"] {
        assert_eq!(call(protobuf), Err(Unfit::Protobuf), "{}", protobuf.escape_ascii());
    }
    assert_eq!(call(b"\x0a\x08hessian4"), Ok(()));
    // Fields that are not known are passed over.
    assert_eq!(call(b"\x20\x07\x2d0000\x31\0\0\0\0\0\0\0\0\x3a\x01x\x0a\x08hessian2"), Ok(()));
    assert_eq!(call(b"\x0a\x09fastjson2"), Err(Unfit::Serialization("fastjson2".into())));
    for odd in [
        &b"\x0a\x08hessian4\x12\x01N"[..],
        b"\x0a\x08hessian4\x1a\x03int",
        b"\x0a\x08hessian4\x12\x01N\x1a\x00",
        b"\x0a\x08hessian4\x12\x01N\x1a\x03a;b",
        b"\x0a\x08hessian4\x12\x01N\x1a\x02[x",
        b"\x0a\x08hessian4\x12\x01N\x1a\x02II\x12\x01N\x1a\x03int\x12\x01N",
    ] {
        assert!(matches!(call(odd), Err(Unfit::Types(_))), "{}", odd.escape_ascii());
    }
    for unread in [&b"\x0a\x08hessian4\x12\x00\x1a\x03int"[..], b"\x0a\x08hessian4\x12\x02Q\x90\x1a\x03int"] {
        assert!(matches!(call(unread), Err(Unfit::Body(_))), "{}", unread.escape_ascii());
    }
    let many = [&b"\x0a\x08hessian4"[..], &b"\x12\x01N\x1a\x03int".repeat(256)].concat();
    assert!(matches!(call(&many), Err(Unfit::Types(_))));
    let long = [&b"\x0a\x08hessian4\x12\x83\x08B\x04\x00"[..], &[7; 1024], b"\x1a\x02[B"].concat();
    assert!(matches!(call(&long), Err(Unfit::Body(_))));
}

#[test]
fn answers_keep_their_value() {
    /// A body, the value in it, the name of its type, and whether that was thrown.
    type Case = (&'static [u8], &'static [u8], &'static [u8], bool);
    let cases: &[Case] = &[
        (b"\x94\x01vH\x05dubbo\x052.0.2Z", b"\x01v", b"java.lang.String", false),
        (b"\x91\x95", b"\x95", b"java.lang.Integer", false),
        (b"\x92", b"N", b"void", false),
        (b"\x95HZN", b"N", b"void", false),
        (b"\x94C\x03a.B\x91\x01f\x60Q\x90HZ", b"C\x03a.B\x91\x01f\x60Q\x90", b"a.B", false),
        (b"\x91HZ", b"HZ", b"java.util.HashMap", false),
        (b"\x91\x20", b"\x20", b"[B", false),
        (b"\x93C\x03a.E\x91\x0ddetailMessage\x60\x01xHZ", b"C\x03a.E\x91\x0ddetailMessage\x60\x01x", b"a.E", true),
    ];
    for (body, data, kind, threw) in cases {
        let answer = answer(body, LIMITS).unwrap();
        let response = Response::parse(message(&answer.message)).unwrap();
        assert_eq!((response.data, response.kind.as_bytes(), answer.threw), (*data, *kind, *threw));
        let (own, none) = (Some([("k", Value::Text("v".into()))]), None::<[(&str, Value<'_>); 0]>);
        let with = reply(message(&answer.message), *threw, own, LIMITS).unwrap();
        let outcome = Outcome::parse(&with).unwrap();
        assert_eq!(outcome.kind, Outcome::parse(body).unwrap().kind);
        assert_eq!(outcome.attachments(&with, LIMITS).unwrap().last("k").unwrap().unwrap().to_string(), "v");
        let value = if outcome.kind == Kind::Null { b"" } else { *data };
        assert_eq!(reply(message(&answer.message), *threw, none, LIMITS).unwrap()[1..], *value);
    }
    let none = None::<[(&str, Value<'_>); 0]>;
    assert_eq!(reply(b"\x0a\x02hi", false, none.clone(), LIMITS), Err(Unfit::Protobuf));
    assert_eq!(reply(b"\x0a\x08hessian4", false, none.clone(), LIMITS), Err(Unfit::Protobuf));
    assert!(matches!(reply(b"\x0a\x08hessian4\x12\x01H", false, none, LIMITS), Err(Unfit::Body(_))));
    assert!(super::answer(b"\x91", LIMITS).is_err());
}

#[test]
fn attachments_are_fields_and_attachments_again() {
    let written = b"H\x08CamelKey\x01v\x01n\x95\x01b\x22\0\xff\x01tT\x02no\x01\xc3\xb6\x02no\x5d\x02\x04path\x01x\
        \x06grpc-x\x01y\x08camelkey\x01wZ";
    let list = Attachments::at(written, 0, LIMITS).unwrap().map(Result::unwrap);
    let all = fields(list.map(|one| (one.key, one.value)), 1000);
    let pairs: Vec<_> = all.iter().map(|f| (&*f.name, &*f.value)).collect();
    let spelled = "%7B%22camelkey%22%3A%22CamelKey%22%7D";
    assert_eq!(
        pairs,
        [("n", "5"), ("b-bin", "AP8"), ("t", "true"), ("camelkey", "w"), ("tri-header-convert", spelled)]
    );
    let converted = Converted::read(Some(b"%7B%22camelkey%22%3A%22CamelKey%22,%22x%22%3A%22path%22%7D"));
    assert_eq!(converted.original("camelkey"), "CamelKey");
    // One attachment does not become another one.
    assert_eq!(converted.original("x"), "x");
    for odd in [&b"%7"[..], b"[]", b"{\"a\":1}", b"%zz", b"\xff"] {
        assert_eq!(Converted::read(Some(odd)), Converted::default());
    }
    assert_eq!(restored("b-bin", b"AP8"), Some(("b", Value::Binary(b"\0\xff"[..].into()))));
    assert_eq!(restored("b-bin", b"AP8="), Some(("b", Value::Binary(b"\0\xff"[..].into()))));
    assert_eq!(restored("b-bin", b"!"), None);
    assert_eq!(restored("-bin", b"x"), Some(("-bin", Value::Text("x".into()))));
    for name in ["path", "group", "grpc-timeout", "tri-exception-code", ":status", "content-length"] {
        assert!(is_reserved(name), "{name}");
    }
    for (name, value) in
        [("", "v"), ("a b", "v"), ("k", "ö"), ("k", " v"), ("k", "v\n"), ("Version", "1"), ("K-Bin", "v")]
    {
        assert_eq!(field(name, value.into()), None, "{name}: {value}");
    }
    let little = Attachments::at(written, 0, LIMITS).unwrap().map(Result::unwrap);
    assert_eq!(fields(little.map(|one| (one.key, one.value)), 60).len(), 2);
    let double = Attachments::at(b"H\x01d\x5d\x02Z", 0, LIMITS).unwrap().next().unwrap().unwrap();
    assert_eq!(convert(double.key, &double.value), None);
}

fn written(tree: &Tree, id: NodeId, times: usize) -> Vec<u8> {
    let mut body = b"\x052.0.2\x03a.B\x050.0.0\x01m".to_vec();
    text(&mut body, &"Ljava/lang/Object;".repeat(times));
    let mut writer = Writer::new(tree, body);
    (0..times).for_each(|_| writer.value(id));
    let mut body = writer.into_bytes();
    body.extend(b"HZ");
    body
}

proptest! {
    #[test]
    fn arguments_say_the_same_on_both_sides((tree, id) in trees(), times in 0usize..4) {
        let body = written(&tree, id, times);
        let framed = request(&body, LIMITS, 256 << 20).unwrap();
        let wrapped = Request::parse(message(&framed)).unwrap();
        prop_assert_eq!(wrapped.arguments.len(), times);
        for argument in wrapped.arguments {
            let mut decoder = Decoder::new(argument, LIMITS);
            let again = decoder.value().unwrap();
            prop_assert!(decoder.is_at_end() && tree.same(id, &decoder.into_tree(), again));
        }
        let (body, at) = call(message(&framed), &TARGET, [], LIMITS, 256 << 20).unwrap();
        let read = Invocation::parse(&body).unwrap();
        prop_assert_eq!(read.argument_count() as usize, times);
        let mut decoder = Decoder::at(&body, read.arguments_at(), LIMITS);
        let ids: Vec<_> = (0..times).map(|_| decoder.value().unwrap()).collect();
        prop_assert_eq!(decoder.position(), at);
        let again = decoder.into_tree();
        prop_assert!(ids.iter().all(|other| tree.same(id, &again, *other)));
        prop_assert_eq!(read.attachments(&body, LIMITS).unwrap().start(), at);
    }

    #[test]
    fn results_say_the_same_on_both_sides((tree, id) in trees()) {
        let mut writer = Writer::new(&tree, b"\x91".to_vec());
        writer.value(id);
        let body = writer.into_bytes();
        let answer = answer(&body, LIMITS).unwrap();
        let reply = reply(message(&answer.message), false, None::<[(&str, Value<'_>); 0]>, LIMITS).unwrap();
        let null = matches!(tree.node(id), crate::hessian::tree::Node::Null);
        prop_assert_eq!(&reply[..], if null { b"\x92" } else { &body[..] });
    }

    #[test]
    fn whatever_comes_is_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let limits = Limits { depth: 20, classes: 5, nodes: 100 };
        if let Ok((body, at)) = call(&bytes, &TARGET, [], limits, 10_000) {
            let read = Invocation::parse(&body).unwrap();
            prop_assert_eq!(read.attachments(&body, LIMITS).unwrap().start(), at);
        }
        let _ = reply(&bytes, true, None::<[(&str, Value<'_>); 0]>, limits);
        let _ = answer(&bytes, limits);
        let _ = request(&bytes, limits, 10_000);
    }
}
