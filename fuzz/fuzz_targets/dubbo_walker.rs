//! Bodies in hessian2, walked over in place: to the same ends and the same faults as they are decoded; names, arguments and
//! attachments are those of the tree; other attachments leave everything else as it was.
#![no_main]

use gateway_dubbo_codec::attachments::Attachments;
use gateway_dubbo_codec::fuzz::agrees;
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use gateway_dubbo_codec::hessian::walk::Walker;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::outcome::{Kind, Outcome};
use gateway_dubbo_codec::rewrite::{self, Change, Edit};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { depth: 60, classes: 20, nodes: u32::MAX };

const CHANGES: [Change<'static>; 3] =
    [Change::Set("timeout", "7"), Change::Remove("k"), Change::Set("new", "\u{1f600}")];

fuzz_target!(|body: &[u8]| {
    walked(body);
    if let Ok(call) = Invocation::parse(body) {
        invocation(body, &call);
    }
    if let Ok(outcome) = Outcome::parse(body) {
        answered(body, &outcome);
    }
});

fn walked(body: &[u8]) {
    let (mut walker, mut items) = (Walker::new(body, LIMITS), Walker::new(body, LIMITS));
    let mut decoder = Decoder::new(body, LIMITS);
    loop {
        let (walked, item, decoded) = (walker.skip(), items.item(), decoder.value());
        assert_eq!((walked, item.map(drop)), (decoded.map(drop), decoded.map(drop)));
        if walked.is_err() {
            break;
        }
        assert_eq!((walker.position(), items.position()), (decoder.position(), decoder.position()));
    }
}

fn invocation(body: &[u8], call: &Invocation) {
    let mut decoder = Decoder::new(body, LIMITS);
    let head: Vec<NodeId> = (0..5).map(|_| decoder.value().expect("a head was read")).collect();
    assert_eq!(decoder.position(), call.arguments_at());
    let mut values = Vec::new();
    for n in 0..call.argument_count() {
        let decoded = decoder.value();
        let item = call.argument(body, n, LIMITS);
        assert_eq!(item.is_ok(), decoded.is_ok());
        let Ok(value) = decoded else { break };
        values.push(value);
    }
    let whole = values.len() == call.argument_count() as usize;
    let at = decoder.position();
    let map = if decoder.is_at_end() { None } else { decoder.value().ok() };
    let behind = decoder.position();
    let tree = decoder.into_tree();
    let names = [
        Some(call.dubbo_version(body)),
        Some(call.path(body)),
        call.version(body),
        Some(call.method(body)),
        Some(call.descriptor(body)),
    ];
    for (id, name) in head.iter().zip(names) {
        match name {
            Some(name) => assert!(name == *tree.text(*id).expect("a name"), "{name:?}"),
            None => assert!(matches!(tree.text(*id), None | Some("" | "0.0.0"))),
        }
    }
    for (n, id) in values.iter().enumerate() {
        agrees(&tree, *id, &call.argument(body, n as u32, LIMITS).expect("decoded").expect("an argument"));
    }
    let Ok(attachments) = call.attachments(body, LIMITS) else {
        // No writer defines a class in front of the map; where one stands, that is no map.
        let defined = body.get(at) == Some(&b'C');
        assert!(!whole || defined || !matches!(map.map(|id| tree.node(id)), Some(Node::Map { .. } | Node::Null)));
        return;
    };
    assert!(whole);
    attached(&tree, map, body.len() == at, attachments);
    let edit = Edit { attachments: &CHANGES, ..Edit::default() };
    let Ok(edited) = rewrite::call(body, &edit, LIMITS) else {
        assert!(map.is_none());
        return;
    };
    assert_eq!(edited[..at], body[..at]);
    changed(&edited, call.arguments_at(), values.len(), &tree, &values, map, &body[behind..]);
}

fn answered(body: &[u8], outcome: &Outcome) {
    let mut decoder = Decoder::at(body, outcome.value_at(), LIMITS);
    let mut values = Vec::new();
    if outcome.kind != Kind::Null {
        let Ok(value) = decoder.value() else {
            assert!(outcome.attachments(body, LIMITS).is_err());
            return;
        };
        values.push(value);
    }
    let at = decoder.position();
    let map = if decoder.is_at_end() || !outcome.has_attachments { None } else { decoder.value().ok() };
    let behind = decoder.position();
    let tree = decoder.into_tree();
    if let Some(value) = values.first().filter(|_| outcome.kind == Kind::Exception) {
        let thrown = outcome.thrown(body, LIMITS).expect("decoded");
        assert_eq!(thrown.map(|thrown| thrown.class.to_string()).as_deref(), tree.class_of(*value));
        if let Some(message) = thrown.and_then(|thrown| thrown.message) {
            let fields = tree.field(*value, "detailMessage").expect("a message");
            assert!(tree.text(fields).is_none_or(|text| message == *text));
        }
    }
    let Ok(attachments) = outcome.attachments(body, LIMITS) else { return };
    let edited = rewrite::outcome(body, &CHANGES, LIMITS);
    if !outcome.has_attachments {
        assert_eq!(edited, Ok(None));
        return;
    }
    attached(&tree, map, body.len() == at, attachments);
    let Ok(Some(edited)) = edited else {
        assert!(map.is_none());
        return;
    };
    assert_eq!(edited[..at], body[..at]);
    changed(&edited, outcome.value_at(), values.len(), &tree, &values, map, &body[behind..]);
}

/// Behind other attachments the values are what they were; attachments that nobody changed as well.
fn changed(edited: &[u8], at: usize, count: usize, tree: &Tree, values: &[NodeId], map: Option<NodeId>, rest: &[u8]) {
    let mut decoder = Decoder::at(edited, at, LIMITS);
    let again: Vec<NodeId> = (0..count).map(|_| decoder.value().expect("a value as before")).collect();
    let attached = decoder.value().expect("attachments");
    assert_eq!(&edited[decoder.position()..], rest);
    let after = decoder.into_tree();
    for (before, again) in values.iter().zip(&again) {
        assert!(tree.same(*before, &after, *again));
    }
    let Node::Map { entries, .. } = after.node(attached) else { panic!("no map") };
    let said: Vec<_> = entries.iter().map(|(k, v)| (after.text(*k), after.text(*v))).collect();
    let is = |key: Option<&str>, name: &str| key.is_some_and(|key| key.eq_ignore_ascii_case(name));
    let once = |name| said.iter().filter(|(key, _)| is(*key, name)).map(|(_, v)| *v).collect::<Vec<_>>();
    assert_eq!((once("timeout"), once("new"), once("k")), (vec![Some("7")], vec![Some("\u{1f600}")], vec![]));
    let others = |tree: &Tree, entries: &[(NodeId, NodeId)]| -> Vec<(Option<String>, Option<String>)> {
        let text = |id: &NodeId| tree.text(*id).map(str::to_owned);
        let changed = |key: &Option<String>| ["timeout", "new", "k"].iter().any(|name| is(key.as_deref(), name));
        entries.iter().map(|(k, v)| (text(k), text(v))).filter(|(key, _)| !changed(key)).collect()
    };
    if let Some(Node::Map { entries: before, .. }) = map.map(|id| tree.node(id)) {
        assert_eq!(others(tree, before), others(&after, entries));
    }
}

fn attached(tree: &Tree, map: Option<NodeId>, missing: bool, attachments: Attachments<'_>) {
    let found: Result<Vec<_>, _> = attachments.map(|entry| entry.map(|a| (a.key.to_string(), a.text()))).collect();
    let (Some(map), Ok(found)) = (map, &found) else {
        assert!(missing || map.is_none() && found.is_err(), "{found:?}");
        return;
    };
    let Node::Map { entries, .. } = tree.node(map) else {
        assert!(found.is_empty());
        return;
    };
    let expected: Vec<_> =
        entries.iter().filter_map(|(key, value)| Some((tree.text(*key)?, tree.text(*value)))).collect();
    assert_eq!(found.len(), expected.len());
    for ((key, value), (expected, text)) in found.iter().zip(expected) {
        assert_eq!(key, expected);
        assert!(value.is_some() == text.is_some() && value.is_none_or(|value| text.is_some_and(|text| value == *text)));
    }
}
