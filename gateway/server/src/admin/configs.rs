//! `/configs`: the whole configuration at once, where it is kept in memory only (`role: traditional`, `config_provider: yaml`). What
//! ADC and the ingress controller of Kubernetes speak.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gateway_model::Kind;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::answers::Refusal;
use super::auth::Caller;
use super::bundle::bundle;
use super::{Api, answers, body};
use crate::control_http::{self, Answer};
use crate::masks;
use crate::standalone::bundle::{Item, ORDER, Take, Terms, apply, identity, kinds_of};
use crate::state::Draft;

/// Longest body: a whole configuration.
pub(super) const LONGEST: usize = 16 << 20;

const DIGEST: HeaderName = HeaderName::from_static("x-digest");
const LAST_MODIFIED: HeaderName = HeaderName::from_static("x-last-modified");

/// What was put last. Who holds the lock puts the next.
#[derive(Default)]
pub(super) struct Whole(Arc<Mutex<Arc<Running>>>);

#[derive(Default, Clone)]
struct Running {
    digest: Option<String>,
    /// Seconds since 1970.
    modified: u64,
    lists: BTreeMap<&'static str, List>,
    /// `modifiedIndex` of the objects that have one.
    indexes: HashMap<(Kind, String), Value>,
}

#[derive(Default, Clone)]
struct List {
    version: u64,
    /// As they were put; `None` where the list was absent.
    items: Option<Arc<[Value]>>,
}

/// One list of a new bundle that is to take the place of the present one.
struct Wanted {
    kind: Kind,
    list: List,
}

/// What becomes of the present configuration.
struct Plan {
    next: Running,
    kinds: Vec<Kind>,
    items: Vec<Item>,
}

impl Api {
    /// `/configs`, past all that every request must pass.
    pub(super) async fn configs(
        &self,
        whole: &Whole,
        head: &Parts,
        body: hyper::body::Incoming,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        match head.method {
            Method::PUT => {
                let digest = head.headers.get(DIGEST).and_then(|digest| digest.to_str().ok()).filter(|d| !d.is_empty());
                let digest = digest.ok_or_else(|| Refusal::bad("missing digest header"))?.to_owned();
                let bytes = body::read(head, body, LONGEST.max(self.body_bytes)).await?;
                self.put_whole(whole, head.clone(), bytes, digest, caller).await
            }
            Method::GET | Method::HEAD => {
                let running = Arc::clone(&*whole.0.lock().await);
                let yaml =
                    head.headers.get(ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"application/yaml"));
                let body = match head.method == Method::HEAD {
                    true => Bytes::new(),
                    false => Bytes::from(format!("{:#}\n", self.shown(&running, caller))),
                };
                // Every JSON text is a YAML text.
                let kind = if yaml { "application/yaml" } else { answers::JSON };
                let mut answer = control_http::answer(StatusCode::OK, kind, body);
                running.stamp(&mut answer);
                Ok(answer)
            }
            _ => Err(Refusal::no_handler()),
        }
    }

    /// Makes what was sent the configuration: all of it, or nothing.
    async fn put_whole(
        &self,
        whole: &Whole,
        head: Parts,
        bytes: Bytes,
        digest: String,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        let mut running = Arc::clone(&whole.0).lock_owned().await;
        if running.digest.as_ref() == Some(&digest) {
            return Ok(control_http::answer(StatusCode::NO_CONTENT, answers::JSON, Bytes::new()));
        }
        // Reading much takes long, and other requests need not wait for it.
        let before = Arc::clone(&running);
        let read = move || Plan::of(&before, wanted(&before, &bundle(bytes, &head)?)?, digest);
        let plan = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::internal())?;
        let Plan { next, kinds, items } = plan?;
        let known = Arc::clone(&running);
        let job = move |draft: &mut Draft<'_>| {
            let same = |item: &Item| {
                item.index.is_some() && item.index.as_ref() == known.indexes.get(&(item.kind, item.id.clone()))
            };
            let take = |item: &Item| if same(item) { Take::Keep } else { Take::Compare };
            let rejected = apply(draft, &kinds, &items, &Terms { take: &take, unique: false });
            match rejected.into_iter().next() {
                Some(first) => Err(Refusal::bad(first.reason)),
                None => Ok(()),
            }
        };
        let (state, origin) = (self.state.clone(), caller.origin());
        // A client that goes now must not leave a configuration that runs under the digest of the one before.
        let write = async move {
            state.write(origin, "PUT", job).await.map_err(Refusal::from)?;
            let mut answer = control_http::answer(StatusCode::ACCEPTED, answers::JSON, Bytes::new());
            next.stamp(&mut answer);
            *running = Arc::new(next);
            Ok(answer)
        };
        tokio::spawn(write).await.map_err(|_| Refusal::internal())?
    }

    /// What runs, as it was put; who sees no secrets sees them masked.
    fn shown(&self, running: &Running, caller: &Caller) -> Value {
        let mut whole = Map::new();
        for kind in ORDER {
            let name = kind.plural();
            let list = running.lists.get(name);
            whole.insert(format!("{name}_conf_version"), list.map_or(0, |list| list.version).into());
            let Some(items) = list.and_then(|list| list.items.as_ref()) else { continue };
            let shown = items.iter().map(|value| match caller.sees_secrets() {
                true => value.clone(),
                false => masks::object(identity(kind, value).0, value, &**self.state.registry()),
            });
            whole.insert(name.to_owned(), shown.collect());
        }
        Value::Object(whole)
    }
}

impl Plan {
    fn of(running: &Running, wanted: Vec<Wanted>, digest: String) -> Result<Plan, Refusal> {
        let mut next = Running { digest: Some(digest), modified: unix_seconds(), ..running.clone() };
        let (mut kinds, mut items) = (Vec::new(), Vec::new());
        for Wanted { kind, list } in wanted {
            let of_list = kinds_of(kind);
            kinds.extend_from_slice(of_list);
            next.indexes.retain(|(kind, _), _| !of_list.contains(kind));
            for (index, value) in list.items.iter().flat_map(|items| items.iter()).enumerate() {
                let item = Item::read(kind, index, value.clone(), String::new());
                if item.is_nobodys() {
                    continue;
                }
                if let Some(index) = &item.index {
                    next.indexes.insert((item.kind, item.id.clone()), index.clone());
                }
                items.push(item);
            }
            next.lists.insert(kind.plural(), list);
        }
        Ok(Plan { next, kinds, items })
    }
}

impl Running {
    fn stamp(&self, answer: &mut Answer) {
        let Some(digest) = &self.digest else { return };
        answer.headers_mut().insert(LAST_MODIFIED, HeaderValue::from(self.modified));
        if let Ok(digest) = HeaderValue::from_str(digest) {
            answer.headers_mut().insert(DIGEST, digest);
        }
    }
}

/// The lists that a body changes, with the versions they are to have.
fn wanted(running: &Running, body: &Value) -> Result<Vec<Wanted>, Refusal> {
    let Value::Object(body) = body else {
        return Err(Refusal::bad("invalid request body: wrong type: expected object"));
    };
    let mut all = Vec::new();
    for kind in ORDER {
        let name = kind.plural();
        let key = format!("{name}_conf_version");
        let now = running.lists.get(name).map_or(0, |list| list.version);
        let told = match body.get(&key) {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) => match number.as_u64() {
                Some(version) if version >= now => Some(version),
                _ => return Err(Refusal::bad(format!("{key} must be greater than or equal to ({now})"))),
            },
            Some(_) => return Err(Refusal::bad(format!("{key} must be a number"))),
        };
        let items = match body.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Array(items)) => Some(items.as_slice().into()),
            Some(Value::Object(empty)) if empty.is_empty() => Some(Arc::default()),
            Some(_) => return Err(Refusal::bad(format!("{name} must be an array"))),
        };
        if told != Some(now) {
            let version = told.unwrap_or(now.saturating_add(1));
            all.push(Wanted { kind, list: List { version, items } });
        }
    }
    if body.contains_key("plugins") {
        tracing::warn!(
            "/configs: a list of plugins has no effect; `plugins` of the configuration file says which are on"
        );
    }
    Ok(all)
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_only_grow() {
        let mut running = Running::default();
        running.lists.insert("routes", List { version: 5, items: None });
        running.lists.insert("protos", List { version: u64::MAX, items: None });
        let version = |body: Value| {
            let all = wanted(&running, &body).map_err(|refusal| format!("{refusal:?}"))?;
            Ok::<_, String>(all.iter().find(|wanted| wanted.kind == Kind::Route).map(|wanted| wanted.list.version))
        };
        assert_eq!(version(json!({})), Ok(Some(6)));
        assert_eq!(version(json!({"routes_conf_version": 5})), Ok(None), "it stays as it is");
        assert_eq!(version(json!({"routes_conf_version": 9})), Ok(Some(9)));
        for (body, text) in [
            (json!({"routes_conf_version": 4}), "routes_conf_version must be greater than or equal to (5)"),
            (json!({"routes_conf_version": -1}), "routes_conf_version must be greater than or equal to (5)"),
            (json!({"routes_conf_version": "9"}), "routes_conf_version must be a number"),
            (json!({"routes": {"a": 1}}), "routes must be an array"),
            (json!([]), "expected object"),
        ] {
            assert!(version(body).unwrap_err().contains(text), "{text}");
        }
    }
}
