//! Frames recorded between a Java consumer and a Java provider of Dubbo 3.3.6 (`frames.json`): all of them are read, decoded, and
//! written again with the same meaning.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_dubbo_codec::event::Event;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::{DEFAULT_PAYLOAD, HEAD, Head, Serialization, Status};
use gateway_dubbo_codec::fuzz::agrees;
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use gateway_dubbo_codec::hessian::walk::Walker;
use gateway_dubbo_codec::hessian::write::Writer;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::outcome::{Kind, Outcome};
use gateway_dubbo_codec::rewrite::{self, Change, Edit};
use gateway_dubbo_codec::triple;

/// A recorded frame: the case it is of, its head, its body.
struct Frame {
    name: String,
    head: Head,
    body: Vec<u8>,
}

fn recorded() -> serde_json::Value {
    serde_json::from_str(include_str!("frames.json")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn frames() -> Vec<Frame> {
    let mut frames = Vec::new();
    for case in recorded()["frames"].as_array().unwrap() {
        for side in ["request", "response"] {
            let Some(hex) = case[side].as_str() else { continue };
            let bytes = bytes(hex);
            let head = Head::parse(&bytes, DEFAULT_PAYLOAD).unwrap().unwrap();
            assert_eq!(head.frame_len(), bytes.len());
            assert_eq!(head.encode(), bytes[..HEAD]);
            assert_eq!(head.flags.is_request(), side == "request");
            let name = format!("{} ({side})", case["name"].as_str().unwrap());
            if let (Some(status), "response") = (case["status"].as_u64(), side) {
                assert_eq!(u64::from(head.status.code()), status, "{name}");
            }
            frames.push(Frame { name, head, body: bytes[HEAD..].to_vec() });
        }
    }
    assert!(frames.len() > 290, "{}", frames.len());
    frames
}

fn of(serialization: Serialization) -> impl Iterator<Item = Frame> {
    frames().into_iter().filter(move |frame| frame.head.flags.serialization() == serialization)
}

/// All values of a body.
fn decoded(body: &[u8]) -> (Tree, Vec<NodeId>) {
    let mut decoder = Decoder::new(body, Limits::default());
    let mut values = Vec::new();
    while !decoder.is_at_end() {
        values.push(decoder.value().unwrap_or_else(|e| panic!("{e}: {}", body.escape_ascii())));
    }
    (decoder.into_tree(), values)
}

fn written(tree: &Tree, values: &[NodeId]) -> Vec<u8> {
    let mut writer = Writer::new(tree, Vec::new());
    values.iter().for_each(|id| writer.value(*id));
    writer.into_bytes()
}

fn same(a: &(Tree, Vec<NodeId>), b: &(Tree, Vec<NodeId>)) -> bool {
    a.1.len() == b.1.len() && a.1.iter().zip(&b.1).all(|(x, y)| a.0.same(*x, &b.0, *y))
}

#[test]
fn every_body_is_decoded_and_written_as_java_wrote_it() {
    let (mut bodies, mut identical) = (0, 0);
    for frame in of(Serialization::HESSIAN2) {
        let before = decoded(&frame.body);
        let again = written(&before.0, &before.1);
        assert!(same(&before, &decoded(&again)), "{}", frame.name);
        bodies += 1;
        identical += usize::from(again == frame.body);
        // And it is walked over, value by value, to the same end.
        let mut walker = Walker::new(&frame.body, Limits::default());
        before.1.iter().for_each(|_| walker.skip().unwrap());
        assert!(walker.is_at_end(), "{}", frame.name);
        for cut in 0..frame.body.len().min(400) {
            let mut walker = Walker::new(&frame.body[..cut], Limits::default());
            while walker.skip().is_ok() {}
        }
    }
    assert!(bodies > 290);
    assert_eq!(identical, bodies, "written as Java wrote it, byte for byte");
}

#[test]
fn the_heads_of_calls_agree_with_their_trees() {
    for frame in of(Serialization::HESSIAN2).filter(|f| f.head.flags.is_request() && !f.head.flags.is_event()) {
        let (tree, values) = decoded(&frame.body);
        let call = Invocation::parse(&frame.body).unwrap();
        let text = |n: usize| tree.text(values[n]).unwrap_or_default();
        assert_eq!(call.dubbo_version(&frame.body).as_str(), Some(text(0)), "{}", frame.name);
        assert_eq!(call.path(&frame.body).as_str(), Some(text(1)));
        let version = call.version(&frame.body).map_or("", |v| v.as_str().unwrap());
        assert_eq!(version, if text(2) == "0.0.0" { "" } else { text(2) });
        assert_eq!(call.method(&frame.body).as_str(), Some(text(3)));
        assert_eq!(call.descriptor(&frame.body).as_str(), Some(text(4)));
        assert_eq!(values.len() as u32, 5 + call.argument_count() + 1, "{}", frame.name);
        for n in 0..call.argument_count() {
            let item = call.argument(&frame.body, n, Limits::default()).unwrap().unwrap();
            agrees(&tree, values[5 + n as usize], &item);
        }
        attached(&tree, *values.last().unwrap(), call.attachments(&frame.body, Limits::default()).unwrap());
        assert!(call.reads_attachments(&frame.body));
        let target = call.target(&frame.body, Limits::default()).unwrap();
        assert!(target.path == *call.path(&frame.body).to_str());
    }
}

#[test]
fn the_heads_of_answers_agree_with_their_trees() {
    for frame in of(Serialization::HESSIAN2).filter(|f| !f.head.flags.is_request() && !f.head.flags.is_event()) {
        let (tree, values) = decoded(&frame.body);
        if frame.head.status != Status::Ok {
            assert!(values.len() == 1 && tree.text(values[0]).is_some(), "{}", frame.name);
            continue;
        }
        let outcome = Outcome::parse(&frame.body).unwrap();
        let code = i32::from(Outcome::code(outcome.kind, outcome.has_attachments));
        assert_eq!(tree.node(values[0]), &Node::Int(code));
        let value = usize::from(outcome.kind != Kind::Null);
        assert_eq!(values.len(), 1 + value + usize::from(outcome.has_attachments), "{}", frame.name);
        if value == 1 {
            agrees(&tree, values[1], &outcome.value(&frame.body, Limits::default()).item().unwrap());
        }
        attached(&tree, *values.last().unwrap(), outcome.attachments(&frame.body, Limits::default()).unwrap());
        let thrown = outcome.thrown(&frame.body, Limits::default()).unwrap();
        assert_eq!(thrown.is_some(), outcome.kind == Kind::Exception, "{}", frame.name);
        if let Some(thrown) = thrown {
            assert_eq!(thrown.class.as_str(), tree.class_of(values[1]));
            let message = tree.field(values[1], "detailMessage").and_then(|id| tree.text(id));
            assert_eq!(thrown.message.and_then(|m| m.as_str()), message, "{}", frame.name);
        }
    }
}

#[test]
fn events_are_told() {
    let events: Vec<(bool, Event)> = frames()
        .iter()
        .filter(|frame| frame.head.flags.is_event())
        .map(|f| (f.head.flags.is_request(), Event::parse(f.head.flags.serialization(), &f.body)))
        .collect();
    assert_eq!(events, [(true, Event::Heartbeat), (false, Event::Heartbeat), (true, Event::ReadOnly)]);
}

#[test]
fn other_attachments_leave_the_rest_as_it_is() {
    let changes = [Change::Set("x-user", "wörld \u{1f600}"), Change::Remove("timeout"), Change::Set("dubbo", "2.0.3")];
    for frame in of(Serialization::HESSIAN2).filter(|f| !f.head.flags.is_event()) {
        let (edited, at) = if frame.head.flags.is_request() {
            let call = Invocation::parse(&frame.body).unwrap();
            let edit = Edit { attachments: &changes, ..Edit::default() };
            let at = call.argument_count() as usize + 5;
            (rewrite::call(&frame.body, &edit, Limits::default()).unwrap(), at)
        } else if frame.head.status == Status::Ok {
            let outcome = Outcome::parse(&frame.body).unwrap();
            let edited = rewrite::outcome(&frame.body, &changes, Limits::default()).unwrap().unwrap();
            (edited, 1 + usize::from(outcome.kind != Kind::Null))
        } else {
            continue;
        };
        let (before, after) = (decoded(&frame.body), decoded(&edited));
        assert_eq!(before.1.len(), after.1.len(), "{}", frame.name);
        assert!(before.1[..at].iter().zip(&after.1[..at]).all(|(a, b)| before.0.same(*a, &after.0, *b)));
        let Node::Map { entries, .. } = after.0.node(after.1[at]) else { panic!("{}: no map", frame.name) };
        let last =
            entries.iter().map(|(k, v)| (after.0.text(*k).unwrap(), after.0.text(*v).unwrap())).collect::<Vec<_>>();
        assert!(last.contains(&("x-user", "wörld \u{1f600}")) && last.contains(&("dubbo", "2.0.3")));
        assert!(last.iter().all(|(key, _)| *key != "timeout"));
        // Undone, it is what it was, byte for byte: nothing else was touched.
        let back = [Change::Remove("x-user"), Change::Remove("dubbo"), Change::Remove("timeout")];
        let strip = |body: &[u8]| {
            let edit = Edit { attachments: &back, ..Edit::default() };
            match frame.head.flags.is_request() {
                true => rewrite::call(body, &edit, Limits::default()).unwrap(),
                false => rewrite::outcome(body, &back, Limits::default()).unwrap().unwrap(),
            }
        };
        assert_eq!(strip(&edited), strip(&frame.body), "{}", frame.name);
    }
}

#[test]
fn the_heads_of_calls_in_fastjson2_are_read() {
    let mut met = Vec::new();
    for frame in of(Serialization::FASTJSON2) {
        let chunks: Vec<_> = fastjson2::Chunks::new(&frame.body).map(Result::unwrap).collect();
        if !frame.head.flags.is_request() {
            assert_eq!((chunks.len(), chunks[0]), (3, &[0xbd, 4][..]), "{}", frame.name);
            continue;
        }
        let call = fastjson2::Invocation::parse(&frame.body).unwrap();
        let body = &frame.body;
        assert!(call.dubbo_version(body) == "2.0.2" && call.version(body).is_none() && call.reads_attachments(body));
        assert_eq!(chunks.len() as u32, 5 + call.argument_count() + 1);
        assert_eq!(call.argument(body, 0), Ok(Some(chunks[5])));
        let attachments: Vec<_> = call.attachments(body).unwrap().map(Result::unwrap).collect();
        let said = |name: &str| attachments.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_deref());
        assert_eq!(said("path"), Some(&*call.path(body)));
        assert_eq!((said("version"), said("timeout")), (Some("0.0.0"), Some("5000")));
        met.push(format!("{}.{}({})", call.path(body), call.method(body), call.descriptor(body)));
    }
    assert_eq!(
        met,
        ["peer.dubbo.api.GreeterService.sayHello(Ljava/lang/String;)", "peer.dubbo.api.OrderService.find(J)"]
    );
}

#[test]
fn an_exception_inside_a_message_of_triple_is_read() {
    let recorded = recorded();
    let case = recorded["frames"].as_array().unwrap().iter().find(|case| case["triple_response"].is_string()).unwrap();
    let message = bytes(case["triple_response"].as_str().unwrap());
    // Field 2 of the message, `data`, in front of which stands field 1, `hessian4`.
    let start = message.iter().position(|b| *b == b'C').unwrap();
    let walker = Walker::new(&message[start..], Limits::default());
    let thrown = gateway_dubbo_codec::outcome::thrown(walker).unwrap().unwrap();
    assert!(thrown.class == *"peer.dubbo.api.OrderException");
    assert_eq!(thrown.message.unwrap().as_str(), Some("checked failure"));
    assert_eq!(thrown.code, Some(42));
}

#[test]
fn calls_and_answers_say_the_same_in_triple() {
    const MOST: usize = 64 << 20;
    let (mut calls, mut answers) = (0, 0);
    let message = |framed: &[u8]| triple::Frame::only(framed).unwrap().message.to_vec();
    let none: Option<[(&str, triple::Value<'_>); 0]> = None;
    for Frame { name, head, body } in of(Serialization::HESSIAN2).filter(|frame| !frame.head.flags.is_event()) {
        if head.flags.is_request() {
            let read = Invocation::parse(&body).unwrap();
            let (path, method) = (read.path(&body).to_str(), read.method(&body).to_str());
            let target = triple::Target { path: &path, version: "", group: "", method: &method };
            let framed = triple::request(&body, Limits::default(), MOST).unwrap();
            let (again, at) = triple::call(&message(&framed), &target, [], Limits::default(), MOST).unwrap();
            let other = Invocation::parse(&again).unwrap();
            assert!(other.descriptor(&again) == *read.descriptor(&body).to_str(), "{name}");
            let values = |body: &[u8], call: &Invocation| {
                let mut decoder = Decoder::at(body, call.arguments_at(), Limits::default());
                let ids: Vec<_> = (0..call.argument_count()).map(|_| decoder.value().unwrap()).collect();
                (decoder.position(), ids, decoder.into_tree())
            };
            let ((_, ids, tree), (end, others, again)) = (values(&body, &read), values(&again, &other));
            assert!(end == at && ids.len() == others.len(), "{name}");
            assert!(ids.iter().zip(&others).all(|(a, b)| tree.same(*a, &again, *b)), "{name}");
            calls += 1;
        } else if head.status == Status::Ok {
            let answer = triple::answer(&body, Limits::default()).unwrap();
            let reply =
                triple::reply(&message(&answer.message), answer.threw, none.clone(), Limits::default()).unwrap();
            let (before, after) = (Outcome::parse(&body).unwrap(), Outcome::parse(&reply).unwrap());
            assert_eq!(before.kind, after.kind, "{name}");
            let end = before.attachments(&body, Limits::default()).unwrap().start();
            assert_eq!(reply[after.value_at()..], body[before.value_at()..end], "{name}");
            answers += 1;
        }
    }
    assert!(calls > 100 && answers > 100, "{calls} {answers}");
}

fn attached(tree: &Tree, id: NodeId, attachments: gateway_dubbo_codec::attachments::Attachments<'_>) {
    let found: Vec<(String, String)> =
        attachments.map(|a| a.unwrap()).map(|a| (a.key.to_string(), a.text().unwrap().to_string())).collect();
    let expected: Vec<(String, String)> = match tree.node(id) {
        Node::Map { entries, .. } => {
            entries.iter().map(|(k, v)| (tree.text(*k).unwrap().into(), tree.text(*v).unwrap().into())).collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(found, expected);
}
