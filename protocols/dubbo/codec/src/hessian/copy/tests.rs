use super::*;
use crate::hessian::tree::tests::trees;
use crate::hessian::tree::{Decoder, Node, NodeId, Tree};
use crate::hessian::write::Writer;
use proptest::prelude::*;

const LIMITS: Limits = Limits { depth: 1000, classes: 4096, nodes: 1 << 20 };

fn parts(body: &[u8], count: u32) -> Vec<Vec<u8>> {
    split(body, 0, count, LIMITS, 1 << 20).unwrap().iter().map(<[u8]>::to_vec).collect()
}

fn one(streams: &[&[u8]]) -> Vec<u8> {
    join(Vec::new(), streams.iter().copied(), LIMITS, 1 << 20).unwrap()
}

#[test]
fn values_part_with_what_they_refer_to() {
    let cases: &[(&[u8], &[&[u8]])] = &[
        (b"\x01a\x95", &[b"\x01a", b"\x95"]),
        // Nothing but the last one is numbered: the bytes are what they were.
        (b"\x95C\x01c\x91\x01f\x60\x60Q\x90", &[b"\x95", b"C\x01c\x91\x01f\x60\x60Q\x90"]),
        // The class of the one before.
        (b"C\x01c\x91\x01f\x60\x90\x60\x91", &[b"C\x01c\x91\x01f\x60\x90", b"C\x01c\x91\x01f\x60\x91"]),
        // A class that is defined early, and one that is never used.
        (b"C\x01c\x90C\x01d\x90\x95\x60\x61", &[b"\x95", b"C\x01c\x90\x60", b"C\x01d\x90\x60"]),
        // The type of the one before.
        (b"\x71\x01t\x90M\x90ZV\x90\x91N", &[b"\x71\x01t\x90", b"M\x01tZ", b"V\x01t\x91N"]),
        // The same list twice, and a part of it.
        (b"\x7a\x79\x90\x91Q\x90Q\x91", &[b"\x7a\x79\x90\x91", b"\x7a\x79\x90\x91", b"\x79\x90"]),
        // What is written for the second time is referred to from then on.
        (b"HZ\x7aQ\x90Q\x90", &[b"HZ", b"\x7aHZQ\x91"]),
        // Within the one before, a map that holds all of it: the part that goes holds all of it as well.
        (b"\x79H\x01kQ\x90ZQ\x91", &[b"\x79H\x01kQ\x90Z", b"H\x01k\x79Q\x90Z"]),
    ];
    for (body, expected) in cases {
        let got = parts(body, expected.len() as u32);
        assert_eq!(got, expected.iter().map(|b| b.to_vec()).collect::<Vec<_>>(), "{}", body.escape_ascii());
    }
}

#[test]
fn values_come_together_with_new_numbers() {
    let cases: &[(&[&[u8]], &[u8])] = &[
        (&[b"\x01a", b"\x95"], b"\x01a\x95"),
        (&[b"\x95", b"\x7aHZQ\x91"], b"\x95\x7aHZQ\x91"),
        (&[b"HZ", b"\x7aHZQ\x91"], b"HZ\x7aHZQ\x92"),
        (&[b"C\x01c\x90\x60", b"C\x01c\x90\x60"], b"C\x01c\x90\x60C\x01c\x90\x61"),
        (&[b"\x70\x01t", b"\x79\x70\x01u", b"\x7a\x70\x01v\x70\x90"], b"\x70\x01t\x79\x70\x01u\x7a\x70\x01v\x70\x92"),
        (&[b"HZ", b"\x01a", b"H\x01kQ\x90Z"], b"HZ\x01aH\x01kQ\x91Z"),
        // What stands behind is nothing to anybody.
        (&[b"\x90N", b"HZN"], b"\x90HZ"),
    ];
    for (streams, expected) in cases {
        assert_eq!(one(streams), *expected);
    }
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let fault = |body: &[u8], count, most| {
        let limits = Limits { depth: 3, classes: 2, nodes: 4 };
        split(body, 0, count, limits, most).map(drop).map_err(|e| e.fault)
    };
    assert_eq!(fault(b"HZ\x78", 2, 100), Ok(()));
    assert_eq!(fault(b"HZ\x78", 3, 100), Err(Fault::Truncated));
    assert_eq!(fault(b"HZQ\x91", 2, 100), Err(Fault::Index("a value")));
    assert_eq!(fault(b"HZ\x78\x78\x78\x78", 5, 100), Err(Fault::Limit("values")));
    // A value that is referred to stands deeper than where it was.
    assert_eq!(fault(b"\x79\x79\x78\x79Q\x90", 2, 100), Err(Fault::Limit("values within each other")));
    // Little that says the same again and again.
    let mut body = b"\x79\x34\xff".to_vec();
    body.extend([7; 255]);
    let single = body.len();
    body.extend(b"Q\x90".repeat(200));
    assert_eq!(fault(&body, 201, single * 201), Ok(()));
    assert_eq!(fault(&body, 201, single * 100), Err(Fault::Limit("bytes")));
    let over = join(Vec::new(), [&body[..single], &body[..single]], LIMITS, single * 2 - 1);
    assert_eq!(over.map_err(|e| e.fault), Err(Fault::Limit("bytes")));
}

/// Values of a stream of their own each.
fn read(stream: &[u8]) -> (Tree, NodeId) {
    let mut decoder = Decoder::new(stream, LIMITS);
    let id = decoder.value().unwrap();
    assert!(decoder.is_at_end());
    (decoder.into_tree(), id)
}

/// Some values of a tree that share what they share, in one stream.
fn together(tree: &Tree, root: NodeId) -> (Vec<NodeId>, Vec<u8>) {
    let mut ids = vec![root];
    match tree.node(root) {
        Node::List { items, .. } | Node::Object { fields: items, .. } => ids.extend(items),
        Node::Map { entries, .. } => ids.extend(entries.iter().flat_map(|(key, value)| [*key, *value])),
        _ => {}
    }
    ids.truncate(6);
    // Both orders are worth a try.
    if tree.len().is_multiple_of(2) {
        ids.reverse();
    }
    let mut writer = Writer::new(tree, Vec::new());
    ids.iter().for_each(|id| writer.value(*id));
    (ids, writer.into_bytes())
}

proptest! {
    #[test]
    fn values_say_the_same_apart_and_together_again((tree, root) in trees()) {
        let (ids, body) = together(&tree, root);
        let streams = split(&body, 0, ids.len() as u32, LIMITS, 64 << 20).unwrap();
        prop_assert_eq!(streams.end(), body.len());
        prop_assert_eq!(streams.iter().count(), ids.len());
        for (id, stream) in ids.iter().zip(streams.iter()) {
            let (read, again) = read(stream);
            prop_assert!(tree.same(*id, &read, again), "{}", stream.escape_ascii());
        }
        let joined = join(Vec::new(), streams.iter(), LIMITS, 64 << 20).unwrap();
        let mut decoder = Decoder::new(&joined, LIMITS);
        let again: Vec<_> = ids.iter().map(|_| decoder.value().unwrap()).collect();
        prop_assert!(decoder.is_at_end());
        let read = decoder.into_tree();
        for (id, again) in ids.iter().zip(again) {
            prop_assert!(tree.same(*id, &read, again));
        }
    }

    #[test]
    fn whatever_comes_is_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0u32..5) {
        let limits = Limits { depth: 20, classes: 5, nodes: 100 };
        if let Ok(streams) = split(&bytes, 0, count, limits, 1000) {
            prop_assert!(streams.iter().map(<[u8]>::len).sum::<usize>() <= 1000 || streams.end() > 1000);
            for stream in streams.iter() {
                let mut walker = Walker::new(stream, Limits { depth: 20, ..LIMITS });
                walker.skip().unwrap();
                prop_assert!(walker.is_at_end());
            }
        }
    }
}
