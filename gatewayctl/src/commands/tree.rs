//! `gatewayctl tree`: which objects name which.

use std::collections::{BTreeMap, BTreeSet};

use gateway_model::Kind as Model;
use serde_json::{Value, json};

use super::App;
use super::change;
use crate::admin::lacks_resource;
use crate::error::{Error, Kind, Result};
use crate::links;
use crate::output::clean;
use crate::output::list::{Record, head};
use crate::output::look::Look;
use crate::resources::{self, Item, Reference, Resource};

/// Show which objects name which: routes, their services, upstreams and nodes, consumers and their groups
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl tree
  gatewayctl tree route hello
  gatewayctl tree --unused
  gatewayctl tree --broken -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Only what is below one object
    #[arg(value_name = "RESOURCE ID", conflicts_with_all = ["unused", "broken"])]
    target: Vec<String>,
    /// Objects that nothing names
    #[arg(long, conflicts_with = "broken")]
    unused: bool,
    /// Names of objects that do not exist
    #[arg(long)]
    broken: bool,
}

/// Reads all objects and prints what they name.
///
/// # Errors
/// Not found; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let graph = Graph::read(app, resources::every()).await?;
    if args.unused {
        return graph.unused(app);
    }
    if args.broken {
        return graph.broken(app);
    }
    let roots = match args.target.as_slice() {
        [] => graph.roots(),
        words => {
            let reference = change::one(words, None)?;
            if !graph.items.contains_key(&key(&reference)) {
                return Err(super::get::not_found(&reference));
            }
            vec![key(&reference)]
        }
    };
    let documents: Vec<Value> = roots.iter().map(|root| graph.document(root, &mut Vec::new())).collect();
    let human = || {
        let (mut lines, look) = (Vec::new(), app.out.look());
        for root in &roots {
            graph.draw(root, "", "", &mut Vec::new(), &mut Drawing { lines: &mut lines, look });
        }
        let shown = |line: &String| {
            look.width.map_or_else(|| clean::line(line), |width| look.shorten(&clean::line(line), width))
        };
        lines.iter().try_for_each(|line| app.out.line(&shown(line)))
    };
    app.printer().one("tree", || json!({ "items": documents, "total": documents.len() }), human)
}

/// Objects that name others that are not there, and those.
///
/// # Errors
/// Those of the calls.
pub(super) async fn dangling(app: &App<'_>) -> Result<Vec<(Reference, Reference)>> {
    // What lives below others names these alone, and goes with them; there may be very many.
    let graph = Graph::read(app, resources::every().filter(|resource| !resource.id.is_nested())).await?;
    Ok(graph.dangling().map(|(own, named)| (own.clone(), named.clone())).collect())
}

/// An object by its kind's place and id, in the order in which trees are shown.
type Key = (usize, String);

fn key(reference: &Reference) -> Key {
    let place = resources::every().position(|resource| resource == reference.resource);
    (place.unwrap_or(resources::ALL.len()), reference.id.clone())
}

/// The lines of a tree so far.
struct Drawing<'l> {
    lines: &'l mut Vec<String>,
    look: Look,
}

struct Graph {
    items: BTreeMap<Key, Item>,
    /// What each names, also what does not exist.
    names: BTreeMap<Key, Vec<(Reference, bool)>>,
    named: BTreeSet<Key>,
    /// What is named by more than what lives below it.
    used: BTreeSet<Key>,
}

impl Graph {
    async fn read(app: &App<'_>, resources: impl Iterator<Item = &'static Resource>) -> Result<Graph> {
        let mut graph =
            Graph { items: BTreeMap::new(), names: BTreeMap::new(), named: BTreeSet::new(), used: BTreeSet::new() };
        for resource in resources {
            match app.admin.list(resource, None).await {
                Ok(items) => graph.items.extend(items.into_iter().map(|item| (key(&item.reference), item))),
                // Not of this server, or off.
                Err(error) if lacks_resource(&error) => {}
                Err(error) => return Err(error),
            }
        }
        for (own, item) in &graph.items {
            let mut seen = BTreeSet::new();
            let named = links::named(item.reference.resource.kind, &item.value);
            let named = named.into_iter().filter_map(|(kind, id)| resources::of_kind(kind, &id));
            let all: Vec<(Reference, bool)> = named
                .chain(item.reference.above())
                .filter(|reference| seen.insert(key(reference)))
                .map(|reference| {
                    let there = graph.items.contains_key(&key(&reference));
                    (reference, there)
                })
                .collect();
            let above = item.reference.above().map(|above| key(&above));
            graph
                .used
                .extend(all.iter().map(|(reference, _)| key(reference)).filter(|own| Some(own) != above.as_ref()));
            graph.named.extend(all.iter().map(|(reference, _)| key(reference)));
            graph.names.insert(own.clone(), all);
        }
        Ok(graph)
    }

    /// What nothing names, if it names something itself or takes requests.
    fn roots(&self) -> Vec<Key> {
        self.items.keys().filter(|key| !self.named.contains(*key)).cloned().collect()
    }

    fn below(&self, key: &Key) -> &[(Reference, bool)] {
        self.names.get(key).map_or(&[], Vec::as_slice)
    }

    /// The lines of one object and what is below it. `above` keeps circles from going on for ever.
    fn draw(&self, own: &Key, first: &str, rest: &str, above: &mut Vec<Key>, drawing: &mut Drawing<'_>) {
        let Some(item) = self.items.get(own) else { return };
        let circle = above.contains(own);
        drawing.lines.push(format!("{first}{}{}", item.reference, if circle { " (circle)" } else { "" }));
        if circle {
            return;
        }
        above.push(own.clone());
        let below = self.below(own);
        let nodes = nodes(&item.value);
        let count = below.len() + nodes.len();
        for (i, (reference, there)) in below.iter().enumerate() {
            let (branch, under) = drawing.look.branch(i + 1 == count);
            if *there {
                self.draw(&key(reference), &format!("{rest}{branch}"), &format!("{rest}{under}"), above, drawing);
            } else {
                drawing.lines.push(format!("{rest}{branch}{reference} (missing)"));
            }
        }
        for (i, node) in nodes.iter().enumerate() {
            let (branch, _) = drawing.look.branch(below.len() + i + 1 == count);
            drawing.lines.push(format!("{rest}{branch}{node}"));
        }
        above.pop();
    }

    fn document(&self, own: &Key, above: &mut Vec<Key>) -> Value {
        let Some(item) = self.items.get(own) else { return Value::Null };
        let mut document = json!({ "object": item.reference.to_string() });
        if above.contains(own) {
            return document;
        }
        above.push(own.clone());
        let uses = self.below(own).iter().map(|(reference, there)| match there {
            true => self.document(&key(reference), above),
            false => json!({ "object": reference.to_string(), "missing": true }),
        });
        let uses: Vec<Value> = uses.collect();
        above.pop();
        let nodes = nodes(&item.value);
        if let Value::Object(fields) = &mut document {
            for (name, value) in [("uses", json!(uses)), ("nodes", json!(nodes))] {
                if value.as_array().is_some_and(|all| !all.is_empty()) {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        document
    }

    /// Objects that do nothing unless something names them, and that nothing does.
    fn unused(&self, app: &App<'_>) -> Result<()> {
        let needed = [Model::Upstream, Model::Service, Model::PluginConfig, Model::ConsumerGroup, Model::Proto];
        let mut list = app.printer().list(vec![head("OBJECT", 1), head("NAME", 2)])?;
        for (key, item) in &self.items {
            if needed.contains(&item.reference.resource.kind) && !self.used.contains(key) {
                let object = item.reference.to_string();
                let name = crate::output::list::cell(&item.value, "name");
                let document = json!({ "object": object, "name": item.value.get("name") });
                list.push(&Record { name: object.clone(), cells: vec![object, name], document })?;
            }
        }
        if list.finish()? == 0 {
            app.out.note("everything is used");
        }
        Ok(())
    }

    /// Objects with what they name and is not there.
    fn dangling(&self) -> impl Iterator<Item = (&Reference, &Reference)> {
        let named = self.names.iter().filter_map(|(key, names)| Some((&self.items.get(key)?.reference, names)));
        named.flat_map(|(own, names)| {
            names.iter().filter(|(_, there)| !there).map(move |(reference, _)| (own, reference))
        })
    }

    fn broken(&self, app: &App<'_>) -> Result<()> {
        let mut list = app.printer().list(vec![head("OBJECT", 1), head("NAMES", 1)])?;
        for (own, reference) in self.dangling() {
            let (object, missing) = (own.to_string(), reference.to_string());
            let document = json!({ "object": object, "names": missing });
            list.push(&Record { name: object.clone(), cells: vec![object, missing], document })?;
        }
        match list.finish()? {
            0 => {
                app.out.note("nothing is missing");
                Ok(())
            }
            1 => Err(Error::new(Kind::Negative, "one object that is named does not exist")),
            count => Err(Error::new(Kind::Negative, format!("{count} objects that are named do not exist"))),
        }
    }
}

/// The nodes of an upstream, or of the one within an object.
fn nodes(value: &Value) -> Vec<String> {
    let upstream = value.get("upstream").unwrap_or(value);
    match upstream.get("nodes") {
        Some(Value::Object(nodes)) => nodes.keys().cloned().collect(),
        Some(Value::Array(nodes)) => nodes
            .iter()
            .map(|node| {
                let host = node.get("host").and_then(Value::as_str).unwrap_or_default();
                node.get("port").map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
            })
            .collect(),
        _ => {
            let name = upstream.get("service_name").and_then(Value::as_str);
            let kind = upstream.get("discovery_type").and_then(Value::as_str).unwrap_or("discovery");
            name.map(|name| format!("{kind}:{name}")).into_iter().collect()
        }
    }
}
