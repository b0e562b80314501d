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
    /// Operations whose protection has no plugin here become routes that are open.
    pub(crate) allow_open: bool,
}

/// What came of a document.
#[derive(Debug, Default)]
pub(crate) struct Converted {
    pub(crate) entries: Vec<Entry>,
    /// What could not be converted, each with its place.
    pub(crate) notes: Vec<String>,
    /// Operations that are left out: here they would be open to everybody.
    pub(crate) left_out: Vec<String>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Converts a document.
///
/// # Errors
/// Usage, with the place: no OpenAPI document, no server.
pub(crate) fn convert(document: &Document, wish: Wish) -> Result<Converted> {
    let root = &document.value;
    let version = root.get("openapi").or_else(|| root.get("swagger")).and_then(Value::as_str).unwrap_or_default();
    if !["2.0", "3.0", "3.1"].iter().any(|known| version.starts_with(known)) {
        let error = Error::usage("no OpenAPI document of version 2.0, 3.0 or 3.1");
        return Err(error.at(document.source("/openapi")));
    }
    let title = root.pointer("/info/title").and_then(Value::as_str).unwrap_or("api");
    let name = extension(root, "name").and_then(Value::as_str).unwrap_or(title);
    let mut converter = Converter {
        document,
        wish,
        service: slug(name),
        prefix: String::new(),
        notes: Vec::new(),
        left_out: Vec::new(),
        guards: Map::new(),
    };
    let mut service = defaults(root, "service-defaults");
    service.insert("name".to_owned(), name.into());
    if let Some(description) = root.pointer("/info/description").and_then(Value::as_str) {
        service.insert("desc".to_owned(), description.chars().take(256).collect::<String>().into());
    }
    let upstream = converter.upstream()?;
    service.insert("upstream".to_owned(), Value::Object(upstream));
    common(root, &mut service);
    let mut plugins = plugins_of(root);
    if let Way::Plugins(found) = converter.way(root.get("security"), "/security") {
        fill(&mut plugins, found);
    }
    converter.guards.clone_from(&plugins);
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
    Ok(Converted { entries, notes: converter.notes, left_out: converter.left_out })
}

struct Converter<'d> {
    document: &'d Document,
    wish: Wish,
    /// The id of the service.
    service: String,
    /// What stands before all paths.
    prefix: String,
    notes: Vec<String>,
    left_out: Vec<String>,
    /// The plugins of the service.
    guards: Map<String, Value>,
}

/// How requests have to identify themselves.
#[derive(Debug, PartialEq)]
enum Way {
    /// Nobody says.
    Unsaid,
    /// By none.
    Open,
    /// By these plugins.
    Plugins(Map<String, Value>),
    /// By something that has no plugin here: the names of the schemes.
    Unknown(String),
}

/// Plugins that find out who calls, or whether he may.
const AUTHENTICATION: [&str; 14] = [
    "authz-casbin",
    "authz-casdoor",
    "authz-keycloak",
    "basic-auth",
    "cas-auth",
    "forward-auth",
    "hmac-auth",
    "jwt-auth",
    "key-auth",
    "ldap-auth",
    "multi-auth",
    "opa",
    "openid-connect",
    "wolf-rbac",
];

impl Converter<'_> {
    fn note(&mut self, pointer: &str, what: &str) {
        let note = self.told(pointer, what);
        self.notes.push(note);
    }

    /// What is said of a place of the document.
    fn told(&self, pointer: &str, what: &str) -> String {
        let source = self.document.source(pointer);
        let numbers = [source.line, source.column].into_iter().flatten();
        let place = numbers.fold(source.file, |place, number| format!("{place}:{number}"));
        format!("{place}: {what}")
    }

    /// The upstream out of the servers; also finds what stands before all paths.
    fn upstream(&mut self) -> Result<Map<String, Value>> {
        let root = &self.document.value;
        let mut upstream = defaults(root, "upstream-defaults");
        let urls = servers(root);
        let mut nodes = Vec::new();
        for (i, text) in urls.iter().enumerate() {
            if let Some((name, _)) = text.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
                let what = format!("the variable {name} has no default, and stays in the URL as it is");
                self.note(&format!("/servers/{i}/url"), &what);
            }
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
        let rooted = format!("/{}", path.trim_start_matches('/'));
        if !path.starts_with('/') {
            self.note(&pointer, &format!("a path begins with /; taken as {rooted}"));
        }
        let path = if path.starts_with('/') { path } else { &rooted };
        let operations: Vec<(&str, &Value)> =
            METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?))).collect();
        let mut entries = Vec::new();
        match self.wish.group_by {
            GroupBy::Operation => {
                for (method, operation) in operations {
                    let pointer = format!("{pointer}/{method}");
                    if self.stays(path, item, (method, operation), &pointer, true) {
                        entries.push(self.route(path, item, &[(method, operation)], &pointer)?);
                    }
                }
            }
            GroupBy::Path => {
                let alone = operations.len() == 1;
                let mut operations = operations;
                operations.retain(|of| self.stays(path, item, *of, &format!("{pointer}/{}", of.0), alone));
                if !operations.is_empty() {
                    entries.push(self.route(path, item, &operations, &pointer)?);
                }
            }
        }
        Ok(entries)
    }

    /// Whether an operation can be part of a route without being open to more than in the document. `own`: its route has
    /// no other operations, and so can have its plugins.
    fn stays(&mut self, path: &str, item: &Value, of: (&str, &Value), pointer: &str, own: bool) -> bool {
        let (method, operation) = of;
        let pointer = format!("{pointer}/security");
        let (way, wanted) = match self.way_of(operation.get("security")) {
            Way::Unsaid => (self.way_of(self.document.value.get("security")), false),
            way => (way, true),
        };
        let named = |plugins: &Map<String, Value>| plugins.keys().any(|name| AUTHENTICATION.contains(&name.as_str()));
        let by_hand = [plugins_of(item), plugins_of(operation), plugins_of(&self.document.value)].iter().any(named);
        let why = match way {
            Way::Unknown(schemes) if !by_hand => format!("there is no plugin here for its security scheme {schemes}"),
            Way::Plugins(plugins)
                if !own && wanted && plugins.iter().any(|(name, conf)| self.guards.get(name) != Some(conf)) =>
            {
                "its security is not that of the other operations of its path; --group-by operation keeps it".to_owned()
            }
            _ => return true,
        };
        let what = format!("{} {path}: {why}", method.to_uppercase());
        if self.wish.allow_open {
            self.note(&pointer, &format!("{what}; open to everybody"));
            return true;
        }
        let told = self.told(&pointer, &what);
        self.left_out.push(told);
        false
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
            let (alone, at) = match operations.len() {
                1 => (true, format!("{pointer}/security")),
                _ => (false, format!("{pointer}/{method}/security")),
            };
            if let Way::Plugins(found) = self.way(operation.get("security"), &at)
                && alone
            {
                fill(&mut plugins, found);
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

    /// The first way in that can be converted, with what is to be said of it.
    fn way(&mut self, security: Option<&Value>, pointer: &str) -> Way {
        let way = self.way_of(security);
        let several = security.and_then(Value::as_array).is_some_and(|ways| ways.len() > 1);
        if several && matches!(way, Way::Plugins(_)) {
            self.note(pointer, "several ways in; only the first that has plugins here is used");
        }
        let guarded = self.guards.keys().any(|name| AUTHENTICATION.contains(&name.as_str()));
        if way == Way::Open && guarded {
            self.note(pointer, "open to everybody there; the plugins of the service guard it here");
        }
        way
    }

    fn way_of(&self, security: Option<&Value>) -> Way {
        let Some(alternatives) = security.and_then(Value::as_array) else { return Way::Unsaid };
        let mut unknown = Vec::new();
        for alternative in alternatives {
            let names = alternative.as_object().into_iter().flat_map(Map::keys);
            let mut plugins = Map::new();
            let before = unknown.len();
            for name in names {
                match self.plugin(name) {
                    Some((plugin, conf)) => drop(plugins.entry(plugin).or_insert(conf)),
                    None => unknown.push(name.clone()),
                }
            }
            match (unknown.len() == before, plugins.is_empty()) {
                (true, false) => return Way::Plugins(plugins),
                // Whoever likes comes in without any.
                (true, true) => return Way::Open,
                (false, _) => {}
            }
        }
        if unknown.is_empty() { Way::Open } else { Way::Unknown(unknown.join(", ")) }
    }

    /// The plugin of a security scheme.
    fn plugin(&self, name: &str) -> Option<(&'static str, Value)> {
        let scheme = ["/components/securitySchemes", "/securityDefinitions"];
        let at = |base: &&str| self.document.value.pointer(&format!("{base}/{}", mask::escape(name)));
        let scheme = scheme.iter().find_map(at)?;
        let text = |field: &str| scheme.get(field).and_then(Value::as_str).unwrap_or_default();
        match (text("type"), text("in"), text("scheme").to_ascii_lowercase().as_str()) {
            ("apiKey", "header", _) => Some(("key-auth", json!({ "header": text("name") }))),
            ("apiKey", "query", _) => Some(("key-auth", json!({ "query": text("name") }))),
            ("basic", ..) | ("http", _, "basic") => Some(("basic-auth", json!({}))),
            ("http", _, "bearer") => Some(("jwt-auth", json!({}))),
            _ => None,
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
            // One without stays, and is told.
            let Some(default) = variable.get("default").and_then(Value::as_str) else { continue };
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

/// Adds the plugins that are not there yet.
fn fill(plugins: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, conf) in more {
        plugins.entry(name).or_insert(conf);
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
