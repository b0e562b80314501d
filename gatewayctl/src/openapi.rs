//! OpenAPI documents (2.0, 3.0, 3.1) as objects of the gateway.

mod requests;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::files::parse::Document;
use crate::files::write::Entry;
use crate::output::mask;
use crate::resources::{self, Reference};

/// What a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GroupBy {
    /// One operation
    Operation,
    /// All operations of a path
    Path,
}

/// How parameters in paths are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PathParams {
    /// By a prefix and a condition on the path
    Vars,
    /// As :name, which only the router radixtree_uri_with_parameter takes
    Colon,
}

/// How it is converted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) group_by: GroupBy,
    pub(crate) path_params: PathParams,
    pub(crate) validate_requests: bool,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The objects of a document, and what could not be converted, each with its place.
///
/// # Errors
/// Usage, with the place: no OpenAPI document, no server.
pub(crate) fn convert(document: &Document, wish: Wish) -> Result<(Vec<Entry>, Vec<String>)> {
    let root = &document.value;
    let version = root.get("openapi").or_else(|| root.get("swagger")).and_then(Value::as_str).unwrap_or_default();
    if !["2.0", "3.0", "3.1"].iter().any(|known| version.starts_with(known)) {
        let error = Error::usage("no OpenAPI document of version 2.0, 3.0 or 3.1");
        return Err(error.at(document.source("/openapi")));
    }
    let title = root.pointer("/info/title").and_then(Value::as_str).unwrap_or("api");
    let name = extension(root, "name").and_then(Value::as_str).unwrap_or(title);
    let mut converter = Converter { document, wish, service: slug(name), prefix: String::new(), notes: Vec::new() };
    let mut service = defaults(root, "service-defaults");
    service.insert("name".to_owned(), name.into());
    if let Some(description) = root.pointer("/info/description").and_then(Value::as_str) {
        service.insert("desc".to_owned(), description.chars().take(256).collect::<String>().into());
    }
    let upstream = converter.upstream()?;
    service.insert("upstream".to_owned(), Value::Object(upstream));
    common(root, &mut service);
    let mut plugins = plugins_of(root);
    converter.secure(root.get("security"), "/security", &mut plugins);
    put_plugins(&mut service, plugins);
    let mut entries = vec![entry("services", &converter.service, Value::Object(service))?];
    let paths = root.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        if !path.starts_with("x-") {
            entries.extend(converter.path(path, item)?);
        }
    }
    let mut seen = std::collections::HashSet::new();
    for entry in &entries {
        if !seen.insert(entry.reference.to_string()) {
            return Err(
                Error::usage(format!("two operations would be {}", entry.reference)).at(document.source("/paths"))
            );
        }
    }
    Ok((entries, converter.notes))
}

struct Converter<'d> {
    document: &'d Document,
    wish: Wish,
    /// The id of the service.
    service: String,
    /// What stands before all paths.
    prefix: String,
    notes: Vec<String>,
}

impl Converter<'_> {
    fn note(&mut self, pointer: &str, what: &str) {
        let source = self.document.source(pointer);
        let numbers = [source.line, source.column].into_iter().flatten();
        let place = numbers.fold(source.file, |place, number| format!("{place}:{number}"));
        self.notes.push(format!("{place}: {what}"));
    }

    /// The upstream out of the servers; also finds what stands before all paths.
    fn upstream(&mut self) -> Result<Map<String, Value>> {
        let root = &self.document.value;
        let mut upstream = defaults(root, "upstream-defaults");
        let urls = servers(root);
        let mut nodes = Vec::new();
        for (i, text) in urls.iter().enumerate() {
            let absolute = if text.starts_with("//") { format!("http:{text}") } else { text.clone() };
            let Ok(url) = reqwest::Url::parse(&absolute) else {
                if i == 0 {
                    text.trim_end_matches('/').clone_into(&mut self.prefix);
                }
                continue;
            };
            let Some(host) = url.host_str() else { continue };
            let path = url.path().trim_end_matches('/');
            if nodes.is_empty() {
                path.clone_into(&mut self.prefix);
                upstream.entry("scheme").or_insert_with(|| url.scheme().into());
            } else if path != self.prefix || upstream.get("scheme").and_then(Value::as_str) != Some(url.scheme()) {
                self.note(&format!("/servers/{i}"), "a server with another scheme or path than the first; left out");
                continue;
            }
            let port = url.port_or_known_default().unwrap_or(80);
            nodes.push(json!({ "host": host, "port": port, "weight": 1 }));
        }
        if !upstream.contains_key("nodes") && !upstream.contains_key("service_name") {
            if nodes.is_empty() {
                let error = Error::usage("no server with a host").at(self.document.source("/servers"));
                return Err(error.hint("servers: [{url: http://127.0.0.1:8080}], or nodes in x-gw-upstream-defaults"));
            }
            upstream.insert("nodes".to_owned(), nodes.into());
            // Servers know themselves by their own names.
            upstream.entry("pass_host").or_insert_with(|| "node".into());
        }
        Ok(upstream)
    }

    fn path(&mut self, path: &str, item: &Value) -> Result<Vec<Entry>> {
        let pointer = format!("/paths/{}", mask::escape(path));
        if item.get("$ref").is_some() {
            self.note(&pointer, "a path that is a $ref; left out");
            return Ok(Vec::new());
        }
        if item.get("servers").is_some() {
            self.note(&format!("{pointer}/servers"), "servers of a path; those of the document are used");
        }
        let operations: Vec<(&str, &Value)> =
            METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?))).collect();
        let mut entries = Vec::new();
        match self.wish.group_by {
            GroupBy::Operation => {
                for (method, operation) in operations {
                    entries.push(self.route(path, item, &[(method, operation)], &format!("{pointer}/{method}"))?);
                }
            }
            GroupBy::Path if operations.is_empty() => {}
            GroupBy::Path => entries.push(self.route(path, item, &operations, &pointer)?),
        }
        Ok(entries)
    }

    fn route(&mut self, path: &str, item: &Value, operations: &[(&str, &Value)], pointer: &str) -> Result<Entry> {
        let root = &self.document.value;
        let mut route = defaults(root, "route-defaults");
        let own = match operations {
            [(method, operation)] => {
                let named = extension(operation, "name").or_else(|| operation.get("operationId"));
                let named = named.and_then(Value::as_str).map(str::to_owned);
                named.unwrap_or_else(|| format!("{method} {path}"))
            }
            _ => extension(item, "name").and_then(Value::as_str).unwrap_or(path).to_owned(),
        };
        let id = format!("{}-{}", self.service, slug(&own));
        route.insert("name".to_owned(), own.into());
        let texts =
            operations.iter().flat_map(|(_, operation)| ["summary", "description"].map(|name| operation.get(name)));
        if let Some(text) = texts.flatten().find_map(Value::as_str) {
            route.insert("desc".to_owned(), text.chars().take(256).collect::<String>().into());
        }
        let methods: Vec<String> = operations.iter().map(|(method, _)| method.to_uppercase()).collect();
        route.insert("methods".to_owned(), methods.into());
        route.insert("service_id".to_owned(), self.service.as_str().into());
        self.matching(path, &mut route);
        common(item, &mut route);
        let mut plugins = plugins_of(item);
        for (method, operation) in operations {
            common(operation, &mut route);
            plugins.extend(plugins_of(operation));
            if operations.len() == 1 {
                self.secure(operation.get("security"), &format!("{pointer}/security"), &mut plugins);
            } else if operation.get("security").is_some() {
                self.note(&format!("{pointer}/{method}/security"), "security of one operation of a path; left out");
            }
        }
        if self.wish.validate_requests {
            match operations {
                [(_, operation)] => {
                    let (conf, notes) = requests::validation(root, item, operation);
                    notes.iter().for_each(|note| self.note(pointer, note));
                    if let Some(conf) = conf {
                        plugins.insert("request-validation".to_owned(), conf);
                    }
                }
                _ => self.note(pointer, "requests are validated by operation, not by path"),
            }
        }
        put_plugins(&mut route, plugins);
        entry("routes", &id, Value::Object(route))
    }

    /// Which paths a route takes.
    fn matching(&self, path: &str, route: &mut Map<String, Value>) {
        let full = format!("{}{path}", self.prefix);
        let Some(first) = full.find('{') else {
            route.insert("uri".to_owned(), full.into());
            return;
        };
        if self.wish.path_params == PathParams::Colon {
            let colon =
                full.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                    Some(name) => format!(":{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
                    None => part.to_owned(),
                });
            route.insert("uri".to_owned(), colon.collect::<Vec<_>>().join("/").into());
            return;
        }
        let mut pattern = String::from("^");
        let mut rest = full.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            pattern.push_str(&regex::escape(before));
            pattern.push_str("[^/]+");
            rest = after.split_once('}').map_or("", |(_, rest)| rest);
        }
        pattern.push_str(&regex::escape(rest));
        pattern.push('$');
        let prefix = full.get(..first).unwrap_or("/");
        route.insert("uri".to_owned(), format!("{prefix}*").into());
        let mut vars = route.get("vars").and_then(Value::as_array).cloned().unwrap_or_default();
        vars.push(json!(["uri", "~~", pattern]));
        route.insert("vars".to_owned(), vars.into());
    }

    /// Adds the plugins of the first way in that can be converted.
    fn secure(&mut self, security: Option<&Value>, pointer: &str, plugins: &mut Map<String, Value>) {
        let alternatives = security.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if alternatives.len() > 1 {
            self.note(pointer, "several ways in; only the first is used");
        }
        let root = &self.document.value;
        if security.is_some() && alternatives.is_empty() && root.get("security").is_some() {
            self.note(pointer, "open to everybody there; the plugins of the service guard it here");
        }
        let Some(first) = alternatives.first().and_then(Value::as_object) else { return };
        for name in first.keys() {
            let scheme = ["/components/securitySchemes", "/securityDefinitions"];
            let scheme = scheme.iter().find_map(|base| root.pointer(&format!("{base}/{}", mask::escape(name))));
            let text =
                |field: &str| scheme.and_then(|scheme| scheme.get(field)).and_then(Value::as_str).unwrap_or_default();
            let plugin = match (text("type"), text("in"), text("scheme").to_ascii_lowercase().as_str()) {
                ("apiKey", "header", _) => Some(("key-auth", json!({ "header": text("name") }))),
                ("apiKey", "query", _) => Some(("key-auth", json!({ "query": text("name") }))),
                ("basic", ..) | ("http", _, "basic") => Some(("basic-auth", json!({}))),
                ("http", _, "bearer") => Some(("jwt-auth", json!({}))),
                _ => None,
            };
            match plugin {
                Some((name, conf)) => drop(plugins.entry(name).or_insert(conf)),
                None => self.note(pointer, &format!("the security scheme {name} has no plugin here")),
            }
        }
    }
}

/// The URLs of the servers, variables filled in with their defaults.
fn servers(root: &Value) -> Vec<String> {
    if let Some(host) = root.get("host").and_then(Value::as_str) {
        let scheme = root.pointer("/schemes/0").and_then(Value::as_str).unwrap_or("http");
        let base = root.get("basePath").and_then(Value::as_str).unwrap_or_default();
        return vec![format!("{scheme}://{host}{base}")];
    }
    let base = root.get("basePath").and_then(Value::as_str).map(str::to_owned);
    let servers = root.get("servers").and_then(Value::as_array).into_iter().flatten();
    let url = |server: &Value| {
        let mut url = server.get("url")?.as_str()?.to_owned();
        for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
            let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
            url = url.replace(&format!("{{{name}}}"), default);
        }
        Some(url)
    };
    servers.filter_map(url).chain(base).collect()
}

/// `x-gw-NAME`, or `x-adc-NAME`.
fn extension<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(format!("x-gw-{name}")).or_else(|| value.get(format!("x-adc-{name}")))
}

fn defaults(root: &Value, name: &str) -> Map<String, Value> {
    extension(root, name).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn plugins_of(value: &Value) -> Map<String, Value> {
    extension(value, "plugins").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn put_plugins(object: &mut Map<String, Value>, plugins: Map<String, Value>) {
    if plugins.is_empty() {
        return;
    }
    let own = object.entry("plugins").or_insert_with(|| json!({}));
    if let Value::Object(own) = own {
        own.extend(plugins);
    }
}

/// Labels, which every level may add.
fn common(value: &Value, object: &mut Map<String, Value>) {
    let Some(labels) = extension(value, "labels").and_then(Value::as_object) else { return };
    let own = object.entry("labels").or_insert_with(|| json!({}));
    if let Value::Object(own) = own {
        own.extend(labels.clone());
    }
}

fn entry(resource: &str, id: &str, value: Value) -> Result<Entry> {
    let resource = resources::find(resource)?;
    Ok(Entry { reference: Reference::new(resource, id)?, value })
}

/// An id out of a name.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_matches(['-', '.']).chars().take(60).collect();
    if slug.is_empty() { "api".to_owned() } else { slug }
}
