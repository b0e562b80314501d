//! Values as a tree, or rather a graph: what is referred to again is the same node, and a map may hold itself.

use super::{Cursor, Error, Fault, Limits, NESTED, Scalar};
use std::collections::HashMap;

/// Values of a body. Nodes are numbered and hold the numbers of those inside them, so a cycle is nothing special.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    types: Vec<Box<str>>,
    classes: Vec<Class>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A byte, a short or an int.
    Int(i32),
    /// A long.
    Long(i64),
    /// A float or a double.
    Double(f64),
    /// A date, in milliseconds since 1970.
    Date(i64),
    /// A string or a character. Surrogates without their other half were replaced.
    Text(Box<str>),
    /// An array of bytes.
    Binary(Box<[u8]>),
    /// A list or an array.
    List {
        /// `[int`, `java.util.LinkedHashSet`, …; `None`: an `ArrayList`.
        kind: Option<TypeId>,
        /// What is in it.
        items: Vec<NodeId>,
    },
    /// A map.
    Map {
        /// `java.util.TreeMap`, …; `None`: a `HashMap`.
        kind: Option<TypeId>,
        /// Keys and values.
        entries: Vec<(NodeId, NodeId)>,
    },
    /// An object.
    Object {
        /// Its class.
        class: ClassId,
        /// As many values as its class has fields, in their order.
        fields: Vec<NodeId>,
    },
}

/// The number of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(pub(super) u32);

/// The number of a list's or map's type in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeId(pub(super) u32);

/// The number of a class in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassId(pub(crate) u32);

/// A class, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its full name.
    pub name: Box<str>,
    /// The names of its fields and of those that it inherits; one may come twice.
    pub fields: Vec<Box<str>>,
}

impl Tree {
    /// An empty one.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// A node; null if there is none of this number.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(index(id.0)).unwrap_or(&Node::Null)
    }

    /// A node, to be changed: so a value may come to hold itself.
    pub fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(index(id.0))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The name of a type.
    pub fn type_name(&self, id: TypeId) -> &str {
        self.types.get(index(id.0)).map_or("", |name| name)
    }

    /// A class; `None` if there is none of this number.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.classes.get(index(id.0))
    }

    /// The text of a node that is one.
    pub fn text(&self, id: NodeId) -> Option<&str> {
        match self.node(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an object's field; that of the last one if several have the name.
    pub fn field(&self, id: NodeId, name: &str) -> Option<NodeId> {
        let Node::Object { class, fields } = self.node(id) else { return None };
        let at = self.class(*class)?.fields.iter().rposition(|field| **field == *name)?;
        fields.get(at).copied()
    }

    /// The full name of an object's class.
    pub fn class_of(&self, id: NodeId) -> Option<&str> {
        match self.node(id) {
            Node::Object { class, .. } => self.class(*class).map(|class| &*class.name),
            _ => None,
        }
    }

    /// Adds a node.
    pub fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(number(self.nodes.len()));
        self.nodes.push(node);
        id
    }

    /// Adds a string.
    pub fn push_text(&mut self, text: &str) -> NodeId {
        self.push(Node::Text(text.into()))
    }

    /// The type of this name, added if it is new.
    pub fn type_id(&mut self, name: &str) -> TypeId {
        let known = self.types.iter().position(|known| **known == *name);
        TypeId(number(known.unwrap_or_else(|| {
            self.types.push(name.into());
            self.types.len().saturating_sub(1)
        })))
    }

    /// The class of this name and these fields, added if it is new.
    pub fn class_id(&mut self, name: &str, fields: &[&str]) -> ClassId {
        let same = |class: &Class| *class.name == *name && class.fields.iter().map(|f| &**f).eq(fields.iter().copied());
        let known = self.classes.iter().position(same);
        ClassId(number(known.unwrap_or_else(|| {
            let fields = fields.iter().map(|field| (*field).into()).collect();
            self.classes.push(Class { name: name.into(), fields });
            self.classes.len().saturating_sub(1)
        })))
    }

    /// Whether two nodes, each with all that is in it, say the same: the same values, names, and references in the same places.
    pub fn same(&self, id: NodeId, other: &Tree, other_id: NodeId) -> bool {
        let mut pairs = Pairs { todo: vec![(id, other_id)], met: HashMap::new(), met_by: HashMap::new() };
        while let Some((a, b)) = pairs.todo.pop() {
            let same = match (self.node(a), other.node(b)) {
                (Node::Double(a), Node::Double(b)) => a.to_bits() == b.to_bits(),
                (Node::List { kind, items }, Node::List { kind: kind_b, items: items_b }) => {
                    let kinds = kind.map(|k| self.type_name(k)) == kind_b.map(|k| other.type_name(k));
                    kinds && items.len() == items_b.len() && pairs.meet(a, b, items.iter().zip(items_b))
                }
                (Node::Map { kind, entries }, Node::Map { kind: kind_b, entries: entries_b }) => {
                    let kinds = kind.map(|k| self.type_name(k)) == kind_b.map(|k| other.type_name(k));
                    let inner = entries.iter().zip(entries_b).flat_map(|(a, b)| [(&a.0, &b.0), (&a.1, &b.1)]);
                    kinds && entries.len() == entries_b.len() && pairs.meet(a, b, inner)
                }
                (Node::Object { class, fields }, Node::Object { class: class_b, fields: fields_b }) => {
                    let classes = self.class(*class) == other.class(*class_b);
                    classes && fields.len() == fields_b.len() && pairs.meet(a, b, fields.iter().zip(fields_b))
                }
                (a, b) => a == b,
            };
            if !same {
                return false;
            }
        }
        true
    }

    /// How many classes there are, of which one may come with several sets of fields.
    pub fn class_count(&self) -> usize {
        self.classes.len()
    }

    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    pub(super) fn types(&self) -> &[Box<str>] {
        &self.types
    }
}

/// Nodes of two trees that are to be the same.
struct Pairs {
    todo: Vec<(NodeId, NodeId)>,
    met: HashMap<NodeId, NodeId>,
    met_by: HashMap<NodeId, NodeId>,
}

impl Pairs {
    /// Two that may be referred to meet: each has to meet the same one every time, and what is in them is compared once.
    fn meet<'n>(&mut self, a: NodeId, b: NodeId, inner: impl Iterator<Item = (&'n NodeId, &'n NodeId)>) -> bool {
        match (self.met.get(&a), self.met_by.get(&b)) {
            (None, None) => {
                self.met.insert(a, b);
                self.met_by.insert(b, a);
                self.todo.extend(inner.map(|(a, b)| (*a, *b)));
                true
            }
            (Some(with), Some(by)) => *with == b && *by == a,
            _ => false,
        }
    }
}

/// Decodes the values of a body into a [`Tree`], one after the other.
///
/// The tree's size is bounded by [`Limits::nodes`] and the body's length, whatever counts are announced.
#[derive(Debug)]
pub struct Decoder<'a> {
    cursor: Cursor<'a>,
    limits: Limits,
    tree: Tree,
    /// Nodes, types and names of fields that may still come.
    left: u32,
    /// Nodes that may be referred to, in the order of their beginnings.
    references: Vec<NodeId>,
}

/// What is numbered in a stream up to a place. Classes and types have the same numbers in the stream and in the tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbered {
    pub(super) classes: usize,
    pub(super) types: usize,
    pub(super) references: Vec<NodeId>,
}

impl<'a> Decoder<'a> {
    /// A decoder at the beginning of `body`.
    pub fn new(body: &'a [u8], limits: Limits) -> Decoder<'a> {
        Decoder::at(body, 0, limits)
    }

    /// A decoder at a place of `body` before which there are strings, numbers and dates alone, as in front of a call's arguments
    /// and behind the type of a response.
    pub fn at(body: &'a [u8], at: usize, limits: Limits) -> Decoder<'a> {
        let cursor = Cursor::new(body, at);
        Decoder { cursor, limits, tree: Tree::new(), left: limits.nodes, references: Vec::new() }
    }

    /// Where it is, in bytes from the beginning of the body.
    pub fn position(&self) -> usize {
        self.cursor.at()
    }

    /// Whether nothing follows.
    pub fn is_at_end(&self) -> bool {
        self.cursor.left() == 0
    }

    /// What was decoded.
    pub fn into_tree(self) -> Tree {
        self.tree
    }

    pub(crate) fn numbered(&self) -> Numbered {
        let (classes, types) = (self.tree.classes.len(), self.tree.types.len());
        Numbered { classes, types, references: self.references.clone() }
    }

    /// The next value, with all that is in it.
    ///
    /// # Errors
    /// It is not well-formed, not all there, or beyond the limits.
    pub fn value(&mut self) -> Result<NodeId, Error> {
        let mut open: Vec<Open> = Vec::new();
        let mut first = None;
        loop {
            let Some((id, end)) = self.begin()? else { continue };
            let first = *first.get_or_insert(id);
            if let Some(outer) = open.last_mut() {
                self.put(outer, id);
            }
            if let Some(end) = end {
                if open.len() as u64 >= u64::from(self.limits.depth) {
                    return Err(self.cursor.fail(Fault::Limit(NESTED)));
                }
                open.push(Open { id, end, key: None });
            }
            loop {
                let Some(inner) = open.last_mut() else { return Ok(first) };
                match inner {
                    Open { end: End::Behind(0), .. } => {}
                    Open { end: End::Behind(left), .. } => {
                        *left -= 1;
                        break;
                    }
                    Open { key: None, .. } if self.cursor.peek()? == b'Z' => {
                        self.cursor.byte()?;
                    }
                    _ => break,
                }
                open.pop();
            }
        }
    }

    /// Puts a value into the one around it.
    fn put(&mut self, outer: &mut Open, id: NodeId) {
        match self.tree.node_mut(outer.id) {
            Some(Node::List { items, .. }) => items.push(id),
            Some(Node::Object { fields, .. }) => fields.push(id),
            Some(Node::Map { entries, .. }) => match outer.key.take() {
                Some(key) => entries.push((key, id)),
                None => outer.key = Some(id),
            },
            _ => {}
        }
    }

    /// A value without those in it, and where it ends if there may be such; `None`: a class definition, which is no value.
    fn begin(&mut self) -> Result<Option<(NodeId, Option<End>)>, Error> {
        let tag = self.cursor.byte()?;
        let (node, end) = match tag {
            b'C' => {
                self.define()?;
                return Ok(None);
            }
            b'Q' => {
                let number = self.cursor.index("a value", self.references.len())?;
                let known = self.references.get(number).copied();
                return Ok(known.map(|id| (id, None)));
            }
            b'H' => (Node::Map { kind: None, entries: Vec::new() }, End::Mark),
            b'M' => (Node::Map { kind: Some(self.kind()?), entries: Vec::new() }, End::Mark),
            b'O' => {
                let class = self.cursor.index("a class", self.tree.classes.len())?;
                self.object(class)?
            }
            0x60..=0x6f => self.object(usize::from(tag - 0x60))?,
            b'U' => (list(Some(self.kind()?), 0), End::Mark),
            b'W' => (list(None, 0), End::Mark),
            b'V' => {
                let kind = self.kind()?;
                let count = self.cursor.count()?;
                (list(Some(kind), count), End::Behind(count))
            }
            b'X' => {
                let count = self.cursor.count()?;
                (list(None, count), End::Behind(count))
            }
            0x70..=0x77 => (list(Some(self.kind()?), u32::from(tag - 0x70)), End::Behind(u32::from(tag - 0x70))),
            0x78..=0x7f => (list(None, u32::from(tag - 0x78)), End::Behind(u32::from(tag - 0x78))),
            _ => {
                let scalar = self.cursor.scalar(tag)?.ok_or(self.cursor.unexpected("a value", tag))?;
                self.spend()?;
                return Ok(Some((self.tree.push(Node::from(scalar)), None)));
            }
        };
        self.spend()?;
        let id = self.tree.push(node);
        self.references.push(id);
        Ok(Some((id, Some(end))))
    }

    fn object(&mut self, class: usize) -> Result<(Node, End), Error> {
        let known = self.tree.classes.get(class).ok_or(self.cursor.fail(Fault::Index("a class")))?;
        let fields = number(known.fields.len());
        let object = Node::Object { class: ClassId(number(class)), fields: Vec::with_capacity(reserved(fields)) };
        Ok((object, End::Behind(fields)))
    }

    fn define(&mut self) -> Result<(), Error> {
        if self.tree.classes.len() as u64 >= u64::from(self.limits.classes) {
            return Err(self.cursor.fail(Fault::Limit("classes")));
        }
        let name = self.name()?;
        let count = self.cursor.count()?;
        let mut fields = Vec::with_capacity(reserved(count));
        for _ in 0..count {
            self.spend()?;
            fields.push(self.name()?);
        }
        self.tree.classes.push(Class { name, fields });
        Ok(())
    }

    fn name(&mut self) -> Result<Box<str>, Error> {
        Ok(self.cursor.text()?.of(self.cursor.bytes()).to_str().into())
    }

    /// The name of a type, or the number of one.
    fn kind(&mut self) -> Result<TypeId, Error> {
        if matches!(self.cursor.peek()?, 0x00..=0x1f | 0x30..=0x33 | b'R' | b'S') {
            self.spend()?;
            let name = self.name()?;
            self.tree.types.push(name);
            return Ok(TypeId(number(self.tree.types.len().saturating_sub(1))));
        }
        let index = self.cursor.index("a type", self.tree.types.len())?;
        Ok(TypeId(number(index)))
    }

    fn spend(&mut self) -> Result<(), Error> {
        self.left = self.left.checked_sub(1).ok_or(self.cursor.fail(Fault::Limit("values")))?;
        Ok(())
    }
}

/// A value whose end is to come.
struct Open {
    id: NodeId,
    end: End,
    /// Of a map: the key whose value comes next.
    key: Option<NodeId>,
}

/// Where a value ends.
enum End {
    /// Behind so many more.
    Behind(u32),
    /// At a `Z`.
    Mark,
}

impl From<Scalar<'_>> for Node {
    fn from(scalar: Scalar<'_>) -> Node {
        match scalar {
            Scalar::Null => Node::Null,
            Scalar::Bool(bool) => Node::Bool(bool),
            Scalar::Int(int) => Node::Int(int),
            Scalar::Long(long) => Node::Long(long),
            Scalar::Double(double) => Node::Double(double),
            Scalar::Date(date) => Node::Date(date),
            Scalar::Text(text) => Node::Text(text.to_str().into()),
            Scalar::Binary(binary) => Node::Binary(binary.to_bytes().into()),
        }
    }
}

fn list(kind: Option<TypeId>, count: u32) -> Node {
    Node::List { kind, items: Vec::with_capacity(reserved(count)) }
}

/// Room for what is announced; lists within lists may announce the same bytes again and again, so it is never much.
fn reserved(count: u32) -> usize {
    index(count.min(64))
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// There are no more than [`Limits::nodes`] of anything that is decoded.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
