//! What stands between Dubbo2 and Triple: values say the same in streams of their own and together in one, held against trees; a call that
//! became a message becomes a call of the same arguments again, and an answer the same reply; what comes of messages is well-formed.
#![no_main]

use gateway_dubbo_codec::descriptor;
use gateway_dubbo_codec::hessian::copy::{join, split};
use gateway_dubbo_codec::hessian::tree::{Decoder, NodeId, Tree};
use gateway_dubbo_codec::hessian::{Fault, Limits};
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::outcome::Outcome;
use gateway_dubbo_codec::triple::{self, Frame, Request, Response, Target, Unfit, Value};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { depth: 60, classes: 200, nodes: 1 << 14 };
/// For what was taken in with those: a value that is referred to may stand deeper where it is written.
const WIDE: Limits = Limits { depth: 10_000, classes: 1 << 20, nodes: 1 << 24 };
const MOST: usize = 1 << 20;
const TARGET: Target<'static> = Target { path: "a.B", version: "1.0", group: "g", method: "m" };

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    match first % 4 {
        0 => streams(bytes, u32::from(first / 4 % 6)),
        1 => message(bytes),
        2 => call(bytes),
        _ => answer(bytes),
    }
});

/// The first values of some bytes, apart and together again.
fn streams(bytes: &[u8], count: u32) {
    let split = split(bytes, 0, count, LIMITS, MOST);
    let Some((tree, ids)) = decoded(bytes, 0, count) else {
        assert!(split.is_err(), "values that no tree holds");
        return;
    };
    let streams = match split {
        Ok(streams) => streams,
        Err(error) => {
            assert!(matches!(error.fault, Fault::Limit(_)), "{error}: {}", bytes.escape_ascii());
            return;
        }
    };
    assert_eq!(streams.iter().count(), ids.len());
    for (id, stream) in ids.iter().zip(streams.iter()) {
        is_one(&tree, *id, stream);
    }
    let joined = join(b"\x01x".to_vec(), streams.iter(), WIDE, MOST).expect("what was split");
    let mut decoder = Decoder::at(&joined, 2, WIDE);
    let again: Vec<_> = ids.iter().map(|_| decoder.value().expect("what was joined")).collect();
    assert!(decoder.is_at_end());
    let read = decoder.into_tree();
    for (id, again) in ids.iter().zip(again) {
        assert!(tree.same(*id, &read, again), "{} became {}", bytes.escape_ascii(), joined.escape_ascii());
    }
}

/// A stream holds this value and nothing else.
fn is_one(tree: &Tree, id: NodeId, stream: &[u8]) {
    let mut decoder = Decoder::new(stream, WIDE);
    let again = decoder.value().expect("a value");
    assert!(decoder.is_at_end());
    assert!(tree.same(id, &decoder.into_tree(), again), "it became {}", stream.escape_ascii());
}

/// The first values behind a place; `None`: one is none, or they are too many.
fn decoded(bytes: &[u8], at: usize, count: u32) -> Option<(Tree, Vec<NodeId>)> {
    let mut decoder = Decoder::at(bytes, at, Limits { nodes: u32::MAX, ..LIMITS });
    let ids = (0..count).map(|_| decoder.value().ok()).collect::<Option<_>>()?;
    Some((decoder.into_tree(), ids))
}

/// A message as a call.
fn message(bytes: &[u8]) {
    let more = [("k", Value::Text("v".into()))];
    let Ok((body, at)) = triple::call(bytes, &TARGET, more, LIMITS, MOST) else { return };
    let request = Request::parse(bytes).expect("what became a call");
    let read = Invocation::parse(&body).expect("a call");
    assert_eq!(read.argument_count() as usize, request.arguments.len());
    let (tree, ids) = decoded_wide(&body, read.arguments_at(), read.argument_count());
    for (id, argument) in ids.iter().zip(&request.arguments) {
        let mut decoder = Decoder::new(argument, WIDE);
        let own = decoder.value().expect("an argument");
        assert!(tree.same(*id, &decoder.into_tree(), own), "{} in {}", argument.escape_ascii(), body.escape_ascii());
    }
    let attachments = read.attachments(&body, WIDE).expect("attachments");
    assert_eq!(attachments.start(), at);
    let all: Vec<_> = attachments.map(|one| one.expect("an attachment").key.to_string()).collect();
    assert_eq!(all, ["path", "interface", "version", "group", "k"]);
    let target = read.target(&body, WIDE).expect("a service");
    assert!(target.path == *"a.B" && target.version.expect("1.0") == *"1.0" && target.group.expect("g") == *"g");
}

fn decoded_wide(bytes: &[u8], at: usize, count: u32) -> (Tree, Vec<NodeId>) {
    let mut decoder = Decoder::at(bytes, at, WIDE);
    let ids = (0..count).map(|_| decoder.value().expect("an argument")).collect();
    (decoder.into_tree(), ids)
}

/// A call as a message, and as a call again.
fn call(bytes: &[u8]) {
    let framed = match triple::request(bytes, LIMITS, MOST) {
        Ok(framed) => framed,
        Err(Unfit::Body(_) | Unfit::Types(_)) => return,
        Err(other) => panic!("{other}"),
    };
    let frame = Frame::only(&framed).expect("a frame");
    let read = Invocation::parse(bytes).expect("what became a message");
    let (tree, ids) = decoded_wide(bytes, read.arguments_at(), read.argument_count());
    let request = Request::parse(frame.message).expect("a message");
    for (id, argument) in ids.iter().zip(&request.arguments) {
        is_one(&tree, *id, argument);
    }
    let before = types(&read, bytes);
    let more: [(&str, Value<'_>); 0] = [];
    match triple::call(frame.message, &TARGET, more, WIDE, 2 * MOST) {
        Ok((body, _)) => {
            let again = Invocation::parse(&body).expect("a call");
            assert_eq!(types(&again, &body), before);
            let (other, others) = decoded_wide(&body, again.arguments_at(), again.argument_count());
            assert!(ids.iter().zip(&others).all(|(a, b)| tree.same(*a, &other, *b)));
        }
        Err(error) => panic!("{error}: {}", framed.escape_ascii()),
    }
}

/// The names of the types of a call's parameters. A class that is called `int` is a type that Java does not have.
fn types(call: &Invocation, body: &[u8]) -> Vec<String> {
    let descriptor = call.descriptor(body).to_str().into_owned();
    descriptor::types(&descriptor).map(|one| descriptor::java_name(one.expect("a type")).replace('.', "/")).collect()
}

/// An answer as a message, and as a reply again.
fn answer(bytes: &[u8]) {
    let none: Option<[(&str, Value<'_>); 0]> = None;
    let _ = triple::reply(bytes, false, none.clone(), LIMITS);
    let Ok(answer) = triple::answer(bytes, LIMITS) else { return };
    let frame = Frame::only(&answer.message).expect("a frame");
    let response = Response::parse(frame.message).expect("a message");
    let reply = triple::reply(frame.message, answer.threw, none, LIMITS).expect("what was answered");
    let (before, after) = (Outcome::parse(bytes).expect("an answer"), Outcome::parse(&reply).expect("a reply"));
    let value = reply.get(after.value_at()..).unwrap_or_default();
    let null = value.is_empty();
    assert!(null || value == response.data);
    if before.kind != after.kind {
        // A value that is null.
        assert!(null && !answer.threw, "{}", bytes.escape_ascii());
    }
    assert!(!after.has_attachments);
    let mut room = 0;
    for field in triple::fields(answer.attachments.map_while(Result::ok).map(|a| (a.key, a.value)), 1000) {
        assert!(field.value.bytes().all(|b| matches!(b, b' '..=b'~')) && field.name == field.name.to_ascii_lowercase());
        room += field.name.len();
    }
    assert!(room <= 1100);
}
