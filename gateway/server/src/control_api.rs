//! The Control API (`apisix.control`): what this instance holds, for the people who run it. It takes no key and shows no secrets.

use std::net::TcpListener;
use std::sync::Arc;

use gateway_engine::snapshot::Shared;
use gateway_model::check::{self, Context, Expressions};
use gateway_model::plugin::{PluginSpec, PluginSpecs};
use gateway_model::{Kind, NoReferences, nodes, schemas};
use hyper::body::Bytes;
use hyper::header::ACCEPT;
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::admin::{describe, knows_host};
use crate::boot::BootError;
use crate::control_http::{self, Answer, Bounds, Gate};
use crate::masks;
use crate::state::{Language, State, Stored, keys};
use crate::{discovery, health};

/// Serves the Control API on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime.
pub(crate) fn serve(
    listener: TcpListener,
    state: State,
    shared: Arc<Shared>,
    bounds: Bounds,
    gate: &Gate,
) -> Result<(), BootError> {
    let local = listener.local_addr().is_ok_and(|addr| addr.ip().is_loopback());
    let control = Arc::new(Control { state, shared, local });
    control_http::serve(listener, bounds, gate, move |request, _| {
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
    shared: Arc<Shared>,
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
            (&Method::GET, ["healthcheck"]) => {
                let checkers = health::all(&self.shared.checkers);
                shown(request, &checkers, || checkers.clone().into())
            }
            (&Method::GET, ["healthcheck", plural]) => healthcheck(plural),
            (&Method::GET, ["healthcheck", plural, id]) => self.checker(request, plural, id),
            (&Method::GET, ["discovery", registry, "dump"]) => match discovery::dump(&self.shared, registry) {
                Some(dump) => ok(&dump),
                None => no_such_path(),
            },
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
        main.extend(schemas::parts().into_iter().map(|(name, part)| (name.to_owned(), part)));
        let specs: Vec<&PluginSpec> = PluginSpecs::iter(&**self.state.registry()).collect();
        let streams: Vec<&PluginSpec> = self.state.registry().streams().collect();
        json!({ "main": main, "plugins": describe(&specs), "stream_plugins": describe(&streams) })
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
        let mut value = masks::object(kind, &value, registry);
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

    fn checker<B>(&self, request: &Request<B>, plural: &str, id: &str) -> Answer {
        let Some(kind) = checked(plural) else { return wrong_source(plural) };
        if let Some(checker) = health::one(&self.shared.checkers, &format!("{plural}/{id}")) {
            return shown(request, std::slice::from_ref(&checker), || checker.clone());
        }
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

/// Checkers as a page, for a browser, or as JSON.
fn shown<B>(request: &Request<B>, checkers: &[Value], json: impl FnOnce() -> Value) -> Answer {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    match accept.is_some_and(|accept| accept.contains("text/html")) {
        true => control_http::answer(StatusCode::OK, "text/html; charset=utf-8", health::page(checkers)),
        false => ok(&json()),
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

#[cfg(test)]
mod tests {
    use gateway_model::check::Invalid;
    use gateway_store::{Embedded, Options, Origin};
    use http_body_util::BodyExt;
    use tempfile::TempDir;

    use super::*;
    use crate::state::testkit;

    /// Status and body of one request.
    async fn call(control: &Control, method: &str, path: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).header("host", "localhost:9090").body(()).unwrap();
        let answer = control.respond(&request);
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn control(dir: &TempDir, objects: Vec<(Kind, &'static str, Value)>) -> Control {
        let store = Arc::new(Embedded::open(dir.path(), Options::default()).unwrap());
        let (state, shared) = testkit::start(store, None, tokio::runtime::Handle::current());
        for (kind, id, value) in objects {
            let put = move |draft: &mut crate::state::Draft<'_>| -> Result<(), Invalid> {
                let checked = draft.check(kind, id, &value)?;
                draft.put(kind, id, value, checked, None).map(drop)
            };
            state.write(Origin::new("test", "here"), "PUT", put).await.unwrap();
        }
        Control { state, shared, local: true }
    }

    #[tokio::test]
    async fn objects_as_they_run() {
        let dir = TempDir::new().unwrap();
        let plugins = json!({"limit-count": {"count": 2, "time_window": 60}});
        let objects = vec![
            (Kind::Upstream, "u", json!({"nodes": {"127.0.0.1:8001": 1}})),
            (Kind::Route, "r", json!({"uri": "/a", "upstream": {"nodes": {"a.example": 2}}, "plugins": plugins})),
            (Kind::PluginMetadata, "cors", json!({"id": "cors", "allow_origins": {"a": "https://a.example"}})),
        ];
        let control = control(&dir, objects).await;
        let (status, upstream) = call(&control, "GET", "/v1/upstream/u").await;
        assert_eq!(status, 200);
        assert_eq!(upstream["value"]["nodes"], json!([{"host": "127.0.0.1", "port": 8001, "weight": 1}]));
        assert_eq!((&upstream["value"]["type"], &upstream["has_domain"]), (&json!("roundrobin"), &json!(false)));
        let (_, routes) = call(&control, "GET", "/v1/routes").await;
        assert_eq!(routes[0]["key"], "/apisix/routes/r");
        assert_eq!(routes[0]["value"]["upstream"]["nodes"], json!([{"host": "a.example", "port": 80, "weight": 2}]));
        assert_eq!(routes[0]["value"]["plugins"]["limit-count"]["rejected_code"], 503, "defaults are filled in");
        assert_eq!(routes[0]["has_domain"], true);
        let (_, metadata) = call(&control, "GET", "/v1/plugin_metadatas").await;
        assert_eq!(metadata[0]["allow_origins"]["a"], "https://a.example");
        let (_, schema) = call(&control, "GET", "/v1/schema").await;
        assert_eq!(schema["main"]["route"]["type"], "object");
        for name in [
            "consumer",
            "consumer_group",
            "credential",
            "global_rule",
            "host_def",
            "id_schema",
            "plugin_config",
            "plugin_injected_schema",
            "plugins",
            "proto",
            "service",
            "ssl",
            "stream_route",
            "upstream",
            "upstream_hash_header_schema",
            "upstream_hash_vars_combinations_schema",
            "upstream_hash_vars_schema",
            "uri_def",
        ] {
            assert!(schema["main"][name].is_object(), "{name}");
        }
        assert_eq!(schema["plugins"]["key-auth"]["type"], "auth");
    }

    #[tokio::test]
    async fn refusals() {
        let dir = TempDir::new().unwrap();
        let control = control(&dir, vec![(Kind::Upstream, "u", json!({"nodes": {"127.0.0.1:1": 1}}))]).await;
        for (path, status, text) in [
            ("/v1/route/1", 404, "route[1] not found"),
            ("/v1/service/1", 404, "service[1] not found"),
            ("/v1/plugin_metadata/x", 404, "plugin metadata[x] not found"),
            ("/v1/healthcheck/x/1", 400, "invalid src type x"),
            ("/v1/healthcheck/routes", 404, "missing src id for src type routes"),
            ("/v1/healthcheck/routes/1", 404, "routes[1] not found"),
            ("/v1/healthcheck/upstreams/u", 404, "no checker for upstreams[u]"),
            ("/v1/gc", 404, "404 Not Found"),
            ("/apisix/admin/routes", 404, "404 Not Found"),
        ] {
            let (got, body) = call(&control, "GET", path).await;
            assert_eq!((got, body["error_msg"].as_str()), (status, Some(text)), "{path}");
        }
        assert_eq!(call(&control, "POST", "/v1/gc").await.0, 200);
        assert_eq!(call(&control, "GET", "/v1/healthcheck").await, (200, json!([])));
        let request = Request::builder().uri("/v1/routes").header("host", "evil.example").body(()).unwrap();
        assert_eq!(control.respond(&request).status(), 403);
    }

    #[tokio::test]
    async fn no_secret_is_shown() {
        let dir = TempDir::new().unwrap();
        let plugins = json!({"proxy-rewrite": {"headers": {"set": {"a": "b"}}}});
        let control = control(&dir, vec![(Kind::Service, "s", json!({"plugins": plugins}))]).await;
        let (_, service) = call(&control, "GET", "/v1/service/s").await;
        assert_eq!(service["value"]["plugins"]["proxy-rewrite"]["headers"]["set"]["a"], "b");
        // Consumers, where keys are, can not be dumped at all.
        assert_eq!(call(&control, "GET", "/v1/consumers").await.0, 404);
    }
}
