//! A small Admin API on a free port: what is put can be got, listed, patched and deleted, and any answer can be
//! replaced by a scripted one. It keeps what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::stock;

pub(crate) const KEY: &str = "the-admin-key-of-the-tests";

/// The server; it ends with the process.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (Value, u64)>,
    revision: u64,
    asked: Vec<String>,
    heads: Vec<String>,
    scripted: Vec<Scripted>,
    live: bool,
    stock: bool,
    older: bool,
    apart: bool,
    takes: Duration,
}

struct Scripted {
    method: &'static str,
    path: &'static str,
    answers: VecDeque<(u16, String)>,
}

impl Fake {
    pub(crate) fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { revision: 100, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Fake { address, state }
    }

    /// One that holds a few of everything.
    pub(crate) fn with_objects() -> Fake {
        let fake = Fake::start();
        fake.hold("upstreams/u1", json!({"id":"u1","name":"backend","type":"roundrobin","nodes":{"10.0.0.5:8080":1,"10.0.0.6:8080":2},"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake.hold("services/s1", json!({"id":"s1","name":"shop","hosts":["shop.example"],"upstream_id":"u1","plugins":{"limit-count":{"count":2,"time_window":60,"key":"remote_addr"}},"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake.hold("routes/hello", json!({"id":"hello","name":"hello","uri":"/hello/*","methods":["GET","HEAD"],"host":"api.example","upstream_id":"u1","plugins":{"key-auth":{},"cors":{}},"labels":{"team":"blue"},"status":1,"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake.hold("routes/orders", json!({"id":"orders","uris":["/orders","/orders/*"],"service_id":"s1","priority":5,"vars":[["arg_v","==","2"]],"status":0,"create_time":1_700_000_000,"update_time":1_700_000_200}));
        fake.hold("routes/inline", json!({"id":"inline","uri":"/x","upstream":{"nodes":[{"host":"127.0.0.1","port":1980,"weight":1}]},"create_time":1_700_000_000,"update_time":1_700_000_300}));
        fake.hold("consumers/bob", json!({"username":"bob","group_id":"g1","plugins":{"key-auth":{"key":"bobs-secret"},"limit-count":{"count":1,"time_window":1}},"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake.hold("consumers/bob/credentials/c1", json!({"id":"c1","plugins":{"basic-auth":{"username":"bob","password":"bobs-password"}},"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake.hold("consumer_groups/g1", json!({"id":"g1","plugins":{"limit-count":{"count":9,"time_window":60}},"create_time":1_700_000_000,"update_time":1_700_000_100}));
        fake
    }

    /// Stores an object behind the API.
    pub(crate) fn hold(&self, path: &str, value: Value) {
        let mut state = self.state();
        state.revision += 1;
        let revision = state.revision;
        state.objects.insert(path.to_owned(), (value, revision));
    }

    pub(crate) fn held(&self, path: &str) -> Option<Value> {
        self.state().objects.get(path).map(|(value, _)| value.clone())
    }

    /// From now on it has transactions, dry runs and a revision. A route whose `uri` is `refuse` is refused.
    pub(crate) fn goes_live(&self) {
        self.state().live = true;
    }

    /// From now on its transactions do not merge.
    pub(crate) fn grows_older(&self) {
        self.state().older = true;
    }

    /// From now on each answer takes so long.
    pub(crate) fn takes(&self, time: Duration) {
        self.state().takes = time;
    }

    /// From now on no two consumers or credentials may have the same key.
    pub(crate) fn keeps_keys_apart(&self) {
        self.state().apart = true;
    }

    /// From now on it is an APISIX 3: it stores defaults, and knows neither revisions nor checks of a whole configuration.
    pub(crate) fn goes_stock(&self) {
        self.state().stock = true;
    }

    /// Answers the next requests of a method under a path (below `/apisix/admin`, or from the root) with these, then
    /// as usual.
    pub(crate) fn script(&self, method: &'static str, path: &'static str, answers: &[(u16, &str)]) {
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        self.state().scripted.push(Scripted { method, path, answers });
    }

    /// `METHOD path body` of every request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// The heads of every request so far, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state().heads.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match reader.read_line(&mut head) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|(_, v)| v.to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();

    let mut state = state.lock().unwrap();
    let path = target.strip_prefix("/apisix/admin").unwrap_or(&target).to_owned();
    state.asked.push(format!("{method} {path} {body}").trim_end().to_owned());
    state.heads.push(head.clone());
    let refused = header("if-match").filter(|_| !state.stock).and_then(|wanted| state.other_revision(&path, &wanted));
    let heeds = !state.stock && !state.is_scripted(&method, &path);
    let fresh = header("if-none-match").filter(|_| heeds).and_then(|_| state.exists(&path));
    let refused = refused.or(fresh);
    let (status, answer) = match refused {
        Some(answer) => answer,
        None => state.answer(&method, &target, &path, &body, header("x-api-key").as_deref()),
    };
    let software = if state.stock { "APISIX/3.11.0" } else { "APISIX/3.18.0\r\nX-Gateway-Version: 0.1.0" };
    let takes = state.takes;
    drop(state);
    std::thread::sleep(takes);
    let length = answer.len();
    let answer = if method == "HEAD" { String::new() } else { answer };
    let _ = write!(
        &stream,
        "HTTP/1.1 {status} Whatever\r\nServer: {software}\r\nRetry-After: 42\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
    );
}

impl State {
    fn answer(&mut self, method: &str, target: &str, path: &str, body: &str, key: Option<&str>) -> (u16, String) {
        let scripted =
            self.scripted.iter_mut().find(|s| s.method == method && path.starts_with(s.path) && !s.answers.is_empty());
        if let Some(answer) = scripted.and_then(|scripted| scripted.answers.pop_front()) {
            return answer;
        }
        if !target.starts_with("/apisix/admin") {
            return match target {
                "/v1/healthcheck" => (200, "[]".into()),
                _ if self.stock => (200, stock::METRICS.into()),
                _ => (200, "metrics".into()),
            };
        }
        if key != Some(KEY) {
            let description = if key.is_some() { "wrong apikey" } else { "missing apikey" };
            return (401, json!({"error_msg":"failed to check token","description":description}).to_string());
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.trim_matches('/');
        if query.contains("dry_run=true") && self.live {
            return (200, "{}".to_owned());
        }
        match (method, path) {
            ("GET", "live") if self.live => {
                return (200, json!({"api":1,"abilities":if self.older { json!(["apply","dry_run","rollback"]) } else { json!(["apply","apply_patch","dry_run","rollback"]) }}).to_string());
            }
            ("GET", "live/info") if self.live => {
                let config = json!({"revision": self.revision, "applied_revision": self.revision});
                return (200, json!({ "config": config }).to_string());
            }
            ("POST", "live/apply") if self.live => return self.apply(&serde_json::from_str(body).unwrap()),
            ("GET" | "POST", "live" | "live/info" | "live/apply" | "live/history" | "live/rollback") => {
                return (404, json!({"error_msg":"Unsupported resource type: live"}).to_string());
            }
            _ => {}
        }
        if self.stock
            && let Some(answer) = stock::answer(method, path, query)
        {
            return answer;
        }
        if method == "POST" && path.contains("validate") {
            return (200, if path.starts_with("configs") { "{}".into() } else { String::new() });
        }
        if path.split('/').next() == Some("live") {
            // As APISIX says it.
            return (404, json!({"error_msg":"Unsupported resource type: live"}).to_string());
        }
        let value = serde_json::from_str(body).unwrap_or(Value::Null);
        // What is below a service is the service, to an APISIX that knows nothing there.
        let path = if self.stock { path.split("/graphql_cost_decorations").next().unwrap() } else { path };
        let is_list = matches!(
            path.split('/').collect::<Vec<_>>().as_slice(),
            [_] | ["consumers", _, "credentials"] | ["services", _, "graphql_cost_decorations"]
        );
        match (method, is_list) {
            ("HEAD", _) => (200, String::new()),
            ("GET", true) => self.list(path, query),
            ("GET", false) => self.get(path),
            ("PUT", _) => self.put(path, value),
            ("PATCH", _) => self.patch(path, &value),
            ("POST", true) => {
                let path = format!("{path}/made-by-server");
                self.put(&path, value)
            }
            ("DELETE", _) => match self.objects.remove(path) {
                Some(_) => (200, json!({"deleted":"1","key":format!("/apisix/{path}")}).to_string()),
                None => missing(),
            },
            _ => (404, json!({"error_msg":"not found"}).to_string()),
        }
    }

    /// Whether the next answer is one of those that were said before.
    fn is_scripted(&self, method: &str, path: &str) -> bool {
        self.scripted.iter().any(|of| of.method == method && path.starts_with(of.path) && !of.answers.is_empty())
    }

    /// All the changes, or none.
    fn apply(&mut self, body: &Value) -> (u16, String) {
        let ops = body["ops"].as_array().unwrap();
        let path = |op: &Value| op["path"].as_str().unwrap().trim_matches('/').to_owned();
        let check = |op: &Value| {
            let bad = op["value"]["uri"] == "refuse";
            let said = "invalid configuration: property \"uri\" validation failed: wrong pattern";
            let there = self.objects.contains_key(&path(op));
            let status = match (bad, op["op"].as_str().unwrap(), there) {
                (true, ..) => "error",
                (_, "delete", _) => "deleted",
                (_, _, true) => "updated",
                _ => "created",
            };
            if bad {
                json!({"path":op["path"],"status":status,"error_msg":said})
            } else {
                json!({"path":op["path"],"status":status})
            }
        };
        let results: Vec<Value> = ops.iter().map(check).collect();
        if let Some(bad) = results.iter().find(|result| result["status"] == "error") {
            let said = format!("nothing has changed: {}", bad["error_msg"].as_str().unwrap());
            return (400, json!({"error_msg":said,"results":results}).to_string());
        }
        if body["dry_run"] != true {
            for op in ops {
                match op["op"].as_str().unwrap() {
                    "delete" => drop(self.objects.remove(&path(op))),
                    "patch" => drop(self.patch(&path(op), &op["value"])),
                    _ => drop(self.put(&path(op), op["value"].clone())),
                }
            }
        }
        (200, json!({"rev":self.revision,"dry_run":body["dry_run"],"results":results}).to_string())
    }

    /// The refusal of a write whose `If-Match` is not the revision of the object.
    fn other_revision(&self, path: &str, wanted: &str) -> Option<(u16, String)> {
        let (_, revision) = self.objects.get(path.trim_matches('/'))?;
        let said = json!({ "error_msg": format!("revision is {revision}") }).to_string();
        (wanted != format!("\"{revision}\"")).then_some((412, said))
    }

    /// The refusal of a write with `If-None-Match: *` to an object that is there.
    fn exists(&self, path: &str) -> Option<(u16, String)> {
        let (_, revision) = self.objects.get(path.trim_matches('/'))?;
        let said = format!("the object exists, which If-None-Match rules out; its revision is {revision}");
        Some((412, json!({ "error_msg": said }).to_string()))
    }

    fn list(&self, path: &str, query: &str) -> (u16, String) {
        let depth = path.matches('/').count() + 1;
        let below = |key: &&String| {
            key.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')) && {
                let own = key.matches('/').count();
                own == depth || (path == "secrets" && own == 2)
            }
        };
        let list: Vec<Value> = self.objects.keys().filter(below).filter_map(|key| self.envelope(key)).collect();
        let total = list.len();
        if total == 0 && self.stock {
            // What Lua makes of an empty table.
            return (200, json!({"list":{},"total":0}).to_string());
        }
        let list = if query.contains("page_size=10") { list.into_iter().take(10).collect() } else { list };
        (200, json!({"list":list,"total":total}).to_string())
    }

    fn get(&self, path: &str) -> (u16, String) {
        match self.envelope(path) {
            Some(envelope) => (200, envelope.to_string()),
            None => missing(),
        }
    }

    fn envelope(&self, path: &str) -> Option<Value> {
        let (value, revision) = self.objects.get(path)?;
        let mut value = value.clone();
        if path.starts_with("ssls/") {
            let fields = value.as_object_mut().unwrap();
            fields.shift_remove("key");
            fields.shift_remove("keys");
        }
        Some(json!({"key":format!("/apisix/{path}"),"value":value,"createdIndex":revision,"modifiedIndex":revision}))
    }

    fn put(&mut self, path: &str, mut value: Value) -> (u16, String) {
        let fields = value.as_object_mut().unwrap();
        if fields.contains_key("create_time") {
            return (400, json!({"error_msg":"the property is forbidden:  create_time"}).to_string());
        }
        if !path.starts_with("consumers/") || path.contains("/credentials/") {
            let id = path.strip_prefix("secrets/").unwrap_or_else(|| path.rsplit('/').next().unwrap());
            fields.insert("id".into(), id.into());
        }
        if let Some((service, _)) = path.split_once("/graphql_cost_decorations/") {
            fields.insert("service_id".into(), service.trim_start_matches("services/").into());
        }
        if self.stock {
            stock::fill(path, &mut value);
        }
        let key = value.pointer("/plugins/key-auth/key").filter(|_| self.apart);
        let taken =
            |(at, (other, _)): (&String, &(Value, u64))| at != path && other.pointer("/plugins/key-auth/key") == key;
        if key.is_some() && self.objects.iter().any(taken) {
            return (400, json!({"error_msg":"duplicate key found with another consumer"}).to_string());
        }
        let fields = value.as_object_mut().unwrap();
        let created = self.objects.get(path).map_or(json!(1_700_000_000), |(old, _)| old["create_time"].clone());
        fields.insert("create_time".into(), created);
        fields.insert("update_time".into(), json!(1_700_000_500));
        self.revision += 1;
        let status =
            if self.objects.insert(path.to_owned(), (value.clone(), self.revision)).is_some() { 200 } else { 201 };
        (status, json!({"key":format!("/apisix/{path}"),"value":value}).to_string())
    }

    fn patch(&mut self, path: &str, patch: &Value) -> (u16, String) {
        self.revision += 1;
        let Some((value, revision)) = self.objects.get_mut(path) else { return missing() };
        *revision = self.revision;
        merge(value, patch);
        (200, json!({"key":format!("/apisix/{path}"),"value":value}).to_string())
    }
}

fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let fields = value.as_object_mut().unwrap();
    for (name, inner) in patch {
        if inner.is_null() {
            fields.shift_remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), inner);
        }
    }
}

fn missing() -> (u16, String) {
    (404, json!({"message":"Key not found"}).to_string())
}
