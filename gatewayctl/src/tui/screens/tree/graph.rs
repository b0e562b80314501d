//! Which objects name which, of the lists that are known, as the lines of a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_model::Kind as Model;
use serde_json::Value;

use crate::commands::live::address;
use crate::links;
use crate::output::clean;
use crate::resources::{self, Reference};
use crate::tui::data::{Data, Row, Shared, State, text};
use crate::tui::msg::Source;

/// Lines that are shown at most.
const LINES: usize = 100_000;
/// How deep a tree goes at most.
const DEPTH: usize = 16;
/// Nodes of one upstream that are shown.
const NODES: usize = 200;

/// An object by the place of its resource and its id, in the order in which trees are shown.
type Key = (usize, Arc<str>);

/// All objects, and what each names.
#[derive(Debug, Default)]
pub(super) struct Graph {
    objects: BTreeMap<Key, Vertex>,
    /// Where trees begin.
    roots: Vec<Key>,
}

#[derive(Debug)]
struct Vertex {
    reference: Reference,
    value: Shared,
    names: Vec<Named>,
    /// How many objects name it.
    users: usize,
}

/// What an object names.
#[derive(Debug)]
struct Named {
    key: Key,
    reference: Reference,
    there: Found,
}

/// Whether what is named is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    There,
    Missing,
    /// The list that would have it is not known.
    Unknown,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Object,
    /// Nothing names it, and it does nothing by itself.
    Unused,
    /// It is named, but it is not there.
    Missing,
    /// It names something above it.
    Circle,
    /// An address of an upstream.
    Node,
}

/// A line of a tree.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// With its branches, clean.
    pub(super) text: String,
    pub(super) what: What,
    /// The object, or the one that has the node or names what is missing.
    pub(super) reference: Reference,
    /// How many objects name it.
    pub(super) users: usize,
    /// How many lines are folded away below it.
    pub(super) folded: usize,
    /// The address of a node.
    pub(super) node: Option<Arc<str>>,
}

/// Lines by the ids of their rows.
pub(super) type Lines = BTreeMap<Arc<str>, Line>;

/// Something that is the same as long as the lists are.
pub(super) fn mark(data: &Data) -> u64 {
    let mut mark = 0_u64;
    for resource in &resources::ALL {
        let list = data.list(resource.name);
        let known = u64::from(data.state(Source::List(resource.name)) == State::Known);
        let revs = list.iter().fold(0_u64, |sum, object| sum.wrapping_mul(31).wrapping_add(object.rev));
        for part in [known, list.len() as u64, revs] {
            mark = mark.wrapping_mul(1_000_003).wrapping_add(part);
        }
    }
    mark
}

fn key(reference: &Reference) -> Key {
    let place = resources::ALL.iter().position(|resource| resource == reference.resource);
    (place.unwrap_or(resources::ALL.len()), reference.id.as_str().into())
}

impl Graph {
    pub(super) fn of(data: &Data) -> Graph {
        let mut objects = BTreeMap::new();
        for (place, resource) in resources::ALL.iter().enumerate() {
            for object in data.list(resource.name).iter() {
                let reference = Reference { resource, id: object.id.to_string() };
                let vertex = Vertex { reference, value: Arc::clone(&object.value), names: Vec::new(), users: 0 };
                objects.insert((place, Arc::clone(&object.id)), vertex);
            }
        }
        let mut graph = Graph { objects, roots: Vec::new() };
        graph.link(data);
        graph.roots = graph.find_roots();
        graph
    }

    /// What nothing names; of those that are only named by each other the first.
    fn find_roots(&self) -> Vec<Key> {
        let mut roots = Vec::new();
        let mut reached: BTreeSet<&Key> = BTreeSet::new();
        let unnamed = self.objects.iter().filter(|(_, vertex)| vertex.users == 0);
        for (root, _) in unnamed.chain(&self.objects) {
            let mut next = vec![root];
            if reached.contains(root) {
                continue;
            }
            roots.push(root.clone());
            while let Some(key) = next.pop() {
                if let Some(vertex) = self.objects.get(key)
                    && reached.insert(key)
                {
                    next.extend(vertex.names.iter().map(|named| &named.key));
                }
            }
        }
        roots.sort_unstable();
        roots
    }

    fn link(&mut self, data: &Data) {
        let known: Vec<bool> =
            resources::ALL.iter().map(|of| data.state(Source::List(of.name)) == State::Known).collect();
        let mut users: BTreeMap<Key, usize> = BTreeMap::new();
        let mut all: Vec<Vec<Named>> = Vec::with_capacity(self.objects.len());
        for vertex in self.objects.values() {
            let named = links::named(vertex.reference.resource.kind, &vertex.value);
            let named = named.into_iter().filter_map(|(kind, id)| resources::of_kind(kind, &id));
            let mut seen = BTreeSet::new();
            let names = named.chain(vertex.reference.above()).filter_map(|reference| {
                let key = key(&reference);
                seen.insert(key.clone()).then_some((key, reference))
            });
            let names: Vec<Named> = names
                .map(|(key, reference)| {
                    let there = match self.objects.contains_key(&key) {
                        true => Found::There,
                        false if known.get(key.0).copied().unwrap_or_default() => Found::Missing,
                        false => Found::Unknown,
                    };
                    Named { key, reference, there }
                })
                .collect();
            for name in &names {
                *users.entry(name.key.clone()).or_default() += 1;
            }
            all.push(names);
        }
        for ((key, vertex), names) in self.objects.iter_mut().zip(all) {
            vertex.names = names;
            vertex.users = users.get(key).copied().unwrap_or_default();
        }
    }

    /// All trees, each below what nothing names. What is in `folded` hides what is below it.
    pub(super) fn tree(&self, folded: &BTreeSet<Arc<str>>, ascii: bool) -> (Vec<Row>, Lines) {
        let mut drawing =
            Drawing { graph: self, folded, ascii, rows: Vec::new(), lines: Lines::new(), above: Vec::new() };
        for key in &self.roots {
            if let Some(vertex) = self.objects.get(key) {
                drawing.draw(key, vertex, "", ("", ""));
            }
        }
        (drawing.rows, drawing.lines)
    }

    /// The objects that do nothing unless something names them, and that nothing does.
    pub(super) fn unused(&self) -> (Vec<Row>, Lines) {
        let mut found = (Vec::new(), Lines::new());
        for vertex in self.objects.values().filter(|vertex| vertex.is_unused()) {
            let text = clean::line(&vertex.reference.to_string());
            let id: Arc<str> = vertex.reference.to_string().into();
            found.0.push(Row { id: Arc::clone(&id), value: Arc::clone(&vertex.value) });
            found.1.insert(id, vertex.line(text, What::Unused));
        }
        found
    }

    /// The names of what is not there.
    pub(super) fn broken(&self) -> (Vec<Row>, Lines) {
        let mut found = (Vec::new(), Lines::new());
        for vertex in self.objects.values() {
            for named in vertex.names.iter().filter(|named| named.there == Found::Missing) {
                let text = clean::line(&format!("{} names {}", vertex.reference, named.reference));
                let id: Arc<str> = format!("{}>{}", vertex.reference, named.reference).into();
                found.0.push(Row { id: Arc::clone(&id), value: Arc::clone(&vertex.value) });
                found.1.insert(id, vertex.line(text, What::Missing));
            }
        }
        found
    }
}

impl Vertex {
    fn is_unused(&self) -> bool {
        let needed = [Model::Upstream, Model::Service, Model::PluginConfig, Model::ConsumerGroup, Model::Proto];
        self.users == 0 && needed.contains(&self.reference.resource.kind)
    }

    fn line(&self, text: String, what: What) -> Line {
        Line { text, what, reference: self.reference.clone(), users: self.users, folded: 0, node: None }
    }
}

/// The lines so far.
struct Drawing<'g> {
    graph: &'g Graph,
    folded: &'g BTreeSet<Arc<str>>,
    ascii: bool,
    rows: Vec<Row>,
    lines: Lines,
    /// The objects above, so that circles end.
    above: Vec<Key>,
}

impl Drawing<'_> {
    fn add(&mut self, id: Arc<str>, value: Shared, line: Line) {
        self.rows.push(Row { id: Arc::clone(&id), value });
        self.lines.insert(id, line);
    }

    /// What stands in front of the name of a branch, and in front of what is below it.
    fn branch(&self, last: bool) -> (&'static str, &'static str) {
        match (self.ascii, last) {
            (false, false) => ("├─ ", "│  "),
            (false, true) => ("└─ ", "   "),
            (true, false) => ("|- ", "|  "),
            (true, true) => ("`- ", "   "),
        }
    }

    /// One object and what is below it. `path` names the objects above it; `heads` stand in front of it and of the rest.
    fn draw(&mut self, key: &Key, vertex: &Vertex, path: &str, heads: (&str, &str)) {
        if self.rows.len() >= LINES {
            return;
        }
        let id: Arc<str> = format!("{path}{}", vertex.reference).into();
        let circle = self.above.contains(key) || self.above.len() >= DEPTH;
        let what = match (circle, vertex.is_unused()) {
            (true, _) => What::Circle,
            (_, true) => What::Unused,
            _ => What::Object,
        };
        let nodes = nodes(&vertex.value);
        let below = vertex.names.len() + nodes.len();
        let folded = self.folded.contains(&id);
        let mut line = vertex.line(format!("{}{}", heads.0, clean::line(&vertex.reference.to_string())), what);
        if folded && !circle {
            line.folded = below;
        }
        self.add(Arc::clone(&id), Arc::clone(&vertex.value), line);
        if circle || folded {
            return;
        }
        self.above.push(key.clone());
        let path = format!("{id}>");
        for (at, named) in vertex.names.iter().enumerate() {
            let (branch, under) = self.branch(at + 1 == below);
            let heads = (format!("{}{branch}", heads.1), format!("{}{under}", heads.1));
            match self.graph.objects.get(&named.key) {
                Some(next) => self.draw(&named.key, next, &path, (&heads.0, &heads.1)),
                None => self.absent(vertex, named, &path, &heads.0),
            }
        }
        for (at, node) in nodes.into_iter().enumerate() {
            let (branch, _) = self.branch(vertex.names.len() + at + 1 == below);
            let text = format!("{}{branch}{}", heads.1, clean::line(&node));
            let line = Line { node: Some(node.as_str().into()), ..vertex.line(text, What::Node) };
            self.add(format!("{path}{node}").into(), Arc::clone(&vertex.value), line);
        }
        self.above.pop();
    }

    fn absent(&mut self, by: &Vertex, named: &Named, path: &str, head: &str) {
        let what = if named.there == Found::Missing { What::Missing } else { What::Object };
        let text = format!("{head}{}", clean::line(&named.reference.to_string()));
        let line = Line { users: 0, ..by.line(text, what) };
        self.add(format!("{path}{}", named.reference).into(), Arc::clone(&by.value), line);
    }
}

/// The nodes of an upstream, or of the one within an object: addresses, or the service that has them.
fn nodes(value: &Value) -> Vec<String> {
    let upstream = value.get("upstream").unwrap_or(value);
    match upstream.get("nodes") {
        Some(Value::Object(nodes)) => nodes.keys().take(NODES).cloned().collect(),
        Some(Value::Array(nodes)) => nodes
            .iter()
            .take(NODES)
            .map(|node| match node.get("port") {
                Some(port) => address(text(node, "host"), &port.to_string()),
                None => text(node, "host").to_owned(),
            })
            .collect(),
        _ => match (text(upstream, "discovery_type"), text(upstream, "service_name")) {
            (_, "") => Vec::new(),
            ("", name) => vec![format!("discovery:{name}")],
            (kind, name) => vec![format!("{kind}:{name}")],
        },
    }
}
