//! Defaults of a schema: where a walk may write some, and those inside of others.

use serde_json::Value;

use super::node::{Id, Node};

/// Sets `fills`, until nothing changes any more: references may go in circles.
pub(super) fn mark(nodes: &mut [Node]) {
    let filling =
        |node: &Node| node.object.as_ref().is_some_and(|rules| rules.properties.iter().any(|p| p.default.is_some()));
    let mut changed = true;
    let mut fills: Vec<bool> = nodes.iter().map(filling).collect();
    let children: Vec<Vec<Id>> = nodes.iter().map(Node::children).collect();
    while changed {
        changed = false;
        // Children mostly lie behind their parents.
        for (id, ids) in children.iter().enumerate().rev() {
            let below = ids.iter().any(|child| fills.get(*child).copied().unwrap_or(false));
            if let Some(fill) = fills.get_mut(id)
                && below
                && !*fill
            {
                *fill = true;
                changed = true;
            }
        }
    }
    for (node, fill) in nodes.iter_mut().zip(fills) {
        node.fills = fill;
    }
}

/// Fills the defaults inside of defaults, so that a value that was filled once is not filled any further.
pub(super) fn complete(nodes: &mut [Node]) {
    for id in (0..nodes.len()).rev() {
        let Some(rules) = nodes.get(id).and_then(|node| node.object.as_ref()) else { continue };
        let filled: Vec<(usize, Value)> = rules
            .properties
            .iter()
            .enumerate()
            .filter(|(_, property)| nodes.get(property.id).is_some_and(|node| node.fills))
            .filter_map(|(at, property)| {
                let mut value = property.default.clone()?;
                super::walk::check_node(nodes, property.id, &mut value).ok()?;
                Some((at, value))
            })
            .collect();
        let Some(rules) = nodes.get_mut(id).and_then(|node| node.object.as_mut()) else { continue };
        rules.properties.set_defaults(filled);
    }
}
