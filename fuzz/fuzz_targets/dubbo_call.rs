//! What a Dubbo call is routed by: the same as a reading of the whole call into a tree has it, where the attachments' word counts
//! before that of the strings in front. And what is looked up among its attachments: the last of a name, and whether there are more.
#![no_main]

use gateway_dubbo::fuzz::{Routed, attachment, routed};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The other serialization has no other reader: it must not fail worse than by refusing.
    routed(data, 23);
    let found = routed(data, 2);
    let expected = slow(data);
    match (found, expected) {
        (Some(found), Some((expected, attachments))) => {
            assert_eq!(found, expected);
            looked_up(data, &attachments);
        }
        // A tree has bounds of its own, and wants names that are names.
        (Some(_), None) | (None, _) => {}
    }
});

/// Names and, where they are texts, values.
type Attached = Vec<(String, Option<String>)>;

fn looked_up(body: &[u8], attachments: &Attached) {
    // Half of a surrogate pair is replaced where a name becomes a text: there several names look like one.
    let names = attachments.iter().map(|(name, _)| &**name).filter(|name| !name.contains('\u{fffd}'));
    for name in names.take(8).chain(["role"]) {
        let same = || attachments.iter().filter(|(key, _)| key == name);
        let expected = (same().next_back().and_then(|(_, value)| value.clone()), same().count() > 1);
        assert_eq!(attachment(body, 2, name), Some([expected.clone(), expected]), "{name}");
    }
}

/// By a tree of all values.
fn slow(body: &[u8]) -> Option<(Routed, Attached)> {
    let mut decoder = Decoder::new(body, Limits { depth: 64, ..Limits::default() });
    let mut parts = Vec::new();
    for _ in 0..5 {
        parts.push(decoder.value().ok()?);
    }
    let count = {
        // The descriptor again, on its own.
        let call = gateway_dubbo_codec::invocation::Invocation::parse(body).ok()?;
        call.argument_count()
    };
    let mut arguments = Vec::new();
    for _ in 0..count {
        arguments.push(decoder.value().ok()?);
    }
    let map = if decoder.is_at_end() { None } else { Some(decoder.value().ok()?) };
    let tree = decoder.into_tree();
    let text = |id: NodeId| tree.text(id).map(str::to_owned);
    let some = |version: Option<String>| version.filter(|v| v != "0.0.0").unwrap_or_default();
    let mut out = Routed {
        path: text(parts[1])?,
        version: some(text(parts[2])),
        method: text(parts[3])?,
        group: String::new(),
        timeout_ms: 0,
    };
    if count == 3
        && matches!(&*out.method, "$invoke" | "$invokeAsync")
        && let Some(named) = text(arguments[0])
    {
        out.method = named;
    }
    let mut attached = Attached::new();
    for (key, value) in map.map(|map| entries(&tree, map)).unwrap_or_default() {
        let (Some(key), value) = (text(key), text(value)) else { continue };
        attached.push((key.clone(), value.clone()));
        match &*key {
            "path" => out.path = value?,
            "version" => out.version = some(Some(value?)),
            "group" => out.group = value?,
            "timeout" => out.timeout_ms = value.and_then(|ms| ms.parse().ok()).unwrap_or(0),
            _ => {}
        }
    }
    Some((out, attached))
}

fn entries(tree: &Tree, map: NodeId) -> Vec<(NodeId, NodeId)> {
    match tree.node(map) {
        Node::Map { entries, .. } => entries.clone(),
        _ => Vec::new(),
    }
}
