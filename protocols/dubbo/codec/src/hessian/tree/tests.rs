use super::*;
use crate::hessian::walk::Walker;
use crate::hessian::write::Writer;
use proptest::prelude::*;

fn decode(bytes: &[u8]) -> (Tree, NodeId) {
    let mut decoder = Decoder::new(bytes, Limits::default());
    let id = decoder.value().unwrap();
    assert!(decoder.is_at_end());
    (decoder.into_tree(), id)
}

#[test]
fn values_are_decoded_with_their_names() {
    let (tree, id) = decode(b"C\x05Order\x92\x02id\x04tags\x60\xe3\x72\x07[string\x01a\x01b");
    assert_eq!(tree.class_of(id), Some("Order"));
    assert_eq!(tree.node(tree.field(id, "id").unwrap()), &Node::Long(3));
    let Node::List { kind: Some(kind), items } = tree.node(tree.field(id, "tags").unwrap()) else { panic!("no list") };
    assert_eq!(tree.type_name(*kind), "[string");
    assert_eq!(items.iter().map(|id| tree.text(*id).unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(tree.field(id, "other"), None);
}

#[test]
fn a_reference_is_the_same_node() {
    let (tree, id) = decode(b"H\x04selfQ\x90Z");
    let Node::Map { entries, .. } = tree.node(id) else { panic!("no map") };
    assert_eq!(entries[0].1, id);
    let mut writer = Writer::new(&tree, Vec::new());
    writer.value(id);
    assert_eq!(writer.into_bytes(), b"H\x04selfQ\x90Z");
}

#[test]
fn what_says_the_same_is_the_same() {
    let forms: &[(&[u8], &[u8], bool)] = &[
        (b"W\x90\x91Z", b"\x7a\x90\x91", true),
        (b"U\x01t\x90Z", b"V\x01t\x91I\0\0\0\0", true),
        (b"\x7a\x7a\x90\x90\x7a\x90\x90", b"\x7a\x7a\x90\x90Q\x91", false),
        (b"\x7aHZQ\x91", b"\x7aHZQ\x91", true),
        (b"\x7aHZQ\x91", b"\x7aHZQ\x90", false),
        (b"M\x01tZ", b"HZ", false),
        (b"M\x01tZ", b"M\x01uZ", false),
        (b"\x90", b"\xe0", false),
        (b"H\x01a\x90Z", b"H\x01a\x91Z", false),
        (b"C\x01c\x91\x01f\x60N", b"C\x01d\x91\x01f\x60N", false),
        (b"C\x01c\x91\x01f\x60N", b"C\x01d\x90C\x01c\x91\x01f\x61N", true),
    ];
    for (a, b, expected) in forms {
        let ((tree_a, a_id), (tree_b, b_id)) = (decode(a), decode(b));
        assert_eq!(tree_a.same(a_id, &tree_b, b_id), *expected, "{} {}", a.escape_ascii(), b.escape_ascii());
    }
}

#[test]
fn the_size_of_a_tree_is_bounded() {
    let limits = Limits { depth: 8, classes: 2, nodes: 10 };
    let fault = |bytes: &[u8]| Decoder::new(bytes, limits).value().map_err(|e| e.fault);
    assert!(fault(b"X\x99NNNNNNNNN").is_ok());
    assert_eq!(fault(b"X\x9aNNNNNNNNNN"), Err(Fault::Limit("values")));
    assert_eq!(fault(b"C\x01c\x9b\0\0\0\0\0\0\0\0\0\0\0\x60"), Err(Fault::Limit("values")));
    assert_eq!(fault(b"WWWWWWWWWZZZZZZZZZ"), Err(Fault::Limit("values within each other")));
    // Each list announces all that is there.
    let mut deep = Vec::new();
    for left in (0..100_000i32).rev().step_by(6).take(200) {
        deep.push(b'X');
        deep.push(b'I');
        deep.extend(left.to_be_bytes());
    }
    deep.resize(100_000, b'N');
    let mut decoder = Decoder::new(&deep, Limits::default());
    assert!(decoder.value().is_err());
}

/// A tree, by words that say what to build next: numbers choose among what is there.
pub(crate) fn trees() -> impl Strategy<Value = (Tree, NodeId)> {
    proptest::collection::vec(
        (any::<u8>(), any::<i64>(), ".{0,12}", proptest::collection::vec(any::<u8>(), 0..40)),
        1..40,
    )
    .prop_map(build)
}

fn build(words: Vec<(u8, i64, String, Vec<u8>)>) -> (Tree, NodeId) {
    let mut tree = Tree::new();
    let mut last = tree.push(Node::Null);
    for (kind, number, text, bytes) in words {
        // Any node that there is, so that some are referred to more than once, and some (those that come last) in cycles.
        let known = tree.len();
        let some = |b: &u8| NodeId(super::number(known - 1 - usize::from(*b) % known.min(20)));
        let type_of = |tree: &mut Tree, n: i64| match n % 4 {
            0 => None,
            n => Some(tree.type_id(&format!("type{n}"))),
        };
        let node = match kind % 16 {
            0 => Node::Bool(number % 2 == 0),
            1 => Node::Int(number as i32 >> (number as u8 % 32)),
            2 => Node::Long(number >> (number as u8 % 64)),
            3 => Node::Double(f64::from_bits(number as u64)),
            4 => Node::Double((number >> 40) as f64 / 1000.0),
            5 => Node::Date(if number % 2 == 0 { number } else { (number >> 30) * 60_000 }),
            6 => Node::Text(text.into()),
            7 if number % 8 == 0 => Node::Text(text.repeat(usize::from(number as u16) % 7000).into()),
            8 => Node::Binary(bytes.into()),
            9 if number % 8 == 0 => Node::Binary(bytes.repeat(usize::from(number as u16) % 3000).into()),
            10 | 11 => Node::List { kind: type_of(&mut tree, number), items: bytes.iter().map(some).collect() },
            12 | 13 => {
                let entries = bytes.chunks_exact(2).map(|pair| (some(&pair[0]), some(&pair[1]))).collect();
                Node::Map { kind: type_of(&mut tree, number), entries }
            }
            _ => {
                let names: Vec<String> = (0..bytes.len()).map(|n| format!("f{n}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let class = tree.class_id(&format!("class{}", number % 20), &names);
                Node::Object { class, fields: bytes.iter().map(some).collect() }
            }
        };
        last = tree.push(node);
    }
    // A cycle, where the last one can hold one.
    match tree.node_mut(last) {
        Some(Node::List { items, .. }) => items.push(last),
        Some(Node::Map { entries, .. }) => entries.push((last, last)),
        _ => {}
    }
    (tree, last)
}

proptest! {
    #[test]
    fn what_is_written_is_read_again((tree, id) in trees()) {
        let mut writer = Writer::new(&tree, Vec::new());
        writer.value(id);
        writer.value(id);
        let bytes = writer.into_bytes();
        let limits = Limits { depth: 1000, ..Limits::default() };
        let mut decoder = Decoder::new(&bytes, limits);
        let (again, twice) = (decoder.value().unwrap(), decoder.value().unwrap());
        prop_assert!(decoder.is_at_end());
        let read = decoder.into_tree();
        prop_assert!(tree.same(id, &read, again) && tree.same(id, &read, twice));
        let mut walker = Walker::new(&bytes, limits);
        walker.skip().unwrap();
        walker.skip().unwrap();
        prop_assert!(walker.is_at_end());
    }

    #[test]
    fn whatever_comes_is_walked_as_it_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        agree(&bytes);
    }

    #[test]
    fn what_is_nearly_right_is_walked_as_it_is_decoded((tree, id) in trees(), at: usize, byte: u8) {
        let mut writer = Writer::new(&tree, Vec::new());
        writer.value(id);
        let mut bytes = writer.into_bytes();
        bytes.truncate(20_000);
        let at = at % bytes.len();
        bytes[at] = byte;
        agree(&bytes);
    }
}

/// Walker and decoder find the same ends and the same faults.
fn agree(bytes: &[u8]) {
    let limits = Limits { depth: 50, classes: 10, nodes: u32::MAX };
    let (mut walker, mut decoder) = (Walker::new(bytes, limits), Decoder::new(bytes, limits));
    loop {
        let (walked, decoded) = (walker.skip(), decoder.value().map(drop));
        assert_eq!(walked, decoded);
        if walked.is_err() {
            return;
        }
        assert_eq!(walker.position(), decoder.position());
    }
}
