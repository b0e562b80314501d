//! The Control API (`apisix.control`): what this instance holds, for the people who run it. It takes no key and shows no secrets.

use std::net::TcpListener;
use std::sync::Arc;

use gateway_model::check::{self, Context, Expressions};
use gateway_model::plugin::{PluginSpec, PluginSpecs};
use gateway_model::secret::masked;
use gateway_model::{Kind, NoReferences, nodes, schemas};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::admin::{describe, knows_host};
use crate::boot::BootError;
use crate::control_http::{self, Answer, Bounds};
use crate::state::{Language, State, Stored, keys};

/// Serves the Control API on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub fn serve(listener: TcpListener, state: State) -> Result<(), BootError> {
    let local = listener.local_addr().is_ok_and(|addr| addr.ip().is_loopback());
    let control = Arc::new(Control { state, local });
    control_http::serve(listener, Bounds::default(), move |request, _| {
        let control = Arc::clone(&control);
        async move {
            // A dump of everything takes long where there is much; other requests need not wait for it.
            let answer = tokio::task::spawn_blocking(move || control.respond(&request)).await;
            answer.unwrap_or_else(|_| error(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error"))
        }
    })
}

struct Control {
    state: State,
    /// Listens on loopback: a page of somewhere else whose name leads here (DNS rebinding) is refused.
    local: bool,
}

impl Control {
    fn respond<B>(&self, request: &Request<B>) -> Answer {
        let host = request.headers().get(hyper::header::HOST).and_then(|host| host.to_str().ok());
        if self.local && host.is_some_and(|host| !knows_host(host, &[])) {
            return error(StatusCode::FORBIDDEN, "403 Forbidden");
        }
        let Ok(path) = percent_decode_str(request.uri().path()).decode_utf8() else { return no_such_path() };
        let Some(rest) = path.strip_prefix("/v1/") else { return no_such_path() };
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["schema"]) => ok(&self.schema()),
            (&Method::GET, ["healthcheck"]) => ok(&json!([])),
            (&Method::GET, ["healthcheck", plural]) => healthcheck(plural),
            (&Method::GET, ["healthcheck", plural, id]) => self.checker(plural, id),
            (&Method::POST, ["gc"]) => control_http::answer(StatusCode::OK, "text/plain", Bytes::new()),
            (&Method::PUT, ["plugins", "reload"]) => control_http::answer(StatusCode::OK, "text/plain", "done"),
            (&Method::GET, [word]) => match listed(word) {
                Some(kind) => ok(&self.all(kind)),
                None => no_such_path(),
            },
            (&Method::GET, [word, id]) => match LISTED.iter().find(|(_, one, _)| one == word) {
                Some((_, _, kind)) => self.one(*kind, id),
                None => no_such_path(),
            },
            _ => no_such_path(),
        }
    }

    fn schema(&self) -> Value {
        let mut main = Map::new();
        for name in schemas::names() {
            // Two have names of their own here.
            let shown = match name {
                "hash_key_vars" => "upstream_hash_vars_schema",
                "hash_key_header" => "upstream_hash_header_schema",
                name => name,
            };
            main.extend(schemas::json(name).map(|schema| (shown.to_owned(), schema)));
        }
        let specs: Vec<&PluginSpec> = PluginSpecs::iter(&**self.state.registry()).collect();
        json!({ "main": main, "plugins": describe(&specs), "stream_plugins": {} })
    }

    fn all(&self, kind: Kind) -> Value {
        let stored: Vec<(String, Stored)> =
            self.state.read(|tables| tables.iter(kind).map(|(id, s)| (id.to_owned(), s.clone())).collect());
        stored.iter().map(|(id, stored)| self.item(kind, id, stored)).collect()
    }

    fn one(&self, kind: Kind, id: &str) -> Answer {
        match self.state.read(|tables| tables.get(kind, id).cloned()) {
            Some(stored) => ok(&self.item(kind, id, &stored)),
            None => {
                let word = if kind == Kind::PluginMetadata { "plugin metadata" } else { kind.singular() };
                error(StatusCode::NOT_FOUND, format!("{word}[{id}] not found"))
            }
        }
    }

    /// An object as this instance runs it: defaults filled in, nodes in their one form, secrets hidden.
    fn item(&self, kind: Kind, id: &str, stored: &Stored) -> Value {
        let registry = &**self.state.registry();
        let language: &dyn Expressions = &Language;
        let open = self.state.open(kind, stored);
        let cx = Context::new(registry, &NoReferences, language);
        // What does not pass its checks does not run, but it is there.
        let value = check::object(kind, id, &open, &cx).unwrap_or(open);
        let mut value = masked(kind, &value, registry);
        if kind == Kind::PluginMetadata {
            return value;
        }
        normalize(&mut value);
        let mut has_domain = false;
        let upstream = if kind == Kind::Upstream { Some(&mut value) } else { value.get_mut("upstream") };
        if let Some(upstream) = upstream {
            normalize(upstream);
            has_domain = names_hosts(upstream);
        }
        json!({
            "key": keys::key(kind, id),
            "value": value,
            "createdIndex": stored.created,
            "modifiedIndex": stored.modified,
            "orig_modifiedIndex": stored.modified,
            "clean_handlers": {},
            "has_domain": has_domain,
            "update_count": 0,
        })
    }

    fn checker(&self, plural: &str, id: &str) -> Answer {
        let Some(kind) = checked(plural) else { return wrong_source(plural) };
        let text = match self.state.read(|tables| tables.get(kind, id).is_some()) {
            true => format!("no checker for {plural}[{id}]"),
            false => format!("{plural}[{id}] not found"),
        };
        error(StatusCode::NOT_FOUND, text)
    }
}

/// What can be dumped: the word for all of them, the word for one, the kind.
const LISTED: [(&str, &str, Kind); 4] = [
    ("routes", "route", Kind::Route),
    ("services", "service", Kind::Service),
    ("upstreams", "upstream", Kind::Upstream),
    ("plugin_metadatas", "plugin_metadata", Kind::PluginMetadata),
];

fn listed(word: &str) -> Option<Kind> {
    LISTED.iter().find(|(all, _, _)| *all == word).map(|(_, _, kind)| *kind)
}

/// Kinds whose nodes can be checked.
fn checked(plural: &str) -> Option<Kind> {
    [Kind::Route, Kind::Service, Kind::Upstream, Kind::StreamRoute].into_iter().find(|kind| kind.plural() == plural)
}

fn healthcheck(plural: &str) -> Answer {
    match checked(plural) {
        Some(_) => error(StatusCode::NOT_FOUND, format!("missing src id for src type {plural}")),
        None => wrong_source(plural),
    }
}

fn wrong_source(plural: &str) -> Answer {
    error(StatusCode::BAD_REQUEST, format!("invalid src type {plural}"))
}

/// Writes the nodes of an upstream in their list form.
fn normalize(upstream: &mut Value) {
    let scheme = upstream.get("scheme").and_then(Value::as_str).unwrap_or("http");
    let Some(Ok(parsed)) = upstream.get("nodes").map(|nodes| nodes::parse(nodes, scheme)) else { return };
    let list = parsed.into_iter().map(|node| {
        let mut fields = Map::new();
        fields.insert("host".to_owned(), node.host.into());
        fields.insert("port".to_owned(), node.port.into());
        fields.insert("weight".to_owned(), node.weight.into());
        if node.priority != 0 {
            fields.insert("priority".to_owned(), node.priority.into());
        }
        fields.extend(node.metadata.map(|metadata| ("metadata".to_owned(), Value::Object(metadata))));
        Value::Object(fields)
    });
    let list: Value = list.collect();
    if let Value::Object(fields) = upstream {
        fields.insert("nodes".to_owned(), list);
    }
}

/// Whether a node is named rather than addressed.
fn names_hosts(upstream: &Value) -> bool {
    let nodes = upstream.get("nodes").and_then(Value::as_array);
    let mut hosts = nodes.into_iter().flatten().filter_map(|node| node.get("host").and_then(Value::as_str));
    hosts.any(|host| host.parse::<std::net::IpAddr>().is_err())
}

fn ok(value: &Value) -> Answer {
    control_http::json(StatusCode::OK, value)
}

fn error(status: StatusCode, text: impl Into<String>) -> Answer {
    control_http::json(status, &json!({ "error_msg": text.into() }))
}

fn no_such_path() -> Answer {
    error(StatusCode::NOT_FOUND, "404 Not Found")
}
