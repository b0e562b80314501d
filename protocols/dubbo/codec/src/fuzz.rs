//! What the fuzz targets and the tests of recorded frames hold a walker against.
#![allow(clippy::panic, reason = "a difference is what its callers look for")]

use crate::hessian::tree::{Node, NodeId, Tree};
use crate::hessian::walk::Item;

/// What the walker says of a value is what the tree does.
///
/// # Panics
/// It is not.
pub fn agrees(tree: &Tree, id: NodeId, item: &Item<'_>) {
    match (tree.node(id), item) {
        (Node::Null, Item::Null) => {}
        (Node::Bool(a), Item::Bool(b)) => assert_eq!(a, b),
        (Node::Int(a), Item::Int(b)) => assert_eq!(a, b),
        (Node::Long(a), Item::Long(b)) | (Node::Date(a), Item::Date(b)) => assert_eq!(a, b),
        (Node::Double(a), Item::Double(b)) => assert_eq!(a.to_bits(), b.to_bits()),
        (Node::Text(a), Item::Text(b)) => assert!(*b == **a),
        (Node::Binary(a), Item::Binary(b)) => assert_eq!(**a, *b.to_bytes()),
        (Node::List { .. } | Node::Map { .. } | Node::Object { .. }, Item::Compound(_)) => {}
        (node, item) => panic!("{node:?} and {item:?}"),
    }
}
