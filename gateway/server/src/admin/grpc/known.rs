//! What the configuration knows of gRPC: upstreams, the routes that lead there, and stored definitions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use gateway_engine::snapshot::Snapshot;
use gateway_engine::upstream::{Node, NodeState, Scheme, Upstream};
use gateway_grpc::Definitions;
use gateway_model::Kind;
use hyper::StatusCode;
use parking_lot::Mutex;
use serde_json::Value;

use crate::admin::Refusal;
use crate::state::Tables;

/// What is known.
pub(super) struct Known {
    /// Those whose nodes speak gRPC, by where they are configured.
    pub(super) upstreams: Vec<Arc<Upstream>>,
    routes: Vec<Leading>,
    pub(super) protos: Vec<Proto>,
}

/// A route to one of the upstreams.
struct Leading {
    id: String,
    /// The paths that lead there.
    paths: Vec<String>,
    /// Where its upstream is configured.
    upstream: String,
    /// The definition and the service of `grpc-transcode`, where the route has that.
    transcodes: Option<(String, String)>,
}

/// A stored definition.
pub(super) struct Proto {
    pub(super) id: String,
    modified: u64,
    content: Arc<str>,
}

/// Where a call is to go, as far as its caller says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub(super) upstream: Option<&'a str>,
    pub(super) route: Option<&'a str>,
    pub(super) node: Option<&'a str>,
}

/// A node, and the upstream whose it is.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) upstream: Arc<Upstream>,
    /// Its number among the upstream's nodes.
    at: usize,
}

impl Place {
    pub(super) fn node(&self) -> Option<&Node> {
        self.upstream.nodes.list().get(self.at).map(|node| &**node)
    }
}

/// Which of several nodes is next.
static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Known {
    /// What the configuration says.
    pub(super) fn of(tables: &Tables, snapshot: &Snapshot) -> Known {
        let speaks = |upstream: &&Arc<Upstream>| matches!(upstream.scheme, Scheme::Grpc | Scheme::Grpcs);
        let mut upstreams: Vec<Arc<Upstream>> = snapshot.upstreams.iter().filter(speaks).cloned().collect();
        upstreams.sort_by(|a, b| a.key.cmp(&b.key));
        let mut known = Known { upstreams, routes: Vec::new(), protos: Vec::new() };
        if !known.upstreams.is_empty() {
            for (id, stored) in tables.iter(Kind::Route) {
                let route = tables.open(Kind::Route, stored);
                known.routes.extend(route.and_then(|route| Leading::of(id, &route, tables)));
            }
            known.routes.retain(|route| known.upstreams.iter().any(|upstream| *upstream.key == *route.upstream));
        }
        for (id, stored) in tables.iter(Kind::Proto) {
            let value = tables.open(Kind::Proto, stored);
            if let Some(content) = value.as_ref().and_then(|value| value.get("content")?.as_str()) {
                known.protos.push(Proto { id: id.to_owned(), modified: stored.modified, content: content.into() });
            }
        }
        known
    }

    /// The upstreams that a call may be for; empty where only their servers can tell.
    ///
    /// # Errors
    /// What is asked for is not there.
    pub(super) fn named(&self, service: &str, method: &str, asked: Asked<'_>) -> Result<Vec<Arc<Upstream>>, Refusal> {
        let not_found = |message: String| Refusal::new(StatusCode::NOT_FOUND, message);
        if let Some(id) = asked.upstream {
            let found = self.upstreams.iter().find(|upstream| *upstream.key == *id || is_upstream(&upstream.key, id));
            let found = found.ok_or_else(|| not_found(format!("there is no upstream {id} of scheme grpc or grpcs")))?;
            return Ok(vec![Arc::clone(found)]);
        }
        if let Some(id) = asked.route {
            let route = self.routes.iter().find(|route| route.id == id);
            let upstream = route.and_then(|route| self.upstreams.iter().find(|u| *u.key == *route.upstream));
            let message = || not_found(format!("there is no route {id} to an upstream of scheme grpc or grpcs"));
            return Ok(vec![Arc::clone(upstream.ok_or_else(message)?)]);
        }
        if asked.node.is_some() {
            return Ok(self.upstreams.clone());
        }
        Ok(self.led(|route| route.names(service, method)))
    }

    /// The upstreams of routes that take more than this service and lead there too.
    pub(super) fn wide(&self, service: &str, method: &str) -> Vec<Arc<Upstream>> {
        self.led(|route| route.leads(service, method))
    }

    fn led(&self, leads: impl Fn(&Leading) -> bool) -> Vec<Arc<Upstream>> {
        let is_led = |upstream: &&Arc<Upstream>| {
            self.routes.iter().any(|route| *route.upstream == *upstream.key && leads(route))
        };
        self.upstreams.iter().filter(is_led).cloned().collect()
    }

    /// How many nodes calls of a service may go to, by what routes say.
    pub(super) fn nodes_of(&self, service: &str) -> usize {
        self.led(|route| route.names(service, "")).iter().map(|upstream| upstream.nodes.list().len()).sum()
    }

    /// The definitions that routes to the upstream translate with come first.
    pub(super) fn protos_for(&self, upstream: &str) -> Vec<&Proto> {
        let used = |proto: &&Proto| {
            self.routes.iter().any(|route| {
                route.upstream == upstream && route.transcodes.as_ref().is_some_and(|(id, _)| *id == proto.id)
            })
        };
        let (mut first, rest): (Vec<&Proto>, Vec<&Proto>) = self.protos.iter().partition(used);
        first.extend(rest);
        first
    }

    /// The stored definition of this id.
    pub(super) fn proto(&self, id: &str) -> Option<&Proto> {
        self.protos.iter().find(|proto| proto.id == id)
    }
}

/// A node of these upstreams: the one that is asked for, or the next that may be used.
///
/// # Errors
/// There is none.
pub(super) fn choose(upstreams: &[Arc<Upstream>], asked: Asked<'_>) -> Result<Place, Refusal> {
    let places = upstreams
        .iter()
        .flat_map(|upstream| (0..upstream.nodes.list().len()).map(|at| Place { upstream: Arc::clone(upstream), at }));
    let mut places: Vec<Place> = places.collect();
    if let Some(asked) = asked.node {
        let is = |node: &Node| node.addr.to_string() == asked || format!("{}:{}", node.host, node.port) == asked;
        let found = places.into_iter().find(|place| place.node().is_some_and(is));
        return found.ok_or_else(|| Refusal::bad(format!("{asked:?} is no node of an upstream for gRPC")));
    }
    let weighted = |place: &Place| place.node().is_some_and(|node| node.weight > 0);
    let usable = |place: &Place| {
        let state = place.upstream.shared.as_ref().and_then(|states| states.nodes.get(place.at));
        state.is_none_or(|state: &Arc<NodeState>| state.usable())
    };
    for keep in [&weighted as &dyn Fn(&Place) -> bool, &usable] {
        if places.iter().any(keep) {
            places.retain(keep);
        }
    }
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let chosen = next.checked_rem(places.len()).and_then(|at| places.get(at).cloned());
    chosen.ok_or_else(|| {
        let keys: Vec<&str> = upstreams.iter().map(|upstream| &*upstream.key).collect();
        Refusal::new(StatusCode::NOT_FOUND, format!("there are no nodes in {}", keys.join(", ")))
    })
}

fn is_upstream(key: &str, id: &str) -> bool {
    key.strip_prefix("upstreams/") == Some(id)
}

impl Leading {
    fn of(id: &str, route: &Value, tables: &Tables) -> Option<Leading> {
        let upstream_of = |value: &Value, own: &str| {
            let named = id_of(value, "upstream_id").map(|id| format!("upstreams/{id}"));
            named.or_else(|| value.get("upstream").filter(|upstream| upstream.is_object()).map(|_| own.to_owned()))
        };
        let service = || {
            let id = id_of(route, "service_id")?;
            let service = tables.open(Kind::Service, tables.get(Kind::Service, &id)?)?;
            upstream_of(&service, &format!("services/{id}"))
        };
        let upstream = upstream_of(route, &format!("routes/{id}")).or_else(service)?;
        let transcodes = route
            .get("plugins")
            .and_then(|plugins| plugins.get("grpc-transcode"))
            .and_then(|conf| Some((id_of(conf, "proto_id")?, conf.get("service")?.as_str()?.to_owned())));
        let one = route.get("uri").and_then(Value::as_str);
        let many = route.get("uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let paths = one.into_iter().chain(many).map(str::to_owned).collect();
        Some(Leading { id: id.to_owned(), paths, upstream, transcodes })
    }

    /// Whether the route is for this service: a path begins with its name, or calls of it are what the route makes.
    fn names(&self, service: &str, method: &str) -> bool {
        let names = |path: &String| {
            let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(service)?.strip_prefix('/'));
            rest.is_some_and(|rest| rest == "*" || rest == method || method.is_empty())
        };
        self.transcodes.as_ref().is_some_and(|(_, named)| named == service) || self.paths.iter().any(names)
    }

    fn leads(&self, service: &str, method: &str) -> bool {
        let path = format!("/{service}/{method}");
        self.paths.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => *pattern == path,
        })
    }
}

/// An id, which may be a number.
fn id_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// What was compiled, by id and revision.
type Compiled = HashMap<String, (u64, Arc<Result<Definitions, String>>)>;

static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

/// Definitions that are kept compiled.
const MOST_COMPILED: usize = 256;

impl Proto {
    /// What it says; compiled once a change.
    pub(super) async fn definitions(&self) -> Arc<Result<Definitions, String>> {
        if let Some((modified, kept)) = COMPILED.lock().get(&self.id)
            && *modified == self.modified
        {
            return Arc::clone(kept);
        }
        let content = Arc::clone(&self.content);
        let compiled = tokio::task::spawn_blocking(move || Definitions::stored(&content)).await;
        let compiled = Arc::new(compiled.unwrap_or_else(|_| Err("it cannot be compiled".to_owned())));
        let mut all = COMPILED.lock();
        if all.len() >= MOST_COMPILED {
            all.clear();
        }
        all.insert(self.id.clone(), (self.modified, Arc::clone(&compiled)));
        compiled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_name_services_or_lead_to_all() {
        let route = |paths: &[&str], transcodes: Option<&str>| Leading {
            id: "1".into(),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            upstream: "upstreams/u".into(),
            transcodes: transcodes.map(|service| ("p".to_owned(), service.to_owned())),
        };
        for (paths, transcodes, names, leads) in [
            (&["/a.B/*"][..], None, true, true),
            (&["/a.B/m"], None, true, true),
            (&["/a.B/n"], None, false, false),
            (&["/*"], None, false, true),
            (&["/a.*"], None, false, true),
            (&["/a.BC/*"], None, false, false),
            (&["/json"], Some("a.B"), true, false),
            (&["/json"], Some("a.C"), false, false),
        ] {
            let route = route(paths, transcodes);
            assert_eq!((route.names("a.B", "m"), route.leads("a.B", "m")), (names, leads), "{paths:?} {transcodes:?}");
        }
        assert!(is_upstream("upstreams/7", "7") && !is_upstream("routes/7", "7"));
    }
}
